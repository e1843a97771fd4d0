//! The decision of `office.route` by hand in bare axum: no limits, no logs, no metrics. What a call needs later is sealed with the library that
//! ours is sealed with.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Timelike as _};
use pasetors::keys::SymmetricKey;
use pasetors::token::UntrustedToken;
use pasetors::version4::{LocalToken, V4};
use serde::{Deserialize, Serialize};

const FOUR_HOURS: i64 = 4 * 3600;

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event {
    IncomingCall {
        call_id: String,
        timestamp: String,
        #[expect(dead_code, reason = "read, as an event has it")]
        from: Option<String>,
        to: Option<String>,
    },
    Digits {
        call_id: String,
        timestamp: String,
        digits: String,
        #[serde(rename = "continue")]
        token: String,
    },
}

#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Answer {
    Voicemail {
        message: &'static str,
    },
    Forward {
        destination: Destination,
        timeout: u32,
    },
    Menu {
        choices: [&'static str; 2],
        max_digits: u32,
        timeout: u32,
        attempt: u32,
        prompts: [Prompt; 1],
        #[serde(rename = "continue")]
        token: String,
    },
    Hangup {
        reason: &'static str,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Destination {
    RingGroup { name: &'static str, members: [&'static str; 2], strategy: &'static str },
    Agent { name: &'static str, members: [&'static str; 1] },
}

#[derive(Serialize)]
struct Prompt {
    say: &'static str,
    interruptible: bool,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    call: String,
    attempt: u32,
    until: i64,
}

const SALES: Answer = Answer::Forward {
    destination: Destination::RingGroup { name: "sales", members: ["+16822306467", "+12125551234"], strategy: "simultaneous" },
    timeout: 20,
};
const SUPPORT: Answer = Answer::Forward { destination: Destination::Agent { name: "support", members: ["+13125550102"] }, timeout: 30 };

type Refused = (StatusCode, &'static str);

const fn wrong(what: &'static str) -> Refused {
    (StatusCode::BAD_REQUEST, what)
}

fn menu(key: &SymmetricKey<V4>, call: String, time: i64, attempt: u32) -> Result<Answer, Refused> {
    let fault = (StatusCode::INTERNAL_SERVER_ERROR, "the state cannot be sealed");
    let state = serde_json::to_vec(&Sealed { call, attempt, until: time + FOUR_HOURS }).map_err(|_| fault)?;
    let token = LocalToken::encrypt(key, &state, None, None).map_err(|_| fault)?;
    let prompts = [Prompt { say: "For sales, press 1. For support, press 2.", interruptible: true }];
    Ok(Answer::Menu { choices: ["1", "2"], max_digits: 1, timeout: 5, attempt, prompts, token })
}

fn open(key: &SymmetricKey<V4>, token: &str, call: &str, time: i64) -> Result<Sealed, Refused> {
    let untrusted = UntrustedToken::<pasetors::Local, V4>::try_from(token).map_err(|_| wrong("continue is no token"))?;
    let trusted = LocalToken::decrypt(key, &untrusted, None, None).map_err(|_| wrong("continue has been changed on its way"))?;
    let sealed: Sealed = serde_json::from_str(trusted.payload()).map_err(|_| wrong("continue is of another version"))?;
    if sealed.call != call || time > sealed.until {
        return Err(wrong("continue belongs to another call, or is too old"));
    }
    Ok(sealed)
}

async fn decide(State(key): State<Arc<SymmetricKey<V4>>>, Json(event): Json<Event>) -> Result<Json<Answer>, Refused> {
    let read = |text: &str| DateTime::parse_from_rfc3339(text).map_err(|_| wrong("timestamp is no time"));
    let answer = match event {
        Event::IncomingCall { call_id, timestamp, to, .. } => {
            let time = read(&timestamp)?;
            let hour = time.with_timezone(&chrono_tz::America::Chicago).hour();
            if !(9..17).contains(&hour) {
                Answer::Voicemail { message: "office_closed" }
            } else if to.as_deref() == Some("+13146523057") {
                SALES
            } else {
                menu(&key, call_id, time.timestamp(), 1)?
            }
        }
        Event::Digits { call_id, timestamp, digits, token } => {
            let time = read(&timestamp)?.timestamp();
            let sealed = open(&key, &token, &call_id, time)?;
            match digits.as_str() {
                "1" => SALES,
                "2" => SUPPORT,
                _ if sealed.attempt < 3 => menu(&key, call_id, time, sealed.attempt + 1)?,
                _ => Answer::Hangup { reason: "no_input" },
            }
        }
    };
    Ok(Json(answer))
}

/// Serves at a port of loopback.
#[tokio::main]
pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("axum-peer PORT")?.parse()?;
    let key = SymmetricKey::<V4>::from(&STANDARD.decode(std::env::var("CALLROUTE_KEY")?)?)?;
    let router = Router::new().route("/office", post(decide)).with_state(Arc::new(key));
    axum::serve(tokio::net::TcpListener::bind(("127.0.0.1", port)).await?, router).await?;
    Ok(())
}
