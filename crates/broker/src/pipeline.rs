//! The way of one request, from the socket to the answer, in the order in which it happens.
//!
//! ```text
//! ask ─▶ read ─▶ judge ─┬─▶ ruled: sign ─▶ commit ─▶ tell                    (microseconds, no person)
//!                       └─▶ waiting: commit ─▶ card ─▶ person ─▶ verify ─▶ commit ─▶ tell
//! ```
//!
//! Invariants: every change of state goes through [`Life::step`], and its effects are run in their order by
//! [`crate::ending`]: durable first, told second. A request in the queue that is not durable yet takes no event. An error on the way is an answer to this asker and
//! leaves every other request as it was.

use std::sync::Arc;

use sayso_core::decision::{Demand, Verdict};
use sayso_core::life::{Event, Life, Refusal, Stage, Withdrawal};
use sayso_core::record::{Asked, Entry, Kept, Outcome, Ruled, What};
use sayso_core::{Action, Ask, By, Decision, Digest, Nonce, Now, Reading, Request, RequestId, redact};
use sayso_facts::Around;
use sayso_ledger::LedgerError;
use sayso_wire::desk::{Caller, ProgressSender};
use sayso_wire::protocol::{RpcFault, Told};
use tokio::sync::watch;

use crate::attend::Attendance;
use crate::queue::{NotAdmitted, Waiting};
use crate::shares::Full;
use crate::sign::Ruling;
use crate::{Broker, card, limits};

/// What a rule says while all agents are stopped.
pub(crate) const STOPPED: &str =
    "All agents are stopped at the desktop. A person can let them go on with Resume in the Sayso tray menu.";

/// What becomes of an ask before anybody waits.
enum Settled {
    /// It is decided already.
    Told(Told),
    /// It waits for a person, with its asker's stay.
    Waits(Attendance),
    /// It is a request that waits already.
    Same(RequestId),
}

