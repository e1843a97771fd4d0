//! SignalWire's documents: what each instruction becomes, and what of an outcome comes back.
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

use callroute_dialects::{Dialect, Report, Request, dialect};
use callroute_protocol::{DialOutcome, Event, EventKind, VoicemailOutcome};
use http::HeaderMap;
use serde_json::{Value, json};
use support::{AT, compiled, say, settings};

fn swml() -> Box<dyn Dialect> {
    let all = json!({
        "address": "https://r.example.com/office/swml", "media": "https://m.example.com", "recordings": "https://vm.example.com/new",
        "greetings": {"closed": "We are closed."}, "voices": {"es": "Polly.Lupe"}, "actions": {"park": "https://a.example.com/park"}
    });
    dialect("swml", settings(all)).unwrap()
}

fn read(dialect: &dyn Dialect, query: &str, body: &Value) -> Event {
    let body = body.to_string();
    let headers = HeaderMap::new();
    let request = Request { method: "POST", server: "", target: "", query, headers: &headers, body: body.as_bytes(), now: AT };
    match dialect.read(&request).unwrap() {
        Report::Event(event) => *event,
        Report::Answered(response) => panic!("{response:?}"),
    }
}

fn call(vars: &Value) -> Value {
    json!({"call": {"call_id": "c1", "from": "+14155550123", "to": "+13146523057", "call_state": "created", "type": "phone",
        "headers": [{"name": "X-A", "value": "b"}]}, "vars": vars, "params": {"tier": "gold"}})
}

/// The `main` sections of a call whose documents end with these variables.
fn documents(script: &str, then: &[Value]) -> Vec<Vec<Value>> {
    let (program, dialect) = (compiled(script), swml());
    let mut told = Vec::new();
    let mut event = read(dialect.as_ref(), "", &call(&json!({})));
    for next in then.iter().map(Some).chain([None]) {
        let answer = dialect.write(&say(&program, dialect.as_ref(), event.clone())).unwrap();
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["version"], "1.0.0");
        let main = document["sections"]["main"].as_array().unwrap().clone();
        if let Some(vars) = next {
            event = read(dialect.as_ref(), &callback(&main), &call(vars));
        }
        told.push(main);
    }
    told
}

/// The query of the address to which the document goes on.
fn callback(main: &[Value]) -> String {
    let text = Value::from(main).to_string();
    let at = text.find("https://r.example.com/office/swml?").expect("a callback");
    text[at..].split(['?', '"']).nth(1).unwrap().to_owned()
}

fn document(script: &str) -> Vec<Value> {
    documents(script, &[]).remove(0)
}

#[test]
fn groups_ring_in_parallel_or_in_a_series() {
    let main = document(
        "group g = < +16822306467 for 10s; sip:ana@example.com confirm 1 >\ngroup g for 20s caller id +13125550100 header \"X-A\" \"b\" codecs opus, pcmu music \"hold.mp3\" announce \"For you.\" record else hangup",
    );
    assert_eq!(main[0], json!({"record_call": {"stereo": true, "status_url": "https://vm.example.com/new"}}));
    let announce = json!({"play": {"url": "say: For you."}});
    assert_eq!(
        main[1]["connect"],
        json!({
            "from": "+13125550100", "timeout": 20, "answer_on_bridge": true, "ringback": ["https://m.example.com/hold.mp3"],
            "headers": [{"name": "X-A", "value": "b"}], "codecs": "OPUS,PCMU",
            "parallel": [
                {"to": "+16822306467", "timeout": 10, "confirm": [announce]},
                {"to": "sip:ana@example.com", "timeout": 20, "confirm": [
                    announce,
                    {"prompt": {"play": "say: Press 1 to take the call.", "max_digits": 1}},
                    {"cond": [{"when": "prompt_value != '1'", "then": [{"hangup": {}}]}]}
                ]}
            ]
        })
    );
    assert_eq!(main[2]["switch"]["case"]["connected"], json!([{"hangup": {}}]));
    assert!(callback(&main).starts_with("asked=dial&continue=v4.local."));
    let main = document("ring in order each 15s for 40s < +16822306467; sip:a@x.org; sip:b@x.org > else hangup");
    let serial = main[0]["connect"]["serial"].as_array().unwrap();
    assert_eq!(serial.iter().map(|device| device["timeout"].as_u64().unwrap()).collect::<Vec<_>>(), [15, 15, 10]);
    let main = document("trunk t = sip:gw.example.com\ndial +16822306467 via t for 20s");
    assert_eq!(main[0]["connect"]["to"], "sip:+16822306467@gw.example.com");
}

#[test]
fn outcomes_come_back_as_variables() {
    let arms = "dial +16822306467 for 20s < busy => reject busy; no-answer => voicemail \"closed\"; declined => reject; unreachable => redirect sip:a@x.org > else hangup";
    for (reason, expected) in [
        ("busy", json!({"hangup": {"reason": "busy"}})),
        ("no-answer", json!({"play": {"url": "say: We are closed."}})),
        ("rejected", json!({"hangup": {"reason": "decline"}})),
        ("failed", json!({"sip_refer": {"to_uri": "sip:a@x.org"}})),
    ] {
        let told = documents(arms, &[json!({"connect_result": "failed", "connect_failed_reason": reason})]);
        assert_eq!(told[1][0], expected, "{reason}");
    }
    assert_eq!(documents(arms, &[json!({"connect_result": "connected"})])[1], [json!({"hangup": {}})]);
}

