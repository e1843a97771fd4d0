//! The chart as SVG. Colours are written out for light and dark, because not every program that shows SVG knows variables.

use std::fmt::Write as _;

use svg::Document;
use svg::node::element::{Definitions, Group, Marker, Path, Polygon, Rectangle, Style, TSpan, Text, Title};

use crate::chart::{Arrow, Chart, Kind, Mark, Node};
use crate::layout::{
    LABEL, LINE, LINE_STEP, PAD_Y, Placed, PlacedArrow, PlacedBox, PlacedCluster, TITLE, TITLE_STEP, TooLarge, count, place,
};

/// For which background a picture is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As whoever looks at it has set.
    #[default]
    Auto,
    /// White.
    Light,
    /// Nearly black.
    Dark,
}

/// Draws a chart.
///
/// # Errors
///
/// When it has more than [`crate::MAX_NODES`] boxes.
pub fn svg(chart: &Chart, theme: Theme) -> Result<String, TooLarge> {
    let placed = place(chart)?;
    let styles = match theme {
        Theme::Auto => format!("{}\n@media (prefers-color-scheme: dark) {{\n{}}}\n", colours(&LIGHT), colours(&DARK)),
        Theme::Light => colours(&LIGHT),
        Theme::Dark => colours(&DARK),
    };
    let mut text = document(chart, &placed, &format!("{SHAPES}{styles}")).to_string();
    text.push('\n');
    Ok(text)
}

/// Colours of one background.
struct Palette {
    paper: &'static str,
    frame: &'static str,
    card: &'static str,
    ink: &'static str,
    muted: &'static str,
    line: &'static str,
    border: &'static str,
    path: &'static str,
    kinds: [(Kind, &'static str, &'static str); 14],
}

const LIGHT: Palette = Palette {
    paper: "#ffffff",
    frame: "#f4f6f9",
    card: "#ffffff",
    ink: "#1c2330",
    muted: "#586174",
    line: "#7c879a",
    border: "#c3cad6",
    path: "#d9480f",
    kinds: [
        (Kind::Entry, "#1c2330", "#e9edf3"),
        (Kind::Question, "#b7791f", "#fdf6e3"),
        (Kind::Choice, "#b7791f", "#fdf6e3"),
        (Kind::Menu, "#1d5fc4", "#e9f1fd"),
        (Kind::Ring, "#23803c", "#e8f6ec"),
        (Kind::Lookup, "#0b7285", "#e6f6f9"),
        (Kind::Note, "#8c96a8", "#ffffff"),
        (Kind::Action, "#0b7285", "#e6f6f9"),
        (Kind::Voicemail, "#7440b5", "#f3ecfc"),
        (Kind::End, "#586174", "#eceff4"),
        (Kind::Nothing, "#c92a2a", "#fdecec"),
        (Kind::Back, "#8c96a8", "#ffffff"),
        (Kind::Again, "#1d5fc4", "#ffffff"),
        (Kind::Jump, "#4c5a72", "#ffffff"),
    ],
};

const DARK: Palette = Palette {
    paper: "#14181f",
    frame: "#1a1f28",
    card: "#212733",
    ink: "#e8ecf3",
    muted: "#a3adbf",
    line: "#7f8aa0",
    border: "#3b4556",
    path: "#ff922b",
    kinds: [
        (Kind::Entry, "#e8ecf3", "#2b3342"),
        (Kind::Question, "#e0a63a", "#332b19"),
        (Kind::Choice, "#e0a63a", "#332b19"),
        (Kind::Menu, "#6ea8fe", "#1a2a45"),
        (Kind::Ring, "#5fc77c", "#18321f"),
        (Kind::Lookup, "#4fc3d9", "#153138"),
        (Kind::Note, "#7f8aa0", "#212733"),
        (Kind::Action, "#4fc3d9", "#153138"),
        (Kind::Voicemail, "#b995f0", "#2a2040"),
        (Kind::End, "#a3adbf", "#2a303c"),
        (Kind::Nothing, "#ff8787", "#3d1f22"),
        (Kind::Back, "#7f8aa0", "#212733"),
        (Kind::Again, "#6ea8fe", "#212733"),
        (Kind::Jump, "#a3adbf", "#212733"),
    ],
};

const SHAPES: &str = "
text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; }
.title { font-size: 13px; font-weight: 600; }
.line { font-size: 11.5px; }
.label { font-size: 11px; }
.heading { font-size: 14px; font-weight: 600; }
.frame { stroke-width: 1; }
.card { stroke-width: 1.4; }
.arrow { fill: none; stroke-width: 1.4; }
.failure { stroke-dasharray: 5 3; }
.nothing .card, .dead .card { stroke-dasharray: 5 3; }
.unreachable { opacity: 0.5; }
.unreachable .card { stroke-dasharray: 2 3; }
.path .card { stroke-width: 3; }
.arrow.path { stroke-width: 3; }
";

