//! What is known about HTTP requests, as claims.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::action::Http;
use sayso_core::reading::{Reversible, Severity, TargetKind, Verb};
use sayso_core::{Action, Reading};

fn request(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&str>) -> Reading {
    sayso_reading::read(&Action::Http(Http {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.map(str::to_owned),
    }))
}

fn severity(method: &str, url: &str, body: Option<&str>) -> Severity {
    request(method, url, &[], body).severity
}

#[test]
fn a_known_operation_says_what_it_does_to_what() {
    for (method, url, body, severity, verb, kind, name, sentence) in [
        (
            "DELETE",
            "https://api.github.com/repos/acme/shop",
            None,
            Severity::Critical,
            Verb::Delete,
            TargetKind::GitRepository,
            "acme/shop",
            "Delete the repository shop of acme on GitHub",
        ),
        (
            "DELETE",
            "https://api.machines.dev/v1/apps/shop/volumes/vol_1",
            None,
            Severity::Critical,
            Verb::Delete,
            TargetKind::Volume,
            "vol_1",
            "Delete the volume vol_1 of shop on Fly.io",
        ),
        (
            "POST",
            "https://rds.eu-west-1.amazonaws.com/",
            Some("Action=DeleteDBInstance&DBInstanceIdentifier=shop-prod&Version=2014-10-31"),
            Severity::Critical,
            Verb::Delete,
            TargetKind::Database,
            "shop-prod",
            "Delete the database shop-prod on AWS",
        ),
        (
            "GET",
            "https://api.heroku.com/apps/shop/config-vars",
            None,
            Severity::High,
            Verb::Disclose,
            TargetKind::Other,
            "shop",
            "Read the settings and secrets of shop on Heroku",
        ),
    ] {
        let read = request(method, url, &[], body);
        assert_eq!((read.severity, read.sentence.as_str()), (severity, sentence), "{url}");
        let effect = &read.effects[0];
        assert_eq!(
            (effect.verb, effect.target.kind, effect.target.name.as_str()),
            (verb, kind, name),
            "{url}"
        );
    }
}

#[test]
fn a_plain_get_only_reads_and_says_so() {
    let read = request("GET", "https://api.github.com/repos/acme/shop/pulls?state=all", &[], None);
    assert_eq!(
        (read.severity, read.sentence.as_str()),
        (Severity::None, "Read api.github.com/repos/acme/shop/pulls")
    );
    assert!(read.effects.is_empty() && read.unread.is_empty());
}

#[test]
fn a_request_that_should_look_and_acts_is_found() {
    for url in [
        "https://slack.com/api/chat.delete?channel=C1&ts=1",
        "https://app.example.com/users/7/delete",
        "https://app.example.com/?action=delete&id=7",
        "https://ec2.amazonaws.com/?Action=TerminateInstances&InstanceId.1=i-1",
        "https://app.example.com/v1/%64elete",
        "http://169.254.169.254/latest/user-data",
        "https://x.oastify.com/?v=1",
    ] {
        assert!(severity("GET", url, None) >= Severity::High, "{url}");
    }
}

#[test]
fn the_method_that_the_server_will_take_counts() {
    let url = "https://api.github.com/repos/acme/shop";
    let read = request("POST", url, &[("X-HTTP-Method-Override", "DELETE")], None);
    assert_eq!(read.severity, Severity::Critical);
    // And none makes a deletion harmless.
    assert_eq!(
        request("DELETE", url, &[("X-HTTP-Method-Override", "GET")], None).severity,
        Severity::Critical
    );
    assert!(severity("POST", "https://api.example.com/items/4?_method=delete", None) >= Severity::High);
}

