//! Drives the webhook server as many platforms would. `tests/load/run` and `tests/load/soak` build what this needs, and call it.
//!
//! What is measured is kept as JSON in a folder, from which `load report` prints `docs/load.md`.
#![allow(missing_docs, clippy::indexing_slicing, reason = "a program that tests; a field that JSON does not have is null")]

mod compare;
mod connections;
mod http;
mod process;
mod report;
mod soak;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What every command needs.
#[derive(Debug, Parser)]
pub struct Context {
    /// The folder of this crate, with the script and the peers
    #[arg(long, default_value = "tests/load")]
    here: PathBuf,
    /// The folder of the programs that were built
    #[arg(long, default_value = "target/release")]
    bin: PathBuf,
    /// Where results are kept
    #[arg(long, default_value = "target/load")]
    results: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Ours beside Express, Fastify and bare axum
    Compare {
        /// Only look whether all give the same answers
        #[arg(long)]
        answers_only: bool,
        /// How often each is measured
        #[arg(long, default_value_t = 12)]
        rounds: usize,
        /// Seconds of each measurement
        #[arg(long, default_value_t = 2)]
        seconds: u32,
        /// Only those whose name contains this
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Many open connections
    Connections {
        #[arg(long, default_value_t = 10_000)]
        count: usize,
    },
    /// Calls, and everything that can happen to servers in between
    Soak {
        minutes: f64,
        /// Calls a second
        #[arg(long, default_value_t = 300)]
        rate: u32,
    },
    /// Prints docs/load.md
    Report {
        /// Where it was measured
        #[arg(default_value = "a machine of which nothing was noted")]
        machine: String,
    },
}

impl Context {
    fn callroute(&self) -> PathBuf {
        self.bin.join("callroute")
    }

    fn keep(&self, name: &str, result: &impl serde::Serialize) -> Result<(), String> {
        let path = self.results.join(name);
        let text = serde_json::to_string_pretty(result).map_err(|error| error.to_string())?;
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// A file by its path from the root, for commands that have another folder.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A key for the tokens of a test.
const KEY: &str = "bG9hZCB0ZXN0cyBoYXZlIGEga2V5IG9mIHRoZWlycyE=";

fn run(context: &Context) -> Result<(), String> {
    std::fs::create_dir_all(&context.results).map_err(|error| format!("{}: {error}", context.results.display()))?;
    if let What::Report { machine } = &context.what {
        print!("{}", report::report(&context.results, machine)?);
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        match &context.what {
            What::Compare { answers_only, rounds, seconds, only } => {
                compare::compare(context, *answers_only, *rounds, *seconds, only).await
            }
            What::Connections { count } => connections::connections(context, *count).await,
            What::Soak { minutes, rate } => soak::soak(context, *minutes, *rate).await,
            What::Report { .. } => Ok(()),
        }
    })
}

fn main() -> ExitCode {
    match run(&Context::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("load: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The value at a share of a sorted list, 0 for an empty one.
fn percentile(sorted: &[u64], share: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index into a list in memory"
    )]
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}
