//! No line runs into the next with another meaning: of a list of whole steps, definitions, arms and entries, any two in a row are read as the two alone, whatever
//! stands between them: a line end, a blank, a semicolon or many, a comment, or nothing. Each pair is tried with a line end and with one other of these in turn;
//! `CASES=all` tries all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::collections::HashMap;

use callroute_syntax::parse;
use callroute_syntax::visit::{Event, walk};

const SEPARATORS: [&str; 7] = ["\n", " ", ";", " ; ;\n;", " // a comment\n", " /* > */ ", "\r\n\t"];

const STEPS: &[&str] = &[
    "when vip < hangup >",
    "when not vip and from in (+1312*, 911) or hours(9-17) { hangup } else say \"x\"",
    "when on(dec 25) < hangup > else < say \"a\" hangup >",
    "switch tier < gold => group a; for => hangup >",
    "switch from < +1312*, +1773* => hangup > else reject",
    "menu < 1 => hangup >",
    "menu say \"x\" welcome play \"y\" wait 5s gap 2s tries 3 < 1, 2 => repeat; 3xx as ext => dial (ext); timeout => retry > else hangup",
    "collect 4 digits as pin < hangup >",
    "collect 2 to 6 digits \"PIN\" ending # tries 2 as pin secret < entered => hangup; invalid => say \"?\" >",
    "group sales",
    "group \"24x7\"",
    "group (team)",
    "agent ana for 20s",
    "agent on-call record",
    "agent ana until 17:15",
    "queue support < full => hangup >",
    "dial +14155550123",
    "dial 4101",
    "dial *97",
    "dial sip:ana@example.com",
    "dial tel:+14155550123",
    "dial (ext)",
    "dial +13125550188 via carrier_a, carrier_b",
    "dial +13125550188 confirm 1",
    "dial +13125550188 caller id +13125550100",
    "dial +13125550188 caller name \"x\"",
    "dial +13125550188 announce \"x\"",
    "dial +13125550188 music \"x\"",
    "dial +13125550188 header \"X-A\" \"b\"",
    "dial +13125550188 codecs opus, pcmu",
    "dial +13125550188 media relay",
    "group sales for 20s < busy, no-answer => hangup; redirected => redirect (contact) > else group b",
    "ring all for 15s < +13125550100; agent ana >",
    "ring by weight < 70% agent ana; 30% agent ben > else hangup",
    "lookup crm(from) as row < hangup >",
    "lookup crm(from, \"x\", 5) as row within 300ms < found => hangup; late => say \"x\" > else hangup",
    "split by call < 70% => hangup; 30% => say \"x\" >",
    "split by from \"label\" < 100% => hangup >",
    "say \"hello {from.name}\"",
    "say welcome",
    "play \"x.wav\"",
    "voicemail \"x\"",
    "voicemail \"x\" box sales",
    "voicemail \"x\" box \"8001\" for 2m < full => hangup > else hangup",
    "voicemail (box)",
    "hangup",
    "reject",
    "reject busy",
    "reject 486",
    "reject declined \"no\"",
    "reject \"no\"",
    "redirect +13125550100",
    "redirect sip:ana@example.com permanent",
    "go main",
    "go office(\"x\", sales)",
    "do office(sales, 20s, 5)",
    "tag \"x\"",
    "tag (row.name)",
    "set priority to 5",
    "set language to es-MX",
    "set tier to gold",
    "set caller name to \"x\"",
    "park(\"a\", 5s)",
    "park() else hangup",
    "in-house(\"x\")",
    // Actions with names that are options elsewhere.
    "busy(\"x\")",
    "unavailable()",
    "each(\"x\")",
    "max(5)",
    "leave(\"x\")",
    "settles(\"x\")",
    "default(5)",
    "id(\"x\")",
    "after(5s)",
    "secret()",
    "digits(\"1\")",
    "prefix(\"1\")",
    "all()",
    "order()",
    "relay()",
    "every(5s)",
    "call(5)",
    "turns(5)",
    "permanently()",
];

