//! Collectors: who asks which system, and how their answers become the card's three facts.
//!
//! # Invariants
//! - A collector only reads. Each has a test that compares what it asked about before and after, by every byte or row.
//! - Collectors run side by side, each within [`crate::limits::FACT`]; one that fails fails alone and says why.
//! - A backup that lies within what the action destroys never counts: whether it survives is part of every
//!   [`Backup`], and the headline is made here and nowhere else.
//! - A secret that gets a collector in stays in memory and is wiped; an answer holds none.
//!
//! # How one is added
//! One file below this folder with a [`Collector`], one row in [`COLLECTORS`], its tests beside the others;
//! `docs/collectors.md` says it in half a page.

mod aws;
mod backups;
mod connection;
mod copies;
mod dumps;
mod mysql;
mod postgres;
mod railway;
mod redis;
mod sqlite;
mod tables;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use sayso_core::UnixMs;
use sayso_core::backup::BackupPlaces;
use sayso_core::card::Change;
use sayso_core::environment::{guess, is_production};
use sayso_core::fact::{Fact, Known};
use sayso_core::reading::System;
use tokio::time::timeout;
use zeroize::Zeroizing;

pub(crate) use backups::{Backup, Survives};

use crate::{Question, limits, too_slow, words};

/// Where the person's own credentials come from.
pub trait Credentials: fmt::Debug + Send + Sync {
    /// The credential by this name; `None` where there is none. May wait for a keychain: not for an async thread.
    ///
    /// # Errors
    /// A sentence that says why it is not to be had.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<String>>, String>;
}

/// No credential of the person's.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCredentials;

impl Credentials for NoCredentials {
    fn get(&self, _name: &str) -> Result<Option<Zeroizing<String>>, String> {
        Ok(None)
    }
}

/// What stands around an action and is not part of it. Wiped with it, and its values are never shown.
#[derive(Clone)]
pub struct Around {
    /// Where the person says that backups are.
    pub places: BackupPlaces,
    /// Variables of the asking program that say where its systems are: `PGHOST`, `DATABASE_URL`, `AWS_PROFILE` …
    pub variables: BTreeMap<String, Zeroizing<String>>,
    /// The person's own credentials.
    pub credentials: Arc<dyn Credentials>,
}

impl Default for Around {
    fn default() -> Self {
        let credentials = Arc::new(NoCredentials);
        Self { places: BackupPlaces::default(), variables: BTreeMap::new(), credentials }
    }
}

impl fmt::Debug for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("Around")
            .field("places", &self.places)
            .field("variables", &names)
            .finish_non_exhaustive()
    }
}

/// One collector: a row of [`COLLECTORS`].
pub(crate) struct Collector {
    /// The system's name, as sources name it.
    pub(crate) name: &'static str,
    /// Whether it has anything to say about this question. Cheap and without I/O.
    pub(crate) concerns: fn(&Question<'_>) -> bool,
    /// Asks the system. What it awaits is dropped at the limit: nothing may be left running behind.
    pub(crate) ask: for<'a> fn(&'a Question<'a>) -> Asked<'a>,
}

/// An answer to come.
pub(crate) type Asked<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// Every collector, in the order in which their facts stand on the card.
pub(crate) const COLLECTORS: &[Collector] = &[
    postgres::COLLECTOR,
    mysql::COLLECTOR,
    sqlite::COLLECTOR,
    redis::COLLECTOR,
    railway::COLLECTOR,
    aws::COLLECTOR,
    copies::COLLECTOR,
];

/// What a system says of itself: its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    /// The environment's name, as the system has it.
    pub(crate) name: String,
    /// Who says so: "Railway API".
    pub(crate) by: String,
    /// Checked where the provider keeps it as a thing of its own; claimed where it is a mere label or tag; inferred from
    /// a name.
    pub(crate) known: Known,
}

/// What a collector found out. What it could not find out is a failed fact, never an empty one.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// Which environment the system says that this is.
    pub(crate) environment: Option<Said>,
    /// How much is hit: size, rows, objects, last written, who else uses it.
    pub(crate) data: Option<Fact>,
    /// Every backup that was found; `None` where nobody looked.
    pub(crate) backups: Option<Vec<Backup>>,
    /// Why backups could not be looked for, each a sentence. With any of these the absence of a backup is not known.
    pub(crate) backup_troubles: Vec<String>,
    /// What else is to be said of backups, each a sentence.
    pub(crate) notes: Vec<String>,
    /// What changes, as outlines.
    pub(crate) changes: Vec<Change>,
    /// What the targets are called where the action names them by an id: from the id to the name.
    pub(crate) names: BTreeMap<String, String>,
    /// Who was asked: "Railway API", "PostgreSQL at db.acme.example as sayso_readonly".
    pub(crate) source: String,
}

