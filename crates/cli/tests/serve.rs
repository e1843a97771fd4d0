//! The webhook server as telephone platforms meet it: the real command, real sockets.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod server;

use std::fs;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Folder, Reply, Server, command, exists};

const MENU: &str = r#"fallback voicemail "front_desk"
menu < 1 => voicemail "sales"; 2 => voicemail "support" >
hangup

test "one" < press 1; expect voicemail "sales" >
"#;

fn incoming() -> Value {
    json!({"event": "incoming_call", "from": "+14155550123", "to": "+13146523057", "timestamp": "2026-04-21T14:32:00Z", "call_id": "abc123xyz"})
}

fn digits(answer: &Value, keys: &str) -> Value {
    json!({"event": "digits", "digits": keys, "timestamp": "2026-04-21T14:32:05Z", "call_id": "abc123xyz", "continue": answer["continue"]})
}

/// For the head of a request after which nothing more comes.
const CLOSE: &str = "Connection: close\r\n";

/// The head of a request with this body. `more`: whole lines.
fn head(more: &str, body: &str) -> String {
    format!("POST /office HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {}\r\n\r\n", body.len())
}

#[test]
fn a_call_is_answered_and_any_copy_goes_on_with_it() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let (one, two) = (Server::start(&folder, &["office.route"]), Server::start(&folder, &["office.route"]));
    for path in ["/office", "/", "/office/json", "/json"] {
        let reply = one.post(path, &incoming());
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")), "{path}: {reply:?}");
        assert_eq!(reply.header("callroute-script"), Some("office"));
        let menu = reply.json();
        assert_eq!(menu["action"], "menu", "{path}");
        // The other copy, and twice: the same event gets the same answer.
        for server in [&two, &one, &two] {
            let reply = server.post(path, &digits(&menu, "2"));
            assert_eq!(reply.json(), json!({"action": "voicemail", "message": "support"}), "{path}");
        }
    }
    assert_eq!(one.post("/office", &json!({"event": "hangup", "call_id": "abc123xyz"})).json()["action"], "none");
}

#[test]
fn a_changed_script_is_taken_up_and_calls_end_on_the_one_they_began_with() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route", "--watch"]);
    let before = server.post("/office", &incoming());
    let version = before.header("callroute-version").unwrap().to_owned();
    folder.write("office.route", &MENU.replace("\"sales\"", "\"new_sales\""));
    server.wait_for("is served from now on");
    let after = server.post("/office", &incoming());
    assert_ne!(after.header("callroute-version"), Some(version.as_str()));
    let old = server.post("/office", &digits(&before.json(), "1"));
    assert_eq!((old.json()["message"].as_str(), old.header("callroute-version")), (Some("sales"), Some(version.as_str())));
    assert_eq!(server.post("/office", &digits(&after.json(), "1")).json()["message"], "new_sales");
    assert!(server.get("/metrics").body.contains("script_info{script=\"office\",version="));
}

#[test]
fn a_script_at_fault_or_with_a_failing_test_is_refused_and_the_old_one_goes_on() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route"]);
    let menu = server.post("/office", &incoming()).json();
    for (text, says) in
        [("menu < 1 => voicemial \"sales\" >", "voicemial"), ("voicemail \"x\"\ntest \"t\" < expect hangup >", "the test \"t\" fails")]
    {
        folder.write("office.route", text);
        let reply = server.send("POST", "/-/reload", &[], b"");
        assert_eq!(reply.status, 422, "{reply:?}");
        let outcome = &reply.json()["scripts"][0];
        assert_eq!(outcome["result"], "refused");
        assert!(outcome["faults"].to_string().replace("\\\"", "\"").contains(says), "{outcome}");
        server.wait_for("the version before it goes on being served");
        assert_eq!(server.post("/office", &digits(&menu, "1")).json()["message"], "sales");
        assert_eq!(server.post("/office", &incoming()).json()["action"], "menu");
    }
    folder.write("office.route", "voicemail \"mended\"");
    server.signal("HUP");
    server.wait_for("is served from now on");
    assert_eq!(server.post("/office", &incoming()).json()["message"], "mended");
}

#[test]
fn a_call_survives_a_restart_with_another_script() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "programs = \"programs\"\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let menu = server.post("/office", &incoming()).json();
    server.signal("TERM");
    assert_eq!(server.end().0, Some(0));
    folder.write("office.route", "reject busy");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    assert_eq!(server.post("/office", &incoming()).json()["action"], "reject");
    assert_eq!(server.post("/office", &digits(&menu, "1")).json()["message"], "sales");
    // Without the folder there is only one answer left, and it says why.
    drop(server);
    fs::remove_dir_all(folder.path("programs")).unwrap();
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let reply = server.post("/office", &digits(&menu, "1"));
    assert_eq!(reply.status, 410, "{reply:?}");
    assert!(reply.json()["error"].as_str().unwrap().contains("another version"), "{reply:?}");
    assert!(exists(&folder.path("programs")));
}

