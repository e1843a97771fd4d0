//! What comes back to an instruction, in words: how ringing ends, keys, what a source answers. A call that is made from options and the telephone
//! read it here, so that both know the same words.

use std::collections::VecDeque;

use callroute_protocol::{DialOutcome, DialResult, LookupResult, VoicemailOutcome};
use serde_json::Value;

use crate::failure::shown;

/// How ringing ends; of several words for one outcome the first is the language's.
const DIAL: [(&str, DialOutcome); 10] = [
    ("answered", DialOutcome::Answered),
    ("busy", DialOutcome::Busy),
    ("no-answer", DialOutcome::NoAnswer),
    ("declined", DialOutcome::Declined),
    ("unreachable", DialOutcome::Unreachable),
    ("failed", DialOutcome::Unreachable),
    ("full", DialOutcome::Full),
    ("empty", DialOutcome::Empty),
    ("timeout", DialOutcome::Timeout),
    ("redirected", DialOutcome::Redirected),
];

/// How taking a message ends.
const VOICEMAIL: [(&str, VoicemailOutcome); 3] =
    [("recorded", VoicemailOutcome::Recorded), ("full", VoicemailOutcome::Full), ("failed", VoicemailOutcome::Failed)];

/// As a script writes it, whatever the case, and with `_` for `-` as in JSON.
pub fn word(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', "-")
}

fn named<T: Copy>(words: &[(&str, T)], wanted: &str) -> Option<T> {
    words.iter().find(|(word, _)| *word == wanted).map(|(_, value)| *value)
}

/// `busy`, `redirected to sip:ana@example.com` (also `redirected=…` and without `to`), `key=1`, `486`.
pub fn dial(text: &str) -> Option<DialResult> {
    let text = text.trim();
    let (first, more) = text.split_once([' ', '=']).map_or((text, None), |(first, more)| (first, Some(more.trim())));
    let mut result = DialResult { outcome: DialOutcome::Unreachable, contact: None, digits: None };
    result.outcome = match (word(first).as_str(), more) {
        ("redirected", None) => return None,
        ("redirected", Some(contact)) => {
            let contact = contact.strip_prefix("to ").unwrap_or(contact).trim();
            result.contact = Some((!contact.is_empty()).then(|| contact.to_owned())?);
            DialOutcome::Redirected
        }
        ("key", Some(pressed)) => {
            result.digits = Some(keys(pressed).ok()?.to_owned());
            DialOutcome::Key
        }
        (_, Some(_)) => return None,
        (word, None) => match named(&DIAL, word) {
            Some(outcome) => outcome,
            None => DialOutcome::from_sip(word.parse().ok()?)?,
        },
    };
    Some(result)
}

/// An outcome as a script writes it; `None` for a key, and for a caller who has gone.
pub fn dial_word(outcome: DialOutcome) -> Option<&'static str> {
    DIAL.iter().find(|(_, known)| *known == outcome).map(|(word, _)| *word)
}

/// `recorded`, `full`, `failed`
pub fn voicemail(text: &str) -> Option<VoicemailOutcome> {
    named(&VOICEMAIL, &word(text))
}

/// `ok`, `failed`: how what the host does ends.
pub fn done(text: &str) -> Option<bool> {
    named(&[("ok", true), ("failed", false)], &word(text))
}

/// What [`looked_up`] reads, in words.
pub const LOOKED_UP: &str = "`missing`, `failed`, `late`, or a row in JSON such as {\"tier\":\"gold\"}";

/// What a source answers: `missing`, `failed`, `late`, or a row in JSON.
pub fn looked_up(text: &str) -> Option<LookupResult> {
    match word(text).as_str() {
        "missing" => Some(LookupResult::Missing),
        "failed" => Some(LookupResult::Failed),
        "late" => Some(LookupResult::Late),
        _ => match serde_json::from_str(text) {
            Ok(Value::Object(row)) => Some(LookupResult::Found(row)),
            _ => None,
        },
    }
}

/// What a source answers next: each answer once, the last one for as often as it is asked.
pub fn next(results: &mut VecDeque<LookupResult>) -> Option<LookupResult> {
    if results.len() > 1 { results.pop_front() } else { results.front().cloned() }
}

/// Keys of a telephone; an error says which one is none.
pub fn keys(text: &str) -> Result<&str, String> {
    match text.chars().find(|key| !matches!(key, '0'..='9' | '*' | '#')) {
        Some(wrong) => Err(format!("there is no key `{}`; keys are 0 to 9, `*` and `#`", shown(&wrong.to_string()))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_in_all_their_spellings() {
        let read = |text: &str| dial(text).map(|result| (result.outcome, result.contact.or(result.digits)));
        let to = Some("sip:a@b".to_owned());
        for (text, wanted) in [
            ("busy", Some((DialOutcome::Busy, None))),
            ("No_Answer", Some((DialOutcome::NoAnswer, None))),
            ("no-answer ", Some((DialOutcome::NoAnswer, None))),
            ("failed", Some((DialOutcome::Unreachable, None))),
            ("486", Some((DialOutcome::Busy, None))),
            ("302", Some((DialOutcome::Redirected, None))),
            ("redirected=sip:a@b", Some((DialOutcome::Redirected, to.clone()))),
            ("redirected to sip:a@b", Some((DialOutcome::Redirected, to.clone()))),
            ("redirected sip:a@b", Some((DialOutcome::Redirected, to))),
            ("key=1#", Some((DialOutcome::Key, Some("1#".to_owned())))),
            ("key=a", None),
            ("key", None),
            ("redirected", None),
            ("redirected=", None),
            ("busy=1", None),
            ("100", None),
            ("", None),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
        for (word, outcome) in DIAL {
            assert!(dial_word(outcome) == Some(word) || word == "failed", "{word}");
        }
    }
}
