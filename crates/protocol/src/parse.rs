//! Reading an event from JSON, as far as it can be read.
//!
//! Only two things are refused: what is no JSON object, and what does not say which event it is. A call must not fail because
//! some field is odd, so everything else that is wrong counts as missing and is named in the warnings.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use callroute_calendar::{format_rfc3339, parse_rfc3339};
use callroute_runtime::{DialOutcome, VoicemailOutcome};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize as _, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::event::{DialResult, Event, EventKind, IncomingCall, LookupResult};

/// Bytes of an event at most.
pub const MAX_EVENT: usize = 1 << 20;
/// Warnings kept about one event.
const MAX_WARNINGS: usize = 32;
/// Epoch numbers from here on are milliseconds: in seconds this is the year 5138.
const MILLISECONDS: f64 = 1e11;
/// The last second of the year 9999.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Why a text is no event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EventError {
    /// Larger than [`MAX_EVENT`].
    TooLarge,
    /// No JSON; what and where.
    NotJson(String),
    /// JSON, but no object; what it is instead.
    NotAnObject(&'static str),
    /// There is no `event`, or it is no text.
    NoKind,
    /// There is no such event.
    UnknownKind(String),
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = EventKind::NAMES.join("`, `");
        match self {
            Self::TooLarge => write!(f, "the event is larger than {} KiB", MAX_EVENT >> 10),
            Self::NotJson(what) => write!(f, "the event is not JSON: {what}"),
            Self::NotAnObject(what) => write!(f, "the event is {what}, not a JSON object such as {{\"event\":\"incoming_call\"}}"),
            Self::NoKind => write!(f, "the event has no field `event` that says what happened: one of `{names}`"),
            Self::UnknownKind(kind) => write!(f, "there is no event {kind:?}; the events are `{names}`"),
        }
    }
}

impl std::error::Error for EventError {}

/// Reads one event. `now` is the time of receipt in seconds since 1970-01-01T00:00:00Z, for events that do not say when they
/// happened.
///
/// # Errors
///
/// See [`EventError`]; anything else that is wrong with the event is named in [`Event::warnings`] and left out.
pub fn parse_event(json: &str, now: i64) -> Result<Event, EventError> {
    if json.len() > MAX_EVENT {
        return Err(EventError::TooLarge);
    }
    let json = json.strip_prefix('\u{feff}').unwrap_or(json).trim();
    if let Some(what) = match json.as_bytes().first() {
        None => Some("empty"),
        Some(b'[') => Some("a list"),
        Some(b'"') => Some("a text"),
        Some(b'{') => None,
        Some(_) if serde_json::from_str::<IgnoredAny>(json).is_ok() => Some("a plain value"),
        Some(_) => None,
    } {
        return Err(EventError::NotAnObject(what));
    }
    // Where a value cannot be read, the others still can.
    let fields = match read_fields::<Piece<'_>>(json) {
        Ok(fields) => fields,
        Err(_) => read_fields::<&RawValue>(json).map_err(|error| EventError::NotJson(in_words(&error)))?,
    };
    Reader { fields, warnings: Vec::new() }.event(now)
}

fn read_fields<'a, T: serde::Deserialize<'a> + Into<Piece<'a>>>(json: &'a str) -> serde_json::Result<Fields<'a>> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let fields = deserializer.deserialize_map(FieldsVisitor(PhantomData::<T>))?;
    deserializer.end()?;
    Ok(fields)
}

/// What is wrong and where. Most events are one line of a stream, whose own number is somewhere else.
fn in_words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.strip_suffix(&format!(" at line 1 column {}", error.column())) {
        Some(what) => format!("{what} at column {}", error.column()),
        None => text,
    }
}

/// The fields that mean something.
struct Fields<'a> {
    known: Vec<(&'static str, Piece<'a>)>,
    repeated: Vec<&'static str>,
}

