//! Typed programs made by hand, and listings of what comes out.

use std::cell::Cell;
use std::fmt::Write as _;

use callroute_analysis::typed::*;
use callroute_bytecode::image::{self, GatherKind, Image, SwitchKind};
use callroute_bytecode::op::{Next, Op};
use callroute_diagnostics::{FileId, Place, Span};
use callroute_numbers::{Packed, Pattern};

thread_local! {
    static AT: Cell<u32> = const { Cell::new(0) };
}

/// A place of its own for everything.
pub fn place() -> Place {
    let at = AT.get();
    AT.set(at + 2);
    Place { file: FileId(0), span: Span::new(at, at + 1) }
}

/// An empty program with the built-in variables.
pub fn program() -> Program {
    AT.set(0);
    let ty = |builtin| match builtin {
        Builtin::From | Builtin::To => Ty::Phone,
        Builtin::Priority => Ty::Number,
        _ => Ty::Text,
    };
    let vars = Builtin::ALL
        .iter()
        .zip(image::BUILTINS)
        .map(|(builtin, name)| Var {
            name: name.into(),
            ty: ty(*builtin),
            kind: VarKind::Builtin(*builtin),
            secret: false,
            place: Place::default(),
        })
        .collect();
    let files = vec![SourceFile { path: "main.route".into(), text: String::new() }];
    let mut program = Program { turn_limit: 100, vars, files, ..Program::default() };
    program.flows.push(Flow { name: "main".into(), params: Vec::new(), body: Vec::new(), place: Place::default() });
    program
}

pub fn main(steps: Vec<Step>) -> Program {
    let mut program = program();
    program.flows[0].body = steps;
    program
}

pub fn var(program: &mut Program, name: &str, ty: Ty, kind: VarKind) -> VarId {
    program.vars.push(Var { name: name.into(), ty, kind, secret: false, place: place() });
    VarId(program.vars.len() as u32 - 1)
}

pub fn input(program: &mut Program, name: &str, ty: Ty) -> VarId {
    var(program, name, ty, VarKind::Input { attribute: name.into(), header: None, default: None })
}

pub fn flow(program: &mut Program, name: &str, params: Vec<VarId>, body: Vec<Step>) -> FlowId {
    program.flows.push(Flow { name: name.into(), params, body, place: place() });
    FlowId(program.flows.len() as u32 - 1)
}

pub fn step(kind: StepKind) -> Step {
    Step { kind, place: place() }
}

pub fn text(text: &str) -> Template {
    Template { parts: vec![TemplatePart::Text(text.into())] }
}

pub fn value(var: VarId) -> Template {
    Template { parts: vec![TemplatePart::Text("is ".into()), TemplatePart::Value(var)] }
}

pub fn say(what: &str) -> Step {
    step(StepKind::Say(PromptItem::Spoken(Spoken::Say(text(what)))))
}

pub fn tag(var: VarId) -> Step {
    step(StepKind::Tag(value(var)))
}

pub fn hangup() -> Step {
    step(StepKind::Settle(Settle::Hangup))
}

pub fn voicemail(message: &str) -> Step {
    step(StepKind::Voicemail(Voicemail {
        message: text(message),
        mailbox: None,
        max_duration: None,
        full: None,
        failed: None,
        otherwise: None,
    }))
}

pub fn when(cond: Cond, then: Vec<Step>) -> Step {
    step(StepKind::When { cond, then, otherwise: None })
}

pub fn when_else(cond: Cond, then: Vec<Step>, otherwise: Vec<Step>) -> Step {
    step(StepKind::When { cond, then, otherwise: Some(otherwise) })
}

pub fn atom(atom: Atom) -> Cond {
    Cond::Atom(atom, place())
}

pub fn not(cond: Cond) -> Cond {
    Cond::Not(Box::new(cond))
}

pub fn from_is(pattern: &str) -> Cond {
    atom(Atom::Phone(Builtin::From.var(), vec![number(pattern)]))
}

