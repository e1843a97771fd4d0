//! Ours beside the same decision by hand in Express, Fastify and bare axum. First all must give the same answers; then `wrk` asks each in turn.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::Http;
use crate::process::{CLIENT_CORE, Process, SERVER_CORE, free_port, pinned};
use crate::{Context, KEY, absolute};

/// Connections that `wrk` keeps busy.
pub const BUSY: usize = 64;
/// Different events of each case.
const EVENTS: usize = 256;

/// Ours, with the logs that it has in production; every other one is compared with it.
pub const OURS: &str = "callroute, logs at info";
/// Ours without a line for each event.
pub const OURS_QUIET: &str = "callroute, logs at warn";
pub const AXUM: &str = "bare axum";
pub const FASTIFY: &str = "Fastify";
pub const EXPRESS: &str = "Express";
pub const CONTENDERS: [&str; 5] = [OURS, OURS_QUIET, AXUM, FASTIFY, EXPRESS];

pub const CLOSED: &str = "closed: voicemail";
pub const GROUP: &str = "open: a group is rung, nothing left to do";
pub const MENU: &str = "open: a menu, with a token";
pub const KEY_PRESSED: &str = "the key of the menu: a token opened, a group rung";
pub const CASES: [&str; 4] = [CLOSED, GROUP, MENU, KEY_PRESSED];

/// One run of `wrk`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Requests a second.
    pub rate: f64,
    /// Microseconds until the answer: the middle, and of a hundred the slowest but one.
    pub p50: u64,
    pub p99: u64,
    /// Microseconds of processor time that the server took for a request.
    pub cpu: f64,
    pub errors: u64,
}

/// All runs, by case and contender.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Comparison {
    pub seconds: u32,
    /// Load averages of the machine before and after.
    pub load: [String; 2],
    pub node: String,
    pub runs: BTreeMap<String, BTreeMap<String, Vec<Run>>>,
}

/// What `post.lua` prints.
#[derive(Deserialize)]
struct Printed {
    requests: u64,
    micros: u64,
    p50: u64,
    p99: u64,
    errors: u64,
}

struct Contender {
    name: &'static str,
    process: Process,
    url: String,
    /// The file of events for each case.
    events: BTreeMap<&'static str, PathBuf>,
}

fn command(context: &Context, name: &str, port: u16) -> Command {
    let peer = |file: &str| {
        let mut command = pinned(SERVER_CORE, "node".as_ref());
        command.arg(context.here.join("peers").join(file)).arg(port.to_string()).env("NODE_ENV", "production");
        command
    };
    let mut command = match name {
        FASTIFY => peer("fastify.mjs"),
        EXPRESS => peer("express.mjs"),
        AXUM => {
            let mut command = pinned(SERVER_CORE, &context.bin.join("axum-peer"));
            command.arg(port.to_string());
            command
        }
        _ => {
            let mut command = pinned(SERVER_CORE, &context.callroute());
            let level = if name == OURS { "info" } else { "warn" };
            command.arg("serve").arg(context.here.join("office.route")).args(["--listen", &format!("127.0.0.1:{port}"), "--log", level]);
            command
        }
    };
    command.env("CALLROUTE_KEY", KEY);
    command
}

fn incoming(at: usize, time: &str, to: &str) -> Value {
    let from = format!("+1415555{:04}", at % 10_000);
    json!({"event": "incoming_call", "from": from, "to": to, "timestamp": time, "call_id": format!("call-{at:06}")})
}

const DIRECT: &str = "+13146523057";
const WITH_MENU: &str = "+13146523058";

fn first_event(case: &str, at: usize) -> Value {
    let (hour, minute) = (at % 7, at % 60);
    match case {
        CLOSED => incoming(at, &format!("2026-04-21T{:02}:{minute:02}:00Z", 3 + hour), DIRECT),
        GROUP => incoming(at, &format!("2026-04-21T{:02}:{minute:02}:00Z", 14 + hour), DIRECT),
        _ => incoming(at, &format!("2026-04-21T{:02}:{minute:02}:00Z", 14 + hour), WITH_MENU),
    }
}

fn key_event(first: &Value, token: &Value, keys: &str) -> Value {
    json!({"event": "digits", "digits": keys, "timestamp": first["timestamp"], "call_id": first["call_id"], "continue": token})
}

async fn answer(http: &Http, url: &str, event: &Value) -> Result<Value, String> {
    let reply = http.post(url, event.to_string()).await?;
    if reply.status != 200 {
        return Err(format!("{} for {event}: {}", reply.status, reply.text()));
    }
    reply.json()
}

fn without_token(mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("continue");
    }
    answer
}

