//! Colours: whether the terminal wants them.

use callroute_diagnostics::Color;
use clap::ValueEnum;

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum When {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Never.
    Never,
}

impl When {
    /// For standard error, where diagnostics go.
    pub fn color(self) -> Color {
        self.color_of(&std::io::stderr())
    }

    /// For standard output.
    pub fn color_of_output(self) -> Color {
        self.color_of(&std::io::stdout())
    }

    fn color_of(self, stream: &impl std::io::IsTerminal) -> Color {
        let on = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                !refused && !dumb && stream.is_terminal()
            }
        };
        if on { Color::On } else { Color::Off }
    }
}
