//! The `callroute` command: thin, every rule lives in a library crate.

mod build;
mod call;
mod check;
mod diff;
mod discover;
mod drive;
mod explain;
mod failure;
mod fmt;
mod graph;
mod inspect;
mod lsp;
mod manual;
mod new;
mod parallel;
mod program;
mod progress;
mod replies;
mod report;
mod run;
mod serve;
mod stream;
mod terminal;
mod test;
mod trace;
mod when;
mod workspace;
mod write;

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Decide what happens to telephone calls, by `.route` scripts.
#[derive(Parser, Debug)]
#[command(
    name = "callroute",
    max_term_width = 110,
    arg_required_else_help = true,
    after_help = "\
Start with:
  callroute new office
  callroute check office.route
  callroute run office.route --from +14155550123 --at '2026-04-21 09:32 America/Chicago' --press 1

Exit status: 0 done, 1 a script is at fault, 2 the call was wrong. `callroute help COMMAND` says more about a command."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Check(check::Command),
    Run(Box<run::Command>),
    Test(test::Command),
    Call(Box<call::Command>),
    Build(build::Command),
    Graph(Box<graph::Command>),
    Inspect(inspect::Command),
    Fmt(fmt::Command),
    Serve(Box<serve::Command>),
    Lsp(lsp::Command),
    Explain(explain::Command),
    New(new::Command),
    Completions(manual::Completions),
    Man(manual::Man),
}

/// `0.1.0 (language 1.0, time zone data 2026a)`
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let (major, minor) = callroute_bytecode::LANGUAGE;
    let own = env!("CARGO_PKG_VERSION");
    format!("{own} (language {major}.{minor}, time zone data {})", callroute_calendar::tz_version())
});

fn main() -> ExitCode {
    let matches = Cli::command().version(VERSION.as_str()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let outcome = match &cli.command {
        Command::Check(command) => check::run(command),
        Command::Run(command) => run::run(command),
        Command::Test(command) => test::run(command),
        Command::Call(command) => call::run(command),
        Command::Build(command) => build::run(command),
        Command::Graph(command) => graph::run(command),
        Command::Inspect(command) => inspect::run(command),
        Command::Fmt(command) => fmt::run(command),
        Command::Serve(command) => serve::run(command),
        Command::Lsp(command) => lsp::run(command),
        Command::Explain(command) => explain::run(command),
        Command::New(command) => new::run(command),
        Command::Completions(command) => manual::completions(command, Cli::command()),
        Command::Man(command) => manual::man(command, Cli::command().version(VERSION.as_str())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
