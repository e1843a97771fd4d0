//! The reference interpreter: the meaning of a typed program, as plainly as it can be written.
//!
//! It shares nothing with the compiler and the machine. It walks the typed program, keeps no position between events,
//! and answers event *n* by running the call again from its beginning with the events up to *n*: where it would have to
//! wait and no event is left, that instruction is the answer. Schedules, dates and patterns are evaluated rule by rule,
//! one after the other, without any table or index. It is slow on purpose.

use callroute_analysis::typed::*;
use callroute_calendar as calendar;
use callroute_numbers as numbers;
use serde_json::{Map, Value, json};

use crate::words;

/// Answers each event, in order. The events are native JSON (see the protocol); the first is `incoming_call`.
#[must_use]
pub fn answers(program: &Program, events: &[Value]) -> Vec<Value> {
    (1..=events.len()).map(|n| answer(program, events.get(..n).unwrap_or(events))).collect()
}

/// Why the walk stops.
enum Stop {
    /// No event is left: this instruction is the answer.
    Waiting(Value),
    /// The call is over for the script, by this instruction; events that follow need no answer.
    Settled(Value),
    /// `go`
    Jump(FlowId, Vec<Option<Const>>),
    /// `repeat` or `retry` of an enclosing menu or collect.
    Again(GatherId, bool),
    /// The host or the caller ended the call: nothing more to say.
    Over,
}

type Walk<T> = Result<T, Stop>;

/// The walk of one call.
pub struct Walker<'p> {
    pub(crate) program: &'p Program,
    events: &'p [Value],
    next: usize,
    pub(crate) now: i64,
    pub(crate) call_id: &'p str,
    pub(crate) vars: Vec<Option<Const>>,
    from_text: String,
    prompts: Vec<Value>,
    tags: Vec<Value>,
    priority_set: bool,
    ahead: String,
    turns: u32,
    reason: &'static str,
}

fn answer(program: &Program, events: &[Value]) -> Value {
    let Some(first) = events.first() else { return Value::Null };
    let mut walker = Walker {
        program,
        events,
        next: 0,
        now: 0,
        call_id: first.get("call_id").and_then(Value::as_str).unwrap_or(""),
        vars: vec![None; program.vars.len()],
        from_text: String::new(),
        prompts: Vec::new(),
        tags: Vec::new(),
        priority_set: false,
        ahead: String::new(),
        turns: 0,
        reason: "unrouted",
    };
    let result = walker.call();
    match result {
        Stop::Waiting(instruction) => instruction,
        Stop::Settled(instruction) if walker.next == events.len() => instruction,
        Stop::Settled(_) | Stop::Over | Stop::Jump(..) | Stop::Again(..) => json!({"action": "none"}),
    }
}

impl<'p> Walker<'p> {
    /// The whole call.
    fn call(&mut self) -> Stop {
        if let Err(stop) = self.take_event() {
            return stop;
        }
        self.begin();
        let (mut flow, mut args) = (FlowId(0), Vec::new());
        loop {
            match self.flow(flow, args) {
                Ok(()) => {
                    let reason = self.reason;
                    return Stop::Settled(self.dress(json!({"action": "hangup", "reason": reason})));
                }
                Err(Stop::Jump(to, values)) => (flow, args) = (to, values),
                Err(stop) => return stop,
            }
        }
    }

