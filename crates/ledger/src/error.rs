//! What the ledger refuses and what can fail, each with a stable code and what to do next.

use sayso_core::RequestId;
use sqlx::error::ErrorKind;

/// Why something was not committed, or could not be read. One failure can be told to many callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// This user asked with this nonce before.
    #[error("this nonce was used before; draw a new random one for each request")]
    NonceReused,
    /// The request's number is taken.
    #[error("the request {0} is in the ledger already; draw a new random number for each request")]
    IdReused(RequestId),
    /// The request has ended: decided, expired or withdrawn.
    #[error("the request {0} has ended already; its first end stands")]
    AlreadyDecided(RequestId),
    /// The approval was used.
    #[error("the approval of {0} was used already; an approval counts once, ask again")]
    AlreadyUsed(RequestId),
    /// There is no approval to use.
    #[error("the request {0} is not approved, so there is nothing to use")]
    NotApproved(RequestId),
    /// No such request.
    #[error("the request {0} is not in the ledger; ask again")]
    UnknownRequest(RequestId),
    /// An entry that cannot be a leaf.
    #[error("this entry cannot be kept: {0}")]
    Form(String),
    /// The file or the disk failed.
    #[error("the ledger could not be read or written: {0}; look at the disk's free space and its health")]
    Io(String),
    /// The ledger does not hold in itself.
    #[error(
        "the ledger does not hold: {0}. Nothing is added to it. Run `sayso log verify` to see where, keep the file as evidence, \
         and move it away (with its -wal and -shm) so that a new one is begun"
    )]
    Broken(String),
    /// A newer Sayso wrote it.
    #[error("the ledger was written by a newer Sayso ({0}); install that one, or move the file away")]
    Newer(String),
    /// The ledger was closed.
    #[error("the ledger is closed, because Sayso is stopping; ask again when it has started")]
    Closed,
}

impl LedgerError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NonceReused => "nonce_reused",
            Self::IdReused(_) => "id_reused",
            Self::AlreadyDecided(_) => "already_decided",
            Self::AlreadyUsed(_) => "already_used",
            Self::NotApproved(_) => "not_approved",
            Self::UnknownRequest(_) => "unknown_request",
            Self::Form(_) => "entry_form",
            Self::Io(_) => "ledger_io",
            Self::Broken(_) => "ledger_broken",
            Self::Newer(_) => "ledger_newer",
            Self::Closed => "ledger_closed",
        }
    }
}

/// SQLite's result codes for a file that is damaged or is no database. The primary code is the low byte.
const DAMAGED: [i32; 2] = [11, 26];

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let damaged = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code)
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| DAMAGED.contains(&(code & 0xff)));
        match error {
            sqlx::Error::PoolClosed => Self::Closed,
            _ if damaged => Self::Broken(error.to_string()),
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Broken(error.to_string()),
            _ => Self::Io(error.to_string()),
        }
    }
}

/// The constraint that a statement broke, in SQLite's words: `request.uid, request.nonce`.
pub(crate) fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    matches!(error.kind(), ErrorKind::UniqueViolation)
        .then(|| error.message().rsplit_once(": ").map_or("", |(_, columns)| columns))
}
