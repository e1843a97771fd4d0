//! Moving parts of a tree to another place in the text: what stands behind an edit keeps its form, and all its spans move alike.
//!
//! Every field of every node is named here, so that one that is added cannot be forgotten.

use callroute_diagnostics::{Diagnostic, Edit, Fix, Label, Place, Span};

use crate::tree::*;

/// Something that knows places in a text.
pub(crate) trait Shift {
    /// Moves every place by so many bytes.
    fn shift(&mut self, by: i64);
}

/// A place moved by so many bytes.
pub(crate) fn moved(at: u32, by: i64) -> u32 {
    u32::try_from(i64::from(at).saturating_add(by).max(0)).unwrap_or(u32::MAX)
}

impl Shift for Span {
    fn shift(&mut self, by: i64) {
        *self = Span::new(moved(self.start, by), moved(self.end, by));
    }
}

impl Shift for Diagnostic {
    fn shift(&mut self, by: i64) {
        let Self { code: _, severity: _, message: _, place, labels, help: _, fix } = self;
        place.shift(by);
        labels.shift(by);
        fix.shift(by);
    }
}

impl<T: Shift> Shift for Vec<T> {
    fn shift(&mut self, by: i64) {
        self.iter_mut().for_each(|part| part.shift(by));
    }
}

impl<T: Shift> Shift for Option<T> {
    fn shift(&mut self, by: i64) {
        if let Some(part) = self {
            part.shift(by);
        }
    }
}

impl<T: Shift> Shift for Box<T> {
    fn shift(&mut self, by: i64) {
        (**self).shift(by);
    }
}

impl<A: Shift, B: Shift> Shift for (A, B) {
    fn shift(&mut self, by: i64) {
        self.0.shift(by);
        self.1.shift(by);
    }
}

/// What knows no place.
macro_rules! placeless {
    ($($kind:ty),* $(,)?) => {
        $(impl Shift for $kind {
            fn shift(&mut self, _by: i64) {}
        })*
    };
}

/// Structures, with all their fields.
macro_rules! records {
    ($($kind:ident { $($field:ident),* })*) => {
        $(impl Shift for $kind {
            fn shift(&mut self, by: i64) {
                let Self { $($field),* } = self;
                $($field.shift(by);)*
            }
        })*
    };
}

/// Enumerations, with all their variants and all that these hold.
macro_rules! choices {
    ($($kind:ident { $($variant:ident $(($($part:ident),*))? $({ $($field:ident),* })?),* $(,)? })*) => {
        $(impl Shift for $kind {
            fn shift(&mut self, by: i64) {
                match self {
                    $(Self::$variant $(($($part),*))? $({ $($field),* })? => {
                        $($($part.shift(by);)*)?
                        $($($field.shift(by);)*)?
                    })*
                }
            }
        })*
    };
}

placeless!(
    String,
    bool,
    f64,
    i32,
    i64,
    u8,
    u16,
    u32,
    u64,
    Bracket,
    Strategy,
    CompareOp,
    Weekday,
    EveryUnit,
    ExternKind,
    TableKey,
    callroute_diagnostics::FileId,
    callroute_diagnostics::Applicability,
);

records! {
    Place { file, span }
    Label { place, message }
    Edit { place, text }
    Fix { title, edits, applicability }

    Name { text, span, quoted }
    Text { value, span }
    Template { parts, span }
    Expr { kind, span }
    Step { kind, otherwise, span, head }
    Else { keyword, body }
    Block { steps, span, bracket }
    Arms { arms, span, bracket }
    Arm { heads, capture, body, span }
    Call { name, args, parens }
    GatherOption { kind, span }
    Menu { options, arms }
    Collect { digits, options, inside }
    Lookup { call, row, within, inside }
    Voicemail { message, options, arms }
    VoicemailOption { kind, span }
    Reject { reason, text }
    Dial { target, options, arms }
    Ring { strategy, members, block }
    Member { weight, who, options, span }
    MemberOption { kind, span }
    DialOption { kind, span }
    Cond { kind, span }
    Zone { text, span }
    Time { minutes, valid, span }
    Interval { start, end, span }
    Date { year, month, day, valid, span }
    WeekdayRange { first, last, span }
    MonthRange { first, last, span }
    ScheduleLine { days, what, from, until, span }
    DateSpec { kind, offset, observed, label, from, until, span }
    DayOffset { days, span }
    Def { kind, doc, span, head }
    ListEntry { pattern, label, until, span }
    PromptEntry { kind, span }
    TableDef { name, csv, key, fields, rows }
    TableRow { key, values, span }
    Field { name, column, ty, span }
    Type { kind, span }
    TestDef { title, body }
    TestLine { kind, span }
}

