//! What the machine answers: the rules of the language, on images made by hand.

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

use callroute_bytecode::image::*;
use callroute_bytecode::op::Op;
use callroute_runtime::{
    AttributeValue, Attributes, Call, DecideError, DialOutcome, Event, EventKind, Incoming, LookupReply, VoicemailOutcome,
};
use common::{Asm, keys};
use harness::{Caller, MORNING, program};

/// `menu say "Pick." < 1 => voicemail "one"; 2 => voicemail "two"; * => repeat; 3 => retry > else voicemail "over"`, with arms if asked for.
fn menu(arms: bool) -> Image {
    let mut asm = Asm::new();
    let [one, two, again, retry, silence, wrong, over] = std::array::from_fn(|_| asm.label());
    let pick = asm.say("Pick.");
    let (quiet, sorry) = (asm.say("Are you there?"), asm.say("Sorry."));
    let mut gather = asm.menu(&[("1", one), ("2", two), ("*", again), ("3", retry)], over);
    gather.prompts = vec![pick];
    if arms {
        (gather.timeout, gather.invalid) = (Some(silence), Some(wrong));
    }
    let gather = asm.add_gather(gather);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(one);
    asm.voicemail("one");
    asm.here(two);
    asm.voicemail("two");
    asm.here(again);
    asm.op(Op::Repeat, 0, gather, 0);
    asm.here(retry);
    asm.op(Op::Retry, 0, gather, over);
    asm.here(silence);
    asm.op(Op::Say, 0, quiet, 0);
    asm.flagged(Op::Retry, 1, 0, gather, over);
    asm.here(wrong);
    asm.op(Op::Say, 0, sorry, 0);
    asm.flagged(Op::Retry, 1, 0, gather, over);
    asm.here(over);
    asm.voicemail("over");
    asm.finish()
}

#[test]
fn a_menu_is_asked_until_its_tries_are_used_up() {
    let program = program(menu(false));
    let mut caller = Caller::new(&program);
    let ask = |attempt| format!("menu 1,2,*,3 max=1 wait=5000 attempt={attempt} | say Pick.* …");
    assert_eq!(caller.start(), ask(1));
    assert_eq!(caller.press(""), ask(2));
    assert_eq!(caller.press("7"), ask(3));
    assert_eq!(caller.press("9"), "voicemail over");
    // The next call begins anew, in the same memory.
    assert_eq!(caller.start(), ask(1));
    assert_eq!(caller.press("2"), "voicemail two");
}

#[test]
fn arms_run_on_the_last_try_too() {
    let program = program(menu(true));
    let mut caller = Caller::new(&program);
    caller.start();
    assert_eq!(caller.press(""), "menu 1,2,*,3 max=1 wait=5000 attempt=2 | say Are you there? | say Pick.* …");
    assert_eq!(caller.press("7"), "menu 1,2,*,3 max=1 wait=5000 attempt=3 | say Sorry. | say Pick.* …");
    assert_eq!(caller.press("8"), "voicemail over | say Sorry.");
}

#[test]
fn repeats_use_no_try_and_retries_do() {
    let program = program(menu(false));
    let mut caller = Caller::new(&program);
    caller.start();
    for attempt in 2..6 {
        assert_eq!(caller.press("*"), format!("menu 1,2,*,3 max=1 wait=5000 attempt={attempt} | say Pick.* …"));
    }
    assert_eq!(caller.press("3"), "menu 1,2,*,3 max=1 wait=5000 attempt=6 | say Pick.* …");
    assert_eq!(caller.press("3"), "menu 1,2,*,3 max=1 wait=5000 attempt=7 | say Pick.* …");
    assert_eq!(caller.press("3"), "voicemail over");
}

/// `collect 2 digits as a < collect 2 digits as b < tag "{a}-{b}" … > >` behind a menu.
fn typed_ahead() -> Image {
    let mut asm = Asm::new();
    let (a, b) = (asm.local("a", Ty::Digits), asm.local("b", Ty::Digits));
    let [first, second, done, twelve, ext, over] = std::array::from_fn(|_| asm.label());
    let gather = asm.menu(&[("1", first), ("2", over), ("22", twelve), ("3xx", ext)], over);
    let gather = asm.add_gather(gather);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(first);
    let gather = asm.collect(2, 2, a, second, over);
    let gather = asm.add_gather(gather);
    let hello = asm.say("First.");
    asm.op(Op::Say, 0, hello, 0);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(second);
    let mut gather = asm.collect(2, 4, b, done, over);
    gather.live = vec![a];
    let gather = asm.add_gather(gather);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(done);
    let text = asm.template(&format!("{{{a}}}-{{{b}}}"));
    asm.op(Op::Tag, 0, text, 0);
    asm.voicemail("done");
    asm.here(ext);
    let gather = asm.menu(&[("1", over)], over);
    let gather = asm.add_gather(gather);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(twelve);
    asm.voicemail("twelve");
    asm.here(over);
    asm.op(Op::End, 0, 0, 0);
    asm.finish()
}

#[test]
fn keys_typed_ahead_are_used() {
    let program = program(typed_ahead());
    let play = |events: &[&str]| {
        let mut caller = Caller::new(&program);
        caller.start();
        let mut last = String::new();
        for keys in events {
            last = caller.press(keys);
        }
        last
    };
    // All at once: both collects are decided in the same answer, and what was said before them is not lost.
    assert_eq!(play(&["112345#"]), "voicemail done | say First. #12-345");
    // The second is not complete: it is asked, and what follows is added.
    assert_eq!(play(&["1123"]), "collect 2-4 wait=5000 gap=2000 ending=# attempt=1 | say First. …");
    assert_eq!(play(&["1123", "4"]), "voicemail done #12-34");
    // Silence then ends what was typed.
    assert_eq!(play(&["1123", ""]), "collect 2-4 wait=5000 gap=2000 ending=# attempt=2 …");
    assert_eq!(play(&["11234", ""]), "voicemail done #12-34");
    // The longest choice; one that begins a longer one without finishing it is wrong.
    assert_eq!(play(&["22"]), "voicemail twelve");
    assert_eq!(play(&["2"]), "hangup unrouted");
    assert_eq!(play(&["30"]), "menu 1,2,22,3xx max=3 wait=5000 gap=2000 attempt=2 …");
    // After a pattern nothing is kept.
    assert_eq!(play(&["3011"]), "menu 1 max=1 wait=5000 attempt=1 …");
}

