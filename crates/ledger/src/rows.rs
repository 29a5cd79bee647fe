//! From an entry to its leaf and to what it changes beside the leaves.
//!
//! Invariant: pure, and the same for an entry as it came and for one read back from its leaf; committing and
//! verifying both go through here.

use std::sync::Arc;

use sayso_core::life::Stage;
use sayso_core::record::{Entry, Kept, Outcome, What};
use sayso_core::{By, Decision, RequestId, limits as core_limits};

use crate::canon::canonical;
use crate::tree::{Hash, leaf_hash};
use crate::{LedgerError, exact, words};

/// One entry, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) request: Option<RequestId>,
    pub(crate) hash: Hash,
    pub(crate) body: Arc<str>,
    pub(crate) change: Change,
}

/// What an entry changes beside the leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A request comes in, waiting or already ended.
    Ask(Box<RequestRow>),
    /// A waiting request ends.
    End(End),
    /// An approval is used.
    Use,
    /// All agents are stopped, or go on.
    Stop(bool),
    /// Nothing.
    Nothing,
}

/// A row of the table `request`, but for its leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestRow {
    pub(crate) id: Arc<str>,
    pub(crate) uid: i64,
    pub(crate) nonce: Arc<str>,
    pub(crate) received: i64,
    pub(crate) severity: &'static str,
    pub(crate) agent: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    pub(crate) sentence: Arc<str>,
    pub(crate) exact: Arc<str>,
    pub(crate) end: End,
}

/// The part of a request's row that its end writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) stage: Stage,
    pub(crate) ended: Option<i64>,
    pub(crate) decision: Option<&'static str>,
    pub(crate) by: Option<&'static str>,
    pub(crate) presence: Option<&'static str>,
    pub(crate) reason: Option<Arc<str>>,
    pub(crate) receipt: Option<Arc<str>>,
    /// Where it turned out to happen, if that is not what the request's row says.
    pub(crate) environment: Option<Arc<str>>,
}

impl End {
    /// Not ended: it waits.
    const WAITING: Self = Self::bare(Stage::Waiting, None);

    const fn bare(stage: Stage, ended: Option<i64>) -> Self {
        Self {
            stage,
            ended,
            decision: None,
            by: None,
            presence: None,
            reason: None,
            receipt: None,
            environment: None,
        }
    }

    fn of(outcome: &Outcome, at: i64) -> Result<Self, LedgerError> {
        if (outcome.decision, outcome.by) == (Decision::Approved, By::Timeout) {
            return Err(LedgerError::Form("silence never approves".to_owned()));
        }
        exact_integer("lapses", outcome.lapses.0)?;
        Ok(Self {
            stage: stage_after(outcome),
            ended: Some(at),
            decision: Some(words::decision(outcome.decision)),
            by: Some(words::by(outcome.by)),
            presence: Some(words::presence(outcome.presence)),
            reason: outcome.reason.as_deref().map(Arc::from),
            receipt: Some(Arc::from(outcome.receipt.as_str())),
            environment: None,
        })
    }

    /// The same, with the approval used in the same entry where that is said.
    fn used_at_once(self, used: bool) -> Result<Self, LedgerError> {
        match (used, self.stage) {
            (false, _) => Ok(self),
            (true, Stage::Approved) => Ok(Self { stage: Stage::Used, ..self }),
            (true, _) => Err(LedgerError::Form("what was not approved cannot be used".to_owned())),
        }
    }
}

/// Where a request stands after it was decided so.
pub(crate) const fn stage_after(outcome: &Outcome) -> Stage {
    match (outcome.decision, outcome.by) {
        (Decision::Approved, _) => Stage::Approved,
        (Decision::Denied, By::Timeout) => Stage::Expired,
        (Decision::Denied, _) => Stage::Denied,
    }
}

impl Leaf {
    /// The leaf of an entry.
    pub(crate) fn of(entry: Entry) -> Result<Self, LedgerError> {
        let bytes = canonical(&entry).map_err(|e| LedgerError::Form(e.to_string()))?;
        let hash = leaf_hash(&bytes);
        let body = String::from_utf8(bytes).map_err(|e| LedgerError::Form(e.to_string()))?;
        Self::beside(entry, hash, body.into())
    }

    /// The leaf of an entry whose body and hash are known.
    pub(crate) fn beside(entry: Entry, hash: Hash, body: Arc<str>) -> Result<Self, LedgerError> {
        let at = entry.at.0;
        exact_integer("at", at.unsigned_abs())?;
        let (kind, request, change) = match entry.what {
            What::Asked(asked) => {
                exact_integer("deadline", asked.deadline.0)?;
                exact_integer("receipt_ms", asked.receipt_ms)?;
                ("asked", Some(asked.kept.request.id), ask(asked.kept, End::WAITING)?)
            }
            What::Ruled(ruled) => {
                let end = End::of(&ruled.outcome, at)?.used_at_once(ruled.used)?;
                ("ruled", Some(ruled.kept.request.id), ask(ruled.kept, end)?)
            }
            What::Decided(decided) => {
                let end =
                    End { environment: decided.environment.map(Arc::from), ..End::of(&decided.outcome, at)? };
                ("decided", Some(decided.request), Change::End(end))
            }
            What::Withdrawn(withdrawn) => {
                ("withdrawn", Some(withdrawn.request), Change::End(End::bare(Stage::Withdrawn, Some(at))))
            }
            What::Used(used) => ("used", Some(used.request), Change::Use),
            What::Stopped(stopped) => ("stopped", None, Change::Stop(stopped.stopped)),
            What::Enrolled(_) => ("enrolled", None, Change::Nothing),
        };
        Ok(Self { at, kind, request, hash, body, change })
    }
}

fn ask(kept: Kept, end: End) -> Result<Change, LedgerError> {
    let exact = exact::short(&kept.request.ask.action).into();
    let request = kept.request;
    let received = request.received.0;
    exact_integer("received", received.unsigned_abs())?;
    exact_integer("wait_ms", request.ask.wait_ms.unwrap_or(0))?;
    Ok(Change::Ask(Box::new(RequestRow {
        id: request.id.to_string().into(),
        uid: i64::from(request.peer.uid),
        nonce: String::from(request.ask.nonce).into(),
        received,
        severity: words::severity(kept.severity),
        agent: request.ask.agent.into(),
        environment: kept.environment.map(Arc::from),
        sentence: kept.sentence.into(),
        exact,
        end,
    })))
}

/// Canonical JSON writes numbers as doubles: a larger integer would not read back as itself.
fn exact_integer(field: &str, number: u64) -> Result<(), LedgerError> {
    if number <= core_limits::EXACT_INTEGER {
        Ok(())
    } else {
        Err(LedgerError::Form(format!("`{field}` is {number}, beyond what JSON holds exactly")))
    }
}
