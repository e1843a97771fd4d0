//! Images made by hand: a small assembler with labels, and a sample that uses everything.

#![allow(dead_code, reason = "shared by tests that each use a part")]

use callroute_bytecode::image::*;
use callroute_bytecode::op::{Field, Instr, Op};
use callroute_calendar::{Dates, DatesEntry, Day, DayRule, Line, LineDays, MonthSet, Schedule, Weekday, WeekdaySet, What, Zone};
use callroute_numbers::index::{Case, IndexBuilder, TextIndexBuilder};
use callroute_numbers::{Country, Packed, Pattern};

/// A label is a target from here on, until [`Asm::finish`] puts the address in its place.
const LABELS: u32 = 0x4000_0000;

#[derive(Default)]
pub struct Asm {
    pub image: Image,
    labels: Vec<Option<u32>>,
}

pub fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

pub fn packed(text: &str) -> Packed {
    Packed::parse(text).unwrap()
}

pub fn keys(text: &str) -> Pattern {
    Pattern::parse_keys(text).unwrap()
}

/// Patterns and addresses, with their positions as values.
pub fn phone_set(patterns: &[&str]) -> PhoneSet {
    let mut numbers = IndexBuilder::new();
    let mut addresses = TextIndexBuilder::new(Case::Counts);
    for (value, pattern) in (0..).zip(patterns) {
        match Pattern::parse(pattern) {
            Ok(pattern) => numbers.push(pattern, value),
            Err(_) => addresses.push(pattern, value),
        }
    }
    let addresses = if addresses.is_empty() { Vec::new() } else { addresses.build() };
    PhoneSet { numbers: numbers.build().into(), addresses: addresses.into() }
}

pub fn text_index(texts: &[&str]) -> callroute_bytecode::Bytes {
    let mut index = TextIndexBuilder::new(Case::Ignored);
    for (value, text) in (0..).zip(texts) {
        index.push(text, value);
    }
    index.build().into()
}

impl Asm {
    pub fn new() -> Self {
        let mut asm = Self::default();
        asm.image.turn_limit = 100;
        asm.image.compiler = "by hand".to_owned();
        let types = [Ty::Phone, Ty::Phone, Ty::Text, Ty::Number].into_iter().chain([Ty::Text; 7]);
        for (name, ty) in BUILTINS.into_iter().zip(types) {
            let name = asm.text(name);
            asm.image.vars.push(Var { name, ty, kind: VarKind::Builtin, secret: false });
        }
        asm
    }

    /// A script that does nothing.
    pub fn new_ending() -> Image {
        let mut asm = Self::new();
        asm.op(Op::End, 0, 0, 0);
        asm.finish()
    }

    pub fn text(&mut self, text: &str) -> Str {
        let at = self.image.strings.iter().position(|known| known == text).unwrap_or_else(|| {
            self.image.strings.push(text.to_owned());
            self.image.strings.len() - 1
        });
        at as u32
    }

