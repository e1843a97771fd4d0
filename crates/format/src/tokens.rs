//! The text as tokens. Comments are where the parser found them, and tokens part where nodes of the tree do, so that there
//! is no second opinion about either.

use callroute_diagnostics::Span;
use callroute_syntax::{Comment, CommentKind};

use crate::marks::Marks;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A word, a number, an address, an operator.
    Word,
    /// `"…"`
    Text,
    /// `<` or `{`
    Open,
    /// `>` or `}`
    Close,
    LeftParen,
    RightParen,
    Comma,
    Semicolon,
    Colon,
    /// `=>`
    Arrow,
    Comment(CommentKind),
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// All tokens of a text, comments among them.
pub(crate) fn tokens(source: &str, comments: &[Comment], marks: &Marks) -> Vec<Token> {
    let mut lexer = Lexer { source, bytes: source.as_bytes(), at: 0, cuts: &marks.cuts, tokens: Vec::new() };
    let mut comments = comments.iter().peekable();
    loop {
        let until = comments.peek().map_or(source.len(), |comment| comment.span.start as usize);
        lexer.run(until);
        let Some(comment) = comments.next() else { return lexer.tokens };
        lexer.tokens.push(Token { kind: Kind::Comment(comment.kind), span: comment.span });
        lexer.at = comment.span.end as usize;
    }
}

struct Lexer<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    /// Those that lie behind `at`.
    cuts: &'s [u32],
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn peek(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// Reads up to `until`, where a comment begins or the text ends.
    fn run(&mut self, until: usize) {
        while self.at < until {
            let start = self.at;
            let kind = match self.peek(start) {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    self.at = start.saturating_add(1);
                    continue;
                }
                // A byte order mark is none of the text.
                0xEF if start == 0 && self.source.starts_with('\u{FEFF}') => {
                    self.at = 3;
                    continue;
                }
                b'"' => self.text(until),
                b'<' | b'{' => self.sign(Kind::Open, 1),
                b'>' | b'}' => self.sign(Kind::Close, 1),
                b'(' => self.sign(Kind::LeftParen, 1),
                b')' => self.sign(Kind::RightParen, 1),
                b',' => self.sign(Kind::Comma, 1),
                b';' => self.sign(Kind::Semicolon, 1),
                b':' => self.sign(Kind::Colon, 1),
                b'=' if self.peek(start.saturating_add(1)) == b'>' => self.sign(Kind::Arrow, 2),
                b'=' => self.sign(Kind::Word, 1),
                _ => self.word(until),
            };
            let span = Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(self.at).unwrap_or(u32::MAX));
            self.tokens.push(Token { kind, span });
        }
    }

    fn sign(&mut self, kind: Kind, length: usize) -> Kind {
        self.at = self.at.saturating_add(length);
        kind
    }

    fn text(&mut self, until: usize) -> Kind {
        self.at = self.at.saturating_add(1);
        while self.at < until {
            match self.peek(self.at) {
                b'"' => {
                    self.at = self.at.saturating_add(1);
                    break;
                }
                b'\n' => break,
                b'\\' if self.peek(self.at.saturating_add(1)) != b'\n' => self.at = self.at.saturating_add(2),
                _ => self.at = self.at.saturating_add(1),
            }
        }
        self.at = self.at.min(until);
        Kind::Text
    }

    fn word(&mut self, until: usize) -> Kind {
        let start = self.at;
        let behind = self.cuts.partition_point(|&cut| cut as usize <= start);
        self.cuts = self.cuts.get(behind..).unwrap_or(&[]);
        let until = self.cuts.first().map_or(until, |&cut| until.min(cut as usize));
        let address = ["sip:", "sips:", "tel:"].iter().any(|scheme| {
            self.bytes.get(start..start.saturating_add(scheme.len())).is_some_and(|w| w.eq_ignore_ascii_case(scheme.as_bytes()))
        });
        while self.at < until {
            match self.peek(self.at) {
                b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'<' | b'>' | b'{' | b'}' | b'(' | b')' | b',' | b';' => break,
                b'=' if !address || self.peek(self.at.saturating_add(1)) == b'>' => break,
                _ => self.at = self.at.saturating_add(1),
            }
        }
        // Never stand still, never inside a character.
        self.at = self.at.max(start.saturating_add(1));
        while !self.source.is_char_boundary(self.at) {
            self.at = self.at.saturating_add(1);
        }
        Kind::Word
    }
}
