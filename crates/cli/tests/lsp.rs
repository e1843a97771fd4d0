//! The language server as editors meet it: the real command, the real protocol, over its standard input and output.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod lsp_client;

use std::time::{Duration, Instant};

use lsp_client::{Client, at, range_of};
use serde_json::{Value, json};

const OFFICE: &str = r#"zone America/Chicago

/// Rings both desks at once.
group sales = ring all < +16822306467; agent ana >
agent ana = +12125551234
schedule office = < mon-fri 9-17 >
source crm(number: phone) = < tier: one of gold, silver; owner: text >
prompt welcome = < en "Welcome." >

flow support(team: group) <
  group (team)
  hangup
>

when hours(office) <
  lookup crm(from) as customer <
    when customer.tier is gold < group sales else hangup >
  >
  menu welcome <
    1 => group sales else hangup
    2 => go support(sales)
  > else voicemail "front_desk"
>
voicemail "office_closed"

test "closed on Sunday" <
  at 2026-11-22T18:00:00Z
  from +14155550123
  expect voicemail "office_closed"
>
"#;

fn labels(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

fn codes(found: &Value) -> Vec<String> {
    found.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn faults_show_while_one_types_and_go_when_they_are_mended() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    assert_eq!(client.diagnostics(&uri), json!([]));
    client.edit(&uri, 2, &[(at(OFFICE, "sales else hangup\n    2"), at(OFFICE, " else hangup\n    2"), "sale")]);
    let found = client.diagnostics(&uri);
    assert_eq!(found[0]["code"], "E0200", "{found}");
    assert_eq!(found[0]["message"], "unknown group `sale`\ndid you mean `sales`?");
    assert_eq!(found[0]["relatedInformation"][0]["message"], "`sales` is defined here");
    assert!(found[0]["codeDescription"]["href"].as_str().unwrap().ends_with("docs/errors/E0200.md"));
    assert_eq!(client.version(&uri), 2);
    // By the fix that the server offers.
    let actions = client.ask(
        "textDocument/codeAction",
        json!({ "textDocument": { "uri": uri }, "range": found[0]["range"], "context": { "diagnostics": [] } }),
    );
    let fix = actions.as_array().unwrap().iter().find(|action| action["title"] == "Write `sales`").expect("a fix");
    let edit = &fix["edit"]["changes"][uri.as_str()][0];
    client.notify(
        "textDocument/didChange",
        json!({
            "textDocument": { "uri": uri, "version": 3 },
            "contentChanges": [{ "range": edit["range"], "text": edit["newText"] }]
        }),
    );
    assert_eq!(client.diagnostics(&uri), json!([]));
    client.stop();
}

/// An editor knows what day it is.
#[test]
fn dates_that_have_run_out_are_found() {
    let mut client = Client::start();
    let text = "zone UTC\ndates feasts = < 2001-04-15; 2002-03-31 >\nwhen on(feasts) < voicemail \"away\" >\nvoicemail \"here\"\n";
    let uri = client.open("main.route", text);
    assert_eq!(codes(&client.diagnostics(&uri)), ["W0569"]);
    client.replace(&uri, 2, &text.replace("2002-03-31", "easter"));
    assert_eq!(codes(&client.diagnostics(&uri)), [""; 0]);
    client.stop();
}

/// What only compiling shows comes when typing has ended, and does not come and go with each letter.
#[test]
fn what_only_compiling_shows_is_found_and_stays_while_one_types() {
    let page = include_str!("../../../docs/errors/W0027.md");
    let long = page.split("```route fails\n").nth(1).unwrap().split("```").next().unwrap();
    let mut client = Client::start();
    // As it is opened.
    let uri = client.open("main.route", long);
    assert_eq!(codes(&client.published(&uri)), ["W0027"]);
    // With every letter.
    for version in 2..5 {
        client.edit(&uri, version, &[(json!({ "line": 0, "character": 0 }), json!({ "line": 0, "character": 0 }), "\n")]);
        let found = client.published(&uri);
        assert_eq!(codes(&found), ["W0027"]);
        assert_eq!(found[0]["range"]["start"]["line"].as_i64().unwrap(), 1 + version, "{found}");
    }
    // Mended, it goes.
    client.replace(&uri, 5, "hangup\n");
    assert_eq!(client.diagnostics(&uri), json!([]));
    // Typed again, it comes without another letter.
    client.replace(&uri, 6, long);
    let limit = Instant::now() + Duration::from_secs(30);
    while codes(&client.diagnostics(&uri)) != ["W0027"] {
        assert!(Instant::now() < limit, "it was never compiled");
    }
    client.stop();
}

#[test]
fn completion_knows_the_place() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let mut ask = |text: &str, version: i64| {
        let caret = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        client.replace(&uri, version, &text);
        let position = lsp_client::position(&text, caret);
        client.ask("textDocument/completion", json!({ "textDocument": { "uri": uri }, "position": position }))
    };
    let with = |end: &str| format!("{OFFICE}\n{end}");
    for (text, wanted, unwanted) in [
        ("group |", vec!["sales"], vec!["ana", "when"]),
        ("group sa|", vec!["sales"], vec![]),
        ("when hours(|", vec!["office", "mon"], vec!["sales"]),
        ("go |", vec!["support"], vec!["sales"]),
        ("go support(|", vec!["sales"], vec!["ana"]),
        ("lookup crm(from) as c < when c.|", vec!["tier", "owner"], vec!["sales"]),
        ("lookup crm(from) as c < when c.tier is |", vec!["gold", "silver"], vec!["sales"]),
        ("lookup crm(from) as c < say \"Hello {c.|", vec!["tier", "owner"], vec![]),
        ("group sales < |", vec!["busy", "no-answer"], vec!["group"]),
        ("menu < 1 => |", vec!["group", "voicemail", "retry"], vec!["flow"]),
        ("when from is |", vec!["anonymous", "+44*"], vec!["gold"]),
        ("list l = < |", vec!["+1*"], vec!["sales"]),
        ("zone |", vec!["Europe/Berlin", "America/New_York"], vec!["sales"]),
        ("say |", vec!["welcome"], vec!["sales"]),
        ("|", vec!["when", "group", "flow", "schedule", "when hours"], vec!["retry", "busy"]),
        ("set language to x\nset |", vec!["priority", "caller name"], vec![]),
        ("test \"x\" <\n  |", vec!["press", "expect"], vec!["when"]),
        ("dial +13125550100 codecs |", vec!["opus"], vec![]),
        ("// group |", vec![], vec!["sales"]),
        ("fallback |", vec!["voicemail", "reject"], vec!["when"]),
        ("set language to |", vec!["es"], vec!["from"]),
        ("switch language < |", vec!["es"], vec!["from"]),
        ("test \"x\" for |", vec!["at", "expect"], vec!["wait"]),
        ("voicemail \"x\" box |", vec![], vec!["box", "else"]),
        ("group sales announce |", vec![], vec!["announce", "music"]),
    ] {
        let list = ask(&with(text), 2);
        let found = labels(&list);
        for label in wanted {
            assert!(found.contains(&label), "{text}: {label} is not in {found:?}");
        }
        for label in unwanted {
            assert!(!found.contains(&label), "{text}: {label} is in {found:?}");
        }
    }
    // A word that is offered for itself is no whole construct too.
    let list = ask(&with("test \"x\" <\n  expect menu|"), 3);
    assert_eq!(labels(&list).iter().filter(|label| label.starts_with("menu")).count(), 1, "{list}");
    let list = ask(&with("group |"), 4);
    let item = list["items"].as_array().unwrap().iter().find(|item| item["label"] == "sales").unwrap().clone();
    let resolved = client.ask("completionItem/resolve", item);
    assert!(resolved["documentation"]["value"].as_str().unwrap().starts_with("Rings both desks at once."), "{resolved}");
    client.stop();
}

