//! Tells Zed how the language server is started: the program of the settings, else `callroute` on the PATH.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, Command, LanguageServerId, Result, Worktree};

struct Callroute;

impl zed::Extension for Callroute {
    fn new() -> Self {
        Callroute
    }

    fn language_server_command(&mut self, id: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let settings = LspSettings::for_worktree(id.as_ref(), worktree).ok().and_then(|settings| settings.binary);
        let named = settings.as_ref().and_then(|binary| binary.path.clone());
        let command = named.or_else(|| worktree.which("callroute")).ok_or_else(|| {
            "the program `callroute` is not on the PATH: install it, or set lsp.callroute.binary.path in the settings".to_owned()
        })?;
        let args = settings.and_then(|binary| binary.arguments).unwrap_or_else(|| vec!["lsp".to_owned()]);
        Ok(Command { command, args, env: worktree.shell_env() })
    }
}

zed::register_extension!(Callroute);
