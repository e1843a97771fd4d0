//! The reference interpreter's `forward`: who is rung, for how long, and with what.

use callroute_analysis::typed::*;
use serde_json::{Map, Value, json};

use crate::reference::Walker;
use crate::words;

/// A member that has been worked out.
struct Rung {
    address: String,
    after: Option<u64>,
    ring_for: Option<u64>,
    confirm: Option<String>,
}

/// The addresses of one member.
struct Unit {
    rung: Vec<Rung>,
    weight: u64,
}

/// The instruction, or the outcome when nobody can be rung.
pub fn instruction(walker: &Walker<'_>, dial: &Dial) -> Result<Value, &'static str> {
    let program = walker.program;
    let mut destination = Map::new();
    let mut out = Map::new();
    let mut total = None;
    let mut queue = false;
    match &dial.target {
        DialTarget::Group(target) => match target_of(walker, target, TargetKind::Group)? {
            Named::Defined(index) => {
                let group = program.groups.get(index).ok_or("unreachable")?;
                destination.insert("type".into(), json!("ring_group"));
                if let Some(name) = &group.name {
                    destination.insert("name".into(), json!(name));
                }
                total = Some(ring(walker, &group.ring, &mut destination, &mut out, true)?);
            }
            Named::Extern(name) => {
                destination.insert("type".into(), json!("ring_group"));
                destination.insert("name".into(), json!(name));
                total = Some(30_000);
            }
        },
        DialTarget::Agent(target) => match target_of(walker, target, TargetKind::Agent)? {
            Named::Defined(index) => {
                let agent = program.agents.get(index).ok_or("unreachable")?;
                destination.insert("type".into(), json!("agent"));
                destination.insert("name".into(), json!(agent.name));
                total = Some(ring(walker, &agent.ring, &mut destination, &mut out, false)?);
            }
            Named::Extern(name) => {
                destination.insert("type".into(), json!("agent"));
                destination.insert("name".into(), json!(name));
                total = Some(30_000);
            }
        },
        DialTarget::Queue(target) => {
            queue = true;
            match target_of(walker, target, TargetKind::Queue)? {
                Named::Defined(index) => {
                    let queue = program.queues.get(index).ok_or("unreachable")?;
                    destination.insert("type".into(), json!("queue"));
                    destination.insert("name".into(), json!(queue.name));
                    ring(walker, &queue.ring, &mut destination, &mut out, true)?;
                    if let Some(ms) = walker.duration(queue.max_wait.as_ref()) {
                        destination.insert("max_wait".into(), words::seconds(ms));
                        total = Some(ms);
                    }
                    if let Some(length) = queue.max_length {
                        destination.insert("max_length".into(), json!(length));
                    }
                    if let Some(music) = &queue.music {
                        destination.insert("music".into(), json!(music));
                    }
                    if let Some(ms) = walker.duration(queue.announce_position.as_ref()) {
                        destination.insert("announce_position".into(), words::seconds(ms));
                    }
                    if queue.leave_when_empty {
                        destination.insert("leave_when_empty".into(), json!(true));
                    }
                }
                Named::Extern(name) => {
                    destination.insert("type".into(), json!("queue"));
                    destination.insert("name".into(), json!(name));
                }
            }
            let keys: Vec<Value> = dial
                .arms
                .iter()
                .flat_map(|arm| &arm.heads)
                .filter_map(|head| if let Outcome::Key(pattern) = head { Some(json!(pattern.to_string())) } else { None })
                .collect();
            if !keys.is_empty() {
                destination.insert("keys".into(), Value::Array(keys));
            }
        }
        DialTarget::Number { to, via } => {
            let phones = match walker.value(to) {
                Some(Const::Phones(phones)) => {
                    if phones.is_empty() {
                        return Err("unreachable");
                    }
                    destination.insert("type".into(), json!("ring_group"));
                    destination.insert("members".into(), Value::Array(phones.iter().map(|phone| json!(words::phone(phone))).collect()));
                    destination.insert("strategy".into(), json!("simultaneous"));
                    None
                }
                Some(value) => Some(words::convert(program, value, Ty::Phone).ok_or("unreachable")?),
                None => return Err("unreachable"),
            };
            if let Some(Const::Phone(phone)) = phones {
                destination.insert("type".into(), json!("number"));
                destination.insert("number".into(), json!(words::phone(&phone)));
            }
            total = Some(30_000);
            let mut trunks = Vec::new();
            for trunk in via {
                match target_of(walker, trunk, TargetKind::Trunk) {
                    Ok(Named::Defined(index)) => {
                        let trunk = program.trunks.get(index).ok_or("unreachable")?;
                        trunks.push(json!(words::phone(&trunk.address)));
                    }
                    Ok(Named::Extern(name)) => trunks.push(json!(name)),
                    Err(_) => {}
                }
            }
            if !via.is_empty() {
                if trunks.is_empty() {
                    return Err("unreachable");
                }
                out.insert("via".into(), Value::Array(trunks));
            }
        }
    }
    let options = &dial.options;
    let mut timeout = match (walker.duration(options.ring_for.as_ref()), total) {
        (Some(wanted), Some(limit)) if queue => Some(wanted.min(limit)),
        (Some(wanted), _) => Some(wanted),
        (None, total) => total,
    };
    if let Some((minutes, zone)) = options.until {
        let local = callroute_calendar::local(zone, walker.now);
        let now = u64::from(local.minute) * 60 + u64::from(local.second);
        let end = u64::from(minutes) * 60;
        if end <= now {
            return Err(if queue { "timeout" } else { "no_answer" });
        }
        let left = (end - now) * 1000;
        timeout = Some(timeout.map_or(left, |timeout| timeout.min(left)));
    }
    if timeout == Some(0) {
        return Err(if queue { "timeout" } else { "no_answer" });
    }
    let mut map = Map::new();
    map.insert("action".into(), json!("forward"));
    map.insert("destination".into(), Value::Object(destination));
    if let Some(timeout) = timeout {
        map.insert("timeout".into(), words::seconds(timeout));
    }
    map.append(&mut out);
    if let Some(id) = &options.caller_id
        && let Some(Const::Phone(phone)) = walker.value_as(id, Ty::Phone)
    {
        map.insert("caller_id".into(), json!(words::phone(&phone)));
    }
    let name = match &options.caller_name {
        Some(template) => Some(walker.template(template)),
        None => walker.var(Builtin::CallerName.var()).map(|value| words::text(program, value)),
    };
    if let Some(name) = name {
        map.insert("caller_name".into(), json!(name));
    }
    for (field, template) in [("announce", &options.announce), ("confirm", &options.confirm), ("music", &options.music)] {
        if let Some(template) = template {
            map.insert(field.into(), json!(walker.template(template)));
        }
    }
    if options.record {
        map.insert("record".into(), json!(true));
    }
    if !options.headers.is_empty() {
        let headers = options.headers.iter().map(|(name, value)| json!({"name": name, "value": walker.template(value)})).collect();
        map.insert("headers".into(), Value::Array(headers));
    }
    if !options.codecs.is_empty() {
        map.insert("codecs".into(), json!(options.codecs));
    }
    if options.media_relay {
        map.insert("media".into(), json!("relay"));
    }
    Ok(Value::Object(map))
}

enum Named {
    Defined(usize),
    Extern(String),
}

trait Kind {
    fn index(&self) -> usize;
}

macro_rules! kinds { ($($ty:ty),*) => { $(impl Kind for $ty { fn index(&self) -> usize { self.0 as usize } })* } }
kinds!(GroupId, AgentId, QueueId, TrunkId);

fn target_of<T: Kind>(walker: &Walker<'_>, target: &TargetRef<T>, kind: TargetKind) -> Result<Named, &'static str> {
    let found = match target {
        TargetRef::Static(Target::Defined(id)) => Named::Defined(id.index()),
        TargetRef::Static(Target::Extern(name)) => Named::Extern(name.clone()),
        TargetRef::Var(var) => match walker.var(*var) {
            None => return Err("unreachable"),
            Some(Const::Group(target)) => by_kind(target),
            Some(Const::Agent(target)) => by_kind(target),
            Some(Const::Queue(target)) => by_kind(target),
            Some(Const::Trunk(target)) => by_kind(target),
            Some(value) => by_name(walker.program, kind, &words::text(walker.program, value))?,
        },
    };
    Ok(found)
}

fn by_kind<T: Kind>(target: &Target<T>) -> Named {
    match target {
        Target::Defined(id) => Named::Defined(id.index()),
        Target::Extern(name) => Named::Extern(name.clone()),
    }
}

/// A computed target: the script's own by exactly this name, else the host's if the kind is left to it.
fn by_name(program: &Program, kind: TargetKind, name: &str) -> Result<Named, &'static str> {
    let [groups, agents, queues, trunks] = program.checked_kinds;
    let (defined, checked) = match kind {
        TargetKind::Group => (program.groups.iter().position(|group| group.name.as_deref() == Some(name)), groups),
        TargetKind::Agent => (program.agents.iter().position(|agent| agent.name == name), agents),
        TargetKind::Queue => (program.queues.iter().position(|queue| queue.name == name), queues),
        TargetKind::Trunk => (program.trunks.iter().position(|trunk| trunk.name == name), trunks),
    };
    if let Some(index) = defined {
        return Ok(Named::Defined(index));
    }
    if program.externs.iter().any(|known| known.kind == kind && known.name == name) || !checked && !name.is_empty() {
        return Ok(Named::Extern(name.to_owned()));
    }
    Err("unreachable")
}

/// Fills in members and their times; gives the total ringing time.
fn ring(
    walker: &Walker<'_>,
    ring: &Ring,
    destination: &mut Map<String, Value>,
    out: &mut Map<String, Value>,
    strategy: bool,
) -> Result<u64, &'static str> {
    // A member is drawn as one, even if it is an agent with several numbers.
    let mut units: Vec<Unit> = Vec::new();
    for member in &ring.members {
        let (after, ring_for) = (walker.duration(member.after.as_ref()), walker.duration(member.ring_for.as_ref()));
        let one = |address| Rung { address, after, ring_for, confirm: member.confirm.clone() };
        let rung: Vec<Rung> = addresses(walker, &member.who, 0).into_iter().map(one).collect();
        units.push(Unit { rung, weight: u64::from(member.weight.unwrap_or(0)) });
    }
    match ring.strategy {
        Strategy::AtRandom => draw(walker.call_id, &mut units, |_| 1),
        Strategy::ByWeight => draw(walker.call_id, &mut units, |unit| unit.weight),
        _ => {}
    }
    let members: Vec<Rung> = units.into_iter().flat_map(|unit| unit.rung).collect();
    if members.is_empty() {
        return Err("unreachable");
    }
    destination.insert("members".into(), Value::Array(members.iter().map(|member| json!(member.address)).collect()));
    if strategy || ring.members.len() > 1 {
        let word = match ring.strategy {
            Strategy::All => "simultaneous",
            Strategy::InOrder => "sequential",
            Strategy::InTurn => "round_robin",
            Strategy::AtRandom => "random",
            Strategy::ByWeight => "weighted",
            Strategy::LongestIdle => "longest_idle",
        };
        destination.insert("strategy".into(), json!(word));
    }
    let each = walker.duration(ring.each.as_ref());
    if let Some(each) = each {
        out.insert("member_timeout".into(), words::seconds(each));
    }
    if members.iter().any(|member| member.after.is_some()) {
        out.insert("delays".into(), Value::Array(members.iter().map(|member| words::seconds(member.after.unwrap_or(0))).collect()));
    }
    if members.iter().any(|member| member.ring_for.is_some()) {
        let times = members.iter().map(|member| member.ring_for.map_or(Value::Null, words::seconds)).collect();
        out.insert("member_timeouts".into(), Value::Array(times));
    }
    if members.iter().any(|member| member.confirm.is_some()) {
        let keys = members.iter().map(|member| json!(member.confirm)).collect();
        out.insert("confirms".into(), Value::Array(keys));
    }
    let total = walker.duration(ring.total.as_ref());
    Ok(total.unwrap_or(match (ring.strategy, each) {
        (Strategy::InOrder, Some(each)) => each.saturating_mul(members.len() as u64),
        _ => 30_000,
    }))
}

