//! `continue`: the state of a call, sealed, so that any copy of a server can go on with it and nobody who carries or logs it
//! can read what the caller typed.
//!
//! It is a PASETO v4.local token. Its footer names the key by an identifier made from the key itself, so keys can be changed
//! while calls are running; the payload is a JSON object of one text, because PASETO wants JSON: the base64 of
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of this layout; with 16 there is a rider, with 32 the state is whole |
//! | 5 | expiry, seconds since 1970-01-01T00:00:00Z, little-endian |
//! | 8 | start of the hash of the script |
//! | 8 | start of the SHA-256 of the call's id |
//! | 2, if there is one | bytes of the rider, little-endian |
//! | as said | the rider: what whoever speaks for a telephone system wants back, see [`Opened`] |
//! | rest | the state, as the runtime writes it, without the beginning that tells of script and call ([`state_head`]) |
//!
//! Every byte counts: platforms carry tokens in addresses, and half of the work for an answer is sealing one.
//!
//! Expiry is judged by the timestamps of the events, never by a clock.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE_NO_PAD};
use callroute_runtime::state_head;
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use sha2::{Digest as _, Sha256};

/// Version of the layout.
const VERSION: u8 = 3;
/// In the version's byte: there is a rider.
const RIDER: u8 = 16;
/// In the version's byte: the state is there from its beginning.
const WHOLE: u8 = 32;
/// Bytes at most before the rider.
const HEAD: usize = 24;
/// Bytes of the expiry; it is enough for 34,000 years.
const EXPIRY: usize = 5;
/// Bytes of the footer.
const FOOTER: usize = 6;
/// Bytes of a rider at most.
pub const MAX_RIDER: usize = 8 * 1024;
/// Characters of a token at most that is looked at. The largest state of the runtime stays below, an ordinary one far below.
const MAX_TOKEN: usize = 512 * 1024;
/// Bound to every token: what it is for.
const PURPOSE: &[u8] = b"callroute continue";
/// Seconds for which a token is valid after the event that it answers, unless a host says otherwise: four hours.
pub const DEFAULT_LIFETIME: i64 = 4 * 60 * 60;

/// Why a token is refused. None of these ever leads to a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenError {
    /// No token at all: not of the form that this writes.
    Form,
    /// Sealed with a key that is not in the ring.
    UnknownKey,
    /// Changed on its way, or damaged.
    Changed,
    /// Of a version that this does not know.
    Version,
    /// Of a script that is not this one, or of another compilation of it.
    OtherScript,
    /// Of another call.
    OtherCall,
    /// Too old; how many seconds ago it ended.
    Expired(i64),
    /// Intact, but not a state that the script can be in.
    State,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form => f.write_str("`continue` is no text that an instruction of ours carried"),
            Self::UnknownKey => f.write_str(
                "`continue` was sealed with a key that is not known here, or its last part was changed on its way; all copies of a server need the same keys (`CALLROUTE_KEY`)",
            ),
            Self::Changed => f.write_str("`continue` has been changed on its way"),
            Self::Version => f.write_str("`continue` was written by a version of callroute that is not understood here"),
            Self::OtherScript => f.write_str("`continue` belongs to another script, or to another version of this one"),
            Self::OtherCall => f.write_str("`continue` belongs to another call than `call_id` says"),
            Self::Expired(ago) => write!(f, "`continue` expired {ago} seconds before the event's timestamp"),
            Self::State => f.write_str("`continue` does not fit the script"),
        }
    }
}

impl std::error::Error for TokenError {}

/// Why a key cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// No base64.
    NotBase64,
    /// Not 32 bytes; how many they are.
    Length(usize),
    /// The same key twice.
    Twice,
    /// There is no key at all.
    None,
    /// The system gives no random bytes.
    NoRandomness,
    /// The rider has more than [`MAX_RIDER`] bytes; how many.
    Rider(usize),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("the key is not base64; make one with `openssl rand -base64 32`"),
            Self::Length(bytes) => write!(f, "the key has {bytes} bytes, not 32; make one with `openssl rand -base64 32`"),
            Self::Twice => f.write_str("the same key is given twice"),
            Self::None => f.write_str("no key is given; make one with `openssl rand -base64 32`"),
            Self::NoRandomness => f.write_str("the system gives no random bytes"),
            Self::Rider(bytes) => write!(f, "what is left of a ring group takes {bytes} bytes in `continue`, more than {MAX_RIDER}"),
        }
    }
}