#[test]
fn more_keys_than_can_be_kept_are_dropped_with_a_warning() {
    let program = program(typed_ahead());
    let mut caller = Caller::new(&program);
    caller.start();
    let answer = caller.press(&"1".repeat(200));
    assert_eq!(answer, "voicemail done | say First. #11-1111 ? the caller pressed more keys than can be remembered; the rest was dropped");
}

/// Rings a target; every outcome has its own mailbox.
fn ringing(target: impl Fn(&mut Asm) -> DialTarget, change: impl Fn(&mut Asm, &mut Dial)) -> Image {
    let mut asm = Asm::new();
    asm.image.zones = vec![common::zone("America/Chicago")];
    let target = target(&mut asm);
    let labels: [u32; 8] = std::array::from_fn(|_| asm.label());
    let mut dial = asm.dial(target, labels[0]);
    dial.outcomes = labels;
    change(&mut asm, &mut dial);
    asm.add_dial(dial);
    for (label, name) in labels.into_iter().zip(["busy", "no answer", "declined", "unreachable", "redirected", "full", "empty", "timeout"])
    {
        asm.here(label);
        asm.voicemail(name);
    }
    asm.finish()
}

fn unchanged(_: &mut Asm, _: &mut Dial) {}

#[test]
fn outcomes_have_their_ways() {
    let group = |asm: &mut Asm| {
        let ring = asm.ring(Some("sales"), Strategy::All, &["+16822306467", "sip:ben@example.com"]);
        asm.image.groups.push(ring);
        DialTarget::Target(TargetKind::Group, TargetRef::Defined(0))
    };
    let program = program(ringing(group, unchanged));
    for (outcome, expected) in [
        (DialOutcome::Answered, "none"),
        (DialOutcome::Busy, "voicemail busy"),
        (DialOutcome::NoAnswer, "voicemail no answer"),
        (DialOutcome::Declined, "voicemail declined"),
        (DialOutcome::Unreachable, "voicemail unreachable"),
        (DialOutcome::Redirected, "voicemail redirected"),
        // Only a queue ends so.
        (DialOutcome::Full, "voicemail unreachable ? the `outcome` is that of a queue, and none was rung; it counts as `unreachable`"),
        (DialOutcome::Empty, "voicemail unreachable ? the `outcome` is that of a queue, and none was rung; it counts as `unreachable`"),
        (DialOutcome::Key, "voicemail unreachable ? the `outcome` is a key, and no queue; it counts as `unreachable`"),
        // For a group the same as no answer.
        (DialOutcome::Timeout, "voicemail no answer"),
        (DialOutcome::Cancelled, "none"),
    ] {
        let mut caller = Caller::new(&program);
        assert_eq!(caller.start(), "forward RingGroup name=sales +16822306467 sip:ben@example.com All timeout=30000 …");
        assert_eq!(caller.outcome(outcome), expected, "{outcome:?}");
    }
}

#[test]
fn a_queue_has_keys_and_a_wait() {
    let queue = |asm: &mut Asm| {
        let ring = asm.ring(Some("support"), Strategy::LongestIdle, &["+12125551234"]);
        let max_wait = Some(asm.ms(60_000));
        let queue = Queue { ring, max_wait, max_length: None, announce_position: None, leave_when_empty: false, music: None };
        asm.image.queues.push(queue);
        DialTarget::Target(TargetKind::Queue, TargetRef::Defined(0))
    };
    let change = |asm: &mut Asm, dial: &mut Dial| {
        dial.ring_for = Some(asm.ms(90_000));
        dial.keys = vec![(keys("1"), dial.outcomes[5]), (keys("2x"), dial.outcomes[6])];
    };
    let program = program(ringing(queue, change));
    let mut caller = Caller::new(&program);
    let press = |caller: &mut Caller<'_>, keys| {
        caller.start();
        caller.event(EventKind::DialResult { outcome: DialOutcome::Key, contact: None, digits: keys })
    };
    // The smaller of `for` and `max wait`.
    assert_eq!(caller.start(), "forward Queue name=support +12125551234 LongestIdle timeout=60000 max_wait=60000 keys=1 …");
    assert_eq!(caller.outcome(DialOutcome::NoAnswer), "voicemail timeout");
    assert_eq!(press(&mut caller, Some("1")), "voicemail full");
    assert_eq!(press(&mut caller, Some("27")), "voicemail empty");
    let unknown = "voicemail unreachable ? the `outcome` is a key that the queue does not offer; it counts as `unreachable`";
    for keys in [Some("3"), Some("x"), Some(""), None] {
        assert_eq!(press(&mut caller, keys), unknown, "{keys:?}");
    }
    // Nothing is wrong with a full queue.
    caller.start();
    assert_eq!(caller.outcome(DialOutcome::Full), "voicemail full");
}

