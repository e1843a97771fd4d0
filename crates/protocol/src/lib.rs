//! Events in, instructions out: the JSON vocabulary and the sealed continuation.
//!
//! [`Session`] is the whole way: it reads an event, opens its `continue`, lets the runtime decide, and seals what the next
//! event must bring back. Its parts are there for hosts that want only some of it: [`parse_event`] reads what a telephone
//! system says, [`to_instruction`] puts an answer of the runtime into the [`Instruction`] that it is told, and [`Keys`] seal
//! and open. This crate reads no clock and opens no connection.
//!
//! ```
//! use callroute_protocol::{Keys, Session};
//! use callroute_runtime::Program;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let script = r#"menu < 1 => voicemail "sales"; 2 => voicemail "support" >"#;
//! # let analysis = callroute_analysis::analyse("a.route", script, &callroute_analysis::NoFiles);
//! # let compiled = callroute_compiler::build(&analysis.program.ok_or("faulty")?).map_err(|_| "too large")?;
//! // The bytes of a `.routec` file, and a key that all copies of the server share.
//! let program = Program::load(&compiled)?;
//! let keys = Keys::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
//! let mut session = Session::new(&program, &keys);
//!
//! let event = r#"{"event":"incoming_call","from":"+14155550123","timestamp":"2026-04-21T14:32:00Z","call_id":"abc123xyz"}"#;
//! let menu = session.answer(event, 0)?;
//! assert_eq!(menu.action.name(), "menu");
//!
//! // Nothing is remembered: what the next event needs is in the token.
//! let digits = format!(
//!     r#"{{"event":"digits","digits":"2","timestamp":"2026-04-21T14:32:05Z","call_id":"abc123xyz","continue":"{}"}}"#,
//!     menu.token.unwrap_or_default()
//! );
//! let answer = session.answer(&digits, 0)?;
//! assert_eq!(serde_json::to_string(&answer)?, r#"{"action":"voicemail","message":"support"}"#);
//! # Ok(())
//! # }
//! ```

mod convert;
mod event;
mod instruction;
mod parse;
mod session;
mod token;

pub use callroute_runtime::{DialOutcome, VoicemailOutcome};
pub use convert::{strategy_name, strategy_named, to_instruction, with_event};
pub use event::{DialResult, Event, EventKind, IncomingCall, LookupResult};
pub use instruction::{
    Action, Collect, Destination, Forward, Header, HostAction, Instruction, Lookup, Members, Menu, Prompt, Queue, Redirect, Reject,
    Seconds, Spoken, Voicemail,
};
pub use parse::{EventError, MAX_EVENT, parse_event};
pub use session::{AnswerError, Session};
pub use token::{DEFAULT_LIFETIME, KeyError, Keys, MAX_RIDER, Opened, TokenError};
