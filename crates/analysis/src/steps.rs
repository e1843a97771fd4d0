//! Steps: from the tree to the typed program. The larger ones have files of their own (`dial`, `gather`, `lookups`, `settle`); conditions are in `conds`,
//! values in `values`; what can and cannot happen between steps is the business of `flow` and `reach`.

use callroute_diagnostics::{Applicability, Code, Place, Span};
use callroute_syntax::tree::{self, Arm, Arms, Body, Expr, ExprKind, Name};

use crate::cover::Hit;
use crate::cover::Seen;
use crate::env::{Env, Kind};
use crate::typed::{Block, FlowId, Operand, PromptId, PromptItem, Settle, Split, SplitArm, Spoken, Step, StepKind, SwitchArm, Ty};
use crate::types::{one_line, quote};
use crate::values::{Builder, Form, HOLE, Local, Use, list, strip};
use crate::{conds, flow, tests};

/// Fills the bodies of all flows, the texts of prompts and the fallback, and checks tests, the graph and reachability.
pub(crate) fn check(env: &mut Env<'_>) {
    let main_file = env.file;
    let bodies = env.bodies();
    let texts = env.prompt_texts.clone();
    let fallback = env.fallback;
    let mut builder = Builder::new(env);
    for body in &bodies {
        builder.env.file = body.file;
        builder.begin_flow(body.flow);
        let steps = builder.steps(body.steps.iter().copied());
        if let Some(flow) = builder.env.program.flows.get_mut(body.flow.index()) {
            flow.body = steps;
        }
    }
    builder.clear_scope();
    for text in texts {
        builder.env.file = text.file;
        let template = builder.template(text.template, Use::Shown("a spoken text"));
        let prompt = builder.env.program.prompts.get_mut(text.prompt.index());
        if let Some(entry) = prompt.and_then(|prompt| prompt.entries.get_mut(text.entry)) {
            entry.what = Spoken::Say(template);
        }
    }
    if let Some((file, body)) = fallback {
        builder.env.file = file;
        let fallback = builder.fallback(body);
        builder.env.program.fallback = fallback;
    }
    builder.judge_secrets();
    flow::check(builder.env);
    tests::check(builder.env);
    env.file = main_file;
}

/// A step that could not be read.
pub(crate) fn unknown_step() -> StepKind {
    StepKind::Say(PromptItem::Named(PromptId(u32::MAX)))
}

/// Is it one that could not be read?
pub(crate) fn is_unknown_step(kind: &StepKind) -> bool {
    matches!(kind, StepKind::Say(PromptItem::Named(PromptId(u32::MAX))))
}

impl Builder<'_, '_> {
    /// Begins a flow: its parameters are its only local names.
    fn begin_flow(&mut self, flow: FlowId) {
        self.clear_scope();
        self.flow = flow;
        let params = self.env.program.flows.get(flow.index()).map(|flow| flow.params.clone()).unwrap_or_default();
        for param in params {
            let Some((text, span)) = self.env.var(param).map(|var| (var.name.clone(), var.place.span)) else { continue };
            let local = if self.env.broken_params.contains(&param) { Local::Unknown } else { Local::Value(param) };
            self.declare(&Name { text, span, quoted: false }, local);
        }
    }