#[test]
fn a_server_that_starts_with_a_faulty_script_serves_what_was_served_last() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "programs = \"programs\"\n[[script]]\nfile = \"office.route\"\n");
    drop(Server::start(&folder, &["--config", "serve.toml"]));
    folder.write("office.route", "voicemial \"x\"");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    assert!(server.log().contains("the version before it goes on being served"), "{}", server.log());
    assert_eq!(server.post("/office", &incoming()).json()["action"], "menu");
    // Whoever asks whether all is right hears that it is not; and without a version before there is nothing to serve.
    assert_eq!(command(&folder, &["--config", "serve.toml", "--check"]).output().unwrap().status.code(), Some(1));
    drop(server);
    fs::remove_dir_all(folder.path("programs")).unwrap();
    assert_eq!(command(&folder, &["--config", "serve.toml"]).output().unwrap().status.code(), Some(1));
}

#[test]
fn what_a_script_imports_is_watched_too() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("site")).unwrap();
    fs::create_dir_all(folder.path("shared")).unwrap();
    folder.write("callroute.toml", "");
    fs::write(folder.path("shared/end.route"), "flow end < voicemail \"one\" >").unwrap();
    fs::write(folder.path("site/office.route"), "import \"../shared/end.route\"\ngo end").unwrap();
    let server = Server::start(&folder, &["site/office.route", "--watch"]);
    assert_eq!(server.post("/office", &incoming()).json()["message"], "one");
    fs::write(folder.path("shared/end.route"), "flow end < voicemail \"two\" >").unwrap();
    server.wait_for("is served from now on");
    assert_eq!(server.post("/office", &incoming()).json()["message"], "two");
}

#[test]
fn a_damaged_program_in_the_folder_is_nobodys() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "programs = \"programs\"\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let menu = server.post("/office", &incoming()).json();
    drop(server);
    folder.write("office.route", "reject busy");
    for entry in fs::read_dir(folder.path("programs")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        fs::write(&path, bytes).unwrap();
    }
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    assert_eq!(server.post("/office", &digits(&menu, "1")).status, 410);
}

#[test]
fn several_scripts_by_number_and_by_path() {
    let folder = Folder::new();
    folder.write("sales.route", "voicemail \"sales\"");
    folder.write("support.route", "menu < 1 => voicemail \"support\" >");
    folder.write(
        "serve.toml",
        "[[script]]\nfile = \"sales.route\"\n[[script]]\nname = \"help\"\nfile = \"support.route\"\nfor = [\"+13146523057\", \"+1312*\"]\n",
    );
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let call = |path: &str, to: &str| {
        let mut event = incoming();
        event["to"] = to.into();
        server.post(path, &event).json()
    };
    assert_eq!(call("/", "+13146523057")["action"], "menu");
    assert_eq!(call("/", "sip:+13125550100@example.com")["action"], "menu");
    assert_eq!(call("/", "+19995550100")["message"], "sales");
    assert_eq!(call("/sales", "+13146523057")["message"], "sales");
    assert_eq!(call("/help", "+19995550100")["action"], "menu");
    // A later event comes to its script without a number.
    let menu = call("/", "+13146523057");
    assert_eq!(server.post("/", &digits(&menu, "1")).json()["message"], "support");
    let nowhere = server.post("/nobody", &incoming());
    assert_eq!(nowhere.status, 404);
    assert!(nowhere.body.contains("the scripts are `sales`, `help`"), "{nowhere:?}");
}

#[test]
fn nobody_is_let_in_by_mistake() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    // Beyond this machine without a secret: it does not even start.
    let refused = command(&folder, &["office.route", "--listen", "0.0.0.0:0"]).output().unwrap();
    let says = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{says}");
    assert!(says.contains("set `bearer`"), "{says}");

    folder.write("serve.toml", "bearer = [\"old secret\", \"new secret\"]\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let body = incoming().to_string();
    for path in ["/office", "/", "/metrics", "/-/reload"] {
        let method = if path == "/metrics" { "GET" } else { "POST" };
        for wrong in [&[][..], &[("Authorization", "Bearer guess")], &[("Authorization", "Basic b2xkIHNlY3JldDo=")]] {
            let reply = server.send(method, path, wrong, body.as_bytes());
            assert_eq!(reply.status, 401, "{path} {wrong:?} {reply:?}");
            assert!(!reply.body.contains("secret\""), "{reply:?}");
        }
        for good in ["Bearer old secret", "Bearer new secret", "Basic dXNlcjpvbGQgc2VjcmV0"] {
            assert_eq!(server.send(method, path, &[("Authorization", good)], body.as_bytes()).status, 200, "{path} {good}");
        }
    }
    // Whoever looks after the server needs no secret.
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    assert!(!server.log().contains("old secret"));
}

