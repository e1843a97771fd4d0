//! What the server knows: open files, checked scripts, what was published. It belongs to one thread.
//!
//! A script is checked for itself, unless it has no steps and another script imports it: then it is one of that script's files, and what is
//! wrong with it is found there.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use callroute_analysis::{Analysis, Cache, stale};
use callroute_calendar::{Zone, local};
use callroute_diagnostics::{Diagnostic, Encoding, FileId, Place};
use callroute_ide::{Clock, Snapshot};
use callroute_syntax::limits::MAX_FILE_BYTES;
use callroute_syntax::tree::{DefKind, Item};
use callroute_workspace::{Seen, Workspace, read_limited, scripts_below};
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::lsp_types::{self as lsp, MessageType, Url};

use crate::convert;
use crate::documents::{Document, Documents, Overlay, path_of};
use crate::imports::{self, BrokenImport};
use crate::worker::{Message, words};

/// The most scripts that are looked for in the folders of an editor.
const MAX_SCRIPTS: usize = 5_000;
/// The most folders that are searched for them.
const MAX_FOLDERS: usize = 20_000;

/// What the client can do, and wants.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub encoding: Encoding,
    pub snippets: bool,
    pub hints: bool,
    /// Commands of the client that lenses may name.
    pub commands: HashSet<String>,
    pub refreshes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { encoding: Encoding::Utf16, snippets: false, hints: true, commands: HashSet::new(), refreshes: false }
    }
}

/// A checked script.
struct Checked {
    workspace: Workspace,
    snapshot: Arc<Snapshot>,
    /// Its files on disk, resolved, by their numbers.
    paths: Vec<PathBuf>,
    /// What only compiling shows; none as long as it has not been compiled.
    built: Option<Vec<Diagnostic>>,
    /// What is past by now, or soon will be.
    stale: Vec<Diagnostic>,
}

impl Checked {
    /// Compiles it, if that has not been done. True: there is something to be said.
    fn build(&mut self) -> bool {
        if self.built.is_none() {
            // Whatever becomes of the attempt, it is not made again before something changes.
            self.built = Some(Vec::new());
            self.built = self.snapshot.analysis().program.as_ref().map(callroute_compiler::diagnose).or(Some(Vec::new()));
        }
        self.says_more()
    }

    /// Has compiling shown something?
    fn says_more(&self) -> bool {
        self.built.as_ref().is_some_and(|found| !found.is_empty())
    }
}

/// What the checking of imports needs to know of a script.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Outline {
    has_steps: bool,
    imports: Vec<PathBuf>,
}

impl Outline {
    fn of(path: &Path, items: &[Item]) -> Self {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut outline = Self::default();
        for item in items {
            match item {
                Item::Step(_) => outline.has_steps = true,
                Item::Def(def) => {
                    if let DefKind::Import(Some(text)) = &def.kind {
                        let import = folder.join(&text.value);
                        outline.imports.push(import.canonicalize().unwrap_or(import));
                    }
                }
                Item::Error(_) => {}
            }
        }
        outline
    }
}

/// How a test ended, for its lens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Passed,
    Failed,
}

/// See the module.
pub(crate) struct State {
    messages: UnboundedSender<Message>,
    pub options: Options,
    pub documents: Documents,
    /// Checked scripts by their resolved paths; those that are out of date are missing.
    checked: HashMap<PathBuf, Checked>,
    /// As they were before they changed, for what must be quick and may be a little out of date.
    before: HashMap<PathBuf, Checked>,
    /// What makes the next check of each quick.
    caches: HashMap<PathBuf, Cache>,
    /// Scripts in which compiling showed something when they were compiled last.
    loud: HashSet<PathBuf>,
    /// Scripts whose check ended with a fault of ours; they are tried again when something has changed.
    failed: HashSet<PathBuf>,
    /// Open scripts whose outlines may be out of date.
    stale: HashSet<PathBuf>,
    /// Outlines of the scripts on disk and of those that are open.
    outlines: HashMap<PathBuf, Outline>,
    folders: Vec<PathBuf>,
    scanned: bool,
    /// Diagnostics must be published.
    dirty: bool,
    /// Files with diagnostics at the client, and which.
    published: HashMap<Url, Vec<lsp::Diagnostic>>,
    /// Results of tests by script, title, and how many of this title stand before it.
    pub results: HashMap<(PathBuf, String, usize), Ended>,
    /// Files that were changed, and scripts that were checked, since diagnostics were published last.
    changed: HashSet<PathBuf>,
    fresh: HashSet<PathBuf>,
    /// What the lenses and hints of open files say, as a hash, if other files have changed since they did.
    shown: HashMap<PathBuf, u64>,
    told: HashSet<String>,
    zone: Option<Zone>,
}

