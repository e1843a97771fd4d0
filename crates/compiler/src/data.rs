//! Definitions: lists, schedules, targets, tables, sources, actions. Each goes into the image under its own number.

use callroute_analysis::typed::{self, Program};
use callroute_bytecode::image::{self, Operand};
use callroute_calendar::Day;
use callroute_diagnostics::{Code, Diagnostic, Place};
use callroute_numbers::index::{IndexBuilder, TextIndexBuilder};
use callroute_numbers::{Packed, Pattern};

use crate::index::{self, Phones};
use crate::pool::{self, Pools};

/// How deep agents may stand in agents.
const AGENT_DEPTH: u32 = 16;
/// The most numbers that a group, an agent or a queue rings.
const MAX_MEMBERS: usize = callroute_bytecode::limits::MEMBERS;
/// Size of a cell of a table.
const CELL: usize = 9;

/// Puts every definition into the image.
pub(crate) fn define(pools: &mut Pools, program: &Program, problems: &mut Vec<Diagnostic>) {
    for enumeration in &program.enums {
        let values = enumeration.values.iter().map(|value| pools.string(value)).collect();
        pools.image.enums.push(values);
    }
    pools.image.dates = program.dates.clone();
    pools.image.schedules = program.schedules.iter().map(|def| def.schedule.clone()).collect();
    for list in &program.lists {
        let list = self::list(pools, list, problems);
        pools.image.lists.push(list);
    }
    targets(pools, program, problems);
    for table in &program.tables {
        let table = self::table(pools, table, problems);
        pools.image.tables.push(table);
    }
    for source in &program.sources {
        let name = pools.string(&source.name);
        let (params, fields) = (fields(pools, &source.params), fields(pools, &source.fields));
        pools.image.sources.push(image::Source { name, params, fields });
    }
    for action in &program.actions {
        let name = pools.string(&action.name);
        let params = fields(pools, &action.params);
        pools.image.action_defs.push(image::ActionDef { name, params, settles: action.settles });
    }
    for name in &program.externs {
        let text = pools.string(&name.name);
        pools.image.externs.push((pool::kind(name.kind), text));
    }
}

fn fields(pools: &mut Pools, fields: &[typed::FieldDef]) -> Vec<(u32, image::Ty)> {
    fields.iter().map(|field| (pools.string(&field.name), pool::ty(field.ty))).collect()
}

/// A list: one set of numbers for each last day.
fn list(pools: &mut Pools, list: &typed::List, problems: &mut Vec<Diagnostic>) -> image::List {
    let mut days: Vec<Option<Day>> = list.entries.iter().map(|entry| entry.until).collect();
    // Those without end come last.
    days.sort_unstable_by_key(|day| (day.is_none(), *day));
    days.dedup();
    let mut groups: Vec<(Option<Day>, Phones)> = days.into_iter().map(|day| (day, Phones::new())).collect();
    for (value, entry) in (0..).zip(&list.entries) {
        let at = groups.binary_search_by_key(&(entry.until.is_none(), entry.until), |(day, _)| (day.is_none(), *day));
        if let Some((_, phones)) = at.ok().and_then(|at| groups.get_mut(at)) {
            phones.push(&entry.what, value);
        }
    }
    let refused: u32 = groups.iter().map(|(_, phones)| phones.refused()).fold(0, u32::saturating_add);
    if refused > 0 {
        problems.push(Diagnostic::new(Code::TooManyRows, list.place, format!("list `{}` has {refused} entries too many", list.name)));
    }
    let groups = groups.into_iter().map(|(until, phones)| image::ListGroup { until, set: phones.build() }).collect();
    image::List { name: pools.string(&list.name), zone: list.zone, groups }
}

fn targets(pools: &mut Pools, program: &Program, problems: &mut Vec<Diagnostic>) {
    let mut rings = Rings { pools, program, problems };
    for agent in &program.agents {
        let ring = rings.ring(Some(&agent.name), &agent.ring, agent.place);
        rings.pools.image.agents.push(ring);
    }
    for group in &program.groups {
        let ring = rings.ring(group.name.as_ref(), &group.ring, group.place);
        rings.pools.image.groups.push(ring);
    }
    for queue in &program.queues {
        let ring = rings.ring(Some(&queue.name), &queue.ring, queue.place);
        let pools = &mut *rings.pools;
        let queue = image::Queue {
            ring,
            max_wait: pools.opt_operand(queue.max_wait.as_ref()),
            max_length: queue.max_length,
            announce_position: pools.opt_operand(queue.announce_position.as_ref()),
            leave_when_empty: queue.leave_when_empty,
            music: queue.music.as_ref().map(|music| pools.string(music)),
        };
        pools.image.queues.push(queue);
    }
    for trunk in &program.trunks {
        let trunk = (pools.string(&trunk.name), pools.phone(&trunk.address));
        pools.image.trunks.push(trunk);
    }
    pools.image.open_kinds = program.checked_kinds.map(|checked| !checked);
}

