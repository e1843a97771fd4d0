//! Items, blocks, arms and `else`: how steps and definitions are put together.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::{Builder, Node, Rule, inside};
use crate::limits::MAX_NESTING;
use crate::tree::{Arm, Arms, Block, Body, Cond, CondKind, Def, DefKind, Else, Expr, ExprKind, Inside, Item, Step, StepKind};

/// What is said of a comma in the wrong place.
pub(super) const COMMA: &str = "a comma does not separate steps, arms or entries";

/// What a block holds, in order.
#[expect(clippy::large_enum_variant, reason = "it lives only until the block is built")]
enum Entry {
    Step(Step),
    Arm(Arm),
    /// Something that was reported.
    Error(Span),
}

/// What a block is wanted to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Heads {
    /// The keys of a menu: `x` is any digit.
    Keys,
    /// Values, outcomes, percents.
    Values,
}

impl Builder<'_> {
    /// What stands at the top of the file; nothing for a sign that only separates.
    pub(super) fn item(&mut self, node: Node<'_>) -> Option<Item> {
        let span = self.span(&node);
        Some(match node.as_rule() {
            Rule::EOI | Rule::stray => return None,
            Rule::comma => {
                self.comma(span);
                return None;
            }
            Rule::step => Item::Step(self.step(node)),
            Rule::arm | Rule::bad_arm => self.top_arm(node),
            Rule::loose_else => Item::Step(self.loose_else(&node)),
            Rule::bare_block => Item::Step(self.bare_block(node)),
            Rule::dialplan => {
                self.dialplan(span);
                Item::Error(span)
            }
            Rule::junk_item => Item::Step(self.junk_item(node)),
            _ => Item::Def(self.definition(node)),
        })
    }

    /// An arm, or a definition that does not say what it defines, outside of any block.
    fn top_arm(&mut self, node: Node<'_>) -> Item {
        let span = self.span(&node);
        let arrow = node.clone().into_inner().find(|n| n.as_rule() == Rule::bad_arrow).filter(|n| n.as_str().ends_with('='));
        let arm = self.quietly(|b| b.arm(node, Heads::Values, false));
        let head = arm.heads.first().map_or(span, |h| h.span);
        match (arrow, arm.heads.as_slice()) {
            (Some(_), [Expr { kind: ExprKind::Name(name), .. }]) => {
                let name = name.text.clone();
                self.error(
                    Code::UnknownStep,
                    head,
                    format!("what `{name}` is to be is not said"),
                    format!("a definition begins with its kind: `group {name} = …`, `schedule {name} = …`, `list {name} = …`"),
                );
            }
            _ => self.error(
                Code::MisplacedArm,
                head,
                "an arm stands only in the block of a step",
                "arms belong to `menu`, `switch` and the like: `menu < 1 => group sales >`",
            ),
        }
        Item::Error(span)
    }

    fn dialplan(&mut self, span: Span) {
        self.error(
            Code::ForeignWord,
            span,
            "a line of an Asterisk dialplan is no step",
            "the number that was called is looked at with `switch to < 100 => dial sip:100@example.com for 20s >`",
        );
    }

    fn comma(&mut self, span: Span) {
        let before = self.source.get(..span.start as usize).unwrap_or("").trim_end();
        let after = self.source.get(span.end as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
        // `dial +14155550123, 20`: arguments have no commas, and options have their words.
        let mut line_start = before.len().saturating_sub(200);
        while !before.is_char_boundary(line_start) {
            line_start = line_start.saturating_add(1);
        }
        let line = before.get(line_start..).unwrap_or("").rsplit(['\n', ';', '<', '{', '>']).next().unwrap_or("").trim_start();
        let head = line.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("");
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let seconds = after.get(..digits).unwrap_or("");
        let ends = after.get(digits..).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "*#.-=".contains(c)));
        let word = after.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next().unwrap_or("");
        if head.eq_ignore_ascii_case("extern") {
            return self.error(
                Code::CommaSeparator,
                span,
                "each external name is declared by itself",
                format!("write `extern group {}` on a line of its own", if word.is_empty() { "support" } else { word }),
            );
        }
        if after.starts_with(['"', '+']) && line.contains('=') && !line.contains("=>") && ["agent", "group", "queue"].contains(&head) {
            let name = line.split_whitespace().nth(1).unwrap_or("ana").trim_end_matches('=');
            return self.error(
                Code::CommaSeparator,
                span,
                "several numbers stand in a block, with `;` between them",
                format!("write `{head} {} = ring all < +14155550123; +14155550124 >`", crate::scan::shorten(name)),
            );
        }
        if ["dial", "group", "agent", "queue"].iter().any(|word| head.eq_ignore_ascii_case(word)) && (1..=3).contains(&digits) && ends {
            let arrow = after.get(digits..).unwrap_or("").trim_start().starts_with(['=', ',']);
            if !arrow {
                let whole = Span::new(
                    span.start,
                    span.end.saturating_add(
                        u32::try_from(
                            self.source.get(span.end as usize..).unwrap_or("").len().saturating_sub(after.len()).saturating_add(digits),
                        )
                        .unwrap_or(0),
                    ),
                );
                let fixed = format!(" for {seconds}s");
                let d = self
                    .diagnostic(Code::CommaSeparator, span, "the options of a step have words, and no commas")
                    .help(format!("how long it rings is written `for {seconds}s`"))
                    .fix(Applicability::Maybe, format!("write `for {seconds}s`"), whole, fixed);
                return self.report(d);
            }
        }
        let after_else = before.len().checked_sub(4).and_then(|at| before.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("else"));
        // Where no step, number or address begins, the comma may be one too many, or what follows belongs to what stands before it.
        let begins = !word.is_empty() && crate::words::STEPS.iter().any(|step| step.eq_ignore_ascii_case(word))
            || after.starts_with(['+', '\n', '\r']);
        let applicability = if begins && !after_else { Applicability::Safe } else { Applicability::Maybe };
        self.fixed(Code::CommaSeparator, span, COMMA, applicability, ";");
    }

    /// A comma between the entries of a block of any kind.
    pub(super) fn comma_in_block(&mut self, node: &Node<'_>) {
        let span = self.span(node);
        self.comma(span);
    }

    // ------------------------------------------------------------------------------------------------ blocks

    fn entries(&mut self, node: Node<'_>, heads: Heads) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut children = node.into_inner().peekable();
        while let Some(child) = children.next() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::step => entries.push(Entry::Step(self.step(child))),
                Rule::arm | Rule::bad_arm => {
                    // What follows an arrow and begins no step is what the author meant as the arm's step.
                    let meant = if lacks_body(&child) { children.next_if(|n| n.as_rule() == Rule::junk_item) } else { None };
                    match meant {
                        Some(junk) => {
                            let mut arm = self.arm(child, heads, false);
                            let step = self.junk_item(junk);
                            arm.span = arm.span.to(step.span);
                            arm.body = Body::Step(Box::new(step));
                            entries.push(Entry::Arm(arm));
                        }
                        None => entries.push(Entry::Arm(self.arm(child, heads, true))),
                    }
                }
                Rule::comma => self.comma(span),
                Rule::dialplan => {
                    self.dialplan(span);
                    entries.push(Entry::Error(span));
                }
                Rule::loose_else => entries.push(Entry::Step(self.loose_else(&child))),
                Rule::bare_block => entries.push(Entry::Step(self.bare_block(child))),
                Rule::junk_item => {
                    let step = self.junk_item(child);
                    entries.push(Entry::Error(step.span));
                    if let StepKind::When { .. } = step.kind {
                        entries.push(Entry::Step(step));
                    }
                }
                _ => {
                    let def = self.definition(child);
                    self.error(
                        Code::MisplacedDefinition,
                        def.head,
                        "a definition stands at the top of the file, not inside a block",
                        "move it out of the block",
                    );
                    entries.push(Entry::Error(span));
                }
            }
        }
        entries
    }

    /// A block of steps.
    pub(super) fn steps_block(&mut self, node: Node<'_>) -> Block {
        let (span, bracket) = (self.span(&node), self.bracket(&node));
        let entries = self.entries(node, Heads::Values);
        let clean = !entries.iter().any(|e| matches!(e, Entry::Error(_)));
        let mut steps = Vec::new();
        let mut told = !clean;
        for entry in entries {
            match entry {
                Entry::Step(step) => steps.push(step),
                Entry::Error(span) => steps.push(error_step(span)),
                Entry::Arm(arm) => {
                    let head = arm.heads.first().map_or(arm.span, |h| h.span);
                    if !std::mem::replace(&mut told, true) {
                        self.error(
                            Code::MisplacedArm,
                            head,
                            "an arm has no place among steps",
                            "steps stand here: write `menu < … >`, `switch … < … >` or `when … < … >` around arms",
                        );
                    }
                    steps.push(error_step(arm.span));
                }
            }
        }
        Block { steps, span, bracket }
    }

    /// A block of arms.
    pub(super) fn arms_block(&mut self, node: Node<'_>, heads: Heads, what: &str) -> Arms {
        let (span, bracket) = (self.span(&node), self.bracket(&node));
        let entries = self.entries(node, heads);
        self.only_arms(entries, span, bracket, what)
    }

    fn only_arms(&mut self, entries: Vec<Entry>, span: Span, bracket: crate::tree::Bracket, what: &str) -> Arms {
        let mut told = entries.iter().any(|e| matches!(e, Entry::Error(_)));
        let mut arms: Vec<Arm> = Vec::new();
        let mut after_arm = None;
        for entry in entries {
            match entry {
                Entry::Arm(arm) => {
                    after_arm = Some(arm.body.clone());
                    arms.push(arm);
                }
                Entry::Error(_) => after_arm = None,
                Entry::Step(step) => {
                    if matches!(step.kind, StepKind::Error) || std::mem::replace(&mut told, true) {
                        continue;
                    }
                    if let Some(Body::Step(first)) = &after_arm {
                        let whole = first.span.to(step.span);
                        let text = format!("< {}; {} >", self.text(first.span), self.text(step.span));
                        let d = self
                            .diagnostic(Code::BareStep, step.head, "an arm takes one step")
                            .label(self.place(first.span), "the arm ends with this step")
                            .help("put several steps into a block: `=> < say \"…\"; hangup >`")
                            .fix(Applicability::Maybe, "put both into a block", whole, text);
                        self.report(d);
                    } else {
                        self.error(Code::ArmExpected, step.head, format!("{what} holds arms, not steps"), "write `HEAD => STEP`");
                    }
                }
            }
        }
        Arms { arms, span, bracket }
    }

    /// A block of steps or of arms, told by its first entry.
    pub(super) fn inside_block(&mut self, node: Node<'_>, heads: Heads, what: &str) -> Inside {
        let (span, bracket) = (self.span(&node), self.bracket(&node));
        let first_is_arm = node
            .clone()
            .into_inner()
            .find(|n| !matches!(n.as_rule(), Rule::comma | Rule::junk_item))
            .is_some_and(|n| matches!(n.as_rule(), Rule::arm | Rule::bad_arm));
        let entries = self.entries(node, heads);
        let clean = !entries.iter().any(|e| matches!(e, Entry::Error(_)));
        if first_is_arm {
            return Inside::Arms(self.only_arms(entries, span, bracket, what));
        }
        let mut steps = Vec::new();
        let mut told = !clean;
        for entry in entries {
            match entry {
                Entry::Step(step) => steps.push(step),
                Entry::Error(span) => steps.push(error_step(span)),
                Entry::Arm(arm) => {
                    let head = arm.heads.first().map_or(arm.span, |h| h.span);
                    if !std::mem::replace(&mut told, true) {
                        self.error(
                            Code::MixedBlock,
                            head,
                            "arms and steps are mixed in one block",
                            "write either steps or arms; steps for the good case go into its arm",
                        );
                    }
                    steps.push(error_step(arm.span));
                }
            }
        }
        Inside::Steps(Block { steps, span, bracket })
    }

    /// A block that must be there.
    pub(super) fn required_block<'i>(
        &mut self,
        block: Option<Node<'i>>,
        after: Span,
        told: bool,
        message: &str,
        help: &str,
    ) -> Result<Node<'i>, Span> {
        match block {
            Some(node) => Ok(node),
            None if told => Err(Span::at(after.end)),
            None => Err(self.missing(Code::MissingBlock, after, message, help)),
        }
    }

    // ------------------------------------------------------------------------------------------------ arms

    fn arm(&mut self, node: Node<'_>, heads: Heads, in_block: bool) -> Arm {
        let span = self.span(&node);
        let is_bad = node.as_rule() == Rule::bad_arm;
        let mut list = Vec::new();
        let mut capture = None;
        let mut body = None;
        let mut arrow = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::head_word if in_block => self.head_word_before(&child),
                Rule::head | Rule::key_head => {
                    let own = self.span(&child);
                    if let Some(head) = inside(&child).filter(|_| !self.torn.is_some_and(|torn| torn.contains(own))) {
                        list.push(self.head(&head, heads));
                    }
                }
                Rule::capture => capture = child.into_inner().find(|n| n.as_rule() == Rule::name).map(|n| self.word(&n)),
                Rule::bad_arrow => arrow = Some(self.span(&child)),
                Rule::block => body = Some(Body::Block(self.steps_block(child))),
                Rule::step => body = Some(Body::Step(Box::new(self.step(child)))),
                _ => {}
            }
        }
        let head_end = capture.as_ref().map_or_else(|| list.last().map_or(span.start, |h| h.span.end), |c| c.span.end);
        if is_bad && in_block {
            match arrow {
                Some(arrow) => self.fixed(
                    Code::WrongArrow,
                    arrow,
                    format!("an arm is written with `=>`, not `{}`", self.text(arrow)),
                    Applicability::Safe,
                    "=>",
                ),
                None => {
                    let at = Span::at(head_end);
                    let d = self
                        .diagnostic(Code::WrongArrow, at, "`=>` is missing between the head of an arm and its step")
                        .help("write `1 => group sales`")
                        .fix(Applicability::Safe, "insert `=>`", at, " =>");
                    self.report(d);
                }
            }
        }
        let body = body.unwrap_or_else(|| {
            let at = Span::at(span.end);
            if !is_bad && in_block {
                self.error(
                    Code::MissingBlock,
                    at,
                    "a step is missing after `=>`",
                    "write a step, or several in a block: `=> < say \"…\"; hangup >`",
                );
            }
            Body::Missing(at)
        });
        Arm { heads: list, capture, body, span }
    }

    /// `press 1 => …`, `case gold => …`
    fn head_word_before(&mut self, node: &Node<'_>) {
        let span = self.span(node);
        let rest = self.source.get(span.end as usize..).unwrap_or("");
        let gap = u32::try_from(rest.len().saturating_sub(rest.trim_start_matches(' ').len())).unwrap_or(0);
        let word = node.as_str();
        let example = if word.eq_ignore_ascii_case("case") { "gold => group sales" } else { "1 => group sales" };
        let d = self
            .diagnostic(Code::ForeignWord, span, format!("an arm begins with its head, without `{word}`"))
            .help(format!("write `{example}`"))
            .fix(Applicability::Safe, format!("remove `{word}`"), Span::new(span.start, span.end.saturating_add(gap)), "");
        self.report(d);
    }

    fn head(&mut self, node: &Node<'_>, heads: Heads) -> Expr {
        let span = self.span(node);
        let text = node.as_str();
        if node.as_rule() == Rule::bad_outcome {
            let fixed = text.to_ascii_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
            self.fixed(Code::UnknownWord, span, format!("`{text}` is one word here"), Applicability::Safe, fixed.clone());
            return Expr { kind: ExprKind::Name(crate::tree::Name { text: fixed, span, quoted: false }), span };
        }
        if node.as_rule() == Rule::any_word {
            if ["else", "default", "_"].iter().any(|w| text.eq_ignore_ascii_case(w)) {
                self.error(
                    Code::ElseArm,
                    span,
                    format!("there is no `{text}` arm"),
                    "what runs when no arm matched stands after the block: `… > else hangup`",
                );
                return Expr { kind: ExprKind::Error, span };
            }
            if text.eq_ignore_ascii_case("not") {
                self.error(
                    Code::UnknownWord,
                    span,
                    "`not` is no value",
                    "list the values that match, and put what holds otherwise after the block: `… > else hangup`",
                );
                return Expr { kind: ExprKind::Error, span };
            }
            let kind = match () {
                () if text.eq_ignore_ascii_case("missing") => ExprKind::Missing,
                () if text.eq_ignore_ascii_case("anonymous") => ExprKind::Anonymous,
                () if text.eq_ignore_ascii_case("true") => ExprKind::Flag(true),
                () if text.eq_ignore_ascii_case("false") => ExprKind::Flag(false),
                () => ExprKind::Name(self.word(node)),
            };
            return Expr { kind, span };
        }
        if node.as_rule() == Rule::keys {
            if text.bytes().all(|b| b.is_ascii_digit()) {
                return Expr { kind: ExprKind::Number(text.to_owned(), text.parse().unwrap_or(0.0)), span };
            }
            // `x` alone may be a value's name; among a menu's keys it is any digit.
            let like_a_name = text.starts_with('x') && text.bytes().all(|b| b == b'x' || b.is_ascii_digit());
            if heads == Heads::Values && like_a_name {
                return Expr { kind: ExprKind::Name(self.word(node)), span };
            }
            if heads == Heads::Values && text.starts_with('*') && text.len() > 1 && text.bytes().skip(1).all(|b| b.is_ascii_digit()) {
                return Expr { kind: ExprKind::Phone(text.to_owned()), span };
            }
            return Expr { kind: self.with_classes(text, span), span };
        }
        self.atom(node, super::values::Braces::Plain)
    }

    // ------------------------------------------------------------------------------------------------ else

    /// A step with the `else` parts behind it, folded to the right.
    pub(super) fn step(&mut self, node: Node<'_>) -> Step {
        let span = self.span(&node);
        let mut parts = node.into_inner();
        let Some(first) = parts.next() else { return error_step(span) };
        let mut chain = vec![(span, Body::Step(Box::new(self.base(first))))];
        for part in parts {
            let mut keyword = self.span(&part);
            let mut body = None;
            for child in part.into_inner() {
                match child.as_rule() {
                    Rule::kw_else => keyword = self.span(&child),
                    Rule::block => body = Some(Body::Block(self.steps_block(child))),
                    _ => body = Some(Body::Step(Box::new(self.base(child)))),
                }
            }
            let before = chain.last().map(|(word, body)| (*word, body));
            let allowed = match before {
                Some((_, Body::Step(step))) => self.carries(&step.kind, step.head, keyword),
                Some((word, Body::Block(_))) => {
                    let d = self
                        .diagnostic(Code::MisplacedElse, keyword, "this step already has an `else`")
                        .label(self.place(word), "its first `else`")
                        .help("an `else` takes one step or block; chain steps that can fail: `group a else group b else hangup`");
                    self.report(d);
                    false
                }
                _ => false,
            };
            if !allowed {
                break;
            }
            let body = body.unwrap_or_else(|| {
                Body::Missing(self.missing(
                    Code::MissingBlock,
                    keyword,
                    "a step is missing after `else`",
                    "write a step, or several in a block: `else < say \"…\"; hangup >`",
                ))
            });
            if chain.len() >= MAX_NESTING {
                self.error(
                    Code::TooDeep,
                    keyword,
                    format!("more than {MAX_NESTING} steps are chained with `else`"),
                    "write them one after another: the next runs where the one before did not settle",
                );
                break;
            }
            chain.push((keyword, body));
        }
        let mut otherwise: Option<Else> = None;
        while let Some((keyword, mut body)) = chain.pop() {
            if let (Some(next), Body::Step(step)) = (otherwise.take(), &mut body) {
                step.span = step.span.to(next.keyword).to(body_span(&next.body));
                step.otherwise = Some(next);
            }
            match body {
                Body::Step(step) if chain.is_empty() => return *step,
                body => otherwise = Some(Else { keyword, body }),
            }
        }
        error_step(span)
    }

    fn carries(&mut self, kind: &StepKind, head: Span, keyword: Span) -> bool {
        let word = match kind {
            StepKind::When { .. }
            | StepKind::Switch { .. }
            | StepKind::Menu(_)
            | StepKind::Collect(_)
            | StepKind::Dial(_)
            | StepKind::Lookup(_)
            | StepKind::Voicemail(_)
            | StepKind::Action(_)
            | StepKind::Error => return true,
            _ => self.text(head).to_ascii_lowercase(),
        };
        self.error(
            Code::MisplacedElse,
            keyword,
            format!("`{word}` cannot fail, so it carries no `else`"),
            "`else` belongs to the nearest of: when, switch, menu, collect, a dial step, lookup, voicemail, an action",
        );
        false
    }

    fn loose_else(&mut self, node: &Node<'_>) -> Step {
        let span = self.span(node);
        let mut head = span;
        for child in node.clone().into_inner() {
            match child.as_rule() {
                Rule::kw_else => head = self.span(&child),
                Rule::block => drop(self.steps_block(child)),
                Rule::step => drop(self.step(child)),
                _ => {}
            }
        }
        self.error(
            Code::MisplacedElse,
            head,
            "this `else` belongs to no step",
            "`else` stands directly behind a step that can fail, without `;`: `group sales else hangup`",
        );
        error_step(span)
    }

    fn bare_block(&mut self, node: Node<'_>) -> Step {
        let span = self.span(&node);
        let opener = self.sign_at(span.start);
        self.error(
            Code::BareBlock,
            opener,
            "a block without a head is no step",
            "blocks follow a head such as `when … `, an arm's `=>` or `else`",
        );
        let body = inside(&node).map_or(Body::Missing(Span::at(span.end)), |block| self.quietly(|b| Body::Block(b.steps_block(block))));
        Step {
            kind: StepKind::When { cond: Cond { kind: CondKind::Error, span: Span::at(span.start) }, body },
            otherwise: None,
            span,
            head: opener,
        }
    }

    /// Text that begins nothing. A block behind it is kept if it reads well, so that what it holds stays known.
    fn junk_item(&mut self, node: Node<'_>) -> Step {
        let span = self.span(&node);
        let mut head = span;
        let mut body = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::junk => {
                    head = self.span(&child);
                    self.unreadable(head, Where::Item);
                }
                Rule::block => {
                    let arms = child.clone().into_inner().any(|n| !matches!(n.as_rule(), Rule::step));
                    let block = self.quietly(|b| b.steps_block(child));
                    if !arms {
                        body = Some(block);
                    }
                }
                _ => self.quietly(|b| {
                    for part in child.into_inner() {
                        match part.as_rule() {
                            Rule::kw_else => {}
                            Rule::block => drop(b.steps_block(part)),
                            _ => drop(b.base(part)),
                        }
                    }
                }),
            }
        }
        match body {
            Some(block) => Step {
                kind: StepKind::When { cond: Cond { kind: CondKind::Error, span: head }, body: Body::Block(block) },
                otherwise: None,
                span,
                head,
            },
            None => Step { kind: StepKind::Error, otherwise: None, span, head },
        }
    }

    /// Builds something without reporting what is wrong in it.
    pub(super) fn quietly<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.quiet, true);
        let built = build(self);
        self.quiet = before;
        built
    }

    pub(super) fn body(&mut self, node: Option<Node<'_>>, after: Span, what: &str) -> Body {
        match node {
            Some(node) if node.as_rule() == Rule::block => Body::Block(self.steps_block(node)),
            Some(node) => Body::Step(Box::new(self.step(node))),
            None => {
                let at = self.missing(
                    Code::MissingBlock,
                    after,
                    format!("a step is missing after `{what}`"),
                    "write the step that it stands for",
                );
                Body::Missing(at)
            }
        }
    }

    pub(super) fn error_def(&self, node: &Node<'_>) -> Def {
        let span = self.span(node);
        Def { kind: DefKind::Error, doc: None, span, head: span }
    }
}

/// Whether an arm ends with its arrow.
fn lacks_body(arm: &Node<'_>) -> bool {
    arm.as_rule() == Rule::arm && !arm.clone().into_inner().any(|n| matches!(n.as_rule(), Rule::block | Rule::step))
}

pub(super) fn error_step(span: Span) -> Step {
    Step { kind: StepKind::Error, otherwise: None, span, head: span }
}

fn body_span(body: &Body) -> Span {
    match body {
        Body::Step(step) => step.span,
        Body::Block(block) => block.span,
        Body::Missing(span) => *span,
    }
}