/// A file as one of the files of a checked script.
pub(crate) struct View {
    pub snapshot: Arc<Snapshot>,
    pub file: FileId,
    /// The script that it was checked with.
    pub root: PathBuf,
}

impl State {
    pub fn new(messages: UnboundedSender<Message>) -> Self {
        Self {
            messages,
            options: Options::default(),
            documents: Documents::default(),
            checked: HashMap::new(),
            before: HashMap::new(),
            caches: HashMap::new(),
            loud: HashSet::new(),
            failed: HashSet::new(),
            stale: HashSet::new(),
            outlines: HashMap::new(),
            folders: Vec::new(),
            scanned: false,
            dirty: false,
            published: HashMap::new(),
            results: HashMap::new(),
            changed: HashSet::new(),
            fresh: HashSet::new(),
            shown: HashMap::new(),
            told: HashSet::new(),
            zone: crate::own_zone(),
        }
    }

    pub fn clock(&self) -> Clock {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Clock { now: i64::try_from(now).unwrap_or(i64::MAX), zone: self.zone }
    }

    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Is there a script that was checked and not compiled?
    pub fn is_unbuilt(&self) -> bool {
        self.checked.values().any(|checked| checked.built.is_none())
    }

    /// Whatever has become of the attempt to publish: it is not tried again before something changes.
    pub const fn settled(&mut self) {
        self.dirty = false;
    }

    pub fn send(&self, message: Message) {
        // A client that has gone needs no messages.
        let _ = self.messages.send(message);
    }

    /// Tells of a fault of ours, once for each.
    pub fn fault(&mut self, what: &str) {
        if self.told.insert(what.to_owned()) {
            let text = format!("callroute has a fault: {what}. The server goes on; please report it with the script.");
            self.send(Message::Show(MessageType::ERROR, text.clone()));
            self.send(Message::Log(MessageType::ERROR, text));
        }
    }

    // ------------------------------------------------------------------------------------------- documents

    pub fn set_folders(&mut self, folders: Vec<Url>) {
        self.folders = folders.iter().map(path_of).collect();
        self.scanned = false;
        self.outlines.clear();
    }

    pub fn change_folders(&mut self, added: &[Url], removed: &[Url]) {
        let removed: Vec<PathBuf> = removed.iter().map(path_of).collect();
        self.folders.retain(|folder| !removed.contains(folder));
        self.folders.extend(added.iter().map(path_of));
        self.scanned = false;
        self.outlines.clear();
        self.checked.clear();
        self.dirty = true;
    }

    pub fn open(&mut self, document: lsp::TextDocumentItem) {
        let path = path_of(&document.uri);
        self.documents.open(document.uri, document.version, document.text);
        self.touch(&path);
    }

    pub fn change(&mut self, change: lsp::DidChangeTextDocumentParams) {
        let (uri, version) = (change.text_document.uri, change.text_document.version);
        if self.documents.change(&uri, version, change.content_changes, self.options.encoding) {
            self.touch(&path_of(&uri));
        }
    }

    pub fn close(&mut self, uri: &Url) {
        let path = path_of(uri);
        if self.documents.close(uri).is_some() {
            self.touch(&path);
        }
    }

