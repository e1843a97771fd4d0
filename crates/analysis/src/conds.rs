//! Conditions, and the heads of a switch's arms, which are the same questions: what a comparison means depends on the type of
//! its left side.

use callroute_diagnostics::{Applicability, Code, Place, Span};
use callroute_syntax::tree::{self, CompareOp, CondKind, DateKind, Expr, ExprKind, HoursArg, Name, Right};

use crate::cover::{Hit, Item, Seen};
use crate::env::Kind;
use crate::typed::{Atom, Builtin, Cond, Const, NumberOp, Operand, PhoneItem, Ref, TextItem, TextOp, Ty, VarId};
use crate::types::{one_line, quote};
use crate::values::{Builder, HOLE, Local, list, strip};

/// A condition that could not be read; an error has been reported.
pub(crate) const fn unknown_cond() -> Cond {
    Cond::Or(Vec::new())
}

/// Is it one that could not be read, or does it hold one?
pub(crate) fn is_unknown(cond: &Cond) -> bool {
    matches!(cond, Cond::Or(parts) | Cond::And(parts) if parts.is_empty())
}

/// What a comparison or a switch looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    pub var: VarId,
    pub ty: Ty,
    pub span: Span,
}

/// Where a value is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum At {
    /// To the right of `is`, with the words of the comparison.
    Is(CompareOp, Span),
    /// In the parentheses after `in`, or `in NAME`.
    In,
    /// An arm's head.
    Arm,
}

/// `_1312XXXXXXX` as it is written here.
fn asterisk_pattern(text: &str) -> Option<String> {
    let rest = text.strip_prefix('_').filter(|rest| (2..=32).contains(&rest.len()) && rest.contains(['X', 'N', 'Z']))?;
    let mut pattern = String::new();
    for sign in rest.chars() {
        match sign {
            '0'..='9' => pattern.push(sign),
            'X' => pattern.push('x'),
            'N' => pattern.push_str("[2-9]"),
            'Z' => pattern.push_str("[1-9]"),
            _ => return None,
        }
    }
    // A pattern begins with a digit or a class.
    if pattern.starts_with('x') { None } else { Some(pattern) }
}

impl Builder<'_, '_> {
    /// A condition.
    pub fn cond(&mut self, cond: &tree::Cond) -> Cond {
        match &cond.kind {
            CondKind::Or(parts) => self.parts(parts, Cond::Or),
            CondKind::And(parts) => self.parts(parts, Cond::And),
            CondKind::Not(inner) => Cond::Not(Box::new(self.cond(inner))),
            CondKind::Paren(inner) => self.cond(inner),
            CondKind::Hours(arg) => self.hours(arg, cond.span),
            CondKind::On { dates, zone } => self.on(dates, zone.as_ref(), cond.span),
            CondKind::Compare { subject, op, op_span, right } => self.compare(subject, *op, *op_span, right, cond.span),
            CondKind::Flag(expr) => self.flag(expr, cond.span),
            CondKind::Error => unknown_cond(),
        }
    }

    fn parts(&mut self, parts: &[tree::Cond], make: fn(Vec<Cond>) -> Cond) -> Cond {
        let mut built: Vec<Cond> = parts.iter().map(|part| self.cond(part)).collect();
        match built.len() {
            0 => unknown_cond(),
            1 => built.pop().unwrap_or_else(unknown_cond),
            _ => make(built),
        }
    }

    fn atom(&self, atom: Atom, span: Span) -> Cond {
        Cond::Atom(atom, self.env.place(span))
    }

    // -------------------------------------------------------------------------------------------- time

    fn hours(&mut self, arg: &HoursArg, span: Span) -> Cond {
        let (schedule, zone) = match arg {
            HoursArg::Missing(_) => return unknown_cond(),
            HoursArg::Named { name, zone } => {
                let zone = match zone {
                    Some(zone) => match self.env.zone(zone) {
                        Some(zone) => Some(zone),
                        None => {
                            self.schedule(name);
                            return unknown_cond();
                        }
                    },
                    None => None,
                };
                (self.schedule(name), zone)
            }
            HoursArg::Inline { lines, zone } => (self.env.hours_schedule(lines, zone.as_ref(), span).map(Ref::Id), None),
        };
        schedule.map_or_else(unknown_cond, |schedule| self.atom(Atom::Hours(schedule, zone), span))
    }

