//! The sample with which the language began, beside the same decision written in Rust with chrono-tz.

use std::hint::black_box;

use callroute_analysis::NoFiles;
use callroute_protocol::{Keys, Session};
use callroute_runtime::{Answer, Call, Event, EventKind, Instruction, Program};
use chrono::{DateTime, Timelike};
use chrono_tz::America::Chicago;
use criterion::Criterion;

use crate::{Around, Random, incoming, loaded};

const SCRIPT: &str = r#"
group sales = ring all < +16822306467; +12125551234; +13125550199 >
agent support = sip:support@example.com
when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail "office_closed"
"#;

/// What the hand-written program answers.
#[derive(Clone, Copy)]
enum ByHand {
    Menu { choices: &'static [&'static str], attempt: u8 },
    Ring { name: &'static str, members: &'static [&'static str], seconds: u32 },
    Voicemail(&'static str),
    Hangup(&'static str),
    None,
}

/// The memory of a call of the hand-written program.
#[derive(Clone, Copy)]
enum Phase {
    Over,
    Asked(u8),
}

const MENU: &[&str] = &["1", "2"];
const SALES: &[&str] = &["+16822306467", "+12125551234", "+13125550199"];
const SUPPORT: &[&str] = &["sip:support@example.com"];

fn by_hand(phase: &mut Phase, event: &Event<'_>) -> ByHand {
    let (answer, next) = match (event.kind, *phase) {
        (EventKind::Incoming(_), _) => {
            let hour = DateTime::from_timestamp(event.timestamp, 0).map(|now| now.with_timezone(&Chicago).hour());
            if hour.is_some_and(|hour| (9..17).contains(&hour)) {
                (ByHand::Menu { choices: MENU, attempt: 1 }, Phase::Asked(1))
            } else {
                (ByHand::Voicemail("office_closed"), Phase::Over)
            }
        }
        (EventKind::Digits("1"), Phase::Asked(_)) => (ByHand::Ring { name: "sales", members: SALES, seconds: 30 }, Phase::Over),
        (EventKind::Digits("2"), Phase::Asked(_)) => (ByHand::Ring { name: "support", members: SUPPORT, seconds: 30 }, Phase::Over),
        (EventKind::Digits(_), Phase::Asked(attempt @ ..3)) => {
            (ByHand::Menu { choices: MENU, attempt: attempt + 1 }, Phase::Asked(attempt + 1))
        }
        (EventKind::Digits(""), Phase::Asked(_)) => (ByHand::Hangup("no-input"), Phase::Over),
        (EventKind::Digits(_), Phase::Asked(_)) => (ByHand::Hangup("invalid-input"), Phase::Over),
        _ => (ByHand::None, Phase::Over),
    };
    *phase = next;
    answer
}

/// An answer in words, to compare.
fn words(answer: &Answer<'_>) -> String {
    match answer.instruction() {
        Instruction::Menu(menu) => {
            format!("menu {:?} {}", menu.choices().map(|choice| choice.to_string()).collect::<Vec<_>>(), menu.attempt())
        }
        Instruction::Forward(forward) => {
            let members: Vec<&str> = forward.members().map(|member| member.address).collect();
            format!("ring {:?} {members:?} {}", forward.name().unwrap_or_default(), forward.timeout_ms().unwrap_or_default() / 1000)
        }
        Instruction::Voicemail(voicemail) => format!("voicemail {}", voicemail.message),
        Instruction::Hangup(reason) => format!("hangup {}", reason.word()),
        _ => "none".to_owned(),
    }
}

fn words_by_hand(answer: ByHand) -> String {
    match answer {
        ByHand::Menu { choices, attempt } => format!("menu {choices:?} {attempt}"),
        ByHand::Ring { name, members, seconds } => format!("ring {name:?} {members:?} {seconds}"),
        ByHand::Voicemail(message) => format!("voicemail {message}"),
        ByHand::Hangup(reason) => format!("hangup {reason}"),
        ByHand::None => "none".to_owned(),
    }
}

/// Looks at the whole answer, as a host does that sends it.
fn look(answer: &Answer<'_>) -> usize {
    match answer.instruction() {
        Instruction::Menu(menu) => menu.choices().count(),
        Instruction::Forward(forward) => forward.members().map(|member| member.address.len()).sum(),
        Instruction::Voicemail(voicemail) => voicemail.message.len(),
        _ => 0,
    }
}

fn look_by_hand(answer: ByHand) -> usize {
    match answer {
        ByHand::Menu { choices, .. } => choices.len(),
        ByHand::Ring { members, .. } => members.iter().map(|member| member.len()).sum(),
        ByHand::Voicemail(message) => message.len(),
        ByHand::Hangup(_) | ByHand::None => 0,
    }
}

/// Instants of twenty years in no order, those in the hours and those outside them.
fn instants() -> (Vec<i64>, Vec<i64>) {
    let mut random = Random(3);
    let all = (0..8192).map(|_| 1_700_000_000 + i64::try_from(random.below(630_000_000)).unwrap());
    all.partition(|at| matches!(by_hand(&mut Phase::Over, &incoming(*at, "", "")), ByHand::Menu { .. }))
}

const FROM: &str = "+14155550123";
const TO: &str = "+13146523057";

fn digits(at: i64, keys: &str) -> Event<'_> {
    Event { call_id: "b7e1c0f2a94d4c5e", timestamp: at + 4, kind: EventKind::Digits(keys) }
}

/// Both must say the same, in every conversation.
fn agree(program: &Program, instants: &[i64]) {
    let mut call = Call::new(program);
    for at in instants {
        for keys in [["1", "", ""], ["2", "", ""], ["", "9", "1"], ["9", "", "8"], ["", "", ""]] {
            let mut phase = Phase::Over;
            let mut event = incoming(*at, FROM, TO);
            for keys in keys.into_iter().map(Some).chain([None]) {
                let answer = program.decide(&mut call, &event).unwrap();
                assert_eq!(words(&answer), words_by_hand(by_hand(&mut phase, &event)), "at {at}");
                let (Some(keys), true) = (keys, answer.waiting()) else { break };
                event = digits(*at, keys);
            }
        }
    }
}

pub fn measure(criterion: &mut Criterion) {
    let program = loaded(SCRIPT, &NoFiles);
    let (open, closed) = instants();
    agree(&program, &open);
    agree(&program, &closed);
    let mut call = Call::new(&program);
    let mut group = criterion.benchmark_group("sample");
    for (name, instants) in [("open", &open), ("closed", &closed)] {
        let mut at = Around::new(instants);
        group.bench_function(format!("{name}_callroute"), |bencher| {
            bencher.iter(|| look(&program.decide(&mut call, &black_box(incoming(*at.next(), FROM, TO))).unwrap()));
        });
        let mut phase = Phase::Over;
        group.bench_function(format!("{name}_by_hand"), |bencher| {
            bencher.iter(|| look_by_hand(by_hand(black_box(&mut phase), &black_box(incoming(*at.next(), FROM, TO)))));
        });
    }
    let mut at = Around::new(&open);
    group.bench_function("menu_callroute", |bencher| {
        bencher.iter(|| {
            let at = *at.next();
            let asked = look(&program.decide(&mut call, &black_box(incoming(at, FROM, TO))).unwrap());
            asked + look(&program.decide(&mut call, &black_box(digits(at, "1"))).unwrap())
        });
    });
    let mut phase = Phase::Over;
    group.bench_function("menu_by_hand", |bencher| {
        bencher.iter(|| {
            let at = *at.next();
            let asked = look_by_hand(by_hand(black_box(&mut phase), &black_box(incoming(at, FROM, TO))));
            asked + look_by_hand(by_hand(black_box(&mut phase), &black_box(digits(at, "1"))))
        });
    });
    // What a host pays that speaks JSON: the event read, decided, and the instruction written, with its sealed token.
    let keys = Keys::new(&[[7; 32]]).unwrap();
    let mut session = Session::new(&program, &keys);
    for (name, instants) in [("open", &open), ("closed", &closed)] {
        let json = format!(
            r#"{{"event":"incoming_call","call_id":"b7e1c0f2a94d4c5e","timestamp":"{}","from":"{FROM}","to":"{TO}"}}"#,
            instants[0]
        );
        group.bench_function(format!("{name}_json"), |bencher| {
            bencher.iter(|| serde_json::to_string(&session.answer(black_box(&json), 0).unwrap()).unwrap().len());
        });
    }
    group.finish();
}
