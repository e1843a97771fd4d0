//! Requests and responses as a dialect sees them: no sockets, no framework.

use http::HeaderMap;

/// A request of a platform, read whole.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// `GET` or `POST`.
    pub method: &'r str,
    /// The address of the server as platforms know it, without a slash at the end: see [`Request::url`].
    pub server: &'r str,
    /// What follows of the address that was asked: the path, and the query.
    pub target: &'r str,
    /// What stands behind the `?` of the address, still encoded.
    pub query: &'r str,
    /// Its headers.
    pub headers: &'r HeaderMap,
    /// Its body; the server has limited its size.
    pub body: &'r [u8],
    /// Time of receipt, seconds since 1970-01-01T00:00:00Z: for platforms whose events do not say when they happened.
    pub now: i64,
}

impl<'r> Request<'r> {
    /// The address that the platform asked, whole, as it knows it: signatures are made over it.
    #[must_use]
    pub fn url(&self) -> String {
        [self.server, self.target].concat()
    }

    /// A header, if it is there once at least and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'r str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The fields of the query, decoded, in order.
    #[must_use]
    pub fn query_fields(&self) -> Fields {
        Fields::read(self.query.as_bytes())
    }

    /// The fields of a body in `application/x-www-form-urlencoded`, decoded, in order.
    #[must_use]
    pub fn form_fields(&self) -> Fields {
        Fields::read(self.body)
    }
}

/// Names and values, as forms and queries have them. Of equal names the first counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Decodes; what is no UTF-8 is replaced.
    #[must_use]
    pub fn read(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// A value by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// What a platform is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Response {
    /// With the status 200.
    #[must_use]
    pub const fn ok(content_type: &'static str, body: String) -> Self {
        Self { status: 200, content_type, body }
    }
}
