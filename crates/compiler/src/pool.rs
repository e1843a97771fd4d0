//! The constant parts of the image, each once: texts, constants, templates, tests, prompts.
//!
//! Indices are given out in the order of first use, so the same program gives the same image.

use std::collections::HashMap;
use std::hash::Hash;

use callroute_analysis::typed;
use callroute_bytecode::image::{self, Image, Operand};
use callroute_calendar::Zone;

use crate::index;

/// What was given an index.
#[derive(Debug)]
struct Known<K>(HashMap<K, u32>);

impl<K> Default for Known<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq> Known<K> {
    /// The index of `key`; what is new is made and put at the end of `items`.
    fn intern<V>(&mut self, items: &mut Vec<V>, key: K, make: impl FnOnce() -> V) -> u32 {
        *self.0.entry(key).or_insert_with(|| {
            let index = u32::try_from(items.len()).unwrap_or(u32::MAX);
            items.push(make());
            index
        })
    }
}

/// A constant, comparable.
#[derive(PartialEq, Eq, Hash, Debug)]
enum ConstKey {
    Text(u32),
    Number(u64),
    Flag(bool),
    Phone(u64),
    Address(u32),
    Phones(Vec<u32>),
    Duration(u64),
    Enum(u32, u32),
    Target(image::TargetKind, image::TargetRef),
    Schedule(u32),
    Dates(u32),
    List(u32),
}

/// A prompt, comparable.
#[derive(PartialEq, Eq, Hash, Debug)]
enum PromptKey {
    /// Whether it is said (else played), and what.
    Spoken(bool, u32),
    /// Of this definition.
    Named(u32),
}

/// A test of a phone, comparable; the indices stand for what is in them.
type PhoneTestKey = (Vec<u8>, Vec<u8>, bool, Vec<u32>, Vec<u16>);

/// An image in the making.
#[derive(Default, Debug)]
pub(crate) struct Pools {
    /// What was made so far.
    pub image: Image,
    /// By variable of the program: its number in the image, unless it has none.
    vars: Vec<Option<u16>>,
    strings: Known<String>,
    consts: Known<ConstKey>,
    zones: HashMap<Zone, u32>,
    templates: Known<Vec<(bool, u32)>>,
    prompts: Known<PromptKey>,
    phone_tests: Known<PhoneTestKey>,
    text_tests: Known<(u8, Vec<[u16; 18]>)>,
    enum_tests: Known<Vec<Operand>>,
    language_tests: Known<Vec<(bool, u32)>>,
    assigns: Known<Vec<(u16, Operand)>>,
    settles: Known<(u8, u32, Option<u32>, bool)>,
    voicemails: Known<(u32, Option<u32>, Option<Operand>)>,
}

/// From how many constants on a test of texts is given an index.
const INDEXED_TEXTS: usize = 8;

impl Pools {
    /// Numbers the variables: all that the host can fill, and of the others those that are read or that a record must name.
    pub fn number_vars(&mut self, program: &typed::Program, keep: impl Fn(typed::VarId, &typed::VarKind) -> bool) {
        for (id, var) in (0..).map(typed::VarId).zip(&program.vars) {
            if !keep(id, &var.kind) {
                self.vars.push(None);
                continue;
            }
            // Too many are refused by the caller, who counts them in the image.
            self.vars.push(u16::try_from(self.image.vars.len()).ok());
            let kind = match &var.kind {
                typed::VarKind::Builtin(_) => image::VarKind::Builtin,
                typed::VarKind::Input { attribute, header, default } => image::VarKind::Input {
                    name: self.string(header.as_ref().unwrap_or(attribute)),
                    header: header.is_some(),
                    default: default.as_ref().map(|value| self.constant(value)),
                },
                typed::VarKind::Param(..) | typed::VarKind::Field | typed::VarKind::Keys(_) | typed::VarKind::Contact => {
                    image::VarKind::Local
                }
            };
            let name = self.string(&var.name);
            self.image.vars.push(image::Var { name, ty: ty(var.ty), kind, secret: var.secret });
        }
    }

    /// The variable's number; one that the program does not have gets one that the image does not have.
    pub fn var(&self, var: typed::VarId) -> u16 {
        self.kept(var).unwrap_or(u16::MAX)
    }

    /// The variable's number, if it is kept.
    pub fn kept(&self, var: typed::VarId) -> Option<u16> {
        self.vars.get(var.index()).copied().flatten()
    }