#[test]
fn files_are_offered_where_a_text_names_one() {
    let mut client = Client::start();
    for (file, text) in [
        ("callroute.toml", ""),
        ("shared/people.route", "extern group sales\n"),
        ("shared/blocked.csv", "number\n"),
        ("shared/no \"name\".csv", "number\n"),
        ("holidays.ics", ""),
        (".hidden.csv", ""),
        ("scripts/old.route", "hangup\n"),
    ] {
        client.write(file, text);
    }
    let uri = client.open("scripts/main.route", "hangup\n");
    let mut version = 1;
    for (text, wanted) in [
        ("import \"|", vec!["main.route", "old.route"]),
        ("import \"ol|\"\nhangup", vec!["main.route", "old.route"]),
        ("import \"../|", vec!["scripts/", "shared/"]),
        ("import \"../shared/pe|", vec!["people.route"]),
        ("list blocked = csv \"../shared/|", vec!["blocked.csv"]),
        ("table rates = key prefix < rate: number > csv \"../|", vec!["scripts/", "shared/"]),
        ("dates free = ics \"../|", vec!["holidays.ics", "scripts/", "shared/"]),
        // Outside of the workspace nothing can be named, and a text that is said names no file.
        ("import \"../../|", vec![]),
        ("import \"/|", vec![]),
        ("say \"|", vec![]),
        ("when from is \"a\" < say \"../|", vec![]),
    ] {
        version += 1;
        let caret = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        client.replace(&uri, version, &text);
        let position = lsp_client::position(&text, caret);
        let list = client.ask("textDocument/completion", json!({ "textDocument": { "uri": uri }, "position": position }));
        let mut found = labels(&list);
        found.sort_unstable();
        // The file is there only in the editor, unless it was written.
        found.retain(|label| *label != "main.route");
        let wanted: Vec<&str> = wanted.into_iter().filter(|label| *label != "main.route").collect();
        assert_eq!(found, wanted, "{text}");
        // What is put in replaces what was typed behind the last slash.
        for item in list["items"].as_array().unwrap() {
            let start = item["textEdit"]["range"]["start"]["character"].as_u64().unwrap();
            let begun = text[..caret].rfind(['/', '"']).unwrap() + 1;
            assert_eq!(start as usize, begun, "{item}");
        }
    }
    client.stop();
}

