//! The scripts that are served now, and those that calls began with.
//!
//! What is served now is exchanged as a whole: a request takes one look at the beginning and keeps to it. Older versions stay in memory, the
//! last few of them, and in a folder if there is one, so that a call that began before a change or a restart ends on the script that it began
//! with, whichever copy of the server it comes back to.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use arc_swap::{ArcSwap, Guard};
use callroute_bytecode::limits;
use callroute_numbers::{Packed, Party, Pattern};
use callroute_runtime::Program;

use crate::load::{Served, version};

/// Bytes of a script's name at most.
const MAX_NAME: u64 = 1024;
/// Older versions that are kept in memory.
const IN_MEMORY: usize = 16;

/// What is served at one time.
#[derive(Debug, Default)]
pub struct Generation {
    /// Counts changes, from 1.
    pub serial: u64,
    /// The scripts, the first answers where no other is meant.
    pub scripts: Vec<Arc<Served>>,
    /// Which script answers which numbers, in the order of the configuration.
    pub numbers: Vec<(Pattern, usize)>,
}

impl Generation {
    /// The script of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<Served>> {
        self.scripts.iter().find(|script| script.name == name)
    }

    /// The script for a number that was dialled: the first whose numbers it is among. Some platforms leave out the `+` of a number: then it is
    /// read as one that has it, where a script has exactly that number.
    #[must_use]
    pub fn dialled(&self, to: Option<&str>) -> Option<&Arc<Served>> {
        let mut buffer = String::new();
        let Party::Number(number) = callroute_numbers::read_party(to?, None, &mut buffer).party else { return None };
        let found = self.numbers.iter().find(|(pattern, _)| pattern.matches(number)).or_else(|| {
            let whole = Packed::parse(&format!("+{number}"))?;
            self.numbers.iter().find(|(pattern, _)| pattern.as_exact() == Some(whole))
        });
        found.and_then(|(_, index)| self.scripts.get(*index))
    }

    /// The script whose hash begins so.
    #[must_use]
    pub fn hashed(&self, start: [u8; 8]) -> Option<&Arc<Served>> {
        self.scripts.iter().find(|script| script.program.hash().starts_with(&start))
    }
}

/// An older version, and the name of its script, where that is known.
type Old = (Arc<Program>, Option<String>);

/// See the module.
#[derive(Debug)]
pub struct Store {
    now: ArcSwap<Generation>,
    /// With the names of their scripts, where they are known.
    old: Mutex<VecDeque<Old>>,
    folder: Option<PathBuf>,
}

