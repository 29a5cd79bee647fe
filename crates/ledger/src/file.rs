//! The ledger's file: whose it is, and how a connection to it is set up.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::LedgerError;
use crate::limits;

/// Makes the file where there is none, and takes it from everybody but its owner. SQLite gives its `-wal` and
/// `-shm` the same mode.
pub(crate) fn guard(path: &Path) -> Result<(), LedgerError> {
    let io = |e: std::io::Error| LedgerError::Io(format!("{}: {e}", path.display()));
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(io)?;
    if !file.metadata().map_err(io)?.is_file() {
        return Err(LedgerError::Io(format!("{} is not a file", path.display())));
    }
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(io)?;
    Ok(())
}

fn common(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(Duration::from_secs(limits::BUSY_SECONDS))
        .foreign_keys(true)
        // A schema that somebody changed must not call functions on our behalf.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
}

/// The one connection that writes.
pub(crate) fn writing(path: &Path) -> SqliteConnectOptions {
    common(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // On macOS a plain flush stops at the drive's own cache.
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        .pragma("wal_autocheckpoint", limits::WAL_PAGES.to_string())
        .pragma("journal_size_limit", limits::WAL_KEPT_BYTES.to_string())
        .pragma("cache_size", format!("-{}", limits::WRITER_CACHE_KIB))
        .thread_name(|_| "ledger-writer".to_owned())
}

/// A connection that cannot write.
pub(crate) fn reading(path: &Path) -> SqliteConnectOptions {
    common(path)
        .read_only(true)
        .pragma("cache_size", format!("-{}", limits::READER_CACHE_KIB))
        .thread_name(|_| "ledger-reader".to_owned())
}
