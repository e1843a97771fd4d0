//! The `callroute` command: thin, every rule lives in a library crate.
fn main() {}
