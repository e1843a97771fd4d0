//! Prompts: their languages and files. Their texts are filled with the steps, because values may stand in them.

use std::collections::{BTreeMap, HashMap};

use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};
use callroute_syntax::tree;

use crate::env::{Env, PromptText};
use crate::typed::{PromptEntry, PromptId, Spoken, Template};
use crate::types::quote;

impl<'a> Env<'a> {
    /// Fills a prompt, except for its texts.
    pub(crate) fn define_prompt(&mut self, id: PromptId, name: Span, whole: Span, entries: &'a [tree::PromptEntry]) {
        if entries.is_empty() {
            if self.is_broken(whole) {
                return;
            }
            let diagnostic =
                self.diag(Code::EmptyPrompt, name, "this prompt has nothing to be heard").help("give it a text: `< en \"Welcome.\" >`");
            return self.report(diagnostic);
        }
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut found = Vec::new();
        for entry in entries {
            let (tag, what) = match &entry.kind {
                tree::PromptEntryKind::Error => continue,
                tree::PromptEntryKind::Say(tag, template) => {
                    self.prompt_texts.push(PromptText { prompt: id, entry: found.len(), file: self.file, template });
                    (Some(tag), Spoken::Say(Template::default()))
                }
                tree::PromptEntryKind::Play(tag, file) => {
                    if file.value.trim().is_empty() {
                        self.err(Code::EmptyPrompt, file.span, "the name of a recording cannot be empty");
                    }
                    (tag.as_ref(), Spoken::Play(file.value.clone()))
                }
            };
            let language = tag.map(|tag| self.language_tag(&tag.text, tag.span));
            if let (Some(tag), Some(Some(language))) = (tag, &language)
                && let Some(first) = seen.insert(language.clone(), tag.span)
            {
                let first = self.place(first);
                let diagnostic = self
                    .diag(Code::RepeatedLanguage, tag.span, format!("{} has an entry already", quote(language)))
                    .label(first, "its first entry")
                    .help("a language has one entry; what is to follow it for every language stands without a tag");
                self.report(diagnostic);
            }
            // A wrong tag was reported; the entry keeps its place, so that texts find theirs.
            found.push(PromptEntry { language: language.flatten(), what });
        }
        if let Some(prompt) = self.program.prompts.get_mut(id.index()) {
            prompt.entries = found;
        }
    }

    /// Warns of prompts that lack a language of which the script speaks elsewhere. To be called when everything is known.
    pub(crate) fn check_languages(&mut self) {
        /// More languages than this are not compared, to stay cheap on hostile scripts.
        const MOST: usize = 100;
        let mut spoken: BTreeMap<String, Option<Place>> = BTreeMap::new();
        for prompt in &self.program.prompts {
            for language in prompt.entries.iter().filter_map(|entry| entry.language.as_ref()) {
                spoken.entry(language.clone()).or_default();
            }
        }
        for (language, place) in &self.languages {
            spoken.entry(language.clone()).or_default().get_or_insert(*place);
        }
        if spoken.len() > MOST {
            return;
        }
        let mut said = Vec::new();
        for prompt in &self.program.prompts {
            let tags: Vec<&str> = prompt.entries.iter().filter_map(|entry| entry.language.as_deref()).collect();
            // Without tags it is the same for everybody. An imported prompt cannot know of all who use it.
            if tags.is_empty() || prompt.place.file != FileId(0) {
                continue;
            }
            let missing: Vec<(&String, &Option<Place>)> =
                spoken.iter().filter(|(language, _)| !tags.iter().any(|tag| serves(tag, language))).collect();
            if missing.is_empty() {
                continue;
            }
            let list: Vec<String> = missing.iter().map(|(language, _)| quote(language)).collect();
            let first = tags.first().copied().unwrap_or_default();
            let mut diagnostic = Diagnostic::new(
                Code::LanguageWithoutText,
                prompt.place,
                format!("the prompt {} has no text in {}", quote(&prompt.name), list.join(", ")),
            )
            .help(format!("callers with such a language hear {}", quote(first)));
            for (language, place) in missing.iter().take(5) {
                if let Some(place) = place {
                    diagnostic = diagnostic.label(*place, format!("{} is spoken of here", quote(language)));
                }
            }
            said.push(diagnostic);
        }
        for diagnostic in said {
            self.report(diagnostic);
        }
    }
}

/// Does a caller with `language` get the text of `tag`? (RFC 4647 lookup: the language's tag, or one that it begins with.) A longer tag serves
/// a shorter language here too: who writes `es-MX` and `language is es` means the same people.
fn serves(tag: &str, language: &str) -> bool {
    let (short, long) = if tag.len() <= language.len() { (tag, language) } else { (language, tag) };
    long.get(..short.len()).is_some_and(|head| head.eq_ignore_ascii_case(short))
        && matches!(long.as_bytes().get(short.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::serves;

    #[test]
    fn who_is_served() {
        for (tag, language, expected) in [
            ("es", "es", true),
            ("es", "es-MX", true),
            ("es-MX", "es", true),
            ("es-MX", "es-ES", false),
            ("e", "en", false),
            ("en", "de", false),
        ] {
            assert_eq!(serves(tag, language), expected, "{tag} {language}");
        }
    }
}
