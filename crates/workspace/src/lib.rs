//! Scripts on disk: reading them within limits, and finding what they import without ever leaving their workspace.
//!
//! The workspace of a script is the nearest folder above it that holds `.git` or `callroute.toml`, else the script's own folder. This is the
//! one crate besides the command line that touches files; the command line, the language server and servers share it.

mod checked;
mod search;
mod watch;

pub use checked::Checked;
pub use search::{Seen, scripts_below};
pub use watch::{Changes, Watch};

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use callroute_analysis::{FileError, Files, limits};
use callroute_syntax::limits::MAX_FILE_BYTES;

/// Reads a file up to a limit in bytes. `Ok(None)`: it is larger. Devices and pipes are read like files, up to the limit.
///
/// # Errors
/// When it cannot be read.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if about.len() > limit {
        return Ok(None);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// A folder with scripts; what they name is read from it, and never from outside of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Workspace {
    /// Resolved.
    root: PathBuf,
}

impl Workspace {
    /// The workspace of a script whose path is resolved ([`Path::canonicalize`]).
    #[must_use]
    pub fn of(script: &Path) -> Self {
        let own = script.parent().unwrap_or(Path::new("/"));
        let marked = own.ancestors().find(|folder| folder.join(".git").exists() || folder.join("callroute.toml").exists());
        Self { root: marked.unwrap_or(own).to_path_buf() }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A resolved path as scripts name it: from the workspace's folder on, with `/` on every system.
    #[must_use]
    pub fn inside(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The path on disk of what scripts name so.
    #[must_use]
    pub fn outside(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

impl Files for Workspace {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let error = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
            io::ErrorKind::PermissionDenied => FileError::Denied,
            io::ErrorKind::IsADirectory => FileError::Other("it is a folder".to_owned()),
            _ => FileError::Other(error.to_string()),
        };
        // A symbolic link must not lead out either.
        let resolved = self.outside(path).canonicalize().map_err(error)?;
        if !resolved.starts_with(&self.root) {
            return Err(FileError::Other("it lies outside of the workspace".to_owned()));
        }
        let limit = match resolved.extension().and_then(|extension| extension.to_str()) {
            Some("route") => MAX_FILE_BYTES,
            Some("ics") => limits::CALENDAR_BYTES,
            _ => limits::DATA_BYTES,
        };
        read_limited(&resolved, limit as u64).map_err(error)?.ok_or(FileError::TooLarge(limit))
    }
}
