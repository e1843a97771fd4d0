//! The syntax tree: what the author wrote, in the order in which it was written, errors included.
//!
//! It is total: any text has one. A part that is missing is `None`, a part that makes no sense is an `Error` node; in
//! both cases a diagnostic has been given, and later passes stay silent about it. Literals are validated here (a time is a
//! time, a date exists); names, types, zones and telephone numbers are the business of the analysis.

use callroute_diagnostics::Span;

/// A whole file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct File {
    /// Definitions and steps in source order.
    pub items: Vec<Item>,
    /// The whole text.
    pub span: Span,
}

/// What may stand at the top of a file.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// A definition.
    Def(Def),
    /// A step of the flow `main`.
    Step(Step),
    /// Text that is neither; it was reported.
    Error(Span),
}

/// Which bracket a block uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bracket {
    /// `<` … `>`
    Angle,
    /// `{` … `}`
    Brace,
}

/// A word of the author's own, or a quoted target name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Name {
    /// The name without quotes, escapes resolved.
    pub text: String,
    /// Where it stands, quotes included.
    pub span: Span,
    /// Written in quotes.
    pub quoted: bool,
}

/// A plain text, in which a brace is a brace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// Escapes resolved.
    pub value: String,
    /// With its quotes.
    pub span: Span,
}

/// A text that may hold values: `"Hello {customer.name}"`.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    /// In order; two texts never follow each other.
    pub parts: Vec<TemplatePart>,
    /// With its quotes.
    pub span: Span,
}

/// A piece of a [`Template`].
#[derive(Clone, PartialEq, Debug)]
pub enum TemplatePart {
    /// Text, escapes resolved.
    Text(String),
    /// `{expr}`.
    Value(Expr),
}

/// A value, or the head of an arm.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The kinds of [`Expr`]. What a lexeme means (is `911` a number or a telephone number?) depends on the type that is
/// wanted and is decided by the analysis, so digits keep their spelling.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// `"…"` where values may be inserted or not: [`Template`] parts; a plain text has at most one `Text` part.
    Text(Template),
    /// `5`, `-1`, `0.5`, `0042`, `911`: only digits, with sign and fraction at most. The spelling, and its value.
    Number(String, f64),
    /// `+14155550123`, `*97`, `sip:…`, `sips:…`, `tel:…`. The spelling.
    Phone(String),
    /// `+1312*`, `+1312555xxxx`, `1xx`, `[2-9]xx`: a pattern by its spelling; in a menu's heads also keys such as `*`, `#`, `12#`, `*9`.
    Pattern(String),
    /// A duration in milliseconds.
    Duration(u64),
    /// `70%` and the like, in hundredths of a per cent (70% is 7000).
    Percent(u32),
    /// `true`, `false`.
    Flag(bool),
    /// A bare word: an input, a parameter, collected digits, a value of an enumeration, a list, a target, a language tag, an outcome.
    Name(Name),
    /// `row.field`, `from.user`; the first may be `from` or `to`.
    Field(Name, Name),
    /// The caller, `from`.
    From,
    /// The number called, `to`.
    To,
    /// `anonymous`, to the right of a comparison or as an arm's head.
    Anonymous,
    /// `missing`, to the right of a comparison or as an arm's head.
    Missing,
    /// In parentheses: certainly a value, not a name of a target or an enumeration's value.
    Paren(Box<Expr>),
    /// Something unreadable; reported.
    Error,
}

// ---------------------------------------------------------------------------------------------------- steps

/// One step, with its `else` if it carries one.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// What runs if it did not take. Present only on steps that may carry one.
    pub otherwise: Option<Else>,
    /// From its first word to its end, `else` included.
    pub span: Span,
    /// Its first word: where to point when the whole would be too much.
    pub head: Span,
}

/// `else STEP` or `else < … >`.
#[derive(Clone, PartialEq, Debug)]
pub struct Else {
    /// The word `else`.
    pub keyword: Span,
    /// What runs.
    pub body: Body,
}

/// What follows a head, `=>` or `else`.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// One step.
    Step(Box<Step>),
    /// Several.
    Block(Block),
    /// Nothing where something must be; reported.
    Missing(Span),
}

