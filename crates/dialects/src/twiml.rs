//! `twiml`: Twilio, and those who speak its language (SignalWire cXML, Telnyx TeXML): forms in, TwiML out.
//!
//! Each verb that ends with an outcome has our address as its `action`, with what was asked and the call's token in the query. What is
//! said to whoever picks up, and to callers who wait in a queue, is asked for while the call goes on ([`Report::Answered`]): it changes
//! nothing of the call.

use callroute_protocol::{
    Action, Collect, Destination, DialOutcome, DialResult, Event, EventKind, Forward, IncomingCall, Instruction, Menu, Prompt, Queue,
    Seconds, Spoken, Voicemail, VoicemailOutcome,
};
use serde_json::{Map, Value};

use crate::dialect::{Dialect, Report, Signature, Unreadable, Unsayable, Verdict};
use crate::legs::{Phone, Rings, phones};
use crate::need::What;
use crate::request::{Fields, Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::signed::hmac_sha1;
use crate::words::{filled, greeting, judge_action, judge_greeting, judge_recording, needs_address, no_hop, pieces, recording, seconds};
use crate::xml::Element;

/// Settings of its own: what whoever picks up hears when a key is wanted, `{key}` in it; what callers in a queue hear of their place,
/// `{position}` in it; and who is told of recordings.
const OWN: &[&str] = &["confirm", "position", "recordings"];
/// Characters of one `Say` at most.
const SAY: usize = 4000;
/// Seconds of one `Dial` at most.
const DIAL: u64 = 600;

/// `twiml`
pub(crate) struct Twiml {
    settings: Settings,
}

impl Twiml {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.only("twiml", OWN)?;
        needs_address("twiml", &settings)?;
        Ok(Self { settings })
    }

    fn own(&self, name: &str, otherwise: &str) -> String {
        self.settings.own.get(name).map_or(otherwise, String::as_str).to_owned()
    }

    // What comes in.

    fn event(&self, request: &Request<'_>, form: &Fields, asked: Option<&str>) -> Result<Event, Unreadable> {
        let query = request.query_fields();
        let call_id = form.get("CallSid").filter(|id| !id.is_empty()).ok_or_else(|| {
            Unreadable("there is no `CallSid`: this address expects the form that Twilio sends when a call comes in".to_owned())
        })?;
        let over = is_over(form);
        let mut warnings = Vec::new();
        let token = query.get("continue").map(str::to_owned);
        let kind = match asked {
            None if over => EventKind::Hangup,
            None => EventKind::IncomingCall(incoming(form)),
            Some("digits") => EventKind::Digits(form.get("Digits").unwrap_or_default().to_owned()),
            Some("played") => EventKind::Played,
            Some("dial") => EventKind::DialResult(result(dialled(form, over, &mut warnings))),
            Some("queue") => EventKind::DialResult(result(queued(form, &mut warnings))),
            Some("voicemail") if token.is_none() => EventKind::Hangup,
            Some("voicemail") => EventKind::VoicemailResult(match form.get("RecordingUrl") {
                Some(_) if form.get("RecordingDuration") != Some("0") => VoicemailOutcome::Recorded,
                _ => VoicemailOutcome::Failed,
            }),
            Some("done") => EventKind::Done(form.get("result").or_else(|| query.get("result")) != Some("failed")),
            Some(other) => return Err(Unreadable(format!("`asked={other}` is nothing that this server asks for"))),
        };
        Ok(Event { call_id: call_id.to_owned(), timestamp: request.now, token, kind, warnings })
    }

    /// What is said to whoever picks up: an announcement, and a key that they must press.
    fn whisper(&self, query: &Fields) -> Response {
        let mut response = Element::new("Response");
        let announce = query.get("announce").map(|text| self.say(text, query.get("language"))).unwrap_or_default();
        match query.get("key").filter(|key| !key.is_empty()) {
            None => response.extend(announce),
            Some(key) => {
                let prompt = filled(&self.own("confirm", "Press {key} to take the call."), "{key}", key);
                let action = self.settings.callback("confirm", None, &[("key", key)]);
                let mut gather = gather(&action, key.chars().count().max(1), 10).with("finishOnKey", "");
                gather.extend(announce);
                gather.extend(self.say(&prompt, query.get("language")));
                response.push(gather);
                response.push(Element::new("Hangup"));
            }
        }
        xml(&response)
    }

    /// What callers hear while they wait in a queue, until they have waited too long.
    fn wait(&self, query: &Fields, form: &Fields) -> Response {
        let mut response = Element::new("Response");
        let waited: u64 = form.get("QueueTime").and_then(|time| time.parse().ok()).unwrap_or(0);
        let most: Option<u64> = query.get("most").and_then(|most| most.parse().ok());
        if most.is_some_and(|most| waited >= most) {
            return xml(&response.holding(Element::new("Leave")));
        }
        if let (Some(_), Some(position)) = (query.get("every"), form.get("QueuePosition")) {
            let text = filled(&self.own("position", "You are number {position} in the queue."), "{position}", position);
            response.extend(self.say(&text, query.get("language")));
        }
        if let Some(music) = query.get("music") {
            response.push(Element::new("Play").text(music));
        } else {
            let left = most.map_or(60, |most| most.saturating_sub(waited)).clamp(1, 60);
            let every = query.get("every").and_then(|every| every.parse().ok()).unwrap_or(60);
            response.push(Element::new("Pause").with("length", left.min(every).max(1).to_string()));
        }
        xml(&response)
    }

    // What goes out.

    fn say(&self, text: &str, language: Option<&str>) -> Vec<Element> {
        let voice = self.settings.voice(language);
        // A voice has a language of its own, which need not be spelt as the script's.
        let language = language.filter(|_| voice.is_none());
        let say = |piece: &str| Element::new("Say").with_some("voice", voice).with_some("language", language).text(piece);
        pieces(text, SAY).into_iter().map(say).collect()
    }

    fn prompts(&self, prompts: &[Prompt]) -> Result<Vec<Element>, Unsayable> {
        let mut elements = Vec::new();
        for prompt in prompts {
            match &prompt.what {
                Spoken::Say(text) => elements.extend(self.say(text, prompt.language.as_deref())),
                Spoken::Play(name) => elements.push(Element::new("Play").text(recording(&self.settings, name)?)),
            }
        }
        Ok(elements)
    }

    /// Prompts that a key may cut short are heard while keys are read, those before them are not.
    fn gather(&self, response: &mut Element, prompts: &[Prompt], mut gather: Element) -> Result<(), Unsayable> {
        let first = prompts.iter().rposition(|prompt| !prompt.interruptible).map_or(0, |last| last + 1);
        let (before, within) = prompts.split_at_checked(first).unwrap_or((prompts, &[]));
        response.extend(self.prompts(before)?);
        gather.extend(self.prompts(within)?);
        response.push(gather);
        Ok(())
    }

    fn menu(&self, menu: &Menu, callback: &str) -> Element {
        let time = menu.timeout.0.max(menu.gap.map_or(0, |gap| gap.0));
        // Without an ending key, `#` is a key like any other.
        gather(callback, usize::try_from(menu.max_digits).unwrap_or(1), seconds(time)).with("finishOnKey", "")
    }

    fn collect(&self, collect: &Collect, callback: &str) -> Element {
        let time = collect.timeout.0.max(collect.gap.map_or(0, |gap| gap.0));
        gather(callback, usize::try_from(collect.max_digits).unwrap_or(1), seconds(time)).with("finishOnKey", collect.ending.unwrap_or(""))
    }

    fn dial(&self, forward: &Forward, callback: Option<String>) -> Result<Element, Unsayable> {
        let timeout = forward.timeout.map(|timeout| seconds(timeout.0).min(DIAL).to_string());
        let mut dial = Element::new("Dial").with("answerOnBridge", "true").with_some("timeout", timeout);
        dial = dial.with_some("callerId", forward.caller_id.as_deref());
        if forward.record {
            dial = dial.with("record", "record-from-answer-dual").with_some("recordingStatusCallback", self.settings.own.get("recordings"));
        }
        dial = dial.with_some("action", callback);
        let phones = phones(forward);
        if phones.is_empty() || phones.len() > self.rings().at_once || forward.via.len() > 1 {
            return Err(Unsayable("a group that is not in legs".to_owned()));
        }
        for phone in &phones {
            dial.push(self.noun(phone, forward)?);
        }
        Ok(dial)
    }

    fn noun(&self, phone: &Phone, forward: &Forward) -> Result<Element, Unsayable> {
        if let Some(why) = self.unreachable(&phone.address, forward.via.first().map(String::as_str)) {
            return Err(Unsayable(why));
        }
        let mut whisper = Vec::new();
        if let Some(announce) = forward.announce.as_deref() {
            whisper.push(("announce", announce));
        }
        if let Some(key) = phone.confirm.as_deref() {
            whisper.push(("key", key));
        }
        let url = (!whisper.is_empty()).then(|| self.settings.callback("whisper", None, &whisper));
        let address = phone.address.strip_prefix("tel:").unwrap_or(&phone.address);
        let trunk = forward.via.first().map(String::as_str);
        if let Some(client) = address.strip_prefix("client:") {
            return Ok(Element::new("Client").with_some("url", url).text(client));
        }
        let is_sip = callroute_numbers::is_sip(address);
        match trunk {
            Some(byoc) if !byoc.contains(':') => {
                return Ok(Element::new("Number").with("byoc", byoc).with_some("url", url).text(address));
            }
            Some(gateway) => {
                return Ok(Element::new("Sip").with_some("url", url).text(self.with_headers(&crate::sip::at(address, gateway), forward)));
            }
            None if is_sip => {
                return Ok(Element::new("Sip").with_some("url", url).text(self.with_headers(&crate::sip::address(address), forward)));
            }
            None => {}
        }
        Ok(Element::new("Number").with_some("url", url).text(address))
    }

    /// Headers of an outgoing SIP call stand in its address, and must be of one's own (`X-`).
    fn with_headers(&self, address: &str, forward: &Forward) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for header in forward.headers.iter().filter(|header| is_own_header(&header.name)) {
            query.append_pair(&header.name, &header.value);
        }
        // In the address of a call a plus sign is one, and no space.
        let query = query.finish().replace('+', "%20");
        match address.contains('?') {
            _ if query.is_empty() => address.to_owned(),
            true => format!("{address}&{query}"),
            false => format!("{address}?{query}"),
        }
    }

    fn queue(&self, queue: &Queue, forward: &Forward, priority: Option<&serde_json::Number>, token: Option<&str>) -> Element {
        let name = queue.members.name.as_deref().unwrap_or_default();
        let target = self.settings.target("queue", name).and_then(|targets| targets.first()).map_or(name, String::as_str);
        let most = [forward.timeout, queue.max_wait].into_iter().flatten().min().map(|most| seconds(most.0).to_string());
        let every = queue.announce_position.map(|every| seconds(every.0).to_string());
        let music = forward.music.as_deref().or(queue.music.as_deref()).and_then(|music| self.settings.recording(music));
        let more: Vec<(&str, &str)> = [("most", &most), ("every", &every), ("music", &music)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
            .collect();
        let mut enqueue = Element::new("Enqueue").with_some("action", token.map(|token| self.settings.callback("queue", Some(token), &[])));
        enqueue = enqueue.with_some("maxQueueSize", queue.max_length.map(|most| most.to_string()));
        if !more.is_empty() {
            enqueue = enqueue.with("waitUrl", self.settings.callback("wait", None, &more));
        }
        match target.strip_prefix("workflow:") {
            None => enqueue.text(target),
            Some(workflow) => {
                let task = Element::new("Task")
                    .with_some("priority", priority.map(ToString::to_string))
                    .with_some("timeout", most)
                    .text(Value::Object(Map::from_iter([("queue".to_owned(), Value::from(name))])).to_string());
                enqueue.with("workflowSid", workflow).holding(task)
            }
        }
    }

    fn voicemail(&self, response: &mut Element, voicemail: &Voicemail, token: Option<&str>) {
        match greeting(&self.settings, &voicemail.message) {
            Some(Spoken::Say(text)) => response.extend(self.say(&text, None)),
            Some(Spoken::Play(address)) => response.push(Element::new("Play").text(address)),
            // The beep tells callers what to do.
            None => {}
        }
        let recordings = voicemail
            .mailbox
            .as_deref()
            .and_then(|mailbox| self.settings.target("box", mailbox)?.first())
            .or_else(|| self.settings.own.get("recordings"));
        let more: Vec<(&str, &str)> = voicemail.mailbox.as_deref().map(|mailbox| ("box", mailbox)).into_iter().collect();
        let callback = self.settings.callback("voicemail", token, &more);
        response.push(
            Element::new("Record")
                .with("action", callback.as_str())
                .with_some("maxLength", voicemail.max_duration.map(|Seconds(ms)| seconds(ms).to_string()))
                .with_some("recordingStatusCallback", recordings)
                .with("playBeep", "true"),
        );
        // Where nothing was said, the verb is passed over.
        response.push(if token.is_some() { Element::new("Redirect").text(callback) } else { Element::new("Hangup") });
    }

    fn response(&self, instruction: &Instruction) -> Result<Element, Unsayable> {
        let token = instruction.token.as_deref();
        let callback = |asked: &str| token.map(|token| self.settings.callback(asked, Some(token), &[]));
        let needed = |asked: &str| callback(asked).ok_or_else(|| Unsayable(format!("`{}` without `continue`", instruction.action.name())));
        let mut response = Element::new("Response");
        match &instruction.action {
            Action::Menu(menu) => self.gather(&mut response, &instruction.prompts, self.menu(menu, &needed("digits")?))?,
            Action::Collect(collect) => self.gather(&mut response, &instruction.prompts, self.collect(collect, &needed("digits")?))?,
            action => {
                response.extend(self.prompts(&instruction.prompts)?);
                match action {
                    Action::Forward(forward) => match &forward.destination {
                        Destination::Queue(queue) => response.push(self.queue(queue, forward, instruction.priority.as_ref(), token)),
                        _ => response.push(self.dial(forward, callback("dial"))?),
                    },
                    Action::Play {} => response.extend(callback("played").map(|callback| Element::new("Redirect").text(callback))),
                    Action::Voicemail(voicemail) => self.voicemail(&mut response, voicemail, token),
                    Action::Reject(reject) => {
                        let reason = if matches!(reject.code, 486 | 600) { "busy" } else { "rejected" };
                        response.push(Element::new("Reject").with("reason", reason));
                    }
                    Action::Hangup { .. } => response.push(Element::new("Hangup")),
                    Action::None {} => {}
                    Action::Host(action) => {
                        let Some(address) = self.settings.actions.get(&action.action) else {
                            return Err(Unsayable(format!("the settings do not say what the action `{}` is", action.action)));
                        };
                        let mut query = form_urlencoded::Serializer::new(String::new());
                        for (name, value) in &action.args {
                            query.append_pair(name, &value.as_str().map_or_else(|| value.to_string(), str::to_owned));
                        }
                        if let Some(callback) = callback("done") {
                            query.append_pair("callback", &callback);
                        }
                        let separator = if address.contains('?') { '&' } else { '?' };
                        response.push(Element::new("Redirect").text(format!("{address}{separator}{}", query.finish())));
                    }
                    Action::Redirect(redirect) => {
                        return Err(Unsayable(format!("Twilio cannot send the caller's system to {}; `dial` rings it", redirect.to)));
                    }
                    Action::Lookup(lookup) => return Err(Unsayable(format!("Twilio cannot look up `{}`", lookup.source))),
                    Action::Menu(_) | Action::Collect(_) => {}
                }
            }
        }
        Ok(response)
    }
}

