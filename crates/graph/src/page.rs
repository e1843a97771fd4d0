//! One page that needs nothing else: the picture, with zoom, search, the source of every box, and the ways of calls.

use callroute_analysis::typed::SourceFile;
use callroute_diagnostics::{Encoding, LineIndex, Place};
use serde::Serialize;

use crate::chart::Chart;
use crate::draw::{Theme, svg};
use crate::layout::TooLarge;

const PAGE: &str = include_str!("page.html");

/// Ways that one page offers at most, so that it stays small enough to be sent around.
pub const MAX_WAYS: usize = 200;

/// Calls whose ways can be shown in a page: what they are called, and the places that they came by, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ways {
    /// The call whose way the page shows when it is opened.
    pub chosen: Option<(String, Vec<Place>)>,
    /// Calls of tests. Of more than [`MAX_WAYS`] the first are offered.
    pub tests: Vec<(String, Vec<Place>)>,
    /// Tests that are not among these; the page says so.
    pub left_out: usize,
}

/// What the page knows besides the picture.
#[derive(Serialize)]
struct Data<'a> {
    title: &'a str,
    files: Vec<File<'a>>,
    /// By the number of their cluster and their own.
    nodes: std::collections::BTreeMap<String, Source>,
    calls: Calls<'a>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    text: &'a str,
}

/// Lines of a file, from 0.
#[derive(Serialize)]
struct Source {
    file: u32,
    first: u32,
    last: u32,
}

#[derive(Serialize)]
struct Calls<'a> {
    chosen: Option<Call<'a>>,
    tests: Vec<Call<'a>>,
    left_out: usize,
}

#[derive(Serialize)]
struct Call<'a> {
    name: &'a str,
    nodes: Vec<String>,
    arrows: Vec<String>,
}

/// Makes the page. `files` are those of the program.
///
/// # Errors
///
/// When the chart has more than [`crate::MAX_NODES`] boxes.
pub fn html(chart: &Chart, files: &[SourceFile], ways: &Ways) -> Result<String, TooLarge> {
    // Which way is shown is chosen in the page.
    let mut chart = chart.clone();
    chart.forget();
    let picture = svg(&chart, Theme::Auto)?;
    let indexes: Vec<LineIndex> = files.iter().map(|file| LineIndex::new(&file.text)).collect();
    let mut nodes = std::collections::BTreeMap::new();
    for (c, cluster) in chart.clusters.iter().enumerate() {
        for (n, node) in cluster.nodes.iter().enumerate() {
            let places = if n == 0 { std::slice::from_ref(&cluster.place) } else { node.places.as_slice() };
            let (Some(first), Some(last)) = (places.first(), places.last()) else { continue };
            let file = first.file.0 as usize;
            let (Some(index), Some(text)) = (indexes.get(file), files.get(file).map(|file| file.text.as_str())) else { continue };
            let line = |offset| index.position(text, offset, Encoding::Chars).line;
            let source = Source { file: first.file.0, first: line(first.span.start), last: line(last.span.end) };
            nodes.insert(format!("{c}-{n}"), source);
        }
    }
    let calls = Calls {
        chosen: ways.chosen.as_ref().and_then(|way| call(&mut chart, way)),
        tests: ways.tests.iter().take(MAX_WAYS).filter_map(|way| call(&mut chart, way)).collect(),
        left_out: ways.left_out.saturating_add(ways.tests.len().saturating_sub(MAX_WAYS)),
    };
    let data =
        Data { title: &chart.title, files: files.iter().map(|file| File { path: &file.path, text: &file.text }).collect(), nodes, calls };
    // Inside of a script element only `<` could end it.
    let json = serde_json::to_string(&data).unwrap_or_else(|_| "{}".to_owned()).replace('<', "\\u003c");
    let mut page = String::with_capacity(PAGE.len() + picture.len() + json.len());
    for (index, part) in PAGE.split("<!--").enumerate() {
        match part.split_once("-->") {
            Some((name, rest)) if index > 0 => {
                match name {
                    "title" => page.push_str(&escaped(&chart.title)),
                    "picture" => page.push_str(&picture),
                    "data" => page.push_str(&json),
                    _ => {}
                }
                page.push_str(rest);
            }
            _ => page.push_str(part),
        }
    }
    Ok(page)
}

/// What a call passes of the chart; nothing if it passes no box of it.
fn call<'w>(chart: &mut Chart, (name, places): &'w (String, Vec<Place>)) -> Option<Call<'w>> {
    chart.forget();
    chart.follow(places).then(|| {
        let mut call = Call { name, nodes: Vec::new(), arrows: Vec::new() };
        for (c, cluster) in chart.clusters.iter().enumerate() {
            call.nodes.extend(cluster.nodes.iter().enumerate().filter(|(_, node)| node.on_path).map(|(n, _)| format!("{c}-{n}")));
            call.arrows.extend(cluster.arrows.iter().filter(|arrow| arrow.on_path).map(|arrow| format!("{c}-{}-{}", arrow.from, arrow.to)));
        }
        call
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
