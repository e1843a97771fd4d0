//! Random scripts that are right, and random calls for them. Everything comes from one seed, so a failure is repeated by its number.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::call::Reply;

/// A small generator of random numbers (splitmix64): the same everywhere and for ever.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.roll() % (n.max(1) as u64)) as usize
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }

    /// One of them.
    pub fn pick<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const PRELUDE: &str = r#"zone America/Chicago
country US
agent ana = +13125550101
agent ben = in order < sip:ben@pbx.example.com; +13125550102 >
group sales = ring all for 25s < agent ana; +13125550103 after 5s for 10s >
group drawn = ring at random < agent ana; agent ben; +13125550104 >
group weighed = ring by weight < 70% agent ana; 20% agent ben; 10% +13125550105 >
group hunt = ring in order each 12s < +13125550106; +13125550107 confirm 1 >
queue helpdesk = ring longest idle max wait 5m max length 10 < agent ana; agent ben >
trunk carrier_a = sip:gw1.example.com
trunk carrier_b = sip:gw2.example.com
list vip = < +14155550123 "Ana"; +1312555xxxx; sip:boss@example.com; +4470* until 2026-06-30 >
list blocked = < +1900*; +15005550006 >
dates holidays = < jan 1 observed; 4th thu of nov; easter - 2 days; last workday of month; every 2 weeks from 2026-01-05 mon >
schedule office = < mon-fri 9-12, 13-17; fri 22-2; jun-aug mon-fri 8-14; holidays closed; dec 24 9-12; 2026-02-21 9-18 >
schedule night = in Europe/Berlin < daily 22-6 >
prompt welcome = < en "Welcome."; es "Bienvenido."; fr-CA "Bonjour."; play "chime.wav" >
table areas = key prefix < region: text; cost: number; near: flag > < +1 "us", 5, false; +1312 "chicago", 0.5, true; +44 "uk", 9, false >
table plans = key exact < level: one of low, high > < "a" low; "B" high >
source crm(number: phone) = < tier: one of gold, silver; owner: text; contacts: phones; credit: number; blocked: flag >
source account(number: phone, pin: text) = < balance: number >
input tier = one of gold, silver, none default none
input waiting = number default 0
input vip_caller = flag
input plan = text from header "X-Plan"
action park(slot: text, wait: duration)
action drop(number: phone) settles
"#;

/// What may be used where a step stands.
#[derive(Clone, Default)]
struct Scope {
    depth: usize,
    gather: bool,
    /// In an arm of a menu: `go` may lead anywhere.
    waited: bool,
    customer: bool,
    area: bool,
    digits: bool,
    /// Parameters of the flow.
    params: bool,
    /// Flows of a higher number may be entered.
    flow: usize,
}

const FLOWS: usize = 3;

/// A script without errors.
#[must_use]
pub fn script(seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut out = String::from(PRELUDE);
    if dice.chance(50) {
        out.push_str("fallback voicemail \"front_desk\"\n");
    }
    if dice.chance(30) {
        let _ = writeln!(out, "limit turns {}", 2 + dice.below(6));
    }
    for flow in 1..=FLOWS {
        let scope = Scope { flow, params: true, ..Scope::default() };
        let _ = writeln!(out, "flow f{flow}(team: group, text_: text, open: schedule, who: phone, count: number) <");
        block(&mut dice, &mut out, &scope, 1);
        out.push_str(">\n");
    }
    block(&mut dice, &mut out, &Scope::default(), 0);
    out
}

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn block(dice: &mut Dice, out: &mut String, scope: &Scope, depth: usize) {
    let steps = if depth == 0 { 2 + dice.below(4) } else { 1 + dice.below(3) };
    for _ in 0..steps {
        indent(out, depth);
        step(dice, out, &Scope { depth, ..scope.clone() });
        out.push('\n');
    }
}

fn body(dice: &mut Dice, out: &mut String, scope: &Scope) {
    out.push_str("<\n");
    block(dice, out, scope, scope.depth + 1);
    indent(out, scope.depth);
    out.push('>');
}

fn otherwise(dice: &mut Dice, out: &mut String, scope: &Scope) {
    if dice.chance(50) {
        out.push_str(" else ");
        if dice.chance(50) && scope.depth < 4 {
            body(dice, out, scope);
        } else {
            simple(dice, out, scope);
        }
    }
}

