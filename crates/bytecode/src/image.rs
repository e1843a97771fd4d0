//! What a compiled script contains, as the compiler makes it and the machine reads it. The bytes are the business of
//! `container`, the rules of `verify`; nothing here checks anything.

use callroute_calendar::{Day, Pool, Schedule, Zone};
use callroute_numbers::{Country, Pattern};

use crate::bytes::Bytes;
use crate::op::Instr;

/// Index into [`Image::strings`].
pub type Str = u32;
/// Index into [`Image::templates`].
pub type TemplateId = u32;
/// Address of an instruction.
pub type Target = u32;

/// A constant (index into [`Image::consts`]) or, with bit 31, a variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Operand(pub u32);

impl Operand {
    /// The constant of this index.
    #[must_use]
    pub const fn constant(index: u32) -> Self {
        Self(index & 0x7fff_ffff)
    }
    /// The variable of this index.
    #[must_use]
    pub const fn var(index: u16) -> Self {
        Self(0x8000_0000 | index as u32)
    }
    /// The variable, if it is one.
    #[must_use]
    pub const fn as_var(self) -> Option<u32> {
        if self.0 >> 31 == 1 { Some(self.0 & 0x7fff_ffff) } else { None }
    }
    /// The constant's index, if it is one.
    #[must_use]
    pub const fn as_const(self) -> Option<u32> {
        if self.0 >> 31 == 0 { Some(self.0) } else { None }
    }
}

/// Types of variables and constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Ty {
    Text,
    Number,
    Flag,
    Phone,
    Phones,
    Duration,
    /// Of this enumeration.
    Enum(u32),
    Digits,
    Group,
    Agent,
    Queue,
    Trunk,
    Schedule,
    Dates,
    List,
}

impl Ty {
    /// Its number in the file and in type masks.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Text => 0,
            Self::Number => 1,
            Self::Flag => 2,
            Self::Phone => 3,
            Self::Phones => 4,
            Self::Duration => 5,
            Self::Enum(_) => 6,
            Self::Digits => 7,
            Self::Group => 8,
            Self::Agent => 9,
            Self::Queue => 10,
            Self::Trunk => 11,
            Self::Schedule => 12,
            Self::Dates => 13,
            Self::List => 14,
        }
    }
}

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// A text.
    Text(Str),
    /// A finite number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A packed number ([`callroute_numbers::Packed::bits`]).
    Phone(u64),
    /// A SIP address in normal form.
    Address(Str),
    /// Indices of constants of the kinds `Phone` and `Address`.
    Phones(Vec<u32>),
    /// Milliseconds.
    Duration(u64),
    /// Enumeration and value.
    Enum(u32, u32),
    /// A target of the kind that the type says: defined (index) or the host's (name).
    Target(TargetKind, TargetRef),
    /// A schedule.
    Schedule(u32),
    /// Dates.
    Dates(u32),
    /// A list.
    List(u32),
}

/// Kinds of targets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TargetKind {
    Group,
    Agent,
    Queue,
    Trunk,
}

/// A target.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TargetRef {
    /// Index into the vector of its kind.
    Defined(u32),
    /// The host's, by this name (listed in [`Image::externs`]).
    Extern(Str),
    /// A variable: of that kind, or a text, digits or enumeration value that names one.
    Var(u32),
}

