//! The telephone as a screen: at the left the telephone, at the right the lines of the script that are being executed and why.
//!
//! The clock stands until it is set going; while it goes, menus time out and ringing ends by itself.

use std::path::Path;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::Frame;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::phone::{Entry, Phone, State};
use super::record;
use super::ringing::{Member, Now};
use crate::failure::{Failure, Outcome, say, shown};

/// Columns and lines that the screen needs.
const NEEDED: (u16, u16) = (80, 24);

/// Why this terminal cannot show the screen, if it cannot.
pub fn unfit() -> Option<String> {
    if std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb") && cfg!(unix) {
        return Some("this terminal (`TERM`) can only show one line after the other".to_owned());
    }
    match ratatui::crossterm::terminal::size() {
        // Some say nothing of their size.
        Ok((0, _) | (_, 0)) | Err(_) => None,
        Ok((columns, lines)) if columns < NEEDED.0 || lines < NEEDED.1 => {
            Some(format!("the screen needs {} columns and {} lines, and the terminal has {columns} and {lines}", NEEDED.0, NEEDED.1))
        }
        Ok(_) => None,
    }
}

/// How often the clock is looked at while nothing is typed.
const TICK: Duration = Duration::from_millis(100);

/// What is being typed, if not keys of the telephone.
enum Asking {
    Nothing,
    /// The clock is set.
    Clock(String),
    /// Where a redirected call goes.
    Contact(String),
    /// What a source answers.
    Row(String),
    /// The name of the test.
    Test(String),
}

impl Asking {
    /// What has been typed so far.
    const fn text(&mut self) -> Option<&mut String> {
        match self {
            Self::Nothing => None,
            Self::Clock(text) | Self::Contact(text) | Self::Row(text) | Self::Test(text) => Some(text),
        }
    }
}

struct Screen<'a, 'p> {
    phone: &'a mut Phone<'p>,
    script: &'a Path,
    colours: bool,
    running: bool,
    /// Keys that have been pressed and not been sent.
    typed: String,
    asking: Asking,
    /// What is to be said about the last key.
    message: String,
    /// The second at which the clock was last moved.
    ticked: Instant,
    done: bool,
}

pub fn run(phone: &mut Phone<'_>, script: &Path, colours: bool) -> Outcome {
    let mut terminal = ratatui::try_init().map_err(|error| Failure::wrong(format!("there is no terminal: {error}; try --plain")))?;
    let mut screen = Screen {
        phone,
        script,
        colours,
        running: false,
        typed: String::new(),
        asking: Asking::Nothing,
        message: String::new(),
        ticked: Instant::now(),
        done: false,
    };
    let outcome = screen.work(&mut terminal);
    ratatui::restore();
    outcome?;
    let over = screen.phone.waits_for();
    say(&format!("{}: {over}", shown(&script.display().to_string())));
    Ok(())
}

impl Screen<'_, '_> {
    fn work(&mut self, terminal: &mut DefaultTerminal) -> Outcome {
        while !self.done {
            terminal.draw(|frame| self.draw(frame))?;
            if event::poll(TICK)? {
                match event::read()? {
                    Event::Key(key) if key.kind != KeyEventKind::Release => self.key(key),
                    _ => {}
                }
            }
            self.tick();
        }
        Ok(())
    }

    /// Moves the clock, and lets run out what runs out.
    fn tick(&mut self) {
        let passed = self.ticked.elapsed().as_secs();
        if passed == 0 {
            return;
        }
        self.ticked += Duration::from_secs(passed);
        if !self.running || self.phone.is_over() {
            return;
        }
        self.phone.wait(passed);
        let limit = match &self.phone.state {
            State::Keys { wait, .. } if self.typed.is_empty() => Some(*wait),
            State::Keys { .. } => Some(u64::MAX),
            State::Ringing { limit, .. } => *limit,
            _ => None,
        };
        if limit.is_some_and(|limit| self.phone.elapsed() >= limit) {
            let outcome = self.phone.timeout();
            self.told(outcome);
        }
    }

