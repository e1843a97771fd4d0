//! Conformance: what real offices need, as scripts with calls beside them (`tests/conformance`), each call with what must come of it. The reference
//! interpreter and the machine must both say so, and must agree on every instruction on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, missing_docs, reason = "tests")]

use callroute_tests::{call, disk, reference};
use serde_json::Value;

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
        let lines = call::calls(&source);
        assert!(!lines.is_empty(), "{name} has no calls");
        for line in lines {
            count += 1;
            let id = line.incoming["call_id"].as_str().unwrap().to_owned();
            let mut events: Vec<Value> = vec![line.incoming.clone()];
            for reply in &line.replies {
                let last = reference::answers(program, &events).pop().unwrap();
                events.push(call::event(reply, &id, &last));
            }
            let answers = reference::answers(program, &events);
            if let Some(fault) = call::fault(&line, answers.last().unwrap()) {
                wrong += &format!("{name}:{} reference: {fault}\n", line.line);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(count > 250, "only {count} calls were found");
}
