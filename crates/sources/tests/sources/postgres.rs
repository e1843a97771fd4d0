//! Look-ups in a real PostgreSQL, which is killed in the middle. `tests/postgres/run` starts one.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callroute_sources::Sources;
use serde_json::json;
use tokio_postgres::{Client, NoTls};

use crate::common::{Folder, ask, ask_many, check, fault, lookup, show};

const CRM: &str = "source crm(number: phone) = < tier: one of gold, silver; owner: text; balance: number; vip: flag; patience: duration; contacts: phones >";

const TABLE: &str = "
    drop table if exists customers, logins;
    drop type if exists rank;
    create type rank as enum ('Gold', 'silver', 'bronze');
    create table customers (number text primary key, tier rank, owner varchar(20), balance numeric(10, 2), vip boolean, patience int, contacts text[]);
    insert into customers values ('+14155550123', 'Gold', 'Ana', 12.50, true, 30, '{+13125550101,sip:ana@example.com}');
    insert into customers (number) values ('+14155550124');
    insert into customers values ('+14155550125', 'bronze', 'x', 'NaN', false, -1, '{+1,nobody}');
    create table logins (id int, pin char(4), since timestamptz, notes jsonb, money numeric);
    insert into logins values (42, '0042', '2026-01-01T00:00:00Z', '{\"a\": 1}', 1e30);";

/// The address of the database, unless there is none.
fn url() -> Option<String> {
    let url = std::env::var("CALLROUTE_POSTGRES_URL").ok();
    if url.is_none() {
        // Past the capture of output, so that it is seen.
        let _ =
            writeln!(std::io::stderr(), "SKIPPED: CALLROUTE_POSTGRES_URL is not set; tests/postgres/run starts a PostgreSQL and sets it");
    }
    url
}

/// Kills or starts the database.
fn ctl(what: &str) {
    let ctl = std::env::var("CALLROUTE_POSTGRES_CTL").unwrap();
    assert!(Command::new(ctl).arg(what).status().unwrap().success(), "{what}");
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn fresh(url: &str) -> Client {
    let client = connect(url).await;
    client.batch_execute(TABLE).await.unwrap();
    client
}

fn toml(url: &str, query: &str, more: &str) -> String {
    format!("[source.crm]\nkind = 'postgres'\nurl = '{url}'\nquery = \"\"\"{query}\"\"\"\n{more}")
}

const ALL: &str = "select * from customers where number = :number";

#[tokio::test]
async fn postgres_rows_with_all_types() {
    let Some(url) = url() else { return };
    let (folder, _client) = (Folder::new("postgres-types"), fresh(&url).await);
    let sources = folder.open(&toml(&url, ALL, "")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let row = json!({"tier": "gold", "owner": "Ana", "balance": 12.5, "vip": true, "patience": 30, "contacts": ["+13125550101", "sip:ana@example.com"]});
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, row);
    let nothing = json!({"tier": null, "owner": null, "balance": null, "vip": null, "patience": null, "contacts": null});
    assert_eq!(ask(&sources, json!({"number": "+14155550124"})).await, nothing);
    let answered = sources.ask(&lookup(json!({"number": "+14155550125"}), None)).await;
    assert_eq!(
        show(answered.result),
        json!({"tier": null, "owner": "x", "balance": null, "vip": false, "patience": null, "contacts": null})
    );
    let why = answered.why.unwrap();
    for words in [
        "`tier` is a text that is none",
        "`balance` is a text",
        "`patience` is a number that is no duration",
        "`contacts` is a text that is neither",
    ] {
        assert!(why.contains(words), "{words}: {why}");
    }
    assert!(!why.contains("nobody"), "{why}");
    assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_ok()));

    // Arguments become what the database compares them with.
    for (script, query, args, expected) in [
        ("source crm(id: number) = < pin: text >", "select pin from logins where id = :id", json!({"id": 42}), json!({"pin": "0042"})),
        ("source crm(id: text) = < pin: text >", "select pin from logins where id = :id", json!({"id": "042"}), json!({"pin": "0042"})),
        ("source crm(id: text) = < pin: text >", "select pin from logins where id = :id", json!({"id": "99999999999999"}), json!("failed")),
        ("source crm(id: text) = < pin: text >", "select pin from logins where id = :id", json!({"id": "1 or 1=1"}), json!("failed")),
        (
            "source crm(vip: flag) = < number: phone >",
            "select number from customers where vip = :vip",
            json!({"vip": true}),
            json!({"number": "+14155550123"}),
        ),
        (
            "source crm(rank: text) = < number: phone >",
            "select number from customers where tier = :rank",
            json!({"rank": "Gold"}),
            json!({"number": "+14155550123"}),
        ),
        (
            "source crm(all: phones) = < n: number >",
            "select count(*) as n from customers where number = any(:all) or contacts && :all",
            json!({"all": ["+14155550124", "sip:ana@example.com", "x\"\\,{}"]}),
            json!({"n": 2}),
        ),
        (
            "source crm(wait: duration) = < n: number >",
            "select count(*) as n from customers where patience >= :wait",
            json!({"wait": 30}),
            json!({"n": 1}),
        ),
        (
            "source crm(at: text) = < since: text; notes: text; money: number >",
            "select since, notes ->> 'a' as notes, money from logins where since <= :at::timestamptz",
            json!({"at": "2026-06-01"}),
            json!({"since": "2026-01-01T00:00:00+00:00", "notes": "1", "money": 1e30}),
        ),
        ("source crm(x: text) = < x: text >", "select $q$ :x $q$ || ':y' || :x as x -- :z", json!({"x": "é"}), json!({"x": " :x :yé"})),
    ] {
        let sources = folder.open(&toml(&url, query, "")).await.unwrap();
        check(&sources, script).await.unwrap();
        let answered = sources.ask(&lookup(args, Some(5000))).await;
        let mut found = show(answered.result);
        if let Some(since) = found.get_mut("since") {
            // The zone of the session is the machine's.
            *since = "2026-01-01T00:00:00+00:00".into();
        }
        assert_eq!(found, expected, "{query}: {:?}", answered.why);
        assert!(!answered.why.unwrap_or_default().contains("9999"), "{query}");
    }
}

