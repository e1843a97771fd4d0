//! A small client of the language server, for tests: it speaks the protocol with the real command.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// No answer takes longer than this, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and what it has said.
pub struct Client {
    server: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
    folder: PathBuf,
    next: i64,
    /// The diagnostics published last for each file, with their version.
    published: HashMap<String, (Value, i64)>,
    /// The version of each file that was sent last.
    sent: HashMap<String, i64>,
    /// What the server can do.
    pub capabilities: Value,
    /// Everything that the server has shown or logged.
    pub messages: Vec<String>,
}

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Client {
    pub fn start() -> Self {
        Self::with(json!({}))
    }

    /// With capabilities of the client.
    pub fn with(mut capabilities: Value) -> Self {
        let folder = std::env::temp_dir().join(format!("callroute-lsp-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        std::fs::write(folder.join("callroute.toml"), "").unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_callroute"))
            .arg("lsp")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap());
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut lines) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = server.stdin.take();
        let mut client = Self {
            server,
            input,
            output,
            folder,
            next: 0,
            published: HashMap::new(),
            sent: HashMap::new(),
            capabilities: Value::Null,
            messages: Vec::new(),
        };
        capabilities["textDocument"]["completion"]["completionItem"]["snippetSupport"] = json!(true);
        let folders = json!([{ "uri": client.uri(""), "name": "test" }]);
        let answer = client.ask("initialize", json!({ "processId": null, "capabilities": capabilities, "workspaceFolders": folders }));
        client.capabilities = answer["capabilities"].clone();
        client.notify("initialized", json!({}));
        client
    }

    /// The address of a file in the client's folder.
    pub fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.join(name).display())
    }

    /// The path of a file in the client's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file to disk, in folders that may be new.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Writes a file and opens it; gives its address.
    pub fn open(&mut self, name: &str, text: &str) -> String {
        let uri = self.uri(name);
        if !self.folder.join(name).exists() {
            self.write(name, text);
        }
        self.sent.insert(uri.clone(), 1);
        self.notify("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "route", "version": 1, "text": text } }));
        uri
    }

    /// Replaces the whole text.
    pub fn replace(&mut self, uri: &str, version: i64, text: &str) {
        let version = version.max(self.sent.get(uri).copied().unwrap_or(0) + 1);
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "text": text }] }),
        );
    }

    /// Replaces ranges.
    pub fn edit(&mut self, uri: &str, version: i64, edits: &[(Value, Value, &str)]) {
        let changes: Vec<Value> =
            edits.iter().map(|(start, end, text)| json!({ "range": { "start": start, "end": end }, "text": text })).collect();
        self.notify("textDocument/didChange", json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": changes }));
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        if method == "textDocument/didChange" {
            let document = &params["textDocument"];
            self.sent.insert(document["uri"].as_str().unwrap_or_default().to_owned(), document["version"].as_i64().unwrap_or(0));
        }
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message);
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    /// Sends anything at all.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// Asks; gives the whole answer.
    pub fn ask_anything(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message);
        let limit = Instant::now() + PATIENCE;
        loop {
            let message = self.receive(limit).unwrap_or_else(|| panic!("no answer to {method}"));
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// Asks; an error is one of the test.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_anything(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks what must be refused; gives the error.
    pub fn refused(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask_anything(method, params);
        assert!(answer["error"].is_object(), "{method}: {answer}");
        answer["error"].clone()
    }

    /// The diagnostics of the version that was sent last.
    pub fn diagnostics(&mut self, uri: &str) -> Value {
        let limit = Instant::now() + PATIENCE;
        let wanted = self.sent.get(uri).copied().unwrap_or(0);
        // What another file does to this one comes with the same version: the server must have become quiet.
        let mut quiet = Instant::now() + Duration::from_millis(400);
        loop {
            let ready = self.published.get(uri).is_some_and(|(_, version)| *version >= wanted);
            if ready && Instant::now() >= quiet {
                return self.published[uri].0.clone();
            }
            let until = if ready { quiet.min(limit) } else { limit };
            match self.receive(until) {
                Some(message) if message["method"] == "textDocument/publishDiagnostics" => {
                    quiet = Instant::now() + Duration::from_millis(400)
                }
                Some(_) => {}
                None => assert!(Instant::now() < limit, "no diagnostics for {uri}"),
            }
        }
    }

    /// Waits for the diagnostics of the version that was sent last; others may follow.
    pub fn published(&mut self, uri: &str) -> Value {
        let limit = Instant::now() + PATIENCE;
        let wanted = self.sent.get(uri).copied().unwrap_or(0);
        while self.published.get(uri).is_none_or(|(_, version)| *version < wanted) {
            assert!(self.receive(limit).is_some(), "no diagnostics for {uri}");
        }
        self.published[uri].0.clone()
    }

    /// The memory that the server holds, in KiB.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// The version of the diagnostics published last.
    pub fn version(&self, uri: &str) -> i64 {
        self.published[uri].1
    }

    fn receive(&mut self, limit: Instant) -> Option<Value> {
        match self.output.recv_timeout(limit.saturating_duration_since(Instant::now())) {
            Ok(message) => {
                self.note(&message);
                Some(message)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("the server is gone: {:?}", self.messages),
        }
    }

    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let uri = params["uri"].as_str().unwrap().to_owned();
                self.published.insert(uri, (params["diagnostics"].clone(), params["version"].as_i64().unwrap_or(0)));
            }
            Some("window/showMessage" | "window/logMessage") => self.messages.push(params["message"].as_str().unwrap().to_owned()),
            _ => {}
        }
        // This client never answers what the server asks.
    }

    pub fn close_input(&mut self) {
        drop(self.input.take());
    }

    /// The exit status.
    pub fn wait(&mut self, patience: Duration) -> Option<i32> {
        let limit = Instant::now() + patience;
        while Instant::now() < limit {
            if let Some(status) = self.server.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Says good-bye, and looks that nothing went wrong inside.
    pub fn stop(mut self) {
        self.ask("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert_eq!(self.wait(PATIENCE), Some(0));
        assert!(!self.messages.iter().any(|message| message.contains("fault")), "{:?}", self.messages);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn read(lines: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            header => {
                let (name, value) = header.split_once(':').expect("nothing but the protocol stands on standard output");
                if name.eq_ignore_ascii_case("Content-Length") {
                    length = value.trim().parse::<usize>().ok();
                }
            }
        }
    }
    let mut body = vec![0; length?];
    lines.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The position of a byte, in UTF-16.
pub fn position(text: &str, at: usize) -> Value {
    // A line ends with LF, CR LF or CR.
    let bytes = text.as_bytes();
    let (mut line, mut start, mut i) = (0, 0, 0);
    while i < at {
        let ends = bytes[i] == b'\n' || (bytes[i] == b'\r' && bytes.get(i + 1) != Some(&b'\n'));
        i += 1;
        if ends {
            line += 1;
            start = i;
        }
    }
    json!({ "line": line, "character": text[start..at].encode_utf16().count() })
}

/// The position of the first occurrence of a text.
pub fn at(text: &str, needle: &str) -> Value {
    position(text, text.find(needle).unwrap())
}

/// The range of the first occurrence of a text.
pub fn range_of(text: &str, needle: &str) -> Value {
    let start = text.find(needle).unwrap();
    json!({ "start": position(text, start), "end": position(text, start + needle.len()) })
}

fn offset(text: &str, position: &Value) -> usize {
    let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    start + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
}

/// A text after an edit; for texts of one byte a character.
pub fn apply(text: &str, edit: &Value) -> String {
    let mut out = text.to_owned();
    out.replace_range(offset(text, &edit["range"]["start"])..offset(text, &edit["range"]["end"]), edit["newText"].as_str().unwrap());
    out
}
