//! What one analysis leaves to the next, so that after a small edit there is little to do. It never changes an answer.
//!
//! Kept are the scripts as they were read (only what an edit touches is read again) and what was found out about schedules, which takes
//! long and depends on nothing but their lines and the dates of the script. What is kept is bounded: by the scripts of the last analysis, and
//! by [`Remembered::ENOUGH`].

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use callroute_calendar::{Line, Oddities, Pool};
use callroute_syntax::{Document, Parse};

use crate::calendars::Question;
use crate::files::{self, Loaded};

/// What [`crate::analyse_with`] remembers. One for each script that is analysed again and again; any other script is no mistake, only slow.
#[derive(Debug, Default)]
pub struct Cache {
    documents: HashMap<String, Document>,
    pub(crate) memory: Memory,
}

impl Cache {
    /// Nothing remembered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A script of the last analysis as it was read: the main one or one that was imported, by its path from the workspace root.
    #[must_use]
    pub fn parse(&self, path: &str) -> Option<&Parse> {
        self.documents.get(&files::normal(path)).map(Document::parse)
    }

    /// The same, to be kept; see [`Document::shared`].
    #[must_use]
    pub fn shared(&self, path: &str) -> Option<Arc<Parse>> {
        self.documents.get(&files::normal(path)).map(Document::shared)
    }

    /// The document of this path with this text.
    pub(crate) fn document(documents: &mut HashMap<String, Document>, path: &str, source: String) -> Document {
        match documents.remove(path) {
            Some(mut document) => {
                document.update(source);
                document
            }
            None => Document::new(source),
        }
    }

    /// Hands the documents out; those that are not given back are forgotten.
    pub(crate) fn take(&mut self) -> HashMap<String, Document> {
        std::mem::take(&mut self.documents)
    }

    /// Takes the documents back.
    pub(crate) fn keep(&mut self, loaded: Loaded) {
        self.documents = loaded.units.into_iter().map(|unit| (unit.path, unit.document)).collect();
    }
}

/// Answers that depend on their questions only.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The dates to which the schedules refer.
    pool: Pool,
    /// What is odd about the schedule of these lines.
    pub schedules: Remembered<Vec<Line>, Oddities>,
    /// What was asked of two calendars.
    pub questions: Remembered<Question, bool>,
}

impl Memory {
    /// Forgets what was found out with other dates.
    pub fn for_dates(&mut self, pool: &Pool) {
        if self.pool != *pool {
            self.pool = pool.clone();
            self.schedules = Remembered::default();
            self.questions = Remembered::default();
        }
    }
}

/// Answers by their questions; those that nobody asks for any more are forgotten after a while.
#[derive(Debug)]
pub(crate) struct Remembered<Q, A> {
    young: HashMap<Q, A>,
    old: HashMap<Q, A>,
}

impl<Q, A> Default for Remembered<Q, A> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<Q: Eq + Hash + Clone, A: Clone> Remembered<Q, A> {
    /// How many answers there are before those are forgotten that were not asked for since it was half as many.
    const ENOUGH: usize = 8192;

    /// The answer, found out now if it is not known.
    pub fn get(&mut self, question: &Q, answer: impl FnOnce() -> A) -> A {
        if let Some(known) = self.young.get(question) {
            return known.clone();
        }
        let answer = self.old.remove(question).unwrap_or_else(answer);
        if self.young.len() >= Self::ENOUGH / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(question.clone(), answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_remembered_and_bounded() {
        let mut remembered = Remembered::<usize, usize>::default();
        let mut found_out = 0;
        for round in 0..3 {
            for question in 0..100 {
                let answer = remembered.get(&question, || {
                    found_out += 1;
                    question * 2
                });
                assert_eq!(answer, question * 2, "{round}");
            }
        }
        assert_eq!(found_out, 100);
        for question in 0..100_000 {
            remembered.get(&question, || question);
            // Asked for all the time, it is never forgotten.
            assert_eq!(remembered.get(&7, || 0), 14);
            assert!(remembered.young.len() + remembered.old.len() <= Remembered::<usize, usize>::ENOUGH);
        }
    }
}
