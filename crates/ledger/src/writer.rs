//! The one task that writes. It takes everything that is queued, writes it as one transaction, and answers all.
//!
//! # Invariants
//! - A caller is answered `Ok` only after COMMIT returned.
//! - The edge in memory is the edge in the file: it moves on after COMMIT, and is read anew from the file after a
//!   transaction whose end is not known.
//! - An entry that a constraint refuses makes its own caller's entries fail and nobody else's: such a batch is
//!   taken back and written again caller by caller, each behind a savepoint.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use sayso_core::RequestId;
use sayso_core::life::Stage;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{mpsc, oneshot};

use crate::error::broken_constraint;
use crate::note::NoteKey;
use crate::rows::{Change, Leaf};
use crate::statements::{self as sql, Bound, NewCheckpoint, Placed};
use crate::tree::Edge;
use crate::{Committed, LedgerError, file, limits, words};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// What the writer is asked to do.
pub(crate) enum Order {
    Commit(Job),
    Close(oneshot::Sender<()>),
}

/// One caller's entries.
pub(crate) struct Job {
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) answer: oneshot::Sender<Result<Committed, LedgerError>>,
}

impl Job {
    fn bytes(&self) -> usize {
        self.leaves.iter().map(|leaf| leaf.body.len()).sum()
    }
}

/// Why a batch did not become a transaction.
enum Trouble {
    /// One entry breaks a rule of the tables.
    Refused(LedgerError),
    /// Another program wrote leaves: what we know of the file is old.
    Stale,
    /// The file or the disk failed.
    Failed(LedgerError),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// A connection together with what the file says about itself.
struct Session {
    conn: SqliteConnection,
    edge: Edge,
}

pub(crate) struct Writer {
    path: PathBuf,
    key: NoteKey,
    /// None after a failure, until the file has been read anew.
    session: Option<Session>,
    broken: Arc<OnceLock<String>>,
}

impl Writer {
    /// Opens the file and brings its tables up to date.
    pub(crate) async fn open(
        path: &Path,
        key: NoteKey,
        broken: Arc<OnceLock<String>>,
    ) -> Result<Self, LedgerError> {
        let mut conn = file::writing(path).connect().await?;
        MIGRATIONS.run(&mut conn).await.map_err(migration_failed)?;
        let mut writer = Self { path: path.to_owned(), key, session: None, broken };
        match writer.standing(&mut conn).await? {
            Ok(edge) => writer.session = Some(Session { conn, edge }),
            Err(why) => {
                tracing::error!(%why, "the ledger does not hold");
                let _ = writer.broken.set(why);
            }
        }
        Ok(writer)
    }

    /// Takes orders until everybody who could give one is gone, or one says to close.
    pub(crate) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut taken = Vec::with_capacity(limits::BATCH);
        let mut queued = VecDeque::new();
        let mut closed = None;
        if let Err(error) = self.make_room().await {
            tracing::warn!(%error, "the ledger's log has no room made for it; the first commits take longer");
        }
        while closed.is_none() {
            if queued.is_empty() && orders.recv_many(&mut taken, limits::BATCH).await == 0 {
                break;
            }
            queued.extend(taken.drain(..));
            let batch;
            (batch, closed) = next_batch(&mut queued);
            if !batch.is_empty() {
                self.write(batch).await;
            }
        }
        if let Some(session) = self.session.take()
            && let Err(error) = session.conn.close().await
        {
            tracing::warn!(%error, "the ledger did not close cleanly; its log is taken up at the next start");
        }
        if let Some(answer) = closed {
            let _ = answer.send(());
        }
    }

    /// Lets the write-ahead log grow to its full length before anybody waits for it: a commit into room that is there
    /// already is one flush, while one that makes the file longer makes the file system write its own log too. SQLite
    /// does it by itself: what does not fit its memory while a transaction runs goes to the log, and given up it leaves
    /// nothing behind but the room.
    async fn make_room(&mut self) -> Result<(), LedgerError> {
        let mut log = self.path.clone().into_os_string();
        log.push("-wal");
        let length = std::fs::metadata(log).map_or(0, |log| log.len());
        if length >= u64::from(limits::WAL_KEPT_BYTES) {
            return Ok(());
        }
        let Some(mut session) = self.session.take() else { return Ok(()) };
        sql::make_room(&mut session.conn).await?;
        self.session = Some(session);
        Ok(())
    }