    fn schedule(&mut self, name: &Name) -> Option<Ref<crate::typed::ScheduleId>> {
        if let Some(var) = self.named_param(name, Ty::Schedule, Kind::Schedule) {
            return var.map(Ref::Var);
        }
        if !self.env.is_defined(Kind::Schedule, &name.text) && self.env.is_defined(Kind::Dates, &name.text) {
            self.other_question(name, "hours", "on", Kind::Dates);
            return None;
        }
        self.env.schedule(name).map(Ref::Id)
    }

    /// `hours(us_holidays)`, `on(office)`.
    fn other_question(&mut self, name: &Name, asked: &str, better: &str, kind: Kind) {
        let noun = if kind == Kind::Dates { "dates" } else { "a schedule" };
        let error = self
            .env
            .diag(Code::WrongType, name.span, format!("`{}` is {noun}, which `{asked}(…)` cannot ask for", name.text))
            .help(format!("write `{better}({})`", name.text));
        self.env.report(error);
    }

    /// A parameter of a type by its name; `Some(None)` when a local value of the name has another type and nothing else has the name.
    fn named_param(&mut self, name: &Name, ty: Ty, kind: Kind) -> Option<Option<VarId>> {
        let Some((Local::Value(var), place)) = self.local(&name.text) else { return None };
        if self.env.ty_of(var) == ty {
            self.env.refer(name.span, place);
            return Some(Some(var));
        }
        if self.env.is_defined(kind, &name.text) {
            return None;
        }
        self.env.refer(name.span, place);
        self.check_type(var, &[ty], name.span);
        Some(None)
    }

    fn on(&mut self, dates: &[tree::DateSpec], zone: Option<&tree::Zone>, span: Span) -> Cond {
        let zone = match zone {
            Some(zone) => self.env.zone(zone),
            None => self.env.default_zone(span, Some("`on(dec 25 America/Chicago)`")),
        };
        let dates = match dates {
            [] => None,
            [spec] if spec.offset.is_none() && spec.observed.is_none() && spec.from.is_none() && spec.until.is_none() => match &spec.kind {
                DateKind::Named(name) => self.named_dates(name),
                _ => self.env.inline_dates(dates, span).map(Ref::Id),
            },
            _ => self.env.inline_dates(dates, span).map(Ref::Id),
        };
        match (dates, zone) {
            (Some(dates), Some(zone)) => self.atom(Atom::On(dates, zone), span),
            _ => unknown_cond(),
        }
    }

    fn named_dates(&mut self, name: &Name) -> Option<Ref<callroute_calendar::DatesId>> {
        if let Some(var) = self.named_param(name, Ty::Dates, Kind::Dates) {
            return var.map(Ref::Var);
        }
        if !self.env.is_defined(Kind::Dates, &name.text) && self.env.is_defined(Kind::Schedule, &name.text) {
            self.other_question(name, "on", "hours", Kind::Schedule);
            return None;
        }
        self.env.dates(name).map(Ref::Id)
    }

    // -------------------------------------------------------------------------------------------- flags

    fn flag(&mut self, expr: &Expr, span: Span) -> Cond {
        let inner = strip(expr);
        match &inner.kind {
            ExprKind::Name(name) if !self.is_value(&name.text) => {
                self.no_flag_name(name);
                return unknown_cond();
            }
            ExprKind::Flag(_) => {
                let error = self
                    .env
                    .diag(Code::NotAFlag, span, "a condition that is always the same")
                    .help("leave the `when` out, or ask for something of the call");
                self.env.report(error);
                return unknown_cond();
            }
            _ => {}
        }
        match self.variable(inner) {
            Err(()) => unknown_cond(),
            Ok(Some(var)) => {
                let ty = self.env.ty_of(var);
                if ty == Ty::Flag {
                    return self.atom(Atom::Flag(var), span);
                }
                let name = one_line(self.env.text(inner.span));
                let error =
                    self.env.diag(Code::NotAFlag, span, format!("`{name}` is {}, and a condition needs a flag", self.env.ty_name(ty)));
                let error = match ty {
                    Ty::Schedule => error.help(format!("write `hours({name})`")),
                    Ty::Dates => error.help(format!("write `on({name})`")),
                    Ty::List => error.help(format!("write `from in {name}`")),
                    Ty::Number | Ty::Duration => error.help(format!("compare it: `{name} above 5`")),
                    Ty::Enum(values) => {
                        let first = self.env.program.enums.get(values.index()).and_then(|e| e.values.first()).cloned().unwrap_or_default();
                        error.help(format!("compare it: `{name} is {first}`"))
                    }
                    _ => error.help(format!("ask whether there is one: `not {name} is missing`")),
                };
                self.env.report(error);
                unknown_cond()
            }
            Ok(None) => {
                self.env.err(Code::NotAFlag, span, "a literal is no condition");
                unknown_cond()
            }
        }
    }

