//! From tokens to blocks, entries and pieces: what there is to be laid out, each comment at its place.

use std::collections::HashSet;

use callroute_diagnostics::Span;
use callroute_syntax::CommentKind;
use unicode_width::UnicodeWidthStr as _;

use crate::marks::{Cell, Marks};
use crate::tokens::{Kind, Token};

/// What stands in a block, or in the file.
#[derive(Default, Debug)]
pub(crate) struct Body {
    pub entries: Vec<Entry>,
    /// Comments behind the last entry, on lines of their own.
    pub tail: Vec<Lead>,
}

/// A comment on lines of its own.
#[derive(Debug)]
pub(crate) struct Lead {
    pub text: String,
    /// A blank line stands before it.
    pub blank: bool,
    /// Where it begins.
    pub start: u32,
}

/// A step, an arm, a line of a schedule, …
#[derive(Default, Debug)]
pub(crate) struct Entry {
    pub leads: Vec<Lead>,
    /// A blank line stands before it, behind its leads.
    pub blank: bool,
    pub pieces: Vec<Piece>,
    /// Comments behind it on its last line.
    pub trail: Vec<String>,
    /// One of these goes to the end of its line.
    pub trail_ends_line: bool,
    /// It stays as it is, since something in it is wrong.
    pub verbatim: Option<Span>,
    /// The author wrote `;` behind it.
    pub semicolon: bool,
    /// Without the `;` it would run into the next.
    pub keep_semicolon: bool,
    pub arm: bool,
    /// Its width on one line; `None`: it takes more than one.
    pub flat: Option<usize>,
    pub span: Span,
    /// With its comments.
    pub outer: Span,
}

/// A part of an entry.
#[derive(Debug)]
pub(crate) enum Piece {
    Word(Word),
    /// A comment between two words.
    Comment {
        text: String,
        width: Option<usize>,
        ends_line: bool,
        space: bool,
    },
    Block(Block),
}

/// A word, number, text or sign.
#[derive(Debug)]
pub(crate) struct Word {
    pub text: String,
    pub width: usize,
    /// A blank stands before it, unless it begins the line.
    pub space: bool,
    /// Whether a line that is too long may be broken before it.
    pub soft: Soft,
    pub is_else: bool,
    /// The author began a line with it.
    pub fresh: bool,
    /// It begins a column.
    pub cell: Option<Cell>,
}

/// Whether a line may be broken before a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Soft {
    Never,
    /// Within a list.
    List,
    /// Before an option, before `and` and `or`.
    Part,
}

/// A bracketed block.
#[derive(Default, Debug)]
pub(crate) struct Block {
    /// Comments behind the opening bracket, on its line.
    pub opening: Vec<String>,
    pub body: Body,
    /// The author began a line behind the opening bracket.
    pub broken: bool,
    /// Its width on one line.
    pub flat: Option<usize>,
}

/// What the structure is read from.
pub(crate) struct Reader<'s> {
    pub source: &'s str,
    pub tokens: &'s [Token],
    pub marks: &'s Marks,
    /// Items whose `;` are all kept.
    pub careful: &'s HashSet<u32>,
    pub at: usize,
    /// What stays as it is.
    pub verbatim: Vec<Span>,
    /// No comment before this token stands before an entry on its line.
    pub known_apart: usize,
    /// Every `;` of the author's is kept in the item that is being read.
    pub keep_all: bool,
}

pub(crate) fn width(text: &str) -> usize {
    text.width()
}

