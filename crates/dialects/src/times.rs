//! When the telephones of one dial step ring.

use callroute_protocol::{Destination, Forward};

use crate::legs::{Phone, phones};

/// The telephones of a dial step; none of a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Phones {
    /// In order.
    pub list: Vec<Phone>,
    /// One after the other.
    pub in_sequence: bool,
    /// How long in all, in milliseconds.
    pub total: Option<u64>,
    each: Option<u64>,
}

impl Phones {
    pub fn of(forward: &Forward) -> Self {
        let strategy = match &forward.destination {
            Destination::RingGroup(members) | Destination::Agent(members) => members.strategy,
            Destination::Queue(_) | Destination::Number { .. } => None,
        };
        let list = phones(forward);
        Self {
            in_sequence: list.len() > 1 && !matches!(strategy, None | Some("simultaneous")),
            list,
            total: forward.timeout.map(|total| total.0),
            each: forward.member_timeout.map(|each| each.0),
        }
    }

    /// How long each of them rings at most, in milliseconds: for its own time, else for that of all, and never beyond the total. Of those
    /// that ring one after the other without a time of their own each has an equal share; nobody after the total is over.
    pub fn times(&self) -> Vec<(&Phone, Option<u64>)> {
        let share = self.total.map(|total| total / u64::try_from(self.list.len()).unwrap_or(1).max(1));
        let mut left = self.total;
        let mut times = Vec::new();
        for phone in &self.list {
            let own = phone.timeout.or(self.each);
            let time = match (own.or(if self.in_sequence { share } else { None }), left) {
                (Some(own), Some(left)) => Some(own.min(left)),
                (own, left) => own.or(left),
            };
            if time == Some(0) {
                break;
            }
            if let (true, Some(time), Some(left)) = (self.in_sequence, time, left.as_mut()) {
                *left -= time.min(*left);
            }
            times.push((phone, time));
        }
        times
    }

    /// Somebody must press a key.
    pub fn confirmed(&self) -> bool {
        self.list.iter().any(|phone| phone.confirm.is_some())
    }
}
