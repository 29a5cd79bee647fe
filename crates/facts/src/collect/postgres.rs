//! PostgreSQL: how much a statement hits, who else is there, and what survives.
//!
//! # Invariants
//! - Asked is the server that the action would reach (`address`), through one read-only transaction (`session`).
//! - What the server could not say stands on the card with its reason; an answer that is missing is no zero.
//! - The person's own credential is tried first, then what the action carries; the source says which it was.
//!
//! # Reading order
//! [`COLLECTOR`] here, then `address`, `session`, `catalog`, `rows`, `archive`; `super::tables` makes the words.

mod address;
mod archive;
mod catalog;
mod rows;
mod session;

use std::time::Instant;

use sayso_core::reading::{Reach, System, Verb};

use super::connection::{Door, Refused, away, enter};
use super::tables::{self, Named, Referrer, Told, Which, Whole, targets};
use super::{Answer, Asked, Backup, Collector, Said, dumps, guessed, together};
use crate::{Question, limits, words};
use address::Address;
use catalog::{Relation, Server};
use session::{Session, Trouble};

/// A table that is hit.
type Hit = tables::Hit<Relation>;

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
    let entered = match away(reach, address.host()) {
        None => enter(q, address.clone(), until).await,
        Some(why) => Err(why),
    };
    match entered {
        Ok((session, address, source)) => answer(q, Inside { session, address, source, until }).await,
        Err(why) => {
            let names = targets(q, &address.database).databases_or(&address.database);
            let names: Vec<String> = names.iter().flat_map(|database| address.names(database)).collect();
            Answer::failed(source, why, q.now).with_backups(named_backups(q, &names).await)
        }
    }
}

impl Door for Address {
    type Session = Session;
    const SYSTEM: &'static str = "PostgreSQL";
    const SCHEME: &'static str = "postgres";

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
    let hits = hits(q, inside, &server, &named).await?;
    let mut others = Vec::new();
    let databases: Vec<String> = match wholes.iter().filter(|whole| whole.is_database).collect::<Vec<_>>()[..]
    {
        [] => vec![server.database.clone()],
        ref all => all.iter().map(|whole| whole.name.clone()).collect(),
    };
    for database in &databases {
        others.extend(catalog::connections(&mut inside.session, database).await?);
    }
    let asides = vec![followers(&server), written(q, &server, &hits)];
    let (database, bytes) = (server.database.as_str(), server.bytes);
    let told = Told { q, database, bytes, hits: &hits, wholes: &wholes, others: &others, asides };
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

/// What the server's own names say of the environment.
fn said(server: &Server, databases: &[String]) -> Option<Said> {
    let names = [("the cluster's name", server.cluster.as_str())].into_iter();
    let names = names.chain(databases.iter().map(|database| ("the database's name", database.as_str())));
    guessed(names.chain([("the login's name", server.user.as_str())]))
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
async fn held_elsewhere(inside: &Inside, database: &str) -> Result<tables::Held, String> {
    let address = Address { database: database.to_owned(), ..inside.address.clone() };
    let mut session =
        Session::open(&address, inside.until).await.map_err(|trouble| rows::reason(&trouble))?;
    let held = catalog::held(&mut session, None).await;
    session.close().await;
    held.map_err(|trouble| rows::reason(&trouble))
}

/// The tables that are hit, with what the server says of each.
async fn hits(
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
            && !hits.iter().any(|other| other.is(&relation.quoted))
        {
            let rows = q.reading.rows.iter().filter(|rows| rows.table == *name);
            hit.condition = tables::condition(rows);
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
    if takes_referrers(q) {
        taken_along(session, server, &mut hits).await?;
    }
    Ok(hits)
}

/// `TRUNCATE … CASCADE`: every row of what refers to a table goes as well.
async fn taken_along(session: &mut Session, server: &Server, hits: &mut Vec<Hit>) -> Result<(), Trouble> {
    let referrers: Vec<Referrer> = hits.iter().flat_map(|hit| hit.referrers.clone()).collect();
    for referrer in referrers {
        if hits.len() >= limits::TABLES || hits.iter().any(|hit| hit.is(&referrer.quoted)) {
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

/// Whether a statement takes along every row of the tables that refer to what it empties. The reading's own words.
fn takes_referrers(q: &Question<'_>) -> bool {
    q.reading.reasons.iter().any(|reason| reason.why.ends_with(" and of all that refers to it"))
}

fn followers(server: &Server) -> String {
    match (server.replicas, server.is_standby) {
        (0, false) => String::new(),
        (0, true) => "This server is a replica; it was asked in the primary's place.".to_owned(),
        (1, _) => "1 replica follows and loses it too.".to_owned(),
        (n, _) => format!("{} replicas follow and lose it too.", words::number(n)),
    }
}

/// When it was last written, as far as PostgreSQL keeps that.
fn written(q: &Question<'_>, server: &Server, hits: &[Hit]) -> String {
    if let Some(at) = server.last_commit {
        return format!("The server's last commit was {}.", words::ago(sayso_core::UnixMs(at), q.now));
    }
    words::sentences(hits.iter().filter_map(|hit| {
        let relation = hit.relation.as_ref()?;
        let at = relation.analyzed.filter(|_| relation.modified > 0)?;
        let rows = words::count(relation.modified, "row", "rows");
        let since = words::ago(sayso_core::UnixMs(at), q.now);
        Some(format!("{rows} of {} were written since it was last analysed, {since}.", hit.name))
    }))
}
