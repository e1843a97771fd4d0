//! FreeSWITCH: what each instruction becomes in both documents, what of an outcome comes back, and that no text becomes syntax.
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
use callroute_protocol::{Action, Destination, DialOutcome, Event, EventKind, Forward, Header, Instruction, Members, VoicemailOutcome};
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{AT, compiled, say, settings};

fn freeswitch(name: &str, more: Value) -> Box<dyn Dialect> {
    let mut all = json!({"address": "https://r.example.com/office/fs", "gateway": "carrier", "tts": "flite:kal", "recordings": "/rec"});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    dialect(name, settings(all)).unwrap()
}

fn read(dialect: &dyn Dialect, query: &str, form: &[(&str, &str)]) -> Event {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let headers = HeaderMap::new();
    let request = Request { method: "POST", server: "", target: "", query, headers: &headers, body: body.as_bytes(), now: AT };
    match dialect.read(&request).unwrap() {
        Report::Event(event) => *event,
        Report::Answered(response) => panic!("{response:?}"),
    }
}

/// The elements that do something, as `name attribute=value …`.
fn told(dialect: &dyn Dialect, instruction: &Instruction) -> Vec<String> {
    let response = dialect.write(instruction).unwrap();
    assert_eq!(response.content_type, "text/xml");
    let document = roxmltree::Document::parse(&response.body).unwrap();
    let doing = document.descendants().find(|node| node.has_tag_name("work") || node.has_tag_name("condition")).unwrap();
    let line = |node: roxmltree::Node<'_, '_>| {
        let attributes: Vec<String> = node.attributes().map(|attribute| attribute.value().to_owned()).collect();
        format!("{} {}", node.tag_name().name(), attributes.join(" ")).trim().to_owned()
    };
    doing.children().filter(roxmltree::Node::is_element).map(line).collect()
}

/// A call through httapi whose later requests have these fields.
fn httapi(script: &str, more: Value, then: &[&[(&str, &str)]]) -> Vec<Vec<String>> {
    let (program, dialect) = (compiled(script), freeswitch("httapi", more));
    let first = [("session_id", "u1"), ("Caller-Caller-ID-Number", "+14155550123"), ("Caller-Destination-Number", "+13146523057")];
    let mut event = read(dialect.as_ref(), "", &first);
    let mut all = Vec::new();
    for next in then.iter().map(Some).chain([None]) {
        let lines = told(dialect.as_ref(), &say(&program, dialect.as_ref(), event.clone()));
        if let Some(fields) = next {
            let query = lines.last().unwrap().split_once('?').expect("a callback").1;
            let form: Vec<(&str, &str)> = [("session_id", "u1")].into_iter().chain(fields.iter().copied()).collect();
            event = read(dialect.as_ref(), query, &form);
        }
        all.push(lines.iter().map(|line| line.split("&continue=").next().unwrap().to_owned()).collect());
    }
    all
}

fn once(script: &str) -> Vec<String> {
    httapi(script, json!({}), &[]).remove(0)
}

