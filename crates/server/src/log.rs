//! The log on standard error: how lines look, and who writes them.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use callroute_diagnostics::is_harmful;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::{Log, LogFormat};
use crate::start::{ServeError, wrong};

/// Bytes of lines that wait to be written, at most: for a reader of logs that is slow. Whoever still comes waits, for no line may be lost.
const WAITING: usize = 16 << 20;
/// How long the writing thread lets lines gather: one by one, each would cost a wake-up and a system call.
const GATHER: Duration = Duration::from_millis(5);

/// Starts it. When what is returned is dropped, the last lines have been written.
///
/// # Errors
/// When the level is none.
pub(crate) fn start(log: &Log, colour: bool) -> Result<LastWords, ServeError> {
    if let Some(part) = log.level.split(',').map(str::trim).find(|part| !is_directive(part)) {
        return Err(wrong(format!(
            "`{part}` is no level of logs: `error`, `warn`, `info`, `debug`, `trace` or `off`, or `callroute_server=debug`"
        )));
    }
    let filter = EnvFilter::try_new(&log.level)
        .map_err(|error| wrong(format!("`{}` is no level of logs, such as `info` or `callroute_server=debug`: {error}", log.level)))?;
    let (lines, last) = Lines::start(std::io::stderr()).map_err(|error| wrong(format!("no thread for the log: {error}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_timer(Clock).with_target(false);
    let plain = lines.clone();
    let builder = builder.with_writer(move || lines.clone());
    // A second server in one process, as in tests, keeps to the first one's log.
    let _ = match log.format {
        LogFormat::Text if colour => builder.try_init(),
        LogFormat::Text => {
            let started = builder.with_ansi(false).fmt_fields(Fields).event_format(Plain::<Clock>::default()).try_init();
            started.inspect(|()| _ = PLAIN.set(plain))
        }
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init(),
    };
    Ok(last)
}

/// Is it a level, or a filter with one? The library takes every other word for the name of a part of the program, of which it then logs everything,
/// and nothing else, errors included.
fn is_directive(part: &str) -> bool {
    let levels = ["error", "warn", "info", "debug", "trace", "off"];
    part.contains(['=', '[']) || levels.iter().any(|level| part.eq_ignore_ascii_case(level))
}

/// The time in UTC with microseconds.
#[derive(Default)]
struct Clock;

thread_local! {
    /// The second of the line before, and its text: that of most lines.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

impl FormatTime for Clock {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        SECOND.with_borrow_mut(|last| {
            if last.0 != now.as_secs() || last.1.is_empty() {
                let text = callroute_calendar::format_rfc3339(i64::try_from(now.as_secs()).unwrap_or_default());
                *last = (now.as_secs(), text.trim_end_matches('Z').to_owned());
            }
            to.write_str(&last.1)
        })?;
        let mut fraction = *b".000000Z";
        let mut micros = now.subsec_micros();
        for digit in fraction.iter_mut().skip(1).take(6).rev() {
            *digit += (micros % 10) as u8;
            micros /= 10;
        }
        to.write_str(std::str::from_utf8(&fraction).unwrap_or_default())
    }
}

/// Where lines without colours go, if such are written.
static PLAIN: OnceLock<Lines> = OnceLock::new();

/// The line that the log has for every event that got an instruction. By way of the library it took as long as the decision, so it goes there only
/// where the library decides how lines look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided<'l> {
    pub call_id: &'l str,
    pub script: &'l str,
    pub version: &'l str,
    pub dialect: &'l str,
    pub event: &'l str,
    pub action: &'l str,
    pub tags: Option<&'l str>,
    pub from: Option<&'l str>,
    pub to: Option<&'l str>,
}

impl Decided<'_> {
    pub fn log(&self) {
        match PLAIN.get() {
            Some(lines) if tracing::enabled!(Level::INFO) => {
                let mut line = LINE.take();
                // Writing to a string does not fail.
                let _ = self.write(&Clock, &mut line);
                lines.add(line.as_bytes());
                keep(line);
            }
            Some(_) => (),
            None => self.trace(),
        }
    }

    fn trace(&self) {
        let Self { call_id, script, version, dialect, event, action, tags, from, to } = *self;
        tracing::info!(call_id, script, version, dialect, event, action, tags, from, to, "decided");
    }

    fn write(&self, time: &impl FormatTime, line: &mut String) -> fmt::Result {
        let Self { call_id, script, version, dialect, event, action, tags, from, to } = *self;
        time.format_time(&mut Writer::new(line))?;
        line.push_str("  INFO decided");
        for (name, value) in [
            ("call_id", Some(call_id)),
            ("script", Some(script)),
            ("version", Some(version)),
            ("dialect", Some(dialect)),
            ("event", Some(event)),
            ("action", Some(action)),
            ("tags", tags),
            ("from", from),
            ("to", to),
        ] {
            let Some(value) = value else { continue };
            line.push(' ');
            line.push_str(name);
            line.push('=');
            quote(line, value)?;
        }
        line.push('\n');
        Ok(())
    }
}

/// Lines on their way to a thread that writes them, so that nobody who has something to say waits for a disk or a terminal.
#[derive(Clone)]
struct Lines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// There is something to write, or it is over.
    filled: Condvar,
    /// There is room again.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    bytes: Vec<u8>,
    over: bool,
}