    /// A bare word as a condition that is no value: perhaps a schedule, dates or a list.
    fn no_flag_name(&mut self, name: &Name) {
        let right = self.env.kinds_of(&name.text).into_iter().find_map(|kind| match kind {
            Kind::Schedule => Some((kind, format!("hours({})", name.text))),
            Kind::Dates => Some((kind, format!("on({})", name.text))),
            Kind::List => Some((kind, format!("from in {}", name.text))),
            _ => None,
        });
        let Some((kind, right)) = right else {
            let _ = self.word(name);
            return;
        };
        match kind {
            Kind::Schedule => drop(self.env.schedule(name)),
            Kind::Dates => drop(self.env.dates(name)),
            _ => drop(self.env.list(name)),
        }
        let error = self
            .env
            .diag(Code::NotAFlag, name.span, format!("`{}` is {}, and a condition needs a question", name.text, kind.a_noun()))
            .help(format!("write `{right}`"))
            .fix(if kind == Kind::List { Applicability::Maybe } else { Applicability::Safe }, format!("write `{right}`"), name.span, right);
        self.env.report(error);
    }

    // -------------------------------------------------------------------------------------- comparisons

    /// What is looked at; reports what cannot be.
    pub fn subject(&mut self, expr: &Expr) -> Option<Subject> {
        match self.variable(expr) {
            Err(()) => None,
            Ok(Some(var)) => Some(Subject { var, ty: self.env.ty_of(var), span: expr.span }),
            Ok(None) => {
                let error = self
                    .env
                    .diag(Code::WrongComparison, expr.span, "a literal is compared, and the answer is always the same")
                    .help("the left side is something of the call, such as `from`, an input, or a row's field");
                self.env.report(error);
                None
            }
        }
    }

    fn compare(&mut self, left: &Expr, op: CompareOp, op_span: Span, right: &Right, span: Span) -> Cond {
        let Some(subject) = self.subject(left) else {
            self.touch_right(right);
            return unknown_cond();
        };
        let negated = matches!(op, CompareOp::IsNot | CompareOp::NotIn);
        let at = match op {
            CompareOp::Is | CompareOp::IsNot => At::Is(op, op_span),
            CompareOp::In | CompareOp::NotIn => At::In,
            CompareOp::StartsWith | CompareOp::EndsWith | CompareOp::Contains => return self.text_op(subject, op, op_span, right, span),
            CompareOp::Above | CompareOp::Below | CompareOp::AtLeast | CompareOp::AtMost => {
                return self.number_op(subject, op, op_span, right, span);
            }
        };
        let items = match right {
            Right::Missing(_) => return unknown_cond(),
            Right::One(expr) => self.items(subject, std::slice::from_ref(expr), at),
            Right::Many(exprs, _) => self.items(subject, exprs, at),
            Right::Named(name) => {
                let expr = Expr { span: name.span, kind: ExprKind::Name(name.clone()) };
                let wrong_list = !self.is_value(&name.text) && !self.env.is_defined(Kind::List, &name.text);
                if let (true, Ty::Enum(values)) = (wrong_list, subject.ty)
                    && self.env.enum_value(values, &name.text).is_some()
                {
                    self.lonely_in(name, op_span);
                    return unknown_cond();
                }
                if wrong_list && matches!(subject.ty, Ty::Phone | Ty::Digits | Ty::Text) {
                    self.unknown_list(name);
                    return unknown_cond();
                }
                self.items(subject, std::slice::from_ref(&expr), at)
            }
        };
        let Some(items) = items else { return unknown_cond() };
        let mut seen = Seen::default();
        for (item, place) in &items {
            if let Some(hit) = seen.add(item, *place) {
                self.needless(*place, hit);
            }
        }
        let cond = self.fold(subject, items, span);
        if negated { Cond::Not(Box::new(cond)) } else { cond }
    }

    /// `tier in gold`.
    fn lonely_in(&mut self, name: &Name, op_span: Span) {
        let text = self.env.text(op_span).to_ascii_lowercase();
        let word = if text.starts_with("not") { "is not" } else { "is" };
        // More behind it (`in gold, silver`) is a list without parentheses.
        let alone = self.env.text_behind(name.span).trim_start().starts_with(['<', '{', ')']);
        let certain = if alone { Applicability::Safe } else { Applicability::Maybe };
        let error = self
            .env
            .diag(Code::WrongList, name.span, format!("`{}` is a single value, and `in` looks in several", name.text))
            .help(format!("write `{word} {0}`, or `in ({0}, …)`", name.text))
            .fix(certain, format!("write `{word}`"), op_span, word);
        self.env.report(error);
    }

