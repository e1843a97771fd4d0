//! `swml`: SignalWire's documents in JSON. A request carries the call and the variables of the document before; an answer is the document
//! that runs next. What ends with an outcome is followed by a `transfer` to our own address, with what was asked and the call's token in
//! its query, so that the outcome comes back as a variable.

use callroute_protocol::{
    Action, Collect, Destination, DialOutcome, DialResult, Event, EventKind, Forward, HostAction, IncomingCall, Instruction, Menu, Prompt,
    Queue, Seconds, Spoken, Voicemail, VoicemailOutcome,
};
use serde_json::{Map, Value, json};

use crate::dialect::{Dialect, Report, Unreadable, Unsayable, Verdict};
use crate::legs::{Phone, Rings};
use crate::need::What;
use crate::request::{Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::sip;
use crate::times::Phones;
use crate::words::{filled, greeting, judge_action, judge_greeting, judge_recording, needs_address, no_hop, recording, seconds};

const NAME: &str = "swml";
/// Settings of its own: what whoever picks up hears when a key is wanted, `{key}` in it; and who is told of recordings.
const OWN: &[&str] = &["confirm", "recordings"];
/// Phones that ring at once, so that a document stays small.
const AT_ONCE: usize = 50;

/// `swml`
pub(crate) struct Swml {
    settings: Settings,
}

impl Swml {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.only(NAME, OWN)?;
        needs_address(NAME, &settings)?;
        Ok(Self { settings })
    }

    // What comes in.

    fn event(&self, request: &Request<'_>) -> Result<Event, Unreadable> {
        if request.method != "POST" {
            return Err(Unreadable("SignalWire asks for a document with a POST, and so does a `transfer`".to_owned()));
        }
        let body: Value = serde_json::from_slice(request.body)
            .map_err(|error| Unreadable(format!("the body is not the JSON that SignalWire sends: {error}")))?;
        let call = body.get("call").unwrap_or(&Value::Null);
        let call_id = text(call, "call_id").ok_or_else(|| {
            Unreadable("there is no `call.call_id`: this address expects what SignalWire sends when it asks for a document".to_owned())
        })?;
        let query = request.query_fields();
        let token = query.get("continue").map(str::to_owned);
        let variables = body.get("vars").unwrap_or(&Value::Null);
        let mut warnings = Vec::new();
        let over = matches!(text(call, "call_state"), Some("ended" | "ending"));
        let kind = match query.get("asked") {
            None if over => EventKind::Hangup,
            None => EventKind::IncomingCall(incoming(call, &body)),
            Some("digits") => EventKind::Digits(match text(variables, "prompt_result") {
                Some("match_speech") => String::new(),
                _ => text(variables, "prompt_value").unwrap_or_default().to_owned(),
            }),
            Some("played") => EventKind::Played,
            Some("dial") => EventKind::DialResult(result(dialled(variables, over, &mut warnings))),
            // The queue let the caller go without a conversation.
            Some("queue") => EventKind::DialResult(result(if over { DialOutcome::Cancelled } else { DialOutcome::Timeout })),
            Some("bridged") => EventKind::DialResult(result(DialOutcome::Answered)),
            Some("voicemail") if token.is_none() => EventKind::Hangup,
            Some("voicemail") => EventKind::VoicemailResult(match text(variables, "record_url") {
                Some(url) if !url.is_empty() && text(variables, "record_result") != Some("failed") => VoicemailOutcome::Recorded,
                _ => VoicemailOutcome::Failed,
            }),
            Some("done") => EventKind::Done(
                !matches!(variables.get("return_value"), Some(Value::Bool(false))) && text(variables, "return_value") != Some("failed"),
            ),
            Some(other) => return Err(Unreadable(format!("`asked={other}` is nothing that this server asks for"))),
        };
        Ok(Event { call_id: call_id.to_owned(), timestamp: request.now, token, kind, warnings })
    }

    // What goes out.

    fn callback(&self, asked: &str, token: &str) -> Value {
        json!({"transfer": {"dest": self.settings.callback(asked, Some(token), &[])}})
    }

    /// What is heard, as SWML names it, and its language.
    fn heard(&self, spoken: &Spoken) -> Result<String, Unsayable> {
        Ok(match spoken {
            Spoken::Say(text) => format!("say: {}", plain(text)),
            Spoken::Play(name) => recording(&self.settings, name)?,
        })
    }

    fn voiced(&self, object: &mut Map<String, Value>, language: Option<&str>) {
        match (self.settings.voice(language), language) {
            (Some(voice), _) => drop(object.insert("say_voice".to_owned(), voice.into())),
            // A voice has a language of its own, which need not be spelt as the script's.
            (None, Some(language)) => drop(object.insert("say_language".to_owned(), plain(language).into())),
            (None, None) => {}
        }
    }

    fn play(&self, spoken: &Spoken, language: Option<&str>) -> Result<Value, Unsayable> {
        let mut play = Map::from_iter([("url".to_owned(), Value::from(self.heard(spoken)?))]);
        self.voiced(&mut play, language.filter(|_| matches!(spoken, Spoken::Say(_))));
        Ok(json!({"play": play}))
    }

    fn prompts(&self, prompts: &[Prompt]) -> Result<Vec<Value>, Unsayable> {
        prompts.iter().map(|prompt| self.play(&prompt.what, prompt.language.as_deref())).collect()
    }

    /// A prompt: of what is heard the last things that a key may cut short, in one language, are part of it; the rest is played before.
    fn ask(&self, main: &mut Vec<Value>, prompts: &[Prompt], mut ask: Map<String, Value>, token: &str) -> Result<(), Unsayable> {
        let language = prompts.last().and_then(|prompt| prompt.language.as_deref());
        let within = |prompt: &Prompt| prompt.interruptible && prompt.language.as_deref() == language;
        let first = prompts.iter().rposition(|prompt| !within(prompt)).map_or(0, |last| last + 1);
        let (before, within) = prompts.split_at_checked(first).unwrap_or((prompts, &[]));
        main.extend(self.prompts(before)?);
        let heard = within.iter().map(|prompt| self.heard(&prompt.what)).collect::<Result<Vec<_>, _>>()?;
        // Without anything to be heard it listens all the same.
        ask.insert("play".to_owned(), if heard.is_empty() { json!("silence:0.1") } else { json!(heard) });
        self.voiced(&mut ask, language);
        main.push(json!({"prompt": ask}));
        main.push(self.callback("digits", token));
        Ok(())
    }

    fn menu(menu: &Menu) -> Map<String, Value> {
        let mut ask = Map::new();
        ask.insert("max_digits".to_owned(), menu.max_digits.into());
        ask.insert("initial_timeout".to_owned(), exactly(menu.timeout));
        if let Some(gap) = menu.gap {
            ask.insert("digit_timeout".to_owned(), exactly(gap));
        }
        ask
    }

    fn collect(collect: &Collect) -> Map<String, Value> {
        let mut ask = Map::new();
        ask.insert("max_digits".to_owned(), collect.max_digits.into());
        ask.insert("initial_timeout".to_owned(), exactly(collect.timeout));
        if let Some(gap) = collect.gap {
            ask.insert("digit_timeout".to_owned(), exactly(gap));
        }
        if let Some(ending) = collect.ending {
            ask.insert("terminators".to_owned(), ending.into());
        }
        ask
    }

    fn connect(&self, main: &mut Vec<Value>, forward: &Forward, token: Option<&str>) -> Result<(), Unsayable> {
        let phones = Phones::of(forward);
        let times = phones.times();
        if times.is_empty() || times.len() > AT_ONCE || forward.via.len() > 1 || times.iter().any(|(phone, _)| phone.delay > 0) {
            return Err(Unsayable("a group that is not in legs".to_owned()));
        }
        let trunk = forward.via.first().map(String::as_str);
        let mut devices = Vec::new();
        for (phone, time) in &times {
            if let Some(why) = self.unreachable(&phone.address, trunk) {
                return Err(Unsayable(why));
            }
            let confirm = self.confirm(phone, forward)?;
            let mut device = Map::from_iter([("to".to_owned(), Value::from(to(&phone.address, trunk)))]);
            if let Some(time) = time {
                device.insert("timeout".to_owned(), seconds(*time).into());
            }
            if !confirm.is_empty() {
                device.insert("confirm".to_owned(), confirm.into());
            }
            devices.push(Value::Object(device));
        }
        let mut connect = Map::new();
        if let Some(id) = &forward.caller_id {
            connect.insert("from".to_owned(), plain(id).into());
        }
        if let Some(total) = phones.total {
            connect.insert("timeout".to_owned(), seconds(total).into());
        }
        connect.insert("answer_on_bridge".to_owned(), true.into());
        if let Some(music) = &forward.music {
            connect.insert("ringback".to_owned(), json!([recording(&self.settings, music)?]));
        }
        if !forward.headers.is_empty() {
            let headers =
                forward.headers.iter().map(|header| json!({"name": plain(&header.name), "value": plain(&header.value)})).collect();
            connect.insert("headers".to_owned(), Value::Array(headers));
        }
        if !forward.codecs.is_empty() {
            connect.insert("codecs".to_owned(), forward.codecs.join(",").to_ascii_uppercase().into());
        }
        if forward.record {
            let mut record = Map::from_iter([("stereo".to_owned(), true.into())]);
            if let Some(address) = self.settings.own.get("recordings") {
                record.insert("status_url".to_owned(), address.as_str().into());
            }
            main.push(json!({"record_call": record}));
        }
        match (devices.len(), phones.in_sequence) {
            (1, _) => {
                if let Some(Value::Object(device)) = devices.pop() {
                    connect.extend(device);
                }
            }
            (_, true) => drop(connect.insert("serial".to_owned(), devices.into())),
            (_, false) => drop(connect.insert("parallel".to_owned(), devices.into())),
        }
        main.push(json!({"connect": connect}));
        let next = token.map_or_else(|| json!({"hangup": {}}), |token| self.callback("dial", token));
        main.push(json!({"switch": {"variable": "connect_result", "case": {"connected": [{"hangup": {}}]}, "default": [next]}}));
        Ok(())
    }

    /// What whoever picks up hears, and the key that they must press.
    fn confirm(&self, phone: &Phone, forward: &Forward) -> Result<Vec<Value>, Unsayable> {
        let mut confirm = Vec::new();
        if let Some(announce) = &forward.announce {
            confirm.push(self.play(&Spoken::Say(announce.clone()), None)?);
        }
        let Some(key) = &phone.confirm else { return Ok(confirm) };
        if !key.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#') {
            return Err(Unsayable(format!("`{key}` is no key")));
        }
        let template = self.settings.own.get("confirm").map_or("Press {key} to take the call.", String::as_str);
        let mut ask = Map::from_iter([("play".to_owned(), Value::from(self.heard(&Spoken::Say(filled(template, "{key}", key)))?))]);
        ask.insert("max_digits".to_owned(), key.len().max(1).into());
        self.voiced(&mut ask, None);
        confirm.push(json!({"prompt": ask}));
        confirm.push(json!({"cond": [{"when": format!("prompt_value != '{key}'"), "then": [{"hangup": {}}]}]}));
        Ok(confirm)
    }

    fn queue(&self, main: &mut Vec<Value>, queue: &Queue, forward: &Forward, token: Option<&str>) {
        let name = queue.members.name.as_deref().unwrap_or_default();
        let target = self.settings.target("queue", name).and_then(<[String]>::first).map_or(name, String::as_str);
        let mut enter = Map::from_iter([("queue_name".to_owned(), Value::from(plain(target)))]);
        enter.insert("transfer_after_bridge".to_owned(), self.settings.callback("bridged", token, &[]).into());
        if let Some(Seconds(ms)) = [forward.timeout, queue.max_wait].into_iter().flatten().min() {
            enter.insert("wait_time".to_owned(), seconds(ms).into());
        }
        let music = forward.music.as_deref().or(queue.music.as_deref());
        if let Some(address) = music.and_then(|music| self.settings.recording(music)) {
            enter.insert("wait_url".to_owned(), address.into());
        }
        main.push(json!({"enter_queue": enter}));
        main.push(token.map_or_else(|| json!({"hangup": {}}), |token| self.callback("queue", token)));
    }

    fn voicemail(&self, main: &mut Vec<Value>, voicemail: &Voicemail, token: Option<&str>) -> Result<(), Unsayable> {
        match greeting(&self.settings, &voicemail.message) {
            Some(spoken) => main.push(self.play(&spoken, None)?),
            // The beep tells callers what to do.
            None => main.push(json!({"answer": {}})),
        }
        let mut record = Map::from_iter([("beep".to_owned(), true.into())]);
        if let Some(Seconds(ms)) = voicemail.max_duration {
            record.insert("max_length".to_owned(), seconds(ms).into());
        }
        let mailbox = voicemail.mailbox.as_deref();
        let told =
            mailbox.and_then(|mailbox| self.settings.target("box", mailbox)?.first()).or_else(|| self.settings.own.get("recordings"));
        if let Some(address) = told {
            record.insert("status_url".to_owned(), with_fields(address, mailbox.map(|mailbox| ("box", mailbox))).into());
        }
        main.push(json!({"record": record}));
        main.push(token.map_or_else(|| json!({"hangup": {}}), |token| self.callback("voicemail", token)));
        Ok(())
    }

    fn host_action(&self, main: &mut Vec<Value>, action: &HostAction, token: Option<&str>) -> Result<(), Unsayable> {
        let Some(address) = self.settings.actions.get(&action.action) else {
            return Err(Unsayable(format!("the settings do not say what the action `{}` is", action.action)));
        };
        let params: Map<String, Value> = action.args.iter().map(|(name, value)| (name.clone(), plain_value(value))).collect();
        main.push(json!({"execute": {"dest": address, "params": params}}));
        main.push(token.map_or_else(|| json!({"hangup": {}}), |token| self.callback("done", token)));
        Ok(())
    }

    fn document(&self, instruction: &Instruction) -> Result<Value, Unsayable> {
        let token = instruction.token.as_deref();
        let needed = || token.ok_or_else(|| Unsayable(format!("`{}` without `continue`", instruction.action.name())));
        let mut main = Vec::new();
        let marks = [
            (
                "callroute_tags",
                (!instruction.tags.is_empty()).then(|| instruction.tags.iter().map(|tag| plain(tag)).collect::<Vec<_>>().into()),
            ),
            ("callroute_priority", instruction.priority.clone().map(Value::Number)),
        ];
        let marks: Map<String, Value> = marks.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if !marks.is_empty() {
            main.push(json!({"set": marks}));
        }
        match &instruction.action {
            Action::Menu(menu) => self.ask(&mut main, &instruction.prompts, Self::menu(menu), needed()?)?,
            Action::Collect(collect) => self.ask(&mut main, &instruction.prompts, Self::collect(collect), needed()?)?,
            action => {
                main.extend(self.prompts(&instruction.prompts)?);
                match action {
                    Action::Forward(forward) => match &forward.destination {
                        Destination::Queue(queue) => self.queue(&mut main, queue, forward, token),
                        _ => self.connect(&mut main, forward, token)?,
                    },
                    Action::Play {} => main.push(token.map_or_else(|| json!({"hangup": {}}), |token| self.callback("played", token))),
                    Action::Voicemail(voicemail) => self.voicemail(&mut main, voicemail, token)?,
                    Action::Reject(reject) => {
                        main.push(json!({"hangup": {"reason": if matches!(reject.code, 486 | 600) { "busy" } else { "decline" }}}));
                    }
                    Action::Redirect(redirect) => match sip::number(&redirect.to) {
                        Some(number) => main.push(json!({"connect": {"to": number, "answer_on_bridge": true}})),
                        None => main.push(json!({"sip_refer": {"to_uri": plain(&sip::address(&redirect.to))}})),
                    },
                    Action::Hangup { reason } => main.push(match *reason {
                        "busy" => json!({"hangup": {"reason": "busy"}}),
                        "declined" => json!({"hangup": {"reason": "decline"}}),
                        _ => json!({"hangup": {}}),
                    }),
                    Action::None {} => main.push(json!({"hangup": {}})),
                    Action::Host(action) => self.host_action(&mut main, action, token)?,
                    Action::Lookup(lookup) => return Err(Unsayable(format!("SignalWire cannot look up `{}`", lookup.source))),
                    Action::Menu(_) | Action::Collect(_) => {}
                }
            }
        }
        Ok(json!({"version": "1.0.0", "sections": {"main": main}}))
    }
}

