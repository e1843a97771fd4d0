//! A tree as a flat sequence of what it says, places and brackets aside: two texts mean the same if their outlines are equal.
//!
//! Every type of the tree is taken apart by name and in full, so that whoever adds a field to one is told here by the compiler.

use callroute_diagnostics::Span;
use callroute_syntax::tree::*;

/// One thing that a tree says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Part<'t> {
    /// A variant's name.
    Kind(&'static str),
    /// A name, a spelling, a text.
    Text(&'t str),
    /// A number, a length, a yes or no.
    Number(u64),
}

/// The outline of a tree, and where each part of it stands.
#[derive(Default)]
pub(crate) struct Outline<'t> {
    parts: Vec<Part<'t>>,
    places: Vec<Span>,
    at: Span,
}

impl<'t> Outline<'t> {
    pub(crate) fn of(file: &'t File) -> Self {
        let mut outline = Self::default();
        // The span of the whole is left out: it would be the place of whatever has none of its own.
        let File { items, span: _ } = file;
        items.outline(&mut outline);
        outline
    }

    fn say(&mut self, part: Part<'t>) {
        self.parts.push(part);
        self.places.push(self.at);
    }

    /// Where this outline first says something else than the other; `None`: they are equal.
    pub(crate) fn differs_at(&self, other: &Self) -> Option<Span> {
        if self.parts == other.parts {
            return None;
        }
        let same = self.parts.iter().zip(&other.parts).take_while(|(a, b)| a == b).count();
        self.places.get(same).or(self.places.last()).copied().or(Some(Span::at(0)))
    }
}

trait Say {
    fn outline<'t>(&'t self, out: &mut Outline<'t>);
}

impl Say for Span {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        out.at = *self;
    }
}

/// Either bracket means the same.
impl Say for Bracket {
    fn outline<'t>(&'t self, _: &mut Outline<'t>) {}
}

impl Say for String {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        out.say(Part::Text(self));
    }
}

impl Say for f64 {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        out.say(Part::Number(self.to_bits()));
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Say for $number {
            fn outline<'t>(&'t self, out: &mut Outline<'t>) {
                out.say(Part::Number(u64::from(*self)));
            }
        }
    )*};
}

numbers!(bool, u8, u16, u32, u64);

macro_rules! signed {
    ($($number:ty),*) => {$(
        impl Say for $number {
            fn outline<'t>(&'t self, out: &mut Outline<'t>) {
                out.say(Part::Number(i64::from(*self).cast_unsigned()));
            }
        }
    )*};
}

signed!(i32, i64);

impl<T: Say> Say for Option<T> {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        match self {
            Some(value) => {
                out.say(Part::Kind("some"));
                value.outline(out);
            }
            None => out.say(Part::Kind("none")),
        }
    }
}

impl<T: Say> Say for Vec<T> {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        out.say(Part::Number(self.len() as u64));
        for value in self {
            value.outline(out);
        }
    }
}

impl<T: Say> Say for Box<T> {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        self.as_ref().outline(out);
    }
}

impl<A: Say, B: Say> Say for (A, B) {
    fn outline<'t>(&'t self, out: &mut Outline<'t>) {
        self.0.outline(out);
        self.1.outline(out);
    }
}

macro_rules! structs {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl Say for $type {
            fn outline<'t>(&'t self, out: &mut Outline<'t>) {
                let $type { $($field),* } = self;
                $($field.outline(out);)*
            }
        }
    )*};
}

macro_rules! enums {
    ($($type:ident { $($variant:ident $(($($item:ident),*))? $({ $($field:ident),* })?,)* })*) => {$(
        impl Say for $type {
            fn outline<'t>(&'t self, out: &mut Outline<'t>) {
                match self {
                    $($type::$variant $(($($item),*))? $({ $($field),* })? => {
                        out.say(Part::Kind(stringify!($variant)));
                        $($($item.outline(out);)*)?
                        $($($field.outline(out);)*)?
                    })*
                }
            }
        }
    )*};
}

// Spans first: what follows stands there.
structs! {
    Name { span, text, quoted }
    Text { span, value }
    Template { span, parts }
    Expr { span, kind }
    Step { span, head, kind, otherwise }
    Else { keyword, body }
    Block { span, steps, bracket }
    Arms { span, arms, bracket }
    Arm { span, heads, capture, body }
    Call { name, args, parens }
    GatherOption { span, kind }
    Menu { options, arms }
    Collect { digits, options, inside }
    Lookup { call, row, within, inside }
    Voicemail { message, options, arms }
    VoicemailOption { span, kind }
    Reject { reason, text }
    Dial { target, options, arms }
    Ring { strategy, members, block }
    Member { span, weight, who, options }
    MemberOption { span, kind }
    DialOption { span, kind }
    Cond { span, kind }
    Zone { span, text }
    Time { span, minutes, valid }
    Interval { span, start, end }
    Date { span, year, month, day, valid }
    WeekdayRange { span, first, last }
    MonthRange { span, first, last }
    ScheduleLine { span, days, what, from, until }
    DateSpec { span, kind, offset, observed, label, from, until }
    DayOffset { span, days }
    Def { span, head, doc, kind }
    ListEntry { span, pattern, label, until }
    PromptEntry { span, kind }
    TableDef { name, csv, key, fields, rows }
    TableRow { span, key, values }
    Field { span, name, column, ty }
    Type { span, kind }
    TestDef { title, body }
    TestLine { span, kind }
}

