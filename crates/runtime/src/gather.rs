//! Menus and collects: what was pressed, tries, and keys typed ahead.

use callroute_bytecode::image::{Gather, GatherKind, Operand, Target};
use callroute_bytecode::op::{Instr, Op};
use callroute_numbers::Pattern;

use crate::call::{Counter, Given, Keys, MAX_COUNTERS, NO_KEY, Reason, WarningOut};
use crate::machine::{After, Machine, record};
use crate::trace::{Outcome, Trace};
use crate::value::{Fault, Value};

/// Milliseconds to the first key, where the script's value is missing.
const WAIT: u64 = 5_000;
/// Milliseconds between keys, where the script's value is missing.
const GAP: u64 = 2_000;
/// Tries, where the script's value is missing.
const TRIES: u8 = 3;

/// What keys mean for a gather.
enum Verdict {
    /// A choice, with so many keys; what is left over is kept, or not.
    Chosen { case: usize, target: Target, var: Option<u16>, taken: usize, keep: Option<usize> },
    /// Nothing was pressed.
    Silence,
    /// Something else was pressed.
    Wrong,
}

/// What each key means when it is all that was pressed: 1 + the choice, with [`EXACT`] where the key itself is one and not a pattern; 0 for a wrong
/// one. By far the most menus are answered by one key.
pub(crate) type Single = [u16; 12];

/// See [`Single`].
const EXACT: u16 = 1 << 15;

/// The [`Single`] of a menu; none for a collect, and for menus with more choices than have room.
pub(crate) fn single(gather: &Gather) -> Option<Single> {
    let GatherKind::Menu(choices) = &gather.kind else { return None };
    if choices.len() >= usize::from(EXACT) {
        return None;
    }
    let mut single = Single::default();
    for (key, slot) in (0..).zip(&mut single) {
        if let Verdict::Chosen { case, keep, .. } = judge(gather, &[key]) {
            let case = u16::try_from(case + 1).ok()?;
            *slot = case | if keep.is_some() { EXACT } else { 0 };
        }
    }
    Some(single)
}

/// [`judge`] with the help of a [`Single`].
fn judge_with(gather: &Gather, single: Option<&Single>, keys: &[u8]) -> Verdict {
    if let ([key], GatherKind::Menu(choices), Some(single)) = (keys, &gather.kind, single)
        && let Some(entry) = single.get(usize::from(*key))
    {
        let Some(case) = usize::from(entry & !EXACT).checked_sub(1) else { return Verdict::Wrong };
        if let Some(choice) = choices.get(case) {
            let keep = (entry & EXACT != 0).then_some(1);
            return Verdict::Chosen { case, target: choice.target, var: choice.capture, taken: 1, keep };
        }
    }
    judge(gather, keys)
}

/// The most keys of a choice.
pub(crate) fn max_digits(gather: &Gather) -> u8 {
    match &gather.kind {
        GatherKind::Menu(choices) => choices.iter().flat_map(|choice| &choice.patterns).map(Pattern::max_len).max().unwrap_or(1),
        GatherKind::Collect { max, .. } => *max,
    }
}

/// Whether the keys are in the positions of a pattern, as far as both go.
fn shares_start(pattern: &Pattern, keys: &[u8]) -> bool {
    pattern.positions().iter().zip(keys).all(|(set, key)| set >> (key & NO_KEY) & 1 == 1)
}

fn matches(pattern: &Pattern, keys: &[u8]) -> bool {
    let len = usize::from(pattern.min_len());
    (keys.len() == len || pattern.is_open() && keys.len() > len && !keys.contains(&NO_KEY)) && shares_start(pattern, keys)
}

/// Whether the keys are the start, and not the whole, of something that matches.
fn begins_longer(pattern: &Pattern, keys: &[u8]) -> bool {
    !keys.is_empty() && keys.len() < usize::from(pattern.max_len()) && !keys.contains(&NO_KEY) && shares_start(pattern, keys)
}

fn patterns(gather: &Gather) -> impl Iterator<Item = &Pattern> {
    let choices = match &gather.kind {
        GatherKind::Menu(choices) => choices.as_slice(),
        GatherKind::Collect { .. } => &[],
    };
    choices.iter().flat_map(|choice| &choice.patterns)
}

