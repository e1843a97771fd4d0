//! How events are read: everything that can be understood is, and what cannot is named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_protocol::{DialOutcome, Event, EventError, EventKind, IncomingCall, LookupResult, VoicemailOutcome, parse_event};
use proptest::prelude::*;

const NOW: i64 = 1_000_000;
const SAMPLE: &str =
    r#"{"event":"incoming_call","from":"+14155550123","to":"+13146523057","timestamp":"2026-04-21T14:32:00Z","call_id":"abc123xyz"}"#;

fn parse(json: &str) -> Event {
    parse_event(json, NOW).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn incoming(json: &str) -> (IncomingCall, Vec<String>) {
    let event = parse(json);
    match event.kind {
        EventKind::IncomingCall(call) => (call, event.warnings),
        other => panic!("{other:?}"),
    }
}

/// An event with these fields beside call and time.
fn with(fields: &str) -> Event {
    parse(&format!(r#"{{"call_id":"c","timestamp":0,{fields}}}"#))
}

fn dial(fields: &str) -> (DialOutcome, Option<String>, Option<String>, Vec<String>) {
    let event = with(&format!(r#""event":"dial_result",{fields}"#));
    match event.kind {
        EventKind::DialResult(result) => (result.outcome, result.contact, result.digits, event.warnings),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_founding_event_is_read_as_it_stands() {
    let event = parse(SAMPLE);
    assert_eq!(event.call_id, "abc123xyz");
    assert_eq!(event.timestamp, 1_776_781_920);
    assert_eq!(event.token, None);
    assert_eq!(event.warnings, Vec::<String>::new());
    let (call, _) = incoming(SAMPLE);
    assert_eq!((call.from.as_deref(), call.to.as_deref()), (Some("+14155550123"), Some("+13146523057")));
}

#[test]
fn only_what_is_no_event_is_refused() {
    for (json, message) in [
        ("", "the event is empty, not a JSON object such as {\"event\":\"incoming_call\"}"),
        ("[1]", "the event is a list, not a JSON object such as {\"event\":\"incoming_call\"}"),
        ("\"x\"", "the event is a text, not a JSON object such as {\"event\":\"incoming_call\"}"),
        ("7", "the event is a plain value, not a JSON object such as {\"event\":\"incoming_call\"}"),
        ("{\"event\":}", "the event is not JSON: expected value at column 10"),
        ("{\"event\":\"hangup\"} x", "the event is not JSON: trailing characters at column 20"),
        ("nonsense", "the event is not JSON: expected ident at column 2"),
    ] {
        assert_eq!(parse_event(json, NOW).unwrap_err().to_string(), message, "{json}");
    }
    let names = "`incoming_call`, `digits`, `dial_result`, `voicemail_result`, `played`, `done`, `lookup_result`, `hangup`";
    for json in ["{}", r#"{"event":null}"#, r#"{"event":7}"#, r#"{"event":["hangup"]}"#] {
        let message = parse_event(json, NOW).unwrap_err().to_string();
        assert_eq!(message, format!("the event has no field `event` that says what happened: one of {names}"), "{json}");
    }
    let message = parse_event(r#"{"event":"ring"}"#, NOW).unwrap_err().to_string();
    assert_eq!(message, format!("there is no event \"ring\"; the events are {names}"));
    let huge = format!(r#"{{"event":"hangup","x":"{}"}}"#, "x".repeat(2 << 20));
    assert_eq!(parse_event(&huge, NOW), Err(EventError::TooLarge));
}

#[test]
fn a_wrong_field_counts_as_missing_and_is_named() {
    let (call, warnings) = incoming(
        r#"{"event":"incoming_call","call_id":"c","timestamp":0,"from":{"a":1},"to":[],"language":true,"attributes":7,"headers":"x"}"#,
    );
    assert_eq!(call, IncomingCall::default());
    assert_eq!(
        warnings,
        [
            "`attributes` is a number, not an object; it counts as missing",
            "`headers` is a text, not an object; it counts as missing",
            "`from` is an object, not a text; it counts as missing",
            "`to` is a list, not a text; it counts as missing",
            "`language` is true or false, not a text; it counts as missing",
        ]
    );
}

#[test]
fn null_is_missing_and_unknown_fields_are_ignored() {
    let (call, warnings) =
        incoming(r#"{"event":"incoming_call","call_id":"c","timestamp":0,"from":null,"attributes":null,"foo":{"deep":[1,2]},"bar":1e999}"#);
    assert_eq!((call, warnings), (IncomingCall::default(), vec![]));
}

#[test]
fn numbers_are_taken_by_their_digits() {
    for (number, text) in [("14155550123", "14155550123"), ("1.4155550123e10", "14155550123"), ("911", "911"), ("-1", "-1"), ("0.5", "0.5")]
    {
        let (call, warnings) = incoming(&format!(r#"{{"event":"incoming_call","call_id":"c","timestamp":0,"from":{number}}}"#));
        assert_eq!(call.from.as_deref(), Some(text));
        assert_eq!(warnings, [format!("`from` is a number, not a text; it is taken as {text:?}")]);
    }
    assert_eq!(with(r#""event":"digits","digits":12"#).kind, EventKind::Digits("12".to_owned()));
}

#[test]
fn a_field_that_cannot_be_read_spoils_no_other() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for bad in [deep.as_str(), "1e999", r#""\ud800""#] {
        let (call, warnings) =
            incoming(&format!(r#"{{"event":"incoming_call","call_id":"c","timestamp":0,"from":{bad},"to":"+1","x":{bad}}}"#));
        assert_eq!((call.from, call.to.as_deref()), (None, Some("+1")));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].starts_with("`from` cannot be read ("), "{warnings:?}");
    }
}

#[test]
fn of_repeated_fields_the_last_counts() {
    let (call, warnings) = incoming(r#"{"event":"incoming_call","call_id":"c","timestamp":0,"from":"+1","from":"+2"}"#);
    assert_eq!(call.from.as_deref(), Some("+2"));
    assert_eq!(warnings, ["`from` is given more than once; the last one counts"]);
}

#[test]
fn timestamps_in_all_forms_are_one_instant() {
    for text in [
        r#""2026-03-06T16:00:00Z""#,
        r#""2026-03-06T10:00:00-06:00""#,
        r#""2026-03-06t16:00:00.75z""#,
        r#"" 2026-03-06T16:00:00Z ""#,
        "1772812800",
        "1772812800.5",
        "1772812800123",
        r#""1772812800""#,
        r#""1772812800123""#,
    ] {
        let event = parse(&format!(r#"{{"event":"hangup","call_id":"c","timestamp":{text}}}"#));
        assert_eq!((event.timestamp, event.warnings), (1_772_812_800, vec![]), "{text}");
    }
}

#[test]
fn without_a_timestamp_the_time_of_receipt_is_taken() {
    for (field, problem) in [
        ("", "is missing"),
        (r#","timestamp":null"#, "is missing"),
        (r#","timestamp":"yesterday""#, "is \"yesterday\": not a timestamp such as `2026-04-21T14:32:00Z` (RFC 3339)"),
        (r#","timestamp":"2026-02-30T00:00:00Z""#, "is \"2026-02-30T00:00:00Z\": there is no such date"),
        (r#","timestamp":"nan""#, "is \"nan\": not a timestamp such as `2026-04-21T14:32:00Z` (RFC 3339)"),
        (r#","timestamp":1e300"#, "is 1e300, which is no time in seconds or milliseconds since 1970"),
        (r#","timestamp":[]"#, "is a list, not a text such as \"2026-04-21T14:32:00Z\""),
    ] {
        let event = parse(&format!(r#"{{"event":"hangup","call_id":"c"{field}}}"#));
        assert_eq!(event.timestamp, NOW);
        let warning = event.warnings[0].replace("1e+300", "1e300");
        assert_eq!(warning, format!("`timestamp` {problem}; the time of receipt is used: 1970-01-12T13:46:40Z"));
    }
}

#[test]
fn outcomes_of_ringing() {
    for (word, outcome) in [
        ("answered", DialOutcome::Answered),
        ("busy", DialOutcome::Busy),
        ("no_answer", DialOutcome::NoAnswer),
        ("no-answer", DialOutcome::NoAnswer),
        ("Declined", DialOutcome::Declined),
        ("unreachable", DialOutcome::Unreachable),
        ("failed", DialOutcome::Unreachable),
        ("full", DialOutcome::Full),
        ("empty", DialOutcome::Empty),
        ("timeout", DialOutcome::Timeout),
    ] {
        assert_eq!(dial(&format!(r#""outcome":"{word}""#)), (outcome, None, None, vec![]));
    }
    assert_eq!(dial(r#""outcome":"redirected","contact":"sip:a@b""#), (DialOutcome::Redirected, Some("sip:a@b".to_owned()), None, vec![]));
    assert_eq!(dial(r#""outcome":"key","digits":"1""#), (DialOutcome::Key, None, Some("1".to_owned()), vec![]));
    let (outcome, _, _, warnings) = dial(r#""outcome":"lost""#);
    assert_eq!(outcome, DialOutcome::Unreachable);
    assert!(warnings[0].starts_with("`outcome` is \"lost\", not one of `answered`, `busy`"), "{warnings:?}");
    assert!(warnings[0].ends_with("; it counts as `unreachable`"), "{warnings:?}");
    assert_eq!(dial(r#""x":1"#).3.len(), 1);
}

#[test]
fn sip_statuses() {
    for (codes, outcome) in [
        (&[200, 204][..], DialOutcome::Answered),
        (&[486, 600], DialOutcome::Busy),
        (&[603, 607, 608], DialOutcome::Declined),
        (&[408, 480], DialOutcome::NoAnswer),
        (&[300, 301, 302, 305, 380], DialOutcome::Redirected),
        (&[487], DialOutcome::Cancelled),
        (&[400, 403, 404, 410, 484, 488, 500, 503, 604, 606, 699, 0, 100, 180, 700], DialOutcome::Unreachable),
    ] {
        for code in codes {
            let code: &u16 = code;
            let (found, _, _, warnings) = dial(&format!(r#""sip_code":{code}"#));
            assert_eq!(found, outcome, "{code}");
            let warned = !(200..700).contains(code) || outcome == DialOutcome::Redirected;
            assert_eq!(!warnings.is_empty(), warned, "{code} {warnings:?}");
            assert_eq!(dial(&format!(r#""sip_code":"{code}""#)).0, outcome, "{code}");
        }
    }
    assert_eq!(dial(r#""sip_code":503,"outcome":"busy""#).0, DialOutcome::Busy);
    assert_eq!(dial(r#""sip_code":-1"#).0, DialOutcome::Unreachable);
    assert_eq!(dial(r#""sip_code":"x""#).3.len(), 2);
}

#[test]
fn other_events() {
    assert_eq!(with(r#""event":"voicemail_result","outcome":"full""#).kind, EventKind::VoicemailResult(VoicemailOutcome::Full));
    assert_eq!(with(r#""event":"voicemail_result","outcome":"recorded""#).kind, EventKind::VoicemailResult(VoicemailOutcome::Recorded));
    assert_eq!(with(r#""event":"played""#).kind, EventKind::Played);
    assert_eq!(with(r#""event":"done","outcome":"ok""#).kind, EventKind::Done(true));
    assert_eq!(with(r#""event":"done""#).kind, EventKind::Done(false));
    assert_eq!(with(r#""event":"lookup_result","result":"late""#).kind, EventKind::LookupResult(LookupResult::Late));
    match with(r#""event":"lookup_result","result":"found","row":{"tier":"gold"}"#).kind {
        EventKind::LookupResult(LookupResult::Found(row)) => assert_eq!(row["tier"], "gold"),
        other => panic!("{other:?}"),
    }
    let event = with(r#""event":"lookup_result","result":"found""#);
    assert_eq!(event.warnings, ["`row` is missing; every field of it counts as missing"]);
    let event = with(r#""event":"lookup_result","result":"found","row":[]"#);
    assert_eq!(event.warnings, ["`row` is a list, not an object; it counts as missing"]);
    let event = with(r#""event":"digits","continue":"v4.local.x""#);
    assert_eq!((event.kind, event.token.as_deref()), (EventKind::Digits(String::new()), Some("v4.local.x")));
    assert_eq!(event.warnings, ["`digits` is missing; it counts as empty: nothing was pressed"]);
    assert_eq!(with(r#""event":"hangup","continue":"""#).token, None);
    assert_eq!(parse(r#"{"event":"hangup","timestamp":0}"#).warnings, ["`call_id` is missing; every event of a call must carry the same"]);
}

#[test]
fn redirections_say_where_to() {
    assert_eq!(dial(r#""outcome":"redirected","contact":"sip:a@b""#).3, [""; 0]);
    let missing = "`contact` is missing; where the destination redirects to is not known";
    for fields in [r#""outcome":"redirected""#, r#""outcome":"redirected","contact":" ""#, r#""sip_code":302"#] {
        assert_eq!(dial(fields).3, [missing], "{fields}");
    }
    assert_eq!(dial(r#""outcome":"redirected","contact":[]"#).3, ["`contact` is a list, not a text; it counts as missing"]);
}

#[test]
fn languages_are_tags() {
    for (language, expected) in
        [("es-MX", Some("es-MX")), ("", Some("")), ("!!", None), ("en_US.UTF-8", None), ("1en", None), ("en-", None)]
    {
        let (call, warnings) = incoming(&format!(r#"{{"event":"incoming_call","call_id":"c","timestamp":0,"language":"{language}"}}"#));
        assert_eq!(call.language.as_deref(), expected, "{language}");
        assert_eq!(warnings.len(), usize::from(expected.is_none()), "{language} {warnings:?}");
    }
}

#[test]
fn headers_are_texts() {
    let (call, warnings) =
        incoming(r#"{"event":"incoming_call","call_id":"c","timestamp":0,"headers":{"A":"x","B":7,"C":null,"D":["p","q"],"E":{},"F":[]}}"#);
    let pairs = [("A", "x"), ("B", "7"), ("D", "p")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(call.headers, pairs);
    assert_eq!(
        warnings,
        [
            "the header \"B\" is a number, not a text; it is taken as \"7\"",
            "the header \"D\" is given more than once; the first one counts",
            "the header \"E\" is an object, not a text; it counts as missing",
            "the header \"F\" is a list, not a text; it counts as missing",
        ]
    );
}

#[test]
fn a_byte_order_mark_and_blanks_do_no_harm() {
    assert_eq!(parse(&format!("\u{feff}  {SAMPLE}\r\n")), parse(SAMPLE));
}

proptest! {
    #[test]
    fn reading_is_total(text in any::<String>()) {
        let _ = parse_event(&text, NOW);
    }

    #[test]
    fn reading_objects_is_total(fields in prop::collection::vec((prop_oneof![
        Just("event"), Just("call_id"), Just("timestamp"), Just("continue"), Just("from"), Just("attributes"), Just("headers"), Just("digits"),
        Just("outcome"), Just("sip_code"), Just("contact"), Just("result"), Just("row"), Just("x")],
        prop_oneof![
        Just("\"incoming_call\"".to_owned()), Just("\"digits\"".to_owned()), Just("\"dial_result\"".to_owned()), Just("\"lookup_result\"".to_owned()),
        Just("\"found\"".to_owned()), Just("{\"a\":[1,{\"b\":null}]}".to_owned()), Just("[]".to_owned()), Just("-1e308".to_owned()),
        any::<f64>().prop_map(|n| serde_json::to_string(&n).unwrap()), any::<String>().prop_map(|t| serde_json::to_string(&t).unwrap()),
        any::<u64>().prop_map(|n| n.to_string())]), 0..8))
    {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let json = format!("{{{}}}", body.join(","));
        if let Err(error) = parse_event(&json, NOW) {
            prop_assert!(matches!(error, EventError::NoKind | EventError::UnknownKind(_)), "{json} {error:?}");
        }
    }
}