    fn touch_right(&mut self, right: &Right) {
        let exprs: &[Expr] = match right {
            Right::One(expr) => std::slice::from_ref(expr),
            Right::Many(exprs, _) => exprs,
            Right::Named(name) => {
                self.env.find_list(name);
                return;
            }
            Right::Missing(_) => return,
        };
        for expr in exprs {
            if let ExprKind::Name(name) = &strip(expr).kind
                && !self.is_value(&name.text)
            {
                self.env.find_list(name);
                continue;
            }
            self.touch(expr);
        }
    }

    fn needless(&mut self, place: Place, hit: Hit) {
        let text = one_line(self.env.text(place.span));
        let (message, label) = match hit {
            Hit::Same(_) => (format!("`{text}` is asked for twice"), "asked for here already"),
            Hit::Wider(_) => (format!("`{text}` is needless: an earlier value covers it"), "this one covers it"),
        };
        let warning = self.env.diag(Code::NeedlessValue, place.span, message).label(hit.place(), label).help("leave it out");
        self.env.report(warning);
    }

    /// One question out of values of the kinds that the subject may have.
    pub fn fold(&self, subject: Subject, items: Vec<(Item, Place)>, span: Span) -> Cond {
        let var = subject.var;
        let (mut phones, mut texts, mut languages, mut enums, mut numbers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut atoms = Vec::new();
        for (item, _) in items {
            match item {
                Item::Missing => atoms.push(Atom::Missing(var)),
                Item::Phone(item) => phones.push(item),
                Item::Text(item) => texts.push(item),
                Item::Language(item) => languages.push(item),
                Item::Enum(item) => enums.push(item),
                Item::Number(item) => numbers.push(item),
                Item::Flag(item) => atoms.push(Atom::FlagIs(var, item)),
            }
        }
        if !phones.is_empty() {
            atoms.push(Atom::Phone(var, phones));
        }
        if !texts.is_empty() {
            atoms.push(Atom::Text(var, TextOp::Is, texts));
        }
        if !languages.is_empty() {
            atoms.push(Atom::Language(var, languages));
        }
        if !enums.is_empty() {
            atoms.push(Atom::Enum(var, enums));
        }
        if !numbers.is_empty() {
            atoms.push(Atom::Number(var, NumberOp::Is, numbers));
        }
        let mut conds: Vec<Cond> = atoms.into_iter().map(|atom| self.atom(atom, span)).collect();
        match conds.len() {
            0 => unknown_cond(),
            1 => conds.pop().unwrap_or_else(unknown_cond),
            _ => Cond::Or(conds),
        }
    }

    /// The values to the right of a comparison or in an arm's head; `None` when one of them was reported.
    pub fn items(&mut self, subject: Subject, exprs: &[Expr], at: At) -> Option<Vec<(Item, Place)>> {
        if matches!(subject.ty, Ty::Phones | Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk | Ty::Schedule | Ty::Dates | Ty::List)
            && !exprs.iter().all(|expr| matches!(expr.kind, ExprKind::Missing))
        {
            let text = one_line(self.env.text(subject.span));
            let message = format!("`{text}` is {}, which can only be tested with `is missing`", self.env.ty_name(subject.ty));
            self.env.err(Code::WrongComparison, subject.span, message);
            return None;
        }
        let mut items = Some(Vec::with_capacity(exprs.len()));
        for expr in exprs {
            let place = self.env.place(expr.span);
            match (self.item(subject, expr, at), &mut items) {
                (Some(item), Some(items)) => items.push((item, place)),
                _ => items = None,
            }
        }
        items.filter(|items| !items.is_empty())
    }

    fn item(&mut self, subject: Subject, expr: &Expr, at: At) -> Option<Item> {
        if matches!(expr.kind, ExprKind::Missing) {
            return Some(Item::Missing);
        }
        if subject.var == Builtin::Language.var() {
            return self.language_item(expr);
        }
        match subject.ty {
            Ty::Phone => self.phone_item(subject, expr, at),
            Ty::Text | Ty::Digits => self.text_item(subject, expr, at),
            Ty::Enum(_) => self.enum_item(subject, expr),
            Ty::Number | Ty::Duration => {
                let operand = self.compared(expr, subject.ty)?;
                Some(Item::Number(operand))
            }
            Ty::Flag => {
                let operand = self.compared(expr, Ty::Flag)?;
                Some(Item::Flag(operand))
            }
            _ => None,
        }
    }

    /// A value of exactly a type to the right of a comparison.
    fn compared(&mut self, expr: &Expr, ty: Ty) -> Option<Operand> {
        match self.variable(expr) {
            Err(()) => None,
            Ok(Some(var)) => {
                let have = self.env.ty_of(var);
                if have != ty {
                    let message = format!(
                        "`{}` is {}, and it is compared with {}",
                        one_line(self.env.text(expr.span)),
                        self.env.ty_name(have),
                        self.env.ty_name(ty)
                    );
                    self.env.err(Code::WrongType, expr.span, message);
                    return None;
                }
                Some(Operand::Var(var))
            }
            Ok(None) => self.env.constant(strip(expr), ty).map(Operand::Const),
        }
    }

    fn language_item(&mut self, expr: &Expr) -> Option<Item> {
        let tag = match &expr.kind {
            ExprKind::Paren(inner) => match self.variable(inner) {
                Err(()) => return None,
                Ok(Some(var)) => {
                    return self.check_type(var, &[Ty::Text], expr.span).then_some(Item::Language(TextItem::Var(var)));
                }
                Ok(None) => return self.language_item(inner),
            },
            ExprKind::Text(text) => self.env.plain_text(text)?,
            ExprKind::Error => return None,
            ExprKind::Name(_) | ExprKind::From | ExprKind::To | ExprKind::Flag(_) => self.env.text(expr.span).to_owned(),
            ExprKind::Field(..) => {
                self.ask_for_parens(expr.span);
                return None;
            }
            _ => {
                self.env.err(Code::WrongType, expr.span, format!("{} is no language", quote(self.env.text(expr.span))));
                return None;
            }
        };
        let tag = self.env.language_tag(&tag, expr.span)?;
        self.env.note_language(&tag, expr.span);
        Some(Item::Language(TextItem::Const(tag.to_ascii_lowercase())))
    }

    fn enum_item(&mut self, subject: Subject, expr: &Expr) -> Option<Item> {
        let Ty::Enum(values) = subject.ty else { return None };
        let word = match &expr.kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            ExprKind::From | ExprKind::To | ExprKind::Flag(_) | ExprKind::Anonymous => Some(self.env.text(expr.span).to_owned()),
            ExprKind::Text(_) => {
                self.env.wrong_enum_value(expr, values);
                return None;
            }
            _ => None,
        };
        if let Some(word) = &word
            && let Some(value) = self.env.enum_value(values, word)
        {
            return Some(Item::Enum(Operand::Const(Const::Enum(values, value))));
        }
        match word {
            Some(word) if !self.is_value(&word) && !matches!(expr.kind, ExprKind::From | ExprKind::To) => {
                self.env.wrong_enum_value(expr, values);
                None
            }
            _ => self.compared(expr, subject.ty).map(Item::Enum),
        }
    }

