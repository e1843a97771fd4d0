//! Where boxes and arrows go. Each flow is laid out by itself, layer by layer, and the flows are set beside each other: arrows
//! between flows would only cross the picture, so a jump names where it goes instead.

use std::collections::HashMap;
use std::fmt;

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, layout};

use crate::chart::{Chart, Cluster, Kind, Node};
use crate::measure::{width, wrap};
use crate::text::heading;

/// Boxes that are drawn at most: nobody reads a picture of more, and laying it out takes long.
pub const MAX_NODES: usize = 1000;

/// Sizes of letters.
pub(crate) const TITLE: f64 = 13.0;
pub(crate) const LINE: f64 = 11.5;
pub(crate) const LABEL: f64 = 11.0;
/// From one line to the next.
pub(crate) const TITLE_STEP: f64 = 17.0;
pub(crate) const LINE_STEP: f64 = 15.0;
/// Between text and border.
pub(crate) const PAD_X: f64 = 14.0;
pub(crate) const PAD_Y: f64 = 9.0;
/// Around a flow, and above it for its name.
const FRAME: f64 = 18.0;
const HEADING: f64 = 30.0;
/// Between flows, and around everything.
const GAP: f64 = 36.0;
const MARGIN: f64 = 24.0;
/// Widest text of a box and of a label.
const TEXT_WIDTH: f64 = 190.0;
const LABEL_WIDTH: f64 = 120.0;
/// Most lines of a title, of a detail, and of a label.
const TITLE_LINES: usize = 4;
const DETAIL_LINES: usize = 3;
const LABEL_LINES: usize = 3;

/// There are more boxes than can be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge {
    /// How many there are.
    pub nodes: usize,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the picture would have {} boxes, more than the {MAX_NODES} that can be drawn and read", self.nodes)
    }
}

impl std::error::Error for TooLarge {}

/// A chart with coordinates, in pixels from the upper left corner.
pub(crate) struct Placed {
    pub width: f64,
    pub height: f64,
    pub clusters: Vec<PlacedCluster>,
}

pub(crate) struct PlacedCluster {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    /// Empty for `main`.
    pub heading: String,
    pub boxes: Vec<PlacedBox>,
    pub arrows: Vec<PlacedArrow>,
}

/// The middle and the size of a box, and its text.
pub(crate) struct PlacedBox {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
    pub title: Vec<String>,
    pub lines: Vec<String>,
}

pub(crate) struct PlacedArrow {
    pub points: Vec<(f64, f64)>,
    pub label: Vec<String>,
    pub at: Option<(f64, f64)>,
}

pub(crate) fn place(chart: &Chart) -> Result<Placed, TooLarge> {
    let nodes = chart.node_count();
    if nodes > MAX_NODES {
        return Err(TooLarge { nodes });
    }
    let mut clusters: Vec<PlacedCluster> = chart.clusters.iter().map(|cluster| place_cluster(cluster, cluster.name == "main")).collect();
    let (width, height) = shelve(&mut clusters);
    Ok(Placed { width, height, clusters })
}

/// Sets the flows beside each other in rows, in their order, so that the whole is about as wide as a screen is for its height.
fn shelve(clusters: &mut [PlacedCluster]) -> (f64, f64) {
    let area: f64 = clusters.iter().map(|cluster| (cluster.width + GAP) * (cluster.height + GAP)).sum();
    let widest = clusters.iter().map(|cluster| cluster.width).fold(0.0, f64::max);
    let room = (area * 1.5).sqrt().max(widest);
    let (mut x, mut y, mut row, mut total) = (MARGIN, MARGIN, 0.0_f64, 0.0_f64);
    for cluster in clusters {
        if x > MARGIN && x + cluster.width > MARGIN + room {
            x = MARGIN;
            y += row + GAP;
            row = 0.0;
        }
        cluster.x = x;
        cluster.y = y;
        x += cluster.width + GAP;
        row = row.max(cluster.height);
        total = total.max(x - GAP);
    }
    (total + MARGIN, y + row + MARGIN)
}

fn size(node: &Node) -> PlacedBox {
    let title = wrap(&node.title, TITLE * 1.06, TEXT_WIDTH, TITLE_LINES);
    let lines: Vec<String> = node.lines.iter().flat_map(|line| wrap(line, LINE, TEXT_WIDTH, DETAIL_LINES)).collect();
    let wide = title.iter().map(|line| width(line, TITLE * 1.06)).chain(lines.iter().map(|line| width(line, LINE))).fold(0.0, f64::max);
    let height = TITLE_STEP * count(title.len()) + LINE_STEP * count(lines.len()) + 2.0 * PAD_Y;
    // Slanted and round sides need more room.
    let sides = if matches!(node.kind, Kind::Question | Kind::Choice) { 2.4 } else { 2.0 };
    PlacedBox { x: 0.0, y: 0.0, width: (wide + sides * PAD_X).max(72.0), height, title, lines }
}

