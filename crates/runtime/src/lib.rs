//! Loads compiled scripts and decides calls: what a host embeds.
//!
//! A call is a conversation: each [`Event`] is answered by one [`Instruction`]. The machine knows no clock, no network and no
//! files; whatever it answers depends on the compiled script, the call's state and the event alone, takes no more steps than
//! was proved when the script was loaded, and allocates nothing once its buffers have grown.
//!
//! - [`Program`]: a compiled script, made ready once and shared by all threads.
//! - [`Call`]: the memory of one call, made to be used again.
//! - [`Program::decide`]: event in, [`Answer`] out.
//! - [`Program::save`], [`Program::restore`]: a call's state as bytes, for hosts that remember nothing between two events.
//!
//! ```
//! use callroute_runtime::{Call, Event, EventKind, Incoming, Instruction, Program};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A `.routec` file, as `callroute build` makes it: here of a menu with two choices, and a mailbox for each.
//! let compiled = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/menu.routec"));
//! let program = Program::load(compiled)?;
//! // Does the host know all targets that the script leaves to it?
//! let unknown = program.unknown_externs(|kind, name| { let _ = (kind, name); true });
//! assert!(unknown.is_empty());
//!
//! let mut call = Call::new(&program);
//! let incoming = EventKind::Incoming(Incoming::new("+14155550123", "+13146523057"));
//! let answer = program.decide(&mut call, &Event { call_id: "abc123xyz", timestamp: 1_776_781_920, kind: incoming })?;
//! assert!(answer.waiting());
//! match answer.instruction() {
//!     Instruction::Menu(menu) => assert_eq!(menu.choices().map(ToString::to_string).collect::<Vec<_>>(), ["1", "2"]),
//!     _ => panic!("a menu was expected"),
//! }
//!
//! // The state can leave the process, and go on elsewhere.
//! let state = program.save(&call);
//! let mut elsewhere = Call::new(&program);
//! program.restore(&mut elsewhere, &state)?;
//!
//! let answer = program.decide(&mut elsewhere, &Event { call_id: "abc123xyz", timestamp: 1_776_781_925, kind: EventKind::Digits("2") })?;
//! match answer.instruction() {
//!     Instruction::Voicemail(voicemail) => assert_eq!(voicemail.message, "support"),
//!     _ => panic!("voicemail was expected"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! ## Decisions that the language leaves to the machine
//!
//! - The call's turns are the events that were answered, `incoming_call` the first. The event after the last one gets the
//!   `fallback`, or is hung up with `turn-limit`. A fault of the image gets the `fallback`, or `error`.
//! - Whatever comes in after the call is over is answered with [`Instruction::None`]. An event that does not fit what the script
//!   waits for is an error, and changes nothing.
//! - A menu takes the longest choice that matches from the start; keys that begin a longer choice without finishing it are
//!   wrong. What is left over (at most 32 keys) is kept, unless the choice is a pattern. The next menu or collect is decided by it
//!   without being asked, if it can be; if it may still become a choice, it is asked, and the keys that follow are added; what
//!   no choice of a menu begins with is dropped.
//! - `attempt` counts how often a menu was asked, by `repeat` too; tries count silence, wrong keys and `retry`.
//! - At most 32 prompts are in one answer: those are given with [`Instruction::Play`], and the script goes on after `played`.
//! - Ringing that is over before it began (nobody to ring, an unknown computed target, `until` has passed) goes on in the same
//!   answer, as `unreachable`, `no-answer`, or for a queue `timeout`.
//! - Texts from outside have at most 4096 bytes, a value at most 64 phones; the rest is cut off, with a warning.

mod answer;
mod call;
mod conditions;
mod convert;
mod decide;
mod dial;
mod event;
mod forward;
mod gather;
mod hash;
pub mod limits;
mod machine;
mod program;
mod prompts;
mod state;
mod tables;
mod trace;
mod value;

pub use answer::{Action, Answer, Collect, Instruction, Lookup, Menu, Phones, Prompt, Redirect, Reject, Spoken, Value, Voicemail, Warning};
pub use call::{Call, Reason};
pub use callroute_bytecode::image::{Strategy, TargetKind};
pub use callroute_bytecode::{ImageError, VerifiedImage, VerifyError};
pub use callroute_numbers::Pattern;
pub use decide::{DecideError, Expected};
pub use event::{AttributeValue, Attributes, DialOutcome, Event, EventKind, Headers, Incoming, LookupReply, VoicemailOutcome};
pub use forward::{DestinationKind, Forward, Member};
pub use hash::fnv;
pub use program::{ActionInfo, Field, FieldType, InputInfo, LoadError, Place, Program, SourceInfo};
pub use state::{STATE_HEAD, StateError, state_head};
pub use trace::{Outcome, Step, Tracer};