struct Rings<'a> {
    pools: &'a mut Pools,
    program: &'a Program,
    problems: &'a mut Vec<Diagnostic>,
}

/// What the members of an agent take over from the agent's place in a ring.
#[derive(Clone, Copy)]
struct Outer<'a> {
    after: Option<&'a typed::Operand>,
    ring_for: Option<&'a typed::Operand>,
    confirm: Option<&'a String>,
    /// How long each rings unless said otherwise.
    each: Option<&'a typed::Operand>,
}

impl Rings<'_> {
    fn ring(&mut self, name: Option<&String>, ring: &typed::Ring, place: Place) -> image::Ring {
        let mut members = Vec::new();
        let outer = Outer { after: None, ring_for: None, confirm: None, each: None };
        let mut fits = true;
        for member in &ring.members {
            let first = members.len();
            fits = fits && self.members(std::slice::from_ref(member), ring.strategy, outer, 0, &mut members);
            // The further numbers of an agent have no chance of their own: they are drawn with the first.
            if let Some(head) = members.get_mut(first) {
                head.weight = chance(ring.strategy, member);
            }
        }
        if !fits {
            let name = name.map_or_else(|| "this group".to_owned(), |name| format!("`{name}`"));
            let message = format!("{name} rings more than {MAX_MEMBERS} numbers");
            self.problems.push(Diagnostic::new(Code::TooManyParts, place, message).help("a queue of the host can hold more"));
        }
        image::Ring {
            name: name.map(|name| self.pools.string(name)),
            strategy: strategy(ring.strategy),
            total: self.pools.opt_operand(ring.total.as_ref()),
            each: self.pools.opt_operand(ring.each.as_ref()),
            members,
        }
    }

    /// Puts the numbers of agents in the agents' places; `false` when there are too many.
    fn members(
        &mut self,
        from: &[typed::Member],
        strategy: typed::Strategy,
        outer: Outer<'_>,
        depth: u32,
        to: &mut Vec<image::Member>,
    ) -> bool {
        for member in from {
            if to.len() >= MAX_MEMBERS || depth > AGENT_DEPTH {
                return false;
            }
            let ring_for = outer.ring_for.or(member.ring_for.as_ref());
            let confirm = outer.confirm.or(member.confirm.as_ref());
            if let typed::MemberWho::Agent(typed::Target::Defined(id)) = &member.who {
                let Some(agent) = self.program.agents.get(id.index()) else { continue };
                let after = sum(outer.after, member.after.as_ref());
                // Where members ring one by one, an agent's own pace counts for the agent's numbers.
                let each = if strategy == typed::Strategy::All { None } else { agent.ring.each.as_ref().or(outer.each) };
                let inner = Outer { after: after.as_ref(), ring_for, confirm, each };
                if !self.members(&agent.ring.members, strategy, inner, depth + 1, to) {
                    return false;
                }
                continue;
            }
            let who = match &member.who {
                typed::MemberWho::Phone(phone) => image::MemberWho::Phone(Operand::constant(self.pools.phone(phone))),
                typed::MemberWho::Var(var) => image::MemberWho::Phone(Operand::var(self.pools.var(*var))),
                typed::MemberWho::Agent(typed::Target::Extern(name)) => image::MemberWho::Extern(self.pools.string(name)),
                typed::MemberWho::Agent(typed::Target::Defined(_)) => continue,
            };
            let after = sum(outer.after, member.after.as_ref());
            to.push(image::Member {
                who,
                weight: 0,
                after: self.pools.opt_operand(after.as_ref()),
                ring_for: self.pools.opt_operand(ring_for.or(outer.each)),
                confirm: confirm.map(|key| self.pools.string(key)),
            });
        }
        true
    }
}

/// Two delays, one after the other. A delay that is computed cannot be added to, and stands alone.
fn sum(one: Option<&typed::Operand>, other: Option<&typed::Operand>) -> Option<typed::Operand> {
    use typed::{Const::Duration, Operand::Const};
    match (one, other) {
        (Some(Const(Duration(one))), Some(Const(Duration(other)))) => Some(Const(Duration(one.saturating_add(*other)))),
        (one, other) => one.or(other).cloned(),
    }
}

/// How members are rung, as it stands in the compiled script.
#[must_use]
pub const fn strategy(strategy: typed::Strategy) -> image::Strategy {
    match strategy {
        typed::Strategy::All => image::Strategy::All,
        typed::Strategy::InOrder => image::Strategy::InOrder,
        typed::Strategy::InTurn => image::Strategy::InTurn,
        typed::Strategy::AtRandom => image::Strategy::AtRandom,
        typed::Strategy::ByWeight => image::Strategy::ByWeight,
        typed::Strategy::LongestIdle => image::Strategy::LongestIdle,
    }
}

