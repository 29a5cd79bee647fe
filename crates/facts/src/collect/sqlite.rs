//! SQLite: what stands in the file that a command works on or deletes.
//!
//! # Invariants
//! - The file and its folder are the same before and after, to the byte (`session`).
//! - What was not seen is told: what waits in a WAL that could not be read, what a transaction under way may change.
//! - Of a file that goes as a whole it is only told what it holds: what survives it is the business of files.
//!
//! # Reading order
//! [`COLLECTOR`] here, then `file`, `session`, `catalog`; `super::tables` makes the words.
//!
//! # Deliberately absent
//! Databases in memory; encrypted ones; attached ones.

mod catalog;
mod file;
mod session;

use std::path::{Path, PathBuf};
use std::time::Instant;

use sayso_core::fact::{Fact, Known, Tone};
use sayso_core::reading::{Reach, System, TargetKind, Verb};
use tokio::task::spawn_blocking;

use super::connection::{decoded, expanded};
use super::tables::{self, Told, Whole, targets};
use super::{Answer, Asked, Backup, Collector, Said, dumps, guessed, together};
use crate::{Question, limits, words};
use catalog::Relation;
use file::{Kind, Lying};
use session::{Session, Trouble};

/// The row of the table.
pub(super) const COLLECTOR: Collector = Collector { name: "SQLite", concerns, ask };

/// Ends of names that a SQLite file goes by, where nothing but its name is known.
const ENDS: [&str; 4] = ["db", "sqlite", "sqlite3", "db3"];

/// A table that is hit.
type Hit = tables::Hit<Relation>;

/// A file that the action works on, or that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Aim {
    Within(Result<PathBuf, String>),
    Whole(PathBuf),
}

fn concerns(q: &Question<'_>) -> bool {
    !aims(q).is_empty()
}

fn aims(q: &Question<'_>) -> Vec<Aim> {
    let mut aims: Vec<Aim> = Vec::new();
    let reaches = q.reading.reaches.iter().filter(|reach| reach.system == System::Sqlite);
    for aim in reaches.filter_map(|reach| aim(q, reach)).chain(deleted(q)) {
        if !aims.contains(&aim) {
            aims.push(aim);
        }
    }
    aims.truncate(limits::REACHES);
    aims
}

/// The file of an address: a path, `sqlite:PATH`, `sqlite://PATH?…`, `file:PATH?…`.
fn aim(q: &Question<'_>, reach: &Reach) -> Option<Aim> {
    if reach.settings.contains_key("elsewhere") {
        let why =
            "The command runs on another machine or in a container: its file there cannot be looked at.";
        return Some(Aim::Within(Err(why.to_owned())));
    }
    let written = match expanded(&reach.address, q) {
        Ok(text) => text,
        Err(variable) => {
            let why = format!(
                "The file is named by {variable}, and nothing here knows what that holds. Name the file in the action \
                 itself."
            );
            return Some(Aim::Within(Err(why)));
        }
    };
    let schemes = ["sqlite3://", "sqlite://", "sqlite3:", "sqlite:", "file://", "file:"];
    let url = schemes.iter().find_map(|scheme| written.strip_prefix(scheme));
    let path = match url {
        Some(rest) => decoded(rest.split(['?', '#']).next().unwrap_or_default()),
        None => written.clone(),
    };
    if path.is_empty() || path.contains(":memory:") || written.contains("mode=memory") {
        return None;
    }
    let path = sayso_core::environment::expand_home(&path, &q.home.to_string_lossy());
    let path = q.action.cwd().map_or_else(|| PathBuf::from(&path), |cwd| Path::new(cwd).join(&path));
    if path.is_absolute() {
        return Some(Aim::Within(Ok(path)));
    }
    let name = words::quoted(&path.to_string_lossy());
    let why = format!("Which file {name} is cannot be said from here. Name it by its whole path.");
    Some(Aim::Within(Err(why)))
}

