//! The way of one request, from the socket to the answer, in the order in which it happens.
//!
//! ```text
//! ask ─▶ read ─▶ judge ─┬─▶ ruled: sign ─▶ commit ─▶ tell                    (microseconds, no person)
//!                       └─▶ waiting: commit ─▶ card ─▶ person ─▶ verify ─▶ commit ─▶ tell
//! ```
//!
//! Invariants: every change of state goes through [`Life::step`], and its effects are run in their order by
//! [`Broker::carry_out`]: durable first, told second. An error on the way is an answer to this asker and
//! leaves every other request as it was.

use std::sync::Arc;

use sayso_core::decision::{Demand, Verdict};
use sayso_core::life::{Effect, Event, Life, Refusal, Stage, Withdrawal};
use sayso_core::record::{Asked, Entry, Kept, Outcome, Ruled, What};
use sayso_core::{Action, Ask, By, Decision, Digest, Nonce, Now, Reading, Request, RequestId, redact};
use sayso_ledger::LedgerError;
use sayso_wire::desk::{Caller, ProgressSender};
use sayso_wire::protocol::{Progress, RpcFault, Told};
use tokio::sync::watch;

use crate::notice::Notice;
use crate::queue::{Ending, Lingering, Waiting};
use crate::sign::Ruling;
use crate::{Broker, card, limits};

/// What a rule says while all agents are stopped.
pub(crate) const STOPPED: &str =
    "All agents are stopped at the desktop. A person can let them go on with Resume in the Sayso tray menu.";

