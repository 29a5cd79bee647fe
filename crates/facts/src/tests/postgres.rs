//! PostgreSQL, asked for real.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sayso_core::Reading;
use sayso_core::action::Action;
use sayso_core::backup::BackupPlace;
use sayso_core::card::{Change, OutlineRow};
use sayso_core::fact::{Known, Tone};
use sayso_core::reading::{Reach, Reason, Rows, System, TargetKind, Verb};
use zeroize::Zeroizing;

use super::ground::{Ground, reading};
use super::rig::postgres::{PASSWORD, Postgres, USER};
use crate::git::Git;
use crate::{Credentials, Gathered, gather_with};

const TABLES: &str = "
    CREATE TABLE customers (id int PRIMARY KEY, email text, password_hash text);
    CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE, state text);
    CREATE TABLE items (id int PRIMARY KEY, item_of int REFERENCES orders ON DELETE CASCADE);
    CREATE VIEW open_orders AS SELECT * FROM orders WHERE state = 'open';
    INSERT INTO customers SELECT n, 'c' || n || '@acme.example', 'not-for-anybody' FROM generate_series(1, 100) n;
    INSERT INTO orders SELECT n, n % 100 + 1, CASE WHEN n % 27 = 0 THEN 'open' ELSE 'paid' END
        FROM generate_series(1, 1000) n;
    INSERT INTO items SELECT n, n % 1000 + 1 FROM generate_series(1, 2000) n;
    ANALYZE;";

/// A database of one test.
struct Shop {
    server: Arc<Postgres>,
    database: String,
    ground: Ground,
}

impl Shop {
    fn new(database: &str) -> Self {
        Self::on(Postgres::shared(), database)
    }

    fn on(server: Arc<Postgres>, database: &str) -> Self {
        server.sql("postgres", &format!("CREATE DATABASE \"{database}\""));
        server.sql(database, TABLES);
        Self { server, database: database.to_owned(), ground: Ground::new() }
    }

    fn reach(&self, database: &str) -> Reach {
        let address = Zeroizing::new(self.server.url(database));
        Reach { system: System::Postgres, address, settings: BTreeMap::new() }
    }

    fn reading(&self, effects: &[(Verb, TargetKind, &str)]) -> Reading {
        Reading { reaches: vec![self.reach(&self.database)], ..reading(effects) }
    }

    fn of_table(&self, table: &str, condition: Option<&str>) -> Reading {
        let rows =
            vec![Rows { table: table.to_owned(), condition: condition.map(str::to_owned), uncounted: false }];
        Reading { rows, ..self.reading(&[(Verb::Delete, TargetKind::Table, table)]) }
    }

    /// Asks, and proves that asking changed nothing.
    async fn ask(&self, reading: &Reading) -> Gathered {
        let before = self.server.dump(&self.database);
        let gathered = self.ask_without_looking(reading).await;
        assert_eq!(before, self.server.dump(&self.database), "asking changed something");
        gathered
    }

    async fn ask_without_looking(&self, reading: &Reading) -> Gathered {
        let action = action();
        gather_with(&self.ground.question(&action, reading), &Git::here(&self.ground.home)).await
    }

    /// A dump of so many days ago, in a folder that the person names for the database.
    fn dumped(&mut self, days: u64) {
        self.ground.write("dumps/shop.sql.gz", "a dump");
        self.ground.write("dumps/shop.sql.gz.part", "still being written");
        self.ground.write("dumps/empty.sql", "");
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - days * 86_400);
        let file = fs::File::options().write(true).open(self.ground.path("dumps/shop.sql.gz")).unwrap();
        file.set_modified(then).unwrap();
        self.ground.around.places.rows.push(BackupPlace {
            name: "shop".to_owned(),
            of: vec![format!("127.0.0.1/{}", self.database)],
            dumps: Some("~/dumps".to_owned()),
            ..BackupPlace::default()
        });
    }
}

fn action() -> Action {
    sayso_core::strict::parse(br#"{"kind":"sql","statement":"a statement"}"#).unwrap()
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
    let shop = Shop::new("drop_table");
    let _web = shop.server.hold(&shop.database, "SET LOCAL application_name = 'shop-web'");
    let gathered = shop.ask(&shop.of_table("orders", None)).await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("1,000 rows, "), "{data:?}");
    assert_eq!(data.known, Known::Checked);
    assert!(data.detail.contains("items (about 2,000 rows)"), "{}", data.detail);
    assert!(data.detail.contains("open_orders is a view that reads it."), "{}", data.detail);
    assert!(data.detail.contains("1 other connection is open: "), "{}", data.detail);
    assert_eq!(
        data.source,
        format!("PostgreSQL at 127.0.0.1:{}, with the action's own login", shop.server.port)
    );
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad));
}