#[test]
fn everything_that_is_certain_is_mended_at_once_in_shared_files_too() {
    let mut client = Client::start();
    client.write("main.route", "zone UTC\nimport \"shared.route\"\nwhen hours(office) < group sales >\nhangup\n");
    // Some is certain, and in the second file not all is.
    let texts = [
        ("shared.route", "schedule office = < monday-fri 9-17 >\nextern group sales\n", 0),
        ("own.route", "zone UTC\nwhen priority >= 5 < hangup >\nwhen hours(tuesday 9-17) < hangpu >\nhangup\n", 1),
    ];
    for (name, text, left) in texts {
        let uri = client.open(name, text);
        let all = json!({ "start": at(text, text.get(..1).unwrap()), "end": at(text, text.get(..1).unwrap()) });
        let asked = json!({ "textDocument": { "uri": uri }, "range": all, "context": { "diagnostics": [], "only": ["source.fixAll"] } });
        let found = client.ask("textDocument/codeAction", asked);
        assert_eq!(found.as_array().unwrap().len(), 1, "{name}: {found}");
        // By place: the last one first.
        let edits = found[0]["edit"]["changes"][&uri].as_array().unwrap();
        let mended = edits.iter().rev().fold(text.to_owned(), |text, edit| lsp_client::apply(&text, edit));
        client.replace(&uri, 2, &mended);
        assert_ne!(mended, text);
        let errors = client.diagnostics(&uri).as_array().unwrap().iter().filter(|d| d["severity"] == 1).count();
        assert_eq!(errors, left, "{mended}");
    }
    client.stop();
}

#[test]
fn hover_says_what_numbers_schedules_and_words_mean() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let mut hover = |needle: &str| {
        let position = lsp_client::position(OFFICE, OFFICE.find(needle).unwrap() + 1);
        let found = client.ask("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": position }));
        found["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(hover("sales = ring").contains("Rings both desks at once."));
    assert!(hover("sales = ring").contains("rings all at once, for 30s in all"));
    assert!(hover("+16822306467").contains("United States"), "{}", hover("+16822306467"));
    let schedule = hover("office) <");
    assert!(schedule.contains("| Mon ") && schedule.contains("09:00–17:00") && schedule.contains("America/Chicago"), "{schedule}");
    assert!(hover("America/Chicago").contains("it is "));
    assert!(hover("voicemail \"off").contains("Takes a message"));
    assert!(hover("customer.tier").contains("row customer"));
    assert!(hover("tier is").contains("one of gold, silver"));
    client.stop();
}

