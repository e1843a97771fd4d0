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
    write(manual(page)?.as_bytes())
}

/// The page, as clap makes it but for two things: what can be repeated says so, and what stands behind the options has headings of its own.
fn manual(page: clap::Command) -> Result<String, Failure> {
    let repeated: Vec<String> = page
        .get_positionals()
        .filter(|arg| matches!(arg.get_action(), clap::ArgAction::Append))
        .filter_map(|arg| Some(arg.get_value_names()?.join(" ")))
        .collect();
    let extra = page.get_after_long_help().or_else(|| page.get_after_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = Vec::new();
    clap_mangen::Man::new(page.after_long_help(None::<&'static str>).after_help(None::<&'static str>)).render(&mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    for name in repeated {
        for end in [']', '>'] {
            text = text.replace(&format!("\\fI{name}\\fR{end}"), &format!("\\fI{name}\\fR{end}..."));
        }
    }
    // The version stands last.
    let version = text.find(".SH VERSION").map(|at| text.split_off(at)).unwrap_or_default();
    let mut notes = String::new();
    for part in extra.split("\n\n") {
        match part.trim_end().split_once(":\n") {
            // A list with a heading.
            Some((heading, lines)) if lines.starts_with(' ') => {
                let lines: Vec<String> = lines.lines().map(roff).collect();
                text += &format!(".SH \"{}\"\n.nf\n{}\n.fi\n", roff(&heading.to_uppercase()), lines.join("\n"));
            }
            _ => notes += &format!(".PP\n{}\n", part.lines().map(roff).collect::<Vec<_>>().join("\n")),
        }
    }
    if !notes.is_empty() {
        text += &format!(".SH NOTES\n{notes}");
    }
    Ok(text + &version)
}

/// A line as it stands, for roff.
fn roff(line: &str) -> String {
    let line = line.replace('\\', "\\(rs").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

fn write(text: &[u8]) -> Outcome {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()?;
    Ok(())
}
