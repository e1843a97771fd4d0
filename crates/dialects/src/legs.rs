//! Ring groups in legs: pieces of which a platform can ring each in one answer.
//!
//! What is left of a group travels with the call as the rider of its `continue`, so that any copy of the server can go on. When the
//! last leg is through, the script hears one outcome for the whole group: the best of them, in the order no answer, busy, declined,
//! unreachable ([`rank`]): somebody who was rung and did not pick up may do so the next time, an address that cannot be reached will not. A
//! time that is over is `no answer`, also for those who were not rung yet. A redirection ends the group, and so does an answer.
//!
//! - Members that ring one after the other are a leg each, or as many as the platform takes in one answer, each for the time of its own,
//!   else for that of the group's `each`, else for an equal share of the time that is left.
//! - Of several trunks the next one is a leg when the one before was unreachable.
//! - The group's total time is kept as the moment at which it ends, by the events' times.
//! - `in turn` and `longest idle` need a memory of earlier calls, which nobody keeps here: such a group begins with a member that is drawn
//!   from the call's id, so that calls are shared evenly, and goes on in its order.
//! - A group that cannot be divided without changing its meaning is refused, with the words of [`Rings::verdict`], which says so at load.

use callroute_protocol::{
    Destination, DialOutcome, DialResult, Forward, Header, MAX_RIDER, Members, Seconds, strategy_name, strategy_named,
};
use callroute_runtime::Strategy;
use serde::{Deserialize, Serialize};

use crate::dialect::{Dialect, Unsayable, Verdict};
use crate::settings::Settings;

/// Legs of one group at most: what is left of it must fit into an address.
pub const MAX_LEGS: usize = 64;

/// How much of a ring group a platform can ring in one answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rings {
    /// How many phones at once.
    pub at_once: usize,
    /// Of several at once, each for a time of its own.
    pub own_times: bool,
    /// Of several at once, some later than others.
    pub delays: bool,
    /// How many one after the other, each for a time of its own; 1 where each is asked for in an answer of its own.
    pub in_sequence: usize,
    /// Several trunks, one after the other.
    pub trunks: bool,
}

/// What of a ring group decides whether it can be rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// How the members ring.
    pub strategy: Strategy,
    /// How many at most, where that is known.
    pub members: Option<usize>,
    /// Some start later than others.
    pub delays: bool,
    /// Some ring for a time of their own.
    pub own_times: bool,
    /// Bytes that the members take in `continue`, where several answers are needed: at least.
    pub bytes: usize,
}

impl Rings {
    /// Everything.
    pub const WHOLE: Self = Self { at_once: usize::MAX, own_times: true, delays: true, in_sequence: usize::MAX, trunks: true };
    /// One phone for each answer.
    pub const ONE: Self = Self { at_once: 1, own_times: false, delays: false, in_sequence: 1, trunks: false };

    /// Whether a group can be rung, in legs or at once.
    #[must_use]
    pub fn verdict(self, shape: Shape) -> Verdict {
        let members = shape.members.unwrap_or(0);
        if shape.strategy != Strategy::All {
            let piece = self.in_sequence.max(1);
            return match shape.strategy {
                _ if members.div_ceil(piece) > MAX_LEGS => Verdict::Cannot(format!(
                    "{members} members ring one after the other; here {} in an answer of its own, and {MAX_LEGS} answers are the most",
                    if piece == 1 { "each is asked for".to_owned() } else { format!("{piece} of them are asked for") }
                )),
                _ if members > piece && shape.bytes > MAX_RIDER => Verdict::Cannot(format!(
                    "{members} members ring one after the other, in several answers here; what is left of the group travels with the call, and \
                     its addresses and texts take {} bytes, more than {MAX_RIDER}: leave some out, or make them shorter",
                    shape.bytes
                )),
                Strategy::InTurn | Strategy::LongestIdle if members != 1 => Verdict::Differs(format!(
                    "nobody here remembers whose turn it is: `ring {}` begins with a member drawn from the call's id, and goes on in order",
                    shape.strategy.words()
                )),
                _ if shape.delays => Verdict::Differs("`after` counts for nothing where members ring one after the other".to_owned()),
                _ => Verdict::Can,
            };
        }
        if members > self.at_once {
            let at_once = self.at_once;
            let most = if at_once == 1 { "one phone".to_owned() } else { format!("{at_once} phones") };
            return Verdict::Cannot(format!(
                "{members} phones ring at once, and {most} at a time can be rung here; `ring in order each 15s` rings one after the other"
            ));
        }
        if shape.delays && !self.delays {
            return Verdict::Cannot(
                "a member that starts to ring `after` the others cannot be had here; `ring in order each 10s` rings one after the other"
                    .to_owned(),
            );
        }
        if shape.own_times && !self.own_times {
            return Verdict::Cannot(
                "all phones that ring at once ring equally long here; leave out the members' own `for`, or `ring in order`".to_owned(),
            );
        }
        match shape.members {
            None if self.at_once < callroute_bytecode::limits::MEMBERS => Verdict::Differs(format!(
                "how many phones ring is known when the call comes; if more than {} do, none is rung",
                self.at_once
            )),
            _ => Verdict::Can,
        }
    }
}

