//! The compiled script of the crate's example.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "tests"
)]

#[path = "../../bytecode/tests/common/mod.rs"]
mod common;
mod harness;

use callroute_bytecode::op::Op;

#[test]
fn the_example_is_a_menu_with_two_mailboxes() {
    let mut asm = common::Asm::new();
    let [sales, support, end] = std::array::from_fn(|_| asm.label());
    let menu = asm.menu(&[("1", sales), ("2", support)], end);
    let menu = asm.add_gather(menu);
    asm.op(Op::Gather, 0, menu, 0);
    asm.here(sales);
    asm.voicemail("sales");
    asm.here(support);
    asm.voicemail("support");
    asm.here(end);
    asm.op(Op::End, 0, 0, 0);
    let bytes = callroute_bytecode::encode(&asm.finish());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/menu.routec");
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(std::fs::read(&path).unwrap() == bytes, "BLESS=1 writes it anew");
    let program = callroute_runtime::Program::load(&bytes).unwrap();
    let mut caller = harness::Caller::new(&program);
    assert_eq!(caller.start(), "menu 1,2 max=1 wait=5000 attempt=1 …");
    assert_eq!(caller.press("2"), "voicemail support");
}