fn place_cluster(cluster: &Cluster, main: bool) -> PlacedCluster {
    let mut graph = Graph::with_options(GraphOptions { directed: true, multigraph: false, compound: false });
    let mut boxes: Vec<PlacedBox> = cluster.nodes.iter().map(size).collect();
    for (index, sized) in boxes.iter().enumerate() {
        graph.set_node(index.to_string(), Some(NodeLabel { width: sized.width, height: sized.height, ..NodeLabel::default() }));
    }
    let labels: Vec<Vec<String>> = cluster.arrows.iter().map(|arrow| wrap(&arrow.label, LABEL, LABEL_WIDTH, LABEL_LINES)).collect();
    for (arrow, label) in cluster.arrows.iter().zip(&labels) {
        let wide = label.iter().map(|line| width(line, LABEL)).fold(0.0, f64::max);
        let (width, height) = if label.is_empty() { (0.0, 0.0) } else { (wide + 10.0, 14.0 * count(label.len()) + 4.0) };
        let edge = EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        graph.set_edge(arrow.from.to_string(), arrow.to.to_string(), Some(edge), None);
    }
    layout(&mut graph, Some(LayoutOptions { nodesep: 28.0, edgesep: 18.0, ranksep: 30.0, ..LayoutOptions::default() }));
    let top = if main { FRAME } else { HEADING + FRAME };
    let (mut right, mut bottom) = (0.0_f64, 0.0_f64);
    for (index, placed) in boxes.iter_mut().enumerate() {
        if let Some(node) = graph.node(&index.to_string()) {
            placed.x = node.x.unwrap_or(0.0) + FRAME;
            placed.y = node.y.unwrap_or(0.0) + top;
        }
        right = right.max(placed.x + placed.width / 2.0);
        bottom = bottom.max(placed.y + placed.height / 2.0);
    }
    let mut arrows: Vec<PlacedArrow> = Vec::with_capacity(cluster.arrows.len());
    for (arrow, label) in cluster.arrows.iter().zip(labels) {
        let edge = graph.edge(&arrow.from.to_string(), &arrow.to.to_string(), None);
        let points: Vec<(f64, f64)> =
            edge.map(|edge| edge.points.iter().map(|point| (point.x + FRAME, point.y + top)).collect()).unwrap_or_default();
        let at = edge.and_then(|edge| Some((edge.x? + FRAME, edge.y? + top)));
        for (x, y) in points.iter().chain(&at) {
            right = right.max(*x);
            bottom = bottom.max(*y);
        }
        if let Some((x, _)) = at {
            right = right.max(x + label.iter().map(|line| width(line, LABEL)).fold(0.0, f64::max) / 2.0 + 5.0);
        }
        arrows.push(PlacedArrow { points, label, at });
    }
    mirror(cluster, &mut boxes, &mut arrows, right);
    let heading = if main { String::new() } else { heading(cluster) };
    let width = (right + FRAME).max(width(&heading, TITLE * 1.1) + 2.0 * FRAME);
    PlacedCluster { x: 0.0, y: 0.0, width, height: bottom + FRAME, heading, boxes, arrows }
}

/// The layout does not care which side is left. People read key 1 before key 2, and yes before no.
fn mirror(cluster: &Cluster, boxes: &mut [PlacedBox], arrows: &mut [PlacedArrow], right: f64) {
    let mut last: HashMap<usize, f64> = HashMap::new();
    let (mut rising, mut falling) = (0_usize, 0_usize);
    for arrow in &cluster.arrows {
        let Some(x) = boxes.get(arrow.to).map(|to| to.x) else { continue };
        match last.insert(arrow.from, x) {
            Some(before) if before < x => rising += 1,
            Some(before) if before > x => falling += 1,
            _ => {}
        }
    }
    if falling <= rising {
        return;
    }
    let across = right + FRAME;
    for placed in boxes {
        placed.x = across - placed.x;
    }
    for arrow in arrows {
        for (x, _) in arrow.points.iter_mut().chain(&mut arrow.at) {
            *x = across - *x;
        }
    }
}

/// A number of lines, for sums in pixels.
pub(crate) fn count(lines: usize) -> f64 {
    u32::try_from(lines).map_or(0.0, f64::from)
}
