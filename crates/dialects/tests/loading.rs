//! What each dialect says of a script when it is loaded is what becomes of it in a call: nothing that passes hangs a caller up.
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

use callroute_dialects::{Dialect, NAMES, Response, Severity, Step, Unsayable, check, dialect};
use callroute_protocol::{Event, EventKind, IncomingCall};
use serde_json::{Value, json};
use support::{AT, compiled, settings, step};

fn speaker(name: &str, more: &Value) -> Box<dyn Dialect> {
    let mut all = json!({"address": "https://route.example.com/office", "media": "https://media.example.com"});
    match name {
        "rtjson" => all["gateway"] = json!("sip:gw.example.com"),
        "httapi" | "xml_curl" => {
            all["gateway"] = json!("carrier");
            all["tts"] = json!("flite:kal");
        }
        _ => {}
    }
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    dialect(name, settings(all)).unwrap()
}

/// What is said at load: errors, then warnings.
fn found(script: &str, speaker: &dyn Dialect) -> [Vec<String>; 2] {
    let program = compiled(script);
    [Severity::Error, Severity::Warning].map(|wanted| {
        let of = |finding: &callroute_dialects::Finding<'_>| (finding.severity == wanted).then(|| finding.to_string());
        check(&program, speaker).iter().filter_map(of).collect()
    })
}

/// What the platform is told first when somebody calls.
fn told(script: &str, speaker: &dyn Dialect) -> Result<Response, Unsayable> {
    let attributes = json!({"desk": "4101", "line": "a\r\nVia: b", "path": "../b_x"}).as_object().unwrap().clone();
    let call =
        IncomingCall { from: Some("+14155550123".to_owned()), to: Some("+13146523057".to_owned()), attributes, ..IncomingCall::default() };
    let kind = EventKind::IncomingCall(call);
    let event = Event { call_id: "call-1".to_owned(), timestamp: AT, token: None, kind, warnings: Vec::new() };
    match step(&compiled(script), speaker, event) {
        Step::Say(instruction) => speaker.write(&instruction),
        Step::Cannot(why) => Err(why),
        Step::Lookup(_) => panic!(),
    }
}

#[test]
fn a_long_sequence_that_passes_is_rung() {
    for name in NAMES {
        let speaker = speaker(name, &json!({}));
        for members in [50, 51, 64, 120] {
            let members: Vec<String> = (0..members).map(|member| format!("+1312555{member:04}")).collect();
            let script = format!("ring in order each 10s < {} > else voicemail \"Nobody is there.\" box b", members.join("; "));
            let [errors, _] = found(&script, speaker.as_ref());
            let errors: Vec<&String> = errors.iter().filter(|error| !error.contains("mailbox") && !error.contains("voicemail")).collect();
            let told = told(&script, speaker.as_ref());
            assert_eq!(errors.is_empty(), told.is_ok(), "{name}, {}: {errors:?}, {told:?}", members.len());
            assert!(told.is_ok() || members.len() > 64, "{name}");
        }
    }
}

#[test]
fn a_group_that_does_not_fit_into_the_token_is_said_at_load() {
    let long =
        |member: usize| format!("sip:somebody-with-a-name-that-is-rather-long-{member:02}@{}.pbx.example.com", "a-long-host".repeat(6));
    let members: Vec<String> = (0..64).map(long).collect();
    let script = format!("ring in order each 10s < {} > else hangup", members.join("; "));
    for name in ["twiml", "ncco", "jambonz", "swml", "httapi"] {
        let speaker = speaker(name, &json!({}));
        assert!(told(&script, speaker.as_ref()).is_err(), "{name}");
        let [errors, _] = found(&script, speaker.as_ref());
        assert!(
            errors.iter().any(|error| error.contains("test.route:1: error: 64 members") && error.contains("more than 8192")),
            "{errors:?}"
        );
    }
    // Not the addresses alone count.
    let announced = format!("ring in order each 10s < +13125550101; +13125550102 > announce \"{}\" else hangup", "ab".repeat(4500));
    for name in ["twiml", "jambonz"] {
        let [errors, _] = found(&announced, speaker(name, &json!({})).as_ref());
        assert!(errors.iter().any(|error| error.contains("more than 8192")), "{name}: {errors:?}");
    }
    // In one answer nothing is left.
    let speaker = speaker("rtjson", &json!({}));
    assert!(found(&script, speaker.as_ref())[0].is_empty() && told(&script, speaker.as_ref()).is_ok());
}

