//! One broken image for each rule of the verifier; and what it finds out about good ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod common;

use callroute_bytecode::image::*;
use callroute_bytecode::op::{Field, Instr, Next, Op};
use callroute_bytecode::{limits, verify};
use common::{Asm, sample};

type Change = fn(&mut Image);

fn code(image: &mut Image, op: Op) -> &mut Instr {
    image.code.iter_mut().find(|instr| instr.op == op).unwrap()
}

fn menu(image: &mut Image) -> &mut Vec<Choice> {
    match &mut image.gathers[0].kind {
        GatherKind::Menu(choices) => choices,
        GatherKind::Collect { .. } => panic!("the first is a menu"),
    }
}

const NONE: u32 = 1_000_000;
const NO_VAR: u32 = 0x8000_0000 | 999;

/// What is broken, and what is said about it.
const BROKEN: &[(Change, &str)] = &[
    // The header and sizes.
    (|i| i.code.clear(), "in its header, there must be an instruction"),
    (|i| i.turn_limit = 0, "the limit of turns"),
    (|i| i.turn_limit = 10_001, "the limit of turns"),
    (|i| i.entry = NONE, "instruction 1000000 does not exist"),
    (|i| i.fallback = Some(99), "way to settle 99 does not exist"),
    (|i| i.externs[0].1 = NONE, "text 1000000 does not exist"),
    (|i| i.strings[0] = "x".repeat(limits::TEXT + 1), "number 0 of its strings, the length of a text is 65537, and the limit is 65536"),
    (|i| i.vars.resize(limits::VARS + 1, i.vars[20].clone()), "the number of variables is 16385, and the limit is 16384"),
    (|i| i.code.resize(limits::CODE + 1, i.code[0]), "the number of instructions"),
    (|i| i.enums[0].resize(limits::ENUM_VALUES + 1, 0), "the number of values"),
    (|i| i.groups[0].members = vec![i.groups[0].members[0].clone(); limits::MEMBERS + 1], "the number of members"),
    (|i| i.gathers[0].prompts = vec![0; limits::GATHER_PROMPTS + 1], "the number of prompts"),
    // Values.
    (|i| i.enums[0][0] = NONE, "in number 0 of its enums, text 1000000"),
    (|i| i.consts[2] = Const::Phone(0x1CFF_FFFF_FFFF_FFFF), "a telephone number must be one"),
    (|i| i.consts[2] = Const::Phone(u64::MAX), "a telephone number must be one"),
    (|i| i.consts[2] = Const::Address(NONE), "text 1000000"),
    (|i| i.consts.push(Const::Number(f64::NAN)), "a number must be finite"),
    (|i| i.consts.push(Const::Phones(vec![NONE])), "constant 1000000"),
    (|i| i.consts.push(Const::Phones(vec![0])), "is used as one of several phones"),
    (|i| i.consts.push(Const::Enum(0, 3)), "value of an enumeration 3 does not exist"),
    (|i| i.consts.push(Const::Enum(1, 0)), "enumeration 1 does not exist"),
    (|i| i.consts.push(Const::Target(TargetKind::Queue, TargetRef::Defined(1))), "queue 1 does not exist"),
    (|i| i.consts.push(Const::Target(TargetKind::Group, TargetRef::Var(19))), "a constant target must be known"),
    (|i| i.consts.push(Const::Schedule(9)), "schedule 9 does not exist"),
    (|i| i.consts.push(Const::Dates(9)), "dates 9 does not exist"),
    (|i| i.consts.push(Const::List(9)), "list 9 does not exist"),
    (|i| i.vars.truncate(10), "the built-in variables must be there"),
    (|i| i.vars[0].ty = Ty::Text, "the built-in variables must be there"),
    (|i| i.vars[20].kind = VarKind::Builtin, "a built-in variable must be one of the first"),
    (|i| i.vars[20].name = NONE, "in number 20 of its vars, text 1000000"),
    (|i| i.vars[11].ty = Ty::Enum(5), "enumeration 5 does not exist"),
    (|i| i.vars[12].kind = VarKind::Input { name: NONE, header: false, default: None }, "text 1000000"),
    (|i| i.vars[12].kind = VarKind::Input { name: 0, header: false, default: Some(0) }, "is used as the default of an input"),
    (|i| i.vars[22].kind = VarKind::Input { name: 0, header: false, default: None }, "is used as an input"),
    // The calendar.
    (
        |i| i.dates.dates[0].entries.push(callroute_calendar::DatesEntry::from(callroute_calendar::DayRule::Named(7))),
        "the bytes of the dates are damaged",
    ),
    (
        |i| i.dates.dates[0].entries.push(callroute_calendar::DatesEntry::from(callroute_calendar::DayRule::Named(0))),
        "the bytes of the dates are damaged",
    ),
    (
        |i| {
            i.schedules[0].lines[1].days =
                callroute_calendar::LineDays::Dates(vec![callroute_calendar::DatesEntry::from(callroute_calendar::DayRule::Named(7))]);
        },
        "the bytes of a schedule are damaged",
    ),
    // Lists, tests, switches, splits.
    (|i| i.lists[0].groups[0].set.numbers = vec![1, 2, 3].into(), "the bytes of an index of numbers are damaged"),
    (|i| i.lists[0].groups[0].set.addresses = vec![1, 2, 3].into(), "the bytes of an index of texts are damaged"),
    (|i| i.phone_tests[0].lists = vec![4], "list 4 does not exist"),
    (|i| i.phone_tests[0].lists = vec![0x8000_0000], "a value of type phone is used as list"),
    (|i| i.phone_tests[0].vars = vec![999], "variable 999 does not exist"),
    (|i| i.phone_tests[0].vars = vec![12], "a value of type number is used as a phone"),
    (|i| i.text_tests[0].items = vec![TextItem::Str(NONE)], "text 1000000"),
    (|i| i.text_tests[0].items = vec![TextItem::Var(20)], "a value of type schedule is used as a text"),
    (|i| i.text_tests[0].items = vec![TextItem::Keys(common::keys("1"))], "keys can only be compared for equality"),
    (|i| i.text_tests[1].op = TextOp::Contains, "only equality can use an index of texts"),
    (|i| i.text_tests[1].index = vec![0; 40].into(), "the bytes of an index of texts are damaged"),
    (|i| i.language_tests[0] = vec![TextItem::Keys(common::keys("1"))], "keys can only be compared"),
    (|i| i.enum_tests[0] = vec![Operand(NONE)], "constant 1000000"),
    (|i| i.enum_tests[0] = vec![Operand::var(12)], "a value of type number is used as a value of an enumeration"),
    (|i| i.switches[0].default = NONE, "instruction 1000000 does not exist"),
    (|i| i.switches[0].targets[0] = NONE, "instruction 1000000 does not exist"),
    (
        |i| i.switches[0].kind = SwitchKind::Phone { set: PhoneSet::default(), anonymous: Some(2) },
        "in number 0 of its switches, case 2 does not exist",
    ),
    (|i| i.switches[1].kind = SwitchKind::Text { index: vec![9].into(), missing: None }, "the bytes of an index of texts"),
    (|i| i.switches[1].kind = SwitchKind::Text { index: Vec::new().into(), missing: Some(2) }, "case 2 does not exist"),
    (|i| i.switches[2].kind = SwitchKind::Enum { cases: vec![1, 2, 3], missing: None }, "case 2 does not exist"),
    (|i| i.splits[0].label = NONE, "text 1000000"),
    (|i| i.splits[0].arms.clear(), "the last border of a split must be 10000"),
    (|i| i.splits[0].arms[1].0 = 9_999, "the last border of a split must be 10000"),
    (|i| i.splits[0].arms[0].0 = 10_000, "the borders of a split must rise"),
    (|i| i.splits[0].arms[0].1 = NONE, "instruction 1000000 does not exist"),
    // Texts.
    (|i| i.templates[0] = vec![TemplatePart::Str(NONE)], "text 1000000"),
    (|i| i.templates[0] = vec![TemplatePart::Var(999)], "variable 999 does not exist"),
    (|i| i.templates[0] = vec![TemplatePart::Var(20)], "a value of type schedule is used as a text"),
    (|i| i.prompts[0] = Prompt::Say(99), "text with values 99 does not exist"),
    (|i| i.prompts[0] = Prompt::Play(NONE), "text 1000000"),
    (|i| i.prompts[0] = Prompt::Named(vec![PromptEntry { language: Some(NONE), say: false, what: 0 }]), "text 1000000"),
    (|i| i.prompts[0] = Prompt::Named(vec![PromptEntry { language: None, say: true, what: 99 }]), "text with values 99"),
    (|i| i.assigns[0][0].0 = 999, "variable 999 does not exist"),
    (|i| i.assigns[0][0].1 = Operand(NONE), "constant 1000000"),
    // Tables.
    (|i| i.tables[0].name = NONE, "text 1000000"),
    (|i| i.tables[0].columns[0] = Ty::Group, "a value of type group is used as a column"),
    (|i| i.tables[0].columns[0] = Ty::Enum(9), "enumeration 9 does not exist"),
    (|i| i.tables[0].text_keys = true, "a table by prefix must have numbers as keys"),
    (|i| i.tables[0].index = vec![1].into(), "the bytes of an index of numbers"),
    (|i| i.tables[0].rows = 3, "the bytes of a table are damaged"),
    (|i| i.tables[0].rows = u32::MAX, "the bytes of a table are damaged"),
    (|i| i.table_lookups[0].table = 1, "table 1 does not exist"),
    (|i| i.table_lookups[0].key = Operand(NO_VAR), "variable 999 does not exist"),
    (|i| i.table_lookups[0].key = Operand::var(20), "a value of type schedule is used as a key"),
    (|i| i.table_lookups[0].row[0].1 = 2, "field 2 does not exist"),
    (|i| i.table_lookups[0].row[0].0 = 24, "a value of type text is used as the variable of a field"),
    // Targets.
    (|i| i.agents[0].name = Some(NONE), "in number 0 of its agents, text 1000000"),
    (|i| i.groups[0].total = Some(Operand(0)), "is used as a duration"),
    (|i| i.groups[0].members[0].who = MemberWho::Phone(Operand::var(20)), "a value of type schedule is used as a phone"),
    (|i| i.groups[0].members[0].who = MemberWho::Extern(NONE), "text 1000000"),
    (|i| i.groups[0].members[0].confirm = Some(NONE), "text 1000000"),
    (|i| i.queues[0].max_wait = Some(Operand::var(12)), "a value of type number is used as a duration"),
    (|i| i.queues[0].music = Some(NONE), "text 1000000"),
    (|i| i.trunks[0].1 = 0, "is used as a trunk's address"),
    // Menus and collects.
    (|i| menu(i).clear(), "a menu must have a choice"),
    (|i| menu(i)[0].patterns.clear(), "a choice must have keys"),
    (|i| menu(i)[0].target = NONE, "instruction 1000000"),
    (|i| menu(i)[0].capture = Some(12), "a value of type number is used as what was pressed"),
    (|i| i.gathers[0].prompts = vec![99], "prompt 99 does not exist"),
    (|i| i.gathers[0].tries = i.gathers[0].wait, "a value of type duration is used as a number of tries"),
    (|i| i.gathers[0].wait = i.gathers[0].tries, "a value of type number is used as a duration"),
    (|i| i.gathers[0].timeout = Some(NONE), "instruction 1000000"),
    (|i| i.gathers[0].live = vec![999], "variable 999 does not exist"),
    (
        |i| i.gathers[1].kind = GatherKind::Collect { min: 0, max: 4, ending: None, secret: false, var: 17, entered: 0 },
        "the digits of a collect must be 1 to 32",
    ),
    (
        |i| i.gathers[1].kind = GatherKind::Collect { min: 5, max: 4, ending: None, secret: false, var: 17, entered: 0 },
        "the digits of a collect must be 1 to 32",
    ),
    (
        |i| i.gathers[1].kind = GatherKind::Collect { min: 1, max: 33, ending: None, secret: false, var: 17, entered: 0 },
        "the digits of a collect must be 1 to 32",
    ),
    (
        |i| i.gathers[1].kind = GatherKind::Collect { min: 1, max: 4, ending: Some(12), secret: false, var: 17, entered: 0 },
        "the key that ends a collect must be one",
    ),
    (
        |i| i.gathers[1].kind = GatherKind::Collect { min: 1, max: 4, ending: None, secret: false, var: 12, entered: 0 },
        "is used as what was entered",
    ),
    // Ringing.
    (|i| i.dials[0].target = DialTarget::Target(TargetKind::Trunk, TargetRef::Defined(0)), "a trunk cannot be rung"),
    (|i| i.dials[0].target = DialTarget::Target(TargetKind::Agent, TargetRef::Defined(1)), "agent 1 does not exist"),
    (|i| i.dials[0].target = DialTarget::Target(TargetKind::Agent, TargetRef::Extern(NONE)), "text 1000000"),
    (|i| i.dials[0].target = DialTarget::Target(TargetKind::Agent, TargetRef::Var(70_000)), "variable 70000 does not exist"),
    (|i| i.dials[0].target = DialTarget::Target(TargetKind::Agent, TargetRef::Var(20)), "a value of type schedule is used as a target"),
    (|i| i.dials[4].target = DialTarget::Number(Operand(NONE), Vec::new()), "constant 1000000"),
    (|i| i.dials[4].target = DialTarget::Number(Operand(2), vec![TargetRef::Defined(1)]), "trunk 1 does not exist"),
    (|i| i.dials[1].until = Some((1441, 0)), "a time of day must be within a day"),
    (|i| i.dials[1].until = Some((1, 9)), "zone 9 does not exist"),
    (|i| i.dials[1].announce = Some(99), "text with values 99"),
    (|i| i.dials[1].headers[0].0 = NONE, "text 1000000"),
    (|i| i.dials[1].codecs[0] = NONE, "text 1000000"),
    (|i| i.dials[1].contact = Some(12), "a value of type number is used as a contact"),
    (|i| i.dials[3].keys[0].1 = NONE, "instruction 1000000"),
    (|i| i.dials[3].outcomes[7] = NONE, "instruction 1000000"),
    // Sources, voicemail, actions, ends.
    (|i| i.sources[0].fields[0].1 = Ty::List, "a value of type list is used as a field"),
    (|i| i.sources[0].params[0].0 = NONE, "text 1000000"),
    (|i| i.lookups[0].source = 1, "source 1 does not exist"),
    (|i| i.lookups[0].args.clear(), "there must be an argument for each parameter"),
    (|i| i.lookups[0].row[0].1 = 9, "field 9 does not exist"),
    (|i| i.lookups[0].outcomes[0] = NONE, "instruction 1000000"),
    (|i| i.voicemails[0].message = 99, "text with values 99"),
    (|i| i.voicemails[0].outcomes = Some([NONE, 0]), "instruction 1000000"),
    (|i| i.action_defs[0].name = NONE, "text 1000000"),
    (|i| i.actions[0].def = 9, "action 9 does not exist"),
    (|i| i.actions[0].args.clear(), "there must be an argument for each parameter"),
    (|i| i.actions[0].outcomes = None, "an action that does not settle the call must say where to go on"),
    (|i| i.settles[0] = Settle::Reject(Operand(0), None), "is used as a SIP status"),
    (|i| i.settles[0] = Settle::Redirect(Operand::var(20), false), "is used as a phone"),
    (|i| i.settles[0] = Settle::Voicemail(9), "voicemail 9 does not exist"),
    (|i| i.settles[0] = Settle::Voicemail(0), "a voicemail that settles must ask for nothing"),
    (|i| i.spans[1].address = 0, "places must be in the order of the instructions"),
    (|i| i.spans[1].file = 9, "file 9 does not exist"),
    (|i| i.spans[1].start = 100, "a place must not end before it begins"),
    // Instructions.
    (|i| code(i, Op::BrHours).a = 9, "(`br.hours`), zone 8 does not exist"),
    (|i| code(i, Op::BrHours).b = 9, "schedule 9 does not exist"),
    (|i| code(i, Op::BrHours).b = 0x8000_0000, "a value of type phone is used as schedule"),
    (|i| code(i, Op::BrHours).flag = 2, "its flag has a bit that means nothing"),
    (|i| code(i, Op::BrOn).a = 9, "zone 9 does not exist"),
    (|i| code(i, Op::BrOn).b = 9, "dates 9 does not exist"),
    (|i| code(i, Op::BrPhone).a = 999, "variable 999 does not exist"),
    (|i| code(i, Op::BrPhone).a = 12, "a value of type number is used as"),
    (|i| code(i, Op::BrPhone).b = 9, "test of a phone 9 does not exist"),
    (|i| code(i, Op::BrText).a = 20, "a value of type schedule"),
    (|i| code(i, Op::BrText).b = 9, "test of a text 9 does not exist"),
    (|i| code(i, Op::BrEnumIs).a = 12, "a value of type number"),
    (|i| code(i, Op::BrEnumIs).b = 3, "value of an enumeration 3 does not exist"),
    (|i| code(i, Op::BrEnumIn).b = 9, "test of an enumeration 9 does not exist"),
    (|i| code(i, Op::BrNumber).a = 0, "a value of type phone"),
    (|i| code(i, Op::BrNumber).b = 0x8000_0000, "a value of type phone is used as a number"),
    (|i| code(i, Op::BrNumber).flag = 10, "its flag has a bit that means nothing"),
    (|i| code(i, Op::BrFlag).a = 0, "a value of type phone"),
    (|i| code(i, Op::BrFlag).b = 1, "an operand that means nothing must be 0"),
    (|i| code(i, Op::BrFlagIs).b = 0x8000_0000, "a value of type phone is used as a flag"),
    (|i| code(i, Op::BrLanguage).a = 0, "a value of type phone"),
    (|i| code(i, Op::BrLanguage).b = 9, "test of a language 9 does not exist"),
    (|i| code(i, Op::Switch).b = 9, "switch 9 does not exist"),
    (|i| code(i, Op::Switch).a = 12, "a value of type number is used as a phone"),
    (|i| i.switches[2].kind = SwitchKind::Enum { cases: vec![1, 2], missing: None }, "a switch must have a case for each value"),
    (|i| i.switches[0].kind = SwitchKind::Enum { cases: Vec::new(), missing: None }, "is used as a value of an enumeration"),
    (|i| code(i, Op::Split).b = 9, "split 9 does not exist"),
    (|i| code(i, Op::TableLookup).b = 9, "look-up in a table 9 does not exist"),
    (|i| code(i, Op::TableLookup).flag = 1, "its flag has a bit"),
    (|i| code(i, Op::Say).b = 99, "prompt 99 does not exist"),
    (|i| code(i, Op::Tag).b = 99, "text with values 99"),
    (|i| code(i, Op::Set).a = 999, "variable 999 does not exist"),
    (|i| code(i, Op::Set).b = NONE, "constant 1000000"),
    (|i| code(i, Op::SetText).a = 0, "a value of type phone"),
    (|i| code(i, Op::Assign).b = 9, "assignment 9 does not exist"),
    (|i| code(i, Op::Gather).b = 9, "menu or collect 9 does not exist"),
    (|i| code(i, Op::Retry).flag = 2, "its flag has a bit"),
    (|i| code(i, Op::Dial).b = 9, "dial step 9 does not exist"),
    (|i| code(i, Op::Lookup).b = 9, "look-up 9 does not exist"),
    (|i| code(i, Op::Voicemail).b = 9, "voicemail step 9 does not exist"),
    (|i| code(i, Op::Action).b = 9, "use of an action 9 does not exist"),
    (|i| code(i, Op::Settle).b = 9, "way to settle 9 does not exist"),
    // Where execution goes.
    (|i| code(i, Op::Goto).c = 0, "it goes back to 0, which only a menu or collect may"),
    (|i| code(i, Op::Goto).c = NONE, "instruction 1000000 does not exist"),
    (|i| code(i, Op::BrFlag).c = 3, "it goes back to 3"),
    (|i| code(i, Op::Go).c = 1, "it goes back to 1"),
    (|i| code(i, Op::Call).c = 1, "it goes back to 1"),
    (|i| code(i, Op::Retry).c = 1, "it goes back to 1"),
    (|i| i.switches[2].targets[0] = 2, "(`switch`), it goes back to 2"),
    (|i| i.switches[2].default = 2, "(`switch`), it goes back to 2"),
    (|i| i.splits[0].arms[0].1 = 2, "(`split`), it goes back to 2"),
    (|i| i.lookups[0].outcomes[1] = 2, "(`lookup`), it goes back to 2"),
    (|i| i.dials[0].outcomes[3] = 2, "(`dial`), it goes back to 2"),
    (|i| i.dials[0].outcomes[1] = 2, "(`dial`), it goes back to 2"),
    (|i| i.dials[3].outcomes[7] = 2, "(`dial`), it goes back to 2"),
    (|i| i.code.last_mut().unwrap().op = Op::Say, "execution would run off the end"),
];

