//! `rtjson`: routing documents of Kamailio's module of that name, asked for over HTTP by a configuration such as the one in
//! `examples/kamailio`.
//!
//! A request is an event in the protocol's own JSON, with `sip_codes` beside it: the final answers of all telephones of a step, in order,
//! out of which comes one outcome. An answer is a document that the module reads (`version`, `routing`, `routes`), and beside it, where
//! the module does not look, what the configuration does itself:
//!
//! | field | |
//! |---|---|
//! | `action` | the instruction's name |
//! | `reply` | `code`, `reason`, and `contact` of a redirection: the call is answered with this, and not routed |
//! | `event`, `continue` | what comes back when none of the routes answers |
//! | `ring_ms` | how long all routes ring together |
//! | `headers` | `from` and `extra` for all routes of a parallel document, whose routes cannot have their own |
//! | `codecs` | those that are offered, separated by commas |
//! | `media` | `relay` |
//! | `tags`, `priority`, `warnings` | as in the instruction |
//!
//! Kamailio hears and says nothing. What needs a voice goes to a media server, with the whole instruction in the header
//! `X-Callroute-Instruction` (base64url of its JSON) and the call's `X-Callroute-Continue`: it goes on from there in a dialect of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use callroute_protocol::{
    Action, Destination, DialOutcome, Event, EventKind, Forward, HostAction, Instruction, Queue, Seconds, Voicemail, parse_event,
};
use serde::Serialize;

use crate::dialect::{Dialect, Report, Unreadable, Unsayable, Verdict};
use crate::legs::{Rings, rank};
use crate::need::What;
use crate::request::{Request, Response};
use crate::settings::{Settings, SettingsError};
use crate::sip;
use crate::times::Phones;

const NAME: &str = "rtjson";
const OWN: &[&str] = &["gateway", "media_server", "voicemail"];
/// Branches of one transaction (Kamailio's `max_branches`).
const BRANCHES: usize = 12;
/// Longest header that leaves room for the others in a datagram of 64 KiB.
const MAX_HEADER: usize = 16 << 10;

/// `rtjson`
pub(crate) struct Rtjson {
    settings: Settings,
    gateway: String,
    media_server: Option<String>,
    voicemail: Option<String>,
}

/// What the module and the configuration read.
#[derive(Serialize, Default)]
struct Document<'i> {
    version: &'static str,
    action: &'i str,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    routes: Vec<Route>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Reply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ring_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Headers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codecs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    media: Option<&'static str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'i [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<&'i serde_json::Number>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'i [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    #[serde(rename = "continue", skip_serializing_if = "Option::is_none")]
    token: Option<&'i str>,
}

#[derive(Serialize)]
struct Route {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Headers>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    fr_inv_timer: Option<u64>,
}

#[derive(Serialize, Clone)]
struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<From>,
    #[serde(skip_serializing_if = "String::is_empty")]
    extra: String,
}

#[derive(Serialize, Clone)]
struct From {
    #[serde(skip_serializing_if = "Option::is_none")]
    display: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

#[derive(Serialize)]
struct Reply {
    code: u16,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

impl Rtjson {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.only(NAME, OWN)?;
        let own = |name: &str| settings.own.get(name).map(|address| sip::address(address));
        let gateway = own("gateway").ok_or_else(|| {
            SettingsError::Wrong(
                NAME,
                "gateway",
                "is missing: the SIP address of the system that reaches telephone numbers, gateway = \"sip:gw.example.com\"".to_owned(),
            )
        })?;
        Ok(Self { gateway, media_server: own("media_server"), voicemail: own("voicemail"), settings })
    }

