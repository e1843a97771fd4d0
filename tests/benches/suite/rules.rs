//! Rules on the caller, one below the other: ten thousand should cost what ten cost.

use std::collections::HashMap;
use std::fmt::Write;
use std::hint::black_box;

use callroute_analysis::NoFiles;
use callroute_runtime::{Call, Instruction};
use criterion::{BenchmarkId, Criterion};

use crate::{Around, Random, incoming, loaded};

/// So many different numbers.
fn numbers(count: usize) -> Vec<String> {
    let mut random = Random(4);
    let mut seen = std::collections::HashSet::new();
    std::iter::repeat_with(|| random.number(11)).filter(|number| seen.insert(number.clone())).take(count).collect()
}

/// Half of the callers stand in a rule, wherever; for the other half all rules are in vain.
fn callers(numbers: &[String]) -> Vec<String> {
    let mut random = Random(5);
    (0..256)
        .map(
            |call| {
                if call % 2 == 0 {
                    numbers[usize::try_from(random.below(numbers.len() as u64)).unwrap()].clone()
                } else {
                    random.number(11)
                }
            },
        )
        .collect()
}

pub fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rules");
    for (side, other) in [("from", "to"), ("to", "from")] {
        for count in [10, 100, 1_000, 10_000] {
            let numbers = numbers(count);
            let mut script = String::new();
            for (rule, number) in numbers.iter().enumerate() {
                writeln!(script, "when {side} is {number} < agent desk{} >", rule % 100).unwrap();
            }
            script.push_str("voicemail \"nobody\"\n");
            let program = loaded(&script, &NoFiles);
            let rules: HashMap<String, String> =
                numbers.iter().enumerate().map(|(rule, number)| (number.clone(), format!("desk{}", rule % 100))).collect();
            let callers = callers(&numbers);
            let event = |caller| {
                if other == "to" {
                    incoming(1_776_781_920, caller, "+13146523057")
                } else {
                    incoming(1_776_781_920, "+13146523057", caller)
                }
            };
            let mut call = Call::new(&program);
            for caller in &callers {
                let answer = program.decide(&mut call, &event(caller)).unwrap();
                let found = match answer.instruction() {
                    Instruction::Forward(forward) => forward.name(),
                    _ => None,
                };
                assert_eq!(found, rules.get(caller).map(String::as_str), "{caller}");
            }
            let mut caller = Around::new(&callers);
            group.bench_function(BenchmarkId::new(format!("{side}_callroute"), count), |bencher| {
                bencher.iter(|| {
                    let answer = program.decide(&mut call, &black_box(event(caller.next()))).unwrap();
                    match answer.instruction() {
                        Instruction::Forward(forward) => forward.name().map_or(0, str::len),
                        _ => 0,
                    }
                });
            });
            if side == "from" {
                group.bench_function(BenchmarkId::new("from_hash_map", count), |bencher| {
                    bencher.iter(|| rules.get(black_box(caller.next().as_str())).map_or(0, String::len));
                });
            }
        }
    }
    group.finish();
}
