//! Answers that are kept for a while: bounded in number, in bytes and in age.

use std::time::{Duration, Instant};

use callroute_protocol::LookupResult;
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::shape::weight;

/// Bytes of an entry on average: what the bound on entries means for memory.
const ENTRY: u64 = 1024;

#[derive(Clone)]
struct Bytes;

impl Weighter<String, (Instant, LookupResult)> for Bytes {
    fn weight(&self, key: &String, (_, result): &(Instant, LookupResult)) -> u64 {
        let row = match result {
            LookupResult::Found(row) => row.iter().map(|(name, value)| name.len().saturating_add(weight(value))).sum(),
            _ => 0,
        };
        // Never less, so that the weights bound the number as well.
        u64::try_from(key.len().saturating_add(row)).unwrap_or(u64::MAX).max(ENTRY)
    }
}

/// What was found or missing, for a while.
pub(crate) struct Kept {
    live: Duration,
    entries: Cache<String, (Instant, LookupResult), Bytes>,
}

impl Kept {
    pub fn new(live: Duration, entries: usize) -> Self {
        let weight = u64::try_from(entries).unwrap_or(u64::MAX).saturating_mul(ENTRY);
        Self { live, entries: Cache::with_weighter(entries, weight, Bytes) }
    }

    pub fn get(&self, key: &str) -> Option<LookupResult> {
        let (since, result) = self.entries.get(key)?;
        (since.elapsed() < self.live).then_some(result)
    }

    pub fn put(&self, key: String, result: &LookupResult) {
        if let LookupResult::Found(_) | LookupResult::Missing = result {
            self.entries.insert(key, (Instant::now(), result.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    fn row(size: usize) -> LookupResult {
        LookupResult::Found(Map::from_iter([("x".to_owned(), Value::String("x".repeat(size)))]))
    }

    #[test]
    fn bounded_in_number_bytes_and_age() {
        let kept = Kept::new(Duration::from_secs(60), 1000);
        for index in 0..20_000 {
            kept.put(format!("key {index}"), &row(10));
        }
        assert!(kept.entries.len() <= 1000, "{}", kept.entries.len());
        assert!(kept.entries.len() > 500, "{}", kept.entries.len());
        for index in 0..2000 {
            kept.put(format!("large {index}"), &row(50_000));
        }
        assert!(kept.entries.weight() <= 1000 * ENTRY);
        let kept = Kept::new(Duration::from_millis(30), 10);
        kept.put("a".to_owned(), &row(1));
        assert_eq!(kept.get("a"), Some(row(1)));
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(kept.get("a"), None);
    }

    #[test]
    fn trouble_is_not_kept() {
        let kept = Kept::new(Duration::from_secs(60), 10);
        for (result, is_kept) in [(LookupResult::Failed, false), (LookupResult::Late, false), (LookupResult::Missing, true), (row(1), true)]
        {
            kept.put("a".to_owned(), &result);
            assert_eq!(kept.get("a"), is_kept.then_some(result));
        }
    }
}
