//! `docs/serving.md` says what is so: its configurations can be read, its tables have every metric and every limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::path::Path;

use callroute_server::config::{Config, Limits};
use callroute_server::metrics::{ByDialect, ByReason, BySource, ByStatus, Decision, LookedUp, Metrics, Reload, Version};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/serving.md")).unwrap()
}

/// The cells of a table under a title, the first two of each row, without backticks.
fn table(title: &str) -> Vec<(String, String)> {
    let document = document();
    let (_, section) = document.split_once(&format!("\n{title}\n")).unwrap_or_else(|| panic!("there is no {title:?}"));
    let section = section.split("\n##").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned());
        (cells.next().unwrap(), cells.next().unwrap())
    })
    .collect()
}

#[test]
fn its_configurations_can_be_read() {
    let document = document();
    let mut count = 0;
    for (block, _) in document.split("```toml\n").skip(1).map(|rest| rest.split_once("```").unwrap()) {
        Config::parse(block).unwrap_or_else(|error| panic!("{error}\n{block}"));
        count += 1;
    }
    assert!(count >= 5, "only {count} blocks");
    for file in ["examples/deploy/serve.toml", "examples/kamailio/serve.toml"] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        Config::parse(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn its_tables_have_every_key_of_the_configuration() {
    // Whoever writes a key that is not there is told all that are.
    let known = |section: &str| {
        let text = format!("{section}\nno-such-key = 1\n");
        let error = Config::parse(&text).unwrap_err().to_string();
        let (_, list) = error.split_once("expected one of ").unwrap_or_else(|| panic!("{error}"));
        list.split(',').map(|name| name.trim().trim_matches('`').to_owned()).collect::<BTreeSet<String>>()
    };
    let names = |title: &str| table(title).into_iter().map(|(name, _)| name).collect::<BTreeSet<String>>();
    let tables = ["log", "limits", "script", "dialect", "source"].map(str::to_owned);
    assert_eq!(names("### At the top"), known("").into_iter().filter(|name| !tables.contains(name)).collect());
    assert_eq!(names("### `[[script]]`"), known("[[script]]\nfile = \"a\""));
    assert_eq!(names("### `[log]`"), known("[log]"));
    assert_eq!(names("### `[limits]`"), known("[limits]"));
}

#[test]
fn its_limits_are_those_of_the_server() {
    let limits = Limits::default();
    for (name, default) in table("### `[limits]`") {
        let real = match name.as_str() {
            "body" => limits.body as u64,
            "head" => limits.head as u64,
            "head-seconds" => limits.head_seconds,
            "request-seconds" => limits.request_seconds,
            "requests" => limits.requests as u64,
            "connections" => limits.connections as u64,
            "stop-seconds" => limits.stop_seconds,
            "drain-seconds" => limits.drain_seconds,
            "call-hours" => u64::from(limits.call_hours),
            other => panic!("there is no limit `{other}`"),
        };
        assert_eq!(default, real.to_string(), "{name}");
    }
}

#[test]
fn its_table_has_every_metric_with_its_labels() {
    let metrics = Metrics::default();
    let (script, source) = (|| "office".to_owned(), || "crm".to_owned());
    // What was never counted is not in the text.
    metrics.decisions.get_or_create(&Decision { script: script(), dialect: "json", action: "menu".to_owned() }).inc();
    metrics.seconds.get_or_create(&ByDialect { dialect: "json" }).observe(0.1);
    metrics.lookups.get_or_create(&LookedUp { source: source(), result: "found", cached: "no" }).inc();
    metrics.lookup_seconds.get_or_create(&BySource { source: source() }).observe(0.1);
    metrics.tokens.get_or_create(&ByReason { reason: "expired" }).inc();
    metrics.refused.get_or_create(&ByStatus { status: 400 }).inc();
    metrics.fallbacks.get_or_create(&ByReason { reason: "refused" }).inc();
    metrics.reloads.get_or_create(&Reload { script: script(), result: "changed" }).inc();
    metrics.versions.get_or_create(&Version { script: script(), version: "0".to_owned() }).set(1);
    let text = metrics.text();
    let kinds: Vec<(&str, &str)> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).map(|line| line.split_once(' ').unwrap()).collect();
    let mut real = BTreeSet::new();
    for (name, kind) in &kinds {
        let sample = match *kind {
            "counter" => format!("{name}_total"),
            "histogram" => format!("{name}_count"),
            _ => (*name).to_owned(),
        };
        let line = text.lines().find(|line| line.starts_with(&format!("{sample}{{")) || line.starts_with(&format!("{sample} ")));
        let line = line.unwrap_or_else(|| panic!("`{name}` has no sample; give it one here\n{text}"));
        let labels = line.split_once('{').map_or("", |(_, rest)| rest.split_once('}').unwrap().0);
        let labels: Vec<String> =
            labels.split(',').filter_map(|label| label.split_once('=')).map(|(name, _)| format!("`{name}`")).collect();
        let sample = if *kind == "histogram" { (*name).to_owned() } else { sample };
        real.insert((sample, labels.join(", ").trim_matches('`').to_owned()));
    }
    assert_eq!(table("## Metrics").into_iter().collect::<BTreeSet<_>>(), real);
}
