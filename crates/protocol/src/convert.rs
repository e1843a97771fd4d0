//! Between the protocol's owned data and the runtime's views: events in, answers out. No rule lives here.

use callroute_runtime as runtime;
use callroute_runtime::{AttributeValue, Attributes, DestinationKind, Headers, Incoming, LookupReply, Strategy};
use serde_json::{Map, Number, Value};

use crate::event::{Event, EventKind, LookupResult};
use crate::instruction::{
    Action, Collect, Destination, Forward, Header, HostAction, Instruction, Lookup, Members, Menu, Prompt, Queue, Redirect, Reject,
    Seconds, Spoken, Voicemail,
};

/// Values of a JSON object, for the runtime.
pub(crate) struct Fields<'a>(pub &'a Map<String, Value>);

impl Attributes for Fields<'_> {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        self.0.get(name).map(attribute)
    }

    fn item(&self, name: &str, index: usize) -> Option<AttributeValue<'_>> {
        self.0.get(name)?.as_array()?.get(index).map(attribute)
    }
}

fn attribute(value: &Value) -> AttributeValue<'_> {
    match value {
        Value::Null => AttributeValue::Null,
        Value::Bool(flag) => AttributeValue::Flag(*flag),
        // A number that is none, such as 1e999, is refused when the event is read.
        Value::Number(number) => AttributeValue::Number(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => AttributeValue::Text(text),
        Value::Array(list) => AttributeValue::List(list.len()),
        Value::Object(_) => AttributeValue::Other("object"),
    }
}

/// Headers, for the runtime.
struct Pairs<'a>(&'a [(String, String)]);

impl Headers for Pairs<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Hands the runtime's view of an event to `use_it`.
pub fn with_event<R>(event: &Event, use_it: impl FnOnce(&runtime::Event<'_>) -> R) -> R {
    let give = |kind: runtime::EventKind<'_>| use_it(&runtime::Event { call_id: &event.call_id, timestamp: event.timestamp, kind });
    match &event.kind {
        EventKind::IncomingCall(call) => give(runtime::EventKind::Incoming(Incoming {
            from: call.from.as_deref(),
            to: call.to.as_deref(),
            language: call.language.as_deref(),
            attributes: &Fields(&call.attributes),
            headers: &Pairs(&call.headers),
        })),
        EventKind::Digits(digits) => give(runtime::EventKind::Digits(digits)),
        EventKind::DialResult(result) => give(runtime::EventKind::DialResult {
            outcome: result.outcome,
            contact: result.contact.as_deref(),
            digits: result.digits.as_deref(),
        }),
        EventKind::VoicemailResult(outcome) => give(runtime::EventKind::VoicemailResult(*outcome)),
        EventKind::Played => give(runtime::EventKind::Played),
        EventKind::Done(ok) => give(runtime::EventKind::Done { ok: *ok }),
        EventKind::LookupResult(LookupResult::Found(row)) => give(runtime::EventKind::Lookup(LookupReply::Found(&Fields(row)))),
        EventKind::LookupResult(LookupResult::Missing) => give(runtime::EventKind::Lookup(LookupReply::Missing)),
        EventKind::LookupResult(LookupResult::Failed) => give(runtime::EventKind::Lookup(LookupReply::Failed)),
        EventKind::LookupResult(LookupResult::Late) => give(runtime::EventKind::Lookup(LookupReply::Late)),
        EventKind::Hangup => give(runtime::EventKind::Hangup),
    }
}

/// An answer in the protocol's words, without `continue`.
#[must_use]
pub fn to_instruction(answer: &runtime::Answer<'_>) -> Instruction {
    let action = match answer.instruction() {
        runtime::Instruction::Forward(forward) => Action::Forward(Box::new(forward_of(&forward))),
        runtime::Instruction::Menu(menu) => Action::Menu(Menu {
            choices: menu.choices().map(ToString::to_string).collect(),
            max_digits: menu.max_digits().into(),
            timeout: Seconds(menu.timeout_ms()),
            gap: menu.gap_ms().map(Seconds),
            attempt: menu.attempt().into(),
        }),
        runtime::Instruction::Collect(collect) => Action::Collect(Collect {
            min_digits: collect.min_digits().into(),
            max_digits: collect.max_digits().into(),
            ending: collect.ending(),
            timeout: Seconds(collect.timeout_ms()),
            gap: Some(Seconds(collect.gap_ms())),
            attempt: collect.attempt().into(),
            secret: collect.secret(),
        }),
        runtime::Instruction::Play => Action::Play {},
        runtime::Instruction::Voicemail(voicemail) => Action::Voicemail(Voicemail {
            message: voicemail.message.to_owned(),
            mailbox: voicemail.mailbox.map(str::to_owned),
            max_duration: voicemail.max_duration_ms.map(Seconds),
        }),
        runtime::Instruction::Reject(reject) => {
            Action::Reject(Reject { reason: reject.reason(), code: reject.code, text: reject.text.map(str::to_owned) })
        }
        runtime::Instruction::Redirect(redirect) => Action::Redirect(Redirect { to: redirect.to.to_owned(), code: redirect.code() }),
        runtime::Instruction::Hangup(reason) => Action::Hangup { reason: reason.json() },
        runtime::Instruction::Lookup(lookup) => {
            Action::Lookup(Lookup { source: lookup.source().to_owned(), args: args(lookup.args()), timeout_ms: lookup.timeout_ms() })
        }
        runtime::Instruction::Action(action) => Action::Host(HostAction { action: action.name().to_owned(), args: args(action.args()) }),
        // The runtime may learn more; a host that does not know it has nothing to do.
        _ => Action::None {},
    };
    Instruction {
        action,
        prompts: answer
            .prompts()
            .map(|prompt| Prompt {
                what: match prompt.what {
                    runtime::Spoken::Say(text) => Spoken::Say(text.to_owned()),
                    runtime::Spoken::Play(name) => Spoken::Play(name.to_owned()),
                },
                language: prompt.language.map(str::to_owned),
                interruptible: prompt.interruptible,
            })
            .collect(),
        tags: answer.tags().map(str::to_owned).collect(),
        priority: answer.priority().and_then(number),
        warnings: answer.warnings().map(|warning| warning.to_string()).collect(),
        token: None,
    }
}

fn forward_of(forward: &runtime::Forward<'_>) -> Forward {
    let members: Vec<runtime::Member<'_>> = forward.members().collect();
    let per_member = |has: &dyn Fn(&runtime::Member<'_>) -> bool| if members.iter().any(has) { members.as_slice() } else { &[] };
    Forward {
        destination: destination(forward, &members),
        timeout: forward.timeout_ms().map(Seconds),
        member_timeout: forward.member_timeout_ms().map(Seconds),
        delays: per_member(&|member| member.delay_ms.is_some()).iter().map(|member| Seconds(member.delay_ms.unwrap_or(0))).collect(),
        member_timeouts: per_member(&|member| member.timeout_ms.is_some()).iter().map(|member| member.timeout_ms.map(Seconds)).collect(),
        confirms: per_member(&|member| member.confirm.is_some()).iter().map(|member| member.confirm.map(str::to_owned)).collect(),
        via: forward.via().map(|(name, address)| address.unwrap_or(name).to_owned()).collect(),
        caller_id: forward.caller_id().map(str::to_owned),
        caller_name: forward.caller_name().map(str::to_owned),
        announce: forward.announce().map(str::to_owned),
        confirm: forward.confirm().map(str::to_owned),
        music: forward.music().map(str::to_owned),
        record: forward.record(),
        headers: forward.headers().map(|(name, value)| Header { name: name.to_owned(), value: value.to_owned() }).collect(),
        codecs: forward.codecs().map(str::to_owned).collect(),
        media: forward.media_relay().then_some("relay"),
    }
}

fn destination(forward: &runtime::Forward<'_>, members: &[runtime::Member<'_>]) -> Destination {
    let addresses = || {
        let address = |member: &runtime::Member<'_>| {
            if member.is_agent { format!("agent:{}", member.address) } else { member.address.to_owned() }
        };
        members.iter().map(address).collect()
    };
    let who = Members {
        name: forward.name().map(str::to_owned),
        members: (!forward.is_external()).then(addresses),
        strategy: forward.strategy().map(strategy_name),
    };
    match forward.kind() {
        DestinationKind::RingGroup => Destination::RingGroup(who),
        DestinationKind::Agent => Destination::Agent(who),
        DestinationKind::Number => Destination::Number { number: forward.number().unwrap_or_default().to_owned() },
        DestinationKind::Queue => Destination::Queue(Queue {
            members: who,
            max_wait: forward.max_wait_ms().map(Seconds),
            max_length: forward.max_length(),
            music: forward.queue_music().map(str::to_owned),
            announce_position: forward.announce_position_ms().map(Seconds),
            leave_when_empty: forward.leave_when_empty(),
            keys: forward.keys().map(|keys| keys.to_string()).collect(),
        }),
    }
}

