//! The typed program: what a script means, with every name resolved, every type known and every default filled in.
//!
//! It exists only for scripts without errors, so nothing here is optional because it was wrong. Compiler, reference
//! interpreter, tests and pictures read it; it holds no syntax. Identifiers index the vectors of [`Program`].

use std::fmt;

use callroute_calendar::{DatesId, Day, Pool, Schedule, Zone};
use callroute_diagnostics::Place;
use callroute_numbers::{Country, Packed, Pattern};

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident;)*) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index.
            #[must_use]
            pub const fn index(self) -> usize { self.0 as usize }
        }
    )* };
}

ids! {
    /// Index into [`Program::vars`].
    VarId;
    /// Index into [`Program::enums`].
    EnumId;
    /// Index into [`Program::agents`].
    AgentId;
    /// Index into [`Program::groups`].
    GroupId;
    /// Index into [`Program::queues`].
    QueueId;
    /// Index into [`Program::trunks`].
    TrunkId;
    /// Index into [`Program::lists`].
    ListId;
    /// Index into [`Program::schedules`].
    ScheduleId;
    /// Index into [`Program::prompts`].
    PromptId;
    /// Index into [`Program::tables`].
    TableId;
    /// Index into [`Program::sources`].
    SourceId;
    /// Index into [`Program::actions`].
    ActionId;
    /// Index into [`Program::flows`]; 0 is `main`.
    FlowId;
    /// A `menu` or `collect`, numbered through the whole program.
    GatherId;
}

/// Source text of one file of the compilation, for places and the span table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// The path as given or imported, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A checked script with all its imports.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Program {
    /// The main script first.
    pub files: Vec<SourceFile>,
    /// `country`
    pub country: Option<Country>,
    /// `zone` of the main file.
    pub zone: Option<Zone>,
    /// `limit turns`, 1 to 10,000; `incoming_call` is the first turn.
    pub turn_limit: u16,
    /// `fallback`
    pub fallback: Option<Settle>,
    /// Dates by number: those with names and those written in place.
    pub dates: Pool,
    /// For each of `dates.dates`: its name if it has one, and labels of its entries.
    pub dates_info: Vec<DatesInfo>,
    /// Schedules with names and `hours(…)` in place.
    pub schedules: Vec<ScheduleDef>,
    /// Lists of numbers.
    pub lists: Vec<List>,
    /// Agents.
    pub agents: Vec<Agent>,
    /// Ring groups with names and those written in place.
    pub groups: Vec<Group>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// Trunks.
    pub trunks: Vec<Trunk>,
    /// Prompts.
    pub prompts: Vec<PromptDef>,
    /// Static tables.
    pub tables: Vec<Table>,
    /// Sources of look-ups.
    pub sources: Vec<Source>,
    /// Host actions.
    pub actions: Vec<Action>,
    /// Enumerations (`one of …`), each distinct set of values once.
    pub enums: Vec<Enumeration>,
    /// Everything that can change from call to call. The first [`Builtin::ALL`]`.len()` are the built-in ones, in that order.
    pub vars: Vec<Var>,
    /// Flows; 0 is `main`.
    pub flows: Vec<Flow>,
    /// Names that the host must know, each once.
    pub externs: Vec<Extern>,
    /// Tests, in the order of their files and lines. They are no part of what is compiled.
    pub tests: Vec<crate::testing::Test>,
    /// For groups, agents, queues and trunks: whether the script (or a file that it imports) defines one, or declares one
    /// `extern`. Then every name of the kind is checked, and a computed one that is nobody's is `unreachable`; else the host is asked.
    pub checked_kinds: [bool; 4],
}

/// Variables that every program has, in the order of their [`VarId`]s.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Builtin {
    /// `from`, a phone; missing when withheld.
    From,
    /// `to`, a phone.
    To,
    /// `language`, a text (a BCP 47 tag).
    Language,
    /// `priority`, a number; 0 until set.
    Priority,
    /// `caller name`, a text; missing until set.
    CallerName,
    /// `from.user`
    FromUser,
    /// `from.host`
    FromHost,
    /// `from.name`
    FromName,
    /// `to.user`
    ToUser,
    /// `to.host`
    ToHost,
    /// `to.name`
    ToName,
}

