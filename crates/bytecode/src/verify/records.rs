//! The first pass: sizes, and every record.

use callroute_numbers::index::{IndexRef, TextIndexRef};

use super::{At, Check, Checked, Rule};
use crate::bytes::Bytes;
use crate::image::*;
use crate::limits;
use crate::op::{bit, textual};

/// What a field, column or parameter may be.
const FIELD: u16 = bit(Ty::Text)
    | bit(Ty::Number)
    | bit(Ty::Flag)
    | bit(Ty::Phone)
    | bit(Ty::Phones)
    | bit(Ty::Duration)
    | bit(Ty::Enum(0))
    | bit(Ty::Digits);
const KEYS: u16 = bit(Ty::Digits) | bit(Ty::Text);
/// The kind, and eight bytes.
pub(crate) const CELL: usize = 9;

const BUILTIN_TYPES: [Ty; BUILTINS.len()] =
    [Ty::Phone, Ty::Phone, Ty::Text, Ty::Number, Ty::Text, Ty::Text, Ty::Text, Ty::Text, Ty::Text, Ty::Text, Ty::Text];

impl<'i> Check<'i> {
    /// Runs a check on every element of one vector of the image.
    fn each<T>(&mut self, of: &'static str, items: &'i [T], check: impl Fn(&mut Self, &'i T) -> Checked) -> Checked {
        for (index, item) in items.iter().enumerate() {
            self.at = At::Record(of, index);
            check(self, item)?;
        }
        Ok(())
    }

    pub(super) fn records(&mut self) -> Checked {
        let image = self.image;
        self.limit("the number of instructions", image.code.len(), limits::CODE)?;
        self.limit("the number of variables", image.vars.len(), limits::VARS)?;
        self.ensure(!image.code.is_empty(), "there must be an instruction")?;
        self.ensure((1..=limits::TURNS).contains(&image.turn_limit), "the limit of turns must be 1 to 10000")?;
        self.target(image.entry)?;
        if let Some(fallback) = image.fallback {
            self.index("way to settle", fallback, image.settles.len())?;
        }
        for (_, name) in &image.externs {
            self.string(*name)?;
        }
        self.each("strings", &image.strings, |check, text| check.limit("the length of a text", text.len(), limits::TEXT))?;
        self.values()?;
        self.calendar()?;
        self.tests()?;
        self.texts()?;
        self.tables()?;
        self.each("agents", &image.agents, Self::ring)?;
        self.each("groups", &image.groups, Self::ring)?;
        self.each("queues", &image.queues, |check, queue| {
            check.ring(&queue.ring)?;
            check.durations([queue.max_wait, queue.announce_position])?;
            check.strings(queue.music)
        })?;
        self.each("trunks", &image.trunks, |check, (name, address)| {
            check.string(*name)?;
            let ty = check.constant(*address)?;
            check.same_type(ty, Ty::Phone, "a trunk's address")
        })?;
        self.each("gathers", &image.gathers, Self::gather)?;
        self.each("dials", &image.dials, Self::dial)?;
        self.each("sources", &image.sources, |check, source| {
            check.string(source.name)?;
            check.fields(&source.params)?;
            check.fields(&source.fields)
        })?;
        self.each("lookups", &image.lookups, Self::lookup)?;
        self.each("voicemails", &image.voicemails, Self::voicemail)?;
        self.each("action_defs", &image.action_defs, |check, def| {
            check.string(def.name)?;
            check.fields(&def.params)
        })?;
        self.each("actions", &image.actions, Self::action)?;
        self.each("settles", &image.settles, Self::settle)?;
        self.spans()
    }

    fn values(&mut self) -> Checked {
        let image = self.image;
        self.each("enums", &image.enums, |check, values| {
            check.limit("the number of values", values.len(), limits::ENUM_VALUES)?;
            check.strings(values.iter().copied())
        })?;
        self.each("consts", &image.consts, |check, value| match value {
            Const::Text(text) | Const::Address(text) => check.string(*text),
            Const::Number(number) => check.ensure(number.is_finite(), "a number must be finite"),
            Const::Flag(_) | Const::Duration(_) => Ok(()),
            Const::Phone(bits) => {
                let sound = callroute_numbers::Packed::from_bits(*bits).is_some_and(|number| !number.is_empty());
                check.ensure(sound, "a telephone number must be one")
            }
            Const::Phones(phones) => {
                check.limit("the number of phones", phones.len(), limits::MEMBERS)?;
                phones
                    .iter()
                    .try_for_each(|phone| check.constant(*phone).and_then(|ty| check.same_type(ty, Ty::Phone, "one of several phones")))
            }
            Const::Enum(id, value) => check.enum_value(*id, *value),
            Const::Target(_, TargetRef::Var(_)) => check.ensure(false, "a constant target must be known"),
            Const::Target(kind, target) => check.target_ref(*kind, *target),
            Const::Schedule(id) => check.index("schedule", *id, image.schedules.len()),
            Const::Dates(id) => check.index("dates", *id, image.dates.dates.len()),
            Const::List(id) => check.index("list", *id, image.lists.len()),
        })?;
        self.at = At::Header;
        let kinds = image.vars.iter().take_while(|var| var.kind == VarKind::Builtin).map(|var| var.ty);
        self.ensure(kinds.eq(BUILTIN_TYPES), "the built-in variables must be there, in order")?;
        let mut index = 0;
        self.each("vars", &image.vars, |check, var| {
            check.string(var.name)?;
            check.ty(var.ty)?;
            let VarKind::Input { name, default, .. } = var.kind else { return Ok(()) };
            check.string(name)?;
            check.typed(var.ty, FIELD, "an input")?;
            let Some(default) = default else { return Ok(()) };
            let ty = check.constant(default)?;
            check.same_type(ty, var.ty, "the default of an input")
        })?;
        for var in &image.vars {
            self.at = At::Record("vars", index);
            index += 1;
            self.ensure(index <= BUILTINS.len() || var.kind != VarKind::Builtin, "a built-in variable must be one of the first")?;
        }
        Ok(())
    }

    fn enum_value(&self, id: u32, value: u32) -> Checked {
        match usize::try_from(id).ok().and_then(|id| self.image.enums.get(id)) {
            Some(values) => self.index("value of an enumeration", value, values.len()),
            None => self.fail(Rule::Index { what: "enumeration", index: id.into() }),
        }
    }

    fn ty(&self, ty: Ty) -> Checked {
        match ty {
            Ty::Enum(id) => self.index("enumeration", id, self.image.enums.len()),
            _ => Ok(()),
        }
    }

    fn fields(&mut self, fields: &[(Str, Ty)]) -> Checked {
        self.limit("the number of fields", fields.len(), limits::FIELDS)?;
        fields.iter().try_for_each(|(name, ty)| {
            self.string(*name)?;
            self.ty(*ty)?;
            self.typed(*ty, FIELD, "a field")
        })
    }

    fn calendar(&mut self) -> Checked {
        let image = self.image;
        self.at = At::Record("dates", 0);
        if image.dates.check().is_err() {
            return self.fail(Rule::Data { what: "the dates" });
        }
        self.each("schedules", &image.schedules, |check, schedule| match schedule.check(&image.dates) {
            Ok(()) => Ok(()),
            Err(_) => check.fail(Rule::Data { what: "a schedule" }),
        })
    }

    fn number_index(&self, bytes: &Bytes) -> Checked {
        if bytes.is_empty() || IndexRef::new(bytes).is_ok() { Ok(()) } else { self.fail(Rule::Data { what: "an index of numbers" }) }
    }

    fn text_index(&self, bytes: &Bytes) -> Checked {
        if bytes.is_empty() || TextIndexRef::new(bytes).is_ok() { Ok(()) } else { self.fail(Rule::Data { what: "an index of texts" }) }
    }

    fn phone_set(&self, set: &PhoneSet) -> Checked {
        self.number_index(&set.numbers)?;
        self.text_index(&set.addresses)
    }

    fn case(&self, case: Option<u32>, targets: &[Target]) -> Checked {
        case.map_or(Ok(()), |case| self.index("case", case, targets.len()))
    }

    fn tests(&mut self) -> Checked {
        let image = self.image;
        self.each("lists", &image.lists, |check, list| {
            check.string(list.name)?;
            list.groups.iter().try_for_each(|group| check.phone_set(&group.set))
        })?;
        self.each("phone_tests", &image.phone_tests, |check, test| {
            test.set.as_ref().map_or(Ok(()), |set| check.phone_set(set))?;
            for list in &test.lists {
                check.reference(*list, "list", image.lists.len(), Ty::List)?;
            }
            for var in &test.vars {
                let ty = check.read((*var).into())?;
                check.typed(ty, bit(Ty::Phone) | bit(Ty::Phones) | KEYS, "a phone")?;
            }
            Ok(())
        })?;
        self.each("text_tests", &image.text_tests, |check, test| {
            check.text_index(&test.index)?;
            check.ensure(test.index.is_empty() || test.op == TextOp::Is, "only equality can use an index of texts")?;
            test.items.iter().try_for_each(|item| check.text_item(item, test.op == TextOp::Is))
        })?;
        self.each("language_tests", &image.language_tests, |check, test| test.iter().try_for_each(|item| check.text_item(item, false)))?;
        self.each("enum_tests", &image.enum_tests, |check, test| {
            test.iter().try_for_each(|item| {
                let ty = check.operand(*item)?;
                check.typed(ty, bit(Ty::Enum(0)) | KEYS, "a value of an enumeration")
            })
        })?;
        self.each("switches", &image.switches, |check, switch| {
            switch.targets.iter().chain([&switch.default]).try_for_each(|target| check.target(*target))?;
            match &switch.kind {
                SwitchKind::Phone { set, anonymous } => {
                    check.phone_set(set)?;
                    check.case(*anonymous, &switch.targets)
                }
                SwitchKind::Text { index, missing } => {
                    check.text_index(index)?;
                    check.case(*missing, &switch.targets)
                }
                SwitchKind::Enum { cases, missing } => {
                    check.case(*missing, &switch.targets)?;
                    cases.iter().try_for_each(|case| check.case(case.checked_sub(1), &switch.targets))
                }
            }
        })?;
        self.each("splits", &image.splits, |check, split| {
            check.string(split.label)?;
            if split.by_from {
                check.read(0)?;
            }
            let mut border = 0;
            for (upper, target) in &split.arms {
                check.ensure(*upper > border, "the borders of a split must rise")?;
                border = *upper;
                check.target(*target)?;
            }
            check.ensure(border == 10_000, "the last border of a split must be 10000")
        })
    }

    /// An index, or with bit 31 a variable of a type.
    pub(super) fn reference(&mut self, reference: u32, what: &'static str, len: usize, ty: Ty) -> Checked {
        match Operand(reference).as_var() {
            Some(var) => {
                let found = self.read(var)?;
                self.same_type(found, ty, what)
            }
            None => self.index(what, reference, len),
        }
    }

    fn text_item(&mut self, item: &TextItem, keys: bool) -> Checked {
        match item {
            TextItem::Str(text) => self.string(*text),
            TextItem::Var(var) => {
                let ty = self.read((*var).into())?;
                self.typed(ty, textual(), "a text")
            }
            TextItem::Keys(_) => self.ensure(keys, "keys can only be compared for equality"),
        }
    }

    fn texts(&mut self) -> Checked {
        let image = self.image;
        self.each("templates", &image.templates, |check, parts| {
            parts.iter().try_for_each(|part| match part {
                TemplatePart::Str(text) => check.string(*text),
                TemplatePart::Var(var) => {
                    let ty = check.read((*var).into())?;
                    check.typed(ty, textual(), "a text")
                }
            })
        })?;
        self.each("prompts", &image.prompts, |check, prompt| match prompt {
            Prompt::Say(template) => check.template(*template),
            Prompt::Play(file) => check.string(*file),
            Prompt::Named(entries) => entries.iter().try_for_each(|entry| {
                if let Some(language) = entry.language {
                    check.string(language)?;
                    check.read(2)?;
                }
                if entry.say { check.template(entry.what) } else { check.string(entry.what) }
            }),
        })?;
        self.each("assigns", &image.assigns, |check, pairs| {
            check.limit("the number of parameters", pairs.len(), limits::FIELDS)?;
            pairs.iter().try_for_each(|(var, value)| {
                check.written(*var)?;
                check.operand(*value).map(|_| ())
            })
        })
    }

    fn template(&self, id: u32) -> Checked {
        self.index("text with values", id, self.image.templates.len())
    }

    fn templates(&self, ids: impl IntoIterator<Item = u32>) -> Checked {
        ids.into_iter().try_for_each(|id| self.template(id))
    }

    fn tables(&mut self) -> Checked {
        let image = self.image;
        self.each("tables", &image.tables, |check, table| {
            check.string(table.name)?;
            check.limit("the number of columns", table.columns.len(), limits::FIELDS)?;
            table.columns.iter().try_for_each(|ty| check.ty(*ty).and_then(|()| check.typed(*ty, FIELD & !bit(Ty::Digits), "a column")))?;
            check.ensure(!(table.prefix && table.text_keys), "a table by prefix must have numbers as keys")?;
            if table.text_keys {
                check.text_index(&table.index)?
            } else {
                check.number_index(&table.index)?
            }
            let cells = usize::try_from(table.rows).ok().and_then(|rows| rows.checked_mul(table.columns.len())?.checked_mul(CELL));
            if cells == Some(table.cells.len()) { Ok(()) } else { check.fail(Rule::Data { what: "a table" }) }
        })?;
        self.each("table_lookups", &image.table_lookups, |check, lookup| {
            let table = usize::try_from(lookup.table).ok().and_then(|table| image.tables.get(table));
            let Some(table) = table else { return check.fail(Rule::Index { what: "table", index: lookup.table.into() }) };
            let key = check.operand(lookup.key)?;
            check.typed(key, textual(), "a key")?;
            check.row(&lookup.row, table.columns.iter().copied())
        })
    }

    /// Variables, and the columns or fields that they get.
    fn row(&self, row: &[(u16, u32)], types: impl Iterator<Item = Ty> + Clone) -> Checked {
        self.limit("the number of fields", row.len(), limits::FIELDS)?;
        row.iter().try_for_each(|(var, field)| {
            let ty = self.written(*var)?;
            match usize::try_from(*field).ok().and_then(|field| types.clone().nth(field)) {
                Some(field) => self.same_type(ty, field, "the variable of a field"),
                None => self.fail(Rule::Index { what: "field", index: (*field).into() }),
            }
        })
    }

    fn duration(&mut self, operand: Operand) -> Checked {
        let ty = self.operand(operand)?;
        self.same_type(ty, Ty::Duration, "a duration")
    }

    fn durations(&mut self, operands: impl IntoIterator<Item = Option<Operand>>) -> Checked {
        operands.into_iter().flatten().try_for_each(|operand| self.duration(operand))
    }

    fn phone(&mut self, operand: Operand) -> Checked {
        let ty = self.operand(operand)?;
        self.typed(ty, textual(), "a phone")
    }

    fn live(&self, live: &[u16]) -> Checked {
        self.limit("the number of kept variables", live.len(), limits::VARS)?;
        live.iter().try_for_each(|var| self.written(*var).map(|_| ()))
    }

    /// An index into the targets of a kind, a text, or a variable.
    fn target_ref(&mut self, kind: TargetKind, target: TargetRef) -> Checked {
        let image = self.image;
        match target {
            TargetRef::Extern(name) => self.string(name),
            TargetRef::Var(var) => {
                let ty = self.read(var)?;
                self.typed(ty, textual(), "a target")
            }
            TargetRef::Defined(id) => match kind {
                TargetKind::Group => self.index("group", id, image.groups.len()),
                TargetKind::Agent => self.index("agent", id, image.agents.len()),
                TargetKind::Queue => self.index("queue", id, image.queues.len()),
                TargetKind::Trunk => self.index("trunk", id, image.trunks.len()),
            },
        }
    }

    fn ring(&mut self, ring: &'i Ring) -> Checked {
        self.limit("the number of members", ring.members.len(), limits::MEMBERS)?;
        self.strings(ring.name)?;
        self.durations([ring.total, ring.each])?;
        ring.members.iter().try_for_each(|member| {
            match member.who {
                MemberWho::Phone(phone) => self.phone(phone)?,
                MemberWho::Extern(name) => self.string(name)?,
            }
            self.durations([member.after, member.ring_for])?;
            self.strings(member.confirm)
        })
    }

    fn gather(&mut self, gather: &'i Gather) -> Checked {
        match &gather.kind {
            GatherKind::Menu(choices) => {
                self.ensure(!choices.is_empty(), "a menu must have a choice")?;
                for choice in choices {
                    self.ensure(!choice.patterns.is_empty(), "a choice must have keys")?;
                    self.target(choice.target)?;
                    if let Some(var) = choice.capture {
                        let ty = self.written(var)?;
                        self.typed(ty, KEYS, "what was pressed")?;
                    }
                }
            }
            GatherKind::Collect { min, max, ending, var, entered, .. } => {
                self.ensure(1 <= *min && min <= max && *max <= limits::DIGITS, "the digits of a collect must be 1 to 32")?;
                self.ensure(ending.is_none_or(|key| key <= 11), "the key that ends a collect must be one")?;
                let ty = self.written(*var)?;
                self.typed(ty, KEYS, "what was entered")?;
                self.target(*entered)?;
            }
        }
        self.limit("the number of prompts", gather.prompts.len(), limits::GATHER_PROMPTS)?;
        gather.prompts.iter().try_for_each(|prompt| self.index("prompt", *prompt, self.image.prompts.len()))?;
        self.durations([Some(gather.wait), Some(gather.gap)])?;
        let tries = self.operand(gather.tries)?;
        self.same_type(tries, Ty::Number, "a number of tries")?;
        [gather.timeout, gather.invalid, Some(gather.otherwise)].into_iter().flatten().try_for_each(|target| self.target(target))?;
        self.live(&gather.live)
    }

    fn dial(&mut self, dial: &'i Dial) -> Checked {
        match &dial.target {
            DialTarget::Target(TargetKind::Trunk, _) => self.ensure(false, "a trunk cannot be rung")?,
            DialTarget::Target(kind, target) => self.target_ref(*kind, *target)?,
            DialTarget::Number(to, via) => {
                self.phone(*to)?;
                self.limit("the number of trunks", via.len(), limits::MEMBERS)?;
                via.iter().try_for_each(|trunk| self.target_ref(TargetKind::Trunk, *trunk))?;
            }
        }
        self.durations([dial.ring_for])?;
        if let Some((minute, zone)) = dial.until {
            self.ensure(minute <= 1440, "a time of day must be within a day")?;
            self.index("zone", zone, self.image.zones.len())?;
        }
        dial.caller_id.map_or(Ok(()), |id| self.phone(id))?;
        if dial.caller_name.is_none() {
            self.read(4)?;
        }
        self.templates([dial.caller_name, dial.announce, dial.confirm, dial.music].into_iter().flatten())?;
        self.limit("the number of headers", dial.headers.len(), limits::FIELDS)?;
        self.limit("the number of codecs", dial.codecs.len(), limits::FIELDS)?;
        dial.headers.iter().try_for_each(|(name, text)| self.string(*name).and_then(|()| self.template(*text)))?;
        self.strings(dial.codecs.iter().copied())?;
        dial.outcomes.iter().chain(dial.keys.iter().map(|(_, target)| target)).try_for_each(|target| self.target(*target))?;
        if let Some(contact) = dial.contact {
            let ty = self.written(contact)?;
            self.same_type(ty, Ty::Phone, "a contact")?;
        }
        self.live(&dial.live)
    }

    fn args(&mut self, args: &[Operand], params: usize) -> Checked {
        self.ensure(args.len() == params, "there must be an argument for each parameter")?;
        args.iter().try_for_each(|arg| self.operand(*arg).map(|_| ()))
    }

    fn lookup(&mut self, lookup: &'i Lookup) -> Checked {
        let source = usize::try_from(lookup.source).ok().and_then(|source| self.image.sources.get(source));
        let Some(source) = source else { return self.fail(Rule::Index { what: "source", index: lookup.source.into() }) };
        self.args(&lookup.args, source.params.len())?;
        self.durations([lookup.within])?;
        self.row(&lookup.row, source.fields.iter().map(|(_, ty)| *ty))?;
        lookup.outcomes.iter().try_for_each(|target| self.target(*target))?;
        self.live(&lookup.live)
    }

    fn voicemail(&mut self, voicemail: &'i Voicemail) -> Checked {
        self.templates([Some(voicemail.message), voicemail.mailbox].into_iter().flatten())?;
        self.durations([voicemail.max_duration])?;
        voicemail.outcomes.iter().flatten().try_for_each(|target| self.target(*target))?;
        self.live(&voicemail.live)
    }

    fn action(&mut self, action: &'i Action) -> Checked {
        let def = usize::try_from(action.def).ok().and_then(|def| self.image.action_defs.get(def));
        let Some(def) = def else { return self.fail(Rule::Index { what: "action", index: action.def.into() }) };
        self.args(&action.args, def.params.len())?;
        self.ensure(def.settles || action.outcomes.is_some(), "an action that does not settle the call must say where to go on")?;
        action.outcomes.iter().flatten().try_for_each(|target| self.target(*target))?;
        self.live(&action.live)
    }

    fn settle(&mut self, settle: &'i Settle) -> Checked {
        match settle {
            Settle::Hangup => Ok(()),
            Settle::Reject(code, text) => {
                let ty = self.operand(*code)?;
                self.same_type(ty, Ty::Number, "a SIP status")?;
                self.templates(*text)
            }
            Settle::Redirect(to, _) => self.phone(*to),
            Settle::Voicemail(id) => {
                let voicemail = usize::try_from(*id).ok().and_then(|id| self.image.voicemails.get(id));
                let Some(voicemail) = voicemail else { return self.fail(Rule::Index { what: "voicemail", index: (*id).into() }) };
                self.ensure(voicemail.outcomes.is_none(), "a voicemail that settles must ask for nothing")
            }
        }
    }

    fn spans(&mut self) -> Checked {
        let image = self.image;
        let mut last = None;
        self.each("spans", &image.spans, |check, span| {
            check.ensure(span.start <= span.end, "a place must not end before it begins")?;
            if image.files.is_empty() { Ok(()) } else { check.index("file", span.file, image.files.len()) }
        })?;
        for span in &image.spans {
            self.ensure(last.is_none_or(|last| last < span.address), "places must be in the order of the instructions")?;
            last = Some(span.address);
        }
        Ok(())
    }
}