/// The value of a field.
enum Piece<'a> {
    /// A text that is spelled as it is, as by far the most are.
    Text(&'a str),
    /// Another one.
    Value(Value),
    /// One that has not been read: perhaps it cannot be.
    Raw(&'a RawValue),
    /// It was asked for before: nothing asks twice for more than a text.
    Taken,
}

impl<'a> From<&'a RawValue> for Piece<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self::Raw(raw)
    }
}

impl<'de> serde::Deserialize<'de> for Piece<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PieceVisitor;
        impl<'de> Visitor<'de> for PieceVisitor {
            type Value = Piece<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Piece::Text(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Piece::Value(text.into()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Piece::Value(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Piece::Value(value.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Piece::Value(number.into()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Piece::Value(number.into()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Piece::Value(number.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(list)).map(Piece::Value)
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(object)).map(Piece::Value)
            }
        }
        deserializer.deserialize_any(PieceVisitor)
    }
}

/// Names of all fields that some event has.
const FIELDS: [&str; 15] = [
    "event",
    "call_id",
    "timestamp",
    "continue",
    "from",
    "to",
    "language",
    "attributes",
    "headers",
    "digits",
    "outcome",
    "sip_code",
    "contact",
    "result",
    "row",
];

/// Most events have no more.
const COMMON_FIELDS: usize = 8;

/// The name of a field, if it is one of [`FIELDS`].
struct Field(Option<&'static str>);

impl<'de> serde::Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldVisitor;
        impl Visitor<'_> for FieldVisitor {
            type Value = Field;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_str<E>(self, key: &str) -> Result<Field, E> {
                Ok(Field(FIELDS.iter().copied().find(|name| *name == key)))
            }
        }
        deserializer.deserialize_str(FieldVisitor)
    }
}

/// Reads the fields of an event as `T`.
struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: serde::Deserialize<'de> + Into<Piece<'de>>> Visitor<'de> for FieldsVisitor<T> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields { known: Vec::with_capacity(COMMON_FIELDS), repeated: Vec::new() };
        while let Some(Field(name)) = map.next_key()? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: T = map.next_value()?;
            match fields.known.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => {
                    known.1 = value.into();
                    fields.repeated.push(name);
                }
                None => fields.known.push((name, value.into())),
            }
        }
        Ok(fields)
    }
}

/// Reads fields and notes what is wrong with them.
struct Reader<'a> {
    fields: Fields<'a>,
    warnings: Vec<String>,
}

impl<'a> Reader<'a> {
    fn event(mut self, now: i64) -> Result<Event, EventError> {
        let kind = match self.piece("event") {
            Some(Piece::Text(kind)) => Cow::Borrowed(*kind),
            _ => match self.value("event") {
                Some(Value::String(kind)) => Cow::Owned(kind),
                _ => return Err(EventError::NoKind),
            },
        };
        let mut repeated = std::mem::take(&mut self.fields.repeated);
        repeated.dedup();
        for name in repeated {
            self.warn(format!("`{name}` is given more than once; the last one counts"));
        }
        let kind = match &*kind {
            "incoming_call" => EventKind::IncomingCall(self.incoming()),
            "digits" => EventKind::Digits(self.digits()),
            "dial_result" => EventKind::DialResult(self.dial_result()),
            "voicemail_result" => EventKind::VoicemailResult(self.outcome(
                &[("recorded", VoicemailOutcome::Recorded), ("full", VoicemailOutcome::Full), ("failed", VoicemailOutcome::Failed)],
                ("failed", VoicemailOutcome::Failed),
            )),
            "played" => EventKind::Played,
            "done" => EventKind::Done(self.outcome(&[("ok", true), ("failed", false)], ("failed", false))),
            "lookup_result" => EventKind::LookupResult(self.lookup_result()),
            "hangup" => EventKind::Hangup,
            _ => return Err(EventError::UnknownKind(shorten(&kind))),
        };
        let timestamp = self.timestamp(now);
        let call_id = self.text("call_id").unwrap_or_else(|| {
            self.warn("`call_id` is missing; every event of a call must carry the same".to_owned());
            String::new()
        });
        let token = self.text("continue").filter(|token| !token.is_empty());
        Ok(Event { call_id, timestamp, token, kind, warnings: self.warnings })
    }

