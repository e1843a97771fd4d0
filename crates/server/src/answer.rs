//! From a request to its response: read, find the script, decide, look up, say.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use callroute_dialects::{Conversation, Dialect, Report, Request, Response, Step, Unsayable};
use callroute_protocol::{AnswerError, Event, EventKind, Instruction, Lookup, LookupResult, Opened, TokenError};
use callroute_runtime::Program;
use futures_util::FutureExt as _;
use http::HeaderValue;

use crate::App;
use crate::auth::demands_signatures;
use crate::load::{Served, version};
use crate::metrics::{ByReason, BySource, Decision, LookedUp};
use crate::store::Generation;

/// A request that has come whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'r> {
    /// Its head: `GET` or `POST`.
    pub parts: &'r http::request::Parts,
    /// Its body.
    pub body: &'r [u8],
    /// When the request must have been answered.
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

    fn version(&self) -> &str {
        self.older.as_deref().unwrap_or(&self.script.version)
    }

    /// Its name and version, as headers have them.
    pub fn headers(&self) -> (Option<HeaderValue>, Option<HeaderValue>) {
        let (name, version) = self.script.headers.clone();
        let version = match &self.older {
            Some(older) => HeaderValue::from_str(older).ok(),
            None => version,
        };
        (name, version)
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
    let start = Instant::now();
    // In a place of its own: it is large, and would be moved with every future around it.
    let caught = AssertUnwindSafe(Box::pin(decide(app, to, dialect, asked))).catch_unwind().await;
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
    app.metrics.seconds.get_or_create(&crate::metrics::ByDialect { dialect }).observe(start.elapsed().as_secs_f64());
    answered
}

