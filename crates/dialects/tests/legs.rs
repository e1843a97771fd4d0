//! Ring groups in legs: which phones ring when and for how long on platforms that can do less than the script asks, and what the script
//! hears at the end.
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

use std::fmt::Write as _;

use callroute_dialects::{Dialect, Report, Request, Response, Rings, Settings, Step, Unreadable, Unsayable, Verdict, What, phones};
use callroute_protocol::{Action, DialOutcome, DialResult, Event, EventKind, IncomingCall};
use serde_json::json;
use support::{AT, compiled, settings, step};

/// A platform that can ring so much.
struct Platform(Rings, Settings);

impl Dialect for Platform {
    fn name(&self) -> &'static str {
        "test"
    }
    fn read(&self, _: &Request<'_>) -> Result<Report, Unreadable> {
        Err(Unreadable(String::new()))
    }
    fn write(&self, _: &callroute_protocol::Instruction) -> Result<Response, Unsayable> {
        Err(Unsayable(String::new()))
    }
    fn judge(&self, _: &What<'_>) -> Verdict {
        Verdict::Can
    }
    fn rings(&self) -> Rings {
        self.0
    }
    fn settings(&self) -> Option<&Settings> {
        Some(&self.1)
    }
}

/// Takes a call through a script whose every leg ends as `outcomes` say, after so many seconds each; and writes down what rang.
fn played(script: &str, rings: Rings, outcomes: &[(&str, i64)]) -> String {
    let targets = json!({"targets": {
        "agent support": ["sip:s1@example.com", "sip:s2@example.com"],
        "agent ben": ["+13125550177"],
        "group sales": ["+13125550101", "+13125550102"],
        "trunk carrier": ["sip:a.example.com", "sip:b.example.com"],
    }});
    let platform = Platform(rings, settings(targets));
    let program = compiled(script);
    let event = |timestamp, token, kind| Event { call_id: "call-1".to_owned(), timestamp, token, kind, warnings: Vec::new() };
    let (mut now, mut token) = (AT, None);
    let mut kind = EventKind::IncomingCall(IncomingCall { from: Some("+14155550123".to_owned()), ..IncomingCall::default() });
    let mut outcomes = outcomes.iter();
    let mut out = String::new();
    loop {
        let mut instruction = match step(&program, &platform, event(now, token.take(), kind)) {
            Step::Say(instruction) => *instruction,
            Step::Cannot(why) => {
                writeln!(out, "cannot: {why}").unwrap();
                return out;
            }
            Step::Lookup(_) => panic!(),
        };
        for warning in &instruction.warnings {
            writeln!(out, "warning: {warning}").unwrap();
        }
        for prompt in &instruction.prompts {
            writeln!(out, "{}", serde_json::to_string(prompt).unwrap()).unwrap();
        }
        token = instruction.token.take();
        let Action::Forward(forward) = &instruction.action else {
            instruction.prompts.clear();
            instruction.warnings.clear();
            writeln!(out, "{}", serde_json::to_string(&instruction).unwrap()).unwrap();
            return out;
        };
        let who: Vec<String> = phones(forward)
            .iter()
            .map(|phone| {
                let mut text = phone.address.clone();
                if phone.delay > 0 {
                    write!(text, " after {}", phone.delay).unwrap();
                }
                if let Some(timeout) = phone.timeout {
                    write!(text, " for {timeout}").unwrap();
                }
                if let Some(key) = &phone.confirm {
                    write!(text, " confirm {key}").unwrap();
                }
                text
            })
            .collect();
        write!(out, "{} for {}", who.join(", "), forward.timeout.map_or(0, |timeout| timeout.0)).unwrap();
        if !forward.via.is_empty() {
            write!(out, " via {}", forward.via.join(", ")).unwrap();
        }
        if let Some(name) = &forward.caller_name {
            write!(out, " as {name:?}").unwrap();
        }
        if token.is_none() {
            writeln!(out, ", and that is all").unwrap();
            return out;
        }
        let Some((outcome, seconds)) = outcomes.next() else { panic!("no outcome is left:\n{out}") };
        writeln!(out, " => {outcome}").unwrap();
        now += seconds;
        let (outcome, contact) = match *outcome {
            "busy" => (DialOutcome::Busy, None),
            "no_answer" => (DialOutcome::NoAnswer, None),
            "declined" => (DialOutcome::Declined, None),
            "unreachable" => (DialOutcome::Unreachable, None),
            "answered" => (DialOutcome::Answered, None),
            "redirected" => (DialOutcome::Redirected, Some("sip:home@example.com".to_owned())),
            other => panic!("{other}"),
        };
        kind = EventKind::DialResult(DialResult { outcome, contact, digits: None });
    }
}

const ARMS: &str = r#"< busy => voicemail "busy"; declined => voicemail "declined"; unreachable => voicemail "unreachable";
    redirected => redirect (contact); no-answer => voicemail "no_answer" >"#;

