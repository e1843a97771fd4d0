//! The sample with which the language began, beside the same decision written in Rust with chrono-tz.

use std::hint::black_box;

use callroute_analysis::NoFiles;
use callroute_protocol::{Keys, Session};
use callroute_runtime::{Answer, Call, DialOutcome, Event, EventKind, Instruction, Program, Strategy};
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
    Menu { choices: &'static [&'static str], wait_ms: u64, attempt: u8 },
    Ring { name: &'static str, members: &'static [&'static str], strategy: Option<Strategy>, timeout_ms: u64 },
    Voicemail(&'static str),
    Hangup(&'static str),
    None,
}

/// An event that does not belong to the call, or comes out of order.
struct Refused;

/// The memory of a call of the hand-written program.
struct State {
    call_id: String,
    turns: u16,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Fresh,
    Over,
    Asked(u8),
    Rings,
}

impl State {
    fn new() -> Self {
        // Room for the ids of all calls, so that none is allocated for.
        Self { call_id: String::with_capacity(64), turns: 0, phase: Phase::Fresh }
    }
}

const MENU: &[&str] = &["1", "2"];
const SALES: &[&str] = &["+16822306467", "+12125551234", "+13125550199"];
const SUPPORT: &[&str] = &["sip:support@example.com"];

/// The same conversation for this one script, and as much of what a host relies on as the script needs: the memory is data, an event of
/// another call or out of order is refused and changes nothing, what comes after the end is answered with nothing, turns are counted, the
/// first key decides, silence and wrong keys use up tries, and an answer has all that the machine's has. Events come one by one, so it is
/// called for each, as the machine is; otherwise the compiler would see two events at once and leave out the memory between them.
#[inline(never)]
fn by_hand(state: &mut State, event: &Event<'_>) -> Result<ByHand, Refused> {
    if let EventKind::Incoming(_) = event.kind {
        state.call_id.clear();
        state.call_id.push_str(event.call_id);
        state.turns = 1;
        let hour = DateTime::from_timestamp(event.timestamp, 0).map(|now| now.with_timezone(&Chicago).hour());
        let open = hour.is_some_and(|hour| (9..17).contains(&hour));
        state.phase = if open { Phase::Asked(1) } else { Phase::Over };
        return Ok(if open { menu(1) } else { ByHand::Voicemail("office_closed") });
    }
    if state.call_id != event.call_id {
        return Err(Refused);
    }
    let hangup = matches!(event.kind, EventKind::Hangup | EventKind::DialResult { outcome: DialOutcome::Cancelled, .. });
    let said = match (event.kind, state.phase) {
        (_, Phase::Fresh) => return Err(Refused),
        (_, Phase::Over) => return Ok(ByHand::None),
        (_, Phase::Asked(_) | Phase::Rings) if hangup => {
            state.phase = Phase::Over;
            return Ok(ByHand::None);
        }
        (EventKind::Digits(keys), Phase::Asked(attempt)) => Said::Keys(keys, attempt),
        (EventKind::DialResult { outcome, .. }, Phase::Rings) if outcome != DialOutcome::Key => Said::Outcome(outcome),
        (_, Phase::Asked(_) | Phase::Rings) => return Err(Refused),
    };
    state.turns += 1;
    if state.turns > 100 {
        state.phase = Phase::Over;
        return Ok(ByHand::Hangup("turn-limit"));
    }
    let (answer, next) = match said {
        Said::Keys(keys, attempt) => match (keys.bytes().next(), attempt) {
            (Some(b'1'), _) => (ring("sales", SALES, Some(Strategy::All)), Phase::Rings),
            (Some(b'2'), _) => (ring("support", SUPPORT, None), Phase::Rings),
            (_, ..3) => (menu(attempt + 1), Phase::Asked(attempt + 1)),
            (None, _) => (ByHand::Hangup("no-input"), Phase::Over),
            (Some(_), _) => (ByHand::Hangup("invalid-input"), Phase::Over),
        },
        Said::Outcome(outcome) => (unanswered(outcome), Phase::Over),
    };
    state.phase = next;
    Ok(answer)
}

/// What an event says that the call waits for.
enum Said<'e> {
    Keys(&'e str, u8),
    Outcome(DialOutcome),
}

/// Nothing is left to do when the ringing is over.
const fn unanswered(outcome: DialOutcome) -> ByHand {
    ByHand::Hangup(match outcome {
        DialOutcome::Answered => return ByHand::None,
        DialOutcome::Busy => "busy",
        DialOutcome::NoAnswer | DialOutcome::Timeout => "no-answer",
        DialOutcome::Declined => "declined",
        DialOutcome::Full => "full",
        DialOutcome::Empty => "empty",
        _ => "unreachable",
    })
}

const fn menu(attempt: u8) -> ByHand {
    ByHand::Menu { choices: MENU, wait_ms: 5_000, attempt }
}

const fn ring(name: &'static str, members: &'static [&'static str], strategy: Option<Strategy>) -> ByHand {
    ByHand::Ring { name, members, strategy, timeout_ms: 30_000 }
}

/// An answer in words, to compare.
fn words(answer: &Answer<'_>) -> String {
    match answer.instruction() {
        Instruction::Menu(menu) => {
            let choices: Vec<String> = menu.choices().map(ToString::to_string).collect();
            format!("menu {choices:?} {} {}", menu.timeout_ms(), menu.attempt())
        }
        Instruction::Forward(forward) => {
            let members: Vec<&str> = forward.members().map(|member| member.address).collect();
            let (strategy, timeout) = (forward.strategy(), forward.timeout_ms().unwrap_or_default());
            format!("ring {:?} {members:?} {strategy:?} {timeout}", forward.name().unwrap_or_default())
        }
        Instruction::Voicemail(voicemail) => format!("voicemail {}", voicemail.message),
        Instruction::Hangup(reason) => format!("hangup {}", reason.word()),
        _ => "none".to_owned(),
    }
}

fn words_by_hand(answer: ByHand) -> String {
    match answer {
        ByHand::Menu { choices, wait_ms, attempt } => format!("menu {choices:?} {wait_ms} {attempt}"),
        ByHand::Ring { name, members, strategy, timeout_ms } => format!("ring {name:?} {members:?} {strategy:?} {timeout_ms}"),
        ByHand::Voicemail(message) => format!("voicemail {message}"),
        ByHand::Hangup(reason) => format!("hangup {reason}"),
        ByHand::None => "none".to_owned(),
    }
}

/// Looks at the whole answer, as a host does that sends it.
fn look(answer: &Answer<'_>) -> u64 {
    match answer.instruction() {
        Instruction::Menu(menu) => menu.choices().count() as u64 + menu.timeout_ms() + u64::from(menu.attempt()),
        Instruction::Forward(forward) => {
            let members = forward.members().map(|member| member.address.len()).sum::<usize>() + forward.name().map_or(0, str::len);
            members as u64 + u64::from(forward.strategy().is_some()) + forward.timeout_ms().unwrap_or_default()
        }
        Instruction::Voicemail(voicemail) => voicemail.message.len() as u64,
        _ => 0,
    }
}

fn look_by_hand(answer: ByHand) -> u64 {
    match answer {
        ByHand::Menu { choices, wait_ms, attempt } => choices.len() as u64 + wait_ms + u64::from(attempt),
        ByHand::Ring { name, members, strategy, timeout_ms } => {
            let members = members.iter().map(|member| member.len()).sum::<usize>() + name.len();
            members as u64 + u64::from(strategy.is_some()) + timeout_ms
        }
        ByHand::Voicemail(message) => message.len() as u64,
        ByHand::Hangup(_) | ByHand::None => 0,
    }
}

/// Instants of twenty years in no order, those in the hours and those outside them.
fn instants() -> (Vec<i64>, Vec<i64>) {
    let mut random = Random(3);
    let all = (0..8192).map(|_| 1_700_000_000 + i64::try_from(random.below(630_000_000)).unwrap());
    all.partition(|at| matches!(by_hand(&mut State::new(), &incoming(*at, "", "")), Ok(ByHand::Menu { .. })))
}

const FROM: &str = "+14155550123";
const TO: &str = "+13146523057";

fn digits(at: i64, keys: &str) -> Event<'_> {
    Event { call_id: "b7e1c0f2a94d4c5e", timestamp: at + 4, kind: EventKind::Digits(keys) }
}

/// Both must say the same, in every conversation, and refuse the same events.
fn agree(program: &Program, instants: &[i64]) {
    let mut call = Call::new(program);
    let mut same = |state: &mut State, event: &Event<'_>| {
        let expected = by_hand(state, event).ok().map(words_by_hand);
        let answer = program.decide(&mut call, event).ok();
        assert_eq!(answer.as_ref().map(words), expected, "{} at {}", event.kind.name(), event.timestamp);
        answer.is_some_and(|answer| answer.waiting())
    };
    assert!(!same(&mut State::new(), &digits(0, "1")));
    let outcomes = [DialOutcome::Answered, DialOutcome::Busy, DialOutcome::NoAnswer, DialOutcome::Cancelled, DialOutcome::Unreachable];
    for at in instants {
        for keys in [["1", "", ""], ["2", "", ""], ["", "9", "1"], ["9", "", "8"], ["", "", ""], ["x", "12", ""]] {
            for outcome in outcomes {
                let mut state = State::new();
                let mut waits = same(&mut state, &incoming(*at, FROM, TO));
                same(&mut state, &Event { call_id: "another", ..digits(*at, "1") });
                same(&mut state, &Event { kind: EventKind::Played, ..digits(*at, "1") });
                for keys in keys {
                    if !waits {
                        break;
                    }
                    waits = same(&mut state, &digits(*at, keys));
                }
                // Refused while it rings.
                same(&mut state, &Event { kind: EventKind::Done { ok: true }, ..digits(*at, "") });
                let ended = EventKind::DialResult { outcome, contact: None, digits: None };
                same(&mut state, &Event { kind: if waits { EventKind::Hangup } else { ended }, ..digits(*at, "") });
                // The call is over.
                same(&mut state, &digits(*at, "1"));
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
        let mut state = State::new();
        group.bench_function(format!("{name}_by_hand"), |bencher| {
            bencher
                .iter(|| look_by_hand(by_hand(black_box(&mut state), &black_box(incoming(*at.next(), FROM, TO))).unwrap_or(ByHand::None)));
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
    let mut state = State::new();
    group.bench_function("menu_by_hand", |bencher| {
        bencher.iter(|| {
            let at = *at.next();
            let asked = look_by_hand(by_hand(black_box(&mut state), &black_box(incoming(at, FROM, TO))).unwrap_or(ByHand::None));
            asked + look_by_hand(by_hand(black_box(&mut state), &black_box(digits(at, "1"))).unwrap_or(ByHand::None))
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