    /// The next event, or `None` when the script has to wait for it. Counts turns.
    fn take_event(&mut self) -> Walk<Option<&'p Value>> {
        let Some(event) = self.events.get(self.next) else { return Ok(None) };
        self.next += 1;
        self.turns += 1;
        if let Some(at) = event.get("timestamp").and_then(Value::as_str).and_then(|text| calendar::parse_rfc3339(text).ok()) {
            self.now = at;
        }
        if event.get("event").and_then(Value::as_str) == Some("hangup") {
            return Err(Stop::Over);
        }
        if self.turns > u32::from(self.program.turn_limit) {
            return Err(self.fallback("turn_limit"));
        }
        Ok(Some(event))
    }

    fn fallback(&mut self, reason: &'static str) -> Stop {
        match self.program.fallback.clone() {
            Some(settle) => self.settle(&settle),
            None => Stop::Settled(self.dress(json!({"action": "hangup", "reason": reason}))),
        }
    }

    /// Gives an instruction and waits for the event that answers it.
    fn ask(&mut self, instruction: Value) -> Walk<&'p Value> {
        let mut dressed = self.dress(instruction);
        match self.take_event()? {
            Some(event) => Ok(event),
            None => {
                if let Some(map) = dressed.as_object_mut() {
                    map.insert("continue".into(), json!(true));
                }
                Err(Stop::Waiting(dressed))
            }
        }
    }

    /// Adds what rides along: prompts, tags, priority.
    fn dress(&mut self, mut instruction: Value) -> Value {
        let Some(map) = instruction.as_object_mut() else { return instruction };
        if !self.prompts.is_empty() {
            map.insert("prompts".into(), Value::Array(std::mem::take(&mut self.prompts)));
        }
        if !self.tags.is_empty() {
            map.insert("tags".into(), Value::Array(std::mem::take(&mut self.tags)));
        }
        if self.priority_set
            && let Some(Const::Number(priority)) = self.var(Builtin::Priority.var())
        {
            map.insert("priority".into(), words::number(*priority));
        }
        instruction
    }

    // ------------------------------------------------------------------------------------------ the first event

    fn begin(&mut self) {
        let Some(event) = self.events.first() else { return };
        let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or("");
        for (raw, vars) in [
            (text("from"), [Builtin::From, Builtin::FromUser, Builtin::FromHost, Builtin::FromName]),
            (text("to"), [Builtin::To, Builtin::ToUser, Builtin::ToHost, Builtin::ToName]),
        ] {
            let mut buf = String::new();
            let parsed = numbers::read_party(raw, self.program.country, &mut buf);
            let phone = match parsed.party {
                numbers::Party::Withheld => None,
                numbers::Party::Number(number) => Some(Const::Phone(Phone::Number(number))),
                numbers::Party::Address(address) => Some(Const::Phone(Phone::Address(address.to_owned()))),
            };
            let [party, user, host, name] = vars;
            let parts = [(user, parsed.user), (host, parsed.host), (name, parsed.name)]
                .map(|(var, part)| (var, part.map(|p| Const::Text(p.to_owned()))));
            self.put(party.var(), phone);
            for (var, part) in parts {
                self.put(var.var(), part);
            }
        }
        self.from_text = self.var(Builtin::From.var()).map(|value| words::text(self.program, value)).unwrap_or_default();
        let header = |wanted: &str| {
            event.get("headers").and_then(Value::as_object).and_then(|headers| {
                headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).and_then(|(_, value)| value.as_str())
            })
        };
        let language = match event.get("language").and_then(Value::as_str) {
            Some(language) if !language.is_empty() => Some(language.to_owned()),
            _ => header("Accept-Language").and_then(words::best_language),
        };
        self.put(Builtin::Language.var(), language.map(Const::Text));
        self.put(Builtin::Priority.var(), Some(Const::Number(0.0)));
        for (index, var) in self.program.vars.iter().enumerate() {
            let VarKind::Input { attribute, header: from_header, default } = &var.kind else { continue };
            let raw = match from_header {
                Some(name) => header(name).map(|text| json!(text)),
                None => event.get("attributes").and_then(|attributes| attributes.get(attribute)).cloned(),
            };
            let value = raw.and_then(|raw| words::read(self.program, var.ty, &raw)).or_else(|| default.clone());
            if let Some(slot) = self.vars.get_mut(index) {
                *slot = value;
            }
        }
    }

    // -------------------------------------------------------------------------------------------------- variables

    pub(crate) fn var(&self, var: VarId) -> Option<&Const> {
        self.vars.get(var.index()).and_then(Option::as_ref)
    }

    fn put(&mut self, var: VarId, value: Option<Const>) {
        if let Some(slot) = self.vars.get_mut(var.index()) {
            *slot = value;
        }
    }

    pub(crate) fn ty(&self, var: VarId) -> Ty {
        self.program.vars.get(var.index()).map_or(Ty::Text, |var| var.ty)
    }

    pub(crate) fn value(&self, operand: &Operand) -> Option<Const> {
        match operand {
            Operand::Const(value) => Some(value.clone()),
            Operand::Var(var) => self.var(*var).cloned(),
        }
    }

    pub(crate) fn value_as(&self, operand: &Operand, ty: Ty) -> Option<Const> {
        self.value(operand).and_then(|value| words::convert(self.program, value, ty))
    }

    /// Milliseconds.
    pub(crate) fn duration(&self, operand: Option<&Operand>) -> Option<u64> {
        match self.value(operand?)? {
            Const::Duration(ms) => Some(ms),
            _ => None,
        }
    }

    fn whole(&self, operand: &Operand) -> Option<f64> {
        match self.value(operand)? {
            Const::Number(n) => Some(n),
            _ => None,
        }
    }

    pub(crate) fn template(&self, template: &Template) -> String {
        let mut out = String::new();
        for part in &template.parts {
            match part {
                TemplatePart::Text(text) => out.push_str(text),
                TemplatePart::Value(var) => out.push_str(&self.var(*var).map(|value| words::text(self.program, value)).unwrap_or_default()),
            }
        }
        out
    }

    fn phones(&self, operand: &Operand) -> Vec<Phone> {
        match self.value(operand) {
            Some(Const::Phones(phones)) => phones,
            Some(value) => match words::convert(self.program, value, Ty::Phone) {
                Some(Const::Phone(phone)) => vec![phone],
                _ => Vec::new(),
            },
            None => Vec::new(),
        }
    }

    // ------------------------------------------------------------------------------------------------------ steps

    fn flow(&mut self, flow: FlowId, args: Vec<Option<Const>>) -> Walk<()> {
        let program = self.program;
        let Some(flow) = program.flows.get(flow.index()) else { return Ok(()) };
        for (param, value) in flow.params.iter().zip(args) {
            let ty = self.ty(*param);
            self.put(*param, value.and_then(|value| words::convert(program, value, ty)));
        }
        self.block(&flow.body)
    }

    fn block(&mut self, block: &'p [Step]) -> Walk<()> {
        block.iter().try_for_each(|step| self.step(step))
    }

    fn maybe(&mut self, block: Option<&'p Block>) -> Walk<()> {
        block.map_or(Ok(()), |block| self.block(block))
    }

    fn step(&mut self, step: &'p Step) -> Walk<()> {
        match &step.kind {
            StepKind::When { cond, then, otherwise } => {
                if self.holds(cond) {
                    self.block(then)
                } else {
                    self.maybe(otherwise.as_ref())
                }
            }
            StepKind::Switch { arms, otherwise, .. } => match arms.iter().find(|arm| self.holds(&arm.cond)) {
                Some(arm) => self.block(&arm.body),
                None => self.maybe(otherwise.as_ref()),
            },
            StepKind::Menu(menu) => self.menu(menu),
            StepKind::Collect(collect) => self.collect(collect),
            StepKind::Repeat(id) => Err(Stop::Again(*id, false)),
            StepKind::Retry(id) => Err(Stop::Again(*id, true)),
            StepKind::Dial(dial) => self.dial(dial),
            StepKind::Lookup(lookup) => self.lookup(lookup),
            StepKind::TableLookup(lookup) => self.table_lookup(lookup),
            StepKind::Split(split) => self.split(split),
            StepKind::Say(item) => self.say(item, false),
            StepKind::Voicemail(voicemail) => self.voicemail(voicemail),
            StepKind::Settle(settle) => Err(self.settle(settle)),
            StepKind::Go { flow, args } => {
                let values = args.iter().map(|arg| self.value(arg)).collect();
                Err(Stop::Jump(*flow, values))
            }
            StepKind::Do { flow, args } => {
                let values = args.iter().map(|arg| self.value(arg)).collect();
                self.flow(*flow, values)
            }
            StepKind::Tag(template) => {
                let tag = self.template(template);
                self.tags.push(json!(tag));
                Ok(())
            }
            StepKind::Set { var, value } => {
                let value = match value {
                    SetValue::Operand(operand) => self.value(operand),
                    SetValue::Template(template) => Some(Const::Text(self.template(template))),
                };
                let ty = self.ty(*var);
                let value = value.and_then(|value| words::convert(self.program, value, ty));
                if *var == Builtin::Priority.var() {
                    self.priority_set = true;
                }
                self.put(*var, value);
                Ok(())
            }
            StepKind::Action { action, args, otherwise } => self.action(*action, args, otherwise.as_ref()),
        }
    }

    fn settle(&mut self, settle: &Settle) -> Stop {
        let instruction = match settle {
            Settle::Hangup => json!({"action": "hangup", "reason": self.reason}),
            Settle::Reject(reject) => {
                let code = self.whole(&reject.code).filter(|code| (300.0..=699.0).contains(code) && code.fract() == 0.0).unwrap_or(603.0);
                let mut map = Map::new();
                map.insert("action".into(), json!("reject"));
                map.insert("reason".into(), json!(words::reject_reason(code as u16)));
                map.insert("code".into(), words::number(code));
                if let Some(text) = &reject.text {
                    map.insert("text".into(), json!(self.template(text)));
                }
                Value::Object(map)
            }
            Settle::Redirect { to, permanent } => match self.value_as(to, Ty::Phone) {
                Some(Const::Phone(phone)) => json!({
                    "action": "redirect", "to": words::phone(&phone), "code": if *permanent { 301 } else { 302 },
                }),
                _ => json!({"action": "hangup", "reason": "unreachable"}),
            },
            Settle::Voicemail(voicemail) => self.voicemail_instruction(voicemail),
        };
        Stop::Settled(self.dress(instruction))
    }

    fn voicemail_instruction(&self, voicemail: &Voicemail) -> Value {
        let mut map = Map::new();
        map.insert("action".into(), json!("voicemail"));
        map.insert("message".into(), json!(self.template(&voicemail.message)));
        if let Some(mailbox) = &voicemail.mailbox {
            map.insert("box".into(), json!(self.template(mailbox)));
        }
        if let Some(ms) = self.duration(voicemail.max_duration.as_ref()) {
            map.insert("max_duration".into(), words::seconds(ms));
        }
        Value::Object(map)
    }

    fn voicemail(&mut self, voicemail: &'p Voicemail) -> Walk<()> {
        let instruction = self.voicemail_instruction(voicemail);
        if voicemail.full.is_none() && voicemail.failed.is_none() && voicemail.otherwise.is_none() {
            return Err(Stop::Settled(self.dress(instruction)));
        }
        let event = self.ask(instruction)?;
        let arm = match event.get("outcome").and_then(Value::as_str) {
            Some("full") => {
                self.reason = "full";
                voicemail.full.as_ref()
            }
            Some("failed") => {
                self.reason = "unreachable";
                voicemail.failed.as_ref()
            }
            _ => return Err(Stop::Over),
        };
        self.maybe(arm.or(voicemail.otherwise.as_ref()))
    }

    fn action(&mut self, action: ActionId, args: &[Operand], otherwise: Option<&'p Block>) -> Walk<()> {
        let program = self.program;
        let Some(def) = program.actions.get(action.index()) else { return Ok(()) };
        let mut map = Map::new();
        for (param, arg) in def.params.iter().zip(args) {
            if let Some(value) = self.value_as(arg, param.ty) {
                map.insert(param.name.clone(), words::json(program, &value));
            }
        }
        let instruction = json!({"action": def.name, "args": map});
        if def.settles && otherwise.is_none() {
            return Err(Stop::Settled(self.dress(instruction)));
        }
        let event = self.ask(instruction)?;
        let failed = event.get("outcome").and_then(Value::as_str) == Some("failed");
        match (failed, def.settles) {
            (true, _) => self.maybe(otherwise),
            (false, true) => Err(Stop::Over),
            (false, false) => Ok(()),
        }
    }

    fn split(&mut self, split: &'p Split) -> Walk<()> {
        let by = if split.by_from && !self.from_text.is_empty() { self.from_text.as_str() } else { self.call_id };
        let drawn = words::fnv(&[split.label.as_bytes(), &[0], by.as_bytes()]) % 10_000;
        let mut border = 0;
        for arm in &split.arms {
            border += u64::from(arm.share);
            if drawn < border {
                return self.block(&arm.body);
            }
        }
        Ok(())
    }

    // ---------------------------------------------------------------------------------------------------- prompts

    fn say(&mut self, item: &PromptItem, interruptible: bool) -> Walk<()> {
        let mut spoken = Vec::new();
        match item {
            PromptItem::Spoken(one) => spoken.push((None, one.clone())),
            PromptItem::Named(id) => {
                let Some(prompt) = self.program.prompts.get(id.index()) else { return Ok(()) };
                let tags: Vec<&str> = prompt.entries.iter().filter_map(|entry| entry.language.as_deref()).collect();
                let language = match self.var(Builtin::Language.var()) {
                    Some(Const::Text(language)) => language.as_str(),
                    _ => "",
                };
                let best = words::lookup_language(language, &tags).or(tags.first().copied());
                for entry in &prompt.entries {
                    if entry.language.is_none() || entry.language.as_deref() == best {
                        spoken.push((entry.language.clone(), entry.what.clone()));
                    }
                }
            }
        }
        for (language, what) in spoken {
            if self.prompts.len() == 32 {
                self.ask(json!({"action": "play"}))?;
            }
            let mut map = Map::new();
            match what {
                Spoken::Say(template) => map.insert("say".into(), json!(self.template(&template))),
                Spoken::Play(file) => map.insert("play".into(), json!(file)),
            };
            if let Some(language) = language {
                map.insert("language".into(), json!(language));
            }
            if interruptible {
                map.insert("interruptible".into(), json!(true));
            }
            self.prompts.push(Value::Object(map));
        }
        Ok(())
    }

    // ------------------------------------------------------------------------------------------ menus and digits

    fn menu(&mut self, menu: &'p Menu) -> Walk<()> {
        let patterns: Vec<(&numbers::Pattern, &'p Choice)> =
            menu.choices.iter().flat_map(|choice| choice.patterns.iter().map(move |pattern| (pattern, choice))).collect();
        let longest = patterns.iter().map(|(pattern, _)| pattern.max_len()).max().unwrap_or(1);
        let names: Vec<Value> = patterns.iter().map(|(pattern, _)| json!(pattern.to_string())).collect();
        let ambiguous = patterns.iter().any(|(a, _)| patterns.iter().any(|(b, _)| a.is_start_of(b)));
        let tries = self.whole(&menu.tries).map_or(3, |tries| tries.clamp(1.0, 100.0) as u32);
        let (mut attempt, mut used) = (1, 0);
        loop {
            // What was typed ahead may decide this menu at once.
            let keys = if self.ahead.is_empty() || begins_longer(&self.ahead, &patterns) || longest_choice(&self.ahead, &patterns).is_none()
            {
                if longest_choice(&self.ahead, &patterns).is_none() && !begins_longer(&self.ahead, &patterns) {
                    self.ahead.clear();
                }
                for prompt in &menu.prompts {
                    self.say(prompt, true)?;
                }
                let mut map = Map::new();
                map.insert("action".into(), json!("menu"));
                map.insert("choices".into(), Value::Array(names.clone()));
                map.insert("max_digits".into(), json!(longest));
                map.insert("timeout".into(), words::seconds(self.duration(Some(&menu.wait)).unwrap_or(5_000)));
                if ambiguous || longest > 1 {
                    map.insert("gap".into(), words::seconds(self.duration(Some(&menu.gap)).unwrap_or(2_000)));
                }
                map.insert("attempt".into(), json!(attempt));
                let event = self.ask(Value::Object(map))?;
                let typed = event.get("digits").and_then(Value::as_str).unwrap_or("");
                std::mem::take(&mut self.ahead) + typed
            } else {
                std::mem::take(&mut self.ahead)
            };
            let chosen = if keys.is_empty() { None } else { decide(&keys, &patterns) };
            let arm = if let Some((length, choice)) = chosen {
                let (taken, surplus) = keys.split_at_checked(length).unwrap_or((&keys, ""));
                let literal = choice.patterns.iter().any(|pattern| pattern.as_exact().is_some() && matches(pattern, taken));
                if literal {
                    surplus.clone_into(&mut self.ahead);
                }
                self.reason = "unrouted";
                if let Some(var) = choice.capture {
                    self.put(var, Some(Const::Text(taken.to_owned())));
                }
                Some(&choice.body)
            } else {
                used += 1;
                if keys.is_empty() { menu.timeout.as_ref() } else { menu.invalid.as_ref() }
            };
            if chosen.is_none() {
                self.reason = if keys.is_empty() { "no_input" } else { "invalid_input" };
            }
            match arm.map_or(Ok(()), |body| self.block(body)) {
                Ok(()) if chosen.is_some() => return Ok(()),
                Ok(()) => {}
                Err(Stop::Again(id, counts)) if id == menu.id => {
                    if counts && chosen.is_some() {
                        used += 1;
                        self.reason = "invalid_input";
                    } else if !counts {
                        attempt += 1;
                        continue;
                    }
                }
                Err(stop) => return Err(stop),
            }
            if used >= tries {
                return self.maybe(menu.otherwise.as_ref());
            }
            attempt += 1;
        }
    }

    fn collect(&mut self, collect: &'p Collect) -> Walk<()> {
        let tries = self.whole(&collect.tries).map_or(3, |tries| tries.clamp(1.0, 100.0) as u32);
        let ending = collect.ending.map(words::key);
        let complete = |keys: &str| ending.is_some_and(|ending| keys.contains(ending)) || keys.len() >= usize::from(collect.max);
        let (mut attempt, mut used) = (1, 0);
        loop {
            let keys = if complete(&self.ahead) && !self.ahead.is_empty() {
                std::mem::take(&mut self.ahead)
            } else {
                for prompt in &collect.prompts {
                    self.say(prompt, true)?;
                }
                let mut map = Map::new();
                map.insert("action".into(), json!("collect"));
                map.insert("min_digits".into(), json!(collect.min));
                map.insert("max_digits".into(), json!(collect.max));
                if let Some(ending) = ending {
                    map.insert("ending".into(), json!(ending.to_string()));
                }
                map.insert("timeout".into(), words::seconds(self.duration(Some(&collect.wait)).unwrap_or(5_000)));
                map.insert("gap".into(), words::seconds(self.duration(Some(&collect.gap)).unwrap_or(2_000)));
                map.insert("attempt".into(), json!(attempt));
                if collect.secret {
                    map.insert("secret".into(), json!(true));
                }
                let event = self.ask(Value::Object(map))?;
                let typed = event.get("digits").and_then(Value::as_str).unwrap_or("");
                std::mem::take(&mut self.ahead) + typed
            };
            let max = usize::from(collect.max);
            let (entered, surplus) = match ending.and_then(|ending| keys.find(ending)) {
                Some(at) if at <= max => (&keys[..at], &keys[at + 1..]),
                _ => keys.split_at_checked(max).unwrap_or((&keys, "")),
            };
            let good = entered.len() >= usize::from(collect.min) && entered.bytes().all(|key| key.is_ascii_digit());
            let arm = if good {
                surplus.clone_into(&mut self.ahead);
                self.reason = "unrouted";
                self.put(collect.var, Some(Const::Text(entered.to_owned())));
                Some(&collect.entered)
            } else {
                used += 1;
                self.reason = if keys.is_empty() { "no_input" } else { "invalid_input" };
                if keys.is_empty() { collect.timeout.as_ref() } else { collect.invalid.as_ref() }
            };
            match arm.map_or(Ok(()), |body| self.block(body)) {
                Ok(()) if good => return Ok(()),
                Ok(()) => {}
                Err(Stop::Again(id, counts)) if id == collect.id => {
                    if counts && good {
                        used += 1;
                        self.reason = "invalid_input";
                    } else if !counts {
                        attempt += 1;
                        continue;
                    }
                }
                Err(stop) => return Err(stop),
            }
            if used >= tries {
                return self.maybe(collect.otherwise.as_ref());
            }
            attempt += 1;
        }
    }

    // ---------------------------------------------------------------------------------------------------- ringing

    fn dial(&mut self, dial: &'p Dial) -> Walk<()> {
        let instruction = crate::forward::instruction(self, dial);
        let queue = matches!(dial.target, DialTarget::Queue(_));
        let outcome: (&str, Option<String>, &str) = match instruction {
            Err(outcome) => (outcome, None, ""),
            Ok(instruction) => {
                let event = self.ask(instruction)?;
                let field = |name: &str| event.get(name).and_then(Value::as_str);
                let outcome = match (field("outcome"), event.get("sip_code").and_then(Value::as_u64)) {
                    (Some("answered"), _) => return Err(Stop::Over),
                    (Some("failed"), _) => "unreachable",
                    (Some(outcome), _) => outcome,
                    (None, Some(code)) => words::sip_outcome(code),
                    (None, None) => "unreachable",
                };
                if outcome == "answered" || outcome == "hangup" {
                    return Err(Stop::Over);
                }
                (outcome, field("contact").map(str::to_owned), field("digits").unwrap_or(""))
            }
        };
        let (outcome, contact, keys) = outcome;
        let outcome = match (outcome, queue) {
            ("no_answer", true) => "timeout",
            ("timeout", false) => "no_answer",
            ("full" | "empty", false) => "unreachable",
            ("key", _)
                if !dial
                    .arms
                    .iter()
                    .flat_map(|arm| &arm.heads)
                    .any(|head| matches!(head, Outcome::Key(pattern) if matches(pattern, keys))) =>
            {
                "unreachable"
            }
            _ => outcome,
        };
        self.reason = match outcome {
            "busy" => "busy",
            "no_answer" => "no_answer",
            "declined" => "declined",
            "full" => "full",
            "empty" => "empty",
            "timeout" => "timeout",
            "key" => "unrouted",
            _ => "unreachable",
        };
        if let Some(var) = dial.contact {
            let contact = contact.and_then(|contact| words::read(self.program, Ty::Phone, &Value::String(contact)));
            self.put(var, contact);
        }
        let arm = dial.arms.iter().find(|arm| {
            arm.heads.iter().any(|head| match head {
                Outcome::Busy => outcome == "busy",
                Outcome::NoAnswer => outcome == "no_answer",
                Outcome::Declined => outcome == "declined",
                Outcome::Unreachable => outcome == "unreachable",
                Outcome::Redirected => outcome == "redirected",
                Outcome::Full => outcome == "full",
                Outcome::Empty => outcome == "empty",
                Outcome::Timeout => outcome == "timeout",
                Outcome::Key(pattern) => outcome == "key" && matches(pattern, keys),
            })
        });
        match arm {
            Some(arm) => self.block(&arm.body),
            None => self.maybe(dial.otherwise.as_ref()),
        }
    }

    // --------------------------------------------------------------------------------------------------- look-ups

    fn lookup(&mut self, lookup: &'p Lookup) -> Walk<()> {
        let program = self.program;
        let Some(source) = program.sources.get(lookup.source.index()) else { return Ok(()) };
        let mut args = Map::new();
        for (param, arg) in source.params.iter().zip(&lookup.args) {
            if let Some(value) = self.value_as(arg, param.ty) {
                args.insert(param.name.clone(), words::json(program, &value));
            }
        }
        let result = if args.len() < source.params.len() {
            "missing"
        } else {
            let mut map = Map::new();
            map.insert("action".into(), json!("lookup"));
            map.insert("source".into(), json!(source.name));
            map.insert("args".into(), Value::Object(args));
            if let Some(ms) = self.duration(lookup.within.as_ref()) {
                map.insert("timeout_ms".into(), json!(ms));
            }
            let event = self.ask(Value::Object(map))?;
            if event.get("result").and_then(Value::as_str) == Some("found") {
                for (field, var) in source.fields.iter().zip(&lookup.row) {
                    let value = event.get("row").and_then(|row| row.get(&field.name)).and_then(|raw| words::read(program, field.ty, raw));
                    self.put(*var, value);
                }
            }
            event.get("result").and_then(Value::as_str).unwrap_or("failed")
        };
        match result {
            "found" => self.block(&lookup.found),
            "missing" => self.maybe(lookup.missing.as_ref().or(lookup.otherwise.as_ref())),
            "late" => self.maybe(lookup.late.as_ref().or(lookup.otherwise.as_ref())),
            _ => self.maybe(lookup.failed.as_ref().or(lookup.otherwise.as_ref())),
        }
    }

    fn table_lookup(&mut self, lookup: &'p TableLookup) -> Walk<()> {
        let program = self.program;
        let Some(table) = program.tables.get(lookup.table.index()) else { return Ok(()) };
        let row = match &table.keys {
            TableKeys::Texts(keys) => {
                let key = self.value_as(&lookup.key, Ty::Text);
                keys.iter().position(|candidate| matches!(&key, Some(Const::Text(key)) if key.eq_ignore_ascii_case(candidate)))
            }
            TableKeys::Numbers(keys) => match self.value_as(&lookup.key, Ty::Phone) {
                Some(Const::Phone(Phone::Number(number))) => match table.key {
                    TableKey::Exact => keys.iter().position(|key| *key == number),
                    TableKey::Prefix => {
                        let matching = keys.iter().enumerate().filter(|(_, key)| number.starts_with(**key));
                        matching.max_by_key(|(_, key)| key.len()).map(|(row, _)| row)
                    }
                },
                _ => None,
            },
        };
        let Some(row) = row else { return self.maybe(lookup.missing.as_ref().or(lookup.otherwise.as_ref())) };
        for (column, var) in lookup.row.iter().enumerate() {
            let cell = table.cells.get(row * table.fields.len() + column).copied().unwrap_or(Cell::Missing);
            let text = |index: u32| table.strings.get(index as usize).cloned().unwrap_or_default();
            let value = match cell {
                Cell::Missing => None,
                Cell::Text(index) => Some(Const::Text(text(index))),
                Cell::Number(number) => Some(Const::Number(number)),
                Cell::Flag(flag) => Some(Const::Flag(flag)),
                Cell::Phone(number) => Some(Const::Phone(Phone::Number(number))),
                Cell::Address(index) => Some(Const::Phone(Phone::Address(text(index)))),
                Cell::Phones(index) => Some(Const::Phones(table.phones.get(index as usize).cloned().unwrap_or_default())),
                Cell::Duration(ms) => Some(Const::Duration(ms)),
                Cell::Enum(index) => match table.fields.get(column).map(|field| field.ty) {
                    Some(Ty::Enum(id)) => Some(Const::Enum(id, index)),
                    _ => None,
                },
            };
            self.put(*var, value);
        }
        self.block(&lookup.found)
    }

    // -------------------------------------------------------------------------------------------------- conditions

    fn holds(&self, cond: &Cond) -> bool {
        match cond {
            Cond::Not(inner) => !self.holds(inner),
            Cond::And(all) => all.iter().all(|cond| self.holds(cond)),
            Cond::Or(any) => any.iter().any(|cond| self.holds(cond)),
            Cond::Atom(atom, _) => self.atom(atom),
        }
    }

    fn atom(&self, atom: &Atom) -> bool {
        let program = self.program;
        match atom {
            Atom::Hours(schedule, zone) => {
                let id = match schedule {
                    Ref::Id(id) => Some(*id),
                    Ref::Var(var) => self.var(*var).and_then(|value| if let Const::Schedule(id) = value { Some(*id) } else { None }),
                };
                id.and_then(|id| program.schedules.get(id.index())).is_some_and(|def| {
                    let local = calendar::local(zone.unwrap_or(def.schedule.zone), self.now);
                    calendar::is_open(&program.dates, &def.schedule, local)
                })
            }
            Atom::On(dates, zone) => {
                let id = match dates {
                    Ref::Id(id) => Some(*id),
                    Ref::Var(var) => self.var(*var).and_then(|value| if let Const::Dates(id) = value { Some(*id) } else { None }),
                };
                id.and_then(|id| program.dates.dates.get(id as usize))
                    .is_some_and(|dates| calendar::on(&program.dates, &dates.entries, calendar::local(*zone, self.now).day))
            }
            Atom::Phone(var, items) => {
                let phones = match self.var(*var) {
                    Some(Const::Phones(phones)) => phones.clone(),
                    _ => self.phones(&Operand::Var(*var)),
                };
                if phones.is_empty() {
                    return items.iter().any(|item| matches!(item, PhoneItem::Anonymous));
                }
                phones.iter().any(|phone| items.iter().any(|item| self.phone_item(phone, item)))
            }
            Atom::Text(var, op, items) => {
                let Some(Const::Text(text)) = self.var(*var).and_then(|value| words::convert(program, value.clone(), Ty::Text)) else {
                    return false;
                };
                let text = text.to_ascii_lowercase();
                items.iter().any(|item| match item {
                    TextItem::Keys(pattern) => matches(pattern, &text),
                    TextItem::Const(other) => compare_text(*op, &text, other),
                    TextItem::Var(other) => match self.var(*other).and_then(|value| words::convert(program, value.clone(), Ty::Text)) {
                        Some(Const::Text(other)) => compare_text(*op, &text, &other),
                        _ => false,
                    },
                })
            }
            Atom::Enum(var, items) => {
                let Some(Const::Enum(id, value)) = self.var(*var) else { return false };
                let name = words::enum_name(program, *id, *value);
                items.iter().any(|item| match self.value(item) {
                    Some(Const::Enum(other, index)) => words::enum_name(program, other, index).eq_ignore_ascii_case(&name),
                    Some(Const::Text(text)) => text.eq_ignore_ascii_case(&name),
                    _ => false,
                })
            }
            Atom::Number(var, op, items) => {
                let number = |value: Option<Const>| match value {
                    Some(Const::Number(n)) => Some(n),
                    Some(Const::Duration(ms)) => Some(ms as f64),
                    _ => None,
                };
                let Some(left) = number(self.var(*var).cloned()) else { return false };
                items.iter().any(|item| {
                    number(self.value(item)).is_some_and(|right| match op {
                        NumberOp::Is => left == right,
                        NumberOp::Above => left > right,
                        NumberOp::Below => left < right,
                        NumberOp::AtLeast => left >= right,
                        NumberOp::AtMost => left <= right,
                    })
                })
            }
            Atom::Flag(var) => self.var(*var) == Some(&Const::Flag(true)),
            Atom::FlagIs(var, operand) => {
                matches!((self.var(*var), self.value(operand)), (Some(Const::Flag(a)), Some(Const::Flag(b))) if *a == b)
            }
            Atom::Missing(var) => self.var(*var).is_none(),
            Atom::Language(var, items) => {
                let Some(Const::Text(language)) = self.var(*var) else { return false };
                items.iter().any(|item| match item {
                    TextItem::Const(range) => words::language_matches(range, language),
                    TextItem::Var(other) => match self.var(*other) {
                        Some(Const::Text(range)) => words::language_matches(range, language),
                        _ => false,
                    },
                    TextItem::Keys(_) => false,
                })
            }
        }
    }

    fn phone_item(&self, phone: &Phone, item: &PhoneItem) -> bool {
        match item {
            PhoneItem::Anonymous => false,
            PhoneItem::Pattern(pattern) => phone_matches(phone, pattern),
            PhoneItem::Var(var) => self.phones(&Operand::Var(*var)).contains(phone),
            PhoneItem::List(list) => {
                let id = match list {
                    Ref::Id(id) => Some(*id),
                    Ref::Var(var) => self.var(*var).and_then(|value| if let Const::List(id) = value { Some(*id) } else { None }),
                };
                id.and_then(|id| self.program.lists.get(id.index())).is_some_and(|list| {
                    let today = calendar::local(list.zone, self.now).day;
                    list.entries.iter().any(|entry| entry.until.is_none_or(|until| today <= until) && phone_matches(phone, &entry.what))
                })
            }
        }
    }
}

