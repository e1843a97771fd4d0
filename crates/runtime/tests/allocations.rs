//! A decision allocates nothing once the buffers of a call have grown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;
mod harness;

use callroute_runtime::{AttributeValue, Call, DialOutcome, Event, EventKind, Incoming, Instruction, LookupReply};

#[test]
fn a_whole_call_without_an_allocation() {
    let program = harness::program(common::sample());
    let attributes =
        [("tier", AttributeValue::Text("none")), ("waiting", AttributeValue::Number(3.0)), ("patience", AttributeValue::Text("20s"))];
    let headers = [("x-verstat", "TN-Validation-Passed"), ("Accept-Language", "en-GB, es;q=0.5")];
    let incoming = Incoming {
        from: Some("\"Ana\" <sip:+14155550123@carrier.example.com;user=phone>"),
        to: Some("sip:+13146523057@pbx.example.com"),
        language: None,
        attributes: &attributes,
        headers: &headers,
    };
    let row = [("owner", AttributeValue::Text("ana"))];
    let events = [
        EventKind::Incoming(incoming),
        EventKind::Digits(""),
        EventKind::Digits("7"),
        EventKind::Digits("612"),
        EventKind::Digits("1234#"),
        EventKind::Lookup(LookupReply::Found(&row)),
        EventKind::DialResult { outcome: DialOutcome::Busy, contact: None, digits: None },
        EventKind::Digits("4321#"),
        EventKind::Lookup(LookupReply::Late),
        EventKind::Done { ok: true },
        EventKind::DialResult { outcome: DialOutcome::Redirected, contact: Some("sip:home@example.com"), digits: None },
    ];
    let mut call = Call::new(&program);
    let mut state = Vec::new();
    let mut play = |call: &mut Call| {
        let mut given = 0;
        for kind in events {
            let answer = program.decide(call, &Event { call_id: "abc", timestamp: harness::MORNING, kind }).unwrap();
            given += usize::from(!matches!(answer.instruction(), Instruction::None));
            // What a host does with it: reads every part.
            given += answer.prompts().len() + answer.tags().len();
            program.save_into(call, &mut state);
        }
        given
    };
    let first = play(&mut call);
    assert!(first > events.len(), "{first}");
    let mut second = 0;
    let counted = allocation_counter::measure(|| second = play(&mut call));
    assert_eq!((counted.count_total, second), (0, first));
}
