//! Who can be rung: agents, groups, queues and trunks; also the members of a `ring …` written in place, which may hold values.

use std::collections::HashMap;

use callroute_calendar::format_duration;
use callroute_diagnostics::{Code, Span};
use callroute_syntax::tree::{self, DialOptionKind, ExprKind, MemberOptionKind, Strategy};

use crate::env::{Env, Kind};
use crate::typed::{AgentId, Const, GroupId, Member, MemberWho, Operand, Phone, QueueId, Ring, Target, TrunkId, Ty};
use crate::types::quote;

/// Turns an expression into a value of a type: constants in definitions, also variables in steps. Reports what is none.
pub(crate) type Value<'v, 'a> = dyn FnMut(&mut Env<'a>, &tree::Expr, Ty) -> Option<Operand> + 'v;

/// Whose members they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Agent,
    Group,
    Queue,
    /// `ring …` in place.
    Step,
}

impl Owner {
    const fn noun(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Group | Self::Step => "group",
            Self::Queue => "queue",
        }
    }
}

/// How long it rings, each with the place where it is written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RingTimes {
    /// `for`, in milliseconds.
    pub total: Option<(Operand, Span)>,
    /// `each`, in milliseconds.
    pub each: Option<(Operand, Span)>,
}

/// Only what is known when the script is compiled.
pub(crate) fn constants(env: &mut Env<'_>, expr: &tree::Expr, ty: Ty) -> Option<Operand> {
    env.constant(expr, ty).map(Operand::Const)
}

/// The milliseconds of a constant duration.
pub(crate) fn millis(operand: &Operand) -> Option<u64> {
    match operand {
        Operand::Const(Const::Duration(millis)) => Some(*millis),
        _ => None,
    }
}

/// Hundredths of a per cent as a script writes them.
pub(crate) fn spell_percent(share: u64) -> String {
    let (whole, rest) = (share / 100, share % 100);
    if rest == 0 { format!("{whole}%") } else { format!("{}%", format!("{whole}.{rest:02}").trim_end_matches('0')) }
}

/// The members of a ring.
pub(crate) fn ring<'a>(env: &mut Env<'a>, ring: &tree::Ring, times: RingTimes, owner: Owner, value: &mut Value<'_, 'a>) -> Option<Ring> {
    let strategy = ring.strategy.map_or(if owner == Owner::Agent { Strategy::InOrder } else { Strategy::All }, |(strategy, _)| strategy);
    if let (true, Some((block, _))) = (ring.members.is_empty(), ring.block) {
        if env.is_broken(block) {
            return None;
        }
        let diagnostic = env
            .diag(Code::EmptyRing, block, format!("this {} has nobody in it", owner.noun()))
            .help("write numbers or agents between the brackets: `< +14155550123; agent ana >`");
        env.report(diagnostic);
        return None;
    }
    if let Some((each, span)) = &times.each {
        env.positive(each, *span, "each member");
        if strategy == Strategy::All {
            let diagnostic = env
                .diag(Code::OptionWithoutEffect, *span, "`each` changes nothing where all ring at once")
                .help("`ring in order each 15s` rings one after the other; for how long all ring says `for 25s`");
            env.report(diagnostic);
        }
    }
    if let Some((total, span)) = &times.total {
        env.positive(total, *span, "the whole");
    }
    let mut found = Vec::new();
    let mut spans = Vec::new();
    for member in &ring.members {
        if let Some(member_found) = self::member(env, member, strategy, owner, value) {
            found.push(member_found);
            spans.push(member.span);
        }
    }
    shares_of(env, ring, strategy);
    repeated(env, &found, &spans, strategy);
    never_ring(env, &found, &spans, strategy, &times);
    // Whoever could not be read was reported; the others serve no more.
    (found.len() == ring.members.len() && !found.is_empty()).then(|| Ring {
        strategy,
        total: times.total.map(|(total, _)| total),
        each: times.each.map(|(each, _)| each),
        members: found,
    })
}