impl Builtin {
    /// All, in order.
    pub const ALL: [Self; 11] = [
        Self::From,
        Self::To,
        Self::Language,
        Self::Priority,
        Self::CallerName,
        Self::FromUser,
        Self::FromHost,
        Self::FromName,
        Self::ToUser,
        Self::ToHost,
        Self::ToName,
    ];

    /// Its variable.
    #[must_use]
    pub const fn var(self) -> VarId {
        VarId(self as u32)
    }
}

/// A type of values.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Ty {
    Text,
    Number,
    Flag,
    Phone,
    Phones,
    Duration,
    Enum(EnumId),
    /// Collected keys; usable as text and as a phone.
    Digits,
    Group,
    Agent,
    Queue,
    Trunk,
    Schedule,
    Dates,
    List,
}

/// `one of gold, silver`: the values as written, distinct without regard to ASCII case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enumeration {
    /// In the order of their definition; a value is the index here.
    pub values: Vec<String>,
}

/// A variable: every value that is not known when the script is compiled.
#[derive(Clone, PartialEq, Debug)]
pub struct Var {
    /// For people: `from`, `tier`, `customer.owner`, `pin`.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// What it is.
    pub kind: VarKind,
    /// Collected with `secret`: never in a trace or a log.
    pub secret: bool,
    /// Where it is declared (built-ins: the start of the main file).
    pub place: Place,
}

/// What a [`Var`] is.
#[derive(Clone, PartialEq, Debug)]
pub enum VarKind {
    /// One of [`Builtin`].
    Builtin(Builtin),
    /// An attribute of the event, read once at the start of the call.
    Input {
        /// Its name in `attributes`.
        attribute: String,
        /// Read from this header instead (compared without case).
        header: Option<String>,
        /// The value when it is missing or of the wrong type.
        default: Option<Const>,
    },
    /// A parameter of a flow.
    Param(FlowId, u32),
    /// A field of a row found by a look-up.
    Field,
    /// Keys collected by `collect … as`, or by a menu choice with `as`.
    Keys(GatherId),
    /// `contact` of a `redirected` arm.
    Contact,
}

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// A text.
    Text(String),
    /// A finite number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A number or address.
    Phone(Phone),
    /// Several.
    Phones(Vec<Phone>),
    /// Milliseconds.
    Duration(u64),
    /// Index of a value in its enumeration.
    Enum(EnumId, u32),
    /// A group, by number or by the host's name.
    Group(Target<GroupId>),
    /// An agent.
    Agent(Target<AgentId>),
    /// A queue.
    Queue(Target<QueueId>),
    /// A trunk.
    Trunk(Target<TrunkId>),
    /// A schedule.
    Schedule(ScheduleId),
    /// Dates.
    Dates(DatesId),
    /// A list.
    List(ListId),
}

/// A telephone number or SIP address in normal form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Phone {
    /// E.164 with `+`, or an internal number.
    Number(Packed),
    /// `sip:user@host`, normalised; or a text too long for a number.
    Address(String),
}

/// As it is dialled.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Address(address) => f.write_str(address),
        }
    }
}

/// A value where it is used.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// Known.
    Const(Const),
    /// Of the call. Where its type differs from the one wanted (text or digits for a phone, anything for text), it is
    /// converted when it is read; what cannot be converted is missing.
    Var(VarId),
}

/// A text with values in it; a constant text has at most one part.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Template {
    /// In order.
    pub parts: Vec<TemplatePart>,
}

/// A piece of a [`Template`].
#[derive(Clone, PartialEq, Debug)]
pub enum TemplatePart {
    /// Text.
    Text(String),
    /// A value: a number without needless zeros, a phone as it is dialled, an enumeration's value as written, a duration
    /// as in a script, a flag as `true`/`false`; a missing one is empty.
    Value(VarId),
}

