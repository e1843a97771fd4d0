//! The registry of codes: every code once, in blocks of a hundred by subject, never reused.
//! `docs/errors/CODE.md` explains each one.

use crate::Severity;

macro_rules! codes {
    ($($(#[$meta:meta])* $code:ident = $number:literal, $severity:ident, $title:literal;)*) => {
        /// A stable code: `E0204` is an error, `W…` a warning, `H…` a hint; the number alone is unique.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $($(#[$meta])* #[doc = $title] $code,)* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Code] = &[$(Code::$code,)*];

            /// Its number.
            #[must_use]
            pub const fn number(self) -> u16 { match self { $(Code::$code => $number,)* } }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity { match self { $(Code::$code => Severity::$severity,)* } }

            /// What it is about, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Code::$code => $title,)* } }
        }
    };
}

// Blocks: 0001 limits and files · 0100 lexical and syntax · 0200 names · 0300 types · 0400 numbers and patterns
// · 0500 times, zones, dates and schedules · 0600 menus and prompts · 0700 ringing · 0800 look-ups, tables and files
// · 0900 flow of the call · 1000 reachability and style.
codes! {
    FileTooLarge = 1, Error, "the file is too large";
    TooDeep = 2, Error, "brackets are nested too deeply";
    TooComplex = 3, Error, "the file is too complex to parse";
    NotUtf8 = 4, Error, "the file is not UTF-8";
    UnexpectedText = 101, Error, "text that is no step and no definition";
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = match self.severity() {
            Severity::Error => 'E',
            Severity::Warning => 'W',
            Severity::Hint => 'H',
        };
        write!(f, "{letter}{:04}", self.number())
    }
}
