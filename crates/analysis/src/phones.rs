//! Telephone numbers.
use callroute_diagnostics::Span;
use callroute_numbers::Pattern;
use callroute_syntax::tree;
use crate::env::Env;
use crate::typed::{Phone, PhonePattern};
impl Env<'_> {
    /// A number or address as written.
    pub fn phone(&mut self, _spelling: &str, _span: Span) -> Option<Phone> { todo!() }
    /// A number or address: [`tree::ExprKind::Number`], `Phone`, plain `Text`.
    pub fn phone_expr(&mut self, _expr: &tree::Expr) -> Option<Phone> { todo!() }
    /// A pattern of numbers.
    pub fn phone_pattern(&mut self, _expr: &tree::Expr) -> Option<PhonePattern> { todo!() }
    /// Keys: a menu's head, or what collected digits are compared with.
    pub fn key_pattern(&mut self, _expr: &tree::Expr) -> Option<Pattern> { todo!() }
}
