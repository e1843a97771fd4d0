//! From a request to its response: read, find the script, decide, look up, say.

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use callroute_dialects::{Conversation, Dialect, Report, Request, Response, Step, Unsayable};
use callroute_protocol::{AnswerError, Event, EventKind, Instruction, Lookup, LookupResult, Opened, Session, TokenError};
use callroute_runtime::{Call, Program};
use futures_util::FutureExt as _;
use http::{HeaderMap, HeaderValue};

use crate::App;
use crate::auth::demands_signatures;
use crate::load::{Served, version};
use crate::log::Decided;
use crate::metrics::{ByReason, BySource, LookedUp};
use crate::store::Generation;

/// A request that has come whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    /// Its head: `GET` or `POST`.
    pub parts: &'r http::request::Parts,
    /// Its body.
    pub body: &'r [u8],
    /// When it had come whole.
    pub start: Instant,
    /// When it must have been answered.
    pub deadline: Instant,
}

/// Where a request was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum To<'r> {
    /// To a script by name.
    Script(Cow<'r, str>),
    /// To whatever script answers the number that was dialled.
    Dialled,
}

impl To<'_> {
    /// Before the event has been read: the script of this name, or any that is asked in this dialect.
    fn first<'g>(&self, now: &'g Generation, dialect: &str) -> Option<&'g Arc<Served>> {
        match self {
            Self::Script(name) => now.named(name),
            Self::Dialled => now.scripts.iter().find(|script| script.dialects.contains_key(dialect)),
        }
    }
}

/// The script that an answer is of.
#[derive(Debug)]
pub(crate) struct Of {
    /// As it is served now.
    pub script: Arc<Served>,
    /// The version of the call, if that is an older one.
    pub older: Option<String>,
}

impl Of {
    fn now(script: &Arc<Served>) -> Self {
        Self { script: Arc::clone(script), older: None }
    }

    /// What an answer says of it.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = self.script.headers.clone();
        if let Some(version) = self.older.as_ref().and_then(|older| HeaderValue::from_str(older).ok()) {
            headers.insert(crate::http::VERSION, version);
        }
        headers
    }
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The response.
    pub response: Response,
    /// The script, where one was found.
    pub of: Option<Of>,
    /// What was wrong, if something was.
    pub fault: Option<Fault>,
}

/// What was wrong.
#[derive(Debug)]
pub(crate) struct Fault {
    /// For whoever asked; it may quote what they sent.
    pub why: String,
    /// For the log: nothing of it is the client's.
    pub reason: &'static str,
    /// Of which call, where that is known.
    pub call_id: Option<String>,
}

/// Why there is no decision.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub status: u16,
    pub why: String,
    /// See [`Fault::reason`].
    pub reason: &'static str,
    /// By what the call would end, if it ends here.
    pub script: Option<Arc<Served>>,
    /// See [`Fault::call_id`].
    pub call_id: Option<String>,
}

impl Refusal {
    /// Of no call that is known.
    pub fn new(status: u16, reason: &'static str, why: String, script: Option<Arc<Served>>) -> Self {
        Self { status, why, reason, script, call_id: None }
    }

    fn of(self, call_id: &str) -> Self {
        Self { call_id: Some(call_id.to_owned()), ..self }
    }
}

/// Answers a request in a dialect. Whatever happens, there is an answer.
pub(crate) async fn answer(app: &App, to: &To<'_>, dialect: &'static str, asked: &Asked<'_>) -> Answered {
    let caught = AssertUnwindSafe(decide(app, to, dialect, asked)).catch_unwind().await;
    let answered = match caught {
        Ok(Ok(answered)) => answered,
        Ok(Err(refusal)) => refuse(app, dialect, refusal),
        Err(_) => {
            app.metrics.faults.inc();
            let why = "the server has a fault; it was caught, and the fallback answered".to_owned();
            // Which script it was is not certain any more.
            let script = match to {
                To::Script(name) => app.store.now().named(name).cloned(),
                To::Dialled => app.store.now().scripts.first().cloned(),
            };
            refuse(app, dialect, Refusal::new(500, "a fault of the server", why, script))
        }
    };
    app.metrics.took(dialect, asked.start.elapsed());
    answered
}

