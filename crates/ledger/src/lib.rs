//! The append-only record: SQLite, with an RFC 6962-style Merkle tree over it and its root signed.
//!
//! # Invariants
//! - What [`Ledger::commit`] answered with `Ok` is on the disk: WAL, `synchronous=FULL`, one transaction for the
//!   entries, the request's row, the tree and the signed checkpoint.
//! - A leaf is the canonical JSON of an [`Entry`]; it is added and never changed. All that stands beside the
//!   leaves is worked out from them by [`rows`], and [`Ledger::verify`] works it out anew.
//! - A request ends once and is used once, a nonce belongs to one request of its user: the tables refuse more.
//!   An entry that breaks this fails alone, whoever was committed together with it.
//! - A ledger whose newest checkpoint does not hold is read and verified, and never written.
//!
//! # What the tree cannot show
//! A checkpoint proves what was there when it was signed. Leaves cut off at the end are noticed, because the newest
//! checkpoint signs more than is there, and no older one is kept beside it. But whoever puts back an *older copy* of
//! the file, checkpoint and all, or deletes it, leaves a ledger that holds in itself; and whoever has the machine's
//! key can sign another past. Both show only against a checkpoint that somebody else kept (a witness):
//! [`Verification::checkpoint`] is the text to keep.
//!
//! # Deliberately absent
//! Keys (a [`NoteKey`] signs through a closure), clocks, judging receipts, deleting or rewriting anything.

mod canon;
mod error;
mod exact;
mod file;
pub mod limits;
mod note;
mod reads;
mod rows;
mod statements;
mod tree;
mod verify;
mod words;
mod writer;

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sayso_core::record::{Entry, What};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tokio::sync::{mpsc, oneshot};

pub use error::LedgerError;
pub use note::NoteKey;
pub use reads::Stored;
pub use verify::{LeafFault, Verification};

use rows::Leaf;
use writer::{Job, Order, Writer};

/// What a commit gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The leaves that the entries became, counted from 0, in the order of the entries.
    pub leaves: Range<u64>,
}

/// An open ledger. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    orders: mpsc::Sender<Order>,
    readers: SqlitePool,
    key: NoteKey,
    broken: Arc<OnceLock<String>>,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("key", &self.key)
            .field("broken", &self.broken.get())
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger in the file `path`, or makes one there, readable for its owner alone. The folder must be
    /// there. One that is broken opens too, for reading; see [`Ledger::broken`].
    ///
    /// # Errors
    /// `ledger_io` where the file cannot be opened, `ledger_broken` where it is no ledger at all, `ledger_newer`
    /// where a newer Sayso wrote it.
    pub async fn open(path: &Path, key: NoteKey) -> Result<Self, LedgerError> {
        file::guard(path)?;
        let broken = Arc::new(OnceLock::new());
        let writer = Writer::open(path, key.clone(), Arc::clone(&broken)).await?;
        let (orders, inbox) = mpsc::channel(limits::QUEUE);
        tokio::spawn(writer.run(inbox));
        let readers = SqlitePoolOptions::new()
            .max_connections(limits::READERS)
            .idle_timeout(Duration::from_secs(limits::READER_IDLE_SECONDS))
            .connect_lazy_with(file::reading(path));
        Ok(Self { orders, readers, key, broken })
    }

    /// Adds `entries` in their order, all or none, and answers when they are on the disk.
    ///
    /// Dropping the future does not take the entries back, and `ledger_io` does not promise that they are absent:
    /// a disk can fail after it has written. Look a request up before acting on such an error.
    ///
    /// # Errors
    /// `nonce_reused`, `id_reused`, `already_decided`, `already_used`, `not_approved`, `unknown_request`,
    /// `entry_form`, `ledger_io`, `ledger_broken`, `ledger_closed`.
    pub async fn commit(&self, entries: Vec<Entry>) -> Result<Committed, LedgerError> {
        if let Some(why) = self.broken.get() {
            return Err(LedgerError::Broken(why.clone()));
        }
        if entries.is_empty() {
            return Err(LedgerError::Form("there is no entry to commit".to_owned()));
        }
        let leaves = leaves(entries).await?;
        let (answer, answered) = oneshot::channel();
        let job = Job { leaves, answer };
        self.orders.send(Order::Commit(job)).await.map_err(|_| LedgerError::Closed)?;
        answered.await.map_err(|_| LedgerError::Closed)?
    }

    /// Why nothing can be committed to this ledger, where that is so.
    pub fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    /// Finishes what is queued, then closes the file for every clone.
    pub async fn close(&self) {
        self.readers.close().await;
        let (answer, answered) = oneshot::channel();
        if self.orders.send(Order::Close(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

/// The leaves of entries; of a large one on a thread of its own, so that its canonical form delays nobody.
async fn leaves(entries: Vec<Entry>) -> Result<Vec<Leaf>, LedgerError> {
    let leaves = |entries: Vec<Entry>| entries.into_iter().map(Leaf::of).collect();
    if !entries.iter().any(is_large) {
        return leaves(entries);
    }
    tokio::task::spawn_blocking(move || leaves(entries)).await.map_err(|_| LedgerError::Closed)?
}

fn is_large(entry: &Entry) -> bool {
    let kept = match &entry.what {
        What::Asked(asked) => &asked.kept,
        What::Ruled(ruled) => &ruled.kept,
        _ => return false,
    };
    kept.request.ask.action.is_over(limits::LARGE_ACTION)
}
