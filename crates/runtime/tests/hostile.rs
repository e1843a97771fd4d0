//! Bytes that nobody compiled and states that nobody saved: an error, or a call that stays within what was proved.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;
mod harness;

use callroute_bytecode::{encode, sections};
use callroute_runtime::{
    AttributeValue, Attributes, Call, DialOutcome, Event, EventKind, Expected, Headers, Incoming, LookupReply, Program, VoicemailOutcome,
};

/// Numbers that look drawn, the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Attributes that are anything.
struct Anything(u64);

impl Anything {
    fn value(&self, name: &str, salt: u64) -> AttributeValue<'_> {
        let seed = name.bytes().fold(self.0 ^ salt, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let mut dice = Dice(seed);
        match dice.below(8) {
            0 => AttributeValue::Null,
            1 => AttributeValue::Number(dice.pick(&[0.0, -1.5, 95.0, 1e300, f64::NAN, f64::INFINITY])),
            2 => AttributeValue::Flag(dice.below(2) == 0),
            3 => AttributeValue::List(dice.pick(&[0, 1, 3, 70, usize::MAX])),
            4 => AttributeValue::Other("object"),
            _ => AttributeValue::Text(dice.pick(&[
                "",
                "gold",
                "ana",
                "carol",
                "20s",
                "true",
                "+13125550188",
                "sip:a@b.example",
                "é\u{0}\n\"<",
                "12",
            ])),
        }
    }
}

impl Attributes for Anything {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        Some(self.value(name, 0))
    }
    fn item(&self, name: &str, index: usize) -> Option<AttributeValue<'_>> {
        Some(self.value(name, index as u64 + 1))
    }
}

impl Headers for Anything {
    fn header(&self, name: &str) -> Option<&str> {
        Some(if name == "Accept-Language" { "es;q=0.9,,;,en;q=x,*;q=2" } else { "TN-Validation-Failed" })
    }
}

const KEYS: &[&str] =
    &["", "1", "2", "4", "5", "6", "612", "*", "1234#", "12345678901234567890123456789012345678901234567890123456789012345678", "x", "61"];
const OUTCOMES: &[DialOutcome] = &[
    DialOutcome::Answered,
    DialOutcome::Busy,
    DialOutcome::NoAnswer,
    DialOutcome::Declined,
    DialOutcome::Unreachable,
    DialOutcome::Redirected,
    DialOutcome::Full,
    DialOutcome::Empty,
    DialOutcome::Timeout,
    DialOutcome::Key,
    DialOutcome::Cancelled,
];

/// Plays on from wherever the call is.
fn play(program: &Program, call: &mut Call, dice: &mut Dice, id: &str) -> usize {
    let mut turns = 0;
    let mut incoming = program.expected(call).is_none();
    for _ in 0..12 {
        let anything = Anything(dice.next());
        let kind = match program.expected(call) {
            None if incoming => EventKind::Incoming(Incoming {
                from: dice.pick(&[
                    Some("+14155550123"),
                    Some("anonymous"),
                    None,
                    Some("sip:x@y"),
                    Some("\"é\" <tel:+1;a>"),
                    Some("+19005550100"),
                ]),
                to: dice.pick(&[Some("+13146523057"), Some("sip:desk@example.com"), None, Some("+13125550100")]),
                language: dice.pick(&[None, Some("es-MX"), Some("-"), Some("x")]),
                attributes: &anything,
                headers: &anything,
            }),
            None => break,
            Some(Expected::Digits) => EventKind::Digits(dice.pick(KEYS)),
            Some(Expected::Played) => EventKind::Played,
            Some(Expected::Done) => EventKind::Done { ok: dice.below(2) == 0 },
            Some(Expected::VoicemailResult) => {
                EventKind::VoicemailResult(dice.pick(&[VoicemailOutcome::Full, VoicemailOutcome::Failed, VoicemailOutcome::Recorded]))
            }
            Some(Expected::LookupResult) => EventKind::Lookup(match dice.below(4) {
                0 => LookupReply::Missing,
                1 => LookupReply::Late,
                2 => LookupReply::Failed,
                _ => LookupReply::Found(&anything),
            }),
            Some(Expected::DialResult) => EventKind::DialResult {
                outcome: dice.pick(OUTCOMES),
                contact: dice.pick(&[None, Some("sip:home@example.com"), Some("anonymous")]),
                digits: dice.pick(&[None, Some("1"), Some("99")]),
            },
        };
        incoming = false;
        let timestamp = dice.pick(&[harness::MORNING, 0, i64::MIN, i64::MAX, 4_102_444_799, 1_798_700_399]);
        if let Ok(answer) = program.decide(call, &Event { call_id: id, timestamp, kind }) {
            // Every view must be good for reading.
            assert!(!harness::show(&answer).is_empty());
            assert!(answer.prompts().len() <= 32 && answer.tags().len() <= 64 && answer.warnings().len() <= 32);
        }
        assert!(call.steps() <= program.cost(), "{} steps, {} proved", call.steps(), program.cost());
        let state = program.save(call);
        let mut again = Call::new(program);
        program.restore(&mut again, &state).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(program.save(&again), state);
        turns += 1;
    }
    turns
}

