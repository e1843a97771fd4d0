//! Why a binding cannot be used.

use std::fmt;

/// The most faults that are said one by one.
const MAX_FAULTS: usize = 20;

/// Why a binding cannot be used, for the person who wrote it. It never holds a secret or a value of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindingError {
    source: String,
    faults: Faults,
}

impl BindingError {
    pub(crate) fn new(source: &str, faults: Faults) -> Self {
        Self { source: source.to_owned(), faults }
    }

    /// The name of the source.
    #[must_use]
    pub fn source_name(&self) -> &str {
        &self.source
    }

    /// Nothing is known to be wrong but that the source does not answer now: a server says so and comes up all the same, since the source may yet
    /// be starting.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        self.faults.unreachable
    }
}

impl fmt::Display for BindingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "source `{}`: {}", self.source, self.faults)
    }
}

impl std::error::Error for BindingError {}

/// What is wrong with one source.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Faults {
    words: Vec<String>,
    /// How many are not said.
    more: usize,
    unreachable: bool,
}

impl Faults {
    pub fn unreachable(why: String) -> Self {
        Self { words: vec![why], more: 0, unreachable: true }
    }

    pub fn push(&mut self, fault: String) {
        if self.words.len() < MAX_FAULTS { self.words.push(fault) } else { self.more = self.more.saturating_add(1) }
    }

    pub const fn is_unreachable(&self) -> bool {
        self.unreachable
    }

    /// An error, if there is anything.
    pub fn done(self) -> Result<(), Self> {
        if self.words.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join("; "))?;
        if self.more > 0 { write!(f, "; and {} more", self.more) } else { Ok(()) }
    }
}

impl<T: Into<String>> From<T> for Faults {
    fn from(fault: T) -> Self {
        Self { words: vec![fault.into()], more: 0, unreachable: false }
    }
}

/// Why a question was not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Trouble {
    Failed(String),
    Late(String),
}

/// An error with everything that caused it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
