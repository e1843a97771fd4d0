//! The protocol's methods: each puts its work into the worker's queue and, if it is a request, waits for the answer.

use callroute_diagnostics::Encoding;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::lsp_types::*;
use tower_lsp::{Client, LanguageServer};

use crate::answers::{FIX_ALL, RUN_TEST};
use crate::convert::{TOKEN_MODIFIERS, TOKEN_TYPES};
use crate::state::Options;
use crate::worker::{Message, Worker};

/// See the module.
#[derive(Debug)]
pub(crate) struct Backend {
    client: Client,
    worker: Worker,
}

impl Backend {
    pub fn new(client: Client) -> Self {
        let (messages, queue) = unbounded_channel();
        let worker = Worker::start(messages);
        tokio::spawn(forward(client.clone(), queue));
        Self { client, worker }
    }

    async fn ask<T: Send + 'static>(&self, question: impl FnOnce(&mut crate::state::State) -> T + Send + 'static) -> Result<T> {
        self.worker.ask(question).await.ok_or_else(Error::internal_error)
    }

    async fn ask_soon<T: Send + 'static>(&self, question: impl FnOnce(&mut crate::state::State) -> T + Send + 'static) -> Result<T> {
        self.worker.ask_soon(question).await.ok_or_else(Error::internal_error)
    }
}

/// Hands what the worker says to the client, in order. What the client must answer is not waited for.
async fn forward(client: Client, mut queue: UnboundedReceiver<Message>) {
    while let Some(message) = queue.recv().await {
        match message {
            Message::Diagnostics(uri, list, version) => client.publish_diagnostics(uri, list, version).await,
            Message::Show(kind, text) => client.show_message(kind, text).await,
            Message::Log(kind, text) => client.log_message(kind, text).await,
            Message::Refresh => {
                let client = client.clone();
                tokio::spawn(async move {
                    // A client that cannot refresh says so, or nothing; both are fine.
                    let _ = client.code_lens_refresh().await;
                    let _ = client.inlay_hint_refresh().await;
                });
            }
        }
    }
}

fn refused(message: String) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: message.into(), data: None }
}

/// What the client says that it can do, and what its configuration wants.
fn options(params: &InitializeParams) -> Options {
    let general = params.capabilities.general.as_ref();
    let utf8 = general.and_then(|general| general.position_encodings.as_ref()).is_some_and(|all| all.contains(&PositionEncodingKind::UTF8));
    let text = params.capabilities.text_document.as_ref();
    let item = text.and_then(|text| text.completion.as_ref()).and_then(|completion| completion.completion_item.as_ref());
    let workspace = params.capabilities.workspace.as_ref();
    let own = params.initialization_options.clone().unwrap_or_default();
    let commands = own.get("commands").and_then(|commands| commands.as_array()).into_iter().flatten();
    Options {
        encoding: if utf8 { Encoding::Utf8 } else { Encoding::Utf16 },
        snippets: item.and_then(|item| item.snippet_support).unwrap_or(false),
        hints: own.get("inlayHints").and_then(serde_json::Value::as_bool).unwrap_or(true),
        commands: commands.filter_map(|command| command.as_str().map(str::to_owned)).take(100).collect(),
        refreshes: workspace.and_then(|workspace| workspace.code_lens.as_ref()).and_then(|lens| lens.refresh_support).unwrap_or(false)
            && workspace.and_then(|workspace| workspace.inlay_hint.as_ref()).and_then(|hint| hint.refresh_support).unwrap_or(false),
    }
}

