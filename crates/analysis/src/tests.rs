//! `test` blocks: names, types and the order of their lines. They are not run here, but made into what is run.
//!
//! What a test names does not count as used, and what it makes the analysis number (groups in place, rows) is not part of the program.

use callroute_diagnostics::{Code, Place, Span};
use callroute_syntax::tree::{self, Expectation, Expr, ExprKind, GivenResult, Name, StepKind, TestBody, TestLine, TestLineKind, TestTime};

use crate::env::{Env, Kind, LookupTarget};
use crate::testing::{
    self, Case, Expected, ExpectedDial, GivenLookup, Line, LineKind, LookupAnswer, OUTCOMES, REASONS, Setup, Test, Whom, constant_text,
};
use crate::typed::{self, Const, Operand, PromptItem, Settle, Spoken, Target, TargetRef, Ty};
use crate::types::quote;
use crate::values::{Builder, Use, list};

/// The setting that is no input of the script: the call's id, which decides what is drawn.
const CALL_ID: &str = "call_id";

/// What a line makes of a case. Nothing, where something in it was reported.
type Made = Option<()>;

/// Checks all tests.
pub(crate) fn check(env: &mut Env<'_>) {
    let tests = std::mem::take(&mut env.tests);
    env.mark_uses = false;
    let program = &env.program;
    let (vars, groups, schedules, dates) = (program.vars.len(), program.groups.len(), program.schedules.len(), program.dates.dates.len());
    let languages = env.languages.len();
    let mut made = Vec::new();
    for (file, def, test) in &tests {
        env.file = *file;
        let place = env.place(def.span);
        let mut builder = Builder::new(env);
        builder.constants_only = Some("a test says everything that it needs itself");
        let mut cases = Vec::new();
        match &test.body {
            TestBody::Missing(_) => {}
            TestBody::Lines(lines) => {
                let mut case = Case { place, setup: Setup::default(), lines: Vec::new() };
                builder.test_lines(lines, def.head, &mut case);
                cases.push(case);
            }
            TestBody::Table { columns, rows } => {
                builder.test_columns(columns);
                for row in rows {
                    let span = row.iter().map(|line| line.span).reduce(Span::to).unwrap_or(def.head);
                    let mut case = Case { place: builder.env.place(span), setup: Setup::default(), lines: Vec::new() };
                    for line in row {
                        // A line of which nothing was made was reported, so that no program is handed out.
                        let _: Made = builder.test_line(line, &mut case);
                    }
                    cases.push(case);
                }
            }
        }
        if let Some(title) = &test.title
            && !cases.is_empty()
        {
            let table = matches!(test.body, TestBody::Table { .. });
            made.push(Test { title: title.value.clone(), place, table, cases });
        }
        env.program.vars.truncate(vars);
        env.program.groups.truncate(groups);
        env.program.schedules.truncate(schedules);
        env.program.dates.dates.truncate(dates);
        env.program.dates_info.truncate(dates);
        env.languages.truncate(languages);
    }
    env.program.tests = made;
    env.tests = tests;
    env.mark_uses = true;
}

