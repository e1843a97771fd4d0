//! [`check`]: what a platform makes of a compiled script, said when it is loaded and not when somebody calls; and [`survey`], which finds
//! all that the script may ask for.

use std::fmt;

use callroute_bytecode::image::{Const, Ty};
use callroute_bytecode::image::{
    Dial, DialTarget, GatherKind, Image, Member, MemberWho, Operand, Prompt, Ring, Settle, TargetRef, TemplatePart,
};
use callroute_bytecode::op::Op;
use callroute_numbers::Packed;
use callroute_protocol::DialOutcome;
use callroute_runtime::{Place, Program, Strategy, TargetKind};

use crate::dialect::{Dialect, Verdict};
use crate::legs::{Phone, Shape};
use crate::settings::Settings;

/// Milliseconds of ringing where a script says nothing else.
const RING: u64 = 30_000;
/// Variables of the language.
const PRIORITY: u16 = 3;
const CALLER_NAME: u16 = 4;

/// What a platform makes of something that a script asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding<'p> {
    /// Does it keep the script from being served?
    pub severity: Severity,
    /// What, and what can be done.
    pub message: String,
    /// Where; `None` where the compiled script has no texts any more, and for the fallback.
    pub place: Option<Place<'p>>,
}

impl Finding<'_> {
    /// Does it keep the script from being served?
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// With the file and the line.
impl fmt::Display for Finding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            let before = usize::try_from(place.start).ok().and_then(|start| place.text.get(..start)).unwrap_or_default();
            write!(f, "{}:{}: ", place.path, before.matches('\n').count() + 1)?;
        }
        write!(f, "{}: {}", self.severity, self.message)
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The platform does it with a difference.
    Warning,
    /// It cannot do it.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// All that a dialect cannot say of a script, or says with a difference, in the order of the text. A script without errors among them
/// can be served.
#[must_use]
pub fn check<'p>(program: &'p Program, dialect: &dyn Dialect) -> Vec<Finding<'p>> {
    let mut findings: Vec<Finding<'p>> = Vec::new();
    for need in survey(program, dialect.settings()) {
        for verdict in verdicts(&need.what, dialect) {
            let (severity, message) = match verdict {
                Verdict::Can => continue,
                Verdict::Differs(message) => (Severity::Warning, message),
                Verdict::Cannot(message) => (Severity::Error, message),
            };
            let finding = Finding { severity, message, place: need.place };
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings.sort_by_key(|finding| finding.place.map(|place| (place.file, place.start)));
    findings
}

/// What holds for every platform, and what this one says.
fn verdicts(what: &What<'_>, dialect: &dyn Dialect) -> Vec<Verdict> {
    let Some(settings) = dialect.settings() else { return vec![dialect.judge(what)] };
    let common = match what {
        What::Ring { strategy, members, delays, own_times, bytes, .. } => {
            dialect.rings().verdict(Shape { strategy: *strategy, members: *members, delays: *delays, own_times: *own_times, bytes: *bytes })
        }
        What::Rung { address, trunk } => dialect.unreachable(address, trunk.as_deref()).map_or(Verdict::Can, Verdict::Cannot),
        What::External(kind @ (TargetKind::Group | TargetKind::Agent | TargetKind::Trunk), name) => {
            let kind = kind_word(*kind);
            match name {
                Some(name) if settings.target(kind, name).is_none() => Verdict::Cannot(format!(
                    "the {kind} `{name}` is left to the host, and the settings of this dialect do not say whom it stands for: \
                     under `targets`, `\"{kind} {name}\" = [\"sip:…\"]`"
                )),
                Some(_) => Verdict::Can,
                None => Verdict::Differs(format!("a computed {kind} that the settings' `targets` do not name is unreachable")),
            }
        }
        _ => Verdict::Can,
    };
    vec![common, dialect.judge(what)]
}

/// The word of a kind of target, in scripts and in settings.
#[must_use]
pub const fn kind_word(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Group => "group",
        TargetKind::Agent => "agent",
        TargetKind::Queue => "queue",
        TargetKind::Trunk => "trunk",
    }
}

