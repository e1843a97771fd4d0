//! Look-ups in CSV files.

use std::time::Duration;

use crate::common::{Folder, ask, check, fault};
use serde_json::json;

const CRM: &str = "source crm(number: phone) = < tier: one of gold, silver; owner: text; balance: number; vip: flag; patience: duration; contacts: phones >";

const FILE: &str = "\u{feff}Phone,Tier,Owner,Balance,VIP,Patience,Contacts
(415) 555-0123,Gold,Ana,12.50,yes,30s,+13125550101; sip:ana@example.com
+14155550124,silver,,,,,
";

const TOML: &str = "[source.crm]\nkind = 'csv'\npath = 'crm.csv'\ncountry = 'US'\nkey = { number = 'Phone' }";

#[tokio::test]
async fn rows_with_all_types() {
    let folder = Folder::new("csv-types");
    folder.put("crm.csv", FILE);
    let sources = folder.open(TOML).await.unwrap();
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, "failed", "nothing is answered unchecked");
    check(&sources, CRM).await.unwrap();
    let expected = json!({
        "tier": "gold", "owner": "Ana", "balance": 12.5, "vip": true, "patience": "30s", "contacts": ["+13125550101", "sip:ana@example.com"]
    });
    assert_eq!(ask(&sources, json!({"number": "+14155550123"})).await, expected);
    let expected = json!({"tier": "silver", "owner": null, "balance": null, "vip": null, "patience": null, "contacts": null});
    assert_eq!(ask(&sources, json!({"number": "+14155550124"})).await, expected);
    for number in ["+14155550125", "", "anonymous", "'; drop table customers; --", "sip:ana@example.com"] {
        assert_eq!(ask(&sources, json!({"number": number})).await, "missing", "{number}");
    }
    assert_eq!(ask(&sources, json!({"number": "+1", "pin": "1"})).await, "failed", "other arguments than the definition has");
    assert!(sources.ready().await.iter().all(|(name, ready)| name == "crm" && ready.is_ok()));
}

#[tokio::test]
async fn keys_of_several_columns() {
    let folder = Folder::new("csv-keys");
    folder.put("crm.csv", "number;pin;balance\n+14155550123;0042;1,5\n+14155550123;42;2\n");
    let sources = folder.open("[source.crm]\nkind = 'csv'\npath = 'crm.csv'").await.unwrap();
    let found = fault(&sources, "source crm(number: phone, pin: text) = < balance: number >").await;
    assert_eq!(
        found,
        "source `crm`: line 2, column `balance`: a text that is no number, and must be a number, with a point and without separators: `1234.5`"
    );
    check(&sources, "source crm(number: phone, pin: text) = < balance: text >").await.unwrap();
    assert_eq!(ask(&sources, json!({"number": "+14155550123", "pin": "0042"})).await, json!({"balance": "1,5"}));
    assert_eq!(ask(&sources, json!({"number": "+14155550123", "pin": "42"})).await, json!({"balance": "2"}));
    assert_eq!(ask(&sources, json!({"number": "+14155550123", "pin": "43"})).await, "missing");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_place() {
    let folder = Folder::new("csv-faults");
    for (file, toml, script, expected) in [
        (
            "number,tier\n+1,bronze\n",
            "",
            "source crm(number: phone) = < tier: one of gold, silver >",
            "line 2, column `tier`: a text that is none of its words, and must be gold",
        ),
        ("number,tier\n+1,a\n\n+1,b\n", "", "source crm(number: phone) = < tier: text >", "line 4: the key is the same as in line 2"),
        ("number,tier\n,a\n", "", "source crm(number: phone) = < tier: text >", "line 2: there is nothing in the column of the key"),
        (
            "number,tier\nx,a\n",
            "",
            "source crm(number: phone) = < tier: text >",
            "line 2, column `number`: a text that is neither a telephone number nor an address",
        ),
        ("number,tier,Tier\n+1,a,b\n", "", "source crm(number: phone) = < tier: text >", "two columns have the title `tier`"),
        (
            "phone,tier\n+1,a\n",
            "",
            "source crm(number: phone) = < owner: text >",
            "no column has the title `number`; there are `phone`, `tier`; no column has the title `owner`",
        ),
        (
            "number,tier\n+1,a\n",
            "columns = { teir = 'x' }",
            "source crm(number: phone) = < tier: text >",
            "`columns` names `teir`, and the script's source has no such field",
        ),
        (
            "number,tier\n+1,a\n",
            "key = { nubmer = 'x' }",
            "source crm(number: phone) = < tier: text >",
            "`key` names `nubmer`, and the script's source has no such parameter",
        ),
        ("number,tier\n+1,a\n", "", "source crm(number: phones) = < tier: text >", "the parameter `number` is a list"),
    ] {
        folder.put("crm.csv", file);
        let sources = folder.open(&format!("[source.crm]\nkind = 'csv'\npath = 'crm.csv'\n{toml}")).await.unwrap();
        let found = fault(&sources, script).await.replace("one of gold", "gold");
        assert!(found.contains(expected), "{file}: {found}");
        assert_eq!(ask(&sources, json!({"number": "+1"})).await, "failed", "{file}");
    }
    for (file, toml, expected) in [
        ("", "", "the file is empty"),
        ("a,b\n1\n", "", "line 2: 1 cells"),
        ("a\n1\n", "country = 'Germany'", "`Germany` is no country"),
        ("a\n1\n", "max_bytes = 3", "the file has more than 3 bytes"),
        ("a\n1\n", "path = 'none.csv'", "none.csv: No such file"),
    ] {
        folder.put("crm.csv", file);
        let path = if toml.starts_with("path") { "" } else { "path = 'crm.csv'" };
        let found = not_usable(&folder, &format!("[source.crm]\nkind = 'csv'\n{path}\n{toml}")).await;
        assert!(found.contains(expected), "{file}: {found}");
    }
    std::fs::write(folder.0.join("crm.csv"), b"a\n\xff\n").unwrap();
    let found = not_usable(&folder, "[source.crm]\nkind = 'csv'\npath = 'crm.csv'").await;
    assert!(found.contains("it is not UTF-8 from byte 2 on"), "{found}");
    // A thousand faults are not a thousand sentences.
    let file: String = std::iter::once("number,tier\n".to_owned()).chain((0..1000).map(|line| format!("+1{line:05},x\n"))).collect();
    folder.put("crm.csv", &file);
    let sources = folder.open("[source.crm]\nkind = 'csv'\npath = 'crm.csv'").await.unwrap();
    let found = fault(&sources, "source crm(number: phone) = < tier: number >").await;
    assert!(found.ends_with("; and 980 more"), "{found}");
}

/// What is said of a file that keeps nobody from coming up, or of a binding that does.
async fn not_usable(folder: &Folder, toml: &str) -> String {
    let error = match folder.open(toml).await {
        Ok(sources) => {
            let error = check(&sources, "source crm(a: text) = < b: text >").await.unwrap_err();
            assert!(error.is_unreachable(), "{error}");
            assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_err()));
            error
        }
        Err(error) => error,
    };
    error.to_string()
}

