//! The two copies, their database, and what happens to them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::World;
use super::call::{CUSTOMERS, is_gold, owner, phone, pin};
use crate::http::Http;
use crate::process::{Process, free_port};
use crate::{Context, KEY, absolute};

/// Between two troubles.
const PAUSE: Duration = Duration::from_millis(700);
/// How long the database is away.
const AWAY: Duration = Duration::from_millis(1_500);

/// What happens, in turn.
const TROUBLES: [(&str, What); 8] = [
    ("the script was changed, and both copies read it again", What::Changed),
    ("a faulty script was put in its place, and refused by both", What::Faulty),
    ("the database was killed, and started again", What::Database),
    ("a copy was told to stop (SIGTERM), and started again", What::Restart),
    ("the script was changed, and both copies read it again", What::Changed),
    ("a script whose own test fails was put in its place, and refused by both", What::FailsItsTest),
    ("a copy was killed (SIGKILL), and started again", What::Kill),
    ("the database and a copy were killed, and the copy was started first", What::Both),
];

#[derive(Clone, Copy)]
enum What {
    Changed,
    Faulty,
    FailsItsTest,
    Database,
    Restart,
    Kill,
    Both,
}

/// See the module. The first copy is never restarted, so that its memory can be watched.
pub struct Trouble {
    callroute: PathBuf,
    folder: PathBuf,
    template: String,
    ports: [u16; 2],
    steady: Arc<Process>,
    other: Option<Process>,
    control: String,
    /// The number of the script that is on disk.
    version: u32,
    done: BTreeMap<String, u64>,
    samples: Arc<Mutex<Vec<u64>>>,
}

fn from_environment(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("{name} is not set; tests/load/soak sets it"))
}

/// The customers.
async fn fill(url: &str) -> Result<(), String> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.map_err(|error| crate::http::chain(&error))?;
    let connection = tokio::spawn(connection);
    let mut text = "drop table if exists customers; create table customers \
        (number text primary key, tier text not null, owner text not null, pin text not null, balance integer not null);"
        .to_owned();
    for number in 0..CUSTOMERS {
        let tier = if is_gold(number) { "gold" } else { "silver" };
        text.push_str(&format!(
            "insert into customers values ('{}', '{tier}', '{}', '{}', {number});",
            phone(number),
            owner(number),
            pin(number)
        ));
    }
    client.batch_execute(&text).await.map_err(|error| crate::http::chain(&error))?;
    drop(client);
    let _ = connection.await;
    Ok(())
}

impl Trouble {
    pub async fn start(context: &Context) -> Result<Self, String> {
        let url = from_environment("CALLROUTE_POSTGRES_URL")?;
        let control = from_environment("CALLROUTE_POSTGRES_CTL")?;
        fill(&url).await?;
        let folder = absolute(&context.results).join("soak");
        // Programs and logs of a soak before this one are none of its business.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let template = fs::read_to_string(context.here.join("soak.route")).map_err(|error| format!("soak.route: {error}"))?;
        let config = format!(
            "programs = \"programs\"\n\
             [log]\nlevel = \"error\"\n\
             [[script]]\nfile = \"soak.route\"\n\
             [source.crm]\nkind = \"postgres\"\nurl = {url:?}\nquery = \"select tier, owner from customers where number = :number\"\n\
             [source.account]\nkind = \"postgres\"\nurl = {url:?}\n\
             query = \"select balance from customers where number = :number and pin = :pin\"\n"
        );
        fs::write(folder.join("serve.toml"), config).map_err(|error| error.to_string())?;
        let ports = [free_port()?, free_port()?];
        let callroute = absolute(&context.callroute());
        write(&folder, &versioned(&template, 1))?;
        let steady = Arc::new(copy(&callroute, &folder, ports[0], 0)?);
        let other = Some(copy(&callroute, &folder, ports[1], 1)?);
        let samples = Arc::<Mutex<Vec<u64>>>::default();
        let this = Self {
            callroute,
            folder,
            template,
            ports,
            steady: Arc::clone(&steady),
            other,
            control,
            version: 1,
            done: BTreeMap::new(),
            samples: Arc::clone(&samples),
        };
        let http = Http::new();
        for (port, process) in this.ports.iter().zip([Some(&*this.steady), this.other.as_ref()]) {
            let ready = http.wait_for(&format!("http://127.0.0.1:{port}/readyz")).await;
            ready.map_err(|why| format!("{why}\n{}", process.map(Process::last).unwrap_or_default()))?;
        }
        Ok(this)
    }

    /// Where the copies are asked.
    pub fn urls(&self) -> [String; 2] {
        self.ports.map(|port| format!("http://127.0.0.1:{port}/soak"))
    }

    pub fn samples(&self) -> Vec<u64> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn done(&self) -> BTreeMap<String, u64> {
        self.done.clone()
    }

    /// One trouble after the other.
    pub async fn go_on(&mut self, world: &World, length: Duration) -> Result<(), String> {
        let start = Instant::now();
        let sampler = {
            let (steady, samples) = (Arc::clone(&self.steady), Arc::clone(&self.samples));
            tokio::spawn(async move {
                while let Ok(memory) = steady.memory() {
                    samples.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            })
        };
        let mut outcome = Ok(());
        let mut round = 0;
        'all: loop {
            for (words, what) in TROUBLES {
                tokio::time::sleep(PAUSE).await;
                if round > 0 && start.elapsed() >= length {
                    break 'all;
                }
                outcome = self.cause(world, what).await.map_err(|why| format!("{words}: {why}"));
                if outcome.is_err() {
                    break 'all;
                }
                *self.done.entry(words.to_owned()).or_default() += 1;
            }
            round += 1;
        }
        sampler.abort();
        let _ = sampler.await;
        outcome
    }

