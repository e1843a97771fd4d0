//! Which scripts are meant by the paths of a command: files that are named, and what is found in folders.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::failure::{Failure, shown};
use crate::workspace::{self, Checked};

/// Leaves out what was found by searching, and is imported by another script: it has been read there.
pub fn leave_out_imported(all: &mut Vec<(bool, Checked)>) {
    let imported: HashSet<PathBuf> = all.iter().flat_map(|(_, checked)| checked.resolved.iter().skip(1).cloned()).collect();
    all.retain(|(named, checked)| *named || checked.resolved.first().is_none_or(|path| !imported.contains(path)));
}

/// The scripts that are meant, each once, and whether it was named itself. Everything that is wrong with the paths is said at once.
pub fn find(paths: &[PathBuf]) -> Result<Vec<(PathBuf, bool)>, Failure> {
    let here = [PathBuf::from(".")];
    let mut found: Vec<(PathBuf, bool)> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    for path in if paths.is_empty() { here.as_slice() } else { paths } {
        let about = match path.metadata() {
            Ok(about) => about,
            Err(error) => {
                match workspace::cannot_read(path, &error) {
                    Failure::Wrong(message) => wrong.push(message),
                    other => return Err(other),
                }
                continue;
            }
        };
        if !about.is_dir() {
            if path.extension().is_some_and(|extension| extension == "routec") {
                let path = shown(&path.display().to_string());
                wrong.push(format!("`{path}` is a compiled script; `callroute inspect` shows what is in it"));
            } else {
                found.push((path.clone(), true));
            }
            continue;
        }
        let before = found.len();
        search(path, &mut found).map_err(|error| workspace::cannot_read(path, &error))?;
        if found.len() == before {
            wrong.push(format!("there is no `.route` file in `{}` or below it", shown(&path.display().to_string())));
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::Wrong(wrong.join("\ncallroute: ")));
    }
    let mut seen = HashSet::new();
    // What is named stays although it was found before.
    found.sort_by_key(|(_, named)| !named);
    found.retain(|(path, _)| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    found.sort();
    Ok(found)
}

/// All `*.route` files below a folder that are the author's: without hidden folders, without what `.gitignore` names, without packages of others
/// (`node_modules`) and folders that say that they can be made again (`CACHEDIR.TAG`, as in Cargo's `target`). Symbolic links to folders are not followed.
fn search(folder: &Path, found: &mut Vec<(PathBuf, bool)>) -> io::Result<()> {
    let mut walk = WalkBuilder::new(folder);
    // The same answer for whoever asks: no settings of the machine, and `.gitignore` counts without a repository as well.
    walk.git_global(false).require_git(false).ignore(false).sort_by_file_name(std::ffi::OsStr::cmp);
    walk.filter_entry(|entry| entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) || is_authors(entry.path()));
    for entry in walk.build() {
        let path = entry.map_err(|error| error.into_io_error().unwrap_or_else(|| io::Error::other("it cannot be searched")))?.into_path();
        if path.extension().is_some_and(|extension| extension == "route") && path.is_file() {
            found.push((path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path), false));
        }
    }
    Ok(())
}

fn is_authors(folder: &Path) -> bool {
    folder.file_name().is_none_or(|name| name != "node_modules") && !folder.join("CACHEDIR.TAG").exists()
}
