//! What a test can reach: steps, arms, `else` branches and outcomes, from the typed program, without what can never be reached.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use callroute_analysis::blocks;
use callroute_analysis::typed::{Block, FlowId, Outcome, Program, Step, StepKind};
use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};
use callroute_runtime as runtime;

/// Something that a test can reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Point {
    /// What it is.
    pub kind: PointKind,
    /// What is underlined when it is not reached.
    pub place: Place,
    /// The step it belongs to; that itself, for a step.
    pub step: Place,
    /// For people, when it is not reached: `never runs`, `never false`, `never busy`.
    pub label: String,
    /// How often it was reached.
    pub count: u64,
}

/// The kinds of points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PointKind {
    /// A step.
    Step,
    /// A way that a step can take: an arm, an outcome, `else`, a condition that holds or does not.
    Branch,
    /// The first step of a flow.
    Flow,
}

/// A `when`, by its head, and what runs when it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct When {
    pub step: Place,
    /// From the first step to the last; `None` where nothing is compiled of it.
    pub then: Option<Place>,
    /// The call always goes on behind it.
    pub falls: bool,
}

/// A `when` that another may follow in its `else`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub when: When,
    pub otherwise: Option<Place>,
}

/// What makes a branch count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Trigger {
    /// This was reported of the step: an outcome's word.
    Reported(Place, &'static str),
    /// This case was chosen.
    Case(Place, u32),
    /// The condition held, or not.
    Held(Place, bool),
    /// The step was reached: the first of a block.
    Step(Place),
}

/// All points in the making.
pub(crate) struct Points<'p> {
    program: &'p Program,
    points: Vec<(Point, Trigger)>,
    /// Places that instructions have.
    coded: HashSet<Place>,
    /// Conditions' heads by file and start, not overlapping: what an atom's place belongs to.
    heads: Vec<(Place, Place)>,
    chains: HashMap<Place, Chain>,
    /// Runs of `when` without `else`, and in which of them, at which index, the one is that starts here.
    runs: Vec<Vec<When>>,
    run_starts: HashMap<(FileId, u32), (usize, usize)>,
    counts: RefCell<HashMap<Trigger, u64>>,
    /// What the checker has said, by code and place.
    known: HashSet<(Code, Place)>,
    /// Starts of needless `else`s.
    needless: HashSet<(u32, u32)>,
}