    pub fn string(&mut self, text: &str) -> u32 {
        match self.strings.0.get(text) {
            Some(index) => *index,
            None => self.strings.intern(&mut self.image.strings, text.to_owned(), || text.to_owned()),
        }
    }

    pub fn zone(&mut self, zone: Zone) -> u32 {
        let zones = &mut self.image.zones;
        *self.zones.entry(zone).or_insert_with(|| {
            zones.push(zone);
            u32::try_from(zones.len() - 1).unwrap_or(u32::MAX)
        })
    }

    fn const_key(&mut self, key: ConstKey, value: image::Const) -> u32 {
        self.consts.intern(&mut self.image.consts, key, || value)
    }

    pub fn phone(&mut self, phone: &typed::Phone) -> u32 {
        match phone {
            typed::Phone::Number(number) => self.const_key(ConstKey::Phone(number.bits()), image::Const::Phone(number.bits())),
            typed::Phone::Address(address) => {
                let text = self.string(address);
                self.const_key(ConstKey::Address(text), image::Const::Address(text))
            }
        }
    }

    pub fn constant(&mut self, value: &typed::Const) -> u32 {
        use typed::Const as From;
        match value {
            From::Text(text) => self.text(text),
            From::Number(number) => self.const_key(ConstKey::Number(number.to_bits()), image::Const::Number(*number)),
            From::Flag(flag) => self.const_key(ConstKey::Flag(*flag), image::Const::Flag(*flag)),
            From::Phone(phone) => self.phone(phone),
            From::Phones(phones) => {
                let phones: Vec<u32> = phones.iter().map(|phone| self.phone(phone)).collect();
                self.const_key(ConstKey::Phones(phones.clone()), image::Const::Phones(phones))
            }
            From::Duration(ms) => self.const_key(ConstKey::Duration(*ms), image::Const::Duration(*ms)),
            From::Enum(id, value) => self.const_key(ConstKey::Enum(id.0, *value), image::Const::Enum(id.0, *value)),
            From::Group(target) => self.target_const(image::TargetKind::Group, target, |id| id.0),
            From::Agent(target) => self.target_const(image::TargetKind::Agent, target, |id| id.0),
            From::Queue(target) => self.target_const(image::TargetKind::Queue, target, |id| id.0),
            From::Trunk(target) => self.target_const(image::TargetKind::Trunk, target, |id| id.0),
            From::Schedule(id) => self.const_key(ConstKey::Schedule(id.0), image::Const::Schedule(id.0)),
            From::Dates(id) => self.const_key(ConstKey::Dates(*id), image::Const::Dates(*id)),
            From::List(id) => self.const_key(ConstKey::List(id.0), image::Const::List(id.0)),
        }
    }

    /// A constant text.
    pub fn text(&mut self, text: &str) -> u32 {
        let text = self.string(text);
        self.const_key(ConstKey::Text(text), image::Const::Text(text))
    }

    fn target_const<T: Copy>(&mut self, kind: image::TargetKind, target: &typed::Target<T>, id: impl Fn(T) -> u32) -> u32 {
        let target = self.target(target, id);
        self.const_key(ConstKey::Target(kind, target), image::Const::Target(kind, target))
    }

    pub fn target<T: Copy>(&mut self, target: &typed::Target<T>, id: impl Fn(T) -> u32) -> image::TargetRef {
        match target {
            typed::Target::Defined(defined) => image::TargetRef::Defined(id(*defined)),
            typed::Target::Extern(name) => image::TargetRef::Extern(self.string(name)),
        }
    }

    pub fn target_ref<T: Copy>(&mut self, target: &typed::TargetRef<T>, id: impl Fn(T) -> u32) -> image::TargetRef {
        match target {
            typed::TargetRef::Static(target) => self.target(target, id),
            typed::TargetRef::Var(var) => image::TargetRef::Var(u32::from(self.var(*var))),
        }
    }

    pub fn operand(&mut self, operand: &typed::Operand) -> Operand {
        match operand {
            typed::Operand::Const(value) => Operand::constant(self.constant(value)),
            typed::Operand::Var(var) => Operand::var(self.var(*var)),
        }
    }

    pub fn opt_operand(&mut self, operand: Option<&typed::Operand>) -> Option<Operand> {
        operand.map(|operand| self.operand(operand))
    }

