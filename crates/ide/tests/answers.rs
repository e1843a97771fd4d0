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

use callroute_analysis::{Files, MemoryFiles, NoFiles, analyse};
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
    let snapshot = Snapshot::of("shop.route", text, &NoFiles);
    let found = ide::actions(&snapshot, FILE, range, clock()).into_iter().find(|action| action.title.contains(title)).expect(title);
    let mut edits = found.edits;
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span));
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
    let prefix = hover("+1312*");
    assert!(prefix.contains("numbers of 4 digits and more; `+1312` is United States, fixed line or mobile"), "{prefix}");
}

#[test]
fn ranges_of_days_and_dates_have_colours() {
    let text = "zone UTC\nschedule s = < mon-fri 9-17; 2026-12-24 closed >\nwhen hours(s) < hangup >\n";
    let snapshot = snapshot(text);
    let colours = ide::colours(&snapshot, FILE, Span::new(0, u32::MAX));
    let of = |needle: &str| colours.iter().find(|piece| piece.span.text(text) == needle).map(|piece| piece.colour);
    assert_eq!(of("mon-fri"), Some(Colour::Keyword));
    assert_eq!(of("2026-12-24"), Some(Colour::Number));
    // Those of a part are those of the whole that lie in it.
    let part = Span::new(place(text, "schedule") + 3, place(text, "closed"));
    let inside: Vec<_> = colours.iter().filter(|piece| piece.span.start < part.end && part.start < piece.span.end).copied().collect();
    assert_eq!(ide::colours(&snapshot, FILE, part), inside);
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

#[test]
fn what_is_put_in_front_of_an_item_cuts_no_comment_and_ends_its_lines_as_the_file_does() {
    // What is asked for, where it is asked for, what is offered, and how what comes into the file begins.
    let cases = [
        ("when hours(9-17) < hangup >\nhangup", "9-17", "Turn these hours", "schedule opening_hours"),
        ("do bob\nhangup", "bob", "Define the flow", "flow bob <"),
        ("hangup", "hangup", "Add a fallback", "fallback voicemail"),
        ("say \"a\"\nhangup", "say \"a\"", "Take these steps out", "flow new_flow"),
        ("say \"a\"\nhangup", "say \"a\"\nhangup", "Take these steps out", "flow new_flow"),
        ("hangup", "hangup", "Write a test", "test \"hangup\""),
    ];
    for (item, wanted, title, new) in cases {
        for comments in
            ["// one\n// two", "/// A doc comment", "/* a block\n   of two lines */", "hangup // behind a step", "  // farther in"]
        {
            for blank in 0..4 {
                for (ends, tail) in [("\n", "\n"), ("\r\n", "\r\n"), ("\n", "")] {
                    let text = format!("/* licence */\n\n{comments}\n{}{item}{tail}", "\n".repeat(blank))
                        .replace("\r\n", "\n")
                        .replace('\n', ends);
                    let wanted = wanted.replace('\n', ends);
                    let start = u32::try_from(text.rfind(&wanted).unwrap()).unwrap();
                    let out = after(&text, Span::new(start, start + u32::try_from(wanted.len()).unwrap()), title);
                    let context = format!("{title} in {text:?}: {out:?}");
                    assert!(out.contains(&comments.replace('\n', ends)), "{context}");
                    assert!(out.starts_with(&format!("/* licence */{ends}{ends}")), "{context}");
                    assert!(out.lines().any(|line| line.starts_with(new)), "{context}");
                    if ends == "\r\n" {
                        assert_eq!(out.matches('\n').count(), out.matches("\r\n").count(), "{context}");
                    }
                }
            }
        }
    }
    // Behind the settings: a comment at the end of their line stays with them.
    let text = "zone UTC // at home\nhangup\n";
    assert_eq!(after(text, Span::at(0), "Add a fallback"), "zone UTC // at home\nfallback voicemail \"front_desk\"\nhangup\n");
}

const FLOWS: &str = "zone UTC\nschedule s = < mon-fri 9-17 >\ndates d = < dec 25 >\nflow z(b: schedule, free: dates) <\n  \
                     when hours(b) < hangup >\n  when on(free) < hangup >\n>\ndo z(s, d)\nhangup\n";

#[test]
fn parameters_that_are_schedules_and_dates_are_found_and_offered() {
    let snapshot = snapshot(FLOWS);
    for (used, defined) in [("b) <", "b: "), ("free) <", "free: ")] {
        let place = ide::definition(&snapshot, FILE, place(FLOWS, used)).expect(used).1;
        assert_eq!(place.span.start, self::place(FLOWS, defined));
        assert_eq!(ide::references(&snapshot, FILE, place.span.start, true).len(), 2, "{used}");
    }
    for (asked, wanted) in [("hours(", "b"), ("on(", "free")] {
        let at = place(FLOWS, asked) + u32::try_from(asked.len()).unwrap();
        let labels: Vec<String> = ide::complete(&snapshot, FLOWS, at, &ide::NoFolders).into_iter().map(|found| found.label).collect();
        assert!(labels.iter().any(|label| label == wanted), "{labels:?}");
        assert!(!labels.iter().any(|label| label == if wanted == "b" { "free" } else { "b" }), "{labels:?}");
    }
}

/// The script after a renaming, or why there is none.
fn renamed(text: &str, files: &dyn Files, needle: &str, name: &str) -> Result<String, String> {
    let snapshot = Snapshot::of("main.route", text, files);
    let errors: Vec<_> = snapshot.analysis().diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let check = |texts: Vec<(FileId, String)>| Some(analyse("main.route", &texts.first()?.1, files));
    let edits = ide::rename(&snapshot, FILE, place(text, needle), name, check).map_err(|error| error.to_string())?;
    let mut out = text.to_owned();
    for (place, new) in edits.into_iter().rev() {
        out.replace_range(place.span.start as usize..place.span.end as usize, &new);
    }
    Ok(out)
}

#[test]
fn a_field_keeps_its_column_when_it_is_renamed() {
    let files = MemoryFiles([("areas.csv".to_owned(), b"prefix,region,cost per min\n+1312,Chicago,4\n".to_vec())].into());
    let text = "table areas = csv \"areas.csv\" key prefix < region: text; cost = \"cost per min\": number >\n\
                lookup areas(from) as area < tag \"{area.region} {area.cost}\" >\nhangup\n";
    let once = renamed(text, &files, "region}", "zone_name").unwrap();
    let wanted = text.replace("region: text", "zone_name = \"region\": text").replace("area.region", "area.zone_name");
    assert_eq!(once, wanted);
    assert_eq!(renamed(&once, &files, "zone_name = ", "part").unwrap(), wanted.replace("zone_name", "part"));
    let cost = renamed(text, &files, "cost = ", "price").unwrap();
    assert_eq!(cost, text.replace("cost = ", "price = ").replace("area.cost", "area.price"));
    let same = renamed(text, &files, "region: ", "Region").unwrap();
    assert_eq!(same, text.replace("region", "Region"));
    // A table in place has no headings.
    let placed = "table a = key prefix < region: text > < +1312 \"x\" >\nlookup a(from) as r < tag \"{r.region}\" >\nhangup\n";
    assert_eq!(renamed(placed, &NoFiles, "region", "part").unwrap(), placed.replace("region", "part"));
}

#[test]
fn a_name_that_clashes_is_refused() {
    let text = "input tier = text\nsource crm(number: phone) = < owner: text; level: text >\nflow f(a: text, b: text) <\n  tag \"{a} {b}\"\n  hangup\n>\n\
                lookup crm(from) as customer <\n  when tier is \"x\" < tag \"{customer.owner}\" >\n  when language is en < hangup >\n>\ndo f(\"x\", \"y\")\n";
    for (needle, name) in [("a: text", "b"), ("tier = ", "language"), ("customer <", "tier"), ("owner: ", "level"), ("tier = ", "f_or_not")]
    {
        let found = renamed(text, &NoFiles, needle, name);
        if name == "f_or_not" {
            assert_eq!(found.unwrap(), text.replace("tier", name));
            continue;
        }
        let why = found.expect_err(name);
        assert!(why.starts_with(&format!("`{name}` cannot be its name here: ")), "{why}");
    }
}

#[test]
fn parameters_are_shown_behind_every_comma() {
    let text = "source crm(number: phone, other: text) = < owner: text >\nextern group sales\nflow f(team: group, note: text) < tag \"{note}\" group (team) >\n\
                do f(sales, \"x\")\nhangup\n";
    let snapshot = snapshot(text);
    for (typed, active) in
        [("do f(", 0), ("do f(sales,", 1), ("do f(sales, ", 1), ("go f(sales, sal", 1), ("lookup crm(from, ", 1), ("given crm(+1, ", 1)]
    {
        let found = ide::signature(&snapshot, &format!("{text}{typed}"), u32::try_from(text.len() + typed.len()).unwrap()).expect(typed);
        assert_eq!((found.active, found.params.len()), (active, 2), "{typed}");
    }
}

#[test]
fn hints_cut_nothing_and_stand_where_something_rings() {
    let text = "zone America/Chicago\ngroup sales = ring all < +13125550100 >\nflow a < voicemail \"front desk\" >\nflow b < group sales/* all */ for 5s > \n\
                schedule s = < mon-fri 9-17 // not America/Chicago\n>\nmenu say \"x\" <\n  1 => go a\n  2 => go b\n> else hangup\nwhen hours(s) < hangup >\nhangup\n\
                test \"x\" <\n  press 2\n  expect group sales\n>\n";
    let labels: Vec<String> = ide::hints(&snapshot(text), FILE, Span::new(0, u32::MAX)).into_iter().map(|hint| hint.label).collect();
    assert_eq!(labels, ["for 30s ", " in America/Chicago", " → voicemail \"front desk\"", " → group sales"]);
}
