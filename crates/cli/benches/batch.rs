//! A million events from a file through a script, by the real command, as whoever tries a script on yesterday's calls runs it.
//!
//! `cargo bench -p callroute-cli` measures; `docs/benchmarks.md` is printed from it. The memory that it takes is looked at as well: it must not grow
//! with the events.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "a benchmark"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};

const EVENTS: u64 = 1_000_000;
/// What a run may take at most: the script, the program, and some lines in flight.
#[cfg(target_os = "linux")]
const MOST_MEMORY: u64 = 64 << 10;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Events of a year, from callers all over the country, in no order.
fn write(path: &Path) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for call in 0..EVENTS {
        // xorshift64.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let mut part = random;
        let mut below = |limit: u64| {
            let found = part % limit;
            part /= limit;
            found
        };
        let (month, day, hour, minute) = (1 + below(12), 1 + below(28), below(24), below(60));
        let number = 2_000_000_000 + below(8_000_000_000);
        writeln!(
            out,
            r#"{{"event":"incoming_call","from":"+1{number}","to":"+13146523057","timestamp":"2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z","call_id":"call-{call}"}}"#
        )
        .unwrap();
    }
    out.flush().unwrap();
}

/// The most memory that a process has held until now, in KiB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find(|line| line.starts_with("VmHWM:"))?.split_whitespace().nth(1)?.parse().ok()
}

/// How long all events take; the answers are thrown away behind a pipe, for they are written somewhere.
fn run(events: &Path, more: &[&str]) -> Duration {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_callroute"))
        .arg("run")
        .arg(project().join("examples/office/office.route"))
        .args(["--event", "-"])
        .args(more)
        .stdin(File::open(events).unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = std::io::BufReader::with_capacity(1 << 20, child.stdout.take().unwrap());
    let mut lines = 0;
    #[cfg(target_os = "linux")]
    let mut most = 0;
    loop {
        let piece = std::io::BufRead::fill_buf(&mut answers).unwrap();
        if piece.is_empty() {
            break;
        }
        let length = piece.len();
        lines += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
        std::io::BufRead::consume(&mut answers, length);
        #[cfg(target_os = "linux")]
        if lines % 64 == 0 {
            most = most.max(peak(child.id()).unwrap_or(0));
        }
    }
    assert!(child.wait().unwrap().success());
    let took = began.elapsed();
    assert_eq!(lines, EVENTS, "an answer for every event");
    #[cfg(target_os = "linux")]
    assert!(most < MOST_MEMORY, "{most} KiB");
    took
}

fn benches(criterion: &mut Criterion) {
    let events = std::env::temp_dir().join(format!("callroute-batch-{}.jsonl", std::process::id()));
    write(&events);
    let mut group = criterion.benchmark_group("batch");
    group.sample_size(10).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(10));
    for (name, more) in [("with_tokens", &[][..]), ("no_continue", &["--no-continue"])] {
        group.bench_function(name, |bencher| bencher.iter_custom(|rounds| (0..rounds).map(|_| run(&events, more)).sum()));
    }
    group.finish();
    std::fs::remove_file(&events).unwrap();
}

criterion_group!(all, benches);
criterion_main!(all);
