//! What is counted, for Prometheus.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use callroute_dialects::NAMES;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// A decision.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct Decision {
    /// The script's name.
    pub script: String,
    /// The dialect.
    pub dialect: &'static str,
    /// The instruction; that of a host action is its name.
    pub action: String,
}

/// A version of a script.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct Version {
    /// The script's name.
    pub script: String,
    /// Its version.
    pub version: String,
}

/// By dialect.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct ByDialect {
    /// The dialect.
    pub dialect: &'static str,
}

/// A look-up.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct LookedUp {
    /// The source.
    pub source: String,
    /// `found`, `missing`, `failed`, `late`.
    pub result: &'static str,
    /// `yes`, or `no`: it was asked.
    pub cached: &'static str,
}

/// By source.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct BySource {
    /// The source.
    pub source: String,
}

/// By reason.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct ByReason {
    /// Why.
    pub reason: &'static str,
}

/// By HTTP status.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct ByStatus {
    /// The status.
    pub status: u16,
}

/// By script and what came of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct Reload {
    /// The script's name.
    pub script: String,
    /// `changed`, `same`, `refused`.
    pub result: &'static str,
}

/// All that is counted.
pub struct Metrics {
    registry: Registry,
    /// Decisions.
    pub decisions: Family<Decision, Counter>,
    /// From a request that has come whole to its response.
    pub seconds: Family<ByDialect, Histogram>,
    /// Those of them that were asked for, in the order of [`NAMES`].
    took: [OnceLock<Histogram>; NAMES.len()],
    /// Look-ups.
    pub lookups: Family<LookedUp, Counter>,
    /// How long they took.
    pub lookup_seconds: Family<BySource, Histogram>,
    /// Tokens that were refused.
    pub tokens: Family<ByReason, Counter>,
    /// Requests that got no decision.
    pub refused: Family<ByStatus, Counter>,
    /// Answers that were a fallback.
    pub fallbacks: Family<ByReason, Counter>,
    /// Scripts that were read again.
    pub reloads: Family<Reload, Counter>,
    /// What is served.
    pub versions: Family<Version, Gauge>,
    /// Requests that are being answered.
    pub requests: Gauge,
    /// Connections.
    pub connections: Gauge,
    /// Faults of the server itself that were caught.
    pub faults: Counter,
    /// Seconds since 1970 at which the server was started.
    pub started: Gauge<f64, AtomicU64>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// From 50 microseconds to two seconds.
const SECONDS: [f64; 15] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];

impl Default for Metrics {
    fn default() -> Self {
        let histogram = || Histogram::new(SECONDS);
        let mut this = Self {
            registry: Registry::with_prefix("callroute"),
            decisions: Family::default(),
            seconds: Family::new_with_constructor(histogram),
            took: Default::default(),
            lookups: Family::default(),
            lookup_seconds: Family::new_with_constructor(histogram),
            tokens: Family::default(),
            refused: Family::default(),
            fallbacks: Family::default(),
            reloads: Family::default(),
            versions: Family::default(),
            requests: Gauge::default(),
            connections: Gauge::default(),
            faults: Counter::default(),
            started: Gauge::default(),
        };
        let registry = &mut this.registry;
        registry.register("decisions", "Events that got an instruction", this.decisions.clone());
        registry.register("request_seconds", "From a request that has come whole to its response", this.seconds.clone());
        registry.register("lookups", "Look-ups, by what came of them", this.lookups.clone());
        registry.register("lookup_seconds", "How long look-ups took", this.lookup_seconds.clone());
        registry.register("tokens_refused", "Events whose continue could not be used", this.tokens.clone());
        registry.register("requests_refused", "Requests that got no decision, by HTTP status", this.refused.clone());
        registry.register("fallbacks", "Answers that were the fallback, by reason", this.fallbacks.clone());
        registry.register("reloads", "Scripts that were read again, by what came of it", this.reloads.clone());
        registry.register("script_info", "The version of each script that is served", this.versions.clone());
        registry.register("requests_in_flight", "Requests that are being answered", this.requests.clone());
        registry.register("connections", "Connections that are open", this.connections.clone());
        registry.register("faults", "Faults of the server itself that were caught", this.faults.clone());
        registry.register("start_time_seconds", "When the server was started, in seconds since 1970", this.started.clone());
        this
    }
}

/// The counters of one script's decisions that were needed first. Most events need one of a few, which is found without making a label for it.
#[derive(Debug, Default)]
pub struct Tally([OnceLock<Tallied>; 32]);

/// A dialect, an action, and how many decisions there were.
type Tallied = (&'static str, String, Counter);

impl Tally {
    /// Counts a decision in `all`.
    pub fn count(&self, all: &Family<Decision, Counter>, script: &str, dialect: &'static str, action: &str) {
        let counter = || all.get_or_create(&Decision { script: script.to_owned(), dialect, action: action.to_owned() }).clone();
        let mut places = self.0.iter().map(|place| place.get_or_init(|| (dialect, action.to_owned(), counter())));
        match places.find(|(of, named, _)| *of == dialect && named == action) {
            Some((_, _, known)) => known.inc(),
            None => counter().inc(),
        };
    }
}

impl Metrics {
    /// A request in this dialect has been answered.
    pub fn took(&self, dialect: &'static str, time: Duration) {
        let label = ByDialect { dialect };
        let seconds = time.as_secs_f64();
        match NAMES.iter().position(|known| *known == dialect).and_then(|at| self.took.get(at)) {
            Some(known) => known.get_or_init(|| self.seconds.get_or_create(&label).clone()).observe(seconds),
            None => self.seconds.get_or_create(&label).observe(seconds),
        }
    }

    /// As OpenMetrics text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