    async fn write(&mut self, jobs: Vec<Job>) {
        let results = self.settle(&jobs).await;
        for (job, result) in jobs.into_iter().zip(results) {
            // A caller that went away meanwhile finds its entries in the ledger.
            let _ = job.answer.send(result);
        }
    }

    async fn settle(&mut self, jobs: &[Job]) -> Vec<Result<Committed, LedgerError>> {
        let all = |error: LedgerError| jobs.iter().map(|_| Err(error.clone())).collect();
        // Twice: where another program wrote into the ledger, what it wrote may hold, and then we go on from there.
        for _ in 0..2 {
            let mut session = match self.session().await {
                Ok(session) => session,
                Err(error) => return all(error),
            };
            match session.attempt(jobs, &self.key).await {
                Ok(results) => {
                    self.session = Some(session);
                    return results;
                }
                Err(Trouble::Stale) => drop(session),
                Err(Trouble::Failed(error) | Trouble::Refused(error)) => {
                    tracing::error!(%error, "a batch could not be committed");
                    return all(error);
                }
            }
        }
        all(LedgerError::Io("another program writes into it at the same time".to_owned()))
    }

    /// The session, taken out: whoever does not put it back makes the next batch read the file anew.
    async fn session(&mut self) -> Result<Session, LedgerError> {
        if let Some(why) = self.broken.get() {
            return Err(LedgerError::Broken(why.clone()));
        }
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let mut conn = file::writing(&self.path).create_if_missing(false).connect().await?;
        match self.standing(&mut conn).await? {
            Ok(edge) => Ok(Session { conn, edge }),
            Err(why) => {
                let _ = self.broken.set(why.clone());
                Err(LedgerError::Broken(why))
            }
        }
    }

    /// The tree's edge where the newest checkpoint holds; else why it does not. A new file gets its first one.
    async fn standing(&self, conn: &mut SqliteConnection) -> Result<Result<Edge, String>, LedgerError> {
        let leaves: i64 =
            sqlx::query_scalar("SELECT coalesce(max(seq) + 1, 0) FROM leaf").fetch_one(&mut *conn).await?;
        let stored: Option<(i64, String, Vec<u8>)> =
            sqlx::query_as("SELECT size, note, edge FROM checkpoint").fetch_optional(&mut *conn).await?;
        let Some((size, note, edge)) = stored else {
            if leaves > 0 {
                return Ok(Err(format!("it has {leaves} leaves and no checkpoint")));
            }
            let edge = Edge::default();
            sql::put_checkpoint(conn, checkpoint(&edge, &self.key)?).await?;
            return Ok(Ok(edge));
        };
        Ok(holds(&self.key, leaves, size, &note, &edge))
    }
}

/// The edge of the stored checkpoint where note, size, edge and the count of the leaves agree.
pub(crate) fn holds(key: &NoteKey, leaves: i64, size: i64, note: &str, edge: &[u8]) -> Result<Edge, String> {
    let (signed, root) = key.read(note).map_err(|why| format!("its checkpoint does not count: {why}"))?;
    if i64::try_from(signed) != Ok(size) {
        return Err(format!("its checkpoint signs {signed} leaves, and stands there for {size}"));
    }
    if size != leaves {
        return Err(format!("its checkpoint signs {size} leaves, and there are {leaves}"));
    }
    match Edge::from_bytes(signed, edge) {
        Some(edge) if edge.root() == root => Ok(edge),
        _ => Err("the tree's edge beside its checkpoint was changed".to_owned()),
    }
}

/// As many of the queued commits as make one transaction, and whether an order to close stands behind them.
fn next_batch(queued: &mut VecDeque<Order>) -> (Vec<Job>, Option<oneshot::Sender<()>>) {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while batch.len() < limits::BATCH {
        match queued.pop_front() {
            None => break,
            Some(Order::Close(answer)) => return (batch, Some(answer)),
            Some(Order::Commit(job)) => {
                bytes += job.bytes();
                if bytes > limits::BATCH_BYTES && !batch.is_empty() {
                    queued.push_front(Order::Commit(job));
                    break;
                }
                batch.push(job);
            }
        }
    }
    (batch, None)
}