/// `< step; step >`.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Its steps.
    pub steps: Vec<Step>,
    /// With its brackets.
    pub span: Span,
    /// Which brackets.
    pub bracket: Bracket,
}

/// `< head => body; … >`.
#[derive(Clone, PartialEq, Debug)]
pub struct Arms {
    /// In order.
    pub arms: Vec<Arm>,
    /// With its brackets.
    pub span: Span,
    /// Which brackets.
    pub bracket: Bracket,
}

/// `1, 2 as ext => body`.
#[derive(Clone, PartialEq, Debug)]
pub struct Arm {
    /// Keys, patterns, values or outcome words; never empty unless reported.
    pub heads: Vec<Expr>,
    /// `as NAME`.
    pub capture: Option<Name>,
    /// What runs.
    pub body: Body,
    /// The whole arm.
    pub span: Span,
}

/// A block of steps, or of arms.
#[derive(Clone, PartialEq, Debug)]
pub enum Inside {
    /// Steps: they run when the step took.
    Steps(Block),
    /// Arms by outcome.
    Arms(Arms),
    /// Missing; reported.
    Missing(Span),
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
pub enum StepKind {
    /// `when COND < … >`
    When {
        /// The condition.
        cond: Cond,
        /// What runs when it holds.
        body: Body,
    },
    /// `switch SUBJECT < … >`
    Switch {
        /// What is looked at.
        subject: Expr,
        /// First matching arm wins.
        arms: Arms,
    },
    /// `menu …`
    Menu(Menu),
    /// `collect …`
    Collect(Collect),
    /// `repeat`
    Repeat,
    /// `retry`
    Retry,
    /// `group`, `agent`, `queue`, `dial`, `ring`
    Dial(Dial),
    /// `lookup …`
    Lookup(Lookup),
    /// `split by call "label" < 70% => …; 30% => … >`
    Split {
        /// `by from` rather than `by call`.
        by_from: bool,
        /// The label that tells one split from another.
        label: Option<Text>,
        /// Heads are percents.
        arms: Arms,
    },
    /// `say "…"` or `say PROMPT`
    Say(Prompt),
    /// `play "file"`
    Play(Prompt),
    /// `voicemail TEXT …`
    Voicemail(Voicemail),
    /// `hangup`
    Hangup,
    /// `reject …`
    Reject(Reject),
    /// `redirect NUMBER [permanent]`
    Redirect {
        /// Where to.
        to: Option<Expr>,
        /// SIP 301 rather than 302.
        permanent: Option<Span>,
    },
    /// `go FLOW(…)`
    Go(Call),
    /// `do FLOW(…)`
    Do(Call),
    /// `tag TEXT`
    Tag(Option<Expr>),
    /// `set FIELD to EXPR`
    Set {
        /// The field.
        field: SetField,
        /// The value.
        value: Option<Expr>,
    },
    /// `ACTION(…)`
    Action(Call),
    /// A step that could not be read; reported.
    Error,
}

/// A field that `set` can write.
#[derive(Clone, PartialEq, Debug)]
pub enum SetField {
    /// `priority`
    Priority(Span),
    /// `language`
    Language(Span),
    /// `caller name`
    CallerName(Span),
    /// A declared input.
    Input(Name),
    /// Missing; reported.
    Missing(Span),
}

/// `name(arg, …)`; the parentheses may be absent after `go` and `do`.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// Which flow or action.
    pub name: Option<Name>,
    /// Arguments in order.
    pub args: Vec<Expr>,
    /// The parentheses with their content, if written.
    pub parens: Option<Span>,
}

/// Something to be played.
#[derive(Clone, PartialEq, Debug)]
pub enum Prompt {
    /// A spoken text.
    Say(Template),
    /// A defined prompt.
    Named(Name),
    /// A value in parentheses.
    Value(Expr),
    /// A recorded file.
    Play(Text),
    /// Missing; reported.
    Missing(Span),
}

/// The options of `menu` and `collect`, as written.
#[derive(Clone, PartialEq, Debug)]
pub struct GatherOption {
    /// Which.
    pub kind: GatherOptionKind,
    /// With its value.
    pub span: Span,
}

