//! Which variables a piece of the typed program reads. Nothing here knows about blocks or the image: the preparation asks it
//! what is read anywhere, the lowering what is read here.

use std::collections::HashSet;

use callroute_analysis::typed::{
    Atom, Builtin, Cond, Const, Dial, DialTarget, MemberWho, Operand, PhoneItem, Program, PromptDef, PromptItem, Queue, Ref, Ring,
    SetValue, Settle, Spoken, Step, StepKind, Target, TargetRef, Template, TemplatePart, TextItem, VarId, Voicemail,
};

/// Collects variables.
#[derive(Default, Debug)]
pub(crate) struct Reads {
    /// In the order of their reading, perhaps several times.
    pub vars: Vec<VarId>,
}

impl Reads {
    pub fn var(&mut self, var: VarId) {
        self.vars.push(var);
    }

    pub fn operand(&mut self, operand: &Operand) {
        if let Operand::Var(var) = operand {
            self.var(*var);
        }
    }

    pub fn operands<'a>(&mut self, operands: impl IntoIterator<Item = &'a Operand>) {
        for operand in operands {
            self.operand(operand);
        }
    }

    pub fn template(&mut self, template: &Template) {
        for part in &template.parts {
            if let TemplatePart::Value(var) = part {
                self.var(*var);
            }
        }
    }

    fn templates<'a>(&mut self, templates: impl IntoIterator<Item = &'a Template>) {
        for template in templates {
            self.template(template);
        }
    }

    /// A prompt; one in several languages is chosen by the language.
    pub fn prompt(&mut self, definitions: &Definitions, item: &PromptItem) {
        match item {
            PromptItem::Spoken(spoken) => self.spoken(spoken),
            PromptItem::Named(id) => self.all(definitions.prompts.get(id.index())),
        }
    }

    fn all(&mut self, vars: Option<&Vec<VarId>>) {
        self.vars.extend(vars.into_iter().flatten());
    }

    fn spoken(&mut self, spoken: &Spoken) {
        if let Spoken::Say(template) = spoken {
            self.template(template);
        }
    }

    pub fn settle(&mut self, settle: &Settle) {
        match settle {
            Settle::Hangup => {}
            Settle::Reject(reject) => {
                self.operand(&reject.code);
                self.templates(&reject.text);
            }
            Settle::Redirect { to, .. } => self.operand(to),
            Settle::Voicemail(voicemail) => self.voicemail(voicemail),
        }
    }

    pub fn voicemail(&mut self, voicemail: &Voicemail) {
        self.template(&voicemail.message);
        self.templates(&voicemail.mailbox);
        self.operands(&voicemail.max_duration);
    }

    fn ring(&mut self, ring: &Ring) {
        self.operands(&ring.total);
        self.operands(&ring.each);
        for member in &ring.members {
            self.operands(&member.after);
            self.operands(&member.ring_for);
            if let MemberWho::Var(var) = &member.who {
                self.var(*var);
            }
        }
    }

    /// A ring and those of the agents in it.
    fn ring_deep(&mut self, program: &Program, ring: &Ring) {
        let mut seen = HashSet::new();
        let mut open = vec![ring];
        while let Some(ring) = open.pop() {
            self.ring(ring);
            for member in &ring.members {
                if let MemberWho::Agent(Target::Defined(id)) = &member.who
                    && seen.insert(*id)
                    && let Some(agent) = program.agents.get(id.index())
                {
                    open.push(&agent.ring);
                }
            }
        }
    }

    fn sorted(mut self) -> Vec<VarId> {
        self.vars.sort_unstable();
        self.vars.dedup();
        self.vars
    }

    /// What ringing reads: a computed target may be any of its kind.
    pub fn dial(&mut self, definitions: &Definitions, dial: &Dial) {
        match &dial.target {
            DialTarget::Group(TargetRef::Static(Target::Defined(id))) => self.all(definitions.groups.get(id.index())),
            DialTarget::Agent(TargetRef::Static(Target::Defined(id))) => self.all(definitions.agents.get(id.index())),
            DialTarget::Queue(TargetRef::Static(Target::Defined(id))) => self.all(definitions.queues.get(id.index())),
            DialTarget::Group(TargetRef::Var(var)) => {
                self.var(*var);
                self.vars.extend(&definitions.any_group);
            }
            DialTarget::Agent(TargetRef::Var(var)) => {
                self.var(*var);
                self.vars.extend(&definitions.any_agent);
            }
            DialTarget::Queue(TargetRef::Var(var)) => {
                self.var(*var);
                self.vars.extend(&definitions.any_queue);
            }
            DialTarget::Number { to, via } => {
                self.operand(to);
                for trunk in via {
                    if let TargetRef::Var(var) = trunk {
                        self.var(*var);
                    }
                }
            }
            DialTarget::Group(_) | DialTarget::Agent(_) | DialTarget::Queue(_) => {}
        }
        let options = &dial.options;
        self.operands(&options.ring_for);
        self.operands(&options.caller_id);
        match &options.caller_name {
            Some(name) => self.template(name),
            // What `set caller name` left is shown instead.
            None => self.var(Builtin::CallerName.var()),
        }
        self.templates(&options.announce);
        self.templates(&options.confirm);
        self.templates(&options.music);
        self.templates(options.headers.iter().map(|(_, value)| value));
    }

    pub fn atom(&mut self, atom: &Atom) {
        match atom {
            Atom::Hours(Ref::Var(var), _) | Atom::On(Ref::Var(var), _) | Atom::Flag(var) | Atom::Missing(var) => self.var(*var),
            Atom::Hours(..) | Atom::On(..) => {}
            Atom::Phone(var, items) => {
                self.var(*var);
                for item in items {
                    match item {
                        PhoneItem::List(Ref::Var(var)) | PhoneItem::Var(var) => self.var(*var),
                        PhoneItem::Pattern(_) | PhoneItem::Anonymous | PhoneItem::List(Ref::Id(_)) => {}
                    }
                }
            }
            Atom::Text(var, _, items) | Atom::Language(var, items) => {
                self.var(*var);
                for item in items {
                    if let TextItem::Var(var) = item {
                        self.var(*var);
                    }
                }
            }
            Atom::Enum(var, operands) | Atom::Number(var, _, operands) => {
                self.var(*var);
                self.operands(operands);
            }
            Atom::FlagIs(var, operand) => {
                self.var(*var);
                self.operand(operand);
            }
        }
    }

    fn cond(&mut self, cond: &Cond) {
        let mut open = vec![cond];
        while let Some(cond) = open.pop() {
            match cond {
                Cond::Not(inner) => open.push(inner),
                Cond::And(all) | Cond::Or(all) => open.extend(all),
                Cond::Atom(atom, _) => self.atom(atom),
            }
        }
    }

    /// What a step itself reads, without the steps in it.
    fn step(&mut self, definitions: &Definitions, step: &Step) {
        match &step.kind {
            StepKind::When { cond, .. } => self.cond(cond),
            StepKind::Switch { subject, arms, .. } => {
                self.var(*subject);
                for arm in arms {
                    self.cond(&arm.cond);
                }
            }
            StepKind::Menu(menu) => {
                self.operands([&menu.wait, &menu.gap, &menu.tries]);
                for prompt in &menu.prompts {
                    self.prompt(definitions, prompt);
                }
            }
            StepKind::Collect(collect) => {
                self.operands([&collect.wait, &collect.gap, &collect.tries]);
                for prompt in &collect.prompts {
                    self.prompt(definitions, prompt);
                }
            }
            StepKind::Dial(dial) => self.dial(definitions, dial),
            StepKind::Lookup(lookup) => {
                self.operands(&lookup.args);
                self.operands(&lookup.within);
            }
            StepKind::TableLookup(lookup) => self.operand(&lookup.key),
            StepKind::Split(split) => {
                if split.by_from {
                    self.var(Builtin::From.var());
                }
            }
            StepKind::Say(item) => self.prompt(definitions, item),
            StepKind::Voicemail(voicemail) => self.voicemail(voicemail),
            StepKind::Settle(settle) => self.settle(settle),
            StepKind::Go { args, .. } | StepKind::Do { args, .. } | StepKind::Action { args, .. } => self.operands(args),
            StepKind::Tag(template) => self.template(template),
            StepKind::Set { value: SetValue::Operand(operand), .. } => self.operand(operand),
            StepKind::Set { value: SetValue::Template(template), .. } => self.template(template),
            StepKind::Repeat(_) | StepKind::Retry(_) => {}
        }
    }
}