    fn told(&mut self, outcome: Result<(), String>) {
        self.message = outcome.err().unwrap_or_default();
    }

    // -------------------------------------------------------------------------------------------- keys

    fn key(&mut self, key: KeyEvent) {
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            self.done = true;
            return;
        }
        // With one of them alone no key is a letter (Ctrl-U is no `u`); both together are how some keyboards write `#`.
        if key.modifiers.contains(KeyModifiers::CONTROL) != key.modifiers.contains(KeyModifiers::ALT) {
            if key.code == KeyCode::Char('u')
                && let Some(text) = self.asking.text()
            {
                text.clear();
            }
            return;
        }
        if matches!(self.asking, Asking::Nothing) {
            self.phone_key(key.code);
        } else {
            self.text_key(key.code);
        }
    }

    /// A key while some text is being typed.
    fn text_key(&mut self, key: KeyCode) {
        let Some(text) = self.asking.text() else { return };
        match key {
            KeyCode::Char(c) => text.push(c),
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Esc => {
                self.asking = Asking::Nothing;
                self.message.clear();
            }
            KeyCode::Enter => self.answer(),
            _ => {}
        }
    }

    /// Takes what was typed.
    fn answer(&mut self) {
        let outcome = match &self.asking {
            Asking::Nothing => Ok(()),
            Asking::Clock(text) => crate::when::parse_next(text, self.phone.zone, self.phone.now).and_then(|at| {
                let ahead = at.saturating_sub(self.phone.now);
                match u64::try_from(ahead) {
                    Ok(ahead) => {
                        self.phone.wait(ahead);
                        Ok(())
                    }
                    Err(_) => Err("the clock goes on only; begin a new call with --at".to_owned()),
                }
            }),
            Asking::Contact(text) => self.phone.outcome(&format!("redirected {text}")),
            Asking::Row(text) => {
                let text = text.clone();
                self.phone.look_up(&text)
            }
            Asking::Test(name) if name.trim().is_empty() => Ok(()),
            Asking::Test(name) => match record::save(self.phone, self.script, name.trim()) {
                Ok(message) => {
                    self.message = message;
                    self.asking = Asking::Nothing;
                    return;
                }
                Err(Failure::Wrong(message)) => Err(message),
                Err(_) => Err("it cannot be saved".to_owned()),
            },
        };
        if outcome.is_ok() {
            self.asking = Asking::Nothing;
        }
        self.told(outcome);
    }

    fn phone_key(&mut self, key: KeyCode) {
        self.message.clear();
        let outcome = match key {
            KeyCode::Char('q') | KeyCode::Esc => {
                self.done = true;
                Ok(())
            }
            KeyCode::Char('r') => {
                self.running = !self.running;
                self.ticked = Instant::now();
                Ok(())
            }
            KeyCode::Char('t') => {
                self.asking = Asking::Clock(String::new());
                Ok(())
            }
            KeyCode::Char('+') => {
                self.phone.wait(10);
                Ok(())
            }
            KeyCode::Char('s') => {
                self.asking = Asking::Test(String::new());
                Ok(())
            }
            KeyCode::Char('h') => {
                self.phone.hang_up();
                Ok(())
            }
            KeyCode::Char(' ') => {
                self.typed.clear();
                self.phone.timeout()
            }
            KeyCode::Char(c @ ('0'..='9' | '*' | '#')) => self.pressed(c),
            KeyCode::Enter if matches!(self.phone.state, State::Lookup { .. }) => {
                self.asking = Asking::Row(String::new());
                Ok(())
            }
            KeyCode::Enter => self.send(),
            KeyCode::Backspace => {
                self.typed.pop();
                Ok(())
            }
            KeyCode::Char(c) => self.outcome_key(c),
            _ => Ok(()),
        };
        self.told(outcome);
    }

    /// Letters are outcomes.
    fn outcome_key(&mut self, key: char) -> Result<(), String> {
        if let State::Lookup { .. } = self.phone.state {
            return match key {
                'm' => self.phone.look_up("missing"),
                'f' => self.phone.look_up("failed"),
                'l' => self.phone.look_up("late"),
                _ => {
                    self.asking = Asking::Row(String::new());
                    Ok(())
                }
            };
        }
        let word = match (key, &self.phone.state) {
            ('a', State::Ringing { .. }) => "answered",
            ('b', State::Ringing { .. }) => "busy",
            ('n', State::Ringing { .. }) => return self.phone.timeout(),
            ('d', State::Ringing { .. }) => "declined",
            ('u', State::Ringing { .. }) => "unreachable",
            ('f', State::Ringing { queue: true, .. }) => "full",
            ('e', State::Ringing { queue: true, .. }) => "empty",
            ('x', State::Ringing { queue: false, .. }) => {
                self.asking = Asking::Contact(String::new());
                return Ok(());
            }
            ('a', State::Voicemail { .. }) => "recorded",
            ('f', State::Voicemail { .. }) => "full",
            ('e', State::Voicemail { .. } | State::Action { .. }) => "failed",
            ('a', State::Action { .. }) => "ok",
            _ => return Err(format!("`{key}` does nothing now: {}", self.phone.waits_for())),
        };
        self.phone.outcome(word)
    }

    fn pressed(&mut self, key: char) -> Result<(), String> {
        match &self.phone.state {
            State::Keys { most, ending, .. } => {
                let (most, ends) = (*most, *ending == Some(key));
                self.typed.push(key);
                if ends || self.typed.chars().count() >= most { self.send() } else { Ok(()) }
            }
            _ => self.phone.press(&key.to_string()),
        }
    }

    fn send(&mut self) -> Result<(), String> {
        let typed = std::mem::take(&mut self.typed);
        if typed.is_empty() { Ok(()) } else { self.phone.press(&typed) }
    }

    // -------------------------------------------------------------------------------------------- picture

    fn style(&self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    fn draw(&self, frame: &mut Frame<'_>) {
        let Rect { width, height, .. } = frame.area();
        if width < NEEDED.0 || height < NEEDED.1 {
            // It was made smaller meanwhile. The call goes on, and is there again when there is room.
            let text =
                format!("The screen needs {} columns and {} lines; these are {width} and {height}. q ends the call.", NEEDED.0, NEEDED.1);
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), frame.area());
            return;
        }
        let [head, middle, state, keys] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(5), Constraint::Length(5), Constraint::Length(2)]).areas(frame.area());
        let [left, right] = Layout::horizontal([Constraint::Length(27), Constraint::Min(20)]).areas(middle);
        self.draw_head(frame, head);
        self.draw_phone(frame, left);
        self.draw_log(frame, right);
        self.draw_state(frame, state);
        frame.render_widget(Paragraph::new(self.help()).style(Style::new().add_modifier(Modifier::DIM)).wrap(Wrap { trim: true }), keys);
        self.draw_question(frame, middle);
    }

    fn draw_head(&self, frame: &mut Frame<'_>, area: Rect) {
        let script = shown(&self.script.display().to_string());
        let clock = format!("{} {}", self.phone.clock(), if self.running { "▶" } else { "‖" });
        let room = usize::from(area.width).saturating_sub(clock.chars().count() + 2);
        let script: String = script.chars().take(room).collect();
        let line = format!(" {script:<room$} {clock}");
        frame.render_widget(Paragraph::new(line).style(Style::new().add_modifier(Modifier::REVERSED)), area);
    }

    fn draw_phone(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines: Vec<Line<'_>> = Vec::new();
        let incoming = &self.phone.caller.incoming;
        lines.push(Line::from(format!("from {}", shown(incoming.from.as_deref().unwrap_or("nobody known")))));
        lines.extend(incoming.to.iter().map(|to| Line::from(format!("to   {}", shown(to)))));
        lines.push(Line::default());
        let open = matches!(self.phone.state, State::Keys { .. });
        let key = |key: &str| {
            let style = if open { self.style(Color::Cyan).add_modifier(Modifier::BOLD) } else { Style::new().add_modifier(Modifier::DIM) };
            Span::styled(format!("  [{key}]"), style)
        };
        for row in [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"], ["*", "0", "#"]] {
            lines.push(Line::from(row.map(key).to_vec()));
        }
        if let State::Keys { secret, .. } = &self.phone.state {
            let typed = if *secret { "•".repeat(self.typed.chars().count()) } else { self.typed.clone() };
            lines.push(Line::from(format!("  {typed}_")));
        }
        if let State::Ringing { members, limit, .. } = &self.phone.state {
            lines.push(Line::default());
            lines.push(Line::from(Span::styled("ringing:", self.style(Color::Green))));
            let room = usize::from(area.height.saturating_sub(2)).saturating_sub(lines.len());
            let all = members.len();
            let shown = if all > room { room.saturating_sub(1) } else { all };
            lines.extend(
                members.iter().take(shown).map(|member| self.draw_member(member, *limit, usize::from(area.width.saturating_sub(2)))),
            );
            if shown < all {
                lines.push(Line::from(format!("  and {} more", all - shown)));
            }
        }
        let block = Block::bordered().title(" telephone ");
        frame.render_widget(Paragraph::new(Text::from(lines)).block(block), area);
    }

    /// Who rings at this moment stands out, without colours too.
    fn draw_member(&self, member: &Member, limit: Option<u64>, wide: usize) -> Line<'static> {
        let now = member.now(self.phone.elapsed(), limit);
        let time = now.briefly();
        let name = shown(member.name.as_deref().unwrap_or(&member.address));
        let name = cut(&name, wide.saturating_sub(time.width() + 3));
        let rings = matches!(now, Now::Rings(..));
        let style = if rings { self.style(Color::Green).add_modifier(Modifier::BOLD) } else { Style::new() };
        Line::from(Span::styled(format!("{} {name} {time}", if rings { "▸" } else { " " }), style))
    }

    fn draw_log(&self, frame: &mut Frame<'_>, area: Rect) {
        let wide = usize::from(area.width.saturating_sub(2)).max(1);
        let high = usize::from(area.height.saturating_sub(2));
        let mut lines: Vec<Line<'_>> = Vec::new();
        // From the last one upwards, so much as there is room for.
        for entry in self.phone.log.iter().rev() {
            let (text, style) = match entry {
                Entry::Event(text) => (format!("— {text}"), Style::new().add_modifier(Modifier::BOLD)),
                // Most lines are of the script itself, whose name stands above.
                Entry::Line(line) if line.file.as_deref().is_none_or(|file| self.script.ends_with(file)) => {
                    (format!("{:>4}: {}", line.line, line.says()), Style::new())
                }
                Entry::Line(line) => (format!("{line}"), Style::new()),
                Entry::Hears(text) => (format!("  {text}"), self.style(Color::Cyan)),
                Entry::Does(text) => (format!("⇒ {text}"), self.style(Color::Green)),
                Entry::Note(text) => (format!("! {text}"), self.style(Color::Yellow)),
            };
            let text = shown(&text);
            for piece in wrapped(&text, wide).into_iter().rev() {
                lines.push(Line::from(Span::styled(piece, style)));
            }
            if lines.len() >= high {
                break;
            }
        }
        lines.truncate(high);
        lines.reverse();
        let block = Block::bordered().title(" what the script does, and why ");
        frame.render_widget(Paragraph::new(Text::from(lines)).block(block), area);
    }

    fn draw_state(&self, frame: &mut Frame<'_>, area: Rect) {
        let time = match &self.phone.state {
            State::Ringing { limit: Some(limit), .. } => format!(" for {} s of {limit} s", self.phone.elapsed()),
            State::Ringing { limit: None, .. } => format!(" for {} s", self.phone.elapsed()),
            State::Keys { wait, .. } => format!(" ({} s of {wait} s)", self.phone.elapsed()),
            _ => String::new(),
        };
        let mut lines = vec![Line::from(format!("{}{time}", self.phone.waits_for()))];
        if !self.message.is_empty() {
            lines.push(Line::from(Span::styled(shown(&self.message), self.style(Color::Red))));
        }
        let block = Block::bordered().title(" now ");
        frame.render_widget(Paragraph::new(Text::from(lines)).block(block).wrap(Wrap { trim: true }), area);
    }

    fn draw_question(&self, frame: &mut Frame<'_>, area: Rect) {
        let (title, text) = match &self.asking {
            Asking::Nothing => return,
            Asking::Clock(text) => (" the clock: 17:00, or 2026-04-21 17:00 ", text),
            Asking::Contact(text) => (" redirected to ", text),
            Asking::Row(text) => (" the row in JSON: {\"tier\":\"gold\"} ", text),
            Asking::Test(text) => (" save as a test called ", text),
        };
        let wide = area.width.saturating_sub(8).min(66);
        let area = Rect { x: area.x + (area.width - wide) / 2, y: area.y + area.height / 2, width: wide, height: 3.min(area.height) };
        frame.render_widget(Clear, area);
        frame.render_widget(Paragraph::new(format!("{text}_")).block(Block::bordered().title(title)), area);
    }

    fn help(&self) -> &'static str {
        if !matches!(self.asking, Asking::Nothing) {
            return "Enter takes it, Esc leaves it";
        }
        match &self.phone.state {
            State::Keys { .. } => {
                "0-9 * # press · Enter send · Space nothing in time · h hang up · r run clock · t set clock · + 10 s · s save · q quit"
            }
            State::Ringing { queue: true, .. } => {
                "a answered · f full · e empty · n too long · u unreachable · h hang up · r run · t set · s save · q quit"
            }
            State::Ringing { .. } => {
                "a answered · b busy · n no answer · d declined · u unreachable · x redirected · h hang up · r run clock · t set clock · s save · q quit"
            }
            State::Voicemail { .. } => "a recorded · f full · e failed · h hang up · s save as test · q quit",
            State::Action { .. } => "a ok · e failed · h hang up · s save as test · q quit",
            State::Lookup { .. } => "m missing · f failed · l late · Enter type a row · h hang up · q quit",
            State::Over(_) => "s save this call as a test · q quit",
        }
    }
}

/// So much of a text as goes into so many columns; what is cut ends in `…`.
fn cut(text: &str, wide: usize) -> String {
    if text.width() <= wide {
        return text.to_owned();
    }
    let mut columns = 1;
    let fits = |c: &char| {
        columns += c.width().unwrap_or(0);
        columns <= wide
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// A text in lines of so many columns, broken between words where it can be; what follows the first is set in.
fn wrapped(text: &str, wide: usize) -> Vec<String> {
    let inset = if wide > 20 { "      " } else { "" };
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    let mut columns = 0;
    for word in text.split_inclusive(' ') {
        let needed = word.trim_end().width();
        if columns + needed > wide && columns > inset.len() {
            lines.push(std::mem::replace(&mut line, inset.to_owned()));
            columns = inset.len();
        }
        for c in word.chars() {
            let needed = c.width().unwrap_or(0);
            if columns + needed > wide && c != ' ' {
                lines.push(std::mem::replace(&mut line, inset.to_owned()));
                columns = inset.len();
            }
            line.push(c);
            columns += needed;
        }
    }
    lines.push(line);
    lines
}