/// See [`start`].
pub(crate) struct LastWords(Lines, Option<JoinHandle<()>>);

impl Drop for LastWords {
    fn drop(&mut self) {
        self.0.state().over = true;
        self.0.0.filled.notify_one();
        if let Some(thread) = self.1.take() {
            let _ = thread.join();
        }
    }
}

impl Lines {
    fn start(to: impl io::Write + Send + 'static) -> io::Result<(Self, LastWords)> {
        let lines = Self(Arc::default());
        let writing = lines.clone();
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_out(to))?;
        Ok((lines.clone(), LastWords(lines, Some(thread))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_out(&self, mut to: impl io::Write) {
        let mut bytes = Vec::new();
        loop {
            let nothing = |state: &mut State| state.bytes.is_empty() && !state.over;
            let state = self.0.filled.wait_while(self.state(), nothing).unwrap_or_else(PoisonError::into_inner);
            let over = state.over;
            drop(state);
            if !over {
                thread::sleep(GATHER);
            }
            std::mem::swap(&mut bytes, &mut self.state().bytes);
            self.0.taken.notify_all();
            // Nobody is left to be told that the log cannot be written.
            let _ = to.write_all(&bytes).and_then(|()| to.flush());
            bytes.clear();
            // After a crowd, memory is given back.
            bytes.shrink_to(WAITING >> 6);
            if over && self.state().bytes.is_empty() {
                return;
            }
        }
    }
}

impl Lines {
    fn add(&self, line: &[u8]) {
        let full = |state: &mut State| state.bytes.len() >= WAITING && !state.over;
        let mut state = self.0.taken.wait_while(self.state(), full).unwrap_or_else(PoisonError::into_inner);
        let first = state.bytes.is_empty();
        state.bytes.extend_from_slice(line);
        drop(state);
        if first {
            self.0.filled.notify_one();
        }
    }
}

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines without colours. Every event has one, and to write it in the common way took longer than the decision and its answer.
struct Plain<T> {
    timer: T,
    common: Format<Full, T>,
}

impl<T: Default> Default for Plain<T> {
    fn default() -> Self {
        Self { timer: T::default(), common: Format::default().with_timer(T::default()).with_target(false).with_ansi(false) }
    }
}

impl<S, N, T> FormatEvent<S, N> for Plain<T>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    N: for<'w> FormatFields<'w> + 'static,
    T: FormatTime,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // Some libraries say where they are, for whoever looks for their faults.
        if context.event_scope().is_some() {
            return self.common.format_event(context, writer, event);
        }
        let mut text = LINE.take();
        self.timer.format_time(&mut Writer::new(&mut text))?;
        text.push_str(match *event.metadata().level() {
            Level::ERROR => " ERROR ",
            Level::WARN => "  WARN ",
            Level::INFO => "  INFO ",
            Level::DEBUG => " DEBUG ",
            Level::TRACE => " TRACE ",
        });
        let mut fields = PlainFields { text, first: true, result: Ok(()) };
        event.record(&mut fields);
        fields.result?;
        fields.text.push('\n');
        let written = writer.write_str(&fields.text);
        keep(fields.text);
        written
    }
}

thread_local! {
    /// The memory of the line that this thread put together last.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// Keeps the memory of a line for the next one.
fn keep(mut line: String) {
    if line.capacity() <= LONG_LINE {
        line.clear();
        LINE.set(line);
    }
}

/// A text as a field has it.
fn quote(to: &mut String, value: &str) -> fmt::Result {
    let as_it_is = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    // All of them are looked at, which is quicker than to ask after each whether to go on.
    if value.bytes().fold(true, |so_far, byte| so_far & as_it_is(byte)) {
        to.push('"');
        to.push_str(value);
        to.push('"');
        return Ok(());
    }
    write!(to, "{value:?}")
}

/// The fields of lines that are written in the common way, and of what they stand in: what would harm a terminal is escaped there too.
struct Fields;

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = PlainFields { text: String::new(), first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result?;
        writer.write_str(&visitor.text)
    }
}

/// Bytes of a line whose memory is not kept.
const LONG_LINE: usize = 4096;

/// A line and its fields, which goes to the writer at once: it takes every single piece by way of several others.
struct PlainFields {
    text: String,
    first: bool,
    result: fmt::Result,
}

impl PlainFields {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut String) -> fmt::Result) {
        if !std::mem::take(&mut self.first) {
            self.text.push(' ');
        }
        if field.name() != "message" {
            self.text.push_str(field.name());
            self.text.push('=');
        }
        let written = value(&mut self.text);
        self.result = self.result.and(written);
    }
}

