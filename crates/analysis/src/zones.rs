//! Zones by name.
use callroute_calendar::Zone;
use callroute_syntax::tree;
use crate::env::Env;
impl Env<'_> {
    /// The zone of this name; reports what is none.
    pub fn zone(&mut self, _zone: &tree::Zone) -> Option<Zone> { todo!() }
}
