//! Values: what a word stands for where it is used, of which type it is, and whether it may be shown.
//!
//! A value that could not be read is a [`HOLE`], so that the rest of its step is checked all the same and nothing is said twice.
//! A program with a hole is never handed out, because whoever made the hole has reported an error.

use std::collections::HashMap;
use std::rc::Rc;

use callroute_diagnostics::{Applicability, Code, Diagnostic, Place, Span};
use callroute_syntax::tree::{self, Expr, ExprKind, Name};

use crate::env::{Env, Kind};
use crate::limits;
use crate::names::NameKind;
use crate::typed::{Builtin, Const, FlowId, GatherId, Operand, Target, TargetRef, Template, TemplatePart, Ty, Var, VarId, VarKind};
use crate::types::quote;

/// Stands for a variable that could not be resolved; an error has been reported.
pub(crate) const HOLE: VarId = VarId(u32::MAX);

/// An operand that could not be read.
pub(crate) const fn hole() -> Operand {
    Operand::Var(HOLE)
}

/// How a value may be written in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// As it is: arguments, `set`.
    Bare,
    /// In parentheses: wherever a step takes a literal.
    Parens,
}

/// What a value is used for; it decides whether a secret may stand there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// It is compared, or looked up: it does not leave the script readable.
    Inner,
    /// It becomes the value of this variable.
    Passed(VarId),
    /// It leaves the script as this ("a tag").
    Shown(&'static str),
}

/// What a local name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Local {
    /// A parameter, captured keys, `contact`.
    Value(VarId),
    /// A row of a look-up.
    Row(Rc<Row>),
    /// Something of which nothing is known, since its definition was reported.
    Unknown,
}

/// The fields of a row.
#[derive(Debug)]
pub(crate) struct Row {
    /// Source or table, for messages.
    pub from: String,
    /// In the order of their definition.
    pub fields: Vec<(String, VarId)>,
    /// Where each is defined.
    pub places: Vec<Place>,
}

/// Where secrets go: collected while flows are built, judged when all are.
#[derive(Default, Debug)]
pub(crate) struct Secrets {
    /// Values of the first become values of the second.
    passed: Vec<(VarId, VarId)>,
    /// Values that leave the script.
    shown: Vec<(VarId, Place, &'static str)>,
}

/// Builds the typed steps of the flows, one after the other.
pub(crate) struct Builder<'e, 'a> {
    pub env: &'e mut Env<'a>,
    /// The flow that is being built.
    pub flow: FlowId,
    /// Only literals can stand here (`fallback`, tests), for this reason.
    pub constants_only: Option<&'static str>,
    /// Menus and collects that `repeat` and `retry` would play again, innermost last.
    pub gathers: Vec<GatherId>,
    pub secrets: Secrets,
    pub next_gather: u32,
    locals: HashMap<String, Vec<(Local, Place)>>,
    /// Names in the order of their declaration, to leave scopes.
    order: Vec<String>,
    /// Names that a block of this flow had and that have ended with it.
    ended: HashMap<String, Place>,
    full: bool,
    /// Steps that copies have added.
    pub copied: usize,
    /// Blocks around us whose row or digits have no name (reported): an unknown name may be theirs.
    pub nameless: usize,
}

impl<'e, 'a> Builder<'e, 'a> {
    pub fn new(env: &'e mut Env<'a>) -> Self {
        Builder {
            env,
            flow: FlowId(0),
            constants_only: None,
            gathers: Vec::new(),
            secrets: Secrets::default(),
            next_gather: 0,
            locals: HashMap::new(),
            order: Vec::new(),
            ended: HashMap::new(),
            full: false,
            copied: 0,
            nameless: 0,
        }
    }

    // ----------------------------------------------------------------------------------------------- scopes

    /// Forgets every local name: a flow begins.
    pub fn clear_scope(&mut self) {
        self.locals.clear();
        self.order.clear();
        self.ended.clear();
        self.gathers.clear();
    }

