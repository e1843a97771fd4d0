//! How long an editor waits: the real language server over its standard input and output, with a script of 10,000 lines open.
//!
//! `cargo bench -p callroute-cli` measures; `docs/benchmarks.md` is printed from it. The server's wait for more typing is not counted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "a benchmark"
)]

#[path = "../tests/lsp_client/mod.rs"]
mod lsp_client;

use std::fmt::Write;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use lsp_client::Client;
use serde_json::{Value, json};

/// The server waits this long for more typing.
const QUIET: Duration = Duration::from_millis(50);
const LINES: usize = 10_000;

/// A script of so many lines: offices, each with its hours, people, a group, a queue, a list, a menu.
fn script() -> String {
    let mut out =
        "zone America/Chicago\ncountry US\nfallback voicemail \"front_desk\"\nprompt welcome = < en \"Welcome.\" >\n\n".to_owned();
    let mut flows = String::new();
    let mut office = 0;
    while out.lines().count() + flows.lines().count() + office + 4 < LINES {
        write!(
            flows,
            r#"/// Office {office}.
schedule hours_{office} = in America/Denver <
  mon-thu 9-12, 13-17:30
  fri 9-15
  dec 24 9-12
>
agent ana_{office} = +1312255{office:04}
agent ben_{office} = in order < sip:ben{office}@pbx.example.com; +1312355{office:04} >
group sales_{office} = ring all for 25s < agent ana_{office}; agent ben_{office} >
list blocked_{office} = < +1900{office:07} "nuisance"; +1976* >
flow office_{office} <
  when from in blocked_{office} or from is anonymous < reject declined "Please show your number." >
  when hours(hours_{office}) <
    menu welcome tries 2 <
      1 => group sales_{office} < busy, no-answer => voicemail "sales" box sales_{office} > else voicemail "sales"
      2 => agent ben_{office} for 20s else voicemail "support" box support_{office}
    > else voicemail "front_desk"
  >
  say "Office {office} is closed."
  voicemail "closed" box box_{office}
>
"#
        )
        .unwrap();
        office += 1;
    }
    out.push_str("switch to <\n");
    for office in 0..office {
        writeln!(out, "  +1773{:07} => go office_{office}", 2_000_000 + office).unwrap();
    }
    out.push_str("> else voicemail \"front_desk\"\n\n");
    out.push_str(&flows);
    out
}

/// Definitions and steps so long that each is a script of its own: what one types in such a one is the whole of it.
fn single(what: &str) -> String {
    let (head, line, foot): (&str, fn(usize) -> String, &str) = match what {
        "list" => (
            "list callers = <\n",
            |line| format!("  +1312{:07} \"caller {line}\"\n", 5_550_000 + line),
            ">\nwhen from in callers < hangup > else voicemail \"front_desk\"\n",
        ),
        "switch" => (
            "agent ana = +13125550101\nswitch to <\n",
            |line| format!("  +1312{:07} => agent ana else voicemail \"box {line}\"\n", 5_550_000 + line),
            "> else hangup\n",
        ),
        _ => (
            "agent ana = +13125550101\ngo all\nflow all <\n",
            |line| format!("  when from is +1312{:07} < agent ana else voicemail \"box {line}\" >\n", 5_550_000 + line),
            "  hangup\n>\n",
        ),
    };
    head.to_owned() + &(0..LINES).map(line).collect::<String>() + foot
}

/// Types a letter, and takes it away the next time.
struct Typist {
    uri: String,
    at: Value,
    behind: Value,
    version: i64,
    there: bool,
}

impl Typist {
    /// At a byte of a text that is open.
    fn new(uri: &str, text: &str, place: usize) -> Self {
        let line = text[..place].lines().count() - 1;
        let character = place - text[..place].rfind('\n').unwrap() - 1;
        Self {
            uri: uri.to_owned(),
            at: json!({ "line": line, "character": character }),
            behind: json!({ "line": line, "character": character + 1 }),
            version: 1,
            there: false,
        }
    }

    fn press(&mut self, client: &mut Client) {
        self.version += 1;
        let (start, end, text) = if self.there { (&self.at, &self.behind, "") } else { (&self.at, &self.at, "x") };
        self.there = !self.there;
        client.notify(
            "textDocument/didChange",
            json!({
                "textDocument": { "uri": self.uri, "version": self.version },
                "contentChanges": [{ "range": { "start": start, "end": end }, "text": text }]
            }),
        );
    }

    /// From keystrokes to their diagnostics, the server's wait left out.
    fn measure(&mut self, client: &mut Client, rounds: u64) -> Duration {
        let one = |_| {
            let began = Instant::now();
            self.press(client);
            wait(client, &self.uri);
            began.elapsed().saturating_sub(QUIET)
        };
        (0..rounds).map(one).sum()
    }
}

/// Until the diagnostics of the version that was sent last are there.
fn wait(client: &mut Client, uri: &str) {
    client.published(uri);
}

fn benches(criterion: &mut Criterion) {
    let text = script();
    let mut client = Client::start();
    let uri = client.open("long.route", &text);
    wait(&mut client, &uri);
    let middle = text[..text.len() / 2].rfind("is closed.").unwrap();
    let mut typist = Typist::new(&uri, &text, middle);
    let mut group = criterion.benchmark_group("editor");
    group.sample_size(20).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(6));
    group.bench_function("diagnostics", |bencher| {
        bencher.iter_custom(|rounds| typist.measure(&mut client, rounds));
    });
    let place = json!({ "textDocument": { "uri": uri }, "position": { "line": typist.at["line"].as_u64().unwrap() + 1, "character": 2 } });
    for (name, typed) in [("completion", false), ("completion_while_typing", true)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|rounds| {
                let mut total = Duration::ZERO;
                for _ in 0..rounds {
                    if typed {
                        typist.press(&mut client);
                    }
                    let began = Instant::now();
                    let list = client.ask("textDocument/completion", place.clone());
                    total += began.elapsed();
                    assert!(list["items"].as_array().unwrap().len() > 20);
                }
                if typed {
                    wait(&mut client, &uri);
                }
                total
            });
        });
    }
    for name in ["hover", "definition"] {
        group.bench_function(name, |bencher| bencher.iter(|| client.ask(&format!("textDocument/{name}"), place.clone())));
    }
    for what in ["list", "switch", "flow"] {
        let text = single(what);
        let uri = client.open(&format!("{what}.route"), &text);
        wait(&mut client, &uri);
        // In the text of its line.
        let middle = text[..text.len() / 2].rfind(" \"").unwrap() + 2;
        let mut typist = Typist::new(&uri, &text, middle);
        group.bench_function(format!("single_{what}"), |bencher| bencher.iter_custom(|rounds| typist.measure(&mut client, rounds)));
    }
    group.finish();
    client.stop();
}

criterion_group!(all, benches);
criterion_main!(all);
