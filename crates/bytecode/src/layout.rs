//! The form in bytes of everything that an [`Image`] holds, field by field, in the order of the file; and which section holds
//! what. Changing a form here is a new major version of the format.

use callroute_calendar::{Day, Pool, Schedule, Zone};
use callroute_numbers::{Country, Pattern};

use crate::bytes::Bytes;
use crate::image::*;
use crate::op::{Instr, Op};
use crate::wire::{Reader, Wire, WireError, Wired, put_len, wire_enum, wire_plain, wire_struct};

impl Wire for Instr {
    const LEAST: usize = 12;
    fn put(&self, out: &mut Vec<u8>) {
        (u32::from(self.op as u8) | u32::from(self.flag) << 8 | u32::from(self.a) << 16).put(out);
        self.b.put(out);
        self.c.put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let [number, flag] = from.array("an instruction")?;
        let Some(op) = Op::from_number(number) else { return from.fail("an opcode") };
        Ok(Self { op, flag, a: u16::get(from)?, b: u32::get(from)?, c: u32::get(from)? })
    }
}

impl Wire for Ty {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        out.push(self.number());
        if let Self::Enum(id) = self {
            id.put(out);
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let number = u8::get(from)?;
        if number == Self::Enum(0).number() {
            return u32::get(from).map(Self::Enum);
        }
        const PLAIN: [Ty; 14] = [
            Ty::Text,
            Ty::Number,
            Ty::Flag,
            Ty::Phone,
            Ty::Phones,
            Ty::Duration,
            Ty::Digits,
            Ty::Group,
            Ty::Agent,
            Ty::Queue,
            Ty::Trunk,
            Ty::Schedule,
            Ty::Dates,
            Ty::List,
        ];
        match PLAIN.iter().find(|ty| ty.number() == number) {
            Some(ty) => Ok(*ty),
            None => from.fail("a type"),
        }
    }
}

impl Wire for Operand {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        u32::get(from).map(Self)
    }
}

impl Wire for Pattern {
    const LEAST: usize = Pattern::WORDS * 2;
    fn put(&self, out: &mut Vec<u8>) {
        self.to_words().put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let words = <[u16; Pattern::WORDS]>::get(from)?;
        match Self::from_words(&words) {
            Some(pattern) => Ok(pattern),
            None => from.fail("a pattern of numbers or keys"),
        }
    }
}

impl Wire for Day {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        i32::get(from).map(Self)
    }
}

/// Zones are stored by name: new rules of a zone need no new compiled script.
impl Wire for Zone {
    const LEAST: usize = 4;
    fn put(&self, out: &mut Vec<u8>) {
        put_len(self.name().len(), out);
        out.extend_from_slice(self.name().as_bytes());
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        match Self::parse(&String::get(from)?) {
            Ok(zone) => Ok(zone),
            Err(_) => from.fail("a time zone that this version knows"),
        }
    }
}

impl Wire for Country {
    const LEAST: usize = 2;
    fn put(&self, out: &mut Vec<u8>) {
        let mut code = self.code().bytes();
        [code.next().unwrap_or(b'?'), code.next().unwrap_or(b'?')].put(out);
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        let code = from.array::<2>("a country")?;
        match std::str::from_utf8(&code).ok().and_then(|code| Self::parse(code).ok()) {
            Some(country) => Ok(country),
            None => from.fail("a country that this version knows"),
        }
    }
}

/// Calendars have a form of their own, behind their length.
macro_rules! wire_calendar {
    ($($ty:ident, $what:literal;)*) => { $(
        impl Wire for $ty {
            const LEAST: usize = 4;
            fn put(&self, out: &mut Vec<u8>) {
                let bytes = self.encode();
                put_len(bytes.len(), out);
                out.extend_from_slice(&bytes);
            }
            fn get(from: &mut Reader) -> Wired<Self> {
                match Self::decode(&Bytes::get(from)?) {
                    Ok(value) => Ok(value),
                    Err(_) => from.fail($what),
                }
            }
        }
    )* };
}
wire_calendar! {
    Pool, "dates";
    Schedule, "a schedule";
}

wire_plain! {
    TargetKind, "a kind of target" { 0 = Group, 1 = Agent, 2 = Queue, 3 = Trunk }
    TextOp, "a comparison of texts" { 0 = Is, 1 = StartsWith, 2 = EndsWith, 3 = Contains }
    Strategy, "a strategy of ringing" { 0 = All, 1 = InOrder, 2 = InTurn, 3 = AtRandom, 4 = ByWeight, 5 = LongestIdle }
}

