//! What is said of a place, and what is offered there, in the words that people read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_analysis::NoFiles;
use callroute_calendar::{Zone, parse_rfc3339};
use callroute_diagnostics::{FileId, Severity, Span};
use callroute_ide as ide;
use callroute_ide::{Clock, Colour, Snapshot};

const FILE: FileId = FileId(0);

const SHOP: &str = r#"zone America/Chicago

schedule shop = in America/Phoenix < mon-thu 9-12, 13-17:30; fri 22-2; dec 24 9-12 >
source crm(number: phone) = < tier: one of gold, silver; owner: text >
queue helpdesk = ring longest idle max wait 5m < +13125550101; +13125550102 >

when hours(mon-fri 9-12, sat 10-14) <
  lookup crm(from) as customer <
    when customer.tier is gold < queue helpdesk else hangup >
  >
> else <
  when from is +1312* <
    say "We are closed."
    when hours(shop) <
      menu say "Press 1." tries 2 < 1 => queue helpdesk else hangup > else voicemail "nobody"
    >
  >
  voicemail "closed"
>
"#;

/// A Saturday evening in Chicago, looked at from Berlin.
fn clock() -> Clock {
    Clock { now: parse_rfc3339("2026-11-28T22:30:00Z").unwrap(), zone: Some(Zone::parse("Europe/Berlin").unwrap()) }
}

fn place(text: &str, needle: &str) -> u32 {
    u32::try_from(text.find(needle).expect(needle)).unwrap()
}

fn snapshot(text: &str) -> Snapshot {
    let snapshot = Snapshot::of("shop.route", text, &NoFiles);
    let error = snapshot.analysis().diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    assert!(error.is_none(), "{error:?}\n{text}");
    snapshot
}

fn hover(needle: &str) -> String {
    ide::hover(&snapshot(SHOP), FILE, place(SHOP, needle) + 1, clock()).expect(needle).text
}

/// The script after an action whose title has these words.
fn after(text: &str, range: Span, title: &str) -> String {
    let snapshot = snapshot(text);
    let found = ide::actions(&snapshot, FILE, range, clock()).into_iter().find(|action| action.title.contains(title)).expect(title);
    let mut edits = found.edits;
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    let mut out = text.to_owned();
    for (place, new) in edits {
        out.replace_range(place.span.start as usize..place.span.end as usize, &new);
    }
    out
}

#[test]
fn a_week_is_shown_on_both_clocks() {
    let shop = hover("shop) <");
    assert!(shop.contains("**closed** now in `America/Phoenix`, opens Mon 2026-11-30 09:00:00 MST (for you Mon 2026-11-30 17:00:00 CET)"));
    assert!(shop.contains("| day | hours | for you (Europe/Berlin) |"), "{shop}");
    // What is the evening there is the next morning here.
    assert!(shop.contains("| Mon 2026-11-30 | 09:00–12:00, 13:00–17:30 | 17:00–20:00, 21:00–Tue 01:30 |"), "{shop}");
    assert!(shop.contains("| Sat 2026-11-28 | 00:00–02:00 | 08:00–10:00 |"), "the end of Friday's night: {shop}");
    assert!(shop.contains("| Fri 2026-12-04 | 22:00–24:00 | Sat 06:00–08:00 |"), "{shop}");
    // On one clock, one column.
    let clock = Clock { zone: Zone::parse("America/Phoenix").ok(), ..clock() };
    let alone = ide::hover(&snapshot(SHOP), FILE, place(SHOP, "shop) <"), clock).unwrap().text;
    assert!(alone.contains("| day | hours |\n|---|---|\n") && !alone.contains("for you"), "{alone}");
}

#[test]
fn hours_in_place_are_said_wherever_one_points_in_them() {
    for needle in ["hours(mon", "mon-fri 9", "sat 10"] {
        assert!(hover(needle).contains("| Sat 2026-11-28 | 10:00–14:00 | 17:00–21:00 |"), "{needle}: {}", hover(needle));
    }
}

#[test]
fn rows_queues_and_patterns_are_said_in_full() {
    assert!(hover("customer.tier").contains("of `crm`: tier: one of gold, silver, owner: text"));
    let queue = hover("helpdesk = ");
    assert!(queue.contains("callers wait for 5m at most") && !queue.contains("30s"), "{queue}");
    assert!(hover("+1312*").contains("numbers of 4 digits and more"), "{}", hover("+1312*"));
}

#[test]
fn ranges_of_days_and_dates_have_colours() {
    let text = "zone UTC\nschedule s = < mon-fri 9-17; 2026-12-24 closed >\nwhen hours(s) < hangup >\n";
    let snapshot = snapshot(text);
    let colours = ide::colours(&snapshot, FILE);
    let of = |needle: &str| colours.iter().find(|piece| piece.span.text(text) == needle).map(|piece| piece.colour);
    assert_eq!(of("mon-fri"), Some(Colour::Keyword));
    assert_eq!(of("2026-12-24"), Some(Colour::Number));
}

#[test]
fn steps_that_are_taken_out_keep_their_shape() {
    let start = place(SHOP, "say \"We");
    let end = place(SHOP, "  >\n  voicemail");
    let out = after(SHOP, Span::new(start, end), "Take these steps out");
    let flow = "flow new_flow <\n  say \"We are closed.\"\n  when hours(shop) <\n    menu say \"Press 1.\" tries 2 < 1 => queue helpdesk else hangup > \
                else voicemail \"nobody\"\n  >\n>\n";
    assert!(out.contains(flow), "{out}");
    snapshot(&out);
}

#[test]
fn a_test_is_written_for_a_caller_and_a_moment_that_fit_all_of_the_way() {
    // The main hours end for lunch, and the shop, an hour behind, is still open.
    let out = after(SHOP, Span::at(place(SHOP, "voicemail \"nobody\"")), "Write a test");
    let written = out.strip_prefix(SHOP.trim_end()).unwrap().trim();
    assert_eq!(
        written,
        "test \"voicemail nobody\" <\n  at 2026-11-30 12:00 America/Chicago\n  from +13125550123\n  timeout\n  timeout\n  expect voicemail \"nobody\"\n>"
    );
    snapshot(&out);
}
