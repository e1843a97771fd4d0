//! Calls in the words of platforms: `cases/DIALECT/NAME.txt`, dropped in. A case is made of parts, each behind a line `-- WORD`:
//!
//! - `settings`: of the dialect, in JSON; `address` need not be given;
//! - `script`;
//! - `findings`: what is said of the script when it is loaded;
//! - `request`: the method, then what of the last response is asked (`asked=…` in an address of it, or `-` for the script's own address,
//!   with further fields of the query behind a `?`), then the type of the body; below it headers, an empty line and the body;
//! - `response`: what must come of it. Tokens are written as `TOKEN`.
//!
//! `UPDATE_CASES=1` writes findings and responses as they are; look at them before they are committed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use std::path::Path;

use callroute_dialects::{Conversation, Dialect, NAMES, Report, Request, Response, Settings, Step, check, dialect};
use callroute_protocol::{LookupResult, Session};
use callroute_runtime::Program;
use http::{HeaderMap, HeaderName, HeaderValue};
use support::{AT, compiled, keys, opened};

const ADDRESS: &str = "https://route.example.com/office";

#[test]
fn every_case_is_answered_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = String::new();
    let mut count = 0;
    // `json` is tested by the protocol.
    for name in NAMES.iter().filter(|name| **name != "json") {
        let folder = folder.join(name);
        let mut paths: Vec<_> = std::fs::read_dir(&folder).map(|dir| dir.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
        paths.sort();
        assert!(!paths.is_empty(), "the dialect {name} has no cases in {}", folder.display());
        for path in paths {
            count += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let answered = answered(name, &text);
            if std::env::var_os("UPDATE_CASES").is_some() {
                std::fs::write(&path, answered).unwrap();
            } else if answered != text {
                let lines = text.lines().zip(answered.lines()).find(|(a, b)| a != b);
                wrong += &format!("{}: {lines:#?}\n", path.display());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= 8, "only {count} cases were found");
}

/// The case as it is in truth.
fn answered(name: &str, text: &str) -> String {
    let mut settings = serde_json::json!({});
    let mut program = None;
    let mut speaks: Option<Box<dyn Dialect>> = None;
    let mut responses: Vec<String> = Vec::new();
    let mut now = AT;
    let mut out = String::new();
    for part in text.split("-- ").skip(1) {
        let (word, body) = part.split_once('\n').unwrap_or((part, ""));
        match word.trim() {
            "settings" => settings = serde_json::from_str(body).unwrap(),
            "script" => {
                program = Some(compiled(body));
                settings.as_object_mut().unwrap().entry("address").or_insert(ADDRESS.into());
                let settings: Settings = serde_json::from_value(settings.clone()).unwrap();
                speaks = Some(dialect(name, settings).unwrap());
            }
            "findings" => {
                let findings = check(program.as_ref().unwrap(), speaks.as_deref().unwrap());
                out += "-- findings\n";
                findings.iter().for_each(|finding| out += &format!("{finding}\n"));
                out += "\n";
                continue;
            }
            "request" => {
                let (program, speaks) = (program.as_ref().unwrap(), speaks.as_deref().unwrap());
                let response = respond(program, speaks, body, &responses, now);
                now += 5;
                responses.push(response.body.clone());
                out += &format!("-- request\n{}\n\n-- response\n{}\n\n", body.trim(), shown(&response));
                continue;
            }
            "response" => continue,
            other => panic!("there is no part `{other}`"),
        }
        out += &format!("-- {}\n{}\n\n", word.trim(), body.trim());
    }
    format!("{}\n", out.trim_end())
}

fn respond(program: &Program, dialect: &dyn Dialect, text: &str, responses: &[String], now: i64) -> Response {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().splitn(3, ' ');
    let (method, target, kind) = (first.next().unwrap(), first.next().unwrap(), first.next());
    let (asked, more) = target.split_once('?').unwrap_or((target, ""));
    let mut url = if asked == "-" { ADDRESS.to_owned() } else { address(responses, asked) };
    if !more.is_empty() {
        url += if url.contains('?') { "&" } else { "?" };
        url += more;
    }
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    if let Some(kind) = kind {
        headers.insert("content-type", HeaderValue::from_str(kind).unwrap());
    }
    // A form may be written a field a line.
    let body = if body.trim_start().starts_with('{') { body.trim().to_owned() } else { body.trim().replace('\n', "&") };
    let query = url.split_once('?').map_or("", |(_, query)| query).to_owned();
    let request = Request { method, server: "", target: &url, query: &query, headers: &headers, body: body.as_bytes(), now };
    let event = match dialect.read(&request) {
        Ok(Report::Event(event)) => event,
        Ok(Report::Answered(response)) => return response,
        Err(why) => return Response { status: 400, content_type: "text/plain", body: why.to_string() },
    };
    let keys = keys();
    let token = opened(&keys, &event);
    let (mut conversation, mut step) =
        match Conversation::begin(Session::new(program, &keys).with_lifetime(3600), dialect, event, token.as_ref()) {
            Ok(begun) => begun,
            Err(why) => return Response { status: 400, content_type: "text/plain", body: why.to_string() },
        };
    loop {
        match step {
            Step::Say(instruction) => {
                return dialect.write(&instruction).unwrap_or_else(|why| Response {
                    status: 500,
                    content_type: "text/plain",
                    body: why.to_string(),
                });
            }
            Step::Cannot(why) => return Response { status: 500, content_type: "text/plain", body: why.to_string() },
            Step::Lookup(_) => step = conversation.looked_up(LookupResult::Missing).unwrap(),
        }
    }
}

/// The address in the last response that asks this.
fn address(responses: &[String], asked: &str) -> String {
    let wanted = format!("asked={asked}");
    let asks = |piece: &&str| piece.starts_with(ADDRESS) && piece.split(['?', '&']).any(|field| field == wanted);
    let find = |response: &String| response.replace("&amp;", "&").split(['"', '<', '>', '\'']).find(asks).map(str::to_owned);
    responses.iter().rev().find_map(find).unwrap_or_else(|| panic!("nothing asks `{asked}` in {responses:?}"))
}

/// The response to look at: a line for each element or value, and without what is new every time.
fn shown(response: &Response) -> String {
    let mut body = match response.content_type {
        "text/xml" => {
            roxmltree::Document::parse(&response.body).unwrap_or_else(|error| panic!("{error}: {}", response.body));
            response.body.replace("><", ">\n<")
        }
        "application/json" if !response.body.is_empty() => {
            let value: serde_json::Value =
                serde_json::from_str(&response.body).unwrap_or_else(|error| panic!("{error}: {}", response.body));
            serde_json::to_string_pretty(&value).unwrap()
        }
        _ => response.body.clone(),
    };
    while let Some(at) = body.find("v4.local.") {
        let end = body[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "-_.~".contains(c))).map_or(body.len(), |end| at + end);
        body.replace_range(at..end, "TOKEN");
    }
    format!("{} {}\n{body}", response.status, response.content_type)
}