wire_enum! {
    Const, "a constant" {
        0 = Text(text: Str), 1 = Number(number: f64), 2 = Flag(flag: bool), 3 = Phone(bits: u64), 4 = Address(text: Str),
        5 = Phones(phones: Vec<u32>), 6 = Duration(ms: u64), 7 = Enum(id: u32, value: u32), 8 = Target(kind: TargetKind, target: TargetRef),
        9 = Schedule(id: u32), 10 = Dates(id: u32), 11 = List(id: u32),
    }
    TargetRef, "a target" { 0 = Defined(id: u32), 1 = Extern(name: Str), 2 = Var(var: u32) }
    TextItem, "something to compare a text with" { 0 = Str(text: Str), 1 = Var(var: u16), 2 = Keys(pattern: Pattern) }
    TemplatePart, "a part of a text" { 0 = Str(text: Str), 1 = Var(var: u16) }
    Prompt, "a prompt" { 0 = Say(text: TemplateId), 1 = Play(file: Str), 2 = Named(entries: Vec<PromptEntry>) }
    MemberWho, "a member" { 0 = Phone(phone: Operand), 1 = Extern(name: Str) }
    DialTarget, "somebody to ring" { 0 = Target(kind: TargetKind, target: TargetRef), 1 = Number(to: Operand, via: Vec<TargetRef>) }
    Settle, "a way to settle a call" {
        0 = Hangup, 1 = Reject(code: Operand, text: Option<TemplateId>), 2 = Redirect(to: Operand, permanent: bool), 3 = Voicemail(id: u32),
    }
}

impl Wire for VarKind {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Builtin => out.push(0),
            Self::Input { name, header, default } => {
                out.push(1);
                name.put(out);
                header.put(out);
                default.put(out);
            }
            Self::Local => out.push(2),
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        match u8::get(from)? {
            0 => Ok(Self::Builtin),
            1 => Ok(Self::Input { name: Str::get(from)?, header: bool::get(from)?, default: Option::get(from)? }),
            2 => Ok(Self::Local),
            _ => from.fail("a kind of variable"),
        }
    }
}

impl Wire for SwitchKind {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Phone { set, anonymous } => {
                out.push(0);
                set.put(out);
                anonymous.put(out);
            }
            Self::Text { index, missing } => {
                out.push(1);
                index.put(out);
                missing.put(out);
            }
            Self::Enum { cases, missing } => {
                out.push(2);
                cases.put(out);
                missing.put(out);
            }
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        match u8::get(from)? {
            0 => Ok(Self::Phone { set: PhoneSet::get(from)?, anonymous: Option::get(from)? }),
            1 => Ok(Self::Text { index: Bytes::get(from)?, missing: Option::get(from)? }),
            2 => Ok(Self::Enum { cases: Vec::get(from)?, missing: Option::get(from)? }),
            _ => from.fail("a kind of switch"),
        }
    }
}

impl Wire for GatherKind {
    const LEAST: usize = 1;
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Menu(choices) => {
                out.push(0);
                choices.put(out);
            }
            Self::Collect { min, max, ending, secret, var, entered } => {
                out.push(1);
                min.put(out);
                max.put(out);
                ending.put(out);
                secret.put(out);
                var.put(out);
                entered.put(out);
            }
        }
    }
    fn get(from: &mut Reader) -> Wired<Self> {
        match u8::get(from)? {
            0 => Vec::get(from).map(Self::Menu),
            1 => Ok(Self::Collect {
                min: u8::get(from)?,
                max: u8::get(from)?,
                ending: Option::get(from)?,
                secret: bool::get(from)?,
                var: u16::get(from)?,
                entered: Target::get(from)?,
            }),
            _ => from.fail("a menu or collect"),
        }
    }
}

