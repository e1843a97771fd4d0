//! From text to tree: runs the grammar and builds the syntax tree from what it matched.
//!
//! This module is the only one that knows pest. Whatever the grammar let pass too generously is refused here, and every part
//! that it left out is reported here, once, at the end of what stands before it.

mod conditions;
mod definitions;
mod dialling;
mod explain;
mod fields;
mod items;
mod literals;
mod schedule_lines;
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
use crate::tree::{Bracket, Item, Name, Text};

#[derive(pest_derive::Parser)]
#[grammar = "../../grammar/route.pest"]
struct RouteParser;

/// A part of the text that the grammar matched.
type Node<'i> = Pair<'i, Rule>;

/// Calls of grammar rules that one text may cost: a linear grammar stays far below it, and nothing can go beyond.
const CALL_LIMIT: usize = 4_000_000_000;

/// An item at the top of a file, or a sign between two, with the white space around it.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// Where it ends, in the scanner's copy; it begins where the one before it ends.
    pub end: u32,
    /// It has an item in the tree.
    pub has_item: bool,
    /// What is wrong with it, as far as the scanner has not said.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text that the scanner let through, piece by piece. What a piece means depends on the text behind its beginning, and on no other
/// piece.
pub(crate) struct Reader<'s> {
    builder: Builder<'s>,
    /// The scanner's copy, or the file itself.
    text: &'s str,
}

/// What [`Reader::next`] came to.
#[expect(clippy::large_enum_variant, reason = "it lives only until it is taken apart")]
pub(crate) enum Next {
    Piece(Piece, Option<Item>),
    End,
    /// It would cost too much.
    TooComplex,
}

impl<'s> Reader<'s> {
    pub fn new(file: FileId, source: &'s str, scan: &'s Scan) -> Self {
        static LIMIT: Once = Once::new();
        LIMIT.call_once(|| pest::set_call_limit(std::num::NonZeroUsize::new(CALL_LIMIT)));
        let builder =
            Builder { file, source, scan, base: 0, diagnostics: Vec::new(), snapped: Cell::new((0, 0)), quiet: false, torn: None };
        Reader { builder, text: scan.copy.as_deref().unwrap_or(source) }
    }

    /// Reads the piece that begins at `at` in the scanner's copy.
    pub fn next(&mut self, at: u32) -> Next {
        let rest = self.text.get(at as usize..).unwrap_or("");
        let Some(piece) = RouteParser::parse(Rule::piece, rest).ok().and_then(|mut pairs| pairs.next()) else { return Next::TooComplex };
        self.builder.base = at as usize;
        let end = u32::try_from(self.builder.in_copy(piece.as_span().end())).unwrap_or(u32::MAX);
        let inner = piece.into_inner().next();
        if inner.as_ref().is_some_and(|inner| inner.as_rule() == Rule::EOI) {
            return Next::End;
        }
        let item = inner.and_then(|inner| self.builder.item(inner));
        Next::Piece(Piece { end, has_item: item.is_some(), diagnostics: std::mem::take(&mut self.builder.diagnostics) }, item)
    }
}

/// What to say of a text that cannot be read at all.
pub(crate) fn too_complex(file: FileId) -> Diagnostic {
    Diagnostic::new(Code::TooComplex, Place { file, span: Span::at(0) }, "the file is too complex to be read")
        .help("nest blocks less deeply, or split the file with `import`")
}

