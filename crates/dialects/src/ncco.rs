//! `ncco`: Vonage. Webhooks come as a query or as JSON, answers are a list of actions.
//!
//! Numbers have no `+` there; scripts see and say E.164. A call is known by its conversation, which all of its legs share. What needs an
//! event of its own afterwards (prompts alone, a message) ends in a `notify`, whose answer goes on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callroute_protocol::{
    Action, Destination, DialOutcome, DialResult, Event, EventKind, Forward, IncomingCall, Instruction, Prompt, Spoken, Voicemail,
    VoicemailOutcome,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::dialect::{Dialect, Report, Signature, Unreadable, Unsayable, Verdict};
use crate::legs::{Rings, phones};
use crate::need::What;
use crate::request::{Fields, Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::signed::{hmac_sha256, unhex};
use crate::words::{
    body_or_query, greeting, judge_action, judge_greeting, judge_recording, needs_address, no_hop, pieces, recording, seconds,
};

/// Settings of its own: the number that is shown where a script says none, and who is told of recordings.
const OWN: &[&str] = &["from", "recordings"];
/// Characters of one `talk` at most.
const TALK: usize = 1500;
/// Seconds that a caller may take for a key at most, and keys of one input.
const WAIT: u64 = 10;
const KEYS: u32 = 20;
/// Seconds of a message at most, and at least.
const MESSAGE: (u64, u64) = (3, 7200);
/// Seconds that a signature is good for.
const FRESH: i64 = 300;

/// `ncco`
pub(crate) struct Ncco {
    settings: Settings,
}

impl Ncco {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.only("ncco", OWN)?;
        needs_address("ncco", &settings)?;
        if settings.own.get("from").is_some_and(|from| plain(from).is_none()) {
            return Err(SettingsError::Wrong("ncco", "from", "must be a telephone number, such as `+13146523057`".to_owned()));
        }
        Ok(Self { settings })
    }

    // What comes in.

    fn event(request: &Request<'_>, query: &Fields, body: &Map<String, Value>) -> Result<Report, Unreadable> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).or_else(|| query.get(name)).filter(|text| !text.is_empty());
        let call_id = text("conversation_uuid").or_else(|| text("uuid")).ok_or_else(|| {
            Unreadable("there is no `conversation_uuid`: this address expects what Vonage sends to an application's answer URL".to_owned())
        })?;
        let mut warnings = Vec::new();
        let kind = match query.get("asked") {
            None => EventKind::IncomingCall(incoming(request, query, body)),
            Some("digits") => EventKind::Digits(digits(body)),
            Some("played") => EventKind::Played,
            Some("done") => EventKind::Done(text("result") != Some("failed")),
            Some("voicemail") => EventKind::VoicemailResult(VoicemailOutcome::Recorded),
            Some("dial") => {
                let outcome = match text("status").unwrap_or_default() {
                    "busy" => DialOutcome::Busy,
                    "timeout" | "unanswered" => DialOutcome::NoAnswer,
                    "rejected" => DialOutcome::Declined,
                    "failed" => DialOutcome::Unreachable,
                    "completed" => DialOutcome::Answered,
                    "cancelled" => DialOutcome::Cancelled,
                    // On the way to one of these; an answer with actions would take the place of what is being done.
                    "started" | "ringing" | "answered" | "human" | "machine" | "record" => return Ok(nothing()),
                    other => {
                        warnings.push(format!("`status` is {other:?}, which this server does not know; it counts as `unreachable`"));
                        DialOutcome::Unreachable
                    }
                };
                EventKind::DialResult(DialResult { outcome, contact: None, digits: None })
            }
            Some("status") if matches!(text("status"), Some("completed" | "failed" | "rejected" | "cancelled")) => EventKind::Hangup,
            Some("status" | "recorded") => return Ok(nothing()),
            Some(other) => return Err(Unreadable(format!("`asked={other}` is nothing that this server asks for"))),
        };
        let token = query.get("continue").map(str::to_owned).filter(|_| query.get("asked") != Some("status"));
        Ok(Event { call_id: call_id.to_owned(), timestamp: request.now, token, kind, warnings }.into())
    }

    // What goes out.

    /// A voice is `LANGUAGE`, or `LANGUAGE:STYLE` with the number of a style.
    fn talk(&self, text: &str, language: Option<&str>, interruptible: bool) -> Vec<Value> {
        let voice = self.settings.voice(language);
        let (language, style) = match voice.map(|voice| voice.split_once(':').unwrap_or((voice, ""))) {
            Some((language, style)) => (Some(language), style.parse::<u32>().ok()),
            None => (language, None),
        };
        let talk = |piece: &str| {
            let mut talk = action("talk", [("text", Some(Value::from(piece)))]);
            talk.extend(language.map(|language| ("language".to_owned(), Value::from(language))));
            talk.extend(style.map(|style| ("style".to_owned(), Value::from(style))));
            if interruptible {
                talk.insert("bargeIn".to_owned(), true.into());
            }
            Value::Object(talk)
        };
        pieces(text, TALK).into_iter().filter(|piece| !piece.is_empty()).map(talk).collect()
    }

    fn stream(address: &str, interruptible: bool) -> Value {
        let barge = interruptible.then(|| Value::from(true));
        Value::Object(action("stream", [("streamUrl", Some(json!([address]))), ("bargeIn", barge)]))
    }

    /// Prompts. A key may cut short those at the end that an input follows.
    fn prompts(&self, prompts: &[Prompt], input: bool) -> Result<Vec<Value>, Unsayable> {
        let first = if input { prompts.iter().rposition(|prompt| !prompt.interruptible).map_or(0, |last| last + 1) } else { prompts.len() };
        let mut actions = Vec::new();
        for (index, prompt) in prompts.iter().enumerate() {
            match &prompt.what {
                Spoken::Say(text) => actions.extend(self.talk(text, prompt.language.as_deref(), index >= first)),
                Spoken::Play(name) => actions.push(Self::stream(&recording(&self.settings, name)?, index >= first)),
            }
        }
        Ok(actions)
    }

    fn notify(callback: &str) -> Value {
        json!({"action": "notify", "payload": {}, "eventUrl": [callback], "eventMethod": "POST"})
    }

    fn endpoint(&self, address: &str, forward: &Forward) -> Result<Value, Unsayable> {
        if let Some(why) = self.unreachable(address, forward.via.first().map(String::as_str)) {
            return Err(Unsayable(why));
        }
        let address = address.strip_prefix("tel:").unwrap_or(address);
        if let Some(user) = address.strip_prefix("app:") {
            return Ok(json!({"type": "app", "user": user}));
        }
        if let Some(extension) = address.strip_prefix("vbc:") {
            return Ok(json!({"type": "vbc", "extension": extension}));
        }
        let is_sip = callroute_numbers::is_sip(address);
        let uri = match forward.via.first() {
            Some(gateway) if !is_sip => Some(crate::sip::at(address, gateway)),
            _ => is_sip.then(|| crate::sip::address(address)),
        };
        if let Some(uri) = uri {
            let mut endpoint = Map::from_iter([("type".to_owned(), Value::from("sip")), ("uri".to_owned(), Value::from(uri))]);
            // They get their `X-` there.
            let own = forward.headers.iter().filter_map(|header| Some((header.name.get(2..)?.to_owned(), header)));
            let own = own.filter(|(_, header)| header.name.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("x-")));
            let headers: Map<String, Value> = own.map(|(name, header)| (name, Value::from(header.value.as_str()))).collect();
            if !headers.is_empty() {
                endpoint.insert("headers".to_owned(), Value::Object(headers));
            }
            return Ok(Value::Object(endpoint));
        }
        let number = plain(address).ok_or_else(|| Unsayable(no_number(address)))?;
        let mut endpoint = Map::from_iter([("type".to_owned(), Value::from("phone")), ("number".to_owned(), Value::from(number))]);
        if let Some(announce) = forward.announce.as_deref() {
            endpoint.insert("onAnswer".to_owned(), json!({"url": self.settings.callback("whisper", None, &[("announce", announce)])}));
        }
        Ok(Value::Object(endpoint))
    }

    fn connect(&self, forward: &Forward, callback: Option<String>) -> Result<Vec<Value>, Unsayable> {
        let phones = phones(forward);
        let ([phone], true) = (phones.as_slice(), forward.via.len() <= 1) else {
            return Err(Unsayable("a group that is not in legs".to_owned()));
        };
        if phone.confirm.is_some() {
            return Err(Unsayable("Vonage puts whoever picks up through at once, so no key can be asked for".to_owned()));
        }
        let shown = forward.caller_id.as_deref().and_then(plain).or_else(|| plain(self.settings.own.get("from")?));
        let random = shown.is_none().then(|| Value::from(true));
        let synchronous = callback.is_some().then(|| Value::from("synchronous"));
        let music = forward.music.as_deref().map(|music| recording(&self.settings, music)).transpose()?;
        let mut actions = Vec::new();
        if forward.record {
            let url = self.settings.own.get("recordings").cloned().unwrap_or_else(|| self.settings.callback("recorded", None, &[]));
            actions.push(json!({"action": "record", "split": "conversation", "channels": 2, "eventUrl": [url]}));
        }
        actions.push(Value::Object(action(
            "connect",
            [
                ("from", shown.map(Value::from)),
                ("randomFromNumber", random),
                ("timeout", forward.timeout.map(|timeout| seconds(timeout.0).into())),
                ("eventType", synchronous),
                ("eventUrl", callback.map(|callback| json!([callback]))),
                ("ringbackTone", music.map(|music| json!([music]))),
                ("endpoint", Some(json!([self.endpoint(&phone.address, forward)?]))),
            ],
        )));
        Ok(actions)
    }

    fn input(most: u32, wait: u64, hash: bool, callback: &str) -> Value {
        let dtmf = json!({"timeOut": wait.min(WAIT), "maxDigits": most.min(KEYS), "submitOnHash": hash});
        json!({"action": "input", "type": ["dtmf"], "dtmf": dtmf, "eventUrl": [callback], "eventMethod": "POST"})
    }

    fn voicemail(&self, voicemail: &Voicemail, token: Option<&str>) -> Vec<Value> {
        let mut actions = match greeting(&self.settings, &voicemail.message) {
            Some(Spoken::Say(text)) => self.talk(&text, None, false),
            Some(Spoken::Play(address)) => vec![Self::stream(&address, false)],
            // The beep tells callers what to do.
            None => Vec::new(),
        };
        let own = voicemail.mailbox.as_deref().and_then(|mailbox| self.settings.target("box", mailbox)?.first());
        let url =
            own.or_else(|| self.settings.own.get("recordings")).cloned().unwrap_or_else(|| self.settings.callback("recorded", None, &[]));
        let most = voicemail.max_duration.map(|most| Value::from(seconds(most.0).clamp(MESSAGE.0, MESSAGE.1)));
        let mut record =
            action("record", [("beepStart", Some(true.into())), ("endOnKey", Some("#".into())), ("endOnSilence", Some(10.into()))]);
        record.extend(most.map(|most| ("timeOut".to_owned(), most)));
        record.insert("eventUrl".to_owned(), json!([url]));
        actions.push(Value::Object(record));
        actions.extend(token.map(|token| Self::notify(&self.settings.callback("voicemail", Some(token), &[]))));
        actions
    }

    fn actions(&self, instruction: &Instruction) -> Result<Vec<Value>, Unsayable> {
        let token = instruction.token.as_deref();
        let callback = |asked: &str| token.map(|token| self.settings.callback(asked, Some(token), &[]));
        let needed = |asked: &str| callback(asked).ok_or_else(|| Unsayable(format!("`{}` without `continue`", instruction.action.name())));
        let input = matches!(instruction.action, Action::Menu(_) | Action::Collect(_));
        let mut actions = self.prompts(&instruction.prompts, input)?;
        let longer = |wait: u64, gap: Option<u64>| seconds(wait.max(gap.unwrap_or(0)));
        match &instruction.action {
            Action::Menu(menu) => {
                let wait = longer(menu.timeout.0, menu.gap.map(|gap| gap.0));
                actions.push(Self::input(menu.max_digits, wait, false, &needed("digits")?));
            }
            Action::Collect(collect) => {
                let wait = longer(collect.timeout.0, collect.gap.map(|gap| gap.0));
                actions.push(Self::input(collect.max_digits, wait, collect.ending == Some("#"), &needed("digits")?));
            }
            Action::Forward(forward) => match &forward.destination {
                Destination::Queue(_) => return Err(Unsayable("Vonage has no queues".to_owned())),
                _ => actions.extend(self.connect(forward, callback("dial"))?),
            },
            Action::Play {} => actions.extend(callback("played").map(|callback| Self::notify(&callback))),
            Action::Voicemail(voicemail) => actions.extend(self.voicemail(voicemail, token)),
            // The end of the list is the end of the call.
            Action::Reject(_) | Action::Hangup { .. } | Action::None {} => {}
            Action::Host(host) => {
                let Some(address) = self.settings.actions.get(&host.action) else {
                    return Err(Unsayable(format!("the settings do not say what the action `{}` is", host.action)));
                };
                let payload = json!({"action": host.action, "args": host.args, "callback": callback("done")});
                actions.push(json!({"action": "notify", "payload": payload, "eventUrl": [address], "eventMethod": "POST"}));
            }
            Action::Redirect(redirect) => {
                return Err(Unsayable(format!("Vonage cannot send the caller's system to {}; `dial` rings it", redirect.to)));
            }
            Action::Lookup(lookup) => return Err(Unsayable(format!("Vonage cannot look up `{}`", lookup.source))),
        }
        Ok(actions)
    }
}

