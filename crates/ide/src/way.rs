//! A test of the way to a step: what must be so, and what must happen, for a call to come there.
//!
//! What the blocks around a step ask for is gathered, and then a caller and a moment are looked for that fit all of it. What cannot be
//! steered by a call alone (a share of a `split`, a row of a table, a comparison of texts) is left as it comes, and the author mends the test.

use callroute_analysis::names::spell;
use callroute_analysis::typed::{PhonePattern, Program};
use callroute_calendar::{ScheduleTable, Zone, format_moment, local, on_dates, to_unix};
use callroute_diagnostics::{FileId, Place, Severity, Span};
use callroute_numbers::{Packed, Pattern};
use callroute_syntax::tree::{
    Arm, Collect, CompareOp, Cond, CondKind, DialTarget, Expr, ExprKind, GatherOption, GatherOptionKind, HoursArg, Item, Lookup, Menu,
    Right, Step, StepKind, Target,
};
use callroute_syntax::visit::{Node, path_at};

use crate::actions::{Action, ActionKind};
use crate::describe::Clock;
use crate::snapshot::Snapshot;

/// Callers to choose from where some of them must not call.
const CALLERS: &[&str] = &["+14155550123", "+12025550143", "+442079460123", "+4930123456", "+819012345678"];
/// Openings and closings that are tried for a moment that fits.
const MOMENTS: usize = 400;
/// Days that are tried.
const DAYS: i32 = 800;
/// Entries of a list that a caller is held against.
const ENTRIES: usize = 1000;

/// At a step of `main`: a test of the way that leads there, as far as it can be told from the blocks around it.
pub(crate) fn write_test(snapshot: &Snapshot, file: FileId, range: Span, clock: Clock) -> Option<Action> {
    if file != FileId(0) || snapshot.analysis().diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return None;
    }
    let parse = snapshot.parse(file)?;
    let program = snapshot.program()?;
    let source = snapshot.text(file);
    let path = path_at(&parse.tree, range.start);
    if !matches!(path.get(1), Some(Node::Step(_))) {
        return None;
    }
    let step = path.iter().rev().find_map(|node| if let Node::Step(step) = node { Some(*step) } else { None })?;
    let expect = expectation(program, step, source)?;
    let mut way = Way {
        program,
        source,
        hours: Vec::new(),
        days: Vec::new(),
        callers: Side::default(),
        called: Side::default(),
        given: Vec::new(),
        rows: Vec::new(),
        lines: Vec::new(),
    };
    for (depth, node) in path.iter().enumerate() {
        let inner = path.get(depth.saturating_add(1)).map(Node::span);
        match (node, inner) {
            (Node::File(file), Some(inner)) => {
                let steps = file.items.iter().filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None });
                steps.take_while(|step| step.span.end <= inner.start).for_each(|step| way.pass(step));
            }
            (Node::Block(block), Some(inner)) => {
                block.steps.iter().take_while(|step| step.span.end <= inner.start).for_each(|step| way.pass(step));
            }
            (Node::Step(around), Some(inner)) => {
                // Arms are two nodes below their step: step, arms, arm.
                match (path.get(depth.saturating_add(1)), path.get(depth.saturating_add(2))) {
                    (Some(Node::Arms(_)), Some(Node::Arm(arm))) => way.arm(around, arm),
                    _ => way.turn(around, inner),
                }
            }
            _ => {}
        }
    }
    let title: String = expect.chars().filter(|c| !matches!(c, '"' | '\\' | '{' | '}')).collect();
    let mut text = format!("\n\ntest \"{title}\" <\n");
    for line in way.told(clock) {
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str(&format!("  expect {expect}\n>\n"));
    let end = u32::try_from(source.trim_end().len()).ok()?;
    Some(Action {
        title: "Write a test for the way to this step".into(),
        kind: ActionKind::Rewrite,
        edits: vec![(Place { file, span: Span::new(end, u32::try_from(source.len()).ok()?) }, text)],
        mends: None,
        preferred: false,
    })
}

