//! Writes `src/` from `grammar.js`: `cargo run -p tree-sitter-route --example generate` (needs Node.js to read the grammar).

use std::path::Path;
use std::process::ExitCode;

use tree_sitter_generate::{ABI_VERSION_MAX, OptLevel, generate_parser_in_directory};

fn main() -> ExitCode {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let grammar = folder.join("grammar.js");
    let node = Some("node");
    match generate_parser_in_directory(folder, None::<&Path>, Some(grammar), ABI_VERSION_MAX, None, node, true, OptLevel::default()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the grammar could not be turned into a parser: {error}");
            ExitCode::FAILURE
        }
    }
}
