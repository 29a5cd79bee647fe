//! What the ledger tells: what waits, one request, the history.
//!
//! Invariant: how a request stands is told from its leaves ([`Ledger::find`], [`Ledger::waiting`]), not from the
//! row beside them; the history is for looking at and is told from the rows.

use sayso_core::life::{Stage, Withdrawal};
use sayso_core::record::{Asked, Entry, Kept, Outcome, What};
use sayso_core::seat::{HistoryPage, HistoryRow};
use sayso_core::visible::{reveal, reveal_line};
use sayso_core::{Nonce, RequestId, UnixMs};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::rows::stage_after;
use crate::{Ledger, LedgerError, limits, words};

/// One request as the ledger knows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The request.
    pub kept: Kept,
    /// Where it stands. An approval that lapsed unused is still *approved* here.
    pub stage: Stage,
    /// How it was decided, where it was.
    pub outcome: Option<Outcome>,
    /// Why it was withdrawn, where it was.
    pub withdrawal: Option<Withdrawal>,
    /// When it ended.
    pub ended: Option<UnixMs>,
}

const WAITING: &str =
    "SELECT l.body FROM request r JOIN leaf l ON l.seq = r.leaf WHERE r.stage = 'waiting' ORDER BY r.leaf";

const COUNT_WAITING: &str = "SELECT count(*) FROM request WHERE stage = 'waiting'";

const STOPPED: &str = "SELECT value FROM setting WHERE name = 'stopped'";

macro_rules! find_where {
    ($condition:literal) => {
        concat!(
            "SELECT r.id, l.body, e.body, u.seq FROM request r JOIN leaf l ON l.seq = r.leaf
             LEFT JOIN leaf e INDEXED BY leaf_end ON e.request = r.id AND e.kind IN ('decided', 'withdrawn')
             LEFT JOIN leaf u INDEXED BY leaf_used ON u.request = r.id AND u.kind = 'used'
             WHERE ",
            $condition
        )
    };
}

/// Every word of the search must be in one of the texts that a row shows.
const HISTORY: &str =
    "SELECT leaf, id, received, ended, sentence, exact, severity, agent, environment, stage,
            decision, decided_by, presence, reason, receipt
     FROM request AS r
     WHERE r.leaf < ? AND NOT EXISTS (
         SELECT 1 FROM json_each(?) AS word
         WHERE instr(lower(r.sentence || ' ' || r.exact || ' ' || r.agent || ' ' || r.id || ' '
                     || coalesce(r.environment, '') || ' ' || coalesce(r.reason, '')), word.value) = 0)
     ORDER BY r.leaf DESC LIMIT ?";

impl Ledger {
    /// Everything that waits, oldest first: what a restart takes up again.
    ///
    /// # Errors
    /// `ledger_io`, `ledger_broken`.
    pub async fn waiting(&self) -> Result<Vec<Asked>, LedgerError> {
        let bodies: Vec<String> = sqlx::query_scalar(WAITING).fetch_all(&self.readers).await?;
        bodies
            .iter()
            .map(|body| match entry(body)?.what {
                What::Asked(asked) => Ok(*asked),
                _ => Err(LedgerError::Broken("a request waits that was never asked".to_owned())),
            })
            .collect()
    }

    /// How many wait.
    ///
    /// # Errors
    /// `ledger_io`, `ledger_broken`.
    pub async fn count_waiting(&self) -> Result<u64, LedgerError> {
        let count: i64 = sqlx::query_scalar(COUNT_WAITING).fetch_one(&self.readers).await?;
        Ok(count.unsigned_abs())
    }

    /// Whether all agents are stopped.
    ///
    /// # Errors
    /// `ledger_io`, `ledger_broken`.
    pub async fn stopped(&self) -> Result<bool, LedgerError> {
        let stopped: Option<bool> = sqlx::query_scalar(STOPPED).fetch_optional(&self.readers).await?;
        Ok(stopped.unwrap_or(false))
    }

    /// The request of this number.
    ///
    /// # Errors
    /// `ledger_io`, `ledger_broken`.
    pub async fn find(&self, id: RequestId) -> Result<Option<Stored>, LedgerError> {
        let query = sqlx::query(find_where!("r.id = ?")).bind(id.to_string());
        query.fetch_optional(&self.readers).await?.map(|row| stored(&row)).transpose()
    }

    /// The request that this user asked with this nonce.
    ///
    /// # Errors
    /// `ledger_io`, `ledger_broken`.
    pub async fn find_by_nonce(&self, uid: u32, nonce: &Nonce) -> Result<Option<Stored>, LedgerError> {
        let query = sqlx::query(find_where!("r.uid = ? AND r.nonce = ?")).bind(uid).bind(nonce.as_str());
        query.fetch_optional(&self.readers).await?.map(|row| stored(&row)).transpose()
    }