const DEFINITIONS: &[&str] = &[
    "zone America/Chicago",
    "zone UTC",
    "country US",
    "fallback voicemail \"x\"",
    "fallback reject",
    "limit turns 20",
    "import \"shared/holidays.route\"",
    "agent ana = +16822306467",
    "agent ben = sip:ben@example.com",
    "agent \"josé\" = in order < sip:ben@example.com; +12125551234 >",
    "trunk carrier_a = sip:gw1.example.com",
    "group sales = ring all for 25s < +16822306467; agent ana after 10s for 15s confirm 1 >",
    "group open = < agent ana >",
    "queue support = ring longest idle max wait 5m max length 10 announce position every 60s leave when empty music \"hold\" < agent ana >",
    "list vip = < +14155550123 \"Ana\"; +4470* until 2026-12-31 >",
    "list blocked = csv \"blocked.csv\"",
    "dates d = < jan 1 observed; last mon of may; easter - 2 days; 2026-08-10 to 2026-08-14 >",
    "dates fr = ics \"fr.ics\"",
    "schedule s = in America/Chicago < mon-fri 9-12, 13-17; d closed >",
    "schedule t = < daily 0-24 >",
    "prompt welcome = < en \"Welcome.\"; play \"welcome.wav\" >",
    "table a = csv \"a.csv\" key prefix < region: text; cost = \"Cost\": number >",
    "table b = key exact < region: text > < \"x\" \"y\"; +1 \"z\" >",
    "source crm(number: phone) = < tier: one of gold, silver; owner: text >",
    "input tier = one of gold, silver",
    "input tier = one of gold, for default for",
    "input waiting = number default 0",
    "input vip = flag",
    "input verstat = text from header \"X-Verstat\"",
    "action park(slot: text, wait: duration)",
    "action drop() settles",
    "extern group sales",
    "flow after_hours < hangup >",
    "flow office(team: group, box: text) < group (team) >",
    "test \"x\" < from +14155550123 press 1 expect group sales >",
    "test \"t\" for from, expect < +14155550123, hangup >",
];

/// A text, with every place taken out of it.
fn without_places(debug: &str) -> String {
    let mut out = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(at) = rest.find("Span { ") {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        rest = &rest[rest.find('}').unwrap() + 1..];
    }
    out + rest
}

/// What a text is read as: the parts of the kinds wanted, outermost ones only; `None` if anything is wrong with it.
fn parts(source: &str, kinds: &[&str]) -> Option<Vec<String>> {
    let parsed = parse(source);
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    let mut inside = 0_usize;
    let mut stack = Vec::new();
    walk(&parsed.tree, &mut |event| match event {
        Event::Enter(node) => {
            let debug = if inside == 0 { format!("{node:?}") } else { String::new() };
            let wanted = inside == 0 && kinds.iter().any(|kind| debug.starts_with(&format!("{kind}(")));
            if wanted {
                found.push(without_places(&debug));
            }
            stack.push(wanted);
            inside += usize::from(wanted);
        }
        Event::Leave(_) => inside -= usize::from(stack.pop().unwrap()),
    });
    Some(found)
}

/// Reads every pair out of `first` and `second`, between `before` and `after`. Gives what was read otherwise.
fn pairs(first: &[String], second: &[String], (before, after): (&str, &str), kinds: &[&str]) -> Vec<String> {
    let mut alone = HashMap::new();
    for one in first.iter().chain(second) {
        let read = parts(&format!("{before}{one}{after}"), kinds).unwrap_or_else(|| panic!("{before}{one}{after} is refused"));
        assert_eq!(read.len(), 1, "{before}{one}{after}: {read:#?}");
        alone.insert(one.as_str(), read);
    }
    let all = std::env::var("CASES").is_ok_and(|cases| cases == "all");
    let mut wrong = Vec::new();
    let mut turn = 0;
    for a in first {
        for b in second {
            let wanted = [alone[a.as_str()].as_slice(), alone[b.as_str()].as_slice()].concat();
            turn += 1;
            let other = &SEPARATORS[1 + turn % (SEPARATORS.len() - 1)..][..1];
            let tight = a.ends_with(['"', ')', '>', '}']).then_some("");
            for separator in SEPARATORS[..1].iter().chain(if all { &SEPARATORS[1..] } else { other }).copied().chain(tight.filter(|_| all))
            {
                let text = format!("{before}{a}{separator}{b}{after}");
                let read = parts(&text, kinds);
                if read.as_ref() != Some(&wanted) {
                    let what = match read {
                        None => format!("refused: {}", parse(&text).diagnostics[0].message),
                        Some(read) => format!("read as {} parts", read.len()),
                    };
                    wrong.push(format!("{text:?}: {what}"));
                }
            }
        }
    }
    wrong
}

