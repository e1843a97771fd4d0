//! How a command can end other than well, and with which status.

use std::io;
use std::process::ExitCode;

use callroute_testing::trace::printable;

/// Exit status when the script (or a test) is at fault.
pub const SCRIPT_AT_FAULT: u8 = 1;
/// Exit status when the command was called wrongly, or with something that cannot be used.
pub const CALLED_WRONG: u8 = 2;

/// Why a command stops.
#[derive(Debug)]
pub enum Failure {
    /// Everything has been said already; only the status is left.
    Status(u8),
    /// To be said on standard error; the call was wrong.
    Wrong(String),
    /// Whoever reads our output has gone. There is nobody to tell.
    Gone,
}

/// What commands give back.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// A fault of the call.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong(message.into())
    }

    /// The status, after saying what is left to say.
    pub fn report(self) -> ExitCode {
        match self {
            Self::Status(status) => ExitCode::from(status),
            Self::Wrong(message) => {
                say(&format!("callroute: {message}"));
                ExitCode::from(CALLED_WRONG)
            }
            Self::Gone => ExitCode::SUCCESS,
        }
    }
}

/// Failing to write means that the reader has gone (`callroute … | head`), or that the disk is full.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::Gone } else { Self::Wrong(format!("cannot write: {error}")) }
    }
}

/// Writes a line to standard error. When that is closed there is nobody to tell, and that is no reason to stop.
pub fn say(line: &str) {
    use io::Write as _;
    let _ = crate::progress::aside(|| writeln!(io::stderr().lock(), "{line}"));
}

/// A text of somebody else's making for a message: control characters are spelled out, and it is cut.
pub fn shown(text: &str) -> String {
    printable(text, 200)
}

/// A path or word in a command that is offered, so that it can be copied into a shell as it stands.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | ':' | '@' | '%' | '=' | '\\');
    let text = shown(text);
    if !text.is_empty() && text.chars().all(|c| if cfg!(windows) { plain(c) } else { plain(c) && c != '\\' }) {
        text
    } else if cfg!(windows) {
        format!("\"{text}\"")
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
