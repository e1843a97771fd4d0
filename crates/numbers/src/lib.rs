//! Telephone numbers: what they are ([`Packed`]), sets of them ([`Pattern`]), how the raw text of a call becomes one
//! ([`read_party`]), what a script may say ([`check_literal`]), and tables of millions of them that are used in place
//! ([`index`]).
//!
//! Everything here is total: no text and no bytes make it panic, loop or grow without limit. Nothing here reads a clock, a
//! file or the network; the numbering plans of the world are compiled in.

mod countries;
mod country;
pub mod index;
mod literal;
mod metadata;
mod packed;
mod party;
mod pattern;
mod scan;
mod sip;

pub use country::{Country, UnknownCountry};
pub use literal::{Literal, LiteralError, LiteralErrorKind, check_literal, without_separators};
pub use metadata::{Plausibility, describe, is_emergency, mended, plausibility};
pub use packed::{HASH, MAX_SYMBOLS, PLUS, Packed, STAR};
pub use party::{Parsed, Party, read_party};
pub use pattern::{Pattern, PatternError, PatternErrorKind};
pub use sip::{AddressFault, is_sip};
