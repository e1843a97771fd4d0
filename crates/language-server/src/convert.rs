//! From the words of `callroute-ide` to those of the protocol.

use callroute_analysis::names::{Kind, NameKind};
use callroute_diagnostics::{Code, Diagnostic, Encoding, FileId, LineIndex, Position, Severity, Span};
use callroute_ide::{Colour, Coloured, Picture, Snapshot, SymbolKind};
use tower_lsp::lsp_types::{self as lsp, SemanticTokenModifier, SemanticTokenType};

/// Where the pages about diagnostics are.
const PAGES: &str = "https://github.com/callroute/callroute/blob/main/docs/errors/";

pub(crate) fn position(snapshot: &Snapshot, file: FileId, at: u32, encoding: Encoding) -> lsp::Position {
    let Some(lines) = snapshot.lines(file) else { return lsp::Position::default() };
    let found = lines.position(snapshot.text(file), at, encoding);
    lsp::Position { line: found.line, character: found.column }
}

pub(crate) fn range(snapshot: &Snapshot, file: FileId, span: Span, encoding: Encoding) -> lsp::Range {
    lsp::Range { start: position(snapshot, file, span.start, encoding), end: position(snapshot, file, span.end, encoding) }
}

pub(crate) fn offset(snapshot: &Snapshot, file: FileId, at: lsp::Position, encoding: Encoding) -> u32 {
    let Some(lines) = snapshot.lines(file) else { return 0 };
    lines.offset(snapshot.text(file), Position { line: at.line, column: at.character }, encoding)
}

pub(crate) fn span(snapshot: &Snapshot, file: FileId, range: lsp::Range, encoding: Encoding) -> Span {
    let start = offset(snapshot, file, range.start, encoding);
    Span::new(start, offset(snapshot, file, range.end, encoding).max(start))
}

/// A diagnostic without its related places, which lie in files whose addresses the state knows.
pub(crate) fn diagnostic(snapshot: &Snapshot, found: &Diagnostic, encoding: Encoding) -> lsp::Diagnostic {
    let mut message = found.message.clone();
    for help in &found.help {
        message.push('\n');
        message.push_str(help);
    }
    let code = found.code.to_string();
    let faded = matches!(
        found.code,
        Code::UnusedDefinition
            | Code::UnusedFlow
            | Code::NeverRuns
            | Code::CoveredArm
            | Code::DeadLine
            | Code::NeedlessElse
            | Code::NeedlessValue
            | Code::RepeatedEntry
            | Code::ImportTwice
    );
    lsp::Diagnostic {
        range: range(snapshot, found.place.file, found.place.span, encoding),
        severity: Some(match found.severity {
            Severity::Error => lsp::DiagnosticSeverity::ERROR,
            Severity::Warning => lsp::DiagnosticSeverity::WARNING,
            Severity::Hint => lsp::DiagnosticSeverity::HINT,
        }),
        code_description: format!("{PAGES}{code}.md").parse().ok().map(|href| lsp::CodeDescription { href }),
        code: Some(lsp::NumberOrString::String(code)),
        source: Some("callroute".into()),
        message,
        tags: faded.then(|| vec![lsp::DiagnosticTag::UNNECESSARY]),
        ..lsp::Diagnostic::default()
    }
}

/// The kinds of coloured pieces, in the order of their numbers.
pub(crate) const TOKEN_TYPES: &[SemanticTokenType] = &[
    SemanticTokenType::KEYWORD,
    SemanticTokenType::STRING,
    SemanticTokenType::NUMBER,
    SemanticTokenType::COMMENT,
    SemanticTokenType::VARIABLE,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::PROPERTY,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::CLASS,
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::TYPE,
    SemanticTokenType::NAMESPACE,
    SemanticTokenType::REGEXP,
];
/// What can be added to them.
pub(crate) const TOKEN_MODIFIERS: &[SemanticTokenModifier] =
    &[SemanticTokenModifier::DECLARATION, SemanticTokenModifier::DEFAULT_LIBRARY, SemanticTokenModifier::DOCUMENTATION];

