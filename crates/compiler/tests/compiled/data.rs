//! Definitions get into the image whole.

use callroute_analysis::typed::*;
use callroute_bytecode::image::{self, Const as C, Image};
use callroute_calendar::{Day, Zone};
use callroute_diagnostics::Code;
use callroute_numbers::index::{IndexRef, TextIndexRef};
use callroute_numbers::{Packed, Pattern};

use crate::support::*;

fn member(who: MemberWho) -> Member {
    Member { who, weight: None, after: None, ring_for: None, confirm: None }
}

fn number_member(text: &str) -> Member {
    member(MemberWho::Phone(phone(text)))
}

fn ring(strategy: Strategy, members: Vec<Member>) -> Ring {
    Ring { strategy, total: None, each: None, members }
}

fn agent(program: &mut Program, name: &str, ring: Ring) -> Member {
    program.agents.push(Agent { name: name.into(), ring, place: place() });
    member(MemberWho::Agent(Target::Defined(AgentId(program.agents.len() as u32 - 1))))
}

fn operand_text(image: &Image, operand: image::Operand) -> String {
    match &image.consts[operand.as_const().unwrap() as usize] {
        C::Phone(bits) => Packed::from_bits(*bits).unwrap().to_string(),
        C::Address(text) => image.strings[*text as usize].clone(),
        C::Duration(ms) => ms.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Who rings, after and for how many milliseconds, with which weight.
fn members(image: &Image, ring: &image::Ring) -> Vec<String> {
    let members = ring.members.iter().map(|member| {
        let who = match member.who {
            image::MemberWho::Phone(phone) => operand_text(image, phone),
            image::MemberWho::Extern(name) => format!("agent:{}", image.strings[name as usize]),
        };
        let ms = |operand: Option<image::Operand>| operand.map_or_else(|| "-".into(), |operand| operand_text(image, operand));
        format!("{who} {} {} {}", ms(member.after), ms(member.ring_for), member.weight)
    });
    members.collect()
}

#[test]
fn agents_are_replaced_by_their_numbers() {
    let mut program = program();
    let mut pair =
        ring(Strategy::InOrder, vec![number_member("+12"), Member { after: Some(ms(500)), ..number_member("sip:b@example.com") }]);
    pair.each = Some(ms(9000));
    let ben = agent(&mut program, "ben", pair);
    let out = member(MemberWho::Agent(Target::Extern("out".into())));
    let group = |strategy, members| Group { name: Some("g".into()), ring: ring(strategy, members), place: place() };
    let later = Member { after: Some(ms(1000)), ring_for: Some(ms(7000)), ..ben.clone() };
    program.groups.push(group(Strategy::All, vec![number_member("+1"), later, out]));
    program.groups.push(group(Strategy::InOrder, vec![ben.clone(), number_member("+1")]));
    program.groups.push(group(Strategy::AtRandom, vec![ben.clone(), number_member("+1")]));
    let weighed = Member { weight: Some(7001), ..ben };
    program.groups.push(group(Strategy::ByWeight, vec![weighed, Member { weight: Some(2999), ..number_member("+1") }]));
    let image = compile(&program);
    assert_eq!(members(&image, &image.agents[0]), ["+12 - - 0", "sip:b@example.com 500 - 0"]);
    assert_eq!(members(&image, &image.groups[0]), ["+1 - - 0", "+12 1000 7000 0", "sip:b@example.com 1500 7000 0", "agent:out - - 0"]);
    assert_eq!(members(&image, &image.groups[1]), ["+12 - 9000 0", "sip:b@example.com 500 9000 0", "+1 - - 0"]);
    // Drawn as one: only the first of an agent's numbers has a chance.
    assert_eq!(members(&image, &image.groups[2]), ["+12 - 9000 1", "sip:b@example.com 500 9000 0", "+1 - - 1"]);
    assert_eq!(members(&image, &image.groups[3]), ["+12 - 9000 7001", "sip:b@example.com 500 9000 0", "+1 - - 2999"]);
}

#[test]
fn too_many_members_are_refused() {
    let mut program = program();
    let many = (0..600).map(|i| number_member(&format!("+1312{i:07}"))).collect();
    let ben = agent(&mut program, "ben", ring(Strategy::All, many));
    program.groups.push(Group { name: Some("g".into()), ring: ring(Strategy::All, vec![ben.clone(), ben]), place: place() });
    let problems = callroute_compiler::compile(&program).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::TooManyParts]);
    assert!(problems[0].message.contains("`g`"));
}

