//! The formatter on everything there is: scripts, pages, random programs, and all of these with comments put in, white space
//! scrambled and tokens taken out. `FULL=1` takes every place instead of some.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_format::{Formatted, format};
use callroute_tests::disk;
use callroute_tests::generate::{Dice, script};

const FOUNDING: &str =
    "when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"\n";

/// Every script of the project, those with mistakes among them.
fn scripts() -> Vec<(String, String)> {
    let root = disk::root();
    let mut out = Vec::new();
    for folder in ["examples", "tests/corpus", "tests/conformance"] {
        for path in disk::scripts(&root.join(folder)) {
            out.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    for folder in ["docs", "docs/errors"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                for (index, part) in text.split("\n```route").enumerate().skip(1) {
                    let block = part.split_once('\n').unwrap().1.split("\n```").next().unwrap();
                    out.push((format!("{} #{index}", path.display()), format!("{block}\n")));
                }
            }
        }
    }
    for entry in std::fs::read_dir(root.join("crates/syntax/tests/corpus")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        for part in text.split("\n===== ").skip(1) {
            let (title, text) = part.split_once('\n').unwrap();
            out.push((format!("{}: {title}", entry.path().display()), text.to_owned()));
        }
    }
    out.sort();
    assert!(out.len() > 400, "{}", out.len());
    out
}

/// Tokens and white space, by a plain reading of its own: texts and comments are whole, words go together, signs stand alone.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            let line = rest.split('\n').next().unwrap();
            let mut escaped = false;
            let end = line.char_indices().skip(1).find(|&(_, c)| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            end.map_or(line.len(), |(at, _)| at + 1)
        } else if first.is_ascii_whitespace() {
            rest.find(|c: char| !c.is_ascii_whitespace()).unwrap_or(rest.len())
        } else if rest.starts_with("=>") {
            2
        } else if "<>{}(),;=".contains(first) {
            1
        } else {
            let scheme = ["sip:", "sips:", "tel:"].iter().any(|scheme| rest.starts_with(scheme));
            let ends = |at: usize, c: char| {
                c.is_ascii_whitespace()
                    || "<>{}(),;\"".contains(c)
                    || c == '=' && (!scheme || rest[at..].starts_with("=>"))
                    || !scheme && (rest[at..].starts_with("//") || rest[at..].starts_with("/*"))
            };
            rest.char_indices().skip(1).find(|&(at, c)| ends(at, c)).map_or(rest.len(), |(at, _)| at)
        };
        let (piece, after) = rest.split_at(length);
        out.push(piece);
        rest = after;
    }
    out
}

fn is_comment(piece: &str) -> bool {
    piece.starts_with("//") || piece.starts_with("/*")
}

/// All that counts of a text, on one line: no white space (inside comments neither), no `;`, one kind of brackets, no capitals.
fn essence(text: &str) -> String {
    let mut out = String::new();
    // A typographic quote begins a text or ends one, and then the plain ones behind it are not those that they seem to be.
    let shifted = text.contains(['\u{201c}', '\u{201d}']);
    for piece in pieces(text) {
        match piece {
            "{" => out.push('<'),
            "}" => out.push('>'),
            ";" => {}
            _ if is_comment(piece) => out.extend(piece.chars().filter(|c| !c.is_whitespace())),
            _ if piece.starts_with('"') && !shifted => out.push_str(piece.trim_end()),
            _ => out.extend(piece.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| c.to_ascii_lowercase())),
        }
    }
    out.trim_start_matches('\u{feff}').to_owned()
}

/// Formats, and holds what holds of every text.
fn hold(name: &str, text: &str) -> Formatted {
    let formatted = format(text).unwrap_or_else(|error| {
        panic!("{name}: {error} at {:?}: {:?}\n{text}", error.span, &text[error.span.start as usize..].chars().take(60).collect::<String>())
    });
    let parsed = callroute_syntax::parse(text);
    assert!(!parsed.is_clean() || formatted.broken.is_empty(), "{name}: nothing is wrong in\n{text}");
    let again = format(&formatted.text).unwrap_or_else(|error| panic!("{name}: {error} the second time in\n{}", formatted.text));
    assert!(
        again.text == formatted.text,
        "{name}: not stable\n--- source\n{text}\n--- once\n{}\n--- twice\n{}",
        formatted.text,
        again.text
    );
    let (before, after) = (essence(text), essence(&formatted.text));
    if before != after {
        let at = before.bytes().zip(after.bytes()).take_while(|(a, b)| a == b).count();
        let tail = |text: &str| String::from_utf8_lossy(text.as_bytes().get(at..).unwrap_or(b"")).chars().take(60).collect::<String>();
        panic!("{name}: {:?} became {:?}\n--- source\n{text}\n--- formatted\n{}", tail(&before), tail(&after), formatted.text);
    }
    // What is wrong stays byte for byte, in order.
    let mut from = 0;
    for span in &formatted.broken {
        let part = span.text(text);
        let found = formatted.text[from..].find(part);
        assert!(found.is_some(), "{name}: {part:?} was touched\n--- source\n{text}\n--- formatted\n{}", formatted.text);
        from += found.unwrap() + part.len();
    }
    formatted
}

fn full() -> bool {
    std::env::var_os("FULL").is_some()
}