#[test]
fn a_platforms_signature_opens_no_address_of_the_servers_own() {
    let folder = Folder::new();
    folder.write("office.route", "hangup");
    folder.write("serve.toml", "[dialect.twiml]\nsecrets = [\"token\"]\n[[script]]\nfile = \"office.route\"\ndialects = [\"twiml\"]\n");
    let server = Server::start(&folder, &["--config", "serve.toml", "--listen", "0.0.0.0:0"]);
    for (method, path) in [("GET", "/metrics"), ("POST", "/-/reload"), ("POST", "/office/twiml")] {
        assert_eq!(server.send(method, path, &[], b"").status, 401, "{path}");
    }
    assert_eq!(server.get("/healthz").status, 200);
    // Strangers are not told which scripts there are.
    let nowhere = server.send("POST", "/sales", &[], b"");
    assert_eq!(nowhere.status, 404);
    assert!(!nowhere.body.contains("`office`"), "{nowhere:?}");
}

#[test]
fn logs_have_no_number_unless_asked_for() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route", "--log-format", "json"]);
    server.post("/office", &incoming());
    server.wait_for("\"decided\"");
    let line = server.log().lines().find(|line| line.contains("decided")).unwrap().to_owned();
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["call_id"].as_str(), line["action"].as_str()), (Some("abc123xyz"), Some("menu")));
    server.send("POST", "/office", &[], b"{\"event\":\"+14155550123\"}");
    server.wait_for("no decision");
    assert!(!server.log().contains("4155550123"), "{}", server.log());

    folder.write("serve.toml", "[log]\nnumbers = true\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    server.post("/office", &incoming());
    server.wait_for("+14155550123");
}

#[test]
fn whatever_comes_in_is_answered_with_words_and_the_fallback() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route"]);
    let menu = server.post("/office", &incoming()).json();
    let token = menu["continue"].as_str().unwrap();
    let mut expired = digits(&menu, "1");
    expired["timestamp"] = "2026-04-22T14:32:00Z".into();
    let mut other = digits(&menu, "1");
    other["call_id"] = "another".into();
    let mut changed = digits(&menu, "1");
    let (start, rest) = token.split_at("v4.local.".len());
    changed["continue"] = format!("{start}{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..]).into();
    for (body, status, says) in [
        (b"".to_vec(), 400, "empty"),
        (b"nonsense".to_vec(), 400, "not JSON"),
        (b"[1]".to_vec(), 400, "a list"),
        (b"{}".to_vec(), 400, "`event`"),
        (b"\xff\xfe".to_vec(), 400, "UTF-8"),
        (b"{\"event\":\"ring\"}".to_vec(), 400, "incoming_call"),
        (vec![b'['; 100_000], 400, "a list"),
        (b"{\"event\":\"digits\",\"call_id\":\"a\"}".to_vec(), 400, "`continue`"),
        (expired.to_string().into_bytes(), 410, "expired"),
        (other.to_string().into_bytes(), 400, "another call"),
        (changed.to_string().into_bytes(), 400, "changed"),
        (
            json!({"event": "played", "call_id": "abc123xyz", "timestamp": "2026-04-21T14:32:05Z", "continue": token})
                .to_string()
                .into_bytes(),
            409,
            "digits",
        ),
        (vec![b' '; 3 << 20], 413, "larger than"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let reply = server.send("POST", "/office", &[], &body);
        assert_eq!(reply.status, status, "{shown}: {reply:?}");
        let json = reply.json();
        assert!(json["error"].as_str().unwrap().contains(says), "{shown}: {reply:?}");
        assert!(reply.header("callroute-error").is_some());
        if status != 413 {
            assert_eq!((json["action"].as_str(), json["message"].as_str()), (Some("voicemail"), Some("front_desk")), "{shown}");
        }
    }
    assert_eq!(server.send("DELETE", "/office", &[], b"").status, 405);
    assert_eq!(server.get("/office").status, 400);
    assert_eq!(server.get("/a/b/c/d").status, 404);
    // Not even HTTP.
    let mut stream = server.connect();
    stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(server.post("/office", &incoming()).status, 200);
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("callroute_tokens_refused_total{reason=\"expired\"} 1"), "{metrics}");
}

