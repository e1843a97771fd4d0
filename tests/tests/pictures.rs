//! Pictures of every script there is, and of random ones: well-formed, nothing over anything else, every arrow from box to box, and nothing of a
//! script's text that means anything to the format it is put into.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::NoFiles;
use callroute_analysis::typed::Program;
use callroute_diagnostics::{Code, Place};
use callroute_graph::{Chart, Kind, MAX_NODES, Mark, Theme, Ways, dot, flow_chart, html, mermaid, svg};
use callroute_tests::{disk, generate};

fn chart(script: &str) -> (Program, Chart) {
    let analysis = callroute_analysis::analyse("test.route", script, &NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:?}", analysis.diagnostics));
    let dead: Vec<Place> = analysis.diagnostics.iter().filter(|d| d.code == Code::NeverRuns).map(|d| d.place).collect();
    let chart = flow_chart(&program, "test.route", &dead);
    (program, chart)
}

/// Left, top, right, bottom.
type Rect = [f64; 4];

fn number(node: roxmltree::Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn rect_of(node: roxmltree::Node<'_, '_>) -> Rect {
    let card = node.children().find(|child| child.attribute("class") == Some("card")).unwrap();
    match card.attribute("points") {
        Some(points) => {
            let points: Vec<(f64, f64)> = points
                .split(' ')
                .map(|point| point.split_once(',').unwrap())
                .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
                .collect();
            let fold = |pick: fn(&(f64, f64)) -> f64, with: fn(f64, f64) -> f64| points.iter().map(pick).reduce(with).unwrap();
            [fold(|p| p.0, f64::min), fold(|p| p.1, f64::min), fold(|p| p.0, f64::max), fold(|p| p.1, f64::max)]
        }
        None => {
            let (x, y) = (number(card, "x"), number(card, "y"));
            [x, y, x + number(card, "width"), y + number(card, "height")]
        }
    }
}

/// Everything that must hold of any picture.
fn sound(name: &str, program: &Program, chart: &Chart) {
    for cluster in &chart.clusters {
        assert_eq!(cluster.nodes[0].kind, Kind::Entry, "{name}");
        for arrow in &cluster.arrows {
            assert!(arrow.from < cluster.nodes.len() && arrow.to < cluster.nodes.len(), "{name}: an arrow to nowhere");
        }
        for (n, node) in cluster.nodes.iter().enumerate() {
            let goes_on = cluster.arrows.iter().any(|arrow| arrow.from == n);
            let asks = matches!(node.kind, Kind::Entry | Kind::Question | Kind::Choice | Kind::Menu | Kind::Lookup | Kind::Note);
            assert!(goes_on || !asks, "{name}: nothing follows {:?}", node.title);
        }
    }
    let picture = svg(chart, Theme::Auto).unwrap();
    let document = roxmltree::Document::parse(&picture).unwrap_or_else(|error| panic!("{name}: {error}\n{picture}"));
    let root = document.root_element();
    let (wide, high) = (number(root, "width"), number(root, "height"));
    for flow in document.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("flow"))) {
        let moved = flow.attribute("transform").unwrap().trim_start_matches("translate(").trim_end_matches(')');
        let (x, y) = moved.split_once(' ').unwrap();
        let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
        let boxes: Vec<Rect> = flow.children().filter(|node| node.has_attribute("data-node")).map(rect_of).collect();
        for (i, a) in boxes.iter().enumerate() {
            assert!(a[0] + x >= 0.0 && a[1] + y >= 0.0 && a[2] + x <= wide && a[3] + y <= high, "{name}: a box outside of the picture");
            for b in &boxes[..i] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{name}: boxes over each other: {a:?} {b:?}");
            }
        }
        for arrow in flow.children().filter(|node| node.has_attribute("data-arrow")) {
            let d = arrow.attribute("d").unwrap();
            assert!(d.starts_with('M') && d.contains('L') && !d.contains("NaN"), "{name}: {d}");
        }
    }
    let page = html(chart, &program.files, &Ways::default()).unwrap();
    assert_eq!(page.matches("<script").count(), 2, "{name}");
    assert_eq!(page.matches("</script>").count(), 2, "{name}");
    assert!(!page.contains("<!--"), "{name}");
    assert!(mermaid(chart).starts_with("flowchart TD\n"), "{name}");
    assert!(dot(chart).ends_with("}\n"), "{name}");
}

#[test]
fn every_script_there_is_has_a_sound_picture() {
    let root = disk::root();
    let mut drawn = 0;
    for folder in ["examples", "tests/conformance", "tests/corpus"] {
        for path in disk::scripts(&root.join(folder)) {
            let (_, analysis) = disk::analyse(&path);
            let Some(program) = analysis.program else { continue };
            let chart = flow_chart(&program, "script", &[]);
            sound(&path.display().to_string(), &program, &chart);
            drawn += 1;
        }
    }
    assert!(drawn > 40, "{drawn}");
}

