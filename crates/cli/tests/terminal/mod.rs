//! The command in a real terminal.
#![allow(dead_code, reason = "not every test file uses all of it")]

pub mod picture;

use std::io::{Read as _, Write as _};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::common::Folder;

/// The command in a terminal of 80 columns and 24 lines.
pub struct Terminal {
    writer: Box<dyn std::io::Write + Send>,
    output: mpsc::Receiver<Vec<u8>>,
    pub screen: vt100::Parser,
    /// Everything that came.
    pub written: String,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn portable_pty::MasterPty + Send>,
}

impl Terminal {
    pub fn open(folder: &Folder, args: &[&str], colour: bool) -> Self {
        Self::open_as(folder, args, colour, "xterm-256color", (80, 24))
    }

    /// In a terminal of another kind or size.
    pub fn open_as(folder: &Folder, args: &[&str], colour: bool, term: &str, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_callroute"));
        command.args(args);
        command.cwd(&folder.0);
        command.env("TERM", term);
        if colour {
            command.env_remove("NO_COLOR");
        } else {
            command.env("NO_COLOR", "1");
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (send, output) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || send.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { writer, output, screen: vt100::Parser::new(rows, cols, 0), written: String::new(), child, master: pair.master }
    }

    /// The terminal is made smaller or larger.
    pub fn resize(&mut self, (cols, rows): (u16, u16)) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.screen.screen_mut().set_size(rows, cols);
    }

    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until a text is on the screen.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> String {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let contents = self.screen.screen().contents();
            if contents.contains(text) {
                return contents;
            }
            let left = until.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{text:?} does not come on the screen\n{contents}"),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.written += &String::from_utf8_lossy(bytes);
    }

    /// Takes what comes within a second: what belongs to one picture comes in several pieces.
    pub fn settle(&mut self) {
        let until = Instant::now() + Duration::from_secs(1);
        while let Ok(bytes) = self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
            if Instant::now() >= until {
                break;
            }
        }
    }

    /// Waits until the command has ended by itself; its exit status, and what is left on the screen.
    pub fn end(&mut self) -> (u32, String) {
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_secs(60)) {
            self.take(&bytes);
        }
        (self.child.wait().unwrap().exit_code(), self.screen.screen().contents())
    }

    /// Presses the key that ends the command, until it has ended.
    #[track_caller]
    pub fn ends(mut self, key: &str) {
        for _ in 0..60 {
            let _ = self.writer.write_all(key.as_bytes()).and_then(|()| self.writer.flush());
            for _ in 0..10 {
                if let Some(status) = self.child.try_wait().unwrap() {
                    assert!(status.success(), "{status:?}");
                    return;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        panic!("it does not end");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