    /// Hands the call over to the media server.
    fn hand_over<'i>(&self, instruction: &'i Instruction) -> Result<Document<'i>, Unsayable> {
        let Some(media_server) = &self.media_server else {
            return Err(Unsayable(format!("`{}` needs a voice, and there is no setting `media_server`", instruction.action.name())));
        };
        let plain = Instruction { token: None, warnings: Vec::new(), ..instruction.clone() };
        let json = serde_json::to_vec(&plain).map_err(|error| Unsayable(error.to_string()))?;
        let json = URL_SAFE_NO_PAD.encode(json);
        if json.len() > MAX_HEADER {
            return Err(Unsayable("the instruction is too long for a SIP header".to_owned()));
        }
        let mut extra = format!("X-Callroute-Instruction: {json}\r\n");
        if let Some(token) = &instruction.token {
            line(&mut extra, "X-Callroute-Continue", token)?;
        }
        let route = Route {
            uri: sip::at(instruction.action.name(), media_server),
            dst_uri: None,
            headers: Some(Headers { from: None, extra }),
            fr_inv_timer: None,
        };
        // Its prompts are part of what the media server does: were it to fail, nothing of the script would be left that could be done.
        Ok(Document { routing: Some("serial"), routes: vec![route], ..Document::default() })
    }

    fn forward<'i>(&self, forward: &Forward) -> Result<Document<'i>, Unsayable> {
        let phones = Phones::of(forward);
        if phones.confirmed() || forward.announce.is_some() || forward.music.is_some() || forward.record {
            return Err(Unsayable("Kamailio cannot announce a call, ask for a key, play music or record".to_owned()));
        }
        if let Destination::Queue(queue) = &forward.destination {
            return self.queue(queue, phones.total);
        }
        let headers = headers_of(forward, &self.gateway)?;
        let via = match forward.via.as_slice() {
            [] => None,
            [trunk] => Some(trunk.as_str()),
            _ => return Err(Unsayable("one trunk is tried in one answer".to_owned())),
        };
        let times = phones.times();
        let parallel = times.len() > 1 && !phones.in_sequence;
        if parallel && (times.len() > BRANCHES || times.iter().any(|(phone, _)| phone.delay > 0)) {
            return Err(Unsayable(format!("at most {BRANCHES} phones ring at once, and all from the first moment")));
        }
        let routes: Vec<Route> = times
            .iter()
            .map(|(phone, time)| self.route(&phone.address, via, headers.clone().filter(|_| !parallel), time.filter(|_| !parallel)))
            .collect();
        if routes.is_empty() {
            return Err(Unsayable("nobody is left who can be rung".to_owned()));
        }
        let longest = times.iter().map(|(_, time)| *time).max().flatten();
        Ok(Document {
            routing: Some(if parallel { "parallel" } else { "serial" }),
            routes,
            ring_ms: phones.total.or(if phones.in_sequence { None } else { longest }),
            headers: headers.filter(|_| parallel),
            codecs: (!forward.codecs.is_empty()).then(|| forward.codecs.join(",")),
            media: forward.media,
            ..Document::default()
        })
    }

    fn route(&self, address: &str, via: Option<&str>, headers: Option<Headers>, time: Option<u64>) -> Route {
        let (uri, dst_uri) = match (sip::number(address), via) {
            (Some(number), via) => (sip::at(number, via.unwrap_or(&self.gateway)), None),
            (None, via) => (sip::address(address), via.map(sip::address)),
        };
        Route { uri, dst_uri, headers, fr_inv_timer: time }
    }

    fn queue<'i>(&self, queue: &Queue, total: Option<u64>) -> Result<Document<'i>, Unsayable> {
        let name = queue.members.name.as_deref().unwrap_or_default();
        let known = self.settings.target("queue", name).and_then(<[String]>::first);
        let address = known.ok_or_else(|| {
            Unsayable(format!("the queue `{name}` is a system's of its own; give its address: targets.\"queue {name}\" = [\"sip:…\"]"))
        })?;
        let time = queue.max_wait.map(|Seconds(ms)| ms).into_iter().chain(total).min();
        Ok(Document { routing: Some("serial"), routes: vec![self.route(address, None, None, time)], ..Document::default() })
    }

    /// A mailbox is an address: that of the box, else the voicemail system's with the box and the greeting as parameters.
    fn voicemail<'i>(&self, voicemail: &Voicemail) -> Result<Document<'i>, Unsayable> {
        let own = voicemail.mailbox.as_deref().and_then(|name| self.settings.target("box", name)).and_then(<[String]>::first);
        let mut uri = match (own, &self.voicemail, &self.media_server) {
            (Some(address), ..) => self.route(address, None, None, None).uri,
            (None, Some(address), _) => address.clone(),
            (None, None, Some(media_server)) => sip::at("voicemail", media_server),
            (None, None, None) => return Err(Unsayable("there is no setting `voicemail`, nor `media_server`".to_owned())),
        };
        if let Some(mailbox) = voicemail.mailbox.as_deref().filter(|_| own.is_none()) {
            sip::parameter(&mut uri, "box", mailbox);
        }
        sip::parameter(&mut uri, "greeting", &voicemail.message);
        if let Some(Seconds(ms)) = voicemail.max_duration {
            sip::parameter(&mut uri, "max-duration", &ms.div_ceil(1000).to_string());
        }
        let route = Route { uri, dst_uri: None, headers: None, fr_inv_timer: None };
        Ok(Document { routing: Some("serial"), routes: vec![route], ..Document::default() })
    }

    fn host_action<'i>(&self, action: &HostAction) -> Result<Document<'i>, Unsayable> {
        let Some(address) = self.settings.actions.get(&action.action) else {
            return Err(Unsayable(format!("the action `{}` has no address in the setting `actions`", action.action)));
        };
        let mut extra = String::new();
        if !action.args.is_empty() {
            let json = serde_json::to_vec(&action.args).map_err(|error| Unsayable(error.to_string()))?;
            line(&mut extra, "X-Callroute-Args", &URL_SAFE_NO_PAD.encode(json))?;
        }
        let headers = (!extra.is_empty()).then_some(Headers { from: None, extra });
        Ok(Document { routing: Some("serial"), routes: vec![self.route(address, None, headers, None)], ..Document::default() })
    }
}