impl Builder<'_, '_> {
    fn test_lines(&mut self, lines: &[TestLine], head: Span, case: &mut Case) {
        let mut began: Option<Place> = None;
        let mut settings: Vec<(&'static str, Place)> = Vec::new();
        let mut expects = false;
        for line in lines {
            let place = self.env.place(line.span);
            match setting(&line.kind) {
                Some((word, once)) => {
                    if let Some(began) = began {
                        let error = self
                            .env
                            .diag(Code::TestOrder, line.span, format!("`{word}` comes after the call has begun"))
                            .label(began, "the call begins with this line")
                            .help("what a test starts from stands at its top");
                        self.env.report(error);
                    }
                    if once {
                        match settings.iter().find(|(known, _)| *known == word) {
                            None => settings.push((word, place)),
                            Some((_, first)) => {
                                let first = *first;
                                let error = self
                                    .env
                                    .diag(Code::RepeatedSetting, line.span, format!("`{word}` is given twice"))
                                    .label(first, "given here first")
                                    .help("leave one of them out");
                                self.env.report(error);
                            }
                        }
                    }
                }
                None if matches!(line.kind, TestLineKind::Error) => expects = true,
                None => {
                    began.get_or_insert(place);
                    expects |= matches!(line.kind, TestLineKind::Expect(_));
                }
            }
            let _: Made = self.test_line(line, case);
        }
        if !expects {
            let error = self
                .env
                .diag(Code::TestOrder, head, "a test that expects nothing")
                .help("say what the script is to answer: `expect voicemail \"office_closed\"`");
            self.env.report(error);
        }
    }

    fn test_columns(&mut self, columns: &[Name]) {
        const KNOWN: [&str; 8] = ["at", "from", "to", "language", "press", "outcome", "given", "expect"];
        let mut seen: Vec<(String, Place)> = Vec::new();
        for (at, column) in columns.iter().enumerate() {
            let word = column.text.to_ascii_lowercase();
            let place = self.env.place(column.span);
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word && word != "press" && word != "outcome") {
                let first = *first;
                let error = self
                    .env
                    .diag(Code::TestColumn, column.span, format!("a second column `{word}`"))
                    .label(first, "the first one")
                    .help("leave one of them out");
                self.env.report(error);
            }
            let is_last = at.saturating_add(1) == columns.len();
            if word == "expect" && !is_last {
                self.env.err(Code::TestColumn, column.span, "`expect` must be the last column");
            } else if is_last && word != "expect" && KNOWN.contains(&word.as_str()) {
                let error = self
                    .env
                    .diag(Code::TestColumn, column.span, "the last column of a table of tests must be `expect`")
                    .help("add `, expect`, and to every row what the script is to answer");
                self.env.report(error);
            }
            seen.push((word, place));
        }
    }

    fn test_line(&mut self, line: &TestLine, case: &mut Case) -> Made {
        let setup = &mut case.setup;
        let kind = match &line.kind {
            TestLineKind::Error => return None,
            TestLineKind::At(time) => {
                setup.at = self.moment(time, line.span);
                return setup.at.map(drop);
            }
            TestLineKind::From(expr) => {
                setup.from = self.party(expr)?;
                return Some(());
            }
            TestLineKind::To(expr) => {
                setup.to = self.party(expr)?;
                return Some(());
            }
            TestLineKind::Language(name) => {
                setup.language = self.env.language_tag(&name.text, name.span);
                return setup.language.as_ref().map(drop);
            }
            TestLineKind::GivenInput(name, value) => return self.given_input(name, value, setup),
            TestLineKind::GivenHeader(name, value) => {
                setup.headers.push((name.value.clone(), value.value.clone()));
                return Some(());
            }
            TestLineKind::GivenLookup(call, result) => {
                let given = self.given_lookup(call, result, line.span)?;
                setup.lookups.push(given);
                return Some(());
            }
            TestLineKind::Press(keys) => {
                if keys.is_empty() || !keys.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#')) {
                    let error = self
                        .env
                        .diag(Code::NotAKey, line.span, format!("{} cannot be pressed", quote(keys)))
                        .help("a key is a digit, `*` or `#`");
                    self.env.report(error);
                    return None;
                }
                LineKind::Press(keys.clone())
            }
            TestLineKind::Timeout => LineKind::Timeout,
            TestLineKind::Hangup => LineKind::Hangup,
            TestLineKind::Outcome(name, contact) => {
                let word = self.known_word(name, &OUTCOMES, "an outcome");
                let contact = match contact {
                    None => None,
                    Some(contact) => {
                        let phone = self.env.phone_expr(contact);
                        if word.is_some_and(|word| word != "redirected") {
                            let error = self
                                .env
                                .diag(Code::BadTestLine, contact.span, format!("the outcome {} has no contact", quote(&name.text)))
                                .help("only `outcome redirected to …` says where to");
                            self.env.report(error);
                        }
                        Some(phone?)
                    }
                };
                LineKind::Outcome(word?, contact)
            }
            TestLineKind::Wait(expr) => {
                let constant = self.env.constant(expr, Ty::Duration)?;
                let operand = Operand::Const(constant.clone());
                self.env.positive(&operand, expr.span, "the clock");
                match constant {
                    Const::Duration(ms) => LineKind::Wait(ms),
                    _ => return None,
                }
            }
            TestLineKind::Expect(expectation) => LineKind::Expect(Box::new(self.expectation(expectation)?)),
        };
        case.lines.push(Line { kind, place: self.env.place(line.span) });
        Some(())
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    fn moment(&mut self, time: &TestTime, span: Span) -> Option<i64> {
        match time {
            TestTime::Error => None,
            TestTime::Instant(seconds) => Some(*seconds),
            TestTime::Local { date, time, second, zone } => {
                let zone = match zone {
                    Some(zone) => self.env.zone(zone),
                    None => self.env.default_zone(span, Some("`at 2026-04-21 09:32 America/Chicago`")),
                };
                let day = self.env.full_day(date)?;
                match callroute_calendar::instant(zone?, day, time.minutes, *second) {
                    Ok(at) => Some(at),
                    Err(skipped) => {
                        let error = self
                            .env
                            .diag(Code::BadTime, span, skipped.to_string())
                            .help("write a time before or after, or the instant in UTC: `at 2026-03-08T08:30:00Z`");
                        self.env.report(error);
                        None
                    }
                }
            }
        }
    }

