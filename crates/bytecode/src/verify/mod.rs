//! Proves that an image can be run: in ordered passes, bounds first, because all that follows relies on them.
//!
//! 1. [`records`]: sizes are within the limits; every index in every record and in the header is within bounds, and of a type
//!    that fits its use;
//! 2. [`code`]: the same for the operands of every instruction, by their [`crate::op::Field`] kinds;
//! 3. [`flow`]: jumps go forward, nothing falls off the end, flows cannot call each other in a circle, and the longest way
//!    through one answer is within the limit.
//!
//! An image that passes cannot make the machine loop or leave its bounds. Contents of tables and indexes are not looked at
//! row by row: whatever they hold, a look-up in them is bounded by what their headers say.

mod code;
mod flow;
mod records;
mod weight;

use std::fmt;

use crate::image::{Const, Image, Target, Ty};
use crate::op::{Next, Op};

/// An image that was proved safe to run. It can only come from [`verify`].
#[derive(Clone, PartialEq, Debug)]
pub struct VerifiedImage {
    image: Image,
    reads: Vec<bool>,
    max_stack: u32,
    cost: u64,
}

impl VerifiedImage {
    /// What it holds.
    #[must_use]
    pub const fn image(&self) -> &Image {
        &self.image
    }

    /// The image again, unproved.
    #[must_use]
    pub fn into_image(self) -> Image {
        self.image
    }

    /// The most that one answer can cost: about one unit for each instruction, each probe of an index, each part of a text and
    /// each member that rings. Keys that were typed ahead are counted in: each of them can take a call one menu further in the
    /// same answer.
    #[must_use]
    pub const fn cost(&self) -> u64 {
        self.cost
    }

    /// The most flows that can wait for another to return.
    #[must_use]
    pub const fn max_stack(&self) -> u32 {
        self.max_stack
    }

    /// Whether any instruction or record reads the variable.
    #[must_use]
    pub fn reads(&self, var: u16) -> bool {
        self.reads.get(usize::from(var)).copied().unwrap_or(false)
    }

    /// Whether an answer can be given at this address, so that the next event goes on from there. A `say` is one, because an
    /// answer carries only so many prompts.
    #[must_use]
    pub fn is_suspension(&self, address: Target) -> bool {
        instr(&self.image, address)
            .is_some_and(|instr| instr.op == Op::Say || matches!(instr.op.next(), Next::Suspends | Next::SuspendsOrJumps))
    }

    /// Whether a flow that was called can return to this address.
    #[must_use]
    pub fn is_return_point(&self, address: Target) -> bool {
        address.checked_sub(1).and_then(|before| instr(&self.image, before)).is_some_and(|instr| instr.op == Op::Call)
    }

    /// The addresses of all suspensions, in order.
    pub fn resume_points(&self) -> impl Iterator<Item = Target> {
        (0..).zip(&self.image.code).map(|(address, _)| address).filter(|address| self.is_suspension(*address))
    }
}

fn instr(image: &Image, address: Target) -> Option<crate::op::Instr> {
    usize::try_from(address).ok().and_then(|index| image.code.get(index)).copied()
}

/// Where an image breaks a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// In its header.
    Header,
    /// In a record: which vector of [`Image`], and which of its elements.
    Record(&'static str, usize),
    /// In an instruction.
    Instr(Target, Op),
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("its header"),
            Self::Record(of, index) => write!(f, "number {index} of its {of}"),
            Self::Instr(address, op) => write!(f, "instruction {address} (`{}`)", op.mnemonic()),
        }
    }
}

/// Which rule is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// There is more of something than the limit allows.
    Limit {
        /// Of what.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// Something names another thing that does not exist.
    Index {
        /// What it names.
        what: &'static str,
        /// Which one.
        index: u64,
    },
    /// A value has a type that does not fit its use.
    Type {
        /// What it is used as.
        wanted: &'static str,
        /// Its type.
        found: Ty,
    },
    /// A value is outside of its range, or a record contradicts itself.
    Value {
        /// What must hold.
        what: &'static str,
    },
    /// The bytes of an index or a table are not what they say.
    Data {
        /// Of what.
        what: &'static str,
    },
    /// A jump goes where it may not.
    Backward {
        /// Where to.
        target: Target,
    },
    /// Execution runs off the end of the code.
    FallsOff,
    /// A flow can come to call itself before it returns.
    Recursion,
}