/// An option of `menu` or `collect`.
#[derive(Clone, PartialEq, Debug)]
pub enum GatherOptionKind {
    /// A prompt; several are played in order.
    Prompt(Prompt),
    /// `wait 5s`
    Wait(Option<Expr>),
    /// `gap 2s`
    Gap(Option<Expr>),
    /// `tries 3`
    Tries(Option<Expr>),
    /// `ending #` (collect only)
    Ending(Option<Expr>),
    /// `as NAME` (collect only)
    As(Option<Name>),
    /// `secret` (collect only)
    Secret,
}

/// `menu …`
#[derive(Clone, PartialEq, Debug)]
pub struct Menu {
    /// Options and prompts in source order.
    pub options: Vec<GatherOption>,
    /// Choices, `timeout`, `invalid`.
    pub arms: Option<Arms>,
}

/// `collect …`
#[derive(Clone, PartialEq, Debug)]
pub struct Collect {
    /// `4` or `2 to 6`; what is unreadable is `None`.
    pub digits: Option<(Expr, Option<Expr>)>,
    /// Options and prompts in source order.
    pub options: Vec<GatherOption>,
    /// What runs.
    pub inside: Inside,
}

/// `lookup NAME(ARG, …) as ROW [within 300ms] < … >`
#[derive(Clone, PartialEq, Debug)]
pub struct Lookup {
    /// Source or table, and its arguments.
    pub call: Call,
    /// `as ROW`.
    pub row: Option<Name>,
    /// `within 300ms`.
    pub within: Option<Expr>,
    /// What runs.
    pub inside: Inside,
}

/// `voicemail …`
#[derive(Clone, PartialEq, Debug)]
pub struct Voicemail {
    /// The greeting.
    pub message: Option<Expr>,
    /// Options in source order.
    pub options: Vec<VoicemailOption>,
    /// `full`, `failed`.
    pub arms: Option<Arms>,
}

/// An option of `voicemail`.
#[derive(Clone, PartialEq, Debug)]
pub struct VoicemailOption {
    /// Which.
    pub kind: VoicemailOptionKind,
    /// With its value.
    pub span: Span,
}

/// An option of `voicemail`.
#[derive(Clone, PartialEq, Debug)]
pub enum VoicemailOptionKind {
    /// `box NAME`
    Box(Option<Target>),
    /// `for 2m`
    For(Option<Expr>),
}

/// `reject …`
#[derive(Clone, PartialEq, Debug)]
pub struct Reject {
    /// `busy`, `declined`, `unavailable`, or a code.
    pub reason: Option<RejectReason>,
    /// The reason text.
    pub text: Option<Expr>,
}

/// Why a call is rejected.
#[derive(Clone, PartialEq, Debug)]
pub enum RejectReason {
    /// 486
    Busy(Span),
    /// 603
    Declined(Span),
    /// 480
    Unavailable(Span),
    /// A SIP status; 300–699 is checked by the parser.
    Code(u16, Span),
    /// In parentheses.
    Value(Expr),
}

/// A name, or a value in parentheses.
#[derive(Clone, PartialEq, Debug)]
pub enum Target {
    /// `sales`, `"24x7"`
    Name(Name),
    /// `(customer.owner)`
    Value(Expr),
}

/// `group`, `agent`, `queue`, `dial`, `ring`
#[derive(Clone, PartialEq, Debug)]
pub struct Dial {
    /// Who is rung.
    pub target: DialTarget,
    /// Options in source order.
    pub options: Vec<DialOption>,
    /// Outcome arms.
    pub arms: Option<Arms>,
}

/// Who is rung.
#[derive(Clone, PartialEq, Debug)]
pub enum DialTarget {
    /// `group NAME`
    Group(Option<Target>),
    /// `agent NAME`
    Agent(Option<Target>),
    /// `queue NAME`
    Queue(Option<Target>),
    /// `dial NUMBER`
    Number(Option<Expr>),
    /// `ring all … < … >`
    Ring(Ring),
}

/// The ringing of a group: strategy and members.
#[derive(Clone, PartialEq, Debug)]
pub struct Ring {
    /// How; `None` when left out (in a definition: all).
    pub strategy: Option<(Strategy, Span)>,
    /// Who.
    pub members: Vec<Member>,
    /// The members' block; `None` if missing (reported).
    pub block: Option<(Span, Bracket)>,
}

