//! The index of names: what an editor goes to, and what it renames.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::names::{Kind, NameKind};
use callroute_analysis::{Analysis, MemoryFiles, NoFiles, analyse};
use callroute_diagnostics::{FileId, Place};

fn text(analysis: &Analysis, place: Place) -> &str {
    place.span.text(&analysis.files[place.file.0 as usize].text)
}

/// Every definition with its kind and how often it is used.
fn all(analysis: &Analysis) -> Vec<(NameKind, &str, usize)> {
    let names = &analysis.names;
    names.definitions.iter().map(|d| (d.kind, d.name.as_str(), names.uses(d.place).count())).collect()
}

const SCRIPT: &str = r#"zone America/Chicago
source crm(number: phone) = < owner: agent_name; tier: one of gold, silver >
"#;

#[test]
fn every_kind_of_name_is_found_where_it_is_defined_and_used() {
    let script = r#"zone America/Chicago
agent ana = +13125550100
group sales = ring all < agent ana; +13125550101 >
list blocked = < +19005550100 >
schedule office = < mon-fri 9-17 >
prompt hello = < en "Hello." >
source crm(number: phone) = < owner: text; open: flag >
input tier = one of gold, silver default gold
flow support(team: group) < group (team) >
when from in blocked < reject declined >
when hours(office) and tier is gold <
  lookup crm(from) as customer <
    when customer.open < tag "{customer.owner}" >
  >
  collect 4 digits hello as pin < tag "{pin}" >
  go support(sales)
>
group sales < redirected => redirect (contact) >
"#;
    let analysis = analyse("main.route", script, &NoFiles);
    assert!(analysis.program.is_some(), "{:?}", analysis.diagnostics);
    use NameKind::{Contact, Defined, Field, Keys, Param, Row};
    assert_eq!(
        all(&analysis),
        [
            (Defined(Kind::Agent), "ana", 1),
            (Defined(Kind::Group), "sales", 2),
            (Defined(Kind::List), "blocked", 1),
            (Defined(Kind::Schedule), "office", 1),
            (Defined(Kind::Prompt), "hello", 1),
            (Defined(Kind::Source), "crm", 1),
            (Field, "number", 0),
            (Field, "owner", 1),
            (Field, "open", 1),
            (Defined(Kind::Input), "tier", 1),
            (Defined(Kind::Flow), "support", 1),
            (Param, "team", 1),
            (Row, "customer", 2),
            (Keys, "pin", 1),
            (Contact, "contact", 1),
        ]
    );
    for definition in analysis.names.definitions.iter().filter(|d| d.kind != Contact) {
        assert_eq!(text(&analysis, definition.place), definition.name);
        for place in analysis.names.uses(definition.place) {
            assert_eq!(text(&analysis, place), definition.name);
        }
    }
}

#[test]
fn a_caret_at_either_end_of_a_name_is_on_it() {
    let script = "group sales = ring all < +13125550101 >\ngroup sales\n";
    let analysis = analyse("main.route", script, &NoFiles);
    let at = |offset: usize| {
        analysis.names.at(FileId(0), u32::try_from(offset).unwrap()).map(|(span, d)| (span.text(script), d.place.span.start))
    };
    let uses = script.rfind("sales").unwrap();
    assert_eq!(at(uses), Some(("sales", 6)));
    assert_eq!(at(uses + 5), Some(("sales", 6)));
    assert_eq!(at(uses - 1), None);
    assert_eq!(at(6), Some(("sales", 6)));
    assert_eq!(at(11), Some(("sales", 6)));
    assert_eq!(at(12), None);
    assert_eq!(at(usize::try_from(u32::MAX).unwrap()), None);
}

#[test]
fn targets_of_the_host_and_names_in_other_files_are_known() {
    let files = MemoryFiles([("shared.route".to_owned(), b"list vip = < +13125550100 >\n".to_vec())].into());
    let script = "import \"shared.route\"\nwhen from in vip < agent ana >\nagent ana\n";
    let analysis = analyse("main.route", script, &files);
    assert!(analysis.program.is_some(), "{:?}", analysis.diagnostics);
    let definitions: Vec<_> = analysis.names.definitions.iter().map(|d| (d.kind, d.name.as_str(), d.place.file.0)).collect();
    assert_eq!(definitions, [(NameKind::Extern(Kind::Agent), "ana", 0), (NameKind::Defined(Kind::List), "vip", 1)]);
    assert_eq!(analysis.names.references.iter().map(|r| text(&analysis, r.place)).collect::<Vec<_>>(), ["vip", "ana"]);
}

#[test]
fn broken_scripts_have_names_too() {
    let analysis =
        analyse("main.route", &format!("{SCRIPT}group sales = ring all < +13125550101 >\nwhen hours( < group sales\n"), &NoFiles);
    assert!(analysis.program.is_none());
    assert!(analysis.known().is_some());
    assert!(analysis.names.of_kind(NameKind::Defined(Kind::Group)).any(|d| d.name == "sales"));
}
