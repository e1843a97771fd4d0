//! The longest prefix among a million rows: in a whole decision, and the index alone, beside a map for each length and a tree by digit.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::hint::black_box;

use callroute_analysis::MemoryFiles;
use callroute_numbers::index::{IndexBuilder, IndexRef};
use callroute_numbers::{Packed, Pattern};
use callroute_runtime::{Call, Instruction, Program};
use criterion::{Criterion, SamplingMode, Throughput};

use crate::{Around, Random, built, checked, incoming};

const ROWS: usize = 1_000_000;
const CALLS: usize = 1 << 14;

const SCRIPT: &str = r#"
trunk alpha = sip:alpha.example.net
trunk beta = sip:beta.example.net
trunk world = sip:world.example.net
table rates = csv "rates.csv" key prefix < carrier: one of alpha, beta, world; cost: number >
lookup rates(to) as rate <
  when rate.cost above 20 < reject declined >
  dial (to) via (rate.carrier)
> else reject 404
"#;

const CARRIERS: [&str; 3] = ["alpha", "beta", "world"];

/// A row, as the hand-written programs keep it.
#[derive(Clone, Copy)]
struct Row {
    carrier: u8,
    cost: f64,
}

/// A million prefixes of 2 to 10 digits, most of them long, as in a carrier's table of rates, in an order without meaning.
fn rows() -> Vec<(String, Row)> {
    let mut random = Random(1);
    let mut seen = std::collections::HashSet::new();
    let mut rows = Vec::with_capacity(ROWS);
    while rows.len() < ROWS {
        let digits = [2, 4, 7, 7, 8, 8, 9, 9, 9, 10][usize::try_from(random.below(10)).unwrap()];
        let prefix = random.number(digits);
        if seen.insert(prefix.clone()) {
            let carrier = u8::try_from(random.below(3)).unwrap();
            rows.push((prefix, Row { carrier, cost: random.below(2200) as f64 / 100.0 }));
        }
    }
    rows
}

fn csv(rows: &[(String, Row)]) -> Vec<u8> {
    let mut out = "prefix,carrier,cost\n".to_owned();
    for (prefix, row) in rows {
        writeln!(out, "{prefix},{},{}", CARRIERS[usize::from(row.carrier)], row.cost).unwrap();
    }
    out.into_bytes()
}

/// What most people write first: a map for each length.
type Maps = Vec<HashMap<u64, u32>>;

fn maps(keys: &[Packed]) -> Maps {
    let mut maps = vec![HashMap::new(); 17];
    for (value, key) in (0..).zip(keys) {
        maps[usize::from(key.len())].insert(key.bits(), value);
    }
    maps
}

fn in_maps(maps: &Maps, number: Packed) -> Option<u32> {
    (1..=number.len()).rev().find_map(|len| maps[usize::from(len)].get(&number.prefix(len).bits()).copied())
}

/// What telephone switches have: a tree by digit.
#[derive(Default, Clone, Copy)]
struct Node {
    next: [u32; 10],
    /// The value plus one.
    value: u32,
}

fn trie(keys: &[Packed]) -> Vec<Node> {
    let mut nodes = vec![Node::default()];
    for (value, key) in (1..).zip(keys) {
        let mut at = 0;
        for digit in key.symbols().skip(1) {
            if nodes[at].next[usize::from(digit)] == 0 {
                nodes[at].next[usize::from(digit)] = u32::try_from(nodes.len()).unwrap();
                nodes.push(Node::default());
            }
            at = nodes[at].next[usize::from(digit)] as usize;
        }
        nodes[at].value = value;
    }
    nodes
}

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

#[derive(PartialEq, Debug)]
enum ByHand<'a> {
    Dial(&'a str, &'a str),
    Reject(u16),
}

/// The script's decision by hand: read the number, find the row, answer.
fn by_hand<'a>(to: &'a str, rows: &[Row], find: impl Fn(Packed) -> Option<u32>) -> ByHand<'a> {
    let Some(row) = Packed::parse(to).and_then(find).and_then(|row| rows.get(row as usize)) else { return ByHand::Reject(404) };
    if row.cost > 20.0 { ByHand::Reject(603) } else { ByHand::Dial(to, CARRIERS[usize::from(row.carrier)]) }
}