impl Reader<'_> {
    fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    fn between(&self, from: u32, to: u32) -> &str {
        Span::new(from, to).text(self.source)
    }

    fn newlines(&self, from: u32, to: u32) -> usize {
        self.between(from, to).bytes().filter(|&b| b == b'\n').count()
    }

    /// A comment as it is printed.
    fn comment(&self, token: Token, own_line: bool) -> String {
        let text = token.span.text(self.source);
        if token.kind != Kind::Comment(CommentKind::Block) {
            return text.trim_end().to_owned();
        }
        let text = text.replace("\r\n", "\n");
        if !own_line || !text.contains('\n') {
            return text;
        }
        // Its other lines keep their place beneath the first; the printer puts the indentation before them.
        let before = Span::new(0, token.span.start).text(self.source);
        let line = before.rfind('\n').map_or(before, |at| before.get(at.saturating_add(1)..).unwrap_or(""));
        let indent = line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len());
        let mut lines = text.split('\n');
        let mut out = lines.next().unwrap_or("").to_owned();
        for line in lines {
            let blanks = line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len());
            out.push('\n');
            out.push_str(line.get(blanks.min(indent)..).unwrap_or(""));
        }
        out
    }

    /// Reads entries up to the closing bracket (which is left) or the end.
    pub(crate) fn body(&mut self, after: Option<Token>) -> (Body, Vec<String>) {
        let mut body = Body::default();
        let mut opening: Vec<String> = Vec::new();
        // The end of what was read last, and whether a `;` has come since the last `///`.
        let mut last = after.map_or(0, |token| token.span.end);
        let mut leads: Vec<Lead> = Vec::new();
        let (mut doc, mut cut) = (false, false);
        // Line ends before a `;` that was passed over.
        let mut passed = 0;
        while let Some(token) = self.token(self.at) {
            let first = body.entries.is_empty() && leads.is_empty();
            let lines = self.newlines(last, token.span.start).max(std::mem::take(&mut passed));
            match token.kind {
                Kind::Close if after.is_some() => break,
                Kind::Semicolon => {
                    if let Some(entry) = body.entries.last_mut().filter(|_| leads.is_empty()) {
                        entry.semicolon = true;
                    }
                    cut |= doc;
                    passed = lines;
                    last = token.span.end;
                    self.at = self.at.saturating_add(1);
                    continue;
                }
                Kind::Comment(kind) => {
                    if self.inline_before_entry() {
                        let entry = self.entry(std::mem::take(&mut leads), lines > 1 && !first || cut);
                        last = entry.span.end;
                        body.entries.push(entry);
                        (doc, cut) = (false, false);
                        continue;
                    }
                    self.at = self.at.saturating_add(1);
                    let ends_line = kind != CommentKind::Block || self.newlines(token.span.start, token.span.end) > 0;
                    if lines == 0 && leads.is_empty() && (after.is_some() || !body.entries.is_empty()) {
                        let text = self.comment(token, false);
                        match body.entries.last_mut() {
                            Some(entry) => {
                                entry.trail.push(text);
                                entry.outer = entry.outer.to(token.span);
                                entry.trail_ends_line |= ends_line;
                            }
                            None => opening.push(text),
                        }
                    } else {
                        let text = self.comment(token, true);
                        if let Some(lead) = leads.last_mut().filter(|_| lines == 0) {
                            // On the line of the one before.
                            lead.text.push(' ');
                            lead.text.push_str(&text);
                        } else {
                            leads.push(Lead { text, blank: lines > 1 && !first || cut, start: token.span.start });
                        }
                        cut = false;
                    }
                    doc = kind == CommentKind::Doc;
                    last = token.span.end;
                }
                _ if lines == 0 && leads.is_empty() && self.goes_on(token, &mut body) => {
                    last = body.entries.last().map_or(last, |entry| entry.span.end);
                    (doc, cut) = (false, false);
                }
                _ if self.marks.entry_at(token.span.start).is_some() => {
                    let entry = self.entry(std::mem::take(&mut leads), lines > 1 && !first || cut);
                    last = entry.span.end;
                    body.entries.push(entry);
                    (doc, cut) = (false, false);
                }
                _ => {
                    // It belongs to nothing: it stays, and what stands before it on its line with it.
                    let span = self.stray(token, &mut body, &mut leads, lines);
                    last = span.end;
                    (doc, cut) = (false, false);
                }
            }
        }
        body.tail = leads;
        (body, opening)
    }

    /// Does an entry begin on the line on which this comment ends? Comments in a row are looked through once.
    fn inline_before_entry(&mut self) -> bool {
        let mut index = self.at;
        if index < self.known_apart {
            return false;
        }
        while let (Some(comment), Some(next)) = (self.token(index), self.token(index.saturating_add(1))) {
            index = index.saturating_add(1);
            if comment.kind != Kind::Comment(CommentKind::Block) || self.newlines(comment.span.end, next.span.start) > 0 {
                break;
            }
            if !matches!(next.kind, Kind::Comment(_)) {
                if self.marks.entry_at(next.span.start).is_some_and(|mark| !mark.broken) {
                    return true;
                }
                break;
            }
        }
        self.known_apart = index;
        false
    }

    /// Behind something that stays as it is, what begins on the same line stays too, as if both were one: nobody knows where one ends and the other begins.
    /// False: nothing stays before it, or a semicolon parts them.
    fn goes_on(&mut self, token: Token, body: &mut Body) -> bool {
        let Some(end) = self.marks.entry_at(token.span.start).map(|mark| mark.span.end) else { return false };
        let Some(entry) = body.entries.last_mut().filter(|entry| !entry.semicolon && entry.trail.is_empty()) else { return false };
        let Some(before) = entry.verbatim.filter(|before| before.end <= token.span.start) else { return false };
        let span = Span::new(before.start, end);
        entry.span = span;
        entry.outer = Span::at(entry.outer.start).to(span);
        entry.verbatim = Some(span);
        entry.pieces = vec![self.as_it_is(span)];
        self.verbatim.retain(|known| known.end <= span.start);
        self.verbatim.push(span);
        self.at = self.tokens.partition_point(|token| token.span.start < end);
        true
    }

    fn stray(&mut self, token: Token, body: &mut Body, leads: &mut Vec<Lead>, lines: usize) -> Span {
        let mut end = token.span.end;
        self.at = self.at.saturating_add(1);
        if token.kind == Kind::Open {
            let mut depth = 1_usize;
            while depth > 0
                && let Some(next) = self.token(self.at)
            {
                match next.kind {
                    Kind::Open => depth = depth.saturating_add(1),
                    Kind::Close => depth = depth.saturating_sub(1),
                    _ => {}
                }
                end = next.span.end;
                self.at = self.at.saturating_add(1);
            }
        }
        let start = match body.entries.last() {
            Some(entry) if lines == 0 && leads.is_empty() => entry.span.start,
            _ => token.span.start,
        };
        let span = Span::new(start, end);
        if start == token.span.start {
            body.entries.push(Entry { leads: std::mem::take(leads), blank: lines > 1, ..Entry::default() });
        }
        if let Some(entry) = body.entries.last_mut() {
            entry.pieces = vec![self.as_it_is(span)];
            entry.trail.clear();
            entry.trail_ends_line = false;
            entry.semicolon = false;
            entry.flat = None;
            entry.span = span;
            entry.outer = entry.leads.first().map_or(span, |lead| Span::at(lead.start).to(span));
            entry.verbatim = Some(span);
        }
        self.verbatim.retain(|known| known.end <= span.start);
        self.verbatim.push(span);
        span
    }

    /// Reads an entry, which begins here or behind comments on its line.
    fn entry(&mut self, leads: Vec<Lead>, blank: bool) -> Entry {
        let mut entry = Entry { leads, blank, ..Entry::default() };
        let mut first = self.at;
        while self.token(first).is_some_and(|token| matches!(token.kind, Kind::Comment(_))) {
            first = first.saturating_add(1);
        }
        let start = self.token(first).map_or(0, |token| token.span.start);
        let Some(mark) = self.marks.entry_at(start).copied() else { return entry };
        let begins = self.token(self.at).map_or(start, |token| token.span.start);
        entry.arm = mark.arm;
        entry.span = mark.span;
        entry.outer = Span::at(entry.leads.first().map_or(begins, |lead| lead.start)).to(mark.span);
        if mark.top {
            self.keep_all = self.careful.contains(&start);
        }
        if mark.broken {
            self.leave(&mut entry);
        } else {
            let known = self.verbatim.len();
            if let Some(pieces) = self.pieces(mark.span.end, mark.arm) {
                entry.pieces = pieces;
            } else {
                // Its brackets do not match after all.
                self.verbatim.truncate(known);
                self.leave(&mut entry);
            }
        }
        entry.keep_semicolon = self.keep_all;
        entry
    }

    /// Leaves an entry as it is.
    fn leave(&mut self, entry: &mut Entry) {
        entry.verbatim = Some(entry.span);
        entry.pieces = vec![self.as_it_is(entry.span)];
        self.verbatim.push(entry.span);
        self.at = self.tokens.partition_point(|token| token.span.start < entry.span.end);
    }

    fn as_it_is(&self, span: Span) -> Piece {
        let text = span.text(self.source).to_owned();
        let width = (!text.contains('\n')).then(|| width(&text));
        Piece::Comment { text, width, ends_line: false, space: false }
    }

    /// Reads the pieces of an entry up to its end. `None`: they are no whole.
    fn pieces(&mut self, end: u32, arm: bool) -> Option<Vec<Piece>> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut before: Option<Token> = None;
        let mut arrow = false;
        while let Some(token) = self.token(self.at).filter(|token| token.span.start < end) {
            if token.span.end > end && !matches!(token.kind, Kind::Comment(_)) {
                return None;
            }
            self.at = self.at.saturating_add(1);
            let lines = before.map_or(0, |before| self.newlines(before.span.end, token.span.start));
            let after_paren = before.is_some_and(|before| before.kind == Kind::LeftParen);
            match token.kind {
                Kind::Open => pieces.push(Piece::Block(self.block(token)?)),
                Kind::Close => return None,
                Kind::Comment(kind) => {
                    let text = self.comment(token, false);
                    let ends_line = kind != CommentKind::Block;
                    let width = (!ends_line && !text.contains('\n')).then(|| width(&text));
                    pieces.push(Piece::Comment { text, width, ends_line, space: !after_paren && !pieces.is_empty() });
                }
                kind => {
                    let own = self.is_own(token.span.start);
                    let text = token.span.text(self.source);
                    let text = if own || kind == Kind::Text || is_instant(text) { text.to_owned() } else { text.to_ascii_lowercase() };
                    let glued = matches!(kind, Kind::Comma | Kind::RightParen | Kind::Colon | Kind::Semicolon)
                        || after_paren
                        || before.is_some_and(|before| {
                            kind == Kind::LeftParen && self.marks.glue.contains(&before.span.end)
                                || !matches!(before.kind, Kind::Comment(_)) && self.is_tight(before.span.end, token.span.start)
                        });
                    let part = self.marks.soft.contains(&token.span.start)
                        || !own && kind == Kind::Word && matches!(text.as_str(), "and" | "or" | "within");
                    let soft = match before {
                        _ if part => Soft::Part,
                        Some(before) if before.kind == Kind::Comma => Soft::List,
                        _ => Soft::Never,
                    };
                    let is_else = !own && kind == Kind::Word && text == "else";
                    let mut cell = self.marks.cells.get(&token.span.start).copied();
                    if arm && kind == Kind::Arrow && !arrow {
                        arrow = true;
                        cell = Some(Cell { column: 1, cap: 20 });
                    }
                    let width = width(&text);
                    let space = !glued && !pieces.is_empty();
                    pieces.push(Piece::Word(Word { text, width, space, soft, is_else, fresh: lines > 0, cell }));
                }
            }
            before = Some(self.token(self.at.saturating_sub(1))?);
        }
        Some(pieces)
    }

    fn block(&mut self, open: Token) -> Option<Block> {
        let next = self.token(self.at)?;
        let broken = self.newlines(open.span.end, next.span.start) > 0;
        let known = self.verbatim.len();
        let (body, opening) = self.body(Some(open));
        let close = self.token(self.at).filter(|token| token.kind == Kind::Close)?;
        self.at = self.at.saturating_add(1);
        let inside = self.verbatim.len() > known && self.newlines(open.span.start, close.span.end) > 0;
        let empty = body.entries.is_empty() && body.tail.is_empty() && opening.is_empty();
        Some(Block { opening, body, broken: broken && !empty || inside, flat: None })
    }

    /// Spelled as the author spelled it.
    fn is_own(&self, start: u32) -> bool {
        last_from(&self.marks.own, start).is_some_and(|span| start < span.end)
    }

    /// Nothing stands between these two.
    fn is_tight(&self, from: u32, to: u32) -> bool {
        last_from(&self.marks.tight, from).is_some_and(|span| span.start < from && to < span.end)
    }
}

