//! [`Connections`]: all that are open. How long each may wait for a request, and how they end when the server stops.
//!
//! The library can do both, with a timer and a subscription of each connection that every request starts anew; of thousands of requests hardly one
//! ever needs them. Here a request costs two numbers that are written: who is overdue is found by one task, which looks at all of them now and then.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior};

/// In how many parts the time is cut that a client has. Whoever is overdue is noticed at most one of them later.
const PARTS: u32 = 16;

/// No request is waited for: one is being answered.
const BUSY: u64 = u64::MAX;
/// Nor later on: the protocol has its own ways to find out whether somebody is still there.
const FREE: u64 = u64::MAX - 1;

/// What a connection is told.
const NOTHING: u8 = 0;
/// To end once what was asked is answered.
const FINISH: u8 = 1;
/// To end at once.
const BREAK: u8 = 2;

/// See the module.
#[derive(Debug)]
pub(crate) struct Connections {
    /// A part of the time for which a client may let wait for the head of a request: after it has connected, and after each answer.
    part: Duration,
    started: Instant,
    /// Such parts since the start.
    now: AtomicU64,
    open: Mutex<Open>,
    /// The last one has ended.
    empty: Notify,
}

/// Those that are open.
#[derive(Default, Debug)]
struct Open {
    /// Whoever comes must end soon.
    stopping: bool,
    last: u64,
    all: HashMap<u64, Arc<State>>,
}

/// What is known of a connection.
#[derive(Debug)]
struct State {
    /// Since which part of the time a request is waited for; or [`BUSY`], or [`FREE`].
    since: AtomicU64,
    told: AtomicU8,
    task: AtomicWaker,
}

/// A connection, for as long as it is open.
#[derive(Debug)]
pub(crate) struct Connected {
    connections: Arc<Connections>,
    number: u64,
    state: Arc<State>,
}

/// Something that can be ended gently.
pub(crate) trait Finish: Future {
    /// Answers what has been asked, and takes nothing more.
    fn finish(self: Pin<&mut Self>);
}

impl Connections {
    /// Clients let wait for the head of a request for so long at most.
    pub fn new(within: Duration) -> Arc<Self> {
        Arc::new(Self {
            part: (within / PARTS).max(Duration::from_millis(1)),
            started: Instant::now(),
            now: AtomicU64::new(0),
            open: Mutex::default(),
            empty: Notify::new(),
        })
    }

    /// A new one.
    pub fn connected(self: &Arc<Self>) -> Connected {
        let state = Arc::new(State {
            since: AtomicU64::new(self.now.load(Ordering::Relaxed)),
            told: AtomicU8::new(NOTHING),
            task: AtomicWaker::new(),
        });
        let mut open = self.open();
        open.last += 1;
        let number = open.last;
        open.all.insert(number, Arc::clone(&state));
        if open.stopping {
            state.tell(FINISH);
        }
        drop(open);
        Connected { connections: Arc::clone(self), number, state }
    }

