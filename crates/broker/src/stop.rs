//! *Stop all agents*: everything waiting and everything new is denied until resumed, restarts included.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sayso_core::life::Event;
use sayso_core::record::{Entry, Stopped, What};
use sayso_core::{By, Decision};
use sayso_wire::protocol::RpcFault;

use crate::notice::Notice;
use crate::sign::Ruling;
use crate::{Broker, pipeline};

impl Broker {
    /// Stops all agents, or lets them go on. Stopping holds from the moment of the call; letting go on holds once
    /// it is durable.
    ///
    /// # Errors
    /// If it could not be recorded. A stop holds in this process all the same.
    pub async fn set_stopped(self: &Arc<Self>, stopped: bool) -> Result<(), RpcFault> {
        if stopped {
            self.stopped.store(true, Ordering::SeqCst);
        }
        let _one_at_a_time = self.stopping.lock().await;
        if stopped {
            // Again: a resume that was on its way has let go meanwhile.
            self.stopped.store(true, Ordering::SeqCst);
        }
        let entry = Entry { at: self.now().wall, what: What::Stopped(Stopped { stopped }) };
        let recorded = self.ledger.commit(vec![entry]).await.map_err(|e| pipeline::not_recorded(&e));
        if stopped {
            self.deny_all_waiting().await;
        } else if recorded.is_ok() {
            self.stopped.store(false, Ordering::SeqCst);
        }
        self.notify(Notice::Stopped(self.is_stopped()));
        self.touch();
        recorded.map(|_| ())
    }

    /// Denies everything that waits.
    pub(crate) async fn deny_all_waiting(self: &Arc<Self>) {
        // Side by side, so that the ledger groups the commits.
        let mut denials = tokio::task::JoinSet::new();
        for id in self.waiting_ids() {
            let broker = Arc::clone(self);
            denials.spawn(async move { (id, broker.rule_out(id, pipeline::STOPPED).await) });
        }
        while let Some(done) = denials.join_next().await {
            if let Ok((id, Err(fault))) = done {
                tracing::warn!(%id, %fault, "a waiting request could not be denied at the stop");
            }
        }
    }

    /// Denies a waiting request with the machine's signature.
    pub(crate) async fn rule_out(
        self: &Arc<Self>,
        id: sayso_core::RequestId,
        why: &str,
    ) -> Result<(), RpcFault> {
        self.advance(id, Event::RuledOut, |waiting, _, now| {
            let outcome = self.machine_outcome(
                &waiting.kept,
                &Ruling { decision: Decision::Denied, by: By::Rule, why },
                Some(waiting.shown),
                waiting.demand.receipt_ms,
                now,
            )?;
            let told = pipeline::told(id, &outcome);
            Ok((waiting.decided(outcome), told))
        })
        .await
    }

    /// A denial pressed on a notification. Anyone in the session can forge that press, so it is the machine's
    /// denial and never a person's word.
    ///
    /// # Errors
    /// If the request does not wait any more, or the denial could not be recorded.
    pub async fn deny_from_notification(self: &Arc<Self>, id: sayso_core::RequestId) -> Result<(), RpcFault> {
        self.rule_out(id, "Denied on the notification at the desktop.").await
    }
}