/// Files that the action deletes or overwrites and that sound like SQLite's.
fn deleted<'a>(q: &'a Question<'a>) -> impl Iterator<Item = Aim> + 'a {
    let goes = q.reading.effects.iter().filter(|effect| {
        matches!(effect.verb, Verb::Delete | Verb::Overwrite)
            && effect.target.kind == TargetKind::Path
            && !crate::targets::is_elsewhere(q.reading, &effect.target.name)
    });
    goes.filter_map(|effect| {
        let path = PathBuf::from(sayso_core::environment::expand_home(
            &effect.target.name,
            &q.home.to_string_lossy(),
        ));
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        (path.is_absolute() && ENDS.contains(&end.as_str())).then_some(Aim::Whole(path))
    })
}

fn ask<'a>(q: &'a Question<'a>) -> Asked<'a> {
    Box::pin(async move {
        let asked = aims(q).into_iter().map(|aim| of(q, aim));
        let answers = futures_util::future::join_all(asked).await;
        answers.into_iter().reduce(together).unwrap_or_default()
    })
}

async fn of(q: &Question<'_>, aim: Aim) -> Answer {
    let (path, goes) = match aim {
        Aim::Within(Ok(path)) => (path, false),
        Aim::Whole(path) => (path, true),
        Aim::Within(Err(why)) => {
            return Answer::failed("SQLite", why, q.now);
        }
    };
    let source = format!("SQLite file {}", words::path(&path, q.home));
    let looked = {
        let path = path.clone();
        spawn_blocking(move || file::look(&path)).await
    };
    let file = match looked {
        Ok(Ok(file)) => file,
        Ok(Err(error)) => {
            let why = format!("It could not be opened: {}.", words::shown(&error.to_string()));
            return if goes { Answer::default() } else { Answer::failed(source, why, q.now) };
        }
        Err(_) => return Answer::failed(source, "The search for it was lost.", q.now),
    };
    match file.kind {
        // Of a file that goes, and is none of SQLite's, others tell.
        Kind::Absent | Kind::Empty | Kind::Other if goes => Answer::default(),
        Kind::Absent => nothing(q, &file, source, "There is no such file.").await,
        Kind::Empty => nothing(q, &file, source, "The file is empty.").await,
        Kind::Other => {
            let why =
                "It is no SQLite database, or it is encrypted. Look at it with the program that wrote it.";
            Answer::failed(source, why, q.now)
        }
        Kind::Database => inside(q, &file, goes, source).await,
    }
}

/// Where there is nothing to lose.
async fn nothing(q: &Question<'_>, file: &Lying, source: String, why: &str) -> Answer {
    let (backups, backup_troubles) = backups(q, &file.path).await;
    let data = Fact {
        headline: "Nothing there".to_owned(),
        detail: why.to_owned(),
        known: Known::Checked,
        source: source.clone(),
        at: Some(q.now),
        tone: Tone::Plain,
    };
    Answer { data: Some(data), backups: Some(backups), backup_troubles, source, ..Answer::default() }
}

async fn backups(q: &Question<'_>, path: &Path) -> (Vec<Backup>, Vec<String>) {
    let (mut backups, troubles) = dumps::of(q, &file::names(path, q.home)).await;
    backups.extend(file::in_git(q, path).await);
    (backups, troubles)
}

async fn inside(q: &Question<'_>, file: &Lying, goes: bool, source: String) -> Answer {
    let until = Instant::now() + limits::DATABASE;
    let asked = async {
        let mut session = Session::open(file, until).await?;
        let told = asked(q, file, goes, &source, &mut session).await;
        session.close().await;
        told
    };
    let (data, changes) = match asked.await {
        Ok(told) => told,
        Err(_) if goes => return Answer::default(),
        Err(trouble) => {
            let why = format!(
                "What stands in it could not be read: {}.",
                trouble.to_string().trim_end_matches('.')
            );
            return Answer::failed(source, why, q.now).with_backups(backups(q, &file.path).await);
        }
    };
    let environment = said(&file.path);
    let answer = Answer { environment, data: Some(data), changes, source, ..Answer::default() };
    if goes {
        let (dumps, backup_troubles) = dumps::of(q, &file::names(&file.path, q.home)).await;
        let backups = (!dumps.is_empty()).then_some(dumps);
        return Answer { backups, backup_troubles, ..answer };
    }
    let (backups, backup_troubles) = backups(q, &file.path).await;
    Answer { backups: Some(backups), backup_troubles, ..answer }
}