#[test]
fn each_rule_is_kept() {
    assert!(verify(sample()).is_ok());
    for (index, (change, said)) in BROKEN.iter().enumerate() {
        let mut image = sample();
        change(&mut image);
        let error = verify(image).map(|_| ()).expect_err(&format!("{index}: {said}")).to_string();
        assert!(error.contains(said), "{index}: {said}\n{error}");
        assert!(error.starts_with("the compiled script cannot be run: in "), "{error}");
    }
}

/// Every kind of operand and of way occurs in the sample, so that the tables above can speak of all of them.
#[test]
fn the_sample_has_everything() {
    let image = sample();
    for op in Op::ALL {
        assert!(image.code.iter().any(|instr| instr.op == *op), "{op:?}");
        assert_eq!(Op::from_number(*op as u8), Some(*op));
    }
    assert_eq!(Op::from_number(0), None);
    assert!(Op::ALL.iter().any(|op| op.operands().contains(&Field::Unused) && op.next() == Next::Ends));
}

/// Events may lead back; what is passed without one may not.
#[test]
fn only_events_lead_back() {
    for (change, good) in [
        (Box::new(|i: &mut Image| menu(i)[0].target = 0) as Box<dyn Fn(&mut Image)>, true),
        (Box::new(|i: &mut Image| i.gathers[0].otherwise = 0), true),
        (Box::new(|i: &mut Image| i.gathers[1].timeout = Some(0)), true),
        (Box::new(|i: &mut Image| i.dials[0].outcomes[0] = 0), true),
        (Box::new(|i: &mut Image| i.dials[3].keys[0].1 = 0), true),
        (Box::new(|i: &mut Image| i.actions[0].outcomes = Some([0, 0])), true),
        (Box::new(|i: &mut Image| i.voicemails[0].outcomes = Some([0, 0])), true),
        (Box::new(|i: &mut Image| i.lookups[0].outcomes[3] = 0), true),
        (Box::new(|i: &mut Image| i.dials[0].outcomes[3] = 0), false),
    ] {
        let mut image = sample();
        change(&mut image);
        assert_eq!(verify(image).is_ok(), good);
    }
}

