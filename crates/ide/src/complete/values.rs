//! Values: those of an enumeration that is compared, those that exist at the caret, and what stands in parentheses.

use callroute_analysis::names::{Kind, NameKind};
use callroute_analysis::typed::{FieldDef, Ty};

use super::{CODECS, Completer, PARAM_TYPES, Picture, TYPES};
use crate::context::Inside;
use crate::describe::type_text;
use crate::lex::{Kind as Tok, Token};

impl<'a> Completer<'a> {
    pub(super) fn switch_values(&mut self, head: &[Token]) {
        let source = self.context.source;
        let words: Vec<String> =
            head.iter().filter(|token| token.kind == Tok::Word).map(|token| token.text(source).to_ascii_lowercase()).collect();
        match words.last().map(String::as_str) {
            Some("from" | "to") => {
                self.names(Kind::List, 1);
                self.words(&["anonymous"], 2);
                self.number_patterns(3);
            }
            Some("language") => self.languages(),
            _ => self.right_side(words.get(1..).unwrap_or_default()),
        }
    }

    pub(super) fn in_call(&mut self, callee: Option<Token>, argument: usize) {
        let source = self.context.source;
        let name = callee.map(|token| token.text(source)).unwrap_or_default();
        let last = self.context.line.last().copied();
        let first = self.context.words().into_iter().next().unwrap_or_default();
        if last.is_some_and(|token| token.kind == Tok::Colon) {
            return self.types(first == "flow");
        }
        // Parameters are named by the author.
        let (begins, second) = (self.context.line.first(), self.context.line.get(1).copied());
        let defines = ["flow", "source", "action"].iter().any(|word| begins.is_some_and(|token| token.is(source, word)));
        if defines && second == callee {
            return;
        }
        match name.to_ascii_lowercase().as_str() {
            "hours" => {
                if last.is_some_and(|token| token.is(source, "in")) {
                    return self.zones(1);
                }
                if last.is_some_and(|token| token.kind == Tok::Literal) {
                    self.zones(2);
                }
                self.params("schedule");
                self.names(Kind::Schedule, 1);
                self.days(true);
                self.words(&["in"], 4);
            }
            "on" => {
                self.params("dates");
                self.days(false);
            }
            "in" => {
                let subject = callee.map(|callee| self.before_list(callee)).unwrap_or_default();
                self.side(&subject);
            }
            "group" | "agent" | "queue" => {
                self.params(&name.to_ascii_lowercase());
                self.texts();
            }
            "" | "not" | "and" | "or" | "when" if first == "when" => self.conditions(),
            "dial" | "" => self.values(1),
            _ => {
                self.argument(name, argument);
                self.values(2);
            }
        }
    }

    /// Targets for a parameter that wants them.
    pub(super) fn argument(&mut self, callee: &str, argument: usize) {
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

    pub(super) fn types(&mut self, params: bool) {
        for ty in TYPES.iter().chain(if params { PARAM_TYPES } else { &[] }) {
            self.push(ty, Picture::Type, "type", 1);
        }
    }

    pub(super) fn zones(&mut self, rank: u8) {
        for zone in callroute_calendar::zones() {
            self.push(zone, Picture::Constant, "time zone", rank);
        }
    }

    pub(super) fn countries(&mut self) {
        for country in callroute_numbers::Country::all() {
            self.push(country.code(), Picture::Constant, format!("{}, +{}", country.name(), country.calling_code()), 1);
        }
    }

    /// A pattern for the numbers of each country: `+44*`.
    pub(super) fn number_patterns(&mut self, rank: u8) {
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

    pub(super) fn codecs(&mut self) {
        for codec in CODECS {
            self.push(codec, Picture::Constant, "codec", 1);
        }
    }

    // -------------------------------------------------------------------------------------- values in scope

    /// Every value that exists at the caret.
    pub(super) fn values(&mut self, rank: u8) {
        self.words(&["from", "to"], rank.saturating_add(1));
        self.names(Kind::Input, rank);
        for (name, detail) in self.locals() {
            self.push(&name, Picture::Variable, detail, rank);
        }
    }

    /// Rows, keys and parameters of the blocks around the caret: the name and what it is.
    pub(super) fn locals(&self) -> Vec<(String, String)> {
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

    /// The parameters of a type of the flow around the caret.
    fn params(&mut self, ty: &str) {
        let wanted = format!("parameter: {ty}");
        for (name, detail) in self.locals().into_iter().filter(|(_, detail)| detail.eq_ignore_ascii_case(&wanted)) {
            self.push(&name, Picture::Variable, detail, 1);
        }
    }

    /// Values that can be the text of a name: whatever is a text, or may hold one.
    fn texts(&mut self) {
        let Some(program) = self.program() else { return };
        let inputs = program.vars.iter().filter(|var| matches!(var.ty, Ty::Text | Ty::Enum(_)));
        let inputs: Vec<_> = inputs.map(|var| var.place).collect();
        let names = &self.snapshot.analysis().names;
        for definition in names.of_kind(NameKind::Defined(Kind::Input)).filter(|found| inputs.contains(&found.place)) {
            let item = self.name(definition, 2);
            self.found.push(item);
        }
        for (name, detail) in self.locals().into_iter().filter(|(_, detail)| matches!(detail.as_str(), "parameter: text" | "row" | "keys"))
        {
            self.push(&name, Picture::Variable, detail, 2);
        }
    }

    /// The fields of the source that a row of a test is given for.
    pub(super) fn given_fields(&self, head: &[Token]) -> Option<&'a [FieldDef]> {
        crate::describe::fields_of(self.program()?, head.get(1)?.text(self.context.source))
    }

    /// The fields of a row that a block around the caret has.
    pub(super) fn row_fields(&self, row: &str) -> Option<&'a [FieldDef]> {
        let source = self.context.source;
        let program = self.program()?;
        let frame = self.context.frames.iter().rev().find(|frame| {
            frame.inside == Inside::Lookup
                && frame.head.windows(2).any(|pair| matches!(pair, [word, name] if word.is(source, "as") && name.text(source) == row))
        })?;
        let name = frame.head.get(1)?.text(source);
        crate::describe::fields_of(program, name)
    }

    pub(super) fn fields_of(&mut self, owner: &str) {
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
