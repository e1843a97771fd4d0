//! Diagnostics for people on a terminal. The only code that names ariadne.
//!
//! Ariadne panics, draws nothing or draws the wrong line for spans that lie badly, and passes every byte of the source to
//! the terminal. So it only ever sees spans that [`Sources::clamp`] has mended, cut to one line, and a copy of the text in
//! which characters that act on a terminal are replaced by harmless ones of the same length. Where a line is too long to be
//! shown whole, or should ariadne still not show the place, [`excerpt`] draws it.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::record::severity_word;
use crate::{Diagnostic, FileId, Location, Place, Severity, Sources};

/// Related places shown at most; the rest is counted.
const MAX_LABELS: usize = 8;
/// Bytes of a line that is shown whole.
const MAX_LINE: u32 = 400;
/// Characters shown on either side of a place in a line that is longer.
const WINDOW: usize = 60;

/// With or without colours. Whether a terminal wants them is for the caller to find out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    /// Escape sequences of ECMA-48.
    On,
    /// Plain text.
    Off,
}

/// Renders diagnostics; keep one for a run, since it keeps what it has worked out of the sources.
#[derive(Debug)]
pub struct Human<'a> {
    sources: &'a Sources<'a>,
    color: Color,
    shown: HashMap<FileId, ariadne::Source<String>>,
}

impl<'a> Human<'a> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(sources: &'a Sources<'a>, color: Color) -> Self {
        Self { sources, color, shown: HashMap::new() }
    }

    /// The diagnostic in one line: `sales.route:3:5: error[E0204]: no group is named …`, without a line end.
    #[must_use]
    pub fn short(&self, diagnostic: &Diagnostic) -> String {
        let at = self.sources.location(diagnostic.place);
        format!(
            "{}:{}:{}: {}[{}]: {}",
            harmless(&at.file),
            at.line,
            at.column,
            severity_word(diagnostic.severity),
            diagnostic.code,
            harmless(&diagnostic.message)
        )
    }

    /// The diagnostic with its piece of source, labels, help and fix, ending with a line end.
    #[must_use]
    pub fn full(&mut self, diagnostic: &Diagnostic) -> String {
        let at = self.sources.location(diagnostic.place);
        let mut out = self.head(diagnostic);
        let mut labels: Vec<(Place, String)> =
            diagnostic.labels.iter().take(MAX_LABELS).map(|label| (label.place, harmless(&label.message))).collect();
        let body = self.snippet(diagnostic, &labels).unwrap_or_else(|| {
            let mut body = excerpt(self.sources, diagnostic.place, &at);
            labels.sort_by_key(|(place, _)| *place);
            for (place, message) in &labels {
                let at = self.sources.location(*place);
                let _ = writeln!(body, "  {}:{}:{}: {message}", harmless(&at.file), at.line, at.column);
            }
            body
        });
        out.push_str(&body);
        if let Some(more) = diagnostic.labels.len().checked_sub(MAX_LABELS + 1) {
            let _ = writeln!(out, "  and {} more {}", more + 1, if more == 0 { "place" } else { "places" });
        }
        for help in &diagnostic.help {
            let _ = writeln!(out, "  {}: {}", self.paint("help", "36"), harmless(help));
        }
        if let Some(fix) = &diagnostic.fix {
            let _ = writeln!(out, "  {}: {}", self.paint("fix", "32"), harmless(&fix.title));
        }
        out
    }

    /// `error[E0204]: no group is named …`
    fn head(&self, diagnostic: &Diagnostic) -> String {
        let kind = format!("{}[{}]", severity_word(diagnostic.severity), diagnostic.code);
        let color = match diagnostic.severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Hint => "1;34",
        };
        format!("{}: {}\n", self.paint(&kind, color), harmless(&diagnostic.message))
    }

    fn paint(&self, text: &str, code: &str) -> String {
        match self.color {
            Color::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Color::Off => text.to_owned(),
        }
    }

    /// The pieces of source; `None` when a place cannot be shown by ariadne. It draws one box per file: given several files
    /// in one report, it takes offsets in characters for offsets in bytes.
    fn snippet(&mut self, diagnostic: &Diagnostic, labels: &[(Place, String)]) -> Option<String> {
        let color = match diagnostic.severity {
            Severity::Error => ariadne::Color::Red,
            Severity::Warning => ariadne::Color::Yellow,
            Severity::Hint => ariadne::Color::Blue,
        };
        // Ariadne underlines nothing that has no message.
        let mut marks = vec![(diagnostic.place, "here", color)];
        marks.extend(labels.iter().map(|(place, message)| (*place, message.as_str(), ariadne::Color::Cyan)));
        // The diagnostic's own file first; by line within a file, or the head of the file is repeated.
        marks.sort_by_key(|(place, ..)| (place.file != diagnostic.place.file, *place));
        let mut out = String::new();
        for marks in marks.chunk_by(|a, b| a.0.file == b.0.file) {
            let first = marks.iter().map(|mark| mark.0).find(|place| *place == diagnostic.place).or(marks.first().map(|mark| mark.0))?;
            out.push_str(&self.draw(first, marks)?);
        }
        Some(out)
    }

    /// One file's box, with the place in its head, without ariadne's own first line.
    fn draw(&mut self, head: Place, marks: &[(Place, &str, ariadne::Color)]) -> Option<String> {
        let config = ariadne::Config::new().with_color(self.color == Color::On).with_index_type(ariadne::IndexType::Byte);
        let range = self.range(head)?;
        let mut report = ariadne::Report::build(ariadne::ReportKind::Error, (head.file, range)).with_config(config);
        for (place, message, color) in marks {
            let label = ariadne::Label::new((place.file, self.range(*place)?)).with_color(*color);
            report.add_label(label.with_message(if message.is_empty() { "here" } else { message }));
        }
        let mut bytes = Vec::new();
        report.finish().write(Cache { human: self }, &mut bytes).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (_, body) = text.split_once('\n')?;
        let at = self.sources.location(head);
        let shows = body.contains(&format!("{}:{}:{}", harmless(&at.file), at.line, at.column));
        shows.then(|| body.lines().map(|line| format!("{}\n", line.trim_end())).collect())
    }

    /// The bytes to underline: the place, cut to its first line. `None` when that line is too long, or there is no such file.
    fn range(&mut self, place: Place) -> Option<std::ops::Range<usize>> {
        let text = self.sources.text(place.file);
        let index = self.sources.index(place.file)?;
        let span = self.sources.clamp(place);
        let line = index.line(text, index.line_at(span.start));
        if line.len() > MAX_LINE {
            return None;
        }
        self.shown.entry(place.file).or_insert_with(|| {
            // The added blank gives the empty line after a last line end something to stand on.
            ariadne::Source::from(defused(text) + " ")
        });
        let start = span.start as usize;
        Some(start..(span.end.min(line.end) as usize).max(start))
    }
}

