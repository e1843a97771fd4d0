//! From the typed program to boxes and arrows.
//!
//! A flow is built from its end: what a step leads to exists before the step does, so every arrow is drawn once, by the step that
//! it leaves.

use std::collections::HashMap;

use callroute_analysis::typed::{
    Block, Collect, Dial, DialTarget, Flow, FlowId, Lookup, Menu, Operand, Program, Settle, Split, Step, StepKind, SwitchArm, TableLookup,
    Voicemail,
};
use callroute_diagnostics::Place;

use crate::chart::{Arrow, ArrowKind, Chart, Cluster, Kind, Mark, Node};
use crate::words::Words;

/// Draws up the call flow of a script. `unreachable` are the steps of which the checker says that they never run.
#[must_use]
pub fn flow_chart(program: &Program, title: &str, unreachable: &[Place]) -> Chart {
    let ways = Ways::of(program, unreachable);
    let clusters = program.flows.iter().enumerate().map(|(index, flow)| cluster(program, flow, index, &ways, unreachable));
    let fallback = program.fallback.as_ref().map(|settle| {
        let (title, lines) = Words(program).settle(settle);
        printable(&std::iter::once(title).chain(lines).collect::<Vec<_>>().join(", "))
    });
    Chart { title: printable(title), clusters: clusters.collect(), fallback }
}

/// How flows are entered.
struct Ways {
    /// By `do`, so that somebody may be come back to.
    done: Vec<bool>,
    /// From the first flow on, on whatever way.
    called: Vec<bool>,
}

impl Ways {
    fn of(program: &Program, unreachable: &[Place]) -> Self {
        let mut done = vec![false; program.flows.len()];
        let mut blocks: Vec<&Block> = program.flows.iter().map(|flow| &flow.body).collect();
        while let Some(block) = blocks.pop() {
            for step in block {
                if let StepKind::Do { flow, .. } = &step.kind
                    && let Some(known) = done.get_mut(flow.index())
                {
                    *known = true;
                }
                blocks.extend(callroute_analysis::blocks(step));
            }
        }
        // A file of flows that others import has no steps of its own.
        let imported = program.flows.first().is_none_or(|main| main.body.is_empty());
        let mut called = vec![imported; program.flows.len()];
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            let Some(known) = called.get_mut(index).filter(|known| !**known) else { continue };
            *known = true;
            let mut blocks: Vec<&Block> = program.flows.get(index).map(|flow| &flow.body).into_iter().collect();
            while let Some(block) = blocks.pop() {
                for step in block.iter().filter(|step| !is_within(step.place, unreachable)) {
                    if let StepKind::Do { flow, .. } | StepKind::Go { flow, .. } = &step.kind {
                        open.push(flow.index());
                    }
                    blocks.extend(callroute_analysis::blocks(step));
                }
            }
        }
        Self { done, called }
    }
}

fn cluster(program: &Program, flow: &Flow, index: usize, ways: &Ways, unreachable: &[Place]) -> Cluster {
    let called = ways.called.get(index).copied().unwrap_or(true);
    let params = flow.params.iter().filter_map(|var| program.vars.get(var.index())).map(|var| var.name.clone());
    let title = if index == 0 { "A call comes in" } else { "Start" };
    let mut build = Build {
        words: Words(program),
        program,
        nodes: Vec::new(),
        arrows: Vec::new(),
        end: None,
        comes_back: index != 0 && ways.done.get(index).copied().unwrap_or(false),
        known: HashMap::new(),
    };
    let params: Vec<String> = params.collect();
    let entry = build.node(Kind::Entry, title, Vec::new(), &[]);
    let first = build.block(&flow.body, None);
    build.arrow(entry, first, "", ArrowKind::Way);
    let mut cluster = Cluster { name: flow.name.clone(), params, place: flow.place, nodes: build.nodes, arrows: build.arrows };
    leave_out_unasked(&mut cluster);
    mark(&mut cluster, unreachable, called);
    cluster
}