#[test]
fn agents_within_agents_end() {
    let mut program = program();
    // Nobody checks this one: an agent in itself.
    let own = member(MemberWho::Agent(Target::Defined(AgentId(0))));
    agent(&mut program, "ben", ring(Strategy::All, vec![number_member("+1"), own.clone(), own]));
    assert_eq!(callroute_compiler::compile(&program).unwrap_err()[0].code, Code::TooManyParts);
}

#[test]
fn kinds_that_are_not_checked_are_the_hosts() {
    let mut program = program();
    assert_eq!(compile(&program).open_kinds, [true; 4]);
    agent(&mut program, "ben", ring(Strategy::All, vec![number_member("+1")]));
    program.groups.push(Group { name: None, ring: ring(Strategy::All, vec![number_member("+1")]), place: place() });
    program.trunks.push(Trunk { name: "t".into(), address: phone("sip:gw.example.com"), place: place() });
    program.externs.push(Extern { kind: TargetKind::Queue, name: "q".into(), place: place() });
    program.checked_kinds = [false, true, true, true];
    let image = compile(&program);
    assert_eq!(image.open_kinds, [true, false, false, false]);
    assert_eq!(image.externs.len(), 1);
    assert_eq!(operand_text(&image, image::Operand::constant(image.trunks[0].1)), "sip:gw.example.com");
}

#[test]
fn lists_are_grouped_by_their_last_day() {
    let mut program = program();
    let day = |d| Day::from_ymd(2026, 12, d).unwrap();
    let entry = |pattern: &str, until| ListEntry { what: PhonePattern::Numbers(Pattern::parse(pattern).unwrap()), label: None, until };
    let address = ListEntry { what: PhonePattern::Address("sip:Spam@example.com".into()), label: None, until: None };
    program.lists.push(List {
        name: "l".into(),
        entries: vec![entry("+1*", None), entry("+2*", Some(day(31))), address, entry("+3*", Some(day(24))), entry("+4*", Some(day(31)))],
        zone: Zone::parse("America/Chicago").unwrap(),
        place: place(),
    });
    let image = compile(&program);
    let groups = &image.lists[0].groups;
    assert_eq!(groups.iter().map(|group| group.until).collect::<Vec<_>>(), [Some(day(24)), Some(day(31)), None]);
    let has = |group: usize, number: &str| {
        IndexRef::new(&groups[group].set.numbers).unwrap().first_match(Packed::parse(number).unwrap()).is_some()
    };
    assert!(has(0, "+31") && has(1, "+21") && has(1, "+41") && has(2, "+11"));
    assert!(!has(0, "+21") && !has(2, "+31"));
    assert!(groups[0].set.addresses.is_empty());
    let addresses = TextIndexRef::new(&groups[2].set.addresses).unwrap();
    assert!(addresses.get("sip:Spam@example.com").is_some() && addresses.get("sip:spam@example.com").is_none());
}

fn table(keys: TableKeys, key: TableKey, cells: Vec<Cell>) -> Table {
    let field = |name: &str, ty| FieldDef { name: name.into(), ty, place: callroute_diagnostics::Place::default() };
    Table {
        name: "areas".into(),
        key,
        fields: vec![field("region", Ty::Text), field("desks", Ty::Phones)],
        keys,
        cells,
        strings: vec!["chicago".into(), "us".into()],
        phones: vec![vec![phone("+1312"), phone("sip:a@example.com")]],
        place: place(),
    }
}