impl Answer {
    /// Nothing could be asked; `why` is a sentence.
    pub(crate) fn failed(source: impl Into<String>, why: impl Into<String>, now: UnixMs) -> Self {
        let (source, why) = (source.into(), why.into());
        Self {
            data: Some(Fact::failed(source.clone(), why.clone(), now)),
            backup_troubles: vec![why],
            source,
            ..Self::default()
        }
    }

    /// With what was found beside the server, which did not answer: dumps are files, and can be looked at without it.
    pub(crate) fn with_backups(mut self, (backups, troubles): (Vec<Backup>, Vec<String>)) -> Self {
        self.backup_troubles.extend(troubles);
        self.backups = (!backups.is_empty()).then_some(backups);
        self
    }
}

/// Whether a collector asks the database that a table or database named by this question lies in.
pub(crate) fn asks_database(q: &Question<'_>) -> bool {
    const DATABASES: [System; 4] = [System::Postgres, System::Mysql, System::Sqlite, System::Redis];
    q.reading.reaches.iter().any(|reach| DATABASES.contains(&reach.system))
}

/// Whether AWS is asked about what this question would delete there.
pub(crate) fn asks_aws(q: &Question<'_>) -> bool {
    (aws::COLLECTOR.concerns)(q)
}

/// The answers of all collectors that the question concerns, in the order of the table.
pub(crate) async fn all<'a>(q: &'a Question<'a>) -> Vec<Answer> {
    let asked = COLLECTORS.iter().filter(|collector| (collector.concerns)(q)).map(|collector| async {
        timeout(limits::FACT, (collector.ask)(q)).await.unwrap_or_else(|_| {
            let why = too_slow(q.now).detail;
            Answer::failed(collector.name, why, q.now)
        })
    });
    futures_util::future::join_all(asked).await
}

/// Whether a collector will have something to say.
pub(crate) fn concerns(q: &Question<'_>) -> bool {
    COLLECTORS.iter().any(|collector| (collector.concerns)(q))
}

/// The facts *data* and *backups* of all answers together; `None` where no collector was asked.
pub(crate) fn told(answers: &[Answer], now: UnixMs) -> Option<(Fact, Fact)> {
    let mut data = answers.iter().filter_map(|answer| answer.data.clone());
    let first = data.next()?;
    let first = data.fold(first, beside);
    Some((first, backups::fact(answers, now)))
}

/// What git knows of the files' backups, with what copies elsewhere add to it.
pub(crate) fn copies_beside(git: Fact, answers: &[Answer], now: UnixMs) -> Fact {
    copies::beside(git, answers, now)
}

/// Two facts on one place of the card: the first one's headline, the details of both, the worse tone.
pub(crate) fn beside(first: Fact, second: Fact) -> Fact {
    let bad = matches!(second.tone, sayso_core::fact::Tone::Bad);
    let also = if second.headline.is_empty() { String::new() } else { format!("{}.", second.headline) };
    Fact {
        detail: words::sentences([first.detail, also, second.detail]),
        tone: if bad { second.tone } else { first.tone },
        source: if first.source.is_empty() || first.source == second.source {
            second.source
        } else if second.source.is_empty() {
            first.source
        } else {
            format!("{} and {}", first.source, second.source)
        },
        known: if second.known == Known::Failed { Known::Failed } else { first.known },
        ..first
    }
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

/// What names say of the environment: a guess, and told as one.
fn guessed<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> Option<Said> {
    let mut found: Vec<Said> = names
        .filter_map(|(what, name)| {
            let by = format!("{what} {}", words::shown(name));
            Some(Said { name: guess(name)?.to_owned(), by, known: Known::Inferred })
        })
        .collect();
    let production = found.iter().position(|said| is_production(&said.name));
    (!found.is_empty()).then(|| found.swap_remove(production.unwrap_or(0)))
}

/// The person's credential by this name, fetched off the async threads within the fact's limit.
pub(crate) async fn credential(q: &Question<'_>, name: &str) -> Result<Option<Zeroizing<String>>, String> {
    let (credentials, name) = (Arc::clone(&q.around.credentials), name.to_owned());
    tokio::task::spawn_blocking(move || credentials.get(&name))
        .await
        .unwrap_or_else(|_| Err("The keychain's answer was lost.".to_owned()))
}
