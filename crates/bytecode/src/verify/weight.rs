//! What an instruction costs at most, in units of about one plain instruction.

use callroute_numbers::index::{IndexRef, TextIndexRef};

use crate::bytes::Bytes;
use crate::image::*;
use crate::op::{Instr, Op};

/// What records cost, each once.
pub(super) struct Weights {
    templates: Vec<u64>,
    prompts: Vec<u64>,
    phone_tests: Vec<u64>,
    text_tests: Vec<u64>,
    switches: Vec<u64>,
    tables: Vec<u64>,
    gathers: Vec<u64>,
    dials: Vec<u64>,
    voicemails: Vec<u64>,
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

fn sum(items: impl IntoIterator<Item = u64>) -> u64 {
    items.into_iter().fold(0, u64::saturating_add)
}

fn numbers(bytes: &Bytes) -> u64 {
    IndexRef::new(bytes).map_or(0, |index| index.max_probes().into())
}

fn texts(bytes: &Bytes) -> u64 {
    TextIndexRef::new(bytes).map_or(0, |index| index.max_probes().into())
}

fn set(set: &PhoneSet) -> u64 {
    numbers(&set.numbers).saturating_add(texts(&set.addresses)).saturating_add(1)
}

fn at(weights: &[u64], index: u32) -> u64 {
    usize::try_from(index).ok().and_then(|index| weights.get(index)).copied().unwrap_or(0)
}

fn ring(ring: &Ring, image: &Image) -> u64 {
    let members = sum(ring.members.iter().map(|member| match member.who {
        MemberWho::Phone(phone) => phones(phone, image),
        MemberWho::Extern(_) => 1,
    }));
    match ring.strategy {
        // Drawing an order looks at all that are left, again and again.
        Strategy::AtRandom | Strategy::ByWeight => members.saturating_mul(members),
        _ => members,
    }
}

/// The most phones that a value can stand for: a variable's text is at most 4 KiB.
fn phones(operand: Operand, image: &Image) -> u64 {
    match operand.as_var() {
        Some(_) => 64,
        None => match usize::try_from(operand.0).ok().and_then(|index| image.consts.get(index)) {
            Some(Const::Phones(phones)) => count(phones.len()),
            _ => 1,
        },
    }
}

impl Weights {
    pub(super) fn new(image: &Image) -> Self {
        let templates: Vec<u64> = image.templates.iter().map(|parts| count(parts.len()).saturating_add(1)).collect();
        let prompts: Vec<u64> = image
            .prompts
            .iter()
            .map(|prompt| match prompt {
                Prompt::Say(template) => at(&templates, *template),
                Prompt::Play(_) => 1,
                Prompt::Named(entries) => {
                    sum(entries.iter().map(|entry| if entry.say { at(&templates, entry.what) } else { 1 })).saturating_mul(2)
                }
            })
            .collect();
        let lists: Vec<u64> =
            image.lists.iter().map(|list| sum(list.groups.iter().map(|group| set(&group.set))).saturating_add(4)).collect();
        // A list in a variable may be any.
        let any_list = lists.iter().copied().max().unwrap_or(0);
        let largest = [&image.agents, &image.groups]
            .into_iter()
            .flatten()
            .chain(image.queues.iter().map(|queue| &queue.ring))
            .map(|defined| ring(defined, image))
            .max()
            .unwrap_or(0);
        let ring_of = |ring_in: Option<&Ring>| ring_in.map_or(0, |defined| ring(defined, image));
        let text = |template: &Option<u32>| template.map_or(0, |template| at(&templates, template));
        Self {
            phone_tests: image
                .phone_tests
                .iter()
                .map(|test| {
                    let lists =
                        sum(test.lists.iter().map(|list| if Operand(*list).as_var().is_some() { any_list } else { at(&lists, *list) }));
                    sum([test.set.as_ref().map_or(0, set), lists, count(test.vars.len()).saturating_mul(4)])
                })
                .collect(),
            text_tests: image.text_tests.iter().map(|test| count(test.items.len()).saturating_add(texts(&test.index))).collect(),
            switches: image
                .switches
                .iter()
                .map(|switch| match &switch.kind {
                    SwitchKind::Phone { set: cases, .. } => set(cases),
                    SwitchKind::Text { index, .. } => texts(index),
                    SwitchKind::Enum { .. } => 1,
                })
                .collect(),
            tables: image
                .table_lookups
                .iter()
                .map(|lookup| {
                    let table = usize::try_from(lookup.table).ok().and_then(|table| image.tables.get(table));
                    let probes = table.map_or(0, |table| if table.text_keys { texts(&table.index) } else { numbers(&table.index) });
                    probes.saturating_add(count(lookup.row.len()))
                })
                .collect(),
            gathers: image
                .gathers
                .iter()
                .map(|gather| {
                    let patterns = match &gather.kind {
                        GatherKind::Menu(choices) => sum(choices.iter().map(|choice| count(choice.patterns.len()))),
                        GatherKind::Collect { .. } => 1,
                    };
                    sum(gather.prompts.iter().map(|prompt| at(&prompts, *prompt))).saturating_add(patterns.saturating_mul(4))
                })
                .collect(),
            dials: image
                .dials
                .iter()
                .map(|dial| {
                    let who = match &dial.target {
                        DialTarget::Number(to, via) => phones(*to, image).saturating_add(count(via.len())),
                        DialTarget::Target(kind, TargetRef::Defined(id)) => {
                            let id = usize::try_from(*id).unwrap_or(usize::MAX);
                            match kind {
                                TargetKind::Group => ring_of(image.groups.get(id)),
                                TargetKind::Agent => ring_of(image.agents.get(id)),
                                TargetKind::Queue => ring_of(image.queues.get(id).map(|queue| &queue.ring)),
                                TargetKind::Trunk => 0,
                            }
                        }
                        DialTarget::Target(_, TargetRef::Extern(_)) => 1,
                        DialTarget::Target(_, TargetRef::Var(_)) => largest.saturating_add(32),
                    };
                    let texts = [&dial.caller_name, &dial.announce, &dial.confirm, &dial.music].into_iter().map(text);
                    sum(texts.chain(dial.headers.iter().map(|(_, template)| at(&templates, *template))).chain([
                        who,
                        8,
                        count(dial.codecs.len()),
                    ]))
                })
                .collect(),
            voicemails: image.voicemails.iter().map(|step| at(&templates, step.message).saturating_add(text(&step.mailbox))).collect(),
            templates,
            prompts,
        }
    }