/// A compiled script.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Image {
    /// SHA-256 over the texts of the script and of everything it imports.
    pub source_hash: [u8; 32],
    /// For people: the version of the compiler.
    pub compiler: String,
    /// Most turns of a call, 1 to 10,000.
    pub turn_limit: u16,
    /// How national numbers are read.
    pub country: Option<Country>,
    /// Index into `settles`: what is answered when nothing else can be.
    pub fallback: Option<u32>,
    /// Texts, each once.
    pub strings: Vec<String>,
    /// Constants, each once.
    pub consts: Vec<Const>,
    /// Variables; the built-in ones first, in the order of [`BUILTINS`].
    pub vars: Vec<Var>,
    /// Values of enumerations.
    pub enums: Vec<Vec<Str>>,
    /// Zones that instructions name.
    pub zones: Vec<Zone>,
    /// Instructions.
    pub code: Vec<Instr>,
    /// Where an incoming call begins.
    pub entry: Target,
    /// Dates.
    pub dates: Pool,
    /// Schedules.
    pub schedules: Vec<Schedule>,
    /// Lists of numbers.
    pub lists: Vec<List>,
    /// Tests of phones.
    pub phone_tests: Vec<PhoneTest>,
    /// Tests of texts.
    pub text_tests: Vec<TextTest>,
    /// Tests of enumerations.
    pub enum_tests: Vec<Vec<Operand>>,
    /// Tests of languages: ranges in lower case.
    pub language_tests: Vec<Vec<TextItem>>,
    /// Indexed switches.
    pub switches: Vec<Switch>,
    /// Splits.
    pub splits: Vec<Split>,
    /// Texts with values in them.
    pub templates: Vec<Vec<TemplatePart>>,
    /// Prompts in order of use.
    pub prompts: Vec<Prompt>,
    /// Assignments that happen at once: variable and value.
    pub assigns: Vec<Vec<(u16, Operand)>>,
    /// Static tables.
    pub tables: Vec<Table>,
    /// Look-ups in them.
    pub table_lookups: Vec<TableLookup>,
    /// Menus and collects.
    pub gathers: Vec<Gather>,
    /// Dial steps.
    pub dials: Vec<Dial>,
    /// Agents.
    pub agents: Vec<Ring>,
    /// Groups.
    pub groups: Vec<Ring>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Trunks: name and address (index of a constant).
    pub trunks: Vec<(Str, u32)>,
    /// Sources.
    pub sources: Vec<Source>,
    /// Look-ups at sources.
    pub lookups: Vec<Lookup>,
    /// Voicemail steps.
    pub voicemails: Vec<Voicemail>,
    /// Host actions, and their uses.
    pub action_defs: Vec<ActionDef>,
    /// Uses of host actions.
    pub actions: Vec<Action>,
    /// `hangup`, `reject`, `redirect` and fallback voicemail.
    pub settles: Vec<Settle>,
    /// Names that the host must know.
    pub externs: Vec<(TargetKind, Str)>,
    /// For each of the four kinds, whether a computed name that the script neither defines nor declares is left to the host.
    pub open_kinds: [bool; 4],
    /// Cold: where each instruction comes from.
    pub spans: Vec<SpanEntry>,
    /// Cold: paths and texts of the source files; empty when stripped.
    pub files: Vec<(String, String)>,
}

/// Names of the built-in variables, in the order of [`Image::vars`].
pub const BUILTINS: [&str; 11] =
    ["from", "to", "language", "priority", "caller name", "from.user", "from.host", "from.name", "to.user", "to.host", "to.name"];

/// A variable.
#[derive(Clone, PartialEq, Debug)]
pub struct Var {
    /// For people.
    pub name: Str,
    /// Its type.
    pub ty: Ty,
    /// Where its first value comes from.
    pub kind: VarKind,
    /// Never shown in a trace.
    pub secret: bool,
}

/// Where a variable's first value comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum VarKind {
    /// The event, by the rules of the built-in variables.
    Builtin,
    /// An attribute or header of the event.
    Input {
        /// The attribute's or header's name.
        name: Str,
        /// It is a header.
        header: bool,
        /// The constant to use instead of a missing or wrong value.
        default: Option<u32>,
    },
    /// An instruction.
    Local,
}

/// A list: groups of patterns that hold until a day.
#[derive(Clone, PartialEq, Debug)]
pub struct List {
    /// For people.
    pub name: Str,
    /// The zone of the days.
    pub zone: Zone,
    /// At most one group per day, in order of the day, the unlimited one last.
    pub groups: Vec<ListGroup>,
}

/// The entries of a list that hold until one day.
#[derive(Clone, PartialEq, Debug)]
pub struct ListGroup {
    /// The last day, inclusive.
    pub until: Option<Day>,
    /// Their numbers and addresses; values are of no interest.
    pub set: PhoneSet,
}

/// Numbers and addresses with a value each, for membership and for switches.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PhoneSet {
    /// [`callroute_numbers::index`] of patterns.
    pub numbers: Bytes,
    /// [`callroute_numbers::index`] of addresses as texts; empty when there is none.
    pub addresses: Bytes,
}

