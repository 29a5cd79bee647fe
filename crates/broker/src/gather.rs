//! When facts are checked: bounded side by side, and at once for the card that somebody opens.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use sayso_core::decision::{Demand, Verdict};
use sayso_core::life::Event;
use sayso_core::record::Kept;
use sayso_core::{Action, Reading, RequestId};
use sayso_facts::{Around, Gathered, Question};
use tokio::sync::Notify;

use crate::{Broker, card, limits};

/// Requests whose facts are wanted now, ahead of the others.
#[derive(Default)]
pub(crate) struct Hurry {
    wanted: Mutex<HashSet<RequestId>>,
    news: Notify,
}

impl Hurry {
    fn is_wanted(&self, id: RequestId) -> bool {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    async fn wait_for(&self, id: RequestId) {
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if self.is_wanted(id) {
                return;
            }
            news.await;
        }
    }
}

impl Broker {
    fn question<'a>(
        &'a self,
        action: &'a Action,
        reading: &'a Reading,
        kept: &'a Kept,
        around: &'a Around,
    ) -> Question<'a> {
        Question {
            action,
            reading,
            claims: &kept.request.ask.claims,
            environments: self.policy.environments(),
            home: &self.home,
            now: self.now().wall,
            around,
        }
    }

    /// What can be said without asking anybody: the card's first form.
    pub(crate) fn quick_facts(&self, action: &Action, reading: &Reading, kept: &Kept) -> Gathered {
        sayso_facts::quick(&self.question(action, reading, kept, &self.around))
    }

    /// The first form with the environment asked for: the limit and the presence hang on it.
    pub(crate) async fn environment_of(&self, action: &Action, reading: &Reading, kept: &Kept) -> Gathered {
        // Never closed, so there is always a permit to come.
        let _permit = self.placing.acquire().await.ok();
        sayso_facts::environment(&self.question(action, reading, kept, &self.around)).await
    }

    /// Checks all facts and puts the settled card in the place of the first one.
    pub(crate) fn spawn_gathering(
        self: &Arc<Self>,
        id: RequestId,
        action: Action,
        reading: Reading,
        around: Around,
    ) {
        let broker = Arc::clone(self);
        let Some(mut ending) = self.queue().get(id).map(|waiting| waiting.ending.subscribe()) else { return };
        tokio::spawn(async move {
            let permit = tokio::select! {
                // What has ended needs no facts, and its bytes are given back at once.
                _ = ending.wait_for(Option::is_some) => return,
                permit = broker.gathering.acquire() => permit.ok(),
                () = broker.hurry.wait_for(id) => None,
            };
            // Boxed: ten thousand may stand here, and only those that are checked now need the room for it.
            Box::pin(broker.gather(id, action, reading, &around)).await;
            broker.hurry.wanted.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            drop(permit);
        });
    }

    async fn gather(self: &Arc<Self>, id: RequestId, action: Action, reading: Reading, around: &Around) {
        let Some((kept, demand)) = self.queue().get(id).map(|w| (Arc::clone(&w.kept), w.demand.clone()))
        else {
            return;
        };
        let gathered = sayso_facts::gather(&self.question(&action, &reading, &kept, around)).await;
        let environment = gathered.facts.environment_name.as_deref();
        let demand = match self.tightened(&action, &reading, &kept, environment, demand) {
            Ok(demand) => demand,
            Err(why) => {
                if let Err(fault) = self.rule_out(id, &why).await {
                    tracing::debug!(%id, %fault, "ended before its facts denied it");
                }
                return;
            }
        };
        let (presence, receipt_ms) = (demand.presence, demand.receipt_ms);
        let large = action.is_over(limits::LARGE_ACTION);
        let built = self.aside(large, move || {
            let card = card::build(&kept, &reading, gathered, &demand);
            card.digest().map(|shown| (card, shown))
        });
        let (card, shown) = match built.await {
            Ok(Ok(built)) => built,
            Ok(Err(error)) => return tracing::error!(%id, %error, "a card has no canonical form"),
            Err(fault) => return tracing::error!(%id, %fault, "a card was not made"),
        };
        let now = self.now();
        {
            let mut queue = self.queue();
            let Some(waiting) = queue.get_mut(id) else { return };
            // Refused only at the deadline, which ends the request by its own way.
            if now.tick >= waiting.deadline
                || waiting.life.step(Event::Tightened { presence, receipt_ms }, now.tick).taken.is_err()
                || waiting.life.step(Event::Shown(shown), now.tick).taken.is_err()
            {
                return;
            }
            (waiting.demand.presence, waiting.demand.receipt_ms) = (presence, receipt_ms);
            waiting.card = Arc::new(card);
            waiting.shown = shown;
            waiting.settled = true;
        }
        self.touch();
    }

    /// What is demanded now that the environment was asked for where the action goes. Nothing is demanded less, and the
    /// deadline stays: it is recorded and was told. `Err` with the rule's sentence where nobody may approve it.
    fn tightened(
        &self,
        action: &Action,
        reading: &Reading,
        kept: &Kept,
        environment: Option<&str>,
        before: Demand,
    ) -> Result<Demand, String> {
        if environment == kept.environment.as_deref() {
            return Ok(before);
        }
        let wait = kept.request.ask.wait_ms;
        match self.policy.judge(action, reading, environment, wait, self.passphrase_enrolled()) {
            Verdict::Ask(now) => Ok(Demand {
                presence: before.presence.max(now.presence),
                wait_ms: before.wait_ms,
                receipt_ms: before.receipt_ms.min(now.receipt_ms),
            }),
            Verdict::Allow { .. } => Ok(before),
            Verdict::Deny { why } => Err(why),
        }
    }

    /// Somebody opened this card: its facts come first.
    pub(crate) fn hurry(&self, id: RequestId) {
        let pending = self.queue().get(id).is_some_and(|waiting| !waiting.settled);
        if pending {
            self.hurry.wanted.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            self.hurry.news.notify_waiters();
        }
    }
}
