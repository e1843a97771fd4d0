//! `callroute run`: a call through a script, or events as they come.

use std::io::{self, Write as _};
use std::path::PathBuf;

use callroute_protocol::{Instruction, KeyError, Keys, Session};
use clap::Args;

use crate::failure::{Failure, Outcome};
use crate::terminal::When;
use crate::trace::{Trace, Watch};
use crate::{drive, program, stream};

/// Take a call through a script, and print the instructions that the telephone system gets, one JSON object a line.
///
/// Without --event the call is made from the options: each instruction is answered with the next --press, --outcome or
/// --lookup that fits it, until none is left. The clock stands still at --at. With --event, events are read as JSON, one a
/// line, and answered a line each; `continue` goes back and forth as it does with a real host.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute run office.route --from +14155550123 --at '2026-04-21 09:32 America/Chicago' --press 1
  callroute run office.route --from anonymous --press 1 --outcome no_answer --trace
  callroute run crm.route --from +14155550123 --lookup 'crm={\"tier\":\"gold\",\"owner\":\"ana\"}'
  callroute run office.routec --event event.json
  CALLROUTE_KEY=$(openssl rand -base64 32) callroute run office.routec --event events.jsonl
  tail -f events | callroute run office.routec --event -

What fits what:
  menu, collect  --press KEYS; an empty text is silence
  forward        --outcome answered, busy, no_answer, declined, unreachable, hangup,
                 redirected=ADDRESS, or a SIP status; for a queue also full, empty,
                 timeout, key=KEYS
  voicemail      --outcome recorded, full, failed
  host action    --outcome ok, failed
  lookup         --lookup NAME=…, the last one for as often as it is asked

`continue` is sealed with the key in CALLROUTE_KEY (32 bytes in base64; several, separated by commas, while keys change: \
the first one seals); without it with one that is good for this run alone.

Exit status: 0 done, 1 the script is at fault, 2 the call was wrong: an option that nothing asked for, or an event that \
cannot be answered.")]
pub struct Command {
    /// The script, `.route` or compiled
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    #[command(flatten)]
    call: CallOptions,
    /// Read events from a file, or `-` for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = CALL_OPTIONS)]
    event: Option<PathBuf>,
    /// Say on standard error what was decided and why, line by line of the script
    #[arg(long)]
    trace: bool,
    /// Print instructions over several lines, for people
    #[arg(long)]
    pretty: bool,
    /// Leave `continue` out of the instructions that answer --event
    #[arg(long, requires = "event")]
    no_continue: bool,
    /// Print `continue` also without --event
    #[arg(long, conflicts_with = "event")]
    with_continue: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

/// Who calls, when, and what is known of it.
#[derive(Args, Debug)]
pub struct CallerOptions {
    /// The caller: a number, a SIP address, `anonymous`; without it the number is withheld (`call`: it is +14155550123)
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// The number called
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// When, as `2026-04-21T14:32:00Z` or `2026-04-21 09:32 America/Chicago`; without it: now
    #[arg(long, value_name = "TIME", value_parser = crate::when::parse)]
    pub at: Option<i64>,
    /// An attribute of the call, for `input`
    #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = pair)]
    pub attributes: Vec<(String, String)>,
    /// A header of the call
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = pair)]
    pub headers: Vec<(String, String)>,
    /// The caller's language, as `es-MX`
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// What a source answers: a row in JSON, or `missing`, `failed`, `late`
    #[arg(long = "lookup", value_name = "NAME=RESULT", value_parser = pair)]
    pub lookups: Vec<(String, String)>,
    /// The call's id, which decides what is drawn by `split` and `at random`
    #[arg(long, value_name = "ID", default_value = "call-1")]
    pub call_id: String,
}

/// A call, as it is described on the command line.
#[derive(Args, Debug)]
pub struct CallOptions {
    #[command(flatten)]
    pub caller: CallerOptions,
    /// Keys that the caller presses at the next menu or collect
    #[arg(long = "press", value_name = "KEYS", allow_hyphen_values = true)]
    pub presses: Vec<String>,
    /// How the next ringing, voicemail or host action ends
    #[arg(long = "outcome", value_name = "OUTCOME")]
    pub outcomes: Vec<String>,
}

