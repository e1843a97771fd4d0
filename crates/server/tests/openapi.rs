//! The description of all addresses says what is really sent: every event and instruction of the conformance calls, through its schemas.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeSet;

use callroute_protocol::Instruction;
use callroute_tests::machine::{Machine, Way};
use callroute_tests::{agree, call, disk};
use jsonschema::Validator;
use serde_json::{Value, json};

fn described() -> Value {
    serde_json::from_str(callroute_server::OPENAPI).unwrap()
}

/// One of the schemas under `components`.
fn schema(name: &str) -> Validator {
    let document = described();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": document["components"],
    });
    jsonschema::validator_for(&schema).unwrap()
}

fn said(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn every_event_and_instruction_of_the_conformance_calls_is_as_described() {
    let (events, instructions) = (schema("Event"), schema("Instruction"));
    let (mut wrong, mut kinds) = (String::new(), BTreeSet::new());
    let mut count = 0;
    for path in disk::scripts(&disk::root().join("tests/conformance")) {
        let (source, analysis) = disk::analyse(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let program = analysis.program.as_ref().unwrap();
        let machine = Machine::new(program);
        for line in call::calls(&source) {
            let id = line.incoming["call_id"].as_str().unwrap().to_owned();
            let mut sent = vec![line.incoming.clone()];
            let mut answers = Vec::new();
            let last = agree::call(program, &machine, Way::Memory, &line.incoming, |step, answer| {
                answers.push(answer.clone());
                let reply = line.replies.get(step).cloned()?;
                sent.push(call::event(&reply, &id, answer));
                Some(reply)
            });
            answers.push(last.unwrap());
            for event in &sent {
                kinds.insert(event["event"].as_str().unwrap().to_owned());
                for fault in said(&events, event) {
                    wrong += &format!("{name}:{}: {fault}: {event}\n", line.line);
                }
            }
            for answer in &mut answers {
                // The tests' own stand-in for a token.
                if answer.get("continue").is_some() {
                    answer["continue"] = "v4.local.AAAA".into();
                }
                let of = |kind: &Value| kind.as_str().unwrap_or_default().to_owned();
                kinds.insert(of(&answer["action"]));
                kinds.insert(of(&answer["destination"]["type"]));
                for fault in said(&instructions, answer) {
                    wrong += &format!("{name}:{}: {fault}: {answer}\n", line.line);
                }
            }
            count += sent.len() + answers.len();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 1000, "only {count} were looked at");
    let named = "incoming_call digits dial_result voicemail_result played done lookup_result hangup \
                 forward menu collect play voicemail reject redirect lookup none ring_group agent queue number";
    for kind in named.split_whitespace() {
        assert!(kinds.contains(kind), "no call has `{kind}`");
    }
    // Host actions have names of their own.
    assert!(kinds.iter().any(|kind| !kind.is_empty() && !named.contains(kind.as_str())), "no call has a host action");
}

#[test]
fn events_of_the_examples_and_documents_are_as_described() {
    let (events, instructions) = (schema("Event"), schema("Instruction"));
    let mut texts = Vec::new();
    for folder in std::fs::read_dir(disk::root().join("examples")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).into_iter().flatten() {
            let path = file.unwrap().path();
            if path.file_name().unwrap().to_string_lossy().starts_with("event") {
                texts.push(std::fs::read_to_string(path).unwrap());
            } else if path.ends_with("calls.txt") {
                let text = std::fs::read_to_string(path).unwrap();
                texts.extend(text.lines().filter(|line| line.starts_with("{\"action\"")).map(str::to_owned));
            }
        }
    }
    let protocol = std::fs::read_to_string(disk::root().join("docs/protocol.md")).unwrap();
    texts.extend(protocol.lines().filter(|line| line.starts_with('{')).map(str::to_owned));
    assert!(texts.len() > 20, "{texts:?}");
    for text in texts {
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let validator = if value.get("event").is_some() { &events } else { &instructions };
        assert_eq!(said(validator, &value), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_not_as_described() {
    let events = schema("Event");
    let good = json!({"event": "incoming_call", "call_id": "a", "from": "+14155550123", "timestamp": "2026-04-21T14:32:00Z", "more": 1});
    assert!(events.is_valid(&good));
    for wrong in [
        json!({"event": "incoming_call"}),
        json!({"event": "incoming", "call_id": "a"}),
        json!({"call_id": "a"}),
        json!({"event": "incoming_call", "call_id": 7}),
        json!({"event": "incoming_call", "call_id": "a", "headers": {"X": 1}}),
        json!({"event": "digits", "call_id": "a"}),
        json!({"event": "digits", "call_id": "a", "digits": "12x"}),
        json!({"event": "dial_result", "call_id": "a"}),
        json!({"event": "dial_result", "call_id": "a", "outcome": "buzy"}),
        json!({"event": "dial_result", "call_id": "a", "sip_code": 180}),
        json!({"event": "voicemail_result", "call_id": "a", "outcome": "ok"}),
        json!({"event": "done", "call_id": "a", "outcome": "recorded"}),
        json!({"event": "lookup_result", "call_id": "a", "result": "found"}),
        json!([]),
    ] {
        assert!(!events.is_valid(&wrong), "{wrong}");
    }
    let instructions = schema("Instruction");
    assert!(instructions.is_valid(&json!({"action": "park", "args": {"slot": "1"}, "prompts": [{"play": "a.wav"}]})));
    for wrong in [
        json!({"action": "park"}),
        json!({"action": "forward"}),
        json!({"action": "forward", "destination": {"type": "ring_group"}}),
        json!({"action": "forward", "destination": {"type": "ring_group", "name": "a", "strategy": "all"}}),
        json!({"action": "forward", "destination": {"type": "number"}}),
        json!({"action": "forward", "destination": {"type": "number", "number": "+1", "name": "x"}}),
        json!({"action": "forward", "destination": {"type": "number", "number": "+1"}, "choices": ["1"]}),
        json!({"action": "menu", "choices": ["1"], "max_digits": 1, "timeout": "5s", "attempt": 1}),
        json!({"action": "menu", "choices": ["1"], "max_digits": 1, "timeout": 5, "attempt": 0}),
        json!({"action": "voicemail"}),
        json!({"action": "reject", "reason": "busy", "code": 200}),
        json!({"action": "redirect", "to": "+1", "code": 305}),
        json!({"action": "hangup", "reason": "bored"}),
        json!({"action": "none", "colour": "red"}),
        json!({"action": "none", "prompts": []}),
        json!({"action": "none", "prompts": [{"say": "a", "play": "b"}]}),
        json!({"action": "none", "continue": true}),
        json!({"prompts": [{"say": "a"}]}),
    ] {
        assert!(!instructions.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn refusals_are_as_described() {
    let refusals = schema("Refusal");
    let fallback = callroute_server::load::fallback("voicemail \"front_desk\"").unwrap();
    for fallback in [None, Some(&fallback), Some(&Instruction::none())] {
        let refusal: Value = serde_json::from_str(&callroute_dialects::json_refusal(400, "why", fallback).body).unwrap();
        assert_eq!(said(&refusals, &refusal), Vec::<String>::new(), "{refusal}");
        assert_eq!(refusal.get("action").is_some(), fallback.is_some());
    }
    for wrong in
        [json!({"action": "none"}), json!({"error": 1}), json!({"error": "a", "action": "voicemail"}), json!({"error": "a", "b": 1})]
    {
        assert!(!refusals.is_valid(&wrong), "{wrong}");
    }
}

#[test]
fn all_dialects_and_events_are_described() {
    let document = described();
    let dialects = &document["paths"]["/{script}/{dialect}"]["parameters"][1]["schema"]["enum"];
    assert_eq!(dialects, &json!(callroute_dialects::NAMES));
    let kinds: BTreeSet<&str> = document["components"]["schemas"]["Event"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["$ref"].as_str().unwrap().trim_start_matches("#/components/schemas/"))
        .map(|name| document["components"]["schemas"][name]["properties"]["event"]["const"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, callroute_protocol::EventKind::NAMES.into_iter().collect());
}
