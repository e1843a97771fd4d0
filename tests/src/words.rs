//! Small rules of the reference interpreter: how values are read, converted and written. Plain and slow on purpose.

use callroute_analysis::typed::*;
use callroute_numbers as numbers;
use serde_json::{Value, json};

/// A number as JSON: whole ones without a fraction.
pub fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// Milliseconds as seconds.
pub fn seconds(ms: u64) -> Value {
    number(ms as f64 / 1000.0)
}

/// A number or address as it is dialled.
pub fn phone(phone: &Phone) -> String {
    match phone {
        Phone::Number(number) => number.to_string(),
        Phone::Address(address) => address.clone(),
    }
}

/// The spelling of an enumeration's value.
pub fn enum_name(program: &Program, id: EnumId, value: u32) -> String {
    program.enums.get(id.index()).and_then(|values| values.values.get(value as usize)).cloned().unwrap_or_default()
}

/// A value as text.
pub fn text(program: &Program, value: &Const) -> String {
    match value {
        Const::Text(text) => text.clone(),
        Const::Number(value) => value.to_string(),
        Const::Flag(flag) => flag.to_string(),
        Const::Phone(value) => phone(value),
        Const::Phones(phones) => phones.iter().map(phone).collect::<Vec<_>>().join(", "),
        Const::Duration(ms) => duration(*ms),
        Const::Enum(id, value) => enum_name(program, *id, *value),
        _ => String::new(),
    }
}

/// A duration as a script writes it: `1h30m`, `45s`, `500ms`.
fn duration(ms: u64) -> String {
    let mut out = String::new();
    let mut rest = ms;
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if rest >= size {
            out.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    if out.is_empty() { "0s".into() } else { out }
}

/// A value as another type; what cannot be converted is missing.
pub fn convert(program: &Program, value: Const, ty: Ty) -> Option<Const> {
    match (value, ty) {
        (value @ Const::Text(_), Ty::Text | Ty::Digits)
        | (value @ Const::Number(_), Ty::Number)
        | (value @ Const::Flag(_), Ty::Flag)
        | (value @ Const::Phone(_), Ty::Phone)
        | (value @ Const::Phones(_), Ty::Phones)
        | (value @ Const::Duration(_), Ty::Duration)
        | (value @ Const::Group(_), Ty::Group)
        | (value @ Const::Agent(_), Ty::Agent)
        | (value @ Const::Queue(_), Ty::Queue)
        | (value @ Const::Trunk(_), Ty::Trunk)
        | (value @ Const::Schedule(_), Ty::Schedule)
        | (value @ Const::Dates(_), Ty::Dates)
        | (value @ Const::List(_), Ty::List) => Some(value),
        (Const::Enum(id, value), Ty::Enum(wanted)) => {
            let name = enum_name(program, id, value);
            enum_value(program, wanted, &name)
        }
        (Const::Text(text), Ty::Enum(wanted)) => enum_value(program, wanted, &text),
        (Const::Text(text), Ty::Phone) => read_phone(program, &text).map(Const::Phone),
        (Const::Text(text), Ty::Phones) => read_phone(program, &text).map(|phone| Const::Phones(vec![phone])),
        (Const::Phone(phone), Ty::Phones) => Some(Const::Phones(vec![phone])),
        (value, Ty::Text | Ty::Digits) => Some(Const::Text(text(program, &value))),
        _ => None,
    }
}

fn enum_value(program: &Program, id: EnumId, text: &str) -> Option<Const> {
    let values = &program.enums.get(id.index())?.values;
    let index = values.iter().position(|value| value.eq_ignore_ascii_case(text))?;
    Some(Const::Enum(id, u32::try_from(index).ok()?))
}

fn read_phone(program: &Program, text: &str) -> Option<Phone> {
    let mut buf = String::new();
    match numbers::read_party(text, program.country, &mut buf).party {
        numbers::Party::Withheld => None,
        numbers::Party::Number(number) => Some(Phone::Number(number)),
        numbers::Party::Address(address) => Some(Phone::Address(address.to_owned())),
    }
}

/// What comes from outside is dialled only where it is a number or an address.
fn phone_from_outside(program: &Program, text: &str) -> Option<Phone> {
    read_phone(program, text).filter(|phone| match phone {
        Phone::Number(_) => true,
        Phone::Address(address) => address.starts_with("sip:") || address.starts_with("sips:"),
    })
}

/// Reads a JSON value as a type: numbers and flags also from text, enumerations without regard to case.
pub fn read(program: &Program, ty: Ty, raw: &Value) -> Option<Const> {
    match (ty, raw) {
        (Ty::Text | Ty::Digits, Value::String(text)) => Some(Const::Text(text.clone())),
        (Ty::Number, Value::Number(value)) => value.as_f64().filter(|n| n.is_finite()).map(Const::Number),
        (Ty::Number, Value::String(text)) => text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(Const::Number),
        (Ty::Flag, Value::Bool(flag)) => Some(Const::Flag(*flag)),
        (Ty::Flag, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Const::Flag(true)),
            "false" => Some(Const::Flag(false)),
            _ => None,
        },
        (Ty::Duration, Value::Number(seconds)) => seconds
            .as_f64()
            .filter(|seconds| (0.0..=1e9).contains(seconds))
            .map(|seconds| Const::Duration((seconds * 1000.0).round() as u64)),
        (Ty::Duration, Value::String(text)) => spelled_duration(text.trim()).map(Const::Duration),
        (Ty::Phone, Value::String(text)) => phone_from_outside(program, text).map(Const::Phone),
        (Ty::Phones, Value::Array(items)) => {
            let phones: Option<Vec<Phone>> = items.iter().map(|item| phone_from_outside(program, item.as_str()?)).collect();
            phones.map(Const::Phones)
        }
        (Ty::Enum(id), Value::String(text)) => enum_value(program, id, text),
        _ => None,
    }
}

