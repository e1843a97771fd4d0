//! Steps that settle a call, what is played, `set`, and the fallback.

use callroute_diagnostics::{Code, Span};
use callroute_syntax::tree::{self, Body, Expr, ExprKind, Name};

use crate::env::Kind;
use crate::steps::unknown_step;
use crate::typed::{Builtin, Const, Operand, PromptItem, Reject, SetValue, Settle, Spoken, Step, StepKind, Template, Ty, VarId, Voicemail};
use crate::values::{Builder, Form, HOLE, Local, Use, strip};

/// SIP statuses of `reject`.
const BUSY: f64 = 486.0;
const DECLINED: f64 = 603.0;
const UNAVAILABLE: f64 = 480.0;

/// What can be set without being an input, by a short or misspelt name.
fn builtin_meant(name: &str) -> Option<&'static str> {
    let plain: String = name.to_ascii_lowercase().chars().map(|c| if matches!(c, '_' | '-') { ' ' } else { c }).take(32).collect();
    ["priority", "language", "caller name"].into_iter().find(|builtin| {
        plain.len() >= 4 && plain != "caller" && builtin.starts_with(&plain)
            || matches!((plain.as_str(), *builtin), ("prio", "priority") | ("lang", "language") | ("callername" | "cname", "caller name"))
            || strsim::osa_distance(&plain, builtin) <= 2
    })
}

impl Builder<'_, '_> {
    /// Something to be heard.
    pub(crate) fn prompt(&mut self, prompt: &tree::Prompt) -> Option<PromptItem> {
        match prompt {
            tree::Prompt::Missing(_) => None,
            tree::Prompt::Say(text) => {
                let template = self.template(text, Use::Shown("a spoken text"));
                if text.parts.is_empty() && !self.env.is_broken(text.span) {
                    let error =
                        self.env.diag(Code::EmptyPrompt, text.span, "there is nothing to be said").help("write the text, or leave it out");
                    self.env.report(error);
                }
                Some(PromptItem::Spoken(Spoken::Say(template)))
            }
            tree::Prompt::Named(name) => {
                if !self.env.is_defined(Kind::Prompt, &name.text) && self.is_value(&name.text) {
                    self.touch(&Expr { kind: ExprKind::Name(name.clone()), span: name.span });
                    self.ask_for_parens(name.span);
                    return None;
                }
                self.env.prompt(name).map(PromptItem::Named)
            }
            tree::Prompt::Value(expr) => Some(PromptItem::Spoken(Spoken::Say(self.text(expr, Use::Shown("a spoken text"))))),
            tree::Prompt::Play(file) => {
                if file.value.trim().is_empty() {
                    self.env.err(Code::EmptyPrompt, file.span, "there is nothing to be played");
                }
                Some(PromptItem::Spoken(Spoken::Play(file.value.clone())))
            }
        }
    }

    pub(crate) fn voicemail(&mut self, voicemail: &tree::Voicemail, step: &tree::Step) -> StepKind {
        let mut built = self.voicemail_parts(voicemail);
        if let Some(arms) = &voicemail.arms {
            let by_word = self.word_arms(arms, &["full", "failed"], "`voicemail`");
            if by_word.iter().all(Option::is_some) {
                self.needless_else(step);
            }
            [built.full, built.failed] = self.word_bodies(arms, &by_word, |this, _, arm| this.body(&arm.body));
            if built.full.is_none() && built.failed.is_none() {
                // Its arms were wrong or missing, and were reported: what was meant to run is not known.
                built.failed = Some(vec![Step { kind: unknown_step(), place: self.env.place(arms.span) }]);
            }
        }
        built.otherwise = self.otherwise(step);
        StepKind::Voicemail(built)
    }

    /// Message and options.
    pub(crate) fn voicemail_parts(&mut self, voicemail: &tree::Voicemail) -> Voicemail {
        let message =
            voicemail.message.as_ref().map(|message| self.text(message, Use::Shown("a voicemail's greeting"))).unwrap_or_default();
        let mut built = Voicemail { message, mailbox: None, max_duration: None, full: None, failed: None, otherwise: None };
        for option in &voicemail.options {
            match &option.kind {
                tree::VoicemailOptionKind::Box(Some(target)) => {
                    let mailbox = match target {
                        tree::Target::Name(name) => self.mailbox_name(name),
                        tree::Target::Value(expr) => self.mailbox_value(expr),
                    };
                    if built.mailbox.is_none() {
                        built.mailbox = Some(mailbox);
                    }
                }
                tree::VoicemailOptionKind::For(Some(expr)) => {
                    let length = self.duration(expr, "the message");
                    built.max_duration.get_or_insert(length);
                }
                tree::VoicemailOptionKind::Box(None) | tree::VoicemailOptionKind::For(None) => {}
            }
        }
        built
    }