/// What keys mean. The longest choice that matches from the start is taken; but keys that begin a longer choice without
/// finishing it are wrong. What is left over is kept for the next gather, unless the choice is a pattern.
fn judge(gather: &Gather, keys: &[u8]) -> Verdict {
    if keys.is_empty() {
        return Verdict::Silence;
    }
    match &gather.kind {
        GatherKind::Menu(choices) => {
            let start = |len: usize| keys.get(..len).unwrap_or_default();
            let longest = keys.len().min(usize::from(callroute_numbers::MAX_SYMBOLS));
            let found = (1..=longest).rev().find_map(|len| {
                let case = choices.iter().position(|choice| choice.patterns.iter().any(|pattern| matches(pattern, start(len))))?;
                Some((len, case, choices.get(case)?))
            });
            let Some((len, case, choice)) = found else { return Verdict::Wrong };
            let unfinished = (len + 1..=keys.len()).any(|longer| patterns(gather).any(|pattern| begins_longer(pattern, start(longer))));
            if unfinished {
                return Verdict::Wrong;
            }
            let literal = choice.patterns.iter().any(|pattern| pattern.as_exact().is_some() && matches(pattern, start(len)));
            Verdict::Chosen { case, target: choice.target, var: choice.capture, taken: len, keep: literal.then_some(len) }
        }
        GatherKind::Collect { min, max, ending, var, entered, .. } => {
            let max = usize::from(*max);
            let end = ending.and_then(|ending| keys.iter().position(|key| *key == ending)).filter(|end| *end <= max);
            let (taken, rest) = match end {
                Some(end) => (end, end + 1),
                None => (keys.len().min(max), keys.len().min(max)),
            };
            let digits = keys.get(..taken).unwrap_or_default();
            if taken < usize::from(*min) || digits.iter().any(|key| *key > 9) {
                return Verdict::Wrong;
            }
            Verdict::Chosen { case: 0, target: *entered, var: Some(*var), taken, keep: Some(rest) }
        }
    }
}

/// What keys typed ahead mean for a gather that is about to be asked.
enum Ahead {
    /// They decide it.
    Decides,
    /// They may become a choice with more keys.
    Begins,
    /// No choice begins with them.
    Useless,
}

fn look_ahead(gather: &Gather, keys: &[u8]) -> Ahead {
    match &gather.kind {
        GatherKind::Menu(_) => {
            let begins = patterns(gather).any(|pattern| begins_longer(pattern, keys));
            let chooses = (1..=keys.len()).any(|len| patterns(gather).any(|pattern| matches(pattern, keys.get(..len).unwrap_or_default())));
            match (begins, chooses) {
                (true, _) => Ahead::Begins,
                (false, true) => Ahead::Decides,
                (false, false) => Ahead::Useless,
            }
        }
        GatherKind::Collect { max, ending, .. } => {
            let complete = keys.len() >= usize::from(*max) || ending.is_some_and(|ending| keys.contains(&ending));
            if complete { Ahead::Decides } else { Ahead::Begins }
        }
    }
}

