//! Redis, asked for real.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sayso_core::action::Action;
use sayso_core::backup::BackupPlace;
use sayso_core::card::{Change, OutlineRow};
use sayso_core::fact::{Known, Tone};
use zeroize::Zeroizing;

use super::ground::Ground;
use super::rig::redis::{PASSWORD, Redis};
use crate::git::Git;
use crate::{Credentials, Gathered, gather_with};

/// Six sessions that expire, four carts that do not, and two keys in another database.
fn fill(server: &Redis) {
    let sessions = (1..=6).map(|n| format!("SET session:{n} {} EX 5000\n", "x".repeat(100)));
    let carts = (1..=4).map(|n| format!("RPUSH cart:{n} a b c\n"));
    server.send(0, &sessions.chain(carts).collect::<Vec<_>>().concat());
    server.send(3, "SET one 1\nHSET two a b\n");
}

struct Shop {
    server: Redis,
    ground: Ground,
}

impl Shop {
    fn new(options: &[&str]) -> Self {
        let server = Redis::start(options);
        fill(&server);
        Self { server, ground: Ground::new() }
    }

    /// Asks about what somebody would type behind `redis-cli`, and proves that asking changed nothing.
    async fn ask(&self, words: &str) -> Gathered {
        self.typed(&format!("redis-cli -p {} -a {PASSWORD} {words}", self.server.port)).await
    }

    async fn typed(&self, script: &str) -> Gathered {
        let text = serde_json::json!({"kind": "shell", "script": script, "cwd": self.ground.home});
        let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
        let reading = sayso_reading::read(&action);
        let before = self.server.state();
        let gathered =
            gather_with(&self.ground.question(&action, &reading), &Git::here(&self.ground.home)).await;
        assert_eq!(before, self.server.state(), "asking changed something");
        assert!(!format!("{gathered:?}").contains(PASSWORD), "{script}");
        gathered
    }
}

fn outline(gathered: &Gathered) -> Vec<OutlineRow> {
    let rows = gathered.changes.iter().filter_map(|change| match change {
        Change::Outline(outline) => Some(outline.rows.clone()),
        _ => None,
    });
    rows.flatten().collect()
}

#[tokio::test]
async fn flushing_everything_counts_every_database() {
    let shop = Shop::new(&[]);
    let gathered = shop.ask("FLUSHALL").await;
    let data = &gathered.facts.data;
    assert!(data.headline.starts_with("12 keys in 2 databases, "), "{data:?}");
    assert_eq!(data.known, Known::Checked);
    assert!(data.detail.contains("session:…") && data.detail.contains("cart:…"), "{data:?}");
    assert!(data.detail.contains("6 of them would expire by themselves some day."), "{data:?}");
    assert!(data.detail.contains("Nothing of it was ever saved to disk."), "{data:?}");
    let port = shop.server.port;
    assert_eq!(data.source, format!("Redis at 127.0.0.1:{port}, with the action's own login"));
    let backups = &gathered.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("None found", Tone::Bad));
    let names: Vec<String> =
        outline(&gathered).into_iter().map(|row| format!("{} {}", row.name, row.note)).collect();
    assert_eq!(names, ["database 0 10 keys", "database 3 2 keys"]);
}

#[tokio::test]
async fn one_database_keys_by_name_and_keys_by_pattern_are_told_apart() {
    let shop = Shop::new(&[]);
    let port = shop.server.port;
    let headline = async |words: &str| shop.ask(words).await.facts.data.headline;
    assert_eq!(headline("-n 3 FLUSHDB").await, "2 keys");
    assert_eq!(headline("DEL cart:1 cart:2 nowhere").await, "2 of 10 keys");
    assert_eq!(headline("UNLINK nowhere").await, "Nothing there");
    let two = shop.ask("-n 3 DEL two").await;
    let rows = outline(&two);
    assert_eq!((rows[0].name.as_str(), rows[0].note.as_str()), ("two", "hash"), "{rows:?}");
    assert!(rows[0].size.ends_with(" bytes"), "{rows:?}");
    for lists in ["--scan --pattern 'session:*'", "KEYS 'session:*'"] {
        let cli = format!("redis-cli -p {port} -a {PASSWORD}");
        let data = shop.typed(&format!("{cli} {lists} | xargs {cli} DEL")).await.facts.data;
        assert_eq!(data.headline, "6 of 10 keys", "{data:?}");
        assert!(data.detail.contains("match “session:*” now"), "{data:?}");
    }
    let open = shop.ask("DEL \"$KEY\"").await.facts.data;
    assert_eq!(open.headline, "Some of 10 keys", "{open:?}");
    let socket = shop.server.folder();
    let script =
        format!("printf 'SELECT 3\\nFLUSHDB\\n' | REDISCLI_AUTH={PASSWORD} redis-cli -s {socket}/socket");
    assert_eq!(
        shop.typed(&script).await.facts.data.source,
        "Redis at localhost, with the action's own login"
    );
    let script =
        format!("REDISCLI_AUTH={PASSWORD} redis-cli -s {socket}/socket <<'END'\nSELECT 3\nFLUSHDB\nEND");
    assert_eq!(shop.typed(&script).await.facts.data.headline, "2 keys");
    let url =
        shop.typed(&format!("redis-cli -u redis://default:{PASSWORD}@127.0.0.1:{port}/3 FLUSHDB")).await;
    assert_eq!(url.facts.data.headline, "2 keys", "{:?}", url.facts.data);
}

