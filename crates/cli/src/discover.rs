//! Which scripts are meant by the paths of a command: files that are named, and what is found in folders.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use callroute_workspace::{Seen, scripts_below};

use crate::failure::{Failure, shown};
use crate::workspace::{self, Checked};

/// Leaves out what was found by searching, and is imported by another script: it has been read there. Of scripts that import each other the first stays.
pub fn leave_out_imported(all: &mut Vec<(bool, Checked)>) {
    let imports = |checked: &Checked| checked.resolved.iter().skip(1).cloned().collect::<Vec<PathBuf>>();
    let imported: HashSet<PathBuf> = all.iter().flat_map(|(_, checked)| imports(checked)).collect();
    let is_root = |(named, checked): &(bool, Checked)| *named || checked.resolved.first().is_none_or(|path| !imported.contains(path));
    let mut read: HashSet<PathBuf> = all.iter().filter(|each| is_root(each)).flat_map(|(_, checked)| checked.resolved.clone()).collect();
    let mut kept: Vec<bool> = all.iter().map(is_root).collect();
    for ((_, checked), kept) in all.iter().zip(&mut kept) {
        if checked.resolved.first().is_some_and(|path| !read.contains(path)) {
            *kept = true;
            read.extend(checked.resolved.iter().cloned());
        }
    }
    let mut kept = kept.into_iter();
    all.retain(|_| kept.next().unwrap_or(true));
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

fn search(folder: &Path, found: &mut Vec<(PathBuf, bool)>) -> io::Result<()> {
    for seen in scripts_below(folder) {
        if let Seen::Script(path) = seen? {
            found.push((path.strip_prefix("./").map(Path::to_path_buf).unwrap_or(path), false));
        }
    }
    Ok(())
}
