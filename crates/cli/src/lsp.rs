//! `callroute lsp`: the language server for editors.

use clap::Args;

use crate::failure::{Failure, Outcome};

/// The language server: editors start it, it speaks the Language Server Protocol on standard input and output.
#[derive(Args, Debug)]
#[command(after_help = "\
It is not for people: your editor starts it. docs/editors.md says how for each editor.")]
pub struct Command {
    /// Speak on standard input and output; there is no other way, so this changes nothing.
    #[arg(long)]
    stdio: bool,
}

/// Serves until the client says `exit` or goes away.
pub fn run(command: &Command) -> Outcome {
    // Some clients insist on saying it.
    let _ = command.stdio;
    let status =
        callroute_language_server::serve_stdio().map_err(|error| Failure::wrong(format!("the language server cannot start: {error}")))?;
    if status == 0 { Ok(()) } else { Err(Failure::Status(status)) }
}
