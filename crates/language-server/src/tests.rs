//! What the server knows and says, with scripts on disk and in the editor.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::lsp_types::{self as lsp, Url};

use crate::answers::FIX_ALL;
use crate::state::State;
use crate::worker::Message;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder with scripts, and the server's state.
struct Session {
    folder: PathBuf,
    state: State,
    told: UnboundedReceiver<Message>,
    version: i32,
}

impl Session {
    fn new(files: &[(&str, &str)]) -> Self {
        let name = format!("callroute-state-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.canonicalize().unwrap();
        std::fs::write(folder.join("callroute.toml"), "").unwrap();
        for (name, text) in files {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let (messages, told) = tokio::sync::mpsc::unbounded_channel();
        let mut state = State::new(messages);
        state.options.refreshes = true;
        state.set_folders(vec![Url::from_file_path(&folder).unwrap()]);
        Self { folder, state, told, version: 1 }
    }

    fn uri(&self, name: &str) -> Url {
        Url::from_file_path(self.folder.join(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        self.state.document(&self.uri(name)).unwrap().text.clone()
    }

    fn open(&mut self, name: &str) {
        let text = std::fs::read_to_string(self.folder.join(name)).unwrap();
        let uri = self.uri(name);
        self.state.open(lsp::TextDocumentItem { uri, language_id: "route".into(), version: 1, text });
    }

    fn write(&mut self, name: &str, text: &str) {
        self.version += 1;
        let text_document = lsp::VersionedTextDocumentIdentifier { uri: self.uri(name), version: self.version };
        let whole = lsp::TextDocumentContentChangeEvent { range: None, range_length: None, text: text.into() };
        self.state.change(lsp::DidChangeTextDocumentParams { text_document, content_changes: vec![whole] });
    }

    /// What is published, and whether the client is asked to look again.
    fn publish(&mut self) -> (HashMap<String, Vec<lsp::Diagnostic>>, bool) {
        self.state.publish();
        let (mut found, mut again) = (HashMap::new(), false);
        while let Ok(message) = self.told.try_recv() {
            match message {
                Message::Diagnostics(uri, list, _) => drop(found.insert(name_of(&uri), list)),
                Message::Refresh => again = true,
                Message::Show(..) | Message::Log(..) => {}
            }
        }
        (found, again)
    }

    fn position(&self, name: &str, needle: &str) -> lsp::Position {
        let text = self.text(name);
        let before = &text[..text.find(needle).unwrap()];
        let line = before.matches('\n').count();
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
        lsp::Position { line: u32::try_from(line).unwrap(), character: u32::try_from(column).unwrap() }
    }

    fn actions(&mut self, name: &str, needle: &str, only: Option<&str>) -> Vec<lsp::CodeAction> {
        let at = self.position(name, needle);
        let only = only.map(|only| vec![lsp::CodeActionKind::from(only.to_owned())]);
        let uri = self.uri(name);
        let found = self.state.actions(&uri, lsp::Range { start: at, end: at }, only.as_deref());
        let action = |found| if let lsp::CodeActionOrCommand::CodeAction(action) = found { Some(action) } else { None };
        found.into_iter().filter_map(action).collect()
    }

    /// The titles of the lenses of tests.
    fn lenses(&mut self, name: &str) -> Vec<String> {
        let uri = self.uri(name);
        self.state.lenses(&uri).into_iter().map(|lens| lens.command.unwrap().title).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn name_of(uri: &Url) -> String {
    uri.path().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn names_are_found_in_libraries_that_nothing_uses() {
    let mut session = Session::new(&[
        ("main.route", "import \"shared.route\"\nwhen from in vip < hangup >\nhangup\n"),
        ("shared.route", "list vip = < +13125550100 >\n"),
        ("library.route", "import \"shared.route\"\nflow unused_yet < when from in vip < hangup > >\n"),
        ("behind.route", "import \"library.route\"\nlist club = < +13125550101 >\nflow further < when from in vip < hangup > >\n"),
    ]);
    session.open("main.route");
    session.publish();
    let (uri, at) = (session.uri("main.route"), session.position("main.route", "vip"));
    let changed = session.state.rename(&uri, at, "friends").unwrap().changes.unwrap();
    let mut files: Vec<String> = changed.keys().map(name_of).collect();
    files.sort_unstable();
    assert_eq!(files, ["behind.route", "library.route", "main.route", "shared.route"]);
    assert!(changed.values().all(|edits| edits.len() == 1), "{changed:?}");
    assert_eq!(session.state.references(&uri, at, true).len(), 4);
    for query in ["unused_yet", "further"] {
        assert_eq!(session.state.workspace_symbols(query).len(), 1, "{query}");
    }
    // A name that clashes in one of the scripts is refused.
    let at = session.position("main.route", "vip");
    assert_eq!(session.state.rename(&uri, at, "club").unwrap_err(), "there is already a list `club`");
}

#[test]
fn a_fault_of_a_shared_file_in_its_second_script_is_mended_there_too() {
    let mut session = Session::new(&[
        ("a.route", "import \"shared.route\"\nlist friends = < +13125550100 >\ndo shared\nhangup\n"),
        ("b.route", "import \"shared.route\"\nlist frends = < +13125550100 >\ndo shared\nhangup\n"),
        ("shared.route", "flow shared < when from in friends < hangup > >\n"),
    ]);
    session.open("shared.route");
    session.publish();
    let found = session.actions("shared.route", "friends", None);
    assert!(found.iter().any(|action| action.title == "Write `frends`"), "{found:?}");
}

#[test]
fn everything_is_mended_under_both_names() {
    let mut session = Session::new(&[("a.route", "when priority >= 5 < hangup >\nhangup\n")]);
    session.open("a.route");
    session.publish();
    for (only, count) in [
        ("source.fixAll", 1),
        ("source.fixAll.callroute", 1),
        ("source", 1),
        ("source.fixAll.other", 0),
        ("source.fix", 0),
        ("source.fixAll.call", 0),
    ] {
        let found = session.actions("a.route", "priority", Some(only));
        assert_eq!(found.len(), count, "{only}");
        assert!(found.iter().all(|action| action.kind == Some(FIX_ALL.to_owned().into())));
    }
}

#[test]
fn a_test_has_a_result_of_its_own_until_something_that_it_uses_changes() {
    let mut session = Session::new(&[
        (
            "a.route",
            "import \"shared.route\"\ndo greet\nhangup\ntest \"x\" < expect tag \"hello\" >\ntest \"y\" < expect hangup >\ntest \"x\" < expect voicemail \"no\" >\n",
        ),
        ("shared.route", "flow greet < tag \"hello\" >\n"),
    ]);
    session.open("a.route");
    session.open("shared.route");
    session.publish();
    let uri = session.uri("a.route");
    let (run, passed, failed) = ("▶ run test", "✓ passed · run again", "✗ failed · run again");
    let lens = session.state.lenses(&uri).into_iter().nth(2).unwrap().command.unwrap().arguments.unwrap();
    assert_eq!((&lens[1], &lens[2]), (&"x".into(), &1.into()));
    session.state.run_tests(&uri, Some("x"), Some(0)).unwrap();
    assert_eq!(session.lenses("a.route"), [passed, run, run]);
    session.state.run_tests(&uri, Some("x"), None).unwrap();
    assert_eq!(session.lenses("a.route"), [passed, run, failed]);
    session.state.run_tests(&uri, None, None).unwrap();
    assert_eq!(session.lenses("a.route"), [passed, passed, failed]);
    session.write("shared.route", "flow greet < tag \"bye\" >\n");
    assert_eq!(session.lenses("a.route"), [run, run, run]);
}

#[test]
fn a_caller_in_a_shared_file_is_told_once() {
    let mut session = Session::new(&[
        ("a.route", "import \"shared.route\"\ngo start\n"),
        ("b.route", "import \"shared.route\"\ngo start\n"),
        ("shared.route", "flow start < go closed >\nflow closed < hangup >\n"),
    ]);
    session.open("shared.route");
    session.publish();
    let (uri, at) = (session.uri("shared.route"), session.position("shared.route", "closed <"));
    let item = session.state.prepare_hierarchy(&uri, at).unwrap().remove(0);
    assert_eq!(session.state.incoming(&item).iter().map(|call| call.from.name.clone()).collect::<Vec<_>>(), ["start"]);
    let at = session.position("shared.route", "start <");
    let item = session.state.prepare_hierarchy(&uri, at).unwrap().remove(0);
    assert_eq!(session.state.incoming(&item).len(), 2, "two scripts, each for itself");
}

#[test]
fn an_import_says_that_what_it_brings_is_wrong() {
    let mut session = Session::new(&[
        ("a.route", "import \"middle.route\"\nhangup\n"),
        ("b.route", "import \"base.route\"\nhangup\n"),
        ("middle.route", "import \"base.route\"\nflow m < hangup >\n"),
        ("base.route", "flow x < do nothing_there >\nflow y < do nobody >\n"),
    ]);
    session.open("a.route");
    session.open("b.route");
    let (found, _) = session.publish();
    for name in ["a.route", "b.route"] {
        let list: Vec<_> = found[name].iter().filter(|found| found.severity == Some(lsp::DiagnosticSeverity::ERROR)).collect();
        assert_eq!(list.len(), 1, "{name}: {list:?}");
        assert!(list[0].message.starts_with("`base.route` has 2 errors, the first: unknown flow `nothing_there`"), "{}", list[0].message);
        assert_eq!(list[0].range.start, lsp::Position { line: 0, character: 7 });
        let related = &list[0].related_information.as_ref().unwrap()[0];
        assert_eq!(name_of(&related.location.uri), "base.route");
    }
    assert!(!found.contains_key("middle.route"), "it is not open");
    assert_eq!(found["base.route"].iter().filter(|found| found.severity == Some(lsp::DiagnosticSeverity::ERROR)).count(), 2);
    session.open("base.route");
    session.write("base.route", "flow x < hangup >\nflow y < hangup >\n");
    let (found, _) = session.publish();
    assert!(found.values().flatten().all(|found| found.severity != Some(lsp::DiagnosticSeverity::ERROR)), "{found:?}");
}

#[test]
fn the_client_looks_again_only_when_another_file_changes_what_it_shows() {
    let mut session = Session::new(&[
        ("a.route", "import \"shared.route\"\ngroup sales\nhangup\n"),
        ("shared.route", "group sales = ring all for 20s < +13125550100 >\n"),
        ("alone.route", "hangup\n"),
    ]);
    for name in ["a.route", "shared.route", "alone.route"] {
        session.open(name);
    }
    session.publish();
    session.write("alone.route", "tag \"x\"\nhangup\n");
    assert!(!session.publish().1, "nobody else uses it");
    session.write("shared.route", "group sales = ring all for 25s < +13125550100 >\n");
    assert!(session.publish().1, "it rings longer");
    session.write("shared.route", "// longer\ngroup sales = ring all for 25s < +13125550100 >\n");
    assert!(!session.publish().1, "nothing is shown of it");
    session.write("shared.route", "group sales = ring all for 30s < +13125550100 >\n");
    assert!(session.publish().1, "it rings longer still");
}

#[test]
fn a_shutdown_that_was_refused_shuts_nothing_down() {
    let message = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#;
    let (shutdown, exit) = (r#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#, r#"{"jsonrpc":"2.0","method":"exit"}"#);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (messages, status) in [(&[shutdown, exit][..], 1), (&[initialize, exit], 1), (&[initialize, shutdown, exit], 0)] {
        let input: String = messages.iter().map(|text| message(text)).collect();
        assert_eq!(runtime.block_on(crate::serve(input.as_bytes(), tokio::io::sink())), status, "{messages:?}");
    }
}