fn action<const N: usize>(name: &str, fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    let mut action = Map::from_iter([("action".to_owned(), Value::from(name))]);
    action.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    action
}

/// A number without `+`, as Vonage has it.
fn plain(number: &str) -> Option<&str> {
    let digits = number.strip_prefix("tel:").unwrap_or(number);
    let digits = digits.strip_prefix('+').unwrap_or(digits);
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    fits.then_some(digits)
}

fn no_number(address: &str) -> String {
    format!(
        "Vonage dials numbers of 7 to 15 digits, `sip:`, `app:` and `vbc:` addresses, and `{address}` is none; `via` a trunk, which is a SIP \
         address, it can be dialled"
    )
}

/// A number as scripts have it.
fn e164(text: &str) -> String {
    if !text.starts_with('+') && plain(text).is_some() { format!("+{text}") } else { text.to_owned() }
}

fn nothing() -> Report {
    Report::Answered(Response { status: 204, content_type: "application/json", body: String::new() })
}

fn incoming(request: &Request<'_>, query: &Fields, body: &Map<String, Value>) -> IncomingCall {
    let mut call = IncomingCall::default();
    if request.method != "GET" {
        query.iter().for_each(|(name, value)| drop(call.attributes.insert(name.to_owned(), Value::from(value))));
    }
    for (name, value) in body {
        match (name.strip_prefix("SipHeader_"), value.as_str()) {
            (Some(header), Some(value)) => call.headers.push((header.to_owned(), value.to_owned())),
            _ => drop(call.attributes.insert(name.clone(), value.clone())),
        }
    }
    let party = |name: &str| call.attributes.get(name).and_then(Value::as_str).map(e164);
    (call.from, call.to) = (party("from"), party("to"));
    call
}

