//! How much one call may hold and one answer carry. A call cannot be refused for what a caller or a host sends: beyond a limit something
//! is cut off, and said in the answer's warnings ([`crate::Warning`]). What a compiled script may be is said by `callroute_bytecode::limits`.

/// Bytes of a text that comes from outside or is put together; the rest is cut off.
pub const TEXT: usize = 4096;
/// Phones of one value; the rest is cut off.
pub const PHONES: usize = 64;
/// New tags in one answer; the rest is dropped.
pub const TAGS: usize = 64;
/// Warnings in one answer; the rest is not said.
pub const WARNINGS: usize = 32;
/// Menus and collects whose tries are remembered at a time; the oldest begins anew.
pub const COUNTERS: usize = 64;
/// Bytes of all texts of one answer; beyond that the script's fallback is answered.
pub const TEXTS: usize = 1 << 18;
/// Bytes of a saved state; a longer one is none of this program.
pub const STATE: usize = 1 << 18;
