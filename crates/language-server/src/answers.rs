//! The answers to the client's requests, from the state.

use std::collections::HashMap;
use std::path::Path;

use callroute_analysis::names::NameKind;
use callroute_diagnostics::{Encoding, FileId, Place, Span};
use callroute_ide::{self as ide, ActionKind, Lens, Snapshot};
use callroute_testing::{Suite, Verdict};
use tower_lsp::lsp_types::{self as lsp, Url};

use crate::convert;
use crate::state::{Ended, State, View};

/// The most entries of an answer to a search.
const MOST: usize = 2_000;

impl State {
    pub fn encoding(&self) -> Encoding {
        self.options.encoding
    }

    pub fn at(&self, view: &View, position: lsp::Position) -> u32 {
        convert::offset(&view.snapshot, view.file, position, self.encoding())
    }

    fn location(&self, root: &Path, snapshot: &Snapshot, place: Place) -> Option<lsp::Location> {
        let uri = self.uri(root, place.file)?;
        Some(lsp::Location { uri, range: convert::range(snapshot, place.file, place.span, self.encoding()) })
    }

    // ------------------------------------------------------------------------------------------- completion

    pub fn complete(&mut self, uri: &Url, position: lsp::Position) -> Option<lsp::CompletionList> {
        let view = self.stale_view(uri)?;
        let text = self.document(uri).map(|document| document.text.clone())?;
        let lines = callroute_diagnostics::LineIndex::new(&text);
        let encoding = self.encoding();
        let wanted = callroute_diagnostics::Position { line: position.line, column: position.character };
        let at = lines.offset(&text, wanted, encoding);
        let to_position = |at: u32| {
            let found = lines.position(&text, at, encoding);
            lsp::Position { line: found.line, character: found.column }
        };
        let snippets = self.options.snippets;
        let path = crate::documents::path_of(uri);
        let workspace = callroute_workspace::Workspace::of(&path);
        let around = crate::documents::Around { workspace: &workspace, folder: path.parent().unwrap_or(&path) };
        let items = ide::complete(&view.snapshot, &text, at, &around)
            .into_iter()
            .filter(|item| snippets || !item.snippet)
            .map(|item| {
                let range = lsp::Range { start: to_position(item.replace.start), end: to_position(item.replace.end) };
                let kind = match item.picture {
                    ide::Picture::Name(kind) => Some(kind),
                    _ => None,
                };
                let data = serde_json::json!({ "uri": uri, "kind": kind.map(kind_number) });
                lsp::CompletionItem {
                    kind: Some(convert::completion_kind(item.picture)),
                    detail: (!item.detail.is_empty()).then_some(item.detail),
                    sort_text: Some(format!("{}{}", item.rank, item.label)),
                    filter_text: Some(item.label.clone()),
                    text_edit: Some(lsp::CompletionTextEdit::Edit(lsp::TextEdit { range, new_text: item.insert })),
                    insert_text_format: item.snippet.then_some(lsp::InsertTextFormat::SNIPPET),
                    data: Some(data),
                    label: item.label,
                    ..lsp::CompletionItem::default()
                }
            })
            .collect();
        Some(lsp::CompletionList { is_incomplete: false, items })
    }

    pub fn resolve(&mut self, mut item: lsp::CompletionItem) -> lsp::CompletionItem {
        let data = item.data.clone().unwrap_or_default();
        let uri = data.get("uri").and_then(|uri| uri.as_str()).and_then(|uri| uri.parse::<Url>().ok());
        let kind = data.get("kind").and_then(serde_json::Value::as_u64);
        if let Some(view) = uri.and_then(|uri| self.view(&uri)) {
            let names = &view.snapshot.analysis().names;
            let kind = kind.and_then(|number| names.definitions.iter().map(|found| found.kind).find(|kind| kind_number(*kind) == number));
            let text = ide::document(&view.snapshot, &item.label, kind, self.clock());
            if !text.is_empty() {
                item.documentation = Some(lsp::Documentation::MarkupContent(convert::markdown(text)));
            }
        }
        item
    }

