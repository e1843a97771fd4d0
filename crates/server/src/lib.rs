//! The webhook server: telephone platforms ask it what to do with their calls, and it answers by scripts.
//!
//! [`serve`] is the whole of it: it reads the configuration and the scripts, listens, and answers until it is told to stop. Of a call nothing is
//! remembered: all of it is in the sealed `continue`, so any copy of the server can answer any event. What it knows besides are the scripts
//! ([`store`]), which change without a request noticing, and the sources of look-ups.

pub mod answer;
pub mod auth;
pub mod config;
mod fallback;
mod head_timer;
mod http;
pub mod load;
mod log;
pub mod metrics;
mod prompt;
pub mod reload;
mod start;
pub mod store;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
    /// Requests that may be answered at the same time.
    pub permits: Semaphore,
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

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
