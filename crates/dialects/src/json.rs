//! The protocol's own words: what every other dialect is measured by. It can say everything.

use callroute_protocol::{Instruction, parse_event};

use crate::dialect::{Dialect, Report, Unreadable, Unsayable, Verdict};
use crate::legs::Rings;
use crate::need::What;
use crate::request::{Request, Response};
use crate::settings::{Settings, SettingsError};

/// `json`
pub(crate) struct Json;

impl Json {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        settings.only("json", &[])?;
        Ok(Self)
    }
}

impl Dialect for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable> {
        if request.method != "POST" {
            return Err(Unreadable("an event comes as the body of a POST".to_owned()));
        }
        let text = std::str::from_utf8(request.body).map_err(|error| Unreadable(format!("the event is not UTF-8: {error}")))?;
        parse_event(text, request.now).map(Report::from).map_err(|error| Unreadable(error.to_string()))
    }

    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable> {
        // Room for most of them, and the token, at once: growing it over and over costs as much as writing.
        let mut body = Vec::with_capacity(256 + instruction.token.as_ref().map_or(0, String::len));
        serde_json::to_writer(&mut body, instruction).map_err(|error| Unsayable(error.to_string()))?;
        let body = String::from_utf8(body).map_err(|error| Unsayable(error.to_string()))?;
        Ok(Response::ok("application/json", body))
    }

    fn judge(&self, _: &What<'_>) -> Verdict {
        Verdict::Can
    }

    fn rings(&self) -> Rings {
        Rings::WHOLE
    }

    fn settings(&self) -> Option<&Settings> {
        None
    }

    fn refuse(&self, status: u16, why: &str, fallback: &Instruction) -> Response {
        json_refusal(status, why, Some(fallback))
    }

    fn calls_back(&self) -> bool {
        false
    }

    fn answers_lookups(&self) -> bool {
        true
    }
}

/// A refusal in JSON: `error`, and the fields of an instruction, if there is one.
#[must_use]
pub fn json_refusal(status: u16, why: &str, fallback: Option<&Instruction>) -> Response {
    #[derive(serde::Serialize)]
    struct Refusal<'r> {
        error: &'r str,
        #[serde(flatten)]
        fallback: Option<&'r Instruction>,
    }
    let body = serde_json::to_string(&Refusal { error: why, fallback }).unwrap_or_else(|_| "{\"error\":\"\"}".to_owned());
    Response { status, content_type: "application/json", body }
}
