//! The broker as the socket sees it: each method checked for who may call it, then handed on.

use std::sync::Arc;

use sayso_core::life::{Effect, Event, Life, Stage, Withdrawal};
use sayso_core::record::{Entry, Used, What};
use sayso_core::seat::HistoryPage;
use sayso_core::{Ask, Nonce, RequestId};
use sayso_wire::desk::{Caller, Desk, ProgressSender};
use sayso_wire::protocol::{
    LeafFault, LogPage, LogVerified, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};

use crate::Broker;
use crate::pipeline::{STOPPED, not_recorded, unknown_request};

/// The broker behind a socket.
#[derive(Clone)]
pub struct BrokerDesk(pub Arc<Broker>);

impl Desk for BrokerDesk {
    async fn request(&self, caller: Caller, ask: Ask, progress: ProgressSender) -> Result<Told, RpcFault> {
        self.0.ask(caller, ask, progress).await
    }

    async fn wait(&self, caller: Caller, wait: Wait, progress: ProgressSender) -> Result<Told, RpcFault> {
        self.0.take_up_again(caller, wait, progress).await
    }

    async fn withdraw(&self, caller: Caller, withdraw: Withdraw) -> Result<Withdrawn, RpcFault> {
        self.0.owned_by(&caller, withdraw.id, &withdraw.nonce).await?;
        self.0.withdraw_request(withdraw.id, Withdrawal::Asked).await?;
        Ok(Withdrawn { id: withdraw.id })
    }

    async fn use_receipt(&self, caller: Caller, used: Use) -> Result<UsedOnce, RpcFault> {
        self.0.use_up(&caller, used).await
    }

    async fn status(&self, _: Caller) -> Result<Status, RpcFault> {
        let key_trouble =
            self.0.key_trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            waiting: self.0.waiting(),
            stopped: self.0.is_stopped(),
            key_trouble,
        })
    }

    async fn log_page(&self, caller: Caller, page: LogPage) -> Result<HistoryPage, RpcFault> {
        same_user(&caller)?;
        self.0.history(&page.search, page.before).await
    }

    async fn log_verify(&self, caller: Caller) -> Result<LogVerified, RpcFault> {
        same_user(&caller)?;
        let found = self.0.ledger.verify().await.map_err(|e| not_recorded(&e))?;
        Ok(LogVerified {
            leaves: found.leaves,
            root: found.root.to_string(),
            checkpoint: found.checkpoint,
            fault: found.fault.map(|fault| LeafFault { leaf: fault.leaf, why: fault.why }),
        })
    }
}

fn same_user(caller: &Caller) -> Result<(), RpcFault> {
    if caller.same_user {
        return Ok(());
    }
    Err(RpcFault::refused("not_for_other_users", "The log is read by the user whose Sayso this is."))
}

impl Broker {
    async fn take_up_again(
        self: &Arc<Self>,
        caller: Caller,
        wait: Wait,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        let id = match wait.id {
            Some(id) => {
                self.owned_by(&caller, id, &wait.nonce).await?;
                id
            }
            None => self.id_of_nonce(&caller, &wait.nonce).await?,
        };
        self.attend(id, caller, progress).await
    }

    async fn id_of_nonce(&self, caller: &Caller, nonce: &Nonce) -> Result<RequestId, RpcFault> {
        let uid = caller.peer.uid;
        let waiting = self.queue().by_nonce(uid, nonce);
        if let Some(id) = waiting {
            return Ok(id);
        }
        let stored = self.ledger.find_by_nonce(uid, nonce).await.map_err(|e| not_recorded(&e))?;
        stored.map(|stored| stored.kept.request.id).ok_or_else(unknown_request)
    }

    /// Whether this caller asked this request: the same user, who knows its nonce.
    async fn owned_by(&self, caller: &Caller, id: RequestId, nonce: &Nonce) -> Result<(), RpcFault> {
        if self.id_of_nonce(caller, nonce).await? == id { Ok(()) } else { Err(unknown_request()) }
    }

    /// `receipt.use`: the approval is taken out of the ledger, verified anew, moved through its life, and
    /// recorded as used before the asker hears of it.
    async fn use_up(&self, caller: &Caller, used: Use) -> Result<UsedOnce, RpcFault> {
        if self.is_stopped() {
            return Err(RpcFault::refused("stopped", STOPPED));
        }
        let verified =
            used.receipt.verify(&self.trusted()).map_err(|e| RpcFault::refused(e.code(), e.to_string()))?;
        let id = verified.claims().sub;
        let stored = self.ledger.find(id).await.map_err(|e| not_recorded(&e))?.ok_or_else(unknown_request)?;
        if stored.kept.request.peer.uid != caller.peer.uid {
            return Err(unknown_request());
        }
        let outcome = match (stored.stage, &stored.outcome) {
            (Stage::Used, _) => return Err(already_used()),
            (_, Some(outcome)) if outcome.receipt == *verified.receipt() => outcome.clone(),
            _ => return Err(unknown_request()),
        };
        let now = self.now();
        if outcome.boot != self.boot.0 {
            return Err(RpcFault::refused(
                "lapsed",
                "The machine restarted since this was approved. Ask again.",
            ));
        }
        if let Some(why) = self.script_changed(&stored.kept).await? {
            return Err(RpcFault::refused("script_changed", why));
        }
        let approval = self.approval_of(&stored.kept, &outcome, now)?;
        let mut life = Life::restored_approved(id, stored.kept.action, approval, outcome.lapses);
        let step = life.step(Event::Use, now.tick);
        step.taken.map_err(|refusal| RpcFault::refused("lapsed", refusal.to_string()))?;
        for effect in step.effects {
            match effect {
                Effect::Record(_) => {
                    let entry = Entry { at: now.wall, what: What::Used(Used { request: id }) };
                    self.ledger.commit(vec![entry]).await.map_err(|e| match e.code() {
                        "already_used" => already_used(),
                        _ => not_recorded(&e),
                    })?;
                    // A stop that came while it was recorded: it is used up, and nothing may happen.
                    if self.is_stopped() {
                        return Err(RpcFault::refused("stopped", STOPPED));
                    }
                }
                Effect::LetAct(approval) => return Ok(UsedOnce { id: approval.claims().sub }),
                Effect::AskPerson { .. } | Effect::RetractCard | Effect::TellAsker(_) => {}
            }
        }
        Err(unknown_request())
    }

    /// A page of history, each receipt verified under the keys enrolled now.
    pub(crate) async fn history(&self, search: &str, before: Option<u64>) -> Result<HistoryPage, RpcFault> {
        let mut page = self
            .ledger
            .history(search, before, sayso_core::seat::ROWS)
            .await
            .map_err(|e| not_recorded(&e))?;
        let trusted = self.trusted();
        for row in &mut page.rows {
            let receipt = row.receipt.clone().map(sayso_core::Receipt::from_text);
            row.verified = receipt.is_some_and(|receipt| {
                receipt.verify(&trusted).is_ok_and(|verified| {
                    let claims = verified.claims();
                    claims.sub == row.id && Some(claims.decision) == row.decision && Some(claims.by) == row.by
                })
            });
        }
        Ok(page)
    }
}

fn already_used() -> RpcFault {
    RpcFault::refused("already_used", "This approval was used before. One approval is one action: ask again.")
}
