//! MariaDB and MySQL: how much a statement hits, who else is there, and what survives.
//!
//! # Invariants
//! - Asked is the server that the action would reach (`address`), through one read-only transaction (`session`).
//! - What the server could not say stands on the card with its reason; an answer that is missing is no zero.
//! - Only tables whose rows lie in this server are counted, and only by conditions that merely compare.
//!
//! # Reading order
//! [`COLLECTOR`] here, then `address` (`option_files`), `session`, `catalog`, `rows`, `binlog`; `super::tables` makes
//! the words.

mod address;
mod binlog;
mod catalog;
mod option_files;
mod rows;
mod session;

use std::time::Instant;

use sayso_core::UnixMs;
use sayso_core::reading::{Reach, System};

use super::connection::{Door, Refused, away, enter};
use super::tables::{self, Named, Referrer, Told, Whole, targets};
use super::{Answer, Asked, Collector, Said, dumps, guessed, together};
use crate::{Question, limits, words};
use address::Address;
use catalog::{Relation, Server};
use session::{Session, Trouble};

/// The row of the table.
pub(super) const COLLECTOR: Collector = Collector { name: "MariaDB", concerns, ask };

/// A table that is hit.
type Hit = tables::Hit<Relation>;

fn concerns(q: &Question<'_>) -> bool {
    q.reading.reaches.iter().any(|reach| reach.system == System::Mysql)
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let reaches = q.reading.reaches.iter().filter(|reach| reach.system == System::Mysql);
        let asked = reaches.take(limits::REACHES).map(|reach| of(q, reach));
        let answers = futures_util::future::join_all(asked).await;
        answers.into_iter().reduce(together).unwrap_or_default()
    })
}

/// An open session, how it was opened, and where.
struct Inside {
    session: Session,
    address: Address,
    source: String,
}

impl Door for Address {
    type Session = Session;
    const SYSTEM: &'static str = "MariaDB";
    const SCHEME: &'static str = "mysql";

    fn place(&self) -> String {
        Self::place(self)
    }

    fn credentials(&self) -> Vec<String> {
        Self::credentials(self)
    }

    fn with_login(&self, credential: &str) -> Self {
        Self::with_login(self, credential)
    }

    async fn open(&self, until: Instant) -> Result<Session, Refused> {
        let open = Session::open(self, until).await;
        open.map_err(|trouble| Refused { about_login: trouble.is_about_login(), why: trouble.to_string() })
    }
}

async fn of(q: &Question<'_>, reach: &Reach) -> Answer {
    let until = Instant::now() + limits::DATABASE;
    // A few small files of the person's are read at most: less than a hop to another thread is worth.
    let address = match Address::of(reach, q) {
        Ok(address) => address,
        Err(astray) => {
            let why = format!("{astray} Name the connection in the action itself.");
            return Answer::failed("MariaDB or MySQL", why, q.now);
        }
    };
    let source = format!("MariaDB or MySQL at {}", words::shown(&address.place()));
    let entered = match away(reach, &address.host) {
        None => enter(q, address.clone(), until).await,
        Some(why) => Err(why),
    };
    match entered {
        Ok((session, address, source)) => {
            let source = source.replacen("MariaDB", session.product(), 1);
            answer(q, Inside { session, address, source }).await
        }
        Err(why) => {
            let names = targets(q, &address.database).databases_or(&address.database);
            let names: Vec<String> = names.iter().flat_map(|database| address.names(database)).collect();
            Answer::failed(source, why, q.now).with_backups(dumps::of(q, &names).await)
        }
    }
}

async fn answer(q: &Question<'_>, mut inside: Inside) -> Answer {
    let source = inside.source.clone();
    match asked(q, &mut inside).await {
        Ok(answer) => {
            inside.session.close().await;
            answer
        }
        Err(trouble) => Answer::failed(source, format!("{}.", words::capital(&trouble.reason())), q.now),
    }
}

async fn asked(q: &Question<'_>, inside: &mut Inside) -> Result<Answer, Trouble> {
    let session = &mut inside.session;
    let server = catalog::server(session).await?;
    let named = targets(q, &server.database);
    let wholes = wholes(session, &named).await?;
    let hits = hits(q, session, &server, &named).await?;
    let databases: Vec<String> = if wholes.is_empty() {
        let schemas = hits.iter().filter_map(|hit| Some(hit.relation.as_ref()?.schema.clone()));
        let mut schemas: Vec<String> = schemas.collect();
        schemas.sort();
        schemas.dedup();
        if schemas.is_empty() { vec![server.database.clone()] } else { schemas }
    } else {
        wholes.iter().map(|whole| whole.name.clone()).collect()
    };
    let others = catalog::connections(session, &databases).await?;
    let asks_of_nothing = wholes.is_empty() && named.tables.is_empty() && !server.database.is_empty();
    let held = if asks_of_nothing { catalog::held(session, &server.database).await.ok() } else { None };
    let asides = vec![followers(&server), who(&server), written(q, &hits, &wholes, session).await];
    let (database, bytes) = (server.database.as_str(), held.map(|held| held.bytes));
    let told = Told { q, database, bytes, hits: &hits, wholes: &wholes, others: &others, asides };
    let (data, changes) = (told.data(&inside.source), told.changes());
    let known_as: Vec<String> =
        databases.iter().flat_map(|database| inside.address.names(database)).collect();
    let (mut backups, backup_troubles) = dumps::of(q, &known_as).await;
    backups.extend(binlog::of(q, &inside.address, &server));
    Ok(Answer {
        environment: said(&server, &databases),
        data: Some(data),
        backups: Some(backups),
        backup_troubles,
        changes,
        source: inside.source.clone(),
        ..Answer::default()
    })
}

