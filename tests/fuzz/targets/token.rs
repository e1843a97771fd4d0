//! Any text as `continue`, and any bytes sealed as a state: refused, or the call goes on.
#![no_main]

use std::sync::LazyLock;

use callroute_fuzz::{EVERYTHING, compiled};
use callroute_protocol::{Keys, Session};
use callroute_runtime::{Call, Program};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| Program::load(&compiled(EVERYTHING)).unwrap());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&[[7; 32]]).unwrap());
static FRESH: LazyLock<Vec<u8>> = LazyLock::new(|| PROGRAM.save(&Call::new(&PROGRAM)));

fuzz_target!(|data: &[u8]| {
    let hash = PROGRAM.hash();
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(KEYS.open(text, &hash, "c", 0).is_err(), "a token that nobody sealed");
        let _ = Keys::from_base64(text);
    }
    // The head of a state names the program; random bytes never would.
    let head = FRESH.len().min(9);
    let mut state = FRESH[..head].to_vec();
    state.extend_from_slice(data);
    let mut session = Session::new(&PROGRAM, &KEYS);
    for state in [data, &state] {
        let token = KEYS.seal(&hash, "c", i64::MAX, state).unwrap();
        for event in [
            json!({"event": "digits", "digits": "1"}),
            json!({"event": "digits", "digits": ""}),
            json!({"event": "dial_result", "outcome": "busy"}),
            json!({"event": "lookup_result", "result": "found", "row": {"tier": "gold", "owner": "ana", "contacts": ["+13125550177"]}}),
            json!({"event": "done", "outcome": "ok"}),
            json!({"event": "voicemail_result", "outcome": "full"}),
            json!({"event": "played"}),
        ] {
            let mut event = event;
            event["call_id"] = json!("c");
            event["timestamp"] = json!(1_776_781_920);
            event["continue"] = json!(token);
            if let Ok(answer) = session.answer(&event.to_string(), 0) {
                let _ = serde_json::to_string(&answer).unwrap();
            }
        }
    }
});
