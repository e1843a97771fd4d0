//! One call through the reference interpreter and the machine, step by step: they must agree on every instruction.

use callroute_analysis::typed;
use serde_json::{Value, json};

use crate::call::{self, Reply};
use crate::machine::{Machine, Way};
use crate::reference;

/// Sends an incoming call and then what `reply` says to each instruction, for as long as something is to be said. Gives the last answer.
///
/// # Errors
/// What they disagree on.
pub fn call(
    program: &typed::Program,
    machine: &Machine,
    way: Way,
    incoming: &Value,
    mut reply: impl FnMut(usize, &Value) -> Option<Reply>,
) -> Result<Value, String> {
    let id = incoming.get("call_id").and_then(Value::as_str).unwrap_or("");
    let mut events = vec![incoming.clone()];
    let mut conversation = machine.conversation(way);
    for step in 0.. {
        let Some(event) = events.last() else { break };
        let expected = reference::answers(program, &events).pop().unwrap_or_default();
        let found = conversation.answer(event);
        let unanswerable = |value: &Value| value.get("action") == Some(&json!("forward")) && value.get("continue").is_none();
        if unanswerable(&found) && expected.get("continue").is_some() {
            // Nothing may be left to do then when nobody answers: no prompt, no tag, only the end.
            let mut more = events.clone();
            more.push(json!({"event": "dial_result", "call_id": id, "timestamp": event.get("timestamp"), "outcome": "busy"}));
            let end = reference::answers(program, &more).pop().unwrap_or_default();
            let plain = end.get("action") == Some(&json!("hangup")) && end.get("prompts").is_none() && end.get("tags").is_none();
            if !plain {
                return Err(format!("the machine lets a call end that the reference goes on with: {end}\nafter {events:#?}"));
            }
            let mut expected = expected.clone();
            if let Some(map) = expected.as_object_mut() {
                map.shift_remove("continue");
            }
            if expected != found {
                return Err(difference(&expected, &found, &events));
            }
            return Ok(after_the_end(reply(step, &found), found));
        }
        if expected != found {
            return Err(difference(&expected, &found, &events));
        }
        let Some(reply) = reply(step, &found) else { return Ok(found) };
        events.push(call::event(&reply, id, &found));
    }
    Ok(Value::Null)
}

/// What a host does with an outcome of ringing that needs no answer.
fn after_the_end(reply: Option<Reply>, found: Value) -> Value {
    let Some(reply) = reply else { return found };
    let outcome = match (reply.word.as_str(), reply.argument.as_str()) {
        ("hangup", _) | ("outcome", "answered") | ("sip", "487") => return json!({"action": "none"}),
        ("sip", code) => crate::words::sip_outcome(code.parse().unwrap_or(0)).to_owned(),
        (_, outcome) => outcome.to_owned(),
    };
    let reason = match outcome.as_str() {
        "busy" | "no_answer" | "declined" | "full" | "empty" | "timeout" => outcome.as_str(),
        _ => "unreachable",
    };
    json!({"action": "hangup", "reason": reason})
}

fn difference(expected: &Value, found: &Value, events: &[Value]) -> String {
    let events: Vec<String> = events.iter().map(|event| format!("    {event}")).collect();
    format!("they disagree\n  reference: {expected}\n  machine:   {found}\n  after\n{}", events.join("\n"))
}
