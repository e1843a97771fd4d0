//! The file: out and in again, and everything that can be wrong with it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use callroute_bytecode::image::Image;
use callroute_bytecode::{FORMAT, ImageError, decode, describe, disassemble, encode, identity, sections, strip, verify};

/// Compares with a file of the repository; `BLESS=1` writes it.
fn golden(name: &str, found: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; BLESS=1 writes it", path.display()));
    assert!(expected == found, "{} differs; if that is meant, BLESS=1 writes it anew:\n{}", path.display(), String::from_utf8_lossy(found));
}

fn mend(bytes: &mut [u8]) {
    let sum = crc32fast::hash(&bytes[16..]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
}

#[test]
fn out_and_in_again() {
    for image in [common::sample(), common::Asm::new().finish(), Image { turn_limit: 1, ..Image::default() }] {
        let bytes = encode(&image);
        assert_eq!(bytes, encode(&image));
        let again = decode(&bytes).unwrap();
        assert_eq!(again, image);
        assert_eq!(encode(&again), bytes);
    }
}

#[test]
fn the_listing_is_what_it_was() {
    let bytes = encode(&common::sample());
    let verified = verify(decode(&bytes).unwrap()).unwrap();
    let listing = describe(&verified, &sections(&bytes).unwrap());
    golden("sample.txt", listing.as_bytes());
}

/// One file for each version of the format, kept for ever: what was compiled once must be readable as long as the major version
/// is the same.
#[test]
fn files_of_this_format_stay_readable() {
    let bytes = encode(&common::sample());
    let name = format!("format-{}.{}.routec", FORMAT.0, FORMAT.1);
    golden(&name, &bytes);
    let image = decode(&bytes).unwrap();
    assert_eq!(disassemble(&verify(image).unwrap().into_image()), disassemble(&common::sample()));
}

#[test]
fn stripping_leaves_what_runs() {
    let bytes = encode(&common::sample());
    let stripped = strip(&bytes).unwrap();
    assert!(stripped.len() < bytes.len());
    assert_eq!(identity(&stripped).unwrap(), identity(&bytes).unwrap());
    let image = decode(&stripped).unwrap();
    assert!(image.files.is_empty() && image.spans.is_empty());
    assert_eq!(image.code, common::sample().code);
    assert_eq!(strip(&stripped).unwrap(), stripped);
    let mut other = common::sample();
    other.turn_limit += 1;
    assert_ne!(identity(&encode(&other)).unwrap(), identity(&bytes).unwrap());
}

#[test]
fn tables_stay_where_they_are() {
    let image = common::sample();
    let shared = callroute_bytecode::Bytes::from(encode(&image));
    let again = callroute_bytecode::decode_shared(&shared).unwrap();
    let cells = again.tables[0].cells.as_ptr() as usize;
    let file = shared.as_ptr() as usize;
    assert!((file..file + shared.len()).contains(&cells));
}

#[test]
fn every_fault_has_its_name() {
    let good = encode(&common::sample());
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        if bytes.len() > 16 {
            mend(&mut bytes);
        }
        decode(&bytes).map(|_| ()).unwrap_err()
    };
    let length = |bytes: &mut Vec<u8>| {
        let len = bytes.len() as u32;
        bytes[16..20].copy_from_slice(&len.to_le_bytes());
    };
    assert_eq!(decode(b"when from is +1 < >"), Err(ImageError::NotCompiled));
    assert_eq!(decode(b""), Err(ImageError::NotCompiled));
    assert_eq!(decode(&String::from_utf8_lossy(&good).replace("\r\n", "\n").into_bytes()), Err(ImageError::SentAsText));
    let unix: Vec<u8> = good.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(decode(&unix), Err(ImageError::SentAsText));
    assert_eq!(decode(&good[..7]), Err(ImageError::Cut { expected: 24, found: 7 }));
    assert_eq!(decode(&good[..good.len() - 1]), Err(ImageError::Cut { expected: good.len(), found: good.len() - 1 }));
    let mut long = good.clone();
    long.push(0);
    assert_eq!(decode(&long), Err(ImageError::TooLong { expected: good.len(), found: good.len() + 1 }));
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(decode(&flipped), Err(ImageError::Checksum));
    assert_eq!(changed(&|bytes| bytes[9] = 2), ImageError::NewerFormat { found: (2, 0) });
    assert_eq!(changed(&|bytes| bytes[9] = 0), ImageError::OlderFormat { found: (0, 0) });
    assert_eq!(changed(&|bytes| bytes[10] = 9), ImageError::NewerLanguage { found: (1, 9) });
    assert_eq!(changed(&|bytes| bytes[24] = 77), ImageError::UnknownSection { id: 77 });
    assert_eq!(changed(&|bytes| bytes[36] = 1), ImageError::Sections { what: "a section is there twice" });
    assert_eq!(changed(&|bytes| bytes[40] ^= 1), ImageError::Sections { what: "its sections do not follow each other" });
    assert_eq!(changed(&|bytes| bytes[20] = 200), ImageError::Sections { what: "there are too many sections" });
    assert_eq!(changed(&|bytes| bytes[22] = 1), ImageError::Sections { what: "its header has a wrong field" });
    let trailing = changed(&|bytes| {
        bytes.push(0);
        length(bytes);
    });
    assert_eq!(trailing, ImageError::Sections { what: "something follows the last section" });
    let code = sections(&good).unwrap().into_iter().find(|section| section.name == Some("code")).unwrap();
    let wrong = changed(&|bytes| bytes[code.offset + 4] = 99);
    assert_eq!(wrong, ImageError::Damaged { section: "code", offset: code.offset + 6, expected: "an opcode" });
    for error in [ImageError::NotCompiled, ImageError::SentAsText, ImageError::Checksum, wrong, trailing] {
        let text = error.to_string();
        assert!(!text.ends_with('.') && !text.contains('\n') && text.len() < 200, "{text}");
    }
}

