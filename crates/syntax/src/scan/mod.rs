//! The scanner in front of the grammar: finds the comments, matches the brackets and limits what is let in.
//!
//! The grammar wants a text whose brackets balance and whose texts are closed. Where they do not, the scanner says so, at
//! the bracket that is at fault, and hands the grammar a mended copy: faulty characters are replaced by as many bytes, and
//! what is missing is put in. [`Scan::source_offset`] leads back from the copy to the file. It decides nothing else.

mod brackets;
mod signs;

use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Place, Span};

use crate::limits::MAX_TOKENS;
use crate::words;

/// Which comment it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/// …`, which documents the definition below it.
    Doc,
    /// `/* … */`
    Block,
}

/// A comment, from its first slash to its end (the line's end is not part of it).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Comment {
    /// Which.
    pub kind: CommentKind,
    /// Where.
    pub span: Span,
}

/// What the scanner found.
#[derive(Debug)]
pub(crate) struct Scan {
    /// The mended copy, where one was needed.
    pub copy: Option<String>,
    /// Offsets in the copy of bytes that the file does not have, ascending.
    inserted: Vec<u32>,
    /// Every comment, in order.
    pub comments: Vec<Comment>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The file is beyond a limit and must not be parsed.
    pub refused: bool,
    /// The first opening bracket of a block, or `=`, of each line that has one outside of parentheses, in order: offsets in the file.
    /// The grammar looks ahead over no such bracket, and over `=` to the end of its line at most.
    pub barriers: Vec<u32>,
    /// Something was found that the grammar may see with other eyes, so that nothing follows from `barriers`.
    pub unsure: bool,
    /// What stands too deep, of which the copy holds nothing: spans in the file, ascending.
    pub deep: Vec<Span>,
}

impl Scan {
    /// Where the copy has bytes that the file does not have: offsets in the copy, ascending.
    pub fn inserted(&self) -> &[u32] {
        &self.inserted
    }

    /// The offset in the file that an offset in the copy stands for.
    pub fn source_offset(&self, at: u32) -> u32 {
        if self.inserted.is_empty() {
            return at;
        }
        let before = self.inserted.partition_point(|&i| i < at);
        at.saturating_sub(u32::try_from(before).unwrap_or(u32::MAX))
    }
}

/// A change to the copy: `len` bytes at `at` become `text` (as long as them, or `len` is 0).
struct Change {
    at: usize,
    len: usize,
    text: String,
}

#[derive(Clone, Copy)]
struct Open {
    at: usize,
    kind: u8,
    /// Blanks before the first sign of its line.
    indent: usize,
    /// The least indented of the open brackets of each kind, this one and those around it, as [`Open::slot`] counts them: a
    /// closing bracket that fits none of them is told at once, however many are open.
    least: [usize; 3],
    /// It holds the lines of a definition: no step stands in it.
    lines: bool,
}

impl Open {
    /// Which of the three kinds of brackets.
    fn slot(kind: u8) -> usize {
        match kind {
            b'<' => 0,
            b'{' => 1,
            _ => 2,
        }
    }

    /// Is this bracket or one around it of that kind, and no deeper than `indent`?
    fn fits(&self, kind: u8, indent: usize) -> bool {
        self.least.get(Self::slot(kind)).is_some_and(|least| *least <= indent)
    }
}

/// The head of a definition that takes a block of lines, at the top of the file, with no block so far.
#[derive(Clone, Copy)]
struct Headed {
    /// Its word.
    start: usize,
    end: usize,
    indent: usize,
    /// The end of the line that it stands on, once that is known.
    line_end: Option<usize>,
    /// The block holds steps, and these may begin with the word of a definition.
    steps: bool,
}

/// Scans a text.
pub(crate) fn scan(file: FileId, source: &str) -> Scan {
    let plain = Scanner::new(file, source, false).run();
    if plain.unclosed {
        // Something was never closed: indentation tells better than the end of the file what it was.
        let indented = Scanner::new(file, source, true).run().finish();
        if indented.copy.as_deref().is_some_and(|copy| balances(file, copy)) {
            return indented;
        }
    }
    plain.finish()
}

