//! Look-ups in SQLite files.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{Folder, ask, ask_many, check, fault, lookup, show};
use rusqlite::Connection;
use serde_json::{Value, json};

const CRM: &str = "source crm(number: phone) = < tier: one of gold, silver; owner: text; balance: number; vip: flag; patience: duration; contacts: phones >";
const TOML: &str = "[source.crm]\nkind = 'sqlite'\npath = 'crm.db'\nquery = 'select * from customers where number = :number'\n";

fn database(folder: &Folder, sql: &str) -> Connection {
    let connection = Connection::open(folder.0.join("crm.db")).unwrap();
    connection.execute_batch(sql).unwrap();
    connection
}

const TABLE: &str = "
    create table customers (number text primary key, tier text, owner varchar(20), balance decimal(10, 2), vip boolean, patience integer, contacts);
    insert into customers values ('+14155550123', 'Gold', 'Ana', 12.5, 1, 30, '+13125550101, sip:ana@example.com');
    insert into customers (number) values ('+14155550124');
    insert into customers values ('+14155550125', 'bronze', x'00ff', 'much', 7, 'long', 14155550123);";

#[tokio::test]
async fn rows_with_all_types() {
    let folder = Folder::new("sqlite-types");
    database(&folder, TABLE);
    let sources = folder.open(TOML).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let row = json!({"tier": "gold", "owner": "Ana", "balance": 12.5, "vip": true, "patience": 30, "contacts": ["+13125550101", "sip:ana@example.com"]});
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, row);
    let nothing = json!({"tier": null, "owner": null, "balance": null, "vip": null, "patience": null, "contacts": null});
    assert_eq!(ask(&sources, json!({"number": "+14155550124"})).await, nothing);
    // Any value can stand in any column: what does not fit is missing, and it is said which, but not what it is.
    let answered = sources.ask(&lookup(json!({"number": "+14155550125"}), None)).await;
    assert_eq!(show(answered.result), nothing);
    let why = answered.why.unwrap();
    for words in [
        "`tier` is a text that is none of its words",
        "`owner` is an object",
        "`balance` is",
        "`vip` is a number that",
        "`contacts` is a number, which has lost",
    ] {
        assert!(why.contains(words), "{words}: {why}");
    }
    assert!(!why.contains("bronze") && !why.contains("555"), "{why}");
    assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_ok()));
}

#[tokio::test]
async fn arguments_are_never_part_of_the_query() {
    let folder = Folder::new("sqlite-hostile");
    let connection = database(&folder, TABLE);
    let sources = folder.open(TOML).await.unwrap();
    check(&sources, CRM).await.unwrap();
    for number in ["'; drop table customers; --", "' or 1=1 --", "\" or \"\"=\"", ":number", "\0", "+1415555012%", &"9".repeat(100_000)] {
        assert_eq!(ask(&sources, json!({"number": number})).await, "missing", "{number}");
    }
    assert_eq!(connection.query_row("select count(*) from customers", [], |row| row.get::<_, i64>(0)).unwrap(), 3);
}

#[tokio::test]
async fn what_is_wrong_is_said_when_the_script_is_loaded() {
    let folder = Folder::new("sqlite-faults");
    database(&folder, TABLE);
    for (query, script, expected) in [
        (
            "select tier from customers where number = :number",
            CRM,
            "the query gives no column `owner`, which the script asks for; it gives `tier`",
        ),
        (
            "select tier as balance from customers where number = :number",
            "source crm(number: phone) = < balance: number >",
            "the column `balance` is TEXT, and the script asks for number",
        ),
        (
            "select vip as owner from customers where number = :number",
            "source crm(number: phone) = < owner: phone >",
            "the column `owner` is boolean, and the script asks for phone",
        ),
        (
            "select tier from customers where number = :nubmer",
            "source crm(number: phone) = < tier: text >",
            "the query asks with `:nubmer`, and the script's source has only `:number`; the query does not ask with `:number`",
        ),
        ("select tier from customers where number = ?", "source crm(number: phone) = < tier: text >", "parameters of the query have names"),
        (
            "select tier from customers where number = @number",
            "source crm(number: phone) = < tier: text >",
            "parameters of the query have names",
        ),
        (
            "select tier from customer where number = :number",
            "source crm(number: phone) = < tier: text >",
            "the query cannot be used: no such table: customer",
        ),
        ("select tier form customers", "source crm(number: phone) = < tier: text >", "the query cannot be used: "),
        (
            "select tier from customers where number = :number; select 1",
            "source crm(number: phone) = < tier: text >",
            "Multiple statements",
        ),
        (
            "delete from customers where number = :number returning tier",
            "source crm(number: phone) = < tier: text >",
            "the query changes the database",
        ),
        ("attach 'other.db' as :number", "source crm(number: phone) = < tier: text >", "gives no column `tier`"),
        ("", "source crm(number: phone) = < tier: text >", "the query "),
    ] {
        let sources = folder.open(&format!("[source.crm]\nkind = 'sqlite'\npath = 'crm.db'\nquery = \"{query}\"")).await.unwrap();
        let found = fault(&sources, script).await;
        assert!(found.contains(expected), "{query}: {found}");
        assert_eq!(ask(&sources, json!({"number": "+1"})).await, "failed", "{query}");
    }
    // A file that is not there, or none, keeps nobody from coming up, and is opened when it is one.
    let sources = folder.open(&TOML.replace("crm.db", "none.db")).await.unwrap();
    let found = check(&sources, CRM).await.unwrap_err();
    assert!(found.is_unreachable() && found.to_string().contains("unable to open database file"), "{found}");
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, "failed");
    assert!(!folder.0.join("none.db").exists(), "no file is made");
    folder.put("none.db", &"no database at all ".repeat(100));
    let found = check(&sources, CRM).await.unwrap_err();
    assert!(found.is_unreachable() && found.to_string().contains("file is not a database"), "{found}");
    assert_eq!(sources.ready().await.iter().filter(|(_, ready)| ready.is_err()).count(), 1);
    std::fs::rename(folder.0.join("crm.db"), folder.0.join("none.db")).unwrap();
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await["tier"], "gold");
}

