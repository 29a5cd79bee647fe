//! What the stories have in common: an agent's hook call, and what stands in the record afterwards.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::sayso;
use crate::desktop::Desktop;

/// A command as Claude Code brings it before its hook.
pub fn claude_code(folder: &Path, command: &str, description: &str) -> Value {
    json!({
        "session_id": "4f1d", "transcript_path": "/tmp/t.jsonl", "cwd": folder, "prompt_id": "p1",
        "permission_mode": "default", "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": { "command": command, "description": description }, "tool_use_id": "toolu_01",
    })
}

/// A command as Cursor brings it before its hook.
pub fn cursor(folder: &Path, command: &str, message: &str) -> Value {
    json!({
        "conversation_id": "c1", "generation_id": "g1", "model": "m", "hook_event_name": "preToolUse",
        "cursor_version": "3.9.16", "workspace_roots": [folder], "user_email": null, "transcript_path": null,
        "tool_name": "Shell", "tool_input": { "command": command, "working_directory": folder }, "cwd": "",
        "tool_use_id": "t1", "agent_message": message,
    })
}

/// The newest request of the record.
pub fn decided(desktop: &Desktop) -> Value {
    let log = sayso(desktop).args(["log", "--json"]).output().unwrap();
    let text = String::from_utf8(log.stdout).unwrap();
    text.lines().next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or_else(|| panic!("{text}"))
}

/// The record of the newest request, which was denied by `by` with a receipt that verifies.
pub fn said_no(desktop: &Desktop, by: &str) -> Value {
    let row = decided(desktop);
    assert_eq!((row["decision"].as_str(), row["by"].as_str()), (Some("denied"), Some(by)), "{row}");
    assert_eq!(row["verified"], true, "{row}");
    let receipt = row["receipt"].as_str().unwrap();
    let verified = sayso(desktop).args(["verify", receipt]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    row
}
