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

fn compiled(script: &str) -> Program {
    let analysis = callroute_analysis::analyse("test.route", script, &callroute_analysis::NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:#?}", analysis.diagnostics));
    Program::load(&callroute_compiler::build(&program).unwrap()).unwrap()
}

/// A menu with two choices, each a voicemail; on silence the call ends.
fn program() -> Program {
    compiled(r#"menu tries 1 < 1 => voicemail "sales"; 2 => voicemail "support" >"#)
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

    let (start, rest) = token.split_at("v4.local.".len());
    let changed = format!("{start}{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..]);
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
    let sealed = keys.seal(&[9; 32], "abc123xyz", i64::MAX, b"x", b"").unwrap();
    assert_eq!(session.answer(&event("digits", &sealed, &digits), 0), Err(AnswerError::Token(TokenError::OtherScript)));
    let nonsense = keys.seal(&program.hash(), "abc123xyz", i64::MAX, b"nonsense", b"").unwrap();
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
fn nothing_is_remembered_of_a_call_that_ended() {
    let (program, keys) = (program(), keys(1));
    let mut session = Session::new(&program, &keys);
    let token = begin(&mut session);
    let digits = event("digits", &token, &json!({"digits": "2"}));
    let before = session.answer(&digits, 0).unwrap();
    assert_eq!((before.action.name(), &before.token), ("voicemail", &None));
    // The answer that ended the call carries no token, so nothing can follow it …
    let after = json!({"event": "digits", "call_id": "abc123xyz", "timestamp": AT + 9, "digits": "1"}).to_string();
    assert_eq!(session.answer(&after, 0), Err(AnswerError::NoToken("digits")));
    // … and a hangup takes nothing back: a late event with an older token is answered as it would have been in time, in this session
    // and in any other. Which of two events of one question counts is known to the host alone.
    assert_eq!(session.answer(&event("hangup", &token, &json!({})), 0).unwrap().action.name(), "none");
    assert_eq!(session.answer(&digits, 0).unwrap(), before);
    assert_eq!(Session::new(&program, &keys).answer(&digits, 0).unwrap(), before);
    let silence = session.answer(&event("digits", &token, &json!({"digits": ""})), 0).unwrap();
    assert_eq!(silence.action.name(), "hangup");
    assert_eq!(session.answer(&digits, 0).unwrap(), before);
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

/// The answer to an incoming call, without `continue`.
fn first(script: &str) -> Value {
    let (program, keys) = (compiled(script), keys(1));
    let mut answer = Session::new(&program, &keys).answer(SAMPLE, 0).unwrap();
    answer.token = None;
    serde_json::to_value(&answer).unwrap()
}

/// Field by field, in order.
#[track_caller]
fn gives(script: &str, json: &str) {
    assert_eq!(first(script).to_string(), json, "{script}");
}

#[test]
fn the_founding_instructions_come_out_field_for_field() {
    gives(
        "ring all < +16822306467; +12125551234 >",
        r#"{"action":"forward","destination":{"type":"ring_group","members":["+16822306467","+12125551234"],"strategy":"simultaneous"},"timeout":30}"#,
    );
    gives(r#"voicemail "office_closed""#, r#"{"action":"voicemail","message":"office_closed"}"#);
}

#[test]
fn every_kind_of_forward() {
    gives(
        r#"agent ana = +13125550101
           group sales = ring in order each 15s for 40s < +16822306467; agent ana after 10s for 15s confirm 1; sip:desk@example.com >
           group sales for 1m30s caller id +13125550100 caller name "Sales" announce "A call." confirm 1 music "jazz" record
             header "Alert-Info" "ring2" header "X-A" "b" codecs opus, pcmu media relay
           voicemail "sales""#,
        concat!(
            r#"{"action":"forward","destination":{"type":"ring_group","name":"sales","members":["+16822306467","+13125550101","#,
            r#""sip:desk@example.com"],"strategy":"sequential"},"timeout":90,"member_timeout":15,"delays":[0,10,0],"#,
            r#""member_timeouts":[null,15,null],"confirms":[null,"1",null],"caller_id":"+13125550100","caller_name":"Sales","#,
            r#""announce":"A call.","confirm":"1","music":"jazz","record":true,"#,
            r#""headers":[{"name":"Alert-Info","value":"ring2"},{"name":"X-A","value":"b"}],"codecs":["opus","pcmu"],"media":"relay"}"#,
        ),
    );
    gives(
        r#"agent ana = +13125550101 agent ana for 500ms"#,
        r#"{"action":"forward","destination":{"type":"agent","name":"ana","members":["+13125550101"]},"timeout":0.5}"#,
    );
    gives("group hosts", r#"{"action":"forward","destination":{"type":"ring_group","name":"hosts"},"timeout":30}"#);
    gives(
        "ring all < agent host >",
        r#"{"action":"forward","destination":{"type":"ring_group","members":["agent:host"],"strategy":"simultaneous"},"timeout":30}"#,
    );
    gives(
        r#"trunk carrier = sip:gw1.example.com extern trunk backup dial +13125550188 via carrier, backup for 20s"#,
        r#"{"action":"forward","destination":{"type":"number","number":"+13125550188"},"timeout":20,"via":["sip:gw1.example.com","backup"]}"#,
    );
    gives(
        r#"agent ana = +13125550101
           queue support = ring longest idle max wait 5m max length 10 announce position every 60s leave when empty music "hold" < agent ana >
           queue support < 1 => hangup; full => hangup > else hangup"#,
        concat!(
            r#"{"action":"forward","destination":{"type":"queue","name":"support","members":["+13125550101"],"strategy":"longest_idle","#,
            r#""max_wait":300,"max_length":10,"music":"hold","announce_position":60,"leave_when_empty":true,"keys":["1"]},"timeout":300}"#,
        ),
    );
}

#[test]
fn every_other_instruction() {
    gives(
        r#"menu say "Press." wait 7s gap 3s < 1 => hangup; 1xx as ext => dial (ext); * => repeat >"#,
        concat!(
            r#"{"action":"menu","choices":["1","1xx","*"],"max_digits":3,"timeout":7,"gap":3,"attempt":1,"#,
            r#""prompts":[{"say":"Press.","interruptible":true}]}"#
        ),
    );
    gives(
        "collect 2 to 6 digits ending # as code secret < hangup >",
        r##"{"action":"collect","min_digits":2,"max_digits":6,"ending":"#","timeout":5,"gap":2,"attempt":1,"secret":true}"##,
    );
    gives(r#"voicemail "hello" box sales for 2m"#, r#"{"action":"voicemail","message":"hello","box":"sales","max_duration":120}"#);
    gives("reject", r#"{"action":"reject","reason":"declined","code":603}"#);
    gives(r#"reject busy "No lines.""#, r#"{"action":"reject","reason":"busy","code":486,"text":"No lines."}"#);
    gives("reject unavailable", r#"{"action":"reject","reason":"unavailable","code":480}"#);
    gives("reject 404", r#"{"action":"reject","reason":"declined","code":404}"#);
    gives("redirect sip:smith@phone.example.com", r#"{"action":"redirect","to":"sip:smith@phone.example.com","code":302}"#);
    gives("redirect sip:smith@phone.example.com permanent", r#"{"action":"redirect","to":"sip:smith@phone.example.com","code":301}"#);
    gives("hangup", r#"{"action":"hangup","reason":"unrouted"}"#);
    gives(
        "source crm(number: phone, n: number) = < tier: text > lookup crm(from, 2) as row within 300ms < tag (row.tier) >",
        r#"{"action":"lookup","source":"crm","args":{"number":"+14155550123","n":2},"timeout_ms":300}"#,
    );
    gives(
        r#"action park(slot: text, wait: duration, loud: flag) park("a", 90s, true) hangup"#,
        r#"{"action":"park","args":{"slot":"a","wait":90,"loud":true}}"#,
    );
    gives(
        r#"prompt hi = < en "Hi."; play "tone.wav" > set language to es tag "a" tag "b" set priority to 3 say hi hangup"#,
        concat!(
            r#"{"action":"hangup","reason":"unrouted","prompts":[{"say":"Hi.","language":"en"},{"play":"tone.wav"}],"#,
            r#""tags":["a","b"],"priority":3}"#
        ),
    );
}

#[test]
fn more_prompts_than_fit_are_played_first() {
    let script = format!("{} hangup", (0..40).map(|n| format!("say \"{n}\"\n")).collect::<String>());
    let (program, keys) = (compiled(&script), keys(1));
    let mut session = Session::new(&program, &keys);
    let play = session.answer(SAMPLE, 0).unwrap();
    assert_eq!((play.action.name(), play.prompts.len()), ("play", 32));
    let rest = session.answer(&event("played", &play.token.unwrap(), &json!({})), 0).unwrap();
    assert_eq!((rest.action.name(), rest.prompts.len(), rest.token), ("hangup", 8, None));
}

#[test]
fn attributes_headers_and_rows_are_read_by_their_types() {
    let script = r#"
        input tier = one of gold, silver
        input waiting = number default 7
        input verstat = text from header "X-Verstat"
        input vip = flag
        source crm(number: phone) = < owner: text; contacts: phones; score: number >
        when tier is gold and waiting is 7 and verstat is "ok" and vip < tag "read" >
        lookup crm(from) as row < tag "{row.owner} {row.score}" dial (row.contacts) >"#;
    let (program, keys) = (compiled(script), keys(1));
    let mut session = Session::new(&program, &keys);
    let incoming = SAMPLE.replace(
        r#""call_id""#,
        r#""attributes":{"tier":"GOLD","waiting":"many","vip":"true","other":[]},"headers":{"x-verstat":"OK"},"call_id""#,
    );
    let asked = session.answer(&incoming, 0).unwrap();
    assert_eq!(asked.tags, ["read"]);
    assert_eq!(asked.warnings.len(), 1, "{:?}", asked.warnings);
    assert!(asked.warnings[0].contains("`waiting`"), "{:?}", asked.warnings);
    let row = json!({"result":"found","row":{"owner":"ana","contacts":["+13125550188","sip:ADA@Example.com"],"score":{"a":1}}});
    let answer = session.answer(&event("lookup_result", &asked.token.unwrap(), &row), 0).unwrap();
    assert_eq!(answer.tags, ["ana "]);
    assert_eq!(answer.warnings.len(), 1, "{:?}", answer.warnings);
    let shown = serde_json::to_value(&answer).unwrap();
    assert_eq!(shown["destination"]["members"], json!(["+13125550188", "sip:ADA@example.com"]));
}

#[test]
fn what_was_typed_cannot_be_read_in_the_token() {
    let script = "collect 6 digits as pin secret < menu < 1 => hangup > when pin is \"271828\" < hangup > >";
    let (program, keys) = (compiled(script), keys(1));
    let mut session = Session::new(&program, &keys);
    let token = begin(&mut session);
    let answer = session.answer(&event("digits", &token, &json!({"digits": "271828"})), 0).unwrap();
    let token = answer.token.clone().unwrap();
    assert!(!serde_json::to_string(&answer).unwrap().contains("271828"));
    assert!(token.len() < 512, "{}", token.len());
    let state = keys.open(&token, "abc123xyz", AT).unwrap().state;
    assert!(state.windows(6).any(|window| window == b"271828"), "the state itself keeps what is read later");
}

/// Nothing that anybody sends makes a session panic, or decide on a token that is not its own.
mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn tokens(state in prop::collection::vec(any::<u8>(), 0..80), digits in any::<String>(), at in any::<i64>()) {
            let (program, keys) = (program(), keys(1));
            let token = keys.seal(&program.hash(), "abc123xyz", i64::MAX, &state, b"").unwrap();
            let mut session = Session::new(&program, &keys);
            let _ = session.answer(&event("digits", &token, &json!({"digits": digits, "timestamp": at})), at);
        }

        #[test]
        fn states_that_were_changed(index in any::<prop::sample::Index>(), byte in any::<u8>(), digits in "[0-9*#]{0,40}") {
            let (program, keys) = (program(), keys(1));
            let mut session = Session::new(&program, &keys);
            let token = begin(&mut session);
            let mut state = keys.open(&token, "abc123xyz", AT).unwrap().state;
            let at = index.index(state.len());
            state[at] = byte;
            let token = keys.seal(&program.hash(), "abc123xyz", i64::MAX, &state, b"").unwrap();
            let _ = session.answer(&event("digits", &token, &json!({"digits": digits})), 0);
        }
    }
}
