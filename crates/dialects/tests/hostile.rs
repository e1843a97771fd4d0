//! Whatever comes in, no dialect falls over; whatever a text holds, what goes out is one well-formed document.
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

use callroute_dialects::{Dialect, NAMES, Report, Request, dialect};
use callroute_protocol::{
    Action, Collect, Destination, Event, EventKind, Forward, Header, HostAction, IncomingCall, Instruction, Members, Menu, Prompt, Queue,
    Redirect, Reject, Seconds, Spoken, Voicemail,
};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use support::{AT, compiled, say, settings};

fn all() -> Vec<Box<dyn Dialect>> {
    let make = |name: &&str| {
        let mut wanted = json!({"address": "https://route.example.com/office?x=1", "media": "https://m.example.com", "secrets": ["s"],
            "targets": {"queue q": ["q"]}, "actions": {"park": "https://pbx.example.com"}});
        let more = match *name {
            "jambonz" => json!({"mailbox": "wss://rec.example.com/{box}", "recorder": "wss://rec.example.com"}),
            // It does not sign.
            "json" => json!({"secrets": []}),
            _ => json!({}),
        };
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        dialect(name, settings(wanted)).unwrap()
    };
    NAMES.iter().filter(|name| ["json", "twiml", "jambonz", "ncco"].contains(name)).map(make).collect()
}

#[test]
fn the_servers_address_is_told_where_the_platform_calls_back() {
    let program = compiled("dial +14155550123 < busy => voicemail \"busy\" >\nhangup\n");
    for name in NAMES.iter().copied() {
        let wanted = match name {
            "json" => json!({}),
            "rtjson" => json!({"gateway": "gw.example.com"}),
            "httapi" | "xml_curl" => json!({"address": "https://route.example.com/office", "gateway": "carrier"}),
            _ => json!({"address": "https://route.example.com/office"}),
        };
        let dialect = dialect(name, settings(wanted)).unwrap();
        let call = IncomingCall { from: Some("+14155550199".to_owned()), ..IncomingCall::default() };
        let kind = EventKind::IncomingCall(call);
        let event = Event { call_id: "c".to_owned(), timestamp: AT, token: None, kind, warnings: Vec::new() };
        let said = dialect.write(&say(&program, dialect.as_ref(), event)).unwrap();
        assert_eq!(said.body.contains("route.example.com"), dialect.calls_back(), "{name}: {}", said.body);
    }
}

fn well_formed(content_type: &str, body: &str) -> Result<(), TestCaseError> {
    match content_type {
        "text/xml" => prop_assert!(roxmltree::Document::parse(body).is_ok(), "{body}"),
        "application/json" => prop_assert!(body.is_empty() || serde_json::from_str::<Value>(body).is_ok(), "{body}"),
        other => prop_assert!(false, "{other}"),
    }
    Ok(())
}

fn asked() -> impl Strategy<Value = String> {
    let words = ["digits", "dial", "queue", "voicemail", "played", "done", "status", "whisper", "confirm", "wait", "recorded", "mailbox"];
    prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(|word| format!("asked={word}&key=1&most=9&every=1&announce=%00%3C&continue=x")),
        ".{0,20}"
    ]
}

fn form() -> impl Strategy<Value = Vec<u8>> {
    let names = ["CallSid", "From", "Digits", "DialCallStatus", "QueueResult", "QueueTime", "QueuePosition", "CallStatus", "RecordingUrl"];
    prop::collection::vec((prop::sample::select(names.to_vec()), any::<String>()), 0..8).prop_map(|fields| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        form.finish().into_bytes()
    })
}

fn document() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "call_sid",
        "from",
        "digits",
        "dial_call_status",
        "queue_result",
        "queue_time",
        "sip",
        "conversation_uuid",
        "status",
        "dtmf",
        "env_vars",
    ];
    let value = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!({"headers": {"a": 1}, "digits": "1"}))
    ];
    prop::collection::vec((prop::sample::select(names.to_vec()), value), 0..8).prop_map(|fields| {
        Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()).to_string().into_bytes()
    })
}

