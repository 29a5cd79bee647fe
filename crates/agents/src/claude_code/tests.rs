use proptest::prelude::*;
use sayso_core::limits;
use serde_json::json;

use super::*;

fn nonce() -> Nonce {
    Nonce::try_from("AAAAAAAAAAAAAAAAAAAAAA".to_owned()).unwrap()
}

/// A hook's input as Claude Code 2.1 writes it.
fn call(tool: &str, input: &Value) -> Value {
    json!({
        "session_id": "8d1f5f6e-6a1e-4c7b-9d55-0a1f0c1b2a3d",
        "transcript_path": "/home/anna/.claude/projects/-home-anna-shop/8d1f5f6e.jsonl",
        "cwd": "/home/anna/shop",
        "prompt_id": "b9a7",
        "permission_mode": "default",
        "hook_event_name": "PreToolUse",
        "tool_name": tool,
        "tool_input": input,
        "tool_use_id": "toolu_01ABC"
    })
}

fn asked(tool: &str, input: &Value) -> Result<Ask, NotUnderstood> {
    ask(call(tool, input).to_string().as_bytes(), nonce(), Some(1000))
}

fn action(tool: &str, input: &Value) -> Value {
    serde_json::to_value(asked(tool, input).unwrap().action).unwrap()
}

fn refusal(tool: &str, input: &Value) -> String {
    asked(tool, input).unwrap_err().to_string()
}

#[test]
fn a_bash_call_is_a_shell_action_and_what_the_agent_says_of_it_a_claim() {
    let ask = asked(
        "Bash",
        &json!({
            "command": "rm -rf build\n",
            "description": "Clean the build",
            "timeout": 120_000,
            "run_in_background": true,
            "dangerouslyDisableSandbox": true
        }),
    );
    insta::assert_json_snapshot!(ask.unwrap());
}

#[test]
fn a_call_of_a_subagent_names_it() {
    let mut call = call("Bash", &json!({ "command": "ls" }));
    call["agent_id"] = json!("a1");
    call["agent_type"] = json!("Explore");
    insta::assert_json_snapshot!(ask(call.to_string().as_bytes(), nonce(), None).unwrap());
}

#[test]
fn an_mcp_call_is_an_mcp_action_with_its_arguments() {
    let mut call = call("mcp__railway__volume_delete", &json!({ "volumeId": "v1", "force": true }));
    call["mcp_server"] = json!({ "name": "railway", "source": "project" });
    insta::assert_json_snapshot!(ask(call.to_string().as_bytes(), nonce(), None).unwrap());
}

#[test]
fn each_known_tool_has_its_action() {
    let edits = json!([{ "old_string": "a", "new_string": "b" }, { "old_string": "b", "new_string": "c" }]);
    insta::assert_json_snapshot!(json!([
        action(
            "Monitor",
            &json!({ "command": "tail -f log", "description": "d", "timeout_ms": 1, "persistent": false })
        ),
        action("Write", &json!({ "file_path": "/home/anna/shop/a.rs", "content": "fn main() {}\n" })),
        action("Edit", &json!({ "file_path": "/p/a", "old_string": "a", "new_string": "b" })),
        action(
            "Edit",
            &json!({ "file_path": "/p/a", "old_string": "a", "new_string": "b", "replace_all": true })
        ),
        action("Edit", &json!({ "file_path": "/p/new", "old_string": "", "new_string": "b" })),
        action("MultiEdit", &json!({ "file_path": "/p/a", "edits": [edits[0]] })),
        action("MultiEdit", &json!({ "file_path": "/p/a", "edits": edits })),
        action("NotebookEdit", &json!({ "notebook_path": "/p/n.ipynb", "new_source": "1" })),
        action("WebFetch", &json!({ "url": "https://example.com/", "prompt": "sum up" })),
        action("WebSearch", &json!({ "query": "q" })),
        action("Read", &json!({ "file_path": "/p/a", "limit": 10 })),
        action("Grep", &json!({ "pattern": "x", "-n": true })),
        action("TodoWrite", &json!({ "todos": [] })),
        action("Agent", &json!({ "description": "d", "prompt": "p" })),
        action("Agent", &json!({ "description": "d", "prompt": "p", "isolation": "remote" })),
        action("KillShell", &json!({ "shell_id": "1" })),
        action("mcp__a__b__c", &json!({})),
        action("mcp__broken", &json!({ "x": 1 })),
    ]));
}

#[test]
fn a_typed_tool_with_a_field_that_no_typed_action_holds_becomes_custom_with_all_of_it() {
    for (tool, input) in [
        ("Bash", json!({ "command": "ls", "host": "prod" })),
        ("Write", json!({ "file_path": "/p/a", "content": "x", "mode": "append" })),
        ("Edit", json!({ "file_path": "/p/a", "old_string": "a", "new_string": "b", "regex": true })),
        ("WebFetch", json!({ "url": "https://h/", "method": "DELETE" })),
    ] {
        let action = action(tool, &input);
        assert_eq!(action["kind"], "custom");
        assert_eq!(action["title"], format!("Claude Code tool {tool}"));
        assert_eq!(action["payload"]["input"], input);
    }
}

#[test]
fn fields_that_are_new_beside_the_tool_are_passed_over() {
    let mut call = call("Bash", &json!({ "command": "ls" }));
    call["from_a_later_version"] = json!({ "deep": [1, 2] });
    assert!(ask(call.to_string().as_bytes(), nonce(), None).is_ok());
}

