//! Events as JSON, one a line, answered a line each.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use callroute_protocol::{EventError, MAX_EVENT, Session};
use serde_json::json;

use crate::failure::{CALLED_WRONG, Failure, Outcome, say};
use crate::run::Printer;
use crate::trace::Trace;
use crate::when::now;
use crate::workspace::cannot_read;

/// Answers all lines. One that cannot be answered gets an object that says why, in its place, and makes the exit status 2.
pub fn run(path: &Path, session: &mut Session<'_>, printer: &mut Printer, mut trace: Option<&mut Trace<'_>>) -> Outcome {
    let mut input: BufReader<Box<dyn io::Read>> = BufReader::new(if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|error| cannot_read(path, &error))?)
    });
    let mut bad = 0_usize;
    let mut answered = 0_usize;
    let mut number = 0_usize;
    let mut line = Vec::new();
    loop {
        // Whoever waits for an answer gets it before we wait for the next question.
        if input.buffer().is_empty() {
            printer.flush()?;
        }
        number += 1;
        match read_line(&mut input, &mut line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(cannot_read(path, &error)),
        }
        let answer = match std::str::from_utf8(&line) {
            // Cut, perhaps inside a character.
            _ if line.len() > MAX_EVENT => Err(EventError::TooLarge.to_string()),
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
                answered += 1;
                printer.print(instruction)?;
            }
            Err(error) => {
                bad += 1;
                say(&format!("callroute: line {number}: {error}"));
                printer.json(&json!({"error": format!("line {number}: {error}"), "line": number}))?;
            }
        }
    }
    if answered + bad == 0 {
        return Err(Failure::wrong("there is no event; give one JSON object a line"));
    }
    if bad > 0 { Err(Failure::Status(CALLED_WRONG)) } else { Ok(()) }
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
        line.extend(part.iter().take(room));
        let used = part.len() + usize::from(end.is_some());
        input.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}