/// A test of a phone: any of these.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PhoneTest {
    /// Patterns and addresses.
    pub set: Option<PhoneSet>,
    /// A withheld or missing one.
    pub anonymous: bool,
    /// Lists, or with bit 31 variables of that type.
    pub lists: Vec<u32>,
    /// Values.
    pub vars: Vec<u16>,
}

/// How a text is compared; the number is that in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextOp {
    Is,
    StartsWith,
    EndsWith,
    Contains,
}

/// A test of a text: any of these, without regard to ASCII case.
#[derive(Clone, PartialEq, Debug)]
pub struct TextTest {
    /// How.
    pub op: TextOp,
    /// With what.
    pub items: Vec<TextItem>,
    /// With `Is`: an index over the constant items, when they are many.
    pub index: Bytes,
}

/// What a text is compared with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TextItem {
    /// A text.
    Str(Str),
    /// A variable, as text.
    Var(u16),
    /// Keys.
    Keys(Pattern),
}

/// The comparison in bits 1–3 of the flag of `br.number`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NumberOp {
    Is,
    Above,
    Below,
    AtLeast,
    AtMost,
}

/// An indexed switch: the first of its cases that matches, in the order of the author.
#[derive(Clone, PartialEq, Debug)]
pub struct Switch {
    /// How the value is looked at.
    pub kind: SwitchKind,
    /// Targets by case; forward.
    pub targets: Vec<Target>,
    /// Where to go when none matches; forward.
    pub default: Target,
}

/// How the value of a switch is looked at.
#[derive(Clone, PartialEq, Debug)]
pub enum SwitchKind {
    /// As a phone: values of the set are cases.
    Phone {
        /// Numbers and addresses.
        set: PhoneSet,
        /// The case of a withheld or missing phone, if any.
        anonymous: Option<u32>,
    },
    /// As a text, without regard to ASCII case: values of the index are cases.
    Text {
        /// Texts.
        index: Bytes,
        /// The case of a missing value.
        missing: Option<u32>,
    },
    /// As a value of an enumeration: `cases[value]` is 1 + the case, or 0.
    Enum {
        /// By value.
        cases: Vec<u32>,
        /// The case of a missing value.
        missing: Option<u32>,
    },
}

/// A stable choice by hash.
#[derive(Clone, PartialEq, Debug)]
pub struct Split {
    /// By the caller rather than the call.
    pub by_from: bool,
    /// Its label.
    pub label: Str,
    /// Upper borders (exclusive) in ten-thousandths, rising, the last 10,000; and targets (forward).
    pub arms: Vec<(u16, Target)>,
}

/// A piece of a text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TemplatePart {
    /// Text.
    Str(Str),
    /// A variable.
    Var(u16),
}

/// Something to be heard.
#[derive(Clone, PartialEq, Debug)]
pub enum Prompt {
    /// A text.
    Say(TemplateId),
    /// A recording.
    Play(Str),
    /// By language.
    Named(Vec<PromptEntry>),
}

/// An entry of a prompt in several languages.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct PromptEntry {
    /// Its language.
    pub language: Option<Str>,
    /// A text (else a recording).
    pub say: bool,
    /// The template, or the file's name.
    pub what: u32,
}

/// A static table. Its rows stay bytes: they are read where they lie.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// For people.
    pub name: Str,
    /// Longest prefix, or equality.
    pub prefix: bool,
    /// Keys are texts rather than numbers.
    pub text_keys: bool,
    /// Types of the columns.
    pub columns: Vec<Ty>,
    /// Number of rows.
    pub rows: u32,
    /// Index from keys to rows ([`callroute_numbers::index`]).
    pub index: Bytes,
    /// `rows × columns` cells of 9 bytes: a kind (0 missing, 1 text, 2 number, 3 flag, 4 phone, 5 address, 6 phones, 7 duration,
    /// 8 value of an enumeration) and 8 bytes: the value, or offset and length (u32 each) of a text in `texts`, or of packed
    /// pieces `len u32, text` in `texts` for phones.
    pub cells: Bytes,
    /// UTF-8 texts of the cells.
    pub texts: Bytes,
}