impl<T: Trace> Machine<'_, T> {
    /// The counter of a gather. One that is not known has just been asked for the first time.
    fn counter(&mut self, gather: u32) -> Result<&mut Counter, Fault> {
        if let Some(at) = self.call.counters.iter().position(|counter| counter.gather == gather) {
            return self.call.counters.get_mut(at).ok_or(Fault("a counter was lost"));
        }
        let tries = self.tries(record(&self.image.gathers, gather)?.tries);
        if self.call.counters.len() >= MAX_COUNTERS {
            self.call.counters.remove(0);
        }
        self.call.counters.push(Counter { gather, used: 0, tries, attempt: 1, failed: false });
        self.call.counters.last_mut().ok_or(Fault("a counter was lost"))
    }

    fn tries(&self, operand: Operand) -> u8 {
        // Within the range by the clamp.
        self.number(operand).map_or(TRIES, |tries| tries.clamp(1.0, 100.0) as u8)
    }

    /// `menu` or `collect`: asked for the first time.
    pub fn gather(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        self.call.counters.retain(|counter| counter.gather != index);
        self.counter(index)?;
        self.ask_gather(at, index)
    }

    /// `repeat`
    pub fn repeat(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        self.trace(at, Op::Repeat, None, Outcome::Done);
        self.again(at, index)
    }

    /// `retry`, and the end of a `timeout` or `invalid` arm: uses a try, unless the one of this input was counted already.
    pub fn retry(&mut self, at: u32, instr: Instr) -> Result<After, Fault> {
        let counter = self.counter(instr.b)?;
        if instr.flag & 1 == 1 && !counter.failed {
            // The counter was lost.
            counter.used = counter.used.max(1);
        } else if !counter.failed {
            counter.used = counter.used.saturating_add(1);
            self.call.reason = Reason::InvalidInput;
        }
        let counter = *self.counter(instr.b)?;
        let left = counter.used < counter.tries;
        self.trace(at, Op::Retry, None, Outcome::Holds(left));
        if left { self.again(at, instr.b) } else { Ok(After::Goes(instr.c)) }
    }

    fn again(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        let counter = self.counter(index)?;
        counter.attempt = counter.attempt.saturating_add(1);
        counter.failed = false;
        self.ask_gather(at, index)
    }

    /// Asks, unless keys typed ahead decide. Silence and wrong keys without an arm ask again, until the tries are used up: that
    /// ends, because every round uses up keys.
    fn ask_gather(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        let gather = record(&self.image.gathers, index)?;
        loop {
            if self.call.ahead.is_empty() {
                return self.prompt_gather(at, index, 0);
            }
            match look_ahead(gather, self.call.ahead.as_slice()) {
                Ahead::Begins => return self.prompt_gather(at, index, 0),
                Ahead::Useless => self.call.ahead = Keys::default(),
                Ahead::Decides => {
                    let keys = std::mem::take(&mut self.call.ahead);
                    if let Some(target) = self.take(at, index, &keys)? {
                        return Ok(After::Goes(target));
                    }
                    let counter = self.counter(index)?;
                    counter.attempt = counter.attempt.saturating_add(1);
                    counter.failed = false;
                }
            }
        }
    }

    /// The event that answers a gather.
    pub fn digits(&mut self, at: u32, index: u32, digits: &str) -> Result<After, Fault> {
        let mut keys = std::mem::take(&mut self.call.ahead);
        if !keys.push_text(digits) {
            self.warn(WarningOut::Keys);
        }
        match self.take(at, index, &keys)? {
            Some(target) => Ok(After::Goes(target)),
            None => self.again(at, index),
        }
    }

    /// Takes keys: where they lead, or `None` when the gather is to be asked again.
    fn take(&mut self, at: u32, index: u32, keys: &Keys) -> Result<Option<Target>, Fault> {
        let gather = record(&self.image.gathers, index)?;
        let single = usize::try_from(index).ok().and_then(|index| self.program.single_keys.get(index)).and_then(Option::as_ref);
        let (arm, reason, word) = match judge_with(gather, single, keys.as_slice()) {
            Verdict::Chosen { case, target, var, taken, keep } => {
                if let Some(var) = var {
                    self.call.arena.room()?;
                    let mark = self.call.arena.mark();
                    for key in keys.as_slice().iter().take(taken) {
                        self.call.arena.push(key_text(*key));
                    }
                    let text = self.call.arena.since(mark);
                    self.put(var, Value::Text(text));
                }
                if let Some(kept) = keep.filter(|kept| *kept < keys.as_slice().len()) {
                    let (ahead, all) = keys.after(kept);
                    self.call.ahead = ahead;
                    if !all {
                        self.warn(WarningOut::Keys);
                    }
                }
                // What the caller did wrong before is mended. The counter stays, for a `retry` further on.
                self.call.reason = Reason::Unrouted;
                self.counter(index)?.failed = false;
                self.trace(at, Op::Gather, var, Outcome::Chose(u32::try_from(case).ok()));
                return Ok(Some(target));
            }
            Verdict::Silence => (gather.timeout, Reason::NoInput, "timeout"),
            Verdict::Wrong => (gather.invalid, Reason::InvalidInput, "invalid"),
        };
        self.call.reason = reason;
        let counter = self.counter(index)?;
        counter.used = counter.used.saturating_add(1);
        counter.failed = true;
        let over = counter.used >= counter.tries;
        self.trace(at, Op::Gather, None, Outcome::Reported(word));
        Ok(match arm {
            Some(target) => Some(target),
            None if over => Some(gather.otherwise),
            None => None,
        })
    }

    /// Gives the instruction, with the gather's prompts but for those that were heard already.
    pub fn prompt_gather(&mut self, at: u32, index: u32, heard: u32) -> Result<After, Fault> {
        let gather = record(&self.image.gathers, index)?;
        let mut count = 0;
        for prompt in &gather.prompts {
            if let Some(said) = self.say(*prompt, true, &mut count, heard)? {
                return Ok(self.play_first(at, said));
            }
        }
        let attempt = self.counter(index)?.attempt;
        let wait = self.duration(Some(gather.wait)).unwrap_or(WAIT);
        let gap = self.duration(Some(gather.gap)).unwrap_or(GAP);
        let given = match &gather.kind {
            GatherKind::Menu(_) => {
                let long =
                    usize::try_from(index).ok().and_then(|index| self.program.max_digits.get(index)).is_some_and(|digits| *digits > 1);
                Given::Menu { gather: index, wait, gap: long.then_some(gap), attempt }
            }
            GatherKind::Collect { .. } => Given::Collect { gather: index, wait, gap, attempt },
        };
        self.trace(at, Op::Gather, None, Outcome::Asked);
        Ok(self.ask(given, at, None))
    }
}

