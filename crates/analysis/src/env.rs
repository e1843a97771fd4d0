//! The desk at which all passes meet: the program as far as it is known, the names, and the diagnostics.
//!
//! Every name is resolved here and nowhere else, so that marking a definition as used, leaving names to the host, and reporting an
//! unknown name once with the nearest one are one piece of code each. A resolver that gives `None` has said why, or the definition
//! could not be read: the caller stays silent.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use callroute_calendar::{DatesId, PoolSets, Zone};
use callroute_diagnostics::{Applicability, Code, Diagnostic, FileId, Label, Place, Severity, Span};
use callroute_syntax::tree;

use crate::cache::Memory;
use crate::files::{Files, Loaded};
use crate::names::{Definition, NameIndex, NameKind, Reference};
use crate::typed::{
    ActionId, AgentId, Builtin, EnumId, Enumeration, Extern, FlowId, GroupId, ListId, Program, PromptId, QueueId, ScheduleId, SourceFile,
    SourceId, TableId, Target, TargetKind, TrunkId, Ty, Var, VarId,
};
use crate::{Analysis, types};

/// What a name can stand for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Group,
    Agent,
    Queue,
    Trunk,
    List,
    Schedule,
    Dates,
    Prompt,
    Table,
    Source,
    Input,
    Action,
    Flow,
}

impl Kind {
    /// As people call it, for messages.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Agent => "agent",
            Self::Queue => "queue",
            Self::Trunk => "trunk",
            Self::List => "list",
            Self::Schedule => "schedule",
            Self::Dates => "dates",
            Self::Prompt => "prompt",
            Self::Table => "table",
            Self::Source => "source",
            Self::Input => "input",
            Self::Action => "action",
            Self::Flow => "flow",
        }
    }

    /// With its article, except for `dates`, which has none.
    #[must_use]
    pub fn a_noun(self) -> String {
        match self {
            Self::Dates => "dates".into(),
            Self::Agent | Self::Input | Self::Action => format!("an {}", self.noun()),
            _ => format!("a {}", self.noun()),
        }
    }
}

/// What a look-up asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LookupTarget {
    /// A source that the host answers.
    Source(SourceId),
    /// A table of the script.
    Table(TableId),
}

/// A defined name.
#[derive(Clone, Debug)]
pub(crate) struct Defined<I> {
    /// What it stands for.
    pub id: I,
    /// Where its name stands in its definition.
    pub place: Place,
    /// Somebody has asked for it.
    pub used: bool,
    /// Something in its definition was reported that its users must know: they stay silent.
    pub broken: bool,
}

/// The names of one kind.
#[derive(Debug)]
pub(crate) struct Names<I> {
    map: HashMap<String, Defined<I>>,
    /// A definition of the kind could not be read, so an unknown name may be its.
    unsure: bool,
}

impl<I> Default for Names<I> {
    fn default() -> Self {
        Self { map: HashMap::new(), unsure: false }
    }
}

/// All names.
#[derive(Default, Debug)]
pub(crate) struct AllNames {
    pub groups: Names<Target<GroupId>>,
    pub agents: Names<Target<AgentId>>,
    pub queues: Names<Target<QueueId>>,
    pub trunks: Names<Target<TrunkId>>,
    pub lists: Names<ListId>,
    pub schedules: Names<ScheduleId>,
    pub dates: Names<DatesId>,
    pub prompts: Names<PromptId>,
    pub tables: Names<TableId>,
    pub sources: Names<SourceId>,
    pub inputs: Names<VarId>,
    pub actions: Names<ActionId>,
    pub flows: Names<FlowId>,
}

/// A body that the steps' pass fills: [`Program::flows`]`[flow].body`.
#[derive(Clone, Debug)]
pub(crate) struct Body<'a> {
    /// Which flow; 0 is `main`.
    pub flow: FlowId,
    /// The file it stands in; set [`Env::file`] to it before anything else.
    pub file: FileId,
    /// Its steps.
    pub steps: Vec<&'a tree::Step>,
}

/// A text of a prompt that the steps' pass fills: [`Program::prompts`]`[prompt].entries[entry].what`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PromptText<'a> {
    pub prompt: PromptId,
    pub entry: usize,
    pub file: FileId,
    pub template: &'a tree::Template,
}

