//! Hears from the broker, and passes on: the count to the icon, what needs a person to the notifications.

use std::sync::Arc;
use std::time::Duration;

use sayso_broker::Broker;
use sayso_broker::notice::Notice;
use sayso_core::key::Role;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::icon::{Icon, Standing};
use super::notify::{News, Notifier};

/// How often the icon changes at most. Every change is several messages on the session bus.
const ICON_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn follow(broker: Arc<Broker>, mut icon: Icon, notifier: Notifier) {
    let mut notices = broker.notices();
    // What a restart took up waits already, and what came while the tray was being made.
    notifier.tell(News::Waiting(broker.waiting()));
    for notice in broker.notices_of_waiting() {
        pass_on(&notifier, notice);
    }
    loop {
        let standing = Standing::of(&broker);
        icon.show(standing);
        notifier.tell(News::Waiting(standing.waiting));
        match notices.recv().await {
            Ok(notice) => pass_on(&notifier, notice),
            Err(RecvError::Lagged(_)) => notifier.tell(News::Flood),
            Err(RecvError::Closed) => return,
        }
        drain(&mut notices, &notifier);
        tokio::time::sleep(ICON_EVERY).await;
    }
}

/// Everything that came meanwhile, before the icon changes once for all of it.
fn drain(notices: &mut Receiver<Notice>, notifier: &Notifier) {
    loop {
        match notices.try_recv() {
            Ok(notice) => pass_on(notifier, notice),
            Err(TryRecvError::Lagged(_)) => notifier.tell(News::Flood),
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

fn pass_on(notifier: &Notifier, notice: Notice) {
    match notice {
        Notice::NeedsPerson { id, title, from, severity } => {
            notifier.tell(News::NeedsPerson { id, title, from, severity });
        }
        Notice::Ended { id } => notifier.tell(News::Ended { id }),
        Notice::KeyRenewed(role) => notifier.tell(renewed(role)),
        Notice::Stopped(_) => {}
    }
}

/// Never a new key in silence: also the person who did not ask for it hears of it.
fn renewed(role: Role) -> News {
    let which = match role {
        Role::Passphrase => "The passphrase key was replaced without the old passphrase.",
        Role::Approver | Role::Machine => "The key that signs what you decide was replaced by a new one.",
    };
    let sentence = format!("{which} If this was not you, stop all agents: somebody uses this session.");
    News::Say { head: "A key was replaced", sentence }
}