fn look_by_hand(answer: &ByHand<'_>) -> usize {
    match answer {
        ByHand::Dial(number, carrier) => number.len() + carrier.len(),
        ByHand::Reject(code) => usize::from(*code),
    }
}

fn decided<R>(program: &Program, call: &mut Call, to: &str, then: impl Fn(ByHand<'_>) -> R) -> R {
    match program.decide(call, &black_box(incoming(1_776_781_920, "+13146523057", to))).unwrap().instruction() {
        Instruction::Forward(forward) => {
            then(ByHand::Dial(forward.number().unwrap_or_default(), forward.via().next().map_or("", |(name, _)| name)))
        }
        Instruction::Reject(reject) => then(ByHand::Reject(reject.code)),
        _ => panic!("no other answer is in the script"),
    }
}

pub fn measure(criterion: &mut Criterion) {
    let rows = rows();
    let files = MemoryFiles(BTreeMap::from([("rates.csv".to_owned(), csv(&rows))]));
    let keys: Vec<Packed> = rows.iter().map(|(prefix, _)| Packed::parse(prefix).unwrap()).collect();
    let values: Vec<Row> = rows.iter().map(|(_, row)| *row).collect();
    drop(rows);
    let image = built(SCRIPT, &files);
    let program = Program::load(&image).unwrap();
    let (maps, trie) = (maps(&keys), trie(&keys));
    let mut builder = IndexBuilder::new();
    for (value, key) in (0..).zip(&keys) {
        builder.push(Pattern::exact(*key), value);
    }
    let index = builder.build();
    let index = IndexRef::new(&index).unwrap();

    let mut random = Random(2);
    // One call in sixteen goes abroad, where the table has no prefix.
    let called: Vec<String> = (0..CALLS)
        .map(|call| {
            let number = random.number(11);
            if call % 16 == 0 { number.replacen("+1", "+442", 1) } else { number }
        })
        .collect();
    let numbers: Vec<Packed> = called.iter().map(|number| Packed::parse(number).unwrap()).collect();
    let mut call = Call::new(&program);
    let mut kinds = [0; 3];
    for (to, number) in called.iter().zip(&numbers) {
        let row = in_maps(&maps, *number);
        assert_eq!(in_trie(&trie, *number), row, "{to}");
        assert_eq!(index.longest_prefix(*number), row, "{to}");
        let expected = by_hand(to, &values, |number| in_maps(&maps, number));
        kinds[match expected {
            ByHand::Dial(..) => 0,
            ByHand::Reject(404) => 1,
            ByHand::Reject(_) => 2,
        }] += 1;
        decided(&program, &mut call, to, |answer| assert_eq!(answer, expected, "{to}"));
    }
    assert!(kinds.iter().all(|kind| *kind > 100), "every way through the script is taken: {kinds:?}");

    let mut group = criterion.benchmark_group("table");
    let mut to = Around::new(&called);
    group.bench_function("decide_callroute", |bencher| {
        bencher.iter(|| decided(&program, &mut call, to.next(), |answer| look_by_hand(&answer)));
    });
    group.bench_function("decide_hash_maps", |bencher| {
        bencher.iter(|| look_by_hand(&by_hand(black_box(to.next()), &values, |number| in_maps(&maps, number))));
    });
    group.bench_function("decide_trie", |bencher| {
        bencher.iter(|| look_by_hand(&by_hand(black_box(to.next()), &values, |number| in_trie(&trie, number))));
    });
    let mut number = Around::new(&numbers);
    group.bench_function("index_callroute", |bencher| bencher.iter(|| index.longest_prefix(black_box(*number.next()))));
    group.bench_function("index_hash_maps", |bencher| bencher.iter(|| in_maps(&maps, black_box(*number.next()))));
    group.bench_function("index_trie", |bencher| bencher.iter(|| in_trie(&trie, black_box(*number.next()))));
    drop((maps, trie));

    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Bytes(image.len() as u64));
    group.bench_function("load", |bencher| bencher.iter(|| Program::load(black_box(&image)).unwrap()));
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("fill_hash_maps", |bencher| bencher.iter_with_large_drop(|| self::maps(black_box(&keys))));
    group.bench_function("check", |bencher| bencher.iter_with_large_drop(|| checked(SCRIPT, &files)));
    let typed = checked(SCRIPT, &files);
    group.bench_function("build", |bencher| bencher.iter_with_large_drop(|| callroute_compiler::build(&typed).unwrap()));
    group.finish();
}
