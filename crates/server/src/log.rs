//! The log on standard error: how lines look, and who writes them.

use std::fmt::{self, Write as _};
use std::io::BufWriter;

use tracing::field::{Field, Visit};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{FormatFields, Writer};

use crate::config::{Log, LogFormat};
use crate::start::{ServeError, wrong};

/// Starts it. When what is returned is dropped, the last lines have been written.
///
/// # Errors
/// When the level is none.
pub(crate) fn start(log: &Log, colour: bool) -> Result<WorkerGuard, ServeError> {
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| wrong(format!("`{}` is no level of logs, such as `info` or `callroute_server=debug`: {error}", log.level)))?;
    let (writer, guard) = NonBlockingBuilder::default()
        // A slow reader of logs must not lose lines, nor hold calls: the queue is long, and whoever still comes waits.
        .lossy(false)
        .buffered_lines_limit(1 << 16)
        // Lines that come together are written together: the writing thread flushes whenever no line waits, and at the end.
        .finish(BufWriter::with_capacity(1 << 16, std::io::stderr()));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_target(false);
    // A second server in one process, as in tests, keeps to the first one's log.
    let _ = match log.format {
        LogFormat::Text if colour => builder.try_init(),
        LogFormat::Text => builder.with_ansi(false).fmt_fields(Plain).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    Ok(guard)
}

/// Fields without colours. Every event has a line, and to write it in the common way took longer than the decision and its answer.
struct Plain;

impl<'w> FormatFields<'w> for Plain {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = PlainFields { writer, first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct PlainFields<'w> {
    writer: Writer<'w>,
    first: bool,
    result: fmt::Result,
}

impl PlainFields<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let mut write = || {
            if !std::mem::take(&mut self.first) {
                self.writer.write_char(' ')?;
            }
            if field.name() != "message" {
                self.writer.write_str(field.name())?;
                self.writer.write_char('=')?;
            }
            value(&mut self.writer)
        };
        let written = write();
        self.result = self.result.and(written);
    }
}

impl Visit for PlainFields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        let as_it_is = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        if value.bytes().all(as_it_is) {
            self.write(field, |to| {
                to.write_char('"')?;
                to.write_str(value)?;
                to.write_char('"')
            });
        } else {
            self.write(field, |to| write!(to, "{value:?}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, |to| write!(Harmless(to), "{value:?}"));
    }
}

/// Escapes what would move the cursor, or worse, of whoever reads the log in a terminal.
struct Harmless<W>(W);

impl<W: fmt::Write> fmt::Write for Harmless<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(harmful) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|c| if harmful(c) { write!(self.0, "{}", c.escape_default()) } else { self.0.write_char(c) })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Lines with the fields in the common way, and in ours.
    fn both(log: impl Fn()) -> [String; 2] {
        let (common, ours) = (Kept::default(), Kept::default());
        let lines = |kept: &Kept| {
            let kept = kept.clone();
            tracing_subscriber::fmt().with_target(false).without_time().with_ansi(false).with_writer(move || kept.clone())
        };
        tracing::subscriber::with_default(lines(&common).finish(), &log);
        tracing::subscriber::with_default(lines(&ours).fmt_fields(Plain).finish(), &log);
        [common, ours].map(|kept| String::from_utf8(kept.0.lock().unwrap().clone()).unwrap())
    }

    #[test]
    fn lines_look_as_in_the_common_way() {
        let [common, ours] = both(|| {
            let none: Option<&str> = None;
            tracing::info!(plain = "a b", quoted = "a \"b\" \\ \n büro", number = 7, yes = true, none, some = Some("x"), "decided");
            tracing::warn!(error = %"it's bad", list = ?["a", "b"], "what {} said", 1);
            tracing::error!("nothing else");
        });
        assert_eq!(ours, common);
        assert_eq!(ours.lines().count(), 3, "{ours}");
    }

    #[test]
    fn what_would_change_a_terminal_is_escaped() {
        let hostile = "büro\n\t\u{1b}[2J\u{9b}0m\r";
        let [_, ours] = both(|| tracing::info!(error = %hostile, text = hostile, "{hostile}"));
        assert!(ours.contains("büro\n"), "{ours}");
        assert!(!ours.contains(['\u{1b}', '\u{9b}', '\r']), "{ours:?}");
    }
}