#[tokio::test]
async fn a_condition_is_counted_as_it_stands_and_its_rows_are_shown() {
    let shop = Shop::new("delete_where");
    let condition = "state = 'open' AND id > 100";
    let gathered = shop.ask(&shop.of_table("orders", Some(condition))).await;
    let really = shop.server.sql(&shop.database, &format!("SELECT count(*) FROM orders WHERE {condition}"));
    let data = &gathered.facts.data;
    assert_eq!(data.headline, format!("{really} of about 1,000 rows"), "{data:?}");
    assert!(data.detail.contains("ON DELETE CASCADE"), "{}", data.detail);
    let rows = outline(&gathered);
    assert!(rows[1].name.contains("state open"), "{rows:?}");
    assert!(rows.iter().any(|row| row.name.ends_with(" more rows")), "{rows:?}");
}

#[tokio::test]
async fn what_cannot_be_counted_says_why() {
    let shop = Shop::new("uncounted");
    let view = shop.ask(&shop.of_table("open_orders", Some("id = 1"))).await.facts.data;
    assert!(view.detail.contains("were not counted: it is no table"), "{view:?}");
    let mut unclear = shop.of_table("orders", None);
    unclear.rows[0].uncounted = true;
    let unclear = shop.ask(&unclear).await.facts.data;
    assert_eq!(unclear.headline, "Some of about 1,000 rows");
    assert!(unclear.detail.contains("the condition does more than compare"), "{unclear:?}");
    let wrong = shop.ask(&shop.of_table("orders", Some("no_such_column = 1"))).await.facts.data;
    assert!(wrong.detail.contains("no_such_column"), "{wrong:?}");
    let none = shop.ask(&shop.of_table("no_such_table", None)).await.facts.data;
    assert_eq!(none.headline, "Nothing there", "{none:?}");
    let two = shop.ask(&shop.of_table("orders", Some("id = 1; DELETE FROM orders; SELECT (1"))).await;
    assert!(two.facts.data.detail.contains("were not counted"), "{:?}", two.facts.data);
}

#[tokio::test]
async fn truncating_with_cascade_counts_every_table_that_goes() {
    let shop = Shop::new("truncate_cascade");
    let why = "Delete every row of “customers” and of all that refers to it".to_owned();
    let reading = Reading { reasons: vec![Reason { why, span: None }], ..shop.of_table("customers", None) };
    let gathered = shop.ask(&reading).await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("3 tables, 3,100 rows, "), "{data:?}");
    assert!(data.detail.contains("CASCADE also empties items and orders."), "{}", data.detail);
    let text = format!("{:?}", outline(&gathered));
    assert!(text.contains("c1@acme.example") && !text.contains("not-for-anybody"), "{text}");
}

#[tokio::test]
async fn a_database_that_is_dropped_tells_what_it_holds() {
    let shop = Shop::new("drop_database");
    let effects = [(Verb::Delete, TargetKind::Database, "drop_database")];
    let reading = Reading { reaches: vec![shop.reach("postgres")], ..reading(&effects) };
    let gathered = shop.ask(&reading).await;
    let data = &gathered.facts.data;
    assert!(data.headline.ends_with(" MB in 3 tables"), "{data:?}");
    assert!(data.detail.contains("about 3,100 rows"), "{}", data.detail);
    let rows = outline(&gathered);
    assert_eq!(rows[0].name, "database drop_database");
    assert_eq!(rows.len(), 4, "{rows:?}");
}

#[tokio::test]
async fn an_old_dump_is_the_newest_survivor() {
    let mut shop = Shop::new("old_dump");
    shop.dumped(95);
    let backups = shop.ask(&shop.of_table("orders", None)).await.facts.backups;
    assert_eq!(
        (backups.headline.as_str(), backups.tone),
        ("Newest survivor is 3 months old, at ~/dumps", Tone::Bad)
    );
    assert!(backups.detail.contains("dump shop.sql.gz at ~/dumps, 6 bytes"), "{}", backups.detail);
    let mut both = shop.of_table("orders", None);
    let folder = shop.ground.path("dumps").display().to_string();
    both.effects.extend(reading(&[(Verb::Delete, TargetKind::Path, &folder)]).effects);
    let gone = shop.ask(&both).await.facts.backups;
    assert!(gone.detail.contains("The only backup goes with it"), "{gone:?}");
    shop.ground.around.places.rows[0].dumps = Some("~/nowhere".to_owned());
    let missing = shop.ask(&shop.of_table("orders", None)).await.facts.backups;
    assert_eq!(missing.headline, "Could not be checked");
    assert!(missing.detail.contains("~/nowhere of [backups.shop]"), "{}", missing.detail);
}