/// See the module.
pub(crate) struct Env<'a> {
    /// What is known so far. Definitions have their places in it from the beginning, bodies and data come later.
    pub program: Program,
    /// Parameters whose types could not be read: whoever meets one stays silent.
    pub broken_params: HashSet<VarId>,
    /// The file that the current pass looks at: spans given to the methods below lie in it.
    pub file: FileId,
    /// The scripts, parsed; `file` indexes it.
    pub loaded: &'a Loaded,
    /// What reads data files.
    pub reader: &'a dyn Files,
    /// The names.
    pub names: AllNames,
    /// Texts of prompts, for the steps' pass.
    pub prompt_texts: Vec<PromptText<'a>>,
    /// The `fallback`, for the steps' pass: it sets [`Program::fallback`].
    pub fallback: Option<(FileId, &'a tree::Body)>,
    /// Tests, for the steps' pass.
    pub tests: Vec<(FileId, &'a tree::Def, &'a tree::TestDef)>,
    /// Languages that the script itself speaks of (`language is es`, `set language to es`), with their places; each is to be noted
    /// through [`Env::note_language`].
    pub languages: Vec<(String, Place)>,
    /// `zone` per script.
    pub file_zones: Vec<FileZone>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Data files into which a diagnostic points; they follow the scripts.
    pub(crate) data_files: Vec<SourceFile>,
    /// Which dates name which, and where; for the search for circles.
    pub(crate) dates_references: Vec<(DatesId, DatesId, Place)>,
    /// All dates are filled, without circles, and within the limits: the calendar may be asked about them.
    pub(crate) calendar_sound: bool,
    /// Resolving a name counts as a use of its definition; switched off while tests are checked.
    pub mark_uses: bool,
    /// What earlier analyses found out.
    pub(crate) memory: &'a mut Memory,
    /// The dates as sets of days, made when a schedule is first looked at.
    pub(crate) day_sets: Option<PoolSets>,
    bodies: Vec<Body<'a>>,
    enums: HashMap<Vec<String>, EnumId>,
    externs: HashSet<(TargetKind, String)>,
    zone_asked: bool,
    /// Words inside text that could not be read: an unknown name among them may have been defined there.
    unread: HashSet<&'a str>,
    /// Comparisons of names still allowed for "did you mean", so that a script of nothing but unknown names stays cheap.
    guesses: u32,
    /// Names that were resolved, for [`crate::names`].
    references: Vec<Reference>,
    /// Where a name of the host stands first.
    extern_places: HashMap<(TargetKind, String), Place>,
    /// Local names, for [`crate::names`].
    locals: Vec<Definition>,
    /// Where in `diagnostics` an unknown name was reported; none if silence was kept.
    reported: HashMap<(Kind, String), Option<usize>>,
}

impl<I> Names<I> {
    /// All of them, in no order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&String, &Defined<I>)> {
        self.map.iter()
    }
}

fn item_span(item: &tree::Item) -> Span {
    match item {
        tree::Item::Def(def) => def.span,
        tree::Item::Step(step) => step.span,
        tree::Item::Error(span) => *span,
    }
}

/// The `zone` of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FileZone {
    /// It has none.
    None,
    /// It has one that was reported.
    Wrong,
    /// It has this one.
    Zone(Zone),
}

/// How many names are compared with unknown ones in one analysis.
const MAX_GUESSES: u32 = 200_000;
/// Longer names are not compared.
const MAX_GUESSED_LENGTH: usize = 64;
/// How many places a diagnostic about one unknown name shows besides the first.
const MAX_PLACES: usize = 5;

