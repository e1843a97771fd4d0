//! Shell completions and manual pages: made from the definitions of the command line, so they never say anything else.

use std::io::{self, Write as _};

use clap::Args;
use clap_complete::Shell;

use crate::failure::{Failure, Outcome};

/// Print completions for a shell.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute completions bash > ~/.local/share/bash-completion/completions/callroute
  callroute completions zsh > \"${fpath[1]}/_callroute\"
  callroute completions fish > ~/.config/fish/completions/callroute.fish
  callroute completions powershell >> $PROFILE")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

/// Print the manual page of the command, or of one of its commands, for `man`.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute man | man -l -
  callroute man run > /usr/local/share/man/man1/callroute-run.1")]
pub struct Man {
    /// The command: `check`, `run`, …
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub fn completions(command: &Completions, mut cli: clap::Command) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(command.shell, &mut cli, "callroute", &mut text);
    write(&text)
}

pub fn man(command: &Man, mut cli: clap::Command) -> Outcome {
    cli.build();
    let page = match &command.command {
        None => cli,
        Some(name) => match cli.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let known: Vec<&str> = cli.get_subcommands().map(clap::Command::get_name).collect();
                return Err(Failure::wrong(format!(
                    "there is no command `{}`; there are `{}`",
                    crate::failure::shown(name),
                    known.join("`, `")
                )));
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    write(&text)
}

fn write(text: &[u8]) -> Outcome {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}