    /// Files on disk have changed.
    pub fn watched(&mut self, uris: &[Url]) {
        for uri in uris {
            let path = path_of(uri);
            // What the editor has open counts, whatever is on disk.
            if self.documents.get(&path).is_none() {
                self.touch(&path);
            }
        }
        self.scanned = false;
    }

    /// Everything that has to do with a file is out of date.
    fn touch(&mut self, path: &Path) {
        use callroute_diagnostics::Code::{FileNotFound, FileUnreadable};
        self.dirty = true;
        self.failed.clear();
        self.changed.insert(path.to_path_buf());
        // What is known of an open script is looked at again when it has been checked; until then it is good enough.
        if self.documents.get(path).is_none() || !self.outlines.contains_key(path) {
            self.outlines.remove(path);
        } else {
            self.stale.insert(path.to_path_buf());
        }
        let is_script = path.extension().is_some_and(|extension| extension == "route");
        let all = std::mem::take(&mut self.checked);
        let (kept, old): (HashMap<_, _>, HashMap<_, _>) = all.into_iter().partition(|(root, checked)| {
            let holds = root == path || checked.paths.iter().any(|file| file == path);
            // A file that could not be read may be there now; which data files a script names is known to its checker only.
            let missed = checked.snapshot.analysis().diagnostics.iter().any(|found| matches!(found.code, FileNotFound | FileUnreadable));
            let data = !is_script && path.starts_with(checked.workspace.root());
            !(holds || missed || data)
        });
        self.checked = kept;
        // A test of an older text says nothing of this one, nor one of a script that uses it.
        self.results.retain(|(script, ..), _| script != path && !old.values().any(|checked| checked.paths.contains(script)));
        for (root, Checked { workspace, snapshot, paths, built, stale }) in old {
            // Its trees are the next one's to work on.
            if let Ok(snapshot) = Arc::try_unwrap(snapshot) {
                self.before.insert(root, Checked { workspace, snapshot: Arc::new(snapshot.without_trees()), paths, built, stale });
            }
        }
    }

    // -------------------------------------------------------------------------------------------- checking

    /// The scripts in the folders of the editor, once.
    fn scan(&mut self) {
        if std::mem::replace(&mut self.scanned, true) {
            return;
        }
        let mut found: BTreeSet<PathBuf> = BTreeSet::new();
        let mut folders = 0;
        // A folder that cannot be read keeps nobody from the others.
        for seen in self.folders.iter().flat_map(|folder| scripts_below(folder)).flatten() {
            match seen {
                Seen::Folder => folders += 1,
                Seen::Script(path) => drop(found.insert(path.canonicalize().unwrap_or(path))),
            }
            if folders > MAX_FOLDERS || found.len() >= MAX_SCRIPTS {
                self.send(Message::Log(MessageType::WARNING, format!("only {} scripts are looked at; open a smaller folder", found.len())));
                break;
            }
        }
        let open: Vec<PathBuf> = self.documents.iter().map(|document| document.path.clone()).collect();
        self.outlines.retain(|path, _| found.contains(path) || open.contains(path));
        for path in found {
            self.outline(&path);
        }
    }

    /// What a script imports, and whether it has steps.
    fn outline(&mut self, path: &Path) -> Outline {
        if let Some(outline) = self.outlines.get(path) {
            return outline.clone();
        }
        let text = match self.documents.get(path) {
            Some(document) => Some(document.text.clone()),
            None => read_limited(path, MAX_FILE_BYTES as u64).ok().flatten().and_then(|bytes| String::from_utf8(bytes).ok()),
        };
        let Some(text) = text else { return Outline::default() };
        let outline = Outline::of(path, &callroute_syntax::parse(&text).tree.items);
        self.outlines.insert(path.to_path_buf(), outline.clone());
        outline
    }

    /// Looks again at what open scripts import, now that they have been read. True: something is not as it was.
    fn refresh_outlines(&mut self) -> bool {
        let mut changed = false;
        for path in std::mem::take(&mut self.stale) {
            let found = self.checked.values().find_map(|checked| {
                let at = checked.paths.iter().position(|known| *known == path).and_then(|at| u32::try_from(at).ok())?;
                Some(Outline::of(&path, checked.snapshot.items(FileId(at))))
            });
            match found {
                Some(outline) => changed |= self.outlines.insert(path, outline.clone()).is_none_or(|old| old != outline),
                None => changed |= self.outlines.remove(&path).is_some(),
            }
        }
        changed
    }

