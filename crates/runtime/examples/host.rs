//! A host in about thirty lines: `cargo run -p callroute-runtime --example host office.routec 1` takes a call through a compiled script, presses a key at each menu, and
//! lets nobody answer.

use std::error::Error;

use callroute_runtime::{Call, DialOutcome, Event, EventKind, Incoming, Instruction, Program};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("usage: host FILE.routec KEYS")?;
    let keys = args.next().unwrap_or_default();
    let program = Program::load(&std::fs::read(file)?)?;
    for (kind, name) in program.unknown_externs(|_, _| false) {
        println!("the telephone system must know the {kind:?} {name}");
    }
    let mut call = Call::new(&program);
    let mut kind = EventKind::Incoming(Incoming::new("+14155550123", "+13146523057"));
    // 2026-04-21 09:32 in Chicago. A real host gives the time at which it got the event.
    for timestamp in 1_776_781_920.. {
        let answer = program.decide(&mut call, &Event { call_id: "call-1", timestamp, kind })?;
        for prompt in answer.prompts() {
            println!("play {:?}", prompt.what);
        }
        kind = match answer.instruction() {
            Instruction::Menu(_) | Instruction::Collect(_) => EventKind::Digits(&keys),
            Instruction::Forward(forward) => {
                println!("ring {:?}", forward.members().map(|member| member.address).collect::<Vec<_>>());
                EventKind::DialResult { outcome: DialOutcome::NoAnswer, contact: None, digits: None }
            }
            other => {
                println!("{other:?}");
                EventKind::Hangup
            }
        };
        if !answer.waiting() {
            break;
        }
    }
    Ok(())
}