/// `1m30s` in milliseconds: each unit once at most, the larger ones first.
fn spelled_duration(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, after) = rest.split_at(digits);
        // `500ms` has no minutes.
        if digits > 0
            && let Some(after) = after.strip_prefix(unit)
            && after.chars().next().is_none_or(|c| c.is_ascii_digit())
        {
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(size)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(total)
}

/// A value as JSON.
pub fn json(program: &Program, value: &Const) -> Value {
    match value {
        Const::Number(value) => number(*value),
        Const::Flag(flag) => json!(flag),
        Const::Phones(phones) => Value::Array(phones.iter().map(|one| json!(phone(one))).collect()),
        Const::Duration(ms) => seconds(*ms),
        other => json!(text(program, other)),
    }
}

/// FNV-1a, 64 bits, over the pieces one after the other.
pub fn fnv(pieces: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in pieces.iter().copied().flatten() {
        hash ^= u64::from(*byte);
        hash = hash.wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// The key of a symbol.
pub fn key(symbol: u8) -> char {
    match symbol {
        10 => '*',
        11 => '#',
        digit => char::from(b'0' + digit.min(9)),
    }
}

/// The reason of a SIP status.
pub fn reject_reason(code: u16) -> &'static str {
    match code {
        486 | 600 => "busy",
        480 => "unavailable",
        _ => "declined",
    }
}

/// The outcome of a SIP status.
pub fn sip_outcome(code: u64) -> &'static str {
    match code {
        200..=299 => "answered",
        300..=399 => "redirected",
        486 | 600 => "busy",
        603 | 607 | 608 => "declined",
        408 | 480 => "no_answer",
        487 => "hangup",
        _ => "unreachable",
    }
}

/// The language with the highest q of an `Accept-Language` header.
pub fn best_language(header: &str) -> Option<String> {
    let mut best: Option<(f64, String)> = None;
    for item in header.split(',') {
        let mut parts = item.split(';');
        let range = parts.next().unwrap_or("").trim();
        let q = parts
            .filter_map(|part| part.trim().strip_prefix("q=").or(part.trim().strip_prefix("Q=")))
            .next()
            .map_or(Some(1.0), |q| q.trim().parse().ok());
        let Some(q) = q else { continue };
        if range.is_empty() || range == "*" || q <= 0.0 {
            continue;
        }
        if best.as_ref().is_none_or(|(highest, _)| q > *highest) {
            best = Some((q, range.to_owned()));
        }
    }
    best.map(|(_, range)| range)
}

/// RFC 4647 basic filtering.
pub fn language_matches(range: &str, tag: &str) -> bool {
    let (range, tag) = (range.to_ascii_lowercase(), tag.to_ascii_lowercase());
    range == "*" || tag == range || tag.strip_prefix(&range).is_some_and(|rest| rest.starts_with('-'))
}

/// RFC 4647 lookup of `language` among `tags`, then by the same primary language.
pub fn lookup_language<'t>(language: &str, tags: &[&'t str]) -> Option<&'t str> {
    let mut range = language.to_ascii_lowercase();
    while !range.is_empty() {
        if let Some(tag) = tags.iter().find(|tag| tag.to_ascii_lowercase() == range) {
            return Some(tag);
        }
        match range.rfind('-') {
            Some(at) => range.truncate(at),
            None => break,
        }
        if range.len() > 2 && range.as_bytes().get(range.len() - 2) == Some(&b'-') {
            range.truncate(range.len() - 2);
        }
    }
    None
}
