//! [`Prompt`]: a connection whose client must say something.
//!
//! Which HTTP a client speaks is told by its first bytes, and the library waits for them without end; only after them its own limits hold.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What HTTP/2 begins with (RFC 9113, 3.4). Whatever begins otherwise is HTTP/1.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// See the module.
#[derive(Debug)]
pub(crate) struct Prompt {
    stream: TcpStream,
    waiting: Option<Waiting>,
}

/// Which HTTP it is is not known yet.
#[derive(Debug)]
struct Waiting {
    until: Pin<Box<Sleep>>,
    /// Bytes of the preface that have come.
    seen: usize,
}

impl Prompt {
    /// The first bytes must come within this time.
    pub fn new(stream: TcpStream, within: Duration) -> Self {
        Self { stream, waiting: Some(Waiting { until: Box::pin(tokio::time::sleep(within)), seen: 0 }) }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Some(waiting) = &mut this.waiting {
            if read.is_pending() {
                return waiting.until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
            }
            let new = buffer.filled().get(before..).unwrap_or_default();
            let rest = PREFACE.get(waiting.seen..).unwrap_or_default();
            if !new.is_empty() && new.len() < rest.len() && rest.starts_with(new) {
                waiting.seen += new.len();
            } else {
                this.waiting = None;
            }
        }
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
