//! What a Redis server says of itself and of the keys that go.
//!
//! Invariant: keys are counted by their number alone or by walking their names; no value is read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Aim;
use super::address::Address;
use super::session::{Session, Trouble};
use crate::limits;

/// One database of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Database {
    pub(super) keys: u64,
    /// Those that go by themselves some day.
    pub(super) expires: u64,
}

/// What the server says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Server {
    pub(super) databases: BTreeMap<u32, Database>,
    /// Bytes that its keys take.
    pub(super) bytes: Option<u64>,
    /// Who else is connected.
    pub(super) clients: u64,
    pub(super) replicas: u64,
    pub(super) is_replica: bool,
    pub(super) is_cluster: bool,
    /// When it last wrote its own file, in seconds since 1970; nothing where it never did.
    pub(super) saved: Option<i64>,
    /// What was changed since.
    pub(super) unsaved: u64,
    /// Whether it saves by itself; nothing where this login may not know.
    pub(super) saves: Option<bool>,
    pub(super) file: Option<PathBuf>,
    pub(super) log: bool,
    pub(super) log_bytes: Option<u64>,
}

/// A key that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) bytes: Option<u64>,
    pub(super) expires: bool,
}

/// The keys that go.
#[derive(Debug, Clone, Default)]
pub(super) struct Hit {
    /// How many; nothing where nobody knows.
    pub(super) keys: Option<u64>,
    /// Whether there was no time to find them all.
    pub(super) at_least: bool,
    /// Those that the action names, as far as they are listed.
    pub(super) listed: Vec<Key>,
    /// How some of the others begin.
    pub(super) beginnings: Vec<String>,
}

/// Asks for everything.
pub(super) async fn ask(
    session: &mut Session,
    address: &Address,
    aim: &Aim,
) -> Result<(Server, Hit), Trouble> {
    let server = server(session, address).await?;
    let own = server.databases.get(&address.database).map_or(0, |database| database.keys);
    let all = server.databases.values().map(|database| database.keys).fold(0, u64::saturating_add);
    let hit = match aim {
        Aim::All => Hit { keys: Some(all), ..some(session).await },
        Aim::Database => Hit { keys: Some(own), ..some(session).await },
        Aim::Keys(names) => named(session, names).await?,
        Aim::Pattern(pattern) => matching(session, pattern).await?,
        Aim::Unclear => Hit::default(),
    };
    Ok((server, hit))
}

async fn server(session: &mut Session, address: &Address) -> Result<Server, Trouble> {
    let text: String = session.ask("INFO", &[]).await?;
    let fields: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.trim().split_once(':')).collect();
    let number = |name: &str| fields.get(name).and_then(|value| value.parse::<u64>().ok());
    let is = |name: &str, wanted: &str| fields.get(name).is_some_and(|value| *value == wanted);
    let databases = fields.iter().filter_map(|(name, value)| {
        let part = |of: &str| {
            let mut parts = value.split(',').filter_map(|part| part.split_once('='));
            parts.find(|(name, _)| *name == of).and_then(|(_, n)| n.parse().ok())
        };
        let at: u32 = name.strip_prefix("db")?.parse().ok()?;
        Some((at, Database { keys: part("keys")?, expires: part("expires").unwrap_or(0) }))
    });
    let mut server = Server {
        databases: databases.collect(),
        bytes: number("used_memory_dataset"),
        clients: number("connected_clients").unwrap_or(1).saturating_sub(1),
        replicas: number("connected_slaves").unwrap_or(0),
        is_replica: is("role", "slave"),
        is_cluster: is("redis_mode", "cluster"),
        unsaved: number("rdb_changes_since_last_save").unwrap_or(0),
        log: is("aof_enabled", "1"),
        log_bytes: number("aof_current_size"),
        ..Server::default()
    };
    let setting = async |session: &mut Session, name: &str| {
        let answer: Result<Vec<String>, Trouble> = session.ask("CONFIG GET", &[name]).await;
        answer.ok().and_then(|pair| pair.into_iter().nth(1))
    };
    server.saves = setting(session, "save").await.map(|save| !save.is_empty());
    let folder = setting(session, "dir").await;
    let name = setting(session, "dbfilename").await;
    server.file = folder.zip(name).map(|(folder, name)| PathBuf::from(folder).join(name));
    // Before its first save the server gives the time of its start.
    let is_there = server.file.as_ref().is_some_and(|file| address.is_local() && file.is_file());
    let was_saved = number("rdb_saves").is_some_and(|n| n > 0)
        || number("rdb_last_load_keys_loaded").is_some_and(|n| n > 0)
        || is_there;
    let saved = number("rdb_last_save_time").and_then(|at| i64::try_from(at).ok());
    server.saved = saved.filter(|_| was_saved);
    Ok(server)
}

