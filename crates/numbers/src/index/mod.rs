//! Look-up tables whose bytes are part of a compiled script and are used where they lie: nothing is read, sorted or copied
//! when a script is loaded, however many rows a table has.
//!
//! [`IndexBuilder`] and [`IndexRef`] are for numbers: lists, rules in the author's order, tables by prefix.
//! [`TextIndexBuilder`] and [`TextIndexRef`] are for texts: addresses, words of a `switch`, tables with text keys.
//! The same rows give the same bytes on every machine. Bytes that nobody built are safe to look into: every access is
//! checked, and a look-up takes at most as many steps as the header says, which the loader can hold against its limit.

mod builder;
mod layout;
mod number;
mod text;

pub use builder::IndexBuilder;
pub use layout::IndexError;
pub use number::IndexRef;
pub use text::{Case, TextIndexBuilder, TextIndexRef};
