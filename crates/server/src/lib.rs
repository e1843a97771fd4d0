//! The webhook server: telephone platforms ask it what to do with their calls, and it answers by scripts.
//!
//! [`serve`] is the whole of it: it reads the configuration and the scripts, listens, and answers until it is told to stop. Of a call nothing is
//! remembered: all of it is in the sealed `continue`, so any copy of the server can answer any event. What it knows besides are the scripts
//! ([`store`]), which change without a request noticing, and the sources of look-ups.

pub mod answer;
pub mod auth;
pub mod config;
mod connections;
mod fallback;
mod http;
pub mod load;
mod log;
pub mod metrics;
pub mod reload;
mod start;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use callroute_protocol::{Instruction, Keys};
use callroute_sources::Sources;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Mutex, Semaphore};

pub use fallback::{FallbackError, fallback_document};
pub use start::{Options, ServeError, serve};

/// The description of all addresses, in OpenAPI's words.
pub const OPENAPI: &str = include_str!("openapi.json");

/// Sources that do not answer, and why.
pub(crate) type Unready = Vec<(String, String)>;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub config: config::Config,
    /// The folder that relative paths of the configuration start from.
    pub base: PathBuf,
    /// The address under which platforms reach the server, without a slash at the end.
    pub public: String,
    pub limits: config::Limits,
    pub log_numbers: bool,
    pub keys: Keys,
    pub bearers: auth::Bearers,
    /// Others than this machine can reach the server, and it was not said that this is meant so.
    pub beyond: bool,
    pub sources: Sources,
    pub store: Arc<store::Store>,
    pub metrics: metrics::Metrics,
    /// What is answered where no script is known.
    pub fallback: Instruction,
    /// Requests that are being answered and have come whole: [`config::Limits::requests`] at most.
    pub answering: AtomicUsize,
    /// Large bodies of requests that may be held at the same time.
    pub large_bodies: Semaphore,
    /// What `/readyz` heard last of sources that do not answer, and when.
    pub unready: Mutex<Option<(Instant, Unready)>>,
    /// Held while scripts are read.
    pub reloading: Mutex<()>,
    pub stopping: AtomicBool,
}

impl App {
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

/// Counts something for as long as it lives.
pub(crate) struct Counted<'g>(&'g Gauge);

impl<'g> Counted<'g> {
    pub fn new(gauge: &'g Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

/// One of a number that has a limit, for as long as it lives.
pub(crate) struct OneOf<'c>(&'c AtomicUsize);

impl<'c> OneOf<'c> {
    /// None if there are `most` already.
    pub fn at_most(most: usize, count: &'c AtomicUsize) -> Option<Self> {
        let before = count.fetch_add(1, Ordering::Relaxed);
        let one = Self(count);
        (before < most).then_some(one)
    }
}

impl Drop for OneOf<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
