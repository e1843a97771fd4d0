//! Whole conversations: every event carries the token of the instruction before, and nothing else is remembered.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_protocol::{AnswerError, DEFAULT_LIFETIME, Keys, Session, TokenError};
use callroute_runtime::{DecideError, Program};
use serde_json::{Value, json};

const SAMPLE: &str =
    r#"{"event":"incoming_call","from":"+14155550123","to":"+13146523057","timestamp":"2026-04-21T14:32:00Z","call_id":"abc123xyz"}"#;
/// The sample's timestamp.
const AT: i64 = 1_776_781_920;

/// A menu with two choices, each a voicemail; on silence the call ends.
fn program() -> Program {
    Program::load(&callroute_runtime::doc_example()).unwrap()
}

fn keys(byte: u8) -> Keys {
    Keys::new(&[[byte; 32]]).unwrap()
}

/// A later event of the sample's call.
fn event(kind: &str, token: &str, more: &Value) -> String {
    let mut event = json!({"event": kind, "call_id": "abc123xyz", "timestamp": AT + 5, "continue": token});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event.to_string()
}

/// The first answer's token.
fn begin(session: &mut Session<'_>) -> String {
    session.answer(SAMPLE, 0).unwrap().token.unwrap()
}

#[test]
fn a_call_goes_on_with_its_token_alone() {
    let (program, keys) = (program(), keys(1));
    let first = Session::new(&program, &keys).answer(SAMPLE, 0).unwrap();
    let token = first.token.clone().unwrap();
    let mut shown = serde_json::to_value(&first).unwrap();
    assert_eq!(shown["continue"].take(), json!(token));
    assert_eq!(shown, json!({"action":"menu","choices":["1","2"],"max_digits":1,"timeout":5,"attempt":1,"continue":null}));
    assert!(token.len() < 512, "{}", token.len());

    // In another session, as if in another process; twice, with the same answer.
    for _ in 0..2 {
        let answer = Session::new(&program, &keys).answer(&event("digits", &token, &json!({"digits": "2"})), 0).unwrap();
        assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"action":"voicemail","message":"support"}"#);
    }
    // One session answers many calls.
    let mut session = Session::new(&program, &keys);
    let other = SAMPLE.replace("abc123xyz", "other");
    assert!(session.answer(&other, 0).unwrap().token.is_some());
    let answer = session.answer(&event("digits", &token, &json!({"digits": "1"})), 0).unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"action":"voicemail","message":"sales"}"#);
}

#[test]
fn a_bad_token_never_decides() {
    let (program, keys) = (program(), keys(1));
    let mut session = Session::new(&program, &keys);
    let token = begin(&mut session);
    let digits = json!({"digits": "1"});

    let changed = token.replacen("v4.local.", "v4.local.A", 1);
    assert_eq!(session.answer(&event("digits", &changed, &digits), 0), Err(AnswerError::Token(TokenError::Changed)));
    assert_eq!(session.answer(&event("digits", "hello", &digits), 0), Err(AnswerError::Token(TokenError::Form)));
    let other = event("digits", &token, &digits).replace("abc123xyz", "abc123xyy");
    assert_eq!(session.answer(&other, 0), Err(AnswerError::Token(TokenError::OtherCall)));
    let late = event("digits", &token, &json!({"digits": "1", "timestamp": AT + DEFAULT_LIFETIME + 7}));
    assert_eq!(session.answer(&late, 0), Err(AnswerError::Token(TokenError::Expired(7))));
    // On the last second it is still good, whatever the clock of the machine says.
    let just = event("digits", &token, &json!({"digits": "1", "timestamp": AT + DEFAULT_LIFETIME}));
    assert!(session.answer(&just, i64::MAX).is_ok());

    let wrong_keys = self::keys(2);
    let wrong = Session::new(&program, &wrong_keys).answer(&event("digits", &token, &digits), 0);
    assert_eq!(wrong, Err(AnswerError::Token(TokenError::UnknownKey)));
    let sealed = keys.seal(&[9; 32], "abc123xyz", i64::MAX, b"x").unwrap();
    assert_eq!(session.answer(&event("digits", &sealed, &digits), 0), Err(AnswerError::Token(TokenError::OtherScript)));
    let nonsense = keys.seal(&program.hash(), "abc123xyz", i64::MAX, b"nonsense").unwrap();
    let refused = session.answer(&event("digits", &nonsense, &digits), 0).unwrap_err();
    assert!(matches!(refused, AnswerError::Token(_)), "{refused:?}");
}

