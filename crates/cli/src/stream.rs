//! Events as JSON, one a line, answered a line each, in their order.
//!
//! Lines that have already come in are answered together, on all cores. Nobody waits for that: whoever sends one event and
//! waits for its answer gets it at once.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::thread;

use callroute_protocol::{EventError, MAX_EVENT, Session};
use serde_json::json;

use crate::failure::{CALLED_WRONG, Failure, Outcome, say};
use crate::run::{Printer, write_json};
use crate::trace::{Trace, Watch as _};
use crate::when::now;
use crate::workspace::cannot_read;

/// Bytes that are read at a time.
const BUFFER: usize = 256 << 10;
/// Lines that are answered together at most.
const TOGETHER: usize = 4096;
/// Lines from which on another core is worth it.
const SHARE: usize = 64;

/// A line of the input.
#[derive(Default)]
struct Line {
    /// Counted from 1.
    number: usize,
    /// Without its end; of one that is too long for an event only so much that this shows.
    bytes: Vec<u8>,
}

/// Answers to some lines.
#[derive(Default)]
struct Answers {
    /// A line of JSON each.
    text: Vec<u8>,
    /// For people, about those that could not be answered.
    complaints: Vec<String>,
    answered: usize,
}

/// Answers all lines. One that cannot be answered gets an object that says why, in its place, and makes the exit status 2.
pub fn run<'p>(
    path: &Path,
    session: &(impl Fn() -> Session<'p> + Sync),
    printer: &mut Printer,
    mut trace: Option<&mut Trace<'_>>,
) -> Outcome {
    let source: Box<dyn io::Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| cannot_read(path, &error))?)
    };
    let mut input = BufReader::with_capacity(BUFFER, source);
    let pretty = printer.is_pretty();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let mut sessions: Vec<Session<'p>> = (0..workers).map(|_| session()).collect();
    let mut lines: Vec<Line> = Vec::new();
    let (mut answered, mut bad, mut number) = (0_usize, 0_usize, 0_usize);
    loop {
        let more = read_lines(&mut input, &mut lines, &mut number).map_err(|error| cannot_read(path, &error))?;
        let workers = sessions.len().min(lines.len().div_ceil(SHARE)).max(1);
        let share = lines.len().div_ceil(workers).max(1);
        let parts = match (trace.as_deref_mut(), sessions.as_mut_slice()) {
            (None, [first]) => vec![answer(first, &lines, pretty, None)],
            (Some(trace), [first, ..]) => vec![answer(first, &lines, pretty, Some(trace))],
            (None, sessions) => thread::scope(|scope| {
                let parts = lines.chunks(share).zip(sessions);
                let running: Vec<_> = parts.map(|(lines, session)| scope.spawn(move || answer(session, lines, pretty, None))).collect();
                running.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
            }),
            (Some(_), []) => Vec::new(),
        };
        for part in parts {
            let part = part?;
            answered += part.answered;
            bad += part.complaints.len();
            for complaint in &part.complaints {
                say(&format!("callroute: {complaint}"));
            }
            printer.write(&part.text)?;
        }
        // Whoever waits for an answer gets it before we wait for the next question.
        if input.buffer().is_empty() {
            printer.flush()?;
        }
        if !more {
            break;
        }
    }
    if answered + bad == 0 {
        return Err(Failure::wrong("there is no event; give one JSON object a line"));
    }
    if bad > 0 { Err(Failure::Status(CALLED_WRONG)) } else { Ok(()) }
}

/// Answers lines, one after another.
fn answer(session: &mut Session<'_>, lines: &[Line], pretty: bool, mut trace: Option<&mut Trace<'_>>) -> Result<Answers, Failure> {
    let mut answers = Answers::default();
    for Line { number, bytes } in lines {
        let answer = match std::str::from_utf8(bytes) {
            // Cut, perhaps inside a character.
            _ if bytes.len() > MAX_EVENT => Err(EventError::TooLarge.to_string()),
            Ok(text) if text.trim().is_empty() => continue,
            Ok(text) => match trace.as_deref_mut() {
                Some(trace) => {
                    trace.heading(&format!("line {number}"));
                    session.answer_traced(text, now(), trace)
                }
                None => session.answer(text, now()),
            }
            .map_err(|error| error.to_string()),
            Err(_) => Err("the event is not UTF-8".to_owned()),
        };
        match answer {
            Ok(instruction) => {
                answers.answered += 1;
                write_json(&mut answers.text, &instruction, pretty)?;
            }
            Err(error) => {
                let complaint = format!("line {number}: {error}");
                write_json(&mut answers.text, &json!({"error": complaint, "line": number}), pretty)?;
                answers.complaints.push(complaint);
            }
        }
    }
    Ok(answers)
}

/// Waits for a line, and takes with it those that have come in as well. False at the end of the input.
fn read_lines(input: &mut BufReader<impl io::Read>, lines: &mut Vec<Line>, number: &mut usize) -> io::Result<bool> {
    let mut used = 0;
    loop {
        if used == lines.len() {
            lines.push(Line::default());
        }
        let Some(line) = lines.get_mut(used) else { return Ok(false) };
        if !read_line(input, &mut line.bytes)? {
            lines.truncate(used);
            return Ok(false);
        }
        *number += 1;
        line.number = *number;
        used += 1;
        // A line whose end is not there yet would have to be waited for.
        if used == TOGETHER || !input.buffer().contains(&b'\n') {
            lines.truncate(used);
            return Ok(true);
        }
    }
}

/// Reads a line without its end; of one that is too long for an event only so much that this shows. False at the end.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let buffer = match input.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if buffer.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let part = buffer.get(..end.unwrap_or(buffer.len())).unwrap_or_default();
        let room = (MAX_EVENT + 1).saturating_sub(line.len());
        line.extend_from_slice(part.get(..room).unwrap_or(part));
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
