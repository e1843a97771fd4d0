//! What the tree says about the text, by offset: where entries of blocks begin and end, where tokens part, what belongs
//! together, what may be aligned, and which entries cannot be touched because something in them is wrong.

use std::collections::{HashMap, HashSet};

use callroute_diagnostics::{Code, Diagnostic, Span};
use callroute_syntax::tree::*;
use callroute_syntax::visit::{Event, Node, walk};

/// An entry of a block, or an item of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryMark {
    pub span: Span,
    parent: Option<usize>,
    /// Something in it is wrong, and in no smaller entry: it stays as it is.
    pub broken: bool,
    /// An arm: its `else` stands deeper than its head.
    pub arm: bool,
    /// A definition or step at the top of the file.
    pub top: bool,
}

/// A column that begins at a token: its number from 1, and how wide the one before may be to be aligned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cell {
    pub column: u8,
    pub cap: usize,
}

/// See the module.
#[derive(Default, Debug)]
pub(crate) struct Marks {
    pub entries: Vec<EntryMark>,
    by_start: HashMap<u32, usize>,
    /// Where a token ends and another may begin, ascending.
    pub cuts: Vec<u32>,
    /// What is written without a blank, ascending and disjoint.
    pub tight: Vec<Span>,
    /// What keeps its letters, ascending and disjoint.
    pub own: Vec<Span>,
    /// Ends of tokens that an opening parenthesis follows without a blank.
    pub glue: HashSet<u32>,
    /// Starts of tokens before which a line that is too long may be broken.
    pub soft: HashSet<u32>,
    /// Starts of tokens that begin a column.
    pub cells: HashMap<u32, Cell>,
    /// Nothing in this file can be told apart: all of it stays as it is.
    pub hopeless: bool,
}

/// How wide the first part of an entry may be to be aligned with its neighbours.
const NARROW: usize = 20;
const WIDE: usize = 32;
/// A moment with its zone, in tests by rows.
const MOMENT: usize = 48;
/// How many columns are aligned.
const COLUMNS: usize = 32;

impl Marks {
    /// Reads them off a tree. More than what is wrong is marked as broken where it must be (see [`Left`]).
    pub(crate) fn of(source: &str, file: &File, diagnostics: &[Diagnostic], left: &Left) -> Self {
        let mut reader = Reader { source, marks: Self::default(), found: Vec::new(), contexts: Vec::new(), wrong: Vec::new() };
        for item in &file.items {
            // The only items that are no nodes.
            if let Item::Error(span) = item {
                reader.entry(*span, false);
                reader.wrong.push(*span);
            }
        }
        walk(file, &mut |event| match event {
            Event::Enter(node) => reader.enter(node),
            Event::Leave(_) => drop(reader.contexts.pop()),
        });
        let Reader { mut marks, found, wrong, .. } = reader;
        marks.nest(found);
        marks.cuts.sort_unstable();
        marks.cuts.dedup();
        marks.tight = merged(marks.tight);
        marks.own = merged(marks.own);
        let tight = &marks.tight;
        marks.cuts.retain(|cut| {
            let before = tight.partition_point(|span| span.start < *cut);
            before.checked_sub(1).and_then(|i| tight.get(i)).is_none_or(|span| span.end <= *cut)
        });
        marks.judge(source, file, diagnostics, &wrong, left);
        marks
    }

    /// Puts the entries in order. Of several at one place the widest holds the others, and is the entry.
    fn nest(&mut self, mut found: Vec<(Span, bool)>) {
        found.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        found.dedup_by_key(|(span, _)| span.start);
        let mut open: Vec<usize> = Vec::new();
        for (index, (span, arm)) in found.into_iter().enumerate() {
            while open.last().and_then(|&i| self.entries.get(i)).is_some_and(|open| open.span.end <= span.start) {
                open.pop();
            }
            self.entries.push(EntryMark { span, parent: open.last().copied(), broken: false, arm, top: open.is_empty() });
            self.by_start.insert(span.start, index);
            open.push(index);
        }
    }

    /// The entry that begins here.
    pub(crate) fn entry_at(&self, start: u32) -> Option<&EntryMark> {
        self.by_start.get(&start).and_then(|&index| self.entries.get(index))
    }

