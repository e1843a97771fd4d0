//! Constants of a test as the protocol writes them, so that they compare with what the machine gives.

use callroute_analysis::typed::{Const, Program};
use callroute_protocol::Seconds;
use serde_json::{Number, Value};

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
