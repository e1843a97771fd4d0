//! Web services that speak JSON: one request for each question, over connections that are kept.

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::binding::{self, Method};
use crate::error::{Faults, Trouble, chain};
use crate::shape::Shape;
use crate::tls;

/// What is left as it is in a part of an address (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A web service that answers.
pub(crate) struct Http {
    client: Client,
    url: Template,
    method: Method,
    row: String,
    fields: std::collections::BTreeMap<String, String>,
    max_bytes: usize,
    slots: Semaphore,
}

impl Http {
    /// Reads the address and headers; asks nothing yet.
    pub fn open(binding: &binding::Http, base: &Path) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        for pointer in std::iter::once(&binding.row).chain(binding.fields.values()) {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                faults.push(format!("`{pointer}` is no JSON pointer (RFC 6901): it begins with `/`, as `/data/0`"));
            }
        }
        if !(1..=64 * 1024 * 1024).contains(&binding.max_bytes) {
            faults.push(format!("`max_bytes` is {}, and must be 1 to 67108864", binding.max_bytes));
        }
        faults.done()?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in &binding.headers {
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
            headers.insert(known, secret_header(name, value.get(base)?.expose_secret())?);
        }
        if let Some(token) = &binding.bearer {
            if headers.contains_key(AUTHORIZATION) {
                return Err("`bearer` and a header `Authorization` are given, and only one of them can be sent".into());
            }
            headers.insert(AUTHORIZATION, secret_header("bearer", &format!("Bearer {}", token.get(base)?.expose_secret()))?);
        }
        let ca = binding.ca.as_ref().map(|path| base.join(path));
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client(ca.as_deref())?)
            .default_headers(headers)
            .user_agent(concat!("callroute/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(binding::LONGEST)
            .pool_max_idle_per_host(binding.connections)
            .build()
            .map_err(|error| chain(&error))?;
        Ok(Self {
            client,
            url: Template::read(binding.url.get(base)?)?,
            method: binding.method,
            row: binding.row.clone(),
            fields: binding.fields.clone(),
            max_bytes: binding.max_bytes,
            slots: Semaphore::new(binding.connections),
        })
    }

    /// Does the address fit a definition? The service itself is not asked, since every question may cost something.
    pub fn check(&self, shape: &Shape) -> Result<(), Faults> {
        let mut faults = Faults::default();
        let known: Vec<String> = shape.params.iter().map(|param| format!("`{{{}}}`", param.name)).collect();
        for name in self.url.names().filter(|name| shape.params.iter().all(|param| param.name != **name)) {
            faults.push(format!("`url` has `{{{name}}}`, and the script's source has only {}", known.join(", ")));
        }
        for param in &shape.params {
            if self.method == Method::Get && self.url.names().all(|name| *name != param.name) {
                faults.push(format!("`url` has no `{{{}}}`, which the script gives; `method = \"POST\"` sends all as JSON", param.name));
            }
        }
        for name in self.fields.keys().filter(|name| shape.fields.iter().all(|field| field.name != **name)) {
            faults.push(format!("`fields` names `{name}`, and the script's source has no such field"));
        }
        faults.done()
    }

    /// The row in the answer. When nobody waits for it any more, it may just be dropped.
    pub async fn ask(&self, shape: &Shape, args: &Map<String, Value>) -> Result<Option<Map<String, Value>>, Trouble> {
        let Some(url) = self.url.fill(args) else { return Ok(None) };
        let _slot = self.slots.acquire().await.map_err(|error| Trouble::Failed(error.to_string()))?;
        let request = match self.method {
            Method::Get => self.client.get(url),
            Method::Post => {
                let body = serde_json::to_vec(args).map_err(|error| Trouble::Failed(error.to_string()))?;
                self.client.post(url).header(CONTENT_TYPE, "application/json").body(body)
            }
        };
        // An address has the arguments in it, and is not put into words.
        let fault = |error: reqwest::Error| Trouble::Failed(chain(&error.without_url()));
        let response = request.send().await.map_err(fault)?;
        let status = response.status();
        match status {
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::NO_CONTENT => return Ok(None),
            _ if status.is_success() => {}
            _ if status.is_redirection() => {
                return Err(Trouble::Failed(format!("the service answers {status}, and other addresses than `url` are not asked")));
            }
            _ => return Err(Trouble::Failed(format!("the service answers {status}"))),
        }
        let body = self.body(response).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let answer: Value =
            serde_json::from_slice(&body).map_err(|error| Trouble::Failed(format!("the service's answer is no JSON: {error}")))?;
        self.pick(shape, &answer).map_err(Trouble::Failed)
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        let too_large = || Trouble::Failed(format!("the service's answer has more than {} bytes (`max_bytes`)", self.max_bytes));
        if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > self.max_bytes)) {
            return Err(too_large());
        }
        while let Some(chunk) = response.chunk().await.map_err(|error| Trouble::Failed(chain(&error.without_url())))? {
            if body.len().saturating_add(chunk.len()) > self.max_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The fields of the row; nothing, null, an empty list and an empty object are no row.
    fn pick(&self, shape: &Shape, answer: &Value) -> Result<Option<Map<String, Value>>, String> {
        let place = match answer.pointer(&self.row) {
            Some(Value::Array(list)) => list.first(),
            other => other,
        };
        let row = match place {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(row)) if row.is_empty() => return Ok(None),
            Some(row @ Value::Object(_)) => row,
            Some(_) => return Err(format!("what lies at `{}` (`row`) in the service's answer is no object", self.row)),
        };
        let value = |name: &str| match self.fields.get(name) {
            Some(pointer) => row.pointer(pointer),
            None => row.get(name),
        };
        Ok(Some(shape.fields.iter().map(|field| (field.name.clone(), value(&field.name).cloned().unwrap_or_default())).collect()))
    }
}

