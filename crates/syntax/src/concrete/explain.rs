//! What to say about text that the grammar could not read: the habits of other languages, by the look of them.

use callroute_diagnostics::{Applicability, Code, Diagnostic, Span};

use super::Builder;
use crate::scan::shorten;
use crate::words::{DEFINITIONS, OPERATORS, OPTIONS, STEPS};

pub(super) use crate::words::is_reserved;

/// Where unreadable text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// Where a step, an arm or a definition begins.
    Item,
    /// In the head of a construct, before its block.
    Head(&'static str),
    /// In a condition.
    Condition,
    /// Between the parentheses of arguments or values.
    Parens,
    /// Between the parentheses of parameters.
    Params,
    /// Between the parentheses of `hours`.
    Hours,
    /// Where dates stand.
    Dates,
    /// A line of a schedule.
    ScheduleLine,
    /// A line or row of a test.
    TestLine,
    /// An entry of some other block: what it is, and how it is written.
    Entry(&'static str, &'static str),
}

/// Words that people bring along, and what they mean here. An empty second part: there is no such thing, the third says why.
const FOREIGN: &[(&str, &str, &str)] = &[
    ("elif", "else when", ""),
    ("elseif", "else when", ""),
    ("elsif", "else when", ""),
    ("otherwise", "else", ""),
    ("unless", "when not", ""),
    ("case", "", "the arms of `switch` have no word in front: `gold => group sales`"),
    ("default", "", "what runs when no arm matched stands after the block: `… > else hangup`"),
    ("match", "switch", ""),
    ("then", "", "a condition is followed by its block: `when vip < group sales >`"),
    ("endif", "", "blocks stand in brackets: `when vip < group sales >`"),
    ("end", "", "blocks stand in brackets: `when vip < group sales >`"),
    ("goto", "go", ""),
    ("call", "dial", ""),
    ("forward", "dial", ""),
    ("transfer", "dial", ""),
    ("bridge", "dial", ""),
    ("connect", "dial", ""),
    ("enqueue", "queue", ""),
    ("busy", "reject busy", ""),
    ("decline", "reject declined", ""),
    ("exit", "hangup", ""),
    ("stop", "hangup", ""),
    ("disconnect", "hangup", ""),
    ("return", "", "a flow ends with its last step; `go` leaves it for another one"),
    ("answer", "", "a call is answered by the step that needs it: `menu`, `say`, `voicemail`"),
    ("wait", "", "`wait` belongs to `menu` and `collect`: `menu wait 5s < … >`"),
    ("sleep", "", "nothing waits by itself; `menu wait 5s` waits for the caller"),
    ("ivr", "menu", ""),
    ("gather", "collect", ""),
    ("speak", "say", ""),
    ("record", "", "`record` is an option of a dial step: `group sales record`; messages are taken by `voicemail`"),
    ("function", "flow", ""),
    ("func", "flow", ""),
    ("fn", "flow", ""),
    ("def", "flow", ""),
    ("sub", "flow", ""),
    ("include", "import", ""),
    ("require", "import", ""),
    ("timezone", "zone", ""),
    ("tz", "zone", ""),
    ("var", "", "values come from `input`, `lookup` and `collect`"),
    ("let", "", "values come from `input`, `lookup` and `collect`"),
    ("const", "", "values come from `input`, `lookup` and `collect`"),
    ("for", "", "`for` is an option of the step that rings, before its block: `group sales for 20s < … >`"),
    ("while", "", "nothing is repeated; `menu` and `collect` have `tries 3`"),
    ("holidays", "dates", ""),
    ("calendar", "dates", ""),
    ("ringgroup", "group", ""),
    ("extension", "agent", ""),
    ("user", "agent", ""),
];

/// What is said where somebody compares what `hours` and `on` ask about.
const OWN_CONDITION: &str = "`hours(…)` and `on(…)` hold or do not hold: `when hours(office) < … >`, `when not hours(office) < … >`";

/// Words that lines of a test begin with.
const TEST_WORDS: &[&str] = &["at", "from", "to", "language", "given", "press", "timeout", "outcome", "hangup", "wait", "expect"];

