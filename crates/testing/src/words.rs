//! Instructions in the words of the language: `group sales for 25s`, `voicemail "closed" box "uk"`, `ended busy`.

use callroute_protocol::{Action, Destination, Forward, Instruction, Members, Prompt, Seconds, Spoken};
use serde_json::Value;

use crate::trace::printable;

/// Characters shown of a text.
const TEXT: usize = 200;

/// A text in quotes, as a script writes it; a long one is cut.
#[must_use]
pub fn quoted(text: &str) -> String {
    in_quotes(text, TEXT)
}

/// A text in quotes, whole, for scripts.
#[must_use]
pub fn literal(text: &str) -> String {
    in_quotes(text, usize::MAX)
}

fn in_quotes(text: &str, most: usize) -> String {
    let mut out = String::from('"');
    for (count, c) in text.chars().enumerate() {
        if count == most {
            out.push('…');
            break;
        }
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A name, in quotes where a script must write them.
#[must_use]
pub fn name(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && !name.ends_with('-');
    if plain { name.to_owned() } else { quoted(name) }
}

/// `500ms`, `20s`, `1m30s`
#[must_use]
pub fn duration(Seconds(ms): Seconds) -> String {
    callroute_calendar::format_duration(ms)
}

/// How members are rung, as the protocol names it, in the language's words.
#[must_use]
pub fn strategy(name: &str) -> &str {
    callroute_protocol::strategy_named(name).map_or(name, |strategy| strategy.words())
}

/// Whom somebody rings.
#[must_use]
pub fn destination(destination: &Destination) -> String {
    match destination {
        Destination::RingGroup(Members { name: Some(name), .. }) => format!("group {}", self::name(name)),
        Destination::RingGroup(Members { members, strategy, .. }) => {
            let members = members.as_deref().unwrap_or_default().join("; ");
            format!("ring {} < {} >", strategy.map_or("all", self::strategy), printable(&members, TEXT))
        }
        Destination::Agent(who) => format!("agent {}", name(who.name.as_deref().unwrap_or_default())),
        Destination::Queue(queue) => format!("queue {}", name(queue.members.name.as_deref().unwrap_or_default())),
        Destination::Number { number } => format!("dial {}", printable(number, TEXT)),
    }
}

fn forward(forward: &Forward) -> String {
    let mut out = destination(&forward.destination);
    if !forward.via.is_empty() {
        out += &format!(" via {}", printable(&forward.via.join(", "), TEXT));
    }
    if let Some(timeout) = forward.timeout {
        out += &format!(" for {}", duration(timeout));
    }
    for (word, text) in [("caller id", &forward.caller_id), ("confirm", &forward.confirm)] {
        out.extend(text.iter().map(|text| format!(" {word} {}", printable(text, TEXT))));
    }
    for (word, text) in [("caller name", &forward.caller_name), ("announce", &forward.announce), ("music", &forward.music)] {
        out.extend(text.iter().map(|text| format!(" {word} {}", quoted(text))));
    }
    if forward.record {
        out += " record";
    }
    out.extend(forward.headers.iter().map(|header| format!(" header {} {}", quoted(&header.name), quoted(&header.value))));
    if !forward.codecs.is_empty() {
        out += &format!(" codecs {}", forward.codecs.join(", "));
    }
    if forward.media.is_some() {
        out += " media relay";
    }
    out
}

/// A value as a script writes it.
#[must_use]
pub fn value(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with('+') || text.starts_with("sip:") || text.starts_with("sips:") => printable(text, TEXT),
        Value::String(text) => quoted(text),
        Value::Array(all) => all.iter().map(self::value).collect::<Vec<_>>().join(", "),
        other => printable(&other.to_string(), TEXT),
    }
}

/// Why a call was hung up, in the language's words.
#[must_use]
pub fn reason(json: &str) -> String {
    json.replace('_', "-")
}

/// What is played.
#[must_use]
pub fn prompt(prompt: &Prompt) -> String {
    match &prompt.what {
        Spoken::Say(text) => format!("say {}", quoted(text)),
        Spoken::Play(file) => format!("play {}", quoted(file)),
    }
}

/// What the words need to know of a script.
pub trait Vocabulary {
    /// This argument of this source is typed in secret.
    fn is_secret(&self, source: &str, param: &str) -> bool;
    /// This argument of this action is a duration.
    fn is_duration(&self, action: &str, param: &str) -> bool;
}

/// Who knows only what is secret.
struct Hidden<F>(F);

impl<F: Fn(&str, &str) -> bool> Vocabulary for Hidden<F> {
    fn is_secret(&self, source: &str, param: &str) -> bool {
        (self.0)(source, param)
    }

    fn is_duration(&self, _: &str, _: &str) -> bool {
        false
    }
}

/// A duration as the protocol writes it, in seconds.
#[must_use]
pub fn seconds(value: &Value) -> String {
    match value.as_f64() {
        // In range: durations are at most a day long.
        Some(seconds) if (0.0..=1e9).contains(&seconds) => duration(Seconds((seconds * 1000.0).round() as u64)),
        _ => self::value(value),
    }
}

/// What is to happen to the call. `hidden` says which arguments of a look-up are secret.
#[must_use]
pub fn action(instruction: &Instruction, hidden: impl Fn(&str, &str) -> bool) -> String {
    action_of(instruction, &Hidden(hidden))
}

/// As [`action`], where more is known of the script.
#[must_use]
pub fn action_of(instruction: &Instruction, vocabulary: &dyn Vocabulary) -> String {
    match &instruction.action {
        Action::Forward(call) => forward(call),
        Action::Menu(menu) => {
            let choices = menu.choices.join(", ");
            let again = if menu.attempt > 1 { format!(", asked {} times", menu.attempt) } else { String::new() };
            format!("menu < {} >{again}", printable(&choices, TEXT))
        }
        Action::Collect(collect) => {
            let again = if collect.attempt > 1 { format!(", asked {} times", collect.attempt) } else { String::new() };
            let secret = if collect.secret { " secret" } else { "" };
            if collect.min_digits == collect.max_digits {
                format!("collect {} digits{secret}{again}", collect.max_digits)
            } else {
                format!("collect {} to {} digits{secret}{again}", collect.min_digits, collect.max_digits)
            }
        }
        Action::Play {} => "prompts alone".to_owned(),
        Action::Voicemail(voicemail) => {
            let mut out = format!("voicemail {}", quoted(&voicemail.message));
            out.extend(voicemail.mailbox.iter().map(|mailbox| format!(" box {}", name(mailbox))));
            out.extend(voicemail.max_duration.map(|most| format!(" for {}", duration(most))));
            out
        }
        Action::Reject(reject) => {
            let code = match reject.code {
                486 => "busy".to_owned(),
                603 => "declined".to_owned(),
                480 => "unavailable".to_owned(),
                code => code.to_string(),
            };
            let text = reject.text.as_ref().map(|text| format!(" {}", quoted(text))).unwrap_or_default();
            format!("reject {code}{text}")
        }
        Action::Redirect(redirect) => {
            format!("redirect {}{}", printable(&redirect.to, TEXT), if redirect.code == 301 { " permanent" } else { "" })
        }
        Action::Hangup { reason } => format!("hangup, ended {}", self::reason(reason)),
        Action::Lookup(lookup) => {
            let args: Vec<String> = lookup
                .args
                .iter()
                .map(|(param, arg)| if vocabulary.is_secret(&lookup.source, param) { "(secret)".to_owned() } else { value(arg) })
                .collect();
            format!("lookup {}({})", lookup.source, args.join(", "))
        }
        Action::Host(action) => {
            let shown = |(param, arg): (&String, &Value)| {
                if vocabulary.is_duration(&action.action, param) { seconds(arg) } else { value(arg) }
            };
            let args: Vec<String> = action.args.iter().map(shown).collect();
            format!("{}({})", action.action, args.join(", "))
        }
        Action::None {} => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_must_be() {
        for (plain, shown) in
            [("sales", "sales"), ("on-call", "on-call"), ("24x7", "\"24x7\""), ("josé", "\"josé\""), ("a\"b", "\"a\\\"b\"")]
        {
            assert_eq!(name(plain), shown);
        }
    }
}
