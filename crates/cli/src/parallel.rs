//! The same work on many things, on all cores. What comes of it keeps the order of the things.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many threads so much work is worth.
pub fn threads(jobs: usize) -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(jobs).max(1)
}

/// Does the same with many things at once.
pub fn map<'t, T: Sync, R: Send>(items: &'t [T], work: impl Fn(&'t T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..threads(items.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    if let Ok(mut done) = done.lock() {
                        done.push((at, result));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::{map, threads};

    #[test]
    fn things_are_worked_on_at_once_and_keep_their_order() {
        // Everybody waits until as many are at work as there are cores.
        let (cores, at_work, start) = (threads(usize::MAX), AtomicUsize::new(0), Instant::now());
        let items: Vec<usize> = (0..cores * 8).collect();
        let doubled = map(&items, |item| {
            at_work.fetch_add(1, Ordering::SeqCst);
            while at_work.load(Ordering::SeqCst) < cores {
                assert!(start.elapsed() < Duration::from_secs(60), "{} of {cores} are at work", at_work.load(Ordering::SeqCst));
                std::thread::yield_now();
            }
            item * 2
        });
        assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        assert!(map(&[] as &[u8], |item| *item).is_empty());
    }
}
