//! What may be written at a caret.

use callroute_analysis::names::{Definition, Kind, NameKind, spell};
use callroute_analysis::typed::{FieldDef, Program, Ty};
use callroute_diagnostics::Span;

use crate::context::{Context, Inside};
use crate::describe::{Clock, definition_text, fields_text, type_text};
use crate::docs::{self, WordDoc};
use crate::lex::{Kind as Tok, Token};
use crate::snapshot::Snapshot;

/// What kind of thing a proposal is, for its picture in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Picture {
    /// A word of the language.
    Keyword,
    /// A whole construct with places to fill in.
    Snippet,
    /// A definition.
    Name(NameKind),
    /// A value of the call.
    Variable,
    /// A field of a row.
    Field,
    /// A value of an enumeration.
    Value,
    /// A time zone, a country, a codec.
    Constant,
    /// A type.
    Type,
}

/// A proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Completion {
    /// What the list shows.
    pub label: String,
    /// What it is.
    pub picture: Picture,
    /// A few words beside it.
    pub detail: String,
    /// What is written, with `$1`, `${2:…}`, `$0` in a snippet.
    pub insert: String,
    /// Is `insert` a snippet?
    pub snippet: bool,
    /// What it replaces: the word that is being typed.
    pub replace: Span,
    /// Its rank: smaller is nearer to the top.
    pub rank: u8,
}

/// Names that scripts use for codecs (RFC 3551, RFC 7587 …), as SDP spells them in small letters.
const CODECS: &[&str] = &["opus", "pcmu", "pcma", "g722", "g729", "ilbc", "amr", "amr-wb", "speex", "gsm", "telephone-event"];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun", "daily", "mon-fri"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DATE_WORDS: &[&str] = &["easter", "1st", "2nd", "3rd", "4th", "last", "every"];
const TYPES: &[&str] = &["text", "number", "flag", "phone", "phones", "duration", "one of"];
const PARAM_TYPES: &[&str] = &["group", "agent", "queue", "trunk", "schedule", "dates", "list"];
const STRATEGIES: &[&str] = &["all", "in order", "in turn", "at random", "by weight", "longest idle"];
const COMPARISONS: &[&str] =
    &["is", "is not", "in", "not in", "is missing", "starts with", "ends with", "contains", "above", "below", "at least", "at most"];
const DIAL_OPTIONS: &[&str] =
    &["for", "until", "caller id", "caller name", "announce", "confirm", "music", "record", "header", "codecs", "media relay"];
const QUEUE_OPTIONS: &[&str] = &["max wait", "max length", "announce position every", "leave when empty", "music", "for", "each"];
const GATHER_OPTIONS: &[&str] = &["say", "play", "wait", "gap", "tries"];
const MEMBER_OPTIONS: &[&str] = &["after", "for", "confirm"];
const TEST_WORDS: &[&str] = &["at", "from", "to", "language", "given", "press", "timeout", "outcome", "hangup", "wait", "expect"];

/// Whole constructs, for the places where a step or a definition begins.
const SNIPPETS: &[(&str, bool, &str)] = &[
    ("when hours", false, "when hours(${1:office}) <\n  $0\n> else voicemail \"${2:closed}\""),
    ("menu with choices", false, "menu say \"${1:Press 1 for sales.}\" <\n  1 => ${2:group sales}\n> else voicemail \"${3:front_desk}\"$0"),
    ("collect digits", false, "collect ${1:4} digits say \"${2:Enter your code.}\" as ${3:pin} <\n  $0\n>"),
    ("lookup row", false, "lookup ${1:crm}(from) as ${2:customer} <\n  $0\n>"),
    ("ring group", true, "group ${1:sales} = ring all for ${2:25s} < ${3:+1} >$0"),
    ("schedule in zone", true, "schedule ${1:office} = in ${2:America/Chicago} <\n  mon-fri 9-17\n  $0\n>"),
    ("flow with steps", true, "flow ${1:name} <\n  $0\n>"),
    ("test block", true, "test \"${1:what must happen}\" <\n  at ${2:2026-04-21T14:32:00Z}\n  from ${3:+14155550123}\n  expect $0\n>"),
];

