//! Any text as a script, all the way: what the checker lets pass compiles, loads, and decides what the reference interpreter decides.
#![no_main]

use callroute_analysis::NoFiles;
use callroute_fuzz::{analyse, seed};
use callroute_tests::agree;
use callroute_tests::generate::{self, Dice};
use callroute_tests::machine::{Machine, Way};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let analysis = analyse(text, &NoFiles);
    let Some(program) = &analysis.program else { return };
    if let Err(faults) = callroute_compiler::build(program) {
        // Too large is a fault of the script; anything else one of ours.
        assert!(faults.iter().all(|fault| fault.code != callroute_diagnostics::Code::CompilerFault), "{faults:?}");
        return;
    }
    let machine = Machine::new(program);
    for (number, way) in Way::ALL.into_iter().enumerate() {
        let mut dice = Dice::new(seed(data).wrapping_add(number as u64));
        let incoming = generate::incoming(&mut dice);
        let mut at = callroute_calendar::parse_rfc3339(incoming["timestamp"].as_str().unwrap_or_default()).unwrap_or(0);
        let result = agree::call(program, &machine, way, &incoming, |step, last| {
            at += 7;
            if step > 12 { None } else { generate::reply(&mut dice, last, at) }
        });
        if let Err(fault) = result {
            panic!("{fault}");
        }
    }
});
