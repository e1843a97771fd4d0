//! `httapi` and `xml_curl`: FreeSWITCH, told by mod_httapi while a call runs, or by mod_xml_curl as its dialplan. Both are told the same
//! applications; what differs is the document around them, and how an outcome comes back: as parameters of the next request to our own
//! address, or by a transfer to an extension that is made for it, `callroute-ASKED-TOKEN`.
//!
//! What a script or a caller gives never becomes syntax: [`originate`] knows what of a text may stand where in a dial string, and no text
//! holds a variable (`${…}`).

mod originate;

use callroute_protocol::{
    Action, Collect, Destination, DialOutcome, DialResult, Event, EventKind, Forward, HostAction, IncomingCall, Instruction, Menu, Prompt,
    Queue, Reject, Seconds, Spoken, Voicemail, VoicemailOutcome,
};
use serde_json::Value;

use crate::dialect::{Dialect, Report, Unreadable, Unsayable, Verdict};
use crate::legs::{Rings, rank};
use crate::need::What;
use crate::request::{Fields, Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::sip;
use crate::words::{greeting, needs_address, seconds};
use crate::xml::Element;
use originate::{dial_string, plain, quiet, set};

/// Settings of its own: the gateway that reaches telephone numbers; the profile for SIP addresses; engine and voice of what is said
/// (`flite:kal`); domain and profile of mailboxes, and the box of messages without one; what whoever picks up hears when a key is wanted;
/// for xml_curl the context, and the folder of recordings.
const OWN: &[&str] = &["gateway", "profile", "tts", "domain", "voicemail_profile", "box", "confirm", "context", "recordings"];
/// Phones that ring at once: dial strings of that length have been seen to work.
const AT_ONCE: usize = 50;
/// Variables in which outcomes come back.
const DIAL: &[&str] = &["originate_disposition", "originate_causes"];
const QUEUE: &[&str] = &["cc_cause", "cc_cancel_reason"];
const DIGITS: &str = "callroute_digits";
const MESSAGE: &str = "voicemail_message_len";
const RESULT: &str = "callroute_result";

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Httapi,
    XmlCurl,
}

/// `httapi` or `xml_curl`
pub(crate) struct FreeSwitch {
    module: Module,
    settings: Settings,
}