/// A look-up in a static table.
#[derive(Clone, PartialEq, Debug)]
pub struct TableLookup {
    /// Where.
    pub table: u32,
    /// What.
    pub key: Operand,
    /// Variables and the columns that they get; only those that are read later.
    pub row: Vec<(u16, u32)>,
}

/// A menu or collect.
#[derive(Clone, PartialEq, Debug)]
pub struct Gather {
    /// Which of the two.
    pub kind: GatherKind,
    /// Indices into [`Image::prompts`].
    pub prompts: Vec<u32>,
    /// Milliseconds to the first key.
    pub wait: Operand,
    /// Milliseconds between keys.
    pub gap: Operand,
    /// Tries.
    pub tries: Operand,
    /// Where silence goes; `None`: asks again.
    pub timeout: Option<Target>,
    /// Where a wrong choice goes; `None`: asks again.
    pub invalid: Option<Target>,
    /// Where to go when the tries are used up.
    pub otherwise: Target,
    /// Variables that must be kept until the next event. What the gather itself reads (its prompts, wait and gap) is kept in any
    /// case, because it may be asked again.
    pub live: Vec<u16>,
}

/// What a [`Gather`] asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum GatherKind {
    /// One of several choices, in source order.
    Menu(Vec<Choice>),
    /// Digits.
    Collect {
        /// Fewest, 1 to 32.
        min: u8,
        /// Most.
        max: u8,
        /// The key that ends the input (a symbol: 0–9, 10 `*`, 11 `#`).
        ending: Option<u8>,
        /// Not to be logged.
        secret: bool,
        /// What was entered.
        var: u16,
        /// Where to go then.
        entered: Target,
    },
}

/// A choice of a menu.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// Keys and patterns.
    pub patterns: Vec<Pattern>,
    /// What was pressed.
    pub capture: Option<u16>,
    /// Where to go.
    pub target: Target,
}

/// Strategies; the number is that in the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Strategy {
    All,
    InOrder,
    InTurn,
    AtRandom,
    ByWeight,
    LongestIdle,
}

impl Strategy {
    /// As a script says it, behind `ring`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::InOrder => "in order",
            Self::InTurn => "in turn",
            Self::AtRandom => "at random",
            Self::ByWeight => "by weight",
            Self::LongestIdle => "longest idle",
        }
    }
}

/// The ringing of a group, an agent or a queue. Agents among the members are already replaced by their numbers, unless they
/// are the host's.
#[derive(Clone, PartialEq, Debug)]
pub struct Ring {
    /// `None` when written in place.
    pub name: Option<Str>,
    /// How.
    pub strategy: Strategy,
    /// Milliseconds in all.
    pub total: Option<Operand>,
    /// Milliseconds for each.
    pub each: Option<Operand>,
    /// Who.
    pub members: Vec<Member>,
}

/// A member.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// Who.
    pub who: MemberWho,
    /// Where members are drawn, the chance to be drawn next: hundredths of a per cent `by weight`, 1 each `at random`. 0 for one that
    /// is drawn together with the one before it (the further numbers of an agent), and where nothing is drawn.
    pub weight: u16,
    /// Milliseconds.
    pub after: Option<Operand>,
    /// Milliseconds.
    pub ring_for: Option<Operand>,
    /// The key.
    pub confirm: Option<Str>,
}

/// Who a member is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum MemberWho {
    /// A phone: constant or variable (phones: all of them).
    Phone(Operand),
    /// The host's agent.
    Extern(Str),
}

/// A queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Queue {
    /// Name, strategy, members.
    pub ring: Ring,
    /// Milliseconds.
    pub max_wait: Option<Operand>,
    /// Callers.
    pub max_length: Option<u32>,
    /// Milliseconds.
    pub announce_position: Option<Operand>,
    /// Sends callers away when nobody is logged in.
    pub leave_when_empty: bool,
    /// Music on hold.
    pub music: Option<Str>,
}