/// A flow that can come back to its own call before it returns would let the stack grow with every event.
#[test]
fn flows_cannot_call_in_a_circle() {
    let mut asm = Asm::new();
    let [flow, back] = std::array::from_fn(|_| asm.label());
    asm.here(back);
    asm.op(Op::Call, 0, 0, flow);
    asm.op(Op::End, 0, 0, 0);
    asm.here(flow);
    let menu = asm.menu(&[("1", back)], flow);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.op(Op::Return, 0, 0, 0);
    let error = verify(asm.finish()).unwrap_err().to_string();
    assert_eq!(error, "the compiled script cannot be run: in instruction 0 (`call`), the flow can call itself before it returns");
}

fn nested(depth: u32) -> Image {
    let mut asm = Asm::new();
    for level in 0..depth {
        asm.op(Op::Call, 0, 0, 2 * level + 2);
        asm.op(Op::Return, 0, 0, 0);
    }
    asm.op(Op::End, 0, 0, 0);
    asm.finish()
}

#[test]
fn calls_have_a_depth() {
    assert_eq!(verify(nested(limits::STACK)).unwrap().max_stack(), limits::STACK);
    let error = verify(nested(limits::STACK + 1)).unwrap_err().to_string();
    assert!(error.contains("the number of flows that wait for each other is 65, and the limit is 64"), "{error}");
    // `go` starts anew: what it jumps to waits for nobody.
    let mut image = nested(limits::STACK);
    let more = image.code.len() as u32;
    image.code.last_mut().unwrap().op = Op::Go;
    image.code.last_mut().unwrap().c = more;
    image.code.push(Instr { op: Op::Call, flag: 0, a: 0, b: 0, c: more + 2 });
    image.code.push(Instr { op: Op::Return, flag: 0, a: 0, b: 0, c: 0 });
    image.code.push(Instr { op: Op::Return, flag: 0, a: 0, b: 0, c: 0 });
    assert_eq!(verify(image).unwrap().max_stack(), limits::STACK);
}

