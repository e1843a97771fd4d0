//! Mending a script with the fixes that are certain: for the command line and for editors.
//!
//! A fix is made from one mistake, and another may hide behind it. So what the fixes make of the script is checked before anybody is given it, and
//! a fix after which more is wrong on its lines than before is left out.

use callroute_diagnostics::{Applicability, Diagnostic, Edit, FileId, Fix, Sources, apply_edits, choose_edits, spoilt};

use crate::Analysis;

/// How many times what was mended is looked at again. A fix does not call for another many times over; the bound is for two that undo each other.
pub const ROUNDS: usize = 16;

impl Analysis {
    /// What the diagnostics point into, by the paths of the workspace.
    #[must_use]
    pub fn sources(&self) -> Sources<'_> {
        Sources::new(self.files.iter().map(|file| (file.path.as_str(), file.text.as_str())))
    }

    /// Applies at once what can be applied at once: of the safe fixes that `wanted` takes, those after which nothing new is wrong. `check` is given the new
    /// texts of the files that change, and checks the script with them; `seen` shows what it has found.
    ///
    /// Gives the edits by place, apart from each other, and what `check` has made of them; none: there is nothing to mend.
    ///
    /// # Errors
    /// Those of `check`.
    pub fn mend<T, E>(
        &self,
        wanted: impl Fn(&Fix) -> bool,
        mut check: impl FnMut(Vec<(FileId, String)>) -> Result<T, E>,
        seen: impl Fn(&T) -> &Self,
    ) -> Result<Option<(Vec<&Edit>, T)>, E> {
        let sources = self.sources();
        let mut candidates: Vec<&Diagnostic> = self.diagnostics.iter().filter(|d| d.fix.as_ref().is_some_and(&wanted)).collect();
        for _ in 0..ROUNDS {
            let chosen = choose_edits(&sources, candidates.iter().copied(), Applicability::Safe);
            if chosen.fixes.is_empty() {
                break;
            }
            let better = check(apply_edits(&sources, &chosen.edits))?;
            let after = seen(&better);
            let bad = spoilt((&sources, &self.diagnostics), &chosen.fixes, (&after.sources(), &after.diagnostics));
            if bad.is_empty() {
                return Ok(Some((chosen.edits, better)));
            }
            let bad: Vec<_> = bad.into_iter().filter_map(|at| chosen.fixes.get(at).copied()).collect();
            candidates.retain(|d| !d.fix.as_ref().is_some_and(|fix| bad.iter().any(|other| std::ptr::eq(*other, fix))));
        }
        Ok(None)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use callroute_diagnostics::{Code, Place, Span};

    use super::*;
    use crate::{NoFiles, analyse};

    /// A diagnostic at these bytes whose fix writes `text` there.
    fn says(start: u32, end: u32, text: &str) -> Diagnostic {
        let place = Place { file: FileId(0), span: Span { start, end } };
        let edits = vec![Edit { place, text: text.to_owned() }];
        Diagnostic::new(Code::UnexpectedText, place, "x").fix_edits(Applicability::Safe, "do", edits)
    }

    #[test]
    fn a_fix_that_makes_things_worse_is_left_out_and_the_others_are_applied() {
        let mut found = analyse("a.route", "tag \"a\"\ntag \"b\"\nhangup\n", &NoFiles);
        assert!(found.diagnostics.is_empty());
        found.diagnostics = vec![says(4, 7, "\"one\""), says(8, 11, "tga tga")];
        let mut asked = Vec::new();
        let check = |texts: Vec<(FileId, String)>| -> Result<_, ()> {
            asked.extend(texts.iter().map(|(_, text)| text.clone()));
            Ok(analyse("a.route", &texts[0].1, &NoFiles))
        };
        let (edits, after) = found.mend(|_| true, check, |after| after).unwrap().unwrap();
        assert_eq!(edits.iter().map(|edit| edit.text.as_str()).collect::<Vec<_>>(), ["\"one\""]);
        assert_eq!(after.files[0].text, "tag \"one\"\ntag \"b\"\nhangup\n");
        assert_eq!(asked, ["tag \"one\"\ntga tga \"b\"\nhangup\n", "tag \"one\"\ntag \"b\"\nhangup\n"]);
        // What nobody wants is not tried.
        let check = |_: Vec<(FileId, String)>| -> Result<Analysis, ()> { Err(()) };
        assert!(found.mend(|fix| fix.edits.is_empty(), check, |after| after).unwrap().is_none());
        assert!(found.mend(|_| true, check, |after| after).is_err());
    }
}
