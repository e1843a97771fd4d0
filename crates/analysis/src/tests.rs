//! `test` blocks: names, types and the order of their lines. They are not run here.
//!
//! What a test names does not count as used, and what it makes the analysis number (groups in place, rows) is not part of the program.

use callroute_diagnostics::{Code, Place, Span};
use callroute_syntax::tree::{self, Expectation, ExprKind, GivenResult, Name, StepKind, TestBody, TestLine, TestLineKind, TestTime};

use crate::env::{Env, Kind, LookupTarget};
use crate::typed::Ty;
use crate::types::quote;
use crate::values::{Builder, Use, list};

/// What an `outcome` can say.
const OUTCOMES: [&str; 12] =
    ["answered", "busy", "no-answer", "declined", "unreachable", "redirected", "full", "empty", "timeout", "recorded", "failed", "ok"];

/// The reasons of a hang-up, for `ended`.
const REASONS: [&str; 13] = [
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
    "hangup",
];

/// Checks all tests.
pub(crate) fn check(env: &mut Env<'_>) {
    let tests = std::mem::take(&mut env.tests);
    env.mark_uses = false;
    let program = &env.program;
    let (vars, groups, schedules, dates) = (program.vars.len(), program.groups.len(), program.schedules.len(), program.dates.dates.len());
    let languages = env.languages.len();
    for (file, def, test) in &tests {
        env.file = *file;
        let mut builder = Builder::new(env);
        builder.constants_only = Some("a test says everything that it needs itself");
        match &test.body {
            TestBody::Missing(_) => {}
            TestBody::Lines(lines) => builder.test_lines(lines, def.head),
            TestBody::Table { columns, rows } => {
                builder.test_columns(columns);
                for row in rows {
                    for line in row {
                        builder.test_line(line);
                    }
                }
            }
        }
        env.program.vars.truncate(vars);
        env.program.groups.truncate(groups);
        env.program.schedules.truncate(schedules);
        env.program.dates.dates.truncate(dates);
        env.program.dates_info.truncate(dates);
        env.languages.truncate(languages);
    }
    env.tests = tests;
    env.mark_uses = true;
}

impl Builder<'_, '_> {
    fn test_lines(&mut self, lines: &[TestLine], head: Span) {
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
                                    .diag(Code::RepeatedSetting, line.span, format!("`{word}` stands here twice"))
                                    .label(first, "first here")
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
            self.test_line(line);
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

    fn test_line(&mut self, line: &TestLine) {
        match &line.kind {
            TestLineKind::Error | TestLineKind::Timeout | TestLineKind::Hangup => {}
            TestLineKind::At(time) => {
                if let TestTime::Local { zone, .. } = time {
                    match zone {
                        Some(zone) => drop(self.env.zone(zone)),
                        None => drop(self.env.default_zone(line.span)),
                    }
                }
            }
            TestLineKind::From(expr) | TestLineKind::To(expr) => {
                if !matches!(expr.kind, ExprKind::Anonymous) {
                    self.env.phone_expr(expr);
                }
            }
            TestLineKind::Language(name) => drop(self.env.language_tag(&name.text, name.span)),
            TestLineKind::GivenInput(name, value) => match self.env.input(&name.text) {
                None => self.env.unknown(Kind::Input, name),
                Some(var) => {
                    let ty = self.env.ty_of(var);
                    self.env.constant(value, ty);
                }
            },
            TestLineKind::GivenHeader(..) => {}
            TestLineKind::GivenLookup(call, result) => self.given_lookup(call, result),
            TestLineKind::Press(keys) => {
                if keys.is_empty() || !keys.bytes().all(|key| key.is_ascii_digit() || matches!(key, b'*' | b'#')) {
                    let error = self
                        .env
                        .diag(Code::NotAKey, line.span, format!("{} cannot be pressed", quote(keys)))
                        .help("a key is a digit, `*` or `#`");
                    self.env.report(error);
                }
            }
            TestLineKind::Outcome(name) => self.known_word(name, &OUTCOMES, "an outcome"),
            TestLineKind::Wait(expr) => {
                if let Some(constant) = self.env.constant(expr, Ty::Duration) {
                    self.env.positive(&crate::typed::Operand::Const(constant), expr.span, "the clock");
                }
            }
            TestLineKind::Expect(expectation) => self.expectation(expectation),
        }
    }

    fn known_word(&mut self, name: &Name, known: &[&str], what: &str) {
        let word = name.text.to_ascii_lowercase();
        if known.contains(&word.as_str()) {
            return;
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
    }

    fn given_lookup(&mut self, call: &tree::Call, result: &GivenResult) {
        let Some(name) = &call.name else { return };
        let id = match self.env.lookup_target(name) {
            None => return,
            Some(LookupTarget::Source(id)) => id,
            Some(LookupTarget::Table(_)) => {
                let error = self
                    .env
                    .diag(Code::GivenTable, name.span, format!("{} is a static table, which answers for itself", quote(&name.text)))
                    .help("leave the line out; only what the host answers is given in a test");
                self.env.report(error);
                return;
            }
        };
        let Some(source) = self.env.program.sources.get(id.index()) else { return };
        let (params, fields, place) = (source.params.clone(), source.fields.clone(), source.place);
        let params: Vec<(String, Ty)> = params.into_iter().map(|param| (param.name, param.ty)).collect();
        self.arguments(call, &params, place, |_| Use::Inner);
        match result {
            GivenResult::Missing(_) => {}
            GivenResult::Word(word) => self.known_word(word, &["missing", "failed", "late"], "what a look-up can answer"),
            GivenResult::Row(cells) => {
                let mut seen: Vec<(&str, Place)> = Vec::new();
                for (field, value) in cells {
                    let at = self.env.place(field.span);
                    if let Some((_, first)) = seen.iter().find(|(known, _)| *known == field.text) {
                        let first = *first;
                        let error = self
                            .env
                            .diag(Code::DuplicateField, field.span, format!("the field {} stands here twice", quote(&field.text)))
                            .label(first, "first here");
                        self.env.report(error);
                        continue;
                    }
                    seen.push((&field.text, at));
                    let Some(known) = fields.iter().find(|known| known.name == field.text) else {
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
                    if !matches!(value.kind, ExprKind::Missing) {
                        self.env.constant(value, known.ty);
                    }
                }
            }
        }
    }

    fn expectation(&mut self, expectation: &Expectation) {
        match expectation {
            Expectation::Missing(_) | Expectation::Menu | Expectation::Collect => {}
            Expectation::Lookup(name) => {
                if let Some(LookupTarget::Table(_)) = self.env.lookup_target(name) {
                    let error = self
                        .env
                        .diag(Code::GivenTable, name.span, format!("{} is a static table, which answers at once", quote(&name.text)))
                        .help("expect the step that follows");
                    self.env.report(error);
                }
            }
            Expectation::Ended(name) => self.known_word(name, &REASONS, "a reason for which a call ends"),
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
                    return;
                }
                self.expected_step(step);
            }
        }
    }

    fn expected_step(&mut self, step: &tree::Step) {
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
        self.step(step);
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
