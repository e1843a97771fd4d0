//! The file: a header, a table of sections, the sections. All numbers are little-endian.
//!
//! | offset | bytes | |
//! |---|---|---|
//! | 0 | 8 | magic: `89 52 54 43 0D 0A 1A 0A` (a byte outside of ASCII and CR LF, so that a transfer as text shows) |
//! | 8 | 2 | format version: low byte minor, high byte major |
//! | 10 | 2 | language version, likewise |
//! | 12 | 4 | CRC-32 (IEEE) of everything from offset 16 on: against damage, not against forgery |
//! | 16 | 4 | length of the file |
//! | 20 | 2 | number of sections |
//! | 22 | 2 | 0 |
//! | 24 | 12 each | sections: id (2), flags (2; bit 0: whoever does not know the id must refuse), offset (4), length (4) |
//!
//! The sections follow each other without gaps in the order of the table. The same image gives the same bytes.

use std::fmt;

use crate::bytes::Bytes;
use crate::image::Image;
use crate::layout::{SECTIONS, SectionKind, get_section, put_section};
use crate::limits;

/// The first bytes of every compiled script.
pub const MAGIC: [u8; 8] = *b"\x89RTC\r\n\x1a\n";
/// Version of the format: major, minor. A reader refuses another major version; a newer minor one only adds sections, and each
/// of them says itself whether it must be understood.
pub const FORMAT: (u8, u8) = (1, 0);
/// Version of the language: major, minor.
pub const LANGUAGE: (u8, u8) = (1, 0);

const HEADER: usize = 24;
const ENTRY: usize = 12;
/// Where the bytes begin that the checksum covers.
const CHECKED: usize = 16;
const MUST_UNDERSTAND: u16 = 1;

/// Why a file is no compiled script, or not one that can be read here.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ImageError {
    /// It is something else.
    NotCompiled,
    /// It went through a transfer that changes line ends.
    SentAsText,
    /// Its format is newer.
    NewerFormat {
        /// The file's.
        found: (u8, u8),
    },
    /// Its format is one that this version no longer reads.
    OlderFormat {
        /// The file's.
        found: (u8, u8),
    },
    /// Its language is newer.
    NewerLanguage {
        /// The file's.
        found: (u8, u8),
    },
    /// It ends too early.
    Cut {
        /// Bytes that there should be.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// It goes on after its end.
    TooLong {
        /// Bytes that there should be.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// It is larger than [`limits::FILE`].
    TooLarge {
        /// Its bytes.
        found: usize,
    },
    /// Its checksum is wrong.
    Checksum,
    /// Its table of sections is wrong.
    Sections {
        /// What is wrong.
        what: &'static str,
    },
    /// It has a section that must be understood, and is not.
    UnknownSection {
        /// Its id.
        id: u16,
    },
    /// A section is not there.
    MissingSection {
        /// Its name.
        name: &'static str,
    },
    /// A section holds something else than it should.
    Damaged {
        /// The section's name.
        section: &'static str,
        /// Where, in bytes from the start of the file.
        offset: usize,
        /// What was expected there.
        expected: &'static str,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = "compile the script again";
        match self {
            Self::NotCompiled => {
                write!(f, "this is no compiled script; a compiled script is made with `callroute build SCRIPT -o FILE.routec`")
            }
            Self::SentAsText => write!(f, "the compiled script was changed by a transfer as text; transfer it as binary, or {again}"),
            Self::NewerFormat { found: (major, minor) } => write!(
                f,
                "the compiled script has format {major}.{minor}, and this version reads {}.{}; use a newer version, or {again} with this one",
                FORMAT.0, FORMAT.1
            ),
            Self::OlderFormat { found: (major, minor) } => {
                write!(
                    f,
                    "the compiled script has the old format {major}.{minor}, and this version reads {}.{}; {again}",
                    FORMAT.0, FORMAT.1
                )
            }
            Self::NewerLanguage { found: (major, minor) } => write!(
                f,
                "the script is in version {major}.{minor} of the language, and this version knows {}.{}; use a newer version",
                LANGUAGE.0, LANGUAGE.1
            ),
            Self::Cut { expected, found } => {
                write!(f, "the compiled script is cut: it has {found} of {expected} bytes; copy it again, or {again}")
            }
            Self::TooLong { expected, found } => {
                write!(f, "the compiled script has {found} bytes where {expected} should be; copy it again, or {again}")
            }
            Self::TooLarge { found } => write!(f, "the compiled script has {found} bytes, and the limit is {}", limits::FILE),
            Self::Checksum => write!(f, "the compiled script is damaged: its checksum is wrong; copy it again, or {again}"),
            Self::Sections { what } => write!(f, "the compiled script is damaged: {what}; {again}"),
            Self::UnknownSection { id } => {
                write!(
                    f,
                    "the compiled script has a part (section {id}) that this version does not know and must not ignore; use a newer version"
                )
            }
            Self::MissingSection { name } => write!(f, "the compiled script is damaged: it has no section `{name}`; {again}"),
            Self::Damaged { section, offset, expected } => {
                write!(f, "the compiled script is damaged: {expected} should be at byte {offset}, in section `{section}`; {again}")
            }
        }
    }
}

impl std::error::Error for ImageError {}

/// A section as it lies in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// Its number.
    pub id: u16,
    /// Its name; `None` if this version does not know it.
    pub name: Option<&'static str>,
    /// Nothing that runs depends on it.
    pub cold: bool,
    /// Its first byte in the file.
    pub offset: usize,
    /// How many bytes it has.
    pub len: usize,
}