fn member<'a>(env: &mut Env<'a>, member: &tree::Member, strategy: Strategy, owner: Owner, value: &mut Value<'_, 'a>) -> Option<Member> {
    let who = match &member.who {
        tree::MemberWho::Error => None,
        tree::MemberWho::Address(expr) => match value(env, expr, Ty::Phone) {
            Some(Operand::Const(Const::Phone(phone))) => Some(MemberWho::Phone(phone)),
            Some(Operand::Var(var)) => Some(MemberWho::Var(var)),
            _ => None,
        },
        tree::MemberWho::Agent(name) if owner == Owner::Agent => {
            let diagnostic = env
                .diag(Code::NotAMember, name.span, "an agent is made of numbers, not of other agents")
                .help("several agents together are a group: `group team = ring all < agent ana; agent ben >`");
            env.report(diagnostic);
            None
        }
        tree::MemberWho::Agent(name) => env.agent(name).map(MemberWho::Agent),
    };
    let mut found = Member {
        who: MemberWho::Phone(Phone::Address(String::new())),
        weight: member.weight.map(|(weight, _)| weight),
        after: None,
        ring_for: None,
        confirm: None,
    };
    let mut sound = true;
    // An option given twice was reported where it was read.
    for option in &member.options {
        match &option.kind {
            MemberOptionKind::After(None) | MemberOptionKind::For(None) | MemberOptionKind::Confirm(None) => sound = false,
            MemberOptionKind::After(Some(expr)) => {
                found.after = value(env, expr, Ty::Duration);
                sound &= found.after.is_some();
                if strategy != Strategy::All && found.after.is_some() {
                    let diagnostic = env
                        .diag(Code::OptionWithoutEffect, option.span, "`after` changes nothing where the members ring one after the other")
                        .help("it delays a member of `ring all`; how long each rings says `for` or `each`");
                    env.report(diagnostic);
                }
            }
            MemberOptionKind::For(Some(expr)) => {
                found.ring_for = value(env, expr, Ty::Duration);
                match &found.ring_for {
                    Some(operand) => env.positive(operand, option.span, "this member"),
                    None => sound = false,
                }
            }
            MemberOptionKind::Confirm(Some(expr)) => {
                found.confirm = env.confirm_key(expr);
                sound &= found.confirm.is_some();
            }
        }
    }
    found.who = who?;
    sound.then_some(found)
}

fn shares_of(env: &mut Env<'_>, ring: &tree::Ring, strategy: Strategy) {
    if strategy == Strategy::ByWeight {
        let mut complete = true;
        for member in &ring.members {
            if member.weight.is_none() {
                complete = false;
                let diagnostic = env
                    .diag(Code::ShareNotHere, member.span, "this member has no share")
                    .help("with `by weight` each has one: `70% agent ana`");
                env.report(diagnostic);
            }
        }
        if complete {
            let shares: Vec<(u32, Span)> = ring.members.iter().filter_map(|member| member.weight).collect();
            env.shares(&shares, ring.block.map_or(Span::default(), |(span, _)| span));
        }
    } else {
        for (_, span) in ring.members.iter().filter_map(|member| member.weight) {
            let diagnostic =
                env.diag(Code::ShareNotHere, span, "a share has no meaning here").help("shares belong to `ring by weight < … >`");
            env.report(diagnostic);
        }
    }
}

fn repeated(env: &mut Env<'_>, members: &[Member], spans: &[Span], strategy: Strategy) {
    // One after the other, somebody may well be tried twice.
    if strategy == Strategy::InOrder {
        return;
    }
    let mut seen: HashMap<&MemberWho, Span> = HashMap::new();
    for (member, span) in members.iter().zip(spans) {
        if let Some(first) = seen.get(&member.who) {
            let first = env.place(*first);
            let diagnostic = env
                .diag(Code::RepeatedMember, *span, format!("{} is in here twice", quote(env.text(*span))))
                .label(first, "its first place")
                .help("remove one of them");
            env.report(diagnostic);
        } else {
            seen.insert(&member.who, *span);
        }
    }
}

fn never_ring(env: &mut Env<'_>, members: &[Member], spans: &[Span], strategy: Strategy, times: &RingTimes) {
    let Some((total, total_span)) = times.total.as_ref().and_then(|(total, span)| Some((millis(total)?, *span))) else { return };
    if total == 0 {
        return;
    }
    let each = times.each.as_ref().and_then(|(each, _)| millis(each));
    let mut begins = 0u64;
    for (member, span) in members.iter().zip(spans) {
        let begin = match strategy {
            Strategy::All => member.after.as_ref().and_then(millis).unwrap_or(0),
            Strategy::InOrder => {
                let begin = begins;
                // What rings for an unknown time may be over at once.
                begins = begins.saturating_add(member.ring_for.as_ref().map_or(each, millis).unwrap_or(0));
                begin
            }
            _ => return,
        };
        if begin >= total {
            let place = env.place(total_span);
            let diagnostic = env
                .diag(
                    Code::NeverRings,
                    *span,
                    format!(
                        "this member never rings: it is over after {}, and its turn comes after {}",
                        format_duration(total),
                        format_duration(begin)
                    ),
                )
                .label(place, "all of it lasts so long")
                .help("raise the total, or shorten what comes before");
            env.report(diagnostic);
        }
    }
}