fn gather(callback: &str, digits: usize, timeout: u64) -> Element {
    Element::new("Gather")
        .with("action", callback)
        .with("actionOnEmptyResult", "true")
        .with("input", "dtmf")
        .with("numDigits", digits.to_string())
        .with("timeout", timeout.to_string())
}

fn is_over(form: &Fields) -> bool {
    matches!(form.get("CallStatus"), Some("completed" | "busy" | "failed" | "no-answer" | "canceled"))
}

fn is_own_header(name: &str) -> bool {
    name.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("x-"))
}

fn xml(response: &Element) -> Response {
    Response::ok("text/xml", response.document())
}

const fn result(outcome: DialOutcome) -> DialResult {
    DialResult { outcome, contact: None, digits: None }
}

fn incoming(form: &Fields) -> IncomingCall {
    let mut call =
        IncomingCall { from: form.get("From").map(str::to_owned), to: form.get("To").map(str::to_owned), ..IncomingCall::default() };
    for (name, value) in form.iter() {
        match name.strip_prefix("SipHeader_") {
            Some(header) => call.headers.push((header.to_owned(), value.to_owned())),
            None => {
                call.attributes.entry(name).or_insert_with(|| Value::from(value));
            }
        }
    }
    call
}

fn dialled(form: &Fields, over: bool, warnings: &mut Vec<String>) -> DialOutcome {
    match form.get("DialCallStatus").unwrap_or_default() {
        // Picked up, and not put through: the key was not pressed.
        "completed" | "answered" if form.get("DialBridged") == Some("false") && !over => DialOutcome::NoAnswer,
        "completed" | "answered" => DialOutcome::Answered,
        "canceled" => DialOutcome::Cancelled,
        // The caller has gone meanwhile.
        _ if over => DialOutcome::Cancelled,
        "busy" => DialOutcome::Busy,
        "no-answer" => DialOutcome::NoAnswer,
        "failed" => DialOutcome::Unreachable,
        other => {
            warnings.push(format!("`DialCallStatus` is {other:?}, which this server does not know; it counts as `unreachable`"));
            DialOutcome::Unreachable
        }
    }
}