    fn phone_item(&mut self, subject: Subject, expr: &Expr, at: At) -> Option<Item> {
        match &expr.kind {
            ExprKind::Anonymous => Some(Item::Phone(PhoneItem::Anonymous)),
            ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Pattern(_) | ExprKind::Text(_) => {
                self.env.phone_pattern(expr).map(|pattern| Item::Phone(PhoneItem::Pattern(pattern)))
            }
            ExprKind::Name(name) => self.phone_word(subject, name, at),
            ExprKind::Paren(inner) if matches!(self.literal_kind(inner), Some(())) => self.phone_item(subject, inner, at),
            ExprKind::Duration(_) | ExprKind::Percent(_) | ExprKind::Flag(_) => {
                let message = format!("{} is no number or pattern of numbers", quote(self.env.text(expr.span)));
                self.env.err(Code::WrongType, expr.span, message);
                None
            }
            _ => self.phone_var(expr),
        }
    }

    /// Is it something else than a variable?
    fn literal_kind(&self, expr: &Expr) -> Option<()> {
        matches!(
            strip(expr).kind,
            ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Pattern(_) | ExprKind::Text(_) | ExprKind::Anonymous
        )
        .then_some(())
    }

    fn phone_var(&mut self, expr: &Expr) -> Option<Item> {
        let var = self.variable(expr).ok().flatten()?;
        if self.env.ty_of(var) == Ty::List {
            return Some(Item::Phone(PhoneItem::List(Ref::Var(var))));
        }
        self.check_type(var, &[Ty::Phone, Ty::Phones], expr.span).then_some(Item::Phone(PhoneItem::Var(var)))
    }

