//! SIP addresses (RFC 3261) out of what scripts and callers give: whatever stands in a text, it stays one address, and in its place.

/// The digits of a telephone number, from `+14155550123`, `4101`, `*97` or `tel:+14155550123`; `None` for what is an address.
pub(crate) fn number(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("tel:").map(|rest| rest.split(';').next().unwrap_or(rest)).unwrap_or(address);
    let digits = rest.strip_prefix('+').unwrap_or(rest);
    let only = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
    (!digits.is_empty() && digits.chars().all(only)).then_some(rest)
}

/// An address as it may stand in a request line or between `<` and `>`: what may not is percent-encoded.
pub(crate) fn address(text: &str) -> String {
    let known = callroute_numbers::is_sip(text) || text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("tel:"));
    let encoded = encode(text, |c| c.is_ascii_alphanumeric() || b"-_.!~*'()%&=+$,;?/:@[]#".contains(&c));
    if known { encoded } else { format!("sip:{encoded}") }
}

/// `user@host` as a SIP address; `host` may be an address itself (`sip:gw.example.com:5070;transport=tcp`), whose user is replaced.
pub(crate) fn at(user: &str, host: &str) -> String {
    let host = address(host);
    let (scheme, rest) = host.split_once(':').unwrap_or(("sip", &host));
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    format!("{scheme}:{}@{rest}", encode(user, |c| c.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&c)))
}

/// Adds a parameter to an address.
pub(crate) fn parameter(uri: &mut String, name: &str, value: &str) {
    uri.push(';');
    uri.push_str(name);
    uri.push('=');
    uri.push_str(&encode(value, |c| c.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&c)));
}

/// A header line without its end; `None` when the name is no token. What may not stand in a line is a space.
pub(crate) fn header(name: &str, value: &str) -> Option<String> {
    let token = |c: u8| c.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&c);
    let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (!name.is_empty() && name.bytes().all(token)).then(|| format!("{name}: {}", value.trim()))
}

/// A text as `quoted-string`.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for half in [byte >> 4, byte & 15] {
                encoded.push(char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::{address, at, header, number, parameter, quoted};

    #[test]
    fn numbers_and_addresses() {
        assert_eq!(number("+14155550123"), Some("+14155550123"));
        assert_eq!(number("tel:+14155550123;phone-context=x"), Some("+14155550123"));
        assert_eq!(number("*97"), Some("*97"));
        assert_eq!(number("sip:ana@example.com"), None);
        assert_eq!(number("+"), None);
        assert_eq!(address("sip:ana@example.com;transport=tcp"), "sip:ana@example.com;transport=tcp");
        assert_eq!(address("SIPS:ana@example.com"), "SIPS:ana@example.com");
        assert_eq!(address("sip:[::1]:5060"), "sip:[::1]:5060");
    }

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(address("sip:a@b>\r\nVia: x"), "sip:a@b%3E%0D%0AVia:%20x");
        assert_eq!(at("a@evil;x#", "sip:gw.example.com;transport=tcp"), "sip:a%40evil;x%23@gw.example.com;transport=tcp");
        assert_eq!(at("+1", "gw.example.com"), "sip:+1@gw.example.com");
        assert_eq!(at("+1", "sip:old@gw.example.com"), "sip:+1@gw.example.com");
        let mut uri = "sip:vm@example.com".to_owned();
        parameter(&mut uri, "box", "a;b=c@d");
        assert_eq!(uri, "sip:vm@example.com;box=a%3Bb%3Dc%40d");
        assert_eq!(header("Alert-Info", "a\r\nVia: x"), Some("Alert-Info: a  Via: x".to_owned()));
        assert_eq!(header("A B", "x"), None);
        assert_eq!(quoted("a\"b\\\r\n"), "\"a\\\"b\\\\  \"");
    }
}