    async fn cause(&mut self, world: &World, what: What) -> Result<(), String> {
        match what {
            What::Changed => {
                self.version += 1;
                write(&self.folder, &versioned(&self.template, self.version))?;
                self.reload(world, 200, "changed").await?;
                world.taken_up.store(self.version, Ordering::SeqCst);
                Ok(())
            }
            What::Faulty => self.refused(world, "go normal", "go nowhere").await,
            // The test still wants the mailbox of the version before.
            What::FailsItsTest => self.refused(world, "else voicemail \"sales_", "else voicemail \"lost_").await,
            What::Database => {
                self.database("kill").await?;
                tokio::time::sleep(AWAY).await;
                self.database("start").await
            }
            What::Restart => {
                let other = self.other.take().ok_or("the copy is gone")?;
                tokio::task::spawn_blocking(move || other.terminate()).await.map_err(|error| error.to_string())??;
                self.again(world).await
            }
            What::Kill => {
                self.other.take().ok_or("the copy is gone")?.kill();
                self.again(world).await
            }
            What::Both => {
                self.database("kill").await?;
                self.other.take().ok_or("the copy is gone")?.kill();
                self.again(world).await?;
                self.database("start").await
            }
        }
    }

    /// Puts a bad script in the place of the good one, and the good one back.
    async fn refused(&self, world: &World, from: &str, to: &str) -> Result<(), String> {
        let good = versioned(&self.template, self.version);
        let bad = good.replacen(from, to, 1);
        if good == bad {
            return Err(format!("soak.route has no {from:?} to be spoilt"));
        }
        write(&self.folder, &bad)?;
        self.reload(world, 422, "refused").await?;
        tokio::time::sleep(PAUSE).await;
        write(&self.folder, &good)?;
        self.reload(world, 200, "same").await
    }

    /// Both copies read the script again, and say what came of it.
    async fn reload(&self, world: &World, status: u16, result: &str) -> Result<(), String> {
        for port in self.ports {
            let reply = world.http.post(&format!("http://127.0.0.1:{port}/-/reload"), String::new()).await?;
            let said = reply.json()?;
            if reply.status != status || said["scripts"][0]["result"] != result {
                return Err(format!("{status} and {result:?} are expected, not {} and {said}", reply.status));
            }
        }
        Ok(())
    }

    /// Starts the second copy again.
    async fn again(&mut self, world: &World) -> Result<(), String> {
        tokio::time::sleep(PAUSE).await;
        let other = self.other.insert(copy(&self.callroute, &self.folder, self.ports[1], 1)?);
        let ready = world.http.wait_for(&format!("http://127.0.0.1:{}/readyz", self.ports[1])).await;
        ready.map_err(|why| format!("{why}\n{}", other.last()))
    }

    async fn database(&self, what: &'static str) -> Result<(), String> {
        let control = self.control.clone();
        let status =
            tokio::task::spawn_blocking(move || Command::new(control).arg(what).status()).await.map_err(|error| error.to_string())?;
        match status {
            Ok(status) if status.success() => Ok(()),
            other => Err(format!("the database: {what}: {other:?}")),
        }
    }

    /// Both copies count no fault of their own, and stop when told.
    pub async fn end(self, http: &Http) -> Result<(), String> {
        for port in self.ports {
            let text = http.get(&format!("http://127.0.0.1:{port}/metrics")).await?.text();
            if !text.lines().any(|line| line == "callroute_faults_total 0") {
                return Err(format!("the metrics should count no fault:\n{text}"));
            }
            if let Some(line) = text
                .lines()
                .find(|line| line.starts_with("callroute_requests_refused_total") || line.starts_with("callroute_tokens_refused_total"))
            {
                return Err(format!("a copy refused something: {line}"));
            }
        }
        let steady = Arc::try_unwrap(self.steady).map_err(|_| "somebody still watches the first copy")?;
        for process in self.other.into_iter().chain([steady]) {
            process.terminate()?;
        }
        let _ = fs::remove_dir_all(&self.folder);
        Ok(())
    }
}

fn versioned(template: &str, version: u32) -> String {
    template.replace("VERSION", &version.to_string())
}

/// Whoever reads it sees all of it or nothing.
fn write(folder: &std::path::Path, script: &str) -> Result<(), String> {
    let (half, whole) = (folder.join("half"), folder.join("soak.route"));
    fs::write(&half, script).and_then(|()| fs::rename(&half, &whole)).map_err(|error| format!("{}: {error}", whole.display()))
}

fn copy(callroute: &std::path::Path, folder: &std::path::Path, port: u16, index: usize) -> Result<Process, String> {
    let mut command = Command::new(callroute);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--config"]).arg(folder.join("serve.toml"));
    command.env("CALLROUTE_KEY", KEY);
    Process::start(&format!("copy {index}"), command, &folder.join(format!("copy-{index}.log")))
}
