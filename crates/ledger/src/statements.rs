//! The SQL that writes, and its arguments.
//!
//! Every call into SQLite is a message to its thread and back, so a batch is written in few, large statements:
//! rows go in by chunks of fixed sizes (each prepared once), and a lone commit is one statement.

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteQueryResult};
use sqlx::{Arguments as _, Encode, Executor as _, Sqlite, Type};

use crate::rows::{End, Leaf, RequestRow};
use crate::tree::Hash;
use crate::{limits, words};

/// Rows of one statement, largest first.
pub(crate) const CHUNKS: [usize; 3] = [64, 8, 1];

const LEAF: &str = "INSERT INTO leaf (seq, at, kind, request, hash, root, body) VALUES ";
const LEAF_ROW: &str = "(?,?,?,?,?,?,?)";
const REQUEST: &str = "INSERT INTO request (leaf, id, uid, nonce, received, severity, agent, environment, sentence, exact, \
     stage, ended, decision, decided_by, presence, reason, receipt) VALUES ";
const REQUEST_ROW: &str = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

const CHECKPOINT: &str = "INSERT INTO checkpoint (id, size, note, edge) VALUES (0, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note, edge = excluded.edge";

/// Begins a transaction that may write.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";
/// Makes it durable.
pub(crate) const COMMIT: &str = "COMMIT";
/// Gives it up.
pub(crate) const ROLLBACK: &str = "ROLLBACK";

/// Where one caller's entries begin, in a batch that is written one by one.
pub(crate) const SAVEPOINT: &str = "SAVEPOINT caller";
/// One caller's entries stay.
pub(crate) const RELEASE: &str = "RELEASE caller";
/// One caller's entries go.
pub(crate) const UNDO: &str = "ROLLBACK TO caller; RELEASE caller";

/// Ends a request that waits.
pub(crate) const END: &str = "UPDATE request SET stage = ?, ended = ?, decision = ?, decided_by = ?, presence = ?, reason = ?, receipt = ?, \
     environment = coalesce(?, environment)
     WHERE id = ? AND stage = 'waiting'";

/// Uses an approval.
pub(crate) const USE: &str = "UPDATE request SET stage = 'used' WHERE id = ? AND stage = 'approved'";

/// Stops all agents, or lets them go on.
pub(crate) const STOP: &str = "INSERT INTO setting (name, value, leaf) VALUES ('stopped', ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, leaf = excluded.leaf";

fn rows(insert: &str, row: &str, count: usize) -> String {
    format!("{insert}{}", vec![row; count].join(","))
}

fn asks(count: usize) -> String {
    format!("{}; {}", rows(LEAF, LEAF_ROW, count), rows(REQUEST, REQUEST_ROW, count))
}

static ASKS: LazyLock<[String; CHUNKS.len()]> = LazyLock::new(|| CHUNKS.map(asks));
static LEAF_ONE: LazyLock<String> = LazyLock::new(|| rows(LEAF, LEAF_ROW, 1));
static OPENING: LazyLock<String> = LazyLock::new(|| format!("{BEGIN}; {CHECKPOINT}"));

/// One statement, and by itself a transaction: the trigger of `lone` writes the three tables.
const LONE: &str = "INSERT INTO lone (seq, at, kind, request, hash, root, body, uid, nonce, received, severity, agent, environment, \
     sentence, exact, stage, ended, decision, decided_by, presence, reason, receipt, note, edge) \
     VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// A leaf with its place in the tree.
pub(crate) struct Placed<'a> {
    pub(crate) leaf: &'a Leaf,
    pub(crate) seq: i64,
    pub(crate) root: Hash,
}

/// The newest checkpoint, as it is stored.
pub(crate) struct NewCheckpoint {
    pub(crate) size: i64,
    pub(crate) note: String,
    pub(crate) edge: Vec<u8>,
}

/// Arguments in the order of their question marks. Encoding the types used here cannot fail; should it, the
/// statement is refused when it runs.
#[derive(Default)]
pub(crate) struct Bound {
    arguments: SqliteArguments,
    failed: Option<sqlx::Error>,
}

