//! Dates and schedules: what is wrong with them, what is odd, and what they mean.
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

use callroute_calendar::{Day, is_open, local, on_dates, parse_rfc3339};
use support::{expect, expect_with, mended};

#[test]
fn hours() {
    expect("zone UTC\nschedule s = < mon 9-9 >", &[("E0555", "9-9")]);
    assert_eq!(mended("zone UTC\nschedule s = < mon 9-9 >", "E0555"), "zone UTC\nschedule s = < mon 0-24 >");
    expect("zone UTC\nschedule s = < mon 9-5 >", &[("W0556", "9-5")]);
    assert_eq!(mended("zone UTC\nschedule s = < mon 9-5 >", "W0556"), "zone UTC\nschedule s = < mon 9-17 >");
    assert_eq!(mended("zone UTC\nschedule s = < mon 9:00-5:30 >", "W0556"), "zone UTC\nschedule s = < mon 9:00-17:30 >");
    expect("zone UTC\nschedule s = < mon 9-5am >", &[]);
    expect("zone UTC\nschedule s = < fri 22-6 >", &[]);
    expect("zone UTC\nschedule s = < mon 24:00-2 >", &[("E0568", "24:00")]);
    expect("when hours(9-5 UTC) < hangup >\nreject", &[("W0556", "9-5")]);
    expect("when hours(9-9 UTC) < hangup >\nreject", &[("E0555", "9-9")]);
}

#[test]
fn schedules_as_a_whole() {
    expect("zone UTC\nschedule s = < mon closed >", &[("W0557", "s")]);
    expect("zone UTC\nschedule s = < mon-fri 9-17; wed closed >", &[("W0558", "wed closed")]);
    expect(
        "zone UTC\nschedule s = < mon-fri 9-17; dec 24 closed; dec 24 9-12; dec 24 closed >",
        &[("W0558", "dec 24 9-12"), ("W0558", "dec 24 closed")],
    );
    expect("zone UTC\ndates h = < dec 25 >\nschedule s = < mon-fri 9-17; h closed >", &[]);
    expect("zone UTC\nschedule s = < jun-aug mon-fri 8-14; mon-fri 9-17; jan-dec mon-fri 10-12 >", &[("W0559", "mon-fri 9-17")]);
}

#[test]
fn dates() {
    expect("dates d = < 2026-08-14 to 2026-08-10 >", &[("E0561", "2026-08-14 to 2026-08-10")]);
    assert_eq!(mended("dates d = < 2026-08-14 to 2026-08-10 >", "E0561"), "dates d = < 2026-08-10 to 2026-08-14 >");
    expect("dates d = < 2026-12-24 to jan 2 >", &[("E0563", "2026-12-24 to jan 2")]);
    expect("dates d = < dec 24 to jan 2 >", &[]);
    expect("dates d = < every 2 weeks from jan 5 wed >", &[("E0562", "jan 5")]);
    expect("zone UTC\nschedule s = < mon 9-12 from 2026-05-01 until 2026-04-01 >", &[("E0561", "2026-05-01 until 2026-04-01")]);
    expect("dates a = < b >\ndates b = < c + 1 day >\ndates c = < a; dec 25 >", &[("E0560", "b")]);
    expect("dates a = < last workday except a of month >", &[("E0560", "a")]);
    expect("dates d = < 23rd workday of feb >", &[("W0564", "23rd workday of feb")]);
    expect("dates d = < >", &[("W0817", "d")]);
}

