//! What the fuzz targets share: a script that uses everything, what must hold for every analysis, and a way to take any program through calls.

use callroute_analysis::{Analysis, Files};
use callroute_diagnostics::{Color, Diagnostic, Human, Record, Severity, Sources};
use callroute_protocol::Session;
use callroute_runtime::Program;
use callroute_tests::call;
use callroute_tests::generate::{self, Dice};
use serde_json::Value;

/// A script with something of everything, and no faults.
pub const EVERYTHING: &str = include_str!("everything.route");

/// Bytes of a `.routec` file.
#[must_use]
pub fn compiled(script: &str) -> Vec<u8> {
    let analysis = callroute_analysis::analyse("everything.route", script, &callroute_analysis::NoFiles);
    let Some(program) = &analysis.program else { panic!("{:?}", callroute_tests::disk::short(&analysis)) };
    callroute_compiler::build(program).unwrap()
}

/// A number made from all bytes, so that a file alone decides everything.
#[must_use]
pub fn seed(data: &[u8]) -> u64 {
    data.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Analyses, and checks what must hold whatever the text: places lie in their files, everything can be shown, and there is a program exactly if nothing is
/// wrong.
pub fn analyse(text: &str, files: &dyn Files) -> Analysis {
    let analysis = callroute_analysis::analyse("main.route", text, files);
    let errors = analysis.diagnostics.iter().any(|one| one.severity == Severity::Error);
    assert_eq!(analysis.program.is_none(), errors, "{:?}", callroute_tests::disk::short(&analysis));
    for one in &analysis.diagnostics {
        let places = std::iter::once(one.place)
            .chain(one.labels.iter().map(|label| label.place))
            .chain(one.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.place)));
        for place in places {
            let text = &analysis.files[place.file.0 as usize].text;
            assert!(text.get(place.span.start as usize..place.span.end as usize).is_some(), "{one:?}");
        }
        assert!(!one.message.chars().any(char::is_control), "{one:?}");
    }
    let sources = Sources::new(analysis.files.iter().map(|file| (file.path.as_str(), file.text.as_str())));
    shown(&sources, &analysis.diagnostics);
    analysis
}

/// Shows what was found, in every form.
pub fn shown(sources: &Sources<'_>, diagnostics: &[Diagnostic]) {
    let mut human = Human::new(sources, Color::Off);
    for one in diagnostics.iter().take(20) {
        for shown in [human.short(one), human.full(one)] {
            assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        }
    }
    let records: Vec<Record> = diagnostics.iter().map(|one| Record::new(sources, one)).collect();
    let json: Value = serde_json::from_str(&callroute_diagnostics::json(&records)).unwrap();
    assert_eq!(json["diagnostics"].as_array().map(Vec::len), Some(diagnostics.len()));
}

/// Takes calls through a program, each with replies that fit what it asks for; nothing that comes out may cost more than was proved.
pub fn calls(program: &Program, session: &mut Session<'_>, seed: u64, calls: u64) {
    assert!(program.cost() <= callroute_bytecode::limits::COST);
    for number in 0..calls {
        let mut dice = Dice::new(seed.wrapping_add(number));
        let incoming = generate::incoming(&mut dice);
        let id = incoming["call_id"].as_str().unwrap_or_default().to_owned();
        let mut at = callroute_calendar::parse_rfc3339(incoming["timestamp"].as_str().unwrap_or_default()).unwrap_or(0);
        let mut event = incoming;
        for _ in 0..20 {
            let answer = session.answer(&event.to_string(), 0).unwrap_or_else(|error| panic!("{error}\n{event}"));
            let shown: Value = serde_json::to_value(&answer).unwrap();
            at += 3;
            let Some(reply) = generate::reply(&mut dice, &shown, at) else { break };
            let token = shown["continue"].clone();
            event = call::event(&reply, &id, &shown);
            event["continue"] = token;
        }
    }
}