impl Broker {
    /// `approval.request`: one ask, to its end.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        caller: Caller,
        ask: Ask,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        // Boxed: what deciding took is given back before the wait, which may be long and of ten thousand.
        match Box::pin(self.settle(&caller, ask)).await? {
            Settled::Told(told) => Ok(told),
            Settled::Waits(attendance) => self.stay(attendance, progress).await,
            Settled::Same(id) => self.attend(id, caller, progress).await,
        }
    }

    /// Everything up to the wait.
    async fn settle(self: &Arc<Self>, caller: &Caller, ask: Ask) -> Result<Settled, RpcFault> {
        let (ask, hidden, action, reading) = self.read(ask).await?;
        let waiting = self.queue().by_nonce(caller.peer.uid, &ask.nonce);
        if let Some(id) = waiting {
            return self.same(id, action);
        }
        let now = self.now();
        let (kept, exact) = keep(draw_id()?, ask, hidden, action, caller, &reading, now);
        let mut life = Life::new(kept.request.id, action);
        // `Received` takes `Read`; there is no other order to go wrong in.
        let _ = life.step(Event::Read, now.tick);
        if self.is_stopped() {
            return self.ruled(life, kept, Decision::Denied, STOPPED).await.map(Settled::Told);
        }
        match self.policy.judge(&exact, &reading, None, kept.request.ask.wait_ms, self.passphrase_enrolled())
        {
            Verdict::Allow { why } => {
                self.ruled(life, kept, Decision::Approved, &why).await.map(Settled::Told)
            }
            Verdict::Deny { why } => self.ruled(life, kept, Decision::Denied, &why).await.map(Settled::Told),
            Verdict::Ask(_) => self.to_a_person(life, kept, exact, reading, caller).await,
        }
    }

    /// A rule decides at once: sign, commit, tell. Where the asker wants to act at once, its approval takes the step
    /// to *used* too, and one entry holds both: neither is durable without the other, and only then is it told.
    async fn ruled(
        &self,
        mut life: Life,
        kept: Kept,
        decision: Decision,
        why: &str,
    ) -> Result<Told, RpcFault> {
        let now = self.now();
        let receipt_ms = self.policy.receipt_ms();
        let out_of_turn = |r: Refusal| RpcFault::refused("out_of_turn", r.to_string());
        let outcome = match decision {
            Decision::Approved => {
                let (outcome, approval) = self.machine_approval(&kept, why, receipt_ms, now)?;
                life.step(Event::Allowed { approval, receipt_ms }, now.tick).taken.map_err(out_of_turn)?;
                // A script that was read is looked at once more when the approval is used: that takes the receipt.
                if kept.request.ask.use_at_once && kept.files.is_empty() {
                    life.step(Event::Use, now.tick).taken.map_err(out_of_turn)?;
                }
                outcome
            }
            Decision::Denied => {
                let ruling = Ruling { decision, by: By::Rule, why };
                life.step(Event::RuledOut, now.tick).taken.map_err(out_of_turn)?;
                self.machine_outcome(&kept, &ruling, None, receipt_ms, now)?
            }
        };
        let used = life.stage() == Stage::Used;
        let told = Told { used, ..told(kept.request.id, &outcome) };
        let (uid, nonce, action) = (kept.request.peer.uid, kept.request.ask.nonce.clone(), kept.action);
        let entry = Entry { at: now.wall, what: What::Ruled(Box::new(Ruled { kept, outcome, used })) };
        match self.ledger.commit(vec![entry]).await {
            // A stop that came while it was recorded: nothing may happen any more.
            Ok(_) if decision == Decision::Approved && self.is_stopped() => {
                Err(RpcFault::refused("stopped", STOPPED))
            }
            Ok(_) => Ok(told),
            Err(error) => self.earlier_or(error, uid, &nonce, action).await,
        }
    }

    /// A person must decide: make it durable, show it, wait.
    async fn to_a_person(
        self: &Arc<Self>,
        mut life: Life,
        mut kept: Kept,
        exact: Action,
        reading: Reading,
        caller: &Caller,
    ) -> Result<Settled, RpcFault> {
        kept.request.peer = caller.whole().await;
        let room = self.queue().has_room(&kept.request.peer, caller.same_user, 0);
        room.map_err(too_many_waiting)?;
        let early = self.environment_of(&exact, &reading, &kept).await;
        let environment = early.facts.environment_name.clone();
        kept.environment.clone_from(&environment);
        let wait = kept.request.ask.wait_ms;
        let demand = match self.policy.judge(
            &exact,
            &reading,
            environment.as_deref(),
            wait,
            self.passphrase_enrolled(),
        ) {
            Verdict::Ask(demand) => demand,
            Verdict::Allow { why } => {
                return self.ruled(life, kept, Decision::Approved, &why).await.map(Settled::Told);
            }
            Verdict::Deny { why } => {
                return self.ruled(life, kept, Decision::Denied, &why).await.map(Settled::Told);
            }
        };
        let now = self.now();
        let step = life.step(Event::Asked(demand.clone()), now.tick);
        step.taken.map_err(|r| RpcFault::refused("out_of_turn", r.to_string()))?;
        let deadline = life.deadline().unwrap_or(now.tick);
        let entry = Entry { at: now.wall, what: What::Asked(Box::new(self.asked(&kept, &demand, deadline))) };
        let (id, uid, nonce, action) =
            (kept.request.id, kept.request.peer.uid, kept.request.ask.nonce.clone(), kept.action);
        let made = self.aside(exact.is_over(limits::LARGE_ACTION), move || {
            (Self::made_to_wait(life, kept, demand, deadline, &reading, early), reading)
        });
        let (waiting, reading) = made.await?;
        let waiting = waiting?;
        let admitted = self.queue().admit(waiting, caller.same_user);
        match admitted {
            Ok(()) => {}
            Err(NotAdmitted::Same(id)) => return self.same(id, action),
            Err(NotAdmitted::Full(full)) => return Err(too_many_waiting(full)),
        }
        let attendance = Attendance::join(self, id, caller.clone()).ok_or_else(unknown_request)?;
        // In a task of its own: an asker that leaves now must not leave half a request behind.
        let around = self.around_of(caller, &reading);
        let recording =
            tokio::spawn(Arc::clone(self).record_asked(id, entry, exact, reading, around, attendance));
        match recording.await {
            Ok(Ok(attendance)) => Ok(Settled::Waits(attendance)),
            Ok(Err(error)) => self.earlier_or(error, uid, &nonce, action).await.map(Settled::Told),
            Err(_) => Err(interrupted()),
        }
    }

    /// Makes an admitted request durable; only then can anything happen to it.
    async fn record_asked(
        self: Arc<Self>,
        id: RequestId,
        entry: Entry,
        exact: Action,
        reading: Reading,
        around: Around,
        attendance: Attendance,
    ) -> Result<Attendance, LedgerError> {
        if let Err(error) = self.ledger.commit(vec![entry]).await {
            let gone = self.queue().remove(id);
            if let Some(waiting) = gone {
                waiting.ending.send_replace(Some(Err(not_recorded(&error))));
            }
            return Err(error);
        }
        self.queue().recorded(id);
        // Looked at after it can be found: a stop either finds it in the queue, or is seen here.
        if self.is_stopped() {
            if let Err(fault) = self.rule_out(id, STOPPED).await {
                tracing::debug!(%id, %fault, "denied by the stop itself");
            }
        } else {
            self.put_before_person(id);
            self.spawn_gathering(id, exact, reading, around);
        }
        Ok(attendance)
    }

    pub(crate) fn asked(&self, kept: &Kept, demand: &Demand, deadline: sayso_core::Tick) -> Asked {
        Asked {
            kept: kept.clone(),
            boot: self.boot.0.clone(),
            deadline,
            presence: demand.presence,
            receipt_ms: demand.receipt_ms,
        }
    }

    /// A request that waits, with the card as far as it is known.
    pub(crate) fn made_to_wait(
        life: Life,
        kept: Kept,
        demand: Demand,
        deadline: sayso_core::Tick,
        reading: &Reading,
        early: sayso_facts::Gathered,
    ) -> Result<Waiting, RpcFault> {
        let card = card::build(&kept, reading, early, &demand);
        let shown = card.digest().map_err(|e| RpcFault::refused("bad_action", e.to_string()))?;
        Ok(Waiting {
            life,
            weight: card::bytes_of(&kept.request.ask),
            kept: Arc::new(kept),
            demand,
            deadline,
            card: Arc::new(card),
            shown,
            recorded: false,
            settled: false,
            waiters: 0,
            joins: 0,
            ending: watch::Sender::new(None),
        })
    }

    /// Tells the tray and the seat that something waits, and the deadlines that one may be earlier.
    pub(crate) fn put_before_person(&self, id: RequestId) {
        let notice = self.queue().get(id).map(Waiting::notice);
        if let Some(notice) = notice {
            self.notify(notice);
            self.touch();
            self.earlier_deadline.notify_one();
        }
    }

    /// The ask came twice: the same bytes are the same request, other bytes are an error.
    fn same(&self, id: RequestId, action: Digest) -> Result<Settled, RpcFault> {
        let same = self.queue().get(id).is_some_and(|waiting| waiting.kept.action == action);
        if same { Ok(Settled::Same(id)) } else { Err(nonce_reused()) }
    }

    /// Where a commit was refused because the nonce was used before: the earlier request's answer, if it was
    /// about the same bytes.
    async fn earlier_or(
        &self,
        error: LedgerError,
        uid: u32,
        nonce: &Nonce,
        action: Digest,
    ) -> Result<Told, RpcFault> {
        if error.code() != "nonce_reused" {
            return Err(not_recorded(&error));
        }
        let stored = self.ledger.find_by_nonce(uid, nonce).await.map_err(|e| not_recorded(&e))?;
        match stored {
            Some(stored) if stored.kept.action == action => stored.told().ok_or_else(nonce_reused),
            _ => Err(nonce_reused()),
        }
    }

    /// How an ended request ended.
    pub(crate) async fn told_from_ledger(&self, id: RequestId) -> Result<Told, RpcFault> {
        let stored = self.ledger.find(id).await.map_err(|e| not_recorded(&e))?;
        stored.and_then(|stored| stored.told()).ok_or_else(unknown_request)
    }

    pub(crate) fn passphrase_enrolled(&self) -> bool {
        self.trusted().of_role(sayso_core::key::Role::Passphrase).is_some()
    }
}