/// A ringing strategy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Strategy {
    /// `all`
    All,
    /// `in order`
    InOrder,
    /// `in turn`
    InTurn,
    /// `at random`
    AtRandom,
    /// `by weight`
    ByWeight,
    /// `longest idle`
    LongestIdle,
}

/// A member of a group, agent or queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// `70%` in front of it.
    pub weight: Option<(u32, Span)>,
    /// Who.
    pub who: MemberWho,
    /// `after 10s`, `for 15s`, `confirm 1`, in source order.
    pub options: Vec<MemberOption>,
    /// The whole member.
    pub span: Span,
}

/// Who a member is.
#[derive(Clone, PartialEq, Debug)]
pub enum MemberWho {
    /// A number or address, also quoted; in a ring written in place also a value in parentheses.
    Address(Expr),
    /// `agent NAME`
    Agent(Name),
    /// Something that cannot be a member; reported.
    Error,
}

/// An option of a member.
#[derive(Clone, PartialEq, Debug)]
pub struct MemberOption {
    /// Which.
    pub kind: MemberOptionKind,
    /// With its value.
    pub span: Span,
}

/// An option of a member.
#[derive(Clone, PartialEq, Debug)]
pub enum MemberOptionKind {
    /// `after 10s`
    After(Option<Expr>),
    /// `for 15s`
    For(Option<Expr>),
    /// `confirm 1`
    Confirm(Option<Expr>),
}

/// An option of a dial step, a group or a queue.
#[derive(Clone, PartialEq, Debug)]
pub struct DialOption {
    /// Which.
    pub kind: DialOptionKind,
    /// With its value.
    pub span: Span,
}

/// An option of a dial step (the last ones: of a group or queue definition).
#[derive(Clone, PartialEq, Debug)]
pub enum DialOptionKind {
    /// `via TRUNK, TRUNK` (dial only)
    Via(Vec<Target>),
    /// `for 20s`
    For(Option<Expr>),
    /// `until 17:15`
    Until(Option<Time>),
    /// `caller id NUMBER`
    CallerId(Option<Expr>),
    /// `caller name TEXT`
    CallerName(Option<Expr>),
    /// `announce TEXT`
    Announce(Option<Expr>),
    /// `confirm 1`
    Confirm(Option<Expr>),
    /// `music "x"`
    Music(Option<Expr>),
    /// `record`
    Record,
    /// `header "Alert-Info" TEXT`
    Header(Option<Text>, Option<Expr>),
    /// `codecs opus, pcmu`
    Codecs(Vec<Name>),
    /// `media relay`
    MediaRelay,
    /// `each 15s` (group)
    Each(Option<Expr>),
    /// `max wait 5m` (queue)
    MaxWait(Option<Expr>),
    /// `max length 10` (queue)
    MaxLength(Option<Expr>),
    /// `announce position every 60s` (queue)
    AnnouncePosition(Option<Expr>),
    /// `leave when empty` (queue)
    LeaveWhenEmpty,
}

// ------------------------------------------------------------------------------------------------ conditions

/// A condition.
#[derive(Clone, PartialEq, Debug)]
pub struct Cond {
    /// What it asks.
    pub kind: CondKind,
    /// Where.
    pub span: Span,
}

/// The kinds of [`Cond`].
#[derive(Clone, PartialEq, Debug)]
pub enum CondKind {
    /// `a or b or c`, at least two.
    Or(Vec<Cond>),
    /// `a and b and c`, at least two.
    And(Vec<Cond>),
    /// `not a`
    Not(Box<Cond>),
    /// `(a)`
    Paren(Box<Cond>),
    /// `hours(…)`
    Hours(HoursArg),
    /// `on(DATES [ZONE])`
    On {
        /// What a `dates` entry may be.
        dates: Vec<DateSpec>,
        /// In which zone.
        zone: Option<Zone>,
    },
    /// `subject op value`
    Compare {
        /// Left side.
        subject: Expr,
        /// The words between.
        op: CompareOp,
        /// Where they stand.
        op_span: Span,
        /// Right side.
        right: Right,
    },
    /// A bare flag.
    Flag(Expr),
    /// Unreadable; reported.
    Error,
}

