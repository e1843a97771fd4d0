//! Records with targets, in the making: until the layout is known their targets are blocks.

use callroute_bytecode::image::{Action, Choice, Dial, Gather, GatherKind, Image, Lookup, Split, Switch, TableLookup, Voicemail};

use crate::graph::{BlockId, Kind};

/// The records of one program. Those in blocks that cannot be reached never get into the image.
#[derive(Default, Debug)]
pub(crate) struct Records {
    pub switches: Vec<Option<Switch>>,
    /// What each of the switches looks at.
    pub subjects: Vec<u16>,
    pub splits: Vec<Option<Split>>,
    pub gathers: Vec<Option<Gather>>,
    pub dials: Vec<Option<Dial>>,
    pub lookups: Vec<Option<Lookup>>,
    pub voicemails: Vec<Option<Voicemail>>,
    pub actions: Vec<Option<Action>>,
    pub table_lookups: Vec<Option<TableLookup>>,
}

/// A record that says where to go.
pub(crate) trait Targets {
    /// Calls `each` with every target, in the record's order.
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId));

    /// The targets.
    fn targets(&mut self) -> Vec<BlockId> {
        let mut targets = Vec::new();
        self.each(&mut |target| targets.push(*target));
        targets
    }
}

impl Targets for Switch {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.targets.iter_mut().for_each(&mut *each);
        each(&mut self.default);
    }
}

impl Targets for Split {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.arms.iter_mut().for_each(|(_, target)| each(target));
    }
}

impl Targets for Gather {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        match &mut self.kind {
            GatherKind::Menu(choices) => choices.iter_mut().for_each(|Choice { target, .. }| each(target)),
            GatherKind::Collect { entered, .. } => each(entered),
        }
        self.timeout.iter_mut().for_each(&mut *each);
        self.invalid.iter_mut().for_each(&mut *each);
        each(&mut self.otherwise);
    }
}

impl Targets for Dial {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.outcomes.iter_mut().for_each(&mut *each);
        self.keys.iter_mut().for_each(|(_, target)| each(target));
    }
}

impl Targets for Lookup {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.outcomes.iter_mut().for_each(each);
    }
}

impl Targets for Voicemail {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.outcomes.iter_mut().flatten().for_each(each);
    }
}

impl Targets for Action {
    fn each(&mut self, each: &mut dyn FnMut(&mut BlockId)) {
        self.outcomes.iter_mut().flatten().for_each(each);
    }
}

/// Appends a record, and tells its index.
pub(crate) fn add<T>(to: &mut Vec<T>, record: T) -> u32 {
    to.push(record);
    u32::try_from(to.len() - 1).unwrap_or(u32::MAX)
}

/// Moves a record into the image. Each is moved once; one that is gone has nothing to add, and gets no index.
fn give<T>(from: &mut [Option<T>], record: u32, to: &mut Vec<T>) -> u32 {
    from.get_mut(record as usize).and_then(Option::take).map_or(u32::MAX, |record| add(to, record))
}

impl Records {
    /// Moves the record into the image, and tells its index there.
    pub fn give(&mut self, kind: Kind, record: u32, image: &mut Image) -> u32 {
        match kind {
            Kind::Switch => give(&mut self.switches, record, &mut image.switches),
            Kind::Split => give(&mut self.splits, record, &mut image.splits),
            Kind::Gather => give(&mut self.gathers, record, &mut image.gathers),
            Kind::Dial => give(&mut self.dials, record, &mut image.dials),
            Kind::Lookup => give(&mut self.lookups, record, &mut image.lookups),
            Kind::Voicemail => give(&mut self.voicemails, record, &mut image.voicemails),
            Kind::Action => give(&mut self.actions, record, &mut image.actions),
        }
    }

    /// Moves a look-up in a table into the image.
    pub fn give_table(&mut self, record: u32, image: &mut Image) -> u32 {
        give(&mut self.table_lookups, record, &mut image.table_lookups)
    }

    /// The list of variables that the record keeps, if its kind has one.
    pub fn live(&mut self, kind: Kind, record: u32) -> Option<&mut Vec<u16>> {
        let at = record as usize;
        match kind {
            Kind::Switch | Kind::Split => None,
            Kind::Gather => self.gathers.get_mut(at)?.as_mut().map(|record| &mut record.live),
            Kind::Dial => self.dials.get_mut(at)?.as_mut().map(|record| &mut record.live),
            Kind::Lookup => self.lookups.get_mut(at)?.as_mut().map(|record| &mut record.live),
            Kind::Voicemail => self.voicemails.get_mut(at)?.as_mut().map(|record| &mut record.live),
            Kind::Action => self.actions.get_mut(at)?.as_mut().map(|record| &mut record.live),
        }
    }
}

/// Changes every target of the image's records.
pub(crate) fn map_targets(image: &mut Image, map: impl Fn(BlockId) -> u32) {
    let change = &mut |target: &mut u32| *target = map(*target);
    image.switches.iter_mut().for_each(|record| record.each(change));
    image.splits.iter_mut().for_each(|record| record.each(change));
    image.gathers.iter_mut().for_each(|record| record.each(change));
    image.dials.iter_mut().for_each(|record| record.each(change));
    image.lookups.iter_mut().for_each(|record| record.each(change));
    image.voicemails.iter_mut().for_each(|record| record.each(change));
    image.actions.iter_mut().for_each(|record| record.each(change));
}
