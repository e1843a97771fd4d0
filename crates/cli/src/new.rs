//! `callroute new`: a folder to begin with, in which everything passes at once.

use std::fs;
use std::path::{Path, PathBuf};

use callroute_calendar::Zone;
use clap::Args;

use crate::failure::{Failure, Outcome, quoted, say, shown};

/// Start a folder with a script, its tests, and an event to try it with.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  callroute new office
  callroute new office --zone Europe/Berlin

The folder gets `NAME.route`, `event.json` and `callroute.toml`, which marks it as the workspace that imports stay within. \
Nothing that is there already is written over.")]
pub struct Command {
    /// The folder; its last part is also the name of the script
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The time zone of its opening hours, an IANA name; without it: that of `TZ`, else this machine's
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<Zone>,
}

fn zone(text: &str) -> Result<Zone, String> {
    Zone::parse(text).map_err(|error| error.to_string())
}

const SCRIPT: &str = include_str!("new/office.route");
const EVENT: &str = include_str!("new/event.json");
const WORKSPACE: &str = "# Marks the workspace: scripts may import files from here and below.\n";

pub fn run(command: &Command) -> Outcome {
    let folder = &command.folder;
    let shown_folder = shown(&folder.display().to_string());
    let name = match folder.file_name().and_then(|name| name.to_str()) {
        Some(name) => name.to_owned(),
        // `.` and the like.
        None => folder
            .canonicalize()
            .ok()
            .and_then(|folder| folder.file_name().and_then(|name| name.to_str()).map(str::to_owned))
            .ok_or_else(|| Failure::wrong(format!("`{shown_folder}` has no name that a script could have")))?,
    };
    let zone = command.zone.or_else(callroute_language_server::own_zone).unwrap_or(Zone::UTC);
    let script = SCRIPT.replace("America/Chicago", zone.name());
    let script_name = format!("{name}.route");
    let files = [(script_name.as_str(), script.as_str()), ("event.json", EVENT), ("callroute.toml", WORKSPACE)];
    for (file, _) in files {
        if fs::symlink_metadata(folder.join(file)).is_ok() {
            return Err(Failure::wrong(format!("`{shown_folder}` has a file `{}` already; nothing was written", shown(file))));
        }
    }
    if folder.is_file() {
        return Err(Failure::wrong(format!("`{shown_folder}` is a file, and a new folder is wanted; choose another name")));
    }
    fs::create_dir_all(folder).map_err(|error| Failure::wrong(format!("`{shown_folder}` cannot be made: {error}")))?;
    for (file, text) in files {
        put(&folder.join(file), text)?;
    }
    let path = folder.join(&script_name).display().to_string();
    let (shown, script) = (shown(&path), quoted(&path));
    let event = quoted(&folder.join("event.json").display().to_string());
    say(&format!(
        "{shown} is there, with a test and an event. Try:\n  callroute check {script}\n  callroute test {script}\n  \
         callroute run {script} --event {event}"
    ));
    Ok(())
}

fn put(path: &Path, text: &str) -> Outcome {
    use std::io::Write as _;
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::wrong(format!("`{}` cannot be written: {error}", shown(&path.display().to_string()))))
}
