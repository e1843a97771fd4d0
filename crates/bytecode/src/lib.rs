//! The opcode table, the container of compiled scripts and their verification.
//!
//! The way of a compiled script: the compiler makes an [`image::Image`], [`encode`] writes it, [`decode`] reads it back,
//! [`verify`] proves that it can be run safely and at what cost, and only the [`VerifiedImage`] that comes out of this runs.
//! [`describe`] and [`disassemble`] show it to people.

mod bytes;
mod container;
mod disassemble;
pub mod image;
mod layout;
pub mod limits;
pub mod op;
mod verify;
mod wire;

pub use bytes::Bytes;
pub use container::{
    FORMAT, HEAD, ImageError, LANGUAGE, MAGIC, Section, check_head, decode, decode_shared, encode, identity, is_compiled, sections, strip,
};
pub use disassemble::{describe, disassemble};
pub use verify::{At, Rule, VerifiedImage, VerifyError, const_ty, ty_name, verify};
