//! Calls written in one line, as the corpus and the conformance tests have them beside a script:
//!
//! ```text
//! // call at 2026-03-06T16:00:00Z from +13125550177 press 9 outcome no_answer => voicemail sales [say="Sorry."]
//! ```
//!
//! Before the first reply: `at`, `from`, `to`, `language`, `header NAME=VALUE`, `attribute NAME=VALUE`, `id CALL`. Replies: `press KEYS`, `silence`,
//! `outcome WORD[=CONTACT or KEYS]`, `sip CODE`, `lookup found={…}` (or `missing`, `failed`, `late`), `done ok`, `played`, `hangup`; `at` moves the clock (else it
//! moves by five seconds a reply). After `=>` stands the summary of the last answer ([`summary`]) and, in brackets, fields that it must have
//! (`path=value`), must not have (`!path`), prompts (`say=`) and tags (`tag=`).

use serde_json::{Map, Value, json};

/// A call and what must come of it.
#[derive(Debug)]
pub struct CallLine {
    /// The line, for messages.
    pub text: String,
    /// Its number in the file, from 1.
    pub line: usize,
    /// The first event.
    pub incoming: Value,
    /// What happens then.
    pub replies: Vec<Reply>,
    /// The summary of the last answer.
    pub expected: String,
    /// More about it.
    pub details: Vec<String>,
}

/// What the telephone system reports; its event depends on what was asked.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Seconds since 1970.
    pub at: i64,
    /// The word and its argument.
    pub word: String,
    /// See `word`.
    pub argument: String,
}

/// All calls of a script's text, in order.
///
/// # Panics
/// On a line that cannot be read: the test is wrong.
#[must_use]
pub fn calls(source: &str) -> Vec<CallLine> {
    let lines = source.lines().enumerate();
    lines.filter_map(|(index, line)| line.trim().strip_prefix("// call ").map(|text| call(text, index + 1))).collect()
}

fn call(text: &str, line: usize) -> CallLine {
    let (left, right) = text.split_once(" => ").unwrap_or_else(|| panic!("line {line}: no `=>`: {text}"));
    let (expected, details) = match right.split_once(" [") {
        Some((expected, details)) => (expected, words(details.strip_suffix(']').unwrap_or_else(|| panic!("line {line}: no `]`")))),
        None => (right, Vec::new()),
    };
    let mut incoming = Map::new();
    incoming.insert("event".into(), json!("incoming_call"));
    let (mut headers, mut attributes) = (Map::new(), Map::new());
    let mut replies = Vec::new();
    let mut now = 0;
    let mut id = "call-1".to_owned();
    let mut words = words(left).into_iter();
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("line {line}: nothing after `{word}`"));
        match word.as_str() {
            "at" => {
                let at = next();
                let seconds = callroute_calendar::parse_rfc3339(&at).unwrap_or_else(|_| panic!("line {line}: no time: {at}"));
                if replies.is_empty() && !incoming.contains_key("timestamp") {
                    incoming.insert("timestamp".into(), json!(at));
                    now = seconds;
                } else {
                    now = seconds - 5;
                }
            }
            "from" | "to" | "language" => {
                incoming.insert(word.clone(), json!(next()));
            }
            "id" => id = next(),
            "header" | "attribute" => {
                let pair = next();
                let (name, value) = pair.split_once('=').unwrap_or_else(|| panic!("line {line}: no `=` in {pair}"));
                if word == "header" {
                    headers.insert(name.into(), json!(value));
                } else {
                    attributes.insert(name.into(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
                }
            }
            "press" | "outcome" | "sip" | "lookup" | "done" | "silence" | "played" | "hangup" => {
                let argument = if matches!(word.as_str(), "silence" | "played" | "hangup") { String::new() } else { next() };
                now += 5;
                replies.push(Reply { at: now, word: word.clone(), argument });
            }
            other => panic!("line {line}: unknown word `{other}`"),
        }
    }
    incoming.insert("call_id".into(), json!(id));
    if !headers.is_empty() {
        incoming.insert("headers".into(), Value::Object(headers));
    }
    if !attributes.is_empty() {
        incoming.insert("attributes".into(), Value::Object(attributes));
    }
    CallLine { text: text.to_owned(), line, incoming: Value::Object(incoming), replies, expected: expected.trim().to_owned(), details }
}

