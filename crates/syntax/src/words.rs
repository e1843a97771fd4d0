//! The words of the language, as tables: for messages, and for editors that complete and colour them.

/// What kind of thing a word begins or is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WordKind {
    /// It begins a step.
    Step,
    /// It begins a definition (and some of them a step as well).
    Definition,
    /// It joins, negates or compares, or is a value of its own; no name may be called so.
    Operator,
    /// It is an option of a step or definition.
    Option,
    /// It means something only in its place, and may be a name elsewhere.
    Contextual,
}

/// Words that begin a step.
pub const STEPS: &[&str] = &[
    "when",
    "switch",
    "menu",
    "collect",
    "repeat",
    "retry",
    "group",
    "agent",
    "queue",
    "dial",
    "ring",
    "lookup",
    "split",
    "say",
    "play",
    "voicemail",
    "hangup",
    "reject",
    "redirect",
    "go",
    "do",
    "tag",
    "set",
];

/// Words that begin a definition.
pub const DEFINITIONS: &[&str] = &[
    "zone", "country", "fallback", "limit", "import", "agent", "trunk", "group", "queue", "list", "dates", "schedule", "prompt", "table",
    "source", "input", "action", "extern", "flow", "test",
];

/// Words that join, negate, compare, or are values; with steps and definitions they are all reserved words.
pub const OPERATORS: &[&str] = &["else", "not", "and", "or", "is", "in", "as", "from", "to", "hours", "on", "true", "false"];

/// Words of options, which no action, source, table or prompt may be named after.
pub const OPTIONS: &[&str] = &[
    "for",
    "until",
    "caller",
    "announce",
    "confirm",
    "music",
    "record",
    "header",
    "codecs",
    "media",
    "via",
    "box",
    "within",
    "wait",
    "gap",
    "tries",
    "ending",
    "permanent",
];

/// Words that mean something only in their place.
pub const CONTEXTUAL: &[&str] = &[
    "above",
    "after",
    "all",
    "anonymous",
    "at least",
    "at most",
    "at random",
    "below",
    "busy",
    "by weight",
    "call",
    "closed",
    "contains",
    "csv",
    "daily",
    "declined",
    "default",
    "digits",
    "duration",
    "each",
    "easter",
    "ends with",
    "entered",
    "every",
    "exact",
    "except",
    "failed",
    "flag",
    "found",
    "full",
    "given",
    "ics",
    "id",
    "in order",
    "in turn",
    "invalid",
    "key",
    "language",
    "last",
    "late",
    "leave when empty",
    "longest idle",
    "max length",
    "max wait",
    "missing",
    "month",
    "name",
    "no-answer",
    "number",
    "observed",
    "of",
    "one of",
    "outcome",
    "phone",
    "phones",
    "position",
    "prefix",
    "press",
    "priority",
    "redirected",
    "relay",
    "secret",
    "settles",
    "starts with",
    "text",
    "timeout",
    "turns",
    "unavailable",
    "unreachable",
    "workday",
    "expect",
    "ended",
    "answered",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
];

/// Every word of the language with its kind; a word of two kinds comes twice.
pub fn keywords() -> impl Iterator<Item = (&'static str, WordKind)> {
    let table = [
        (STEPS, WordKind::Step),
        (DEFINITIONS, WordKind::Definition),
        (OPERATORS, WordKind::Operator),
        (OPTIONS, WordKind::Option),
        (CONTEXTUAL, WordKind::Contextual),
    ];
    table.into_iter().flat_map(|(words, kind)| words.iter().map(move |word| (*word, kind)))
}

/// Is this a word that no name may be, in any case of its letters?
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    [STEPS, DEFINITIONS, OPERATORS].iter().any(|words| words.iter().any(|w| w.eq_ignore_ascii_case(word)))
}
