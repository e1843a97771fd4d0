//! The outside: addresses, limits, and the connection of every client.
//!
//! Events, of which there are many, go their own short way ([`addressed`]); the server's own addresses are the web framework's matter.

use std::borrow::Cow;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::routing::{MethodRouter, get, post};
use http::header::{ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode, Version};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tower_service::Service as _;

use crate::answer::{Answered, Asked, Fault, To, answer, json_refusal, short_id, turn_away};
use crate::connections::{Connected, Connections, Finish};
use crate::{App, Unready};

/// What the scripts' own addresses must not be: names of the server's.
pub(crate) const RESERVED: [&str; 5] = ["healthz", "readyz", "metrics", "openapi.json", "-"];

/// When the server stops: how long connections are still taken that came before, and how long they have for their first words.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long `/readyz` waits for sources, and how long what it heard of them is good.
const READY: Duration = Duration::from_secs(1);

/// A body up to this many bytes is always read; events are smaller.
const COMMON_BODY: usize = 64 << 10;

const SCRIPT: HeaderName = HeaderName::from_static("callroute-script");
pub(crate) const VERSION: HeaderName = HeaderName::from_static("callroute-version");

/// Larger bodies that are held at the same time.
pub(crate) const LARGE_BODIES: usize = 64;

/// An answer whose body is there as a whole.
type Answer = http::Response<Full<Bytes>>;

/// An address, and what answers there.
type Route = (&'static str, fn() -> MethodRouter<Arc<App>>);

/// The server's own addresses.
const OWN: [Route; 5] = [
    ("/healthz", || get(|| async { plain(StatusCode::OK, "ok\n") })),
    ("/readyz", || get(ready)),
    ("/metrics", || get(metrics)),
    ("/openapi.json", || get(openapi)),
    ("/-/reload", || post(reload)),
];

/// Answers at the server's own addresses, and says of all others that there is nothing.
pub(crate) fn own(app: Arc<App>) -> Router {
    let routes = OWN.iter().fold(Router::new(), |router, (path, answer)| router.route(path, answer()));
    routes.method_not_allowed_fallback(otherwise).fallback(nowhere).with_state(app)
}

/// All that answers.
struct Outside {
    app: Arc<App>,
    /// The server's own addresses.
    own: Router,
}

/// A connection, and all that it reaches.
struct Client {
    outside: Arc<Outside>,
    connected: Connected,
}

/// The body of an answer: there as a whole, or what the web framework has.
type Said = Either<Full<Bytes>, Body>;

/// Everything that is answered.
async fn serve(client: Arc<Client>, request: http::Request<Incoming>) -> Result<http::Response<Said>, Infallible> {
    client.connected.asked(request.version() >= Version::HTTP_2);
    let response = respond_to(&client.outside, request).await;
    client.connected.answered();
    Ok(response)
}

async fn respond_to(outside: &Outside, request: http::Request<Incoming>) -> http::Response<Said> {
    let app = &*outside.app;
    let (parts, body) = request.into_parts();
    let at = |dialect| Some((dialect, parts.uri.path()));
    match addressed(parts.uri.path()) {
        Some((to, Ok(dialect))) => {
            let (answered, allow) = ask(app, &to, dialect, &parts, body).await;
            let mut response = finish(app, at(dialect), answered);
            if allow {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
            }
            response.map(Either::Left)
        }
        Some((to, Err(dialect))) => {
            let why = format!("there is no dialect {dialect:?}; the dialects are `{}`", callroute_dialects::NAMES.join("`, `"));
            finish(app, at("json"), turn_away(app, &to, "json", &parts.headers, 404, "no such dialect", why)).map(Either::Left)
        }
        None => {
            let Ok(response) = Box::pin(outside.own.clone().call(Request::from_parts(parts, Body::new(body)))).await;
            response.map(Either::Right)
        }
    }
}

/// The addresses of events, as `openapi.json` describes them: whom an event is for, and in which words it comes; or the dialect that there is not.
/// None for all other addresses.
fn addressed(path: &str) -> Option<(To<'_>, Result<&'static str, Cow<'_, str>>)> {
    let dialect = |name: &str| callroute_dialects::NAMES.iter().copied().find(|known| *known == name);
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some((To::Dialled, Ok("json")));
    }
    let (one, two) = match path.split_once('/') {
        Some((one, two)) => (one, Some(two)),
        None => (path, None),
    };
    if RESERVED.contains(&one) || two.is_some_and(|two| two.contains('/')) {
        return None;
    }
    let one = decoded(one)?;
    Some(match two {
        None => match dialect(&one) {
            Some(dialect) => (To::Dialled, Ok(dialect)),
            None => (To::Script(one), Ok("json")),
        },
        // The name of a dialect was forgotten.
        Some("") => (To::Script(one), Err("".into())),
        Some(two) => {
            let two = decoded(two)?;
            (To::Script(one), dialect(&two).ok_or(two))
        }
    })
}