    /// Steps in order.
    pub fn steps<'t>(&mut self, steps: impl IntoIterator<Item = &'t tree::Step>) -> Block {
        steps.into_iter().map(|step| self.step(step)).collect()
    }

    fn block(&mut self, block: &tree::Block) -> Block {
        let mark = self.enter();
        let steps = self.steps(&block.steps);
        self.leave(mark);
        steps
    }

    /// What follows a head, `=>` or `else`.
    pub fn body(&mut self, body: &Body) -> Block {
        match body {
            Body::Step(step) => {
                let mark = self.enter();
                let step = self.step(step);
                self.leave(mark);
                vec![step]
            }
            Body::Block(block) => self.block(block),
            Body::Missing(span) => vec![Step { kind: unknown_step(), place: self.env.place(*span) }],
        }
    }

    pub(crate) fn otherwise(&mut self, step: &tree::Step) -> Option<Block> {
        step.otherwise.as_ref().map(|otherwise| self.body(&otherwise.body))
    }

    /// One step.
    pub fn step(&mut self, step: &tree::Step) -> Step {
        let kind = self.step_kind(step);
        let end = headline_end(step);
        let span = step.head.to(Span::new(step.head.start, end));
        Step { kind, place: self.env.place(span) }
    }

    fn step_kind(&mut self, step: &tree::Step) -> StepKind {
        use tree::StepKind as T;
        match &step.kind {
            T::When { cond, body } => {
                let cond = self.cond(cond);
                let then = self.body(body);
                StepKind::When { cond, then, otherwise: self.otherwise(step) }
            }
            T::Switch { subject, arms } => self.switch(subject, arms, step),
            T::Menu(menu) => self.menu(menu, step),
            T::Collect(collect) => self.collect(collect, step),
            T::Repeat => self.innermost_gather("repeat", step.head).map_or_else(unknown_step, StepKind::Repeat),
            T::Retry => self.innermost_gather("retry", step.head).map_or_else(unknown_step, StepKind::Retry),
            T::Dial(dial) => self.dial(dial, step),
            T::Lookup(lookup) => self.lookup(lookup, step),
            T::Split { by_from, label, arms } => self.split(*by_from, label.as_ref(), arms, step),
            T::Say(prompt) | T::Play(prompt) => self.prompt(prompt).map_or_else(unknown_step, StepKind::Say),
            T::Voicemail(voicemail) => self.voicemail(voicemail, step),
            T::Hangup => StepKind::Settle(Settle::Hangup),
            T::Reject(reject) => StepKind::Settle(Settle::Reject(self.reject(reject))),
            T::Redirect { to, permanent } => StepKind::Settle(self.redirect(to.as_ref(), permanent.is_some())),
            T::Go(call) => self.run(call).map_or_else(unknown_step, |(flow, args)| StepKind::Go { flow, args }),
            T::Do(call) => self.run(call).map_or_else(unknown_step, |(flow, args)| StepKind::Do { flow, args }),
            T::Tag(text) => {
                let Some(text) = text else { return unknown_step() };
                StepKind::Tag(self.text(text, Use::Shown("a tag")))
            }
            T::Set { field, value } => self.set(field, value.as_ref()),
            T::Action(call) => self.action(call, step),
            T::Error => unknown_step(),
        }
    }

    // ------------------------------------------------------------------------------------------- switch

    fn switch(&mut self, subject: &Expr, arms: &Arms, step: &tree::Step) -> StepKind {
        let subject = self.subject(subject);
        let mut seen = Seen::default();
        let mut built = Vec::with_capacity(arms.arms.len());
        for arm in &arms.arms {
            self.no_capture(arm);
            let mut cond = conds::unknown_cond();
            if let Some(subject) = subject {
                if let Some(items) = self.items(subject, &arm.heads, conds::At::Arm) {
                    for (item, place) in &items {
                        if let Some(hit) = seen.add(item, *place) {
                            self.earlier_arm(*place, hit);
                        }
                    }
                    cond = self.fold(subject, items, heads_span(arm));
                }
            } else {
                for head in &arm.heads {
                    self.touch_head(head);
                }
            }
            let body = self.body(&arm.body);
            built.push(SwitchArm { cond, body, place: self.env.place(heads_span(arm)) });
        }
        let otherwise = self.otherwise(step);
        StepKind::Switch { subject: subject.map_or(HOLE, |subject| subject.var), arms: built, otherwise }
    }

    fn touch_head(&mut self, head: &Expr) {
        if let ExprKind::Name(name) = &strip(head).kind {
            if self.is_value(&name.text) {
                self.touch(head);
            } else {
                self.env.find_list(name);
            }
        }
    }

    /// Reports an arm's head that an earlier one makes needless.
    pub(crate) fn earlier_arm(&mut self, place: Place, hit: Hit) {
        let text = quote(self.env.text(place.span));
        let diagnostic = match hit {
            Hit::Same(first) => self
                .env
                .diag(Code::DuplicateArm, place.span, format!("a second arm for {text}"))
                .label(first, "the first one, which always wins")
                .help("leave one of them out"),
            Hit::Wider(first) => self
                .env
                .diag(Code::CoveredArm, place.span, format!("{text} never gets here: an earlier arm covers it"))
                .label(first, "this one takes them all")
                .help("move it above the earlier arm, or leave it out"),
        };
        self.env.report(diagnostic);
    }

    /// Only arms with keys can have `as`.
    pub(crate) fn no_capture(&mut self, arm: &Arm) {
        if let Some(name) = &arm.capture {
            let error = self
                .env
                .diag(Code::CaptureWithoutKeys, name.span, "`as` stands on an arm without keys")
                .help("only a menu's choices and a queue's keys can be named");
            self.env.report(error);
        }
    }

    /// Sorts arms that each have words of a closed list as heads; gives the arm's index for every word of `known`.
    pub(crate) fn word_arms(&mut self, arms: &Arms, known: &[&str], what: &str) -> Vec<Option<usize>> {
        let mut found: Vec<Option<(usize, Place)>> = vec![None; known.len()];
        for (index, arm) in arms.arms.iter().enumerate() {
            self.no_capture(arm);
            for head in &arm.heads {
                let Some(word) = head_word(head) else {
                    if !matches!(head.kind, ExprKind::Error) {
                        self.unknown_arm(head, known, what);
                    }
                    continue;
                };
                let place = self.env.place(head.span);
                match known.iter().position(|known| *known == word).and_then(|at| found.get_mut(at)) {
                    None => self.unknown_arm(head, known, what),
                    Some(Some((_, first))) => {
                        let first = *first;
                        self.earlier_arm(place, Hit::Same(first));
                    }
                    Some(slot) => *slot = Some((index, place)),
                }
            }
        }
        found.into_iter().map(|slot| slot.map(|(index, _)| index)).collect()
    }

    /// Reports a head that this step cannot have.
    pub(crate) fn unknown_arm(&mut self, head: &Expr, known: &[&str], what: &str) {
        let text = one_line(self.env.text(head.span));
        let near = self.env.nearest(&text, known.iter().copied());
        let error = self.env.diag(Code::UnknownArm, head.span, format!("{what} has no arm `{text}`"));
        let error = match near {
            Some(near) => {
                error.help(format!("did you mean `{near}`?")).fix(Applicability::Maybe, format!("write `{near}`"), head.span, near.clone())
            }
            None => error.help(format!("its arms are {}", list(known.iter().copied()))),
        };
        self.env.report(error);
    }

    /// Builds the bodies of word arms: one block per word, a shared body once for each.
    pub(crate) fn word_bodies<const N: usize>(
        &mut self,
        arms: &Arms,
        by_word: &[Option<usize>],
        mut build: impl FnMut(&mut Self, usize, &Arm) -> Block,
    ) -> [Option<Block>; N] {
        let mut bodies: [Option<Block>; N] = std::array::from_fn(|_| None);
        for word in 0..N.min(by_word.len()) {
            let Some(index) = by_word.get(word).copied().flatten() else { continue };
            let shared = by_word.get(..word).and_then(|earlier| earlier.iter().position(|other| *other == Some(index)));
            let block = match shared.and_then(|shared| bodies.get(shared)) {
                Some(Some(block)) => self.copy(block, arms.span),
                _ => match arms.arms.get(index) {
                    Some(arm) => build(self, word, arm),
                    None => continue,
                },
            };
            if let Some(slot) = bodies.get_mut(word) {
                *slot = Some(block);
            }
        }
        // Arms that no word leads to are wrong, but what they say is checked.
        for (index, arm) in arms.arms.iter().enumerate() {
            if !by_word.contains(&Some(index)) {
                build(self, usize::MAX, arm);
            }
        }
        bodies
    }

    /// An `else` after arms for everything that can happen.
    pub(crate) fn needless_else(&mut self, step: &tree::Step) {
        if let Some(otherwise) = &step.otherwise {
            let warning = self
                .env
                .diag(Code::NeedlessElse, otherwise.keyword, "this `else` can never run: the arms cover all that can happen")
                .help("leave it out, or one of the arms");
            self.env.report(warning);
        }
    }

    // --------------------------------------------------------------------------------------------- calls

    /// The arguments of a call, one per parameter.
    pub(crate) fn arguments(
        &mut self,
        call: &tree::Call,
        params: &[(String, Ty)],
        defined: Place,
        usage: impl Fn(usize) -> Use,
    ) -> Vec<Operand> {
        let (given, wanted) = (call.args.len(), params.len());
        if given != wanted {
            for arg in &call.args {
                self.touch_argument(arg);
            }
            let name = call.name.as_ref().map_or("", |name| name.text.as_str()).to_owned();
            let span = match call.args.get(wanted) {
                Some(first) => call.args.last().map_or(first.span, |last| first.span.to(last.span)),
                None => call.parens.or(call.name.as_ref().map(|name| name.span)).unwrap_or_default(),
            };
            let wants = match wanted {
                0 => "no arguments".to_owned(),
                1 => "1 argument".to_owned(),
                _ => format!("{wanted} arguments"),
            };
            let mut error = self
                .env
                .diag(
                    Code::WrongArity,
                    span,
                    format!("`{name}` takes {wants}, and {given} {} given", if given == 1 { "is" } else { "are" }),
                )
                .label(defined, format!("`{name}` is defined here"));
            if wanted > 0 {
                let shape: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
                error = error.help(format!("write `{name}({})`", shape.join(", ")));
            }
            self.env.report(error);
            return params.iter().map(|_| Operand::Var(HOLE)).collect();
        }
        let args = call.args.iter().zip(params).enumerate();
        args.map(|(at, (arg, (_, ty)))| self.operand(arg, *ty, Form::Bare, usage(at))).collect()
    }

    /// An argument of a call with too few or too many: nothing is said of it, but what it names is used.
    pub(crate) fn touch_argument(&mut self, arg: &Expr) {
        let ExprKind::Name(name) = &strip(arg).kind else { return self.touch(arg) };
        if self.is_value(&name.text) {
            return self.touch(arg);
        }
        for kind in self.env.kinds_of(&name.text) {
            match kind {
                Kind::Group => drop(self.env.group(name)),
                Kind::Agent => drop(self.env.agent(name)),
                Kind::Queue => drop(self.env.queue(name)),
                Kind::Trunk => drop(self.env.trunk(name)),
                Kind::Schedule => drop(self.env.schedule(name)),
                Kind::Dates => drop(self.env.dates(name)),
                Kind::List => drop(self.env.list(name)),
                _ => {}
            }
        }
    }

    /// `go`, `do`.
    fn run(&mut self, call: &tree::Call) -> Option<(FlowId, Vec<Operand>)> {
        let flow = call.name.as_ref().and_then(|name| self.env.flow(name));
        let Some(flow) = flow else {
            for arg in &call.args {
                self.touch_argument(arg);
            }
            return None;
        };
        let known = self.env.program.flows.get(flow.index())?;
        let (vars, place) = (known.params.clone(), known.place);
        if vars.iter().any(|var| self.env.broken_params.contains(var)) {
            for arg in &call.args {
                self.touch_argument(arg);
            }
            return None;
        }
        let params: Vec<(String, Ty)> = vars.iter().filter_map(|var| self.env.var(*var)).map(|var| (var.name.clone(), var.ty)).collect();
        let args = self.arguments(call, &params, place, |at| vars.get(at).map_or(Use::Inner, |var| Use::Passed(*var)));
        Some((flow, args))
    }

    fn action(&mut self, call: &tree::Call, step: &tree::Step) -> StepKind {
        let action = call.name.as_ref().and_then(|name| self.env.action(name));
        let known = action.and_then(|id| self.env.program.actions.get(id.index()).map(|known| (id, known)));
        let Some((id, known)) = known else {
            for arg in &call.args {
                self.touch_argument(arg);
            }
            self.otherwise(step);
            return unknown_step();
        };
        let params: Vec<(String, Ty)> = known.params.iter().map(|param| (param.name.clone(), param.ty)).collect();
        let place = known.place;
        let args = self.arguments(call, &params, place, |_| Use::Shown("an argument of an action"));
        let otherwise = self.otherwise(step);
        StepKind::Action { action: id, args, otherwise }
    }

    // --------------------------------------------------------------------------------------------- split

    fn split(&mut self, by_from: bool, label: Option<&tree::Text>, arms: &Arms, step: &tree::Step) -> StepKind {
        let mut shares: Vec<(u32, Span)> = Vec::with_capacity(arms.arms.len());
        let mut sound = !arms.arms.is_empty();
        let mut built = Vec::with_capacity(arms.arms.len());
        for arm in &arms.arms {
            self.no_capture(arm);
            let mut share = 0u32;
            for head in &arm.heads {
                match head.kind {
                    ExprKind::Percent(hundredths) => {
                        shares.push((hundredths, head.span));
                        share = share.saturating_add(hundredths);
                    }
                    ExprKind::Error => sound = false,
                    _ => {
                        sound = false;
                        let text = quote(self.env.text(head.span));
                        let error = self
                            .env
                            .diag(Code::UnknownArm, head.span, format!("{text} is no share"))
                            .help("an arm of `split` begins with a percentage, such as `70%`");
                        self.env.report(error);
                    }
                }
            }
            let body = self.body(&arm.body);
            built.push(SplitArm { share, body, place: self.env.place(heads_span(arm)) });
        }
        if sound {
            self.env.shares(&shares, step.head);
        }
        StepKind::Split(Split { by_from, label: label.map(|label| label.value.clone()).unwrap_or_default(), arms: built })
    }
}