#[test]
fn one_goes_to_definitions_and_finds_uses() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let position = lsp_client::position(OFFICE, OFFICE.find("sales else hangup >").unwrap());
    let place = json!({ "textDocument": { "uri": uri }, "position": position });
    let definition = client.ask("textDocument/definition", place.clone());
    assert_eq!(definition["range"], range_of(OFFICE, "sales"));
    let mut with = place.clone();
    with["context"] = json!({ "includeDeclaration": true });
    assert_eq!(client.ask("textDocument/references", with).as_array().unwrap().len(), 4);
    assert_eq!(client.ask("textDocument/documentHighlight", place.clone()).as_array().unwrap().len(), 4);
    assert_eq!(client.ask("textDocument/prepareRename", place.clone())["placeholder"], "sales");
    let mut rename = place.clone();
    rename["newName"] = json!("front desk");
    let edits = client.ask("textDocument/rename", rename.clone());
    let edits = edits["changes"][uri.as_str()].as_array().unwrap().clone();
    assert_eq!(edits.len(), 4);
    assert!(edits.iter().all(|edit| edit["newText"] == "\"front desk\""), "a target may be quoted");
    rename["newName"] = json!("ana");
    assert_eq!(
        client.ask("textDocument/rename", rename.clone())["changes"][uri.as_str()].as_array().unwrap().len(),
        4,
        "kinds have their own names"
    );
    rename["position"] = json!(lsp_client::position(OFFICE, OFFICE.find("customer").unwrap()));
    rename["newName"] = json!("when");
    assert!(client.refused("textDocument/rename", rename)["message"].as_str().unwrap().contains("`when` is a word of the language"));
    client.stop();
}

#[test]
fn an_error_in_a_shared_file_shows_where_it_is_and_renames_reach_every_script() {
    let mut client = Client::start();
    client.write("shared.route", "list vip = < +13125550100 >\n");
    client.write("other.route", "import \"shared.route\"\nwhen from in vip < hangup > else hangup\n");
    let main = "import \"shared.route\"\nwhen from in vip < hangup > else hangup\n";
    let uri = client.open("main.route", main);
    assert_eq!(client.diagnostics(&uri), json!([]));
    // The shared file breaks, in the editor only.
    let broken = "list vop = < +13125550100 >\n";
    let shared = client.open("shared.route", broken);
    assert_eq!(client.diagnostics(&uri)[0]["message"].as_str().unwrap().lines().next(), Some("unknown list `vip`"));
    client.replace(&shared, 2, "list vip = < +13125550100 >\n");
    assert_eq!(client.diagnostics(&uri), json!([]));
    let place =
        json!({ "textDocument": { "uri": uri }, "position": lsp_client::position(main, main.find("vip").unwrap()), "newName": "friends" });
    let edit = client.ask("textDocument/rename", place);
    let mut files: Vec<&str> = edit["changes"].as_object().unwrap().keys().map(|uri| uri.rsplit('/').next().unwrap()).collect();
    files.sort_unstable();
    assert_eq!(files, ["main.route", "other.route", "shared.route"]);
    let moved =
        client.ask("workspace/willRenameFiles", json!({ "files": [{ "oldUri": shared, "newUri": client.uri("lists/common.route") }] }));
    assert_eq!(moved["changes"][uri.as_str()][0]["newText"], "\"lists/common.route\"");
    client.stop();
}

