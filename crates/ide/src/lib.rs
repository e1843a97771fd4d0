//! What an editor wants to know of a script, as pure functions over a [`Snapshot`]: it knows no protocol, no clock and no files.
//!
//! Questions about a place take a file and a byte offset. The answers speak of bytes too; whoever talks to an editor turns them into its
//! lines and columns with [`Snapshot::lines`]. No question panics at any offset.

mod actions;
mod complete;
mod context;
mod describe;
pub mod docs;
mod hints;
mod hover;
mod lex;
mod navigate;
mod signature;
mod snapshot;
mod symbols;
mod way;

pub use actions::{Action, ActionKind, actions, fix_all};
pub use complete::{Completion, Entry, Folders, NoFolders, Picture, SNIPPETS, Snippet, complete, document};
pub use describe::{Clock, schedule_text};
pub use hints::{Hint, Lens, hints, lenses};
pub use hover::{Hover, hover};
pub use navigate::{FlowItem, RenameError, definition, flow_at, incoming, links, outgoing, prepare_rename, references, rename, selection};
pub use signature::{Signature, signature};
pub use snapshot::{Snapshot, span_of};
pub use symbols::{Colour, Coloured, Fold, Symbol, SymbolKind, colours, folds, outline};
