//! Events in, instructions out: the JSON vocabulary and the sealed continuation.
//!
//! [`Session`] is the whole way: it reads an event, opens its `continue`, lets the runtime decide, and seals what the next
//! event must bring back. Its parts are there for hosts that want only some of it: [`parse_event`] reads what a telephone
//! system says, [`to_instruction`] puts an answer of the runtime into the [`Instruction`] that it is told, and [`Keys`] seal
//! and open. This crate reads no clock and opens no connection.

mod convert;
mod event;
mod instruction;
mod parse;
mod session;
mod token;

pub use callroute_runtime::{DialOutcome, VoicemailOutcome};
pub use convert::{to_instruction, with_event};
pub use event::{DialResult, Event, EventKind, IncomingCall, LookupResult};
pub use instruction::{
    Action, Collect, Destination, Forward, Header, HostAction, Instruction, Lookup, Members, Menu, Prompt, Queue, Redirect, Reject,
    Seconds, Spoken, Voicemail,
};
pub use parse::{EventError, MAX_EVENT, parse_event};
pub use session::{AnswerError, Session};
pub use token::{DEFAULT_LIFETIME, KeyError, Keys, TokenError};
