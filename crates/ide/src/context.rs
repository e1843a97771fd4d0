//! What may stand at a caret: which block it is in, what has been said of the step so far, which local names exist there.
//!
//! It reads the tokens in front of the caret, not the tree: people ask for completions in the very places where the tree has holes.

use callroute_diagnostics::Span;
use callroute_syntax::words;

use crate::lex::{Kind, Token, tokens};

/// What stands in a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inside {
    /// Steps.
    Steps,
    /// The choices of a menu.
    Menu,
    /// What runs when digits were collected: steps or arms.
    Collect,
    /// Outcomes of a dial step.
    Dial,
    /// Outcomes of a queue, and keys.
    Queue,
    /// Outcomes of a look-up, or steps.
    Lookup,
    /// Values.
    Switch,
    /// Shares.
    Split,
    /// `full`, `failed`.
    Voicemail,
    /// Members of a group, an agent or a queue.
    Members,
    /// Numbers of a list.
    List,
    /// Days.
    Dates,
    /// Lines of a schedule.
    Schedule,
    /// Texts by language.
    Prompt,
    /// Fields with their types.
    Fields,
    /// Rows of a table.
    Rows,
    /// A row in a test.
    GivenRow,
    /// Lines of a test.
    Test,
    /// Something that nothing is known of.
    Unknown,
}

impl Inside {
    /// Do arms stand there (`HEAD => STEP`)?
    pub const fn has_arms(self) -> bool {
        matches!(self, Self::Menu | Self::Collect | Self::Dial | Self::Queue | Self::Lookup | Self::Switch | Self::Split | Self::Voicemail)
    }
}

/// A block that is open at the caret.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub inside: Inside,
    /// The tokens in front of its bracket: `lookup crm(from) as customer`.
    pub head: Vec<Token>,
    /// The head of the arm that was begun last: `1xx as ext`.
    pub arm: Vec<Token>,
}

/// What is known of the place of a caret.
#[derive(Clone, Debug)]
pub(crate) struct Context<'s> {
    pub source: &'s str,
    /// The blocks that are open there, outermost first.
    pub frames: Vec<Frame>,
    /// The statement so far, without the word that is being typed.
    pub line: Vec<Token>,
    /// The word that is being typed, up to the caret; empty if none is.
    pub word: Span,
    /// In a text that has not ended: from its quote on.
    pub text: Option<Span>,
    /// In a comment.
    pub comment: bool,
    /// The statement began behind `=>` or `else`: a step must follow.
    pub step_wanted: bool,
}

/// Words that go on with the statement of the line above.
const GOES_ON: &[&str] = &["as", "with", "over"];

impl<'s> Context<'s> {
    /// The context of a caret at `at`.
    pub fn at(source: &'s str, at: u32) -> Self {
        let mut cut = usize::try_from(at).unwrap_or(usize::MAX).min(source.len());
        while !source.is_char_boundary(cut) {
            cut = cut.saturating_sub(1);
        }
        let before = source.get(..cut).unwrap_or_default();
        let end = u32::try_from(cut).unwrap_or(u32::MAX);
        let mut all = tokens(before);
        let last = all.last().copied();
        let comment = last.is_some_and(|token| token.kind == Kind::Comment && token.span.end == end && !token.text(before).ends_with("*/"));
        let text = last.filter(|token| token.kind == Kind::OpenText).map(|token| token.span);
        let word = last.filter(|token| matches!(token.kind, Kind::Word | Kind::Literal) && token.span.end == end).map(|token| token.span);
        if word.is_some() {
            all.pop();
        }
        let mut context = Self {
            source: before,
            frames: Vec::new(),
            line: Vec::new(),
            word: word.unwrap_or(Span::at(end)),
            text,
            comment,
            step_wanted: false,
        };
        context.read(&all);
        context
    }

    /// The innermost block; none at the top of the file.
    pub fn inside(&self) -> Option<Inside> {
        self.frames.last().map(|frame| frame.inside)
    }

    /// The words of the statement so far, in small letters.
    pub fn words(&self) -> Vec<String> {
        self.line.iter().filter(|token| token.kind == Kind::Word).map(|token| token.text(self.source).to_ascii_lowercase()).collect()
    }

