//! The records of instructions, line by line.

use super::words::{Words, get, key, record};
use crate::image::*;
use crate::op::{Instr, Op};

/// The most lines of one record.
const MOST: usize = 200;

/// What a gather asks for, in a few words.
pub(super) fn gather_kind(words: &Words<'_>, index: u32) -> String {
    match record(&words.image.gathers, index).map(|gather| &gather.kind) {
        None => "?".to_owned(),
        Some(GatherKind::Menu(_)) => format!("menu {index}"),
        Some(GatherKind::Collect { min, max, ending, secret, var, .. }) => {
            let digits = if min == max { min.to_string() } else { format!("{min} to {max}") };
            let ending = ending.map_or_else(String::new, |ending| format!(" ending {}", key(ending)));
            format!("collect {index}: {digits} digits{ending} as {}{}", words.var((*var).into()), if *secret { " secret" } else { "" })
        }
    }
}

/// Tells the record of an instruction. A gather's is told where it is asked first.
pub(super) fn lines(words: &Words<'_>, instr: Instr, line: &mut dyn FnMut(String)) {
    let image = words.image;
    let index = instr.b;
    match instr.op {
        Op::Switch => {
            if let Some(switch) = record(&image.switches, index) {
                lines_of_switch(words, instr, switch, line);
            }
        }
        Op::Split => {
            if let Some(split) = record(&image.splits, index) {
                line(format!("by {} {}", if split.by_from { "from" } else { "call" }, words.string(split.label)));
                for (border, target) in split.arms.iter().take(MOST) {
                    line(format!("below {border} -> @{target}"));
                }
            }
        }
        Op::TableLookup => {
            if let Some(lookup) = record(&image.table_lookups, index) {
                let table = record(&image.tables, lookup.table).map_or_else(|| "?".to_owned(), |table| words.bare(table.name));
                line(format!("{table}({})", words.operand(lookup.key)));
                for (var, column) in lookup.row.iter().take(MOST) {
                    line(format!("{} = column {column}", words.var((*var).into())));
                }
            }
        }
        Op::Assign => {
            for (var, value) in get(&image.assigns, index).iter().take(MOST) {
                line(format!("{} = {}", words.var((*var).into()), words.operand(*value)));
            }
        }
        Op::Gather => {
            if let Some(gather) = record(&image.gathers, index) {
                lines_of_gather(words, gather, line);
            }
        }
        Op::Dial => {
            if let Some(dial) = record(&image.dials, index) {
                lines_of_dial(words, dial, line);
            }
        }
        Op::Lookup => {
            if let Some(lookup) = record(&image.lookups, index) {
                let source = record(&image.sources, lookup.source).map_or_else(|| "?".to_owned(), |source| words.bare(source.name));
                let within = lookup.within.map_or_else(String::new, |within| format!(" within {}", words.operand(within)));
                line(format!("{source}({}){within}", words.operands(&lookup.args)));
                for (var, field) in lookup.row.iter().take(MOST) {
                    line(format!("{} = field {field}", words.var((*var).into())));
                }
                arrows(&["found", "missing", "failed", "late"], &lookup.outcomes, line);
                keeps(words, &lookup.live, line);
            }
        }
        Op::Voicemail => {
            if let Some(step) = record(&image.voicemails, index) {
                let mailbox = step.mailbox.map_or_else(String::new, |mailbox| format!(" box {}", words.template(mailbox)));
                let most = step.max_duration.map_or_else(String::new, |most| format!(" for {}", words.operand(most)));
                line(format!("{}{mailbox}{most}", words.template(step.message)));
                if let Some(outcomes) = &step.outcomes {
                    arrows(&["full", "failed"], outcomes, line);
                    keeps(words, &step.live, line);
                }
            }
        }
        Op::Action => {
            if let Some(action) = record(&image.actions, index) {
                let def = record(&image.action_defs, action.def);
                let name = def.map_or_else(|| "?".to_owned(), |def| words.bare(def.name));
                line(format!("{name}({})", words.operands(&action.args)));
                if let Some([ok, failed]) = action.outcomes {
                    if def.is_some_and(|def| def.settles) {
                        arrows(&["failed"], &[failed], line);
                    } else {
                        arrows(&["ok", "failed"], &[ok, failed], line);
                    }
                    keeps(words, &action.live, line);
                }
            }
        }
        _ => {}
    }
}

