//! A decision is about the bytes of the scripts that were read through.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sayso_core::{By, Decision};
use support::{Room, room};

/// A folder whose script deletes what cannot be had back, and the ask to run it.
async fn with_script() -> (Room, std::path::PathBuf, sayso_core::Ask) {
    let room = room().await;
    let script = room.folder.path().join("clean.sh");
    std::fs::write(&script, "rm -rf ./notes\n").unwrap();
    let ask = room.ask("sh clean.sh");
    (room, script, ask)
}

#[tokio::test]
async fn an_approval_of_a_script_that_changed_since_it_was_read_is_refused_and_ends_the_request() {
    let (room, script, ask) = with_script().await;
    let asking = room.asking(ask);
    let view = room.card().await;
    std::fs::write(&script, "rm -rf ~\n").unwrap();
    let refused = room.decide(&room.claims(&view, Decision::Approved)).await.unwrap_err();
    assert_eq!(refused.code, "script_changed");
    let told = asking.await.unwrap().unwrap();
    assert_eq!((told.decision, told.by), (Some(Decision::Denied), Some(By::Rule)));
    assert!(told.reason.unwrap().contains("clean.sh changed"));
}

#[tokio::test]
async fn an_approval_dies_when_the_script_changes_before_it_is_used() {
    let (room, script, ask) = with_script().await;
    let asking = room.asking(ask);
    let view = room.card().await;
    room.decide(&room.claims(&view, Decision::Approved)).await.unwrap();
    let receipt = asking.await.unwrap().unwrap().receipt.unwrap();
    std::fs::write(&script, "rm -rf ~\n").unwrap();
    assert_eq!(room.use_receipt(receipt.clone()).await.unwrap_err().code, "script_changed");
    std::fs::write(&script, "rm -rf ./notes\n").unwrap();
    room.use_receipt(receipt).await.unwrap();
}

#[tokio::test]
async fn a_denial_counts_whatever_became_of_the_script() {
    let (room, script, ask) = with_script().await;
    let asking = room.asking(ask);
    let view = room.card().await;
    std::fs::remove_file(&script).unwrap();
    room.decide(&room.claims(&view, Decision::Denied)).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().by, Some(By::Person));
}