    /// Marks what is broken.
    fn judge(&mut self, source: &str, file: &File, diagnostics: &[Diagnostic], wrong: &[Span], left: &Left) {
        use callroute_syntax::limits::MAX_DIAGNOSTICS;
        self.hopeless = diagnostics.len() >= MAX_DIAGNOSTICS
            || diagnostics.iter().any(|d| matches!(d.code, Code::MergeMarker | Code::FileTooLarge | Code::TooComplex | Code::NotUtf8));
        for d in diagnostics {
            // Where brackets do not match, what stands in an item cannot be told apart.
            let torn = matches!(
                d.code,
                Code::Unclosed | Code::WrongCloser | Code::StrayCloser | Code::OpenText | Code::OpenComment | Code::TooDeep
            );
            // A comma between entries is in none of them.
            if d.code != Code::CommaSeparator && (torn || left.blocks || !self.mark_arm(source, d.place.span)) {
                // What is missing is missing behind something.
                self.mark_broken(d.place.span, torn, d.place.span.is_empty());
            }
        }
        for span in wrong {
            self.mark_broken(*span, false, false);
        }
        for item in &file.items {
            let span = match item {
                Item::Def(def) => def.span,
                Item::Step(step) => step.span,
                Item::Error(span) => *span,
            };
            if left.whole.contains(&span.start) {
                self.mark_broken(span, true, false);
            }
        }
    }

    /// The smallest entry that holds `span`.
    fn around(&self, span: Span) -> Option<usize> {
        let mut index = self.entries.partition_point(|entry| entry.span.start <= span.start).checked_sub(1);
        while let Some((at, entry)) = index.and_then(|i| Some((i, self.entries.get(i)?))) {
            if span.end <= entry.span.end {
                return Some(at);
            }
            index = entry.parent;
        }
        None
    }

    /// What nobody understands behind an arm, up to the end of its line, is of no entry but the one around all arms. It becomes a part of its
    /// arm, which alone stays as it is. False: it is elsewhere.
    fn mark_arm(&mut self, source: &str, span: Span) -> bool {
        let Some(around) = self.around(span) else { return false };
        if self.entries.get(around).is_some_and(|entry| entry.broken) {
            return true;
        }
        let inside = |(_, entry): &(usize, &EntryMark)| entry.parent == Some(around);
        let from = around.saturating_add(1);
        let next = self.entries.partition_point(|entry| entry.span.start < span.end);
        let before = self.entries.iter().enumerate().take(next).skip(from).rev().find(inside);
        let Some((arm, end)) = before.filter(|(_, entry)| entry.arm).map(|(index, entry)| (index, entry.span.end)) else { return false };
        let gap = Span::new(end, span.start);
        if end > span.start || !gap.text(source).trim_matches([' ', '\t']).is_empty() {
            return false;
        }
        let limit = self.entries.get(next).map_or(u32::MAX, |entry| entry.span.start);
        let rest = Span::new(span.end, limit.min(u32::try_from(source.len()).unwrap_or(u32::MAX))).text(source);
        let length = rest.find(['\n', '\r', ';', '>', '}', '/']).unwrap_or(rest.len());
        let kept = rest.get(..length).unwrap_or_default().trim_end().len();
        if let Some(entry) = self.entries.get_mut(arm) {
            entry.span.end = span.end.saturating_add(u32::try_from(kept).unwrap_or(0));
            entry.broken = true;
        }
        true
    }

    /// Marks the smallest entry that holds `span`; with `torn` the item of the file that does.
    fn mark_broken(&mut self, span: Span, torn: bool, behind: bool) {
        let here = self.entries.partition_point(|entry| entry.span.start <= span.start);
        let before = self.entries.partition_point(|entry| entry.span.start < span.start);
        for from in if behind { [before, here] } else { [here, before] } {
            let mut index = from.checked_sub(1);
            while let Some(entry) = index.and_then(|i| self.entries.get_mut(i)) {
                let holds = entry.span.start <= span.start && span.end <= entry.span.end;
                if holds && (!torn || entry.top) {
                    entry.broken = true;
                    return;
                }
                index = entry.parent;
            }
        }
    }
}

/// What stays as it is besides the smallest pieces that something is wrong in, because the script would read otherwise.
#[derive(Default, Debug)]
pub(crate) struct Left {
    /// What is wrong behind an arm leaves all arms of its block as they are, and what holds them.
    pub blocks: bool,
    /// Items of the file, by their starts.
    pub whole: HashSet<u32>,
}

/// In order, and disjoint.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    File,
    Def,
    Block,
    Arms,
    Other,
}

struct Reader<'s> {
    source: &'s str,
    marks: Marks,
    /// Entries, and whether they are arms.
    found: Vec<(Span, bool)>,
    contexts: Vec<Context>,
    wrong: Vec<Span>,
}

