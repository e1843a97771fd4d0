//! Typed programs made by hand are compiled; what comes out is looked at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod data;
mod flow;
mod live;
mod rules;
mod scripts;
mod support;
