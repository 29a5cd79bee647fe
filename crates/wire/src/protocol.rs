//! The messages of the socket as types. JSON-RPC 2.0; every parameter object refuses unknown fields.
//!
//! | method | parameters | result |
//! |---|---|---|
//! | `approval.request` | [`sayso_core::Ask`] | [`Told`] when decided; [`Progress`] as `approval.progress` before |
//! | `approval.wait` | [`Wait`] | the same, for a request asked earlier |
//! | `approval.withdraw` | [`Withdraw`] | [`Withdrawn`] |
//! | `receipt.use` | [`Use`] | [`UsedOnce`] |
//! | `status` | `{}` | [`Status`] |
//! | `log.page` | [`LogPage`] | [`sayso_core::seat::HistoryPage`] |
//! | `log.verify` | `{}` | [`LogVerified`] |

use sayso_core::life::Stage;
use sayso_core::{By, Decision, Nonce, Presence, Receipt, RequestId};
use serde::{Deserialize, Serialize};

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which request.
    pub id: RequestId,
    /// Yes or no; absent where it was withdrawn.
    pub decision: Option<Decision>,
    /// By whom; absent where it was withdrawn.
    pub by: Option<By>,
    /// How sure it is that a person was there.
    pub presence: Option<Presence>,
    /// The decider's sentence.
    pub reason: Option<String>,
    /// The signed decision; absent where it was withdrawn.
    pub receipt: Option<Receipt>,
    /// Whether the approval is used up already, for this very asker: a rule allowed what was asked to be used at once.
    /// Said once, in the answer to the ask itself; whoever takes the request up later hears `false`, and is refused
    /// when it uses the receipt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
}

/// Where a request stands before it is decided: the parameters of the notification `approval.progress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Which request: what `approval.wait` takes after a broken connection.
    pub id: RequestId,
    /// Where it stands.
    pub stage: Stage,
    /// Milliseconds until silence becomes a denial.
    pub remaining_ms: u64,
}

/// Takes up an earlier request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// Its number; absent where the connection broke before it was told. The nonce alone then finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// The nonce it was asked with: what only its asker knows.
    pub nonce: Nonce,
}

/// Takes a request back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Its number.
    pub id: RequestId,
    /// The nonce it was asked with.
    pub nonce: Nonce,
}

/// A request that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// Which request.
    pub id: RequestId,
}

/// Uses an approval: the asker is about to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Use {
    /// The approval.
    pub receipt: Receipt,
}

/// The approval was good, and is used up now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsedOnce {
    /// Which request.
    pub id: RequestId,
}

/// How Sayso does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The application's version.
    pub version: String,
    /// How many requests wait for a person.
    pub waiting: u32,
    /// Whether all agents are stopped.
    pub stopped: bool,
    /// What keeps the approver's key from signing, in a sentence; absent where nothing does.
    pub key_trouble: Option<String>,
}

/// A page of the log, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPage {
    /// Words to look for; empty for all.
    #[serde(default)]
    pub search: String,
    /// Rows older than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
}

/// What recomputing the whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogVerified {
    /// How many leaves there are.
    pub leaves: u64,
    /// The Merkle root, as a digest is written.
    pub root: String,
    /// The signed checkpoint (C2SP signed note) over that root.
    pub checkpoint: String,
    /// The first leaf that does not hold, counted from 0, and why; absent where all hold.
    pub fault: Option<LeafFault>,
}

/// A leaf that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafFault {
    /// Which, counted from 0; absent where the fault is in no single leaf.
    pub leaf: Option<u64>,
    /// Why.
    pub why: String,
}

/// An error as JSON-RPC carries it, with our stable code in `data.code`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RpcFault {
    /// JSON-RPC's number.
    pub number: i64,
    /// Stable, for programs: `unknown_request`, `already_used`, `too_many_waiting`, …
    pub code: String,
    /// For people: what is wrong and what to do.
    pub message: String,
}

impl RpcFault {
    /// A fault of the application (JSON-RPC -32000) with a stable code.
    pub fn refused(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { number: -32000, code: code.into(), message: message.into() }
    }
}
