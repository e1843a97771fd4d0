//! The third pass: where execution can go. Within an answer it only goes forward, so that it ends; the longest way through an
//! answer is its cost.

use std::collections::BTreeMap;

use super::weight::Weights;
use super::{At, Rule, VerifyError};
use crate::image::*;
use crate::limits;
use crate::op::{Field, Next, Op};

/// How execution gets from one instruction to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// In the same answer.
    Runs,
    /// In the same answer, dropping every flow that waits.
    Goes,
    /// In the same answer, as a flow that returns.
    Calls,
    /// When the flow called returns.
    Continues,
    /// With keys: in the same answer if they were typed ahead, else after an event.
    Keys,
    /// After an event.
    Resumes,
}

#[derive(Clone, Copy, Debug)]
struct Edge {
    to: Target,
    way: Way,
}

/// The most ways between instructions, over all of them.
const EDGES: usize = 1 << 24;

/// All ways, by the instruction that they leave.
struct Graph {
    starts: Vec<usize>,
    edges: Vec<Edge>,
}

impl Graph {
    fn of(&self, address: usize) -> &[Edge] {
        match (self.starts.get(address), self.starts.get(address.saturating_add(1))) {
            (Some(start), Some(end)) => self.edges.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }

    fn new(image: &Image) -> Result<Self, VerifyError> {
        let mut graph = Self { starts: Vec::with_capacity(image.code.len().saturating_add(1)), edges: Vec::new() };
        for (address, instr) in (0..).zip(&image.code) {
            graph.starts.push(graph.edges.len());
            let at = At::Instr(address, instr.op);
            let next = address.saturating_add(1);
            let mut add = |to, way| graph.edges.push(Edge { to, way });
            match instr.op.next() {
                Next::Falls => add(next, Way::Runs),
                Next::Branches => {
                    add(next, Way::Runs);
                    add(instr.c, Way::Runs);
                }
                Next::Jumps => add(instr.c, if instr.op == Op::Go { Way::Goes } else { Way::Runs }),
                Next::Calls => {
                    add(instr.c, Way::Calls);
                    add(next, Way::Continues);
                }
                Next::SuspendsOrJumps => {
                    add(instr.c, Way::Runs);
                    records(image, instr.op, instr.b, &mut add);
                }
                Next::Selects | Next::Suspends => records(image, instr.op, instr.b, &mut add),
                Next::Returns | Next::Ends => {}
            }
            if graph.edges.len() > EDGES {
                let [found, limit] = [graph.edges.len(), EDGES].map(|number| u64::try_from(number).unwrap_or(u64::MAX));
                return Err(VerifyError { at, rule: Rule::Limit { what: "the number of ways between instructions", found, limit } });
            }
            for edge in graph.edges.get(graph.starts.last().copied().unwrap_or(0)..).unwrap_or_default() {
                if usize::try_from(edge.to).map_or(true, |to| to >= image.code.len()) {
                    return Err(VerifyError { at, rule: Rule::FallsOff });
                }
                if edge.to <= address && !matches!(edge.way, Way::Keys | Way::Resumes) {
                    return Err(VerifyError { at, rule: Rule::Backward { target: edge.to } });
                }
            }
        }
        graph.starts.push(graph.edges.len());
        Ok(graph)
    }
}

/// The ways that a record names.
fn records(image: &Image, op: Op, index: u32, add: &mut impl FnMut(Target, Way)) {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let [_, field, _] = op.operands();
    match field {
        Field::Switch => {
            if let Some(switch) = image.switches.get(index) {
                switch.targets.iter().chain([&switch.default]).for_each(|target| add(*target, Way::Runs));
            }
        }
        Field::Split => {
            if let Some(split) = image.splits.get(index) {
                split.arms.iter().for_each(|(_, target)| add(*target, Way::Runs));
            }
        }
        Field::Gather => {
            let Some(gather) = image.gathers.get(index) else { return };
            match &gather.kind {
                GatherKind::Menu(choices) => choices.iter().for_each(|choice| add(choice.target, Way::Keys)),
                GatherKind::Collect { entered, .. } => add(*entered, Way::Keys),
            }
            [gather.timeout, gather.invalid, Some(gather.otherwise)].into_iter().flatten().for_each(|target| add(target, Way::Keys));
        }
        Field::Dial => {
            let Some(dial) = image.dials.get(index) else { return };
            let [_, no_answer, _, unreachable, _, _, _, timeout] = dial.outcomes;
            [no_answer, unreachable, timeout].into_iter().for_each(|target| add(target, Way::Runs));
            dial.outcomes.iter().chain(dial.keys.iter().map(|(_, target)| target)).for_each(|target| add(*target, Way::Resumes));
        }
        Field::Lookup => {
            let Some(lookup) = image.lookups.get(index) else { return };
            let [_, missing, _, _] = lookup.outcomes;
            add(missing, Way::Runs);
            lookup.outcomes.iter().for_each(|target| add(*target, Way::Resumes));
        }
        Field::Voicemail => {
            let outcomes = image.voicemails.get(index).and_then(|step| step.outcomes);
            outcomes.iter().flatten().for_each(|target| add(*target, Way::Resumes));
        }
        Field::Action => {
            let outcomes = image.actions.get(index).and_then(|step| step.outcomes);
            outcomes.iter().flatten().for_each(|target| add(*target, Way::Resumes));
        }
        _ => {}
    }
}

/// What this pass finds.
pub(super) struct Flow {
    pub max_stack: u32,
    pub cost: u64,
}

pub(super) fn check(image: &Image) -> Result<Flow, VerifyError> {
    let graph = Graph::new(image)?;
    let max_stack = stack(image, &graph)?;
    if max_stack > limits::STACK {
        let rule =
            Rule::Limit { what: "the number of flows that wait for each other", found: max_stack.into(), limit: limits::STACK.into() };
        return Err(VerifyError { at: At::Header, rule });
    }
    let cost = cost(image, &graph, max_stack);
    if cost > limits::COST {
        return Err(VerifyError { at: At::Header, rule: Rule::Limit { what: "the cost of an answer", found: cost, limit: limits::COST } });
    }
    Ok(Flow { max_stack, cost })
}

/// The deepest that calls can nest. Events can lead back, so that this graph has cycles; none of them may call.
///
/// Tarjan's algorithm, without recursion: its components come out in reverse order, so that the depth of all that a component
/// leads to is known when it comes out.
fn stack(image: &Image, graph: &Graph) -> Result<u32, VerifyError> {
    const NEW: u32 = u32::MAX;
    let len = image.code.len();
    let mut order = vec![NEW; len];
    let mut low = vec![NEW; len];
    // Whether its component came out.
    let mut done = vec![false; len];
    let mut depth = vec![0u32; len];
    let mut open: Vec<usize> = Vec::new();
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut clock = 0u32;
    let mut deepest = 0;
    let get = |values: &[u32], index: usize| values.get(index).copied().unwrap_or(NEW);
    let set = |values: &mut [u32], index: usize, value: u32| {
        if let Some(slot) = values.get_mut(index) {
            *slot = value;
        }
    };
    let place = |to: Target| usize::try_from(to).unwrap_or(usize::MAX);
    for root in 0..len {
        if get(&order, root) != NEW {
            continue;
        }
        path.push((root, 0));
        while let Some((node, step)) = path.pop() {
            if step == 0 {
                set(&mut order, node, clock);
                set(&mut low, node, clock);
                clock = clock.saturating_add(1);
                open.push(node);
            }
            // A jump by `go` starts anew: it adds nothing to the depth of what it leaves.
            let edges = graph.of(node);
            let mut step = step;
            let mut entered = false;
            while let Some(edge) = edges.get(step) {
                step += 1;
                let to = place(edge.to);
                if edge.way == Way::Goes || done.get(to).copied().unwrap_or(true) {
                    continue;
                }
                if get(&order, to) == NEW {
                    // Comes back to this edge, to take over what lies behind it.
                    path.push((node, step));
                    path.push((to, 0));
                    entered = true;
                    break;
                }
                let reached = get(&low, node).min(get(&order, to));
                set(&mut low, node, reached);
            }
            if entered {
                continue;
            }
            if let Some((parent, _)) = path.last() {
                let reached = get(&low, *parent).min(get(&low, node));
                set(&mut low, *parent, reached);
            }
            if get(&low, node) != get(&order, node) {
                continue;
            }
            let start = open.iter().rposition(|open| *open == node).unwrap_or(0);
            let component = open.split_off(start);
            let mut deep = 0;
            for member in &component {
                for edge in graph.of(*member).iter().filter(|edge| edge.way != Way::Goes) {
                    let to = place(edge.to);
                    let inside = !done.get(to).copied().unwrap_or(true);
                    let called = u32::from(edge.way == Way::Calls);
                    if inside && called == 1 {
                        let op = image.code.get(*member).map_or(Op::Call, |instr| instr.op);
                        return Err(VerifyError { at: At::Instr(u32::try_from(*member).unwrap_or(u32::MAX), op), rule: Rule::Recursion });
                    }
                    if !inside {
                        deep = deep.max(depth.get(to).copied().unwrap_or(0).saturating_add(called));
                    }
                }
            }
            deepest = deepest.max(deep);
            for member in component {
                set(&mut depth, member, deep);
                if let Some(done) = done.get_mut(member) {
                    *done = true;
                }
            }
        }
    }
    Ok(deepest)
}

/// The longest way through one answer.
///
/// Without keys typed ahead it is the longest path in a graph that only goes forward, where a call costs the flow and what
/// follows. With `k` keys a menu can be passed, to a place where `k - 1` keys are left at most.
fn cost(image: &Image, graph: &Graph, max_stack: u32) -> u64 {
    let weights = Weights::new(image);
    let own: Vec<u64> = image.code.iter().map(|instr| weights.of(image, *instr)).collect();
    let len = image.code.len();
    let place = |to: Target| usize::try_from(to).unwrap_or(usize::MAX);
    let at = |values: &[u64], to: Target| values.get(place(to)).copied().unwrap_or(0);
    // The keys that were typed ahead are shared by a flow and by what follows it, so that both are needed for every number of keys.
    let mut shared: BTreeMap<Target, Vec<u64>> = BTreeMap::new();
    for edge in &graph.edges {
        if matches!(edge.way, Way::Calls | Way::Continues) {
            shared.entry(edge.to).or_default();
        }
    }
    let mut fewer: Vec<u64> = Vec::new();
    let mut paths = vec![0u64; len];
    let passed_by_keys = graph.edges.iter().any(|edge| edge.way == Way::Keys);
    for _ in 0..=limits::TYPED_AHEAD {
        for address in (0..len).rev() {
            let mut farthest = 0u64;
            let mut called: [Option<Target>; 2] = [None; 2];
            for edge in graph.of(address) {
                match edge.way {
                    Way::Runs | Way::Goes => farthest = farthest.max(at(&paths, edge.to)),
                    Way::Calls => called[0] = Some(edge.to),
                    Way::Continues => called[1] = Some(edge.to),
                    Way::Keys => farthest = farthest.max(at(&fewer, edge.to)),
                    Way::Resumes => {}
                }
            }
            if let [Some(flow), Some(next)] = called
                && let (Some(flow), Some(next)) = (shared.get(&flow), shared.get(&next))
            {
                // Both lie ahead, so that their costs for this many keys are known.
                let both = flow.iter().zip(next.iter().rev()).map(|(flow, next)| flow.saturating_add(*next)).max();
                farthest = farthest.max(both.unwrap_or(0));
            }
            let total = own.get(address).copied().unwrap_or(0).saturating_add(farthest);
            if let Some(slot) = paths.get_mut(address) {
                *slot = total;
            }
            if let Some(costs) = u32::try_from(address).ok().and_then(|address| shared.get_mut(&address)) {
                costs.push(total);
            }
        }
        // More keys change nothing any more. Where flows are called they still can: two flows that need two keys each share four.
        if paths == fewer && (shared.is_empty() || !passed_by_keys) {
            break;
        }
        fewer.clone_from(&paths);
    }
    let mut resumed = 0u64;
    let mut returned = 0u64;
    for (address, instr) in image.code.iter().enumerate() {
        for edge in graph.of(address) {
            match edge.way {
                Way::Keys | Way::Resumes => {
                    let own = own.get(address).copied().unwrap_or(0);
                    resumed = resumed.max(own.saturating_add(at(&paths, edge.to)));
                }
                Way::Continues => returned = returned.max(at(&paths, edge.to)),
                Way::Runs | Way::Goes | Way::Calls => {}
            }
        }
        if instr.op == Op::Say {
            resumed = resumed.max(paths.get(address).copied().unwrap_or(0));
        }
    }
    // The first answer also reads the event; every later one the variables that were kept.
    let vars = u64::try_from(image.vars.len()).unwrap_or(u64::MAX);
    let first = at(&paths, image.entry);
    let later = resumed.saturating_add(returned.saturating_mul(max_stack.into()));
    first.max(later).saturating_add(vars)
}