    pub fn constant(&mut self, value: Const) -> u32 {
        let at = self.image.consts.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.image.consts.push(value);
            self.image.consts.len() - 1
        });
        at as u32
    }

    pub fn value(&mut self, value: Const) -> Operand {
        Operand::constant(self.constant(value))
    }

    pub fn number(&mut self, number: f64) -> Operand {
        self.value(Const::Number(number))
    }

    pub fn ms(&mut self, ms: u64) -> Operand {
        self.value(Const::Duration(ms))
    }

    pub fn phone(&mut self, text: &str) -> Operand {
        let value = match Packed::parse(text) {
            Some(number) => Const::Phone(number.bits()),
            None => Const::Address(self.text(text)),
        };
        self.value(value)
    }

    pub fn var(&mut self, name: &str, ty: Ty, kind: VarKind) -> u16 {
        let name = self.text(name);
        self.image.vars.push(Var { name, ty, kind, secret: false });
        (self.image.vars.len() - 1) as u16
    }

    pub fn local(&mut self, name: &str, ty: Ty) -> u16 {
        self.var(name, ty, VarKind::Local)
    }

    pub fn input(&mut self, name: &str, ty: Ty, header: bool, default: Option<Const>) -> u16 {
        let default = default.map(|value| self.constant(value));
        let id = self.text(name);
        self.var(name, ty, VarKind::Input { name: id, header, default })
    }

    pub fn enumeration(&mut self, values: &[&str]) -> u32 {
        let values = values.iter().map(|value| self.text(value)).collect();
        self.image.enums.push(values);
        (self.image.enums.len() - 1) as u32
    }

    /// `{3}` is variable 3.
    pub fn template(&mut self, text: &str) -> TemplateId {
        let mut parts = Vec::new();
        for (index, piece) in text.split(['{', '}']).enumerate() {
            if index % 2 == 1 {
                parts.push(TemplatePart::Var(piece.parse().unwrap()));
            } else if !piece.is_empty() {
                parts.push(TemplatePart::Str(self.text(piece)));
            }
        }
        self.image.templates.push(parts);
        (self.image.templates.len() - 1) as u32
    }

    pub fn say(&mut self, text: &str) -> u32 {
        let template = self.template(text);
        self.image.prompts.push(Prompt::Say(template));
        (self.image.prompts.len() - 1) as u32
    }

    // -------------------------------------------------------------------------------------------------------- code

    pub fn label(&mut self) -> u32 {
        self.labels.push(None);
        LABELS + (self.labels.len() - 1) as u32
    }

    pub fn here(&mut self, label: u32) {
        self.labels[(label - LABELS) as usize] = Some(self.image.code.len() as u32);
    }

    pub fn flagged(&mut self, op: Op, flag: u8, a: u16, b: u32, c: u32) -> u32 {
        self.image.code.push(Instr { op, flag, a, b, c });
        (self.image.code.len() - 1) as u32
    }

    pub fn op(&mut self, op: Op, a: u16, b: u32, c: u32) -> u32 {
        self.flagged(op, 0, a, b, c)
    }

    pub fn settle(&mut self, settle: Settle) -> u32 {
        self.image.settles.push(settle);
        let settle = (self.image.settles.len() - 1) as u32;
        self.op(Op::Settle, 0, settle, 0)
    }

    /// A voicemail that settles.
    pub fn voicemail(&mut self, message: &str) -> u32 {
        let message = self.template(message);
        self.image.voicemails.push(Voicemail { message, mailbox: None, max_duration: None, outcomes: None, live: Vec::new() });
        let step = (self.image.voicemails.len() - 1) as u32;
        self.op(Op::Voicemail, 0, step, 0)
    }

    pub fn collect(&mut self, min: u8, max: u8, var: u16, entered: u32, otherwise: u32) -> Gather {
        self.gather(GatherKind::Collect { min, max, ending: Some(11), secret: false, var, entered }, otherwise)
    }

    pub fn menu(&mut self, choices: &[(&str, u32)], otherwise: u32) -> Gather {
        let choice =
            |(patterns, target): &(&str, u32)| Choice { patterns: patterns.split(',').map(keys).collect(), capture: None, target: *target };
        self.gather(GatherKind::Menu(choices.iter().map(choice).collect()), otherwise)
    }

    fn gather(&mut self, kind: GatherKind, otherwise: u32) -> Gather {
        let (wait, gap, tries) = (self.ms(5000), self.ms(2000), self.number(3.0));
        Gather { kind, prompts: Vec::new(), wait, gap, tries, timeout: None, invalid: None, otherwise, live: Vec::new() }
    }

    pub fn add_gather(&mut self, gather: Gather) -> u32 {
        self.image.gathers.push(gather);
        (self.image.gathers.len() - 1) as u32
    }

    /// A dial step whose outcomes all lead to one place.
    pub fn dial(&mut self, target: DialTarget, outcomes: u32) -> Dial {
        Dial {
            target,
            ring_for: None,
            until: None,
            caller_id: None,
            caller_name: None,
            announce: None,
            confirm: None,
            music: None,
            record: false,
            headers: Vec::new(),
            codecs: Vec::new(),
            media_relay: false,
            outcomes: [outcomes; 8],
            keys: Vec::new(),
            contact: None,
            live: Vec::new(),
        }
    }

    pub fn add_dial(&mut self, dial: Dial) -> u32 {
        self.image.dials.push(dial);
        let dial = (self.image.dials.len() - 1) as u32;
        self.op(Op::Dial, 0, dial, 0)
    }

    pub fn member(&mut self, phone: &str) -> Member {
        Member { who: MemberWho::Phone(self.phone(phone)), weight: 0, after: None, ring_for: None, confirm: None }
    }

    pub fn ring(&mut self, name: Option<&str>, strategy: Strategy, phones: &[&str]) -> Ring {
        let name = name.map(|name| self.text(name));
        let members = phones.iter().map(|phone| self.member(phone)).collect();
        Ring { name, strategy, total: None, each: None, members }
    }

    /// Puts addresses in the place of labels.
    pub fn finish(mut self) -> Image {
        let labels: Vec<u32> = self.labels.iter().map(|label| label.unwrap_or(u32::MAX)).collect();
        each_target(&mut self.image, &mut |target| {
            if let Some(label) = target.checked_sub(LABELS) {
                *target = labels[label as usize];
            }
        });
        self.image
    }
}

