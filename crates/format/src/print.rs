//! Lays blocks, entries and pieces out on lines.
//!
//! An entry that fits stands on one line. Where it does not, its blocks are broken first, then lines begin with its `else`s,
//! then it is filled from option to option. Each piece is placed once, so the cost is that of the text.

use callroute_diagnostics::Span;

use crate::structure::{Block, Body, Entry, Piece, Soft, width};

/// Columns that a line may have, trailing comments aside.
pub(crate) const WIDTH: usize = 100;
/// Columns between a line and the comment behind it, at least.
const BEFORE_COMMENT: usize = 2;
/// Comments behind lines that differ by more are not put in one column.
const COMMENT_SPREAD: usize = 30;

/// A line that has been laid out.
#[derive(Default)]
struct Line {
    text: String,
    /// The comment behind it, and which group it is aligned with (0: none).
    comment: Option<(String, usize)>,
}

/// Where an item of the file went.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// In the source, with its comments.
    pub span: Span,
    /// In the text, without the end of its last line.
    pub text: std::ops::Range<usize>,
}

/// See the module.
pub(crate) struct Printer<'s> {
    source: &'s str,
    brackets: (&'static str, &'static str),
    lines: Vec<Line>,
    current: String,
    column: usize,
    groups: usize,
    /// Items with the lines that they take.
    items: Vec<(Span, std::ops::Range<usize>)>,
}

impl<'s> Printer<'s> {
    pub(crate) fn new(source: &'s str, braces: bool) -> Self {
        let brackets = if braces { ("{", "}") } else { ("<", ">") };
        Self { source, brackets, lines: Vec::new(), current: String::new(), column: 0, groups: 0, items: Vec::new() }
    }

