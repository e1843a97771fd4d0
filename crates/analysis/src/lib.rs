//! Names, types and lints: from the syntax tree to the typed program.
