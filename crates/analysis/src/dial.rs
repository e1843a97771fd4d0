//! Dial steps: who is rung, how, and what runs when nobody answers.

use std::collections::{HashMap, HashSet};

use callroute_diagnostics::{Code, Place, Span};
use callroute_syntax::tree::{self, Arm, DialOptionKind, Expr, ExprKind, MemberOptionKind};

use crate::cover::{Cover, Hit};
use crate::env::Env;
use crate::names::NameKind;
use crate::steps::{head_word, heads_span};
use crate::targets::{self, Owner, RingTimes};
use crate::typed::{
    Dial, DialOptions, DialTarget, Group, GroupId, Operand, Outcome, OutcomeArm, StepKind, Target, TargetRef, Ty, VarId, VarKind,
};
use crate::values::{Builder, Form, HOLE, Local, Use, hole, plain, strip};

/// Outcome arms of everything but queues.
const OUTCOMES: [(&str, Outcome); 5] = [
    ("busy", Outcome::Busy),
    ("no-answer", Outcome::NoAnswer),
    ("declined", Outcome::Declined),
    ("unreachable", Outcome::Unreachable),
    ("redirected", Outcome::Redirected),
];

/// Outcome arms of queues; they may have keys too.
const QUEUE_OUTCOMES: [(&str, Outcome); 7] = [
    ("full", Outcome::Full),
    ("empty", Outcome::Empty),
    ("timeout", Outcome::Timeout),
    ("busy", Outcome::Busy),
    ("declined", Outcome::Declined),
    ("unreachable", Outcome::Unreachable),
    ("redirected", Outcome::Redirected),
];