#[test]
fn slow_clients_hold_nobody_but_themselves() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write(
        "serve.toml",
        "[limits]\nhead-seconds = 1\nrequest-seconds = 1\nrequests = 1\nhead = 8192\n[[script]]\nfile = \"office.route\"\n",
    );
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    // A head that never ends, and one that is too long.
    let mut head = server.connect();
    head.write_all(b"POST /office HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
    let long = server.send("POST", "/office", &[("X-Long", &"a".repeat(20_000))], b"");
    assert_eq!(long.status, 431, "{long:?}");
    // Bodies that do not come, more than requests are answered at the same time: they take nobody's room.
    let start_body = || {
        let mut stream = server.connect();
        stream.write_all(b"POST /office HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{").unwrap();
        stream
    };
    for mut stream in [start_body(), start_body(), start_body()] {
        for _ in 0..5 {
            assert_eq!(server.post("/office", &incoming()).status, 200);
        }
        let reply = Reply::read(&mut stream);
        assert_eq!(reply.status, 408, "{reply:?}");
        assert!(reply.body.contains("within 1 seconds"), "{reply:?}");
    }
    let mut rest = Vec::new();
    let _ = head.read_to_end(&mut rest);
    // A client that goes away in the middle.
    drop(start_body());
    let start = Instant::now();
    while server.post("/office", &incoming()).status != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_under_way_is_answered_before_the_end() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route"]);
    let body = incoming().to_string();
    let mut stream = server.connect();
    let (first, second) = body.as_bytes().split_at(20);
    stream.write_all(head(CLOSE, &body).as_bytes()).unwrap();
    stream.write_all(first).unwrap();
    let start = Instant::now();
    while !server.get("/metrics").body.contains("callroute_requests_in_flight 1") {
        assert!(start.elapsed() < Duration::from_secs(30), "the request never came in");
        std::thread::sleep(Duration::from_millis(10));
    }
    server.signal("TERM");
    server.wait_for("stopping");
    stream.write_all(second).unwrap();
    let reply = Reply::read(&mut stream);
    assert_eq!((reply.status, reply.json()["action"].as_str()), (200, Some("menu")), "{reply:?}");
    let (status, log) = server.end();
    assert_eq!(status, Some(0), "{log}");
    assert!(log.contains("stopped"), "{log}");
}

#[test]
fn a_configuration_that_is_wrong_says_so_and_nothing_is_served() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("wrong.route", "voicemial \"x\"");
    folder.write("healthz.route", "hangup");
    folder.write("plain.route", "hangup");
    let config = |text: &str| vec![format!("\n{text}")];
    let plain = |args: &[&str]| args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>();
    let script = "[[script]]\nfile = \"office.route\"\n";
    for (args, status, says) in [
        (plain(&["missing.route"]), 1, "cannot be read"),
        (plain(&["wrong.route"]), 1, "voicemial"),
        (plain(&["healthz.route"]), 2, "address of the server's own"),
        (plain(&["--config", "missing.toml"]), 2, "cannot be read"),
        (plain(&["office.route", "office.route"]), 2, "two scripts are named `office`"),
        (config(""), 2, "there is no script to serve"),
        (config("lisen = 1"), 2, "unknown field `lisen`"),
        (config(&format!("fallback = \"voicemial\"\n{script}")), 2, "`voicemial` is no fallback"),
        (config(&format!("bearer = [{{ env = \"CALLROUTE_NOT_SET\" }}]\n{script}")), 2, "CALLROUTE_NOT_SET is not set"),
        (config(&format!("{script}for = [\"+1 312\"]\n")), 2, "`+1 312`"),
        (config(&format!("{script}dialects = [\"sip\"]\n")), 2, "the dialect `sip`, and there is no such"),
        (config(&format!("public = \"route.example.com\"\n{script}")), 2, "must be the address under which platforms reach the server"),
        (config(&format!("{script}dialects = [\"rtjson\"]\n")), 2, "`gateway`"),
        (config(&format!("{script}dialects = [\"twiml\"]\n[dialect.twiml]\naddress = \"https://a\"\n")), 2, "set `public`"),
        (
            config(&format!("{script}dialects = [\"twiml\"]\n[dialect.twiml]\nsecrets = [{{ env = \"NOT_SET\" }}]\n")),
            2,
            "NOT_SET is not set",
        ),
        (config(&format!("{script}dialects = [\"twiml\"]\n[dialect.twiml]\nsecrets = [\"\"]\n")), 2, "empty"),
        (config(&format!("{script}dialects = [\"json\"]\n[dialect.json]\nsecrets = [\"a\"]\n")), 2, "signs no requests"),
        (config(&format!("bearer = [\"\"]\n{script}")), 2, "empty"),
        (
            config(&format!("{script}for = [\"+1312*\"]\n{script}name = \"b\"\nfor = [\"+1312*\"]\n")),
            2,
            "in the `for` of `office` and of `b`",
        ),
        (config("fallback = 'voicemail \"front\"'\n[[script]]\nfile = \"plain.route\"\ndialects = [\"twiml\"]\n"), 1, "`fallback`: error"),
        (
            config("fallback = 'redirect +13125550100'\n[[script]]\nfile = \"plain.route\"\ndialects = [\"twiml\"]\n"),
            1,
            "`fallback`: error",
        ),
        (config(&format!("[log]\nlevel = \"loud\"\n{script}")), 2, "`loud` is no level"),
        (config(&format!("[limits]\nrequests = 0\n{script}")), 2, "`requests`"),
        (config(&format!("[limits]\nrequest-seconds = 9223372036854775807\n{script}")), 2, "seconds"),
        (config(&format!("[log]\nlevel = \"callroute_server=loud\"\n{script}")), 2, "`callroute_server=loud`"),
    ] {
        let mut given: Vec<&str> = args.iter().map(String::as_str).collect();
        // One that begins with a new line is a configuration.
        if let Some(text) = args[0].strip_prefix('\n') {
            folder.write("serve.toml", text);
            given = vec!["--config", "serve.toml"];
        }
        let output = command(&folder, &given).arg("--check").output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(says), "{args:?}: {said}");
    }
    let output = command(&folder, &["office.route", "--check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let mut wrong_key = command(&folder, &["office.route", "--check"]);
    let output = wrong_key.env("CALLROUTE_KEY", "AAAA").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("CALLROUTE_KEY"));
}