/// Why an image cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// Where.
    pub at: At,
    /// What is wrong there.
    pub rule: Rule,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the compiled script cannot be run: in {}, ", self.at)?;
        match self.rule {
            Rule::Limit { what, found, limit } => write!(f, "{what} is {found}, and the limit is {limit}"),
            Rule::Index { what, index } => write!(f, "{what} {index} does not exist"),
            Rule::Type { wanted, found } => write!(f, "a value of type {} is used as {wanted}", ty_name(found)),
            Rule::Value { what } => write!(f, "{what}"),
            Rule::Data { what } => write!(f, "the bytes of {what} are damaged"),
            Rule::Backward { target } => write!(f, "it goes back to {target}, which only a menu or collect may"),
            Rule::FallsOff => write!(f, "execution would run off the end"),
            Rule::Recursion => write!(f, "the flow can call itself before it returns"),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Proves that an image can be run.
///
/// # Errors
/// The first rule that it breaks, and where.
pub fn verify(image: Image) -> Result<VerifiedImage, VerifyError> {
    let mut check = Check::new(&image);
    check.records()?;
    check.code()?;
    let reads = std::mem::take(&mut check.reads);
    let flow = flow::check(&image)?;
    Ok(VerifiedImage { image, reads, max_stack: flow.max_stack, cost: flow.cost })
}

/// The name of a type, for people.
#[must_use]
pub const fn ty_name(ty: Ty) -> &'static str {
    match ty {
        Ty::Text => "text",
        Ty::Number => "number",
        Ty::Flag => "flag",
        Ty::Phone => "phone",
        Ty::Phones => "phones",
        Ty::Duration => "duration",
        Ty::Enum(_) => "one of several words",
        Ty::Digits => "digits",
        Ty::Group => "group",
        Ty::Agent => "agent",
        Ty::Queue => "queue",
        Ty::Trunk => "trunk",
        Ty::Schedule => "schedule",
        Ty::Dates => "dates",
        Ty::List => "list",
    }
}

/// The type of a constant.
#[must_use]
pub const fn const_ty(value: &Const) -> Ty {
    use crate::image::TargetKind;
    match value {
        Const::Text(_) => Ty::Text,
        Const::Number(_) => Ty::Number,
        Const::Flag(_) => Ty::Flag,
        Const::Phone(_) | Const::Address(_) => Ty::Phone,
        Const::Phones(_) => Ty::Phones,
        Const::Duration(_) => Ty::Duration,
        Const::Enum(id, _) => Ty::Enum(*id),
        Const::Target(TargetKind::Group, _) => Ty::Group,
        Const::Target(TargetKind::Agent, _) => Ty::Agent,
        Const::Target(TargetKind::Queue, _) => Ty::Queue,
        Const::Target(TargetKind::Trunk, _) => Ty::Trunk,
        Const::Schedule(_) => Ty::Schedule,
        Const::Dates(_) => Ty::Dates,
        Const::List(_) => Ty::List,
    }
}

pub(crate) type Checked = Result<(), VerifyError>;

/// The state of the first two passes.
pub(crate) struct Check<'i> {
    image: &'i Image,
    at: At,
    reads: Vec<bool>,
}

impl<'i> Check<'i> {
    fn new(image: &'i Image) -> Self {
        Self { image, at: At::Header, reads: vec![false; image.vars.len().min(crate::limits::VARS)] }
    }

    fn fail<T>(&self, rule: Rule) -> Result<T, VerifyError> {
        Err(VerifyError { at: self.at, rule })
    }

    fn ensure(&self, holds: bool, what: &'static str) -> Checked {
        if holds { Ok(()) } else { self.fail(Rule::Value { what }) }
    }

    fn limit(&self, what: &'static str, found: usize, limit: usize) -> Checked {
        let short = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        if found <= limit { Ok(()) } else { self.fail(Rule::Limit { what, found: short(found), limit: short(limit) }) }
    }

    /// An index into a vector of the image.
    fn index(&self, what: &'static str, index: u32, len: usize) -> Checked {
        if usize::try_from(index).is_ok_and(|index| index < len) { Ok(()) } else { self.fail(Rule::Index { what, index: index.into() }) }
    }

    fn string(&self, id: u32) -> Checked {
        self.index("text", id, self.image.strings.len())
    }

    fn strings(&self, ids: impl IntoIterator<Item = u32>) -> Checked {
        ids.into_iter().try_for_each(|id| self.string(id))
    }

    fn target(&self, target: Target) -> Checked {
        self.index("instruction", target, self.image.code.len())
    }

    /// A variable that is written.
    fn written(&self, var: u16) -> Result<Ty, VerifyError> {
        match self.image.vars.get(usize::from(var)) {
            Some(var) => Ok(var.ty),
            None => self.fail(Rule::Index { what: "variable", index: var.into() }),
        }
    }

    /// A variable that is read.
    fn read(&mut self, var: u32) -> Result<Ty, VerifyError> {
        let Ok(var) = u16::try_from(var) else { return self.fail(Rule::Index { what: "variable", index: var.into() }) };
        let ty = self.written(var)?;
        if let Some(read) = self.reads.get_mut(usize::from(var)) {
            *read = true;
        }
        Ok(ty)
    }

    fn constant(&self, id: u32) -> Result<Ty, VerifyError> {
        match usize::try_from(id).ok().and_then(|id| self.image.consts.get(id)) {
            Some(value) => Ok(const_ty(value)),
            None => self.fail(Rule::Index { what: "constant", index: id.into() }),
        }
    }

    /// A value that is read.
    fn operand(&mut self, operand: crate::image::Operand) -> Result<Ty, VerifyError> {
        match operand.as_var() {
            Some(var) => self.read(var),
            None => self.constant(operand.0),
        }
    }

    fn typed(&self, found: Ty, mask: u16, wanted: &'static str) -> Checked {
        if mask >> found.number() & 1 == 1 { Ok(()) } else { self.fail(Rule::Type { wanted, found }) }
    }

    fn same_type(&self, found: Ty, ty: Ty, wanted: &'static str) -> Checked {
        if found == ty { Ok(()) } else { self.fail(Rule::Type { wanted, found }) }
    }
}