impl<'p> Points<'p> {
    pub fn new(program: &'p Program, machine: &runtime::Program, diagnostics: &[Diagnostic]) -> Self {
        let image = machine.verified().image();
        let coded = image.spans.iter().map(|span| Place { file: FileId(span.file), span: Span::new(span.start, span.end) }).collect();
        let known = diagnostics.iter().map(|diagnostic| (diagnostic.code, diagnostic.place)).collect();
        let needless = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code == Code::NeedlessElse)
            .map(|diagnostic| (diagnostic.place.file.0, diagnostic.place.span.start))
            .collect();
        let mut points = Points {
            program,
            points: Vec::new(),
            coded,
            heads: Vec::new(),
            chains: HashMap::new(),
            runs: Vec::new(),
            run_starts: HashMap::new(),
            counts: RefCell::default(),
            known,
            needless,
        };
        for flow in points.flows() {
            if let Some(def) = program.flows.get(flow.index()) {
                if flow != FlowId(0)
                    && let Some(first) = points.first_coded(&def.body)
                {
                    points.add(PointKind::Flow, def.place, first, format!("flow {}", def.name), Trigger::Step(first));
                }
                points.block(&def.body);
            }
        }
        points.heads.sort_unstable_by_key(|(place, _)| (place.file, place.span.start));
        points
    }

    /// The points by file and place, counted.
    pub fn finish(self) -> Vec<Point> {
        let counts = self.counts.into_inner();
        let mut points: Vec<Point> = self
            .points
            .into_iter()
            .map(|(mut point, trigger)| {
                point.count = counts.get(&trigger).copied().unwrap_or(0);
                point
            })
            .collect();
        points.sort_by_key(|point| (point.place.file, point.place.span.start, point.kind != PointKind::Step, point.place.span.end));
        points
    }

    /// The flows that `main` can come to.
    fn flows(&self) -> Vec<FlowId> {
        let mut found = vec![FlowId(0)];
        let mut known = HashSet::from([FlowId(0)]);
        let mut at = 0;
        while let Some(flow) = found.get(at).copied() {
            at += 1;
            let mut open: Vec<&Step> = self.program.flows.get(flow.index()).map(|flow| flow.body.iter().collect()).unwrap_or_default();
            while let Some(step) = open.pop() {
                if let StepKind::Go { flow, .. } | StepKind::Do { flow, .. } = &step.kind
                    && known.insert(*flow)
                {
                    found.push(*flow);
                }
                open.extend(blocks(step).into_iter().flatten());
            }
        }
        found
    }

    fn add(&mut self, kind: PointKind, place: Place, step: Place, label: String, trigger: Trigger) {
        self.points.push((Point { kind, place, step, label, count: 0 }, trigger));
    }

    /// Is there an instruction of this step? Values that nobody reads are not set.
    fn is_coded(&self, step: &Step) -> bool {
        match &step.kind {
            StepKind::When { .. } | StepKind::Switch { .. } => true,
            _ => self.coded.contains(&step.place),
        }
    }

    fn first_coded(&self, block: &Block) -> Option<Place> {
        let first = block.iter().find(|step| self.is_coded(step))?;
        (!self.known.contains(&(Code::NeverRuns, first.place))).then_some(first.place)
    }

    /// From the first step of a block to the last one in it, however deep.
    fn extent(&self, block: &Block) -> Option<Place> {
        self.first_coded(block)?;
        let first = block.first()?.place;
        let mut whole = first.span;
        let mut open: Vec<&Step> = block.iter().collect();
        while let Some(step) = open.pop() {
            if step.place.file == first.file {
                whole = whole.to(step.place.span);
            }
            open.extend(blocks(step).into_iter().flatten());
        }
        Some(Place { file: first.file, span: whole })
    }

    // ----------------------------------------------------------------------------------------------- the walk

    fn block(&mut self, block: &'p Block) {
        self.note_runs(block);
        for step in block {
            if self.known.contains(&(Code::NeverRuns, step.place)) {
                return;
            }
            self.step_points(step);
        }
    }

    /// Runs of rules: the compiler may make one look-up of any part of them.
    fn note_runs(&mut self, block: &Block) {
        let mut run: Vec<When> = Vec::new();
        for step in block {
            if let StepKind::When { then, otherwise: None, .. } = &step.kind {
                run.push(When { step: step.place, then: self.extent(then), falls: falls(then) });
            } else {
                self.keep_run(&mut run);
            }
        }
        self.keep_run(&mut run);
    }

    fn keep_run(&mut self, run: &mut Vec<When>) {
        let run = std::mem::take(run);
        if run.len() > 1 {
            let index = self.runs.len();
            for (at, when) in run.iter().enumerate() {
                self.run_starts.insert((when.step.file, when.step.span.start), (index, at));
            }
            self.runs.push(run);
        }
    }

    fn step_points(&mut self, step: &'p Step) {
        let place = step.place;
        if self.is_coded(step) {
            self.add(PointKind::Step, place, place, "never runs".to_owned(), Trigger::Step(place));
        }
        let mut skipped: Vec<*const Block> = Vec::new();
        match &step.kind {
            StepKind::When { cond, then, otherwise } => {
                self.heads.push((place, place));
                let is = |points: &Self, code: Code| points.known.contains(&(code, cond.place()));
                let (never, always) = (is(self, Code::NeverTrue), is(self, Code::AlwaysTrue));
                let extent = self.extent(then);
                let next = otherwise.as_ref().and_then(|block| match block.as_slice() {
                    [only] if matches!(only.kind, StepKind::When { .. }) => Some(only.place),
                    _ => None,
                });
                self.chains.insert(place, Chain { when: When { step: place, then: extent, falls: falls(then) }, otherwise: next });
                if never {
                    skipped.push(then);
                } else if extent.is_some() {
                    self.add(PointKind::Branch, place, place, "never true".to_owned(), Trigger::Held(place, true));
                }
                if always {
                    skipped.extend(otherwise.iter().map(std::ptr::from_ref));
                } else if let Some(otherwise) = otherwise {
                    self.otherwise(otherwise, step, &mut skipped);
                } else if extent.is_some() {
                    self.add(PointKind::Branch, place, place, "never false".to_owned(), Trigger::Held(place, false));
                }
            }
            StepKind::Switch { arms, otherwise, .. } => {
                for arm in arms {
                    self.heads.push((arm.place, place));
                    if self.known.contains(&(Code::CoveredArm, arm.place)) || self.known.contains(&(Code::NeverTrue, arm.place)) {
                        skipped.push(&arm.body);
                    } else {
                        self.arm(&arm.body, arm.place, place);
                    }
                }
                otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::Menu(menu) => {
                for (case, choice) in (0..).zip(&menu.choices) {
                    if self.known.contains(&(Code::CoveredArm, choice.place)) {
                        skipped.push(&choice.body);
                    } else {
                        self.add(PointKind::Branch, choice.place, place, "never pressed".to_owned(), Trigger::Case(place, case));
                    }
                }
                self.word_arms(place, &[("timeout", menu.timeout.as_ref()), ("invalid", menu.invalid.as_ref())]);
                menu.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::Collect(collect) => {
                self.add(PointKind::Branch, place, place, "never entered".to_owned(), Trigger::Case(place, 0));
                self.word_arms(place, &[("timeout", collect.timeout.as_ref()), ("invalid", collect.invalid.as_ref())]);
                collect.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::Dial(dial) => {
                for arm in &dial.arms {
                    for head in &arm.heads {
                        match word(head) {
                            Some(word) => {
                                let label = format!("never {word}");
                                self.add(PointKind::Branch, arm.place, place, label, Trigger::Reported(place, word));
                            }
                            None => self.arm(&arm.body, arm.place, place),
                        }
                    }
                }
                if dial.covers_all() {
                    // Nothing is left that could lead there.
                    skipped.extend(dial.otherwise.iter().map(std::ptr::from_ref));
                } else {
                    dial.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
                }
            }
            StepKind::Lookup(lookup) => {
                self.add(PointKind::Branch, place, place, "never found".to_owned(), Trigger::Reported(place, "found"));
                self.word_arms(
                    place,
                    &[("missing", lookup.missing.as_ref()), ("failed", lookup.failed.as_ref()), ("late", lookup.late.as_ref())],
                );
                lookup.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::TableLookup(lookup) => {
                self.add(PointKind::Branch, place, place, "never found".to_owned(), Trigger::Reported(place, "found"));
                self.word_arms(place, &[("missing", lookup.missing.as_ref())]);
                lookup.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::Split(split) => {
                for (case, arm) in (0..).zip(split.arms.iter().filter(|arm| arm.share > 0)) {
                    self.add(PointKind::Branch, arm.place, place, "never drawn".to_owned(), Trigger::Case(place, case));
                }
                skipped.extend(split.arms.iter().filter(|arm| arm.share == 0).map(|arm| std::ptr::from_ref(&arm.body)));
            }
            StepKind::Voicemail(voicemail) => {
                self.word_arms(place, &[("full", voicemail.full.as_ref()), ("failed", voicemail.failed.as_ref())]);
                voicemail.otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped));
            }
            StepKind::Action { otherwise, .. } => otherwise.iter().for_each(|block| self.otherwise(block, step, &mut skipped)),
            _ => {}
        }
        for block in blocks(step) {
            if !skipped.iter().any(|skipped| std::ptr::eq(*skipped, block)) {
                self.block(block);
            }
        }
    }

    fn arm(&mut self, body: &Block, head: Place, step: Place) {
        if let Some(first) = self.first_coded(body) {
            self.add(PointKind::Branch, head, step, "never taken".to_owned(), Trigger::Step(first));
        }
    }

    /// Arms whose heads are words; the typed program has no places of these, so the first step stands for it.
    fn word_arms(&mut self, step: Place, arms: &[(&'static str, Option<&Block>)]) {
        for (word, block) in arms {
            let Some(block) = block else { continue };
            let place = block.first().map_or(step, |first| first.place);
            let label = match *word {
                "timeout" => "never silent".to_owned(),
                word => format!("never {word}"),
            };
            self.add(PointKind::Branch, place, step, label, Trigger::Reported(step, word));
        }
    }

    fn otherwise(&mut self, block: &'p Block, step: &Step, skipped: &mut Vec<*const Block>) {
        let Some(first) = block.first() else { return };
        let place = self.else_keyword(first.place).unwrap_or(first.place);
        if self.needless.contains(&(place.file.0, place.span.start)) {
            skipped.push(block);
            return;
        }
        if let Some(coded) = self.first_coded(block) {
            self.add(PointKind::Branch, place, step.place, "never taken".to_owned(), Trigger::Step(coded));
        }
    }

    /// The word `else` in front of its step.
    fn else_keyword(&self, first: Place) -> Option<Place> {
        let text = &self.program.files.get(first.file.0 as usize)?.text;
        let before = text.get(..first.span.start as usize)?;
        let before = before.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '{' | ';'));
        let start = before.len().checked_sub("else".len())?;
        let found = before.get(start..)?.eq_ignore_ascii_case("else");
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(before.len()).ok()?);
        found.then_some(Place { file: first.file, span: Span::new(start, end) })
    }

    // ------------------------------------------------------------------------------------------- what is heard

    fn count(&self, trigger: Trigger, by: u64) {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry(trigger).or_default();
        *count = count.saturating_add(by);
    }

    /// A step was taken.
    pub fn step(&self, place: Place, by: u64) {
        self.count(Trigger::Step(place), by);
    }

    /// This came of a step.
    pub fn reported(&self, place: Place, word: &str, by: u64) {
        const WORDS: [&str; 15] = [
            "busy",
            "no-answer",
            "declined",
            "unreachable",
            "redirected",
            "full",
            "empty",
            "timeout",
            "invalid",
            "found",
            "missing",
            "failed",
            "late",
            "ok",
            "answered",
        ];
        if let Some(word) = WORDS.iter().find(|known| **known == word) {
            self.count(Trigger::Reported(place, word), by);
        }
    }

    /// A choice was made.
    pub fn case(&self, place: Place, case: u32, by: u64) {
        self.count(Trigger::Case(place, case), by);
    }

    /// A condition held, or not.
    pub fn held(&self, step: Place, held: bool, by: u64) {
        self.count(Trigger::Held(step, held), by);
    }

    /// A part of a condition was asked. Of its parts the first is asked most often.
    pub fn asked(&self, place: Place, by: u64) {
        if let Some(step) = self.head_of(place) {
            self.at_least(step, by);
        }
    }

    /// A step was taken, which may have been heard already.
    pub fn at_least(&self, place: Place, by: u64) {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry(Trigger::Step(place)).or_default();
        *count = (*count).max(by);
    }

    /// The step to whose condition or arm a place belongs.
    fn head_of(&self, place: Place) -> Option<Place> {
        let at = self.heads.partition_point(|(head, _)| (head.file, head.span.start) <= (place.file, place.span.start)).checked_sub(1)?;
        let (head, step) = *self.heads.get(at)?;
        (head.file == place.file && head.span.contains(place.span)).then_some(step)
    }

    /// The `when` to whose condition a place belongs.
    pub fn when_at(&self, place: Place) -> Option<Chain> {
        self.chains.get(&self.head_of(place)?).copied()
    }

    /// The rules that share a look-up whose place is this.
    pub fn run(&self, place: Place) -> Option<&[When]> {
        if self.chains.contains_key(&place) {
            return None;
        }
        let (run, from) = *self.run_starts.get(&(place.file, place.span.start))?;
        let run = self.runs.get(run)?;
        let rules = run.get(from..)?;
        let to = rules.binary_search_by_key(&place.span.end, |when| when.step.span.end).ok()?;
        rules.get(..=to)
    }
}

/// Does a call that comes to these steps always go on behind them?
fn falls(block: &Block) -> bool {
    block.iter().all(|step| matches!(step.kind, StepKind::Say(_) | StepKind::Tag(_) | StepKind::Set { .. }))
}

/// Is it an outcome with a word, and which?
fn word(outcome: &Outcome) -> Option<&'static str> {
    Some(match outcome {
        Outcome::Busy => "busy",
        Outcome::NoAnswer => "no-answer",
        Outcome::Declined => "declined",
        Outcome::Unreachable => "unreachable",
        Outcome::Redirected => "redirected",
        Outcome::Full => "full",
        Outcome::Empty => "empty",
        Outcome::Timeout => "timeout",
        Outcome::Key(_) => return None,
    })
}
