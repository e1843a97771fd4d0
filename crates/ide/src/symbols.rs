//! What a file consists of: its outline, what can be folded, and what every word is for whoever colours it.

use std::collections::HashSet;
use std::sync::LazyLock;

use callroute_analysis::names::{Definition, Kind, NameKind};
use callroute_diagnostics::{FileId, Place, Span};
use callroute_syntax::CommentKind;
use callroute_syntax::tree::{Def, DefKind, ExprKind, Item, Step, TemplatePart};
use callroute_syntax::visit::{Event, Node, walk};
use callroute_syntax::words;

use crate::lex::{self, Kind as Tok};
use crate::snapshot::Snapshot;

/// What an entry of the outline is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// A definition with a name.
    Defined(Kind),
    /// A test.
    Test,
    /// `zone`, `country`, `fallback`, `limit`, `import`.
    Setting,
    /// A step of the script's own flow.
    Step,
}

/// An entry of the outline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Its name, or its first words.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// The whole of it.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

/// The outline of a file, in its order.
#[must_use]
pub fn outline(snapshot: &Snapshot, file: FileId) -> Vec<Symbol> {
    let source = snapshot.text(file);
    let of_item = |item: &Item| match item {
        Item::Def(def) => of_definition(def, source),
        Item::Step(step) => Some(of_step(step, source)),
        Item::Error(_) => None,
    };
    snapshot.items(file).iter().filter_map(of_item).collect()
}

fn of_step(step: &Step, source: &str) -> Symbol {
    let line = step.span.text(source).lines().next().unwrap_or_default();
    Symbol { name: short(line), kind: SymbolKind::Step, span: step.span, name_span: step.head }
}

/// At most sixty characters of a line.
fn short(line: &str) -> String {
    const MOST: usize = 60;
    let line = line.trim_end_matches(['<', '{', ' ']);
    if line.chars().count() <= MOST { line.to_owned() } else { line.chars().take(MOST).chain(['…']).collect() }
}

fn of_definition(def: &Def, source: &str) -> Option<Symbol> {
    let named = |name: &Option<callroute_syntax::tree::Name>, kind| {
        let name = name.as_ref()?;
        (!name.text.is_empty()).then(|| (name.text.clone(), SymbolKind::Defined(kind), name.span))
    };
    let setting = || Some((short(def.span.text(source).lines().next().unwrap_or_default()), SymbolKind::Setting, def.head));
    let (name, kind, name_span) = match &def.kind {
        DefKind::Agent { name, .. } => named(name, Kind::Agent)?,
        DefKind::Trunk { name, .. } => named(name, Kind::Trunk)?,
        DefKind::Group { name, .. } => named(name, Kind::Group)?,
        DefKind::Queue { name, .. } => named(name, Kind::Queue)?,
        DefKind::List { name, .. } => named(name, Kind::List)?,
        DefKind::Dates { name, .. } => named(name, Kind::Dates)?,
        DefKind::Schedule { name, .. } => named(name, Kind::Schedule)?,
        DefKind::Prompt { name, .. } => named(name, Kind::Prompt)?,
        DefKind::Table(table) => named(&table.name, Kind::Table)?,
        DefKind::Source { name, .. } => named(name, Kind::Source)?,
        DefKind::Input { name, .. } => named(name, Kind::Input)?,
        DefKind::Action { name, .. } => named(name, Kind::Action)?,
        DefKind::Flow { name, .. } => named(name, Kind::Flow)?,
        DefKind::Test(test) => {
            let title = test.title.as_ref()?;
            let name = if title.value.trim().is_empty() { "test".to_owned() } else { title.value.clone() };
            (name, SymbolKind::Test, title.span)
        }
        DefKind::Zone(_)
        | DefKind::Country(_)
        | DefKind::Fallback(_)
        | DefKind::LimitTurns(_)
        | DefKind::Import(_)
        | DefKind::Extern { .. } => setting()?,
        DefKind::Error => return None,
    };
    // A doc comment belongs to the whole, but the outline begins at the word.
    let span = def.span.to(name_span);
    Some(Symbol { name, kind, span, name_span })
}

/// A stretch of lines that can be folded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fold {
    /// From the end of the first line on.
    pub span: Span,
    /// Comments, rather than code.
    pub comment: bool,
    /// Imports, rather than code.
    pub imports: bool,
}

/// Everything in a file that can be folded: blocks, long comments, runs of comments, runs of imports.
#[must_use]
pub fn folds(snapshot: &Snapshot, file: FileId) -> Vec<Fold> {
    let Some(parse) = snapshot.parse(file) else { return Vec::new() };
    let (source, Some(lines)) = (snapshot.text(file), snapshot.lines(file)) else { return Vec::new() };
    let mut found: Vec<Fold> = Vec::new();
    let mut put = |span: Span, comment, imports| {
        if lines.line_at(span.start) < lines.line_at(span.end) {
            found.push(Fold { span, comment, imports });
        }
    };
    let mut last: Option<Span> = None;
    for comment in &parse.comments {
        let joined = last.filter(|last| {
            comment.kind != CommentKind::Block
                && Span::new(last.end, comment.span.start).text(source).chars().filter(|c| *c == '\n').count() == 1
        });
        last = match joined {
            Some(run) => Some(run.to(comment.span)),
            None => {
                if let Some(run) = last {
                    put(run, true, false);
                }
                Some(comment.span)
            }
        };
    }
    if let Some(run) = last {
        put(run, true, false);
    }
    let mut imports: Option<Span> = None;
    for item in &parse.tree.items {
        match item {
            Item::Def(Def { kind: DefKind::Import(_), span, .. }) => imports = Some(imports.map_or(*span, |run| run.to(*span))),
            Item::Def(def) => put(def.head.to(Span::at(def.span.end)), false, false),
            Item::Step(_) | Item::Error(_) => {}
        }
    }
    if let Some(run) = imports {
        put(run, false, true);
    }
    walk(&parse.tree, &mut |event| match event {
        Event::Enter(Node::Block(block)) => put(block.span, false, false),
        Event::Enter(Node::Arms(arms)) => put(arms.span, false, false),
        _ => {}
    });
    found.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    // Two that begin on one line would be one mark in the margin: the outer one stays.
    found.dedup_by(|b, a| lines.line_at(a.span.start) == lines.line_at(b.span.start));
    found
}