    fn incoming(&mut self) -> IncomingCall {
        let attributes = self.object("attributes").unwrap_or_default();
        let mut headers = Vec::new();
        for (name, value) in self.object("headers").unwrap_or_default() {
            let value = match value {
                Value::String(text) => text,
                Value::Number(number) => {
                    let text = number.to_string();
                    self.warn(format!("the header {:?} is a number, not a text; it is taken as {text:?}", shorten(&name)));
                    text
                }
                Value::Null => continue,
                Value::Array(mut list) if matches!(list.first(), Some(Value::String(_))) => {
                    if list.len() > 1 {
                        self.warn(format!("the header {name:?} is given more than once; the first one counts"));
                    }
                    list.swap_remove(0).as_str().unwrap_or_default().to_owned()
                }
                other => {
                    self.warn(format!("the header {:?} is {}, not a text; it counts as missing", shorten(&name), kind_of(&other)));
                    continue;
                }
            };
            headers.push((name, value));
        }
        IncomingCall { from: self.text("from"), to: self.text("to"), language: self.language(), attributes, headers }
    }

    /// Empty is as good as missing.
    fn language(&mut self) -> Option<String> {
        let text = self.text("language")?;
        if text.is_empty() || is_language(&text) {
            return Some(text);
        }
        self.warn(format!("`language` is {:?}, not a tag such as \"en\" or \"es-MX\"; it counts as missing", shorten(&text)));
        None
    }

    fn digits(&mut self) -> String {
        self.text("digits").unwrap_or_else(|| {
            self.warn("`digits` is missing; it counts as empty: nothing was pressed".to_owned());
            String::new()
        })
    }

    fn dial_result(&mut self) -> DialResult {
        const OUTCOMES: [(&str, DialOutcome); 11] = [
            ("answered", DialOutcome::Answered),
            ("busy", DialOutcome::Busy),
            ("no_answer", DialOutcome::NoAnswer),
            ("declined", DialOutcome::Declined),
            ("unreachable", DialOutcome::Unreachable),
            ("failed", DialOutcome::Unreachable),
            ("redirected", DialOutcome::Redirected),
            ("full", DialOutcome::Full),
            ("empty", DialOutcome::Empty),
            ("timeout", DialOutcome::Timeout),
            ("key", DialOutcome::Key),
        ];
        let outcome = if self.has("outcome") {
            self.outcome(&OUTCOMES, ("unreachable", DialOutcome::Unreachable))
        } else {
            match self.number("sip_code") {
                Some(code) => self.sip_outcome(code),
                None => self.outcome(&OUTCOMES, ("unreachable", DialOutcome::Unreachable)),
            }
        };
        let contact = if outcome == DialOutcome::Redirected { self.contact() } else { None };
        let digits = if outcome == DialOutcome::Key { Some(self.digits()) } else { None };
        DialResult { outcome, contact, digits }
    }

    /// Where a destination redirects to. Some scripts do not need it, but a host that leaves it out mostly forgot it.
    fn contact(&mut self) -> Option<String> {
        let told = self.warnings.len();
        let contact = self.text("contact").filter(|contact| !contact.trim().is_empty());
        if contact.is_none() && self.warnings.len() == told {
            self.warn("`contact` is missing; where the destination redirects to is not known".to_owned());
        }
        contact
    }

    fn sip_outcome(&mut self, code: f64) -> DialOutcome {
        let status = if (0.0..=999.0).contains(&code) { code as u16 } else { 0 };
        DialOutcome::from_sip(status).unwrap_or_else(|| {
            self.warn(format!("`sip_code` is {code}, not a final status from 200 to 699; it counts as `unreachable`"));
            DialOutcome::Unreachable
        })
    }