/// A dial step.
#[derive(Clone, PartialEq, Debug)]
pub struct Dial {
    /// Who.
    pub target: DialTarget,
    /// Milliseconds.
    pub ring_for: Option<Operand>,
    /// Minutes since midnight, and index into [`Image::zones`].
    pub until: Option<(u16, u32)>,
    /// Caller id.
    pub caller_id: Option<Operand>,
    /// Caller name.
    pub caller_name: Option<TemplateId>,
    /// Announcement.
    pub announce: Option<TemplateId>,
    /// Key.
    pub confirm: Option<TemplateId>,
    /// Music.
    pub music: Option<TemplateId>,
    /// Record.
    pub record: bool,
    /// Headers.
    pub headers: Vec<(Str, TemplateId)>,
    /// Codecs.
    pub codecs: Vec<Str>,
    /// Relay media.
    pub media_relay: bool,
    /// Where each outcome goes: busy, no answer, declined, unreachable, redirected, full, empty, timeout.
    ///
    /// No answer, unreachable and timeout must lie ahead of the instruction: ringing may be over before it begins (nobody to
    /// ring, `until` has passed), and then the machine goes on there in the same answer. Of all suspensions only a gather may
    /// lead back without an event, because keys typed ahead are used up by it. A call's layout is forward when the edges
    /// behind gathers alone are cut: every cycle of a script waits at a menu or collect.
    pub outcomes: [Target; 8],
    /// Keys pressed in a queue.
    pub keys: Vec<(Pattern, Target)>,
    /// Gets the contact of a redirection.
    pub contact: Option<u16>,
    /// Variables that must be kept.
    pub live: Vec<u16>,
}

/// Who is rung.
#[derive(Clone, PartialEq, Debug)]
pub enum DialTarget {
    /// A group, agent or queue.
    Target(TargetKind, TargetRef),
    /// A number, an address, or several.
    Number(Operand, Vec<TargetRef>),
}

/// A source.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Its name.
    pub name: Str,
    /// Its arguments.
    pub params: Vec<(Str, Ty)>,
    /// Its row.
    pub fields: Vec<(Str, Ty)>,
}

/// A look-up.
#[derive(Clone, PartialEq, Debug)]
pub struct Lookup {
    /// Where.
    pub source: u32,
    /// Arguments.
    pub args: Vec<Operand>,
    /// Milliseconds.
    pub within: Option<Operand>,
    /// Variables and the fields that they get; only those that are read later.
    pub row: Vec<(u16, u32)>,
    /// Where to go: found, missing, failed, late. `missing` lies ahead.
    pub outcomes: [Target; 4],
    /// Variables that must be kept.
    pub live: Vec<u16>,
}

/// A voicemail step.
#[derive(Clone, PartialEq, Debug)]
pub struct Voicemail {
    /// Greeting.
    pub message: TemplateId,
    /// Box.
    pub mailbox: Option<TemplateId>,
    /// Milliseconds.
    pub max_duration: Option<Operand>,
    /// Where to go when it is full, or failed; `None`: it settles, and nothing is asked.
    pub outcomes: Option<[Target; 2]>,
    /// Variables that must be kept.
    pub live: Vec<u16>,
}

/// A host action.
#[derive(Clone, PartialEq, Debug)]
pub struct ActionDef {
    /// Its name.
    pub name: Str,
    /// Its arguments.
    pub params: Vec<(Str, Ty)>,
    /// It ends the call.
    pub settles: bool,
}

/// A use of a host action.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    /// Which.
    pub def: u32,
    /// Arguments.
    pub args: Vec<Operand>,
    /// Where to go: ok, failed; `None`: it settles, and nothing is asked. Of one that settles and can fail, the first is never
    /// gone to (it is the same as the second): `ok` ends the call.
    pub outcomes: Option<[Target; 2]>,
    /// Variables that must be kept.
    pub live: Vec<u16>,
}

/// How a call is settled without a question.
#[derive(Clone, PartialEq, Debug)]
pub enum Settle {
    /// `hangup`
    Hangup,
    /// `reject`: SIP status and text.
    Reject(Operand, Option<TemplateId>),
    /// `redirect`: where to, and whether for good.
    Redirect(Operand, bool),
    /// Index into [`Image::voicemails`] (one without outcomes); in a fallback only.
    Voicemail(u32),
}

/// Where instructions come from: all from `address` up to the next entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanEntry {
    /// First instruction.
    pub address: Target,
    /// Index into [`Image::files`].
    pub file: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}