/// What a piece of text is, for its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// A word of the language.
    Keyword,
    /// A definition's name or its use.
    Name(NameKind),
    /// A text.
    Text,
    /// A number, a time, a date, a duration.
    Number,
    /// A telephone number, an address, a pattern.
    Phone,
    /// A time zone.
    Zone,
    /// A value of an enumeration, a language, a codec: a bare word that stands for itself.
    Word,
    /// `from`, `to`: what every call has.
    Builtin,
    /// A type.
    Type,
    /// A comment.
    Comment,
}

/// A coloured piece of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coloured {
    /// Where.
    pub span: Span,
    /// What.
    pub colour: Colour,
    /// It is the definition of the name.
    pub definition: bool,
}

/// What every piece of a range of a file is, in order, without overlaps.
#[must_use]
pub fn colours(snapshot: &Snapshot, file: FileId, range: Span) -> Vec<Coloured> {
    let Some(parse) = snapshot.parse(file) else { return Vec::new() };
    let source = snapshot.text(file);
    let mut found: Vec<Coloured> = Vec::new();
    let wanted = |span: Span| span.start < range.end && range.start < span.end;
    let mut put = |span: Span, colour| {
        if wanted(span) {
            found.push(Coloured { span, colour, definition: false });
        }
    };
    for comment in &parse.comments {
        put(comment.span, Colour::Comment);
    }
    walk(&parse.tree, &mut |event| {
        let Event::Enter(node) = event else { return };
        match node {
            Node::Text(text) => put(text.span, Colour::Text),
            Node::Zone(zone) => put(zone.span, Colour::Zone),
            Node::Time(time) => put(time.span, Colour::Number),
            Node::Date(date) => put(date.span, Colour::Number),
            Node::Type(ty) => put(Span::new(ty.span.start, ty.span.start.saturating_add(first_word(ty.span.text(source)))), Colour::Type),
            Node::Expr(expr) => match &expr.kind {
                ExprKind::Number(..) | ExprKind::Duration(_) | ExprKind::Percent(_) => put(expr.span, Colour::Number),
                ExprKind::Phone(_) | ExprKind::Pattern(_) => put(expr.span, Colour::Phone),
                ExprKind::From | ExprKind::To => put(expr.span, Colour::Builtin),
                ExprKind::Flag(_) | ExprKind::Anonymous | ExprKind::Missing => put(expr.span, Colour::Keyword),
                _ => {}
            },
            Node::Template(template) => {
                // The values inside are coloured for themselves.
                let mut at = template.span.start;
                for part in &template.parts {
                    if let TemplatePart::Value(value) = part {
                        put(Span::new(at, value.span.start), Colour::Text);
                        at = value.span.end;
                    }
                }
                put(Span::new(at, template.span.end), Colour::Text);
            }
            Node::Name(name) => put(name.span, Colour::Word),
            _ => {}
        }
    });
    let names = &snapshot.analysis().names;
    let kind_of = |place: Place| names.definition(place).map(|definition| definition.kind);
    for reference in names.references.iter().filter(|reference| reference.place.file == file && wanted(reference.place.span)) {
        if let Some(kind) = kind_of(reference.definition) {
            found.push(Coloured { span: reference.place.span, colour: Colour::Name(kind), definition: false });
        }
    }
    let here = |definition: &&Definition| definition.place.file == file && wanted(definition.place.span);
    for definition in names.definitions.iter().filter(here).filter(|definition| definition.kind != NameKind::Contact) {
        found.push(Coloured { span: definition.place.span, colour: Colour::Name(definition.kind), definition: true });
    }
    for token in lex::tokens(source) {
        let text = token.text(source);
        match token.kind {
            Tok::Word if wanted(token.span) && is_part_of_keyword(text) => {
                found.push(Coloured { span: token.span, colour: Colour::Keyword, definition: false })
            }
            _ => {}
        }
    }
    settle(found)
}

fn first_word(text: &str) -> u32 {
    let length = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Is it a word of the language, or one of the words of one (`at least`), or a range of such (`mon-fri`)?
fn is_part_of_keyword(text: &str) -> bool {
    // Every word of a script is looked up, so they are taken apart once.
    static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| words::keywords().flat_map(|(word, _)| word.split(' ')).collect());
    let known = |text: &str| match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => WORDS.contains(text.to_ascii_lowercase().as_str()),
        false => WORDS.contains(text),
    };
    known(text) || text.split_once('-').is_some_and(|(from, to)| known(from) && known(to))
}

/// Of pieces that overlap, the one that says more stays: a name before a bare word before a keyword.
fn settle(mut found: Vec<Coloured>) -> Vec<Coloured> {
    let rank = |colour: Colour| match colour {
        Colour::Comment => 0,
        Colour::Name(_) => 1,
        Colour::Word => 3,
        Colour::Keyword => 4,
        _ => 2,
    };
    found.retain(|piece| !piece.span.is_empty());
    found.sort_by_key(|piece| (piece.span.start, rank(piece.colour), std::cmp::Reverse(piece.definition)));
    let mut end = 0;
    found.retain(|piece| {
        let free = piece.span.start >= end;
        if free {
            end = piece.span.end;
        }
        free
    });
    found
}