#[test]
fn every_refusal_says_what_is_wrong() {
    let (program, keys) = (program(), keys(1));
    let mut session = Session::new(&program, &keys);
    let token = begin(&mut session);
    let message = |answer: Result<_, AnswerError>| answer.map(|_: callroute_protocol::Instruction| ()).unwrap_err().to_string();
    assert_eq!(
        message(session.answer(r#"{"event":"digits","call_id":"c","timestamp":0,"digits":"1"}"#, 0)),
        "the event `digits` needs the `continue` of the instruction that it answers; where that had none, nothing was left to decide"
    );
    let early = session.answer(&event("dial_result", &token, &json!({"outcome": "busy"})), 0);
    assert!(matches!(early, Err(AnswerError::Decide(DecideError::OutOfOrder { .. }))), "{early:?}");
    assert_eq!(message(early), "the event is `dial_result`, but the instruction before it asks for `digits` (or `hangup`)");
}

#[test]
fn what_ends_the_call_needs_no_token_and_no_answer() {
    let (program, keys) = (program(), keys(1));
    let mut session = Session::new(&program, &keys);
    let none = r#"{"action":"none"}"#;
    for end in [
        r#""event":"hangup""#,
        r#""event":"dial_result","outcome":"answered""#,
        r#""event":"dial_result","sip_code":487"#,
        r#""event":"voicemail_result","outcome":"recorded""#,
    ] {
        let answer = session.answer(&format!(r#"{{"call_id":"c","timestamp":0,{end}}}"#), 0).unwrap();
        assert_eq!(serde_json::to_string(&answer).unwrap(), none);
    }
    let token = begin(&mut session);
    let answer = session.answer(&event("hangup", &token, &json!({})), 0).unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap(), none);
}

#[test]
fn warnings_reach_the_answer() {
    let (program, keys) = (program(), keys(1));
    let answer = Session::new(&program, &keys).answer(r#"{"event":"incoming_call","from":4155550123,"call_id":"c"}"#, AT).unwrap();
    assert_eq!(
        answer.warnings,
        [
            "`from` is a number, not a text; it is taken as \"4155550123\"",
            "`timestamp` is missing; the time of receipt is used: 2026-04-21T14:32:00Z",
        ]
    );
}

/// Nothing that anybody sends makes a session panic, or decide on a token that is not its own.
mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens(state in prop::collection::vec(any::<u8>(), 0..80), digits in any::<String>(), at in any::<i64>()) {
            let (program, keys) = (program(), keys(1));
            let token = keys.seal(&program.hash(), "abc123xyz", i64::MAX, &state).unwrap();
            let mut session = Session::new(&program, &keys);
            let _ = session.answer(&event("digits", &token, &json!({"digits": digits, "timestamp": at})), at);
        }

        #[test]
        fn states_that_were_changed(index in any::<prop::sample::Index>(), byte in any::<u8>(), digits in "[0-9*#]{0,40}") {
            let (program, keys) = (program(), keys(1));
            let mut session = Session::new(&program, &keys);
            let token = begin(&mut session);
            let mut state = keys.open(&token, &program.hash(), "abc123xyz", AT).unwrap();
            let at = index.index(state.len());
            state[at] = byte;
            let token = keys.seal(&program.hash(), "abc123xyz", i64::MAX, &state).unwrap();
            let _ = session.answer(&event("digits", &token, &json!({"digits": digits})), 0);
        }
    }
}