    pub fn signature(&mut self, uri: &Url, position: lsp::Position) -> Option<lsp::SignatureHelp> {
        let view = self.view(uri)?;
        let at = self.at(&view, position);
        let found = ide::signature(&view.snapshot, view.snapshot.text(view.file), at)?;
        // Offsets of parameters in the label are counted in UTF-16, whatever was negotiated (LSP 3.17, ParameterInformation).
        let utf16 = |at: u32| u32::try_from(Span::new(0, at).text(&found.label).encode_utf16().count()).unwrap_or(0);
        let parameters = found.params.iter().map(|span| lsp::ParameterInformation {
            label: lsp::ParameterLabel::LabelOffsets([utf16(span.start), utf16(span.end)]),
            documentation: None,
        });
        let active = u32::try_from(found.active).ok();
        Some(lsp::SignatureHelp {
            signatures: vec![lsp::SignatureInformation {
                parameters: Some(parameters.collect()),
                documentation: (!found.doc.is_empty()).then(|| lsp::Documentation::MarkupContent(convert::markdown(found.doc.clone()))),
                active_parameter: active,
                label: found.label.clone(),
            }],
            active_signature: Some(0),
            active_parameter: active,
        })
    }

    // ---------------------------------------------------------------------------------- looking and going

    pub fn hover(&mut self, uri: &Url, position: lsp::Position) -> Option<lsp::Hover> {
        let view = self.view(uri)?;
        let found = ide::hover(&view.snapshot, view.file, self.at(&view, position), self.clock())?;
        let range = convert::range(&view.snapshot, view.file, found.span, self.encoding());
        Some(lsp::Hover { contents: lsp::HoverContents::Markup(convert::markdown(found.text)), range: Some(range) })
    }

    pub fn definition(&mut self, uri: &Url, position: lsp::Position) -> Option<lsp::Location> {
        let view = self.view(uri)?;
        let at = self.at(&view, position);
        if let Some((_, place)) = ide::definition(&view.snapshot, view.file, at) {
            return self.location(&view.root, &view.snapshot, place);
        }
        // On the path of an import: the file.
        let (_, path) = ide::links(&view.snapshot, view.file).into_iter().find(|(span, _)| span.touches(at))?;
        Some(lsp::Location { uri: beside(uri, &path)?, range: lsp::Range::default() })
    }

    /// The scripts in which a name of this file may be used: those that it is checked with, and all that hold the file of its definition.
    fn search(&mut self, uri: &Url, position: lsp::Position) -> Vec<(View, u32)> {
        let Some(first) = self.view(uri) else { return Vec::new() };
        let at = self.at(&first, position);
        let mut found = Vec::new();
        let defined = ide::definition(&first.snapshot, first.file, at).and_then(|(_, place)| {
            let uri = self.uri(&first.root, place.file)?;
            Some((uri, place.span.start))
        });
        let Some((definition, start)) = defined else { return vec![(first, at)] };
        let roots = if definition == *uri && first.file == FileId(0) && first.snapshot.files().count() == 1 {
            vec![first.root.clone()]
        } else {
            self.all_roots().into_iter().collect()
        };
        for root in roots {
            let Some(snapshot) = self.snapshot(&root) else { continue };
            let files: Vec<FileId> = snapshot.files().map(|(file, _)| file).collect();
            let Some(file) = files.into_iter().find(|file| self.uri(&root, *file).as_ref() == Some(&definition)) else { continue };
            found.push((View { snapshot, file, root }, start));
        }
        if found.is_empty() { vec![(first, at)] } else { found }
    }

    pub fn references(&mut self, uri: &Url, position: lsp::Position, with_definition: bool) -> Vec<lsp::Location> {
        let mut all: Vec<lsp::Location> = Vec::new();
        for (view, at) in self.search(uri, position) {
            for place in ide::references(&view.snapshot, view.file, at, with_definition) {
                if let Some(location) = self.location(&view.root, &view.snapshot, place)
                    && !all.contains(&location)
                {
                    all.push(location);
                }
            }
        }
        all
    }

