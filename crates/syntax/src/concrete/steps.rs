//! Steps other than those that ring somebody.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::items::{Heads, error_step};
use super::values::{Braces, Want};
use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{
    Arms, Body, Call, Collect, Cond, CondKind, Expr, ExprKind, GatherOption, GatherOptionKind, Inside, Lookup, Menu, Prompt, Reject,
    RejectReason, SetField, Step, StepKind, Voicemail, VoicemailOption, VoicemailOptionKind,
};

impl<'s> Builder<'s> {
    /// A step without what follows `else`.
    pub(super) fn base(&mut self, node: Node<'_>) -> Step {
        let span = self.span(&node);
        let head = match inside(&node) {
            Some(first) => self.span(&first),
            None => span,
        };
        let kind = match node.as_rule() {
            Rule::when => self.when(node),
            Rule::switch => self.switch(node),
            Rule::menu => self.menu(node),
            Rule::collect => self.collect(node),
            Rule::repeat_step => StepKind::Repeat,
            Rule::retry_step => StepKind::Retry,
            Rule::hangup => {
                if let Some(parens) = part(&node, Rule::no_args) {
                    let here = self.span(&parens);
                    let d = self.diagnostic(Code::UnexpectedText, here, "`hangup` takes no parentheses").help("write `hangup`").fix(
                        Applicability::Safe,
                        "remove them",
                        here,
                        "",
                    );
                    self.report(d);
                }
                StepKind::Hangup
            }
            Rule::group_step | Rule::agent_step | Rule::queue_step | Rule::dial_step | Rule::ring_step => self.dial(node),
            Rule::lookup => self.lookup(node),
            Rule::split => self.split(node),
            Rule::say => StepKind::Say(self.prompt(part(&node, Rule::prompt_value), head, "say")),
            Rule::play => StepKind::Play(self.prompt(part(&node, Rule::play_value), head, "play")),
            Rule::voicemail => self.voicemail(node),
            Rule::reject => self.reject(node),
            Rule::redirect => self.redirect(&node),
            Rule::go_step => StepKind::Go(self.flow_call(&node, head, "go")),
            Rule::do_step => StepKind::Do(self.flow_call(&node, head, "do")),
            Rule::tag_step => StepKind::Tag(self.text_value(part(&node, Rule::text), head, "tag", Braces::Insert)),
            Rule::set_step => self.set(node),
            Rule::action_step => StepKind::Action(self.call(node)),
            _ => return error_step(span),
        };
        Step { kind, otherwise: None, span, head }
    }

