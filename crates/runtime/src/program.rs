//! [`Program`]: a compiled script, proved and made ready to decide.

use std::fmt;
use std::sync::Arc;

use callroute_bytecode::image::{Image, Prompt, Target, TargetKind, TemplatePart, Ty, VarKind};
use callroute_bytecode::op::Op;
use callroute_bytecode::{Bytes, ImageError, VerifiedImage, VerifyError, decode_shared, encode, identity, verify};
use callroute_calendar::{DatesTable, PoolSets, ScheduleTable, Zone, ZoneTable};

use crate::dial::ReadyRings;
use crate::value::constant;

/// A compiled script that is ready to decide. Share it in an [`Arc`] among threads; each call has its own [`crate::Call`].
pub struct Program {
    pub(crate) verified: VerifiedImage,
    hash: [u8; 32],
    /// Readings of clocks, one for each zone.
    zone_tables: Vec<Arc<ZoneTable>>,
    /// For each of the image's zones, schedules and lists, its clock.
    pub(crate) zones: Vec<usize>,
    pub(crate) schedule_zones: Vec<usize>,
    pub(crate) list_zones: Vec<usize>,
    pub(crate) schedules: Vec<ScheduleTable>,
    pub(crate) dates: Vec<DatesTable>,
    /// Names of the targets of each kind, sorted, with their numbers.
    names: [Vec<(u32, u32)>; 4],
    /// Names of the host's targets of each kind, sorted.
    extern_names: [Vec<u32>; 4],
    /// Variables that every state keeps.
    pub(crate) always: Vec<u16>,
    /// What each gather keeps: its live variables, and what it reads itself.
    pub(crate) gather_keeps: Vec<Vec<u16>>,
    /// For each menu, the most keys of a choice.
    pub(crate) max_digits: Vec<u8>,
    /// For each menu, what one key means.
    pub(crate) single_keys: Vec<Option<crate::gather::Single>>,
    /// For each dial step, where its outcomes lead.
    pub(crate) dial_leads: Vec<Lead>,
    /// Rings whose members are known.
    pub(crate) ready: ReadyRings,
    /// The inputs that the script reads.
    pub(crate) inputs: Vec<u16>,
    /// Whether it reads the caller, and the called.
    pub(crate) reads_from: bool,
    pub(crate) reads_to: bool,
}

/// What is left to do at some place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lead {
    /// Nothing: the call ends.
    Ends,
    /// Whatever the flow that waits does.
    Returns,
    /// Something.
    Acts,
}

/// Why a compiled script cannot be loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// Its file is at fault.
    Image(ImageError),
    /// It breaks a rule.
    Verify(VerifyError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => error.fmt(f),
            Self::Verify(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

/// The type of a field, parameter or input, for hosts.
#[derive(Clone, PartialEq, Debug)]
pub enum FieldType<'p> {
    /// Text.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// A telephone number or SIP address.
    Phone,
    /// Several of them.
    Phones,
    /// A duration.
    Duration,
    /// One of these words, compared without regard to ASCII case.
    OneOf(Vec<&'p str>),
    /// Keys of a telephone.
    Digits,
}

/// A field, parameter or input.
#[derive(Clone, PartialEq, Debug)]
pub struct Field<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its type.
    pub ty: FieldType<'p>,
}

/// A source that the script asks, which the host answers.
#[derive(Clone, PartialEq, Debug)]
pub struct SourceInfo<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its arguments.
    pub params: Vec<Field<'p>>,
    /// The fields of its row.
    pub fields: Vec<Field<'p>>,
}

/// An action that the script has the host do.
#[derive(Clone, PartialEq, Debug)]
pub struct ActionInfo<'p> {
    /// Its name.
    pub name: &'p str,
    /// Its arguments.
    pub params: Vec<Field<'p>>,
    /// It ends the call.
    pub settles: bool,
}

/// A value that the script reads from the first event.
#[derive(Clone, PartialEq, Debug)]
pub struct InputInfo<'p> {
    /// The attribute or header.
    pub field: Field<'p>,
    /// It is a header.
    pub header: bool,
    /// There is a value for when it is missing or of the wrong type.
    pub has_default: bool,
}

