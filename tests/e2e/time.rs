//! Limits, restarts and callers that go away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use sayso_tests::{App, Asking, Desktop, Driver, shop, status, wait_for};

#[test]
fn at_the_limit_it_is_denied_by_timeout() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let _app = App::hidden(&desktop);
    let asking =
        Asking::start(&desktop, &shop, &["ask", "--json", "--timeout", "2s", "--", "rm", "-rf", "uploads"]);
    let (code, answer) = asking.end_json();
    assert_eq!(code, 3, "{answer}");
    assert_eq!((answer["decision"].as_str(), answer["by"].as_str()), (Some("denied"), Some("timeout")));
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing_and_the_asker_gets_its_answer() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let app = App::hidden(&desktop);
    let mut asking = Asking::start_and_leave_starting_to_the_test(
        &desktop,
        &shop,
        &["ask", "--json", "--", "rm", "-rf", "uploads"],
    );
    wait_for("the request", || (status(&desktop)?["waiting"] == 1).then_some(()));
    app.kill();
    let window = Driver::start(&desktop).await;
    window.wait_for_text("card-title", "uploads").await;
    assert!(asking.is_blocked());
    window.type_into("typed", "uploads").await;
    window.click("approve").await;
    let (code, answer) = asking.end_json();
    assert_eq!(code, 0, "{answer}");
}

#[tokio::test]
async fn a_caller_that_is_gone_is_withdrawn_and_its_card_says_so() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let asking = Asking::start(&desktop, &shop, &["ask", "--", "rm", "-rf", "uploads"]);
    window.wait_for_text("card-title", "uploads").await;
    asking.kill();
    window.wait_for_text("ended", "Withdrawn").await;
    assert_eq!(status(&desktop).unwrap()["waiting"], 0);
}

#[test]
fn an_asker_that_is_interrupted_takes_its_request_back() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let _app = App::hidden(&desktop);
    let asking = Asking::start(&desktop, &shop, &["ask", "--", "rm", "-rf", "uploads"]);
    wait_for("the request", || (status(&desktop)?["waiting"] == 1).then_some(()));
    desktop.output("kill", &["-INT", &asking.pid().to_string()]);
    assert_eq!(asking.end().status.code(), Some(4));
    wait_for("the withdrawal", || (status(&desktop)?["waiting"] == 0).then_some(()));
}
