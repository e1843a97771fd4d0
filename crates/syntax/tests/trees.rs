//! The shape of the tree, for the smallest script and for a whole office.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use callroute_syntax::tree::{Body, DefKind, DialTarget, Item, StepKind, Target};
use callroute_syntax::visit::{Event, Node, path_at, walk};
use callroute_syntax::{CommentKind, parse};
use common::case;

/// The tree as an outline: each node by its kind and its text.
fn outline(source: &str) -> String {
    let parsed = parse(source);
    assert!(parsed.diagnostics.is_empty(), "{}", common::render(source, &parsed));
    let mut out = String::new();
    let mut depth = 0_usize;
    walk(&parsed.tree, &mut |event| match event {
        Event::Enter(node) => {
            let debug = format!("{node:?}");
            let kind = debug.split(['(', ' ']).next().unwrap();
            let detail = match node {
                Node::Step(step) => variant(&step.kind),
                Node::Def(def) => variant(&def.kind),
                Node::Cond(cond) => variant(&cond.kind),
                Node::Expr(expr) => variant(&expr.kind),
                Node::DateSpec(spec) => variant(&spec.kind),
                Node::DialOption(option) => variant(&option.kind),
                Node::GatherOption(option) => variant(&option.kind),
                Node::TestLine(line) => variant(&line.kind),
                _ => String::new(),
            };
            let text: String = node.span().text(source).split_whitespace().collect::<Vec<_>>().join(" ");
            let short: String = text.chars().take(48).collect();
            out.push_str(&format!("{}{kind}{}{detail} `{short}`\n", "  ".repeat(depth), if detail.is_empty() { "" } else { "." }));
            depth += 1;
        }
        Event::Leave(_) => depth -= 1,
    });
    out
}

fn variant(kind: &impl std::fmt::Debug) -> String {
    format!("{kind:?}").split(['(', ' ', '{']).next().unwrap().to_owned()
}

#[test]
fn the_smallest_script() {
    let source = case("accepted.txt", "the smallest script, as it stands");
    insta::assert_snapshot!("smallest_outline", outline(&source));
    insta::assert_debug_snapshot!("smallest", parse(&source).tree);
}

#[test]
fn a_small_office() {
    insta::assert_snapshot!("office_outline", outline(&case("accepted.txt", "a small office")));
}

#[test]
fn every_definition() {
    insta::assert_snapshot!("definitions_outline", outline(&case("accepted.txt", "every definition, no separators")));
}

#[test]
fn a_schedule() {
    insta::assert_snapshot!("schedule_outline", outline(&case("accepted.txt", "a schedule with every kind of line")));
}

/// The smallest script means the same however it is laid out.
#[test]
fn layout_means_nothing() {
    let kinds = |source: &str| {
        let mut kinds = Vec::new();
        walk(&parse(source).tree, &mut |event| {
            if let Event::Enter(node) = event {
                let text = match node {
                    Node::Name(name) => name.text.to_ascii_lowercase(),
                    Node::Step(step) => variant(&step.kind),
                    Node::Expr(expr) => variant(&expr.kind),
                    Node::Time(time) => time.minutes.to_string(),
                    _ => String::new(),
                };
                kinds.push((format!("{node:?}").split('(').next().unwrap().to_owned(), text));
            }
        });
        kinds
    };
    let wanted = kinds(&case("accepted.txt", "the smallest script, as it stands"));
    assert!(wanted.len() > 20);
    for title in ["sample many lines, no semicolon", "sample in braces", "sample keywords in any case"] {
        assert_eq!(kinds(&case("accepted.txt", title)), wanted, "{title}");
    }
    let tight = "when hours(9-17 America/Chicago)<menu<1=>group sales;2=>agent support>>else voicemail\"office_closed\"";
    assert_eq!(kinds(tight), wanted);
    let loose = "when hours ( 9 - 17 America/Chicago ) // office\n<\n\nmenu /* keys */ < ;; 1\n=>\ngroup\nsales ;;; 2 => agent support ; > ; >\nelse\nvoicemail \"office_closed\" ;";
    assert_eq!(kinds(loose), wanted);
}

