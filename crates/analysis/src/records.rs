//! Sources, inputs, actions, parameters, and the settings of a script: everything that is a name with types.

use std::collections::HashMap;

use callroute_diagnostics::{Applicability, Code, Span};
use callroute_numbers::Country;
use callroute_syntax::tree;

use crate::env::{Env, Kind};
use crate::names::NameKind;
use crate::typed::{Const, FieldDef, Ty, VarId};
use crate::types::{TypePlace, quote};

impl Env<'_> {
    /// Fields, columns or parameters with their types. None when one of them could not be read: whoever uses them must stay silent.
    pub(crate) fn fields(&mut self, fields: &[tree::Field], place: TypePlace, what: &str) -> Option<Vec<FieldDef>> {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut found = Vec::new();
        let mut sound = true;
        for field in fields {
            let ty = field.ty.as_ref().and_then(|ty| self.ty_at(ty, place));
            let (Some(name), Some(ty)) = (&field.name, ty) else {
                sound = false;
                continue;
            };
            if let Some(first) = seen.get(name.text.as_str()) {
                let first = self.place(*first);
                let diagnostic = self
                    .diag(Code::DuplicateField, name.span, format!("the {what} {} is there already", quote(&name.text)))
                    .label(first, "the first of this name")
                    .help("give one of them another name");
                self.report(diagnostic);
                sound = false;
                continue;
            }
            seen.insert(&name.text, name.span);
            let defined = self.place(name.span);
            if place != TypePlace::Param {
                self.note_local(NameKind::Field, &name.text, name.span);
            }
            found.push(FieldDef { name: name.text.clone(), ty, place: defined });
        }
        sound.then_some(found)
    }

    /// Names that would mean something else wherever they are written bare.
    pub(crate) fn name_in_the_way(&mut self, name: &tree::Name, what: &str) {
        let means = match name.text.to_ascii_lowercase().as_str() {
            "language" => "the language of the call",
            "priority" => "the priority of the call",
            "from" => "the caller",
            "to" => "the number called",
            "true" | "false" => "a flag",
            "anonymous" => "a withheld number",
            _ => return,
        };
        let diagnostic = self
            .diag(Code::NameInTheWay, name.span, format!("{what} named {} could never be used", quote(&name.text)))
            .help(format!("written alone, {} means {means}; choose another name", quote(&name.text)));
        self.report(diagnostic);
    }

    /// The default of an input.
    pub(crate) fn define_default(&mut self, var: VarId, default: &tree::Expr) {
        let found = self.constant(default, self.ty_of(var));
        if let (Some(found), Some(crate::typed::VarKind::Input { default, .. })) =
            (found, self.program.vars.get_mut(var.index()).map(|var| &mut var.kind))
        {
            *default = Some(found);
        }
    }

    /// The name of a SIP header (RFC 3261, a token); what is none is reported.
    pub(crate) fn header_name(&mut self, name: &tree::Text) -> Option<String> {
        const MOST: usize = 128;
        let text = name.value.trim().trim_end_matches(':').trim_end();
        let token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '!' | '%' | '*' | '_' | '+' | '`' | '\'' | '~');
        if !text.is_empty() && text.len() <= MOST && text.chars().all(token) {
            if text != name.value {
                let fixed = format!("\"{text}\"");
                let diagnostic = self
                    .diag(Code::BadHeader, name.span, format!("{} is more than the name of a header", quote(&name.value)))
                    .fix(Applicability::Safe, format!("write `{fixed}`"), name.span, fixed);
                self.report(diagnostic);
                return None;
            }
            return Some(text.to_owned());
        }
        let diagnostic = self
            .diag(Code::BadHeader, name.span, format!("{} cannot be the name of a SIP header", quote(&name.value)))
            .help("it consists of letters, digits and `-`: `\"X-Verstat\"`");
        self.report(diagnostic);
        None
    }

    // -------------------------------------------------------------------------------------------- settings

    /// `country US`
    pub(crate) fn define_country(&mut self, name: &tree::Name) {
        match Country::parse(&name.text) {
            Ok(country) => self.program.country = Some(country),
            Err(unknown) => {
                let mut diagnostic = self
                    .diag(Code::UnknownCountry, name.span, format!("there is no country {}", quote(&name.text)))
                    .help("countries have two letters: `US`, `GB`, `DE` (ISO 3166)");
                if let Some((first, rest)) = unknown.nearest.split_first() {
                    let list = rest.iter().fold(format!("`{first}`"), |list, country| format!("{list}, `{country}`"));
                    diagnostic = diagnostic.help(format!("did you mean {list}?")).fix(
                        Applicability::Maybe,
                        format!("write `{first}`"),
                        name.span,
                        first.to_string(),
                    );
                }
                self.report(diagnostic);
            }
        }
    }

    /// `limit turns 20`
    pub(crate) fn define_turn_limit(&mut self, limit: &tree::Expr) {
        const MOST: f64 = 10_000.0;
        let Some(Const::Number(turns)) = self.constant(limit, Ty::Number) else { return };
        if turns.fract() != 0.0 || !(1.0..=MOST).contains(&turns) {
            let message = format!("a call cannot be limited to {} turns", quote(self.text(limit.span)));
            let diagnostic =
                self.diag(Code::BadTurnLimit, limit.span, message).help("write a whole number from 1 to 10000; 100 is the default");
            return self.report(diagnostic);
        }
        // In range, and whole.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        {
            self.program.turn_limit = turns as u16;
        }
    }
}

impl Kind {
    /// What the parts of such a definition are called.
    pub(crate) const fn part(self) -> &'static str {
        match self {
            Self::Table => "column",
            Self::Action | Self::Flow => "parameter",
            _ => "field",
        }
    }
}