fn queued(form: &Fields, warnings: &mut Vec<String>) -> DialOutcome {
    match form.get("QueueResult").unwrap_or_default() {
        "bridged" | "bridging-in-process" | "redirected" | "redirected-from-bridged" => DialOutcome::Answered,
        "hangup" => DialOutcome::Cancelled,
        // Only what is said to those who wait makes them leave: when they have waited too long.
        "leave" => DialOutcome::Timeout,
        "queue-full" => DialOutcome::Full,
        "error" | "system-error" => DialOutcome::Unreachable,
        other => {
            warnings.push(format!("`QueueResult` is {other:?}, which this server does not know; it counts as `unreachable`"));
            DialOutcome::Unreachable
        }
    }
}

impl Dialect for Twiml {
    fn name(&self) -> &'static str {
        "twiml"
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        let query = request.query_fields();
        let form = if request.method == "GET" { query.clone() } else { request.form_fields() };
        match query.get("asked") {
            Some("whisper") => Ok(Report::Answered(self.whisper(&query))),
            // An empty document puts the call through.
            Some("confirm") if form.get("Digits").is_some_and(|digits| Some(digits) == query.get("key")) => {
                Ok(Report::Answered(xml(&Element::new("Response"))))
            }
            Some("confirm") => Ok(Report::Answered(xml(&Element::new("Response").holding(Element::new("Hangup"))))),
            Some("wait") => Ok(Report::Answered(self.wait(&query, &form))),
            // Of what a call comes to, only its end is news.
            Some("status") if is_over(&form) => self.event(request, &form, None).map(Report::from),
            Some("status") => Ok(Report::Answered(xml(&Element::new("Response")))),
            asked => self.event(request, &form, asked).map(Report::from),
        }
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        self.response(instruction).map(|response| xml(&response))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        match what {
            What::Queue { name, members, max_wait, leave_when_empty, keys, announce_position, .. } => {
                let known = name.is_some_and(|name| self.settings.target("queue", name).is_some());
                if *keys {
                    return Verdict::Cannot(
                        "keys cannot be pressed in Twilio's queues; offer them in a `menu` before the queue".to_owned(),
                    );
                }
                if *members && !known {
                    let name = name.unwrap_or("support");
                    return Verdict::Cannot(format!(
                        "Twilio's queues have no members, so nobody would be rung: under `targets`, `\"queue {name}\" = [\"workflow:WW…\"]` names a \
                         TaskRouter workflow, or `[\"{name}\"]` a queue that people take calls from; or `ring` the members"
                    ));
                }
                let differences = [
                    (*members, "whom the queue rings, and how, is Twilio's business: its members in the script count for nothing"),
                    (
                        *leave_when_empty,
                        "Twilio does not say whether somebody is there: `leave when empty` counts for nothing, `max wait` does",
                    ),
                    (*max_wait, "whether somebody has waited too long is looked at whenever the music is over, or once a minute"),
                    (*announce_position, "callers hear their position whenever the music begins again"),
                ];
                let differences: Vec<&str> = differences.iter().filter(|(is, _)| *is).map(|(_, what)| *what).collect();
                if differences.is_empty() { Verdict::Can } else { Verdict::Differs(differences.join("; ")) }
            }
            What::DialOption("caller name") => differs("Twilio shows no name of one's own: the caller's name is dropped"),
            What::DialOption("music") => {
                differs("what callers hear while it rings is Twilio's ringing tone; music is played in queues only")
            }
            What::DialOption("header") => differs("headers go along to `sip:` addresses, and only those that begin with `X-`"),
            What::DialOption("codecs") => differs("Twilio chooses the codecs itself"),
            What::DialArm(DialOutcome::Declined) => {
                differs("Twilio does not tell a refusal from a line that is busy or that fails: `declined` never comes")
            }
            What::DialArm(DialOutcome::Redirected) => differs("Twilio follows redirections itself: `redirected` never comes"),
            What::DialArm(DialOutcome::Empty) => differs("Twilio does not say whether somebody is there: `empty` never comes"),
            What::Menu { gap: true, .. } => differs("the time between keys is the time to the first key, the longer of the two"),
            What::Collect { secret: true, .. } => {
                differs("Twilio logs what callers type, unless PCI mode is on for the account; here it is in no log")
            }
            What::Play(name) => judge_recording(&self.settings, name),
            What::Voicemail { message, mailbox, arms, .. } => match judge_greeting(&self.settings, *message) {
                Verdict::Can => {
                    let known = |mailbox: &str| self.settings.target("box", mailbox).is_some();
                    if mailbox.is_some_and(|mailbox| !mailbox.is_some_and(known)) && !self.settings.own.contains_key("recordings") {
                        return differs(
                            "Twilio has no mailboxes: recordings stay in the account, unless the settings say who is told of them, \
                             `recordings = \"https://…\"` or under `targets` `\"box NAME\" = [\"https://…\"]`",
                        );
                    }
                    if *arms {
                        return differs("a mailbox is never `full` here; `failed` comes when nothing was said");
                    }
                    Verdict::Can
                }
                verdict => verdict,
            },
            What::Reject(Some(486 | 600 | 603)) => Verdict::Can,
            What::Reject(_) => differs("Twilio knows `busy` and `rejected` only: every other status is `rejected`"),
            What::Redirect { .. } => {
                Verdict::Cannot("Twilio cannot send the caller's system elsewhere; `dial` rings the number instead".to_owned())
            }
            What::Action(name) => judge_action(&self.settings, name),
            What::Tag => differs("Twilio cannot mark calls: tags are in this server's log only"),
            What::Priority if self.settings.targets.values().flatten().any(|target| target.starts_with("workflow:")) => Verdict::Can,
            What::Priority => differs("priorities count in TaskRouter workflows only"),
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings { at_once: 10, ..Rings::ONE }
    }