#[test]
fn one_after_the_other_each_for_its_time() {
    let script = format!(
        r#"ring in order each 10s for 35s < +13125550101; +13125550102 for 5s confirm 1; +13125550103; +13125550104; +13125550105 > {ARMS}"#
    );
    assert_eq!(
        played(&script, Rings::ONE, &[("busy", 1), ("unreachable", 0), ("no_answer", 10), ("no_answer", 24), ("busy", 0)]),
        "+13125550101 for 10000 => busy\n\
         +13125550102 confirm 1 for 5000 => unreachable\n\
         +13125550103 for 10000 => no_answer\n\
         +13125550104 for 10000 => no_answer\n\
         {\"action\":\"voicemail\",\"message\":\"no_answer\"}\n",
        "the time is over before the last one rings"
    );
}

#[test]
fn members_without_a_time_share_what_is_left() {
    let script = format!("ring in order for 30s < +13125550101; +13125550102; +13125550103 > {ARMS}");
    assert_eq!(
        played(&script, Rings::ONE, &[("busy", 2), ("no_answer", 14), ("busy", 3)]),
        "+13125550101 for 10000 => busy\n\
         +13125550102 for 14000 => no_answer\n\
         +13125550103 for 14000 => busy\n\
         {\"action\":\"voicemail\",\"message\":\"no_answer\"}\n"
    );
}

#[test]
fn as_many_one_after_the_other_as_one_answer_holds() {
    let members: Vec<String> = (1..=5).map(|member| format!("+1312555010{member}")).collect();
    let script = format!("ring in order each 10s for 45s < {} > {ARMS}", members.join("; "));
    let two = Rings { at_once: 2, in_sequence: 2, ..Rings::ONE };
    assert_eq!(
        played(&script, two, &[("busy", 12), ("no_answer", 20), ("declined", 3)]),
        "+13125550101 for 10000, +13125550102 for 10000 for 45000 => busy\n\
         +13125550103 for 10000, +13125550104 for 10000 for 33000 => no_answer\n\
         +13125550105 for 10000 => declined\n\
         {\"action\":\"voicemail\",\"message\":\"no_answer\"}\n"
    );
    let whole = Rings { in_sequence: 5, ..two };
    assert!(played(&script, whole, &[("busy", 12)]).ends_with("{\"action\":\"voicemail\",\"message\":\"busy\"}\n"));
}

#[test]
fn the_best_outcome_is_that_of_the_group() {
    let script = format!("ring in order each 10s < +13125550101; +13125550102 > {ARMS}");
    let order = ["no_answer", "busy", "declined", "unreachable"];
    for (best, first) in order.iter().enumerate() {
        for second in &order[best..] {
            for outcomes in [[(*first, 1), (*second, 1)], [(*second, 1), (*first, 1)]] {
                let last = played(&script, Rings::ONE, &outcomes);
                assert!(last.ends_with(&format!("{{\"action\":\"voicemail\",\"message\":\"{first}\"}}\n")), "{outcomes:?}: {last}");
            }
        }
    }
}

#[test]
fn an_answer_and_a_redirection_end_the_group() {
    let script = format!("ring in order each 10s < +13125550101; +13125550102 > {ARMS}");
    let redirected = played(&script, Rings::ONE, &[("redirected", 1)]);
    assert!(redirected.ends_with("{\"action\":\"redirect\",\"to\":\"sip:home@example.com\",\"code\":302}\n"), "{redirected}");
    let answered = played(&script, Rings::ONE, &[("busy", 1), ("answered", 60)]);
    assert!(answered.ends_with("{\"action\":\"none\"}\n"), "{answered}");
}

#[test]
fn the_last_leg_has_no_continue_if_the_script_has_nothing_left() {
    assert_eq!(
        played("ring in order each 10s < +13125550101; +13125550102 >", Rings::ONE, &[("busy", 1)]),
        "+13125550101 for 10000 => busy\n+13125550102 for 10000, and that is all\n"
    );
    assert_eq!(played("dial +13125550101", Rings::ONE, &[]), "+13125550101 for 30000, and that is all\n");
}

#[test]
fn the_next_trunk_is_tried_only_when_one_is_unreachable() {
    let script = format!("extern trunk carrier\ndial +13125550101 via carrier for 20s caller name \"Us\" {ARMS}");
    assert_eq!(
        played(&script, Rings::ONE, &[("unreachable", 4), ("busy", 1)]),
        "+13125550101 for 20000 via sip:a.example.com as \"Us\" => unreachable\n\
         +13125550101 for 16000 via sip:b.example.com as \"Us\" => busy\n\
         {\"action\":\"voicemail\",\"message\":\"busy\"}\n"
    );
    let busy = played(&script, Rings::ONE, &[("busy", 1)]);
    assert!(busy.ends_with("{\"action\":\"voicemail\",\"message\":\"busy\"}\n"), "{busy}");
    assert_eq!(
        played(&script, Rings { trunks: true, ..Rings::ONE }, &[("unreachable", 4)]),
        "+13125550101 for 20000 via sip:a.example.com, sip:b.example.com as \"Us\" => unreachable\n\
         {\"action\":\"voicemail\",\"message\":\"unreachable\"}\n"
    );
}