/// Where an instruction comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'p> {
    /// The file's number: 0 is the script itself.
    pub file: u32,
    /// The file's path.
    pub path: &'p str,
    /// Its text.
    pub text: &'p str,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Program {
    /// Reads a compiled script, proves that it can be run, and makes the tables of its schedules.
    ///
    /// # Errors
    /// What is wrong with the file, and what to do.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        let bytes = Bytes::from(bytes);
        let verified = verify(decode_shared(&bytes).map_err(LoadError::Image)?).map_err(LoadError::Verify)?;
        Ok(Self::new(verified, identity(&bytes).map_err(LoadError::Image)?))
    }

    /// A program of an image that was proved already.
    ///
    /// # Errors
    /// If the image is too large to be written to a file.
    pub fn from_verified(verified: VerifiedImage) -> Result<Self, LoadError> {
        let hash = identity(&encode(verified.image())).map_err(LoadError::Image)?;
        Ok(Self::new(verified, hash))
    }

    fn new(verified: VerifiedImage, hash: [u8; 32]) -> Self {
        let image = verified.image();
        let mut zone_tables: Vec<Arc<ZoneTable>> = Vec::new();
        let mut clock = |zone: Zone| {
            zone_tables.iter().position(|table| table.zone() == zone).unwrap_or_else(|| {
                zone_tables.push(ZoneTable::shared(zone));
                zone_tables.len() - 1
            })
        };
        let zones = image.zones.iter().map(|zone| clock(*zone)).collect();
        let schedule_zones = image.schedules.iter().map(|schedule| clock(schedule.zone)).collect();
        let list_zones = image.lists.iter().map(|list| clock(list.zone)).collect();
        let mut sets = PoolSets::new(&image.dates);
        let schedules = image.schedules.iter().map(|schedule| ScheduleTable::with(&mut sets, schedule)).collect();
        let dates = image.dates.dates.iter().map(|dates| DatesTable::with(&mut sets, &dates.entries)).collect();
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let sorted = |names: Vec<(Option<u32>, u32)>| {
            let mut names: Vec<(u32, u32)> = names.into_iter().filter_map(|(name, id)| Some((name?, id))).collect();
            names.sort_by(|a, b| constant(image, a.0).cmp(constant(image, b.0)));
            names
        };
        let names = [
            sorted(image.groups.iter().enumerate().map(|(id, ring)| (ring.name, number(id))).collect()),
            sorted(image.agents.iter().enumerate().map(|(id, ring)| (ring.name, number(id))).collect()),
            sorted(image.queues.iter().enumerate().map(|(id, queue)| (queue.ring.name, number(id))).collect()),
            sorted(image.trunks.iter().enumerate().map(|(id, trunk)| (Some(trunk.0), number(id))).collect()),
        ];
        let extern_names = [TargetKind::Group, TargetKind::Agent, TargetKind::Queue, TargetKind::Trunk].map(|kind| {
            let mut names: Vec<u32> = image.externs.iter().filter(|(of, _)| *of == kind).map(|(_, name)| *name).collect();
            names.sort_by(|a, b| constant(image, *a).cmp(constant(image, *b)));
            names
        });
        let max_digits = image.gathers.iter().map(crate::gather::max_digits).collect();
        let single_keys = image.gathers.iter().map(crate::gather::single).collect();
        let gather_keeps = image.gathers.iter().map(|gather| keeps_of_gather(image, gather)).collect();
        let dial_leads = image
            .dials
            .iter()
            .map(|dial| {
                let targets = dial.outcomes.iter().chain(dial.keys.iter().map(|(_, target)| target));
                targets.map(|target| lead(image, *target)).fold(Lead::Ends, |so_far, lead| match (so_far, lead) {
                    (Lead::Acts, _) | (_, Lead::Acts) => Lead::Acts,
                    (Lead::Returns, _) | (_, Lead::Returns) => Lead::Returns,
                    _ => Lead::Ends,
                })
            })
            .collect();
        let inputs = (0..)
            .zip(&image.vars)
            .filter(|(var, def)| matches!(def.kind, VarKind::Input { .. }) && verified.reads(*var))
            .map(|(var, _)| var)
            .collect();
        let reads_from = [0, 5, 6, 7].into_iter().any(|var| verified.reads(var));
        let reads_to = [1, 8, 9, 10].into_iter().any(|var| verified.reads(var));
        let always = always_kept(image, &verified);
        let mut program = Self {
            hash,
            zone_tables,
            zones,
            schedule_zones,
            list_zones,
            schedules,
            dates,
            names,
            extern_names,
            always,
            gather_keeps,
            max_digits,
            single_keys,
            dial_leads,
            ready: ReadyRings::default(),
            inputs,
            reads_from,
            reads_to,
            verified,
        };
        program.ready = ReadyRings::new(&program);
        program
    }

    pub(crate) fn image(&self) -> &Image {
        self.verified.image()
    }

    pub(crate) fn zone_table(&self, index: usize) -> Option<&ZoneTable> {
        self.zone_tables.get(index).map(|table| &**table)
    }

    /// The first eight bytes of [`Program::hash`]: enough to tell a host that it brought the wrong script.
    pub(crate) fn id(&self) -> u64 {
        self.hash.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// BLAKE3 of the compiled script without its cold sections: equal for scripts that decide the same way by construction.
    #[must_use]
    pub const fn hash(&self) -> [u8; 32] {
        self.hash
    }

    /// The proved image, for tools.
    #[must_use]
    pub const fn verified(&self) -> &VerifiedImage {
        &self.verified
    }

    /// The most that one answer can cost, in units of about one instruction; see [`VerifiedImage::cost`].
    #[must_use]
    pub const fn cost(&self) -> u64 {
        self.verified.cost()
    }

    /// The most turns of a call, the first event included.
    #[must_use]
    pub fn turn_limit(&self) -> u16 {
        self.image().turn_limit
    }

    /// The names of targets that the script leaves to the host.
    pub fn externs(&self) -> impl Iterator<Item = (TargetKind, &str)> {
        self.image().externs.iter().map(|(kind, name)| (*kind, constant(self.image(), *name)))
    }

    /// The targets left to the host that it does not know: to be asked once, when a script is loaded.
    #[must_use]
    pub fn unknown_externs(&self, known: impl Fn(TargetKind, &str) -> bool) -> Vec<(TargetKind, &str)> {
        self.externs().filter(|(kind, name)| !known(*kind, name)).collect()
    }

    fn field(&self, (name, ty): &(u32, Ty)) -> Field<'_> {
        Field { name: constant(self.image(), *name), ty: self.field_type(*ty) }
    }

    fn field_type(&self, ty: Ty) -> FieldType<'_> {
        match ty {
            Ty::Number => FieldType::Number,
            Ty::Flag => FieldType::Flag,
            Ty::Phone => FieldType::Phone,
            Ty::Phones => FieldType::Phones,
            Ty::Duration => FieldType::Duration,
            Ty::Digits => FieldType::Digits,
            Ty::Enum(id) => {
                let values = usize::try_from(id).ok().and_then(|id| self.image().enums.get(id));
                FieldType::OneOf(values.into_iter().flatten().map(|value| constant(self.image(), *value)).collect())
            }
            // No field has another type than text.
            _ => FieldType::Text,
        }
    }

    /// The sources that the script asks.
    pub fn sources(&self) -> impl Iterator<Item = SourceInfo<'_>> {
        self.image().sources.iter().map(|source| SourceInfo {
            name: constant(self.image(), source.name),
            params: source.params.iter().map(|param| self.field(param)).collect(),
            fields: source.fields.iter().map(|field| self.field(field)).collect(),
        })
    }

    /// The host's actions that the script uses.
    pub fn actions(&self) -> impl Iterator<Item = ActionInfo<'_>> {
        self.image().action_defs.iter().map(|def| ActionInfo {
            name: constant(self.image(), def.name),
            params: def.params.iter().map(|param| self.field(param)).collect(),
            settles: def.settles,
        })
    }

    /// The inputs that the script declares.
    pub fn inputs(&self) -> impl Iterator<Item = InputInfo<'_>> {
        self.image().vars.iter().filter_map(|var| match var.kind {
            VarKind::Input { name, header, default } => {
                Some(InputInfo { field: self.field(&(name, var.ty)), header, has_default: default.is_some() })
            }
            VarKind::Builtin | VarKind::Local => None,
        })
    }

    /// Where an instruction comes from, unless that was stripped.
    #[must_use]
    pub fn place(&self, address: u32) -> Option<Place<'_>> {
        let spans = &self.image().spans;
        let index = spans.partition_point(|span| span.address <= address).checked_sub(1)?;
        let span = spans.get(index)?;
        let (path, text) = self.image().files.get(usize::try_from(span.file).ok()?)?;
        Some(Place { file: span.file, path, text, start: span.start, end: span.end })
    }

    /// A computed target: the script's own by exactly this name, else the host's.
    pub(crate) fn target_named(&self, kind: TargetKind, name: &str) -> Option<Named> {
        let image = self.image();
        let (own, theirs, open) = match (kind, &self.names, &self.extern_names, image.open_kinds) {
            (TargetKind::Group, [names, ..], [externs, ..], [open, ..]) => (names, externs, open),
            (TargetKind::Agent, [_, names, ..], [_, externs, ..], [_, open, ..]) => (names, externs, open),
            (TargetKind::Queue, [_, _, names, _], [_, _, externs, _], [_, _, open, _]) => (names, externs, open),
            (TargetKind::Trunk, [_, _, _, names], [_, _, _, externs], [_, _, _, open]) => (names, externs, open),
        };
        if let Ok(at) = own.binary_search_by(|(known, _)| constant(image, *known).cmp(name)) {
            return own.get(at).map(|(_, id)| Named::Defined(*id));
        }
        let known = theirs.binary_search_by(|known| constant(image, *known).cmp(name)).is_ok();
        (known || open && !name.is_empty()).then_some(Named::Extern)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("id", &format_args!("{:016x}", self.id().swap_bytes())).finish_non_exhaustive()
    }
}

