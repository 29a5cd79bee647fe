//! What a restart keeps and what it never does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sayso_core::{By, Decision};
use sayso_wire::desk::Desk as _;
use sayso_wire::protocol::Wait;
use support::{Room, caller, open, room};

/// The same folder and clock, a new broker.
async fn restarted(room: Room, boot: &str) -> Room {
    let Room { folder, broker, desk, clock, .. } = room;
    drop((broker, desk));
    open(folder, clock, "", boot).await
}

#[tokio::test]
async fn a_waiting_request_survives_with_its_deadline_and_is_taken_up_by_its_id() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let nonce = ask.nonce.clone();
    let asking = room.asking(ask);
    let before = room.card().await;
    room.pass(100_000);
    asking.abort();
    let room = restarted(room, "boot-1").await;
    let after = room.card().await;
    assert_eq!(after.card.id, before.card.id);
    assert_eq!(after.remaining_ms, 200_000);
    let desk = room.desk.clone();
    let waiting = tokio::spawn(async move {
        let (progress, _listener) = tokio::sync::mpsc::channel(4);
        desk.wait(caller(), Wait { id: Some(before.card.id), nonce }, progress).await
    });
    room.decide(&room.claims(&after, Decision::Approved)).await.unwrap();
    let told = waiting.await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Approved), Some(By::Person)));
}

#[tokio::test]
async fn a_deadline_that_passed_while_nobody_ran_is_silence() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let asking = room.asking(ask.clone());
    room.card().await;
    asking.abort();
    room.pass(300_000);
    let room = restarted(room, "boot-1").await;
    let told = room.asking(ask).await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Timeout)));
}

#[tokio::test]
async fn a_request_of_an_earlier_boot_is_silence_too() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let asking = room.asking(ask.clone());
    room.card().await;
    asking.abort();
    let room = restarted(room, "boot-2").await;
    let told = room.asking(ask).await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Timeout)));
}

#[tokio::test]
async fn an_approval_is_used_once_across_restarts_and_not_after_it_lapsed() {
    let room = room().await;
    let first = room.asking(room.ask("ls")).await.unwrap().unwrap().receipt.unwrap();
    let second = room.asking(room.ask("ls")).await.unwrap().unwrap().receipt.unwrap();
    let room = restarted(room, "boot-1").await;
    room.use_receipt(first.clone()).await.unwrap();
    let room = restarted(room, "boot-1").await;
    assert_eq!(room.use_receipt(first).await.unwrap_err().code, "already_used");
    // The wall stands still, as after somebody set it back: the clock since boot counts all the same.
    room.clock.tick.fetch_add(300_000, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(room.use_receipt(second).await.unwrap_err().code, "lapsed");
}

#[tokio::test]
async fn stopped_stays_stopped() {
    let room = room().await;
    room.broker.set_stopped(true).await.unwrap();
    let room = restarted(room, "boot-1").await;
    assert!(room.broker.is_stopped());
    assert_eq!(room.asking(room.ask("ls")).await.unwrap().unwrap().decision, Some(Decision::Denied));
}

#[tokio::test]
async fn a_stop_that_was_cut_off_before_its_denials_denies_at_the_next_start() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let asking = room.asking(ask.clone());
    room.card().await;
    asking.abort();
    let Room { folder, broker, desk, clock, .. } = room;
    drop((broker, desk));
    let data = folder.path().join("data");
    let machine = std::sync::Arc::new(sayso_keys::MachineKey::open_or_create(&data).unwrap());
    let ledger = sayso_broker::open_ledger(&data, &machine).await.unwrap();
    let what = sayso_core::record::What::Stopped(sayso_core::record::Stopped { stopped: true });
    let at = sayso_broker::clock::Clock::now(&*clock).wall;
    ledger.commit(vec![sayso_core::record::Entry { at, what }]).await.unwrap();
    ledger.close().await;
    let room = open(folder, clock, "", "boot-1").await;
    assert_eq!(room.broker.waiting(), 0);
    let told = room.asking(ask).await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Rule)));
}