fn mend(bytes: &mut [u8]) {
    if bytes.len() > 16 {
        let sum = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    }
}

/// Loads and plays what may be an image. How many turns it came to.
fn try_image(bytes: &[u8], seed: u64) -> usize {
    let Ok(program) = Program::load(bytes) else { return 0 };
    let mut dice = Dice(seed);
    let mut call = Call::new(&program);
    (0..2).map(|call_number| play(&program, &mut call, &mut dice, &format!("call-{call_number}"))).sum()
}

#[test]
fn a_good_image_plays() {
    let bytes = encode(&common::sample());
    let turns: usize = (0..50).map(|seed| try_image(&bytes, seed)).sum();
    assert!(turns > 400, "{turns}");
}

#[test]
fn every_cut_is_refused() {
    let bytes = encode(&common::sample());
    for len in 0..bytes.len() {
        assert!(Program::load(&bytes[..len]).is_err(), "{len}");
        let mut cut = bytes[..len].to_vec();
        if len > 24 {
            cut[16..20].copy_from_slice(&(len as u32).to_le_bytes());
            mend(&mut cut);
            assert!(Program::load(&cut).is_err(), "{len}");
        }
    }
}

/// Every byte of every section, changed in several ways, with the checksum mended.
/// Every second one.
fn changed_bytes(parity: usize) {
    // Making the tables of a full calendar takes most of the time: only its own bytes are tried with it.
    let full = encode(&common::sample());
    let light = {
        let mut image = common::sample();
        image.dates.dates[0].entries.clear();
        image.schedules[0].lines.truncate(1);
        encode(&image)
    };
    let (mut played, mut tried) = (0, 0);
    let of_calendar = |section: &callroute_bytecode::Section| section.name == Some("calendar");
    let calendar = sections(&full).unwrap().into_iter().filter(of_calendar).map(|section| (section, &full));
    let others = sections(&light).unwrap().into_iter().filter(|section| !of_calendar(section)).map(|section| (section, &light));
    for (section, good) in calendar.chain(others) {
        // Places and source texts cannot change what runs; a few of their bytes will do.
        let step = if section.cold { 7 } else { 1 };
        for at in (section.offset..section.offset + section.len).step_by(step) {
            if at % 2 != parity {
                continue;
            }
            let ways: &[fn(u8) -> u8] = &[|byte| byte ^ 0xFF, |byte| byte.wrapping_add(1), |byte| byte ^ 0x80, |_| 0];
            let way = ways[(at + usize::from(good[at])) % ways.len()];
            let mut bytes = good.clone();
            bytes[at] = way(bytes[at]);
            mend(&mut bytes);
            tried += 1;
            played += usize::from(try_image(&bytes, at as u64) > 0);
        }
    }
    // The header too.
    for at in (parity..(24 + 13 * 12)).step_by(2) {
        let mut bytes = light.clone();
        bytes[at] ^= 0x55;
        if !(12..16).contains(&at) {
            mend(&mut bytes);
        }
        let _ = try_image(&bytes, at as u64);
    }
    assert!(tried > 2000 && played > 150, "{played} of {tried}");
}

