//! `callroute build`: the compiled file.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use callroute_bytecode::strip;
use callroute_diagnostics::Severity;
use clap::Args;

use crate::failure::{Failure, Outcome, say, shown};
use crate::program;
use crate::terminal::When;

/// Compile a script with everything that it imports into one file.
///
/// The same script gives the same bytes. The file holds the source texts, for `inspect` and traces; `--strip` leaves them out.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute build office.route                      writes office.routec
  callroute build office.route -o /srv/calls/office.routec --strip
  callroute build office.route -o - | sha256sum")]
pub struct Command {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// Where to write; `-` is standard output; without it: beside the script, with the ending `.routec`
    #[arg(short, long, value_name = "FILE.routec")]
    output: Option<PathBuf>,
    /// Leave out source texts and places: smaller, but nothing can say which line decided
    #[arg(long)]
    strip: bool,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

pub fn run(command: &Command) -> Outcome {
    let script = shown(&command.script.display().to_string());
    let mut bytes = program::compiled(&command.script, command.color.color(), Severity::Warning)?;
    if command.strip {
        bytes = strip(&bytes).map_err(|error| Failure::wrong(format!("`{script}`: {error}")))?;
    }
    // What is written can be loaded.
    let loaded = program::load_bytes(&command.script, &bytes)?;
    let output = command.output.clone().unwrap_or_else(|| command.script.with_extension("routec"));
    if output.as_os_str() == "-" {
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            return Err(Failure::wrong("a compiled script is not for terminals; write it to a file with `-o FILE.routec`"));
        }
        out.write_all(&bytes)?;
        out.flush()?;
        return Ok(());
    }
    let name = shown(&output.display().to_string());
    let same = |other: &PathBuf| output.canonicalize().ok().is_some_and(|path| other.canonicalize().ok() == Some(path));
    if same(&command.script) {
        return Err(Failure::wrong(format!("`{name}` is the script itself; write the compiled file elsewhere with `-o FILE.routec`")));
    }
    crate::write::replace(&output, &bytes).map_err(|error| Failure::wrong(format!("`{name}` cannot be written: {error}")))?;
    say(&format!("{name}: {} bytes, an answer costs at most {} instructions", bytes.len(), loaded.cost()));
    Ok(())
}
