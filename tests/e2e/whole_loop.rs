//! From an agent's ask to a signed answer, as a person sees it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use sayso_tests::{Asking, Desktop, Driver, sayso, shop, wait_for};

/// Where the pictures of the README come from.
fn picture(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

#[tokio::test]
async fn a_deletion_is_shown_with_its_facts_and_approved_by_typing_its_name() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let mut asking = Asking::start(
        &desktop,
        &shop,
        &[
            "ask",
            "--json",
            "--agent",
            "Cursor",
            "--claim",
            "environment=staging",
            "--reason",
            "Free some disk space",
            "--",
            "rm",
            "-rf",
            "uploads",
        ],
    );
    window.wait_for_text("card-title", "uploads").await;
    window.wait_for_text("fact-environment", "production").await;
    window.wait_for_text("fact-environment", "staging").await;
    window.wait_for_text("fact-data", "24 files").await;
    window.wait_for_text("fact-backups", "None found").await;
    window.wait_for_text("outline-row", "uploads").await;
    assert!(asking.is_blocked());
    fs::write(picture("approval-light.png"), window.client.screenshot().await.unwrap()).unwrap();

    // Approve stays shut until the name is typed in full.
    window.type_into("typed", "upload").await;
    let approve = window.find("approve").await;
    assert!(
        approve.attr("disabled").await.unwrap().is_some()
            || approve.attr("aria-disabled").await.unwrap().as_deref() == Some("true")
    );
    window.type_into("typed", "s").await;
    window.click("approve").await;

    let (status, answer) = asking.end_json();
    assert_eq!(status, 0, "{answer}");
    assert_eq!(answer["decision"], "approved");
    let receipt = answer["receipt"].as_str().unwrap().to_owned();
    let verified = sayso(&desktop).args(["verify", &receipt]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let mut changed = receipt.into_bytes();
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    assert_eq!(sayso(&desktop).args(["verify", &changed]).output().unwrap().status.code(), Some(1));
    // It only asked: nothing was deleted.
    assert!(shop.join("uploads/invoice-001.pdf").exists());
    let log = sayso(&desktop).args(["log", "verify"]).output().unwrap();
    assert!(log.status.success(), "{}", String::from_utf8_lossy(&log.stdout));
}

#[tokio::test]
async fn a_file_edit_is_shown_as_a_diff_and_denied_with_a_reason_that_reaches_the_agent() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let action = serde_json::json!({
        "kind": "file_edit",
        "path": shop.join("server.js"),
        "change": { "content": "const port = 80;\nlisten(port);\n" },
    });
    let file = desktop.folder("asks").join("edit.json");
    fs::write(&file, action.to_string()).unwrap();
    let asking = Asking::start(&desktop, &shop, &["ask", "--json", "--action", file.to_str().unwrap()]);
    window.wait_for_text("diff", "const port = 8080;").await;
    window.wait_for_text("diff", "const port = 80;").await;
    window.click("deny-with-reason").await;
    window.type_into("deny-reason", "Port 80 is taken.").await;
    window.click("deny").await;
    let (status, answer) = asking.end_json();
    assert_eq!(status, 1, "{answer}");
    assert_eq!(
        (answer["decision"].as_str(), answer["reason"].as_str()),
        (Some("denied"), Some("Port 80 is taken."))
    );

    // And the history has it, with a receipt that verifies.
    window.click("nav-history").await;
    window.wait_for_text("history-row", "server.js").await;
    assert!(!window.find_all("history-verified").await.is_empty());
}

#[tokio::test]
async fn what_an_agent_writes_stays_text_and_what_hides_is_shown() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let asking = Asking::start(
        &desktop,
        &shop,
        &[
            "ask",
            "--json",
            "--claim",
            "note=<img src=x onerror=document.title='owned'>",
            "--",
            "rm",
            "invoice\u{202e}fdp.exe",
        ],
    );
    window.wait_for_text("card-title", "U+202E").await;
    window.click("tab-who").await;
    window.wait_for_text("who-claim", "<img src=x").await;
    assert_eq!(window.client.title().await.unwrap(), "Sayso");
    // Enter is not an approval, wherever it is pressed.
    window.client.execute("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))", vec![]).await.unwrap();
    window.click("deny").await;
    assert_eq!(asking.end_json().0, 1);
}

#[tokio::test]
async fn a_command_runs_only_after_its_approval_and_exactly_as_approved() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let mut running = Asking::start(&desktop, &shop, &["run", "--", "rm", "-rf", "uploads"]);
    window.wait_for_text("card-title", "uploads").await;
    assert!(running.is_blocked());
    assert!(shop.join("uploads").exists());
    window.type_into("typed", "uploads").await;
    window.click("approve").await;
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!shop.join("uploads").exists());

    let denied = Asking::start(&desktop, &shop, &["run", "--", "rm", "README.md"]);
    window.wait_for_text("card-title", "README.md").await;
    window.click("deny").await;
    assert_eq!(denied.end().status.code(), Some(126));
    assert!(shop.join("README.md").exists());
}

#[tokio::test]
async fn a_passphrase_once_set_is_asked_for_at_each_critical_decision() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    window.click("nav-settings").await;
    window.type_into("passphrase-next", "correct horse battery staple").await;
    window.type_into("passphrase-again", "correct horse battery staple").await;
    window.click("passphrase-save").await;
    wait_for("the passphrase's key", || {
        let keys = fs::read_to_string(desktop.home().join("data/keys.json")).ok()?;
        keys.contains("\"passphrase\"").then_some(())
    });
    window.click("back").await;
    let asking = Asking::start(&desktop, &shop, &["ask", "--json", "--", "rm", "-rf", "uploads"]);
    window.wait_for_text("card-title", "uploads").await;
    window.type_into("typed", "uploads").await;
    window.type_into("passphrase", "wrong horse battery staple").await;
    window.click("approve").await;
    window.find("fault").await;
    window.find("passphrase").await.clear().await.unwrap();
    window.type_into("passphrase", "correct horse battery staple").await;
    window.click("approve").await;
    let (status, answer) = asking.end_json();
    assert_eq!((status, answer["presence"].as_str()), (0, Some("passphrase")), "{answer}");

    // Forgotten: a new one takes its place without the old one, and the person is told.
    window.click("nav-settings").await;
    window.click("passphrase-forgotten").await;
    window.type_into("passphrase-next", "tolerable staple of batteries").await;
    window.type_into("passphrase-again", "tolerable staple of batteries").await;
    let told = desktop.notifications().len();
    window.click("passphrase-save").await;
    window.wait_for_text("passphrase-said", "is set").await;
    wait_for("the notification", || (desktop.notifications().len() > told).then_some(()));
    window.click("back").await;
    let asking = Asking::start(&desktop, &shop, &["ask", "--json", "--", "rm", "-rf", "uploads"]);
    window.wait_for_text("card-title", "uploads").await;
    window.type_into("typed", "uploads").await;
    window.type_into("passphrase", "correct horse battery staple").await;
    window.click("approve").await;
    window.find("fault").await;
    window.find("passphrase").await.clear().await.unwrap();
    window.type_into("passphrase", "tolerable staple of batteries").await;
    window.click("approve").await;
    assert_eq!(asking.end_json().0, 0);
}
