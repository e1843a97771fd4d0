//! A compiled script for people: what it needs from its host, what it costs, and its code with names, texts and source lines.
//! Total on every image, also one that was not verified: what does not exist is a `?`.

mod records;
mod words;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::container::Section;
use crate::image::*;
use crate::op::{Field, Instr, Next, Op};
use crate::verify::{VerifiedImage, ty_name};
use words::Words;

/// All that is worth knowing of a compiled script: versions, sections, what it takes from the event and from its host, what an
/// answer can cost, and its code.
#[must_use]
pub fn describe(verified: &VerifiedImage, sections: &[Section]) -> String {
    let image = verified.image();
    let words = Words { image };
    let mut out = String::new();
    let [(format, minor), (language, language_minor)] = [crate::FORMAT, crate::LANGUAGE];
    // Writing to a text cannot fail, here and below.
    let _ = writeln!(out, "compiler   {}, format {format}.{minor}, language {language}.{language_minor}", plain(&image.compiler));
    let _ = write!(out, "source     sha256 ");
    image.source_hash.iter().for_each(|byte| {
        let _ = write!(out, "{byte:02x}");
    });
    let country = image.country.map_or("none", callroute_numbers::Country::code);
    let _ = writeln!(out, "\ncountry    {country}");
    let _ = writeln!(out, "turns      at most {}", image.turn_limit);
    let _ = writeln!(out, "cost       at most {} for one answer, {} flows deep", verified.cost(), verified.max_stack());
    let _ = writeln!(out, "fallback   {}", image.fallback.map_or_else(|| "none".to_owned(), |settle| words.settle(settle)));
    list(&mut out, "section", sections, |section| {
        format!(
            "{:<10} {:>9} bytes{}",
            section.name.unwrap_or("(unknown)"),
            section.len,
            if section.cold { ", not needed to run" } else { "" }
        )
    });
    list(&mut out, "external", &image.externs, |(kind, name)| format!("{} {}", words::target_kind(*kind), words.string(*name)));
    let inputs: Vec<&Var> = image.vars.iter().filter(|var| matches!(var.kind, VarKind::Input { .. })).collect();
    list(&mut out, "input", &inputs, |var| {
        let VarKind::Input { name, header, default } = var.kind else { return String::new() };
        let from = if header { format!(" from header {}", words.string(name)) } else { String::new() };
        let default = default.map_or_else(String::new, |default| format!(", else {}", words.constant(default)));
        format!("{}: {}{from}{default}", words.bare(var.name), words.ty(var.ty))
    });
    list(&mut out, "source", &image.sources, |source| {
        format!("{}({}) = < {} >", words.bare(source.name), words.fields(&source.params), words.fields(&source.fields))
    });
    list(&mut out, "action", &image.action_defs, |def| {
        format!("{}({}){}", words.bare(def.name), words.fields(&def.params), if def.settles { " settles" } else { "" })
    });
    list(&mut out, "table", &image.tables, |table| {
        let columns = table.columns.iter().map(|ty| ty_name(*ty)).collect::<Vec<_>>().join(", ");
        let (key, kind) = (if table.text_keys { "text" } else { "number" }, if table.prefix { "prefix" } else { "exact" });
        format!("{}: {} rows by {key} ({kind}): {columns}", words.bare(table.name), table.rows)
    });
    list(&mut out, "list", &image.lists, |list| {
        let groups = list.groups.iter().map(|group| match group.until {
            Some(day) => format!("{} until {day}", words::set(&group.set)),
            None => words::set(&group.set),
        });
        format!("{}: {}", words.bare(list.name), groups.collect::<Vec<_>>().join("; "))
    });
    out.push('\n');
    out.push_str(&disassemble(image));
    out
}

fn list<T>(out: &mut String, what: &str, items: &[T], line: impl Fn(&T) -> String) {
    for item in items {
        let _ = writeln!(out, "{what:<10} {}", line(item));
    }
}

/// A text without line breaks and control characters.
fn plain(text: &str) -> String {
    text.chars().flat_map(|found| if found.is_control() { found.escape_default().collect::<Vec<_>>() } else { vec![found] }).collect()
}

/// The code, instruction by instruction. Where the places are there, each piece of code stands under its source line.
#[must_use]
pub fn disassemble(image: &Image) -> String {
    let words = Words { image };
    let labels = labels(image);
    let mut out = String::new();
    let mut places = Places::new(image);
    for (address, instr) in (0u32..).zip(&image.code) {
        if address == image.entry {
            out.push_str("entry:\n");
        }
        if labels.contains(&address) {
            let _ = writeln!(out, "@{address}:");
        }
        if let Some(place) = places.at(address) {
            let _ = writeln!(out, "  ; {place}");
        }
        let operands = operands(&words, *instr);
        let _ = writeln!(out, "{}", format!("{address:>6}  {:<11} {operands}", instr.op.mnemonic()).trim_end());
        records::lines(&words, *instr, &mut |line| {
            let _ = writeln!(out, "                      {line}");
        });
    }
    out
}

