//! A call as a `test` block, so that what was tried by hand stays tried.

use std::path::Path;

use callroute_calendar::format_moment;
use callroute_diagnostics::Severity;
use callroute_testing::{DEFAULT_CALL, Suite, Verdict, values, words};

use super::phone::{Deed, Phone};
use crate::failure::{Failure, quoted, shown};
use crate::workspace;

/// The block. What is given stands first, then what was done and what came of it, in order.
pub fn test_block(phone: &Phone<'_>, name: &str) -> String {
    let incoming = &phone.caller.incoming;
    let mut lines = vec![format!("at {}", format_moment(phone.zone, phone.began))];
    match incoming.from.as_deref() {
        None | Some("" | "anonymous") => lines.push("from anonymous".to_owned()),
        Some(from) => lines.push(format!("from {}", values::address(from))),
    }
    lines.extend(incoming.to.iter().map(|to| format!("to {}", values::address(to))));
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
    for (question, answers) in given(&phone.deeds) {
        lines.extend(answers.iter().map(|answer| format!("given {question} = {answer}")));
    }
    for deed in &phone.deeds {
        match deed {
            Deed::Drive(text) => lines.push(text.clone()),
            Deed::Expect(text) => lines.push(format!("expect {text}")),
            Deed::Given(..) => {}
        }
    }
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    format!("test {} <\n{body}>\n", words::literal(name))
}

/// What was asked, and what was answered in turn. The last answer is given from then on, and so is written once.
fn given(deeds: &[Deed]) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for deed in deeds {
        let Deed::Given(question, answer) = deed else { continue };
        match all.iter_mut().find(|(known, _)| known == question) {
            Some((_, answers)) => answers.push(answer),
            None => all.push((question, vec![answer])),
        }
    }
    for (_, answers) in &mut all {
        while let [.., before, last] = answers.as_slice()
            && before == last
        {
            answers.pop();
        }
    }
    all
}

/// Puts the block at the end of the script, if the script is still right with it and the test passes. Gives what is to be said of it.
pub fn save(phone: &Phone<'_>, script: &Path, name: &str) -> Result<String, Failure> {
    let block = test_block(phone, name);
    let file = shown(&script.display().to_string());
    let old = std::fs::read_to_string(script).map_err(|error| workspace::cannot_read(script, &error))?;
    let text = with_block(&old, &block);
    let checked = workspace::check_bytes(script, Some(text.clone().into_bytes()));
    let refused = |why: &str| Failure::wrong(format!("{why}, so it was not saved; the test is\n{block}"));
    let Some(program) = &checked.analysis.program else {
        let errors = checked.analysis.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        let why = errors.map(|error| error.message.as_str()).next().unwrap_or("it cannot be compiled");
        return Err(refused(&format!("with this test `{file}` would have errors ({why})")));
    };
    let suite = Suite::new(program).map_err(|error| refused(&format!("with this test {error}")))?;
    for case in suite.tests().iter().filter(|test| test.title == name).flat_map(|test| &test.cases) {
        if let Verdict::Failed(failure) = suite.run(case, &mut suite.memory(), None) {
            return Err(refused(&format!("a test cannot make this call again ({})", failure.message)));
        }
    }
    crate::write::replace(script, text.as_bytes()).map_err(|error| Failure::wrong(format!("`{file}` cannot be written: {error}")))?;
    let secret = if phone.secret { "; it holds the secret digits as they were pressed, so change them if they are real" } else { "" };
    Ok(format!("{file} has a test {} now; `callroute test {}` runs it{secret}", words::quoted(name), quoted(&script.display().to_string())))
}

/// The script with the block behind it, one blank line away, and laid out as the rest of it is.
fn with_block(old: &str, block: &str) -> String {
    let kept = old.trim_end_matches([' ', '\t', '\r', '\n']);
    let gap = if kept.is_empty() { "" } else { "\n\n" };
    let crlf = old.contains("\r\n") && old.matches('\n').count() == old.matches("\r\n").count();
    let added = format!("{gap}{block}");
    let text = format!("{kept}{}", if crlf { added.replace('\n', "\r\n") } else { added });
    // In a script that nobody has laid out the block is no reason to begin.
    let tidy = old.trim().is_empty() || callroute_format::format(old).is_ok_and(|layout| layout.text == old);
    match callroute_format::format(&text) {
        Ok(layout) if tidy => layout.text,
        _ => text,
    }
}
