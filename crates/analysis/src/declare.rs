//! The first passes over all files. `declare` gives every definition its number and every name its type, so that names may be used before
//! they are defined; `define` fills the definitions in, dates first, because schedules ask about them.

use callroute_calendar::{Schedule, Zone};
use callroute_diagnostics::{Code, Diagnostic, FileId, Span};
use callroute_syntax::tree::{self, DefKind, Item};

use crate::env::{Body, Env, FileZone, Kind};
use crate::files::Unit;
use crate::targets::{empty_ring, no_address};
use crate::typed::{
    Action, ActionId, Agent, AgentId, Flow, FlowId, Group, GroupId, List, ListId, PromptDef, PromptId, Queue, QueueId, ScheduleDef,
    ScheduleId, Source, SourceId, Table, TableId, TableKeys, Target, Trunk, TrunkId, Ty, Var, VarId, VarKind,
};
use crate::types::{TypePlace, quote};

/// A definition that `define` has to fill.
pub(crate) struct Work<'a> {
    file: FileId,
    /// Where its name stands.
    name: Span,
    /// All of it.
    whole: Span,
    kind: WorkKind<'a>,
}

enum WorkKind<'a> {
    Agent(AgentId, &'a tree::Ring),
    Group(GroupId, &'a [tree::DialOption], &'a tree::Ring),
    Queue(QueueId, &'a [tree::DialOption], &'a tree::Ring),
    Trunk(TrunkId, &'a tree::Expr),
    List(ListId, &'a tree::ListBody),
    Dates(callroute_calendar::DatesId, &'a tree::DatesBody),
    Schedule(ScheduleId, &'a tree::Name, Option<&'a tree::Zone>, &'a [tree::ScheduleLine]),
    Prompt(PromptId, &'a [tree::PromptEntry]),
    Table(TableId, &'a tree::TableDef),
    Default(VarId, &'a tree::Expr),
}

/// The settings that a script has once, and where.
#[derive(Default)]
struct Settings {
    zone: Option<Span>,
    country: Option<Span>,
    fallback: Option<Span>,
    limit: Option<Span>,
}

fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Numbers every definition of every file.
pub(crate) fn declare<'a>(env: &mut Env<'a>) -> Vec<Work<'a>> {
    let mut work = Vec::new();
    let units: &'a [Unit] = &env.loaded.units;
    env.program.flows.push(Flow {
        name: "main".into(),
        params: Vec::new(),
        body: Vec::new(),
        place: callroute_diagnostics::Place::default(),
    });
    let main_name = tree::Name { text: "main".into(), span: Span::default(), quoted: false };
    env.define_name(|names| &mut names.flows, Kind::Flow, Some(&main_name), FlowId(0));
    let mut main = Vec::new();
    for unit in units {
        env.file = unit.file;
        let mut settings = Settings::default();
        let mut step_told = false;
        for item in &unit.tree().items {
            match item {
                Item::Error(_) => {}
                Item::Step(step) if unit.file == FileId(0) => main.push(step),
                Item::Step(step) => {
                    // One is enough: the file was meant as a script of its own.
                    if !std::mem::replace(&mut step_told, true) && !matches!(step.kind, tree::StepKind::Error) {
                        let diagnostic = env
                            .diag(Code::StepInImport, step.head, format!("a step in {}, which is imported", quote(&unit.path)))
                            .help("an imported file holds definitions only; put its steps into a flow: `flow name < … >`");
                        env.report(diagnostic);
                    }
                }
                Item::Def(def) => one(env, def, &mut settings, &mut work),
            }
        }
    }
    env.file = FileId(0);
    env.add_body(Body { flow: FlowId(0), file: FileId(0), steps: main });
    env.sort_bodies();
    env.program.zone = match env.file_zones.first() {
        Some(FileZone::Zone(zone)) => Some(*zone),
        _ => None,
    };
    work
}

/// Is this setting the first of its kind, and in the main file?
fn setting(env: &mut Env<'_>, first: &mut Option<Span>, word: &str, span: Span, main_only: bool) -> bool {
    if let Some(first) = *first {
        let place = env.place(first);
        let diagnostic = env
            .diag(Code::RepeatedSetting, span, format!("`{word}` is given twice"))
            .label(place, "given here first")
            .help("remove one of them");
        env.report(diagnostic);
        return false;
    }
    *first = Some(span);
    if main_only && env.file != FileId(0) {
        let diagnostic = env
            .diag(Code::SettingInImport, span, format!("`{word}` in an imported file"))
            .help(format!("move it to the main script: `{word}` is about the call as a whole"));
        env.report(diagnostic);
        return false;
    }
    true
}

fn one<'a>(env: &mut Env<'a>, def: &'a tree::Def, settings: &mut Settings, work: &mut Vec<Work<'a>>) {
    let place = env.place(def.head);
    let file = env.file;
    let mut push = |name: Option<&'a tree::Name>, kind: WorkKind<'a>| {
        work.push(Work { file, name: name.map_or(def.head, |name| name.span), whole: def.span, kind });
    };
    let at = |env: &Env<'_>, name: &Option<tree::Name>| name.as_ref().map_or(place, |name| env.place(name.span));
    let text = |name: &Option<tree::Name>| name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
    match &def.kind {
        DefKind::Error | DefKind::Import(_) => {}
        DefKind::Zone(zone) => {
            if setting(env, &mut settings.zone, "zone", def.head, false) {
                let found = zone.as_ref().and_then(|zone| env.zone(zone)).map_or(FileZone::Wrong, FileZone::Zone);
                if let Some(slot) = env.file_zones.get_mut(file.0 as usize) {
                    *slot = found;
                }
            }
        }
        DefKind::Country(name) => {
            if let (true, Some(name)) = (setting(env, &mut settings.country, "country", def.head, true), name) {
                env.define_country(name);
            }
        }
        DefKind::Fallback(body) => {
            if setting(env, &mut settings.fallback, "fallback", def.head, true) {
                env.fallback = Some((file, body));
            }
        }
        DefKind::LimitTurns(limit) => {
            if let (true, Some(limit)) = (setting(env, &mut settings.limit, "limit turns", def.head, true), limit) {
                env.define_turn_limit(limit);
            }
        }
        DefKind::Agent { name, ring } => {
            let id = AgentId(index(env.program.agents.len()));
            let place = at(env, name);
            env.program.agents.push(Agent { name: text(name), ring: empty_ring(), place });
            env.define_name(|names| &mut names.agents, Kind::Agent, name.as_ref(), Target::Defined(id));
            push(name.as_ref(), WorkKind::Agent(id, ring));
        }
        DefKind::Trunk { name, address } => {
            let id = TrunkId(index(env.program.trunks.len()));
            let place = at(env, name);
            env.program.trunks.push(Trunk { name: text(name), address: no_address(), place });
            env.define_name(|names| &mut names.trunks, Kind::Trunk, name.as_ref(), Target::Defined(id));
            if let Some(address) = address {
                push(name.as_ref(), WorkKind::Trunk(id, address));
            }
        }
        DefKind::Group { name, options, ring } => {
            let id = GroupId(index(env.program.groups.len()));
            let place = at(env, name);
            env.program.groups.push(Group { name: Some(text(name)), ring: empty_ring(), place });
            env.define_name(|names| &mut names.groups, Kind::Group, name.as_ref(), Target::Defined(id));
            push(name.as_ref(), WorkKind::Group(id, options, ring));
        }
        DefKind::Queue { name, options, ring } => {
            let id = QueueId(index(env.program.queues.len()));
            let place = at(env, name);
            env.program.queues.push(Queue {
                name: text(name),
                ring: empty_ring(),
                max_wait: None,
                max_length: None,
                announce_position: None,
                leave_when_empty: false,
                music: None,
                place,
            });
            env.define_name(|names| &mut names.queues, Kind::Queue, name.as_ref(), Target::Defined(id));
            push(name.as_ref(), WorkKind::Queue(id, options, ring));
        }
        DefKind::List { name, body } => {
            let id = ListId(index(env.program.lists.len()));
            let place = at(env, name);
            env.program.lists.push(List { name: text(name), entries: Vec::new(), zone: Zone::UTC, place });
            env.define_name(|names| &mut names.lists, Kind::List, name.as_ref(), id);
            push(name.as_ref(), WorkKind::List(id, body));
        }
        DefKind::Dates { name, body } => {
            let place = at(env, name);
            let id = env.new_dates(Some(text(name)), place);
            env.define_name(|names| &mut names.dates, Kind::Dates, name.as_ref(), id);
            push(name.as_ref(), WorkKind::Dates(id, body));
        }
        DefKind::Schedule { name, zone, lines } => {
            let id = ScheduleId(index(env.program.schedules.len()));
            let place = at(env, name);
            let schedule = Schedule { zone: Zone::UTC, lines: Vec::new() };
            env.program.schedules.push(ScheduleDef { name: Some(text(name)), schedule, place, lines: Vec::new() });
            env.define_name(|names| &mut names.schedules, Kind::Schedule, name.as_ref(), id);
            if let (Some(name), Some(lines)) = (name, lines) {
                push(Some(name), WorkKind::Schedule(id, name, zone.as_ref(), lines));
            }
        }
        DefKind::Prompt { name, entries } => {
            let id = PromptId(index(env.program.prompts.len()));
            let place = at(env, name);
            env.program.prompts.push(PromptDef { name: text(name), entries: Vec::new(), place });
            env.define_name(|names| &mut names.prompts, Kind::Prompt, name.as_ref(), id);
            push(name.as_ref(), WorkKind::Prompt(id, entries));
        }
        DefKind::Table(table) => {
            let id = TableId(index(env.program.tables.len()));
            let place = at(env, &table.name);
            let fields = env.fields(&table.fields, TypePlace::Field, Kind::Table.part());
            let broken = fields.is_none();
            env.program.tables.push(Table {
                name: text(&table.name),
                key: table.key.map_or(tree::TableKey::Exact, |(key, _)| key),
                fields: fields.unwrap_or_default(),
                keys: TableKeys::Numbers(Vec::new()),
                cells: Vec::new(),
                strings: Vec::new(),
                phones: Vec::new(),
                place,
            });
            one_lookup_name(env, Kind::Table, table.name.as_ref());
            env.define_name(|names| &mut names.tables, Kind::Table, table.name.as_ref(), id);
            if broken {
                env.break_name(|names| &mut names.tables, table.name.as_ref());
            } else {
                push(table.name.as_ref(), WorkKind::Table(id, table));
            }
        }
        DefKind::Source { name, params, fields } => {
            let id = SourceId(index(env.program.sources.len()));
            let place = at(env, name);
            let (params, fields) =
                (env.fields(params, TypePlace::Field, "parameter"), env.fields(fields, TypePlace::Field, Kind::Source.part()));
            let broken = params.is_none() || fields.is_none();
            env.program.sources.push(Source {
                name: text(name),
                params: params.unwrap_or_default(),
                fields: fields.unwrap_or_default(),
                place,
            });
            one_lookup_name(env, Kind::Source, name.as_ref());
            env.define_name(|names| &mut names.sources, Kind::Source, name.as_ref(), id);
            if broken {
                env.break_name(|names| &mut names.sources, name.as_ref());
            }
        }
        DefKind::Action { name, params, settles } => {
            let id = ActionId(index(env.program.actions.len()));
            let place = at(env, name);
            let params = env.fields(params, TypePlace::Field, Kind::Action.part());
            let broken = params.is_none();
            env.program.actions.push(Action { name: text(name), params: params.unwrap_or_default(), settles: settles.is_some(), place });
            env.define_name(|names| &mut names.actions, Kind::Action, name.as_ref(), id);
            if broken {
                env.break_name(|names| &mut names.actions, name.as_ref());
            }
        }
        DefKind::Input { name, ty, default, header } => {
            let found = ty.as_ref().and_then(|ty| env.ty(ty));
            let header = header.as_ref().and_then(|header| env.header_name(header));
            let place = at(env, name);
            let kind = VarKind::Input { attribute: text(name), header, default: None };
            let var = env.new_var(Var { name: text(name), ty: found.unwrap_or(Ty::Text), kind, secret: false, place });
            if let Some(name) = name {
                env.name_in_the_way(name, "an input");
            }
            env.define_name(|names| &mut names.inputs, Kind::Input, name.as_ref(), var);
            match (found, default) {
                (None, _) => env.break_name(|names| &mut names.inputs, name.as_ref()),
                (Some(_), Some(default)) => push(name.as_ref(), WorkKind::Default(var, default)),
                _ => {}
            }
        }
        DefKind::Extern { kind, name } => {
            if let Some(name) = name {
                env.declare_extern(*kind, name);
            }
        }
        DefKind::Flow { name, params, body, .. } => declare_flow(env, name.as_ref(), params, body.as_ref(), place),
        DefKind::Test(test) => env.tests.push((file, def, test)),
    }
}

/// A look-up names a source or a table, so the two share their names.
fn one_lookup_name(env: &mut Env<'_>, kind: Kind, name: Option<&tree::Name>) {
    let other = if kind == Kind::Table { Kind::Source } else { Kind::Table };
    if let Some(name) = name
        && let Some(first) = env.definition(other, &name.text)
        && env.definition(kind, &name.text).is_none()
    {
        let message = format!("the {} {} has the name of a {}", kind.noun(), quote(&name.text), other.noun());
        let diagnostic = env
            .diag(Code::DuplicateName, name.span, message)
            .label(first, format!("the {} is defined here", other.noun()))
            .help("a look-up could mean either; give one of them another name");
        env.report(diagnostic);
    }
}

fn declare_flow<'a>(
    env: &mut Env<'a>,
    name: Option<&'a tree::Name>,
    params: &'a [tree::Field],
    body: Option<&'a tree::Block>,
    head: callroute_diagnostics::Place,
) {
    let id = FlowId(index(env.program.flows.len()));
    let place = name.map_or(head, |name| env.place(name.span));
    let broken = env.fields(params, TypePlace::Param, Kind::Flow.part()).is_none();
    let mut vars = Vec::new();
    for (number, param) in params.iter().enumerate() {
        let Some(param_name) = &param.name else { continue };
        if !broken {
            env.name_in_the_way(param_name, "a parameter");
        }
        let ty = param.ty.as_ref().and_then(|ty| param_type(&ty.kind));
        let place = env.place(param_name.span);
        let kind = VarKind::Param(id, index(number));
        let var = env.new_var(Var { name: param_name.text.clone(), ty: ty.unwrap_or(Ty::Text), kind, secret: false, place });
        if ty.is_none() {
            env.broken_params.insert(var);
        }
        vars.push(var);
    }
    env.program.flows.push(Flow { name: name.map(|name| name.text.clone()).unwrap_or_default(), params: vars, body: Vec::new(), place });
    if let Some(name) = name.filter(|name| name.text == "main") {
        let diagnostic = env
            .diag(Code::DuplicateName, name.span, "`main` is the flow of the steps outside of any flow")
            .help("give this flow another name, or write its steps at the top level");
        env.report(diagnostic);
    } else {
        env.define_name(|names| &mut names.flows, Kind::Flow, name, id);
        if broken {
            env.break_name(|names| &mut names.flows, name);
        }
    }
    if let Some(body) = body {
        let file = env.file;
        env.add_body(Body { flow: id, file, steps: body.steps.iter().collect() });
    }
}

/// The type of a flow's parameter, if it is one; it has been judged before.
fn param_type(kind: &tree::TypeKind) -> Option<Ty> {
    use tree::TypeKind;
    Some(match kind {
        TypeKind::Text => Ty::Text,
        TypeKind::Number => Ty::Number,
        TypeKind::Flag => Ty::Flag,
        TypeKind::Phone => Ty::Phone,
        TypeKind::Duration => Ty::Duration,
        TypeKind::Group => Ty::Group,
        TypeKind::Agent => Ty::Agent,
        TypeKind::Queue => Ty::Queue,
        TypeKind::Trunk => Ty::Trunk,
        TypeKind::Schedule => Ty::Schedule,
        TypeKind::Dates => Ty::Dates,
        TypeKind::List => Ty::List,
        TypeKind::Phones | TypeKind::OneOf(_) | TypeKind::Unknown(_) => return None,
    })
}

/// Fills every definition.
pub(crate) fn define<'a>(env: &mut Env<'a>, work: &[Work<'a>]) {
    let dates = |kind: &WorkKind<'_>| matches!(kind, WorkKind::Dates(..));
    for item in work.iter().filter(|item| dates(&item.kind)) {
        env.file = item.file;
        let WorkKind::Dates(id, body) = &item.kind else { continue };
        match body {
            tree::DatesBody::Missing(_) => {}
            tree::DatesBody::Entries(specs) => {
                if specs.is_empty() && !env.is_broken(item.whole) {
                    env.err(Code::EmptyTable, item.name, "these dates name no day");
                }
                env.define_dates(*id, specs);
            }
            tree::DatesBody::Ics(path) => env.dates_ics(*id, path),
        }
    }
    env.check_dates();
    for item in work.iter().filter(|item| !dates(&item.kind)) {
        env.file = item.file;
        match &item.kind {
            WorkKind::Dates(..) => {}
            WorkKind::Agent(id, ring) => env.define_agent(*id, ring),
            WorkKind::Group(id, options, ring) => env.define_group(*id, options, ring),
            WorkKind::Queue(id, options, ring) => env.define_queue(*id, options, ring),
            WorkKind::Trunk(id, address) => env.define_trunk(*id, address),
            WorkKind::List(id, body) => env.define_list(*id, item.name, item.whole, body),
            WorkKind::Schedule(id, name, zone, lines) => {
                let place = env.place(name.span);
                if let Some(def) = env.schedule_def(Some(name), lines, *zone, place)
                    && let Some(slot) = env.program.schedules.get_mut(id.index())
                {
                    *slot = def;
                }
            }
            WorkKind::Prompt(id, entries) => env.define_prompt(*id, item.name, item.whole, entries),
            WorkKind::Table(id, table) => env.define_table(*id, item.name, item.whole, table),
            WorkKind::Default(var, default) => env.define_default(*var, default),
        }
    }
    env.file = FileId(0);
}

/// Looks at the whole when everything is filled.
pub(crate) fn conclude(env: &mut Env<'_>) {
    env.check_languages();
    if env.calendar_sound
        && let Err(error) = env.program.dates.check()
    {
        // Dates written in place have come since.
        env.report(Diagnostic::new(
            Code::TooMuchCalendar,
            callroute_diagnostics::Place::default(),
            format!("the dates of this script are too much: {error}"),
        ));
    }
}
