//! [`Answer`]: what is to happen to the call now, as views of the call's memory. The protocol writes them; nothing is copied.

use std::fmt;

use callroute_bytecode::image::{GatherKind, Image, Ty};
use callroute_numbers::Pattern;

use crate::call::{Call, Given, Reason, WarningOut};
use crate::forward::Forward;
use crate::gather::key_text;
use crate::program::Program;
use crate::value::{Text, Value as Held, constant};

/// The answer to an event.
#[derive(Clone, Copy)]
pub struct Answer<'c> {
    program: &'c Program,
    pub(crate) call: &'c Call,
}

pub(crate) fn record<R>(records: &[R], index: u32) -> Option<&R> {
    usize::try_from(index).ok().and_then(|index| records.get(index))
}

impl<'c> Answer<'c> {
    pub(crate) const fn new(program: &'c Program, call: &'c Call) -> Self {
        Self { program, call }
    }

    pub(crate) fn image(&self) -> &'c Image {
        self.program.image()
    }

    pub(crate) fn text(&self, text: Text) -> &'c str {
        self.call.arena.get(self.image(), text)
    }

    /// What is to happen.
    #[must_use]
    pub fn instruction(&self) -> Instruction<'c> {
        let view = *self;
        match self.call.out.given {
            Given::None => Instruction::None,
            Given::Forward(ref out) => match record(&self.image().dials, out.dial) {
                Some(dial) => Instruction::Forward(Forward { answer: view, out, dial }),
                None => Instruction::None,
            },
            Given::Menu { gather, wait, gap, attempt } => Instruction::Menu(Menu { answer: view, gather, wait, gap, attempt }),
            Given::Collect { gather, wait, gap, attempt } => Instruction::Collect(Collect { answer: view, gather, wait, gap, attempt }),
            Given::Play => Instruction::Play,
            Given::Voicemail { message, mailbox, max_duration } => Instruction::Voicemail(Voicemail {
                message: self.text(message),
                mailbox: mailbox.map(|text| self.text(text)),
                max_duration_ms: max_duration,
            }),
            Given::Reject { code, text } => Instruction::Reject(Reject { code, text: text.map(|text| self.text(text)) }),
            Given::Redirect { to, permanent } => Instruction::Redirect(Redirect { to: self.text(to), permanent }),
            Given::Hangup(reason) => Instruction::Hangup(reason),
            Given::Lookup { lookup, within } => Instruction::Lookup(Lookup { answer: view, lookup, within }),
            Given::Action { def } => Instruction::Action(Action { answer: view, def }),
        }
    }

    /// What is played before, in order.
    pub fn prompts(&self) -> impl ExactSizeIterator<Item = Prompt<'c>> + use<'c> {
        let view = *self;
        self.call.out.prompts.iter().map(move |prompt| {
            let text = view.text(prompt.text);
            Prompt {
                what: if prompt.say { Spoken::Say(text) } else { Spoken::Play(text) },
                language: prompt.language.map(|language| constant(view.image(), language)),
                interruptible: prompt.interruptible,
            }
        })
    }

    /// Tags that are new since the last answer.
    pub fn tags(&self) -> impl ExactSizeIterator<Item = &'c str> + use<'c> {
        let view = *self;
        self.call.out.tags.iter().map(move |tag| view.text(*tag))
    }

    /// The call's priority, once the script has set it.
    #[must_use]
    pub fn priority(&self) -> Option<f64> {
        self.call.out.priority
    }

    /// What is worth telling whoever runs the host.
    pub fn warnings(&self) -> impl ExactSizeIterator<Item = Warning<'c>> + use<'c> {
        let view = *self;
        self.call.out.warnings.iter().map(move |out| view.warning(*out))
    }

    fn warning(&self, out: WarningOut) -> Warning<'c> {
        let image = self.image();
        match out {
            WarningOut::Input { var, found } => {
                let var = image.vars.get(usize::from(var));
                let (name, header, default) = match var.map(|var| var.kind) {
                    Some(callroute_bytecode::image::VarKind::Input { name, header, default }) => {
                        (constant(image, name), header, default.is_some())
                    }
                    _ => ("", false, false),
                };
                let expected = callroute_bytecode::ty_name(var.map_or(Ty::Text, |var| var.ty));
                Warning::Input { name, header, expected, found, default }
            }
            WarningOut::Field { source, field, found } => {
                let source = record(&image.sources, source);
                let def = source.and_then(|source| record(&source.fields, field));
                let (name, ty) = def.map_or(("", Ty::Text), |(name, ty)| (constant(image, *name), *ty));
                let source = source.map_or("", |source| constant(image, source.name));
                Warning::Field { source, name, expected: callroute_bytecode::ty_name(ty), found }
            }
            WarningOut::Cut => Warning::Cut,
            WarningOut::Tags => Warning::Tags,
            WarningOut::Keys => Warning::Keys,
            WarningOut::Outcome(what) => Warning::Outcome { what },
            WarningOut::Fault(what) => Warning::Fault { what },
        }
    }

    /// Whether the script goes on when the next event comes: the answer carries `continue`. A `forward` waits only if something
    /// is left to do when nobody answers.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.call.out.waiting
    }

    fn args(&self) -> impl ExactSizeIterator<Item = (&'c str, Value<'c>)> + use<'c> {
        let view = *self;
        self.call.out.args.iter().map(move |(name, value, ty)| (constant(view.image(), *name), view.value(*value, *ty)))
    }

    fn value(&self, value: Held, ty: Ty) -> Value<'c> {
        match value {
            Held::Number(number) => Value::Number(number),
            Held::Flag(flag) => Value::Flag(flag),
            Held::Duration(ms) => Value::Duration(ms),
            Held::Text(text) | Held::Address(text) if ty == Ty::Phone => Value::Phone(self.text(text)),
            Held::Text(text) | Held::Address(text) => Value::Text(self.text(text)),
            Held::Phones(crate::value::Phones::Lines(text)) => Value::Phones(Phones { lines: self.text(text) }),
            // Constants were made texts when the answer was given.
            _ => Value::Text(""),
        }
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("instruction", &self.instruction())
            .field("prompts", &self.prompts().collect::<Vec<_>>())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