impl Visit for PlainFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, |to| quote(to, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, |to| write!(Harmless(to), "{value:?}"));
    }
}

/// Escapes what would move the cursor, or worse, of whoever reads the log in a terminal.
struct Harmless<W>(W);

impl<W: fmt::Write> fmt::Write for Harmless<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let harmful = |c: char| is_harmful(c) && c != '\n' && c != '\t';
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(harmful) {
            return self.0.write_str(text);
        }
        text.chars().try_for_each(|c| if harmful(c) { write!(self.0, "{}", c.escape_default()) } else { self.0.write_char(c) })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

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

    #[derive(Default)]
    struct Noon;

    impl FormatTime for Noon {
        fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
            to.write_str("12:00")
        }
    }

    /// Lines in the common way, and in ours.
    fn both(log: impl Fn()) -> [String; 2] {
        let (common, ours) = (Kept::default(), Kept::default());
        let lines = |kept: &Kept| {
            let kept = kept.clone();
            tracing_subscriber::fmt().with_target(false).with_timer(Noon).with_ansi(false).with_writer(move || kept.clone())
        };
        tracing::subscriber::with_default(lines(&common).finish(), &log);
        tracing::subscriber::with_default(lines(&ours).fmt_fields(Fields).event_format(Plain::<Noon>::default()).finish(), &log);
        [common, ours].map(|kept| String::from_utf8(kept.0.lock().unwrap().clone()).unwrap())
    }

    #[test]
    fn lines_look_as_in_the_common_way() {
        let [common, ours] = both(|| {
            let none: Option<&str> = None;
            tracing::info!(plain = "a b", quoted = "a \"b\" \\ \n büro", number = 7, yes = true, none, some = Some("x"), "decided");
            tracing::warn!(error = %"it's bad", list = ?["a", "b"], "what {} said", 1);
            tracing::error!("nothing else");
            tracing::info_span!("place", of = "a library").in_scope(|| tracing::info!(number = 7, "within"));
        });
        assert_eq!(ours, common);
        assert_eq!(ours.lines().count(), 4, "{ours}");
    }

    #[test]
    fn the_line_of_an_event_looks_as_the_others() {
        for (call_id, tags) in [("CA-1", None), ("a \"b\" \\ \n\u{1b}[2J büro", Some("vip, new")), ("", Some(""))] {
            let decided = Decided {
                call_id,
                script: "office",
                version: "043c2584d17722ea",
                dialect: "json",
                event: "incoming_call",
                action: "voicemail",
                tags,
                from: tags,
                to: None,
            };
            let [common, ours] = both(|| decided.trace());
            let mut line = String::new();
            decided.write(&Noon, &mut line).unwrap();
            assert_eq!(line, common);
            assert_eq!(line, ours);
        }
    }

    /// A reader who takes his time.
    struct Slow(Kept);

    impl io::Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            thread::sleep(Duration::from_millis(1));
            self.0.write(bytes.get(..1 << 20).unwrap_or(bytes))
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_whole_and_the_last_ones_before_the_end() {
        let kept = Kept::default();
        let (lines, last) = Lines::start(Slow(kept.clone())).unwrap();
        // More than may wait.
        let (writers, each, length) = (4, 6_000, 1_000);
        thread::scope(|scope| {
            for writer in 0..writers {
                let mut lines = lines.clone();
                scope.spawn(move || {
                    for at in 0..each {
                        let line = format!("{writer}-{at}-").repeat(length / 8) + "\n";
                        lines.write_all(line.as_bytes()).unwrap();
                        assert!(lines.state().bytes.len() < WAITING + writers * 2 * length);
                    }
                });
            }
        });
        drop(last);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let mut next = [0; 4];
        for line in text.lines() {
            let mut parts = line.split('-');
            let writer: usize = parts.next().unwrap().parse().unwrap();
            assert_eq!(line, format!("{writer}-{}-", next[writer]).repeat(length / 8));
            next[writer] += 1;
        }
        assert_eq!(next, [each; 4]);
    }

    #[test]
    fn a_level_that_is_none_is_refused() {
        for good in ["error", "INFO", "callroute_server=debug", "warn,callroute_sources=trace", "off"] {
            assert!(good.split(',').all(is_directive), "{good}");
        }
        for bad in ["loud", "", "callroute_server", "warn,loud"] {
            assert!(!bad.split(',').all(is_directive), "{bad}");
        }
    }

    #[test]
    fn what_would_change_a_terminal_is_escaped() {
        let hostile = "büro\n\t\u{1b}[2J\u{9b}0m\r\u{202e}";
        let [_, ours] = both(|| {
            tracing::info!(error = %hostile, text = hostile, "{hostile}");
            let place = tracing::info_span!("place", of = %hostile);
            place.in_scope(|| tracing::info!(error = %hostile, text = hostile, "{hostile}"));
        });
        assert!(ours.contains("büro\n"), "{ours}");
        assert!(!ours.contains(['\u{1b}', '\u{9b}', '\r', '\u{202e}']), "{ours:?}");
    }
}