    pub fn highlight(&mut self, uri: &Url, position: lsp::Position) -> Vec<lsp::DocumentHighlight> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        let at = self.at(&view, position);
        let definition = ide::definition(&view.snapshot, view.file, at).map(|(_, place)| place);
        ide::references(&view.snapshot, view.file, at, true)
            .into_iter()
            .filter(|place| place.file == view.file)
            .map(|place| lsp::DocumentHighlight {
                range: convert::range(&view.snapshot, view.file, place.span, self.encoding()),
                kind: Some(if Some(place) == definition { lsp::DocumentHighlightKind::WRITE } else { lsp::DocumentHighlightKind::READ }),
            })
            .collect()
    }

    pub fn prepare_rename(&mut self, uri: &Url, position: lsp::Position) -> Result<lsp::PrepareRenameResponse, String> {
        let view = self.view(uri).ok_or("the file is not open")?;
        let at = self.at(&view, position);
        let (span, placeholder) = ide::prepare_rename(&view.snapshot, view.file, at).map_err(|error| error.to_string())?;
        let range = convert::range(&view.snapshot, view.file, span, self.encoding());
        Ok(lsp::PrepareRenameResponse::RangeWithPlaceholder { range, placeholder })
    }

    pub fn rename(&mut self, uri: &Url, position: lsp::Position, name: &str) -> Result<lsp::WorkspaceEdit, String> {
        let mut changes: HashMap<Url, Vec<lsp::TextEdit>> = HashMap::new();
        for (view, at) in self.search(uri, position) {
            let check = |texts| self.check_instead(&view, texts);
            let edits = ide::rename(&view.snapshot, view.file, at, name, check).map_err(|error| error.to_string())?;
            self.add_edits(&view, &edits, &mut changes);
        }
        Ok(lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() })
    }

    fn add_edits(&self, view: &View, edits: &[(Place, String)], changes: &mut HashMap<Url, Vec<lsp::TextEdit>>) {
        for (place, text) in edits {
            let Some(location) = self.location(&view.root, &view.snapshot, *place) else { continue };
            let list = changes.entry(location.uri).or_default();
            let edit = lsp::TextEdit { range: location.range, new_text: text.clone() };
            if !list.contains(&edit) {
                list.push(edit);
            }
        }
    }

    /// Files will be renamed: the paths in imports follow them.
    pub fn will_rename(&mut self, files: &[(Url, Url)]) -> Option<lsp::WorkspaceEdit> {
        let mut changes: HashMap<Url, Vec<lsp::TextEdit>> = HashMap::new();
        for root in self.all_roots() {
            let Some(snapshot) = self.snapshot(&root) else { continue };
            for (file, _) in snapshot.files() {
                let Some(uri) = self.uri(&root, file) else { continue };
                let moved_to = files.iter().find(|(old, _)| *old == uri).map(|(_, new)| new);
                for (span, path) in ide::links(&snapshot, file) {
                    let Some(target) = beside(&uri, &path) else { continue };
                    let new_target = files.iter().find(|(old, _)| *old == target).map(|(_, new)| new);
                    if new_target.is_none() && moved_to.is_none() {
                        continue;
                    }
                    let Some(written) = relative(moved_to.unwrap_or(&uri), new_target.unwrap_or(&target)).filter(|new| *new != path) else {
                        continue;
                    };
                    let new_text = format!("\"{}\"", written.replace('\\', "\\\\").replace('"', "\\\""));
                    let edit = lsp::TextEdit { range: convert::range(&snapshot, file, span, self.encoding()), new_text };
                    let list = changes.entry(uri.clone()).or_default();
                    if !list.contains(&edit) {
                        list.push(edit);
                    }
                }
            }
        }
        (!changes.is_empty()).then(|| lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() })
    }

    pub fn links(&mut self, uri: &Url) -> Vec<lsp::DocumentLink> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        ide::links(&view.snapshot, view.file)
            .into_iter()
            .filter_map(|(span, path)| {
                // Without its quotes.
                let inside = Span::new(span.start.saturating_add(1), span.end.saturating_sub(1).max(span.start.saturating_add(1)));
                Some(lsp::DocumentLink {
                    range: convert::range(&view.snapshot, view.file, inside, self.encoding()),
                    target: Some(beside(uri, &path)?),
                    tooltip: None,
                    data: None,
                })
            })
            .collect()
    }

    // --------------------------------------------------------------------------------- symbols and colours

    pub fn symbols(&mut self, uri: &Url) -> Vec<lsp::DocumentSymbol> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        ide::outline(&view.snapshot, view.file)
            .into_iter()
            .map(|symbol| {
                let range = |span| convert::range(&view.snapshot, view.file, span, self.encoding());
                #[expect(deprecated, reason = "the field has no other way to be left out")]
                lsp::DocumentSymbol {
                    detail: symbol_detail(symbol.kind),
                    kind: convert::symbol_kind(symbol.kind),
                    range: range(symbol.span),
                    selection_range: range(symbol.name_span),
                    name: symbol.name,
                    tags: None,
                    deprecated: None,
                    children: None,
                }
            })
            .collect()
    }

    pub fn workspace_symbols(&mut self, query: &str) -> Vec<lsp::SymbolInformation> {
        let query = query.to_lowercase();
        let mut found: Vec<lsp::SymbolInformation> = Vec::new();
        let mut seen: std::collections::HashSet<Url> = std::collections::HashSet::new();
        for root in self.all_roots() {
            let Some(snapshot) = self.snapshot(&root) else { continue };
            for (file, _) in snapshot.files() {
                let Some(uri) = self.uri(&root, file).filter(|uri| seen.insert(uri.clone())) else { continue };
                for symbol in ide::outline(&snapshot, file) {
                    if matches!(symbol.kind, ide::SymbolKind::Step | ide::SymbolKind::Setting)
                        || !is_in_order(&query, &symbol.name.to_lowercase())
                    {
                        continue;
                    }
                    let range = convert::range(&snapshot, file, symbol.name_span, self.encoding());
                    #[expect(deprecated, reason = "the field has no other way to be left out")]
                    found.push(lsp::SymbolInformation {
                        kind: convert::symbol_kind(symbol.kind),
                        location: lsp::Location { uri: uri.clone(), range },
                        container_name: symbol_detail(symbol.kind),
                        name: symbol.name,
                        tags: None,
                        deprecated: None,
                    });
                    if found.len() >= MOST {
                        return found;
                    }
                }
            }
        }
        found
    }

    pub fn folds(&mut self, uri: &Url) -> Vec<lsp::FoldingRange> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        ide::folds(&view.snapshot, view.file)
            .into_iter()
            .map(|fold| {
                let range = convert::range(&view.snapshot, view.file, fold.span, self.encoding());
                // The line of the closing bracket stays in sight.
                let end_line =
                    if fold.comment || fold.imports { range.end.line } else { range.end.line.saturating_sub(1).max(range.start.line) };
                lsp::FoldingRange {
                    start_line: range.start.line,
                    end_line,
                    kind: match (fold.comment, fold.imports) {
                        (true, _) => Some(lsp::FoldingRangeKind::Comment),
                        (_, true) => Some(lsp::FoldingRangeKind::Imports),
                        _ => None,
                    },
                    ..lsp::FoldingRange::default()
                }
            })
            .filter(|range| range.start_line < range.end_line)
            .collect()
    }

    pub fn selections(&mut self, uri: &Url, positions: &[lsp::Position]) -> Vec<lsp::SelectionRange> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        let one = |position: &lsp::Position| {
            let spans = ide::selection(&view.snapshot, view.file, self.at(&view, *position));
            let mut found: Option<lsp::SelectionRange> = None;
            for span in spans.into_iter().rev() {
                let range = convert::range(&view.snapshot, view.file, span, self.encoding());
                found = Some(lsp::SelectionRange { range, parent: found.map(Box::new) });
            }
            let empty = lsp::Range { start: *position, end: *position };
            found.unwrap_or(lsp::SelectionRange { range: empty, parent: None })
        };
        positions.iter().map(one).collect()
    }

    pub fn colours(&mut self, uri: &Url, range: Option<lsp::Range>) -> Vec<lsp::SemanticToken> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        let whole = Span::new(0, u32::MAX);
        let wanted = range.map_or(whole, |range| convert::span(&view.snapshot, view.file, range, self.encoding()));
        let pieces = ide::colours(&view.snapshot, view.file, wanted);
        convert::semantic_tokens(&view.snapshot, view.file, &pieces, self.encoding())
    }

    pub fn hints(&mut self, uri: &Url, range: lsp::Range) -> Vec<lsp::InlayHint> {
        if !self.options.hints {
            return Vec::new();
        }
        let Some(view) = self.view(uri) else { return Vec::new() };
        let wanted = convert::span(&view.snapshot, view.file, range, self.encoding());
        ide::hints(&view.snapshot, view.file, wanted)
            .into_iter()
            .map(|hint| lsp::InlayHint {
                position: convert::position(&view.snapshot, view.file, hint.at, self.encoding()),
                label: lsp::InlayHintLabel::String(hint.label),
                kind: None,
                text_edits: None,
                tooltip: Some(lsp::InlayHintTooltip::String(hint.tooltip)),
                padding_left: None,
                padding_right: None,
                data: None,
            })
            .collect()
    }

    // --------------------------------------------------------------------------------------------- changes

    pub fn format(&mut self, uri: &Url, range: Option<lsp::Range>) -> Result<Vec<lsp::TextEdit>, String> {
        let Some(document) = self.document(uri) else { return Ok(Vec::new()) };
        let text = document.text.clone();
        let lines = callroute_diagnostics::LineIndex::new(&text);
        let encoding = self.encoding();
        let to_position = |at: u32| {
            let found = lines.position(&text, at, encoding);
            lsp::Position { line: found.line, character: found.column }
        };
        let to_offset =
            |at: lsp::Position| lines.offset(&text, callroute_diagnostics::Position { line: at.line, column: at.character }, encoding);
        let edit = match range {
            None => {
                let formatted = callroute_format::format(&text).map_err(|error| error.to_string())?.text;
                smallest(&text, &formatted)
            }
            Some(range) => {
                let (start, end) = (to_offset(range.start), to_offset(range.end));
                callroute_format::format_range(&text, Span::new(start.min(end), end.max(start)))
                    .map_err(|error| error.to_string())?
                    .map(|edit| (edit.span, edit.text))
            }
        };
        let to_edit = |(span, new_text): (Span, String)| lsp::TextEdit {
            range: lsp::Range { start: to_position(span.start), end: to_position(span.end) },
            new_text,
        };
        Ok(edit.map(to_edit).into_iter().collect())
    }

    /// Behind a closing bracket: the item that it ends, if nothing is wrong in it.
    pub fn format_on_type(&mut self, uri: &Url, position: lsp::Position) -> Result<Vec<lsp::TextEdit>, String> {
        let Some(view) = self.view(uri) else { return Ok(Vec::new()) };
        let at = self.at(&view, position);
        let ends_item = view.snapshot.items(view.file).iter().any(|item| ide::span_of(item).end == at);
        let broken = view.snapshot.parse(view.file).is_none_or(|parse| !parse.is_clean());
        if !ends_item || broken {
            return Ok(Vec::new());
        }
        self.format(uri, Some(lsp::Range { start: position, end: position }))
    }

    pub fn actions(&mut self, uri: &Url, range: lsp::Range, only: Option<&[lsp::CodeActionKind]>) -> Vec<lsp::CodeActionOrCommand> {
        let wanted = |kind: &lsp::CodeActionKind| only.is_none_or(|only| only.iter().any(|only| is_of_kind(kind.as_str(), only.as_str())));
        let mut found: Vec<lsp::CodeAction> = Vec::new();
        let all = lsp::CodeActionKind::new(FIX_ALL);
        let mut fix_all = None;
        // What is wrong in a shared file may be so in one only of the scripts that use it.
        for (at, view) in self.views(uri).into_iter().enumerate() {
            let span = convert::span(&view.snapshot, view.file, range, self.encoding());
            for action in ide::actions(&view.snapshot, view.file, span, self.clock()) {
                let kind = match action.kind {
                    ActionKind::Fix => lsp::CodeActionKind::QUICKFIX,
                    ActionKind::Rewrite => lsp::CodeActionKind::REFACTOR_REWRITE,
                    ActionKind::Extract => lsp::CodeActionKind::REFACTOR_EXTRACT,
                };
                if !wanted(&kind) || (at > 0 && action.kind != ActionKind::Fix) {
                    continue;
                }
                let mends = action.mends.and_then(|index| view.snapshot.analysis().diagnostics.get(index));
                let action = lsp::CodeAction {
                    title: action.title,
                    kind: Some(kind),
                    diagnostics: mends.map(|found| vec![convert::diagnostic(&view.snapshot, found, self.encoding())]),
                    edit: Some(self.workspace_edit(&view, &action.edits)),
                    is_preferred: action.preferred.then_some(true),
                    ..lsp::CodeAction::default()
                };
                if !found.contains(&action) {
                    found.push(action);
                }
            }
            if only.is_some() && fix_all.is_none() && wanted(&all) {
                let check = |text: &str| self.check_instead(&view, vec![(view.file, text.to_owned())]);
                let edits = ide::fix_all(&view.snapshot, view.file, check);
                fix_all = (!edits.is_empty()).then(|| lsp::CodeAction {
                    title: "Mend everything that is certain".into(),
                    kind: Some(all.clone()),
                    edit: Some(self.workspace_edit(&view, &edits)),
                    ..lsp::CodeAction::default()
                });
            }
        }
        found.into_iter().chain(fix_all).map(lsp::CodeActionOrCommand::CodeAction).collect()
    }

    fn workspace_edit(&self, view: &View, edits: &[(Place, String)]) -> lsp::WorkspaceEdit {
        let mut changes = HashMap::new();
        self.add_edits(view, edits, &mut changes);
        lsp::WorkspaceEdit { changes: Some(changes), ..lsp::WorkspaceEdit::default() }
    }

    // ------------------------------------------------------------------------------------- lenses and tests

    pub fn lenses(&mut self, uri: &Url) -> Vec<lsp::CodeLens> {
        let Some(view) = self.view(uri) else { return Vec::new() };
        let path = crate::documents::path_of(uri);
        let offered = |command: &str| self.options.commands.contains(command);
        let mut titles: HashMap<String, usize> = HashMap::new();
        ide::lenses(&view.snapshot, view.file)
            .into_iter()
            .filter_map(|(span, lens)| {
                let (title, command, title_of) = match lens {
                    Lens::RunTest(test) => {
                        let which = nth(&mut titles, &test);
                        let title = match self.results.get(&(path.clone(), test.clone(), which)) {
                            Some(Ended::Passed) => "✓ passed · run again",
                            Some(Ended::Failed) => "✗ failed · run again",
                            None => "▶ run test",
                        };
                        (title, RUN_TEST, Some((test, which)))
                    }
                    Lens::TryCall => offered("callroute.tryCall").then_some(("☎ try a call", "callroute.tryCall", None))?,
                    Lens::ShowGraph => offered("callroute.showGraph").then_some(("show the call flow", "callroute.showGraph", None))?,
                };
                let mut arguments = vec![serde_json::json!(uri)];
                if let Some((title, which)) = title_of {
                    arguments.extend([serde_json::json!(title), serde_json::json!(which)]);
                }
                let command = lsp::Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(arguments) };
                let range = convert::range(&view.snapshot, view.file, span, self.encoding());
                Some(lsp::CodeLens { range, command: Some(command), data: None })
            })
            .collect()
    }

    /// Runs the tests of a script, or those of one title, or which of these in its file, and says what came of them.
    pub fn run_tests(&mut self, uri: &Url, title: Option<&str>, which: Option<usize>) -> Result<String, String> {
        let view = self.view(uri).ok_or("there is no such file")?;
        let program = view.snapshot.analysis().program.as_ref().ok_or("the script has errors; mend them first")?;
        let suite = Suite::new(program).map_err(|error| error.to_string())?;
        let mut memory = suite.memory();
        let (mut passed, mut failures) = (0usize, Vec::new());
        let mut titles: HashMap<(FileId, String), usize> = HashMap::new();
        for test in suite.tests() {
            let at = nth(&mut titles, &(test.place.file, test.title.clone()));
            let is_wanted = which.is_none_or(|which| which == at && test.place.file == view.file);
            if title.is_some_and(|title| test.title != title) || !is_wanted {
                continue;
            }
            let mut failed = false;
            for case in &test.cases {
                if let Verdict::Failed(failure) = suite.run(case, &mut memory, None) {
                    failed = true;
                    let line = convert::position(&view.snapshot, failure.place.file, failure.place.span.start, self.encoding()).line;
                    let mut text = format!("{}, line {}: {}", test.title, line.saturating_add(1), failure.message);
                    for (what, said) in [("expected", &failure.expected), ("actual", &failure.actual)] {
                        if let Some(said) = said {
                            text.push_str(&format!("\n  {what}: {said}"));
                        }
                    }
                    failures.push(text);
                } else {
                    passed = passed.saturating_add(1);
                }
            }
            if let Some(path) = self.path(&view.root, test.place.file) {
                self.results.insert((path, test.title.clone(), at), if failed { Ended::Failed } else { Ended::Passed });
            }
        }
        if passed == 0 && failures.is_empty() {
            return Err("there is no such test".into());
        }
        let summary = format!("{passed} passed, {} failed", failures.len());
        Ok(if failures.is_empty() { summary } else { format!("{summary}\n{}", failures.join("\n")) })
    }
}