/// What FreeSWITCH does, in order.
#[derive(Default)]
struct Plan {
    steps: Vec<Step>,
    /// What is asked next, and the variables that answer it; without it the call ends.
    next: Option<(&'static str, &'static [&'static str])>,
}

enum Step {
    App(&'static str, String),
    /// The whole conversation is recorded.
    Record,
}

impl Plan {
    fn app(&mut self, application: &'static str, data: impl Into<String>) {
        self.steps.push(Step::App(application, data.into()));
    }
}

impl FreeSwitch {
    pub fn new(module: Module, settings: Settings) -> Result<Self, SettingsError> {
        let this = Self { module, settings };
        this.settings.only(this.name(), OWN)?;
        if module == Module::Httapi {
            needs_address(this.name(), &this.settings)?;
        }
        for name in ["gateway", "profile", "domain", "voicemail_profile", "box", "context", "tts"] {
            let good = |c: char| c.is_ascii_alphanumeric() || "-_.:@".contains(c);
            match this.settings.own.get(name) {
                Some(value) if value.is_empty() || !value.chars().all(good) => {
                    return Err(SettingsError::Wrong(this.name(), name, "must be a name of letters, digits and `-_.:@`".to_owned()));
                }
                None if name == "gateway" => {
                    let what = "is missing: the gateway of FreeSWITCH that reaches telephone numbers, gateway = \"carrier\"";
                    return Err(SettingsError::Wrong(this.name(), name, what.to_owned()));
                }
                _ => {}
            }
        }
        Ok(this)
    }

    fn own<'s>(&'s self, name: &str, otherwise: &'s str) -> &'s str {
        self.settings.own.get(name).map_or(otherwise, String::as_str)
    }

    // What comes in.

    fn report(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        let query = request.query_fields();
        let form = if request.method == "GET" { query.clone() } else { request.form_fields() };
        let destination = form.get("Hunt-Destination-Number").or_else(|| form.get("Caller-Destination-Number"));
        let (call_id, asked, token) = match self.module {
            Module::Httapi => {
                let id = form.get("session_id").ok_or_else(|| {
                    Unreadable("there is no `session_id`: this address expects what mod_httapi of FreeSWITCH sends".to_owned())
                })?;
                (id, query.get("asked"), query.get("continue"))
            }
            Module::XmlCurl => {
                let context = form.get("Hunt-Context").or_else(|| form.get("Caller-Context"));
                if form.get("section") != Some("dialplan") || context != Some(self.own("context", "public")) {
                    return Ok(Report::Answered(not_found()));
                }
                let id = form.get("Channel-Call-UUID").or_else(|| form.get("Unique-ID")).ok_or_else(|| {
                    Unreadable(
                        "there is no `Unique-ID`: this address expects what mod_xml_curl of FreeSWITCH sends for a dialplan".to_owned(),
                    )
                })?;
                let rest = destination.and_then(|number| number.strip_prefix("callroute-"));
                match rest.map(|rest| rest.split_once('-').unwrap_or((rest, ""))) {
                    Some((asked, token)) => (id, Some(asked), Some(token)),
                    None => (id, None, None),
                }
            }
        };
        let value = |name: &str| form.get(name).or_else(|| form.get(&format!("variable_{name}")));
        let mut warnings = Vec::new();
        let kind = match asked {
            _ if form.get("exiting") == Some("true") => EventKind::Hangup,
            None => EventKind::IncomingCall(incoming(&form, destination)),
            Some("digits") => EventKind::Digits(value(DIGITS).unwrap_or_default().to_owned()),
            Some("played") => EventKind::Played,
            Some("dial") => EventKind::DialResult(dialled(value("originate_disposition"), value("originate_causes"), &mut warnings)),
            Some("queue") => EventKind::DialResult(queued(value("cc_cause"), value("cc_cancel_reason"))),
            Some("voicemail") => EventKind::VoicemailResult(match value(MESSAGE).and_then(|length| length.parse::<u64>().ok()) {
                Some(1..) => VoicemailOutcome::Recorded,
                _ => VoicemailOutcome::Failed,
            }),
            Some("done") => EventKind::Done(value(RESULT) != Some("failed")),
            Some(other) => return Err(Unreadable(format!("`{other}` is nothing that this server asks for"))),
        };
        let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
        Ok(Event { call_id: call_id.to_owned(), timestamp: request.now, token, kind, warnings }.into())
    }

    // What goes out.

    /// A file that FreeSWITCH plays: a recording, or a text said by the engine.
    fn file(&self, spoken: &Spoken, language: Option<&str>) -> Result<String, Unsayable> {
        match spoken {
            Spoken::Play(name) => Ok(plain(&self.settings.recording(name).unwrap_or_else(|| name.clone()))),
            Spoken::Say(text) => {
                let voice = self.settings.voice(language).or_else(|| self.settings.own.get("tts").map(String::as_str));
                let voice = voice.ok_or_else(|| Unsayable("nothing can be said: there is no setting `tts`".to_owned()))?;
                let voice = if voice.contains(':') { voice.to_owned() } else { format!("{}:{voice}", self.engine()) };
                Ok(format!("say:{}:{}", quiet(&voice).replace(' ', ":"), quiet(text)))
            }
        }
    }

    fn engine(&self) -> &str {
        self.own("tts", "flite:kal").split(':').next().unwrap_or("flite")
    }

    fn prompts(&self, plan: &mut Plan, prompts: &[Prompt]) -> Result<(), Unsayable> {
        if !prompts.is_empty() {
            plan.app("answer", "");
        }
        for prompt in prompts {
            plan.app("playback", self.file(&prompt.what, prompt.language.as_deref())?);
        }
        Ok(())
    }

    /// Keys are read while the last prompt is heard, if one of them may cut it short.
    fn ask(&self, plan: &mut Plan, prompts: &[Prompt], keys: &Keys) -> Result<(), Unsayable> {
        let (last, before) = match prompts.split_last() {
            Some((last, before)) if last.interruptible => (Some(last), before),
            _ => (None, prompts),
        };
        plan.app("answer", "");
        self.prompts(plan, before)?;
        let file = match last {
            Some(prompt) => self.file(&prompt.what, prompt.language.as_deref())?,
            None => "silence_stream://100".to_owned(),
        };
        plan.app("unset", DIGITS);
        let Keys { max, ending, timeout, gap } = keys;
        // Fewest, most, tries, time, ending, what is heard, what is heard for wrong keys, variable, pattern, time between keys.
        plan.app("play_and_get_digits", format!("1 {max} 1 {timeout} {ending} '{file}' silence_stream://1 {DIGITS} [0-9*#]+ {gap}"));
        plan.next = Some(("digits", &[DIGITS]));
        Ok(())
    }

    fn dial(&self, plan: &mut Plan, forward: &Forward) -> Result<(), Unsayable> {
        let announce = forward.announce.as_ref().map(|text| self.file(&Spoken::Say(text.clone()), None)).transpose()?;
        let confirm = |key: &str| {
            let template = self.own("confirm", "Press {key} to take the call.").replace("{key}", key);
            let text = forward.announce.as_ref().map_or_else(|| template.clone(), |announce| format!("{announce} {template}"));
            self.file(&Spoken::Say(text), None)
        };
        let string = dial_string(forward, self.own("gateway", ""), self.own("profile", "external"), announce.as_deref(), &confirm)?;
        if forward.record {
            plan.steps.push(Step::Record);
        }
        if let Some(music) = &forward.music {
            plan.app("set", set("ringback", &plain(&self.settings.recording(music).unwrap_or_else(|| music.clone()))));
        }
        plan.app("set", "hangup_after_bridge=true");
        plan.app("set", "continue_on_fail=true");
        plan.app("bridge", string);
        if forward.music.is_some() {
            // The next step may want none.
            plan.app("unset", "ringback");
        }
        plan.next = Some(("dial", DIAL));
        Ok(())
    }

    fn queue(&self, plan: &mut Plan, queue: &Queue, forward: &Forward) {
        let name = queue.members.name.as_deref().unwrap_or_default();
        let target = self.settings.target("queue", name).and_then(<[String]>::first).map_or(name, String::as_str);
        let target = quiet(target);
        plan.app("answer", "");
        if let Some(music) = forward.music.as_ref().or(queue.music.as_ref()) {
            plan.app("set", set("cc_moh_override", &plain(&self.settings.recording(music).unwrap_or_else(|| music.clone()))));
        }
        plan.app("set", "hangup_after_bridge=true");
        plan.app("callcenter", if target.contains('@') { target } else { format!("{target}@default") });
        plan.next = Some(("queue", QUEUE));
    }

    fn voicemail(&self, plan: &mut Plan, voicemail: &Voicemail) -> Result<(), Unsayable> {
        let named = voicemail.mailbox.as_deref();
        let mailbox = named.and_then(|name| self.settings.target("box", name)?.first()).map(String::as_str).or(named);
        let mailbox = mailbox.or_else(|| self.settings.own.get("box").map(String::as_str));
        let mailbox = mailbox.ok_or_else(|| Unsayable("the message has no box, and there is no setting `box`".to_owned()))?;
        let (id, domain) = mailbox.split_once('@').unwrap_or((mailbox, self.own("domain", "default")));
        // Boxes are folders there: no name may lead out of its own.
        let good = |c: char| if c.is_ascii_alphanumeric() || "-_.+*#".contains(c) { c } else { '_' };
        let word = |text: &str| text.chars().map(good).collect::<String>().trim_start_matches('.').to_owned();
        if [id, domain].iter().any(|text| word(text).is_empty()) {
            return Err(Unsayable("a mailbox without a name".to_owned()));
        }
        plan.app("answer", "");
        let spoken = greeting(&self.settings, &voicemail.message);
        if let Some(spoken) = &spoken {
            plan.app("playback", self.file(spoken, None)?);
        }
        // Else the box has a greeting of its own.
        plan.app("set", if spoken.is_some() { "skip_greeting=true" } else { "skip_greeting=false" });
        plan.app("unset", MESSAGE);
        plan.app("voicemail", format!("{} {} {}", self.own("voicemail_profile", "default"), word(domain), word(id)));
        plan.next = Some(("voicemail", &[MESSAGE]));
        Ok(())
    }

    fn host_action(&self, plan: &mut Plan, action: &HostAction) -> Result<(), Unsayable> {
        let Some(extension) = self.settings.actions.get(&action.action) else {
            return Err(Unsayable(format!("the settings do not say what the action `{}` is", action.action)));
        };
        for (name, value) in &action.args {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            plan.app("set", set(&format!("callroute_{name}"), &value));
        }
        plan.app("unset", RESULT);
        plan.app("execute_extension", plain(extension));
        plan.next = Some(("done", &[RESULT]));
        Ok(())
    }

    fn plan(&self, instruction: &Instruction) -> Result<Plan, Unsayable> {
        let mut plan = Plan::default();
        if !instruction.tags.is_empty() {
            plan.app("set", set("callroute_tags", &instruction.tags.join(",")));
        }
        if let Some(priority) = &instruction.priority {
            plan.app("set", set("callroute_priority", &priority.to_string()));
            plan.app("set", set("cc_base_score", &priority.to_string()));
        }
        match &instruction.action {
            Action::Menu(menu) => self.ask(&mut plan, &instruction.prompts, &Keys::of_menu(menu))?,
            Action::Collect(collect) => self.ask(&mut plan, &instruction.prompts, &Keys::of_collect(collect))?,
            action => {
                self.prompts(&mut plan, &instruction.prompts)?;
                match action {
                    Action::Forward(forward) => match &forward.destination {
                        Destination::Queue(queue) => self.queue(&mut plan, queue, forward),
                        _ => self.dial(&mut plan, forward)?,
                    },
                    Action::Play {} => plan.next = Some(("played", &[])),
                    Action::Voicemail(voicemail) => self.voicemail(&mut plan, voicemail)?,
                    Action::Reject(Reject { code, text, .. }) => {
                        plan.app("respond", format!("{code} {}", plain(text.as_deref().unwrap_or_default())).trim_end());
                        plan.app("hangup", "CALL_REJECTED");
                    }
                    Action::Redirect(redirect) => {
                        let to = sip::number(&redirect.to).map_or_else(|| sip::address(&redirect.to), |number| format!("tel:{number}"));
                        plan.app("redirect", originate::address(&to));
                        plan.app("hangup", "");
                    }
                    Action::Hangup { reason } => plan.app("hangup", cause_of(reason)),
                    Action::None {} => plan.app("hangup", ""),
                    Action::Host(action) => self.host_action(&mut plan, action)?,
                    Action::Lookup(lookup) => return Err(Unsayable(format!("FreeSWITCH cannot look up `{}`", lookup.source))),
                    Action::Menu(_) | Action::Collect(_) => {}
                }
            }
        }
        Ok(plan)
    }

    fn document(&self, instruction: &Instruction) -> Result<Element, Unsayable> {
        let plan = self.plan(instruction)?;
        let next = plan.next.and_then(|(asked, variables)| Some((asked, variables, instruction.token.as_deref()?)));
        if plan.next.is_some() && next.is_none() && matches!(instruction.action, Action::Menu(_) | Action::Collect(_) | Action::Play {}) {
            return Err(Unsayable(format!("`{}` without `continue`", instruction.action.name())));
        }
        Ok(match self.module {
            Module::Httapi => self.httapi(&plan.steps, next),
            Module::XmlCurl => self.dialplan(&plan.steps, next),
        })
    }

    fn httapi(&self, steps: &[Step], next: Option<(&str, &[&'static str], &str)>) -> Element {
        let mut work = Element::new("work");
        for step in steps {
            work.push(match step {
                Step::App("hangup", cause) => Element::new("hangup").with_some("cause", (!cause.is_empty()).then_some(cause.as_str())),
                Step::App("answer", _) => Element::new("answer"),
                Step::App(application, data) => Element::new("execute").with("application", *application).with("data", data.as_str()),
                Step::Record => Element::new("recordCall").with("name", "recording"),
            });
        }
        match next {
            Some((asked, variables, token)) => {
                work.extend(variables.iter().map(|name| Element::new("getVariable").with("name", *name)));
                work.push(Element::new("continue").with("action", self.settings.callback(asked, Some(token), &[])));
            }
            // Without an end the same address would be asked again.
            None if matches!(steps.last(), Some(Step::App("hangup", _))) => {}
            None => work.push(Element::new("hangup")),
        }
        Element::new("document").with("type", "xml/freeswitch-httapi").holding(work)
    }

    fn dialplan(&self, steps: &[Step], next: Option<(&str, &[&'static str], &str)>) -> Element {
        // A condition without a field always holds.
        let mut condition = Element::new("condition");
        let action = |application: &'static str, data: &str| {
            Element::new("action").with("application", application).with_some("data", (!data.is_empty()).then_some(data))
        };
        for step in steps {
            condition.push(match step {
                Step::App(application, data) => action(application, data),
                Step::Record => action("record_session", &format!("{}/${{uuid}}.wav", plain(self.own("recordings", "recordings")))),
            });
        }
        let context = self.own("context", "public");
        match next {
            Some((asked, _, token)) => condition.push(action("transfer", &format!("callroute-{asked}-{token} XML {context}"))),
            None if matches!(steps.last(), Some(Step::App("hangup", _))) => {}
            None => condition.push(action("hangup", "")),
        }
        let extension = Element::new("extension").with("name", "callroute").holding(condition);
        let context = Element::new("context").with("name", context).holding(extension);
        let section = Element::new("section").with("name", "dialplan").holding(context);
        Element::new("document").with("type", "freeswitch/xml").holding(section)
    }
}

/// How keys are read; times in milliseconds.
struct Keys {
    max: u32,
    ending: &'static str,
    timeout: u64,
    gap: u64,
}

impl Keys {
    fn of_menu(menu: &Menu) -> Self {
        // No key is called `none`.
        let gap = menu.gap.unwrap_or(menu.timeout).0;
        Self { max: menu.max_digits.max(1), ending: "none", timeout: menu.timeout.0.max(1), gap: gap.max(1) }
    }

    fn of_collect(collect: &Collect) -> Self {
        let gap = collect.gap.unwrap_or(collect.timeout).0;
        let ending = collect.ending.unwrap_or("none");
        Self { max: collect.max_digits.max(1), ending, timeout: collect.timeout.0.max(1), gap: gap.max(1) }
    }
}

impl Dialect for FreeSwitch {
    fn name(&self) -> &'static str {
        match self.module {
            Module::Httapi => "httapi",
            Module::XmlCurl => "xml_curl",
        }
    }

    fn calls_back(&self) -> bool {
        match self.module {
            Module::Httapi => true,
            Module::XmlCurl => false,
        }
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        self.report(request)
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        self.document(instruction).map(|document| Response::ok("text/xml", document.document()))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let differs = |text: &str| Verdict::Differs(text.to_owned());
        let says = self.settings.own.contains_key("tts") || !self.settings.voices.is_empty();
        let needs_voice = || Verdict::Cannot("nothing can be said: set `tts` to an engine and a voice, tts = \"flite:kal\"".to_owned());
        match what {
            What::Say(_) | What::DialOption("announce" | "confirm") | What::Ring { confirms: true, .. } if !says => needs_voice(),
            What::Queue { keys: true, .. } => {
                Verdict::Cannot("keys in a queue are not told to us; offer them in a `menu` before it".to_owned())
            }
            What::Queue {
                name: Some(_),
                members: false,
                max_length: false,
                max_wait: false,
                announce_position: false,
                leave_when_empty: false,
                ..
            } => Verdict::Can,
            What::Queue { .. } => differs(
                "a queue is mod_callcenter's of that name: its members, limits and announcements are set in FreeSWITCH, not by the script",
            ),
            What::DialOption("caller name" | "header") => {
                differs("braces, `$`, `\\`, `'` and line ends in it become spaces: FreeSWITCH reads them as its own")
            }
            What::DialOption("record") if self.module == Module::XmlCurl && !self.settings.own.contains_key("recordings") => {
                Verdict::Cannot("say where recordings go: recordings = \"/var/lib/freeswitch/recordings\"".to_owned())
            }
            What::DialArm(DialOutcome::Full) => {
                differs("mod_callcenter does not say that a queue is full: `full` never comes, it counts as `unreachable`")
            }
            What::DialArm(DialOutcome::Redirected) => differs("FreeSWITCH follows a redirection itself, and never says so"),
            What::Voicemail { mailbox: None, .. } if !self.settings.own.contains_key("box") => {
                Verdict::Cannot("a message needs a mailbox: `voicemail \"…\" box NAME`, or box = \"1000\" in the settings".to_owned())
            }
            What::Voicemail { max_duration: true, .. } => differs("how long a message may be is set in FreeSWITCH's voicemail profile"),
            What::Voicemail { message, arms, .. } => {
                let spoken = message.and_then(|message| greeting(&self.settings, message));
                match spoken {
                    Some(Spoken::Say(_)) if !says => needs_voice(),
                    None => differs("a greeting that `greetings` does not name is the mailbox's own"),
                    _ if *arms => differs("FreeSWITCH does not say that a mailbox is full: it counts as failed"),
                    _ => Verdict::Can,
                }
            }
            What::Redirect { permanent: true } => differs("FreeSWITCH redirects with 302, whatever is asked"),
            What::Action(name) if !self.settings.actions.contains_key(*name) => {
                Verdict::Cannot(format!("say which extension the action is: actions.{name} = \"{name} XML features\""))
            }
            What::Collect { secret: true, .. } => differs("FreeSWITCH's log shows what callers type"),
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings { at_once: AT_ONCE, own_times: true, delays: true, in_sequence: AT_ONCE, trunks: false }
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}

/// What mod_xml_curl takes for "ask somebody else".
fn not_found() -> Response {
    let result = Element::new("section").with("name", "result").holding(Element::new("result").with("status", "not found"));
    Response::ok("text/xml", Element::new("document").with("type", "freeswitch/xml").holding(result).document())
}

fn incoming(form: &Fields, destination: Option<&str>) -> IncomingCall {
    let mut call = IncomingCall {
        from: form.get("Caller-Caller-ID-Number").or_else(|| form.get("Hunt-Caller-ID-Number")).map(str::to_owned),
        to: destination.map(str::to_owned),
        ..IncomingCall::default()
    };
    for (name, value) in form.iter() {
        match name.strip_prefix("variable_sip_h_") {
            Some(header) => call.headers.push((header.to_owned(), value.to_owned())),
            None => {
                call.attributes.entry(name.strip_prefix("variable_").unwrap_or(name)).or_insert_with(|| Value::from(value));
            }
        }
    }
    call
}

/// The best of all legs, by the rule of ring groups; else what the whole came to.
fn dialled(disposition: Option<&str>, causes: Option<&str>, warnings: &mut Vec<String>) -> DialResult {
    let whole = match disposition {
        Some(cause) => outcome_of(cause),
        None => {
            warnings.push(
                "`originate_disposition` is missing (mod_httapi needs the permission `get-vars`); it counts as `unreachable`".to_owned(),
            );
            DialOutcome::Unreachable
        }
    };
    let list = causes.map(|causes| causes.strip_prefix("ARRAY::").unwrap_or(causes)).unwrap_or_default();
    let legs = list.split("|:").filter_map(|leg| leg.rsplit_once(';')).map(|(_, cause)| outcome_of(cause));
    let best = legs.filter_map(|outcome| rank(outcome).map(|rank| (rank, outcome))).max_by_key(|(rank, _)| *rank);
    let outcome = match (rank(whole), best) {
        (Some(own), Some((rank, outcome))) if rank > own => outcome,
        _ => whole,
    };
    DialResult { outcome, contact: None, digits: None }
}

fn outcome_of(cause: &str) -> DialOutcome {
    match cause {
        "SUCCESS" | "NORMAL_CLEARING" | "NONE" => DialOutcome::Answered,
        "USER_BUSY" => DialOutcome::Busy,
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "PROGRESS_TIMEOUT" => DialOutcome::NoAnswer,
        "CALL_REJECTED" | "DECLINE" => DialOutcome::Declined,
        "ORIGINATOR_CANCEL" => DialOutcome::Cancelled,
        _ => DialOutcome::Unreachable,
    }
}

fn queued(cause: Option<&str>, reason: Option<&str>) -> DialResult {
    let outcome = match (cause, reason) {
        (Some("answered"), _) => DialOutcome::Answered,
        (_, Some("TIMEOUT")) => DialOutcome::Timeout,
        (_, Some("NO_AGENT_TIMEOUT")) => DialOutcome::Empty,
        (_, Some("BREAK_OUT")) => DialOutcome::Cancelled,
        _ => DialOutcome::Unreachable,
    };
    DialResult { outcome, contact: None, digits: None }
}

fn cause_of(reason: &str) -> &'static str {
    match reason {
        "busy" | "full" => "USER_BUSY",
        "declined" => "CALL_REJECTED",
        "no_answer" | "timeout" => "NO_ANSWER",
        "unreachable" => "NO_ROUTE_DESTINATION",
        "error" => "NORMAL_TEMPORARY_FAILURE",
        _ => "NORMAL_CLEARING",
    }
}

/// For [`originate`]: whole seconds.
fn whole(Seconds(ms): Seconds) -> u64 {
    seconds(ms)
}