impl Broker {
    /// `approval.request`: one ask, to its end.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        caller: Caller,
        ask: Ask,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        let action = ask.action.digest().map_err(|e| RpcFault::refused("bad_action", e.to_string()))?;
        let waiting = self.queue().by_nonce(caller.peer.uid, &ask.nonce);
        if let Some(id) = waiting {
            return self.attend_same(id, action, caller, progress).await;
        }
        let reading = sayso_reading::read(&ask.action);
        let now = self.now();
        let (kept, exact) = keep(draw_id()?, ask, action, &caller, &reading, now);
        let mut life = Life::new(kept.request.id, action);
        // `Received` takes `Read`; there is no other order to go wrong in.
        let _ = life.step(Event::Read, now.tick);
        if self.is_stopped() {
            return self.ruled(life, kept, Decision::Denied, STOPPED).await;
        }
        match self.policy.judge(&exact, &reading, None, kept.request.ask.wait_ms, self.passphrase_enrolled())
        {
            Verdict::Allow { why } => self.ruled(life, kept, Decision::Approved, &why).await,
            Verdict::Deny { why } => self.ruled(life, kept, Decision::Denied, &why).await,
            Verdict::Ask(_) => self.to_a_person(life, kept, exact, reading, caller, progress).await,
        }
    }

    /// A rule decides at once: sign, commit, tell.
    async fn ruled(
        &self,
        mut life: Life,
        kept: Kept,
        decision: Decision,
        why: &str,
    ) -> Result<Told, RpcFault> {
        let now = self.now();
        let receipt_ms = self.policy.receipt_ms();
        let outcome =
            self.machine_outcome(&kept, &Ruling { decision, by: By::Rule, why }, None, receipt_ms, now)?;
        let event = match decision {
            Decision::Approved => {
                Event::Allowed { approval: self.approval_of(&kept, &outcome, now)?, receipt_ms }
            }
            Decision::Denied => Event::RuledOut,
        };
        let told = told(kept.request.id, &outcome);
        let (uid, nonce, action) = (kept.request.peer.uid, kept.request.ask.nonce.clone(), kept.action);
        let step = life.step(event, now.tick);
        step.taken.map_err(|r| RpcFault::refused("out_of_turn", r.to_string()))?;
        let entry = Entry { at: now.wall, what: What::Ruled(Box::new(Ruled { kept, outcome })) };
        match self.ledger.commit(vec![entry]).await {
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
        caller: Caller,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        self.has_room(&caller)?;
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
            Verdict::Allow { why } => return self.ruled(life, kept, Decision::Approved, &why).await,
            Verdict::Deny { why } => return self.ruled(life, kept, Decision::Denied, &why).await,
        };
        let now = self.now();
        let step = life.step(Event::Asked(demand.clone()), now.tick);
        step.taken.map_err(|r| RpcFault::refused("out_of_turn", r.to_string()))?;
        let deadline = life.deadline().unwrap_or(now.tick);
        let entry = Entry { at: now.wall, what: What::Asked(Box::new(self.asked(&kept, &demand, deadline))) };
        let (id, uid, nonce, action) =
            (kept.request.id, kept.request.peer.uid, kept.request.ask.nonce.clone(), kept.action);
        self.enqueue(life, kept, demand, deadline, &reading, early)?;
        if let Err(error) = self.ledger.commit(vec![entry]).await {
            self.queue().remove(id);
            return self.earlier_or(error, uid, &nonce, action).await;
        }
        self.put_before_person(id);
        self.spawn_gathering(id, exact, reading);
        self.attend(id, caller, progress).await
    }

    fn has_room(&self, caller: &Caller) -> Result<(), RpcFault> {
        let queue = self.queue();
        let full = queue.waiting_count() as usize >= limits::WAITING
            || (!caller.same_user && queue.waiting_of(caller.peer.uid) >= limits::WAITING_OF_OTHER_USER);
        if full {
            return Err(RpcFault::refused(
                "too_many_waiting",
                "Too many requests wait already. Decide or withdraw some, then ask again.",
            ));
        }
        Ok(())
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

    /// Into the queue, with the card as far as it is known.
    pub(crate) fn enqueue(
        &self,
        life: Life,
        kept: Kept,
        demand: Demand,
        deadline: sayso_core::Tick,
        reading: &Reading,
        early: sayso_facts::Gathered,
    ) -> Result<(), RpcFault> {
        let card = card::build(&kept, reading, early, &demand);
        let shown = card.digest().map_err(|e| RpcFault::refused("bad_action", e.to_string()))?;
        self.queue().insert(Waiting {
            life,
            kept: Arc::new(kept),
            demand,
            deadline,
            card: Arc::new(card),
            shown,
            settled: false,
            waiters: 0,
            ending: watch::Sender::new(None),
        });
        Ok(())
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
    async fn attend_same(
        self: &Arc<Self>,
        id: RequestId,
        action: Digest,
        caller: Caller,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        let same = self.queue().get(id).is_some_and(|waiting| waiting.kept.action == action);
        if same { self.attend(id, caller, progress).await } else { Err(nonce_reused()) }
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

    /// Waits for the end of a request, as one of those who do.
    pub(crate) async fn attend(
        self: &Arc<Self>,
        id: RequestId,
        caller: Caller,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        let now = self.now();
        let joined = self.queue().get_mut(id).map(|waiting| {
            waiting.waiters += 1;
            (waiting.ending.subscribe(), now.tick.ms_until(waiting.deadline))
        });
        let Some((mut ending, remaining_ms)) = joined else {
            return self.told_from_ledger(id).await;
        };
        let _attendance = Attendance { broker: Arc::clone(self), id, caller };
        // A caller that does not read its progress loses only the progress.
        let _ = progress.try_send(Progress { id, stage: Stage::Waiting, remaining_ms });
        let ended = ending.wait_for(Option::is_some).await.map(|ending| ending.clone());
        match ended {
            Ok(Some(Ok(told))) => Ok((*told).clone()),
            Ok(Some(Err(fault))) => Err(fault),
            Ok(None) | Err(_) => self.told_from_ledger(id).await,
        }
    }

    /// How an ended request ended.
    pub(crate) async fn told_from_ledger(&self, id: RequestId) -> Result<Told, RpcFault> {
        let stored = self.ledger.find(id).await.map_err(|e| not_recorded(&e))?;
        stored.and_then(|stored| stored.told()).ok_or_else(unknown_request)
    }

    /// One event for a waiting request: step, then its effects. `what` makes the entry that `Record` commits.
    pub(crate) async fn advance(
        &self,
        id: RequestId,
        event: Event,
        what: impl FnOnce(&Waiting, Stage, Now) -> Result<(What, Told), RpcFault>,
    ) -> Result<(), RpcFault> {
        let now = self.now();
        let (effects, taken, recorded, ending) = {
            let mut queue = self.queue();
            let waiting = queue.get_mut(id).ok_or_else(unknown_request)?;
            if waiting.life.stage() != Stage::Waiting {
                // Its end is being committed: nothing can change it any more.
                let over = Refusal::OutOfTurn(waiting.life.stage());
                return Err(RpcFault::refused("refused", over.to_string()));
            }
            let step = waiting.life.step(event, now.tick);
            let stage = waiting.life.stage();
            if stage == Stage::Waiting {
                return step.taken.map_err(|r| RpcFault::refused("refused", r.to_string()));
            }
            // The deadline may have come first: then the entry is silence's, whatever the event was.
            let recorded =
                if stage == Stage::Expired { self.expired(waiting, now) } else { what(waiting, stage, now) };
            let ending = waiting.ending.clone();
            queue.ended(id);
            (step.effects, step.taken, recorded, ending)
        };
        let answer = self.carry_out(id, effects, recorded, &ending, now).await;
        // Gone from the queue only now: durable, told, and found in the ledger from here on.
        self.queue().remove(id);
        answer?;
        taken.map_err(|r| RpcFault::refused("refused", r.to_string()))
    }

    /// Runs the effects of an ending in their order.
    async fn carry_out(
        &self,
        id: RequestId,
        effects: Vec<Effect>,
        recorded: Result<(What, Told), RpcFault>,
        ending: &watch::Sender<Ending>,
        now: Now,
    ) -> Result<(), RpcFault> {
        let (mut entry, mut answer) = match recorded {
            Ok((what, told)) => (Some(Entry { at: now.wall, what }), Ok(Arc::new(told))),
            Err(fault) => (None, Err(fault)),
        };
        for effect in effects {
            match effect {
                Effect::Record(_) => {
                    if let Some(entry) = entry.take()
                        && let Err(error) = self.ledger.commit(vec![entry]).await
                    {
                        answer = Err(not_recorded(&error));
                    }
                }
                Effect::TellAsker(_) => {
                    ending.send_replace(Some(answer.clone()));
                }
                Effect::RetractCard => self.retract(id, &answer, now),
                // Neither belongs to the end of a request that waited.
                Effect::AskPerson { .. } | Effect::LetAct(_) => {}
            }
        }
        answer.map(|_| ())
    }

    fn retract(&self, id: RequestId, answer: &Result<Arc<Told>, RpcFault>, now: Now) {
        let mut queue = self.queue();
        if let Some(waiting) = queue.get(id) {
            let stage = waiting.life.stage();
            let ended = match answer {
                Ok(told) => ending_sentence(stage, told),
                Err(fault) => fault.message.clone(),
            };
            let lingering = Lingering {
                id,
                kept: Arc::clone(&waiting.kept),
                card: Arc::clone(&waiting.card),
                shown: waiting.shown,
                stage,
                ended,
                until: now.tick.after_ms(limits::LINGER_MS),
            };
            queue.linger(lingering);
        }
        drop(queue);
        self.notify(Notice::Ended { id });
        self.touch();
    }

    /// The asker is gone, or took its request back.
    pub(crate) async fn withdraw_request(&self, id: RequestId, why: Withdrawal) -> Result<(), RpcFault> {
        self.advance(id, Event::Withdrawn(why), |waiting, _, _| {
            let what = What::Withdrawn(sayso_core::record::Withdrawn { request: waiting.life.id, why });
            Ok((what, withdrawn_told(waiting.life.id, why)))
        })
        .await
    }

    fn passphrase_enrolled(&self) -> bool {
        self.trusted().of_role(sayso_core::key::Role::Passphrase).is_some()
    }
}

/// One connection's stay at a request. Dropped with the connection, it asks whether anybody is left.
struct Attendance {
    broker: Arc<Broker>,
    id: RequestId,
    caller: Caller,
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let alone = self.broker.queue().get_mut(self.id).is_some_and(|waiting| {
            waiting.waiters = waiting.waiters.saturating_sub(1);
            waiting.waiters == 0 && waiting.life.stage() == Stage::Waiting
        });
        if alone {
            let gone = self.caller.process_gone.load(std::sync::atomic::Ordering::SeqCst);
            let (why, patience) = if gone {
                (Withdrawal::ProcessGone, 0)
            } else {
                (Withdrawal::ConnectionClosed, limits::TAKE_UP_MS)
            };
            self.broker.withdraw_unless_taken_up(self.id, why, patience);
        }
    }
}

impl Broker {
    /// Withdraws a request that nobody attends, unless somebody takes it up within `patience` milliseconds.
    pub(crate) fn withdraw_unless_taken_up(self: &Arc<Self>, id: RequestId, why: Withdrawal, patience: u64) {
        // Outside a runtime the process is ending: the ledger keeps the request for the next one.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let broker = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(patience)).await;
            let Some(broker) = broker.upgrade() else { return };
            let alone = broker.queue().get(id).is_some_and(|waiting| waiting.waiters == 0);
            if alone && let Err(fault) = broker.withdraw_request(id, why).await {
                tracing::warn!(%id, %fault, "a request whose asker is gone could not be withdrawn");
            }
        });
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
    action: Digest,
    caller: &Caller,
    reading: &Reading,
    now: Now,
) -> (Kept, Action) {
    let hidden = redact::action(&ask.action);
    let exact = ask.action;
    let claims = ask.claims.into_iter().map(|(key, value)| (key, redact::text(&value))).collect();
    let reason = ask.reason.map(|reason| redact::text(&reason));
    let ask = Ask { action: hidden, claims, reason, ..ask };
    let request = Request { id, ask, peer: (*caller.peer).clone(), received: now.wall };
    let sentence = redact::text(&reading.sentence);
    (Kept { request, action, severity: reading.severity, sentence, environment: None }, exact)
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
    }
}

fn withdrawn_told(id: RequestId, why: Withdrawal) -> Told {
    let reason = match why {
        Withdrawal::Asked => "The asker took it back.",
        Withdrawal::ConnectionClosed => "The asker's connection closed and nobody took the request up again.",
        Withdrawal::ProcessGone => "The asking process ended.",
    };
    Told { id, decision: None, by: None, presence: None, reason: Some(reason.to_owned()), receipt: None }
}

/// What the card of an ended request says.
fn ending_sentence(stage: Stage, told: &Told) -> String {
    let reason = told.reason.as_deref().unwrap_or_default();
    match stage {
        Stage::Withdrawn => format!("Withdrawn. {reason}"),
        Stage::Expired => "Nobody decided in time: denied.".to_owned(),
        Stage::Approved => "Approved and signed.".to_owned(),
        _ if reason.is_empty() => "Denied.".to_owned(),
        _ => format!("Denied. {reason}"),
    }
}

pub(crate) fn unknown_request() -> RpcFault {
    RpcFault::refused("unknown_request", "No such request is known here with this nonce. Ask again.")
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