/// The right side of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub enum Right {
    /// One value: after `is`, `above`, `starts with` …
    One(Expr),
    /// `in (a, b)`
    Many(Vec<Expr>, Span),
    /// `in NAME`
    Named(Name),
    /// Missing; reported.
    Missing(Span),
}

/// The words of a comparison.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CompareOp {
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `starts with`
    StartsWith,
    /// `ends with`
    EndsWith,
    /// `contains`
    Contains,
    /// `above`
    Above,
    /// `below`
    Below,
    /// `at least`
    AtLeast,
    /// `at most`
    AtMost,
}

/// What stands in `hours(…)`.
#[derive(Clone, PartialEq, Debug)]
pub enum HoursArg {
    /// `hours(office)`, `hours(office in America/Phoenix)`
    Named {
        /// The schedule.
        name: Name,
        /// Read in this zone instead of its own.
        zone: Option<Zone>,
    },
    /// `hours(mon-fri 9-17 America/Chicago)`
    Inline {
        /// Lines; the first may leave out its days.
        lines: Vec<ScheduleLine>,
        /// The zone.
        zone: Option<Zone>,
    },
    /// Nothing; reported.
    Missing(Span),
}

/// A zone by its spelling; the analysis knows whether it exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// As written.
    pub text: String,
    /// Where.
    pub span: Span,
}

// ----------------------------------------------------------------------------------------- times and schedules

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    /// Minutes since midnight, 0 to 1440. An impossible time was reported and is 0.
    pub minutes: u16,
    /// False when it was reported.
    pub valid: bool,
    /// Where.
    pub span: Span,
}

/// `9-17`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    /// First minute.
    pub start: Time,
    /// The minute after the last; before `start` when it runs past midnight.
    pub end: Time,
    /// Both.
    pub span: Span,
}

/// A date, with or without its year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    /// 1 to 9999; `None`: every year.
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31, and such that the date exists (`feb 29` without a year does).
    pub day: u8,
    /// False when it was reported; month and day are then 1.
    pub valid: bool,
    /// Where.
    pub span: Span,
}

/// A weekday.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// `mon` or `mon-thu`, also wrapping (`fri-mon`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WeekdayRange {
    /// First.
    pub first: Weekday,
    /// Last, inclusive.
    pub last: Weekday,
    /// Where.
    pub span: Span,
}

/// `jun` or `jun-aug` (months from 1), also wrapping (`nov-feb`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonthRange {
    /// First, 1 to 12.
    pub first: u8,
    /// Last, inclusive.
    pub last: u8,
    /// Where.
    pub span: Span,
}

/// A line of a schedule.
#[derive(Clone, PartialEq, Debug)]
pub struct ScheduleLine {
    /// Which days; `None` only in `hours(…)` in place (or reported).
    pub days: Option<Days>,
    /// Open when.
    pub what: LineWhat,
    /// `from DATE`
    pub from: Option<Date>,
    /// `until DATE`
    pub until: Option<Date>,
    /// The whole line.
    pub span: Span,
}

/// When a line's days are open.
#[derive(Clone, PartialEq, Debug)]
pub enum LineWhat {
    /// `closed`
    Closed(Span),
    /// `9-12, 13-17`
    Hours(Vec<Interval>),
    /// Neither; reported.
    Missing(Span),
}

/// The days of a schedule line.
#[derive(Clone, PartialEq, Debug)]
pub enum Days {
    /// `mon-thu, sat`, `daily`, `jun-aug mon-fri`, `dec daily`, `jun-aug` (before `closed`). `weekdays` is empty when only months stand there.
    Weekly {
        /// The season; empty for all the year.
        months: Vec<MonthRange>,
        /// The weekdays.
        weekdays: Vec<WeekdayRange>,
        /// `daily` was written.
        daily: bool,
        /// Where.
        span: Span,
    },
    /// What a `dates` entry may be.
    Dates(Vec<DateSpec>),
}

/// An entry of `dates`, of `on(…)`, or the days of a schedule line.
#[derive(Clone, PartialEq, Debug)]
pub struct DateSpec {
    /// Which days.
    pub kind: DateKind,
    /// `+ 1 day`, `- 2 days`.
    pub offset: Option<DayOffset>,
    /// `observed`
    pub observed: Option<Span>,
    /// `"New Year"` (in `dates` only)
    pub label: Option<Text>,
    /// `from DATE` (in `dates` only; a schedule line carries its own)
    pub from: Option<Date>,
    /// `until DATE`
    pub until: Option<Date>,
    /// The whole entry.
    pub span: Span,
}

