//! Operands and small records in words, close to how a script writes them.

use callroute_calendar::{Zone, format_duration};
use callroute_numbers::Packed;
use callroute_numbers::index::{IndexRef, TextIndexRef};

use crate::image::*;
use crate::verify::ty_name;

/// The most characters of a text in a listing.
const SHORT: usize = 60;

/// Puts into words what an image holds.
pub(super) struct Words<'i> {
    pub image: &'i Image,
}

pub(super) fn record<T>(records: &[T], index: u32) -> Option<&T> {
    usize::try_from(index).ok().and_then(|index| records.get(index))
}

/// A record that is a vector.
pub(super) fn get<T>(records: &[Vec<T>], index: u32) -> &[T] {
    record(records, index).map_or(&[], Vec::as_slice)
}

/// At most so much of a text as fits a line.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn unknown() -> String {
    "?".to_owned()
}

fn join(items: impl Iterator<Item = String>) -> String {
    let mut items = items;
    let mut out = items.by_ref().take(20).collect::<Vec<_>>().join(", ");
    let more = items.count();
    if more > 0 {
        out.push_str(&format!(", and {more} more"));
    }
    out
}

pub(super) const fn target_kind(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Group => "group",
        TargetKind::Agent => "agent",
        TargetKind::Queue => "queue",
        TargetKind::Trunk => "trunk",
    }
}

pub(super) const fn comparison(op: u8) -> &'static str {
    match op {
        0 => "is",
        1 => "above",
        2 => "below",
        3 => "at least",
        4 => "at most",
        _ => "?",
    }
}

/// A set of numbers and addresses: only how many, because an index does not tell its rows.
pub(super) fn set(set: &PhoneSet) -> String {
    let numbers = IndexRef::new(&set.numbers).map_or(0, |index| index.len());
    let addresses = TextIndexRef::new(&set.addresses).map_or(0, |index| index.len());
    let of_numbers = format!("{numbers} pattern{}", if numbers == 1 { "" } else { "s" });
    let of_addresses = format!("{addresses} address{}", if addresses == 1 { "" } else { "es" });
    match (numbers, addresses) {
        (_, 0) => of_numbers,
        (0, _) => of_addresses,
        _ => format!("{of_numbers} and {of_addresses}"),
    }
}

pub(super) fn key(symbol: u8) -> char {
    match symbol {
        0..=9 => char::from(b'0' + symbol),
        callroute_numbers::STAR => '*',
        callroute_numbers::HASH => '#',
        _ => '?',
    }
}