    /// The known scripts that import a file, directly or not, and are not imported themselves or have steps.
    fn importers(&mut self, path: &Path) -> Vec<PathBuf> {
        self.scan();
        let open: Vec<PathBuf> = self.documents.iter().map(|document| document.path.clone()).collect();
        for path in open {
            self.outline(&path);
        }
        let mut reached: BTreeSet<&Path> = BTreeSet::from([path]);
        loop {
            let before = reached.len();
            for (script, outline) in &self.outlines {
                if outline.imports.iter().any(|import| reached.contains(import.as_path())) {
                    reached.insert(script);
                }
            }
            if reached.len() == before {
                break;
            }
        }
        reached.remove(path);
        let with_steps = |script: &&Path| self.outlines.get(*script).is_some_and(|outline| outline.has_steps);
        let roots: Vec<PathBuf> = reached.iter().copied().filter(with_steps).map(Path::to_path_buf).collect();
        if roots.is_empty() { reached.into_iter().map(Path::to_path_buf).collect() } else { roots }
    }

    /// The scripts with which a file is checked: itself, or those that import it.
    fn roots(&mut self, path: &Path) -> Vec<PathBuf> {
        if self.outline(path).has_steps {
            return vec![path.to_path_buf()];
        }
        let importers = self.importers(path);
        if importers.is_empty() { vec![path.to_path_buf()] } else { importers }
    }

    /// Checks a script, if that was not done since it changed last.
    fn check(&mut self, root: &Path) -> Option<&Checked> {
        if self.failed.contains(root) {
            return None;
        }
        if !self.checked.contains_key(root) {
            let text = match self.documents.get(root) {
                Some(document) => document.text.clone(),
                None => String::from_utf8(read_limited(root, MAX_FILE_BYTES as u64).ok().flatten()?).ok()?,
            };
            let cache = self.caches.entry(root.to_path_buf()).or_default();
            let mut checked = match catch_unwind(AssertUnwindSafe(|| examine(root, &text, &self.documents, cache))) {
                Ok(checked) => checked,
                Err(panic) => {
                    // Other scripts can be checked all the same.
                    self.caches.remove(root);
                    self.failed.insert(root.to_path_buf());
                    self.fault(&words(panic.as_ref()));
                    return None;
                }
            };
            let clock = self.clock();
            let program = checked.snapshot.analysis().program.as_ref();
            checked.stale = program.map_or_else(Vec::new, |program| stale(program, local(Zone::UTC, clock.now).day));
            // While somebody types, compiling waits until that has ended; but what it has shown before must not come and go with each letter.
            let at_once = self.before.remove(root).is_none() || self.loud.contains(root);
            if at_once && !checked.build() {
                self.loud.remove(root);
            }
            if checked.says_more() {
                self.loud.insert(root.to_path_buf());
            }
            self.checked.insert(root.to_path_buf(), checked);
            self.fresh.insert(root.to_path_buf());
        }
        self.checked.get(root)
    }

    /// What the checker would find with these texts for files of a view.
    pub fn check_instead(&self, view: &View, texts: Vec<(FileId, String)>) -> Option<Analysis> {
        let checked = self.checked.get(&view.root)?;
        let path = |file: FileId| checked.paths.get(usize::try_from(file.0).ok()?).cloned();
        let instead: Vec<(PathBuf, String)> = texts.into_iter().filter_map(|(file, text)| Some((path(file)?, text))).collect();
        let overlay = Overlay { workspace: &checked.workspace, documents: &self.documents, instead: &instead };
        let root = instead.iter().find(|(path, _)| *path == view.root).map_or(view.snapshot.text(FileId(0)), |(_, text)| text.as_str());
        Some(callroute_analysis::analyse(&checked.workspace.inside(&view.root), root, &overlay))
    }