fn step(dice: &mut Dice, out: &mut String, scope: &Scope) {
    if scope.depth >= 4 {
        return simple(dice, out, scope);
    }
    match dice.below(14) {
        0..=2 => {
            out.push_str("when ");
            cond(dice, out, scope, 2);
            out.push(' ');
            body(dice, out, scope);
            otherwise(dice, out, scope);
        }
        3 => {
            switch(dice, out, scope);
            otherwise(dice, out, scope);
        }
        4 | 5 => {
            menu(dice, out, scope);
            otherwise(dice, out, scope);
        }
        6 => {
            let inner = Scope { gather: true, digits: true, waited: true, ..scope.clone() };
            let range = dice.pick(&["4", "2 to 5", "1 to 6"]);
            let options = dice.pick(&["", " ending #", " tries 2", " say \"PIN?\" ending # wait 6s"]);
            let _ = write!(out, "collect {range} digits{options} as pin ");
            if dice.chance(40) {
                out.push_str("< entered => ");
                body(dice, out, &inner);
                for arm in ["timeout", "invalid"] {
                    if dice.chance(50) {
                        let _ = write!(out, "; {arm} => ");
                        let silent = Scope { digits: false, ..inner.clone() };
                        simple(dice, out, &silent);
                    }
                }
                out.push_str(" >");
            } else {
                body(dice, out, &inner);
            }
            otherwise(dice, out, scope);
        }
        7 => {
            let arms = dice.chance(50);
            let within = dice.pick(&["", " within 300ms"]);
            let _ = write!(out, "lookup crm(from) as customer{within} ");
            let inner = Scope { customer: true, ..scope.clone() };
            if arms {
                out.push_str("< found => ");
                body(dice, out, &inner);
                for arm in ["missing", "failed", "late"] {
                    if dice.chance(50) {
                        let _ = write!(out, "; {arm} => ");
                        simple(dice, out, scope);
                    }
                }
                out.push_str(" >");
            } else {
                body(dice, out, &inner);
            }
            otherwise(dice, out, scope);
        }
        8 => {
            let key = dice.pick(&["from", "to"]);
            let _ = write!(out, "lookup areas({key}) as area ");
            body(dice, out, &Scope { area: true, ..scope.clone() });
            otherwise(dice, out, scope);
        }
        9 => {
            let _ = write!(out, "split by {} \"s{}\" < ", dice.pick(&["call", "from"]), dice.below(3));
            out.push_str("30% => ");
            simple(dice, out, scope);
            out.push_str("; 70% => ");
            body(dice, out, scope);
            out.push_str(" >");
        }
        10 | 11 => {
            dial(dice, out, scope);
            otherwise(dice, out, scope);
        }
        _ => simple(dice, out, scope),
    }
}

fn menu(dice: &mut Dice, out: &mut String, scope: &Scope) {
    let inner = Scope { gather: true, waited: true, ..scope.clone() };
    let head = dice.pick(&["menu", "menu say \"One or two?\"", "menu welcome tries 2", "menu \"Choose.\" wait 4s gap 3s", "menu tries 1"]);
    let _ = write!(out, "{head} < 1 => ");
    body(dice, out, &inner);
    for arm in ["2, 3", "12", "4xx as ext", "*", "#", "timeout", "invalid"] {
        if dice.chance(35) {
            let _ = write!(out, "; {arm} => ");
            if arm == "4xx as ext" && dice.chance(60) {
                out.push_str("dial (ext) else retry");
            } else if dice.chance(50) {
                simple(dice, out, &inner);
            } else {
                body(dice, out, &inner);
            }
        }
    }
    out.push_str(" >");
}

fn switch(dice: &mut Dice, out: &mut String, scope: &Scope) {
    let (subject, heads): (&str, &[&str]) = match dice.below(5) {
        0 => ("from", &["+1312*, +1773*", "vip", "anonymous", "sip:boss@example.com", "+44*", "4101"]),
        1 => ("to", &["911, 112", "+1*", "+44*"]),
        2 => ("tier", &["gold", "silver", "none"]),
        3 => ("plan", &["\"a\", \"b\"", "\"c\"", "missing"]),
        _ if scope.digits => ("pin", &["0042", "12xx", "1234, 99"]),
        _ => ("language", &["en", "es, fr", "missing"]),
    };
    let _ = write!(out, "switch {subject} < ");
    for (index, head) in heads.iter().enumerate() {
        if index == 0 || dice.chance(60) {
            let _ = write!(out, "{head} => ");
            if dice.chance(40) {
                body(dice, out, scope);
            } else {
                simple(dice, out, scope);
            }
            out.push_str("; ");
        }
    }
    out.push('>');
}

