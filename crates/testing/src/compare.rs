//! What is expected against what is: only what an expectation says is compared.

use callroute_analysis::testing::{Expected, ExpectedDial, Whom, constant_text};
use callroute_analysis::typed::{Const, MemberWho, Operand, Program, PromptItem, Ring, Spoken, Strategy, Target, Template, Ty};
use callroute_calendar::{local, to_unix};
use callroute_protocol::{Action, Destination, Forward, Instruction, Seconds, Spoken as Played, strategy_name};
use serde::Serialize;
use serde_json::Value;

use crate::values;
use crate::words;

/// How a call has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Somebody answered.
    Answered,
    /// A message was left.
    Recorded,
    /// The caller hung up.
    CallerHungUp,
    /// Hung up, rejected, redirected, or taken by a mailbox or the host: the last instruction says how.
    Settled,
}

/// Where a call is when something is expected of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Now {
    /// The last instruction, with all prompts and tags since the last thing that happened.
    pub instruction: Instruction,
    /// The script has nothing more to do.
    pub ended: Option<Ended>,
    /// The event's time.
    pub at: i64,
}

/// One thing that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// In the language's words: `for`, `box`, `caller id`.
    pub field: String,
    /// As it is expected.
    pub expected: String,
    /// As it is.
    pub actual: String,
}

/// An instruction is another one than expected.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mismatch {
    /// What is instead, in the language's words.
    pub actual: String,
    /// It is the right kind of instruction to the right place, and these differ.
    pub differences: Vec<Difference>,
}

/// What is to be said of what is not there.
const NOTHING: &str = "nothing";

struct Comparison<'p> {
    program: &'p Program,
    differences: Vec<Difference>,
}

/// Compares. `actual` gives the words for what is; it is only called where they are needed.
///
/// # Errors
/// What differs.
pub fn compare(program: &Program, expected: &Expected, now: &Now, actual: impl FnOnce() -> String) -> Result<(), Mismatch> {
    let mut comparison = Comparison { program, differences: Vec::new() };
    match comparison.fits(expected, now) {
        Ok(true) if comparison.differences.is_empty() => Ok(()),
        Ok(true) => Err(Mismatch { actual: actual(), differences: comparison.differences }),
        Ok(false) => Err(Mismatch { actual: actual(), differences: Vec::new() }),
        Err(instead) => Err(Mismatch { actual: instead, differences: Vec::new() }),
    }
}

