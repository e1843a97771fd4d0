//! Agents, groups, queues, prompts, sources, inputs: what the analysis says of definitions with parts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use callroute_analysis::typed::{Const, MemberWho, Operand, Strategy, Target, Ty, VarKind};
use support::{expect, mended};

#[test]
fn members() {
    expect("group a = ring all < >", &[("E0780", "< >")]);
    expect("agent ana = +14155550123\nagent ben = in order < agent ana >", &[("E0790", "ana")]);
    expect("group a = < +14155550123; agent ana; +14155550123 >", &[("W0781", "+14155550123")]);
    expect("group a = ring in order < +14155550123; +14155550123 >", &[]);
    expect("group a = ring by weight < 70% agent ana; 20% agent ben >", &[("E0782", "< 70% agent ana; 20% agent ben >")]);
    assert_eq!(
        mended("group a = ring by weight < 70% agent ana; 20% agent ben >", "E0782"),
        "group a = ring by weight < 70% agent ana; 30% agent ben >"
    );
    expect("group a = ring by weight < 100% agent ana; agent ben >", &[("E0783", "agent ben")]);
    expect("group a = ring all < 50% agent ana; agent ben >", &[("E0783", "50%")]);
    expect("group a = ring all for 0s < agent ana >", &[("E0784", "for 0s")]);
    expect("group a = ring in order each 0s < agent ana >", &[("E0784", "each 0s")]);
    expect("group a = < agent ana for 0s >", &[("E0784", "for 0s")]);
    expect("group a = ring all for 20s < agent ana; agent ben after 20s >", &[("W0785", "agent ben after 20s")]);
    expect("group a = ring in order each 15s for 40s < agent a; agent b; agent c; agent d >", &[("W0785", "agent d")]);
    expect("group a = ring in order < agent a; agent b after 5s >", &[("W0788", "after 5s")]);
    expect("group a = ring all each 5s < agent a >", &[("W0788", "each 5s")]);
    expect("group a = < agent ana confirm 12 >", &[("E0789", "12")]);
    expect("queue q = ring longest idle max wait 0s < agent ana >", &[("E0784", "max wait 0s")]);
    expect("queue q = ring longest idle max length 0 < agent ana >", &[("E0391", "0")]);
}

#[test]
fn what_members_mean() {
    let text = "agent ben = in order < sip:ben@example.com; +12125551234 >\n\
                group s = ring all for 25s < +16822306467; agent ben; +12125551234 after 10s for 15s confirm 1 >\n\
                queue q = ring longest idle max wait 5m max length 10 announce position every 60s leave when empty music \"hold\" < agent ben >";
    let program = expect(text, &[]).program.unwrap();
    assert_eq!(program.agents[0].ring.strategy, Strategy::InOrder);
    let group = &program.groups[0].ring;
    assert_eq!(group.total, Some(Operand::Const(Const::Duration(25_000))));
    assert!(matches!(&group.members[1].who, MemberWho::Agent(Target::Defined(id)) if id.0 == 0));
    assert_eq!(group.members[2].confirm.as_deref(), Some("1"));
    assert_eq!(group.members[2].after, Some(Operand::Const(Const::Duration(10_000))));
    let queue = &program.queues[0];
    assert_eq!((queue.max_length, queue.leave_when_empty, queue.music.as_deref()), (Some(10), true, Some("hold")));
    assert_eq!(queue.max_wait, Some(Operand::Const(Const::Duration(300_000))));
    assert_eq!(queue.announce_position, Some(Operand::Const(Const::Duration(60_000))));
}

#[test]
fn prompts() {
    expect("prompt p = < en \"Hi\"; EN \"Hello\" >", &[("E0691", "EN")]);
    expect("prompt p = < >", &[("E0693", "p")]);
    expect("prompt p = < en_US \"Hi\" >", &[("E0690", "en_US")]);
    assert_eq!(mended("prompt p = < en_US \"Hi\" >", "E0690"), "prompt p = < en-US \"Hi\" >");
    assert_eq!(mended("prompt p = < english \"Hi\" >", "E0690"), "prompt p = < en \"Hi\" >");
}

#[test]
fn languages_without_a_text_are_warned_of() {
    let text = "prompt a = < en \"Hi\"; es \"Hola\" >\nprompt b = < en \"Bye\" >\nprompt c = < play \"x.wav\" >\nsay a say b say c hangup";
    let analysis = expect(text, &[("W0692", "b")]);
    assert_eq!(analysis.diagnostics[0].message, "the prompt `b` has no text in `es`");
}

#[test]
fn inputs() {
    let text = "input tier = one of gold, silver default gold\ninput n = number default 0\ninput v = text from header \"X-Verstat\"\n\
                when tier is gold and n above 5 and v is \"x\" < hangup >\nreject";
    let program = expect(text, &[]).program.unwrap();
    let inputs: Vec<_> = program
        .vars
        .iter()
        .filter_map(|var| {
            if let VarKind::Input { header, default, .. } = &var.kind { Some((var.ty, header.clone(), default.clone())) } else { None }
        })
        .collect();
    assert!(matches!(inputs[0], (Ty::Enum(_), None, Some(Const::Enum(_, 0)))));
    assert_eq!(inputs[1], (Ty::Number, None, Some(Const::Number(0.0))));
    assert_eq!(inputs[2], (Ty::Text, Some("X-Verstat".to_owned()), None));

    expect("input n = number default \"5\"", &[("E0391", "\"5\"")]);
    expect("input n = duration default 5", &[("E0391", "5")]);
    assert_eq!(mended("input n = duration default 5", "E0391"), "input n = duration default 5s");
    expect("input t = one of gold, silver default golf", &[("E0391", "golf")]);
    assert_eq!(mended("input t = one of gold, silver default golf", "E0391"), "input t = one of gold, silver default gold");
    assert_eq!(mended("input t = one of gold, silver default \"gold\"", "E0391"), "input t = one of gold, silver default gold");
    expect("input h = text from header \"X Y\"", &[("E0700", "\"X Y\"")]);
    assert_eq!(mended("input h = text from header \"X-Y:\"", "E0700"), "input h = text from header \"X-Y\"");
}

#[test]
fn a_broken_definition_silences_its_users() {
    let text = "source crm(n: phone) = < tier: txt; owner: text >\nlookup crm(from, 5) as c < when c.tier is gold < hangup > >\nhangup";
    expect(text, &[("E0136", "txt")]);
    expect("input tier = strng\nwhen tier is gold < hangup >\nhangup", &[("E0136", "strng")]);
    expect("action park(slot: txt)\npark(5, 6) hangup", &[("E0136", "txt")]);
}