#[test]
fn numbers_that_vonage_cannot_dial_are_said_at_load_and_unreachable_in_a_call() {
    let targets =
        json!({"targets": {"agent ben": ["4102"], "group all": ["+13125550101", "911"], "trunk carrier": ["sip:gw.example.com"]}});
    let speaker = speaker("ncco", &targets);
    for (script, line, address) in [
        ("tag \"x\"\ndial 4101 else hangup", 2, "4101"),
        ("dial *97", 1, "*97"),
        ("dial 911", 1, "911"),
        ("ring in order < +13125550101; 4101 >", 1, "4101"),
        ("agent ana = < 4101 >\nagent ana", 2, "4101"),
        ("extern agent ben\nagent ben", 2, "4102"),
        ("extern agent ben\nring in order < agent ben; +13125550101 >", 2, "4102"),
    ] {
        let [errors, _] = found(script, speaker.as_ref());
        let says = format!("test.route:{line}: error: Vonage dials numbers of 7 to 15 digits");
        assert!(errors.iter().any(|error| error.starts_with(&says) && error.contains(address)), "{script}: {errors:?}");
    }
    for good in ["dial +13125550101", "dial sip:4101@example.com", "extern trunk carrier\ndial 4101 via carrier"] {
        assert_eq!(found(good, speaker.as_ref())[0], [""; 0], "{good}");
        assert!(told(good, speaker.as_ref()).is_ok(), "{good}");
    }
    // Computed ones are known in the call only: the step's own `else` says what happens then.
    let told = told("input desk = phone\ndial (desk) else say \"Nobody.\"\nhangup", speaker.as_ref()).unwrap();
    assert!(told.body.contains("Nobody."), "{told:?}");
}

#[test]
fn a_trunk_counts_for_addresses_too_or_it_is_said() {
    let script = "trunk ta = sip:ta.example.com\ntrunk tb = sip:tb.example.com\ndial sip:u@example.com via ta, tb else hangup";
    for (name, says) in [
        ("jambonz", "\"proxy\":\"sip:ta.example.com\""),
        ("rtjson", "\"dst_uri\":\"sip:ta.example.com\""),
        ("httapi", "fs_path=sip:ta.example.com"),
    ] {
        let speaker = speaker(name, &json!({}));
        assert_eq!(found(script, speaker.as_ref())[0], [""; 0], "{name}");
        assert!(told(script, speaker.as_ref()).unwrap().body.contains(says), "{name}: {:?}", told(script, speaker.as_ref()));
    }
    for name in ["twiml", "ncco", "swml"] {
        let [errors, _] = found(script, speaker(name, &json!({})).as_ref());
        assert_eq!(errors.len(), 2, "{name}: {errors:?}");
        assert!(errors[0].contains("test.route:3") && errors[0].contains("leave out `via`"), "{name}: {errors:?}");
    }
    // A carrier's name is for numbers.
    let carrier = json!({"targets": {"trunk carrier": ["acme"]}});
    let script = "extern trunk carrier\ndial sip:u@example.com via carrier";
    for name in ["jambonz", "twiml"] {
        let [errors, _] = found(script, speaker(name, &carrier).as_ref());
        assert!(errors[0].contains("through `acme`"), "{name}: {errors:?}");
    }
}

#[test]
fn outcomes_of_a_queue_that_never_come_are_said() {
    for (name, outcome, says) in [("swml", "full", true), ("swml", "empty", true), ("httapi", "full", true), ("httapi", "empty", false)] {
        let script = format!("extern queue help\nqueue help < {outcome} => hangup > else dial +13125550101");
        let [_, warnings] = found(&script, speaker(name, &json!({})).as_ref());
        assert_eq!(warnings.iter().any(|warning| warning.contains(&format!("`{outcome}`"))), says, "{name} {outcome}: {warnings:?}");
    }
}

#[test]
fn what_is_said_before_the_end_is_said_in_kamailio_too() {
    let speaker = speaker("rtjson", &json!({"media_server": "sip:ms.example.com"}));
    for end in ["hangup", "reject busy", "redirect +13125550101"] {
        let body = told(&format!("say \"We are closed.\"\n{end}"), speaker.as_ref()).unwrap().body;
        let document: Value = serde_json::from_str(&body).unwrap();
        assert!(document.get("reply").is_none(), "{end}: {body}");
        let uri = document["routes"][0]["uri"].as_str().unwrap_or_default();
        assert!(uri.ends_with("@ms.example.com"), "{end}: {body}");
        assert!(document["routes"][0]["headers"]["extra"].as_str().unwrap().starts_with("X-Callroute-Instruction: "), "{end}: {body}");
    }
}

#[test]
fn what_comes_from_outside_stays_in_its_place() {
    // Spaces of a header in an address.
    let script = "dial sip:u@example.com header \"X-Who\" \"a b+c\"";
    assert!(told(script, speaker("twiml", &json!({})).as_ref()).unwrap().body.contains("X-Who=a%20b%2Bc"));
    // A name on one line.
    let script = "input line = text\ndial +13125550101 caller name (line)";
    let body = told(script, speaker("jambonz", &json!({})).as_ref()).unwrap().body;
    assert!(body.contains("\"callerName\":\"a  Via: b\""), "{body}");
    // A box is no path.
    let script = "input path = text\nvoicemail \"front.wav\" box (path)";
    let body = told(script, speaker("httapi", &json!({})).as_ref()).unwrap().body;
    assert!(body.contains("default default _b_x\""), "{body}");
    // Music of the step goes before that of the queue.
    let script = "extern queue help\nqueue help for 3m music \"wait.mp3\"";
    assert!(
        told(script, speaker("httapi", &json!({})).as_ref()).unwrap().body.contains("cc_moh_override=https://media.example.com/wait.mp3")
    );
}