/// Everything that may be written at an offset of a file, best first. The text may be newer than what was checked.
#[must_use]
pub fn complete(snapshot: &Snapshot, text: &str, at: u32) -> Vec<Completion> {
    let context = Context::at(text, at);
    let mut out = Completer { snapshot, context: &context, found: Vec::new() };
    if context.comment {
        return Vec::new();
    }
    match context.text {
        Some(open) => out.in_text(open, at),
        None => out.anywhere(),
    }
    let mut found = out.found;
    found.sort_by(|a, b| (a.rank, &a.label).cmp(&(b.rank, &b.label)));
    found.dedup_by(|a, b| a.label == b.label);
    found
}

/// What is told of a proposal when it is chosen in the list, in Markdown.
#[must_use]
pub fn document(snapshot: &Snapshot, label: &str, kind: Option<NameKind>, clock: Clock) -> String {
    if let Some(kind) = kind {
        let names = &snapshot.analysis().names;
        let Some(found) = names.of_kind(kind).find(|definition| definition.name == label) else { return String::new() };
        let doc = snapshot.definition_around(found.place).and_then(|def| def.doc.clone()).unwrap_or_default();
        let more = definition_text(snapshot, found, clock);
        return [doc.trim(), more.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    }
    let docs: Vec<String> =
        docs::of(label.split(' ').next().unwrap_or(label)).map(|doc| format!("```route\n{}\n```\n\n{}", doc.form, doc.text)).collect();
    docs.join("\n\n---\n\n")
}

struct Completer<'a> {
    snapshot: &'a Snapshot,
    context: &'a Context<'a>,
    found: Vec<Completion>,
}