/// A part of a path. None if there is nothing in it, or no text.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    let whole = if part.contains('%') { percent_encoding::percent_decode_str(part).decode_utf8().ok()? } else { part.into() };
    Some(whole).filter(|whole| !whole.is_empty())
}

async fn nowhere(State(app): State<Arc<App>>, request: Request) -> Answer {
    let why = "there is nothing at this address; events go to `/SCRIPT`, or `/SCRIPT/DIALECT`".to_owned();
    let path = request.uri().path();
    let script = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let to = To::Script(percent_encoding::percent_decode_str(script).decode_utf8_lossy());
    finish(&app, Some(("json", path)), turn_away(&app, &to, "json", request.headers(), 404, "no such address", why))
}

/// The address is one of the server's own, and asked otherwise.
async fn otherwise(State(app): State<Arc<App>>, request: Request) -> Answer {
    let (method, path) = (request.method(), request.uri().path());
    let wanted = if path == "/-/reload" { "POST" } else { "GET" };
    refused(&app, path, 405, "the method", format!("`{path}` is asked by {wanted}, not by {method}"))
}

async fn ready(State(app): State<Arc<App>>, request: Request) -> Answer {
    let mut text = String::new();
    let stopping = app.is_stopping();
    if stopping {
        text.push_str("stopping\n");
    }
    let mut good = !stopping;
    let told = app.bearers.check_own(request.headers(), app.beyond).is_ok();
    for (source, why) in unready(&app).await {
        // A script says what happens when a source fails: it is told here, but calls are answered all the same.
        let why = if told { why } else { "not reached".to_owned() };
        text.push_str(&format!("source {source}: {why}\n"));
    }
    if app.store.now().scripts.is_empty() {
        good = false;
        text.push_str("no script\n");
    }
    if good {
        text.insert_str(0, "ready\n");
    }
    plain(if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, &text)
}

/// Sources that do not answer, and why. However many ask, sources are asked once in a while; and a source that is silent must not keep the answer
/// from a balancer, which would send calls nowhere.
async fn unready(app: &App) -> Unready {
    let mut known = app.unready.lock().await;
    if let Some((at, list)) = &*known
        && at.elapsed() < READY
    {
        return list.clone();
    }
    let list = match tokio::time::timeout(READY, app.sources.ready()).await {
        Ok(states) => states.into_iter().filter_map(|(source, state)| Some((source, state.err()?))).collect(),
        Err(_) => vec![("(one of them)".to_owned(), format!("no answer within {} second", READY.as_secs()))],
    };
    *known = Some((Instant::now(), list.clone()));
    list
}

async fn metrics(State(app): State<Arc<App>>, request: Request) -> Answer {
    if let Err(why) = app.bearers.check_own(request.headers(), app.beyond) {
        return refused(&app, request.uri().path(), 401, "the secret is missing or wrong", why);
    }
    respond(StatusCode::OK, never_stored(), "application/openmetrics-text; version=1.0.0; charset=utf-8", app.metrics.text())
}

