//! The opcode table, the container of compiled scripts and their verification.
//!
//! The way of a compiled script: the compiler makes an [`image::Image`], [`encode`] writes it, [`decode`] reads it back,
//! [`verify`] proves that it can be run safely and at what cost, and only the [`VerifiedImage`] that comes out of this runs.
//! [`disassemble`] shows it to people.

mod bytes;
pub mod image;
pub mod op;

pub use bytes::Bytes;