/// Says no to a request that no script was asked about: it was too large, say. Those who show no secret learn nothing of the script,
/// but where platforms sign: a signature cannot be looked at without the body, and a platform must not lose the call.
pub(crate) fn turn_away(
    app: &App,
    to: &To<'_>,
    dialect: &'static str,
    headers: &HeaderMap,
    status: u16,
    reason: &'static str,
    why: String,
) -> Answered {
    let now = app.store.now();
    let script = to.first(&now, dialect);
    let known = |script: &Served| {
        app.bearers.check(headers).is_ok() || script.dialects.get(dialect).is_some_and(|dialect| demands_signatures(dialect.as_ref()))
    };
    let script = script.filter(|script| known(script)).cloned();
    refuse(app, dialect, Refusal::new(status, reason, why, script))
}

/// Says no, with the fallback for whoever holds a call in the line: that of the script, or else of the configuration, in the words of the dialect.
pub(crate) fn refuse(app: &App, dialect: &'static str, refusal: Refusal) -> Answered {
    let Refusal { status, why, reason: short, script, call_id } = refusal;
    app.metrics.refused.get_or_create(&crate::metrics::ByStatus { status }).inc();
    let reason = if status >= 500 { "fault" } else { "refused" };
    app.metrics.fallbacks.get_or_create(&ByReason { reason }).inc();
    let instruction = script.as_ref().map_or(&app.fallback, |script| &script.fallback);
    let now = app.store.now();
    // Where no script is known, any that speaks so knows the words.
    let speaker = match &script {
        Some(script) => script.dialects.get(dialect),
        None => now.scripts.iter().find_map(|script| script.dialects.get(dialect)),
    };
    let said = speaker.map(|dialect| dialect.refuse(status, &why, instruction));
    let response = said.unwrap_or_else(|| json_refusal(status, &why, Some(instruction)));
    Answered { response, of: script.as_ref().map(Of::now), fault: Some(Fault { why, reason: short, call_id }) }
}

/// A refusal in JSON: the fallback, and what was wrong.
pub(crate) fn json_refusal(status: u16, why: &str, instruction: Option<&Instruction>) -> Response {
    callroute_dialects::json_refusal(status, why, instruction)
}

/// Almost all events are decided at once. What must be waited for is boxed, so that the others do not carry room for it around.
async fn decide(app: &App, to: &To<'_>, name: &'static str, asked: &Asked<'_>) -> Result<Answered, Refusal> {
    let heard = match hear(app, to, name, asked)? {
        Hearing::Over(answered) => return Ok(answered),
        Hearing::Known(heard) => heard,
        Hearing::Older(older) => Box::pin(older.find(app, to)).await?,
    };
    let Heard { served, older, event, opened } = heard;
    let (turn, said) = Turn::begin(app, name, asked.deadline, &served, older.as_deref(), event, opened.as_ref())?;
    let said = match said {
        Taken::Said(said) => said,
        Taken::Asks(asks) => Box::pin(turn.ask(asks)).await?,
    };
    let (response, older, fault) = turn.answer(said)?;
    Ok(Answered { response, of: Some(Of { script: served, older }), fault })
}

/// What there is of a request once it has been read.
enum Hearing {
    /// Its answer: the dialect has it.
    Over(Answered),
    /// An event.
    Known(Heard),
    /// An event of a call that began with a version that is not served any more.
    Older(Box<Older>),
}

/// An event, and what answers it.
struct Heard {
    /// As it is served now.
    served: Arc<Served>,
    /// As it was when the call began, if that is another version.
    older: Option<Arc<Program>>,
    event: Box<Event>,
    /// What was in its `continue`.
    opened: Option<Opened>,
}

