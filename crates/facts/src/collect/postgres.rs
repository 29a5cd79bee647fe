//! PostgreSQL: how much a statement hits, who else is there, and what survives.
//!
//! # Invariants
//! - Asked is the server that the action would reach (`address`), through one read-only transaction (`session`).
//! - What the server could not say stands on the card with its reason; an answer that is missing is no zero.
//! - The person's own credential is tried first, then what the action carries; the source says which it was.
//!
//! # Reading order
//! [`COLLECTOR`] here, then `address`, `session`, `catalog`, `rows`, `archive`; `told` makes the words.

mod address;
mod archive;
mod catalog;
mod rows;
mod session;
mod told;

use std::time::Instant;

use sayso_core::environment::guess;
use sayso_core::fact::Known;
use sayso_core::reading::{Effect, Reach, System, TargetKind, Verb};

use super::{Answer, Asked, Backup, Collector, Said, beside, credential, dumps};
use crate::{Question, limits, words};
use address::Address;
use catalog::Server;
use rows::Which;
use session::{Session, Trouble};
use told::{Hit, Whole};

/// The row of the table.
pub(super) const COLLECTOR: Collector = Collector { name: "PostgreSQL", concerns, ask };

fn concerns(q: &Question<'_>) -> bool {
    q.reading.reaches.iter().any(|reach| reach.system == System::Postgres)
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let reaches = q.reading.reaches.iter().filter(|reach| reach.system == System::Postgres);
        let asked = reaches.take(limits::REACHES).map(|reach| of(q, reach));
        let answers = futures_util::future::join_all(asked).await;
        answers.into_iter().reduce(together).unwrap_or_default()
    })
}

/// Two servers' answers as one.
fn together(mut first: Answer, second: Answer) -> Answer {
    first.data = match (first.data, second.data) {
        (Some(one), Some(other)) => Some(beside(one, other)),
        (one, other) => one.or(other),
    };
    first.backups = match (first.backups, second.backups) {
        (Some(one), Some(other)) => Some([one, other].concat()),
        (one, other) => one.or(other),
    };
    first.environment = first.environment.or(second.environment);
    first.backup_troubles.extend(second.backup_troubles);
    first.changes.extend(second.changes);
    if first.source != second.source {
        first.source = words::list(&[first.source, second.source]);
    }
    first
}

/// An open session, how it was opened, and where.
struct Inside {
    session: Session,
    address: Address,
    source: String,
    until: Instant,
}

async fn of(q: &Question<'_>, reach: &Reach) -> Answer {
    let until = Instant::now() + limits::DATABASE;
    // Two small files of the person's are read at most: less than a hop to another thread is worth.
    let address = match Address::of(reach, q) {
        Ok(address) => address,
        Err(astray) => {
            let why = format!("{astray} Name the connection in the action itself.");
            return Answer::failed("PostgreSQL", why, q.now);
        }
    };
    let source = format!("PostgreSQL at {}", words::shown(&address.place()));
    match inside(q, address.clone(), until).await {
        Ok(inside) => answer(q, inside).await,
        Err(why) => {
            // Dumps are files: they can be looked at without the server.
            let names = targets(q, &address.database).databases_or(&address.database);
            let names: Vec<String> = names.iter().flat_map(|database| address.names(database)).collect();
            let (backups, troubles) = named_backups(q, &names).await;
            let mut failed = Answer::failed(source, why, q.now);
            failed.backup_troubles.extend(troubles);
            failed.backups = (!backups.is_empty()).then_some(backups);
            failed
        }
    }
}

/// Lets itself in: with the person's credential, else with what the action carries.
async fn inside(q: &Question<'_>, address: Address, until: Instant) -> Result<Inside, String> {
    let place = words::shown(&address.place());
    let mut troubles: Vec<String> = Vec::new();
    for name in address.credentials() {
        match credential(q, &name).await {
            Ok(None) => {}
            Ok(Some(text)) => {
                let address = address.with_login(&text);
                match Session::open(&address, until).await {
                    Ok(session) => {
                        let source =
                            format!("PostgreSQL at {place} as your credential {}", words::shown(&name));
                        return Ok(Inside { session, address, source, until });
                    }
                    Err(trouble) if trouble.is_about_login() => {
                        troubles.push(format!("With your credential {}: {trouble}", words::shown(&name)));
                    }
                    Err(trouble) => return Err(trouble.to_string()),
                }
            }
            Err(why) => troubles.push(words::shown(&why)),
        }
    }
    match Session::open(&address, until).await {
        Ok(session) => {
            let source = format!("PostgreSQL at {place}, with the action's own login");
            Ok(Inside { session, address, source, until })
        }
        Err(trouble) => {
            let about_login = trouble.is_about_login();
            troubles.push(trouble.to_string());
            if about_login {
                troubles.push(format!("Add a login that may read: `sayso credential add postgres:{place}`."));
            }
            Err(words::sentences(troubles))
        }
    }
}

