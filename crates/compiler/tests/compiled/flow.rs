//! Steps become instructions in the right order, with the right targets.

use crate::support::*;
use callroute_analysis::typed::*;
use callroute_diagnostics::Code;
use callroute_numbers::Pattern;

#[track_caller]
fn listed(program: &Program, expected: &str) {
    let image = compile(program);
    assert_eq!(listing(&image), lines(expected));
}

#[test]
fn nothing_at_all() {
    listed(&main(vec![]), "0: end");
}

#[test]
fn steps_behind_the_last_word_are_left_out() {
    listed(&main(vec![say("a"), hangup(), say("b"), dial_step("911")]), "0: say\n 1: settle");
}

#[test]
fn a_condition_jumps_over_what_it_guards() {
    let program = main(vec![when(from_is("+1312*"), vec![say("a")]), say("b")]);
    listed(
        &program,
        "0: br.phone unless from 2
         1: say
         2: say
         3: end",
    );
}

#[test]
fn otherwise_comes_behind() {
    let program = main(vec![when_else(from_is("+1312*"), vec![say("a")], vec![say("b")]), say("c")]);
    listed(
        &program,
        "0: br.phone unless from 3
         1: say
         2: goto 4
         3: say
         4: say
         5: end",
    );
}

#[test]
fn an_empty_body_asks_nothing() {
    listed(&main(vec![when(from_is("911"), vec![]), say("b")]), "0: say\n 1: end");
}

#[test]
fn conditions_stop_as_soon_as_they_can() {
    let mut program = program();
    let [a, b, c] = ["a", "b", "c"].map(|name| input(&mut program, name, Ty::Flag));
    let cond = Cond::And(vec![Cond::Or(vec![flag(a), not(flag(b))]), not(Cond::And(vec![flag(b), flag(c)]))]);
    program.flows[0].body = vec![when(cond, vec![say("x")]), hangup()];
    listed(
        &program,
        "0: br.flag if a 2
         1: br.flag if b 5
         2: br.flag unless b 4
         3: br.flag if c 5
         4: say
         5: settle",
    );
}

#[test]
fn alternatives_become_one_test() {
    let many = (0..5000).map(|i| from_is(&format!("+1312555{i:04}"))).collect();
    let image = compile(&main(vec![when(Cond::Or(many), vec![say("a")])]));
    assert_eq!(listing(&image), lines("0: br.phone unless from 2\n 1: say\n 2: end"));
    assert_eq!(image.phone_tests.len(), 1);
    let opposites = vec![not(from_is("911")), not(from_is("112")), from_is("+1*")];
    let image = compile(&main(vec![when(Cond::And(opposites), vec![say("a")])]));
    assert_eq!(listing(&image), lines("0: br.phone if from 3\n 1: br.phone unless from 3\n 2: say\n 3: end"));
}

#[test]
fn every_outcome_of_ringing_has_a_target() {
    let arm = |heads: Vec<Outcome>, body| OutcomeArm { heads, body, place: place() };
    let mut ring = dial("911");
    ring.arms = vec![arm(vec![Outcome::Busy, Outcome::NoAnswer], vec![say("busy")]), arm(vec![Outcome::Declined], vec![hangup()])];
    ring.otherwise = Some(vec![voicemail("x")]);
    listed(
        &main(vec![step(StepKind::Dial(ring)), say("next")]),
        "0: dial [1, 1, 4, 5, 5, 5, 5, 5]
         1: say
         2: say
         3: end
         4: settle
         5: voicemail None",
    );
    listed(&main(vec![dial_step("911")]), "0: dial [1, 1, 1, 1, 1, 1, 1, 1]\n 1: end");
}

#[test]
fn keys_of_a_queue() {
    let mut ring = dial("911");
    ring.arms = vec![OutcomeArm { heads: vec![Outcome::Key(Pattern::parse_keys("1").unwrap())], body: vec![hangup()], place: place() }];
    listed(
        &main(vec![step(StepKind::Dial(ring)), say("next")]),
        "0: dial [1, 1, 1, 1, 1, 1, 1, 1] key 3
         1: say
         2: end
         3: settle",
    );
}