impl<'a> Completer<'a> {
    fn program(&self) -> Option<&'a Program> {
        self.snapshot.program()
    }

    fn push(&mut self, label: &str, picture: Picture, detail: impl Into<String>, rank: u8) {
        let insert = label.to_owned();
        self.found.push(Completion {
            label: label.to_owned(),
            picture,
            detail: detail.into(),
            insert,
            snippet: false,
            replace: self.context.word,
            rank,
        });
    }

    fn words(&mut self, words: &[&str], rank: u8) {
        for word in words {
            let doc = docs::of(word.split(' ').next().unwrap_or(word)).next();
            self.push(word, Picture::Keyword, doc.map_or("", |doc| doc.form), rank);
        }
    }

    fn docs(&mut self, docs: &[WordDoc], rank: u8) {
        for doc in docs {
            self.push(doc.word, Picture::Keyword, doc.form, rank);
        }
    }

    fn snippets(&mut self, definitions: bool) {
        for (label, defines, insert) in SNIPPETS {
            if *defines && !definitions {
                continue;
            }
            let replace = self.context.word;
            let (label, insert) = ((*label).to_owned(), (*insert).to_owned());
            self.found.push(Completion {
                label,
                picture: Picture::Snippet,
                detail: "snippet".into(),
                insert,
                snippet: true,
                replace,
                rank: 4,
            });
        }
    }

    fn names(&mut self, kind: Kind, rank: u8) {
        for kind in [NameKind::Defined(kind), NameKind::Extern(kind)] {
            for definition in self.snapshot.analysis().names.of_kind(kind) {
                let mut item = self.name(definition, rank);
                item.insert = spell(&definition.name, false);
                self.found.push(item);
            }
        }
    }

    fn name(&self, definition: &Definition, rank: u8) -> Completion {
        let detail = match (definition.kind, self.program()) {
            (NameKind::Defined(Kind::Source), Some(program)) => program
                .sources
                .iter()
                .find(|source| source.place == definition.place)
                .map_or_else(String::new, |source| format!("source({})", fields_text(program, &source.params))),
            (NameKind::Defined(Kind::Input), Some(program)) => program
                .vars
                .iter()
                .find(|var| var.place == definition.place)
                .map_or_else(String::new, |var| format!("input: {}", type_text(program, var.ty))),
            (NameKind::Defined(kind), _) => kind.noun().to_owned(),
            (NameKind::Extern(kind), _) => format!("{} of the host", kind.noun()),
            _ => String::new(),
        };
        let label = definition.name.clone();
        Completion {
            insert: label.clone(),
            label,
            picture: Picture::Name(definition.kind),
            detail,
            snippet: false,
            replace: self.context.word,
            rank,
        }
    }

    // ---------------------------------------------------------------------------------------------- by place

    /// In a text: values behind an opened brace.
    fn in_text(&mut self, open: Span, at: u32) {
        let text = Span::new(open.start, at).text(self.context.source);
        let Some(brace) = text.rfind('{') else { return };
        let inside = text.get(brace.saturating_add(1)..).unwrap_or_default();
        if inside.contains('}') || text.get(..brace).is_some_and(|before| before.ends_with('\\')) {
            return;
        }
        let start = inside.rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).map_or(0, |at| at.saturating_add(1));
        let replace = Span::new(at.saturating_sub(u32::try_from(inside.len().saturating_sub(start)).unwrap_or(0)), at);
        match inside.get(..start).and_then(|owner| owner.strip_suffix('.')) {
            Some(owner) => self.fields_of(owner.trim()),
            None => self.values(1),
        }
        for item in &mut self.found {
            item.replace = replace;
        }
    }

    fn anywhere(&mut self) {
        let source = self.context.source;
        let line = &self.context.line;
        let last = line.last().copied();
        // `row.`
        if let (Some(dot), Some(owner)) = (last, line.len().checked_sub(2).and_then(|at| line.get(at)))
            && dot.kind == Tok::Dot
            && owner.kind == Tok::Word
        {
            return self.fields_of(owner.text(source));
        }
        if let Some((callee, argument)) = self.context.call() {
            return self.in_call(callee, argument);
        }
        let words = self.context.words();
        if words.is_empty() && !self.context.line.iter().any(|token| token.kind == Tok::Equals) {
            return self.beginning();
        }
        self.going_on(&words, last);
    }

    /// Nothing stands there yet.
    fn beginning(&mut self) {
        if self.context.step_wanted {
            return self.steps();
        }
        let Some(frame) = self.context.frames.last() else {
            self.steps();
            self.docs(docs::DEFINITIONS, 3);
            self.snippets(true);
            self.words(&["else"], 5);
            return;
        };
        if !self.context.line.is_empty() && frame.inside.has_arms() {
            // Behind a key and before `=>`.
            self.push("=>", Picture::Keyword, "what runs then", 1);
            return self.words(&["as"], 2);
        }
        match frame.inside {
            Inside::Steps => {
                self.steps();
                self.words(&["else"], 5);
            }
            Inside::Menu => {
                self.outcomes(&["timeout", "invalid"]);
                for key in ["1", "2", "3", "0", "*", "#"] {
                    self.push(key, Picture::Value, "key", 1);
                }
            }
            Inside::Collect => {
                self.outcomes(&["entered", "timeout", "invalid"]);
                self.steps();
            }
            Inside::Dial => self.outcomes(&["busy", "no-answer", "declined", "unreachable", "redirected"]),
            Inside::Queue => self.outcomes(&["full", "empty", "timeout", "busy", "declined", "unreachable", "redirected"]),
            Inside::Lookup => {
                self.outcomes(&["found", "missing", "failed", "late"]);
                self.steps();
            }
            Inside::Voicemail => self.outcomes(&["full", "failed"]),
            Inside::Switch => self.switch_values(&frame.head.clone()),
            Inside::Split => {
                for share in ["50%", "70%", "30%"] {
                    self.push(share, Picture::Value, "share", 1);
                }
            }
            Inside::Members => {
                self.words(&["agent"], 1);
            }
            Inside::Dates => self.days(false),
            Inside::Schedule => self.days(true),
            Inside::Prompt => {
                self.words(&["play"], 2);
                for language in ["en", "es", "fr", "de", "pt", "it", "pl", "zh", "ja"] {
                    self.push(language, Picture::Constant, "language", 1);
                }
            }
            Inside::Test => self.words(TEST_WORDS, 1),
            Inside::List => self.number_patterns(2),
            Inside::Fields | Inside::Rows | Inside::GivenRow | Inside::Unknown => {}
        }
    }

    fn outcomes(&mut self, words: &[&str]) {
        for word in words {
            if let Some(doc) = docs::OUTCOMES.iter().find(|doc| doc.word == *word) {
                self.push(word, Picture::Keyword, doc.text, 1);
            }
        }
    }

    fn steps(&mut self) {
        self.docs(docs::STEPS, 2);
        self.names(Kind::Action, 2);
        self.snippets(false);
        let gathers = self.context.frames.iter().any(|frame| matches!(frame.inside, Inside::Menu | Inside::Collect));
        if !gathers {
            self.found.retain(|item| !matches!(item.label.as_str(), "repeat" | "retry"));
        }
    }

    fn days(&mut self, schedule: bool) {
        self.names(Kind::Dates, 1);
        if schedule {
            self.words(DAYS, 2);
        }
        self.words(MONTHS, 3);
        self.words(DATE_WORDS, 3);
    }

    /// The statement has begun: what fits behind its words?
    fn going_on(&mut self, words: &[String], last: Option<Token>) {
        let source = self.context.source;
        let last_word = last.filter(|token| token.kind == Tok::Word).map(|token| token.text(source).to_ascii_lowercase());
        let first = words.first().map_or("", String::as_str);
        let defines = self.context.line.iter().any(|token| token.kind == Tok::Equals);
        let colon = last.is_some_and(|token| token.kind == Tok::Colon);
        if colon {
            return self.types(first == "flow");
        }
        if let Some(word) = last_word.as_deref()
            && self.behind_word(word, first, words, defines)
        {
            return;
        }
        if defines {
            return self.definition(first, words, last);
        }
        match self.context.inside() {
            Some(Inside::Members) => return self.words(MEMBER_OPTIONS, 1),
            Some(Inside::Schedule) => return self.words(&["closed", "from", "until"], 1),
            Some(Inside::Dates) => return self.words(&["observed", "from", "until"], 1),
            Some(Inside::List) => return self.words(&["until"], 1),
            _ => {}
        }
        match first {
            "when" => {
                self.words(&["and", "or"], 1);
                self.words(COMPARISONS, 2);
            }
            "switch" => {}
            "menu" => {
                self.words(GATHER_OPTIONS, 1);
                self.names(Kind::Prompt, 2);
            }
            "collect" => {
                self.words(GATHER_OPTIONS, 1);
                self.words(&["digits", "ending", "as", "secret"], 1);
                self.names(Kind::Prompt, 2);
            }
            "group" | "agent" | "queue" => {
                self.words(DIAL_OPTIONS, 1);
                self.words(&["else"], 2);
            }
            "dial" => {
                self.words(&["via"], 1);
                self.words(DIAL_OPTIONS, 1);
                self.words(&["else"], 2);
            }
            "ring" => {
                self.words(STRATEGIES, 1);
                self.words(&["for", "each"], 1);
            }
            "lookup" => self.words(&["as", "within"], 1),
            "voicemail" => self.words(&["box", "for", "else"], 1),
            "redirect" => self.words(&["permanent"], 1),
            "action" => self.words(&["settles"], 1),
            _ => {}
        }
    }

    /// What fits behind a word that asks for something of its own; false: the word asks for nothing.
    fn behind_word(&mut self, word: &str, first: &str, words: &[String], defines: bool) -> bool {
        let count = words.len();
        let begins = count == 1;
        match word {
            "group" | "agent" | "queue" if begins && self.context.frames.is_empty() && !self.context.step_wanted => {
                // A step, or a definition whose name the author must find.
                self.targets(word);
            }
            "group" | "agent" | "queue" => self.targets(word),
            "extern" => self.words(&["group", "agent", "queue", "trunk"], 1),
            "via" => self.names(Kind::Trunk, 1),
            "go" | "do" => self.names(Kind::Flow, 1),
            "lookup" => {
                self.names(Kind::Source, 1);
                self.names(Kind::Table, 1);
            }
            "say" | "menu" => self.names(Kind::Prompt, 1),
            "expect" => {
                self.words(
                    &[
                        "group",
                        "agent",
                        "queue",
                        "dial",
                        "ring",
                        "menu",
                        "collect",
                        "lookup",
                        "voicemail",
                        "reject",
                        "redirect",
                        "hangup",
                        "say",
                        "play",
                        "tag",
                        "ended",
                    ],
                    1,
                );
                self.names(Kind::Action, 2);
            }
            "outcome" => self.words(
                &["answered", "busy", "no-answer", "declined", "unreachable", "redirected to", "full", "empty", "timeout", "failed"],
                1,
            ),
            "ended" => self.words(
                &["answered", "busy", "no-answer", "declined", "unreachable", "full", "empty", "timeout", "no-input", "invalid-input"],
                1,
            ),
            "given" => {
                self.words(&["header"], 2);
                self.names(Kind::Input, 1);
                self.names(Kind::Source, 1);
            }
            "set" => {
                self.words(&["priority", "language", "caller name"], 1);
                self.names(Kind::Input, 1);
            }
            "zone" => self.zones(1),
            "country" => self.countries(),
            "limit" => self.words(&["turns"], 1),
            "codecs" => self.codecs(),
            "media" => self.words(&["relay"], 1),
            "caller" => self.words(&["id", "name"], 1),
            "reject" => self.words(&["busy", "declined", "unavailable"], 1),
            "split" => self.words(&["by call", "by from"], 1),
            "by" if first == "split" => self.words(&["call", "from"], 1),
            "ring" => self.words(STRATEGIES, 1),
            "in" if defines => self.zones(1),
            "in" => {
                self.names(Kind::List, 1);
                self.values(2);
            }
            "when" | "not" | "and" | "or" => self.conditions(),
            "switch" => {
                self.words(&["from", "to", "language"], 1);
                self.values(1);
            }
            "is" => self.right_side(words),
            "to" if first == "set" => self.values(1),
            "dial" | "redirect" => {}
            "language" if self.context.inside() == Some(Inside::Test) => {
                for language in ["en", "es", "fr", "de"] {
                    self.push(language, Picture::Constant, "language", 1);
                }
            }
            "except" => self.names(Kind::Dates, 1),
            "default" => self.right_side(words),
            "from" | "to" | "language" | "priority" if first == "when" => {
                self.words(&["is", "is not", "in", "not in", "starts with"], 1);
            }
            _ => return false,
        }
        true
    }

    fn targets(&mut self, word: &str) {
        self.names(
            match word {
                "group" => Kind::Group,
                "queue" => Kind::Queue,
                _ => Kind::Agent,
            },
            1,
        );
    }

    fn definition(&mut self, first: &str, words: &[String], last: Option<Token>) {
        let just = last.is_some_and(|token| token.kind == Tok::Equals);
        match first {
            "group" | "queue" if just => self.words(&["ring"], 1),
            "agent" if just => self.words(&["in order"], 1),
            "group" => {
                self.words(STRATEGIES, 1);
                self.words(&["for", "each"], 1);
            }
            "queue" => {
                self.words(STRATEGIES, 1);
                self.words(QUEUE_OPTIONS, 1);
            }
            "list" => self.words(&["csv"], 1),
            "dates" => self.words(&["ics"], 1),
            "schedule" => self.words(&["in"], 1),
            "table" if words.iter().any(|word| word == "key") => self.words(&["prefix", "exact"], 1),
            "table" => self.words(&["csv", "key prefix", "key exact"], 1),
            "input" if just => self.types(false),
            "input" => self.words(&["default", "from header"], 1),
            "given" => {
                self.words(&["missing", "failed", "late"], 1);
                self.right_side(words);
            }
            _ => {}
        }
    }

    fn conditions(&mut self) {
        self.words(&["hours", "on", "from", "to", "not", "language", "priority"], 2);
        self.values(1);
    }

    /// The values of the enumeration that is compared or set; else what a value may be.
    fn right_side(&mut self, words: &[String]) {
        let Some(program) = self.program() else { return };
        let before: Vec<String> = words.iter().filter(|word| !matches!(word.as_str(), "is" | "not" | "default")).cloned().collect();
        let subject = before.last().map(String::as_str).unwrap_or_default();
        self.words(&["not", "missing"], 3);
        if matches!(subject, "from" | "to") {
            self.words(&["anonymous"], 1);
            self.number_patterns(3);
        }
        let ty = self.type_of(subject, &before);
        match ty {
            Some(Ty::Enum(id)) => {
                for value in program.enums.get(id.index()).into_iter().flat_map(|found| &found.values) {
                    self.push(value, Picture::Value, "value", 1);
                }
            }
            Some(Ty::Flag) => self.words(&["true", "false"], 1),
            _ => self.values(2),
        }
    }

    /// The type of a word or of the field that it names.
    fn type_of(&self, subject: &str, before: &[String]) -> Option<Ty> {
        let program = self.program()?;
        let input = program.vars.iter().find(|var| var.name.eq_ignore_ascii_case(subject)).map(|var| var.ty);
        let owner = before.len().checked_sub(2).and_then(|at| before.get(at));
        let field = owner
            .and_then(|owner| self.row_fields(owner))
            .and_then(|fields| fields.iter().find(|field| field.name.eq_ignore_ascii_case(subject)).map(|field| field.ty));
        field.or(input)
    }

    fn switch_values(&mut self, head: &[Token]) {
        let source = self.context.source;
        let words: Vec<String> =
            head.iter().filter(|token| token.kind == Tok::Word).map(|token| token.text(source).to_ascii_lowercase()).collect();
        match words.last().map(String::as_str) {
            Some("from" | "to") => {
                self.names(Kind::List, 1);
                self.words(&["anonymous"], 2);
                self.number_patterns(3);
            }
            _ => self.right_side(&words),
        }
    }

    fn in_call(&mut self, callee: Option<Token>, argument: usize) {
        let source = self.context.source;
        let name = callee.map(|token| token.text(source)).unwrap_or_default();
        let last = self.context.line.last().copied();
        if last.is_some_and(|token| token.kind == Tok::Colon) {
            return self.types(self.context.words().first().is_some_and(|word| word == "flow"));
        }
        match name.to_ascii_lowercase().as_str() {
            "hours" => {
                if last.is_some_and(|token| token.is(source, "in") || token.kind == Tok::Literal) {
                    self.zones(2);
                }
                self.names(Kind::Schedule, 1);
                self.days(true);
                self.words(&["in"], 4);
            }
            "on" => self.days(false),
            "in" => {
                self.values(1);
                if self.context.words().iter().any(|word| matches!(word.as_str(), "from" | "to")) {
                    self.number_patterns(3);
                }
            }
            "dial" | "" => self.values(1),
            _ => {
                self.argument(name, argument);
                self.values(2);
            }
        }
    }

    /// Targets for a parameter that wants them.
    fn argument(&mut self, callee: &str, argument: usize) {
        let Some(program) = self.program() else { return };
        let flow = program.flows.iter().find(|flow| flow.name == callee);
        let ty = flow.and_then(|flow| flow.params.get(argument)).and_then(|var| program.vars.get(var.index())).map(|var| var.ty);
        let kind = match ty {
            Some(Ty::Group) => Kind::Group,
            Some(Ty::Agent) => Kind::Agent,
            Some(Ty::Queue) => Kind::Queue,
            Some(Ty::Trunk) => Kind::Trunk,
            Some(Ty::Schedule) => Kind::Schedule,
            Some(Ty::Dates) => Kind::Dates,
            Some(Ty::List) => Kind::List,
            _ => return,
        };
        self.names(kind, 1);
    }

    fn types(&mut self, params: bool) {
        for ty in TYPES.iter().chain(if params { PARAM_TYPES } else { &[] }) {
            self.push(ty, Picture::Type, "type", 1);
        }
    }

    fn zones(&mut self, rank: u8) {
        for zone in callroute_calendar::zones() {
            self.push(zone, Picture::Constant, "time zone", rank);
        }
    }

    fn countries(&mut self) {
        for country in callroute_numbers::Country::all() {
            self.push(country.code(), Picture::Constant, format!("{}, +{}", country.name(), country.calling_code()), 1);
        }
    }

    /// A pattern for the numbers of each country: `+44*`.
    fn number_patterns(&mut self, rank: u8) {
        let mut found: Vec<(u16, Vec<&str>)> = Vec::new();
        for country in callroute_numbers::Country::all() {
            match found.iter_mut().find(|(code, _)| *code == country.calling_code()) {
                Some((_, names)) => names.push(country.name()),
                None => found.push((country.calling_code(), vec![country.name()])),
            }
        }
        for (code, names) in found {
            let detail = match names.as_slice() {
                [one] => (*one).to_owned(),
                [one, other] => format!("{one}, {other}"),
                _ => format!("{} and {} others", names.first().copied().unwrap_or_default(), names.len().saturating_sub(1)),
            };
            // The countries of calling code 1 come by their alphabet; everybody knows the largest.
            let detail = if code == 1 { "North America".to_owned() } else { detail };
            self.push(&format!("+{code}*"), Picture::Value, detail, rank);
        }
    }

    fn codecs(&mut self) {
        for codec in CODECS {
            self.push(codec, Picture::Constant, "codec", 1);
        }
    }

    // -------------------------------------------------------------------------------------- values in scope

    /// Every value that exists at the caret.
    fn values(&mut self, rank: u8) {
        self.words(&["from", "to"], rank.saturating_add(1));
        self.names(Kind::Input, rank);
        for (name, detail) in self.locals() {
            self.push(&name, Picture::Variable, detail, rank);
        }
    }

    /// Rows, keys and parameters of the blocks around the caret: the name and what it is.
    fn locals(&self) -> Vec<(String, String)> {
        let source = self.context.source;
        let mut found = Vec::new();
        for frame in &self.context.frames {
            for tokens in [&frame.head, &frame.arm] {
                let named = tokens.windows(2).filter_map(|pair| match pair {
                    [word, name] if word.is(source, "as") && name.kind == Tok::Word => Some(name.text(source).to_owned()),
                    _ => None,
                });
                let what = if frame.inside == Inside::Lookup { "row" } else { "keys" };
                found.extend(named.map(|name| (name, what.to_owned())));
            }
            if frame.head.first().is_some_and(|word| word.is(source, "flow")) {
                for triple in frame.head.windows(3) {
                    if let [name, colon, ty] = triple
                        && colon.kind == Tok::Colon
                    {
                        found.push((name.text(source).to_owned(), format!("parameter: {}", ty.text(source))));
                    }
                }
            }
            if frame.arm.iter().any(|token| token.is(source, "redirected")) {
                found.push(("contact".to_owned(), "where the call was redirected to".to_owned()));
            }
        }
        found
    }

    /// The fields of a row that a block around the caret has.
    fn row_fields(&self, row: &str) -> Option<&'a [FieldDef]> {
        let source = self.context.source;
        let program = self.program()?;
        let frame = self.context.frames.iter().rev().find(|frame| {
            frame.inside == Inside::Lookup
                && frame.head.windows(2).any(|pair| matches!(pair, [word, name] if word.is(source, "as") && name.text(source) == row))
        })?;
        let name = frame.head.get(1)?.text(source);
        let of_source = program.sources.iter().find(|found| found.name == name).map(|found| found.fields.as_slice());
        of_source.or_else(|| program.tables.iter().find(|found| found.name == name).map(|found| found.fields.as_slice()))
    }

    fn fields_of(&mut self, owner: &str) {
        if owner.eq_ignore_ascii_case("from") || owner.eq_ignore_ascii_case("to") {
            for part in ["user", "host", "name"] {
                self.push(part, Picture::Field, "text", 1);
            }
            return;
        }
        let (Some(program), Some(fields)) = (self.program(), self.row_fields(owner)) else { return };
        for field in fields {
            self.push(&field.name, Picture::Field, type_text(program, field.ty), 1);
        }
    }
}

