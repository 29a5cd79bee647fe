//! The life of a request as a pure function of (state, event, time) that returns its effects as data.
//!
//! ```text
//! received → read → {allowed | denied} by rule | waiting → approved | denied | expired | withdrawn
//!                                                          approved → used, exactly once
//! ```
//!
//! # Invariants
//! - *Approved* is entered only with an [`Approval`], which only signature verification makes, about this
//!   request and this action. *Used* is entered only from *approved*, and moves that approval out.
//! - An ended life (denied, expired, withdrawn, used) never changes again.
//! - The deadline comes first: an event that arrives at or after it finds the request expired.
//! - Every change of state has exactly one [`Effect::Record`], and it stands before every effect that tells anyone.
//!
//! # Deliberately absent
//! Clocks, sockets, storage. Whoever runs the effects must make `Record` durable before the others.

use crate::canonical::Digest;
use crate::decision::{Decision, Demand, Presence};
use crate::receipt::{Approval, Verified};
use crate::request::RequestId;
use crate::time::Tick;

/// Where a request stands.
#[derive(Debug, PartialEq, Eq)]
pub enum State {
    /// It came in.
    Received,
    /// It was read; the rules have not spoken.
    Read,
    /// A person is asked.
    Waiting {
        /// At this tick silence becomes a denial.
        deadline: Tick,
        /// What an approval must show.
        demand: Demand,
        /// The digest of the card as it is now; `None` until the card's facts have settled.
        shown: Option<Digest>,
    },
    /// It may be used, once, until `lapses`.
    Approved {
        /// The evidence.
        approval: Box<Approval>,
        /// From this tick on it cannot be used.
        lapses: Tick,
    },
    /// A person or a rule said no.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// The asker took it back, or is gone.
    Withdrawn,
    /// The approval was used.
    Used,
}

/// The name of a state, for records and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub enum Stage {
    Received,
    Read,
    Waiting,
    Approved,
    Denied,
    Expired,
    Withdrawn,
    Used,
}

impl Stage {
    /// Whether nothing can change it any more.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Denied | Self::Expired | Self::Withdrawn | Self::Used)
    }
}

impl State {
    /// This state's name.
    pub const fn stage(&self) -> Stage {
        match self {
            Self::Received => Stage::Received,
            Self::Read => Stage::Read,
            Self::Waiting { .. } => Stage::Waiting,
            Self::Approved { .. } => Stage::Approved,
            Self::Denied => Stage::Denied,
            Self::Expired => Stage::Expired,
            Self::Withdrawn => Stage::Withdrawn,
            Self::Used => Stage::Used,
        }
    }
}

/// Why a request was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// The asker said so.
    Asked,
    /// The connection closed and nobody took the request up again.
    ConnectionClosed,
    /// The asking process ended.
    ProcessGone,
}

/// What happens to a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The action was read.
    Read,
    /// The rules allow it; the machine's key signed that.
    Allowed {
        /// The machine's approval.
        approval: Approval,
        /// How long it can be used, in milliseconds.
        receipt_ms: u64,
    },
    /// A rule denies it: a policy, or all agents are stopped.
    RuledOut,
    /// A person must decide.
    Asked(Demand),
    /// The card was built, or built anew; only this one can be approved from now on.
    Shown(Digest),
    /// The facts demand more than was known at the ask. What they demand less is not taken.
    Tightened {
        /// The least presence.
        presence: Presence,
        /// How long an approval can be used, in milliseconds.
        receipt_ms: u64,
    },
    /// A person approved the card that they were shown.
    Approved(Approval),
    /// A person denied; `None` where the keychain could not sign and the machine recorded it.
    Denied(Option<Verified>),
    /// Time went by.
    Passed,
    /// The asker is gone or took it back.
    Withdrawn(Withdrawal),
    /// The asker is about to act.
    Use,
}