fn addresses(walker: &Walker<'_>, who: &MemberWho, depth: u32) -> Vec<String> {
    match who {
        MemberWho::Phone(phone) => vec![words::phone(phone)],
        MemberWho::Var(var) => match walker.var(*var).cloned() {
            Some(Const::Phones(phones)) => phones.iter().map(words::phone).collect(),
            Some(value) => match words::convert(walker.program, value, Ty::Phone) {
                Some(Const::Phone(phone)) => vec![words::phone(&phone)],
                _ => Vec::new(),
            },
            None => Vec::new(),
        },
        MemberWho::Agent(Target::Extern(name)) => vec![format!("agent:{name}")],
        MemberWho::Agent(Target::Defined(id)) if depth < 8 => walker
            .program
            .agents
            .get(id.0 as usize)
            .map(|agent| agent.ring.members.iter().flat_map(|member| addresses(walker, &member.who, depth + 1)).collect())
            .unwrap_or_default(),
        MemberWho::Agent(_) => Vec::new(),
    }
}

/// Draws an order by the call's hash: one member after the other, each with the chance of its weight among those left.
fn draw(call_id: &str, members: &mut [Unit], weight: impl Fn(&Unit) -> u64) {
    let mut hash = words::fnv(&[call_id.as_bytes()]);
    for place in 0..members.len() {
        let left = members.get_mut(place..).unwrap_or_default();
        let sum: u64 = left.iter().map(&weight).sum();
        let mut drawn = if sum == 0 { 0 } else { hash % sum };
        let chosen = left
            .iter()
            .position(|member| {
                let own = weight(member);
                let hit = drawn < own;
                drawn = drawn.saturating_sub(own);
                hit
            })
            .unwrap_or(0);
        left.get_mut(..=chosen).unwrap_or_default().rotate_right(1);
        hash = words::fnv(&[&hash.to_le_bytes()]);
    }
}
