//! One call, played as a telephone platform would: what the script must say at every step is worked out here by hand.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::World;

/// Customers in the database are those with a number below this; callers have numbers below twice as much.
pub const CUSTOMERS: u32 = 1_000;

/// Is this customer's line one of those that are rung first?
pub const fn is_gold(number: u32) -> bool {
    number.is_multiple_of(4)
}

pub const fn owner(number: u32) -> &'static str {
    if number.is_multiple_of(8) { "ana" } else { "ben" }
}

pub fn phone(number: u32) -> String {
    format!("+1415555{number:04}")
}

pub fn pin(number: u32) -> String {
    format!("{:04}", (number * 7 + 13) % 10_000)
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum End {
    Answered,
    HungUp,
    Rejected,
    Closed,
    Mailbox,
    Balance,
    NoDatabase,
}

impl End {
    pub const fn words(self) -> &'static str {
        match self {
            Self::Answered => "somebody answered",
            Self::HungUp => "the caller gave up",
            Self::Rejected => "rejected: no number shown",
            Self::Closed => "after hours: voicemail",
            Self::Mailbox => "voicemail: nobody answered, or no valid key",
            Self::Balance => "the balance was told",
            Self::NoDatabase => "voicemail: the account's look-up failed or was late",
        }
    }
}

/// The caller, and where in the script the call is.
pub struct Call {
    world: Arc<World>,
    rng: Rng,
    id: String,
    number: u32,
    /// Seconds since 1970, by the platform's clock.
    clock: i64,
    token: Option<String>,
    /// The script of the first answer: its number, and its hash as the server tells it.
    version: Option<(u32, String)>,
    /// Look-ups of this call that came to nothing.
    pub failed_lookups: u32,
}

type Played<T> = Result<T, String>;

impl Call {
    pub fn new(world: Arc<World>, index: u64) -> Self {
        let mut rng = Rng::with_seed(index);
        let number = rng.u32(0..CUSTOMERS * 2);
        // 2026-04-21T15:00:00Z: ten o'clock in Chicago.
        Self { world, rng, id: format!("call-{index}"), number, clock: 1_776_783_600, token: None, version: None, failed_lookups: 0 }
    }

    /// Plays the call to its end.
    pub async fn play(&mut self) -> Played<End> {
        let start = match self.rng.u32(0..20) {
            0 => {
                return self
                    .end_at_once("anonymous", self.clock, &json!({"action": "reject", "reason": "declined", "code": 603}), End::Rejected)
                    .await;
            }
            1 | 2 => {
                // Half past eight in the morning.
                let early = self.clock - 90 * 60;
                return self
                    .end_at_once(&phone(self.number), early, &json!({"action": "voicemail", "message": "closed_v#"}), End::Closed)
                    .await;
            }
            _ => self.incoming(&phone(self.number), self.clock),
        };
        let least = self.world.taken_up();
        let answer = self.ask(start, Some(least)).await?;
        let known = self.number < CUSTOMERS;
        let down = tags(&answer).any(|tag| tag == "crm_down");
        if down {
            self.failed_lookups += 1;
        }
        if known && is_gold(self.number) && !down {
            expect(&answer, &json!({"action": "forward", "timeout": 15}))?;
            let destination = json!({"type": "agent", "name": owner(self.number), "members": [agent(owner(self.number))]});
            equal(&answer["destination"], &destination, &answer)?;
            equal(&answer["priority"], &Value::Null, &answer)?;
            match self.ring().await? {
                Rung::Over(end) => return Ok(end),
                Rung::GoesOn(answer) => return self.menu(answer).await,
            }
        }
        self.menu(answer).await
    }

    async fn end_at_once(&mut self, from: &str, time: i64, expected: &Value, end: End) -> Played<End> {
        let least = self.world.taken_up();
        let answer = self.ask(self.incoming(from, time), Some(least)).await?;
        self.expect_last(&answer, expected)?;
        Ok(end)
    }