    /// A bare word where numbers are compared: a list, or a value.
    fn phone_word(&mut self, subject: Subject, name: &Name, at: At) -> Option<Item> {
        let expr = Expr { span: name.span, kind: ExprKind::Name(name.clone()) };
        let local = self.local(&name.text).is_some();
        let is_list = self.env.is_defined(Kind::List, &name.text) || self.local_of(&name.text, |ty| ty == Ty::List).is_some();
        match at {
            At::Is(op, op_span) if is_list && (!self.is_value(&name.text) || self.local_of(&name.text, |ty| ty == Ty::List).is_some()) => {
                self.env.find_list(name);
                let (word, wrong) = if op == CompareOp::IsNot { ("not in", "is not") } else { ("in", "is") };
                let subject = one_line(self.env.text(subject.span));
                let error = self
                    .env
                    .diag(Code::ListWithIs, op_span, format!("`{}` is a list, and `{wrong}` compares with one number", name.text))
                    .help(format!("write `{subject} {word} {}`", name.text))
                    .fix(Applicability::Safe, format!("write `{word}`"), op_span, word);
                self.env.report(error);
                None
            }
            At::Is(..) => {
                if !self.is_value(&name.text) {
                    self.no_phone_word(name);
                    return None;
                }
                self.phone_var(&expr)
            }
            At::In | At::Arm => {
                if !local && let Some(found) = self.env.find_list(name) {
                    return Some(Item::Phone(PhoneItem::List(Ref::Id(found))));
                }
                if !self.is_value(&name.text) {
                    self.no_phone_word(name);
                    return None;
                }
                self.phone_var(&expr)
            }
        }
    }

    /// A word that is neither a list nor a value: what else could it be?
    fn no_phone_word(&mut self, name: &Name) {
        let agent = self.env.is_defined(Kind::Agent, &name.text);
        if agent || self.env.is_defined(Kind::Group, &name.text) || self.env.is_defined(Kind::Trunk, &name.text) {
            let message = format!("`{}` is {}, and a number is compared here", name.text, if agent { "an agent" } else { "a target" });
            let error = self.env.diag(Code::WrongType, name.span, message).help("write the number, or a `list` of numbers");
            self.env.report(error);
            return;
        }
        if self.is_ended(&name.text) {
            let _ = self.word(name);
            return;
        }
        self.unknown_list(name);
    }

    /// A name that should be a list's; some are what other languages say for `missing`.
    fn unknown_list(&mut self, name: &Name) {
        if let Some(pattern) = asterisk_pattern(&name.text) {
            let error = self
                .env
                .diag(Code::MalformedPattern, name.span, format!("`{}` is a pattern of Asterisk", one_line(&name.text)))
                .help(format!("write `{pattern}`: `x` is any digit, `[2-9]` one of several, `*` at the end any rest"))
                .fix(Applicability::Maybe, format!("write `{pattern}`"), name.span, pattern);
            return self.env.report(error);
        }
        let nothing = ["none", "null", "nil", "undefined", "empty"].iter().any(|word| name.text.eq_ignore_ascii_case(word));
        if !nothing || self.env.is_defined(Kind::List, &name.text) {
            return self.env.unknown(Kind::List, name);
        }
        let error = self
            .env
            .diag(Code::UnknownName, name.span, format!("there is no `{}`", name.text))
            .help("write `is missing`, or `is anonymous` for a withheld number")
            .fix(Applicability::Maybe, "write `missing`", name.span, "missing");
        self.env.report(error);
    }

