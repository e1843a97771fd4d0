//! `callroute run`: calls made from options, and events as they come.
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

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use common::{EVENT, FOUNDING, Folder, Ran, lines};
use serde_json::{Value, json};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OPEN: &str = "2026-04-21T14:32:00Z";

const CRM: &str = r#"
zone America/Chicago
source crm(number: phone) = < tier: one of gold, silver; owner: text >
action park(slot: text)
input vip = flag
input note = text
group sales = < +16822306467; +12125551234 >
when vip < tag "vip {note}" >
lookup crm(from) as customer within 300ms <
  when customer.tier is gold < tag "owner {customer.owner}" >
> else tag "unknown"
collect 4 digits say "PIN" ending # as pin secret < park("7") else tag "not parked" >
group sales < busy => voicemail "busy" < full => hangup > ; redirected => redirect (contact) > else voicemail "sales"
"#;

/// A script that never asks anything.
const SHUT: &str = "voicemail \"shut\"";

#[test]
fn the_founding_script_gives_the_founding_instructions() {
    let folder = Folder::new("founding");
    let groups = "group sales = ring all < +16822306467; +12125551234 >\nagent support = +13125550101\n";
    folder.write("first.route", format!("{groups}{FOUNDING}"));
    let out = folder.run(&["run", "first.route", "--from", "+14155550123", "--at", OPEN, "--press", "1"]).good();
    let answers = lines(&out);
    assert_eq!(answers.len(), 2, "{out}");
    assert_eq!(answers[0]["action"], "menu");
    assert_eq!(answers[1]["action"], "forward");
    let mut destination = answers[1]["destination"].clone();
    assert_eq!(destination.as_object_mut().unwrap().shift_remove("name"), Some(json!("sales")));
    assert_eq!(destination.to_string(), r#"{"type":"ring_group","members":["+16822306467","+12125551234"],"strategy":"simultaneous"}"#);
    let out = folder.run(&["run", "first.route", "--from", "+14155550123", "--at", "2026-04-21T22:00:00Z"]).good();
    assert_eq!(out, "{\"action\":\"voicemail\",\"message\":\"office_closed\"}\n");
    let local = folder.run(&["run", "first.route", "--at", "2026-04-21 16:59:59 America/Chicago"]).good();
    assert_eq!(lines(&local)[0]["action"], "menu");
    // Without --at it is now, whenever that is.
    folder.run(&["run", "first.route"]).good();
}

#[test]
fn replies_go_to_the_instructions_that_they_fit() {
    let folder = Folder::new("replies");
    folder.write("crm.route", CRM);
    let base = ["run", "crm.route", "--from", "+14155550123", "--at", OPEN];
    let run = |more: &[&str]| folder.run(&[&base, more].concat());
    let row = r#"crm={"tier":"Gold","owner":"ana","more":1}"#;
    let out = run(&[
        "--lookup",
        row,
        "--press",
        "1234#",
        "--outcome",
        "ok",
        "--outcome",
        "busy",
        "--outcome",
        "recorded",
        "--attribute",
        "vip=true",
        "--attribute",
        "note=5",
    ])
    .good();
    let answers = lines(&out);
    let actions: Vec<&str> = answers.iter().map(|answer| answer["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["lookup", "collect", "park", "forward", "voicemail", "none"]);
    assert_eq!(answers[0], json!({"action":"lookup","source":"crm","args":{"number":"+14155550123"},"timeout_ms":300,"tags":["vip 5"]}));
    assert_eq!(answers[1]["tags"], json!(["owner ana"]));
    assert_eq!(answers[1]["prompts"], json!([{"say":"PIN","interruptible":true}]));
    assert_eq!(answers[1]["secret"], json!(true));
    assert_eq!(answers[2]["args"], json!({"slot":"7"}));

    for (result, tag) in [("missing", "unknown"), ("failed", "unknown"), ("late", "unknown")] {
        let out = run(&["--lookup", &format!("crm={result}")]).good();
        assert_eq!(lines(&out)[1]["tags"], json!([tag]));
    }
    let out =
        run(&["--lookup", "crm=missing", "--press", "1234", "--outcome", "failed", "--outcome", "redirected=sip:bob@example.com"]).good();
    let answers = lines(&out);
    assert_eq!(answers[3]["tags"], json!(["not parked"]));
    assert_eq!(answers[4], json!({"action":"redirect","to":"sip:bob@example.com","code":302}));
    // A SIP status is an outcome, silence is an empty text, and a caller may hang up.
    let out =
        run(&["--lookup", "crm=missing", "--press", "", "--press", "1234", "--outcome", "ok", "--outcome", "486", "--outcome", "full"])
            .good();
    let actions: Vec<Value> = lines(&out).iter().map(|answer| answer["action"].clone()).collect();
    assert_eq!(actions, ["lookup", "collect", "collect", "park", "forward", "voicemail", "hangup"]);
    let out = run(&["--lookup", "crm=missing", "--press", "1234", "--outcome", "hangup"]).good();
    assert_eq!(lines(&out).last().unwrap(), &json!({"action":"none"}));
}

#[test]
fn what_nothing_asked_for_is_a_mistake() {
    let folder = Folder::new("misfits");
    folder.write("crm.route", CRM).write("first.route", FOUNDING).write("shut.route", SHUT);
    let run = |script: &str, more: &[&str]| folder.run(&[&["run", script, "--from", "+14155550123", "--at", OPEN], more].concat());
    run("shut.route", &["--press", "1"]).wrong("nothing asked for `--press 1`: the call is over after `voicemail`");
    run("first.route", &["--press", "1", "--press", "2"]).wrong("nothing asked for `--press 2`: the call is over after `forward`");
    run("first.route", &["--outcome", "busy"]).wrong("nothing asked for `--outcome busy`: the call waits for keys: `--press`");
    run("first.route", &["--press", "x"]).wrong("`--press x`: there is no key `x`; keys are 0 to 9, `*` and `#`");
    run("first.route", &["--press", "1", "--outcome", "lost"])
        .wrong("`--outcome lost` does not fit `forward`, which waits for `--outcome` answered, busy");
    run("crm.route", &["--lookup", "crm=missing", "--press", "1234", "--outcome", "busy"])
        .wrong("`--outcome busy` does not fit `park`, which waits for `--outcome` ok or failed");
    run("crm.route", &["--lookup", "crn=missing"]).wrong("the script has no source `crn`; it has `crm`");
    run("shut.route", &["--lookup", "crm=missing"]).wrong("the script has no source `crm`; it has none");
    run("crm.route", &["--lookup", "crm=gone"]).wrong("`--lookup crm=gone` is not `missing`, `failed`, `late`, or a row in JSON");
    run("crm.route", &["--press", "1"]).wrong("the call waits for an answer of `crm`: `--lookup crm=…`");
    folder.run(&["run", "crm.route", "--at", OPEN, "--lookup", "crm=missing"]).wrong("nothing asked for `--lookup crm=…`");
    run("shut.route", &["--attribute", "tier"]).wrong("write NAME=VALUE");
    run("shut.route", &["--attribute", "=x"]).wrong("write NAME=VALUE");
    run("shut.route", &["--event", "-"]).wrong("cannot be used with");
    folder.run(&["run", "shut.route", "--at", "noon"]).wrong("2026-04-21 09:32 America/Chicago");
    folder.run(&["run", "none.route"]).wrong("there is no file `none.route`");
    folder.run(&["run", "."]).wrong("`.` is a folder, not a file");
    folder.run(&["run"]).wrong("<SCRIPT>");
    folder.run(&["ring"]).wrong("ring");
}

#[test]
fn an_outcome_may_follow_a_forward_that_leaves_nothing_to_do() {
    let folder = Folder::new("last-forward");
    folder.write("first.route", FOUNDING);
    for outcome in ["answered", "no_answer", "No-Answer", "503", "487"] {
        let out = folder.run(&["run", "first.route", "--at", OPEN, "--press", "2", "--outcome", outcome]).good();
        assert_eq!(lines(&out)[2], json!({"action":"none"}), "{outcome}");
    }
}

#[test]
fn an_unknown_attribute_is_said_and_does_no_harm() {
    let folder = Folder::new("attributes");
    folder.write("crm.route", CRM);
    let ran = folder.run(&["run", "crm.route", "--attribute", "wip=1", "--lookup", "crm=missing", "--from", "+1", "--at", OPEN]);
    assert_eq!(ran.status, 0);
    assert_eq!(ran.err, "callroute: no input of the script is called `wip`; it has `vip`, `note`\n");
}

#[test]
fn continue_is_shown_where_it_is_of_use() {
    let folder = Folder::new("continue");
    folder.write("first.route", FOUNDING);
    let shown =
        |args: &[&str], input: &str| lines(&folder.run_with(&[&["run", "first.route"], args].concat(), input, None).good())[0].clone();
    assert!(shown(&["--at", OPEN], "").get("continue").is_none());
    assert!(shown(&["--at", OPEN, "--with-continue"], "").get("continue").is_some());
    assert!(shown(&["--event", "-"], EVENT).get("continue").is_some());
    assert!(shown(&["--event", "-", "--no-continue"], EVENT).get("continue").is_none());
}

#[test]
fn pretty_is_the_same_over_several_lines() {
    let folder = Folder::new("pretty");
    folder.write("shut.route", SHUT);
    let out = folder.run(&["run", "shut.route", "--pretty"]).good();
    assert_eq!(out, "{\n  \"action\": \"voicemail\",\n  \"message\": \"shut\"\n}\n");
}

#[test]
fn a_script_at_fault_is_not_run() {
    let folder = Folder::new("faulty");
    folder.write("bad.route", "group sales\nfoo bar\n").write("latin1.route", b"say \"caf\xe9\"").write("cut.routec", b"\x89RTC\r\n\x1a\n");
    folder.write("other.routec", "hello, this is no compiled script at all");
    for (script, message) in
        [("bad.route", "bad.route:2:1"), ("latin1.route", "E0004"), ("cut.routec", "`cut.routec`: "), ("other.routec", "`other.routec`: ")]
    {
        let ran = folder.run(&["run", script]);
        assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{script}: {}", ran.err);
        assert!(ran.err.contains(message), "{script}: {}", ran.err);
    }
}

// ---------------------------------------------------------------------------------------------------------- events

/// A later event of the sample's call.
fn reply(kind: &str, token: &str, more: &Value) -> String {
    let mut event = json!({"event": kind, "call_id": "abc123xyz", "timestamp": "2026-04-21T14:32:07Z", "continue": token});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    format!("{event}\n")
}

#[test]
fn the_event_of_the_telephone_system_is_answered_as_it_stands() {
    let folder = Folder::new("events");
    folder.write("first.route", FOUNDING).write("event.json", EVENT);
    let first = lines(&folder.run_with(&["run", "first.route", "--event", "event.json"], "", Some(KEY)).good()).remove(0);
    assert_eq!(first["action"], "menu");
    // Another process, which has the key, goes on; the same event gets the same answer.
    let digits = reply("digits", first["continue"].as_str().unwrap(), &json!({"digits": "2"}));
    let out = folder.run_with(&["run", "first.route", "--event", "-"], digits.repeat(2), Some(KEY)).good();
    let answers = lines(&out);
    assert_eq!(answers[0], json!({"action":"forward","destination":{"type":"agent","name":"support"},"timeout":30}));
    assert_eq!(answers[0], answers[1]);
    // Without the key it cannot.
    let ran = folder.run_with(&["run", "first.route", "--event", "-"], &digits, None);
    assert_eq!(ran.wrong("`continue` was sealed with a key that is not known here").lines().count(), 1);
}

#[test]
fn a_bad_line_is_answered_in_its_place_and_the_stream_goes_on() {
    let folder = Folder::new("stream");
    folder.write("first.route", FOUNDING);
    let late = EVENT.replace("14:32", "23:32");
    let other_call = reply("digits", "v4.local.AAAA", &json!({"digits": "1"}));
    // Cut inside a character.
    let long = format!("{{\"event\":\"hangup\",\"xy\":\"{}\"}}", "é".repeat(700_000));
    let input = format!("{EVENT}\n\n{{\"event\":\n{late}\r\n[]\n{other_call}{{\"event\":\"dance\"}}\n{long}\n   \n{late}");
    let mut bytes = input.into_bytes();
    bytes.extend_from_slice(b"\n\xff\xfe\n{\"event\":\"hangup\",\"call_id\":\"c\",\"timestamp\":0}");
    let ran = folder.run_with(&["run", "first.route", "--event", "-", "--no-continue"], bytes, Some(KEY));
    assert_eq!(ran.status, 2);
    let answers = lines(&ran.out);
    let short: Vec<String> = answers
        .iter()
        .map(|answer| match (answer["action"].as_str(), answer["line"].as_u64()) {
            (Some(action), _) => action.to_owned(),
            (None, Some(line)) => format!("{line}"),
            (None, None) => panic!("{answer}"),
        })
        .collect();
    assert_eq!(short, ["menu", "3", "voicemail", "5", "6", "7", "8", "voicemail", "11", "none"]);
    assert_eq!(answers[1]["error"], "line 3: the event is not JSON: EOF while parsing a value at column 9");
    assert_eq!(answers[3]["error"], "line 5: the event is a list, not a JSON object such as {\"event\":\"incoming_call\"}");
    assert_eq!(answers[4]["error"], "line 6: `continue` is no text that an instruction of ours carried");
    assert_eq!(answers[6]["error"], "line 8: the event is larger than 1024 KiB");
    assert_eq!(answers[8]["error"], "line 11: the event is not UTF-8");
    for answer in answers.iter().filter_map(|answer| answer["error"].as_str()) {
        assert!(ran.err.contains(answer), "{answer} is not in {}", ran.err);
    }
    assert_eq!(ran.err.lines().count(), 6, "{}", ran.err);
}

#[test]
fn an_answer_does_not_wait_for_the_next_event() {
    let folder = Folder::new("interactive");
    folder.write("first.route", FOUNDING);
    let mut child = folder
        .command()
        .args(["run", "first.route", "--event", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ask = |event: &str| {
        input.write_all(event.as_bytes()).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    let first = ask(&format!("{EVENT}\n"));
    let token = first["continue"].as_str().unwrap();
    let wrong = ask(&reply("dial_result", token, &json!({"outcome": "busy"})));
    assert_eq!(wrong["error"], "line 2: the event is `dial_result`, but the instruction before it asks for `digits` (or `hangup`)");
    let second = ask(&reply("digits", token, &json!({"digits": "1"})));
    assert_eq!(second["destination"]["name"], "sales");
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn tokens_of_another_script_are_refused() {
    let folder = Folder::new("other-script");
    folder.write("first.route", FOUNDING).write("second.route", FOUNDING.replace("sales", "service"));
    let first = lines(&folder.run_with(&["run", "first.route", "--event", "-"], EVENT, Some(KEY)).good()).remove(0);
    let digits = reply("digits", first["continue"].as_str().unwrap(), &json!({"digits": "1"}));
    folder.run_with(&["run", "second.route", "--event", "-"], &digits, Some(KEY)).wrong("belongs to another script, or to another version");
    let other = digits.replace("abc123xyz", "other");
    folder.run_with(&["run", "first.route", "--event", "-"], &other, Some(KEY)).wrong("belongs to another call");
    let late = digits.replace("2026-04-21T14:32:07Z", "2026-04-22T14:32:07Z");
    folder.run_with(&["run", "first.route", "--event", "-"], &late, Some(KEY)).wrong("expired 72007 seconds before");
}

#[test]
fn bad_keys_and_missing_events_are_the_callers_fault() {
    let folder = Folder::new("keys");
    folder.write("first.route", FOUNDING).write("empty", "\n \n");
    folder.run_with(&["run", "first.route", "--event", "-"], EVENT, Some("abc")).wrong("CALLROUTE_KEY: the key");
    folder.run_with(&["run", "first.route", "--event", "-"], EVENT, Some("AAAA")).wrong("CALLROUTE_KEY: the key has 3 bytes, not 32");
    folder.run(&["run", "first.route", "--event", "none.json"]).wrong("there is no file `none.json`");
    folder.run(&["run", "first.route", "--event", "empty"]).wrong("there is no event");
    folder.run(&["run", "first.route", "--event", "."]).wrong("`.`");
}

#[test]
fn the_trace_says_why_on_standard_error() {
    let folder = Folder::new("trace");
    folder
        .write("first.route", "zone America/Chicago\nwhen from is +1312* < hangup >\nwhen hours(9-17) <\n  menu < 1 => group sales >\n>\n");
    let ran = folder.run(&["run", "first.route", "--from", "+14155550123", "--at", OPEN, "--press", "1", "--trace"]);
    assert_eq!(ran.status, 0);
    assert_eq!(ran.out.lines().count(), 2);
    let expected = [
        "-- incoming_call",
        "first.route:2: `from is +1312*` is false: from is +14155550123",
        "first.route:3: `hours(9-17)` is true: Tuesday 09:32 in America/Chicago",
        "-- digits",
        "first.route:4: `menu` 1 was pressed",
        "first.route:4: `group sales` rings",
    ];
    for line in expected {
        assert!(ran.err.lines().any(|found| found == line), "{line:?} is not in\n{}", ran.err);
    }
}

#[test]
fn the_trace_names_files_as_they_were_given() {
    // The folder of the workspace is above the one that the command is called in.
    let folder = Folder::new("trace-names");
    folder
        .write("lines/office.route", "import \"../shared/people.route\"\ngo people\n")
        .write("shared/people.route", "flow people < hangup >\n");
    let traced = |inside: &str, script: &str| {
        let ran = Ran::of(folder.command().current_dir(folder.0.join(inside)).args(["run", script, "--trace"]).output().unwrap());
        assert_eq!(ran.status, 0, "{}", ran.err);
        ran.err.lines().filter(|line| !line.starts_with("--")).map(|line| line.split(": ").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let people = folder.0.join("shared/people.route");
    assert_eq!(traced("lines", "office.route"), ["office.route:2".to_owned(), format!("{}:1", people.display())]);
    assert_eq!(traced("", "lines/office.route"), ["lines/office.route:2", "shared/people.route:1"]);
    assert_eq!(traced("shared", "../lines/office.route"), ["../lines/office.route:2", "people.route:1"]);
    // What was compiled has only the names that it was compiled with.
    assert_eq!(folder.run(&["build", "lines/office.route", "-o", "office.routec"]).status, 0);
    assert_eq!(traced("lines", "../office.routec"), ["lines/office.route:2", "shared/people.route:1"]);
}

#[test]
fn nobody_listening_is_no_fault() {
    let folder = Folder::new("pipe");
    folder.write("first.route", FOUNDING);
    let mut child = folder
        .command()
        .args(["run", "first.route", "--event", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let _ = child.stdin.take().unwrap().write_all(format!("{EVENT}\n").repeat(2000).as_bytes());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn many_events_are_answered_in_their_order() {
    // More than are answered together, with bad ones among them: every answer stands at its line.
    let event = |i: usize| match i % 997 {
        5 => "nonsense\n".to_owned(),
        _ => format!(r#"{{"event":"incoming_call","call_id":"c{i}","from":"+1415555{i:05}","timestamp":"2026-04-21T03:00:00Z"}}"#) + "\n",
    };
    let folder = Folder::new("many_events");
    folder.write("many.route", "tag \"{from}\" voicemail \"closed\"\n");
    folder.write("events.jsonl", (0..20_000).map(event).collect::<String>());
    let ran = folder.run(&["run", "many.route", "--event", "events.jsonl", "--no-continue"]);
    assert_eq!(ran.status, 2, "{}", ran.err);
    let answers = lines(&ran.out);
    assert_eq!(answers.len(), 20_000);
    for (i, answer) in answers.iter().enumerate() {
        match i % 997 {
            5 => assert_eq!(answer["line"], i + 1),
            _ => assert_eq!(answer["tags"][0], format!("+1415555{i:05}")),
        }
    }
}
