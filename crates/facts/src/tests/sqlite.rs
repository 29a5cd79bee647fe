//! SQLite files, asked for real.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use sayso_core::action::Action;
use sayso_core::backup::BackupPlace;
use sayso_core::card::{Change, OutlineRow};
use sayso_core::fact::{Fact, Known, Tone};

use super::ground::Ground;
use super::rig::sqlite;
use crate::git::Git;
use crate::{Gathered, gather_with};

const TABLES: &str = "
    CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT, password_hash TEXT, picture BLOB);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INT REFERENCES customers ON DELETE CASCADE, state TEXT);
    CREATE TABLE items (id INTEGER PRIMARY KEY, item_of INT REFERENCES orders ON DELETE CASCADE);
    CREATE TABLE notes (id INTEGER PRIMARY KEY, note_of INT REFERENCES orders);
    CREATE VIEW open_orders AS SELECT * FROM orders WHERE state = 'open';
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000)
        INSERT INTO orders SELECT n, n % 100 + 1, CASE WHEN n % 27 = 0 THEN 'open' ELSE 'paid' END FROM n;
    INSERT INTO items SELECT id, id FROM orders UNION ALL SELECT id + 1000, id FROM orders;
    INSERT INTO customers SELECT id, 'c' || id || '@acme.example', 'not-for-anybody', x'00ff' FROM orders
        WHERE id <= 100;";

fn shop(ground: &Ground, file: &str) {
    ground.write(file, "");
    sqlite::sql(&ground.path(file), TABLES);
}

/// Asks, and proves that asking changed nothing: no byte, no time, no file beside.
async fn ask(ground: &Ground, script: &str) -> Gathered {
    let text = serde_json::json!({"kind": "shell", "script": script, "cwd": ground.home});
    of(ground, &sayso_core::strict::parse(text.to_string().as_bytes()).unwrap()).await
}

async fn of(ground: &Ground, action: &Action) -> Gathered {
    let reading = sayso_reading::read(action);
    let before = ground.every_byte();
    let gathered = gather_with(&ground.question(action, &reading), &Git::here(&ground.home)).await;
    assert_eq!(before, ground.every_byte(), "asking changed something");
    gathered
}

/// As [`ask`], where a WAL lies beside: as root SQLite gives what lies beside to the file's owner once more, which sets
/// nothing but the time of that. Every byte and every other time must be the same.
async fn ask_beside_wal(ground: &Ground, script: &str) -> Fact {
    let text = serde_json::json!({"kind": "shell", "script": script, "cwd": ground.home});
    let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
    let reading = sayso_reading::read(&action);
    let before = contents(ground);
    let gathered = gather_with(&ground.question(&action, &reading), &Git::here(&ground.home)).await;
    assert_eq!(before, contents(ground), "asking changed something");
    gathered.facts.data
}

fn contents(ground: &Ground) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let files = fs::read_dir(&ground.home).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| (file.clone(), (file.metadata().unwrap().modified().unwrap(), fs::read(&file).unwrap())))
        .collect()
}

fn outline(gathered: &Gathered) -> Vec<OutlineRow> {
    let rows = gathered.changes.iter().filter_map(|change| match change {
        Change::Outline(outline) => Some(outline.rows.clone()),
        _ => None,
    });
    rows.flatten().collect()
}

#[tokio::test]
async fn a_table_that_is_dropped_is_counted_with_what_refers_to_it() {
    let ground = Ground::new();
    shop(&ground, "app.db");
    let gathered = ask(&ground, "sqlite3 app.db 'DROP TABLE orders'").await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("1,000 rows, "), "{data:?}");
    assert_eq!((data.known, data.source.as_str()), (Known::Checked, "SQLite file ~/app.db"));
    assert!(data.detail.contains("(ON DELETE CASCADE): items (about 2,000 rows)"), "{}", data.detail);
    assert!(data.detail.contains("only where the program turns foreign keys on."), "{}", data.detail);
    assert!(data.detail.contains("notes (about 0 rows) refers to it."), "{}", data.detail);
    assert!(data.detail.contains("open_orders is a view that reads it."), "{}", data.detail);
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad));
}

