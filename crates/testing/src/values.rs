//! Constants of a test as the protocol writes them, so that they compare with what the machine gives.

use callroute_analysis::typed::{Const, Program, Ty};
use callroute_protocol::Seconds;
use serde_json::{Number, Value};

use crate::words;

/// As the protocol writes it in arguments, and reads it in attributes and rows.
#[must_use]
pub fn json(program: &Program, value: &Const) -> Value {
    match value {
        Const::Text(text) => Value::String(text.clone()),
        Const::Number(number) => self::number(*number),
        Const::Flag(flag) => Value::Bool(*flag),
        Const::Phone(one) => Value::String(one.to_string()),
        Const::Phones(all) => all.iter().map(ToString::to_string).map(Value::String).collect(),
        Const::Duration(ms) => serde_json::to_value(Seconds(*ms)).unwrap_or_default(),
        Const::Enum(id, value) => {
            let values = program.enums.get(id.index()).map(|enumeration| enumeration.values.as_slice()).unwrap_or_default();
            Value::String(values.get(*value as usize).cloned().unwrap_or_default())
        }
        // Targets, schedules, dates and lists are no values of tests.
        _ => Value::Null,
    }
}

/// A value of an attribute or of a row as a script writes it, where one of this type is expected. `None` where it is none of this type, and so
/// counts as missing.
#[must_use]
pub fn written(program: &Program, ty: Ty, value: &Value) -> Option<String> {
    match (ty, value) {
        (Ty::Text | Ty::Digits, Value::String(text)) => Some(words::literal(text)),
        (Ty::Text, Value::Number(_) | Value::Bool(_)) => Some(words::literal(&value.to_string())),
        (Ty::Number, Value::Number(number)) => Some(number.to_string()),
        (Ty::Number, Value::String(text)) => {
            text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number.to_string())
        }
        (Ty::Flag, Value::Bool(flag)) => Some(flag.to_string()),
        (Ty::Flag, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some("true".to_owned()),
            "false" | "no" | "0" => Some("false".to_owned()),
            _ => None,
        },
        (Ty::Phone, Value::String(text)) => Some(address(text.trim())),
        (Ty::Phones, Value::Array(all)) => {
            // Several are one text.
            let all: Option<Vec<&str>> = all.iter().map(|one| one.as_str().map(str::trim)).collect();
            all.filter(|all| !all.is_empty()).map(|all| words::literal(&all.join(", ")))
        }
        (Ty::Phones, Value::String(text)) => Some(words::literal(text)),
        (Ty::Duration, Value::Number(_)) => Some(words::seconds(value)),
        (Ty::Duration, Value::String(text)) => callroute_calendar::read_duration(text.trim()).map(callroute_calendar::format_duration),
        (Ty::Enum(id), Value::String(word)) => {
            let values = program.enums.get(id.index()).map(|enumeration| enumeration.values.as_slice()).unwrap_or_default();
            values.iter().find(|value| value.eq_ignore_ascii_case(word.trim())).map(|value| words::name(value))
        }
        _ => None,
    }
}

/// A number or an address as a script writes it: in quotes, unless it is a number.
#[must_use]
pub fn address(text: &str) -> String {
    let digits = text.strip_prefix(['+', '*']).unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if number { text.to_owned() } else { words::literal(text) }
}

/// As a text, for headers.
#[must_use]
pub fn text(program: &Program, value: &Const) -> String {
    match json(program, value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// As the protocol writes numbers: without a fraction where there is none.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        Value::Number(Number::from(value as i64))
    } else {
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }
}