/// A thing that is known here, or only by its name or at run time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Ref<T> {
    /// Known.
    Id(T),
    /// In a variable of that kind (a flow's parameter).
    Var(VarId),
}

/// Someone to ring.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Target<T> {
    /// Defined in the script.
    Defined(T),
    /// Known to the host by this name; listed in [`Program::externs`].
    Extern(String),
}

/// Someone to ring, perhaps computed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TargetRef<T> {
    /// Known here.
    Static(Target<T>),
    /// A variable: a target of that kind, or a text or enumeration value that is the name of one (of the script's, without regard
    /// to case no: exactly; else, if the kind is left to the host, of the host's); unknown or missing is `unreachable`.
    Var(VarId),
}

/// A name that the host must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Extern {
    /// Its kind.
    pub kind: TargetKind,
    /// Its name.
    pub name: String,
    /// Where it is first used or declared.
    pub place: Place,
}

/// The kinds of targets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TargetKind {
    Group,
    Agent,
    Queue,
    Trunk,
}

/// Names of dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatesInfo {
    /// `None` when written in place.
    pub name: Option<String>,
    /// Where.
    pub place: Place,
    /// A label per entry.
    pub labels: Vec<Option<String>>,
}

/// A schedule.
#[derive(Clone, PartialEq, Debug)]
pub struct ScheduleDef {
    /// `None` when written in place.
    pub name: Option<String>,
    /// Its rules.
    pub schedule: Schedule,
    /// Where it stands.
    pub place: Place,
    /// Where each of its lines stands.
    pub lines: Vec<Place>,
}

/// A list of numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Its entries.
    pub entries: Vec<ListEntry>,
    /// The zone in which `until` counts.
    pub zone: Zone,
    /// Where.
    pub place: Place,
}

/// An entry of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct ListEntry {
    /// Which numbers.
    pub what: PhonePattern,
    /// For people.
    pub label: Option<String>,
    /// Last day on which it holds.
    pub until: Option<Day>,
}

/// A pattern of numbers, or an address.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PhonePattern {
    /// Numbers.
    Numbers(Pattern),
    /// A SIP address in normal form; equality without regard to the case of ASCII letters in its host only.
    Address(String),
}

/// An agent: one person's numbers.
#[derive(Clone, PartialEq, Debug)]
pub struct Agent {
    /// Its name.
    pub name: String,
    /// Several numbers ring one after the other, or as the strategy says.
    pub ring: Ring,
    /// Where.
    pub place: Place,
}

/// How members are rung.
#[derive(Clone, PartialEq, Debug)]
pub struct Ring {
    /// The strategy.
    pub strategy: Strategy,
    /// `for`, in milliseconds, if written.
    pub total: Option<Operand>,
    /// `each`, in milliseconds, if written.
    pub each: Option<Operand>,
    /// The members, at least one.
    pub members: Vec<Member>,
}

pub use callroute_syntax::tree::Strategy;

/// A member of a ring.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// Who.
    pub who: MemberWho,
    /// Hundredths of a per cent, with `by weight`.
    pub weight: Option<u32>,
    /// Starts to ring after so many milliseconds.
    pub after: Option<Operand>,
    /// Rings for so many milliseconds.
    pub ring_for: Option<Operand>,
    /// Must press this key.
    pub confirm: Option<String>,
}

/// Who a member is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum MemberWho {
    /// A number or address.
    Phone(Phone),
    /// A value of an in-place group, of type phone, phones, text or digits.
    Var(VarId),
    /// An agent of the script (its numbers are put in its place) or of the host (`agent:NAME`).
    Agent(Target<AgentId>),
}

/// A ring group.
#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    /// `None` when written in place.
    pub name: Option<String>,
    /// How it rings.
    pub ring: Ring,
    /// Where.
    pub place: Place,
}

/// A queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// How it rings.
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
    pub music: Option<String>,
    /// Where.
    pub place: Place,
}