/// Leaves out the boxes of [`Build::without_choice`] to which nothing leads.
fn leave_out_unasked(cluster: &mut Cluster) {
    let mut led_to = vec![false; cluster.nodes.len()];
    for arrow in &cluster.arrows {
        if let Some(led_to) = led_to.get_mut(arrow.to) {
            *led_to = true;
        }
    }
    let kept: Vec<bool> =
        cluster.nodes.iter().zip(led_to).map(|(node, led_to)| led_to || node.kind != Kind::Again || !node.places.is_empty()).collect();
    let mut count = 0;
    let index: Vec<Option<usize>> = kept
        .iter()
        .map(|kept| {
            let index = kept.then_some(count);
            count += usize::from(*kept);
            index
        })
        .collect();
    let at = |old: usize| index.get(old).copied().flatten();
    cluster.arrows.retain_mut(|arrow| match (at(arrow.from), at(arrow.to)) {
        (Some(from), Some(to)) => {
            (arrow.from, arrow.to) = (from, to);
            true
        }
        _ => false,
    });
    let mut kept = kept.into_iter();
    cluster.nodes.retain(|_| kept.next().unwrap_or(true));
}

/// Marks what no arrow leads to, and what the checker knows; all of a flow that no call comes to.
fn mark(cluster: &mut Cluster, unreachable: &[Place], called: bool) {
    let mut reached = vec![false; cluster.nodes.len()];
    let mut ways: Vec<Vec<usize>> = vec![Vec::new(); cluster.nodes.len()];
    for arrow in &cluster.arrows {
        if let Some(ways) = ways.get_mut(arrow.from) {
            ways.push(arrow.to);
        }
    }
    let dead = |node: &Node| node.places.iter().any(|own| is_within(*own, unreachable));
    let mut open = if called { vec![0] } else { Vec::new() };
    while let Some(at) = open.pop() {
        match (reached.get_mut(at), cluster.nodes.get(at)) {
            (Some(reached), Some(node)) if !*reached && !dead(node) => *reached = true,
            _ => continue,
        }
        open.extend(ways.get(at).into_iter().flatten());
    }
    for (node, reached) in cluster.nodes.iter_mut().zip(reached) {
        if !reached {
            node.mark = Mark::Unreachable;
        } else if node.kind == Kind::Nothing {
            node.mark = Mark::DeadEnd;
        }
    }
}

fn is_within(own: Place, places: &[Place]) -> bool {
    places.iter().any(|it| it.file == own.file && it.span.start <= own.span.start && own.span.end <= it.span.end)
}

struct Build<'p> {
    words: Words<'p>,
    program: &'p Program,
    nodes: Vec<Node>,
    arrows: Vec<Arrow>,
    /// Where the call goes after the last step, once something leads there.
    end: Option<usize>,
    comes_back: bool,
    /// Arrows by the boxes that they join.
    known: HashMap<(usize, usize), usize>,
}

/// What comes after a step; `None`: the flow ends.
type Next = Option<usize>;

