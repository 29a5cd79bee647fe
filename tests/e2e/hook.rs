//! Claude Code's hook, as Claude Code calls it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};

use sayso_tests::{App, Desktop, Driver, sayso, shop};

fn hook(desktop: &Desktop, folder: &Path, tool: &str, input: &serde_json::Value) -> Child {
    let call = serde_json::json!({
        "session_id": "4f1d", "transcript_path": "/tmp/t.jsonl", "cwd": folder, "prompt_id": "p1",
        "permission_mode": "default", "hook_event_name": "PreToolUse",
        "tool_name": tool, "tool_input": input, "tool_use_id": "toolu_01",
    });
    let mut child = sayso(desktop)
        .args(["hook", "claude-code"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(call.to_string().as_bytes()).unwrap();
    child
}

fn answer(child: Child) -> (String, String) {
    let output = child.wait_with_output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = &json["hookSpecificOutput"];
    assert_eq!(said["hookEventName"], "PreToolUse");
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    (text("permissionDecision"), text("permissionDecisionReason"))
}

#[test]
fn a_plain_read_is_allowed_at_once() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let _app = App::hidden(&desktop);
    let child =
        hook(&desktop, &shop, "Bash", &serde_json::json!({ "command": "git status", "description": "Look" }));
    assert_eq!(answer(child).0, "allow");
}

#[test]
fn under_guard_everyday_work_is_allowed_at_once_and_stands_in_the_record() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    std::fs::write(desktop.home().join("sayso.toml"), "[rules]\nprofile = \"guard\"\n").unwrap();
    let _app = App::hidden(&desktop);
    let edit = serde_json::json!({
        "file_path": shop.join("server.js"), "old_string": "8080", "new_string": "8081",
    });
    assert_eq!(answer(hook(&desktop, &shop, "Edit", &edit)).0, "allow");
    let build = serde_json::json!({ "command": "mkdir -p build && cp server.js build/" });
    assert_eq!(answer(hook(&desktop, &shop, "Bash", &build)).0, "allow");
    let log = sayso(&desktop).args(["log", "--json"]).output().unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("server.js") && log.contains("build"), "{log}");
}

#[tokio::test]
async fn a_risky_command_blocks_until_it_is_denied_and_the_model_reads_why() {
    let desktop = Desktop::start();
    let shop = shop(&desktop);
    let window = Driver::start(&desktop).await;
    let child = hook(&desktop, &shop, "Bash", &serde_json::json!({ "command": "rm -rf uploads" }));
    window.wait_for_text("card-title", "uploads").await;
    window.click("deny-with-reason").await;
    window.type_into("deny-reason", "Ask Mia first.").await;
    window.click("deny").await;
    let (decision, reason) = answer(child);
    assert_eq!(decision, "deny");
    assert!(reason.contains("Ask Mia first."), "{reason}");
}

#[test]
fn garbage_is_denied_with_a_sentence() {
    let desktop = Desktop::start();
    let _app = App::hidden(&desktop);
    let mut child = sayso(&desktop)
        .args(["hook", "claude-code"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"{\"tool_name\":").unwrap();
    let (decision, reason) = answer(child);
    assert_eq!(decision, "deny");
    assert!(!reason.is_empty());
}
