//! The client: as plain as a platform's.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// Keeps connections, and never asks twice by itself.
#[derive(Clone, Debug)]
pub struct Http(Client<HttpConnector, Full<Bytes>>);

/// A response that came whole.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| format!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// How long an answer may take before the server counts as hanging.
const PATIENCE: Duration = Duration::from_secs(30);

impl Http {
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).retry_canceled_requests(false).build_http())
    }

    pub async fn ask(&self, method: Method, url: &str, body: String) -> Result<Reply, String> {
        let request = request(method, url, body)?;
        let asked = async {
            let response = self.0.request(request).await.map_err(|error| chain(&error))?;
            whole(response).await
        };
        tokio::time::timeout(PATIENCE, asked).await.map_err(|_| format!("no answer within {PATIENCE:?}"))?
    }

    pub async fn post(&self, url: &str, body: String) -> Result<Reply, String> {
        self.ask(Method::POST, url, body).await
    }

    pub async fn get(&self, url: &str) -> Result<Reply, String> {
        self.ask(Method::GET, url, String::new()).await
    }

    /// Waits until something answers there at all.
    pub async fn wait_for(&self, url: &str) -> Result<(), String> {
        let mut last = String::new();
        for _ in 0..600 {
            match self.get(url).await {
                Ok(_) => return Ok(()),
                Err(why) => last = why,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(format!("nothing answers at {url}: {last}"))
    }
}

pub fn request(method: Method, url: &str, body: String) -> Result<Request<Full<Bytes>>, String> {
    let request = Request::builder().method(method).uri(url).header("content-type", "application/json");
    request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())
}

pub async fn whole(response: http::Response<hyper::body::Incoming>) -> Result<Reply, String> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| chain(&error))?.to_bytes();
    Ok(Reply { status: parts.status, headers: parts.headers, body })
}

/// An error with what caused it.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