    fn text_item(&mut self, subject: Subject, expr: &Expr, at: At) -> Option<Item> {
        let digits = subject.ty == Ty::Digits;
        match &expr.kind {
            ExprKind::Text(text) => {
                let text = self.env.plain_text(text)?;
                Some(Item::Text(TextItem::Const(text)))
            }
            ExprKind::Number(spelling, _) if digits => {
                if spelling.bytes().all(|b| b.is_ascii_digit()) {
                    return Some(Item::Text(TextItem::Const(spelling.clone())));
                }
                self.env.err(Code::WrongType, expr.span, format!("`{spelling}` can never be what was pressed"));
                None
            }
            ExprKind::Pattern(_) | ExprKind::Phone(_) if digits && !self.env.text(expr.span).starts_with(['+', 's', 't', 'S', 'T']) => {
                self.env.key_pattern(expr).map(|pattern| Item::Text(TextItem::Keys(pattern)))
            }
            ExprKind::Pattern(_) | ExprKind::Phone(_) => {
                let pattern = self.env.phone_pattern(expr)?;
                Some(Item::Phone(PhoneItem::Pattern(pattern)))
            }
            ExprKind::Number(spelling, _) => {
                let error = self
                    .env
                    .diag(
                        Code::UnquotedValue,
                        expr.span,
                        format!("`{}` is a text, and `{spelling}` is none", one_line(self.env.text(subject.span))),
                    )
                    .help("a text stands in quotes")
                    .fix(Applicability::Safe, format!("write `\"{spelling}\"`"), expr.span, format!("\"{spelling}\""));
                self.env.report(error);
                None
            }
            ExprKind::Anonymous => {
                let message = format!(
                    "`{}` is {}; only numbers can be `anonymous`",
                    one_line(self.env.text(subject.span)),
                    self.env.ty_name(subject.ty)
                );
                let error =
                    self.env.diag(Code::WrongComparison, expr.span, message).help("ask for `from is anonymous`, or for `is missing`");
                self.env.report(error);
                None
            }
            ExprKind::Paren(inner) if self.literal_kind(inner).is_some() => self.text_item(subject, inner, at),
            ExprKind::Duration(_) | ExprKind::Percent(_) | ExprKind::Flag(_) => {
                let message = format!(
                    "`{}` is {}, and it is compared with something else",
                    one_line(self.env.text(subject.span)),
                    self.env.ty_name(subject.ty)
                );
                let error = self.env.diag(Code::WrongType, expr.span, message).help("a text stands in quotes");
                self.env.report(error);
                None
            }
            ExprKind::Name(name) => {
                let is_list = self.env.is_defined(Kind::List, &name.text) || self.local_of(&name.text, |ty| ty == Ty::List).is_some();
                if is_list && (at != At::Arm || !self.is_value(&name.text)) {
                    return self.phone_word(subject, name, at);
                }
                if self.is_value(&name.text) || self.is_ended(&name.text) {
                    return self.text_var(subject, expr);
                }
                let error = self
                    .env
                    .diag(Code::UnquotedValue, name.span, format!("`{}` is a bare word, and a text is compared here", name.text))
                    .help("a text stands in quotes")
                    .fix(Applicability::Maybe, format!("write `\"{}\"`", name.text), name.span, format!("\"{}\"", name.text));
                self.env.report(error);
                None
            }
            _ => self.text_var(subject, expr),
        }
    }

    fn text_var(&mut self, subject: Subject, expr: &Expr) -> Option<Item> {
        let var = self.variable(expr).ok().flatten()?;
        let have = self.env.ty_of(var);
        if have == Ty::List {
            return Some(Item::Phone(PhoneItem::List(Ref::Var(var))));
        }
        if matches!(have, Ty::Phone | Ty::Phones) {
            return Some(Item::Phone(PhoneItem::Var(var)));
        }
        self.check_type(var, &[Ty::Text], expr.span).then_some(Item::Text(TextItem::Var(var))).filter(|_| subject.var != HOLE)
    }

    // ------------------------------------------------------------------------------- other comparisons