fn dial(dice: &mut Dice, out: &mut String, scope: &Scope) {
    let mut targets = vec![
        "group sales",
        "group drawn",
        "group weighed",
        "group hunt",
        "agent ana",
        "agent ben",
        "dial +13125550188",
        "dial (from)",
        "dial +13125550188 via carrier_a, carrier_b",
        "ring in place",
        "agent (plan)",
    ];
    if scope.params {
        targets.extend(["group (team)", "dial (who)"]);
    }
    if scope.customer {
        targets.extend(["agent (customer.owner)", "dial (customer.contacts)"]);
    }
    if dice.chance(15) {
        let _ = write!(out, "queue helpdesk{} < ", dice.pick(&["", " for 2m", " until 18:00"]));
        for head in ["full", "empty", "timeout", "1"] {
            if head == "full" || dice.chance(50) {
                let _ = write!(out, "{head} => ");
                simple(dice, out, scope);
                out.push_str("; ");
            }
        }
        out.push('>');
        return;
    }
    let target = dice.pick(&targets);
    // A group written in place takes its options before its members.
    let place = if target == "ring in place" { " < +13125550199 confirm 1; agent ben >" } else { "" };
    out.push_str(if place.is_empty() { target } else { "ring all" });
    out.push_str(dice.pick(&[
        "",
        "",
        " for 20s",
        " until 17:15",
        " caller id +13125550100 caller name \"Desk {from}\"",
        " record header \"X-A\" \"v {waiting}\" codecs opus, pcmu",
        " announce \"hi\" music \"m\" media relay",
    ]));
    out.push_str(place);
    if dice.chance(50) {
        out.push_str(" < ");
        let redirected = dice.chance(20);
        for head in ["busy, no-answer", "declined", "unreachable"] {
            if dice.chance(50) {
                let _ = write!(out, "{head} => ");
                simple(dice, out, scope);
                out.push_str("; ");
            }
        }
        if redirected {
            out.push_str("redirected => redirect (contact)");
        } else {
            out.push_str("redirected => tag \"moved\"");
        }
        out.push_str(" >");
    }
}

fn simple(dice: &mut Dice, out: &mut String, scope: &Scope) {
    let mut choices: Vec<String> = [
        "hangup",
        "reject",
        "reject busy",
        "reject 404 \"No {to}\"",
        "redirect +13125550190",
        "redirect sip:pbx.example.com permanent",
        "voicemail \"box\"",
        "voicemail \"box\" box m1 for 2m",
        "voicemail \"full\" < full => tag \"full\"; failed => hangup >",
        "voicemail \"x\" else hangup",
        "say \"Hello {from} {tier} {waiting}\"",
        "say welcome",
        "play \"a.wav\"",
        "tag \"t {to.user}\"",
        "set priority to 5",
        "set language to \"es\"",
        "set tier to gold",
        "set waiting to 7",
        "set caller name to \"{from.name}\"",
        "park(\"a\", 30s)",
        "park(\"b\", 1m30s) else hangup",
        "drop(from)",
        "drop(to) else tag \"no\"",
        "group sales",
        "agent ben else hangup",
    ]
    .map(str::to_owned)
    .into();
    if scope.gather {
        choices.extend(["repeat".to_owned(), "retry".to_owned()]);
    }
    if scope.customer {
        choices.extend(["tag \"{customer.tier} {customer.credit}\"", "agent (customer.owner)", "drop(from)"].map(str::to_owned));
    }
    if scope.area {
        choices.extend(["tag \"{area.region}: {area.cost} {area.near}\"", "set waiting to area.cost"].map(str::to_owned));
    }
    if scope.digits {
        choices.extend(
            ["tag \"{pin}\"", "dial (pin)", "lookup account(from, pin) as found < tag \"{found.balance}\" > else hangup"]
                .map(str::to_owned),
        );
    }
    if scope.params {
        choices.extend(["tag \"{text_} {count} {who}\"", "group (team)", "voicemail (text_) box (text_)"].map(str::to_owned));
    }
    let arguments = if scope.params {
        dice.pick(&["(team, text_, open, who, count)", "(sales, \"x {text_}\", open, from, waiting)", "(drawn, text_, night, to, count)"])
    } else {
        dice.pick(&["(sales, \"a\", office, from, waiting)", "(hunt, \"b\", night, +13125550177, 3)", "(weighed, \"c\", office, to, -1.5)"])
    };
    // A template is no argument.
    let arguments = arguments.replace("\"x {text_}\"", "\"x\"");
    if scope.flow < FLOWS {
        let flow = scope.flow + 1 + dice.below(FLOWS - scope.flow);
        choices.push(format!("do f{flow}{arguments}"));
        choices.push(format!("go f{flow}{arguments}"));
        choices.push(format!("do f{flow}{arguments}"));
    }
    if scope.waited {
        choices.push("go main".to_owned());
        choices.push(format!("go f{}{arguments}", 1 + dice.below(FLOWS)));
    }
    let chosen = dice.below(choices.len());
    out.push_str(&choices[chosen]);
}