fn colours(palette: &Palette) -> String {
    let Palette { paper, frame, card, ink, muted, line, border, path, kinds } = palette;
    let mut out = format!(
        ".paper {{ fill: {paper}; }}\n.frame {{ fill: {frame}; stroke: {border}; }}\n.title, .heading {{ fill: {ink}; }}\n\
         .line, .label {{ fill: {muted}; }}\n.arrow {{ stroke: {line}; }}\n.head {{ fill: {line}; }}\n.tag {{ fill: {frame}; }}\n.main .tag {{ fill: {paper}; }}\n\
         .card {{ fill: {card}; stroke: {border}; }}\n"
    );
    for (kind, strong, weak) in kinds {
        let _ = writeln!(out, ".{} .card {{ fill: {weak}; stroke: {strong}; }}", kind.name());
    }
    let _ = writeln!(out, ".node.path .card {{ stroke: {path}; }}\n.arrow.path {{ stroke: {path}; }}\n.head.path {{ fill: {path}; }}");
    out
}

fn document(chart: &Chart, placed: &Placed, style: &str) -> Document {
    let note = chart.fallback.as_ref().map(|fallback| format!("On any fault: {fallback}"));
    let foot = if note.is_some() { 26.0 } else { 0.0 };
    let (width, height) = (px(placed.width), px(placed.height + foot));
    let mut document = Document::new()
        .set("viewBox", format!("0 0 {width} {height}"))
        .set("width", width.clone())
        .set("height", height.clone())
        .set("role", "img")
        .add(Title::new(format!("Call flow of {}", chart.title)))
        .add(Style::new(style))
        .add(Definitions::new().add(head("head", "head")).add(head("head-path", "head path")))
        .add(Rectangle::new().set("class", "paper").set("width", width).set("height", height));
    for (c, (cluster, placed)) in chart.clusters.iter().zip(&placed.clusters).enumerate() {
        document = document.add(draw_cluster(c, &cluster.nodes, &cluster.arrows, placed));
    }
    if let Some(note) = note {
        document = document.add(Text::new(note).set("class", "line").set("x", 24).set("y", px(placed.height + 6.0)));
    }
    document
}

/// The point of an arrow.
fn head(id: &str, class: &str) -> Marker {
    Marker::new()
        .set("id", id)
        .set("viewBox", "0 0 10 10")
        .set("refX", 9)
        .set("refY", 5)
        .set("markerWidth", 8)
        .set("markerHeight", 8)
        .set("markerUnits", "userSpaceOnUse")
        .set("orient", "auto")
        .add(Path::new().set("class", class).set("d", "M0 1 L10 5 L0 9 z"))
}

fn draw_cluster(c: usize, nodes: &[Node], arrows: &[Arrow], placed: &PlacedCluster) -> Group {
    let mut group = Group::new()
        .set("id", format!("flow-{c}"))
        .set("class", if placed.heading.is_empty() { "flow main" } else { "flow" })
        .set("transform", format!("translate({} {})", px(placed.x), px(placed.y)));
    if !placed.heading.is_empty() {
        let frame = Rectangle::new().set("class", "frame").set("rx", 10).set("width", px(placed.width)).set("height", px(placed.height));
        group = group.add(frame).add(Text::new(placed.heading.as_str()).set("class", "heading").set("x", 18).set("y", 27));
    }
    for (arrow, placed) in arrows.iter().zip(&placed.arrows) {
        group = group.add(draw_arrow(c, arrow, placed));
    }
    for (arrow, placed) in arrows.iter().zip(&placed.arrows) {
        if let Some(label) = draw_label(arrow, placed) {
            group = group.add(label);
        }
    }
    for (n, (node, placed)) in nodes.iter().zip(&placed.boxes).enumerate() {
        group = group.add(draw_node(c, n, node, placed));
    }
    group
}

fn draw_arrow(c: usize, arrow: &Arrow, placed: &PlacedArrow) -> Path {
    let mut class = format!("arrow {}", arrow.kind.name());
    if arrow.on_path {
        class.push_str(" path");
    }
    let head = if arrow.on_path { "url(#head-path)" } else { "url(#head)" };
    Path::new()
        .set("class", class)
        .set("data-arrow", format!("{c}-{}-{}", arrow.from, arrow.to))
        .set("d", curve(&placed.points))
        .set("marker-end", head)
}

