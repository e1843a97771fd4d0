//! The language server: the Language Server Protocol around `callroute-ide`.
//!
//! The protocol's handlers only put work into the queue of one thread, which owns all state and does it in order, completion and the like
//! before what can wait, but nothing across an edit (`worker`): so edits are never applied out of order, and nothing waits for the client
//! while something else must go on. Diagnostics are published after a short wait for more typing. What goes wrong inside an answer is caught, reported once, and the server lives on.

mod answers;
mod backend;
mod convert;
mod documents;
mod hierarchy;
mod imports;
mod sift;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use callroute_calendar::Zone;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tower_lsp::jsonrpc::{Request, Response};
use tower_lsp::{LspService, Server};
use tower_service::Service;

/// The zone of whoever starts the program (`TZ`), else the machine's, if the language knows it.
#[must_use]
pub fn own_zone() -> Option<Zone> {
    let said = std::env::var("TZ").ok().and_then(|name| Zone::parse(name.trim_start_matches(':')).ok());
    said.or_else(|| iana_time_zone::get_timezone().ok().and_then(|name| Zone::parse(&name).ok()))
}

/// How a session ended, as an exit status: 0 after `shutdown` and `exit`, 1 after `exit` alone or when the client went away (LSP 3.17, "exit").
pub type Status = u8;

/// Speaks the protocol on standard input and output until the client says `exit` or goes away.
///
/// # Errors
/// When the machine has no thread for it.
pub fn serve_stdio() -> std::io::Result<Status> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let status = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A client may keep its end of the pipe open; nobody waits for it.
    runtime.shutdown_background();
    Ok(status)
}

/// Bytes between reading messages and understanding them.
const PIPE: usize = 64 << 10;
/// The most requests that wait for the worker at a time. With the library's few, what somebody waits for could not be seen behind what can wait.
const AT_ONCE: usize = 32;

/// Speaks the protocol on two streams.
pub async fn serve<I, O>(input: I, output: O) -> Status
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
{
    let (exit, mut exited) = mpsc::unbounded_channel();
    let (service, socket) = LspService::build(backend::Backend::new).finish();
    let watch = Watch { inner: service, exit, initialized: false, shut_down: false };
    let (sifted, messages) = tokio::io::duplex(PIPE);
    let session = async {
        // When the input ends, so does what is sifted from it, and with that the session.
        tokio::join!(sift::sift(input, sifted), Server::new(messages, output, socket).concurrency_level(AT_ONCE).serve(watch));
    };
    tokio::select! {
        () = session => 1,
        Some(status) = exited.recv() => status,
    }
}

/// Sees `shutdown` and `exit` go by, and answers what the library does not. The library does not end on `exit` while its input is open, and stops listening while it initialises.
struct Watch<S> {
    inner: S,
    exit: mpsc::UnboundedSender<Status>,
    initialized: bool,
    shut_down: bool,
}

impl<S> Service<Request> for Watch<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(refusal) = sift::refusal(&request) {
            return Box::pin(std::future::ready(Ok(Some(refusal))));
        }
        let request = without_null(request);
        match request.method() {
            "initialize" => self.initialized = true,
            // Before `initialize` it is refused, and nothing is shut down.
            "shutdown" => self.shut_down = self.initialized,
            "exit" => {
                // Whoever listened has gone: then the session is over anyway.
                let _ = self.exit.send(u8::from(!self.shut_down));
            }
            _ => {}
        }
        Box::pin(self.inner.call(request))
    }
}

/// Emacs sends `"params": null` where nothing is to be said, which the library refuses.
fn without_null(request: Request) -> Request {
    if request.params().is_none_or(|params| !params.is_null()) {
        return request;
    }
    let (method, id, _) = request.into_parts();
    let bare = Request::build(method);
    match id {
        Some(id) => bare.id(id).finish(),
        None => bare.finish(),
    }
}
