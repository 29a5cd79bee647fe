//! Redis and Valkey: how many keys go, who else is there, and what survives.
//!
//! # Invariants
//! - Only commands that read are sent, and none that would make a key look used: a test compares the server's digest.
//! - What the server keeps on its own disk never counts: it follows what happens in memory. Dumps that the person names
//!   are what survives.
//! - A key's value is never read, and of names that the action does not name only the beginning is shown.
//!
//! # Reading order
//! [`COLLECTOR`] here, then `address`, `session`, `server`; `told` makes the words.

mod address;
mod server;
mod session;
mod told;

use std::time::Instant;

use futures_util::future::join_all;
use sayso_core::reading::{Reach, System};

use super::connection::{Door, Refused, away, enter};
use super::{Answer, Asked, Collector, dumps, together};
use crate::{Question, limits, words};
use address::Address;
use session::Session;

/// The row of the table.
pub(super) const COLLECTOR: Collector = Collector { name: "Redis", concerns, ask };

fn concerns(q: &Question<'_>) -> bool {
    q.reading.reaches.iter().any(|reach| reach.system == System::Redis)
}

/// Which keys go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aim {
    /// Every key of every database.
    All,
    /// Every key of the database.
    Database,
    /// These, by name.
    Keys(Vec<String>),
    /// Those of a pattern: what another command lists.
    Pattern(String),
    /// Nobody knows which.
    Unclear,
}

impl Aim {
    const fn weight(&self) -> u8 {
        match self {
            Self::All => 4,
            Self::Database => 3,
            Self::Unclear => 2,
            Self::Pattern(_) => 1,
            Self::Keys(_) => 0,
        }
    }
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let mut aims: Vec<(Address, Aim)> = Vec::new();
        let mut astray = Vec::new();
        for reach in q.reading.reaches.iter().filter(|reach| reach.system == System::Redis) {
            match Address::of(reach, q) {
                Ok(address) => match away(reach, &address.host) {
                    None => add(&mut aims, address, aim(q, reach)),
                    Some(why) => astray.push(why),
                },
                Err(why) => astray.push(format!("{why} Name the server in the action itself.")),
            }
        }
        aims.truncate(limits::REACHES);
        astray.dedup();
        let failed = (!astray.is_empty()).then(|| Answer::failed("Redis", words::sentences(astray), q.now));
        let asked = join_all(aims.into_iter().map(|(address, aim)| of(q, address, aim))).await;
        asked.into_iter().chain(failed).reduce(together).unwrap_or_default()
    })
}

/// One aim for each database of each server: what lists keys for another command says which ones go.
fn add(aims: &mut Vec<(Address, Aim)>, address: Address, aim: Option<Aim>) {
    let Some((_, known)) = aims.iter_mut().find(|(known, _)| known.is_same(&address)) else {
        return aims.push((address, aim.unwrap_or(Aim::Unclear)));
    };
    let Some(aim) = aim else { return };
    *known = match (std::mem::replace(known, Aim::Unclear), aim) {
        (Aim::Keys(mut keys), Aim::Keys(more)) => {
            keys.extend(more);
            Aim::Keys(keys)
        }
        (Aim::Pattern(pattern), Aim::Unclear) | (Aim::Unclear, Aim::Pattern(pattern)) => {
            Aim::Pattern(pattern)
        }
        (one, other) if one.weight() >= other.weight() => one,
        (_, other) => other,
    };
}

/// What the reading says of one call. `None` where it deletes nothing and lists nothing.
fn aim(q: &Question<'_>, reach: &Reach) -> Option<Aim> {
    let text = |name: &str| reach.settings.get(name).map(|text| text.to_string());
    match text("operation").as_deref() {
        Some("FLUSHALL") => Some(Aim::All),
        Some("FLUSHDB") => Some(Aim::Database),
        Some("DEL") => {
            let keys: Vec<String> =
                text("keys").unwrap_or_default().lines().take(limits::KEYS).map(str::to_owned).collect();
            let is_open = keys.is_empty() || reach.settings.contains_key("unclear");
            Some(if is_open { Aim::Unclear } else { Aim::Keys(keys) })
        }
        _ => {
            // A list of keys matters where something is deleted by it.
            let deletes = |other: &Reach| {
                other.system == System::Redis
                    && other.settings.get("operation").is_some_and(|operation| operation.as_str() == "DEL")
            };
            let pattern = text("pattern")?;
            q.reading.reaches.iter().any(deletes).then_some(Aim::Pattern(pattern))
        }
    }
}

impl Door for Address {
    type Session = Session;
    const SYSTEM: &'static str = "Redis";
    const SCHEME: &'static str = "redis";

    fn place(&self) -> String {
        Self::place(self)
    }

    fn credentials(&self) -> Vec<String> {
        vec![format!("redis:{}", Self::place(self))]
    }

    fn with_login(&self, credential: &str) -> Self {
        Self::with_login(self, credential)
    }

    async fn open(&self, until: Instant) -> Result<Session, Refused> {
        let open = Session::open(self, until).await;
        open.map_err(|trouble| Refused { about_login: trouble.is_about_login(), why: trouble.to_string() })
    }
}

async fn of(q: &Question<'_>, address: Address, aim: Aim) -> Answer {
    let until = Instant::now() + limits::DATABASE;
    let source = format!("Redis at {}", words::shown(&address.place()));
    let known_as = address.names();
    let found = match enter(q, address, until).await {
        Ok((mut session, address, source)) => match server::ask(&mut session, &address, &aim).await {
            Ok((server, hit)) => Ok((address, source, server, hit)),
            Err(trouble) => Err(trouble.to_string()),
        },
        Err(why) => Err(why),
    };
    let (dumps, backup_troubles) = dumps::of(q, &known_as).await;
    let (address, source, server, hit) = match found {
        Ok(found) => found,
        Err(why) => return Answer::failed(source, why, q.now).with_backups((dumps, backup_troubles)),
    };
    let told = told::Told { q, address: &address, aim: &aim, server: &server, hit: &hit };
    let (data, changes) = (told.data(&source), told.changes());
    let backups = dumps.into_iter().chain(told.kept()).collect();
    Answer { data: Some(data), backups: Some(backups), backup_troubles, changes, source, ..Answer::default() }
}