/// See [`Hearing::Older`].
struct Older {
    now: Arc<Generation>,
    /// The script that was asked.
    script: Arc<Served>,
    event: Box<Event>,
    opened: Opened,
}

/// Reads a request, and finds the script.
fn hear(app: &App, to: &To<'_>, name: &'static str, asked: &Asked<'_>) -> Result<Hearing, Refusal> {
    let now = app.store.now();
    // A script that answers in this dialect; which one it is turns out when the event has been read.
    let first = to.first(&now, name);
    let Some(first) = first else {
        let what = match to {
            // What there is concerns only those who may ask for it.
            To::Script(script) if app.bearers.check_own(&asked.parts.headers, app.beyond).is_ok() => {
                let names: Vec<&str> = now.scripts.iter().map(|script| script.name.as_str()).collect();
                format!("there is no script {script:?} here; the scripts are `{}`", names.join("`, `"))
            }
            To::Script(script) => format!("there is no script {script:?} here"),
            To::Dialled => format!("no script is asked in the dialect `{name}` here"),
        };
        return Err(Refusal::new(404, "no such script", what, None));
    };
    let Some(dialect) = first.dialects.get(name) else {
        let why = format!("the script `{}` is not asked in the dialect `{name}`; add it to its `dialects`", first.name);
        let known = app.bearers.check(&asked.parts.headers).is_ok();
        return Err(Refusal::new(404, "the script is not asked in this dialect", why, known.then(|| Arc::clone(first))));
    };
    let Asked { parts, body, .. } = *asked;
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let query = parts.uri.query().unwrap_or_default();
    let request =
        Request { method: parts.method.as_str(), server: &app.public, target, query, headers: &parts.headers, body, now: unix_now() };
    // Strangers learn nothing of the script, not even its fallback.
    let stranger = |why| Refusal::new(401, "the secret or the signature is missing or wrong", why, None);
    app.bearers.check_signed(dialect.as_ref(), &request).map_err(stranger)?;
    let event = match dialect.read(&request) {
        Ok(Report::Event(event)) => event,
        Ok(Report::Answered(response)) => {
            return Ok(Hearing::Over(Answered { response, of: Some(Of::now(first)), fault: None }));
        }
        Err(unreadable) => {
            return Err(Refusal::new(400, "the event cannot be read", unreadable.to_string(), Some(Arc::clone(first))));
        }
    };
    let script = match (to, &event.kind) {
        (To::Dialled, EventKind::IncomingCall(call)) => match now.dialled(call.to.as_deref()) {
            Some(script) => script,
            None => {
                if !now.numbers.is_empty() {
                    let to = app.log_numbers.then(|| call.to.as_deref().unwrap_or_default());
                    tracing::warn!(call_id = %short_id(&event.call_id), to, "the number dialled is in no `for`: the first script answers");
                }
                first
            }
        },
        _ => first,
    };
    let Some(opened) = open(app, &event, script).map_err(|refusal| refusal.of(&event.call_id))? else {
        return Ok(Hearing::Known(Heard { served: Arc::clone(script), older: None, event, opened: None }));
    };
    // Another script may have the same text, and yet other dialects and another address.
    let same = Some(script).filter(|script| script.program.hash().starts_with(&opened.script));
    Ok(match same.or_else(|| now.hashed(opened.script)) {
        Some(script) => Hearing::Known(Heard { served: Arc::clone(script), older: None, event, opened: Some(opened) }),
        None => Hearing::Older(Box::new(Older { now: Arc::clone(&now), script: Arc::clone(script), event, opened })),
    })
}

impl Older {
    /// The script that the call goes on with, in the version that it began with.
    async fn find(self, app: &App, to: &To<'_>) -> Result<Heard, Refusal> {
        let Self { now, script, event, opened } = self;
        let (store, start) = (Arc::clone(&app.store), opened.script);
        let found = tokio::task::spawn_blocking(move || store.old(start)).await.ok().flatten();
        match found {
            Some((program, name)) => {
                // An address says whose a call is; without one, the script that the program was served as.
                let owner = name.filter(|_| *to == To::Dialled).and_then(|name| now.named(&name));
                let served = Arc::clone(owner.unwrap_or(&script));
                Ok(Heard { served, older: Some(program), event, opened: Some(opened) })
            }
            None => Err(refused_token(app, TokenError::OtherScript, Some(script)).of(&event.call_id)),
        }
    }
}

