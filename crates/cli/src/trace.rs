//! Why a call went the way it went, line by line of the script.

use callroute_diagnostics::Encoding;
use callroute_diagnostics::LineIndex;
use callroute_runtime::{Outcome, Program, Step, Tracer};

use crate::failure::{say, shown};

/// Characters shown of the piece of script that decided.
const PIECE: usize = 70;

/// Hears of the events of a call, and of the steps that answer them.
pub trait Watch: Tracer {
    /// What the steps that follow answer.
    fn heading(&mut self, text: &str);
}

/// Says every step on standard error.
pub struct Trace<'p> {
    program: &'p Program,
    /// Lines of the files that have occurred, by path.
    lines: Vec<(&'p str, LineIndex)>,
}

impl<'p> Trace<'p> {
    pub fn new(program: &'p Program) -> Self {
        Self { program, lines: Vec::new() }
    }

    /// `office.route:12`, and the text that stands there.
    fn place(&mut self, address: u32) -> (String, String) {
        let Some(place) = self.program.place(address) else { return (format!("@{address}"), String::new()) };
        if !self.lines.iter().any(|(path, _)| *path == place.path) {
            self.lines.push((place.path, LineIndex::new(place.text)));
        }
        let line = self
            .lines
            .iter()
            .find(|(path, _)| *path == place.path)
            .map_or(0, |(_, index)| index.position(place.text, place.start, Encoding::Chars).line);
        let piece = place.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        let first = piece.lines().next().unwrap_or_default();
        let mut text: String = first.chars().take(PIECE).collect();
        if text.len() < piece.trim_end().len() {
            text.push('…');
        }
        (format!("{}:{}", shown(place.path), line + 1), shown(&text))
    }
}

impl Watch for Trace<'_> {
    fn heading(&mut self, text: &str) {
        say(&format!("-- {text}"));
    }
}

impl Tracer for Trace<'_> {
    fn step(&mut self, step: &Step<'_>) {
        let (place, text) = self.place(step.address);
        let text = if text.is_empty() { step.op.mnemonic().to_owned() } else { text };
        let value = match (step.subject, step.value) {
            (Some(name), Some(value)) => format!("  ({} is {})", shown(name), shown(value)),
            (Some(name), None) => format!("  ({} is missing or secret)", shown(name)),
            (None, Some(value)) => format!("  ({})", shown(value)),
            (None, None) => String::new(),
        };
        let outcome = match step.outcome {
            Outcome::Holds(true) => ": yes".to_owned(),
            Outcome::Holds(false) => ": no".to_owned(),
            Outcome::Chose(Some(case)) => format!(": case {}", case.saturating_add(1)),
            Outcome::Chose(None) => ": none of them".to_owned(),
            Outcome::Skipped => ": passed over".to_owned(),
            Outcome::Done | Outcome::Asked => String::new(),
        };
        say(&format!("{place}: {text}{outcome}{value}"));
    }
}
