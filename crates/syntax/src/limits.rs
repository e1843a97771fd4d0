//! What the parser refuses to read, so that no file can cost more than a known amount of time and memory.

/// The largest source file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// How deeply brackets may be nested, `else` may be chained and `not` repeated. No routing that a person keeps in the
/// head comes near it, and every later pass may recurse over the tree without fear for its stack.
pub const MAX_NESTING: usize = 64;

/// How many words, literals and signs one file may hold (about 80,000 lines). Longer lists belong in a CSV file.
pub const MAX_TOKENS: usize = 1_000_000;

/// How many diagnostics the parser gives for one file; what lies behind is mended first, then seen.
pub const MAX_DIAGNOSTICS: usize = 500;
