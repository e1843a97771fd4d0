//! What a telephone system tells us, after reading and before deciding. How it is read from JSON is the business of
//! [`parse_event`](crate::parse_event).

use callroute_runtime::{DialOutcome, VoicemailOutcome};
use serde_json::{Map, Value};

/// Something that happened to a call.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Which call; empty when the event does not say.
    pub call_id: String,
    /// When, in seconds since 1970-01-01T00:00:00Z.
    pub timestamp: i64,
    /// The `continue` of the instruction that this answers.
    pub token: Option<String>,
    /// What.
    pub kind: EventKind,
    /// What was wrong with the event and what was made of it; goes into the answer.
    pub warnings: Vec<String>,
}

/// The kinds of events.
#[derive(Clone, PartialEq, Debug)]
pub enum EventKind {
    /// A new call.
    IncomingCall(IncomingCall),
    /// Keys, after a `menu` or `collect`; empty: nothing was pressed in time.
    Digits(String),
    /// How ringing ended.
    DialResult(DialResult),
    /// How taking a message ended.
    VoicemailResult(VoicemailOutcome),
    /// Prompts were played.
    Played,
    /// A host action succeeded, or failed.
    Done(bool),
    /// What a look-up gave.
    LookupResult(LookupResult),
    /// The caller has gone.
    Hangup,
}

impl EventKind {
    /// Their names in JSON.
    pub const NAMES: [&'static str; 8] =
        ["incoming_call", "digits", "dial_result", "voicemail_result", "played", "done", "lookup_result", "hangup"];

    /// Its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IncomingCall(_) => "incoming_call",
            Self::Digits(_) => "digits",
            Self::DialResult(_) => "dial_result",
            Self::VoicemailResult(_) => "voicemail_result",
            Self::Played => "played",
            Self::Done(_) => "done",
            Self::LookupResult(_) => "lookup_result",
            Self::Hangup => "hangup",
        }
    }
}

/// A new call.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct IncomingCall {
    /// The caller: a number, a SIP address, `anonymous`, or nothing.
    pub from: Option<String>,
    /// The number called.
    pub to: Option<String>,
    /// A BCP 47 tag.
    pub language: Option<String>,
    /// What `input` definitions read.
    pub attributes: Map<String, Value>,
    /// Headers of the signalling; names are compared without regard to case, of equal ones the first counts.
    pub headers: Vec<(String, String)>,
}

/// How ringing ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialResult {
    /// The outcome.
    pub outcome: DialOutcome,
    /// Where to, with [`DialOutcome::Redirected`].
    pub contact: Option<String>,
    /// What was pressed, with [`DialOutcome::Key`].
    pub digits: Option<String>,
}

/// What a look-up gave.
#[derive(Clone, PartialEq, Debug)]
pub enum LookupResult {
    /// A row: values by field.
    Found(Map<String, Value>),
    /// No such row.
    Missing,
    /// The source did not work.
    Failed,
    /// It did not answer in time.
    Late,
}

impl Event {
    /// Does this end the call on its own, so that nothing is left to decide and no `continue` is needed?
    pub(crate) fn ends_call(&self) -> bool {
        match &self.kind {
            EventKind::Hangup | EventKind::VoicemailResult(VoicemailOutcome::Recorded) => true,
            EventKind::DialResult(result) => matches!(result.outcome, DialOutcome::Answered | DialOutcome::Cancelled),
            _ => false,
        }
    }
}