#[test]
fn names_of_the_host_become_addresses_and_unknown_ones_are_unreachable() {
    let ten = Rings { at_once: 10, ..Rings::ONE };
    let script =
        format!("extern agent support\nextern agent nobody\nring all for 20s < agent support; agent nobody; +13125550101 > {ARMS}");
    assert_eq!(
        played(&script, ten, &[("busy", 1)]),
        "warning: the agent `nobody` is not among the `targets` of the settings, so nobody is rung for it\n\
         sip:s1@example.com, sip:s2@example.com, +13125550101 for 20000 => busy\n\
         {\"action\":\"voicemail\",\"message\":\"busy\"}\n"
    );
    assert_eq!(played("group sales", ten, &[]), "+13125550101, +13125550102 for 30000, and that is all\n", "the group is the host's");
    assert_eq!(
        played(&format!("say \"One moment.\"\nagent nobody {ARMS}"), ten, &[]),
        "warning: the agent `nobody` is not among the `targets` of the settings, so nobody is rung for it\n\
         {\"say\":\"One moment.\"}\n\
         {\"action\":\"voicemail\",\"message\":\"unreachable\"}\n"
    );
}

#[test]
fn what_cannot_be_divided_is_refused_in_words() {
    let two = "ring all for 20s < +13125550101; +13125550102 >";
    let refused = played(two, Rings::ONE, &[]);
    assert!(refused.starts_with("cannot: 2 phones ring at once, and one phone at a time can be rung here; `ring in order"), "{refused}");
    let ten = Rings { at_once: 10, ..Rings::ONE };
    let refused = played("ring all for 20s < +13125550101; +13125550102 after 5s >", ten, &[]);
    assert!(refused.starts_with("cannot: a member that starts to ring `after` the others"), "{refused}");
    let refused = played("ring all for 20s < +13125550101; +13125550102 for 5s >", ten, &[]);
    assert!(refused.starts_with("cannot: all phones that ring at once ring equally long here"), "{refused}");
    // Times that are the same, or that the total does not reach, are no times of their own.
    assert_eq!(
        played("ring all for 20s < +13125550101 for 5s; +13125550102 for 5s >", ten, &[]),
        "+13125550101, +13125550102 for 5000, and that is all\n"
    );
    assert_eq!(
        played("ring all for 20s < +13125550101; +13125550102 for 25s >", ten, &[]),
        "+13125550101, +13125550102 for 20000, and that is all\n"
    );
}

#[test]
fn platforms_that_can_do_all_of_it_get_all_of_it() {
    assert_eq!(
        played("extern agent ben\nring all for 20s < +13125550101 for 5s; agent ben after 5s confirm 1; +13125550103 >", Rings::WHOLE, &[]),
        "+13125550101 for 5000, +13125550177 after 5000 confirm 1, +13125550103 for 20000, and that is all\n"
    );
    assert_eq!(
        played("ring in order for 20s < +13125550101 for 5s; +13125550102 >", Rings::WHOLE, &[]),
        "+13125550101 for 5000, +13125550102 for 10000 for 20000, and that is all\n"
    );
}

#[test]
fn in_turn_begins_with_a_member_drawn_from_the_call() {
    let first = |id: &str| callroute_runtime::fnv(&[id.as_bytes()]) % 3;
    let phone = ["+13125550101", "+13125550102", "+13125550103"][usize::try_from(first("call-1")).unwrap()];
    let script = "ring in turn for 30s < +13125550101; +13125550102; +13125550103 >";
    let all = played(script, Rings::ONE, &[("busy", 1), ("busy", 1)]);
    assert!(all.starts_with(phone), "{all}");
    assert_eq!(all.lines().count(), 3, "{all}");
    for phone in ["+13125550101", "+13125550102", "+13125550103"] {
        assert_eq!(all.matches(phone).count(), 1, "{all}");
    }
    // Many calls are shared evenly.
    let mut count = [0; 3];
    (0..3000).for_each(|call| count[usize::try_from(first(&format!("call-{call}"))).unwrap()] += 1);
    assert!(count.iter().all(|count| (850..1150).contains(count)), "{count:?}");
}

#[test]
fn what_is_left_of_the_longest_group_fits_beside_the_state() {
    let members: Vec<String> = (0..64).map(|member| format!("sip:somebody{member:02}@pbx.example.com")).collect();
    let script = format!("ring in order each 5s < {} > else voicemail \"none\"", members.join("; "));
    let rang = played(&script, Rings::ONE, &[("busy", 1); 64]);
    assert_eq!(rang.lines().count(), 65);
    let script = script.replace("in order each 5s <", "in order each 5s < sip:one-more@example.com; ");
    assert!(played(&script, Rings::ONE, &[]).starts_with("cannot: 65 members ring one after the other"));
    // Long texts do not fit; that is said, and no call is lost in a token that nobody can carry.
    let script = script.replace("sip:one-more@example.com; ", "").replace("> else", &format!("> announce \"{}\" else", "é".repeat(4000)));
    assert!(
        played(&script, Rings::ONE, &[]).starts_with("cannot: what is left of a ring group takes"),
        "{}",
        played(&script, Rings::ONE, &[])
    );
}
