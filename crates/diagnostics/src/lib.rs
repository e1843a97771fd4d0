//! Spans, diagnostics, their codes and their renderings.
//!
//! Every other crate that can find fault with a script says so through [`Diagnostic`]. This crate knows
//! nothing of the language.

mod codes;
mod diagnostic;
mod span;

pub use codes::Code;
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, Label, Severity};
pub use span::{FileId, Place, Span};
