//! What a script asks of a source, and how the values that come from outside are brought to its types. Values that the machine would not take are
//! found here, where the source and the column can be named; the values themselves are never put into words, for they may be anybody's number.

use std::fmt;

use callroute_calendar::read_duration;
use callroute_numbers::{Country, Party, read_party};
use callroute_runtime::{FieldType, SourceInfo};
use serde_json::{Map, Number, Value};

/// The most bytes of the texts of one row: many times what the machine would take.
pub(crate) const MAX_ROW: usize = 64 * 1024;

/// The type of a parameter or field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    Phone,
    Phones,
    Duration,
    OneOf(Vec<String>),
}

impl From<&FieldType<'_>> for Kind {
    fn from(ty: &FieldType<'_>) -> Self {
        match ty {
            FieldType::Text | FieldType::Digits => Self::Text,
            FieldType::Number => Self::Number,
            FieldType::Flag => Self::Flag,
            FieldType::Phone => Self::Phone,
            FieldType::Phones => Self::Phones,
            FieldType::Duration => Self::Duration,
            FieldType::OneOf(values) => Self::OneOf(values.iter().map(|value| (*value).to_owned()).collect()),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Flag => "flag",
            Self::Phone => "phone",
            Self::Phones => "phones",
            Self::Duration => "duration",
            Self::OneOf(values) => return write!(f, "one of {}", values.join(", ")),
        })
    }
}

impl Kind {
    /// How a value of this type is written.
    pub fn form(&self) -> String {
        match self {
            Self::Text => "a text, or a number that is read as one",
            Self::Number => "a number, with a point and without separators: `1234.5`",
            Self::Flag => "true or false, as such or as `true`, `false`, `yes`, `no`, `1`, `0`",
            Self::Phone => "a text with a number as `+14155550123`, or an address as `sip:ana@example.com`",
            Self::Phones => "a list of numbers and addresses, or a text in which they are separated by `;` or `,`",
            Self::Duration => "a text as `500ms`, `20s`, `1m30s`, or a number of seconds",
            Self::OneOf(_) => return self.to_string(),
        }
        .to_owned()
    }

    /// A value from outside as the machine takes it; no value, and an empty text where that says nothing, are `Null`.
    ///
    /// # Errors
    /// What it is instead.
    pub fn read(&self, value: Value, country: Option<Country>) -> Result<Value, &'static str> {
        if matches!(&value, Value::String(text) if text.trim().is_empty() && *self != Self::Text) {
            return Ok(Value::Null);
        }
        match (self, &value) {
            (_, Value::Null) | (Self::Text, Value::String(_)) | (Self::Number, Value::Number(_)) | (Self::Flag, Value::Bool(_)) => {
                Ok(value)
            }
            (Self::Text, Value::Number(number)) => Ok(number.to_string().into()),
            (Self::Number, Value::String(text)) => match text.trim().parse::<f64>().ok().and_then(Number::from_f64) {
                Some(number) => Ok(Value::Number(number)),
                None => Err("a text that is no number"),
            },
            (Self::Flag, Value::Number(number)) => match number.as_f64() {
                Some(0.0) => Ok(false.into()),
                Some(1.0) => Ok(true.into()),
                _ => Err("a number that is neither 0 nor 1"),
            },
            (Self::Flag, Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "1" => Ok(true.into()),
                "false" | "no" | "0" => Ok(false.into()),
                _ => Err("a text that is neither yes nor no"),
            },
            (Self::Duration, Value::Number(number)) => {
                let fits = number.as_f64().is_some_and(|seconds| (0.0..=1e9).contains(&seconds));
                fits.then_some(value).ok_or("a number that is no duration")
            }
            (Self::Duration, Value::String(text)) => {
                if read_duration(text.trim()).is_some() {
                    Ok(value)
                } else {
                    Err("a text that is no duration")
                }
            }
            (Self::Phone, Value::String(text)) => phone(text, country),
            (Self::Phone | Self::Phones, Value::Number(_)) => Err("a number, which has lost its `+` and zeros in front"),
            (Self::Phones, Value::Array(list)) => list.iter().map(|item| one_phone(item, country)).collect(),
            (Self::Phones, Value::String(text)) => phones(text, country),
            (Self::OneOf(words), Value::String(_) | Value::Number(_)) => {
                let text = match &value {
                    Value::String(text) => text.trim().to_owned(),
                    other => other.to_string(),
                };
                match words.iter().find(|word| word.eq_ignore_ascii_case(&text)) {
                    Some(word) => Ok(word.as_str().into()),
                    None => Err("a text that is none of its words"),
                }
            }
            (_, Value::Bool(_)) => Err("true or false"),
            (_, Value::Array(_)) => Err("a list"),
            (_, Value::Object(_)) => Err("an object"),
        }
    }

    /// What an argument, or a cell of a key column, is compared as; `None` if nothing is equal to it. Texts are compared without regard to ASCII
    /// case, as in scripts.
    pub fn key(&self, value: &Value, country: Option<Country>) -> Option<String> {
        Some(match self.read(value.clone(), country).ok()? {
            Value::String(text) => match self {
                Self::Duration => read_duration(text.trim())?.to_string(),
                _ => text.trim().to_ascii_lowercase(),
            },
            Value::Number(number) => match self {
                Self::Duration => ((number.as_f64()? * 1000.0).round() as u64).to_string(),
                // There is no negative zero for people.
                _ => (number.as_f64()? + 0.0).to_string(),
            },
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        })
    }
}