#[test]
fn ringing_times() {
    let in_order = |asm: &mut Asm| {
        let mut ring = asm.ring(None, Strategy::InOrder, &["+16822306467", "+16822306468", "+16822306469"]);
        ring.each = Some(asm.ms(12_000));
        asm.image.groups.push(ring);
        DialTarget::Target(TargetKind::Group, TargetRef::Defined(0))
    };
    let shown = "forward RingGroup +16822306467 +16822306468 +16822306469 InOrder";
    let untimed = program(ringing(in_order, unchanged));
    assert_eq!(Caller::new(&untimed).start(), format!("{shown} timeout=36000 each=12000 …"));
    let shorter = program(ringing(in_order, |asm, dial| dial.ring_for = Some(asm.ms(20_000))));
    assert_eq!(Caller::new(&shorter).start(), format!("{shown} timeout=20000 each=12000 …"));
    // `until 17:15` in Chicago, whose clock shows 9:32.
    let until = |minute| program(ringing(in_order, move |_, dial| dial.until = Some((minute, 0))));
    let late = until(17 * 60 + 15);
    assert_eq!(Caller::new(&late).start(), format!("{shown} timeout=36000 each=12000 …"));
    let soon = until(9 * 60 + 33);
    let mut caller = Caller::new(&soon);
    caller.now = MORNING + 50;
    assert_eq!(caller.start(), format!("{shown} timeout=10000 each=12000 …"));
    // On the minute it is over, and so is the ringing before it begins.
    caller.now = MORNING + 60;
    assert_eq!(caller.start(), "voicemail no answer");
    assert_eq!(Caller::new(&until(9 * 60)).start(), "voicemail no answer");
    // The end of the day.
    assert_eq!(Caller::new(&until(1440)).start(), format!("{shown} timeout=36000 each=12000 …"));
    let none = program(ringing(in_order, |asm, dial| dial.ring_for = Some(asm.ms(0))));
    assert_eq!(Caller::new(&none).start(), "voicemail no answer");
}

#[test]
fn members_are_drawn_by_the_call() {
    let group = |strategy| {
        move |asm: &mut Asm| {
            let mut ring = asm.ring(None, strategy, &["+1", "+2", "+3", "+4"]);
            ring.members.iter_mut().zip([4000, 3000, 2000, 1000]).for_each(|(member, weight)| {
                member.weight = if strategy == Strategy::AtRandom { 1 } else { weight };
            });
            asm.image.groups.push(ring);
            DialTarget::Target(TargetKind::Group, TargetRef::Defined(0))
        }
    };
    for strategy in [Strategy::AtRandom, Strategy::ByWeight] {
        let program = program(ringing(group(strategy), unchanged));
        let mut orders = std::collections::BTreeSet::new();
        for call in 0..200 {
            let mut caller = Caller::new(&program);
            caller.id = format!("call-{call}");
            let first = caller.start();
            assert_eq!(first, caller.start(), "the same call, the same order");
            assert!(["+1", "+2", "+3", "+4"].iter().all(|member| first.contains(member)), "{first}");
            orders.insert(first);
        }
        // Twenty-four in all.
        assert!(orders.len() > 15, "{}", orders.len());
    }
}

/// `agent (who)`, with agents `ana` here and `carol` with the host.
fn computed(open: bool) -> Image {
    let target = |asm: &mut Asm| {
        let who = asm.input("who", Ty::Text, false, None);
        let ring = asm.ring(Some("ana"), Strategy::All, &["+12125551234"]);
        asm.image.agents.push(ring);
        let carol = asm.text("carol");
        asm.image.externs.push((TargetKind::Agent, carol));
        DialTarget::Target(TargetKind::Agent, TargetRef::Var(who.into()))
    };
    let mut image = ringing(target, unchanged);
    image.open_kinds[1] = open;
    image
}

fn with<'a>(attributes: &'a dyn Attributes) -> EventKind<'a> {
    EventKind::Incoming(Incoming { attributes, ..Incoming::new("+14155550123", "+13146523057") })
}

#[test]
fn computed_targets_are_found_by_name() {
    for (open, name, expected) in [
        (false, "ana", "forward Agent name=ana +12125551234 timeout=30000 …"),
        (false, "carol", "forward Agent name=carol external timeout=30000 …"),
        (false, "dora", "voicemail unreachable"),
        (false, "Ana", "voicemail unreachable"),
        (true, "dora", "forward Agent name=dora external timeout=30000 …"),
        (true, "", "voicemail unreachable"),
    ] {
        let program = program(computed(open));
        let row = [("who", AttributeValue::Text(name))];
        assert_eq!(Caller::new(&program).event(with(&row)), expected, "{name}");
        assert_eq!(Caller::new(&program).start(), "voicemail unreachable");
    }
}

struct Contacts(&'static [&'static str]);

impl Attributes for Contacts {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        (name == "contacts").then_some(AttributeValue::List(self.0.len()))
    }
    fn item(&self, _: &str, index: usize) -> Option<AttributeValue<'_>> {
        self.0.get(index).map(|text| AttributeValue::Text(text))
    }
}

#[test]
fn several_phones_ring_at_once() {
    let target = |asm: &mut Asm| {
        let contacts = asm.input("contacts", Ty::Phones, false, None);
        let trunk = asm.text("carrier");
        let gateway = asm.text("sip:gw1.example.com");
        let gateway = asm.constant(Const::Address(gateway));
        asm.image.trunks.push((trunk, gateway));
        DialTarget::Number(Operand::var(contacts), vec![TargetRef::Defined(0), TargetRef::Extern(trunk)])
    };
    let program = program(ringing(target, unchanged));
    let mut caller = Caller::new(&program);
    for (contacts, expected) in [
        (
            &["+1 (312) 555-0188", "sip:Ada@Example.COM"][..],
            "forward RingGroup +13125550188 sip:Ada@example.com All timeout=30000 via=sip:gw1.example.com via=carrier …",
        ),
        (&[], "voicemail unreachable"),
        (
            &["+13125550188", "anonymous"],
            "voicemail unreachable ? attribute `contacts` is a list that cannot be read as phones; it counts as missing",
        ),
    ] {
        assert_eq!(caller.event(with(&Contacts(contacts))), expected);
    }
    let many = Contacts(&["+1"; 100]);
    assert!(caller.event(with(&many)).ends_with("a value more than 64 phones; the rest was cut off …"));
}

