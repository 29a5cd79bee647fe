//! Who can make a decision count, and when.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use ed25519_dalek::SigningKey;
use sayso_core::life::Stage;
use sayso_core::seat::Call;
use sayso_core::{Ask, By, Decision, Digest, Presence, RequestId};
use sayso_wire::desk::Desk as _;
use sayso_wire::protocol::{LogPage, Wait, Withdraw};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use support::{Room, caller, caller_of, room, room_with, sign_with};

#[tokio::test]
async fn a_plain_read_passes_at_once_with_the_machines_receipt() {
    let room = room().await;
    let told = room.asking(room.ask("ls -l")).await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Approved), Some(By::Rule)));
    let verified = told.receipt.unwrap().verify(&room.broker.trusted()).unwrap();
    assert_eq!(verified.claims().presence, Presence::None);
}

/// How a request stands in the record, and how many leaves there are.
async fn recorded(room: &Room, id: RequestId) -> (Stage, u64) {
    let all = LogPage { search: String::new(), before: None };
    let page = room.desk.log_page(caller(), all).await.unwrap();
    let found = room.desk.log_verify(caller()).await.unwrap();
    assert_eq!(found.fault, None);
    (page.rows.iter().find(|row| row.id == id).unwrap().stage, found.leaves)
}

#[tokio::test]
async fn what_a_rule_allows_is_used_in_the_commit_that_allows_it_where_that_was_asked() {
    let room = room().await;
    let ask = Ask { use_at_once: true, ..room.ask("ls -l") };
    let told = room.asking(ask).await.unwrap().unwrap();
    assert_eq!((told.decision, told.by, told.used), (Some(Decision::Approved), Some(By::Rule), true));
    // One leaf: there is no moment at which a crash would leave the one without the other.
    assert_eq!(recorded(&room, told.id).await, (Stage::Used, 1));
    let receipt = told.receipt.unwrap();
    receipt.clone().verify(&room.broker.trusted()).unwrap();
    assert_eq!(room.use_receipt(receipt).await.unwrap_err().code, "already_used");
}

#[tokio::test]
async fn an_asker_that_does_not_say_so_uses_its_approval_itself() {
    let room = room().await;
    let told = room.asking(room.ask("ls -l")).await.unwrap().unwrap();
    assert!(!told.used);
    assert_eq!(recorded(&room, told.id).await, (Stage::Approved, 1));
    let receipt = told.receipt.unwrap();
    room.use_receipt(receipt.clone()).await.unwrap();
    assert_eq!(recorded(&room, told.id).await, (Stage::Used, 2));
    assert_eq!(room.use_receipt(receipt).await.unwrap_err().code, "already_used");
}

#[tokio::test]
async fn what_a_person_approves_is_never_used_at_once() {
    let room = room().await;
    let asking = room.asking(Ask { use_at_once: true, ..room.ask("make deploy") });
    let view = room.card().await;
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.by, told.used), (Some(By::Person), false));
    assert_eq!(recorded(&room, told.id).await.0, Stage::Approved);
    let receipt = told.receipt.unwrap();
    room.use_receipt(receipt.clone()).await.unwrap();
    assert_eq!(room.use_receipt(receipt).await.unwrap_err().code, "already_used");
}

#[tokio::test]
async fn a_use_at_once_is_told_once_also_where_the_ask_comes_again() {
    let room = room().await;
    let ask = Ask { use_at_once: true, ..room.ask("ls -l") };
    let both = [room.asking(ask.clone()), room.asking(ask.clone())];
    let mut used = 0;
    for asking in both {
        used += u32::from(asking.await.unwrap().unwrap().used);
    }
    assert_eq!(used, 1);
    let again = room.asking(ask.clone()).await.unwrap().unwrap();
    assert_eq!((again.decision, again.used), (Some(Decision::Approved), false));
    let (progress, _listener) = tokio::sync::mpsc::channel(4);
    let wait = Wait { id: None, nonce: ask.nonce };
    let taken_up = room.desk.wait(caller(), wait, progress).await.unwrap();
    assert!(!taken_up.used);
    assert_eq!(room.use_receipt(taken_up.receipt.unwrap()).await.unwrap_err().code, "already_used");
}

#[tokio::test]
async fn nothing_is_used_at_once_that_a_rule_denies_or_while_all_agents_are_stopped() {
    let room = room().await;
    room.broker.set_stopped(true).await.unwrap();
    let ask = Ask { use_at_once: true, ..room.ask("ls -l") };
    let told = room.asking(ask).await.unwrap().unwrap();
    assert_eq!((told.decision, told.used), (Some(Decision::Denied), false));
    assert_eq!(recorded(&room, told.id).await.0, Stage::Denied);
}

