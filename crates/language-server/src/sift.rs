//! In front of the library, which ends the session at the first message that it cannot read: such messages are exchanged for requests that
//! [`refusal`] answers, so that the client hears of its mistake and the session goes on. What can be read is passed on as it came.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tower_lsp::jsonrpc::{Error, Id, Request, Response};

/// The longest message in bytes; many times the longest script.
const MAX_MESSAGE: u64 = 64 << 20;
/// The longest line of a header in bytes. What is longer is read in pieces, none of which is a header.
const MAX_LINE: u64 = 4096;
/// Stands for what is no JSON.
const UNREADABLE: &str = "$/callroute/unreadable";
/// Stands for JSON that is no message.
const INVALID: &str = "$/callroute/invalid";

/// The answer to what stands for a message that could not be read, and to requests that a server may ignore, but not in silence
/// (LSP 3.17, "$ Notifications and Requests").
pub(crate) fn refusal(request: &Request) -> Option<Response> {
    let id = request.id()?.clone();
    match request.method() {
        UNREADABLE => Some(Response::from_error(id, Error::parse_error())),
        INVALID => Some(Response::from_error(id, Error::invalid_request())),
        method if method.starts_with("$/") => Some(Response::from_error(id, Error::method_not_found())),
        _ => None,
    }
}

/// Passes messages on until either side is gone.
pub(crate) async fn sift(input: impl AsyncRead + Unpin, mut output: impl AsyncWrite + Unpin) {
    let mut input = BufReader::new(input);
    while let Some(body) = next(&mut input).await {
        let body = body.and_then(judged).unwrap_or_else(stand_in);
        let head = format!("Content-Length: {}\r\n\r\n", body.len());
        if output.write_all(head.as_bytes()).await.is_err() || output.write_all(&body).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}

fn stand_in(method: &str) -> Vec<u8> {
    serde_json::json!({ "jsonrpc": "2.0", "id": Id::Null, "method": method }).to_string().into_bytes()
}

/// A message as it came if the library can read it, else what stands for it.
fn judged(body: Vec<u8>) -> Result<Vec<u8>, &'static str> {
    if serde_json::from_slice::<Request>(&body).is_ok() || serde_json::from_slice::<Response>(&body).is_ok() {
        Ok(body)
    } else if serde_json::from_slice::<serde_json::Value>(&body).is_ok() {
        Err(INVALID)
    } else {
        Err(UNREADABLE)
    }
}

/// The next message, or that its header could not be read; none at the end.
async fn next(input: &mut (impl AsyncBufRead + Unpin)) -> Option<Result<Vec<u8>, &'static str>> {
    let (mut length, mut seen) = (None, false);
    loop {
        let mut line = Vec::new();
        if (&mut *input).take(MAX_LINE).read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line).trim().to_ascii_lowercase();
        if !line.is_empty() {
            seen = true;
            // It need not begin the line: what stands before it is left from a message whose length was wrong.
            if let Some((_, value)) = line.rsplit_once("content-length:") {
                length = value.trim().parse::<u64>().ok().filter(|length| *length <= MAX_MESSAGE);
            }
            continue;
        }
        let Some(length) = length else {
            // Blank lines between messages do no harm.
            if seen { return Some(Err(UNREADABLE)) } else { continue }
        };
        let mut body = Vec::new();
        let read = (&mut *input).take(length).read_to_end(&mut body).await.ok()?;
        return (u64::try_from(read) == Ok(length)).then_some(Ok(body));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn sifted(input: &[u8]) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut out = Vec::new();
        runtime.block_on(sift(input, &mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_can_be_read_is_passed_on_as_it_came() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"shutdown"}"#,
            r#"{ "jsonrpc": "2.0", "method": "initialized", "params": {} }"#,
            r#"{"jsonrpc":"2.0","id":"a","method":"x","params":null}"#,
            r#"{"jsonrpc":"2.0","id":3,"result":null}"#,
            r#"{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"é😀"}}"#,
        ] {
            let message = format!("Content-Length: {}\r\n\r\n{body}", body.len());
            assert_eq!(sifted(message.as_bytes()), message);
            let odd = format!("content-type: x\r\ncontent-length:{}\n\n{body}", body.len());
            assert_eq!(sifted(odd.as_bytes()), message);
        }
    }

    #[test]
    fn what_cannot_be_read_is_answered_and_ends_nothing() {
        let good = "Content-Length: 44\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}";
        for (bad, method) in [
            ("Content-Length: 5\r\n\r\nhallo", UNREADABLE),
            ("Content-Length: 2\r\n\r\n{}", INVALID),
            ("Content-Length: 2\r\n\r\n[]", INVALID),
            ("Content-Length: 41\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"x\"}  ", INVALID),
            ("Content-Length: 42\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":3}", INVALID),
            ("hello\r\n\r\n", UNREADABLE),
            ("Content-Length: x\r\n\r\n{}", UNREADABLE),
            ("Content-Length: 99999999999999999999\r\n\r\n{}", UNREADABLE),
        ] {
            let out = sifted(format!("{bad}{good}").as_bytes());
            assert!(out.contains(method), "{bad}: {out}");
            assert!(out.ends_with(good), "{bad}: {out}");
        }
        // The end in the middle of a message is the end.
        assert_eq!(sifted(b"Content-Length: 9\r\n\r\n{}"), "");
    }
}