#[tokio::test]
async fn a_condition_is_counted_as_it_stands_and_its_rows_are_shown() {
    let ground = Ground::new();
    shop(&ground, "app.db");
    let gathered =
        ask(&ground, "sqlite3 app.db \"DELETE FROM orders WHERE state = 'open' AND id > 100\"").await;
    assert_eq!(gathered.facts.data.headline, "34 of 1,000 rows", "{:?}", gathered.facts.data);
    let rows = outline(&gathered);
    assert!(rows[1].name.contains("state open"), "{rows:?}");
    let gathered = ask(&ground, "sqlite3 app.db 'DELETE FROM \"customers\" WHERE id = 7'").await;
    assert_eq!(outline(&gathered)[1].name, "id 7, email c7@acme.example, picture …");
}

#[tokio::test]
async fn what_cannot_be_counted_says_why() {
    let ground = Ground::new();
    shop(&ground, "app.db");
    sqlite::sql(&ground.path("app.db"), "CREATE VIRTUAL TABLE search USING fts4(body);");
    ground.write("notes.db", "a text of somebody's, no database at all");
    let detail = async |script: &str| ask(&ground, script).await.facts.data;
    let view = detail("sqlite3 app.db 'DELETE FROM open_orders WHERE id = 1'").await;
    assert!(view.detail.contains("were not counted: it is no table"), "{view:?}");
    let code = detail("sqlite3 app.db 'DELETE FROM search WHERE docid = 1'").await;
    assert!(code.detail.contains("were not counted: it is no table"), "{code:?}");
    let unclear = detail("sqlite3 app.db 'DELETE FROM orders WHERE id = abs(-1)'").await;
    assert!(unclear.detail.contains("the condition does more than compare"), "{unclear:?}");
    let wrong = detail("sqlite3 app.db 'DELETE FROM orders WHERE no_such_column = 1'").await;
    assert!(wrong.detail.contains("no_such_column"), "{wrong:?}");
    let none = detail("sqlite3 app.db 'DROP TABLE no_such_table'").await;
    assert_eq!(none.headline, "Nothing there", "{none:?}");
    let absent = detail("sqlite3 nowhere.db 'DROP TABLE orders'").await;
    assert_eq!((absent.headline.as_str(), absent.known), ("Nothing there", Known::Checked), "{absent:?}");
    let other = detail("sqlite3 notes.db 'DROP TABLE orders'").await;
    assert_eq!(other.known, Known::Failed);
    assert!(other.detail.contains("It is no SQLite database, or it is encrypted."), "{other:?}");
    let unknown = detail("sqlite3 \"$SHOP_DB\" 'DROP TABLE orders'").await;
    assert!(unknown.detail.contains("named by “$SHOP_DB”"), "{unknown:?}");
}

#[tokio::test]
async fn what_waits_in_a_wal_is_counted_and_its_index_stays_as_it_is() {
    let ground = Ground::new();
    shop(&ground, "app.db");
    let file = ground.path("app.db");
    sqlite::sql(&file, "PRAGMA journal_mode = WAL;");
    let held = sqlite::hold(&file, "INSERT INTO notes VALUES (1, 1), (2, 1); SELECT count(*) FROM notes;");
    let data = ask_beside_wal(&ground, "sqlite3 app.db 'DELETE FROM notes'").await;
    assert!(data.headline.starts_with("2 rows"), "{data:?}");
    assert!(data.detail.contains("1 other connection is open: sqlite3."), "{data:?}");
    // A crash leaves the WAL; and where its index is lost too, it cannot be read without making one.
    held.crash();
    let data = ask_beside_wal(&ground, "sqlite3 app.db 'DELETE FROM notes'").await;
    assert!(data.headline.starts_with("2 rows"), "{data:?}");
    fs::remove_file(ground.path("app.db-shm")).unwrap();
    let data = ask_beside_wal(&ground, "sqlite3 app.db 'DELETE FROM notes'").await;
    assert!(data.headline.starts_with("0 rows"), "{data:?}");
    assert!(data.detail.contains("What waits in its WAL ("), "{data:?}");
}

#[tokio::test]
async fn a_writer_that_holds_the_file_is_named_and_does_not_stop_the_count() {
    let ground = Ground::new();
    shop(&ground, "app.db");
    let _held = sqlite::hold(&ground.path("app.db"), "BEGIN EXCLUSIVE; INSERT INTO notes VALUES (1, 1);");
    let data = ask(&ground, "sqlite3 app.db 'DELETE FROM orders'").await.facts.data;
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    assert!(data.detail.contains("1 other connection is open: sqlite3."), "{data:?}");
    assert!(data.detail.contains("A transaction is under way"), "{data:?}");
}

