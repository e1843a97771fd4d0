//! A script with its tests, ready to run.

use std::fmt;

use callroute_analysis::testing::{Case, Test};
use callroute_analysis::typed::Program;
use callroute_diagnostics::{Diagnostic, Place};
use callroute_runtime as runtime;
use callroute_runtime::Call;

use crate::coverage::Hits;
use crate::play::{Ear, Failure, Player, Secrets};
use crate::trace::{Renderer, Way};

/// Why a checked script cannot be tested.
#[derive(Debug)]
pub enum SuiteError {
    /// It breaks a limit of compiled scripts.
    Compile(Vec<Diagnostic>),
    /// What was compiled cannot be loaded.
    Load(runtime::LoadError),
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compile(_) => f.write_str("the script cannot be compiled"),
            Self::Load(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SuiteError {}

/// What came of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// All that was expected was so.
    Passed,
    /// Something was not.
    Failed(Box<Failure>),
}

/// A checked script, compiled, with its tests.
#[derive(Debug)]
pub struct Suite<'p> {
    program: &'p Program,
    machine: runtime::Program,
    secrets: Secrets,
}

impl<'p> Suite<'p> {
    /// Compiles and loads a script.
    ///
    /// # Errors
    /// See [`SuiteError`].
    pub fn new(program: &'p Program) -> Result<Self, SuiteError> {
        let bytes = callroute_compiler::build(program).map_err(SuiteError::Compile)?;
        Self::of(program, &bytes).map_err(SuiteError::Load)
    }

    /// Loads a script that was compiled already.
    ///
    /// # Errors
    /// When these bytes are no compiled script.
    pub fn of(program: &'p Program, compiled: &[u8]) -> Result<Self, runtime::LoadError> {
        let machine = runtime::Program::load(compiled)?;
        Ok(Self { program, machine, secrets: Secrets::of(program) })
    }

    /// The checked script.
    #[must_use]
    pub const fn program(&self) -> &'p Program {
        self.program
    }

    /// The same on the machine.
    #[must_use]
    pub const fn machine(&self) -> &runtime::Program {
        &self.machine
    }

    /// Its tests.
    #[must_use]
    pub fn tests(&self) -> &'p [Test] {
        &self.program.tests
    }

    /// Memory for [`Suite::run`], one per thread.
    #[must_use]
    pub fn memory(&self) -> Call {
        Call::new(&self.machine)
    }

    /// Plays a case. `memory` is used again, `hits` gathers what is reached.
    pub fn run(&self, case: &Case, memory: &mut Call, hits: Option<&mut Hits>) -> Verdict {
        let ear = hits.map_or(Ear::None, Ear::Hits);
        let (call, result) = Player::new(self.program, &self.machine, &self.secrets, case, std::mem::take(memory), ear).play();
        *memory = call;
        match result {
            Ok(()) => Verdict::Passed,
            // Once more, to tell the way: the same call takes it again.
            Err(_) => self.explain(case),
        }
    }

    /// The way of a case's call, as far as the test goes: where the steps stand that it comes by. And whether the test passes.
    pub fn way(&self, case: &Case, memory: &mut Call) -> (Vec<Place>, bool) {
        let mut way = Way::new(&self.machine);
        let (call, result) =
            Player::new(self.program, &self.machine, &self.secrets, case, std::mem::take(memory), Ear::Way(&mut way)).play();
        *memory = call;
        (way.places, result.is_ok())
    }

    fn explain(&self, case: &Case) -> Verdict {
        let mut renderer = Renderer::new(&self.machine);
        let ear = Ear::Path(&mut renderer, Vec::new());
        let (_, result) = Player::new(self.program, &self.machine, &self.secrets, case, self.memory(), ear).play();
        match result {
            Ok(()) => Verdict::Passed,
            Err(failure) => Verdict::Failed(failure),
        }
    }
}