/// What the action's effects name, not yet looked up.
#[derive(Default)]
struct Named {
    /// Tables, with what happens to them.
    tables: Vec<(String, Verb)>,
    /// Databases and schemas that go; an empty name is the database that is connected to.
    wholes: Vec<String>,
}

impl Named {
    fn databases_or(&self, database: &str) -> Vec<String> {
        if self.wholes.is_empty() { vec![database.to_owned()] } else { self.wholes.clone() }
    }
}

fn targets(q: &Question<'_>, database: &str) -> Named {
    let mut named = Named::default();
    let hits = |effect: &&Effect| matches!(effect.verb, Verb::Delete | Verb::Change | Verb::Overwrite);
    for effect in q.reading.effects.iter().filter(hits) {
        let name = effect.target.name.as_str();
        match effect.target.kind {
            TargetKind::Table if !named.tables.iter().any(|(known, _)| known == name) => {
                named.tables.push((name.to_owned(), effect.verb));
            }
            TargetKind::Database if effect.verb != Verb::Change => {
                let last = name.rsplit('/').next().unwrap_or(name).trim_matches('"');
                let last = last.split('?').next().unwrap_or(last);
                let last = if last.is_empty() || name.contains('=') { database } else { last };
                if !named.wholes.iter().any(|known| known == last) {
                    named.wholes.push(last.to_owned());
                }
            }
            _ => {}
        }
    }
    named.tables.truncate(limits::TABLES);
    named.wholes.truncate(limits::REACHES);
    named
}

async fn answer(q: &Question<'_>, mut inside: Inside) -> Answer {
    let source = inside.source.clone();
    match asked(q, &mut inside).await {
        Ok(answer) => {
            inside.session.close().await;
            answer
        }
        Err(trouble) => Answer::failed(source, format!("{}.", rows::reason(&trouble)), q.now),
    }
}