/// Every target of an image.
pub fn each_target(image: &mut Image, change: &mut dyn FnMut(&mut u32)) {
    for instr in &mut image.code {
        if instr.op.operands()[2] == Field::Jump {
            change(&mut instr.c);
        }
    }
    for switch in &mut image.switches {
        switch.targets.iter_mut().for_each(&mut *change);
        change(&mut switch.default);
    }
    image.splits.iter_mut().flat_map(|split| &mut split.arms).for_each(|(_, target)| change(target));
    for gather in &mut image.gathers {
        [&mut gather.timeout, &mut gather.invalid].into_iter().flatten().for_each(&mut *change);
        change(&mut gather.otherwise);
        match &mut gather.kind {
            GatherKind::Menu(choices) => choices.iter_mut().for_each(|choice| change(&mut choice.target)),
            GatherKind::Collect { entered, .. } => change(entered),
        }
    }
    for dial in &mut image.dials {
        dial.outcomes.iter_mut().for_each(&mut *change);
        dial.keys.iter_mut().for_each(|(_, target)| change(target));
    }
    image.lookups.iter_mut().flat_map(|lookup| &mut lookup.outcomes).for_each(&mut *change);
    image.voicemails.iter_mut().flat_map(|step| step.outcomes.iter_mut().flatten()).for_each(&mut *change);
    image.actions.iter_mut().flat_map(|action| action.outcomes.iter_mut().flatten()).for_each(&mut *change);
}

/// A cell of a table.
pub fn cell(kind: u8, bits: u64) -> [u8; 9] {
    let mut cell = [kind; 9];
    cell[1..].copy_from_slice(&bits.to_le_bytes());
    cell
}

