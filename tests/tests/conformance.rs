//! Conformance: what real offices need, as scripts with calls beside them (`tests/conformance`), each call with what must come of it. The reference
//! interpreter and the machine must both say so, and must agree on every instruction on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_tests::machine::{Machine, Way};
use callroute_tests::{agree, call, disk};

#[test]
fn every_call_goes_where_it_must() {
    let mut wrong = String::new();
    let mut count = 0;
    for path in disk::scripts(&disk::root().join("tests/conformance")) {
        let (source, analysis) = disk::analyse(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(program) = &analysis.program else {
            wrong += &format!("{name} is refused:\n  {}\n", disk::short(&analysis).join("\n  "));
            continue;
        };
        let machine = Machine::new(program);
        let lines = call::calls(&source);
        assert!(!lines.is_empty(), "{name} has no calls");
        for line in lines {
            for way in Way::ALL {
                count += 1;
                let replies = line.replies.clone();
                match agree::call(program, &machine, way, &line.incoming, |step, _| replies.get(step).cloned()) {
                    Ok(last) => {
                        wrong += &call::fault(&line, &last).map(|fault| format!("{name}:{}: {fault}\n", line.line)).unwrap_or_default()
                    }
                    Err(fault) => wrong += &format!("{name}:{} ({way:?}): {fault}\n", line.line),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 600, "only {count} calls were found");
}