#[test]
fn tables_keep_their_cells_as_bytes() {
    let mut program = program();
    let row = vec![var(&mut program, "a.region", Ty::Text, VarKind::Field), var(&mut program, "a.desks", Ty::Phones, VarKind::Field)];
    let region = row[0];
    let keys = ["+1", "+1312"].map(|key| Packed::parse(key).unwrap()).to_vec();
    let cells = vec![Cell::Text(1), Cell::Phones(0), Cell::Text(0), Cell::Missing];
    program.tables.push(table(TableKeys::Numbers(keys), TableKey::Prefix, cells.clone()));
    program.tables.push(table(TableKeys::Texts(vec!["Chi".into(), "Us".into()]), TableKey::Exact, cells));
    let look = TableLookup {
        table: TableId(0),
        key: Operand::Var(Builtin::From.var()),
        row,
        found: vec![tag(region)],
        missing: None,
        otherwise: Some(vec![hangup()]),
    };
    program.flows[0].body = vec![step(StepKind::TableLookup(look)), say("next")];
    let image = compile(&program);
    assert_eq!(listing(&image), lines("0: table else 4\n1: tag\n2: say\n3: end\n4: settle"));
    assert_eq!(image.table_lookups[0].row, [(11, 0)]);
    let made = &image.tables[0];
    assert_eq!(IndexRef::new(&made.index).unwrap().longest_prefix(Packed::parse("+13125550100").unwrap()), Some(1));
    assert_eq!(IndexRef::new(&made.index).unwrap().longest_prefix(Packed::parse("+14155550100").unwrap()), Some(0));
    let cell = |at: usize| {
        let cell = &made.cells[at * 9..at * 9 + 9];
        let word = |from: usize| u32::from_le_bytes(cell[from..from + 4].try_into().unwrap()) as usize;
        (cell[0], made.texts[word(1)..word(1) + word(5)].to_vec())
    };
    assert_eq!(cell(0), (1, b"us".to_vec()));
    assert_eq!(cell(1), (6, b"\x05\0\0\0+1312\x11\0\0\0sip:a@example.com".to_vec()));
    assert_eq!(cell(2), (1, b"chicago".to_vec()));
    assert_eq!(made.cells[27], 0);
    assert_eq!(TextIndexRef::new(&image.tables[1].index).unwrap().get("us"), Some(1));
}

#[test]
fn numbers_flags_and_other_cells() {
    let mut program = program();
    let columns = [Ty::Number, Ty::Flag, Ty::Phone, Ty::Phone, Ty::Duration];
    let fields =
        columns.iter().map(|ty| FieldDef { name: format!("{ty:?}"), ty: *ty, place: callroute_diagnostics::Place::default() }).collect();
    let cells =
        vec![Cell::Number(0.5), Cell::Flag(true), Cell::Phone(Packed::parse("911").unwrap()), Cell::Address(0), Cell::Duration(1500)];
    let keys = TableKeys::Numbers(vec![Packed::parse("1").unwrap()]);
    program.tables.push(Table { fields, cells, strings: vec!["sip:x@y".into()], ..table(keys, TableKey::Exact, vec![]) });
    let image = compile(&program);
    let cells: Vec<(u8, u64)> =
        image.tables[0].cells.chunks(9).map(|cell| (cell[0], u64::from_le_bytes(cell[1..].try_into().unwrap()))).collect();
    let number = Packed::parse("911").unwrap().bits();
    assert_eq!(cells, [(2, 0.5f64.to_bits()), (3, 1), (4, number), (5, 7 << 32), (7, 1500)]);
}

#[test]
fn texts_constants_and_templates_are_stored_once() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    program.flows[0].body = (0..100).flat_map(|_| [say("hello"), tag(tier), when(from_is("911"), vec![voicemail("box")])]).collect();
    let image = compile(&program);
    assert_eq!((image.prompts.len(), image.phone_tests.len(), image.voicemails.len()), (1, 1, 1));
    assert_eq!(image.templates.len(), 3);
    let mut strings = image.strings.clone();
    strings.sort();
    strings.dedup();
    assert_eq!(strings.len(), image.strings.len());
}

