//! The local socket: JSON-RPC 2.0, one message a line.
//!
//! # Invariants
//! - No method approves. A client can ask, wait, withdraw and use what was approved.
//! - Whatever one client sends or fails to read, others are served as if it were not there.
//! - The peer is who the kernel says it is.
//!
//! # Deliberately absent
//! What any of it means: the broker implements [`desk::Desk`] and this crate only carries words.

pub mod desk;
pub mod protocol;