pub fn number(pattern: &str) -> PhoneItem {
    PhoneItem::Pattern(PhonePattern::Numbers(Pattern::parse(pattern).unwrap()))
}

pub fn flag(var: VarId) -> Cond {
    atom(Atom::Flag(var))
}

pub fn phone(text: &str) -> Phone {
    Packed::parse(text).map_or_else(|| Phone::Address(text.into()), Phone::Number)
}

pub fn ms(ms: u64) -> Operand {
    Operand::Const(Const::Duration(ms))
}

pub fn menu(id: u32, choices: Vec<(&str, Vec<Step>)>) -> Menu {
    Menu {
        id: GatherId(id),
        prompts: Vec::new(),
        wait: ms(5000),
        gap: ms(2000),
        tries: Operand::Const(Const::Number(3.0)),
        choices: choices
            .into_iter()
            .map(|(keys, body)| Choice { patterns: vec![Pattern::parse_keys(keys).unwrap()], capture: None, body, place: place() })
            .collect(),
        timeout: None,
        invalid: None,
        otherwise: None,
    }
}

pub fn menu_step(menu: Menu) -> Step {
    step(StepKind::Menu(menu))
}

pub fn dial(number: &str) -> Dial {
    Dial {
        target: DialTarget::Number { to: Operand::Const(Const::Phone(phone(number))), via: Vec::new() },
        options: DialOptions::default(),
        arms: Vec::new(),
        contact: None,
        otherwise: None,
    }
}

pub fn dial_step(number: &str) -> Step {
    step(StepKind::Dial(dial(number)))
}

pub fn go(flow: FlowId) -> Step {
    step(StepKind::Go { flow, args: Vec::new() })
}

pub fn run(flow: FlowId) -> Step {
    step(StepKind::Do { flow, args: Vec::new() })
}

/// Compiles, and checks what must be true of every image.
pub fn compile(program: &Program) -> Image {
    let image = match callroute_compiler::compile(program) {
        Ok(image) => image,
        Err(problems) => panic!("{problems:#?}"),
    };
    assert_eq!(image, callroute_compiler::compile(program).unwrap(), "the same program gives the same image");
    check(&image);
    callroute_bytecode::verify(image.clone()).unwrap_or_else(|error| panic!("{error}\n{}", listing(&image)));
    let bytes = callroute_compiler::build(program).unwrap();
    assert_eq!(callroute_bytecode::decode(&bytes).unwrap(), image, "it survives being written");
    image
}

/// Everything that jumps within an answer goes forward, and every instruction has a place.
fn check(image: &Image) {
    for (at, instr) in (0u32..).zip(&image.code) {
        let ahead = |target: u32| assert!(target > at && (target as usize) < image.code.len(), "{at} goes to {target}\n{}", listing(image));
        let there = |target: u32| assert!((target as usize) < image.code.len(), "{at} goes to {target}\n{}", listing(image));
        match instr.op.next() {
            Next::Branches | Next::Jumps | Next::Calls | Next::SuspendsOrJumps => ahead(instr.c),
            _ => assert_eq!(instr.c, 0),
        }
        if instr.op == Op::Goto {
            assert_ne!(instr.c, at + 1, "a needless goto\n{}", listing(image));
        }
        let mut image = image.clone();
        let b = instr.b as usize;
        match instr.op {
            Op::Switch => image.switches[b].targets.iter().chain([&image.switches[b].default]).for_each(|target| ahead(*target)),
            Op::Split => image.splits[b].arms.iter().for_each(|(_, target)| ahead(*target)),
            Op::Dial => image.dials[b].outcomes.iter().chain(image.dials[b].keys.iter().map(|(_, to)| to)).for_each(|to| ahead(*to)),
            Op::Lookup => image.lookups[b].outcomes.iter().for_each(|target| ahead(*target)),
            Op::Voicemail => image.voicemails[b].outcomes.iter().flatten().for_each(|target| ahead(*target)),
            Op::Action => image.actions[b].outcomes.iter().flatten().for_each(|target| ahead(*target)),
            Op::Gather => {
                let gather = &mut image.gathers[b];
                match &gather.kind {
                    GatherKind::Menu(choices) => choices.iter().for_each(|choice| there(choice.target)),
                    GatherKind::Collect { entered, .. } => there(*entered),
                }
                gather.timeout.iter().chain(&gather.invalid).chain([&gather.otherwise]).for_each(|target| there(*target));
            }
            _ => {}
        }
    }
    let lists = [
        image.gathers.iter().map(|record| &record.live).collect::<Vec<_>>(),
        image.dials.iter().map(|record| &record.live).collect(),
        image.lookups.iter().map(|record| &record.live).collect(),
    ];
    for live in lists.iter().flatten() {
        assert!(live.windows(2).all(|pair| pair[0] < pair[1]), "kept variables are in order, each once: {live:?}");
    }
    assert!(image.code.is_empty() || image.spans.first().is_some_and(|span| span.address == 0));
}

