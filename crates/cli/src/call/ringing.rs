//! Who rings when, and for how long.

use callroute_analysis::typed::{MemberWho, Program};
use callroute_protocol::{Destination, Forward, Seconds, strategy_named};
use callroute_runtime::Strategy;

/// Somebody who is rung.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The agent's name, where the script gives one.
    pub name: Option<String>,
    /// The number or address; empty for an agent that only the telephone system knows.
    pub address: String,
    turn: Turn,
}

/// When somebody rings, in seconds since the first moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// From then on; until then, unless it goes on until somebody answers.
    Between(u64, Option<u64>),
    /// When the one before does not answer.
    Next,
    /// The telephone system decides.
    Chosen,
}

/// What somebody does at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Now {
    /// Rings; for how long already, and for how long in all.
    Rings(u64, Option<u64>),
    /// Will ring, in so many seconds; for how long.
    Later(u64, Option<u64>),
    /// Has rung.
    Over,
    /// The time of all is over before.
    Never,
    /// Is rung when the one before does not answer.
    Next,
    /// Is rung when the telephone system thinks so.
    Chosen,
}

/// Who is rung by an instruction.
pub fn members(program: &Program, forward: &Forward) -> Vec<Member> {
    let (addresses, strategy) = match &forward.destination {
        Destination::RingGroup(who) | Destination::Agent(who) => (who.members.clone().unwrap_or_default(), who.strategy),
        Destination::Queue(queue) => (queue.members.members.clone().unwrap_or_default(), queue.members.strategy),
        Destination::Number { number } => (vec![number.clone()], None),
    };
    let seconds = |Seconds(ms): Seconds| ms / 1000;
    let limit = forward.timeout.map(seconds);
    // In a queue somebody rings when the caller's turn has come.
    let queue = matches!(forward.destination, Destination::Queue(_));
    let strategy = strategy.and_then(strategy_named).unwrap_or(Strategy::All);
    let mut before = Some(0);
    let mut members = Vec::new();
    for (at, address) in addresses.into_iter().enumerate() {
        let own = forward.member_timeouts.get(at).copied().flatten().or(forward.member_timeout).map(seconds);
        let after = forward.delays.get(at).copied().map_or(0, seconds);
        let until = |from: u64| own.map(|own| from.saturating_add(own)).into_iter().chain(limit).min();
        let turn = match strategy {
            _ if queue => Turn::Chosen,
            Strategy::All => Turn::Between(after, until(after)),
            Strategy::InTurn | Strategy::LongestIdle => Turn::Chosen,
            Strategy::InOrder | Strategy::AtRandom | Strategy::ByWeight => match before {
                None => Turn::Next,
                Some(before) => {
                    let from = after.max(before);
                    Turn::Between(from, until(from))
                }
            },
        };
        before = match (turn, own) {
            (Turn::Between(from, _), Some(own)) => Some(from.saturating_add(own)),
            _ => None,
        };
        let (name, address) = match address.strip_prefix("agent:") {
            Some(name) => (Some(name.to_owned()), String::new()),
            None => (agent(program, &address), address),
        };
        members.push(Member { name, address, turn });
    }
    members
}

/// Whose number it is, if it is one agent's.
fn agent(program: &Program, address: &str) -> Option<String> {
    let has = |who: &MemberWho| matches!(who, MemberWho::Phone(one) if one.to_string() == address);
    let mut owners = program.agents.iter().filter(|agent| agent.ring.members.iter().any(|member| has(&member.who)));
    owners.next().filter(|_| owners.next().is_none()).map(|agent| agent.name.clone())
}

impl Member {
    /// What happens after so many seconds; `limit` is the time of all.
    pub fn now(&self, passed: u64, limit: Option<u64>) -> Now {
        match self.turn {
            Turn::Next => Now::Next,
            Turn::Chosen => Now::Chosen,
            Turn::Between(from, _) if limit.is_some_and(|limit| from >= limit) => Now::Never,
            Turn::Between(from, until) => {
                let most = until.map(|until| until.saturating_sub(from));
                match passed.checked_sub(from) {
                    None => Now::Later(from.saturating_sub(passed), most),
                    Some(_) if until.is_some_and(|until| passed >= until) => Now::Over,
                    Some(rung) => Now::Rings(rung, most),
                }
            }
        }
    }

    /// `ana (+13125550101)`
    pub fn called(&self) -> String {
        match &self.name {
            Some(name) if self.address.is_empty() => name.clone(),
            Some(name) => format!("{name} ({})", self.address),
            None => self.address.clone(),
        }
    }
}

impl Now {
    /// As a sentence about somebody.
    pub fn says(self) -> String {
        let time = |seconds: u64| callroute_calendar::format_duration(seconds.saturating_mul(1000));
        let most = |most: Option<u64>| most.map(|most| format!(" for {}", time(most))).unwrap_or_default();
        match self {
            Self::Rings(0, all) => format!("rings{}", most(all)),
            Self::Rings(rung, Some(all)) => format!("has been ringing for {} of {}", time(rung), time(all)),
            Self::Rings(rung, None) => format!("has been ringing for {}", time(rung)),
            Self::Later(wait, all) => {
                format!("rings in {}{}", time(wait), if all.is_some() { format!(",{}", most(all)) } else { String::new() })
            }
            Self::Over => "has rung".to_owned(),
            Self::Never => "never rings: the time is over before".to_owned(),
            Self::Next => "rings when the one before does not answer".to_owned(),
            Self::Chosen => "rings when the telephone system chooses so".to_owned(),
        }
    }

    /// The same in a word or two.
    pub fn briefly(self) -> String {
        match self {
            Self::Rings(rung, Some(all)) => format!("{rung} of {all} s"),
            Self::Rings(rung, None) => format!("{rung} s"),
            Self::Later(wait, _) => format!("in {wait} s"),
            Self::Over => "over".to_owned(),
            Self::Never => "never".to_owned(),
            Self::Next => "then".to_owned(),
            Self::Chosen => "in turn".to_owned(),
        }
    }
}