/// `+ 1 day`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayOffset {
    /// Signed, within ±366 (checked).
    pub days: i32,
    /// Where.
    pub span: Span,
}

/// Which days a [`DateSpec`] names.
#[derive(Clone, PartialEq, Debug)]
pub enum DateKind {
    /// `dec 24`, `2026-12-24`
    Date(Date),
    /// `dec 24 to jan 2`, `2026-08-10 to 2026-08-14`, inclusive
    Range(Date, Date),
    /// `easter` (Sunday, Gregorian)
    Easter,
    /// `1st, 3rd mon of month`, `last mon of may`
    Nth {
        /// 1 to 5; `None` is `last`.
        ordinals: Vec<(Option<u8>, Span)>,
        /// The weekday.
        weekday: (Weekday, Span),
        /// Of which months; empty is `month`: every one.
        months: Vec<MonthRange>,
    },
    /// `last workday except us_holidays of month`, `1st workday of month`
    Workday {
        /// 1 to 23; `None` is `last`.
        ordinals: Vec<(Option<u8>, Span)>,
        /// Dates that are no workdays.
        except: Option<Name>,
        /// Of which months; empty is `month`.
        months: Vec<MonthRange>,
    },
    /// `every 2 weeks from 2026-01-05 mon`
    Every {
        /// 1 to 999.
        n: u32,
        /// The unit.
        unit: EveryUnit,
        /// The anchor; `None` if missing (reported).
        anchor: Option<Date>,
        /// Months that follow.
        months: Vec<MonthRange>,
        /// Weekdays that follow.
        weekdays: Vec<WeekdayRange>,
    },
    /// Other dates by name.
    Named(Name),
    /// Unreadable; reported.
    Error,
}

/// The unit of `every`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum EveryUnit {
    Days,
    Weeks,
    Months,
    Years,
}

// ------------------------------------------------------------------------------------------------ definitions

/// A definition.
#[derive(Clone, PartialEq, Debug)]
pub struct Def {
    /// What is defined.
    pub kind: DefKind,
    /// The `///` comment above it, without the slashes.
    pub doc: Option<String>,
    /// The whole definition.
    pub span: Span,
    /// Its first word.
    pub head: Span,
}

