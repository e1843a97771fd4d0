//! The thread that owns the state: jobs come in a queue and are done in order, but that what somebody waits for while typing goes before what
//! can wait; when it is quiet, what has changed is checked, and when it has been so for a while, compiled.

use std::any::Any;
use std::collections::VecDeque;
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
pub(crate) type Work = Box<dyn FnOnce(&mut State) + Send>;

/// When something is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// It changes something: whatever came before it is done before, whatever came behind it behind.
    Change,
    /// Somebody waits for it who is typing: it goes before what can wait.
    Quick,
    /// It can wait.
    Slow,
}

struct Job {
    turn: Turn,
    work: Work,
}

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

    /// Puts something that changes the state into the queue.
    pub fn push(&self, work: impl FnOnce(&mut State) + Send + 'static) {
        self.put(Turn::Change, work);
    }

    fn put(&self, turn: Turn, work: impl FnOnce(&mut State) + Send + 'static) {
        // If the thread is gone, so is the session.
        let _ = self.jobs.send(Job { turn, work: Box::new(work) });
    }

    /// Asks something; `None` if there was no answer because of a fault.
    pub async fn ask<T: Send + 'static>(&self, question: impl FnOnce(&mut State) -> T + Send + 'static) -> Option<T> {
        self.answer(Turn::Slow, question).await
    }

    /// Asks something that must not wait for what can wait.
    pub async fn ask_soon<T: Send + 'static>(&self, question: impl FnOnce(&mut State) -> T + Send + 'static) -> Option<T> {
        self.answer(Turn::Quick, question).await
    }

    async fn answer<T: Send + 'static>(&self, turn: Turn, question: impl FnOnce(&mut State) -> T + Send + 'static) -> Option<T> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.put(turn, move |state| {
            // A request that was cancelled needs no answer any more.
            if !reply.is_closed() {
                let _ = reply.send(question(state));
            }
        });
        answer.await.ok()
    }
}

/// What is done next: the first that somebody waits for, if nothing is to be changed before it, else whatever came first.
fn next(waiting: &mut VecDeque<Job>) -> Option<Job> {
    let before_change = waiting.iter().take_while(|job| job.turn != Turn::Change);
    let soon = before_change.enumerate().find(|(_, job)| job.turn == Turn::Quick).map(|(at, _)| at);
    waiting.remove(soon.unwrap_or(0))
}

fn run(queue: &Receiver<Job>, mut state: State) {
    // Since when something has waited to be checked.
    let mut since: Option<Instant> = None;
    let mut waiting = VecDeque::new();
    loop {
        waiting.extend(queue.try_iter());
        let wait = match (next(&mut waiting), since) {
            (Some(job), _) => Ok(job),
            (None, None) if state.is_unbuilt() => queue.recv_timeout(STILL),
            (None, None) => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            (None, Some(since)) => queue.recv_timeout(QUIET.min(LONGEST.saturating_sub(since.elapsed()))),
        };
        match wait {
            Ok(job) => guarded(&mut state, job.work),
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
fn guarded(state: &mut State, work: Work) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(state))) {
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
    #[test]
    fn what_somebody_waits_for_goes_first_but_never_past_a_change() {
        let (messages, _told) = tokio::sync::mpsc::unbounded_channel();
        let worker = Worker::start(messages);
        let (done, order) = channel();
        let (go, wait) = channel::<()>();
        worker.push(move |_| wait.recv().unwrap());
        let jobs = [
            (Turn::Slow, "colours"),
            (Turn::Slow, "folds"),
            (Turn::Quick, "completion"),
            (Turn::Change, "a letter"),
            (Turn::Slow, "colours again"),
            (Turn::Quick, "hover"),
            (Turn::Quick, "signature"),
        ];
        for (turn, name) in jobs {
            let done = done.clone();
            worker.put(turn, move |_| done.send(name).unwrap());
        }
        go.send(()).unwrap();
        drop((worker, done));
        let order: Vec<_> = order.iter().collect();
        assert_eq!(order, ["completion", "colours", "folds", "a letter", "hover", "signature", "colours again"]);
    }
}