async fn openapi() -> Answer {
    respond(StatusCode::OK, never_stored(), "application/json", crate::OPENAPI)
}

async fn reload(State(app): State<Arc<App>>, request: Request) -> Answer {
    if let Err(why) = app.bearers.check_own(request.headers(), app.beyond) {
        return refused(&app, request.uri().path(), 401, "the secret is missing or wrong", why);
    }
    // It is not given up in the middle when the client goes away.
    let outcomes = tokio::spawn(async move { crate::reload::reload(&app).await }).await.unwrap_or_default();
    let refused = outcomes.iter().any(|outcome| outcome.fault.is_some());
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let list: Vec<serde_json::Value> = outcomes.iter().map(crate::reload::Outcome::json).collect();
    respond(status, never_stored(), "application/json", serde_json::json!({ "scripts": list }).to_string())
}

/// One event.
async fn ask(app: &App, to: &To<'_>, dialect: &'static str, parts: &http::request::Parts, body: Incoming) -> (Answered, bool) {
    let _in_flight = crate::Counted::new(&app.metrics.requests);
    let arrived = Instant::now();
    let deadline = arrived + app.limits.request();
    let away = |status, reason, why| turn_away(app, to, dialect, &parts.headers, status, reason, why);
    if parts.method != Method::POST && parts.method != Method::GET {
        return (away(405, "the method", format!("events come by POST, not by {}", parts.method)), true);
    }
    let mut whole = pin!(whole(app, body));
    // Most bodies come with the head, and nothing need be set up to wait for them.
    let (come, start) = match poll_fn(|context| Poll::Ready(whole.as_mut().poll(context))).await {
        Poll::Ready(come) => (Ok(come), arrived),
        Poll::Pending => (Box::pin(tokio::time::timeout_at(deadline.into(), whole)).await, Instant::now()),
    };
    let (body, _large) = match come {
        Ok(Ok(body)) => body,
        Ok(Err((status, reason, why))) => return (away(status, reason, why), false),
        Err(_) => {
            let why = format!("the body of the request did not come within {} seconds", app.limits.request_seconds);
            return (away(408, "the body was too slow", why), false);
        }
    };
    // Not before it has come whole: clients that are slow must not take the room of others.
    let Some(_room) = crate::OneOf::at_most(app.limits.requests, &app.answering) else {
        let why = "more calls come in than the server answers at once".to_owned();
        return (away(503, "more requests than `limits.requests`", why), false);
    };
    (answer(app, to, dialect, &Asked { parts, body: &body, start, deadline }).await, false)
}