choices! {
    Item { Def(def), Step(step), Error(span) }
    TemplatePart { Text(text), Value(value) }
    ExprKind {
        Text(template), Number(spelling, value), Phone(spelling), Pattern(spelling), Duration(value), Percent(value), Flag(value), Name(name),
        Field(row, field), From, To, Anonymous, Missing, Paren(inner), Error,
    }
    Body { Step(step), Block(block), Missing(span) }
    Inside { Steps(block), Arms(arms), Missing(span) }
    StepKind {
        When { cond, body }, Switch { subject, arms }, Menu(menu), Collect(collect), Repeat, Retry, Dial(dial), Lookup(lookup),
        Split { by_from, label, arms }, Say(prompt), Play(prompt), Voicemail(voicemail), Hangup, Reject(reject), Redirect { to, permanent },
        Go(call), Do(call), Tag(value), Set { field, value }, Action(call), Error,
    }
    SetField { Priority(span), Language(span), CallerName(span), Input(name), Missing(span) }
    Prompt { Say(template), Named(name), Value(value), Play(text), Missing(span) }
    GatherOptionKind { Prompt(prompt), Wait(value), Gap(value), Tries(value), Ending(value), As(name), Secret }
    VoicemailOptionKind { Box(target), For(value) }
    RejectReason { Busy(span), Declined(span), Unavailable(span), Code(code, span), Value(value) }
    Target { Name(name), Value(value) }
    DialTarget { Group(target), Agent(target), Queue(target), Number(number), Ring(ring) }
    MemberWho { Address(address), Agent(name), Error }
    MemberOptionKind { After(value), For(value), Confirm(value) }
    DialOptionKind {
        Via(targets), For(value), Until(time), CallerId(value), CallerName(value), Announce(value), Confirm(value), Music(value), Record,
        Header(name, value), Codecs(names), MediaRelay, Each(value), MaxWait(value), MaxLength(value), AnnouncePosition(value), LeaveWhenEmpty,
    }
    CondKind {
        Or(parts), And(parts), Not(inner), Paren(inner), Hours(hours), On { dates, zone }, Compare { subject, op, op_span, right }, Flag(flag), Error,
    }
    Right { One(value), Many(values, span), Named(name), Missing(span) }
    HoursArg { Named { name, zone }, Inline { lines, zone }, Missing(span) }
    LineWhat { Closed(span), Hours(intervals), Missing(span) }
    Days { Weekly { months, weekdays, daily, span }, Dates(specs) }
    DateKind {
        Date(date), Range(first, last), Easter, Nth { ordinals, weekday, months }, Workday { ordinals, except, months },
        Every { n, unit, anchor, months, weekdays }, Named(name), Error,
    }
    DefKind {
        Zone(zone), Country(name), Fallback(body), LimitTurns(limit), Import(path), Agent { name, ring }, Trunk { name, address },
        Group { name, options, ring }, Queue { name, options, ring }, List { name, body }, Dates { name, body }, Schedule { name, zone, lines },
        Prompt { name, entries }, Table(table), Source { name, params, fields }, Input { name, ty, default, header },
        Action { name, params, settles }, Extern { kind, name }, Flow { name, params, parens, body }, Test(test), Error,
    }
    ListBody { Entries(entries), Csv(path), Missing(span) }
    DatesBody { Entries(entries), Ics(path), Missing(span) }
    PromptEntryKind { Say(language, text), Play(language, path), Error }
    TypeKind {
        Text, Number, Flag, Phone, Phones, Duration, OneOf(values), Group, Agent, Queue, Trunk, Schedule, Dates, List, Unknown(word),
    }
    TestBody { Lines(lines), Table { columns, rows }, Missing(span) }
    TestLineKind {
        At(time), From(value), To(value), Language(name), GivenInput(name, value), GivenHeader(name, value), GivenLookup(call, result),
        Press(keys), Timeout, Outcome(outcome, contact), Hangup, Wait(value), Expect(expectation), Error,
    }
    GivenResult { Row(fields), Word(word), Missing(span) }
    TestTime { Instant(seconds), Local { date, time, second, zone }, Error }
    Expectation { Step(step), Menu, Collect, Lookup(name), Ended(outcome), Missing(span) }
}
