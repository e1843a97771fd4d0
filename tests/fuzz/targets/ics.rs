//! Any bytes as a calendar: refused at its lines, or the script that reads it runs.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use callroute_analysis::MemoryFiles;
use callroute_fuzz::{analyse, calls, seed};
use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&[[7; 32]]).unwrap());
const SCRIPT: &str = "zone America/Chicago dates d = ics \"x.ics\" schedule s = < daily 9-17; d closed; d + 1 day 9-12 > when on(d) < reject > when hours(s) < hangup >";

fuzz_target!(|data: &[u8]| {
    let files = MemoryFiles(BTreeMap::from([("x.ics".to_owned(), data.to_vec())]));
    let analysis = analyse(SCRIPT, &files);
    let Some(program) = &analysis.program else { return };
    let bytes = callroute_compiler::build(program).unwrap();
    let program = Program::load(&bytes).unwrap();
    calls(&program, &mut Session::new(&program, &KEYS), seed(data), 2);
});
