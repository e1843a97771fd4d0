//! Calls as of a busy office, many of them at a time, against two copies of the server; and in between everything that happens to servers: scripts
//! change, some of them at fault, the database dies, a copy is told to stop, a copy is killed. Every call must come to the end that its caller's
//! choices lead to, on the script that it began with, and the memory of the server must stay as it is.

mod call;
mod trouble;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::Context;
use crate::connections::Latency;
use crate::http::{Http, Reply};
use call::Call;
use trouble::Trouble;

/// Calls that are under way at a time; when the machine is so slow that there would be more, new ones come later.
const MOST: usize = 8_000;
/// How often an event is offered to the copies, in turn, before it counts as lost.
const OFFERS: usize = 400;
/// Growth of the server's memory that is none: what the allocator keeps.
const SLACK_KIB: u64 = 12 * 1024;

/// What was counted while calls were played.
#[derive(Debug, Default)]
pub struct Counts {
    /// Events that were answered.
    events: AtomicU64,
    /// Events that were offered to the other copy, for one did not answer.
    retried: AtomicU64,
    /// Events that were sent twice, and got the same answer.
    twice: AtomicU64,
}

/// What calls and troubles share.
#[derive(Debug)]
pub struct World {
    http: Http,
    urls: [String; 2],
    counts: Counts,
    /// Of every hundredth event, microseconds until it was answered, waiting for the other copy included.
    micros: Mutex<Vec<u64>>,
    /// The number of the script that all copies have taken up.
    taken_up: AtomicU32,
    /// Callers and telephones take up to so long for everything.
    think_millis: u64,
}

impl World {
    fn taken_up(&self) -> u32 {
        self.taken_up.load(Ordering::SeqCst)
    }

    fn count(&self, which: impl Fn(&Counts) -> &AtomicU64) -> u64 {
        which(&self.counts).fetch_add(1, Ordering::Relaxed)
    }

    /// Asks a copy as a balancer does: if it is not there, or goes away before it has answered, the other one.
    async fn ask(&self, first: usize, body: &str) -> Result<Reply, String> {
        let start = Instant::now();
        let mut last = String::new();
        for offer in 0..OFFERS {
            let url = self.urls.get((first + offer) % 2).ok_or("no copy")?;
            match self.http.post(url, body.to_owned()).await {
                Ok(reply) if reply.status == 200 => {
                    if self.count(|counts| &counts.events).is_multiple_of(100) {
                        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
                        self.micros.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
                    }
                    return Ok(reply);
                }
                // A server that answers has decided: this is no matter of balancing.
                Ok(reply) => return Err(format!("{}: {}", reply.status, reply.text())),
                Err(why) => last = why,
            }
            self.count(|counts| &counts.retried);
            if offer > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Err(format!("neither copy answers: {last}"))
    }
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Soak {
    pub seconds: f64,
    pub calls: u64,
    pub events: u64,
    pub retried: u64,
    pub twice: u64,
    pub failed_lookups: u64,
    pub most_at_a_time: usize,
    pub latency: Latency,
    pub ends: BTreeMap<String, u64>,
    pub troubles: BTreeMap<String, u64>,
    /// Versions of the script that were taken up.
    pub versions: u32,
    /// KiB of the copy that was never restarted: after the first third, and at the end.
    pub memory: [u64; 2],
}

/// The middle of some numbers.
fn median(numbers: &[u64]) -> u64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    crate::percentile(&sorted, 0.5)
}

pub async fn soak(context: &Context, minutes: f64, rate: u32) -> Result<(), String> {
    if !(minutes > 0.0 && minutes <= 24.0 * 60.0) || rate == 0 {
        return Err("a soak takes more than 0 minutes and at most a day, with one call a second at least".to_owned());
    }
    let mut trouble = Trouble::start(context).await?;
    let world = Arc::new(World {
        http: Http::new(),
        urls: trouble.urls(),
        counts: Counts::default(),
        micros: Mutex::default(),
        taken_up: AtomicU32::new(1),
        think_millis: 2_000,
    });
    let start = Instant::now();
    let length = Duration::from_secs_f64(minutes * 60.0);

    // Troubles come while calls go on, until the time is over and every one of them has come once.
    let troubled = {
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            let outcome = trouble.go_on(&world, length).await;
            (trouble, outcome)
        })
    };
    let permits = Arc::new(Semaphore::new(MOST));
    let mut calls = JoinSet::new();
    let (mut ends, mut failed_lookups, mut most) = (BTreeMap::<String, u64>::new(), 0_u64, 0);
    let mut next = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut begun = 0_u64;
    while !troubled.is_finished() {
        next.tick().await;
        let permit = Arc::clone(&permits).acquire_owned().await.map_err(|error| error.to_string())?;
        let mut call = Call::new(Arc::clone(&world), begun);
        begun += 1;
        calls.spawn(async move {
            let end = call.play().await;
            drop(permit);
            (end, call.failed_lookups)
        });
        most = most.max(calls.len());
        while let Some(ended) = calls.try_join_next() {
            over(ended, &mut ends, &mut failed_lookups)?;
        }
    }
    while let Some(ended) = calls.join_next().await {
        over(ended, &mut ends, &mut failed_lookups)?;
    }
    let (trouble, outcome) = troubled.await.map_err(|error| error.to_string())?;
    outcome.map_err(|why| format!("while there was trouble: {why}"))?;
    let samples = trouble.samples();
    let (after_warm_up, end) = flat(&samples)?;
    let micros = std::mem::take(&mut *world.micros.lock().unwrap_or_else(PoisonError::into_inner));
    let result = Soak {
        seconds: start.elapsed().as_secs_f64(),
        calls: begun,
        events: world.counts.events.load(Ordering::Relaxed),
        retried: world.counts.retried.load(Ordering::Relaxed),
        twice: world.counts.twice.load(Ordering::Relaxed),
        failed_lookups,
        most_at_a_time: most,
        latency: Latency::of(micros),
        ends,
        troubles: trouble.done(),
        versions: world.taken_up(),
        memory: [after_warm_up, end],
    };
    trouble.end(&world.http).await?;
    eprintln!("{result:#?}");
    context.keep("soak.json", &result)
}

fn over(
    ended: Result<(Result<call::End, String>, u32), tokio::task::JoinError>,
    ends: &mut BTreeMap<String, u64>,
    failed_lookups: &mut u64,
) -> Result<(), String> {
    let (end, failed) = ended.map_err(|error| error.to_string())?;
    let end = end.map_err(|why| format!("a call went wrong: {why}"))?;
    *ends.entry(end.words().to_owned()).or_default() += 1;
    *failed_lookups += u64::from(failed);
    Ok(())
}

/// Memory after the first third, and at the end: both as the middle of several samples.
fn flat(samples: &[u64]) -> Result<(u64, u64), String> {
    let third = samples.len() / 3;
    let after_warm_up = median(samples.get(third..samples.len() / 2 + 1).unwrap_or_default());
    let end = median(samples.get(samples.len() - samples.len() / 6 - 1..).unwrap_or_default());
    if end > after_warm_up + after_warm_up / 8 + SLACK_KIB {
        return Err(format!(
            "the memory of a copy grows: {after_warm_up} KiB after a third of the time, {end} KiB at the end; all: {samples:?}"
        ));
    }
    Ok((after_warm_up, end))
}