/// A forward with `outcomes` that all lead to the end goes on only if something is left to do.
#[test]
fn a_forward_waits_only_if_something_is_left_to_do() {
    let build = |in_flow: bool, after: bool, drops: bool| {
        let mut asm = Asm::new();
        let [flow, next, end] = std::array::from_fn(|_| asm.label());
        let to = asm.phone("+493012345678");
        if in_flow {
            asm.op(Op::Call, 0, 0, flow);
            if after {
                asm.voicemail("after");
            }
            asm.op(Op::End, 0, 0, 0);
        }
        asm.here(flow);
        let dial = asm.dial(DialTarget::Number(to, Vec::new()), next);
        asm.add_dial(dial);
        asm.here(next);
        if drops {
            asm.op(Op::Go, 0, 0, end);
        }
        asm.here(end);
        asm.op(Op::Return, 0, 0, 0);
        program(asm.finish())
    };
    for (in_flow, after, drops, waits) in [
        (false, false, false, false),
        (true, false, false, false),
        (true, true, false, true),
        // `go` drops the flow that waits.
        (true, true, true, false),
    ] {
        let program = build(in_flow, after, drops);
        let mut caller = Caller::new(&program);
        let waiting = if waits { " …" } else { "" };
        assert_eq!(caller.start(), format!("forward Number number=+493012345678 timeout=30000{waiting}"), "{in_flow} {after} {drops}");
        let expected = if waits { "voicemail after" } else { "hangup busy" };
        assert_eq!(caller.outcome(DialOutcome::Busy), expected);
    }
}

#[test]
fn the_end_tells_the_last_failure() {
    let mut asm = Asm::new();
    let [next, end] = std::array::from_fn(|_| asm.label());
    let to = asm.phone("4101");
    let first = asm.dial(DialTarget::Number(to, Vec::new()), next);
    asm.add_dial(first);
    asm.here(next);
    let menu = asm.menu(&[("1", end)], end);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    let program = program(asm.finish());
    let mut caller = Caller::new(&program);
    for (outcome, keys, reason) in [
        // A valid choice makes good what failed before.
        (DialOutcome::Busy, "1", "hangup unrouted"),
        (DialOutcome::Busy, "9", "hangup invalid-input"),
        (DialOutcome::Busy, "", "hangup no-input"),
    ] {
        caller.start();
        caller.outcome(outcome);
        let last = (0..3).map(|_| caller.press(keys)).find(|answer| answer.starts_with("hangup"));
        assert_eq!(last.as_deref(), Some(reason));
    }
    let mut asm = Asm::new();
    let end = asm.label();
    let to = asm.phone("4101");
    let dial = asm.dial(DialTarget::Number(to, Vec::new()), end);
    asm.add_dial(dial);
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    let program = harness::program(asm.finish());
    let mut caller = Caller::new(&program);
    for (outcome, reason) in [
        (DialOutcome::Busy, "hangup busy"),
        (DialOutcome::Declined, "hangup declined"),
        (DialOutcome::Redirected, "hangup unreachable"),
        (DialOutcome::NoAnswer, "hangup no-answer"),
    ] {
        caller.start();
        assert_eq!(caller.outcome(outcome), reason);
    }
}

#[test]
fn events_must_fit() {
    let program = program(menu(false));
    let mut caller = Caller::new(&program);
    assert_eq!(caller.press("1"), "error: the event is `digits`, but the call has not begun; the first event of a call is `incoming_call`");
    caller.start();
    let order = "error: the event is `dial_result`, but the instruction before it asks for `digits` (or `hangup`)";
    assert_eq!(caller.outcome(DialOutcome::Busy), order);
    assert!(caller.event(EventKind::Played).contains("`played`"));
    assert!(caller.event(EventKind::Done { ok: true }).contains("`done`"));
    assert!(caller.event(EventKind::VoicemailResult(VoicemailOutcome::Full)).contains("`voicemail_result`"));
    assert!(caller.lookup(LookupReply::Late).contains("`lookup_result`"));
    // The call stays as it was.
    caller.id = "another".to_owned();
    assert_eq!(caller.press("1"), "error: the event has another `call_id` than the call that is continued");
    caller.id = "abc123xyz".to_owned();
    assert_eq!(caller.press("1"), "voicemail one");
    // Whatever comes now needs no answer.
    assert_eq!(caller.press("1"), "none");
    assert_eq!(caller.outcome(DialOutcome::Busy), "none");
    assert_eq!(caller.event(EventKind::Hangup), "none");
    caller.start();
    assert_eq!(caller.event(EventKind::Hangup), "none");
    assert_eq!(caller.press("1"), "none");
    assert!(caller.call.is_over());
    // Another script's call.
    let other = harness::program(typed_ahead());
    caller.start();
    let event = callroute_runtime::Event { call_id: "abc123xyz", timestamp: MORNING, kind: EventKind::Digits("1") };
    let error = other.decide(&mut caller.call, &event).map(|_| ()).unwrap_err().to_string();
    assert_eq!(error, "the call was begun by another compiled script, and only that one can go on with it");
}