/// Is nothing left to be mended in this copy?
fn balances(file: FileId, copy: &str) -> bool {
    let scanner = Scanner::new(file, copy, false).run();
    !scanner.unclosed && !scanner.diagnostics.iter().any(|d| matches!(d.code, Code::Unclosed | Code::WrongCloser | Code::StrayCloser))
}

struct Scanner<'s> {
    file: FileId,
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Trust indentation, since brackets do not match.
    by_indent: bool,
    changes: Vec<Change>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
    stack: Vec<Open>,
    unclosed: bool,
    refused: bool,
    /// Brackets nested too deeply are blanked from here.
    too_deep: Option<(usize, usize)>,
    reported_depth: bool,
    deep: Vec<Span>,
    /// A text was not closed: brackets may be hidden in it.
    open_text: bool,
    /// Between `when` and its block.
    in_head: bool,
    /// A definition that still waits for its block.
    headed: Option<Headed>,
    /// The line from `.0` to `.1`, as it was asked for last.
    line: (usize, usize),
    tokens: usize,
    /// The end of the last sign that is not white space or comment.
    last_end: usize,
    indent: usize,
    line_start: bool,
    barriers: Vec<u32>,
    /// This line has its barrier.
    barrier_here: bool,
    unsure: bool,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl<'s> Scanner<'s> {
    fn new(file: FileId, source: &'s str, by_indent: bool) -> Self {
        Scanner {
            file,
            source,
            bytes: source.as_bytes(),
            at: 0,
            by_indent,
            changes: Vec::new(),
            comments: Vec::new(),
            diagnostics: Vec::new(),
            stack: Vec::new(),
            unclosed: false,
            refused: false,
            too_deep: None,
            reported_depth: false,
            deep: Vec::new(),
            open_text: false,
            in_head: false,
            headed: None,
            line: (0, 0),
            tokens: 0,
            last_end: 0,
            indent: 0,
            line_start: true,
            barriers: Vec::new(),
            barrier_here: false,
            unsure: false,
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at.saturating_add(ahead)).copied().unwrap_or(0)
    }

    /// From `from` to the end of the line. A line is searched for its end once, however often its rest is asked for.
    fn rest_of_line(&mut self, from: usize) -> &'s str {
        if !(self.line.0..self.line.1).contains(&from) {
            let rest = self.source.get(from..).unwrap_or("");
            self.line = (from, from.saturating_add(rest.find('\n').unwrap_or(rest.len())));
        }
        self.source.get(from..self.line.1).unwrap_or("")
    }

    fn span(start: usize, end: usize) -> Span {
        Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX))
    }

    /// The place of a sign; whole characters, where a bracket of another script stands for a plain one.
    fn place(&self, start: usize, end: usize) -> Place {
        let start = (0..=start).rev().take(4).find(|at| self.source.is_char_boundary(*at)).unwrap_or(start);
        let end = (end..).take(4).find(|at| self.source.is_char_boundary(*at)).unwrap_or(end);
        Place { file: self.file, span: Self::span(start, end) }
    }

    fn new_diagnostic(&self, code: Code, start: usize, end: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.place(start, end), message)
    }

    fn change(&mut self, at: usize, len: usize, text: impl Into<String>) {
        self.changes.push(Change { at, len, text: text.into() });
    }

    fn blank(&mut self, start: usize, end: usize) {
        let blank = self.source.get(start..end).unwrap_or("").bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect::<String>();
        self.change(start, end.saturating_sub(start), blank);
    }

    fn run(mut self) -> Self {
        if self.source.starts_with('\u{FEFF}') {
            self.blank(0, 3);
            self.at = 3;
        }
        while self.at < self.bytes.len() {
            self.one();
            if self.tokens > MAX_TOKENS {
                let diagnostic = self
                    .new_diagnostic(Code::TooComplex, 0, 0, format!("the file holds more than {MAX_TOKENS} words and signs"))
                    .help("put long lists and tables into CSV files: `list blocked = csv \"blocked.csv\"`");
                self.diagnostics = vec![diagnostic];
                self.refused = true;
                self.stack.clear();
                return self;
            }
        }
        self.end_of_file();
        self
    }

    /// Reads one sign, word, text or comment.
    fn one(&mut self) {
        let byte = self.peek(0);
        match byte {
            b'\n' => {
                self.at += 1;
                self.line_start = true;
                self.barrier_here = false;
                self.indent = 0;
                if let Some(headed) = &mut self.headed {
                    headed.line_end.get_or_insert(self.last_end);
                }
                return;
            }
            b' ' | b'\t' | b'\r' => {
                self.at += 1;
                self.indent = self.indent.saturating_add(usize::from(self.line_start));
                return;
            }
            b'/' if self.peek(1) == b'/' => return self.line_comment(),
            b'/' if self.peek(1) == b'*' => return self.block_comment(),
            _ => {}
        }
        if self.line_start && matches!(byte, b'<' | b'>' | b'=' | b'|') && self.indent == 0 && self.merge_marker() {
            return;
        }
        let fresh_line = std::mem::replace(&mut self.line_start, false);
        self.tokens = self.tokens.saturating_add(1);
        let start = self.at;
        if fresh_line && self.stack.is_empty() {
            self.head_of_definition(byte);
        }
        match byte {
            b'"' => self.text(),
            b'\'' => self.single_quotes(),
            b'=' if self.peek(1) == b'>' => {
                self.close_parens(start);
                self.at += 2;
                self.in_head = false;
            }
            b'-' if self.peek(1) == b'>' => self.at += 2,
            b'=' => {
                self.barrier();
                self.at += 1;
            }
            b'<' | b'>' if self.in_head && self.comparison() => {}
            b'(' | b'<' | b'{' => self.open(byte),
            b')' | b'>' | b'}' => self.close(byte, fresh_line),
            b';' => {
                self.at += 1;
                self.in_head = false;
            }
            0x80.. => self.beyond_ascii(),
            _ if byte.is_ascii_alphabetic() || byte == b'_' => self.word(fresh_line),
            _ if byte.is_ascii_digit() => self.skip_word(),
            0..0x20 | 0x7F => {
                self.at += 1;
                let diagnostic = self
                    .new_diagnostic(Code::OddCharacter, start, self.at, format!("a control character (U+{byte:04X}) has no place here"))
                    .fix(Applicability::Safe, "remove it", Self::span(start, self.at), "");
                self.diagnostics.push(diagnostic);
                self.blank(start, self.at);
            }
            _ => self.at += 1,
        }
        self.last_end = self.at;
    }

    /// Notes that no look-ahead goes on from here; see [`Scan::barriers`].
    fn barrier(&mut self) {
        if !self.barrier_here && self.stack.last().is_none_or(|open| open.kind != b'(') {
            self.barrier_here = true;
            self.barriers.push(u32::try_from(self.at).unwrap_or(u32::MAX));
        }
    }

    /// To the end of a word, wherever in it we are. Dashes and quotes beyond ASCII end it, letters do not.
    fn skip_word(&mut self) {
        loop {
            let plain = self.bytes.get(self.at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii() && is_word(**byte)).count();
            self.at = self.at.saturating_add(plain);
            let byte = self.peek(0);
            if byte >= 0x80 {
                let Some(letter) = self.source.get(self.at..).and_then(|rest| rest.chars().next()).filter(|c| c.is_alphanumeric()) else {
                    return;
                };
                self.at = self.at.saturating_add(letter.len_utf8());
            } else if byte == b'-' && is_word(self.peek(1)) && self.peek(1) < 0x80 {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        let rest = self.source.get(start..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        self.at = start.saturating_add(line.len());
        let line = line.trim_end_matches('\r');
        let kind = if line.starts_with("///") && !line.starts_with("////") { CommentKind::Doc } else { CommentKind::Line };
        self.comments.push(Comment { kind, span: Self::span(start, start.saturating_add(line.len())) });
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let rest = self.source.get(start.saturating_add(2)..).unwrap_or("");
        if let Some(length) = rest.find("*/") {
            self.at = start.saturating_add(length).saturating_add(4);
        } else {
            self.at = self.bytes.len();
            let diagnostic = self
                .new_diagnostic(Code::OpenComment, start, start.saturating_add(2), "this comment is never closed")
                .help("close it with `*/`")
                .fix(Applicability::Maybe, "close it at the end of the file", Self::span(self.at, self.at), " */");
            self.diagnostics.push(diagnostic);
            self.blank(start, self.at);
            self.open_text = true;
        }
        self.comments.push(Comment { kind: CommentKind::Block, span: Self::span(start, self.at) });
    }

    fn word(&mut self, fresh_line: bool) {
        let start = self.at;
        let schemes: &[&str] = match self.peek(0) {
            b's' | b'S' => &["sip:", "sips:"],
            b't' | b'T' => &["tel:"],
            _ => &[],
        };
        let uri = schemes
            .iter()
            .find(|scheme| self.source.get(start..start.saturating_add(scheme.len())).is_some_and(|w| w.eq_ignore_ascii_case(scheme)));
        if let Some(scheme) = uri {
            let from = start.saturating_add(scheme.len());
            let rest = self.bytes.get(from..).unwrap_or(&[]);
            let length = rest
                .iter()
                .enumerate()
                .position(|(i, &b)| {
                    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b';' | b',' | b'<' | b'>' | b'{' | b'}' | b'(' | b')' | b'"')
                        || b == b'=' && rest.get(i + 1) == Some(&b'>')
                })
                .unwrap_or(rest.len());
            if length > 0 {
                // Where the grammar wants no address, it takes these for comments.
                let address = rest.get(..length).unwrap_or_default();
                self.unsure |= address.windows(2).any(|pair| matches!(pair, b"//" | b"/*"));
                self.at = from.saturating_add(length);
                return;
            }
        }
        self.skip_word();
        let word = self.source.get(start..self.at).unwrap_or("");
        if word.eq_ignore_ascii_case("when") || word.eq_ignore_ascii_case("if") {
            self.in_head = true;
        } else if self.in_head
            && (word.eq_ignore_ascii_case("else") || word.eq_ignore_ascii_case("menu") || word.eq_ignore_ascii_case("say"))
        {
            self.in_head = false;
        }
        let is_one_of = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
        let lines = self.stack.last().is_some_and(|open| open.lines);
        if self.by_indent && fresh_line && !self.stack.is_empty() && (is_one_of(words::DEFINITIONS) || lines && is_one_of(words::STEPS)) {
            self.close_by_indent();
        }
    }

    fn finish(mut self) -> Scan {
        let mut scan = Scan {
            copy: None,
            inserted: Vec::new(),
            comments: self.comments,
            diagnostics: self.diagnostics,
            refused: self.refused,
            barriers: self.barriers,
            unsure: self.unsure,
            deep: self.deep,
        };
        if self.changes.is_empty() || self.refused {
            return scan;
        }
        // Stable: of several changes at one place the first made comes first.
        self.changes.sort_by_key(|change| change.at);
        let mut copy = String::with_capacity(self.source.len().saturating_add(self.changes.len()));
        let mut done = 0;
        for change in &self.changes {
            if change.at < done && change.len > 0 {
                // Inside something that was blanked as a whole.
                continue;
            }
            let at = change.at.max(done);
            copy.push_str(self.source.get(done..at).unwrap_or(""));
            if change.len == 0 {
                let first = copy.len();
                scan.inserted.extend((first..first.saturating_add(change.text.len())).map(|at| u32::try_from(at).unwrap_or(u32::MAX)));
            }
            copy.push_str(&change.text);
            done = at.saturating_add(change.len);
        }
        copy.push_str(self.source.get(done..).unwrap_or(""));
        scan.copy = Some(copy);
        scan
    }
}

/// At most forty characters of a text, for a message.
pub(crate) fn shorten(text: &str) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= 40 {
        return line;
    }
    let mut short: String = line.chars().take(39).collect();
    short.push('…');
    short
}