#[tokio::test]
async fn a_table_under_lock_is_told_by_the_servers_estimate() {
    let shop = Shop::new("locked");
    let held = shop.server.hold(&shop.database, "LOCK TABLE orders");
    let gathered = shop.ask_without_looking(&shop.of_table("orders", None)).await;
    drop(held);
    let data = &gathered.facts.data;
    assert_eq!(data.headline, "About 1,000 rows", "{data:?}");
    assert!(data.detail.contains("somebody holds a lock on it"), "{}", data.detail);
}

#[tokio::test]
async fn who_is_not_let_in_says_why_and_what_to_do() {
    let mut shop = Shop::new("refused");
    shop.dumped(1);
    let port = shop.server.port;
    let mut reading = shop.of_table("orders", None);
    reading.reaches[0].address =
        Zeroizing::new(format!("postgres://{USER}:wrong-word@127.0.0.1:{port}/refused"));
    let refused = shop.ask(&reading).await.facts;
    assert_eq!(refused.data.known, Known::Failed);
    let detail = &refused.data.detail;
    assert!(detail.contains("password authentication failed"), "{detail}");
    assert!(detail.contains(&format!("`sayso credential add postgres:127.0.0.1:{port}`")), "{detail}");
    assert!(!detail.contains("wrong-word"), "{detail}");
    // The dumps are files: they are found without the server.
    assert_eq!(refused.backups.headline, "Newest survivor is 1 day old, at ~/dumps");
    let closed = super::rig::free_port();
    reading.reaches[0].address = Zeroizing::new(format!("host=127.0.0.1 port={closed} dbname=shop user=u"));
    let absent = shop.ask(&reading).await.facts.data;
    assert_eq!(absent.known, Known::Failed);
    assert!(absent.detail.starts_with("No PostgreSQL server answers at 127.0.0.1:"), "{absent:?}");
}

#[derive(Debug)]
struct Own(String);

impl Credentials for Own {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        Ok((name == self.0).then(|| Zeroizing::new(format!("{USER}:{PASSWORD}"))))
    }
}

#[tokio::test]
async fn the_persons_own_credential_comes_before_what_the_action_carries() {
    let mut shop = Shop::new("own_login");
    let name = format!("postgres:127.0.0.1:{}", shop.server.port);
    shop.ground.around.credentials = Arc::new(Own(name.clone()));
    let mut reading = shop.of_table("orders", None);
    let port = shop.server.port;
    reading.reaches[0].address = Zeroizing::new(format!("postgres://nobody:x@127.0.0.1:{port}/own_login"));
    let data = shop.ask(&reading).await.facts.data;
    assert_eq!(
        data.source,
        format!("PostgreSQL at {name} as your credential {name}").replacen("postgres:", "", 1)
    );
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
}

#[tokio::test]
async fn a_service_file_a_password_file_and_a_socket_lead_to_the_server() {
    let mut shop = Shop::new("service");
    let port = shop.server.port;
    shop.ground.write(
        ".pg_service.conf",
        format!("[other]\nhost=nowhere\n[shop]\n# the shop\nhost=127.0.0.1\nport={port}\ndbname=service\nuser={USER}\n"),
    );
    shop.ground.write(".pgpass", format!("127.0.0.1:{port}:*:{USER}:{PASSWORD}\n"));
    let file = shop.ground.path(".pgpass");
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let mut reading = shop.of_table("orders", None);
    reading.reaches[0].address = Zeroizing::default();
    let variable = |name: &str, value: &str| (name.to_owned(), Zeroizing::new(value.to_owned()));
    shop.ground.around.variables = [variable("PGSERVICE", "shop")].into();
    mode(0o644);
    assert_eq!(shop.ask(&reading).await.facts.data.known, Known::Failed);
    mode(0o600);
    let data = shop.ask(&reading).await.facts.data;
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    shop.ground.around.variables = [
        variable("PGHOST", &shop.server.folder()),
        variable("PGPORT", &port.to_string()),
        variable("PGDATABASE", "service"),
        variable("PGUSER", USER),
    ]
    .into();
    let data = shop.ask(&reading).await.facts.data;
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    shop.ground.around.variables = [variable("DATABASE_URL", &shop.server.url("service"))].into();
    let data = shop.ask(&reading).await.facts.data;
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    reading.reaches[0].settings = [variable("dbname", "\"${DATABASE_URL}\""), variable("user", USER)].into();
    let data = shop.ask(&reading).await.facts.data;
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    reading.reaches[0].address = Zeroizing::new("$SHOP_URL".to_owned());
    let data = shop.ask(&reading).await.facts.data;
    assert!(data.detail.starts_with("The connection is named by “$SHOP_URL”"), "{data:?}");
}