/// A telephone number or address; `Null` where it says that it is withheld.
fn phone(text: &str, country: Option<Country>) -> Result<Value, &'static str> {
    match read_party(text, country, &mut String::new()).party {
        Party::Withheld => Ok(Value::Null),
        Party::Number(number) => Ok(number.to_string().into()),
        party @ Party::Address(address) if party.can_be_rung() => Ok(address.into()),
        Party::Address(_) => Err("a text that is neither a telephone number nor an address"),
    }
}

fn one_phone(item: &Value, country: Option<Country>) -> Result<Value, &'static str> {
    match item {
        Value::String(text) => match phone(text, country)? {
            Value::Null => Err("a list with something in it that is no number"),
            found => Ok(found),
        },
        _ => Err("a list of something else than texts"),
    }
}

/// Several in one text. A number may hold spaces and several may be separated by them, as in tables: the stricter separators come first.
fn phones(text: &str, country: Option<Country>) -> Result<Value, &'static str> {
    let read = |parts: &mut dyn Iterator<Item = &str>| -> Result<Value, &'static str> {
        parts.map(str::trim).filter(|part| !part.is_empty()).map(|part| one_phone(&part.into(), country)).collect()
    };
    read(&mut text.split([';', ',', '|'])).or_else(|why| if text.contains([';', ',', '|']) { Err(why) } else { read(&mut text.split(' ')) })
}

/// A name with its type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// A `source` definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shape {
    pub params: Vec<Column>,
    pub fields: Vec<Column>,
}

impl From<&SourceInfo<'_>> for Shape {
    fn from(info: &SourceInfo<'_>) -> Self {
        let columns = |fields: &[callroute_runtime::Field<'_>]| {
            fields.iter().map(|field| Column { name: field.name.to_owned(), kind: Kind::from(&field.ty) }).collect()
        };
        Self { params: columns(&info.params), fields: columns(&info.fields) }
    }
}

/// A row as the machine takes it, and what of it could not be read.
#[derive(PartialEq, Debug)]
pub(crate) struct Row {
    pub values: Map<String, Value>,
    /// In words, one for each field.
    pub faults: Vec<String>,
}

impl Shape {
    /// Does a question have exactly these arguments?
    pub fn fits(&self, args: &Map<String, Value>) -> bool {
        args.len() == self.params.len() && self.params.iter().all(|param| args.contains_key(&param.name))
    }

    /// Brings a row to its types; what does not fit is missing.
    ///
    /// # Errors
    /// When it is too large.
    pub fn row(&self, mut raw: Map<String, Value>, country: Option<Country>) -> Result<Row, String> {
        let mut row = Row { values: Map::new(), faults: Vec::new() };
        let mut size = 0usize;
        for field in &self.fields {
            let value = field.kind.read(raw.remove(&field.name).unwrap_or_default(), country).unwrap_or_else(|found| {
                row.faults.push(format!("`{}` is {found}, and must be {}", field.name, field.kind.form()));
                Value::Null
            });
            size = size.saturating_add(weight(&value));
            row.values.insert(field.name.clone(), value);
        }
        if size > MAX_ROW { Err(too_large(size)) } else { Ok(row) }
    }
}

/// What is said of a row that is too large.
pub(crate) fn too_large(size: usize) -> String {
    format!("the row has {size} bytes, and may have {MAX_ROW}: ask for fewer or shorter columns")
}