    /// The call whose parentheses are open at the caret: the word in front of them, and how many commas stand behind it.
    pub fn call(&self) -> Option<(Option<Token>, usize)> {
        let mut open: Vec<(Option<Token>, usize)> = Vec::new();
        let mut before = None;
        for token in &self.line {
            match token.kind {
                Kind::LeftParen => open.push((before, 0)),
                Kind::RightParen => drop(open.pop()),
                Kind::Comma => {
                    if let Some((_, commas)) = open.last_mut() {
                        *commas = commas.saturating_add(1);
                    }
                }
                _ => {}
            }
            before = Some(*token).filter(|token| token.kind == Kind::Word);
        }
        open.pop()
    }

    fn read(&mut self, all: &[Token]) {
        // The block that has ended just now: `ring all < … > < busy => … >`, `key prefix < … > < … >`.
        let mut closed: Option<Frame> = None;
        let mut previous: Vec<Token> = Vec::new();
        for (index, token) in all.iter().enumerate() {
            match token.kind {
                Kind::Comment => {}
                Kind::Open => {
                    let head = if self.line.is_empty() && !self.step_wanted {
                        std::mem::take(&mut previous)
                    } else {
                        std::mem::take(&mut self.line)
                    };
                    let inside = self.classify(&head, closed.as_ref());
                    let head = match (&closed, head.is_empty()) {
                        (Some(closed), true) => closed.head.clone(),
                        _ => head,
                    };
                    self.frames.push(Frame { inside, head, arm: Vec::new() });
                    self.step_wanted = false;
                    closed = None;
                }
                Kind::Close => {
                    closed = self.frames.pop();
                    self.line.clear();
                    previous.clear();
                    self.step_wanted = false;
                }
                Kind::Semicolon => {
                    self.line.clear();
                    previous.clear();
                    closed = None;
                    self.step_wanted = false;
                }
                Kind::Arrow => {
                    let arm = std::mem::take(&mut self.line);
                    if let Some(frame) = self.frames.last_mut() {
                        frame.arm = arm;
                    }
                    self.step_wanted = true;
                }
                Kind::Line => {
                    if !self.line.is_empty() && self.ends_here(all.get(index..).unwrap_or_default()) {
                        previous = std::mem::take(&mut self.line);
                        self.step_wanted = false;
                        closed = None;
                    }
                }
                Kind::Word if token.is(self.source, "else") => {
                    self.line.clear();
                    self.step_wanted = true;
                    closed = None;
                }
                _ => self.line.push(*token),
            }
        }
    }

    /// Does a statement end at the end of this line? Options go on with it; whatever begins something does not.
    fn ends_here(&self, rest: &[Token]) -> bool {
        let parens = self.line.iter().fold(0i32, |depth, token| match token.kind {
            Kind::LeftParen => depth.saturating_add(1),
            Kind::RightParen => depth.saturating_sub(1),
            _ => depth,
        });
        if parens > 0 {
            return false;
        }
        let Some(next) = rest.iter().find(|token| !matches!(token.kind, Kind::Line | Kind::Comment)) else { return true };
        if matches!(next.kind, Kind::Open | Kind::Close | Kind::Arrow) {
            return next.kind != Kind::Open;
        }
        let goes_on = |word: &str| words::OPTIONS.contains(&word) || GOES_ON.contains(&word);
        !(next.kind == Kind::Word && goes_on(&next.text(self.source).to_ascii_lowercase()) && !self.is_reserved_here(next))
    }

    /// `header`, `music` and the like begin nothing, so they go on; but a line of a test may begin with `from`, `wait`.
    fn is_reserved_here(&self, token: &Token) -> bool {
        self.inside() == Some(Inside::Test) || words::is_reserved(token.text(self.source))
    }