    /// Ends those whose clients let wait for too long, for as long as it is polled.
    pub async fn watch(&self) {
        let mut parts = tokio::time::interval(self.part);
        parts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            parts.tick().await;
            let now = u64::try_from(self.started.elapsed().as_nanos() / self.part.as_nanos()).unwrap_or(FREE - 1);
            self.now.store(now, Ordering::Relaxed);
            for state in self.open().all.values() {
                let since = state.since.load(Ordering::Relaxed);
                // One part more: the first one had begun already.
                if since < FREE && now.saturating_sub(since) > u64::from(PARTS) {
                    state.tell(BREAK);
                }
            }
        }
    }

    /// All end once what they were asked is answered, and those that come after this too. Returns when there are none.
    pub async fn finish(&self) {
        {
            let mut open = self.open();
            open.stopping = true;
            open.all.values().for_each(|state| state.tell(FINISH));
        }
        loop {
            let empty = self.empty.notified();
            if self.open().all.is_empty() {
                return;
            }
            empty.await;
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tell(&self, what: u8) {
        if self.told.fetch_max(what, Ordering::AcqRel) < what {
            self.task.wake();
        }
    }
}

impl Connected {
    /// The head of a request has come. `lasting`: many may be under way at the same time, and their protocol finds out by itself whether the client
    /// is still there.
    pub fn asked(&self, lasting: bool) {
        self.state.since.store(if lasting { FREE } else { BUSY }, Ordering::Relaxed);
    }

    /// It has its answer.
    pub fn answered(&self) {
        if self.state.since.load(Ordering::Relaxed) == BUSY {
            self.state.since.store(self.connections.now.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Follows the connection to its end, or to where it must end: then there is none of its own.
    pub async fn follow<C: Finish>(&self, connection: C) -> Option<C::Output> {
        let mut connection = pin!(connection);
        let (mut known, mut finishing) = (None, false);
        poll_fn(|context| {
            match self.news(context, &mut known) {
                BREAK => return Poll::Ready(None),
                FINISH if !finishing => {
                    finishing = true;
                    connection.as_mut().finish();
                }
                _ => (),
            }
            connection.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// What it was told.
    fn news(&self, context: &Context<'_>, known: &mut Option<Waker>) -> u8 {
        // A task has one waker from its beginning to its end.
        if !known.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            self.state.task.register(context.waker());
            *known = Some(context.waker().clone());
        }
        self.state.told.load(Ordering::Acquire)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.all.remove(&self.number);
        let empty = open.all.is_empty();
        drop(open);
        if empty {
            self.connections.empty.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::time::sleep;

    use super::*;

    /// A connection without an end of its own.
    #[derive(Default)]
    struct Endless(Option<Pin<Box<tokio::time::Sleep>>>);

    impl Future for Endless {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            self.0.as_mut().map_or(Poll::Pending, |end| end.as_mut().poll(context))
        }
    }

    impl Finish for Endless {
        fn finish(mut self: Pin<&mut Self>) {
            assert!(self.0.replace(Box::pin(sleep(Duration::from_secs(3)))).is_none(), "told twice");
        }
    }

    const WITHIN: Duration = Duration::from_secs(16);

    /// Starts it, and a task that looks after it.
    fn start() -> Arc<Connections> {
        let connections = Connections::new(WITHIN);
        let watched = Arc::clone(&connections);
        tokio::spawn(async move { watched.watch().await });
        connections
    }

    /// Seconds until a connection is ended from outside. At these seconds it is asked (`true`) or has answered.
    async fn ended_after(connections: &Arc<Connections>, lasting: bool, what: &'static [(u64, bool)]) -> u64 {
        let start = Instant::now();
        let connected = Arc::new(connections.connected());
        let asking = Arc::clone(&connected);
        tokio::spawn(async move {
            for (second, asked) in what {
                tokio::time::sleep_until(start + Duration::from_secs(*second)).await;
                if *asked { asking.asked(lasting) } else { asking.answered() }
            }
        });
        let outcome = tokio::time::timeout(Duration::from_secs(1000), connected.follow(Endless::default())).await;
        assert!(matches!(outcome, Ok(None) | Err(_)));
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn who_lets_wait_too_long_is_cut_off() {
        let connections = start();
        sleep(Duration::from_millis(1234)).await;
        for (expected, lasting, what) in [
            (16, false, &[][..]),
            // The time for an answer is not the client's.
            (50 + 16, false, &[(10, true), (50, false)]),
            (30 + 16, false, &[(10, true), (11, false), (20, true), (30, false)]),
            (1000, false, &[(10, true)]),
            (1000, true, &[(10, true), (11, false)]),
        ] {
            let ended = ended_after(&connections, lasting, what).await;
            assert!((expected..=expected + 2).contains(&ended), "{ended} {what:?}");
        }
        assert!(connections.open().all.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_ones_are_waited_for() {
        let connections = start();
        connections.finish().now_or_never().unwrap();
        let connections = start();
        let one = Arc::new(connections.connected());
        let following = Arc::clone(&one);
        let followed = tokio::spawn(async move { following.follow(Endless::default()).await });
        sleep(Duration::from_secs(1)).await;
        assert!(!followed.is_finished());
        drop(one);
        let begin = Instant::now();
        connections.finish().await;
        assert_eq!((followed.await.unwrap(), begin.elapsed().as_secs()), (Some(()), 3));
        // Who comes now does not stay either.
        let late = connections.connected();
        assert_eq!((late.follow(Endless::default()).await, begin.elapsed().as_secs()), (Some(()), 6));
    }
}