/// A smooth line that ends straight: every inner point is rounded off between the middles of its two pieces.
fn curve(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    let Some(((x, y), rest)) = points.split_first() else { return d };
    let _ = write!(d, "M{} {}", px(*x), px(*y));
    let mut rest = rest.iter().peekable();
    while let Some((x, y)) = rest.next() {
        match rest.peek() {
            Some((next_x, next_y)) => {
                let _ = write!(d, " Q{} {} {} {}", px(*x), px(*y), px((x + next_x) / 2.0), px((y + next_y) / 2.0));
            }
            None => {
                let _ = write!(d, " L{} {}", px(*x), px(*y));
            }
        }
    }
    d
}

fn draw_label(arrow: &Arrow, placed: &PlacedArrow) -> Option<Group> {
    let (x, y) = placed.at.filter(|_| !placed.label.is_empty())?;
    let wide = placed.label.iter().map(|line| crate::measure::width(line, LABEL)).fold(0.0, f64::max) + 8.0;
    let high = 14.0 * count(placed.label.len()) + 2.0;
    let back = Rectangle::new()
        .set("class", "tag")
        .set("rx", 4)
        .set("x", px(x - wide / 2.0))
        .set("y", px(y - high / 2.0))
        .set("width", px(wide))
        .set("height", px(high));
    let text = lines("label", &placed.label, x, y - high / 2.0 + 12.0, 14.0);
    let mut group = Group::new().set("class", "tagged").add(back).add(text);
    if arrow.label.len() > placed.label.join(" ").len() {
        group = group.add(Title::new(arrow.label.as_str()));
    }
    Some(group)
}

fn draw_node(c: usize, n: usize, node: &Node, placed: &PlacedBox) -> Group {
    let mut class = format!("node {}", node.kind.name());
    match node.mark {
        Mark::None => {}
        Mark::Unreachable => class.push_str(" unreachable"),
        Mark::DeadEnd => class.push_str(" dead"),
    }
    if node.on_path {
        class.push_str(" path");
    }
    let full = std::iter::once(node.title.as_str()).chain(node.lines.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
    let tip = match node.mark {
        Mark::None => full,
        Mark::Unreachable => format!("{full}\n(no call ever gets here)"),
        Mark::DeadEnd => format!("{full}\n(nothing decides what happens to calls that get here)"),
    };
    let top = placed.y - placed.height / 2.0 + PAD_Y;
    let mut group = Group::new().set("class", class).set("data-node", format!("{c}-{n}"));
    if let Some(to) = node.jump {
        group = group.set("data-jump", to.to_string());
    }
    group = group.add(Title::new(tip));
    group = match node.kind {
        Kind::Question | Kind::Choice => group.add(hexagon(placed)),
        kind => group.add(card(kind, placed)),
    };
    group = group.add(lines("title", &placed.title, placed.x, top + TITLE, TITLE_STEP));
    if !placed.lines.is_empty() {
        let below = top + TITLE_STEP * count(placed.title.len());
        group = group.add(lines("line", &placed.lines, placed.x, below + LINE, LINE_STEP));
    }
    group
}

fn card(kind: Kind, placed: &PlacedBox) -> Rectangle {
    let radius = match kind {
        Kind::Entry | Kind::End | Kind::Nothing | Kind::Back | Kind::Again => (placed.height / 2.0).min(20.0),
        Kind::Note => 3.0,
        _ => 8.0,
    };
    Rectangle::new()
        .set("class", "card")
        .set("rx", px(radius))
        .set("x", px(placed.x - placed.width / 2.0))
        .set("y", px(placed.y - placed.height / 2.0))
        .set("width", px(placed.width))
        .set("height", px(placed.height))
}

fn hexagon(placed: &PlacedBox) -> Polygon {
    let (x, y, w, h) = (placed.x, placed.y, placed.width / 2.0, placed.height / 2.0);
    let cut = 12.0_f64.min(w / 2.0);
    let points = [(x - w, y), (x - w + cut, y - h), (x + w - cut, y - h), (x + w, y), (x + w - cut, y + h), (x - w + cut, y + h)];
    let points = points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ");
    Polygon::new().set("class", "card").set("points", points)
}

/// Lines of text about a middle.
fn lines(class: &str, lines: &[String], x: f64, y: f64, step: f64) -> Text {
    let mut text = Text::new("").set("class", class).set("text-anchor", "middle");
    for (index, line) in lines.iter().enumerate() {
        text = text.add(TSpan::new(line.as_str()).set("x", px(x)).set("y", px(y + step * count(index))));
    }
    text
}

/// Pixels, to a tenth.
fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