impl Dialect for Rtjson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn calls_back(&self) -> bool {
        false
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        if request.method != "POST" {
            return Err(Unreadable("the configuration sends an event as the body of a POST, see examples/kamailio".to_owned()));
        }
        let text = std::str::from_utf8(request.body).map_err(|error| Unreadable(format!("the event is not UTF-8: {error}")))?;
        let mut event = parse_event(text, request.now).map_err(|error| Unreadable(error.to_string()))?;
        all_codes(&mut event, text);
        Ok(event.into())
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        let document = match &instruction.action {
            Action::Lookup(lookup) => return Err(Unsayable(format!("Kamailio does not answer the look-up `{}`", lookup.source))),
            // What is said before a call is refused or ended is said all the same.
            _ if !instruction.prompts.is_empty() => self.hand_over(instruction)?,
            Action::Reject(reject) => {
                let reason = reject.text.clone().unwrap_or_else(|| phrase(reject.code).to_owned());
                reply(reject.code, one_line(&reason), None)
            }
            Action::Redirect(redirect) => {
                let to = match sip::number(&redirect.to) {
                    Some(number) => sip::at(number, &self.gateway),
                    None => sip::address(&redirect.to),
                };
                reply(redirect.code, phrase(redirect.code).to_owned(), Some(to))
            }
            Action::Hangup { reason } => {
                let code = code_of(reason);
                reply(code, phrase(code).to_owned(), None)
            }
            Action::None {} => Document::default(),
            Action::Menu(_) | Action::Collect(_) | Action::Play {} => self.hand_over(instruction)?,
            Action::Forward(forward) => self.forward(forward)?,
            Action::Voicemail(voicemail) => self.voicemail(voicemail)?,
            Action::Host(action) => self.host_action(action)?,
        };
        let event = match &instruction.action {
            Action::Voicemail(_) => "voicemail_result",
            Action::Host(_) => "done",
            _ => "dial_result",
        };
        // The media server has the token then.
        let handed_over =
            !instruction.prompts.is_empty() || !matches!(instruction.action, Action::Forward(_) | Action::Voicemail(_) | Action::Host(_));
        let token = instruction.token.as_deref().filter(|_| !handed_over);
        let document = Document {
            version: "1.0",
            action: instruction.action.name(),
            tags: &instruction.tags,
            priority: instruction.priority.as_ref(),
            warnings: &instruction.warnings,
            event: token.map(|_| event),
            token,
            ..document
        };
        let body = serde_json::to_string(&document).map_err(|error| Unsayable(error.to_string()))?;
        Ok(Response::ok("application/json", body))
    }

    fn judge(&self, what: &What<'_>) -> Verdict {
        let voice = |what: &str| match self.media_server {
            Some(_) => Verdict::Differs(format!("{what}: the call is handed to the media server, which goes on in a dialect of its own")),
            None => {
                Verdict::Cannot(format!("{what}: Kamailio has no voice; set `media_server` to the SIP address of a system that has one"))
            }
        };
        match what {
            What::Queue { name: Some(name), .. } => match self.settings.target("queue", name) {
                Some([_, ..]) => {
                    Verdict::Differs("the queue is the system's that `targets` names: what is asked of it must be set there".to_owned())
                }
                _ => Verdict::Cannot(format!("Kamailio has no queues; say which system has: targets.\"queue {name}\" = [\"sip:…\"]")),
            },
            What::Queue { name: None, .. } => Verdict::Differs("a queue that `targets` does not know cannot be reached".to_owned()),
            What::DialOption("announce" | "confirm" | "music" | "record") | What::Ring { confirms: true, .. } => Verdict::Cannot(
                "Kamailio cannot announce, ask for a key, play music or record; ring a system that can, as a target of its own".to_owned(),
            ),
            What::DialOption("media relay") => {
                Verdict::Differs("the answer says `\"media\":\"relay\"`; the configuration must load rtpengine and do so".to_owned())
            }
            What::Menu { .. } => voice("a menu"),
            What::Collect { .. } => voice("digits"),
            What::Say(_) | What::Play(_) => voice("a prompt"),
            What::Voicemail { mailbox, .. } => {
                let own = mailbox.flatten().and_then(|name| self.settings.target("box", name));
                if self.voicemail.is_some() || self.media_server.is_some() || own.is_some() {
                    Verdict::Can
                } else {
                    Verdict::Cannot("set `voicemail` to the SIP address of the voicemail system".to_owned())
                }
            }
            What::Action(name) if !self.settings.actions.contains_key(*name) => {
                Verdict::Cannot(format!("say where the action goes: actions.{name} = \"sip:…\""))
            }
            _ => Verdict::Can,
        }
    }

    fn rings(&self) -> Rings {
        Rings { at_once: BRANCHES, own_times: false, delays: false, in_sequence: usize::MAX, trunks: false }
    }

    fn settings(&self) -> Option<&Settings> {
        Some(&self.settings)
    }
}

