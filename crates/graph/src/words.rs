//! The words of a picture: what a step does, said to somebody who does not read scripts.

use callroute_analysis::typed::{
    Agent, Atom, Cond, Const, DialOptions, DialTarget, Group, Member, MemberWho, NumberOp, Operand, Outcome, PhoneItem, PhonePattern,
    Program, PromptItem, Ref, Ring, Settle, Spoken, Strategy, Target, TargetRef, Template, TemplatePart, TextItem, TextOp, VarId, VarKind,
    Voicemail,
};
use callroute_diagnostics::Place;

/// Members and values that are named before the rest is counted.
const NAMED: usize = 4;

/// Says what things of one program are.
#[derive(Clone, Copy)]
pub(crate) struct Words<'p>(pub &'p Program);

impl<'p> Words<'p> {
    pub(crate) fn source(self, place: Place) -> &'p str {
        let text = self.0.files.get(place.file.0 as usize).map_or("", |file| file.text.as_str());
        text.get(place.span.start as usize..place.span.end as usize).unwrap_or_default()
    }

    pub(crate) fn var(self, id: VarId) -> String {
        self.0.vars.get(id.index()).map_or_else(String::new, |var| match &var.kind {
            VarKind::Builtin(_) if var.name == "from" => "caller".to_owned(),
            VarKind::Builtin(_) if var.name == "to" => "number called".to_owned(),
            _ => var.name.clone(),
        })
    }

    pub(crate) fn operand(self, operand: &Operand) -> String {
        match operand {
            Operand::Var(var) => self.var(*var),
            Operand::Const(value) => self.constant(value),
        }
    }

    fn constant(self, value: &Const) -> String {
        let program = self.0;
        match value {
            Const::Text(text) => text.clone(),
            Const::Number(number) => number.to_string(),
            Const::Flag(flag) => flag.to_string(),
            Const::Phone(phone) => phone.to_string(),
            Const::Phones(phones) => listed(phones.iter().map(ToString::to_string)),
            Const::Duration(ms) => duration(*ms),
            Const::Enum(id, value) => {
                program.enums.get(id.index()).and_then(|all| all.values.get(*value as usize)).cloned().unwrap_or_default()
            }
            Const::Group(target) => target_name(target, |id| program.groups.get(id.index()).and_then(|g| g.name.clone())),
            Const::Agent(target) => target_name(target, |id| program.agents.get(id.index()).map(|a| a.name.clone())),
            Const::Queue(target) => target_name(target, |id| program.queues.get(id.index()).map(|q| q.name.clone())),
            Const::Trunk(target) => target_name(target, |id| program.trunks.get(id.index()).map(|t| t.name.clone())),
            Const::Schedule(id) => program.schedules.get(id.index()).and_then(|s| s.name.clone()).unwrap_or_default(),
            Const::Dates(id) => program.dates_info.get(*id as usize).and_then(|d| d.name.clone()).unwrap_or_default(),
            Const::List(id) => program.lists.get(id.index()).map(|l| l.name.clone()).unwrap_or_default(),
        }
    }

    pub(crate) fn template(self, template: &Template) -> String {
        let parts = template.parts.iter().map(|part| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Value(var) => format!("{{{}}}", self.var(*var)),
        });
        parts.collect()
    }

    // -------------------------------------------------------------------------------------------- conditions

    /// A condition as a question: `caller on list blocked`.
    pub(crate) fn cond(self, cond: &Cond) -> String {
        match cond {
            Cond::Not(inner) => match &**inner {
                Cond::Atom(Atom::Hours(..), _) => self.cond(inner).replacen("open", "closed", 1),
                Cond::Atom(..) => format!("not {}", self.cond(inner)),
                _ => format!("not ({})", self.cond(inner)),
            },
            Cond::And(parts) => self.joined(parts, " and ", |part| matches!(part, Cond::Or(_))),
            Cond::Or(parts) => self.joined(parts, " or ", |_| false),
            Cond::Atom(atom, place) => self.atom(atom, *place),
        }
    }

    fn joined(self, parts: &[Cond], with: &str, needs_parens: impl Fn(&Cond) -> bool) -> String {
        let parts = parts.iter().map(|part| if needs_parens(part) { format!("({})", self.cond(part)) } else { self.cond(part) });
        parts.collect::<Vec<_>>().join(with)
    }

    fn atom(self, atom: &Atom, place: Place) -> String {
        let program = self.0;
        match atom {
            Atom::Hours(schedule, zone) => {
                let zone = zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
                match schedule {
                    Ref::Var(var) => format!("open by the hours in {}{zone}", self.var(*var)),
                    Ref::Id(id) => match program.schedules.get(id.index()).and_then(|schedule| schedule.name.as_ref()) {
                        Some(name) => format!("{name} open{zone}"),
                        None => format!("open {}", inside(self.source(place))),
                    },
                }
            }
            Atom::On(dates, _) => {
                let name = match dates {
                    Ref::Id(id) => program.dates_info.get(*id as usize).and_then(|d| d.name.clone()),
                    Ref::Var(var) => Some(self.var(*var)),
                };
                format!("today on {}", name.unwrap_or_else(|| inside(self.source(place)).to_owned()))
            }
            Atom::Phone(var, items) => {
                let items: Vec<String> = items.iter().map(|item| self.phone_item(item)).collect();
                match items.as_slice() {
                    [one] if one.starts_with("on list ") || one == "withheld" => format!("{} {one}", self.var(*var)),
                    _ => format!("{} is {}", self.var(*var), alternatives(items)),
                }
            }
            Atom::Text(var, op, items) => {
                let op = match op {
                    TextOp::Is => "is",
                    TextOp::StartsWith => "starts with",
                    TextOp::EndsWith => "ends with",
                    TextOp::Contains => "contains",
                };
                format!("{} {op} {}", self.var(*var), alternatives(self.text_items(items)))
            }
            Atom::Enum(var, values) => {
                format!("{} is {}", self.var(*var), alternatives(values.iter().map(|value| self.operand(value)).collect()))
            }
            Atom::Number(var, op, values) => {
                let op = match op {
                    NumberOp::Is => "is",
                    NumberOp::Above => "above",
                    NumberOp::Below => "below",
                    NumberOp::AtLeast => "at least",
                    NumberOp::AtMost => "at most",
                };
                format!("{} {op} {}", self.var(*var), alternatives(values.iter().map(|value| self.operand(value)).collect()))
            }
            Atom::Flag(var) => self.var(*var),
            Atom::FlagIs(var, value) => format!("{} is {}", self.var(*var), self.operand(value)),
            Atom::Missing(var) if self.var(*var) == "caller" => "caller withheld".to_owned(),
            Atom::Missing(var) => format!("{} is missing", self.var(*var)),
            Atom::Language(var, items) => format!("{} is {}", self.var(*var), alternatives(self.text_items(items))),
        }
    }

    fn text_items(self, items: &[TextItem]) -> Vec<String> {
        let items = items.iter().map(|item| match item {
            TextItem::Const(text) => text.clone(),
            TextItem::Var(var) => self.var(*var),
            TextItem::Keys(keys) => keys.to_string(),
        });
        items.collect()
    }

    fn phone_item(self, item: &PhoneItem) -> String {
        match item {
            PhoneItem::Pattern(PhonePattern::Numbers(pattern)) => pattern.to_string(),
            PhoneItem::Pattern(PhonePattern::Address(address)) => address.clone(),
            PhoneItem::Anonymous => "withheld".to_owned(),
            PhoneItem::List(Ref::Id(id)) => format!("on list {}", self.0.lists.get(id.index()).map_or("", |list| list.name.as_str())),
            PhoneItem::List(Ref::Var(var)) => format!("on list {}", self.var(*var)),
            PhoneItem::Var(var) => self.var(*var),
        }
    }

    // -------------------------------------------------------------------------------------------- who rings

    /// Whom a dial step rings, and how: a title and lines.
    pub(crate) fn dial(self, target: &DialTarget, options: &DialOptions) -> (String, Vec<String>) {
        let program = self.0;
        let mut lines = Vec::new();
        let title = match target {
            DialTarget::Group(TargetRef::Static(Target::Defined(id))) => match program.groups.get(id.index()) {
                Some(Group { name, ring, .. }) => {
                    lines.extend(self.ring(ring, options));
                    name.as_ref().map_or_else(|| "Ring".to_owned(), |name| format!("Ring {name}"))
                }
                None => "Ring".to_owned(),
            },
            DialTarget::Agent(TargetRef::Static(Target::Defined(id))) => match program.agents.get(id.index()) {
                Some(Agent { name, ring, .. }) => {
                    lines.extend(self.ring(ring, options));
                    format!("Ring {name}")
                }
                None => "Ring".to_owned(),
            },
            DialTarget::Queue(TargetRef::Static(Target::Defined(id))) => match program.queues.get(id.index()) {
                Some(queue) => {
                    lines.push(format!("waits for {}", self.members(&queue.ring.members)));
                    let most = queue.max_wait.as_ref().map(|wait| format!("at most {}", self.operand(wait)));
                    lines.extend(options.ring_for.as_ref().map(|time| format!("at most {}", self.operand(time))).or(most));
                    format!("Queue {}", queue.name)
                }
                None => "Queue".to_owned(),
            },
            DialTarget::Group(TargetRef::Static(Target::Extern(name))) | DialTarget::Agent(TargetRef::Static(Target::Extern(name))) => {
                lines.extend(self.time(options));
                format!("Ring {name}")
            }
            DialTarget::Queue(TargetRef::Static(Target::Extern(name))) => format!("Queue {name}"),
            DialTarget::Group(TargetRef::Var(var)) => {
                lines.extend(self.time(options));
                format!("Ring the group in {}", self.var(*var))
            }
            DialTarget::Agent(TargetRef::Var(var)) => {
                lines.extend(self.time(options));
                format!("Ring the agent in {}", self.var(*var))
            }
            DialTarget::Queue(TargetRef::Var(var)) => format!("Queue in {}", self.var(*var)),
            DialTarget::Number { to, via } => {
                lines.extend(self.time(options));
                if !via.is_empty() {
                    let via = via.iter().map(|trunk| match trunk {
                        TargetRef::Static(Target::Defined(id)) => {
                            program.trunks.get(id.index()).map_or_else(String::new, |t| t.name.clone())
                        }
                        TargetRef::Static(Target::Extern(name)) => name.clone(),
                        TargetRef::Var(var) => self.var(*var),
                    });
                    lines.push(format!("by {}", via.collect::<Vec<_>>().join(", then ")));
                }
                match to {
                    Operand::Var(var) if self.var(*var) == "number called" => "Dial the number called".to_owned(),
                    _ => format!("Dial {}", self.operand(to)),
                }
            }
        };
        if options.record {
            lines.push("recorded".to_owned());
        }
        (title, lines)
    }

    fn ring(self, ring: &Ring, options: &DialOptions) -> Vec<String> {
        let how = match ring.strategy {
            _ if ring.members.len() == 1 => "",
            Strategy::All => "all at once",
            Strategy::InOrder => "one after another",
            Strategy::InTurn => "in turn",
            Strategy::AtRandom => "one by chance",
            Strategy::ByWeight => "by their shares",
            Strategy::LongestIdle => "longest idle first",
        };
        let time = options.ring_for.as_ref().or(ring.total.as_ref()).map(|time| format!("for {}", self.operand(time)));
        let each = ring.each.as_ref().map(|time| format!("{} each", self.operand(time)));
        let manner: Vec<String> = [(!how.is_empty()).then(|| how.to_owned()), each, time].into_iter().flatten().collect();
        let mut lines = vec![self.members(&ring.members)];
        if !manner.is_empty() {
            lines.push(manner.join(", "));
        }
        lines
    }

    fn time(self, options: &DialOptions) -> Option<String> {
        let until = options.until.map(|(minute, _)| format!("until {}:{:02}", minute / 60, minute % 60));
        options.ring_for.as_ref().map(|time| format!("for {}", self.operand(time))).or(until)
    }

    fn members(self, members: &[Member]) -> String {
        listed(members.iter().map(|member| match &member.who {
            MemberWho::Phone(phone) => phone.to_string(),
            MemberWho::Var(var) => self.var(*var),
            MemberWho::Agent(Target::Extern(name)) => name.clone(),
            MemberWho::Agent(Target::Defined(id)) => self.0.agents.get(id.index()).map_or_else(String::new, |agent| agent.name.clone()),
        }))
    }

    // -------------------------------------------------------------------------------------------- the rest

    /// What is heard.
    pub(crate) fn heard(self, item: &PromptItem) -> String {
        let spoken = |spoken: &Spoken| match spoken {
            Spoken::Say(text) => format!("“{}”", self.template(text)),
            Spoken::Play(file) => format!("♪ {file}"),
        };
        match item {
            PromptItem::Spoken(what) => spoken(what),
            PromptItem::Named(id) => match self.0.prompts.get(id.index()) {
                Some(prompt) => prompt.entries.first().map_or_else(|| prompt.name.clone(), |entry| spoken(&entry.what)),
                None => String::new(),
            },
        }
    }

    pub(crate) fn voicemail(self, mail: &Voicemail) -> Vec<String> {
        let mut lines = vec![format!("greeting {}", self.template(&mail.message))];
        lines.extend(mail.mailbox.as_ref().map(|mailbox| format!("box {}", self.template(mailbox))));
        lines
    }

    /// An end: title and lines.
    pub(crate) fn settle(self, settle: &Settle) -> (String, Vec<String>) {
        match settle {
            Settle::Hangup => ("Hang up".to_owned(), Vec::new()),
            Settle::Reject(reject) => {
                let code = self.operand(&reject.code);
                let reason = match code.as_str() {
                    "486" => "busy".to_owned(),
                    "480" => "unavailable".to_owned(),
                    "603" => "declined".to_owned(),
                    _ => code,
                };
                let text = reject.text.iter().map(|text| self.template(text)).collect();
                (format!("Reject: {reason}"), text)
            }
            Settle::Redirect { to, permanent } => {
                let lines = if *permanent { vec!["for ever".to_owned()] } else { Vec::new() };
                (format!("Redirect to {}", self.operand(to)), lines)
            }
            Settle::Voicemail(mail) => ("Voicemail".to_owned(), self.voicemail(mail)),
        }
    }

    pub(crate) fn outcome(outcome: &Outcome) -> String {
        match outcome {
            Outcome::Busy => "busy".to_owned(),
            Outcome::NoAnswer => "no answer".to_owned(),
            Outcome::Declined => "declined".to_owned(),
            Outcome::Unreachable => "unreachable".to_owned(),
            Outcome::Redirected => "redirected".to_owned(),
            Outcome::Full => "full".to_owned(),
            Outcome::Empty => "nobody there".to_owned(),
            Outcome::Timeout => "waited too long".to_owned(),
            Outcome::Key(keys) => format!("key {keys}"),
        }
    }
}

fn target_name<T: Copy>(target: &Target<T>, find: impl FnOnce(T) -> Option<String>) -> String {
    match target {
        Target::Defined(id) => find(*id).unwrap_or_default(),
        Target::Extern(name) => name.clone(),
    }
}

/// `hours(9-17)` without its word and parentheses.
fn inside(text: &str) -> &str {
    let inner = text.split_once('(').map_or(text, |(_, rest)| rest);
    inner.strip_suffix(')').unwrap_or(inner).trim()
}

/// `500 ms`, `20 s`, `5 min`, `1 h`.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0 => "0 s".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{} h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{} min", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms => format!("{ms} ms"),
    }
}

/// `a, b, c`, and how many more.
pub(crate) fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let shown = items.get(..NAMED.min(items.len())).unwrap_or_default().join(", ");
    match items.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn alternatives(items: Vec<String>) -> String {
    if items.len() <= NAMED { items.join(" or ") } else { listed(items.into_iter()) }
}
