//! What the editors' files say of the language is what the language is: keywords, snippets, brackets, patterns of faults.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeSet;

use callroute_syntax::{parse, words};
use callroute_tests::disk;
use serde_json::Value;

fn read(path: &str) -> String {
    std::fs::read_to_string(disk::root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn set<'w>(words: impl IntoIterator<Item = &'w str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// The words of a rule of the TextMate grammar: the alternatives of every group of its patterns.
fn textmate_words(grammar: &Value, rule: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for pattern in grammar["repository"][rule]["patterns"].as_array().unwrap_or_else(|| panic!("no rule {rule}")) {
        let text = pattern["match"].as_str().unwrap();
        for group in text.split("(?:").skip(1) {
            let (alternatives, _) = group.split_once(')').unwrap();
            out.extend(alternatives.split('|').map(|word| word.replace("\\s+", " ")));
        }
    }
    out
}

#[test]
fn the_textmate_grammar_knows_the_words_of_the_language() {
    let grammar = json("editors/vscode/syntaxes/route.tmLanguage.json");
    let union = |rules: &[&str]| rules.iter().flat_map(|rule| textmate_words(&grammar, rule)).collect::<BTreeSet<String>>();
    assert_eq!(union(&["words-steps"]), set(words::STEPS.iter().copied()));
    assert_eq!(union(&["words-definitions"]), set(words::DEFINITIONS.iter().copied()));
    assert_eq!(union(&["words-operators"]), set(words::OPERATORS.iter().copied()));
    assert_eq!(union(&["words-options"]), set(words::OPTIONS.iter().copied()));
    let contextual = ["words-contextual", "words-outcomes", "words-days", "words-types", "words-tests"];
    assert_eq!(union(&contextual), set(words::CONTEXTUAL.iter().copied()));
}

/// The texts in quotes of a query, without its comments.
fn quoted(query: &str) -> BTreeSet<String> {
    let code: String = query.lines().map(|line| line.split(';').next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    code.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Compares the words of a highlight query with those of the language, each word of a pair on its own.
fn query_knows_the_words(name: &str, query: &str) {
    // Days and months are nodes of their own.
    let nodes = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let words: BTreeSet<String> =
        words::keywords().flat_map(|(word, _)| word.split(' ')).filter(|word| !nodes.contains(word)).map(str::to_owned).collect();
    // Other forms of words in the tables.
    let forms = ["digit", "workdays", "day", "days", "week", "weeks", "months", "year", "years"];
    let here: BTreeSet<String> = quoted(query)
        .into_iter()
        .filter(|text| text.starts_with(|c: char| c.is_ascii_lowercase()))
        .filter(|word| !forms.contains(&word.as_str()))
        .collect();
    let missing: Vec<_> = words.difference(&here).collect();
    let strange: Vec<_> = here.difference(&words).collect();
    assert!(missing.is_empty() && strange.is_empty(), "{name}: missing {missing:?}, no words of the language {strange:?}");
}

#[test]
fn highlight_queries_know_the_words_of_the_language() {
    query_knows_the_words("grammar/tree-sitter-route/queries/highlights.scm", tree_sitter_route::HIGHLIGHTS_QUERY);
    for path in ["editors/helix/queries/highlights.scm", "editors/zed/languages/route/highlights.scm"] {
        query_knows_the_words(path, &read(path));
    }
}

/// Each word on its own: in these files a pair is two words.
fn apart(words: &[&str]) -> BTreeSet<String> {
    words.iter().flat_map(|word| word.split(' ')).map(str::to_owned).collect()
}

#[test]
fn vim_and_emacs_know_the_words_of_the_language() {
    let known =
        apart(words::STEPS).into_iter().chain(apart(words::DEFINITIONS)).chain(apart(words::OPERATORS)).chain(apart(words::OPTIONS));
    let known: BTreeSet<String> = known.collect();
    let contextual: BTreeSet<String> = apart(words::CONTEXTUAL).difference(&known).cloned().collect();

    let vim = read("editors/nvim/syntax/route.vim");
    let group = |names: &[&str]| {
        let mut words = BTreeSet::new();
        for line in vim.lines() {
            let mut parts = line.split(' ');
            let (Some("syn"), Some(kind), Some(name)) = (parts.next(), parts.next(), parts.next()) else { continue };
            match kind {
                "keyword" if names.contains(&name) => words.extend(parts.map(str::to_owned)),
                // A word that `:syn keyword` cannot take stands in a pattern of its own.
                "match" if names.contains(&name) => {
                    let pattern = parts.next().unwrap();
                    words.extend(pattern.strip_prefix("\"\\<").and_then(|rest| rest.strip_suffix("\\>\"")).map(str::to_owned));
                }
                _ => {}
            }
        }
        words
    };
    assert_eq!(group(&["routeStep"]), apart(words::STEPS));
    assert_eq!(group(&["routeDefinition"]), apart(words::DEFINITIONS));
    assert_eq!(group(&["routeWord"]), apart(words::OPERATORS));
    assert_eq!(group(&["routeOption"]), apart(words::OPTIONS));
    assert_eq!(group(&["routeContextual", "routeDay", "routeOutcome"]), contextual);

    let emacs = read("editors/emacs/route-mode.el");
    let list = |name: &str| {
        let (_, rest) = emacs.split_once(&format!("(defconst route-{name}\n")).unwrap();
        rest.split_once("))").unwrap().0.split('"').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<String>>()
    };
    assert_eq!(list("steps"), apart(words::STEPS));
    assert_eq!(list("definitions"), apart(words::DEFINITIONS));
    assert_eq!(list("operators"), apart(words::OPERATORS));
    assert_eq!(list("options"), apart(words::OPTIONS));
    assert_eq!(list("contextual"), contextual);
}

/// A snippet as it stands in the text when nothing is typed over.
fn expanded(body: &str) -> String {
    let mut out = String::new();
    let mut kept: Vec<(String, String)> = Vec::new();
    fn piece(rest: &mut &str, out: &mut String, kept: &mut Vec<(String, String)>, inside: bool) {
        while let Some(sign) = rest.chars().next() {
            *rest = &rest[sign.len_utf8()..];
            match sign {
                '}' if inside => return,
                '\\' => {
                    let next = rest.chars().next().unwrap();
                    *rest = &rest[next.len_utf8()..];
                    out.push(next);
                }
                '$' => {
                    let braced = rest.starts_with('{');
                    *rest = rest.trim_start_matches('{');
                    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                    let number = rest[..digits].to_owned();
                    *rest = &rest[digits..];
                    let mut value = String::new();
                    if braced {
                        match rest.chars().next().unwrap() {
                            ':' => {
                                *rest = &rest[1..];
                                piece(rest, &mut value, kept, true);
                            }
                            '|' => {
                                let (choices, after) = rest[1..].split_once("|}").unwrap();
                                choices.split(',').next().unwrap().clone_into(&mut value);
                                *rest = after;
                            }
                            _ => *rest = &rest[1..],
                        }
                        kept.push((number.clone(), value.clone()));
                    }
                    if value.is_empty() {
                        value = kept.iter().find(|(known, _)| *known == number).map_or(String::new(), |(_, value)| value.clone());
                    }
                    // The last place to type in stands for one more step or entry.
                    out.push_str(if value.is_empty() && number == "0" { "" } else { &value });
                }
                other => out.push(other),
            }
        }
    }
    let mut rest = body;
    piece(&mut rest, &mut out, &mut kept, false);
    out
}

#[test]
fn snippets_are_of_the_language() {
    let snippets = json("editors/vscode/snippets/route.json");
    let snippets = snippets.as_object().unwrap();
    assert!(snippets.len() > 15);
    // The server's, for when there is no server.
    assert_eq!(snippets.len(), callroute_ide::SNIPPETS.len());
    for snippet in callroute_ide::SNIPPETS {
        let body: Vec<&str> = snippet.body.split('\n').collect();
        assert_eq!(snippets[snippet.label], serde_json::json!({ "prefix": snippet.label, "description": snippet.detail, "body": body }));
    }
    let mut prefixes = BTreeSet::new();
    for (name, snippet) in snippets {
        assert!(prefixes.insert(snippet["prefix"].as_str().unwrap()), "{name}: a prefix that another has");
        assert!(snippet["description"].is_string(), "{name} has no description");
        let lines: Vec<&str> = snippet["body"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        // Where nothing stands yet, a step is to be typed.
        let body = lines.join("\n").replace("=> $0", "=> hangup");
        let text = expanded(&body);
        let parsed = parse(&text);
        assert!(parsed.is_clean(), "{name}: {:?}\n{text}", parsed.diagnostics.first().map(|d| &d.message));
        assert!(!text.contains('$'), "{name}: {text}");
    }
}

#[test]
fn the_brackets_of_the_editor_are_those_of_the_language() {
    let configuration = json("editors/vscode/language-configuration.json");
    for key in ["brackets", "surroundingPairs"] {
        for pair in [["<", ">"], ["{", "}"], ["(", ")"]] {
            assert!(configuration[key].as_array().unwrap().contains(&serde_json::json!(pair)), "{key} lacks {pair:?}");
        }
    }
    assert_eq!(configuration["comments"]["lineComment"], "//");
    assert!(parse("hangup // comment\n/* another */ hangup").is_clean());
}

#[test]
fn the_extension_says_what_the_program_can_do() {
    let package = json("editors/vscode/package.json");
    // Commands that the server's lenses name.
    let commands: Vec<&str> =
        package["contributes"]["commands"].as_array().unwrap().iter().map(|command| command["command"].as_str().unwrap()).collect();
    for command in ["callroute.runTest", "callroute.tryCall", "callroute.showGraph", "callroute.restartServer"] {
        assert!(commands.contains(&command), "{command}");
    }
    // The words of the first line of a fault, as the patterns of the extension want them.
    let analysis = callroute_analysis::analyse("a.route", "grop sales\n", &callroute_analysis::NoFiles);
    let sources = callroute_diagnostics::Sources::new(analysis.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let shown = callroute_diagnostics::Human::new(&sources, callroute_diagnostics::Color::Off).full(&analysis.diagnostics[0]);
    let mut lines = shown.lines();
    assert!(lines.next().unwrap().starts_with("error[E0111]: `grop`"), "{shown}");
    assert_eq!(lines.next().unwrap().trim(), "╭─[ a.route:1:1 ]", "{shown}");
    let pattern = &package["contributes"]["problemMatchers"][0]["pattern"];
    assert_eq!(pattern[0]["regexp"], r"^(error|warning|hint)\[([A-Z]\d+)\]: (.*)$");
    assert_eq!(pattern[1]["regexp"], r"^\s*╭─\[ (.+):(\d+):(\d+) \]$");
    // Nobody has to reach the machine that the packages came from.
    assert!(
        !read("editors/vscode/package-lock.json").contains("\"resolved\""),
        "the lock file names addresses: npm config set omit-lockfile-registry-resolved true"
    );
}

fn toml(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn strings(value: &toml::Value) -> BTreeSet<String> {
    value.as_array().unwrap_or_else(|| panic!("{value:?} is no list")).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The captures of a query that an editor must know.
fn captures(path: &str) -> BTreeSet<String> {
    let query = read(path);
    let code: String = query.lines().map(|line| format!("{}\n", line.split(';').next().unwrap())).collect();
    code.split('@')
        .skip(1)
        .map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-'))).next().unwrap().to_owned())
        .filter(|name| !name.starts_with('_'))
        .collect()
}

/// Helix and Zed are not run by the tests, so what their files say of one another, of the grammar and of the program is held here.
#[test]
fn the_files_for_helix_and_zed_fit_together() {
    let grammar = json("grammar/tree-sitter-route/src/grammar.json");
    let name = grammar["name"].as_str().unwrap();
    let in_repository = |path: &str| {
        for file in ["src/parser.c", "src/tree_sitter/parser.h"] {
            assert!(disk::root().join(path).join(file).is_file(), "{path} has no {file}");
        }
    };

    let helix = toml("editors/helix/languages.toml");
    let language = &helix["language"].as_array().unwrap()[0];
    assert_eq!(language["name"].as_str(), Some(name), "Helix looks for the grammar and the queries by the language's name");
    assert_eq!(language["scope"].as_str(), grammar_scope().as_deref());
    assert!(strings(&language["file-types"]).contains("route"));
    assert!(strings(&language["comment-tokens"]).contains("//"));
    assert_eq!(language["indent"]["tab-width"].as_integer(), Some(2));
    for server in strings(&language["language-servers"]) {
        let server = &helix["language-server"][&server];
        assert_eq!((server["command"].as_str(), strings(&server["args"])), (Some("callroute"), set(["lsp"])));
    }
    let source = &helix["grammar"].as_array().unwrap()[0];
    assert_eq!(source["name"].as_str(), Some(name));
    in_repository(source["source"]["subpath"].as_str().unwrap());

    let zed = toml("editors/zed/extension.toml");
    assert_eq!((zed["schema_version"].as_integer(), zed["id"].as_str()), (Some(1), Some("callroute")));
    let configuration = toml("editors/zed/languages/route/config.toml");
    let parser = configuration["grammar"].as_str().unwrap();
    assert_eq!(parser, name, "Zed finds the parser by the name that the grammar gives itself");
    in_repository(zed["grammars"][parser]["path"].as_str().unwrap());
    assert_eq!(zed["grammars"][parser]["repository"].as_str(), source["source"]["git"].as_str());
    let known = configuration["name"].as_str().unwrap();
    let servers = zed["language_servers"].as_table().unwrap();
    assert!(servers.values().any(|server| strings(&server["languages"]).contains(known)), "no server for {known}");
    assert!(strings(&configuration["path_suffixes"]).contains("route"));
    assert!(strings(&configuration["line_comments"]).contains("// "));
    let pairs: BTreeSet<(&str, &str)> = configuration["brackets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| (pair["start"].as_str().unwrap(), pair["end"].as_str().unwrap()))
        .collect();
    let closers = language["auto-pairs"].as_table().unwrap().iter().map(|(open, close)| (open.as_str(), close.as_str().unwrap())).collect();
    assert_eq!(pairs, closers);
    assert_eq!(toml("editors/zed/Cargo.toml")["lib"]["crate-type"], toml::Value::from(vec!["cdylib"]));

    // What each of them makes of a query lies in the names of its captures: with others it does nothing, and says nothing.
    for (path, known) in [
        ("editors/helix/queries/indents.scm", "indent indent.always outdent outdent.always extend extend.prevent-once align anchor opaque"),
        ("editors/helix/queries/locals.scm", "local.scope local.definition local.reference"),
        ("editors/zed/languages/route/brackets.scm", "open close"),
        ("editors/zed/languages/route/indents.scm", "indent start end outdent"),
        ("editors/zed/languages/route/outline.scm", "item name context context.extra annotation"),
    ] {
        let known = set(known.split(' '));
        let odd: Vec<String> = captures(path).difference(&known).cloned().collect();
        assert!(odd.is_empty(), "{path}: {odd:?} means nothing there");
    }
    let objects = captures("editors/helix/queries/textobjects.scm");
    for object in &objects {
        let (what, part) = object.split_once('.').unwrap();
        assert!(["function", "class", "test", "parameter", "comment", "entry"].contains(&what), "{object}");
        assert!(["inside", "around", "movement"].contains(&part), "{object}");
    }
    assert!(!objects.is_empty());
}

/// The scope by which editors know the grammar.
fn grammar_scope() -> Option<String> {
    json("grammar/tree-sitter-route/tree-sitter.json")["grammars"][0]["scope"].as_str().map(str::to_owned)
}