/// What the server can do.
pub(crate) fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let rename_filter = FileOperationFilter {
        scheme: Some("file".into()),
        pattern: FileOperationPattern { glob: "**/*.{route,csv,ics}".into(), ..FileOperationPattern::default() },
    };
    ServerCapabilities {
        position_encoding: Some(if encoding == Encoding::Utf8 { PositionEncodingKind::UTF8 } else { PositionEncodingKind::UTF16 }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        completion_provider: Some(CompletionOptions {
            resolve_provider: Some(true),
            trigger_characters: Some([".", "(", "<", "{", "/", "\""].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".into(), ",".into()]),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_REWRITE,
                CodeActionKind::REFACTOR_EXTRACT,
                CodeActionKind::SOURCE_FIX_ALL,
                CodeActionKind::new(FIX_ALL),
            ]),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        document_on_type_formatting_provider: Some(DocumentOnTypeFormattingOptions {
            first_trigger_character: ">".into(),
            more_trigger_character: Some(vec!["}".into()]),
        }),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        selection_range_provider: Some(SelectionRangeProviderCapability::Simple(true)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(SemanticTokensOptions {
            legend: SemanticTokensLegend { token_types: TOKEN_TYPES.to_vec(), token_modifiers: TOKEN_MODIFIERS.to_vec() },
            range: Some(true),
            full: Some(SemanticTokensFullOptions::Bool(true)),
            ..SemanticTokensOptions::default()
        })),
        execute_command_provider: Some(ExecuteCommandOptions { commands: vec![RUN_TEST.into()], ..ExecuteCommandOptions::default() }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(WorkspaceFileOperationsServerCapabilities {
                will_rename: Some(FileOperationRegistrationOptions { filters: vec![rename_filter] }),
                ..WorkspaceFileOperationsServerCapabilities::default()
            }),
        }),
        ..ServerCapabilities::default()
    }
}