fn compare_text(op: TextOp, text: &str, other: &str) -> bool {
    let other = other.to_ascii_lowercase();
    match op {
        TextOp::Is => text == other,
        TextOp::StartsWith => text.starts_with(&other),
        TextOp::EndsWith => text.ends_with(&other),
        TextOp::Contains => text.contains(&other),
    }
}

fn phone_matches(phone: &Phone, pattern: &PhonePattern) -> bool {
    match (phone, pattern) {
        (Phone::Number(number), PhonePattern::Numbers(pattern)) => pattern.matches(*number),
        (Phone::Address(address), PhonePattern::Address(other)) => address == other,
        _ => false,
    }
}

fn matches(pattern: &numbers::Pattern, keys: &str) -> bool {
    numbers::Packed::parse(keys).is_some_and(|keys| pattern.matches(keys))
}

/// The longest start of `keys` that is a choice; of equally long ones the first.
fn longest_choice<'c>(keys: &str, patterns: &[(&numbers::Pattern, &'c Choice)]) -> Option<(usize, &'c Choice)> {
    (1..=keys.len().min(16)).rev().find_map(|length| {
        patterns
            .iter()
            .find(|(pattern, _)| keys.get(..length).is_some_and(|start| matches(pattern, start)))
            .map(|(_, choice)| (length, *choice))
    })
}

/// The whole of `keys` is the start of a longer choice.
fn begins_longer(keys: &str, patterns: &[(&numbers::Pattern, &Choice)]) -> bool {
    !keys.is_empty()
        && numbers::Packed::parse(keys).is_some_and(|keys| {
            patterns.iter().any(|(pattern, _)| pattern.max_len() > keys.len() && numbers::Pattern::exact(keys).is_start_of(pattern))
        })
}

/// The choice that `keys` make: none when they begin a longer choice without finishing it.
fn decide<'c>(keys: &str, patterns: &[(&numbers::Pattern, &'c Choice)]) -> Option<(usize, &'c Choice)> {
    let (length, choice) = longest_choice(keys, patterns)?;
    let unfinished = (length + 1..=keys.len()).any(|longer| keys.get(..longer).is_some_and(|start| begins_longer(start, patterns)));
    if unfinished { None } else { Some((length, choice)) }
}