    /// A page of requests, newest first, of those that hold every word of `search` in what a row shows (the first
    /// [`limits::EXACT_BYTES`] of the exact request; letters A to Z in either case). `before` is the `next` of the
    /// page before. What cannot be seen is written as marks. Receipts are not verified here: `verified` is false.
    ///
    /// # Errors
    /// `entry_form` where the search is too long, `ledger_io`, `ledger_broken`.
    pub async fn history(
        &self,
        search: &str,
        before: Option<u64>,
        limit: usize,
    ) -> Result<HistoryPage, LedgerError> {
        let wanted = search_words(search)?;
        let before = before.map_or(i64::MAX, |b| i64::try_from(b).unwrap_or(i64::MAX));
        let limit = limit.clamp(1, sayso_core::seat::ROWS);
        let rows = sqlx::query(HISTORY)
            .bind(before)
            .bind(wanted)
            .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await?;
        let mut shown = Vec::with_capacity(limit);
        let mut next = None;
        for row in rows.iter().take(limit) {
            shown.push(history_row(row)?);
            next = Some(row.try_get::<i64, _>(0)?.unsigned_abs());
        }
        Ok(HistoryPage { rows: shown, next: next.filter(|_| rows.len() > limit) })
    }
}

/// The words of a search as a JSON array, in small letters.
fn search_words(search: &str) -> Result<String, LedgerError> {
    let words: Vec<String> = search.split_whitespace().map(str::to_ascii_lowercase).collect();
    if search.len() > limits::SEARCH_BYTES || words.len() > limits::SEARCH_WORDS {
        return Err(LedgerError::Form(format!(
            "a search takes at most {} words and {} bytes",
            limits::SEARCH_WORDS,
            limits::SEARCH_BYTES
        )));
    }
    serde_json::to_string(&words).map_err(|e| LedgerError::Form(e.to_string()))
}

/// An entry out of its leaf.
pub(crate) fn entry(body: &str) -> Result<Entry, LedgerError> {
    serde_json::from_str(body).map_err(|e| LedgerError::Broken(format!("a leaf is no entry: {e}")))
}

fn stored(row: &SqliteRow) -> Result<Stored, LedgerError> {
    let broken = |why: &str| Err(LedgerError::Broken(why.to_owned()));
    let id: &str = row.try_get(0)?;
    let first = entry(row.try_get(1)?)?;
    let last = row.try_get::<Option<&str>, _>(2)?.map(entry).transpose()?;
    let used = row.try_get::<Option<i64>, _>(3)?.is_some();
    let mut stored = match first.what {
        What::Asked(asked) => Stored::waiting(asked.kept),
        What::Ruled(ruled) => {
            let decided = Stored::waiting(ruled.kept).decided(ruled.outcome, first.at);
            if ruled.used { decided.after_use()? } else { decided }
        }
        _ => return broken("a request's first leaf does not ask"),
    };
    if stored.kept.request.id.to_string() != id {
        return broken("a request's row names another request's leaf");
    }
    if let Some(last) = last {
        if stored.stage != Stage::Waiting {
            return broken("a request ended twice");
        }
        stored = match last.what {
            What::Decided(decided) => stored.decided(decided.outcome, last.at),
            What::Withdrawn(withdrawn) => Stored {
                stage: Stage::Withdrawn,
                withdrawal: Some(withdrawn.why),
                ended: Some(last.at),
                ..stored
            },
            _ => return broken("a request's last leaf does not end it"),
        };
    }
    if used { stored.after_use() } else { Ok(stored) }
}

impl Stored {
    const fn waiting(kept: Kept) -> Self {
        Self { kept, stage: Stage::Waiting, outcome: None, withdrawal: None, ended: None }
    }

    fn decided(self, outcome: Outcome, at: UnixMs) -> Self {
        Self { stage: stage_after(&outcome), outcome: Some(outcome), ended: Some(at), ..self }
    }

    fn after_use(self) -> Result<Self, LedgerError> {
        if self.stage == Stage::Approved {
            return Ok(Self { stage: Stage::Used, ..self });
        }
        Err(LedgerError::Broken("a request was used that was not approved, or twice".to_owned()))
    }
}

fn history_row(row: &SqliteRow) -> Result<HistoryRow, LedgerError> {
    let text = |column: usize| row.try_get::<&str, _>(column);
    let maybe = |column: usize| row.try_get::<Option<&str>, _>(column);
    let id = text(1)?;
    Ok(HistoryRow {
        id: id.parse().map_err(|_| LedgerError::Broken(format!("a row holds the number {id:?}")))?,
        received: UnixMs(row.try_get(2)?),
        ended: row.try_get::<Option<i64>, _>(3)?.map(UnixMs),
        sentence: reveal_line(text(4)?),
        exact: reveal(text(5)?),
        severity: words::back(text(6)?)?,
        agent: reveal_line(text(7)?),
        environment: maybe(8)?.map(reveal_line),
        stage: words::back(text(9)?)?,
        decision: maybe(10)?.map(words::back).transpose()?,
        by: maybe(11)?.map(words::back).transpose()?,
        presence: maybe(12)?.map(words::back).transpose()?,
        reason: maybe(13)?.map(reveal),
        receipt: maybe(14)?.map(str::to_owned),
        verified: false,
    })
}