/// What was pressed: an object in newer applications, a text in older ones.
fn digits(body: &Map<String, Value>) -> String {
    let dtmf = body.get("dtmf");
    let digits = dtmf.and_then(|dtmf| dtmf.get("digits")).or(dtmf).and_then(Value::as_str);
    digits.unwrap_or_default().to_owned()
}

fn told(actions: &[Value]) -> Response {
    Response::ok("application/json", Value::from(actions).to_string())
}

impl Dialect for Ncco {
    fn name(&self) -> &'static str {
        "ncco"
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        let query = request.query_fields();
        if query.get("asked") == Some("whisper") {
            let announce = query.get("announce").unwrap_or_default();
            return Ok(Report::Answered(told(&self.talk(announce, None, false))));
        }
        Self::event(request, &query, &body_or_query(request)?)
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        self.actions(instruction).map(|actions| told(&actions))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        let cannot = |text: &str| Verdict::Cannot(text.to_owned());
        match what {
            What::Queue { .. } | What::External(callroute_runtime::TargetKind::Queue, _) => {
                cannot("Vonage has no queues; `ring in order` the people, or `dial` the address of a system that has one")
            }
            What::Ring { confirms: true, .. } | What::DialOption("confirm") => cannot(
                "Vonage puts whoever picks up through at once, so no key can be asked for; leave out `confirm`, or let `announce` say whose call it is",
            ),
            What::DialOption("caller id") => {
                differs("a caller id must be a number of one's own; other than a telephone number it is not shown")
            }
            What::DialOption("caller name") => differs("Vonage shows no names: the caller's name is dropped"),
            What::DialOption("announce") => differs("announcements are heard on telephone numbers only"),
            What::DialOption("header") => differs("headers go along to `sip:` addresses, and only those that begin with `X-`"),
            What::DialOption("codecs") => differs("Vonage chooses the codecs itself"),
            What::DialOption("record") if !self.settings.own.contains_key("recordings") => {
                differs("recordings stay with Vonage, unless the settings say who is told of them, `recordings = \"https://…\"`")
            }
            What::DialArm(DialOutcome::Redirected) => differs("Vonage follows redirections itself: `redirected` never comes"),
            What::Menu { max_digits, gap, wait, .. } => keys_verdict((*max_digits).into(), *gap, *wait, None),
            What::Collect { max, ending, wait, .. } => keys_verdict((*max).into(), *max > 1, *wait, *ending),
            What::Play(name) => judge_recording(&self.settings, name),
            What::Voicemail { message, mailbox, arms, .. } => match judge_greeting(&self.settings, *message) {
                Verdict::Can => {
                    let known = |mailbox: &str| self.settings.target("box", mailbox).is_some();
                    if !mailbox.flatten().is_some_and(known) && !self.settings.own.contains_key("recordings") {
                        return differs(
                            "Vonage has no mailboxes: recordings stay there, unless the settings say who is told of them, \
                             `recordings = \"https://…\"` or under `targets` `\"box NAME\" = [\"https://…\"]`",
                        );
                    }
                    if *arms { differs("a mailbox is never `full` here, and `failed` never comes") } else { Verdict::Can }
                }
                verdict => verdict,
            },
            What::Reject(_) => differs("Vonage refuses no calls: this one is ended, and the caller's side is not told why"),
            What::Redirect { .. } => cannot("Vonage cannot send the caller's system elsewhere; `dial` rings the number instead"),
            What::Action(name) => judge_action(&self.settings, name),
            What::Tag => differs("Vonage cannot mark calls: tags are in this server's log only"),
            What::Priority => differs("Vonage has no queues, so priorities count for nothing"),
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings::ONE
    }

