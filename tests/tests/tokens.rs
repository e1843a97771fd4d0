//! `continue` stays within what the protocol promises, or the compiler says which values make it longer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::{NoFiles, analyse};
use callroute_diagnostics::Code;
use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use serde_json::{Value, json};

/// A script that keeps `count` texts of a row while the sales group rings.
fn script(count: usize) -> String {
    let fields: String = (0..count).map(|n| format!("field{n}: text; ")).collect();
    let tags: String = (0..count).map(|n| format!("  tag \"{{row.field{n}}}\"\n")).collect();
    format!(
        "source crm(number: phone) = < {fields}>\nlookup crm(from) as row <\n  group sales\n{tags}  group sales\n>\nvoicemail \"end\"\n"
    )
}

/// The longest `continue` of the call, where every text has as many bytes as the compiler supposes.
fn longest(source: &str, count: usize) -> usize {
    let program = analyse("a.route", source, &NoFiles).program.unwrap();
    let program = Program::load(&callroute_compiler::build(&program).unwrap()).unwrap();
    let keys = Keys::new(&[[7; 32]]).unwrap();
    let row: Value = (0..count).map(|n| (format!("field{n}"), json!("x".repeat(64)))).collect::<serde_json::Map<_, _>>().into();
    let mut session = Session::new(&program, &keys);
    let mut token = Value::Null;
    let mut longest = 0;
    for event in [
        json!({"event": "incoming_call", "from": "+12125550199"}),
        json!({"event": "lookup_result", "result": "found", "row": row}),
        json!({"event": "dial_result", "outcome": "busy"}),
    ] {
        let mut event = event;
        event["call_id"] = json!("a call");
        event["timestamp"] = json!("2026-07-06T14:00:00Z");
        if token.is_string() {
            event["continue"] = token;
        }
        let answer = serde_json::to_value(session.answer(&event.to_string(), 0).unwrap()).unwrap();
        token = answer["continue"].clone();
        longest = longest.max(token.as_str().map_or(0, str::len));
    }
    longest
}

#[test]
fn what_is_kept_fits_or_is_named() {
    let mut warned = 0;
    for count in 1..16 {
        let source = script(count);
        let program = analyse("a.route", &source, &NoFiles).program.unwrap();
        let found = callroute_compiler::diagnose(&program);
        let real = longest(&source, count);
        let Some(warning) = found.first() else {
            assert!(real <= 1024, "{count} texts: {real} characters and no warning");
            continue;
        };
        warned += 1;
        assert_eq!((found.len(), warning.code), (1, Code::LongContinue));
        // At the first of the two places at which most is kept.
        assert_eq!(warning.place.span.text(&source), "group sales");
        let said: usize = warning.message.split(' ').find_map(|word| word.parse().ok()).unwrap();
        assert!(said > 1024 && real <= said && said <= real + 100, "{count} texts: {real} characters, and {said} were said");
        assert!(warning.help[0].contains("`row.field0` 67"), "{:?}", warning.help);
        assert_eq!(warning.help[0].contains("more"), count > 6, "{:?}", warning.help);
    }
    assert!((9..12).contains(&warned), "{warned}");
}

/// What has a fixed size is no reason to warn, however much of it there is in reason; digits count as many as are collected.
#[test]
fn small_values_are_no_matter() {
    let inputs: String = (0..20).map(|n| format!("input flag{n} = flag input number{n} = number\n")).collect();
    let reads: String = (0..20).map(|n| format!("when flag{n} and number{n} above 3 < tag \"{n}\" >\n")).collect();
    let script = format!("{inputs}collect 4 digits as pin < menu < 1 => < {reads} tag \"{{pin}}\" > > >\nvoicemail \"end\"\n");
    let analysis = analyse("a.route", &script, &NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:?}", analysis.diagnostics));
    assert_eq!(callroute_compiler::diagnose(&program), []);
}
