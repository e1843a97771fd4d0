//! From bytes to lines and columns and back: the only code that does it, for terminals, files for machines and editors.
//!
//! A line ends with LF, CR LF or a lone CR, exactly as the Language Server Protocol has it; the Unicode separators (U+2028
//! and its like) are ordinary characters. Positions count from 0 here; people and JSON count from 1 and add it themselves.

use crate::Span;

/// Bytes between two marks; bounds the work of a query, however long a line is.
const STRIDE: usize = 512;

/// What a column counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Encoding {
    /// Unicode scalar values: what JSON, SARIF and the terminal say.
    Chars,
    /// UTF-16 code units: an editor's default.
    Utf16,
    /// Bytes: what an editor can negotiate.
    Utf8,
}

/// A place between two characters; both numbers count from 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column, in units of the [`Encoding`] asked for.
    pub column: u32,
}

/// Characters and UTF-16 units that begin before some byte.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Mark {
    chars: u32,
    utf16: u32,
}

impl Mark {
    /// Counts one byte; continuation bytes count nothing.
    const fn count(&mut self, byte: u8) {
        if byte & 0xc0 != 0x80 {
            self.chars = self.chars.saturating_add(1);
            self.utf16 = self.utf16.saturating_add(if byte >= 0xf0 { 2 } else { 1 });
        }
    }

    const fn units(self, encoding: Encoding) -> u32 {
        match encoding {
            Encoding::Utf16 => self.utf16,
            Encoding::Chars | Encoding::Utf8 => self.chars,
        }
    }
}

/// Where the lines of one text begin. Every method takes that same text again; with another text the answers are
/// meaningless, but nothing panics. Texts are at most 4 GiB; what lies beyond is not indexed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineIndex {
    /// First byte of each line; the first is 0.
    starts: Vec<u32>,
    /// Counts at every [`STRIDE`] bytes.
    marks: Vec<Mark>,
    len: u32,
}

impl LineIndex {
    /// Reads the text once.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut starts = vec![0];
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut mark = Mark::default();
        let bytes = text.as_bytes().get(..len as usize).unwrap_or_default();
        for chunk in bytes.chunks(STRIDE) {
            marks.push(mark);
            if chunk.is_ascii() {
                // A chunk is a `STRIDE` at most.
                let count = chunk.len() as u32;
                mark = Mark { chars: mark.chars.saturating_add(count), utf16: mark.utf16.saturating_add(count) };
            } else {
                chunk.iter().for_each(|byte| mark.count(*byte));
            }
        }
        let mut after_cr = None;
        for (at, &byte) in bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r')) {
            // `at` is below `len`, which is a `u32`.
            let next = at as u32 + 1;
            match starts.last_mut() {
                Some(last) if byte == b'\n' && after_cr == Some(at) => *last = next,
                _ => starts.push(next),
            }
            after_cr = (byte == b'\r').then_some(at + 1);
        }
        Self { starts, marks, len }
    }

    /// Number of lines, at least 1: a text that ends with a line end has an empty last line.
    #[must_use]
    pub fn lines(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// The line that holds a byte; beyond the end: the last one.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> u32 {
        let line = self.starts.partition_point(|&start| start <= offset);
        u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The bytes of a line without its end; beyond the last line: the empty span at the end of the text.
    #[must_use]
    pub fn line(&self, text: &str, line: u32) -> Span {
        let Some(&start) = self.starts.get(line as usize) else { return Span::at(self.len) };
        let next = self.starts.get(line as usize + 1).copied().unwrap_or(self.len);
        let content = text.get(start as usize..next as usize).unwrap_or("");
        let content = match content.strip_suffix('\n') {
            Some(rest) => rest.strip_suffix('\r').unwrap_or(rest),
            None => content.strip_suffix('\r').unwrap_or(content),
        };
        Span::new(start, start.saturating_add(u32::try_from(content.len()).unwrap_or(0)))
    }

    /// The position of a byte. What lies beyond the end is the end; what lies inside a character is its start.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32, encoding: Encoding) -> Position {
        let offset = snap(text, offset.min(self.len));
        let line = self.line_at(offset);
        let start = self.starts.get(line as usize).copied().unwrap_or(0);
        let column = match encoding {
            Encoding::Utf8 => offset.saturating_sub(start),
            _ => self.count(text, offset).units(encoding).saturating_sub(self.count(text, start).units(encoding)),
        };
        Position { line, column }
    }

    /// The byte of a position. A column beyond the line's end is its end, a line beyond the last is the end of the text, and
    /// half a character is its start.
    #[must_use]
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> u32 {
        let line = self.line(text, position.line);
        if position.line >= self.lines() {
            return self.len;
        }
        if encoding == Encoding::Utf8 {
            return snap(text, line.start.saturating_add(position.column).min(line.end));
        }
        let wanted = self.count(text, line.start).units(encoding).saturating_add(position.column);
        // The last mark at or before the wanted place, but not before the line.
        let mark = self.marks.partition_point(|mark| mark.units(encoding) <= wanted).saturating_sub(1);
        let from = (mark * STRIDE).max(line.start as usize);
        let mut counted = self.count(text, u32::try_from(from).unwrap_or(self.len));
        let bytes = text.as_bytes().get(from..line.end as usize).unwrap_or(&[]);
        for (at, &byte) in bytes.iter().enumerate() {
            if byte & 0xc0 != 0x80 {
                let mut next = counted;
                next.count(byte);
                if next.units(encoding) > wanted {
                    return u32::try_from(from + at).unwrap_or(line.end);
                }
                counted = next;
            }
        }
        line.end
    }

    /// Counts up to a byte.
    fn count(&self, text: &str, offset: u32) -> Mark {
        let offset = offset.min(self.len) as usize;
        // A text that ends with a full block has no mark at its end.
        let block = (offset / STRIDE).min(self.marks.len().saturating_sub(1));
        let mut mark = self.marks.get(block).copied().unwrap_or_default();
        for &byte in text.as_bytes().get(block * STRIDE..offset).unwrap_or(&[]) {
            mark.count(byte);
        }
        mark
    }
}