impl Bound {
    pub(crate) fn add<'t, T: Encode<'t, Sqlite> + Type<Sqlite>>(mut self, value: T) -> Self {
        if let Err(e) = self.arguments.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(e));
        }
        self
    }

    fn text(self, text: &Arc<str>) -> Self {
        self.add(Arc::clone(text))
    }

    fn text_or_null(self, text: Option<&Arc<str>>) -> Self {
        self.add(text.map(Arc::clone))
    }

    pub(crate) fn leaf(self, placed: &Placed<'_>) -> Self {
        let leaf = placed.leaf;
        self.add(placed.seq)
            .add(leaf.at)
            .add(leaf.kind)
            .add(leaf.request.map(|id| id.to_string()))
            .add(leaf.hash.as_slice())
            .add(placed.root.as_slice())
            .text(&leaf.body)
    }

    fn end(self, end: &End) -> Self {
        self.add(words::stage(end.stage))
            .add(end.ended)
            .add(end.decision)
            .add(end.by)
            .add(end.presence)
            .text_or_null(end.reason.as_ref())
            .text_or_null(end.receipt.as_ref())
    }

    /// What [`END`] writes.
    pub(crate) fn ending(self, end: &End) -> Self {
        self.end(end).text_or_null(end.environment.as_ref())
    }

    fn request(self, seq: i64, row: &RequestRow) -> Self {
        self.add(seq).text(&row.id).about(row)
    }

    /// A request's row but for its leaf and its number.
    fn about(self, row: &RequestRow) -> Self {
        self.add(row.uid)
            .text(&row.nonce)
            .add(row.received)
            .add(row.severity)
            .text(&row.agent)
            .text_or_null(row.environment.as_ref())
            .text(&row.sentence)
            .text(&row.exact)
            .end(&row.end)
    }

    fn asks(mut self, asks: &[(Placed<'_>, &RequestRow)]) -> Self {
        for (placed, _) in asks {
            self = self.leaf(placed);
        }
        for (placed, row) in asks {
            self = self.request(placed.seq, row);
        }
        self
    }

    fn checkpoint(self, new: NewCheckpoint) -> Self {
        self.add(new.size).add(new.note).add(new.edge)
    }
}

/// Fills the write-ahead log with a transaction that is too large for the memory it is given, and gives it up; the next
/// one writes from the log's beginning on. A number that nothing reads, set to what it is, makes the room durable: it is
/// a commit that changes nothing, whatever another program wrote meanwhile.
static ROOM: LazyLock<String> = LazyLock::new(|| {
    let bytes = limits::WAL_KEPT_BYTES;
    let kept = limits::WRITER_CACHE_KIB;
    format!(
        "PRAGMA cache_size = 16; {BEGIN}; CREATE TABLE room (bytes BLOB); INSERT INTO room VALUES (zeroblob({bytes})); \
         {ROLLBACK}; PRAGMA cache_size = -{kept}; PRAGMA user_version = 0"
    )
});

/// Makes the write-ahead log as long as it gets.
pub(crate) async fn make_room(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    run(conn, ROOM.as_str(), Bound::default()).await.map(drop)
}

/// Runs a statement, or several, and gives the sum of the rows changed.
pub(crate) async fn run(
    conn: &mut SqliteConnection,
    sql: &'static str,
    bound: Bound,
) -> Result<u64, sqlx::Error> {
    if let Some(e) = bound.failed {
        return Err(e);
    }
    let done = conn.execute(sqlx::query_with(sql, bound.arguments)).await?;
    Ok(SqliteQueryResult::rows_affected(&done))
}

/// Begins a transaction and puts the checkpoint that it will end with.
pub(crate) async fn open(conn: &mut SqliteConnection, new: NewCheckpoint) -> Result<(), sqlx::Error> {
    run(conn, OPENING.as_str(), Bound::default().checkpoint(new)).await.map(drop)
}

/// Puts a checkpoint inside a transaction, or by itself.
pub(crate) async fn put_checkpoint(
    conn: &mut SqliteConnection,
    new: NewCheckpoint,
) -> Result<(), sqlx::Error> {
    run(conn, CHECKPOINT, Bound::default().checkpoint(new)).await.map(drop)
}

/// A whole transaction with one request in it. Where it is refused, nothing of it stands and none is open.
pub(crate) async fn alone(
    conn: &mut SqliteConnection,
    new: NewCheckpoint,
    (placed, row): (Placed<'_>, &RequestRow),
) -> Result<(), sqlx::Error> {
    run(conn, LONE, Bound::default().leaf(&placed).about(row).add(new.note).add(new.edge)).await.map(drop)
}

/// Requests with their leaves.
pub(crate) async fn put_asks(
    conn: &mut SqliteConnection,
    mut asks: &[(Placed<'_>, &RequestRow)],
) -> Result<(), sqlx::Error> {
    for (size, sql) in CHUNKS.iter().zip(ASKS.iter()) {
        while let Some((chunk, rest)) = asks.split_at_checked(*size) {
            run(conn, sql.as_str(), Bound::default().asks(chunk)).await?;
            asks = rest;
        }
    }
    Ok(())
}

/// One leaf by itself.
pub(crate) async fn put_leaf(conn: &mut SqliteConnection, placed: &Placed<'_>) -> Result<(), sqlx::Error> {
    run(conn, LEAF_ONE.as_str(), Bound::default().leaf(placed)).await.map(drop)
}