impl Reader<'_> {
    fn entry(&mut self, span: Span, arm: bool) {
        self.found.push((span, arm));
    }

    fn cell(&mut self, at: u32, column: usize, cap: usize) {
        let column = u8::try_from(column).unwrap_or(u8::MAX);
        self.marks.cells.insert(at, Cell { column, cap });
    }

    /// A column that begins with `word`, which stands before `at`.
    fn cell_before(&mut self, at: u32, word: &str, column: usize, cap: usize) {
        let before = Span::new(0, at).text(self.source).trim_end();
        let start = before.len().saturating_sub(word.len());
        if before.get(start..).is_some_and(|found| found.eq_ignore_ascii_case(word)) {
            self.cell(u32::try_from(start).unwrap_or(u32::MAX), column, cap);
        }
    }

    fn enter(&mut self, node: Node<'_>) {
        let parent = self.contexts.last().copied();
        let span = node.span();
        self.marks.cuts.extend([span.start, span.end]);
        let mut context = Context::Other;
        match node {
            Node::File(_) => context = Context::File,
            Node::Def(def) => {
                self.entry(span, false);
                let by_rows = matches!(&def.kind, DefKind::Test(TestDef { body: TestBody::Table { .. }, .. }));
                context = if by_rows { Context::Other } else { Context::Def };
                self.def(def);
            }
            Node::Step(step) => {
                if matches!(parent, Some(Context::File | Context::Block)) {
                    self.entry(span, false);
                }
                self.step(step);
            }
            Node::Block(_) => context = Context::Block,
            Node::Arms(_) => context = Context::Arms,
            Node::Arm(_) => self.entry(span, true),
            Node::Member(member) => {
                self.entry(span, false);
                if let (Some(_), Some(start)) = (member.weight, who_start(self.source, member)) {
                    self.cell(start, 1, WIDE);
                }
                if let Some(option) = member.options.first() {
                    self.cell(option.span.start, 2, WIDE);
                }
                if member.who == MemberWho::Error {
                    self.wrong.push(span);
                }
            }
            Node::ListEntry(entry) => {
                self.entry(span, false);
                if let Some(label) = &entry.label {
                    self.cell(label.span.start, 1, WIDE);
                }
                if let Some(date) = &entry.until {
                    self.cell_before(date.span.start, "until", 2, WIDE);
                }
            }
            Node::PromptEntry(entry) => {
                self.entry(span, false);
                match &entry.kind {
                    PromptEntryKind::Say(_, text) => self.cell(text.span.start, 1, NARROW),
                    PromptEntryKind::Play(None, file) => self.cell(file.span.start, 1, NARROW),
                    PromptEntryKind::Play(Some(language), _) => {
                        let after = Span::new(language.span.end, span.end).text(self.source);
                        let blanks = after.len().saturating_sub(after.trim_start().len());
                        self.cell(language.span.end.saturating_add(u32::try_from(blanks).unwrap_or(0)), 1, NARROW);
                    }
                    PromptEntryKind::Error => self.wrong.push(span),
                }
            }
            Node::TableRow(row) => {
                self.entry(span, false);
                for (index, value) in row.values.iter().take(COLUMNS).enumerate() {
                    self.cell(value.span.start, index.saturating_add(1), WIDE);
                }
            }
            Node::TestLine(line) => {
                if parent == Some(Context::Def) {
                    self.entry(span, false);
                }
                self.test_line(line);
            }
            Node::ScheduleLine(line) => self.schedule_line(line, parent),
            Node::DateSpec(spec) => self.date_spec(spec, parent),
            Node::Cond(cond) => match cond.kind {
                CondKind::Hours(_) => {
                    self.marks.glue.insert(span.start.saturating_add(5));
                }
                CondKind::On { .. } => {
                    self.marks.glue.insert(span.start.saturating_add(2));
                }
                CondKind::Error => self.wrong.push(span),
                _ => {}
            },
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Field(..) => {
                    self.marks.tight.push(span);
                    self.marks.own.push(span);
                }
                ExprKind::Error => self.wrong.push(span),
                ExprKind::Number(..)
                | ExprKind::Phone(_)
                | ExprKind::Pattern(_)
                | ExprKind::Duration(_)
                | ExprKind::Percent(_)
                | ExprKind::Text(_)
                | ExprKind::Name(_) => self.marks.own.push(span),
                ExprKind::Flag(_) | ExprKind::From | ExprKind::To | ExprKind::Anonymous | ExprKind::Missing | ExprKind::Paren(_) => {}
            },
            Node::Name(_) | Node::Zone(_) => self.marks.own.push(span),
            Node::Interval(_) => self.marks.tight.push(span),
            Node::Time(time) if !time.valid => self.wrong.push(span),
            Node::Date(date) if !date.valid => self.wrong.push(span),
            Node::GatherOption(_) | Node::DialOption(_) | Node::VoicemailOption(_) | Node::MemberOption(_) => {
                self.marks.soft.insert(span.start);
            }
            _ => {}
        }
        self.contexts.push(context);
    }

    fn call(&mut self, call: &Call) {
        if let Some(name) = &call.name {
            self.marks.glue.insert(name.span.end);
        }
    }

    fn step(&mut self, step: &Step) {
        match &step.kind {
            StepKind::Lookup(lookup) => self.call(&lookup.call),
            StepKind::Go(call) | StepKind::Do(call) | StepKind::Action(call) => self.call(call),
            StepKind::Error => self.wrong.push(step.span),
            _ => {}
        }
    }

    fn def(&mut self, def: &Def) {
        let mut fields: &[Field] = &[];
        match &def.kind {
            DefKind::Source { name, fields: columns, .. } => {
                self.marks.glue.extend(name.iter().map(|name| name.span.end));
                fields = columns;
            }
            DefKind::Action { name, .. } | DefKind::Flow { name, .. } => {
                self.marks.glue.extend(name.iter().map(|name| name.span.end));
            }
            DefKind::Table(table) => fields = &table.fields,
            DefKind::Test(TestDef { body: TestBody::Table { rows, .. }, .. }) => {
                for row in rows {
                    if let (Some(first), Some(last)) = (row.first(), row.last()) {
                        self.entry(first.span.to(last.span), false);
                    }
                    for (index, cell) in row.iter().enumerate().take(COLUMNS).skip(1) {
                        self.cell(cell.span.start, index, MOMENT);
                    }
                }
            }
            DefKind::Error => self.wrong.push(def.span),
            _ => {}
        }
        for field in fields {
            self.entry(field.span, false);
            if let Some(ty) = &field.ty {
                self.cell(ty.span.start, 1, NARROW);
            }
        }
    }

    fn test_line(&mut self, line: &TestLine) {
        match &line.kind {
            TestLineKind::GivenLookup(call, result) => {
                self.call(call);
                if let GivenResult::Row(fields) = result {
                    for (name, value) in fields {
                        self.entry(name.span.to(value.span), false);
                    }
                }
            }
            TestLineKind::At(TestTime::Instant(_)) => self.marks.own.push(line.span),
            TestLineKind::At(TestTime::Error) | TestLineKind::Error => self.wrong.push(line.span),
            _ => {}
        }
    }

    fn weekdays(&mut self, months: &[MonthRange], weekdays: &[WeekdayRange]) {
        self.marks.tight.extend(months.iter().map(|months| months.span));
        self.marks.tight.extend(weekdays.iter().map(|days| days.span));
    }

    fn schedule_line(&mut self, line: &ScheduleLine, parent: Option<Context>) {
        if parent == Some(Context::Def) {
            self.entry(line.span, false);
            match &line.what {
                LineWhat::Closed(span) => self.cell(span.start, 1, NARROW),
                LineWhat::Hours(hours) => hours.iter().take(1).for_each(|first| self.cell(first.span.start, 1, NARROW)),
                LineWhat::Missing(_) => {}
            }
        }
        if let Some(Days::Weekly { months, weekdays, .. }) = &line.days {
            self.weekdays(months, weekdays);
        }
    }

    fn date_spec(&mut self, spec: &DateSpec, parent: Option<Context>) {
        if parent == Some(Context::Def) {
            self.entry(spec.span, false);
            if let Some(label) = &spec.label {
                self.cell(label.span.start, 1, WIDE);
            }
        }
        match &spec.kind {
            DateKind::Nth { months, .. } | DateKind::Workday { months, .. } => self.weekdays(months, &[]),
            DateKind::Every { months, weekdays, .. } => self.weekdays(months, weekdays),
            DateKind::Error => self.wrong.push(spec.span),
            DateKind::Date(_) | DateKind::Range(..) | DateKind::Easter | DateKind::Named(_) => {}
        }
        if let Some(offset) = &spec.offset {
            self.marks.cuts.push(offset.span.start.saturating_add(1));
        }
    }
}

/// Where a member behind its share begins.
fn who_start(source: &str, member: &Member) -> Option<u32> {
    match &member.who {
        MemberWho::Address(address) => Some(address.span.start),
        MemberWho::Agent(name) => {
            let before = Span::new(0, name.span.start).text(source).trim_end();
            let start = before.len().saturating_sub("agent".len());
            before.get(start..).filter(|word| word.eq_ignore_ascii_case("agent"))?;
            u32::try_from(start).ok()
        }
        MemberWho::Error => None,
    }
}