/// The code, a line for each instruction: jumps and targets as addresses.
pub fn listing(image: &Image) -> String {
    let mut out = String::new();
    for (at, instr) in image.code.iter().enumerate() {
        write!(out, "{at}: {}", instr.op.mnemonic()).unwrap();
        let b = instr.b as usize;
        let var = |var: u16| image.vars.get(usize::from(var)).map_or("?", |var| image.strings[var.name as usize].as_str());
        match instr.op {
            Op::Switch => {
                let switch = &image.switches[b];
                write!(out, " {} {:?} else {}", var(instr.a), switch.targets, switch.default).unwrap();
                match &switch.kind {
                    SwitchKind::Phone { anonymous: missing, .. } | SwitchKind::Text { missing, .. } => {
                        if let Some(case) = missing {
                            write!(out, " missing {case}").unwrap();
                        }
                    }
                    SwitchKind::Enum { cases, missing } => {
                        write!(out, " {cases:?} missing {missing:?}").unwrap();
                    }
                }
            }
            Op::Split => write!(out, " {:?}", image.splits[b].arms).unwrap(),
            Op::Gather => {
                let gather = &image.gathers[b];
                let targets: Vec<u32> = match &gather.kind {
                    GatherKind::Menu(choices) => choices.iter().map(|choice| choice.target).collect(),
                    GatherKind::Collect { entered, .. } => vec![*entered],
                };
                write!(out, " {b} {targets:?} timeout {:?} invalid {:?} else {}", gather.timeout, gather.invalid, gather.otherwise)
                    .unwrap();
            }
            Op::Repeat => write!(out, " {b}").unwrap(),
            Op::Retry => write!(out, " {b} flag {} else {}", instr.flag, instr.c).unwrap(),
            Op::Dial => {
                write!(out, " {:?}", image.dials[b].outcomes).unwrap();
                for (_, target) in &image.dials[b].keys {
                    write!(out, " key {target}").unwrap();
                }
            }
            Op::Lookup => write!(out, " {:?}", image.lookups[b].outcomes).unwrap(),
            Op::Voicemail => write!(out, " {:?}", image.voicemails[b].outcomes).unwrap(),
            Op::Action => write!(out, " {:?}", image.actions[b].outcomes).unwrap(),
            Op::Goto | Op::Go | Op::Call => write!(out, " {}", instr.c).unwrap(),
            Op::TableLookup => write!(out, " else {}", instr.c).unwrap(),
            op if op.next() == Next::Branches => {
                let when = if instr.flag & 1 == 1 { "if" } else { "unless" };
                let name = if matches!(op, Op::BrHours | Op::BrOn) { "now" } else { var(instr.a) };
                write!(out, " {when} {name} {}", instr.c).unwrap();
            }
            _ => {}
        }
        out.push('\n');
    }
    out
}

/// A listing without its indentation.
pub fn lines(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

/// The names of the variables that a suspension keeps.
pub fn names(image: &Image, live: &[u16]) -> Vec<String> {
    live.iter().map(|var| image.strings[image.vars[usize::from(*var)].name as usize].clone()).collect()
}
