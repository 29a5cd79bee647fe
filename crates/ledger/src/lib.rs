//! The append-only record: SQLite, with a Merkle tree over it