    /// The views of a file, one for each script that it is checked with; the best one first.
    pub fn views(&mut self, uri: &Url) -> Vec<View> {
        let path = path_of(uri);
        let roots = self.roots(&path);
        let mut views = Vec::with_capacity(roots.len());
        for root in roots {
            let Some(checked) = self.check(&root) else { continue };
            let file = checked.paths.iter().position(|known| *known == path).and_then(|at| u32::try_from(at).ok());
            if let Some(file) = file {
                views.push(View { snapshot: Arc::clone(&checked.snapshot), file: FileId(file), root });
            }
        }
        views
    }

    /// The first of [`State::views`].
    pub fn view(&mut self, uri: &Url) -> Option<View> {
        self.views(uri).into_iter().next()
    }

    /// The last view of a file that there was, if it is not checked anew: for completion, which must be quick.
    pub fn stale_view(&mut self, uri: &Url) -> Option<View> {
        let path = path_of(uri);
        let root = self.roots(&path).into_iter().next()?;
        if !self.checked.contains_key(&root)
            && let Some(before) = self.before.get(&root)
        {
            let file = before.paths.iter().position(|known| *known == path).and_then(|at| u32::try_from(at).ok())?;
            return Some(View { snapshot: Arc::clone(&before.snapshot), file: FileId(file), root });
        }
        self.view(uri)
    }

    /// The document of an address.
    pub fn document(&self, uri: &Url) -> Option<&Document> {
        self.documents.get(&path_of(uri))
    }

    /// The path of a file of a checked script.
    pub fn path(&self, root: &Path, file: FileId) -> Option<PathBuf> {
        self.checked.get(root)?.paths.get(usize::try_from(file.0).ok()?).cloned()
    }

    /// The address of a file of a checked script.
    pub fn uri(&self, root: &Path, file: FileId) -> Option<Url> {
        let path = self.path(root, file)?;
        match self.documents.get(&path) {
            Some(document) => Some(document.uri.clone()),
            None => Url::from_file_path(path).ok(),
        }
    }

    /// Every script that has been checked for an open file.
    pub fn active_roots(&mut self) -> BTreeSet<PathBuf> {
        let open: Vec<PathBuf> = self.documents.iter().map(|document| document.path.clone()).collect();
        let mut roots = BTreeSet::new();
        for path in open {
            // A shared file is told what is wrong with it in every script that uses it.
            roots.extend(self.roots(&path));
        }
        roots
    }

    /// Checked again, every script of the editor's folders; for searches through all of them.
    pub fn all_roots(&mut self) -> BTreeSet<PathBuf> {
        self.scan();
        let mut roots = self.active_roots();
        roots.extend(self.outlines.iter().filter(|(_, outline)| outline.has_steps).map(|(path, _)| path.clone()));
        // What these do not use is checked for itself.
        let mut reached = roots.clone();
        let mut rest: Vec<PathBuf> = roots.iter().cloned().collect();
        while let Some(path) = rest.pop() {
            let imports = self.outlines.get(&path).map_or(&[][..], |outline| &outline.imports);
            rest.extend(imports.iter().filter(|import| reached.insert((*import).clone())).cloned());
        }
        roots.extend(self.outlines.keys().filter(|path| !reached.contains(*path)).cloned());
        roots
    }

    /// A script as it is checked now.
    pub fn snapshot(&mut self, root: &Path) -> Option<Arc<Snapshot>> {
        self.check(root).map(|checked| Arc::clone(&checked.snapshot))
    }

    // ------------------------------------------------------------------------------------------ publishing

    /// Compiles what has been checked and not compiled since it changed, and tells the client of what that shows.
    pub fn build(&mut self) {
        for (root, checked) in &mut self.checked {
            if checked.built.is_none() && checked.build() {
                self.loud.insert(root.clone());
                self.dirty = true;
            }
        }
        if self.dirty {
            self.publish();
        }
    }

