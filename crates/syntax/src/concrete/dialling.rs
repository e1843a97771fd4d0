//! Steps that ring somebody, and the ringing of groups, queues and agents.

use callroute_diagnostics::{Applicability, Code, Span};

use super::explain::Where;
use super::items::Heads;
use super::values::{Braces, Want};
use super::{Builder, Node, Rule, inside, part};
use crate::scan::shorten;
use crate::tree::{
    Dial, DialOption, DialOptionKind, DialTarget, Expr, ExprKind, Member, MemberOption, MemberOptionKind, MemberWho, Ring, StepKind,
    Strategy, Target,
};

/// Whose options they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// `group sales`, `agent ana`, `queue support`
    Step,
    /// `dial NUMBER`
    Dial,
    /// `ring … < … >` in place
    Ring,
    /// `group sales = …`
    Group,
    /// `queue support = …`
    Queue,
    /// `agent ana = …`
    Agent,
}

impl Builder<'_> {
    pub(super) fn dial(&mut self, node: Node<'_>) -> StepKind {
        let rule = node.as_rule();
        let owner = match rule {
            Rule::dial_step => Owner::Dial,
            Rule::ring_step => Owner::Ring,
            _ => Owner::Step,
        };
        let mut options = Vec::new();
        let mut arms = None;
        let mut target = None;
        let mut head = self.span(&node);
        let mut known = false;
        let mut told = false;
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::kw_group | Rule::kw_agent | Rule::kw_queue | Rule::kw_dial | Rule::kw_ring => head = span,
                Rule::target => {
                    let inner = self.target(&child);
                    known = true;
                    target = Some(match rule {
                        Rule::group_step => DialTarget::Group(inner),
                        Rule::agent_step => DialTarget::Agent(inner),
                        _ => DialTarget::Queue(inner),
                    });
                }
                Rule::dialled => {
                    known = true;
                    target = Some(DialTarget::Number(self.dialled(Some(child), head, "dial")));
                }
                Rule::ring_part => {
                    known = true;
                    let ring = self.ring(child, Owner::Ring, head, &mut options);
                    target = Some(DialTarget::Ring(ring));
                }
                Rule::junk => {
                    told = true;
                    self.dial_junk(span);
                }
                Rule::block if told => {
                    // Whether it holds arms or members cannot be told any more.
                    arms = self.quietly(|b| {
                        let clean = !b.looks_like_members(&child);
                        clean.then(|| b.arms_block(child, Heads::Values, "the block of this step"))
                    });
                }
                Rule::block => {
                    if self.looks_like_members(&child) {
                        let d = self
                            .diagnostic(Code::MissingEquals, self.sign_at(span.start), "a group's members stand behind `=`")
                            .help("write `group sales = ring all < … >` at the top of the file, then `group sales` where it is to ring");
                        self.report(d);
                        continue;
                    }
                    arms = Some(self.arms_block(child, Heads::Values, "the block of this step"));
                }
                _ => self.dial_option(child, owner, &mut options),
            }
        }
        if !known {
            let word = self.text(head).to_ascii_lowercase();
            target = Some(match rule {
                Rule::group_step => DialTarget::Group(None),
                Rule::agent_step => DialTarget::Agent(None),
                Rule::queue_step => DialTarget::Queue(None),
                _ => DialTarget::Number(None),
            });
            let (noun, example) = match rule {
                Rule::dial_step => ("a number", "dial +14155550123"),
                Rule::agent_step => ("the name of an agent", "agent ana"),
                Rule::queue_step => ("the name of a queue", "queue support"),
                _ => ("the name of a group", "group sales"),
            };
            self.missing(Code::MissingName, head, format!("{noun} is missing after `{word}`"), format!("write `{example}`"));
        }
        StepKind::Dial(Dial { target: target.unwrap_or(DialTarget::Number(None)), options, arms })
    }

    fn dial_junk(&mut self, span: Span) {
        let text = self.text(span);
        let before = self.text(Span::new(span.start.saturating_sub(1), span.start));
        if text.starts_with('-') && !before.trim().is_empty() {
            let here = self.sign_at(span.start);
            let d = self
                .diagnostic(Code::BadName, here, "a name cannot end with `-`")
                .help("a name is an ASCII letter or `_`, then letters, digits, `_`, and `-` between them")
                .fix(Applicability::Maybe, "remove it", here, "");
            return self.report(d);
        }
        self.unreadable(span, Where::Head("this step"));
    }

    /// Numbers and agents in a block where arms belong: somebody left out the `=` of a definition.
    fn looks_like_members(&self, block: &Node<'_>) -> bool {
        let mut children = block.clone().into_inner().filter(|n| n.as_rule() != Rule::comma);
        match children.next() {
            Some(first) => match first.as_rule() {
                Rule::junk_item => {
                    first.as_str().starts_with(['+', '*'])
                        || first.as_str().starts_with(|c: char| c.is_ascii_digit())
                        || first.as_str().starts_with("sip")
                }
                _ => false,
            },
            None => false,
        }
    }

    /// What is dialled, or redirected to.
    pub(super) fn dialled(&mut self, node: Option<Node<'_>>, after: Span, what: &str) -> Option<Expr> {
        let Some(inner) = node.as_ref().and_then(inside) else {
            self.missing(
                Code::MissingValue,
                after,
                format!("a number is missing after `{what}`"),
                format!("write `{what} +14155550123` or `{what} (contact)`"),
            );
            return None;
        };
        Some(self.atom(&inner, Braces::Plain))
    }

    // ------------------------------------------------------------------------------------------------ options

    pub(super) fn dial_option(&mut self, node: Node<'_>, owner: Owner, options: &mut Vec<DialOption>) {
        let span = self.span(&node);
        let word = inside(&node).map_or(span, |n| self.span(&n));
        let quantity = part(&node, Rule::quantity);
        let kind = match node.as_rule() {
            Rule::opt_for => DialOptionKind::For(self.quantity(quantity, word, "for", Want::Duration)),
            Rule::opt_each => DialOptionKind::Each(self.quantity(quantity, word, "each", Want::Duration)),
            Rule::opt_until => {
                let time = part(&node, Rule::time).map(|n| self.time(&n));
                if time.is_none() {
                    self.missing(Code::MissingValue, word, "a time is missing after `until`", "write `until 17:15`");
                }
                DialOptionKind::Until(time)
            }
            Rule::opt_caller => {
                if let Some(id) = part(&node, Rule::word_id) {
                    let after = self.span(&id);
                    DialOptionKind::CallerId(self.dialled(part(&node, Rule::dialled), after, "caller id"))
                } else if let Some(name) = part(&node, Rule::word_name) {
                    let after = self.span(&name);
                    DialOptionKind::CallerName(self.text_value(part(&node, Rule::text), after, "caller name", Braces::Insert))
                } else {
                    self.missing(
                        Code::MissingWord,
                        word,
                        "`caller` says neither `id` nor `name`",
                        "write `caller id +14155550123` or `caller name \"Sales\"`",
                    );
                    return;
                }
            }
            Rule::opt_announce => match part(&node, Rule::word_position) {
                Some(position) => {
                    let every = part(&node, Rule::word_every);
                    let after = self.span(every.as_ref().unwrap_or(&position));
                    if every.is_none() {
                        self.missing(Code::MissingWord, after, "the word `every` is missing", "write `announce position every 60s`");
                        DialOptionKind::AnnouncePosition(None)
                    } else {
                        DialOptionKind::AnnouncePosition(self.quantity(quantity, after, "every", Want::Duration))
                    }
                }
                None => DialOptionKind::Announce(self.text_value(part(&node, Rule::text), word, "announce", Braces::Insert)),
            },
            Rule::opt_confirm => DialOptionKind::Confirm(self.confirm(&node, word)),
            Rule::opt_music => DialOptionKind::Music(self.text_value(part(&node, Rule::text), word, "music", Braces::Plain)),
            Rule::opt_record => DialOptionKind::Record,
            Rule::opt_header => {
                let name = part(&node, Rule::string);
                match name {
                    Some(name) => {
                        let after = self.span(&name);
                        let name = self.plain(&name);
                        DialOptionKind::Header(Some(name), self.text_value(part(&node, Rule::text), after, "header", Braces::Plain))
                    }
                    None => {
                        self.missing(Code::MissingValue, word, "the name of the header is missing", "write `header \"Alert-Info\" \"…\"`");
                        DialOptionKind::Header(None, None)
                    }
                }
            }
            Rule::opt_codecs => {
                let names: Vec<_> = node.clone().into_inner().filter(|n| n.as_rule() == Rule::any_word).map(|n| self.word(&n)).collect();
                if names.is_empty() {
                    self.missing(Code::MissingName, word, "the names of codecs are missing", "write `codecs opus, pcmu`");
                }
                DialOptionKind::Codecs(names)
            }
            Rule::opt_media => {
                if part(&node, Rule::word_relay).is_none() {
                    self.missing(Code::MissingWord, word, "the word `relay` is missing", "write `media relay`");
                }
                DialOptionKind::MediaRelay
            }
            Rule::opt_via => {
                let nodes: Vec<_> = node.clone().into_inner().filter(|n| n.as_rule() == Rule::one_target).collect();
                let trunks: Vec<Target> = nodes.iter().filter_map(|n| self.target(n)).collect();
                if trunks.is_empty() {
                    self.missing(Code::MissingName, word, "the name of a trunk is missing after `via`", "write `via carrier_a, carrier_b`");
                }
                DialOptionKind::Via(trunks)
            }
            Rule::opt_max => {
                if let Some(wait) = part(&node, Rule::word_wait) {
                    let after = self.span(&wait);
                    DialOptionKind::MaxWait(self.quantity(quantity, after, "max wait", Want::Duration))
                } else if let Some(length) = part(&node, Rule::word_length) {
                    let after = self.span(&length);
                    DialOptionKind::MaxLength(self.quantity(quantity, after, "max length", Want::Count))
                } else {
                    self.missing(
                        Code::MissingWord,
                        word,
                        "`max` says neither `wait` nor `length`",
                        "write `max wait 5m` or `max length 10`",
                    );
                    return;
                }
            }
            Rule::opt_leave => {
                if part(&node, Rule::word_empty).is_none() {
                    self.missing(Code::MissingWord, span, "`leave` wants `when empty` behind it", "write `leave when empty`");
                }
                DialOptionKind::LeaveWhenEmpty
            }
            _ => return,
        };
        if !self.belongs(&kind, owner, span, word, options) {
            return;
        }
        let repeated = !matches!(kind, DialOptionKind::Header(..))
            && options.iter().any(|o| std::mem::discriminant(&o.kind) == std::mem::discriminant(&kind));
        if repeated {
            self.repeated(span, word);
        }
        options.push(DialOption { kind, span });
    }

    fn confirm(&mut self, node: &Node<'_>, word: Span) -> Option<Expr> {
        match part(node, Rule::paren) {
            Some(value) => Some(self.atom(&value, Braces::Plain)),
            None => self.key(part(node, Rule::key), word, "confirm", "1"),
        }
    }

    /// May this owner say that? If not, it is reported.
    fn belongs(&mut self, kind: &DialOptionKind, owner: Owner, span: Span, word: Span, options: &[DialOption]) -> bool {
        use DialOptionKind as K;
        let definition = matches!(owner, Owner::Group | Owner::Queue | Owner::Agent);
        let (fits, help) = match kind {
            K::Via(_) if owner == Owner::Dial => {
                (options.is_empty(), "`via` follows the number: `dial +14155550123 via carrier_a for 20s`")
            }
            K::Via(_) => (false, "only `dial` goes through trunks: `dial +14155550123 via carrier_a`"),
            K::MaxWait(_) | K::MaxLength(_) | K::AnnouncePosition(_) | K::LeaveWhenEmpty => {
                (owner == Owner::Queue, "it belongs to the definition of a queue: `queue support = ring longest idle max wait 5m < … >`")
            }
            K::Each(_) => (definition || owner == Owner::Ring, "it belongs to a group: `group sales = ring in order each 15s < … >`"),
            K::Music(_) => (owner != Owner::Agent, "it belongs to a dial step or a queue"),
            K::For(_) => (true, ""),
            _ => (!definition, "it belongs to the step that rings: `group sales announce \"…\"`"),
        };
        if !fits {
            let word = self.text(word).to_ascii_lowercase();
            self.error(Code::MisplacedOption, span, format!("`{word}` has no place here"), help);
        }
        fits
    }

    // ------------------------------------------------------------------------------------------------ members

    /// Strategy, options and members. Options go to the owner.
    pub(super) fn ring(&mut self, node: Node<'_>, owner: Owner, head: Span, options: &mut Vec<DialOption>) -> Ring {
        let mut ring = Ring { strategy: None, members: Vec::new(), block: None };
        let mut last = head;
        let mut told = false;
        for child in node.into_inner() {
            let span = self.span(&child);
            match child.as_rule() {
                Rule::strategy => match self.strategy(&child) {
                    Some(strategy) => ring.strategy = Some((strategy, span)),
                    None => told = true,
                },
                Rule::junk => {
                    told = true;
                    if ring.strategy.is_none() && (owner == Owner::Ring || self.text(head).eq_ignore_ascii_case("ring")) {
                        self.no_strategy(span);
                    } else if !self.told_square(Span::at(span.start).end) {
                        self.unreadable(span, Where::Head("this ringing"));
                    }
                }
                Rule::members => {
                    ring.block = Some((span, self.bracket(&child)));
                    ring.members = self.members(child, owner);
                }
                _ => self.dial_option(child, owner, options),
            }
            last = span;
        }
        let worded = owner == Owner::Ring || self.text(head).eq_ignore_ascii_case("ring");
        if ring.strategy.is_none() && worded && !told {
            self.missing(Code::MissingWord, head, "how to ring is missing after `ring`", STRATEGIES);
            told = ring.block.is_none();
        }
        if ring.block.is_none() && !told {
            self.missing(
                Code::MissingBlock,
                last,
                "the members are missing",
                "write them in a block: `ring all < +16822306467; agent ana >`",
            );
        }
        ring
    }

    fn no_strategy(&mut self, span: Span) {
        let text = self.text(span);
        let word = text.split_whitespace().next().unwrap_or(text);
        self.error(
            Code::UnknownWord,
            span,
            format!("`{}` is no way of ringing", shorten(word)),
            format!("{STRATEGIES}, then the members in a block; a group that is defined rings by `group {}`", shorten(word)),
        );
    }

    fn strategy(&mut self, node: &Node<'_>) -> Option<Strategy> {
        let rules: Vec<Rule> = node.clone().into_inner().map(|n| n.as_rule()).collect();
        let span = self.span(node);
        match rules.as_slice() {
            [Rule::word_all] => Some(Strategy::All),
            [Rule::kw_in, Rule::word_order] => Some(Strategy::InOrder),
            [Rule::kw_in, Rule::word_turn] => Some(Strategy::InTurn),
            [Rule::word_at, Rule::word_random] => Some(Strategy::AtRandom),
            [Rule::kw_by, Rule::word_weight] => Some(Strategy::ByWeight),
            [Rule::word_longest, Rule::word_idle] => Some(Strategy::LongestIdle),
            _ => {
                self.missing(Code::MissingWord, span, format!("a word is missing after `{}`", self.text(span)), STRATEGIES);
                None
            }
        }
    }

    fn members(&mut self, node: Node<'_>, owner: Owner) -> Vec<Member> {
        let mut members = Vec::new();
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::member => members.push(self.member(child, owner)),
                Rule::comma => self.comma_in_block(&child),
                _ => {
                    let span = self.span(&child);
                    self.unreadable(
                        span,
                        Where::Entry("a member", "a member is a number, an address or `agent NAME`, with `after`, `for` and `confirm`"),
                    );
                }
            }
        }
        members
    }

    pub(super) fn member(&mut self, node: Node<'_>, owner: Owner) -> Member {
        let span = self.span(&node);
        let mut member = Member { weight: None, who: MemberWho::Error, options: Vec::new(), span };
        let mut word = None;
        for child in node.into_inner() {
            let here = self.span(&child);
            let first = inside(&child).map_or(here, |n| self.span(&n));
            let kind = match child.as_rule() {
                Rule::percent => {
                    member.weight = self.percent(child.as_str(), here).map(|w| (w, here));
                    continue;
                }
                Rule::kw_agent => {
                    word = Some(here);
                    continue;
                }
                Rule::kw_group | Rule::kw_queue => {
                    let message = format!("a {} cannot be a member", child.as_str().to_ascii_lowercase());
                    self.error(Code::ValueExpected, here, message, "write its members here: numbers, addresses or `agent NAME`");
                    continue;
                }
                Rule::target => {
                    if word.take().is_some() {
                        match self.target(&child) {
                            Some(Target::Name(name)) => member.who = MemberWho::Agent(name),
                            Some(Target::Value(value)) => {
                                self.error(Code::ValueExpected, value.span, "a member is named, not computed", "write `agent ana`")
                            }
                            None => {}
                        }
                    }
                    continue;
                }
                Rule::address => {
                    member.who = self.address(&child, owner == Owner::Ring);
                    continue;
                }
                Rule::opt_after => MemberOptionKind::After(self.quantity(part(&child, Rule::quantity), first, "after", Want::Duration)),
                Rule::opt_for => MemberOptionKind::For(self.quantity(part(&child, Rule::quantity), first, "for", Want::Duration)),
                Rule::opt_confirm => MemberOptionKind::Confirm(self.confirm(&child, first)),
                _ => continue,
            };
            if member.options.iter().any(|o| std::mem::discriminant(&o.kind) == std::mem::discriminant(&kind)) {
                self.repeated(here, first);
            }
            member.options.push(MemberOption { kind, span: here });
        }
        if let Some(word) = word {
            self.missing(Code::MissingName, word, "the name of an agent is missing after `agent`", "write `agent ana`");
        }
        member
    }

    /// A number or address; `computed`: also a value in parentheses.
    fn address(&mut self, node: &Node<'_>, computed: bool) -> MemberWho {
        let Some(inner) = inside(node) else { return MemberWho::Error };
        let span = self.span(&inner);
        match inner.as_rule() {
            Rule::name => {
                let fixed = format!("agent {}", inner.as_str());
                self.fixed(Code::UnquotedText, span, format!("`{}` is no number", inner.as_str()), Applicability::Maybe, fixed);
                MemberWho::Error
            }
            Rule::paren if !computed => {
                self.error(
                    Code::ValueExpected,
                    span,
                    "what is defined is written out, not computed",
                    "a value is rung by a step: `dial (contact)`, or `ring all < agent ana; (contact) >`",
                );
                MemberWho::Error
            }
            _ => match self.atom(&inner, Braces::Plain) {
                Expr { kind: ExprKind::Error, .. } => MemberWho::Error,
                expr => MemberWho::Address(expr),
            },
        }
    }

    /// The number of a trunk or of an agent.
    pub(super) fn plain_address(&mut self, node: Option<Node<'_>>, after: Span, example: &str) -> Option<Expr> {
        let Some(node) = node else {
            self.missing(Code::MissingValue, after, "a number or address is missing after `=`", format!("write `{example}`"));
            return None;
        };
        match self.address(&node, false) {
            MemberWho::Address(expr) => Some(expr),
            _ => Some(Self::error_expr(self.span(&node))),
        }
    }
}

const STRATEGIES: &str = "write `all`, `in order`, `in turn`, `at random`, `by weight` or `longest idle`";