#[test]
fn keys_are_asked_for_with_the_last_prompts() {
    let script = "say \"Hello.\"\nmenu say \"Press 1.\" play \"beep.wav\" < 1 => voicemail \"closed\" box sales for 2m; 12 => reject 480 > else hangup";
    let told = documents(script, &[json!({"prompt_result": "match_digits", "prompt_value": "1"})]);
    assert_eq!(told[0][0], json!({"play": {"url": "say: Hello."}}));
    let prompt = &told[0][1]["prompt"];
    assert_eq!(prompt["play"], json!(["say: Press 1.", "https://m.example.com/beep.wav"]));
    assert_eq!((&prompt["max_digits"], &prompt["initial_timeout"]), (&json!(2), &json!(5)));
    assert_eq!(told[1][1], json!({"record": {"beep": true, "max_length": 120, "status_url": "https://vm.example.com/new?box=sales"}}));
    let told = documents(script, &[json!({"prompt_result": "no_input"})]);
    assert!(told[1].iter().any(|verb| verb.get("prompt").is_some()), "silence is asked again: {told:?}");
    let told = documents("collect 2 to 4 digits say \"Extension?\" wait 3500ms ending # as ext < reject 480 > else hangup", &[]);
    assert_eq!(told[0][0]["prompt"]["terminators"], "#", "{told:?}");
    assert_eq!(told[0][0]["prompt"]["initial_timeout"], 3.5);
}

#[test]
fn nothing_that_is_said_is_a_variable() {
    let main = document("input name = text default \"${call.from} %{x}\\n\\u{0}\"\nsay \"Hello {name}.\"\nhangup");
    assert_eq!(main[0]["play"]["url"], "say: Hello $ {call.from} % {x}  .");
}

#[test]
fn queues_actions_and_marks() {
    let main = document("queue help for 60s music \"hold.mp3\" else hangup");
    let enter = &main[0]["enter_queue"];
    assert_eq!((&enter["queue_name"], &enter["wait_time"]), (&json!("help"), &json!(60)));
    assert_eq!(enter["wait_url"], "https://m.example.com/hold.mp3");
    assert!(enter["transfer_after_bridge"].as_str().unwrap().contains("asked=bridged"));
    let script = "action park(slot: text)\ntag \"vip\"\nset priority to 5\npark(\"${x}\") else reject";
    let told = documents(script, &[json!({"return_value": "failed"})]);
    assert_eq!(told[0][0], json!({"set": {"callroute_tags": ["vip"], "callroute_priority": 5}}));
    assert_eq!(told[0][1], json!({"execute": {"dest": "https://a.example.com/park", "params": {"slot": "$ {x}"}}}));
    assert_eq!(told[1][1], json!({"hangup": {"reason": "decline"}}));
}

#[test]
fn what_a_request_says() {
    let dialect = swml();
    let EventKind::IncomingCall(incoming) = read(dialect.as_ref(), "", &call(&json!({}))).kind else { panic!() };
    assert_eq!((incoming.from.as_deref(), incoming.to.as_deref()), (Some("+14155550123"), Some("+13146523057")));
    assert_eq!((&incoming.attributes["tier"], &incoming.attributes["type"]), (&json!("gold"), &json!("phone")));
    assert_eq!(incoming.headers, [("X-A".to_owned(), "b".to_owned())]);
    let kind = |query: &str, vars: Value| read(dialect.as_ref(), query, &call(&vars)).kind;
    let dial = |vars: Value| match kind("asked=dial&continue=x", vars) {
        EventKind::DialResult(result) => result.outcome,
        other => panic!("{other:?}"),
    };
    assert_eq!(dial(json!({"connect_result": "connected"})), DialOutcome::Answered);
    assert_eq!(dial(json!({"connect_result": "failed", "connect_failed_reason": "No Answer"})), DialOutcome::NoAnswer);
    assert_eq!(dial(json!({})), DialOutcome::Unreachable);
    assert_eq!(
        kind("asked=voicemail&continue=x", json!({"record_url": "https://r"})),
        EventKind::VoicemailResult(VoicemailOutcome::Recorded)
    );
    assert_eq!(kind("asked=voicemail&continue=x", json!({})), EventKind::VoicemailResult(VoicemailOutcome::Failed));
    assert_eq!(kind("asked=played&continue=x", json!({})), EventKind::Played);
    let headers = HeaderMap::new();
    for (method, query, body, says) in [
        ("GET", "", "", "POST"),
        ("POST", "", "{", "not the JSON"),
        ("POST", "", "[]", "call.call_id"),
        ("POST", "asked=x", "{\"call\":{\"call_id\":\"a\"}}", "`asked=x`"),
    ] {
        let request = Request { method, server: "", target: "", query, headers: &headers, body: body.as_bytes(), now: AT };
        let error = dialect.read(&request).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}
