//! Definitions and values in words: what a schedule means this week, whom a group rings, what a number is.

use std::fmt::Write;

use callroute_analysis::names::{Definition, Kind, NameKind};
use callroute_analysis::typed::{Const, FieldDef, MemberWho, Operand, Phone, Program, Ring, Spoken, Strategy, Target, TemplatePart, Ty};
use callroute_calendar::format_duration;
use callroute_calendar::{Day, Pool, Schedule, ScheduleTable, Zone, format_local, local, to_unix};
use callroute_diagnostics::Place;
use callroute_numbers::Packed;
use callroute_syntax::tree::{Step, StepKind};
use callroute_syntax::visit::{Node, path_at};

use crate::snapshot::Snapshot;

/// Whose clock and which zone an editor has: the library has none of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The zone of the person at the editor, if it is known.
    pub zone: Option<Zone>,
}

/// A type as it is written.
pub(crate) fn type_text(program: &Program, ty: Ty) -> String {
    match ty {
        Ty::Text => "text".into(),
        Ty::Number => "number".into(),
        Ty::Flag => "flag".into(),
        Ty::Phone => "phone".into(),
        Ty::Phones => "phones".into(),
        Ty::Duration => "duration".into(),
        Ty::Enum(id) => {
            let values = program.enums.get(id.index()).map_or(&[][..], |found| &found.values);
            format!("one of {}", values.join(", "))
        }
        Ty::Digits => "digits".into(),
        Ty::Group => "group".into(),
        Ty::Agent => "agent".into(),
        Ty::Queue => "queue".into(),
        Ty::Trunk => "trunk".into(),
        Ty::Schedule => "schedule".into(),
        Ty::Dates => "dates".into(),
        Ty::List => "list".into(),
    }
}

/// `number: phone, name: text`
pub(crate) fn fields_text(program: &Program, fields: &[FieldDef]) -> String {
    fields.iter().map(|field| format!("{}: {}", field.name, type_text(program, field.ty))).collect::<Vec<_>>().join(", ")
}

const fn constant_duration(operand: Option<&Operand>) -> Option<u64> {
    match operand {
        Some(Operand::Const(Const::Duration(ms))) => Some(*ms),
        _ => None,
    }
}

/// How long a group rings in all, where that is known: its total, or members × each, or half a minute.
pub(crate) fn ring_time(ring: &Ring) -> Option<u64> {
    if let Some(total) = &ring.total {
        return constant_duration(Some(total));
    }
    match (ring.strategy, &ring.each) {
        (Strategy::InOrder, Some(each)) => constant_duration(Some(each))?.checked_mul(u64::try_from(ring.members.len()).ok()?),
        _ => Some(30_000),
    }
}

/// A telephone number in words: `+1 312 555 0100`'s country and kind.
pub(crate) fn number_text(number: Packed) -> Option<String> {
    callroute_numbers::describe(number)
}

fn phone_text(phone: &Phone) -> String {
    match phone {
        Phone::Number(number) => match number_text(*number) {
            Some(what) => format!("`{number}` ({what})"),
            None => format!("`{number}`"),
        },
        Phone::Address(address) => format!("`{address}`"),
    }
}

/// Whom a ring rings, how, and for how long in all, where that is one time: one line, then a line for each member.
fn ring_text(program: &Program, ring: &Ring, total: Option<u64>, out: &mut String) {
    const SHOWN: usize = 12;
    let how = match ring.strategy {
        Strategy::All => "rings all at once",
        Strategy::InOrder => "rings one after the other",
        Strategy::InTurn => "rings in turn (round robin)",
        Strategy::AtRandom => "rings in random order",
        Strategy::ByWeight => "rings by weight",
        Strategy::LongestIdle => "rings whoever is idle the longest",
    };
    let _ = match total {
        Some(ms) if ring.members.len() > 1 => writeln!(out, "\n\n{how}, for {} in all:", format_duration(ms)),
        _ if ring.members.len() > 1 => writeln!(out, "\n\n{how}:"),
        _ => writeln!(out),
    };
    for member in ring.members.iter().take(SHOWN) {
        let who = match &member.who {
            MemberWho::Phone(phone) => phone_text(phone),
            MemberWho::Agent(Target::Defined(id)) => {
                format!("agent {}", program.agents.get(id.index()).map_or("", |agent| agent.name.as_str()))
            }
            MemberWho::Agent(Target::Extern(name)) => format!("agent {name} (known to the host)"),
            MemberWho::Var(var) => program.vars.get(var.index()).map_or_else(String::new, |var| format!("`({})`", var.name)),
        };
        let after = constant_duration(member.after.as_ref()).map_or_else(String::new, |ms| format!(", after {}", format_duration(ms)));
        let weight = member.weight.map_or_else(String::new, |weight| format!("{}% ", f64::from(weight) / 100.0));
        let _ = write!(out, "\n- {weight}{who}{after}");
    }
    if ring.members.len() > SHOWN {
        let _ = write!(out, "\n- and {} more", ring.members.len().saturating_sub(SHOWN));
    }
}

