//! Finding scripts in folders.

use std::io;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// What is seen on the way through a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A folder, the first one too: whoever searches on somebody's behalf counts them, and gives up.
    Folder,
    /// A `*.route` file.
    Script(PathBuf),
}

/// All `*.route` files below a folder that are the author's: without hidden folders, without what `.gitignore` names, without packages of others
/// (`node_modules`) and folders that say that they can be made again (`CACHEDIR.TAG`, as in Cargo's `target`). A name such as `target` or `build` is no
/// reason: authors of call routing have targets too. Symbolic links to folders are not followed.
/// In order of their names.
///
/// # Errors
/// A folder that cannot be read; the search goes on behind it.
pub fn scripts_below(folder: &Path) -> impl Iterator<Item = io::Result<Seen>> {
    let mut walk = WalkBuilder::new(folder);
    // The same answer for whoever asks: no settings of the machine, and `.gitignore` counts without a repository as well.
    walk.git_global(false).require_git(false).ignore(false).sort_by_file_name(std::ffi::OsStr::cmp);
    walk.filter_entry(|entry| entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) || is_authors(entry.path()));
    walk.build().filter_map(|entry| {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error.into_io_error().unwrap_or_else(|| io::Error::other("it cannot be searched")))),
        };
        if entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return Some(Ok(Seen::Folder));
        }
        let path = entry.into_path();
        let script = path.extension().is_some_and(|extension| extension == "route") && path.is_file();
        script.then_some(Ok(Seen::Script(path)))
    })
}

fn is_authors(folder: &Path) -> bool {
    folder.file_name().is_none_or(|name| name != "node_modules") && !folder.join("CACHEDIR.TAG").exists()
}