fn arrows(names: &[&str], targets: &[Target], line: &mut dyn FnMut(String)) {
    for (name, target) in names.iter().zip(targets) {
        line(format!("{name} -> @{target}"));
    }
}

fn keeps(words: &Words<'_>, live: &[u16], line: &mut dyn FnMut(String)) {
    if !live.is_empty() {
        line(format!("keeps {}", words.vars(live)));
    }
}

fn lines_of_switch(words: &Words<'_>, instr: Instr, switch: &Switch, line: &mut dyn FnMut(String)) {
    let mut case = |name: String, case: u32| {
        let target = record(&switch.targets, case).map_or_else(|| "?".to_owned(), ToString::to_string);
        line(format!("{name} -> @{target}"));
    };
    match &switch.kind {
        SwitchKind::Phone { set, anonymous } => {
            anonymous.iter().for_each(|anonymous| case("anonymous".to_owned(), *anonymous));
            line(format!("by {}", super::words::set(set)));
        }
        SwitchKind::Text { index, missing } => {
            missing.iter().for_each(|missing| case("missing".to_owned(), *missing));
            let texts = callroute_numbers::index::TextIndexRef::new(index).map_or(0, |index| index.len());
            line(format!("by {texts} texts"));
        }
        SwitchKind::Enum { cases, missing } => {
            missing.iter().for_each(|missing| case("missing".to_owned(), *missing));
            let id = match words.var_ty(instr.a.into()) {
                Some(Ty::Enum(id)) => id,
                _ => u32::MAX,
            };
            for (value, number) in (0u32..).zip(cases).take(MOST) {
                if let Some(number) = number.checked_sub(1) {
                    case(words.enum_value(id, value), number);
                }
            }
        }
    }
    if !matches!(switch.kind, SwitchKind::Enum { .. }) {
        for (number, target) in switch.targets.iter().enumerate().take(MOST) {
            line(format!("case {number} -> @{target}"));
        }
        if let Some(more) = switch.targets.len().checked_sub(MOST).filter(|more| *more > 0) {
            line(format!("and {more} more cases"));
        }
    }
    line(format!("else -> @{}", switch.default));
}

fn lines_of_gather(words: &Words<'_>, gather: &Gather, line: &mut dyn FnMut(String)) {
    line(format!("wait {}, gap {}, tries {}", words.operand(gather.wait), words.operand(gather.gap), words.operand(gather.tries)));
    for prompt in gather.prompts.iter().take(MOST) {
        line(words.prompt(*prompt));
    }
    match &gather.kind {
        GatherKind::Menu(choices) => {
            for choice in choices.iter().take(MOST) {
                let patterns = choice.patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let capture = choice.capture.map_or_else(String::new, |var| format!(" as {}", words.var(var.into())));
                line(format!("{patterns}{capture} -> @{}", choice.target));
            }
        }
        GatherKind::Collect { entered, .. } => line(format!("entered -> @{entered}")),
    }
    for (name, target) in [("timeout", gather.timeout), ("invalid", gather.invalid)] {
        match target {
            Some(target) => line(format!("{name} -> @{target}")),
            None => line(format!("{name}: asks again")),
        }
    }
    line(format!("otherwise -> @{}", gather.otherwise));
    keeps(words, &gather.live, line);
}