#[test]
fn meaning() {
    let text = "schedule s = in America/Chicago < mon-thu 9-12, 13-17:30; fri 9-15; fri 22-2; 1st, 3rd mon of month closed; jun-aug mon-fri 8-14; dec 24 9-12; 2026-02-21 9-18 >";
    let program = expect(text, &[]).program.unwrap();
    let schedule = &program.schedules[0].schedule;
    let open = |time: &str| is_open(&program.dates, schedule, local(schedule.zone, parse_rfc3339(time).unwrap()));
    assert!(open("2026-03-11T15:00:00Z"), "a Wednesday at 10:00");
    assert!(!open("2026-03-11T17:00:00Z"), "lunch");
    assert!(open("2026-03-14T06:59:59Z"), "Friday's night shift on Saturday at 01:59");
    assert!(!open("2026-03-02T16:00:00Z"), "the first Monday");
    assert!(open("2026-02-21T16:00:00Z"), "a moved working Saturday");
    assert!(!open("2026-07-08T20:00:00Z"), "a summer afternoon");

    let text = "dates d = < 1st, 3rd mon of jan \"x\"; easter - 2 days; dec 31 to jan 2 >";
    let program = expect(text, &[]).program.unwrap();
    let day = |y, m, d| Day::from_ymd(y, m, d).unwrap();
    let is_on = |d: Day| on_dates(&program.dates, 0, d);
    assert!(is_on(day(2026, 1, 5)) && is_on(day(2026, 1, 19)) && !is_on(day(2026, 1, 12)));
    assert!(is_on(day(2026, 4, 3)) && is_on(day(2027, 1, 1)) && !is_on(day(2027, 1, 3)));
    assert_eq!(program.dates_info[0].labels, [Some("x".to_owned()), Some("x".to_owned()), None, None]);
}

const FR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Fête nationale\\, le 14\r\nDTSTART;VALUE=DATE:20260714\r\nDTEND;VALUE=DATE:20260715\r\n\
RRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20280714\r\nBEGIN:VALARM\r\nTRIGGER:-PT1H\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Summer\r\n\
DTSTART:20260810T220000Z\r\nDTEND:20260812T220000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260101\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn calendar_files() {
    let text = "zone Europe/Paris\ndates fr = ics \"fr.ics\"\nwhen on(fr) < hangup >\nreject";
    let program = expect_with(text, &[("fr.ics", FR)], &[]).program.unwrap();
    let is_on = |y, m, d| on_dates(&program.dates, 0, Day::from_ymd(y, m, d).unwrap());
    assert!(is_on(2026, 7, 14) && is_on(2027, 7, 14) && !is_on(2028, 7, 14) && is_on(2099, 7, 14) && !is_on(2025, 7, 14));
    assert!(
        !is_on(2026, 8, 10) && is_on(2026, 8, 11) && is_on(2026, 8, 12) && !is_on(2026, 8, 13),
        "moments in UTC are read on the script's clock"
    );
    assert!(!is_on(2026, 1, 1), "cancelled");
    assert_eq!(program.dates_info[0].labels, [Some("Fête nationale, le 14".to_owned()), Some("Summer".to_owned())]);
}

#[test]
fn calendar_files_that_fail() {
    let text = "dates fr = ics \"fr.ics\"";
    expect(text, &[("E0801", "\"fr.ics\"")]);
    expect_with(text, &[("fr.ics", "")], &[("E0566", "")]);
    expect_with(text, &[("fr.ics", "a,b\n1,2\n")], &[("E0566", "a,b")]);
    expect_with(text, &[("fr.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n")], &[("W0564", "\"fr.ics\"")]);
    expect_with(text, &[("fr.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n")], &[("E0566", "END:VCALENDAR")]);
    // What is left out says why no day is named.
    let bad = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261399\nEND:VEVENT\nEND:VCALENDAR\n";
    expect_with(text, &[("fr.ics", bad)], &[("W0567", "DTSTART;VALUE=DATE:20261399")]);
    let hourly = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101T100000\nRRULE:FREQ=HOURLY\nEND:VEVENT\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:2026\nEND:VEVENT\n\
                  BEGIN:VEVENT\nDTSTART:20260102\nEND:VEVENT\nEND:VCALENDAR\n";
    let analysis =
        expect_with(text, &[("fr.ics", hourly)], &[("W0567", "RRULE:FREQ=HOURLY"), ("W0567", "BEGIN:VEVENT"), ("W0567", "DTSTART:2026")]);
    assert!(analysis.program.is_some());
    assert_eq!(analysis.files[1].path, "fr.ics");
}