/// Bytes of the texts of a value.
pub(crate) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(weight).sum(),
        Value::Object(map) => map.values().map(weight).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn us() -> Option<Country> {
        Some(Country::parse("US").unwrap())
    }

    fn tier() -> Kind {
        Kind::OneOf(vec!["gold".to_owned(), "silver".to_owned()])
    }

    #[test]
    fn values_of_each_type() {
        for (kind, raw, expected) in [
            (Kind::Text, json!("a"), Ok(json!("a"))),
            (Kind::Text, json!(""), Ok(json!(""))),
            (Kind::Text, json!(12345678901234567_u64), Ok(json!("12345678901234567"))),
            (Kind::Text, json!(true), Err("true or false")),
            (Kind::Text, json!({"a": 1}), Err("an object")),
            (Kind::Number, json!(" 1.5 "), Ok(json!(1.5))),
            (Kind::Number, json!(7), Ok(json!(7))),
            (Kind::Number, json!(""), Ok(Value::Null)),
            (Kind::Number, json!("NaN"), Err("a text that is no number")),
            (Kind::Number, json!("1,5"), Err("a text that is no number")),
            (Kind::Number, json!([1]), Err("a list")),
            (Kind::Flag, json!(1), Ok(json!(true))),
            (Kind::Flag, json!("No"), Ok(json!(false))),
            (Kind::Flag, json!(2), Err("a number that is neither 0 nor 1")),
            (Kind::Flag, json!("perhaps"), Err("a text that is neither yes nor no")),
            (Kind::Duration, json!("1m30s"), Ok(json!("1m30s"))),
            (Kind::Duration, json!(2.5), Ok(json!(2.5))),
            (Kind::Duration, json!(-1), Err("a number that is no duration")),
            (Kind::Duration, json!("90"), Err("a text that is no duration")),
            (Kind::Phone, json!("(312) 555-1234"), Ok(json!("+13125551234"))),
            (Kind::Phone, json!("sip:Ana@Example.COM:5060"), Ok(json!("sip:Ana@example.com:5060"))),
            (Kind::Phone, json!("anonymous"), Ok(Value::Null)),
            (Kind::Phone, json!("ana"), Err("a text that is neither a telephone number nor an address")),
            (Kind::Phone, json!(13125551234_u64), Err("a number, which has lost its `+` and zeros in front")),
            (Kind::Phones, json!("312-555-1234; sip:a@b"), Ok(json!(["+13125551234", "sip:a@b"]))),
            (Kind::Phones, json!("+1 312 555 1234"), Ok(json!(["+13125551234"]))),
            (Kind::Phones, json!("+13125551234 +13125550000"), Ok(json!(["+13125551234", "+13125550000"]))),
            (Kind::Phones, json!(["+13125551234"]), Ok(json!(["+13125551234"]))),
            (Kind::Phones, json!([]), Ok(json!([]))),
            (Kind::Phones, json!([1]), Err("a list of something else than texts")),
            (tier(), json!("GOLD"), Ok(json!("gold"))),
            (tier(), json!("bronze"), Err("a text that is none of its words")),
            (Kind::OneOf(vec!["1".to_owned()]), json!(1), Ok(json!("1"))),
            (tier(), Value::Null, Ok(Value::Null)),
        ] {
            assert_eq!(kind.read(raw.clone(), us()), expected, "{kind}: {raw}");
        }
    }

    #[test]
    fn keys_are_compared_as_scripts_do() {
        for (kind, one, other) in [
            (Kind::Phone, json!("+13125551234"), json!("(312) 555-1234")),
            (Kind::Phone, json!("sip:ana@example.com"), json!("\"Ana\" <sip:ana@EXAMPLE.com;transport=tcp>")),
            (Kind::Text, json!("Ana"), json!(" ANA ")),
            (Kind::Number, json!(5), json!("5.0")),
            (Kind::Number, json!(0), json!(-0.0)),
            (Kind::Flag, json!(true), json!("yes")),
            (Kind::Duration, json!(90), json!("1m30s")),
            (tier(), json!("gold"), json!("Gold")),
        ] {
            assert_eq!(kind.key(&one, us()), kind.key(&other, us()), "{one} {other}");
            assert!(kind.key(&one, us()).is_some(), "{one}");
        }
        assert_eq!(Kind::Phone.key(&json!("anonymous"), us()), None);
    }

    #[test]
    fn a_row_has_all_fields_and_no_more() {
        let column = |name: &str, kind| Column { name: name.to_owned(), kind };
        let shape = Shape { params: Vec::new(), fields: vec![column("tier", tier()), column("n", Kind::Number), column("x", Kind::Text)] };
        let raw = |value: Value| value.as_object().cloned().unwrap();
        let row = shape.row(raw(json!({"tier": "gold", "n": "many", "password": "secret"})), None).unwrap();
        assert_eq!(Value::Object(row.values), json!({"tier": "gold", "n": null, "x": null}));
        assert_eq!(row.faults, ["`n` is a text that is no number, and must be a number, with a point and without separators: `1234.5`"]);
        assert!(shape.row(raw(json!({"x": "x".repeat(MAX_ROW + 1)})), None).unwrap_err().contains("65553 bytes"));
    }

    proptest! {
        /// What was read once is read again as the same.
        #[test]
        fn reading_twice(text in ".{0,30}", kind in 0usize..7) {
            let kind = [Kind::Text, Kind::Number, Kind::Flag, Kind::Phone, Kind::Phones, Kind::Duration, tier()][kind].clone();
            if let Ok(value) = kind.read(text.into(), us()) {
                prop_assert_eq!(kind.read(value.clone(), us()), Ok(value));
            }
        }
    }
}
