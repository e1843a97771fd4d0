//! The servers, as processes: started, measured, and ended in two ways.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The processor that a server gets, and the one for whoever asks it.
pub const SERVER_CORE: &str = "0";
pub const CLIENT_CORE: &str = "1";

/// A server. It is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
    /// Who keeps the end of what it says.
    keeper: Option<Child>,
}

impl Process {
    /// Starts it; what it says goes to the end of a file.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Result<Self, String> {
        let file = File::options().create(true).append(true).open(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let both = file.try_clone().map_err(|error| error.to_string())?;
        let child = command.stdin(Stdio::null()).stdout(both).stderr(file).spawn().map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { child, name: name.to_owned(), log: log.to_path_buf(), keeper: None })
    }

    /// Starts it; what it says goes through a pipe to another process, on the client's processor, which writes the end of it to a file once it is over.
    pub fn start_piped(name: &str, mut command: Command, log: &Path) -> Result<Self, String> {
        let file = File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let mut keeper = pinned(CLIENT_CORE, "tail".as_ref());
        let keeper = keeper.args(["-c", "4096"]).stdin(Stdio::piped()).stdout(file).spawn();
        let mut keeper = keeper.map_err(|error| format!("tail: {error}"))?;
        let pipe = keeper.stdin.take().ok_or("tail has no standard input")?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(pipe).spawn().map_err(|error| format!("{name}: {error}"))?;
        Ok(Self { child, name: name.to_owned(), log: log.to_path_buf(), keeper: Some(keeper) })
    }

    fn proc(&self, file: &str) -> Result<String, String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
            .map_err(|error| format!("{} has ended: {error}; {}", self.name, self.last()))
    }

    /// Resident memory in KiB.
    pub fn memory(&self) -> Result<u64, String> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").trim().parse().map_err(|_| format!("no VmRSS in {status}"))
    }

    /// Processor time that it has taken, in user and in system mode. Linux tells it in hundredths of a second.
    pub fn cpu(&self) -> Result<Duration, String> {
        let stat = self.proc("stat")?;
        // The name in brackets may hold spaces.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
        Ok(Duration::from_millis(10 * (ticks(11) + ticks(12))))
    }

    /// The end of what it said.
    pub fn last(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n")
    }

    /// SIGTERM, and waits for its end, which must be one with status 0.
    pub fn terminate(mut self) -> Result<(), String> {
        let told = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        told.map_err(|error| error.to_string())?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("{} was told to stop and ended with {status}: {}", self.name, self.last())) }
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(keeper) = &mut self.keeper {
            let _ = keeper.wait();
        }
    }
}

/// A port on which nobody listens now.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

/// A command that keeps to one processor, where there is another one for the others.
pub fn pinned(core: &str, program: &Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["-c", core]).arg(program);
    command
}
