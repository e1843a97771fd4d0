//! What holds for every pattern, every set of rows and every text, tried on random ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use callroute_numbers::index::{Case, IndexBuilder, IndexRef, TextIndexBuilder, TextIndexRef};
use callroute_numbers::{
    Country, PLUS, Packed, Party, Pattern, STAR, check_literal, describe, mended, plausibility, read_party, without_separators,
};
use proptest::prelude::*;

/// Few symbols, so that random patterns meet.
const DIGITS: [u8; 3] = [0, 1, 2];

/// A pattern over few symbols, from its sets.
fn pattern_of(plus: bool, sets: &[u16], open: bool) -> Option<Pattern> {
    let mut words = [0; Pattern::WORDS];
    let start = usize::from(plus);
    if plus {
        words[0] = 1 << PLUS;
    }
    words[start..start + sets.len()].copy_from_slice(sets);
    words[16] = u16::try_from(start + sets.len()).unwrap() | u16::from(open) << 8;
    Pattern::from_words(&words)
}

fn small_pattern(max: usize) -> impl Strategy<Value = Pattern> {
    // A star is possible where there is no plus.
    let set = prop_oneof![3 => 1u16..8, 1 => Just(1 << STAR), 1 => Just((1 << STAR) | 1)];
    (any::<bool>(), prop::collection::vec(set, 0..=max), any::<bool>()).prop_filter_map("no pattern", |(plus, sets, open)| {
        let sets: Vec<u16> = sets.iter().map(|set| if plus { (set & 7).max(1) } else { *set }).collect();
        pattern_of(plus, &sets, open)
    })
}

/// Every number over the few symbols up to a length.
fn all_numbers(max: u8) -> Vec<Packed> {
    let mut numbers = vec![Packed::EMPTY];
    let mut from = 0;
    for _ in 0..max {
        let to = numbers.len();
        for at in from..to {
            let longer: Vec<Packed> = DIGITS.iter().chain(&[STAR, PLUS]).filter_map(|symbol| numbers[at].push(*symbol)).collect();
            numbers.extend(longer);
        }
        from = to;
    }
    numbers.remove(0);
    numbers
}

/// Patterns as people write them.
fn written_pattern() -> impl Strategy<Value = Pattern> {
    r"(\+[1-4][0-3]{0,3}([0-3]|x|\[[0-3]-[5-9]\]|\[0[2-4]\]){0,4}\*?|[0-9]{1,4}x{0,3}\*?|\[[1-3]-[4-9]\]x{0,3}[0-3]?\*?|\*9[0-9])"
        .prop_filter_map("no pattern", |text| Pattern::parse(&text).ok())
}

fn number() -> impl Strategy<Value = Packed> {
    r"(\+[1-4][0-5]{0,8}|[0-9]{1,8}|\*9[0-9]{1,2}|[0-9]{2}[*#][0-9])".prop_filter_map("no number", |text| Packed::parse(&text))
}

fn literal_start_of_row(pattern: &Pattern) -> Option<Packed> {
    pattern.as_exact().or_else(|| pattern.as_prefix())
}

