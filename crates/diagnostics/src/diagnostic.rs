//! What is said about a script: one [`Diagnostic`] per mistake, with its code, place, help and fix.
//! Rendering lives elsewhere; nothing here knows a terminal or an editor.

use crate::{Code, Place, Span};

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The script cannot be compiled.
    Error,
    /// The script can be compiled, but probably does not mean what it says.
    Warning,
    /// Something worth knowing.
    Hint,
}

/// A second place that helps to understand the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there; lower case, no full stop.
    pub message: String,
}

/// May a tool apply the fix without asking?
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Applicability {
    /// Certainly what the author meant.
    Safe,
    /// Probably; an editor offers it, `check --fix` leaves it.
    Maybe,
}

/// Replace the text of `span` by `text`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced (empty: an insertion).
    pub place: Place,
    /// By what.
    pub text: String,
}

/// A change to the source that mends the mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// What it does, as an imperative: "write `9-17`".
    pub title: String,
    /// Edits that do not overlap.
    pub edits: Vec<Edit>,
    /// May it be applied unasked?
    pub applicability: Applicability,
}

/// One mistake or remark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// How bad it is; from the code unless raised.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, names in backticks, one line.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Related places.
    pub labels: Vec<Label>,
    /// How to mend it, in the same style; each is one line.
    pub help: Vec<String>,
    /// The edit that mends it, where there is one.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A diagnostic of `code`, with the severity that the registry gives it.
    #[must_use]
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self { code, severity: code.severity(), message: clip(message.into()), place, labels: Vec::new(), help: Vec::new(), fix: None }
    }

    /// Adds a related place.
    #[must_use]
    pub fn label(mut self, place: Place, message: impl Into<String>) -> Self {
        self.labels.push(Label { place, message: clip(message.into()) });
        self
    }

    /// Adds a line of help.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(clip(help.into()));
        self
    }

    /// Adds a fix that replaces `span` (of the diagnostic's file) by `text`.
    #[must_use]
    pub fn fix(mut self, applicability: Applicability, title: impl Into<String>, span: Span, text: impl Into<String>) -> Self {
        let place = Place { file: self.place.file, span };
        self.fix = Some(Fix { title: clip(title.into()), edits: vec![Edit { place, text: text.into() }], applicability });
        self
    }

    /// Adds a fix of several edits.
    #[must_use]
    pub fn fix_edits(mut self, applicability: Applicability, title: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { title: clip(title.into()), edits, applicability });
        self
    }
}

/// Characters of a sentence at most. Whoever writes one shortens what he quotes; this is for what he forgot.
const LONGEST: usize = 600;

/// A sentence is one line of bounded length, without control characters, whatever it quotes.
fn clip(mut sentence: String) -> String {
    if sentence.contains(char::is_control) {
        sentence = sentence.replace(char::is_control, "\u{FFFD}");
    }
    if let Some((at, _)) = sentence.char_indices().nth(LONGEST) {
        sentence.truncate(at);
        sentence.push('…');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileId, Span};

    #[test]
    fn sentences_are_one_short_line() {
        let place = Place { file: FileId(0), span: Span::at(0) };
        let one = Diagnostic::new(Code::UnknownStep, place, "`a\0\u{1b}[31m\n` begins no step")
            .label(place, "x\r")
            .help("é".repeat(10_000))
            .fix(Applicability::Safe, "write `\t`", Span::at(0), "\t");
        assert_eq!(one.message, "`a\u{FFFD}\u{FFFD}[31m\u{FFFD}` begins no step");
        assert_eq!(one.labels[0].message, "x\u{FFFD}");
        assert_eq!(one.help[0].chars().count(), 601);
        let fix = one.fix.unwrap();
        assert_eq!((fix.title.as_str(), fix.edits[0].text.as_str()), ("write `\u{FFFD}`", "\t"));
    }
}