    /// The whole file, with a line end after its last line, and where its items are in it.
    pub(crate) fn file(mut self, body: &Body) -> (String, Vec<Placed>) {
        self.body(body, 0, true);
        self.align_comments();
        let mut out = String::new();
        let mut starts = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            starts.push(out.len());
            out.push_str(&line.text);
            if let Some((comment, _)) = &line.comment {
                out.push_str(comment);
            }
            out.push('\n');
        }
        let start = |line: usize| starts.get(line).copied().unwrap_or(out.len());
        let placed = self
            .items
            .iter()
            .map(|(span, lines)| Placed { span: *span, text: start(lines.start)..start(lines.end).saturating_sub(1) })
            .collect();
        (out, placed)
    }

    // ------------------------------------------------------------------------------------------------ lines

    fn push(&mut self, text: &str) {
        self.current.push_str(text);
        self.column = match text.rfind('\n') {
            Some(at) => width(text.get(at.saturating_add(1)..).unwrap_or("")),
            None => self.column.saturating_add(width(text)),
        };
    }

    fn blanks(&mut self, count: usize) {
        self.current.extend(std::iter::repeat_n(' ', count));
        self.column = self.column.saturating_add(count);
    }

    fn end_line(&mut self, comment: Option<(String, usize)>) {
        let text = std::mem::take(&mut self.current);
        self.lines.push(Line { text, comment });
        self.column = 0;
    }

    fn new_line(&mut self, indent: usize) {
        self.end_line(None);
        self.blanks(indent);
    }

    /// A comment on lines of its own.
    fn lead(&mut self, text: &str, indent: usize) {
        for (index, line) in text.split('\n').enumerate() {
            if index == 0 || !line.is_empty() {
                self.blanks(indent);
            }
            self.push(line);
            self.end_line(None);
        }
    }

    fn align_comments(&mut self) {
        let mut at = 0;
        while let Some(first) = self.lines.get(at) {
            let group = first.comment.as_ref().map_or(0, |(_, group)| *group);
            // Lines of a group may have lines without a comment between them.
            let mut end = at.saturating_add(1);
            // Behind a comment of several lines, or a part that stays as it is, what counts is the line on which the comment comes.
            let last_line = |line: &Line| width(line.text.rsplit('\n').next().unwrap_or(""));
            let mut widths = vec![last_line(first)];
            if group != 0 {
                while let Some(line) = self.lines.get(end) {
                    match &line.comment {
                        Some((_, other)) if *other == group => widths.push(last_line(line)),
                        None if !line.text.is_empty() => {}
                        _ => break,
                    }
                    end = end.saturating_add(1);
                }
            }
            let least = widths.iter().copied().min().unwrap_or(0);
            let near = |width: &usize| *width <= least.saturating_add(COMMENT_SPREAD);
            let column = widths.iter().copied().filter(near).max().unwrap_or(0).saturating_add(BEFORE_COMMENT);
            for line in self.lines.iter_mut().take(end).skip(at) {
                if line.comment.is_some() {
                    let from = last_line(line);
                    let blanks = column.saturating_sub(from).max(BEFORE_COMMENT);
                    line.text.extend(std::iter::repeat_n(' ', blanks));
                }
            }
            at = end;
        }
    }

    // ------------------------------------------------------------------------------------------------ entries

    fn body(&mut self, body: &Body, indent: usize, top: bool) {
        let mut entries = body.entries.as_slice();
        while !entries.is_empty() {
            // Neighbours on a line each.
            let count = entries
                .iter()
                .enumerate()
                .take_while(|(index, entry)| {
                    let apart = entry.blank || entry.leads.iter().any(|lead| lead.blank);
                    fits(entry, indent) && (*index == 0 || !apart)
                })
                .count();
            let (run, rest) = entries.split_at(count.max(1).min(entries.len()));
            entries = rest;
            self.groups = self.groups.saturating_add(1);
            let group = if count == 0 { 0 } else { self.groups };
            let pads = if count > 1 { pads(run, indent) } else { Vec::new() };
            for (index, entry) in run.iter().enumerate() {
                let mut from = None;
                for lead in &entry.leads {
                    if lead.blank {
                        self.end_line(None);
                    }
                    from = from.or(Some(self.lines.len()));
                    self.lead(&lead.text, indent);
                }
                if entry.blank {
                    self.end_line(None);
                }
                let from = from.unwrap_or(self.lines.len());
                self.indent(entry, indent, top);
                if count == 0 {
                    self.on_lines(entry, indent);
                } else {
                    let pads = pads.get(index).map_or(&[] as &[usize], Vec::as_slice);
                    self.on_one_line(&entry.pieces, pads);
                }
                let last = index.saturating_add(1) == run.len() && rest.is_empty();
                if entry.keep_semicolon && entry.semicolon && !last {
                    self.push(";");
                }
                let comment = (!entry.trail.is_empty()).then(|| {
                    let text = entry.trail.join(" ");
                    // One of several lines goes on at the left, where no column is.
                    let group = if text.contains('\n') { 0 } else { group };
                    (text, group)
                });
                self.end_line(comment);
                if top {
                    self.items.push((entry.outer, from..self.lines.len()));
                }
            }
        }
        for lead in &body.tail {
            if lead.blank {
                self.end_line(None);
            }
            self.lead(&lead.text, indent);
        }
    }

    /// The blanks before an entry: an item that stays as it is keeps those that it has.
    fn indent(&mut self, entry: &Entry, indent: usize, top: bool) {
        if let Some(span) = entry.verbatim.filter(|_| top) {
            let before = self.source.get(..span.start as usize).unwrap_or("");
            let line = before.get(before.rfind('\n').map_or(0, |at| at.saturating_add(1))..).unwrap_or("");
            if line.bytes().all(|b| matches!(b, b' ' | b'\t')) {
                let line = line.to_owned();
                return self.push(&line);
            }
        }
        self.blanks(indent);
    }

    fn on_one_line(&mut self, pieces: &[Piece], pads: &[usize]) {
        let mut pads = pads.iter();
        for piece in pieces {
            if let Piece::Word(word) = piece
                && word.cell.is_some()
            {
                self.blanks(pads.next().copied().unwrap_or(0));
            }
            self.piece(piece, false);
        }
    }

    /// A piece behind what stands on the line, or at its beginning.
    fn piece(&mut self, piece: &Piece, fresh: bool) {
        match piece {
            Piece::Word(word) => {
                self.blanks(usize::from(word.space && !fresh));
                self.push(&word.text);
            }
            Piece::Comment { text, space, .. } => {
                self.blanks(usize::from(*space && !fresh));
                self.push(text);
            }
            Piece::Block(block) => {
                self.blanks(usize::from(!fresh));
                self.block_on_one_line(block);
            }
        }
    }

    fn block_on_one_line(&mut self, block: &Block) {
        let (open, close) = self.brackets;
        self.push(open);
        for comment in &block.opening {
            self.push(" ");
            self.push(comment);
        }
        // Behind a comma that is a mistake, a `;` would make it two.
        let mut comma = true;
        for entry in &block.body.entries {
            self.push(if comma { " " } else { "; " });
            comma = entry.verbatim.is_some_and(|span| span.text(self.source).ends_with(','));
            self.on_one_line(&entry.pieces, &[]);
            for comment in &entry.trail {
                self.push(" ");
                self.push(comment);
            }
        }
        self.push(" ");
        self.push(close);
    }

    fn block_on_lines(&mut self, block: &Block, base: usize) {
        let (open, close) = self.brackets;
        self.push(open);
        let comment = (!block.opening.is_empty()).then(|| (block.opening.join(" "), 0));
        self.end_line(comment);
        self.body(&block.body, base.saturating_add(2), false);
        self.blanks(base);
        self.push(close);
    }

    /// An entry that takes several lines.
    fn on_lines(&mut self, entry: &Entry, indent: usize) {
        let pieces = entry.pieces.as_slice();
        let plan = Plan::of(entry, indent);
        let mut base = indent;
        let mut at = 0;
        while at < pieces.len() {
            // Behind a comment that ends its line, too, a line has begun.
            let mut fresh = at == 0 || matches!(pieces.get(at.saturating_sub(1)), Some(Piece::Comment { ends_line: true, .. }));
            if plan.breaks_before(pieces, at) {
                base = plan.deeper;
                if !fresh {
                    self.new_line(base);
                }
                fresh = true;
            }
            let end = plan.end_of_segment(pieces, at);
            let fill = self.column.saturating_add(plan.width(pieces, at, end)) > WIDTH;
            let mut list_broken = false;
            for index in at..end {
                let Some(piece) = pieces.get(index) else { break };
                match piece {
                    Piece::Block(block) if plan.is_forced(index) => {
                        self.blanks(usize::from(!fresh));
                        self.block_on_lines(block, base);
                    }
                    Piece::Word(word) if fill && word.soft != Soft::Never && !fresh => {
                        let chunk = plan.chunk(pieces, index, end, word.soft);
                        let deep = base.saturating_add(4);
                        let too_long = self.column.saturating_add(chunk) > WIDTH;
                        let helps = deep.saturating_add(chunk).saturating_sub(usize::from(word.space)) <= WIDTH;
                        // What follows a list that takes several lines does not hang behind its end.
                        let breaks = too_long && helps || word.soft == Soft::Part && list_broken;
                        list_broken = breaks && word.soft == Soft::List || list_broken && word.soft != Soft::Part;
                        if breaks {
                            self.new_line(deep);
                        }
                        self.piece(piece, breaks);
                    }
                    _ => self.piece(piece, fresh),
                }
                fresh = false;
                if let Piece::Comment { ends_line: true, .. } = piece {
                    let outer = match pieces.get(index.saturating_add(1)) {
                        Some(Piece::Word(word)) => word.is_else,
                        Some(Piece::Block(_)) => true,
                        _ => false,
                    };
                    self.new_line(if outer { base } else { base.saturating_add(4) });
                }
            }
            at = end;
        }
    }
}

