//! Prints `docs/load.md` from what was measured last.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::compare::{AXUM, BUSY, CASES, CONTENDERS, Comparison, EXPRESS, FASTIFY, OURS, OURS_QUIET, Run};
use crate::connections::{Connections, Latency};
use crate::soak::Soak;

fn read<T: DeserializeOwned>(folder: &Path, name: &str, made_by: &str) -> Result<T, String> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}; `{made_by}` makes it", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}; `{made_by}` makes it anew", path.display()))
}

/// The middle of several values.
fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
    let lower = if values.len().is_multiple_of(2) { values.get((values.len() / 2).saturating_sub(1)).copied() } else { None };
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

fn median(runs: &[Run], of: impl Fn(&Run) -> f64) -> f64 {
    middle(runs.iter().map(of))
}

/// How many requests a second one takes beside the other: the middle of what it was in each round. Of a machine whose speed varies, the two runs of
/// one round, which are seconds apart, see the same more often than all of them do.
fn beside(one: &[Run], other: &[Run]) -> f64 {
    middle(one.iter().zip(other).map(|(one, other)| one.rate / other.rate))
}

/// `12,345`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rates and sizes, far below the limits")]
fn whole(number: f64) -> String {
    thousands(number.round().max(0.0) as u64)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds for people")]
fn millis(micros: u64) -> String {
    format!("{:.2} ms", micros as f64 / 1000.0)
}

fn mebibytes(kib: u64) -> String {
    format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024)
}

const HEAD: &str = "# Load

<!-- Printed by `tests/load/run report`, after `tests/load/run`. Not written by hand. -->

What the webhook server takes, beside the same decision written by hand; how it is with ten thousand connections; and what becomes of calls while scripts change, the database dies and copies are killed.
Times depend on the machine and on what else it does; what counts are the ratios, all from one run.

```
tests/load/run                    # measures all of it, a quarter of an hour; `compare`, `connections` and `soak` do one of the three
tests/load/soak 60                # a soak of an hour
tests/load/run report \"WHERE\" > docs/load.md
```
";

pub fn report(folder: &Path, machine: &str) -> Result<String, String> {
    let mut text = format!("{HEAD}\nMeasured on: {machine}.\n");
    comparison(&mut text, &read(folder, "compare.json", "tests/load/run compare")?);
    connections(&mut text, &read(folder, "connections.json", "tests/load/run connections")?);
    soak(&mut text, &read(folder, "soak.json", "tests/load/soak")?);
    Ok(text)
}

fn comparison(text: &mut String, comparison: &Comparison) {
    let rounds = comparison.runs.values().flat_map(|case| case.values()).map(Vec::len).min().unwrap_or(0);
    let [before, after] = &comparison.load;
    let _ = write!(
        text,
        "
## Beside servers written by hand

The same decision ([`tests/load/office.route`](../tests/load/office.route)) in bare axum ([`axum-peer.rs`](../tests/load/src/bin/axum-peer.rs)), and in Fastify and Express on Node.js {} ([`peers`](../tests/load/peers)). Before anything is measured, all must give
the same answers at all hours of two weeks, for both numbers and every key, and refuse what is malformed or whose token was changed. Then `wrk` asks all of them in an order that changes, over {BUSY} connections: {rounds} rounds of {} seconds each, of which the medians are shown. Ratios are medians too, of those of each round. The server has one
processor, `wrk` the other one. The time of the processor is what the server took for one request, in user and system mode; it depends less on what else the machine does.

Ours has what it has in production: limits on bodies, time and requests, metrics, headers with the script and its version, any script, any dialect; its log goes through a pipe to another process, as in a container and under systemd, with a line for each event at `info`, none at `warn`. **The others log nothing**, count nothing and limit nothing
but what their framework does by itself. What a call needs after the menu is sealed by all: ours and bare axum with the same library (PASETO v4.local), those on Node.js with AES-256-GCM, which is built into Node.js and has instructions of the processor.

The load average of the machine was {before} before and {after} after.
",
        comparison.node, comparison.seconds
    );
    for case in CASES {
        let Some(of) = comparison.runs.get(case) else { continue };
        let _ = write!(
            text,
            "\n### {case}\n\n| | requests a second | beside bare axum | p50 | p99 | processor time |\n|---|--:|--:|--:|--:|--:|\n"
        );
        let beside = |one: &str, other: &str| of.get(one).zip(of.get(other)).map_or(f64::NAN, |(one, other)| beside(one, other));
        for name in CONTENDERS {
            let Some(runs) = of.get(name) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "microseconds")]
            let (p50, p99) = (median(runs, |run| run.p50 as f64), median(runs, |run| run.p99 as f64));
            let _ = writeln!(
                text,
                "| {name} | {} | {:.2} | {:.2} ms | {:.2} ms | {:.1} µs |",
                whole(median(runs, |run| run.rate)),
                beside(name, AXUM),
                p50 / 1000.0,
                p99 / 1000.0,
                median(runs, |run| run.cpu)
            );
        }
        let verdict = |name: &str| {
            let beside = beside(name, AXUM);
            format!("{beside:.2} of bare axum ({})", if beside >= 0.9 { "met" } else { "**not met**" })
        };
        let _ = writeln!(
            text,
            "\nOurs, with its log: {:.1} times Fastify, {:.1} times Express, {}; without, as the others are: {}. The aim is 0.90.",
            beside(OURS, FASTIFY),
            beside(OURS, EXPRESS),
            verdict(OURS),
            verdict(OURS_QUIET)
        );
    }
}

