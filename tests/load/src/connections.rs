//! Ten thousand connections that stay open, as many platforms would hold them: each is asked in turn, then all of them in a crowd, and every event
//! must be answered.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;

use crate::http::{Http, chain, request, whole};
use crate::process::{Process, free_port};
use crate::{Context, KEY, absolute, percentile};

/// Connections from one source address: each has some 28,000 ports.
const FROM_ONE: usize = 5_000;
/// Events that are under way at a time in the crowd.
const CROWD: usize = 256;

/// Latencies in microseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Latency {
    pub p50: u64,
    pub p99: u64,
    pub max: u64,
}

impl Latency {
    pub fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        Self { p50: percentile(&micros, 0.5), p99: percentile(&micros, 0.99), max: micros.last().copied().unwrap_or(0) }
    }
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Connections {
    pub count: usize,
    /// Seconds until all were open.
    pub open_seconds: f64,
    /// Latencies: one after the other, and in a crowd of [`CROWD`].
    pub in_turn: Latency,
    pub crowd: Latency,
    /// Memory of the server in KiB: at the start, with all connections open, and after the events.
    pub memory: [u64; 3],
}

type Sender = SendRequest<Full<Bytes>>;

async fn open(index: usize, port: u16) -> Result<Sender, String> {
    let why = |error: std::io::Error| format!("connection {index}: {error}");
    let socket = TcpSocket::new_v4().map_err(why)?;
    // On Linux all of 127/8 is this machine.
    let last = u8::try_from(2 + index / FROM_ONE).map_err(|error| error.to_string())?;
    if cfg!(target_os = "linux") {
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, last)), 0)).map_err(why)?;
    }
    let stream = socket.connect(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await.map_err(why)?;
    let _ = stream.set_nodelay(true);
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| format!("connection {index}: {}", chain(&error)))?;
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends an event on a connection, and looks at the answer. How many microseconds it took.
async fn ask(sender: &mut Sender, index: usize) -> Result<u64, String> {
    let event = json!({"event": "incoming_call", "from": "+14155550123", "to": "+13146523058", "timestamp": "2026-04-21T15:00:00Z", "call_id": format!("c{index}")});
    let start = Instant::now();
    let mut request = request(Method::POST, "/office", event.to_string())?;
    request.headers_mut().insert("host", http::HeaderValue::from_static("localhost"));
    let asked = async {
        sender.ready().await.map_err(|error| chain(&error))?;
        whole(sender.send_request(request).await.map_err(|error| chain(&error))?).await
    };
    let reply = tokio::time::timeout(Duration::from_secs(60), asked).await.map_err(|_| format!("connection {index}: no answer"))?;
    let reply = reply.map_err(|why| format!("connection {index}: {why}"))?;
    if reply.status != 200 || reply.json()?["action"] != "menu" {
        return Err(format!("connection {index}: {} {}", reply.status, reply.text()));
    }
    Ok(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX))
}

pub async fn connections(context: &Context, count: usize) -> Result<(), String> {
    let port = free_port()?;
    let config = context.results.join("connections.toml");
    // A client that says nothing for ten seconds is cut off, as it should be; here the slowest machine shall have its time.
    let text = format!(
        "[limits]\nhead-seconds = 600\nconnections = {}\n[[script]]\nfile = {:?}\n",
        count + 100,
        absolute(&context.here.join("office.route")).display().to_string()
    );
    fs::write(&config, text).map_err(|error| error.to_string())?;
    let mut command = Command::new(context.callroute());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--log", "warn", "--config"]).arg(&config).env("CALLROUTE_KEY", KEY);
    let server = Process::start("callroute", command, &context.results.join("connections.log"))?;
    let http = Http::new();
    let at = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    http.wait_for(&at("healthz")).await?;
    let mut memory = [server.memory()?; 3];

    let start = Instant::now();
    let mut senders = Vec::with_capacity(count);
    for index in 0..count {
        senders.push(open(index, port).await.map_err(|why| format!("{why}\n{}", server.last()))?);
    }
    // The system takes connections before the server does.
    let mut counted = String::new();
    for _ in 0..600 {
        let text = http.get(&at("metrics")).await?.text();
        counted = text.lines().find_map(|line| line.strip_prefix("callroute_connections ")).unwrap_or_default().to_owned();
        if counted.parse::<usize>().is_ok_and(|counted| counted > count) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    if counted.parse::<usize>().is_ok_and(|counted| counted <= count) {
        return Err(format!("of {count} connections the server has {counted} (and one that asks for this)"));
    }
    let open_seconds = start.elapsed().as_secs_f64();
    memory[1] = server.memory()?;

    let mut micros = Vec::with_capacity(count);
    for (index, sender) in senders.iter_mut().enumerate() {
        micros.push(ask(sender, index).await?);
    }
    let in_turn = Latency::of(micros);

    let permits = Arc::new(Semaphore::new(CROWD));
    let mut tasks = Vec::with_capacity(count);
    for (index, mut sender) in senders.into_iter().enumerate() {
        let permits = Arc::clone(&permits);
        tasks.push(tokio::spawn(async move {
            let permit = permits.acquire_owned().await.map_err(|error| error.to_string())?;
            let micros = ask(&mut sender, index).await?;
            drop(permit);
            Ok::<_, String>((micros, sender))
        }));
    }
    // Senders are kept: all connections stay open to the end.
    let (mut micros, mut senders) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for task in tasks {
        let (took, sender) = task.await.map_err(|error| error.to_string())??;
        micros.push(took);
        senders.push(sender);
    }
    memory[2] = server.memory()?;
    drop(senders);
    let result = Connections { count, open_seconds, in_turn, crowd: Latency::of(micros), memory };
    eprintln!("{result:?}");
    context.keep("connections.json", &result)?;
    server.terminate()
}