/// How an entry is broken into lines.
struct Plan {
    /// Blocks that are broken, by piece.
    forced: Vec<bool>,
    /// Lines begin with `else`, except behind a block that is broken.
    ladder: bool,
    /// Where these lines begin.
    deeper: usize,
}

impl Plan {
    fn of(entry: &Entry, indent: usize) -> Self {
        let pieces = entry.pieces.as_slice();
        let forced = pieces.iter().map(|piece| matches!(piece, Piece::Block(block) if block.flat.is_none())).collect();
        let deeper = if entry.arm { indent.saturating_add(2) } else { indent };
        let mut plan = Self { forced, ladder: false, deeper };
        plan.ladder = (0..pieces.len())
            .any(|index| matches!(pieces.get(index), Some(Piece::Word(word)) if word.fresh) && plan.may_break_before(pieces, index));
        while plan.improve(pieces, indent) {}
        plan
    }

    fn is_forced(&self, index: usize) -> bool {
        self.forced.get(index).copied().unwrap_or(false)
    }

    /// An `else` that does not stand behind the closing bracket of a broken block.
    fn may_break_before(&self, pieces: &[Piece], index: usize) -> bool {
        matches!(pieces.get(index), Some(Piece::Word(word)) if word.is_else)
            && index.checked_sub(1).is_none_or(|before| !self.is_forced(before))
    }