#[test]
fn a_menu_with_everything() {
    let mut all = menu(
        7,
        vec![("1", vec![say("one")]), ("2", vec![step(StepKind::Repeat(GatherId(7)))]), ("3", vec![step(StepKind::Retry(GatherId(7)))])],
    );
    all.timeout = Some(vec![say("?")]);
    all.invalid = Some(vec![hangup()]);
    all.otherwise = Some(vec![say("bye"), hangup()]);
    listed(
        &main(vec![menu_step(all), say("next")]),
        "0: gather 0 [1, 4, 5] timeout Some(6) invalid Some(8) else 9
         1: say
         2: say
         3: end
         4: repeat 0
         5: retry 0 flag 0 else 9
         6: say
         7: retry 0 flag 1 else 9
         8: settle
         9: say
         10: settle",
    );
}

#[test]
fn a_menu_in_a_menu() {
    let inner = menu(1, vec![("1", vec![step(StepKind::Repeat(GatherId(0)))]), ("2", vec![step(StepKind::Repeat(GatherId(1)))])]);
    let outer = menu(0, vec![("1", vec![menu_step(inner)])]);
    listed(
        &main(vec![menu_step(outer)]),
        "0: gather 0 [1] timeout None invalid None else 4
         1: gather 1 [2, 3] timeout None invalid None else 4
         2: repeat 0
         3: repeat 1
         4: end",
    );
}

#[test]
fn back_to_the_main_menu() {
    let all = menu(0, vec![("1", vec![say("one"), go(FlowId(0))]), ("2", vec![hangup()])]);
    let program = main(vec![say("hello"), menu_step(all), hangup()]);
    // What jumps to the front stands in front of it.
    listed(
        &program,
        "0: say
         1: go 2
         2: say
         3: gather 0 [0, 4] timeout None invalid None else 5
         4: settle
         5: settle",
    );
    assert_eq!(compile(&program).entry, 2);
}

#[test]
fn flows_are_run_and_jumped_to() {
    let mut program = program();
    let team = input(&mut program, "team", Ty::Text);
    let greeting = var(&mut program, "greeting", Ty::Text, VarKind::Param(FlowId(1), 0));
    let unread = var(&mut program, "unread", Ty::Text, VarKind::Param(FlowId(1), 1));
    let hello = flow(&mut program, "hello", vec![greeting, unread], vec![tag(greeting)]);
    let args = || vec![Operand::Var(team), Operand::Const(Const::Text("x".into()))];
    program.flows[0].body = vec![
        step(StepKind::Do { flow: hello, args: args() }),
        when(flag(team), vec![step(StepKind::Go { flow: hello, args: args() })]),
        step(StepKind::Do { flow: hello, args: args() }),
    ];
    program.vars[team.index()].ty = Ty::Flag;
    let image = compile(&program);
    assert_eq!(
        listing(&image),
        lines(
            "0: assign
             1: call 8
             2: br.flag unless team 5
             3: assign
             4: go 8
             5: assign
             6: call 8
             7: end
             8: tag
             9: return"
        )
    );
    assert_eq!(image.assigns.len(), 1, "the same arguments are stored once");
    assert_eq!(image.assigns[0].len(), 1, "parameters that nobody reads get nothing");
    assert!(!image.strings.iter().any(|text| text == "unread"));
}

#[test]
fn main_that_somebody_runs_returns() {
    let mut program = program();
    let other = FlowId(1);
    program.flows[0].body = vec![menu_step(menu(0, vec![("1", vec![go(other)])])), hangup()];
    flow(&mut program, "other", vec![], vec![run(FlowId(0)), say("behind")]);
    // `main` only hangs up, so it does not even return.
    let image = compile(&program);
    assert!(!listing(&image).contains("say"), "{}", listing(&image));
    program.flows[0].body.pop();
    let image = compile(&program);
    assert!(listing(&image).contains("return"), "{}", listing(&image));
}

