//! What a restart takes up again: every request that waited, with its deadline.
//!
//! Invariants: a deadline of this boot goes on as it was; one of an earlier boot cannot be compared and has
//! passed (its asker died with the machine). A restart never makes an approval.

use std::sync::Arc;

use sayso_core::Tick;
use sayso_core::decision::{Demand, Verdict};
use sayso_core::life::{Life, Withdrawal};
use sayso_core::record::Asked;
use sayso_ledger::LedgerError;

use crate::{Broker, limits, read};

/// Puts back what waited. What the rules deny today is denied, and everything where all agents are stopped: the
/// process may have ended between a stop and its denials.
pub(crate) async fn take_up(broker: &Arc<Broker>) -> Result<(), LedgerError> {
    for asked in broker.ledger.waiting().await? {
        let id = asked.kept.request.id;
        if let Some(why) = take_up_one(broker, asked)
            && let Err(fault) = broker.rule_out(id, &why).await
        {
            tracing::warn!(%id, %fault, "a waiting request could not be denied at the start");
        }
    }
    if broker.is_stopped() {
        broker.deny_all_waiting().await;
    }
    Ok(())
}

/// Puts one back; comes back with a sentence where the rules deny it today.
fn take_up_one(broker: &Arc<Broker>, asked: Asked) -> Option<String> {
    let Asked { kept, boot, deadline, presence, receipt_ms } = asked;
    let deadline = if boot == broker.boot.0 { deadline } else { Tick(0) };
    let now = broker.now();
    let id = kept.request.id;
    // At the start nobody waits for this thread yet.
    let reading = sayso_sources::read_through(&kept.request.ask.action);
    let action = kept.request.ask.action.clone();
    let mut demand = Demand { presence, wait_ms: now.tick.ms_until(deadline), receipt_ms };
    // The rules may have become stricter since; they never become looser for what waits.
    let environment = kept.environment.as_deref();
    let passphrase = broker.passphrase_enrolled();
    let denied = match broker.policy.judge(&action, &reading, environment, None, passphrase) {
        Verdict::Ask(today) => {
            demand.presence = demand.presence.max(today.presence);
            demand.receipt_ms = demand.receipt_ms.min(today.receipt_ms);
            None
        }
        Verdict::Deny { why } => Some(why),
        Verdict::Allow { .. } => None,
    };
    let denied = read::changed(&kept.files).or(denied);
    let life = Life::restored_waiting(id, kept.action, deadline, demand.clone());
    let early = broker.quick_facts(&action, &reading, &kept);
    match Broker::made_to_wait(life, kept, demand, deadline, &reading, early) {
        Ok(waiting) => {
            let mut queue = broker.queue();
            queue.insert(waiting);
            queue.recorded(id);
        }
        Err(fault) => {
            tracing::error!(%id, %fault, "a waiting request could not be taken up again");
            return None;
        }
    }
    if denied.is_some() {
        return denied;
    }
    broker.put_before_person(id);
    broker.spawn_gathering(id, action, reading, broker.around.clone());
    broker.withdraw_unless_taken_up(id, Withdrawal::ConnectionClosed, limits::TAKE_UP_AFTER_RESTART_MS, 0);
    None
}
