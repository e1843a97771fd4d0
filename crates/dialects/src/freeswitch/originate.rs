//! FreeSWITCH's dial strings: `{variables of all}[variables of one]endpoint,[…]endpoint|…`.
//!
//! The language has quotes and escapes, but its parts are taken apart before anybody looks at them: brackets are counted, `|` parts the
//! string, `:_:` makes another kind of it, and variables are expanded first of all. So nothing is escaped here but the comma in braces,
//! which can be; everything else that means something becomes a space in a text, and is percent-encoded in an address.

use callroute_protocol::Forward;

use crate::dialect::Unsayable;
use crate::legs::Phone;
use crate::sip;
use crate::times::Phones;

/// A text that holds no variable and no escape, on one line. It may stand behind `NAME=` of the application `set`, and anywhere else where
/// FreeSWITCH takes an application's data as a whole.
pub(super) fn plain(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '$' | '\\' | '\'');
    text.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}

/// A text that means nothing to any of FreeSWITCH's parsers: for use within a dial string's brackets, or between quotes.
pub(super) fn quiet(text: &str) -> String {
    let odd = |c: char| matches!(c, '"' | '`' | ',' | '|' | '[' | ']' | '{' | '}' | '<' | '>' | '^' | '=' | ';' | ':');
    let text: String = plain(text).chars().map(|c| if odd(c) { ' ' } else { c }).collect();
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// The data of the application `set`.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("{name}={}", plain(value))
}

/// The value of a variable in braces.
fn braced(text: &str) -> String {
    let text: String = plain(text).chars().map(|c| if matches!(c, '{' | '}') { ' ' } else { c }).collect();
    text.trim().replace(":_:", ": :").replace(',', "\\,")
}

/// An address in which nothing is a sign of a dial string.
pub(super) fn address(text: &str) -> String {
    let mut safe = String::new();
    for byte in sip::address(text).bytes() {
        if byte.is_ascii_alphanumeric() || b"-.!~*()%&=+;/:@?_#".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    // This makes many dial strings of one.
    safe.replace(":_:", ":%5F:")
}

/// A telephone's endpoint. `user/1001` and `user/1001@example.com` are FreeSWITCH's own users.
fn endpoint(phone: &str, trunk: Option<&str>, gateway: &str, profile: &str) -> Result<String, Unsayable> {
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    if let Some(user) = phone.strip_prefix("user/") {
        return if word(user) { Ok(phone.to_owned()) } else { Err(Unsayable(format!("`{phone}` is no user of FreeSWITCH"))) };
    }
    let outside = |address: &str| format!("sofia/{profile}/{}", address.strip_prefix("sip:").unwrap_or(address));
    Ok(match (sip::number(phone), trunk) {
        (Some(number), None) => format!("sofia/gateway/{gateway}/{number}"),
        (Some(number), Some(trunk)) if word(trunk) && !trunk.contains('@') && !trunk.contains('.') => {
            format!("sofia/gateway/{trunk}/{number}")
        }
        (Some(number), Some(trunk)) => outside(&address(&sip::at(number, trunk))),
        (None, None) => outside(&address(phone)),
        (None, Some(trunk)) => {
            let hop = address(trunk);
            format!("{};fs_path={}", outside(&address(phone)), hop.replace(';', "%3B").replace('?', "%3F"))
        }
    })
}

/// What a dial step rings. `announce` and `confirm` are what whoever picks up hears: a file as FreeSWITCH plays it.
pub(super) fn dial_string(
    forward: &Forward,
    gateway: &str,
    profile: &str,
    announce: Option<&str>,
    confirm: &dyn Fn(&str) -> Result<String, Unsayable>,
) -> Result<String, Unsayable> {
    let phones = Phones::of(forward);
    let times = phones.times();
    if times.is_empty() || times.len() > super::AT_ONCE || forward.via.len() > 1 {
        return Err(Unsayable("a group that is not in legs".to_owned()));
    }
    let mut all = vec!["ignore_early_media=true".to_owned()];
    if let Some(total) = forward.timeout {
        all.push(format!("originate_timeout={}", super::whole(total)));
    }
    if let Some(id) = &forward.caller_id {
        all.push(format!("origination_caller_id_number={}", braced(sip::number(id).unwrap_or(id))));
    }
    if let Some(name) = &forward.caller_name {
        all.push(format!("origination_caller_id_name={}", braced(name)));
    }
    for header in &forward.headers {
        let name = header.name.as_str();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(Unsayable(format!("`{name}` is no name of a header that FreeSWITCH can send")));
        }
        all.push(format!("sip_h_{name}={}", braced(&header.value)));
    }
    if !forward.codecs.is_empty() {
        all.push(format!("absolute_codec_string={}", braced(&forward.codecs.join(",").to_ascii_uppercase())));
    }
    let legs = times
        .iter()
        .map(|(phone, time)| {
            let variables = leg(phone, *time, announce, confirm)?;
            let endpoint = endpoint(&phone.address, forward.via.first().map(String::as_str), gateway, profile)?;
            Ok(if variables.is_empty() { endpoint } else { format!("[{}]{endpoint}", variables.join(",")) })
        })
        .collect::<Result<Vec<_>, Unsayable>>()?;
    Ok(format!("{{{}}}{}", all.join(","), legs.join(if phones.in_sequence { "|" } else { "," })))
}

