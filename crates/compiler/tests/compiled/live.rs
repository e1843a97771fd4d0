//! What is kept while a call waits: what a later step may read, and nothing else.

use crate::support::*;
use callroute_analysis::typed::*;
use callroute_bytecode::image::Image;

fn kept(image: &Image) -> Vec<Vec<String>> {
    image.gathers.iter().map(|gather| names(image, &gather.live)).chain(image.dials.iter().map(|dial| names(image, &dial.live))).collect()
}

#[test]
fn what_is_read_behind_is_kept() {
    let mut program = program();
    let [before, behind] = ["before", "behind"].map(|name| input(&mut program, name, Ty::Text));
    program.flows[0].body = vec![tag(before), dial_step("911"), tag(behind), tag(Builtin::From.var())];
    assert_eq!(kept(&compile(&program)), [["from", "behind"]]);
}

#[test]
fn what_is_written_first_is_not() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    let set = |value| step(StepKind::Set { var: tier, value });
    program.flows[0].body = vec![dial_step("911"), set(SetValue::Template(text("x"))), tag(tier)];
    assert_eq!(kept(&compile(&program)), [[""; 0]]);
    // On one way only: kept.
    program.flows[0].body[1] = when(from_is("911"), vec![set(SetValue::Template(text("x")))]);
    assert_eq!(kept(&compile(&program)), [["from", "tier"]]);
    // Written from itself: kept.
    program.flows[0].body[1] = set(SetValue::Template(value(tier)));
    assert_eq!(kept(&compile(&program)), [["tier"]]);
}

#[test]
fn each_way_counts_by_itself() {
    let mut program = program();
    let [a, b, c] = ["a", "b", "c"].map(|name| input(&mut program, name, Ty::Text));
    let mut ring = dial("911");
    ring.arms = vec![OutcomeArm { heads: vec![Outcome::Busy], body: vec![tag(a), hangup()], place: place() }];
    ring.otherwise = Some(vec![tag(b)]);
    program.flows[0].body = vec![step(StepKind::Dial(ring)), dial_step("112"), tag(c)];
    assert_eq!(kept(&compile(&program)), [vec!["a", "b", "c"], vec!["c"]]);
}

#[test]
fn what_was_pressed_is_not_kept_before_it_is_pressed() {
    let mut program = program();
    let pin = var(&mut program, "pin", Ty::Digits, VarKind::Keys(GatherId(0)));
    program.flows[0].body = vec![step(StepKind::Collect(Collect {
        id: GatherId(0),
        min: 4,
        max: 4,
        prompts: vec![],
        wait: ms(5000),
        gap: ms(2000),
        tries: Operand::Const(Const::Number(3.0)),
        ending: None,
        var: pin,
        secret: true,
        entered: vec![dial_step("911"), tag(pin)],
        timeout: None,
        invalid: None,
        otherwise: None,
    }))];
    program.vars[pin.index()].secret = true;
    let image = compile(&program);
    assert_eq!(kept(&image), [vec![], vec!["pin"]]);
    assert!(image.vars.last().unwrap().secret);
}

#[test]
fn a_menu_keeps_what_it_needs_to_ask_again() {
    let mut program = program();
    let [name, tries] = ["name", "tries"].map(|name| input(&mut program, name, Ty::Text));
    program.vars[tries.index()].ty = Ty::Number;
    let mut asked = menu(0, vec![("1", vec![hangup()])]);
    asked.prompts = vec![PromptItem::Spoken(Spoken::Say(value(name)))];
    asked.tries = Operand::Var(tries);
    program.flows[0].body = vec![menu_step(asked)];
    assert_eq!(kept(&compile(&program)), [["name", "tries"]]);
    // Even where it is asked again from an arm that waits.
    let StepKind::Menu(asked) = &mut program.flows[0].body[0].kind else { panic!() };
    asked.choices[0].body = vec![dial_step("911"), step(StepKind::Repeat(GatherId(0)))];
    assert_eq!(kept(&compile(&program)), [["name", "tries"], ["name", "tries"]]);
}

#[test]
fn callers_of_a_flow_are_looked_into() {
    let mut program = program();
    let [a, b, c] = ["a", "b", "c"].map(|name| input(&mut program, name, Ty::Text));
    let ring = flow(&mut program, "ring", vec![], vec![dial_step("911")]);
    let outer = flow(&mut program, "outer", vec![], vec![run(ring), tag(b)]);
    program.flows[0].body = vec![run(ring), tag(a), run(outer), tag(c)];
    assert_eq!(kept(&compile(&program)), [["a", "b", "c"]]);
}