/// What a definition defines.
#[derive(Clone, PartialEq, Debug)]
pub enum DefKind {
    /// `zone America/Chicago`
    Zone(Option<Zone>),
    /// `country US`
    Country(Option<Name>),
    /// `fallback voicemail "front_desk"`
    Fallback(Body),
    /// `limit turns 20`
    LimitTurns(Option<Expr>),
    /// `import "shared/holidays.route"`
    Import(Option<Text>),
    /// `agent ana = …`
    Agent {
        /// Its name.
        name: Option<Name>,
        /// One member, or several with a strategy (`in order`).
        ring: Ring,
    },
    /// `trunk carrier_a = sip:gw1.example.com`
    Trunk {
        /// Its name.
        name: Option<Name>,
        /// Its address.
        address: Option<Expr>,
    },
    /// `group sales = ring all for 25s < … >`
    Group {
        /// Its name.
        name: Option<Name>,
        /// `for`, `each`.
        options: Vec<DialOption>,
        /// Strategy and members.
        ring: Ring,
    },
    /// `queue support = ring longest idle max wait 5m < … >`
    Queue {
        /// Its name.
        name: Option<Name>,
        /// `max wait`, `max length`, `announce position every`, `leave when empty`, `music`, `for`, `each`.
        options: Vec<DialOption>,
        /// Strategy and members.
        ring: Ring,
    },
    /// `list vip = < … >`, `list blocked = csv "blocked.csv"`
    List {
        /// Its name.
        name: Option<Name>,
        /// Its numbers.
        body: ListBody,
    },
    /// `dates us_holidays = < … >`, `dates fr = ics "fr.ics"`
    Dates {
        /// Its name.
        name: Option<Name>,
        /// Its days.
        body: DatesBody,
    },
    /// `schedule office = in America/Chicago < … >`
    Schedule {
        /// Its name.
        name: Option<Name>,
        /// Its zone.
        zone: Option<Zone>,
        /// Its lines; `None` if the block is missing (reported).
        lines: Option<Vec<ScheduleLine>>,
    },
    /// `prompt welcome = < en "Welcome."; play "welcome.wav" >`
    Prompt {
        /// Its name.
        name: Option<Name>,
        /// Texts by language, and files.
        entries: Vec<PromptEntry>,
    },
    /// `table areas = csv "areas.csv" key prefix < … >`
    Table(TableDef),
    /// `source crm(number: phone) = < … >`
    Source {
        /// Its name.
        name: Option<Name>,
        /// Its arguments.
        params: Vec<Field>,
        /// The fields of its row.
        fields: Vec<Field>,
    },
    /// `input tier = one of gold, silver default gold`
    Input {
        /// Its name.
        name: Option<Name>,
        /// Its type.
        ty: Option<Type>,
        /// `default …`
        default: Option<Expr>,
        /// `from header "X-Tier"`
        header: Option<Text>,
    },
    /// `action park(slot: text) settles`
    Action {
        /// Its name.
        name: Option<Name>,
        /// Its arguments.
        params: Vec<Field>,
        /// It ends the call.
        settles: Option<Span>,
    },
    /// `extern group sales`
    Extern {
        /// Of which kind.
        kind: ExternKind,
        /// Its name.
        name: Option<Name>,
    },
    /// `flow office(team: group) < … >`
    Flow {
        /// Its name.
        name: Option<Name>,
        /// Its parameters.
        params: Vec<Field>,
        /// The parentheses, if written.
        parens: Option<Span>,
        /// Its steps; `None` if the block is missing (reported).
        body: Option<Block>,
    },
    /// `test "…" < … >`
    Test(TestDef),
    /// A definition that could not be read; reported.
    Error,
}

/// The kinds that `extern` may name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum ExternKind {
    Group,
    Agent,
    Queue,
    Trunk,
}

/// The numbers of a list.
#[derive(Clone, PartialEq, Debug)]
pub enum ListBody {
    /// Written out.
    Entries(Vec<ListEntry>),
    /// From a file.
    Csv(Text),
    /// Missing; reported.
    Missing(Span),
}

/// A number or pattern of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct ListEntry {
    /// [`ExprKind::Number`], [`ExprKind::Phone`], [`ExprKind::Pattern`] or a quoted address.
    pub pattern: Expr,
    /// `"Ana Gómez"`
    pub label: Option<Text>,
    /// `until 2026-12-31`, inclusive.
    pub until: Option<Date>,
    /// The whole entry.
    pub span: Span,
}

/// The days of `dates`.
#[derive(Clone, PartialEq, Debug)]
pub enum DatesBody {
    /// Written out.
    Entries(Vec<DateSpec>),
    /// From a file.
    Ics(Text),
    /// Missing; reported.
    Missing(Span),
}

/// An entry of a prompt.
#[derive(Clone, PartialEq, Debug)]
pub struct PromptEntry {
    /// What is played.
    pub kind: PromptEntryKind,
    /// The whole entry.
    pub span: Span,
}

/// An entry of a prompt.
#[derive(Clone, PartialEq, Debug)]
pub enum PromptEntryKind {
    /// `en "Welcome."`
    Say(Name, Template),
    /// `play "welcome.wav"`, optionally after a language tag.
    Play(Option<Name>, Text),
    /// Unreadable; reported.
    Error,
}

/// `table areas = …`
#[derive(Clone, PartialEq, Debug)]
pub struct TableDef {
    /// Its name.
    pub name: Option<Name>,
    /// `csv "areas.csv"`; `None` when written in place.
    pub csv: Option<Text>,
    /// `key prefix` or `key exact`; `None` if missing (reported).
    pub key: Option<(TableKey, Span)>,
    /// Its columns.
    pub fields: Vec<Field>,
    /// Its rows, when written in place.
    pub rows: Option<Vec<TableRow>>,
}

/// How a table is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TableKey {
    /// Longest prefix wins.
    Prefix,
    /// Equality.
    Exact,
}

