//! `jambonz`: an open telephone platform (0.9) that asks with JSON and is told a list of verbs.
//!
//! Callbacks have what was asked and the call's token in the query of their address. Whoever picks up, and callers who wait in a queue,
//! are spoken to by answers that change nothing of the call ([`Report::Answered`]).

use callroute_protocol::{
    Action, Collect, Destination, DialOutcome, DialResult, Event, EventKind, Forward, IncomingCall, Instruction, Menu, Prompt, Queue,
    Spoken, Voicemail, VoicemailOutcome,
};
use serde_json::{Map, Value, json};

use crate::dialect::{Dialect, Report, Signature, Unreadable, Unsayable, Verdict};
use crate::legs::{Phone, Rings, phones};
use crate::need::What;
use crate::request::{Fields, Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::signed::{hmac_sha256, unhex};
use crate::words::{
    body_or_query, filled, greeting, judge_action, judge_greeting, judge_recording, needs_address, no_hop, pieces, recording, seconds,
};

/// Settings of its own: what whoever picks up hears when a key is wanted, `{key}` in it; what callers in a queue hear of their place,
/// `{position}` in it; where messages are taken, a SIP address or a web socket, `{box}` in it; and the web socket that records.
const OWN: &[&str] = &["confirm", "position", "mailbox", "recorder"];
/// Characters of one `say` at most.
const SAY: usize = 1000;
/// Seconds that a signature is good for.
const FRESH: i64 = 300;

/// `jambonz`
pub(crate) struct Jambonz {
    settings: Settings,
}

impl Jambonz {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.only("jambonz", OWN)?;
        needs_address("jambonz", &settings)?;
        Ok(Self { settings })
    }

    fn own(&self, name: &str, otherwise: &str) -> String {
        self.settings.own.get(name).map_or(otherwise, String::as_str).to_owned()
    }

    /// Where messages of a box are taken.
    fn mailbox(&self, mailbox: Option<&str>) -> Option<String> {
        let own = mailbox.and_then(|mailbox| self.settings.target("box", mailbox)?.first());
        let template = own.or_else(|| self.settings.own.get("mailbox"))?;
        Some(filled(template, "{box}", mailbox.unwrap_or("default")))
    }

    // What comes in.

    fn event(request: &Request<'_>, query: &Fields, body: &Map<String, Value>) -> Result<Event, Unreadable> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let call_id = text("call_sid").filter(|id| !id.is_empty()).ok_or_else(|| {
            Unreadable(
                "there is no `call_sid`: this address expects what jambonz sends to the calling webhook of an application".to_owned(),
            )
        })?;
        let over = matches!(text("call_status"), Some("completed" | "failed" | "busy" | "no-answer"));
        let mut warnings = Vec::new();
        let mut unknown = |field: &str| {
            warnings.push(format!(
                "`{field}` is {:?}, which this server does not know; it counts as `unreachable`",
                text(field).unwrap_or_default()
            ));
            DialOutcome::Unreachable
        };
        let kind = match query.get("asked") {
            None if over => EventKind::Hangup,
            None => EventKind::IncomingCall(incoming(body)),
            Some("digits") => EventKind::Digits(text("digits").unwrap_or_default().to_owned()),
            Some("played") => EventKind::Played,
            Some("done") => EventKind::Done(text("result").or_else(|| query.get("result")) != Some("failed")),
            Some("dial") => EventKind::DialResult(result(dialled(body, over).unwrap_or_else(|| unknown("dial_call_status")))),
            Some("queue") => EventKind::DialResult(result(match text("queue_result").unwrap_or_default() {
                "bridged" => DialOutcome::Answered,
                "hangup" => DialOutcome::Cancelled,
                // Only what is said to those who wait makes them leave: when they have waited too long.
                "leave" => DialOutcome::Timeout,
                "error" => DialOutcome::Unreachable,
                _ => unknown("queue_result"),
            })),
            Some("recorded") => EventKind::VoicemailResult(VoicemailOutcome::Recorded),
            Some("mailbox") => EventKind::VoicemailResult(match dialled(body, over) {
                Some(DialOutcome::Answered | DialOutcome::Cancelled) => VoicemailOutcome::Recorded,
                _ => VoicemailOutcome::Failed,
            }),
            Some(other) => return Err(Unreadable(format!("`asked={other}` is nothing that this server asks for"))),
        };
        let token = query.get("continue").map(str::to_owned);
        Ok(Event { call_id: call_id.to_owned(), timestamp: request.now, token, kind, warnings })
    }

    /// What is said to whoever picks up: an announcement, and a key that they must press.
    fn whisper(&self, query: &Fields) -> Vec<Value> {
        let mut verbs: Vec<Value> = query.get("announce").map(|text| self.say(text, None)).unwrap_or_default();
        if let Some(key) = query.get("key").filter(|key| !key.is_empty()) {
            let prompt = filled(&self.own("confirm", "Press {key} to take the call."), "{key}", key);
            let digits = key.chars().count().max(1);
            verbs.push(json!({
                "verb": "gather", "input": ["digits"], "minDigits": digits, "maxDigits": digits, "timeout": 10,
                "say": {"text": prompt}, "actionHook": self.settings.callback("confirm", None, &[("key", key)]),
            }));
        }
        verbs
    }

    /// What callers hear while they wait in a queue, until they have waited too long.
    fn wait(&self, query: &Fields, body: &Map<String, Value>) -> Vec<Value> {
        let number = |name: &str| body.get(name).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        let asked = |name: &str| query.get(name).and_then(|value| value.parse::<u64>().ok());
        let waited = number("queue_time").unwrap_or(0);
        if asked("most").is_some_and(|most| waited >= most) {
            return vec![json!({"verb": "leave"})];
        }
        let mut verbs = Vec::new();
        if let (Some(_), Some(position)) = (asked("every"), number("queue_position")) {
            let position = position.saturating_add(1).to_string();
            let text = filled(&self.own("position", "You are number {position} in the queue."), "{position}", &position);
            verbs.extend(self.say(&text, None));
        }
        verbs.push(match query.get("music") {
            Some(music) => json!({"verb": "play", "url": music}),
            None => {
                let left = asked("most").map_or(60, |most| most.saturating_sub(waited));
                json!({"verb": "pause", "length": left.min(asked("every").unwrap_or(60)).clamp(1, 60)})
            }
        });
        verbs
    }

    // What goes out.

    /// A voice is `VENDOR:NAME`, or a name of the vendor that the application has by default.
    fn synthesizer(&self, language: Option<&str>) -> Option<Value> {
        let voice = self.settings.voice(language);
        if voice.is_none() && language.is_none() {
            return None;
        }
        let (vendor, name) = match voice.and_then(|voice| voice.split_once(':')) {
            Some((vendor, name)) => (vendor, Some(name)),
            None => ("default", voice),
        };
        let mut synthesizer = Map::from_iter([("vendor".to_owned(), Value::from(vendor))]);
        let fields = [("language", language.filter(|_| name.is_none())), ("voice", name)];
        synthesizer.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), Value::from(value?)))));
        Some(Value::Object(synthesizer))
    }

    fn saying(&self, text: &str, language: Option<&str>) -> Map<String, Value> {
        let mut say = Map::from_iter([("text".to_owned(), Value::from(text))]);
        say.extend(self.synthesizer(language).map(|synthesizer| ("synthesizer".to_owned(), synthesizer)));
        say
    }

    fn say(&self, text: &str, language: Option<&str>) -> Vec<Value> {
        let verb = |piece: &str| verb("say", self.saying(piece, language));
        pieces(text, SAY).into_iter().map(verb).collect()
    }

    fn prompt(&self, prompt: &Prompt) -> Result<Vec<Value>, Unsayable> {
        Ok(match &prompt.what {
            Spoken::Say(text) => self.say(text, prompt.language.as_deref()),
            Spoken::Play(name) => vec![json!({"verb": "play", "url": recording(&self.settings, name)?})],
        })
    }

    /// The verb that reads keys. It can say or play one thing itself, which a key cuts short: the last of the prompts. What goes before it
    /// is heard whole.
    fn gather(&self, verbs: &mut Vec<Value>, prompts: &[Prompt], mut gather: Map<String, Value>) -> Result<(), Unsayable> {
        let mut heard = Vec::new();
        for prompt in prompts {
            heard.extend(self.prompt(prompt)?);
        }
        if prompts.last().is_some_and(|last| last.interruptible)
            && let Some(Value::Object(mut last)) = heard.pop()
        {
            let name = last.remove("verb").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
            gather.insert(name, Value::Object(last));
        }
        verbs.extend(heard);
        verbs.push(verb("gather", gather));
        Ok(())
    }

    fn menu(menu: &Menu, hook: &str) -> Map<String, Value> {
        let gap = menu.gap.filter(|_| menu.max_digits > 1).map(|gap| seconds(gap.0));
        keys(menu.max_digits, seconds(menu.timeout.0), gap, None, hook)
    }

    fn collect(collect: &Collect, hook: &str) -> Map<String, Value> {
        keys(collect.max_digits, seconds(collect.timeout.0), collect.gap.map(|gap| seconds(gap.0)), collect.ending, hook)
    }

    fn target(&self, phone: &Phone, forward: &Forward) -> Value {
        let address = phone.address.strip_prefix("tel:").unwrap_or(&phone.address);
        let mut target = Map::new();
        let mut put = |name: &str, value: &str| target.insert(name.to_owned(), Value::from(value));
        let is_sip = callroute_numbers::is_sip(address);
        if let Some(user) = address.strip_prefix("user:") {
            put("type", "user");
            put("name", user);
        } else if is_sip {
            put("type", "sip");
            put("sipUri", &crate::sip::address(address));
            if let Some(hop) = forward.via.first() {
                put("proxy", &crate::sip::address(hop));
            }
        } else {
            match forward.via.first() {
                Some(gateway) if gateway.contains(':') => {
                    put("type", "sip");
                    put("sipUri", &crate::sip::at(address, gateway));
                }
                trunk => {
                    put("type", "phone");
                    put("number", address);
                    trunk.into_iter().for_each(|trunk| {
                        put("trunk", trunk);
                    });
                }
            }
        }
        let mut whisper = Vec::new();
        whisper.extend(forward.announce.as_deref().map(|announce| ("announce", announce)));
        whisper.extend(phone.confirm.as_deref().map(|key| ("key", key)));
        if !whisper.is_empty() {
            // In a target the schema takes an address only as an object's: a text would fit two of its forms.
            let hook = json!({"url": self.settings.callback("whisper", None, &whisper), "method": "POST"});
            target.insert("confirmHook".to_owned(), hook);
        }
        Value::Object(target)
    }

    fn dial(&self, forward: &Forward, hook: Option<String>) -> Result<Value, Unsayable> {
        let phones = phones(forward);
        if phones.is_empty() || phones.len() > self.rings().at_once || forward.via.len() > 1 {
            return Err(Unsayable("a group that is not in legs".to_owned()));
        }
        let trunk = forward.via.first().map(String::as_str);
        if let Some(why) = phones.iter().find_map(|phone| self.unreachable(&phone.address, trunk)) {
            return Err(Unsayable(why));
        }
        let targets: Vec<Value> = phones.iter().map(|phone| self.target(phone, forward)).collect();
        let mut dial = Map::from_iter([("answerOnBridge".to_owned(), Value::from(true)), ("target".to_owned(), Value::from(targets))]);
        let mut put = |name: &str, value: Option<Value>| dial.extend(value.map(|value| (name.to_owned(), value)));
        put("timeout", forward.timeout.map(|timeout| seconds(timeout.0).into()));
        put("callerId", forward.caller_id.as_deref().map(Value::from));
        put("callerName", forward.caller_name.as_deref().map(one_line).map(Value::from));
        put("dialMusic", forward.music.as_deref().map(|music| recording(&self.settings, music).map(Value::from)).transpose()?);
        put("anchorMedia", forward.media.map(|_| Value::from(true)));
        let headers: Map<String, Value> =
            forward.headers.iter().map(|header| (header.name.clone(), Value::from(one_line(&header.value)))).collect();
        put("headers", (!headers.is_empty()).then_some(Value::Object(headers)));
        put("actionHook", hook.map(Value::from));
        if forward.record {
            let url = self
                .settings
                .own
                .get("recorder")
                .ok_or_else(|| Unsayable("nothing records: the settings have no `recorder`".to_owned()))?;
            put("listen", Some(json!({"url": url, "mixType": "stereo", "disableBidirectionalAudio": true})));
        }
        Ok(verb("dial", dial))
    }

    fn enqueue(&self, queue: &Queue, forward: &Forward, priority: Option<&serde_json::Number>, hook: Option<String>) -> Value {
        let name = queue.members.name.as_deref().unwrap_or_default();
        let target = self.settings.target("queue", name).and_then(|targets| targets.first()).map_or(name, String::as_str);
        let most = [forward.timeout, queue.max_wait].into_iter().flatten().min().map(|most| seconds(most.0).to_string());
        let every = queue.announce_position.map(|every| seconds(every.0).to_string());
        let music = forward.music.as_deref().or(queue.music.as_deref()).and_then(|music| self.settings.recording(music));
        let more: Vec<(&str, &str)> = [("most", &most), ("every", &every), ("music", &music)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect();
        let mut enqueue = Map::from_iter([("name".to_owned(), Value::from(target))]);
        if !more.is_empty() {
            enqueue.insert("waitHook".to_owned(), self.settings.callback("wait", None, &more).into());
        }
        enqueue.extend(hook.map(|hook| ("actionHook".to_owned(), Value::from(hook))));
        // Lower numbers come first here.
        let priority = priority.and_then(serde_json::Number::as_f64).map(|priority| json!((1000.0 - priority).clamp(0.0, 10_000.0)));
        enqueue.extend(priority.map(|priority| ("priority".to_owned(), priority)));
        verb("enqueue", enqueue)
    }

    fn voicemail(&self, verbs: &mut Vec<Value>, voicemail: &Voicemail, token: Option<&str>) -> Result<(), Unsayable> {
        let mailbox = voicemail.mailbox.as_deref();
        let place = self.mailbox(mailbox).ok_or_else(|| Unsayable("nothing takes messages: the settings have no `mailbox`".to_owned()))?;
        match greeting(&self.settings, &voicemail.message) {
            Some(Spoken::Say(text)) => verbs.extend(self.say(&text, None)),
            Some(Spoken::Play(address)) => verbs.push(json!({"verb": "play", "url": address})),
            // The beep tells callers what to do.
            None => {}
        }
        if place.starts_with("ws") {
            let mut listen = Map::from_iter([
                ("url".to_owned(), Value::from(place)),
                ("playBeep".to_owned(), Value::from(true)),
                ("finishOnKey".to_owned(), Value::from("#")),
                ("disableBidirectionalAudio".to_owned(), Value::from(true)),
                ("metadata".to_owned(), json!({"box": mailbox, "message": voicemail.message})),
            ]);
            listen.extend(voicemail.max_duration.map(|most| ("maxLength".to_owned(), Value::from(seconds(most.0)))));
            listen.extend(token.map(|token| ("actionHook".to_owned(), self.settings.callback("recorded", Some(token), &[]).into())));
            verbs.push(verb("listen", listen));
        } else {
            let mut dial = Map::from_iter([("target".to_owned(), json!([{"type": "sip", "sipUri": crate::sip::address(&place)}]))]);
            dial.extend(voicemail.max_duration.map(|most| ("timeLimit".to_owned(), Value::from(seconds(most.0)))));
            dial.extend(token.map(|token| ("actionHook".to_owned(), self.settings.callback("mailbox", Some(token), &[]).into())));
            verbs.push(verb("dial", dial));
        }
        Ok(())
    }

    fn verbs(&self, instruction: &Instruction) -> Result<Vec<Value>, Unsayable> {
        let token = instruction.token.as_deref();
        let hook = |asked: &str| token.map(|token| self.settings.callback(asked, Some(token), &[]));
        let needed = |asked: &str| hook(asked).ok_or_else(|| Unsayable(format!("`{}` without `continue`", instruction.action.name())));
        let mut verbs = Vec::new();
        if !instruction.tags.is_empty() {
            verbs.push(json!({"verb": "tag", "data": {"tags": instruction.tags}}));
        }
        let prompts = &instruction.prompts;
        match &instruction.action {
            Action::Menu(menu) => self.gather(&mut verbs, prompts, Self::menu(menu, &needed("digits")?))?,
            Action::Collect(collect) => self.gather(&mut verbs, prompts, Self::collect(collect, &needed("digits")?))?,
            action => {
                for prompt in prompts {
                    verbs.extend(self.prompt(prompt)?);
                }
                match action {
                    Action::Forward(forward) => verbs.push(match &forward.destination {
                        Destination::Queue(queue) => self.enqueue(queue, forward, instruction.priority.as_ref(), hook("queue")),
                        _ => self.dial(forward, hook("dial"))?,
                    }),
                    Action::Play {} => verbs.extend(hook("played").map(|hook| json!({"verb": "redirect", "actionHook": hook}))),
                    Action::Voicemail(voicemail) => self.voicemail(&mut verbs, voicemail, token)?,
                    Action::Reject(reject) => {
                        let mut decline = Map::from_iter([("status".to_owned(), Value::from(reject.code))]);
                        decline.extend(reject.text.as_deref().map(|text| ("reason".to_owned(), Value::from(one_line(text)))));
                        // A call that was answered already can only be ended.
                        verbs.extend([verb("sip:decline", decline), json!({"verb": "hangup"})]);
                    }
                    Action::Redirect(redirect) => {
                        let to = match crate::sip::number(&redirect.to) {
                            Some(number) => format!("tel:{number}"),
                            None => crate::sip::address(&redirect.to),
                        };
                        let headers = json!({"Contact": format!("<{to}>")});
                        verbs.extend([
                            json!({"verb": "sip:decline", "status": redirect.code, "headers": headers}),
                            json!({"verb": "hangup"}),
                        ]);
                    }
                    Action::Hangup { .. } => verbs.push(json!({"verb": "hangup"})),
                    Action::None {} | Action::Menu(_) | Action::Collect(_) => {}
                    Action::Host(action) => {
                        let Some(address) = self.settings.actions.get(&action.action) else {
                            return Err(Unsayable(format!("the settings do not say what the action `{}` is", action.action)));
                        };
                        let mut query = form_urlencoded::Serializer::new(String::new());
                        for (name, value) in &action.args {
                            query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                        }
                        query.extend_pairs(hook("done").map(|hook| ("callback", hook)));
                        let separator = if address.contains('?') { '&' } else { '?' };
                        verbs.push(json!({"verb": "redirect", "actionHook": format!("{address}{separator}{}", query.finish())}));
                    }
                    Action::Lookup(lookup) => return Err(Unsayable(format!("jambonz cannot look up `{}`", lookup.source))),
                }
            }
        }
        Ok(verbs)
    }
}

