//! Any bytes as a script: the parser ends, places lie in the file and in their parents, everything can be shown.
#![no_main]

use callroute_diagnostics::{FileId, Sources, Span};
use callroute_syntax::visit::{Event, walk};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let parsed = callroute_syntax::parse_bytes(FileId(0), data);
    assert!(parsed.diagnostics.len() <= callroute_syntax::limits::MAX_DIAGNOSTICS);
    let Ok(text) = std::str::from_utf8(data) else {
        assert!(!parsed.diagnostics.is_empty());
        return;
    };
    let inside = |span: Span| assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?}");
    let mut stack: Vec<Span> = Vec::new();
    walk(&parsed.tree, &mut |event| match event {
        Event::Enter(node) => {
            let span = node.span();
            inside(span);
            assert!(stack.last().is_none_or(|parent| parent.contains(span)), "{span:?} lies outside of its parent: {node:?}");
            stack.push(span);
        }
        Event::Leave(_) => {
            stack.pop();
        }
    });
    for one in &parsed.diagnostics {
        inside(one.place.span);
        one.labels.iter().for_each(|label| inside(label.place.span));
        one.fix.iter().flat_map(|fix| &fix.edits).for_each(|edit| inside(edit.place.span));
    }
    callroute_fuzz::shown(&Sources::new([("a.route", text)]), &parsed.diagnostics);
});