#[test]
fn a_start_that_fails_ends_with_saying_so() {
    let folder = Folder::new();
    folder.write("wrong.route", "voicemial \"x\"");
    let output = command(&folder, &["wrong.route", "--listen", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.trim_end().lines().last().unwrap().contains("the server does not start"), "{said}");
    folder.write("office.route", MENU);
    let output = command(&folder, &["office.route", "--listen", "0.0.0.0:0"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.trim_end().lines().last().unwrap().contains("the server does not start"), "{said}");
    assert!(!said.contains("[dialect.json]"), "{said}");
    let output = command(&folder, &["office.route", "--listen", "8080"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("127.0.0.1:8080"), "{said}");
}

const TWIML: &str =
    "[dialect.twiml.greetings]\nfront_desk = \"Leave a message.\"\nsales = \"Leave a message.\"\nsupport = \"Leave a message.\"\n";

#[test]
fn what_no_script_was_asked_about_has_its_fallback_in_the_words_of_the_platform() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let limits = "[limits]\nbody = 1000\nrequest-seconds = 1\nrequests = 1\n";
    folder.write("serve.toml", &format!("{limits}{TWIML}[[script]]\nfile = \"office.route\"\ndialects = [\"json\", \"twiml\"]\n"));
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let spoken = |reply: &Reply, status: u16| {
        assert_eq!((reply.status, reply.header("content-type")), (status, Some("text/xml")), "{reply:?}");
        assert!(reply.body.contains("Leave a message."), "{reply:?}");
        assert_eq!(reply.header("callroute-script"), Some("office"), "{reply:?}");
    };
    for path in ["/office/twiml", "/twiml"] {
        spoken(&server.send("DELETE", path, &[], b""), 405);
        spoken(&server.send("POST", path, &[], &[b' '; 2000]), 413);
        // It says so itself, and is not waited for.
        let mut stream = server.connect();
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ");
        stream.write_all(format!("{head}5000000\r\n\r\n").as_bytes()).unwrap();
        spoken(&Reply::read(&mut stream), 413);
        let mut stream = server.connect();
        stream.write_all(format!("{head}10\r\n\r\nCallSid").as_bytes()).unwrap();
        spoken(&Reply::read(&mut stream), 408);
    }
    for path in ["/office/fax", "/office/", "/office/json/x"] {
        let reply = server.post(path, &incoming());
        assert_eq!((reply.status, reply.json()["message"].as_str()), (404, Some("front_desk")), "{path}: {reply:?}");
    }
    let unknown = server.post("/nobody/twiml", &incoming());
    assert_eq!((unknown.status, unknown.header("content-type")), (404, Some("text/xml")), "{unknown:?}");
    assert!(unknown.body.contains("<Hangup"), "{unknown:?}");
    let metrics = server.get("/metrics").body;
    assert!(metrics.contains("callroute_fallbacks_total{reason=\"refused\"} 12"), "{metrics}");
    // The server's own addresses say how they are asked.
    for (method, path) in [("GET", "/-/reload"), ("POST", "/metrics")] {
        let reply = server.send(method, path, &[], b"");
        assert!(reply.status == 405 && reply.json()["error"].as_str().unwrap().contains("is asked by"), "{reply:?}");
        assert!(reply.header("allow").is_some(), "{reply:?}");
    }
}

#[test]
fn strangers_get_the_fallback_of_the_configuration_alone() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", &format!("bearer = [\"secret\"]\n{TWIML}[[script]]\nfile = \"office.route\"\ndialects = [\"twiml\"]\n"));
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let json = server.post("/office/json", &incoming());
    assert_eq!((json.status, json.json()["action"].as_str(), json.header("callroute-script")), (404, Some("hangup"), None), "{json:?}");
    for (status, body) in [(401, &b""[..]), (413, &[b' '; 2 << 20])] {
        let reply = server.send("POST", "/office/twiml", &[], body);
        assert_eq!((reply.status, reply.header("content-type")), (status, Some("text/xml")), "{reply:?}");
        assert!(reply.body.contains("<Hangup") && !reply.body.contains("Leave a message."), "{reply:?}");
    }
}