/// The kind of the action that mends everything: the editor's own, and among all that do so this server's.
pub(crate) const FIX_ALL: &str = "source.fixAll.callroute";

/// Is a kind of actions among those of another, larger kind (`source.fixAll.callroute` of `source.fixAll`)?
fn is_of_kind(kind: &str, wanted: &str) -> bool {
    wanted.is_empty() || kind.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The command that runs a test. Clients offer the server's commands as their own, so its name must be no command of theirs.
pub(crate) const RUN_TEST: &str = "callroute.server.runTest";

/// How many of this one there were before.
fn nth<K: Clone + Eq + std::hash::Hash>(seen: &mut HashMap<K, usize>, key: &K) -> usize {
    let count = seen.entry(key.clone()).or_default();
    std::mem::replace(count, count.saturating_add(1))
}

fn kind_number(kind: NameKind) -> u64 {
    match kind {
        NameKind::Defined(kind) => kind as u64,
        NameKind::Extern(kind) => 100 + kind as u64,
        NameKind::Param => 200,
        NameKind::Row => 201,
        NameKind::Keys => 202,
        NameKind::Field => 203,
        NameKind::Contact => 204,
    }
}

fn symbol_detail(kind: ide::SymbolKind) -> Option<String> {
    match kind {
        ide::SymbolKind::Defined(kind) => Some(kind.noun().to_owned()),
        ide::SymbolKind::Test => Some("test".to_owned()),
        ide::SymbolKind::Setting | ide::SymbolKind::Step => None,
    }
}

/// Do the characters of a query stand in a name in their order? As people search for symbols.
fn is_in_order(query: &str, name: &str) -> bool {
    let mut rest = name.chars();
    query.chars().all(|wanted| rest.any(|found| found == wanted))
}

/// The address of a path that a file names.
fn beside(uri: &Url, path: &str) -> Option<Url> {
    if path.trim().is_empty() || path.contains("://") || path.starts_with('/') {
        return None;
    }
    let base = uri.to_file_path().ok()?;
    let joined = base.parent()?.join(path);
    Url::from_file_path(joined.canonicalize().unwrap_or(joined)).ok()
}

/// The path from one file to another, as an import writes it.
fn relative(from: &Url, to: &Url) -> Option<String> {
    let (from, to) = (from.to_file_path().ok()?, to.to_file_path().ok()?);
    let from: Vec<_> = from.parent()?.components().collect();
    let to: Vec<_> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len().saturating_sub(common));
    let down = to.iter().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// One text made from another by the smallest change in one piece; none where they are the same.
fn smallest(old: &str, new: &str) -> Option<(Span, String)> {
    if old == new {
        return None;
    }
    let start: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old_rest, new_rest) = (old.get(start..)?, new.get(start..)?);
    let end: usize = old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let span = Span::new(u32::try_from(start).ok()?, u32::try_from(old.len().checked_sub(end)?).ok()?);
    Some((span, new_rest.get(..new_rest.len().checked_sub(end)?)?.to_owned()))
}
