//! What a host relies on: the example host runs, many threads share a program, the runtime comes without the parser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

use std::process::Command;

use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use callroute_tests::disk;
use callroute_tests::generate::{self, Dice};

fn image(path: &str) -> Vec<u8> {
    let (_, analysis) = disk::analyse(&disk::root().join(path));
    callroute_compiler::build(&analysis.program.unwrap()).unwrap()
}

#[test]
fn the_host_of_the_document_is_the_example_and_runs() {
    let source = std::fs::read_to_string(disk::root().join("crates/runtime/examples/host.rs")).unwrap();
    let document = std::fs::read_to_string(disk::root().join("docs/embedding.md")).unwrap();
    assert!(
        document.contains(&format!("```rust\n{source}```\n")),
        "docs/embedding.md must show crates/runtime/examples/host.rs as it stands"
    );
    let file = std::env::temp_dir().join(format!("callroute-host-{}.routec", std::process::id()));
    std::fs::write(&file, image("examples/office/office.route")).unwrap();
    let out = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "-p", "callroute-runtime", "--example", "host", "--"])
        .arg(&file)
        .arg("1")
        .current_dir(disk::root())
        .output()
        .unwrap();
    std::fs::remove_file(&file).unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "play Say(\"Press 1 for sales, 2 for support.\")");
    assert_eq!(lines[1], "ring [\"+16822306467\", \"+12125551234\"]");
    assert!(lines[2].starts_with("Voicemail") && lines[2].contains("sales"), "{text}");
}

#[test]
fn many_threads_share_one_program() {
    let program = Program::load(&image("examples/company/company.route")).unwrap();
    let keys = Keys::new(&[[3; 32]]).unwrap();
    let run = |from: u64| -> Vec<String> {
        let mut session = Session::new(&program, &keys);
        let calls = (from..from + 300).map(|seed| {
            let mut event = generate::incoming(&mut Dice::new(seed));
            event["to"] = ["+13146523057", "+442079460100", "+18005550100"][(seed % 3) as usize].into();
            let mut answer = session.answer(&event.to_string(), 0).unwrap();
            answer.token = None;
            serde_json::to_string(&answer).unwrap()
        });
        calls.collect()
    };
    let alone: Vec<String> = (0..8).flat_map(|part| run(part * 300)).collect();
    let together: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|part| scope.spawn(move || run(part * 300))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(alone, together);
    assert!(alone.iter().any(|answer| answer.contains("menu")) && alone.iter().any(|answer| answer.contains("voicemail")));
}

#[test]
fn the_runtime_comes_without_the_parser() {
    let out = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--prefix", "none", "--edges", "normal", "-p", "callroute-runtime"])
        .current_dir(disk::root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let tree = String::from_utf8_lossy(&out.stdout);
    assert!(tree.contains("callroute-bytecode"), "{tree}");
    for unwanted in ["pest", "callroute-syntax", "callroute-analysis", "callroute-compiler", "serde_json", "tokio"] {
        assert!(!tree.lines().any(|line| line.split(' ').next() == Some(unwanted)), "{unwanted} is in\n{tree}");
    }
}
