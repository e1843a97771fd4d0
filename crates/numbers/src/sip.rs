//! The parts of a `sip:` or `sips:` URI (RFC 3261, section 19.1) that routing looks at. Not a general URI parser.

use std::ops::Range;

use crate::scan::{MAX_TEXT, Scanned, Separators, scan};

/// A SIP URI, borrowed from its text.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) struct SipUri<'a> {
    secure: bool,
    /// As written, without a password.
    pub user: Option<&'a str>,
    host: &'a str,
    /// Digits.
    port: Option<&'a str>,
    /// `;user=phone`.
    user_is_phone: bool,
}

/// What can be wrong with an address.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
#[non_exhaustive]
pub enum AddressFault {
    /// Nothing stands where the host should.
    NoHost,
    /// Nothing stands before the `@`.
    NoUser,
    /// A character that no host name has.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// A space, a bracket or a control character inside.
    Character,
    /// More than 256 bytes.
    TooLong,
}

impl AddressFault {
    /// What is wrong, as a sentence without its end.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::NoHost => "the address has no host",
            Self::NoUser => "the address has nothing before its `@`",
            Self::Host => "the host of the address has a character that no host name has",
            Self::Port => "the port of the address is not a number from 1 to 65535",
            Self::Character => "the address has a space, a bracket or a control character in it",
            Self::TooLong => "the address is longer than 256 bytes",
        }
    }
}

/// What comes after a head (a scheme, a parameter's name), without regard to its case.
pub(crate) fn strip_head<'a>(text: &'a str, head: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(head.len())?;
    start.eq_ignore_ascii_case(head).then_some(rest)
}

/// The scheme of a SIP URI and what follows it; `true` is `sips`.
pub(crate) fn sip_scheme(text: &str) -> Option<(bool, &str)> {
    strip_head(text, "sip:").map(|rest| (false, rest)).or_else(|| strip_head(text, "sips:").map(|rest| (true, rest)))
}

/// Does a text begin as a SIP address (`sip:`, `sips:`), whatever comes then?
#[must_use]
pub fn is_sip(text: &str) -> bool {
    sip_scheme(text).is_some()
}