    /// Declares a local name. One that hides another gets a warning.
    pub fn declare(&mut self, name: &Name, local: Local) {
        let hidden = self.local(&name.text).map(|(_, place)| place).or_else(|| self.env.definition(Kind::Input, &name.text));
        if let Some(place) = hidden {
            let warning = self
                .env
                .diag(Code::NameHides, name.span, format!("`{}` hides another value of this name", name.text))
                .label(place, "this one cannot be reached from here on")
                .help("give one of them another name");
            self.env.report(warning);
        }
        let kind = match &local {
            Local::Value(var) => match self.env.var(*var).map(|var| &var.kind) {
                Some(VarKind::Param(..)) => NameKind::Param,
                _ => NameKind::Keys,
            },
            Local::Row(_) => NameKind::Row,
            Local::Unknown => NameKind::Keys,
        };
        self.env.note_local(kind, &name.text, name.span);
        self.declare_quietly(&name.text, name.span, local);
    }

    /// Declares a local name that the author has not chosen (`contact`).
    pub fn declare_quietly(&mut self, name: &str, span: Span, local: Local) {
        let place = self.env.place(span);
        self.locals.entry(name.to_owned()).or_default().push((local, place));
        self.order.push(name.to_owned());
    }

    /// A mark to come back to with [`leave`](Self::leave).
    pub fn enter(&self) -> usize {
        self.order.len()
    }

    /// Ends the scope that began at `mark`.
    pub fn leave(&mut self, mark: usize) {
        while self.order.len() > mark {
            let Some(name) = self.order.pop() else { break };
            if let Some(stack) = self.locals.get_mut(&name)
                && let Some((_, place)) = stack.pop()
            {
                self.ended.insert(name, place);
            }
        }
    }

    pub(crate) fn local(&self, name: &str) -> Option<(Local, Place)> {
        self.locals.get(name).and_then(|stack| stack.last()).cloned()
    }

    /// The local variable of this name, if it is of a type that `wanted` accepts.
    pub fn local_of(&self, name: &str, wanted: impl Fn(Ty) -> bool) -> Option<VarId> {
        match self.local(name) {
            Some((Local::Value(var), _)) if wanted(self.env.ty_of(var)) => Some(var),
            _ => None,
        }
    }

    /// Did a block of this flow have a value of this name, which has ended with it?
    pub fn is_ended(&self, name: &str) -> bool {
        self.ended.contains_key(name)
    }

    /// A new variable, or a hole when there are too many.
    pub fn new_var(&mut self, name: String, ty: Ty, kind: VarKind, secret: bool, span: Span) -> VarId {
        let place = self.env.place(span);
        if self.env.program.vars.len() < limits::VALUES {
            return self.env.new_var(Var { name, ty, kind, secret, place });
        }
        if !std::mem::replace(&mut self.full, true) {
            let error = self
                .env
                .diag(Code::TooManyValues, span, format!("the script has more than {} values", limits::VALUES))
                .help("every field of every look-up's row counts; share look-ups in a flow, or split the script");
            self.env.report(error);
        }
        HOLE
    }

    // ---------------------------------------------------------------------------------------- words and fields

    /// The variable that a bare word stands for; silent when there is none.
    fn find_word(&mut self, name: &Name) -> Option<VarId> {
        match self.local(&name.text) {
            Some((Local::Value(var), place)) => {
                self.env.refer(name.span, place);
                Some(var)
            }
            Some((Local::Row(_) | Local::Unknown, place)) => {
                self.env.refer(name.span, place);
                None
            }
            None => self.env.input(name).or_else(|| Env::builtin(&name.text)),
        }
    }

    /// Is there a variable of this name? For help; marks nothing.
    pub fn is_value(&self, name: &str) -> bool {
        self.local(name).is_some() || self.env.is_defined(Kind::Input, name) || Env::builtin(name).is_some()
    }

    /// The variable that a bare word stands for; reports where there is none.
    pub fn word(&mut self, name: &Name) -> Option<VarId> {
        if let Some(var) = self.find_word(name) {
            return Some(var);
        }
        if let Some((Local::Unknown, _)) = self.local(&name.text) {
            return None;
        }
        if let Some((Local::Row(row), _)) = self.local(&name.text) {
            let mut error =
                self.env.diag(Code::RowAsValue, name.span, format!("`{}` is a row, and a single value is needed here", name.text));
            if let Some((field, _)) = row.fields.first() {
                error = error.help(format!("take one of its fields, such as `{}.{field}`", name.text));
            }
            self.env.report(error);
            return None;
        }
        self.unknown_word(name);
        None
    }