    /// The most that one instruction costs.
    pub(super) fn of(&self, image: &Image, instr: Instr) -> u64 {
        let record = |len: Option<usize>| len.map_or(0, count);
        let index = usize::try_from(instr.b).unwrap_or(usize::MAX);
        let more = match instr.op {
            Op::BrHours | Op::BrOn => 4,
            Op::BrPhone => at(&self.phone_tests, instr.b),
            Op::BrText => at(&self.text_tests, instr.b),
            Op::BrEnumIn => record(image.enum_tests.get(index).map(Vec::len)),
            Op::BrLanguage => record(image.language_tests.get(index).map(Vec::len)),
            Op::Switch => at(&self.switches, instr.b),
            Op::Split => record(image.splits.get(index).map(|split| split.arms.len())),
            Op::TableLookup => at(&self.tables, instr.b),
            Op::Say => at(&self.prompts, instr.b),
            Op::Tag | Op::SetText => at(&self.templates, instr.b),
            Op::Assign => record(image.assigns.get(index).map(Vec::len)).saturating_mul(2),
            Op::Gather | Op::Repeat | Op::Retry => at(&self.gathers, instr.b),
            Op::Dial => at(&self.dials, instr.b),
            Op::Lookup => record(image.lookups.get(index).map(|lookup| lookup.args.len() + lookup.row.len())),
            Op::Voicemail => at(&self.voicemails, instr.b),
            Op::Action => record(image.actions.get(index).map(|action| action.args.len())),
            Op::Goto
            | Op::BrEnumIs
            | Op::BrNumber
            | Op::BrFlag
            | Op::BrFlagIs
            | Op::BrMissing
            | Op::Set
            | Op::Call
            | Op::Return
            | Op::Go
            | Op::End
            | Op::Settle => 0,
        };
        more.saturating_add(1)
    }
}
