//! Zones by name: what a script may call one, and what is offered for what is none.

use callroute_calendar::{Zone, ZoneError, alias_of, nearest};
use callroute_diagnostics::{Applicability, Code};
use callroute_syntax::tree;

use crate::env::Env;
use crate::types::quote;

impl Env<'_> {
    /// The zone of this name; what is none is reported, and an old name warned of.
    pub fn zone(&mut self, zone: &tree::Zone) -> Option<Zone> {
        let shown = quote(&zone.text);
        let error = match Zone::parse(&zone.text) {
            Ok(found) => {
                if let Some(new) = alias_of(&zone.text) {
                    let diagnostic = self
                        .diag(Code::OldZone, zone.span, format!("{shown} is an old name"))
                        .help(format!("the zone is called `{new}` now"))
                        .fix(Applicability::Safe, format!("write `{new}`"), zone.span, new);
                    self.report(diagnostic);
                }
                return Some(found);
            }
            Err(error) => error,
        };
        // Something empty was reported where it was read.
        if zone.text.is_empty() {
            return None;
        }
        let (code, message, help) = match error {
            ZoneError::Offset => {
                (Code::OffsetForZone, format!("{shown} is a fixed offset, no time zone"), "an offset does not follow daylight saving time")
            }
            ZoneError::Posix => (
                Code::AbbreviatedZone,
                format!("{shown} is an abbreviation, no time zone"),
                "an abbreviation means several zones, or only half of the year",
            ),
            ZoneError::Unknown => (
                Code::UnknownZone,
                format!("there is no time zone {shown}"),
                "zones have IANA names such as `America/Chicago`, `Europe/Berlin` or `UTC`",
            ),
        };
        let offers = if zone.text.len() > 100 { Vec::new() } else { nearest(&zone.text) };
        let mut diagnostic = self.diag(code, zone.span, message);
        if error != ZoneError::Unknown || offers.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        if let Some((first, rest)) = offers.split_first() {
            let list = rest.iter().fold(format!("`{first}`"), |list, offer| format!("{list}, `{offer}`"));
            diagnostic =
                diagnostic.help(format!("did you mean {list}?")).fix(Applicability::Maybe, format!("write `{first}`"), zone.span, *first);
        }
        self.report(diagnostic);
        None
    }
}
