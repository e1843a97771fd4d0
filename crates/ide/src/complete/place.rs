//! What fits behind the words of a statement that has begun.

use callroute_analysis::names::Kind;

use super::{COMPARISONS, Completer, DIAL_OPTIONS, GATHER_OPTIONS, MEMBER_OPTIONS, QUEUE_OPTIONS, STRATEGIES};
use crate::context::Inside;
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
    pub(super) fn behind_word(&mut self, word: &str, first: &str, words: &[String], defines: bool) -> bool {
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
            "to" if first == "set" && words.iter().any(|word| word == "language") => self.languages(),
            "to" if first == "set" => self.values(1),
            "fallback" => self.words(&["voicemail", "hangup", "reject", "redirect"], 1),
            "for" if first == "test" => self.words(&["at", "from", "to", "language", "press", "outcome", "expect"], 1),
            // A text, a number or a time is wanted, and no other option.
            "announce" | "music" | "header" | "box" | "for" | "until" | "after" | "each" | "within" | "gap" | "tries" | "confirm" => {}
            "dial" | "redirect" => {}
            "language" if self.context.inside() == Some(Inside::Test) => self.languages(),
            "except" => self.names(Kind::Dates, 1),
            "default" => self.right_side(words),
            "from" | "to" | "language" | "priority" if first == "when" => {
                self.words(&["is", "is not", "in", "not in", "starts with"], 1);
            }
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
            "given" => {
                self.words(&["missing", "failed", "late"], 1);
                self.right_side(words);
            }
            _ => {}
        }
    }

    pub(super) fn conditions(&mut self) {
        self.words(&["hours", "on", "from", "to", "not", "language", "priority"], 2);
        self.values(1);
    }
}