/// `else` belongs to the nearest step that may carry one.
#[test]
fn else_goes_to_the_nearest_step() {
    let parsed = parse("group a else agent b else voicemail \"x\" else hangup\nhangup");
    assert!(parsed.diagnostics.is_empty());
    assert_eq!(parsed.tree.items.len(), 2);
    let Item::Step(mut step) = parsed.tree.items[0].clone() else { panic!() };
    let mut seen = vec![variant(&step.kind)];
    while let Some(otherwise) = step.otherwise.take() {
        let Body::Step(next) = otherwise.body else { panic!() };
        assert!(next.span.end <= step.span.end);
        step = *next;
        seen.push(variant(&step.kind));
    }
    assert_eq!(seen, ["Dial", "Dial", "Voicemail", "Hangup"]);
    let source = "menu < 1 => group a else say \"x\" > else hangup";
    let Item::Step(menu) = parse(source).tree.items.remove(0) else { panic!() };
    assert!(menu.otherwise.is_some());
    let StepKind::Menu(inner) = menu.kind else { panic!() };
    let Body::Step(dial) = &inner.arms.unwrap().arms[0].body else { panic!() };
    assert!(dial.otherwise.is_some());
}

/// An option, a code or an argument is never taken where an arm begins.
#[test]
fn arms_come_before_options() {
    let arms = |source: &str| {
        let parsed = parse(source);
        assert!(parsed.diagnostics.is_empty(), "{}", common::render(source, &parsed));
        let Item::Step(step) = parsed.tree.items.into_iter().next().unwrap() else { panic!() };
        match step.kind {
            StepKind::Menu(menu) => menu.arms.unwrap().arms.len(),
            StepKind::Switch { arms, .. } => arms.arms.len(),
            _ => panic!(),
        }
    };
    assert_eq!(arms("menu < 1 => reject\n2 => hangup >"), 2);
    assert_eq!(arms("menu < 1 => reject 486\n2 => hangup >"), 2);
    assert_eq!(arms("switch tier < gold => group a for => group b record => hangup >"), 3);
    assert_eq!(arms("switch tier < gold => group a for 20s for => group b >"), 2);
    assert_eq!(arms("menu<1=>dial 4101 *=>repeat>"), 2);
    assert_eq!(arms("menu < 1 => voicemail \"x\" box 2, 3 => hangup >".replace("box 2", "box b 2").as_str()), 2);
}

#[test]
fn quoted_names_keep_their_text() {
    let parsed = parse("agent \"jos\\u{e9} \\\"x\\\"\"");
    let Item::Step(step) = &parsed.tree.items[0] else { panic!() };
    let StepKind::Dial(dial) = &step.kind else { panic!() };
    let DialTarget::Agent(Some(Target::Name(name))) = &dial.target else { panic!() };
    assert_eq!((name.text.as_str(), name.quoted), ("josé \"x\"", true));
}

#[test]
fn comments_are_kept_and_document() {
    let source = "// first\n/// Rings both.\n///  Twice.\nagent ana = +1312 // end\n/* a */ /// lost\n\nagent ben = +1313";
    let parsed = parse(source);
    let kinds: Vec<_> = parsed.comments.iter().map(|c| (c.kind, c.span.text(source))).collect();
    use CommentKind::{Block, Doc, Line};
    assert_eq!(
        kinds,
        [(Line, "// first"), (Doc, "/// Rings both."), (Doc, "///  Twice."), (Line, "// end"), (Block, "/* a */"), (Doc, "/// lost")]
    );
    let docs: Vec<_> = parsed.tree.items.iter().map(|i| if let Item::Def(d) = i { d.doc.clone() } else { None }).collect();
    assert_eq!(docs, [Some("Rings both.\n Twice.".to_owned()), None]);
}

#[test]
fn an_agents_single_number_has_no_block() {
    let parsed = parse("agent ana = +1312 for 5s");
    let Item::Def(def) = &parsed.tree.items[0] else { panic!() };
    let DefKind::Agent { ring, .. } = &def.kind else { panic!() };
    assert!(ring.block.is_none() && ring.strategy.is_none() && ring.members.len() == 1);
}

#[test]
fn what_is_at_a_place() {
    let source = "when hours(office) < group sales >";
    let parsed = parse(source);
    let at = u32::try_from(source.find("sales").unwrap()).unwrap();
    let path = path_at(&parsed.tree, at + 1);
    assert!(matches!(path.first(), Some(Node::File(_))) && matches!(path.last(), Some(Node::Name(n)) if n.text == "sales"));
}
