//! Types as written, and constants: the one place where a literal becomes a value of a wanted type.
//! Variables are the business of `values`.

use callroute_diagnostics::{Applicability, Code, Place, Span};
use callroute_syntax::tree::{self, ExprKind, TypeKind};

use crate::env::{Env, spell};
use crate::typed::{Builtin, Const, Phone, Ty, Var, VarKind};

/// The variable of a built-in.
pub(crate) fn builtin(builtin: Builtin) -> Var {
    let (name, ty) = match builtin {
        Builtin::From => ("from", Ty::Phone),
        Builtin::To => ("to", Ty::Phone),
        Builtin::Language => ("language", Ty::Text),
        Builtin::Priority => ("priority", Ty::Number),
        Builtin::CallerName => ("caller name", Ty::Text),
        Builtin::FromUser => ("from.user", Ty::Text),
        Builtin::FromHost => ("from.host", Ty::Text),
        Builtin::FromName => ("from.name", Ty::Text),
        Builtin::ToUser => ("to.user", Ty::Text),
        Builtin::ToHost => ("to.host", Ty::Text),
        Builtin::ToName => ("to.name", Ty::Text),
    };
    Var { name: name.to_owned(), ty, kind: VarKind::Builtin(builtin), secret: false, place: Place::default() }
}

/// The most characters of a text of the script that a message repeats.
const MAX_QUOTED: usize = 60;

/// A text of the script on one line, shortened, without anything that a terminal would obey.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MAX_QUOTED {
            line.push('…');
            break;
        }
        line.push(if c.is_control() { ' ' } else { c });
    }
    line
}

/// A name or text of the script in backticks, for a message.
pub(crate) fn quote(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'"))
}

/// Where a type stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TypePlace {
    /// A column, a row's field, an input, a parameter of a source or action.
    Field,
    /// A parameter of a flow.
    Param,
}

/// The word that an expression is, where it can be the value of an enumeration: those may be reserved words.
pub(crate) fn word(expr: &tree::Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) if !name.quoted => Some(&name.text),
        ExprKind::From => Some("from"),
        ExprKind::To => Some("to"),
        ExprKind::Flag(true) => Some("true"),
        ExprKind::Flag(false) => Some("false"),
        _ => None,
    }
}

/// What an expression is, for "found …".
pub(crate) fn describe(expr: &tree::Expr) -> String {
    match &expr.kind {
        ExprKind::Text(_) => "a text".into(),
        ExprKind::Number(..) => "a number".into(),
        ExprKind::Phone(_) => "a telephone number".into(),
        ExprKind::Pattern(_) => "a pattern of numbers".into(),
        ExprKind::Duration(_) => "a duration".into(),
        ExprKind::Percent(_) => "a percentage".into(),
        ExprKind::Flag(_) => "a flag".into(),
        ExprKind::Name(name) => quote(&name.text),
        ExprKind::Field(row, field) => quote(&format!("{}.{}", row.text, field.text)),
        ExprKind::From => "`from`".into(),
        ExprKind::To => "`to`".into(),
        ExprKind::Anonymous => "`anonymous`".into(),
        ExprKind::Missing => "`missing`".into(),
        ExprKind::Paren(inner) => match &inner.kind {
            ExprKind::Paren(_) => "a value".into(),
            _ => describe(inner),
        },
        ExprKind::Error => "something unreadable".into(),
    }
}

