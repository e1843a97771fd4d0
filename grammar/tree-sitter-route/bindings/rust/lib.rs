//! The tree-sitter grammar of `.route`: the parser, and the queries that editors use.
//!
//! It is for editors, which want a tree of whatever is being written, at once. Whether a script is right is told by
//! `callroute-syntax` and the analysis; a test of the workspace compares both.

use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_route() -> *const ();
}

/// The language, for `tree_sitter::Parser::set_language`.
// SAFETY: the function is the one that the generator wrote into `src/parser.c`; it takes nothing and gives the address of a
// table that lives as long as the program.
pub const LANGUAGE: LanguageFn = unsafe { LanguageFn::from_raw(tree_sitter_route) };

/// The kinds of nodes with their fields, in JSON.
pub const NODE_TYPES: &str = include_str!("../../src/node-types.json");

/// What is coloured how.
pub const HIGHLIGHTS_QUERY: &str = include_str!("../../queries/highlights.scm");
/// What can be folded.
pub const FOLDS_QUERY: &str = include_str!("../../queries/folds.scm");
/// What is indented.
pub const INDENTS_QUERY: &str = include_str!("../../queries/indents.scm");
/// Where names are defined and used.
pub const LOCALS_QUERY: &str = include_str!("../../queries/locals.scm");
/// What can be jumped to.
pub const TAGS_QUERY: &str = include_str!("../../queries/tags.scm");
/// What is of another language.
pub const INJECTIONS_QUERY: &str = include_str!("../../queries/injections.scm");
