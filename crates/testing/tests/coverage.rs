//! What is covered, where the compiler makes one look-up of several rules, leaves things out, or writes them twice.
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
use callroute_diagnostics::FileId;
use callroute_testing::{Coverage, Hits, Suite, Verdict, lcov, listing, missed};

/// What no test reaches, as `line:column: what`.
fn open(script: &str) -> Vec<String> {
    let analysis = analyse("a.route", script, &NoFiles);
    let program = analysis.program.unwrap_or_else(|| panic!("{:#?}", analysis.diagnostics));
    let suite = Suite::new(&program).unwrap();
    let (mut hits, mut memory) = (Hits::default(), suite.memory());
    for case in suite.tests().iter().flat_map(|test| &test.cases) {
        match suite.run(case, &mut memory, Some(&mut hits)) {
            Verdict::Passed => {}
            Verdict::Failed(failure) => panic!("{failure:#?}"),
        }
    }
    let coverage = Coverage::new(&program, suite.machine(), &analysis.diagnostics, &hits);
    missed(&program, &coverage, |_| String::new()).into_iter().map(|line| line.trim_start_matches(':').to_owned()).collect()
}

#[test]
fn rules_that_share_a_look_are_told_apart() {
    let script = "when from is +13125550101 < tag \"a\" >\nwhen from is +13125550102 < reject >\nwhen from is +13125550103 < hangup >\nwhen from is +13125550104 < hangup >\nvoicemail \"x\"\n";
    let test = |from: &str, expect: &str| format!("test \"{from}\" < from {from}; expect {expect} >\n");
    assert_eq!(
        open(&format!("{script}{}{}", test("+13125550102", "reject"), test("+13125550101", "voicemail \"x\""))),
        ["3:1: never true", "3:29: never runs", "4:1: never true", "4:29: never runs"]
    );
    // The third rule held; the fourth was never asked, but by the one that took none.
    assert_eq!(
        open(&format!("{script}{}", test("+13125550103", "hangup"))),
        [
            "1:1: never true",
            "1:29: never runs",
            "2:1: never true",
            "2:29: never runs",
            "3:1: never false",
            "4:1: never runs",
            "4:1: never true",
            "4:1: never false",
            "4:29: never runs",
            "5:1: never runs"
        ]
    );
}

#[test]
fn an_else_that_has_nothing_to_do_is_not_waited_for() {
    let arms = |arms: &str| {
        let outcomes = ["busy", "no-answer", "declined", "unreachable"];
        let tests: String = outcomes.map(|word| format!("test \"{word}\" < expect agent ana; outcome {word}; expect hangup >\n")).concat();
        open(&format!("agent ana < {arms} => hangup > else voicemail \"x\"\n{tests}"))
    };
    assert_eq!(arms("busy, no-answer, declined, unreachable, redirected"), ["1:13: never redirected"]);
    assert_eq!(arms("busy, no-answer, declined, unreachable"), ["1:64: never taken", "1:69: never runs"]);
}

#[test]
fn chains_of_else_when() {
    let script = "zone UTC\nwhen from is +13125550101 < reject > else when from is +13125550102 < reject busy > else when hours(9-17) < hangup > else voicemail \"x\"\n";
    let test = |from: &str, at: &str, expect: &str| format!("test \"t\" < at 2026-04-21 {at}; from {from}; expect {expect} >\n");
    assert_eq!(
        open(&format!("{script}{}", test("+13125550102", "08:00", "reject busy"))),
        [
            "2:1: never true",
            "2:29: never runs",
            "2:85: never taken",
            "2:90: never runs",
            "2:90: never true",
            "2:109: never runs",
            "2:118: never taken",
            "2:123: never runs"
        ]
    );
    let all = [
        test("+13125550101", "08:00", "reject"),
        test("+13125550102", "08:00", "reject busy"),
        test("anonymous", "10:00", "hangup"),
        test("anonymous", "18:00", "voicemail \"x\""),
    ];
    assert!(open(&format!("{script}{}", all.concat())).is_empty());
}

