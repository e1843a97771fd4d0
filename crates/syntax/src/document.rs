//! A text that is edited: after each edit only the items that it touches are read again.
//!
//! The scanner goes over the whole text each time; it is quick, and says where brackets and comments are. Then the items before and
//! behind the edit are kept where nothing that they were read from has changed. Whatever is not certain is read anew, so that the outcome
//! is always that of [`crate::parse`].
//!
//! - **Before** the edit: an item is made from its text and from what the grammar looks ahead to behind it. That look-ahead ends at the
//!   second *barrier* behind the item at the latest ([`Scan::barriers`]).
//! - **Behind** it: the grammar never looks back. Once a piece begins in the new text where one began in the old text, and all that follows is
//!   the same, the pieces that follow are the same. The builder looks back a little: to a comment that documents a definition, and
//!   [`LOOK_BACK`] bytes to explain what makes no sense. So the first such piece is read again.

use std::sync::Arc;

use callroute_diagnostics::FileId;

use crate::concrete::{Next, Piece, Reader, settle, too_complex};
use crate::scan::{Scan, scan};
use crate::shift::{Shift, moved};
use crate::tree::{File, Item};
use crate::{Comment, Parse, limits, refused, too_large, whole};

/// More than the builder looks back from the beginning of an item, in bytes.
const LOOK_BACK: u32 = 256;
/// More than what is looked at behind a barrier, in bytes.
const LOOK_AHEAD: u32 = 8;

/// A text and what it is read as, kept up to date edit by edit.
#[derive(Debug)]
pub struct Document {
    source: String,
    /// Shared with whoever asked for it: an edit then works on a copy.
    parse: Arc<Parse>,
    /// None where the text is refused, or too complex.
    read: Option<Read>,
}

/// How a text was read.
#[derive(Debug)]
pub(crate) struct Read {
    /// Without the comments and the diagnostics: these have gone into the [`Parse`].
    scan: Scan,
    pieces: Vec<Piece>,
}

impl Document {
    /// Reads a text for the first time.
    #[must_use]
    pub fn new(source: String) -> Self {
        let (parse, read) = read(FileId(0), &source);
        Self { source, parse: Arc::new(parse), read }
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it is read as: the same as [`crate::parse`] gives.
    #[must_use]
    pub fn parse(&self) -> &Parse {
        &self.parse
    }

    /// The same, to be kept. Whoever keeps it beyond the next edit makes that edit work on a copy.
    #[must_use]
    pub fn shared(&self) -> Arc<Parse> {
        Arc::clone(&self.parse)
    }

    /// Puts another text in its place. The more of it is the same, at its beginning and at its end, the less there is to do.
    pub fn update(&mut self, source: String) {
        if source == self.source {
            return;
        }
        let (parse, read) = match self.read.take() {
            Some(old) if source.len() <= limits::MAX_FILE_BYTES => {
                let scan = scan(FileId(0), &source);
                match Edit::find((&self.source, &old.scan, &self.parse.comments), (&source, &scan, &scan.comments)) {
                    Some(edit) => edit.apply(std::mem::take(&mut Arc::make_mut(&mut self.parse).tree.items), &old, &source, scan),
                    None => read_scanned(FileId(0), &source, scan),
                }
            }
            _ => read(FileId(0), &source),
        };
        self.parse = Arc::new(parse);
        self.read = read;
        self.source = source;
    }
}

/// Reads a text of which nothing is known.
pub(crate) fn read(file: FileId, source: &str) -> (Parse, Option<Read>) {
    if source.len() > limits::MAX_FILE_BYTES {
        return (refused(source.len(), too_large(file)), None);
    }
    read_scanned(file, source, scan(file, source))
}

fn read_scanned(file: FileId, source: &str, scan: Scan) -> (Parse, Option<Read>) {
    if scan.refused {
        let tree = File { items: vec![Item::Error(whole(source.len()))], span: whole(source.len()) };
        return (Parse { tree, comments: scan.comments, diagnostics: scan.diagnostics }, None);
    }
    let mut found = Found::default();
    let complete = found.read(&mut Reader::new(file, source, &scan), |_| false);
    finish(file, source, scan, complete.then_some(found))
}

/// Puts together what was read; nothing if it was too complex.
fn finish(file: FileId, source: &str, mut scan: Scan, found: Option<Found>) -> (Parse, Option<Read>) {
    let mut diagnostics = std::mem::take(&mut scan.diagnostics);
    let comments = std::mem::take(&mut scan.comments);
    let span = whole(source.len());
    let Some(Found { items, pieces, .. }) = found else {
        diagnostics.push(too_complex(file));
        let tree = File { items: vec![Item::Error(span)], span };
        return (Parse { tree, comments, diagnostics: settle(source, diagnostics) }, None);
    };
    diagnostics.extend(pieces.iter().flat_map(|piece| piece.diagnostics.iter().cloned()));
    let parse = Parse { tree: File { items, span }, comments, diagnostics: settle(source, diagnostics) };
    (parse, Some(Read { scan, pieces }))
}

/// What was read so far.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    pieces: Vec<Piece>,
    /// Where the next piece begins, in the scanner's copy.
    at: u32,
}

