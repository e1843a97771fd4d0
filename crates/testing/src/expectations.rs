//! What was answered, as a test expects it. The opposite of [`crate::compare`]: whatever that compares is written here.

use callroute_analysis::typed::Program;
use callroute_protocol::{Action, HostAction, Instruction};

use crate::values;
use crate::words::{self, For};

/// The instruction as it stands behind `expect` in a test of this script, with all of it that can be expected. `None` where a test cannot
/// say it: prompts alone, nothing, and an action that lacks an argument.
#[must_use]
pub fn expectation(program: &Program, instruction: &Instruction) -> Option<String> {
    let script = For::Script(program);
    Some(match &instruction.action {
        Action::Forward(forward) => words::forward(forward, script),
        Action::Menu(_) => "menu".to_owned(),
        Action::Collect(_) => "collect".to_owned(),
        Action::Voicemail(voicemail) => words::voicemail(voicemail, script),
        Action::Reject(reject) => words::reject(reject, script),
        Action::Redirect(redirect) => words::redirect(redirect, script),
        Action::Hangup { reason } => format!("ended {}", words::reason(reason)),
        Action::Lookup(lookup) => format!("lookup {}", lookup.source),
        Action::Host(action) => host(program, action)?,
        Action::Play {} | Action::None {} => return None,
    })
}

fn host(program: &Program, action: &HostAction) -> Option<String> {
    let def = program.actions.iter().find(|def| def.name == action.action)?;
    let written = |name: &str, ty| action.args.get(name).and_then(|value| values::written(program, ty, value));
    let args: Option<Vec<String>> = def.params.iter().map(|param| written(&param.name, param.ty)).collect();
    Some(format!("{}({})", action.action, args?.join(", ")))
}

/// What comes with an instruction, as it stands behind `expect`: what is played, and new tags. Each once.
#[must_use]
pub fn marks(program: &Program, instruction: &Instruction) -> Vec<String> {
    let script = For::Script(program);
    let prompts = instruction.prompts.iter().map(|prompt| words::prompt_for(prompt, script));
    let tags = instruction.tags.iter().map(|tag| format!("tag {}", script.text(tag)));
    let mut marks: Vec<String> = Vec::new();
    for mark in prompts.chain(tags) {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    marks
}