fn token_type(colour: Colour) -> (SemanticTokenType, u32) {
    match colour {
        Colour::Keyword => (SemanticTokenType::KEYWORD, 0),
        Colour::Text => (SemanticTokenType::STRING, 0),
        Colour::Number => (SemanticTokenType::NUMBER, 0),
        Colour::Phone => (SemanticTokenType::REGEXP, 0),
        Colour::Zone => (SemanticTokenType::NAMESPACE, 0),
        Colour::Word => (SemanticTokenType::ENUM_MEMBER, 0),
        Colour::Builtin => (SemanticTokenType::VARIABLE, 2),
        Colour::Type => (SemanticTokenType::TYPE, 0),
        Colour::Comment => (SemanticTokenType::COMMENT, 0),
        Colour::Name(kind) => match kind {
            NameKind::Defined(Kind::Flow | Kind::Action | Kind::Source | Kind::Table) => (SemanticTokenType::FUNCTION, 0),
            NameKind::Defined(Kind::Input) | NameKind::Row | NameKind::Keys | NameKind::Contact => (SemanticTokenType::VARIABLE, 0),
            NameKind::Defined(_) | NameKind::Extern(_) => (SemanticTokenType::CLASS, 0),
            NameKind::Param => (SemanticTokenType::PARAMETER, 0),
            NameKind::Field => (SemanticTokenType::PROPERTY, 0),
        },
    }
}

/// Coloured pieces as the protocol counts them: each from the one before. A piece of several lines is cut at their ends. The pieces are in
/// order, so the text is walked through once.
pub(crate) fn semantic_tokens(snapshot: &Snapshot, file: FileId, pieces: &[Coloured], encoding: Encoding) -> Vec<lsp::SemanticToken> {
    let Some(lines) = snapshot.lines(file) else { return Vec::new() };
    let mut out = Vec::with_capacity(pieces.len());
    let mut walker = Walker::new(snapshot.text(file), lines, encoding, pieces.first().map_or(0, |piece| piece.span.start));
    let (mut line, mut column) = (0u32, 0u32);
    for piece in pieces {
        let (kind, modifiers) = token_type(piece.colour);
        let token_type = TOKEN_TYPES.iter().position(|known| *known == kind).and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
        walker.go_to(piece.span.start);
        loop {
            let start = walker.column;
            walker.go_to(piece.span.end.min(walker.whole.end));
            if start < walker.column {
                let delta_line = walker.line.saturating_sub(line);
                out.push(lsp::SemanticToken {
                    delta_line,
                    delta_start: if delta_line == 0 { start.saturating_sub(column) } else { start },
                    length: walker.column.saturating_sub(start),
                    token_type,
                    token_modifiers_bitset: modifiers | u32::from(piece.definition),
                });
                (line, column) = (walker.line, start);
            }
            if !walker.next_line(piece.span.end) {
                break;
            }
        }
    }
    out
}

/// A place that goes through a text and counts lines and columns.
struct Walker<'s> {
    source: &'s str,
    lines: &'s LineIndex,
    encoding: Encoding,
    at: u32,
    line: u32,
    column: u32,
    /// The line without its end.
    whole: Span,
}

impl<'s> Walker<'s> {
    fn new(source: &'s str, lines: &'s LineIndex, encoding: Encoding, start: u32) -> Self {
        let line = lines.line_at(start);
        let whole = lines.line(source, line);
        Self { source, lines, encoding, at: whole.start, line, column: 0, whole }
    }

    /// To a place that is not before this one.
    fn go_to(&mut self, to: u32) {
        while self.next_line(to.saturating_add(1)) {}
        let passed = Span::new(self.at, to.max(self.at)).text(self.source);
        let count = match self.encoding {
            Encoding::Utf8 => passed.len(),
            Encoding::Utf16 if !passed.is_ascii() => passed.encode_utf16().count(),
            Encoding::Utf16 => passed.len(),
            Encoding::Chars => passed.chars().count(),
        };
        self.column = self.column.saturating_add(u32::try_from(count).unwrap_or(0));
        self.at = to.max(self.at);
    }

    /// To the beginning of the next line, if it begins before a place.
    fn next_line(&mut self, end: u32) -> bool {
        let next = self.line.saturating_add(1);
        let whole = self.lines.line(self.source, next);
        let is_there = next < self.lines.lines() && whole.start < end;
        if is_there {
            (self.at, self.line, self.column, self.whole) = (whole.start, next, 0, whole);
        }
        is_there
    }
}