/// Whose a computed target is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    Defined(u32),
    Extern,
}

/// What is left to do at an address. Jumps go forward, so that this ends.
pub(crate) fn lead(image: &Image, target: Target) -> Lead {
    let mut at = target;
    // `go` drops what waits: a return then ends the call.
    let mut dropped = false;
    loop {
        let Some(instr) = usize::try_from(at).ok().and_then(|at| image.code.get(at)) else { return Lead::Ends };
        match instr.op {
            Op::Goto => at = instr.c,
            Op::Go => (at, dropped) = (instr.c, true),
            Op::End => return Lead::Ends,
            Op::Return => return if dropped { Lead::Ends } else { Lead::Returns },
            _ => return Lead::Acts,
        }
    }
}

/// The variables that a text reads.
fn template_reads(image: &Image, template: u32, out: &mut Vec<u16>) {
    let parts = usize::try_from(template).ok().and_then(|id| image.templates.get(id));
    out.extend(parts.into_iter().flatten().filter_map(|part| match part {
        TemplatePart::Var(var) => Some(*var),
        TemplatePart::Str(_) => None,
    }));
}

fn keeps_of_gather(image: &Image, gather: &callroute_bytecode::image::Gather) -> Vec<u16> {
    let mut keeps = gather.live.clone();
    let operands = [gather.wait, gather.gap, gather.tries];
    keeps.extend(operands.into_iter().filter_map(|operand| operand.as_var().and_then(|var| u16::try_from(var).ok())));
    for prompt in gather.prompts.iter().filter_map(|prompt| image.prompts.get(usize::try_from(*prompt).ok()?)) {
        match prompt {
            Prompt::Say(template) => template_reads(image, *template, &mut keeps),
            Prompt::Play(_) => {}
            Prompt::Named(entries) => {
                entries.iter().filter(|entry| entry.say).for_each(|entry| template_reads(image, entry.what, &mut keeps));
            }
        }
    }
    keeps.sort_unstable();
    keeps.dedup();
    keeps
}

