//! Any bytes as events, a line each, of one call: refused with words, or answered.
#![no_main]

use std::sync::LazyLock;

use callroute_fuzz::{EVERYTHING, compiled};
use callroute_protocol::{AnswerError, Keys, Session, parse_event};
use callroute_runtime::Program;
use libfuzzer_sys::fuzz_target;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| Program::load(&compiled(EVERYTHING)).unwrap());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&[[7; 32]]).unwrap());

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut session = Session::new(&PROGRAM, &KEYS);
    let mut token: Option<(String, String)> = None;
    for line in text.lines() {
        let event = match parse_event(line, 1_776_781_920) {
            Ok(event) => event,
            Err(error) => {
                let said = error.to_string();
                assert!(!said.is_empty() && said.len() < 1000, "{said}");
                continue;
            }
        };
        let mut event = event;
        assert!(event.warnings.len() <= 32 && event.warnings.iter().all(|warning| warning.len() < 2000), "{:?}", event.warnings);
        // What was sealed a moment ago comes back, unless the line has a `continue` of its own.
        if let (None, Some((id, token))) = (&event.token, &token) {
            (event.call_id, event.token) = (id.clone(), Some(token.clone()));
        }
        match session.answer_event(&event) {
            Ok(answer) => {
                let again = session.answer_event(&event).unwrap();
                let mut same = answer.clone();
                same.token.clone_from(&again.token);
                assert!(same == again, "one event, two answers: {answer:?} {again:?}");
                assert!(serde_json::to_string(&answer).unwrap().len() < 4 << 20);
                token = answer.token.map(|token| (event.call_id, token));
            }
            Err(AnswerError::Seal(error)) => panic!("{error}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
