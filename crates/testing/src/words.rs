//! Instructions in the words of the language: `group sales for 25s`, `voicemail "closed" box "uk"`, `ended busy`.

use callroute_analysis::typed::Program;
use callroute_protocol::{
    Action, Destination, Forward, Instruction, Members, Prompt, Redirect, Reject, Seconds, Spoken, Voicemail, strategy_named,
};
use callroute_runtime::Strategy;
use serde_json::Value;

use crate::trace::printable;
use crate::values;

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

/// For whom words are written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum For<'p> {
    /// To be read: what is long is cut.
    People,
    /// To stand in this script: whole, and so that it is read as what it is.
    Script(&'p Program),
}

impl For<'_> {
    /// A text in which a brace is a brace.
    pub(crate) fn literal(self, text: &str) -> String {
        match self {
            Self::People => quoted(text),
            Self::Script(_) => literal(text),
        }
    }

    /// A text that could hold values.
    pub(crate) fn text(self, text: &str) -> String {
        match self {
            Self::People => quoted(text),
            Self::Script(_) => literal(text).replace('{', "\\{").replace('}', "\\}"),
        }
    }

    /// A name, in quotes where a script must write them.
    fn name(self, text: &str) -> String {
        let name = name(text);
        if name == text { name } else { self.literal(text) }
    }

    fn address(self, text: &str) -> String {
        match self {
            Self::People => printable(text, TEXT),
            Self::Script(_) => values::address(text),
        }
    }

    fn member(self, text: &str) -> String {
        text.strip_prefix("agent:").map_or_else(|| self.address(text), |agent| format!("agent {}", self.name(agent)))
    }

    /// The telephone system gets the address of a trunk, and only a script knows its name.
    fn trunk(self, text: &str) -> String {
        match self {
            Self::People => printable(text, TEXT),
            Self::Script(program) => {
                let known = program.trunks.iter().find(|trunk| trunk.address.to_string() == text);
                self.name(known.map_or(text, |trunk| &trunk.name))
            }
        }
    }
}

/// Whom somebody rings.
#[must_use]
pub fn destination(destination: &Destination) -> String {
    match destination {
        Destination::RingGroup(Members { name: None, members, strategy }) => {
            let members: Vec<String> = members.iter().flatten().map(|member| For::People.member(member)).collect();
            format!("ring {} < {} >", strategy.map_or("all", self::strategy), printable(&members.join("; "), TEXT))
        }
        _ => whom(destination, For::People),
    }
}

/// Whom somebody rings; of a group without a name only how.
fn whom(destination: &Destination, reader: For<'_>) -> String {
    let named = |kind: &str, who: &Members| format!("{kind} {}", reader.name(who.name.as_deref().unwrap_or_default()));
    match destination {
        Destination::RingGroup(Members { name: None, strategy, .. }) => format!("ring {}", strategy.map_or("all", self::strategy)),
        Destination::RingGroup(who) => named("group", who),
        Destination::Agent(who) => named("agent", who),
        Destination::Queue(queue) => named("queue", &queue.members),
        Destination::Number { number } => format!("dial {}", reader.address(number)),
    }
}

/// The members of a group without a name, as a block.
fn members(forward: &Forward, who: &Members, reader: For<'_>) -> String {
    let all = who.members.as_deref().unwrap_or_default();
    let script = matches!(reader, For::Script(_));
    let weighted = script && who.strategy.and_then(strategy_named) == Some(Strategy::ByWeight);
    let written: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(at, member)| {
            let mut out = String::new();
            if weighted {
                // The order was drawn; with which shares nobody hears, and an expectation must have some.
                let share = 100usize.checked_div(all.len()).unwrap_or(0);
                let rest = 100usize.saturating_sub(share.saturating_mul(all.len()));
                out = format!("{}% ", if at == 0 { share.saturating_add(rest) } else { share });
            }
            out += &reader.member(member);
            let after = forward.delays.get(at).filter(|Seconds(ms)| *ms > 0);
            out.extend(after.map(|after| format!(" after {}", duration(*after))));
            out.extend(forward.member_timeouts.get(at).copied().flatten().map(|most| format!(" for {}", duration(most))));
            out.extend(forward.confirms.get(at).and_then(Option::as_ref).map(|key| format!(" confirm {key}")));
            out
        })
        .collect();
    let written = written.join("; ");
    format!(" < {} >", if script { written } else { printable(&written, TEXT) })
}

pub(crate) fn forward(forward: &Forward, reader: For<'_>) -> String {
    let mut out = whom(&forward.destination, reader);
    if !forward.via.is_empty() {
        let via: Vec<String> = forward.via.iter().map(|trunk| reader.trunk(trunk)).collect();
        out += &format!(" via {}", via.join(", "));
    }
    let in_place = match &forward.destination {
        Destination::RingGroup(who) if who.name.is_none() => Some(who),
        _ => None,
    };
    if let Some(each) = forward.member_timeout.filter(|_| in_place.is_some()) {
        out += &format!(" each {}", duration(each));
    }
    if let Some(timeout) = forward.timeout {
        out += &format!(" for {}", duration(timeout));
    }
    out.extend(forward.caller_id.iter().map(|number| format!(" caller id {}", reader.address(number))));
    out.extend(forward.confirm.iter().map(|key| format!(" confirm {}", printable(key, TEXT))));
    for (word, text) in [("caller name", &forward.caller_name), ("announce", &forward.announce)] {
        out.extend(text.iter().map(|text| format!(" {word} {}", reader.text(text))));
    }
    out.extend(forward.music.iter().map(|music| format!(" music {}", reader.literal(music))));
    if forward.record {
        out += " record";
    }
    out.extend(forward.headers.iter().map(|header| format!(" header {} {}", reader.literal(&header.name), reader.literal(&header.value))));
    if !forward.codecs.is_empty() {
        out += &format!(" codecs {}", forward.codecs.join(", "));
    }
    if forward.media.is_some() {
        out += " media relay";
    }
    out.extend(in_place.map(|who| members(forward, who, reader)));
    out
}

pub(crate) fn voicemail(voicemail: &Voicemail, reader: For<'_>) -> String {
    let mut out = format!("voicemail {}", reader.literal(&voicemail.message));
    out.extend(voicemail.mailbox.iter().map(|mailbox| format!(" box {}", reader.name(mailbox))));
    out.extend(voicemail.max_duration.map(|most| format!(" for {}", duration(most))));
    out
}

pub(crate) fn reject(reject: &Reject, reader: For<'_>) -> String {
    let code = match reject.code {
        486 => "busy".to_owned(),
        603 => "declined".to_owned(),
        480 => "unavailable".to_owned(),
        code => code.to_string(),
    };
    let text = reject.text.as_ref().map(|text| format!(" {}", reader.text(text))).unwrap_or_default();
    format!("reject {code}{text}")
}

pub(crate) fn redirect(redirect: &Redirect, reader: For<'_>) -> String {
    format!("redirect {}{}", reader.address(&redirect.to), if redirect.code == 301 { " permanent" } else { "" })
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
    prompt_for(prompt, For::People)
}

pub(crate) fn prompt_for(prompt: &Prompt, reader: For<'_>) -> String {
    match &prompt.what {
        Spoken::Say(text) => format!("say {}", reader.text(text)),
        Spoken::Play(file) => format!("play {}", reader.literal(file)),
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
        Action::Forward(call) => forward(call, For::People),
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
        Action::Voicemail(voicemail) => self::voicemail(voicemail, For::People),
        Action::Reject(reject) => self::reject(reject, For::People),
        Action::Redirect(redirect) => self::redirect(redirect, For::People),
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
