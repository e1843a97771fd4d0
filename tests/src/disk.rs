//! Files of a test's folder, as the analysis reads them.

use std::path::{Path, PathBuf};

use callroute_analysis::{Analysis, FileError, Files};

/// A folder on disk.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => FileError::NotFound,
            _ => FileError::Other(error.to_string()),
        })
    }
}

/// The top of the project.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Analyses a script of a folder; its imports are read beside it.
///
/// # Panics
/// When the script cannot be read.
#[must_use]
pub fn analyse(path: &Path) -> (String, Analysis) {
    let source = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let folder = Folder(path.parent().map(Path::to_path_buf).unwrap_or_default());
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let analysis = callroute_analysis::analyse(&name, &source, &folder);
    (source, analysis)
}

/// All `.route` files below a folder, in order.
#[must_use]
pub fn scripts(below: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut folders = vec![below.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "route") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

/// The diagnostics in the short form in which the corpus has them: `E0204 3:5-3:9 message`; in another file than the script its name stands in front of the place.
#[must_use]
pub fn short(analysis: &Analysis) -> Vec<String> {
    let sources = callroute_diagnostics::Sources::new(analysis.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    let first = analysis.files.first().map_or("", |file| file.path.as_str());
    analysis
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let at = sources.location(diagnostic.place);
            let file = if at.file == first { String::new() } else { format!("{}:", at.file) };
            format!("{} {file}{}:{}-{}:{} {}", diagnostic.code, at.line, at.column, at.end_line, at.end_column, diagnostic.message)
        })
        .collect()
}

/// Blocks between fences of a page of documentation: info string and text.
#[must_use]
pub fn blocks(markdown: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in markdown.lines() {
        if let Some(info) = line.strip_prefix("```") {
            if !open {
                out.push((info.trim().to_owned(), String::new()));
            }
            open = !open;
        } else if let Some((_, text)) = out.last_mut().filter(|_| open) {
            *text += line;
            *text += "\n";
        }
    }
    out
}