    fn lookup_result(&mut self) -> LookupResult {
        #[derive(Clone, Copy)]
        enum Kind {
            Found,
            Missing,
            Failed,
            Late,
        }
        let words = [("found", Kind::Found), ("missing", Kind::Missing), ("failed", Kind::Failed), ("late", Kind::Late)];
        match self.choice("result", &words, ("failed", Kind::Failed)) {
            Kind::Found => LookupResult::Found(self.object("row").unwrap_or_else(|| {
                if !self.has("row") {
                    self.warn("`row` is missing; every field of it counts as missing".to_owned());
                }
                Map::new()
            })),
            Kind::Missing => LookupResult::Missing,
            Kind::Failed => LookupResult::Failed,
            Kind::Late => LookupResult::Late,
        }
    }

    fn outcome<T: Copy>(&mut self, words: &[(&str, T)], otherwise: (&str, T)) -> T {
        self.choice("outcome", words, otherwise)
    }

    /// One of several words, in any case, with `-` for `_` too.
    fn choice<T: Copy>(&mut self, field: &'static str, words: &[(&str, T)], otherwise: (&str, T)) -> T {
        let text = self.text(field);
        let normal = text.as_ref().map(|text| text.trim().to_ascii_lowercase().replace('-', "_"));
        if let Some((_, value)) = words.iter().find(|(word, _)| normal.as_deref() == Some(word)) {
            return *value;
        }
        let list: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let what = text.map_or_else(|| "is missing".to_owned(), |text| format!("is {:?}", shorten(&text)));
        self.warn(format!("`{field}` {what}, not one of `{}`; it counts as `{}`", list.join("`, `"), otherwise.0));
        otherwise.1
    }

    fn timestamp(&mut self, now: i64) -> i64 {
        // As nearly all are written.
        if let Some(Piece::Text(text)) = self.piece("timestamp")
            && let Ok(seconds) = parse_rfc3339(text)
        {
            return seconds;
        }
        let problem = match self.value("timestamp") {
            None => "is missing".to_owned(),
            Some(Value::String(text)) => match parse_rfc3339(text.trim()) {
                Ok(seconds) => return seconds,
                Err(error) => match text.trim().parse::<f64>().ok().and_then(epoch) {
                    Some(seconds) => return seconds,
                    None => format!("is {:?}: {error}", shorten(&text)),
                },
            },
            Some(Value::Number(number)) => match number.as_f64().and_then(epoch) {
                Some(seconds) => return seconds,
                None => format!("is {number}, which is no time in seconds or milliseconds since 1970"),
            },
            Some(other) => format!("is {}, not a text such as \"2026-04-21T14:32:00Z\"", kind_of(&other)),
        };
        self.warn(format!("`timestamp` {problem}; the time of receipt is used: {}", format_rfc3339(now)));
        now
    }

    /// Is the field there and not null?
    fn has(&self, name: &str) -> bool {
        match self.piece(name) {
            None | Some(Piece::Value(Value::Null)) => false,
            Some(Piece::Raw(raw)) => raw.get() != "null",
            Some(_) => true,
        }
    }