impl<'a> SipUri<'a> {
    /// Reads what follows the scheme.
    pub fn parse(secure: bool, rest: &'a str) -> Result<SipUri<'a>, AddressFault> {
        if rest.contains(|found: char| found.is_whitespace() || found.is_control() || matches!(found, '<' | '>' | '"')) {
            return Err(AddressFault::Character);
        }
        let (user, host_part) = match rest.split_once('@') {
            Some((user, host_part)) => (Some(user.split_once(':').map_or(user, |(user, _password)| user)), host_part),
            None => (None, rest),
        };
        if user.is_some_and(str::is_empty) {
            return Err(AddressFault::NoUser);
        }
        let before_headers = host_part.split_once('?').map_or(host_part, |(before, _)| before);
        let (host_port, parameters) = before_headers.split_once(';').unwrap_or((before_headers, ""));
        let user_is_phone = user.is_some() && parameters.split(';').any(|parameter| parameter.eq_ignore_ascii_case("user=phone"));
        let (host, port) = split_port(host_port)?;
        if port.is_some_and(|port| {
            port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(port.parse::<u16>(), Ok(1..))
        }) {
            return Err(AddressFault::Port);
        }
        Ok(SipUri { secure, user, host, port, user_is_phone })
    }

    /// Whether its text is longer than what is kept of an address.
    pub fn is_too_long(&self) -> bool {
        self.text_len() > MAX_TEXT
    }

    /// The number that its user is, if it is one: E.164 always, any other only where the URI says `user=phone`. A host that
    /// begins with a plus is none, so that `sip:+13125550100` without a host is read as its user.
    pub fn number(&self) -> Scanned {
        let user = match self.user {
            Some(user) => user,
            None if self.host.starts_with('+') => self.host,
            None => return Scanned::Other,
        };
        match scan_user(user) {
            Scanned::Number { number, .. } if !number.is_e164() && !self.user_is_phone => Scanned::Other,
            scanned => scanned,
        }
    }

    /// Whether the host is the one that RFC 3323 reserves for callers who want to stay unknown.
    pub fn host_is_anonymous(&self) -> bool {
        self.host.eq_ignore_ascii_case("anonymous.invalid")
    }

    fn text_len(&self) -> usize {
        4 + usize::from(self.secure)
            + self.user.map_or(0, |user| user.len() + 1)
            + self.host.len()
            + self.port.map_or(0, |port| port.len() + 1)
    }

    /// Appends the normalised text, `sip:user@host:port`, and gives where the host stands in `buf`.
    pub fn write(&self, buf: &mut String) -> Range<usize> {
        buf.push_str(if self.secure { "sips:" } else { "sip:" });
        if let Some(user) = self.user {
            buf.push_str(user);
            buf.push('@');
        }
        let start = buf.len();
        buf.push_str(self.host);
        let host = start..buf.len();
        if let Some(host) = buf.get_mut(host.clone()) {
            host.make_ascii_lowercase();
        }
        if let Some(port) = self.port {
            buf.push(':');
            buf.push_str(port);
        }
        host
    }
}

/// Reads the user of an address as a number.
fn scan_user(user: &str) -> Scanned {
    // Parameters of RFC 3966 may follow the number inside the user.
    scan(user.split_once(';').map_or(user, |(number, _)| number), Separators::Uri)
}

/// The E.164 user of what is no sound address: a caller does not get past a list of numbers by a fault in the host.
pub(crate) fn number_in_spite(rest: &str) -> Scanned {
    let user = rest.split_once('@').map_or(rest, |(user, _)| user);
    match scan_user(user.split_once(':').map_or(user, |(user, _password)| user)) {
        Scanned::Number { number, .. } if !number.is_e164() => Scanned::Other,
        scanned => scanned,
    }
}

/// Splits the port off, and judges the host.
fn split_port(text: &str) -> Result<(&str, Option<&str>), AddressFault> {
    if let Some(inside) = text.strip_prefix('[') {
        // An IPv6 reference. That its groups are sound is the business of whoever dials it.
        let (address, after) = inside.split_once(']').ok_or(AddressFault::Host)?;
        let sound = !address.is_empty() && address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
        let host = text.get(..address.len() + 2).filter(|_| sound).ok_or(AddressFault::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(AddressFault::Host),
        };
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    if host.is_empty() {
        return Err(AddressFault::NoHost);
    }
    // Letters of other scripts are let through: names of the kind are in use, and a name that does not resolve is only
    // unreachable.
    let digits = host.strip_prefix('+').unwrap_or(host);
    if digits.chars().all(|found| found.is_alphanumeric() || matches!(found, '-' | '.' | '_')) {
        Ok((host, port))
    } else {
        Err(AddressFault::Host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Result<String, AddressFault> {
        let (secure, rest) = sip_scheme(text).unwrap();
        let mut buf = String::new();
        SipUri::parse(secure, rest)?.write(&mut buf);
        Ok(buf)
    }

    #[test]
    fn the_normal_text() {
        for (text, expected) in [
            ("SIP:Ana@Example.COM", "sip:Ana@example.com"),
            ("sips:ana@example.com:5061;transport=TLS?subject=x", "sips:ana@example.com:5061"),
            ("sip:ana:secret@host", "sip:ana@host"),
            ("sip:gw1.Example.com", "sip:gw1.example.com"),
            ("sip:ana@[2001:DB8::1]:5060", "sip:ana@[2001:db8::1]:5060"),
            ("sip:ana;x=1@host;y=2", "sip:ana;x=1@host"),
            ("sip:ana@host?to=b@c", "sip:ana@host"),
        ] {
            assert_eq!(normal(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn faults() {
        for (text, fault) in [
            ("sip:", AddressFault::NoHost),
            ("sip:ana@", AddressFault::NoHost),
            ("sip:@host", AddressFault::NoUser),
            ("sip::x@host", AddressFault::NoUser),
            ("sip:a@b@c", AddressFault::Host),
            ("sip:a@[::1", AddressFault::Host),
            ("sip:a@[]", AddressFault::Host),
            ("sip:a@[::1]x", AddressFault::Host),
            ("sip:a@b%c", AddressFault::Host),
            ("sip:a@b:", AddressFault::Port),
            ("sip:a@b:0", AddressFault::Port),
            ("sip:a@b:65536", AddressFault::Port),
            ("sip:a@b:+5", AddressFault::Port),
            ("sip:a b@c", AddressFault::Character),
            ("sip:a\u{7}@c", AddressFault::Character),
        ] {
            assert_eq!(normal(text), Err(fault), "{text}");
        }
        let long = format!("{}@host", "a".repeat(300));
        assert!(SipUri::parse(false, &long).unwrap().is_too_long());
    }
}
