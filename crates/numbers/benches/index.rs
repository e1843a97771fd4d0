//! A million rows keyed by prefix, looked up by the longest: the index beside what one would write by hand. Also rules in
//! order, a list of blocked numbers, texts, and the reading of callers.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::LazyLock;

use callroute_numbers::index::{Case, IndexBuilder, IndexRef, TextIndexBuilder, TextIndexRef};
use callroute_numbers::{Country, Packed, Pattern, read_party};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

const ROWS: usize = 1_000_000;
const CALLS: usize = 4096;

/// Numbers without a pattern that are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// An E.164 number of so many digits, like those of the North American plan.
    fn number(&mut self, digits: usize) -> Packed {
        let mut number = Packed::parse("+1").unwrap();
        for digit in 1..digits {
            let least = if digit == 1 || digit == 4 { 2 } else { 0 };
            number = number.push(u8::try_from(least + self.next() % (10 - least)).unwrap()).unwrap();
        }
        number
    }
}

/// Prefixes of 2 to 10 digits, most of them long, as in a carrier's table of rates.
static PREFIXES: LazyLock<Vec<Packed>> = LazyLock::new(|| {
    let mut random = Random(1);
    let mut rows: Vec<Packed> = (0..ROWS * 2)
        .map(|_| {
            let digits = [2, 4, 7, 7, 8, 8, 9, 9, 9, 10][(random.next() % 10) as usize];
            random.number(digits)
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    // Any million of them, in an order without meaning.
    rows.sort_unstable_by_key(|row| row.bits().wrapping_mul(0x9E37_79B9_7F4A_7C15));
    rows.truncate(ROWS);
    rows
});

static CALLERS: LazyLock<Vec<Packed>> = LazyLock::new(|| {
    let mut random = Random(2);
    (0..CALLS).map(|_| random.number(11)).collect()
});

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(build);

fn build() -> Vec<u8> {
    let mut builder = IndexBuilder::new();
    for (value, row) in (0..).zip(PREFIXES.iter()) {
        builder.push(Pattern::exact(*row), value);
    }
    builder.build()
}

/// The peer that most people write first: a map for each length.
static MAPS: LazyLock<Vec<HashMap<u64, u32>>> = LazyLock::new(|| {
    let mut maps = vec![HashMap::new(); 17];
    for (value, row) in (0..).zip(PREFIXES.iter()) {
        maps[usize::from(row.len())].insert(row.bits(), value);
    }
    maps
});

fn in_maps(maps: &[HashMap<u64, u32>], number: Packed) -> Option<u32> {
    (1..=number.len()).rev().find_map(|len| maps[usize::from(len)].get(&number.prefix(len).bits()).copied())
}

/// The peer that telephone switches have: a tree by digit.
#[derive(Default, Clone, Copy)]
struct Node {
    next: [u32; 10],
    /// The value plus one.
    value: u32,
}

static TRIE: LazyLock<Vec<Node>> = LazyLock::new(|| {
    let mut nodes = vec![Node::default()];
    for (value, row) in (1..).zip(PREFIXES.iter()) {
        let mut at = 0;
        for digit in row.symbols().skip(1) {
            if nodes[at].next[usize::from(digit)] == 0 {
                nodes[at].next[usize::from(digit)] = u32::try_from(nodes.len()).unwrap();
                nodes.push(Node::default());
            }
            at = nodes[at].next[usize::from(digit)] as usize;
        }
        nodes[at].value = value;
    }
    nodes
});

fn in_trie(nodes: &[Node], number: Packed) -> Option<u32> {
    let (mut at, mut best) = (0, 0);
    for digit in number.symbols().skip(1) {
        at = nodes[at].next[usize::from(digit)] as usize;
        if at == 0 {
            break;
        }
        if nodes[at].value != 0 {
            best = nodes[at].value;
        }
    }
    best.checked_sub(1)
}

fn each(bencher: Bencher<'_, '_>, find: impl Fn(Packed) -> Option<u32>) {
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| CALLERS.iter().filter(|number| find(**number).is_some()).count());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn build_a_million_rows(bencher: Bencher<'_, '_>) {
    LazyLock::force(&PREFIXES);
    bencher.bench_local(build);
}

#[divan::bench]
fn load_a_million_rows(bencher: Bencher<'_, '_>) {
    let bytes = &*INDEX;
    bencher.bench_local(|| IndexRef::new(black_box(bytes)).unwrap().len());
}

#[divan::bench]
fn longest_prefix_index(bencher: Bencher<'_, '_>) {
    let index = IndexRef::new(&INDEX).unwrap();
    // What is measured finds the same as the peers.
    assert!(CALLERS.iter().all(|number| index.longest_prefix(*number) == in_maps(&MAPS, *number)));
    each(bencher, |number| index.longest_prefix(number));
}

#[divan::bench]
fn longest_prefix_hash_maps(bencher: Bencher<'_, '_>) {
    let maps = &*MAPS;
    each(bencher, |number| in_maps(maps, number));
}

#[divan::bench]
fn longest_prefix_trie(bencher: Bencher<'_, '_>) {
    let nodes = &*TRIE;
    assert!(CALLERS.iter().all(|number| in_trie(nodes, *number) == in_maps(&MAPS, *number)));
    each(bencher, |number| in_trie(nodes, number));
}

/// One look-up waits for the one before it: the time that a call waits.
#[divan::bench]
fn longest_prefix_index_one_after_another(bencher: Bencher<'_, '_>) {
    let index = IndexRef::new(&INDEX).unwrap();
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        let mut at = 0;
        for _ in 0..CALLS {
            // What was found decides, by nothing, which number is next.
            let found = index.longest_prefix(CALLERS[at % CALLS]).unwrap_or(0) as usize;
            at += 1 + (found >> 31);
        }
        at
    });
}