    async fn menu(&mut self, mut answer: Value) -> Played<End> {
        for attempt in 1..=2 {
            expect(&answer, &json!({"action": "menu", "choices": ["1", "2"], "attempt": attempt}))?;
            if self.gives_up() {
                return self.hang_up().await;
            }
            match self.rng.u32(0..10) {
                0..=5 => {
                    let answer = self.press("1").await?;
                    return self.sales(answer).await;
                }
                6 | 7 => {
                    let answer = self.press("2").await?;
                    return self.account(answer).await;
                }
                // A key that is none, or nothing at all.
                8 => answer = self.press("9").await?,
                _ => answer = self.press("").await?,
            }
        }
        self.expect_last(&answer, &json!({"action": "voicemail", "message": "front_desk_v#"}))?;
        Ok(End::Mailbox)
    }

    async fn sales(&mut self, answer: Value) -> Played<End> {
        expect(&answer, &json!({"action": "forward", "timeout": 20}))?;
        let group = json!({"type": "ring_group", "name": "sales", "members": [agent("ana"), agent("ben")], "strategy": "simultaneous"});
        equal(&answer["destination"], &group, &answer)?;
        let answer = match self.ring().await? {
            Rung::Over(end) => return Ok(end),
            Rung::GoesOn(answer) => answer,
        };
        expect(&answer, &json!({"action": "forward", "timeout": 15}))?;
        let group =
            json!({"type": "ring_group", "name": "backup", "members": ["+13125550103", "+13125550104"], "strategy": "simultaneous"});
        equal(&answer["destination"], &group, &answer)?;
        match self.ring().await? {
            Rung::Over(end) => Ok(end),
            Rung::GoesOn(answer) => {
                self.expect_last(&answer, &json!({"action": "voicemail", "message": "sales_v#"}))?;
                Ok(End::Mailbox)
            }
        }
    }

    async fn account(&mut self, mut answer: Value) -> Played<End> {
        for attempt in 1..=2 {
            expect(&answer, &json!({"action": "collect", "min_digits": 4, "max_digits": 4, "attempt": attempt, "secret": true}))?;
            let right = self.number < CUSTOMERS && self.rng.u32(0..3) > 0;
            // The PIN of another customer is a wrong one.
            answer = self.press(&pin(if right { self.number } else { self.number + 1 })).await?;
            if tags(&answer).any(|tag| tag == "account_down") {
                self.failed_lookups += 1;
                self.expect_last(&answer, &json!({"action": "voicemail", "message": "account_v#"}))?;
                return Ok(End::NoDatabase);
            }
            if right {
                self.expect_last(&answer, &json!({"action": "hangup"}))?;
                equal(&answer["prompts"][0]["say"], &json!(format!("Your balance is {} dollars.", self.number)), &answer)?;
                return Ok(End::Balance);
            }
        }
        self.expect_last(&answer, &json!({"action": "voicemail", "message": "pin_v#"}))?;
        Ok(End::Mailbox)
    }

    /// What the platform tells of who was rung.
    async fn ring(&mut self) -> Played<Rung> {
        if self.gives_up() {
            return self.hang_up().await.map(Rung::Over);
        }
        let mut event = self.event("dial_result");
        match self.rng.u32(0..8) {
            0 | 1 => {
                event["outcome"] = json!("answered");
                let answer = self.ask(event, None).await?;
                self.expect_last(&answer, &json!({"action": "none"}))?;
                return Ok(Rung::Over(End::Answered));
            }
            2 => event["sip_code"] = json!(486),
            3 => event["sip_code"] = json!(503),
            4 => event["outcome"] = json!("declined"),
            _ => event["outcome"] = json!("no_answer"),
        }
        self.ask(event, None).await.map(Rung::GoesOn)
    }

    fn gives_up(&mut self) -> bool {
        self.rng.u32(0..25) == 0
    }

    async fn hang_up(&mut self) -> Played<End> {
        let event = self.event("hangup");
        let answer = self.ask(event, None).await?;
        self.expect_last(&answer, &json!({"action": "none"}))?;
        Ok(End::HungUp)
    }

