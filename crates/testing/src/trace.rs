//! Why a call went the way it went: a step of the machine as a line of the script, with what came of it and the reason, in words.
//!
//! This is the one renderer of traces. It knows the compiled script alone, so that it serves `.routec` files too; where their places were
//! stripped it falls back to addresses.

use std::fmt;

use callroute_bytecode::image::GatherKind;
use callroute_bytecode::op::Op;
use callroute_calendar::{Day, Weekday, Zone, local};
use callroute_diagnostics::{Encoding, FileId, LineIndex, Place, Span};
use callroute_runtime::{Outcome, Program, Step, Tracer};
use serde::Serialize;

/// Characters shown of the piece of script that decided.
const PIECE: usize = 70;
/// Characters shown of a value.
const VALUE: usize = 200;

/// A step, for people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// The file; `None` where places were stripped from the compiled script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// From 1; 0 where it is not known.
    pub line: u32,
    /// From 1, in characters; 0 where it is not known.
    pub column: u32,
    /// What stands there, on one line, cut, without control characters.
    pub text: String,
    /// What came of it: `is false`, `rings`, `busy`, `1 was pressed`; empty for what is just done.
    pub outcome: String,
    /// Why: `Saturday 10:02 in America/Chicago`, `from is +14155550123`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Line {
    /// `office.route:35`, `@17`
    #[must_use]
    pub fn place(&self) -> String {
        match &self.file {
            Some(file) => format!("{}:{}", printable(file, VALUE), self.line),
            None => format!("@{}", self.line),
        }
    }

    /// `` `hours(office)` is false: Saturday 10:02 in America/Chicago ``
    #[must_use]
    pub fn says(&self) -> String {
        let mut out = String::new();
        if !self.text.is_empty() {
            out = format!("`{}`", self.text);
        }
        if !self.outcome.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out += &self.outcome;
        }
        if let Some(reason) = &self.reason {
            out += ": ";
            out += reason;
        }
        out
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.says())
    }
}

/// Makes lines of steps. Keep it for a whole run: it remembers where lines begin.
#[derive(Debug)]
pub struct Renderer<'p> {
    program: &'p Program,
    /// By the number of their file.
    lines: Vec<(u32, LineIndex)>,
}

/// Where an instruction comes from, unless that was stripped.
#[must_use]
pub fn place(program: &Program, address: u32) -> Option<Place> {
    let place = program.place(address)?;
    Some(Place { file: FileId(place.file), span: Span::new(place.start, place.end) })
}

/// The way of a call: where its steps stand, one after the other.
#[derive(Clone, Debug)]
pub struct Way<'p> {
    program: &'p Program,
    /// The places so far.
    pub places: Vec<Place>,
}

impl<'p> Way<'p> {
    /// Of a call that this script decides, and that has not begun.
    #[must_use]
    pub const fn new(program: &'p Program) -> Self {
        Self { program, places: Vec::new() }
    }
}

impl Tracer for Way<'_> {
    fn step(&mut self, step: &Step<'_>) {
        self.places.extend(place(self.program, step.address));
    }
}

