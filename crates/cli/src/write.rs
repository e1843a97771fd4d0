//! Writing files whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes beside the file and then puts it in its place, so that nobody ever reads half of it. What is no plain file (a
/// device, a pipe) is written as it stands; so is a file whose folder takes no new files.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let about = fs::metadata(path).ok();
    let plain = about.as_ref().is_none_or(fs::Metadata::is_file);
    if !plain {
        return fs::write(path, bytes);
    }
    // Through a symbolic link to the file itself.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = target.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let mut beside = name.to_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = target.with_file_name(beside);
    let Ok(mut file) = fs::File::create_new(&beside) else { return fs::write(&target, bytes) };
    let written = file.write_all(bytes).and_then(|()| match &about {
        Some(about) => file.set_permissions(about.permissions()),
        None => Ok(()),
    });
    drop(file);
    written.and_then(|()| fs::rename(&beside, &target)).inspect_err(|_| drop(fs::remove_file(&beside)))
}