/// A trunk.
#[derive(Clone, PartialEq, Debug)]
pub struct Trunk {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Phone,
    /// Where.
    pub place: Place,
}

/// A prompt in several languages. Untagged entries are played for every language, in their place; of the tagged ones
/// the best for the call's language is played (RFC 4647 lookup), else the first tagged one.
#[derive(Clone, PartialEq, Debug)]
pub struct PromptDef {
    /// Its name.
    pub name: String,
    /// Its entries.
    pub entries: Vec<PromptEntry>,
    /// Where.
    pub place: Place,
}

/// An entry of a prompt.
#[derive(Clone, PartialEq, Debug)]
pub struct PromptEntry {
    /// A BCP 47 tag in canonical case.
    pub language: Option<String>,
    /// What is played.
    pub what: Spoken,
}

/// Something that can be heard.
#[derive(Clone, PartialEq, Debug)]
pub enum Spoken {
    /// A text to be spoken.
    Say(Template),
    /// A recording.
    Play(String),
}

/// A static table.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Longest prefix, or equality.
    pub key: TableKey,
    /// Its columns.
    pub fields: Vec<FieldDef>,
    /// One key per row, all of one kind.
    pub keys: TableKeys,
    /// Row by row, `fields.len()` cells each.
    pub cells: Vec<Cell>,
    /// Texts that cells name by index, each once.
    pub strings: Vec<String>,
    /// Several phones that cells name by index.
    pub phones: Vec<Vec<Phone>>,
    /// Where.
    pub place: Place,
}

pub use callroute_syntax::tree::TableKey;

/// Keys of a table's rows.
#[derive(Clone, PartialEq, Debug)]
pub enum TableKeys {
    /// Numbers or prefixes of numbers.
    Numbers(Vec<Packed>),
    /// Texts, compared without regard to ASCII case.
    Texts(Vec<String>),
}

/// A value in a table.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Cell {
    /// Empty in the file.
    Missing,
    /// Index into [`Table::strings`].
    Text(u32),
    /// A finite number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A number.
    Phone(Packed),
    /// An address: index into [`Table::strings`].
    Address(u32),
    /// Index into [`Table::phones`].
    Phones(u32),
    /// Milliseconds.
    Duration(u64),
    /// Index of the enumeration's value.
    Enum(u32),
}

/// A column, a field of a row, or a parameter.
#[derive(Clone, PartialEq, Debug)]
pub struct FieldDef {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Ty,
    /// Where its name stands.
    pub place: Place,
}

/// A source of look-ups.
#[derive(Clone, PartialEq, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub params: Vec<FieldDef>,
    /// The fields of its row.
    pub fields: Vec<FieldDef>,
    /// Where.
    pub place: Place,
}

/// A host action.
#[derive(Clone, PartialEq, Debug)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub params: Vec<FieldDef>,
    /// It ends the call.
    pub settles: bool,
    /// Where.
    pub place: Place,
}

/// A flow.
#[derive(Clone, PartialEq, Debug)]
pub struct Flow {
    /// `main` for the first.
    pub name: String,
    /// Its parameters.
    pub params: Vec<VarId>,
    /// Its steps.
    pub body: Block,
    /// Where.
    pub place: Place,
}

/// Steps in order.
pub type Block = Vec<Step>;

/// A step.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// Its first word and what belongs to it, for the trace.
    pub place: Place,
}

/// What a step does. `otherwise` is its `else`.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the fields are described where they are types of their own")]
pub enum StepKind {
    When {
        cond: Cond,
        then: Block,
        otherwise: Option<Block>,
    },
    /// First arm whose condition holds; the conditions all look at the same subject.
    Switch {
        subject: VarId,
        arms: Vec<SwitchArm>,
        otherwise: Option<Block>,
    },
    Menu(Menu),
    Collect(Collect),
    /// Plays the enclosing menu or collect again, and uses no try.
    Repeat(GatherId),
    /// Counts as a wrong choice of the enclosing menu or collect, without running its `invalid` arm.
    Retry(GatherId),
    Dial(Dial),
    Lookup(Lookup),
    TableLookup(TableLookup),
    Split(Split),
    Say(PromptItem),
    Voicemail(Voicemail),
    Settle(Settle),
    Go {
        flow: FlowId,
        args: Vec<Operand>,
    },
    Do {
        flow: FlowId,
        args: Vec<Operand>,
    },
    Tag(Template),
    Set {
        var: VarId,
        value: SetValue,
    },
    Action {
        action: ActionId,
        args: Vec<Operand>,
        otherwise: Option<Block>,
    },
}

