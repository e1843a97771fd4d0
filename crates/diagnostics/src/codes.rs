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
    OpenText = 102, Error, "a text that is never closed";
    OpenComment = 103, Error, "a comment that is never closed";
    Unclosed = 104, Error, "a bracket that is never closed";
    WrongCloser = 105, Error, "a block closed with the wrong bracket";
    StrayCloser = 106, Error, "a closing bracket that closes nothing";
    WrongQuotes = 107, Error, "quotes other than double quotes";
    OddCharacter = 108, Error, "a character that has no place in a script";
    MergeMarker = 109, Error, "a merge conflict left in the file";
    CommaSeparator = 110, Error, "a comma between steps, arms or entries";
    UnknownStep = 111, Error, "a word that begins no step and no definition";
    MissingName = 112, Error, "a name is missing";
    MissingBlock = 113, Error, "a block is missing";
    MissingValue = 114, Error, "a value is missing";
    MissingCondition = 115, Error, "a condition is missing or unfinished";
    WrongArrow = 116, Error, "an arm without `=>`";
    MissingEquals = 117, Error, "`=` is missing in a definition";
    MissingParens = 118, Error, "parentheses are missing";
    MissingWord = 119, Error, "a word of a construct is missing";
    BareBlock = 120, Error, "a block without a head";
    MisplacedElse = 121, Error, "an `else` that belongs to no step";
    ElseArm = 122, Error, "an arm for everything else";
    MisplacedDefinition = 123, Error, "a definition inside a block";
    MixedBlock = 124, Error, "arms and steps mixed in one block";
    MisplacedArm = 125, Error, "an arm where steps stand";
    ArmExpected = 126, Error, "a step where arms stand";
    ForeignOperator = 127, Error, "an operator of another language";
    ForeignWord = 128, Error, "a word of another language";
    UnquotedText = 129, Error, "a bare word where a text or number stands";
    BadName = 130, Error, "a name that must be quoted or changed";
    ReservedName = 131, Error, "a reserved word as a name";
    BadEscape = 132, Error, "an unknown escape in a text";
    BadInsertion = 133, Error, "an insertion in a text that cannot be read";
    MisplacedOption = 134, Error, "an option that does not belong here";
    RepeatedOption = 135, Error, "an option given twice";
    UnknownType = 136, Error, "an unknown type";
    UnknownWord = 137, Error, "an unknown word in a fixed place";
    ValueExpected = 138, Error, "something else where a value of a certain form stands";
    BadTestLine = 139, Error, "a line that says nothing in a test";
    RepeatedValue = 140, Error, "`or` between values instead of a list";
    BareStep = 141, Error, "an arm with several steps and no block";
    NumberSeparators = 400, Error, "separators inside a telephone number";
    BadNumber = 401, Error, "a number that cannot be read";
    BadPattern = 402, Error, "a pattern that cannot be read";
    BadPercent = 403, Error, "a percentage that cannot be";
    BadStatus = 404, Error, "a SIP status that cannot reject a call";
    BadTime = 500, Error, "a time that does not exist";
    BadDate = 501, Error, "a date that does not exist";
    DateForm = 502, Error, "a date written in another form";
    MonthTimes = 503, Error, "a month where a day stands before times";
    DayName = 504, Error, "a day or month by another name";
    RangeWord = 505, Error, "a range written with a word";
    BadOrdinal = 506, Error, "an ordinal that never occurs";
    MissingDays = 507, Error, "times without days";
    MissingTimes = 508, Error, "days without times";
    MissingAnchor = 509, Error, "a repetition without its first date";
    ZonePlace = 510, Error, "something where a zone stands";
    MixedDays = 511, Error, "weekdays and dates mixed in one line";
    BadDuration = 512, Error, "a duration that cannot be read";
    BadMoment = 513, Error, "a moment that cannot be read";
    BadOffset = 514, Error, "an offset or repetition out of range";
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
