//! Recomputes everything from the leaves' bodies and names the first leaf that does not hold.
//!
//! First the record itself: each body is canonical, its hash and its columns are its own, no number is missing, the
//! tree grows through each stored root, and ends where the signed checkpoint says. Only then what stands beside
//! the record, against it: each request's row, and the setting.
//!
//! Invariants: one snapshot of the file; rows are streamed, so memory does not grow with the ledger. Whatever is
//! found is a result; an error means only that the file could not be read.
//!
//! Where somebody rewrote a leaf *and every stored root after it*, only the signed root tells: the fault is then
//! the first leaf of the run whose subtree differs from the stored edge, if that edge is still the signed one.

use futures_util::TryStreamExt as _;
use sayso_core::Digest;
use sayso_core::life::Stage;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Acquire as _, Row as _};

use crate::canon::canonical;
use crate::reads::entry;
use crate::rows::{Change, End, Leaf, RequestRow};
use crate::tree::{Edge, Hash, leaf_hash};
use crate::{Ledger, LedgerError, words};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// How many leaves hold, from the first on.
    pub leaves: u64,
    /// The root of the tree over them.
    pub root: Digest,
    /// The newest checkpoint as it is stored; empty where there is none. Kept elsewhere, it shows later whether
    /// this ledger was put back or cut short.
    pub checkpoint: String,
    /// The first thing that does not hold; absent where everything does.
    pub fault: Option<LeafFault>,
}

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafFault {
    /// The first leaf that does not hold, counted from 0; absent where the leaves agree among themselves and what
    /// is wrong is the checkpoint.
    pub leaf: Option<u64>,
    /// What is wrong, in a sentence without a full stop.
    pub why: String,
}

const CHECKPOINT: &str = "SELECT size, note, edge FROM checkpoint";

const LEAVES: &str = "SELECT seq, at, kind, request, hash, root, body FROM leaf ORDER BY seq";

const REQUESTS: &str =
    "SELECT r.leaf, r.id, r.uid, r.nonce, r.received, r.severity, r.agent, r.environment, r.sentence,
            r.exact, r.stage, r.ended, r.decision, r.decided_by, r.presence, r.reason, r.receipt,
            l.body, e.seq, e.body, u.seq
     FROM request r LEFT JOIN leaf l ON l.seq = r.leaf
     LEFT JOIN leaf e INDEXED BY leaf_end ON e.request = r.id AND e.kind IN ('decided', 'withdrawn')
     LEFT JOIN leaf u INDEXED BY leaf_used ON u.request = r.id AND u.kind = 'used'
     ORDER BY r.leaf";

/// Leaves about a request that no row knows, or that another leaf's row stands for.
const WITHOUT_ROW: &str = "SELECT min(l.seq) FROM leaf l LEFT JOIN request r ON r.id = l.request
     WHERE l.request IS NOT NULL
       AND (r.id IS NULL OR (l.kind IN ('asked', 'ruled') AND r.leaf <> l.seq))";

const SETTINGS: &str =
    "SELECT s.name, s.value, s.leaf, l.body FROM setting s LEFT JOIN leaf l ON l.seq = s.leaf";

const LAST_STOP: &str = "SELECT max(seq) FROM leaf WHERE kind = 'stopped'";

/// Leaves between two turns of other tasks: checking one takes tens of microseconds.
const TURN: u64 = 64;

type Why = String;

impl Ledger {
    /// Recomputes the whole ledger, as it stands at one moment, from its leaves.
    ///
    /// # Errors
    /// `ledger_io`, or `ledger_broken` where the file itself is damaged or a table or an index is gone.
    pub async fn verify(&self) -> Result<Verification, LedgerError> {
        let mut conn = self.readers.acquire().await?;
        let mut snapshot = conn.begin().await?;
        let found = self.verify_snapshot(&mut snapshot).await;
        // Nothing was written; a snapshot that cannot be closed goes with its connection.
        let _ = snapshot.rollback().await;
        found.map_err(|error| match error {
            LedgerError::Io(why) if why.contains("no such") || why.contains("no query solution") => {
                LedgerError::Broken(format!("its tables are not as Sayso made them: {why}"))
            }
            other => other,
        })
    }

    async fn verify_snapshot(&self, conn: &mut SqliteConnection) -> Result<Verification, LedgerError> {
        let stored: Option<(i64, String, Vec<u8>)> =
            sqlx::query_as(CHECKPOINT).fetch_optional(&mut *conn).await?;
        let (edge, fault) = leaves(conn).await?;
        let fault = match fault {
            Some(fault) => Some(fault),
            None => match self.against_checkpoint(stored.as_ref(), &edge) {
                Some(fault) => Some(fault),
                None => beside(conn).await?,
            },
        };
        Ok(Verification {
            leaves: edge.size(),
            root: Digest::from_raw(edge.root()),
            checkpoint: stored.map(|(_, note, _)| note).unwrap_or_default(),
            fault,
        })
    }