#[test]
fn a_key_that_stands_twice_is_refused_at_any_depth() {
    let text = call("Bash", &json!({ "command": "ls" })).to_string();
    for twice in [
        text.replacen(r#""command":"ls""#, r#""command":"ls","command":"rm -rf /""#, 1),
        text.replacen(r#""cwd":"#, r#""cwd":"/","cwd":"#, 1),
    ] {
        assert_ne!(twice, text);
        let refusal = ask(twice.as_bytes(), nonce(), None).unwrap_err().to_string();
        assert!(refusal.contains("duplicate key"), "{refusal}");
    }
}

#[test]
fn what_is_malformed_is_refused_with_a_sentence_that_names_it() {
    insta::assert_json_snapshot!([
        refusal("Bash", &json!({})),
        refusal("Bash", &json!({ "command": ["ls"] })),
        refusal("Bash", &json!({ "command": "ls\0" })),
        refusal("Write", &json!({ "file_path": "a.rs", "content": "x" })),
        refusal("Write", &json!({ "file_path": "/a.rs" })),
        refusal(
            "Edit",
            &json!({ "file_path": "/a", "old_string": "a", "new_string": "b", "replace_all": "yes" })
        ),
        refusal("MultiEdit", &json!({ "file_path": "/a", "edits": [] })),
        refusal("WebFetch", &json!({ "prompt": "p" })),
    ]);
    for garbage in ["", "null", "[]", "{", "{}", "\u{0}", r#"{"hook_event_name":"PreToolUse"}"#] {
        assert!(ask(garbage.as_bytes(), nonce(), None).is_err(), "{garbage:?}");
    }
    assert!(ask(b"\xff\xfe", nonce(), None).is_err());
}

#[test]
fn another_event_is_refused_by_its_name() {
    let mut call = call("Bash", &json!({ "command": "ls" }));
    call["hook_event_name"] = json!("PermissionRequest");
    let refusal = ask(call.to_string().as_bytes(), nonce(), None).unwrap_err();
    assert_eq!(refusal.code(), "hook_event");
    assert!(refusal.to_string().contains("PermissionRequest"));
}

#[test]
fn a_session_without_an_absolute_folder_is_refused() {
    let mut call = call("Bash", &json!({ "command": "ls" }));
    call["cwd"] = json!("shop");
    assert_eq!(ask(call.to_string().as_bytes(), nonce(), None).unwrap_err().code(), "hook_folder");
}

#[test]
fn a_long_claim_says_how_long_it_was() {
    let ask = asked("Bash", &json!({ "command": "ls", "description": "ä".repeat(4000) })).unwrap();
    let said = &ask.claims["description"];
    assert!(said.len() <= limits::CLAIM_VALUE_BYTES);
    assert!(said.ends_with("ä … (8000 bytes in all)"), "{said}");
}

#[test]
fn the_answers_are_written_as_claude_code_documents_them() {
    insta::assert_snapshot!(answer(Decision::Approved, "Approved by a person."));
    insta::assert_snapshot!(answer(Decision::Denied, "Not on \"production\".\nUse staging."));
}

/// The shape that Claude Code documents, and nothing beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documented {
    #[serde(rename = "hookSpecificOutput")]
    specific: DocumentedSpecific,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentedSpecific {
    #[serde(rename = "hookEventName")]
    event: String,
    #[serde(rename = "permissionDecision")]
    decision: String,
    #[serde(rename = "permissionDecisionReason")]
    reason: String,
}

fn documented(text: &str) -> DocumentedSpecific {
    let output: Documented = strict::parse(text.as_bytes()).unwrap();
    assert_eq!(output.specific.event, EVENT);
    assert!(matches!(output.specific.decision.as_str(), "allow" | "deny"));
    assert!(!text.contains('\n'), "one line");
    output.specific
}

#[test]
fn the_last_denial_is_a_denial_in_the_documented_shape() {
    assert_eq!(documented(LAST_DENIAL).decision, "deny");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(|n| json!(n)),
        ".{0,12}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::btree_map(field(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "command",
            "description",
            "timeout",
            "file_path",
            "content",
            "old_string",
            "new_string",
            "replace_all",
            "edits",
            "url",
            "prompt",
            "isolation",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ]
}

fn any_tool() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "Bash",
            "Monitor",
            "Write",
            "Edit",
            "MultiEdit",
            "NotebookEdit",
            "WebFetch",
            "Read",
            "Grep",
            "Agent",
            "mcp__s__t",
        ])
        .prop_map(str::to_owned),
        ".{0,12}",
    ]
}

proptest! {
    #[test]
    fn every_input_gives_a_request_that_the_wire_takes_or_a_sentence_to_deny_with(
        tool in any_tool(),
        input in prop::collection::btree_map(field(), any_json(), 0..5),
    ) {
        let input = Value::Object(input.into_iter().collect());
        let reason = match asked(&tool, &input) {
            Ok(ask) => {
                let line = serde_json::to_vec(&ask).unwrap();
                let back: Ask = strict::parse(&line).unwrap();
                prop_assert_eq!(&back, &ask);
                prop_assert!(ask.action.digest().is_ok());
                String::new()
            }
            Err(refusal) => refusal.to_string(),
        };
        let answer = answer(Decision::Denied, &reason);
        let specific = documented(&answer);
        prop_assert_eq!(specific.decision, "deny");
        prop_assert_eq!(specific.reason, reason);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ask(&bytes, nonce(), None).is_err());
    }
}
