//! Any bytes as a compiled script, with its header and checksum mended: refused, or it decides within what was proved.
//!
//! The first byte chooses: odd, the rest is the file; even, the rest is a list of changes (three bytes of place, one of value) to a good one.
#![no_main]

use std::sync::LazyLock;

use callroute_bytecode::{FORMAT, LANGUAGE, MAGIC};
use callroute_fuzz::{EVERYTHING, calls, compiled, seed};
use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use libfuzzer_sys::fuzz_target;

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| callroute_bytecode::strip(&compiled(EVERYTHING)).unwrap());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&[[7; 32]]).unwrap());

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let mut bytes = if first & 1 == 1 {
        rest.to_vec()
    } else {
        let mut bytes = GOOD.clone();
        for change in rest.chunks_exact(4) {
            let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % bytes.len();
            bytes[at] = change[3];
        }
        bytes
    };
    if bytes.len() >= 24 {
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&[FORMAT.1, FORMAT.0, LANGUAGE.1, LANGUAGE.0]);
        let length = u32::try_from(bytes.len()).unwrap();
        bytes[16..20].copy_from_slice(&length.to_le_bytes());
        let sum = crc32fast::hash(&bytes[16..]);
        bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    }
    match Program::load(&bytes) {
        Ok(program) => {
            let sections = callroute_bytecode::sections(&bytes).unwrap();
            assert!(!callroute_bytecode::describe(program.verified(), &sections).is_empty());
            let mut session = Session::new(&program, &KEYS);
            calls(&program, &mut session, seed(data), 2);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
