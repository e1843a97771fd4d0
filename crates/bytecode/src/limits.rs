//! How large a compiled script may be. Every limit is checked in one place, and named in the message.

/// Bytes of a compiled file: 1 GiB.
pub const FILE: usize = 1 << 30;
/// Sections of a file, known ones and others.
pub const SECTIONS: usize = 64;
/// Instructions.
pub const CODE: usize = 1 << 22;
/// Variables. A variable's number has 16 bits in an instruction; this is far below.
pub const VARS: usize = 16_384;
/// Flows that wait for another flow to return.
pub const STACK: u32 = 64;
/// Turns of a call.
pub const TURNS: u16 = 10_000;
/// What one answer may cost; see [`crate::VerifiedImage::cost`].
pub const COST: u64 = 10_000_000;
/// Members of one ring group, agent or queue.
pub const MEMBERS: usize = 1_000;
/// Prompts of one menu or collect.
pub const GATHER_PROMPTS: usize = 1_000;
/// Values of an enumeration.
pub const ENUM_VALUES: usize = 10_000;
/// Columns of a table, fields of a source, parameters of a source or action.
pub const FIELDS: usize = 1_000;
/// Bytes of a text constant: 64 KiB.
pub const TEXT: usize = 1 << 16;
/// Keys that a caller can have typed ahead.
pub const TYPED_AHEAD: usize = 32;
/// Prompts that one answer can carry.
pub const PROMPTS: usize = 32;
/// The most digits of a collect.
pub const DIGITS: u8 = 32;