/// In order of place, one for each place, and none for text that only continues a mistake told before.
pub(crate) fn settle(source: &str, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    // Stable: of two at one place the one that was found first stays, and the scanner's come first, but one kind gives way.
    diagnostics.sort_by_key(|d| d.place.span.start);
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
    diagnostics.dedup_by_key(|d| d.place.span.start);
    let mut told: Option<u32> = None;
    let mut open_text = Span::at(0);
    diagnostics.retain(|d| {
        let span = d.place.span;
        // Where a text is never closed, its braces are not to be counted, and of `{{{` the first says enough.
        if d.code == Code::OpenText {
            open_text = span;
        }
        let braces = d.code == Code::BadInsertion && (open_text.contains(span) || told == Some(span.start));
        let continues = braces
            || matches!(d.code, Code::UnexpectedText | Code::UnknownStep | Code::ForeignWord | Code::WrongArrow | Code::MisplacedArm)
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
    /// Where the text that is being read begins in the scanner's copy: the grammar counts from there.
    base: usize,
    diagnostics: Vec<Diagnostic>,
    /// The last answer of [`Builder::snap`]: rules that end at one place ask for it again and again.
    snapped: Cell<(u32, u32)>,
    /// Inside something that was reported as a whole.
    quiet: bool,
    /// What was read as a head of the next arm, and belongs to the step before it; see [`Builder::torn_off`].
    torn: Option<Span>,
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
        let offset = |at: usize| self.scan.source_offset(u32::try_from(self.in_copy(at)).unwrap_or(u32::MAX));
        let (start, end) = (offset(inner.start()), offset(inner.end()));
        let (start, end) = (self.boundary(start, false), self.snap(self.boundary(end, true)));
        if end <= start && inner.start() == inner.end() { Span::at(end) } else { Span::new(start, end) }
    }

    /// The place in the scanner's copy of one that the grammar told.
    fn in_copy(&self, at: usize) -> usize {
        self.base.saturating_add(at)
    }

    /// A character border: replaced characters may be longer than their replacement.
    fn boundary(&self, at: u32, up: bool) -> u32 {
        let mut at = (at as usize).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at = if up { at.saturating_add(1) } else { at.saturating_sub(1) };
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The sign at a place: one character, of however many bytes.
    fn sign_at(&self, start: u32) -> Span {
        Span::new(start, self.boundary(start.saturating_add(1), true))
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
        if !self.quiet && !self.is_before_the_deep(diagnostic.place.span.end) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Does something stand here, or end here, that was left out because it is nested too deeply? Then nothing is missing.
    fn is_before_the_deep(&self, at: u32) -> bool {
        if self.scan.deep.is_empty() {
            return false;
        }
        // A bound, for those who put a megabyte of blanks in front of it.
        let rest = self.source.as_bytes().get(at as usize..).unwrap_or(&[]);
        let blanks = rest.iter().take(1_000).take_while(|byte| byte.is_ascii_whitespace()).count();
        let next = at.saturating_add(u32::try_from(blanks).unwrap_or(u32::MAX));
        let begun = self.scan.deep.partition_point(|deep| deep.start <= next);
        begun.checked_sub(1).and_then(|last| self.scan.deep.get(last)).is_some_and(|deep| at <= deep.end.saturating_add(1))
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

    /// How certain it is that a sign is to be inserted at `at`: not when another one stands there, which it probably is.
    fn certain_unless_sign(&self, at: Span) -> Applicability {
        let rest = self.source.get(at.end as usize..).unwrap_or("").trim_start();
        let before = self.source.get(..at.start as usize).unwrap_or("").trim_end();
        if before.ends_with('=') || rest.starts_with([',', '=', ':', '-', ')']) { Applicability::Maybe } else { Applicability::Safe }
    }

    /// Parentheses that are missing around `span`: certainly these when nothing but the block or the next condition follows; when more of what belongs
    /// into them does (`in gold, silver`, `hours office in Asia/Tokyo`, `on dec 24`), only the author knows where they end.
    fn unparenthesised(&mut self, span: Span, message: &str) {
        let text = self.text(span);
        let rest = self.source.get(span.end as usize..).unwrap_or("").trim_start();
        let word = rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        let ends = rest.starts_with(['<', '{', ')', '&', '|']) || ["and", "or"].iter().any(|w| word.eq_ignore_ascii_case(w));
        if ends {
            self.fixed(Code::MissingParens, span, message, Applicability::Safe, format!("({text})"));
        } else {
            self.error(Code::MissingParens, span, message, "put all that belongs together into parentheses: `(…)`");
        }
    }

    /// Something is missing behind `node`, unless unreadable text stands there, which is reported by itself.
    fn missing(&mut self, code: Code, after: Span, message: impl Into<String>, help: impl Into<String>) -> Span {
        let at = Span::at(after.end);
        match self.torn_off(after.end) {
            Some((argument, comma)) => {
                self.torn = Some(argument);
                self.fixed(Code::CommaSeparator, comma, items::COMMA, Applicability::Safe, ";");
            }
            None => self.error(code, at, message, help),
        }
        at
    }

    /// `1 => agent ana, 2 => …`: by the rules `ana, 2` are the heads of an arm, and what is wrong is the comma. What stands behind `at`, and the comma, where
    /// both stand in one line and an arrow follows.
    fn torn_off(&self, at: u32) -> Option<(Span, Span)> {
        let rest = self.source.get(at as usize..)?;
        let start = rest.find(|c| c != ' ' && c != '\t')?;
        let behind = rest.get(start..)?;
        let length = match behind.chars().next()? {
            '"' => behind.get(1..)?.find(['"', '\n']).map(|end| end.saturating_add(2))?,
            '(' => behind.find([')', '\n']).map(|end| end.saturating_add(1))?,
            '/' | '\n' | '\r' => return None,
            _ => behind.find(|c: char| c.is_whitespace() || ",;<>{}=".contains(c))?,
        };
        let after = behind.get(length..).filter(|_| start > 0 && length > 0)?;
        let gap = after.find(|c| c != ' ' && c != '\t')?;
        let heads = after.get(gap..)?.strip_prefix(',')?;
        let arrow = heads.find("=>")?;
        if heads.get(..arrow)?.contains([';', '<', '>', '{', '}']) {
            return None;
        }
        let offset = |length: usize| at.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
        let (start, end) = (offset(start), offset(start.saturating_add(length)));
        let comma = offset(rest.len().saturating_sub(after.len()).saturating_add(gap));
        Some((Span::new(start, end), Span::new(comma, comma.saturating_add(1))))
    }

    // ------------------------------------------------------------------------------------------------ small parts

    fn bracket(&self, node: &Node<'_>) -> Bracket {
        if node.as_str().starts_with('{') { Bracket::Brace } else { Bracket::Angle }
    }

    /// What stands in `[ … ]` behind `at`, in one line, and where: lists are written so in other languages.
    fn square_brackets(&self, at: u32) -> Option<(Span, &'s str)> {
        let rest = self.source.get(at as usize..)?;
        let gap = rest.find(|c| c != ' ' && c != '\t')?;
        let inside = rest.get(gap..)?.strip_prefix('[')?;
        let length =
            inside.find([']', '[', '\n', '<', '>', '{', '}']).filter(|end| inside.get(*end..).is_some_and(|r| r.starts_with(']')))?;
        let start = at.saturating_add(u32::try_from(gap).ok()?);
        let end = start.saturating_add(u32::try_from(length).ok()?).saturating_add(2);
        Some((Span::new(start, end), inside.get(..length)?.trim()))
    }

    /// Says of `[ a, b ]` behind `at` that a block is meant.
    fn told_square(&mut self, at: u32) -> bool {
        let Some((span, inside)) = self.square_brackets(at).filter(|(_, inside)| !inside.is_empty()) else { return false };
        let entries: Vec<&str> = inside.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        let message = "what belongs together stands in `< … >`, not in `[ … ]`";
        self.fixed(Code::MissingBlock, span, message, Applicability::Maybe, format!("< {} >", entries.join("; ")));
        true
    }

    /// A comma that has to go.
    fn needless_comma(&mut self, span: Span, message: &str) {
        let d = self.diagnostic(Code::CommaSeparator, span, message).help("remove the comma").fix(
            Applicability::Safe,
            "remove the comma",
            span,
            "",
        );
        self.report(d);
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