/// Thirty flows, each of which calls the next one twice: a thousand million steps.
#[test]
fn calls_that_multiply_are_refused() {
    let mut asm = Asm::new();
    for level in 0..30u32 {
        asm.op(Op::Call, 0, 0, 3 * level + 3);
        asm.op(Op::Call, 0, 0, 3 * level + 3);
        asm.op(Op::Return, 0, 0, 0);
    }
    asm.op(Op::Return, 0, 0, 0);
    let error = verify(asm.finish()).unwrap_err().to_string();
    assert!(error.contains("the cost of an answer is ") && error.contains("and the limit is 10000000"), "{error}");
}

#[test]
fn the_cost_is_the_longest_way() {
    // Three instructions, eleven variables.
    let mut asm = Asm::new();
    let end = asm.label();
    asm.op(Op::BrMissing, 0, 0, end);
    asm.op(Op::BrMissing, 0, 0, end);
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    assert_eq!(verify(asm.finish()).unwrap().cost(), 3 + 11);
    // A menu behind which ten instructions wait: keys typed ahead pass it in the same answer.
    let mut asm = Asm::new();
    let [after, out] = std::array::from_fn(|_| asm.label());
    let menu = asm.menu(&[("1", after)], out);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(after);
    for _ in 0..10 {
        asm.op(Op::Set, 3, 0, 0);
    }
    asm.here(out);
    asm.op(Op::End, 0, 0, 0);
    // The gather's own 1 + 4, then 10 + 1.
    assert_eq!(verify(asm.finish()).unwrap().cost(), 5 + 11 + 11);
    // A menu that leads back to itself can be passed once for every key.
    let mut asm = Asm::new();
    let [top, out] = std::array::from_fn(|_| asm.label());
    asm.here(top);
    let menu = asm.menu(&[("1", top)], out);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(out);
    asm.op(Op::End, 0, 0, 0);
    let cost = verify(asm.finish()).unwrap().cost();
    assert!((33 * 5..35 * 5 + 20).contains(&cost), "{cost}");
}