#[tokio::test]
async fn names_are_a_guess_and_never_outweigh_the_persons_table() {
    let mut shop = Shop::new("shop-production");
    shop.ground.claims.insert("environment".to_owned(), "staging".to_owned());
    let guessed = shop.ask(&shop.of_table("orders", None)).await.facts;
    assert_eq!(guessed.environment_name.as_deref(), Some("production"));
    assert_eq!(guessed.environment.known, Known::Inferred);
    assert_eq!(guessed.environment.source, "the database's name shop-production");
    assert!(guessed.environment.detail.contains("The agent said: “staging”."), "{guessed:?}");
    shop.ground.environment("qa", &[], &[], &["127.0.0.1"]);
    let named = shop.ask(&shop.of_table("orders", None)).await.facts;
    assert_eq!((named.environment_name.as_deref(), named.environment.known), (Some("qa"), Known::Checked));
    assert!(named.environment.detail.contains("says “production”"), "{:?}", named.environment);
}

#[tokio::test]
async fn an_archive_of_wal_counts_for_nothing_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    super::rig::hand_over(folder.path());
    let command = format!("cp %p {}/%f", folder.path().display());
    let server = Postgres::start(&[("archive_mode", "on"), ("archive_command", &command)]);
    let shop = Shop::on(Arc::new(server), "archived");
    shop.server.sql("archived", "SELECT pg_switch_wal()");
    while shop.server.sql("archived", "SELECT archived_count > 0, pg_sleep(0.02) FROM pg_stat_archiver")
        != "t|"
    {}
    let backups = shop.ask(&shop.of_table("orders", None)).await.facts.backups;
    assert_eq!(backups.headline, "Could not be checked");
    assert!(backups.detail.contains("WAL is archived, the last piece "), "{}", backups.detail);
    assert!(backups.detail.contains("It lies on the same disk as the database."), "{}", backups.detail);
}

/// What the command that somebody would really type reads as, and what is found out of it.
#[tokio::test]
async fn commands_as_they_are_typed_lead_to_their_facts() {
    let shop = Shop::new("typed");
    let (port, word) = (shop.server.port, PASSWORD);
    let psql = format!("PGPASSWORD={word} psql -h 127.0.0.1 -p {port} -U {USER} typed -c");
    let cases = [
        (format!("{psql} 'DROP TABLE items'"), "2,000 rows, "),
        (format!("{psql} \"DELETE FROM orders WHERE state = 'open'\""), "37 of about 1,000 rows"),
        (format!("{psql} 'TRUNCATE orders CASCADE'"), "2 tables, 3,000 rows, "),
        (format!("psql '{}' -c 'DROP SCHEMA public CASCADE'", shop.server.url("typed")), ""),
        (format!("PGPASSWORD={word} dropdb --host=127.0.0.1 -p {port} -U {USER} typed"), ""),
        (format!("psql '{}' -c 'DROP DATABASE typed'", shop.server.url("postgres")), ""),
    ];
    for (script, headline) in cases {
        let text = serde_json::json!({"kind": "shell", "script": script, "cwd": shop.ground.home});
        let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
        let reading = sayso_reading::read(&action);
        let before = shop.server.dump("typed");
        let gathered =
            gather_with(&shop.ground.question(&action, &reading), &Git::here(&shop.ground.home)).await;
        assert_eq!(before, shop.server.dump("typed"));
        let data = gathered.facts.data;
        assert_eq!(data.known, Known::Checked, "{script}: {data:?}");
        assert!(data.headline.starts_with(headline), "{script}: {data:?}");
        assert!(!headline.is_empty() || data.headline.ends_with("B in 3 tables"), "{script}: {data:?}");
        assert!(!format!("{data:?}").contains(word), "{script}");
    }
    let text = serde_json::json!({"kind": "sql", "statement": "TRUNCATE items", "connection": shop.server.url("typed")});
    let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
    let reading = sayso_reading::read(&action);
    let data =
        gather_with(&shop.ground.question(&action, &reading), &Git::here(&shop.ground.home)).await.facts.data;
    assert!(data.headline.starts_with("2,000 rows, "), "{data:?}");
}