#[test]
fn files_that_change_on_disk_and_folders_that_come_and_go_are_noticed() {
    let mut client = Client::start();
    client.write("shared.route", "list vip = < +13125550100 >\n");
    client.write("areas.csv", "prefix,region\n+1312,Chicago\n");
    let text = "import \"shared.route\"\ntable areas = csv \"areas.csv\" key prefix < region: text >\n\
                when from in vip < lookup areas(from) as area < tag \"{area.region}\" > >\nhangup\n";
    let uri = client.open("main.route", text);
    assert_eq!(client.diagnostics(&uri), json!([]));
    let changed = |client: &mut Client, name: &str| {
        let uri = client.uri(name);
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 2 }] }));
    };
    client.write("shared.route", "list vop = < +13125550100 >\n");
    changed(&mut client, "shared.route");
    assert_eq!(client.diagnostics(&uri)[0]["code"], "E0200");
    client.write("shared.route", "list vip = < +13125550100 >\n");
    changed(&mut client, "shared.route");
    assert_eq!(client.diagnostics(&uri), json!([]));
    client.write("areas.csv", "prefix,region\nnonsense,Chicago\n");
    changed(&mut client, "areas.csv");
    let csv = client.uri("areas.csv");
    assert_eq!(client.diagnostics(&uri), json!([]));
    assert_eq!(client.diagnostics(&csv)[0]["severity"], 1, "the fault is in the data file, and shows there");
    // Another folder, in which a script uses the shared file.
    std::fs::create_dir_all(client.path("more")).unwrap();
    client.write("more/other.route", "flow far_away < hangup >\nhangup\n");
    let folder = client.uri("more");
    client
        .notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [{ "uri": folder, "name": "more" }], "removed": [] } }));
    assert_eq!(client.ask("workspace/symbol", json!({ "query": "faraway" }))[0]["name"], "far_away");
    // Closed files have nothing to say any more.
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    assert_eq!(client.diagnostics(&csv), json!([]));
    client.stop();
}

#[test]
fn outline_folding_colours_hints_and_the_rest_answer() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let document = json!({ "textDocument": { "uri": uri } });
    let symbols = client.ask("textDocument/documentSymbol", document.clone());
    let names: Vec<&str> = symbols.as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "zone America/Chicago",
            "sales",
            "ana",
            "office",
            "crm",
            "welcome",
            "support",
            "when hours(office)",
            "voicemail \"office_closed\"",
            "closed on Sunday"
        ]
    );
    assert!(client.ask("textDocument/foldingRange", document.clone()).as_array().unwrap().len() >= 4);
    let tokens = client.ask("textDocument/semanticTokens/full", document.clone());
    assert_eq!(tokens["data"].as_array().unwrap().len() % 5, 0);
    assert!(tokens["data"].as_array().unwrap().len() > 300);
    let mut whole = document.clone();
    whole["range"] = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints = client.ask("textDocument/inlayHint", whole);
    let hints: Vec<&str> = hints.as_array().unwrap().iter().map(|hint| hint["label"].as_str().unwrap()).collect();
    assert!(hints.contains(&" in America/Chicago") && hints.contains(&"for 30s ") && hints.contains(&" for 30s"), "{hints:?}");
    assert!(hints.contains(&" → group (team), hangup"), "{hints:?}");
    let lenses = client.ask("textDocument/codeLens", document.clone());
    let lens = lenses.as_array().unwrap().iter().find(|lens| lens["command"]["command"] == "callroute.server.runTest").expect("a lens");
    let arguments = lens["command"]["arguments"].clone();
    let outcome = client.ask("workspace/executeCommand", json!({ "command": "callroute.server.runTest", "arguments": arguments }));
    assert_eq!(outcome, "1 passed, 0 failed");
    let lenses = client.ask("textDocument/codeLens", document.clone());
    assert!(lenses.to_string().contains("✓ passed"), "{lenses}");
    assert!(!lenses.to_string().contains("callroute.tryCall"), "a client that has not the command is not offered it");
    let call = lsp_client::position(OFFICE, OFFICE.find("crm(from)").unwrap() + 4);
    let help = client.ask("textDocument/signatureHelp", json!({ "textDocument": { "uri": uri }, "position": call }));
    assert_eq!(help["signatures"][0]["label"], "crm(number: phone)");
    let flow = lsp_client::position(OFFICE, OFFICE.find("support(team").unwrap());
    let items = client.ask("textDocument/prepareCallHierarchy", json!({ "textDocument": { "uri": uri }, "position": flow }));
    let incoming = client.ask("callHierarchy/incomingCalls", json!({ "item": items[0] }));
    assert_eq!(incoming[0]["from"]["name"], "main");
    let outgoing = client.ask("callHierarchy/outgoingCalls", json!({ "item": incoming[0]["from"] }));
    assert_eq!(outgoing[0]["to"]["name"], "support");
    let selection = client.ask("textDocument/selectionRange", json!({ "textDocument": { "uri": uri }, "positions": [flow] }));
    assert!(selection[0]["parent"]["parent"].is_object(), "{selection}");
    let found = client.ask("workspace/symbol", json!({ "query": "sppt" }));
    assert_eq!(found[0]["name"], "support");
    client.stop();
}

