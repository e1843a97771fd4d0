//! `menu` and `collect`: what can be pressed, and what then runs.

use callroute_diagnostics::{Code, Place, Span};
use callroute_numbers::{Packed, Pattern};
use callroute_syntax::tree::{self, Arm, Expr, ExprKind, GatherOptionKind};

use crate::cover::{Cover, Hit};
use crate::steps::{head_word, heads_span};
use crate::typed::{Block, Choice, Collect, Const, GatherId, Menu, Operand, PromptItem, StepKind, Ty, VarKind};
use crate::types::quote;
use crate::values::{Builder, Form, HOLE, Local, Use};

/// Milliseconds to the first key, unless the script says.
const WAIT: u64 = 5_000;
/// Milliseconds between keys, unless the script says.
const GAP: u64 = 2_000;
/// Tries, unless the script says.
const TRIES: f64 = 3.0;
/// Most tries.
const MOST_TRIES: f64 = 100.0;
/// Most digits that can be collected.
const MOST_DIGITS: f64 = 32.0;
/// Choices that are compared each with each, for those that are the start of another.
const MAX_COMPARED: usize = 256;

/// The options that `menu` and `collect` share.
struct Options {
    prompts: Vec<PromptItem>,
    wait: Operand,
    gap: Operand,
    /// `gap` was written.
    gap_given: bool,
    tries: Operand,
}

const fn ms(value: u64) -> Operand {
    Operand::Const(Const::Duration(value))
}

impl Builder<'_, '_> {
    pub fn new_gather(&mut self) -> GatherId {
        let id = GatherId(self.next_gather);
        self.next_gather = self.next_gather.saturating_add(1);
        id
    }

    /// The menu or collect that `repeat` and `retry` play again.
    pub fn innermost_gather(&mut self, word: &str, span: Span) -> Option<GatherId> {
        let found = self.gathers.last().copied();
        if found.is_none() {
            let error = self
                .env
                .diag(Code::RepeatOutside, span, format!("`{word}` stands outside of a menu and of a collect"))
                .help("it can stand in their arms and blocks, not in their `else`; to start a flow again, use `go`");
            self.env.report(error);
        }
        found
    }

    fn gather_options(&mut self, options: &[tree::GatherOption]) -> Options {
        let mut built =
            Options { prompts: Vec::new(), wait: ms(WAIT), gap: ms(GAP), gap_given: false, tries: Operand::Const(Const::Number(TRIES)) };
        for option in options {
            match &option.kind {
                GatherOptionKind::Prompt(prompt) => built.prompts.extend(self.prompt(prompt)),
                GatherOptionKind::Wait(Some(expr)) => built.wait = self.duration(expr, "the caller"),
                GatherOptionKind::Gap(Some(expr)) => {
                    built.gap = self.duration(expr, "the caller");
                    built.gap_given = true;
                }
                GatherOptionKind::Tries(Some(expr)) => built.tries = self.tries(expr),
                _ => {}
            }
        }
        built
    }

    fn tries(&mut self, expr: &Expr) -> Operand {
        let operand = self.operand(expr, Ty::Number, Form::Parens, Use::Inner);
        if let Operand::Const(Const::Number(tries)) = &operand
            && !((1.0..=MOST_TRIES).contains(tries) && tries.fract() == 0.0)
        {
            let error = self
                .env
                .diag(Code::OutOfRange, expr.span, format!("{tries} is no number of tries"))
                .help(format!("tries are a whole number from 1 to {MOST_TRIES}"));
            self.env.report(error);
        }
        operand
    }

    /// What runs inside of a menu or collect: `repeat` and `retry` mean this one.
    fn inside<T>(&mut self, id: GatherId, build: impl FnOnce(&mut Self) -> T) -> T {
        self.gathers.push(id);
        let built = build(self);
        self.gathers.pop();
        built
    }

    // ---------------------------------------------------------------------------------------------- menu

