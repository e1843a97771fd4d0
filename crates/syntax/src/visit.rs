//! A walk over everything in a tree that has a place, parents before children, in the order of the tree.
//!
//! For whoever asks "what is here?" or "what of this kind is there?": editors, checks, tests. It changes nothing and skips nothing.

use callroute_diagnostics::Span;

use crate::tree::*;

/// Something in the tree that has a place.
#[derive(Clone, Copy, PartialEq, Debug)]
#[expect(missing_docs, reason = "each holds the node that it is named after")]
pub enum Node<'t> {
    File(&'t File),
    Def(&'t Def),
    Step(&'t Step),
    Else(&'t Else),
    Block(&'t Block),
    Arms(&'t Arms),
    Arm(&'t Arm),
    Cond(&'t Cond),
    Expr(&'t Expr),
    Template(&'t Template),
    Name(&'t Name),
    Text(&'t Text),
    Zone(&'t Zone),
    Time(&'t Time),
    Interval(&'t Interval),
    Date(&'t Date),
    DateSpec(&'t DateSpec),
    ScheduleLine(&'t ScheduleLine),
    GatherOption(&'t GatherOption),
    DialOption(&'t DialOption),
    VoicemailOption(&'t VoicemailOption),
    Member(&'t Member),
    MemberOption(&'t MemberOption),
    ListEntry(&'t ListEntry),
    PromptEntry(&'t PromptEntry),
    TableRow(&'t TableRow),
    Field(&'t Field),
    Type(&'t Type),
    TestLine(&'t TestLine),
    /// A word, a sign or a place without a node of its own: `permanent`, an offset, where something is missing.
    Mark(Span),
}

impl Node<'_> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Node::File(n) => n.span,
            Node::Def(n) => n.span,
            Node::Step(n) => n.span,
            Node::Else(n) => n.keyword.to(match &n.body {
                Body::Step(step) => step.span,
                Body::Block(block) => block.span,
                Body::Missing(span) => *span,
            }),
            Node::Block(n) => n.span,
            Node::Arms(n) => n.span,
            Node::Arm(n) => n.span,
            Node::Cond(n) => n.span,
            Node::Expr(n) => n.span,
            Node::Template(n) => n.span,
            Node::Name(n) => n.span,
            Node::Text(n) => n.span,
            Node::Zone(n) => n.span,
            Node::Time(n) => n.span,
            Node::Interval(n) => n.span,
            Node::Date(n) => n.span,
            Node::DateSpec(n) => n.span,
            Node::ScheduleLine(n) => n.span,
            Node::GatherOption(n) => n.span,
            Node::DialOption(n) => n.span,
            Node::VoicemailOption(n) => n.span,
            Node::Member(n) => n.span,
            Node::MemberOption(n) => n.span,
            Node::ListEntry(n) => n.span,
            Node::PromptEntry(n) => n.span,
            Node::TableRow(n) => n.span,
            Node::Field(n) => n.span,
            Node::Type(n) => n.span,
            Node::TestLine(n) => n.span,
            Node::Mark(span) => *span,
        }
    }
}

/// What a walk comes by.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Event<'t> {
    /// A node begins; its children follow.
    Enter(Node<'t>),
    /// The node that was entered last ends.
    Leave(Node<'t>),
}

/// Walks over a whole file.
pub fn walk<'t>(file: &'t File, visit: &mut dyn FnMut(Event<'t>)) {
    Walk { visit }.file(file);
}

/// Walks over a block of steps.
pub fn walk_block<'t>(block: &'t Block, visit: &mut dyn FnMut(Event<'t>)) {
    Walk { visit }.block(block);
}

/// The nodes that an editor's caret at `at` touches, outermost first.
#[must_use]
pub fn path_at(file: &File, at: u32) -> Vec<Node<'_>> {
    let mut path = Vec::new();
    walk(file, &mut |event| {
        if let Event::Enter(node) = event
            && node.span().touches(at)
        {
            path.push(node);
        }
    });
    path
}

struct Walk<'v, 't> {
    visit: &'v mut dyn FnMut(Event<'t>),
}

impl<'t> Walk<'_, 't> {
    fn node(&mut self, node: Node<'t>, inside: impl FnOnce(&mut Self)) {
        (self.visit)(Event::Enter(node));
        inside(self);
        (self.visit)(Event::Leave(node));
    }

    fn leaf(&mut self, node: Node<'t>) {
        self.node(node, |_| {});
    }

    fn mark(&mut self, span: Span) {
        self.leaf(Node::Mark(span));
    }

    fn marks(&mut self, span: Option<Span>) {
        if let Some(span) = span {
            self.mark(span);
        }
    }

    fn name(&mut self, name: &'t Name) {
        self.leaf(Node::Name(name));
    }

    fn names(&mut self, names: impl IntoIterator<Item = &'t Name>) {
        names.into_iter().for_each(|name| self.name(name));
    }

    fn text(&mut self, text: &'t Text) {
        self.leaf(Node::Text(text));
    }

    fn texts(&mut self, texts: impl IntoIterator<Item = &'t Text>) {
        texts.into_iter().for_each(|text| self.text(text));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'t Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn zones(&mut self, zones: impl IntoIterator<Item = &'t Zone>) {
        zones.into_iter().for_each(|zone| self.leaf(Node::Zone(zone)));
    }

    fn dates(&mut self, dates: impl IntoIterator<Item = &'t Date>) {
        dates.into_iter().for_each(|date| self.leaf(Node::Date(date)));
    }

    fn file(&mut self, file: &'t File) {
        self.node(Node::File(file), |w| {
            for item in &file.items {
                match item {
                    Item::Def(def) => w.def(def),
                    Item::Step(step) => w.step(step),
                    Item::Error(span) => w.mark(*span),
                }
            }
        });
    }

    fn template(&mut self, template: &'t Template) {
        self.node(Node::Template(template), |w| {
            for part in &template.parts {
                if let TemplatePart::Value(value) = part {
                    w.expr(value);
                }
            }
        });
    }

    fn expr(&mut self, expr: &'t Expr) {
        self.node(Node::Expr(expr), |w| match &expr.kind {
            ExprKind::Text(template) => w.template(template),
            ExprKind::Name(name) => w.name(name),
            ExprKind::Field(row, field) => w.names([row, field]),
            ExprKind::Paren(inner) => w.expr(inner),
            ExprKind::Number(..)
            | ExprKind::Phone(_)
            | ExprKind::Pattern(_)
            | ExprKind::Duration(_)
            | ExprKind::Percent(_)
            | ExprKind::Flag(_)
            | ExprKind::From
            | ExprKind::To
            | ExprKind::Anonymous
            | ExprKind::Missing
            | ExprKind::Error => {}
        });
    }

    // ------------------------------------------------------------------------------------------------ steps

    fn step(&mut self, step: &'t Step) {
        self.node(Node::Step(step), |w| {
            w.mark(step.head);
            w.step_kind(&step.kind);
            if let Some(otherwise) = &step.otherwise {
                w.node(Node::Else(otherwise), |w| {
                    w.mark(otherwise.keyword);
                    w.body(&otherwise.body);
                });
            }
        });
    }

    fn step_kind(&mut self, kind: &'t StepKind) {
        match kind {
            StepKind::When { cond, body } => {
                self.cond(cond);
                self.body(body);
            }
            StepKind::Switch { subject, arms } => {
                self.expr(subject);
                self.arms(arms);
            }
            StepKind::Menu(menu) => {
                self.gather(&menu.options);
                menu.arms.iter().for_each(|arms| self.arms(arms));
            }
            StepKind::Collect(collect) => {
                if let Some((least, most)) = &collect.digits {
                    self.expr(least);
                    self.exprs(most);
                }
                self.gather(&collect.options);
                self.inside(&collect.inside);
            }
            StepKind::Dial(dial) => self.dial(dial),
            StepKind::Lookup(lookup) => {
                self.call(&lookup.call);
                self.names(&lookup.row);
                self.exprs(&lookup.within);
                self.inside(&lookup.inside);
            }
            StepKind::Split { label, arms, .. } => {
                self.texts(label);
                self.arms(arms);
            }
            StepKind::Say(prompt) | StepKind::Play(prompt) => self.prompt(prompt),
            StepKind::Voicemail(voicemail) => {
                self.exprs(&voicemail.message);
                for option in &voicemail.options {
                    self.node(Node::VoicemailOption(option), |w| match &option.kind {
                        VoicemailOptionKind::Box(target) => target.iter().for_each(|t| w.target(t)),
                        VoicemailOptionKind::For(value) => w.exprs(value),
                    });
                }
                voicemail.arms.iter().for_each(|arms| self.arms(arms));
            }
            StepKind::Reject(reject) => {
                match &reject.reason {
                    Some(
                        RejectReason::Busy(span)
                        | RejectReason::Declined(span)
                        | RejectReason::Unavailable(span)
                        | RejectReason::Code(_, span),
                    ) => self.mark(*span),
                    Some(RejectReason::Value(value)) => self.expr(value),
                    None => {}
                }
                self.exprs(&reject.text);
            }
            StepKind::Redirect { to, permanent } => {
                self.exprs(to);
                self.marks(*permanent);
            }
            StepKind::Go(call) | StepKind::Do(call) | StepKind::Action(call) => self.call(call),
            StepKind::Tag(value) => self.exprs(value),
            StepKind::Set { field, value } => {
                match field {
                    SetField::Priority(span) | SetField::Language(span) | SetField::CallerName(span) | SetField::Missing(span) => {
                        self.mark(*span)
                    }
                    SetField::Input(name) => self.name(name),
                }
                self.exprs(value);
            }
            StepKind::Repeat | StepKind::Retry | StepKind::Hangup | StepKind::Error => {}
        }
    }

    fn body(&mut self, body: &'t Body) {
        match body {
            Body::Step(step) => self.step(step),
            Body::Block(block) => self.block(block),
            Body::Missing(span) => self.mark(*span),
        }
    }

    fn block(&mut self, block: &'t Block) {
        self.node(Node::Block(block), |w| block.steps.iter().for_each(|step| w.step(step)));
    }

    fn arms(&mut self, arms: &'t Arms) {
        self.node(Node::Arms(arms), |w| {
            for arm in &arms.arms {
                w.node(Node::Arm(arm), |w| {
                    w.exprs(&arm.heads);
                    w.names(&arm.capture);
                    w.body(&arm.body);
                });
            }
        });
    }

    fn inside(&mut self, inside: &'t Inside) {
        match inside {
            Inside::Steps(block) => self.block(block),
            Inside::Arms(arms) => self.arms(arms),
            Inside::Missing(span) => self.mark(*span),
        }
    }

    fn call(&mut self, call: &'t Call) {
        self.names(&call.name);
        self.marks(call.parens);
        self.exprs(&call.args);
    }

    fn prompt(&mut self, prompt: &'t Prompt) {
        match prompt {
            Prompt::Say(template) => self.template(template),
            Prompt::Named(name) => self.name(name),
            Prompt::Value(value) => self.expr(value),
            Prompt::Play(text) => self.text(text),
            Prompt::Missing(span) => self.mark(*span),
        }
    }

    fn gather(&mut self, options: &'t [GatherOption]) {
        for option in options {
            self.node(Node::GatherOption(option), |w| match &option.kind {
                GatherOptionKind::Prompt(prompt) => w.prompt(prompt),
                GatherOptionKind::Wait(value)
                | GatherOptionKind::Gap(value)
                | GatherOptionKind::Tries(value)
                | GatherOptionKind::Ending(value) => w.exprs(value),
                GatherOptionKind::As(name) => w.names(name),
                GatherOptionKind::Secret => {}
            });
        }
    }

    fn target(&mut self, target: &'t Target) {
        match target {
            Target::Name(name) => self.name(name),
            Target::Value(value) => self.expr(value),
        }
    }

    fn dial(&mut self, dial: &'t Dial) {
        match &dial.target {
            DialTarget::Group(target) | DialTarget::Agent(target) | DialTarget::Queue(target) => target.iter().for_each(|t| self.target(t)),
            DialTarget::Number(value) => self.exprs(value),
            DialTarget::Ring(ring) => self.ring(ring),
        }
        self.dial_options(&dial.options);
        dial.arms.iter().for_each(|arms| self.arms(arms));
    }

    fn dial_options(&mut self, options: &'t [DialOption]) {
        for option in options {
            self.node(Node::DialOption(option), |w| match &option.kind {
                DialOptionKind::Via(targets) => targets.iter().for_each(|t| w.target(t)),
                DialOptionKind::Until(time) => time.iter().for_each(|t| w.leaf(Node::Time(t))),
                DialOptionKind::Header(name, value) => {
                    w.texts(name);
                    w.exprs(value);
                }
                DialOptionKind::Codecs(names) => w.names(names),
                DialOptionKind::For(value)
                | DialOptionKind::CallerId(value)
                | DialOptionKind::CallerName(value)
                | DialOptionKind::Announce(value)
                | DialOptionKind::Confirm(value)
                | DialOptionKind::Music(value)
                | DialOptionKind::Each(value)
                | DialOptionKind::MaxWait(value)
                | DialOptionKind::MaxLength(value)
                | DialOptionKind::AnnouncePosition(value) => w.exprs(value),
                DialOptionKind::Record | DialOptionKind::MediaRelay | DialOptionKind::LeaveWhenEmpty => {}
            });
        }
    }

    fn ring(&mut self, ring: &'t Ring) {
        self.marks(ring.strategy.map(|(_, span)| span));
        self.marks(ring.block.map(|(span, _)| span));
        for member in &ring.members {
            self.node(Node::Member(member), |w| {
                w.marks(member.weight.map(|(_, span)| span));
                match &member.who {
                    MemberWho::Address(address) => w.expr(address),
                    MemberWho::Agent(name) => w.name(name),
                    MemberWho::Error => {}
                }
                for option in &member.options {
                    w.node(Node::MemberOption(option), |w| match &option.kind {
                        MemberOptionKind::After(value) | MemberOptionKind::For(value) | MemberOptionKind::Confirm(value) => w.exprs(value),
                    });
                }
            });
        }
    }

    // ------------------------------------------------------------------------------------------------ conditions and days

    fn cond(&mut self, cond: &'t Cond) {
        self.node(Node::Cond(cond), |w| match &cond.kind {
            CondKind::Or(parts) | CondKind::And(parts) => parts.iter().for_each(|part| w.cond(part)),
            CondKind::Not(inner) | CondKind::Paren(inner) => w.cond(inner),
            CondKind::Hours(HoursArg::Named { name, zone }) => {
                w.name(name);
                w.zones(zone);
            }
            CondKind::Hours(HoursArg::Inline { lines, zone }) => {
                lines.iter().for_each(|line| w.line(line));
                w.zones(zone);
            }
            CondKind::Hours(HoursArg::Missing(span)) => w.mark(*span),
            CondKind::On { dates, zone } => {
                dates.iter().for_each(|spec| w.spec(spec));
                w.zones(zone);
            }
            CondKind::Compare { subject, op_span, right, .. } => {
                w.expr(subject);
                w.mark(*op_span);
                match right {
                    Right::One(value) => w.expr(value),
                    Right::Many(values, span) => {
                        w.mark(*span);
                        w.exprs(values);
                    }
                    Right::Named(name) => w.name(name),
                    Right::Missing(span) => w.mark(*span),
                }
            }
            CondKind::Flag(value) => w.expr(value),
            CondKind::Error => {}
        });
    }

    fn line(&mut self, line: &'t ScheduleLine) {
        self.node(Node::ScheduleLine(line), |w| {
            match &line.days {
                Some(Days::Weekly { months, weekdays, span, .. }) => {
                    w.mark(*span);
                    months.iter().for_each(|m| w.mark(m.span));
                    weekdays.iter().for_each(|d| w.mark(d.span));
                }
                Some(Days::Dates(specs)) => specs.iter().for_each(|spec| w.spec(spec)),
                None => {}
            }
            match &line.what {
                LineWhat::Closed(span) | LineWhat::Missing(span) => w.mark(*span),
                LineWhat::Hours(hours) => {
                    for interval in hours {
                        w.node(Node::Interval(interval), |w| {
                            w.leaf(Node::Time(&interval.start));
                            w.leaf(Node::Time(&interval.end));
                        });
                    }
                }
            }
            w.dates(&line.from);
            w.dates(&line.until);
        });
    }

    fn spec(&mut self, spec: &'t DateSpec) {
        self.node(Node::DateSpec(spec), |w| {
            match &spec.kind {
                DateKind::Date(date) => w.dates([date]),
                DateKind::Range(first, last) => w.dates([first, last]),
                DateKind::Nth { ordinals, weekday, months } => {
                    ordinals.iter().for_each(|(_, span)| w.mark(*span));
                    w.mark(weekday.1);
                    months.iter().for_each(|m| w.mark(m.span));
                }
                DateKind::Workday { ordinals, except, months } => {
                    ordinals.iter().for_each(|(_, span)| w.mark(*span));
                    w.names(except);
                    months.iter().for_each(|m| w.mark(m.span));
                }
                DateKind::Every { anchor, months, weekdays, .. } => {
                    w.dates(anchor);
                    months.iter().for_each(|m| w.mark(m.span));
                    weekdays.iter().for_each(|d| w.mark(d.span));
                }
                DateKind::Named(name) => w.name(name),
                DateKind::Easter | DateKind::Error => {}
            }
            w.marks(spec.offset.map(|offset| offset.span));
            w.marks(spec.observed);
            w.texts(&spec.label);
            w.dates(&spec.from);
            w.dates(&spec.until);
        });
    }

    // ------------------------------------------------------------------------------------------------ definitions

    fn def(&mut self, def: &'t Def) {
        self.node(Node::Def(def), |w| {
            w.mark(def.head);
            w.def_kind(&def.kind);
        });
    }

    fn def_kind(&mut self, kind: &'t DefKind) {
        match kind {
            DefKind::Zone(zone) => self.zones(zone),
            DefKind::Country(name) => self.names(name),
            DefKind::Fallback(body) => self.body(body),
            DefKind::LimitTurns(value) => self.exprs(value),
            DefKind::Import(text) => self.texts(text),
            DefKind::Agent { name, ring } => {
                self.names(name);
                self.ring(ring);
            }
            DefKind::Trunk { name, address } => {
                self.names(name);
                self.exprs(address);
            }
            DefKind::Group { name, options, ring } | DefKind::Queue { name, options, ring } => {
                self.names(name);
                self.dial_options(options);
                self.ring(ring);
            }
            DefKind::List { name, body } => {
                self.names(name);
                match body {
                    ListBody::Entries(entries) => {
                        for entry in entries {
                            self.node(Node::ListEntry(entry), |w| {
                                w.expr(&entry.pattern);
                                w.texts(&entry.label);
                                w.dates(&entry.until);
                            });
                        }
                    }
                    ListBody::Csv(text) => self.text(text),
                    ListBody::Missing(span) => self.mark(*span),
                }
            }
            DefKind::Dates { name, body } => {
                self.names(name);
                match body {
                    DatesBody::Entries(entries) => entries.iter().for_each(|spec| self.spec(spec)),
                    DatesBody::Ics(text) => self.text(text),
                    DatesBody::Missing(span) => self.mark(*span),
                }
            }
            DefKind::Schedule { name, zone, lines } => {
                self.names(name);
                self.zones(zone);
                lines.iter().flatten().for_each(|line| self.line(line));
            }
            DefKind::Prompt { name, entries } => {
                self.names(name);
                for entry in entries {
                    self.node(Node::PromptEntry(entry), |w| match &entry.kind {
                        PromptEntryKind::Say(language, template) => {
                            w.name(language);
                            w.template(template);
                        }
                        PromptEntryKind::Play(language, text) => {
                            w.names(language);
                            w.text(text);
                        }
                        PromptEntryKind::Error => {}
                    });
                }
            }
            DefKind::Table(table) => {
                self.names(&table.name);
                self.texts(&table.csv);
                self.marks(table.key.map(|(_, span)| span));
                self.fields(&table.fields);
                for row in table.rows.iter().flatten() {
                    self.node(Node::TableRow(row), |w| {
                        w.expr(&row.key);
                        w.exprs(&row.values);
                    });
                }
            }
            DefKind::Source { name, params, fields } => {
                self.names(name);
                self.fields(params);
                self.fields(fields);
            }
            DefKind::Input { name, ty, default, header } => {
                self.names(name);
                ty.iter().for_each(|ty| self.ty(ty));
                self.exprs(default);
                self.texts(header);
            }
            DefKind::Action { name, params, settles } => {
                self.names(name);
                self.fields(params);
                self.marks(*settles);
            }
            DefKind::Extern { name, .. } => self.names(name),
            DefKind::Flow { name, params, parens, body } => {
                self.names(name);
                self.marks(*parens);
                self.fields(params);
                body.iter().for_each(|block| self.block(block));
            }
            DefKind::Test(test) => self.test(test),
            DefKind::Error => {}
        }
    }

    fn fields(&mut self, fields: &'t [Field]) {
        for field in fields {
            self.node(Node::Field(field), |w| {
                w.names(&field.name);
                w.texts(&field.column);
                field.ty.iter().for_each(|ty| w.ty(ty));
            });
        }
    }

    fn ty(&mut self, ty: &'t Type) {
        self.node(Node::Type(ty), |w| {
            if let TypeKind::OneOf(values) = &ty.kind {
                w.names(values);
            }
        });
    }

    // ------------------------------------------------------------------------------------------------ tests

    fn test(&mut self, test: &'t TestDef) {
        self.texts(&test.title);
        match &test.body {
            TestBody::Lines(lines) => lines.iter().for_each(|line| self.test_line(line)),
            TestBody::Table { columns, rows } => {
                self.names(columns);
                rows.iter().flatten().for_each(|line| self.test_line(line));
            }
            TestBody::Missing(span) => self.mark(*span),
        }
    }

    fn test_line(&mut self, line: &'t TestLine) {
        self.node(Node::TestLine(line), |w| match &line.kind {
            TestLineKind::At(TestTime::Local { date, time, zone, .. }) => {
                w.dates([date]);
                w.leaf(Node::Time(time));
                w.zones(zone);
            }
            TestLineKind::From(value) | TestLineKind::To(value) | TestLineKind::Wait(value) => w.expr(value),
            TestLineKind::Language(name) => w.name(name),
            TestLineKind::Outcome(name, contact) => {
                w.name(name);
                contact.iter().for_each(|contact| w.expr(contact));
            }
            // In the table form the name is the column's, which stands elsewhere.
            TestLineKind::GivenInput(name, value) => {
                if line.span.contains(name.span) {
                    w.name(name);
                }
                w.expr(value);
            }
            TestLineKind::GivenHeader(name, value) => w.texts([name, value]),
            TestLineKind::GivenLookup(call, result) => {
                w.call(call);
                match result {
                    GivenResult::Row(fields) => {
                        for (name, value) in fields {
                            w.name(name);
                            w.expr(value);
                        }
                    }
                    GivenResult::Word(word) => w.name(word),
                    GivenResult::Missing(span) => w.mark(*span),
                }
            }
            TestLineKind::Expect(expectation) => match expectation {
                Expectation::Step(step) => w.step(step),
                Expectation::Lookup(name) | Expectation::Ended(name) => w.name(name),
                Expectation::Missing(span) => w.mark(*span),
                Expectation::Menu | Expectation::Collect => {}
            },
            TestLineKind::At(TestTime::Instant(_) | TestTime::Error)
            | TestLineKind::Press(_)
            | TestLineKind::Timeout
            | TestLineKind::Hangup
            | TestLineKind::Error => {}
        });
    }
}
