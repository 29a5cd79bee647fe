//! The words between the broker and the person's seat (the window's process): one JSON message a line, over the
//! pipes that the window inherits and nobody else can open.
//!
//! Invariant: nothing a seat sends approves by itself; [`Call::Decide`] carries a signed receipt, which the broker
//! verifies like any other.

use serde::{Deserialize, Serialize};

use crate::Digest;
use crate::card::Card;
use crate::decision::{By, Decision, Presence};
use crate::key::Enrolled;
use crate::life::Stage;
use crate::reading::Severity;
use crate::receipt::Receipt;
use crate::request::{Nonce, RequestId};
use crate::time::UnixMs;

/// How many rows of the queue, and of a page of history, go to the seat at once: more than a person scans. The
/// count of all is sent beside them.
pub const ROWS: usize = 200;

/// From the broker to the seat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Down {
    /// The queue as it is now.
    Queue(Queue),
    /// The opened card, or its newer form.
    Card(Box<CardView>),
    /// Bring the window to the front, at this request where one is named. `activate` is false where it must not
    /// take the focus.
    Show {
        /// The request to open.
        id: Option<RequestId>,
        /// Whether to take the focus.
        activate: bool,
    },
    /// The answer to the call of this number.
    Answer {
        /// The call's number.
        seq: u64,
        /// What came of it; an error is a sentence for the person.
        answer: Result<Answer, Fault>,
    },
}

/// From the seat to the broker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Up {
    /// The call's number; its answer carries it.
    pub seq: u64,
    /// The call.
    pub call: Call,
}

/// What a seat can call for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Call {
    /// Send this card, and its newer forms as they come; one card at a time.
    Open {
        /// Which request.
        id: RequestId,
    },
    /// A decision, signed with the person's key.
    Decide {
        /// The signed decision.
        receipt: Receipt,
    },
    /// A denial where the keychain cannot sign one. Recorded as the machine's.
    DenyUnsigned {
        /// Which request.
        id: RequestId,
        /// The person's reason.
        reason: Option<String>,
    },
    /// A page of history, newest first.
    History {
        /// Words to look for; empty for all.
        search: String,
        /// Rows older than this; absent for the newest.
        before: Option<u64>,
    },
    /// Stop all agents, or let them go on.
    SetStopped {
        /// Whether everything is denied from now on.
        stopped: bool,
    },
    /// Enrol the passphrase's key.
    Enrol {
        /// The new key.
        key: Enrolled,
        /// `base64url` of an Ed25519 signature over `sayso-enrol-v1`, a line end and the new key's canonical JSON,
        /// by the key it takes over from: the approver's, or the old passphrase's where one is set.
        proof: String,
    },
    /// Enrol a passphrase's key in the place of one whose passphrase was forgotten.
    RenewPassphrase {
        /// The new key.
        key: Enrolled,
        /// `base64url` of the approver's Ed25519 signature over `sayso-renew-v1`, a line end and the new key's
        /// canonical JSON.
        proof: String,
    },
    /// The person had a new key made in the place of a lost one: the list of keys is read again.
    KeyRenewed {},
    /// The card of this request stands on the screen. For measurements alone.
    Painted {
        /// Which request.
        id: RequestId,
        /// Whether its facts had settled.
        settled: bool,
    },
}

/// What a call gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done,
    /// A page of history.
    History(HistoryPage),
}

/// Why a call was refused: a stable code and a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Fault {
    /// Stable, for programs.
    pub code: String,
    /// For people: what is wrong and what to do.
    pub message: String,
}

/// The queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Queue {
    /// How many wait in all.
    pub waiting: u32,
    /// The first of them by deadline, at most [`ROWS`]; then those that ended while somebody could see them.
    pub rows: Vec<QueueRow>,
    /// Whether all agents are stopped.
    pub stopped: bool,
}

/// One request in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct QueueRow {
    /// Which request.
    pub id: RequestId,
    /// A few words: "Delete volume".
    pub short: String,
    /// The agent's name.
    pub agent: String,
    /// The environment or the folder's name: what stands behind the agent in the row.
    pub place: String,
    /// How bad.
    pub severity: Severity,
    /// Milliseconds until it denies itself.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub remaining_ms: u64,
    /// Where it stands: waiting, or how it ended.
    pub stage: Stage,
}

/// A card with what changes by itself around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct CardView {
    /// What is signed for.
    pub card: Card,
    /// The digest of `card`.
    pub shown: Digest,
    /// Where the request stands.
    pub stage: Stage,
    /// How it ended, in a sentence; empty while it waits.
    pub ended: String,
    /// Whether it can be approved as it stands; false while facts are pending where they must have settled.
    pub settled: bool,
    /// Milliseconds until it denies itself.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub remaining_ms: u64,
    /// What the receipt must say beside the decision.
    #[cfg_attr(feature = "ts", ts(skip))]
    pub draft: Draft,
}

/// What a receipt for a card must say beside the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the words are the receipt's claims")]
pub struct Draft {
    pub aud: String,
    pub sub: RequestId,
    pub jti: Nonce,
    pub action: Digest,
    /// Seconds from `iat` to `exp`.
    pub receipt_seconds: u64,
}

/// A page of history, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct HistoryPage {
    /// The rows.
    pub rows: Vec<HistoryRow>,
    /// `before` of the next page; absent on the last.
    #[cfg_attr(feature = "ts", ts(type = "number | null"))]
    pub next: Option<u64>,
}

/// One request in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct HistoryRow {
    /// Which request.
    pub id: RequestId,
    /// When it came in.
    pub received: UnixMs,
    /// When it ended.
    pub ended: Option<UnixMs>,
    /// The reading's sentence.
    pub sentence: String,
    /// The exact request in one short text, secrets hidden.
    pub exact: String,
    /// How bad.
    pub severity: Severity,
    /// The agent's name.
    pub agent: String,
    /// The environment, where known.
    pub environment: Option<String>,
    /// Where it stands.
    pub stage: Stage,
    /// Yes or no, once decided.
    pub decision: Option<Decision>,
    /// By whom, once decided.
    pub by: Option<By>,
    /// How sure it is that a person was there.
    pub presence: Option<Presence>,
    /// The decider's sentence.
    pub reason: Option<String>,
    /// The compact JWS, once decided.
    pub receipt: Option<String>,
    /// Whether that receipt verified just now, under the keys enrolled here.
    pub verified: bool,
}
