//! The grammar, the syntax tree and the total parser of the `.route` language.

pub mod tree;