impl std::error::Error for KeyError {}

struct Key {
    /// Which of several keys it is: all that stands in the footer, for who opens tokens must only tell keys apart.
    footer: [u8; FOOTER],
    key: SymmetricKey<V4>,
}

/// The keys that seal and open tokens: the first seals, all open. To change keys put the new one second everywhere, then
/// first, then drop the old one once its tokens have expired.
pub struct Keys(Vec<Key>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

impl Keys {
    /// Keys of 32 bytes.
    ///
    /// # Errors
    ///
    /// When there is none, or one is there twice.
    pub fn new(keys: &[[u8; 32]]) -> Result<Self, KeyError> {
        let mut ring: Vec<Key> = Vec::with_capacity(keys.len());
        for bytes in keys {
            let hash = Sha256::new().chain_update(b"callroute key id").chain_update(bytes).finalize();
            let footer = hash.first_chunk().copied().unwrap_or_default();
            if ring.iter().any(|key| key.footer == footer) {
                return Err(KeyError::Twice);
            }
            let key = SymmetricKey::from(bytes).map_err(|_| KeyError::Length(bytes.len()))?;
            ring.push(Key { footer, key });
        }
        if ring.is_empty() { Err(KeyError::None) } else { Ok(Self(ring)) }
    }

    /// Keys in base64 (either alphabet, padded or not), separated by commas or white space.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for word in text.split(|c: char| c == ',' || c.is_ascii_whitespace()).filter(|word| !word.is_empty()) {
            let word = word.trim_end_matches('=').replace('-', "+").replace('_', "/");
            let engine = GeneralPurpose::new(&base64::alphabet::STANDARD, base64::engine::general_purpose::NO_PAD);
            let bytes = engine.decode(word).map_err(|_| KeyError::NotBase64)?;
            keys.push(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::Length(bytes.len()))?);
        }
        Self::new(&keys)
    }

    /// A new key: what it seals nobody else can open, and nobody at all later on.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, KeyError> {
        use pasetors::keys::Generate as _;
        let key = SymmetricKey::<V4>::generate().map_err(|_| KeyError::NoRandomness)?;
        let bytes = <[u8; 32]>::try_from(key.as_bytes()).map_err(|_| KeyError::NoRandomness)?;
        Self::new(&[bytes])
    }

    /// Writes a new key as [`Keys::from_base64`] reads it.
    #[must_use]
    pub fn encode(bytes: &[u8; 32]) -> String {
        STANDARD.encode(bytes)
    }

    /// Seals the state of a call, and with it a rider; `expiry` is the last second at which it can be opened.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes, or the rider is too long.
    pub fn seal(&self, script: &[u8; 32], call_id: &str, expiry: i64, state: &[u8], rider: &[u8]) -> Result<String, KeyError> {
        let key = self.0.first().ok_or(KeyError::None)?;
        let length = u16::try_from(rider.len()).ok().filter(|_| rider.len() <= MAX_RIDER).ok_or(KeyError::Rider(rider.len()))?;
        let program = start(script);
        let (whole, state) = match state.strip_prefix(&state_head(program, call_id)) {
            Some(rest) => (0, rest),
            None => (WHOLE, state),
        };
        let mut bytes = Vec::with_capacity(HEAD + rider.len() + state.len());
        bytes.push(VERSION | whole | if rider.is_empty() { 0 } else { RIDER });
        let last = (1 << (8 * EXPIRY)) - 1;
        bytes.extend(expiry.clamp(0, last).to_le_bytes().iter().take(EXPIRY));
        bytes.extend(program);
        bytes.extend(call_hash(call_id));
        if !rider.is_empty() {
            bytes.extend(length.to_le_bytes());
            bytes.extend(rider);
        }
        bytes.extend(state);
        let mut payload = String::with_capacity(8 + bytes.len().div_ceil(3) * 4);
        payload.push_str("{\"s\":\"");
        URL_SAFE_NO_PAD.encode_string(bytes, &mut payload);
        payload.push_str("\"}");
        LocalToken::encrypt(&key.key, payload.as_bytes(), Some(&key.footer), Some(PURPOSE)).map_err(|_| KeyError::NoRandomness)
    }

    /// What is in a token, if it is one of this call and still valid at `now`. Of which script it is, is for the caller to look at.
    ///
    /// # Errors
    ///
    /// See [`TokenError`]; what is wrong first is named, in the order of its variants.
    pub fn open(&self, token: &str, call_id: &str, now: i64) -> Result<Opened, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Form);
        }
        let untrusted = UntrustedToken::<pasetors::Local, V4>::try_from(token).map_err(|_| TokenError::Form)?;
        let key = self.0.iter().find(|key| key.footer == untrusted.untrusted_footer()).ok_or(TokenError::UnknownKey)?;
        let trusted = LocalToken::decrypt(&key.key, &untrusted, Some(&key.footer), Some(PURPOSE)).map_err(|_| TokenError::Changed)?;
        let text = trusted.payload().strip_prefix("{\"s\":\"").and_then(|text| text.strip_suffix("\"}")).ok_or(TokenError::Version)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Version)?;
        let (version, rest) = bytes.split_first().ok_or(TokenError::Version)?;
        if version & !(RIDER | WHOLE) != VERSION {
            return Err(TokenError::Version);
        }
        let (expiry, rest) = rest.split_first_chunk::<EXPIRY>().ok_or(TokenError::Version)?;
        let (script, rest) = rest.split_first_chunk::<8>().ok_or(TokenError::Version)?;
        let (of_call, rest) = rest.split_first_chunk::<8>().ok_or(TokenError::Version)?;
        let (rider, rest) = if version & RIDER == 0 {
            (&[][..], rest)
        } else {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or(TokenError::Version)?;
            rest.split_at_checked(u16::from_le_bytes(*length).into()).ok_or(TokenError::Version)?
        };
        if *of_call != call_hash(call_id) {
            return Err(TokenError::OtherCall);
        }
        let expiry = expiry.iter().rev().fold(0, |number, byte| number << 8 | i64::from(*byte));
        if now > expiry {
            return Err(TokenError::Expired(now.saturating_sub(expiry)));
        }
        let state = if version & WHOLE == 0 { [&state_head(*script, call_id), rest].concat() } else { rest.to_vec() };
        Ok(Opened { script: *script, state, rider: rider.to_vec() })
    }
}