impl Found {
    /// Reads piece by piece, to the end or until `enough`, which is asked before each. False when the text is too complex.
    fn read(&mut self, reader: &mut Reader<'_>, mut enough: impl FnMut(u32) -> bool) -> bool {
        loop {
            if enough(self.at) {
                return true;
            }
            match reader.next(self.at) {
                Next::End => return true,
                Next::Piece(piece, item) if piece.end > self.at => {
                    self.at = piece.end;
                    self.pieces.push(piece);
                    self.items.extend(item);
                }
                Next::Piece(..) | Next::TooComplex => return false,
            }
        }
    }
}

/// A text as it was scanned, and its comments.
type Scanned<'a> = (&'a str, &'a Scan, &'a [Comment]);

/// How one text became another: what is the same in both, and what moved.
struct Edit {
    /// The text, what stands in it, and what the scanner made of it are the same before this place in the file.
    same: u32,
    /// They are the same from this place in the new copy on.
    tail_in_copy: u32,
    /// And from this place in the new file on.
    tail: u32,
    /// How far the copy's tail has moved.
    copy_by: i64,
    /// How far the file's tail has moved.
    by: i64,
}

impl Edit {
    /// None where nothing is certain.
    fn find((old, old_scan, old_comments): Scanned<'_>, (new, new_scan, new_comments): Scanned<'_>) -> Option<Self> {
        if new_scan.refused || old_scan.unsure || new_scan.unsure {
            return None;
        }
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let copies = (old_scan.copy.as_deref().unwrap_or(old), new_scan.copy.as_deref().unwrap_or(new));
        let by = i64::from(length(new)) - i64::from(length(old));
        let copy_by = i64::from(length(copies.1)) - i64::from(length(copies.0));

        let mut same = common_prefix(old, new);
        let mut tail = length(new).saturating_sub(common_suffix(old, new));
        let mut tail_in_copy = tail;
        if old_scan.copy.is_some() || new_scan.copy.is_some() {
            same = same.min(old_scan.source_offset(common_prefix(copies.0, copies.1)));
            tail_in_copy = length(copies.1).saturating_sub(common_suffix(copies.0, copies.1));
        }

        let (olds, news) = (old_scan.inserted(), new_scan.inserted());
        let first = olds.iter().zip(news).take_while(|(old, new)| old == new).count();
        for (scan, at) in [(old_scan, olds.get(first)), (new_scan, news.get(first))] {
            same = at.map_or(same, |&at| same.min(scan.source_offset(at)));
        }
        let last = olds.iter().rev().zip(news.iter().rev()).take_while(|(old, new)| moved(**old, copy_by) == **new).count();
        for (at, by) in [(olds.iter().rev().nth(last), copy_by), (news.iter().rev().nth(last), 0)] {
            tail_in_copy = at.map_or(tail_in_copy, |&at| tail_in_copy.max(moved(at.saturating_add(1), by)));
        }

        let first = old_comments.iter().zip(new_comments).take_while(|(old, new)| old == new).count();
        for comment in [old_comments.get(first), new_comments.get(first)].into_iter().flatten() {
            same = same.min(comment.span.start);
        }
        let alike = |old: &Comment, new: &Comment| {
            old.kind == new.kind && moved(old.span.start, by) == new.span.start && moved(old.span.end, by) == new.span.end
        };
        let last = old_comments.iter().rev().zip(new_comments.iter().rev()).take_while(|(old, new)| alike(old, new)).count();
        for (comment, by) in [(old_comments.iter().rev().nth(last), by), (new_comments.iter().rev().nth(last), 0)] {
            tail = comment.map_or(tail, |comment| tail.max(moved(comment.span.end, by)));
        }
        Some(Self { same, tail_in_copy, tail, copy_by, by })
    }