fn touched_twice(jobs: &[Job]) -> bool {
    let mut seen = HashSet::new();
    jobs.iter().flat_map(|job| &job.leaves).filter_map(|leaf| leaf.request).any(|id| !seen.insert(id))
}

fn checkpoint(edge: &Edge, key: &NoteKey) -> Result<NewCheckpoint, LedgerError> {
    Ok(NewCheckpoint {
        size: seq(edge.size())?,
        note: key.write(edge.size(), &edge.root()),
        edge: edge.to_bytes(),
    })
}

fn seq(number: u64) -> Result<i64, LedgerError> {
    i64::try_from(number).map_err(|_| LedgerError::Form("the ledger is full".to_owned()))
}

/// Gives a leaf the next place in the tree.
fn place<'a>(leaf: &'a Leaf, edge: &mut Edge) -> Result<Placed<'a>, LedgerError> {
    let seq = seq(edge.size())?;
    edge.push(leaf.hash);
    Ok(Placed { leaf, seq, root: edge.root() })
}

fn migration_failed(error: MigrateError) -> LedgerError {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => {
            LedgerError::Newer(error.to_string())
        }
        MigrateError::VersionMismatch(_) | MigrateError::Dirty(_) => {
            LedgerError::Broken(format!("its tables are not as Sayso made them: {error}"))
        }
        MigrateError::Execute(error) => error.into(),
        other => LedgerError::Io(other.to_string()),
    }
}

impl Session {
    /// One transaction with all jobs in it; the answers in their order.
    async fn attempt(
        &mut self,
        jobs: &[Job],
        key: &NoteKey,
    ) -> Result<Vec<Result<Committed, LedgerError>>, Trouble> {
        if touched_twice(jobs) {
            // Together, requests are written before all else: not the order of two entries of one request.
            return self.one_by_one(jobs, key).await;
        }
        match self.together(jobs, key).await {
            Err(Trouble::Refused(_)) => {
                sql::run(&mut self.conn, sql::ROLLBACK, Bound::default()).await?;
                self.one_by_one(jobs, key).await
            }
            other => other,
        }
    }

    /// All at once, in few statements. Any refusal is of the batch as a whole.
    async fn together(
        &mut self,
        jobs: &[Job],
        key: &NoteKey,
    ) -> Result<Vec<Result<Committed, LedgerError>>, Trouble> {
        let mut edge = self.edge.clone();
        let (mut asks, mut rest) = (Vec::new(), Vec::new());
        let mut ranges = Vec::with_capacity(jobs.len());
        for job in jobs {
            let start = edge.size();
            for leaf in &job.leaves {
                let placed = place(leaf, &mut edge).map_err(Trouble::Failed)?;
                match &leaf.change {
                    Change::Ask(row) => asks.push((placed, &**row)),
                    _ => rest.push(placed),
                }
            }
            ranges.push(start..edge.size());
        }
        let new = checkpoint(&edge, key).map_err(Trouble::Failed)?;
        if asks.len() == 1
            && rest.is_empty()
            && let Some(ask) = asks.pop()
        {
            let id = ask.0.leaf.request;
            match sql::alone(&mut self.conn, new, ask).await.map_err(|e| refused(e, id)) {
                // The one caller's refusal is the batch's, and its statement left no transaction open.
                Err(Trouble::Refused(error)) => return Ok(vec![Err(error)]),
                other => other?,
            }
        } else {
            sql::open(&mut self.conn, new).await?;
            sql::put_asks(&mut self.conn, &asks).await.map_err(|e| refused(e, None))?;
            for placed in &rest {
                apply(&mut self.conn, placed).await?;
            }
            sql::run(&mut self.conn, sql::COMMIT, Bound::default()).await?;
        }
        self.edge = edge;
        Ok(ranges.into_iter().map(committed).collect())
    }

