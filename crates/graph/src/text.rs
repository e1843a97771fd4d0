//! The chart in the words of other tools: Mermaid flow charts and Graphviz DOT. They lay it out themselves.

use std::fmt::Write as _;

use crate::chart::{ArrowKind, Chart, Cluster, Kind, Mark, Node};

/// A Mermaid flow chart, as GitHub, GitLab and many wikis show it.
#[must_use]
pub fn mermaid(chart: &Chart) -> String {
    let mut out = String::from("flowchart TD\n");
    for (c, cluster) in chart.clusters.iter().enumerate() {
        let inner = if cluster.name == "main" { "  " } else { "    " };
        if cluster.name != "main" {
            let _ = writeln!(out, "  subgraph f{c}[\"{}\"]", mermaid_text(&heading(cluster)));
        }
        for (n, node) in cluster.nodes.iter().enumerate() {
            let text = std::iter::once(&node.title).chain(&node.lines).map(|line| mermaid_text(line)).collect::<Vec<_>>().join("<br>");
            let (open, close) = match node.kind {
                Kind::Entry | Kind::End | Kind::Nothing | Kind::Back => ("([", "])"),
                Kind::Question | Kind::Choice => ("{{", "}}"),
                Kind::Menu => ("[/", "/]"),
                Kind::Jump => ("[[", "]]"),
                Kind::Lookup => ("[(", ")]"),
                Kind::Voicemail => (">", "]"),
                Kind::Ring | Kind::Note | Kind::Action | Kind::Again => ("[", "]"),
            };
            let _ = writeln!(out, "{inner}n{c}_{n}{open}\"{text}\"{close}:::{}", class(node));
        }
        for arrow in &cluster.arrows {
            let line = if arrow.on_path { "==>" } else { "-->" };
            let label = if arrow.label.is_empty() { String::new() } else { format!("|\"{}\"|", mermaid_text(&arrow.label)) };
            let _ = writeln!(out, "{inner}n{c}_{} {line}{label} n{c}_{}", arrow.from, arrow.to);
        }
        if cluster.name != "main" {
            out.push_str("  end\n");
        }
    }
    for (c, n, to) in jumps(chart) {
        let _ = writeln!(out, "  n{c}_{n} -.-> n{to}_0");
    }
    if let Some(fallback) = &chart.fallback {
        let _ = writeln!(out, "  fallback([\"On any fault: {}\"]):::ends", mermaid_text(fallback));
    }
    out.push_str(
        "  classDef ring stroke:#2e7d32,stroke-width:2px\n  classDef menu stroke:#1565c0,stroke-width:2px\n  \
         classDef voicemail stroke:#6a1b9a,stroke-width:2px\n  classDef dead stroke:#c62828,stroke-width:2px,stroke-dasharray:4\n  \
         classDef unreachable opacity:0.45,stroke-dasharray:4\n  classDef path stroke:#e65100,stroke-width:4px\n  classDef plain stroke-width:1px\n  \
         classDef ends stroke-width:2px\n",
    );
    out
}

/// A Graphviz graph.
#[must_use]
pub fn dot(chart: &Chart) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "digraph \"{}\" {{", dot_text(&chart.title));
    out.push_str("  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=11];\n");
    for (c, cluster) in chart.clusters.iter().enumerate() {
        let inner = if cluster.name == "main" { "  " } else { "    " };
        if cluster.name != "main" {
            let _ = writeln!(out, "  subgraph cluster_{c} {{\n    label=\"{}\";", dot_text(&heading(cluster)));
        }
        for (n, node) in cluster.nodes.iter().enumerate() {
            let text = std::iter::once(&node.title).chain(&node.lines).map(|line| dot_text(line)).collect::<Vec<_>>().join("\\n");
            let shape = match node.kind {
                Kind::Question | Kind::Choice => ", shape=diamond, style=\"\"",
                Kind::Entry | Kind::End | Kind::Back => ", shape=oval, style=\"\"",
                Kind::Nothing => ", shape=oval, style=dashed, color=red",
                Kind::Jump => ", shape=cds, style=\"\"",
                Kind::Lookup => ", shape=cylinder, style=\"\"",
                _ => "",
            };
            let mark = match node {
                node if node.on_path => ", penwidth=3",
                node if node.mark == Mark::Unreachable => ", color=gray, fontcolor=gray",
                _ => "",
            };
            let _ = writeln!(out, "{inner}n{c}_{n} [label=\"{text}\"{shape}{mark}];");
        }
        for arrow in &cluster.arrows {
            let style = match arrow.kind {
                ArrowKind::Failure => ", style=dashed",
                _ => "",
            };
            let path = if arrow.on_path { ", penwidth=3" } else { "" };
            let _ = writeln!(out, "{inner}n{c}_{} -> n{c}_{} [label=\"{}\"{style}{path}];", arrow.from, arrow.to, dot_text(&arrow.label));
        }
        if cluster.name != "main" {
            out.push_str("  }\n");
        }
    }
    for (c, n, to) in jumps(chart) {
        let _ = writeln!(out, "  n{c}_{n} -> n{to}_0 [style=dotted];");
    }
    if let Some(fallback) = &chart.fallback {
        let _ = writeln!(out, "  fallback [label=\"On any fault: {}\", shape=oval, style=\"\"];", dot_text(fallback));
    }
    out.push_str("}\n");
    out
}

/// Boxes that jump: their cluster, their number, and the cluster they jump to.
fn jumps(chart: &Chart) -> impl Iterator<Item = (usize, usize, usize)> {
    chart
        .clusters
        .iter()
        .enumerate()
        .flat_map(|(c, cluster)| cluster.nodes.iter().enumerate().filter_map(move |(n, node)| node.jump.map(|to| (c, n, to))))
}

pub(crate) fn heading(cluster: &Cluster) -> String {
    if cluster.params.is_empty() { cluster.name.clone() } else { format!("{}({})", cluster.name, cluster.params.join(", ")) }
}

fn class(node: &Node) -> &'static str {
    match node.kind {
        _ if node.on_path => "path",
        _ if node.mark == Mark::Unreachable => "unreachable",
        _ if node.mark == Mark::DeadEnd => "dead",
        Kind::Ring => "ring",
        Kind::Menu => "menu",
        Kind::Voicemail => "voicemail",
        // `end` closes a subgraph, and no class can be called so.
        Kind::End => "ends",
        _ => "plain",
    }
}

/// Nothing of a text may mean something to Mermaid.
fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' | '{' | '}' | '|' | '[' | ']' | '(' | ')' | '%' | '*' | '_' | '~' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn dot_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