#[tokio::test]
async fn a_rules_yes_that_is_still_being_recorded_when_a_stop_comes_is_not_told() {
    let room = room().await;
    let ledger = SqliteConnectOptions::new().filename(room.folder.path().join("data/ledger.db"));
    let mut other = ledger.connect().await.unwrap();
    // The record is held from outside, so that the yes stands between its decision and its telling.
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let asking = room.asking(Ask { use_at_once: true, ..room.ask("ls -l") });
    // One thread: after these turns the ask has gone as far as it can.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    let broker = std::sync::Arc::clone(&room.broker);
    let stopping = tokio::spawn(async move { broker.set_stopped(true).await });
    while !room.broker.is_stopped() {
        tokio::task::yield_now().await;
    }
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap_err().code, "stopped");
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_persons_signature_approves_what_waits_and_the_receipt_is_used_once() {
    let room = room().await;
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Approved), Some(By::Person)));
    let receipt = told.receipt.unwrap();
    room.use_receipt(receipt.clone()).await.unwrap();
    assert_eq!(room.use_receipt(receipt).await.unwrap_err().code, "already_used");
}

#[tokio::test]
async fn a_denial_carries_its_reason_to_the_asker() {
    let room = room().await;
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    let mut claims = room.claims(&view, Decision::Denied);
    claims.presence = Presence::Click;
    claims.reason = Some("Not on a Friday.".to_owned());
    room.decide(&claims).await.unwrap();
    let told = asking.await.unwrap().unwrap();
    assert_eq!(told.decision, Some(Decision::Denied));
    assert_eq!(told.reason.as_deref(), Some("Not on a Friday."));
}

#[tokio::test]
async fn no_decision_counts_but_one_signed_by_an_enrolled_person_about_the_card_as_it_is() {
    let room = room().await;
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    let right = room.claims(&view, Decision::Approved);
    let refused = |claims: sayso_core::ReceiptClaims| {
        let receipt = room.sign(&claims);
        let broker = room.broker.clone();
        async move { broker.call(Call::Decide { receipt }).await.unwrap_err().code }
    };

    let stranger = sign_with(&SigningKey::from_bytes(&[8; 32]), &right);
    let fault = room.broker.call(Call::Decide { receipt: stranger }).await.unwrap_err();
    assert_eq!(fault.code, "receipt_unknown_key");

    let mut other_action = right.clone();
    other_action.action = Digest::of_bytes(b"another");
    assert_eq!(refused(other_action).await, "receipt_mismatch");

    let mut other_card = right.clone();
    other_card.shown = Some(Digest::of_bytes(b"another card"));
    assert_eq!(refused(other_card).await, "refused");

    let mut unshown = right.clone();
    unshown.shown = None;
    assert_eq!(refused(unshown).await, "refused");

    let mut by_rule = right.clone();
    (by_rule.by, by_rule.presence) = (By::Rule, Presence::None);
    assert_eq!(refused(by_rule).await, "receipt_wrong_role");

    let mut with_passphrase = right.clone();
    with_passphrase.presence = Presence::Passphrase;
    assert_eq!(refused(with_passphrase).await, "receipt_wrong_role");

    let mut for_long = right.clone();
    for_long.exp += 3600;
    assert_eq!(refused(for_long).await, "receipt_not_in_force");

    let mut of_yesterday = right.clone();
    of_yesterday.iat -= 86_400;
    assert_eq!(refused(of_yesterday).await, "receipt_not_in_force");

    assert!(!asking.is_finished(), "none of these may decide anything");
    room.decide(&right).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().decision, Some(Decision::Approved));
}

#[tokio::test]
async fn a_click_does_not_approve_what_takes_typing() {
    let room =
        room_with("[rules]\nprofile = \"strict\"\n[approve]\nhigh = \"typed\"\nlow = \"typed\"\n").await;
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    assert_eq!(view.card.presence, Presence::Typed);
    let mut claims = room.claims(&view, Decision::Approved);
    claims.presence = Presence::Click;
    assert_eq!(room.decide(&claims).await.unwrap_err().code, "refused");
    assert!(!asking.is_finished());
}

#[tokio::test]
async fn silence_is_a_denial_signed_as_silence_whatever_the_wall_clock_does() {
    let room = room().await;
    let asking = room.asking(room.ask("make deploy"));
    room.card().await;
    // A day forward and back on the wall changes nothing.
    room.clock.wall.fetch_add(86_400_000, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    room.clock.wall.fetch_sub(2 * 86_400_000, std::sync::atomic::Ordering::SeqCst);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!asking.is_finished());
    room.pass(300_000);
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Timeout)));
}

#[tokio::test]
async fn an_approval_that_comes_after_the_deadline_approves_nothing() {
    let room = room().await;
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    let claims = room.claims(&view, Decision::Approved);
    room.clock.tick.fetch_add(300_000, std::sync::atomic::Ordering::SeqCst);
    assert!(room.decide(&claims).await.is_err());
    assert_eq!(asking.await.unwrap().unwrap().by, Some(By::Timeout));
}