/// The bytes of a compiled script. The same image gives the same bytes, on every machine.
#[must_use]
pub fn encode(image: &Image) -> Vec<u8> {
    let mut parts = Vec::with_capacity(SECTIONS.len());
    for kind in SECTIONS {
        let mut bytes = Vec::new();
        put_section(image, kind.id, &mut bytes);
        parts.push((*kind, bytes));
    }
    let parts: Vec<(SectionKind, &[u8])> = parts.iter().map(|(kind, bytes)| (*kind, bytes.as_slice())).collect();
    assemble(&parts)
}

fn assemble(parts: &[(SectionKind, &[u8])]) -> Vec<u8> {
    let start = HEADER + ENTRY * parts.len();
    let total = parts.iter().fold(start, |sum, (_, bytes)| sum.saturating_add(bytes.len()));
    // A file above the limit is refused when it is read, whatever these numbers say.
    let short = |len: usize| u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes();
    let mut checked = Vec::with_capacity(total);
    checked.extend_from_slice(&short(total));
    checked.extend_from_slice(&u16::try_from(parts.len()).unwrap_or(u16::MAX).to_le_bytes());
    checked.extend_from_slice(&[0; 2]);
    let mut offset = start;
    for (kind, bytes) in parts {
        checked.extend_from_slice(&kind.id.to_le_bytes());
        checked.extend_from_slice(&(if kind.cold { 0 } else { MUST_UNDERSTAND }).to_le_bytes());
        checked.extend_from_slice(&short(offset));
        checked.extend_from_slice(&short(bytes.len()));
        offset = offset.saturating_add(bytes.len());
    }
    for (_, bytes) in parts {
        checked.extend_from_slice(bytes);
    }
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[FORMAT.1, FORMAT.0, LANGUAGE.1, LANGUAGE.0]);
    out.extend_from_slice(&crc32fast::hash(&checked).to_le_bytes());
    out.append(&mut checked);
    out
}

/// Whether a file says that it is a compiled script (it may still be damaged).
#[must_use]
pub fn is_compiled(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) || bytes.starts_with(b"\x89RTC")
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let word: &[u8; 4] = bytes.get(at..)?.first_chunk()?;
    usize::try_from(u32::from_le_bytes(*word)).ok()
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|half| u16::from_le_bytes(*half))
}

/// Bytes of a file that [`check_head`] looks at.
pub const HEAD: usize = HEADER;

