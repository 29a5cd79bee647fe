//! MariaDB, asked for real.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sayso_core::Reading;
use sayso_core::action::Action;
use sayso_core::backup::BackupPlace;
use sayso_core::card::{Change, OutlineRow};
use sayso_core::fact::{Known, Tone};
use sayso_core::reading::{Reach, Rows, System, TargetKind, Verb};
use zeroize::Zeroizing;

use super::ground::{Ground, reading};
use super::rig::mariadb::{MariaDb, PASSWORD, USER};
use crate::git::Git;
use crate::{Credentials, Gathered, gather_with};

const TABLES: &str = "
    CREATE TABLE customers (id int PRIMARY KEY, email varchar(80), password_hash text, picture blob);
    CREATE TABLE orders (id int PRIMARY KEY, customer int, state varchar(20),
        FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE);
    CREATE TABLE items (id int PRIMARY KEY, item_of int,
        FOREIGN KEY (item_of) REFERENCES orders (id) ON DELETE CASCADE);
    CREATE TABLE notes (id int PRIMARY KEY, note_of int, FOREIGN KEY (note_of) REFERENCES orders (id));
    CREATE VIEW open_orders AS SELECT * FROM orders WHERE state = 'open';
    INSERT INTO customers SELECT seq, concat('c', seq, '@acme.example'), 'not-for-anybody', x'00ff' FROM seq_1_to_100;
    INSERT INTO orders SELECT seq, seq % 100 + 1, IF(seq % 27 = 0, 'open', 'paid') FROM seq_1_to_1000;
    INSERT INTO items SELECT seq, seq % 1000 + 1 FROM seq_1_to_2000;
    ANALYZE TABLE customers, orders, items;";

/// A database of one test.
struct Shop {
    server: Arc<MariaDb>,
    database: String,
    ground: Ground,
}

impl Shop {
    fn new(database: &str) -> Self {
        Self::on(MariaDb::shared(), database)
    }

    fn on(server: Arc<MariaDb>, database: &str) -> Self {
        server.sql("", &format!("CREATE DATABASE `{database}`"));
        server.sql(database, TABLES);
        Self { server, database: database.to_owned(), ground: Ground::new() }
    }

    fn reading(&self, effects: &[(Verb, TargetKind, &str)]) -> Reading {
        let address = Zeroizing::new(self.server.url(&self.database));
        let reach = Reach { system: System::Mysql, address, settings: BTreeMap::new() };
        Reading { reaches: vec![reach], ..reading(effects) }
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

    async fn typed(&self, script: &str) -> Gathered {
        let text = serde_json::json!({"kind": "shell", "script": script, "cwd": self.ground.home});
        let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
        let reading = sayso_reading::read(&action);
        let before = self.server.dump(&self.database);
        let gathered =
            gather_with(&self.ground.question(&action, &reading), &Git::here(&self.ground.home)).await;
        assert_eq!(before, self.server.dump(&self.database), "asking changed something");
        assert!(!format!("{gathered:?}").contains(PASSWORD), "{script}");
        gathered
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
    let _web = shop.server.hold("drop_table", "SELECT 1");
    let gathered = shop.ask(&shop.of_table("orders", None)).await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("1,000 rows, "), "{data:?}");
    assert_eq!(data.known, Known::Checked);
    assert!(data.detail.contains("(ON DELETE CASCADE): items (about 2,000 rows)"), "{}", data.detail);
    assert!(data.detail.contains("notes (about 0 rows) refers to it."), "{}", data.detail);
    assert!(data.detail.contains("open_orders is a view that reads it."), "{}", data.detail);
    assert!(data.detail.contains("other connection"), "{}", data.detail);
    assert!(data.detail.contains("orders was last written "), "{}", data.detail);
    let port = shop.server.port;
    assert_eq!(data.source, format!("MariaDB at 127.0.0.1:{port}, with the action's own login"));
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad));
}

#[tokio::test]
async fn a_condition_is_counted_as_it_stands_and_its_rows_are_shown() {
    let shop = Shop::new("delete_where");
    let condition = "state = 'open' AND id > 100";
    let gathered = shop.ask(&shop.of_table("`orders`", Some(condition))).await;
    let really = shop.server.sql("delete_where", &format!("SELECT count(*) FROM orders WHERE {condition}"));
    let data = &gathered.facts.data;
    assert_eq!(data.headline, format!("{really} of about 1,000 rows"), "{data:?}");
    let rows = outline(&gathered);
    assert!(rows[1].name.contains("state open"), "{rows:?}");
    assert!(rows.iter().any(|row| row.name.ends_with(" more rows")), "{rows:?}");
    let customers = shop.ask(&shop.of_table("customers", Some("id = 7"))).await;
    let rows = outline(&customers);
    assert_eq!(rows[1].name, "id 7, email c7@acme.example, picture …", "{rows:?}");
}

