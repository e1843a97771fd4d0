//! Tests of the language as typed cases: what stands in them, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use callroute_analysis::testing::{Expected, LineKind, LookupAnswer, Whom};
use callroute_analysis::typed::{Const, Phone};
use support::{expect, found};

const SCRIPT: &str = r#"
zone America/Chicago
group sales = < +13125550101 >
source crm(number: phone, pin: text) = < tier: one of gold, silver; owner: text; contacts: phones >
input tier = one of gold, silver
input vip = flag
action park(slot: text)
park("x")
lookup crm(from, "1") as row < group sales else hangup >
when tier is gold and vip < group sales else hangup >
hangup
"#;

fn with(test: &str) -> String {
    format!("{SCRIPT}{test}")
}

#[test]
fn every_line_has_its_typed_form() {
    let analysis = expect(
        &with(
            r#"test "all of it" <
  at 2026-04-21 09:32:05
  from "Ana <sip:ana@example.com>"
  to 911
  language ES-mx
  given tier = GOLD
  given vip = true
  given call_id = "call 7"
  given header "X-A" = "v"
  given crm(+1 4155550123, "1") = failed
  given crm(+14155550123, "1") = < tier: gold; owner: missing; contacts: "+13125550103, sip:a@b.example" >
  press 12#
  timeout
  outcome redirected to sip:Desk@Example.com
  wait 1m
  hangup
  expect group sales for 20s
  expect ring in order each 5s < +13125550102; +13125550103 confirm 1 >
  expect dial +13125550104
  expect ended no-answer
  expect reject
  expect reject busy "no"
  expect park("lot")
  expect lookup crm
>"#
            .replace("+1 4155550123", "+14155550123")
            .as_str(),
        ),
        &[],
    );
    let program = analysis.program.unwrap();
    assert_eq!(program.groups.len(), 1, "a group of a test is no group of the program");
    let case = &program.tests[0].cases[0];
    let setup = &case.setup;
    assert_eq!(setup.at, Some(1_776_781_925));
    assert_eq!(setup.from.as_deref(), Some("Ana <sip:ana@example.com>"), "a text is said as it stands");
    assert_eq!((setup.to.as_deref(), setup.language.as_deref(), setup.call_id.as_deref()), (Some("911"), Some("es-MX"), Some("call 7")));
    assert_eq!(setup.inputs.len(), 2);
    assert_eq!(setup.headers, [("X-A".to_owned(), "v".to_owned())]);
    assert_eq!(setup.lookups[0].answer, LookupAnswer::Failed);
    let LookupAnswer::Row(row) = &setup.lookups[1].answer else { panic!() };
    assert_eq!(row.iter().map(|(field, _)| *field).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(setup.lookups[1].args[1], Const::Text("1".to_owned()));
    let kinds: Vec<&LineKind> = case.lines.iter().map(|line| &line.kind).collect();
    assert_eq!(kinds[2], &LineKind::Outcome("redirected", Some(Phone::Address("sip:Desk@example.com".to_owned()))));
    assert_eq!(kinds[3], &LineKind::Wait(60_000));
    let expected = |at: usize| match kinds[at] {
        LineKind::Expect(expected) => expected.as_ref(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(expected(5), Expected::Dial(dial) if matches!(dial.whom, Whom::Group(_)) && dial.options.ring_for.is_some()));
    assert!(matches!(expected(6), Expected::Dial(dial) if matches!(&dial.whom, Whom::Ring(ring) if ring.members.len() == 2)));
    assert!(matches!(expected(7), Expected::Dial(dial) if matches!(&dial.whom, Whom::Number(_))));
    assert_eq!(expected(8), &Expected::Ended("no-answer"));
    assert_eq!(expected(9), &Expected::Reject { code: None, text: None });
    assert_eq!(expected(10), &Expected::Reject { code: Some(486), text: Some("no".to_owned()) });
    assert!(matches!(expected(11), Expected::Action(_, args) if args.len() == 1));
    assert!(matches!(expected(12), Expected::Lookup(_)));
}

#[test]
fn a_row_of_a_table_is_a_case() {
    let analysis = expect(
        &with(
            "test \"rows\" for at, tier, press, outcome, expect <\n  2026-04-21T14:32:00Z, gold, 1, no-answer, group sales\n  2026-04-21T14:33:00Z, silver, timeout, timeout, ended busy\n>",
        ),
        &[],
    );
    let program = analysis.program.unwrap();
    let test = &program.tests[0];
    assert!(test.table && test.cases.len() == 2);
    assert_eq!(test.cases[1].lines[0].kind, LineKind::Timeout);
    assert_eq!(test.cases[1].lines[1].kind, LineKind::Outcome("timeout", None));
    let span = test.cases[1].place.span;
    assert!(span.text(&program.files[0].text).starts_with("2026-04-21T14:33:00Z, silver"));
}

#[test]
fn what_is_wrong_in_a_test_is_said_once() {
    for (line, wrong) in [
        ("outcome busy to +13125550101 expect hangup", ("E0139", "+13125550101")),
        ("outcome bussy expect hangup", ("E0953", "bussy")),
        ("given call_id = 5 expect hangup", ("E0391", "5")),
        ("given nobody = 5 expect hangup", ("E0200", "nobody")),
        ("given crm(from, \"1\") = missing expect hangup", ("E0307", "from")),
        ("given crm(+1312) = missing expect hangup", ("E0300", "(+1312)")),
        ("expect ended burned", ("E0953", "burned")),
        ("expect group sales else hangup", ("E0101", "else")),
    ] {
        let analysis = support::check_with(&with(&format!("test \"x\" < {line} >")), &[]);
        assert_eq!(found(&analysis), [(wrong.0.to_owned(), wrong.1.to_owned())], "{line}\n{:#?}", analysis.diagnostics);
    }
}
