//! Ringing: who, in which order, for how long, and with what.

use callroute_bytecode::image::{Dial, DialTarget, MemberWho, Operand, Ring, Strategy, TargetKind, TargetRef, Ty};
use callroute_bytecode::op::Op;

use crate::call::{Call, ForwardOut, Given, MemberOut, ViaOut, Whom};
use crate::machine::{After, Machine, record};
use crate::program::{Lead, Named, Program, lead};
use crate::trace::{Outcome, Trace};
use crate::value::{Fault, TargetValue, Text, Value};

/// Milliseconds of ringing, where nothing else is said.
const RING: u64 = 30_000;
/// The variable `caller name`.
const CALLER_NAME: u16 = 4;
/// The most members of one instruction.
const MAX_MEMBERS: usize = callroute_bytecode::limits::MEMBERS;

/// A target that was found.
enum Found {
    Defined(u32),
    Extern(Text),
}

/// The members of a ring that are the same for every call, put together when the script is loaded.
pub(crate) struct Ready {
    /// Their addresses, one behind the other.
    texts: Box<str>,
    members: Box<[MemberOut]>,
}

impl Ready {
    /// `None` where a member is a value that only a call has.
    fn new(program: &Program, call: &mut Call, ring: &Ring) -> Option<Self> {
        let constant = |operand: Option<Operand>| operand.is_none_or(|operand| operand.as_var().is_none());
        let ready = ring.members.iter().all(|member| {
            let who = match member.who {
                MemberWho::Phone(operand) => Some(operand),
                MemberWho::Extern(_) => None,
            };
            constant(who) && constant(member.after) && constant(member.ring_for)
        });
        if !ready {
            return None;
        }
        call.reset(program);
        // What is wrong with them is said in each call.
        Machine::new(program, call, "", 0, ()).members(ring).ok()?;
        call.out.warnings.is_empty().then(|| Self { texts: call.arena.all().into(), members: call.out.members.as_slice().into() })
    }
}

/// Rings that are ready, by the image's groups, agents and queues.
#[derive(Default)]
pub(crate) struct ReadyRings {
    groups: Box<[Option<Ready>]>,
    agents: Box<[Option<Ready>]>,
    queues: Box<[Option<Ready>]>,
}

impl ReadyRings {
    pub fn new(program: &Program) -> Self {
        let image = program.image();
        let mut call = Call::new(program);
        let mut all = |rings: &mut dyn Iterator<Item = &Ring>| rings.map(|ring| Ready::new(program, &mut call, ring)).collect();
        Self {
            groups: all(&mut image.groups.iter()),
            agents: all(&mut image.agents.iter()),
            queues: all(&mut image.queues.iter().map(|queue| &queue.ring)),
        }
    }
}

/// Who can be rung; `None` when nobody can be.
type Rung<R> = Result<Option<R>, Fault>;

fn ready(rings: &[Option<Ready>], id: u32) -> Option<&Ready> {
    rings.get(usize::try_from(id).ok()?)?.as_ref()
}