#[test]
fn what_cannot_be_reached_is_no_gap() {
    // A flow that nothing runs, a condition that is decided already, a value that nobody reads.
    let script = "input note = text\nset note to \"x\"\nwhen from is anonymous < hangup >\nwhen from is anonymous < reject >\nvoicemail \"x\"\nflow never < reject >\n";
    let tests = "test \"a\" < expect hangup >\ntest \"b\" < from +13125550101; expect voicemail \"x\" >\n";
    assert_eq!(open(&format!("{script}{tests}")), Vec::<String>::new());
}

#[test]
fn draws_switches_and_both_ways_of_a_compound_condition() {
    let script = "list vip = < +13125550101 >\nsplit by call < 50% => tag \"one\"; 50% => tag \"two\" >\nswitch from < vip => reject; +1312*, anonymous => hangup > else voicemail \"x\"\n";
    let test = |from: &str, id: &str, expect: &str| format!("test \"t\" < from {from}; given call_id = \"{id}\"; expect {expect} >\n");
    assert_eq!(
        open(&format!("{script}{}", test("+13125550101", "call-1", "reject")))
            .iter()
            .filter(|line| line.starts_with('3'))
            .collect::<Vec<_>>(),
        ["3:30: never taken", "3:51: never runs", "3:60: never taken", "3:65: never runs"]
    );
    let every: String = (0..12).map(|id| test("+13125550101", &format!("call-{id}"), "reject")).collect();
    let rest = test("anonymous", "a", "hangup") + &test("+14155550101", "a", "voicemail \"x\"");
    assert!(open(&format!("{script}{every}{rest}")).is_empty());
    let script = "input vip = flag\nwhen vip and (from is not anonymous or not (to is 911)) < reject > else hangup\n";
    let test = |settings: &str, expect: &str| format!("test \"t\" < {settings}; expect {expect} >\n");
    assert_eq!(
        open(&format!("{script}{}", test("given vip = true from +13125550101", "reject"))),
        ["2:68: never taken", "2:73: never runs"]
    );
    assert_eq!(open(&format!("{script}{}", test("given vip = true to 911", "hangup"))), ["2:1: never true", "2:59: never runs"]);
}

/// Seconds that this thread has worked; where that is not to be had, seconds.
fn worked(began: std::time::Instant) -> f64 {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = counted.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| began.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

#[test]
fn what_coverage_costs_grows_as_the_script_does() {
    // Menus, rules that share a look, flows, and all that on one line as well; each of them reached by a test.
    let script = |parts: usize, end: char| {
        let mut out = format!("zone UTC{end}");
        for part in 0..parts {
            out += &format!("when to is +1312{part:07} < go part_{part} >{end}");
        }
        for part in 0..parts {
            out += &format!("flow part_{part} < menu < 1 => hangup; 2 => reject > else voicemail \"x\" >{end}");
            out += &format!("test \"{part}\" < to +1312{part:07}; press 1; expect hangup >{end}");
        }
        out
    };
    let cost = |parts: usize, end: char| {
        let analysis = analyse("a.route", &script(parts, end), &NoFiles);
        let program = analysis.program.unwrap_or_else(|| panic!("{:#?}", analysis.diagnostics));
        let suite = Suite::new(&program).unwrap();
        let (mut hits, mut memory) = (Hits::default(), suite.memory());
        for case in suite.tests().iter().flat_map(|test| &test.cases) {
            assert!(matches!(suite.run(case, &mut memory, Some(&mut hits)), Verdict::Passed));
        }
        let began = std::time::Instant::now();
        let before = worked(began);
        let coverage = Coverage::new(&program, suite.machine(), &analysis.diagnostics, &hits);
        let text = listing(&program, &coverage, FileId(0), "a.route", |_, text| text.to_owned());
        let record = lcov(&program, &coverage, |_| "a.route".to_owned());
        assert_eq!(coverage.points.iter().filter(|point| point.label == "never runs" && point.count > 0).count(), parts * 4);
        assert!(text.contains("never silent") || text.contains("never pressed"), "{text}");
        assert!(record.contains("end_of_record"));
        worked(began) - before
    };
    for end in ['\n', ' '] {
        let (few, many) = (cost(100, end), cost(1600, end));
        // Sixteen times the script; with its square it would be 256.
        assert!(many < few.max(0.002) * 64.0, "{few} s, and {many} s for 16 times as much");
    }
}
