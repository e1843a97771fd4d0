//! Random scripts and random calls: the reference interpreter, the machine, the machine from saved bytes, and the machine stopped and resumed at every
//! point must agree on every instruction. `SEED=n` repeats one script, `CASES=n` sets how many are tried.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::NoFiles;
use callroute_tests::generate::{self, Dice};
use callroute_tests::machine::{Machine, Way};
use callroute_tests::{agree, disk};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn reference_and_machine_agree() {
    let seeds: Vec<u64> = match std::env::var("SEED") {
        Ok(_) => vec![number("SEED", 0)],
        Err(_) => (0..number("CASES", 150)).collect(),
    };
    let mut calls = 0;
    let mut steps = 0;
    for seed in seeds {
        let script = generate::script(seed);
        let analysis = callroute_analysis::analyse("random.route", &script, &NoFiles);
        let Some(program) = &analysis.program else {
            {
                let errors: Vec<String> = disk::short(&analysis).into_iter().filter(|line| line.starts_with('E')).collect();
                panic!("seed {seed}: the script is refused\n{}\n{script}", errors.join("\n"))
            }
        };
        let machine = Machine::new(program);
        for number in 0..12 {
            let mut dice = Dice::new(seed.wrapping_mul(1000) + number);
            let incoming = generate::incoming(&mut dice);
            let way = Way::ALL[(number % 3) as usize];
            let mut at = callroute_calendar::parse_rfc3339(incoming["timestamp"].as_str().unwrap()).unwrap();
            calls += 1;
            let result = agree::call(program, &machine, way, &incoming, |step, last| {
                steps += 1;
                at += 7;
                if step > 25 { None } else { generate::reply(&mut dice, last, at) }
            });
            if let Err(fault) = result {
                panic!("seed {seed}, call {number} ({way:?}): {fault}\n{script}");
            }
        }
    }
    assert!(steps > calls, "{calls} calls, {steps} steps");
}
