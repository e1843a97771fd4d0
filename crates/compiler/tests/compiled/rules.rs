//! Which rules share a switch, and that they decide what the author wrote.

use std::time::{Duration, Instant};

use crate::support::*;
use callroute_analysis::typed::*;
use callroute_bytecode::image::{Image, SwitchKind};
use callroute_bytecode::op::Op;
use callroute_calendar::{Day, Zone};
use callroute_numbers::Packed;
use callroute_numbers::index::{IndexRef, TextIndexRef};

fn ops(image: &Image) -> Vec<Op> {
    image.code.iter().map(|instr| instr.op).collect()
}

/// How many switches and how many branches.
fn counts(image: &Image) -> (usize, usize) {
    let branches = ops(image).iter().filter(|op| op.mnemonic().starts_with("br.")).count();
    (image.switches.len(), branches)
}

fn case(image: &Image, switch: usize, number: &str) -> Option<u32> {
    let SwitchKind::Phone { set, .. } = &image.switches[switch].kind else { panic!() };
    IndexRef::new(&set.numbers).unwrap().first_match(Packed::parse(number).unwrap())
}

fn settling(patterns: &[&str]) -> Program {
    main(patterns.iter().map(|pattern| when(from_is(pattern), vec![hangup()])).collect())
}

#[test]
fn rules_that_settle_share_a_switch_in_their_order() {
    let image = compile(&settling(&["+1312*", "+13125550100", "+1*", "911"]));
    assert_eq!(counts(&image), (1, 0));
    assert_eq!(case(&image, 0, "+13125550100"), Some(0), "the first rule that matches");
    assert_eq!(case(&image, 0, "+14155550100"), Some(2));
    assert_eq!(case(&image, 0, "911"), Some(3));
    assert_eq!(case(&image, 0, "+4930123"), None);
    assert_eq!(image.switches[0].targets.len(), 4);
}

#[test]
fn one_rule_alone_is_a_test() {
    assert_eq!(counts(&compile(&settling(&["+1312*"]))), (0, 1));
}

#[test]
fn rules_that_fall_through_share_a_switch_while_they_are_apart() {
    let rules = |patterns: &[&str]| main(patterns.iter().map(|pattern| when(from_is(pattern), vec![say("x")])).collect());
    assert_eq!(counts(&compile(&rules(&["+1312*", "+1415*", "911"]))), (1, 0));
    // A call from +13125550100 must hear both.
    assert_eq!(counts(&compile(&rules(&["+1312*", "+13125550100"]))), (0, 2));
    assert_eq!(counts(&compile(&rules(&["+1312*", "+1415*", "+1312555xxxx", "911"]))), (2, 0));
}

#[test]
fn what_falls_through_goes_behind_the_run() {
    let mut program = settling(&["+1312*", "+1415*"]);
    program.flows[0].body[0] = when(from_is("+1312*"), vec![say("x")]);
    program.flows[0].body.push(say("behind"));
    let image = compile(&program);
    assert_eq!(
        listing(&image),
        lines(
            "0: switch from [1, 3] else 4
             1: say
             2: goto 4
             3: settle
             4: say
             5: end"
        )
    );
}

#[test]
fn other_steps_and_other_variables_end_a_run() {
    let to = |pattern| atom(Atom::Phone(Builtin::To.var(), vec![number(pattern)]));
    let mut program = settling(&["1", "2", "3", "4"]);
    program.flows[0].body.insert(2, say("x"));
    assert_eq!(counts(&compile(&program)), (2, 0));
    program.flows[0].body[2] = when(to("5"), vec![hangup()]);
    assert_eq!(counts(&compile(&program)), (2, 1));
    program.flows[0].body[2] = when(not(from_is("5")), vec![hangup()]);
    assert_eq!(counts(&compile(&program)), (2, 1));
}

#[test]
fn values_that_a_body_could_change_end_a_run() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    let is = |text: &str| atom(Atom::Text(tier, TextOp::Is, vec![TextItem::Const(text.into())]));
    let set = |text_: &str| step(StepKind::Set { var: tier, value: SetValue::Template(text(text_)) });
    program.flows[0].body = vec![when(is("a"), vec![set("b")]), when(is("b"), vec![hangup()]), when(is("c"), vec![hangup()])];
    let image = compile(&program);
    assert_eq!(counts(&image), (1, 1), "{}", listing(&image));
    // Without the `set`, they are one.
    program.flows[0].body[0] = when(is("a"), vec![say("x")]);
    assert_eq!(counts(&compile(&program)), (1, 0));
}

#[test]
fn texts_are_compared_without_case() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    let is = |text: &str| atom(Atom::Text(tier, TextOp::Is, vec![TextItem::Const(text.into())]));
    let missing = atom(Atom::Missing(tier));
    program.flows[0].body = vec![
        when(is("Gold"), vec![hangup()]),
        when(missing, vec![hangup()]),
        when(is("gold"), vec![say("never")]),
        when(is("x"), vec![hangup()]),
    ];
    let image = compile(&program);
    let SwitchKind::Text { index, missing } = &image.switches[0].kind else { panic!() };
    let index = TextIndexRef::new(index).unwrap();
    assert_eq!([index.get("GOLD"), index.get("X"), index.get("y")], [Some(0), Some(3), None]);
    assert_eq!(*missing, Some(1));
}