#[test]
fn numbers_without_a_plus_find_their_script_and_others_are_told() {
    let folder = Folder::new();
    folder.write("sales.route", "voicemail \"sales\"");
    folder.write("support.route", "voicemail \"support\"");
    folder.write(
        "serve.toml",
        "[[script]]\nfile = \"sales.route\"\n[[script]]\nfile = \"support.route\"\nfor = [\"+13146523057\", \"+1312*\"]\n",
    );
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let call = |to: &str| {
        let mut event = incoming();
        event["to"] = to.into();
        server.post("/", &event).json()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!((call("13146523057"), call("+13125550100"), call("+13146523057")), ("support".into(), "support".into(), "support".into()));
    assert!(!server.log().contains("in no `for`"), "{}", server.log());
    // A pattern is no number: what is short may be a number of one's own.
    assert_eq!(call("13125550100"), "sales");
    server.wait_for("the number dialled is in no `for`: the first script answers");
    assert!(!server.log().contains("13125550100"), "{}", server.log());
}

#[test]
fn a_call_on_an_older_version_has_the_name_of_its_script() {
    let folder = Folder::new();
    folder.write("sales.route", "voicemail \"sales\"");
    folder.write("support.route", MENU);
    folder.write(
        "serve.toml",
        "programs = \"programs\"\n[[script]]\nfile = \"sales.route\"\n[[script]]\nfile = \"support.route\"\nfor = [\"+13146523057\"]\n",
    );
    let mut server = Server::start(&folder, &["--config", "serve.toml"]);
    let menu = server.post("/", &incoming()).json();
    folder.write("support.route", "fallback voicemail \"new\"\nreject busy");
    for restart in [false, true] {
        if restart {
            drop(server);
            server = Server::start(&folder, &["--config", "serve.toml"]);
        } else {
            server.send("POST", "/-/reload", &[], b"");
        }
        let reply = server.post("/", &digits(&menu, "1"));
        assert_eq!((reply.json()["message"].as_str(), reply.header("callroute-script")), (Some("sales"), Some("support")), "{reply:?}");
        let refused = server.post(
            "/",
            &json!({"event": "played", "call_id": "abc123xyz", "timestamp": "2026-04-21T14:32:05Z",
            "continue": menu["continue"]}),
        );
        assert_eq!((refused.status, refused.json()["message"].as_str()), (409, Some("new")), "{refused:?}");
    }
}

#[test]
fn the_log_says_of_each_call_what_became_of_it_once_and_shortly() {
    let folder = Folder::new();
    folder.write(
        "office.route",
        "source crm(number: phone) = < tier: text >\ntag \"vip\"\nlookup crm(from) as row < found => hangup >\n\
         menu < 1 => voicemail \"sales\" >",
    );
    let source = "[source.crm]\nkind = \"csv\"\npath = \"crm.csv\"\n";
    folder.write("serve.toml", &format!("{source}[[script]]\nfile = \"office.route\"\n"));
    // The table is not there: it is told, and calls are answered.
    let output = command(&folder, &["--config", "serve.toml", "--check"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sources that cannot be asked now"), "{output:?}");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    assert!(server.log().contains("the file cannot be used"), "{}", server.log());
    let mut event = incoming();
    event["call_id"] = "long".repeat(1000).into();
    assert_eq!(server.post("/office", &event).json()["action"], "menu");
    server.wait_for("decided");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("decided")).unwrap();
    assert!(line.contains("tags=\"vip\"") && line.contains("(4000 bytes)") && line.len() < 600, "{line}");
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("look-up") && line.contains("call_id=")).collect();
    assert!(lines.len() == 1 && lines[0].contains("outcome=\"failed\"") && lines[0].contains("source=\"crm\""), "{log}");
    server.send("POST", "/office/json", &[], b"{\"event\":\"+14155550123\"}");
    server.post("/office", &json!({"event": "digits", "digits": "1", "call_id": "abc", "continue": "x"}));
    server.wait_for("call_id=\"abc\"");
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("an event got no decision")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines[0].contains("path=\"/office/json\" status=400 reason=\"the event cannot be read\""), "{lines:?}");
    assert!(lines[1].contains("dialect=\"json\"") && lines[1].contains("`continue` is none that was sealed here"), "{lines:?}");
    // When the table comes it is taken up.
    folder.write("crm.csv", "number,tier\n+14155550123,gold\n");
    server.wait_for("read again");
    assert_eq!(server.post("/office", &incoming()).json()["action"], "hangup");
    server.signal("HUP");
    server.wait_for("nothing has changed");
}

