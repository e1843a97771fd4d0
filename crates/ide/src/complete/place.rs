//! What fits behind the words of a statement that has begun.

use callroute_analysis::names::Kind;
use callroute_analysis::testing::{OUTCOMES, REASONS};

use super::Picture;
use super::{Completer, DIAL_OPTIONS, GATHER_OPTIONS, MEMBER_OPTIONS, QUEUE_OPTIONS, STRATEGIES};
use crate::context::Inside;
use crate::docs;
use crate::lex::{Kind as Tok, Token};

impl Completer<'_> {
    /// The statement has begun: what fits behind its words?
    pub(super) fn going_on(&mut self, words: &[String], last: Option<Token>) {
        let source = self.context.source;
        let last_word = last.filter(|token| token.kind == Tok::Word).map(|token| token.text(source).to_ascii_lowercase());
        let first = words.first().map_or("", String::as_str);
        let defines = self.context.line.iter().any(|token| token.kind == Tok::Equals);
        let colon = last.is_some_and(|token| token.kind == Tok::Colon);
        if colon {
            return self.behind_colon(first);
        }
        if last.is_some_and(|token| token.kind == Tok::Comma) {
            return self.behind_comma(first, words);
        }
        if let Some(word) = last_word.as_deref()
            && self.behind_word(word, first, words)
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
            "when" => self.condition(),
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
            "set" if !words.iter().any(|word| word == "to") => self.words(&["to"], 1),
            // The head of an arm.
            _ if self.is_outcome(first) => self.push("=>", Picture::Keyword, "what runs then", 1),
            _ => {}
        }
    }

    /// Is it the first word of an arm, where arms stand?
    fn is_outcome(&self, word: &str) -> bool {
        self.context.inside().is_some_and(Inside::has_arms)
            && !self.context.step_wanted
            && docs::OUTCOMES.iter().any(|doc| doc.word == word)
    }

    /// A type, or a field's value in the row of a test.
    fn behind_colon(&mut self, first: &str) {
        let frame = self.context.frames.last().filter(|frame| frame.inside == Inside::GivenRow);
        let Some(fields) = frame.and_then(|frame| self.given_fields(&frame.head)) else { return self.types(first == "flow") };
        let ty = fields.iter().find(|field| field.name.eq_ignore_ascii_case(first)).map(|field| field.ty);
        self.values_of(ty);
    }

    /// The second word of how members ring (`in order`); false: it is not asked for.
    fn strategy(&mut self, begun: &str, words: &[String]) -> bool {
        let before = before_last(words);
        let agent = begun == "in" && words.first().is_some_and(|first| first == "agent");
        if before != Some("ring") && !agent {
            return false;
        }
        for rest in STRATEGIES.iter().filter_map(|strategy| strategy.strip_prefix(begun)?.strip_prefix(' ')) {
            self.words(&[rest], 1);
        }
        true
    }

    /// One more of what stands in front of a comma.
    fn behind_comma(&mut self, first: &str, words: &[String]) {
        if first == "test" && words.iter().any(|word| word == "for") {
            return self.columns(words);
        }
        if let Some(frame) = self.context.frames.last()
            && (self.is_outcome(first) || (frame.inside == Inside::Switch && !self.context.step_wanted))
        {
            return self.heads(frame.inside, &frame.head);
        }
        let source = self.context.source;
        let via = self.context.line.iter().rposition(|token| token.is(source, "via"));
        let behind = via.and_then(|at| self.context.line.get(at..)).unwrap_or_default();
        if !behind.is_empty() && behind.iter().all(|token| matches!(token.kind, Tok::Word | Tok::Text | Tok::Comma)) {
            self.names(Kind::Trunk, 1);
        }
    }

    /// The columns of a table of tests that are not there yet.
    fn columns(&mut self, words: &[String]) {
        let free: Vec<&str> = ["at", "from", "to", "language", "press", "outcome", "expect"]
            .into_iter()
            .filter(|word| !words.iter().any(|known| known == word))
            .collect();
        self.words(&free, 1);
        self.names(Kind::Input, 2);
    }

    /// What fits behind a word that asks for something of its own; false: the word asks for nothing.
    pub(super) fn behind_word(&mut self, word: &str, first: &str, words: &[String]) -> bool {
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
            "say" => self.names(Kind::Prompt, 1),
            "menu" => {
                self.names(Kind::Prompt, 1);
                self.words(GATHER_OPTIONS, 2);
            }
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
            "outcome" => {
                for word in OUTCOMES {
                    self.words(&[if word == "redirected" { "redirected to" } else { word }], 1);
                }
            }
            "ended" => self.words(&REASONS, 1),
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
            "caller" if first == "set" => self.words(&["name"], 1),
            "caller" => self.words(&["id", "name"], 1),
            "reject" => self.words(&["busy", "declined", "unavailable"], 1),
            "split" => self.words(&["by call", "by from"], 1),
            "by" if first == "split" => self.words(&["call", "from"], 1),
            "ring" => self.words(STRATEGIES, 1),
            "in" | "at" | "by" | "longest" if self.strategy(word, words) => {}
            "in" if first == "schedule" => self.zones(1),
            "when" | "and" | "or" => self.conditions(),
            "not" if first == "when" => {
                // `not` denies a question, and what `is` compares.
                match before_last(words) {
                    Some("is") => self.condition(),
                    Some("when" | "and" | "or") => self.conditions(),
                    _ => self.words(&["in"], 1),
                }
            }
            "switch" => {
                self.words(&["from", "to", "language"], 1);
                self.values(1);
            }
            "to" if first == "set" => self.side(words.get(1..words.len().saturating_sub(1)).unwrap_or_default()),
            "fallback" => self.words(&["voicemail", "hangup", "reject", "redirect"], 1),
            "for" if first == "test" => self.columns(words),
            // A text, a number or a time is wanted, and no other option.
            "announce" | "music" | "header" | "box" | "for" | "until" | "after" | "each" | "within" | "gap" | "tries" | "confirm" => {}
            // A number, or a value in parentheses.
            "dial" | "redirect" => {
                self.values(1);
                for item in &mut self.found {
                    item.label = format!("({})", item.label);
                    item.insert.clone_from(&item.label);
                }
            }
            "language" if self.context.inside() == Some(Inside::Test) => self.languages(),
            "except" => self.names(Kind::Dates, 1),
            "default" => self.side(words.get(1..2).unwrap_or_default()),
            _ => return false,
        }
        true
    }

    pub(super) fn targets(&mut self, word: &str) {
        self.names(
            match word {
                "group" => Kind::Group,
                "queue" => Kind::Queue,
                _ => Kind::Agent,
            },
            1,
        );
    }

    pub(super) fn definition(&mut self, first: &str, words: &[String], last: Option<Token>) {
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
            "given" if just => self.given(words),
            _ => {}
        }
    }

    /// What is given: an answer to a question, or the value of an input.
    fn given(&mut self, words: &[String]) {
        if self.context.line.iter().any(|token| token.kind == Tok::LeftParen) {
            return self.words(&["missing", "failed", "late"], 1);
        }
        let name = words.get(1..).unwrap_or_default();
        if name.first().is_some_and(|word| word != "header") {
            self.words(&["missing"], 2);
            let ty = self.type_of(name);
            self.values_of(ty);
        }
    }

    pub(super) fn conditions(&mut self) {
        self.words(&["hours", "on", "from", "to", "not", "language", "priority"], 2);
        self.values(1);
    }
}

/// The word in front of the one that the caret stands behind.
fn before_last(words: &[String]) -> Option<&str> {
    words.iter().rev().nth(1).map(String::as_str)
}