fn lines_of_ring(words: &Words<'_>, ring: &Ring, line: &mut dyn FnMut(String)) {
    let time =
        |word: &str, operand: Option<Operand>| operand.map_or_else(String::new, |operand| format!(" {word} {}", words.operand(operand)));
    line(format!("ring {}{}{}", ring.strategy.words(), time("each", ring.each), time("for", ring.total)));
    for member in ring.members.iter().take(MOST) {
        let who = match member.who {
            MemberWho::Phone(phone) => words.operand(phone),
            MemberWho::Extern(name) => format!("agent {} (the host's)", words.string(name)),
        };
        let weight = match ring.strategy {
            Strategy::ByWeight if member.weight > 0 => format!("{}% ", f64::from(member.weight) / 100.0),
            Strategy::ByWeight | Strategy::AtRandom if member.weight == 0 => "with it ".to_owned(),
            _ => String::new(),
        };
        let confirm = member.confirm.map_or_else(String::new, |confirm| format!(" confirm {}", words.bare(confirm)));
        line(format!("  {weight}{who}{}{}{confirm}", time("after", member.after), time("for", member.ring_for)));
    }
}

fn lines_of_dial(words: &Words<'_>, dial: &Dial, line: &mut dyn FnMut(String)) {
    let image = words.image;
    match &dial.target {
        DialTarget::Target(kind, target) => {
            line(words.target(*kind, *target));
            if let TargetRef::Defined(id) = target {
                let ring = match kind {
                    TargetKind::Group => record(&image.groups, *id),
                    TargetKind::Agent => record(&image.agents, *id),
                    TargetKind::Queue => record(&image.queues, *id).map(|queue| &queue.ring),
                    TargetKind::Trunk => None,
                };
                if let Some(ring) = ring {
                    lines_of_ring(words, ring, line);
                }
            }
        }
        DialTarget::Number(to, via) => {
            line(format!("number {}", words.operand(*to)));
            for trunk in via.iter().take(MOST) {
                line(format!("via {}", words.target(TargetKind::Trunk, *trunk)));
            }
        }
    }
    if let Some(time) = dial.ring_for {
        line(format!("for {}", words.operand(time)));
    }
    if let Some((minute, zone)) = dial.until {
        line(format!("until {}:{:02} {}", minute / 60, minute % 60, words.zone(zone)));
    }
    if let Some(id) = dial.caller_id {
        line(format!("caller id {}", words.operand(id)));
    }
    let texts = [("caller name", dial.caller_name), ("announce", dial.announce), ("confirm", dial.confirm), ("music", dial.music)];
    for (name, template) in texts {
        if let Some(template) = template {
            line(format!("{name} {}", words.template(template)));
        }
    }
    if dial.record {
        line("record".to_owned());
    }
    for (name, value) in dial.headers.iter().take(MOST) {
        line(format!("header {} {}", words.string(*name), words.template(*value)));
    }
    if !dial.codecs.is_empty() {
        line(format!("codecs {}", dial.codecs.iter().take(MOST).map(|codec| words.bare(*codec)).collect::<Vec<_>>().join(", ")));
    }
    if dial.media_relay {
        line("media relay".to_owned());
    }
    lines_of_outcomes(words, dial, line);
}

/// Outcomes that lead to the same place stand together.
fn lines_of_outcomes(words: &Words<'_>, dial: &Dial, line: &mut dyn FnMut(String)) {
    const NAMES: [&str; 8] = ["busy", "no answer", "declined", "unreachable", "redirected", "full", "empty", "timeout"];
    let mut told: Vec<Target> = Vec::new();
    for target in dial.outcomes {
        if told.contains(&target) {
            continue;
        }
        told.push(target);
        let names: Vec<&str> = NAMES.iter().zip(dial.outcomes).filter(|(_, other)| *other == target).map(|(name, _)| *name).collect();
        line(format!("{} -> @{target}", names.join(", ")));
    }
    for (pattern, target) in dial.keys.iter().take(MOST) {
        line(format!("{pattern} -> @{target}"));
    }
    if let Some(contact) = dial.contact {
        line(format!("contact as {}", words.var(contact.into())));
    }
    keeps(words, &dial.live, line);
}