/// A name as it is written in a script: in quotes where it must be, or was.
#[must_use]
pub fn spell(name: &str, quoted: bool) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain && !quoted && !name.ends_with('-') {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

macro_rules! target_resolver {
    ($(#[$meta:meta])* $method:ident, $table:ident, $kind:ident, $id:ty) => {
        $(#[$meta])*
        pub fn $method(&mut self, name: &tree::Name) -> Option<Target<$id>> {
            if self.names.$table.map.is_empty() && !self.names.$table.unsure {
                if name.text.trim().is_empty() {
                    self.empty_name(Kind::$kind, name);
                    return None;
                }
                self.note_extern(TargetKind::$kind, &name.text, name.span);
                self.refer_to_extern(TargetKind::$kind, name);
                return Some(Target::Extern(name.text.clone()));
            }
            if let Some(found) = self.names.$table.map.get_mut(&name.text) {
                found.used |= self.mark_uses;
                self.references.push(Reference { place: Place { file: self.file, span: name.span }, definition: found.place });
                return Some(found.id.clone());
            }
            self.unknown(Kind::$kind, name);
            None
        }
    };
}

macro_rules! resolver {
    ($(#[$meta:meta])* $method:ident, $table:ident, $kind:ident, $id:ty) => {
        $(#[$meta])*
        pub fn $method(&mut self, name: &tree::Name) -> Option<$id> {
            if let Some(found) = self.names.$table.map.get_mut(&name.text) {
                found.used |= self.mark_uses;
                self.references.push(Reference { place: Place { file: self.file, span: name.span }, definition: found.place });
                return (!found.broken).then_some(found.id);
            }
            self.unknown(Kind::$kind, name);
            None
        }
    };
}

impl<'a> Env<'a> {
    /// An empty desk for the loaded scripts.
    pub fn new(loaded: &'a Loaded, reader: &'a dyn Files, memory: &'a mut Memory) -> Self {
        let mut program = Program { turn_limit: 100, ..Program::default() };
        for builtin in Builtin::ALL {
            program.vars.push(types::builtin(builtin));
        }
        let mut unread = HashSet::new();
        for unit in &loaded.units {
            program.files.push(SourceFile { path: unit.path.clone(), text: unit.source().to_owned() });
            for span in &unit.unread {
                unread.extend(
                    span.text(unit.source()).split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).filter(|w| !w.is_empty()),
                );
            }
        }
        let mut env = Env {
            program,
            broken_params: HashSet::new(),
            file: FileId(0),
            loaded,
            reader,
            names: AllNames::default(),
            prompt_texts: Vec::new(),
            fallback: None,
            tests: Vec::new(),
            languages: Vec::new(),
            file_zones: vec![FileZone::None; loaded.units.len()],
            diagnostics: loaded.diagnostics.clone(),
            data_files: Vec::new(),
            dates_references: Vec::new(),
            calendar_sound: true,
            mark_uses: true,
            memory,
            day_sets: None,
            bodies: Vec::new(),
            enums: HashMap::new(),
            externs: HashSet::new(),
            zone_asked: false,
            unread,
            guesses: MAX_GUESSES,
            references: Vec::new(),
            extern_places: HashMap::new(),
            locals: Vec::new(),
            reported: HashMap::new(),
        };
        if loaded.incomplete {
            env.unsure_of_everything();
        }
        env
    }

    // ------------------------------------------------------------------------------------------ diagnostics

    /// A place in the current file.
    pub fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    /// A diagnostic at a span of the current file; give it help, labels and a fix, then [`report`](Self::report) it.
    pub fn diag(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.place(span), message)
    }

    /// Says it.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Says something that needs no help line: the same as [`diag`](Self::diag) and [`report`](Self::report).
    pub fn err(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let diagnostic = self.diag(code, span, message);
        self.report(diagnostic);
    }

    /// Has the parser found fault with something inside this span of the current file? Then what seems to be missing may only be unread.
    pub fn is_broken(&self, span: Span) -> bool {
        let Some(unit) = self.loaded.units.get(self.file.0 as usize) else { return false };
        let first = unit.unread.partition_point(|unread| unread.start < span.start);
        unit.unread.get(first).is_some_and(|unread| unread.start <= span.end)
    }

    /// The source text under a span of the current file.
    pub fn text(&self, span: Span) -> &'a str {
        self.loaded.units.get(self.file.0 as usize).map_or("", |unit| span.text(unit.source()))
    }

    /// All that stands behind a place of the script, for a look at what follows.
    pub fn text_behind(&self, span: Span) -> &'a str {
        self.loaded.units.get(self.file.0 as usize).and_then(|unit| unit.source().get(span.end as usize..)).unwrap_or("")
    }

    /// Has any error been reported so far?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    // ------------------------------------------------------------------------------------------------ names

    target_resolver! {
        /// The group of this name.
        group, groups, Group, GroupId
    }
    target_resolver! {
        /// The agent of this name.
        agent, agents, Agent, AgentId
    }
    target_resolver! {
        /// The queue of this name.
        queue, queues, Queue, QueueId
    }
    target_resolver! {
        /// The trunk of this name.
        trunk, trunks, Trunk, TrunkId
    }
    resolver! {
        /// The list of this name.
        list, lists, List, ListId
    }
    resolver! {
        /// The schedule of this name.
        schedule, schedules, Schedule, ScheduleId
    }
    resolver! {
        /// The dates of this name.
        dates, dates, Dates, DatesId
    }
    resolver! {
        /// The prompt of this name.
        prompt, prompts, Prompt, PromptId
    }
    resolver! {
        /// The action of this name.
        action, actions, Action, ActionId
    }
    resolver! {
        /// The flow of this name; `main` is 0. Its parameters are known (`program.flows[i].params`).
        flow, flows, Flow, FlowId
    }

    /// The source or table of this name.
    pub fn lookup_target(&mut self, name: &tree::Name) -> Option<LookupTarget> {
        let place = self.place(name.span);
        if let Some(found) = self.names.sources.map.get_mut(&name.text) {
            found.used |= self.mark_uses;
            self.references.push(Reference { place, definition: found.place });
            return (!found.broken).then_some(LookupTarget::Source(found.id));
        }
        if let Some(found) = self.names.tables.map.get_mut(&name.text) {
            found.used |= self.mark_uses;
            self.references.push(Reference { place, definition: found.place });
            return (!found.broken).then_some(LookupTarget::Table(found.id));
        }
        self.unknown(Kind::Source, name);
        None
    }

    /// The input of this name, marked as used; `None` is not reported, since a bare word may be many things.
    pub fn input(&mut self, name: &tree::Name) -> Option<VarId> {
        let found = self.names.inputs.map.get_mut(&name.text)?;
        found.used |= self.mark_uses;
        self.references.push(Reference { place: Place { file: self.file, span: name.span }, definition: found.place });
        (!found.broken).then_some(found.id)
    }

    /// The list of this name, marked as used; `None` is not reported.
    pub fn find_list(&mut self, name: &tree::Name) -> Option<ListId> {
        let found = self.names.lists.map.get_mut(&name.text)?;
        found.used |= self.mark_uses;
        self.references.push(Reference { place: Place { file: self.file, span: name.span }, definition: found.place });
        Some(found.id)
    }

    /// Notes that a name stands for what is defined at a place.
    pub(crate) fn refer(&mut self, name: Span, definition: Place) {
        let place = self.place(name);
        self.references.push(Reference { place, definition });
    }

    /// Notes that a name is the host's; its first place stands for its definition.
    fn refer_to_extern(&mut self, kind: TargetKind, name: &tree::Name) {
        let place = self.place(name.span);
        let definition = match self.extern_places.entry((kind, name.text.clone())) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let kind = match kind {
                    TargetKind::Group => Kind::Group,
                    TargetKind::Agent => Kind::Agent,
                    TargetKind::Queue => Kind::Queue,
                    TargetKind::Trunk => Kind::Trunk,
                };
                self.locals.push(Definition { kind: NameKind::Extern(kind), name: name.text.clone(), place });
                *entry.insert(place)
            }
        };
        self.references.push(Reference { place, definition });
    }

    /// Notes a name that is defined inside of a flow, a source or a table.
    pub(crate) fn note_local(&mut self, kind: NameKind, name: &str, span: Span) {
        let place = self.place(span);
        self.locals.push(Definition { kind, name: name.to_owned(), place });
    }

    /// A name stands where it cannot; whatever it was meant to be is not unused.
    pub(crate) fn use_name(&mut self, name: &str) {
        fn one<I>(names: &mut Names<I>, name: &str) {
            if let Some(found) = names.map.get_mut(name) {
                found.used = true;
            }
        }
        let names = &mut self.names;
        one(&mut names.groups, name);
        one(&mut names.agents, name);
        one(&mut names.queues, name);
        one(&mut names.trunks, name);
        one(&mut names.lists, name);
        one(&mut names.schedules, name);
        one(&mut names.dates, name);
        one(&mut names.prompts, name);
        one(&mut names.tables, name);
        one(&mut names.sources, name);
        one(&mut names.inputs, name);
        one(&mut names.actions, name);
        one(&mut names.flows, name);
    }

    /// A target of this kind is computed, so that any of the kind may be meant: all count as used.
    pub fn use_all(&mut self, kind: Ty) {
        fn all<I>(names: &mut Names<I>) {
            names.map.values_mut().for_each(|found| found.used = true);
        }
        if !self.mark_uses {
            return;
        }
        match kind {
            Ty::Group => all(&mut self.names.groups),
            Ty::Agent => all(&mut self.names.agents),
            Ty::Queue => all(&mut self.names.queues),
            Ty::Trunk => all(&mut self.names.trunks),
            _ => {}
        }
    }

    /// The built-in variable of this name, as far as it can be written as a bare word: `language`, `priority`.
    pub fn builtin(name: &str) -> Option<VarId> {
        match name {
            "language" => Some(Builtin::Language.var()),
            "priority" => Some(Builtin::Priority.var()),
            _ => None,
        }
    }

    /// Is there such a definition? For help lines ("`vip` is a list"); does not mark it as used.
    pub fn is_defined(&self, kind: Kind, name: &str) -> bool {
        self.definition(kind, name).is_some()
    }

    /// Every kind that has a definition of this name.
    pub fn kinds_of(&self, name: &str) -> Vec<Kind> {
        const ALL: [Kind; 13] = [
            Kind::Group,
            Kind::Agent,
            Kind::Queue,
            Kind::Trunk,
            Kind::List,
            Kind::Schedule,
            Kind::Dates,
            Kind::Prompt,
            Kind::Table,
            Kind::Source,
            Kind::Input,
            Kind::Action,
            Kind::Flow,
        ];
        ALL.into_iter().filter(|kind| self.is_defined(*kind, name)).collect()
    }

    /// Where it is defined.
    pub fn definition(&self, kind: Kind, name: &str) -> Option<Place> {
        fn of<I>(names: &Names<I>, name: &str) -> Option<Place> {
            names.map.get(name).map(|d| d.place)
        }
        let names = &self.names;
        match kind {
            Kind::Group => of(&names.groups, name),
            Kind::Agent => of(&names.agents, name),
            Kind::Queue => of(&names.queues, name),
            Kind::Trunk => of(&names.trunks, name),
            Kind::List => of(&names.lists, name),
            Kind::Schedule => of(&names.schedules, name),
            Kind::Dates => of(&names.dates, name),
            Kind::Prompt => of(&names.prompts, name),
            Kind::Table => of(&names.tables, name),
            Kind::Source => of(&names.sources, name),
            Kind::Input => of(&names.inputs, name),
            Kind::Action => of(&names.actions, name),
            Kind::Flow => of(&names.flows, name),
        }
    }

    /// Reports a name that nothing of this kind has, with the nearest one; silent where the definition may have been unreadable.
    /// A name that was reported before only adds a place to that diagnostic. Callers that look in several places (a bare word) call
    /// it for the last.
    pub fn unknown(&mut self, kind: Kind, name: &tree::Name) {
        self.use_name(&name.text);
        let place = self.place(name.span);
        if let Some(reported) = self.reported.get(&(kind, name.text.clone())) {
            if let Some(diagnostic) = reported.and_then(|index| self.diagnostics.get_mut(index))
                && diagnostic.labels.len() < MAX_PLACES
                && diagnostic.place != place
            {
                diagnostic.labels.push(Label { place, message: "and here".into() });
            }
            return;
        }
        // Defined, and yet unknown: its definition is broken, and was reported.
        if self.is_unsure(kind) || self.unread.contains(name.text.as_str()) || self.is_defined(kind, &name.text) {
            self.reported.insert((kind, name.text.clone()), None);
            return;
        }
        if name.text.trim().is_empty() {
            return self.empty_name(kind, name);
        }
        let diagnostic = self.unknown_diagnostic(kind, name);
        self.reported.insert((kind, name.text.clone()), Some(self.diagnostics.len()));
        self.report(diagnostic);
    }

    fn empty_name(&mut self, kind: Kind, name: &tree::Name) {
        self.err(Code::EmptyName, name.span, format!("the name of {} cannot be empty", kind.a_noun()));
    }

    fn unknown_diagnostic(&mut self, kind: Kind, name: &tree::Name) -> Diagnostic {
        let noun = if kind == Kind::Source { "source or table" } else { kind.noun() };
        let shown = types::quote(&name.text);
        let mut diagnostic = self.diag(Code::UnknownName, name.span, format!("unknown {noun} {shown}"));
        let mut candidates = self.names_of(kind);
        if kind == Kind::Source {
            candidates.extend(self.names_of(Kind::Table));
        }
        // A fixed order, so that the same script gives the same words.
        candidates.sort_unstable();
        if let Some(near) = self.nearest(&name.text, candidates.iter().map(String::as_str)) {
            // The one that was meant is not unused either.
            self.use_name(&near);
            let place = self.definition(kind, &near).or_else(|| self.definition(Kind::Table, &near));
            let spelled = spell(&near, name.quoted);
            diagnostic = diagnostic.help(format!("did you mean {}?", types::quote(&near)));
            if let Some(place) = place {
                diagnostic = diagnostic.label(place, format!("{} is defined here", types::quote(&near)));
            }
            return diagnostic.fix(Applicability::Maybe, format!("write `{spelled}`"), name.span, spelled);
        }
        let others: Vec<Kind> = self.kinds_of(&name.text).into_iter().filter(|other| *other != kind).collect();
        if let Some(other) = others.first() {
            let place = self.definition(*other, &name.text);
            diagnostic = diagnostic.help(format!("there is {} of this name, but no {noun}", other.a_noun()));
            if let Some(place) = place {
                diagnostic = diagnostic.label(place, format!("{} is {} of this name", types::quote(&name.text), other.a_noun()));
            }
            return diagnostic;
        }
        match kind {
            Kind::Group | Kind::Agent | Kind::Queue | Kind::Trunk => {
                let spelled = spell(&name.text, name.quoted);
                diagnostic.help(format!("define it, or write `extern {noun} {spelled}` if the host knows it"))
            }
            Kind::Flow if self.program.flows.len() <= 1 => diagnostic.help("this script defines no flow"),
            _ if candidates.is_empty() => diagnostic.help(format!("this script defines no {noun}")),
            _ => diagnostic,
        }
    }

    /// Would an input be offered for this name?
    pub(crate) fn is_near_to_an_input(&mut self, name: &str) -> bool {
        let mut inputs = self.names_of(Kind::Input);
        inputs.sort_unstable();
        self.nearest(name, inputs.iter().map(String::as_str)).is_some()
    }

    fn names_of(&self, kind: Kind) -> Vec<String> {
        fn of<I>(names: &Names<I>) -> Vec<String> {
            names.map.keys().cloned().collect()
        }
        if self.guesses == 0 {
            return Vec::new();
        }
        let names = &self.names;
        match kind {
            Kind::Group => of(&names.groups),
            Kind::Agent => of(&names.agents),
            Kind::Queue => of(&names.queues),
            Kind::Trunk => of(&names.trunks),
            Kind::List => of(&names.lists),
            Kind::Schedule => of(&names.schedules),
            Kind::Dates => of(&names.dates),
            Kind::Prompt => of(&names.prompts),
            Kind::Table => of(&names.tables),
            Kind::Source => of(&names.sources),
            Kind::Input => of(&names.inputs),
            Kind::Action => of(&names.actions),
            Kind::Flow => of(&names.flows),
        }
    }

    fn is_unsure(&self, kind: Kind) -> bool {
        let names = &self.names;
        match kind {
            Kind::Group => names.groups.unsure,
            Kind::Agent => names.agents.unsure,
            Kind::Queue => names.queues.unsure,
            Kind::Trunk => names.trunks.unsure,
            Kind::List => names.lists.unsure,
            Kind::Schedule => names.schedules.unsure,
            Kind::Dates => names.dates.unsure,
            Kind::Prompt => names.prompts.unsure,
            Kind::Table => names.tables.unsure,
            Kind::Source => names.sources.unsure || names.tables.unsure,
            Kind::Input => names.inputs.unsure,
            Kind::Action => names.actions.unsure,
            Kind::Flow => names.flows.unsure,
        }
    }

    /// The nearest of `candidates` to `name`, if any is near enough to be a slip of the pen. The first among equals.
    pub fn nearest<'n>(&mut self, name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let length = name.chars().count();
        let allowed = if length <= 2 { 0 } else { (length / 3).clamp(1, 3) };
        let lower = name.to_ascii_lowercase();
        let mut best: Option<(usize, &str)> = None;
        for candidate in candidates {
            if self.guesses == 0 || length > MAX_GUESSED_LENGTH {
                break;
            }
            self.guesses -= 1;
            if candidate.len().abs_diff(name.len()) > 4 * allowed || candidate == name {
                continue;
            }
            let distance = strsim::osa_distance(&lower, &candidate.to_ascii_lowercase());
            if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, candidate));
            }
        }
        best.map(|(_, name)| name.to_owned())
    }

    /// Enters a definition; one that exists already is reported, with the place of the first.
    pub(crate) fn define_name<I>(&mut self, names: fn(&mut AllNames) -> &mut Names<I>, kind: Kind, name: Option<&tree::Name>, id: I) {
        let Some(name) = name else {
            names(&mut self.names).unsure = true;
            return;
        };
        if name.text.trim().is_empty() {
            return self.empty_name(kind, name);
        }
        let place = self.place(name.span);
        match names(&mut self.names).map.entry(name.text.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(Defined { id, place, used: false, broken: false });
            }
            Entry::Occupied(entry) => {
                let first = entry.get().place;
                self.duplicate(kind, name, first);
            }
        }
    }

    /// Marks a definition as one that its users must be silent about.
    pub(crate) fn break_name<I>(&mut self, names: fn(&mut AllNames) -> &mut Names<I>, name: Option<&tree::Name>) {
        if let Some(found) = name.and_then(|name| names(&mut self.names).map.get_mut(&name.text)) {
            found.broken = true;
        }
    }

    /// Reports a second definition of a name.
    pub(crate) fn duplicate(&mut self, kind: Kind, name: &tree::Name, first: Place) {
        let verb = if kind == Kind::Dates { "are" } else { "is" };
        let message = format!("the {} {} {verb} defined twice", kind.noun(), types::quote(&name.text));
        let diagnostic = self
            .diag(Code::DuplicateName, name.span, message)
            .label(first, "first defined here")
            .help("give one of them another name, or remove it");
        self.report(diagnostic);
    }

    // --------------------------------------------------------------------------------- variables and types

    /// A new variable.
    pub fn new_var(&mut self, var: Var) -> VarId {
        let id = VarId(u32::try_from(self.program.vars.len()).unwrap_or(u32::MAX));
        self.program.vars.push(var);
        id
    }

    /// The variable.
    pub fn var(&self, id: VarId) -> Option<&Var> {
        self.program.vars.get(id.index())
    }

    /// The type of a variable.
    pub fn ty_of(&self, id: VarId) -> Ty {
        self.var(id).map_or(Ty::Text, |var| var.ty)
    }

    /// The enumeration of exactly these values; equal ones are one.
    pub fn enumeration(&mut self, values: Vec<String>) -> EnumId {
        if let Some(id) = self.enums.get(&values) {
            return *id;
        }
        let id = EnumId(u32::try_from(self.program.enums.len()).unwrap_or(u32::MAX));
        self.program.enums.push(Enumeration { values: values.clone() });
        self.enums.insert(values, id);
        id
    }

    /// The index of a value of an enumeration, without regard to ASCII case.
    pub fn enum_value(&self, id: EnumId, value: &str) -> Option<u32> {
        let values = &self.program.enums.get(id.index())?.values;
        values.iter().position(|v| v.eq_ignore_ascii_case(value)).and_then(|i| u32::try_from(i).ok())
    }

    /// The values of one enumeration that another one does not have.
    pub fn values_beyond(&self, have: EnumId, wanted: EnumId) -> Vec<String> {
        let values = self.program.enums.get(have.index()).map_or(&[][..], |enumeration| &enumeration.values);
        values.iter().filter(|value| self.enum_value(wanted, value).is_none()).cloned().collect()
    }

    /// Notes that the script speaks of a language, so that prompts without it can be warned of.
    pub fn note_language(&mut self, tag: &str, span: Span) {
        let place = self.place(span);
        self.languages.push((tag.to_owned(), place));
    }

    // ------------------------------------------------------------------------------ what the other passes do

    /// The flows' bodies, `main` first.
    pub fn bodies(&self) -> Vec<Body<'a>> {
        self.bodies.clone()
    }

    /// Puts `main` first.
    pub(crate) fn sort_bodies(&mut self) {
        self.bodies.sort_by_key(|body| body.flow);
    }

    /// Might this name be used in text that could not be read?
    pub(crate) fn may_be_unread(&self, name: &str) -> bool {
        self.loaded.incomplete || self.unread.contains(name)
    }

    /// The definition of the main file whose name stands at `name`, with its comment, to the end of its line.
    pub(crate) fn whole_definition(&self, name: Span) -> Option<Span> {
        let unit = self.loaded.units.first()?;
        let at = unit.tree().items.partition_point(|item| item_span(item).end < name.end);
        match unit.tree().items.get(at) {
            Some(tree::Item::Def(def)) if def.span.contains(name) && def.doc.is_none() => Some(def.span),
            _ => None,
        }
    }

    pub(crate) fn add_body(&mut self, body: Body<'a>) {
        self.bodies.push(body);
    }

    /// The zone of the current file, else that of the main file; else one error in the whole analysis that asks for one. `here` shows how a
    /// zone is written at this very place, where it can be.
    pub fn default_zone(&mut self, needed_at: Span, here: Option<&str>) -> Option<Zone> {
        let own = self.file_zones.get(self.file.0 as usize).copied().unwrap_or(FileZone::None);
        let main = self.file_zones.first().copied().unwrap_or(FileZone::None);
        match (own, main) {
            (FileZone::Zone(zone), _) | (FileZone::None, FileZone::Zone(zone)) => Some(zone),
            (FileZone::None, FileZone::None) => {
                self.ask_for_zone(needed_at, here);
                None
            }
            _ => None,
        }
    }

    fn ask_for_zone(&mut self, needed_at: Span, here: Option<&str>) {
        if !std::mem::replace(&mut self.zone_asked, true) {
            let mut diagnostic = self
                .diag(Code::ZoneNeeded, needed_at, "no time zone says whose clock this is")
                .help("name it once for the whole file: `zone America/Chicago`");
            if let Some(here) = here {
                diagnostic = diagnostic.help(format!("or right here: {here}"));
            }
            self.report(diagnostic);
        }
    }

    /// Has this name been left to the host, or declared as its?
    pub(crate) fn is_extern(&self, kind: TargetKind, name: &str) -> bool {
        self.externs.contains(&(kind, name.to_owned()))
    }

    /// Notes that the host must know this name; the first place counts.
    pub(crate) fn note_extern(&mut self, kind: TargetKind, name: &str, span: Span) {
        if self.mark_uses && self.externs.insert((kind, name.to_owned())) {
            let place = self.place(span);
            self.program.externs.push(Extern { kind, name: name.to_owned(), place });
        }
    }

    fn unsure_of_everything(&mut self) {
        let names = &mut self.names;
        names.groups.unsure = true;
        names.agents.unsure = true;
        names.queues.unsure = true;
        names.trunks.unsure = true;
        names.lists.unsure = true;
        names.schedules.unsure = true;
        names.dates.unsure = true;
        names.prompts.unsure = true;
        names.tables.unsure = true;
        names.sources.unsure = true;
        names.inputs.unsure = true;
        names.actions.unsure = true;
        names.flows.unsure = true;
    }

    /// All names, for editors.
    fn name_index(&mut self) -> NameIndex {
        fn add<I>(all: &mut Vec<Definition>, kind: Kind, names: &Names<I>, is_extern: impl Fn(&I) -> bool) {
            for (name, defined) in &names.map {
                let kind = if is_extern(&defined.id) { NameKind::Extern(kind) } else { NameKind::Defined(kind) };
                all.push(Definition { kind, name: name.clone(), place: defined.place });
            }
        }
        fn target<I>(id: &Target<I>) -> bool {
            matches!(id, Target::Extern(_))
        }
        let mut all = std::mem::take(&mut self.locals);
        let names = &self.names;
        add(&mut all, Kind::Group, &names.groups, target);
        add(&mut all, Kind::Agent, &names.agents, target);
        add(&mut all, Kind::Queue, &names.queues, target);
        add(&mut all, Kind::Trunk, &names.trunks, target);
        add(&mut all, Kind::List, &names.lists, |_| false);
        add(&mut all, Kind::Schedule, &names.schedules, |_| false);
        add(&mut all, Kind::Dates, &names.dates, |_| false);
        add(&mut all, Kind::Prompt, &names.prompts, |_| false);
        add(&mut all, Kind::Table, &names.tables, |_| false);
        add(&mut all, Kind::Source, &names.sources, |_| false);
        add(&mut all, Kind::Input, &names.inputs, |_| false);
        add(&mut all, Kind::Action, &names.actions, |_| false);
        add(&mut all, Kind::Flow, &names.flows, |_| false);
        // `main` is not written anywhere.
        all.retain(|definition| !definition.place.span.is_empty());
        NameIndex::new(all, std::mem::take(&mut self.references))
    }

    /// The end: sorts what was said, and gives the program if nothing is wrong.
    pub fn finish(mut self) -> Analysis {
        self.diagnostics.sort_by(|a, b| {
            (a.place.file, a.place.span.start, a.code, a.place.span.end, &a.message).cmp(&(
                b.place.file,
                b.place.span.start,
                b.code,
                b.place.span.end,
                &b.message,
            ))
        });
        self.diagnostics.dedup();
        // Where something could not be read, what it would mean is no further mistake.
        let is_unread = |d: &Diagnostic| (100..200).contains(&d.code.number());
        let unread: HashSet<(FileId, u32)> =
            self.diagnostics.iter().filter(|d| is_unread(d)).map(|d| (d.place.file, d.place.span.start)).collect();
        self.diagnostics.retain(|d| is_unread(d) || !unread.contains(&(d.place.file, d.place.span.start)));
        let errors = self.has_errors();
        let names = &self.names;
        self.program.checked_kinds =
            [!names.groups.map.is_empty(), !names.agents.map.is_empty(), !names.queues.map.is_empty(), !names.trunks.map.is_empty()];
        let mut files = self.program.files.clone();
        files.append(&mut self.data_files);
        let names = self.name_index();
        let (program, sketch) = if errors { (None, Some(self.program)) } else { (Some(self.program), None) };
        Analysis { program, sketch, diagnostics: self.diagnostics, files, names }
    }
}