/// The word of `known` that is nearest to `text`, if it is near at all.
pub(super) fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = text.to_ascii_lowercase();
    let length = lower.chars().count();
    if length > 32 {
        return None;
    }
    let limit = match length {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let near = known.iter().map(|word| (strsim::damerau_levenshtein(&lower, word), *word)).filter(|(distance, _)| *distance <= limit);
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

pub(super) fn is_month(word: &str) -> bool {
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"].contains(&word)
}

/// An option of two or three words, where it is written in one: `max_wait`, `callerid`.
fn two_words(word: &str) -> Option<&'static str> {
    let plain: String = word.to_ascii_lowercase().chars().filter(|c| !matches!(c, '_' | '-')).take(32).collect();
    let known = [
        "max wait",
        "max length",
        "caller id",
        "caller name",
        "announce position",
        "leave when empty",
        "longest idle",
        "in order",
        "at random",
    ];
    known.into_iter().find(|option| option.replace(' ', "") == plain)
}

/// The word that a text begins with.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(text.len());
    text.get(..end).unwrap_or("").trim_end_matches('-')
}

impl Builder<'_> {
    /// Reports text that could not be read, once, in the best words there are.
    pub(super) fn unreadable(&mut self, span: Span, place: Where) {
        let text = self.text(span);
        let word = first_word(text);
        let word_span = Span::new(span.start, span.start.saturating_add(u32::try_from(word.len()).unwrap_or(0)));
        let diagnostic =
            self.by_sign(text, span, place).or_else(|| if word.is_empty() { None } else { self.by_word(text, word, word_span, place) });
        let diagnostic = diagnostic.unwrap_or_else(|| self.otherwise(text, span, place));
        self.report(diagnostic);
    }

    /// Signs that mean something elsewhere.
    fn by_sign(&self, text: &str, span: Span, place: Where) -> Option<Diagnostic> {
        let sign = |length: u32| Span::new(span.start, span.start.saturating_add(length).min(span.end));
        let line = matches!(place, Where::Item | Where::ScheduleLine | Where::Dates | Where::TestLine | Where::Entry(..));
        let foreign = |length: u32, message: &str, help: &str| self.diagnostic(Code::ForeignOperator, sign(length), message).help(help);
        if line && text.starts_with('#') {
            let length = u32::try_from(text.bytes().take_while(|b| *b == b'#').count()).unwrap_or(1);
            return Some(foreign(length, "comments begin with `//`, not with `#`", "`#` is a key of the telephone").fix(
                Applicability::Maybe,
                "write `//`",
                sign(length),
                "//",
            ));
        }
        if line && text.starts_with("--") {
            return Some(foreign(2, "comments begin with `//`, not with `--`", "write `// …`").fix(
                Applicability::Maybe,
                "write `//`",
                sign(2),
                "//",
            ));
        }
        if text.starts_with("=>") && place == Where::Item {
            return Some(
                self.diagnostic(Code::WrongArrow, sign(2), "an arm has no head")
                    .help("write what it is for in front of `=>`: `1 => group sales`"),
            );
        }
        if place == Where::Item && text.starts_with("||") {
            return Some(foreign(2, "what runs when a step fails is said with `else`", "write `else`").fix(
                Applicability::Maybe,
                "write `else`",
                sign(2),
                "else",
            ));
        }
        if place == Where::Item && text.starts_with("&&") {
            return Some(foreign(
                2,
                "steps are not joined with `&&`",
                "write them one after another; the next runs where the one before did not settle",
            ));
        }
        if text.starts_with("&&") || text.starts_with("||") {
            let word = if text.starts_with('&') { "and" } else { "or" };
            return Some(foreign(2, &format!("`{}` is written `{word}`", self.text(sign(2))), &format!("write `{word}`")).fix(
                Applicability::Safe,
                format!("write `{word}`"),
                sign(2),
                word,
            ));
        }
        if place == Where::Item && text.strip_prefix('+').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit() || c == '[')) {
            return Some(foreign(1, "texts are not joined with `+`", "write the value into the text: `say \"Welcome, {customer.name}\"`"));
        }
        if text.starts_with(':') && matches!(place, Where::Head(_) | Where::Condition) {
            return Some(foreign(1, "a block stands in brackets, not behind `:`", "write `when vip < group sales >`"));
        }
        if let (true, Some(c)) = (
            matches!(place, Where::Condition),
            text.chars().next().filter(|c| matches!(c, '=' | '<' | '>' | '&' | '|' | '~' | '%' | '+' | '/' | '*')),
        ) {
            let message = format!("`{c}` is no part of a condition");
            if c == '%' || c == '*' {
                return Some(foreign(1, &message, "for all numbers that begin so write a pattern: `from is +1312*`"));
            }
            if c == '=' && self.source.get(..span.start as usize).is_some_and(|before| before.trim_end().ends_with(')')) {
                return Some(foreign(1, &message, OWN_CONDITION));
            }
            return Some(foreign(
                1,
                &message,
                "comparisons are words: `is`, `is not`, `in`, `above`, `below`, `at least`, `at most`, `starts with`, `contains`",
            ));
        }
        if let Where::Parens = place {
            if text.starts_with('*') {
                return Some(
                    self.diagnostic(Code::BadPattern, span, "a pattern cannot stand here")
                        .help("patterns stand to the right of `is` and `in`, in lists and in the heads of arms"),
                );
            }
            if text.starts_with(['=', ':']) {
                return Some(foreign(1, "arguments have no names", "write the values in the order of the definition: `park(\"a\", 5s)`"));
            }
            if text.starts_with(['+', '-', '/', '%']) {
                return Some(foreign(
                    1,
                    "nothing is computed in a script",
                    "let the host compute it, and read it as an `input` or from a `source`",
                ));
            }
        }
        None
    }

    /// Words that people write by habit, words in a wrong place, and misspelt ones.
    fn by_word(&self, text: &str, word: &str, span: Span, place: Where) -> Option<Diagnostic> {
        match place {
            Where::Item => self.item_word(text, word, span),
            Where::Condition => self.condition_word(word, span),
            Where::Head(what) => self.head_word(word, span, what),
            Where::TestLine => self.test_word(word, span).or_else(|| self.suggestion(word, span, TEST_WORDS, "a line of a test")),
            Where::Hours | Where::ScheduleLine | Where::Dates => self.day_word(text, word, span, place),
            Where::Parens | Where::Params | Where::Entry(..) => None,
        }
    }

    fn suggestion(&self, word: &str, span: Span, known: &[&str], what: &str) -> Option<Diagnostic> {
        let near = nearest(word, known)?;
        if near.eq_ignore_ascii_case(word) {
            return None;
        }
        Some(
            self.diagnostic(Code::UnknownWord, span, format!("`{}` begins nothing that {what} could be", shorten(word)))
                .help(format!("did you mean `{near}`?"))
                .fix(Applicability::Maybe, format!("write `{near}`"), span, near),
        )
    }

    fn test_word(&self, word: &str, span: Span) -> Option<Diagnostic> {
        let meant = match word.to_ascii_lowercase().as_str() {
            "assert" | "verify" | "should" | "check" | "expected" | "then" => "expect",
            "call" | "caller" | "callerid" | "when" => "from",
            "dtmf" | "keys" | "input" | "send" => "press",
            "sleep" | "pause" => "wait",
            "time" | "now" | "date" | "on" => "at",
            "result" | "answer" | "then_outcome" => "outcome",
            "set" | "let" | "with" | "mock" | "stub" => "given",
            _ => return None,
        };
        Some(self.diagnostic(Code::ForeignWord, span, format!("`{word}` begins no line of a test")).help(format!("write `{meant} …`")).fix(
            Applicability::Maybe,
            format!("write `{meant}`"),
            span,
            meant,
        ))
    }

    fn foreign_word(&self, word: &str, span: Span) -> Option<Diagnostic> {
        let lower = word.to_ascii_lowercase();
        let (_, here, why) = FOREIGN.iter().find(|(foreign, ..)| *foreign == lower)?;
        if here.is_empty() {
            return Some(self.diagnostic(Code::ForeignWord, span, format!("there is no step `{word}`")).help(*why));
        }
        let d = self.diagnostic(Code::ForeignWord, span, format!("`{word}` is written `{here}` here")).help(format!("write `{here}`"));
        Some(d.fix(Applicability::Maybe, format!("write `{here}`"), span, *here))
    }

    fn item_word(&self, text: &str, word: &str, span: Span) -> Option<Diagnostic> {
        let rest = text.get(word.len()..).unwrap_or("").trim_start();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if let Some(d) = self.foreign_word(word, span) {
            return Some(d);
        }
        if let Some(option) = two_words(word) {
            return Some(
                self.diagnostic(Code::UnknownWord, span, format!("`{word}` is written `{option}`")).help(format!("write `{option}`")).fix(
                    Applicability::Maybe,
                    format!("write `{option}`"),
                    span,
                    option,
                ),
            );
        }
        let lasting = ["timeout", "max", "duration", "length", "seconds", "limit"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if lasting && rest.starts_with(|c: char| c.is_ascii_digit()) {
            let message = format!("how long a step lasts is said with `for`, not with `{}`", word.to_ascii_lowercase());
            return Some(self.diagnostic(Code::ForeignWord, span, message).help(format!("write `for {}`", shorten(rest))).fix(
                Applicability::Maybe,
                "write `for`",
                span,
                "for",
            ));
        }
        if OPTIONS.iter().any(|option| option.eq_ignore_ascii_case(word)) {
            let lower = word.to_ascii_lowercase();
            return Some(
                self.diagnostic(Code::MisplacedOption, span, format!("the option `{lower}` belongs to no step here"))
                    .help("options stand behind the head of their step and before its block, without `;` in between"),
            );
        }
        if OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(word)) {
            let lower = word.to_ascii_lowercase();
            let help = match lower.as_str() {
                "or" if !self.begins_line(span.start) => {
                    return Some(
                        self.diagnostic(Code::ForeignWord, span, "what runs when a step fails is said with `else`, not with `or`")
                            .help("write `dial +14155550123 else voicemail \"sales\"`")
                            .fix(Applicability::Maybe, "write `else`", span, "else"),
                    );
                }
                "hours" | "on" | "not" | "from" | "to" => "a condition stands between `when` and its block: `when hours(office) < … >`",
                "and" | "or" | "is" | "in" => "a condition stands whole between `when` and its block: `when vip or tier is gold < … >`",
                _ => "it means something only inside a step or definition",
            };
            return Some(self.diagnostic(Code::UnexpectedText, span, format!("`{lower}` begins no step")).help(help));
        }
        if ["expect", "press", "given", "outcome", "at"].iter().any(|w| w.eq_ignore_ascii_case(word)) {
            return Some(
                self.diagnostic(Code::UnexpectedText, span, format!("`{}` belongs to a test", word.to_ascii_lowercase()))
                    .help("write it in one: `test \"sales\" < from +14155550123; expect group sales >`"),
            );
        }
        let before = self.source.get(..span.start as usize).unwrap_or("").trim_end_matches([' ', '\t']);
        let known: Vec<&str> = STEPS.iter().chain(DEFINITIONS).copied().collect();
        if before.ends_with("=>") && rest.is_empty() && nearest(word, &known).is_none() {
            // `0 => operator`
            return Some(
                self.diagnostic(Code::UnknownStep, span, format!("`{}` begins no step and no definition", shorten(word)))
                    .help(format!("to ring somebody write `group {0}` or `agent {0}`, to run a flow `go {0}`", shorten(word))),
            );
        }
        let d = self.diagnostic(Code::UnknownStep, span, format!("`{}` begins no step and no definition", shorten(word)));
        if let Some(near) = nearest(word, &known) {
            return Some(d.help(format!("did you mean `{near}`?")).fix(Applicability::Maybe, format!("write `{near}`"), span, near));
        }
        if rest.starts_with(['"', '+']) || rest.starts_with(|c: char| c.is_ascii_digit()) || rest.is_empty() {
            let args = if rest.is_empty() { String::new() } else { shorten(rest) };
            let alone = self
                .source
                .get(span.end as usize..)
                .is_none_or(|after| after.trim_start_matches([' ', '\t']).starts_with(['\n', '\r', ';']) || after.trim().is_empty());
            if !rest.is_empty() || alone {
                return Some(d.help(format!("an action is run with parentheses: `{}({args})`", shorten(word))));
            }
        }
        Some(d.help("steps begin with a word such as `when`, `menu`, `group`, `dial`, `voicemail`"))
    }

    fn condition_word(&self, word: &str, span: Span) -> Option<Diagnostic> {
        let lower = word.to_ascii_lowercase();
        let meant = match lower.as_str() {
            "then" | "do" => {
                return Some(
                    self.diagnostic(Code::ForeignWord, span, format!("there is no `{lower}` behind a condition"))
                        .help("a condition is followed by its block: `when vip < group sales >`"),
                );
            }
            "matches" | "match" | "like" | "regex" | "regexp" | "rlike" | "ilike" | "glob" => {
                return Some(self.diagnostic(Code::ForeignWord, span, format!("there is no `{lower}`, and there are no regular expressions")).help(
                    "a number is compared with patterns: `from is +1312*`, `from in (+1312*, +1[2-9]*)`; a text with `starts with`, `ends with`, `contains`",
                ));
            }
            "between" => {
                return Some(self.diagnostic(Code::ForeignWord, span, "there is no `between`").help(
                    "times of day are asked with `hours(9-17 America/Chicago)`, numbers with `waiting at least 3 and waiting at most 9`, callers with patterns: `from is +1415555*`",
                ));
            }
            "equals" | "eq" | "equal" | "are" | "was" => "is",
            "ne" | "isnt" => "is not",
            "gt" | "greater" | "more" | "over" | "exceeds" => "above",
            "lt" | "less" | "under" => "below",
            "gte" | "ge" => "at least",
            "lte" | "le" => "at most",
            "includes" | "has" => "contains",
            "begins" | "startswith" | "starts_with" => "starts with",
            "endswith" | "ends_with" => "ends with",
            "is" => {
                return Some(
                    self.diagnostic(Code::UnexpectedText, span, "`is` compares values, and a condition stands before it")
                        .help(OWN_CONDITION),
                );
            }
            "xor" => {
                return Some(self.diagnostic(Code::ForeignWord, span, "there is no `xor`").help("write it out with `and`, `or` and `not`"));
            }
            _ => {
                let near = nearest(word, &["above", "below", "contains", "starts", "ends", "is", "and", "or", "in"]);
                let d = self.diagnostic(
                    Code::UnexpectedText,
                    span,
                    format!("a comparison or `and`, `or` is missing before `{}`", shorten(word)),
                );
                return Some(match near {
                    Some(near) if near != lower => {
                        d.help(format!("did you mean `{near}`?")).fix(Applicability::Maybe, format!("write `{near}`"), span, near)
                    }
                    _ => d.help("write `tier is gold`, `from in vip`, `vip and waiting above 3`"),
                });
            }
        };
        Some(self.diagnostic(Code::ForeignWord, span, format!("`{word}` is written `{meant}`")).help(format!("write `{meant}`")).fix(
            Applicability::Maybe,
            format!("write `{meant}`"),
            span,
            meant,
        ))
    }

    fn head_word(&self, word: &str, span: Span, what: &str) -> Option<Diagnostic> {
        if let Some(option) = two_words(word) {
            return Some(
                self.diagnostic(Code::UnknownWord, span, format!("`{word}` is written `{option}`")).help(format!("write `{option}`")).fix(
                    Applicability::Maybe,
                    format!("write `{option}`"),
                    span,
                    option,
                ),
            );
        }
        let gathers = matches!(what, "menu" | "collect");
        let meant = match word.to_ascii_lowercase().replace('_', "").as_str() {
            "retries" | "attempts" | "maxtries" | "maxretries" | "maxattempts" | "retry" if gathers => Some(("tries", "tries 3")),
            "timeout" | "waittime" if gathers => Some(("wait", "wait 5s")),
            "interdigit" | "digittimeout" | "interdigittimeout" if gathers => Some(("gap", "gap 2s")),
            "finishonkey" | "terminator" | "end" | "until" if what == "collect" => Some(("ending", "ending #")),
            "timeout" | "ringtime" | "ringtimeout" | "duration" if !gathers => Some(("for", "for 20s")),
            _ => None,
        };
        if let Some((option, example)) = meant {
            return Some(
                self.diagnostic(Code::ForeignWord, span, format!("`{word}` is written `{option}` here"))
                    .help(format!("write `{example}`"))
                    .fix(Applicability::Maybe, format!("write `{option}`"), span, option),
            );
        }
        if matches!(what, "this ringing" | "this step") && word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['s', 'm']) {
            return Some(
                self.diagnostic(Code::UnexpectedText, span, format!("`{}` stands without its word", shorten(word)))
                    .help(format!("how long it rings is written `for {}`", shorten(word)))
                    .fix(Applicability::Maybe, "insert `for`", Span::at(span.start), "for "),
            );
        }
        if word.eq_ignore_ascii_case("then") || word.eq_ignore_ascii_case("do") {
            return Some(
                self.diagnostic(Code::ForeignWord, span, format!("there is no `{word}` before a block"))
                    .help("the block follows the head directly"),
            );
        }
        let more =
            ["as", "secret", "each", "max", "announce", "leave", "all", "in", "at", "by", "longest", "digits", "key", "csv", "ics", "to"];
        let known: Vec<&str> = OPTIONS.iter().chain(&more).copied().collect();
        let d = self.diagnostic(Code::UnexpectedText, span, format!("`{}` is no option of {}", shorten(word), quoted(what)));
        let near = nearest(word, &known).filter(|near| !near.eq_ignore_ascii_case(word));
        Some(match near {
            Some(near) => d.help(format!("did you mean `{near}`?")).fix(Applicability::Maybe, format!("write `{near}`"), span, near),
            None if known.iter().any(|k| k.eq_ignore_ascii_case(word)) => {
                d.help("options stand before the block, each once, and each in full")
            }
            None => d.help("remove it, or look for what is missing before it"),
        })
    }

    fn day_word(&self, text: &str, word: &str, span: Span, place: Where) -> Option<Diagnostic> {
        let lower = word.to_ascii_lowercase();
        if ["thru", "through", "till", "until", "to", "and"].contains(&lower.as_str()) {
            let help = if lower == "and" {
                "separate days and hours with commas: `mon, wed 9-12, 13-17`"
            } else {
                "write `mon-fri`, `9-17` or `dec 24 to jan 2`"
            };
            return Some(self.diagnostic(Code::RangeWord, span, format!("`{word}` cannot stand here")).help(help));
        }
        if word.bytes().all(|b| b.is_ascii_digit()) && !word.is_empty() && place != Where::Dates {
            return Some(self.diagnostic(Code::BadTime, span, format!("`{word}` is one time, and hours need two")).help("write `9-17`"));
        }
        if ["last", "first", "second", "third", "fourth", "fifth"].contains(&lower.as_str()) {
            return Some(
                self.diagnostic(Code::BadOrdinal, span, format!("`{word}` is not understood here"))
                    .help("write `1st mon of jan`, `last fri of month`"),
            );
        }
        if ["open", "off", "holiday", "shut"].contains(&lower.as_str()) {
            let help = if lower == "open" { "write the hours: `mon-fri 9-17`, `sat 0-24`" } else { "write `closed`" };
            return Some(self.diagnostic(Code::UnknownWord, span, format!("`{word}` is no word of a schedule")).help(help));
        }
        let _ = text;
        None
    }

    /// Does nothing but blanks stand before it in its line?
    fn begins_line(&self, at: u32) -> bool {
        let before = self.source.get(..at as usize).unwrap_or("").trim_end_matches([' ', '\t']);
        before.is_empty() || before.ends_with(['\n', '\r', ';'])
    }

    /// Nothing of the kind: what stands there, where it stands, and what could stand instead.
    fn otherwise(&self, text: &str, span: Span, place: Where) -> Diagnostic {
        let shown = shorten(text);
        let number = text.starts_with(['+', '*']) || text.starts_with(|c: char| c.is_ascii_digit());
        let (message, help) = match place {
            Where::Item if number => return self.bare_number(text, span),
            Where::Item if text.starts_with('"') => {
                ("a text alone is no step".to_owned(), "write `say \"…\"` to speak it, `voicemail \"…\"` to take a message")
            }
            Where::Item => (
                format!("`{shown}` begins no step and no definition"),
                "steps begin with a word such as `when`, `menu`, `group`, `dial`, `voicemail`",
            ),
            Where::Head(what) => {
                (format!("`{shown}` cannot stand before the block of {}", quoted(what)), "remove it, or look for what is missing before it")
            }
            Where::Condition => {
                (format!("`{shown}` is no part of a condition"), "conditions are joined with `and` and `or`: `vip and waiting above 3`")
            }
            Where::Parens => (format!("`{shown}` cannot stand here"), "values stand in parentheses, with commas between them"),
            Where::Params => (format!("`{shown}` is no parameter"), "a parameter is a name and a type: `team: group`"),
            Where::Hours => {
                (format!("`{shown}` is not understood in `hours`"), "write `hours(office)` or `hours(mon-fri 9-12, 13-17 America/Chicago)`")
            }
            Where::Dates => (
                format!("`{shown}` is no date"),
                "write `dec 24`, `2026-12-24`, `4th thu of nov`, `easter - 2 days` or the name of other dates",
            ),
            Where::ScheduleLine => (
                format!("`{shown}` is no line of a schedule"),
                "a line is its days and its hours: `mon-fri 9-12, 13-17`, `us_holidays closed`",
            ),
            Where::TestLine => (
                format!("`{shown}` is no line of a test"),
                "write `from …`, `at …`, `given … = …`, `press 1`, `outcome busy` or `expect …`",
            ),
            Where::Entry(what, how) => (format!("`{shown}` is not {what}"), how),
        };
        self.diagnostic(Code::UnexpectedText, span, message).help(help)
    }

    /// A number where a step begins: often the `=` of a definition is missing before it.
    fn bare_number(&self, text: &str, span: Span) -> Diagnostic {
        // A kind and a name are not far; a line may be long, and hold many such numbers.
        let mut from = (span.start as usize).saturating_sub(200);
        while !self.source.is_char_boundary(from) {
            from = from.saturating_add(1);
        }
        let before = self.source.get(from..span.start as usize).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        let mut words = line.split([' ', '\t', ';']).filter(|w| !w.is_empty()).rev();
        let (name, kind) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        if ["agent", "group", "queue"].iter().any(|k| kind.eq_ignore_ascii_case(k)) && !name.is_empty() {
            let at = Span::at(self.snap(span.start));
            let kind = kind.to_ascii_lowercase();
            return self
                .diagnostic(Code::MissingEquals, at, format!("`=` is missing in the definition of the {kind} `{}`", shorten(name)))
                .help(format!("write `{kind} {} = {}`", shorten(name), shorten(text)))
                .fix(Applicability::Maybe, "insert `=`", at, " =");
        }
        let word = text.split_whitespace().next().unwrap_or(text);
        self.diagnostic(Code::UnexpectedText, span, format!("`{}` begins no step", shorten(text)))
            .help(format!("to ring a number write `dial {}`; the head of an arm is followed by `=>`", shorten(word)))
    }
}

/// A word of the language in backticks, a description as it is.
fn quoted(what: &str) -> String {
    if what.contains(' ') { what.to_owned() } else { format!("`{what}`") }
}
