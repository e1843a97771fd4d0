//! From text to tree: runs the grammar and builds the syntax tree from what it matched.
//!
//! This module is the only one that knows pest. Whatever the grammar let pass too generously is refused here, and every part
//! that it left out is reported here, once, at the end of what stands before it.

mod conditions;
mod definitions;
mod dialling;
mod explain;
mod items;
mod literals;
mod schedules;
mod steps;
mod tests;
mod values;

use std::cell::Cell;
use std::sync::Once;

use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Place, Span};
use pest::Parser as _;
use pest::iterators::Pair;

use crate::limits::MAX_DIAGNOSTICS;
use crate::scan::{CommentKind, Scan};
use crate::tree::{Bracket, File, Item, Name, Text};

#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/route.pest"]
struct RouteParser;

/// A part of the text that the grammar matched.
type Node<'i> = Pair<'i, Rule>;

/// Calls of grammar rules that one text may cost: a linear grammar stays far below it, and nothing can go beyond.
const CALL_LIMIT: usize = 4_000_000_000;

/// Parses a text that the scanner let through.
pub(crate) fn build(file: FileId, source: &str, scan: &Scan) -> (File, Vec<Diagnostic>) {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(std::num::NonZeroUsize::new(CALL_LIMIT)));
    let mut builder = Builder { file, source, scan, diagnostics: scan.diagnostics.clone(), snapped: Cell::new((0, 0)), quiet: false };
    let whole = Span::new(0, u32::try_from(source.len()).unwrap_or(u32::MAX));
    let text = scan.copy.as_deref().unwrap_or(source);
    let items = match RouteParser::parse(Rule::file, text) {
        Ok(mut pairs) => pairs.next().map(|node| builder.file(node)).unwrap_or_default(),
        Err(_) => {
            builder.diagnostics.push(
                Diagnostic::new(Code::TooComplex, Place { file, span: Span::at(0) }, "the file is too complex to be read")
                    .help("nest blocks less deeply, or split the file with `import`"),
            );
            vec![Item::Error(whole)]
        }
    };
    let diagnostics = settle(source, builder.diagnostics);
    (File { items, span: whole }, diagnostics)
}

/// In order of place, one for each place, and none for text that only continues a mistake told before.
fn settle(source: &str, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    // Stable: of two at one place the one that was found first stays, and the scanner's come first.
    diagnostics.sort_by_key(|d| d.place.span.start);
    diagnostics.dedup_by_key(|d| d.place.span.start);
    // What stands behind a day in place of hours says more than that they are missing.
    let blank = |from: u32, to: u32| {
        source.get(from as usize..to as usize).is_none_or(|between| between.bytes().all(|b| matches!(b, b' ' | b'\t')))
    };
    let followed: Vec<bool> = diagnostics
        .windows(2)
        .map(|pair| matches!(pair, [a, b] if a.code == Code::MissingTimes && blank(a.place.span.end, b.place.span.start)))
        .collect();
    let mut followed = followed.into_iter();
    diagnostics.retain(|_| !followed.next().unwrap_or(false));
    let mut told: Option<u32> = None;
    diagnostics.retain(|d| {
        let span = d.place.span;
        let continues =
            matches!(d.code, Code::UnexpectedText | Code::UnknownStep | Code::ForeignWord | Code::WrongArrow | Code::MisplacedArm)
                && told.is_some_and(|end| blank(end, span.start));
        told = told.max(Some(span.end));
        !continues
    });
    diagnostics.truncate(MAX_DIAGNOSTICS);
    diagnostics
}

/// Builds the tree and collects what is wrong.
struct Builder<'s> {
    file: FileId,
    /// The file as it is; spans and messages speak of it.
    source: &'s str,
    scan: &'s Scan,
    diagnostics: Vec<Diagnostic>,
    /// The last answer of [`Builder::snap`]: rules that end at one place ask for it again and again.
    snapped: Cell<(u32, u32)>,
    /// Inside something that was reported as a whole.
    quiet: bool,
}

/// The part inside a rule that has one.
fn inside<'i>(node: &Node<'i>) -> Option<Node<'i>> {
    node.clone().into_inner().next()
}