#[tokio::test]
async fn a_query_that_takes_for_ever_is_ended() {
    let folder = Folder::new("sqlite-slow");
    database(&folder, TABLE);
    let query =
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) as tier from n where :number <> '' or x < 0";
    let sources = folder
        .open(&format!("[source.crm]\nkind = 'sqlite'\npath = 'crm.db'\nquery = \"{query}\"\nconnections = 1\ntimeout = '100ms'"))
        .await
        .unwrap();
    check(&sources, "source crm(number: phone) = < tier: text >").await.unwrap();
    let start = Instant::now();
    assert_eq!(ask(&sources, json!({"number": "+1"})).await, "late");
    assert_eq!(show(sources.ask(&lookup(json!({"number": "+1"}), Some(300))).await.result), "late");
    assert!((Duration::from_millis(390)..Duration::from_secs(5)).contains(&start.elapsed()), "{:?}", start.elapsed());
    // Had one been left running, the only connection would not be free.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sources.ready().await, [("crm".to_owned(), Ok(()))]);
}

#[tokio::test]
async fn large_rows_fail() {
    let folder = Folder::new("sqlite-large");
    let connection = database(&folder, TABLE);
    connection
        .execute("insert into customers (number, owner) values ('+1', ?1), ('+2', ?2)", ["x".repeat(70_000), "x".repeat(5_000_000)])
        .unwrap();
    let sources = folder.open(TOML).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let answered = sources.ask(&lookup(json!({"number": "+1"}), None)).await;
    assert!(answered.why.unwrap().starts_with("the row has 70"));
    assert_eq!(show(answered.result), "failed");
    assert_eq!(ask(&sources, json!({"number": "+2"})).await, "failed");
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await["tier"], "gold");
}

#[tokio::test]
async fn a_file_that_is_replaced_and_a_schema_that_changes() {
    let folder = Folder::new("sqlite-replaced");
    let connection = database(&folder, TABLE);
    let sources = folder.open(TOML).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let tier = async || ask(&sources, json!({"number": "+14155550123"})).await.get("tier").cloned().unwrap_or(Value::Null);
    assert_eq!(tier().await, "gold");
    connection.execute_batch("update customers set tier = 'silver'").unwrap();
    assert_eq!(tier().await, "silver");
    connection.execute_batch("alter table customers add column more text").unwrap();
    assert_eq!(tier().await, "silver");
    connection.execute_batch("alter table customers rename column tier to rank").unwrap();
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, "failed");
    drop(connection);
    let other = Connection::open(folder.0.join("new.db")).unwrap();
    other.execute_batch(TABLE).unwrap();
    drop(other);
    std::fs::rename(folder.0.join("new.db"), folder.0.join("crm.db")).unwrap();
    assert_eq!(tier().await, "gold");
    std::fs::remove_file(folder.0.join("crm.db")).unwrap();
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, "failed");
    assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_err()));
}

#[tokio::test]
async fn answers_are_kept_for_a_while() {
    let folder = Folder::new("sqlite-cache");
    let connection = database(&folder, TABLE);
    let sources = folder.open(&format!("{TOML}cache = '400ms'")).await.unwrap();
    check(&sources, CRM).await.unwrap();
    let question = lookup(json!({"number": "+14155550123"}), None);
    let unknown = lookup(json!({"number": "+2"}), None);
    assert!(!sources.ask(&question).await.cached);
    assert!(!sources.ask(&unknown).await.cached);
    connection.execute_batch("update customers set tier = 'silver'; insert into customers (number) values ('+2')").unwrap();
    let again = sources.ask(&question).await;
    assert_eq!((again.cached, &show(again.result)["tier"]), (true, &json!("gold")));
    let again = sources.ask(&unknown).await;
    assert_eq!((again.cached, show(again.result)), (true, json!("missing")));
    // Another definition is another question.
    check(&sources, "source crm(number: phone) = < owner: text >").await.unwrap();
    let other = sources.ask(&question).await;
    assert_eq!((other.cached, show(other.result)), (false, json!({"owner": "Ana"})));
    check(&sources, CRM).await.unwrap();
    tokio::time::sleep(Duration::from_millis(450)).await;
    let again = sources.ask(&question).await;
    assert_eq!((again.cached, &show(again.result)["tier"]), (false, &json!("silver")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_at_a_time() {
    let folder = Folder::new("sqlite-many");
    let connection = database(&folder, TABLE);
    connection.execute_batch("with recursive n(x) as (select 1 union all select x + 1 from n where x < 5000) insert into customers (number, owner) select '+49' || x, 'owner ' || x from n").unwrap();
    let sources = Arc::new(folder.open(&format!("{TOML}timeout = '30s'")).await.unwrap());
    check(&sources, CRM).await.unwrap();
    ask_many(&sources, 5000).await;
}
