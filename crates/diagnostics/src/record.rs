//! Diagnostics with their places resolved: what leaves the process as JSON, and what SARIF is made from.

use serde::Serialize;

use crate::{Applicability, Diagnostic, Location, Severity, Sources};

/// A diagnostic in the JSON vocabulary. Field names and order are part of the interface.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub struct Record {
    /// `E0204`.
    pub code: String,
    /// `error`, `warning` or `hint`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where; lines and columns from 1, columns in characters.
    #[serde(flatten)]
    pub at: RecordPlace,
    /// Related places.
    pub labels: Vec<RecordLabel>,
    /// How to mend it.
    pub help: Vec<String>,
    /// The edit that mends it; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<RecordFix>,
}

/// A place; see [`Location`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
#[expect(missing_docs, reason = "as in `Location`")]
pub struct RecordPlace {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// A related place.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub struct RecordLabel {
    /// Where.
    #[serde(flatten)]
    pub at: RecordPlace,
    /// What is to be seen there.
    pub message: String,
}

/// A fix.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub struct RecordFix {
    /// What it does.
    pub title: String,
    /// `safe`: certainly meant, applied by `check --fix`; `maybe`: to be asked about.
    pub applicability: &'static str,
    /// Replacements that do not overlap.
    pub edits: Vec<RecordEdit>,
}

/// A replacement.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Debug)]
pub struct RecordEdit {
    /// What is replaced; empty: an insertion.
    #[serde(flatten)]
    pub at: RecordPlace,
    /// By what.
    pub text: String,
}

#[derive(Serialize)]
struct Document<'a> {
    diagnostics: &'a [Record],
    errors: usize,
    warnings: usize,
}

impl Record {
    /// Resolves a diagnostic.
    #[must_use]
    pub fn new(sources: &Sources<'_>, diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.to_string(),
            severity: severity_word(diagnostic.severity),
            message: diagnostic.message.clone(),
            at: sources.location(diagnostic.place).into(),
            labels: diagnostic
                .labels
                .iter()
                .map(|label| RecordLabel { at: sources.location(label.place).into(), message: label.message.clone() })
                .collect(),
            help: diagnostic.help.clone(),
            fix: diagnostic.fix.as_ref().map(|fix| RecordFix {
                title: fix.title.clone(),
                applicability: match fix.applicability {
                    Applicability::Safe => "safe",
                    Applicability::Maybe => "maybe",
                },
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| RecordEdit { at: sources.location(edit.place).into(), text: edit.text.clone() })
                    .collect(),
            }),
        }
    }
}

impl From<Location> for RecordPlace {
    fn from(at: Location) -> Self {
        Self { file: at.file, line: at.line, column: at.column, end_line: at.end_line, end_column: at.end_column }
    }
}

/// The word for a severity, the same in every rendering.
pub(crate) const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

/// One JSON object on one line: `{"diagnostics":[…],"errors":N,"warnings":N}`. Hints are listed and not counted.
#[must_use]
pub fn json(records: &[Record]) -> String {
    let count = |word| records.iter().filter(|record| record.severity == word).count();
    let document = Document { diagnostics: records, errors: count("error"), warnings: count("warning") };
    // Only texts and numbers: this cannot fail.
    serde_json::to_string(&document).unwrap_or_default()
}
