//! What the ledger keeps: one entry is one leaf of its Merkle tree.
//!
//! Invariants: an entry holds no secret (the action in it went through [`crate::redact`]); its canonical JSON is
//! the leaf, so an entry read back and written again is the same leaf.

use serde::{Deserialize, Serialize};

use crate::canonical::Digest;
use crate::decision::{By, Decision, Presence};
use crate::life::Withdrawal;
use crate::reading::{FileRead, Severity};
use crate::receipt::Receipt;
use crate::request::{Request, RequestId};
use crate::time::{Tick, UnixMs};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// When, by the wall clock.
    pub at: UnixMs,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A request waits for a person.
    Asked(Box<Asked>),
    /// A rule decided at once: request and decision, and the use where it was to be at once, are one entry.
    Ruled(Box<Ruled>),
    /// A waiting request was decided: by a person, by a rule (all agents stopped) or by the limit.
    Decided(Box<Decided>),
    /// A waiting request was withdrawn.
    Withdrawn(Withdrawn),
    /// An approval was used.
    Used(Used),
    /// All agents were stopped, or let go on.
    Stopped(Stopped),
    /// A key was enrolled.
    Enrolled(Enrolled),
}

/// A request with what the ledger must know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// The request, secrets hidden.
    pub request: Request,
    /// The digest of the action as it was asked, secrets and all.
    pub action: Digest,
    /// How bad it was read to be.
    pub severity: Severity,
    /// The reading's sentence.
    pub sentence: String,
    /// The environment it would touch, where known.
    pub environment: Option<String>,
    /// The scripts that were read through: what is decided is about these bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRead>,
}

/// A request that waits, with what a restart needs to take it up again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The request.
    pub kept: Kept,
    /// Which boot `deadline` counts in: the kernel's random boot id.
    pub boot: String,
    /// When silence becomes a denial.
    pub deadline: Tick,
    /// What an approval must show.
    pub presence: Presence,
    /// How long an approval can be used, in milliseconds.
    pub receipt_ms: u64,
}

/// A request that a rule decided at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruled {
    /// The request.
    pub kept: Kept,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the approval was used together with being given. One entry says both, so neither stands without the
    /// other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
}

/// The end of a request that waited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Which request.
    pub request: RequestId,
    /// How it ended.
    pub outcome: Outcome,
    /// The environment that the facts had found by then, where it is another than the one known at the ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// How a request ended: what the asker is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Yes or no.
    pub decision: Decision,
    /// By whom.
    pub by: By,
    /// How sure it is that a person was there.
    pub presence: Presence,
    /// The decider's sentence.
    pub reason: Option<String>,
    /// The signed decision.
    pub receipt: Receipt,
    /// Which boot `lapses` counts in.
    pub boot: String,
    /// From this tick on an approval cannot be used.
    pub lapses: Tick,
}

/// A request that its asker took back or left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Withdrawn {
    pub request: RequestId,
    pub why: Withdrawal,
}

/// An approval that was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Used {
    pub request: RequestId,
}

/// All agents stopped (`true`) or let go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Stopped {
    pub stopped: bool,
}

/// A key that counts from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// The key.
    pub key: crate::key::Enrolled,
    /// Whether it took the place of a lost or forgotten one, which did not vouch for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renewed: bool,
}