/// The open intervals of one day of the schedule's own wall clock, in seconds since 1970.
fn open_times(table: &ScheduleTable, zone: Zone, day: Day) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    let (mut at, _) = to_unix(zone, day, 0, 0);
    let (end, _) = to_unix(zone, Day(day.0.saturating_add(1)), 0, 0);
    let mut open = table.open(local(zone, at));
    // A day has few changes; the bound only guards against a calendar that is beyond all reason.
    for _ in 0..48 {
        let change = table.next_change(at).filter(|(change, _)| *change < end);
        if open {
            out.push((at, change.map_or(end, |(change, _)| change)));
        }
        let Some((change, opens)) = change else { break };
        (at, open) = (change, opens);
    }
    out
}

/// These intervals on the clock of a zone: `09:00–17:00`. A day of that clock that is another than `day` is named.
fn times_text(times: &[(i64, i64)], zone: Zone, day: Day) -> String {
    if times.is_empty() {
        return "closed".into();
    }
    let text = |&(from, until): &(i64, i64)| {
        let (from, until) = (local(zone, from), local(zone, until));
        // Midnight is the end of the day that went before.
        let (last, minute) = if until.minute == 0 { (Day(until.day.0.saturating_sub(1)), 1440) } else { (until.day, until.minute) };
        let clock = |shown: Day, other: Day, minute: u16| {
            let name = if shown == other { String::new() } else { format!("{} ", shown.weekday()) };
            format!("{name}{:02}:{:02}", minute / 60, minute % 60)
        };
        format!("{}–{}", clock(from.day, day, from.minute), clock(last, from.day, minute))
    };
    times.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// What a schedule means: whether it is open now, the next opening or closing, and the seven days from today on.
#[must_use]
pub fn schedule_text(pool: &Pool, schedule: &Schedule, clock: Clock) -> String {
    if pool.check().is_err() || schedule.check(pool).is_err() {
        return String::new();
    }
    let table = ScheduleTable::new(pool, schedule);
    let zone = schedule.zone;
    let here = local(zone, clock.now);
    let open = table.open(here);
    let mut out = format!("{} in `{}`", if open { "**open** now" } else { "**closed** now" }, zone.name());
    match table.next_change(clock.now) {
        Some((at, opens)) => {
            let _ = write!(out, ", {} {}", if opens { "opens" } else { "closes" }, format_local(zone, at));
            if let Some(own) = clock.zone.filter(|own| *own != zone) {
                let _ = write!(out, " (for you {})", format_local(own, at));
            }
        }
        None => out.push_str(if open { ", and stays so" } else { ", and does not open within 400 days" }),
    }
    let own = clock.zone.filter(|own| *own != zone);
    out.push_str("\n\n| day | hours |");
    let _ = match own {
        Some(own) => writeln!(out, " for you ({}) |\n|---|---|---|", own.name()),
        None => writeln!(out, "\n|---|---|"),
    };
    for ahead in 0..7 {
        let day = Day(here.day.0.saturating_add(ahead));
        let times = open_times(&table, zone, day);
        let _ = write!(out, "| {} {day} | {} |", day.weekday(), times_text(&times, zone, day));
        let _ = match own {
            Some(own) => writeln!(out, " {} |", times_text(&times, own, day)),
            None => writeln!(out),
        };
    }
    out
}

/// The fields of the rows of a source or a table of this name.
pub(crate) fn fields_of<'p>(program: &'p Program, name: &str) -> Option<&'p [FieldDef]> {
    let of_source = program.sources.iter().find(|found| found.name == name).map(|found| found.fields.as_slice());
    of_source.or_else(|| program.tables.iter().find(|found| found.name == name).map(|found| found.fields.as_slice()))
}

/// What a row has: the fields of the source or table that it is looked up in.
fn row_text(snapshot: &Snapshot, program: &Program, place: Place) -> Option<String> {
    let path = path_at(&snapshot.parse(place.file)?.tree, place.span.start);
    let lookup = path.iter().rev().find_map(|node| match node {
        Node::Step(Step { kind: StepKind::Lookup(lookup), .. }) => Some(lookup),
        _ => None,
    })?;
    let name = &lookup.call.name.as_ref()?.text;
    Some(format!("of `{name}`: {}", fields_text(program, fields_of(program, name)?)))
}