/// A row written in place.
#[derive(Clone, PartialEq, Debug)]
pub struct TableRow {
    /// Its key.
    pub key: Expr,
    /// Its values, in the order of the columns.
    pub values: Vec<Expr>,
    /// The whole row.
    pub span: Span,
}

/// `name: type`, `cost = "Cost per min": number`
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    /// Its name; `None` if missing (reported).
    pub name: Option<Name>,
    /// The column's title in the CSV.
    pub column: Option<Text>,
    /// Its type; `None` if missing (reported).
    pub ty: Option<Type>,
    /// The whole field.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, PartialEq, Debug)]
pub struct Type {
    /// Which.
    pub kind: TypeKind,
    /// Where.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TypeKind {
    Text,
    Number,
    Flag,
    Phone,
    Phones,
    Duration,
    /// `one of gold, silver`
    OneOf(Vec<Name>),
    Group,
    Agent,
    Queue,
    Trunk,
    Schedule,
    Dates,
    List,
    /// Some other word; the parser has reported it.
    Unknown(String),
}

// ----------------------------------------------------------------------------------------------------- tests

/// `test "…" < … >`, or in table form.
#[derive(Clone, PartialEq, Debug)]
pub struct TestDef {
    /// Its title.
    pub title: Option<Text>,
    /// What happens.
    pub body: TestBody,
}

/// The body of a test.
#[derive(Clone, PartialEq, Debug)]
pub enum TestBody {
    /// Line by line.
    Lines(Vec<TestLine>),
    /// `for at, expect < …, …; … >`: a row is a test, a cell is a line.
    Table {
        /// The words after `for`.
        columns: Vec<Name>,
        /// Rows of cells, in the order of the columns.
        rows: Vec<Vec<TestLine>>,
    },
    /// Missing; reported.
    Missing(Span),
}

/// A line or cell of a test.
#[derive(Clone, PartialEq, Debug)]
pub struct TestLine {
    /// What it says.
    pub kind: TestLineKind,
    /// Where.
    pub span: Span,
}

/// A line of a test.
#[derive(Clone, PartialEq, Debug)]
pub enum TestLineKind {
    /// `at 2026-04-21T14:32:00Z`
    At(TestTime),
    /// `from +14155550123`, `from anonymous`
    From(Expr),
    /// `to 911`
    To(Expr),
    /// `language es`
    Language(Name),
    /// `given tier = gold`
    GivenInput(Name, Expr),
    /// `given header "X" = "v"`
    GivenHeader(Text, Text),
    /// `given crm(+14155550123) = < tier: gold >`, `= missing`
    GivenLookup(Call, GivenResult),
    /// `press 12#`
    Press(String),
    /// `timeout`
    Timeout,
    /// `outcome no-answer`, `outcome redirected to +14155550123`
    Outcome(Name, Option<Expr>),
    /// `hangup`
    Hangup,
    /// `wait 40s`
    Wait(Expr),
    /// `expect …`
    Expect(Expectation),
    /// Unreadable; reported.
    Error,
}

/// What a look-up answers in a test.
#[derive(Clone, PartialEq, Debug)]
pub enum GivenResult {
    /// A row.
    Row(Vec<(Name, Expr)>),
    /// `missing`, `failed`, `late`.
    Word(Name),
    /// Missing; reported.
    Missing(Span),
}

/// A moment in a test.
#[derive(Clone, PartialEq, Debug)]
pub enum TestTime {
    /// RFC 3339; validated. Seconds since 1970-01-01T00:00:00Z.
    Instant(i64),
    /// `2026-04-21 09:32[:SS] America/Chicago`
    Local {
        /// With its year.
        date: Date,
        /// Time of day.
        time: Time,
        /// Seconds, 0 to 59.
        second: u8,
        /// Zone; `None`: the file's.
        zone: Option<Zone>,
    },
    /// Unreadable; reported.
    Error,
}

/// What a test expects of the instruction just given.
#[derive(Clone, PartialEq, Debug)]
pub enum Expectation {
    /// A dial step, a settling step, an action, `say`, `play` or `tag`.
    Step(Box<Step>),
    /// `menu`
    Menu,
    /// `collect`
    Collect,
    /// `lookup crm`
    Lookup(Name),
    /// `ended busy`
    Ended(Name),
    /// Missing; reported.
    Missing(Span),
}