impl<'a> Env<'a> {
    /// Reports a constant duration of zero; `what` is who would get it.
    pub(crate) fn positive(&mut self, operand: &Operand, span: Span, what: &str) {
        if millis(operand) == Some(0) {
            let diagnostic = self
                .diag(Code::ZeroDuration, span, format!("a duration of nothing leaves {what} no time at all"))
                .help("write at least `1s`");
            self.report(diagnostic);
        }
    }

    /// Reports shares, in hundredths of a per cent, that do not add up to 100%.
    pub(crate) fn shares(&mut self, shares: &[(u32, Span)], whole: Span) {
        let mut zero = false;
        for (_, span) in shares.iter().filter(|(share, _)| *share == 0) {
            zero = true;
            self.err(Code::SharesNotWhole, *span, "a share of 0% is never taken");
        }
        let total: u64 = shares.iter().map(|(share, _)| u64::from(*share)).sum();
        if total != 10_000 && !zero {
            let difference = spell_percent(total.abs_diff(10_000));
            let help = if total < 10_000 { format!("{difference} are left over") } else { format!("that is {difference} too much") };
            let mut diagnostic =
                self.diag(Code::SharesNotWhole, whole, format!("the shares add up to {}, not to 100%", spell_percent(total))).help(help);
            if let (Some((last, span)), true) = (shares.last(), total < 20_000)
                && let Some(mended) = (u64::from(*last) + 10_000).checked_sub(total).filter(|mended| *mended > 0)
            {
                let text = spell_percent(mended);
                diagnostic = diagnostic.fix(callroute_diagnostics::Applicability::Maybe, format!("write `{text}`"), *span, text);
            }
            self.report(diagnostic);
        }
    }

    /// One key, as `confirm` wants it.
    pub(crate) fn confirm_key(&mut self, expr: &tree::Expr) -> Option<String> {
        let spelling = match &expr.kind {
            ExprKind::Error => return None,
            ExprKind::Number(spelling, _) | ExprKind::Phone(spelling) | ExprKind::Pattern(spelling) => spelling.clone(),
            ExprKind::Text(template) => self.plain_text(template)?,
            ExprKind::Paren(inner) => return self.confirm_key(inner),
            _ => String::new(),
        };
        if let [key] = spelling.as_bytes()
            && (key.is_ascii_digit() || matches!(key, b'*' | b'#'))
        {
            return Some(spelling);
        }
        let diagnostic = self
            .diag(Code::NotAKey, expr.span, format!("{} is not one key of a telephone", crate::types::quote(self.text(expr.span))))
            .help("a key is a digit, `*` or `#`");
        self.report(diagnostic);
        None
    }

    // ----------------------------------------------------------------------------------------- definitions

    /// Fills an agent.
    pub(crate) fn define_agent(&mut self, id: AgentId, members: &tree::Ring) {
        let found = ring(self, members, RingTimes::default(), Owner::Agent, &mut constants);
        if let (Some(found), Some(agent)) = (found, self.program.agents.get_mut(id.index())) {
            agent.ring = found;
        }
    }

    /// Fills a group.
    pub(crate) fn define_group(&mut self, id: GroupId, options: &[tree::DialOption], members: &tree::Ring) {
        let mut times = RingTimes::default();
        for option in options {
            self.ring_time(option, &mut times);
        }
        let found = ring(self, members, times, Owner::Group, &mut constants);
        if let (Some(found), Some(group)) = (found, self.program.groups.get_mut(id.index())) {
            group.ring = found;
        }
    }

    /// Fills a queue.
    pub(crate) fn define_queue(&mut self, id: QueueId, options: &[tree::DialOption], members: &tree::Ring) {
        let mut times = RingTimes::default();
        let (mut max_wait, mut max_length, mut position, mut leave, mut music) = (None, None, None, false, None);
        for option in options {
            match &option.kind {
                DialOptionKind::MaxWait(Some(expr)) => max_wait = self.duration(expr, option.span, "callers"),
                DialOptionKind::AnnouncePosition(Some(expr)) => position = self.duration(expr, option.span, "callers"),
                DialOptionKind::MaxLength(Some(expr)) => max_length = self.queue_length(expr),
                DialOptionKind::LeaveWhenEmpty => leave = true,
                DialOptionKind::Music(Some(expr)) => {
                    music = match self.constant(expr, Ty::Text) {
                        Some(Const::Text(text)) => Some(text),
                        _ => None,
                    }
                }
                _ => self.ring_time(option, &mut times),
            }
        }
        let found = ring(self, members, times, Owner::Queue, &mut constants);
        if let Some(queue) = self.program.queues.get_mut(id.index()) {
            if let Some(found) = found {
                queue.ring = found;
            }
            queue.max_wait = max_wait;
            queue.max_length = max_length;
            queue.announce_position = position;
            queue.leave_when_empty = leave;
            queue.music = music;
        }
    }