    /// A template; neighbouring texts are joined and empty ones left out.
    pub fn template(&mut self, template: &typed::Template) -> u32 {
        let mut parts = Vec::new();
        let mut text = String::new();
        for part in &template.parts {
            match part {
                typed::TemplatePart::Text(more) => text.push_str(more),
                typed::TemplatePart::Value(var) => {
                    if !text.is_empty() {
                        parts.push((false, self.string(&std::mem::take(&mut text))));
                    }
                    parts.push((true, u32::from(self.var(*var))));
                }
            }
        }
        if !text.is_empty() {
            parts.push((false, self.string(&text)));
        }
        let make = |(is_var, id): &(bool, u32)| match is_var {
            true => image::TemplatePart::Var(u16::try_from(*id).unwrap_or(u16::MAX)),
            false => image::TemplatePart::Str(*id),
        };
        let made = parts.iter().map(make).collect();
        self.templates.intern(&mut self.image.templates, parts, || made)
    }

    pub fn opt_template(&mut self, template: Option<&typed::Template>) -> Option<u32> {
        template.map(|template| self.template(template))
    }

    fn spoken(&mut self, spoken: &typed::Spoken) -> (bool, u32) {
        match spoken {
            typed::Spoken::Say(template) => (true, self.template(template)),
            typed::Spoken::Play(file) => (false, self.string(file)),
        }
    }

    pub fn prompt(&mut self, program: &typed::Program, item: &typed::PromptItem) -> u32 {
        match item {
            typed::PromptItem::Spoken(spoken) => {
                let (say, what) = self.spoken(spoken);
                let make = || if say { image::Prompt::Say(what) } else { image::Prompt::Play(what) };
                self.prompts.intern(&mut self.image.prompts, PromptKey::Spoken(say, what), make)
            }
            typed::PromptItem::Named(id) => {
                // A definition is known by its number, so that long ones are looked at once.
                let key = PromptKey::Named(id.0);
                if let Some(index) = self.prompts.0.get(&key) {
                    return *index;
                }
                let mut entries = Vec::new();
                for entry in program.prompts.get(id.index()).map(|prompt| prompt.entries.as_slice()).unwrap_or_default() {
                    let language = entry.language.as_ref().map(|language| self.string(language));
                    let (say, what) = self.spoken(&entry.what);
                    entries.push(image::PromptEntry { language, say, what });
                }
                self.prompts.intern(&mut self.image.prompts, key, || image::Prompt::Named(entries))
            }
        }
    }

    pub fn phone_test(&mut self, test: image::PhoneTest) -> u32 {
        let set = test.set.as_ref();
        let bytes = |of: fn(&image::PhoneSet) -> &[u8]| set.map(|set| of(set).to_vec()).unwrap_or_default();
        let key = (bytes(|set| &set.numbers), bytes(|set| &set.addresses), test.anonymous, test.lists.clone(), test.vars.clone());
        self.phone_tests.intern(&mut self.image.phone_tests, key, || test)
    }

    pub fn text_test(&mut self, op: typed::TextOp, items: &[&typed::TextItem]) -> u32 {
        let mut made = Vec::with_capacity(items.len());
        let mut key = Vec::with_capacity(items.len());
        let mut constants = Vec::new();
        for item in items {
            let (tag, words, item) = match item {
                typed::TextItem::Const(text) => {
                    constants.push(text.as_str());
                    let text = self.string(text);
                    (0, id_words(text), image::TextItem::Str(text))
                }
                typed::TextItem::Var(var) => {
                    let var = self.var(*var);
                    (1, id_words(u32::from(var)), image::TextItem::Var(var))
                }
                typed::TextItem::Keys(pattern) => (2, pattern.to_words(), image::TextItem::Keys(*pattern)),
            };
            let mut whole = [tag; 18];
            for (to, from) in whole.iter_mut().skip(1).zip(words) {
                *to = from;
            }
            key.push(whole);
            made.push(item);
        }
        let op = text_op(op);
        let indexed = op == image::TextOp::Is && constants.len() >= INDEXED_TEXTS;
        let key = (op as u8, key);
        self.text_tests.intern(&mut self.image.text_tests, key, || {
            let index = if indexed { index::texts(constants.iter().map(|text| (*text, 0))) } else { Vec::new() };
            image::TextTest { op, items: made, index: index.into() }
        })
    }

    pub fn enum_test(&mut self, operands: &[&typed::Operand]) -> u32 {
        let operands: Vec<Operand> = operands.iter().map(|operand| self.operand(operand)).collect();
        self.enum_tests.intern(&mut self.image.enum_tests, operands.clone(), || operands)
    }

