//! `callroute explain`: what a code means, with an example that fails and one that is mended.

use std::io::{self, Write as _};

use callroute_diagnostics::{Code, explain, find_code};
use clap::Args;

use crate::failure::{Failure, Outcome, shown};

/// Explain a code such as E0204; without a code, list them all.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute explain E0204
  callroute explain 204
  callroute explain | grep schedule")]
pub struct Command {
    /// The code, as it stands in brackets behind `error`, `warning` or `hint`
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub fn run(command: &Command) -> Outcome {
    let mut out = io::stdout().lock();
    let Some(text) = &command.code else {
        let mut codes: Vec<Code> = Code::ALL.to_vec();
        codes.sort_by_key(|code| code.number());
        for code in codes {
            writeln!(out, "{code}  {}", code.title())?;
        }
        out.flush()?;
        return Ok(());
    };
    let Some(code) = find_code(text) else {
        return Err(Failure::wrong(format!("there is no code `{}`; `callroute explain` lists them all", shown(text))));
    };
    match explain(&code.to_string()) {
        Some(page) => writeln!(out, "{}", page.trim_end())?,
        None => writeln!(out, "{code}: {}", code.title())?,
    }
    out.flush()?;
    Ok(())
}
