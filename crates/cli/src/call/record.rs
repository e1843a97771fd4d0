//! A call as a `test` block, so that what was tried by hand stays tried.

use std::path::Path;

use callroute_calendar::format_moment;
use callroute_diagnostics::Severity;
use callroute_testing::{DEFAULT_CALL, words};

use super::phone::{Deed, Phone};
use crate::failure::{Failure, shown};
use crate::workspace;

/// The block. What is given stands first, then what was done and what came of it, in order.
pub fn test_block(phone: &Phone<'_>, name: &str) -> String {
    let incoming = &phone.caller.incoming;
    let mut lines = vec![format!("at {}", format_moment(phone.zone, phone.began))];
    match incoming.from.as_deref() {
        None | Some("" | "anonymous") => lines.push("from anonymous".to_owned()),
        Some(from) => lines.push(format!("from {from}")),
    }
    lines.extend(incoming.to.iter().map(|to| format!("to {to}")));
    lines.extend(incoming.language.iter().map(|language| format!("language {language}")));
    for (name, value) in &incoming.attributes {
        // What is no input, or none of its type, the script does not see.
        lines.extend(phone.input(name, value).map(|text| format!("given {text}")));
    }
    for (name, value) in &incoming.headers {
        lines.push(format!("given header {} = {}", words::literal(name), words::literal(value)));
    }
    if phone.caller.call_id != DEFAULT_CALL {
        lines.push(format!("given call_id = {}", words::literal(&phone.caller.call_id)));
    }
    let mut given: Vec<&str> = Vec::new();
    for deed in &phone.deeds {
        if let Deed::Given(text) = deed
            && !given.contains(&text.as_str())
        {
            given.push(text);
            lines.push(format!("given {text}"));
        }
    }
    for deed in &phone.deeds {
        match deed {
            Deed::Drive(text) => lines.push(text.clone()),
            Deed::Expect(text) => lines.push(format!("expect {text}")),
            Deed::Given(_) => {}
        }
    }
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("test {} <\n{body}>\n", words::literal(name))
}

/// Puts the block at the end of the script, if the script is still right with it.
pub fn save(script: &Path, block: &str) -> Result<(), Failure> {
    let name = shown(&script.display().to_string());
    let old = std::fs::read_to_string(script).map_err(|error| workspace::cannot_read(script, &error))?;
    let gap = if old.ends_with('\n') { "\n" } else { "\n\n" };
    let text = format!("{old}{gap}{block}");
    let checked = workspace::check_bytes(script, Some(text.clone().into_bytes()));
    if checked.analysis.program.is_none() {
        let errors = checked.analysis.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let why = errors.map(|error| error.message.as_str()).next().unwrap_or("it cannot be compiled");
        return Err(Failure::wrong(format!(
            "with this test `{name}` would have errors ({why}), so it was not saved; the test is\n{block}"
        )));
    }
    crate::write::replace(script, text.as_bytes()).map_err(|error| Failure::wrong(format!("`{name}` cannot be written: {error}")))
}
