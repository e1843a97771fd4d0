//! Real scripts, checked and compiled: their listings are kept as files. `BLESS=1` writes them anew.

use callroute_analysis::{MemoryFiles, analyse};
use callroute_bytecode::image::Image;
use callroute_diagnostics::Severity;

use crate::support;

#[track_caller]
fn compile(source: &str) -> Image {
    let analysis = analyse("main.route", source, &MemoryFiles::default());
    let errors: Vec<_> = analysis
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| (&found.message, found.place.span.text(source)))
        .collect();
    let program = analysis.program.unwrap_or_else(|| panic!("{errors:#?}"));
    support::compile(&program)
}

#[track_caller]
fn golden(name: &str, source: &str) {
    let listing = callroute_bytecode::disassemble(&compile(source));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &listing).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}; BLESS=1 writes it", path.display()));
    assert!(expected == listing, "{} differs; if that is meant, BLESS=1 writes it anew:\n{listing}", path.display());
}

#[test]
fn the_smallest_script() {
    golden(
        "smallest",
        "when hours(9-17 America/Chicago) < menu < 1 => group sales; 2 => agent support > > else voicemail \"office_closed\"\n",
    );
}

#[test]
fn an_office() {
    golden(
        "office",
        r#"zone America/Chicago
fallback voicemail "front_desk"
group sales = ring all for 25s < +16822306467; agent ana; +12125551234 after 10s for 15s confirm 1 >
agent ana = in order < +13125550101; sip:ana@example.com >
agent support = sip:support@example.com
list blocked = < +1900*; +13125550666 >
dates us_holidays = < jan 1 observed; 4th thu of nov; dec 25 observed >
schedule office = < mon-fri 9-17; us_holidays closed >

when from in blocked < reject declined >
when from is anonymous < reject 433 "not from nobody" >
when from is +1312* < tag "near" >
when on(us_holidays) < voicemail "holiday" >
when hours(office) <
  menu say "Press 1 for sales, 2 for support." <
    1 => group sales else voicemail "sales"
    2 => agent support for 20s < busy, no-answer => say "Nobody is free."; unreachable => hangup > else voicemail "support"
    * => repeat
    timeout => say "Please choose."
  > else voicemail "front_desk"
>
voicemail "office_closed"
"#,
    );
}

#[test]
fn a_conversation() {
    golden(
        "conversation",
        r#"zone America/Chicago
source crm(number: phone) = < tier: one of gold, silver; owner: text; unused: text >
input waiting = number default 0
input plan = one of basic, plus, pro
action park(slot: text)
flow ask <
  collect 4 digits say "Your number?" tries 2 ending # as pin secret <
    switch pin < "0000" => retry; "1234", "4321" => say "Welcome." > else hangup
  > else go main
>
flow team_or_box(team: group, greeting: text) <
  group (team) for 20s
  voicemail (greeting)
>
switch plan < pro => set priority to 5; plus, basic => set priority to 1; missing => tag "no plan" >
lookup crm(from) as customer within 300ms <
  when customer.tier is gold and (waiting below 3 or waiting above 10) < agent (customer.owner) >
  say "Hello {customer.owner}."
> else park("new")
do ask
split by call "test" < 30% => do team_or_box(sales, "a"); 70% => do team_or_box(support, "b") >
group sales = < +13125550101 >
group support = < +13125550102 >
"#,
    );
}

#[test]
fn two_thousand_rules_from_the_text_on() {
    let mut source = String::new();
    for i in 0..2000 {
        source.push_str(&format!("when from is +1312{i:07} < reject busy >\n"));
    }
    let image = compile(&source);
    assert_eq!(image.switches.len(), 1);
    assert_eq!(image.switches[0].targets.len(), 2000);
    assert_eq!(image.settles.len(), 1);
}
