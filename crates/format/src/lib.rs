//! The canonical layout of `.route` scripts.
//!
//! [`format()`] changes white space, `;`, the kind of brackets, and the case of the language's own words, and nothing else: every
//! other token and every comment comes out as it went in, in the same order. Before a text is handed out it is parsed again and
//! compared with what came in. What is wrong in a script stays byte for byte as it is, and the rest is laid out around it.
//!
//! It works on tokens, of which the tree says what they belong to (`marks`): entries and pieces are read from them
//! (`structure`), measured, and printed (`print`).

mod marks;
mod outline;
mod print;
mod structure;
mod tokens;

use std::collections::HashSet;

use callroute_diagnostics::Span;
use callroute_syntax::tree::Item;
use callroute_syntax::{CommentKind, Parse, parse};

use crate::marks::{Left, Marks};
use crate::outline::Outline;
use crate::print::{Placed, Printer};
use crate::structure::Reader;
use crate::tokens::{Kind, tokens};

/// A script in its canonical layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Formatted {
    /// The whole text. It ends with a line end, unless it is empty.
    pub text: String,
    /// Parts of the source that were left as they are, since something in them is wrong; in order.
    pub broken: Vec<Span>,
}

/// New text for a part of a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}

/// The laid out text would not mean the same: a fault of this crate. The script should be left as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormatError {
    /// Where in the source the difference is.
    pub span: Span,
}

impl std::fmt::Display for FormatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the formatted text would not mean the same")
    }
}

impl std::error::Error for FormatError {}

/// Lays out a script. Lines end with LF, unless all of the source end with CR LF.
///
/// # Errors
///
/// When the result would mean something else, which is a fault of this crate.
pub fn format(source: &str) -> Result<Formatted, FormatError> {
    let original = parse(source);
    whole(source, &original).map(|layout| Formatted { text: layout.text, broken: layout.broken })
}