    fn unreachable(&self, address: &str, trunk: Option<&str>) -> Option<String> {
        let address = address.strip_prefix("tel:").unwrap_or(address);
        let own = ["app:", "vbc:"].iter().any(|own| address.starts_with(own)) || callroute_numbers::is_sip(address);
        match trunk {
            Some(_) => no_hop("Vonage", own, address, trunk),
            None => (!own && plain(address).is_none()).then(|| no_number(address)),
        }
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }

    /// JSON Web Tokens (RFC 7519) with HMAC-SHA256 and nothing else, over the body's hash.
    fn signature(&self, request: &Request<'_>) -> Signature {
        if self.settings.secrets.is_empty() {
            return Signature::None;
        }
        let invalid = |why: &str| Signature::Invalid(why.to_owned());
        let Some(token) = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")) else {
            return invalid("the header `Authorization` has no token: signed webhooks must be on for the application");
        };
        let Some((signed, code)) = token.trim().rsplit_once('.') else { return invalid("the token is none") };
        let part = |index: usize| -> Option<Map<String, Value>> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split('.').nth(index)?).ok()?).ok()
        };
        let Ok(code) = URL_SAFE_NO_PAD.decode(code) else { return invalid("the token is none") };
        if !hmac_sha256(&self.settings.secrets, &[signed.as_bytes()], &code) {
            return invalid("the token does not fit: `secrets` must hold the account's signature secret");
        }
        let (Some(head), Some(claims)) = (part(0), part(1)) else { return invalid("the token is none") };
        if head.get("alg").and_then(Value::as_str) != Some("HS256") {
            return invalid("the token is not signed with HS256");
        }
        if claims.get("iat").and_then(Value::as_i64).is_none_or(|at| request.now.abs_diff(at) > FRESH.unsigned_abs()) {
            return Signature::Invalid(format!("the token was made more than {FRESH} seconds ago, or the clocks differ"));
        }
        let hash = claims.get("payload_hash").and_then(Value::as_str).and_then(unhex);
        let fits = match hash {
            Some(hash) => hash == Sha256::digest(request.body).as_slice(),
            // Where there is no body, nothing is said of it.
            None => request.body.is_empty() && !claims.contains_key("payload_hash"),
        };
        if fits { Signature::Valid } else { invalid("the token is of another body (`payload_hash`)") }
    }
}

fn keys_verdict(most: u32, gap: bool, wait: Option<u64>, ending: Option<char>) -> Verdict {
    if most > KEYS {
        return Verdict::Cannot(format!("Vonage reads {KEYS} keys at most, and here are up to {most}"));
    }
    let mut differences = Vec::new();
    if wait.is_some_and(|wait| wait > WAIT * 1000) {
        differences.push(format!("Vonage waits {WAIT} seconds for a key at most"));
    }
    if gap {
        differences.push("the time between keys is the time to the first key, the longer of the two".to_owned());
    }
    if ending.is_some_and(|ending| ending != '#') {
        differences.push("only `#` ends the input at once; after another key the time must pass".to_owned());
    }
    if differences.is_empty() { Verdict::Can } else { Verdict::Differs(differences.join("; ")) }
}