#[tokio::test]
async fn stop_denies_what_waits_what_comes_and_what_was_approved_but_not_used() {
    let room = room().await;
    let asking = room.asking(room.ask("make approved"));
    let view = room.card().await;
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    let approved = asking.await.unwrap().unwrap().receipt.unwrap();

    let waiting = room.asking(room.ask("make deploy"));
    room.card().await;
    room.broker.set_stopped(true).await.unwrap();
    let told = waiting.await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Rule)));
    let new = room.asking(room.ask("ls")).await.unwrap().unwrap();
    assert_eq!(new.decision, Some(Decision::Denied));
    assert_eq!(room.use_receipt(approved.clone()).await.unwrap_err().code, "stopped");

    room.broker.set_stopped(false).await.unwrap();
    let new = room.asking(room.ask("ls")).await.unwrap().unwrap();
    assert_eq!(new.decision, Some(Decision::Approved));
    room.use_receipt(approved).await.unwrap();
}

#[tokio::test]
async fn an_ask_sent_twice_is_one_request_and_a_nonce_is_not_for_two() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let first = room.asking(ask.clone());
    let view = room.card().await;
    let again = room.asking(ask.clone());
    let mut other = room.ask("make other");
    other.nonce = ask.nonce.clone();
    let refused = room.asking(other).await.unwrap().unwrap_err();
    assert_eq!(refused.code, "nonce_reused");
    room.decide(&room.claims(&view, Decision::Denied)).await.unwrap();
    let (first, again) = (first.await.unwrap().unwrap(), again.await.unwrap().unwrap());
    assert_eq!(first, again);
    // And after its end the same answer, from the ledger.
    assert_eq!(room.asking(ask).await.unwrap().unwrap(), first);
}

#[tokio::test]
async fn a_request_is_taken_up_and_withdrawn_only_by_who_knows_its_nonce_and_is_its_user() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let nonce = ask.nonce.clone();
    let asking = room.asking(ask);
    let id = room.card().await.card.id;
    let (progress, _listener) = tokio::sync::mpsc::channel(4);
    let other = room.ask("x").nonce;
    let wait = |nonce: &sayso_core::Nonce| Wait { id: Some(id), nonce: nonce.clone() };
    let strange = room.desk.wait(caller(), wait(&other), progress.clone()).await.unwrap_err();
    assert_eq!(strange.code, "unknown_request");
    let strange = room.desk.wait(caller_of(1001), wait(&nonce), progress).await.unwrap_err();
    assert_eq!(strange.code, "unknown_request");
    let strange = room.desk.withdraw(caller(), Withdraw { id, nonce: other }).await.unwrap_err();
    assert_eq!(strange.code, "unknown_request");
    room.desk.withdraw(caller(), Withdraw { id, nonce }).await.unwrap();
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.decision, told.receipt), (None, None));
}

#[tokio::test]
async fn a_caller_whose_process_is_gone_is_withdrawn_and_its_card_says_so() {
    let room = room().await;
    let gone = caller();
    let process_gone = gone.process_gone.clone();
    let desk = room.desk.clone();
    let ask = room.ask("make deploy");
    let asking = tokio::spawn(async move {
        let (progress, _listener) = tokio::sync::mpsc::channel(4);
        desk.request(gone, ask, progress).await
    });
    let id = room.card().await.card.id;
    process_gone.store(true, std::sync::atomic::Ordering::SeqCst);
    asking.abort();
    loop {
        // Between the queue and the ended ones, while the end is committed, it is in neither.
        if let Some(view) = room.broker.card_view(id)
            && view.stage == sayso_core::life::Stage::Withdrawn
        {
            assert!(view.ended.contains("process ended"), "{}", view.ended);
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_withdrawal_is_carried_out_also_where_its_caller_leaves_at_once() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let nonce = ask.nonce.clone();
    let asking = room.asking(ask);
    let id = room.card().await.card.id;
    tokio::select! {
        biased;
        _ = room.desk.withdraw(caller(), Withdraw { id, nonce }) => {}
        () = std::future::ready(()) => {}
    }
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.decision, told.receipt), (None, None));
}

#[tokio::test]
async fn the_same_ask_twice_at_once_is_one_request() {
    let room = room().await;
    let ask = room.ask("make deploy");
    let (first, again) = (room.asking(ask.clone()), room.asking(ask));
    let view = room.card().await;
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    let (first, again) = (first.await.unwrap().unwrap(), again.await.unwrap().unwrap());
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_receipt_of_one_second_is_in_force_for_one_second_whenever_it_is_made() {
    let room = room_with("[rules]\nprofile = \"strict\"\n[limits]\nreceipt = \"1s\"\n").await;
    let at = room.clock.wall.load(std::sync::atomic::Ordering::SeqCst);
    room.clock.wall.store(at - at.rem_euclid(1000) + 999, std::sync::atomic::Ordering::SeqCst);
    let told = room.asking(room.ask("ls")).await.unwrap().unwrap();
    let receipt = told.receipt.unwrap();
    let verified = receipt.clone().verify(&room.broker.trusted()).unwrap();
    assert_eq!(verified.claims().exp - verified.claims().iat, 2);
    room.pass(900);
    room.use_receipt(receipt).await.unwrap();
}
