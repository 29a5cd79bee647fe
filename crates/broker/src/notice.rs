//! What the tray is told as it happens: enough to raise and close notifications and to show the count.

use sayso_core::key::Role;
use sayso_core::{RequestId, Severity};

/// Something the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A request waits for a person.
    NeedsPerson {
        /// Which.
        id: RequestId,
        /// The card's title; invisible characters are marked, markup is not escaped.
        title: String,
        /// Who asks, from where: "Claude Code · ~/code/shop".
        from: String,
        /// How bad.
        severity: Severity,
    },
    /// A request that waited has ended, one way or the other.
    Ended {
        /// Which.
        id: RequestId,
    },
    /// A key of this role took the place of another, without the word of the one before it.
    KeyRenewed(Role),
    /// All agents were stopped or let go on.
    Stopped(bool),
}
