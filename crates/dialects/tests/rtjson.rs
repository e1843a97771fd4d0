//! Kamailio's documents: what each instruction becomes, and what of an outcome comes back. That Kamailio itself takes them is tried with
//! real calls in `examples/kamailio`.
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
use callroute_protocol::{DialOutcome, EventKind};
use http::HeaderMap;
use serde_json::{Value, json};
use support::{AT, compiled, say, settings};

fn rtjson(more: Value) -> Box<dyn Dialect> {
    let mut all = json!({"gateway": "sip:gw.example.com", "media_server": "sip:ms.example.com:5070", "voicemail": "sip:vm@vm.example.com"});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    dialect("rtjson", settings(all)).unwrap()
}

fn post(dialect: &dyn Dialect, body: &Value) -> callroute_protocol::Event {
    let body = body.to_string();
    let headers = HeaderMap::new();
    let request = Request { method: "POST", server: "", target: "", query: "", headers: &headers, body: body.as_bytes(), now: AT };
    match dialect.read(&request).unwrap() {
        Report::Event(event) => *event,
        Report::Answered(response) => panic!("{response:?}"),
    }
}

/// What Kamailio is told first when somebody calls, and what the call's outcomes `then` lead to.
fn documents(script: &str, dialect: &dyn Dialect, then: &[Value]) -> Vec<Value> {
    let program = compiled(script);
    let mut told = Vec::new();
    let mut event = json!({"event": "incoming_call", "call_id": "a", "timestamp": AT, "from": "\"A\" <sip:+14155550123@x>", "to": "sip:+13146523057@x"});
    for next in then.iter().map(Some).chain([None]) {
        let answer = dialect.write(&say(&program, dialect, post(dialect, &event))).unwrap();
        assert_eq!((answer.status, answer.content_type), (200, "application/json"));
        let mut document: Value = serde_json::from_str(&answer.body).unwrap();
        if let Some(next) = next {
            event = next.clone();
            event["event"] = document["event"].clone();
            event["continue"] = document["continue"].clone();
            event["call_id"] = json!("a");
            event["timestamp"] = json!(AT + 5);
        }
        if let Some(token) = document.get_mut("continue") {
            *token = json!("…");
        }
        told.push(document);
    }
    told
}

fn document(script: &str) -> Value {
    documents(script, rtjson(json!({})).as_ref(), &[]).remove(0)
}

#[test]
fn all_at_once_is_parallel_and_one_after_the_other_serial() {
    let at_once = document(
        "group g = < +16822306467; sip:ana@example.com >\ngroup g for 20s caller id +13125550100 caller name \"A \\\"B\\\"\" header \"X-A\" \"b\" codecs opus, pcmu else hangup",
    );
    assert_eq!(
        at_once,
        json!({"version": "1.0", "action": "forward", "routing": "parallel", "ring_ms": 20000, "codecs": "opus,pcmu",
            "routes": [{"uri": "sip:+16822306467@gw.example.com"}, {"uri": "sip:ana@example.com"}],
            "headers": {"from": {"display": "\"A \\\"B\\\"\"", "uri": "sip:+13125550100@gw.example.com"}, "extra": "X-A: b\r\n"},
            "event": "dial_result", "continue": "…"})
    );
    let in_order = document(
        "ring in order each 15s for 40s < sip:a@x.org; sip:b@x.org for 5s; sip:c@x.org; sip:d@x.org > header \"X-A\" \"b\" else hangup",
    );
    assert_eq!(in_order["routing"], "serial");
    let times: Vec<&Value> = in_order["routes"].as_array().unwrap().iter().map(|route| &route["fr_inv_timer"]).collect();
    assert_eq!(times, [15000, 5000, 15000, 5000], "nobody rings beyond the total");
    assert_eq!(in_order["routes"][3]["headers"]["extra"], "X-A: b\r\n");
}