/// A value that `set` writes.
#[derive(Clone, PartialEq, Debug)]
pub enum SetValue {
    /// A value; a missing one makes the variable missing.
    Operand(Operand),
    /// A text with values in it.
    Template(Template),
}

/// A step that ends the call, without arms or `else`; also the `fallback`.
#[derive(Clone, PartialEq, Debug)]
pub enum Settle {
    /// `hangup`
    Hangup,
    /// `reject …`
    Reject(Reject),
    /// `redirect …`
    Redirect {
        /// Where to; a value that is missing or no address settles the call as `hangup` with reason `unreachable`.
        to: Operand,
        /// 301 rather than 302.
        permanent: bool,
    },
    /// `voicemail …` (in `fallback` only; as a step it is [`StepKind::Voicemail`]).
    Voicemail(Voicemail),
}

/// `reject …`
#[derive(Clone, PartialEq, Debug)]
pub struct Reject {
    /// SIP status, 300 to 699. A value outside of it is 603.
    pub code: Operand,
    /// The reason text.
    pub text: Option<Template>,
}

/// An arm of a switch.
#[derive(Clone, PartialEq, Debug)]
pub struct SwitchArm {
    /// Holds when one of its patterns matches.
    pub cond: Cond,
    /// What runs.
    pub body: Block,
    /// Where its heads stand.
    pub place: Place,
}

/// Something to be heard.
#[derive(Clone, PartialEq, Debug)]
pub enum PromptItem {
    /// Text or recording written in place.
    Spoken(Spoken),
    /// A defined prompt.
    Named(PromptId),
}

/// `menu …`
#[derive(Clone, PartialEq, Debug)]
pub struct Menu {
    /// Its number.
    pub id: GatherId,
    /// Played before each try, interruptible.
    pub prompts: Vec<PromptItem>,
    /// Milliseconds to the first key.
    pub wait: Operand,
    /// Milliseconds between keys.
    pub gap: Operand,
    /// 1 to 100.
    pub tries: Operand,
    /// What can be pressed, in source order.
    pub choices: Vec<Choice>,
    /// `timeout => …`
    pub timeout: Option<Block>,
    /// `invalid => …`
    pub invalid: Option<Block>,
    /// When the tries are used up.
    pub otherwise: Option<Block>,
}

/// A choice of a menu.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// Keys and patterns ([`Pattern::parse_keys`]); an earlier choice wins among equals in length.
    pub patterns: Vec<Pattern>,
    /// `as NAME`
    pub capture: Option<VarId>,
    /// What runs.
    pub body: Block,
    /// Where its heads stand.
    pub place: Place,
}

/// `collect …`
#[derive(Clone, PartialEq, Debug)]
pub struct Collect {
    /// Its number.
    pub id: GatherId,
    /// Fewest digits, 1 to 32.
    pub min: u8,
    /// Most digits, `min` to 32.
    pub max: u8,
    /// Played before each try, interruptible.
    pub prompts: Vec<PromptItem>,
    /// Milliseconds to the first key.
    pub wait: Operand,
    /// Milliseconds between keys.
    pub gap: Operand,
    /// 1 to 100.
    pub tries: Operand,
    /// The key that ends the input early, as a symbol: 0–9, 10 `*`, 11 `#`.
    pub ending: Option<u8>,
    /// What was entered.
    pub var: VarId,
    /// Not to be logged.
    pub secret: bool,
    /// What runs when digits were entered.
    pub entered: Block,
    /// `timeout => …`
    pub timeout: Option<Block>,
    /// `invalid => …`
    pub invalid: Option<Block>,
    /// When the tries are used up.
    pub otherwise: Option<Block>,
}

