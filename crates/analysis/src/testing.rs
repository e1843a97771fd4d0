//! `test` blocks as they are run: what a call starts from, what happens in it, and what is expected, with every name resolved.
//!
//! A test exists here only if nothing in it was reported; it refers to the [`crate::typed::Program`] that it stands in. Groups that an
//! expectation writes in place are its own, and not among the program's.

use callroute_diagnostics::Place;

use crate::typed::{
    ActionId, AgentId, Const, DialOptions, GroupId, Operand, Phone, PromptItem, QueueId, Ring, SourceId, Target, TargetRef, Template,
    TemplatePart, TrunkId, VarId,
};

/// `test "…" < … >`: one case, or one for each row of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Test {
    /// Its title.
    pub title: String,
    /// The whole definition.
    pub place: Place,
    /// It is a table, whose cases are rows.
    pub table: bool,
    /// At least one.
    pub cases: Vec<Case>,
}

/// One call.
#[derive(Clone, PartialEq, Debug)]
pub struct Case {
    /// The row, or the test.
    pub place: Place,
    /// What the call starts from.
    pub setup: Setup,
    /// What happens, and what is expected, in order.
    pub lines: Vec<Line>,
}

/// What a call starts from.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Setup {
    /// `at`, in seconds since 1970-01-01T00:00:00Z.
    pub at: Option<i64>,
    /// `from`, as the telephone system says it; `None` is withheld.
    pub from: Option<String>,
    /// `to`
    pub to: Option<String>,
    /// `language`, a BCP 47 tag.
    pub language: Option<String>,
    /// `given call_id = "…"`
    pub call_id: Option<String>,
    /// `given NAME = VALUE`: the variable is an input.
    pub inputs: Vec<(VarId, Const)>,
    /// `given header NAME = VALUE`
    pub headers: Vec<(String, String)>,
    /// `given SOURCE(…) = …`, in order.
    pub lookups: Vec<GivenLookup>,
}

/// What a source answers when it is asked this.
#[derive(Clone, PartialEq, Debug)]
pub struct GivenLookup {
    /// Which.
    pub source: SourceId,
    /// One per parameter.
    pub args: Vec<Const>,
    /// The answer.
    pub answer: LookupAnswer,
    /// The line.
    pub place: Place,
}

/// What a source answers.
#[derive(Clone, PartialEq, Debug)]
pub enum LookupAnswer {
    /// A row: some fields of the source, by their index; the others are missing.
    Row(Vec<(usize, Const)>),
    /// There is no such row.
    Missing,
    /// It failed.
    Failed,
    /// It was too slow.
    Late,
}

/// A line of a test that is no setting.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What it says.
    pub kind: LineKind,
    /// Where.
    pub place: Place,
}

/// What a line says.
#[derive(Clone, PartialEq, Debug)]
pub enum LineKind {
    /// `press 12#`
    Press(String),
    /// `timeout`: the caller presses nothing, nobody answers.
    Timeout,
    /// `outcome WORD [to CONTACT]`: a word of [`OUTCOMES`].
    Outcome(&'static str, Option<Phone>),
    /// `hangup`: the caller hangs up.
    Hangup,
    /// `wait`, in milliseconds.
    Wait(u64),
    /// `expect …`
    Expect(Box<Expected>),
}

/// What the instruction just given must be. What is `None`, empty or false was not written, and is free.
#[derive(Clone, PartialEq, Debug)]
pub enum Expected {
    /// Any menu.
    Menu,
    /// Any collect.
    Collect,
    /// A look-up at this source.
    Lookup(SourceId),
    /// The call ended with this word of [`REASONS`].
    Ended(&'static str),
    /// These prompts are among those played.
    Prompt(PromptItem),
    /// This tag is among the new ones.
    Tag(String),
    /// Somebody is rung.
    Dial(Box<ExpectedDial>),
    /// A message is taken.
    Voicemail {
        /// The greeting.
        message: String,
        /// The mailbox.
        mailbox: Option<String>,
        /// Milliseconds.
        max_duration: Option<u64>,
    },
    /// Hung up, for any reason.
    Hangup,
    /// Rejected.
    Reject {
        /// SIP status.
        code: Option<u16>,
        /// The reason text.
        text: Option<String>,
    },
    /// Sent elsewhere.
    Redirect {
        /// Where to.
        to: Phone,
        /// `permanent`
        permanent: bool,
    },
    /// The host is told to act.
    Action(ActionId, Vec<Const>),
}

/// Who must be rung, and how.
#[derive(Clone, PartialEq, Debug)]
pub struct ExpectedDial {
    /// Whom.
    pub whom: Whom,
    /// Trunks, in order.
    pub via: Vec<Target<TrunkId>>,
    /// Options; their texts and values are constants.
    pub options: DialOptions,
}

/// Who must be rung.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Whom {
    Group(Target<GroupId>),
    Agent(Target<AgentId>),
    Queue(Target<QueueId>),
    Number(Phone),
    /// A group written in place.
    Ring(Box<Ring>),
}

/// What an `outcome` can say.
pub const OUTCOMES: [&str; 12] =
    ["answered", "busy", "no-answer", "declined", "unreachable", "redirected", "full", "empty", "timeout", "recorded", "failed", "ok"];

/// How a call can have ended, for `ended`: the reasons of a hang-up, `answered` (somebody), `recorded` (a message), and `hangup` (by the
/// caller).
pub const REASONS: [&str; 15] = [
    "busy",
    "no-answer",
    "declined",
    "unreachable",
    "full",
    "empty",
    "timeout",
    "no-input",
    "invalid-input",
    "turn-limit",
    "error",
    "unrouted",
    "answered",
    "recorded",
    "hangup",
];

/// A text without values in it.
#[must_use]
pub fn constant_text(template: &Template) -> Option<String> {
    template
        .parts
        .iter()
        .map(|part| match part {
            TemplatePart::Text(text) => Some(text.as_str()),
            TemplatePart::Value(_) => None,
        })
        .collect()
}

pub(crate) fn constant(operand: Operand) -> Option<Const> {
    match operand {
        Operand::Const(value) => Some(value),
        Operand::Var(_) => None,
    }
}

pub(crate) fn target<T>(target: TargetRef<T>) -> Option<Target<T>> {
    match target {
        TargetRef::Static(target) => Some(target),
        TargetRef::Var(_) => None,
    }
}