enums! {
    Item { Def(def), Step(step), Error(span), }
    TemplatePart { Text(text), Value(value), }
    ExprKind {
        Text(text), Number(spelling, value), Phone(spelling), Pattern(spelling), Duration(milliseconds), Percent(hundredths),
        Flag(flag), Name(name), Field(row, field), From, To, Anonymous, Missing, Paren(inner), Error,
    }
    Body { Step(step), Block(block), Missing(span), }
    Inside { Steps(block), Arms(arms), Missing(span), }
    StepKind {
        When { cond, body }, Switch { subject, arms }, Menu(menu), Collect(collect), Repeat, Retry, Dial(dial), Lookup(lookup),
        Split { by_from, label, arms }, Say(prompt), Play(prompt), Voicemail(voicemail), Hangup, Reject(reject),
        Redirect { to, permanent }, Go(call), Do(call), Tag(text), Set { field, value }, Action(call), Error,
    }
    SetField { Priority(span), Language(span), CallerName(span), Input(name), Missing(span), }
    Prompt { Say(text), Named(name), Value(value), Play(file), Missing(span), }
    GatherOptionKind { Prompt(prompt), Wait(value), Gap(value), Tries(value), Ending(value), As(name), Secret, }
    VoicemailOptionKind { Box(target), For(value), }
    RejectReason { Busy(span), Declined(span), Unavailable(span), Code(code, span), Value(value), }
    Target { Name(name), Value(value), }
    DialTarget { Group(target), Agent(target), Queue(target), Number(number), Ring(ring), }
    Strategy { All, InOrder, InTurn, AtRandom, ByWeight, LongestIdle, }
    MemberWho { Address(address), Agent(name), Error, }
    MemberOptionKind { After(value), For(value), Confirm(value), }
    DialOptionKind {
        Via(trunks), For(value), Until(time), CallerId(value), CallerName(value), Announce(value), Confirm(value), Music(value),
        Record, Header(name, value), Codecs(names), MediaRelay, Each(value), MaxWait(value), MaxLength(value),
        AnnouncePosition(value), LeaveWhenEmpty,
    }
    CondKind {
        Or(conds), And(conds), Not(cond), Paren(cond), Hours(hours), On { dates, zone }, Compare { subject, op, op_span, right },
        Flag(value), Error,
    }
    Right { One(value), Many(values, span), Named(name), Missing(span), }
    CompareOp { Is, IsNot, In, NotIn, StartsWith, EndsWith, Contains, Above, Below, AtLeast, AtMost, }
    HoursArg { Named { name, zone }, Inline { lines, zone }, Missing(span), }
    Weekday { Mon, Tue, Wed, Thu, Fri, Sat, Sun, }
    LineWhat { Closed(span), Hours(hours), Missing(span), }
    Days { Weekly { months, weekdays, daily, span }, Dates(specs), }
    DateKind {
        Date(date), Range(first, last), Easter, Nth { ordinals, weekday, months }, Workday { ordinals, except, months },
        Every { n, unit, anchor, months, weekdays }, Named(name), Error,
    }
    EveryUnit { Days, Weeks, Months, Years, }
    DefKind {
        Zone(zone), Country(name), Fallback(body), LimitTurns(value), Import(path), Agent { name, ring }, Trunk { name, address },
        Group { name, options, ring }, Queue { name, options, ring }, List { name, body }, Dates { name, body },
        Schedule { name, zone, lines }, Prompt { name, entries }, Table(table), Source { name, params, fields },
        Input { name, ty, default, header }, Action { name, params, settles }, Extern { kind, name },
        Flow { name, params, parens, body }, Test(test), Error,
    }
    ExternKind { Group, Agent, Queue, Trunk, }
    ListBody { Entries(entries), Csv(path), Missing(span), }
    DatesBody { Entries(entries), Ics(path), Missing(span), }
    PromptEntryKind { Say(language, text), Play(language, file), Error, }
    TableKey { Prefix, Exact, }
    TypeKind {
        Text, Number, Flag, Phone, Phones, Duration, OneOf(values), Group, Agent, Queue, Trunk, Schedule, Dates, List, Unknown(word),
    }
    TestBody { Lines(lines), Table { columns, rows }, Missing(span), }
    TestLineKind {
        At(time), From(value), To(value), Language(name), GivenInput(name, value), GivenHeader(name, value), GivenLookup(call, result),
        Press(keys), Timeout, Outcome(word, contact), Hangup, Wait(value), Expect(expectation), Error,
    }
    GivenResult { Row(fields), Word(word), Missing(span), }
    TestTime { Instant(seconds), Local { date, time, second, zone }, Error, }
    Expectation { Step(step), Menu, Collect, Lookup(name), Ended(word), Missing(span), }
}
