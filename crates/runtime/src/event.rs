//! What comes in: events, as the host hands them over. Nothing is copied before it is needed.

/// An event of a call.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// The call that it belongs to: any text that is unique among the calls of the host.
    pub call_id: &'a str,
    /// When it happened, in seconds since 1970-01-01 00:00:00 UTC. The machine knows no other time.
    pub timestamp: i64,
    /// What happened.
    pub kind: EventKind<'a>,
}

/// What happened.
#[derive(Clone, Copy)]
pub enum EventKind<'a> {
    /// A call came in: the first event, which starts the script.
    Incoming(Incoming<'a>),
    /// Answers a `menu` or `collect`: the keys `0`–`9`, `*`, `#` that were pressed, with or without the key that ends the input;
    /// none when the caller pressed nothing in time.
    Digits(&'a str),
    /// Answers a `forward`.
    DialResult {
        /// How it ended.
        outcome: DialOutcome,
        /// With [`DialOutcome::Redirected`]: where to.
        contact: Option<&'a str>,
        /// With [`DialOutcome::Key`]: the keys.
        digits: Option<&'a str>,
    },
    /// Answers a `voicemail` that waits for it.
    VoicemailResult(VoicemailOutcome),
    /// Answers a `play`: the prompts were heard.
    Played,
    /// Answers a host action.
    Done {
        /// Whether it succeeded.
        ok: bool,
    },
    /// Answers a look-up.
    Lookup(LookupReply<'a>),
    /// The caller hung up. It can come at any time, and ends the call.
    Hangup,
}

impl EventKind<'_> {
    /// Its name in the protocol.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Incoming(_) => "incoming_call",
            Self::Digits(_) => "digits",
            Self::DialResult { .. } => "dial_result",
            Self::VoicemailResult(_) => "voicemail_result",
            Self::Played => "played",
            Self::Done { .. } => "done",
            Self::Lookup(_) => "lookup_result",
            Self::Hangup => "hangup",
        }
    }
}

/// The event that starts a call.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// Who calls: a number, a SIP address, or a word for a withheld number. `None` is withheld too.
    pub from: Option<&'a str>,
    /// Who is called.
    pub to: Option<&'a str>,
    /// The caller's language, a BCP 47 tag. Without it the header `Accept-Language` is read.
    pub language: Option<&'a str>,
    /// What the `input` definitions of the script read.
    pub attributes: &'a dyn Attributes,
    /// What `input … from header` reads.
    pub headers: &'a dyn Headers,
}

impl<'a> Incoming<'a> {
    /// A call without attributes and headers.
    #[must_use]
    pub fn new(from: &'a str, to: &'a str) -> Self {
        Self { from: Some(from), to: Some(to), language: None, attributes: &(), headers: &() }
    }
}

/// How ringing ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DialOutcome {
    /// Somebody answered: the call is settled.
    Answered,
    /// All were busy.
    Busy,
    /// Nobody answered in time, or nobody confirmed. For a queue this is taken as `Timeout`.
    NoAnswer,
    /// Somebody declined.
    Declined,
    /// Nobody could be reached.
    Unreachable,
    /// The destination says where to go instead.
    Redirected,
    /// The queue is full.
    Full,
    /// Nobody is logged in to the queue.
    Empty,
    /// The wait in the queue was too long. For anything else this is taken as `NoAnswer`.
    Timeout,
    /// The caller pressed one of the keys that a queue offers.
    Key,
    /// The caller hung up while it rang: as [`EventKind::Hangup`].
    Cancelled,
}

impl DialOutcome {
    /// The outcome that a final SIP status stands for: 2xx answered; 3xx redirected; 486 and 600 busy; 603, 607, 608 declined; 408
    /// and 480 no answer; 487 cancelled; every other one from 400 to 699 unreachable. `None` for what is no final status.
    #[must_use]
    pub const fn from_sip(status: u16) -> Option<Self> {
        Some(match status {
            200..=299 => Self::Answered,
            300..=399 => Self::Redirected,
            486 | 600 => Self::Busy,
            603 | 607 | 608 => Self::Declined,
            408 | 480 => Self::NoAnswer,
            487 => Self::Cancelled,
            400..=699 => Self::Unreachable,
            _ => return None,
        })
    }
}

/// How a voicemail ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VoicemailOutcome {
    /// A message was left: the call is settled.
    Recorded,
    /// The mailbox is full.
    Full,
    /// It failed.
    Failed,
}

/// What a source answered.
#[derive(Clone, Copy)]
pub enum LookupReply<'a> {
    /// A row, by the names of its fields.
    Found(&'a dyn Attributes),
    /// There is no such row.
    Missing,
    /// The source failed.
    Failed,
    /// The source did not answer in time.
    Late,
}

/// A value that the host hands over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AttributeValue<'a> {
    /// Nothing: as if it were not there.
    Null,
    /// A text.
    Text(&'a str),
    /// A number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// So many values, which [`Attributes::item`] gives one by one.
    List(usize),
    /// Something else, by its kind: `object`.
    Other(&'static str),
}

impl AttributeValue<'_> {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "text",
            Self::Number(_) => "number",
            Self::Flag(_) => "flag",
            Self::List(_) => "list",
            Self::Other(kind) => kind,
        }
    }
}

/// Values by name: attributes of a call, fields of a row.
pub trait Attributes {
    /// The value of a name, compared exactly.
    fn get(&self, name: &str) -> Option<AttributeValue<'_>>;
    /// An element of a value that is a list.
    fn item(&self, name: &str, index: usize) -> Option<AttributeValue<'_>> {
        let _ = (name, index);
        None
    }
}

/// Headers by name.
pub trait Headers {
    /// The value of a header, whose name is compared without regard to ASCII case.
    fn header(&self, name: &str) -> Option<&str>;
}

impl Attributes for () {
    fn get(&self, _: &str) -> Option<AttributeValue<'_>> {
        None
    }
}

impl Headers for () {
    fn header(&self, _: &str) -> Option<&str> {
        None
    }
}

impl Attributes for [(&str, AttributeValue<'_>)] {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

impl<const N: usize> Attributes for [(&str, AttributeValue<'_>); N] {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        Attributes::get(self.as_slice(), name)
    }
}

impl Headers for [(&str, &str)] {
    fn header(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl<const N: usize> Headers for [(&str, &str); N] {
    fn header(&self, name: &str) -> Option<&str> {
        self.as_slice().header(name)
    }
}