pub(crate) const fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    match kind {
        SymbolKind::Defined(Kind::Flow) => lsp::SymbolKind::FUNCTION,
        SymbolKind::Defined(Kind::Action) => lsp::SymbolKind::METHOD,
        SymbolKind::Defined(Kind::Source | Kind::Table) => lsp::SymbolKind::STRUCT,
        SymbolKind::Defined(Kind::Input) => lsp::SymbolKind::VARIABLE,
        SymbolKind::Defined(Kind::Prompt) => lsp::SymbolKind::STRING,
        SymbolKind::Defined(Kind::List) => lsp::SymbolKind::ARRAY,
        SymbolKind::Defined(Kind::Schedule | Kind::Dates) => lsp::SymbolKind::CONSTANT,
        SymbolKind::Defined(Kind::Group | Kind::Agent | Kind::Queue | Kind::Trunk) => lsp::SymbolKind::OBJECT,
        SymbolKind::Test => lsp::SymbolKind::EVENT,
        SymbolKind::Setting => lsp::SymbolKind::PROPERTY,
        SymbolKind::Step => lsp::SymbolKind::OPERATOR,
    }
}

pub(crate) const fn completion_kind(picture: Picture) -> lsp::CompletionItemKind {
    match picture {
        Picture::Keyword => lsp::CompletionItemKind::KEYWORD,
        Picture::Snippet => lsp::CompletionItemKind::SNIPPET,
        Picture::Name(NameKind::Defined(Kind::Flow | Kind::Action | Kind::Source | Kind::Table)) => lsp::CompletionItemKind::FUNCTION,
        Picture::Name(NameKind::Defined(Kind::Input)) | Picture::Variable => lsp::CompletionItemKind::VARIABLE,
        Picture::Name(_) => lsp::CompletionItemKind::CLASS,
        Picture::Field => lsp::CompletionItemKind::FIELD,
        Picture::Value => lsp::CompletionItemKind::ENUM_MEMBER,
        Picture::Constant => lsp::CompletionItemKind::CONSTANT,
        Picture::Type => lsp::CompletionItemKind::TYPE_PARAMETER,
        Picture::File => lsp::CompletionItemKind::FILE,
        Picture::Folder => lsp::CompletionItemKind::FOLDER,
    }
}

pub(crate) fn markdown(text: String) -> lsp::MarkupContent {
    lsp::MarkupContent { kind: lsp::MarkupKind::Markdown, value: text }
}

#[cfg(test)]
#[allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]
mod tests {
    use callroute_analysis::NoFiles;

    use super::*;

    #[test]
    fn tokens_stand_where_the_pieces_do() {
        let text = "/* a\r\n  b \u{1f600}\n\n*/ tag \"é\u{1f600}\" // \u{1f600}\rhangup\r\n/* x */ tag \"y\"\n\n\nhangup";
        let snapshot = Snapshot::of("main.route", text, &NoFiles);
        let lines = snapshot.lines(FileId(0)).unwrap();
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for from in [0, u32::try_from(text.find("hangup").unwrap()).unwrap()] {
                let pieces = callroute_ide::colours(&snapshot, FileId(0), Span::new(from, u32::MAX));
                let mut wanted = Vec::new();
                for piece in &pieces {
                    for line in lines.line_at(piece.span.start)..=lines.line_at(piece.span.end) {
                        let whole = lines.line(text, line);
                        let (start, end) = (piece.span.start.max(whole.start), piece.span.end.min(whole.end));
                        if start < end {
                            let (start, end) = (lines.position(text, start, encoding), lines.position(text, end, encoding));
                            wanted.push((start.line, start.column, end.column - start.column));
                        }
                    }
                }
                let (mut line, mut column) = (0, 0);
                let found: Vec<_> = semantic_tokens(&snapshot, FileId(0), &pieces, encoding)
                    .into_iter()
                    .map(|token| {
                        column = if token.delta_line == 0 { column + token.delta_start } else { token.delta_start };
                        line += token.delta_line;
                        (line, column, token.length)
                    })
                    .collect();
                assert_eq!(found, wanted);
                assert!(found.len() > 4);
            }
        }
    }
}