/// A key as text.
pub(crate) const fn key_text(key: u8) -> &'static str {
    match key {
        0 => "0",
        1 => "1",
        2 => "2",
        3 => "3",
        4 => "4",
        5 => "5",
        6 => "6",
        7 => "7",
        8 => "8",
        9 => "9",
        callroute_numbers::STAR => "*",
        callroute_numbers::HASH => "#",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use callroute_bytecode::image::Choice;

    fn keys(text: &str) -> Keys {
        let mut keys = Keys::default();
        assert!(keys.push_text(text));
        keys
    }

    fn gather(kind: GatherKind) -> Gather {
        Gather {
            kind,
            prompts: Vec::new(),
            wait: Operand::constant(0),
            gap: Operand::constant(0),
            tries: Operand::constant(0),
            timeout: None,
            invalid: None,
            otherwise: 0,
            live: Vec::new(),
        }
    }

    fn menu(choices: &[&str]) -> Gather {
        let choices = (1..).zip(choices).map(|(target, patterns)| Choice {
            patterns: patterns.split(',').map(|pattern| Pattern::parse_keys(pattern).unwrap()).collect(),
            capture: None,
            target,
        });
        gather(GatherKind::Menu(choices.collect()))
    }

    /// The choice, and what is kept; 0 for silence, -1 for wrong keys.
    fn outcome(gather: &Gather, text: &str) -> (i64, String) {
        let keys = keys(text);
        match judge_with(gather, single(gather).as_ref(), keys.as_slice()) {
            Verdict::Chosen { target, keep, .. } => {
                let kept = keep.map_or(Keys::default(), |kept| keys.after(kept).0);
                (target.into(), kept.as_slice().iter().map(|key| key_text(*key)).collect())
            }
            Verdict::Silence => (0, String::new()),
            Verdict::Wrong => (-1, String::new()),
        }
    }

    #[test]
    fn extensions_beside_choices() {
        let menu = menu(&["1", "2", "1xx", "*,#"]);
        for (keys, choice, kept) in [
            ("1", 1, ""),
            ("101", 3, ""),
            ("10", -1, ""),
            ("2", 2, ""),
            ("1999", 3, ""),
            ("21", 2, "1"),
            ("2101", 2, "101"),
            ("", 0, ""),
            ("7", -1, ""),
            ("*", 4, ""),
            ("#2", 4, "2"),
            ("1*", 1, "*"),
            ("10*", -1, ""),
            ("x", -1, ""),
            ("2x", 2, "?"),
        ] {
            assert_eq!(outcome(&menu, keys), (choice, kept.to_owned()), "{keys}");
        }
    }

    #[test]
    fn one_key_means_what_it_means_among_several() {
        for menu in [menu(&["1", "2", "1xx", "*,#"]), menu(&["x", "1"]), menu(&["[2-4]", "2,3", "9"]), menu(&["10", "*1"]), menu(&[])] {
            let single = single(&menu);
            for key in 0..=12 {
                let parts = |verdict| match verdict {
                    Verdict::Chosen { case, target, var, taken, keep } => Some((case, target, var, taken, keep)),
                    Verdict::Silence | Verdict::Wrong => None,
                };
                assert_eq!(parts(judge_with(&menu, single.as_ref(), &[key])), parts(judge(&menu, &[key])), "{key} {menu:?}");
            }
        }
    }

    #[test]
    fn digits_with_and_without_an_end() {
        let pin = gather(GatherKind::Collect { min: 4, max: 4, ending: Some(11), secret: true, var: 11, entered: 9 });
        let free = gather(GatherKind::Collect { min: 2, max: 6, ending: None, secret: false, var: 11, entered: 9 });
        for (gather, keys, choice, kept) in [
            (&pin, "1234", 9, ""),
            (&pin, "1234#", 9, ""),
            (&pin, "123#", -1, ""),
            (&pin, "#", -1, ""),
            (&pin, "12345", 9, "5"),
            (&pin, "1234#5", 9, "5"),
            (&pin, "12*4", -1, ""),
            (&pin, "", 0, ""),
            (&free, "12", 9, ""),
            (&free, "1", -1, ""),
            (&free, "1234567", 9, "7"),
            (&free, "12#", -1, ""),
        ] {
            assert_eq!(outcome(gather, keys), (choice, kept.to_owned()), "{keys}");
        }
    }

    #[test]
    fn keys_have_a_bound() {
        let mut many = Keys::default();
        assert!(!many.push_text(&"1".repeat(10_000)));
        assert_eq!(many.as_slice().len(), Keys::MOST);
        let (kept, all) = many.after(1);
        assert!(!all && kept.as_slice().len() == Keys::AHEAD);
    }
}