#[test]
fn every_changed_byte_at_an_even_place_is_refused_or_harmless() {
    changed_bytes(0);
}

#[test]
fn every_changed_byte_at_an_odd_place_is_refused_or_harmless() {
    changed_bytes(1);
}

#[test]
fn states_are_not_trusted() {
    let program = harness::program(common::sample());
    let mut call = Call::new(&program);
    let mut states = Vec::new();
    for seed in 0..60 {
        let mut dice = Dice(seed);
        for turns in 0..3 {
            let _ = play(&program, &mut call, &mut dice, "x");
            let _ = turns;
        }
        // A state in the middle of a call.
        let mut caller = Call::new(&program);
        let incoming = EventKind::Incoming(Incoming { language: Some("en"), ..Incoming::new("+14155550123", "+13146523057") });
        program.decide(&mut caller, &Event { call_id: "x", timestamp: harness::MORNING, kind: incoming }).unwrap();
        for keys in [["7", "612"], ["", "5"], ["1", "1"]][(seed % 3) as usize] {
            let _ = program.decide(&mut caller, &Event { call_id: "x", timestamp: harness::MORNING, kind: EventKind::Digits(keys) });
            states.push(program.save(&caller));
        }
    }
    states.sort();
    states.dedup();
    assert!(states.len() >= 5, "{}", states.len());
    let mut taken = 0;
    for (number, state) in states.iter().enumerate() {
        for len in 0..state.len() {
            assert!(program.restore(&mut call, &state[..len]).is_err(), "a state cut at {len}");
            assert_eq!(program.expected(&call), None);
        }
        let mut long = state.clone();
        long.push(0);
        assert!(program.restore(&mut call, &long).is_err());
        for at in 0..state.len() {
            for value in [state[at] ^ 0xFF, state[at].wrapping_add(1), 0, 0x7F, state[at] ^ 4] {
                let mut bytes = state.clone();
                bytes[at] = value;
                if program.restore(&mut call, &bytes).is_ok() {
                    taken += 1;
                    // What was taken says the same again.
                    assert_eq!(program.save(&call).len(), bytes.len());
                    play(&program, &mut call, &mut Dice(number as u64 ^ at as u64), "x");
                }
            }
        }
    }
    assert!(taken > 100, "{taken}");
    let mut dice = Dice(99);
    for _ in 0..20_000 {
        let mut bytes = states[0][..17].to_vec();
        bytes.extend((0..dice.below(60)).map(|_| dice.next() as u8 & dice.pick(&[0xFF, 0x0F, 0x03])));
        if program.restore(&mut call, &bytes).is_ok() {
            play(&program, &mut call, &mut dice, "x");
        }
    }
}

#[test]
fn states_say_what_is_wrong() {
    let program = harness::program(common::sample());
    let other = harness::program(common::Asm::new_ending());
    let mut call = Call::new(&program);
    let fresh = program.save(&call);
    assert!(program.restore(&mut call, &fresh).is_ok());
    let error = other.restore(&mut call, &fresh).unwrap_err().to_string();
    assert!(error.starts_with("the call was begun by another compiled script ("), "{error}");
    let mut old = fresh.clone();
    old[0] = 9;
    assert_eq!(program.restore(&mut call, &old).unwrap_err().to_string(), "the call's state has version 9, and this version knows 1");
    assert_eq!(program.restore(&mut call, &[]).unwrap_err().to_string(), "the call's state is damaged: it is cut");
}
