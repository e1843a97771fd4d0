//! From the typed program to the compiled image.
//!
//! [`compile`] is the one way in; [`build`] writes what it makes as the bytes of a compiled script. The way of the work:
//!
//! 1. `reads` finds which variables are read at all; the others get no place and no store;
//! 2. `data` puts definitions into the image, `pool` holds texts, constants, templates and tests, each once;
//! 3. `lower` makes basic blocks of the steps (`steps`: those that wait, `cond`: conditions, `rules`: runs of rules on one
//!    variable, which share an index), of every flow that `main` can come to;
//! 4. `live` finds what must be kept at each suspension;
//! 5. `graph` drops jumps to jumps and puts the blocks into an order in which an answer only goes forward;
//! 6. `emit` writes the instructions.
//!
//! `kept` warns of calls that keep much while they wait.
//!
//! What comes out has passed [`callroute_bytecode::verify`]. The same program always gives the same image: nothing depends on
//! the order of a hash table or on the machine.

mod cases;
mod cond;
mod data;
mod emit;
mod falls;
mod graph;
mod index;
mod kept;
mod live;
mod lower;
mod pool;
mod reads;
mod records;
mod rules;
mod steps;

pub use data::strategy;

use std::collections::HashSet;

use callroute_analysis::typed::{Builtin, Program, VarId, VarKind};
use callroute_bytecode::image::{Image, SpanEntry};
use callroute_bytecode::{At, Rule, VerifyError, limits};
use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};
use sha2::{Digest, Sha256};

use graph::{BlockId, Blocks, End};
use lower::{CallPair, Lower};
use pool::Pools;
use reads::{Definitions, Reads, Usage};

/// How often flows are written out in place before a cycle counts as one that cannot be resolved.
const ROUNDS: usize = 64;

/// Compiles a checked program.
///
/// # Errors
/// A limit that the program breaks: too many steps, variables, members or rows, flows that run each other too deeply, an answer
/// that could take too long. Everything else is the checker's to refuse.
pub fn compile(program: &Program) -> Result<Image, Vec<Diagnostic>> {
    let definitions = Definitions::of(program);
    let usage = Usage::of(program, &definitions);
    let mut inline = HashSet::new();
    for _ in 0..ROUNDS {
        match attempt(program, &definitions, &usage, &inline)? {
            Outcome::Done(image) => return verified(*image),
            Outcome::Inline(pairs) => inline.extend(pairs),
        }
    }
    Err(vec![endless(program)])
}

/// What only a compiled script shows, although it breaks no limit: a state of a waiting call that is too large for a token of the
/// length that the protocol promises.
#[must_use]
pub fn warnings(image: &Image) -> Vec<Diagnostic> {
    kept::warnings(image)
}

/// Everything that the compiler has to say of a checked program, for those who want no image.
#[must_use]
pub fn diagnose(program: &Program) -> Vec<Diagnostic> {
    match compile(program) {
        Ok(image) => warnings(&image),
        Err(problems) => problems,
    }
}

/// Compiles a checked program, and gives the bytes of the compiled script.
///
/// # Errors
/// Those of [`compile`].
pub fn build(program: &Program) -> Result<Vec<u8>, Vec<Diagnostic>> {
    compile(program).map(|image| callroute_bytecode::encode(&image))
}

/// What an attempt comes to.
enum Outcome {
    Done(Box<Image>),
    /// These flows must be written out where they are run: the call goes on behind them, and back to where it came from, so that
    /// the flow's menu has to stand between.
    Inline(Vec<CallPair>),
}

