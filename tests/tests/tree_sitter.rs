//! The grammar for editors (`grammar/tree-sitter-route`) reads the language of `grammar/route.pest`, which is the truth:
//! every script of the project is read with both, and what they accept and how they divide it must be the same.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use callroute_diagnostics::Span;
use callroute_syntax::tree::{DefKind, TestBody};
use callroute_syntax::visit::{Event, Node as Ours, walk};
use callroute_syntax::{CommentKind, parse};
use callroute_tests::disk;
use tree_sitter::{Language, Node, Parser, Query, QueryCursor, StreamingIterator as _, Tree};

/// Scripts that the checker's parser refuses and this grammar reads, each with the reason why it has to. Everything else must agree.
const READ_HERE_ALL_THE_SAME: &[(&str, &str)] = &[
    ("mistakes: 1 an option twice", "that an option is given once is counted, not parsed"),
    ("docs/errors/E0135.md block 1", "that an option is given once is counted, not parsed"),
    ("refused: test table row with a cell too few separators", "how many cells a row has is counted, not parsed"),
];

fn folder() -> PathBuf {
    disk::root().join("grammar/tree-sitter-route")
}

fn language() -> Language {
    tree_sitter_route::LANGUAGE.into()
}

fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&language()).unwrap();
    parser
}

fn tree(parser: &mut Parser, text: &str) -> Tree {
    parser.parse(text, None).unwrap()
}

struct Script {
    title: String,
    text: String,
}

/// Every script of the project: files, cases of the syntax corpus, code blocks of documents.
fn scripts() -> Vec<Script> {
    let mut out = Vec::new();
    for folder in ["examples", "tests/corpus", "tests/conformance", "docs/samples", "crates"] {
        for path in disk::scripts(&disk::root().join(folder)) {
            out.push(Script { title: shown(&path), text: std::fs::read_to_string(&path).unwrap() });
        }
    }
    for name in ["accepted", "mistakes", "refused", "refused-later"] {
        let path = disk::root().join(format!("crates/syntax/tests/corpus/{name}.txt"));
        for case in std::fs::read_to_string(path).unwrap().split("\n===== ").skip(1) {
            let (title, text) = case.split_once('\n').unwrap();
            out.push(Script { title: format!("{name}: {title}"), text: text.to_owned() });
        }
    }
    let mut documents = vec![disk::root().join("README.md")];
    for folder in ["docs", "docs/errors"] {
        documents.extend(std::fs::read_dir(disk::root().join(folder)).unwrap().flatten().map(|entry| entry.path()));
    }
    documents.sort();
    for path in documents.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(&path).unwrap();
        for (index, block) in text.split("\n```route").skip(1).enumerate() {
            let (info, rest) = block.split_once('\n').unwrap();
            let (script, _) = rest.split_once("```").unwrap();
            out.push(Script { title: format!("{} block {} {}", shown(&path), index + 1, info.trim()), text: script.to_owned() });
        }
    }
    assert!(out.len() > 400, "only {} scripts were found", out.len());
    out
}

fn shown(path: &Path) -> String {
    path.strip_prefix(disk::root()).unwrap_or(path).display().to_string()
}

/// The first place where a tree has an error, in words.
fn first_error(node: Node<'_>, text: &str) -> String {
    let mut cursor = node.walk();
    loop {
        let here = cursor.node();
        if here.is_error() || here.is_missing() {
            let at = here.start_position();
            let piece: String = text[here.start_byte()..].chars().take(30).collect();
            return format!("{}:{} {} `{}`", at.row + 1, at.column + 1, here.kind(), piece.escape_debug());
        }
        if here.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return "nowhere".to_owned();
            }
        }
    }
}