impl CallOptions {
    /// The call in few words, if anything was said of it.
    pub fn name(&self) -> Option<String> {
        let mut parts = Vec::new();
        let Self { caller, presses, outcomes } = self;
        parts.extend(caller.from.as_ref().map(|from| format!("from {from}")));
        parts.extend(caller.to.as_ref().map(|to| format!("to {to}")));
        parts.extend(caller.at.map(callroute_calendar::format_rfc3339).map(|at| format!("at {at}")));
        parts.extend(presses.iter().map(|keys| format!("press {keys}")));
        parts.extend(outcomes.iter().cloned());
        let others = caller.attributes.iter().chain(&caller.headers).chain(&caller.lookups);
        parts.extend(others.map(|(name, value)| format!("{name}={value}")));
        parts.extend(caller.language.clone());
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// What [`CallOptions`] are called, for commands that take a call in another way too.
const CALL_OPTIONS: [&str; 10] = ["from", "to", "at", "presses", "outcomes", "attributes", "headers", "language", "lookups", "call_id"];

/// `NAME=VALUE`
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Bytes of output that are kept back at most until somebody waits for them.
const OUTPUT: usize = 64 << 10;

/// Where instructions go.
pub struct Printer {
    out: io::BufWriter<io::StdoutLock<'static>>,
    pretty: bool,
    tokens: bool,
}

impl Printer {
    /// An instruction, as a line or over several.
    pub fn print(&mut self, mut instruction: Instruction) -> Outcome {
        if !self.tokens {
            instruction.token = None;
        }
        self.json(&instruction)
    }

    /// Any other object.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Outcome {
        let mut text = Vec::new();
        write_json(&mut text, value, self.pretty)?;
        self.write(&text)
    }

    /// Lines that [`write_json`] wrote.
    pub fn write(&mut self, lines: &[u8]) -> Outcome {
        self.out.write_all(lines)?;
        Ok(())
    }

    pub const fn is_pretty(&self) -> bool {
        self.pretty
    }

    pub fn flush(&mut self) -> Outcome {
        self.out.flush()?;
        Ok(())
    }
}

/// Puts a value, and the end of its line, behind what is there.
pub fn write_json(out: &mut Vec<u8>, value: &impl serde::Serialize, pretty: bool) -> Outcome {
    let written = if pretty { serde_json::to_writer_pretty(&mut *out, value) } else { serde_json::to_writer(&mut *out, value) };
    written.map_err(|error| Failure::wrong(format!("the answer cannot be written as JSON: {error}")))?;
    out.push(b'\n');
    Ok(())
}

pub fn run(command: &Command) -> Outcome {
    let (program, names) = program::load(&command.script, command.color.color())?;
    let tokens = if command.event.is_some() { !command.no_continue } else { command.with_continue };
    let keys = keys(command.event.is_some() || tokens)?;
    let mut trace = command.trace.then(|| Trace::new(&program, names));
    let mut printer = Printer { out: io::BufWriter::with_capacity(OUTPUT, io::stdout().lock()), pretty: command.pretty, tokens };
    let outcome = match &command.event {
        Some(path) => {
            let session = || if tokens { Session::new(&program, &keys) } else { Session::new(&program, &keys).without_tokens() };
            stream::run(path, &session, &mut printer, trace.as_mut())
        }
        None => {
            let watch = trace.as_mut().map(|trace| -> &mut dyn Watch { trace });
            drive::run(&command.call, &program, &mut Session::new(&program, &keys), &mut |instruction| printer.print(instruction), watch)
        }
    };
    printer.flush()?;
    outcome
}

/// The keys of the environment, if tokens come in or go out; without any, one that is good for this run alone.
fn keys(needed: bool) -> Result<Keys, Failure> {
    match std::env::var("CALLROUTE_KEY") {
        Ok(text) if needed => Keys::from_base64(&text).map_err(|error| Failure::wrong(format!("CALLROUTE_KEY: {error}"))),
        Err(std::env::VarError::NotUnicode(_)) if needed => Err(Failure::wrong(format!("CALLROUTE_KEY: {}", KeyError::NotBase64))),
        _ => Keys::random().map_err(|error| Failure::wrong(error.to_string())),
    }
}