#[tokio::test]
async fn what_cannot_be_counted_says_why() {
    let shop = Shop::new("uncounted");
    let view = shop.ask(&shop.of_table("open_orders", Some("id = 1"))).await.facts.data;
    assert!(view.detail.contains("were not counted: it is no table"), "{view:?}");
    let wrong = shop.ask(&shop.of_table("orders", Some("no_such_column = 1"))).await.facts.data;
    assert!(wrong.detail.contains("no_such_column"), "{wrong:?}");
    let none = shop.ask(&shop.of_table("no_such_table", None)).await.facts.data;
    assert_eq!(none.headline, "Nothing there", "{none:?}");
    for odd in ["id = 1); DELETE FROM orders; SELECT (1", "id = 1 /*! OR sleep(5) */", "id = 1 /*M! OR 1 */"]
    {
        let odd = shop.ask(&shop.of_table("orders", Some(odd))).await.facts.data;
        assert!(odd.detail.contains("were not counted"), "{odd:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_dropped_lists_what_it_holds_and_whose_replicas_follow() {
    let server = Arc::new(MariaDb::start(&["--log-bin=trail", "--server-id=1"]));
    let mut shop = Shop::on(server, "shop-production");
    let _follower = shop.server.follow();
    shop.ground.claims.insert("environment".to_owned(), "staging".to_owned());
    let gathered = shop.ask(&shop.reading(&[(Verb::Delete, TargetKind::Database, "shop-production")])).await;
    let facts = &gathered.facts;
    assert!(facts.data.headline.ends_with("B in 4 tables"), "{facts:?}");
    assert_eq!(outline(&gathered)[0].name, "database shop-production");
    assert!(facts.data.detail.contains("1 replica follows and loses it too."), "{facts:?}");
    assert_eq!(facts.environment_name.as_deref(), Some("production"));
    assert_eq!(facts.environment.known, Known::Inferred);
    assert!(facts.environment.detail.contains("The agent said: “staging”."), "{facts:?}");
    assert_eq!(facts.backups.headline, "Could not be checked", "{facts:?}");
    assert!(facts.backups.detail.contains("It lies in the server's own data folder."), "{facts:?}");
    shop.ground.environment("qa", &[], &[], &["127.0.0.1"]);
    let named = shop.ask(&shop.of_table("orders", None)).await.facts;
    assert_eq!((named.environment_name.as_deref(), named.environment.known), (Some("qa"), Known::Checked));
    assert!(named.environment.detail.contains("says “production”"), "{:?}", named.environment);
}

#[tokio::test]
async fn a_dump_that_the_person_names_survives_the_database() {
    let mut shop = Shop::new("dumped");
    shop.ground.write("dumps/shop.sql.gz", "a dump");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - 95 * 86_400);
    let file = fs::File::options().write(true).open(shop.ground.path("dumps/shop.sql.gz")).unwrap();
    file.set_modified(then).unwrap();
    shop.ground.around.places.rows.push(BackupPlace {
        name: "shop".to_owned(),
        of: vec!["127.0.0.1/dumped".to_owned()],
        dumps: Some("~/dumps".to_owned()),
        ..BackupPlace::default()
    });
    let whole = shop.reading(&[(Verb::Delete, TargetKind::Database, "dumped")]);
    assert_eq!(shop.ask(&whole).await.facts.backups.headline, "Newest survivor is 3 months old, at ~/dumps");
    let mut gone = whole;
    gone.reaches[0].address = Zeroizing::new("mysql://a:b@127.0.0.1:1/dumped".to_owned());
    let facts = shop.ask(&gone).await.facts;
    assert_eq!(facts.data.known, Known::Failed);
    assert!(facts.data.detail.contains("No MariaDB or MySQL server answers at 127.0.0.1:1"), "{facts:?}");
    assert_eq!(facts.backups.headline, "Newest survivor is 3 months old, at ~/dumps");
}

/// The person's own credentials.
#[derive(Debug)]
struct Own(String, String);

impl Credentials for Own {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String> {
        Ok((name == self.0).then(|| Zeroizing::new(self.1.clone())))
    }
}

#[tokio::test]
async fn the_persons_own_credential_comes_first_and_who_has_none_is_told_what_to_do() {
    let mut shop = Shop::new("own_login");
    let port = shop.server.port;
    shop.server.sql(
        "",
        "CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'read-only-word'; GRANT SELECT ON own_login.* TO reader@'127.0.0.1'",
    );
    let mut reading = shop.of_table("orders", None);
    reading.reaches[0].address =
        Zeroizing::new(format!("mysql://nobody:hunter22@127.0.0.1:{port}/own_login"));
    let refused = shop.ask(&reading).await.facts.data;
    assert_eq!(refused.known, Known::Failed);
    assert!(
        refused.detail.contains(&format!("`sayso credential add mysql:127.0.0.1:{port}`")),
        "{refused:?}"
    );
    assert!(!format!("{refused:?}").contains("hunter22"), "{refused:?}");
    let name = format!("mysql:127.0.0.1:{port}/own_login");
    shop.ground.around.credentials = Arc::new(Own(name.clone(), "reader:read-only-word".to_owned()));
    let data = shop.ask(&reading).await.facts.data;
    assert_eq!(data.source, format!("MariaDB at 127.0.0.1:{port} as your credential {name}"));
    assert!(data.headline.starts_with("1,000 rows"), "{data:?}");
    // Without the right to see other sessions there is no word of nobody being there; foreign keys are found all the same.
    assert!(data.detail.contains("is not shown to this login"), "{data:?}");
    assert!(data.detail.contains("items (about 2,000 rows)"), "{data:?}");
}

/// What the command that somebody would really type reads as, and what is found out of it.
#[tokio::test]
async fn commands_as_they_are_typed_lead_to_their_facts() {
    let shop = Shop::new("typed");
    let (port, folder) = (shop.server.port, shop.server.folder());
    let tcp = format!("-h 127.0.0.1 -P {port} -u {USER}");
    let option_file =
        format!("[client]\nhost=127.0.0.1\nport={port}\nuser={USER}\npassword=\"{PASSWORD}\"\n");
    shop.ground.write("shop.cnf", &option_file);
    let cases = [
        (format!("mysql {tcp} -p{PASSWORD} typed -e 'DROP TABLE items'"), "2,000 rows, "),
        (
            format!(
                "MYSQL_PWD={PASSWORD} mariadb {tcp} -D typed -e \"DELETE FROM orders WHERE state = 'open'\""
            ),
            "37 of about 1,000 rows",
        ),
        ("mysql --defaults-file=shop.cnf typed -e 'TRUNCATE TABLE items'".to_owned(), "2,000 rows, "),
        (
            format!("mysql --no-defaults -uroot --socket={folder}/socket typed -e 'DROP TABLE items'"),
            "2,000 rows, ",
        ),
        (format!("mysql {tcp} --password={PASSWORD} -e 'DELETE FROM typed.items'"), "2,000 rows, "),
        (format!("mysql {tcp} -p{PASSWORD} -e 'DROP DATABASE typed'"), ""),
        (format!("mysqladmin {tcp} -p{PASSWORD} --force drop typed"), ""),
    ];
    for (script, headline) in cases {
        let data = shop.typed(&script).await.facts.data;
        assert_eq!(data.known, Known::Checked, "{script}: {data:?}");
        assert!(data.headline.starts_with(headline), "{script}: {data:?}");
        assert!(!headline.is_empty() || data.headline.ends_with("B in 4 tables"), "{script}: {data:?}");
    }
    shop.ground.write(".my.cnf", &option_file);
    let data = shop.typed("mysql typed -e 'DROP TABLE items'").await.facts.data;
    assert!(data.headline.starts_with("2,000 rows, "), "{data:?}");
    let data = shop.typed("mysql --login-path=shop typed -e 'DROP TABLE items'").await.facts.data;
    assert!(data.detail.contains("only the client itself can read"), "{data:?}");
    let url = shop.server.url("typed");
    let text = serde_json::json!({"kind": "sql", "statement": "TRUNCATE items", "connection": url});
    let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
    let reading = sayso_reading::read(&action);
    let gathered = gather_with(&shop.ground.question(&action, &reading), &Git::here(&shop.ground.home)).await;
    assert!(gathered.facts.data.headline.starts_with("2,000 rows, "), "{:?}", gathered.facts.data);
}

#[tokio::test]
async fn a_lock_that_somebody_holds_delays_nothing_for_long() {
    let shop = Shop::new("locked");
    let _lock = shop.server.hold("locked", "LOCK TABLES orders WRITE");
    let data = shop.ask_without_looking(&shop.of_table("orders", None)).await.facts.data;
    assert!(data.detail.contains("estimate of orders: "), "{data:?}");
}

/// Prints how long it takes, for whoever looks; it asserts nothing on time.
#[tokio::test]
async fn a_thousand_tables_are_told_as_a_thousand() {
    let shop = Shop::new("thousand");
    let tables = (0..996).map(|n| format!("CREATE TABLE t{n} (id int PRIMARY KEY, v text) ENGINE=Aria;"));
    shop.server.sql("thousand", &tables.collect::<String>());
    let reading = shop.reading(&[(Verb::Delete, TargetKind::Database, "thousand")]);
    let asked = Instant::now();
    let gathered = shop.ask_without_looking(&reading).await;
    eprintln!("1,000 tables of MariaDB: {:?}", asked.elapsed());
    assert!(gathered.facts.data.headline.ends_with("B in 1,000 tables"), "{:?}", gathered.facts.data);
}