    /// Mailboxes are the host's, so any name is one; but a parameter's name is a slip.
    fn mailbox_name(&mut self, name: &Name) -> Template {
        if !name.quoted && matches!(self.local(&name.text), Some((Local::Value(_), _))) {
            self.ask_for_parens(name.span);
        }
        crate::values::plain(&name.text)
    }

    fn mailbox_value(&mut self, expr: &Expr) -> Template {
        if let ExprKind::Number(spelling, _) = &strip(expr).kind {
            return crate::values::plain(spelling);
        }
        let wrapped = Expr { span: expr.span, kind: ExprKind::Paren(Box::new(strip(expr).clone())) };
        self.text(&wrapped, Use::Shown("the name of a mailbox"))
    }

    pub(crate) fn reject(&mut self, reject: &tree::Reject) -> Reject {
        let number = |code: f64| Operand::Const(Const::Number(code));
        let code = match &reject.reason {
            None | Some(tree::RejectReason::Declined(_)) => number(DECLINED),
            Some(tree::RejectReason::Busy(_)) => number(BUSY),
            Some(tree::RejectReason::Unavailable(_)) => number(UNAVAILABLE),
            Some(tree::RejectReason::Code(code, _)) => number(f64::from(*code)),
            Some(tree::RejectReason::Value(expr)) => {
                let wrapped = Expr { span: expr.span, kind: ExprKind::Paren(Box::new(strip(expr).clone())) };
                let code = self.operand(&wrapped, Ty::Number, Form::Parens, Use::Shown("a SIP status"));
                if let Operand::Const(Const::Number(code)) = &code
                    && !((300.0..700.0).contains(code) && code.fract() == 0.0)
                {
                    self.env.err(Code::OutOfRange, expr.span, format!("{code} cannot reject a call: a status from 300 to 699 can"));
                }
                code
            }
        };
        let text = reject.text.as_ref().map(|text| self.header_text(text, Use::Shown("the text of a rejection")));
        Reject { code, text }
    }

    pub(crate) fn redirect(&mut self, to: Option<&Expr>, permanent: bool) -> Settle {
        let to = to.map_or(Operand::Var(HOLE), |to| self.operand(to, Ty::Phone, Form::Parens, Use::Shown("the address of a redirection")));
        Settle::Redirect { to, permanent }
    }

    /// The `fallback`: a settling step of constants alone.
    pub(crate) fn fallback(&mut self, body: &Body) -> Option<Settle> {
        let step = match body {
            Body::Missing(_) => return None,
            Body::Step(step) => step,
            Body::Block(block) => {
                self.not_a_fallback(block.span, "a block");
                return None;
            }
        };
        self.clear_scope();
        self.constants_only = Some("the fallback is answered when the script cannot run, so nothing of the call is known then");
        let settle = match &step.kind {
            tree::StepKind::Voicemail(voicemail) => {
                if let Some(arms) = &voicemail.arms {
                    self.not_a_fallback(arms.span, "a voicemail with arms");
                }
                Some(Settle::Voicemail(self.voicemail_parts(voicemail)))
            }
            tree::StepKind::Hangup => Some(Settle::Hangup),
            tree::StepKind::Reject(reject) => Some(Settle::Reject(self.reject(reject))),
            tree::StepKind::Redirect { to, permanent } => Some(self.redirect(to.as_ref(), permanent.is_some())),
            tree::StepKind::Error => None,
            _ => {
                self.not_a_fallback(step.head, "this step");
                None
            }
        };
        self.constants_only = None;
        if let (Some(_), Some(otherwise)) = (&settle, &step.otherwise) {
            self.not_a_fallback(otherwise.keyword, "a step with `else`");
        }
        settle
    }

    fn not_a_fallback(&mut self, span: Span, what: &str) {
        let error = self
            .env
            .diag(Code::NotAFallback, span, format!("{what} is no fallback"))
            .help("a fallback is one `voicemail`, `hangup`, `reject` or `redirect`, without arms and without `else`");
        self.env.report(error);
    }

