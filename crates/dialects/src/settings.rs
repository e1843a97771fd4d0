//! What a dialect must know of its surroundings. Pure data: the server reads it from its TOML file.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// Settings of one dialect for one script.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The address under which the platform reaches this script in this dialect, without a query:
    /// `https://route.example.com/office/twiml`. Callbacks are made from it.
    pub address: String,
    /// Where recordings lie: `play "welcome.wav"` is `MEDIA/welcome.wav`. Needed by platforms that fetch them.
    pub media: Option<String>,
    /// What greetings of `voicemail` are: an address is played, any other text is said. A greeting that is not here is played from `media`
    /// if it looks like a file (`front.wav`), else said if it has more than one word.
    pub greetings: BTreeMap<String, String>,
    /// Names of voices by language tag, for what is said: `es = "Polly.Lupe"`. `default` is for texts without a language.
    pub voices: BTreeMap<String, String>,
    /// Whom names of targets stand for that the script leaves to the host: `"agent support" = ["sip:support@example.com"]`; kinds are
    /// `group`, `agent`, `queue`, `trunk` and `box`.
    pub targets: BTreeMap<String, Vec<String>>,
    /// What host actions are, by name; what may stand here is the dialect's business.
    pub actions: BTreeMap<String, String>,
    /// Secrets with which the platform signs its requests; several while they are being changed.
    pub secrets: Vec<String>,
    /// What only this dialect knows; [`Settings::only`] refuses the rest.
    #[serde(flatten)]
    pub own: BTreeMap<String, String>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Secrets are not for logs.
        f.debug_struct("Settings").field("address", &self.address).field("secrets", &self.secrets.len()).finish_non_exhaustive()
    }
}

/// Why settings cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SettingsError {
    /// There is no such dialect; the name.
    NoDialect(String),
    /// The dialect has no such setting: dialect, name, and those that it has.
    Unknown(&'static str, String, &'static [&'static str]),
    /// A setting that it needs is missing, or wrong: dialect, name and what it must be.
    Wrong(&'static str, &'static str, String),
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDialect(name) => write!(f, "there is no dialect `{name}`; the dialects are `{}`", crate::NAMES.join("`, `")),
            Self::Unknown(dialect, name, []) => write!(f, "the dialect `{dialect}` has no setting `{name}`"),
            Self::Unknown(dialect, name, own) => {
                write!(f, "the dialect `{dialect}` has no setting `{name}`; its own are `{}`", own.join("`, `"))
            }
            Self::Wrong(dialect, name, what) => write!(f, "the setting `{name}` of the dialect `{dialect}` {what}"),
        }
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Refuses settings of a dialect's own that it does not know.
    ///
    /// # Errors
    /// The first of them.
    pub fn only(&self, dialect: &'static str, own: &'static [&'static str]) -> Result<(), SettingsError> {
        match self.own.keys().find(|name| !own.contains(&name.as_str())) {
            Some(name) => Err(SettingsError::Unknown(dialect, name.clone(), own)),
            None => Ok(()),
        }
    }

    /// The address of a callback: what was asked, the call's token, and further fields of the query.
    #[must_use]
    pub fn callback(&self, asked: &str, token: Option<&str>, more: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("asked", asked);
        if let Some(token) = token {
            query.append_pair("continue", token);
        }
        for (name, value) in more {
            query.append_pair(name, value);
        }
        let separator = if self.address.contains('?') { '&' } else { '?' };
        format!("{}{separator}{}", self.address, query.finish())
    }

    /// The address of a recording; as it stands if it is one already.
    #[must_use]
    pub fn recording(&self, name: &str) -> Option<String> {
        if name.starts_with("https://") || name.starts_with("http://") {
            return Some(name.to_owned());
        }
        let media = self.media.as_deref()?.trim_end_matches('/');
        Some(format!("{media}/{}", name.trim_start_matches('/')))
    }

    /// The voice for a language: by its whole tag, by its language alone, or the default one.
    #[must_use]
    pub fn voice(&self, language: Option<&str>) -> Option<&str> {
        let by = |name: &str| self.voices.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, voice)| voice.as_str());
        let found = language.and_then(|tag| by(tag).or_else(|| by(tag.split('-').next().unwrap_or(tag))));
        found.or_else(|| by("default"))
    }

    /// Whom a name stands for.
    #[must_use]
    pub fn target(&self, kind: &str, name: &str) -> Option<&[String]> {
        let wanted = |known: &&String| known.split_once(' ').is_some_and(|(of, rest)| of == kind && rest.trim() == name);
        self.targets.iter().find(|(known, _)| wanted(known)).map(|(_, addresses)| addresses.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn settings_of_a_dialect_s_own_are_read_and_others_refused() {
        let settings: Settings = serde_json::from_str(r#"{"address":"https://a","gateway":"sip:gw"}"#).unwrap();
        assert_eq!(settings.own["gateway"], "sip:gw");
        assert_eq!(settings.only("rtjson", &["gateway"]), Ok(()));
        let error = settings.only("json", &["media_server"]).unwrap_err().to_string();
        assert_eq!(error, "the dialect `json` has no setting `gateway`; its own are `media_server`");
    }
}
