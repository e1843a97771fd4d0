//! What may be written at a caret.

mod compare;
mod days;
mod paths;
mod place;
mod snippets;
mod values;

use callroute_analysis::names::{Definition, Kind, NameKind, spell};
use callroute_analysis::typed::Program;
use callroute_diagnostics::Span;

use crate::context::{Context, Inside};
use crate::describe::{Clock, definition_text, fields_text, type_text};
use crate::docs::{self, WordDoc};
use crate::lex::{Kind as Tok, Token};
use crate::snapshot::Snapshot;

pub use paths::{Entry, Folders, NoFolders};
pub use snippets::{SNIPPETS, Snippet};

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
    /// A file.
    File,
    /// A folder.
    Folder,
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
/// What callers speak most, as BCP 47 has it.
const LANGUAGES: &[&str] = &["en", "es", "fr", "de", "pt", "it", "pl", "zh", "ja"];
const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun", "daily", "mon-fri"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DATE_WORDS: &[&str] = &["easter", "1st", "2nd", "3rd", "4th", "last", "every"];
const TYPES: &[&str] = &["text", "number", "flag", "phone", "phones", "duration", "one of"];
const PARAM_TYPES: &[&str] = &["group", "agent", "queue", "trunk", "schedule", "dates", "list"];
const STRATEGIES: &[&str] = &["all", "in order", "in turn", "at random", "by weight", "longest idle"];
const DIAL_OPTIONS: &[&str] =
    &["for", "until", "caller id", "caller name", "announce", "confirm", "music", "record", "header", "codecs", "media relay"];
const QUEUE_OPTIONS: &[&str] = &["max wait", "max length", "announce position every", "leave when empty", "music", "for", "each"];
const GATHER_OPTIONS: &[&str] = &["say", "play", "wait", "gap", "tries"];
const MEMBER_OPTIONS: &[&str] = &["after", "for", "confirm"];
const TEST_WORDS: &[&str] = &["at", "from", "to", "language", "given", "press", "timeout", "outcome", "hangup", "wait", "expect"];

/// Everything that may be written at an offset of a file, best first. The text may be newer than what was checked; `folders` are those around its file.
#[must_use]
pub fn complete(snapshot: &Snapshot, text: &str, at: u32, folders: &dyn Folders) -> Vec<Completion> {
    let context = Context::at(text, at);
    let mut out = Completer { snapshot, context: &context, found: Vec::new() };
    if context.comment {
        return Vec::new();
    }
    match context.text {
        Some(open) => match paths::wanted(&context) {
            Some(extension) => out.paths(open, at, extension, folders),
            None => out.in_text(open, at),
        },
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
    pub(super) fn program(&self) -> Option<&'a Program> {
        self.snapshot.program()
    }

    pub(super) fn push(&mut self, label: &str, picture: Picture, detail: impl Into<String>, rank: u8) {
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

    pub(super) fn words(&mut self, words: &[&str], rank: u8) {
        for word in words {
            let doc = docs::of(word.split(' ').next().unwrap_or(word)).next();
            self.push(word, Picture::Keyword, doc.map_or("", |doc| doc.form), rank);
        }
    }

    pub(super) fn docs(&mut self, docs: &[WordDoc], rank: u8) {
        for doc in docs {
            self.push(doc.word, Picture::Keyword, doc.form, rank);
        }
    }

    pub(super) fn snippets(&mut self, at_top: bool) {
        for snippet in SNIPPETS.iter().filter(|snippet| at_top || !snippet.top) {
            self.found.push(Completion {
                label: snippet.label.to_owned(),
                picture: Picture::Snippet,
                detail: snippet.detail.to_owned(),
                insert: snippet.body.to_owned(),
                snippet: true,
                replace: self.context.word,
                rank: 4,
            });
        }
    }

    pub(super) fn names(&mut self, kind: Kind, rank: u8) {
        for kind in [NameKind::Defined(kind), NameKind::Extern(kind)] {
            for definition in self.snapshot.analysis().names.of_kind(kind) {
                let mut item = self.name(definition, rank);
                item.insert = spell(&definition.name, false);
                self.found.push(item);
            }
        }
    }

    pub(super) fn name(&self, definition: &Definition, rank: u8) -> Completion {
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
    pub(super) fn in_text(&mut self, open: Span, at: u32) {
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

    pub(super) fn anywhere(&mut self) {
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
        if self.day_goes_on() {
            return;
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
    pub(super) fn beginning(&mut self) {
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
        if self.context.line.last().is_some_and(|token| token.kind == Tok::Comma) {
            return self.heads(frame.inside, &frame.head.clone());
        }
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
            Inside::Members => self.words(&["agent"], 1),
            Inside::Dates => self.days(false),
            Inside::Schedule => self.days(true),
            Inside::Prompt => {
                self.words(&["play"], 2);
                self.languages();
            }
            Inside::Test => self.words(TEST_WORDS, 1),
            Inside::List => self.number_patterns(2),
            Inside::GivenRow => {
                for field in self.given_fields(&frame.head).unwrap_or_default() {
                    self.push(&field.name, Picture::Field, "field", 1);
                }
            }
            Inside::Fields | Inside::Rows | Inside::Unknown => {}
            inside => {
                self.heads(inside, &frame.head.clone());
                if matches!(inside, Inside::Collect | Inside::Lookup) {
                    self.steps();
                }
            }
        }
    }

    /// The heads of the arms of a block.
    pub(super) fn heads(&mut self, inside: Inside, head: &[Token]) {
        match inside {
            Inside::Menu => {
                self.outcomes(&["timeout", "invalid"]);
                for key in ["1", "2", "3", "0", "*", "#"] {
                    self.push(key, Picture::Value, "key", 1);
                }
            }
            Inside::Collect => self.outcomes(&["entered", "timeout", "invalid"]),
            Inside::Dial => self.outcomes(&["busy", "no-answer", "declined", "unreachable", "redirected"]),
            Inside::Queue => self.outcomes(&["full", "empty", "timeout", "busy", "declined", "unreachable", "redirected"]),
            Inside::Lookup => self.outcomes(&["found", "missing", "failed", "late"]),
            Inside::Voicemail => self.outcomes(&["full", "failed"]),
            Inside::Switch => self.switch_values(head),
            Inside::Split => {
                for share in ["50%", "70%", "30%"] {
                    self.push(share, Picture::Value, "share", 1);
                }
            }
            _ => {}
        }
    }

    pub(super) fn languages(&mut self) {
        for language in LANGUAGES {
            self.push(language, Picture::Constant, "language", 1);
        }
    }

    pub(super) fn outcomes(&mut self, words: &[&str]) {
        for word in words {
            if let Some(doc) = docs::OUTCOMES.iter().find(|doc| doc.word == *word) {
                self.push(word, Picture::Keyword, doc.text, 1);
            }
        }
    }

    pub(super) fn steps(&mut self) {
        self.docs(docs::STEPS, 2);
        self.names(Kind::Action, 2);
        self.snippets(false);
        let gathers = self.context.frames.iter().any(|frame| matches!(frame.inside, Inside::Menu | Inside::Collect));
        if !gathers {
            self.found.retain(|item| !matches!(item.label.as_str(), "repeat" | "retry"));
        }
    }

    pub(super) fn days(&mut self, schedule: bool) {
        self.names(Kind::Dates, 1);
        if schedule {
            self.words(DAYS, 2);
        }
        self.words(MONTHS, 3);
        self.words(DATE_WORDS, 3);
    }
}