/// What is to happen to the call now.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Instruction<'c> {
    /// Ring somebody.
    Forward(Forward<'c>),
    /// Wait for one of several choices.
    Menu(Menu<'c>),
    /// Wait for digits.
    Collect(Collect<'c>),
    /// Play the prompts and say when that is done: there were too many for one answer.
    Play,
    /// Take a message.
    Voicemail(Voicemail<'c>),
    /// Reject the call.
    Reject(Reject<'c>),
    /// Send the caller elsewhere.
    Redirect(Redirect<'c>),
    /// Hang up.
    Hangup(Reason),
    /// Ask a source.
    Lookup(Lookup<'c>),
    /// Do something that the host defines.
    Action(Action<'c>),
    /// Nothing.
    None,
}

/// Something to be heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prompt<'c> {
    /// What.
    pub what: Spoken<'c>,
    /// Its language, a BCP 47 tag, where the script says it.
    pub language: Option<&'c str>,
    /// A key ends it.
    pub interruptible: bool,
}

/// A text or a recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spoken<'c> {
    /// A text to be spoken.
    Say(&'c str),
    /// The name of a recording.
    Play(&'c str),
}

/// An argument's value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'c> {
    /// A text, keys, or a word of an enumeration.
    Text(&'c str),
    /// A finite number.
    Number(f64),
    /// A flag.
    Flag(bool),
    /// A number or address, as it is dialled.
    Phone(&'c str),
    /// Several.
    Phones(Phones<'c>),
    /// Milliseconds.
    Duration(u64),
}

/// Several numbers or addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Phones<'c> {
    lines: &'c str,
}

impl<'c> Phones<'c> {
    /// Each of them, as it is dialled.
    pub fn iter(&self) -> impl Iterator<Item = &'c str> + use<'c> {
        self.lines.split('\n').filter(|line| !line.is_empty())
    }
}

/// `menu`
#[derive(Clone, Copy)]
pub struct Menu<'c> {
    answer: Answer<'c>,
    gather: u32,
    wait: u64,
    gap: Option<u64>,
    attempt: u16,
}

impl<'c> Menu<'c> {
    /// The keys and patterns of all choices, in the order of the script.
    pub fn choices(&self) -> impl Iterator<Item = &'c Pattern> + use<'c> {
        let choices = match record(&self.answer.image().gathers, self.gather).map(|gather| &gather.kind) {
            Some(GatherKind::Menu(choices)) => choices.as_slice(),
            _ => &[],
        };
        choices.iter().flat_map(|choice| &choice.patterns)
    }

    /// The most keys of a choice.
    #[must_use]
    pub fn max_digits(&self) -> u8 {
        record(&self.answer.program.max_digits, self.gather).copied().unwrap_or(1)
    }

    /// Milliseconds to the first key.
    #[must_use]
    pub const fn timeout_ms(&self) -> u64 {
        self.wait
    }

    /// Milliseconds between keys, where a choice has several.
    #[must_use]
    pub const fn gap_ms(&self) -> Option<u64> {
        self.gap
    }

    /// How often it has been asked, this time included.
    #[must_use]
    pub const fn attempt(&self) -> u16 {
        self.attempt
    }
}

impl fmt::Debug for Menu<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let choices: Vec<String> = self.choices().map(ToString::to_string).collect();
        f.debug_struct("Menu").field("choices", &choices).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// `collect`
#[derive(Clone, Copy)]
pub struct Collect<'c> {
    answer: Answer<'c>,
    gather: u32,
    wait: u64,
    gap: u64,
    attempt: u16,
}

impl Collect<'_> {
    fn kind(&self) -> (u8, u8, Option<u8>, bool) {
        match record(&self.answer.image().gathers, self.gather).map(|gather| &gather.kind) {
            Some(GatherKind::Collect { min, max, ending, secret, .. }) => (*min, *max, *ending, *secret),
            _ => (1, 1, None, false),
        }
    }

    /// Fewest digits.
    #[must_use]
    pub fn min_digits(&self) -> u8 {
        self.kind().0
    }

    /// Most digits.
    #[must_use]
    pub fn max_digits(&self) -> u8 {
        self.kind().1
    }

    /// The key that ends the input.
    #[must_use]
    pub fn ending(&self) -> Option<&'static str> {
        self.kind().2.map(key_text)
    }

    /// What is entered must not be logged.
    #[must_use]
    pub fn secret(&self) -> bool {
        self.kind().3
    }

    /// Milliseconds to the first key.
    #[must_use]
    pub const fn timeout_ms(&self) -> u64 {
        self.wait
    }

    /// Milliseconds between keys.
    #[must_use]
    pub const fn gap_ms(&self) -> u64 {
        self.gap
    }

    /// How often it has been asked, this time included.
    #[must_use]
    pub const fn attempt(&self) -> u16 {
        self.attempt
    }
}

impl fmt::Debug for Collect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = [self.min_digits(), self.max_digits()];
        f.debug_struct("Collect").field("digits", &digits).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// `voicemail`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voicemail<'c> {
    /// The greeting.
    pub message: &'c str,
    /// The mailbox.
    pub mailbox: Option<&'c str>,
    /// Milliseconds that a message may have.
    pub max_duration_ms: Option<u64>,
}

/// `reject`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reject<'c> {
    /// SIP status, 300 to 699.
    pub code: u16,
    /// The reason text.
    pub text: Option<&'c str>,
}

impl Reject<'_> {
    /// In a word: `busy` (486, 600), `unavailable` (480), `declined` (every other).
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.code {
            486 | 600 => "busy",
            480 => "unavailable",
            _ => "declined",
        }
    }
}