async fn asked(q: &Question<'_>, inside: &mut Inside) -> Result<Answer, Trouble> {
    let server = catalog::server(&mut inside.session).await?;
    let named = targets(q, &server.database);
    let wholes = wholes(inside, &server, &named).await?;
    let hits = tables(q, inside, &server, &named).await?;
    let mut others = Vec::new();
    let databases: Vec<String> = match wholes.iter().filter(|whole| whole.is_database).collect::<Vec<_>>()[..]
    {
        [] => vec![server.database.clone()],
        ref all => all.iter().map(|whole| whole.name.clone()).collect(),
    };
    for database in &databases {
        others.extend(catalog::connections(&mut inside.session, database).await?);
    }
    let told = told::Told { q, server: &server, hits: &hits, wholes: &wholes, others: &others };
    let (data, changes) = (told.data(&inside.source), told.changes());
    let known_as: Vec<String> =
        databases.iter().flat_map(|database| inside.address.names(database)).collect();
    let (mut backups, backup_troubles) = named_backups(q, &known_as).await;
    backups.extend(archive::of_wal(q, &inside.address, &server));
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

/// The backups in the places that the person names for any of `names`.
async fn named_backups(q: &Question<'_>, names: &[String]) -> (Vec<Backup>, Vec<String>) {
    let (mut backups, mut troubles) = dumps::of(q, names).await;
    let (more, other) = archive::of_pgbackrest(q, names).await;
    backups.extend(more);
    troubles.extend(other);
    (backups, troubles)
}

/// What the server's own names say of the environment: a guess, and told as one.
fn said(server: &Server, databases: &[String]) -> Option<Said> {
    let names = [("the cluster's name", server.cluster.as_str())].into_iter();
    let names = names.chain(databases.iter().map(|database| ("the database's name", database.as_str())));
    let mut found = names
        .chain([("the login's name", server.user.as_str())])
        .filter_map(|(what, name)| {
            let by = format!("{what} {}", words::shown(name));
            Some(Said { name: guess(name)?.to_owned(), by, known: Known::Inferred })
        })
        .collect::<Vec<_>>();
    let production = found.iter().position(|said| sayso_core::environment::is_production(&said.name));
    (!found.is_empty()).then(|| found.swap_remove(production.unwrap_or(0)))
}

/// The databases and schemas that go, with what they hold.
async fn wholes(inside: &mut Inside, server: &Server, named: &Named) -> Result<Vec<Whole>, Trouble> {
    if named.wholes.is_empty() {
        return Ok(Vec::new());
    }
    let databases = catalog::databases(&mut inside.session, &named.wholes).await?;
    let schemas = catalog::schemas(&mut inside.session, &named.wholes).await?;
    let mut found = Vec::new();
    for name in &named.wholes {
        let is_database = databases.contains(name);
        if is_database && *name != server.database {
            let bytes = catalog::database_bytes(&mut inside.session, name).await;
            let held = held_elsewhere(inside, name).await;
            found.push(Whole { name: name.clone(), is_database, bytes, held });
        } else if is_database || schemas.contains(name) {
            let schema = (!is_database).then_some(name.as_str());
            let held = catalog::held(&mut inside.session, schema).await.map_err(|t| rows::reason(&t));
            let bytes = if is_database { server.bytes } else { held.as_ref().ok().map(|held| held.bytes) };
            found.push(Whole { name: name.clone(), is_database, bytes, held });
        }
    }
    Ok(found)
}

/// What another database of the same server holds: asked there, with the same login.
async fn held_elsewhere(inside: &Inside, database: &str) -> Result<catalog::Held, String> {
    let address = Address { database: database.to_owned(), ..inside.address.clone() };
    let mut session =
        Session::open(&address, inside.until).await.map_err(|trouble| rows::reason(&trouble))?;
    let held = catalog::held(&mut session, None).await;
    session.close().await;
    held.map_err(|trouble| rows::reason(&trouble))
}

/// The tables that are hit, with what the server says of each.
async fn tables(
    q: &Question<'_>,
    inside: &mut Inside,
    server: &Server,
    named: &Named,
) -> Result<Vec<Hit>, Trouble> {
    if named.tables.is_empty() {
        return Ok(Vec::new());
    }
    let session = &mut inside.session;
    let written: Vec<String> = named.tables.iter().map(|(name, _)| name.clone()).collect();
    let found = catalog::relations(session, &written).await?;
    let mut hits: Vec<Hit> = Vec::new();
    for (at, (name, verb)) in named.tables.iter().enumerate() {
        let relation = found.iter().find(|relation| relation.asked == at).cloned();
        let mut hit = Hit::new(words::shown(name), *verb, relation);
        if let Some(relation) = &hit.relation
            && !hits.iter().any(|other| other.is(relation.oid))
        {
            let rows = q.reading.rows.iter().filter(|rows| rows.table == *name);
            hit.condition = told::condition(rows);
            if relation.holds_rows() {
                hit.bytes = Some(catalog::bytes(session, relation.oid).await.map_err(|t| rows::reason(&t)));
            }
            let oids = [relation.oid];
            hit.referrers = catalog::referrers(session, &oids).await?;
            hit.views = catalog::views(session, &oids).await?;
        } else if hit.relation.is_some() {
            continue;
        }
        hits.push(hit);
    }
    for hit in hits.iter_mut().take(limits::TABLES_COUNTED) {
        let (Some(relation), true) = (&hit.relation, session.has_time()) else { continue };
        let which = hit.condition.as_which();
        hit.rows = Some(rows::count(session, server, relation, which).await);
        hit.sample = rows::sample(session, server, relation, which).await;
    }
    if told::takes_referrers(q) {
        taken_along(session, server, &mut hits).await?;
    }
    Ok(hits)
}

/// `TRUNCATE … CASCADE`: every row of what refers to a table goes as well.
async fn taken_along(session: &mut Session, server: &Server, hits: &mut Vec<Hit>) -> Result<(), Trouble> {
    let referrers: Vec<catalog::Referrer> = hits.iter().flat_map(|hit| hit.referrers.clone()).collect();
    for referrer in referrers {
        if hits.len() >= limits::TABLES || hits.iter().any(|hit| hit.is(referrer.oid)) {
            continue;
        }
        let name = vec![referrer.quoted.clone()];
        let relation = catalog::relations(session, &name).await?.pop();
        let mut hit = Hit::new(referrer.name, Verb::Delete, relation);
        hit.is_taken_along = true;
        if let Some(relation) = &hit.relation {
            hit.bytes = Some(catalog::bytes(session, relation.oid).await.map_err(|t| rows::reason(&t)));
            if session.has_time() {
                hit.rows = Some(rows::count(session, server, relation, Which::All).await);
            }
        }
        hits.push(hit);
    }
    Ok(())
}
