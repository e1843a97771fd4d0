//! `run --trace`: every step on standard error, as the one renderer of traces says it.

use callroute_runtime::{Program, Step, Tracer};
use callroute_testing::trace::Renderer;

use crate::failure::say;
use crate::workspace::Names;

/// Hears of the events of a call, and of the steps that answer them.
pub trait Watch: Tracer {
    /// What the steps that follow answer.
    fn heading(&mut self, text: &str);
}

/// Says every step on standard error.
pub struct Trace<'p> {
    renderer: Renderer<'p>,
    names: Names,
}

impl<'p> Trace<'p> {
    pub const fn new(program: &'p Program, names: Names) -> Self {
        Self { renderer: Renderer::new(program), names }
    }
}

impl Watch for Trace<'_> {
    fn heading(&mut self, text: &str) {
        say(&format!("-- {text}"));
    }
}

impl Tracer for Trace<'_> {
    fn step(&mut self, step: &Step<'_>) {
        if let Some(mut line) = self.renderer.line(step) {
            self.names.set(&mut line);
            say(&line.to_string());
        }
    }
}
