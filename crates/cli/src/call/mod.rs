//! `callroute call`: a telephone in the terminal. [`phone`] holds the call, [`screen`] and [`plain`] are two ways to hold the phone, and
//! [`record`] makes a test of what was done.

mod phone;
mod plain;
mod record;
mod ringing;
mod screen;

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use callroute_calendar::Zone;
use callroute_diagnostics::Color;
use callroute_protocol::{Keys, Session};
use clap::Args;

use crate::failure::{Failure, Outcome, say};
use crate::run::CallerOptions;
use crate::terminal::When;
use crate::when::now;
use crate::{drive, program};

use phone::{Caller, Phone};

/// Who calls, unless that is said.
const CALLER: &str = "+14155550123";

/// Take a call through a script by hand: hear the prompts, press the keys, answer, be busy, let it ring, hang up.
///
/// On a terminal it is a telephone with a screen: the keypad, who is ringing and for how long, the clock, and the lines of the script that are being executed
/// and why. That needs 80 columns and 24 lines. Otherwise, and with --plain, it is questions and answers. In the end the call can be saved as a test of the script.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute call office.route
  callroute call office.route --from anonymous --at '2026-04-25 10:02 America/Chicago'
  printf '1\\nbusy\\n' | callroute call office.route --at 2026-04-21T14:32:00Z")]
pub struct Command {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    #[command(flatten)]
    caller: CallerOptions,
    /// Questions and answers instead of a screen
    #[arg(long)]
    plain: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

pub fn run(command: &Command) -> Outcome {
    let why = "call the script itself, so that its lines can be shown";
    let source = program::source(&command.script, command.color.color(), why)?;
    let zone = source.typed.zone.unwrap_or(Zone::UTC);
    let program = program::load_bytes(&command.script, &source.compiled)?;
    let keys = Keys::random().map_err(|error| Failure::wrong(error.to_string()))?;
    let options = &command.caller;
    let mut incoming = drive::incoming(options, &program);
    incoming.from.get_or_insert_with(|| CALLER.to_owned());
    let caller = Caller { call_id: options.call_id.clone(), incoming };
    let lookups = drive::lookups(options, &program)?.into_iter().map(|source| (source.name, source.results)).collect();
    // The clock may be set to any time: a call in the hand does not expire.
    let session = Session::new(&program, &keys).with_lifetime(i64::MAX);
    let mut phone = Phone::new(&source, &program, session, caller, options.at.unwrap_or_else(now), zone, lookups);
    phone.start();
    let on_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let why_plain = if on_terminal && !command.plain { screen::unfit() } else { None };
    if let Some(why) = &why_plain {
        say(&format!("callroute: {why}, so the call is questions and answers"));
    }
    if command.plain || !on_terminal || why_plain.is_some() {
        plain::run(&mut phone, &command.script, on_terminal)
    } else {
        screen::run(&mut phone, &command.script, command.color.color_of_output() == Color::On)
    }
}
