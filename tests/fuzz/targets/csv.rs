//! Any bytes as a CSV file, for a list and for tables: refused at its lines, or the script that reads it runs.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use callroute_analysis::MemoryFiles;
use callroute_fuzz::{analyse, calls, seed};
use callroute_protocol::{Keys, Session};
use callroute_runtime::Program;
use libfuzzer_sys::fuzz_target;

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::new(&[[7; 32]]).unwrap());
const LIST: &str = "zone UTC list l = csv \"x.csv\" when from in l < reject >";
const PREFIX: &str = "table t = csv \"x.csv\" key prefix < a: text; b: number; c: flag > lookup t(from) as r < tag \"{r.a} {r.b}\" when r.c < reject > >";
const EXACT: &str = "table t = csv \"x.csv\" key exact < a: phone; b = \"B b\": duration; c: one of x, y; d: phones > \
    input k = text lookup t(k) as r < when r.c is x < dial (r.a) for (r.b) > dial (r.d) >";

fuzz_target!(|data: &[u8]| {
    for script in [LIST, PREFIX, EXACT] {
        let files = MemoryFiles(BTreeMap::from([("x.csv".to_owned(), data.to_vec())]));
        let analysis = analyse(script, &files);
        let Some(program) = &analysis.program else { continue };
        let bytes = callroute_compiler::build(program).unwrap();
        let program = Program::load(&bytes).unwrap();
        calls(&program, &mut Session::new(&program, &KEYS), seed(data), 2);
    }
});