/// Every address that something jumps to.
fn labels(image: &Image) -> BTreeSet<Target> {
    let mut labels = BTreeSet::new();
    for instr in &image.code {
        let [_, _, c] = instr.op.operands();
        if c == Field::Jump {
            labels.insert(instr.c);
        }
    }
    let mut add = |targets: &mut dyn Iterator<Item = Target>| labels.extend(targets);
    for switch in &image.switches {
        add(&mut switch.targets.iter().copied().chain([switch.default]));
    }
    for split in &image.splits {
        add(&mut split.arms.iter().map(|(_, target)| *target));
    }
    for gather in &image.gathers {
        add(&mut [gather.timeout, gather.invalid, Some(gather.otherwise)].into_iter().flatten());
        match &gather.kind {
            GatherKind::Menu(choices) => add(&mut choices.iter().map(|choice| choice.target)),
            GatherKind::Collect { entered, .. } => add(&mut [*entered].into_iter()),
        }
    }
    for dial in &image.dials {
        add(&mut dial.outcomes.iter().copied().chain(dial.keys.iter().map(|(_, target)| *target)));
    }
    for lookup in &image.lookups {
        add(&mut lookup.outcomes.iter().copied());
    }
    for voicemail in &image.voicemails {
        add(&mut voicemail.outcomes.iter().flatten().copied());
    }
    for action in &image.actions {
        add(&mut action.outcomes.iter().flatten().copied());
    }
    labels
}

/// The operands of an instruction in words.
fn operands(words: &Words<'_>, instr: Instr) -> String {
    let Instr { op, flag, a, b, c } = instr;
    let var = words.var(a.into());
    let what = match op {
        Op::BrHours => {
            let zone = a.checked_sub(1).map_or_else(String::new, |zone| format!(" in {}", words.zone(zone.into())));
            format!("hours({}{zone})", words.schedule(b))
        }
        Op::BrOn => format!("on({} {})", words.dates(b), words.zone(a.into())),
        Op::BrPhone => format!("{var} in {}", words.phone_test(b)),
        Op::BrText => format!("{var} {}", words.text_test(b)),
        Op::BrEnumIs => {
            let value = match words.var_ty(a.into()) {
                Some(Ty::Enum(id)) => words.enum_value(id, b),
                _ => "?".to_owned(),
            };
            format!("{var} is {value}")
        }
        Op::BrEnumIn => format!("{var} in ({})", words.operands(words::get(&words.image.enum_tests, b))),
        Op::BrNumber => format!("{var} {} {}", words::comparison(flag >> 1), words.operand(Operand(b))),
        Op::BrFlag => var,
        Op::BrFlagIs => format!("{var} is {}", words.operand(Operand(b))),
        Op::BrMissing => format!("{var} is missing"),
        Op::BrLanguage => format!("{var} is {}", words.text_items(words::get(&words.image.language_tests, b))),
        Op::Switch => var,
        Op::Set => format!("{var} = {}", words.operand(Operand(b))),
        Op::SetText => format!("{var} = {}", words.template(b)),
        Op::Tag => words.template(b),
        Op::Say => words.prompt(b),
        Op::Settle => words.settle(b),
        Op::Gather | Op::Repeat | Op::Retry => records::gather_kind(words, b),
        Op::Assign
        | Op::Goto
        | Op::Split
        | Op::TableLookup
        | Op::Call
        | Op::Return
        | Op::Go
        | Op::End
        | Op::Dial
        | Op::Lookup
        | Op::Voicemail
        | Op::Action => String::new(),
    };
    let arrow = match op.next() {
        Next::Branches if op == Op::TableLookup => format!("missing -> @{c}"),
        Next::Branches if flag & 1 == 1 => format!("-> @{c}"),
        Next::Branches => format!("else -> @{c}"),
        Next::SuspendsOrJumps if flag & 1 == 1 => format!("(counted) else -> @{c}"),
        Next::SuspendsOrJumps => format!("else -> @{c}"),
        Next::Jumps | Next::Calls => format!("-> @{c}"),
        _ => String::new(),
    };
    match (what.is_empty(), arrow.is_empty()) {
        (false, false) => format!("{what} {arrow}"),
        _ => what + &arrow,
    }
}

/// The source lines of instructions, each told once for a run of them.
struct Places<'i> {
    image: &'i Image,
    /// For each file, where its lines start.
    lines: Vec<Vec<usize>>,
    next: usize,
}

impl<'i> Places<'i> {
    fn new(image: &'i Image) -> Self {
        let starts = |text: &String| {
            let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
            std::iter::once(0).chain(after_breaks).collect()
        };
        Self { image, lines: image.files.iter().map(|(_, text)| starts(text)).collect(), next: 0 }
    }

    /// The place of an address, if one begins there. Addresses must be asked in order.
    fn at(&mut self, address: Target) -> Option<String> {
        let mut found = None;
        while let Some(span) = self.image.spans.get(self.next).filter(|span| span.address <= address) {
            found = Some(span);
            self.next += 1;
        }
        let span = found?;
        let file = usize::try_from(span.file).ok()?;
        let (path, text) = self.image.files.get(file)?;
        let start = usize::try_from(span.start).ok()?;
        let lines = self.lines.get(file)?;
        let line = lines.partition_point(|line| *line <= start);
        let begin = lines.get(line.checked_sub(1)?)?;
        let column = text.get(*begin..start)?.chars().count() + 1;
        let end = usize::try_from(span.end).ok()?;
        let excerpt = text.get(start..end)?.lines().next().unwrap_or_default();
        Some(format!("{}:{line}:{column}  {}", plain(path), words::short(&plain(excerpt))))
    }
}