/// Words at spaces; a part in double quotes keeps its spaces and loses its quotes, unless the word is JSON.
fn words(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut word: Option<String> = None;
    let (mut quoted, mut depth) = (false, 0_i32);
    for c in text.chars() {
        if depth == 0 && c == '"' && !word.as_deref().unwrap_or("").contains('{') {
            quoted = !quoted;
            word.get_or_insert_default();
            continue;
        }
        match c {
            '{' | '[' if !quoted => depth += 1,
            '}' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if c == ' ' && !quoted && depth == 0 {
            out.extend(word.take());
        } else {
            word.get_or_insert_default().push(c);
        }
    }
    out.extend(word);
    out
}

/// The event that a reply is, after this instruction.
#[must_use]
pub fn event(reply: &Reply, call_id: &str, after: &Value) -> Value {
    let mut map = Map::new();
    let action = after.get("action").and_then(Value::as_str).unwrap_or("");
    let (word, argument) = (reply.word.as_str(), reply.argument.as_str());
    let kind = match word {
        "press" | "silence" => {
            map.insert("digits".into(), json!(argument));
            "digits"
        }
        "outcome" if action == "voicemail" => {
            map.insert("outcome".into(), json!(argument));
            "voicemail_result"
        }
        "outcome" => {
            let (outcome, more) = argument.split_once('=').unwrap_or((argument, ""));
            map.insert("outcome".into(), json!(outcome));
            if outcome == "redirected" {
                map.insert("contact".into(), json!(more));
            } else if outcome == "key" {
                map.insert("digits".into(), json!(more));
            }
            "dial_result"
        }
        "sip" => {
            map.insert("sip_code".into(), json!(argument.parse::<u16>().unwrap_or(0)));
            "dial_result"
        }
        "lookup" => {
            let (result, row) = argument.split_once('=').unwrap_or((argument, ""));
            map.insert("result".into(), json!(result));
            if !row.is_empty() {
                map.insert("row".into(), serde_json::from_str(row).unwrap_or(Value::Null));
            }
            "lookup_result"
        }
        "done" => {
            map.insert("outcome".into(), json!(argument));
            "done"
        }
        other => other,
    };
    let mut event = Map::new();
    event.insert("event".into(), json!(kind));
    event.insert("call_id".into(), json!(call_id));
    event.insert("timestamp".into(), json!(callroute_calendar::format_rfc3339(reply.at)));
    event.append(&mut map);
    Value::Object(event)
}

/// An instruction in a few words: `menu`, `ring_group sales`, `ring_group +1… +1…` (without a name), `number +1…`, `voicemail sales`, `reject 603`,
/// `redirect sip:…`, `hangup busy`, `lookup crm`, the name of an action, `none`.
#[must_use]
pub fn summary(instruction: &Value) -> String {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let field = |name: &str| text(instruction.get(name));
    let action = field("action");
    match action.as_str() {
        "forward" => {
            let destination = instruction.get("destination").cloned().unwrap_or_default();
            let kind = text(destination.get("type"));
            let name = match (destination.get("name"), destination.get("number")) {
                (Some(name), _) => text(Some(name)),
                (None, Some(number)) => text(Some(number)),
                (None, None) => {
                    let members = destination.get("members").and_then(Value::as_array).cloned().unwrap_or_default();
                    members.iter().map(|member| text(Some(member))).collect::<Vec<_>>().join(" ")
                }
            };
            format!("{kind} {name}")
        }
        "voicemail" => format!("voicemail {}", field("message")),
        "reject" => format!("reject {}", field("code")),
        "redirect" => format!("redirect {}", field("to")),
        "hangup" => format!("hangup {}", field("reason")),
        "lookup" => format!("lookup {}", field("source")),
        _ => action,
    }
}

/// What is wrong with the last answer, if anything.
#[must_use]
pub fn fault(line: &CallLine, answer: &Value) -> Option<String> {
    let got = summary(answer);
    if got != line.expected {
        return Some(format!("expected `{}`, got `{got}`: {answer}", line.expected));
    }
    for detail in &line.details {
        let at = |path: &str| {
            path.split('.').try_fold(answer, |value, step| match step.parse::<usize>() {
                Ok(index) => value.get(index),
                Err(_) => value.get(step),
            })
        };
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let good = match (detail.strip_prefix('!'), detail.split_once('=')) {
            (Some(path), _) => at(path).is_none(),
            (None, Some(("say", wanted))) => at("prompts")
                .and_then(Value::as_array)
                .is_some_and(|all| all.iter().any(|one| one.get("say").and_then(Value::as_str) == Some(wanted))),
            (None, Some(("tag", wanted))) => {
                at("tags").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one.as_str() == Some(wanted)))
            }
            (None, Some((path, wanted))) => at(path).is_some_and(|value| plain(value) == wanted),
            (None, None) => false,
        };
        if !good {
            return Some(format!("`{detail}` does not hold: {answer}"));
        }
    }
    None
}