fn draw_id() -> Result<RequestId, RpcFault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| RpcFault::refused("no_randomness", format!("The system gives no random bytes: {e}")))?;
    Ok(RequestId::from_random(bytes))
}

/// The request as it is kept (secrets hidden), and the action as it was asked.
fn keep(
    id: RequestId,
    ask: Ask,
    hidden: Action,
    action: Digest,
    caller: &Caller,
    reading: &Reading,
    now: Now,
) -> (Kept, Action) {
    let exact = ask.action;
    let claims = ask.claims.into_iter().map(|(key, value)| (key, redact::text(&value))).collect();
    let reason = ask.reason.map(|reason| redact::text(&reason));
    let ask = Ask { action: hidden, claims, reason, ..ask };
    let request = Request { id, ask, peer: Arc::clone(&caller.peer), received: now.wall };
    let sentence = redact::text(&reading.sentence);
    let (severity, files) = (reading.severity, reading.files.clone());
    (Kept { request, action, severity, sentence, environment: None, files }, exact)
}

/// What the asker of a decided request is told.
pub(crate) fn told(id: RequestId, outcome: &Outcome) -> Told {
    Told {
        id,
        decision: Some(outcome.decision),
        by: Some(outcome.by),
        presence: Some(outcome.presence),
        reason: outcome.reason.clone(),
        receipt: Some(outcome.receipt.clone()),
        used: false,
    }
}

