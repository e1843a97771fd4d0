//! Types and constants.
use callroute_diagnostics::{Place, Span};
use callroute_syntax::tree;
use crate::env::Env;
use crate::typed::{Builtin, Const, Ty, Var, VarKind};

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

impl Env<'_> {
    /// A type as written.
    pub fn ty(&mut self, _ty: &tree::Type) -> Option<Ty> { todo!() }
    /// A type for people, with its article: "a number", "one of `gold`, `silver`".
    pub fn ty_name(&self, _ty: Ty) -> String { todo!() }
    /// A text without values; one with values is an error.
    pub fn plain_text(&mut self, _template: &tree::Template) -> Option<String> { todo!() }
    /// A literal of a type. A bare word is only an enumeration's value; anything else that is no literal of the type is an error.
    pub fn constant(&mut self, _expr: &tree::Expr, _ty: Ty) -> Option<Const> { todo!() }
    /// A language tag (BCP 47) in canonical case.
    pub fn language_tag(&mut self, _text: &str, _span: Span) -> Option<String> { todo!() }
}