    /// How many of the old pieces are the same in the new text.
    fn before(&self, old: &Read) -> usize {
        let barriers = old.scan.barriers.partition_point(|barrier| barrier.saturating_add(LOOK_AHEAD) <= self.same);
        match barriers.checked_sub(2).and_then(|index| old.scan.barriers.get(index)) {
            Some(&limit) => old.pieces.partition_point(|piece| old.scan.source_offset(piece.end) <= limit),
            None => 0,
        }
    }

    /// The index of the old piece that begins at this place in the new copy, and at least so far behind the edit.
    fn behind(&self, old: &Read, new: &Scan, at: u32, distance: u32) -> Option<usize> {
        if at < self.tail_in_copy.saturating_add(distance) || new.source_offset(at) < self.tail.saturating_add(distance) {
            return None;
        }
        let at = u32::try_from(i64::from(at) - self.copy_by).ok()?;
        if at == 0 {
            return Some(0);
        }
        old.pieces.binary_search_by_key(&at, |piece| piece.end).ok().map(|index| index + 1)
    }

    fn apply(&self, mut items: Vec<Item>, old: &Read, source: &str, scan: Scan) -> (Parse, Option<Read>) {
        let before = self.before(old);
        let kept = old.pieces.get(..before).unwrap_or_default();
        let mut found = Found { at: kept.last().map_or(0, |piece| piece.end), ..Found::default() };
        let mut behind = old.pieces.len();
        let mut met = false;
        let complete = found.read(&mut Reader::new(FileId(0), source, &scan), |at| {
            if met && let Some(index) = self.behind(old, &scan, at, LOOK_BACK) {
                behind = index;
                return true;
            }
            met = self.behind(old, &scan, at, 0).is_some();
            false
        });
        if !complete {
            return finish(FileId(0), source, scan, None);
        }
        let count = |pieces: Option<&[Piece]>| pieces.unwrap_or_default().iter().filter(|piece| piece.has_item).count();
        let first = count(Some(kept));
        let last = first.saturating_add(count(old.pieces.get(before..behind)));
        let mut tail = items.split_off(last.min(items.len()));
        if self.by != 0 {
            tail.shift(self.by);
        }
        items.truncate(first);
        items.append(&mut found.items);
        items.append(&mut tail);

        let mut pieces = kept.to_vec();
        pieces.append(&mut found.pieces);
        pieces.extend(old.pieces.iter().skip(behind).cloned().map(|mut piece| {
            piece.end = moved(piece.end, self.copy_by);
            piece.diagnostics.shift(self.by);
            piece
        }));
        finish(FileId(0), source, scan, Some(Found { items, pieces, at: 0 }))
    }
}

/// How many bytes are the same at the beginning of both.
fn common_prefix(a: &str, b: &str) -> u32 {
    const BLOCK: usize = 256;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let blocks = a.chunks_exact(BLOCK).zip(b.chunks_exact(BLOCK)).take_while(|(a, b)| a == b).count();
    let bytes = a.iter().zip(b).skip(blocks * BLOCK).take_while(|(a, b)| a == b).count();
    u32::try_from(blocks * BLOCK + bytes).unwrap_or(u32::MAX)
}

/// How many bytes are the same at the end of both.
fn common_suffix(a: &str, b: &str) -> u32 {
    const BLOCK: usize = 256;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let blocks = a.rchunks_exact(BLOCK).zip(b.rchunks_exact(BLOCK)).take_while(|(a, b)| a == b).count();
    let bytes = a.iter().rev().zip(b.iter().rev()).skip(blocks * BLOCK).take_while(|(a, b)| a == b).count();
    u32::try_from(blocks * BLOCK + bytes).unwrap_or(u32::MAX)
}
