//! What waits: each request with its life, its card, and whoever waits for its end.
//!
//! Invariants: a request is in the map from its ask until its end is durable and told; it is in the index by
//! deadline exactly while its life is *waiting* and its ask is durable. So there is no moment in which it is neither
//! here nor in the ledger, and none in which its end could be recorded before its beginning.
//! No I/O and no clock: callers hold the lock for moments only.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use sayso_core::card::Card;
use sayso_core::decision::Demand;
use sayso_core::life::{Life, Stage};
use sayso_core::record::{Decided, Kept, Outcome, What};
use sayso_core::request::Peer;
use sayso_core::{Digest, Nonce, RequestId, Tick};
use sayso_wire::protocol::{RpcFault, Told};
use tokio::sync::watch;

use crate::notice::Notice;
use crate::shares::{Full, Shares};
use crate::{card, limits};

/// What everybody who waits for a request is told in the end.
pub(crate) type Ending = Option<Result<Arc<Told>, RpcFault>>;

/// One waiting request.
pub(crate) struct Waiting {
    pub(crate) life: Life,
    pub(crate) kept: Arc<Kept>,
    pub(crate) demand: Demand,
    pub(crate) deadline: Tick,
    pub(crate) card: Arc<Card>,
    pub(crate) shown: Digest,
    /// Whether its ask is durable. Before that nothing can happen to it.
    pub(crate) recorded: bool,
    /// Whether the card's facts have settled.
    pub(crate) settled: bool,
    /// How many connections wait for it.
    pub(crate) waiters: u32,
    /// How often a connection began to wait for it.
    pub(crate) joins: u64,
    /// Bytes of what was asked.
    pub(crate) weight: usize,
    pub(crate) ending: watch::Sender<Ending>,
}

impl Waiting {
    /// What the tray is told of it.
    pub(crate) fn notice(&self) -> Notice {
        Notice::NeedsPerson {
            id: self.life.id,
            title: self.card.title.clone(),
            from: card::from_line(&self.card),
            severity: self.card.severity,
        }
    }

    /// What is recorded of its decision: with the environment as the facts had it by then, where they know it better than
    /// the ask did.
    pub(crate) fn decided(&self, outcome: Outcome) -> What {
        let checked = self.card.facts.environment_name.as_ref().filter(|_| self.settled);
        let environment = checked.filter(|name| self.kept.environment.as_ref() != Some(*name)).cloned();
        What::Decided(Box::new(Decided { request: self.life.id, outcome, environment }))
    }
}

/// A request that ended while a person could see it.
#[derive(Clone)]
pub(crate) struct Lingering {
    pub(crate) id: RequestId,
    pub(crate) kept: Arc<Kept>,
    pub(crate) card: Arc<Card>,
    pub(crate) shown: Digest,
    pub(crate) stage: Stage,
    pub(crate) ended: String,
    pub(crate) until: Tick,
}

/// Why a request did not come into the queue.
pub(crate) enum NotAdmitted {
    /// This one waits already under the same nonce.
    Same(RequestId),
    /// There is no room.
    Full(Full),
}

/// All that wait, and the last few that ended.
#[derive(Default)]
pub(crate) struct Queue {
    shares: Shares,
    waiting: HashMap<RequestId, Waiting>,
    by_deadline: BTreeSet<(Tick, RequestId)>,
    by_nonce: HashMap<(u32, Nonce), RequestId>,
    lingering: VecDeque<Lingering>,
}

impl Queue {
    pub(crate) fn waiting_count(&self) -> u32 {
        u32::try_from(self.by_deadline.len()).unwrap_or(u32::MAX)
    }

    /// Whether a request of this many bytes by this peer fits, beside all that are here in whatever state.
    pub(crate) fn has_room(&self, peer: &Peer, same_user: bool, weight: usize) -> Result<(), Full> {
        self.shares.has_room(peer, same_user, weight)
    }

    /// Takes in a new request, if there is room and its nonce is new, in one move.
    pub(crate) fn admit(&mut self, waiting: Waiting, same_user: bool) -> Result<(), NotAdmitted> {
        let request = &waiting.kept.request;
        if let Some(id) = self.by_nonce(request.peer.uid, &request.ask.nonce) {
            return Err(NotAdmitted::Same(id));
        }
        self.has_room(&request.peer, same_user, waiting.weight).map_err(NotAdmitted::Full)?;
        self.insert(waiting);
        Ok(())
    }

    /// Takes in a request, room or not.
    pub(crate) fn insert(&mut self, waiting: Waiting) {
        let id = waiting.life.id;
        let request = &waiting.kept.request;
        self.by_nonce.insert((request.peer.uid, request.ask.nonce.clone()), id);
        self.shares.take(&request.peer, waiting.weight);
        self.waiting.insert(id, waiting);
    }

    /// Its ask is durable: from now on it waits.
    pub(crate) fn recorded(&mut self, id: RequestId) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.recorded = true;
            self.by_deadline.insert((waiting.deadline, id));
        }
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&Waiting> {
        self.waiting.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut Waiting> {
        self.waiting.get_mut(&id)
    }

    pub(crate) fn by_nonce(&self, uid: u32, nonce: &Nonce) -> Option<RequestId> {
        self.by_nonce.get(&(uid, nonce.clone())).copied()
    }

    /// Takes a request whose life has ended out of what waits; it stays findable until [`Queue::remove`].
    pub(crate) fn ended(&mut self, id: RequestId) {
        if let Some(waiting) = self.waiting.get(&id) {
            self.by_deadline.remove(&(waiting.deadline, id));
        }
    }

    pub(crate) fn remove(&mut self, id: RequestId) -> Option<Waiting> {
        let waiting = self.waiting.remove(&id)?;
        self.by_deadline.remove(&(waiting.deadline, id));
        let request = &waiting.kept.request;
        self.shares.give_back(&request.peer, waiting.weight);
        self.by_nonce.remove(&(request.peer.uid, request.ask.nonce.clone()));
        Some(waiting)
    }

    /// The first deadline of all.
    pub(crate) fn next_deadline(&self) -> Option<Tick> {
        self.by_deadline.first().map(|(tick, _)| *tick)
    }

    /// Those whose deadline has come.
    pub(crate) fn due(&self, now: Tick) -> Vec<RequestId> {
        self.by_deadline.iter().take_while(|(tick, _)| *tick <= now).map(|(_, id)| *id).collect()
    }

    pub(crate) fn ids_by_deadline(&self) -> Vec<RequestId> {
        self.by_deadline.iter().map(|(_, id)| *id).collect()
    }

    /// The first `most` that wait, by deadline.
    pub(crate) fn first(&self, most: usize) -> impl Iterator<Item = &Waiting> {
        self.by_deadline.iter().take(most).filter_map(|(_, id)| self.waiting.get(id))
    }

    pub(crate) fn linger(&mut self, ended: Lingering) {
        self.lingering.push_back(ended);
        if self.lingering.len() > limits::LINGERING {
            self.lingering.pop_front();
        }
    }

    /// Those that ended and are still shown; forgets those that have been long enough.
    pub(crate) fn lingering(&mut self, now: Tick) -> impl Iterator<Item = &Lingering> {
        self.lingering.retain(|ended| ended.until > now);
        self.lingering.iter()
    }

    pub(crate) fn find_lingering(&self, id: RequestId) -> Option<&Lingering> {
        self.lingering.iter().find(|ended| ended.id == id)
    }
}