fn secret_header(name: &str, value: &str) -> Result<HeaderValue, String> {
    let mut header = HeaderValue::from_str(value).map_err(|_| format!("the value of `{name}` has characters that no header may have"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// An address with places for arguments.
struct Template {
    /// Texts and names by turns, beginning with a text.
    parts: Vec<Part>,
}

enum Part {
    Text(SecretString),
    Name(String),
}

impl Template {
    fn read(url: SecretString) -> Result<Self, String> {
        let text = url.expose_secret();
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("`url` has a `{` without `}`")?;
            let is_name = !name.is_empty() && name.chars().all(|found| found.is_ascii_alphanumeric() || matches!(found, '_' | '-'));
            if !is_name {
                return Err("`url` has braces with something else in them than the name of a parameter".to_owned());
            }
            plain.push_str(before);
            plain.push('x');
            parts.push(Part::Text(before.into()));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(rest.into()));
        let parsed =
            Url::parse(&plain).map_err(|error| format!("`url` is no address such as https://host/customers/{{number}}: {error}"))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(format!("`url` begins with `{}:`, and must begin with `https:` or `http:`", parsed.scheme()));
        }
        if parsed.fragment().is_some() {
            return Err("`url` has a `#`, and what follows it is never sent".to_owned());
        }
        let head = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()).unwrap_or_default();
        if head.contains('{') || text.find('{').is_some_and(|at| text.find("://").is_none_or(|scheme| at < scheme)) {
            return Err("`url` has an argument in front of the path; only one service is asked, whoever calls".to_owned());
        }
        Ok(Self { parts })
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name),
            Part::Text(_) => None,
        })
    }

    /// The address for these arguments. `None` if one is empty or would lead to another place: there is no such row.
    fn fill(&self, args: &Map<String, Value>) -> Option<Url> {
        let mut url = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => url.push_str(text.expose_secret()),
                Part::Name(name) => {
                    let text = plain(args.get(name)?)?;
                    url.extend(utf8_percent_encode(&text, UNRESERVED));
                }
            }
        }
        let path = url.split_once("://").map_or("", |(_, rest)| rest).split('?').next().unwrap_or_default();
        let leads_away = path.split('/').any(|part| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."));
        if leads_away { None } else { Url::parse(&url).ok() }
    }
}

/// An argument as a text that is not empty.
fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().filter_map(plain).collect::<Vec<_>>().join(","),
        Value::Null | Value::Object(_) => return None,
        other => other.to_string(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(url: &str, value: Value) -> Option<String> {
        let template = Template::read(url.into()).unwrap();
        template.fill(&Map::from_iter([("n".to_owned(), value)])).map(|url| url.to_string())
    }

    #[test]
    fn arguments_stay_in_their_place() {
        let path = "https://crm.example/customers/{n}/row?key=a%20b";
        for (value, expected) in [
            (json!("+14155550123"), "%2B14155550123"),
            (json!("sip:ana@example.com"), "sip%3Aana%40example.com"),
            (json!("../../admin?x=1#y"), "..%2F..%2Fadmin%3Fx%3D1%23y"),
            (json!("é\r\nHost: x"), "%C3%A9%0D%0AHost%3A%20x"),
            (json!("%2e%2e"), "%252e%252e"),
            (json!(5), "5"),
            (json!(["+1", "b"]), "%2B1%2Cb"),
        ] {
            assert_eq!(fill(path, value), Some(format!("https://crm.example/customers/{expected}/row?key=a%20b")));
        }
        for value in [json!(""), json!("."), json!(".."), Value::Null, json!([])] {
            assert_eq!(fill(path, value.clone()), None, "{value}");
        }
        assert_eq!(fill("http://h/%2E{n}", json!(".")), None);
        assert_eq!(fill("http://h/a?q={n}", json!("..&b=1")), Some("http://h/a?q=..%26b%3D1".to_owned()));
        assert_eq!(fill("http://h?q={n}", json!("b")), Some("http://h/?q=b".to_owned()));
    }

    #[test]
    fn addresses_that_are_refused() {
        for (url, why) in [
            ("crm.example/{n}", "no address"),
            ("ftp://crm.example/{n}", "begins with `ftp:`"),
            ("https://{n}/x", "in front of the path"),
            ("https://{n}?x", "in front of the path"),
            ("https://user:{n}@host/", "in front of the path"),
            ("{n}://host/", "must begin with `https:`"),
            ("https://h/{n", "without `}`"),
            ("https://h/{a b}", "something else"),
            ("https://h/{}", "something else"),
            ("https://h/{n}#x", "never sent"),
        ] {
            let found = Template::read(url.into()).err().unwrap_or_default();
            assert!(found.contains(why), "{url}: {found}");
        }
    }
}