#[tokio::test]
async fn what_the_server_keeps_itself_counts_for_nothing_and_a_dump_elsewhere_does() {
    let mut shop = Shop::new(&["--save", "3600", "1", "--appendonly", "yes"]);
    shop.server.send(0, "SAVE");
    let backups = shop.ask("FLUSHALL").await.facts.backups;
    assert_eq!((backups.headline.as_str(), backups.tone), ("Destroyed with it", Tone::Bad), "{backups:?}");
    let backups = shop.ask("DEL cart:1").await.facts.backups;
    assert_eq!(backups.headline, "Destroyed with it", "{backups:?}");
    shop.ground.write("dumps/shop.rdb", "a dump");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - 95 * 86_400);
    let file = fs::File::options().write(true).open(shop.ground.path("dumps/shop.rdb")).unwrap();
    file.set_modified(then).unwrap();
    shop.ground.around.places.rows.push(BackupPlace {
        name: "shop".to_owned(),
        of: vec![format!("127.0.0.1:{}", shop.server.port)],
        dumps: Some("~/dumps".to_owned()),
        ..BackupPlace::default()
    });
    let backups = shop.ask("FLUSHALL").await.facts.backups;
    assert_eq!(backups.headline, "Newest survivor is 3 months old, at ~/dumps", "{backups:?}");
}

#[tokio::test]
async fn a_file_that_nobody_will_save_again_is_a_doubt() {
    let shop = Shop::new(&[]);
    shop.server.send(0, "SAVE");
    let backups = shop.ask("FLUSHALL").await.facts.backups;
    assert_eq!(backups.headline, "Could not be checked", "{backups:?}");
    assert!(backups.detail.contains("stays until somebody has it saved"), "{backups:?}");
}

#[tokio::test]
async fn a_replica_that_follows_is_told() {
    let shop = Shop::new(&[]);
    let port = shop.server.port.to_string();
    let follower = Redis::start(&["--replicaof", "127.0.0.1", &port, "--masterauth", PASSWORD]);
    while !follower.send(0, "INFO replication").contains("master_link_status:up") {
        tokio::task::yield_now().await;
    }
    while !shop.server.send(0, "INFO replication").contains("connected_slaves:1") {
        tokio::task::yield_now().await;
    }
    let data = shop.ask("FLUSHALL").await.facts.data;
    assert!(data.detail.contains("1 replica follows and loses it too."), "{data:?}");
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
    let mut shop = Shop::new(&[]);
    let port = shop.server.port;
    let reads = "+info +ping +select +scan +exists +type +pttl +memory|usage +dbsize";
    shop.server.send(0, &format!("ACL SETUSER reader on >read-only-word ~* {reads}\n"));
    for login in ["", "-a hunter22hunter22"] {
        let refused = shop.typed(&format!("redis-cli -p {port} {login} FLUSHALL")).await.facts.data;
        assert_eq!(refused.known, Known::Failed);
        assert!(
            refused.detail.contains(&format!("`sayso credential add redis:127.0.0.1:{port}`")),
            "{refused:?}"
        );
        assert!(!format!("{refused:?}").contains("hunter22"), "{refused:?}");
    }
    let name = format!("redis:127.0.0.1:{port}");
    shop.ground.around.credentials = Arc::new(Own(name.clone(), "reader:read-only-word".to_owned()));
    let data = shop.typed(&format!("redis-cli -p {port} FLUSHALL")).await.facts.data;
    assert_eq!(data.source, format!("Redis at 127.0.0.1:{port} as your credential {name}"));
    assert!(data.headline.starts_with("12 keys"), "{data:?}");
    let gone = shop.typed("redis-cli -p 1 FLUSHALL").await.facts;
    assert_eq!(gone.data.known, Known::Failed);
    assert!(gone.data.detail.contains("No Redis server answers at 127.0.0.1:1"), "{gone:?}");
    assert_eq!(gone.backups.headline, "Could not be checked");
}

#[tokio::test]
async fn what_runs_in_a_container_is_not_asked_about_here() {
    let ground = Ground::new();
    ground.write("app.db", "");
    for script in [
        "docker exec cache redis-cli FLUSHALL",
        "docker compose exec db mysql -uroot shop -e 'DROP TABLE orders'",
        "docker exec db psql -U postgres -c 'DROP TABLE orders'",
        "ssh host \"sqlite3 /srv/app.db 'DELETE FROM t'\"",
    ] {
        let text = serde_json::json!({"kind": "shell", "script": script, "cwd": ground.home});
        let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
        let reading = sayso_reading::read(&action);
        let facts = gather_with(&ground.question(&action, &reading), &Git::here(&ground.home)).await.facts;
        assert_eq!(facts.data.known, Known::Failed, "{script}: {facts:?}");
        assert!(facts.data.detail.contains("runs on another machine or in a container"), "{facts:?}");
        assert_eq!(facts.backups.headline, "Could not be checked", "{facts:?}");
    }
    let script = format!("ssh host rm -rf {}", ground.path("app.db").display());
    let text = serde_json::json!({"kind": "shell", "script": script, "cwd": ground.home});
    let action: Action = sayso_core::strict::parse(text.to_string().as_bytes()).unwrap();
    let reading = sayso_reading::read(&action);
    let facts = gather_with(&ground.question(&action, &reading), &Git::here(&ground.home)).await.facts;
    assert!(facts.data.detail.contains("was not looked at"), "{facts:?}");
}

#[tokio::test]
async fn the_host_tells_the_environment() {
    let mut shop = Shop::new(&[]);
    shop.ground.claims.insert("environment".to_owned(), "staging".to_owned());
    shop.ground.environment("production", &[], &[], &["127.0.0.1"]);
    let facts = shop.ask("-h 127.0.0.1 FLUSHALL").await.facts;
    assert_eq!(facts.environment_name.as_deref(), Some("production"));
    assert!(facts.environment.detail.contains("The agent said: “staging”."), "{facts:?}");
}
