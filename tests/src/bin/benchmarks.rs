//! Prints `docs/benchmarks.md` from what `cargo bench -p callroute-tests` has measured last.
//!
//! `cargo run -p callroute-tests --bin benchmarks > docs/benchmarks.md`. Words behind `--` are printed as the note on where it was measured.
//! The same measurements and the same note give the same report.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a measure is compared with, and what is hoped for.
#[derive(Clone, Copy)]
enum Against {
    /// Nothing.
    Alone,
    /// Another measure of the same run: its name, where it is, and how many times as long it may take at most. No limit: only told.
    Peer(&'static str, &'static str, Option<f64>),
    /// Nanoseconds.
    Under(f64),
}

use Against::{Alone, Peer, Under};

/// A line of a table: what, where its measurements are, and what beside it.
type Row = (&'static str, &'static str, &'static [Against]);

struct Section {
    title: &'static str,
    text: &'static str,
    rows: &'static [Row],
}

const SECOND: f64 = 1e9;
const KEYSTROKE: f64 = 0.05 * SECOND;

const SECTIONS: &[Section] = &[
    Section {
        title: "A decision",
        text: "The sample `when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"`, from a \
               ready event to an answer that was looked at in full, at instants of twenty years in no order. By hand: the same conversation as a state machine in Rust, \
               for this one script, that refuses what the machine refuses and answers with the same fields, its time from chrono-tz. JSON: the event's text read and checked, decided, and the instruction written as text, with the sealed \
               token if the call goes on.",
        rows: &[
            ("open: the menu is asked", "sample/open_callroute", &[Peer("by hand", "sample/open_by_hand", Some(2.0))]),
            ("closed: voicemail", "sample/closed_callroute", &[Peer("by hand", "sample/closed_by_hand", Some(2.0))]),
            (
                "open, then key 1: two events, a group of three rings",
                "sample/menu_callroute",
                &[Peer("by hand", "sample/menu_by_hand", Some(2.0))],
            ),
            ("closed, JSON to JSON", "sample/closed_json", &[Alone]),
            ("open, JSON to JSON, with a token", "sample/open_json", &[Alone]),
        ],
    },
    Section {
        title: "Rules in order",
        text: "`when from is +1… < agent desk7 >`, one rule below the other, and the same with `to`; half of the calls match a rule anywhere, half match none. \
               The map by hand is a `HashMap<String, String>` that is asked for the caller as it stands, and does nothing else.",
        rows: &[
            ("`from is`, 10 rules", "rules/from_callroute/10", &[Peer("map by hand", "rules/from_hash_map/10", None)]),
            ("`from is`, 100 rules", "rules/from_callroute/100", &[Peer("10 rules", "rules/from_callroute/10", Some(1.5))]),
            ("`from is`, 1,000 rules", "rules/from_callroute/1000", &[Peer("10 rules", "rules/from_callroute/10", Some(1.5))]),
            (
                "`from is`, 10,000 rules",
                "rules/from_callroute/10000",
                &[Peer("10 rules", "rules/from_callroute/10", Some(1.5)), Peer("map by hand", "rules/from_hash_map/10000", None)],
            ),
            ("`to is`, 10 rules", "rules/to_callroute/10", &[Alone]),
            ("`to is`, 100 rules", "rules/to_callroute/100", &[Peer("10 rules", "rules/to_callroute/10", Some(1.5))]),
            ("`to is`, 1,000 rules", "rules/to_callroute/1000", &[Peer("10 rules", "rules/to_callroute/10", Some(1.5))]),
            ("`to is`, 10,000 rules", "rules/to_callroute/10000", &[Peer("10 rules", "rules/to_callroute/10", Some(1.5))]),
        ],
    },
    Section {
        title: "Opening hours",
        text: "Whether an office is open at 4,096 instants of twenty years in no order. Plain: `mon-fri 9-17`. Rich: a season, nights, twenty holidays, two hundred dated \
               exceptions, pay days. A decision uses the table, which is made when a compiled script is loaded; the rules are what the table is made from, read anew for each \
               instant. By hand: the plain one with chrono-tz.",
        rows: &[
            ("plain, by table", "hours/plain_by_table", &[Peer("by hand", "hours/plain_by_hand", Some(1.0))]),
            (
                "rich, by table",
                "hours/rich_by_table",
                &[Peer("plain, by table", "hours/plain_by_table", Some(1.5)), Peer("by rules", "hours/rich_by_rules", None)],
            ),
            ("making a zone's table", "hours/zone_table", &[Alone]),
            ("making the plain table", "hours/plain_table", &[Alone]),
            ("making the rich table", "hours/rich_table", &[Alone]),
        ],
    },
    Section {
        title: "The longest prefix among a million",
        text: "A CSV table of a million prefixes of 2 to 10 digits, as a carrier's rates, and 16,384 called numbers in turn. A decision reads the number, finds the row, tests its \
               price and dials through its carrier. By hand: the same in Rust, with a `HashMap` for each length of prefix, or a tree with ten branches at each digit.",
        rows: &[
            (
                "a whole decision",
                "table/decide_callroute",
                &[Peer("maps by hand", "table/decide_hash_maps", Some(2.0)), Peer("tree by hand", "table/decide_trie", Some(2.0))],
            ),
            (
                "the index alone",
                "table/index_callroute",
                &[Peer("maps by hand", "table/index_hash_maps", Some(2.0)), Peer("tree by hand", "table/index_trie", Some(2.0))],
            ),
            (
                "loading the compiled script: read, verified, ready",
                "table/load",
                &[Peer("filling the maps by hand", "table/fill_hash_maps", Some(1.0))],
            ),
            ("checking the script and its CSV file", "table/check", &[Alone]),
            ("building the compiled script from the checked one", "table/build", &[Alone]),
        ],
    },
    Section {
        title: "Long scripts",
        text: "Offices of a company, 26 lines each: hours, people, a group, a queue, a list, a menu. `check` is all that `callroute check` does but for reading the file and printing; \
               the syntax alone is a part of it. Four times the lines should take four times the time, so the ratios would be 10 and 4.",
        rows: &[
            ("`check`, 1,000 lines", "check/analyse/1000", &[Alone]),
            ("`check`, 10,000 lines", "check/analyse/10000", &[Under(0.5 * SECOND), Peer("1,000 lines", "check/analyse/1000", Some(12.0))]),
            ("`check`, 40,000 lines", "check/analyse/40000", &[Peer("10,000 lines", "check/analyse/10000", Some(5.0))]),
            ("syntax alone, 10,000 lines", "check/parse/10000", &[Peer("`check`", "check/analyse/10000", None)]),
            ("syntax alone, 40,000 lines", "check/parse/40000", &[Peer("10,000 lines", "check/parse/10000", Some(5.0))]),
            ("building, 1,000 lines", "check/build/1000", &[Alone]),
            ("building, 10,000 lines", "check/build/10000", &[Peer("1,000 lines", "check/build/1000", Some(12.0))]),
            ("building, 40,000 lines", "check/build/40000", &[Peer("10,000 lines", "check/build/10000", Some(5.0))]),
        ],
    },
    Section {
        title: "A keystroke",
        text: "The script of 10,000 lines is open in an editor, and something is typed in the middle of it: from the keystroke to everything that is to be said of the \
               script. What the analysis before has left is used; it says what a new analysis says. Every second keystroke takes back the one before.",
        rows: &[
            ("a letter in a text", "keystroke/letter", &[Under(KEYSTROKE), Peer("`check`", "check/analyse/10000", None)]),
            ("a rule", "keystroke/rule", &[Under(KEYSTROKE)]),
            ("a closing bracket is missing", "keystroke/bracket", &[Under(KEYSTROKE)]),
            ("a quote too many", "keystroke/quote", &[Under(KEYSTROKE)]),
        ],
    },
    Section {
        title: "An editor",
        text: "The real language server, asked over its standard input and output as editors do, with a script of 10,000 lines open in which a letter is typed and taken away again. \
               The server's wait of 50 ms for more typing is not counted; sending, reading, checking, and writing the answer are. What only compiling shows comes 200 ms later.",
        rows: &[
            ("from a keystroke to its diagnostics", "editor/diagnostics", &[Under(KEYSTROKE)]),
            ("completion", "editor/completion", &[Under(0.02 * SECOND)]),
            ("completion while typing", "editor/completion_while_typing", &[Under(0.02 * SECOND)]),
            ("hover", "editor/hover", &[Alone]),
            ("go to definition", "editor/definition", &[Alone]),
            ("a keystroke in a list of 10,000 entries", "editor/single_list", &[Under(KEYSTROKE)]),
            ("a keystroke in a `switch` of 10,000 arms", "editor/single_switch", &[Under(KEYSTROKE)]),
            ("a keystroke in a flow of 10,000 rules", "editor/single_flow", &[Under(KEYSTROKE)]),
        ],
    },
    Section {
        title: "A batch",
        text: "A million calls of a year, one JSON object a line, through the office of the examples with `callroute run --event -`: from the start of the command to its last \
               answer. What it holds in memory meanwhile is looked at: it must stay below 64 MiB.",
        rows: &[
            ("a million events, calls that go on sealed into `continue`", "batch/with_tokens", &[Under(10.0 * SECOND)]),
            ("without `continue`", "batch/no_continue", &[Under(5.0 * SECOND)]),
        ],
    },
];

/// Where criterion keeps what it measured: beside this program, unless it was told otherwise.
fn measurements() -> PathBuf {
    if let Some(home) = std::env::var_os("CRITERION_HOME") {
        return PathBuf::from(home);
    }
    let program = std::env::current_exe().unwrap_or_default();
    program.ancestors().nth(2).unwrap_or_else(|| Path::new("target")).join("criterion")
}

/// The median of a measure, in nanoseconds.
fn median(measurements: &Path, id: &str) -> Result<f64, String> {
    let path = measurements.join(id).join("new/estimates.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{}: {error}; measure first: cargo bench -p callroute-tests -p callroute-cli", path.display()))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let found = json.pointer("/median/point_estimate").and_then(serde_json::Value::as_f64);
    found
        .filter(|median| *median > 0.0)
        .ok_or_else(|| format!("{}: no median; measure again: cargo bench -p callroute-tests -p callroute-cli", path.display()))
}

/// Three digits, in the unit that fits.
fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "µs"),
        ..1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

const fn verdict(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

fn report(measurements: &Path, note: &str) -> Result<String, String> {
    let mut out = String::from(
        "# Benchmarks\n\n<!-- Printed by `cargo run -p callroute-tests --bin benchmarks`, after `cargo bench -p callroute-tests -p callroute-cli`. Not written by hand. -->\n\n\
         Medians, each beside its peers from the same run on the same machine. Times depend on the machine and on what else it does; what counts are the ratios. \
         Before anything is measured, the suite makes sure that all that are compared give the same answers.\n\n\
         ```\ncargo bench -p callroute-tests -p callroute-cli\ncargo run -p callroute-tests --bin benchmarks > docs/benchmarks.md\n```\n",
    );
    let mut put = |text: std::fmt::Arguments<'_>| out.write_fmt(text).map_err(|error| error.to_string());
    if !note.is_empty() {
        put(format_args!("\nMeasured on: {note}.\n"))?;
    }
    for section in SECTIONS {
        put(format_args!("\n## {}\n\n{}\n\n", section.title, section.text))?;
        put(format_args!("| what | median | beside | its median | ratio | aim | met |\n|---|--:|---|--:|--:|--:|---|\n"))?;
        for (what, id, beside) in section.rows {
            let own = median(measurements, id)?;
            for (place, against) in beside.iter().enumerate() {
                let (what, own_text) = if place == 0 { (*what, time(own)) } else { ("", String::new()) };
                match against {
                    Alone => put(format_args!("| {what} | {own_text} | | | | | |\n"))?,
                    Under(limit) => {
                        put(format_args!("| {what} | {own_text} | | | | below {} | {} |\n", time(*limit), verdict(own < *limit)))?;
                    }
                    Peer(name, id, aim) => {
                        let peer = median(measurements, id)?;
                        let ratio = own / peer;
                        let (aim, met) = aim.map_or((String::new(), ""), |aim| (format!("{aim}"), verdict(ratio <= aim)));
                        put(format_args!("| {what} | {own_text} | {name} | {} | {ratio:.2} | {aim} | {met} |\n", time(peer)))?;
                    }
                }
            }
        }
    }
    Ok(out)
}

fn main() -> ExitCode {
    let note = std::env::args().skip(1).collect::<Vec<_>>().join(" ");
    match report(&measurements(), &note) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