#[test]
fn parameters_are_values_like_others() {
    let mut program = program();
    let team = input(&mut program, "team", Ty::Text);
    let param = var(&mut program, "greeting", Ty::Text, VarKind::Param(FlowId(1), 0));
    let greet = flow(&mut program, "greet", vec![param], vec![dial_step("911"), tag(param)]);
    program.flows[0].body = vec![dial_step("112"), step(StepKind::Do { flow: greet, args: vec![Operand::Var(team)] })];
    assert_eq!(kept(&compile(&program)), [["team"], ["greeting"]]);
}

#[test]
fn what_every_instruction_shows_is_kept_once_it_is_set() {
    let mut program = program();
    let set = step(StepKind::Set { var: Builtin::Priority.var(), value: SetValue::Operand(Operand::Const(Const::Number(5.0))) });
    program.flows[0].body = vec![dial_step("112"), dial_step("911")];
    assert_eq!(kept(&compile(&program)), [[""; 0], [""; 0]]);
    program.flows[0].body.insert(1, set);
    assert_eq!(kept(&compile(&program)), [["priority"], ["priority"]]);
    let set = step(StepKind::Set { var: Builtin::CallerName.var(), value: SetValue::Template(text("x")) });
    program.flows[0].body[1] = set;
    assert_eq!(kept(&compile(&program)), [[""; 0], [""; 0]], "what is set anew before it is shown");
    program.flows[0].body.swap(0, 1);
    assert_eq!(kept(&compile(&program)), [vec!["caller name"], vec![]]);
}

#[test]
fn the_fallback_may_come_at_any_time() {
    let mut program = program();
    let other = input(&mut program, "other", Ty::Phone);
    program.fallback = Some(Settle::Redirect { to: Operand::Var(other), permanent: false });
    program.flows[0].body = vec![dial_step("112")];
    assert_eq!(kept(&compile(&program)), [["other"]]);
}

#[test]
fn prompts_by_language_read_the_language() {
    let mut program = program();
    let entry = |language: Option<&str>| PromptEntry { language: language.map(Into::into), what: Spoken::Play("x.wav".into()) };
    for entries in [vec![entry(None)], vec![entry(None), entry(Some("es"))]] {
        program.prompts.push(PromptDef { name: "p".into(), entries, place: place() });
    }
    let say = |id| step(StepKind::Say(PromptItem::Named(PromptId(id))));
    program.flows[0].body = vec![dial_step("112"), say(1), dial_step("911"), say(0)];
    assert_eq!(kept(&compile(&program)), [vec!["language"], vec![]]);
}

#[test]
fn members_of_a_group_are_read_when_it_rings() {
    let mut program = program();
    let [who, longer] = ["who", "longer"].map(|name| input(&mut program, name, Ty::Phone));
    program.vars[longer.index()].ty = Ty::Duration;
    let member = Member { who: MemberWho::Var(who), weight: None, after: None, ring_for: Some(Operand::Var(longer)), confirm: None };
    let ring = Ring { strategy: Strategy::All, total: None, each: None, members: vec![member] };
    program.groups.push(Group { name: None, ring, place: place() });
    let mut group = dial("911");
    group.target = DialTarget::Group(TargetRef::Static(Target::Defined(GroupId(0))));
    program.flows[0].body = vec![dial_step("112"), step(StepKind::Dial(group))];
    assert_eq!(kept(&compile(&program)), [vec!["who", "longer"], vec![]]);
}

#[test]
fn many_values_over_many_menus() {
    let mut program = program();
    let vars: Vec<VarId> = (0..500).map(|i| input(&mut program, &format!("i{i}"), Ty::Text)).collect();
    let ask = |i: u32| menu_step(menu(i, vec![("1", vec![say("x")])]));
    program.flows[0].body = vars.iter().enumerate().flat_map(|(i, var)| [ask(i as u32), tag(*var)]).collect();
    let image = callroute_compiler::compile(&program).unwrap();
    assert_eq!(image.gathers[0].live.len(), 500);
    assert_eq!(names(&image, &image.gathers[499].live), ["i499"]);
}