pub(crate) fn withdrawn_told(id: RequestId, why: Withdrawal) -> Told {
    let reason = match why {
        Withdrawal::Asked => "The asker took it back.",
        Withdrawal::ConnectionClosed => "The asker's connection closed and nobody took the request up again.",
        Withdrawal::ProcessGone => "The asking process ended.",
    };
    Told {
        id,
        decision: None,
        by: None,
        presence: None,
        reason: Some(reason.to_owned()),
        receipt: None,
        used: false,
    }
}

pub(crate) fn unknown_request() -> RpcFault {
    RpcFault::refused("unknown_request", "No such request is known here with this nonce. Ask again.")
}

fn too_many_waiting(full: Full) -> RpcFault {
    let (code, of) = match full {
        Full::ForAll => ("too_many_waiting", ""),
        Full::ForOne => ("too_many_of_one", " of this agent or user"),
    };
    let why = format!(
        "Too many requests{of} wait already, or too large ones. Decide or withdraw some, then ask again."
    );
    RpcFault::refused(code, why)
}

/// A task of ours ended before its work: the process is ending, or something broke.
pub(crate) fn interrupted() -> RpcFault {
    RpcFault::refused("interrupted", "Sayso was interrupted. Nothing may happen; ask again.")
}

fn nonce_reused() -> RpcFault {
    RpcFault::refused(
        "nonce_reused",
        "This nonce was used for another request. Ask again with a new random one.",
    )
}

pub(crate) fn not_recorded(error: &LedgerError) -> RpcFault {
    RpcFault::refused(error.code(), format!("Nothing was decided, because it could not be recorded: {error}"))
}

/// How an ended request, read from the ledger, is told.
pub(crate) trait StoredTold {
    /// What its asker is told; `None` while it waits.
    fn told(&self) -> Option<Told>;
}

impl StoredTold for sayso_ledger::Stored {
    fn told(&self) -> Option<Told> {
        let id = self.kept.request.id;
        match (&self.outcome, self.withdrawal) {
            (Some(outcome), _) => Some(told(id, outcome)),
            (None, Some(why)) => Some(withdrawn_told(id, why)),
            (None, None) => None,
        }
    }
}