/// The start of the character that holds this byte; beyond the text: its end.
pub(crate) fn snap(text: &str, offset: u32) -> u32 {
    let mut offset = (offset as usize).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(text: &str, offset: usize, encoding: Encoding) -> Position {
        let mut line = 0;
        let mut start = 0;
        let bytes = text.as_bytes();
        for at in 0..offset {
            let ends = bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            if ends {
                line += 1;
                start = at + 1;
            }
        }
        let before = text.get(start..offset).unwrap();
        let column = match encoding {
            Encoding::Chars => before.chars().count(),
            Encoding::Utf16 => before.encode_utf16().count(),
            Encoding::Utf8 => before.len(),
        };
        Position { line, column: column as u32 }
    }

    #[test]
    fn line_ends_are_those_of_editors() {
        let text = "a\nb\r\nc\rd\u{2028}e\n";
        let index = LineIndex::new(text);
        assert_eq!(index.lines(), 5);
        let lines: Vec<&str> = (0..5).map(|line| index.line(text, line).text(text)).collect();
        assert_eq!(lines, ["a", "b", "c", "d\u{2028}e", ""]);
        assert_eq!(index.position(text, text.len() as u32, Encoding::Chars), Position { line: 4, column: 0 });
        assert_eq!(index.line(text, 99), Span::at(text.len() as u32));
    }

    #[test]
    fn empty_text_has_one_line() {
        let index = LineIndex::new("");
        assert_eq!(index.lines(), 1);
        assert_eq!(index.position("", 7, Encoding::Utf16), Position::default());
        assert_eq!(index.offset("", Position { line: 3, column: 9 }, Encoding::Utf16), 0);
    }

    #[test]
    fn columns_in_three_units() {
        let text = "x\néa😀b";
        let index = LineIndex::new(text);
        let b = text.find('b').unwrap() as u32;
        assert_eq!(index.position(text, b, Encoding::Chars).column, 3);
        assert_eq!(index.position(text, b, Encoding::Utf16).column, 4);
        assert_eq!(index.position(text, b, Encoding::Utf8).column, 7);
        // Inside the emoji: its start.
        assert_eq!(index.position(text, b - 2, Encoding::Utf16).column, 2);
        // The second half of its surrogate pair: its start.
        assert_eq!(index.offset(text, Position { line: 1, column: 3 }, Encoding::Utf16), b - 4);
    }

    #[test]
    fn agrees_with_counting_by_hand() {
        let piece = "ab\r\n\ré😀\u{2028}\u{7}z\n";
        for pad in [0, 1, 500, 509, 510, 511, 512, 513, 1020, 1024, 1500] {
            let text = format!("{}{}{}{}", "é".repeat(pad / 2), piece, "x".repeat(pad), piece.repeat(60));
            let index = LineIndex::new(&text);
            for offset in (0..=text.len()).filter(|&at| text.is_char_boundary(at)) {
                for encoding in [Encoding::Chars, Encoding::Utf16, Encoding::Utf8] {
                    let position = index.position(&text, offset as u32, encoding);
                    // Between CR and LF a position exists only as a byte.
                    if text.as_bytes().get(offset) == Some(&b'\n') && offset > 0 && text.as_bytes()[offset - 1] == b'\r' {
                        continue;
                    }
                    assert_eq!(position, naive(&text, offset, encoding), "{pad} {offset} {encoding:?}");
                    assert_eq!(index.offset(&text, position, encoding), offset as u32, "{pad} {offset} {encoding:?}");
                }
            }
        }
    }

    #[test]
    fn a_foreign_text_does_not_panic() {
        let index = LineIndex::new("a\nb\nc\nlonger line é");
        for offset in 0..40 {
            for encoding in [Encoding::Chars, Encoding::Utf16, Encoding::Utf8] {
                let _ = index.position("é", offset, encoding);
                let _ = index.offset("é", Position { line: offset, column: 3 }, encoding);
            }
        }
    }
}
