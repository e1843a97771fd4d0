//! Look-ups over HTTP, against a service that does what it likes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::common::{Folder, ask, check, fault, lookup, show};

const CRM: &str = "source crm(number: phone) = < tier: one of gold, silver; owner: text >";

/// A service on loopback. It answers by the path that is asked, and remembers what it got.
struct Service {
    address: String,
    requests: Arc<std::sync::Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Service {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self { address: listener.local_addr().unwrap().to_string(), requests: Arc::default(), connections: Arc::default() };
        let (requests, connections) = (Arc::clone(&service.requests), Arc::clone(&service.connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, Arc::clone(&requests)));
            }
        });
        service
    }

    fn toml(&self, path: &str, more: &str) -> String {
        format!("[source.crm]\nkind = 'http'\nurl = 'http://{}{path}'\n{more}", self.address)
    }

    fn last(&self) -> String {
        self.requests.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// Requests of one connection, one after the other.
async fn serve(mut stream: TcpStream, requests: Arc<std::sync::Mutex<Vec<String>>>) {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0usize);
        while buffer.len() < end + length {
            stream.read_buf(&mut buffer).await.unwrap();
        }
        requests.lock().unwrap().push(String::from_utf8_lossy(&buffer[..end + length]).into_owned());
        buffer.drain(..end + length);
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if answer(&path, &mut stream).await.is_none() {
            return;
        }
    }
}

const ROW: &str = r#"{"data":[{"tier":"Gold","owner":"ana","attributes":{"rank":"silver"}},{"tier":"silver"}]}"#;