/// How members are rung, as the protocol names it.
#[must_use]
pub const fn strategy_name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::All => "simultaneous",
        Strategy::InOrder => "sequential",
        Strategy::InTurn => "round_robin",
        Strategy::AtRandom => "random",
        Strategy::ByWeight => "weighted",
        Strategy::LongestIdle => "longest_idle",
    }
}

/// The way back of [`strategy_name`].
#[must_use]
pub fn strategy_named(name: &str) -> Option<Strategy> {
    use Strategy::{All, AtRandom, ByWeight, InOrder, InTurn, LongestIdle};
    [All, InOrder, InTurn, AtRandom, ByWeight, LongestIdle].into_iter().find(|strategy| strategy_name(*strategy) == name)
}

fn args<'c>(args: impl Iterator<Item = (&'c str, runtime::Value<'c>)>) -> Map<String, Value> {
    args.map(|(name, value)| {
        let value = match value {
            runtime::Value::Text(text) | runtime::Value::Phone(text) => Value::String(text.to_owned()),
            runtime::Value::Number(value) => number(value).map_or(Value::Null, Value::Number),
            runtime::Value::Flag(flag) => Value::Bool(flag),
            runtime::Value::Phones(phones) => phones.iter().map(str::to_owned).map(Value::String).collect(),
            runtime::Value::Duration(ms) => serde_json::to_value(Seconds(ms)).unwrap_or_default(),
        };
        (name.to_owned(), value)
    })
    .collect()
}

/// A number as people write it: without a fraction where there is none.
fn number(value: f64) -> Option<Number> {
    if value.fract() == 0.0 && value.abs() < 9e15 { Some(Number::from(value as i64)) } else { Number::from_f64(value) }
}