/// Something that a script may ask for, and where in its text.
#[derive(Clone, PartialEq, Debug)]
pub struct Need<'p> {
    /// What.
    pub what: What<'p>,
    /// Where; `None` where the compiled script has no texts any more.
    pub place: Option<Place<'p>>,
}

/// Something that a script may ask for.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum What<'p> {
    /// Several phones are rung, or one; an agent, a group, a number, or members of a queue.
    Ring {
        /// The group's or agent's name, where it has one.
        name: Option<&'p str>,
        /// How.
        strategy: Strategy,
        /// How many at most, where that is known when the script is loaded (`phones` from a look-up are not).
        members: Option<usize>,
        /// Some member starts to ring later than the others.
        delays: bool,
        /// Of members that ring at once, some ring for a time of their own.
        own_times: bool,
        /// Some member must press a key.
        confirms: bool,
        /// Bytes that what is left of it takes in a call's `continue`, where several answers are needed: at least.
        bytes: usize,
    },
    /// A number or an address that is the same in every call is rung, alone or through a trunk.
    Rung {
        /// Whom.
        address: String,
        /// Through which, where that is known: an address, or a name as the settings have it.
        trunk: Option<String>,
    },
    /// A target whose name only the host knows; `None`: a name that is computed.
    External(TargetKind, Option<&'p str>),
    /// A queue and what is asked of it.
    Queue {
        /// Its name, where it is known.
        name: Option<&'p str>,
        /// It has members of its own, written in the script.
        members: bool,
        /// How many may wait.
        max_length: bool,
        /// How long one may wait.
        max_wait: bool,
        /// Callers are told their position.
        announce_position: bool,
        /// Callers are sent away when nobody is logged in.
        leave_when_empty: bool,
        /// Callers may press keys while they wait.
        keys: bool,
    },
    /// So many trunks one after the other.
    Trunks(usize),
    /// An option of a dial step: its word in a script, `caller id`, `caller name`, `announce`, `confirm`, `music`, `record`, `header`,
    /// `codecs`, `media relay`.
    DialOption(&'static str),
    /// After this outcome of a dial step something else is done than after most.
    DialArm(DialOutcome),
    /// A menu: the longest choice, and whether some choice is the start of another.
    Menu {
        /// Keys of the longest choice.
        max_digits: u8,
        /// A choice has several keys, so the time between keys counts.
        gap: bool,
        /// `*` or `#` is a choice, or part of one.
        symbols: bool,
        /// Milliseconds to the first key, where they are known.
        wait: Option<u64>,
    },
    /// Digits are collected.
    Collect {
        /// Fewest.
        min: u8,
        /// Most.
        max: u8,
        /// The key that ends the input early.
        ending: Option<char>,
        /// Not to be logged.
        secret: bool,
        /// Milliseconds to the first key, where they are known.
        wait: Option<u64>,
    },
    /// A text is said; its language, where one is known.
    Say(Option<&'p str>),
    /// A recording is played, as a prompt, in a queue, or while it rings; its name.
    Play(&'p str),
    /// A message is taken.
    Voicemail {
        /// The greeting, where it is known.
        message: Option<&'p str>,
        /// The mailbox: `Some(None)` is a computed one.
        mailbox: Option<Option<&'p str>>,
        /// Longest message.
        max_duration: bool,
        /// Something is done when it is full or fails.
        arms: bool,
    },
    /// The call is refused with this SIP status; `None`: a computed one.
    Reject(Option<u16>),
    /// The caller's system is sent elsewhere.
    Redirect {
        /// For good.
        permanent: bool,
    },
    /// An action of the host.
    Action(&'p str),
    /// Calls are marked.
    Tag,
    /// Calls get a priority.
    Priority,
}

/// All that a compiled script may ask for, each kind of thing once for each place. What the settings say of the host's names is counted in.
#[must_use]
pub fn survey<'p>(program: &'p Program, settings: Option<&Settings>) -> Vec<Need<'p>> {
    let image = program.verified().image();
    let mut survey = Survey { image, settings, place: None, needs: Vec::new() };
    for (address, instr) in (0u32..).zip(&image.code) {
        survey.place = program.place(address);
        match instr.op {
            Op::Say => survey.prompt(instr.b),
            Op::Tag => survey.need(What::Tag),
            Op::Set if instr.a == PRIORITY => survey.need(What::Priority),
            Op::Set | Op::SetText if instr.a == CALLER_NAME => survey.need(What::DialOption("caller name")),
            Op::Gather | Op::Repeat => survey.gather(instr.b),
            Op::Dial => survey.dial(instr.b),
            Op::Voicemail => survey.voicemail(instr.b),
            Op::Action => survey.action(instr.b),
            Op::Settle => survey.settle(instr.b),
            _ => {}
        }
    }
    survey.place = None;
    if let Some(settle) = image.fallback {
        survey.settle(settle);
    }
    survey.needs
}

struct Survey<'p, 's> {
    image: &'p Image,
    settings: Option<&'s Settings>,
    place: Option<Place<'p>>,
    needs: Vec<Need<'p>>,
}

/// A record of the image by its index.
fn record<T>(records: &[T], index: u32) -> Option<&T> {
    records.get(usize::try_from(index).ok()?)
}

impl<'p> Survey<'p, '_> {
    fn need(&mut self, what: What<'p>) {
        let need = Need { what, place: self.place };
        // The same again from the same place is next to it.
        if !self.needs.iter().rev().take(64).any(|known| *known == need) {
            self.needs.push(need);
        }
    }

    fn text(&self, id: u32) -> &'p str {
        record(&self.image.strings, id).map_or("", String::as_str)
    }

    /// A text, if it is the same in every call.
    fn template(&self, id: u32) -> Option<&'p str> {
        match record(&self.image.templates, id)?.as_slice() {
            [] => Some(""),
            [TemplatePart::Str(text)] => Some(self.text(*text)),
            _ => None,
        }
    }

    fn constant(&self, operand: Operand) -> Option<&'p Const> {
        record(&self.image.consts, operand.as_const()?)
    }

    /// A duration: `Err` if it is known only when the call comes.
    fn duration(&self, operand: Option<Operand>) -> Result<Option<u64>, Operand> {
        let Some(operand) = operand else { return Ok(None) };
        match self.constant(operand) {
            Some(Const::Duration(ms)) => Ok(Some(*ms)),
            _ => Err(operand),
        }
    }

    fn prompt(&mut self, id: u32) {
        match record(&self.image.prompts, id) {
            Some(Prompt::Say(_)) => self.need(What::Say(None)),
            Some(Prompt::Play(name)) => self.need(What::Play(self.text(*name))),
            Some(Prompt::Named(entries)) => {
                for entry in entries {
                    let language = entry.language.map(|language| self.text(language));
                    self.need(if entry.say { What::Say(language) } else { What::Play(self.text(entry.what)) });
                }
            }
            None => {}
        }
    }

    fn gather(&mut self, id: u32) {
        let Some(gather) = record(&self.image.gathers, id) else { return };
        gather.prompts.iter().for_each(|prompt| self.prompt(*prompt));
        let wait = self.duration(Some(gather.wait)).ok().flatten();
        match &gather.kind {
            GatherKind::Menu(choices) => {
                let patterns = || choices.iter().flat_map(|choice| &choice.patterns);
                let max_digits = patterns().map(callroute_runtime::Pattern::max_len).max().unwrap_or(1);
                let symbols = patterns().any(|pattern| pattern.to_string().contains(['*', '#']));
                self.need(What::Menu { max_digits, gap: max_digits > 1, symbols, wait });
            }
            GatherKind::Collect { min, max, ending, secret, .. } => {
                let key = |ending: u8| match ending {
                    10 => '*',
                    11 => '#',
                    digit => char::from(b'0'.saturating_add(digit.min(9))),
                };
                self.need(What::Collect { min: *min, max: *max, ending: ending.map(key), secret: *secret, wait });
            }
        }
    }

    fn dial(&mut self, id: u32) {
        let Some(dial) = record(&self.image.dials, id) else { return };
        match &dial.target {
            DialTarget::Number(to, via) => {
                self.ring_number(*to, via);
            }
            DialTarget::Target(kind, target) => self.target(dial, *kind, *target),
        }
        let queue = matches!(dial.target, DialTarget::Target(TargetKind::Queue, _));
        if let Some(music) = dial.music.and_then(|music| self.template(music)) {
            self.need(What::Play(music));
        }
        for (used, word) in [
            (dial.caller_id.is_some(), "caller id"),
            (dial.caller_name.is_some(), "caller name"),
            (dial.announce.is_some(), "announce"),
            (dial.confirm.is_some(), "confirm"),
            (dial.music.is_some() && !queue, "music"),
            (dial.record, "record"),
            (!dial.headers.is_empty(), "header"),
            (!dial.codecs.is_empty(), "codecs"),
            (dial.media_relay, "media relay"),
        ] {
            if used {
                self.need(What::DialOption(word));
            }
        }
        use DialOutcome::{Busy, Declined, Empty, Full, NoAnswer, Redirected, Timeout, Unreachable};
        let [busy, no_answer, declined, unreachable, redirected, full, empty, timeout] = dial.outcomes;
        let arms = if queue {
            vec![
                (Timeout, timeout),
                (Full, full),
                (Empty, empty),
                (Unreachable, unreachable),
                (Busy, busy),
                (Declined, declined),
                (Redirected, redirected),
            ]
        } else {
            vec![(Unreachable, unreachable), (NoAnswer, no_answer), (Busy, busy), (Declined, declined), (Redirected, redirected)]
        };
        // Where most lead; of several such the first.
        let count = |target: u32| arms.iter().filter(|(_, other)| *other == target).count();
        let most = arms.iter().map(|(_, target)| count(*target)).max().unwrap_or(0);
        let usual = arms.iter().map(|(_, target)| *target).find(|target| count(*target) == most);
        for (outcome, target) in arms {
            if Some(target) != usual {
                self.need(What::DialArm(outcome));
            }
        }
    }

    /// How many phones a value is.
    fn count(&self, operand: Operand) -> Option<usize> {
        match self.constant(operand) {
            Some(Const::Phones(phones)) => Some(phones.len()),
            Some(_) => Some(1),
            None => {
                let var = record(&self.image.vars, operand.as_var()?)?;
                (var.ty != Ty::Phones).then_some(1)
            }
        }
    }

    /// The numbers and addresses that a value is, where they are known.
    fn addresses(&self, operand: Operand) -> Vec<String> {
        match self.constant(operand) {
            Some(Const::Phones(list)) => list.iter().filter_map(|index| self.address(record(&self.image.consts, *index)?)).collect(),
            Some(constant) => self.address(constant).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn address(&self, constant: &Const) -> Option<String> {
        match constant {
            Const::Phone(bits) => Packed::from_bits(*bits).map(|number| number.to_string()),
            Const::Address(text) => Some(self.text(*text).to_owned()),
            _ => None,
        }
    }

    fn ring_number(&mut self, to: Operand, via: &'p [TargetRef]) {
        let members = self.count(to);
        let (strategy, delays, own_times, confirms, bytes) = (Strategy::All, false, false, false, 0);
        self.need(What::Ring { name: None, strategy, members, delays, own_times, confirms, bytes });
        let addresses = self.addresses(to);
        let trunks = if via.is_empty() { vec![None] } else { self.trunks(via).into_iter().map(Some).collect() };
        for address in &addresses {
            for trunk in &trunks {
                self.need(What::Rung { address: address.clone(), trunk: trunk.clone() });
            }
        }
    }

    /// Those that are known.
    fn trunks(&mut self, via: &'p [TargetRef]) -> Vec<String> {
        let mut count = 0;
        let mut known = Vec::new();
        for trunk in via {
            match trunk {
                TargetRef::Defined(id) => {
                    count += 1;
                    let address = record(&self.image.trunks, *id).and_then(|(_, address)| record(&self.image.consts, *address));
                    known.extend(address.and_then(|address| self.address(address)));
                }
                TargetRef::Extern(name) => {
                    let name = self.text(*name);
                    let addresses = self.settings.and_then(|settings| settings.target("trunk", name));
                    count += addresses.map_or(1, <[String]>::len);
                    known.extend(addresses.into_iter().flatten().cloned());
                    self.need(What::External(TargetKind::Trunk, Some(name)));
                }
                TargetRef::Var(_) => {
                    count += 1;
                    if self.may_be_external(TargetKind::Trunk) {
                        self.need(What::External(TargetKind::Trunk, None));
                    }
                }
            }
        }
        self.need(What::Trunks(count));
        known
    }

    /// May a computed target of this kind be one of the host's?
    fn may_be_external(&self, kind: TargetKind) -> bool {
        let [group, agent, queue, trunk] = self.image.open_kinds;
        let open = match kind {
            TargetKind::Group => group,
            TargetKind::Agent => agent,
            TargetKind::Queue => queue,
            TargetKind::Trunk => trunk,
        };
        open || self.image.externs.iter().any(|(of, _)| *of == kind)
    }

    fn target(&mut self, dial: &'p Dial, kind: TargetKind, target: TargetRef) {
        let image = self.image;
        match (target, kind) {
            (TargetRef::Extern(name), _) => {
                let name = self.text(name);
                self.need(What::External(kind, Some(name)));
                match kind {
                    TargetKind::Queue => self.external_queue(dial, Some(name)),
                    _ => {
                        let known = self.settings.and_then(|settings| settings.target(kind_word(kind), name));
                        let members = Some(known.map_or(1, <[String]>::len));
                        let (strategy, delays, own_times, confirms, bytes) = (Strategy::All, false, false, dial.confirm.is_some(), 0);
                        self.need(What::Ring { name: Some(name), strategy, members, delays, own_times, confirms, bytes });
                        self.rung(known.unwrap_or_default().to_vec());
                    }
                }
            }
            (TargetRef::Defined(id), TargetKind::Group) => record(&image.groups, id).into_iter().for_each(|ring| self.ring(dial, ring)),
            (TargetRef::Defined(id), TargetKind::Agent) => record(&image.agents, id).into_iter().for_each(|ring| self.ring(dial, ring)),
            (TargetRef::Defined(id), TargetKind::Queue) => {
                if record(&image.queues, id).is_some() {
                    self.queue(dial, id);
                }
            }
            (TargetRef::Var(_), _) => {
                if self.may_be_external(kind) {
                    self.need(What::External(kind, None));
                    if kind == TargetKind::Queue {
                        self.external_queue(dial, None);
                    }
                }
                // It may be any that the script has.
                match kind {
                    TargetKind::Group => image.groups.iter().filter(|ring| ring.name.is_some()).for_each(|ring| self.ring(dial, ring)),
                    TargetKind::Agent => image.agents.iter().for_each(|ring| self.ring(dial, ring)),
                    TargetKind::Queue => (0..).zip(&image.queues).for_each(|(id, _)| self.queue(dial, id)),
                    TargetKind::Trunk => {}
                }
            }
            (TargetRef::Defined(_), TargetKind::Trunk) => {}
        }
    }

    fn external_queue(&mut self, dial: &'p Dial, name: Option<&'p str>) {
        self.need(What::Queue {
            name,
            members: false,
            max_length: false,
            max_wait: dial.ring_for.is_some(),
            announce_position: false,
            leave_when_empty: false,
            keys: !dial.keys.is_empty(),
        });
    }

    fn queue(&mut self, dial: &'p Dial, id: u32) {
        let Some(queue) = record(&self.image.queues, id) else { return };
        self.externs(&queue.ring);
        self.need(What::Queue {
            name: queue.ring.name.map(|name| self.text(name)),
            members: !queue.ring.members.is_empty(),
            max_length: queue.max_length.is_some(),
            max_wait: queue.max_wait.is_some() || dial.ring_for.is_some(),
            announce_position: queue.announce_position.is_some(),
            leave_when_empty: queue.leave_when_empty,
            keys: !dial.keys.is_empty(),
        });
        if let Some(music) = queue.music {
            self.need(What::Play(self.text(music)));
        }
    }

    fn externs(&mut self, ring: &'p Ring) {
        for member in &ring.members {
            if let MemberWho::Extern(name) = member.who {
                self.need(What::External(TargetKind::Agent, Some(self.text(name))));
            }
        }
    }

    fn ring(&mut self, dial: &'p Dial, ring: &'p Ring) {
        self.externs(ring);
        let count = |who: &MemberWho| match who {
            MemberWho::Phone(operand) => self.count(*operand),
            MemberWho::Extern(name) => {
                let known = self.settings.and_then(|settings| settings.target("agent", self.text(*name)));
                Some(known.map_or(1, <[String]>::len))
            }
        };
        let members = ring.members.iter().map(|member| count(&member.who)).sum();
        let delays =
            ring.members.iter().any(|member| self.duration(member.after) != Ok(None) && self.duration(member.after) != Ok(Some(0)));
        let own_times = ring.strategy == Strategy::All && !self.rings_evenly(dial, ring);
        let phones: Vec<Phone> = ring.members.iter().flat_map(|member| self.phones(dial, member)).collect();
        let confirms = dial.confirm.is_some() || ring.members.iter().any(|member| member.confirm.is_some());
        let name = ring.name.map(|name| self.text(name));
        // What travels with the call, as far as it is known.
        let texts = [dial.announce, dial.caller_name, dial.music].into_iter().flatten().filter_map(|text| self.template(text)).chain(name);
        let bytes = texts.map(str::len).sum::<usize>() + phones.iter().map(Phone::bytes).sum::<usize>();
        self.need(What::Ring { name, strategy: ring.strategy, members, delays, own_times, confirms, bytes });
        self.rung(phones.into_iter().map(|phone| phone.address).collect());
    }

    /// Whom a member is, and how they ring, where that is known.
    fn phones(&self, dial: &Dial, member: &Member) -> Vec<Phone> {
        let addresses = match &member.who {
            MemberWho::Phone(operand) => self.addresses(*operand),
            MemberWho::Extern(name) => {
                self.settings.and_then(|settings| settings.target("agent", self.text(*name))).unwrap_or_default().to_vec()
            }
        };
        let confirm = member.confirm.map(|key| self.text(key)).or_else(|| self.template(dial.confirm?)).map(str::to_owned);
        let timeout = self.duration(member.ring_for).ok().flatten();
        addresses.into_iter().map(|address| Phone { address, delay: 0, timeout, confirm: confirm.clone() }).collect()
    }

    fn rung(&mut self, addresses: Vec<String>) {
        for address in addresses {
            self.need(What::Rung { address, trunk: None });
        }
    }

    /// Do members that ring at once ring equally long, whatever the call?
    fn rings_evenly(&self, dial: &Dial, ring: &Ring) -> bool {
        let total = match self.duration(dial.ring_for.or(ring.total)) {
            // `until` only makes it shorter.
            Ok(total) => Some(total.unwrap_or(RING)),
            Err(_) => None,
        };
        let time =
            |own: Option<Operand>| self.duration(own.or(ring.each)).map(|time| time.filter(|time| total.is_none_or(|total| *time < total)));
        let mut times = ring.members.iter().map(|member| time(member.ring_for));
        let first = times.next();
        times.all(|time| Some(time) == first)
    }

    fn voicemail(&mut self, id: u32) {
        let Some(voicemail) = record(&self.image.voicemails, id) else { return };
        self.need(What::Voicemail {
            message: self.template(voicemail.message),
            mailbox: voicemail.mailbox.map(|mailbox| self.template(mailbox)),
            max_duration: voicemail.max_duration.is_some(),
            arms: voicemail.outcomes.is_some(),
        });
    }

    fn action(&mut self, id: u32) {
        let def = record(&self.image.actions, id).and_then(|action| record(&self.image.action_defs, action.def));
        if let Some(def) = def {
            self.need(What::Action(self.text(def.name)));
        }
    }

    fn settle(&mut self, id: u32) {
        match record(&self.image.settles, id) {
            Some(Settle::Reject(code, _)) => {
                let code = match self.constant(*code) {
                    // The verifier has seen that it is a status.
                    Some(Const::Number(code)) if (0.0..1000.0).contains(code) => Some(*code as u16),
                    _ => None,
                };
                self.need(What::Reject(code));
            }
            Some(Settle::Redirect(_, permanent)) => self.need(What::Redirect { permanent: *permanent }),
            Some(Settle::Voicemail(id)) => self.voicemail(*id),
            Some(Settle::Hangup) | None => {}
        }
    }
}