impl Env<'_> {
    /// A type as written, where any data may stand ([`TypePlace::Field`]).
    pub fn ty(&mut self, ty: &tree::Type) -> Option<Ty> {
        self.ty_at(ty, TypePlace::Field)
    }

    /// A type as written; one that cannot stand there is reported.
    pub fn ty_at(&mut self, ty: &tree::Type, place: TypePlace) -> Option<Ty> {
        let (found, word, field, param) = match &ty.kind {
            TypeKind::Text => (Ty::Text, "text", true, true),
            TypeKind::Number => (Ty::Number, "number", true, true),
            TypeKind::Flag => (Ty::Flag, "flag", true, true),
            TypeKind::Phone => (Ty::Phone, "phone", true, true),
            TypeKind::Phones => (Ty::Phones, "phones", true, false),
            TypeKind::Duration => (Ty::Duration, "duration", true, true),
            TypeKind::Group => (Ty::Group, "group", false, true),
            TypeKind::Agent => (Ty::Agent, "agent", false, true),
            TypeKind::Queue => (Ty::Queue, "queue", false, true),
            TypeKind::Trunk => (Ty::Trunk, "trunk", false, true),
            TypeKind::Schedule => (Ty::Schedule, "schedule", false, true),
            TypeKind::Dates => (Ty::Dates, "dates", false, true),
            TypeKind::List => (Ty::List, "list", false, true),
            TypeKind::OneOf(values) if place == TypePlace::Field => return self.one_of(values).map(Ty::Enum),
            TypeKind::OneOf(_) => (Ty::Text, "one of", false, false),
            // Reported where it was read.
            TypeKind::Unknown(_) => return None,
        };
        let fits = if place == TypePlace::Field { field } else { param };
        if !fits {
            let (message, help) = match place {
                TypePlace::Field => (
                    format!("a value from outside cannot be of type `{word}`"),
                    "its types are `text`, `number`, `flag`, `phone`, `phones`, `duration` and `one of …`; a text can hold a name: `group (row.team)`",
                ),
                TypePlace::Param => (
                    format!("a parameter of a flow cannot be of type `{word}`"),
                    "its types are `group`, `agent`, `queue`, `trunk`, `schedule`, `dates`, `list`, `phone`, `text`, `number`, `flag` and `duration`",
                ),
            };
            let diagnostic = self.diag(Code::TypeNotHere, ty.span, message).help(help);
            self.report(diagnostic);
            return None;
        }
        Some(found)
    }

    fn one_of(&mut self, values: &[tree::Name]) -> Option<crate::typed::EnumId> {
        let mut seen: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        let mut texts = Vec::new();
        for value in values {
            if let Some(first) = seen.get(&value.text.to_ascii_lowercase()) {
                let first = self.place(*first);
                let diagnostic = self
                    .diag(Code::DuplicateValue, value.span, format!("the value {} is listed twice", quote(&value.text)))
                    .label(first, "listed here first")
                    .help("values are compared without regard to case; remove one of them");
                self.report(diagnostic);
                continue;
            }
            seen.insert(value.text.to_ascii_lowercase(), value.span);
            texts.push(value.text.clone());
        }
        // Without any value it was reported where it was read.
        (!texts.is_empty()).then(|| self.enumeration(texts))
    }

    /// A type for people, with its article: "a number", "one of `gold`, `silver`".
    pub fn ty_name(&self, ty: Ty) -> String {
        let name = match ty {
            Ty::Text => "a text",
            Ty::Number => "a number",
            Ty::Flag => "a flag",
            Ty::Phone => "a telephone number",
            Ty::Phones => "telephone numbers",
            Ty::Duration => "a duration",
            Ty::Digits => "digits",
            Ty::Group => "a group",
            Ty::Agent => "an agent",
            Ty::Queue => "a queue",
            Ty::Trunk => "a trunk",
            Ty::Schedule => "a schedule",
            Ty::Dates => "dates",
            Ty::List => "a list",
            Ty::Enum(id) => {
                const SHOWN: usize = 6;
                let values = self.program.enums.get(id.index()).map_or(&[][..], |e| &e.values);
                let shown: Vec<String> = values.iter().take(SHOWN).map(|v| quote(v)).collect();
                return format!("one of {}{}", shown.join(", "), if values.len() > SHOWN { " …" } else { "" });
            }
        };
        name.to_owned()
    }

    /// A text without values; one with values is an error.
    pub fn plain_text(&mut self, template: &tree::Template) -> Option<String> {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                tree::TemplatePart::Text(part) => text.push_str(part),
                tree::TemplatePart::Value(value) => {
                    let diagnostic = self
                        .diag(Code::ConstantNeeded, value.span, "no value can be inserted into this text")
                        .help("what is written here is fixed when the script is compiled; for a brace itself write `\\{`");
                    self.report(diagnostic);
                    return None;
                }
            }
        }
        Some(text)
    }

    /// A literal of a type. A bare word is only an enumeration's value or, for the types of names, a name; anything else that is no
    /// literal of the type is an error.
    pub fn constant(&mut self, expr: &tree::Expr, ty: Ty) -> Option<Const> {
        match (&expr.kind, ty) {
            (ExprKind::Error, _) => None,
            (ExprKind::Paren(inner), _) => self.constant(inner, ty),
            (ExprKind::Text(template), Ty::Text) => self.plain_text(template).map(Const::Text),
            (ExprKind::Number(_, value), Ty::Number) => Some(Const::Number(*value)),
            (ExprKind::Flag(value), Ty::Flag) => Some(Const::Flag(*value)),
            (ExprKind::Duration(value), Ty::Duration) => Some(Const::Duration(*value)),
            (ExprKind::Number(spelling, _), Ty::Digits) => Some(Const::Text(spelling.clone())),
            (ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Text(_), Ty::Phone) => self.phone_expr(expr).map(Const::Phone),
            (ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Text(_), Ty::Phones) => self.phones_expr(expr).map(Const::Phones),
            (ExprKind::Name(name), Ty::Group) => self.group(name).map(Const::Group),
            (ExprKind::Name(name), Ty::Agent) => self.agent(name).map(Const::Agent),
            (ExprKind::Name(name), Ty::Queue) => self.queue(name).map(Const::Queue),
            (ExprKind::Name(name), Ty::Trunk) => self.trunk(name).map(Const::Trunk),
            (ExprKind::Name(name), Ty::Schedule) => self.schedule(name).map(Const::Schedule),
            (ExprKind::Name(name), Ty::Dates) => self.dates(name).map(Const::Dates),
            (ExprKind::Name(name), Ty::List) => self.list(name).map(Const::List),
            (_, Ty::Enum(id)) => match word(expr).map(|word| self.enum_value(id, word)) {
                Some(Some(value)) => Some(Const::Enum(id, value)),
                _ => {
                    self.wrong_enum_value(expr, id);
                    None
                }
            },
            _ => {
                self.wrong_type(expr, ty);
                None
            }
        }
    }

    /// Reports a word that is not among the values of an enumeration, with the nearest; or something that is no word at all.
    pub fn wrong_enum_value(&mut self, expr: &tree::Expr, id: crate::typed::EnumId) {
        let values = self.program.enums.get(id.index()).map(|e| e.values.clone()).unwrap_or_default();
        let wanted = self.ty_name(Ty::Enum(id));
        let quoted = match &expr.kind {
            ExprKind::Text(template) => match template.parts.as_slice() {
                [tree::TemplatePart::Text(text)] => Some(text.as_str()),
                _ => None,
            },
            _ => None,
        };
        if let Some(value) = quoted.and_then(|text| values.iter().find(|value| value.eq_ignore_ascii_case(text))) {
            let diagnostic = self.diag(Code::WrongType, expr.span, format!("a value of {wanted} is written without quotes")).fix(
                Applicability::Safe,
                format!("write `{value}`"),
                expr.span,
                value.clone(),
            );
            return self.report(diagnostic);
        }
        let Some(word) = word(expr).or(quoted) else { return self.wrong_type(expr, Ty::Enum(id)) };
        let mut diagnostic = self.diag(Code::WrongType, expr.span, format!("{} is not {wanted}", quote(word)));
        if let Some(near) = self.nearest(word, values.iter().map(String::as_str)) {
            diagnostic = diagnostic.help(format!("did you mean {}?", quote(&near))).fix(
                Applicability::Maybe,
                format!("write `{near}`"),
                expr.span,
                near,
            );
        }
        self.report(diagnostic);
    }

    /// Reports a value that is not of the type wanted, and shows how such a value is written.
    pub fn wrong_type(&mut self, expr: &tree::Expr, ty: Ty) {
        if let ExprKind::Name(name) = &expr.kind {
            self.use_name(&name.text);
        }
        let mut diagnostic = self.diag(Code::WrongType, expr.span, format!("expected {}, found {}", self.ty_name(ty), describe(expr)));
        match (&expr.kind, ty) {
            (ExprKind::Name(name), Ty::Text) => {
                let text = spell(&name.text, true);
                diagnostic =
                    diagnostic.help("a text stands in quotes").fix(Applicability::Maybe, format!("write `{text}`"), expr.span, text);
            }
            (ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Duration(_) | ExprKind::Percent(_), Ty::Text) => {
                let text = format!("\"{}\"", self.text(expr.span));
                diagnostic =
                    diagnostic.help("a text stands in quotes").fix(Applicability::Maybe, format!("write `{text}`"), expr.span, text);
            }
            (ExprKind::Number(spelling, value), Ty::Duration) if *value >= 0.0 => {
                let text = format!("{spelling}s");
                diagnostic = diagnostic.help("a duration has a unit: `500ms`, `20s`, `5m`, `1h`").fix(
                    Applicability::Maybe,
                    format!("write `{text}`"),
                    expr.span,
                    text,
                );
            }
            (_, Ty::Duration) => diagnostic = diagnostic.help("a duration is written as `500ms`, `20s`, `5m`, `1h` or `1m30s`"),
            (_, Ty::Flag) => diagnostic = diagnostic.help("a flag is `true` or `false`"),
            (ExprKind::Text(_), Ty::Number) => diagnostic = diagnostic.help("a number stands without quotes"),
            (_, Ty::Phone | Ty::Phones) => {
                diagnostic = diagnostic.help("a number is written as `+14155550123` or `911`, an address as `sip:ana@example.com`")
            }
            _ => {}
        }
        self.report(diagnostic);
    }

    /// One number, or several in a text, separated by commas, semicolons or spaces.
    fn phones_expr(&mut self, expr: &tree::Expr) -> Option<Vec<Phone>> {
        let ExprKind::Text(template) = &expr.kind else { return self.phone_expr(expr).map(|phone| vec![phone]) };
        let text = self.plain_text(template)?;
        let mut phones = Vec::new();
        for part in text.split([',', ';', ' ']).filter(|part| !part.is_empty()) {
            phones.push(self.phone(part, expr.span)?);
        }
        Some(phones)
    }

    /// A language tag (BCP 47, RFC 5646) in canonical case; what is none is reported.
    pub fn language_tag(&mut self, text: &str, span: Span) -> Option<String> {
        let help = "languages are written as `en`, `es` or `es-MX` (BCP 47)";
        // Twice as long as the longest tag in the examples of RFC 5646; a limit keeps hostile ones from being repeated everywhere.
        const MAX_TAG: usize = 64;
        let parsed = if text.len() > MAX_TAG { None } else { oxilangtag::LanguageTag::parse_and_normalize(text).ok() };
        let Some(tag) = parsed else {
            let mut diagnostic = self.diag(Code::BadLanguage, span, format!("{} is no language tag", quote(text))).help(help);
            let mended = text.replace('_', "-");
            if mended != text && mended.len() <= MAX_TAG && oxilangtag::LanguageTag::parse(mended.as_str()).is_ok() {
                diagnostic = diagnostic.fix(Applicability::Maybe, format!("write `{mended}`"), span, mended);
            }
            self.report(diagnostic);
            return None;
        };
        let primary = tag.primary_language();
        if let Some(code) = full_name(primary) {
            let diagnostic = self.diag(Code::BadLanguage, span, format!("{} is no language tag", quote(text))).help(help).fix(
                Applicability::Maybe,
                format!("write `{code}`"),
                span,
                code,
            );
            self.report(diagnostic);
            return None;
        }
        Some(tag.into_inner())
    }
}

/// The tag of a language that was written by its name: BCP 47 reserves primary tags of four to eight letters, and none is in use.
fn full_name(primary: &str) -> Option<&'static str> {
    const NAMES: &[(&str, &str)] = &[
        ("arabic", "ar"),
        ("chinese", "zh"),
        ("dutch", "nl"),
        ("english", "en"),
        ("espanol", "es"),
        ("french", "fr"),
        ("german", "de"),
        ("deutsch", "de"),
        ("hindi", "hi"),
        ("italian", "it"),
        ("japanese", "ja"),
        ("korean", "ko"),
        ("polish", "pl"),
        ("russian", "ru"),
        ("spanish", "es"),
        ("turkish", "tr"),
    ];
    NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(primary)).map(|(_, code)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_short_and_harmless() {
        assert_eq!(quote("sales"), "`sales`");
        assert_eq!(quote("a`b\u{1b}[31m\n"), "`a'b [31m `");
        assert_eq!(quote(&"x".repeat(100)).chars().count(), 63);
    }
}