/// Why a platform was told the fallback.
const UNSAYABLE: &str = "the platform cannot be told what the script says";

/// Characters of a call's id in the log: that of a platform is shorter, and what is longer must not fill it.
const SHORT: usize = 200;

/// A call's id for the log.
pub(crate) fn short_id(id: &str) -> Cow<'_, str> {
    if id.len() <= SHORT {
        return Cow::Borrowed(id);
    }
    match id.char_indices().nth(SHORT).and_then(|(end, _)| id.get(..end)) {
        Some(start) => Cow::Owned(format!("{start}… ({} bytes)", id.len())),
        None => Cow::Borrowed(id),
    }
}

/// The numbers of an incoming call.
fn numbers(event: &Event) -> (String, String) {
    match &event.kind {
        EventKind::IncomingCall(call) => (call.from.clone().unwrap_or_default(), call.to.clone().unwrap_or_default()),
        _ => Default::default(),
    }
}

/// Opens the event's `continue`, if it has one that matters.
fn open(app: &App, event: &Event, script: &Arc<Served>) -> Result<Option<Opened>, Refusal> {
    let Some(token) = &event.token else { return Ok(None) };
    if matches!(event.kind, EventKind::IncomingCall(_)) {
        return Ok(None);
    }
    let opened = app.keys.open(token, &event.call_id, event.timestamp);
    opened.map(Some).map_err(|error| refused_token(app, error, Some(Arc::clone(script))))
}

fn refused_token(app: &App, error: TokenError, script: Option<Arc<Served>>) -> Refusal {
    app.metrics.tokens.get_or_create(&ByReason { reason: token_reason(error) }).inc();
    let status = match error {
        TokenError::Expired(_) | TokenError::OtherScript => 410,
        _ => 400,
    };
    let reason = match error {
        TokenError::Expired(_) => "`continue` has expired",
        TokenError::OtherScript => "`continue` is of a version that nobody has any more",
        TokenError::OtherCall => "`continue` is of another call",
        TokenError::UnknownKey => "`continue` was sealed with a key that is not known here",
        _ => "`continue` is none that was sealed here",
    };
    Refusal::new(status, reason, error.to_string(), script)
}

const fn token_reason(error: TokenError) -> &'static str {
    match error {
        TokenError::Form => "form",
        TokenError::UnknownKey => "unknown_key",
        TokenError::Changed => "changed",
        TokenError::Version => "version",
        TokenError::OtherScript => "other_script",
        TokenError::OtherCall => "other_call",
        TokenError::Expired(_) => "expired",
        TokenError::State => "state",
    }
}

/// What a script says to an event.
enum Said {
    /// This.
    Instruction(Box<Instruction>),
    /// Something that the platform cannot do.
    Cannot(Unsayable),
}

/// What came of asking a script.
enum Taken<'t> {
    /// It says something.
    Said(Said),
    /// A source must be asked first.
    Asks(Box<Asks<'t>>),
}

/// See [`Taken::Asks`].
struct Asks<'t> {
    conversation: Conversation<'t>,
    lookup: Lookup,
}

thread_local! {
    /// The memory of the last call that this thread answered, for the next one.
    static SPARE: Cell<Option<Box<Call>>> = const { Cell::new(None) };
}

/// One event of a call, with the script that answers it.
struct Turn<'t> {
    app: &'t App,
    served: &'t Arc<Served>,
    older: Option<&'t Program>,
    name: &'static str,
    dialect: &'t dyn Dialect,
    deadline: Instant,
    call_id: String,
    /// The event's name.
    kind: &'static str,
    /// Those of an incoming call, if they may be logged.
    numbers: Option<(String, String)>,
}