/// The last of disjoint spans that begins at `at` or before.
fn last_from(spans: &[Span], at: u32) -> Option<Span> {
    spans.partition_point(|span| span.start <= at).checked_sub(1).and_then(|index| spans.get(index)).copied()
}

/// `2026-04-21T14:32:00Z`
fn is_instant(text: &str) -> bool {
    text.len() > 10
        && text.as_bytes().get(10).is_some_and(|b| b.eq_ignore_ascii_case(&b't'))
        && text.starts_with(|c: char| c.is_ascii_digit())
}

// ------------------------------------------------------------------------------------------------------ widths

impl Body {
    /// Finds out what fits on a line, from the inside out.
    pub(crate) fn measure(&mut self) {
        let count = self.entries.len();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            entry.measure(index.saturating_add(1) == count);
        }
    }
}

impl Entry {
    fn measure(&mut self, last: bool) {
        let mut flat = Some(0_usize);
        let mut add = |width: Option<usize>| flat = flat.zip(width).map(|(a, b)| a.saturating_add(b));
        for piece in &mut self.pieces {
            match piece {
                Piece::Word(word) if word.is_else && word.fresh => add(None),
                Piece::Word(word) => add(Some(word.width.saturating_add(usize::from(word.space)))),
                Piece::Comment { width, space, .. } => add(width.map(|width| width.saturating_add(usize::from(*space)))),
                Piece::Block(block) => {
                    block.measure();
                    add(block.flat.map(|width| width.saturating_add(1)));
                }
            }
        }
        if self.keep_semicolon && self.semicolon && !last {
            add(Some(1));
        }
        self.flat = flat;
    }

    /// Its width in a block on one line.
    fn inline(&self) -> Option<usize> {
        let fits = self.leads.is_empty() && !self.blank && !self.trail_ends_line;
        let trail: usize = self.trail.iter().map(|text| width(text).saturating_add(1)).sum();
        self.flat.filter(|_| fits).map(|flat| flat.saturating_add(trail))
    }
}

impl Block {
    fn measure(&mut self) {
        self.body.measure();
        // Comments in an empty block may stay on its line.
        let inline = |text: &String| self.body.entries.is_empty() && text.starts_with("/*") && !text.contains('\n');
        let bare = self.opening.iter().all(inline) && self.body.tail.is_empty() && !self.broken;
        let comments: usize = self.opening.iter().map(|text| width(text).saturating_add(1)).sum();
        let mut sum = Some(comments.saturating_add(if self.body.entries.is_empty() { 3 } else { 4 }));
        for (index, entry) in self.body.entries.iter().enumerate() {
            let separator = if index == 0 { 0 } else { 2 };
            sum = sum.zip(entry.inline()).map(|(sum, width)| sum.saturating_add(width).saturating_add(separator));
        }
        self.flat = sum.filter(|_| bare);
    }
}
