//! What crosses crates: the reference interpreter and what the tests beside it share.

#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::panic, reason = "a test tool: a panic here is a failed test")]

pub mod agree;
pub mod call;
pub mod disk;
mod forward;
pub mod generate;
pub mod machine;
pub mod reference;
mod words;
