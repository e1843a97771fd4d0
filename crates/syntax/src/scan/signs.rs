//! Texts, and signs that have no place in a script: quotes, dashes, arrows and brackets of a word processor or another keyboard, and what a
//! merge has left.

use callroute_diagnostics::{Applicability, Code};

use super::{Scanner, shorten};

impl Scanner<'_> {
    /// `<<<<<<<`, `|||||||`, `=======`, `>>>>>>>` at the beginning of a line.
    pub(super) fn merge_marker(&mut self) -> bool {
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

    pub(super) fn text(&mut self) {
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

    pub(super) fn single_quotes(&mut self) {
        let start = self.at;
        let line = self.rest_of_line(start.saturating_add(1));
        let close = line.find('\'').filter(|&n| !line.get(..n).unwrap_or("").contains(['"', '\\']));
        if let Some(n) = close {
            self.at = start.saturating_add(n).saturating_add(2);
            let inner = line.get(..n).unwrap_or("");
            let fixed = format!("\"{inner}\"");
            // What ends inside of a word is an apostrophe.
            let apostrophe = self.source.get(self.at..).and_then(|text| text.chars().next()).is_some_and(char::is_alphanumeric);
            let certain = if apostrophe { Applicability::Maybe } else { Applicability::Safe };
            let diagnostic = self
                .new_diagnostic(Code::WrongQuotes, start, self.at, "texts stand in double quotes")
                .help(format!("write `{}`", shorten(&fixed)))
                .fix(certain, "use double quotes", Self::span(start, self.at), fixed);
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
    pub(super) fn beyond_ascii(&mut self) {
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
            // A dash stands for many things.
            sign => diagnostic.help(format!("write `{sign}`")).fix(
                if sign == "-" && !self.between_digits(start, end) { Applicability::Maybe } else { Applicability::Safe },
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

    /// Letters or digits on both sides, without a space: a range.
    fn between_digits(&self, start: usize, end: usize) -> bool {
        let before = self.source.get(..start).and_then(|text| text.chars().next_back());
        let after = self.source.get(end..).and_then(|text| text.chars().next());
        before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
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
        let inner = line.get(..n).unwrap_or("");
        // A number or pattern has no quotes at all.
        let number = inner.starts_with('+') || inner.ends_with('*');
        let certain = if number { Applicability::Maybe } else { Applicability::Safe };
        let fixed = format!("\"{inner}\"");
        self.at = close_end;
        let diagnostic = self
            .new_diagnostic(Code::WrongQuotes, start, close_end, "typographic quotes have no place here")
            .help(format!("write `{}`", shorten(&fixed)))
            .fix(certain, "use plain double quotes", Self::span(start, close_end), fixed);
        self.diagnostics.push(diagnostic);
        self.change(start, end.saturating_sub(start), format!("{:>width$}", "\"", width = end.saturating_sub(start)));
        self.change(
            inner_end,
            close_end.saturating_sub(inner_end),
            format!("{:<width$}", "\"", width = close_end.saturating_sub(inner_end)),
        );
    }
}