    fn when(&mut self, node: Node<'_>) -> StepKind {
        let mut cond = None;
        let mut block = None;
        let mut told = false;
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::kw_when => {
                    last = span;
                    if !child.as_str().eq_ignore_ascii_case("when") {
                        self.fixed(
                            Code::ForeignWord,
                            span,
                            format!("`{}` is written `when` here", child.as_str()),
                            Applicability::Safe,
                            "when",
                        );
                    }
                }
                Rule::cond => {
                    last = span;
                    cond = Some(self.cond(child));
                }
                Rule::junk => {
                    last = span;
                    told = true;
                    if cond.is_none() {
                        cond = Some(Cond { kind: CondKind::Error, span });
                    }
                    self.unreadable(span, Where::Condition);
                }
                Rule::block => block = Some(child),
                _ => {}
            }
        }
        let cond = cond.unwrap_or_else(|| {
            let at = self.missing(
                Code::MissingCondition,
                last,
                "a condition is missing after `when`",
                "write `when hours(office) < … >` or `when from in vip < … >`",
            );
            told = true;
            Cond { kind: CondKind::Error, span: at }
        });
        told |= cond_is_unfinished(&cond);
        let body = match self.required_block(
            block,
            last,
            told,
            "the block of `when` is missing",
            "put the steps into a block: `when vip < group sales >`",
        ) {
            Ok(block) => Body::Block(self.steps_block(block)),
            Err(at) => Body::Missing(at),
        };
        StepKind::When { cond, body }
    }

    fn switch(&mut self, node: Node<'_>) -> StepKind {
        let mut subject = None;
        let mut block = None;
        let mut told = false;
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::block => {
                    block = Some(child);
                    continue;
                }
                Rule::value => subject = Some(self.value(&child, Braces::Plain)),
                Rule::junk => {
                    self.unreadable(span, Where::Head("switch"));
                    told = true;
                }
                _ => {}
            }
            last = span;
        }
        let subject = subject.unwrap_or_else(|| {
            let at = Span::at(last.end);
            if !told {
                self.missing(
                    Code::MissingValue,
                    last,
                    "what `switch` looks at is missing",
                    "write `switch from < … >`, or an input, a field or a parameter",
                );
                told = true;
            }
            Self::error_expr(at)
        });
        let arms = self.required_arms(block, last, told, "switch", Heads::Values, "`switch tier < gold => group sales >`");
        StepKind::Switch { subject, arms }
    }

    fn required_arms(&mut self, block: Option<Node<'_>>, after: Span, told: bool, what: &str, heads: Heads, example: &str) -> Arms {
        match self.required_block(block, after, told, &format!("the block of `{what}` is missing"), &format!("write its arms: {example}")) {
            Ok(block) => self.arms_block(block, heads, &format!("`{what}`")),
            Err(at) => Arms { arms: Vec::new(), span: at, bracket: crate::tree::Bracket::Angle },
        }
    }

    fn menu(&mut self, node: Node<'_>) -> StepKind {
        let mut options = Vec::new();
        let mut block = None;
        let mut told = false;
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::block => {
                    block = Some(child);
                    continue;
                }
                Rule::kw_menu => {}
                Rule::junk => {
                    self.unreadable(span, Where::Head("menu"));
                    told = true;
                }
                _ => self.gather_option(child, "menu", &mut options),
            }
            last = span;
        }
        let arms = self.required_arms(block, last, told, "menu", Heads::Keys, "`menu < 1 => group sales; 2 => agent support >`");
        let missing = arms.span.is_empty();
        StepKind::Menu(Menu { options, arms: (!missing).then_some(arms) })
    }

    fn collect(&mut self, node: Node<'_>) -> StepKind {
        let mut digits = None;
        let mut word = false;
        let mut options = Vec::new();
        let mut block = None;
        let mut told = false;
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::block => {
                    block = Some(child);
                    continue;
                }
                Rule::kw_collect | Rule::kw_to => {}
                Rule::value => {
                    let value = self.value(&child, Braces::Plain);
                    digits = match digits {
                        None => Some((value, None)),
                        Some((least, _)) => Some((least, Some(value))),
                    };
                }
                Rule::kw_digits => {
                    word = true;
                    if digits.is_none() && !std::mem::replace(&mut told, true) {
                        self.no_digits(false, last);
                    }
                }
                Rule::junk => {
                    let text = self.text(span);
                    if let (false, Some((least, None)), Some(most)) = (word, &digits, text.strip_prefix('-')) {
                        let most: String = most.trim_start().chars().take_while(char::is_ascii_digit).collect();
                        let whole = Span::new(
                            least.span.start,
                            span.start.saturating_add(1).saturating_add(u32::try_from(most.len()).unwrap_or(0)),
                        );
                        let fixed = format!("{} to {most}", self.text(least.span));
                        self.fixed(Code::RangeWord, whole, "a range of digits is written with `to`", Applicability::Safe, fixed);
                    } else {
                        self.unreadable(span, Where::Head("collect"));
                    }
                    told = true;
                }
                _ => {
                    if !word && !told && digits.is_some() {
                        self.missing(Code::MissingWord, last, "the word `digits` is missing", "write `collect 4 digits as pin`");
                        told = true;
                    }
                    self.gather_option(child, "collect", &mut options);
                }
            }
            last = span;
        }
        if !told && !word {
            self.no_digits(digits.is_some(), last);
            told = true;
        }
        if !told && !options.iter().any(|o: &GatherOption| matches!(o.kind, GatherOptionKind::As(_))) {
            self.missing(Code::MissingName, last, "the name of the digits is missing", "write `collect 4 digits as pin < … >`");
            told = true;
        }
        let inside =
            match self.required_block(block, last, told, "the block of `collect` is missing", "write `collect 4 digits as pin < … >`") {
                Ok(block) => self.inside_block(block, Heads::Values, "this block"),
                Err(at) => Inside::Missing(at),
            };
        StepKind::Collect(Collect { digits, options, inside })
    }

    /// Of `collect 4 digits` a part is missing: the word, or how many.
    fn no_digits(&mut self, counted: bool, after: Span) {
        let (code, message) = if counted {
            (Code::MissingWord, "the word `digits` is missing")
        } else {
            (Code::MissingValue, "how many digits to collect is missing")
        };
        self.missing(code, after, message, "write `collect 4 digits as pin < … >`, or `collect 2 to 6 digits` for a range");
    }

    fn gather_option(&mut self, node: Node<'_>, step: &str, options: &mut Vec<GatherOption>) {
        let span = self.span(&node);
        let first = inside(&node);
        let word = first.as_ref().map_or(span, |n| self.span(n));
        let quantity = part(&node, Rule::quantity);
        let kind = match node.as_rule() {
            Rule::opt_wait => GatherOptionKind::Wait(self.quantity(quantity, word, "wait", Want::Duration)),
            Rule::opt_gap => GatherOptionKind::Gap(self.quantity(quantity, word, "gap", Want::Duration)),
            Rule::opt_tries => GatherOptionKind::Tries(self.quantity(quantity, word, "tries", Want::Count)),
            Rule::opt_ending => GatherOptionKind::Ending(self.key(part(&node, Rule::key), word, "ending", "#")),
            Rule::opt_secret => GatherOptionKind::Secret,
            Rule::opt_into => {
                self.fixed(Code::ForeignWord, word, "`into` is written `as`", Applicability::Safe, "as");
                GatherOptionKind::As(part(&node, Rule::name).map(|n| self.word(&n)))
            }
            Rule::opt_as => {
                let name = part(&node, Rule::name).map(|n| self.word(&n));
                if name.is_none() {
                    self.missing(Code::MissingName, word, "a name is missing after `as`", "write `as pin`");
                }
                GatherOptionKind::As(name)
            }
            _ => {
                let prompt = match first.as_ref().map(Node::as_rule) {
                    Some(Rule::kw_say) => self.prompt(part(&node, Rule::prompt_value), word, "say"),
                    Some(Rule::kw_play) => self.prompt(part(&node, Rule::play_value), word, "play"),
                    _ => self.prompt(first, word, "say"),
                };
                options.push(GatherOption { kind: GatherOptionKind::Prompt(prompt), span });
                return;
            }
        };
        if step == "menu" && matches!(kind, GatherOptionKind::Ending(_) | GatherOptionKind::As(_) | GatherOptionKind::Secret) {
            let word = self.text(word).to_owned();
            self.error(
                Code::MisplacedOption,
                span,
                format!("`{word}` is no option of `menu`"),
                "it belongs to `collect`; a menu's key is named in its arm: `1xx as ext => …`",
            );
            return;
        }
        if options.iter().any(|o| std::mem::discriminant(&o.kind) == std::mem::discriminant(&kind)) {
            self.repeated(span, word);
        }
        options.push(GatherOption { kind, span });
    }

    pub(super) fn repeated(&mut self, span: Span, word: Span) {
        let word = self.text(word).to_ascii_lowercase();
        self.error(Code::RepeatedOption, span, format!("`{word}` is given twice"), "keep one of them");
    }

    /// A key of the telephone.
    pub(super) fn key(&mut self, node: Option<Node<'_>>, after: Span, what: &str, example: &str) -> Option<Expr> {
        let Some(inner) = node.as_ref().and_then(inside) else {
            self.missing(Code::MissingValue, after, format!("a key is missing after `{what}`"), format!("write `{what} {example}`"));
            return None;
        };
        let span = self.span(&inner);
        let text = inner.as_str();
        // Whether it is one key is judged by the analysis.
        let kind = match inner.as_rule() {
            Rule::keys if text.bytes().all(|b| b.is_ascii_digit()) => ExprKind::Number(text.to_owned(), text.parse().unwrap_or(0.0)),
            _ => return Some(self.atom(&inner, Braces::Plain)),
        };
        Some(Expr { kind, span })
    }

    pub(super) fn prompt(&mut self, node: Option<Node<'_>>, after: Span, what: &str) -> Prompt {
        let Some(inner) = node.as_ref().and_then(inside) else {
            let (noun, example) =
                if what == "say" { ("a text or the name of a prompt", "say \"Welcome.\"") } else { ("a file", "play \"welcome.wav\"") };
            return Prompt::Missing(self.missing(
                Code::MissingValue,
                after,
                format!("{noun} is missing after `{what}`"),
                format!("write `{example}`"),
            ));
        };
        let span = self.span(&inner);
        match inner.as_rule() {
            Rule::string if what == "play" => Prompt::Play(self.plain(&inner)),
            Rule::string => Prompt::Say(self.template(&inner, Braces::Insert)),
            Rule::paren => Prompt::Value(self.atom(&inner, Braces::Plain)),
            _ if what == "play" => {
                let fixed = format!("\"{}\"", inner.as_str());
                let d = self
                    .diagnostic(Code::UnquotedText, span, "the name of a file stands in quotes")
                    .help(format!("write `play {fixed}`, or `say {}` for a prompt", inner.as_str()))
                    .fix(Applicability::Maybe, format!("write `{fixed}`"), span, fixed);
                self.report(d);
                Prompt::Missing(Span::at(span.start))
            }
            _ => Prompt::Named(self.word(&inner)),
        }
    }

    fn lookup(&mut self, node: Node<'_>) -> StepKind {
        let mut call = Call { name: None, args: Vec::new(), parens: None };
        let (mut row, mut within, mut block) = (None, None, None);
        let (mut as_told, mut told) = (false, false);
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::block => {
                    block = Some(child);
                    continue;
                }
                Rule::call => {
                    call = self.call(child);
                    if call.parens.is_none() {
                        self.missing(
                            Code::MissingParens,
                            span,
                            "a look-up takes its arguments in parentheses",
                            "write `lookup crm(from) as customer < … >`",
                        );
                        told = true;
                    }
                }
                Rule::row_as => {
                    if as_told {
                        self.repeated(span, Span::new(span.start, self.boundary(span.start.saturating_add(2), true)));
                    }
                    as_told = true;
                    row = part(&child, Rule::name).map(|n| self.word(&n));
                    if row.is_none() {
                        self.missing(Code::MissingName, span, "a name is missing after `as`", "write `as customer`");
                        told = true;
                    }
                }
                Rule::row_within => {
                    let word = inside(&child).map_or(span, |n| self.span(&n));
                    if within.is_some() {
                        self.repeated(span, word);
                    }
                    within = self.quantity(part(&child, Rule::quantity), word, "within", Want::Duration);
                }
                Rule::junk => {
                    self.unreadable(span, Where::Head("lookup"));
                    told = true;
                }
                _ => {}
            }
            last = span;
        }
        if !told && call.name.is_none() {
            self.missing(Code::MissingName, last, "the name of a source or table is missing", "write `lookup crm(from) as customer < … >`");
            told = true;
        }
        if !told && !as_told {
            self.missing(Code::MissingName, last, "the name of the row is missing", "write `lookup crm(from) as customer < … >`");
            told = true;
        }
        let inside =
            match self.required_block(block, last, told, "the block of `lookup` is missing", "write `lookup crm(from) as customer < … >`")
            {
                Ok(block) => self.inside_block(block, Heads::Values, "this block"),
                Err(at) => Inside::Missing(at),
            };
        StepKind::Lookup(Lookup { call, row, within, inside })
    }

    fn split(&mut self, node: Node<'_>) -> StepKind {
        let (mut by, mut what, mut by_from, mut label, mut block, mut told) = (None, false, false, None, None, false);
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::block => {
                    block = Some(child);
                    continue;
                }
                Rule::kw_by => by = Some(span),
                Rule::kw_call => what = true,
                Rule::kw_from => {
                    what = true;
                    by_from = true;
                }
                Rule::string => label = Some(self.plain(&child)),
                Rule::junk => {
                    if by.is_some() && what {
                        self.unreadable(span, Where::Head("split"));
                    } else {
                        self.error(
                            Code::MissingWord,
                            span,
                            "what `split` goes by is missing",
                            "write `split by call < 70% => …; 30% => … >`, or `by from`",
                        );
                    }
                    told = true;
                }
                _ => {}
            }
            last = span;
        }
        if !told && !what {
            self.missing(
                Code::MissingWord,
                last,
                "what `split` goes by is missing",
                "write `split by call < 70% => …; 30% => … >`, or `by from`",
            );
            told = true;
        }
        let arms = self.required_arms(block, last, told, "split", Heads::Values, "`split by call < 70% => group a; 30% => group b >`");
        StepKind::Split { by_from, label, arms }
    }

    fn voicemail(&mut self, node: Node<'_>) -> StepKind {
        let mut message = None;
        let mut options: Vec<VoicemailOption> = Vec::new();
        let mut arms = None;
        let head = inside(&node).map_or(Span::default(), |n| self.span(&n));
        let first = part(&node, Rule::text);
        if let Some(text) = first {
            message = self.text_value(Some(text), head, "voicemail", Braces::Plain);
        } else {
            self.missing(
                Code::MissingValue,
                head,
                "the message of `voicemail` is missing",
                "write `voicemail \"office_closed\"`: the greeting to play",
            );
        }
        for child in node.into_inner() {
            let span = self.span(&child);
            let word = inside(&child).map_or(span, |n| self.span(&n));
            let kind = match child.as_rule() {
                Rule::opt_box => {
                    let target = part(&child, Rule::target).and_then(|n| self.target(&n));
                    if part(&child, Rule::target).is_none() {
                        self.missing(
                            Code::MissingName,
                            word,
                            "the mailbox is missing after `box`",
                            "write `box sales`, `box \"8001\"` or `box (customer.box)`",
                        );
                    }
                    VoicemailOptionKind::Box(target)
                }
                Rule::opt_for => VoicemailOptionKind::For(self.quantity(part(&child, Rule::quantity), word, "for", Want::Duration)),
                Rule::junk => {
                    self.unreadable(span, Where::Head("voicemail"));
                    continue;
                }
                Rule::block => {
                    arms = Some(self.arms_block(child, Heads::Values, "the block of `voicemail`"));
                    continue;
                }
                _ => continue,
            };
            if options.iter().any(|o| std::mem::discriminant(&o.kind) == std::mem::discriminant(&kind)) {
                self.repeated(span, word);
            }
            options.push(VoicemailOption { kind, span });
        }
        StepKind::Voicemail(Voicemail { message, options, arms })
    }

    fn reject(&mut self, node: Node<'_>) -> StepKind {
        let mut reject = Reject { reason: None, text: None };
        for child in node.into_inner() {
            let Some(inner) = inside(&child) else { continue };
            if child.as_rule() == Rule::more_reason {
                let span = self.span(&child);
                let word = self.text(span).to_ascii_lowercase();
                self.error(
                    Code::RepeatedOption,
                    span,
                    "a call is rejected for one reason",
                    format!("remove one of them: `reject {word}`; a text stands in quotes: `reject {word} \"…\"`"),
                );
                continue;
            }
            if child.as_rule() == Rule::reject_text {
                reject.text = Some(self.atom(&inner, Braces::Insert));
                continue;
            }
            if child.as_rule() != Rule::reason {
                continue;
            }
            let span = self.span(&inner);
            let text = inner.as_str();
            reject.reason = match inner.as_rule() {
                Rule::any_reason => Some(match text.to_ascii_lowercase().as_str() {
                    "busy" => RejectReason::Busy(span),
                    "unavailable" => RejectReason::Unavailable(span),
                    _ => RejectReason::Declined(span),
                }),
                Rule::paren => Some(RejectReason::Value(self.atom(&inner, Braces::Plain))),
                Rule::digits => match text.parse::<u16>().ok().filter(|code| (300..=699).contains(code)) {
                    Some(code) => Some(RejectReason::Code(code, span)),
                    None => {
                        self.error(
                            Code::BadStatus,
                            span,
                            format!("`{text}` is no SIP status that rejects a call"),
                            "statuses from 300 to 699 do: `reject 486`",
                        );
                        None
                    }
                },
                _ => {
                    let close = super::explain::nearest(text, &["busy", "declined", "unavailable"]);
                    let mut d = self.diagnostic(Code::UnknownWord, span, format!("`{}` is no reason to reject a call", shorten(text)));
                    if let Some(word) = close {
                        d = d.help(format!("did you mean `{word}`?")).fix(Applicability::Maybe, format!("write `{word}`"), span, word);
                    } else {
                        d = d.help("write `busy`, `declined`, `unavailable` or a SIP status; a text stands in quotes");
                    }
                    self.report(d);
                    None
                }
            };
        }
        StepKind::Reject(reject)
    }

    fn redirect(&mut self, node: &Node<'_>) -> StepKind {
        let head = inside(node).map_or(Span::default(), |n| self.span(&n));
        if let Some(word) = part(node, Rule::kw_to) {
            let here = self.span(&word);
            let rest = self.source.get(here.end as usize..).unwrap_or("");
            let gap = u32::try_from(rest.len().saturating_sub(rest.trim_start_matches([' ', '\t']).len())).unwrap_or(0);
            let d = self
                .diagnostic(Code::ForeignWord, here, "the number of `redirect` stands without `to`")
                .help("write `redirect +14155550123`; a value stands in parentheses: `redirect (to)`")
                .fix(Applicability::Maybe, "remove `to`", Span::new(here.start, here.end.saturating_add(gap)), "");
            self.report(d);
            if part(node, Rule::dialled).is_none() {
                return StepKind::Redirect { to: None, permanent: None };
            }
        }
        let to = self.dialled(part(node, Rule::dialled), head, "redirect");
        let permanent = part(node, Rule::kw_permanent).map(|n| self.span(&n));
        StepKind::Redirect { to, permanent }
    }

    fn flow_call(&mut self, node: &Node<'_>, head: Span, word: &str) -> Call {
        if let Some(needless) = part(node, Rule::flow_word) {
            let here = self.span(&needless);
            let text = self.text(here);
            let d = self
                .diagnostic(Code::ForeignWord, here, format!("the flow stands directly behind `{word}`, without `{text}`"))
                .help(format!("write `{word} after_hours`"))
                .fix(Applicability::Safe, format!("remove `{text}`"), Span::new(head.end, here.end), "");
            self.report(d);
        }
        match part(node, Rule::call) {
            Some(call) => self.call(call),
            None => {
                self.missing(
                    Code::MissingName,
                    head,
                    format!("the name of a flow is missing after `{word}`"),
                    format!("write `{word} after_hours`"),
                );
                Call { name: None, args: Vec::new(), parens: None }
            }
        }
    }

    fn set(&mut self, node: Node<'_>) -> StepKind {
        let (mut field, mut value, mut word) = (None, None, false);
        let mut last = self.span(&node);
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::set_field => {
                    let inner = inside(&child);
                    field = inner.map(|n| match n.as_rule() {
                        Rule::caller_id => {
                            self.error(
                                Code::SettingBuiltin,
                                span,
                                "`caller id` cannot be set for the call",
                                "say it where somebody is rung: `group sales caller id +14155550123`",
                            );
                            SetField::Missing(Span::at(span.end))
                        }
                        Rule::word_caller_name => SetField::CallerName(span),
                        _ if n.as_str().eq_ignore_ascii_case("priority") => SetField::Priority(span),
                        _ if n.as_str().eq_ignore_ascii_case("language") => SetField::Language(span),
                        _ => SetField::Input(self.word(&n)),
                    });
                }
                Rule::kw_to => word = true,
                Rule::bad_equals => {
                    word = true;
                    self.fixed(
                        Code::ForeignOperator,
                        span,
                        "`set` is written with `to`",
                        Applicability::Safe,
                        if self.text(span.to(Span::at(span.start))) == ":=" { " to " } else { "to" },
                    );
                }
                Rule::set_value => {
                    let braces = if matches!(field, Some(SetField::CallerName(_))) { Braces::Insert } else { Braces::Plain };
                    value = Some(self.value(&child, braces));
                    if !word {
                        word = true;
                        let at = Span::at(last.end);
                        let d = self.diagnostic(Code::MissingWord, at, "the word `to` is missing").help("write `set priority to 5`").fix(
                            Applicability::Safe,
                            "insert `to`",
                            at,
                            " to",
                        );
                        self.report(d);
                    }
                }
                _ => {}
            }
            last = span;
        }
        let field = field.unwrap_or_else(|| {
            SetField::Missing(self.missing(
                Code::MissingName,
                last,
                "what to set is missing",
                "write `set priority to 5`; `language`, `caller name` and inputs can be set as well",
            ))
        });
        if value.is_none() && !matches!(field, SetField::Missing(_)) {
            self.missing(
                Code::MissingValue,
                last,
                if word { "a value is missing after `to`" } else { "the new value is missing" },
                "write `set priority to 5`",
            );
        }
        StepKind::Set { field, value }
    }
}

/// Was the condition reported as unfinished?
fn cond_is_unfinished(cond: &Cond) -> bool {
    match &cond.kind {
        CondKind::Error => true,
        CondKind::Or(parts) | CondKind::And(parts) => parts.last().is_some_and(cond_is_unfinished),
        CondKind::Not(inner) => cond_is_unfinished(inner),
        CondKind::Compare { right, .. } => matches!(right, crate::tree::Right::Missing(_)),
        _ => false,
    }
}