/// What was in a token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opened {
    /// The first bytes of the hash of the script that it belongs to ([`callroute_runtime::Program::hash`]).
    pub script: [u8; 8],
    /// The call's state, as the runtime writes it.
    pub state: Vec<u8>,
    /// What was sealed beside the state by whoever speaks for a telephone system, for example whom of a ring group to try next.
    /// The script knows nothing of it; usually empty.
    pub rider: Vec<u8>,
}

/// The start of the hash of a call's id.
fn call_hash(call_id: &str) -> [u8; 8] {
    start(&Sha256::digest(call_id.as_bytes()))
}

/// The start of a hash.
fn start(hash: &[u8]) -> [u8; 8] {
    hash.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: [u8; 32] = [7; 32];

    fn keys(list: &[u8]) -> Keys {
        Keys::new(&list.iter().map(|byte| [*byte; 32]).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn what_is_sealed_can_be_opened_until_it_expires() {
        let keys = keys(&[1]);
        let token = keys.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap();
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)), "{token}");
        let opened = keys.open(&token, "abc", 100).unwrap();
        assert_eq!(opened, Opened { script: [7; 8], state: b"state".to_vec(), rider: Vec::new() });
        assert!(keys.open(&token, "abc", i64::MIN).is_ok());
        assert_eq!(keys.open(&token, "abc", 103), Err(TokenError::Expired(3)));
        assert_eq!(keys.open(&token, "abd", 100), Err(TokenError::OtherCall));
        // Two seals of one state differ: equal states must not be seen.
        assert_ne!(token, keys.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap());
    }

    #[test]
    fn a_rider_comes_back_beside_the_state() {
        let keys = keys(&[1]);
        for rider in [&b""[..], b"r", &[7; MAX_RIDER]] {
            let token = keys.seal(&SCRIPT, "abc", 100, b"state", rider).unwrap();
            let opened = keys.open(&token, "abc", 0).unwrap();
            assert_eq!((opened.rider.as_slice(), opened.state.as_slice()), (rider, &b"state"[..]));
        }
        assert_eq!(keys.seal(&SCRIPT, "abc", 100, b"", &[0; MAX_RIDER + 1]), Err(KeyError::Rider(MAX_RIDER + 1)));
    }

    #[test]
    fn what_a_state_says_of_script_and_call_is_not_carried_twice() {
        let keys = keys(&[1]);
        let state = [&state_head([7; 8], "abc")[..], b"the rest"].concat();
        let token = keys.seal(&SCRIPT, "abc", 100, &state, b"").unwrap();
        assert_eq!(keys.open(&token, "abc", 100).unwrap(), Opened { script: [7; 8], state: state.clone(), rider: Vec::new() });
        // One of another call, or of nothing that is known, comes back as it is.
        let whole = keys.seal(&SCRIPT, "abd", 100, &state, b"").unwrap();
        assert_eq!(keys.open(&whole, "abd", 100).unwrap().state, state);
        assert!(token.len() + callroute_runtime::STATE_HEAD < whole.len(), "{token} {whole}");
    }

    #[test]
    fn an_expiry_beyond_what_fits_is_the_last_that_does() {
        let keys = keys(&[1]);
        let token = keys.seal(&SCRIPT, "abc", i64::MAX, b"state", b"").unwrap();
        assert!(keys.open(&token, "abc", 253_402_300_799).is_ok());
        assert!(matches!(keys.open(&token, "abc", i64::MAX), Err(TokenError::Expired(_))));
        let token = keys.seal(&SCRIPT, "abc", i64::MIN, b"state", b"").unwrap();
        assert_eq!(keys.open(&token, "abc", 1), Err(TokenError::Expired(1)));
    }

    #[test]
    fn keys_rotate() {
        let (old, both, new) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
        let token = old.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap();
        assert!(both.open(&token, "abc", 0).is_ok());
        assert_eq!(new.open(&token, "abc", 0), Err(TokenError::UnknownKey));
        let token = both.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap();
        assert!(new.open(&token, "abc", 0).is_ok());
        assert_eq!(Keys::new(&[[1; 32], [1; 32]]).unwrap_err(), KeyError::Twice);
    }

    #[test]
    fn any_change_is_noticed() {
        let keys = keys(&[1]);
        let token = keys.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap();
        for at in 0..token.len() {
            for with in ['A', 'z', '.', ' ', 'é'] {
                let mut changed: Vec<char> = token.chars().collect();
                if changed[at] == with {
                    continue;
                }
                changed[at] = with;
                let changed: String = changed.into_iter().collect();
                let error = keys.open(&changed, "abc", 0).unwrap_err();
                assert!(matches!(error, TokenError::Form | TokenError::UnknownKey | TokenError::Changed), "{changed} {error:?}");
            }
            assert!(keys.open(token.get(..at).unwrap(), "abc", 0).is_err());
        }
        let body = token.split('.').nth(2).unwrap();
        let footer = token.split('.').nth(3).unwrap();
        for bad in
            ["", "x", "v4.local.", "v4.local.AAAA", "v4.public.AAAA", &format!("v4.local.{body}"), &format!("v4.local.{body}.{footer}.x")]
        {
            assert!(keys.open(bad, "abc", 0).is_err(), "{bad}");
        }
        assert_eq!(keys.open(&"v4.local.".repeat(100_000), "abc", 0), Err(TokenError::Form));
    }

    #[test]
    fn keys_are_read_from_base64() {
        let text = Keys::encode(&[251; 32]);
        assert!(text.contains('+') || text.contains('/'));
        let keys = Keys::from_base64(&text).unwrap();
        let token = keys.seal(&SCRIPT, "abc", 100, b"state", b"").unwrap();
        let other = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        for spelling in [other.clone(), format!(" {text}\n"), format!("{},{other}", Keys::encode(&[1; 32]))] {
            assert!(Keys::from_base64(&spelling).unwrap().open(&token, "abc", 0).is_ok(), "{spelling}");
        }
        assert_eq!(Keys::from_base64("").unwrap_err(), KeyError::None);
        assert_eq!(Keys::from_base64("a b").unwrap_err(), KeyError::NotBase64);
        assert_eq!(Keys::from_base64("AAAA").unwrap_err(), KeyError::Length(3));
        assert_eq!(format!("{keys:?}"), "Keys(1)");
    }

    #[test]
    fn a_state_of_four_hundred_bytes_stays_under_a_kibibyte() {
        let token = keys(&[1]).seal(&SCRIPT, "abc", 100, &[0; 400], b"").unwrap();
        assert!(token.len() < 1024, "{}", token.len());
    }
}
