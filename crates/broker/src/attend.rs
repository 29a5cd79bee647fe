//! Who waits for a request: one stay for each connection, and what happens when the last one leaves.
//!
//! Invariant: a request that waits is attended by a connection, or a withdrawal is on its way to it. A withdrawal
//! counts only if nobody came back in between.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use sayso_core::life::{Stage, Withdrawal};
use sayso_core::{RequestId, Tick};
use sayso_wire::desk::{Caller, ProgressSender};
use sayso_wire::protocol::{Progress, RpcFault, Told};
use tokio::sync::watch;

use crate::queue::Ending;
use crate::{Broker, limits};

/// One connection's stay at a request. Dropped with the connection, it asks whether anybody is left.
pub(crate) struct Attendance {
    broker: Arc<Broker>,
    id: RequestId,
    caller: Caller,
    deadline: Tick,
    ending: watch::Receiver<Ending>,
}

impl Attendance {
    /// Joins those who wait for a request; `None` where it is not in the queue.
    pub(crate) fn join(broker: &Arc<Broker>, id: RequestId, caller: Caller) -> Option<Self> {
        let mut queue = broker.queue();
        let waiting = queue.get_mut(id)?;
        waiting.waiters += 1;
        waiting.joins += 1;
        let (deadline, ending) = (waiting.deadline, waiting.ending.subscribe());
        drop(queue);
        Some(Self { broker: Arc::clone(broker), id, caller, deadline, ending })
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        let alone = self.broker.queue().get_mut(self.id).and_then(|waiting| {
            waiting.waiters = waiting.waiters.saturating_sub(1);
            (waiting.waiters == 0 && waiting.life.stage() == Stage::Waiting).then_some(waiting.joins)
        });
        if let Some(joins) = alone {
            let gone = self.caller.process_gone.load(Ordering::SeqCst);
            let (why, patience) = if gone {
                (Withdrawal::ProcessGone, 0)
            } else {
                (Withdrawal::ConnectionClosed, limits::TAKE_UP_MS)
            };
            self.broker.withdraw_unless_taken_up(self.id, why, patience, joins);
        }
    }
}

impl Broker {
    /// Waits for the end of a request, as one of those who do.
    pub(crate) async fn attend(
        self: &Arc<Self>,
        id: RequestId,
        caller: Caller,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        match Attendance::join(self, id, caller) {
            Some(attendance) => self.stay(attendance, progress).await,
            None => Box::pin(self.told_from_ledger(id)).await,
        }
    }

    /// Stays until the end.
    pub(crate) async fn stay(
        &self,
        mut attendance: Attendance,
        progress: ProgressSender,
    ) -> Result<Told, RpcFault> {
        let id = attendance.id;
        let remaining_ms = self.now().tick.ms_until(attendance.deadline);
        // A caller that does not read its progress loses only the progress.
        let _ = progress.try_send(Progress { id, stage: Stage::Waiting, remaining_ms });
        let ended = attendance.ending.wait_for(Option::is_some).await.map(|ending| ending.clone());
        match ended {
            Ok(Some(Ok(told))) => Ok((*told).clone()),
            Ok(Some(Err(fault))) => Err(fault),
            Ok(None) | Err(_) => Box::pin(self.told_from_ledger(id)).await,
        }
    }

    /// Withdraws a request that nobody attends, unless somebody takes it up within `patience` milliseconds. `joins`
    /// is how often it had been joined: one that was taken up and left again has a patience of its own.
    pub(crate) fn withdraw_unless_taken_up(
        self: &Arc<Self>,
        id: RequestId,
        why: Withdrawal,
        patience: u64,
        joins: u64,
    ) {
        // Outside a runtime the process is ending: the ledger keeps the request for the next one.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let broker = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(patience)).await;
            let Some(broker) = broker.upgrade() else { return };
            let alone =
                broker.queue().get(id).is_some_and(|waiting| waiting.waiters == 0 && waiting.joins == joins);
            if alone && let Err(fault) = broker.withdraw_request(id, why).await {
                tracing::warn!(%id, %fault, "a request whose asker is gone could not be withdrawn");
            }
        });
    }
}