    fn unknown_word(&mut self, name: &Name) {
        if self.nameless > 0 || self.report_ended(name) {
            return;
        }
        let kinds = self.env.kinds_of(&name.text);
        if kinds.contains(&Kind::Input) {
            // Its definition is broken, and was reported.
            return;
        }
        if let Some(kind) = kinds.first() {
            let message = format!("`{}` is {}, and a value is needed here", name.text, kind.a_noun());
            let mut error = self.env.diag(Code::NoValue, name.span, message);
            if let Some(place) = self.env.definition(*kind, &name.text) {
                error = error.label(place, format!("{} is defined here", quote(&name.text)));
            }
            self.env.report(error);
            return;
        }
        let locals: Vec<String> = self.locals.iter().filter(|(_, stack)| !stack.is_empty()).map(|(name, _)| name.clone()).collect();
        if let Some(near) = self.env.nearest(&name.text, locals.iter().map(String::as_str)) {
            let error = self
                .env
                .diag(Code::UnknownValue, name.span, format!("`{}` is no value that exists here", name.text))
                .fix(Applicability::Maybe, format!("write `{near}`"), name.span, near.clone())
                .help(format!("did you mean `{near}`?"));
            self.env.report(error);
            return;
        }
        self.env.unknown(Kind::Input, name);
    }

    /// A name that has ended with its block.
    fn report_ended(&mut self, name: &Name) -> bool {
        let Some(place) = self.ended.get(&name.text).copied() else { return false };
        if self.env.is_defined(Kind::Input, &name.text) {
            return false;
        }
        let error = self
            .env
            .diag(Code::OutOfScope, name.span, format!("`{}` is used outside of the block that has it", name.text))
            .label(place, "it exists only in the block or arm that follows here")
            .help("move the step into that block");
        self.env.report(error);
        true
    }

    /// The variable of `row.field`, `from.user`.
    fn field(&mut self, owner: &Name, field: &Name) -> Option<VarId> {
        let local = self.local(&owner.text);
        if let Some((_, place)) = local {
            self.env.refer(owner.span, place);
        }
        if let Some((Local::Unknown, _)) = local {
            return None;
        }
        if let Some((Local::Row(row), place)) = local {
            if let Some((found, (_, var))) = row.fields.iter().enumerate().find(|(_, (name, _))| *name == field.text) {
                if let Some(place) = row.places.get(found) {
                    self.env.refer(field.span, *place);
                }
                return Some(*var);
            }
            if row.fields.is_empty() {
                // Its definition is broken, and that was reported.
                return None;
            }
            let near = self.env.nearest(&field.text, row.fields.iter().map(|(name, _)| name.as_str()));
            let mut error = self
                .env
                .diag(Code::UnknownField, field.span, format!("{} has no field `{}`", row.from, field.text))
                .label(place, "the row is found here");
            error = match near {
                Some(near) => error.help(format!("did you mean `{near}`?")).fix(
                    Applicability::Maybe,
                    format!("write `{near}`"),
                    field.span,
                    near.clone(),
                ),
                None => error.help(format!("its fields are {}", list(row.fields.iter().map(|(name, _)| name.as_str())))),
            };
            self.env.report(error);
            return None;
        }
        let party = |user, host, name| match field.text.to_ascii_lowercase().as_str() {
            "user" => Some(user),
            "host" => Some(host),
            "name" => Some(name),
            _ => None,
        };
        let owner_word = owner.text.to_ascii_lowercase();
        let builtin = match owner_word.as_str() {
            "from" => party(Builtin::FromUser, Builtin::FromHost, Builtin::FromName),
            "to" => party(Builtin::ToUser, Builtin::ToHost, Builtin::ToName),
            _ => {
                self.no_row(owner);
                return None;
            }
        };
        if builtin.is_none() {
            let error = self
                .env
                .diag(Code::UnknownField, field.span, format!("`{owner_word}` has no part `{}`", field.text))
                .help(format!("its parts are `{owner_word}.user`, `{owner_word}.host` and `{owner_word}.name`"));
            self.env.report(error);
        }
        builtin.map(Builtin::var)
    }