/// Also where the id is long, and after the call was written and read again.
#[test]
fn events_of_another_call_are_refused() {
    fn at<'e>(call_id: &'e str, kind: EventKind<'e>) -> Event<'e> {
        Event { call_id, timestamp: MORNING, kind }
    }
    let program = program(menu(false));
    for len in [0, 1, 36, 127, 128, 129, 5000] {
        let id = "x".repeat(len);
        let mut call = Call::new(&program);
        program.decide(&mut call, &at(&id, EventKind::Incoming(Incoming::new("+14155550123", "")))).unwrap();
        let (mut state, mut read) = (Vec::new(), Call::new(&program));
        program.save_into(&call, &mut state);
        program.restore(&mut read, &state).unwrap();
        for call in [&mut call, &mut read] {
            for other in [format!("{id}x"), format!("y{}", id.get(1..).unwrap_or("")), "x".repeat(len / 2 + 200 * usize::from(len < 2))] {
                let refused = program.decide(call, &at(&other, EventKind::Digits("1"))).map(|answer| format!("{answer:?}"));
                assert_eq!(refused, Err(DecideError::OtherCall), "{len}: {other}");
            }
            let mut again = Vec::new();
            program.save_into(call, &mut again);
            assert_eq!(again, state);
            assert!(program.decide(call, &at(&id, EventKind::Digits("1"))).is_ok());
        }
    }
}

#[test]
fn turns_have_a_limit() {
    for (fallback, expected) in [(false, "hangup turn-limit"), (true, "voicemail front_desk")] {
        let mut asm = Asm::new();
        let end = asm.label();
        let menu = asm.menu(&[("*", 0)], end);
        let menu = asm.add_gather(menu);
        asm.op(Op::Gather, 0, menu, 0);
        asm.here(end);
        asm.op(Op::End, 0, 0, 0);
        let message = asm.template("front_desk");
        asm.image.voicemails.push(Voicemail { message, mailbox: None, max_duration: None, outcomes: None, live: Vec::new() });
        asm.image.settles.push(Settle::Voicemail(0));
        asm.image.fallback = fallback.then_some(0);
        asm.image.turn_limit = 3;
        let program = program(asm.finish());
        let mut caller = Caller::new(&program);
        assert!(caller.start().starts_with("menu"));
        assert!(caller.press("*").starts_with("menu"));
        assert!(caller.press("*").starts_with("menu"));
        assert_eq!(caller.press("*"), expected);
        assert_eq!(caller.press("*"), "none");
    }
}

#[test]
fn more_prompts_than_fit_are_played_first() {
    let mut asm = Asm::new();
    let end = asm.label();
    let note = asm.input("note", Ty::Text, false, None);
    for number in 0..70 {
        let prompt = asm.say(&format!("{number} {{{note}}}"));
        asm.op(Op::Say, 0, prompt, 0);
    }
    let mut menu = asm.menu(&[("1", end)], end);
    menu.prompts = (0..40).map(|number| asm.say(&format!("m{number}"))).collect();
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    let program = program(asm.finish());
    let mut caller = Caller::new(&program);
    let row = [("note", AttributeValue::Text("x"))];
    let mut heard = Vec::new();
    let mut plays = 0;
    let mut answer = caller.event(with(&row));
    loop {
        heard.extend(answer.trim_end_matches(" …").split(" | say ").skip(1).map(str::to_owned));
        if !answer.starts_with("play") {
            break;
        }
        plays += 1;
        answer = caller.event(EventKind::Played);
    }
    let expected: Vec<String> = (0..70).map(|number| format!("{number} x")).chain((0..40).map(|number| format!("m{number}*"))).collect();
    assert_eq!(heard, expected);
    assert_eq!(plays, 3);
    // Asked again, its own prompts do not fit either.
    let first: Vec<String> = (0..32).map(|number| format!(" | say m{number}*")).collect();
    assert_eq!(caller.press(""), format!("play{} …", first.concat()));
}

#[test]
fn prompts_in_the_language_of_the_call() {
    let mut asm = Asm::new();
    let [en, es, pt] = ["en", "es-MX", "pt"].map(|language| asm.text(language));
    let [hello, hola, ola] = ["Hello.", "Hola.", "Olá."].map(|text| asm.template(text));
    let chime = asm.text("chime.wav");
    let entry = |language, what| PromptEntry { language: Some(language), say: true, what };
    asm.image.prompts.push(Prompt::Named(vec![
        entry(en, hello),
        PromptEntry { language: None, say: false, what: chime },
        entry(es, hola),
        entry(pt, ola),
    ]));
    asm.op(Op::Say, 0, 0, 0);
    asm.op(Op::End, 0, 0, 0);
    let program = program(asm.finish());
    for (language, header, said) in [
        (None, None, "say Hello. (en) | play chime.wav"),
        (Some("es-MX"), None, "play chime.wav | say Hola. (es-MX)"),
        (Some("ES-mx-x-private"), None, "play chime.wav | say Hola. (es-MX)"),
        (Some("es"), None, "say Hello. (en) | play chime.wav"),
        (Some("pt-BR"), Some("es-MX"), "play chime.wav | say Olá. (pt)"),
        (None, Some("de, pt;q=0.4, es-MX;q=0.9"), "say Hello. (en) | play chime.wav"),
        (None, Some("pt;q=0.4, es-MX;q=0.9"), "play chime.wav | say Hola. (es-MX)"),
        (Some(""), Some("pt"), "play chime.wav | say Olá. (pt)"),
    ] {
        let headers = [("accept-language", header.unwrap_or_default())];
        let incoming = Incoming { language, headers: &headers, ..Incoming::new("+1", "+2") };
        assert_eq!(
            Caller::new(&program).event(EventKind::Incoming(incoming)),
            format!("hangup unrouted | {said}"),
            "{language:?} {header:?}"
        );
    }
}