    fn breaks_before(&self, pieces: &[Piece], index: usize) -> bool {
        self.ladder && self.may_break_before(pieces, index)
    }

    /// A segment stands on one line if it fits.
    fn end_of_segment(&self, pieces: &[Piece], at: usize) -> usize {
        for index in at..pieces.len() {
            if index > at && self.breaks_before(pieces, index) {
                return index;
            }
            if self.is_forced(index) || matches!(pieces.get(index), Some(Piece::Comment { ends_line: true, .. })) {
                return index.saturating_add(1);
            }
        }
        pieces.len()
    }

    /// The width of these pieces on one line, of a broken block up to its opening bracket.
    fn width(&self, pieces: &[Piece], from: usize, to: usize) -> usize {
        let widths = pieces.iter().enumerate().take(to).skip(from).map(|(index, piece)| match piece {
            Piece::Word(word) => word.width.saturating_add(usize::from(word.space)),
            Piece::Comment { width, space, .. } => width.unwrap_or(0).saturating_add(usize::from(*space)),
            Piece::Block(_) if self.is_forced(index) => 2,
            Piece::Block(block) => block.flat.unwrap_or(0).saturating_add(1),
        });
        widths.fold(0, usize::saturating_add)
    }

    /// The width up to the next place where the line may be broken for the same reason or a better one.
    fn chunk(&self, pieces: &[Piece], from: usize, end: usize, soft: Soft) -> usize {
        let next = pieces
            .iter()
            .enumerate()
            .take(end)
            .skip(from.saturating_add(1))
            .find(|(_, piece)| matches!(piece, Piece::Word(word) if word.soft >= soft))
            .map_or(end, |(index, _)| index);
        self.width(pieces, from, next)
    }

    /// Breaks more where a segment does not fit. False: nothing is left to break.
    fn improve(&mut self, pieces: &[Piece], indent: usize) -> bool {
        let (mut at, mut column, mut base) = (0, indent, indent);
        while at < pieces.len() {
            if self.breaks_before(pieces, at) {
                base = self.deeper;
                column = base;
            }
            let end = self.end_of_segment(pieces, at);
            if column.saturating_add(self.width(pieces, at, end)) > WIDTH && self.break_in(pieces, at, end) {
                return true;
            }
            column = match end.checked_sub(1).and_then(|last| pieces.get(last)) {
                Some(Piece::Comment { .. }) => base.saturating_add(4),
                _ => base.saturating_add(1),
            };
            at = end;
        }
        false
    }