impl<'t> Turn<'t> {
    /// Asks the script.
    fn begin(
        app: &'t App,
        name: &'static str,
        deadline: Instant,
        served: &'t Arc<Served>,
        older: Option<&'t Program>,
        event: Box<Event>,
        opened: Option<&Opened>,
    ) -> Result<(Self, Taken<'t>), Refusal> {
        let Some(dialect) = served.dialects.get(name) else {
            let why = format!("the script `{}` is not asked in the dialect `{name}`; add it to its `dialects`", served.name);
            let refusal = Refusal::new(404, "the script is not asked in this dialect", why, Some(Arc::clone(served)));
            return Err(refusal.of(&event.call_id));
        };
        let dialect = dialect.as_ref();
        let numbers = app.log_numbers.then(|| numbers(&event));
        let (call_id, kind) = (event.call_id.clone(), event.kind.name());
        let turn = Self { app, served, older, name, dialect, deadline, call_id, kind, numbers };
        let lifetime = i64::from(app.limits.call_hours) * 3600;
        let session =
            Session::with_memory(older.unwrap_or(&served.program), &app.keys, SPARE.take().unwrap_or_default()).with_lifetime(lifetime);
        let (conversation, step) = Conversation::begin(session, dialect, event, opened).map_err(|error| turn.refuse(&error))?;
        let taken = turn.take(conversation, step)?;
        Ok((turn, taken))
    }

