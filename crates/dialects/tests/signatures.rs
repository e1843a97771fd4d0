//! Who may ask: signatures as the platforms make them, and what is wrong with others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use callroute_dialects::{Request, Signature, dialect};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use support::{AT, settings};

fn signature(name: &str, secrets: &[&str], method: &str, url: &str, header: Option<(&'static str, &str)>, body: &str) -> Signature {
    let dialect = dialect(name, settings(json!({"address": "https://route.example.com/office", "secrets": secrets}))).unwrap();
    let mut headers = HeaderMap::new();
    if let Some((name, value)) = header {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    dialect.signature(&Request { method, server: "", target: url, query, headers: &headers, body: body.as_bytes(), now: AT })
}

fn hmac256(secret: &str, message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn invalid(signature: &Signature) -> bool {
    matches!(signature, Signature::Invalid(_))
}

/// The example of Twilio's own documentation.
#[test]
fn twilio_signs_the_address_and_the_sorted_fields() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    let body = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
    let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
    let header = Some(("x-twilio-signature", good));
    assert_eq!(signature("twiml", &["12345"], "POST", url, header, body), Signature::Valid);
    assert_eq!(signature("twiml", &["old", "12345"], "POST", url, header, body), Signature::Valid);
    assert_eq!(signature("twiml", &[], "POST", url, header, body), Signature::None);
    for (secret, url, body) in
        [("12346", url, body), ("", url, body), ("12345", "https://mycompany.com/myapp.php?foo=1", body), ("12345", url, "CallSid=x")]
    {
        assert!(invalid(&signature("twiml", &[secret], "POST", url, header, body)), "{secret} {url} {body}");
    }
    assert!(invalid(&signature("twiml", &["12345"], "POST", url, None, body)));
    assert!(invalid(&signature("twiml", &["12345"], "POST", url, Some(("x-twilio-signature", "no base64!")), body)));
}

#[test]
fn jambonz_signs_the_time_and_the_body() {
    let url = "https://route.example.com/office";
    let body = r#"{"call_sid":"c1"}"#;
    let sign = |at: i64, secret: &str| {
        let code: String = hmac256(secret, &format!("{at}.{body}")).iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={at},v1={code}")
    };
    let check = |header: &str, body: &str| signature("jambonz", &["new", "old"], "POST", url, Some(("jambonz-signature", header)), body);
    assert_eq!(check(&sign(AT, "old"), body), Signature::Valid);
    assert_eq!(check(&sign(AT - 200, "new"), body), Signature::Valid);
    assert!(invalid(&check(&sign(AT - 301, "new"), body)));
    assert!(invalid(&check(&sign(AT, "other"), body)));
    assert!(invalid(&check(&sign(AT, "new"), "{}")));
    for bad in ["", "t=1", "v1=00", "t=x,v1=00", "t=9223372036854775807,v1=zz", "t=-9223372036854775808,v1=00"] {
        assert!(invalid(&check(bad, body)), "{bad}");
    }
    assert!(invalid(&signature("jambonz", &["new"], "GET", url, Some(("jambonz-signature", &sign(AT, "new"))), "")));
}

#[test]
fn vonage_signs_a_token_over_the_body() {
    let url = "https://route.example.com/office";
    let body = r#"{"uuid":"u"}"#;
    let token = |head: &str, claims: &serde_json::Value, secret: &str| {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims.to_string()));
        format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(hmac256(secret, &signed)))
    };
    let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    let head = r#"{"alg":"HS256","typ":"JWT"}"#;
    let claims = json!({"iat": AT - 3, "iss": "Vonage", "payload_hash": hash});
    let check = |header: &str, body: &str| signature("ncco", &["secret"], "POST", url, Some(("authorization", header)), body);
    assert_eq!(check(&token(head, &claims, "secret"), body), Signature::Valid);
    assert!(invalid(&check(&token(head, &claims, "other"), body)));
    assert!(invalid(&check(&token(head, &claims, "secret"), "{}")), "another body");
    assert!(invalid(&check(&token(r#"{"alg":"none"}"#, &claims, "secret"), body)), "another algorithm");
    assert!(invalid(&check(&token(head, &json!({"iat": AT - 3}), "secret"), body)), "nothing about the body");
    assert!(invalid(&check(&token(head, &json!({"iat": AT - 1000, "payload_hash": hash}), "secret"), body)), "old");
    assert!(invalid(&check(&token(head, &json!({"payload_hash": hash}), "secret"), body)), "of no time");
    for bad in ["", "Bearer", "Bearer a.b.c", "Bearer ..", "Basic eDp5"] {
        assert!(invalid(&check(bad, body)), "{bad}");
    }
    assert_eq!(
        signature("ncco", &["secret"], "GET", url, Some(("authorization", &token(head, &json!({"iat": AT}), "secret"))), ""),
        Signature::Valid
    );
    let _ = STANDARD;
}
