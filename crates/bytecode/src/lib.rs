//! The opcode table, the container of compiled scripts and their verification.
