//! [`Dialect`], the one thing that differs from platform to platform, and their registry.

use std::fmt;

use callroute_protocol::{Event, Instruction};

use crate::freeswitch::{FreeSwitch, Module};
use crate::json::json_refusal;
use crate::legs::Rings;
use crate::need::What;
use crate::request::{Request, Response};
use crate::settings::{Settings, SettingsError};

/// The names of all dialects.
pub const NAMES: &[&str] = &["json", "twiml", "jambonz", "ncco", "swml", "rtjson", "httapi", "xml_curl"];

/// Those whose platforms sign their requests, if `secrets` are set.
pub const SIGNING: &[&str] = &["twiml", "jambonz", "ncco"];

/// The dialect of this name.
///
/// # Errors
/// When there is none, or its settings cannot be used.
pub fn dialect(name: &str, settings: Settings) -> Result<Box<dyn Dialect>, SettingsError> {
    if let Some(known) = NAMES.iter().find(|known| **known == name && !settings.secrets.is_empty() && !SIGNING.contains(known)) {
        let what = format!("does nothing: the platform signs no requests; only `{}` do. Set `bearer` for the server", SIGNING.join("`, `"));
        return Err(SettingsError::Wrong(known, "secrets", what));
    }
    Ok(match name {
        "json" => Box::new(crate::json::Json::new(&settings)?),
        "rtjson" => Box::new(crate::rtjson::Rtjson::new(settings)?),
        "swml" => Box::new(crate::swml::Swml::new(settings)?),
        "httapi" => Box::new(FreeSwitch::new(Module::Httapi, settings)?),
        "xml_curl" => Box::new(FreeSwitch::new(Module::XmlCurl, settings)?),
        "twiml" => Box::new(crate::twiml::Twiml::new(settings)?),
        "jambonz" => Box::new(crate::jambonz::Jambonz::new(settings)?),
        "ncco" => Box::new(crate::ncco::Ncco::new(settings)?),
        _ => return Err(SettingsError::NoDialect(name.to_owned())),
    })
}

/// The words of a platform.
pub trait Dialect: Send + Sync {
    /// Its name, one of [`NAMES`].
    fn name(&self) -> &'static str;

    /// Reads what the platform says.
    ///
    /// # Errors
    /// When it is no event, in words for whoever set the platform up.
    fn read(&self, request: &Request<'_>) -> Result<Report, Unreadable>;

    /// Says an instruction. Its `continue` must come back with the event that answers it. Whoever is rung comes in legs that
    /// [`Dialect::rings`] allows, with addresses for names ([`crate::phones`]), where [`Dialect::settings`] are there.
    ///
    /// # Errors
    /// When the platform cannot do it; mostly found before, by [`Dialect::judge`].
    fn write(&self, instruction: &Instruction) -> Result<Response, Unsayable>;

    /// What it makes of something that a script may ask for.
    fn judge(&self, what: &What<'_>) -> Verdict;

    /// How much of a ring group it can ring in one answer.
    fn rings(&self) -> Rings;

    /// Why the platform cannot ring this address, alone or through a trunk, in words; `None` when it can.
    fn unreachable(&self, address: &str, trunk: Option<&str>) -> Option<String> {
        let _ = (address, trunk);
        None
    }

    /// Whom the host's own names stand for. `None`: the platform knows them itself, and whatever else is rung is left to it as it is.
    fn settings(&self) -> Option<&Settings>;

    /// Whether the platform signed the request.
    fn signature(&self, request: &Request<'_>) -> Signature {
        let _ = request;
        Signature::None
    }

    /// Says that there is no decision: an HTTP status that is no success, what was wrong, and by what the call ends if it ends here.
    fn refuse(&self, status: u16, why: &str, fallback: &Instruction) -> Response {
        let _ = why;
        match self.write(fallback) {
            Ok(response) => Response { status, ..response },
            Err(_) => json_refusal(status, why, Some(fallback)),
        }
    }

    /// Is the server's address part of what the platform is told, so that it knows whom to ask next?
    fn calls_back(&self) -> bool {
        true
    }

    /// Does the platform answer look-ups that the server has no source for?
    fn answers_lookups(&self) -> bool {
        false
    }
}

/// What a platform said.
#[derive(Clone, PartialEq, Debug)]
pub enum Report {
    /// An event of a call, with its `continue` out of the callback's address.
    Event(Box<Event>),
    /// A question that the dialect itself answers, and that changes nothing of the call: what to say to whoever picked up, say.
    Answered(Response),
}

impl From<Event> for Report {
    fn from(event: Event) -> Self {
        Self::Event(Box::new(event))
    }
}

/// Whether a platform signed a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signature {
    /// It does not sign, or there is no secret to check with.
    None,
    /// It did.
    Valid,
    /// It should have, and did not; why, in words.
    Invalid(String),
}

/// What a dialect makes of something that a script asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is done as the script says.
    Can,
    /// It is done, with a difference; which.
    Differs(String),
    /// It cannot be done; why, and what can be written instead.
    Cannot(String),
}

/// A request that is no event; what is wrong and how to mend it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable(pub String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// An instruction that a platform cannot do; what and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsayable(pub String);

impl fmt::Display for Unsayable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unsayable {}
