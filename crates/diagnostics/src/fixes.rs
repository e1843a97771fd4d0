//! Applying fixes to texts: the one way, for `check --fix`, for editors and for tests.

use crate::line_index::snap;
use crate::{Applicability, Code, Diagnostic, Edit, FileId, Fix, Place, Severity, Sources, Span};

/// What [`apply_fixes`] did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fixed {
    /// New texts of the files that changed, in order of their numbers.
    pub texts: Vec<(FileId, String)>,
    /// Fixes applied.
    pub applied: usize,
    /// Fixes left out because they touch another one's text or do not fit the text; a second run may apply them.
    pub skipped: usize,
}

/// Applies the fixes that are at least as certain as `least`: with [`Applicability::Safe`] only those, with
/// [`Applicability::Maybe`] all. A fix is applied whole or not at all; of two that meet in one place the first wins.
#[must_use]
pub fn apply_fixes(sources: &Sources<'_>, diagnostics: &[Diagnostic], least: Applicability) -> Fixed {
    let Chosen { edits, fixes, skipped } = choose_edits(sources, diagnostics, least);
    Fixed { texts: apply_edits(sources, &edits), applied: fixes.len(), skipped }
}

/// The new texts of the files that these edits change, in order of their numbers. The edits are those of [`choose_edits`]: by place, and apart from each other.
#[must_use]
pub fn apply_edits(sources: &Sources<'_>, edits: &[&Edit]) -> Vec<(FileId, String)> {
    let mut texts = Vec::new();
    for edits in edits.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(file) = edits.first().map(|edit| edit.place.file) else { continue };
        let text = sources.text(file);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for edit in edits {
            out.push_str(text.get(at..edit.place.span.start as usize).unwrap_or(""));
            out.push_str(&edit.text);
            at = edit.place.span.end as usize;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        texts.push((file, out));
    }
    texts
}

/// Which of `applied` fixes (all that went into the texts of `after`, and only these) have spoilt something: on the lines that they touched is an error of
/// a code that was not there so often before, and that no safe fix mends in its turn. Gives their indexes in `applied`. Such a fix uncovers another mistake,
/// or was none.
#[must_use]
pub fn spoilt(before: (&Sources<'_>, &[Diagnostic]), applied: &[&Fix], after: (&Sources<'_>, &[Diagnostic])) -> Vec<usize> {
    let (old, new) = (errors_by_line(before.0, before.1), errors_by_line(after.0, after.1));
    let mut edits: Vec<(usize, &Edit)> =
        applied.iter().enumerate().flat_map(|(at, fix)| fix.edits.iter().map(move |edit| (at, edit))).collect();
    edits.sort_by_key(|(_, edit)| edit.place);
    let mut bad = std::collections::BTreeSet::new();
    let (mut file, mut grown) = (None, 0_i64);
    for (at, edit) in edits {
        if file.replace(edit.place.file) != Some(edit.place.file) {
            grown = 0;
        }
        let Span { start, end } = edit.place.span;
        let begins = i64::from(start).saturating_add(grown);
        let ends = begins.saturating_add(i64::try_from(edit.text.len()).unwrap_or(i64::MAX));
        grown = ends.saturating_sub(i64::from(end));
        let offset = |at: i64| u32::try_from(at).unwrap_or(u32::MAX);
        let known = codes(&old, before.0, edit.place.file, start, end);
        let found = codes(&new, after.0, edit.place.file, offset(begins), offset(ends));
        if found.iter().any(|(code, times)| known.get(code).is_none_or(|before| before < times)) {
            bad.insert(at);
        }
    }
    bad.into_iter().collect()
}

/// Errors by the line on which they begin.
type Lines = std::collections::BTreeMap<(FileId, u32), Vec<Code>>;

fn errors_by_line(sources: &Sources<'_>, diagnostics: &[Diagnostic]) -> Lines {
    let mut lines = Lines::new();
    let mended = |d: &&Diagnostic| d.fix.as_ref().is_some_and(|fix| fix.applicability == Applicability::Safe);
    for diagnostic in diagnostics.iter().filter(|d| d.severity == Severity::Error && !mended(d)) {
        let line = sources.location(diagnostic.place).line;
        lines.entry((diagnostic.place.file, line)).or_default().push(diagnostic.code);
    }
    lines
}

/// How often each code stands on the lines from one offset to another.
fn codes(lines: &Lines, sources: &Sources<'_>, file: FileId, start: u32, end: u32) -> std::collections::BTreeMap<Code, usize> {
    let at = sources.location(Place { file, span: Span::new(start, end) });
    let mut codes = std::collections::BTreeMap::new();
    for code in lines.range((file, at.line)..=(file, at.end_line.max(at.line))).flat_map(|(_, codes)| codes) {
        *codes.entry(*code).or_insert(0) += 1;
    }
    codes
}

/// The edits that can be made together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chosen<'d> {
    /// By place, apart from each other.
    pub edits: Vec<&'d Edit>,
    /// The fixes that they belong to.
    pub fixes: Vec<&'d Fix>,
    /// Fixes left out; see [`Fixed::skipped`].
    pub skipped: usize,
}