/// An office with everything that an image can hold.
#[expect(clippy::too_many_lines, reason = "one of each")]
pub fn sample() -> Image {
    let mut asm = Asm::new();
    asm.image.source_hash = [7; 32];
    asm.image.country = Country::parse("US").ok();
    asm.image.files =
        vec![("office.route".to_owned(), "// A sample.\nwhen from in blocked < reject declined >\nmenu say \"…\"\n".to_owned())];
    let tier_type = asm.enumeration(&["gold", "silver", "none"]);
    let tier = asm.input("tier", Ty::Enum(tier_type), false, Some(Const::Enum(tier_type, 2)));
    let waiting = asm.input("waiting", Ty::Number, false, None);
    let vip = asm.input("vip", Ty::Flag, false, None);
    let verstat = asm.input("X-Verstat", Ty::Text, true, None);
    let patience = asm.input("patience", Ty::Duration, false, None);
    let others = asm.input("others", Ty::Phones, false, None);
    let ext = asm.local("ext", Ty::Digits);
    let pin = asm.local("pin", Ty::Digits);
    asm.image.vars[usize::from(pin)].secret = true;
    let team = asm.local("team", Ty::Group);
    let hours = asm.local("open", Ty::Schedule);
    let days = asm.local("days", Ty::Dates);
    let members = asm.local("members", Ty::List);
    let cost = asm.local("rate.cost", Ty::Number);
    let region = asm.local("rate.region", Ty::Text);
    let owner = asm.local("customer.owner", Ty::Text);
    let contacts = asm.local("customer.contacts", Ty::Phones);
    let contact = asm.local("contact", Ty::Phone);
    let note = asm.local("note", Ty::Text);

    // Calendar.
    asm.image.zones = vec![zone("America/Chicago"), zone("Europe/Berlin")];
    let christmas = DatesEntry::from(DayRule::Yearly { month: 12, day: 25 });
    asm.image.dates.dates = vec![Dates { entries: vec![christmas.clone(), DatesEntry::from(DayRule::Easter)] }];
    let weekdays = LineDays::Weekly { months: MonthSet::EMPTY, weekdays: WeekdaySet::range(Weekday::Mon, Weekday::Fri) };
    asm.image.schedules = vec![Schedule {
        zone: zone("America/Chicago"),
        lines: vec![
            Line { days: weekdays, what: What::Open(vec![(9 * 60, 12 * 60), (13 * 60, 17 * 60)]), from: None, until: None },
            Line { days: LineDays::Dates(vec![DatesEntry::from(DayRule::Named(0))]), what: What::Closed, from: None, until: None },
        ],
    }];

    // Lists, tests, tables.
    let blocked = asm.text("blocked");
    let groups = vec![
        ListGroup { until: Day::from_ymd(2026, 12, 31), set: phone_set(&["+4470*"]) },
        ListGroup { until: None, set: phone_set(&["+1900*", "+15005550199", "sip:spam@example.com"]) },
    ];
    asm.image.lists = vec![List { name: blocked, zone: zone("America/Chicago"), groups }];
    let list_var = Operand::var(members).0;
    asm.image.phone_tests = vec![
        PhoneTest { set: None, anonymous: false, lists: vec![0], vars: Vec::new() },
        PhoneTest { set: Some(phone_set(&["+1312555xxxx"])), anonymous: true, lists: vec![list_var], vars: vec![contact, ext, others] },
    ];
    let failed = asm.text("TN-Validation-Failed");
    asm.image.text_tests = vec![
        TextTest { op: TextOp::StartsWith, items: vec![TextItem::Str(failed), TextItem::Var(note)], index: Vec::new().into() },
        TextTest { op: TextOp::Is, items: vec![TextItem::Keys(keys("1xx"))], index: text_index(&["a", "b", "c"]) },
    ];
    asm.image.enum_tests = vec![vec![Operand::var(tier), asm.value(Const::Enum(tier_type, 0))]];
    let (en, es) = (asm.text("en"), asm.text("es"));
    asm.image.language_tests = vec![vec![TextItem::Str(es), TextItem::Var(note)]];
    let table_name = asm.text("rates");
    let mut index = IndexBuilder::new();
    index.push(Pattern::prefix(packed("+1")), 0);
    index.push(Pattern::prefix(packed("+1312")), 1);
    let mut cells = Vec::new();
    for (price, at) in [(4.0f64, 0u64), (2.5, 2)] {
        cells.extend(cell(2, price.to_bits()));
        cells.extend(cell(1, at | if at == 0 { 2 } else { 7 } << 32));
    }
    asm.image.tables = vec![Table {
        name: table_name,
        prefix: true,
        text_keys: false,
        columns: vec![Ty::Number, Ty::Text],
        rows: 2,
        index: index.build().into(),
        cells: cells.into(),
        texts: b"USChicago".to_vec().into(),
    }];
    asm.image.table_lookups = vec![TableLookup { table: 0, key: Operand::var(1), row: vec![(cost, 0), (region, 1)] }];

    // Targets.
    let mut sales = asm.ring(Some("sales"), Strategy::ByWeight, &["+16822306467", "sip:ana@example.com"]);
    sales.members[0].weight = 7000;
    sales.members[1].weight = 3000;
    sales.members[1].after = Some(asm.ms(10_000));
    sales.members[1].ring_for = Some(Operand::var(patience));
    let one = asm.text("1");
    sales.members[0].confirm = Some(one);
    let second = asm.ring(None, Strategy::InOrder, &["+16822306467"]);
    let carol = asm.text("carol");
    let mut unnamed = second;
    unnamed.each = Some(asm.ms(12_000));
    unnamed.members.push(Member { who: MemberWho::Extern(carol), weight: 0, after: None, ring_for: None, confirm: None });
    unnamed.members.push(Member { who: MemberWho::Phone(Operand::var(others)), weight: 0, after: None, ring_for: None, confirm: None });
    asm.image.groups = vec![sales, unnamed];
    asm.image.agents = vec![asm.ring(Some("ana"), Strategy::All, &["+12125551234"])];
    let ring = asm.ring(Some("support"), Strategy::LongestIdle, &["+12125551234"]);
    let music = asm.text("hold");
    let (max_wait, every) = (asm.ms(300_000), asm.ms(60_000));
    asm.image.queues = vec![Queue {
        ring,
        max_wait: Some(max_wait),
        max_length: Some(10),
        announce_position: Some(every),
        leave_when_empty: true,
        music: Some(music),
    }];
    let trunk = asm.text("carrier_a");
    let gateway = asm.text("sip:gw1.example.com");
    let gateway = asm.constant(Const::Address(gateway));
    asm.image.trunks = vec![(trunk, gateway)];
    asm.image.externs = vec![(TargetKind::Agent, carol)];
    asm.image.open_kinds = [false, true, false, false];

    // Sources and actions.
    let (crm, number, owner_field, contacts_field) = (asm.text("crm"), asm.text("number"), asm.text("owner"), asm.text("contacts"));
    asm.image.sources =
        vec![Source { name: crm, params: vec![(number, Ty::Phone)], fields: vec![(owner_field, Ty::Text), (contacts_field, Ty::Phones)] }];
    let (park, slot, callback) = (asm.text("park"), asm.text("slot"), asm.text("callback"));
    asm.image.action_defs = vec![
        ActionDef { name: park, params: vec![(slot, Ty::Text), (number, Ty::Phone)], settles: false },
        ActionDef { name: callback, params: Vec::new(), settles: true },
    ];

    // Prompts.
    let hello = asm.say("Hello {0}, you pay {23} for {24}.");
    let (welcome_en, welcome_es) = (asm.template("Welcome."), asm.template("Bienvenido."));
    let chime = asm.text("chime.wav");
    asm.image.prompts.push(Prompt::Named(vec![
        PromptEntry { language: Some(en), say: true, what: welcome_en },
        PromptEntry { language: Some(es), say: true, what: welcome_es },
        PromptEntry { language: None, say: false, what: chime },
    ]));
    let welcome = (asm.image.prompts.len() - 1) as u32;
    asm.image.prompts.push(Prompt::Play(chime));
    let recording = (asm.image.prompts.len() - 1) as u32;

    // Code.
    let [ok, late, silver, anyone, end] = std::array::from_fn(|_| asm.label());
    asm.op(Op::BrPhone, 0, 0, ok);
    let status = asm.number(603.0);
    let no = asm.template("No.");
    asm.settle(Settle::Reject(status, Some(no)));
    asm.here(ok);
    asm.image.schedules[0].lines.truncate(2);
    asm.op(Op::BrHours, 0, 0, late);
    asm.flagged(Op::BrHours, 1, 2, Operand::var(hours).0, late);
    asm.flagged(Op::BrOn, 1, 0, 0, late);
    asm.flagged(Op::BrOn, 1, 1, Operand::var(days).0, late);
    asm.flagged(Op::BrText, 1, verstat, 0, end);
    asm.flagged(Op::BrText, 1, ext, 1, end);
    asm.op(Op::BrPhone, 1, 1, anyone);
    asm.here(anyone);
    let ninety = asm.number(90.0);
    asm.flagged(Op::BrNumber, 1 | 1 << 1, waiting, ninety.0, end);
    asm.flagged(Op::BrNumber, 2 << 1, patience, Operand::var(patience).0, silver);
    asm.here(silver);
    asm.flagged(Op::BrFlag, 1, vip, 0, end);
    let truth = asm.value(Const::Flag(true));
    asm.flagged(Op::BrFlagIs, 1, vip, truth.0, end);
    asm.flagged(Op::BrMissing, 1, 1, 0, end);
    asm.flagged(Op::BrLanguage, 1, 2, 0, end);
    asm.flagged(Op::BrEnumIs, 1, tier, 1, end);
    asm.flagged(Op::BrEnumIn, 0, tier, 0, end);
    asm.op(Op::TableLookup, 0, 0, end);
    let five = asm.number(5.0);
    asm.op(Op::Set, 3, five.0, 0);
    let text = asm.template("{0} at {25}");
    asm.op(Op::SetText, note, text, 0);
    let text = asm.template("rate {23}");
    asm.op(Op::Tag, 0, text, 0);
    asm.op(Op::Say, 0, hello, 0);
    asm.op(Op::Say, 0, recording, 0);
    let sales_value = asm.value(Const::Target(TargetKind::Group, TargetRef::Defined(0)));
    let (schedule, dates, list) = (asm.value(Const::Schedule(0)), asm.value(Const::Dates(0)), asm.value(Const::List(0)));
    asm.image.assigns = vec![vec![(team, sales_value), (hours, schedule), (days, dates), (members, list), (note, Operand::var(region))]];
    let flow = asm.label();
    asm.op(Op::Assign, 0, 0, 0);
    asm.op(Op::Call, 0, 0, flow);
    let [by_phone, by_text, by_tier, split] = std::array::from_fn(|_| asm.label());
    asm.image.switches = vec![
        Switch {
            kind: SwitchKind::Phone { set: phone_set(&["+13146523057", "sip:desk@example.com"]), anonymous: Some(0) },
            targets: vec![by_text, end],
            default: by_phone,
        },
        Switch {
            kind: SwitchKind::Text { index: text_index(&["ana", "ben"]), missing: Some(1) },
            targets: vec![by_tier, end],
            default: end,
        },
        Switch { kind: SwitchKind::Enum { cases: vec![1, 2, 0], missing: None }, targets: vec![split, end], default: split },
    ];
    asm.op(Op::Switch, 1, 0, 0);
    asm.here(by_phone);
    asm.here(by_text);
    asm.op(Op::Switch, note, 1, 0);
    asm.here(by_tier);
    asm.op(Op::Switch, tier, 2, 0);
    asm.here(split);
    let (one_arm, other_arm) = (asm.label(), asm.label());
    let label = asm.text("trial");
    asm.image.splits = vec![Split { by_from: true, label, arms: vec![(7000, one_arm), (10_000, other_arm)] }];
    asm.op(Op::Split, 0, 0, 0);
    asm.here(one_arm);
    asm.here(other_arm);
    asm.op(Op::Goto, 0, 0, end);
    asm.here(late);
    asm.op(Op::Goto, 0, 0, end);
    asm.here(end);

    // A menu, asked again from its arms.
    let [group, agent, queue, number, collect, again, wrong, otherwise] = std::array::from_fn(|_| asm.label());
    let mut menu = asm.menu(&[("1", group), ("2,3", agent), ("4", queue), ("5", number), ("6xx", collect), ("*", again)], otherwise);
    if let GatherKind::Menu(choices) = &mut menu.kind {
        choices[4].capture = Some(ext);
    }
    menu.prompts = vec![welcome, hello];
    menu.timeout = Some(wrong);
    menu.live = vec![0, tier, team, note, others, contacts];
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(again);
    asm.op(Op::Repeat, 0, menu, 0);
    asm.here(wrong);
    asm.flagged(Op::Retry, 1, 0, menu, otherwise);
    asm.here(collect);
    let entered = asm.label();
    let mut gather = asm.collect(4, 6, pin, entered, otherwise);
    if let GatherKind::Collect { secret, .. } = &mut gather.kind {
        *secret = true;
    }
    gather.live = vec![0, team, ext];
    let gather = asm.add_gather(gather);
    asm.op(Op::Gather, 0, gather, 0);
    asm.here(entered);
    let [found, missing, failed] = std::array::from_fn(|_| asm.label());
    let within = asm.ms(500);
    asm.image.lookups = vec![Lookup {
        source: 0,
        args: vec![Operand::var(0)],
        within: Some(within),
        row: vec![(owner, 0), (contacts, 1)],
        outcomes: [found, missing, failed, failed],
        live: vec![0, team, pin],
    }];
    asm.op(Op::Lookup, 0, 0, 0);
    asm.here(found);
    let target = DialTarget::Target(TargetKind::Agent, TargetRef::Var(owner.into()));
    let mut dial = asm.dial(target, missing);
    dial.live = vec![contacts, team];
    asm.add_dial(dial);
    asm.here(missing);
    asm.flagged(Op::Retry, 0, 0, gather, failed);
    asm.here(failed);
    asm.image.actions =
        vec![Action { def: 0, args: vec![Operand::var(note), Operand::var(0)], outcomes: Some([group, otherwise]), live: vec![team] }];
    asm.op(Op::Action, 0, 0, 0);
    asm.here(group);
    let mut dial = asm.dial(DialTarget::Target(TargetKind::Group, TargetRef::Var(team.into())), otherwise);
    let redirected = asm.label();
    dial.outcomes[4] = redirected;
    dial.contact = Some(contact);
    dial.until = Some((17 * 60 + 15, 0));
    dial.caller_name = Some(text);
    dial.record = true;
    dial.media_relay = true;
    let (header, opus) = (asm.text("Alert-Info"), asm.text("opus"));
    dial.headers = vec![(header, text)];
    dial.codecs = vec![opus];
    (dial.announce, dial.confirm, dial.music) = (Some(text), Some(text), Some(text));
    asm.add_dial(dial);
    asm.here(redirected);
    asm.settle(Settle::Redirect(Operand::var(contact), true));
    asm.here(agent);
    let target = DialTarget::Target(TargetKind::Group, TargetRef::Defined(1));
    let mut dial = asm.dial(target, queue);
    dial.ring_for = Some(asm.ms(20_000));
    asm.add_dial(dial);
    asm.here(queue);
    let pressed = asm.label();
    let mut dial = asm.dial(DialTarget::Target(TargetKind::Queue, TargetRef::Defined(0)), otherwise);
    dial.keys = vec![(keys("1"), pressed)];
    asm.add_dial(dial);
    asm.here(pressed);
    asm.image.actions.push(Action { def: 1, args: Vec::new(), outcomes: None, live: Vec::new() });
    asm.op(Op::Action, 0, 1, 0);
    asm.here(number);
    let to = asm.phone("+493012345678");
    let mut dial = asm.dial(DialTarget::Number(to, vec![TargetRef::Defined(0), TargetRef::Extern(carol)]), otherwise);
    dial.caller_id = Some(Operand::var(0));
    asm.add_dial(dial);
    asm.here(otherwise);
    let (full, message, mailbox) = (asm.label(), asm.template("sales for {0}"), asm.template("{25}"));
    let most = asm.ms(120_000);
    asm.image.voicemails.push(Voicemail {
        message,
        mailbox: Some(mailbox),
        max_duration: Some(most),
        outcomes: Some([full, full]),
        live: Vec::new(),
    });
    let step = (asm.image.voicemails.len() - 1) as u32;
    asm.op(Op::Voicemail, 0, step, 0);
    asm.here(full);
    let last = asm.label();
    asm.op(Op::Go, 0, 0, last);

    // A flow.
    asm.here(flow);
    let inner = asm.label();
    asm.op(Op::Call, 0, 0, inner);
    asm.op(Op::Return, 0, 0, 0);
    asm.here(inner);
    asm.op(Op::Return, 0, 0, 0);
    asm.here(last);
    asm.op(Op::End, 0, 0, 0);

    // What is answered when nothing else can be.
    let desk = asm.template("front_desk");
    asm.image.voicemails.push(Voicemail { message: desk, mailbox: None, max_duration: None, outcomes: None, live: Vec::new() });
    asm.image.settles.push(Settle::Voicemail((asm.image.voicemails.len() - 1) as u32));
    asm.image.settles.push(Settle::Hangup);
    asm.image.fallback = Some((asm.image.settles.len() - 2) as u32);
    asm.image.spans = vec![SpanEntry { address: 0, file: 0, start: 13, end: 54 }, SpanEntry { address: 2, file: 0, start: 54, end: 66 }];
    asm.finish()
}