impl Dialect for Swml {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        self.event(request).map(Report::from)
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        Ok(Response::ok("application/json", self.document(instruction)?.to_string()))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        match what {
            What::Queue { keys: true, .. } => {
                Verdict::Cannot("keys cannot be pressed in SignalWire's queues; offer them in a `menu` before the queue".to_owned())
            }
            What::Queue { members, max_length, announce_position, leave_when_empty, .. } => {
                let lost: Vec<&str> = [
                    (*members, "its members (those answer it who connect to `queue:NAME`)"),
                    (*max_length, "`max length`"),
                    (*announce_position, "`announce position`"),
                    (*leave_when_empty, "`leave when empty`"),
                ]
                .into_iter()
                .filter_map(|(asked, name)| asked.then_some(name))
                .collect();
                if lost.is_empty() {
                    Verdict::Can
                } else {
                    Verdict::Differs(format!("of a queue SignalWire does not take {}", lost.join(", ")))
                }
            }
            What::DialOption("caller name") => differs("SWML has no field for the caller's name: only the number is shown"),
            What::DialOption("media relay") => differs("SignalWire always relays media"),
            What::DialOption("codecs") => differs("codecs count for SIP addresses alone, not for telephone numbers"),
            What::DialArm(DialOutcome::Redirected) => differs("SignalWire follows a redirection itself, and never says so"),
            What::DialArm(DialOutcome::Full | DialOutcome::Empty) => differs(
                "SignalWire says of a queue only that nobody took the call: that counts as `timeout`, and `full` and `empty` never come",
            ),
            What::Collect { secret: true, .. } => differs("SignalWire logs what it collects"),
            What::Say(_) => Verdict::Can,
            What::Play(name) => judge_recording(&self.settings, name),
            What::Voicemail { message, arms, mailbox, .. } => {
                let known = mailbox.flatten().is_some_and(|mailbox| self.settings.target("box", mailbox).is_some());
                match judge_greeting(&self.settings, *message) {
                    Verdict::Can if mailbox.is_some() && !known && !self.settings.own.contains_key("recordings") => differs(
                        "nobody is told in which mailbox a message belongs: set `recordings` to an address that is told of recordings",
                    ),
                    Verdict::Can if *arms => differs("SignalWire has no mailbox that could be full: `full` never comes"),
                    verdict => verdict,
                }
            }
            What::Reject(Some(486 | 600 | 603)) => Verdict::Can,
            What::Reject(_) => {
                differs("SignalWire refuses a call as busy (486, 600) or declines it (every other status), and says nothing else")
            }
            What::Redirect { .. } => {
                differs("an address is sent to the caller's system by REFER, after the call is answered; a number is rung from here")
            }
            What::Action(name) => judge_action(&self.settings, name),
            What::Tag => differs("tags are set as the variable `callroute_tags` of the document"),
            What::Priority => differs("the priority is set as the variable `callroute_priority` of the document"),
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings { at_once: AT_ONCE, own_times: true, delays: false, in_sequence: AT_ONCE, trunks: false }
    }

