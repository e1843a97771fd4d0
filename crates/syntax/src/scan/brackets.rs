//! Brackets: which one closes which, where one is missing, and what indentation tells of it.

use callroute_diagnostics::{Applicability, Code};

use super::{Headed, Open, Scanner};
use crate::limits::MAX_NESTING;
use crate::words;

/// Definitions whose block holds lines that begin with no bracket.
const WITH_LINES: &[&str] = &["list", "dates", "schedule", "prompt", "table", "source", "flow"];

impl Scanner<'_> {
    /// A line that begins a definition, no deeper than an open block: the block was never closed.
    pub(super) fn close_by_indent(&mut self) {
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
    pub(super) fn comparison(&mut self) -> bool {
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
    pub(super) fn head_of_definition(&mut self, byte: u8) {
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

    pub(super) fn open(&mut self, kind: u8) {
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
    pub(super) fn close_parens(&mut self, at: usize) {
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
            let end = end.min(self.bytes.len());
            self.deep.push(Self::span(start, end));
            self.blank(start, end);
        }
        Some((open, false))
    }

    pub(super) fn close(&mut self, kind: u8, fresh_line: bool) {
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
                    .fix(Applicability::Safe, format!("write `{closer}`"), self.place(at, self.at).span, closer.to_string());
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
                .fix(Applicability::Maybe, "remove it", self.place(start, end).span, "");
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
                    callroute_diagnostics::Span::at(self.place(end, end).span.end),
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

    pub(super) fn end_of_file(&mut self) {
        self.close_parens(self.bytes.len());
        let end = if self.open_text { self.bytes.len() } else { self.last_end };
        while let Some((open, kept)) = self.pop(self.bytes.len()) {
            self.unclosed = true;
            if kept {
                self.never_closed(open, end);
            }
        }
    }
}