/// A text of somebody else's making for a line: control characters are spelled out, and it is cut.
#[must_use]
pub fn printable(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == most {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// `Saturday`
#[must_use]
pub fn weekday(day: Day) -> &'static str {
    match day.weekday() {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// What a clock shows: `Saturday 10:02 in America/Chicago`; with the date `Saturday 2026-04-25 10:02 in America/Chicago`.
#[must_use]
pub fn clock(zone: Zone, at: i64, date: bool) -> String {
    let now = local(zone, at);
    let mut out = weekday(now.day).to_owned();
    if date {
        out += &format!(" {}", now.day);
    }
    out += &format!(" {:02}:{:02}", now.minute / 60, now.minute % 60);
    if now.second != 0 {
        out += &format!(":{:02}", now.second);
    }
    format!("{out} in {}", zone.name())
}

/// What a day is: `Thursday 2026-11-26 in America/Chicago`.
fn day(zone: Zone, at: i64) -> String {
    let now = local(zone, at);
    format!("{} {} in {}", weekday(now.day), now.day, zone.name())
}

/// Does this piece of script ask for the opposite (`is not`, `not in`)? The machine always tells what holds of the positive question.
fn is_negative(text: &str) -> bool {
    let mut quoted = false;
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c == '"' {
            quoted = !quoted;
        }
        if !quoted && (c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            word.push(c.to_ascii_lowercase());
        } else if std::mem::take(&mut word) == "not" && !quoted {
            return true;
        }
    }
    false
}

impl<'p> Renderer<'p> {
    /// Of a compiled script.
    #[must_use]
    pub const fn new(program: &'p Program) -> Self {
        Self { program, lines: Vec::new() }
    }

    /// Path, line, column (from 1) and text of an instruction's place.
    fn place(&mut self, address: u32) -> Option<(&'p str, u32, u32, &'p str)> {
        let place = self.program.place(address)?;
        if !self.lines.iter().any(|(file, _)| *file == place.file) {
            self.lines.push((place.file, LineIndex::new(place.text)));
        }
        let (_, index) = self.lines.iter().find(|(file, _)| *file == place.file)?;
        let position = index.position(place.text, place.start, Encoding::Chars);
        let piece = place.text.get(place.start as usize..place.end as usize).unwrap_or_default();
        Some((place.path, position.line.saturating_add(1), position.column.saturating_add(1), piece))
    }

    /// The line of what a switch or split leads to.
    fn leads_to(&mut self, address: u32, case: Option<u32>) -> Option<u32> {
        let image = self.program.verified().image();
        let instr = image.code.get(address as usize)?;
        let case = case? as usize;
        let target = match instr.op {
            Op::Switch => *image.switches.get(instr.b as usize)?.targets.get(case)?,
            Op::Split => image.splits.get(instr.b as usize)?.arms.get(case)?.1,
            _ => return None,
        };
        let (own, ..) = self.place(address)?;
        let (path, line, ..) = self.place(target)?;
        (own == path).then_some(line)
    }

    /// What was pressed: the heads of a menu's choice.
    fn choice(&self, address: u32, case: u32) -> Option<String> {
        let image = self.program.verified().image();
        let instr = image.code.get(address as usize)?;
        match &image.gathers.get(instr.b as usize)?.kind {
            GatherKind::Menu(choices) => {
                let heads: Vec<String> = choices.get(case as usize)?.patterns.iter().map(ToString::to_string).collect();
                Some(heads.join(" or "))
            }
            GatherKind::Collect { .. } => None,
        }
    }

    /// A step as a line. `None` for what happens between steps of a script, and says nothing to people.
    pub fn line(&mut self, step: &Step<'_>) -> Option<Line> {
        let skipped = matches!((step.op, step.outcome), (Op::Assign | Op::Goto | Op::Return, _));
        if skipped {
            return None;
        }
        let place = self.place(step.address);
        let piece = place.map_or("", |(_, _, _, piece)| piece);
        let first = piece.lines().next().unwrap_or_default().trim_end();
        let mut text = printable(first, PIECE);
        if first.len() < piece.trim_end().len() && !text.ends_with('…') {
            text.push('…');
        }
        if step.op == Op::Switch
            && let Some((head, _)) = text.split_once(['<', '{'])
        {
            // Of rules that share one look at a value the first head stands for all.
            text = format!("{} …", head.trim_end());
        }
        let value = || {
            let name = printable(step.subject?, VALUE);
            Some(match step.value {
                Some("(secret)") => format!("{name} is secret"),
                Some(value) if value.is_empty() || value.contains(char::is_whitespace) => {
                    format!("{name} is \"{}\"", printable(value, VALUE))
                }
                Some(value) => format!("{name} is {}", printable(value, VALUE)),
                None if matches!(step.subject, Some("from" | "to")) => format!("{name} is withheld"),
                None => format!("{name} is missing"),
            })
        };
        let mut reason = None;
        let outcome = match (step.op, step.outcome) {
            (Op::TableLookup, Outcome::Holds(found)) => if found { "finds a row" } else { "finds no row" }.to_owned(),
            (Op::Retry, Outcome::Holds(left)) => {
                if piece.len() > "retry".len() {
                    text.clear();
                }
                if left { "asks again: a try is left" } else { "no try is left" }.to_owned()
            }
            (op, Outcome::Holds(holds)) => {
                reason = match step.clock {
                    Some((zone, at)) if op == Op::BrOn => Some(day(zone, at)),
                    Some((zone, at)) => Some(clock(zone, at, false)),
                    None => value(),
                };
                if holds != is_negative(piece) { "is true" } else { "is false" }.to_owned()
            }
            (Op::Gather | Op::Repeat | Op::Retry, Outcome::Chose(Some(case))) => {
                reason = value();
                match self.choice(step.address, case) {
                    Some(keys) => format!("{keys} was pressed"),
                    None => "was entered".to_owned(),
                }
            }
            (op, Outcome::Chose(case)) => {
                reason = value();
                match (self.leads_to(step.address, case), case) {
                    (Some(line), _) if op == Op::Split => format!("draws line {line}"),
                    (Some(line), _) => format!("goes to line {line}"),
                    (None, Some(case)) => format!("takes case {}", case.saturating_add(1)),
                    (None, None) => "matches nothing".to_owned(),
                }
            }
            (op, Outcome::Reported(word)) => reported(op, word),
            (Op::Lookup, Outcome::Skipped) => "asks nobody: an argument is missing".to_owned(),
            (_, Outcome::Skipped) => "rings nobody".to_owned(),
            (Op::Dial, Outcome::Asked) => "rings".to_owned(),
            (_, Outcome::Asked) => String::new(),
            (Op::Set | Op::SetText, Outcome::Done) => {
                reason = value();
                String::new()
            }
            (Op::End, Outcome::Done) => {
                text.clear();
                "the script ends here, and has not settled the call".to_owned()
            }
            (_, Outcome::Done) => String::new(),
        };
        if text.is_empty() && outcome.is_empty() {
            text = step.op.mnemonic().to_owned();
        }
        Some(match place {
            Some((file, line, column, _)) => Line { file: Some(file.to_owned()), line, column, text, outcome, reason },
            None => {
                if text.is_empty() {
                    text = step.op.mnemonic().to_owned();
                }
                Line { file: None, line: step.address, column: 0, text, outcome, reason }
            }
        })
    }
}

/// What the host reported, in words.
fn reported(op: Op, word: &str) -> String {
    match (op, word) {
        (Op::Gather | Op::Repeat | Op::Retry, "timeout") => "nothing was pressed",
        (Op::Gather | Op::Repeat | Op::Retry, _) => "what was pressed is no choice",
        (Op::Dial, "answered") => "somebody answered",
        (Op::Dial, "busy") => "is busy, the call goes on",
        (Op::Dial, "no-answer") => "nobody answered, the call goes on",
        (Op::Dial, "declined") => "was declined, the call goes on",
        (Op::Dial, "unreachable") => "is unreachable, the call goes on",
        (Op::Dial, "redirected") => "was redirected",
        (Op::Dial, "full") => "is full, the call goes on",
        (Op::Dial, "empty") => "is empty, the call goes on",
        (Op::Dial, "timeout") => "the wait was too long, the call goes on",
        (Op::Dial, "key") => "a key was pressed",
        (Op::Voicemail, "recorded") => "a message was left",
        (Op::Voicemail, "full") => "the mailbox is full",
        (Op::Voicemail, _) => "failed",
        (Op::Action, "ok") => "was done",
        (Op::Lookup, "found") => "a row was found",
        (Op::Lookup, "missing") => "there is no row",
        (Op::Lookup, "late") => "the answer came too late",
        (Op::Action | Op::Lookup, _) => "failed",
        _ => return printable(word, VALUE),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_questions_are_seen() {
        for (text, negative) in [
            ("from not in vip", true),
            ("from is NOT anonymous", true),
            ("from in vip", false),
            ("from.name is \"not me\"", false),
            ("note is \"a\" and x", false),
            ("nothing is knot", false),
            ("do-not is 5", false),
        ] {
            assert_eq!(is_negative(text), negative, "{text}");
        }
    }

    #[test]
    fn clocks_read_as_people_read_them() {
        let chicago = Zone::parse("America/Chicago").unwrap();
        assert_eq!(clock(chicago, 1_777_129_320, false), "Saturday 10:02 in America/Chicago");
        assert_eq!(clock(chicago, 1_777_129_325, true), "Saturday 2026-04-25 10:02:05 in America/Chicago");
    }

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("a\u{1b}[31m\n", 9), "a\\u{1b}[31m\\n");
        assert_eq!(printable("żółw", 2), "żó…");
    }
}