fn leg(
    phone: &Phone,
    time: Option<u64>,
    announce: Option<&str>,
    confirm: &dyn Fn(&str) -> Result<String, Unsayable>,
) -> Result<Vec<String>, Unsayable> {
    let mut variables = Vec::new();
    if phone.delay > 0 {
        variables.push(format!("leg_delay_start={}", super::seconds(phone.delay)));
    }
    if let Some(time) = time {
        // It counts from the moment at which this phone starts to ring.
        variables.push(format!(
            "leg_timeout={}",
            super::seconds(time.saturating_sub(if phone.timeout.is_some() { 0 } else { phone.delay }).max(1))
        ));
    }
    match (&phone.confirm, announce) {
        (Some(key), _) => {
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#') {
                return Err(Unsayable(format!("`{key}` is no key")));
            }
            variables.push(format!("group_confirm_key={key}"));
            variables.push(format!("group_confirm_file={}", confirm(key)?));
        }
        (None, Some(file)) => {
            variables.push("group_confirm_key=exec".to_owned());
            variables.push(format!("group_confirm_file=playback {file}"));
        }
        (None, None) => {}
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    use super::{address, braced, endpoint, plain, quiet};

    #[test]
    fn texts_mean_nothing() {
        assert_eq!(plain("a ${b} \\n 'c'\r\n"), "a  {b}  n  c   ");
        assert_eq!(quiet("a,b|c [d] {e} <f>: \"g\" ^^;=`"), "a b c d e f g");
        assert_eq!(braced("<http://x>;info=a, b {c} :_: 'd'"), "<http://x>;info=a\\, b  c  : :  d");
    }

    #[test]
    fn addresses_stay_one_address() {
        assert_eq!(address("sip:a,loopback/9999@x|error/user_busy"), "sip:a%2Cloopback/9999@x%7Cerror/user_busy");
        assert_eq!(address("sip:a:_:b@x"), "sip:a:%5F:b@x");
        assert_eq!(address("sip:[a]'$@x"), "sip:%5Ba%5D%27%24@x");
        let at = |phone: &str, trunk: Option<&str>| endpoint(phone, trunk, "carrier", "external");
        assert_eq!(at("+14155550123", None).unwrap(), "sofia/gateway/carrier/+14155550123");
        assert_eq!(at("+14155550123", Some("backup")).unwrap(), "sofia/gateway/backup/+14155550123");
        assert_eq!(at("+14155550123", Some("sip:gw.example.com")).unwrap(), "sofia/external/+14155550123@gw.example.com");
        assert_eq!(at("sip:ana@example.com", None).unwrap(), "sofia/external/ana@example.com");
        assert_eq!(at("sip:ana@x.org", Some("sip:gw;lr")).unwrap(), "sofia/external/ana@x.org;fs_path=sip:gw%3Blr");
        assert_eq!(at("user/1001@x.org", None).unwrap(), "user/1001@x.org");
        assert!(at("user/1001|loopback/9", None).is_err());
    }
}