#[test]
fn groups_are_dial_strings() {
    let lines = once(
        "group g = < +16822306467 for 10s; sip:ana@example.com after 5s confirm 1 >\ngroup g for 20s caller id +13125550100 caller name \"A, B\" header \"Alert-Info\" \"<http://x>;info=a\" codecs opus, pcmu announce \"For you, now.\" music \"hold.wav\" record else hangup",
    );
    assert_eq!(
        lines,
        [
            "recordCall recording",
            "execute set ringback=hold.wav",
            "execute set hangup_after_bridge=true",
            "execute set continue_on_fail=true",
            "execute bridge {ignore_early_media=true,originate_timeout=20,origination_caller_id_number=+13125550100,\
             origination_caller_id_name=A\\, B,sip_h_Alert-Info=<http://x>;info=a,absolute_codec_string=OPUS\\,PCMU}\
             [leg_timeout=10,group_confirm_key=exec,group_confirm_file=playback say:flite:kal:For you now.]sofia/gateway/carrier/+16822306467,\
             [leg_delay_start=5,leg_timeout=15,group_confirm_key=1,group_confirm_file=say:flite:kal:For you now. Press 1 to take the call.]\
             sofia/external/ana@example.com",
            "execute unset ringback",
            "getVariable originate_disposition",
            "getVariable originate_causes",
            "continue https://r.example.com/office/fs?asked=dial",
        ]
    );
    let lines = once("ring in order each 15s for 40s < +16822306467; sip:a@x.org; sip:b@x.org > else hangup");
    assert!(lines[2].ends_with(
        "[leg_timeout=15]sofia/gateway/carrier/+16822306467|[leg_timeout=15]sofia/external/a@x.org|[leg_timeout=10]sofia/external/b@x.org"
    ));
    // Nothing is left to do: the call ends, and the address is not asked again.
    assert_eq!(once("dial +16822306467").last().unwrap(), "hangup");
}

#[test]
fn outcomes_come_back_as_variables() {
    let arms = "dial +16822306467 for 20s < busy => reject busy; no-answer => reject 480; declined => reject 607 \"No\"; unreachable => redirect sip:a@x.org > else hangup";
    for (disposition, causes, expected) in [
        ("USER_BUSY", "", "execute respond 486"),
        ("NO_ANSWER", "", "execute respond 480"),
        ("CALL_REJECTED", "", "execute respond 607 No"),
        ("UNALLOCATED_NUMBER", "", "execute redirect sip:a@x.org"),
        ("UNALLOCATED_NUMBER", "ARRAY::u2;USER_BUSY|:u3;UNALLOCATED_NUMBER", "execute respond 486"),
        ("SUCCESS", "ARRAY::u2;USER_BUSY|:u3;NONE", "hangup"),
    ] {
        let all = httapi(arms, json!({}), &[&[("originate_disposition", disposition), ("originate_causes", causes)]]);
        assert_eq!(all[1][0], expected, "{disposition} {causes}");
    }
}

#[test]
fn keys_mailboxes_queues_and_actions() {
    let script = "say \"Hello.\"\nmenu say \"Press 1.\" < 1 => voicemail \"closed\" box sales; 12 => queue help else reject > else hangup";
    let all = httapi(script, json!({"greetings": {"closed": "We are closed."}}), &[&[("callroute_digits", "1")]]);
    assert_eq!(
        all[0],
        [
            "answer",
            "answer",
            "execute playback say:flite:kal:Hello.",
            "execute unset callroute_digits",
            "execute play_and_get_digits 1 2 1 5000 none 'say:flite:kal:Press 1.' silence_stream://1 callroute_digits [0-9*#]+ 2000",
            "getVariable callroute_digits",
            "continue https://r.example.com/office/fs?asked=digits",
        ]
    );
    assert_eq!(
        all[1][1..5],
        [
            "execute playback say:flite:kal:We are closed.",
            "execute set skip_greeting=true",
            "execute unset voicemail_message_len",
            "execute voicemail default default sales"
        ]
    );
    let all = httapi(script, json!({}), &[&[("callroute_digits", "12")], &[("cc_cause", "cancel"), ("cc_cancel_reason", "TIMEOUT")]]);
    assert!(all[1].contains(&"execute callcenter help@default".to_owned()), "{:?}", all[1]);
    let all = httapi(script, json!({}), &[&[]]);
    assert!(all[1].iter().any(|line| line.contains("play_and_get_digits")), "silence is asked again");
    let script = "action park(slot: text)\nset priority to 5\ntag \"vip\"\npark(\"a ${b}\") else reject";
    let all = httapi(script, json!({"actions": {"park": "park XML features"}}), &[&[("callroute_result", "failed")]]);
    assert_eq!(
        all[0][..5],
        [
            "execute set callroute_tags=vip",
            "execute set callroute_priority=5",
            "execute set cc_base_score=5",
            "execute set callroute_slot=a  {b}",
            "execute unset callroute_result"
        ]
    );
    assert!(all[1].contains(&"execute respond 603".to_owned()));
}

