//! What is said: pieces of prompts, each in the language of the call, as many as one answer can carry.

use callroute_bytecode::image::Prompt;
use callroute_bytecode::limits;

use crate::call::PromptOut;
use crate::machine::{LANGUAGE, Machine, record};
use crate::trace::Trace;
use crate::value::{Fault, Text, Value, constant};

impl<T: Trace> Machine<'_, T> {
    /// Queues a prompt, but for the first of its pieces that were heard already. `count` is the number of pieces so far. When
    /// the answer is full, the number of pieces that are in it or were heard.
    pub fn say(&mut self, index: u32, interruptible: bool, count: &mut u32, heard: u32) -> Result<Option<u32>, Fault> {
        let prompt = record(&self.image.prompts, index)?;
        match prompt {
            Prompt::Say(template) => self.speak(*template, true, None, interruptible, count, heard),
            Prompt::Play(file) => self.speak(*file, false, None, interruptible, count, heard),
            Prompt::Named(entries) => {
                let best = self.best_language(entries.iter().filter_map(|entry| entry.language));
                for entry in entries {
                    let fits = match (entry.language, best) {
                        (None, _) => true,
                        (Some(language), Some(best)) => language == best || constant(self.image, language) == constant(self.image, best),
                        (Some(_), None) => false,
                    };
                    if fits && let Some(full) = self.speak(entry.what, entry.say, entry.language, interruptible, count, heard)? {
                        return Ok(Some(full));
                    }
                }
                Ok(None)
            }
        }
    }

    fn speak(
        &mut self,
        what: u32,
        say: bool,
        language: Option<u32>,
        interruptible: bool,
        count: &mut u32,
        heard: u32,
    ) -> Result<Option<u32>, Fault> {
        if *count >= heard {
            if self.call.out.prompts.len() >= limits::PROMPTS {
                return Ok(Some(*count));
            }
            let text = if say { self.template(what)? } else { Text::Const(what) };
            self.call.out.prompts.push(PromptOut { text, say, language, interruptible });
        }
        *count += 1;
        Ok(None)
    }

    /// Of the languages of a prompt the one for this call (RFC 4647 lookup), else the first.
    fn best_language(&self, tags: impl Iterator<Item = u32> + Clone) -> Option<u32> {
        if let (Value::Text(language), _) = self.var(LANGUAGE) {
            let mut range = self.text(language);
            loop {
                let found = tags.clone().find(|tag| constant(self.image, *tag).eq_ignore_ascii_case(range));
                if found.is_some() {
                    return found;
                }
                let Some((shorter, _)) = range.rsplit_once('-') else { break };
                // A single letter or digit only introduces what follows it.
                range = match shorter.rsplit_once('-') {
                    Some((before, single)) if single.len() == 1 => before,
                    _ => shorter,
                };
            }
        }
        let mut tags = tags;
        tags.next()
    }
}