#[test]
fn pieces_of_a_template_are_joined() {
    let mut program = program();
    let tier = input(&mut program, "tier", Ty::Text);
    let part = |text: &str| TemplatePart::Text(text.into());
    let parts = vec![part("a"), part(""), part("b"), TemplatePart::Value(tier), part("")];
    program.flows[0].body = vec![step(StepKind::Tag(Template { parts })), step(StepKind::Tag(text("")))];
    let image = compile(&program);
    assert_eq!(image.templates[0].len(), 2);
    assert!(image.templates[1].is_empty());
}

#[test]
fn prompts_by_language() {
    let mut program = program();
    let entry = |language: Option<&str>, what| PromptEntry { language: language.map(Into::into), what };
    program.prompts.push(PromptDef {
        name: "welcome".into(),
        entries: vec![entry(Some("en"), Spoken::Say(text("Welcome."))), entry(None, Spoken::Play("w.wav".into()))],
        place: place(),
    });
    let item = || PromptItem::Named(PromptId(0));
    program.flows[0].body = vec![step(StepKind::Say(item())), step(StepKind::Say(item()))];
    let image = compile(&program);
    let [image::Prompt::Named(entries)] = image.prompts.as_slice() else { panic!() };
    assert_eq!(entries.len(), 2);
    assert!(entries[0].say && entries[0].language.is_some() && !entries[1].say && entries[1].language.is_none());
    assert_eq!(image.strings[entries[1].what as usize], "w.wav");
}

#[test]
fn the_hash_is_of_the_texts() {
    let mut program = main(vec![hangup()]);
    let one = compile(&program);
    program.files[0].text = "hangup".into();
    let other = compile(&program);
    assert_ne!(one.source_hash, other.source_hash);
    assert_eq!(other.files, [("main.route".to_owned(), "hangup".to_owned())]);
    // The same text, cut in two elsewhere.
    program.files.push(SourceFile { path: "b".into(), text: "x".into() });
    let two = compile(&program).source_hash;
    program.files[0].text = "hangupx".into();
    program.files[1].text = String::new();
    assert_ne!(compile(&program).source_hash, two);
}

#[test]
fn a_fallback_takes_a_message() {
    let mut program = main(vec![hangup()]);
    let StepKind::Voicemail(voicemail) = voicemail("front").kind else { panic!() };
    program.fallback = Some(Settle::Voicemail(voicemail));
    let image = compile(&program);
    let image::Settle::Voicemail(index) = image.settles[image.fallback.unwrap() as usize] else { panic!() };
    assert!(image.voicemails[index as usize].outcomes.is_none());
}

#[test]
fn too_many_variables_are_refused() {
    let mut program = program();
    for i in 0..17_000 {
        var(&mut program, &format!("v{i}"), Ty::Text, VarKind::Field);
    }
    compile(&program);
    for i in 0..17_000 {
        input(&mut program, &format!("i{i}"), Ty::Text);
    }
    assert_eq!(callroute_compiler::compile(&program).unwrap_err()[0].code, Code::TooManyVariables);
}

#[test]
fn a_table_of_a_hundred_thousand_rows() {
    let mut program = program();
    let keys: Vec<Packed> = (0..100_000).map(|i| Packed::parse(&format!("+1{i:06}")).unwrap()).collect();
    let cells = keys.iter().flat_map(|_| [Cell::Text(0), Cell::Phones(0)]).collect();
    program.tables.push(table(TableKeys::Numbers(keys), TableKey::Prefix, cells));
    let image = callroute_compiler::compile(&program).unwrap();
    let row = IndexRef::new(&image.tables[0].index).unwrap().longest_prefix(Packed::parse("+10777775").unwrap());
    assert_eq!(row, Some(77_777));
    assert_eq!(image.tables[0].texts.len(), "chicagous".len() + 4 + 5 + 4 + 17, "what many cells name is stored once");
}