#[test]
fn a_trunk_is_the_number_s_host_or_an_address_s_next_hop() {
    let script = "trunk a = \"sip:gw1.example.com:5070;transport=tcp\"\ntrunk b = sip:gw2.example.com\n";
    let told = documents(
        &format!("{script}dial +14155550199 via a, b for 20s else hangup"),
        rtjson(json!({})).as_ref(),
        &[json!({"sip_code": 503}), json!({"sip_code": 486, "sip_codes": ",486"})],
    );
    assert_eq!(told[0]["routes"][0]["uri"], "sip:+14155550199@gw1.example.com:5070;transport=tcp");
    assert_eq!(told[1]["routes"][0]["uri"], "sip:+14155550199@gw2.example.com");
    assert_eq!(told[2]["reply"], json!({"code": 486, "reason": "Busy Here"}));
    let told = document(&format!("{script}dial sip:ana@example.com via b"));
    assert_eq!(told["routes"][0]["uri"], "sip:ana@example.com");
    assert_eq!(told["routes"][0]["dst_uri"], "sip:gw2.example.com");
}

#[test]
fn the_best_of_several_outcomes_counts() {
    let dialect = rtjson(json!({}));
    let outcome = |fields: Value| {
        let mut event = json!({"event": "dial_result", "call_id": "a", "timestamp": AT});
        for (name, value) in fields.as_object().unwrap() {
            event[name] = value.clone();
        }
        match post(dialect.as_ref(), &event).kind {
            EventKind::DialResult(result) => result,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(outcome(json!({"sip_code": 503, "sip_codes": ",486,503"})).outcome, DialOutcome::Busy);
    assert_eq!(outcome(json!({"sip_code": 486, "sip_codes": [603, 408, 486]})).outcome, DialOutcome::NoAnswer);
    assert_eq!(outcome(json!({"sip_code": 404, "sip_codes": "x,,99999"})).outcome, DialOutcome::Unreachable);
    assert_eq!(outcome(json!({"sip_code": 200, "sip_codes": "486"})).outcome, DialOutcome::Answered);
    let moved = outcome(json!({"sip_code": 302, "sip_codes": ",486,302", "contact": "sip:b@x.org"}));
    assert_eq!((moved.outcome, moved.contact.as_deref()), (DialOutcome::Redirected, Some("sip:b@x.org")));
}

#[test]
fn a_mailbox_is_an_address() {
    assert_eq!(
        document("voicemail \"office closed\" box \"a;b\" for 2m")["routes"],
        json!([{"uri": "sip:vm@vm.example.com;box=a%3Bb;greeting=office%20closed;max-duration=120"}])
    );
    let own = rtjson(json!({"targets": {"box sales": ["sip:sales@mail.example.com"]}}));
    let told = documents("voicemail \"x\" box sales < failed => hangup >", own.as_ref(), &[json!({"outcome": "failed"})]);
    assert_eq!(told[0]["routes"][0]["uri"], "sip:sales@mail.example.com;greeting=x");
    assert_eq!(told[0]["event"], "voicemail_result");
    assert_eq!(told[1]["reply"]["code"], 480);
}

#[test]
fn what_is_not_routed_is_a_reply() {
    assert_eq!(document("reject")["reply"], json!({"code": 603, "reason": "Decline"}));
    assert_eq!(document("reject 607 \"Not today\"")["reply"], json!({"code": 607, "reason": "Not today"}));
    assert_eq!(document("hangup")["reply"]["code"], 480);
    assert_eq!(
        document("redirect +14155550199 permanent")["reply"],
        json!({"code": 301, "reason": "Moved Permanently", "contact": "sip:+14155550199@gw.example.com"})
    );
}

#[test]
fn what_needs_a_voice_goes_to_the_media_server_with_the_instruction() {
    let told = document("menu say \"Press 1.\" < 1 => voicemail \"x\" > else hangup");
    assert_eq!(told["routes"][0]["uri"], "sip:menu@ms.example.com:5070");
    let extra = told["routes"][0]["headers"]["extra"].as_str().unwrap();
    let line = |name: &str| extra.split("\r\n").find_map(|line| line.strip_prefix(name)).unwrap();
    assert!(line("X-Callroute-Continue: ").starts_with("v4.local."), "{extra}");
    use base64::Engine as _;
    let instruction = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(line("X-Callroute-Instruction: ")).unwrap();
    let instruction: Value = serde_json::from_slice(&instruction).unwrap();
    assert_eq!(instruction["choices"], json!(["1"]));
    assert_eq!(instruction["prompts"][0]["say"], "Press 1.");
    assert!(told.get("continue").is_none(), "the media server has it");
}

#[test]
fn queues_actions_and_names_are_addresses_of_the_settings() {
    let known = rtjson(json!({
        "targets": {"queue help": ["sip:help@pbx.example.com"], "agent ana": ["sip:ana@pbx.example.com", "+16822306467"]},
        "actions": {"park": "sip:park@pbx.example.com"}
    }));
    assert_eq!(
        documents("queue help for 60s else hangup", known.as_ref(), &[])[0]["routes"][0],
        json!({"uri": "sip:help@pbx.example.com", "fr_inv_timer": 60000})
    );
    let ana = &documents("agent ana for 20s else hangup", known.as_ref(), &[])[0];
    assert_eq!(ana["routes"][1]["uri"], "sip:+16822306467@gw.example.com");
    let park = &documents("action park(slot: text)\npark(\"a\") else hangup", known.as_ref(), &[json!({"outcome": "failed"})])[0];
    assert_eq!(
        park["routes"][0],
        json!({"uri": "sip:park@pbx.example.com", "headers": {"extra": "X-Callroute-Args: eyJzbG90IjoiYSJ9\r\n"}})
    );
    assert_eq!(park["event"], "done");
}

#[test]
fn what_it_cannot_say_is_found_when_the_script_is_loaded() {
    let bare = dialect("rtjson", settings(json!({"gateway": "gw.example.com"}))).unwrap();
    let says = |script: &str| -> Vec<String> {
        let program = compiled(script);
        callroute_dialects::check(&program, bare.as_ref())
            .into_iter()
            .map(|found| format!("{}: {}", found.severity, found.message))
            .collect()
    };
    for (script, part) in [
        ("say \"x\"\nhangup", "error: a prompt: Kamailio has no voice; set `media_server`"),
        ("menu < 1 => hangup > else hangup", "error: a menu"),
        ("voicemail \"x\"", "error: set `voicemail`"),
        ("ring all < +16822306467 confirm 1 > else hangup", "error: Kamailio cannot announce"),
        ("dial +16822306467 record else hangup", "error: Kamailio cannot announce"),
        ("queue help else hangup", "targets.\"queue help\""),
        ("action park()\npark() else hangup", "actions.park"),
        ("dial +16822306467 media relay else hangup", "warning: the answer says"),
        ("ring all < +16822306467 after 5s; +12125551234 > else hangup", "error: a member that starts to ring `after`"),
    ] {
        let found = says(script);
        assert!(found.iter().any(|message| message.contains(part)), "{script}: {found:#?}");
    }
    assert_eq!(says("dial +16822306467 for 20s < busy => reject busy > else hangup"), [""; 0]);
    let Err(error) = dialect("rtjson", settings(json!({}))) else { panic!("no gateway") };
    assert!(error.to_string().contains("gateway = \"sip:gw.example.com\""), "{error}");
}

#[test]
fn requests_that_are_no_events_are_refused_in_words() {
    let dialect = rtjson(json!({}));
    let headers = HeaderMap::new();
    for (method, body, says) in
        [("GET", &b""[..], "POST"), ("POST", b"\xff", "UTF-8"), ("POST", b"[]", "a list"), ("POST", b"{}", "`event`")]
    {
        let error = dialect.read(&Request { method, server: "", target: "", query: "", headers: &headers, body, now: AT }).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
}