/// What the file's own name says of the environment.
fn said(path: &Path) -> Option<Said> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    guessed([("the file's name", name.as_str())].into_iter())
}

type Telling = (Fact, Vec<sayso_core::card::Change>);

async fn asked(
    q: &Question<'_>,
    file: &Lying,
    goes: bool,
    source: &str,
    session: &mut Session,
) -> Result<Telling, Trouble> {
    let all = catalog::relations(session).await?;
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let hits = if goes { Vec::new() } else { hits(q, session, &all, &name).await? };
    let mut wholes = Vec::new();
    if goes || hits.is_empty() {
        let held = catalog::held(session, &all).await;
        let held = tables::Held { bytes: file.bytes, ..held };
        wholes.push(Whole { name: name.clone(), is_database: true, bytes: Some(file.bytes), held: Ok(held) });
    }
    let path = file.path.clone();
    let others = spawn_blocking(move || file::holders(&path)).await.unwrap_or_default();
    let cascades = hits.iter().any(|hit| hit.referrers.iter().any(|referrer| referrer.deletes));
    let mut asides = asides(q, file, session);
    if cascades {
        asides.push("SQLite does so only where the program turns foreign keys on.".to_owned());
    }
    if !goes && hits.is_empty() {
        asides.push("What of it is hit could not be told.".to_owned());
    }
    let bytes = Some(file.bytes);
    let told = Told { q, database: &name, bytes, hits: &hits, wholes: &wholes, others: &others, asides };
    // A file that goes is listed as a file; one of which nothing is known to be hit loses nothing that could be listed.
    let changes = if hits.is_empty() && !goes { Vec::new() } else { told.changes() };
    Ok((told.data(source), changes))
}

fn asides(q: &Question<'_>, file: &Lying, session: &Session) -> Vec<String> {
    let mut asides = Vec::new();
    asides.extend(file.written.map(|at| format!("It was last written {}.", words::ago(at, q.now))));
    if session.without_wal {
        let size = words::size(file.wal);
        asides.push(format!("What waits in its WAL ({size}) could not be read and is not counted."));
    }
    if file.has_journal {
        asides
            .push("A transaction is under way or was cut off; what it changes is not told apart.".to_owned());
    }
    asides
}

/// The tables that are hit, with what the file says of each.
async fn hits(
    q: &Question<'_>,
    session: &mut Session,
    all: &[Relation],
    database: &str,
) -> Result<Vec<Hit>, Trouble> {
    let mut hits: Vec<Hit> = Vec::new();
    for (name, verb) in targets(q, database).tables {
        let relation = catalog::named(all, &name);
        if relation.as_ref().is_some_and(|relation| hits.iter().any(|hit| hit.is(&relation.quoted))) {
            continue;
        }
        let mut hit = Hit::new(words::shown(&name), verb, relation);
        if hit.relation.is_some() {
            hit.condition = tables::condition(q.reading.rows.iter().filter(|rows| rows.table == name));
        }
        hits.push(hit);
    }
    if hits.is_empty() {
        return Ok(hits);
    }
    let keys = catalog::foreign_keys(session, all).await?;
    for hit in hits.iter_mut().take(limits::TABLES_COUNTED) {
        let (Some(relation), true) = (&mut hit.relation, session.has_time()) else { continue };
        let which = hit.condition.as_which();
        hit.rows = Some(catalog::count(session, relation, which).await);
        hit.sample = catalog::sample(session, relation, which).await;
        hit.bytes = catalog::bytes(session, relation).await.map(Ok);
        hit.referrers = catalog::referrers(session, all, &keys, relation).await;
        hit.views = catalog::views(all, relation);
    }
    Ok(hits)
}