/// Variables that are read at places which no list of live variables covers: the language of prompts, the caller's name, the
/// priority, what the fallback says, and the caller for a `split by from`.
fn always_kept(image: &Image, verified: &VerifiedImage) -> Vec<u16> {
    use callroute_bytecode::image::Settle;
    let mut always = vec![3];
    let speaks = |prompt: &Prompt| matches!(prompt, Prompt::Named(entries) if entries.iter().any(|entry| entry.language.is_some()));
    if image.prompts.iter().any(speaks) {
        always.push(2);
    }
    if image.dials.iter().any(|dial| dial.caller_name.is_none()) {
        always.push(4);
    }
    if image.splits.iter().any(|split| split.by_from) {
        always.push(0);
    }
    let fallback = image.fallback.and_then(|id| image.settles.get(usize::try_from(id).ok()?));
    match fallback {
        Some(Settle::Voicemail(id)) => {
            if let Some(step) = usize::try_from(*id).ok().and_then(|id| image.voicemails.get(id)) {
                template_reads(image, step.message, &mut always);
                step.mailbox.iter().for_each(|mailbox| template_reads(image, *mailbox, &mut always));
                always.extend(step.max_duration.and_then(|operand| u16::try_from(operand.as_var()?).ok()));
            }
        }
        Some(Settle::Reject(code, text)) => {
            always.extend(code.as_var().and_then(|var| u16::try_from(var).ok()));
            text.iter().for_each(|text| template_reads(image, *text, &mut always));
        }
        Some(Settle::Redirect(to, _)) => always.extend(to.as_var().and_then(|var| u16::try_from(var).ok())),
        Some(Settle::Hangup) | None => {}
    }
    always.sort_unstable();
    always.dedup();
    always.retain(|var| usize::from(*var) < image.vars.len() && (verified.reads(*var) || *var == 3));
    always
}