/// Somebody who is rung.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Phone {
    /// The number or address.
    #[serde(rename = "a")]
    pub address: String,
    /// Milliseconds after which it starts to ring.
    #[serde(rename = "d", default, skip_serializing_if = "is_zero")]
    pub delay: u64,
    /// Milliseconds that it rings at most.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// The key that it must press.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub confirm: Option<String>,
}

impl Phone {
    /// Bytes that it takes in what is left of a group.
    pub(crate) fn bytes(&self) -> usize {
        // With the comma to the next one.
        serde_json::to_vec(self).map_or(0, |json| json.len() + 1)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Who is rung: of a number itself, of a group or an agent the members. None of a queue, and of a name that only the host knows.
#[must_use]
pub fn phones(forward: &Forward) -> Vec<Phone> {
    let confirm = |index: usize| forward.confirms.get(index).cloned().flatten().or_else(|| forward.confirm.clone());
    match &forward.destination {
        Destination::Number { number } => {
            vec![Phone { address: number.clone(), delay: 0, timeout: None, confirm: forward.confirm.clone() }]
        }
        Destination::RingGroup(members) | Destination::Agent(members) => (0..)
            .zip(members.members.iter().flatten())
            .map(|(index, address)| Phone {
                address: address.clone(),
                delay: forward.delays.get(index).map_or(0, |delay| delay.0),
                timeout: forward.member_timeouts.get(index).copied().flatten().map(|timeout| timeout.0),
                confirm: confirm(index),
            })
            .collect(),
        Destination::Queue(_) => Vec::new(),
    }
}

/// What comes of a group now.
#[derive(Clone, PartialEq, Debug)]
pub enum Ringing {
    /// This is rung.
    Leg {
        /// Who, with members as addresses; they ring all at once or in order, each for a time that is said.
        leg: Box<Forward>,
        /// What travels with the call, if its outcome is not that of the whole group.
        rest: Option<Box<Legs>>,
        /// Its outcome must come back: something is left to do when nobody answers.
        comes_back: bool,
    },
    /// It is over, with this outcome for the script.
    Over(DialResult),
}

/// What is left of a ring group, with the leg that rings now in front, and what became of the legs before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Legs {
    /// Its name, where it has one.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// It is one person.
    #[serde(rename = "g", default, skip_serializing_if = "is_false")]
    agent: bool,
    /// One number, with no group around.
    #[serde(rename = "i", default, skip_serializing_if = "is_false")]
    number: bool,
    #[serde(rename = "p")]
    phones: Vec<Phone>,
    /// All of them ring at once.
    #[serde(rename = "s", default, skip_serializing_if = "is_false")]
    at_once: bool,
    /// Of phones that ring one after the other, how many are a leg; 0 is 1.
    #[serde(rename = "l", default, skip_serializing_if = "is_few")]
    piece: usize,
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    via: Vec<String>,
    /// Which of the trunks is tried now; `None`: all of them in one leg.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    trunk: Option<usize>,
    /// Milliseconds since 1970 at which all ringing ends.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// Milliseconds for each.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    each: Option<u64>,
    /// The best outcome so far, as [`rank`] says.
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    so_far: Option<u8>,
    /// The script has something to do if nobody answers.
    #[serde(rename = "w", default, skip_serializing_if = "is_false")]
    waiting: bool,
    #[serde(flatten)]
    how: How,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_few(number: &usize) -> bool {
    *number <= 1
}

/// Options of a dial step, which each leg has.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct How {
    #[serde(rename = "ci", skip_serializing_if = "Option::is_none")]
    caller_id: Option<String>,
    #[serde(rename = "cn", skip_serializing_if = "Option::is_none")]
    caller_name: Option<String>,
    #[serde(rename = "an", skip_serializing_if = "Option::is_none")]
    announce: Option<String>,
    #[serde(rename = "mu", skip_serializing_if = "Option::is_none")]
    music: Option<String>,
    #[serde(rename = "re", skip_serializing_if = "is_false")]
    record: bool,
    #[serde(rename = "he", skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    #[serde(rename = "co", skip_serializing_if = "Vec::is_empty")]
    codecs: Vec<String>,
    #[serde(rename = "me", skip_serializing_if = "is_false")]
    relay: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Divides what is to be rung, and begins with the first leg. Names that are the host's become what the settings say; of those that
/// they do not know the names come back beside it, and nobody is rung for them, nor for an address that the platform cannot ring.
///
/// # Errors
/// When it cannot be divided without changing its meaning.
pub fn legs(forward: &Forward, dialect: &dyn Dialect, settings: &Settings, call: &Call<'_>) -> Result<(Ringing, Vec<String>), Unsayable> {
    let rings = dialect.rings();
    if matches!(forward.destination, Destination::Queue(_)) {
        let whole = Ringing::Leg { leg: Box::new(forward.clone()), rest: None, comes_back: call.waiting };
        return Ok((whole, Vec::new()));
    }
    let mut names = Names { settings, unknown: Vec::new() };
    let (mut phones, strategy) = names.phones(forward, call.id);
    let mut via = names.trunks(&forward.via);
    let mut unknown = names.unknown;
    reachable(dialect, &mut phones, &mut via, &mut unknown);
    if phones.is_empty() || (via.is_empty() && !forward.via.is_empty()) {
        return Ok((Ringing::Over(DialResult { outcome: DialOutcome::Unreachable, contact: None, digits: None }), unknown));
    }
    let at_once = strategy == Strategy::All;
    let each = forward.member_timeout.map(|each| each.0);
    let mut legs = Legs {
        name: match &forward.destination {
            Destination::RingGroup(members) | Destination::Agent(members) => members.name.clone(),
            _ => None,
        },
        agent: matches!(forward.destination, Destination::Agent(_)),
        number: matches!(forward.destination, Destination::Number { .. }),
        trunk: (via.len() > 1 && !rings.trunks).then_some(0),
        via,
        phones,
        at_once,
        piece: if at_once { 0 } else { rings.in_sequence },
        until: forward.timeout.map(|timeout| milliseconds(call.now).saturating_add_unsigned(timeout.0)),
        each,
        so_far: None,
        waiting: call.waiting,
        how: How {
            caller_id: forward.caller_id.clone(),
            caller_name: forward.caller_name.clone(),
            announce: forward.announce.clone(),
            music: forward.music.clone(),
            record: forward.record,
            headers: forward.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
            codecs: forward.codecs.clone(),
            relay: forward.media.is_some(),
        },
    };
    let own_times = at_once && !legs.settle_times(forward.timeout.map(|total| total.0));
    let delays = legs.phones.iter().any(|phone| phone.delay > 0);
    if let Verdict::Cannot(why) = rings.verdict(Shape { strategy, members: Some(legs.phones.len()), delays, own_times, bytes: 0 }) {
        return Err(Unsayable(why));
    }
    if !at_once {
        legs.phones.iter_mut().for_each(|phone| phone.delay = 0);
    }
    Ok((legs.ring(call.now), unknown))
}

/// Leaves out whom the platform cannot ring, through any of the trunks, and trunks that lead to nobody.
fn reachable(dialect: &dyn Dialect, phones: &mut Vec<Phone>, via: &mut Vec<String>, warnings: &mut Vec<String>) {
    let why = |phone: &Phone, via: &[String]| match via {
        [] => dialect.unreachable(&phone.address, None),
        via => {
            let whys: Option<Vec<String>> = via.iter().map(|trunk| dialect.unreachable(&phone.address, Some(trunk))).collect();
            whys.and_then(|whys| whys.into_iter().next())
        }
    };
    phones.retain(|phone| match why(phone, via) {
        Some(why) => {
            warnings.push(format!("{why}; nobody is rung for it"));
            false
        }
        None => true,
    });
    via.retain(|trunk| phones.iter().any(|phone| dialect.unreachable(&phone.address, Some(trunk)).is_none()));
}

/// The call that rings.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// Its id.
    pub id: &'c str,
    /// The time of the event that is answered, seconds since 1970-01-01T00:00:00Z.
    pub now: i64,
    /// The script has something to do if nobody answers.
    pub waiting: bool,
}

const fn milliseconds(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

/// How good an outcome is for the whole group; `None` for those that end it.
#[must_use]
pub const fn rank(outcome: DialOutcome) -> Option<u8> {
    match outcome {
        DialOutcome::Unreachable | DialOutcome::Full | DialOutcome::Empty => Some(0),
        DialOutcome::Declined => Some(1),
        DialOutcome::Busy => Some(2),
        DialOutcome::NoAnswer | DialOutcome::Timeout => Some(3),
        DialOutcome::Answered | DialOutcome::Redirected | DialOutcome::Cancelled | DialOutcome::Key => None,
    }
}

const fn ranked(rank: u8) -> DialOutcome {
    match rank {
        0 => DialOutcome::Unreachable,
        1 => DialOutcome::Declined,
        2 => DialOutcome::Busy,
        _ => DialOutcome::NoAnswer,
    }
}

impl Legs {
    /// Reads what was sealed beside the call's state; `None` if it is something else.
    #[must_use]
    pub fn from_rider(rider: &[u8]) -> Option<Self> {
        serde_json::from_slice(rider).ok()
    }

    /// To be sealed beside the call's state.
    #[must_use]
    pub fn to_rider(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Must the outcome of the leg in front come back? Else nothing is left to do when nobody answers.
    fn waits(&self) -> bool {
        self.waiting || self.has_more()
    }

    /// Is there another leg behind the one in front?
    fn has_more(&self) -> bool {
        self.trunk.is_some_and(|trunk| trunk + 1 < self.via.len()) || self.phones.len() > self.piece()
    }

    /// Of phones that ring at once: whether all ring equally long, which is then the time of the group. A time that the total does not
    /// reach is none.
    fn settle_times(&mut self, total: Option<u64>) -> bool {
        let each = self.each.take();
        for phone in &mut self.phones {
            phone.timeout = phone.timeout.or(each).filter(|time| total.is_none_or(|total| *time < total));
        }
        let first = self.phones.first().and_then(|phone| phone.timeout);
        let even = self.phones.iter().all(|phone| phone.timeout == first);
        if even {
            self.each = first;
            self.phones.iter_mut().for_each(|phone| phone.timeout = None);
        }
        even
    }

    /// Goes on when the leg in front is through.
    #[must_use]
    pub fn after(mut self, result: DialResult, now: i64) -> Ringing {
        let Some(rank) = rank(result.outcome) else { return Ringing::Over(result) };
        match self.trunk {
            Some(trunk) if rank == 0 && trunk + 1 < self.via.len() => self.trunk = Some(trunk + 1),
            trunk => {
                self.so_far = self.so_far.max(Some(rank));
                self.trunk = trunk.map(|_| 0);
                let piece = self.piece();
                self.phones.drain(..piece.min(self.phones.len()));
            }
        }
        self.ring(now)
    }

    /// How many phones are the leg in front.
    fn piece(&self) -> usize {
        if self.at_once { self.phones.len() } else { self.piece.max(1).min(self.phones.len().max(1)) }
    }

    /// Rings the leg in front, if there is one and time for it.
    fn ring(self, now: i64) -> Ringing {
        let left = match self.until.map(|until| until.saturating_sub(milliseconds(now))) {
            None => None,
            Some(left) => match u64::try_from(left) {
                Ok(left) if left > 0 && !self.phones.is_empty() => Some(left),
                // The time is over, or all are through.
                _ => return self.over(),
            },
        };
        if self.phones.is_empty() {
            return self.over();
        }
        let leg = Box::new(self.leg(left));
        let comes_back = self.waits();
        // With nothing before and nothing behind, the platform's own outcome is that of the group.
        let alone = self.so_far.is_none() && !self.has_more();
        Ringing::Leg { leg, rest: (comes_back && !alone).then(|| Box::new(self)), comes_back }
    }

    fn over(&self) -> Ringing {
        // Those who are left are left because the time is over: nobody picked up.
        let rank = if self.phones.is_empty() { self.so_far.unwrap_or(0) } else { 3 };
        Ringing::Over(DialResult { outcome: ranked(rank), contact: None, digits: None })
    }

    fn leg(&self, left: Option<u64>) -> Forward {
        let piece = self.phones.get(..self.piece()).unwrap_or(&self.phones);
        let own = |phone: &Phone| phone.timeout.or(self.each);
        let share = left.map(|left| left / u64::try_from(self.phones.len().max(1)).unwrap_or(1));
        let one_by_one = |phone: &Phone| own(phone).or(share);
        let timeout = match (piece, self.at_once) {
            ([only], false) => one_by_one(only),
            (_, true) => self.each,
            (_, false) => None,
        };
        let timeout = match (timeout, left) {
            (Some(timeout), Some(left)) => Some(timeout.min(left)),
            (timeout, left) => timeout.or(left),
        };
        let has = |has: &dyn Fn(&Phone) -> bool| if piece.iter().any(has) { piece } else { &[] };
        let time = |phone: &Phone| if self.at_once { phone.timeout } else { one_by_one(phone) };
        let several = piece.len() > 1;
        let via = match self.trunk {
            Some(trunk) => self.via.get(trunk).cloned().into_iter().collect(),
            None => self.via.clone(),
        };
        let how = self.how.clone();
        Forward {
            destination: self.destination(piece),
            timeout: timeout.map(Seconds),
            member_timeout: None,
            delays: has(&|phone| phone.delay > 0).iter().map(|phone| Seconds(phone.delay)).collect(),
            member_timeouts: has(&|phone| several && time(phone).is_some()).iter().map(|phone| time(phone).map(Seconds)).collect(),
            confirms: if self.number {
                Vec::new()
            } else {
                has(&|phone| phone.confirm.is_some()).iter().map(|phone| phone.confirm.clone()).collect()
            },
            via,
            caller_id: how.caller_id,
            caller_name: how.caller_name,
            announce: how.announce,
            confirm: if self.number { piece.first().and_then(|phone| phone.confirm.clone()) } else { None },
            music: how.music,
            record: how.record,
            headers: how.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
            codecs: how.codecs,
            media: how.relay.then_some("relay"),
        }
    }

    fn destination(&self, piece: &[Phone]) -> Destination {
        if let ([only], true) = (piece, self.number) {
            return Destination::Number { number: only.address.clone() };
        }
        let members = Members {
            name: self.name.clone(),
            members: Some(piece.iter().map(|phone| phone.address.clone()).collect()),
            strategy: Some(strategy_name(if self.at_once { Strategy::All } else { Strategy::InOrder })),
        };
        if self.agent { Destination::Agent(members) } else { Destination::RingGroup(members) }
    }
}

/// Names of the host's, and what the settings make of them.
struct Names<'s> {
    settings: &'s Settings,
    unknown: Vec<String>,
}

impl Names<'_> {
    fn find(&mut self, kind: &str, name: &str) -> &[String] {
        match self.settings.target(kind, name) {
            Some(addresses) => addresses,
            None => {
                self.unknown.push(format!("the {kind} `{name}` is not among the `targets` of the settings, so nobody is rung for it"));
                &[]
            }
        }
    }

    /// Who is rung, in order, and how.
    fn phones(&mut self, forward: &Forward, call_id: &str) -> (Vec<Phone>, Strategy) {
        let (members, kind) = match &forward.destination {
            Destination::RingGroup(members) => (members, "group"),
            Destination::Agent(members) => (members, "agent"),
            Destination::Number { .. } | Destination::Queue(_) => return (phones(forward), Strategy::All),
        };
        if members.members.is_none() {
            let name = members.name.as_deref().unwrap_or_default();
            let phone = |address: &String| Phone { address: address.clone(), delay: 0, timeout: None, confirm: forward.confirm.clone() };
            return (self.find(kind, name).iter().map(phone).collect(), Strategy::All);
        }
        let strategy = members.strategy.and_then(strategy_named).unwrap_or(Strategy::All);
        let mut phones = phones(forward);
        if matches!(strategy, Strategy::InTurn | Strategy::LongestIdle) && !phones.is_empty() {
            let first = callroute_runtime::fnv(&[call_id.as_bytes()]) % u64::try_from(phones.len()).unwrap_or(1);
            phones.rotate_left(usize::try_from(first).unwrap_or(0));
        }
        let mut found = Vec::with_capacity(phones.len());
        for phone in phones {
            match phone.address.strip_prefix("agent:") {
                None => found.push(phone),
                Some(name) => {
                    let addresses = self.find("agent", name).iter().cloned();
                    found.extend(addresses.map(|address| Phone { address, ..phone.clone() }));
                }
            }
        }
        (found, strategy)
    }

    /// Addresses of trunks. Those of the script are addresses already.
    fn trunks(&mut self, via: &[String]) -> Vec<String> {
        let mut found = Vec::with_capacity(via.len());
        for trunk in via {
            if trunk.contains(':') || trunk.starts_with('+') {
                found.push(trunk.clone());
            } else {
                found.extend(self.find("trunk", trunk).iter().cloned());
            }
        }
        found
    }
}