fn latency(text: &mut String, what: &str, latency: &Latency) {
    let _ = writeln!(text, "| {what} | {} | {} | {} |", millis(latency.p50), millis(latency.p99), millis(latency.max));
}

fn connections(text: &mut String, connections: &Connections) {
    let count = thousands(u64::try_from(connections.count).unwrap_or(u64::MAX));
    let [start, open, after] = connections.memory;
    let one = open.saturating_sub(start) * 1024 / u64::try_from(connections.count).unwrap_or(1).max(1);
    let _ = write!(
        text,
        "
## {count} connections

{count} connections are opened from several addresses of loopback, which took {:.1} seconds, and stay open to the end. An event is sent on each in turn, then on all in a crowd, 256 at a time (their waiting for their turn is not counted); every one was answered. Client and server share the machine.

| | p50 | p99 | slowest |
|---|--:|--:|--:|
",
        connections.open_seconds
    );
    latency(text, "one after the other", &connections.in_turn);
    latency(text, "in a crowd", &connections.crowd);
    let _ = writeln!(
        text,
        "\nMemory of the server: {} at the start, {} with all connections open ({} bytes for each), {} after the events.",
        mebibytes(start),
        mebibytes(open),
        thousands(one),
        mebibytes(after)
    );
}

fn soak(text: &mut String, soak: &Soak) {
    #[expect(clippy::cast_precision_loss, reason = "a number for people")]
    let hours = soak.calls as f64 / 2_000.0;
    let [warm, end] = soak.memory;
    let _ = write!(
        text,
        "
## A soak

{} calls in {:.0} seconds, up to {} at a time: as many as an office of a hundred lines, with a new call on each every three minutes, has in {hours:.0} hours. They are played as a telephone platform would ([`tests/load/soak.route`](../tests/load/soak.route)): look-ups in a real PostgreSQL,
a menu, ringing, busy and unanswered telephones, the next ones, voicemail, a PIN; callers press wrong keys, nothing at all, or hang up; people take up to two seconds for everything. Two copies of the server have the same key and the same folder of programs; each event goes
to either at random, and to the other one if the first is not there, as behind a balancer. What the script must say is worked out by hand for every step, and that each answer is of the version of the script with which its call began.

| what happened in between | times |
|---|--:|
",
        thousands(soak.calls),
        soak.seconds,
        thousands(u64::try_from(soak.most_at_a_time).unwrap_or(u64::MAX))
    );
    for (what, times) in &soak.troubles {
        let _ = writeln!(text, "| {what} | {times} |");
    }
    let _ = write!(text, "\nEvery call came to its end:\n\n| how it ended | calls |\n|---|--:|\n");
    for (end, calls) in &soak.ends {
        let _ = writeln!(text, "| {end} | {} |", thousands(*calls));
    }
    let ended: u64 = soak.ends.values().sum();
    let _ = writeln!(
        text,
        "| together | {} |\n\nLost: {}. {} events were answered, {} of them were offered again because a copy was not there, {} were sent twice and got the same answer, {} look-ups came to nothing, which the script knows what to do with. {} versions of the script \
         were taken up. Until the answer, waiting for another copy or a dead database included: p50 {}, p99 {}, slowest {}.",
        thousands(ended),
        soak.calls.saturating_sub(ended),
        thousands(soak.events),
        thousands(soak.retried),
        thousands(soak.twice),
        thousands(soak.failed_lookups),
        thousands(soak.versions.into()),
        millis(soak.latency.p50),
        millis(soak.latency.p99),
        millis(soak.latency.max)
    );
    let _ = writeln!(
        text,
        "\nMemory of the copy that was never restarted: {} after the first third, {} at the end.",
        mebibytes(warm),
        mebibytes(end)
    );
}
