//! Large asks, which are worked on beside the others.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use sayso_core::action::{Command, Shell};
use sayso_core::{Action, Decision};

/// On one thread, so that nothing of it hangs on a second one being free.
#[tokio::test]
async fn a_large_ask_is_decided_about_its_exact_bytes_like_any_other() {
    let room = support::room().await;
    let script = format!("make deploy # {}", "x".repeat(1024 * 1024));
    let ask = room.ask(&script);
    let Action::Shell(Shell { command: Command::Script(asked), .. }) = &ask.action else { panic!() };
    assert_eq!(*asked, script);
    let digest = ask.action.digest().unwrap();
    let asking = room.asking(ask);
    let view = room.card().await;
    assert_eq!(view.card.exact.action, digest);
    assert!(view.card.exact.rest.contains("more bytes are not shown"));
    room.decide(&room.claims(&view, Decision::Denied)).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().decision, Some(Decision::Denied));
}

#[tokio::test]
async fn a_large_ask_whose_asker_leaves_at_once_waits_for_nobody() {
    let room = support::room().await;
    let asking = room.asking(room.ask(&format!("make deploy # {}", "x".repeat(1024 * 1024))));
    tokio::task::yield_now().await;
    asking.abort();
    assert!(asking.await.is_err());
    // Whatever was begun for it leaves the way free for the next one.
    let small = room.asking(room.ask("make deploy"));
    loop {
        if let Some(id) = room.broker.waiting_ids().first() {
            // Refused where the request ended in between.
            let _ = room.broker.deny_from_notification(*id).await;
        }
        if small.is_finished() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(small.await.unwrap().unwrap().decision, Some(Decision::Denied));
}
