//! Nothing makes the analysis panic or take long, and many mistakes are each said once.
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

use support::{check_with, expect};

const EVERYTHING: &str = r#"
zone America/Chicago country US fallback voicemail "front_desk" limit turns 20
agent ana = +16822306467 agent ben = in order < sip:ben@example.com; +12125551234 > trunk carrier_a = sip:gw1.example.com
group sales = ring all for 25s < +16822306467; agent ana; +12125551234 after 10s for 15s confirm 1 >
group d = ring by weight < 70% agent ana; 30% agent ben >
queue support = ring longest idle max wait 5m max length 10 announce position every 60s leave when empty music "hold" < agent ana; agent ben >
list vip = < +14155550123 "Ana Gómez"; +1312555xxxx; +4470* until 2026-12-31 > list blocked = csv "l.csv"
dates hol = < jan 1 observed "New Year"; 3rd mon of jan; easter - 2 days; last workday except fr of month; 2026-08-10 to 2026-08-14; every 2 weeks from 2026-01-05 mon >
dates fr = ics "fr.ics"
schedule office = in America/Chicago < mon-thu 9-12, 13-17:30; fri 22-2; jun-aug mon-fri 8-14; hol closed; dec 24 9-12 >
prompt welcome = < en "Welcome {tier}."; es "Bienvenido."; play "welcome.wav" >
table areas = csv "t.csv" key prefix < region: text; cost = "Cost per min": number >
table areas2 = key prefix < region: text > < +1 "us"; +1312 "chicago" >
source crm(number: phone) = < tier: one of gold, silver; owner: text; contacts: phones >
input tier = one of gold, silver default gold input waiting = number default 0 input verstat = text from header "X-Verstat"
action park(slot: text, wait: duration) action drop() settles
flow office_hours(team: group, box: text, open: schedule) < when hours(open) < group (team) > voicemail (box) >
when from in vip or from in blocked < say welcome do office_hours(sales, "sales", office) >
lookup areas(from) as a < tag "{a.region}" > lookup areas2(from) as b < tag "{b.region}" >
lookup crm(from) as c within 300ms < when c.tier is gold and waiting above 3 < agent (c.owner) else park("a", 5s) > >
when on(hol) and verstat is not missing < queue support < full => drop() > else group d for 20s else dial +14155550123 via carrier_a >
test "x" < from +14155550123 given crm(+14155550123) = < tier: gold; owner: "ana" > expect say "Welcome gold." >
"#;

fn files() -> [(&'static str, &'static str); 3] {
    [
        ("l.csv", "+1900*\n"),
        ("t.csv", "p,region,Cost per min\n+1,us,5\n"),
        ("fr.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260714\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n"),
    ]
}

/// `FULL=1` takes many more places.
#[test]
fn any_part_of_a_script_can_be_analysed() {
    let whole = check_with(EVERYTHING, &files());
    assert!(whole.program.is_some(), "{:#?}", whole.diagnostics);
    let step = if std::env::var_os("FULL").is_some() { 13 } else { 61 };
    for at in (0..EVERYTHING.len()).step_by(step).filter(|at| EVERYTHING.is_char_boundary(*at)) {
        let (before, after) = EVERYTHING.split_at(at);
        check_with(before, &files());
        // And with a piece cut out of the middle.
        let rest = after.char_indices().nth(9).map_or("", |(cut, _)| &after[cut..]);
        let analysis = check_with(&format!("{before}{rest}"), &files());
        for diagnostic in &analysis.diagnostics {
            let text = &analysis.files[diagnostic.place.file.0 as usize].text;
            let span = diagnostic.place.span;
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?}");
        }
    }
}

#[test]
fn hostile_data_is_only_refused() {
    let junk: String = [
        "\"",
        "\"\"\n",
        ",,,,",
        "\u{0}",
        "é;",
        "\r\n",
        "+",
        "99999999999999999999",
        "BEGIN:VEVENT\n",
        "END:VEVENT\n",
        "RRULE:FREQ=YEARLY;BYDAY=é1\n",
        ":",
        "DTSTART:99991231\n",
    ]
    .iter()
    .cycle()
    .take(500)
    .copied()
    .collect();
    let text = "list l = csv \"x\"\ntable t = csv \"x\" key exact < a: text >\ndates d = ics \"x\"";
    let calendar = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{junk}");
    for data in [junk.as_str(), &calendar, "", "\u{feff}", "\n\n\n", "\"", "a\u{301},b\n\u{1F600}"] {
        check_with(text, &[("x", data)]);
    }
}

#[test]
fn every_mistake_is_said_once() {
    let text = r#"zone Foo/Bar
country ZZ
limit turns 0
agent ana = +9991234567
group sales = ring by weight < 70% agent ana; 20% agent ben >
group empty = < >
list vip = < +1312*; +1312* >
dates a = < 2026-08-14 to 2026-08-10 >
dates b = < b >
schedule s = in UTC < mon 9-9 >
prompt p = < en "a"; en "b" >
source crm(n: phone, n: phone) = < tier: text >
table t = key prefix < n: number > < +1 "x" >
input i = number default "x"
group sales = < +14155550123 >
agent ben = +14155550124
lookup crm(from) as c < when c.whatever is 5 < hangup > >
when from in vpi < hangup >
when hours(s) and on(a) and on(b) and i above 3 < say p >
lookup t(from) as r < tag "{r.n}" >
group sales else group empty else group slaes for 0s else hangup
"#;
    let analysis = expect(
        text,
        &[
            ("E0550", "Foo/Bar"),
            ("E0426", "ZZ"),
            ("E0208", "0"),
            ("E0421", "+9991234567"),
            ("E0782", "< 70% agent ana; 20% agent ben >"),
            ("E0780", "< >"),
            ("W0427", "+1312*"),
            ("E0561", "2026-08-14 to 2026-08-10"),
            ("E0560", "b"),
            ("E0555", "9-9"),
            ("E0691", "en"),
            ("E0209", "n"),
            ("E0391", "\"x\""),
            ("E0391", "\"x\""),
            ("E0201", "sales"),
            ("E0200", "vpi"),
            ("E0200", "slaes"),
            ("E0784", "0s"),
        ],
    );
    assert!(analysis.program.is_none());
}

#[test]
fn much_is_quick() {
    use std::fmt::Write as _;
    let mut text = String::from("zone UTC\n");
    for n in 0..800 {
        let _ = write!(
            text,
            "agent a{n} = +1415555{:04}\ngroup g{n} = < agent a{n}; +1312555{:04} >\nlist l{n} = < +1{n}* >\ndates d{n} = < dec 25; d{} >\nschedule s{n} = < mon-fri 9-17; d{n} closed >\n",
            n,
            n,
            n + 1
        );
    }
    // The last of a chain of dates is not there, and neither are all these.
    for n in 0..800 {
        let _ = writeln!(text, "group h{n} else hangup");
    }
    let started = std::time::Instant::now();
    let analysis = check_with(&text, &[]);
    assert!(analysis.diagnostics.len() > 800);
    assert!(started.elapsed().as_secs() < 15, "{:?}", started.elapsed());
}