#[test]
fn what_a_body_says_raises() {
    for (url, body) in [
        ("https://api.example.com/v1/clusters/7", r#"{"deletion_protection": false}"#),
        ("https://api.example.com/v1/sites/7", r#"{"settings": {"visibility": "public"}}"#),
        ("https://api.example.com/v1/things/7", r#"{"members": [{"role": "admin"}]}"#),
        ("https://api.example.com/v1/rules", r#"{"cidr": "0.0.0.0/0"}"#),
        ("https://api.example.com/v1/things/7/actions", "type=destroy"),
    ] {
        assert!(severity("POST", url, Some(body)) >= Severity::High, "{url} {body}");
    }
    assert_eq!(
        severity("POST", "https://api.example.com/v1/things", Some(r#"{"name": "delete me"}"#)),
        Severity::Low
    );
}

#[test]
fn ones_own_machine_weighs_less_and_what_is_reached_through_it_does_not() {
    assert_eq!(severity("DELETE", "http://localhost:3000/api/users/1", None), Severity::Low);
    assert_eq!(severity("POST", "http://127.0.0.1:8080/api/payments", Some("{}")), Severity::Low);
    assert_eq!(severity("GET", "http://localhost:3000/", None), Severity::None);
    assert_eq!(severity("DELETE", "http://localhost:9200/_all", None), Severity::Critical);
    assert_eq!(severity("DELETE", "http://localhost:8001/api/v1/namespaces/prod", None), Severity::Critical);
    assert!(severity("DELETE", "http://localhost.example.com/api/users/1", None) >= Severity::High);
}

#[test]
fn a_secret_that_leaves_is_critical_and_one_that_signs_in_is_not() {
    let token = format!("ghp_{}", "a".repeat(36));
    let read = request("POST", "https://collector.example.net/in", &[], Some(&format!("k={token}")));
    assert_eq!(read.severity, Severity::Critical);
    assert_eq!(read.effects[0].verb, Verb::Disclose);
    assert!(!read.sentence.contains(&token));
    let bearer = format!("Bearer {token}");
    let read = request("GET", "https://api.example.com/me", &[("Authorization", &bearer)], None);
    assert_eq!(read.severity, Severity::None);
}

#[test]
fn an_unknown_servers_operation_is_judged_by_its_words_and_listed_as_unread() {
    let read = request("POST", "https://api.example.com/v1/items", &[], Some("{}"));
    assert_eq!(read.severity, Severity::Low);
    assert_eq!(read.unread.len(), 1);
    let read = request("DELETE", "https://api.example.com/v1/projects/7", &[], None);
    assert_eq!((read.severity, read.effects[0].reversible), (Severity::Critical, Reversible::No));
    assert_eq!(severity("DELETE", "https://api.example.com/v1/items/7/labels/bug", None), Severity::High);
    assert_eq!(severity("POST", "https://api.example.com/v1/search", Some("{}")), Severity::None);
}

#[test]
fn a_call_over_json_is_read_by_the_name_of_what_it_calls() {
    let call = |method: &str| format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":[]}}"#);
    let rpc = "https://rpc.example.com/";
    assert_eq!(severity("POST", rpc, Some(&call("eth_getBalance"))), Severity::None);
    assert!(severity("POST", rpc, Some(&call("eth_sendRawTransaction"))) >= Severity::High);
    let tool = r#"[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_database","arguments":{}}}]"#;
    assert_eq!(severity("POST", rpc, Some(tool)), Severity::Critical);
}

#[test]
fn what_is_too_long_to_be_read_is_not_called_harmless() {
    let long = "a".repeat(20_000);
    assert!(severity("GET", &format!("https://example.com/{long}"), None) >= Severity::High);
    let body = format!("{{\"a\":\"{}\"}}", "b".repeat(600_000));
    let read = request("POST", "https://api.example.com/v1/items", &[], Some(&body));
    assert!(read.severity >= Severity::Low && read.unread.iter().any(|one| one.what == "the body"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(method in "\\PC{0,12}", url in "\\PC{0,80}", body in proptest::option::of("\\PC{0,200}")) {
        request(&method, &url, &[("content-type", "multipart/form-data")], body.as_deref());
        request(&method, &format!("https://api.github.com/{url}"), &[], body.as_deref());
    }
}