    /// Checks what has changed and tells the client what is new.
    pub fn publish(&mut self) {
        let mut all: BTreeMap<Url, Vec<lsp::Diagnostic>> = BTreeMap::new();
        // What is open has no diagnostics until some are found.
        let open: Vec<(Url, PathBuf)> = self.documents.iter().map(|document| (document.uri.clone(), document.path.clone())).collect();
        for (uri, _) in &open {
            all.insert(uri.clone(), Vec::new());
        }
        let mut roots = self.active_roots();
        // What a script imports may have changed, and with it what must be checked; that settles at once.
        for _ in 0..3 {
            for root in &roots {
                self.check(root);
            }
            if !self.refresh_outlines() {
                break;
            }
            roots = self.active_roots();
        }
        for root in &roots {
            let Some(snapshot) = self.snapshot(root) else { continue };
            let checked = self.checked.get(root);
            let built = checked.and_then(|checked| checked.built.clone()).unwrap_or_default();
            let stale = checked.map(|checked| checked.stale.clone()).unwrap_or_default();
            let own = snapshot.analysis().diagnostics.iter().chain(&built).chain(&stale);
            let own = own.filter_map(|found| Some((self.uri(root, found.place.file)?, self.diagnostic(root, &snapshot, found))));
            let imports = imports::broken(&snapshot, snapshot.analysis().diagnostics.iter().chain(&built));
            let of_imports = imports.into_iter().filter_map(|found| {
                let path = self.path(root, found.place.file)?;
                // For what is not open nobody looks.
                let uri = self.documents.get(&path)?.uri.clone();
                Some((uri, self.broken_import(root, &snapshot, found)))
            });
            let found: Vec<_> = own.chain(of_imports).collect();
            for (uri, converted) in found {
                let list = all.entry(uri).or_default();
                if !list.contains(&converted) {
                    list.push(converted);
                }
            }
        }
        // Scripts that nobody looks at any more need no memory.
        self.checked.retain(|root, _| roots.contains(root));
        self.before.retain(|root, _| roots.contains(root));
        self.caches.retain(|root, _| roots.contains(root));
        self.loud.retain(|root| roots.contains(root));
        for uri in self.published.keys().filter(|uri| !all.contains_key(uri)) {
            self.send(Message::Diagnostics(uri.clone(), Vec::new(), None));
        }
        self.published.retain(|uri, _| all.contains_key(uri));
        for (uri, list) in all {
            let document = self.document(&uri);
            let version = document.map(|document| document.version);
            // The client wants to hear of every version of an open file; of others only what is new.
            let known = self.published.get(&uri);
            if known.is_some_and(|known| *known == list) && version.is_none() {
                continue;
            }
            self.send(Message::Diagnostics(uri.clone(), list.clone(), version));
            self.published.insert(uri, list);
        }
        if self.shows_other() && self.options.refreshes {
            self.send(Message::Refresh);
        }
        self.dirty = false;
    }

    /// A diagnostic of a script with what is related to it.
    fn diagnostic(&self, root: &Path, snapshot: &Snapshot, found: &Diagnostic) -> lsp::Diagnostic {
        let mut converted = convert::diagnostic(snapshot, found, self.options.encoding);
        let related = found.labels.iter().filter_map(|label| self.related(root, snapshot, label.place, label.message.clone()));
        converted.related_information = Some(related.collect()).filter(|related: &Vec<_>| !related.is_empty());
        converted
    }

    fn related(&self, root: &Path, snapshot: &Snapshot, place: Place, message: String) -> Option<lsp::DiagnosticRelatedInformation> {
        let range = convert::range(snapshot, place.file, place.span, self.options.encoding);
        Some(lsp::DiagnosticRelatedInformation { location: lsp::Location { uri: self.uri(root, place.file)?, range }, message })
    }

    /// What an import says of errors behind it.
    fn broken_import(&self, root: &Path, snapshot: &Snapshot, found: BrokenImport) -> lsp::Diagnostic {
        lsp::Diagnostic {
            range: convert::range(snapshot, found.place.file, found.place.span, self.options.encoding),
            severity: Some(lsp::DiagnosticSeverity::ERROR),
            source: Some("callroute".into()),
            message: found.message,
            related_information: self.related(root, snapshot, found.first, found.first_message).map(|related| vec![related]),
            ..lsp::Diagnostic::default()
        }
    }