    fn text_op(&mut self, subject: Subject, op: CompareOp, op_span: Span, right: &Right, span: Span) -> Cond {
        let Right::One(expr) = right else { return unknown_cond() };
        let (typed, words) = match op {
            CompareOp::StartsWith => (TextOp::StartsWith, "starts with"),
            CompareOp::EndsWith => (TextOp::EndsWith, "ends with"),
            _ => (TextOp::Contains, "contains"),
        };
        let name = one_line(self.env.text(subject.span));
        if !matches!(subject.ty, Ty::Text | Ty::Digits | Ty::Enum(_)) {
            let mut error = self.env.diag(
                Code::WrongComparison,
                op_span,
                format!("`{name}` is {}, which has no `{words}`", self.env.ty_name(subject.ty)),
            );
            if subject.ty == Ty::Phone {
                error = match (op, self.digits_of(expr)) {
                    (CompareOp::StartsWith, Some(digits)) => {
                        let right = format!("is {digits}*");
                        error.help(format!("write `{name} {right}`")).fix(
                            Applicability::Maybe,
                            format!("write `{right}`"),
                            op_span.to(expr.span),
                            right.clone(),
                        )
                    }
                    (CompareOp::StartsWith, None) => error.help(format!("numbers are compared with patterns: `{name} is +1312*`")),
                    _ => error.help(format!("the parts of an address are texts: `{name}.user`, `{name}.host`, `{name}.name`")),
                };
            }
            self.env.report(error);
            self.touch(expr);
            return unknown_cond();
        }
        let item = match &strip(expr).kind {
            ExprKind::Text(text) => self.env.plain_text(text).map(TextItem::Const),
            ExprKind::Number(spelling, _) if subject.ty == Ty::Digits => Some(TextItem::Const(spelling.clone())),
            ExprKind::Number(..) | ExprKind::Phone(_) | ExprKind::Pattern(_) => {
                let text = self.env.text(expr.span).to_owned();
                let error = self
                    .env
                    .diag(Code::UnquotedValue, expr.span, format!("`{words}` compares texts, and `{text}` is none"))
                    .help("a text stands in quotes")
                    .fix(Applicability::Safe, format!("write `\"{text}\"`"), expr.span, format!("\"{text}\""));
                self.env.report(error);
                None
            }
            ExprKind::Name(name) if !self.is_value(&name.text) && !self.is_ended(&name.text) => {
                let error = self
                    .env
                    .diag(Code::UnquotedValue, name.span, format!("`{}` is a bare word, and a text is compared here", name.text))
                    .help("a text stands in quotes")
                    .fix(Applicability::Maybe, format!("write `\"{}\"`", name.text), name.span, format!("\"{}\"", name.text));
                self.env.report(error);
                None
            }
            _ => match self.variable(expr) {
                Err(()) => None,
                Ok(Some(var)) => self.check_type(var, &[Ty::Text], expr.span).then_some(TextItem::Var(var)),
                Ok(None) => {
                    self.env.err(Code::WrongType, expr.span, format!("`{words}` compares texts"));
                    None
                }
            },
        };
        let Some(item) = item else { return unknown_cond() };
        if matches!(&item, TextItem::Const(text) if text.is_empty()) {
            let error = self
                .env
                .diag(Code::WrongComparison, expr.span, format!("every text {words} the empty text"))
                .help("write the text to look for");
            self.env.report(error);
            return unknown_cond();
        }
        let Ty::Enum(values) = subject.ty else {
            return self.atom(Atom::Text(subject.var, typed, vec![item]), span);
        };
        // The values of an enumeration are known, so it becomes a question for some of them.
        let TextItem::Const(text) = item else {
            self.env.err(Code::WrongComparison, expr.span, format!("`{words}` after an enumeration needs a literal text"));
            return unknown_cond();
        };
        let text = text.to_ascii_lowercase();
        let known = self.env.program.enums.get(values.index()).map(|e| e.values.clone()).unwrap_or_default();
        let chosen: Vec<Operand> = (0u32..)
            .zip(&known)
            .filter(|(_, value)| {
                let value = value.to_ascii_lowercase();
                match typed {
                    TextOp::StartsWith => value.starts_with(&text),
                    TextOp::EndsWith => value.ends_with(&text),
                    _ => value.contains(&text),
                }
            })
            .map(|(index, _)| Operand::Const(Const::Enum(values, index)))
            .collect();
        if chosen.is_empty() {
            let known = list(known.iter().map(String::as_str));
            self.env.err(Code::WrongComparison, expr.span, format!("no value of `{name}` {words} this text: they are {known}"));
            return unknown_cond();
        }
        self.atom(Atom::Enum(subject.var, chosen), span)
    }

    /// The digits of a number or a text of digits, for a pattern.
    fn digits_of(&self, expr: &Expr) -> Option<String> {
        let text = self.env.text(expr.span).trim_matches('"');
        let rest = text.strip_prefix('+').unwrap_or(text);
        (!rest.is_empty() && rest.len() < 15 && rest.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
    }

    fn number_op(&mut self, subject: Subject, op: CompareOp, op_span: Span, right: &Right, span: Span) -> Cond {
        let Right::One(expr) = right else { return unknown_cond() };
        let (typed, words) = match op {
            CompareOp::Above => (NumberOp::Above, "above"),
            CompareOp::Below => (NumberOp::Below, "below"),
            CompareOp::AtLeast => (NumberOp::AtLeast, "at least"),
            _ => (NumberOp::AtMost, "at most"),
        };
        if !matches!(subject.ty, Ty::Number | Ty::Duration) {
            let message =
                format!("`{}` is {}, which has no `{words}`", one_line(self.env.text(subject.span)), self.env.ty_name(subject.ty));
            let error = self.env.diag(Code::WrongComparison, op_span, message).help(format!("`{words}` compares numbers and durations"));
            self.env.report(error);
            self.touch(expr);
            return unknown_cond();
        }
        match self.compared(expr, subject.ty) {
            Some(operand) => self.atom(Atom::Number(subject.var, typed, vec![operand]), span),
            None => unknown_cond(),
        }
    }
}
