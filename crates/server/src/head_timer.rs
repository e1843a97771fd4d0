//! [`HeadTimer`]: how long a client may take for the head of a request.
//!
//! The library asks for a new timer for every request, and drops it when the head has come. One that is kept for the whole connection, and only
//! moved on, costs a third of that, and nearly every request makes its own timer needless before it is due.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// A timer between two requests.
type Kept = Mutex<Option<Pin<Box<tokio::time::Sleep>>>>;

/// The timers of one connection: mostly one.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeadTimer(Arc<Kept>);

impl Timer for HeadTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let timer = match kept {
            Some(mut timer) => {
                timer.as_mut().reset(deadline.into());
                timer
            }
            None => Box::pin(tokio::time::sleep_until(deadline.into())),
        };
        Box::pin(Lent { timer: Some(timer), home: Arc::clone(&self.0) })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

/// A timer that goes back to where it came from.
struct Lent {
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    home: Arc<Kept>,
}

impl Future for Lent {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.timer.as_mut().map_or(Poll::Ready(()), |timer| timer.as_mut().poll(context))
    }
}

impl Sleep for Lent {}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.timer.take();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timer_is_used_again_and_is_due_when_the_last_one_was_asked_for() {
        let timer = HeadTimer::default();
        let start = tokio::time::Instant::now();
        for seconds in [10, 20, 5] {
            // Like those of most requests: nobody waits for them to the end.
            let mut first = timer.sleep(Duration::from_secs(seconds));
            assert!((&mut first).now_or_never().is_none());
            drop(first);
            assert!(timer.0.lock().unwrap().is_some());
        }
        timer.sleep(Duration::from_secs(7)).await;
        assert_eq!(start.elapsed().as_secs(), 7);
        // One that has been due, and two at a time.
        let (one, two) = (timer.sleep(Duration::from_secs(3)), timer.sleep(Duration::from_secs(2)));
        two.await;
        assert_eq!(start.elapsed().as_secs(), 9);
        one.await;
        assert_eq!(start.elapsed().as_secs(), 10);
    }
}
