//! Indexes over phones and texts, as the machine reads them.

use callroute_analysis::typed::PhonePattern;
use callroute_bytecode::image::PhoneSet;
use callroute_numbers::Pattern;
use callroute_numbers::index::{Case, IndexBuilder, TextIndexBuilder};

/// Numbers and addresses with a value each; of those that match, the smallest value counts.
#[derive(Debug)]
pub(crate) struct Phones {
    numbers: IndexBuilder,
    addresses: TextIndexBuilder,
}

impl Phones {
    pub fn new() -> Self {
        Self { numbers: IndexBuilder::new(), addresses: TextIndexBuilder::new(Case::Counts) }
    }

    pub fn number(&mut self, pattern: Pattern, value: u32) {
        self.numbers.push(pattern, value);
    }

    pub fn address(&mut self, address: &str, value: u32) {
        self.addresses.push(address, value);
    }

    pub fn push(&mut self, what: &PhonePattern, value: u32) {
        match what {
            PhonePattern::Numbers(pattern) => self.number(*pattern, value),
            PhonePattern::Address(address) => self.address(address, value),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.addresses.is_empty()
    }

    /// How many could not be taken in.
    pub fn refused(&self) -> u32 {
        self.numbers.refused().saturating_add(self.addresses.refused())
    }

    pub fn build(self) -> PhoneSet {
        let addresses = if self.addresses.is_empty() { Vec::new() } else { self.addresses.build() };
        PhoneSet { numbers: self.numbers.build().into(), addresses: addresses.into() }
    }
}

/// Texts without regard to ASCII case, with a value each; of the same ones the smallest value counts.
pub(crate) fn texts<'a>(items: impl IntoIterator<Item = (&'a str, u32)>) -> Vec<u8> {
    let mut index = TextIndexBuilder::new(Case::Ignored);
    for (text, value) in items {
        index.push(text, value);
    }
    index.build()
}
