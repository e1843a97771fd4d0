//! Events and instructions in the words of telephone platforms.
//!
//! A [`Dialect`] is a pair of pure functions: what a platform asks (an HTTP [`Request`]) becomes an event, and an instruction becomes
//! what the platform is told (a [`Response`]). Everything else is the same for all of them and lives beside them:
//!
//! - [`Settings`]: what a dialect must know of its surroundings: its own address, where recordings lie, whom names stand for.
//! - [`check`]: what a dialect cannot say of a script, found when it is loaded and not when somebody calls.
//! - [`legs`]: a ring group in pieces of which a platform can ring each in one answer, and what becomes of the whole.
//! - [`Conversation`]: one request's way from the event through the script (and the legs) to the instruction.
//!
//! No clock, no network, no files. A new dialect is one file, and one line in [`dialect`].

mod conversation;
mod dialect;
mod freeswitch;
mod jambonz;
mod json;
mod legs;
mod ncco;
mod need;
mod request;
mod rtjson;
mod settings;
mod signed;
mod sip;
mod swml;
mod times;
mod twiml;
mod words;
mod xml;

pub use conversation::{Conversation, Step};
pub use dialect::{Dialect, NAMES, Report, SIGNING, Signature, Unreadable, Unsayable, Verdict, dialect};
pub use json::json_refusal;
pub use legs::{Call, Legs, MAX_LEGS, Phone, Ringing, Rings, Shape, legs, phones, rank};
pub use need::{Finding, Need, Severity, What, check, kind_word, survey};
pub use request::{Request, Response};
pub use settings::{Settings, SettingsError};