#[test]
fn inputs_are_read_by_their_types() {
    let mut asm = Asm::new();
    let tier = asm.enumeration(&["gold", "silver"]);
    let vars = [
        asm.input("text", Ty::Text, false, None),
        asm.input("number", Ty::Number, false, None),
        asm.input("flag", Ty::Flag, false, None),
        asm.input("phone", Ty::Phone, false, None),
        asm.input("duration", Ty::Duration, false, None),
        asm.input("tier", Ty::Enum(tier), false, Some(Const::Enum(tier, 1))),
        asm.input("X-Score", Ty::Number, true, None),
    ];
    let unread = asm.input("unread", Ty::Number, false, None);
    let shown = vars.map(|var| format!("{{{var}}}")).join("/");
    let text = asm.template(&shown);
    asm.op(Op::Tag, 0, text, 0);
    asm.op(Op::End, 0, 0, 0);
    let program = program(asm.finish());
    assert!(program.inputs().count() == 8 && unread == 18);
    let tag = |row: &[(&str, AttributeValue<'_>)]| {
        let headers = [("x-score", "95")];
        let incoming = Incoming { attributes: &Row(row), headers: &headers, ..Incoming::new("+1", "+2") };
        Caller::new(&program).event(EventKind::Incoming(incoming))
    };
    use AttributeValue::{Flag, List, Null, Number, Other, Text};
    let good = [
        ("text", Text("hello")),
        ("number", Text(" -0.50 ")),
        ("flag", Text("TRUE")),
        ("phone", Text("sip:+13125551234@carrier.example.com;user=phone")),
        ("duration", Text("1m30s")),
        ("tier", Text("GOLD")),
        ("unread", Other("object")),
    ];
    assert_eq!(tag(&good), "hangup unrouted #hello/-0.5/true/+13125551234/1m30s/gold/95");
    let plain = [("number", Number(1e3)), ("flag", Flag(false)), ("duration", Number(2.5)), ("tier", Null), ("phone", Text("anonymous"))];
    assert_eq!(tag(&plain), "hangup unrouted #/1000/false//2s500ms/silver/95");
    let wrong = [
        ("text", Number(5.0)),
        ("number", Text("many")),
        ("flag", Number(1.0)),
        ("phone", List(2)),
        ("duration", Number(-1.0)),
        ("tier", Text("bronze")),
    ];
    let expected = "hangup unrouted #/////silver/95 \
        ? attribute `text` is a number that cannot be read as text; it counts as missing \
        ? attribute `number` is a text that cannot be read as number; it counts as missing \
        ? attribute `flag` is a number that cannot be read as flag; it counts as missing \
        ? attribute `phone` is a list that cannot be read as phone; it counts as missing \
        ? attribute `duration` is a number that cannot be read as duration; it counts as missing \
        ? attribute `tier` is a text that cannot be read as one of several words; its default is used";
    assert_eq!(tag(&wrong), expected);
    assert_eq!(tag(&[("number", Number(f64::NAN))]).matches('?').count(), 1);
}

struct Row<'r>(&'r [(&'r str, AttributeValue<'r>)]);

impl Attributes for Row<'_> {
    fn get(&self, name: &str) -> Option<AttributeValue<'_>> {
        self.0.get(name_index(self.0, name)?).map(|(_, value)| *value)
    }
}