    /// `from`, `to`: what the telephone system says. `Some(None)`: withheld. A text is said as it stands.
    #[expect(clippy::option_option, reason = "the outer one says that it was reported")]
    fn party(&mut self, expr: &Expr) -> Option<Option<String>> {
        match &expr.kind {
            ExprKind::Anonymous => Some(None),
            ExprKind::Text(template) => self.env.plain_text(template).map(Some),
            _ => Some(Some(self.env.phone_expr(expr)?.to_string())),
        }
    }

    fn given_input(&mut self, name: &Name, value: &Expr, setup: &mut Setup) -> Made {
        match self.env.input(name) {
            None if name.text == CALL_ID && !self.env.is_defined(Kind::Input, CALL_ID) => {
                if let Const::Text(id) = self.env.constant(value, Ty::Text)? {
                    setup.call_id = Some(id);
                }
            }
            None => {
                self.env.unknown(Kind::Input, name);
                return None;
            }
            Some(var) => {
                let ty = self.env.ty_of(var);
                let value = self.env.constant(value, ty)?;
                setup.inputs.push((var, value));
            }
        }
        Some(())
    }

    fn known_word(&mut self, name: &Name, known: &[&'static str], what: &str) -> Option<&'static str> {
        let word = name.text.to_ascii_lowercase();
        if let Some(known) = known.iter().find(|known| **known == word) {
            return Some(known);
        }
        let near = self.env.nearest(&word, known.iter().copied());
        let error = self.env.diag(Code::UnknownOutcome, name.span, format!("{} is not {what}", quote(&name.text)));
        let error = match near {
            Some(near) => error.help(format!("did you mean `{near}`?")).fix(
                callroute_diagnostics::Applicability::Maybe,
                format!("write `{near}`"),
                name.span,
                near.clone(),
            ),
            None => error.help(format!("it can be {}", list(known.iter().copied()))),
        };
        self.env.report(error);
        None
    }

    fn given_lookup(&mut self, call: &tree::Call, result: &GivenResult, span: Span) -> Option<GivenLookup> {
        let name = call.name.as_ref()?;
        let id = match self.env.lookup_target(name)? {
            LookupTarget::Source(id) => id,
            LookupTarget::Table(_) => {
                let error = self
                    .env
                    .diag(Code::GivenTable, name.span, format!("{} is a static table, which answers for itself", quote(&name.text)))
                    .help("leave the line out; only what the host answers is given in a test");
                self.env.report(error);
                return None;
            }
        };
        let source = self.env.program.sources.get(id.index())?;
        let (params, fields, place) = (source.params.clone(), source.fields.clone(), source.place);
        let params: Vec<(String, Ty)> = params.into_iter().map(|param| (param.name, param.ty)).collect();
        let args: Option<Vec<Const>> = self.arguments(call, &params, place, |_| Use::Inner).into_iter().map(testing::constant).collect();
        let answer = match result {
            GivenResult::Missing(_) => return None,
            GivenResult::Word(word) => match self.known_word(word, &["missing", "failed", "late"], "what a look-up can answer")? {
                "failed" => LookupAnswer::Failed,
                "late" => LookupAnswer::Late,
                _ => LookupAnswer::Missing,
            },
            GivenResult::Row(cells) => {
                let mut row = Vec::new();
                let mut seen: Vec<(&str, Place)> = Vec::new();
                for (field, value) in cells {
                    let at = self.env.place(field.span);
                    if let Some((_, first)) = seen.iter().find(|(known, _)| *known == field.text) {
                        let first = *first;
                        let error = self
                            .env
                            .diag(Code::DuplicateField, field.span, format!("the field {} has a value already", quote(&field.text)))
                            .label(first, "its first value");
                        self.env.report(error);
                        continue;
                    }
                    seen.push((&field.text, at));
                    let Some((index, known)) = fields.iter().enumerate().find(|(_, known)| known.name == field.text) else {
                        let near = self.env.nearest(&field.text, fields.iter().map(|known| known.name.as_str()));
                        let mut error = self
                            .env
                            .diag(
                                Code::UnknownField,
                                field.span,
                                format!("source {} has no field {}", quote(&name.text), quote(&field.text)),
                            )
                            .label(place, "the source is defined here");
                        if let Some(near) = near {
                            error = error.help(format!("did you mean `{near}`?"));
                        }
                        self.env.report(error);
                        continue;
                    };
                    let defined = known.place;
                    self.env.refer(field.span, defined);
                    if !matches!(value.kind, ExprKind::Missing) {
                        row.extend(self.env.constant(value, known.ty).map(|value| (index, value)));
                    }
                }
                LookupAnswer::Row(row)
            }
        };
        Some(GivenLookup { source: id, args: args?, answer, place: self.env.place(span) })
    }

    fn expectation(&mut self, expectation: &Expectation) -> Option<Expected> {
        Some(match expectation {
            Expectation::Missing(_) => return None,
            Expectation::Menu => Expected::Menu,
            Expectation::Collect => Expected::Collect,
            Expectation::Lookup(name) => match self.env.lookup_target(name)? {
                LookupTarget::Source(id) => Expected::Lookup(id),
                LookupTarget::Table(_) => {
                    let error = self
                        .env
                        .diag(Code::GivenTable, name.span, format!("{} is a static table, which answers at once", quote(&name.text)))
                        .help("expect the step that follows");
                    self.env.report(error);
                    return None;
                }
            },
            Expectation::Ended(name) => Expected::Ended(self.known_word(name, &REASONS, "a reason for which a call ends")?),
            Expectation::Step(step) => {
                let allowed = matches!(
                    step.kind,
                    StepKind::Dial(_)
                        | StepKind::Say(_)
                        | StepKind::Play(_)
                        | StepKind::Voicemail(_)
                        | StepKind::Hangup
                        | StepKind::Reject(_)
                        | StepKind::Redirect { .. }
                        | StepKind::Tag(_)
                        | StepKind::Action(_)
                        | StepKind::Error
                );
                if !allowed {
                    let error = self
                        .env
                        .diag(Code::BadTestLine, step.head, "this step gives no instruction that a test could see")
                        .help("expect what the script answers: ringing, `voicemail`, `hangup`, `menu`, `say` …");
                    self.env.report(error);
                    return None;
                }
                return self.expected_step(step);
            }
        })
    }

    fn expected_step(&mut self, step: &tree::Step) -> Option<Expected> {
        let blocks = match &step.kind {
            StepKind::Dial(dial) => dial.arms.as_ref().map(|arms| arms.span),
            StepKind::Voicemail(voicemail) => voicemail.arms.as_ref().map(|arms| arms.span),
            _ => None,
        };
        if let Some(span) = blocks.or(step.otherwise.as_ref().map(|otherwise| otherwise.keyword)) {
            let error = self
                .env
                .diag(Code::BadTestLine, span, "an expectation has no arms and no `else`")
                .help("say what follows with `outcome …` and the next `expect`");
            self.env.report(error);
        }
        let duration = |operand: Option<Operand>| match operand {
            Some(Operand::Const(Const::Duration(ms))) => Some(ms),
            _ => None,
        };
        let built = self.step(step);
        Some(match built.kind {
            typed::StepKind::Dial(dial) => Expected::Dial(Box::new(self.expected_dial(dial)?)),
            typed::StepKind::Say(item) => {
                if let PromptItem::Spoken(Spoken::Say(text)) = &item {
                    constant_text(text)?;
                }
                Expected::Prompt(item)
            }
            typed::StepKind::Voicemail(voicemail) => Expected::Voicemail {
                message: constant_text(&voicemail.message)?,
                mailbox: voicemail.mailbox.as_ref().and_then(constant_text),
                max_duration: duration(voicemail.max_duration),
            },
            typed::StepKind::Settle(Settle::Hangup) => Expected::Hangup,
            typed::StepKind::Settle(Settle::Reject(reject)) => {
                // Written without a reason it is any rejection.
                let written = matches!(&step.kind, StepKind::Reject(reject) if reject.reason.is_some());
                let code = match reject.code {
                    // In range: what is not was reported.
                    Operand::Const(Const::Number(code)) if written => Some(code as u16),
                    _ => None,
                };
                Expected::Reject { code, text: reject.text.as_ref().and_then(constant_text) }
            }
            typed::StepKind::Settle(Settle::Redirect { to: Operand::Const(Const::Phone(to)), permanent }) => {
                Expected::Redirect { to, permanent }
            }
            typed::StepKind::Tag(tag) => Expected::Tag(constant_text(&tag)?),
            typed::StepKind::Action { action, args, .. } => {
                Expected::Action(action, args.into_iter().map(testing::constant).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    fn expected_dial(&mut self, dial: typed::Dial) -> Option<ExpectedDial> {
        let mut trunks = Vec::new();
        let whom = match dial.target {
            typed::DialTarget::Group(TargetRef::Static(Target::Defined(id))) => {
                match self.env.program.groups.get(id.index()).filter(|group| group.name.is_none()) {
                    Some(group) => Whom::Ring(Box::new(group.ring.clone())),
                    None => Whom::Group(Target::Defined(id)),
                }
            }
            typed::DialTarget::Group(group) => Whom::Group(testing::target(group)?),
            typed::DialTarget::Agent(agent) => Whom::Agent(testing::target(agent)?),
            typed::DialTarget::Queue(queue) => Whom::Queue(testing::target(queue)?),
            typed::DialTarget::Number { to, via } => {
                trunks = via.into_iter().map(testing::target).collect::<Option<Vec<_>>>()?;
                match testing::constant(to)? {
                    Const::Phone(phone) => Whom::Number(phone),
                    _ => return None,
                }
            }
        };
        Some(ExpectedDial { whom, via: trunks, options: dial.options })
    }
}

/// The word of a line that says from what a call starts, and whether it can stand once only.
fn setting(kind: &TestLineKind) -> Option<(&'static str, bool)> {
    match kind {
        TestLineKind::At(_) => Some(("at", true)),
        TestLineKind::From(_) => Some(("from", true)),
        TestLineKind::To(_) => Some(("to", true)),
        TestLineKind::Language(_) => Some(("language", true)),
        TestLineKind::GivenInput(..) | TestLineKind::GivenHeader(..) | TestLineKind::GivenLookup(..) => Some(("given", false)),
        _ => None,
    }
}