/// What is wrong with a body: the status, the reason for the log, and that for whoever asked.
type Unfit = (u16, &'static str, String);

/// The body of a request, once it is there. Large ones, of which memory could grow, are few at a time.
async fn whole(app: &App, mut body: Incoming) -> Result<(Bytes, Option<SemaphorePermit<'_>>), Unfit> {
    let large_one = || (413, "the body is too large", format!("the body of the request is larger than {} bytes", app.limits.body));
    // What says so itself need not come first.
    if body.size_hint().lower() > u64::try_from(app.limits.body).unwrap_or(u64::MAX) {
        return Err(large_one());
    }
    let (mut first, mut bytes) = (Bytes::new(), Vec::new());
    let mut large = None;
    // Where its length is known, nothing need be asked after the last piece.
    while !body.is_end_stream()
        && let Some(frame) = body.frame().await
    {
        let frame =
            frame.map_err(|error| (400, "the body did not come whole", format!("the body of the request did not come whole: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = first.len().saturating_add(bytes.len()).saturating_add(data.len());
        if length > app.limits.body {
            return Err(large_one());
        }
        if length > COMMON_BODY && large.is_none() {
            let permit = app.large_bodies.try_acquire();
            let full = "more large bodies come in than the server reads at once";
            large = Some(permit.map_err(|_| (503, full, full.to_owned()))?);
        }
        if bytes.is_empty() && first.is_empty() {
            // Most come in one piece, which is taken as it is.
            first = data;
        } else {
            bytes.extend_from_slice(&std::mem::take(&mut first));
            bytes.extend_from_slice(&data);
        }
    }
    Ok((if bytes.is_empty() { first } else { bytes.into() }, large))
}

/// A request that has nothing to do with a call.
fn refused(app: &App, path: &str, status: u16, reason: &'static str, why: String) -> Answer {
    app.metrics.refused.get_or_create(&crate::metrics::ByStatus { status }).inc();
    tracing::warn!(path = %short_id(path), status, reason, "a request was refused");
    let response = json_refusal(status, &why, None);
    finish(app, None, Answered { response, of: None, fault: Some(Fault { why, reason, call_id: None }) })
}

/// `at`: the dialect and the path of an event.
fn finish(app: &App, at: Option<(&'static str, &str)>, answered: Answered) -> Answer {
    let Answered { response, of, fault } = answered;
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let (Some(Fault { why, reason, call_id }), Some((dialect, path)), false) = (&fault, at, status.is_success()) {
        let script = of.as_ref().map(|of| of.script.name.as_str());
        let (call_id, path) = (call_id.as_deref().map(short_id), short_id(path));
        let (call_id, path, code) = (call_id.as_deref(), &*path, status.as_u16());
        // What is wrong may quote what the client sent.
        let shown = app.log_numbers.then_some(why);
        if status.is_server_error() {
            tracing::error!(call_id, script, dialect, path, status = code, reason, why = shown, "an event got no decision");
        } else {
            tracing::warn!(call_id, script, dialect, path, status = code, reason, why = shown, "an event got no decision");
        }
        if shown.is_none() {
            tracing::debug!(call_id, script, why, "why");
        }
    }
    let headers = of.map_or_else(never_stored, |of| of.headers());
    let mut out = respond(status, headers, response.content_type, response.body);
    let headers = out.headers_mut();
    if let Some(Fault { why, .. }) = fault {
        let harmless: String = why.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).take(300).collect();
        if let Ok(value) = HeaderValue::from_str(&harmless) {
            headers.insert(HeaderName::from_static("callroute-error"), value);
        }
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    if app.is_stopping() {
        // Who keeps connections goes to another copy of the server before this one closes them.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer, Basic realm=\"callroute\""));
    }
    out
}

/// The type of most answers.
const JSON: &str = "application/json";

/// What all answers say. Their type is replaced where it is another one.
fn never_stored() -> HeaderMap {
    let said = [(CONTENT_TYPE, JSON), (CACHE_CONTROL, "no-store")];
    said.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

/// What the answers of a script say. They are all alike, so this is put together once.
pub(crate) fn headers_of(name: &str, version: &str) -> HeaderMap {
    let mut headers = never_stored();
    for (header, value) in [(SCRIPT, name), (VERSION, version)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(header, value);
        }
    }
    headers
}

fn respond(status: StatusCode, mut headers: HeaderMap, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    if content_type != JSON {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    let mut response = Answer::new(Full::new(body.into()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn plain(status: StatusCode, text: &str) -> Answer {
    respond(status, never_stored(), "text/plain; charset=utf-8", text.to_owned())
}

/// Accepts connections until `stop` says so, then lets requests end.
pub(crate) async fn accept(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let head = Duration::from_secs(app.limits.head_seconds);
    builder
        .http1()
        .header_read_timeout(None)
        .max_buf_size(app.limits.head.max(8192))
        .keep_alive(true)
        // Who has said that nothing more will come from him has asked all the same.
        .half_close(true)
        // Answers are small: to put head and body together is quicker than to hand over two pieces.
        .writev(false);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(app.limits.head).unwrap_or(u32::MAX))
        .max_concurrent_streams(256)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(head);
    let outside = Arc::new(Outside { app: Arc::clone(&app), own: own(Arc::clone(&app)) });
    let room = Arc::new(Semaphore::new(app.limits.connections));
    let connections = Connections::new(head);
    let watched = Arc::clone(&connections);
    let watching = tokio::spawn(async move { watched.watch().await });
    let open = |stream: TcpStream, permit: Option<OwnedSemaphorePermit>| {
        let _ = stream.set_nodelay(true);
        let client = Arc::new(Client { outside: Arc::clone(&outside), connected: connections.connected() });
        let asked = Arc::clone(&client);
        let service = service_fn(move |request| serve(Arc::clone(&asked), request));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        tokio::spawn(async move {
            let _counted = crate::Counted::new(&client.outside.app.metrics.connections);
            match client.connected.follow(connection).await {
                Some(Ok(())) => (),
                // A client that breaks off is its own business.
                Some(Err(error)) => tracing::debug!(%error, "a connection broke"),
                None => tracing::debug!("a client sent no request in time"),
            }
            drop(permit);
        });
    };
    tokio::pin!(stop);
    loop {
        // More connections than allowed wait in the system's queue.
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit,
            () = &mut stop => break,
        };
        let Ok(permit) = permit else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Mostly: no file descriptors left. Others must end first.
                    tracing::warn!(%error, "a connection cannot be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        open(stream, Some(permit));
    }
    // Whoever connected before the end has asked, though nobody has listened yet.
    let end = tokio::time::sleep(LAST_WORDS);
    tokio::pin!(end);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => open(stream, None),
                Err(_) => break,
            },
            () = &mut end => break,
        }
    }
    drop(listener);
    // A connection that has said nothing yet would be cut off.
    tokio::time::sleep(LAST_WORDS).await;
    let limit = Duration::from_secs(app.limits.stop_seconds);
    if tokio::time::timeout(limit, connections.finish()).await.is_err() {
        tracing::warn!(seconds = app.limits.stop_seconds, "some connections did not end in time");
    }
    watching.abort();
}

impl<S> Finish for auto::Connection<'static, TokioIo<TcpStream>, S, TokioExecutor>
where
    S: hyper::service::Service<http::Request<Incoming>, Response = http::Response<Said>, Error = Infallible>,
    S::Future: Send + 'static,
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{OWN, RESERVED, addressed};
    use crate::answer::To;

    #[test]
    fn the_description_has_exactly_the_addresses_that_there_are() {
        let described: serde_json::Value = serde_json::from_str(crate::OPENAPI).unwrap();
        let described: BTreeSet<&str> = described["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let (own, events): (BTreeSet<&str>, BTreeSet<&str>) = described.into_iter().partition(|path| addressed(path).is_none());
        assert_eq!(own, OWN.iter().map(|(path, _)| *path).collect());
        assert_eq!(events, BTreeSet::from(["/", "/{script}", "/{script}/{dialect}"]));
        // No script can have a name that hides one of them, or is hidden.
        for (path, _) in OWN {
            assert!(RESERVED.contains(&path.split('/').nth(1).unwrap_or_default()), "{path}");
        }
    }

    #[test]
    fn an_address_says_whom_an_event_is_for() {
        let to = |name: &str| To::Script(name.to_owned().into());
        assert_eq!(addressed("/"), Some((To::Dialled, Ok("json"))));
        assert_eq!(addressed("/twiml"), Some((To::Dialled, Ok("twiml"))));
        assert_eq!(addressed("/office"), Some((to("office"), Ok("json"))));
        assert_eq!(addressed("/office/ncco"), Some((to("office"), Ok("ncco"))));
        assert_eq!(addressed("/b%C3%BCro/ncco"), Some((to("büro"), Ok("ncco"))));
        assert_eq!(addressed("/office/fax"), Some((to("office"), Err("fax".into()))));
        assert_eq!(addressed("/office/"), Some((to("office"), Err("".into()))));
        for nowhere in ["", "*", "//", "//json", "/office/json/", "/a/b/c", "/%ff", "/healthz", "/-/reload", "/metrics/json"] {
            assert_eq!(addressed(nowhere), None, "{nowhere}");
        }
    }
}
