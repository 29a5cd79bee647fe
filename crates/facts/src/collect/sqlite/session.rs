//! One look into a SQLite file that leaves nothing behind, not even beside it.
//!
//! # Invariants
//! - The file is opened for reading alone. Where nothing waits beside it, as one that does not change (`immutable`): no
//!   lock is taken and no file is made. Where a WAL waits, with that and without writing into its index
//!   (`readonly_shm`); where that is not to be had, without the WAL, and that is told.
//! - What runs is cut off at [`limits::STATEMENT`], also where nobody waits any more.
//! - Functions of the file's own making do not run (`trusted_schema`), and nothing that is asked is logged.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _, Sqlite};
use tokio::time::timeout;

use super::file::Lying;
use crate::{limits, words};

/// After how many of SQLite's own steps it is looked whether there is time left: a fraction of a millisecond.
const STEPS: i32 = 5000;

/// Why a file gave no answer: the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("somebody holds a lock on it")]
    Locked,
    #[error("it takes too long")]
    Slow,
    #[error("SQLite says: {0}")]
    Failed(String),
}

impl Trouble {
    fn of(error: &sqlx::Error) -> Self {
        let sqlx::Error::Database(said) = error else {
            return Self::Failed(words::shown(&error.to_string()));
        };
        // The lowest byte is the kind, the others say more.
        match said.code().and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            Some(5 | 6) => Self::Locked,
            Some(9) => Self::Slow,
            _ => Self::Failed(words::shown(said.message())),
        }
    }
}

/// An open file.
pub(super) struct Session {
    connection: SqliteConnection,
    started: Instant,
    until: Instant,
    /// In milliseconds since `started`.
    deadline: Arc<AtomicU64>,
    /// Whether what waits in the WAL is not seen.
    pub(super) without_wal: bool,
}

impl Session {
    pub(super) async fn open(file: &Lying, until: Instant) -> Result<Self, Trouble> {
        if file.wal == 0 {
            return Self::begin(&file.path, "immutable=1", until).await;
        }
        if let Ok(session) = Self::begin(&file.path, "mode=ro&readonly_shm=1", until).await {
            return Ok(session);
        }
        let session = Self::begin(&file.path, "immutable=1", until).await?;
        Ok(Self { without_wal: true, ..session })
    }

    async fn begin(path: &Path, how: &str, until: Instant) -> Result<Self, Trouble> {
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left, Self::connect(path, how, until)).await {
            Ok(session) => session.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Slow),
        }
    }

    async fn connect(path: &Path, how: &str, until: Instant) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::from_str("sqlite::memory:")?
            .filename(format!("file:{}?{how}", escaped(path)))
            .in_memory(false)
            .shared_cache(false)
            .read_only(true)
            .busy_timeout(limits::LOCK)
            .statement_cache_capacity(0)
            .pragma("trusted_schema", "OFF")
            .pragma("query_only", "ON")
            .pragma("cell_size_check", "ON")
            .disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let started = Instant::now();
        let deadline = Arc::new(AtomicU64::new(milliseconds(until.saturating_duration_since(started))));
        let own = Arc::clone(&deadline);
        let goes_on = move || milliseconds(started.elapsed()) < own.load(Ordering::Relaxed);
        connection.lock_handle().await?.set_progress_handler(STEPS, goes_on);
        let mut session = Self { connection, started, until, deadline, without_wal: false };
        // Opening alone reads nothing.
        let asked = sqlx::query::<Sqlite>("SELECT 1 FROM sqlite_schema LIMIT 1");
        asked.fetch_all(&mut session.connection).await?;
        Ok(session)
    }

    /// The rows of one statement.
    pub(super) async fn rows(&mut self, sql: String) -> Result<Vec<SqliteRow>, Trouble> {
        let left = self.until.saturating_duration_since(Instant::now()).min(limits::STATEMENT);
        if left.is_zero() {
            return Err(Trouble::Slow);
        }
        self.deadline.store(milliseconds(self.started.elapsed() + left), Ordering::Relaxed);
        let asked = sqlx::query::<Sqlite>(AssertSqlSafe(sql)).persistent(false);
        match timeout(left + limits::LOCK, asked.fetch_all(&mut self.connection)).await {
            Ok(rows) => rows.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Slow),
        }
    }

    /// Whether there is time to ask for something long.
    pub(super) fn has_time(&self) -> bool {
        self.until.saturating_duration_since(Instant::now()) > limits::LOCK
    }

    pub(super) async fn close(self) {
        let _ = timeout(limits::LOCK, self.connection.close()).await;
    }
}

/// A value of a row that was asked for as text.
pub(super) fn text(row: &SqliteRow, at: usize) -> Option<String> {
    row.try_get_unchecked::<Option<String>, _>(at).ok().flatten()
}

/// A value of a row that is a number.
pub(super) fn whole(row: &SqliteRow, at: usize) -> Option<u64> {
    row.try_get_unchecked::<Option<i64>, _>(at).ok().flatten().and_then(|n| u64::try_from(n).ok())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A path in a URI: only what is surely itself stays as it is.
fn escaped(path: &Path) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn a_path_stays_a_path_in_a_uri() {
        assert_eq!(super::escaped(Path::new("/a b/c?mode=rw#%41.db")), "/a%20b/c%3Fmode%3Drw%23%2541.db");
    }
}