/// Lays out the items at the top of a script that `range` touches, with the comments that belong to them. `None`: they are in the
/// canonical layout, or there are none.
///
/// # Errors
///
/// When the result would mean something else, which is a fault of this crate.
pub fn format_range(source: &str, range: Span) -> Result<Option<Edit>, FormatError> {
    let original = parse(source);
    let layout = whole(source, &original)?;
    let mut touched = layout.items.iter().filter(|item| item.span.start <= range.end && range.start <= item.span.end);
    let Some(first) = touched.next() else { return Ok(None) };
    let last = touched.next_back().unwrap_or(first);
    // The blanks of their first line are theirs, and so is what nobody needs behind their last one.
    let before = Span::new(0, first.span.start).text(source);
    let line = before.get(before.rfind('\n').map_or(0, |at| at.saturating_add(1))..).unwrap_or("");
    let indent = if line.trim_matches([' ', '\t']).is_empty() { u32::try_from(line.len()).unwrap_or(0) } else { 0 };
    let behind = source.get(last.span.end as usize..).unwrap_or("");
    let blanks = behind.len().saturating_sub(behind.trim_start_matches([' ', '\t', ';']).len());
    let ends_line = behind.get(blanks..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']));
    let blanks = if ends_line { u32::try_from(blanks).unwrap_or(0) } else { 0 };
    let span = Span::new(first.span.start.saturating_sub(indent), last.span.end.saturating_add(blanks));
    let text = layout.text.get(first.text.start..last.text.end).unwrap_or("").trim_end_matches('\r').to_owned();
    if span.text(source) == text {
        return Ok(None);
    }
    let changed = [source.get(..span.start as usize).unwrap_or(""), &text, source.get(span.end as usize..).unwrap_or("")].concat();
    match difference(source, &original, &changed) {
        None => Ok(Some(Edit { span, text })),
        Some(at) => Err(FormatError { span: at }),
    }
}

/// A text that has been laid out.
struct Layout {
    text: String,
    broken: Vec<Span>,
    items: Vec<Placed>,
}

/// Lays out a whole script, more and more carefully, until it means the same.
fn whole(source: &str, original: &Parse) -> Result<Layout, FormatError> {
    let mut careful: HashSet<u32> = HashSet::new();
    let mut left = Left::default();
    loop {
        let layout = lay_out(source, original, &careful, &left);
        let Some(at) = difference(source, original, &layout.text) else { return Ok(layout) };
        if retry(original, at, &mut careful, &mut left) {
            continue;
        }
        return if original.is_clean() { Err(FormatError { span: at }) } else { Ok(as_it_is(source)) };
    }
}

fn as_it_is(source: &str) -> Layout {
    let broken = vec![Span::new(0, u32::try_from(source.len()).unwrap_or(u32::MAX))];
    Layout { text: source.to_owned(), broken, items: Vec::new() }
}

/// The items that are tried more carefully at the next attempt. False: nothing is left to try.
fn retry(original: &Parse, at: Span, careful: &mut HashSet<u32>, left: &mut Left) -> bool {
    const ATTEMPTS: usize = 8;
    let items = &original.tree.items;
    let behind = items.partition_point(|item| item_span(item).start <= at.start);
    // The one at fault, or the one before, which has run into it.
    let near = [behind.checked_sub(1), behind.checked_sub(2)];
    let starts: Vec<u32> = near.iter().flatten().filter_map(|&i| items.get(i)).map(|item| item_span(item).start).collect();
    if !original.is_clean() && !std::mem::replace(&mut left.blocks, true) {
        return true;
    }
    if careful.len().saturating_add(left.whole.len()) < ATTEMPTS && starts.iter().any(|start| !careful.contains(start)) {
        careful.extend(starts);
        return true;
    }
    let every: HashSet<u32> = items.iter().map(|item| item_span(item).start).collect();
    if careful.len() < every.len() {
        *careful = every;
        return true;
    }
    if original.is_clean() || left.whole.len() == every.len() {
        return false;
    }
    // In a script with mistakes: the items that have them stay as a whole.
    let wrong = |item: &Item| {
        let span = item_span(item);
        matches!(item, Item::Error(_)) || original.diagnostics.iter().any(|d| span.touches(d.place.span.start))
    };
    let before = left.whole.len();
    left.whole.extend(items.iter().filter(|item| wrong(item)).map(|item| item_span(item).start));
    left.whole.len() > before
}

fn item_span(item: &Item) -> Span {
    match item {
        Item::Def(def) => def.span,
        Item::Step(step) => step.span,
        Item::Error(span) => *span,
    }
}

/// Lays out without a second look.
fn lay_out(source: &str, parsed: &Parse, careful: &HashSet<u32>, left: &Left) -> Layout {
    let marks = Marks::of(source, &parsed.tree, &parsed.diagnostics, left);
    if marks.hopeless {
        return as_it_is(source);
    }
    let tokens = tokens(source, &parsed.comments, &marks);
    let braces = tokens.iter().find(|token| token.kind == Kind::Open).is_some_and(|token| token.span.text(source) == "{");
    let mut reader =
        Reader { source, tokens: &tokens, marks: &marks, careful, at: 0, verbatim: Vec::new(), known_apart: 0, keep_all: false };
    let (mut body, _) = reader.body(None);
    let broken = reader.verbatim;
    body.measure();
    let (mut text, mut items) = Printer::new(source, braces).file(&body);
    let lines = source.matches('\n').count();
    if lines > 0 && source.matches("\r\n").count() == lines {
        // What stays as it is has its own line ends already.
        let (mut read, mut written) = (0, 0);
        let mut moved = |at: usize| {
            let part = text.get(read..at).unwrap_or("");
            written += part.len().saturating_add(part.matches('\n').count()).saturating_sub(part.matches("\r\n").count());
            read = at;
            written
        };
        for item in &mut items {
            item.text = moved(item.text.start)..moved(item.text.end);
        }
        text = text.replace("\r\n", "\n").replace('\n', "\r\n");
    }
    Layout { text, broken, items }
}

/// Where the source says something else than the text that was made from it.
fn difference(source: &str, original: &Parse, text: &str) -> Option<Span> {
    let again = parse(text);
    if let Some(at) = Outline::of(&original.tree).differs_at(&Outline::of(&again.tree)) {
        return Some(at);
    }
    let codes = |parse: &Parse| parse.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>();
    if codes(original) != codes(&again) {
        return Some(original.diagnostics.first().map_or(Span::at(0), |d| d.place.span));
    }
    let mut theirs = again.comments.iter();
    for comment in &original.comments {
        let other = theirs.next();
        let same = other.is_some_and(|other| {
            other.kind == comment.kind && plain(comment.kind, comment.span.text(source)).eq(plain(other.kind, other.span.text(text)))
        });
        if !same {
            return Some(comment.span);
        }
    }
    theirs.next().map(|_| Span::at(u32::try_from(source.len()).unwrap_or(u32::MAX)))
}

/// The lines of a comment, white space aside that is none of its content.
fn plain(kind: CommentKind, text: &str) -> impl Iterator<Item = &str> {
    let block = kind == CommentKind::Block;
    text.split('\n').map(move |line| if block { line.trim_matches([' ', '\t', '\r']) } else { line.trim_end() })
}
