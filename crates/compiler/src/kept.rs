//! How large the state of a waiting call can become, and a warning where its token would be longer than the protocol promises.
//!
//! What a call keeps at a suspension is known; how long its values are is not, because they come from events. They are taken to
//! be as long as [`TEXT`], [`PHONES`] and the like say: longer than nearly all that is met, far shorter than the runtime bears.

use callroute_bytecode::image::{GatherKind, Image, Ty};
use callroute_bytecode::op::Op;
use callroute_diagnostics::{Code, Diagnostic, FileId, Place, Span};

/// What the protocol promises: `continue` has no more characters.
const PROMISED: usize = 1024;
/// The bytes that a text, a name or a SIP address from outside is taken to have.
const TEXT: usize = 64;
/// How many numbers a value of several is taken to have, each a line of E.164.
const PHONES: usize = 8;
const PHONE_LINE: usize = 17;
/// The most keys that are pressed in one menu.
const KEYS: usize = 16;
/// Flows that wait for each other, and menus whose tries are counted, both as many as a call is taken to have at one time.
const WAITING: usize = 4;
/// How many of the largest values are named.
const NAMED: usize = 6;

/// A place where a call waits.
struct Waiting {
    /// The characters of its token.
    length: usize,
    address: u32,
    /// What is kept: bytes and variable.
    values: Vec<(usize, u16)>,
}

/// Warns once, at the place where a call keeps most, if its token can become too long there.
pub(crate) fn warnings(image: &Image) -> Vec<Diagnostic> {
    let digits = digits(image);
    let mut worst: Option<Waiting> = None;
    for (address, instr) in (0u32..).zip(&image.code) {
        let at = usize::try_from(instr.b).unwrap_or(usize::MAX);
        let live = match instr.op {
            Op::Gather => image.gathers.get(at).map(|record| &record.live),
            Op::Dial => image.dials.get(at).map(|record| &record.live),
            Op::Lookup => image.lookups.get(at).map(|record| &record.live),
            Op::Voicemail => image.voicemails.get(at).filter(|record| record.outcomes.is_some()).map(|record| &record.live),
            Op::Action => image.actions.get(at).filter(|record| record.outcomes.is_some()).map(|record| &record.live),
            _ => None,
        };
        let Some(live) = live else { continue };
        let mut values: Vec<(usize, u16)> = live.iter().map(|var| (value(image, *var, &digits), *var)).collect();
        let length = token(state(image, values.iter().map(|(size, _)| size).sum()));
        if length > PROMISED && worst.as_ref().is_none_or(|worst| length > worst.length) {
            // The largest first; of equals in the order of the script.
            values.sort_by_key(|(size, var)| (std::cmp::Reverse(*size), *var));
            worst = Some(Waiting { length, address, values });
        }
    }
    worst.map(|worst| warning(image, &worst)).into_iter().collect()
}

fn warning(image: &Image, worst: &Waiting) -> Diagnostic {
    let Waiting { length, address, values } = worst;
    let spans = &image.spans;
    let span = spans.partition_point(|span| span.address <= *address).checked_sub(1).and_then(|at| spans.get(at));
    let place = span.map_or_else(Place::default, |span| Place { file: FileId(span.file), span: Span::new(span.start, span.end) });
    let name = |var: u16| {
        let name = image.vars.get(usize::from(var)).and_then(|var| image.strings.get(usize::try_from(var.name).ok()?));
        name.map_or("", String::as_str)
    };
    let named: Vec<String> = values.iter().take(NAMED).map(|(size, var)| format!("`{}` {size}", name(*var))).collect();
    let rest = values.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
    Diagnostic::new(
        Code::LongContinue,
        place,
        format!("`continue` can have about {length} characters while the call waits here, and the promise is {PROMISED}"),
    )
    .help(format!("kept for later steps are, in bytes: {}{more}", named.join(", ")))
    .help(format!("a text or an address is counted with {TEXT} bytes, a list of numbers with {PHONES} of them"))
    .help("read fewer of these after this step, or use them before it")
}

/// For each variable that holds digits, how many at most.
fn digits(image: &Image) -> Vec<(u16, usize)> {
    let mut found = Vec::new();
    for gather in &image.gathers {
        if let GatherKind::Collect { var, max, .. } = &gather.kind {
            found.push((*var, usize::from(*max)));
        }
    }
    found.sort_unstable();
    // Of a variable's several the largest stays: it comes first from behind.
    found.reverse();
    found.dedup_by_key(|(var, _)| *var);
    found.reverse();
    found
}

/// The bytes of a variable in a state: its number, what kind of value it is, the value.
fn value(image: &Image, var: u16, digits: &[(u16, usize)]) -> usize {
    let Some(def) = image.vars.get(usize::from(var)) else { return 0 };
    let size = match def.ty {
        Ty::Text | Ty::Phone => 1 + TEXT,
        Ty::Phones => 2 + PHONES * PHONE_LINE,
        Ty::Digits => {
            1 + digits.binary_search_by_key(&var, |(var, _)| *var).ok().and_then(|at| digits.get(at)).map_or(KEYS, |(_, max)| *max)
        }
        Ty::Number => 8,
        Ty::Duration => 5,
        Ty::Flag => 0,
        Ty::Enum(_) => 2,
        Ty::Group | Ty::Agent | Ty::Queue | Ty::Trunk | Ty::Schedule | Ty::Dates | Ty::List => 4,
    };
    number(u32::from(var)) + 1 + size
}

/// The bytes of a state, as `callroute-runtime` writes it, with so many of values.
fn state(image: &Image, values: usize) -> usize {
    let address = number(u32::try_from(image.code.len()).unwrap_or(u32::MAX));
    let gather = number(u32::try_from(image.gathers.len()).unwrap_or(u32::MAX));
    // Version, script, call and kind; address; turns and reason; keys typed ahead; where flows go on; counted menus; how many values.
    let fixed = 18 + address + 3 + (1 + KEYS / 2) + (1 + WAITING * address) + (1 + WAITING.min(image.gathers.len()) * (gather + 4)) + 2;
    fixed + values
}

/// The bytes of a number, seven bits in each.
const fn number(number: u32) -> usize {
    let bits = 32 - number.leading_zeros();
    if bits == 0 { 1 } else { bits.div_ceil(7) as usize }
}

/// The characters of a token around a state: base64 in JSON, sealed with a nonce and a tag of 32 bytes, in base64 again; then six bytes that name the key.
const fn token(state: usize) -> usize {
    let payload = "{\"s\":\"\"}".len() + base64(25 + state);
    "v4.local.".len() + base64(32 + payload + 32) + ".".len() + base64(6)
}

/// The characters of so many bytes in base64 without padding.
const fn base64(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!([number(0), number(127), number(128), number(16_383), number(16_384)], [1, 1, 2, 2, 3]);
        assert_eq!([base64(0), base64(1), base64(2), base64(3), base64(4)], [0, 2, 3, 4, 6]);
    }
}