impl<'a> Builder<'_, 'a> {
    /// A dial step.
    pub fn dial(&mut self, dial: &tree::Dial, step: &tree::Step) -> StepKind {
        let is_queue = matches!(dial.target, tree::DialTarget::Queue(_));
        let target = match &dial.target {
            tree::DialTarget::Group(target) => DialTarget::Group(self.target(target.as_ref(), Ty::Group, Env::group)),
            tree::DialTarget::Agent(target) => DialTarget::Agent(self.target(target.as_ref(), Ty::Agent, Env::agent)),
            tree::DialTarget::Queue(target) => DialTarget::Queue(self.target(target.as_ref(), Ty::Queue, Env::queue)),
            tree::DialTarget::Number(number) => {
                let to = number.as_ref().map_or(Operand::Var(HOLE), |number| self.number_to_dial(number));
                DialTarget::Number { to, via: self.via(&dial.options) }
            }
            tree::DialTarget::Ring(ring) => DialTarget::Group(self.ring_in_place(ring, &dial.options, step)),
        };
        let in_place = matches!(dial.target, tree::DialTarget::Ring(_));
        let options = self.dial_options(&dial.options, in_place);
        let mut contact = None;
        let arms = dial.arms.as_ref().map(|arms| self.outcome_arms(arms, is_queue, &mut contact)).unwrap_or_default();
        let otherwise = self.otherwise(step);
        StepKind::Dial(Dial { target, options, arms, contact, otherwise })
    }

    /// Whom `dial` calls: a number, an address, or a value in parentheses.
    fn number_to_dial(&mut self, expr: &Expr) -> Operand {
        self.operand_of(expr, &[Ty::Phone, Ty::Phones], Form::Parens, Use::Shown("a dialled number"))
    }

    fn via(&mut self, options: &[tree::DialOption]) -> Vec<TargetRef<crate::typed::TrunkId>> {
        let mut trunks = Vec::new();
        let mut seen = HashSet::new();
        for option in options {
            let DialOptionKind::Via(targets) = &option.kind else { continue };
            for target in targets {
                if let tree::Target::Name(name) = target
                    && !seen.insert(name.text.clone())
                {
                    let error = self
                        .env
                        .diag(Code::RepeatedMember, name.span, format!("{} stands here twice", crate::types::quote(&name.text)))
                        .help("a trunk is tried once; leave one out");
                    self.env.report(error);
                    continue;
                }
                trunks.push(self.target(Some(target), Ty::Trunk, Env::trunk));
            }
        }
        trunks
    }

    /// The options of a dial step.
    fn dial_options(&mut self, options: &[tree::DialOption], in_place: bool) -> DialOptions {
        let mut built = DialOptions::default();
        for option in options {
            match &option.kind {
                // The total time of a group in place is the group's.
                DialOptionKind::For(_) | DialOptionKind::Each(_) if in_place => {}
                DialOptionKind::For(Some(expr)) => built.ring_for = Some(self.duration(expr, "the ringing")),
                DialOptionKind::Until(Some(time)) if time.valid => {
                    if let Some(zone) = self.env.default_zone(option.span, None) {
                        built.until = Some((time.minutes % 1440, zone));
                    }
                }
                DialOptionKind::CallerId(Some(expr)) => {
                    built.caller_id = Some(self.operand(expr, Ty::Phone, Form::Parens, Use::Shown("the caller's number")));
                }
                DialOptionKind::CallerName(Some(expr)) => built.caller_name = Some(self.header_text(expr, Use::Shown("the caller's name"))),
                DialOptionKind::Announce(Some(expr)) => built.announce = Some(self.text(expr, Use::Shown("an announcement"))),
                DialOptionKind::Confirm(Some(expr)) => built.confirm = self.confirm(expr),
                DialOptionKind::Music(Some(expr)) => built.music = Some(self.text(expr, Use::Shown("the name of music"))),
                DialOptionKind::Record => built.record = true,
                DialOptionKind::Header(name, value) => {
                    let header = name.as_ref().and_then(|name| self.header_name(name));
                    let value = value.as_ref().map(|value| self.header_text(value, Use::Shown("a SIP header")));
                    if let (Some(header), Some(value)) = (header, value) {
                        built.headers.push((header, value));
                    }
                }
                DialOptionKind::Codecs(names) => {
                    for name in names {
                        let codec = name.text.to_ascii_lowercase();
                        if built.codecs.contains(&codec) {
                            let text = crate::types::quote(&name.text);
                            self.env.err(Code::RepeatedOption, name.span, format!("the codec {text} stands here twice"));
                        } else {
                            built.codecs.push(codec);
                        }
                    }
                }
                DialOptionKind::MediaRelay => built.media_relay = true,
                DialOptionKind::Each(Some(expr))
                | DialOptionKind::MaxWait(Some(expr))
                | DialOptionKind::MaxLength(Some(expr))
                | DialOptionKind::AnnouncePosition(Some(expr)) => {
                    self.touch(expr);
                    self.option_of_definition(option);
                }
                DialOptionKind::LeaveWhenEmpty => self.option_of_definition(option),
                _ => {}
            }
        }
        built
    }

    fn option_of_definition(&mut self, option: &tree::DialOption) {
        let text = crate::types::one_line(self.env.text(option.span));
        let error = self
            .env
            .diag(Code::MisplacedOption, option.span, format!("`{text}` belongs to a definition, not to a step"))
            .help("write it where the group or queue is defined");
        self.env.report(error);
    }

    /// The key that whoever answers must press: a literal, or a value in parentheses.
    fn confirm(&mut self, expr: &Expr) -> Option<crate::typed::Template> {
        match &strip(expr).kind {
            ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::From | ExprKind::To => {
                Some(self.text(expr, Use::Shown("a key to be pressed")))
            }
            _ => self.env.confirm_key(strip(expr)).map(|key| plain(&key)),
        }
    }

    /// A header's name: a token of RFC 3261.
    fn header_name(&mut self, name: &tree::Text) -> Option<String> {
        let token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
        if !name.value.is_empty() && name.value.len() <= 64 && name.value.bytes().all(token) {
            return Some(name.value.clone());
        }
        let error = self
            .env
            .diag(Code::BadHeader, name.span, format!("{} is no name of a header", crate::types::quote(&name.value)))
            .help("a header's name has letters, digits and hyphens, such as `\"Alert-Info\"`");
        self.env.report(error);
        None
    }

    // ----------------------------------------------------------------------------------------- outcomes

    fn outcome_arms(&mut self, arms: &tree::Arms, is_queue: bool, contact: &mut Option<VarId>) -> Vec<OutcomeArm> {
        let known: &[(&str, Outcome)] = if is_queue { &QUEUE_OUTCOMES } else { &OUTCOMES };
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        let mut first: Vec<Option<Place>> = vec![None; known.len()];
        let mut keys = Cover::default();
        let mut built = Vec::with_capacity(arms.arms.len());
        for arm in &arms.arms {
            let mut heads = Vec::with_capacity(arm.heads.len());
            for head in &arm.heads {
                heads.extend(self.outcome(head, is_queue, &words, known, &mut first, &mut keys));
            }
            let has_keys = heads.iter().any(|head| matches!(head, Outcome::Key(_)));
            let redirected = heads.contains(&Outcome::Redirected);
            let body = self.outcome_body(arm, has_keys, redirected, contact);
            if !heads.is_empty() {
                built.push(OutcomeArm { heads, body, place: self.env.place(heads_span(arm)) });
            }
        }
        built
    }

    fn outcome(
        &mut self,
        head: &Expr,
        is_queue: bool,
        words: &[&str],
        known: &[(&str, Outcome)],
        first: &mut [Option<Place>],
        keys: &mut Cover,
    ) -> Option<Outcome> {
        let place = self.env.place(head.span);
        if matches!(head.kind, ExprKind::Error) {
            return None;
        }
        if let Some(word) = head_word(head) {
            let Some((at, (_, outcome))) = known.iter().enumerate().find(|(_, (known, _))| *known == word) else {
                self.unknown_outcome(head, &word, is_queue, words);
                return None;
            };
            let slot = first.get_mut(at)?;
            if let Some(earlier) = *slot {
                self.earlier_arm(place, Hit::Same(earlier));
                return None;
            }
            *slot = Some(place);
            return Some(outcome.clone());
        }
        if !is_queue {
            self.unknown_arm(head, words, "a dial step");
            return None;
        }
        let pattern = self.env.key_pattern(head)?;
        if let Some(hit) = keys.find(&pattern) {
            self.earlier_arm(place, hit);
        }
        keys.add(&pattern, place);
        Some(Outcome::Key(pattern))
    }

    /// A word that is no outcome here: perhaps one of somewhere else.
    fn unknown_outcome(&mut self, head: &Expr, word: &str, is_queue: bool, words: &[&str]) {
        let help = match word {
            "answered" => "a call that was answered is settled, and the script is through with it",
            "hangup" | "cancelled" => "when the caller hangs up, the script is through with the call",
            "no-answer" | "no_answer" | "noanswer" if is_queue => "in a queue this is `timeout`",
            "timeout" | "no_answer" | "noanswer" if !is_queue => "when nobody answers, this is `no-answer`",
            "failed" | "error" => "this is `unreachable`",
            "rejected" => "this is `declined`",
            "full" | "empty" if !is_queue => "only a queue is `full` or `empty`",
            _ => {
                let what = if is_queue { "a queue" } else { "a dial step" };
                return self.unknown_arm(head, words, what);
            }
        };
        let what = if is_queue { "a queue" } else { "a dial step" };
        let text = crate::types::one_line(self.env.text(head.span));
        let error = self.env.diag(Code::UnknownArm, head.span, format!("{what} has no arm `{text}`")).help(help);
        self.env.report(error);
    }

    fn outcome_body(&mut self, arm: &Arm, has_keys: bool, redirected: bool, contact: &mut Option<VarId>) -> crate::typed::Block {
        let mark = self.enter();
        if let Some(name) = &arm.capture {
            // A queue's keys are not kept: the key is known from the arm.
            let error = self.env.diag(Code::CaptureWithoutKeys, name.span, "`as` stands on an arm that keeps no keys").help(if has_keys {
                "the key pressed in a queue is known from its arm"
            } else {
                "only a menu's choices can be named"
            });
            self.env.report(error);
            self.declare(name, Local::Unknown);
        }
        if redirected {
            let span = heads_span(arm);
            let var = match *contact {
                Some(var) => var,
                None => self.new_var("contact".to_owned(), Ty::Phone, VarKind::Contact, false, span),
            };
            *contact = Some(var);
            self.env.note_local(NameKind::Contact, "contact", span);
            self.declare_quietly("contact", span, Local::Value(var));
        }
        let body = self.body(&arm.body);
        self.leave(mark);
        body
    }

    // ----------------------------------------------------------------------------------- groups in place

    /// `ring all for 15s < … >`: a group without a name, whose members and times may be values.
    fn ring_in_place(&mut self, members: &tree::Ring, options: &[tree::DialOption], step: &tree::Step) -> TargetRef<GroupId> {
        let mut times = RingTimes::default();
        for option in options {
            let (slot, expr) = match &option.kind {
                DialOptionKind::For(Some(expr)) => (&mut times.total, expr),
                DialOptionKind::Each(Some(expr)) => (&mut times.each, expr),
                _ => continue,
            };
            let time = self.operand(expr, Ty::Duration, Form::Parens, Use::Inner);
            if time != hole() {
                *slot = Some((time, option.span));
            }
        }
        // The values come first, because the members are the business of the desk, and values are not.
        let mut values: HashMap<Span, Operand> = HashMap::new();
        for member in &members.members {
            if let tree::MemberWho::Address(expr) = &member.who {
                values.insert(expr.span, self.operand_of(expr, &[Ty::Phone, Ty::Phones], Form::Parens, Use::Shown("a dialled number")));
            }
            for option in &member.options {
                if let MemberOptionKind::After(Some(expr)) | MemberOptionKind::For(Some(expr)) = &option.kind {
                    values.insert(expr.span, self.operand(expr, Ty::Duration, Form::Parens, Use::Inner));
                }
            }
        }
        let mut value = |_: &mut Env<'a>, expr: &Expr, _: Ty| values.get(&expr.span).filter(|operand| **operand != hole()).cloned();
        let Some(ring) = targets::ring(self.env, members, times, Owner::Step, &mut value) else { return TargetRef::Var(HOLE) };
        let id = GroupId(u32::try_from(self.env.program.groups.len()).unwrap_or(u32::MAX));
        let place = self.env.place(step.head);
        self.env.program.groups.push(Group { name: None, ring, place });
        TargetRef::Static(Target::Defined(id))
    }
}