/// What the server's own names say of the environment.
fn said(server: &Server, databases: &[String]) -> Option<Said> {
    let names = [("the server's name", server.host_name.as_str())].into_iter();
    let names = names.chain(databases.iter().map(|database| ("the database's name", database.as_str())));
    guessed(names.chain([("the login's name", server.user.as_str())]))
}

/// The databases that go, with what they hold.
async fn wholes(session: &mut Session, named: &Named) -> Result<Vec<Whole>, Trouble> {
    let mut found = Vec::new();
    for name in catalog::databases(session, &named.wholes).await? {
        let held = catalog::held(session, &name).await.map_err(|trouble| trouble.reason());
        let bytes = held.as_ref().ok().map(|held| held.bytes);
        found.push(Whole { name, is_database: true, bytes, held });
    }
    Ok(found)
}

/// The tables that are hit, with what the server says of each.
async fn hits(
    q: &Question<'_>,
    session: &mut Session,
    server: &Server,
    named: &Named,
) -> Result<Vec<Hit>, Trouble> {
    if named.tables.is_empty() {
        return Ok(Vec::new());
    }
    let written: Vec<String> = named.tables.iter().map(|(name, _)| name.clone()).collect();
    let mut found = catalog::relations(session, &server.database, &written).await?;
    let mut hits: Vec<Hit> = Vec::new();
    for ((name, verb), relation) in named.tables.iter().zip(found.drain(..)) {
        if relation.as_ref().is_some_and(|relation| hits.iter().any(|hit| hit.is(&relation.quoted))) {
            continue;
        }
        let mut hit = Hit::new(words::shown(name), *verb, relation);
        if let Some(relation) = &hit.relation {
            hit.condition = tables::condition(q.reading.rows.iter().filter(|rows| rows.table == *name));
            hit.bytes = relation.bytes.map(Ok);
        }
        hits.push(hit);
    }
    for hit in hits.iter_mut().take(limits::TABLES_COUNTED) {
        let (Some(relation), true) = (&hit.relation, session.has_time()) else { continue };
        let which = rows::safe(hit.condition.as_which());
        hit.rows = Some(rows::count(session, relation, which).await);
        hit.sample = rows::sample(session, relation, which).await;
    }
    dependents(session, server, &mut hits).await?;
    Ok(hits)
}

/// Who refers to the tables, and which views read them.
async fn dependents(session: &mut Session, server: &Server, hits: &mut [Hit]) -> Result<(), Trouble> {
    let mut schemas: Vec<String> =
        hits.iter().filter_map(|hit| hit.relation.as_ref()).map(|relation| relation.schema.clone()).collect();
    schemas.sort();
    schemas.dedup();
    let mut keys = Vec::new();
    let mut views = Vec::new();
    for schema in &schemas {
        keys.extend(catalog::foreign_keys(session, server, schema).await?);
        if session.has_time() {
            // That a view is not named is no harm to it: it stays, and fails.
            views.extend(catalog::views(session, schema).await.unwrap_or_default());
        }
    }
    for hit in hits {
        let Some(relation) = &hit.relation else { continue };
        let down = catalog::referrers(&keys, relation);
        let names: Vec<String> = down.iter().map(|(name, _)| name.clone()).collect();
        let found = catalog::relations(session, &relation.schema, &names).await?;
        let referrers = down.iter().zip(found).filter_map(|((_, deletes), found)| {
            let Relation { name, quoted, about, .. } = found?;
            Some(Referrer { name, quoted, about, deletes: *deletes })
        });
        hit.referrers = referrers.collect();
        hit.views = views
            .iter()
            .filter(|(schema, _, text)| *schema == relation.schema && text.contains(&relation.quoted))
            .map(|(_, name, _)| words::shown(name))
            .collect();
    }
    Ok(())
}

fn followers(server: &Server) -> String {
    let follows = if server.is_replica {
        "This server is a replica; it was asked in the primary's place."
    } else if server.replicas == 1 {
        "1 replica follows and loses it too."
    } else if server.replicas > 1 {
        return format!("{} replicas follow and lose it too.", words::number(server.replicas));
    } else {
        ""
    };
    follows.to_owned()
}

/// Without the right to see others, nobody is seen: that is no silence.
fn who(server: &Server) -> String {
    if server.sees_others {
        return String::new();
    }
    "Who else is connected and what follows it is not shown to this login (it lacks PROCESS).".to_owned()
}

/// When it was last written, as far as the server keeps that: since it was started, for most tables.
async fn written(q: &Question<'_>, hits: &[Hit], wholes: &[Whole], session: &mut Session) -> String {
    let ago = |at: i64| words::ago(UnixMs(at), q.now);
    if let [whole] = wholes
        && session.has_time()
        && let Ok(Some(at)) = catalog::last_written(session, &whole.name).await
    {
        return format!("It was last written {}.", ago(at));
    }
    words::sentences(hits.iter().filter_map(|hit| {
        let relation = hit.relation.as_ref()?;
        Some(format!("{} was last written {}.", relation.name, ago(relation.written?)))
    }))
}