impl Comparison<'_> {
    /// Whether it is the same kind of instruction to the same place; what differs beside that is noted. An error says what is instead,
    /// where that is not the instruction.
    fn fits(&mut self, expected: &Expected, now: &Now) -> Result<bool, String> {
        let action = &now.instruction.action;
        Ok(match (expected, action) {
            (Expected::Prompt(item), _) => return self.prompt(item, now).map(|()| true),
            (Expected::Tag(tag), _) => {
                if now.instruction.tags.contains(tag) {
                    return Ok(true);
                }
                let tags: Vec<String> = now.instruction.tags.iter().map(|tag| format!("tag {}", words::quoted(tag))).collect();
                return Err(if tags.is_empty() { "no new tag".to_owned() } else { tags.join(", ") });
            }
            (Expected::Ended(word), _) => match (now.ended, action) {
                (Some(Ended::Answered), _) => *word == "answered",
                (Some(Ended::Recorded), _) => *word == "recorded",
                (Some(Ended::CallerHungUp), _) => *word == "hangup",
                (_, Action::Hangup { reason }) => *word == words::reason(reason),
                _ => false,
            },
            // After the call nothing is asked any more, whatever the last instruction was.
            _ if matches!(now.ended, Some(Ended::Answered | Ended::Recorded | Ended::CallerHungUp)) => false,
            (Expected::Menu, Action::Menu(_)) | (Expected::Collect, Action::Collect(_)) | (Expected::Hangup, Action::Hangup { .. }) => true,
            (Expected::Lookup(source), Action::Lookup(lookup)) => {
                self.program.sources.get(source.index()).is_some_and(|source| source.name == lookup.source)
            }
            (Expected::Dial(dial), Action::Forward(forward)) => self.dial(dial, forward, now.at),
            (Expected::Voicemail { message, mailbox, max_duration }, Action::Voicemail(voicemail)) => {
                self.text("greeting", message, Some(&voicemail.message));
                if let Some(mailbox) = mailbox {
                    self.text("box", mailbox, voicemail.mailbox.as_ref());
                }
                if let Some(most) = max_duration {
                    self.time("for", *most, voicemail.max_duration);
                }
                true
            }
            (Expected::Reject { code, text }, Action::Reject(reject)) => {
                if let Some(code) = code.filter(|code| *code != reject.code) {
                    self.differ("status", code.to_string(), reject.code.to_string());
                }
                if let Some(text) = text {
                    self.text("text", text, reject.text.as_ref());
                }
                true
            }
            (Expected::Redirect { to, permanent }, Action::Redirect(redirect)) => {
                let to = to.to_string();
                if to != redirect.to {
                    self.differ("to", to, redirect.to.clone());
                }
                if *permanent && redirect.code != 301 {
                    self.differ("permanent", "permanent".to_owned(), "for this call".to_owned());
                }
                true
            }
            (Expected::Action(id, args), Action::Host(action)) => {
                let program = self.program;
                let Some(def) = program.actions.get(id.index()).filter(|def| def.name == action.action) else { return Ok(false) };
                for (param, arg) in def.params.iter().zip(args) {
                    let wanted = values::json(program, arg);
                    let found = action.args.get(&param.name).unwrap_or(&Value::Null);
                    if wanted != *found {
                        let words = |value: &Value| match value {
                            Value::Null => NOTHING.to_owned(),
                            value if param.ty == Ty::Duration => words::seconds(value),
                            value => words::value(value),
                        };
                        self.differ(&param.name, words(&wanted), words(found));
                    }
                }
                true
            }
            _ => false,
        })
    }

    fn differ(&mut self, field: &str, expected: String, actual: String) {
        self.differences.push(Difference { field: field.to_owned(), expected, actual });
    }

    fn text(&mut self, field: &str, wanted: &str, found: Option<&String>) {
        if found.map(String::as_str) != Some(wanted) {
            self.differ(field, words::quoted(wanted), found.map_or_else(|| NOTHING.to_owned(), |found| words::quoted(found)));
        }
    }

    fn time(&mut self, field: &str, wanted: u64, found: Option<Seconds>) {
        if found != Some(Seconds(wanted)) {
            self.differ(field, words::duration(Seconds(wanted)), found.map_or_else(|| NOTHING.to_owned(), words::duration));
        }
    }

    fn list(&mut self, field: &str, wanted: &[String], found: &[String]) {
        if wanted != found {
            let shown = |list: &[String]| if list.is_empty() { NOTHING.to_owned() } else { list.join(", ") };
            self.differ(field, shown(wanted), shown(found));
        }
    }

    fn flag(&mut self, field: &str, wanted: bool, found: bool) {
        if wanted && !found {
            self.differ(field, field.to_owned(), NOTHING.to_owned());
        }
    }

    fn prompt(&self, item: &PromptItem, now: &Now) -> Result<(), String> {
        let played = |text: &str, say: bool| {
            now.instruction.prompts.iter().any(|prompt| match &prompt.what {
                Played::Say(said) => say && said == text,
                Played::Play(file) => !say && file == text,
            })
        };
        let is_played = |spoken: &Spoken| match spoken {
            // What a defined prompt says may hold values, of which a test knows nothing.
            Spoken::Say(template) => constant_text(template).is_some_and(|text| played(&text, true)),
            Spoken::Play(file) => played(file, false),
        };
        let good = match item {
            PromptItem::Spoken(spoken) => is_played(spoken),
            PromptItem::Named(id) => {
                let entries = self.program.prompts.get(id.index()).map(|prompt| prompt.entries.as_slice()).unwrap_or_default();
                entries.iter().any(|entry| is_played(&entry.what) || self.is_played_with_values(&entry.what, now))
            }
        };
        if good {
            return Ok(());
        }
        let prompts: Vec<String> = now.instruction.prompts.iter().map(words::prompt).collect();
        Err(if prompts.is_empty() { "nothing is played".to_owned() } else { prompts.join(", ") })
    }

    /// A text with values: its constant beginning and end are those of something said.
    fn is_played_with_values(&self, spoken: &Spoken, now: &Now) -> bool {
        use callroute_analysis::typed::TemplatePart::{Text, Value};
        let Spoken::Say(Template { parts }) = spoken else { return false };
        if !parts.iter().any(|part| matches!(part, Value(_))) {
            return false;
        }
        let edge = |part: Option<&callroute_analysis::typed::TemplatePart>| match part {
            Some(Text(text)) => text.clone(),
            _ => String::new(),
        };
        let (start, end) = (edge(parts.first()), edge(parts.last()));
        now.instruction.prompts.iter().any(|prompt| {
            matches!(&prompt.what, Played::Say(said) if said.starts_with(&start) && said.ends_with(&end) && said.len() >= start.len() + end.len())
        })
    }

    // ------------------------------------------------------------------------------------------------ ringing

    fn dial(&mut self, dial: &ExpectedDial, forward: &Forward, at: i64) -> bool {
        let program = self.program;
        let same = match (&dial.whom, &forward.destination) {
            (Whom::Group(target), Destination::RingGroup(who)) => {
                who.name.as_deref() == Some(name(target, |id| program.groups.get(id.index())?.name.as_deref()))
            }
            (Whom::Agent(target), Destination::Agent(who)) => {
                who.name.as_deref() == Some(name(target, |id| Some(&program.agents.get(id.index())?.name)))
            }
            (Whom::Queue(target), Destination::Queue(queue)) => {
                queue.members.name.as_deref() == Some(name(target, |id| Some(&program.queues.get(id.index())?.name)))
            }
            (Whom::Number(wanted), Destination::Number { number }) => {
                let wanted = wanted.to_string();
                if wanted != *number {
                    self.differ("number", wanted, number.clone());
                }
                true
            }
            (Whom::Ring(ring), Destination::RingGroup(who)) if who.name.is_none() => {
                self.ring(ring, forward, who.members.as_deref().unwrap_or_default(), who.strategy.unwrap_or_default());
                true
            }
            _ => false,
        };
        if same {
            self.options(dial, forward, at);
        }
        same
    }

    fn ring(&mut self, ring: &Ring, forward: &Forward, found: &[String], strategy: &str) {
        let wanted_strategy = strategy_name(callroute_compiler::strategy(ring.strategy));
        if wanted_strategy != strategy {
            self.differ("ring", words::strategy(wanted_strategy).to_owned(), words::strategy(strategy).to_owned());
        }
        let mut wanted: Vec<String> = Vec::new();
        for member in &ring.members {
            match &member.who {
                MemberWho::Phone(one) => wanted.push(one.to_string()),
                MemberWho::Agent(Target::Extern(name)) => wanted.push(format!("agent:{name}")),
                MemberWho::Agent(Target::Defined(id)) => {
                    let members = self.program.agents.get(id.index()).map(|agent| agent.ring.members.as_slice()).unwrap_or_default();
                    wanted.extend(
                        members
                            .iter()
                            .filter_map(|member| if let MemberWho::Phone(one) = &member.who { Some(one.to_string()) } else { None }),
                    );
                }
                MemberWho::Var(_) => {}
            }
        }
        let mut found = found.to_vec();
        if matches!(ring.strategy, Strategy::AtRandom | Strategy::ByWeight) {
            // The order is drawn.
            wanted.sort();
            found.sort();
        }
        self.list("members", &wanted, &found);
        if let Some(total) = constant_time(ring.total.as_ref()) {
            self.time("for", total, forward.timeout);
        }
        if let Some(each) = constant_time(ring.each.as_ref()) {
            self.time("each", each, forward.member_timeout);
        }
        for (at, member) in ring.members.iter().enumerate() {
            if let Some(after) = constant_time(member.after.as_ref()) {
                self.time("after", after, forward.delays.get(at).copied());
            }
            if let Some(most) = constant_time(member.ring_for.as_ref()) {
                self.time("for, of a member", most, forward.member_timeouts.get(at).copied().flatten());
            }
            if let Some(key) = &member.confirm {
                self.text("confirm, of a member", key, forward.confirms.get(at).and_then(Option::as_ref));
            }
        }
    }

    fn options(&mut self, dial: &ExpectedDial, forward: &Forward, at: i64) {
        let program = self.program;
        if !dial.via.is_empty() {
            let via = |target: &Target<callroute_analysis::typed::TrunkId>| match target {
                Target::Defined(id) => program.trunks.get(id.index()).map(|trunk| trunk.address.to_string()).unwrap_or_default(),
                Target::Extern(name) => name.clone(),
            };
            self.list("via", &dial.via.iter().map(via).collect::<Vec<_>>(), &forward.via);
        }
        let options = &dial.options;
        let left = options.until.map(|(minute, zone)| {
            let (end, _) = to_unix(zone, local(zone, at).day, minute, 0);
            u64::try_from(end.saturating_sub(at)).unwrap_or(0).saturating_mul(1000)
        });
        let wanted = match (constant_time(options.ring_for.as_ref()), left) {
            (Some(own), Some(left)) => Some(own.min(left)),
            (own, left) => own.or(left),
        };
        if let Some(wanted) = wanted {
            self.time(if options.ring_for.is_some() { "for" } else { "until" }, wanted, forward.timeout);
        }
        if let Some(Operand::Const(Const::Phone(id))) = &options.caller_id {
            let id = id.to_string();
            if forward.caller_id.as_ref() != Some(&id) {
                self.differ("caller id", id, forward.caller_id.clone().unwrap_or_else(|| NOTHING.to_owned()));
            }
        }
        for (field, wanted, found) in [
            ("caller name", &options.caller_name, &forward.caller_name),
            ("announce", &options.announce, &forward.announce),
            ("confirm", &options.confirm, &forward.confirm),
            ("music", &options.music, &forward.music),
        ] {
            if let Some(wanted) = wanted.as_ref().and_then(constant_text) {
                self.text(field, &wanted, found.as_ref());
            }
        }
        self.flag("record", options.record, forward.record);
        self.flag("media relay", options.media_relay, forward.media.is_some());
        for (name, value) in &options.headers {
            let Some(value) = constant_text(value) else { continue };
            let mut found = forward.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).map(|header| &header.value);
            if !found.clone().any(|found| *found == value) {
                self.text(&format!("header {}", words::quoted(name)), &value, found.next());
            }
        }
        if !options.codecs.is_empty() {
            self.list("codecs", &options.codecs, &forward.codecs);
        }
    }
}

fn constant_time(operand: Option<&Operand>) -> Option<u64> {
    match operand {
        Some(Operand::Const(Const::Duration(ms))) => Some(*ms),
        _ => None,
    }
}

fn name<'t, T: Copy>(target: &'t Target<T>, defined: impl Fn(T) -> Option<&'t str>) -> &'t str {
    match target {
        Target::Defined(id) => defined(*id).unwrap_or_default(),
        Target::Extern(name) => name,
    }
}
