//! Whole constructs with places to fill in, offered where one may begin.
//!
//! They are the only snippets: an editor's own, which know no place, would stand beside these in its list. VS Code's file of snippets,
//! for when the program is missing, is held to them by a test.

/// A construct with places to fill in: `$1`, `${2:…}`, `${3|one,other|}`, `$0` where the caret ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Snippet {
    /// What the list shows; it begins with the word that one types.
    pub label: &'static str,
    /// What it is for.
    pub detail: &'static str,
    /// It is a definition or a test, and so stands only at the top of a file.
    pub top: bool,
    /// What is written.
    pub body: &'static str,
}

const fn step(label: &'static str, detail: &'static str, body: &'static str) -> Snippet {
    Snippet { label, detail, top: false, body }
}

const fn top(label: &'static str, detail: &'static str, body: &'static str) -> Snippet {
    Snippet { label, detail, top: true, body }
}

/// Steps first, then what stands at the top of a file.
pub const SNIPPETS: &[Snippet] = &[
    step("when hours", "Ask whether it is open", "when hours(${1:office}) <\n  $0\n> else voicemail \"${2:closed}\""),
    step(
        "menu with choices",
        "Let the caller choose",
        "menu say \"${1:Press 1 for sales, 2 for support.}\" <\n  1 => ${2:group sales}\n  2 => ${3:agent support}\n> else ${0:voicemail \"front_desk\"}",
    ),
    step("switch with arms", "Choose by a value", "switch ${1:from} <\n  ${2:+1312*} => ${3:group chicago}\n> else ${0:hangup}"),
    step(
        "collect digits",
        "Ask for digits",
        "collect ${1:4} digits say \"${2:Please enter your PIN.}\" as ${3:pin} <\n  $0\n> else hangup",
    ),
    step(
        "lookup row",
        "Ask a source or a table",
        "lookup ${1:crm}(${2:from}) as ${3:customer} within ${4:500ms} <\n  found        => $0\n  failed, late => tag \"${1}_down\"\n>",
    ),
    step("split by percent", "Share calls out", "split by call <\n  ${1:70}% => ${2:group a}\n  ${3:30}% => ${0:group b}\n>"),
    step(
        "ring in place",
        "Ring without a name, and fall back",
        "ring ${1|all,in order each 12s,in turn,at random,longest idle|} for ${2:30s} < ${3:agent ana} > else ${0:voicemail \"nobody\"}",
    ),
    top("zone and country", "Where the script is at home", "zone ${1:America/Chicago}\ncountry ${2:US}\n$0"),
    top("fallback voicemail", "What is answered when all else fails", "fallback voicemail \"${1:front_desk}\""),
    top(
        "group of phones",
        "Define a ring group",
        "group ${1:sales} = ring ${2|all,in order each 12s,in turn,at random,longest idle|} for ${3:25s} < ${0:agent ana} >",
    ),
    top(
        "queue of agents",
        "Define a queue",
        "queue ${1:helpdesk} = ring longest idle max wait ${2:5m} music \"${3:hold}\" < ${0:agent ana} >",
    ),
    top(
        "schedule in zone",
        "Define opening hours",
        "schedule ${1:office} = in ${2:America/Chicago} <\n  mon-fri ${3:9-17}\n  ${4:dec 25} closed\n>\n$0",
    ),
    top("dates of holidays", "Define holidays", "dates ${1:us_holidays} = <\n  jan 1 observed\n  4th thu of nov\n  dec 25 observed\n>\n$0"),
    top("list of numbers", "Define a list of callers", "list ${1:vip} = < ${2:+14155550123} \"${3:Ana}\" >\n$0"),
    top("prompt in languages", "Define a prompt", "prompt ${1:welcome} = < ${2:en} \"${3:Welcome.}\" >\n$0"),
    top("source of rows", "Declare a source of look-ups", "source ${1:crm}(${2:number}: ${3:phone}) = < ${4:owner}: ${5:text} >\n$0"),
    top("flow with steps", "Define a flow", "/// ${1:What it does.}\nflow ${2:after_hours} <\n  $0\n>"),
    top(
        "test of a call",
        "A call and what must come of it",
        "test \"${1:sales does not pick up}\" <\n  at ${2:2026-04-21 09:32}\n  from ${3:+14155550123}\n  press ${4:1}\n  expect ${5:group sales}\n  outcome ${6|no-answer,busy,declined,unreachable,answered|}\n  expect ${0:voicemail \"sales\"}\n>",
    ),
    top(
        "test as a table",
        "Many calls, one line each",
        "test \"${1:edges of the day}\" for at, expect <\n  ${2:2026-04-21 08:59:59}, ${3:voicemail \"closed\"}\n  ${4:2026-04-21 09:00},    ${0:menu}\n>",
    ),
];
