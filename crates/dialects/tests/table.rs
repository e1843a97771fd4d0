//! The table of `docs/dialects.md`: what each dialect can do, from its own judgement. `UPDATE_TABLE=1` writes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use callroute_dialects::{Dialect, NAMES, Severity, check, dialect};
use serde_json::json;
use support::{compiled, settings};

/// What is asked for, and the smallest script that asks for it.
const ROWS: &[(&str, &str)] = &[
    ("one number", "dial +13125550101 for 20s"),
    ("several at once", "ring all for 20s < +13125550101; +13125550102 >"),
    (
        "more than ten at once",
        "ring all < +13125550101; +13125550102; +13125550103; +13125550104; +13125550105; +13125550106; +13125550107; \
      +13125550108; +13125550109; +13125550110; +13125550111 >",
    ),
    ("some later than others", "ring all < +13125550101; +13125550102 after 5s >"),
    ("one after the other", "ring in order each 10s < +13125550101; +13125550102 >"),
    ("in turn, longest idle", "ring in turn < +13125550101; +13125550102 >"),
    ("the next trunk", "trunk a = sip:a.example.com\ntrunk b = sip:b.example.com\ndial +13125550101 via a, b"),
    ("`confirm`", "dial +13125550101 confirm 1"),
    ("`announce`", "dial +13125550101 announce \"A call.\""),
    ("`caller id`", "dial +13125550101 caller id +13125550199"),
    ("`caller name`", "dial +13125550101 caller name \"Us\""),
    ("`music`", "dial +13125550101 music \"hold.mp3\""),
    ("`record`", "dial +13125550101 record"),
    ("`header`", "dial +13125550101 header \"X-A\" \"b\""),
    ("`codecs`", "dial +13125550101 codecs opus"),
    ("`declined` apart", "dial +13125550101 < declined => hangup > else dial +13125550109"),
    ("`redirected`", "dial +13125550101 < redirected => hangup > else dial +13125550109"),
    ("a menu", "menu < 1 => hangup; 2 => hangup >"),
    ("a menu with long choices", "menu < 1 => hangup; 12 => hangup >"),
    ("`collect`", "collect 1 to 6 digits ending # as pin < hangup >"),
    ("`say`", "say \"Hello.\"\nhangup"),
    ("`play`", "play \"hello.wav\"\nhangup"),
    ("`voicemail`", "voicemail \"Please leave a message.\""),
    ("`voicemail` with `full`", "voicemail \"Please leave a message.\" < full => hangup >"),
    ("a queue of the platform", "extern queue support\nqueue support"),
    ("a queue with members", "queue q = ring longest idle < +13125550101 >\nqueue q"),
    ("`reject busy`", "reject busy"),
    ("`reject 404`", "reject 404"),
    ("`redirect`", "redirect sip:a@example.com"),
    ("a host action", "action park(slot: text)\npark(\"1\")"),
    ("`tag`", "tag \"x\"\nhangup"),
    ("`priority`", "set priority to 3\nhangup"),
];

fn speaker(name: &str) -> Box<dyn Dialect> {
    let common = json!({"address": "https://route.example.com/office", "media": "https://media.example.com",
        "targets": {"queue support": ["support"]}, "actions": {"park": "https://pbx.example.com/park"}});
    let with = |more: serde_json::Value| {
        let mut all = common.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        settings(all)
    };
    let more = match name {
        "jambonz" => json!({"mailbox": "sip:{box}@voicemail.example.com", "recorder": "wss://recorder.example.com"}),
        "twiml" | "ncco" => json!({"recordings": "https://crm.example.com/recorded"}),
        "rtjson" => json!({"gateway": "sip:gw.example.com", "media_server": "sip:media.example.com", "voicemail": "sip:vm.example.com"}),
        "httapi" | "xml_curl" => json!({"gateway": "carrier", "tts": "flite:kal", "box": "100"}),
        "swml" => json!({"recordings": "https://crm.example.com/recorded"}),
        _ => json!({}),
    };
    dialect(name, with(more)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn table() -> String {
    let speakers: Vec<_> = NAMES.iter().map(|name| speaker(name)).collect();
    let mut out = format!(
        "| | {} |\n|---|{}\n",
        NAMES.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" | "),
        "---|".repeat(NAMES.len())
    );
    let mut notes: Vec<String> = Vec::new();
    for (what, script) in ROWS {
        let program = compiled(script);
        write!(out, "| {what} |").unwrap();
        for speaker in &speakers {
            let findings = check(&program, speaker.as_ref());
            let word = match findings.iter().map(|finding| finding.severity).max() {
                None => "yes",
                Some(Severity::Warning) => "differs",
                Some(Severity::Error) => "no",
            };
            let mut numbers = Vec::new();
            for finding in &findings {
                let at = notes.iter().position(|note| *note == finding.message).unwrap_or_else(|| {
                    notes.push(finding.message.clone());
                    notes.len() - 1
                });
                numbers.push((at + 1).to_string());
            }
            let numbers = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
            write!(out, " {word}{numbers} |").unwrap();
        }
        out.push('\n');
    }
    out.push('\n');
    for (number, note) in notes.iter().enumerate() {
        writeln!(out, "{}. {note}.", number + 1).unwrap();
    }
    out
}

#[test]
fn the_document_says_what_each_dialect_says_of_itself() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dialects.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- table -->\n", "<!-- end of table -->");
    let (before, rest) = text.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let right = format!("{before}{begin}\n{}\n{end}{after}", table());
    if std::env::var_os("UPDATE_TABLE").is_some() {
        std::fs::write(&path, right).unwrap();
    } else {
        assert!(text == right, "docs/dialects.md is not what the dialects say of themselves; UPDATE_TABLE=1 writes it:\n{right}");
    }
}