/// The first part of this kind.
fn part<'i>(node: &Node<'i>, rule: Rule) -> Option<Node<'i>> {
    node.clone().into_inner().find(|n| n.as_rule() == rule)
}

impl<'s> Builder<'s> {
    // ------------------------------------------------------------------------------------------------ places

    /// Where a node stands in the file, without the white space and comments that the grammar took along at its end.
    fn span(&self, node: &Node<'_>) -> Span {
        let inner = node.as_span();
        let start = self.scan.source_offset(u32::try_from(inner.start()).unwrap_or(u32::MAX));
        let end = self.scan.source_offset(u32::try_from(inner.end()).unwrap_or(u32::MAX));
        let (start, end) = (self.boundary(start, false), self.snap(self.boundary(end, true)));
        if end <= start && inner.start() == inner.end() { Span::at(end) } else { Span::new(start, end) }
    }

    /// A character border: replaced characters may be longer than their replacement.
    fn boundary(&self, at: u32, up: bool) -> u32 {
        let mut at = (at as usize).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at = if up { at.saturating_add(1) } else { at.saturating_sub(1) };
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The end of the last sign before `end`.
    fn snap(&self, end: u32) -> u32 {
        let (asked, answer) = self.snapped.get();
        if asked == end {
            return answer;
        }
        let mut at = end;
        loop {
            let before = self.source.get(..at as usize).unwrap_or("");
            at = u32::try_from(before.trim_end_matches([' ', '\t', '\r', '\n']).len()).unwrap_or(u32::MAX);
            // A comment that ends its line may end in blanks, which are gone already.
            let comment = self.scan.comments.partition_point(|c| c.span.end < at);
            match self.scan.comments.get(comment) {
                Some(c) if c.span.start < at => at = c.span.start,
                _ => break,
            }
        }
        self.snapped.set((end, at));
        at
    }

    fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    /// What the author wrote there.
    fn text(&self, span: Span) -> &'s str {
        span.text(self.source)
    }

    // ------------------------------------------------------------------------------------------------ diagnostics

    fn diagnostic(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.place(span), message)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.quiet {
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let diagnostic = self.diagnostic(code, span, message).help(help);
        self.report(diagnostic);
    }

    fn fixed(&mut self, code: Code, span: Span, message: impl Into<String>, applicability: Applicability, text: impl Into<String>) {
        let text = text.into();
        let diagnostic =
            self.diagnostic(code, span, message).help(format!("write `{text}`")).fix(applicability, format!("write `{text}`"), span, text);
        self.report(diagnostic);
    }

    /// Something is missing behind `node`, unless unreadable text stands there, which is reported by itself.
    fn missing(&mut self, code: Code, after: Span, message: impl Into<String>, help: impl Into<String>) -> Span {
        let at = Span::at(after.end);
        self.error(code, at, message, help);
        at
    }

    // ------------------------------------------------------------------------------------------------ small parts

    fn file(&mut self, node: Node<'_>) -> Vec<Item> {
        self.file_items(node)
    }

    fn bracket(&self, node: &Node<'_>) -> Bracket {
        if node.as_str().starts_with('{') { Bracket::Brace } else { Bracket::Angle }
    }

    /// A bare word.
    fn word(&self, node: &Node<'_>) -> Name {
        Name { text: node.as_str().to_owned(), span: self.span(node), quoted: false }
    }

    /// A text in which braces are braces.
    fn plain(&mut self, node: &Node<'_>) -> Text {
        let span = self.span(node);
        let value = self.unescape(node);
        Text { value, span }
    }

    /// The `///` lines directly above `start`.
    fn doc(&self, start: u32) -> Option<String> {
        let comments = &self.scan.comments;
        let mut index = comments.partition_point(|c| c.span.end <= start);
        let mut lines = Vec::new();
        let mut below = start;
        while let Some(comment) = index.checked_sub(1).and_then(|i| comments.get(i)) {
            let between = self.text(Span::new(comment.span.end, below));
            let adjacent = between.trim().is_empty() && between.matches('\n').count() == 1;
            if comment.kind != CommentKind::Doc || !adjacent {
                break;
            }
            let line = self.text(comment.span).trim_start_matches('/');
            lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned());
            below = comment.span.start;
            index = index.saturating_sub(1);
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