/// A word as the head of an arm, in lower case.
pub(crate) fn head_word(head: &Expr) -> Option<String> {
    match &head.kind {
        ExprKind::Name(name) => Some(name.text.to_ascii_lowercase()),
        ExprKind::Missing => Some("missing".to_owned()),
        _ => None,
    }
}

/// All heads of an arm.
pub(crate) fn heads_span(arm: &Arm) -> Span {
    match (arm.heads.first(), arm.heads.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => arm.span,
    }
}

/// Where the part of a step ends that says what it does, before its blocks.
fn headline_end(step: &tree::Step) -> u32 {
    use tree::StepKind as T;
    let options_end = |spans: Vec<Span>| spans.into_iter().map(|span| span.end).max();
    let end = match &step.kind {
        T::When { cond, .. } => Some(cond.span.end),
        T::Switch { subject, .. } => Some(subject.span.end),
        T::Menu(menu) => options_end(menu.options.iter().map(|option| option.span).collect()),
        T::Collect(collect) => options_end(collect.options.iter().map(|option| option.span).collect()),
        T::Dial(dial) => {
            let target = match &dial.target {
                tree::DialTarget::Group(target) | tree::DialTarget::Agent(target) | tree::DialTarget::Queue(target) => {
                    target.as_ref().map(|target| match target {
                        tree::Target::Name(name) => name.span,
                        tree::Target::Value(expr) => expr.span,
                    })
                }
                tree::DialTarget::Number(number) => number.as_ref().map(|number| number.span),
                tree::DialTarget::Ring(ring) => ring.block.map(|(span, _)| span),
            };
            options_end(dial.options.iter().map(|option| option.span).chain(target).collect())
        }
        T::Lookup(lookup) => options_end(
            lookup
                .call
                .parens
                .into_iter()
                .chain(lookup.row.as_ref().map(|row| row.span))
                .chain(lookup.within.as_ref().map(|w| w.span))
                .collect(),
        ),
        T::Split { label, .. } => label.as_ref().map(|label| label.span.end),
        T::Voicemail(voicemail) => {
            options_end(voicemail.options.iter().map(|option| option.span).chain(voicemail.message.as_ref().map(|m| m.span)).collect())
        }
        T::Action(call) => call.parens.map(|parens| parens.end),
        _ => Some(step.span.end),
    };
    end.unwrap_or(step.head.end)
}
