//! Definitions: what exists. Those that hold fields, parameters or types are in `fields`.

use callroute_diagnostics::{Applicability, Code, Span};

use super::dialling::Owner;
use super::explain::Where;
use super::schedules::In;
use super::values::Braces;
use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{Body, DatesBody, Def, DefKind, ExternKind, ListBody, ListEntry, Name, PromptEntry, PromptEntryKind, Ring};

/// What a definition has in common with all others: its word, its name, its `=`.
pub(super) struct Head {
    pub(super) word: Span,
    pub(super) name: Option<Name>,
    pub(super) eq: bool,
    /// The end of what has been read.
    pub(super) last: Span,
}

impl Builder<'_> {
    pub(super) fn definition(&mut self, node: Node<'_>) -> Def {
        let span = self.span(&node);
        let head = inside(&node).map_or(span, |n| self.span(&n));
        let doc = self.doc(span.start);
        let kind = match node.as_rule() {
            Rule::def_zone => DefKind::Zone(self.def_zone(&node, head)),
            Rule::def_country => DefKind::Country(self.def_country(&node, head)),
            Rule::def_fallback => DefKind::Fallback(self.def_fallback(node, head)),
            Rule::def_limit => self.def_limit(&node, head),
            Rule::def_import if part(&node, Rule::bare_path).is_some_and(|path| self.names_come_from(&path)) => {
                let help = "write `import \"shared/holidays.route\"`: everything that it defines is there then";
                self.error(Code::ForeignWord, span, "a file is imported as a whole, without `from`", help);
                DefKind::Import(None)
            }
            Rule::def_import if part(&node, Rule::bare_path).is_some() => {
                let path = part(&node, Rule::bare_path).map_or(head, |n| self.span(&n));
                let fixed = format!("\"{}\"", self.text(path));
                self.fixed(Code::UnquotedText, path, "the path of a file stands in quotes", Applicability::Safe, fixed);
                DefKind::Import(None)
            }
            Rule::def_import => {
                let text = part(&node, Rule::string);
                DefKind::Import(self.required_text(
                    text,
                    head,
                    "the path of a file is missing after `import`",
                    "write `import \"shared/holidays.route\"`",
                ))
            }
            Rule::def_agent => self.def_agent(node),
            Rule::def_trunk => self.def_trunk(&node),
            Rule::def_group | Rule::def_queue => self.def_group(node),
            Rule::def_list => self.def_list(node),
            Rule::def_dates => self.def_dates(node),
            Rule::def_schedule => self.def_schedule(node),
            Rule::def_prompt => self.def_prompt(node),
            Rule::def_table => self.def_table(node),
            Rule::def_source => self.def_source(node),
            Rule::def_input => self.def_input(node),
            Rule::def_action => self.def_action(node),
            Rule::def_extern => self.def_extern(&node, head),
            Rule::def_flow => self.def_flow(node),
            Rule::def_test => DefKind::Test(self.def_test(node)),
            _ => return self.error_def(&node),
        };
        Def { kind, doc, span, head }
    }

    /// `import holidays from "…"`
    fn names_come_from(&self, path: &Node<'_>) -> bool {
        let rest = self.source.get(self.span(path).end as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
        rest.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("from"))
    }

    /// `list blocked = "blocked.csv"`: says that the word for the kind of file is missing.
    fn told_file(&mut self, at: u32, kind: &str) -> bool {
        let rest = self.source.get(at as usize..).unwrap_or("");
        let gap = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let name = rest.get(gap..).and_then(|rest| rest.strip_prefix('"')).and_then(|rest| rest.split(['"', '\n']).next());
        if !name.is_some_and(|name| name.to_ascii_lowercase().ends_with(&format!(".{kind}"))) {
            return false;
        }
        let start = at.saturating_add(u32::try_from(gap).unwrap_or(0));
        let end = start.saturating_add(u32::try_from(name.map_or(0, str::len)).unwrap_or(0)).saturating_add(2);
        let place = Span::new(start, end);
        let d = self
            .diagnostic(Code::MissingWord, place, format!("the word `{kind}` is missing before the file"))
            .help(format!("write `{kind} {}`", self.text(place)))
            .fix(Applicability::Safe, format!("insert `{kind}`"), Span::at(start), format!("{kind} "));
        self.report(d);
        true
    }

    // ------------------------------------------------------------------------------------------------ common parts

    /// Reads word, name and `=`, and complains of what is missing; `example` is a whole definition.
    pub(super) fn head_of(&mut self, node: &Node<'_>, what: &str, example: &str) -> Head {
        let mut head = Head { word: self.span(node), name: None, eq: false, last: self.span(node) };
        let mut first = true;
        for child in node.clone().into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                _ if first => {
                    head.word = span;
                    head.last = span;
                    first = false;
                }
                Rule::def_name => {
                    let quotable = matches!(node.as_rule(), Rule::def_agent | Rule::def_group | Rule::def_queue | Rule::def_trunk);
                    head.name = inside(&child)
                        .map(|n| if quotable || n.as_rule() != Rule::odd_name { self.any_name(&n) } else { self.taken_name(&n) });
                    head.last = span;
                }
                Rule::name => {
                    head.name = Some(self.word(&child));
                    head.last = span;
                }
                Rule::eq => {
                    head.eq = true;
                    head.last = span;
                }
                Rule::bad_eq => {
                    self.bad_eq(span, what);
                    head.eq = true;
                    head.last = span;
                }
                _ => break,
            }
        }
        if head.name.is_none() {
            self.reserved_name(&mut head, what, example);
        } else if !head.eq {
            let at = Span::at(head.last.end);
            let d = self
                .diagnostic(Code::MissingEquals, at, format!("`=` is missing in the definition of {what}"))
                .help(format!("write `{example}`"))
                .fix(self.certain_unless_sign(at), "insert `=`", at, " =");
            self.report(d);
        }
        head
    }

    /// `:` and the like where `=` belongs.
    pub(super) fn bad_eq(&mut self, span: Span, what: &str) {
        let before = self.text(Span::new(span.start.saturating_sub(1), span.start));
        let fixed = if before.trim().is_empty() { "=" } else { " =" };
        let d = self
            .diagnostic(Code::MissingEquals, span, format!("what {what} is stands behind `=`, not `{}`", self.text(span)))
            .help("write `=`")
            .fix(Applicability::Safe, "write `=`", span, fixed);
        self.report(d);
    }

    /// The name is missing, or it is a word that no name may be.
    pub(super) fn reserved_name(&mut self, head: &mut Head, what: &str, example: &str) {
        let rest = self.source.get(head.word.end as usize..).unwrap_or("");
        let gap = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let word: String =
            rest.trim_start_matches([' ', '\t']).chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
        if super::explain::is_reserved(&word)
            && rest.trim_start_matches([' ', '\t']).get(word.len()..).is_some_and(|r| r.trim_start().starts_with(['=', '(', '<', '{']))
        {
            let start = head.word.end.saturating_add(u32::try_from(gap).unwrap_or(0));
            let span = Span::new(start, start.saturating_add(u32::try_from(word.len()).unwrap_or(0)));
            self.error(
                Code::ReservedName,
                span,
                format!("`{word}` is a reserved word"),
                "choose another name; the name of an agent, group, queue or trunk may be quoted",
            );
        } else {
            self.missing(Code::MissingName, head.word, format!("the name of {what} is missing"), format!("write `{example}`"));
        }
        head.eq = true;
    }

    pub(super) fn missing_body(&mut self, head: &Head, told: bool, message: &str, example: &str) -> Span {
        if told || head.name.is_none() || self.told_square(head.last.end) {
            return Span::at(head.last.end);
        }
        self.missing(Code::MissingBlock, head.last, message, format!("write `{example}`"))
    }

    /// Junk between the head and the block of a definition.
    pub(super) fn head_junk(&mut self, node: &Node<'_>, head: &mut Head, what: &'static str) -> bool {
        let Some(junk) = part(node, Rule::junk) else { return false };
        let span = self.span(&junk);
        if !self.told_square(head.last.end) {
            self.unreadable(span, Where::Head(what));
        }
        head.last = span;
        true
    }

    pub(super) fn owned_name(node: &Node<'_>) -> bool {
        matches!(node.as_rule(), Rule::any_word | Rule::name)
    }

    // ------------------------------------------------------------------------------------------------ one by one

    /// `zone = …`, `es: "…"`
    pub(super) fn stray_sign(&mut self, node: &Node<'_>, what: &str) {
        let Some(sign) = part(node, Rule::stray_eq) else { return };
        let here = self.span(&sign);
        let text = self.text(here);
        let rest = self.source.get(here.end as usize..).unwrap_or("");
        let blank = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len());
        let gap = self.gap_before(here.start);
        let whole = Span::new(here.start, here.end.saturating_add(u32::try_from(blank).unwrap_or(0)));
        let d = self
            .diagnostic(Code::ForeignOperator, here, format!("{what} stands without `{text}`"))
            .help(format!("remove the `{text}`"))
            .fix(Applicability::Safe, format!("remove `{text}`"), whole, gap);
        self.report(d);
    }

    fn def_zone(&mut self, node: &Node<'_>, head: Span) -> Option<crate::tree::Zone> {
        self.stray_sign(node, "the name of a zone");
        if let Some(text) = part(node, Rule::string) {
            let span = self.span(&text);
            let name = self.plain(&text);
            self.fixed(Code::ForeignWord, span, "the name of a zone stands without quotes", Applicability::Safe, name.value.clone());
            return Some(crate::tree::Zone { text: name.value, span });
        }
        match part(node, Rule::any_zone) {
            Some(zone) => Some(self.zone(&zone)),
            None => {
                let next = self.source.get(head.end as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
                if next.starts_with(['+', '-']) || next.starts_with(|c: char| c.is_ascii_digit()) || next.starts_with('"') {
                    // What stands there is reported as unreadable.
                    return None;
                }
                self.missing(Code::MissingName, head, "the name of a zone is missing", "write `zone America/Chicago`");
                None
            }
        }
    }

    fn def_country(&mut self, node: &Node<'_>, head: Span) -> Option<Name> {
        self.stray_sign(node, "the code of a country");
        let Some(word) = part(node, Rule::any_word) else {
            self.missing(Code::MissingName, head, "a country is missing after `country`", "write `country US`: two letters");
            return None;
        };
        let name = self.word(&word);
        if name.text.len() != 2 || !name.text.bytes().all(|b| b.is_ascii_alphabetic()) {
            self.error(
                Code::UnknownWord,
                name.span,
                format!("`{}` is no code of a country", shorten(&name.text)),
                "write its two letters: `country US`",
            );
            return None;
        }
        Some(name)
    }

    fn def_fallback(&mut self, node: Node<'_>, head: Span) -> Body {
        let body = node.into_inner().find(|n| matches!(n.as_rule(), Rule::block | Rule::step));
        self.body(body, head, "fallback")
    }

    fn def_limit(&mut self, node: &Node<'_>, head: Span) -> DefKind {
        let Some(word) = part(node, Rule::word_turns) else {
            self.missing(Code::MissingWord, head, "the word `turns` is missing after `limit`", "write `limit turns 20`");
            return DefKind::LimitTurns(None);
        };
        let after = self.span(&word);
        let Some(value) = part(node, Rule::value) else {
            self.missing(Code::MissingValue, after, "a number is missing after `turns`", "write `limit turns 20`");
            return DefKind::LimitTurns(None);
        };
        DefKind::LimitTurns(Some(self.value(&value, Braces::Plain)))
    }

    fn def_agent(&mut self, node: Node<'_>) -> DefKind {
        let example = "agent ana = +14155550123";
        let head = self.head_of(&node, "an agent", example);
        let mut ring = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::agent_numbers => {
                    let word = part(&child, Rule::kw_ring).map(|n| self.span(&n));
                    if let Some(ring_part) = part(&child, Rule::ring_part) {
                        let mut options = Vec::new();
                        ring = Some(self.ring(ring_part, Owner::Agent, word.unwrap_or(head.last), &mut options));
                        for option in options {
                            self.error(
                                Code::MisplacedOption,
                                option.span,
                                "an agent has no such option",
                                "a member may say `for`, `after` and `confirm`; a step may say how long to ring",
                            );
                        }
                    }
                }
                Rule::member => {
                    let member = self.member(child, Owner::Agent);
                    ring = Some(Ring { strategy: None, members: vec![member], block: None });
                }
                _ => {}
            }
        }
        let ring = ring.unwrap_or_else(|| {
            self.missing_value(&head, "the number of the agent is missing", example);
            Ring { strategy: None, members: Vec::new(), block: None }
        });
        DefKind::Agent { name: head.name, ring }
    }

    pub(super) fn missing_value(&mut self, head: &Head, message: &str, example: &str) {
        if head.name.is_some() {
            self.missing(Code::MissingValue, head.last, message, format!("write `{example}`"));
        }
    }

    fn def_trunk(&mut self, node: &Node<'_>) -> DefKind {
        let example = "trunk carrier_a = sip:gw1.example.com";
        let head = self.head_of(node, "a trunk", example);
        let address = match part(node, Rule::address) {
            Some(address) => self.plain_address(Some(address), head.last, example),
            None => {
                self.missing_value(&head, "the address of the trunk is missing", example);
                None
            }
        };
        DefKind::Trunk { name: head.name, address }
    }

    fn def_group(&mut self, node: Node<'_>) -> DefKind {
        let queue = node.as_rule() == Rule::def_queue;
        let (what, example, owner) = if queue {
            ("a queue", "queue support = ring longest idle < agent ana >", Owner::Queue)
        } else {
            ("a group", "group sales = ring all < +16822306467; agent ana >", Owner::Group)
        };
        let head = self.head_of(&node, what, example);
        let word = part(&node, Rule::kw_ring).map(|n| self.span(&n));
        let mut options = Vec::new();
        let ring = match part(&node, Rule::ring_part) {
            Some(ring_part) => self.ring(ring_part, owner, word.unwrap_or(head.last), &mut options),
            None => Ring { strategy: None, members: Vec::new(), block: None },
        };
        if queue { DefKind::Queue { name: head.name, options, ring } } else { DefKind::Group { name: head.name, options, ring } }
    }

    fn def_list(&mut self, node: Node<'_>) -> DefKind {
        let example = "list vip = < +14155550123; +1312* >";
        let mut head = self.head_of(&node, "a list", example);
        let told = self.head_junk(&node, &mut head, "this list");
        let body = if let Some(csv) = part(&node, Rule::kw_csv) {
            let word = self.span(&csv);
            self.file_text(&node, word, "csv", "list blocked = csv \"blocked.csv\"")
                .map_or(ListBody::Missing(Span::at(word.end)), ListBody::Csv)
        } else if let Some(block) = part(&node, Rule::list_block) {
            ListBody::Entries(self.list_entries(block))
        } else {
            let told = told || self.told_file(head.last.end, "csv");
            ListBody::Missing(self.missing_body(&head, told, "the numbers of the list are missing", example))
        };
        DefKind::List { name: head.name, body }
    }

    pub(super) fn file_text(&mut self, node: &Node<'_>, word: Span, kind: &str, example: &str) -> Option<crate::tree::Text> {
        let text = part(node, Rule::string);
        self.required_text(text, word, &format!("the name of a file is missing after `{kind}`"), &format!("write `{example}`"))
    }

    fn list_entries(&mut self, node: Node<'_>) -> Vec<ListEntry> {
        let mut entries = Vec::new();
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::list_entry => {
                    let (mut pattern, mut label, mut until) = (None, None, None);
                    for part in child.into_inner() {
                        match part.as_rule() {
                            Rule::list_label => label = inside(&part).map(|n| self.plain(&n)),
                            Rule::line_until => until = self.bound(&part, "until"),
                            _ => pattern = Some(self.atom(&part, Braces::Plain)),
                        }
                    }
                    if let Some(pattern) = pattern {
                        entries.push(ListEntry { pattern, label, until, span });
                    }
                }
                Rule::comma => self.comma_in_block(&child),
                _ => self.unreadable(
                    span,
                    Where::Entry(
                        "an entry of a list",
                        "an entry is a number or pattern, then a label and `until DATE` at most: `+1312* \"Chicago\" until 2026-12-31`",
                    ),
                ),
            }
        }
        entries
    }

    fn def_dates(&mut self, node: Node<'_>) -> DefKind {
        let example = "dates us_holidays = < jan 1 observed; 4th thu of nov >";
        let mut head = self.head_of(&node, "dates", example);
        self.refused_dates_name(head.name.as_ref());
        let told = self.head_junk(&node, &mut head, "these dates");
        let body = if let Some(ics) = part(&node, Rule::kw_ics) {
            let word = self.span(&ics);
            self.file_text(&node, word, "ics", "dates fr = ics \"fr.ics\"").map_or(DatesBody::Missing(Span::at(word.end)), DatesBody::Ics)
        } else if let Some(block) = part(&node, Rule::dates_block) {
            let mut entries = Vec::new();
            for child in block.into_inner() {
                let span = self.span(&child);
                match child.as_rule() {
                    Rule::date_spec => entries.push(self.date_spec(child, In::Dates)),
                    Rule::comma => self.comma_in_block(&child),
                    _ => self.unreadable(span, Where::Dates),
                }
            }
            DatesBody::Entries(entries)
        } else {
            let told = told || self.told_file(head.last.end, "ics");
            DatesBody::Missing(self.missing_body(&head, told, "the days are missing", example))
        };
        DefKind::Dates { name: head.name, body }
    }

    /// Where days are expected, a day or month is read as such, so dates of that name could never be meant.
    fn refused_dates_name(&mut self, name: Option<&Name>) {
        let Some(name) = name.filter(|n| !n.quoted) else { return };
        let lower = name.text.to_ascii_lowercase();
        let first = lower.split('-').next().unwrap_or("");
        let is_day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].contains(&first) || super::explain::is_month(first);
        if is_day || ["daily", "easter", "last", "every", "closed", "until", "observed", "workday", "month"].contains(&first) {
            self.error(
                Code::ReservedName,
                name.span,
                format!("dates cannot be named `{}`", name.text),
                "it is read as a day, a month or a word of a schedule; choose another name",
            );
        }
    }

    fn def_schedule(&mut self, node: Node<'_>) -> DefKind {
        let example = "schedule office = < mon-fri 9-17 >";
        let mut head = self.head_of(&node, "a schedule", example);
        let mut zone = part(&node, Rule::any_zone).map(|z| self.zone(&z));
        if let Some(late) = part(&node, Rule::late_zone).filter(|_| zone.is_none()) {
            let here = self.span(&late);
            let name = part(&late, Rule::any_zone).map(|z| self.zone(&z));
            let text = name.as_ref().map_or("America/Chicago", |zone| zone.text.as_str());
            self.error(
                Code::ZonePlace,
                here,
                "the zone of a schedule stands before its lines",
                format!("write `schedule office = in {text} < … >`"),
            );
            zone = name;
        }
        let mut told = self.head_junk(&node, &mut head, "this schedule");
        if let (Some(word), None) = (part(&node, Rule::kw_in), &zone) {
            if !told {
                let word = self.span(&word);
                self.missing(Code::ZonePlace, word, "a zone is missing after `in`", "write `in America/Chicago`");
            }
            told = true;
        }
        let lines = match part(&node, Rule::schedule_block) {
            Some(block) => Some(self.schedule_block(block)),
            None => {
                self.missing_body(&head, told, "the lines of the schedule are missing", example);
                None
            }
        };
        DefKind::Schedule { name: head.name, zone, lines }
    }

    fn def_prompt(&mut self, node: Node<'_>) -> DefKind {
        let example = "prompt welcome = < en \"Welcome.\"; es \"Bienvenido.\" >";
        let mut head = self.head_of(&node, "a prompt", example);
        self.option_word(head.name.as_ref(), "a prompt");
        let told = self.head_junk(&node, &mut head, "this prompt");
        let mut entries = Vec::new();
        match part(&node, Rule::prompt_block) {
            Some(block) => {
                for child in block.into_inner() {
                    let span = self.span(&child);
                    match child.as_rule() {
                        Rule::prompt_entry => entries.push(self.prompt_entry(child)),
                        Rule::comma => self.comma_in_block(&child),
                        _ => self.unreadable(
                            span,
                            Where::Entry(
                                "an entry of a prompt",
                                "an entry is a language and its text, or a file: `en \"Welcome.\"`, `play \"welcome.wav\"`",
                            ),
                        ),
                    }
                }
            }
            None => {
                self.missing_body(&head, told, "the texts of the prompt are missing", example);
            }
        }
        DefKind::Prompt { name: head.name, entries }
    }

    fn prompt_entry(&mut self, node: Node<'_>) -> PromptEntry {
        let span = self.span(&node);
        self.stray_sign(&node, "the text of a prompt");
        let (mut language, mut play, mut kind) = (None, None, None);
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::any_word => language = Some(self.word(&child)),
                Rule::kw_play => play = Some(self.span(&child)),
                Rule::string => {
                    kind = Some(match (play, language.take()) {
                        (Some(_), language) => PromptEntryKind::Play(language, self.plain(&child)),
                        (None, Some(language)) => PromptEntryKind::Say(language, self.template(&child, Braces::Insert)),
                        (None, None) => {
                            let at = Span::at(span.start);
                            let d = self
                                .diagnostic(Code::MissingWord, span, "a text does not say its language")
                                .help("write `en \"Welcome.\"`")
                                .fix(Applicability::Maybe, "insert `en`", at, "en ");
                            self.report(d);
                            PromptEntryKind::Error
                        }
                    });
                }
                _ => {}
            }
        }
        if let (Some(play), None) = (play, &kind) {
            self.missing(Code::MissingValue, play, "the name of a file is missing after `play`", "write `play \"welcome.wav\"`");
        }
        PromptEntry { kind: kind.unwrap_or(PromptEntryKind::Error), span }
    }

    /// Actions, sources, tables and prompts must not look like an option.
    pub(super) fn option_word(&mut self, name: Option<&Name>, what: &str) {
        let Some(name) = name.filter(|n| !n.quoted) else { return };
        if crate::words::OPTIONS.iter().any(|w| name.text.eq_ignore_ascii_case(w)) {
            self.error(
                Code::ReservedName,
                name.span,
                format!("{what} cannot be named `{}`", name.text),
                "it is the word of an option; choose another name",
            );
        }
    }

    fn def_extern(&mut self, node: &Node<'_>, head: Span) -> DefKind {
        let kind_node = part(node, Rule::extern_kind).and_then(|n| inside(&n));
        let mut last = head;
        let kind = kind_node.and_then(|n| {
            last = self.span(&n);
            match n.as_rule() {
                Rule::kw_group => Some(ExternKind::Group),
                Rule::kw_agent => Some(ExternKind::Agent),
                Rule::kw_queue => Some(ExternKind::Queue),
                Rule::kw_trunk => Some(ExternKind::Trunk),
                _ => {
                    self.error(
                        Code::UnknownWord,
                        last,
                        format!("`{}` cannot be external", n.as_str()),
                        "groups, agents, queues and trunks can: `extern group sales`",
                    );
                    None
                }
            }
        });
        let name = part(node, Rule::def_name).and_then(|n| inside(&n)).map(|n| self.any_name(&n));
        let Some(kind) = kind else {
            if last == head {
                self.missing(Code::MissingWord, head, "what is external is missing", "write `extern group sales`");
            }
            return DefKind::Error;
        };
        if name.is_none() {
            self.missing(Code::MissingName, last, "a name is missing", "write `extern group sales`");
        }
        DefKind::Extern { kind, name }
    }

    fn def_flow(&mut self, node: Node<'_>) -> DefKind {
        let example = "flow after_hours < voicemail \"closed\" >";
        let (mut name, mut params, mut parens, mut body) = (None, Vec::new(), None, None);
        let mut last = self.span(&node);
        let mut told = false;
        let mut first = true;
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                _ if std::mem::replace(&mut first, false) => {}
                Rule::name => name = Some(self.word(&child)),
                Rule::odd_name => name = Some(self.taken_name(&child)),
                Rule::params => {
                    parens = Some(span);
                    params = self.params(child, true);
                }
                Rule::junk => {
                    if name.is_none() {
                        let mut head = Head { word: last, name: None, eq: true, last };
                        self.reserved_name(&mut head, "a flow", example);
                    } else {
                        self.unreadable(span, Where::Head("this flow"));
                    }
                    told = true;
                }
                Rule::block => {
                    if name.is_none() && !told {
                        let mut head = Head { word: last, name: None, eq: true, last };
                        self.reserved_name(&mut head, "a flow", example);
                        told = true;
                    }
                    body = Some(self.steps_block(child));
                }
                _ => {}
            }
            last = span;
        }
        if body.is_none() && !told {
            if name.is_none() {
                let mut head = Head { word: last, name: None, eq: true, last };
                self.reserved_name(&mut head, "a flow", example);
            } else {
                self.missing(Code::MissingBlock, last, "the block of the flow is missing", format!("write `{example}`"));
            }
        }
        DefKind::Flow { name, params, parens, body }
    }
}