#[test]
fn enumerations_are_an_array() {
    let mut program = program();
    program.enums.push(Enumeration { values: vec!["gold".into(), "silver".into(), "iron".into()] });
    let tier = input(&mut program, "tier", Ty::Enum(EnumId(0)));
    let is = |value| atom(Atom::Enum(tier, vec![Operand::Const(Const::Enum(EnumId(0), value))]));
    program.flows[0].body = vec![when(is(1), vec![hangup()]), when(is(0), vec![hangup()])];
    let image = compile(&program);
    // A place for each value, also for the one that nobody asks for.
    assert_eq!(image.switches[0].kind, SwitchKind::Enum { cases: vec![2, 1, 0], missing: None });
    program.flows[0].body.truncate(1);
    assert_eq!(ops(&compile(&program)), [Op::BrEnumIs, Op::Settle, Op::End]);
}

#[test]
fn withheld_callers_are_a_case() {
    let mut program = settling(&["911", "112"]);
    program.flows[0].body.insert(1, when(atom(Atom::Phone(Builtin::From.var(), vec![PhoneItem::Anonymous])), vec![say("x")]));
    let image = compile(&program);
    assert!(matches!(image.switches[0].kind, SwitchKind::Phone { anonymous: Some(1), .. }));
    assert_eq!(counts(&image), (1, 0));
}

fn list(program: &mut Program, entries: &[(&str, Option<Day>)]) -> Cond {
    let entries = entries
        .iter()
        .map(|(pattern, until)| {
            let PhoneItem::Pattern(what) = number(pattern) else { panic!() };
            ListEntry { what, label: None, until: *until }
        })
        .collect();
    program.lists.push(List { name: "l".into(), entries, zone: Zone::parse("America/Chicago").unwrap(), place: place() });
    atom(Atom::Phone(Builtin::From.var(), vec![PhoneItem::List(Ref::Id(ListId(program.lists.len() as u32 - 1)))]))
}

#[test]
fn lists_join_unless_their_entries_have_days() {
    let mut program = settling(&["911", "112"]);
    let lasting = list(&mut program, &[("+1312*", None), ("+1415*", None)]);
    program.flows[0].body.insert(1, when(lasting, vec![hangup()]));
    let image = compile(&program);
    assert_eq!(counts(&image), (1, 0));
    assert_eq!(case(&image, 0, "+14155550100"), Some(1));
    let day = Day::from_ymd(2026, 12, 31).unwrap();
    let passing = list(&mut program, &[("+1312*", Some(day)), ("+1415*", None)]);
    program.flows[0].body[1] = when(passing, vec![hangup()]);
    assert_eq!(counts(&compile(&program)), (0, 3));
}

#[test]
fn variables_end_a_run() {
    let mut program = settling(&["911", "112"]);
    let other = input(&mut program, "other", Ty::Phone);
    let same = atom(Atom::Phone(Builtin::From.var(), vec![PhoneItem::Var(other)]));
    program.flows[0].body.insert(1, when(same, vec![hangup()]));
    assert_eq!(counts(&compile(&program)), (0, 3));
}

#[test]
fn chains_of_else_and_arms_of_a_switch_share_one() {
    let chain = when_else(from_is("+1*"), vec![say("a")], vec![when_else(from_is("+1312*"), vec![say("b")], vec![say("c")])]);
    let image = compile(&main(vec![chain]));
    // Here the second is only tried when the first did not match, so that overlapping does no harm.
    assert_eq!(counts(&image), (1, 0));
    assert_eq!(case(&image, 0, "+13125550100"), Some(0));
    let arm = |cond, body| SwitchArm { cond, body, place: place() };
    let program = main(vec![step(StepKind::Switch {
        subject: Builtin::From.var(),
        arms: vec![
            arm(Cond::Or(vec![from_is("911"), from_is("112")]), vec![say("a")]),
            arm(from_is("+1*"), vec![hangup()]),
            arm(atom(Atom::Missing(Builtin::From.var())), vec![]),
        ],
        otherwise: Some(vec![say("other")]),
    })]);
    let image = compile(&program);
    assert_eq!(listing(&image), lines("0: switch from [1, 3, 5] else 4 missing 2\n1: say\n2: end\n3: settle\n4: say\n5: end"));
}

#[test]
fn a_mixed_switch_is_split() {
    let mut program = program();
    let other = input(&mut program, "other", Ty::Phone);
    let arm = |cond| SwitchArm { cond, body: vec![hangup()], place: place() };
    let same = atom(Atom::Phone(Builtin::From.var(), vec![PhoneItem::Var(other)]));
    let arms = vec![arm(from_is("1")), arm(from_is("2")), arm(same), arm(from_is("3")), arm(from_is("4"))];
    program.flows[0].body = vec![step(StepKind::Switch { subject: Builtin::From.var(), arms, otherwise: None })];
    let image = compile(&program);
    assert_eq!(counts(&image), (2, 1));
    assert_eq!(ops(&image).first(), Some(&Op::Switch));
}

#[test]
fn ten_thousand_rules_compile_fast_and_decide_in_one_step() {
    let time = |falls: bool, count: u32| {
        let rule = |i| when(from_is(&format!("+1312{i:07}")), vec![if falls { say("x") } else { hangup() }]);
        let program = main((0..count).map(rule).collect());
        let start = Instant::now();
        let image = callroute_compiler::compile(&program).unwrap();
        let time = start.elapsed();
        assert_eq!(counts(&image), (1, 0));
        assert_eq!(case(&image, 0, "+13120000077"), Some(77));
        (time, callroute_bytecode::verify(image).unwrap().cost())
    };
    for falls in [false, true] {
        let (_, few) = time(falls, 100);
        let (slow, many) = time(falls, 10_000);
        // Generous, because the machine may be busy; quadratic work would take minutes.
        assert!(slow < Duration::from_secs(20), "{slow:?}");
        // What grows is the longest chain of collisions in the index.
        assert!(many < few + 50, "an answer costs {few} with a hundred rules and {many} with ten thousand");
    }
}