#[test]
fn the_dialplan_goes_on_at_an_extension_of_its_own() {
    let dialect = freeswitch("xml_curl", json!({}));
    let program = compiled("dial +16822306467 for 20s record else reject 480");
    let form = |destination: &str, more: &[(&str, &str)]| -> Vec<(String, String)> {
        [
            ("section", "dialplan"),
            ("Hunt-Context", "public"),
            ("Unique-ID", "u1"),
            ("Caller-Caller-ID-Number", "+14155550123"),
            ("Hunt-Destination-Number", destination),
        ]
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
    };
    let asked = |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        read(dialect.as_ref(), "", &fields)
    };
    let lines = told(dialect.as_ref(), &say(&program, dialect.as_ref(), asked(&form("+13146523057", &[("variable_sip_h_X-A", "b")]))));
    assert_eq!(lines[0], "action record_session /rec/${uuid}.wav");
    let transfer = lines.last().unwrap().strip_prefix("action transfer ").unwrap();
    let (extension, rest) = transfer.split_once(' ').unwrap();
    assert!(extension.starts_with("callroute-dial-v4.local."), "{extension}");
    assert_eq!(rest, "XML public");
    let event = asked(&form(extension, &[("variable_originate_disposition", "USER_BUSY")]));
    assert_eq!(told(dialect.as_ref(), &say(&program, dialect.as_ref(), event)), ["action respond 480", "action hangup CALL_REJECTED"]);
    // Other sections and contexts are somebody else's.
    let headers = HeaderMap::new();
    for body in ["section=directory", "section=dialplan&Caller-Context=internal&Unique-ID=u1"] {
        let request = Request { method: "POST", server: "", target: "", query: "", headers: &headers, body: body.as_bytes(), now: AT };
        let Report::Answered(response) = dialect.read(&request).unwrap() else { panic!() };
        assert!(response.body.contains("<result status=\"not found\"/>"), "{}", response.body);
    }
}

#[test]
fn what_requests_say() {
    let dialect = freeswitch("httapi", json!({}));
    let kind = |query: &str, fields: &[(&str, &str)]| {
        let all: Vec<(&str, &str)> = [("session_id", "u1")].into_iter().chain(fields.iter().copied()).collect();
        read(dialect.as_ref(), query, &all).kind
    };
    assert_eq!(kind("asked=dial&continue=x", &[("exiting", "true")]), EventKind::Hangup);
    assert_eq!(
        kind("asked=voicemail&continue=x", &[("voicemail_message_len", "7")]),
        EventKind::VoicemailResult(VoicemailOutcome::Recorded)
    );
    assert_eq!(kind("asked=voicemail&continue=x", &[]), EventKind::VoicemailResult(VoicemailOutcome::Failed));
    let outcome = |cause: &str| match kind("asked=dial&continue=x", &[("originate_disposition", cause)]) {
        EventKind::DialResult(result) => result.outcome,
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome("ORIGINATOR_CANCEL"), DialOutcome::Cancelled);
    assert_eq!(outcome("NO_ROUTE_DESTINATION"), DialOutcome::Unreachable);
    let headers = HeaderMap::new();
    let request = Request { method: "POST", server: "", target: "", query: "", headers: &headers, body: b"a=b", now: AT };
    assert!(dialect.read(&request).unwrap_err().to_string().contains("session_id"));
}