#[test]
fn formatting_changes_the_layout_and_only_what_must_change() {
    let mut client = Client::start();
    let text = "group sales = ring all < +13125550100 >\nwhen hours(9-17 America/Chicago)<group sales>else voicemail \"x\"\n";
    let uri = client.open("main.route", text);
    let edits =
        client.ask("textDocument/formatting", json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 2, "insertSpaces": true } }));
    assert_eq!(edits.as_array().unwrap().len(), 1);
    assert_eq!(edits[0]["range"]["start"]["line"], 1, "the first line stays untouched: {edits}");
    client.stop();
}

#[test]
fn rewritings_keep_what_the_script_does() {
    let mut client = Client::start();
    let text = "when hours(9-17 America/Chicago) < hangup > else voicemail \"x\"\n";
    let uri = client.open("main.route", text);
    let range = range_of(text, "hours");
    let actions =
        client.ask("textDocument/codeAction", json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } }));
    let titles: Vec<&str> = actions.as_array().unwrap().iter().map(|action| action["title"].as_str().unwrap()).collect();
    assert!(titles.iter().any(|title| title.starts_with("Turn these hours into the schedule")), "{titles:?}");
    for action in actions.as_array().unwrap() {
        let mut edits = action["edit"]["changes"][uri.as_str()].as_array().unwrap().clone();
        edits
            .sort_by_key(|edit| std::cmp::Reverse((edit["range"]["start"]["line"].as_u64(), edit["range"]["start"]["character"].as_u64())));
        let mut changed = text.to_owned();
        for edit in &edits {
            changed = lsp_client::apply(&changed, edit);
        }
        client.replace(&uri, 2, &changed);
        let errors: Vec<String> =
            client.diagnostics(&uri).as_array().unwrap().iter().filter(|d| d["severity"] == 1).map(|d| d.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}\n{changed}", action["title"]);
        client.replace(&uri, 3, text);
        client.diagnostics(&uri);
    }
    client.stop();
}

/// The text after the action of this title at a place.
fn after_action(client: &mut Client, uri: &str, text: &str, range: Value, title: &str) -> String {
    let actions =
        client.ask("textDocument/codeAction", json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } }));
    let titles: Vec<&Value> = actions.as_array().unwrap().iter().map(|action| &action["title"]).collect();
    let action = actions.as_array().unwrap().iter().find(|action| action["title"].as_str().unwrap().starts_with(title));
    let action = action.unwrap_or_else(|| panic!("no {title:?} in {titles:?}"));
    let mut edits = action["edit"]["changes"][uri].as_array().unwrap().clone();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit["range"]["start"]["line"].as_u64(), edit["range"]["start"]["character"].as_u64())));
    edits.iter().fold(text.to_owned(), |text, edit| lsp_client::apply(&text, edit))
}

#[test]
fn tests_that_the_server_writes_pass() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    for needle in ["group sales else hangup\n    2", "voicemail \"office_closed\"\n\ntest", "voicemail \"front_desk\"", "menu welcome"] {
        let at = lsp_client::position(OFFICE, OFFICE.find(needle).unwrap() + 2);
        let changed = after_action(&mut client, &uri, OFFICE, json!({ "start": at, "end": at }), "Write a test");
        client.replace(&uri, 2, &changed);
        assert_eq!(client.diagnostics(&uri), json!([]), "{changed}");
        let outcome = client.ask("workspace/executeCommand", json!({ "command": "callroute.server.runTest", "arguments": [uri] }));
        assert_eq!(outcome, "2 passed, 0 failed", "{changed}");
        client.replace(&uri, 3, OFFICE);
    }
    client.stop();
}

