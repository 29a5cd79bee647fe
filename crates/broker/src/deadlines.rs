//! What silence does: at its deadline a request is denied, signed as silence.
//!
//! Invariant: the time that counts is the clock since boot. The timer here only wakes us; it may stand still in
//! suspend, so it never sleeps longer than [`limits::DEADLINE_NAP_MS`] while something waits.

use std::sync::{Arc, Weak};
use std::time::Duration;

use sayso_core::life::Event;
use sayso_core::record::What;
use sayso_core::{By, Decision, Now};
use sayso_wire::protocol::{RpcFault, Told};
use tokio::sync::Notify;

use crate::queue::Waiting;
use crate::sign::Ruling;
use crate::{Broker, limits, pipeline};

/// What the asker of an expired request reads.
pub(crate) const SILENCE: &str =
    "Nobody decided in time, so it is denied. Ask a person to be at their desktop, then ask again.";

/// Expires what is due, for as long as the broker lives.
pub(crate) async fn run(broker: Weak<Broker>, earlier: Arc<Notify>) {
    loop {
        let Some(strong) = broker.upgrade() else { return };
        let now = strong.now();
        let due = strong.queue().due(now.tick);
        // Side by side, so that the ledger groups the commits.
        let mut expiries = tokio::task::JoinSet::new();
        for id in due {
            let broker = Arc::clone(&strong);
            expiries.spawn(async move {
                let expired =
                    broker.advance(id, Event::Passed, |waiting, _, now| broker.expired(waiting, now));
                (id, expired.await)
            });
        }
        while let Some(done) = expiries.join_next().await {
            if let Ok((id, Err(fault))) = done {
                tracing::error!(%id, %fault, "an expired request could not be recorded");
            }
        }
        let next = strong.queue().next_deadline();
        let woken = earlier.notified();
        let now = strong.now().tick;
        // Not held while sleeping: a broker that nobody else holds ends.
        drop(strong);
        match next {
            None => woken.await,
            Some(deadline) => {
                let nap = now.ms_until(deadline).clamp(1, limits::DEADLINE_NAP_MS);
                let _ = tokio::time::timeout(Duration::from_millis(nap), woken).await;
            }
        }
    }
}

impl Broker {
    /// The entry and the answer for a request that nobody decided.
    pub(crate) fn expired(&self, waiting: &Waiting, now: Now) -> Result<(What, Told), RpcFault> {
        let kept = &waiting.kept;
        let receipt_ms = waiting.demand.receipt_ms;
        let outcome = self.machine_outcome(
            kept,
            &Ruling { decision: Decision::Denied, by: By::Timeout, why: SILENCE },
            Some(waiting.shown),
            receipt_ms,
            now,
        )?;
        let id = kept.request.id;
        let told = pipeline::told(id, &outcome);
        Ok((waiting.decided(outcome), told))
    }
}