/// Two calls of flows that go far only with two keys each: with four keys both do, though three are no better than two.
#[test]
fn keys_are_shared_by_flows() {
    let build = |calls: u32| {
        let mut asm = Asm::new();
        let flow = asm.label();
        for _ in 0..calls {
            asm.op(Op::Call, 0, 0, flow);
        }
        asm.op(Op::End, 0, 0, 0);
        asm.here(flow);
        let [short, inner, long, out] = std::array::from_fn(|_| asm.label());
        asm.op(Op::BrMissing, 0, 0, short);
        for choices in [inner, long] {
            let menu = asm.menu(&[("1", choices)], out);
            let menu = asm.add_gather(menu);
            asm.op(Op::Gather, 0, menu, 0);
            asm.here(choices);
        }
        for _ in 0..500 {
            asm.op(Op::Set, 3, 0, 0);
        }
        asm.op(Op::Return, 0, 0, 0);
        asm.here(short);
        for _ in 0..100 {
            asm.op(Op::Set, 3, 0, 0);
        }
        asm.here(out);
        asm.op(Op::Return, 0, 0, 0);
        asm.constant(Const::Number(0.0));
        let mut image = asm.finish();
        let zero = image.consts.iter().position(|value| matches!(value, Const::Number(_))).unwrap() as u32;
        image.code.iter_mut().filter(|instr| instr.op == Op::Set).for_each(|instr| instr.b = zero);
        verify(image).unwrap().cost()
    };
    let (one, two, three) = (build(1), build(2), build(3));
    assert!(two >= one + 500 && three >= two + 500, "{one} {two} {three}");
    // Not each call with all the keys: what follows a call is counted once.
    assert!(three < 4 * 600, "{three}");
}