impl<T: Trace> Machine<'_, T> {
    /// `group`, `agent`, `queue`, `dial`, `ring`
    pub fn dial(&mut self, at: u32, index: u32) -> Result<After, Fault> {
        let dial = record(&self.image.dials, index)?;
        let queue = matches!(dial.target, DialTarget::Target(TargetKind::Queue, _));
        let Some(mut forward) = self.destination(dial, index)? else {
            return Ok(self.over_at_once(at, dial, crate::event::DialOutcome::Unreachable));
        };
        let wanted = self.duration(dial.ring_for);
        forward.timeout = match (wanted, forward.timeout) {
            (Some(wanted), Some(limit)) if queue => Some(wanted.min(limit)),
            (Some(wanted), _) => Some(wanted),
            (None, own) => own,
        };
        if let Some(until) = dial.until {
            let left = self.left_until(until)?;
            forward.timeout = Some(forward.timeout.map_or(left, |timeout| timeout.min(left)));
        }
        if forward.timeout == Some(0) {
            return Ok(self.over_at_once(at, dial, crate::event::DialOutcome::Timeout));
        }
        if let Some(id) = dial.caller_id {
            let (value, ty) = self.operand(id);
            if let Some(phone) = self.as_phone(value, ty)? {
                forward.caller_id = Some(self.phone_text(phone)?);
            }
        }
        forward.caller_name = match dial.caller_name {
            Some(template) => Some(self.template(template)?),
            None => {
                let (value, ty) = self.var(CALLER_NAME);
                self.as_text(value, ty)?
            }
        };
        forward.announce = self.template_of(dial.announce)?;
        forward.confirm = self.template_of(dial.confirm)?;
        forward.music = self.template_of(dial.music)?;
        self.call.out.headers.clear();
        for (name, value) in &dial.headers {
            let text = self.template(*value)?;
            self.call.out.headers.push((*name, text));
        }
        self.trace(at, Op::Dial, None, Outcome::Asked);
        let after = self.ask(Given::Forward(forward), at, None);
        self.call.out.waiting = self.goes_on(index);
        Ok(after)
    }

    /// Whether anything is left to do if nobody answers.
    fn goes_on(&self, dial: u32) -> bool {
        let leads = usize::try_from(dial).ok().and_then(|dial| self.program.dial_leads.get(dial));
        match leads {
            Some(Lead::Ends) => false,
            Some(Lead::Returns) => self
                .call
                .stack
                .iter()
                .rev()
                .map(|back| lead(self.image, *back))
                .find(|lead| *lead != Lead::Returns)
                .is_some_and(|lead| lead == Lead::Acts),
            Some(Lead::Acts) | None => true,
        }
    }

    /// Nobody was rung.
    fn over_at_once(&mut self, at: u32, dial: &Dial, outcome: crate::event::DialOutcome) -> After {
        self.trace(at, Op::Dial, None, Outcome::Skipped);
        self.call.out.members.clear();
        self.call.out.via.clear();
        After::Goes(self.outcome(at, dial, outcome))
    }

    /// Where an outcome leads; it becomes the reason for which the call may be hung up.
    pub fn outcome(&mut self, at: u32, dial: &Dial, outcome: crate::event::DialOutcome) -> u32 {
        use crate::call::Reason;
        use crate::event::DialOutcome as O;
        let [busy, no_answer, declined, unreachable, redirected, full, empty, timeout] = dial.outcomes;
        let queue = matches!(dial.target, DialTarget::Target(TargetKind::Queue, _));
        let (target, reason) = match outcome {
            O::Redirected => {
                self.trace(at, Op::Dial, None, Outcome::Reported("redirected"));
                self.call.reason = Reason::Unreachable;
                return redirected;
            }
            O::Busy => (busy, Reason::Busy),
            O::NoAnswer | O::Timeout if queue => (timeout, Reason::Timeout),
            O::NoAnswer | O::Timeout => (no_answer, Reason::NoAnswer),
            O::Declined => (declined, Reason::Declined),
            O::Full => (full, Reason::Full),
            O::Empty => (empty, Reason::Empty),
            // The others do not come here.
            O::Unreachable | O::Answered | O::Key | O::Cancelled => (unreachable, Reason::Unreachable),
        };
        self.trace(at, Op::Dial, None, Outcome::Reported(reason.word()));
        self.call.reason = reason;
        target
    }

    /// Milliseconds until a time of day, by the clock of a zone today; 0 when it has passed.
    fn left_until(&mut self, (minute, zone): (u16, u32)) -> Result<u64, Fault> {
        let zone = *record(&self.image.zones, zone)?;
        let day = callroute_calendar::local(zone, self.now).day;
        let (end, _) = callroute_calendar::to_unix(zone, day, minute, 0);
        Ok(end.checked_sub(self.now).and_then(|left| u64::try_from(left).ok()).map_or(0, |left| left.saturating_mul(1000)))
    }

    /// A target by number, by name, or in a variable.
    fn find(&mut self, kind: TargetKind, target: TargetRef) -> Rung<Found> {
        let wanted = match kind {
            TargetKind::Group => Ty::Group,
            TargetKind::Agent => Ty::Agent,
            TargetKind::Queue => Ty::Queue,
            TargetKind::Trunk => Ty::Trunk,
        };
        let var = match target {
            TargetRef::Defined(id) => return Ok(Some(Found::Defined(id))),
            TargetRef::Extern(name) => return Ok(Some(Found::Extern(Text::Const(name)))),
            TargetRef::Var(var) => var,
        };
        let (value, ty) = u16::try_from(var).map_or((Value::Missing, Ty::Text), |var| self.var(var));
        match value {
            Value::Target(TargetValue::Defined(id)) if ty == wanted => Ok(Some(Found::Defined(id))),
            Value::Target(TargetValue::Extern(name)) if ty == wanted => Ok(Some(Found::Extern(name))),
            _ => {
                let Some(name) = self.as_text(value, ty)? else { return Ok(None) };
                Ok(match self.program.target_named(kind, self.text(name)) {
                    Some(Named::Defined(id)) => Some(Found::Defined(id)),
                    Some(Named::Extern) => Some(Found::Extern(name)),
                    None => None,
                })
            }
        }
    }

    fn destination(&mut self, dial: &Dial, index: u32) -> Rung<ForwardOut> {
        self.call.out.members.clear();
        self.call.out.via.clear();
        let image = self.image;
        let mut forward = ForwardOut {
            dial: index,
            whom: Whom::Unnamed,
            external: false,
            strategy: None,
            queue: None,
            max_wait: None,
            announce_position: None,
            timeout: None,
            member_timeout: None,
            caller_id: None,
            caller_name: None,
            announce: None,
            confirm: None,
            music: None,
        };
        match &dial.target {
            DialTarget::Number(to, via) => {
                if self.one_number(*to, &mut forward)?.is_none() || self.via(via)?.is_none() {
                    return Ok(None);
                }
            }
            DialTarget::Target(kind, target) => match (self.find(*kind, *target)?, kind) {
                (None, _) | (_, TargetKind::Trunk) => return Ok(None),
                (Some(Found::Extern(name)), kind) => {
                    forward.external = true;
                    (forward.whom, forward.timeout) = match kind {
                        TargetKind::Agent => (Whom::Agent(name), Some(RING)),
                        // The host knows how long its queue lets people wait.
                        TargetKind::Queue => (Whom::Queue(name), None),
                        _ => (Whom::Group(name), Some(RING)),
                    };
                }
                (Some(Found::Defined(id)), TargetKind::Group) => {
                    let ring = record(&image.groups, id)?;
                    let Some(total) = self.ring(ring, ready(&self.program.ready.groups, id), &mut forward)? else { return Ok(None) };
                    forward.whom = ring.name.map_or(Whom::Unnamed, |name| Whom::Group(Text::Const(name)));
                    forward.timeout = Some(total);
                }
                (Some(Found::Defined(id)), TargetKind::Agent) => {
                    let ring = record(&image.agents, id)?;
                    let Some(total) = self.ring(ring, ready(&self.program.ready.agents, id), &mut forward)? else { return Ok(None) };
                    forward.whom = ring.name.map_or(Whom::Unnamed, |name| Whom::Agent(Text::Const(name)));
                    forward.timeout = Some(total);
                    if ring.members.len() < 2 {
                        forward.strategy = None;
                    }
                }
                (Some(Found::Defined(id)), TargetKind::Queue) => {
                    let queue = record(&image.queues, id)?;
                    if self.ring(&queue.ring, ready(&self.program.ready.queues, id), &mut forward)?.is_none() {
                        return Ok(None);
                    }
                    forward.whom = Whom::Queue(queue.ring.name.map_or(Text::EMPTY, Text::Const));
                    forward.queue = Some(id);
                    forward.max_wait = self.duration(queue.max_wait);
                    forward.announce_position = self.duration(queue.announce_position);
                    forward.timeout = forward.max_wait;
                }
            },
        }
        Ok(Some(forward))
    }

    /// `dial`: one number, or several at once.
    fn one_number(&mut self, to: Operand, forward: &mut ForwardOut) -> Rung<()> {
        let (value, ty) = self.operand(to);
        forward.timeout = Some(RING);
        if let Value::Phones(_) = value {
            self.load_phones(value);
            self.members_of_phones(None, None, None, 0)?;
            forward.strategy = Some(Strategy::All);
            return Ok((!self.call.out.members.is_empty()).then_some(()));
        }
        let Some(phone) = self.as_phone(value, ty)? else { return Ok(None) };
        forward.whom = Whom::Number(self.phone_text(phone)?);
        Ok(Some(()))
    }

    /// Trunks. A computed one that nobody knows is passed over; when none is left, nobody can be rung.
    fn via(&mut self, via: &[TargetRef]) -> Rung<()> {
        for trunk in via {
            match self.find(TargetKind::Trunk, *trunk)? {
                None => {}
                Some(Found::Extern(name)) => self.call.out.via.push(ViaOut { name, address: None }),
                Some(Found::Defined(id)) => {
                    let (name, address) = *record(&self.image.trunks, id)?;
                    let (value, ty) = self.constant(address);
                    let Some(phone) = self.as_phone(value, ty)? else { continue };
                    let address = self.phone_text(phone)?;
                    self.call.out.via.push(ViaOut { name: Text::Const(name), address: Some(address) });
                }
            }
        }
        Ok((via.is_empty() || !self.call.out.via.is_empty()).then_some(()))
    }

    /// The call's list of phones as members.
    fn members_of_phones(&mut self, after: Option<u64>, ring_for: Option<u64>, confirm: Option<u32>, weight: u16) -> Result<(), Fault> {
        for index in 0..self.call.phones.len() {
            let Some(phone) = self.call.phones.get(index).copied() else { break };
            let address = self.phone_text(phone)?;
            if self.call.out.members.len() < MAX_MEMBERS {
                // Several phones are one member: those behind the first are drawn with it.
                let weight = if index == 0 { weight } else { 0 };
                self.call.out.members.push(MemberOut { address, external: false, weight, after, ring_for, confirm });
            }
        }
        Ok(())
    }

    /// Adds the members of a ring.
    fn members(&mut self, ring: &Ring) -> Result<(), Fault> {
        for member in &ring.members {
            let (after, ring_for) = (self.duration(member.after), self.duration(member.ring_for));
            match member.who {
                MemberWho::Phone(operand) => {
                    let (value, ty) = self.operand(operand);
                    self.load_as_phones(value, ty)?;
                    self.members_of_phones(after, ring_for, member.confirm, member.weight)?;
                }
                MemberWho::Extern(name) => {
                    let (address, weight, confirm) = (Text::Const(name), member.weight, member.confirm);
                    if self.call.out.members.len() < MAX_MEMBERS {
                        self.call.out.members.push(MemberOut { address, external: true, weight, after, ring_for, confirm });
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds members that are ready.
    fn ready_members(&mut self, ready: &Ready) -> Result<(), Fault> {
        let call = &mut *self.call;
        call.arena.room()?;
        let mark = call.arena.mark();
        call.arena.push(&ready.texts);
        call.out.members.extend(ready.members.iter().map(|member| MemberOut { address: member.address.behind(mark), ..*member }));
        Ok(())
    }

    /// The members in their order, and the time that they ring in all; `None` when there are none.
    fn ring(&mut self, ring: &Ring, ready: Option<&Ready>, forward: &mut ForwardOut) -> Rung<u64> {
        match ready {
            Some(ready) => self.ready_members(ready)?,
            None => self.members(ring)?,
        }
        let members = &mut self.call.out.members;
        match ring.strategy {
            Strategy::AtRandom | Strategy::ByWeight => crate::hash::draw(self.call_id, members, |member| member.weight.into()),
            Strategy::All | Strategy::InOrder | Strategy::InTurn | Strategy::LongestIdle => {}
        }
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if count == 0 {
            return Ok(None);
        }
        forward.strategy = Some(ring.strategy);
        forward.member_timeout = self.duration(ring.each);
        let total = match (self.duration(ring.total), ring.strategy, forward.member_timeout) {
            (Some(total), ..) => total,
            (None, Strategy::InOrder, Some(each)) => each.saturating_mul(count),
            _ => RING,
        };
        Ok(Some(total))
    }
}