    /// Do the lenses or hints of an open file say something else since other files have changed?
    fn shows_other(&mut self) -> bool {
        let (changed, fresh) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.fresh));
        let mut other = false;
        let open: Vec<(Url, PathBuf)> = self.documents.iter().map(|document| (document.uri.clone(), document.path.clone())).collect();
        self.shown.retain(|path, _| open.iter().any(|(_, open)| open == path));
        for (uri, path) in open {
            // The client asks anew for what it has changed itself.
            if changed.contains(&path) {
                self.shown.remove(&path);
            } else if self.roots(&path).iter().any(|root| fresh.contains(root)) {
                let whole = lsp::Range { start: lsp::Position::default(), end: lsp::Position { line: u32::MAX, character: 0 } };
                let mut hasher = DefaultHasher::new();
                format!("{:?} {:?}", self.lenses(&uri), self.hints(&uri, whole)).hash(&mut hasher);
                let hash = hasher.finish();
                other |= self.shown.insert(path, hash) != Some(hash);
            }
        }
        other
    }
}

/// Checks a script as it stands in the editor and on disk.
fn examine(root: &Path, text: &str, documents: &Documents, cache: &mut Cache) -> Checked {
    #[cfg(test)]
    assert!(!text.contains(tests::FAULT), "the checker stumbles");
    let workspace = Workspace::of(root);
    let overlay = Overlay { workspace: &workspace, documents, instead: &[] };
    let analysis = callroute_analysis::analyse_with(&workspace.inside(root), text, &overlay, cache);
    let mut paths: Vec<PathBuf> = analysis
        .files
        .iter()
        .map(|file| workspace.outside(&file.path))
        .map(|path| if documents.get(&path).is_some() { path } else { path.canonicalize().unwrap_or(path) })
        .collect();
    if let Some(first) = paths.first_mut() {
        *first = root.to_path_buf();
    }
    let snapshot = Arc::new(Snapshot::with_trees(analysis, |path| cache.shared(path)));
    Checked { workspace, snapshot, paths, built: None, stale: Vec::new() }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    /// A script that holds this makes the checker panic.
    pub(super) const FAULT: &str = "// let the checker stumble";

    fn open(state: &mut State, name: &str, text: String) -> Url {
        let uri = Url::parse(&format!("untitled:{name}")).unwrap();
        state.open(lsp::TextDocumentItem { uri: uri.clone(), language_id: "route".into(), version: 1, text });
        uri
    }

    #[test]
    fn a_script_that_makes_the_checker_stumble_keeps_no_other_from_being_checked() {
        let (messages, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut state = State::new(messages);
        // Several, for the order in which they are checked is that of their names.
        let wrong = ["a", "z"].map(|name| open(&mut state, name, "hangp\n".into()));
        let bad = open(&mut state, "m", format!("hangup\n{FAULT}\n"));
        state.publish();
        state.publish();
        let (mut shown, mut published) = (0, HashMap::new());
        while let Ok(message) = told.try_recv() {
            match message {
                Message::Show(_, text) if text.contains("the checker stumbles") => shown += 1,
                Message::Diagnostics(uri, list, _) => drop(published.insert(uri, list)),
                _ => {}
            }
        }
        assert_eq!(shown, 1, "told once");
        for uri in &wrong {
            assert_eq!(published[uri].len(), 1, "{uri}: {published:?}");
        }
        // Mended, it is checked as any other.
        let whole = lsp::TextDocumentContentChangeEvent { range: None, range_length: None, text: "hangp\n".into() };
        let document = lsp::VersionedTextDocumentIdentifier { uri: bad.clone(), version: 2 };
        state.change(lsp::DidChangeTextDocumentParams { text_document: document, content_changes: vec![whole] });
        assert_eq!(state.view(&bad).unwrap().snapshot.analysis().diagnostics.len(), 1);
    }
}
