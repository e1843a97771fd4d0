//! How far long work is: one line on standard error, on a terminal only, not before it takes long, and gone when it is done.
//!
//! There is one line, whoever works on what. A thread draws it, so that it also moves where the work itself cannot say how far it is.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use callroute_diagnostics::Color;
use ratatui::crossterm::terminal;
use unicode_width::UnicodeWidthChar as _;

use crate::failure::shown;

/// Work that is done sooner says nothing.
const FIRST: Duration = Duration::from_millis(500);
/// The line is drawn so often.
const EACH: Duration = Duration::from_millis(100);
/// Columns of a terminal that does not tell how wide it is.
const WIDE: u16 = 80;

/// What is being done.
struct Line {
    /// `checking`
    doing: String,
    /// How much of it is done, how much there is, and what: `scripts`. Of a single thing nothing is counted.
    count: Option<(usize, usize, &'static str)>,
    /// What is just being read.
    note: String,
    since: Instant,
    /// It stands on the terminal.
    drawn: bool,
}

/// The line, while there is work.
static LINE: Mutex<Option<Line>> = Mutex::new(None);
/// Tells the thread that draws that the work is done.
static DONE: Condvar = Condvar::new();

fn line() -> MutexGuard<'static, Option<Line>> {
    // Whoever panicked with the line in hand has left nothing half done.
    LINE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Long work; it is over when this is dropped.
pub struct Progress(Option<JoinHandle<()>>);

impl Progress {
    /// Begins work on so many things. Nothing is shown where standard error is no terminal, or may not be coloured (`NO_COLOR`, `--color never`, a
    /// dumb terminal: a line that goes away needs the same powers), and inside of other work.
    pub fn begin(color: Color, doing: &str, total: usize, things: &'static str) -> Self {
        if color == Color::Off || !io::stderr().is_terminal() {
            return Self(None);
        }
        let mut line = line();
        if line.is_some() {
            return Self(None);
        }
        let count = (total > 1).then_some((0, total, things));
        *line = Some(Line { doing: shown(doing), count, note: String::new(), since: Instant::now(), drawn: false });
        drop(line);
        Self(std::thread::Builder::new().spawn(draw).ok())
    }

    /// For commands that are to be quiet.
    pub const fn none() -> Self {
        Self(None)
    }

    /// One more is done.
    pub fn step(&self) {
        if self.0.is_some()
            && let Some(Line { count: Some((done, ..)), note, .. }) = line().as_mut()
        {
            *done = done.saturating_add(1);
            note.clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(thread) = self.0.take() else { return };
        if let Some(mut line) = line().take() {
            clear(&mut line);
        }
        DONE.notify_all();
        let _ = thread.join();
    }
}

/// Says what is just being done, if anybody wants to know.
pub fn note(text: &str) {
    if let Some(line) = line().as_mut() {
        line.note = shown(text);
    }
}

/// Does something that writes to the terminal: the line is out of its way meanwhile.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    let mut line = line();
    if let Some(line) = line.as_mut() {
        clear(line);
    }
    write()
}

fn clear(line: &mut Line) {
    if std::mem::take(&mut line.drawn) {
        let _ = write!(io::stderr().lock(), "\r\u{1b}[K");
    }
}

/// Draws the line until the work is done.
fn draw() {
    let mut line = line();
    while let Some(now) = line.as_mut() {
        let wait = FIRST.saturating_sub(now.since.elapsed());
        if wait.is_zero() {
            now.drawn = true;
            let wide = terminal::size().map_or(WIDE, |(columns, _)| columns);
            let _ = write!(io::stderr().lock(), "\r{}\u{1b}[K", cut(&now.text(), wide.saturating_sub(1)));
        }
        let wait = if wait.is_zero() { EACH } else { wait };
        line = match DONE.wait_timeout(line, wait) {
            Ok((line, _)) => line,
            Err(poisoned) => poisoned.into_inner().0,
        };
    }
}

impl Line {
    /// `checking: 12 of 300 scripts, rates.csv (4 s)`
    fn text(&self) -> String {
        let mut out = self.doing.clone();
        let mut between = ": ";
        if let Some((done, total, things)) = self.count {
            out += &format!("{between}{done} of {total} {things}");
            between = ", ";
        }
        if !self.note.is_empty() {
            out += between;
            out += &self.note;
        }
        let seconds = self.since.elapsed().as_secs();
        if seconds > 0 {
            out += &format!(" ({seconds} s)");
        }
        out
    }
}

/// At most so many columns of a text: a line that is broken could not be taken away again.
fn cut(text: &str, columns: u16) -> String {
    let mut left = usize::from(columns);
    let fits = |c: &char| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    };
    text.chars().take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_done_and_fits() {
        let mut line = Line {
            doing: "checking".to_owned(),
            count: Some((12, 300, "scripts")),
            note: String::new(),
            since: Instant::now(),
            drawn: false,
        };
        assert_eq!(line.text(), "checking: 12 of 300 scripts");
        line.note = "rates.csv".to_owned();
        assert_eq!(line.text(), "checking: 12 of 300 scripts, rates.csv");
        line.count = None;
        assert_eq!(line.text(), "checking: rates.csv");
        assert_eq!(cut("日本語", 5), "日本");
        assert_eq!(cut("abc", 0), "");
    }
}