fn verb(name: &str, mut fields: Map<String, Value>) -> Value {
    fields.shift_insert(0, "verb".to_owned(), Value::from(name));
    Value::Object(fields)
}

fn keys(most: u32, timeout: u64, gap: Option<u64>, ending: Option<&str>, hook: &str) -> Map<String, Value> {
    let mut gather = Map::from_iter([
        ("input".to_owned(), json!(["digits"])),
        ("minDigits".to_owned(), Value::from(1)),
        ("maxDigits".to_owned(), Value::from(most)),
        ("timeout".to_owned(), Value::from(timeout)),
        ("dtmfBargein".to_owned(), Value::from(true)),
        ("actionHook".to_owned(), Value::from(hook)),
    ]);
    gather.extend(gap.map(|gap| ("interDigitTimeout".to_owned(), Value::from(gap))));
    gather.extend(ending.map(|ending| ("finishOnKey".to_owned(), Value::from(ending))));
    gather
}

/// A header's value or a reason phrase: no line ends.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

const fn result(outcome: DialOutcome) -> DialResult {
    DialResult { outcome, contact: None, digits: None }
}

fn dialled(body: &Map<String, Value>, over: bool) -> Option<DialOutcome> {
    let status = body.get("dial_sip_status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    Some(match body.get("dial_call_status").and_then(Value::as_str).unwrap_or_default() {
        "completed" => DialOutcome::Answered,
        _ if over => DialOutcome::Cancelled,
        "busy" => DialOutcome::Busy,
        // Answered, and the key was not pressed, or still ringing.
        "no-answer" | "trying" | "ringing" | "early-media" | "in-progress" => DialOutcome::NoAnswer,
        "failed" => match status.and_then(DialOutcome::from_sip) {
            // Where to is not said.
            None | Some(DialOutcome::Redirected | DialOutcome::Answered) => DialOutcome::Unreachable,
            Some(DialOutcome::Cancelled) => DialOutcome::NoAnswer,
            Some(outcome) => outcome,
        },
        _ => return None,
    })
}

