//! SARIF 2.1.0, which code scanning services read.

use serde_sarif::sarif;

use crate::{Code, Record, Severity, record::RecordPlace};

/// Where rules are explained.
const RULES: &str = "https://github.com/callroute/callroute/blob/main/docs/errors/";

/// A SARIF log with one run. `version` is that of the tool. Only rules that occur are listed.
#[must_use]
pub fn sarif(records: &[Record], version: &str) -> String {
    let mut codes: Vec<&str> = records.iter().map(|record| record.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<sarif::ReportingDescriptor> = codes.iter().map(|code| rule(code)).collect();
    let results: Vec<sarif::Result> =
        records.iter().map(|record| result(record, codes.binary_search(&record.code.as_str()).unwrap_or(0))).collect();
    let driver = sarif::ToolComponent::builder()
        .name("callroute")
        .version(version)
        .information_uri("https://github.com/callroute/callroute")
        .rules(rules)
        .build();
    let run =
        sarif::Run::builder().tool(sarif::Tool::builder().driver(driver).build()).column_kind("unicodeCodePoints").results(results).build();
    let log = sarif::Sarif::builder().schema("https://json.schemastore.org/sarif-2.1.0.json").version("2.1.0").runs(vec![run]).build();
    // Only texts and numbers: this cannot fail.
    serde_json::to_string_pretty(&log).unwrap_or_default()
}

fn rule(code: &str) -> sarif::ReportingDescriptor {
    let known = Code::ALL.iter().find(|known| known.to_string() == code);
    let title = known.map_or(code, |known| known.title());
    let level = known.map_or("error", |known| match known.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    });
    sarif::ReportingDescriptor::builder()
        .id(code)
        .short_description(sarif::MultiformatMessageString::builder().text(title).build())
        .help_uri(format!("{RULES}{code}.md"))
        .default_configuration(sarif::ReportingConfiguration::builder().level(level).build())
        .build()
}

fn result(record: &Record, rule: usize) -> sarif::Result {
    let mut text = record.message.clone();
    for help in &record.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    let related: Vec<sarif::Location> = record
        .labels
        .iter()
        .map(|label| sarif::Location::builder().physical_location(physical(&label.at)).message(message(&label.message)).build())
        .collect();
    let fixes: Vec<sarif::Fix> = record
        .fix
        .iter()
        .map(|fix| {
            // Edits of one file together, files in order of their first edit.
            let mut changes: Vec<(&str, Vec<sarif::Replacement>)> = Vec::new();
            for edit in &fix.edits {
                let replacement = sarif::Replacement::builder()
                    .deleted_region(region(&edit.at))
                    .inserted_content(sarif::ArtifactContent::builder().text(edit.text.clone()).build())
                    .build();
                match changes.iter_mut().find(|(file, _)| *file == edit.at.file) {
                    Some((_, replacements)) => replacements.push(replacement),
                    None => changes.push((&edit.at.file, vec![replacement])),
                }
            }
            let changes: Vec<sarif::ArtifactChange> = changes
                .into_iter()
                .map(|(file, replacements)| {
                    sarif::ArtifactChange::builder().artifact_location(artifact(file)).replacements(replacements).build()
                })
                .collect();
            sarif::Fix::builder().description(message(&fix.title)).artifact_changes(changes).build()
        })
        .collect();
    let level = match record.severity {
        "error" => sarif::ResultLevel::Error,
        "warning" => sarif::ResultLevel::Warning,
        _ => sarif::ResultLevel::Note,
    };
    let mut result = sarif::Result::builder()
        .rule_id(record.code.clone())
        .rule_index(i64::try_from(rule).unwrap_or(-1))
        .level(level)
        .message(message(&text))
        .locations(vec![sarif::Location::builder().physical_location(physical(&record.at)).build()])
        .build();
    if !related.is_empty() {
        result.related_locations = Some(related);
    }
    if !fixes.is_empty() {
        result.fixes = Some(fixes);
    }
    result
}

fn message(text: &str) -> sarif::Message {
    sarif::Message::builder().text(text).build()
}

fn physical(at: &RecordPlace) -> sarif::PhysicalLocation {
    sarif::PhysicalLocation::builder().artifact_location(artifact(&at.file)).region(region(at)).build()
}

fn region(at: &RecordPlace) -> sarif::Region {
    sarif::Region::builder().start_line(at.line).start_column(at.column).end_line(at.end_line).end_column(at.end_column).build()
}

fn artifact(file: &str) -> sarif::ArtifactLocation {
    sarif::ArtifactLocation::builder().uri(uri(file)).build()
}

/// A relative path as a URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded; an
/// absolute path gets the `file` scheme.
fn uri(path: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for &byte in path.as_bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
