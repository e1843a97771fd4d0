//! What is offered at a place, and what is not.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, missing_docs, reason = "tests")]

use callroute_analysis::NoFiles;
use callroute_diagnostics::Severity;
use callroute_ide::{NoFolders, Snapshot, complete};

const SCRIPT: &str = "zone UTC
input tier = one of gold, silver
input waiting = number default 0
input vip_caller = flag
input note = text
trunk tr = sip:gw1.example.com
trunk spare = sip:gw2.example.com
list vip = < +13125550100 >
dates days_off = < dec 25 >
schedule office = < mon-fri 9-17 >
prompt welcome = < en \"Welcome.\" >
source crm(number: phone) = < level: one of high, low; owner: text; known: flag >
group sales = ring all < +13125550100 >
hangup
";

/// What is offered where the bar is, behind the script.
fn offered(typed: &str) -> Vec<String> {
    let snapshot = Snapshot::of("main.route", SCRIPT, &NoFiles);
    assert!(snapshot.analysis().diagnostics.iter().all(|found| found.severity != Severity::Error));
    let caret = SCRIPT.len() + typed.find('|').unwrap();
    let text = format!("{SCRIPT}{}", typed.replacen('|', "", 1));
    complete(&snapshot, &text, u32::try_from(caret).unwrap(), &NoFolders).into_iter().map(|found| found.label).collect()
}

/// These and no others.
#[test]
fn only_what_fits_is_offered() {
    for (typed, wanted) in [
        ("set tier to |", "gold silver"),
        ("set vip_caller to |", "true false"),
        ("set tier |", "to"),
        ("set caller |", "name"),
        ("set caller name |", "to"),
        ("when tier in (|", "gold silver"),
        ("when waiting above 3 and tier not in (gold, |", "gold silver"),
        ("lookup crm(from) as c < when c.level in (|", "high low"),
        ("when tier is not |", "gold silver"),
        ("when tier is gold |", "and or"),
        ("when hours(office) |", "and or"),
        ("when on(days_off) and vip_caller |", "and or,is missing"),
        ("when waiting |", "is,is not,in,not in,is missing,above,below,at least,at most"),
        ("when from |", "is,is not,in,not in,is missing"),
        ("when note |", "is,is not,in,not in,is missing,starts with,ends with,contains"),
        ("when from.user |", "is,is not,in,not in,is missing,starts with,ends with,contains"),
        ("when note starts |", "with"),
        ("when waiting at |", "least most"),
        ("test \"x\" <\n  given crm(+13125550100) = |", "missing failed late"),
        ("test \"x\" <\n  given tier = |", "gold silver missing"),
        ("test \"x\" <\n  given header \"X\" = |", ""),
        ("test \"x\" <\n  given crm(+13125550100) = < |", "level owner known"),
        ("test \"x\" <\n  given crm(+13125550100) = < level: |", "high low"),
        ("test \"x\" <\n  given crm(+13125550100) = < owner: \"x\"; known: |", "true false"),
        ("dates d = < 4th |", "mon tue wed thu fri sat sun workday"),
        ("dates d = < last |", "mon tue wed thu fri sat sun workday"),
        ("dates d = < last mon |", "of"),
        ("schedule d = < last mon of |", "jan feb mar apr may jun jul aug sep oct nov dec month"),
        ("when on(last mon of |", "jan feb mar apr may jun jul aug sep oct nov dec month"),
        ("dates d = < every 2 |", "days weeks months years"),
        ("dates d = < every |", ""),
        ("menu |", "welcome say play wait gap tries"),
        ("dial +13125550100 via tr, |", "tr spare"),
        ("group sales < busy, |", "busy no-answer declined unreachable redirected"),
        ("group sales < busy |", "=>"),
        ("lookup crm(from) as c < failed, |", "found missing failed late"),
        ("menu say \"x\" < 1, |", "timeout invalid 1 2 3 0 * #"),
        ("switch tier < gold, |", "gold silver missing not"),
        ("ring in |", "order turn"),
        ("group g = ring longest |", "idle"),
        ("group g = ring by |", "weight"),
        ("agent a = in |", "order turn"),
        ("flow x(|", ""),
        ("source x(|", ""),
        ("flow x(t: text, team: group) < group (|", "t team note tier"),
        ("test \"x\" for at, press, |", "from to language outcome expect tier waiting vip_caller note"),
    ] {
        let mut found = offered(typed);
        let apart = if wanted.contains(',') { ',' } else { ' ' };
        let mut wanted: Vec<&str> = wanted.split(apart).filter(|word| !word.is_empty()).collect();
        if apart == ',' && wanted[0] == "and or" {
            wanted.splice(0..1, ["and", "or"]);
        }
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{typed}");
    }
}

/// These, and not those.
#[test]
fn what_fits_is_among_what_is_offered() {
    for (typed, wanted, unwanted) in [
        ("test \"x\" <\n  outcome |", &["recorded", "ok", "busy", "redirected to"][..], &["group"][..]),
        ("test \"x\" <\n  expect ended |", &["turn-limit", "unrouted", "recorded", "hangup", "error"], &["group"]),
        ("test \"x\" for |", &["at", "press", "expect", "tier"], &["wait", "timeout"]),
        ("when language is |", &["en", "es", "missing"], &["from", "gold"]),
        ("when language in (|", &["en", "es"], &["from", "gold"]),
        ("when hours(office in |", &["America/Chicago", "UTC"], &["office", "mon"]),
        ("when from is |", &["anonymous", "+44*"], &["gold"]),
        ("when from not in (|", &["+44*"], &["gold", "not"]),
        ("when from in |", &["vip"], &["sales"]),
        ("when not |", &["hours", "tier"], &["gold"]),
        ("when (|", &["hours", "tier"], &["gold"]),
        ("dial |", &["(from)", "(note)"], &["+44*", "sales"]),
        ("switch tier < |", &["gold", "silver"], &["high"]),
        ("set note to |", &["note", "from"], &["gold"]),
        ("input state = one of a, b default |", &[], &["missing"]),
        ("schedule d = < |", &["mon", "days_off", "last"], &["of"]),
    ] {
        let found = offered(typed);
        for label in wanted {
            assert!(found.iter().any(|found| found == label), "{typed}: {label} is not in {found:?}");
        }
        for label in unwanted {
            assert!(!found.iter().any(|found| found == label), "{typed}: {label} is in {found:?}");
        }
    }
}
