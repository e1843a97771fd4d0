//! What a compiled script may ask of a platform, and what is said of it when it is loaded.
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

use callroute_dialects::{Settings, What, survey};
use callroute_protocol::DialOutcome;
use callroute_runtime::{Strategy, TargetKind};
use serde_json::json;
use support::{compiled, settings};

/// Everything that is asked for, and the line where.
fn asked(script: &str, settings: Option<&Settings>) -> Vec<String> {
    let program = compiled(script);
    let mut out = Vec::new();
    for need in survey(&program, settings) {
        let line = need.place.map_or(0, |place| place.text[..usize::try_from(place.start).unwrap()].matches('\n').count() + 1);
        out.push(format!("{line}: {:?}", need.what));
    }
    out
}

fn has(script: &str, what: &What<'_>) {
    let asked = asked(script, None);
    assert!(asked.iter().any(|asked| asked.ends_with(&format!(": {what:?}"))), "{what:?} is not among {asked:#?}");
}

fn ring(strategy: Strategy, members: Option<usize>) -> What<'static> {
    What::Ring { name: None, strategy, members, delays: false, own_times: false, confirms: false, bytes: 0 }
}

#[test]
fn every_kind_of_thing_is_found() {
    has("dial +13125550101", &ring(Strategy::All, Some(1)));
    has("source crm(n: phone) = < c: phones >\nlookup crm(from) as r < dial (r.c) >", &ring(Strategy::All, None));
    let bytes = "{\"a\":\"+13125550101\"},{\"a\":\"sip:a@example.com\"},".len();
    let in_order =
        What::Ring { name: None, strategy: Strategy::InOrder, members: Some(2), delays: false, own_times: false, confirms: false, bytes };
    has("ring in order each 5s < +13125550101; sip:a@example.com >", &in_order);
    has(
        "group sales = ring all < +13125550101 after 5s; +13125550102 for 5s confirm 1 >\ngroup sales",
        &What::Ring {
            name: Some("sales"),
            strategy: Strategy::All,
            members: Some(2),
            delays: true,
            own_times: true,
            confirms: true,
            bytes: "sales".len() + "{\"a\":\"+13125550101\"},{\"a\":\"+13125550102\",\"t\":5000,\"c\":\"1\"},".len(),
        },
    );
    let rung = |address: &str, trunk: Option<&str>| What::Rung { address: address.to_owned(), trunk: trunk.map(str::to_owned) };
    has("dial 4101", &rung("4101", None));
    has("ring all < *97; +13125550102 >", &rung("*97", None));
    has("trunk a = sip:gw.example.com\ndial sip:u@example.com via a", &rung("sip:u@example.com", Some("sip:gw.example.com")));
    has("agent support", &What::External(TargetKind::Agent, Some("support")));
    has("input who = text\nagent (who)", &What::External(TargetKind::Agent, None));
    has("dial +13125550101 via a, b", &What::Trunks(2));
    has("dial +13125550101 via a, b", &What::External(TargetKind::Trunk, Some("b")));
    has(
        "queue q = ring longest idle max wait 5m max length 10 announce position every 60s leave when empty < +13125550101 >\n\
         queue q < 1 => hangup >",
        &What::Queue {
            name: Some("q"),
            members: true,
            max_length: true,
            max_wait: true,
            announce_position: true,
            leave_when_empty: true,
            keys: true,
        },
    );
    let options = "dial +13125550101 caller id +13125550199 caller name \"x\" announce \"x\" confirm 1 music \"x\" record header \"X-A\" \"b\" \
                   codecs opus media relay";
    for word in ["caller id", "caller name", "announce", "confirm", "music", "record", "header", "codecs", "media relay"] {
        has(options, &What::DialOption(word));
    }
    has("set caller name to \"x\"\ndial +13125550101", &What::DialOption("caller name"));
    has("menu < 1 => hangup; 12# => hangup >", &What::Menu { max_digits: 3, gap: true, symbols: true, wait: Some(5000) });
    has("menu < 1 => hangup >", &What::Menu { max_digits: 1, gap: false, symbols: false, wait: Some(5000) });
    has(
        "collect 2 to 6 digits secret ending # as pin < hangup >",
        &What::Collect { min: 2, max: 6, ending: Some('#'), secret: true, wait: Some(5000) },
    );
    has("prompt hello = < en \"Hello.\"; es play \"hola.wav\" >\nsay hello\nhangup", &What::Say(Some("en")));
    has("prompt hello = < en \"Hello.\"; es play \"hola.wav\" >\nsay hello\nhangup", &What::Play("hola.wav"));
    has(
        "voicemail \"full\" box sales for 2m < full => hangup >",
        &What::Voicemail { message: Some("full"), mailbox: Some(Some("sales")), max_duration: true, arms: true },
    );
    has("reject 404", &What::Reject(Some(404)));
    has("reject busy", &What::Reject(Some(486)));
    has("redirect sip:a@example.com permanent", &What::Redirect { permanent: true });
    has("action park(slot: text)\npark(\"1\")", &What::Action("park"));
    has("tag \"x\"\nhangup", &What::Tag);
    has("set priority to 3\nhangup", &What::Priority);
    has("fallback reject 503\nhangup", &What::Reject(Some(503)));
}

#[test]
fn an_outcome_counts_only_where_it_leads_elsewhere() {
    let arms = |script: &str| -> Vec<String> { asked(script, None).into_iter().filter(|asked| asked.contains("DialArm")).collect() };
    assert!(arms("dial +13125550101 else voicemail \"x\"").is_empty());
    assert_eq!(
        arms("dial +13125550101 < busy => voicemail \"busy\" > else voicemail \"x\""),
        [format!("1: {:?}", What::DialArm(DialOutcome::Busy))]
    );
    let all = "dial +13125550101 < busy => hangup; no-answer => reject; declined => voicemail \"d\"; unreachable => voicemail \"u\"; \
               redirected => redirect (contact) >";
    assert_eq!(arms(all).len(), 4, "{:?}", arms(all));
    assert_eq!(arms("queue q < full => voicemail \"full\" > else voicemail \"x\""), [format!("1: {:?}", What::DialArm(DialOutcome::Full))]);
}

#[test]
fn things_are_found_where_they_stand_and_names_of_the_host_count_as_often_as_they_ring() {
    let script = "extern agent a\nextern agent b\n\nring all < agent a; agent b >\nreject 404";
    let known = settings(json!({"targets": {"agent a": ["sip:1@example.com", "sip:2@example.com", "sip:3@example.com"]}}));
    let asked = asked(script, Some(&known));
    let mut ring = ring(Strategy::All, Some(4));
    let What::Ring { bytes, .. } = &mut ring else { panic!("{ring:?}") };
    *bytes = 3 * "{\"a\":\"sip:1@example.com\"},".len();
    assert!(asked.contains(&format!("4: {ring:?}")), "{asked:#?}");
    assert!(asked.contains(&format!("5: {:?}", What::Reject(Some(404)))), "{asked:#?}");
}