#[tower_lsp::async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let options = options(&params);
        let encoding = options.encoding;
        let mut folders: Vec<Url> = params.workspace_folders.iter().flatten().map(|folder| folder.uri.clone()).collect();
        if folders.is_empty() {
            folders.extend(params.root_uri);
        }
        self.worker.push(move |state| {
            state.options = options;
            state.set_folders(folders);
        });
        Ok(InitializeResult {
            capabilities: capabilities(encoding),
            server_info: Some(ServerInfo { name: "callroute".into(), version: Some(env!("CARGO_PKG_VERSION").into()) }),
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        let client = self.client.clone();
        // Not awaited here: the client may answer late, or never.
        tokio::spawn(async move {
            let watchers = ["**/*.route", "**/*.csv", "**/*.ics"]
                .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.into()), kind: None });
            let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
            let register_options = serde_json::to_value(options).ok();
            let registration =
                Registration { id: "callroute-files".into(), method: "workspace/didChangeWatchedFiles".into(), register_options };
            // A client that cannot watch files says so; then files are read anew when something else changes.
            let _ = client.register_capability(vec![registration]).await;
        });
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.worker.push(move |state| state.open(params.text_document));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.worker.push(move |state| state.change(params));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        self.worker.push(move |state| state.watched(&[params.text_document.uri]));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.worker.push(move |state| state.close(&params.text_document.uri));
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let uris: Vec<Url> = params.changes.into_iter().map(|change| change.uri).collect();
        self.worker.push(move |state| state.watched(&uris));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let added: Vec<Url> = params.event.added.into_iter().map(|folder| folder.uri).collect();
        let removed: Vec<Url> = params.event.removed.into_iter().map(|folder| folder.uri).collect();
        self.worker.push(move |state| state.change_folders(&added, &removed));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        let own = params.settings.get("callroute").cloned().unwrap_or(params.settings);
        self.worker.push(move |state| {
            if let Some(hints) = own.get("inlayHints").and_then(serde_json::Value::as_bool) {
                state.options.hints = hints;
            }
        });
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let at = params.text_document_position;
        let found = self.ask_soon(move |state| state.complete(&at.text_document.uri, at.position)).await?;
        Ok(found.map(CompletionResponse::List))
    }

    async fn completion_resolve(&self, item: CompletionItem) -> Result<CompletionItem> {
        self.ask_soon(move |state| state.resolve(item)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let at = params.text_document_position_params;
        self.ask_soon(move |state| state.hover(&at.text_document.uri, at.position)).await
    }

    async fn signature_help(&self, params: SignatureHelpParams) -> Result<Option<SignatureHelp>> {
        let at = params.text_document_position_params;
        self.ask_soon(move |state| state.signature(&at.text_document.uri, at.position)).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        let found = self.ask(move |state| state.definition(&at.text_document.uri, at.position)).await?;
        Ok(found.map(GotoDefinitionResponse::Scalar))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let (at, with_definition) = (params.text_document_position, params.context.include_declaration);
        self.ask(move |state| Some(state.references(&at.text_document.uri, at.position, with_definition))).await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.ask(move |state| Some(state.highlight(&at.text_document.uri, at.position))).await
    }

    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        self.ask(move |state| state.prepare_rename(&params.text_document.uri, params.position)).await?.map(Some).map_err(refused)
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let (at, name) = (params.text_document_position, params.new_name);
        self.ask(move |state| state.rename(&at.text_document.uri, at.position, &name)).await?.map(Some).map_err(refused)
    }

    async fn will_rename_files(&self, params: RenameFilesParams) -> Result<Option<WorkspaceEdit>> {
        let files: Vec<(Url, Url)> =
            params.files.iter().filter_map(|file| Some((file.old_uri.parse().ok()?, file.new_uri.parse().ok()?))).collect();
        self.ask(move |state| state.will_rename(&files)).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(move |state| Some(state.links(&params.text_document.uri))).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(move |state| Some(DocumentSymbolResponse::Nested(state.symbols(&params.text_document.uri)))).await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        self.ask(move |state| Some(state.workspace_symbols(&params.query))).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask(move |state| Some(state.folds(&params.text_document.uri))).await
    }

    async fn selection_range(&self, params: SelectionRangeParams) -> Result<Option<Vec<SelectionRange>>> {
        self.ask(move |state| Some(state.selections(&params.text_document.uri, &params.positions))).await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let data = self.ask(move |state| state.colours(&params.text_document.uri, None)).await?;
        Ok(Some(SemanticTokensResult::Tokens(SemanticTokens { result_id: None, data })))
    }

    async fn semantic_tokens_range(&self, params: SemanticTokensRangeParams) -> Result<Option<SemanticTokensRangeResult>> {
        let data = self.ask(move |state| state.colours(&params.text_document.uri, Some(params.range))).await?;
        Ok(Some(SemanticTokensRangeResult::Tokens(SemanticTokens { result_id: None, data })))
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask(move |state| Some(state.hints(&params.text_document.uri, params.range))).await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(move |state| state.format(&params.text_document.uri, None)).await?.map(Some).map_err(refused)
    }

    async fn range_formatting(&self, params: DocumentRangeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        self.ask(move |state| state.format(&params.text_document.uri, Some(params.range))).await?.map(Some).map_err(refused)
    }

    async fn on_type_formatting(&self, params: DocumentOnTypeFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let at = params.text_document_position;
        self.ask(move |state| state.format_on_type(&at.text_document.uri, at.position)).await?.map(Some).map_err(refused)
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(move |state| Some(state.actions(&params.text_document.uri, params.range, params.context.only.as_deref()))).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(move |state| Some(state.lenses(&params.text_document.uri))).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<serde_json::Value>> {
        if params.command != RUN_TEST {
            return Err(Error::invalid_params(format!("there is no command `{}`", params.command)));
        }
        let argument = |at: usize| params.arguments.get(at).and_then(|argument| argument.as_str()).map(str::to_owned);
        let uri = argument(0)
            .and_then(|uri| uri.parse::<Url>().ok())
            .ok_or_else(|| Error::invalid_params("the address of a script is missing"))?;
        let title = argument(1);
        // Of several tests of one title, which.
        let which = params.arguments.get(2).and_then(serde_json::Value::as_u64).and_then(|which| usize::try_from(which).ok());
        let outcome = self
            .ask(move |state| {
                let outcome = state.run_tests(&uri, title.as_deref(), which);
                if state.options.refreshes {
                    state.send(Message::Refresh);
                }
                outcome
            })
            .await?
            .map_err(refused)?;
        let kind = if outcome.contains(", 0 failed") { MessageType::INFO } else { MessageType::ERROR };
        self.client.show_message(kind, &outcome).await;
        Ok(Some(serde_json::Value::String(outcome)))
    }

    async fn prepare_call_hierarchy(&self, params: CallHierarchyPrepareParams) -> Result<Option<Vec<CallHierarchyItem>>> {
        let at = params.text_document_position_params;
        self.ask(move |state| state.prepare_hierarchy(&at.text_document.uri, at.position)).await
    }

    async fn incoming_calls(&self, params: CallHierarchyIncomingCallsParams) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.ask(move |state| Some(state.incoming(&params.item))).await
    }

    async fn outgoing_calls(&self, params: CallHierarchyOutgoingCallsParams) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.ask(move |state| Some(state.outgoing(&params.item))).await
    }
}