impl Words<'_> {
    /// A text without quotes, as a name.
    pub fn bare(&self, id: Str) -> String {
        record(&self.image.strings, id).map_or_else(unknown, |text| short(&super::plain(text)))
    }

    /// A text in quotes.
    pub fn string(&self, id: Str) -> String {
        record(&self.image.strings, id).map_or_else(unknown, |text| format!("{:?}", short(text)))
    }

    pub fn var(&self, id: u32) -> String {
        record(&self.image.vars, id).map_or_else(unknown, |var| self.bare(var.name))
    }

    pub fn vars(&self, ids: &[u16]) -> String {
        join(ids.iter().map(|id| self.var((*id).into())))
    }

    pub fn var_ty(&self, id: u32) -> Option<Ty> {
        record(&self.image.vars, id).map(|var| var.ty)
    }

    pub fn ty(&self, ty: Ty) -> String {
        match ty {
            Ty::Enum(id) => format!("one of {}", join(get(&self.image.enums, id).iter().map(|value| self.bare(*value)))),
            other => ty_name(other).to_owned(),
        }
    }

    pub fn fields(&self, fields: &[(Str, Ty)]) -> String {
        join(fields.iter().map(|(name, ty)| format!("{}: {}", self.bare(*name), self.ty(*ty))))
    }

    pub fn enum_value(&self, id: u32, value: u32) -> String {
        record(get(&self.image.enums, id), value).map_or_else(unknown, |value| self.bare(*value))
    }

    pub fn constant(&self, id: u32) -> String {
        match record(&self.image.consts, id) {
            None => unknown(),
            Some(Const::Text(text)) => self.string(*text),
            Some(Const::Number(number)) => number.to_string(),
            Some(Const::Flag(flag)) => flag.to_string(),
            Some(Const::Phone(bits)) => Packed::from_bits(*bits).map_or_else(unknown, |number| number.to_string()),
            Some(Const::Address(text)) => self.bare(*text),
            // One level: a phone among phones is no list again.
            Some(Const::Phones(phones)) => {
                let one = |id: &u32| match record(&self.image.consts, *id) {
                    Some(Const::Phones(_)) | None => unknown(),
                    Some(_) => self.constant(*id),
                };
                format!("({})", join(phones.iter().map(one)))
            }
            Some(Const::Duration(ms)) => format_duration(*ms),
            Some(Const::Enum(id, value)) => self.enum_value(*id, *value),
            Some(Const::Target(kind, target)) => self.target(*kind, *target),
            Some(Const::Schedule(id)) => self.schedule(*id),
            Some(Const::Dates(id)) => self.dates(*id),
            Some(Const::List(id)) => self.list(*id),
        }
    }

    pub fn operand(&self, operand: Operand) -> String {
        operand.as_var().map_or_else(|| self.constant(operand.0), |var| self.var(var))
    }

    pub fn operands(&self, operands: &[Operand]) -> String {
        join(operands.iter().map(|operand| self.operand(*operand)))
    }

    pub fn target(&self, kind: TargetKind, target: TargetRef) -> String {
        let what = target_kind(kind);
        match target {
            TargetRef::Var(var) => format!("{what} ({})", self.var(var)),
            TargetRef::Extern(name) => format!("{what} {} (the host's)", self.string(name)),
            TargetRef::Defined(id) => {
                let name = match kind {
                    TargetKind::Group => record(&self.image.groups, id).and_then(|ring| ring.name),
                    TargetKind::Agent => record(&self.image.agents, id).and_then(|ring| ring.name),
                    TargetKind::Queue => record(&self.image.queues, id).and_then(|queue| queue.ring.name),
                    TargetKind::Trunk => record(&self.image.trunks, id).map(|(name, _)| *name),
                };
                name.map_or_else(|| format!("{what} in place"), |name| format!("{what} {}", self.string(name)))
            }
        }
    }

    pub fn zone(&self, id: u32) -> String {
        record(&self.image.zones, id).map_or_else(unknown, |zone| Zone::name(*zone).to_owned())
    }

    pub fn schedule(&self, id: u32) -> String {
        match Operand(id).as_var() {
            Some(var) => self.var(var),
            None => record(&self.image.schedules, id)
                .map_or_else(unknown, |schedule| format!("schedule {id}, {} lines, {}", schedule.lines.len(), schedule.zone.name())),
        }
    }

    pub fn dates(&self, id: u32) -> String {
        match Operand(id).as_var() {
            Some(var) => self.var(var),
            None => {
                record(&self.image.dates.dates, id).map_or_else(unknown, |dates| format!("dates {id}, {} entries,", dates.entries.len()))
            }
        }
    }

    pub fn list(&self, id: u32) -> String {
        match Operand(id).as_var() {
            Some(var) => self.var(var),
            None => record(&self.image.lists, id).map_or_else(unknown, |list| format!("list {}", self.bare(list.name))),
        }
    }

    pub fn phone_test(&self, id: u32) -> String {
        let Some(test) = record(&self.image.phone_tests, id) else { return unknown() };
        let anonymous = test.anonymous.then(|| "anonymous".to_owned());
        let lists = test.lists.iter().map(|list| self.list(*list));
        let vars = test.vars.iter().map(|var| self.var((*var).into()));
        format!("({})", join(test.set.as_ref().map(set).into_iter().chain(anonymous).chain(lists).chain(vars)))
    }

    pub fn text_items(&self, items: &[TextItem]) -> String {
        let item = |item: &TextItem| match item {
            TextItem::Str(text) => self.string(*text),
            TextItem::Var(var) => self.var((*var).into()),
            TextItem::Keys(pattern) => pattern.to_string(),
        };
        format!("({})", join(items.iter().map(item)))
    }

    pub fn text_test(&self, id: u32) -> String {
        let Some(test) = record(&self.image.text_tests, id) else { return unknown() };
        let op = match test.op {
            TextOp::Is => "is",
            TextOp::StartsWith => "starts with",
            TextOp::EndsWith => "ends with",
            TextOp::Contains => "contains",
        };
        match TextIndexRef::new(&test.index) {
            Ok(index) if !test.index.is_empty() => format!("{op} {} or one of {} texts", self.text_items(&test.items), index.len()),
            _ => format!("{op} {}", self.text_items(&test.items)),
        }
    }

    pub fn template(&self, id: u32) -> String {
        let mut text = String::new();
        for part in get(&self.image.templates, id) {
            match part {
                TemplatePart::Str(part) => text.push_str(record(&self.image.strings, *part).map_or("?", String::as_str)),
                TemplatePart::Var(var) => {
                    text.push('{');
                    text.push_str(&self.var((*var).into()));
                    text.push('}');
                }
            }
            if text.len() > 8 * SHORT {
                break;
            }
        }
        format!("{:?}", short(&text))
    }

    pub fn prompt(&self, id: u32) -> String {
        match record(&self.image.prompts, id) {
            None => unknown(),
            Some(Prompt::Say(template)) => format!("say {}", self.template(*template)),
            Some(Prompt::Play(file)) => format!("play {}", self.string(*file)),
            Some(Prompt::Named(entries)) => {
                let entry = |entry: &PromptEntry| {
                    let language = entry.language.map_or_else(String::new, |language| format!("{} ", self.bare(language)));
                    if entry.say { language + &self.template(entry.what) } else { format!("{language}play {}", self.string(entry.what)) }
                };
                join(entries.iter().map(entry))
            }
        }
    }

    pub fn settle(&self, id: u32) -> String {
        match record(&self.image.settles, id) {
            None => unknown(),
            Some(Settle::Hangup) => "hangup".to_owned(),
            Some(Settle::Reject(code, text)) => {
                let text = text.map_or_else(String::new, |text| format!(" {}", self.template(text)));
                format!("reject {}{text}", self.operand(*code))
            }
            Some(Settle::Redirect(to, permanent)) => {
                format!("redirect {}{}", self.operand(*to), if *permanent { " permanent" } else { "" })
            }
            Some(Settle::Voicemail(id)) => {
                let message = record(&self.image.voicemails, *id).map_or_else(unknown, |step| self.template(step.message));
                format!("voicemail {message}")
            }
        }
    }
}