    pub fn language_test(&mut self, items: &[&typed::TextItem]) -> u32 {
        let mut key = Vec::with_capacity(items.len());
        let mut made = Vec::with_capacity(items.len());
        for item in items {
            match item {
                typed::TextItem::Const(range) => {
                    let range = self.string(range);
                    key.push((false, range));
                    made.push(image::TextItem::Str(range));
                }
                typed::TextItem::Var(var) => {
                    let var = self.var(*var);
                    key.push((true, u32::from(var)));
                    made.push(image::TextItem::Var(var));
                }
                // Keys are no language.
                typed::TextItem::Keys(_) => {}
            }
        }
        self.language_tests.intern(&mut self.image.language_tests, key, || made)
    }

    pub fn assign(&mut self, pairs: Vec<(u16, Operand)>) -> u32 {
        self.assigns.intern(&mut self.image.assigns, pairs.clone(), || pairs)
    }

    pub fn settle(&mut self, settle: &typed::Settle) -> u32 {
        let (key, made) = match settle {
            typed::Settle::Hangup => ((0, 0, None, false), image::Settle::Hangup),
            typed::Settle::Reject(reject) => {
                let code = self.operand(&reject.code);
                let text = self.opt_template(reject.text.as_ref());
                ((1, code.0, text, false), image::Settle::Reject(code, text))
            }
            typed::Settle::Redirect { to, permanent } => {
                let to = self.operand(to);
                ((2, to.0, None, *permanent), image::Settle::Redirect(to, *permanent))
            }
            typed::Settle::Voicemail(voicemail) => {
                let voicemail = self.settling_voicemail(voicemail);
                ((3, voicemail, None, false), image::Settle::Voicemail(voicemail))
            }
        };
        self.settles.intern(&mut self.image.settles, key, || made)
    }

    /// A voicemail step after which nothing is asked.
    pub fn settling_voicemail(&mut self, voicemail: &typed::Voicemail) -> u32 {
        let made = self.voicemail(voicemail, None);
        let key = (made.message, made.mailbox, made.max_duration);
        self.voicemails.intern(&mut self.image.voicemails, key, || made)
    }

    pub fn voicemail(&mut self, voicemail: &typed::Voicemail, outcomes: Option<[u32; 2]>) -> image::Voicemail {
        image::Voicemail {
            message: self.template(&voicemail.message),
            mailbox: self.opt_template(voicemail.mailbox.as_ref()),
            max_duration: self.opt_operand(voicemail.max_duration.as_ref()),
            outcomes,
            live: Vec::new(),
        }
    }
}

/// An index in the words of a key.
fn id_words(id: u32) -> [u16; 17] {
    let mut words = [0; 17];
    let [low, high, ..] = &mut words;
    (*low, *high) = ((id & 0xffff) as u16, (id >> 16) as u16);
    words
}

fn text_op(op: typed::TextOp) -> image::TextOp {
    match op {
        typed::TextOp::Is => image::TextOp::Is,
        typed::TextOp::StartsWith => image::TextOp::StartsWith,
        typed::TextOp::EndsWith => image::TextOp::EndsWith,
        typed::TextOp::Contains => image::TextOp::Contains,
    }
}

/// A type.
pub(crate) fn ty(ty: typed::Ty) -> image::Ty {
    match ty {
        typed::Ty::Text => image::Ty::Text,
        typed::Ty::Number => image::Ty::Number,
        typed::Ty::Flag => image::Ty::Flag,
        typed::Ty::Phone => image::Ty::Phone,
        typed::Ty::Phones => image::Ty::Phones,
        typed::Ty::Duration => image::Ty::Duration,
        typed::Ty::Enum(id) => image::Ty::Enum(id.0),
        typed::Ty::Digits => image::Ty::Digits,
        typed::Ty::Group => image::Ty::Group,
        typed::Ty::Agent => image::Ty::Agent,
        typed::Ty::Queue => image::Ty::Queue,
        typed::Ty::Trunk => image::Ty::Trunk,
        typed::Ty::Schedule => image::Ty::Schedule,
        typed::Ty::Dates => image::Ty::Dates,
        typed::Ty::List => image::Ty::List,
    }
}

/// A kind of targets.
pub(crate) fn kind(kind: typed::TargetKind) -> image::TargetKind {
    match kind {
        typed::TargetKind::Group => image::TargetKind::Group,
        typed::TargetKind::Agent => image::TargetKind::Agent,
        typed::TargetKind::Queue => image::TargetKind::Queue,
        typed::TargetKind::Trunk => image::TargetKind::Trunk,
    }
}