    fn no_row(&mut self, owner: &Name) {
        // Of what has no name the parser has told already.
        if self.nameless > 0 || self.report_ended(owner) {
            return;
        }
        if let Some(var) = self.find_word(owner) {
            let message = format!("`{}` is {} and has no fields", owner.text, self.env.ty_name(self.env.ty_of(var)));
            self.env.err(Code::UnknownField, owner.span, message);
            return;
        }
        let rows: Vec<String> = self
            .locals
            .iter()
            .filter(|(_, stack)| matches!(stack.last(), Some((Local::Row(_), _))))
            .map(|(name, _)| name.clone())
            .collect();
        let mut error = self.env.diag(Code::UnknownValue, owner.span, format!("there is no row `{}` here", owner.text));
        if let Some(near) = self.env.nearest(&owner.text, rows.iter().map(String::as_str)) {
            error = error.help(format!("did you mean `{near}`?")).fix(
                Applicability::Maybe,
                format!("write `{near}`"),
                owner.span,
                near.clone(),
            );
        } else if self.env.is_defined(Kind::Source, &owner.text) || self.env.is_defined(Kind::Table, &owner.text) {
            error = error.help(format!("ask for it first: `lookup {0}(…) as row < … >`", owner.text));
        } else {
            error = error.help("a row comes from `lookup NAME(…) as ROW < … >` and exists in its block");
        }
        self.env.report(error);
    }

    /// The variable that an expression names, without its parentheses; `Ok(None)` for a literal, `Err` for what was reported.
    pub fn variable(&mut self, expr: &Expr) -> Result<Option<VarId>, ()> {
        let found = match &expr.kind {
            ExprKind::Paren(inner) => return self.variable(inner),
            ExprKind::Name(name) => self.word(name),
            ExprKind::Field(owner, field) => self.field(owner, field),
            ExprKind::From => Some(Builtin::From.var()),
            ExprKind::To => Some(Builtin::To.var()),
            ExprKind::Error => None,
            _ => return Ok(None),
        };
        if let (Some(_), Some(reason)) = (found, self.constants_only) {
            let error = self.env.diag(Code::ConstantNeeded, expr.span, "only a constant can stand here").help(reason);
            self.env.report(error);
            return Err(());
        }
        found.map(Some).ok_or(())
    }

    /// Resolves what an expression names without asking for a type: it counts as used.
    pub fn touch(&mut self, expr: &Expr) {
        if let Ok(Some(var)) = self.variable(expr) {
            debug_assert!(var != HOLE || self.full);
        }
    }

    // ----------------------------------------------------------------------------------------------- operands

    /// A value of a type.
    pub fn operand(&mut self, expr: &Expr, ty: Ty, form: Form, usage: Use) -> Operand {
        self.operand_of(expr, &[ty], form, usage)
    }

    /// A value of one of several types, of which the first is the one that a literal has.
    pub fn operand_of(&mut self, expr: &Expr, types: &[Ty], form: Form, usage: Use) -> Operand {
        let Some(first) = types.first().copied() else { return hole() };
        let bare = !matches!(expr.kind, ExprKind::Paren(_));
        let inner = strip(expr);
        // A bare word is first a value of the enumeration, or the name of what is wanted.
        if bare
            && form == Form::Bare
            && let Some(operand) = self.word_of_type(inner, first)
        {
            return operand;
        }
        if bare && form == Form::Parens && !self.in_parens(inner, first) {
            return hole();
        }
        match self.variable(inner) {
            Err(()) => hole(),
            Ok(Some(var)) => {
                if !self.check_type(var, types, expr.span) {
                    return hole();
                }
                self.note_use(var, expr.span, usage);
                Operand::Var(var)
            }
            Ok(None) => match self.env.constant(inner, first) {
                Some(constant) => Operand::Const(constant),
                None => hole(),
            },
        }
    }