impl Store {
    /// Nothing is served yet. The folder is made if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(folder: Option<PathBuf>) -> io::Result<Self> {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { now: ArcSwap::default(), old: Mutex::default(), folder })
    }

    /// What is served now.
    pub fn now(&self) -> Guard<Arc<Generation>> {
        self.now.load()
    }

    /// Exchanges what is served. `keep`: how long a call may come back.
    ///
    /// # Errors
    /// When the folder of programs cannot be written; it is served all the same.
    pub fn put(&self, mut generation: Generation, keep: Duration) -> io::Result<()> {
        let before = self.now.load_full();
        generation.serial = before.serial + 1;
        // First what calls may come back for, then the exchange: no call is between.
        let written = self.write(&before, &generation, keep);
        for script in &before.scripts {
            if generation.hashed(start_of(&script.program)).is_none() {
                self.remember((Arc::clone(&script.program), Some(script.name.clone())));
            }
        }
        self.now.store(Arc::new(generation));
        written
    }

    fn write(&self, before: &Generation, after: &Generation, keep: Duration) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut result = Ok(());
        // The time of a file says when it was served last.
        for script in before.scripts.iter().chain(&after.scripts) {
            let written = write_program(folder, &script.version, &script.bytes, &script.name);
            result = result.and(written);
        }
        for script in &after.scripts {
            let written = write_whole(folder, &last_name(&script.name), script.version.as_bytes());
            result = result.and(written);
        }
        result.and_then(|()| prune(folder, keep))
    }

    /// Says in the folder of programs that what is served now still is: other copies of the server, and those that come after this one, remove
    /// what was not served for the life of a call.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn touch(&self) -> io::Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let now = self.now.load_full();
        let mut result = Ok(());
        for script in &now.scripts {
            let written = write_program(folder, &script.version, &script.bytes, &script.name);
            result = result.and(written);
        }
        result
    }

    fn remember(&self, program: Old) {
        let mut old = self.old.lock().unwrap_or_else(PoisonError::into_inner);
        old.retain(|(known, _)| known.hash() != program.0.hash());
        old.push_front(program);
        old.truncate(IN_MEMORY);
    }

    /// The version of a script that was served last, perhaps by a server before this one: its bytes, for when the script cannot be served as it
    /// is now.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<Vec<u8>> {
        let folder = self.folder.as_ref()?;
        let version = callroute_workspace::read_limited(&folder.join(last_name(name)), 64).ok()??;
        let version = String::from_utf8(version).ok().filter(|version| version.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        callroute_workspace::read_limited(&folder.join(file_name(&version)), limits::FILE as u64).ok()?
    }

    /// An older version, by the start of its hash. It may be read from disk, so a request asks for it away from the others.
    #[must_use]
    pub fn old(&self, start: [u8; 8]) -> Option<(Arc<Program>, Option<String>)> {
        let known = {
            let mut old = self.old.lock().unwrap_or_else(PoisonError::into_inner);
            let at = old.iter().position(|(program, _)| start_of(program) == start);
            let found = at.and_then(|at| old.remove(at));
            if let Some(program) = &found {
                old.push_front(program.clone());
            }
            found
        };
        if known.is_some() {
            return known;
        }
        let folder = self.folder.as_ref()?;
        let path = folder.join(file_name(&version(&start)));
        let bytes = callroute_workspace::read_limited(&path, limits::FILE as u64).ok()??;
        // What is not what its name says is nobody's.
        let program = Program::load(&bytes).ok().filter(|program| start_of(program) == start)?;
        let name = callroute_workspace::read_limited(&folder.join(owner_name(&version(&start))), MAX_NAME).ok().flatten();
        let old = (Arc::new(program), name.and_then(|name| String::from_utf8(name).ok()));
        self.remember(old.clone());
        Some(old)
    }
}

fn start_of(program: &Program) -> [u8; 8] {
    let mut start = [0; 8];
    for (to, from) in start.iter_mut().zip(program.hash()) {
        *to = from;
    }
    start
}

fn file_name(version: &str) -> String {
    format!("{version}.routec")
}

/// The file that says which version of a script was served last.
fn last_name(script: &str) -> String {
    format!("{script}.last")
}

/// The file that says as which script a version was served.
fn owner_name(version: &str) -> String {
    format!("{version}.script")
}

/// Writes a program and the name of its script, unless they are there; their time is now in any case.
fn write_program(folder: &Path, version: &str, bytes: &[u8], script: &str) -> io::Result<()> {
    write_new(folder, &file_name(version), bytes)?;
    write_new(folder, &owner_name(version), script.as_bytes())
}

fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    if fs::metadata(&path).is_ok_and(|about| about.len() == bytes.len() as u64) {
        match fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now())) {
            // Another copy of the server has removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
    }
    write_whole(folder, name, bytes)
}

/// Whoever reads it sees all of it or nothing.
fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    // In containers, all copies of the server have the same process id.
    let half = folder.join(format!(".{name}.{:016x}", RandomState::new().build_hasher().finish()));
    let mut file = fs::File::create_new(&half)?;
    // Its name must not outlive its bytes when the power fails.
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&half, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&half);
    }
    written
}

/// Removes what no call can come back for.
fn prune(folder: &Path, keep: Duration) -> io::Result<()> {
    let Some(before) = SystemTime::now().checked_sub(keep) else { return Ok(()) };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_none_or(|extension| extension != "routec" && extension != "script") {
            continue;
        }
        let old = entry.metadata().and_then(|about| about.modified()).map(|time| time < before);
        match old.and_then(|old| if old { fs::remove_file(entry.path()) } else { Ok(()) }) {
            // Another copy of the server was quicker.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_share_a_folder_do_not_trip_over_each_other() {
        let folder = std::env::temp_dir().join(format!("callroute-store-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let bytes = vec![7; 100_000];
        // Everything is too old at once, so that each removes what the others have just written.
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        write_program(&folder, "a", &bytes, "office").unwrap();
                        prune(&folder, Duration::ZERO).unwrap();
                        if let Ok(read) = fs::read(folder.join("a.routec")) {
                            assert_eq!(read.len(), bytes.len(), "half a file has the name of a whole one");
                        }
                    }
                });
            }
        });
        fs::remove_dir_all(&folder).unwrap();
    }
}