    /// Caller by caller, each behind a savepoint.
    async fn one_by_one(
        &mut self,
        jobs: &[Job],
        key: &NoteKey,
    ) -> Result<Vec<Result<Committed, LedgerError>>, Trouble> {
        sql::run(&mut self.conn, sql::BEGIN, Bound::default()).await?;
        let mut edge = self.edge.clone();
        let mut answers = Vec::with_capacity(jobs.len());
        for job in jobs {
            let mut grown = edge.clone();
            sql::run(&mut self.conn, sql::SAVEPOINT, Bound::default()).await?;
            match self.write_job(job, &mut grown).await {
                Ok(()) => {
                    sql::run(&mut self.conn, sql::RELEASE, Bound::default()).await?;
                    answers.push(committed(edge.size()..grown.size()));
                    edge = grown;
                }
                Err(Trouble::Refused(error)) => {
                    sql::run(&mut self.conn, sql::UNDO, Bound::default()).await?;
                    answers.push(Err(error));
                }
                Err(other) => return Err(other),
            }
        }
        if edge.size() == self.edge.size() {
            sql::run(&mut self.conn, sql::ROLLBACK, Bound::default()).await?;
            return Ok(answers);
        }
        sql::put_checkpoint(&mut self.conn, checkpoint(&edge, key).map_err(Trouble::Failed)?).await?;
        sql::run(&mut self.conn, sql::COMMIT, Bound::default()).await?;
        self.edge = edge;
        Ok(answers)
    }

    async fn write_job(&mut self, job: &Job, edge: &mut Edge) -> Result<(), Trouble> {
        for leaf in &job.leaves {
            let placed = place(leaf, edge).map_err(Trouble::Failed)?;
            match &leaf.change {
                Change::Ask(row) => {
                    let id = leaf.request;
                    sql::put_asks(&mut self.conn, &[(placed, row)]).await.map_err(|e| refused(e, id))?;
                }
                _ => apply(&mut self.conn, &placed).await?,
            }
        }
        Ok(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an answer is a Result")]
const fn committed(leaves: Range<u64>) -> Result<Committed, LedgerError> {
    Ok(Committed { leaves })
}

/// Writes a leaf that brings no new request, and what it changes.
async fn apply(conn: &mut SqliteConnection, placed: &Placed<'_>) -> Result<(), Trouble> {
    let leaf = placed.leaf;
    sql::put_leaf(conn, placed).await.map_err(|e| refused_end(e, leaf))?;
    let id = || leaf.request.map(|id| id.to_string());
    let changed = match &leaf.change {
        Change::Ask(_) | Change::Nothing => return Ok(()),
        Change::Stop(stopped) => {
            sql::run(conn, sql::STOP, Bound::default().add(*stopped).add(placed.seq)).await?;
            return Ok(());
        }
        Change::End(end) => sql::run(conn, sql::END, Bound::default().ending(end).add(id())).await?,
        Change::Use => sql::run(conn, sql::USE, Bound::default().add(id())).await?,
    };
    if changed == 1 {
        return Ok(());
    }
    let Some(request) = leaf.request else { return Ok(()) };
    let stage: Option<String> =
        sqlx::query_scalar("SELECT stage FROM request WHERE id = ?").bind(id()).fetch_optional(conn).await?;
    Err(Trouble::Refused(match (stage, &leaf.change) {
        (None, _) => LedgerError::UnknownRequest(request),
        (Some(_), Change::End(_)) => LedgerError::AlreadyDecided(request),
        (Some(stage), _) if stage == words::stage(Stage::Used) => LedgerError::AlreadyUsed(request),
        (Some(_), _) => LedgerError::NotApproved(request),
    }))
}

/// What a broken constraint of a new request means.
fn refused(error: sqlx::Error, id: Option<RequestId>) -> Trouble {
    match (broken_constraint(&error), id) {
        (None, _) => error.into(),
        (Some("leaf.seq"), _) => Trouble::Stale,
        (Some("request.id"), Some(id)) => Trouble::Refused(LedgerError::IdReused(id)),
        // Without an id the batch is written again one by one, and this is not what anybody is told.
        (Some(_), _) => Trouble::Refused(LedgerError::NonceReused),
    }
}

/// What a broken constraint of any other entry means.
fn refused_end(error: sqlx::Error, leaf: &Leaf) -> Trouble {
    match (broken_constraint(&error), leaf.request, &leaf.change) {
        (Some("leaf.seq"), ..) => Trouble::Stale,
        (Some("leaf.request"), Some(id), Change::Use) => Trouble::Refused(LedgerError::AlreadyUsed(id)),
        (Some("leaf.request"), Some(id), _) => Trouble::Refused(LedgerError::AlreadyDecided(id)),
        _ => error.into(),
    }
}
