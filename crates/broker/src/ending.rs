//! The end of a request that waited: one event, its step, and its effects in their order.
//!
//! Invariants: an end is durable before anybody is told of it, and it is carried out whole, whoever stops waiting
//! for it. While all agents are stopped nothing is approved. No request ends before its ask is durable.

use std::sync::Arc;

use sayso_core::life::{Effect, Event, Refusal, Stage, Withdrawal};
use sayso_core::record::{Entry, What};
use sayso_core::{Now, RequestId};
use sayso_wire::protocol::{RpcFault, Told};
use tokio::sync::watch;

use crate::notice::Notice;
use crate::queue::{Ending, Lingering, Waiting};
use crate::{Broker, limits, pipeline};

impl Broker {
    /// One event for a waiting request: step, then its effects. `what` makes the entry that `Record` commits.
    pub(crate) async fn advance(
        self: &Arc<Self>,
        id: RequestId,
        event: Event,
        what: impl FnOnce(&Waiting, Stage, Now) -> Result<(What, Told), RpcFault>,
    ) -> Result<(), RpcFault> {
        let now = self.now();
        let (effects, taken, recorded, ending) = {
            let mut queue = self.queue();
            let waiting = queue.get_mut(id).ok_or_else(pipeline::unknown_request)?;
            if waiting.life.stage() != Stage::Waiting {
                // Its end is being committed: nothing can change it any more.
                let over = Refusal::OutOfTurn(waiting.life.stage());
                return Err(RpcFault::refused("refused", over.to_string()));
            }
            if !waiting.recorded {
                // The ledger takes an end only after its beginning.
                return Err(RpcFault::refused("refused", "The request is still being recorded. Try again."));
            }
            if matches!(event, Event::Approved(_)) && self.is_stopped() {
                return Err(RpcFault::refused("stopped", pipeline::STOPPED));
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
        let broker = Arc::clone(self);
        // In a task of its own: a caller that leaves now must not leave an end that nobody is told of.
        let carried = tokio::spawn(async move {
            let answer = broker.carry_out(id, effects, recorded, &ending, now).await;
            // Gone from the queue only now: durable, told, and found in the ledger from here on.
            broker.queue().remove(id);
            answer
        });
        carried.await.unwrap_or_else(|_| Err(pipeline::interrupted()))?;
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
                        answer = Err(pipeline::not_recorded(&error));
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
    pub(crate) async fn withdraw_request(
        self: &Arc<Self>,
        id: RequestId,
        why: Withdrawal,
    ) -> Result<(), RpcFault> {
        self.advance(id, Event::Withdrawn(why), |waiting, _, _| {
            let what = What::Withdrawn(sayso_core::record::Withdrawn { request: waiting.life.id, why });
            Ok((what, pipeline::withdrawn_told(waiting.life.id, why)))
        })
        .await
    }
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