/// `redirect`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Redirect<'c> {
    /// Where to.
    pub to: &'c str,
    /// For good.
    pub permanent: bool,
}

impl Redirect<'_> {
    /// The SIP status: 301 or 302.
    #[must_use]
    pub const fn code(&self) -> u16 {
        if self.permanent { 301 } else { 302 }
    }
}

/// `lookup`
#[derive(Clone, Copy)]
pub struct Lookup<'c> {
    answer: Answer<'c>,
    lookup: u32,
    within: Option<u64>,
}

impl<'c> Lookup<'c> {
    /// The source to be asked.
    #[must_use]
    pub fn source(&self) -> &'c str {
        let image = self.answer.image();
        let lookup = record(&image.lookups, self.lookup);
        lookup.and_then(|lookup| record(&image.sources, lookup.source)).map_or("", |source| constant(image, source.name))
    }

    /// Its number among [`Program::sources`].
    #[must_use]
    pub fn source_index(&self) -> usize {
        let lookup = record(&self.answer.image().lookups, self.lookup);
        lookup.and_then(|lookup| usize::try_from(lookup.source).ok()).unwrap_or(0)
    }

    /// Arguments by name: all of the source's, none missing.
    pub fn args(&self) -> impl ExactSizeIterator<Item = (&'c str, Value<'c>)> + use<'c> {
        self.answer.args()
    }

    /// Milliseconds. `None`: the host's own limit.
    #[must_use]
    pub const fn timeout_ms(&self) -> Option<u64> {
        self.within
    }
}