/// What a definition is, in Markdown, without its own text; empty when there is nothing to add.
pub(crate) fn definition_text(snapshot: &Snapshot, definition: &Definition, clock: Clock) -> String {
    let Some(program) = snapshot.program() else { return String::new() };
    let place = definition.place;
    let mut out = String::new();
    match definition.kind {
        NameKind::Defined(Kind::Schedule) => {
            if let Some(found) = program.schedules.iter().find(|found| found.place == place) {
                out = schedule_text(&program.dates, &found.schedule, clock);
            }
        }
        NameKind::Defined(Kind::Group) => {
            if let Some(group) = program.groups.iter().find(|found| found.place == place) {
                ring_text(program, &group.ring, ring_time(&group.ring), &mut out);
            }
        }
        NameKind::Defined(Kind::Agent) => {
            if let Some(agent) = program.agents.iter().find(|found| found.place == place) {
                ring_text(program, &agent.ring, ring_time(&agent.ring), &mut out);
            }
        }
        NameKind::Defined(Kind::Queue) => {
            if let Some(queue) = program.queues.iter().find(|found| found.place == place) {
                ring_text(program, &queue.ring, None, &mut out);
                if let Some(ms) = constant_duration(queue.max_wait.as_ref()) {
                    let _ = write!(out, "\n\ncallers wait for {} at most", format_duration(ms));
                }
            }
        }
        NameKind::Defined(Kind::Trunk) => {
            if let Some(trunk) = program.trunks.iter().find(|found| found.place == place) {
                out = phone_text(&trunk.address);
            }
        }
        NameKind::Defined(Kind::List) => {
            if let Some(list) = program.lists.iter().find(|found| found.place == place) {
                let _ = write!(out, "{} entries", list.entries.len());
            }
        }
        NameKind::Defined(Kind::Table) => {
            if let Some(table) = program.tables.iter().find(|found| found.place == place) {
                let rows = match &table.keys {
                    callroute_analysis::typed::TableKeys::Numbers(keys) => keys.len(),
                    callroute_analysis::typed::TableKeys::Texts(keys) => keys.len(),
                };
                let _ = write!(out, "{rows} rows: {}", fields_text(program, &table.fields));
            }
        }
        NameKind::Defined(Kind::Prompt) => {
            if let Some(prompt) = program.prompts.iter().find(|found| found.place == place) {
                for entry in &prompt.entries {
                    let language = entry.language.as_deref().unwrap_or("every language");
                    let what = match &entry.what {
                        Spoken::Play(file) => format!("plays `{file}`"),
                        Spoken::Say(text) => text
                            .parts
                            .iter()
                            .map(|part| match part {
                                TemplatePart::Text(text) => text.clone(),
                                TemplatePart::Value(var) => {
                                    program.vars.get(var.index()).map_or_else(String::new, |var| format!("{{{}}}", var.name))
                                }
                            })
                            .collect(),
                    };
                    let _ = write!(out, "\n- {language}: {what}");
                }
            }
        }
        NameKind::Defined(Kind::Dates) => {
            let found = program.dates_info.iter().position(|found| found.place == place).and_then(|at| u32::try_from(at).ok());
            if let Some(id) = found {
                out = next_days(&program.dates, id, clock);
            }
        }
        NameKind::Param | NameKind::Keys | NameKind::Contact | NameKind::Defined(Kind::Input) => {
            if let Some(var) = program.vars.iter().find(|var| var.place == place) {
                let _ = write!(out, "{}", type_text(program, var.ty));
                if var.secret {
                    out.push_str(", secret: it is never shown in a trace or a log");
                }
            }
        }
        NameKind::Field => {
            let all =
                program.sources.iter().flat_map(|s| s.fields.iter().chain(&s.params)).chain(program.tables.iter().flat_map(|t| &t.fields));
            let all = all.chain(program.actions.iter().flat_map(|action| &action.params));
            if let Some(field) = all.into_iter().find(|field| field.place == place) {
                out = type_text(program, field.ty);
            }
        }
        NameKind::Extern(kind) => {
            let _ = write!(out, "{} of the host: the script does not define it", kind.a_noun());
        }
        NameKind::Row => out = row_text(snapshot, program, place).unwrap_or_default(),
        NameKind::Defined(Kind::Source | Kind::Action | Kind::Flow) => {}
    }
    out.trim_start().to_owned()
}

/// The next days that a definition of dates names, within two years.
fn next_days(pool: &Pool, id: u32, clock: Clock) -> String {
    if pool.check().is_err() {
        return String::new();
    }
    let today = local(clock.zone.unwrap_or(Zone::UTC), clock.now).day;
    let days = (0..731).map(|ahead| Day(today.0.saturating_add(ahead))).filter(|day| callroute_calendar::on_dates(pool, id, *day));
    let days: Vec<String> = days.take(6).map(|day| format!("{} {day}", day.weekday())).collect();
    if days.is_empty() { "no day within two years".into() } else { format!("next: {}", days.join(", ")) }
}
