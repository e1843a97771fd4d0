//! [`Bytes`]: a piece of shared memory, so that tables of millions of rows are used where they lie in the file.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes that are cheap to clone and to cut. Two are equal when they hold the same.
#[derive(Clone, Default)]
pub struct Bytes {
    data: Option<Arc<[u8]>>,
    range: Range<usize>,
}

impl Bytes {
    /// None at all.
    #[must_use]
    pub const fn new() -> Self {
        Self { data: None, range: 0..0 }
    }

    /// A part of them, in the same memory; empty when it lies outside.
    #[must_use]
    pub fn part(&self, start: usize, len: usize) -> Self {
        let start = self.range.start.saturating_add(start);
        match start.checked_add(len) {
            Some(end) if end <= self.range.end => Self { data: self.data.clone(), range: start..end },
            _ => Self::new(),
        }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        self.data.as_deref().and_then(|data| data.get(self.range.clone())).unwrap_or_default()
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.is_empty() { Self::new() } else { Self { range: 0..bytes.len(), data: Some(bytes.into()) } }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        if bytes.is_empty() { Self::new() } else { Self { range: 0..bytes.len(), data: Some(bytes.into()) } }
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({})", self.len())
    }
}