    /// Follows a conversation as far as it goes without a source.
    fn take(&self, mut conversation: Conversation<'t>, mut step: Step) -> Result<Taken<'t>, Refusal> {
        loop {
            match step {
                Step::Say(instruction) => {
                    SPARE.set(Some(conversation.into_session().into_memory()));
                    return Ok(Taken::Said(Said::Instruction(instruction)));
                }
                Step::Cannot(why) => return Ok(Taken::Said(Said::Cannot(why))),
                Step::Lookup(lookup) if self.app.sources.is_bound(&lookup.source) => {
                    return Ok(Taken::Asks(Box::new(Asks { conversation, lookup })));
                }
                Step::Lookup(_) if self.dialect.answers_lookups() => {
                    let instruction = conversation.leave().map_err(|error| self.refuse(&error))?;
                    return Ok(Taken::Said(Said::Instruction(Box::new(instruction))));
                }
                Step::Lookup(_) => step = conversation.looked_up(LookupResult::Failed).map_err(|error| self.refuse(&error))?,
            }
        }
    }

    /// Asks a source, and others that the script wants after it.
    async fn ask(&self, mut asks: Box<Asks<'t>>) -> Result<Said, Refusal> {
        loop {
            let Asks { mut conversation, lookup } = *asks;
            let result = self.look_up(&lookup).await;
            let step = conversation.looked_up(result).map_err(|error| self.refuse(&error))?;
            asks = match self.take(conversation, step)? {
                Taken::Said(said) => return Ok(said),
                Taken::Asks(asks) => asks,
            };
        }
    }

    /// Says it in the dialect, counts it and logs it. The second value is the version of the call, if that is an older one; the third what was
    /// wrong, if something was.
    fn answer(self, said: Said) -> Result<(Response, Option<String>, Option<Fault>), Refusal> {
        let Self { app, served, older, name, dialect, call_id, kind, numbers, .. } = self;
        let (instruction, cannot) = match &said {
            Said::Instruction(instruction) => (&**instruction, None),
            Said::Cannot(why) => (&served.fallback, Some(why.clone())),
        };
        // What the platform cannot be told must not cost the caller the call: the fallback is told instead, as if nothing were wrong.
        let (response, instruction, cannot) = match (dialect.write(instruction), cannot) {
            (Ok(response), cannot) => (response, instruction, cannot),
            (Err(unsayable), _) => match dialect.write(&served.fallback) {
                Ok(response) => (response, &served.fallback, Some(unsayable)),
                Err(error) => {
                    let why = format!("the platform can be told neither: {unsayable}; {error}");
                    return Err(Refusal::new(500, UNSAYABLE, why, Some(Arc::clone(served))).of(&call_id));
                }
            },
        };
        let call_id = &*short_id(&call_id);
        let script = served.name.as_str();
        let cannot = cannot.map(|why| format!("the platform cannot be told what the script says, so the fallback was: {why}"));
        if let Some(why) = &cannot {
            // It may quote a number of the call.
            let shown = app.log_numbers.then_some(why);
            tracing::warn!(call_id, script, dialect = name, reason = UNSAYABLE, why = shown, "the fallback was told instead");
            if shown.is_none() {
                tracing::debug!(call_id, script, why, "why");
            }
            app.metrics.fallbacks.get_or_create(&ByReason { reason: "unsayable" }).inc();
        }
        let action = instruction.action.name();
        served.decisions.count(&app.metrics.decisions, script, name, action);
        let older = older.map(|program| version(&program.hash()));
        let version = older.as_deref().unwrap_or(&served.version);
        let (from, to) = numbers.unzip();
        let tags = (!instruction.tags.is_empty()).then(|| instruction.tags.join(", "));
        let (tags, from, to) = (tags.as_deref(), from.as_deref(), to.as_deref());
        Decided { call_id, script, version, dialect: name, event: kind, action, tags, from, to }.log();
        for warning in &instruction.warnings {
            // It may quote what the caller sent.
            if app.log_numbers {
                tracing::warn!(call_id, script, warning, "the event is odd");
            } else {
                tracing::debug!(call_id, script, warning, "the event is odd");
            }
        }
        let fault = cannot.map(|why| Fault { why, reason: UNSAYABLE, call_id: None });
        Ok((response, older, fault))
    }

    fn refuse(&self, error: &AnswerError) -> Refusal {
        let (status, reason) = match error {
            AnswerError::Token(token) => {
                self.app.metrics.tokens.get_or_create(&ByReason { reason: token_reason(*token) }).inc();
                (400, "`continue` cannot be used")
            }
            AnswerError::Decide(_) => (409, "the event does not fit the question that is open"),
            AnswerError::Seal(_) => (500, "`continue` cannot be sealed"),
            AnswerError::NoToken(_) => (400, "the event has no `continue`"),
            _ => (400, "the event cannot be read"),
        };
        Refusal::new(status, reason, error.to_string(), Some(Arc::clone(self.served))).of(&self.call_id)
    }

    /// Asks a source; whatever happens, something came of it.
    async fn look_up(&self, lookup: &Lookup) -> LookupResult {
        let start = Instant::now();
        let left = self.deadline.saturating_duration_since(start);
        // A little is left for the rest of the way.
        let answered = tokio::time::timeout(left.mul_f32(0.9), self.app.sources.ask(lookup)).await;
        let (result, cached, why) = match answered {
            Ok(answered) => (answered.result, answered.cached, answered.why),
            Err(_) => (LookupResult::Late, false, Some("the request must be answered before the source has".to_owned())),
        };
        let word = match &result {
            LookupResult::Found(_) => "found",
            LookupResult::Missing => "missing",
            LookupResult::Failed => "failed",
            LookupResult::Late => "late",
        };
        let cached = if cached { "yes" } else { "no" };
        let call_id = &*short_id(&self.call_id);
        let (script, source) = (self.served.name.as_str(), lookup.source.as_str());
        let ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &why {
            Some(why) => tracing::warn!(call_id, script, source, outcome = word, ms, why, "a look-up did not work"),
            None => tracing::debug!(call_id, script, source, outcome = word, ms, cached, "a look-up"),
        }
        self.app.metrics.lookups.get_or_create(&LookedUp { source: lookup.source.clone(), result: word, cached }).inc();
        self.app.metrics.lookup_seconds.get_or_create(&BySource { source: lookup.source.clone() }).observe(start.elapsed().as_secs_f64());
        result
    }
}

/// The time of receipt.
pub(crate) fn unix_now() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(_) => 0,
    }
}