fn same_as_a_scan(rows: &[(Pattern, u32)], numbers: &[Packed]) -> Result<(), TestCaseError> {
    let mut builder = IndexBuilder::new();
    for (pattern, value) in rows {
        builder.push(*pattern, *value);
    }
    let bytes = builder.build();
    let index = IndexRef::new(&bytes).unwrap();
    for number in numbers {
        let first = rows.iter().filter(|(pattern, _)| pattern.matches(*number)).map(|(_, value)| *value).min();
        prop_assert_eq!(index.first_match(*number), first, "first match of {}", number);
        let longest = rows
            .iter()
            .filter_map(|(pattern, value)| Some((literal_start_of_row(pattern)?, *value)))
            .filter(|(start, _)| number.starts_with(*start))
            .min_by_key(|(start, value)| (u8::MAX - start.len(), *value))
            .map(|(_, value)| value);
        prop_assert_eq!(index.longest_prefix(*number), longest, "longest prefix of {}", number);
        let exact = rows.iter().filter(|(pattern, _)| pattern.as_exact() == Some(*number)).map(|(_, value)| *value).min();
        prop_assert_eq!(index.exact(*number), exact, "exact {}", number);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn relations_agree_with_brute_force(one in small_pattern(2), other in small_pattern(2)) {
        // One longer than the longest pattern shows what an open end does.
        let numbers = all_numbers(4);
        let (ours, theirs): (Vec<Packed>, Vec<Packed>) = (
            numbers.iter().copied().filter(|number| one.matches(*number)).collect(),
            numbers.iter().copied().filter(|number| other.matches(*number)).collect(),
        );
        prop_assert_eq!(one.covers(&other), theirs.iter().all(|number| one.matches(*number)));
        prop_assert_eq!(one.overlaps(&other), theirs.iter().any(|number| one.matches(*number)));
        let start = ours.iter().any(|start| theirs.iter().any(|whole| start.len() < whole.len() && whole.starts_with(*start)));
        prop_assert_eq!(one.is_start_of(&other), start);
        prop_assert!(ours.iter().all(|number| (one.min_len()..=one.max_len()).contains(&number.len())));
        if let Some(exact) = one.as_exact() {
            prop_assert_eq!(ours, vec![exact]);
        } else if let Some(prefix) = one.as_prefix() {
            prop_assert_eq!(ours, numbers.iter().copied().filter(|number| number.starts_with(prefix)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn patterns_go_out_and_come_in(pattern in written_pattern()) {
        prop_assert_eq!(Pattern::parse(&pattern.to_string()), Ok(pattern));
        prop_assert_eq!(Pattern::from_words(&pattern.to_words()), Some(pattern));
    }

    #[test]
    fn an_index_is_a_scan_on_small_patterns(
        rows in prop::collection::vec((small_pattern(4), 0u32..20), 0..40),
        numbers in prop::sample::subsequence(all_numbers(6), 60),
    ) {
        same_as_a_scan(&rows, &numbers)?;
    }

    #[test]
    fn an_index_is_a_scan_on_written_patterns(
        rows in prop::collection::vec((written_pattern(), any::<u32>()), 0..60),
        numbers in prop::collection::vec(number(), 1..60),
    ) {
        same_as_a_scan(&rows, &numbers)?;
    }

    #[test]
    fn an_index_is_the_same_in_any_order(rows in prop::collection::vec((written_pattern(), 0u32..9), 0..30), numbers in prop::collection::vec(number(), 1..30)) {
        let build = |rows: &mut dyn Iterator<Item = &(Pattern, u32)>| {
            let mut builder = IndexBuilder::new();
            rows.for_each(|(pattern, value)| builder.push(*pattern, *value));
            builder.build()
        };
        let (forth, back) = (build(&mut rows.iter()), build(&mut rows.iter().rev()));
        let (forth, back) = (IndexRef::new(&forth).unwrap(), IndexRef::new(&back).unwrap());
        prop_assert_eq!(forth.max_probes(), back.max_probes());
        for number in numbers {
            prop_assert_eq!(forth.first_match(number), back.first_match(number));
        }
    }

    #[test]
    fn hostile_bytes_are_survived(
        rows in prop::collection::vec((written_pattern(), any::<u32>()), 0..20),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        numbers in prop::collection::vec(number(), 1..10),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut builder = IndexBuilder::new();
        for (pattern, value) in &rows {
            builder.push(*pattern, *value);
        }
        let mut bytes = builder.build();
        for (at, value) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        let mut headed = b"NIX1".to_vec();
        headed.extend_from_slice(&noise);
        for bytes in [&bytes, &noise, &headed] {
            if let Ok(index) = IndexRef::new(bytes) {
                for number in &numbers {
                    let _ = (index.first_match(*number), index.longest_prefix(*number), index.exact(*number), index.max_probes());
                }
            }
        }
    }

    #[test]
    fn a_text_index_is_a_scan(
        rows in prop::collection::vec(("[a-cA-C]{0,3}|[a-zé]{9,20}", any::<u32>()), 0..40),
        others in prop::collection::vec("[a-cA-C]{0,3}", 0..20),
        counts in any::<bool>(),
    ) {
        let case = if counts { Case::Counts } else { Case::Ignored };
        let mut builder = TextIndexBuilder::new(case);
        for (text, value) in &rows {
            builder.push(text, *value);
        }
        let bytes = builder.build();
        let index = TextIndexRef::new(&bytes).unwrap();
        for text in rows.iter().map(|(text, _)| text).chain(&others) {
            let same = |row: &str| if counts { row == text } else { row.eq_ignore_ascii_case(text) };
            prop_assert_eq!(index.get(text), rows.iter().filter(|(row, _)| same(row)).map(|(_, value)| *value).min());
        }
    }

    #[test]
    fn hostile_text_bytes_are_survived(
        rows in prop::collection::vec(("[a-c]{0,12}", any::<u32>()), 0..20),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let mut builder = TextIndexBuilder::new(Case::Ignored);
        for (text, value) in &rows {
            builder.push(text, *value);
        }
        let mut bytes = builder.build();
        for (at, value) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        let mut headed = b"TIX1".to_vec();
        headed.extend_from_slice(&noise);
        for bytes in [&bytes, &noise, &headed] {
            if let Ok(index) = TextIndexRef::new(bytes) {
                let _ = (index.get("abc"), index.get(""), index.get("aaaaaaaaaaaa"), index.max_probes());
            }
        }
    }

    #[test]
    fn every_word_is_a_number_or_none(bits in any::<u64>(), len in 0u8..20) {
        if let Some(number) = Packed::from_bits(bits) {
            prop_assert_eq!(number.bits(), bits);
            prop_assert!(number.is_empty() || number.prefix(1).has_plus() && number.len() == 1 || Packed::parse(&number.to_string()) == Some(number));
            prop_assert!(number.starts_with(number.prefix(len)));
        }
    }

    #[test]
    fn every_text_is_read(
        raw in prop_oneof![
            any::<String>(),
            r#"("[^"]{0,8}" ?)?<?(sips?:|SIP:|tel:)?[ -~é٣+0-9@:;<>"\\%.\[\]-]{0,40}>?(;user=phone)?"#,
            r"(sip:|tel:)?\+?[0-9 ().*#-]{0,20}(@[a-z.]{1,9})?(;user=phone|;phone-context=\+1)?",
        ],
        country in prop::option::of(prop::sample::select(Country::all().collect::<Vec<_>>())),
    ) {
        let mut buf = String::new();
        let parsed = read_party(&raw, country, &mut buf);
        match parsed.party {
            Party::Number(number) => {
                prop_assert!(!number.is_empty());
                // What is normal stays as it is.
                let again = number.to_string();
                let mut buf = String::new();
                prop_assert_eq!(read_party(&again, None, &mut buf).party, Party::Number(number));
                if number.is_e164() {
                    let mut buf = String::new();
                    prop_assert_eq!(read_party(&again, country, &mut buf).party, Party::Number(number));
                }
            }
            Party::Address(address) => {
                prop_assert!(address.len() <= 256 && !address.chars().any(char::is_control), "{:?}", address);
                if parsed.host.is_some() {
                    let mut buf = String::new();
                    prop_assert_eq!(read_party(address, country, &mut buf).party, Party::Address(address));
                }
            }
            Party::Withheld => {}
        }
    }

    #[test]
    fn every_literal_is_judged(text in prop_oneof![any::<String>(), r"(sips?:|tel:)?\+?[0-9a-z *#()@.;:-]{0,24}"]) {
        let _ = (Pattern::parse(&text).map_err(|error| error.to_string()), Pattern::parse_keys(&text).map_err(|error| error.to_string()));
        let _ = Country::parse(&text);
        if let Some(fixed) = without_separators(&text) {
            prop_assert!(check_literal(&fixed).is_ok() || fixed.contains(['*', '#']), "{} from {}", fixed, text);
        }
        match check_literal(&text) {
            Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at) && !error.to_string().is_empty()),
            Ok(literal) => {
                // A literal and a caller who sends its text are the same.
                let mut buf = String::new();
                let party = read_party(&text, None, &mut buf).party;
                prop_assert!(party == literal.party() || party == Party::Withheld, "{:?} {:?}", party, literal);
            }
        }
    }

    #[test]
    fn every_number_can_be_judged(number in number()) {
        let _ = (plausibility(number), mended(number), describe(number));
    }
}
