//! Who may ask: bearer tokens, or the platform's own signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use callroute_dialects::{Dialect, Request, Signature};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};

/// Secrets of which requests must carry one, as digests of equal length.
#[derive(Clone, Default)]
pub struct Bearers(Vec<[u8; 32]>);

impl std::fmt::Debug for Bearers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bearers({})", self.0.len())
    }
}

/// What came of looking.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    /// One of the secrets.
    Good,
    /// Something else.
    Bad,
    /// Nothing.
    Nothing,
}

impl Bearers {
    /// Of these secrets.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        Self(secrets.into_iter().map(|secret| Sha256::digest(secret.as_bytes()).into()).collect())
    }

    /// There are none: whoever reaches the server may ask.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Looks at `Authorization`: `Bearer SECRET`, or `Basic` with the secret as password. The time that it takes says nothing of the secrets.
    fn look(&self, headers: &HeaderMap) -> Shown {
        let Some(value) = headers.get(AUTHORIZATION) else { return Shown::Nothing };
        let (scheme, rest) = value.to_str().ok().and_then(|text| text.trim().split_once(' ')).unwrap_or(("", ""));
        let secret = if scheme.eq_ignore_ascii_case("bearer") {
            rest.trim().as_bytes().to_vec()
        } else if scheme.eq_ignore_ascii_case("basic") {
            let pair = STANDARD.decode(rest.trim()).unwrap_or_default();
            let colon = pair.iter().position(|byte| *byte == b':').map_or(0, |at| at + 1);
            pair.get(colon..).unwrap_or_default().to_vec()
        } else {
            return Shown::Bad;
        };
        let digest: [u8; 32] = Sha256::digest(&secret).into();
        // Looks at all of them, whichever it is.
        let found = self.0.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&digest));
        if bool::from(found) { Shown::Good } else { Shown::Bad }
    }

    /// May this request be answered?
    ///
    /// # Errors
    /// Why not, for whoever set the platform up.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), String> {
        match self.look(headers) {
            _ if self.is_empty() => Ok(()),
            Shown::Good => Ok(()),
            Shown::Bad => Err("`Authorization` has none of the secrets that are set under `bearer`".to_owned()),
            Shown::Nothing => Err("`Authorization: Bearer …` is missing".to_owned()),
        }
    }

    /// May this request to an address of the server's own, such as `/metrics`, be answered? `beyond`: others than this machine can reach it. Then
    /// a secret must be set, for platforms' signatures say nothing of who looks after the server.
    ///
    /// # Errors
    /// Why not.
    pub fn check_own(&self, headers: &HeaderMap, beyond: bool) -> Result<(), String> {
        if beyond && self.is_empty() {
            return Err("no `bearer` is set, and without one this can only be asked where the server listens on 127.0.0.1".to_owned());
        }
        self.check(headers)
    }

    /// May this request of a platform be answered? Its signature is as good as a bearer token.
    ///
    /// # Errors
    /// Why not.
    pub fn check_signed(&self, dialect: &dyn Dialect, request: &Request<'_>) -> Result<(), String> {
        match dialect.signature(request) {
            Signature::Valid => Ok(()),
            Signature::None => self.check(request.headers),
            Signature::Invalid(why) => {
                if !self.is_empty() && self.look(request.headers) == Shown::Good {
                    return Ok(());
                }
                Err(why)
            }
        }
    }
}

/// Does a dialect demand signatures, with the settings that it has?
#[must_use]
pub fn demands_signatures(dialect: &dyn Dialect) -> bool {
    let headers = HeaderMap::new();
    let unsigned = Request { method: "POST", server: "", target: "", query: "", headers: &headers, body: b"", now: 0 };
    matches!(dialect.signature(&unsigned), Signature::Invalid(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, value.parse().unwrap());
        headers
    }

    #[test]
    fn any_of_the_secrets_is_good_and_nothing_else() {
        let bearers = Bearers::new(["one", "two"]);
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        for good in ["Bearer one".to_owned(), "bearer  two ".to_owned(), basic("user:one"), basic(":two")] {
            assert_eq!(bearers.check(&with(&good)), Ok(()), "{good}");
        }
        for bad in ["Bearer three", "Bearer", "Bearer on", "one", "Digest one", "Basic one", "Basic !!!", "Bearer one two"] {
            assert!(bearers.check(&with(bad)).is_err(), "{bad}");
        }
        assert!(bearers.check(&with(&basic("one:"))).is_err(), "the user is no secret");
        assert!(bearers.check(&HeaderMap::new()).is_err());
        assert_eq!(Bearers::default().check(&HeaderMap::new()), Ok(()));
        assert_eq!(Bearers::default().check_own(&HeaderMap::new(), false), Ok(()));
        assert!(Bearers::default().check_own(&with("Bearer one"), true).is_err());
        assert_eq!(bearers.check_own(&with("Bearer one"), true), Ok(()));
    }
}
