//! Each way in which a keychain fails, and that none of them makes a new key or an approval.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use sayso_tests::{App, Asking, Desktop, Driver, shop, wait_for};

#[tokio::test]
async fn without_a_keychain_a_screen_says_what_to_do_and_a_denial_still_goes_through() {
    let desktop = Desktop::without("keyring");
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let trouble = window.text("key-trouble").await;
    assert!(
        trouble.to_lowercase().contains("keychain") || trouble.to_lowercase().contains("keyring"),
        "{trouble}"
    );
    let asking =
        Asking::start(&desktop, &shop, &["ask", "--json", "--timeout", "3s", "--", "rm", "-rf", "uploads"]);
    let (code, answer) = asking.end_json();
    assert_ne!(code, 0, "{answer}");
}

#[tokio::test]
async fn a_vanished_key_is_never_replaced_in_silence() {
    let desktop = Desktop::start();
    let keys = desktop.home().join("data/keys.json");
    let app = App::hidden(&desktop);
    let before = wait_for("the enrolled key", || {
        fs::read_to_string(&keys).ok().filter(|keys| keys.contains("\"approver\""))
    });
    drop(app);
    desktop.output("secret-tool", &["clear", "service", "sayso"]);
    let window = Driver::start(&desktop).await;
    window.find("key-trouble").await;
    assert_eq!(fs::read_to_string(&keys).unwrap(), before);

    // Only a person has a new one made, in two steps; then it signs, and what the old one signed still verifies.
    window.click("renew-key").await;
    window.click("renew-key-yes").await;
    let shop = shop(&desktop);
    let asking = Asking::start(&desktop, &shop, &["ask", "--json", "--", "rm", "README.md"]);
    window.wait_for_text("card-title", "README.md").await;
    window.click("approve").await;
    assert_eq!(asking.end_json().0, 0);
    assert!(fs::read_to_string(&keys).unwrap().len() > before.len());
}