    /// A bare word as an enumeration's value or as the name of a target, schedule, dates or list; `None`: it is a variable or literal.
    fn word_of_type(&mut self, expr: &Expr, ty: Ty) -> Option<Operand> {
        let name = match (&expr.kind, ty) {
            (ExprKind::Name(name), _) => name.clone(),
            // `from`, `to`, `true` can be values of an enumeration.
            (ExprKind::From | ExprKind::To | ExprKind::Flag(_), Ty::Enum(_)) => {
                Name { text: self.env.text(expr.span).to_owned(), span: expr.span, quoted: false }
            }
            (ExprKind::Text(text), Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk) => {
                Name { text: self.env.plain_text(text)?, span: expr.span, quoted: true }
            }
            _ => return None,
        };
        if self.local_of(&name.text, |have| have == ty).is_some() && !name.quoted {
            return None;
        }
        let kind = match ty {
            Ty::Group => Some(Kind::Group),
            Ty::Agent => Some(Kind::Agent),
            Ty::Queue => Some(Kind::Queue),
            Ty::Trunk => Some(Kind::Trunk),
            Ty::Schedule => Some(Kind::Schedule),
            Ty::Dates => Some(Kind::Dates),
            Ty::List => Some(Kind::List),
            _ => None,
        };
        if kind.is_some_and(|kind| !self.env.is_defined(kind, &name.text)) {
            // What has the name is used, if not rightly.
            self.touch_argument(expr);
        }
        let constant = match ty {
            Ty::Enum(values) => match self.env.enum_value(values, &name.text) {
                Some(value) => Some(Const::Enum(values, value)),
                None if self.is_value(&name.text) => return None,
                None => {
                    self.env.wrong_enum_value(expr, values);
                    None
                }
            },
            Ty::Group => self.env.group(&name).map(Const::Group),
            Ty::Agent => self.env.agent(&name).map(Const::Agent),
            Ty::Queue => self.env.queue(&name).map(Const::Queue),
            Ty::Trunk => self.env.trunk(&name).map(Const::Trunk),
            Ty::Schedule => self.env.schedule(&name).map(Const::Schedule),
            Ty::Dates => self.env.dates(&name).map(Const::Dates),
            Ty::List => self.env.list(&name).map(Const::List),
            _ => return None,
        };
        Some(constant.map_or_else(hole, Operand::Const))
    }

    /// Where a step takes a literal, a value needs its parentheses. Says so; true where the expression is a literal.
    fn in_parens(&mut self, expr: &Expr, ty: Ty) -> bool {
        let values = matches!(expr.kind, ExprKind::Field(..) | ExprKind::From | ExprKind::To);
        let name = match &expr.kind {
            ExprKind::Name(name) => name,
            _ if !values => return true,
            _ => {
                self.ask_for_parens(expr.span);
                return false;
            }
        };
        if let Ty::Enum(values) = ty
            && self.env.enum_value(values, &name.text).is_some()
        {
            return true;
        }
        if self.is_value(&name.text) {
            self.touch(expr);
            self.ask_for_parens(expr.span);
        } else if ty == Ty::Text && !self.ended.contains_key(&name.text) {
            let error = self
                .env
                .diag(Code::UnquotedValue, name.span, format!("`{}` is a bare word, and a text is needed here", name.text))
                .help("a text stands in quotes")
                .fix(Applicability::Maybe, format!("write `\"{}\"`", name.text), name.span, format!("\"{}\"", name.text));
            self.env.report(error);
        } else {
            // Reports what the word is, or that it is nothing.
            self.unknown_word(name);
        }
        false
    }

    pub(crate) fn ask_for_parens(&mut self, span: Span) {
        let text = self.env.text(span).to_owned();
        let error = self
            .env
            .diag(Code::ParenthesesNeeded, span, format!("the value {} stands in parentheses here", quote(&text)))
            .help("without them, a word here is a name or a literal")
            .fix(Applicability::Safe, format!("write `({text})`"), span, format!("({text})"));
        self.env.report(error);
    }

    /// Can a variable of this type be read as another one? An enumeration can, if all its values are values of the other.
    fn fits(&self, have: Ty, wanted: Ty) -> bool {
        have == wanted
            || match wanted {
                Ty::Enum(wanted) => matches!(have, Ty::Enum(have) if self.env.values_beyond(have, wanted).is_empty()),
                Ty::Text => matches!(have, Ty::Number | Ty::Flag | Ty::Phone | Ty::Duration | Ty::Enum(_) | Ty::Digits),
                Ty::Phone => matches!(have, Ty::Text | Ty::Digits),
                _ => false,
            }
    }

    /// Reports a variable that fits none of the types.
    pub fn check_type(&mut self, var: VarId, types: &[Ty], span: Span) -> bool {
        let Some(known) = self.env.var(var) else { return true };
        if types.iter().any(|wanted| self.fits(known.ty, *wanted)) {
            return true;
        }
        let (name, ty, place, declared) =
            (known.name.clone(), known.ty, known.place, !matches!(known.kind, VarKind::Builtin(_) | VarKind::Contact));
        let Some(wanted) = types.first() else { return true };
        let have = self.env.ty_name(ty);
        let message = format!("`{name}` is {have}, and {} is needed here", self.env.ty_name(*wanted));
        let mut error = self.env.diag(Code::WrongType, span, message);
        if declared {
            error = error.label(place, format!("defined here as {have}"));
        }
        if let (Ty::Enum(have), Ty::Enum(wanted)) = (ty, *wanted) {
            let beyond = self.env.values_beyond(have, wanted);
            let values = list(beyond.iter().map(String::as_str));
            let (are, what) = if beyond.len() == 1 { ("is", "that value") } else { ("are", "these values") };
            error = error.help(format!("{values} {are} not among what is needed; handle {what} first, or add {what} to the type"));
        }
        self.env.report(error);
        false
    }

