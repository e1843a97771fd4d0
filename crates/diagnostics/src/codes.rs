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
    NothingThere = 5, Warning, "a script in which nothing stands";
    ScriptTooLong = 20, Error, "the script is too long to be compiled";
    StepsTooDeep = 21, Error, "steps stand too deep in each other";
    TooManyVariables = 22, Error, "too many inputs, fields and parameters";
    TooMuchKept = 23, Error, "too much is kept while calls wait";
    AnswerTooCostly = 24, Error, "an answer can take too long";
    CallsTooDeep = 25, Error, "too many flows that run each other";
    TooManyParts = 26, Error, "more of something than a compiled script can hold";
    LongContinue = 27, Warning, "calls that keep much while they wait";
    CompilerFault = 29, Error, "a fault of the compiler";
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
    UnknownName = 200, Error, "a name that nothing defines";
    DuplicateName = 201, Error, "a name defined twice";
    NameInTheWay = 202, Error, "a name that could never be used";
    UnusedDefinition = 203, Warning, "a definition that nothing uses";
    EmptyName = 204, Error, "a name without a letter in it";
    StepInImport = 205, Error, "a step in an imported file";
    RepeatedSetting = 206, Error, "a setting given twice";
    SettingInImport = 207, Error, "a setting of the whole script in an imported file";
    BadTurnLimit = 208, Error, "a limit of turns that cannot be";
    DuplicateField = 209, Error, "a field or parameter named twice";
    DuplicateValue = 210, Error, "a value listed twice in a `one of`";
    UnknownValue = 250, Error, "a word that is no value here";
    UnknownField = 251, Error, "a field that a row or a party does not have";
    OutOfScope = 252, Error, "a value used outside of its block";
    NameHides = 253, Warning, "a name that hides another";
    RowAsValue = 254, Error, "a row where a single value stands";
    NoValue = 255, Error, "a definition where a value stands";
    ParenthesesNeeded = 256, Error, "a value without its parentheses";
    UnquotedValue = 257, Error, "a text without its quotes";
    TooManyValues = 258, Error, "more values than a script can have";
    TooManySteps = 259, Error, "more steps than a script can have";
    WrongArity = 300, Error, "too few or too many arguments";
    NotAFlag = 301, Error, "a condition that is neither a flag nor a question";
    WrongComparison = 302, Error, "a comparison that the type does not have";
    ListWithIs = 303, Error, "`is` with a list of numbers";
    WrongList = 305, Error, "`in` with a single value";
    ConstantNeeded = 307, Error, "a value of the call where only a constant can stand";
    OutOfRange = 308, Error, "a number that is out of range here";
    LongDuration = 309, Error, "a duration of more than a day";
    SecretShown = 310, Error, "a secret that would be readable";
    NeedlessValue = 311, Warning, "a value that an earlier one makes needless";
    TypeNotHere = 390, Error, "a type that cannot stand here";
    WrongType = 391, Error, "a value of another type than the one wanted";
    NumberSeparators = 400, Error, "separators inside a telephone number";
    BadNumber = 401, Error, "a number that cannot be read";
    BadPattern = 402, Error, "a pattern that cannot be read";
    BadPercent = 403, Error, "a percentage that cannot be";
    BadStatus = 404, Error, "a SIP status that cannot reject a call";
    MalformedNumber = 420, Error, "what is no telephone number";
    ImpossibleNumber = 421, Error, "a telephone number that cannot exist";
    OddNumber = 422, Warning, "a telephone number of an unusual length";
    MalformedAddress = 423, Error, "what is no SIP address";
    MalformedPattern = 424, Error, "what is no pattern of numbers";
    MalformedKeys = 425, Error, "what cannot be pressed on a telephone";
    UnknownCountry = 426, Error, "a country that does not exist";
    RepeatedEntry = 427, Warning, "a number that is in the list already";
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
    UnknownZone = 550, Error, "a time zone that does not exist";
    OffsetForZone = 551, Error, "an offset from UTC instead of a time zone";
    AbbreviatedZone = 552, Error, "an abbreviation instead of a time zone";
    OldZone = 553, Warning, "an old name of a time zone";
    ZoneNeeded = 554, Error, "hours or dates without a time zone";
    EqualEnds = 555, Error, "hours that end when they start";
    AfternoonMeant = 556, Warning, "hours that probably end in the afternoon";
    NeverOpen = 557, Warning, "a schedule that is never open";
    Contradiction = 558, Warning, "lines of a schedule that contradict each other";
    DeadLine = 559, Warning, "a line of a schedule that never matters";
    DatesCircle = 560, Error, "dates that are defined by themselves";
    RangeBackwards = 561, Error, "a range of dates that ends before it begins";
    YearNeeded = 562, Error, "a date that needs its year";
    MixedYears = 563, Error, "a range of dates of which only one has a year";
    NoSuchDay = 564, Warning, "an entry that names no day at all";
    TooMuchCalendar = 565, Error, "dates or a schedule too large to be checked";
    BadCalendarFile = 566, Error, "a calendar file that cannot be read";
    CalendarIgnored = 567, Warning, "an event of a calendar that is not understood";
    BadHours = 568, Error, "hours that begin after the end of the day";
    DatesRunOut = 569, Warning, "dates that run out";
    Past = 570, Hint, "hours, dates and entries that are past";
    DuplicateArm = 600, Error, "an arm that occurs twice";
    CoveredArm = 601, Warning, "an arm that an earlier one covers";
    UnknownArm = 602, Error, "an arm that this step cannot have";
    ChoiceStartsAnother = 603, Warning, "a menu choice that is the start of another";
    NoChoices = 604, Error, "a menu without a choice";
    RepeatOutside = 605, Error, "`repeat` or `retry` outside of a menu or collect";
    BadDigitCount = 606, Error, "a number of digits that cannot be collected";
    CaptureWithoutKeys = 607, Error, "`as` on an arm without keys";
    NoEnteredArm = 608, Error, "a collect whose digits nobody uses";
    BadLanguage = 690, Error, "what is no language tag";
    RepeatedLanguage = 691, Error, "a language with two texts";
    LanguageWithoutText = 692, Warning, "a language without a text in a prompt";
    EmptyPrompt = 693, Error, "a prompt with nothing to be heard";
    BadHeader = 700, Error, "what cannot be the name of a SIP header";
    LineBreak = 701, Error, "a line break in a text of a SIP header";
    WithinOnTable = 703, Error, "a time limit for a static table";
    NotAFallback = 704, Error, "a fallback that does not settle the call";
    SettingBuiltin = 705, Error, "a value that `set` cannot give";
    EmptyRing = 780, Error, "a ring without members";
    RepeatedMember = 781, Warning, "somebody who rings twice";
    SharesNotWhole = 782, Error, "shares that do not add up to 100%";
    ShareNotHere = 783, Error, "a share missing, or where none belongs";
    ZeroDuration = 784, Error, "a duration of nothing";
    NeverRings = 785, Warning, "a member that the total time never reaches";
    OptionWithoutEffect = 788, Warning, "an option that changes nothing";
    NotAKey = 789, Error, "what is not one key of a telephone";
    NotAMember = 790, Error, "what cannot be a member";
    BadPath = 800, Error, "a path that cannot be used";
    FileNotFound = 801, Error, "a file that does not exist";
    FileUnreadable = 802, Error, "a file that cannot be read";
    NotImportable = 803, Error, "an import of something other than a script";
    ImportCycle = 804, Error, "files that import each other";
    ImportTwice = 805, Warning, "a file imported twice";
    TooManyImports = 806, Error, "too many imports";
    BadCsv = 810, Error, "a CSV file that cannot be read";
    MissingColumn = 811, Error, "a column that the CSV file does not have";
    BadCell = 812, Error, "a cell that is not of its column's type";
    BadRow = 813, Error, "a row with too few or too many values";
    BadKey = 814, Error, "a key that a table cannot have";
    RepeatedKey = 815, Error, "a key that occurs twice in a table";
    KeysWithoutPlus = 816, Warning, "keys that no telephone number of a call begins with";
    EmptyTable = 817, Warning, "a table or list without rows";
    TooManyRows = 818, Error, "too much data";
    TooManyFaults = 820, Error, "more faults in a data file than are shown";
    EndlessCycle = 900, Error, "flows that jump in a circle and never wait";
    FlowRecursion = 901, Error, "a flow that runs itself";
    UnusedFlow = 902, Warning, "a flow that nothing runs";
    GivenTable = 950, Error, "a test that answers for a static table";
    TestOrder = 951, Error, "a line of a test that comes too early or too late";
    TestColumn = 952, Error, "a column that a table of tests cannot have";
    UnknownOutcome = 953, Error, "an outcome that does not exist";
    NeverRuns = 1000, Warning, "a step that can never run";
    AlwaysTrue = 1001, Warning, "a condition that is always true";
    NeverTrue = 1002, Warning, "a condition that is never true";
    NeedlessElse = 1003, Warning, "an `else` that can never run";
    PartlyTaken = 1004, Hint, "dates that earlier hours have partly taken";
    FallsOut = 1010, Hint, "an unanswered call that goes on below";
    Undecided = 1011, Hint, "a call that ends with nothing decided";
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
