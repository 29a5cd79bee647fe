//! The ledger's bounds, each with its reason.

/// Commits that queue before a caller has to wait: a few batches, so that the writer never starves.
pub const QUEUE: usize = 4096;

/// Commits in one transaction at most. More would not write faster and would make the first in it wait.
pub const BATCH: usize = 512;

/// Bytes of leaves in one transaction at most, where there is more than one commit in it.
pub const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// Bytes from which on an action's leaf is made on a thread of its own: a millisecond's work.
pub const LARGE_ACTION: usize = 64 * 1024;

/// Connections that read at most: the history, a lookup, and a verification beside them. Each is a thread.
pub const READERS: u32 = 3;

/// How long an idle reader keeps its thread and its pages.
pub const READER_IDLE_SECONDS: u64 = 30;

/// How long a connection waits for another one's lock: another program may be reading or copying the file.
pub const BUSY_SECONDS: u64 = 5;

/// KiB of pages that the writer keeps: the upper levels of its indexes for some million requests.
pub const WRITER_CACHE_KIB: u32 = 4096;

/// KiB of pages that a reader keeps.
pub const READER_CACHE_KIB: u32 = 1024;

/// Pages of 4 KiB that the write-ahead log holds before they move to the file: a move costs two more flushes, so
/// it is done for many commits at once.
pub const WAL_PAGES: u32 = 4096;

/// Bytes that the write-ahead log keeps on the disk when it has been emptied.
pub const WAL_KEPT_BYTES: u32 = 16 * 1024 * 1024;

/// Bytes of the exact request that the history shows and searches; the rest is counted in words.
pub const EXACT_BYTES: usize = 1000;

/// Words that a search of the history may have, and bytes of all of them.
pub const SEARCH_WORDS: usize = 8;
/// Bytes of a search.
pub const SEARCH_BYTES: usize = 512;

/// Bytes of a checkpoint: its own lines and a few witnesses' signatures.
pub const NOTE_BYTES: usize = 16 * 1024;
