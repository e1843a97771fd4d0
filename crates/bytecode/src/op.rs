//! The opcode table: one place from which encoder, decoder, verifier, disassembler and machine are made.
//!
//! An instruction is three little-endian 32-bit words: `op | flag << 8 | a << 16`, `b`, `c`. Its address is its index.
//! Every operand has a kind ([`Field`]), and the verifier checks each kind in one place. Jumps go forward only, and so does what
//! a record leads to in the same answer. The other targets of a [`crate::image::Gather`] and of the other records of a suspension
//! may lie anywhere, because an event, or a key typed ahead, is between.

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instr {
    /// What it does.
    pub op: Op,
    /// Branches: bit 0 is the outcome on which they jump. `BrNumber`: bits 1–3 are the comparison.
    pub flag: u8,
    /// First operand.
    pub a: u16,
    /// Second operand.
    pub b: u32,
    /// Third operand: where there is a jump, its target.
    pub c: u32,
}

/// What an operand of an instruction means; what the verifier checks it against.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Not used; must be 0.
    Unused,
    /// A variable.
    Var,
    /// A variable of one of these types, as a bit mask over [`crate::image::Ty`].
    Typed(u16),
    /// A constant or a variable ([`crate::image::Operand`]).
    Operand,
    /// A jump target, greater than the instruction's own address.
    Jump,
    /// 0, or 1 + a zone.
    OptZone,
    /// A zone.
    Zone,
    /// A schedule, or with bit 31 a variable of that type.
    Schedule,
    /// Dates, or with bit 31 a variable of that type.
    Dates,
    /// A value of the enumeration of the variable in `a`.
    EnumValue,
    /// Index into the vector of the image that has this name.
    PhoneTest,
    /// See [`Field::PhoneTest`].
    TextTest,
    /// See [`Field::PhoneTest`].
    EnumTest,
    /// See [`Field::PhoneTest`].
    LanguageTest,
    /// See [`Field::PhoneTest`].
    Switch,
    /// See [`Field::PhoneTest`].
    Split,
    /// See [`Field::PhoneTest`].
    TableLookup,
    /// See [`Field::PhoneTest`].
    Prompt,
    /// See [`Field::PhoneTest`].
    Template,
    /// See [`Field::PhoneTest`].
    Assign,
    /// A menu or collect.
    Gather,
    /// See [`Field::PhoneTest`].
    Dial,
    /// See [`Field::PhoneTest`].
    Lookup,
    /// See [`Field::PhoneTest`].
    Voicemail,
    /// See [`Field::PhoneTest`].
    Action,
    /// See [`Field::PhoneTest`].
    Settle,
}

/// How the machine goes on after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// At the following instruction.
    Falls,
    /// There, or at `c`.
    Branches,
    /// At `c`.
    Jumps,
    /// At one of the targets of its record (forward only).
    Selects,
    /// At `c`, and at the following instruction when that returns.
    Calls,
    /// Where the caller goes on.
    Returns,
    /// The answer is given; the next event goes on at a target of its record.
    Suspends,
    /// The answer is given, or, when no try is left, at `c`.
    SuspendsOrJumps,
    /// The call is over for the script.
    Ends,
}