/// The blocks in a step, each once.
pub(crate) fn blocks(step: &Step) -> Vec<&[Step]> {
    let mut blocks: Vec<&[Step]> = Vec::new();
    match &step.kind {
        StepKind::When { then, otherwise, .. } => {
            blocks.push(then);
            blocks.extend(otherwise.as_deref());
        }
        StepKind::Switch { arms, otherwise, .. } => {
            blocks.extend(arms.iter().map(|arm| arm.body.as_slice()));
            blocks.extend(otherwise.as_deref());
        }
        StepKind::Menu(menu) => {
            blocks.extend(menu.choices.iter().map(|choice| choice.body.as_slice()));
            blocks.extend([&menu.timeout, &menu.invalid, &menu.otherwise].into_iter().filter_map(|block| block.as_deref()));
        }
        StepKind::Collect(collect) => {
            blocks.push(&collect.entered);
            blocks.extend([&collect.timeout, &collect.invalid, &collect.otherwise].into_iter().filter_map(|block| block.as_deref()));
        }
        StepKind::Dial(dial) => {
            blocks.extend(dial.arms.iter().map(|arm| arm.body.as_slice()));
            blocks.extend(dial.otherwise.as_deref());
        }
        StepKind::Lookup(lookup) => {
            blocks.push(&lookup.found);
            blocks.extend(
                [&lookup.missing, &lookup.failed, &lookup.late, &lookup.otherwise].into_iter().filter_map(|block| block.as_deref()),
            );
        }
        StepKind::TableLookup(lookup) => {
            blocks.push(&lookup.found);
            blocks.extend([&lookup.missing, &lookup.otherwise].into_iter().filter_map(|block| block.as_deref()));
        }
        StepKind::Split(split) => blocks.extend(split.arms.iter().map(|arm| arm.body.as_slice())),
        StepKind::Voicemail(voicemail) => {
            blocks.extend([&voicemail.full, &voicemail.failed, &voicemail.otherwise].into_iter().filter_map(|block| block.as_deref()));
        }
        StepKind::Action { otherwise, .. } => blocks.extend(otherwise.as_deref()),
        StepKind::Repeat(_)
        | StepKind::Retry(_)
        | StepKind::Say(_)
        | StepKind::Settle(_)
        | StepKind::Go { .. }
        | StepKind::Do { .. }
        | StepKind::Tag(_)
        | StepKind::Set { .. } => {}
    }
    blocks
}