/// What must be done, in this order.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make this stage durable. Nothing after it may happen before that.
    Record(Stage),
    /// Put the card before the person and wake at the deadline.
    AskPerson {
        /// When silence becomes a denial.
        deadline: Tick,
    },
    /// Take the card out of the queue.
    RetractCard,
    /// Tell the asker how it ended, or that it may act.
    TellAsker(Stage),
    /// Let the asker act, once: the approval moves out.
    LetAct(Box<Approval>),
}

/// Why an event was refused. The life is as it was, unless its deadline had passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The state does not take such an event.
    #[error("the request is {0:?} and takes no such step")]
    OutOfTurn(Stage),
    /// The evidence is about another request or action.
    #[error("the decision is about another request or action")]
    AnotherRequest,
    /// The card changed after it was decided on.
    #[error("the card changed while it was decided on; look at it again")]
    CardChanged,
    /// Facts are still being checked.
    #[error("the facts of this request are still being checked; approve when they have settled")]
    FactsPending,
    /// The presence is less than demanded.
    #[error("this approval takes more than was given ({given:?} where {demanded:?} is demanded)")]
    TooLittlePresence {
        /// What was given.
        given: Presence,
        /// What is demanded.
        demanded: Presence,
    },
    /// The approval lapsed before it was used.
    #[error("the approval lapsed before it was used; ask again")]
    Lapsed,
    /// Evidence that says the opposite of its event.
    #[error("the signed decision says the opposite")]
    Contradiction,
}

/// One request's life.
#[derive(Debug, PartialEq, Eq)]
pub struct Life {
    /// Which request.
    pub id: RequestId,
    /// The digest of its action.
    pub action: Digest,
    state: State,
}

/// What a step gave: effects to run, and whether the event was taken.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "effects that nobody runs do not happen"]
pub struct Step {
    /// What must be done, in order. May hold effects although the event was refused: the deadline had passed.
    pub effects: Vec<Effect>,
    /// Whether the event was taken.
    pub taken: Result<(), Refusal>,
}

impl Life {
    /// A request that just came in.
    pub const fn new(id: RequestId, action: Digest) -> Self {
        Self { id, action, state: State::Received }
    }

    /// A waiting request as the ledger remembers it, after a restart. Its card must be shown anew.
    pub const fn restored_waiting(id: RequestId, action: Digest, deadline: Tick, demand: Demand) -> Self {
        Self { id, action, state: State::Waiting { deadline, demand, shown: None } }
    }

    /// An approved, unused request as the ledger remembers it, its receipt verified anew.
    pub fn restored_approved(id: RequestId, action: Digest, approval: Approval, lapses: Tick) -> Self {
        Self { id, action, state: State::Approved { approval: Box::new(approval), lapses } }
    }

    /// Where it stands.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The name of where it stands.
    pub const fn stage(&self) -> Stage {
        self.state.stage()
    }

    /// When silence becomes a denial, while it waits.
    pub const fn deadline(&self) -> Option<Tick> {
        match self.state {
            State::Waiting { deadline, .. } => Some(deadline),
            _ => None,
        }
    }

    /// Takes one event at one time.
    pub fn step(&mut self, event: Event, now: Tick) -> Step {
        let mut effects = self.expire_if_due(now);
        let taken = self.take(event, now, &mut effects);
        Step { effects, taken }
    }

    fn expire_if_due(&mut self, now: Tick) -> Vec<Effect> {
        match self.deadline() {
            Some(deadline) if now >= deadline => {
                self.state = State::Expired;
                end(Stage::Expired)
            }
            _ => Vec::new(),
        }
    }