fn attempt(program: &Program, definitions: &Definitions, usage: &Usage, inline: &HashSet<CallPair>) -> Result<Outcome, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut pools = Pools::default();
    header(&mut pools.image, program);
    pools.number_vars(program, |var, kind| match kind {
        VarKind::Builtin(_) | VarKind::Input { .. } | VarKind::Keys(_) => true,
        VarKind::Param(..) | VarKind::Field | VarKind::Contact => usage.is_read(var),
    });
    if pools.image.vars.len() > limits::VARS {
        let message =
            format!("this script has {} inputs, fields and parameters, and the limit is {}", pools.image.vars.len(), limits::VARS);
        return Err(vec![
            Diagnostic::new(Code::TooManyVariables, Place::default(), message).help("only those that some step reads are counted"),
        ]);
    }
    data::define(&mut pools, program, &mut problems);
    pools.image.fallback = program.fallback.as_ref().map(|fallback| pools.settle(fallback));

    let (mut lower, entry) = Lower::program(program, definitions, usage, &mut pools, inline);
    problems.append(&mut lower.problems);
    let Lower { mut blocks, mut records, .. } = lower;
    if !problems.is_empty() {
        return Err(problems);
    }
    let always = always(program, usage);
    // Built-in variables that only `set` can fill.
    let never: Vec<VarId> =
        [Builtin::Priority, Builtin::CallerName].into_iter().map(Builtin::var).filter(|var| !usage.is_set(*var)).collect();
    live::live(&blocks, &mut records, &pools, &always, &never, program.flows.len()).map_err(|problem| vec![*problem])?;
    let threaded = blocks.thread();
    let entry_at = threaded.get(entry as usize).copied().unwrap_or(entry);
    match blocks.order(entry_at) {
        Ok(order) => {
            emit::emit(&blocks, &order, &threaded, entry, records, &mut pools.image);
            Ok(Outcome::Done(Box::new(pools.image)))
        }
        Err(cycle) => match calls(&blocks, &cycle) {
            pairs if pairs.is_empty() => Err(vec![endless(program)]),
            pairs => Ok(Outcome::Inline(pairs)),
        },
    }
}

fn header(image: &mut Image, program: &Program) {
    let mut hash = Sha256::new();
    for file in &program.files {
        // With its length, so that text cannot move from one file to the next unseen.
        hash.update((file.text.len() as u64).to_le_bytes());
        hash.update(file.text.as_bytes());
        image.files.push((file.path.clone(), file.text.clone()));
    }
    image.source_hash = hash.finalize().into();
    image.compiler = env!("CARGO_PKG_VERSION").to_owned();
    image.turn_limit = program.turn_limit;
    image.country = program.country;
}

/// What may be read at any moment: by the fallback, and by every instruction that carries the priority once it is set.
fn always(program: &Program, usage: &Usage) -> Vec<VarId> {
    let mut reads = Reads::default();
    if let Some(fallback) = &program.fallback {
        reads.settle(fallback);
    }
    if usage.is_set(Builtin::Priority.var()) {
        reads.var(Builtin::Priority.var());
    }
    reads.vars.sort_unstable();
    reads.vars.dedup();
    reads.vars
}

/// The calls behind which a cycle goes on.
fn calls(blocks: &Blocks, cycle: &[BlockId]) -> Vec<CallPair> {
    let behind = cycle.iter().skip(1).chain(cycle.first());
    cycle
        .iter()
        .zip(behind)
        .filter_map(|(block, behind)| match &blocks.get(*block).end {
            End::Call { caller, callee, next, .. } if next == behind => Some((*caller, *callee)),
            _ => None,
        })
        .collect()
}

fn endless(program: &Program) -> Diagnostic {
    let place = program.flows.first().map(|flow| flow.place).unwrap_or_default();
    Diagnostic::new(Code::EndlessCycle, place, "flows of this script lead to each other in a circle that does not wait for the caller")
        .help("let every way around pass a `menu` or `collect`")
}

/// The image, if it can be run; else which limit it breaks.
fn verified(image: Image) -> Result<Image, Vec<Diagnostic>> {
    let spans = image.spans.clone();
    match callroute_bytecode::verify(image) {
        Ok(verified) => Ok(verified.into_image()),
        Err(error) => Err(vec![refused(&error, &spans)]),
    }
}

fn refused(error: &VerifyError, spans: &[SpanEntry]) -> Diagnostic {
    let place = match error.at {
        At::Instr(address, _) => spans
            .partition_point(|span| span.address <= address)
            .checked_sub(1)
            .and_then(|at| spans.get(at))
            .map_or_else(Place::default, |span| Place { file: FileId(span.file), span: Span::new(span.start, span.end) }),
        At::Header | At::Record(..) => Place::default(),
    };
    match error.rule {
        Rule::Limit { what: "the cost of an answer", found, limit } => {
            let message = format!("deciding what to do next could take {found} units of work, and the limit is {limit}");
            Diagnostic::new(Code::AnswerTooCostly, place, message).help("put long chains of conditions into a list or a table")
        }
        Rule::Limit { what: "the number of flows that wait for each other", found, limit } => {
            let message = format!("{found} flows of this script run each other, one inside the other, and the limit is {limit}");
            Diagnostic::new(Code::CallsTooDeep, place, message).help("use `go` where nothing follows the `do`")
        }
        Rule::Limit { what, found, limit } => {
            Diagnostic::new(Code::TooManyParts, place, format!("{what} is {found}, and the limit is {limit}"))
        }
        _ => Diagnostic::new(Code::CompilerFault, place, format!("the compiler made a mistake: {error}"))
            .help("please report it, with the script"),
    }
}
