//! [`Forward`]: who is rung, and how.

use std::fmt;

use callroute_bytecode::image::{Dial, Queue, Strategy};
use callroute_numbers::Pattern;

use crate::answer::{Answer, record};
use crate::call::{ForwardOut, Whom};
use crate::value::{Text, constant};

/// `forward`
#[derive(Clone, Copy)]
pub struct Forward<'c> {
    pub(crate) answer: Answer<'c>,
    pub(crate) out: &'c ForwardOut,
    pub(crate) dial: &'c Dial,
}

/// What kind of destination it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DestinationKind {
    /// Several members.
    RingGroup,
    /// One person.
    Agent,
    /// A queue.
    Queue,
    /// One number or address.
    Number,
}

impl<'c> Forward<'c> {
    fn text(&self, text: Option<Text>) -> Option<&'c str> {
        text.map(|text| self.answer.text(text))
    }

    fn queue(&self) -> Option<&'c Queue> {
        record(&self.answer.image().queues, self.out.queue?)
    }

    /// What is rung.
    #[must_use]
    pub const fn kind(&self) -> DestinationKind {
        match self.out.whom {
            Whom::Number(_) => DestinationKind::Number,
            Whom::Unnamed | Whom::Group(_) => DestinationKind::RingGroup,
            Whom::Agent(_) => DestinationKind::Agent,
            Whom::Queue(_) => DestinationKind::Queue,
        }
    }

    /// Its name; a group written in place and a number have none.
    #[must_use]
    pub fn name(&self) -> Option<&'c str> {
        match self.out.whom {
            Whom::Group(name) | Whom::Agent(name) | Whom::Queue(name) => Some(self.answer.text(name)),
            Whom::Number(_) | Whom::Unnamed => None,
        }
    }

    /// The one number or address.
    #[must_use]
    pub fn number(&self) -> Option<&'c str> {
        match self.out.whom {
            Whom::Number(number) => Some(self.answer.text(number)),
            _ => None,
        }
    }

    /// Only the host knows its members.
    #[must_use]
    pub const fn is_external(&self) -> bool {
        self.out.external
    }

    /// Who is rung, in order. For `random` and `weighted` the order is drawn already, from the call's id: FNV-1a (64 bits) of the
    /// id is the first draw, and each next one is the FNV-1a of the eight bytes, little-endian, of the one before; a draw modulo
    /// the sum of the weights of all that are left (1 each for `random`) picks the next member. The numbers of one agent are drawn
    /// together, and stay in their order.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'c>> + use<'c> {
        let answer = self.answer;
        answer.call.out.members.iter().map(move |member| Member {
            address: answer.text(member.address),
            is_agent: member.external,
            delay_ms: member.after,
            timeout_ms: member.ring_for,
            confirm: member.confirm.map(|confirm| constant(answer.image(), confirm)),
        })
    }

    /// How the members are rung; `None` where there is but one by nature.
    #[must_use]
    pub const fn strategy(&self) -> Option<Strategy> {
        self.out.strategy
    }

    /// Milliseconds in all. `None`: the host's own limit.
    #[must_use]
    pub const fn timeout_ms(&self) -> Option<u64> {
        self.out.timeout
    }

    /// Milliseconds for each member.
    #[must_use]
    pub const fn member_timeout_ms(&self) -> Option<u64> {
        self.out.member_timeout
    }

    /// Trunks to be tried in order, as each is unreachable: name and address (none for the host's own).
    pub fn via(&self) -> impl ExactSizeIterator<Item = (&'c str, Option<&'c str>)> + use<'c> {
        let answer = self.answer;
        answer.call.out.via.iter().map(move |via| (answer.text(via.name), via.address.map(|address| answer.text(address))))
    }

    /// The number to be shown.
    #[must_use]
    pub fn caller_id(&self) -> Option<&'c str> {
        self.text(self.out.caller_id)
    }

    /// The name to be shown.
    #[must_use]
    pub fn caller_name(&self) -> Option<&'c str> {
        self.text(self.out.caller_name)
    }

    /// Said to whoever answers.
    #[must_use]
    pub fn announce(&self) -> Option<&'c str> {
        self.text(self.out.announce)
    }

    /// The key that whoever answers must press.
    #[must_use]
    pub fn confirm(&self) -> Option<&'c str> {
        self.text(self.out.confirm)
    }

    /// What the caller hears while it rings: the step's, not the queue's ([`Forward::queue_music`]).
    #[must_use]
    pub fn music(&self) -> Option<&'c str> {
        self.text(self.out.music)
    }

    /// Record the conversation.
    #[must_use]
    pub const fn record(&self) -> bool {
        self.dial.record
    }

    /// Headers to be added: name and value.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = (&'c str, &'c str)> + use<'c> {
        let answer = self.answer;
        answer.call.out.headers.iter().map(move |(name, value)| (constant(answer.image(), *name), answer.text(*value)))
    }

    /// Codecs in order of preference.
    pub fn codecs(&self) -> impl ExactSizeIterator<Item = &'c str> + use<'c> {
        let answer = self.answer;
        self.dial.codecs.iter().map(move |codec| constant(answer.image(), *codec))
    }

    /// Relay the media.
    #[must_use]
    pub const fn media_relay(&self) -> bool {
        self.dial.media_relay
    }

    /// Of a queue: milliseconds that callers wait at most.
    #[must_use]
    pub const fn max_wait_ms(&self) -> Option<u64> {
        self.out.max_wait
    }

    /// Of a queue: callers that wait at most.
    #[must_use]
    pub fn max_length(&self) -> Option<u32> {
        self.queue()?.max_length
    }

    /// Of a queue: milliseconds between two announcements of the caller's position.
    #[must_use]
    pub const fn announce_position_ms(&self) -> Option<u64> {
        self.out.announce_position
    }

    /// Of a queue: callers are sent away when nobody is logged in.
    #[must_use]
    pub fn leave_when_empty(&self) -> bool {
        self.queue().is_some_and(|queue| queue.leave_when_empty)
    }

    /// Of a queue: music on hold.
    #[must_use]
    pub fn queue_music(&self) -> Option<&'c str> {
        self.queue()?.music.map(|music| constant(self.answer.image(), music))
    }

    /// Of a queue: the keys that callers may press while they wait.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = Pattern> + use<'c> {
        self.dial.keys.iter().map(|(pattern, _)| *pattern)
    }
}

impl fmt::Debug for Forward<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forward")
            .field("kind", &self.kind())
            .field("name", &self.name())
            .field("number", &self.number())
            .field("members", &self.members().map(|member| member.address).collect::<Vec<_>>())
            .field("timeout_ms", &self.timeout_ms())
            .finish_non_exhaustive()
    }
}

/// Somebody who is rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member<'c> {
    /// The number or address, or the name of the host's agent.
    pub address: &'c str,
    /// It is the name of the host's agent.
    pub is_agent: bool,
    /// Milliseconds after which it begins to ring.
    pub delay_ms: Option<u64>,
    /// Milliseconds that it rings.
    pub timeout_ms: Option<u64>,
    /// The key that it must press.
    pub confirm: Option<&'c str>,
}
