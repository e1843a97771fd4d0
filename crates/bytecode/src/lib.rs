//! The opcode table, the container of compiled scripts and their verification.

pub mod image;
pub mod op;