    /// What the signed checkpoint says against the tree over the leaves that hold.
    fn against_checkpoint(&self, stored: Option<&(i64, String, Vec<u8>)>, tree: &Edge) -> Option<LeafFault> {
        let fault = |leaf, why: String| Some(LeafFault { leaf, why });
        let Some((size, note, stored_edge)) = stored else {
            return fault(None, "there is no checkpoint".to_owned());
        };
        let (signed, root) = match self.key.read(note) {
            Ok(signed) => signed,
            Err(why) => return fault(None, format!("the checkpoint does not count: {why}")),
        };
        let leaves = tree.size();
        if leaves < signed {
            return fault(
                Some(leaves),
                format!("it is missing: {signed} leaves are signed and {leaves} are there"),
            );
        }
        if leaves > signed {
            return fault(Some(signed), format!("it stands behind the {signed} leaves that are signed"));
        }
        let stored_edge = Edge::from_bytes(signed, stored_edge).filter(|edge| edge.root() == root);
        if tree.root() != root {
            let run = stored_edge.and_then(|edge| edge.first_difference(tree));
            let why = "the tree over the leaves has another root than the one that is signed";
            return match run {
                Some(run) => fault(
                    Some(run.start),
                    format!("{why}; what was changed lies in the leaves {} to {}", run.start, run.end - 1),
                ),
                None => fault(None, why.to_owned()),
            };
        }
        if stored_edge.is_none() || i64::try_from(signed) != Ok(*size) {
            return fault(None, "the size or the tree's edge beside the checkpoint was changed".to_owned());
        }
        None
    }
}

fn fault(leaf: u64, why: impl Into<String>) -> LeafFault {
    LeafFault { leaf: Some(leaf), why: why.into() }
}

/// The tree over the leaves up to the first that does not hold in itself, and what is wrong with that one.
async fn leaves(conn: &mut SqliteConnection) -> Result<(Edge, Option<LeafFault>), LedgerError> {
    let mut tree = Edge::default();
    let mut rows = sqlx::query(LEAVES).fetch(conn);
    while let Some(row) = rows.try_next().await? {
        let expected = tree.size();
        let mut grown = tree.clone();
        if let Err(why) = leaf(&row, &mut grown) {
            return Ok((tree, Some(fault(expected, why))));
        }
        tree = grown;
        if tree.size().is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
    }
    Ok((tree, None))
}

/// Checks a leaf in itself and adds it to the tree.
fn leaf(row: &SqliteRow, tree: &mut Edge) -> Result<(), Why> {
    let unreadable = |e: sqlx::Error| format!("its row cannot be read: {e}");
    let seq: i64 = row.try_get(0).map_err(unreadable)?;
    if u64::try_from(seq) != Ok(tree.size()) {
        return Err(format!("it is missing: the next one there is {seq}"));
    }
    let body: &str = row.try_get(6).map_err(unreadable)?;
    let hash: &[u8] = row.try_get(4).map_err(unreadable)?;
    let computed = leaf_hash(body.as_bytes());
    if hash != computed {
        return Err("its body is not the one that was hashed".to_owned());
    }
    let found = read_leaf(body, computed)?;
    let same = row.try_get::<i64, _>(1).map_err(unreadable)? == found.at
        && row.try_get::<&str, _>(2).map_err(unreadable)? == found.kind
        && row.try_get::<Option<&str>, _>(3).map_err(unreadable)?.map(str::to_owned)
            == found.request.map(|id| id.to_string());
    if !same {
        return Err("its time, kind or request is not its body's".to_owned());
    }
    tree.push(computed);
    if row.try_get::<&[u8], _>(5).map_err(unreadable)? != tree.root() {
        return Err("the tree that ends with it has another root than was stored with it".to_owned());
    }
    Ok(())
}

fn read_leaf(body: &str, hash: Hash) -> Result<Leaf, Why> {
    let entry = entry(body).map_err(|e| format!("its body is no entry: {e}"))?;
    if canonical(&entry).map_err(|e| e.to_string())? != body.as_bytes() {
        return Err("its body is not in canonical form".to_owned());
    }
    Leaf::beside(entry, hash, body.into()).map_err(|e| e.to_string())
}

/// What a leaf that holds changes beside the leaves.
fn change(body: &str) -> Result<Change, Why> {
    let entry = entry(body).map_err(|e| e.to_string())?;
    Leaf::beside(entry, [0; 32], "".into()).map(|leaf| leaf.change).map_err(|e| e.to_string())
}

