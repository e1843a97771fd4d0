//! `callroute inspect`: what is in a compiled script.

use std::io::{self, Write as _};
use std::path::PathBuf;

use callroute_bytecode::{describe, sections};
use callroute_diagnostics::Severity;
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
    let bytes = program::compiled(&command.file, command.color.color(), Severity::Error)?;
    let loaded = program::load_bytes(&command.file, &bytes)?;
    // What could be loaded has sections.
    let sections = sections(&bytes).unwrap_or_default();
    let mut out = io::stdout().lock();
    writeln!(out, "size       {} bytes", bytes.len())?;
    out.write_all(describe(loaded.verified(), &sections).as_bytes())?;
    out.flush()?;
    Ok(())
}