/// Chooses the fixes that [`apply_fixes`] applies, for whoever applies them itself, as editors do.
#[must_use]
pub fn choose_edits<'d>(sources: &Sources<'_>, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, least: Applicability) -> Chosen<'d> {
    let mut chosen = Chosen::default();
    // Sorted by place, for the search of neighbours.
    let mut taken: std::collections::BTreeMap<(FileId, u32), u32> = std::collections::BTreeMap::new();
    for fix in diagnostics.into_iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        if least == Applicability::Safe && fix.applicability != Applicability::Safe {
            continue;
        }
        let mut own: Vec<&Edit> = fix.edits.iter().collect();
        own.sort_by_key(|edit| edit.place);
        let apart = own.windows(2).all(|pair| match pair {
            [a, b] => a.place.file != b.place.file || a.place.span.end <= b.place.span.start && a.place != b.place,
            _ => true,
        });
        if own.is_empty() || !apart || !own.iter().all(|edit| fits(sources, edit) && is_free(&taken, edit)) {
            chosen.skipped += 1;
            continue;
        }
        for edit in own {
            taken.insert((edit.place.file, edit.place.span.start), edit.place.span.end);
            chosen.edits.push(edit);
        }
        chosen.fixes.push(fix);
    }
    chosen.edits.sort_by_key(|edit| edit.place);
    chosen
}

/// Lies on borders of characters inside the text.
fn fits(sources: &Sources<'_>, edit: &Edit) -> bool {
    let text = sources.text(edit.place.file);
    let span = edit.place.span;
    sources.path(edit.place.file).is_some()
        && span.start <= span.end
        && snap(text, span.start) == span.start
        && snap(text, span.end) == span.end
}

/// Touches no accepted edit, not even at an end: what two insertions at one place mean together nobody knows.
fn is_free(taken: &std::collections::BTreeMap<(FileId, u32), u32>, edit: &Edit) -> bool {
    let (file, span) = (edit.place.file, edit.place.span);
    let before = taken.range(..=(file, span.start)).next_back();
    let after = taken.range((file, span.start)..).next();
    before.is_none_or(|(&(other, _), &end)| other != file || end < span.start)
        && after.is_none_or(|(&(other, start), _)| other != file || start > span.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Code, Place, Span};

    fn at(start: u32, end: u32) -> Place {
        Place { file: FileId(0), span: Span { start, end } }
    }

    fn fix(applicability: Applicability, edits: &[(u32, u32, &str)]) -> Diagnostic {
        let edits = edits.iter().map(|&(start, end, text)| Edit { place: at(start, end), text: text.to_owned() }).collect();
        Diagnostic::new(Code::UnexpectedText, at(0, 0), "x").fix_edits(applicability, "do", edits)
    }

    fn run(text: &str, diagnostics: &[Diagnostic], least: Applicability) -> (String, usize, usize) {
        let sources = Sources::new([("a.route", text)]);
        let fixed = apply_fixes(&sources, diagnostics, least);
        let out = fixed.texts.into_iter().next().map_or_else(|| text.to_owned(), |(_, text)| text);
        (out, fixed.applied, fixed.skipped)
    }

    #[test]
    fn safe_fixes_are_applied_and_doubtful_ones_left() {
        let list = [fix(Applicability::Safe, &[(0, 1, "A"), (4, 5, "E")]), fix(Applicability::Maybe, &[(2, 3, "C")])];
        assert_eq!(run("abcde", &list, Applicability::Safe), ("AbcdE".to_owned(), 1, 0));
        assert_eq!(run("abcde", &list, Applicability::Maybe), ("AbCdE".to_owned(), 2, 0));
    }

    #[test]
    fn a_fix_that_meets_another_is_left_out_whole() {
        let list = [fix(Applicability::Safe, &[(1, 3, "X")]), fix(Applicability::Safe, &[(0, 1, "Y"), (4, 5, "Z")])];
        assert_eq!(run("abcde", &list, Applicability::Safe), ("aXde".to_owned(), 1, 1));
        let list = [fix(Applicability::Safe, &[(2, 2, "X")]), fix(Applicability::Safe, &[(2, 2, "X")])];
        assert_eq!(run("abcde", &list, Applicability::Safe), ("abXcde".to_owned(), 1, 1));
        let list = [fix(Applicability::Safe, &[(0, 3, "X"), (2, 4, "X")])];
        assert_eq!(run("abcde", &list, Applicability::Safe), ("abcde".to_owned(), 0, 1));
    }

    #[test]
    fn a_fix_that_does_not_fit_the_text_is_left_out() {
        for bad in [(1, 2, "x"), (0, 1, "x"), (0, 9, "x"), (9, 9, "x"), (3, 2, "x")] {
            assert_eq!(run("é.", &[fix(Applicability::Safe, &[bad])], Applicability::Safe), ("é.".to_owned(), 0, 1), "{bad:?}");
        }
        let mut foreign = fix(Applicability::Safe, &[(0, 0, "x")]);
        if let Some(fix) = &mut foreign.fix {
            fix.edits[0].place.file = FileId(7);
        }
        assert_eq!(run("ab", &[foreign], Applicability::Safe), ("ab".to_owned(), 0, 1));
    }
}