// The seam in other files of this crate, all `impl Env`:
//
// zones.rs    fn zone(&mut self, &tree::Zone) -> Option<Zone>                       reports unknown ones, offsets, old aliases
// days.rs     fn hours_schedule(&mut self, lines: &[tree::ScheduleLine], zone: Option<&tree::Zone>, span: Span) -> Option<ScheduleId>
//             fn inline_dates(&mut self, specs: &[tree::DateSpec], span: Span) -> Option<DatesId>
//             fn full_day(&mut self, &tree::Date) -> Option<Day>                   a date with its year
// phones.rs   fn phone(&mut self, spelling: &str, span: Span) -> Option<Phone>      a number or address as written
//             fn phone_expr(&mut self, &tree::Expr) -> Option<Phone>                Number, Phone, plain Text
//             fn phone_pattern(&mut self, &tree::Expr) -> Option<PhonePattern>      what stands right of `from is`, in lists, in switch arms
//             fn key_pattern(&mut self, &tree::Expr) -> Option<Pattern>             menu heads, and what collected digits are compared with
// types.rs    fn ty(&mut self, &tree::Type) -> Option<Ty>
//             fn ty_name(&self, Ty) -> String                                       "a number", "one of `gold`, `silver`"
//             fn plain_text(&mut self, &tree::Template) -> Option<String>           a text without values, else an error
//             fn constant(&mut self, &tree::Expr, Ty) -> Option<Const>              a literal of that type; a bare word only as an enumeration's value
//             fn language_tag(&mut self, text: &str, span: Span) -> Option<String>  BCP 47, canonical case
// targets.rs  fn ring(&mut Env, &tree::Ring, options: RingOptions, owner: &str, value: &mut Value<'_>) -> Option<typed::Ring>   also for `ring …` in place
//             fn positive(&mut self, Option<&Operand>, span: Span, what: &str) -> bool        reports a constant duration of zero
//             fn shares(&mut self, &[(u32, Span)], whole: Span)                                reports shares that do not add up to 100% (`split` too)
//             fn confirm_key(&mut self, &tree::Expr) -> Option<String>                         one key
// steps.rs    fn check(&mut Env)                                                    everything of steps, prompts' texts, fallback, tests, flow, lints