    fn unreachable(&self, address: &str, trunk: Option<&str>) -> Option<String> {
        let own = callroute_numbers::is_sip(address) || address.starts_with("client:");
        no_hop("Twilio", own, address, trunk)
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }

    fn signature(&self, request: &Request<'_>) -> Signature {
        if self.settings.secrets.is_empty() {
            return Signature::None;
        }
        let Some(given) = request.header("x-twilio-signature") else {
            return Signature::Invalid("the header `X-Twilio-Signature` is missing".to_owned());
        };
        let mut signed = String::new();
        if request.method == "POST" {
            let fields = request.form_fields();
            let mut pairs: Vec<(&str, &str)> = fields.iter().collect();
            pairs.sort_unstable();
            pairs.dedup();
            pairs.iter().for_each(|(name, value)| {
                signed.push_str(name);
                signed.push_str(value);
            });
        }
        let valid = |url: &str| hmac_sha1(&self.settings.secrets, format!("{url}{signed}").as_bytes(), given);
        // Whether a port that goes without saying stands in what was signed is not the same everywhere.
        let url = request.url();
        let valid = valid(&url) | with_port(&url).is_some_and(|url| valid(&url));
        if valid {
            Signature::Valid
        } else {
            Signature::Invalid(
                "`X-Twilio-Signature` does not fit: `secrets` must hold the account's auth token, and what Twilio asks must be the address that the server has for it (`public` and the path), letter for letter"
                    .to_owned(),
            )
        }
    }
}

/// An address without a port with the one that it means.
fn with_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = if scheme == "https" { 443 } else { 80 };
    let (host, path) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
    (!host.contains(':')).then(|| format!("{scheme}://{host}:{port}{path}"))
}
