//! `callroute build`: the compiled file, and the fallback for platforms to keep.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use callroute_bytecode::strip;
use callroute_diagnostics::Severity;
use callroute_server::load::Compiled;
use callroute_testing::trace::printable;
use clap::Args;

use crate::failure::{Failure, Outcome, SCRIPT_AT_FAULT, say, shown};
use crate::program;
use crate::terminal::When;

/// Compile a script with everything that it imports into one file.
///
/// The same script gives the same bytes. The file holds the source texts, for `inspect` and traces; `--strip` leaves them out.
///
/// With `--fallback` it writes what the platform is to do when it cannot reach the server at all: the script's `fallback` (else that of the
/// TOML file, else `hangup`) as a document in the platform's own words, which the platform, or any static web address, keeps.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute build office.route                      writes office.routec
  callroute build office.route -o /srv/calls/office.routec --strip
  callroute build office.route -o - | sha256sum
  callroute build office.route --fallback fallback.xml --dialect twiml --config serve.toml

Exit status: 0 written, 1 the script is at fault or the platform cannot be told its fallback, 2 the call was wrong.")]
pub struct Command {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// Where to write; `-` is standard output; without it: beside the script, with the ending `.routec`, or nowhere with `--fallback`
    #[arg(short, long, value_name = "FILE.routec")]
    output: Option<PathBuf>,
    /// Leave out source texts and places: smaller, but nothing can say which line decided
    #[arg(long)]
    strip: bool,
    /// Where to write the fallback, in the words of `--dialect`; `-` is standard output
    #[arg(long, value_name = "FILE", requires = "dialect")]
    fallback: Option<PathBuf>,
    /// The words of the fallback
    #[arg(long, value_name = "NAME", requires = "fallback", value_parser = clap::builder::PossibleValuesParser::new(callroute_dialects::NAMES))]
    dialect: Option<String>,
    /// The TOML file of `callroute serve`: settings of the dialect, and the fallback of scripts that have none
    #[arg(long, value_name = "FILE", requires = "fallback")]
    config: Option<PathBuf>,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

pub fn run(command: &Command) -> Outcome {
    let script = shown(&command.script.display().to_string());
    let mut bytes = program::compiled(&command.script, command.color.color(), Severity::Warning)?;
    if let (Some(output), Some(dialect)) = (&command.fallback, &command.dialect) {
        let document = fallback(command, dialect, bytes.clone())?;
        put(&command.script, output, document.as_bytes(), &format!("the fallback in the dialect `{dialect}`"))?;
        if command.output.is_none() {
            return Ok(());
        }
    }
    if command.strip {
        bytes = strip(&bytes).map_err(|error| Failure::wrong(format!("`{script}`: {error}")))?;
    }
    // What is written can be loaded.
    let loaded = program::load_bytes(&command.script, &bytes)?;
    let output = command.output.clone().unwrap_or_else(|| command.script.with_extension("routec"));
    if output.as_os_str() == "-" && io::stdout().is_terminal() {
        return Err(Failure::wrong("a compiled script is not for terminals; write it to a file with `-o FILE.routec`"));
    }
    put(&command.script, &output, &bytes, &format!("{} bytes, an answer costs at most {} instructions", bytes.len(), loaded.cost()))
}

/// Writes to a file, and says what it is; or to standard output, and says nothing.
fn put(script: &Path, output: &Path, bytes: &[u8], what: &str) -> Outcome {
    if output.as_os_str() == "-" {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()?;
        return Ok(());
    }
    let name = shown(&output.display().to_string());
    if output.canonicalize().is_ok_and(|path| script.canonicalize().ok() == Some(path)) {
        return Err(Failure::wrong(format!("`{name}` is the script itself; write elsewhere")));
    }
    crate::write::replace(output, bytes).map_err(|error| Failure::wrong(format!("`{name}` cannot be written: {error}")))?;
    say(&format!("{name}: {what}"));
    Ok(())
}

/// What the platform is to keep.
fn fallback(command: &Command, dialect: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    let program = program::load_bytes(&command.script, &bytes)?;
    // The script was checked here, and its warnings shown.
    let compiled = Compiled { bytes, program, warnings: Vec::new(), files: Vec::new() };
    let (document, warnings) = callroute_server::fallback_document(command.config.as_deref(), &command.script, dialect, compiled).map_err(
        |error| match error {
            callroute_server::FallbackError::Config(why) => Failure::wrong(why),
            callroute_server::FallbackError::Script(fault) => {
                tell(&fault.0);
                if command.config.is_none() {
                    say("settings of a dialect stand in the TOML file of `callroute serve`: name it with `--config`");
                }
                Failure::Status(SCRIPT_AT_FAULT)
            }
        },
    )?;
    tell(&warnings);
    Ok(document)
}

/// What is said of a script in a dialect; lines are longer than what is quoted elsewhere.
fn tell(lines: &[String]) {
    lines.iter().for_each(|line| say(&printable(line, 2000)));
}
