//! Files that a script may name: `import "…"`, `csv "…"`, `ics "…"`.

use callroute_diagnostics::Span;

use super::{Completer, Completion, Picture};
use crate::context::Context;
use crate::lex::Kind as Tok;

/// What lies in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Is it a folder itself?
    pub folder: bool,
}

/// The folders around a script, for completions; whoever has files shows them.
pub trait Folders {
    /// What lies in the folder with this path from the script's own one (`""`, `"shared"`, `"../lists"`); nothing where it cannot be read, or
    /// where the script must not look.
    fn list(&self, folder: &str) -> Vec<Entry>;
}

/// A script that has no files around it.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoFolders;

impl Folders for NoFolders {
    fn list(&self, _folder: &str) -> Vec<Entry> {
        Vec::new()
    }
}

/// The extension of the files that the text at the caret may name, if it is one that names a file.
pub(super) fn wanted(context: &Context<'_>) -> Option<&'static str> {
    let word = context.line.iter().rev().find(|token| token.kind != Tok::OpenText).filter(|token| token.kind == Tok::Word)?;
    match word.text(context.source).to_ascii_lowercase().as_str() {
        "import" if context.frames.is_empty() && context.line.first() == Some(word) => Some(".route"),
        "csv" => Some(".csv"),
        "ics" => Some(".ics"),
        _ => None,
    }
}

impl Completer<'_> {
    /// The files that may be named in the text that begins with `open`, and the folders in which others are.
    pub(super) fn paths(&mut self, open: Span, at: u32, extension: &str, folders: &dyn Folders) {
        let written = Span::new(open.start.saturating_add(1), at).text(self.context.source);
        // What has escapes or values in it names no file that could be found here.
        if written.contains(['\\', '{']) || written.starts_with('/') {
            return;
        }
        let cut = written.rfind('/').map_or(0, |slash| slash.saturating_add(1));
        let (folder, begun) = written.split_at(cut);
        let replace = Span::new(at.saturating_sub(u32::try_from(begun.len()).unwrap_or(0)), at);
        for Entry { name, folder } in folders.list(folder) {
            // Names that a text cannot spell as they are, and hidden ones, are left to the author.
            if name.starts_with('.') || name.contains(['"', '\\', '{', '}']) || name.chars().any(char::is_control) {
                continue;
            }
            let (picture, insert, rank) = match folder {
                true => (Picture::Folder, format!("{name}/"), 2),
                false if name.to_lowercase().ends_with(extension) => (Picture::File, name, 1),
                false => continue,
            };
            self.found.push(Completion { label: insert.clone(), picture, detail: String::new(), insert, snippet: false, replace, rank });
        }
    }
}
