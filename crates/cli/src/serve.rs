//! `callroute serve`: the webhook server.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use callroute_diagnostics::Color;
use callroute_server::config::LogFormat;
use callroute_server::{Options, ServeError};
use clap::{Args, ValueEnum};

use crate::failure::{Failure, Outcome, SCRIPT_AT_FAULT};
use crate::terminal::When;

/// Serve scripts to telephone platforms: they ask a web address what to do with each call.
///
/// A platform sends events to `http://ADDRESS/SCRIPT` (as JSON) or `http://ADDRESS/SCRIPT/DIALECT` (in its own words), and gets an instruction
/// for each. Nothing of a call is remembered between two events, so any number of copies can stand behind a balancer.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute serve office.route                            events come to http://127.0.0.1:8080/office
  callroute serve office.route --dialect twiml --public https://route.example.com
  callroute serve --config serve.toml                     several scripts, sources of look-ups, secrets, limits
  callroute serve --config serve.toml --check             says what is wrong, and serves nothing
  curl -d '{\"event\":\"incoming_call\",\"from\":\"+14155550123\",\"call_id\":\"a\"}' http://127.0.0.1:8080/office

The key that seals `continue` is 32 bytes in base64, in CALLROUTE_KEY or under `keys` in the TOML file; several, separated by commas, while it is \
being changed. SIGHUP, `POST /-/reload` or --watch take up changed scripts; one that is at fault, or whose own tests fail, is refused, and the one \
before it goes on. SIGTERM answers what is under way, and stops.

Exit status: 0 stopped when told, 1 a script is at fault, 2 the configuration is wrong. docs/serving.md says more.")]
pub struct Command {
    /// Scripts, `.route` or `.routec`; the first also answers at `/`
    #[arg(value_name = "SCRIPT", required_unless_present = "config")]
    scripts: Vec<PathBuf>,
    /// A TOML file with scripts, dialects, sources, secrets and limits
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// The address under which platforms reach this server, for callbacks and signatures
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// In which words the scripts named here are asked; may be repeated [default: json]
    #[arg(long = "dialect", value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(callroute_dialects::NAMES))]
    dialects: Vec<String>,
    /// Take up scripts when their files change
    #[arg(long)]
    watch: bool,
    /// Serve beyond this machine although nothing is demanded of requests
    #[arg(long)]
    open: bool,
    /// Look whether all is right, and end
    #[arg(long)]
    check: bool,
    /// What is logged, on standard error: error, warn, info, debug
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
    /// How logs look
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<Format>,
    /// Whether to use colours
    #[arg(long, value_enum, default_value_t)]
    color: When,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "it must be an address and a port, such as `127.0.0.1:8080`, `[::1]:8080` or `0.0.0.0:8080`".to_owned())
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Serves until it is told to stop.
pub fn run(command: &Command) -> Outcome {
    let options = Options {
        config: command.config.clone(),
        scripts: command.scripts.clone(),
        listen: command.listen,
        public: command.public.clone(),
        dialects: command.dialects.clone(),
        watch: command.watch,
        open: command.open,
        check: command.check,
        log: command.log.clone(),
        log_format: command.log_format.map(|format| match format {
            Format::Text => LogFormat::Text,
            Format::Json => LogFormat::Json,
        }),
        key: std::env::var("CALLROUTE_KEY").ok().filter(|key| !key.is_empty()),
        colour: command.color.color() == Color::On && std::io::stderr().is_terminal(),
    };
    callroute_server::serve(options).map_err(|error| match error {
        ServeError::Script => Failure::Status(SCRIPT_AT_FAULT),
        ServeError::Wrong(why) => Failure::wrong(why),
    })
}