/// What definitions read when they are used, each variable once.
#[derive(Default, Debug)]
pub(crate) struct Definitions {
    prompts: Vec<Vec<VarId>>,
    groups: Vec<Vec<VarId>>,
    agents: Vec<Vec<VarId>>,
    queues: Vec<Vec<VarId>>,
    any_group: Vec<VarId>,
    any_agent: Vec<VarId>,
    any_queue: Vec<VarId>,
}

impl Definitions {
    pub fn of(program: &Program) -> Self {
        let ring = |ring: &Ring| {
            let mut reads = Reads::default();
            reads.ring_deep(program, ring);
            reads
        };
        let prompt = |prompt: &PromptDef| {
            let mut reads = Reads::default();
            for entry in &prompt.entries {
                reads.spoken(&entry.what);
                if entry.language.is_some() {
                    reads.var(Builtin::Language.var());
                }
            }
            reads.sorted()
        };
        let queue = |queue: &Queue| {
            let mut reads = ring(&queue.ring);
            reads.operands(&queue.max_wait);
            reads.operands(&queue.announce_position);
            reads.sorted()
        };
        let union = |parts: Vec<&Vec<VarId>>| Reads { vars: parts.into_iter().flatten().copied().collect() }.sorted();
        let groups: Vec<_> = program.groups.iter().map(|group| ring(&group.ring).sorted()).collect();
        let agents: Vec<_> = program.agents.iter().map(|agent| ring(&agent.ring).sorted()).collect();
        let queues: Vec<_> = program.queues.iter().map(queue).collect();
        // A name computed at run time may be that of any definition, not of what is written in place.
        let any_group =
            union(program.groups.iter().zip(&groups).filter(|(group, _)| group.name.is_some()).map(|(_, reads)| reads).collect());
        let any_agent = union(agents.iter().collect());
        let any_queue = union(queues.iter().collect());
        Self { prompts: program.prompts.iter().map(prompt).collect(), groups, agents, queues, any_group, any_agent, any_queue }
    }
}

/// What is true of the whole program.
#[derive(Debug)]
pub(crate) struct Usage {
    /// By variable: it is read somewhere.
    pub read: Vec<bool>,
    /// By variable: a `set` step writes it.
    pub set: Vec<bool>,
}

impl Usage {
    pub fn of(program: &Program, definitions: &Definitions) -> Self {
        let mut reads = Reads::default();
        let mut set = vec![false; program.vars.len()];
        if let Some(fallback) = &program.fallback {
            reads.settle(fallback);
        }
        let mut read = vec![false; program.vars.len()];
        let mark = |reads: &mut Reads, read: &mut Vec<bool>| {
            for var in reads.vars.drain(..) {
                if let Some(read) = read.get_mut(var.index()) {
                    *read = true;
                }
            }
        };
        mark(&mut reads, &mut read);
        let mut open: Vec<&[Step]> = program.flows.iter().map(|flow| flow.body.as_slice()).collect();
        while let Some(steps) = open.pop() {
            for step in steps {
                if let StepKind::Set { var, .. } = step.kind
                    && let Some(set) = set.get_mut(var.index())
                {
                    *set = true;
                }
                reads.step(definitions, step);
                open.extend(blocks(step));
                mark(&mut reads, &mut read);
            }
        }
        Self { read, set }
    }

    pub fn is_read(&self, var: VarId) -> bool {
        self.read.get(var.index()).copied().unwrap_or(false)
    }

    pub fn is_set(&self, var: VarId) -> bool {
        self.set.get(var.index()).copied().unwrap_or(false)
    }
}

/// A template without values: its text.
pub(crate) fn constant_text(template: &Template) -> Option<String> {
    template.parts.iter().map(|part| if let TemplatePart::Text(text) = part { Some(text.as_str()) } else { None }).collect()
}

/// The enumeration's value that a constant operand is.
pub(crate) fn enum_value(operand: &Operand) -> Option<u32> {
    if let Operand::Const(Const::Enum(_, value)) = operand { Some(*value) } else { None }
}