/// What a call's parentheses want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// `crm(number: phone)`
    pub label: String,
    /// Where each parameter stands in the label, in bytes.
    pub params: Vec<Span>,
    /// The parameter at the caret.
    pub active: usize,
    /// The doc comment.
    pub doc: String,
}

/// The call whose parentheses are open at a caret.
#[must_use]
pub fn signature(snapshot: &Snapshot, text: &str, at: u32) -> Option<Signature> {
    let context = Context::at(text, at);
    if context.comment || context.text.is_some() {
        return None;
    }
    let (callee, active) = context.call()?;
    let name = callee?.text(context.source);
    let program = snapshot.program()?;
    let by_name = |kind| snapshot.analysis().names.of_kind(NameKind::Defined(kind)).find(|found| found.name == name);
    let words = context.words();
    let before = words.iter().rev().find(|word| word.as_str() != name.to_ascii_lowercase()).map(String::as_str);
    let typed =
        |fields: &[FieldDef]| fields.iter().map(|field| format!("{}: {}", field.name, type_text(program, field.ty))).collect::<Vec<_>>();
    let (found, params) = match before {
        Some("go" | "do") => {
            let flow = program.flows.iter().find(|flow| flow.name == name)?;
            let params = flow.params.iter().filter_map(|var| program.vars.get(var.index()));
            (by_name(Kind::Flow)?, params.map(|var| format!("{}: {}", var.name, type_text(program, var.ty))).collect())
        }
        Some("lookup" | "given" | "expect") => {
            if let Some(source) = program.sources.iter().find(|source| source.name == name) {
                (by_name(Kind::Source)?, typed(&source.params))
            } else {
                program.tables.iter().find(|table| table.name == name)?;
                (by_name(Kind::Table)?, vec!["key".to_owned()])
            }
        }
        _ => {
            let action = program.actions.iter().find(|action| action.name == name)?;
            (by_name(Kind::Action)?, typed(&action.params))
        }
    };
    let mut label = format!("{name}(");
    let mut spans = Vec::with_capacity(params.len());
    for (index, param) in params.iter().enumerate() {
        if index > 0 {
            label.push_str(", ");
        }
        let start = u32::try_from(label.len()).unwrap_or(u32::MAX);
        label.push_str(param);
        spans.push(Span::new(start, u32::try_from(label.len()).unwrap_or(u32::MAX)));
    }
    label.push(')');
    let doc = snapshot.definition_around(found.place).and_then(|def| def.doc.clone()).unwrap_or_default();
    Some(Signature { label, params: spans, active, doc })
}