/// A minor version adds sections; one that need not be understood is passed over.
#[test]
fn unknown_sections_say_whether_they_matter() {
    let good = encode(&common::sample());
    let extra = |must: u8| {
        let mut bytes = good.clone();
        let count = bytes[20];
        let table_end = 24 + 12 * usize::from(count);
        let mut entry = vec![200, 0, must, 0];
        entry.extend((good.len() as u32 + 12).to_le_bytes());
        entry.extend(3u32.to_le_bytes());
        bytes.splice(table_end..table_end, entry);
        bytes.extend(b"new");
        bytes[20] += 1;
        bytes[8] = 7;
        for entry in 0..usize::from(count) {
            let at = 24 + 12 * entry + 4;
            let offset = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) + 12;
            bytes[at..at + 4].copy_from_slice(&offset.to_le_bytes());
        }
        let len = bytes.len() as u32;
        bytes[16..20].copy_from_slice(&len.to_le_bytes());
        mend(&mut bytes);
        bytes
    };
    assert_eq!(decode(&extra(0)).unwrap(), common::sample());
    assert_eq!(identity(&extra(0)).unwrap(), identity(&good).unwrap());
    assert_eq!(decode(&extra(1)), Err(ImageError::UnknownSection { id: 200 }));
}

/// Whatever a section holds, what is read from it is not much larger than the file.
#[test]
fn counts_cannot_make_memory() {
    let good = encode(&common::sample());
    let mut refused = 0;
    for section in sections(&good).unwrap() {
        for at in section.offset..(section.offset + section.len.min(400)) {
            let mut bytes = good.clone();
            bytes[at..(at + 4).min(good.len())].fill(0xFF);
            mend(&mut bytes);
            refused += u32::from(decode(&bytes).is_err());
        }
    }
    assert!(refused > 100);
}

#[test]
fn a_listing_of_anything() {
    // Not verified: records that do not exist are question marks.
    let mut image = common::sample();
    let full = disassemble(&image);
    for word in ["office.route:2:1", "sales", "schedule 0", "America/Chicago", "crm", "keeps", "@", "pin"] {
        assert!(full.contains(word), "{word}\n{full}");
    }
    image.strings.clear();
    image.consts.clear();
    image.vars.clear();
    image.gathers.clear();
    image.dials.clear();
    assert!(disassemble(&image).contains('?'));
    image.spans[0].start = 1_000_000;
    image.spans[1].end = 1;
    assert!(!disassemble(&image).is_empty());
}