fn name_index(row: &[(&str, AttributeValue<'_>)], name: &str) -> Option<usize> {
    row.iter().position(|(known, _)| *known == name)
}

/// `lookup crm(from) as row within 500ms`, and what comes of it.
fn lookup() -> Image {
    let mut asm = Asm::new();
    let (owner, score) = (asm.local("row.owner", Ty::Text), asm.local("row.score", Ty::Number));
    let names = ["crm", "number", "owner", "score"].map(|name| asm.text(name));
    let [crm, number, owner_name, score_name] = names;
    asm.image.sources =
        vec![Source { name: crm, params: vec![(number, Ty::Phone)], fields: vec![(owner_name, Ty::Text), (score_name, Ty::Number)] }];
    let outcomes: [u32; 4] = std::array::from_fn(|_| asm.label());
    let within = asm.ms(500);
    let args = vec![Operand::var(0)];
    asm.image.lookups =
        vec![Lookup { source: 0, args, within: Some(within), row: vec![(owner, 0), (score, 1)], outcomes, live: Vec::new() }];
    asm.op(Op::Lookup, 0, 0, 0);
    asm.here(outcomes[0]);
    asm.voicemail(&format!("found {{{owner}}} {{{score}}}"));
    for (label, name) in outcomes.into_iter().zip(["found", "missing", "failed", "late"]).skip(1) {
        asm.here(label);
        asm.voicemail(name);
    }
    asm.finish()
}

#[test]
fn sources_are_asked() {
    let program = program(lookup());
    let mut caller = Caller::new(&program);
    let asked = "lookup crm number=+14155550123 within=500 …";
    let row = [("owner", AttributeValue::Text("ana")), ("score", AttributeValue::Text("12.50"))];
    let wrong = [("owner", AttributeValue::Flag(true))];
    for (reply, expected) in [
        (LookupReply::Found(&row), "voicemail found ana 12.5"),
        (
            LookupReply::Found(&wrong),
            "voicemail found   ? field `owner` from source `crm` is a flag that cannot be read as text; it counts as missing",
        ),
        (LookupReply::Found(&()), "voicemail found  "),
        (LookupReply::Missing, "voicemail missing"),
        (LookupReply::Failed, "voicemail failed"),
        (LookupReply::Late, "voicemail late"),
    ] {
        assert_eq!(caller.start(), asked);
        assert_eq!(caller.lookup(reply), expected);
    }
    // A withheld caller is not asked for.
    assert_eq!(caller.ring("Restricted", "+1"), "voicemail missing");
    let sources: Vec<_> = program.sources().collect();
    assert_eq!((sources[0].name, sources[0].params.len(), sources[0].fields[1].name), ("crm", 1, "score"));
}

#[test]
fn actions_and_mailboxes() {
    let mut asm = Asm::new();
    let [ok, failed, full] = std::array::from_fn(|_| asm.label());
    let slot = asm.input("slot", Ty::Text, false, None);
    let (park, slot_name, wait) = (asm.text("park"), asm.text("slot"), asm.text("wait"));
    asm.image.action_defs.push(ActionDef { name: park, params: vec![(slot_name, Ty::Text), (wait, Ty::Duration)], settles: false });
    let ms = asm.ms(1500);
    asm.image.actions.push(Action { def: 0, args: vec![Operand::var(slot), ms], outcomes: Some([ok, failed]), live: Vec::new() });
    asm.op(Op::Action, 0, 0, 0);
    asm.here(ok);
    let message = asm.template("greeting");
    asm.image.voicemails.push(Voicemail {
        message,
        mailbox: Some(message),
        max_duration: Some(ms),
        outcomes: Some([full, failed]),
        live: Vec::new(),
    });
    asm.op(Op::Voicemail, 0, 0, 0);
    asm.here(full);
    asm.settle(Settle::Hangup);
    asm.here(failed);
    let (six, text) = (asm.number(486.0), asm.template("Sorry."));
    asm.settle(Settle::Reject(six, Some(text)));
    let program = program(asm.finish());
    let mut caller = Caller::new(&program);
    let row = [("slot", AttributeValue::Text("7"))];
    assert_eq!(caller.event(with(&row)), "action park slot=\"7\" wait=1500ms …");
    assert_eq!(caller.event(EventKind::Done { ok: true }), "voicemail greeting box=greeting max=1500 …");
    assert_eq!(caller.event(EventKind::VoicemailResult(VoicemailOutcome::Full)), "hangup full");
    // A missing argument is left out.
    assert_eq!(caller.start(), "action park wait=1500ms …");
    assert_eq!(caller.event(EventKind::Done { ok: false }), "reject 486 busy text=Sorry.");
    caller.start();
    caller.event(EventKind::Done { ok: true });
    assert_eq!(caller.event(EventKind::VoicemailResult(VoicemailOutcome::Recorded)), "none");
}

#[test]
fn what_is_no_phone_is_not_dialled() {
    let mut asm = Asm::new();
    let owner = asm.input("owner", Ty::Phone, false, None);
    let end = asm.label();
    let dial = asm.dial(DialTarget::Number(Operand::var(owner), Vec::new()), end);
    asm.add_dial(dial);
    asm.here(end);
    asm.settle(Settle::Hangup);
    let program = program(asm.finish());
    let mut caller = Caller::new(&program);
    let mut ring = |text: &str| {
        let row = [("owner", AttributeValue::Text(text))];
        caller.event(with(&row))
    };
    assert!(ring("+12125551234").starts_with("forward Number"), "{}", ring("+12125551234"));
    assert!(ring("ana@example.com").starts_with("forward Number"), "{}", ring("ana@example.com"));
    assert_eq!(ring("foo"), "hangup unreachable ? attribute `owner` is a text that cannot be read as phone; it counts as missing");
    // A withheld number is nothing to be warned of.
    assert_eq!(ring("anonymous"), "hangup unreachable");
}

#[test]
fn settling_by_value() {
    for (code, expected) in
        [(603.0, "reject 603 declined"), (480.0, "reject 480 unavailable"), (299.0, "reject 603 declined"), (486.5, "reject 603 declined")]
    {
        let mut asm = Asm::new();
        let code = asm.number(code);
        asm.settle(Settle::Reject(code, None));
        let program = program(asm.finish());
        assert_eq!(Caller::new(&program).start(), expected);
    }
    let mut asm = Asm::new();
    asm.settle(Settle::Redirect(Operand::var(0), false));
    let program = program(asm.finish());
    assert_eq!(Caller::new(&program).start(), "redirect +14155550123 302");
    assert_eq!(Caller::new(&program).ring("unknown", "+1"), "hangup unreachable");
}

#[test]
fn priority_is_told_once_it_is_set() {
    let mut asm = Asm::new();
    let next = asm.label();
    let menu = asm.menu(&[("1", next)], next);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(next);
    let nine = asm.number(9.0);
    asm.op(Op::Set, 3, nine.0, 0);
    asm.op(Op::Gather, 0, menu, 0);
    let program = {
        let mut image = asm.finish();
        let end = image.code.len() as u32;
        image.code.push(callroute_bytecode::op::Instr { op: Op::End, flag: 0, a: 0, b: 0, c: 0 });
        image.gathers.push(image.gathers[0].clone());
        if let GatherKind::Menu(choices) = &mut image.gathers[1].kind {
            choices[0].target = end;
        }
        image.code[2].b = 1;
        program(image)
    };
    let mut caller = Caller::new(&program);
    assert!(!caller.start().contains('!'));
    assert_eq!(caller.press("1"), "menu 1 max=1 wait=5000 attempt=1 !9 …");
    // Also when nothing reads it.
    assert_eq!(caller.press("1"), "hangup unrouted !9");
    assert_eq!(caller.press("1"), "none");
}

#[test]
fn a_split_is_stable_and_fair() {
    let build = |by_from| {
        let mut asm = Asm::new();
        let [a, b] = std::array::from_fn(|_| asm.label());
        let label = asm.text("trial");
        asm.image.splits.push(Split { by_from, label, arms: vec![(7000, a), (10_000, b)] });
        asm.op(Op::Split, 0, 0, 0);
        asm.here(a);
        asm.voicemail("a");
        asm.here(b);
        asm.voicemail("b");
        program(asm.finish())
    };
    let program = build(false);
    let mut count = 0;
    for call in 0..1000 {
        let mut caller = Caller::new(&program);
        caller.id = format!("call-{call}");
        // FNV-1a over label, zero byte, id, worked out here in its plain form.
        let hash = format!("trial\0call-{call}")
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let expected = if hash % 10_000 < 7000 { "voicemail a" } else { "voicemail b" };
        assert_eq!(caller.start(), expected);
        count += u32::from(expected.ends_with('a'));
    }
    assert!((650..750).contains(&count), "{count}");
    let program = build(true);
    let arm = |id: &str, from: &str| {
        let mut caller = Caller::new(&program);
        caller.id = id.to_owned();
        caller.ring(from, "+1")
    };
    assert!((0..50).all(|call| arm(&call.to_string(), "+14155550123") == arm("x", "tel:+1-415-555-0123")));
    // A withheld caller is drawn by the call.
    let withheld: std::collections::BTreeSet<String> = (0..50).map(|call| arm(&call.to_string(), "anonymous")).collect();
    assert_eq!(withheld.len(), 2);
}

#[test]
fn damaged_tables_answer_the_fallback() {
    let mut image = common::sample();
    image.entry = 17;
    let cells: Vec<u8> = image.tables[0].cells.iter().map(|_| 0xFF).collect();
    image.tables[0].cells = cells.into();
    let program = program(image);
    let mut caller = Caller::new(&program);
    let answer = caller.ring("+14155550123", "+13125550188");
    assert_eq!(
        answer,
        "voicemail front_desk ? the compiled script has a fault (a table is damaged); its fallback was answered; compile it again"
    );
}

#[test]
fn tags_and_texts_have_bounds() {
    let mut asm = Asm::new();
    let note = asm.input("note", Ty::Text, false, None);
    let text = asm.template(&format!("{{{note}}}{{{note}}}"));
    for _ in 0..70 {
        asm.op(Op::SetText, note, text, 0);
    }
    let short = asm.template("t");
    for _ in 0..70 {
        asm.op(Op::Tag, 0, short, 0);
    }
    asm.op(Op::End, 0, 0, 0);
    let program = program(asm.finish());
    let long = "é".repeat(5000);
    let row = [("note", AttributeValue::Text(&long))];
    let answer = Caller::new(&program).event(with(&row));
    // Seventy texts of 4 KiB are more than an answer may hold.
    assert!(answer.contains("the texts of one answer are too long") && answer.starts_with("hangup error"), "{answer}");
    let mut caller = Caller::new(&program);
    let row = [("note", AttributeValue::Text(""))];
    let answer = caller.event(with(&row));
    assert_eq!(answer.matches(" #t").count(), 64);
    assert!(answer.ends_with("? there were more than 64 new tags; the rest was dropped"), "{answer}");
}

/// The rows of the founding example's clock, and a list that ends with the year.
#[test]
fn clocks_and_lists() {
    let mut image = common::sample();
    image.code[2].c = 1;
    let program = harness::program({
        let mut asm = Asm::new();
        asm.image.zones = image.zones.clone();
        asm.image.schedules = image.schedules.clone();
        asm.image.dates = image.dates.clone();
        let blocked = asm.text("blocked");
        asm.image.lists = vec![List { name: blocked, ..image.lists[0].clone() }];
        asm.image.phone_tests = vec![PhoneTest { set: None, anonymous: false, lists: vec![0], vars: Vec::new() }];
        let [free, closed, holiday] = std::array::from_fn(|_| asm.label());
        asm.op(Op::BrPhone, 0, 0, free);
        asm.voicemail("blocked");
        asm.here(free);
        asm.flagged(Op::BrOn, 1, 0, 0, holiday);
        asm.op(Op::BrHours, 0, 0, closed);
        asm.voicemail("open");
        asm.here(closed);
        asm.voicemail("closed");
        asm.here(holiday);
        asm.voicemail("holiday");
        asm.finish()
    });
    for (at, from, expected) in [
        ("2026-03-06T14:59:59Z", "+14155550123", "closed"),
        ("2026-03-06T15:00:00Z", "+14155550123", "open"),
        ("2026-03-06T18:30:00Z", "+14155550123", "closed"),
        ("2026-03-06T22:59:59Z", "+14155550123", "open"),
        ("2026-03-06T23:00:00Z", "+14155550123", "closed"),
        ("2026-03-07T16:00:00Z", "+14155550123", "closed"),
        ("2026-12-25T16:00:00Z", "+14155550123", "holiday"),
        ("2026-04-05T16:00:00Z", "+14155550123", "holiday"),
        ("2026-03-06T15:00:00Z", "+19005550100", "blocked"),
        ("2026-03-06T15:00:00Z", "sip:spam@Example.com", "blocked"),
        ("2026-03-06T15:00:00Z", "sip:ham@example.com", "open"),
        ("2026-03-06T15:00:00Z", "anonymous", "open"),
        ("2027-01-01T05:59:59Z", "+447000000001", "blocked"),
        ("2027-01-01T06:00:00Z", "+447000000001", "closed"),
    ] {
        let mut caller = Caller::new(&program);
        caller.now = callroute_calendar::parse_rfc3339(at).unwrap();
        assert_eq!(caller.ring(from, "+1"), format!("voicemail {expected}"), "{at} {from}");
    }
}

#[test]
fn a_secret_is_never_traced() {
    struct Log(String);
    impl callroute_runtime::Tracer for Log {
        fn step(&mut self, step: &callroute_runtime::Step<'_>) {
            use std::fmt::Write as _;
            let _ = write!(self.0, "{} {:?} {:?} {:?};", step.op.mnemonic(), step.subject, step.value, step.outcome);
        }
    }
    let mut image = typed_ahead();
    for var in &mut image.vars[11..] {
        var.secret = true;
    }
    let program = program(image);
    let mut caller = Caller::new(&program);
    caller.start();
    let mut log = Log(String::new());
    let event = callroute_runtime::Event { call_id: "abc123xyz", timestamp: MORNING, kind: EventKind::Digits("15678#") };
    let answer = program.decide_traced(&mut caller.call, &event, &mut log).map(|answer| harness::show(&answer)).unwrap();
    assert_eq!(answer, "voicemail done | say First. #56-78");
    assert!(log.0.contains("(secret)") && !log.0.contains("56") && !log.0.contains("78"), "{}", log.0);
    assert!(log.0.contains("gather Some(\"a\")"), "{}", log.0);
}
