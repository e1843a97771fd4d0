//! Look-ups as a server makes them: from the text of a configuration and the definitions of a script to an outcome.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs, reason = "tests")]

mod common;
mod csv;
mod http;
mod postgres;
mod sqlite;

/// What the document shows can be written so.
#[test]
fn the_bindings_of_the_document_are_right() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/serving.md")).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for block in text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let table: toml::Table = toml::from_str(block).unwrap_or_else(|error| panic!("{block}: {error}"));
        for (name, binding) in table.get("source").and_then(toml::Value::as_table).into_iter().flatten() {
            kinds.insert(binding["kind"].to_string());
            let _: callroute_sources::Binding = binding.clone().try_into().unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
    assert_eq!(kinds.len(), 4, "{kinds:?}");
}