/// Says no to a request that no script was asked about: it was too large, say. Those who show no secret learn nothing of the script,
/// but where platforms sign: a signature cannot be looked at without the body, and a platform must not lose the call.
pub(crate) fn turn_away(
    app: &App,
    to: &To<'_>,
    dialect: &'static str,
    headers: &http::HeaderMap,
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

async fn decide(app: &App, to: &To<'_>, name: &'static str, asked: &Asked<'_>) -> Result<Answered, Refusal> {
    let now = app.store.now().clone();
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
    let Asked { parts, body, deadline } = *asked;
    let url = [app.public.as_str(), parts.uri.path_and_query().map_or("/", |target| target.as_str())].concat();
    let query = parts.uri.query().unwrap_or_default();
    let request = Request { method: parts.method.as_str(), url: &url, query, headers: &parts.headers, body, now: unix_now() };
    // Strangers learn nothing of the script, not even its fallback.
    let stranger = |why| Refusal::new(401, "the secret or the signature is missing or wrong", why, None);
    app.bearers.check_signed(dialect.as_ref(), &request).map_err(stranger)?;
    let event = match dialect.read(&request) {
        Ok(Report::Event(event)) => event,
        Ok(Report::Answered(response)) => {
            return Ok(Answered { response, of: Some(Of::now(first)), fault: None });
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
    let call_id = event.call_id.clone();
    let opened = open(app, &event, script).map_err(|refusal| refusal.of(&call_id))?;
    let (served, program) = program(app, &now, to, script, opened.as_ref()).await.map_err(|refusal| refusal.of(&call_id))?;
    let Some(dialect) = served.dialects.get(name) else {
        let why = format!("the script `{}` is not asked in the dialect `{name}`; add it to its `dialects`", served.name);
        return Err(Refusal::new(404, "the script is not asked in this dialect", why, Some(served)).of(&call_id));
    };
    let short = short_id(&call_id);
    let turn = Turn { app, served: &served, program: &program, dialect: dialect.as_ref(), deadline, call_id: &short };
    let fault =
        |(status, reason, why): (u16, &'static str, String)| Refusal::new(status, reason, why, Some(Arc::clone(&served))).of(&call_id);
    let kind = event.kind.name();
    let numbers = app.log_numbers.then(|| numbers(&event));
    let (instruction, cannot) = match turn.take(event, opened.as_ref()).await.map_err(fault)? {
        Said::Instruction(instruction) => (instruction, None),
        Said::Cannot(why) => (served.fallback.clone(), Some(why)),
    };
    // What the platform cannot be told must not cost the caller the call: the fallback is told instead, as if nothing were wrong.
    let (response, instruction, cannot) = match (dialect.write(&instruction), cannot) {
        (Ok(response), cannot) => (response, instruction, cannot),
        (Err(unsayable), _) => {
            let response = dialect.write(&served.fallback);
            let response =
                response.map_err(|error| fault((500, UNSAYABLE, format!("the platform can be told neither: {unsayable}; {error}"))))?;
            (response, served.fallback.clone(), Some(unsayable))
        }
    };
    let cannot = cannot.map(|why| format!("the platform cannot be told what the script says, so the fallback was: {why}"));
    if let Some(why) = &cannot {
        // It may quote a number of the call.
        let shown = app.log_numbers.then_some(why);
        tracing::warn!(call_id = %short, script = served.name, dialect = name, reason = UNSAYABLE, why = shown, "the fallback was told instead");
        if shown.is_none() {
            tracing::debug!(call_id = %short, why, "why");
        }
        app.metrics.fallbacks.get_or_create(&ByReason { reason: "unsayable" }).inc();
    }
    let action = instruction.action.name();
    let label = Decision { script: served.name.clone(), dialect: name, action: action.to_owned() };
    app.metrics.decisions.get_or_create(&label).inc();
    let older = (!Arc::ptr_eq(&program, &served.program)).then(|| version(&program.hash()));
    let of = Of { script: Arc::clone(&served), older };
    let (from, to) = numbers.unzip();
    let tags = (!instruction.tags.is_empty()).then(|| instruction.tags.join(", "));
    let (call_id, script) = (&*short, served.name.as_str());
    tracing::info!(call_id, script, version = of.version(), dialect = name, event = kind, action, tags, from, to, "decided");
    for warning in &instruction.warnings {
        // It may quote what the caller sent.
        if app.log_numbers {
            tracing::warn!(call_id, script, warning, "the event is odd");
        } else {
            tracing::debug!(call_id, script, warning, "the event is odd");
        }
    }
    let fault = cannot.map(|why| Fault { why, reason: UNSAYABLE, call_id: None });
    Ok(Answered { response, of: Some(of), fault })
}

/// Why a platform was told the fallback.
const UNSAYABLE: &str = "the platform cannot be told what the script says";

/// Characters of a call's id in the log: that of a platform is shorter, and what is longer must not fill it.
const SHORT: usize = 200;

/// A call's id for the log.
pub(crate) fn short_id(id: &str) -> Cow<'_, str> {
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

/// The script that a call goes on with: the one it began with, in the version that it began with.
async fn program(
    app: &App,
    now: &Generation,
    to: &To<'_>,
    script: &Arc<Served>,
    opened: Option<&Opened>,
) -> Result<(Arc<Served>, Arc<Program>), Refusal> {
    let Some(opened) = opened else { return Ok((Arc::clone(script), Arc::clone(&script.program))) };
    // Another one may have the same text, and yet other dialects and another address.
    if script.program.hash().starts_with(&opened.script) {
        return Ok((Arc::clone(script), Arc::clone(&script.program)));
    }
    if let Some(served) = now.hashed(opened.script) {
        return Ok((Arc::clone(served), Arc::clone(&served.program)));
    }
    let (store, start) = (Arc::clone(&app.store), opened.script);
    let found = tokio::task::spawn_blocking(move || store.old(start)).await.ok().flatten();
    match found {
        Some((program, name)) => {
            // An address says whose a call is; without one, the script that the program was served as.
            let owner = name.filter(|_| *to == To::Dialled).and_then(|name| now.named(&name));
            Ok((Arc::clone(owner.unwrap_or(script)), program))
        }
        None => Err(refused_token(app, TokenError::OtherScript, Some(Arc::clone(script)))),
    }
}

/// What a script says to an event.
enum Said {
    /// This.
    Instruction(Instruction),
    /// Something that the platform cannot do.
    Cannot(Unsayable),
}

/// One event of a call, with the script that answers it.
struct Turn<'t> {
    app: &'t App,
    served: &'t Served,
    program: &'t Program,
    dialect: &'t dyn Dialect,
    deadline: Instant,
    /// For the log.
    call_id: &'t str,
}

impl Turn<'_> {
    async fn take(&self, event: Event, opened: Option<&Opened>) -> Result<Said, (u16, &'static str, String)> {
        let lifetime = i64::from(self.app.limits.call_hours) * 3600;
        let (mut conversation, mut step) = Conversation::begin(self.program, &self.app.keys, lifetime, self.dialect, event, opened)
            .map_err(|error| self.refuse(&error))?;
        loop {
            match step {
                Step::Say(instruction) => return Ok(Said::Instruction(*instruction)),
                Step::Cannot(why) => return Ok(Said::Cannot(why)),
                Step::Lookup(lookup) if self.app.sources.is_bound(&lookup.source) => {
                    let result = Box::pin(self.look_up(&lookup)).await;
                    step = conversation.looked_up(result).map_err(|error| self.refuse(&error))?;
                }
                Step::Lookup(_) if self.dialect.answers_lookups() => {
                    return conversation.leave().map(Said::Instruction).map_err(|error| self.refuse(&error));
                }
                Step::Lookup(_) => step = conversation.looked_up(LookupResult::Failed).map_err(|error| self.refuse(&error))?,
            }
        }
    }

    fn refuse(&self, error: &AnswerError) -> (u16, &'static str, String) {
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
        (status, reason, error.to_string())
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
        let (call_id, script, source) = (self.call_id, self.served.name.as_str(), lookup.source.as_str());
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