/// What stands beside the leaves, against them. The leaves hold.
async fn beside(conn: &mut SqliteConnection) -> Result<Option<LeafFault>, LedgerError> {
    let mut first = None;
    {
        let mut rows = sqlx::query(REQUESTS).fetch(&mut *conn);
        let mut count = 0u64;
        while let Some(row) = rows.try_next().await? {
            let leaf: i64 = row.try_get(0)?;
            if let Err(why) = request(&row) {
                first = Some(fault(leaf.unsigned_abs(), why));
                break;
            }
            count += 1;
            if count.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
        }
    }
    let lost: Option<i64> = sqlx::query_scalar(WITHOUT_ROW).fetch_one(&mut *conn).await?;
    let lost = lost.map(|seq| fault(seq.unsigned_abs(), "its request's row is missing"));
    let setting = settings(conn).await?;
    Ok([first, lost, setting].into_iter().flatten().min_by_key(|fault| fault.leaf))
}

/// Checks one request's row against the leaves about it.
fn request(row: &SqliteRow) -> Result<(), Why> {
    let unreadable = |e: sqlx::Error| format!("its request's row cannot be read: {e}");
    let asked: i64 = row.try_get(0).map_err(unreadable)?;
    let id: &str = row.try_get(1).map_err(unreadable)?;
    let ends: Option<i64> = row.try_get(18).map_err(unreadable)?;
    let used: Option<i64> = row.try_get(20).map_err(unreadable)?;
    let Some(body) = row.try_get::<Option<&str>, _>(17).map_err(unreadable)? else {
        return Err(format!("a row stands there for {id}, and there is no such leaf"));
    };
    let Change::Ask(mut expected) = change(body)? else {
        return Err(format!("a row stands there for {id}, and the leaf asks nothing"));
    };
    if let Some(body) = row.try_get::<Option<&str>, _>(19).map_err(unreadable)? {
        let Change::End(end) = change(body)? else {
            return Err("its request's end is no end".to_owned());
        };
        if expected.end.stage != Stage::Waiting || ends < Some(asked) {
            return Err("its request ended before it was asked, or twice".to_owned());
        }
        if end.environment.is_some() {
            expected.environment.clone_from(&end.environment);
        }
        expected.end = end;
    }
    if used.is_some() {
        if expected.end.stage != Stage::Approved || used < Some(asked) || used < ends {
            return Err("its request was used before it was approved".to_owned());
        }
        expected.end.stage = Stage::Used;
    }
    match first_difference(row, &expected).map_err(unreadable)? {
        None => Ok(()),
        Some(column) => Err(format!("its request's row was changed: `{column}` is not what the leaves say")),
    }
}

/// The first column of a request's row that is not as expected.
fn first_difference(row: &SqliteRow, expected: &RequestRow) -> Result<Option<&'static str>, sqlx::Error> {
    let text = |column: usize, is: Option<&str>| Ok(row.try_get::<Option<&str>, _>(column)? == is);
    let number = |column: usize, is: Option<i64>| Ok(row.try_get::<Option<i64>, _>(column)? == is);
    let End { stage, ended, decision, by, presence, reason, receipt, environment: _ } = &expected.end;
    let checks: [(&'static str, Result<bool, sqlx::Error>); 16] = [
        ("id", text(1, Some(&expected.id))),
        ("uid", number(2, Some(expected.uid))),
        ("nonce", text(3, Some(&expected.nonce))),
        ("received", number(4, Some(expected.received))),
        ("severity", text(5, Some(expected.severity))),
        ("agent", text(6, Some(&expected.agent))),
        ("environment", text(7, expected.environment.as_deref())),
        ("sentence", text(8, Some(&expected.sentence))),
        ("exact", text(9, Some(&expected.exact))),
        ("stage", text(10, Some(words::stage(*stage)))),
        ("ended", number(11, *ended)),
        ("decision", text(12, *decision)),
        ("decided_by", text(13, *by)),
        ("presence", text(14, *presence)),
        ("reason", text(15, reason.as_deref())),
        ("receipt", text(16, receipt.as_deref())),
    ];
    for (column, same) in checks {
        if !same? {
            return Ok(Some(column));
        }
    }
    Ok(None)
}

/// Checks the one setting, `stopped`, against the last leaf about it.
async fn settings(conn: &mut SqliteConnection) -> Result<Option<LeafFault>, LedgerError> {
    let last: Option<i64> = sqlx::query_scalar(LAST_STOP).fetch_one(&mut *conn).await?;
    let rows: Vec<(String, i64, i64, Option<String>)> =
        sqlx::query_as(SETTINGS).fetch_all(&mut *conn).await?;
    let says = |body: &str| match change(body) {
        Ok(Change::Stop(stopped)) => Some(i64::from(stopped)),
        _ => None,
    };
    let right = match (&last, rows.as_slice()) {
        (None, []) => true,
        (Some(last), [(name, value, leaf, Some(body))]) => {
            name == "stopped" && leaf == last && says(body) == Some(*value)
        }
        _ => false,
    };
    let leaf = last.or_else(|| rows.first().map(|row| row.2)).unwrap_or(0);
    let why = "the setting that stops all agents is not what the leaves say";
    Ok((!right).then(|| fault(leaf.unsigned_abs(), why)))
}
