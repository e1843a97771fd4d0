//! Definitions that hold fields, parameters or types: tables, sources, inputs, actions, and the parameters of flows.

use callroute_diagnostics::{Applicability, Code, Span};

use super::definitions::Head;
use super::explain::Where;
use super::values::Braces;
use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{DefKind, Field, Name, TableDef, TableKey, TableRow, Type, TypeKind};

impl Builder<'_> {
    pub(super) fn def_table(&mut self, node: Node<'_>) -> DefKind {
        let example = "table areas = csv \"areas.csv\" key prefix < region: text >";
        let mut head = self.head_of(&node, "a table", example);
        self.option_word(head.name.as_ref(), "a table");
        let mut table = TableDef { name: None, csv: None, key: None, fields: Vec::new(), rows: None };
        let in_place = part(&node, Rule::kw_csv).is_none();
        if let Some(csv) = part(&node, Rule::kw_csv) {
            let word = self.span(&csv);
            head.last = part(&node, Rule::string).map_or(word, |n| self.span(&n));
            table.csv = self.file_text(&node, word, "csv", example);
        }
        let mut told = head.name.is_none();
        if let Some(key) = part(&node, Rule::table_key) {
            let span = self.span(&key);
            head.last = span;
            table.key = match (part(&key, Rule::word_prefix), part(&key, Rule::word_exact)) {
                (Some(_), _) => Some((TableKey::Prefix, span)),
                (_, Some(_)) => Some((TableKey::Exact, span)),
                _ => {
                    self.missing(Code::MissingWord, span, "`key` says neither `prefix` nor `exact`", "write `key prefix` or `key exact`");
                    told = true;
                    None
                }
            };
        }
        let junk = self.head_junk(&node, &mut head, "this table");
        told |= junk;
        if table.key.is_none() && !told {
            self.missing(
                Code::MissingWord,
                head.last,
                "a table does not say its key",
                "write `key prefix` (the longest prefix wins) or `key exact`",
            );
            told = true;
        }
        let fields = part(&node, Rule::field_block);
        if let Some(block) = fields {
            head.last = self.span(&block);
            table.fields = self.fields(block);
        } else {
            self.missing_body(&head, told, "the columns of the table are missing", example);
            told = true;
        }
        match part(&node, Rule::row_block) {
            Some(block) => {
                let span = self.span(&block);
                table.rows = Some(self.rows(block));
                if !in_place && !told {
                    self.error(
                        Code::MisplacedOption,
                        self.sign_at(span.start),
                        "a table has rows either in a file or in place",
                        "remove the block, or `csv` and its file",
                    );
                }
            }
            None if in_place && !told => {
                self.missing(
                    Code::MissingBlock,
                    head.last,
                    "the rows of the table are missing",
                    "write them in a second block, or name a file: `csv \"areas.csv\"`",
                );
            }
            None => {}
        }
        table.name = head.name;
        DefKind::Table(table)
    }

    fn fields(&mut self, node: Node<'_>) -> Vec<Field> {
        let mut fields = Vec::new();
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::field_def => fields.push(self.field_def(child)),
                Rule::comma => self.comma_in_block(&child),
                _ => self.unreadable(span, Where::Entry("a field", "a field is a name and a type: `region: text`")),
            }
        }
        fields
    }

    fn field_def(&mut self, node: Node<'_>) -> Field {
        let span = self.span(&node);
        let mut field = Field { name: None, column: None, ty: None, span };
        let mut eq = None;
        let mut last = span;
        for child in node.into_inner() {
            let here = self.span(&child);
            match child.as_rule() {
                _ if Self::owned_name(&child) => field.name = Some(self.word(&child)),
                Rule::eq => eq = Some(here),
                Rule::string => field.column = Some(self.plain(&child)),
                Rule::type_name => field.ty = Some(self.type_name(child, false)),
                _ => {}
            }
            last = here;
        }
        if let (Some(eq), None) = (eq, &field.column) {
            self.missing(Code::MissingValue, eq, "the title of the column is missing after `=`", "write `cost = \"Cost per min\": number`");
        } else if field.ty.is_none() {
            let name = field.name.as_ref().map_or("region", |n| n.text.as_str()).to_owned();
            self.missing(Code::UnknownType, last, "a field does not say its type", format!("write `{name}: text`"));
        }
        field
    }

    fn rows(&mut self, node: Node<'_>) -> Vec<TableRow> {
        let mut rows = Vec::new();
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::table_row => {
                    let mut values = child.into_inner().map(|n| self.right_value(&n)).collect::<Vec<_>>().into_iter();
                    if let Some(key) = values.next() {
                        rows.push(TableRow { key, values: values.collect(), span });
                    }
                }
                Rule::comma => self.comma_in_block(&child),
                _ => self.unreadable(span, Where::Entry("a row", "a row is a key, then the values of its columns: `+1312 \"chicago\", 4`")),
            }
        }
        rows
    }

    /// A type; `parameter`: those of a flow's parameters as well.
    fn type_name(&mut self, node: Node<'_>, parameter: bool) -> Type {
        let span = self.span(&node);
        if part(&node, Rule::kw_one_of).is_some() {
            let mut values: Vec<Name> = Vec::new();
            for child in node.into_inner().filter(|n| n.as_rule() == Rule::one_value) {
                let Some(word) = inside(&child) else { continue };
                let name = self.word(&word);
                let text = name.text.to_ascii_lowercase();
                if ["missing", "not", "else", "default", "anonymous", "_"].contains(&text.as_str()) {
                    self.error(
                        Code::ReservedName,
                        name.span,
                        format!("a value cannot be named `{}`", name.text),
                        "choose another word for it",
                    );
                    continue;
                }
                values.push(name);
            }
            if values.is_empty() {
                self.missing(Code::MissingValue, span, "the values are missing after `one of`", "write `one of gold, silver`");
            }
            return Type { kind: TypeKind::OneOf(values), span };
        }
        let text = node.as_str().trim();
        let kind = match text.to_ascii_lowercase().as_str() {
            "text" => TypeKind::Text,
            "number" => TypeKind::Number,
            "flag" => TypeKind::Flag,
            "phone" => TypeKind::Phone,
            "phones" if !parameter => TypeKind::Phones,
            "duration" => TypeKind::Duration,
            "group" if parameter => TypeKind::Group,
            "agent" if parameter => TypeKind::Agent,
            "queue" if parameter => TypeKind::Queue,
            "trunk" if parameter => TypeKind::Trunk,
            "schedule" if parameter => TypeKind::Schedule,
            "dates" if parameter => TypeKind::Dates,
            "list" if parameter => TypeKind::List,
            _ => {
                self.unknown_type(text, span, parameter);
                TypeKind::Unknown(text.to_owned())
            }
        };
        Type { kind, span }
    }

    fn unknown_type(&mut self, text: &str, span: Span, parameter: bool) {
        const FIELDS: [&str; 6] = ["text", "number", "flag", "phone", "phones", "duration"];
        const PARAMETERS: [&str; 12] =
            ["group", "agent", "queue", "trunk", "schedule", "dates", "list", "phone", "text", "number", "flag", "duration"];
        let known: &[&str] = if parameter { &PARAMETERS } else { &FIELDS };
        let lower = text.to_ascii_lowercase();
        let meant = match lower.as_str() {
            "string" | "str" | "varchar" | "char" => Some("text"),
            "int" | "integer" | "float" | "double" | "decimal" => Some("number"),
            "bool" | "boolean" => Some("flag"),
            "tel" | "telephone" => Some("phone"),
            _ => super::explain::nearest(text, known),
        };
        let d = self.diagnostic(Code::UnknownType, span, format!("`{}` is no type", shorten(text)));
        let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
        let d = match meant {
            Some(word) => d.help(format!("did you mean `{word}`?")).fix(Applicability::Maybe, format!("write `{word}`"), span, word),
            None if parameter => d.help(format!("types of parameters are {list}")),
            None => d.help(format!("types are {list} and `one of …`")),
        };
        self.report(d);
    }

    pub(super) fn params(&mut self, node: Node<'_>, parameter: bool) -> Vec<Field> {
        let mut params = Vec::new();
        for child in node.into_inner() {
            let span = self.span(&child);
            if child.as_rule() != Rule::param {
                self.unreadable(span, Where::Params);
                continue;
            }
            let mut field = Field { name: None, column: None, ty: None, span };
            for part in child.into_inner() {
                match part.as_rule() {
                    Rule::any_word => field.name = Some(self.word(&part)),
                    Rule::type_name => field.ty = Some(self.type_name(part, parameter)),
                    _ => {}
                }
            }
            if field.ty.is_none() {
                let name = field.name.as_ref().map_or("number", |n| n.text.as_str()).to_owned();
                self.missing(Code::UnknownType, span, "a parameter does not say its type", format!("write `{name}: text`"));
            }
            params.push(field);
        }
        params
    }

    pub(super) fn def_source(&mut self, node: Node<'_>) -> DefKind {
        let example = "source crm(number: phone) = < owner: text >";
        let (mut name, mut params, mut parens, mut eq, mut fields) = (None, Vec::new(), false, false, None);
        let mut last = self.span(&node);
        let mut told = false;
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::name => name = Some(self.word(&child)),
                Rule::odd_name => name = Some(self.taken_name(&child)),
                Rule::params => {
                    parens = true;
                    params = self.params(child, false);
                }
                Rule::eq => eq = true,
                Rule::bad_eq => {
                    eq = true;
                    self.bad_eq(span, "a source");
                }
                Rule::junk => {
                    self.unreadable(span, Where::Head("this source"));
                    told = true;
                }
                Rule::field_block => {
                    if !told && name.is_some() {
                        told = self.source_parts(last, parens, eq, example);
                    }
                    fields = Some(self.fields(child));
                }
                _ => {}
            }
            last = span;
        }
        if name.is_none() && !told {
            self.missing(Code::MissingName, last, "the name of a source is missing", format!("write `{example}`"));
        } else if fields.is_none() && !told && !self.source_parts(last, parens, true, example) {
            self.missing(Code::MissingBlock, last, "the fields of the source are missing", format!("write `{example}`"));
        }
        self.option_word(name.as_ref(), "a source");
        DefKind::Source { name, params, fields: fields.unwrap_or_default() }
    }

    fn source_parts(&mut self, after: Span, parens: bool, eq: bool, example: &str) -> bool {
        if !parens {
            self.missing(Code::MissingParens, after, "a source says in parentheses what it is asked with", format!("write `{example}`"));
        } else if !eq {
            let at = Span::at(after.end);
            let d = self
                .diagnostic(Code::MissingEquals, at, "`=` is missing in the definition of a source")
                .help(format!("write `{example}`"))
                .fix(self.certain_unless_sign(at), "insert `=`", at, " =");
            self.report(d);
        }
        !parens || !eq
    }

    pub(super) fn def_input(&mut self, node: Node<'_>) -> DefKind {
        let example = "input tier = one of gold, silver";
        let (mut name, mut eq, mut ty, mut default, mut header) = (None, false, None, None, None);
        let mut last = self.span(&node);
        let mut first = true;
        let mut told = false;
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                _ if std::mem::replace(&mut first, false) => {}
                Rule::name => name = Some(self.word(&child)),
                Rule::odd_name => name = Some(self.taken_name(&child)),
                Rule::eq => eq = true,
                Rule::bad_eq => {
                    eq = true;
                    self.bad_eq(span, "an input");
                }
                Rule::type_name => {
                    if !eq && name.is_some() {
                        eq = true;
                        let at = Span::at(last.end);
                        let d = self
                            .diagnostic(Code::MissingEquals, at, "`=` is missing in the definition of an input")
                            .help(format!("write `{example}`"))
                            .fix(Applicability::Safe, "insert `=`", at, " =");
                        self.report(d);
                    }
                    ty = Some(self.type_name(child, false));
                }
                Rule::input_default => {
                    let word = inside(&child).map_or(span, |n| self.span(&n));
                    if default.is_some() {
                        self.repeated(span, word);
                    }
                    match part(&child, Rule::set_value) {
                        Some(value) => default = Some(self.value(&value, Braces::Plain)),
                        None => {
                            self.missing(
                                Code::MissingValue,
                                word,
                                "a value is missing after `default`",
                                "write `input waiting = number default 0`",
                            );
                        }
                    }
                }
                Rule::input_header => {
                    let word = inside(&child).map_or(span, |n| self.span(&n));
                    if header.is_some() {
                        self.repeated(span, word);
                    }
                    match part(&child, Rule::string) {
                        Some(text) => header = Some(self.plain(&text)),
                        None => {
                            self.missing(Code::MissingValue, span, "the name of a header is missing", "write `from header \"X-Tier\"`");
                        }
                    }
                }
                _ => {}
            }
            last = span;
        }
        if name.is_none() {
            let mut head = Head { word: last, name: None, eq: true, last };
            self.reserved_name(&mut head, "an input", example);
            told = true;
        }
        if ty.is_none() && !told {
            self.missing(Code::UnknownType, last, "an input does not say its type", format!("write `{example}`"));
        }
        DefKind::Input { name, ty, default, header }
    }

    pub(super) fn def_action(&mut self, node: Node<'_>) -> DefKind {
        let example = "action park(slot: text)";
        let (mut name, mut params, mut parens, mut settles) = (None, Vec::new(), false, None);
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::name => name = Some(self.word(&child)),
                Rule::odd_name => name = Some(self.taken_name(&child)),
                Rule::params => {
                    parens = true;
                    params = self.params(child, false);
                }
                Rule::kw_settles => settles = Some(span),
                _ => {}
            }
            last = span;
        }
        if name.is_none() {
            let mut head = Head { word: last, name: None, eq: true, last };
            self.reserved_name(&mut head, "an action", example);
        } else if !parens {
            self.missing(
                Code::MissingParens,
                last,
                "an action takes parentheses, even when it has no arguments",
                format!("write `{example}` or `action drop()`"),
            );
        }
        self.option_word(name.as_ref(), "an action");
        DefKind::Action { name, params, settles }
    }
}
