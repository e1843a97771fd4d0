//! A text as tokens, as far as completion, signatures and colours need them: in broken text too, where the tree has holes.

use callroute_diagnostics::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A name or a word of the language; also a zone with its `/`.
    Word,
    /// A number, a time, a date, a telephone number, a pattern, an address.
    Literal,
    /// `"…"`
    Text,
    /// `"…` without its end.
    OpenText,
    /// A comment without the end of its line.
    Comment,
    /// `<` or `{`
    Open,
    /// `>` or `}`
    Close,
    LeftParen,
    RightParen,
    Comma,
    Semicolon,
    Colon,
    Dot,
    Equals,
    /// `=>`
    Arrow,
    /// The end of a line.
    Line,
    /// Anything else.
    Other,
}

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub kind: Kind,
    pub span: Span,
}

impl Token {
    pub fn text<'s>(&self, source: &'s str) -> &'s str {
        self.span.text(source)
    }

    /// Is it this word, in any case of its letters?
    pub fn is(&self, source: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(source).eq_ignore_ascii_case(word)
    }
}

/// All tokens of a text.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { bytes: source.as_bytes(), at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.at.checked_add(ahead).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.bytes.get(self.at).is_some_and(|byte| wanted(*byte)) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        let start = self.at;
        let first = *self.bytes.get(start)?;
        self.at = start.saturating_add(1);
        let kind = match first {
            b'\n' => Kind::Line,
            b'<' | b'{' => Kind::Open,
            b'>' | b'}' => Kind::Close,
            b'(' => Kind::LeftParen,
            b')' => Kind::RightParen,
            b',' => Kind::Comma,
            b';' => Kind::Semicolon,
            b':' => Kind::Colon,
            b'.' => Kind::Dot,
            b'=' if self.peek(0) == b'>' => {
                self.at = self.at.saturating_add(1);
                Kind::Arrow
            }
            b'=' => Kind::Equals,
            b'"' => self.string(),
            b'/' if self.peek(0) == b'/' => {
                self.skip_while(|byte| byte != b'\n');
                Kind::Comment
            }
            b'/' if self.peek(0) == b'*' => self.block_comment(),
            b'0'..=b'9' | b'+' | b'*' | b'#' | b'[' => {
                self.skip_while(|byte| {
                    is_word(byte) || matches!(byte, b'+' | b'-' | b'.' | b':' | b'*' | b'#' | b'[' | b']' | b'%' | b'@')
                });
                Kind::Literal
            }
            _ if is_word(first) => self.word(start),
            _ => {
                self.skip_while(|byte| byte >= 0x80);
                Kind::Other
            }
        };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Some(Token { kind, span: Span::new(offset(start), offset(self.at)) })
    }

    fn string(&mut self) -> Kind {
        loop {
            self.skip_while(|byte| !matches!(byte, b'"' | b'\\' | b'\n'));
            match self.peek(0) {
                b'"' => {
                    self.at = self.at.saturating_add(1);
                    return Kind::Text;
                }
                b'\\' if self.peek(1) != b'\n' => self.at = self.at.saturating_add(2).min(self.bytes.len()),
                _ => return Kind::OpenText,
            }
        }
    }

    fn block_comment(&mut self) -> Kind {
        while self.at < self.bytes.len() && !(self.peek(0) == b'*' && self.peek(1) == b'/') {
            self.at = self.at.saturating_add(1);
        }
        self.at = self.at.saturating_add(2).min(self.bytes.len());
        Kind::Comment
    }

    fn word(&mut self, start: usize) -> Kind {
        loop {
            self.skip_while(is_word);
            match (self.peek(0), self.peek(1)) {
                (b'-' | b'/', next) if is_word(next) => self.at = self.at.saturating_add(1),
                _ => break,
            }
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let scheme = [b"sip".as_slice(), b"sips", b"tel"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme));
        if scheme && self.peek(0) == b':' && !self.peek(1).is_ascii_whitespace() && self.peek(1) != 0 {
            self.skip_while(|byte| {
                !byte.is_ascii_whitespace() && !matches!(byte, b';' | b',' | b'<' | b'>' | b'{' | b'}' | b'(' | b')' | b'"')
            });
            return Kind::Literal;
        }
        Kind::Word
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_what_people_see() {
        let source = "when hours(9-17 America/Chicago) < 1 => agent on-call; sip:a@b.example;x \"a\\\"b\" // c\n\"open";
        let found: Vec<&str> = tokens(source).iter().map(|token| token.text(source)).collect();
        assert_eq!(
            found,
            [
                "when",
                "hours",
                "(",
                "9-17",
                "America/Chicago",
                ")",
                "<",
                "1",
                "=>",
                "agent",
                "on-call",
                ";",
                "sip:a@b.example",
                ";",
                "x",
                "\"a\\\"b\"",
                "// c",
                "\n",
                "\"open"
            ]
        );
        assert_eq!(tokens(source).last().unwrap().kind, Kind::OpenText);
    }

    #[test]
    fn any_bytes_end() {
        for source in ["", "\"", "\"\\", "/*", "/* *", "é<ü>", "-", "a-", "\u{feff}x", "sip:", "\"\\\n\""] {
            let all = tokens(source);
            assert!(all.iter().all(|token| token.span.end as usize <= source.len() && !token.span.is_empty()), "{source:?}");
        }
    }
}