macro_rules! ops {
    ($($(#[$meta:meta])* $op:ident = $number:literal, $mnemonic:literal, a: $a:expr, b: $b:expr, c: $c:expr, $next:ident;)*) => {
        /// What an instruction does.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op { $($(#[$meta])* $op = $number,)* }

        impl Op {
            /// Every opcode.
            pub const ALL: &'static [Op] = &[$(Op::$op,)*];

            /// The opcode of a number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Op> { match number { $($number => Some(Op::$op),)* _ => None } }

            /// Its name in a listing.
            #[must_use]
            pub const fn mnemonic(self) -> &'static str { match self { $(Op::$op => $mnemonic,)* } }

            /// The kinds of its operands `a`, `b`, `c`.
            #[must_use]
            pub const fn operands(self) -> [Field; 3] { match self { $(Op::$op => [$a, $b, $c],)* } }

            /// How the machine goes on.
            #[must_use]
            pub const fn next(self) -> Next { match self { $(Op::$op => Next::$next,)* } }
        }
    };
}

use crate::image::Ty;
use Field::{Jump, Unused, Var};

/// What can be read as a text.
const TEXTUAL: Field = Field::Typed(
    bit(Ty::Text)
        | bit(Ty::Number)
        | bit(Ty::Flag)
        | bit(Ty::Phone)
        | bit(Ty::Phones)
        | bit(Ty::Duration)
        | bit(Ty::Enum(0))
        | bit(Ty::Digits)
        | bit(Ty::Group)
        | bit(Ty::Agent)
        | bit(Ty::Queue)
        | bit(Ty::Trunk),
);
/// What can be read as a phone.
const PHONE: Field = Field::Typed(bit(Ty::Phone) | bit(Ty::Phones) | bit(Ty::Text) | bit(Ty::Digits));
/// A value of an enumeration.
const ENUM: Field = Field::Typed(bit(Ty::Enum(0)));
/// What can be compared in size.
const NUMBER: Field = Field::Typed(bit(Ty::Number) | bit(Ty::Duration));
/// A flag.
const FLAG: Field = Field::Typed(bit(Ty::Flag));
/// A text.
const TEXT: Field = Field::Typed(bit(Ty::Text));

/// Bit of a type in [`Field::Typed`].
#[must_use]
pub const fn bit(ty: Ty) -> u16 {
    1 << ty.number()
}

ops! {
    /// To `c`.
    Goto = 1, "goto", a: Unused, b: Unused, c: Jump, Jumps;
    /// To `c` if the schedule `b` (read in zone `a`) is open, as `flag` says.
    BrHours = 2, "br.hours", a: Field::OptZone, b: Field::Schedule, c: Jump, Branches;
    /// If today in zone `a` is one of the dates `b`.
    BrOn = 3, "br.on", a: Field::Zone, b: Field::Dates, c: Jump, Branches;
    /// If the phone in `a` passes the test `b`.
    BrPhone = 4, "br.phone", a: PHONE, b: Field::PhoneTest, c: Jump, Branches;
    /// If the text in `a` passes the test `b`.
    BrText = 5, "br.text", a: TEXTUAL, b: Field::TextTest, c: Jump, Branches;
    /// If the enumeration in `a` has the value `b`.
    BrEnumIs = 6, "br.enum", a: ENUM, b: Field::EnumValue, c: Jump, Branches;
    /// If the enumeration in `a` passes the test `b`.
    BrEnumIn = 7, "br.enumin", a: ENUM, b: Field::EnumTest, c: Jump, Branches;
    /// If the number or duration in `a` compares with `b`.
    BrNumber = 8, "br.number", a: NUMBER, b: Field::Operand, c: Jump, Branches;
    /// If the flag in `a` is set.
    BrFlag = 9, "br.flag", a: FLAG, b: Unused, c: Jump, Branches;
    /// If the flags `a` and `b` are both present and equal.
    BrFlagIs = 10, "br.flagis", a: FLAG, b: Field::Operand, c: Jump, Branches;
    /// If `a` has no value.
    BrMissing = 11, "br.missing", a: Var, b: Unused, c: Jump, Branches;
    /// If the language in `a` passes the test `b`.
    BrLanguage = 12, "br.language", a: TEXT, b: Field::LanguageTest, c: Jump, Branches;
    /// To the target of the first case of the switch `b` that matches `a`.
    Switch = 13, "switch", a: Var, b: Field::Switch, c: Unused, Selects;
    /// To the target of the split `b`.
    Split = 14, "split", a: Unused, b: Field::Split, c: Unused, Selects;
    /// Fills the row of `b`, or goes to `c` when the table has none.
    TableLookup = 15, "table", a: Unused, b: Field::TableLookup, c: Jump, Branches;
    /// Queues a prompt for the next instruction.
    Say = 16, "say", a: Unused, b: Field::Prompt, c: Unused, Falls;
    /// Adds a tag.
    Tag = 17, "tag", a: Unused, b: Field::Template, c: Unused, Falls;
    /// Sets the variable `a` to the operand `b`, converted to its type.
    Set = 18, "set", a: Var, b: Field::Operand, c: Unused, Falls;
    /// Sets the text variable `a` to the template `b`.
    SetText = 19, "settext", a: TEXT, b: Field::Template, c: Unused, Falls;
    /// Assigns all of `b` at once: arguments to parameters.
    Assign = 20, "assign", a: Unused, b: Field::Assign, c: Unused, Falls;
    /// Runs the flow at `c`.
    Call = 21, "call", a: Unused, b: Unused, c: Jump, Calls;
    /// Back to the caller.
    Return = 22, "return", a: Unused, b: Unused, c: Unused, Returns;
    /// Drops everything that waits, then to `c`.
    Go = 23, "go", a: Unused, b: Unused, c: Jump, Jumps;
    /// The end of `main`, or of a flow reached by `go`: hangs up with the reason of the last failure.
    End = 24, "end", a: Unused, b: Unused, c: Unused, Ends;
    /// Asks for keys: menu or collect `b`, first try.
    Gather = 25, "gather", a: Unused, b: Field::Gather, c: Unused, Suspends;
    /// Asks again without using a try.
    Repeat = 26, "repeat", a: Unused, b: Field::Gather, c: Unused, Suspends;
    /// Uses a try and asks again; to `c` when none is left. Ends `timeout` and `invalid` arms (flag 1: the try was
    /// counted already), and is `retry` (flag 0).
    Retry = 27, "retry", a: Unused, b: Field::Gather, c: Jump, SuspendsOrJumps;
    /// Rings.
    Dial = 28, "dial", a: Unused, b: Field::Dial, c: Unused, Suspends;
    /// Asks a source; goes to its `missing` target at once when an argument is missing (which must lie ahead).
    Lookup = 29, "lookup", a: Unused, b: Field::Lookup, c: Unused, Suspends;
    /// Takes a message.
    Voicemail = 30, "voicemail", a: Unused, b: Field::Voicemail, c: Unused, Suspends;
    /// Has the host act.
    Action = 31, "action", a: Unused, b: Field::Action, c: Unused, Suspends;
    /// Hangs up, rejects or redirects.
    Settle = 32, "settle", a: Unused, b: Field::Settle, c: Unused, Ends;
}

/// The types that can be read as a text, as a mask of [`bit`]s.
#[must_use]
pub const fn textual() -> u16 {
    match TEXTUAL {
        Field::Typed(mask) => mask,
        _ => 0,
    }
}
