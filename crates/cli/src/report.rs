//! Showing what was found in scripts, each thing once however many scripts share it.

use std::collections::HashSet;

use callroute_diagnostics::{Color, Human, Record, Severity};

use crate::failure::say;
use crate::workspace::Checked;

/// What has been said in this run.
#[derive(Default)]
pub struct Report {
    /// Everything found, for machines.
    pub records: Vec<Record>,
    seen: HashSet<Record>,
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
}

impl Report {
    /// Notes the diagnostics of a script that are at least so bad; with a colour they are also shown on standard error.
    pub fn add(&mut self, checked: &Checked, least: Severity, show: Option<Color>) {
        let sources = checked.sources();
        let mut human = show.map(|color| Human::new(&sources, color));
        for diagnostic in checked.analysis.diagnostics.iter().filter(|diagnostic| diagnostic.severity <= least) {
            let record = Record::new(&sources, diagnostic);
            if !self.seen.insert(record.clone()) {
                continue;
            }
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Hint => {}
            }
            if let Some(human) = &mut human {
                say(&human.full(diagnostic));
            }
            self.records.push(record);
        }
    }

    /// `2 errors, 1 warning`
    pub fn summary(&self) -> String {
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        match (self.errors, self.warnings) {
            (0, 0) => "no errors, no warnings".to_owned(),
            (errors, 0) => count(errors, "error"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
        }
    }
}
