//! The telephone as questions and answers, for pipes, for screen readers, and for terminals that are none.

use std::io::{self, BufRead as _, Write as _};
use std::path::Path;

use callroute_calendar::read_duration;
use callroute_testing::trace::printable;

use super::phone::{Entry, Phone, State};
use super::record;
use crate::failure::{Failure, Outcome, say, shown};

/// Characters shown of what is said or done.
const MOST: usize = 2000;

pub fn run(phone: &mut Phone<'_>, script: &Path, asks: bool) -> Outcome {
    let mut out = io::stdout().lock();
    let mut input = io::stdin().lock();
    writeln!(out, "{}", phone.clock())?;
    let mut told = 0;
    let mut rings = None;
    let mut wrong = false;
    let mut line = String::new();
    loop {
        for entry in phone.log.iter().skip(told) {
            writeln!(out, "{}", text(entry))?;
        }
        told = phone.log.len();
        if phone.is_over() {
            break;
        }
        // Who rings is said when it begins, and whenever the clock has gone on.
        let ringing = (told, phone.elapsed());
        if rings.replace(ringing) != Some(ringing) {
            for line in ringing_now(phone) {
                writeln!(out, ".. {line}")?;
            }
        }
        write!(out, "{} ({})\n> ", phone.waits_for(), phone.fitting())?;
        out.flush()?;
        line.clear();
        if input.read_line(&mut line).map_err(|error| Failure::wrong(format!("what was typed cannot be read: {error}")))? == 0 {
            writeln!(out)?;
            break;
        }
        let typed = line.trim();
        if !asks {
            // Nobody has seen it being typed.
            let secret = matches!(phone.state, State::Keys { secret: true, .. });
            let shown = if secret { "•".repeat(typed.chars().count()) } else { shown(typed) };
            writeln!(out, "{shown}")?;
        }
        if let Err(message) = obey(phone, typed) {
            wrong |= !asks;
            writeln!(out, "{message}")?;
        }
    }
    if phone.is_over() {
        writeln!(out, "{}", phone.waits_for())?;
        offer(phone, script, &mut out, &mut input)?;
    } else {
        writeln!(out, "here the call was left: {}", phone.waits_for())?;
    }
    out.flush()?;
    if wrong { Err(Failure::Status(crate::failure::CALLED_WRONG)) } else { Ok(()) }
}

/// Does what was typed.
fn obey(phone: &mut Phone<'_>, typed: &str) -> Result<(), String> {
    let (word, rest) = typed.split_once(' ').unwrap_or((typed, ""));
    match (word, rest.trim()) {
        ("", _) => Ok(()),
        ("hangup", "") => {
            phone.hang_up();
            Ok(())
        }
        ("timeout", "") => phone.timeout(),
        ("wait", time) => {
            let seconds = time.parse().ok().or_else(|| read_duration(time).filter(|wait| wait % 1000 == 0).map(|wait| wait / 1000));
            phone.wait(seconds.ok_or_else(|| format!("`{time}` is no time to wait; write `wait 40s` or `wait 1h30m`"))?);
            phone.log.push(Entry::Event(format!("it is {}", phone.clock())));
            Ok(())
        }
        ("press", keys) => phone.press(keys),
        (keys, "") if keys.chars().all(|key| matches!(key, '0'..='9' | '*' | '#')) => phone.press(keys),
        _ => phone.outcome(typed),
    }
}

/// Who rings, and for how long yet, in sentences.
fn ringing_now(phone: &Phone<'_>) -> Vec<String> {
    let State::Ringing { members, limit, .. } = &phone.state else { return Vec::new() };
    let passed = phone.elapsed();
    let mut lines: Vec<String> =
        members.iter().map(|member| format!("{} {}", shown(&member.called()), member.now(passed, *limit).says())).collect();
    if limit.is_some_and(|limit| passed >= limit) {
        lines.push("the time is over: `timeout` says so to the script".to_owned());
    }
    lines
}

fn text(entry: &Entry) -> String {
    match entry {
        Entry::Event(text) => format!("-- {}", printable(text, MOST)),
        Entry::Line(line) => format!("   {line}"),
        Entry::Hears(text) => format!("<< {}", printable(text, MOST)),
        Entry::Does(text) => format!("=> {}", printable(text, MOST)),
        Entry::Note(text) => format!("!! {}", printable(text, MOST)),
    }
}

/// Whoever answers with a name gets a test of that name.
fn offer(phone: &Phone<'_>, script: &Path, out: &mut impl io::Write, input: &mut impl io::BufRead) -> Outcome {
    let name = shown(&script.display().to_string());
    write!(out, "Save this call as a test in {name}? Its name, or nothing to leave it:\n> ")?;
    out.flush()?;
    let mut line = String::new();
    let read = input.read_line(&mut line).map_err(|error| Failure::wrong(format!("what was typed cannot be read: {error}")))?;
    writeln!(out)?;
    let wanted = line.trim();
    if read == 0 || wanted.is_empty() {
        return Ok(());
    }
    let saved = record::save(phone, script, wanted)?;
    out.flush()?;
    say(&saved);
    Ok(())
}