    /// `menu …`
    pub fn menu(&mut self, menu: &tree::Menu, step: &tree::Step) -> StepKind {
        let id = self.new_gather();
        let options = self.gather_options(&menu.options);
        let mut choices = Vec::new();
        let (mut timeout, mut invalid) = (None, None);
        if let Some(arms) = &menu.arms {
            let mut keys = Keys::default();
            // Each with the place of its head.
            let mut special: [Option<Place>; 2] = [None, None];
            for arm in &arms.arms {
                let mut patterns = Vec::new();
                let mut words = Vec::new();
                for head in &arm.heads {
                    let place = self.env.place(head.span);
                    match head_word(head).as_deref() {
                        Some("timeout") => words.push((0, place)),
                        Some("invalid") => words.push((1, place)),
                        // `x` alone is any digit.
                        Some(word) if !word.bytes().all(|b| b == b'x') => {
                            self.unknown_arm(head, &["timeout", "invalid"], "a menu");
                        }
                        _ => patterns.extend(self.choice(head, &mut keys)),
                    }
                }
                for (word, place) in &words {
                    if let Some(slot) = special.get_mut(*word) {
                        if let Some(first) = *slot {
                            self.earlier_arm(*place, Hit::Same(first));
                        }
                        slot.get_or_insert(*place);
                    }
                }
                if !words.is_empty() && patterns.is_empty() {
                    self.no_capture(arm);
                }
                let (capture, mut body) = self.choice_body(id, arm, !words.is_empty() && patterns.is_empty());
                let alone = patterns.is_empty() && words.len() == 1;
                for (word, _) in &words {
                    let slot = if *word == 0 { &mut timeout } else { &mut invalid };
                    if slot.is_none() {
                        *slot = Some(if alone { std::mem::take(&mut body) } else { self.copy(&body, arms.span) });
                    }
                }
                if !patterns.is_empty() {
                    choices.push(Choice { patterns, capture, body, place: self.env.place(heads_span(arm)) });
                }
            }
            if choices.is_empty()
                && !self.env.is_broken(arms.span)
                && !arms.arms.iter().any(|arm| arm.heads.iter().any(|head| !is_special(head)))
            {
                let error = self
                    .env
                    .diag(Code::NoChoices, step.head, "a menu without a choice")
                    .help("add an arm for a key, such as `1 => group sales`");
                self.env.report(error);
            }
            if !options.gap_given {
                self.starts(&keys);
            }
        }
        let otherwise = self.otherwise(step);
        StepKind::Menu(Menu {
            id,
            prompts: options.prompts,
            wait: options.wait,
            gap: options.gap,
            tries: options.tries,
            choices,
            timeout,
            invalid,
            otherwise,
        })
    }

    /// A choice's head; reports what cannot be pressed and what an earlier choice covers.
    fn choice(&mut self, head: &Expr, keys: &mut Keys) -> Option<Pattern> {
        if matches!(head.kind, ExprKind::Error) {
            return None;
        }
        let pattern = self.env.key_pattern(head)?;
        let place = self.env.place(head.span);
        if let Some(hit) = keys.cover.find(&pattern) {
            self.earlier_arm(place, hit);
        } else {
            keys.cover.add(&pattern, place);
            keys.all.push((pattern, place));
        }
        Some(pattern)
    }

    fn choice_body(&mut self, id: GatherId, arm: &Arm, without_keys: bool) -> (Option<crate::typed::VarId>, Block) {
        let mark = self.enter();
        let mut capture = None;
        if let Some(name) = &arm.capture {
            if without_keys {
                self.declare(name, Local::Unknown);
            } else {
                let var = self.new_var(name.text.clone(), Ty::Digits, VarKind::Keys(id), false, name.span);
                self.declare(name, Local::Value(var));
                capture = Some(var);
            }
        }
        let body = self.inside(id, |this| this.body(&arm.body));
        self.leave(mark);
        (capture, body)
    }

    /// Warns of choices that are the start of another: they wait for the time between keys.
    fn starts(&mut self, keys: &Keys) {
        if keys.all.len() > MAX_COMPARED {
            return;
        }
        let mut found = Vec::new();
        for (pattern, place) in &keys.all {
            let longer = keys.all.iter().find(|(other, _)| pattern.is_start_of(other) && pattern.max_len() < other.min_len());
            if let Some((_, longer)) = longer {
                found.push((*place, *longer));
            }
        }
        for (place, longer) in found {
            let text = quote(self.env.text(place.span));
            let warning = self
                .env
                .diag(Code::ChoiceStartsAnother, place.span, format!("{text} is the start of another choice, so it waits for more keys"))
                .label(longer, "the choice that begins with it")
                .help("say how long with `gap 2s` if that is meant, or choose other keys");
            self.env.report(warning);
        }
    }