#[test]
fn a_flow_that_waits_and_then_goes_back_is_written_out() {
    let mut program = program();
    let ask = flow(&mut program, "ask", vec![], vec![menu_step(menu(0, vec![("1", vec![say("one")]), ("2", vec![hangup()])]))]);
    program.flows[0].body = vec![run(ask), go(FlowId(0))];
    let image = compile(&program);
    assert!(!listing(&image).contains("call"), "{}", listing(&image));
    assert_eq!(
        listing(&image),
        lines(
            "0: say
             1: go 4
             2: settle
             3: go 4
             4: gather 0 [0, 2] timeout None invalid None else 3"
        )
    );
}

#[test]
fn circles_that_do_not_wait_are_refused() {
    let mut program = program();
    let there = flow(&mut program, "there", vec![], vec![dial_step("911"), go(FlowId(0))]);
    program.flows[0].body = vec![go(there)];
    let problems = callroute_compiler::compile(&program).unwrap_err();
    assert_eq!(problems[0].code, Code::EndlessCycle);
}

#[test]
fn flows_that_nobody_comes_to_are_left_out() {
    let mut program = main(vec![hangup()]);
    flow(&mut program, "idle", vec![], vec![say("never")]);
    let image = compile(&program);
    assert_eq!(listing(&image), "0: settle\n");
    assert!(image.prompts.is_empty());
}

#[test]
fn voicemail_is_asked_about_only_with_arms() {
    let full = |otherwise| {
        step(StepKind::Voicemail(Voicemail {
            message: text("x"),
            mailbox: None,
            max_duration: None,
            full: Some(vec![say("full")]),
            failed: None,
            otherwise,
        }))
    };
    listed(&main(vec![voicemail("x"), say("never")]), "0: voicemail None");
    listed(&main(vec![full(None), say("next")]), "0: voicemail Some([1, 2])\n 1: say\n 2: say\n 3: end");
    listed(&main(vec![full(Some(vec![hangup()])), say("next")]), "0: voicemail Some([1, 4])\n 1: say\n 2: say\n 3: end\n 4: settle");
}

#[test]
fn host_actions() {
    let mut program = program();
    for settles in [false, true] {
        program.actions.push(Action { name: format!("act{settles}"), params: vec![], settles, place: place() });
    }
    let act = |id, otherwise| step(StepKind::Action { action: ActionId(id), args: vec![], otherwise });
    program.flows[0].body = vec![act(0, None), act(0, Some(vec![hangup()])), act(1, None), say("never")];
    listed(&program, "0: action Some([1, 1])\n 1: action Some([2, 3])\n 2: action None\n 3: settle");
}

#[test]
fn lookups_go_four_ways() {
    let mut program = program();
    let fields = |names: &[&str]| {
        names
            .iter()
            .map(|name| FieldDef { name: (*name).into(), ty: Ty::Text, place: callroute_diagnostics::Place::default() })
            .collect::<Vec<_>>()
    };
    program.sources.push(Source {
        name: "crm".into(),
        params: vec![FieldDef { name: "number".into(), ty: Ty::Phone, place: callroute_diagnostics::Place::default() }],
        fields: fields(&["tier", "owner"]),
        place: place(),
    });
    let row = vec![var(&mut program, "c.tier", Ty::Text, VarKind::Field), var(&mut program, "c.owner", Ty::Text, VarKind::Field)];
    let owner = row[1];
    program.flows[0].body = vec![
        step(StepKind::Lookup(Lookup {
            source: SourceId(0),
            args: vec![Operand::Var(Builtin::From.var())],
            within: Some(ms(300)),
            row,
            found: vec![tag(owner)],
            missing: None,
            failed: Some(vec![say("failed")]),
            late: None,
            otherwise: Some(vec![hangup()]),
        })),
        say("next"),
    ];
    let image = compile(&program);
    assert_eq!(
        listing(&image),
        lines(
            "0: lookup [1, 6, 3, 6]
             1: tag
             2: goto 4
             3: say
             4: say
             5: end
             6: settle"
        )
    );
    assert_eq!(image.lookups[0].row.len(), 1, "a field that nobody reads is not stored");
    assert_eq!(image.lookups[0].row[0].1, 1, "the second field");
}

