//! The thread that owns the state: jobs come in a queue and are done in order; when it is quiet, what has changed is checked, and
//! when it has been so for a while, compiled.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use tower_lsp::lsp_types::{Diagnostic, MessageType, Url};

use crate::state::State;

/// How long to wait for more typing.
pub(crate) const QUIET: Duration = Duration::from_millis(50);
/// How long to wait before looking for what only compiling shows, which takes about as long as all other checks together.
const STILL: Duration = Duration::from_millis(200);
/// Diagnostics are not put off for longer than this, however much is typed.
const LONGEST: Duration = Duration::from_millis(400);

/// What the state says to the client.
#[derive(Debug)]
pub(crate) enum Message {
    /// The diagnostics of a file; none if it has none.
    Diagnostics(Url, Vec<Diagnostic>, Option<i32>),
    /// Something to be shown to the person.
    Show(MessageType, String),
    /// Something for the log.
    Log(MessageType, String),
    /// Hints, colours and lenses are out of date.
    Refresh,
}

/// Something to be done with the state.
pub(crate) type Job = Box<dyn FnOnce(&mut State) + Send>;

/// The way to the thread.
#[derive(Clone)]
pub(crate) struct Worker {
    jobs: Sender<Job>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

impl Worker {
    /// Starts the thread; it ends when nobody can give it jobs any more.
    pub fn start(messages: tokio::sync::mpsc::UnboundedSender<Message>) -> Self {
        let (jobs, queue) = channel::<Job>();
        // Deep nesting is bounded, but a debug build takes a lot of stack for each level.
        let thread = std::thread::Builder::new().name("callroute-lsp".into()).stack_size(64 << 20);
        let failed = messages.clone();
        if let Err(error) = thread.spawn(move || run(&queue, State::new(messages))) {
            let _ = failed.send(Message::Show(MessageType::ERROR, format!("callroute cannot start a thread: {error}")));
        }
        Self { jobs }
    }

    /// Puts something into the queue.
    pub fn push(&self, job: impl FnOnce(&mut State) + Send + 'static) {
        // If the thread is gone, so is the session.
        let _ = self.jobs.send(Box::new(job));
    }

    /// Asks something; `None` if there was no answer because of a fault.
    pub async fn ask<T: Send + 'static>(&self, question: impl FnOnce(&mut State) -> T + Send + 'static) -> Option<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.push(move |state| {
            // A request that was cancelled needs no answer any more.
            if !reply.is_closed() {
                let _ = reply.send(question(state));
            }
        });
        answer.await.ok()
    }
}

fn run(queue: &Receiver<Job>, mut state: State) {
    // Since when something has waited to be checked.
    let mut since: Option<Instant> = None;
    loop {
        let wait = match since {
            None if state.is_unbuilt() => queue.recv_timeout(STILL),
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(since) => queue.recv_timeout(QUIET.min(LONGEST.saturating_sub(since.elapsed()))),
        };
        match wait {
            Ok(job) => guarded(&mut state, job),
            Err(RecvTimeoutError::Timeout) if since.is_none() => {
                guarded(&mut state, Box::new(State::build));
            }
            Err(RecvTimeoutError::Timeout) => {
                guarded(&mut state, Box::new(State::publish));
                state.settled();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        since = if state.is_dirty() { since.or_else(|| Some(Instant::now())) } else { None };
        if since.is_some_and(|since| since.elapsed() >= LONGEST) {
            guarded(&mut state, Box::new(State::publish));
            state.settled();
            since = None;
        }
    }
}

/// Does a job; a fault in it is told once and costs only this job.
fn guarded(state: &mut State, job: Job) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(state))) {
        state.fault(&words(panic.as_ref()));
    }
}

/// What a panic says.
pub(crate) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_once_and_costs_only_its_own_job() {
        let (messages, mut told) = tokio::sync::mpsc::unbounded_channel();
        let worker = Worker::start(messages);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for _ in 0..3 {
                let answer: Option<()> = worker.ask(|_| panic!("a table has no legs")).await;
                assert_eq!(answer, None);
            }
            assert_eq!(worker.ask(|_| 7).await, Some(7));
        });
        drop(worker);
        let mut shown = Vec::new();
        while let Some(message) = runtime.block_on(told.recv()) {
            if let Message::Show(_, text) = message {
                shown.push(text);
            }
        }
        assert_eq!(shown.len(), 1, "{shown:?}");
        assert!(shown[0].contains("a table has no legs"));
    }
}
