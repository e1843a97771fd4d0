//! Tests of scripts: they run on the real machine, and nothing here reads a clock, a file or the network.
//!
//! - [`Suite`]: a checked script, compiled, with its tests. [`Suite::run`] makes one case's call and compares.
//! - [`trace`]: one step of the machine as a line that says where, what and why. `run --trace` and tests show the same lines.
//! - [`coverage`]: which steps, arms, `else` branches and outcomes no test reaches.

pub mod compare;
pub mod coverage;
mod expectations;
mod lcov;
mod listing;
mod play;
mod points;
mod suite;
pub mod trace;
pub mod values;
pub mod words;

pub use coverage::{Coverage, Hits};
pub use expectations::{expectation, marks};
pub use lcov::lcov;
pub use listing::{Paint, listing, missed};
pub use play::{DEFAULT_CALL, DEFAULT_MOMENT, Failure, Known, Secrets, Turn};
pub use points::{Point, PointKind};
pub use suite::{Suite, SuiteError, Verdict};
