//! What is said of the thing under the pointer.

use callroute_analysis::names::{Definition, NameKind};
use callroute_analysis::typed::ScheduleDef;
use callroute_calendar::{Zone, format_local};
use callroute_diagnostics::{FileId, Span};
use callroute_numbers::{Packed, Pattern};
use callroute_syntax::tree::{CondKind, ExprKind, HoursArg};
use callroute_syntax::visit::{Node, path_at};

use crate::describe::{Clock, definition_text, number_text, schedule_text};
use crate::docs;
use crate::lex;
use crate::snapshot::Snapshot;

/// What is said of a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hover {
    /// Markdown.
    pub text: String,
    /// What it speaks of.
    pub span: Span,
}

/// Says what stands at an offset; nothing where there is nothing to say.
#[must_use]
pub fn hover(snapshot: &Snapshot, file: FileId, at: u32, clock: Clock) -> Option<Hover> {
    if let Some((span, definition)) = snapshot.analysis().names.at(file, at) {
        return Some(Hover { text: of_name(snapshot, definition, clock), span });
    }
    let parse = snapshot.parse(file)?;
    let path = path_at(&parse.tree, at);
    for node in path.iter().rev() {
        let text = match node {
            Node::Zone(zone) => zone_text(&zone.text, clock),
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Phone(text) => phone_text(text),
                ExprKind::Number(text, _) => phone_text(text),
                ExprKind::Pattern(text) => pattern_text(text),
                _ => None,
            },
            Node::Date(date) if date.valid => date.year.and_then(|year| {
                let day = callroute_calendar::Day::from_ymd(year, date.month, date.day)?;
                Some(format!("{} {day}", day.weekday()))
            }),
            _ => None,
        };
        if let Some(text) = text {
            return Some(Hover { text, span: node.span() });
        }
    }
    if parse.comments.iter().any(|comment| comment.span.start < at && at < comment.span.end) {
        return None;
    }
    word_text(snapshot, file, at, &path, clock)
}

fn of_name(snapshot: &Snapshot, definition: &Definition, clock: Clock) -> String {
    let mut out = String::new();
    let head = snapshot.definition_around(definition.place);
    let code = match (definition.kind, head) {
        (NameKind::Defined(_), Some(def)) => first_lines(def.span.text(snapshot.text(definition.place.file))),
        (NameKind::Extern(kind), _) => format!("extern {} {}", kind.noun(), definition.name),
        (NameKind::Param, _) => format!("parameter {}", definition.name),
        (NameKind::Row, _) => format!("row {}", definition.name),
        (NameKind::Keys, _) => format!("keys {}", definition.name),
        (NameKind::Field, _) => format!("field {}", definition.name),
        (NameKind::Contact, _) => "contact".to_owned(),
        (NameKind::Defined(kind), None) => format!("{} {}", kind.noun(), definition.name),
    };
    out.push_str("```route\n");
    out.push_str(&code);
    out.push_str("\n```");
    if let (NameKind::Defined(_), Some(doc)) = (definition.kind, head.and_then(|def| def.doc.as_deref())) {
        out.push_str("\n\n");
        out.push_str(doc.trim());
    }
    let more = definition_text(snapshot, definition, clock);
    if !more.is_empty() {
        out.push_str("\n\n---\n\n");
        out.push_str(&more);
    }
    out
}

/// The beginning of a definition, for a box of code: up to eight lines and 400 characters; the comment above it is shown apart.
fn first_lines(text: &str) -> String {
    const LINES: usize = 8;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("///")).collect();
    let mut out: String = lines.iter().take(LINES).copied().collect::<Vec<_>>().join("\n").chars().take(400).collect();
    if lines.len() > LINES {
        out.push_str("\n  …");
    }
    out
}

fn zone_text(name: &str, clock: Clock) -> Option<String> {
    let zone = Zone::parse(name).ok()?;
    let mut text = format!("**{}**: it is {}", zone.name(), format_local(zone, clock.now));
    if let Some(own) = clock.zone.filter(|own| *own != zone) {
        text.push_str(&format!(" (for you {})", format_local(own, clock.now)));
    }
    Some(text)
}

fn phone_text(text: &str) -> Option<String> {
    let number = Packed::parse(text)?;
    number_text(number).map(|what| format!("`{number}`: {what}"))
}

fn pattern_text(text: &str) -> Option<String> {
    let pattern = Pattern::parse(text).ok()?;
    let start = pattern.literal_start();
    // The plus of an international number is one of its places, and no digit.
    let plus = u8::from(text.starts_with('+'));
    let (min, max) = (pattern.min_len().saturating_sub(plus), pattern.max_len().saturating_sub(plus));
    let length = match () {
        () if pattern.is_open() => format!("numbers of {min} digits and more"),
        () if min == max => format!("numbers of {min} digits"),
        () => format!("numbers of {min} to {max} digits"),
    };
    let what = number_text(start).map_or_else(String::new, |what| format!("; `{start}` is {what}"));
    Some(format!("`{text}`: {length}{what}"))
}

/// A word of the language, and what hours written in place mean, wherever one points in them.
fn word_text(snapshot: &Snapshot, file: FileId, at: u32, path: &[Node<'_>], clock: Clock) -> Option<Hover> {
    let source = snapshot.text(file);
    let word = word_at(source, at);
    let docs: Vec<String> = word
        .iter()
        .flat_map(|word| docs::of(word.text(source)))
        .map(|doc| format!("```route\n{}\n```\n\n{}", doc.form, doc.text))
        .collect();
    let inline = path.iter().rev().find_map(|node| match node {
        Node::Cond(cond) if matches!(cond.kind, CondKind::Hours(HoursArg::Inline { .. })) => Some(cond.span),
        _ => None,
    });
    let hours = inline.zip(snapshot.program()).and_then(|(span, program)| {
        let in_place = |found: &&ScheduleDef| found.name.is_none() && found.place.file == file && span.contains(found.place.span);
        Some(schedule_text(&program.dates, &program.schedules.iter().find(in_place)?.schedule, clock))
    });
    let span = word.filter(|_| !docs.is_empty()).or(inline.filter(|_| hours.is_some()))?;
    let text = docs.into_iter().chain(hours).collect::<Vec<_>>().join("\n\n---\n\n");
    Some(Hover { text, span })
}

/// The word that a caret touches.
pub(crate) fn word_at(source: &str, at: u32) -> Option<Span> {
    let at = usize::try_from(at).ok()?.min(source.len());
    let line_start = source.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline.saturating_add(1));
    let line_end = source.get(at..).and_then(|rest| rest.find('\n')).map_or(source.len(), |newline| at.saturating_add(newline));
    let line = source.get(line_start..line_end)?;
    let offset = u32::try_from(line_start).ok()?;
    let at = u32::try_from(at).ok()?;
    lex::tokens(line).into_iter().filter(|token| token.kind == lex::Kind::Word).find_map(|token| {
        let span = Span::new(token.span.start.saturating_add(offset), token.span.end.saturating_add(offset));
        span.touches(at).then_some(span)
    })
}
