//! Events in, instructions out: the JSON vocabulary and the sealed continuation.
//!
//! [`parse_event`] reads what a telephone system says, [`Instruction`] is what it is told, as JSON through serde, and
//! [`Keys`] seal the state of a call between the two. This crate reads no clock and opens no connection.

mod event;
mod instruction;
mod parse;
mod token;

pub use event::{DialOutcome, DialResult, Event, EventKind, IncomingCall, LookupResult, SipResult, VoicemailOutcome, from_sip};
pub use instruction::{
    Action, Collect, Destination, Forward, Header, HostAction, Instruction, Lookup, Members, Menu, Prompt, Queue, Redirect, Reject,
    Seconds, Spoken, Voicemail,
};
pub use parse::{EventError, MAX_EVENT, parse_event};
pub use token::{DEFAULT_LIFETIME, KeyError, Keys, TokenError};