#[test]
fn random_scripts_have_sound_pictures() {
    for seed in 0..40 {
        let (program, chart) = chart(&generate::script(seed));
        if chart.node_count() < 300 {
            sound(&format!("seed {seed}"), &program, &chart);
        }
    }
}

#[test]
fn the_founding_line_is_drawn_as_it_reads() {
    let (_, chart) =
        chart("when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"");
    let text = mermaid(&chart);
    let (flow, _) = text.split_once("  classDef").unwrap();
    assert_eq!(
        flow,
        "flowchart TD
  n0_0([\"A call comes in\"]):::plain
  n0_1{{\"Open 9-17 America/Chicago?\"}}:::plain
  n0_2[/\"Menu<br>3 tries\"/]:::menu
  n0_3[\"Ring sales\"]:::ring
  n0_4([\"The call ends<br>nobody took it\"]):::dead
  n0_5[\"Ring support\"]:::ring
  n0_6>\"Voicemail<br>greeting office#95;closed\"]:::voicemail
  n0_3 -->|\"not answered\"| n0_4
  n0_2 -->|\"1\"| n0_3
  n0_5 -->|\"not answered\"| n0_4
  n0_2 -->|\"2\"| n0_5
  n0_2 -->|\"no choice\"| n0_4
  n0_1 -->|\"yes\"| n0_2
  n0_1 -->|\"no\"| n0_6
  n0_0 --> n0_1
"
    );
}

#[test]
fn dead_ends_and_what_is_never_reached_are_marked() {
    let (_, chart) = chart("when from is anonymous < hangup say \"never\" > agent ana flow alone < hangup >");
    let mark = |title: &str| chart.clusters.iter().flat_map(|c| &c.nodes).find(|node| node.title == title).unwrap().mark;
    assert_eq!(mark("Says"), Mark::Unreachable);
    assert_eq!(mark("The call ends"), Mark::DeadEnd);
    assert_eq!(mark("Ring ana"), Mark::None);
}

#[test]
fn what_a_script_says_is_only_text_in_the_picture() {
    let hostile = r#"say "</script><script>alert(1)</script> <!-- ]]> & \" ' `x` %% \u{7} 日本語 é"
tag "-->|end| subgraph \"x\" \{ \} [ ] ( ) ; \\ \n"
group "a\"b<c>&'d" for 5s
voicemail "</svg>""#;
    let (program, chart) = chart(hostile);
    sound("hostile", &program, &chart);
    let picture = svg(&chart, Theme::Light).unwrap();
    let document = roxmltree::Document::parse(&picture).unwrap();
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    let text: String = document.descendants().filter_map(|node| node.text()).collect();
    assert!(text.contains("</svg>") && text.contains("alert(1)") && text.contains("日本語"), "{text}");
    for line in mermaid(&chart).lines().filter(|line| line.contains("alert")) {
        assert!(!line.contains('<') || line.matches('<').count() == line.matches("<br>").count(), "{line}");
    }
}

#[test]
fn a_picture_that_nobody_could_read_is_refused() {
    let script: String = (0..MAX_NODES).map(|i| format!("when from is +1312555{i:04} < voicemail \"b{i}\" >\n")).collect();
    let (program, chart) = chart(&script);
    let error = svg(&chart, Theme::Light).unwrap_err();
    assert_eq!(error.nodes, 2 * MAX_NODES + 2);
    assert!(html(&chart, &program.files, &Ways::default()).is_err());
    // Text has no limit: other tools lay it out.
    assert!(dot(&chart).len() > 10_000);
}

#[test]
fn colours_stand_for_the_background() {
    let (_, chart) = chart("hangup");
    assert!(svg(&chart, Theme::Auto).unwrap().contains("prefers-color-scheme: dark"));
    let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| svg(&chart, theme).unwrap());
    assert!(!light.contains("prefers-color-scheme") && !dark.contains("prefers-color-scheme"));
    assert_ne!(light, dark);
}

/// `BLESS=1` writes the pictures of the documents anew.
#[test]
fn the_pictures_of_the_documents_are_as_drawn_now() {
    let root = disk::root();
    for name in ["company", "office"] {
        let (_, analysis) = disk::analyse(&root.join(format!("examples/{name}/{name}.route")));
        let chart = flow_chart(&analysis.program.unwrap(), &format!("{name}.route"), &[]);
        let drawn = svg(&chart, Theme::Auto).unwrap();
        let path = root.join(format!("docs/pictures/{name}.svg"));
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == drawn, "docs/pictures/{name}.svg is not what `callroute graph` draws now; BLESS=1 writes it anew");
    }
}