#[tokio::test]
async fn a_file_that_is_deleted_tells_what_stands_in_it() {
    let ground = Ground::new();
    shop(&ground, "data/app.sqlite3");
    ground.write("data/other.db", "no database");
    let gathered = ask(&ground, "rm data/app.sqlite3 data/other.db").await;
    let data = &gathered.facts.data;
    assert!(data.headline.ends_with("B in 4 tables"), "{data:?}");
    assert!(data.detail.contains("The database app.sqlite3 holds 3,100 rows."), "{data:?}");
    assert!(data.detail.contains("2 files"), "{data:?}");
    assert!(outline(&gathered).iter().any(|row| row.name == "orders" && row.note == "1,000 rows"));
    let only_other = ask(&ground, "rm data/other.db").await;
    assert!(only_other.facts.data.headline.starts_with("1 file"), "{:?}", only_other.facts.data);
}

#[tokio::test]
async fn the_version_in_git_and_dumps_survive_a_statement() {
    let mut ground = Ground::new();
    shop(&ground, "shop/app.db");
    ground.repository("shop");
    let facts = ask(&ground, "sqlite3 shop/app.db 'DROP TABLE orders'").await.facts;
    assert_eq!(facts.backups.headline, "Newest survivor is 3 years old, at ~/shop", "{facts:?}");
    assert!(facts.backups.detail.contains("the version of app.db that was committed last"), "{facts:?}");
    ground.write("dumps/app.sql", "a dump");
    ground.around.places.rows.push(BackupPlace {
        name: "shop".to_owned(),
        of: vec!["~/shop/app.db".to_owned()],
        dumps: Some("~/dumps".to_owned()),
        ..BackupPlace::default()
    });
    let facts = ask(&ground, "sqlite3 shop/app.db 'DROP TABLE orders'").await.facts;
    assert!(facts.backups.headline.ends_with("at ~/dumps"), "{facts:?}");
}

#[tokio::test]
async fn the_folder_and_the_files_name_tell_the_environment() {
    let mut ground = Ground::new();
    shop(&ground, "srv/production.db");
    ground.claims.insert("environment".to_owned(), "staging".to_owned());
    let facts = ask(&ground, "sqlite3 srv/production.db 'DROP TABLE orders'").await.facts;
    assert_eq!(facts.environment_name.as_deref(), Some("production"));
    assert_eq!(facts.environment.known, Known::Inferred);
    assert!(facts.environment.detail.contains("The agent said: “staging”."), "{facts:?}");
    ground.environment("qa", &["~/srv"], &[], &[]);
    let facts = ask(&ground, "sqlite3 srv/production.db 'DROP TABLE orders'").await.facts;
    assert_eq!((facts.environment_name.as_deref(), facts.environment.known), (Some("qa"), Known::Checked));
}

#[tokio::test]
async fn a_connection_string_leads_to_the_file() {
    let ground = Ground::new();
    shop(&ground, "my shop.db");
    let connection = format!("sqlite://{}?mode=rwc", ground.path("my%20shop.db").display());
    let text = serde_json::json!({"kind": "sql", "statement": "DELETE FROM items", "connection": connection});
    let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
    let data = of(&ground, &action).await.facts.data;
    assert!(data.headline.starts_with("2,000 rows"), "{data:?}");
}

#[tokio::test]
async fn a_thousand_tables_are_told_as_a_thousand() {
    let ground = Ground::new();
    ground.write("many.db", "");
    let tables: Vec<String> =
        (0..1000).map(|n| format!("CREATE TABLE t{n} (id INTEGER PRIMARY KEY);")).collect();
    sqlite::sql(&ground.path("many.db"), &format!("BEGIN; {} COMMIT;", tables.join(" ")));
    let asked = std::time::Instant::now();
    let data = ask(&ground, "rm many.db").await.facts.data;
    eprintln!("1,000 tables of SQLite: {:?}", asked.elapsed());
    assert!(data.headline.ends_with("B in 1,000 tables"), "{data:?}");
}