    fn take(&mut self, event: Event, now: Tick, effects: &mut Vec<Effect>) -> Result<(), Refusal> {
        let out_of_turn = Refusal::OutOfTurn(self.stage());
        match (&mut self.state, event) {
            (_, Event::Passed) => Ok(()),
            (State::Received, Event::Read) => {
                self.state = State::Read;
                Ok(())
            }
            (State::Read, Event::Allowed { approval, receipt_ms }) => {
                self.matches(&approval)?;
                self.approve(approval, now.after_ms(receipt_ms), effects);
                Ok(())
            }
            (State::Received | State::Read, Event::RuledOut) => {
                self.state = State::Denied;
                effects.extend([Effect::Record(Stage::Denied), Effect::TellAsker(Stage::Denied)]);
                Ok(())
            }
            (State::Read, Event::Asked(demand)) => {
                let deadline = now.after_ms(demand.wait_ms);
                self.state = State::Waiting { deadline, demand, shown: None };
                effects.extend([Effect::Record(Stage::Waiting), Effect::AskPerson { deadline }]);
                Ok(())
            }
            (State::Waiting { shown, .. }, Event::Shown(card)) => {
                *shown = Some(card);
                Ok(())
            }
            (State::Waiting { demand, .. }, Event::Tightened { presence, receipt_ms }) => {
                demand.presence = demand.presence.max(presence);
                demand.receipt_ms = demand.receipt_ms.min(receipt_ms);
                Ok(())
            }
            (State::Waiting { demand, shown, .. }, Event::Approved(approval)) => {
                fits(demand, *shown, &approval)?;
                let lapses = now.after_ms(demand.receipt_ms);
                self.matches(&approval)?;
                self.approve(approval, lapses, effects);
                effects.push(Effect::RetractCard);
                Ok(())
            }
            (State::Waiting { .. }, Event::Denied(verified)) => {
                self.matches_denial(verified.as_ref())?;
                self.state = State::Denied;
                effects.extend(end(Stage::Denied));
                Ok(())
            }
            (State::Waiting { .. }, Event::RuledOut) => {
                self.state = State::Denied;
                effects.extend(end(Stage::Denied));
                Ok(())
            }
            (State::Received | State::Read | State::Waiting { .. }, Event::Withdrawn(_)) => {
                self.state = State::Withdrawn;
                effects.extend(end(Stage::Withdrawn));
                Ok(())
            }
            (State::Approved { lapses, .. }, Event::Use) if now >= *lapses => Err(Refusal::Lapsed),
            (State::Approved { .. }, Event::Use) => {
                if let State::Approved { approval, .. } = std::mem::replace(&mut self.state, State::Used) {
                    effects.extend([Effect::Record(Stage::Used), Effect::LetAct(approval)]);
                }
                Ok(())
            }
            _ => Err(out_of_turn),
        }
    }

    fn approve(&mut self, approval: Approval, lapses: Tick, effects: &mut Vec<Effect>) {
        self.state = State::Approved { approval: Box::new(approval), lapses };
        effects.extend([Effect::Record(Stage::Approved), Effect::TellAsker(Stage::Approved)]);
    }

    fn matches(&self, approval: &Approval) -> Result<(), Refusal> {
        let claims = approval.claims();
        if claims.sub == self.id && claims.action == self.action {
            Ok(())
        } else {
            Err(Refusal::AnotherRequest)
        }
    }

    fn matches_denial(&self, verified: Option<&Verified>) -> Result<(), Refusal> {
        let Some(verified) = verified else { return Ok(()) };
        let claims = verified.claims();
        if claims.sub != self.id || claims.action != self.action {
            return Err(Refusal::AnotherRequest);
        }
        let a_persons_no = claims.decision == Decision::Denied && claims.by == crate::By::Person;
        if a_persons_no { Ok(()) } else { Err(Refusal::Contradiction) }
    }
}

/// Whether a person's approval shows what was demanded, of the card as it is now.
fn fits(demand: &Demand, shown: Option<Digest>, approval: &Approval) -> Result<(), Refusal> {
    let claims = approval.claims();
    if claims.by != crate::By::Person {
        return Err(Refusal::Contradiction);
    }
    let shown = shown.ok_or(Refusal::FactsPending)?;
    if claims.shown != Some(shown) {
        return Err(Refusal::CardChanged);
    }
    if claims.presence < demand.presence {
        return Err(Refusal::TooLittlePresence { given: claims.presence, demanded: demand.presence });
    }
    Ok(())
}

fn end(stage: Stage) -> Vec<Effect> {
    vec![Effect::Record(stage), Effect::TellAsker(stage), Effect::RetractCard]
}

#[cfg(test)]
mod tests;