async fn answer(path: &str, stream: &mut TcpStream) -> Option<()> {
    let whole = |status: &str, body: &str| format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let text = match path.split('/').nth(1)? {
        "data" => whole("200 OK", ROW),
        "plain" => whole("200 OK", r#"{"tier":"silver","owner":17}"#),
        "unknown" => whole("404 Not Found", "<html>"),
        "gone" => whole("410 Gone", ""),
        "nothing" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        "blank" => whole("200 OK", " \n"),
        "null" => whole("200 OK", r#"{"data":null}"#),
        "no-rows" => whole("200 OK", r#"{"data":[]}"#),
        "no-members" => whole("200 OK", r#"{"data":{}}"#),
        "number" => whole("200 OK", r#"{"data":5}"#),
        "wrong-type" => whole("200 OK", r#"{"tier":"bronze","owner":{"name":"ana"}}"#),
        "html" => whole("200 OK", "<html>secret</html>"),
        "deep" => whole("200 OK", &"[".repeat(100_000)),
        "broken" => "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"tier\":".to_owned(),
        "noise" => "\u{1}\u{2}SSH-2.0-x\r\n\r\n".to_owned(),
        "error" => whole("500 Internal Server Error", "{}"),
        "denied" => whole("401 Unauthorized", "{}"),
        "elsewhere" => "HTTP/1.1 302 Found\r\nlocation: /plain\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "announced" => "HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n".to_owned(),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(20)).await;
            return None;
        }
        "trickle" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await.ok()?;
            for _ in 0..100 {
                stream.write_all(b" ").await.ok()?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            return None;
        }
        "endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.ok()?;
            loop {
                stream.write_all(format!("10000\r\n{}\r\n", " ".repeat(0x10000)).as_bytes()).await.ok()?;
            }
        }
        _ => return None,
    };
    stream.write_all(text.as_bytes()).await.ok()?;
    let is_whole = text.ends_with('}') || text.contains("content-length: 0") || text.starts_with("HTTP/1.1 204");
    // What is broken off ends with the connection.
    if is_whole { Some(()) } else { None }
}

#[tokio::test]
async fn rows_and_what_is_none() {
    let service = Service::start().await;
    let folder = Folder::new("http-rows");
    for (path, more, expected) in [
        ("/data/{number}", "row = '/data'", json!({"tier": "gold", "owner": "ana"})),
        ("/data/{number}", "row = '/data/1'", json!({"tier": "silver", "owner": null})),
        ("/data/{number}", "row = '/data/0'\nfields = { tier = '/attributes/rank' }", json!({"tier": "silver", "owner": "ana"})),
        ("/plain/{number}", "", json!({"tier": "silver", "owner": "17"})),
        ("/wrong-type/{number}", "", json!({"tier": null, "owner": null})),
        ("/unknown/{number}", "", json!("missing")),
        ("/gone/{number}", "", json!("missing")),
        ("/nothing/{number}", "", json!("missing")),
        ("/blank/{number}", "", json!("missing")),
        ("/null/{number}", "row = '/data'", json!("missing")),
        ("/no-rows/{number}", "row = '/data'", json!("missing")),
        ("/no-members/{number}", "row = '/data'", json!("missing")),
        ("/plain/{number}", "row = '/data'", json!("missing")),
        ("/number/{number}", "row = '/data'", json!("failed")),
        ("/html/{number}", "", json!("failed")),
        ("/deep/{number}", "", json!("failed")),
        ("/broken/{number}", "", json!("failed")),
        ("/noise/{number}", "", json!("failed")),
        ("/error/{number}", "", json!("failed")),
        ("/denied/{number}", "", json!("failed")),
        ("/elsewhere/{number}", "", json!("failed")),
        ("/announced/{number}", "", json!("failed")),
        ("/endless/{number}", "", json!("failed")),
        ("/hang-up/{number}", "", json!("failed")),
    ] {
        let sources = folder.open(&service.toml(path, &format!("{more}\ntimeout = '10s'"))).await.unwrap();
        check(&sources, CRM).await.unwrap();
        let answered = sources.ask(&lookup(json!({"number": "+14155550123"}), None)).await;
        assert_eq!(show(answered.result.clone()), expected, "{path} {more}: {:?}", answered.why);
        let why = answered.why.unwrap_or_default();
        assert_eq!(why.is_empty(), expected != "failed" && path != "/wrong-type/{number}", "{path}: {why}");
        for kept_back in ["4155550123", "secret", "bronze", "ana"] {
            assert!(!why.contains(kept_back), "{path}: {why}");
        }
    }
    assert!(service.requests.lock().unwrap().iter().all(|request| !request.starts_with("GET /plain HTTP")), "nothing follows elsewhere");
}

#[tokio::test]
async fn what_is_sent() {
    let service = Service::start().await;
    let folder = Folder::new("http-sent");
    folder.put("token", "hunter2\n");
    let toml = service.toml("/plain/{number}?pin={pin}", "bearer = { file = 'token' }\nheaders = { X-Tenant = 'acme' }");
    let sources = folder.open(&toml).await.unwrap();
    check(&sources, "source crm(number: phone, pin: text) = < tier: text >").await.unwrap();
    assert_eq!(ask(&sources, json!({"number": "sip:a/b@c", "pin": "1&x=\r\ny: z"})).await, json!({"tier": "silver"}));
    let request = service.last();
    assert!(request.starts_with("GET /plain/sip%3Aa%2Fb%40c?pin=1%26x%3D%0D%0Ay%3A%20z HTTP/1.1\r\n"), "{request}");
    for line in ["authorization: Bearer hunter2\r\n", "x-tenant: acme\r\n", "accept: application/json\r\n"] {
        assert!(request.contains(line), "{request}");
    }
    assert!(!format!("{sources:?}").contains("hunter2"));
    // Arguments that would lead to another place are not sent at all.
    for number in ["", ".", ".."] {
        assert_eq!(ask(&sources, json!({"number": number, "pin": "1"})).await, "missing");
    }
    assert_eq!(service.requests.lock().unwrap().len(), 1);

    let sources = folder.open(&service.toml("/plain", "method = 'POST'")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    assert_eq!(ask(&sources, json!({"number": "+1"})).await["tier"], "silver");
    let request = service.last();
    assert!(request.starts_with("POST /plain HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{\"number\":\"+1\"}"), "{request}");
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let service = Service::start().await;
    let folder = Folder::new("http-faults");
    for (path, more, expected) in [
        ("/x", "", "`url` has no `{number}`, which the script gives; `method = \"POST\"` sends all as JSON"),
        ("/x/{nubmer}", "method = 'POST'", "`url` has `{nubmer}`, and the script's source has only `{number}`"),
        ("/x/{number}", "fields = { teir = '/x' }", "`fields` names `teir`"),
    ] {
        let sources = folder.open(&service.toml(path, more)).await.unwrap();
        let found = fault(&sources, CRM).await;
        assert!(found.contains(expected), "{found}");
    }
    for (more, expected) in [
        ("row = 'data'", "`data` is no JSON pointer"),
        ("headers = { 'a b' = 'x' }", "`a b` is no name of a header"),
        ("bearer = \"a\\nb\"", "the value of `bearer` has characters"),
        ("bearer = 'x'\nheaders = { authorization = 'y' }", "only one of them"),
        ("bearer = { file = 'none' }", "cannot be read"),
        ("max_bytes = 0", "`max_bytes` is 0"),
    ] {
        let found = folder.open(&service.toml("/x/{number}", more)).await.unwrap_err().to_string();
        assert!(found.contains(expected), "{found}");
    }
}

#[tokio::test]
async fn slow_services_are_late() {
    let service = Service::start().await;
    let folder = Folder::new("http-slow");
    for path in ["/slow/{number}", "/trickle/{number}"] {
        let sources = folder.open(&service.toml(path, "timeout = '200ms'")).await.unwrap();
        check(&sources, CRM).await.unwrap();
        let start = Instant::now();
        assert_eq!(ask(&sources, json!({"number": "+1"})).await, "late", "{path}");
        assert_eq!(show(sources.ask(&lookup(json!({"number": "+1"}), Some(50))).await.result), "late", "{path}");
        assert!((Duration::from_millis(240)..Duration::from_secs(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    }
    // More than may be asked at a time wait for their turn, and no longer than their own time.
    let sources = folder.open(&service.toml("/slow/{number}", "timeout = '300ms'\nconnections = 1")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let start = Instant::now();
    let (one, other) = tokio::join!(ask(&sources, json!({"number": "+1"})), ask(&sources, json!({"number": "+2"})));
    assert_eq!((one, other), (json!("late"), json!("late")));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // Nobody listens there at all.
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sources = folder.open(&format!("[source.crm]\nkind = 'http'\nurl = 'http://{closed}/{{number}}'")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let answered = sources.ask(&lookup(json!({"number": "+14155550123"}), None)).await;
    assert!(answered.why.as_ref().is_some_and(|why| why.contains("refused") && !why.contains("555")), "{:?}", answered.why);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_over_a_few_connections() {
    let service = Service::start().await;
    let folder = Folder::new("http-many");
    let sources = Arc::new(folder.open(&service.toml("/plain/{number}", "timeout = '30s'\nconnections = 8")).await.unwrap());
    check(&sources, CRM).await.unwrap();
    let asked: Vec<_> = (0..3000)
        .map(|index| {
            let sources = Arc::clone(&sources);
            tokio::spawn(async move { ask(&sources, json!({"number": format!("+1{index}")})).await["tier"] == "silver" })
        })
        .collect();
    for answer in asked {
        assert!(answer.await.unwrap());
    }
    assert_eq!(service.requests.lock().unwrap().len(), 3000);
    assert!(service.connections.load(Ordering::Relaxed) <= 16, "{}", service.connections.load(Ordering::Relaxed));
}