#[divan::bench]
fn longest_prefix_trie_one_after_another(bencher: Bencher<'_, '_>) {
    let nodes = &*TRIE;
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        let mut at = 0;
        for _ in 0..CALLS {
            let found = in_trie(nodes, CALLERS[at % CALLS]).unwrap_or(0) as usize;
            at += 1 + (found >> 31);
        }
        at
    });
}

#[divan::bench(args = [10, 10_000])]
fn first_match_of_rules(bencher: Bencher<'_, '_>, rules: u32) {
    let mut builder = IndexBuilder::new();
    for (value, row) in (0..rules).zip(PREFIXES.iter()) {
        builder.push(if value % 2 == 0 { Pattern::prefix(*row) } else { Pattern::exact(*row) }, value);
    }
    let bytes = builder.build();
    let index = IndexRef::new(&bytes).unwrap();
    each(bencher, |number| index.first_match(number));
}

#[divan::bench]
fn exact_in_a_million(bencher: Bencher<'_, '_>) {
    let index = IndexRef::new(&INDEX).unwrap();
    let numbers: Vec<Packed> = PREFIXES.iter().step_by(ROWS / CALLS).copied().take(CALLS).collect();
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| numbers.iter().filter(|number| index.exact(**number).is_some()).count());
}

#[divan::bench]
fn text_in_a_hundred_thousand(bencher: Bencher<'_, '_>) {
    let texts: Vec<String> = (0..100_000).map(|user| format!("sip:user{user}@example.com")).collect();
    let mut builder = TextIndexBuilder::new(Case::Ignored);
    for (value, text) in (0..).zip(&texts) {
        builder.push(text, value);
    }
    let bytes = builder.build();
    let index = TextIndexRef::new(&bytes).unwrap();
    let asked: Vec<&String> = texts.iter().step_by(24).take(CALLS).collect();
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| asked.iter().filter(|text| index.get(text).is_some()).count());
}

#[divan::bench(args = ["+13125550100", "\"Ana\" <sip:+13125550100@carrier.example;user=phone>", "sip:ana@example.com", "anonymous", "(312) 555-0100"])]
fn read_a_party(bencher: Bencher<'_, '_>, raw: &str) {
    let country = Country::parse("US").ok();
    let mut buf = String::with_capacity(1024);
    bencher.bench_local(|| {
        black_box(read_party(black_box(raw), country, &mut buf));
    });
}
