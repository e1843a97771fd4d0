//! Definitions that nothing uses. Not those of imported files, which serve other scripts too, and not in a file without any step, which is
//! one to be imported itself. Flows are the business of `flow`, which knows who reaches whom.

use callroute_diagnostics::{Applicability, Code, FileId, Place, Span};
use callroute_syntax::tree::{Item, StepKind};

use crate::env::{Defined, Env, Kind, Names};
use crate::types::quote;

/// Warns of what nothing uses.
pub(crate) fn check(env: &mut Env<'_>) {
    let Some(unit) = env.loaded.units.first() else { return };
    let has_steps = unit.tree().items.iter().any(|item| matches!(item, Item::Step(step) if !matches!(step.kind, StepKind::Error)));
    if !has_steps {
        if unit.tree().items.is_empty() && !env.has_errors() {
            env.file = FileId(0);
            let diagnostic = env
                .diag(Code::NothingThere, Span::at(0), "nothing stands in this script: every call is hung up as `unrouted`")
                .help("say what happens to a call, such as `voicemail \"front_desk\"`");
            env.report(diagnostic);
        }
        return;
    }
    let names = &env.names;
    let mut found: Vec<(Kind, String, Place)> = Vec::new();
    collect(&names.groups, Kind::Group, &mut found);
    collect(&names.agents, Kind::Agent, &mut found);
    collect(&names.queues, Kind::Queue, &mut found);
    collect(&names.trunks, Kind::Trunk, &mut found);
    collect(&names.lists, Kind::List, &mut found);
    collect(&names.schedules, Kind::Schedule, &mut found);
    collect(&names.dates, Kind::Dates, &mut found);
    collect(&names.prompts, Kind::Prompt, &mut found);
    collect(&names.tables, Kind::Table, &mut found);
    collect(&names.sources, Kind::Source, &mut found);
    collect(&names.inputs, Kind::Input, &mut found);
    collect(&names.actions, Kind::Action, &mut found);
    found.retain(|(_, name, place)| place.file == FileId(0) && !env.may_be_unread(name));
    env.file = FileId(0);
    for (kind, name, place) in found {
        let verb = if kind == Kind::Dates { "are" } else { "is" };
        let mut diagnostic =
            env.diag(Code::UnusedDefinition, place.span, format!("the {} {} {verb} never used", kind.noun(), quote(&name)));
        if let Some(whole) = env.whole_definition(place.span) {
            diagnostic = diagnostic.help("use it, or remove it").fix(Applicability::Maybe, "remove the definition", whole, "");
        }
        env.report(diagnostic);
    }
}

fn collect<I>(names: &Names<I>, kind: Kind, found: &mut Vec<(Kind, String, Place)>) {
    found.extend(
        names
            .entries()
            .filter(|(_, defined): &(&String, &Defined<I>)| !defined.used)
            .map(|(name, defined)| (kind, name.clone(), defined.place)),
    );
}