    pub(crate) fn set(&mut self, field: &tree::SetField, value: Option<&Expr>) -> StepKind {
        let (var, value) = match field {
            tree::SetField::Missing(_) => {
                if let Some(value) = value {
                    self.touch(value);
                }
                return unknown_step();
            }
            tree::SetField::Priority(_) => (Builtin::Priority.var(), value.map(|value| self.priority(value))),
            tree::SetField::Language(_) => (Builtin::Language.var(), value.map(|value| self.language_value(value))),
            tree::SetField::CallerName(_) => {
                let usage = Use::Shown("the caller's name");
                let template = value.map(|value| match &strip(value).kind {
                    ExprKind::Text(_) => SetValue::Template(self.header_text(value, usage)),
                    _ => SetValue::Operand(self.operand(value, Ty::Text, Form::Bare, usage)),
                });
                (Builtin::CallerName.var(), template)
            }
            tree::SetField::Input(name) => {
                let Some(var) = self.input_to_set(name) else {
                    if let Some(value) = value
                        && !matches!(value.kind, ExprKind::Name(_))
                    {
                        self.touch(value);
                    }
                    return unknown_step();
                };
                let ty = self.env.ty_of(var);
                let value = value.map(|value| match &strip(value).kind {
                    ExprKind::Text(text) if ty == Ty::Text && text.parts.len() > 1 => {
                        SetValue::Template(self.template(text, Use::Passed(var)))
                    }
                    _ => SetValue::Operand(self.operand(value, ty, Form::Bare, Use::Passed(var))),
                });
                (var, value)
            }
        };
        value.map_or_else(unknown_step, |value| StepKind::Set { var, value })
    }

    fn input_to_set(&mut self, name: &Name) -> Option<VarId> {
        if let Some((_, place)) = self.local(&name.text) {
            let error = self
                .env
                .diag(Code::SettingBuiltin, name.span, format!("`{}` cannot be set", name.text))
                .label(place, "it gets its value here")
                .help("only `priority`, `language`, `caller name` and inputs can be set");
            self.env.report(error);
            return None;
        }
        let found = self.env.input(name);
        if found.is_none() {
            match builtin_meant(&name.text) {
                Some(meant) if !self.env.is_near_to_an_input(&name.text) => {
                    let error = self
                        .env
                        .diag(Code::UnknownName, name.span, format!("unknown input `{}`", name.text))
                        .help(format!("did you mean `{meant}`?"))
                        .fix(callroute_diagnostics::Applicability::Maybe, format!("write `{meant}`"), name.span, meant);
                    self.env.report(error);
                }
                _ => self.env.unknown(Kind::Input, name),
            }
        }
        found
    }

    fn priority(&mut self, value: &Expr) -> SetValue {
        let operand = self.operand(value, Ty::Number, Form::Bare, Use::Shown("a priority"));
        if let Operand::Const(Const::Number(number)) = &operand
            && (number.fract() != 0.0 || number.abs() > f64::from(i32::MAX))
        {
            let error = self
                .env
                .diag(Code::OutOfRange, value.span, format!("{number} is no priority"))
                .help("a priority is a whole number; calls with a higher one come first");
            self.env.report(error);
        }
        SetValue::Operand(operand)
    }

    /// A language: a tag as a bare word or a text, or a value.
    fn language_value(&mut self, value: &Expr) -> SetValue {
        let tag = match &value.kind {
            ExprKind::Name(name) if !self.is_value(&name.text) || name.text == "language" => Some(name.text.clone()),
            ExprKind::From | ExprKind::To | ExprKind::Flag(_) => Some(self.env.text(value.span).to_owned()),
            ExprKind::Text(text) => match self.env.plain_text(text) {
                Some(text) => Some(text),
                None => return SetValue::Operand(Operand::Var(HOLE)),
            },
            _ => None,
        };
        let Some(tag) = tag else {
            return SetValue::Operand(self.operand(value, Ty::Text, Form::Bare, Use::Shown("the language of the call")));
        };
        let Some(tag) = self.env.language_tag(&tag, value.span) else { return SetValue::Operand(Operand::Var(HOLE)) };
        self.env.note_language(&tag, value.span);
        SetValue::Operand(Operand::Const(Const::Text(tag)))
    }
}