    async fn press(&mut self, keys: &str) -> Played<Value> {
        let mut event = self.event("digits");
        event["digits"] = json!(keys);
        self.ask(event, None).await
    }

    fn incoming(&self, from: &str, time: i64) -> Value {
        json!({"event": "incoming_call", "from": from, "to": "+13146523057", "timestamp": rfc3339(time), "call_id": self.id})
    }

    fn event(&mut self, name: &str) -> Value {
        self.clock += 3;
        json!({"event": name, "timestamp": rfc3339(self.clock), "call_id": self.id, "continue": self.token})
    }

    /// Sends an event to one copy or the other, waits as people do, and keeps what the next event needs. `least`: for a first event, the number of
    /// the script that either copy has taken up.
    async fn ask(&mut self, event: Value, least: Option<u32>) -> Played<Value> {
        let body = event.to_string();
        let reply = self.world.ask(self.rng.usize(0..2), &body).await.map_err(|why| format!("{why}; the event was {body}"))?;
        let answer = reply.json()?;
        let hash = reply.header("callroute-version").unwrap_or_default().to_owned();
        match &self.version {
            None => {
                let number = tags(&answer).find_map(|tag| tag.strip_prefix('v')?.parse().ok());
                let number: u32 = number.ok_or_else(|| format!("the first answer has no tag with its version: {answer}"))?;
                if least.is_some_and(|least| number < least) {
                    return Err(format!("a new call got version {number} after all copies had taken up {least:?}"));
                }
                self.version = Some((number, hash));
            }
            Some((number, began)) if *began != hash => {
                return Err(format!("began on version {number} ({began}) and was answered by {hash}: {answer}"));
            }
            Some(_) => {}
        }
        // A platform that heard nothing in time sends its event again, and must hear the same. Not where a database answers: it may have died.
        if self.token.is_some() && event["event"] == "dial_result" && self.rng.u32(0..10) == 0 {
            let again = self.world.ask(self.rng.usize(0..2), &body).await?.json()?;
            equal(&without_token(&again), &without_token(&answer), &answer)?;
            self.world.count(|counts| &counts.twice);
        }
        self.token = answer["continue"].as_str().map(str::to_owned);
        let think = self.rng.u64(0..self.world.think_millis);
        tokio::time::sleep(Duration::from_millis(think)).await;
        Ok(answer)
    }

    /// The last word of a call: nothing may come after it. `#` stands for the version with which the call began.
    fn expect_last(&self, answer: &Value, expected: &Value) -> Played<()> {
        let mut expected = expected.clone();
        if let (Some(message), Some((number, _))) = (expected["message"].as_str(), &self.version) {
            expected["message"] = json!(message.replace('#', &number.to_string()));
        }
        expect(answer, &expected)?;
        if answer["continue"].is_null() { Ok(()) } else { Err(format!("nothing should follow, and something does: {answer}")) }
    }
}

/// What came of ringing somebody.
enum Rung {
    Over(End),
    GoesOn(Value),
}

fn agent(name: &str) -> &'static str {
    if name == "ana" { "+13125550101" } else { "+13125550102" }
}

fn rfc3339(time: i64) -> String {
    chrono::DateTime::from_timestamp(time, 0).map(|time| time.to_rfc3339()).unwrap_or_default()
}

fn tags(answer: &Value) -> impl Iterator<Item = &str> {
    answer["tags"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn without_token(answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("continue");
    }
    answer
}

/// The answer has at least these fields.
fn expect(answer: &Value, fields: &Value) -> Played<()> {
    for (name, value) in fields.as_object().into_iter().flatten() {
        if answer[name] != *value {
            return Err(format!("`{name}` should be {value}: {answer}"));
        }
    }
    Ok(())
}

fn equal(given: &Value, expected: &Value, answer: &Value) -> Played<()> {
    if given == expected { Ok(()) } else { Err(format!("{expected} is expected, not {given}: {answer}")) }
}