#[test]
fn what_deserves_to_be_known_of_the_configuration_is_said() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let script = "[[script]]\nfile = \"office.route\"\ndialects = [\"twiml\"]\n";
    for (more, says) in [("", true), ("public = \"https://route.example.com\"\nopen = true\n", false)] {
        folder.write("serve.toml", &format!("{more}{TWIML}{script}"));
        let output = command(&folder, &["--config", "serve.toml", "--check"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said.contains("`public` is not set"), says, "{said}");
        assert_eq!(said.contains("`open` is set"), !says, "{said}");
    }
}

#[test]
fn the_first_minutes_of_the_document_are_as_it_says() {
    let folder = Folder::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for entry in fs::read_dir(root.join("examples/office")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
    }
    let document = fs::read_to_string(root.join("docs/serving.md")).unwrap();
    let (_, rest) = document.split_once("```toml\n").unwrap();
    let toml = rest.split("```").next().unwrap().replace("/var/lib/callroute/programs", "programs");
    folder.write("serve.toml", &toml);
    let mut serve = command(&folder, &["--config", "serve.toml", "--check"]);
    let output = serve.env("TWILIO_AUTH_TOKEN", "token").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_fallback_of_the_configuration_serves_scripts_without_one() {
    let folder = Folder::new();
    folder.write("office.route", "menu < 1 => hangup >");
    folder.write("serve.toml", "fallback = 'redirect +13125550100'\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let reply = server.send("POST", "/office", &[], b"nonsense").json();
    assert_eq!((reply["action"].as_str(), reply["to"].as_str()), (Some("redirect"), Some("+13125550100")));
    let full = server.send("POST", "/office", &[], &vec![b' '; 3 << 20]);
    assert_eq!((full.status, full.json()["action"].as_str()), (413, Some("redirect")));
}

/// The address of the first callback in a TwiML document: path and query.
fn callback(document: &str) -> String {
    let (_, rest) = document.split_once("action=\"").unwrap();
    let address = rest.split('"').next().unwrap().replace("&amp;", "&");
    let (_, rest) = address.split_once("://").unwrap();
    rest[rest.find('/').unwrap()..].to_owned()
}

#[test]
fn two_scripts_of_one_file_are_two() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write(
        "serve.toml",
        "[dialect.twiml.greetings]\nfront_desk = \"Leave a message.\"\nsales = \"Leave a message.\"\nsupport = \"Leave a message.\"\n\
         [[script]]\nfile = \"office.route\"\nname = \"one\"\n[[script]]\nfile = \"office.route\"\nname = \"two\"\ndialects = [\"twiml\"]\n",
    );
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let call = "CallSid=CA1&From=%2B14155550123&To=%2B13146523057&CallStatus=ringing";
    let menu = server.send("POST", "/two/twiml", &form, call.as_bytes());
    assert_eq!(menu.status, 200, "{menu:?}");
    // The call goes on with the script that it began with, not with the other one that has the same text.
    let after = server.send("POST", &callback(&menu.body), &form, format!("{call}&Digits=1").as_bytes());
    assert_eq!((after.status, after.header("callroute-script")), (200, Some("two")), "{after:?}");
    assert!(after.body.contains("<Record"), "{after:?}");
}

#[test]
fn a_call_survives_the_restart_of_a_server_that_ran_for_days() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "programs = \"programs\"\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    // Its program was written when it began.
    for entry in fs::read_dir(folder.path("programs")).unwrap() {
        let file = fs::File::options().append(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(3 * 24 * 3600)).unwrap();
    }
    let menu = server.post("/office", &incoming()).json();
    server.signal("TERM");
    assert_eq!(server.end().0, Some(0));
    folder.write("office.route", "reject busy");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    assert_eq!(server.post("/office", &incoming()).json()["action"], "reject");
    assert_eq!(server.post("/office", &digits(&menu, "1")).json()["message"], "sales");
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "[limits]\nhead-seconds = 1\nconnections = 2\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    // One says nothing, the other what may become HTTP/2; together they have all the connections there are.
    let mut silent = server.connect();
    let mut begun = server.connect();
    begun.write_all(b"PRI * HTTP/2.0\r\n").unwrap();
    for stream in [&mut silent, &mut begun] {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let ended = stream.read_to_end(&mut Vec::new());
        assert!(!matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "the connection is held: {ended:?}");
    }
    assert_eq!(server.post("/office", &incoming()).status, 200);
}

#[test]
fn who_closes_his_side_after_asking_is_answered() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route"]);
    let body = incoming().to_string();
    let request = head("", &body) + &body;
    for _ in 0..200 {
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(Reply::read(&mut stream).status, 200);
    }
}