    /// A duration in milliseconds, of a step's option; `what` is who would have no time with a duration of zero.
    pub fn duration(&mut self, expr: &Expr, what: &str) -> Operand {
        let operand = self.operand(expr, Ty::Duration, Form::Parens, Use::Inner);
        self.env.positive(&operand, expr.span, what);
        if matches!(operand, Operand::Const(Const::Duration(ms)) if ms > limits::DURATION) {
            let error =
                self.env.diag(Code::LongDuration, expr.span, "a duration of more than a day").help("nothing in a call lasts that long");
            self.env.report(error);
        }
        operand
    }

    /// Notes where a value goes.
    pub fn note_use(&mut self, var: VarId, span: Span, usage: Use) {
        match usage {
            Use::Inner => {}
            Use::Passed(to) => self.secrets.passed.push((var, to)),
            Use::Shown(what) => {
                let place = self.env.place(span);
                self.secrets.shown.push((var, place, what));
            }
        }
    }

    // ---------------------------------------------------------------------------------------------- templates

    /// A text, or a value that has a text in parentheses, as a template.
    pub fn text(&mut self, expr: &Expr, usage: Use) -> Template {
        let mut template = Template::default();
        match &strip(expr).kind {
            ExprKind::Text(text) => self.template_into(text, usage, &mut template),
            _ => match self.operand(expr, Ty::Text, Form::Parens, usage) {
                Operand::Const(Const::Text(text)) => push_text(&mut template, &text),
                Operand::Const(_) => {}
                Operand::Var(var) => template.parts.push(TemplatePart::Value(var)),
            },
        }
        template
    }

    /// A text with its values.
    pub fn template(&mut self, text: &tree::Template, usage: Use) -> Template {
        let mut template = Template::default();
        self.template_into(text, usage, &mut template);
        template
    }

    fn template_into(&mut self, text: &tree::Template, usage: Use, into: &mut Template) {
        for part in &text.parts {
            match part {
                tree::TemplatePart::Text(text) => push_text(into, text),
                tree::TemplatePart::Value(expr) => match self.operand(expr, Ty::Text, Form::Bare, usage) {
                    Operand::Const(Const::Text(text)) => push_text(into, &text),
                    Operand::Const(_) => {}
                    Operand::Var(var) => into.parts.push(TemplatePart::Value(var)),
                },
            }
        }
    }

    /// A text that becomes part of a SIP header: one line.
    pub fn header_text(&mut self, expr: &Expr, usage: Use) -> Template {
        let template = self.text(expr, usage);
        let broken = template.parts.iter().any(|part| matches!(part, TemplatePart::Text(text) if text.contains(['\r', '\n', '\0'])));
        if broken {
            let error = self
                .env
                .diag(Code::LineBreak, expr.span, "a line break in a text that becomes part of a SIP header")
                .help("write it on one line");
            self.env.report(error);
        }
        template
    }

    // ------------------------------------------------------------------------------------------------ targets