/// Of several telephones the outcome is the best, by the rule of ring groups.
fn all_codes(event: &mut Event, text: &str) {
    #[derive(serde::Deserialize)]
    struct Codes {
        #[serde(default)]
        sip_codes: serde_json::Value,
    }
    let EventKind::DialResult(result) = &mut event.kind else { return };
    if rank(result.outcome).is_none() {
        return;
    }
    let Ok(codes) = serde_json::from_str::<Codes>(text) else { return };
    let best = match &codes.sip_codes {
        serde_json::Value::String(list) => {
            list.split(',').filter_map(|code| code.trim().parse().ok()).filter_map(ranked).max_by_key(|(rank, _)| *rank)
        }
        serde_json::Value::Array(list) => {
            let code = |value: &serde_json::Value| value.as_u64().and_then(|code| u16::try_from(code).ok());
            list.iter().filter_map(code).filter_map(ranked).max_by_key(|(rank, _)| *rank)
        }
        _ => None,
    };
    if let Some((_, outcome)) = best {
        result.outcome = outcome;
    }
}

fn ranked(code: u16) -> Option<(u8, DialOutcome)> {
    let outcome = DialOutcome::from_sip(code)?;
    rank(outcome).map(|rank| (rank, outcome))
}

fn headers_of(forward: &Forward, gateway: &str) -> Result<Option<Headers>, Unsayable> {
    let uri = forward.caller_id.as_deref().map(|id| match sip::number(id) {
        Some(number) => sip::at(number, gateway),
        None => sip::address(id),
    });
    let display = forward.caller_name.as_deref().map(sip::quoted);
    let mut extra = String::new();
    for header in &forward.headers {
        line(&mut extra, &header.name, &header.value)?;
    }
    let from = (uri.is_some() || display.is_some()).then_some(From { display, uri });
    Ok((from.is_some() || !extra.is_empty()).then_some(Headers { from, extra }))
}

fn line(lines: &mut String, name: &str, value: &str) -> Result<(), Unsayable> {
    let header = sip::header(name, value).ok_or_else(|| Unsayable(format!("`{name}` is no name of a SIP header")))?;
    lines.push_str(&header);
    lines.push_str("\r\n");
    Ok(())
}

fn reply<'i>(code: u16, reason: String, contact: Option<String>) -> Document<'i> {
    Document { reply: Some(Reply { code, reason, contact }), ..Document::default() }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The SIP status that says why a call ended.
fn code_of(reason: &str) -> u16 {
    match reason {
        "busy" | "full" => 486,
        "declined" => 603,
        "no_answer" | "timeout" => 408,
        "error" | "turn_limit" => 500,
        _ => 480,
    }
}

/// The reason phrase of a SIP status (RFC 3261 and its registry).
fn phrase(code: u16) -> &'static str {
    match code {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        410 => "Gone",
        480 => "Temporarily Unavailable",
        484 => "Address Incomplete",
        486 => "Busy Here",
        488 => "Not Acceptable Here",
        500 => "Server Internal Error",
        503 => "Service Unavailable",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        607 => "Unwanted",
        608 => "Rejected",
        other => match other / 100 {
            3 => "Redirected",
            4 => "Not Possible",
            5 => "Server Failure",
            _ => "Refused",
        },
    }
}