wire_struct! {
    Var { name: Str, ty: Ty, kind: VarKind, secret: bool }
    List { name: Str, zone: Zone, groups: Vec<ListGroup> }
    ListGroup { until: Option<Day>, set: PhoneSet }
    PhoneSet { numbers: Bytes, addresses: Bytes }
    PhoneTest { set: Option<PhoneSet>, anonymous: bool, lists: Vec<u32>, vars: Vec<u16> }
    TextTest { op: TextOp, items: Vec<TextItem>, index: Bytes }
    Switch { kind: SwitchKind, targets: Vec<Target>, default: Target }
    Split { by_from: bool, label: Str, arms: Vec<(u16, Target)> }
    PromptEntry { language: Option<Str>, say: bool, what: u32 }
    Table { name: Str, prefix: bool, text_keys: bool, columns: Vec<Ty>, rows: u32, index: Bytes, cells: Bytes, texts: Bytes }
    TableLookup { table: u32, key: Operand, row: Vec<(u16, u32)> }
    Gather {
        kind: GatherKind, prompts: Vec<u32>, wait: Operand, gap: Operand, tries: Operand, timeout: Option<Target>, invalid: Option<Target>,
        otherwise: Target, live: Vec<u16>,
    }
    Choice { patterns: Vec<Pattern>, capture: Option<u16>, target: Target }
    Ring { name: Option<Str>, strategy: Strategy, total: Option<Operand>, each: Option<Operand>, members: Vec<Member> }
    Member { who: MemberWho, weight: u16, after: Option<Operand>, ring_for: Option<Operand>, confirm: Option<Str> }
    Queue {
        ring: Ring, max_wait: Option<Operand>, max_length: Option<u32>, announce_position: Option<Operand>, leave_when_empty: bool,
        music: Option<Str>,
    }
    Dial {
        target: DialTarget, ring_for: Option<Operand>, until: Option<(u16, u32)>, caller_id: Option<Operand>, caller_name: Option<TemplateId>,
        announce: Option<TemplateId>, confirm: Option<TemplateId>, music: Option<TemplateId>, record: bool, headers: Vec<(Str, TemplateId)>,
        codecs: Vec<Str>, media_relay: bool, outcomes: [Target; 8], keys: Vec<(Pattern, Target)>, contact: Option<u16>, live: Vec<u16>,
    }
    Source { name: Str, params: Vec<(Str, Ty)>, fields: Vec<(Str, Ty)> }
    Lookup { source: u32, args: Vec<Operand>, within: Option<Operand>, row: Vec<(u16, u32)>, outcomes: [Target; 4], live: Vec<u16> }
    Voicemail {
        message: TemplateId, mailbox: Option<TemplateId>, max_duration: Option<Operand>, outcomes: Option<[Target; 2]>, live: Vec<u16>,
    }
    ActionDef { name: Str, params: Vec<(Str, Ty)>, settles: bool }
    Action { def: u32, args: Vec<Operand>, outcomes: Option<[Target; 2]>, live: Vec<u16> }
    SpanEntry { address: Target, file: u32, start: u32, end: u32 }
}

/// A section of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SectionKind {
    pub id: u16,
    pub name: &'static str,
    /// Nothing that runs depends on it: it can be stripped.
    pub cold: bool,
}

macro_rules! sections {
    ($($(#[$cold:ident])? $id:literal $name:literal: $($field:ident: $fty:ty),*;)*) => {
        /// Every section, in the order of the file.
        pub(crate) const SECTIONS: &[SectionKind] = &[$(SectionKind { id: $id, name: $name, cold: sections!(@ $($cold)?) }),*];

        /// Writes one section.
        pub(crate) fn put_section(image: &Image, id: u16, out: &mut Vec<u8>) {
            match id {
                $($id => { $(image.$field.put(out);)* })*
                _ => {}
            }
        }

        /// Reads one section into its fields. Nothing may be left over.
        pub(crate) fn get_section(image: &mut Image, id: u16, data: Bytes) -> Result<(), WireError> {
            let from = &mut Reader::new(data);
            match id {
                $($id => { $(image.$field = <$fty as Wire>::get(from)?;)* })*
                _ => return Ok(()),
            }
            if from.left() == 0 { Ok(()) } else { from.fail("the end of the section") }
        }
    };
    (@ cold) => { true };
    (@) => { false };
}

sections! {
    1 "script": source_hash: [u8; 32], compiler: String, turn_limit: u16, country: Option<Country>, fallback: Option<u32>, entry: Target,
        externs: Vec<(TargetKind, Str)>, open_kinds: [bool; 4];
    2 "strings": strings: Vec<String>;
    3 "values": consts: Vec<Const>, enums: Vec<Vec<Str>>, vars: Vec<Var>;
    4 "calendar": zones: Vec<Zone>, dates: Pool, schedules: Vec<Schedule>;
    5 "tests": lists: Vec<List>, phone_tests: Vec<PhoneTest>, text_tests: Vec<TextTest>, enum_tests: Vec<Vec<Operand>>,
        language_tests: Vec<Vec<TextItem>>, switches: Vec<Switch>, splits: Vec<Split>;
    6 "texts": templates: Vec<Vec<TemplatePart>>, prompts: Vec<Prompt>, assigns: Vec<Vec<(u16, Operand)>>;
    7 "tables": tables: Vec<Table>, table_lookups: Vec<TableLookup>;
    8 "gathers": gathers: Vec<Gather>;
    9 "targets": agents: Vec<Ring>, groups: Vec<Ring>, queues: Vec<Queue>, trunks: Vec<(Str, u32)>;
    10 "steps": dials: Vec<Dial>, sources: Vec<Source>, lookups: Vec<Lookup>, voicemails: Vec<Voicemail>, action_defs: Vec<ActionDef>,
        actions: Vec<Action>, settles: Vec<Settle>;
    11 "code": code: Vec<Instr>;
    #[cold] 100 "spans": spans: Vec<SpanEntry>;
    #[cold] 101 "files": files: Vec<(String, String)>;
}