#[test]
fn splits_have_rising_borders() {
    let arm = |share, body| SplitArm { share, body, place: place() };
    let split =
        Split { by_from: false, label: "l".into(), arms: vec![arm(7000, vec![hangup()]), arm(0, vec![say("never")]), arm(3000, vec![])] };
    listed(&main(vec![step(StepKind::Split(split)), say("next")]), "0: split [(7000, 1), (10000, 2)]\n 1: settle\n 2: say\n 3: end");
}

#[test]
fn values_are_set() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    let unread = input(&mut program, "unread", Ty::Text);
    let set = |var, value| step(StepKind::Set { var, value });
    program.flows[0].body = vec![
        set(Builtin::Priority.var(), SetValue::Operand(Operand::Const(Const::Number(5.0)))),
        set(tier, SetValue::Template(text("gold"))),
        set(unread, SetValue::Template(text("gold"))),
        set(Builtin::CallerName.var(), SetValue::Template(value(tier))),
        tag(tier),
    ];
    listed(&program, "0: set\n 1: set\n 2: settext\n 3: tag\n 4: end");
}

#[test]
fn places_lead_back_to_the_source() {
    let program = main(vec![when(from_is("911"), vec![say("a")]), hangup()]);
    let StepKind::When { cond: Cond::Atom(_, atom), then, .. } = &program.flows[0].body[0].kind else { panic!() };
    let image = compile(&program);
    let places: Vec<_> = image.spans.iter().map(|span| (span.address, span.start, span.end)).collect();
    let span = |place: callroute_diagnostics::Place| (place.span.start, place.span.end);
    let [atom, say, hangup] = [span(*atom), span(then[0].place), span(program.flows[0].body[1].place)];
    assert_eq!(places, [(0, atom.0, atom.1), (1, say.0, say.1), (2, hangup.0, hangup.1)]);
}

#[test]
fn long_chains_of_else_are_no_recursion() {
    let mut program = program();
    let a = input(&mut program, "a", Ty::Flag);
    let mut last = vec![hangup()];
    for _ in 0..20_000 {
        last = vec![when_else(flag(a), vec![say("x")], last)];
    }
    program.flows[0].body = last;
    let image = callroute_compiler::compile(&program).unwrap();
    let len = image.code.len();
    // Taken apart from the outside, because dropping it would recurse.
    let mut steps = std::mem::take(&mut program.flows[0].body);
    while let Some(StepKind::When { otherwise: Some(rest), .. }) = steps.pop().map(|step| step.kind) {
        steps = rest;
    }
    assert_eq!(len, 60_001);
}

#[test]
fn what_is_too_deep_is_refused() {
    let nested = std::thread::Builder::new().stack_size(64 << 20);
    let test = || {
        let mut body = vec![hangup()];
        for _ in 0..1000 {
            body = vec![when_else(from_is("911"), body, vec![say("x")])];
        }
        let problems = callroute_compiler::compile(&main(body)).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::StepsTooDeep]);
    };
    nested.spawn(test).unwrap().join().unwrap();
}

#[test]
fn flows_too_deep_in_each_other_are_refused() {
    let mut program = program();
    for i in 1..=70 {
        let body = if i == 70 { vec![say("deep")] } else { vec![run(FlowId(i + 1)), say("x")] };
        flow(&mut program, &format!("f{i}"), vec![], body);
    }
    program.flows[0].body = vec![run(FlowId(1)), say("x")];
    let problems = callroute_compiler::compile(&program).unwrap_err();
    assert_eq!(problems[0].code, Code::CallsTooDeep, "{problems:?}");
}