/// So many cases; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_that_comes_in_makes_one_fall_over(
        query in asked(),
        body in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), form(), document()],
        method in prop::sample::select(vec!["GET", "POST", "PUT"]),
        header in "[ -~]{0,60}",
    ) {
        let mut headers = HeaderMap::new();
        for name in ["x-twilio-signature", "jambonz-signature", "authorization"] {
            headers.insert(name, HeaderValue::from_str(&header).unwrap());
        }
        let url = format!("https://route.example.com/office?{query}");
        let request = Request { method, server: "", target: &url, query: &query, headers: &headers, body: &body, now: AT };
        for dialect in all() {
            let _ = dialect.signature(&request);
            if let Ok(Report::Answered(response)) = dialect.read(&request) {
                well_formed(response.content_type, &response.body)?;
            }
        }
    }

    #[test]
    fn whatever_a_text_holds_one_document_goes_out(a in any::<String>(), b in any::<String>(), number in any::<u32>(), long in 0_u64..u64::MAX) {
        let prompts = vec![
            Prompt { what: Spoken::Say(a.clone()), language: Some(b.clone()), interruptible: false },
            Prompt { what: Spoken::Play(b.clone()), language: None, interruptible: true },
            Prompt { what: Spoken::Say(b.repeat(40)), language: None, interruptible: true },
        ];
        let members = |addresses: Vec<String>| Members { name: Some(b.clone()), members: Some(addresses), strategy: Some("simultaneous") };
        let forward = |destination| Forward {
            destination,
            timeout: Some(Seconds(long)),
            member_timeout: None,
            delays: vec![],
            member_timeouts: vec![],
            confirms: vec![Some(a.clone())],
            via: vec![b.clone()],
            caller_id: Some(a.clone()),
            caller_name: Some(b.clone()),
            announce: Some(a.clone()),
            confirm: None,
            music: Some(b.clone()),
            record: true,
            headers: vec![Header { name: a.clone(), value: b.clone() }, Header { name: format!("X-{a}"), value: b.clone() }],
            codecs: vec![a.clone()],
            media: Some("relay"),
        };
        let queue = Queue { members: members(vec![]), max_wait: Some(Seconds(long)), max_length: Some(number), music: Some(a.clone()), ..Queue::default() };
        let mut args = Map::new();
        args.insert(a.clone(), b.clone().into());
        let actions = vec![
            Action::Forward(Box::new(forward(Destination::Number { number: a.clone() }))),
            Action::Forward(Box::new(forward(Destination::Number { number: format!("sip:{a}") }))),
            Action::Forward(Box::new(forward(Destination::RingGroup(members(vec![format!("client:{a}"), format!("app:{b}")]))))),
            Action::Forward(Box::new(forward(Destination::Queue(queue)))),
            Action::Menu(Menu { choices: vec![a.clone()], max_digits: number, timeout: Seconds(long), gap: Some(Seconds(long)), attempt: 1 }),
            Action::Collect(Collect {
                min_digits: 1, max_digits: number, ending: Some("*"), timeout: Seconds(long), gap: None, attempt: 1, secret: true,
            }),
            Action::Play {},
            Action::Voicemail(Voicemail { message: format!("{a} {b}"), mailbox: Some(a.clone()), max_duration: Some(Seconds(long)) }),
            Action::Reject(Reject { reason: "busy", code: 486, text: Some(a.clone()) }),
            Action::Redirect(Redirect { to: a.clone(), code: 302 }),
            Action::Hangup { reason: "error" },
            Action::Host(HostAction { action: "park".to_owned(), args }),
            Action::None {},
        ];
        for action in actions {
            let instruction = Instruction {
                action,
                prompts: prompts.clone(),
                tags: vec![a.clone()],
                priority: Some(number.into()),
                warnings: vec![b.clone()],
                token: Some("v4.local.x".to_owned()),
            };
            for dialect in all() {
                if let Ok(response) = dialect.write(&instruction) {
                    well_formed(response.content_type, &response.body)?;
                }
                let refused = dialect.refuse(500, &a, &instruction);
                well_formed(refused.content_type, &refused.body)?;
            }
        }
    }
}