    fn unreachable(&self, address: &str, trunk: Option<&str>) -> Option<String> {
        no_hop("SignalWire", sip::number(address).is_none(), address, trunk)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}

const fn result(outcome: DialOutcome) -> DialResult {
    DialResult { outcome, contact: None, digits: None }
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Attributes are the call's own fields, and the parameters that were given to the document.
fn incoming(call: &Value, body: &Value) -> IncomingCall {
    let mut incoming =
        IncomingCall { from: text(call, "from").map(str::to_owned), to: text(call, "to").map(str::to_owned), ..IncomingCall::default() };
    for fields in [body.get("params"), Some(call), call.get("sip_data")] {
        for (name, value) in fields.and_then(Value::as_object).into_iter().flatten() {
            if !value.is_object() && !value.is_array() && !incoming.attributes.contains_key(name) {
                incoming.attributes.insert(name.clone(), value.clone());
            }
        }
    }
    for header in call.get("headers").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(name), Some(value)) = (text(header, "name"), header.get("value").and_then(Value::as_str)) {
            incoming.headers.push((name.to_owned(), value.to_owned()));
        }
    }
    incoming
}

fn dialled(variables: &Value, over: bool, warnings: &mut Vec<String>) -> DialOutcome {
    if text(variables, "connect_result") == Some("connected") {
        return DialOutcome::Answered;
    }
    if over {
        return DialOutcome::Cancelled;
    }
    let reason = text(variables, "connect_failed_reason").unwrap_or_default().to_ascii_lowercase().replace([' ', '-'], "_");
    let has = |words: &[&str]| words.iter().any(|word| reason.contains(word));
    if has(&["busy"]) {
        DialOutcome::Busy
    } else if has(&["no_answer", "noanswer", "timeout", "timed_out"]) {
        DialOutcome::NoAnswer
    } else if has(&["decline", "reject"]) {
        DialOutcome::Declined
    } else {
        if reason.is_empty() {
            warnings.push("`connect_failed_reason` is missing; it counts as `unreachable`".to_owned());
        }
        DialOutcome::Unreachable
    }
}

/// A number or an address, through a trunk if there is one.
fn to(address: &str, trunk: Option<&str>) -> String {
    plain(&match (sip::number(address), trunk) {
        (Some(number), Some(trunk)) => sip::at(number, trunk),
        (Some(number), None) => number.to_owned(),
        (None, _) => sip::address(address),
    })
}

/// A text in which nothing is a variable of SWML (`${…}`, `%{…}`), on one line.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.replace("${", "$ {").replace("%{", "% {")
}

fn plain_value(value: &Value) -> Value {
    match value {
        Value::String(text) => plain(text).into(),
        Value::Array(list) => list.iter().map(plain_value).collect(),
        other => other.clone(),
    }
}

/// Seconds with a fraction.
fn exactly(Seconds(ms): Seconds) -> Value {
    if ms.is_multiple_of(1000) { (ms / 1000).into() } else { json!(ms as f64 / 1000.0) }
}

fn with_fields(address: &str, field: Option<(&str, &str)>) -> String {
    let Some((name, value)) = field else { return address.to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    format!("{address}{}{query}", if address.contains('?') { '&' } else { '?' })
}