fn owned(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

#[track_caller]
fn none(wrong: &[String]) {
    let shown: Vec<&str> = wrong.iter().take(40).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{} pairs are read otherwise:\n{}", wrong.len(), shown.join("\n"));
}

#[test]
fn steps_after_steps() {
    none(&pairs(&owned(STEPS), &owned(STEPS), ("", ""), &["Step", "Def"]));
}

#[test]
fn steps_after_steps_in_a_block() {
    let few: Vec<String> = STEPS.iter().step_by(3).map(|step| (*step).to_owned()).collect();
    none(&pairs(&few, &owned(STEPS), ("flow f { ", " }"), &["Step"]));
}

#[test]
fn definitions_and_steps() {
    none(&pairs(&owned(DEFINITIONS), &owned(DEFINITIONS), ("", ""), &["Step", "Def"]));
    let few: Vec<String> = STEPS.iter().step_by(2).map(|step| (*step).to_owned()).collect();
    none(&pairs(&owned(DEFINITIONS), &few, ("", ""), &["Step", "Def"]));
    none(&pairs(&few, &owned(DEFINITIONS), ("", ""), &["Step", "Def"]));
}

/// Every step as the body of an arm, before every kind of arm: what looks like an option, a code or an argument is a head when an arrow follows it.
#[test]
fn arms_after_steps() {
    let arms = |heads: &[&str], body: &str| -> Vec<String> { heads.iter().map(|head| format!("{head} => {body}")).collect() };
    let bodies = |head: &str| -> Vec<String> { STEPS.iter().map(|step| format!("{head} => {step}")).collect() };
    let menu = ["1", "2, 3", "12#", "*", "#", "1xx as ext", "486", "timeout", "invalid"];
    none(&pairs(&bodies("9"), &arms(&menu, "hangup"), ("menu say \"x\" < ", " >"), &["Arm"]));
    let values = [
        "gold",
        "for",
        "until",
        "record, box",
        "busy",
        "declined",
        "permanent",
        "media",
        "\"text\"",
        "missing",
        "from",
        "group, test",
        "else-where",
    ];
    none(&pairs(&bodies("silver"), &arms(&values, "hangup"), ("switch tier < ", " > else hangup"), &["Arm"]));
    let numbers = ["+1312*, +1773*", "911", "anonymous", "vip", "+1[2-9]xx", "4101"];
    none(&pairs(&bodies("+44*"), &arms(&numbers, "hangup"), ("switch from { ", " }"), &["Arm"]));
    let outcomes = ["busy, no-answer", "declined", "unreachable", "redirected", "full", "empty", "timeout", "1"];
    none(&pairs(&bodies("busy"), &arms(&outcomes, "hangup"), ("queue q for 5s < ", " > else hangup"), &["Arm"]));
    none(&pairs(&bodies("70%"), &arms(&["30%", "0.5%"], "hangup"), ("split by call < ", " >"), &["Arm"]));
    let blocks: Vec<String> = STEPS.iter().map(|step| format!("7 => < {step} >")).collect();
    none(&pairs(&blocks, &arms(&menu, "hangup"), ("menu < ", " >"), &["Arm"]));
}

#[test]
fn entries_after_entries() {
    let check = |entries: &[&str], around: (&str, &str), kinds: &[&str]| none(&pairs(&owned(entries), &owned(entries), around, kinds));
    check(
        &[
            "+16822306467",
            "agent ana",
            "agent \"josé\"",
            "sip:a@example.com",
            "4101",
            "agent ana after 10s",
            "+13125550100 for 15s confirm 1",
            "agent on-call confirm #",
        ],
        ("group g = ring all < ", " >"),
        &["Member"],
    );
    check(
        &[
            "+14155550123",
            "+14155550123 \"Ana\"",
            "+1312555xxxx",
            "+4470* until 2026-12-31",
            "911",
            "*97",
            "sip:a@example.com",
            "\"sip:o'hara@example.com\"",
            "[2-9]11 \"x\"",
        ],
        ("list l = < ", " >"),
        &["ListEntry"],
    );
    check(
        &[
            "jan 1",
            "jan 1 observed",
            "dec 25 \"x\"",
            "3rd mon of jan",
            "last mon of may",
            "4th thu of nov + 1 day",
            "easter",
            "easter - 2 days",
            "easter-2 days",
            "last workday of month",
            "last workday except us_x of month",
            "2026-08-10",
            "2026-08-10 to 2026-08-14",
            "dec 24 to jan 2",
            "every 2 weeks from 2026-01-05 mon",
            "us_holidays",
            "us_holidays + 1 day",
            "on-days",
        ],
        ("dates d = < ", " >"),
        &["DateSpec"],
    );
    check(
        &[
            "mon-fri 9-17",
            "mon, wed 9-12, 13-17:30",
            "sat 10-14",
            "daily 0-24",
            "fri 22-2",
            "1st, 3rd mon of month closed",
            "every 2 weeks from 2026-01-05 wed 7-9",
            "jun-aug mon-fri 8-14",
            "us_holidays closed",
            "us_holidays + 1 day closed",
            "dec 24 9-12",
            "dec 24, dec 31 closed",
            "2026-02-21 9-18",
            "sun 9am-5:30pm",
            "mon 9-17 from 2026-01-01 until 2026-12-31",
            "thu closed until 2026-12-31",
            "jun-aug closed",
            "easter-2 days closed",
        ],
        ("schedule s = < ", " >"),
        &["ScheduleLine"],
    );
    check(&["en \"x\"", "es-MX \"y\"", "play \"x.wav\"", "is \"z\""], ("prompt p = < ", " >"), &["PromptEntry"]);
    check(&["+1 \"us\"", "\"x\" \"y\"", "+1312 gold", "4101 5"], ("table t = key exact < a: text > < ", " >"), &["TableRow"]);
    // `to` is left out: behind an outcome it says where to, and a setting has no place there.
    check(
        &[
            "at 2026-04-21T14:32:00Z",
            "at 2026-04-21 09:32 America/Chicago",
            "from +14155550123",
            "from anonymous",
            "language es",
            "given tier = gold",
            "given n = 5",
            "given header \"X\" = \"v\"",
            "given crm(+1) = < tier: gold; owner: \"ana\" >",
            "given crm(+1) = missing",
            "press 1",
            "press 12#",
            "press *",
            "timeout",
            "outcome no-answer",
            "outcome answered",
            "hangup",
            "wait 40s",
            "expect hangup",
            "expect group sales",
            "expect menu",
            "expect say \"x\"",
            "expect voicemail \"x\"",
            "expect lookup crm",
            "expect ended busy",
            "expect tag \"x\"",
            "expect reject 486",
            "expect reject",
            "expect collect",
            "expect agent ana for 20s",
            "expect agent ana record",
            "expect dial +13125550188 via carrier_a, carrier_b",
            "expect redirect +13125550100",
            "expect voicemail \"x\" box sales",
            "expect park(\"lot 1\", 30s)",
            "expect play \"x\"",
            "expect say welcome",
            "outcome redirected to sip:home@example.com",
            "expect ring all < agent ana; +13125550100 >",
        ],
        ("test \"t\" < ", " >"),
        &["TestLine"],
    );
}

/// What may be expected at the end of a row.
const EXPECTED: &[&str] = &[
    "reject",
    "reject busy",
    "reject 486",
    "reject declined \"no\"",
    "reject \"no\"",
    "reject (code)",
    "hangup",
    "redirect +13125550100",
    "redirect +13125550100 permanent",
    "menu",
    "collect",
    "lookup crm",
    "ended busy",
    "group sales",
    "group \"24x7\"",
    "group (team)",
    "agent ana for 20s",
    "agent ana until 17:15",
    "agent ana record",
    "agent ana confirm 1",
    "agent ana caller name \"x\"",
    "queue support",
    "dial 4101",
    "dial +13125550188 via carrier_a",
    "dial +13125550188 via carrier_a, carrier_b",
    "dial +13125550188 codecs opus, pcmu",
    "dial +13125550188 header \"X-A\" \"b\"",
    "dial +13125550188 media relay",
    "ring all for 15s < +13125550100; agent ana >",
    "ring in order each 12s < agent ana >",
    "voicemail \"x\"",
    "voicemail (box)",
    "voicemail \"x\" box sales",
    "voicemail \"x\" for 2m",
    "say \"x\"",
    "say welcome",
    "play \"x\"",
    "tag \"x\"",
    "park(\"a\", 5s)",
    "park()",
];

/// What the next row begins with is no code, argument or option of what is expected at the end of the row before.
#[test]
fn rows_of_tests_after_rows() {
    let moments = ["2026-04-21 09:00", "2026-04-21T14:32:00Z", "2026-04-21 09:32:15 America/Chicago"];
    let numbers = ["4101", "+13125550100", "486", "anonymous", "sip:ana@example.com", "\"Ana <sip:ana@example.com>\"", "*97", "from"];
    let keys = ["1", "12#", "*", "#", "*9", "486", "timeout"];
    // Any word may be a value of an enumeration, and so may what begins a step.
    let values = [
        "gold",
        "busy",
        "declined",
        "expect",
        "permanent",
        "record",
        "for",
        "until",
        "box",
        "via",
        "codecs",
        "media",
        "caller",
        "confirm",
        "each",
        "within",
        "s",
        "m",
        "menu",
        "group",
        "reject",
        "hangup",
        "else",
        "5",
        "0.5",
        "20s",
        "70%",
        "true",
        "\"no\"",
        "at",
        "as",
        "to",
        "header",
        "music",
        "announce",
        "max",
        "leave",
        "relay",
        "empty",
        "test",
        "queue",
    ];
    let rows = |columns: &str, firsts: &[&str]| {
        let given: Vec<String> = EXPECTED.iter().map(|expected| format!("{}, {expected}", firsts[0])).collect();
        let next: Vec<String> =
            firsts.iter().zip(EXPECTED.iter().cycle().skip(3)).map(|(first, expected)| format!("{first}, {expected}")).collect();
        let around = format!("test \"t\" for {columns}, expect < ");
        let found = |source: &str| parts(source, &["TestLine"]).unwrap_or_else(|| panic!("{source}: {:?}", parse(source).diagnostics));
        let all = std::env::var("CASES").is_ok_and(|cases| cases == "all");
        let (mut wrong, mut turn) = (Vec::new(), 0);
        let alone: HashMap<&str, Vec<String>> =
            given.iter().chain(&next).map(|row| (row.as_str(), found(&format!("{around}{row} >")))).collect();
        for a in &given {
            for b in &next {
                let wanted = [alone[a.as_str()].as_slice(), alone[b.as_str()].as_slice()].concat();
                turn += 1;
                let other = &SEPARATORS[1 + turn % (SEPARATORS.len() - 1)..][..1];
                for separator in SEPARATORS[..1].iter().chain(if all { &SEPARATORS[1..] } else { other }) {
                    let text = format!("{around}{a}{separator}{b} >");
                    match parse(&text).diagnostics.first() {
                        Some(diagnostic) => wrong.push(format!("{text:?}: refused: {}", diagnostic.message)),
                        None if found(&text) != wanted => wrong.push(format!("{text:?}: read otherwise")),
                        None => {}
                    }
                }
            }
        }
        none(&wrong);
    };
    rows("at", &moments);
    rows("from", &numbers);
    rows("press", &keys);
    rows("tier", &values);
}

/// A comma between two of them is an error, wherever it is not part of what stands before it.
#[test]
fn commas_separate_nothing() {
    let lists = |one: &str| ["one of", "codecs", "via", "press"].iter().any(|word| one.contains(word));
    for (index, a) in STEPS.iter().chain(DEFINITIONS).enumerate().filter(|(_, a)| !lists(a)) {
        for b in STEPS.iter().chain(DEFINITIONS).skip(index % 7).step_by(7) {
            let text = format!("{a}, {b}");
            assert!(!parse(&text).diagnostics.is_empty(), "{text:?} is accepted");
        }
    }
}

/// What only looks like a keyword is a name, and what only looks like a name is not taken for one.
#[test]
fn words_end_where_they_end() {
    let accepted = |text: &str| parse(text).diagnostics.is_empty();
    for name in
        ["on-call", "agent-2", "in-house", "not-found", "to-sales", "ring-all", "else-where", "group_a", "when2", "isolde", "orion", "_"]
    {
        for text in [
            format!("group {name}"),
            format!("agent {name} = +13125550101 agent {name} else hangup"),
            format!("when {name} < hangup >"),
            format!("when not {name} and {name} or not {name} < hangup >"),
            format!("flow {name} < hangup > go {name}"),
            format!("dial +1312 via {name}"),
        ] {
            assert!(accepted(&text), "{text}");
        }
    }
    for name in ["open", "jan", "busy", "for", "mon", "easter", "closed", "missing", "note", "record", "box", "daily", "digits", "all"] {
        assert!(accepted(&format!("group {name} = < agent {name} > group {name} else agent {name}")), "{name}");
    }
    for word in [
        "when", "menu", "group", "hangup", "zone", "else", "not", "and", "or", "is", "in", "as", "from", "to", "hours", "on", "true",
        "false",
    ] {
        for text in [format!("agent {word} = +1"), format!("group {word}"), format!("input {word} = text")] {
            assert!(!accepted(&text), "{text} is accepted");
        }
        // Where a word cannot be anything else, any will do.
        for text in [
            format!("source crm({word}: phone) = < {word}: text > lookup crm(from) as r < tag (r.{word}) >"),
            format!("input k = one of a, {word}x switch k < a => hangup >"),
            format!("group \"{word}\" = < agent \"{word}\" > group \"{word}\""),
        ] {
            assert!(accepted(&text), "{text}");
        }
    }
    for bad in [
        "group a for 20sec",
        "group a for 20 s",
        "group a for 20",
        "when hours(9-17x UTC) < hangup >",
        "menu wait 5 < 1 => hangup >",
        "reject 48",
        "reject 4866",
        "when hours(9:60-17 UTC) < hangup >",
        "schedule s = < mon 9-24:30 >",
        "group a- = < +1 >",
        "schedule s = < mon- fri 9-17x >",
    ] {
        assert!(!accepted(bad), "{bad} is accepted");
    }
}

/// A URI without quotes ends at each of its terminators, and nowhere else.
#[test]
fn addresses_end_where_they_end() {
    for (text, address) in [
        ("dial sip:a@example.com", "sip:a@example.com"),
        ("dial sip:a@example.com;hangup", "sip:a@example.com"),
        ("dial sip:a@example.com:5060 hangup", "sip:a@example.com:5060"),
        ("dial sip:a@[2001:db8::1]:5060\nhangup", "sip:a@[2001:db8::1]:5060"),
        ("agent b = in order<sip:a@example.com>", "sip:a@example.com"),
        ("agent b = in order{sip:a@example.com}", "sip:a@example.com"),
        ("agent b = in order < sip:a@example.com;+1312 >", "sip:a@example.com"),
        ("when from in (sip:a@example.com,+1312)<hangup>", "sip:a@example.com"),
        ("when from is sip:a@example.com<hangup>", "sip:a@example.com"),
        ("switch from < sip:a@example.com=>hangup >", "sip:a@example.com"),
        ("go f(sip:a@example.com)", "sip:a@example.com"),
        ("dial sip:a//b@example.com // so far", "sip:a//b@example.com"),
        ("dial sip:a#b@example.com?x=1&y=%20", "sip:a#b@example.com?x=1&y=%20"),
        ("dial SIPS:a@example.com", "SIPS:a@example.com"),
        ("dial tel:+1-312-555-0100", "tel:+1-312-555-0100"),
    ] {
        let parsed = parse(text);
        assert!(parsed.diagnostics.is_empty(), "{text}: {:?}", parsed.diagnostics);
        let debug = format!("{:?}", parsed.tree);
        assert!(debug.contains(&format!("Phone({address:?})")), "{text}: {debug}");
    }
}

/// A block closes with the bracket that opened it; the other kind means the same.
#[test]
fn both_brackets_mean_the_same() {
    for text in STEPS.iter().chain(DEFINITIONS).filter(|text| text.contains('<')) {
        let braces = text.replace('<', "{").replace('>', "}").replace("=}", "=>");
        if text.contains("{from") {
            continue;
        }
        let read = |text: &str| parts(text, &["Step", "Def"]).map(|parts| parts.concat().replace("Brace", "Angle"));
        assert_eq!(read(&braces), read(text), "{braces}");
        let mixed = text.replacen('>', "}", 1).replace("=}", "=>");
        assert!(mixed == **text || !parse(&mixed).diagnostics.is_empty(), "{mixed} is accepted");
    }
}

/// A comment may stand between any two words.
#[test]
fn comments_everywhere() {
    for text in STEPS.iter().chain(DEFINITIONS).filter(|text| !text.contains("{from")) {
        for comment in [" /* x < > \" */ ", " // when {\n", "\n\n\t "] {
            // At the blanks outside of texts and of what is one word with a blank in it.
            let mut commented = String::new();
            let mut quoted = false;
            for c in text.chars() {
                quoted ^= c == '"';
                if c == ' ' && !quoted { commented.push_str(comment) } else { commented.push(c) }
            }
            assert_eq!(parts(&commented, &["Step", "Def"]), parts(text, &["Step", "Def"]), "{commented}");
        }
    }
}