impl fmt::Debug for Lookup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments can hold what was typed in secret.
        f.debug_struct("Lookup").field("source", &self.source()).finish_non_exhaustive()
    }
}

/// A host action.
#[derive(Clone, Copy)]
pub struct Action<'c> {
    answer: Answer<'c>,
    def: u32,
}

impl<'c> Action<'c> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'c str {
        let image = self.answer.image();
        record(&image.action_defs, self.def).map_or("", |def| constant(image, def.name))
    }

    /// Arguments by name; missing ones are left out.
    pub fn args(&self) -> impl ExactSizeIterator<Item = (&'c str, Value<'c>)> + use<'c> {
        self.answer.args()
    }
}

impl fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// What is worth telling whoever runs the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Warning<'c> {
    /// An input has the wrong type, and counts as missing.
    Input {
        /// The attribute or header.
        name: &'c str,
        /// It is a header.
        header: bool,
        /// The type that the script declares.
        expected: &'static str,
        /// What it was.
        found: &'static str,
        /// The script's default was taken.
        default: bool,
    },
    /// A field of a row has the wrong type, and counts as missing.
    Field {
        /// The source.
        source: &'c str,
        /// The field.
        name: &'c str,
        /// The type that the script declares.
        expected: &'static str,
        /// What it was.
        found: &'static str,
    },
    /// A text was longer than 4096 bytes, or a value had more than 64 phones: the rest was cut off.
    Cut,
    /// There were more than 64 new tags: the rest was dropped.
    Tags,
    /// There were more keys than can be remembered (32): the rest was dropped.
    Keys,
    /// Ringing ended in a way in which it cannot end: it counts as `unreachable`.
    Outcome {
        /// What the outcome is.
        what: &'static str,
    },
    /// The compiled script has a fault: the answer is its fallback.
    Fault {
        /// What.
        what: &'static str,
    },
}

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { name, header, expected, found, default } => {
                let kind = if *header { "header" } else { "attribute" };
                let taken = if *default { "its default is used" } else { "it counts as missing" };
                write!(f, "{kind} `{name}` is a {found} that cannot be read as {expected}; {taken}")
            }
            Self::Field { source, name, expected, found } => {
                write!(f, "field `{name}` from source `{source}` is a {found} that cannot be read as {expected}; it counts as missing")
            }
            Self::Cut => f.write_str("a text had more than 4096 bytes, or a value more than 64 phones; the rest was cut off"),
            Self::Tags => f.write_str("there were more than 64 new tags; the rest was dropped"),
            Self::Keys => f.write_str("the caller pressed more keys than can be remembered; the rest was dropped"),
            Self::Outcome { what } => write!(f, "the `outcome` is {what}; it counts as `unreachable`"),
            Self::Fault { what } => write!(f, "the compiled script has a fault ({what}); its fallback was answered; compile it again"),
        }
    }
}