/// A member's chance to be drawn next, where members are drawn.
fn chance(strategy: typed::Strategy, member: &typed::Member) -> u16 {
    match strategy {
        typed::Strategy::AtRandom => 1,
        typed::Strategy::ByWeight => member.weight.map_or(1, |weight| u16::try_from(weight).unwrap_or(u16::MAX)).max(1),
        _ => 0,
    }
}

/// A table: index, cells and the texts that cells point to. One pass over the rows.
fn table(pools: &mut Pools, table: &typed::Table, problems: &mut Vec<Diagnostic>) -> image::Table {
    let mut texts = Vec::new();
    let strings: Vec<[u8; 8]> =
        table.strings.iter().map(|text| append(&mut texts, |texts| texts.extend_from_slice(text.as_bytes()))).collect();
    let phones: Vec<[u8; 8]> = table.phones.iter().map(|phones| append(&mut texts, |texts| pieces(texts, phones))).collect();
    let mut cells = Vec::with_capacity(table.cells.len().saturating_mul(CELL));
    for cell in &table.cells {
        let slice = |slices: &[[u8; 8]], index: u32| slices.get(index as usize).copied().unwrap_or_default();
        let (kind, bytes) = match cell {
            typed::Cell::Missing => (0, [0; 8]),
            typed::Cell::Text(index) => (1, slice(&strings, *index)),
            typed::Cell::Number(number) => (2, number.to_le_bytes()),
            typed::Cell::Flag(flag) => (3, u64::from(*flag).to_le_bytes()),
            typed::Cell::Phone(number) => (4, number.bits().to_le_bytes()),
            typed::Cell::Address(index) => (5, slice(&strings, *index)),
            typed::Cell::Phones(index) => (6, slice(&phones, *index)),
            typed::Cell::Duration(ms) => (7, ms.to_le_bytes()),
            typed::Cell::Enum(value) => (8, u64::from(*value).to_le_bytes()),
        };
        cells.push(kind);
        cells.extend_from_slice(&bytes);
    }
    let prefix = table.key == typed::TableKey::Prefix;
    let (rows, index, refused) = match &table.keys {
        typed::TableKeys::Numbers(keys) => {
            let mut index = Phones::new();
            for (row, key) in (0..).zip(keys) {
                index.number(if prefix { Pattern::prefix(*key) } else { Pattern::exact(*key) }, row);
            }
            let refused = index.refused();
            (keys.len(), index.build().numbers, refused)
        }
        typed::TableKeys::Texts(keys) => {
            (keys.len(), index::texts(keys.iter().map(String::as_str).zip(0..)).into(), u32::from(too_long(keys)))
        }
    };
    let too_much = refused > 0 || u32::try_from(texts.len()).is_err() || u32::try_from(cells.len()).is_err();
    if too_much {
        let message = format!("table `{}` is too large to be compiled", table.name);
        let help = "a table holds up to 16 million rows and 4 GiB; a `source` has no limit";
        problems.push(Diagnostic::new(Code::TooManyRows, table.place, message).help(help));
    }
    image::Table {
        name: pools.string(&table.name),
        prefix,
        text_keys: matches!(table.keys, typed::TableKeys::Texts(_)),
        columns: table.fields.iter().map(|field| pool::ty(field.ty)).collect(),
        rows: u32::try_from(rows).unwrap_or(u32::MAX),
        index,
        cells: cells.into(),
        texts: texts.into(),
    }
}

/// Whether there is more of these texts than an index holds.
fn too_long(texts: &[String]) -> bool {
    let bytes = texts.iter().map(String::len).fold(0, usize::saturating_add);
    bytes > TextIndexBuilder::MAX_BYTES || u32::try_from(texts.len()).map_or(true, |rows| rows > IndexBuilder::MAX_ROWS)
}

/// Appends to `texts`, and tells where: offset and length.
fn append(texts: &mut Vec<u8>, add: impl FnOnce(&mut Vec<u8>)) -> [u8; 8] {
    let start = texts.len();
    add(texts);
    // Beyond 4 GiB the table is refused as a whole.
    let word = |value: usize| u64::from(u32::try_from(value).unwrap_or(u32::MAX));
    (word(start) | word(texts.len() - start) << 32).to_le_bytes()
}

/// Several phones as packed pieces.
fn pieces(texts: &mut Vec<u8>, phones: &[typed::Phone]) {
    for phone in phones {
        let mut buffer = [0; 16];
        let text = match phone {
            typed::Phone::Number(number) => Packed::write(*number, &mut buffer),
            typed::Phone::Address(address) => address,
        };
        texts.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        texts.extend_from_slice(text.as_bytes());
    }
}