#[tokio::test]
async fn a_file_that_comes_later_is_taken_up() {
    let folder = Folder::new("csv-later");
    let sources = folder.open(TOML).await.unwrap();
    assert!(check(&sources, CRM).await.unwrap_err().is_unreachable());
    let tier = async || ask(&sources, json!({"number": "+14155550124"})).await;
    assert_eq!(tier().await, "failed");
    for (file, expected) in
        [("number\n1,2", json!("failed")), (&FILE.replace("silver", "bronze"), json!("failed")), (FILE, json!("silver"))]
    {
        folder.put("crm.csv", file);
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if expected != "failed" && tier().await != "failed" {
                break;
            }
        }
        let tier = tier().await;
        assert_eq!(tier.get("tier").unwrap_or(&tier), &expected);
    }
    assert!(sources.ready().await.iter().all(|(_, ready)| ready.is_ok()));
}

#[tokio::test]
async fn a_file_that_changes() {
    let folder = Folder::new("csv-change");
    folder.put("crm.csv", FILE);
    let sources = folder.open(TOML).await.unwrap();
    check(&sources, CRM).await.unwrap();
    check(&sources, "source crm(number: phone) = < tier: text >").await.unwrap();
    let tier = async || ask(&sources, json!({"number": "+14155550124"})).await.get("tier").cloned();
    let until = async |expected: &str| {
        for _ in 0..100 {
            if tier().await == Some(json!(expected)) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    assert_eq!(tier().await, Some(json!("silver")));
    folder.put("crm.csv", &FILE.replace("silver", "GOLD"));
    assert!(until("GOLD").await);
    // Faulty for one of the definitions, so for all; then not a file any more; then good again.
    folder.put("crm.csv", &FILE.replace("silver", "bronze"));
    tokio::time::sleep(Duration::from_millis(1700)).await;
    assert_eq!(tier().await, Some(json!("GOLD")));
    std::fs::remove_file(folder.0.join("crm.csv")).unwrap();
    tokio::time::sleep(Duration::from_millis(1700)).await;
    assert_eq!(tier().await, Some(json!("GOLD")));
    folder.put("crm.csv", FILE);
    assert!(until("silver").await);
}

#[tokio::test]
async fn names_that_are_not_bound() {
    let folder = Folder::new("csv-unbound");
    folder.put("crm.csv", FILE);
    let sources = folder.open(&TOML.replace("source.crm", "source.customers")).await.unwrap();
    assert!(sources.is_bound("customers") && !sources.is_bound("crm"));
    assert_eq!(
        fault(&sources, CRM).await,
        "source `crm`: the script asks it, and nothing is bound to it: add [source.crm] to the configuration (bound are `customers`)"
    );
    assert_eq!(ask(&sources, json!({"number": "+1"})).await, "failed");
}
