//! Long work says how far it is: on a terminal, when it takes long, and it leaves nothing behind.
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
mod terminal;

use common::{FOUNDING, Folder};
use terminal::Terminal;

/// A script with a table that takes its time.
fn long(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut rows = String::from("prefix,cost\n");
    for row in 0..400_000 {
        rows += &format!("+{},{}\n", 10_000_000 + row * 7, row % 100);
    }
    folder.write("rates.csv", rows);
    folder.write("long.route", "table rates = csv \"rates.csv\" key prefix < cost: number >\nlookup rates(to) as rate < tag \"{rate.cost}\" >\nhangup\ntest \"t\" < to +10000000; expect hangup >\n");
    folder
}

#[test]
fn a_line_says_what_is_done_and_goes_away() {
    let folder = long("progress_long");
    for (args, says) in [
        (&["check", "long.route"][..], "\rchecking: rates.csv"),
        (&["build", "long.route", "-o", "long.routec"], "\rcompiling long.route: rates.csv"),
        (&["test", "long.route"], "\rchecking: rates.csv"),
    ] {
        let mut terminal = Terminal::open(&folder, args, true);
        let (status, screen) = terminal.end();
        assert_eq!(status, 0, "{args:?}\n{screen}");
        let written = &terminal.written;
        assert!(written.contains(says), "{args:?}\n{written:?}");
        assert!(!screen.contains("rates.csv"), "{args:?}\n{screen}");
        assert!(screen.lines().all(|line| !line.starts_with("checking") && !line.starts_with("compiling")), "{args:?}\n{screen}");
        // Without colours there are no lines that go away, and in a pipe there is nobody to see one.
        let mut terminal = Terminal::open(&folder, args, false);
        terminal.end();
        assert!(!terminal.written.contains("rates.csv"), "{:?}", terminal.written);
        let ran = folder.run(args);
        assert!(!ran.err.contains('\r') && !ran.err.contains('\u{1b}') && !ran.err.contains("rates.csv"), "{}", ran.err);
    }
    let mut quiet = Terminal::open(&folder, &["test", "long.route", "--quiet"], true);
    quiet.end();
    assert!(!quiet.written.contains("rates.csv"), "{:?}", quiet.written);
}

#[test]
fn what_is_said_meanwhile_stands_on_lines_of_its_own() {
    let folder = long("progress_many");
    // The large one is checked first, and has a fix.
    let script = String::from_utf8(folder.read("long.route")).unwrap();
    folder.write("long.route", script.replace("hangup\ntest", "tag \"a\", hangup\ntest"));
    folder.write("z.route", FOUNDING);
    let mut terminal = Terminal::open(&folder, &["check", "--fix"], true);
    let (_, screen) = terminal.end();
    assert!(terminal.written.contains("\rchecking: 0 of 2 scripts, rates.csv"), "{:?}", terminal.written);
    assert!(screen.lines().any(|line| line == "fixed long.route"), "{screen}\n{:?}", terminal.written);
    assert!(!screen.contains("checking:"), "{screen}");
}

#[test]
fn what_is_soon_done_says_nothing() {
    let folder = Folder::new("progress_short");
    folder.write("first.route", FOUNDING);
    for args in [&["check"][..], &["fmt"], &["build", "first.route"]] {
        let mut terminal = Terminal::open(&folder, args, true);
        let (status, _) = terminal.end();
        assert_eq!(status, 0);
        assert!(!terminal.written.contains("\r\u{1b}[K"), "{args:?}: {:?}", terminal.written);
    }
}
