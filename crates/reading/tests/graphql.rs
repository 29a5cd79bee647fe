//! What is known about GraphQL, as claims.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::action::Http;
use sayso_core::reading::{Severity, TargetKind, Verb};
use sayso_core::{Action, Reading};
use serde_json::{Value, json};

const RAILWAY: &str = "https://backboard.railway.com/graphql/v2";

fn send(url: &str, body: &str) -> Reading {
    sayso_reading::read(&Action::Http(Http {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Some(body.to_owned()),
    }))
}

fn document(query: &str, variables: &Value) -> Reading {
    send(RAILWAY, &json!({"query": query, "variables": variables}).to_string())
}

fn severity(query: &str) -> Severity {
    document(query, &Value::Null).severity
}

#[test]
fn a_mutation_is_known_by_its_field_and_names_its_target() {
    let read = document("mutation { volumeDelete(volumeId: \"vol-7\") }", &Value::Null);
    assert_eq!(read.sentence, "Delete the volume vol-7 on Railway, with everything on it");
    let effect = &read.effects[0];
    assert_eq!(
        (read.severity, effect.verb, effect.target.kind, effect.target.name.as_str()),
        (Severity::Critical, Verb::Delete, TargetKind::Volume, "vol-7")
    );
}

#[test]
fn no_disguise_of_a_mutation_hides_it() {
    for query in [
        "mutation Harmless { list: volumeDelete(volumeId: \"v\") }",
        "mutation { ...F } fragment F on Mutation { volumeDelete(volumeId: \"v\") }",
        "fragment A on Mutation { ...B } fragment B on Mutation { volumeDelete(volumeId: \"v\") } mutation { ...A }",
        "mutation { ... on Mutation { volumeDelete(volumeId: \"v\") } }",
        "mutation { ... @include(if: true) { volumeDelete(volumeId: \"v\") } }",
        "# query { me }\nmutation{volumeDelete(volumeId:\"v\")}",
        "query A { me { id } } mutation B { volumeDelete(volumeId: \"v\") }",
        "mutation { serviceCreate(input: {}) { id } volumeDelete(volumeId: \"v\") }",
        "\u{feff}mutation,,,{,volumeDelete,(volumeId:\"v\")}",
    ] {
        assert_eq!(severity(query), Severity::Critical, "{query}");
    }
    let batch = json!([{"query": "{ me { id } }"}, {"query": "mutation { volumeDelete(volumeId: \"v\") }"}]);
    assert_eq!(send(RAILWAY, &batch.to_string()).severity, Severity::Critical);
    assert_eq!(send("https://proxy.example.com/api", &batch.to_string()).severity, Severity::Critical);
}

#[test]
fn variables_and_their_defaults_are_what_the_field_gets() {
    let read = document("mutation D($id: String!) { volumeDelete(volumeId: $id) }", &json!({"id": "vol-9"}));
    assert_eq!(read.effects[0].target.name, "vol-9");
    let read = document("mutation D($id: String = \"vol-1\") { volumeDelete(volumeId: $id) }", &Value::Null);
    assert_eq!(read.effects[0].target.name, "vol-1");
    let github = json!({"query": "mutation($i: X!) { updateRepository(input: $i) { x } }", "variables": {"i": {"visibility": "PUBLIC"}}});
    assert!(send("https://api.github.com/graphql", &github.to_string()).severity >= Severity::High);
}

#[test]
fn only_the_operation_that_the_request_names_counts() {
    let query = "query A { me { id } } mutation B { volumeDelete(volumeId: \"v\") }";
    let named =
        |name: &str| send(RAILWAY, &json!({"query": query, "operationName": name}).to_string()).severity;
    assert_eq!(named("A"), Severity::None);
    assert_eq!(named("B"), Severity::Critical);
    assert_eq!(named("C"), Severity::Critical);
}

#[test]
fn queries_introspection_and_subscriptions_only_read() {
    for query in [
        "{ me { id } }",
        "query { volumeDelete: project(id: \"p\") { name } }",
        "query { __schema { mutationType { fields { name } } } }",
        "subscription { deploymentLogs(deploymentId: \"d\") { message } }",
    ] {
        assert_eq!(severity(query), Severity::None, "{query}");
    }
    assert!(severity("query { variables(projectId: \"p\") }") >= Severity::High);
}

#[test]
fn an_unknown_mutation_is_judged_by_its_words() {
    for (query, severity) in [
        ("mutation { createTodo(text: \"delete\") { id } }", Severity::Low),
        ("mutation { deleteWorkspace(id: 1) { id } }", Severity::Critical),
        ("mutation { frobnicate(id: 1) }", Severity::High),
    ] {
        let read = send("https://api.example.com/graphql", &json!({"query": query}).to_string());
        assert_eq!(read.severity, severity, "{query}");
    }
}

#[test]
fn a_document_that_only_the_server_has_or_that_does_not_parse_is_unread() {
    for body in [
        r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ab"}}}"#,
        r#"{"id":"42","variables":{}}"#,
        r#"{"query":"mutation { broken("}"#,
        r#"{"query":""}"#,
    ] {
        let read = send(RAILWAY, body);
        assert!(
            read.severity >= Severity::High || !read.unread.is_empty() || body.contains("\"\""),
            "{body}"
        );
    }
    let named = r#"{"operationName":"DeleteProject","extensions":{"persistedQuery":{"sha256Hash":"ab"}}}"#;
    assert_eq!(send(RAILWAY, named).severity, Severity::Critical);
}

#[test]
fn fragments_in_a_circle_and_deep_nesting_end() {
    assert!(
        severity("mutation { ...A } fragment A on M { ...B } fragment B on M { ...A }") <= Severity::High
    );
    let deep = format!("mutation {} x {}", "{ a ".repeat(500), "}".repeat(500));
    assert!(severity(&deep) >= Severity::High);
    let wide = format!("mutation {{ {} }}", "volumeDelete(volumeId: \"v\") ".repeat(3000));
    assert_eq!(severity(&wide), Severity::Critical);
}

proptest! {
    #[test]
    fn any_document_is_read_without_a_panic(query in "[mutationquery{}()\\[\\]:,$@!.\"#| a-c\\n]{0,120}") {
        severity(&query);
        severity(&format!("mutation {{ {query} }}"));
    }
}