    fn break_in(&mut self, pieces: &[Piece], at: usize, end: usize) -> bool {
        // An empty block has nothing to break.
        let whole = |&index: &usize| {
            matches!(pieces.get(index), Some(Piece::Block(block)) if !block.body.entries.is_empty()) && !self.is_forced(index)
        };
        let blocks: Vec<usize> = (at..end).filter(whole).collect();
        // Of a table's columns and rows the rows are broken first.
        let behind_another = |&last: &usize| matches!(last.checked_sub(1).and_then(|i| pieces.get(i)), Some(Piece::Block(_)));
        let few = if blocks.last().is_some_and(behind_another) { blocks.len().saturating_sub(1) } else { 0 };
        for &index in blocks.iter().skip(few) {
            if let Some(forced) = self.forced.get_mut(index) {
                *forced = true;
            }
        }
        if blocks.is_empty() && !self.ladder && (at.saturating_add(1)..end).any(|index| self.may_break_before(pieces, index)) {
            self.ladder = true;
            return true;
        }
        !blocks.is_empty()
    }
}

// --------------------------------------------------------------------------------------------------- columns

fn fits(entry: &Entry, indent: usize) -> bool {
    entry.flat.is_some_and(|flat| flat.saturating_add(indent) <= WIDTH)
}

/// Blanks before each column of neighbours on a line each, so that they line up. What is too wide is left out.
fn pads(run: &[Entry], indent: usize) -> Vec<Vec<usize>> {
    // Per entry: its columns with their natural beginnings and how wide the one before may be.
    let cells: Vec<Vec<(u8, usize, usize)>> = run
        .iter()
        .map(|entry| {
            let mut at = 0_usize;
            let mut cells = Vec::new();
            for piece in &entry.pieces {
                let wide = match piece {
                    Piece::Word(word) => {
                        let space = usize::from(word.space);
                        cells.extend(word.cell.map(|cell| (cell.column, at.saturating_add(space), cell.cap)));
                        word.width.saturating_add(space)
                    }
                    Piece::Comment { width, space, .. } => width.unwrap_or(0).saturating_add(usize::from(*space)),
                    Piece::Block(block) => block.flat.unwrap_or(0).saturating_add(1),
                };
                at = at.saturating_add(wide);
            }
            cells
        })
        .collect();
    let mut pads: Vec<Vec<usize>> = cells.iter().map(|cells| vec![0; cells.len()]).collect();
    // Per entry: which column is next, where the one before begins, how far it has been moved, whether it still takes part.
    let mut states: Vec<(usize, usize, usize, bool)> = vec![(0, 0, 0, true); run.len()];
    loop {
        let next = cells.iter().zip(&states).filter(|(_, state)| state.3).filter_map(|(cells, state)| cells.get(state.0));
        let Some(column) = next.map(|(column, ..)| *column).min() else { break };
        let mut target = 0;
        for (cells, state) in cells.iter().zip(&mut states).filter(|(_, state)| state.3) {
            let Some((_, natural, cap)) = cells.get(state.0).filter(|(number, ..)| *number == column) else { continue };
            let start = natural.saturating_add(state.2);
            if start > state.1.saturating_add(*cap).saturating_add(1) {
                state.3 = false;
            } else {
                target = target.max(start);
            }
        }
        for ((cells, state), pads) in cells.iter().zip(&mut states).zip(&mut pads).filter(|((_, state), _)| state.3) {
            let Some((_, natural, _)) = cells.get(state.0).filter(|(number, ..)| *number == column) else { continue };
            let pad = target.saturating_sub(natural.saturating_add(state.2));
            if let Some(slot) = pads.get_mut(state.0) {
                *slot = pad;
            }
            *state = (state.0.saturating_add(1), target, state.2.saturating_add(pad), true);
        }
    }
    let too_wide =
        run.iter().zip(&states).any(|(entry, state)| entry.flat.unwrap_or(0).saturating_add(state.2).saturating_add(indent) > WIDTH);
    if too_wide { Vec::new() } else { pads }
}
