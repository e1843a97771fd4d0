//! Prints what platforms are told, for `tests/dialects/run`, which shows it to their own checkers: one JSON object a line, with `dialect`,
//! `case`, `content_type` and `body`. All calls of the conformance tests go through every dialect, and what the cases of
//! `crates/dialects/tests/cases` say is printed too.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a tool of the tests")]

use std::collections::BTreeMap;

use callroute_dialects::{Conversation, Dialect, NAMES, Response, Settings, Step, What, dialect, kind_word, survey};
use callroute_protocol::{EventKind, Instruction, Keys, LookupResult, Session, parse_event};
use callroute_runtime::Program;
use callroute_tests::call::{self, CallLine};
use callroute_tests::disk;
use serde_json::{Value, json};

fn main() {
    for path in disk::scripts(&disk::root().join("tests/conformance")) {
        let (source, analysis) = disk::analyse(&path);
        let program = Program::load(&callroute_compiler::build(analysis.program.as_ref().unwrap()).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for dialect in speakers(&program) {
            for line in call::calls(&source) {
                for response in responses(&program, dialect.as_ref(), &line) {
                    print(dialect.name(), &format!("{name}:{}", line.line), response.content_type, &response.body);
                }
            }
        }
    }
    for name in NAMES {
        let folder = disk::root().join("crates/dialects/tests/cases").join(name);
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap();
            for part in text.split("-- response\n").skip(1) {
                let response = part.split("\n-- ").next().unwrap_or_default();
                let (status, body) = response.split_once('\n').unwrap_or((response, ""));
                if let Some(content_type) = status.strip_prefix("200 ") {
                    print(name, &path.file_name().unwrap().to_string_lossy(), content_type, body.trim());
                }
            }
        }
    }
}

fn print(dialect: &str, case: &str, content_type: &str, body: &str) {
    println!("{}", json!({"dialect": dialect, "case": case, "content_type": content_type, "body": body}));
}

/// Every dialect, with settings that know whatever the script names.
fn speakers(program: &Program) -> Vec<Box<dyn Dialect>> {
    let targets: BTreeMap<String, Vec<String>> = program
        .externs()
        .map(|(kind, name)| (format!("{} {name}", kind_word(kind)), vec![format!("sip:{}@example.com", name.replace(' ', "-"))]))
        .collect();
    let actions: BTreeMap<&str, &str> = program.actions().map(|action| (action.name, "https://pbx.example.com/do")).collect();
    let message = |what: &What<'_>| match what {
        What::Voicemail { message: Some(message), .. } => Some(((*message).to_owned(), "Please leave a message.")),
        _ => None,
    };
    let greetings: BTreeMap<String, &str> = survey(program, None).iter().filter_map(|need| message(&need.what)).collect();
    let common = json!({
        "address": "https://route.example.com/office", "media": "https://media.example.com",
        "targets": targets, "actions": actions, "greetings": greetings,
    });
    let speaker = |name: &&str| {
        let mut settings = common.clone();
        let own: &[(&str, &str)] = match *name {
            "jambonz" => &[("mailbox", "sip:{box}@voicemail.example.com"), ("recorder", "wss://recorder.example.com")],
            "rtjson" => &[("gateway", "sip:gw.example.com"), ("media_server", "sip:media.example.com")],
            "httapi" | "xml_curl" => &[("gateway", "carrier"), ("tts", "flite:kal")],
            _ => &[],
        };
        for (setting, value) in own {
            if let Some(settings) = settings.as_object_mut() {
                settings.insert((*setting).to_owned(), json!(value));
            }
        }
        let settings: Settings = serde_json::from_value(settings).unwrap();
        dialect(name, settings).unwrap()
    };
    NAMES.iter().filter(|name| **name != "json").map(speaker).collect()
}

/// What a platform is told in a call, as far as it can be told.
fn responses(program: &Program, dialect: &dyn Dialect, line: &CallLine) -> Vec<Response> {
    let keys = Keys::new(&[[7; 32]]).unwrap();
    let id = line.incoming.get("call_id").and_then(Value::as_str).unwrap_or_default();
    let mut responses = Vec::new();
    let mut event = line.incoming.clone();
    let mut replies = line.replies.iter();
    loop {
        let read = parse_event(&event.to_string(), 0).unwrap();
        let opened = read.token.as_deref().and_then(|token| keys.open(token, id, read.timestamp).ok());
        // A group in legs asks more often than the call has replies for, and then others than are given.
        let Ok((mut conversation, mut step)) =
            Conversation::begin(Session::new(program, &keys).with_lifetime(3600), dialect, Box::new(read), opened.as_ref())
        else {
            return responses;
        };
        let instruction: Box<Instruction> = loop {
            match step {
                Step::Say(instruction) => break instruction,
                Step::Cannot(_) => return responses,
                Step::Lookup(_) => {
                    let reply = replies.next().map(|reply| call::event(reply, id, &json!({})).to_string());
                    let result = match reply.map(|reply| parse_event(&reply, 0).unwrap().kind) {
                        Some(EventKind::LookupResult(result)) => result,
                        _ => LookupResult::Missing,
                    };
                    let Ok(next) = conversation.looked_up(result) else { return responses };
                    step = next;
                }
            }
        };
        let Ok(response) = dialect.write(&instruction) else { return responses };
        responses.push(response);
        let (Some(reply), Some(_)) = (replies.next(), &instruction.token) else { return responses };
        event = call::event(reply, id, &serde_json::to_value(&instruction).unwrap());
    }
}