/// Looks at the first [`HEAD`] bytes of a file of `length` bytes (all of them, if it is shorter): whoever reads files can refuse one before the rest of it fills
/// the memory.
///
/// # Errors
/// What is wrong with the file, as far as this shows it.
pub fn check_head(bytes: &[u8], length: usize) -> Result<(), ImageError> {
    if !bytes.starts_with(&MAGIC) {
        let sent_as_text =
            [b"\x89RTC\n\x1a\n".as_slice(), b"\x89RTC\r\r\n\x1a", b"\x89RTC\r\n\x1a\r\n", b"\xC2\x89RTC", b"\xEF\xBF\xBDRTC"];
        return Err(match bytes {
            // Cut within the magic.
            [0x89, ..] if MAGIC.starts_with(bytes) => ImageError::Cut { expected: HEADER, found: length },
            _ if sent_as_text.iter().any(|start| bytes.starts_with(start)) => ImageError::SentAsText,
            _ => ImageError::NotCompiled,
        });
    }
    let cut = |expected| ImageError::Cut { expected, found: length };
    let header: &[u8; HEADER] = bytes.first_chunk().ok_or(cut(HEADER))?;
    let [_, _, _, _, _, _, _, _, minor, major, language_minor, language_major, ..] = *header;
    match major.cmp(&FORMAT.0) {
        std::cmp::Ordering::Greater => return Err(ImageError::NewerFormat { found: (major, minor) }),
        std::cmp::Ordering::Less => return Err(ImageError::OlderFormat { found: (major, minor) }),
        std::cmp::Ordering::Equal => {}
    }
    if (language_major, language_minor) > LANGUAGE {
        return Err(ImageError::NewerLanguage { found: (language_major, language_minor) });
    }
    if length > limits::FILE {
        return Err(ImageError::TooLarge { found: length });
    }
    let total = word(header, 16).ok_or(cut(HEADER))?;
    match length.cmp(&total) {
        std::cmp::Ordering::Less => Err(cut(total)),
        std::cmp::Ordering::Greater => Err(ImageError::TooLong { expected: total, found: length }),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

/// The sections of a file, whose header, length and checksum are right.
///
/// # Errors
/// What is wrong with the file.
pub fn sections(bytes: &[u8]) -> Result<Vec<Section>, ImageError> {
    check_head(bytes, bytes.len())?;
    let header: &[u8; HEADER] = bytes.first_chunk().ok_or(ImageError::Cut { expected: HEADER, found: bytes.len() })?;
    if word(header, 12) != usize::try_from(crc32fast::hash(bytes.get(CHECKED..).unwrap_or_default())).ok() {
        return Err(ImageError::Checksum);
    }
    let wrong = |what| ImageError::Sections { what };
    let count = usize::from(half(header, 20).unwrap_or(u16::MAX));
    if count > limits::SECTIONS {
        return Err(wrong("there are too many sections"));
    }
    if half(header, 22) != Some(0) {
        return Err(wrong("its header has a wrong field"));
    }
    let table = bytes.get(HEADER..HEADER + ENTRY * count).ok_or(wrong("its table of sections is cut"))?;
    let mut sections: Vec<Section> = Vec::with_capacity(count);
    let mut end = HEADER + ENTRY * count;
    for entry in table.chunks_exact(ENTRY) {
        let (Some(id), Some(flags), Some(offset), Some(len)) = (half(entry, 0), half(entry, 2), word(entry, 4), word(entry, 8)) else {
            return Err(wrong("its table of sections is cut"));
        };
        let known = SECTIONS.iter().find(|kind| kind.id == id);
        if known.is_none() && flags & MUST_UNDERSTAND != 0 {
            return Err(ImageError::UnknownSection { id });
        }
        if sections.iter().any(|section| section.id == id) {
            return Err(wrong("a section is there twice"));
        }
        if offset != end {
            return Err(wrong("its sections do not follow each other"));
        }
        end = offset.saturating_add(len);
        if end > bytes.len() {
            return Err(wrong("a section is longer than the file"));
        }
        sections.push(Section { id, name: known.map(|kind| kind.name), cold: known.is_none_or(|kind| kind.cold), offset, len });
    }
    if end == bytes.len() { Ok(sections) } else { Err(wrong("something follows the last section")) }
}

/// Reads a compiled script. What comes out is well-formed, but not yet known to be safe to run: that is for
/// [`crate::verify`].
///
/// # Errors
/// What is wrong with the file, and what to do.
pub fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    decode_shared(&Bytes::from(bytes))
}

/// Reads a compiled script whose bytes are shared already: its tables stay where they are.
///
/// # Errors
/// What is wrong with the file, and what to do.
pub fn decode_shared(bytes: &Bytes) -> Result<Image, ImageError> {
    let sections = sections(bytes)?;
    let mut image = Image::default();
    for kind in SECTIONS {
        let Some(section) = sections.iter().find(|section| section.id == kind.id) else {
            if kind.cold {
                continue;
            }
            return Err(ImageError::MissingSection { name: kind.name });
        };
        get_section(&mut image, kind.id, bytes.part(section.offset, section.len)).map_err(|error| ImageError::Damaged {
            section: kind.name,
            offset: section.offset.saturating_add(error.at),
            expected: error.what,
        })?;
    }
    Ok(image)
}

/// The same script without its cold sections: no source text, no places. It decides the same, and has the same [`identity`].
///
/// # Errors
/// What is wrong with the file.
pub fn strip(bytes: &[u8]) -> Result<Vec<u8>, ImageError> {
    let sections = sections(bytes)?;
    let parts: Vec<(SectionKind, &[u8])> = SECTIONS
        .iter()
        .filter(|kind| !kind.cold)
        .filter_map(|kind| {
            let section = sections.iter().find(|section| section.id == kind.id)?;
            Some((*kind, bytes.get(section.offset..section.offset.checked_add(section.len)?)?))
        })
        .collect();
    Ok(assemble(&parts))
}

/// What tells one compiled script from another: BLAKE3 of all that matters when it runs. Stripping does not change it.
///
/// # Errors
/// What is wrong with the file.
pub fn identity(bytes: &[u8]) -> Result<[u8; 32], ImageError> {
    let mut hash = blake3::Hasher::new();
    hash.update(&[FORMAT.0, LANGUAGE.0]);
    for section in sections(bytes)?.iter().filter(|section| !section.cold) {
        hash.update(&section.id.to_le_bytes());
        hash.update(&u64::try_from(section.len).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(bytes.get(section.offset..section.offset.saturating_add(section.len)).unwrap_or_default());
    }
    Ok(hash.finalize().into())
}