impl Build<'_> {
    fn node(&mut self, kind: Kind, title: impl Into<String>, lines: Vec<String>, places: &[Place]) -> usize {
        let lines = lines.iter().map(|line| printable(line)).filter(|line| !line.is_empty()).collect();
        self.nodes.push(Node {
            kind,
            title: printable(&title.into()),
            lines,
            places: places.to_vec(),
            mark: Mark::None,
            on_path: false,
            jump: None,
        });
        self.nodes.len() - 1
    }

    /// An arrow. Two between the same boxes become one with both labels.
    fn arrow(&mut self, from: usize, to: Next, label: &str, kind: ArrowKind) {
        let to = to.unwrap_or_else(|| self.end());
        let index = *self.known.entry((from, to)).or_insert(self.arrows.len());
        if let Some(known) = self.arrows.get_mut(index) {
            if known.label.is_empty() || label.is_empty() {
                known.label.clear();
            } else {
                known.label = format!("{}, {label}", known.label);
            }
            return;
        }
        self.arrows.push(Arrow { from, to, label: printable(label), kind, on_path: false });
    }

    fn end(&mut self) -> usize {
        if let Some(end) = self.end {
            return end;
        }
        let end = if self.comes_back {
            self.node(Kind::Back, "Goes on where it came from", Vec::new(), &[])
        } else {
            self.node(Kind::Nothing, "The call ends", vec!["nobody took it".to_owned()], &[])
        };
        self.end = Some(end);
        end
    }

    /// The box by which a block is entered.
    fn block(&mut self, steps: &[Step], next: Next) -> Next {
        let mut next = next;
        let mut rest = steps;
        while let Some((last, before)) = rest.split_last() {
            let notes = rest.iter().rev().take_while(|step| is_note(step)).count();
            if notes > 0 {
                let (before, run) = rest.split_at(rest.len() - notes);
                next = Some(self.notes(run, next));
                rest = before;
            } else {
                next = Some(self.step(last, next));
                rest = before;
            }
        }
        next
    }

    fn optional(&mut self, block: Option<&Block>, next: Next) -> Next {
        match block {
            Some(block) => self.block(block, next),
            None => next,
        }
    }

    /// Prompts, tags and values that are set, one after another, are one box.
    fn notes(&mut self, run: &[Step], next: Next) -> usize {
        let mut lines = Vec::new();
        for step in run {
            lines.push(match &step.kind {
                StepKind::Say(item) => self.words.heard(item),
                StepKind::Tag(text) => format!("tag: {}", self.words.template(text)),
                _ => self.words.source(step.place).to_owned(),
            });
        }
        let heard = run.iter().all(|step| matches!(step.kind, StepKind::Say(_)));
        let places: Vec<Place> = run.iter().map(|step| step.place).collect();
        let node = self.node(Kind::Note, if heard { "Says" } else { "Notes" }, lines, &places);
        self.arrow(node, next, "", ArrowKind::Way);
        node
    }

    fn step(&mut self, step: &Step, next: Next) -> usize {
        let at = [step.place];
        match &step.kind {
            StepKind::When { cond, then, otherwise } => {
                let node = self.node(Kind::Question, format!("{}?", capital(&self.words.cond(cond))), Vec::new(), &at);
                let yes = self.block(then, next);
                let no = self.optional(otherwise.as_ref(), next);
                self.arrow(node, yes, "yes", ArrowKind::Yes);
                self.arrow(node, no, "no", ArrowKind::No);
                node
            }
            StepKind::Switch { subject, arms, otherwise } => {
                let node = self.node(Kind::Choice, format!("Which {}?", self.words.var(*subject)), Vec::new(), &at);
                self.switch(node, arms, next);
                let otherwise = self.optional(otherwise.as_ref(), next);
                self.arrow(node, otherwise, "any other", ArrowKind::No);
                node
            }
            StepKind::Menu(menu) => self.menu(menu, &at, next),
            StepKind::Collect(collect) => self.collect(collect, &at, next),
            StepKind::Repeat(_) => self.node(Kind::Again, "Once more", Vec::new(), &at),
            StepKind::Retry(_) => self.node(Kind::Again, "Try again", Vec::new(), &at),
            StepKind::Dial(dial) => self.dial(dial, &at, next),
            StepKind::Lookup(lookup) => self.lookup(lookup, &at, next),
            StepKind::TableLookup(lookup) => self.table(lookup, &at, next),
            StepKind::Split(split) => self.split(split, &at, next),
            StepKind::Voicemail(mail) => self.voicemail(mail, &at, next),
            StepKind::Settle(settle) => {
                let (title, lines) = self.words.settle(settle);
                let kind = if let Settle::Voicemail(_) = settle { Kind::Voicemail } else { Kind::End };
                self.node(kind, title, lines, &at)
            }
            StepKind::Go { flow, args } => self.jump(*flow, args, &at),
            StepKind::Do { flow, args } => {
                let node = self.jump(*flow, args, &at);
                self.arrow(node, next, "not settled", ArrowKind::Failure);
                node
            }
            StepKind::Action { action, args, otherwise } => {
                let action = self.program.actions.get(action.index());
                let name = action.map_or_else(String::new, |action| action.name.clone());
                let settles = action.is_some_and(|action| action.settles);
                let args = args.iter().map(|arg| self.words.operand(arg)).collect::<Vec<_>>().join(", ");
                let node = self.node(Kind::Action, capital(&name.replace('_', " ")), vec![args], &at);
                if !settles {
                    self.arrow(node, next, "", ArrowKind::Way);
                }
                if otherwise.is_some() || settles {
                    let otherwise = self.optional(otherwise.as_ref(), next);
                    self.arrow(node, otherwise, "failed", ArrowKind::Failure);
                }
                node
            }
            // Taken together by `notes`.
            StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. } => self.notes(std::slice::from_ref(step), next),
        }
    }

    fn switch(&mut self, node: usize, arms: &[SwitchArm], next: Next) {
        for arm in arms {
            let body = self.block(&arm.body, next);
            let label = one_line(self.words.source(arm.place));
            self.arrow(node, body, &label, ArrowKind::Way);
        }
    }

    fn tries(&self, tries: &Operand) -> String {
        match self.words.operand(tries).as_str() {
            "1" => String::new(),
            tries => format!("{tries} tries"),
        }
    }

    fn menu(&mut self, menu: &Menu, at: &[Place], next: Next) -> usize {
        let lines = menu.prompts.iter().map(|item| self.words.heard(item)).chain([self.tries(&menu.tries)]).collect();
        let node = self.node(Kind::Menu, "Menu", lines, at);
        for choice in &menu.choices {
            let body = self.block(&choice.body, next);
            let label = one_line(self.words.source(choice.place));
            self.arrow(node, body, &label, ArrowKind::Way);
        }
        let arms = [("no key", menu.timeout.as_ref()), ("wrong key", menu.invalid.as_ref())];
        self.without_choice(node, arms, &menu.tries, menu.otherwise.as_ref(), next);
        node
    }

    fn collect(&mut self, collect: &Collect, at: &[Place], next: Next) -> usize {
        let digits = if collect.min == collect.max { format!("{}", collect.min) } else { format!("{} to {}", collect.min, collect.max) };
        let mut lines = vec![format!("{digits} digits")];
        lines.extend(collect.prompts.iter().map(|item| self.words.heard(item)));
        lines.push(self.tries(&collect.tries));
        let node = self.node(Kind::Menu, format!("Ask for {}", self.words.var(collect.var)), lines, at);
        let entered = self.block(&collect.entered, next);
        self.arrow(node, entered, "entered", ArrowKind::Way);
        let arms = [("no key", collect.timeout.as_ref()), ("wrong", collect.invalid.as_ref())];
        self.without_choice(node, arms, &collect.tries, collect.otherwise.as_ref(), next);
        node
    }

    /// What happens to callers who choose nothing: the arms of each try, behind which they are asked again, and then what follows the last try.
    fn without_choice(&mut self, node: usize, arms: [(&str, Option<&Block>); 2], tries: &Operand, otherwise: Option<&Block>, next: Next) {
        let given_up = self.optional(otherwise, next);
        let behind = if self.words.operand(tries) == "1" || arms.iter().all(|(_, arm)| arm.is_none()) {
            given_up
        } else {
            // Without a place of its own; left out where every arm settles the call.
            let again = self.node(Kind::Again, "Asks again", vec!["while tries are left".to_owned()], &[]);
            self.arrow(again, given_up, "no try left", ArrowKind::Failure);
            Some(again)
        };
        let mut all = true;
        for (label, arm) in arms {
            match arm {
                Some(arm) => {
                    let body = self.block(arm, behind);
                    self.arrow(node, body, label, ArrowKind::Failure);
                }
                None => all = false,
            }
        }
        if !all {
            self.arrow(node, given_up, "no choice", ArrowKind::Failure);
        }
    }

    fn dial(&mut self, dial: &Dial, at: &[Place], next: Next) -> usize {
        let (title, lines) = self.words.dial(&dial.target, &dial.options);
        let node = self.node(Kind::Ring, title, lines, at);
        for arm in &dial.arms {
            let body = self.block(&arm.body, next);
            let label = arm.heads.iter().map(Words::outcome).collect::<Vec<_>>().join(", ");
            self.arrow(node, body, &label, ArrowKind::Failure);
        }
        if dial.otherwise.is_some() || !dial.covers_all() {
            let label = match (dial.arms.is_empty(), &dial.target) {
                (true, DialTarget::Queue(_)) => "not taken",
                (true, _) => "not answered",
                (false, _) => "otherwise",
            };
            let otherwise = self.optional(dial.otherwise.as_ref(), next);
            self.arrow(node, otherwise, label, ArrowKind::Failure);
        }
        node
    }

    fn lookup(&mut self, lookup: &Lookup, at: &[Place], next: Next) -> usize {
        let name = self.program.sources.get(lookup.source.index()).map_or("", |source| source.name.as_str());
        let args = lookup.args.iter().map(|arg| self.words.operand(arg)).collect::<Vec<_>>().join(", ");
        let node = self.node(Kind::Lookup, format!("Look up {name}"), vec![args], at);
        let arms = [("not found", lookup.missing.as_ref()), ("failed", lookup.failed.as_ref()), ("too late", lookup.late.as_ref())];
        self.found(node, &lookup.found, &arms, lookup.otherwise.as_ref(), next);
        node
    }

    fn table(&mut self, lookup: &TableLookup, at: &[Place], next: Next) -> usize {
        let name = self.program.tables.get(lookup.table.index()).map_or("", |table| table.name.as_str());
        let node = self.node(Kind::Lookup, format!("Look up {name}"), vec![self.words.operand(&lookup.key)], at);
        self.found(node, &lookup.found, &[("not found", lookup.missing.as_ref())], lookup.otherwise.as_ref(), next);
        node
    }

    fn found(&mut self, node: usize, found: &Block, arms: &[(&str, Option<&Block>)], otherwise: Option<&Block>, next: Next) {
        let found = self.block(found, next);
        self.arrow(node, found, "found", ArrowKind::Yes);
        for (label, arm) in arms {
            if let Some(arm) = arm {
                let body = self.block(arm, next);
                self.arrow(node, body, label, ArrowKind::Failure);
            }
        }
        if otherwise.is_some() || arms.iter().any(|(_, arm)| arm.is_none()) {
            let otherwise = self.optional(otherwise, next);
            let label = if arms.iter().all(|(_, arm)| arm.is_none()) { "not found" } else { "otherwise" };
            self.arrow(node, otherwise, label, ArrowKind::No);
        }
    }

    fn split(&mut self, split: &Split, at: &[Place], next: Next) -> usize {
        let by = if split.by_from { "by caller" } else { "by call" };
        let node = self.node(Kind::Choice, "Split", vec![by.to_owned(), split.label.clone()], at);
        for arm in &split.arms {
            let body = self.block(&arm.body, next);
            let label = one_line(self.words.source(arm.place));
            self.arrow(node, body, &label, ArrowKind::Way);
        }
        node
    }

    fn voicemail(&mut self, mail: &Voicemail, at: &[Place], next: Next) -> usize {
        let node = self.node(Kind::Voicemail, "Voicemail", self.words.voicemail(mail), at);
        for (label, arm) in [("mailbox full", mail.full.as_ref()), ("failed", mail.failed.as_ref())] {
            if let Some(arm) = arm {
                let body = self.block(arm, next);
                self.arrow(node, body, label, ArrowKind::Failure);
            }
        }
        if mail.otherwise.is_some() {
            let otherwise = self.optional(mail.otherwise.as_ref(), next);
            let label = if mail.full.is_none() && mail.failed.is_none() { "failed" } else { "otherwise" };
            self.arrow(node, otherwise, label, ArrowKind::Failure);
        }
        node
    }

    fn jump(&mut self, flow: FlowId, args: &[Operand], at: &[Place]) -> usize {
        let name = self.program.flows.get(flow.index()).map_or("", |flow| flow.name.as_str());
        let args = args.iter().map(|arg| self.words.operand(arg)).collect::<Vec<_>>().join(", ");
        let title = if flow.index() == 0 { "Back to the start".to_owned() } else { format!("→ {name}") };
        let node = self.node(Kind::Jump, title, vec![args], at);
        if let Some(node) = self.nodes.get_mut(node) {
            node.jump = Some(flow.index());
        }
        node
    }
}

/// Steps that only say or note something.
const fn is_note(step: &Step) -> bool {
    matches!(step.kind, StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. })
}

/// Without characters that no picture can show, and that XML forbids.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { ' ' } else { c }).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a capital letter in front, unless a name of the script stands there that shows itself as one.
fn capital(text: &str) -> String {
    if text.split_whitespace().next().is_some_and(|word| word.contains(['.', '_'])) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