/// What a test expects of a step; none for steps that give no instruction of their own.
fn expectation(program: &Program, step: &Step, source: &str) -> Option<String> {
    Some(match &step.kind {
        StepKind::Menu(_) => "menu".into(),
        StepKind::Collect(_) => "collect".into(),
        // A table answers at once, and nobody hears of it.
        StepKind::Lookup(lookup) => {
            let name = &lookup.call.name.as_ref()?.text;
            program.sources.iter().find(|source| source.name == *name).map(|source| format!("lookup {}", source.name))?
        }
        StepKind::Dial(dial) => match &dial.target {
            DialTarget::Group(Some(Target::Name(name))) => format!("group {}", spell(&name.text, name.quoted)),
            DialTarget::Agent(Some(Target::Name(name))) => format!("agent {}", spell(&name.text, name.quoted)),
            DialTarget::Queue(Some(Target::Name(name))) => format!("queue {}", spell(&name.text, name.quoted)),
            DialTarget::Number(Some(number)) if matches!(number.kind, ExprKind::Phone(_) | ExprKind::Number(..)) => {
                format!("dial {}", number.span.text(source))
            }
            _ => return None,
        },
        StepKind::Voicemail(voicemail) => format!("voicemail {}", voicemail.message.as_ref()?.span.text(source)),
        StepKind::Hangup => "hangup".into(),
        // Values mean nothing outside of the steps.
        StepKind::Redirect { .. } if step.span.text(source).contains('(') => return None,
        StepKind::Reject(_) if step.span.text(source).contains(['{', '(']) => "reject".into(),
        StepKind::Reject(_) | StepKind::Redirect { .. } => step.span.text(source).lines().next()?.to_owned(),
        _ => return None,
    })
}

/// Which number must call, or be called.
#[derive(Default)]
struct Side {
    /// It must be this one, `anonymous` included.
    is: Option<String>,
    /// It must be none of these.
    not: Vec<Pattern>,
}

impl Side {
    /// A number that fits, of those that are wanted or of some others.
    fn number(&self) -> String {
        let free = |number: &&&str| Packed::parse(number).is_none_or(|packed| !self.not.iter().any(|pattern| pattern.matches(packed)));
        self.is
            .clone()
            .unwrap_or_else(|| CALLERS.iter().find(free).or(CALLERS.first()).map_or_else(String::new, |number| (*number).to_owned()))
    }
}

/// What a look-up answers.
struct Row {
    /// `given crm(from)`: the source, and its arguments; none is the caller.
    source: String,
    arguments: Vec<Option<String>>,
    /// The name of the row, where there is one.
    name: Option<String>,
    /// `missing` and the like; none: a row with the fields.
    word: Option<String>,
    fields: Vec<String>,
}

/// What must be so, and happen, on the way to a step.
struct Way<'a> {
    program: &'a Program,
    source: &'a str,
    /// The schedules of the program that must be open, or closed.
    hours: Vec<(usize, bool)>,
    /// The dates of the program that it must be, or not.
    days: Vec<(u32, bool)>,
    callers: Side,
    called: Side,
    /// Inputs, the language.
    given: Vec<String>,
    rows: Vec<Row>,
    lines: Vec<String>,
}