fn cond(dice: &mut Dice, out: &mut String, scope: &Scope, depth: usize) {
    if depth > 0 && dice.chance(40) {
        let word = dice.pick(&["and", "or"]);
        out.push('(');
        cond(dice, out, scope, depth - 1);
        let _ = write!(out, " {word} ");
        cond(dice, out, scope, depth - 1);
        out.push(')');
        return;
    }
    if dice.chance(15) {
        out.push_str("not ");
    }
    let mut atoms = vec![
        "hours(office)",
        "hours(night)",
        "hours(office in Asia/Tokyo)",
        "hours(mon-fri 9-17 America/New_York)",
        "hours(22-6)",
        "on(holidays)",
        "on(dec 25, 4th thu of nov UTC)",
        "on(2026-03-01 to 2026-06-30)",
        "from is +14155550123",
        "from is not +1312*",
        "from in vip",
        "from not in blocked",
        "from in (+1312*, +1773*, anonymous, 4101)",
        "from is anonymous",
        "to is 911",
        "to in (+1*, +44*)",
        "from.user is \"bob\"",
        "from.host ends with \"example.com\"",
        "from.name contains \"an\"",
        "from.user starts with \"+1\"",
        "tier is gold",
        "tier in (gold, silver)",
        "tier is not none",
        "waiting above 3",
        "waiting at most 5",
        "waiting is 0",
        "waiting below 0.5",
        "waiting at least 10",
        "vip_caller",
        "vip_caller is missing",
        "language is es",
        "language in (en, fr)",
        "language is missing",
        "plan is \"A\"",
        "plan in (\"a\", \"b\", \"c\")",
        "plan is missing",
    ];
    if scope.customer {
        atoms.extend([
            "customer.tier is gold",
            "customer.credit above 10",
            "customer.blocked",
            "customer.owner is missing",
            "from in (customer.contacts)",
            "customer.owner is \"ana\"",
        ]);
    }
    if scope.area {
        atoms.extend(["area.near", "area.cost below 5", "area.region is \"chicago\""]);
    }
    if scope.digits {
        atoms.extend(["pin is 0042", "pin starts with \"1\"", "pin is 12xx"]);
    }
    if scope.params {
        atoms.extend(["hours(open)", "who in vip", "count at least 0", "text_ is \"a\"", "who is +13125550177"]);
    }
    out.push_str(dice.pick(&atoms));
}