/// A dial step.
#[derive(Clone, PartialEq, Debug)]
pub struct Dial {
    /// Who is rung.
    pub target: DialTarget,
    /// How.
    pub options: DialOptions,
    /// Outcome arms, in source order, each outcome at most once.
    pub arms: Vec<OutcomeArm>,
    /// Where the caller's device was redirected to, in the `redirected` arm.
    pub contact: Option<VarId>,
    /// When nobody answered, and no arm matched.
    pub otherwise: Option<Block>,
}

impl Dial {
    /// Has every way in which it can end without an answer its arm? Then an `else` has nothing to do. A queue can always end otherwise.
    #[must_use]
    pub fn covers_all(&self) -> bool {
        let has = |wanted: &Outcome| self.arms.iter().any(|arm| arm.heads.contains(wanted));
        let common = [Outcome::Busy, Outcome::NoAnswer, Outcome::Declined, Outcome::Unreachable, Outcome::Redirected];
        !matches!(self.target, DialTarget::Queue(_)) && common.iter().all(has)
    }
}

/// Who is rung.
#[derive(Clone, PartialEq, Debug)]
pub enum DialTarget {
    /// A group, also one written in place (then without a name).
    Group(TargetRef<GroupId>),
    /// An agent.
    Agent(TargetRef<AgentId>),
    /// A queue.
    Queue(TargetRef<QueueId>),
    /// A number or address (phone, text or digits), or several (phones): then a group without a name.
    Number {
        /// Whom.
        to: Operand,
        /// Trunks, tried in order when unreachable.
        via: Vec<TargetRef<TrunkId>>,
    },
}

/// The options of a dial step.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DialOptions {
    /// `for`, milliseconds.
    pub ring_for: Option<Operand>,
    /// `until`: minutes since midnight, and the zone. The ringing ends at the next such moment; it is over at once if
    /// the wall clock of the event's day has passed it already.
    pub until: Option<(u16, Zone)>,
    /// `caller id`, a phone.
    pub caller_id: Option<Operand>,
    /// `caller name`
    pub caller_name: Option<Template>,
    /// `announce`
    pub announce: Option<Template>,
    /// `confirm`: a key.
    pub confirm: Option<Template>,
    /// `music`
    pub music: Option<Template>,
    /// `record`
    pub record: bool,
    /// `header`, in order.
    pub headers: Vec<(String, Template)>,
    /// `codecs`, in order of preference, lower case.
    pub codecs: Vec<String>,
    /// `media relay`
    pub media_relay: bool,
}

/// An outcome arm.
#[derive(Clone, PartialEq, Debug)]
pub struct OutcomeArm {
    /// Which outcomes.
    pub heads: Vec<Outcome>,
    /// What runs.
    pub body: Block,
    /// Where its heads stand.
    pub place: Place,
}

/// How ringing can end without an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Busy,
    NoAnswer,
    Declined,
    Unreachable,
    Redirected,
    Full,
    Empty,
    Timeout,
    /// A key pressed while waiting in a queue.
    Key(Pattern),
}

/// A look-up at a source.
#[derive(Clone, PartialEq, Debug)]
pub struct Lookup {
    /// Where.
    pub source: SourceId,
    /// One per parameter, converted to its type; a missing one gives `missing` without asking.
    pub args: Vec<Operand>,
    /// Milliseconds; `None`: the host's own limit.
    pub within: Option<Operand>,
    /// A variable per field of the source.
    pub row: Vec<VarId>,
    /// When a row was found.
    pub found: Block,
    /// `missing => …`
    pub missing: Option<Block>,
    /// `failed => …`
    pub failed: Option<Block>,
    /// `late => …`
    pub late: Option<Block>,
    /// When none was found, and no arm matched.
    pub otherwise: Option<Block>,
}