#[tokio::test]
async fn postgres_arguments_are_never_part_of_the_query() {
    let Some(url) = url() else { return };
    let (folder, client) = (Folder::new("postgres-hostile"), fresh(&url).await);
    let sources = folder.open(&toml(&url, ALL, "")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    for number in ["'; drop table customers; --", "' or 1=1 --", "$1", ":number", "a\0b", "\\", "{}", &"9".repeat(1_000_000)] {
        assert_eq!(ask(&sources, json!({"number": number})).await, "missing", "{}", number.get(..20).unwrap_or(number));
    }
    let count: i64 = client.query_one("select count(*) from customers", &[]).await.unwrap().get(0);
    assert_eq!(count, 3);
}

#[tokio::test]
async fn postgres_faults_are_said_when_the_script_is_loaded() {
    let Some(url) = url() else { return };
    let (folder, client) = (Folder::new("postgres-faults"), fresh(&url).await);
    client
        .batch_execute(
            "create or replace function change() returns text volatile language sql as $$ delete from customers returning number $$",
        )
        .await
        .unwrap();
    for (query, script, expected) in [
        (
            "select tier from customers where number = :number",
            CRM,
            "the query gives no column `owner`, which the script asks for; it gives `tier`",
        ),
        (
            "select owner as balance from customers where number = :number",
            "source crm(number: phone) = < balance: number >",
            "the column `balance` is varchar, and the script asks for number",
        ),
        (
            "select balance as owner from customers where number = :number",
            "source crm(number: phone) = < owner: phone >",
            "the column `owner` is numeric, and the script asks for phone",
        ),
        (
            "select contacts as owner from customers where number = :number",
            "source crm(number: phone) = < owner: text >",
            "the column `owner` is _text, and the script asks for text",
        ),
        (
            "select pin from logins where id = :number",
            "source crm(number: phone) = < pin: text >",
            "the query compares `:number` with int4, and the script gives phone",
        ),
        (
            "select tier from customers where number = :nubmer",
            "source crm(number: phone) = < tier: text >",
            "the query asks with `:nubmer`",
        ),
        (
            "select tier from customer where number = :number",
            "source crm(number: phone) = < tier: text >",
            "the query cannot be used: relation \"customer\" does not exist (SQLSTATE 42P01)",
        ),
        ("select tier form customers", "source crm(number: phone) = < tier: text >", "syntax error"),
        (
            "delete from customers where number = :number returning tier",
            "source crm(number: phone) = < tier: text >",
            "the query cannot be used: ",
        ),
    ] {
        let sources = folder.open(&toml(&url, query, "")).await.unwrap();
        let error = check(&sources, script).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{query}: {error}");
        assert!(!error.is_unreachable(), "{error}");
    }
    // A function that changes something is stopped by the database.
    let sources = folder.open(&toml(&url, "select change() as tier where :number <> ''", "")).await.unwrap();
    check(&sources, "source crm(number: phone) = < tier: text >").await.unwrap();
    let answered = sources.ask(&lookup(json!({"number": "+1"}), Some(5000))).await;
    assert!(answered.why.as_ref().is_some_and(|why| why.contains("read-only transaction")), "{:?}", answered.why);
    let count: i64 = client.query_one("select count(*) from customers", &[]).await.unwrap().get(0);
    assert_eq!(count, 3);
    // A wrong password and a database that does not exist are not a matter of waiting.
    for (from, to) in [("callroute:", "callroute:x"), ("/postgres", "/none")] {
        let sources = folder.open(&toml(&url.replace(from, to), ALL, "")).await.unwrap();
        let error = check(&sources, CRM).await.unwrap_err();
        assert!(error.to_string().contains("the database refuses: ") && !error.is_unreachable(), "{error}");
    }
}

#[tokio::test]
async fn postgres_with_tls() {
    let Some(url) = url() else { return };
    let (folder, _client) = (Folder::new("postgres-tls"), fresh(&url).await);
    let ca = std::env::var("CALLROUTE_POSTGRES_CA").unwrap();
    let query = "select ssl::text as owner from pg_stat_ssl where pid = pg_backend_pid() and :number <> ''";
    let script = "source crm(number: phone) = < owner: text >";
    for (mode, expected) in [("", "false"), ("?sslmode=require", "true"), ("?sslmode=disable", "false")] {
        let sources = folder.open(&toml(&format!("{url}{mode}"), query, &format!("ca = '{ca}'"))).await.unwrap();
        check(&sources, script).await.unwrap();
        assert_eq!(ask(&sources, json!({"number": "+1"})).await, json!({"owner": expected}), "{mode}");
    }
    // Cancelling goes the same way.
    let sources = folder
        .open(&toml(&format!("{url}?sslmode=require"), "select pg_sleep(20)::text as owner where :number <> ''", &format!("ca = '{ca}'")))
        .await
        .unwrap();
    check(&sources, script).await.unwrap();
    assert_eq!(show(sources.ask(&lookup(json!({"number": "+1"}), Some(300))).await.result), "late");
    assert_eq!(sleeping(&url).await, 0);
    // Whoever is not trusted is not asked.
    let sources = folder.open(&toml(&format!("{url}?sslmode=require"), query, "")).await.unwrap();
    let error = check(&sources, script).await.unwrap_err();
    assert!(error.to_string().contains("`ca` names the file with the certificate to trust"), "{error}");
    assert!(!error.is_unreachable(), "{error}");
}

/// How many connections sleep, once there has been time to end them.
async fn sleeping(url: &str) -> i64 {
    let client = connect(url).await;
    let mut count = -1;
    for _ in 0..50 {
        let query = "select count(*) from pg_stat_activity where state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()";
        count = client.query_one(query, &[]).await.unwrap().get(0);
        if count == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    count
}

#[tokio::test]
async fn postgres_late_answers_are_cancelled() {
    let Some(url) = url() else { return };
    let folder = Folder::new("postgres-late");
    let query = "select pg_sleep(case when :number = '+1' then 20 else 0 end)::text || 'x' as owner";
    let sources = folder.open(&toml(&url, query, "connections = 2\ntimeout = '300ms'")).await.unwrap();
    check(&sources, "source crm(number: phone) = < owner: text >").await.unwrap();
    let start = Instant::now();
    for _ in 0..5 {
        let (one, other, third) = tokio::join!(
            ask(&sources, json!({"number": "+1"})),
            ask(&sources, json!({"number": "+1"})),
            ask(&sources, json!({"number": "+1"})),
        );
        assert_eq!([one, other, third], ["late", "late", "late"]);
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(sleeping(&url).await, 0, "what nobody waits for is cancelled");
    let answered = sources.ask(&lookup(json!({"number": "+2"}), Some(5000))).await;
    assert_eq!(show(answered.result), json!({"owner": "x"}));
}

#[tokio::test]
async fn postgres_large_rows_stay_where_they_are() {
    let Some(url) = url() else { return };
    let folder = Folder::new("postgres-large");
    let query = "select repeat('x', :size::int) as owner from generate_series(1, 100)";
    let sources = folder.open(&toml(&url, query, "timeout = '20s'")).await.unwrap();
    check(&sources, "source crm(size: number) = < owner: text >").await.unwrap();
    assert_eq!(ask(&sources, json!({"size": 60_000})).await["owner"].as_str().map(str::len), Some(60_000));
    let answered = sources.ask(&lookup(json!({"size": 100_000_000}), None)).await;
    assert_eq!(show(answered.result), "failed");
    assert!(answered.why.as_ref().is_some_and(|why| why.contains("the row has 1000000")), "{:?}", answered.why);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_thousands_at_a_time() {
    let Some(url) = url() else { return };
    let (folder, client) = (Folder::new("postgres-many"), fresh(&url).await);
    client
        .batch_execute("insert into customers (number, owner) select '+49' || n, 'owner ' || n from generate_series(1, 5000) n")
        .await
        .unwrap();
    let sources = Arc::new(folder.open(&toml(&url, ALL, "timeout = '30s'\nconnections = 4")).await.unwrap());
    check(&sources, CRM).await.unwrap();
    ask_many(&sources, 5000).await;
    let count: i64 =
        client.query_one("select count(*) from pg_stat_activity where application_name = 'callroute'", &[]).await.unwrap().get(0);
    assert!((1..=4).contains(&count), "{count} connections");
}

#[tokio::test]
async fn postgres_is_killed_and_comes_back() {
    let Some(url) = url() else { return };
    let folder = Folder::new("postgres-killed");
    drop(fresh(&url).await);
    let sources = folder.open(&toml(&url, ALL, "connections = 4\ntimeout = '2s'")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let gold = async |sources: &Sources| ask(sources, json!({"number": "+14155550123"})).await;
    // All connections of the pool are open.
    let _ = tokio::join!(gold(&sources), gold(&sources), gold(&sources), gold(&sources));

    // Questions that are under way while it dies end as failed, not as nothing.
    let slow = folder.open(&toml(&url, "select pg_sleep(20)::text as owner where :number <> ''", "timeout = '20s'")).await.unwrap();
    check(&slow, "source crm(number: phone) = < owner: text >").await.unwrap();
    let under_way = tokio::spawn(async move { ask(&slow, json!({"number": "+1"})).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    tokio::task::spawn_blocking(|| ctl("kill")).await.unwrap();
    assert_eq!(under_way.await.unwrap(), "failed");
    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(gold(&sources).await, "failed");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "a database that is away does not hold calls up: {:?}", start.elapsed());
    assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_err()));

    // A server that starts in the meantime comes up, says it, and answers once the database does.
    let early = folder.open(&toml(&url, ALL, "timeout = '2s'")).await.unwrap();
    let error = check(&early, CRM).await.unwrap_err();
    assert!(error.is_unreachable() && error.to_string().contains("the database cannot be reached: "), "{error}");
    assert_eq!(gold(&early).await, "failed");

    tokio::task::spawn_blocking(|| ctl("start")).await.unwrap();
    for sources in [&sources, &early] {
        assert_eq!(gold(sources).await["tier"], "gold");
        assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_ok()));
    }

    // Killed and started again between two questions: the connections that died are not noticed by anybody who asks.
    tokio::task::spawn_blocking(|| {
        ctl("kill");
        ctl("start");
    })
    .await
    .unwrap();
    for _ in 0..8 {
        assert_eq!(gold(&sources).await["tier"], "gold");
    }
    // The administrator ends all connections.
    let client = connect(&url).await;
    client.batch_execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'callroute'").await.unwrap();
    for _ in 0..8 {
        assert_eq!(gold(&sources).await["tier"], "gold");
    }
    assert_eq!(fault(&sources, CRM).await, "");
}
