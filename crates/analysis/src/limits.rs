//! How much is read and looked at on behalf of one script. Whoever goes beyond gets a diagnostic of its own, never a long wait or a full memory.
//! What one script file may be is said by [`callroute_syntax::limits`], what a compiled script may be by `callroute_bytecode::limits`.

/// Bytes of a CSV file (E0001): a table of a million rows has a tenth of this.
pub const DATA_BYTES: usize = 512 << 20;
/// Bytes of a calendar (E0001).
pub const CALENDAR_BYTES: usize = 16 << 20;

/// Scripts in one analysis (E0806).
pub const FILES: usize = 1_000;
/// How deeply imports may be nested (E0806).
pub const IMPORT_DEPTH: usize = 100;
/// Bytes of all scripts together (E0806).
pub const SOURCE_BYTES: usize = 64 << 20;

/// Entries of a list from a CSV file (E0818).
pub const ENTRIES: usize = 4_000_000;
/// Rows of a table from a CSV file (E0818).
pub const ROWS: usize = 4_000_000;
/// Columns of a CSV file (E0818).
pub const COLUMNS: usize = 10_000;
/// Cells of a table from a CSV file (E0818).
pub const CELLS: usize = 64_000_000;

/// Days that the rules of a calendar may look at, together (E0565).
pub const CALENDAR_WORK: u32 = 50_000_000;
/// Days that a calendar may name (E0565).
pub const CALENDAR_DAYS: usize = 200_000;
/// Days of one event of a calendar, and years beyond that are no event; it is left out (W0567).
pub const EVENT_DAYS: i32 = 3_660;
/// Values in one part of a calendar's rule, such as `BYDAY`; with more the event is left out (W0567).
pub const RULE_VALUES: usize = 1_000;

/// Inputs, fields and parameters of a script (E0258).
pub const VALUES: usize = 60_000;
/// The longest duration, in milliseconds (E0309).
pub const DURATION: u64 = 86_400_000;