/// The keys of these names that are there.
async fn named(session: &mut Session, names: &[String]) -> Result<Hit, Trouble> {
    let mut hit = Hit { keys: Some(0), ..Hit::default() };
    for (at, name) in names.iter().enumerate() {
        if !session.has_time() {
            hit.at_least = true;
            break;
        }
        let there: u64 = session.ask("EXISTS", &[name]).await?;
        hit.keys = hit.keys.map(|keys| keys + there.min(1));
        if there > 0 && at < limits::LISTED_ENTRIES {
            let key = key(session, name).await?;
            hit.listed.push(key);
        }
    }
    Ok(hit)
}

async fn key(session: &mut Session, name: &str) -> Result<Key, Trouble> {
    let kind: String = session.ask("TYPE", &[name]).await?;
    let left: i64 = session.ask("PTTL", &[name]).await.unwrap_or(-1);
    // Not every login may, and not every server can.
    let bytes = session.ask::<Option<u64>>("MEMORY USAGE", &[name]).await.ok().flatten();
    Ok(Key { name: name.to_owned(), kind, bytes, expires: left >= 0 })
}

/// The keys of a pattern, by walking all names of the database.
async fn matching(session: &mut Session, pattern: &str) -> Result<Hit, Trouble> {
    let mut hit = Hit { keys: Some(0), ..Hit::default() };
    let mut cursor = "0".to_owned();
    loop {
        let words = [cursor.as_str(), "MATCH", pattern, "COUNT", limits::KEYS_AT_ONCE];
        let (next, names): (String, Vec<Vec<u8>>) = session.ask("SCAN", &words).await?;
        hit.keys = hit.keys.map(|keys| keys.saturating_add(names.len() as u64));
        begin(&mut hit.beginnings, &names);
        if next == "0" {
            return Ok(hit);
        }
        if !session.has_time() {
            hit.at_least = true;
            return Ok(hit);
        }
        cursor = next;
    }
}

/// How some of the database's keys begin.
async fn some(session: &mut Session) -> Hit {
    let mut hit = Hit::default();
    let asked = session.ask("SCAN", &["0", "COUNT", limits::KEYS_AT_ONCE]).await;
    let (_, names): (String, Vec<Vec<u8>>) = asked.unwrap_or_default();
    begin(&mut hit.beginnings, &names);
    hit
}

/// The parts of names that say what sort of key it is: `session:1f2e…` is `session:…`, for the rest may let somebody in.
fn begin(beginnings: &mut Vec<String>, names: &[Vec<u8>]) {
    for name in names {
        let name = String::from_utf8_lossy(name);
        let Some((sort, _)) = name.split_once([':', '/', '|']) else { continue };
        let beginning = format!("{sort}:…");
        if sort.len() <= limits::SAMPLE_CHARACTERS && !beginnings.contains(&beginning) {
            beginnings.push(beginning);
        }
        if beginnings.len() >= limits::SAMPLE_COLUMNS {
            return;
        }
    }
}