#[test]
fn what_is_read_is_known() {
    let verified = verify(sample()).unwrap();
    let name = |var: u16| {
        let image = verified.image();
        image.strings[image.vars[usize::from(var)].name as usize].as_str()
    };
    let read: Vec<&str> = (0..verified.image().vars.len() as u16).filter(|var| verified.reads(*var)).map(name).collect();
    assert!(["from", "to", "language", "caller name", "tier", "team"].iter().all(|name| read.contains(name)), "{read:?}");
    assert!(!read.contains(&"pin") && !read.contains(&"from.user") && !read.contains(&"priority"), "{read:?}");
    let resumes: Vec<Op> = verified.resume_points().map(|at| verified.image().code[at as usize].op).collect();
    assert_eq!(resumes.iter().filter(|op| **op == Op::Gather).count(), 2);
    assert!(
        verified.is_return_point(25) && !verified.is_return_point(24) && !verified.is_return_point(0) && !verified.is_return_point(NONE)
    );
}

/// Verification is linear: a large script takes no more than its share.
#[test]
fn large_images_are_verified_quickly() {
    let mut asm = Asm::new();
    let end = asm.label();
    for _ in 0..200_000 {
        asm.op(Op::BrMissing, 0, 0, end);
    }
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    let image = asm.finish();
    let start = std::time::Instant::now();
    let verified = verify(image).unwrap();
    assert_eq!(verified.cost(), 200_001 + 11);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
