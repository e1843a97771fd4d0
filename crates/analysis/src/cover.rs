//! Which earlier pattern or value makes a later one needless. Used for the arms of a switch, the choices of a menu, the values of
//! `in (…)`, and for what earlier rules have settled; every question costs a few look-ups, however many patterns there are.

use std::collections::HashMap;

use callroute_diagnostics::Place;
use callroute_numbers::{Packed, Pattern};

use crate::typed::{Const, Operand, PhoneItem, PhonePattern, TextItem};

/// Patterns with classes that share a literal start and are compared one by one; more are not remembered.
const MAX_REST: usize = 64;

/// An earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hit {
    /// The same.
    Same(Place),
    /// A wider one.
    Wider(Place),
}

impl Hit {
    pub fn place(self) -> Place {
        match self {
            Self::Same(place) | Self::Wider(place) => place,
        }
    }
}

/// A set of patterns of numbers or keys.
#[derive(Default, Debug)]
pub(crate) struct Cover {
    buckets: HashMap<Packed, Bucket>,
}

/// Patterns with one literal start.
#[derive(Default, Debug)]
struct Bucket {
    exact: Option<Place>,
    open: Option<Place>,
    rest: Vec<(Pattern, Place)>,
}

impl Cover {
    /// The pattern that covers this one.
    pub fn find(&self, pattern: &Pattern) -> Option<Hit> {
        let start = pattern.literal_start();
        let whole = pattern.as_exact().is_some();
        (0..=start.len()).find_map(|len| {
            let bucket = self.buckets.get(&start.prefix(len))?;
            if let Some(place) = bucket.open {
                return Some(if pattern.as_prefix().is_some() && len == start.len() { Hit::Same(place) } else { Hit::Wider(place) });
            }
            if whole
                && len == start.len()
                && let Some(place) = bucket.exact
            {
                return Some(Hit::Same(place));
            }
            bucket
                .rest
                .iter()
                .find(|(earlier, _)| earlier.covers(pattern))
                .map(|(earlier, place)| if earlier == pattern { Hit::Same(*place) } else { Hit::Wider(*place) })
        })
    }

    /// Adds a pattern; false when it was there already or cannot be remembered.
    pub fn add(&mut self, pattern: &Pattern, place: Place) -> bool {
        let bucket = self.buckets.entry(pattern.literal_start()).or_default();
        let slot = if pattern.as_prefix().is_some() {
            &mut bucket.open
        } else if pattern.as_exact().is_some() {
            &mut bucket.exact
        } else {
            let room = bucket.rest.len() < MAX_REST && !bucket.rest.iter().any(|(known, _)| known == pattern);
            if room {
                bucket.rest.push((*pattern, place));
            }
            return room;
        };
        let new = slot.is_none();
        slot.get_or_insert(place);
        new
    }

    /// Takes away a pattern that [`add`](Self::add) has added.
    pub fn remove(&mut self, pattern: &Pattern) {
        let Some(bucket) = self.buckets.get_mut(&pattern.literal_start()) else { return };
        if pattern.as_prefix().is_some() {
            bucket.open = None;
        } else if pattern.as_exact().is_some() {
            bucket.exact = None;
        } else {
            bucket.rest.retain(|(known, _)| known != pattern);
        }
    }
}

/// One value of a comparison or an arm.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Missing,
    Phone(PhoneItem),
    Text(TextItem),
    Enum(Operand),
    Number(Operand),
    Flag(Operand),
    Language(TextItem),
}

/// What stood before, of all kinds.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    phones: Cover,
    keys: Cover,
    /// Everything else, by a spelling that is the same for equal values.
    others: HashMap<String, Place>,
}

impl Seen {
    /// Adds a value; gives the earlier one that makes it needless.
    pub fn add(&mut self, item: &Item, place: Place) -> Option<Hit> {
        let hit = match item {
            Item::Phone(PhoneItem::Pattern(PhonePattern::Numbers(pattern))) => {
                let hit = self.phones.find(pattern);
                self.phones.add(pattern, place);
                return hit;
            }
            Item::Text(TextItem::Keys(pattern)) => {
                let hit = self.keys.find(pattern);
                self.keys.add(pattern, place);
                return hit;
            }
            Item::Text(TextItem::Const(text)) => {
                if let Ok(pattern) = Pattern::parse_keys(text) {
                    if let Some(hit) = self.keys.find(&pattern) {
                        return Some(hit);
                    }
                    self.keys.add(&pattern, place);
                }
                None
            }
            Item::Language(TextItem::Const(range)) => {
                // `es` covers `es-MX`.
                let mut range = range.as_str();
                let mut wider = None;
                while let Some((start, _)) = range.rsplit_once('-') {
                    range = start;
                    if let Some(place) = self.others.get(&format!("language \"{range}\"")) {
                        wider = Some(Hit::Wider(*place));
                    }
                }
                wider
            }
            _ => None,
        };
        let key = key(item);
        if let Some(place) = self.others.get(&key) {
            return Some(Hit::Same(*place));
        }
        self.others.insert(key, place);
        hit
    }
}

/// A spelling of a value, the same for equal ones.
pub(crate) fn key(item: &Item) -> String {
    match item {
        Item::Missing => "missing".to_owned(),
        Item::Phone(item) => format!("phone {}", phone_key(item)),
        Item::Text(item) => format!("text {}", text_key(item)),
        Item::Language(item) => format!("language {}", text_key(item)),
        Item::Enum(operand) | Item::Number(operand) | Item::Flag(operand) => operand_key(operand),
    }
}

fn phone_key(item: &PhoneItem) -> String {
    match item {
        PhoneItem::Pattern(PhonePattern::Numbers(pattern)) => pattern.to_string(),
        PhoneItem::Pattern(PhonePattern::Address(address)) => address.clone(),
        PhoneItem::Anonymous => "anonymous".to_owned(),
        PhoneItem::List(list) => format!("{list:?}"),
        PhoneItem::Var(var) => format!("{var:?}"),
    }
}

pub(crate) fn text_key(item: &TextItem) -> String {
    match item {
        TextItem::Const(text) => format!("\"{}\"", text.to_ascii_lowercase()),
        TextItem::Var(var) => format!("{var:?}"),
        TextItem::Keys(pattern) => pattern.to_string(),
    }
}

pub(crate) fn operand_key(operand: &Operand) -> String {
    match operand {
        // A zero is a zero, with a sign or without.
        Operand::Const(Const::Number(number)) => format!("{}", number + 0.0),
        other => format!("{other:?}"),
    }
}
