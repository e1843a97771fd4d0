//! What Callroute costs, beside what one would write by hand, measured in the same run.
//!
//! `cargo bench -p callroute-tests` measures; `cargo run -p callroute-tests --bin benchmarks > docs/benchmarks.md` prints the report from
//! what was measured. Each measure first makes sure that what is compared gives the same answers.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a benchmark"
)]

mod checks;
mod rules;
mod sample;
mod schedules;
mod tables;

use std::time::Duration;

use callroute_analysis::{Analysis, Files, analyse, typed};
use callroute_diagnostics::Severity;
use callroute_runtime::{Event, EventKind, Incoming, Program};
use criterion::{Criterion, criterion_main};

/// Numbers without a pattern that are the same in every run (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A number of the North American plan, `+1` and the rest of so many digits.
    pub fn number(&mut self, digits: usize) -> String {
        let mut out = "+1".to_owned();
        for place in 1..digits {
            let least = if place == 1 || place == 4 { 2 } else { 0 };
            out.push(char::from(b'0' + u8::try_from(least + self.below(10 - least)).unwrap()));
        }
        out
    }
}

/// Goes around in a slice.
pub struct Around<'a, T> {
    all: &'a [T],
    at: usize,
}

impl<'a, T> Around<'a, T> {
    pub const fn new(all: &'a [T]) -> Self {
        Self { all, at: 0 }
    }

    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> &'a T {
        self.at = if self.at + 1 < self.all.len() { self.at + 1 } else { 0 };
        &self.all[self.at]
    }
}

/// Checks a script that must have no error.
pub fn checked(script: &str, files: &dyn Files) -> Box<typed::Program> {
    let Analysis { program, diagnostics, .. } = analyse("main.route", script, files);
    let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).take(3).collect();
    Box::new(program.unwrap_or_else(|| panic!("the script of a benchmark is wrong: {errors:?}")))
}

/// The bytes of a compiled script.
pub fn built(script: &str, files: &dyn Files) -> Vec<u8> {
    callroute_compiler::build(&checked(script, files)).unwrap_or_else(|faults| panic!("{:?}", faults.first()))
}

pub fn loaded(script: &str, files: &dyn Files) -> Program {
    Program::load(&built(script, files)).unwrap()
}

pub fn incoming<'a>(timestamp: i64, from: &'a str, to: &'a str) -> Event<'a> {
    Event { call_id: "b7e1c0f2a94d4c5e", timestamp, kind: EventKind::Incoming(Incoming::new(from, to)) }
}

fn benches() {
    // Short runs: medians of a hundred samples differ little from those of longer ones, and the suite should be run often.
    let mut criterion = Criterion::default()
        .sample_size(100)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1500))
        .nresamples(2000)
        .without_plots()
        .configure_from_args();
    sample::measure(&mut criterion);
    rules::measure(&mut criterion);
    schedules::measure(&mut criterion);
    checks::measure(&mut criterion);
    tables::measure(&mut criterion);
}

criterion_main!(benches);