#[test]
fn steps_are_taken_out_into_a_flow() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let changed = after_action(&mut client, &uri, OFFICE, range_of(OFFICE, "voicemail \"front_desk\""), "Take these steps out");
    assert!(changed.contains("flow new_flow <\n  voicemail \"front_desk\"\n>"), "{changed}");
    assert!(changed.contains("> else do new_flow\n"), "{changed}");
    client.replace(&uri, 2, &changed);
    assert_eq!(client.diagnostics(&uri), json!([]));
    // A row exists in its block only.
    let actions = client.ask("textDocument/codeAction", json!({ "textDocument": { "uri": uri }, "range": range_of(&changed, "when customer.tier is gold < group sales else hangup >"), "context": { "diagnostics": [] } }));
    assert!(!actions.to_string().contains("Take these steps out"), "{actions}");
    client.stop();
}

#[test]
fn whatever_a_client_sends_the_server_lives() {
    let mut client = Client::start();
    let text = "say \"é😀\"\nhangup\n";
    let uri = client.open("main.route", text);
    for (line, character) in [(0, 6), (0, 7), (0, 99), (99, 0), (u32::MAX, u32::MAX), (1, 3)] {
        let place = json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        for method in ["hover", "completion", "definition", "documentHighlight", "signatureHelp", "prepareCallHierarchy"] {
            client.ask_anything(&format!("textDocument/{method}"), place.clone());
        }
    }
    // A range that ends before it begins, and one that lies outside, in half a character.
    for (from, to) in [((1, 3), (0, 0)), ((7, 7), (9, 9)), ((0, 7), (0, 7))] {
        client.notify("textDocument/didChange", json!({
            "textDocument": { "uri": uri, "version": 2 },
            "contentChanges": [{ "range": { "start": { "line": from.0, "character": from.1 }, "end": { "line": to.0, "character": to.1 } }, "text": "x" }]
        }));
    }
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///nowhere.route", "version": 2 }, "contentChanges": [] }),
    );
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": "untitled:1" } }));
    client.notify("$/cancelRequest", json!({ "id": 4711 }));
    client.notify("$/unknown", json!({}));
    assert_eq!(client.refused("callroute/unknown", json!({}))["code"], -32601);
    assert_eq!(client.refused("$/unknown", json!({}))["code"], -32601);
    // What is no message at all.
    for bytes in
        [&b"Content-Length: 5\r\n\r\nhallo"[..], b"Content-Length: 2\r\n\r\n{}", b"nonsense\r\n\r\n", b"Content-Length: 2\r\n\r\n\xff\xfe"]
    {
        client.send_bytes(bytes);
    }
    client.ask_anything("textDocument/hover", json!({ "nonsense": true }));
    client.ask_anything(
        "textDocument/hover",
        json!({ "textDocument": { "uri": "file:///nowhere.route" }, "position": { "line": 0, "character": 0 } }),
    );
    client.replace(&uri, 9, "hangup\n");
    assert_eq!(client.diagnostics(&uri), json!([]));
    client.stop();
}