#[test]
fn both_grammars_accept_the_same_scripts() {
    let mut parser = parser();
    let mut wrong = String::new();
    let mut used = Vec::new();
    for script in scripts() {
        let parsed = parse(&script.text);
        let tree = tree(&mut parser, &script.text);
        let here = !tree.root_node().has_error();
        if here == parsed.is_clean() {
            continue;
        }
        if let Some((title, _)) = READ_HERE_ALL_THE_SAME.iter().find(|(title, _)| here && script.title.starts_with(title)) {
            used.push(*title);
            continue;
        }
        if here {
            let first = &parsed.diagnostics[0];
            let _ = writeln!(
                wrong,
                "ACCEPTED HERE  {}: {} {}\n    {}",
                script.title,
                first.code,
                first.message,
                first.place.span.text(&script.text).escape_debug()
            );
        } else {
            let _ = writeln!(wrong, "REFUSED HERE   {}: {}", script.title, first_error(tree.root_node(), &script.text));
        }
    }
    for (title, reason) in READ_HERE_ALL_THE_SAME {
        if !used.contains(title) {
            let _ = writeln!(wrong, "no longer needed: {title} ({reason})");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A line for each part that both trees know: what it is and where it stands.
type Outline = Vec<(String, Span)>;

fn outline_of_ours(text: &str) -> Outline {
    let parsed = parse(text);
    let mut out = Outline::new();
    let mut table = 0usize;
    walk(&parsed.tree, &mut |event| {
        let (node, enter) = match event {
            Event::Enter(node) => (node, true),
            Event::Leave(node) => (node, false),
        };
        if let Ours::Def(def) = node
            && let DefKind::Test(test) = &def.kind
            && matches!(test.body, TestBody::Table { .. })
        {
            table = usize::from(enter);
        }
        if !enter {
            return;
        }
        let what = match node {
            Ours::Def(def) => format!("definition {}", def.head.text(text).to_ascii_lowercase()),
            Ours::Step(step) => format!("step {}", step.head.text(text).to_ascii_lowercase()),
            Ours::Else(_) => "else".to_owned(),
            Ours::Block(_) => "block".to_owned(),
            Ours::Arms(_) => "arms".to_owned(),
            Ours::Arm(_) => "arm".to_owned(),
            Ours::Member(_) => "member".to_owned(),
            Ours::ListEntry(_) => "list_entry".to_owned(),
            Ours::PromptEntry(_) => "prompt_entry".to_owned(),
            Ours::TableRow(_) => "row".to_owned(),
            Ours::Field(_) => "field".to_owned(),
            Ours::ScheduleLine(_) => "schedule_line".to_owned(),
            Ours::Interval(_) => "interval".to_owned(),
            Ours::Zone(_) => "zone".to_owned(),
            Ours::TestLine(_) if table == 0 => "test line".to_owned(),
            _ => return,
        };
        out.push((what, node.span()));
    });
    // One member that is no group has no node of its own in one of the trees, and the order within a definition is not compared.
    out.sort_by(|a, b| (a.1.start, std::cmp::Reverse(a.1.end), &a.0).cmp(&(b.1.start, std::cmp::Reverse(b.1.end), &b.0)));
    out
}

fn span(node: Node<'_>) -> Span {
    Span::new(u32::try_from(node.start_byte()).unwrap(), u32::try_from(node.end_byte()).unwrap())
}

fn outline_of_this(tree: &Tree, text: &str) -> Outline {
    let mut out = Outline::new();
    let mut stack = vec![tree.root_node()];
    while let Some(node) = stack.pop() {
        let mut cursor = node.walk();
        stack.extend(node.children(&mut cursor));
        if !node.is_named() {
            continue;
        }
        let first = || node.child(0).map_or("", |child| &text[child.byte_range()]).to_ascii_lowercase();
        let what = match node.kind() {
            "field_definition" | "parameter" => "field".to_owned(),
            "schedule_line" | "list_entry" | "prompt_entry" | "row" | "member" | "block" | "arms" | "arm" | "interval" => {
                node.kind().to_owned()
            }
            "else_clause" => "else".to_owned(),
            "zone_name" => "zone".to_owned(),
            kind if kind.ends_with("_definition") => format!("definition {}", first()),
            kind if kind.ends_with("_step") => format!("step {}", first()),
            kind if kind.ends_with("_line") => "test line".to_owned(),
            _ => continue,
        };
        out.push((what, span(node)));
    }
    out.sort_by(|a, b| (a.1.start, std::cmp::Reverse(a.1.end), &a.0).cmp(&(b.1.start, std::cmp::Reverse(b.1.end), &b.0)));
    out
}

fn listed(outline: &Outline, text: &str) -> Vec<String> {
    outline
        .iter()
        .map(|(what, span)| {
            format!("{what} {}..{} {}", span.start, span.end, span.text(text).chars().take(40).collect::<String>().escape_debug())
        })
        .collect()
}

#[test]
fn both_grammars_divide_scripts_alike() {
    let mut parser = parser();
    let mut wrong = String::new();
    let (mut compared, mut parts, mut names) = (0usize, 0usize, 0usize);
    for script in scripts() {
        let parsed = parse(&script.text);
        let tree = tree(&mut parser, &script.text);
        if !parsed.is_clean() || tree.root_node().has_error() {
            continue;
        }
        let (ours, this) = (outline_of_ours(&script.text), outline_of_this(&tree, &script.text));
        compared += 1;
        parts += ours.len();
        if ours != this {
            let (ours, this) = (listed(&ours, &script.text), listed(&this, &script.text));
            let _ = writeln!(wrong, "{}", script.title);
            for line in ours.iter().filter(|line| !this.contains(line)).take(4) {
                let _ = writeln!(wrong, "    only the checker's parser: {line}");
            }
            for line in this.iter().filter(|line| !ours.contains(line)).take(4) {
                let _ = writeln!(wrong, "    only this grammar:         {line}");
            }
        }
        let named = names_of_ours(&script.text);
        for (name, at) in names_of_definitions(&tree, &script.text) {
            names += 1;
            if !named.contains(&at) {
                let _ = writeln!(wrong, "{}: `{name}` names a definition only in this grammar", script.title);
            }
        }
        let comments: Vec<(CommentKind, Span)> = parsed.comments.iter().map(|comment| (comment.kind, comment.span)).collect();
        let here = comments_of_this(&tree);
        if comments != here {
            let _ = writeln!(wrong, "{}: comments {comments:?}, here {here:?}", script.title);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(compared > 200 && parts > 3000 && names > 300, "{compared} scripts with {parts} parts and {names} names were compared");
}

/// Where the checker's parser sees names and titles.
fn names_of_ours(text: &str) -> Vec<Span> {
    let parsed = parse(text);
    let mut out = Vec::new();
    walk(&parsed.tree, &mut |event| match event {
        Event::Enter(Ours::Name(name)) => out.push(name.span),
        Event::Enter(Ours::Text(title)) => out.push(title.span),
        _ => {}
    });
    out
}

fn names_of_definitions<'t>(tree: &Tree, text: &'t str) -> Vec<(&'t str, Span)> {
    let mut cursor = tree.root_node().walk();
    let definitions = tree.root_node().named_children(&mut cursor).filter(|node| node.kind().ends_with("_definition")).collect::<Vec<_>>();
    let names = definitions.iter().filter_map(|node| node.child_by_field_name("name").or_else(|| node.child_by_field_name("title")));
    names.map(|name| (&text[name.byte_range()], span(name))).collect()
}

fn comments_of_this(tree: &Tree) -> Vec<(CommentKind, Span)> {
    let mut out = Vec::new();
    let mut stack = vec![tree.root_node()];
    while let Some(node) = stack.pop() {
        let mut cursor = node.walk();
        stack.extend(node.children(&mut cursor));
        match node.kind() {
            "comment" => out.push((CommentKind::Line, span(node))),
            "doc_comment" => out.push((CommentKind::Doc, span(node))),
            "block_comment" => out.push((CommentKind::Block, span(node))),
            _ => {}
        }
    }
    out.sort_by_key(|(_, span)| span.start);
    out
}

// ------------------------------------------------------------------------------------------------ the grammar's own

#[test]
fn the_committed_parser_is_what_the_grammar_gives() {
    let folder = folder();
    let grammar = std::fs::read_to_string(folder.join("src/grammar.json")).unwrap();
    let (name, parser) = tree_sitter_generate::generate_parser_for_grammar(&grammar, Some((0, 1, 0))).unwrap();
    assert_eq!(name, "route");
    let committed = std::fs::read_to_string(folder.join("src/parser.c")).unwrap();
    assert!(
        parser.lines().skip(1).eq(committed.lines().skip(1)),
        "src/parser.c is not what the grammar gives: cargo run -p tree-sitter-route --example generate"
    );
    // Whoever has no Node.js cannot have changed grammar.js and generated.
    let script = "const text = require('fs').readFileSync(process.argv[1], 'utf8'); process.stdout.write(String(text.length))";
    if std::process::Command::new("node").args(["-e", script]).arg(folder.join("grammar.js")).output().is_err() {
        return;
    }
    let again = std::env::temp_dir().join(format!("callroute-grammar-{}", std::process::id()));
    std::fs::create_dir_all(&again).unwrap();
    std::fs::copy(folder.join("grammar.js"), again.join("grammar.js")).unwrap();
    std::fs::copy(folder.join("tree-sitter.json"), again.join("tree-sitter.json")).unwrap();
    let level = tree_sitter_generate::OptLevel::default();
    let done = tree_sitter_generate::generate_parser_in_directory(
        &again,
        None::<&Path>,
        Some(again.join("grammar.js")),
        tree_sitter_generate::ABI_VERSION_MAX,
        None,
        Some("node"),
        false,
        level,
    );
    let fresh = std::fs::read_to_string(again.join("src/grammar.json"));
    let _ = std::fs::remove_dir_all(&again);
    assert!(done.is_ok(), "{done:?}");
    assert!(fresh.unwrap() == grammar, "src/grammar.json is not what grammar.js says: cargo run -p tree-sitter-route --example generate");
}

/// A syntax tree in the form of corpus files, on lines of two blanks for each level.
fn drawn(node: Node<'_>) -> String {
    fn one(node: Node<'_>, field: Option<&str>, depth: usize, out: &mut String) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&"  ".repeat(depth));
        if let Some(field) = field {
            let _ = write!(out, "{field}: ");
        }
        let _ = write!(out, "({}", if node.is_missing() { format!("MISSING {}", node.kind()) } else { node.kind().to_owned() });
        let mut cursor = node.walk();
        if cursor.goto_first_child() {
            loop {
                if cursor.node().is_named() {
                    one(cursor.node(), cursor.field_name(), depth + 1, out);
                }
                if !cursor.goto_next_sibling() {
                    break;
                }
            }
        }
        out.push(')');
    }
    let mut out = String::new();
    one(node, None, 0, &mut out);
    out
}

/// The files of `test/corpus`, in the format of `tree-sitter test`. `UPDATE_TREES=1` writes the trees anew, to be read over.
#[test]
fn the_corpus_of_trees_holds() {
    let update = std::env::var_os("UPDATE_TREES").is_some();
    let mut parser = parser();
    let mut wrong = String::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder().join("test/corpus")).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let mut fresh = String::new();
        let (bar, line) = (format!("{}\n", "=".repeat(80)), format!("{}\n", "-".repeat(80)));
        let mut parts = text.split(&bar).skip(1);
        while let (Some(head), Some(body)) = (parts.next(), parts.next()) {
            let (source, expected) = body.split_once(&line).unwrap();
            let source = source.trim_matches('\n');
            let tree = tree(&mut parser, source);
            count += 1;
            let found = drawn(tree.root_node());
            if head.contains(":error") != tree.root_node().has_error() {
                let _ = writeln!(wrong, "{}: {}", head.trim(), first_error(tree.root_node(), source));
            }
            if !update && !head.contains(":error") && found != expected.trim() {
                let _ = writeln!(wrong, "{}\n{found}", head.trim());
            }
            let shown = if head.contains(":error") { String::new() } else { format!("{found}\n\n") };
            let _ = write!(fresh, "{bar}{head}{bar}\n{source}\n\n{line}\n{shown}");
        }
        if update {
            std::fs::write(entry.path(), format!("{}\n", fresh.trim_end())).unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count >= 20, "only {count} trees");
}

/// Every query of the grammar and of the editors: the kinds and fields that it names exist, and it finds something in the examples.
#[test]
fn queries_fit_the_grammar() {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder().join("queries"), disk::root().join("editors")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_none_or(|name| name != "node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "scm") {
                files.push(path);
            }
        }
    }
    assert!(files.len() >= 6, "{files:?}");
    let text: String =
        scripts().iter().filter(|script| script.title.starts_with("examples")).map(|script| format!("{}\n", script.text)).collect();
    let mut parser = parser();
    let tree = tree(&mut parser, &text);
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        let query = Query::new(&language(), &source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut cursor = QueryCursor::new();
        let mut found = cursor.matches(&query, tree.root_node(), text.as_bytes());
        assert!(found.next().is_some(), "{} finds nothing in the examples", file.display());
    }
}

/// What a piece of a script is coloured as: the captures of each token, outermost first.
fn colours(text: &str) -> Vec<(String, String)> {
    let query = Query::new(&language(), tree_sitter_route::HIGHLIGHTS_QUERY).unwrap();
    let mut parser = parser();
    let tree = tree(&mut parser, text);
    let mut cursor = QueryCursor::new();
    let mut captures = cursor.captures(&query, tree.root_node(), text.as_bytes());
    let mut out = Vec::new();
    while let Some((found, index)) = captures.next() {
        let capture = found.captures[*index];
        out.push((text[capture.node.byte_range()].to_owned(), query.capture_names()[capture.index as usize].to_owned()));
    }
    out
}

#[test]
fn colours_are_as_meant() {
    let text = "/// Doc.\nflow f(team: group) < when hours(office) and tier is gold < group (team) for 20s < busy => say \"a {tier} \\n\" > else go f > >\n\
                schedule office = in America/Chicago < mon-fri 9-17:30; dec 24 closed > list vip = < +1312* > test \"x\" < press 12# expect menu >";
    let colours = colours(text);
    for (token, colour) in [
        ("/// Doc.", "comment.documentation"),
        ("flow", "keyword.type"),
        ("f", "function"),
        ("team", "property"),
        ("when", "keyword.conditional"),
        ("hours", "function.builtin"),
        ("office", "constant"),
        ("and", "keyword.operator"),
        ("gold", "constant"),
        ("for", "keyword.modifier"),
        ("20s", "number"),
        ("busy", "constant.builtin"),
        ("\\n", "string.escape"),
        ("else", "keyword.conditional"),
        ("f", "function.call"),
        ("America/Chicago", "string.special.symbol"),
        ("mon-fri", "constant.builtin"),
        ("17:30", "number"),
        ("dec", "constant.builtin"),
        ("24", "number"),
        ("closed", "keyword.modifier"),
        ("+1312*", "string.special"),
        ("12#", "string.special"),
        ("menu", "keyword"),
        ("=>", "operator"),
        ("<", "punctuation.bracket"),
    ] {
        assert!(colours.contains(&(token.to_owned(), colour.to_owned())), "`{token}` is no {colour}: {colours:?}");
    }
}

/// Broken and hostile texts: a tree all the same, soon.
#[test]
fn any_text_has_a_tree() {
    let mut parser = parser();
    let deep = "when vip < ".repeat(20_000);
    let wide = "menu < 1 => ".repeat(5000);
    let quotes = "say \"a{".repeat(5000);
    for text in [
        "",
        "\u{feff}",
        "<<<<>>>>",
        "\0\0\0",
        "été 👋 \u{1F600}",
        "when",
        &deep,
        &wide,
        &quotes,
        &"<".repeat(50_000),
        &"1 => ".repeat(20_000),
    ] {
        let begun = std::time::Instant::now();
        let tree = tree(&mut parser, text);
        assert_eq!(tree.root_node().end_byte(), text.len().max(tree.root_node().start_byte()));
        assert!(begun.elapsed().as_secs() < 20, "{} bytes took {:?}", text.len(), begun.elapsed());
    }
    // Cut at any place, a script has a tree.
    let text = std::fs::read_to_string(disk::root().join("examples/office/office.route")).unwrap();
    for (at, _) in text.char_indices().step_by(7) {
        tree(&mut parser, &text[..at]);
    }
}