/// A first event.
pub fn incoming(dice: &mut Dice) -> Value {
    const PARTIES: &[&str] = &[
        "+14155550123",
        "+13125551234",
        "anonymous",
        "",
        "sip:boss@example.com",
        "\"Ana G\" <sip:bob@Example.COM;transport=tcp>",
        "3125550188",
        "4101",
        "911",
        "+442079460100",
        "+447000000001",
        "+19005550100",
        "sip:+17735550100@gw.example.com;user=phone",
        "tel:+1-773-555-0100",
        "not a number",
        "+266696687",
    ];
    const TIMES: &[&str] = &[
        "2026-03-06T14:59:59Z",
        "2026-03-06T15:00:00Z",
        "2026-03-07T04:30:00Z",
        "2026-03-08T07:30:00Z",
        "2026-11-26T16:00:00Z",
        "2026-12-24T17:30:00Z",
        "2026-07-01T13:10:00Z",
        "2026-02-21T22:00:00Z",
        "2026-04-03T15:00:00Z",
        "1999-12-31T23:59:59Z",
        "2150-06-01T12:00:00Z",
        "2026-11-01T06:30:00Z",
    ];
    let mut event = json!({
        "event": "incoming_call", "from": dice.pick(PARTIES), "to": dice.pick(PARTIES), "timestamp": dice.pick(TIMES), "call_id": format!("call-{}", dice.below(1000)),
    });
    let Some(map) = event.as_object_mut() else { return event };
    let mut attributes = serde_json::Map::new();
    if dice.chance(50) {
        attributes.insert("tier".into(), json!(dice.pick(&["gold", "SILVER", "bronze", "none"])));
    }
    if dice.chance(50) {
        let values = [json!(4), json!("11"), json!("x"), json!(0.25), json!(null), json!([1])];
        attributes.insert("waiting".into(), values[dice.below(values.len())].clone());
    }
    if dice.chance(50) {
        let values = [json!(true), json!("false"), json!("TRUE"), json!(1)];
        attributes.insert("vip_caller".into(), values[dice.below(values.len())].clone());
    }
    if !attributes.is_empty() {
        map.insert("attributes".into(), Value::Object(attributes));
    }
    if dice.chance(50) {
        let language = dice.pick(&["es-MX", "en", "de;q=0.9, fr-CA;q=0.95, *", "fr;q=0, en;q=0.1"]);
        map.insert("headers".into(), json!({"x-plan": dice.pick(&["a", "B", "zz", "ana"]), "Accept-Language": language}));
    }
    if dice.chance(30) {
        map.insert("language".into(), json!(dice.pick(&["es", "fr-CA", "EN-us", ""])));
    }
    event
}

/// A reply that fits the instruction; `None` when nothing follows.
pub fn reply(dice: &mut Dice, after: &Value, at: i64) -> Option<Reply> {
    after.get("continue")?;
    let action = after.get("action").and_then(Value::as_str).unwrap_or("");
    let (word, argument) = match action {
        _ if dice.chance(2) => ("hangup", String::new()),
        "menu" | "collect" => {
            let keys = dice.pick(&[
                "1",
                "2",
                "3",
                "12",
                "121",
                "4",
                "412",
                "41",
                "4129",
                "*",
                "#",
                "0042",
                "12#",
                "1234",
                "99",
                "",
                "",
                "1*2",
                "0042#1",
                "777777777",
            ]);
            if keys.is_empty() { ("silence", String::new()) } else { ("press", keys.to_owned()) }
        }
        "forward" => {
            let queue = after.pointer("/destination/type").and_then(Value::as_str) == Some("queue");
            // A key can only be pressed where the queue offers it.
            let keys = after.pointer("/destination/keys").is_some();
            let outcomes: &[&str] = if queue && keys {
                &["full", "empty", "timeout", "key=1", "answered", "busy", "unreachable"]
            } else if queue {
                &["full", "empty", "timeout", "answered", "busy", "unreachable"]
            } else {
                &["busy", "no_answer", "no_answer", "declined", "unreachable", "failed", "redirected=sip:x@y.example.com", "answered"]
            };
            if dice.chance(20) && !queue {
                ("sip", dice.pick(&["486", "603", "480", "503", "600", "404", "408"]).to_owned())
            } else {
                ("outcome", dice.pick(outcomes).to_owned())
            }
        }
        "voicemail" => ("outcome", dice.pick(&["recorded", "full", "failed"]).to_owned()),
        "lookup" => {
            let row = if after.get("source").and_then(Value::as_str) == Some("crm") {
                dice.pick(&[
                    r#"found={"tier":"gold","owner":"ana","contacts":["+13125550177","sip:a@b.example.com"],"credit":12.5,"blocked":false}"#,
                    r#"found={"tier":"tin","owner":"nobody","contacts":[],"credit":"3"}"#,
                    r#"found={}"#,
                    "missing",
                    "failed",
                    "late",
                ])
            } else {
                dice.pick(&[r#"found={"balance":3}"#, "missing", "failed", "late"])
            };
            ("lookup", row.to_owned())
        }
        "play" => ("played", String::new()),
        _ => ("done", dice.pick(&["ok", "failed"]).to_owned()),
    };
    Some(Reply { at, word: word.to_owned(), argument })
}