#[test]
fn random_edits_end_where_opening_the_final_text_ends() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let mut text = OFFICE.to_owned();
    let mut random = 88172645463325252u64;
    let mut next = |limit: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % (limit as u64)).unwrap()
    };
    let pieces = ["", "x", "<", ">", "\"", "group sales\n", "é😀", "\r\n", "//", "1 => ", "}", "/*"];
    for version in 2..200 {
        // Between CR and LF is no position.
        let inside = |at: usize| at > 0 && text.as_bytes()[at - 1] == b'\r' && text.as_bytes().get(at) == Some(&b'\n');
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).filter(|at| !inside(*at)).collect();
        let from = next(boundaries.len());
        let to = (from + next(6)).min(boundaries.len() - 1);
        let (start, end, piece) = (boundaries[from], boundaries[to], pieces[next(pieces.len())]);
        let range = json!({ "start": lsp_client::position(&text, start), "end": lsp_client::position(&text, end) });
        text.replace_range(start..end, piece);
        client.notify(
            "textDocument/didChange",
            json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": [{ "range": range, "text": piece }] }),
        );
    }
    let place = json!({ "textDocument": { "uri": uri } });
    let edited = (
        client.diagnostics(&uri),
        client.ask("textDocument/semanticTokens/full", place.clone()),
        client.ask("textDocument/documentSymbol", place),
    );
    let mut fresh = Client::start();
    let uri = fresh.open("main.route", &text);
    let place = json!({ "textDocument": { "uri": uri } });
    let opened = (
        fresh.diagnostics(&uri),
        fresh.ask("textDocument/semanticTokens/full", place.clone()),
        fresh.ask("textDocument/documentSymbol", place),
    );
    let plain = |value: &Value| value.to_string().replace(fresh.uri("").as_str(), "").replace(client.uri("").as_str(), "");
    assert_eq!((plain(&edited.0), edited.1, edited.2), (plain(&opened.0), opened.1, opened.2));
    client.stop();
    fresh.stop();
}

#[test]
fn the_session_ends_as_the_protocol_says() {
    let mut client = Client::start();
    client.open("main.route", OFFICE);
    client.ask("shutdown", Value::Null);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(Duration::from_secs(5)), Some(0), "with its input still open");
    let mut client = Client::start();
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(Duration::from_secs(5)), Some(1));
    let mut client = Client::start();
    client.close_input();
    let began = Instant::now();
    assert_eq!(client.wait(Duration::from_secs(5)), Some(1));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_client_that_counts_bytes_is_answered_in_bytes() {
    let mut client = Client::with(json!({ "general": { "positionEncodings": ["utf-8", "utf-16"] } }));
    let text = "say \"é😀\" // hé\nhangup x\n";
    assert_eq!(text.lines().next().unwrap().len(), 19);
    let uri = client.open("main.route", text);
    let found = client.diagnostics(&uri);
    assert_eq!(found[0]["range"]["start"]["line"], 1);
    let tokens = client.ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
    let data: Vec<u64> = tokens["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    // `say`, the text of 8 bytes, the comment behind it.
    assert_eq!(&data[..15], [0, 0, 3, 0, 0, 0, 4, 8, 1, 0, 0, 9, 6, 3, 0]);
    client.stop();
}

#[test]
#[cfg(target_os = "linux")]
fn memory_stays_flat_over_ten_thousand_edits() {
    let mut client = Client::start();
    let uri = client.open("main.route", OFFICE);
    let (at, behind) = (json!({ "line": 3, "character": 7 }), json!({ "line": 3, "character": 8 }));
    let mut version = 1;
    let mut edits = |client: &mut Client, count: usize| {
        for edit in 0..count {
            version += 1;
            let (end, text) = if edit % 2 == 0 { (&at, "x") } else { (&behind, "") };
            client.notify(
                "textDocument/didChange",
                json!({
                    "textDocument": { "uri": uri, "version": version },
                    "contentChanges": [{ "range": { "start": at, "end": end }, "text": text }]
                }),
            );
            // Every hundredth is looked at in full.
            if edit % 100 == 99 {
                client.ask("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
            }
        }
        client.published(&uri);
        client.memory()
    };
    let before = edits(&mut client, 1_000);
    let after = edits(&mut client, 9_000);
    assert!(after < before + before / 4 + 4096, "{before} KiB have become {after} KiB");
    client.stop();
}

#[test]
fn the_table_of_features_is_what_the_server_announces() {
    let client = Client::start();
    let announced: std::collections::BTreeSet<String> = client
        .capabilities
        .as_object()
        .unwrap()
        .keys()
        .filter(|key| !matches!(key.as_str(), "positionEncoding" | "workspace"))
        .cloned()
        .collect();
    let document = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/editors.md")).unwrap();
    let table = document.split("## What the server can do").nth(1).expect("the table has its place");
    let documented: std::collections::BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(1)?.strip_prefix('`')?.split('`').next().map(str::to_owned))
        .collect();
    assert_eq!(documented, announced);
    client.stop();
}