/// Gives ariadne the texts that [`Human::range`] has prepared.
struct Cache<'b, 'a> {
    human: &'b Human<'a>,
}

impl ariadne::Cache<FileId> for Cache<'_, '_> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        self.human.shown.get(id).ok_or("no such file")
    }

    fn display<'b>(&self, id: &'b FileId) -> Option<impl std::fmt::Display + 'b> {
        Some(harmless(self.human.sources.path(*id)?))
    }
}

/// A piece of the line around a place, for lines that are too long and for places in files that do not exist.
fn excerpt(sources: &Sources<'_>, place: Place, at: &Location) -> String {
    let number = at.line.to_string();
    let margin = " ".repeat(number.len());
    let mut out = String::new();
    let _ = writeln!(out, " {margin} ╭─[ {}:{}:{} ]", harmless(&at.file), at.line, at.column);
    let text = sources.text(place.file);
    if let Some(index) = sources.index(place.file) {
        let span = sources.clamp(place);
        let line = index.line(text, index.line_at(span.start));
        let (start, end) = (span.start.min(line.end) as usize, span.end.min(line.end) as usize);
        let before = text.get(line.start as usize..start).unwrap_or("");
        let marked = text.get(start..end).unwrap_or("");
        let after = text.get(end..line.end as usize).unwrap_or("");
        let cut = before.char_indices().rev().nth(WINDOW).map(|(at, c)| at + c.len_utf8());
        let mut shown = String::from(if cut.is_some() { "…" } else { "" });
        shown.push_str(&defused(before.get(cut.unwrap_or(0)..).unwrap_or("")));
        let indent = " ".repeat(shown.chars().count());
        let marks = marked.chars().take(WINDOW).count();
        shown.extend(marked.chars().take(WINDOW).map(defused_char));
        if marks < marked.chars().take(WINDOW + 1).count() {
            shown.push('…');
        } else {
            shown.extend(after.chars().take(WINDOW).map(defused_char));
            if after.chars().nth(WINDOW).is_some() {
                shown.push('…');
            }
        }
        let _ = writeln!(out, " {number} │ {}", shown.replace('\t', " "));
        let _ = writeln!(out, " {margin} │ {indent}{}", "─".repeat(marks.max(1)));
    }
    let _ = writeln!(out, "─{}─╯", "─".repeat(number.len()));
    out
}

/// Does this character act on a terminal, or hide or reorder what stands around it?
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// A harmless character that takes as many bytes; tabs and line ends stay.
fn defused_char(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' => c,
        c if is_harmful(c) => match c.len_utf8() {
            1 => '?',
            2 => '¿',
            3 => '\u{fffd}',
            _ => '\u{10102}',
        },
        c => c,
    }
}

/// The text with every harmful character replaced by one of the same length, so that all offsets stay true.
fn defused(text: &str) -> String {
    text.chars().map(defused_char).collect()
}

/// A message or path in which harmful characters are spelled out: `\u{1b}`.
fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmful(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacement_keeps_every_offset() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let shown = defused_char(c);
            assert_eq!(shown.len_utf8(), c.len_utf8(), "{c:?}");
            assert!(!is_harmful(shown) || matches!(c, '\t' | '\n' | '\r'), "{c:?}");
        }
    }
}