#[test]
fn what_it_cannot_say_is_found_when_the_script_is_loaded() {
    let bare = dialect("httapi", settings(json!({"address": "https://r.example.com", "gateway": "carrier"}))).unwrap();
    for (script, part) in [
        ("say \"x\"\nhangup", "error: nothing can be said: set `tts`"),
        ("voicemail \"x\"", "error: a message needs a mailbox"),
        ("action park()\npark() else hangup", "actions.park"),
        ("redirect sip:a@x.org permanent", "warning: FreeSWITCH redirects with 302"),
    ] {
        let program = compiled(script);
        let found: Vec<String> = callroute_dialects::check(&program, bare.as_ref())
            .iter()
            .map(|found| format!("{}: {}", found.severity, found.message))
            .collect();
        assert!(found.iter().any(|message| message.contains(part)), "{script}: {found:#?}");
    }
    for (wrong, says) in
        [(json!({"gateway": "a|b", "address": "https://r"}), "gateway"), (json!({"address": "https://r"}), "gateway = \"carrier\"")]
    {
        let Err(error) = dialect("httapi", settings(wrong)) else { panic!("refused") };
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Endpoints of a dial string, taken apart as FreeSWITCH does: braces in front are counted, `|` parts whatever it stands in, and `,` parts
/// outside of brackets.
fn endpoints(string: &str) -> Vec<String> {
    let (mut depth, mut end) = (0, 0);
    for (at, c) in string.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            end = at + 1;
            break;
        }
    }
    let mut all = Vec::new();
    for part in string[end..].split('|') {
        let (mut depth, mut current) = (0, String::new());
        for c in part.chars() {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                ',' if depth == 0 => all.push(std::mem::take(&mut current)),
                c if depth == 0 => current.push(c),
                _ => {}
            }
        }
        all.push(current);
    }
    all
}

proptest! {
    #[test]
    fn no_text_becomes_syntax(
        texts in proptest::collection::vec("[a-z0-9,|\\[\\]{}<>'\"\\\\$^:_=;@ \\r\\n\\u{0}é#*]{0,24}", 6),
        in_order in any::<bool>(),
        xml_curl in any::<bool>(),
    ) {
        let members: Vec<String> = texts[..3].iter().map(|text| format!("sip:{text}@x.org")).collect();
        let strategy = Some(if in_order { "sequential" } else { "simultaneous" });
        let forward = Forward {
            destination: Destination::RingGroup(Members { name: None, members: Some(members.clone()), strategy }),
            timeout: None, member_timeout: None, delays: Vec::new(), member_timeouts: Vec::new(),
            confirms: vec![None, Some("1".to_owned()), None], via: Vec::new(),
            caller_id: Some(texts[3].clone()), caller_name: Some(texts[4].clone()), announce: Some(texts[5].clone()), confirm: None, music: None,
            record: false, headers: vec![Header { name: "X-A".to_owned(), value: texts[0].clone() }], codecs: Vec::new(), media: None,
        };
        let instruction = Instruction { action: Action::Forward(Box::new(forward)), ..Instruction::none() };
        let dialect = freeswitch(if xml_curl { "xml_curl" } else { "httapi" }, json!({}));
        let lines = told(dialect.as_ref(), &instruction);
        let string = lines.iter().find_map(|line| line.split_once(" bridge ")).unwrap().1;
        let found = endpoints(string);
        prop_assert_eq!(found.len(), 3, "{}", string);
        prop_assert!(found.iter().all(|endpoint| endpoint.starts_with("sofia/external/")), "{}", string);
        prop_assert!(!string.contains('$') && !string.contains(":_:") && !string.contains(char::is_control), "{}", string);
    }

    #[test]
    fn hostile_requests_are_no_fault(body in proptest::collection::vec(any::<u8>(), 0..200), query in "[a-z=&%0-9]{0,40}", which in 0usize..4) {
        let name = ["httapi", "xml_curl", "swml", "rtjson"][which];
        let mut all = json!({"address": "https://r.example.com", "gateway": "carrier"});
        if name == "swml" { all.as_object_mut().unwrap().remove("gateway"); }
        let dialect = dialect(name, settings(all)).unwrap();
        let headers = HeaderMap::new();
        for method in ["GET", "POST", ""] {
            let _ = dialect.read(&Request { method, server: "", target: &query, query: &query, headers: &headers, body: &body, now: i64::MAX });
        }
    }
}
