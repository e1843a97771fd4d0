//! Scripts, settings and whole conversations for the tests of dialects.
#![allow(dead_code, reason = "each test uses some of it")]

use callroute_dialects::{Conversation, Dialect, Settings, Step};
use callroute_protocol::{Event, Instruction, Keys, Opened, Session};
use callroute_runtime::Program;

/// 2026-04-21T14:32:00Z
pub const AT: i64 = 1_776_781_920;

pub fn compiled(script: &str) -> Program {
    let analysis = callroute_analysis::analyse("test.route", script, &callroute_analysis::NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:#?}", analysis.diagnostics));
    Program::load(&callroute_compiler::build(&program).unwrap()).unwrap()
}

pub fn keys() -> Keys {
    Keys::new(&[[7; 32]]).unwrap()
}

pub fn settings(toml_like: serde_json::Value) -> Settings {
    serde_json::from_value(toml_like).unwrap()
}

pub fn opened(keys: &Keys, event: &Event) -> Option<Opened> {
    event.token.as_deref().map(|token| keys.open(token, &event.call_id, event.timestamp).unwrap())
}

/// Answers one event, as a server without memory does.
pub fn step(program: &Program, dialect: &dyn Dialect, event: Event) -> Step {
    let keys = keys();
    let opened = opened(&keys, &event);
    Conversation::begin(Session::new(program, &keys).with_lifetime(3600), dialect, Box::new(event), opened.as_ref()).unwrap().1
}

pub fn say(program: &Program, dialect: &dyn Dialect, event: Event) -> Instruction {
    match step(program, dialect, event) {
        Step::Say(instruction) => *instruction,
        other => panic!("{other:?}"),
    }
}