/// A look-up in a static table.
#[derive(Clone, PartialEq, Debug)]
pub struct TableLookup {
    /// Where.
    pub table: TableId,
    /// The key: a phone for numbers, else a text.
    pub key: Operand,
    /// A variable per column.
    pub row: Vec<VarId>,
    /// When a row was found.
    pub found: Block,
    /// `missing => …`
    pub missing: Option<Block>,
    /// When none was found, and there is no `missing` arm.
    pub otherwise: Option<Block>,
}

/// `split …`
#[derive(Clone, PartialEq, Debug)]
pub struct Split {
    /// By the caller rather than the call.
    pub by_from: bool,
    /// The label, empty when none.
    pub label: String,
    /// Shares in hundredths of a per cent; they add up to 10,000.
    pub arms: Vec<SplitArm>,
}

/// An arm of a split.
#[derive(Clone, PartialEq, Debug)]
pub struct SplitArm {
    /// Hundredths of a per cent.
    pub share: u32,
    /// What runs.
    pub body: Block,
    /// Where its head stands.
    pub place: Place,
}

/// `voicemail …`
#[derive(Clone, PartialEq, Debug)]
pub struct Voicemail {
    /// The greeting.
    pub message: Template,
    /// The mailbox.
    pub mailbox: Option<Template>,
    /// Milliseconds.
    pub max_duration: Option<Operand>,
    /// `full => …`
    pub full: Option<Block>,
    /// `failed => …`
    pub failed: Option<Block>,
    /// When it failed, and no arm matched.
    pub otherwise: Option<Block>,
}

// ------------------------------------------------------------------------------------------------ conditions

/// A condition. `is not`, `not in` are [`Cond::Not`] of the positive test: every positive test of a missing value is
/// false.
#[derive(Clone, PartialEq, Debug)]
pub enum Cond {
    /// The opposite.
    Not(Box<Cond>),
    /// All, from left to right; at least two.
    And(Vec<Cond>),
    /// Any, from left to right; at least two.
    Or(Vec<Cond>),
    /// One question.
    Atom(Atom, Place),
}

/// One question about one thing.
#[derive(Clone, PartialEq, Debug)]
pub enum Atom {
    /// Is the schedule open now, in its own zone or in this one?
    Hours(Ref<ScheduleId>, Option<Zone>),
    /// Is today, in this zone, one of these days?
    On(Ref<DatesId>, Zone),
    /// Is the phone one of these? The variable is of type phone, or text or digits read as one.
    Phone(VarId, Vec<PhoneItem>),
    /// Does the text compare so with one of these, without regard to ASCII case? Also for digits.
    Text(VarId, TextOp, Vec<TextItem>),
    /// Is the enumeration's value one of these?
    Enum(VarId, Vec<Operand>),
    /// Does the number or duration compare so with one of these?
    Number(VarId, NumberOp, Vec<Operand>),
    /// Is the flag set?
    Flag(VarId),
    /// Is the flag what this operand says? (missing: false)
    FlagIs(VarId, Operand),
    /// Is there no value? For `from`: withheld.
    Missing(VarId),
    /// Does the language range match (RFC 4647 basic filtering)? Ranges in lower case.
    Language(VarId, Vec<TextItem>),
}

/// What a phone may be.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PhoneItem {
    /// Of this pattern.
    Pattern(PhonePattern),
    /// Withheld.
    Anonymous,
    /// On a list.
    List(Ref<ListId>),
    /// This value (phone, phones: any of them; text or digits read as a phone).
    Var(VarId),
}

/// What a text may be.
#[derive(Clone, PartialEq, Debug)]
pub enum TextItem {
    /// This text.
    Const(String),
    /// This value as text.
    Var(VarId),
    /// Keys of this pattern (with `Is` only).
    Keys(Pattern),
}

/// How texts are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextOp {
    Is,
    StartsWith,
    EndsWith,
    Contains,
}

/// How numbers are compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NumberOp {
    Is,
    Above,
    Below,
    AtLeast,
    AtMost,
}