    /// Whom a step rings: a name, or a value in parentheses.
    pub fn target<T>(
        &mut self,
        target: Option<&tree::Target>,
        ty: Ty,
        resolve: fn(&mut Env<'a>, &Name) -> Option<Target<T>>,
    ) -> TargetRef<T> {
        let unknown = TargetRef::Var(HOLE);
        match target {
            None => unknown,
            Some(tree::Target::Name(name)) => {
                if self.is_meant_as_value(name) {
                    return unknown;
                }
                resolve(self.env, name).map_or(unknown, TargetRef::Static)
            }
            Some(tree::Target::Value(expr)) => match &strip(expr).kind {
                ExprKind::Text(text) => {
                    let Some(text) = self.env.plain_text(text) else { return unknown };
                    resolve(self.env, &Name { text, span: expr.span, quoted: true }).map_or(unknown, TargetRef::Static)
                }
                _ => match self.variable(expr) {
                    Ok(Some(var)) => {
                        let have = self.env.ty_of(var);
                        let fits = have == ty || matches!(have, Ty::Text | Ty::Enum(_) | Ty::Digits);
                        if !fits && !self.check_type(var, &[ty], expr.span) {
                            return unknown;
                        }
                        self.note_use(var, expr.span, Use::Shown("the name of a target"));
                        if have != ty {
                            // Any of them may be meant.
                            self.env.use_all(ty);
                        }
                        TargetRef::Var(var)
                    }
                    Ok(None) => {
                        self.env.err(Code::WrongType, expr.span, format!("a literal, where {} is needed", self.env.ty_name(ty)));
                        unknown
                    }
                    Err(()) => unknown,
                },
            },
        }
    }

    /// A bare name after `group` and the like that is a parameter, a row or captured keys here: parentheses were forgotten.
    pub fn is_meant_as_value(&mut self, name: &Name) -> bool {
        if name.quoted {
            return false;
        }
        let Some((Local::Value(var), place)) = self.local(&name.text) else { return false };
        let ty = self.env.ty_of(var);
        let kind = match ty {
            Ty::Group => Kind::Group,
            Ty::Agent => Kind::Agent,
            Ty::Queue => Kind::Queue,
            Ty::Trunk => Kind::Trunk,
            _ => return false,
        };
        if self.env.is_defined(kind, &name.text) {
            return false;
        }
        let text = &name.text;
        let error = self
            .env
            .diag(Code::ParenthesesNeeded, name.span, format!("the value `{text}` stands in parentheses here"))
            .label(place, format!("`{text}` is a parameter"))
            .help("without them, a word here is the name of a target")
            .fix(Applicability::Safe, format!("write `({text})`"), name.span, format!("({text})"));
        self.env.report(error);
        true
    }

    // ------------------------------------------------------------------------------------------------ secrets

    /// Follows secrets through parameters and inputs, and reports where one would be shown.
    pub fn judge_secrets(&mut self) {
        let mut next: HashMap<VarId, Vec<VarId>> = HashMap::new();
        for (from, to) in &self.secrets.passed {
            next.entry(*from).or_default().push(*to);
        }
        let is_secret = |env: &Env<'a>, var: VarId| env.var(var).is_some_and(|var| var.secret);
        let mut work: Vec<VarId> = next.keys().copied().filter(|var| is_secret(self.env, *var)).collect();
        while let Some(var) = work.pop() {
            for to in next.get(&var).into_iter().flatten() {
                if let Some(known) = self.env.program.vars.get_mut(to.index())
                    && !std::mem::replace(&mut known.secret, true)
                {
                    work.push(*to);
                }
            }
        }
        for (var, place, what) in std::mem::take(&mut self.secrets.shown) {
            let Some(known) = self.env.var(var).filter(|var| var.secret) else { continue };
            let error = Diagnostic::new(Code::SecretShown, place, format!("`{}` is secret and would be readable in {what}", known.name))
                .label(known.place, "the secret comes from here")
                .help("a secret can be compared, looked up and passed on, but not shown");
            self.env.report(error);
        }
    }
}

/// Without its parentheses.
pub(crate) fn strip(expr: &Expr) -> &Expr {
    let mut expr = expr;
    while let ExprKind::Paren(inner) = &expr.kind {
        expr = inner;
    }
    expr
}

/// A template of a text alone.
pub(crate) fn plain(text: &str) -> Template {
    let mut template = Template::default();
    push_text(&mut template, text);
    template
}

/// Adds a text; two texts never follow each other.
fn push_text(template: &mut Template, text: &str) {
    if text.is_empty() {
        return;
    }
    match template.parts.last_mut() {
        Some(TemplatePart::Text(last)) => last.push_str(text),
        _ => template.parts.push(TemplatePart::Text(text.to_owned())),
    }
}

/// `` `a`, `b` and `c` ``, at most eight of them.
pub(crate) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const MOST: usize = 8;
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((only, [])) => only.clone(),
        Some(_) if quoted.len() > MOST => {
            let shown = quoted.get(..MOST).unwrap_or_default();
            format!("{} and {} more", shown.join(", "), quoted.len() - MOST)
        }
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}