    // ------------------------------------------------------------------------------------------- collect

    /// `collect …`
    pub fn collect(&mut self, collect: &tree::Collect, step: &tree::Step) -> StepKind {
        let id = self.new_gather();
        let (min, max) = collect.digits.as_ref().map_or((1, 1), |(least, most)| self.digit_range(least, most.as_ref()));
        let options = self.gather_options(&collect.options);
        let mut ending = None;
        let mut name = None;
        let mut secret = false;
        for option in &collect.options {
            match &option.kind {
                GatherOptionKind::Ending(Some(expr)) => ending = self.ending(expr),
                GatherOptionKind::As(word) => name = word.as_ref(),
                GatherOptionKind::Secret => secret = true,
                _ => {}
            }
        }
        let var = match name {
            Some(name) => self.new_var(name.text.clone(), Ty::Digits, VarKind::Keys(id), secret, name.span),
            None => HOLE,
        };
        let (mut entered, mut timeout, mut invalid) = (None, None, None);
        match &collect.inside {
            tree::Inside::Missing(_) => {}
            tree::Inside::Steps(block) => {
                let mark = self.enter();
                match name {
                    Some(name) => self.declare(name, Local::Value(var)),
                    None => self.nameless += 1,
                }
                entered = Some(self.inside(id, |this| this.steps(&block.steps)));
                self.nameless -= usize::from(name.is_none());
                self.leave(mark);
            }
            tree::Inside::Arms(arms) => {
                let by_word = self.word_arms(arms, &["entered", "timeout", "invalid"], "`collect`");
                [entered, timeout, invalid] = self.word_bodies(arms, &by_word, |this, word, arm| {
                    let mark = this.enter();
                    if word == 0
                        && let Some(name) = name
                    {
                        this.declare(name, Local::Value(var));
                    }
                    let block = this.inside(id, |this| this.body(&arm.body));
                    this.leave(mark);
                    block
                });
                if entered.is_none() && !arms.arms.is_empty() && !self.env.is_broken(arms.span) {
                    let error = self
                        .env
                        .diag(Code::NoEnteredArm, step.head, "nothing happens with the digits that are collected here")
                        .help("add an arm `entered => …`");
                    self.env.report(error);
                }
            }
        }
        let otherwise = self.otherwise(step);
        StepKind::Collect(Collect {
            id,
            min,
            max,
            prompts: options.prompts,
            wait: options.wait,
            gap: options.gap,
            tries: options.tries,
            ending,
            var,
            secret,
            entered: entered.unwrap_or_default(),
            timeout,
            invalid,
            otherwise,
        })
    }

    fn digit_range(&mut self, least: &Expr, most: Option<&Expr>) -> (u8, u8) {
        let count = |this: &mut Self, expr: &Expr| match &expr.kind {
            ExprKind::Error => None,
            ExprKind::Number(_, value) if (1.0..=MOST_DIGITS).contains(value) && value.fract() == 0.0 => Some(*value as u8),
            _ => {
                let text = quote(this.env.text(expr.span));
                let error = this
                    .env
                    .diag(Code::BadDigitCount, expr.span, format!("{text} digits cannot be collected"))
                    .help(format!("a whole number from 1 to {MOST_DIGITS} can"));
                this.env.report(error);
                None
            }
        };
        let min = count(self, least);
        let max = most.map_or(min, |most| count(self, most));
        if let (Some(min), Some(max), Some(most)) = (min, max, most)
            && min > max
        {
            let error = self
                .env
                .diag(Code::BadDigitCount, least.span.to(most.span), format!("from {min} to {max} digits is no range"))
                .help(format!("the smaller number comes first: `{max} to {min}`"));
            self.env.report(error);
            return (max, min);
        }
        (min.unwrap_or(1), max.or(min).unwrap_or(1))
    }

    /// The key that ends the input, as a symbol.
    fn ending(&mut self, expr: &Expr) -> Option<u8> {
        Packed::parse(&self.env.confirm_key(expr)?)?.symbol(0)
    }
}

/// The choices of a menu so far.
#[derive(Default)]
struct Keys {
    cover: Cover,
    all: Vec<(Pattern, Place)>,
}

/// `timeout` or `invalid`.
fn is_special(head: &Expr) -> bool {
    matches!(head_word(head).as_deref(), Some("timeout" | "invalid"))
}