#[test]
fn who_takes_his_time_between_two_requests_is_not_cut_off_while_he_waits_for_an_answer() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "[limits]\nhead-seconds = 2\nrequest-seconds = 10\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let body = incoming().to_string();
    let mut stream = server.connect();
    let head = head("", &body);
    for _ in 0..2 {
        stream.write_all(head.as_bytes()).unwrap();
        // The body has its own time.
        std::thread::sleep(Duration::from_secs(3));
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = [0; 4096];
        let read = stream.read(&mut answer).unwrap();
        assert!(answer.get(..read).unwrap().starts_with(b"HTTP/1.1 200 OK"), "{:?}", String::from_utf8_lossy(&answer));
    }
    let start = Instant::now();
    assert_eq!(stream.read_to_end(&mut Vec::new()).unwrap(), 0);
    assert!((Duration::from_secs(1)..Duration::from_secs(20)).contains(&start.elapsed()), "{:?}", start.elapsed());
}

#[test]
fn a_reload_goes_on_when_nobody_waits_for_it() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    let server = Server::start(&folder, &["office.route"]);
    // Long enough to be checked and tested that the client is away meanwhile.
    let mut script = "hangup\n".to_owned();
    for number in 0..2000 {
        script += &format!("test \"{number}\" < expect hangup >\n");
    }
    folder.write("office.route", &script);
    let start = Instant::now();
    while !server.log().contains("is served from now on") {
        assert!(start.elapsed() < Duration::from_secs(60), "every reload is given up: {}", server.log());
        let mut stream = server.connect();
        stream.write_all(b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").unwrap();
        // It is asked, and then left alone.
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn who_waits_for_a_connection_is_answered_before_the_end() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "[limits]\nconnections = 1\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let body = incoming().to_string();
    let head = head(CLOSE, &body);
    let mut first = server.connect();
    first.write_all(head.as_bytes()).unwrap();
    let mut second = server.connect();
    second.write_all(format!("{head}{body}").as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    server.signal("TERM");
    server.wait_for("stopping");
    let reply = Reply::read(&mut second);
    assert_eq!((reply.status, reply.json()["action"].as_str()), (200, Some("menu")), "{reply:?}");
    first.write_all(body.as_bytes()).unwrap();
    assert_eq!(Reply::read(&mut first).status, 200);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn more_requests_than_are_answered_at_once_are_told_so() {
    let folder = Folder::new();
    // A service that never answers.
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let script = "source crm(number: phone) = < tier: text >\n\
                  lookup crm(from) as row within 2s < found => hangup; late => voicemail \"late\" >\nhangup\n";
    folder.write("office.route", script);
    let port = service.local_addr().unwrap().port();
    let source = format!("[source.crm]\nkind = \"http\"\nurl = \"http://127.0.0.1:{port}/{{number}}\"\n");
    folder.write("serve.toml", &format!("[limits]\nrequests = 1\n[[script]]\nfile = \"office.route\"\n{source}"));
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let body = incoming().to_string();
    let mut first = server.connect();
    let head = head(CLOSE, &body);
    first.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let _asked = service.accept().unwrap();
    let full = server.post("/office", &incoming());
    assert_eq!((full.status, full.header("retry-after")), (503, Some("1")), "{full:?}");
    assert_eq!(Reply::read(&mut first).json()["message"], "late");
    assert_eq!(server.post("/office", &incoming()).status, 200);
}

#[test]
fn a_database_that_is_silent_keeps_nobody_from_hearing_that_calls_are_answered() {
    let folder = Folder::new();
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = database.local_addr().unwrap().port();
    folder.write(
        "office.route",
        "source crm(number: phone) = < tier: text >\nlookup crm(from) as row within 100ms < found => hangup >\nhangup\n",
    );
    let source =
        format!("kind = \"postgres\"\nurl = \"postgres://u@127.0.0.1:{port}/d\"\nquery = \"select tier from c where number = :number\"\n");
    folder.write("serve.toml", &format!("[[script]]\nfile = \"office.route\"\n[source.crm]\n{source}"));
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let start = Instant::now();
    let ready = server.get("/readyz");
    assert_eq!(ready.status, 200, "{ready:?}");
    assert!(ready.body.starts_with("ready\n") && ready.body.contains("no answer within"), "{ready:?}");
    // Balancers wait for two seconds and more; the database itself is waited for longer than that.
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

#[test]
fn connections_that_are_kept_are_let_go_before_the_end() {
    let folder = Folder::new();
    folder.write("office.route", MENU);
    folder.write("serve.toml", "[limits]\ndrain-seconds = 2\n[[script]]\nfile = \"office.route\"\n");
    let server = Server::start(&folder, &["--config", "serve.toml"]);
    let body = incoming().to_string();
    let mut kept = server.connect();
    server.signal("TERM");
    server.wait_for("stopping");
    while server.get("/readyz").status != 503 {
        std::thread::sleep(Duration::from_millis(10));
    }
    kept.write_all((head("", &body) + &body).as_bytes()).unwrap();
    let reply = Reply::read(&mut kept);
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "{reply:?}");
}
