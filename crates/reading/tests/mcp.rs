//! What is known about calls of MCP tools, as claims.
#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use sayso_core::reading::{Severity, Verb};
use sayso_core::{Action, Reading, strict};
use serde_json::{Value, json};

fn call(server: &str, tool: &str, arguments: &Value) -> Reading {
    with(&json!({"kind":"mcp","server":server,"tool":tool,"arguments":arguments}))
}

fn with(action: &Value) -> Reading {
    let action: Action = strict::parse(action.to_string().as_bytes()).unwrap();
    sayso_reading::read(&action)
}

#[test]
fn a_known_tool_says_what_it_does() {
    let read = call("github", "merge_pull_request", &json!({"owner":"acme","repo":"shop","pullNumber":7}));
    assert_eq!(
        (read.severity, read.sentence.as_str()),
        (Severity::High, "Merge the pull request 7 of shop on GitHub")
    );
    let read = call("my-supabase", "reset_branch", &json!({"branch_id":"b"}));
    assert_eq!(read.severity, Severity::Critical);
}

#[test]
fn a_tool_that_looks_only_reads_and_an_unknown_one_asks() {
    for (server, tool) in
        [("x", "list_things"), ("github", "get_file_contents"), ("notion", "API-post-search")]
    {
        assert_eq!(call(server, tool, &json!({})).severity, Severity::None, "{tool}");
    }
    for tool in ["frobnicate", "do_it", "", "工具"] {
        let read = call("x", tool, &json!({}));
        assert!(read.severity >= Severity::High && !read.unread.is_empty(), "{tool}");
    }
    let read = call("x", "mcp__github__delete_file", &json!({"path":"a"}));
    assert_eq!((read.severity, read.effects[0].verb), (Severity::High, Verb::Delete));
}

#[test]
fn arguments_that_are_commands_statements_requests_and_paths_are_read_as_those() {
    for (tool, arguments, asks) in [
        ("execute_command", json!({"command":"cargo test"}), false),
        ("execute_command", json!({"command":"rm -rf ~"}), true),
        ("run_process", json!({"command":"rm","args":["-rf","/"]}), true),
        ("query", json!({"sql":"select 1"}), false),
        ("query", json!({"sql":"select 1; drop table users"}), true),
        ("query_graphql", json!({"query":"{ me { id } }"}), false),
        ("query_graphql", json!({"query":"mutation { projectDelete(id: \"1\") }"}), true),
        ("http_request", json!({"method":"GET","url":"https://example.com/"}), false),
        ("http_request", json!({"method":"DELETE","url":"https://api.github.com/repos/acme/shop"}), true),
        ("fetch", json!({"url":"http://169.254.169.254/latest/meta-data/iam/security-credentials/x"}), true),
        ("read_file", json!({"path":"/p/src/main.rs"}), false),
        ("read_file", json!({"path":"/home/a/.ssh/id_rsa"}), true),
        ("read_many", json!({"paths":["a","/home/a/.aws/credentials"]}), true),
        ("write_file", json!({"path":"/p/src/a.rs","content":"fn a() {}"}), false),
        ("write_file", json!({"path":"/p/AGENTS.md","content":"x"}), true),
        ("write_file", json!({"path":"/etc/cron.d/x","content":"x"}), true),
    ] {
        let read = call("server-sqlite", tool, &arguments);
        assert_eq!(read.severity >= Severity::High, asks, "{tool} {arguments} {}", read.sentence);
    }
}

#[test]
fn a_servers_word_on_its_own_tool_raises_and_never_lowers() {
    let hinted = |tool: &str, hints: Value| {
        with(&json!({"kind":"mcp","server":"x","tool":tool,"arguments":{},"annotations":hints})).severity
    };
    assert_eq!(hinted("create_note", json!({})), Severity::Low);
    assert_eq!(hinted("create_note", json!({"destructiveHint":true})), Severity::High);
    assert_eq!(hinted("delete_database", json!({"readOnlyHint":true})), Severity::Critical);
    assert!(hinted("frobnicate", json!({"readOnlyHint":true,"destructiveHint":false})) >= Severity::High);
}

#[test]
fn arguments_that_open_or_publish_raise() {
    assert!(call("x", "update_repo", &json!({"private":false})).severity >= Severity::High);
    assert!(call("x", "create_share", &json!({"role":"owner"})).severity >= Severity::High);
    assert_eq!(call("x", "update_issue", &json!({"title":"private: false"})).severity, Severity::Low);
}

proptest! {
    #[test]
    fn any_call_is_read_without_a_panic(server in "\\PC{0,20}", tool in "\\PC{0,40}", key in "[a-z_]{1,10}", text in "\\PC{0,80}") {
        call(&server, &tool, &json!({key: text, "command": text, "sql": text, "url": text, "path": text}));
    }
}
