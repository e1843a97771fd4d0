//! What would change in a script, as a unified diff.

use std::io::{self, Write as _};
use std::time::Duration;

use callroute_diagnostics::Color;
use similar::{Algorithm, TextDiff};

use crate::failure::Outcome;
use crate::progress;
use crate::terminal::When;

/// How long the smallest difference is looked for; after that a larger one will do.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference between a script as it is and as it would be; `how` says in one word what was done to it.
pub fn text(name: &str, how: &str, source: &str, text: &str) -> String {
    let diff = TextDiff::configure().algorithm(Algorithm::Myers).timeout(PATIENCE).diff_lines(source, text);
    diff.unified_diff().context_radius(3).header(name, &format!("{name} ({how})")).to_string()
}

/// Prints a difference.
pub fn show(diff: &str, color: When) -> Outcome {
    if diff.is_empty() { Ok(()) } else { progress::aside(|| print(diff, color)) }
}

fn print(diff: &str, color: When) -> Outcome {
    let mut out = io::stdout().lock();
    if color.color_of_output() == Color::Off {
        out.write_all(diff.as_bytes())?;
        return Ok(out.flush()?);
    }
    for (number, line) in diff.lines().enumerate() {
        let style = match line.as_bytes().first() {
            _ if number < 2 => "1",
            Some(b'+') => "32",
            Some(b'-') => "31",
            Some(b'@') => "36",
            _ => "",
        };
        // What a script holds must not steer the terminal.
        let line: String = line.chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect();
        if style.is_empty() {
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "\u{1b}[{style}m{line}\u{1b}[0m")?;
        }
    }
    Ok(out.flush()?)
}