    fn duration(&mut self, expr: &tree::Expr, span: Span, what: &str) -> Option<Operand> {
        let operand = constants(self, expr, Ty::Duration)?;
        self.positive(&operand, span, what);
        Some(operand)
    }

    fn queue_length(&mut self, expr: &tree::Expr) -> Option<u32> {
        const MOST: f64 = 1_000_000.0;
        let Some(Const::Number(length)) = self.constant(expr, Ty::Number) else { return None };
        if length.fract() != 0.0 || !(1.0..=MOST).contains(&length) {
            let message = format!("a queue cannot be {} callers long", quote(self.text(expr.span)));
            let diagnostic =
                self.diag(Code::WrongType, expr.span, message).help("write a whole number from 1 to 1000000, or leave `max length` out");
            self.report(diagnostic);
            return None;
        }
        // In range, and whole.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
        Some(length as u32)
    }

    /// `for` and `each` of a group or queue; what belongs elsewhere was reported where it was read.
    fn ring_time(&mut self, option: &tree::DialOption, times: &mut RingTimes) {
        let (slot, expr) = match &option.kind {
            DialOptionKind::For(expr) => (&mut times.total, expr),
            DialOptionKind::Each(expr) => (&mut times.each, expr),
            _ => return,
        };
        let Some(expr) = expr else { return };
        let Some(operand) = constants(self, expr, Ty::Duration) else { return };
        *slot = Some((operand, option.span));
    }

    /// Fills a trunk.
    pub(crate) fn define_trunk(&mut self, id: TrunkId, address: &tree::Expr) {
        match self.phone_expr(address) {
            None => {}
            Some(Phone::Number(_)) => {
                let diagnostic = self
                    .diag(
                        Code::MalformedAddress,
                        address.span,
                        format!("a trunk is reached by an address, and {} is a number", quote(self.text(address.span))),
                    )
                    .help("write the address of its gateway: `sip:gw1.example.com`");
                self.report(diagnostic);
            }
            Some(found) => {
                if let Some(trunk) = self.program.trunks.get_mut(id.index()) {
                    trunk.address = found;
                }
            }
        }
    }

    /// Declares a target that the host knows.
    pub(crate) fn declare_extern(&mut self, kind: tree::ExternKind, name: &tree::Name) {
        use crate::typed::TargetKind;
        let (kind, target) = match kind {
            tree::ExternKind::Group => (Kind::Group, TargetKind::Group),
            tree::ExternKind::Agent => (Kind::Agent, TargetKind::Agent),
            tree::ExternKind::Queue => (Kind::Queue, TargetKind::Queue),
            tree::ExternKind::Trunk => (Kind::Trunk, TargetKind::Trunk),
        };
        // Two files may well declare the same one.
        if self.is_extern(target, &name.text) {
            return;
        }
        let text = name.text.clone();
        match kind {
            Kind::Group => self.define_name(|names| &mut names.groups, kind, Some(name), Target::Extern(text)),
            Kind::Agent => self.define_name(|names| &mut names.agents, kind, Some(name), Target::Extern(text)),
            Kind::Queue => self.define_name(|names| &mut names.queues, kind, Some(name), Target::Extern(text)),
            _ => self.define_name(|names| &mut names.trunks, kind, Some(name), Target::Extern(text)),
        }
        self.note_extern(target, &name.text, name.span);
    }
}

/// An agent, group or queue before its members are known.
pub(crate) fn empty_ring() -> Ring {
    Ring { strategy: Strategy::All, total: None, each: None, members: Vec::new() }
}

/// A place for a trunk's address before it is known.
pub(crate) fn no_address() -> Phone {
    Phone::Address(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        assert_eq!(spell_percent(7000), "70%");
        assert_eq!(spell_percent(3333), "33.33%");
        assert_eq!(spell_percent(3350), "33.5%");
    }
}