    /// What stands in a block with this head.
    fn classify(&self, head: &[Token], closed: Option<&Frame>) -> Inside {
        let first = head.iter().find(|token| token.kind == Kind::Word);
        let Some(first) = first else {
            return match closed.map(|frame| (frame.inside, frame.head.first().map(|token| token.text(self.source).to_ascii_lowercase()))) {
                Some((Inside::Members, Some(word))) if word == "ring" => Inside::Dial,
                Some((Inside::Fields, Some(word))) if word == "table" => Inside::Rows,
                _ if self.step_wanted => Inside::Steps,
                _ => Inside::Unknown,
            };
        };
        let defines = head.iter().any(|token| token.kind == Kind::Equals);
        let has = |word: &str| head.iter().any(|token| token.is(self.source, word));
        match (first.text(self.source).to_ascii_lowercase().as_str(), defines) {
            ("agent" | "group" | "queue", true) => Inside::Members,
            ("given", true) => Inside::GivenRow,
            ("list", _) => Inside::List,
            ("dates", _) => Inside::Dates,
            ("schedule", _) => Inside::Schedule,
            ("prompt", _) => Inside::Prompt,
            ("table" | "source", _) => Inside::Fields,
            ("flow" | "fallback" | "when", _) => Inside::Steps,
            ("test", _) if has("for") => Inside::Unknown,
            ("test", _) => Inside::Test,
            ("menu", _) => Inside::Menu,
            ("collect", _) => Inside::Collect,
            ("switch", _) => Inside::Switch,
            ("split", _) => Inside::Split,
            ("lookup", _) => Inside::Lookup,
            ("group" | "agent" | "dial", _) => Inside::Dial,
            ("queue", _) => Inside::Queue,
            ("ring", _) => Inside::Members,
            ("voicemail", _) => Inside::Voicemail,
            _ => Inside::Unknown,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(text: &str) -> (Vec<Inside>, Vec<String>, bool) {
        let caret = text.find('|').unwrap();
        let source = text.replacen('|', "", 1);
        let context = Context::at(&source, u32::try_from(caret).unwrap());
        (context.frames.iter().map(|frame| frame.inside).collect(), context.words(), context.step_wanted)
    }

    #[test]
    fn the_place_of_a_caret_is_known_in_broken_text_too() {
        use Inside::{Dial, Members, Menu, Rows, Schedule, Steps, Test};
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (text, frames, line, step) in [
            ("|", vec![], vec![], false),
            ("group |", vec![], vec!["group"], false),
            ("group sales = ring all < agent |", vec![Members], vec!["agent"], false),
            ("when hours(", vec![], vec!["when", "hours"], false),
            ("when hours(office) < menu \"x\" < 1 => |", vec![Steps, Menu], vec![], true),
            ("when hours(office) < menu \"x\" < 1 => group sal|", vec![Steps, Menu], vec!["group"], true),
            ("menu \"x\" <\n  1 => group sales\n  |", vec![Menu], vec![], false),
            ("group sales for 20s < |", vec![Dial], vec![], false),
            ("ring all < +13125550100 > < |", vec![Dial], vec![], false),
            ("ring all < |", vec![Members], vec![], false),
            ("table a = key exact < b: text > < |", vec![Rows], vec![], false),
            ("schedule office = <\n  mon-fri 9-17\n  |", vec![Schedule], vec![], false),
            ("test \"x\" <\n  from +1\n  expect |", vec![Test], vec!["expect"], false),
            ("tag \"a\"\nhangup\nsay |", vec![], vec!["say"], false),
            ("menu welcome\n  tries |", vec![], vec!["menu", "welcome", "tries"], false),
            ("group sales else |", vec![], vec![], true),
            ("when x <\n  hangup\n>\n|", vec![], vec![], false),
        ] {
            let text = if text.contains('|') { text.to_owned() } else { format!("{text}|") };
            assert_eq!(at(&text), (frames, words(&line), step), "{text}");
        }
    }

    #[test]
    fn texts_and_comments_are_no_place_for_words() {
        let open = "say \"Hello gr";
        assert!(Context::at(open, 13).text.is_some());
        assert!(Context::at("// gro", 6).comment);
        assert!(!Context::at("/* a */", 7).comment);
        assert!(Context::at("é\u{301}", 1).word.is_empty());
        assert_eq!(Context::at("x", u32::MAX).word, Span::new(0, 1));
    }
}
