//! What several dialects say alike: greetings, durations, long texts, the words of verdicts.

use callroute_protocol::Spoken;
use serde_json::{Map, Value};

use crate::dialect::{Unreadable, Unsayable, Verdict};
use crate::request::Request;
use crate::settings::{Settings, SettingsError};

/// Whole seconds, rounded up; at least one.
pub(crate) fn seconds(ms: u64) -> u64 {
    ms.div_ceil(1000).max(1)
}

/// The greeting of a voicemail: what is said or played (the address of a recording); `None` when nobody knows what it is.
pub(crate) fn greeting(settings: &Settings, message: &str) -> Option<Spoken> {
    let address = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    if let Some(known) = settings.greetings.get(message) {
        return Some(if address(known) { Spoken::Play(known.clone()) } else { Spoken::Say(known.clone()) });
    }
    if is_file(message) {
        return settings.recording(message).map(Spoken::Play);
    }
    message.trim().contains(char::is_whitespace).then(|| Spoken::Say(message.to_owned()))
}

/// Does it look like a file or an address?
fn is_file(name: &str) -> bool {
    !name.contains(char::is_whitespace)
        && name.rsplit_once('.').is_some_and(|(_, end)| (2..=4).contains(&end.len()) && end.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// What a script's greeting is taken for, when it is loaded.
pub(crate) fn judge_greeting(settings: &Settings, message: Option<&str>) -> Verdict {
    match message {
        None => Verdict::Differs(
            "a greeting that is computed, and that the settings' `greetings` do not name, is said if it has several words".to_owned(),
        ),
        Some(message) if greeting(settings, message).is_some() => Verdict::Can,
        Some(message) => Verdict::Cannot(format!(
            "nothing says what the greeting `{message}` is: in the settings, `greetings` with `\"{message}\" = \"We are closed.\"` (said) or \
             `= \"https://…/closed.wav\"` (played)"
        )),
    }
}

/// A recording that the platform fetches.
pub(crate) fn judge_recording(settings: &Settings, name: &str) -> Verdict {
    match settings.recording(name) {
        Some(_) => Verdict::Can,
        None => {
            Verdict::Cannot(format!("the platform fetches recordings: in the settings, `media = \"https://…\"` says where `{name}` lies"))
        }
    }
}

/// A recording's address, for writing.
pub(crate) fn recording(settings: &Settings, name: &str) -> Result<String, Unsayable> {
    settings.recording(name).ok_or_else(|| Unsayable(format!("the recording `{name}` has no address: the settings have no `media`")))
}

/// An action of the host, which is an address that the settings give it.
pub(crate) fn judge_action(settings: &Settings, name: &str) -> Verdict {
    match settings.actions.get(name) {
        Some(_) => Verdict::Can,
        None => Verdict::Cannot(format!(
            "the settings do not say what the action `{name}` is: `actions` with `{name} = \"https://…\"`, which is asked with its arguments"
        )),
    }
}

/// Why an address that is no number cannot be rung through a trunk, where the platform knows no next hop.
pub(crate) fn no_hop(platform: &str, is_address: bool, address: &str, trunk: Option<&str>) -> Option<String> {
    let trunk = trunk.filter(|_| is_address)?;
    Some(format!(
        "`via` leads telephone numbers through a trunk here: {platform} cannot send a call to `{address}` through `{trunk}`; leave out `via`, or \
         `dial` the number that the trunk knows"
    ))
}

/// Callbacks are made from the address, so it must be one.
pub(crate) fn needs_address(dialect: &'static str, settings: &Settings) -> Result<(), SettingsError> {
    let address = settings.address.as_str();
    if (address.starts_with("https://") || address.starts_with("http://")) && !address.contains(['#', ' ']) {
        return Ok(());
    }
    let what = "must be the address under which the platform reaches this script, such as `https://route.example.com/office`";
    Err(SettingsError::Wrong(dialect, "address", what.to_owned()))
}

/// Pieces of at most so many characters, parted at spaces where there are any.
pub(crate) fn pieces(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(most) {
        let (head, _) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let at = head.rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(end);
        let (piece, left) = rest.split_at_checked(at).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = left.trim_start();
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// What a platform says that sends JSON with POST, and the same as fields of the query with GET.
pub(crate) fn body_or_query(request: &Request<'_>) -> Result<Map<String, Value>, Unreadable> {
    if request.method == "GET" {
        return Ok(request.query_fields().iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect());
    }
    match serde_json::from_slice(request.body) {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) => Err(Unreadable("the body is JSON, but no object".to_owned())),
        Err(error) => Err(Unreadable(format!("the body is not JSON: {error}"))),
    }
}

/// A text of the settings with a value put in its place.
pub(crate) fn filled(template: &str, name: &str, value: &str) -> String {
    template.replace(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_parted_at_spaces() {
        assert_eq!(pieces("one two three", 8), ["one two", "three"]);
        assert_eq!(pieces("onetwothree", 4), ["onet", "woth", "ree"]);
        assert_eq!(pieces("éééé", 2), ["éé", "éé"]);
        assert_eq!(pieces("", 2), [""]);
        assert_eq!(pieces("ab", 2), ["ab"]);
    }

    #[test]
    fn greetings_are_what_the_settings_say_or_what_they_look_like() {
        let mut settings = Settings { media: Some("https://m.example.com/a/".to_owned()), ..Settings::default() };
        settings.greetings.insert("closed".to_owned(), "We are closed.".to_owned());
        settings.greetings.insert("open".to_owned(), "https://m.example.com/open.wav".to_owned());
        assert_eq!(greeting(&settings, "closed"), Some(Spoken::Say("We are closed.".to_owned())));
        assert_eq!(greeting(&settings, "open"), Some(Spoken::Play("https://m.example.com/open.wav".to_owned())));
        assert_eq!(greeting(&settings, "front.wav"), Some(Spoken::Play("https://m.example.com/a/front.wav".to_owned())));
        assert_eq!(greeting(&settings, "Leave a message."), Some(Spoken::Say("Leave a message.".to_owned())));
        assert_eq!(greeting(&settings, "front_desk"), None);
        settings.media = None;
        assert_eq!(greeting(&settings, "front.wav"), None);
    }
}