/// Some of the numbers below `count`; all of them with `FULL`.
fn some(dice: &mut Dice, count: usize, at_most: usize) -> Vec<usize> {
    if full() || count <= at_most {
        return (0..count).collect();
    }
    (0..at_most).map(|_| dice.below(count)).collect()
}

#[test]
fn every_script_of_the_project() {
    for (name, text) in scripts() {
        hold(&name, &text);
        hold(&name, &text.replace('\n', "\r\n"));
        hold(&name, text.trim_end());
    }
}

#[test]
fn the_projects_own_scripts_are_in_the_canonical_layout() {
    let mut wrong = String::new();
    for folder in ["examples", "tests/conformance"] {
        for path in disk::scripts(&disk::root().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            if format(&text).unwrap().text != text {
                wrong += &format!("{}\n", path.display());
            }
        }
    }
    for entry in std::fs::read_dir(disk::root().join("docs")).unwrap().flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        for (index, part) in text.split("\n```route").enumerate().skip(1) {
            let (info, rest) = part.split_once('\n').unwrap();
            let block = format!("{}\n", rest.split("\n```").next().unwrap());
            // The smallest script is quoted as one types it.
            if info != " error" && block != FOUNDING && format(&block).unwrap().text != block {
                wrong += &format!("{} #{index}\n", entry.path().display());
            }
        }
    }
    assert!(wrong.is_empty(), "`callroute fmt` would change\n{wrong}");
}

#[test]
fn random_programs() {
    for seed in 0..if full() { 500 } else { 8 } {
        let text = script(seed);
        let formatted = hold(&format!("seed {seed}"), &text);
        assert!(formatted.broken.is_empty());
    }
}

#[test]
fn comments_between_all_tokens() {
    let mut dice = Dice::new(1);
    for (name, text) in scripts() {
        let pieces = pieces(&text);
        let mut all = [String::new(), String::new(), String::new()];
        for (number, piece) in pieces.iter().enumerate() {
            for (kind, all) in all.iter_mut().enumerate() {
                let comment = match (kind + usize::from(kind == 2) * dice.below(4)) % 5 {
                    0 => format!(" /* {number} */ "),
                    1 | 3 => format!(" // {number}\n"),
                    2 => format!("\n/// {number}\n"),
                    _ => format!("\n\n  /* {number}\n       and on */"),
                };
                if !is_comment(piece) || kind == 0 {
                    all.push_str(&comment);
                }
                all.push_str(piece);
            }
        }
        for all in all {
            hold(&name, &all);
        }
        for place in some(&mut dice, pieces.len(), 2) {
            let comment = ["/* c */", "// c\n", "/* c\n  d */", "\n// c\n", " /// c\n", "\n\n// c\n\n\n"][dice.below(6)];
            let text = format!("{}{comment}{}", pieces[..place].concat(), pieces[place..].concat());
            hold(&name, &text);
        }
    }
}

#[test]
fn scrambled_white_space() {
    let mut dice = Dice::new(2);
    for (name, text) in scripts() {
        for _ in 0..if full() { 20 } else { 1 } {
            let mut scrambled = String::new();
            let mut previous = "";
            for piece in pieces(&text) {
                let blank = piece.trim().is_empty();
                let sign = |piece: &str| piece.len() <= 2 && "<>{}(),;=>".contains(piece) && !piece.is_empty();
                if blank || sign(piece) || sign(previous) {
                    let after_comment = previous.starts_with("//");
                    let choices: &[&str] = if after_comment {
                        &["\n", "\n\n\n", "\n \t "]
                    } else {
                        &[" ", "\n", "  \n\n\n ", "\t", " \r\n", if blank { " " } else { "" }]
                    };
                    scrambled.push_str(dice.pick(choices));
                }
                if !blank {
                    scrambled.push_str(piece);
                }
                previous = piece;
            }
            hold(&name, &scrambled);
        }
    }
}

#[test]
fn tokens_taken_out() {
    let mut dice = Dice::new(3);
    for (name, text) in scripts() {
        let pieces = pieces(&text);
        for place in some(&mut dice, pieces.len(), 2) {
            let text = format!("{}{}", pieces[..place].concat(), pieces[place + 1..].concat());
            hold(&name, &text);
        }
        // A file that is being written.
        for place in some(&mut dice, pieces.len(), 1) {
            hold(&name, &pieces[..place].concat());
        }
        // A sign too many.
        for place in some(&mut dice, pieces.len(), 1) {
            let sign = ["<", ">", "{", "}", "(", ")", ",", ";", "=>", "\"", "'", "else", "-", "/*", "\u{201c}", "=", "é"][dice.below(17)];
            hold(&name, &format!("{}{sign}{}", pieces[..place].concat(), pieces[place..].concat()));
        }
    }
}

#[test]
fn mistakes_in_random_programs_stay_where_they_are() {
    let mut dice = Dice::new(4);
    for seed in 100..if full() { 140 } else { 102 } {
        let text = script(seed);
        let pieces = pieces(&text);
        for place in some(&mut dice, pieces.len(), 6) {
            let broken = format!("{}{}", pieces[..place].concat(), pieces[place + 1..].concat());
            let formatted = hold(&format!("seed {seed}"), &broken);
            // A mistake in one item is no reason to leave the others.
            let left: u32 = formatted.broken.iter().map(|span| span.len()).sum();
            assert!(left as usize <= broken.len(), "{left}");
        }
    }
}
