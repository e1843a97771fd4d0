//! Values while a call runs: plain data of 16 bytes. Texts are constants of the script, or lie in the call's [`Arena`].

use callroute_bytecode::image::Image;
use callroute_numbers::Packed;

/// The most bytes of a text that comes from outside or is put together; what is longer is cut, with a warning.
pub(crate) const MAX_TEXT: usize = crate::limits::TEXT;
/// The most bytes of all texts of one answer.
const MAX_ARENA: usize = crate::limits::TEXTS;
/// The most phones of one value.
pub(crate) const MAX_PHONES: usize = crate::limits::PHONES;

/// A text: constant, or a piece of the arena.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Text {
    Const(u32),
    Arena { start: u32, len: u32 },
}

impl Text {
    pub const EMPTY: Self = Self::Arena { start: 0, len: 0 };

    /// Where it is once the arena's texts were added to another arena, behind a mark.
    pub fn behind(self, mark: usize) -> Self {
        match (self, u32::try_from(mark)) {
            (Self::Const(id), _) => Self::Const(id),
            (Self::Arena { start, len }, Ok(mark)) => Self::Arena { start: start.saturating_add(mark), len },
            (Self::Arena { .. }, Err(_)) => Self::EMPTY,
        }
    }
}

/// Several phones: a constant, or a text with one in each line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phones {
    Const(u32),
    Lines(Text),
}

/// A phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phone {
    Number(Packed),
    Address(Text),
}

/// A target: defined in the script, or the host's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TargetValue {
    Defined(u32),
    Extern(Text),
}

/// A value. Of which type it is, is the variable's or constant's business, and proved.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) enum Value {
    #[default]
    Missing,
    /// Also of digits.
    Text(Text),
    Number(f64),
    Flag(bool),
    Phone(Packed),
    Address(Text),
    Phones(Phones),
    /// Milliseconds.
    Duration(u64),
    /// Index in the enumeration.
    Enum(u32),
    Target(TargetValue),
    /// A schedule, dates, a list.
    Index(u32),
}

/// Something that a proved image cannot do, or a table whose bytes are damaged. The call gets the script's fallback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault(pub &'static str);

/// The texts of one call, one after the other. What is not kept is left behind when the next event is answered.
#[derive(Clone, Default, Debug)]
pub(crate) struct Arena {
    texts: String,
    spare: String,
}

impl Arena {
    pub fn clear(&mut self) {
        self.texts.clear();
    }

    #[inline]
    pub fn get<'t>(&'t self, image: &'t Image, text: Text) -> &'t str {
        match text {
            Text::Const(id) => constant(image, id),
            Text::Arena { start, len } => piece(&self.texts, start, len),
        }
    }

    /// All its texts.
    pub fn all(&self) -> &str {
        &self.texts
    }

    /// Where the next text will begin.
    pub fn mark(&self) -> usize {
        self.texts.len()
    }

    /// The text that was written since the mark.
    pub fn since(&self, mark: usize) -> Text {
        match (u32::try_from(mark), u32::try_from(self.texts.len().saturating_sub(mark))) {
            (Ok(start), Ok(len)) => Text::Arena { start, len },
            _ => Text::EMPTY,
        }
    }

    pub fn room(&self) -> Result<(), Fault> {
        if self.texts.len() <= MAX_ARENA { Ok(()) } else { Err(Fault("the texts of one answer are too long")) }
    }

    pub fn push(&mut self, text: &str) {
        self.texts.push_str(text);
    }

    /// Adds a text that is in the arena, or a constant.
    pub fn push_text(&mut self, image: &Image, text: Text) {
        match text {
            Text::Const(id) => self.texts.push_str(constant(image, id)),
            Text::Arena { start, len } => {
                if let (Ok(start), Ok(len)) = (usize::try_from(start), usize::try_from(len))
                    && let Some(end) = start.checked_add(len).filter(|end| self.texts.get(start..*end).is_some())
                {
                    self.texts.extend_from_within(start..end);
                }
            }
        }
    }

    /// Adds a text and says where it is. Whether it had to be cut comes with it.
    pub fn add(&mut self, text: &str) -> (Text, bool) {
        let short = cut(text);
        let mark = self.mark();
        self.texts.push_str(short);
        (self.since(mark), short.len() < text.len())
    }

    /// Cuts what was written since the mark to the most that a text may have.
    pub fn cut_since(&mut self, mark: usize) -> bool {
        let text = self.texts.get(mark..).unwrap_or_default();
        let (len, short) = (text.len(), cut(text).len());
        self.texts.truncate(mark.saturating_add(short));
        short < len
    }

    /// Takes back what was written since the mark.
    pub fn truncate(&mut self, mark: usize) {
        self.texts.truncate(mark);
    }

    /// For writing numbers.
    pub fn buffer(&mut self) -> &mut String {
        &mut self.texts
    }

    /// Copies a text to where it will be kept.
    pub fn keep(&mut self, text: Text) -> Text {
        let Text::Arena { start, len } = text else { return text };
        let kept = piece(&self.texts, start, len);
        let start = self.spare.len();
        self.spare.push_str(kept);
        match (u32::try_from(start), u32::try_from(kept.len())) {
            (Ok(start), Ok(len)) => Text::Arena { start, len },
            _ => Text::EMPTY,
        }
    }

    /// Leaves all behind that was not kept.
    pub fn turn(&mut self) {
        std::mem::swap(&mut self.texts, &mut self.spare);
        self.spare.clear();
    }
}

pub(crate) fn constant(image: &Image, id: u32) -> &str {
    usize::try_from(id).ok().and_then(|id| image.strings.get(id)).map_or("", String::as_str)
}

fn piece(texts: &str, start: u32, len: u32) -> &str {
    match (usize::try_from(start), usize::try_from(len)) {
        (Ok(start), Ok(len)) => start.checked_add(len).and_then(|end| texts.get(start..end)).unwrap_or_default(),
        _ => "",
    }
}

/// At most [`MAX_TEXT`] bytes of a text, whole characters.
pub(crate) fn cut(text: &str) -> &str {
    match text.get(..MAX_TEXT) {
        Some(short) => short,
        None if text.len() <= MAX_TEXT => text,
        None => {
            let end = (0..MAX_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.get(..end).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_small() {
        assert!(size_of::<Value>() <= 16, "{}", size_of::<Value>());
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT);
        assert_eq!(cut(&long).len(), MAX_TEXT);
        let odd = format!("x{long}");
        assert_eq!(cut(&odd).len(), MAX_TEXT - 1);
        assert_eq!(cut("short"), "short");
    }

    #[test]
    fn kept_texts_survive_a_turn() {
        let image = Image { strings: vec!["constant".into()], ..Image::default() };
        let mut arena = Arena::default();
        let (_, _) = arena.add("gone");
        let (text, _) = arena.add("kept");
        let kept = arena.keep(text);
        let constant = arena.keep(Text::Const(0));
        arena.turn();
        assert_eq!((arena.get(&image, kept), arena.get(&image, constant), arena.mark()), ("kept", "constant", 4));
    }
}
