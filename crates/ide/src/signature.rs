//! The call whose parentheses are open at a caret, with its parameters.

use callroute_analysis::names::{Kind, NameKind};
use callroute_analysis::typed::FieldDef;
use callroute_diagnostics::Span;

use crate::context::Context;
use crate::describe::type_text;
use crate::lex::Kind as Tok;
use crate::snapshot::Snapshot;

/// What a call's parentheses want.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// `crm(number: phone)`
    pub label: String,
    /// Where each parameter stands in the label, in bytes.
    pub params: Vec<Span>,
    /// The parameter at the caret.
    pub active: usize,
    /// The doc comment.
    pub doc: String,
}

/// The call whose parentheses are open at a caret.
#[must_use]
pub fn signature(snapshot: &Snapshot, text: &str, at: u32) -> Option<Signature> {
    let context = Context::at(text, at);
    if context.comment {
        return None;
    }
    let (callee, active) = context.call()?;
    let callee = callee?;
    let name = callee.text(context.source);
    let program = snapshot.program()?;
    let by_name = |kind| snapshot.analysis().names.of_kind(NameKind::Defined(kind)).find(|found| found.name == name);
    let before = context.line.iter().rev().find(|token| token.kind == Tok::Word && token.span.end <= callee.span.start);
    let before = before.map(|token| token.text(context.source).to_ascii_lowercase());
    let typed =
        |fields: &[FieldDef]| fields.iter().map(|field| format!("{}: {}", field.name, type_text(program, field.ty))).collect::<Vec<_>>();
    let (found, params) = match before.as_deref() {
        Some("go" | "do") => {
            let flow = program.flows.iter().find(|flow| flow.name == name)?;
            let params = flow.params.iter().filter_map(|var| program.vars.get(var.index()));
            (by_name(Kind::Flow)?, params.map(|var| format!("{}: {}", var.name, type_text(program, var.ty))).collect())
        }
        Some("lookup" | "given" | "expect") => {
            if let Some(source) = program.sources.iter().find(|source| source.name == name) {
                (by_name(Kind::Source)?, typed(&source.params))
            } else {
                program.tables.iter().find(|table| table.name == name)?;
                (by_name(Kind::Table)?, vec!["key".to_owned()])
            }
        }
        _ => {
            let action = program.actions.iter().find(|action| action.name == name)?;
            (by_name(Kind::Action)?, typed(&action.params))
        }
    };
    let mut label = format!("{name}(");
    let mut spans = Vec::with_capacity(params.len());
    for (index, param) in params.iter().enumerate() {
        if index > 0 {
            label.push_str(", ");
        }
        let start = u32::try_from(label.len()).unwrap_or(u32::MAX);
        label.push_str(param);
        spans.push(Span::new(start, u32::try_from(label.len()).unwrap_or(u32::MAX)));
    }
    label.push(')');
    let doc = snapshot.definition_around(found.place).and_then(|def| def.doc.clone()).unwrap_or_default();
    Some(Signature { label, params: spans, active, doc })
}