impl Way<'_> {
    /// The lines of the test.
    fn told(&self, clock: Clock) -> Vec<String> {
        let (at, zone) = self.moment(clock.now);
        let from = self.callers.number();
        let mut out = vec![format!("at {}", format_moment(zone, at)), format!("from {from}")];
        out.extend(self.called.is.iter().map(|to| format!("to {to}")));
        out.extend(self.given.iter().cloned());
        for row in &self.rows {
            let arguments: Vec<&str> = row.arguments.iter().map(|argument| argument.as_deref().unwrap_or(&from)).collect();
            let answer = match &row.word {
                Some(word) => word.clone(),
                None if row.fields.is_empty() => "< >".to_owned(),
                None => format!("< {} >", row.fields.join("; ")),
            };
            out.push(format!("given {}({}) = {answer}", row.source, arguments.join(", ")));
        }
        out.extend(self.lines.iter().cloned());
        out
    }

    /// A moment at which all hours and dates are as they must be, from now on, if one is found, and the zone in which it is told: that of the
    /// hours that decide it, else the script's.
    fn moment(&self, now: i64) -> (i64, Zone) {
        let home = self.program.zone.unwrap_or(Zone::UTC);
        let dates = &self.program.dates;
        if dates.check().is_err() {
            return (now, home);
        }
        let found = self.hours.iter().filter_map(|(index, wanted)| Some((&self.program.schedules.get(*index)?.schedule, *wanted)));
        let tables: Vec<(ScheduleTable, Zone, bool)> = found
            .filter(|(schedule, _)| schedule.check(dates).is_ok())
            .map(|(schedule, wanted)| (ScheduleTable::new(dates, schedule), schedule.zone, wanted))
            .collect();
        let fits = |at: i64| {
            tables.iter().all(|(table, own, wanted)| table.open(local(*own, at)) == *wanted)
                && self.days.iter().all(|(id, wanted)| on_dates(dates, *id, local(home, at).day) == *wanted)
        };
        let (mut at, mut zone) = (now, home);
        for _ in 0..MOMENTS {
            if fits(at) {
                return (at, zone);
            }
            let next = tables.iter().filter_map(|(table, own, _)| Some((table.next_change(at)?.0, *own))).min_by_key(|(next, _)| *next);
            let Some((next, own)) = next else { break };
            (at, zone) = (next, own);
        }
        // A day that is named may have no opening: some hours of every day.
        let today = local(home, now).day;
        let hours = (0..DAYS).flat_map(|ahead| [10, 15, 20, 3].map(|hour| to_unix(home, today.plus(ahead), hour * 60, 0).0));
        (hours.filter(|at| *at > now).find(|at| fits(*at)).unwrap_or(now), home)
    }

    /// Past a step: it does not take, and the call comes to the next one.
    fn pass(&mut self, step: &Step) {
        match &step.kind {
            StepKind::When { cond, .. } => self.wish(cond, false),
            StepKind::Lookup(lookup) => self.look_up(lookup, Some("missing")),
            StepKind::Dial(_) => self.lines.push("outcome no-answer".into()),
            StepKind::Menu(Menu { options, .. }) | StepKind::Collect(Collect { options, .. }) => self.silence(options),
            StepKind::Switch { subject, arms, .. } => {
                for arm in arms.arms.iter() {
                    arm.heads.iter().for_each(|head| self.compare(subject, std::slice::from_ref(head), false));
                }
            }
            _ => {}
        }
    }

    fn look_up(&mut self, lookup: &Lookup, word: Option<&str>) {
        let Some(name) = &lookup.call.name else { return };
        if self.program.sources.iter().all(|found| found.name != name.text) {
            // A table answers for itself.
            return;
        }
        let arguments = lookup.call.args.iter().map(|arg| match &arg.kind {
            ExprKind::From => None,
            _ => Some(arg.span.text(self.source).to_owned()),
        });
        self.rows.push(Row {
            source: name.text.clone(),
            arguments: arguments.collect(),
            name: lookup.row.as_ref().map(|row| row.text.clone()),
            word: word.map(str::to_owned),
            fields: Vec::new(),
        });
    }

    /// Into a step by its block, or by its `else`.
    fn turn(&mut self, around: &Step, inner: Span) {
        let by_else = around.otherwise.as_ref().is_some_and(|otherwise| otherwise.keyword.start <= inner.start);
        match &around.kind {
            StepKind::When { cond, .. } => self.wish(cond, !by_else),
            StepKind::Menu(Menu { options, .. }) | StepKind::Collect(Collect { options, .. }) if by_else => self.silence(options),
            StepKind::Collect(collect) => self.enter(collect),
            StepKind::Dial(_) if by_else => self.lines.push("outcome no-answer".into()),
            StepKind::Voicemail(_) if by_else => self.lines.push("outcome failed".into()),
            StepKind::Switch { .. } if by_else => self.pass(around),
            StepKind::Lookup(lookup) => self.look_up(lookup, by_else.then_some("missing")),
            _ => {}
        }
    }

    /// Into an arm: the key, the outcome, the value.
    fn arm(&mut self, around: &Step, arm: &Arm) {
        let Some(first) = arm.heads.first() else { return };
        let head = first.span.text(self.source);
        let is = |word: &str| head.eq_ignore_ascii_case(word);
        match &around.kind {
            StepKind::Menu(_) | StepKind::Collect(_) if is("timeout") => self.lines.push("timeout".into()),
            StepKind::Menu(_) => self.lines.push(format!("press {}", head.replace(['x', 'X'], "1"))),
            StepKind::Collect(collect) if is("entered") => self.enter(collect),
            StepKind::Dial(_) if is("redirected") => self.lines.push("outcome redirected to +14155550199".into()),
            StepKind::Dial(_) if head.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '*' | '#')) => {
                self.lines.push(format!("press {head}"));
            }
            StepKind::Dial(_) | StepKind::Voicemail(_) => self.lines.push(format!("outcome {}", head.to_ascii_lowercase())),
            StepKind::Lookup(lookup) => self.look_up(lookup, (!is("found")).then_some(head)),
            StepKind::Switch { subject, arms, .. } => {
                for before in arms.arms.iter().take_while(|before| before.span.start < arm.span.start) {
                    before.heads.iter().for_each(|head| self.compare(subject, std::slice::from_ref(head), false));
                }
                self.compare(subject, std::slice::from_ref(first), true);
            }
            _ => {}
        }
    }

    /// All tries are used up by silence; three, unless the step says how many.
    fn silence(&mut self, options: &[GatherOption]) {
        let said = options.iter().rev().find_map(|option| match &option.kind {
            GatherOptionKind::Tries(Some(Expr { kind: ExprKind::Number(digits, _), .. })) => digits.parse().ok(),
            _ => None,
        });
        self.lines.extend(std::iter::repeat_n("timeout".to_owned(), usize::min(said.unwrap_or(3), 99)));
    }

    /// As many digits as a `collect` wants at least, and its last key.
    fn enter(&mut self, collect: &Collect) {
        let Some((Expr { kind: ExprKind::Number(least, _), .. }, most)) = &collect.digits else { return };
        let digits: String = "1234567890".chars().cycle().take(least.parse().unwrap_or(1).min(32)).collect();
        let ending = collect.options.iter().find_map(|option| match &option.kind {
            GatherOptionKind::Ending(Some(key)) if most.is_some() => Some(key.span.text(self.source)),
            _ => None,
        });
        self.lines.push(format!("press {digits}{}", ending.unwrap_or_default()));
    }

    /// A condition must hold, or must not.
    fn wish(&mut self, cond: &Cond, truth: bool) {
        match &cond.kind {
            CondKind::Paren(inner) => self.wish(inner, truth),
            CondKind::Not(inner) => self.wish(inner, !truth),
            CondKind::And(all) if truth => all.iter().for_each(|cond| self.wish(cond, true)),
            CondKind::Or(all) if !truth => all.iter().for_each(|cond| self.wish(cond, false)),
            CondKind::And(some) | CondKind::Or(some) => some.first().into_iter().for_each(|cond| self.wish(cond, truth)),
            CondKind::Hours(argument) => self.hours.extend(self.schedule(argument, cond.span).map(|index| (index, truth))),
            CondKind::Flag(Expr { kind: ExprKind::Name(name), .. }) => self.given.push(format!("given {} = {truth}", name.text)),
            CondKind::Compare { subject, op, right, .. } => {
                let truth = match op {
                    CompareOp::Is | CompareOp::In => truth,
                    CompareOp::IsNot | CompareOp::NotIn => !truth,
                    _ => return,
                };
                match right {
                    Right::One(value) => self.compare(subject, std::slice::from_ref(value), truth),
                    Right::Many(values, _) => self.compare(subject, values, truth),
                    Right::Named(list) => self.of_list(subject, &list.text, truth),
                    Right::Missing(_) => {}
                }
            }
            CondKind::On { .. } => self.days.extend(self.dates(cond.span).map(|id| (id, truth))),
            CondKind::Flag(_) | CondKind::Error => {}
        }
    }

    fn schedule(&self, argument: &HoursArg, cond: Span) -> Option<usize> {
        let schedules = &self.program.schedules;
        match argument {
            HoursArg::Named { name, .. } => schedules.iter().position(|found| found.name.as_deref() == Some(name.text.as_str())),
            HoursArg::Inline { .. } => {
                schedules.iter().position(|found| found.name.is_none() && found.place.file == FileId(0) && cond.contains(found.place.span))
            }
            HoursArg::Missing(_) => None,
        }
    }

    /// The dates of `on(NAME)`, or those that are written in place.
    fn dates(&self, cond: Span) -> Option<u32> {
        let inside = cond.text(self.source).split_once('(')?.1.trim_end_matches(')').trim();
        let mut all = self.program.dates_info.iter();
        let here = |place: Place| place.file == FileId(0) && cond.contains(place.span);
        let index = all.position(|info| info.name.as_ref().map_or_else(|| here(info.place), |name| name == inside))?;
        u32::try_from(index).ok()
    }

    fn side(&mut self, subject: &Expr) -> Option<&mut Side> {
        match subject.kind {
            ExprKind::From => Some(&mut self.callers),
            ExprKind::To => Some(&mut self.called),
            _ => None,
        }
    }

    /// The subject must be one of these values, or none of them.
    fn compare(&mut self, subject: &Expr, values: &[Expr], truth: bool) {
        if let Some(side) = self.side(subject) {
            for value in values {
                match &value.kind {
                    ExprKind::Name(list) => return self.of_list(subject, &list.text.clone(), truth),
                    ExprKind::Anonymous if truth => side.is = Some("anonymous".into()),
                    ExprKind::Phone(text) | ExprKind::Pattern(text) | ExprKind::Number(text, _) => match Pattern::parse(text) {
                        Ok(pattern) if !truth => side.not.push(pattern),
                        Ok(pattern) => side.is = example(text, &pattern),
                        Err(_) if truth => side.is = Some(text.clone()),
                        Err(_) => {}
                    },
                    _ => {}
                }
                if truth {
                    return;
                }
            }
            return;
        }
        // What a call says of itself is missing unless it is said, and a missing value is none of any.
        let Some(value) = values.first().filter(|value| truth && !matches!(value.kind, ExprKind::Missing)) else { return };
        let value = value.span.text(self.source);
        match &subject.kind {
            ExprKind::Name(name) if name.text.eq_ignore_ascii_case("language") => self.given.push(format!("language {value}")),
            ExprKind::Name(name) => self.given.push(format!("given {} = {value}", name.text)),
            ExprKind::Field(row, field) => {
                if let Some(row) = self.rows.iter_mut().rev().find(|found| found.name.as_ref() == Some(&row.text)) {
                    row.fields.push(format!("{}: {value}", field.text));
                }
            }
            _ => {}
        }
    }

    /// The subject must be on a list, or not.
    fn of_list(&mut self, subject: &Expr, list: &str, truth: bool) {
        let Some(found) = self.program.lists.iter().find(|found| found.name == list) else { return };
        let lasting = found.entries.iter().filter(|entry| entry.until.is_none()).take(ENTRIES);
        let patterns = lasting.map(|entry| &entry.what);
        let Some(side) = self.side(subject) else { return };
        for pattern in patterns {
            match pattern {
                PhonePattern::Numbers(pattern) if !truth => side.not.push(*pattern),
                PhonePattern::Numbers(pattern) => side.is = example(&pattern.to_string(), pattern),
                PhonePattern::Address(address) if truth => side.is = Some(address.clone()),
                PhonePattern::Address(_) => {}
            }
            if truth {
                return;
            }
        }
    }
}

/// A number that a pattern matches, by its spelling.
fn example(text: &str, pattern: &Pattern) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        match sign {
            'x' | 'X' => out.push('5'),
            '[' => {
                out.extend(rest.next());
                rest.by_ref().find(|sign| *sign == ']');
            }
            '*' if rest.as_str().is_empty() && out.len() > 1 => {
                // As long as a number of North America, which most are.
                let more = 12usize.saturating_sub(out.len()).max(4);
                out.extend("5550123".chars().cycle().take(more));
            }
            _ => out.push(sign),
        }
    }
    Packed::parse(&out).filter(|number| pattern.matches(*number)).map(|_| out)
}
