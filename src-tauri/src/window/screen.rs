//! What stands on the screen, and since when: the second lock on a hasty approval, behind the page's own.
//!
//! Invariants: an approval names the card that the broker sent last, by its digest; nothing is approved within
//! [`INERT`] of the card's appearing, its changing, or the window's gaining the focus. Time is monotonic.
//!
//! Deliberately absent: the time limit of the request. That is the broker's.

use std::time::{Duration, Instant};

use sayso_core::life::Stage;
use sayso_core::seat::{CardView, Fault, Queue};
use sayso_core::{Presence, RequestId};

/// How long nothing can be approved: longer than a click that was already on its way. As in the page.
pub(crate) const INERT: Duration = Duration::from_millis(750);

/// The queue, the opened card, and when each came.
pub(crate) struct Screen {
    queue: (Queue, Moment),
    opened: Option<RequestId>,
    card: Option<(CardView, Moment)>,
    focus: Option<Instant>,
}

/// When something came, by the clock for inertia and by the one that counts suspend.
#[derive(Clone, Copy)]
struct Moment {
    at: Instant,
    boot_ms: u64,
}

impl Moment {
    fn now() -> Self {
        Self { at: Instant::now(), boot_ms: boot_ms() }
    }
}

fn boot_ms() -> u64 {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(clock);
    now.tv_sec.unsigned_abs() * 1000 + now.tv_nsec.unsigned_abs() / 1_000_000
}

impl Screen {
    pub(crate) fn new() -> Self {
        let queue = Queue { waiting: 0, rows: Vec::new(), stopped: false };
        Self { queue: (queue, Moment::now()), opened: None, card: None, focus: None }
    }

    /// The window gained the focus.
    pub(crate) fn focused(&mut self) {
        self.focus = Some(Instant::now());
    }

    /// Another request shall stand on the screen.
    pub(crate) fn open(&mut self, id: RequestId) {
        self.opened = Some(id);
        if self.card.as_ref().is_some_and(|(view, _)| view.card.id != id) {
            self.card = None;
        }
        // The page shows it anew, and rests anew.
        if let Some((_, moment)) = &mut self.card {
            moment.at = Instant::now();
        }
    }

    /// The request that shall stand on the screen.
    pub(crate) const fn opened(&self) -> Option<RequestId> {
        self.opened
    }

    /// The opened request is not there any more.
    pub(crate) fn close(&mut self, id: RequestId) {
        if self.opened == Some(id) {
            self.opened = None;
            self.card = None;
        }
    }

    pub(crate) fn take_queue(&mut self, queue: Queue) {
        self.queue = (queue, Moment::now());
    }

    /// Takes a card; `false` where it is of a request that was left meanwhile.
    pub(crate) fn take_card(&mut self, view: CardView) -> bool {
        if self.opened != Some(view.card.id) {
            return false;
        }
        let mut moment = Moment::now();
        if let Some((before, since)) = &self.card
            && before.shown == view.shown
            && before.stage == view.stage
            && before.settled == view.settled
        {
            moment.at = since.at;
        }
        self.card = Some((view, moment));
        true
    }

    /// The queue with its times as they are now.
    pub(crate) fn queue(&self) -> Queue {
        let (queue, moment) = &self.queue;
        let aged = boot_ms().saturating_sub(moment.boot_ms);
        let mut queue = queue.clone();
        for row in &mut queue.rows {
            row.remaining_ms = row.remaining_ms.saturating_sub(aged);
        }
        queue
    }

    /// The card with its time as it is now.
    pub(crate) fn card(&self) -> Option<CardView> {
        let (view, moment) = self.card.as_ref()?;
        let mut view = view.clone();
        view.remaining_ms = view.remaining_ms.saturating_sub(boot_ms().saturating_sub(moment.boot_ms));
        Some(view)
    }

    /// The card on which `id` is decided, if that is the one on the screen and it waits.
    pub(crate) fn deciding(&self, id: RequestId) -> Result<&CardView, Fault> {
        let (view, _) = self.card.as_ref().filter(|(view, _)| view.card.id == id).ok_or_else(|| {
            fault(
                "not_on_screen",
                "This request is not the one on the screen. Open it, read it, then decide.",
            )
        })?;
        if view.stage == Stage::Waiting {
            Ok(view)
        } else {
            Err(fault("not_waiting", "This request does not wait any more. Nothing was decided."))
        }
    }

    /// The card that an approval would be about, and how sure it is that a person was there, if it may be approved
    /// now with these words.
    pub(crate) fn approving(
        &self,
        id: RequestId,
        shown: &str,
        typed: Option<&str>,
        has_passphrase: bool,
    ) -> Result<(&CardView, Presence), Fault> {
        let view = self.deciding(id)?;
        if view.shown.to_string() != shown {
            return Err(fault(
                "card_changed",
                "The request changed while you read it. Read it again, then decide.",
            ));
        }
        if !view.settled {
            return Err(fault(
                "facts_pending",
                "The facts are still being checked. Wait for them, then decide.",
            ));
        }
        let since = self.card.as_ref().map(|(_, moment)| moment.at).into_iter().chain(self.focus).max();
        if since.is_some_and(|since| since.elapsed() < INERT) {
            return Err(fault("too_soon", "This came onto the screen just now. Read it, then decide."));
        }
        let wanted = view.card.type_to_approve.as_deref();
        if wanted.is_some() && typed != wanted {
            return Err(fault(
                "typed_differs",
                "What you typed is not the name that is asked for. Type it exactly.",
            ));
        }
        let given = match (has_passphrase, wanted) {
            (true, _) if view.card.presence == Presence::Passphrase => Presence::Passphrase,
            (_, Some(_)) => Presence::Typed,
            (_, None) => Presence::Click,
        };
        if given < view.card.presence {
            return Err(too_little(view.card.presence));
        }
        Ok((view, given))
    }
}

fn too_little(asked: Presence) -> Fault {
    match asked {
        Presence::Passphrase => {
            fault("passphrase_missing", "This takes your passphrase. Type it, then approve again.")
        }
        Presence::SecurityKey => fault(
            "no_security_key",
            "This takes a security key, which this Sayso cannot use yet. Deny it, or change the rule that asks for it.",
        ),
        _ => fault("typed_missing", "This takes the target's name, typed. Type it, then approve again."),
    }
}

/// A fault with a stable code and a sentence.
pub(crate) fn fault(code: &str, message: impl Into<String>) -> Fault {
    Fault { code: code.to_owned(), message: message.into() }
}

#[cfg(test)]
mod tests;