/// All answer alike, at all hours of a week in winter and one in summer, for both numbers and every key.
async fn same_answers(http: &Http, all: &[Contender]) -> Result<usize, String> {
    let Some((ours, others)) = all.split_first() else { return Ok(0) };
    let mut compared = 0;
    for at in 0..14 * 24 {
        let (month, day, hour) = (if at < 7 * 24 { 1 } else { 7 }, 1 + at / 24 % 7, at % 24);
        for minute in [0, 59] {
            for to in [DIRECT, WITH_MENU] {
                let event = incoming(at, &format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z"), to);
                let expected = answer(http, &ours.url, &event).await?;
                let keys: &[&str] = if expected["action"] == "menu" { &["1", "2", "7"] } else { &[] };
                let mut expected_after = Vec::new();
                for key in keys {
                    expected_after.push(without_token(answer(http, &ours.url, &key_event(&event, &expected["continue"], key)).await?));
                }
                for other in others {
                    let given = answer(http, &other.url, &event).await?;
                    differs(other, &event, &given, &expected)?;
                    for (key, expected) in keys.iter().zip(&expected_after) {
                        let event = key_event(&event, &given["continue"], key);
                        differs(other, &event, &answer(http, &other.url, &event).await?, expected)?;
                    }
                    compared += 1 + keys.len();
                }
            }
        }
    }
    // None of them may be quick because it does not look.
    let good = incoming(1, "2026-01-01T20:00:00Z", WITH_MENU);
    for contender in all {
        let token = answer(http, &contender.url, &good).await?["continue"].as_str().unwrap_or_default().to_owned();
        let changed: String = token.chars().rev().collect();
        for bad in [
            "{".to_owned(),
            "{}".to_owned(),
            key_event(&good, &json!(changed), "1").to_string(),
            key_event(&incoming(2, "2026-01-01T20:00:00Z", DIRECT), &json!(token), "1").to_string(),
        ] {
            let status = http.post(&contender.url, bad.clone()).await?.status;
            if !status.is_client_error() {
                return Err(format!("{} answers {bad} with {status}", contender.name));
            }
        }
    }
    Ok(compared)
}

fn differs(other: &Contender, event: &Value, given: &Value, expected: &Value) -> Result<(), String> {
    let (given, expected) = (without_token(given.clone()), without_token(expected.clone()));
    if given == expected {
        return Ok(());
    }
    Err(format!("{} does not answer as we do: for {event}\n  it says {given}\n  we say  {expected}", other.name))
}

/// Writes the events of each case.
async fn write_events(context: &Context, http: &Http, contender: &mut Contender, index: usize) -> Result<(), String> {
    for (number, case) in CASES.into_iter().enumerate() {
        let mut lines = String::new();
        for at in 0..EVENTS {
            let mut event = first_event(case, at);
            if case == KEY_PRESSED {
                let menu = answer(http, &contender.url, &event).await?;
                event = key_event(&event, &menu["continue"], "1");
            }
            lines.push_str(&event.to_string());
            lines.push('\n');
        }
        let path = absolute(&context.results).join(format!("events-{index}-{number}.txt"));
        fs::write(&path, lines).map_err(|error| format!("{}: {error}", path.display()))?;
        contender.events.insert(case, path);
    }
    Ok(())
}

fn wrk(context: &Context, contender: &Contender, case: &str, seconds: u32) -> Result<Run, String> {
    let events = contender.events.get(case).ok_or("no events")?;
    let before = contender.process.cpu()?;
    let mut command = pinned(CLIENT_CORE, "wrk".as_ref());
    command.args(["--threads", "1", "--connections", &BUSY.to_string(), "--duration", &format!("{seconds}s"), "--script"]);
    command.arg(context.here.join("post.lua")).arg(&contender.url).arg("--").arg(events);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("wrk: {error}"))?;
    let cpu = contender.process.cpu()?.saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.starts_with('{')).ok_or_else(|| format!("wrk says nothing of use:\n{text}"))?;
    let printed: Printed = serde_json::from_str(line).map_err(|error| format!("{error}: {line}"))?;
    #[expect(clippy::cast_precision_loss, reason = "numbers of one run")]
    let (requests, micros) = (printed.requests.max(1) as f64, printed.micros.max(1) as f64);
    Ok(Run {
        rate: requests * 1e6 / micros,
        p50: printed.p50,
        p99: printed.p99,
        cpu: cpu.as_secs_f64() * 1e6 / requests,
        errors: printed.errors,
    })
}

fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

pub async fn compare(context: &Context, answers_only: bool, rounds: usize, seconds: u32, only: &str) -> Result<(), String> {
    let http = Http::new();
    let mut all = Vec::new();
    for (index, name) in CONTENDERS.into_iter().enumerate().filter(|(_, name)| name.contains(only)) {
        let port = free_port()?;
        let process = Process::start_piped(name, command(context, name, port), &context.results.join(format!("server-{index}.log")))?;
        let url = format!("http://127.0.0.1:{port}/office");
        let mut contender = Contender { name, process, url, events: BTreeMap::new() };
        http.wait_for(&contender.url).await.map_err(|why| format!("{name}: {why}\n{}", contender.process.last()))?;
        write_events(context, &http, &mut contender, index).await?;
        all.push(contender);
    }
    let compared = same_answers(&http, &all).await?;
    eprintln!("{compared} answers of the others are the same as ours");
    drop(http);
    if answers_only {
        return Ok(());
    }
    let node = Command::new("node").arg("--version").output().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let mut comparison =
        Comparison { seconds, node: node.unwrap_or_default(), load: [load_average(), String::new()], ..Default::default() };
    // Whoever is asked first, or after a slow one, must not be always the same.
    let mut random = fastrand::Rng::with_seed(1);
    let mut order: Vec<&Contender> = all.iter().collect();
    // A first round warms them up, and is not counted.
    for round in 0..=rounds {
        for case in CASES {
            random.shuffle(&mut order);
            for contender in &order {
                let run = wrk(context, contender, case, if round == 0 { 1 } else { seconds })?;
                eprintln!(
                    "{case:50} {:24} {:8.0}/s  p99 {:6} µs  cpu {:6.1} µs  {} errors",
                    contender.name, run.rate, run.p99, run.cpu, run.errors
                );
                if run.errors > 0 {
                    return Err(format!("{} did not answer {} events of {case:?}", contender.name, run.errors));
                }
                if round > 0 {
                    comparison.runs.entry(case.to_owned()).or_default().entry(contender.name.to_owned()).or_default().push(run);
                }
            }
        }
    }
    tokio::time::sleep(Duration::from_millis(10)).await;
    comparison.load[1] = load_average();
    if only.is_empty() {
        context.keep("compare.json", &comparison)?;
    }
    Ok(())
}
