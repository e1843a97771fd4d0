//! Spans, diagnostics, their codes and their renderings.
//!
//! Every other crate that can find fault with a script says so through [`Diagnostic`]. This crate knows
//! nothing of the language.
//!
//! To show diagnostics, put the files into [`Sources`]; then [`Human`] draws them for people, and [`Record`]s of them become
//! [`json`] or [`sarif`] for machines.

mod codes;
mod diagnostic;
mod explain;
mod fixes;
mod human;
mod line_index;
mod record;
mod sarif;
mod sources;
mod span;

pub use codes::Code;
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
pub use explain::{explain, find_code};
pub use fixes::{Chosen, Fixed, apply_edits, apply_fixes, choose_edits, spoilt};
pub use human::{Color, Human, is_harmful};
pub use line_index::{Encoding, LineIndex, Position};
pub use record::{Record, RecordEdit, RecordFix, RecordLabel, RecordPlace, json};
pub use sarif::sarif;
pub use sources::{Location, Sources};
pub use span::{FileId, Place, Span};