    fn piece(&self, name: &str) -> Option<&Piece<'a>> {
        self.fields.known.iter().find(|(known, _)| *known == name).map(|(_, piece)| piece)
    }

    /// The value of a field; nothing if it is missing, null, or no value that can be read.
    fn value(&mut self, name: &'static str) -> Option<Value> {
        let (_, piece) = self.fields.known.iter_mut().find(|(known, _)| *known == name)?;
        let raw = match piece {
            Piece::Text(text) => return Some(Value::String((*text).to_owned())),
            Piece::Value(Value::Null) | Piece::Taken => return None,
            Piece::Raw(raw) => *raw,
            Piece::Value(value) => {
                let value = value.take();
                *piece = Piece::Taken;
                return Some(value);
            }
        };
        match serde_json::from_str(raw.get()) {
            Ok(Value::Null) => None,
            Ok(value) => Some(value),
            Err(error) => {
                let what = error.to_string();
                let what = what.split(" at line").next().unwrap_or_default();
                self.warn(format!("`{name}` cannot be read ({what}); it counts as missing"));
                None
            }
        }
    }

    /// A text. A number is taken by its digits, with a warning.
    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            Value::Number(number) => {
                let text = match number.as_f64() {
                    // What a spreadsheet or a script made of a telephone number: 1.4155550123e10.
                    Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                        format!("{float:.0}")
                    }
                    _ => number.to_string(),
                };
                self.warn(format!("`{name}` is a number, not a text; it is taken as {text:?}"));
                Some(text)
            }
            other => {
                self.warn(format!("`{name}` is {}, not a text; it counts as missing", kind_of(&other)));
                None
            }
        }
    }

    /// A number, or a text that holds one.
    fn number(&mut self, name: &'static str) -> Option<f64> {
        match self.value(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => text.trim().parse().ok(),
            other => {
                self.warn(format!("`{name}` is {}, not a number; it counts as missing", kind_of(&other)));
                None
            }
        }
    }

    fn object(&mut self, name: &'static str) -> Option<Map<String, Value>> {
        match self.value(name)? {
            Value::Object(object) => Some(object),
            other => {
                self.warn(format!("`{name}` is {}, not an object; it counts as missing", kind_of(&other)));
                None
            }
        }
    }

    fn warn(&mut self, warning: String) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }
}

/// Has a text the form of a language tag (BCP 47): words of one to eight letters or digits, the first of them letters?
fn is_language(text: &str) -> bool {
    let mut words = text.trim().split('-');
    let word = |word: &str| (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    words.next().is_some_and(|first| word(first) && first.bytes().all(|byte| byte.is_ascii_alphabetic())) && words.all(word)
}

/// Seconds since 1970, from seconds or milliseconds.
fn epoch(number: f64) -> Option<i64> {
    let seconds = if number.abs() >= MILLISECONDS { number / 1000.0 } else { number };
    (seconds.abs() <= LAST_SECOND).then(|| seconds.floor() as i64)
}

/// What a value is, for messages.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Enough of a foreign text to recognise it by.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_reading_agree() {
        let values = [
            "null",
            "true",
            "7",
            "-0",
            "1e3",
            "14155550123",
            "18446744073709551616",
            "1e999",
            "\"\"",
            "\"a\"",
            "\"busy\"",
            "\"a\\u0062\\n\"",
            "\"\\ud800\"",
            "[]",
            "[1,\"x\"]",
            "{}",
            "{\"a\":{\"b\":[null]},\"c\":\"d\",\"c\":\"e\"}",
            "\"2026-04-21T14:32:00Z\"",
            "{\"a\":1e999}",
        ];
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let mut compared = 0;
        for kind in EventKind::NAMES {
            for field in FIELDS {
                for value in values.into_iter().chain([deep.as_str()]) {
                    for json in [
                        format!("{{\"event\":\"{kind}\",\"{field}\":{value}}}"),
                        format!("{{\"{field}\":1,\"{field}\":{value},\"odd\":{value},\"event\":\"{kind}\"}}"),
                    ] {
                        let raw = read_fields::<&RawValue>(&json).map_err(|error| EventError::NotJson(in_words(&error)));
                        let raw = raw.and_then(|fields| Reader { fields, warnings: Vec::new() }.event(7));
                        assert_eq!(parse_event(&json, 7), raw, "{json}");
                        compared += usize::from(raw.is_ok());
                    }
                }
            }
        }
        assert!(compared > 3_000, "{compared}");
    }
}