fn incoming(body: &Map<String, Value>) -> IncomingCall {
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut attributes = Map::new();
    for own in ["customerData", "customer_data", "env_vars"] {
        attributes
            .extend(body.get(own).and_then(Value::as_object).into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
    }
    for (name, value) in body.iter().filter(|(_, value)| !value.is_object()) {
        attributes.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    let headers = body.get("sip").and_then(|sip| sip.get("headers")).and_then(Value::as_object);
    let headers = headers.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    IncomingCall { from: text("from"), to: text("to"), language: None, attributes, headers }
}

fn told(verbs: &[Value]) -> Response {
    Response::ok("application/json", Value::from(verbs).to_string())
}

impl Dialect for Jambonz {
    fn name(&self) -> &'static str {
        "jambonz"
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        let query = request.query_fields();
        let body = body_or_query(request)?;
        let over = matches!(body.get("call_status").and_then(Value::as_str), Some("completed" | "failed" | "busy" | "no-answer"));
        let answer = match query.get("asked") {
            Some("whisper") => self.whisper(&query),
            Some("confirm") => {
                let right = body.get("digits").and_then(Value::as_str).is_some_and(|digits| Some(digits) == query.get("key"));
                if right { Vec::new() } else { vec![json!({"verb": "hangup"})] }
            }
            Some("wait") => self.wait(&query, &body),
            Some("status") if !over => Vec::new(),
            Some("status") => {
                let query = Fields::default();
                return Self::event(request, &query, &body).map(Report::from);
            }
            _ => return Self::event(request, &query, &body).map(Report::from),
        };
        Ok(Report::Answered(told(&answer)))
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        self.verbs(instruction).map(|verbs| told(&verbs))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        match what {
            What::Queue { name, members, max_length, max_wait, leave_when_empty, keys, announce_position } => {
                let known = name.is_some_and(|name| self.settings.target("queue", name).is_some());
                if *keys {
                    return Verdict::Cannot(
                        "keys cannot be pressed in jambonz's queues; offer them in a `menu` before the queue".to_owned(),
                    );
                }
                if *members && !known {
                    let name = name.unwrap_or("support");
                    return Verdict::Cannot(format!(
                        "jambonz's queues have no members, so nobody would be rung: under `targets`, `\"queue {name}\" = [\"{name}\"]` names a queue \
                         that people take calls from; or `ring` the members"
                    ));
                }
                let differences = [
                    (*members, "whom the queue rings, and how, is not this server's business: its members in the script count for nothing"),
                    (*max_length, "queues have no `max length` here"),
                    (
                        *leave_when_empty,
                        "jambonz does not say whether somebody is there: `leave when empty` counts for nothing, `max wait` does",
                    ),
                    (*max_wait, "whether somebody has waited too long is looked at whenever the music is over, or once a minute"),
                    (*announce_position, "callers hear their position whenever the music begins again"),
                ];
                let differences: Vec<&str> = differences.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
                if differences.is_empty() { Verdict::Can } else { Verdict::Differs(differences.join("; ")) }
            }
            What::DialOption("codecs") => differs("jambonz chooses the codecs itself"),
            What::DialOption("record") if !self.settings.own.contains_key("recorder") => Verdict::Cannot(
                "jambonz streams what it records to a web socket: in the settings, `recorder = \"wss://…\"` says to which".to_owned(),
            ),
            What::DialArm(DialOutcome::Redirected) => differs("jambonz does not say where a redirection leads: it counts as `unreachable`"),
            What::DialArm(DialOutcome::Full | DialOutcome::Empty) => differs("jambonz's queues are never `full` or `empty`"),
            What::Play(name) => judge_recording(&self.settings, name),
            What::Voicemail { message, mailbox, arms, .. } => match judge_greeting(&self.settings, *message) {
                Verdict::Can => {
                    if self.mailbox(mailbox.flatten()).is_none() {
                        return Verdict::Cannot(
                            "jambonz takes no messages itself: in the settings, `mailbox = \"sip:{box}@voicemail.example.com\"` (a mail system that is \
                             called) or `mailbox = \"wss://…\"` (a web socket that records); or under `targets` one for each `\"box NAME\"`"
                                .to_owned(),
                        );
                    }
                    if *arms { differs("a mailbox is never `full` here") } else { Verdict::Can }
                }
                verdict => verdict,
            },
            What::Action(name) => judge_action(&self.settings, name),
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings { at_once: 10, ..Rings::ONE }
    }

    fn unreachable(&self, address: &str, trunk: Option<&str>) -> Option<String> {
        // A trunk that is an address is the next hop of another one; a carrier's name is for numbers.
        let is_sip = callroute_numbers::is_sip(address);
        let own = address.starts_with("user:") || (is_sip && trunk.is_some_and(|trunk| !trunk.contains(':')));
        no_hop("jambonz", own, address, trunk)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }

    fn signature(&self, request: &Request<'_>) -> Signature {
        if self.settings.secrets.is_empty() {
            return Signature::None;
        }
        let Some(header) = request.header("jambonz-signature") else {
            return Signature::Invalid("the header `Jambonz-Signature` is missing".to_owned());
        };
        if request.method != "POST" {
            return Signature::Invalid("jambonz signs a body, and this request has none: let the webhook be asked with POST".to_owned());
        }
        let fields = || header.split(',').filter_map(|field| field.trim().split_once('='));
        let time = fields().find(|(name, _)| *name == "t").map(|(_, time)| time);
        let Some((time, at)) = time.and_then(|time| Some((time, time.parse::<i64>().ok()?))) else {
            return Signature::Invalid("`Jambonz-Signature` does not say when it was made (`t=`)".to_owned());
        };
        if request.now.abs_diff(at) > FRESH.unsigned_abs() {
            return Signature::Invalid(format!("`Jambonz-Signature` was made more than {FRESH} seconds ago, or the clocks differ"));
        }
        let codes = fields().filter(|(name, _)| *name == "v1").filter_map(|(_, code)| unhex(code));
        let valid = |code: &Vec<u8>| hmac_sha256(&self.settings.secrets, &[time.as_bytes(), b".", request.body], code);
        if codes.take(4).filter(valid).count() > 0 {
            Signature::Valid
        } else {
            Signature::Invalid("`Jambonz-Signature` does not fit: `secrets` must hold the webhook secret of the account".to_owned())
        }
    }
}
