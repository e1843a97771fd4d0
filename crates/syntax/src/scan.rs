//! The scanner in front of the grammar: finds the comments, matches the brackets and limits what is let in.
//!
//! The grammar wants a text whose brackets balance and whose texts are closed. Where they do not, the scanner says so, at
//! the bracket that is at fault, and hands the grammar a mended copy: faulty characters are replaced by as many bytes, and
//! what is missing is put in. [`Scan::source_offset`] leads back from the copy to the file. It decides nothing else.

use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Place, Span};

use crate::limits::{MAX_NESTING, MAX_TOKENS};
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

/// Definitions whose block holds lines that begin with no bracket.
const WITH_LINES: &[&str] = &["list", "dates", "schedule", "prompt", "table", "source", "flow"];

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

    fn place(&self, start: usize, end: usize) -> Place {
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
            let byte = self.peek(0);
            if byte >= 0x80 {
                let Some(letter) = self.source.get(self.at..).and_then(|rest| rest.chars().next()).filter(|c| c.is_alphanumeric()) else {
                    return;
                };
                self.at = self.at.saturating_add(letter.len_utf8());
            } else if is_word(byte) || byte == b'-' && is_word(self.peek(1)) && self.peek(1) < 0x80 {
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

    /// `<<<<<<<`, `|||||||`, `=======`, `>>>>>>>` at the beginning of a line.
    fn merge_marker(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let Some(&sign) = rest.first() else { return false };
        let run = rest.iter().take_while(|&&b| b == sign).count();
        let ends = matches!(rest.get(run), None | Some(b' ' | b'\n' | b'\r'));
        if run != 7 || !ends {
            return false;
        }
        let start = self.at;
        let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        self.at = start.saturating_add(length);
        if sign == b'<' {
            let diagnostic = self
                .new_diagnostic(Code::MergeMarker, start, start.saturating_add(7), "a merge conflict was left in the file")
                .help("keep one of the two versions and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`");
            self.diagnostics.push(diagnostic);
        }
        self.blank(start, self.at);
        true
    }

    fn text(&mut self) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.at + 1 < self.bytes.len() && self.peek(1) != b'\n' => {
                    // The escaped character may be of several bytes; those that follow are none of `"`, `\` and line end.
                    self.at += 2;
                }
                b'\n' => break,
                0 if self.at >= self.bytes.len() => break,
                b'\\' => {
                    // A backslash at the very end would hide the quote that is put in.
                    self.change(self.at, 1, " ");
                    self.at += 1;
                }
                byte @ (0..=0x08 | 0x0B | 0x0C | 0x0E..0x20 | 0x7F) => {
                    let (at, message) = (self.at, format!("a control character (U+{byte:04X}) has no place in a text"));
                    let diagnostic = self.new_diagnostic(Code::OddCharacter, at, at + 1, message).fix(
                        Applicability::Safe,
                        "remove it",
                        Self::span(at, at + 1),
                        "",
                    );
                    self.diagnostics.push(diagnostic);
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
        let line = self.source.get(start..self.at).unwrap_or("").trim_end();
        let end = start.saturating_add(line.len());
        // A closing bracket at the end of the line was hardly meant as text.
        let diagnostic = self
            .new_diagnostic(Code::OpenText, start, end, "this text is never closed")
            .help("texts end on the line on which they begin; write `\\n` for a line break")
            .fix(Applicability::Maybe, "close it with `\"`", Self::span(end, end), "\"");
        self.diagnostics.push(diagnostic);
        self.change(self.at, 0, "\"");
        self.open_text = true;
    }

    fn single_quotes(&mut self) {
        let start = self.at;
        let line = self.rest_of_line(start.saturating_add(1));
        let close = line.find('\'').filter(|&n| !line.get(..n).unwrap_or("").contains(['"', '\\']));
        if let Some(n) = close {
            self.at = start.saturating_add(n).saturating_add(2);
            let inner = line.get(..n).unwrap_or("");
            let fixed = format!("\"{inner}\"");
            let diagnostic = self
                .new_diagnostic(Code::WrongQuotes, start, self.at, "texts stand in double quotes")
                .help(format!("write `{}`", shorten(&fixed)))
                .fix(Applicability::Safe, "use double quotes", Self::span(start, self.at), fixed);
            self.diagnostics.push(diagnostic);
            self.change(start, 1, "\"");
            self.change(self.at - 1, 1, "\"");
        } else {
            self.at += 1;
            let diagnostic = self.new_diagnostic(Code::WrongQuotes, start, self.at, "texts stand in double quotes").help("write `\"…\"`");
            self.diagnostics.push(diagnostic);
            self.blank(start, self.at);
        }
    }

    /// Quotes, dashes and arrows that a word processor put in; other characters are left to the grammar.
    fn beyond_ascii(&mut self) {
        let start = self.at;
        let Some(character) = self.source.get(start..).and_then(|rest| rest.chars().next()) else {
            self.at += 1;
            return;
        };
        let end = start.saturating_add(character.len_utf8());
        match character {
            '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{AB}' | '\u{BB}' | '\u{2018}' | '\u{2019}' => {
                self.smart_quotes(character, end)
            }
            '\u{2010}'..='\u{2015}' | '\u{2212}' => self.confusable(end, "-", "a dash"),
            '\u{2192}' | '\u{21D2}' | '\u{27F9}' => self.confusable(end, "=>", "an arrow"),
            '\u{FF1B}' => self.confusable(end, ";", "a full-width semicolon"),
            '\u{FF0C}' => self.confusable(end, ",", "a full-width comma"),
            '\u{FF08}' | '\u{FF09}' => self.confusable(end, if character == '\u{FF08}' { "(" } else { ")" }, "a full-width parenthesis"),
            '\u{2039}' if self.quotes_follow(end) => self.smart_quotes(character, end),
            '\u{FF1C}' | '\u{2039}' | '\u{27E8}' | '\u{3008}' => self.odd_bracket(end, b'<'),
            '\u{FF1E}' | '\u{203A}' | '\u{27E9}' | '\u{3009}' => self.odd_bracket(end, b'>'),
            '\u{A0}'
            | '\u{2000}'..='\u{200D}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{2060}'
            | '\u{3000}'
            | '\u{FEFF}'
            | '\u{85}' => {
                self.confusable(end, " ", "an odd space");
            }
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => self.confusable(end, "", "a sign that reverses the direction of writing"),
            _ if character.is_alphabetic() => self.skip_word(),
            _ => self.at = end,
        }
    }

    fn confusable(&mut self, end: usize, plain: &str, what: &str) {
        let start = self.at;
        self.at = end;
        let number = self.source.get(start..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
        let message = format!("{what} (U+{number:04X}) has no place here");
        let diagnostic = self.new_diagnostic(Code::OddCharacter, start, end, message);
        let diagnostic = match plain.trim() {
            "" => diagnostic.fix(Applicability::Safe, "replace it by a plain space", Self::span(start, end), plain),
            sign => diagnostic.help(format!("write `{sign}`")).fix(
                Applicability::Safe,
                format!("write `{sign}`"),
                Self::span(start, end),
                plain,
            ),
        };
        self.diagnostics.push(diagnostic);
        let padded = format!("{plain:<width$}", width = end.saturating_sub(start));
        // Brackets go through the scanner like all others; full-width ones are too rare to be matched.
        let padded = padded.replace(['(', ')'], " ");
        self.change(start, end.saturating_sub(start), padded);
    }

    /// `‹` may be a quote or a bracket: a quote stands close to its text, and its partner follows before any plain bracket.
    fn quotes_follow(&mut self, end: usize) -> bool {
        let line = self.rest_of_line(end);
        let inside = line.find('\u{203A}').and_then(|close| line.get(..close)).unwrap_or(" ");
        !inside.starts_with(char::is_whitespace) && !inside.contains(['<', '>', '{', '}', '='])
    }

    /// A bracket from another script's keyboard: told, and taken for the plain one.
    fn odd_bracket(&mut self, end: usize, kind: u8) {
        let start = self.at;
        let plain = char::from(kind).to_string();
        self.confusable(end, &plain, "an odd bracket");
        self.at = start;
        if kind == b'<' {
            self.open(kind);
        } else {
            self.close(kind, false);
        }
        self.at = end;
    }

    fn smart_quotes(&mut self, open: char, end: usize) {
        let start = self.at;
        let line = self.rest_of_line(end);
        let quotes: &[char] = match open {
            '\u{2018}' | '\u{2019}' => &['\u{2018}', '\u{2019}'],
            '\u{AB}' | '\u{BB}' => &['\u{AB}', '\u{BB}'],
            '\u{2039}' => &['\u{203A}'],
            _ => &['\u{201C}', '\u{201D}', '"'],
        };
        let close = line.char_indices().find(|(_, c)| quotes.contains(c));
        let Some((n, closer)) = close.filter(|&(n, _)| !line.get(..n).unwrap_or("").contains(['"', '\\'])) else {
            self.at = end;
            let diagnostic = self
                .new_diagnostic(Code::WrongQuotes, start, end, "typographic quotes have no place here")
                .help("texts stand in plain double quotes: `\"…\"`");
            self.diagnostics.push(diagnostic);
            return self.blank(start, end);
        };
        let inner_end = end.saturating_add(n);
        let close_end = inner_end.saturating_add(closer.len_utf8());
        let fixed = format!("\"{}\"", line.get(..n).unwrap_or(""));
        self.at = close_end;
        let diagnostic = self
            .new_diagnostic(Code::WrongQuotes, start, close_end, "typographic quotes have no place here")
            .help(format!("write `{}`", shorten(&fixed)))
            .fix(Applicability::Safe, "use plain double quotes", Self::span(start, close_end), fixed);
        self.diagnostics.push(diagnostic);
        self.change(start, end.saturating_sub(start), format!("{:>width$}", "\"", width = end.saturating_sub(start)));
        self.change(
            inner_end,
            close_end.saturating_sub(inner_end),
            format!("{:<width$}", "\"", width = close_end.saturating_sub(inner_end)),
        );
    }

    fn word(&mut self, fresh_line: bool) {
        let start = self.at;
        let uri = ["sip:", "sips:", "tel:"]
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

    /// A line that begins a definition, no deeper than an open block: the block was never closed.
    fn close_by_indent(&mut self) {
        let rest = self.source.get(self.at..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        // `group =>` is an arm, `group sales` may be a step: only what must be a definition counts, unless nothing stands before it.
        if line.trim_start().starts_with("=>") || line.trim_start().starts_with(',') {
            return;
        }
        let indent = self.indent;
        let lines = self.stack.last().is_some_and(|open| open.lines);
        let sure = line.contains('=') && !line.contains("=>") || indent == 0 || lines;
        while sure && self.stack.last().is_some_and(|open| open.indent >= indent) {
            self.pop_unclosed(self.last_end);
        }
    }

    /// `>` and `<` where a condition is being written and a number follows: a comparison by habit, no bracket.
    fn comparison(&mut self) -> bool {
        let rest = self.source.get(self.at..).unwrap_or("");
        let sign_length = if rest.get(1..2) == Some("=") { 2 } else { 1 };
        let after = rest.get(sign_length..).unwrap_or("").trim_start_matches([' ', '\t']);
        let is_less = rest.starts_with('<');
        let value_length = after.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'%' | b'+')).count();
        let value = after.get(..value_length).unwrap_or("");
        let number = value.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit());
        let next = after.get(value_length..).unwrap_or("").trim_start();
        let then_block = next.starts_with(['<', '{', ')'])
            || next.starts_with("and ")
            || next.starts_with("or ")
            || next.starts_with("&&")
            || next.starts_with("||");
        let in_block = self.stack.last().is_some_and(|top| top.fits(b'<', usize::MAX - 1) || top.fits(b'{', usize::MAX - 1));
        let name = !is_less && !value.is_empty() && !in_block;
        if !then_block || !(number || name) {
            return false;
        }
        self.change(self.at, sign_length, if sign_length == 2 { "?=" } else { "?" });
        self.at = self.at.saturating_add(sign_length);
        true
    }

    /// At the first sign of a line outside of all brackets: does a definition begin here that takes a block, or end one?
    fn head_of_definition(&mut self, byte: u8) {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = self.source.get(self.at..self.at.saturating_add(length)).unwrap_or("");
        let is_one_of = |words: &[&str]| words.iter().any(|w| word.eq_ignore_ascii_case(w));
        let deeper = self.headed.is_some_and(|headed| self.indent > headed.indent);
        if is_one_of(WITH_LINES) && !deeper {
            let end = self.at.saturating_add(length);
            let steps = word.eq_ignore_ascii_case("flow");
            self.headed = Some(Headed { start: self.at, end, indent: self.indent, line_end: None, steps });
        } else if let Some(headed) = self.headed {
            let begins_another = is_one_of(words::STEPS) || is_one_of(words::DEFINITIONS);
            let closes = matches!(byte, b'>' | b'}');
            if !closes && if headed.steps { !deeper } else { begins_another } {
                self.headed = None;
            }
        }
    }

    /// A closing bracket that closes nothing, below a definition whose block was never opened: the opening one is what is missing.
    fn never_opened(&mut self, kind: u8) -> bool {
        let Some(Headed { start, end, line_end, .. }) = self.headed.take() else { return false };
        let Some(line_end) = line_end.or_else(|| self.end_of_head(end)) else { return false };
        let head = self.source.get(start..line_end).unwrap_or("");
        // The lines of this one are in a file; or nothing stands between.
        if head.contains('"') || line_end >= self.last_end || self.open_text {
            return false;
        }
        let opener = if kind == b'>' { '<' } else { '{' };
        let word = self.source.get(start..end).unwrap_or("").to_ascii_lowercase();
        let diagnostic = self
            .new_diagnostic(
                Code::MissingBlock,
                line_end,
                line_end,
                format!("the `{opener}` that begins the block of this `{word}` is missing"),
            )
            .label(self.place(self.at.saturating_sub(1), self.at), "its block ends here")
            .help(format!("write `{opener}` before its lines"))
            .fix(Applicability::Maybe, format!("insert `{opener}`"), Self::span(line_end, line_end), format!(" {opener}"));
        self.diagnostics.push(diagnostic);
        self.change(line_end, 0, opener.to_string());
        true
    }

    /// Where the block of a definition belongs that stands on one line with its lines: behind `=`, and `in ZONE`.
    fn end_of_head(&self, from: usize) -> Option<usize> {
        let line = self.source.get(from..self.at)?;
        let mut end = line.find('=')?.saturating_add(1);
        let rest = line.get(end..)?;
        let mut words = rest.split_ascii_whitespace();
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("in"))
            && let Some(zone) = words.next()
        {
            end = end.saturating_add(rest.find(zone)?).saturating_add(zone.len());
        }
        Some(from.saturating_add(end))
    }

    fn open(&mut self, kind: u8) {
        let lines = kind != b'(' && self.stack.is_empty() && self.headed.is_some_and(|headed| !headed.steps);
        if kind != b'(' {
            self.close_parens(self.at);
            self.in_head = false;
            // In its own line, or before anything else below it, this is the block that a head waits for.
            if self.stack.is_empty() && self.headed.is_some_and(|h| !h.steps || h.line_end.is_none_or(|end| end >= self.last_end)) {
                self.headed = None;
            }
        }
        if kind != b'(' {
            self.barrier();
        }
        let mut least = self.stack.last().map_or([usize::MAX; 3], |around| around.least);
        if let Some(least) = least.get_mut(Open::slot(kind)) {
            *least = self.indent.min(*least);
        }
        self.stack.push(Open { at: self.at, kind, indent: self.indent, least, lines });
        if self.stack.len() > MAX_NESTING && self.too_deep.is_none() {
            self.too_deep = Some((self.at, self.stack.len()));
            self.unsure = true;
            if !self.reported_depth {
                self.reported_depth = true;
                let diagnostic = self
                    .new_diagnostic(
                        Code::TooDeep,
                        self.at,
                        self.at.saturating_add(1),
                        format!("brackets are nested more than {MAX_NESTING} deep here"),
                    )
                    .help("move the inner part into a flow of its own and `go` or `do` it");
                self.diagnostics.push(diagnostic);
            }
        }
        self.at += 1;
    }

    /// A parenthesis ends before a block, an arrow or the end of its block at the latest.
    fn close_parens(&mut self, at: usize) {
        while self.stack.last().is_some_and(|open| open.kind == b'(') {
            let Some((open, kept)) = self.pop(at) else { return };
            if !kept {
                continue;
            }
            // Arguments seldom run over lines: the end of the line that opened them is the best guess.
            let line = self.source.get(open.at..at).unwrap_or("").split('\n').next().unwrap_or("");
            let line = line.split("//").next().unwrap_or("").trim_end();
            let end = open.at.saturating_add(line.len()).max(open.at.saturating_add(1));
            self.never_closed(open, end);
        }
    }

    /// Closes the innermost bracket, which ends before `end`. False where it was blanked with all that stands in it.
    fn pop(&mut self, end: usize) -> Option<(Open, bool)> {
        let open = self.stack.pop()?;
        let Some((start, depth)) = self.too_deep else { return Some((open, true)) };
        if self.stack.len() < depth {
            self.too_deep = None;
            self.blank(start, end.min(self.bytes.len()));
        }
        Some((open, false))
    }

    fn close(&mut self, kind: u8, fresh_line: bool) {
        let at = self.at;
        let wanted = match kind {
            b')' => b'(',
            b'>' => b'<',
            _ => b'{',
        };
        if kind != b')' {
            self.close_parens(at);
        }
        self.at += 1;
        self.in_head = false;
        if kind != b')' && self.by_indent && fresh_line {
            self.outer_by_indent(wanted);
        }
        let Some(top) = self.stack.last().copied() else {
            if kind == b')' || !self.never_opened(kind) {
                self.stray(kind);
            }
            return;
        };
        if top.kind == wanted {
            self.pop(self.at);
            return;
        }
        if kind == b')' {
            return self.stray(kind);
        }
        let outer = if top.fits(wanted, usize::MAX - 1) { self.stack.iter().rposition(|open| open.kind == wanted) } else { None };
        match outer {
            // `{ menu < … }`: the inner one was never closed.
            Some(position) => {
                while self.stack.len() > position.saturating_add(1) {
                    self.pop_unclosed(at);
                }
                self.pop(self.at);
            }
            None => {
                let kept = self.pop(self.at).is_some_and(|(_, kept)| kept);
                let (opener, closer) = if top.kind == b'<' { ('<', '>') } else { ('{', '}') };
                let diagnostic = self
                    .new_diagnostic(
                        Code::WrongCloser,
                        at,
                        self.at,
                        format!("a block that begins with `{opener}` is closed with `{}`", char::from(kind)),
                    )
                    .label(self.place(top.at, top.at.saturating_add(1)), "the block begins here")
                    .help(format!("close it with `{closer}`"))
                    .fix(Applicability::Safe, format!("write `{closer}`"), Self::span(at, self.at), closer.to_string());
                self.diagnostics.push(diagnostic);
                if kept {
                    self.change(at, 1, closer.to_string());
                }
            }
        }
    }

    /// A closing bracket on a line of its own, further left than the open block: the block was never closed.
    fn outer_by_indent(&mut self, wanted: u8) {
        let indent = self.indent;
        if !self.stack.last().is_some_and(|top| top.fits(wanted, indent)) {
            return;
        }
        let fits = self.stack.iter().rposition(|open| open.kind == wanted && open.indent <= indent);
        let Some(position) = fits else { return };
        while self.stack.len() > position.saturating_add(1) {
            self.pop_unclosed(self.last_end);
        }
    }

    /// The innermost bracket ends before `end`, and nothing closed it.
    fn pop_unclosed(&mut self, end: usize) {
        self.unclosed = true;
        if let Some((open, true)) = self.pop(end) {
            self.never_closed(open, self.last_end);
        }
    }

    fn stray(&mut self, kind: u8) {
        let (start, end) = (self.at.saturating_sub(1), self.at);
        if !self.open_text {
            let diagnostic = self
                .new_diagnostic(Code::StrayCloser, start, end, format!("this `{}` closes nothing", char::from(kind)))
                .help("remove it, or look for a bracket that closes too early above")
                .fix(Applicability::Maybe, "remove it", Self::span(start, end), "");
            self.diagnostics.push(diagnostic);
        }
        if self.too_deep.is_none() {
            self.blank(start, end);
        }
    }

    fn never_closed(&mut self, open: Open, end: usize) {
        self.unclosed = true;
        let end = if self.by_indent { self.end_by_indent(open, end) } else { end };
        let closer = match open.kind {
            b'(' => ")",
            b'<' => ">",
            _ => "}",
        };
        if !self.open_text && !self.reported_depth {
            let diagnostic = self
                .new_diagnostic(
                    Code::Unclosed,
                    open.at,
                    open.at.saturating_add(1),
                    format!("this `{}` is never closed", char::from(open.kind)),
                )
                .help(format!("close it with `{closer}`"))
                .fix(
                    Applicability::Maybe,
                    format!("insert `{closer}`"),
                    Self::span(end, end),
                    if closer == ")" { closer.to_owned() } else { format!(" {closer}") },
                );
            self.diagnostics.push(diagnostic);
        }
        self.change(end, 0, closer);
    }

    /// Where a block that was never closed ends, at `end` at the latest: before the first line that is no deeper than its own.
    fn end_by_indent(&self, open: Open, end: usize) -> usize {
        let text = self.source.get(open.at.saturating_add(1)..end).unwrap_or("");
        let mut at = open.at.saturating_add(1);
        let mut last = at;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let content = line.trim();
            if number == 0 && !content.is_empty() {
                // The block goes on in its own line: indentation says nothing.
                return end;
            }
            let indent = line.len().saturating_sub(line.trim_start_matches([' ', '\t']).len());
            if number > 0 && !content.is_empty() && indent <= open.indent {
                return last;
            }
            if !content.is_empty() {
                last = at.saturating_add(line.trim_end().len());
            }
            at = at.saturating_add(line.len());
        }
        end
    }

    fn end_of_file(&mut self) {
        self.close_parens(self.bytes.len());
        let end = if self.open_text { self.bytes.len() } else { self.last_end };
        while let Some((open, kept)) = self.pop(self.bytes.len()) {
            self.unclosed = true;
            if kept {
                self.never_closed(open, end);
            }
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
