//! Message authentication codes with which platforms sign their requests. All comparisons take the same time, whatever differs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

/// Is this the HMAC-SHA1 of the message under one of the secrets, in base64?
pub(crate) fn hmac_sha1(secrets: &[String], message: &[u8], code: &str) -> bool {
    let Ok(code) = STANDARD.decode(code.trim()) else { return false };
    any(secrets, |secret| {
        Hmac::<Sha1>::new_from_slice(secret).is_ok_and(|mut mac| {
            mac.update(message);
            mac.verify_slice(&code).is_ok()
        })
    })
}

/// Is this the HMAC-SHA256 of the pieces, one after the other, under one of the secrets?
pub(crate) fn hmac_sha256(secrets: &[String], pieces: &[&[u8]], code: &[u8]) -> bool {
    any(secrets, |secret| {
        Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
            pieces.iter().for_each(|piece| mac.update(piece));
            mac.verify_slice(code).is_ok()
        })
    })
}

/// All are tried, so that the time does not tell which one it was. An empty secret is none.
fn any(secrets: &[String], valid: impl Fn(&[u8]) -> bool) -> bool {
    secrets.iter().filter(|secret| !secret.is_empty()).fold(false, |found, secret| valid(secret.as_bytes()) | found)
}

/// Hexadecimal digits as bytes.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits.chunks(2).map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte << 4 | digit)).ok()).collect()
}
