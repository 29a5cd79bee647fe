use proptest::prelude::*;
use sayso_core::limits;
use serde_json::json;

use super::*;

fn nonce() -> Nonce {
    Nonce::try_from("AAAAAAAAAAAAAAAAAAAAAA".to_owned()).unwrap()
}

/// A hook's input as Cursor documents it, without what the event adds.
fn call(event: &str, more: &Value) -> Value {
    let mut call = json!({
        "conversation_id": "c-1",
        "generation_id": "g-1",
        "model": "a-model",
        "hook_event_name": event,
        "cursor_version": "3.9.16",
        "workspace_roots": ["/home/anna/shop"],
        "user_email": "anna@example.com",
        "transcript_path": null
    });
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

fn asked_of(event: &str, more: &Value) -> Result<Ask, NotUnderstood> {
    ask(call(event, more).to_string().as_bytes(), nonce(), Some(1000))
}

fn tool(name: &str, input: &Value) -> Result<Ask, NotUnderstood> {
    let more =
        json!({ "tool_name": name, "tool_input": input, "tool_use_id": "t-1", "cwd": "/home/anna/shop" });
    asked_of("preToolUse", &more)
}

fn action(name: &str, input: &Value) -> Value {
    serde_json::to_value(tool(name, input).unwrap().action).unwrap()
}

fn refusal(name: &str, input: &Value) -> String {
    tool(name, input).unwrap_err().to_string()
}

#[test]
fn a_shell_call_is_a_shell_action_and_what_the_agent_says_of_it_a_claim() {
    let more = json!({
        "tool_name": "Shell",
        "tool_input": { "command": "rm -rf build\n", "working_directory": "/home/anna/shop/web", "timeout": 30_000 },
        "tool_use_id": "t-1",
        "cwd": "/home/anna/shop",
        "agent_message": "Cleaning the build"
    });
    insta::assert_json_snapshot!(asked_of("preToolUse", &more).unwrap());
}

#[test]
fn the_three_older_events_are_the_same_actions() {
    let asked =
        |event: &str, more: &Value| serde_json::to_value(asked_of(event, more).unwrap().action).unwrap();
    insta::assert_json_snapshot!(json!([
        asked("beforeShellExecution", &json!({ "command": "rm -rf build", "cwd": "/home/anna/shop/web" })),
        asked("beforeShellExecution", &json!({ "command": "rm -rf build", "cwd": "", "sandbox": true })),
        asked(
            "beforeMCPExecution",
            &json!({
                "tool_name": "volume_delete", "tool_input": "{\"volumeId\":\"v1\"}",
                "url": "https://mcp.railway.example/"
            })
        ),
        asked(
            "beforeMCPExecution",
            &json!({ "tool_name": "drop", "tool_input": { "table": "t" }, "command": "npx server-db" })
        ),
        asked(
            "beforeReadFile",
            &json!({ "file_path": "/home/anna/shop/.env", "content": "KEY=1", "attachments": [] })
        ),
    ]));
}

#[test]
fn the_content_of_a_file_to_be_read_is_no_part_of_the_request() {
    let ask =
        asked_of("beforeReadFile", &json!({ "file_path": "/p/.env", "content": "KEY=hunter2" })).unwrap();
    assert!(!serde_json::to_string(&ask).unwrap().contains("hunter2"));
}

#[test]
fn who_the_person_is_stands_in_no_request() {
    let ask = tool("Shell", &json!({ "command": "ls" })).unwrap();
    assert!(!serde_json::to_string(&ask).unwrap().contains("anna@example.com"));
}

#[test]
fn each_known_tool_has_its_action() {
    insta::assert_json_snapshot!(json!([
        action("Write", &json!({ "file_path": "/p/a.rs", "content": "fn main() {}\n" })),
        action("Write", &json!({ "path": "src/a.rs", "contents": "fn main() {}\n" })),
        action("Write", &json!({ "file_path": "/p/a", "old_string": "a", "new_string": "b" })),
        action(
            "StrReplace",
            &json!({ "path": "/p/a", "old_string": "a", "new_string": "b", "replace_all": true })
        ),
        action("Edit", &json!({ "file_path": "/p/new", "old_string": "", "new_string": "b" })),
        action("Delete", &json!({ "path": "/p/a" })),
        action("Read", &json!({ "target_file": "/p/a", "limit": 10 })),
        action("Grep", &json!({ "pattern": "x", "path": "/p" })),
        action("TodoWrite", &json!({ "todos": [] })),
        action("WebFetch", &json!({ "url": "https://example.com/" })),
        action("WebSearch", &json!({ "query": "q" })),
        action("Task", &json!({ "description": "d", "prompt": "p" })),
        action("MCP:volume_delete", &json!({ "volumeId": "v1" })),
        action("MCP:", &json!({ "x": 1 })),
        action("SomethingNew", &json!({ "x": 1 })),
    ]));
}

#[test]
fn a_typed_tool_with_a_field_that_no_typed_action_holds_becomes_custom_with_all_of_it() {
    for (tool, input) in [
        ("Shell", json!({ "command": "ls", "host": "prod" })),
        ("Shell", json!({ "command": "ls", "cwd": "/a", "working_directory": "/b" })),
        ("Write", json!({ "file_path": "/p/a", "content": "x", "mode": "append" })),
        ("Write", json!({ "file_path": "/p/a", "path": "/p/b", "content": "x" })),
        ("Write", json!({ "file_path": "/p/a", "content": "x", "contents": "y" })),
        ("Delete", json!({ "path": "/p/a", "recursive": true })),
        ("Read", json!({ "path": "/p/a", "file_path": "/p/b" })),
        ("WebFetch", json!({ "url": "https://h/", "method": "DELETE" })),
    ] {
        let action = action(tool, &input);
        assert_eq!(action["kind"], "custom");
        assert_eq!(action["title"], format!("Cursor tool {tool}"));
        assert_eq!(action["payload"]["input"], input);
    }
}

#[test]
fn a_command_runs_in_the_folder_that_its_own_input_names_else_in_the_calls_else_in_the_workspace() {
    let cwd = |call: &Value| {
        let ask = ask(call.to_string().as_bytes(), nonce(), None).unwrap();
        ask.action.cwd().unwrap().to_owned()
    };
    let with = |cwd: Value, input: Value| {
        call("preToolUse", &json!({ "tool_name": "Shell", "tool_input": input, "cwd": cwd }))
    };
    let own = json!({ "command": "ls", "working_directory": "/w" });
    assert_eq!(cwd(&with(json!("/c"), own)), "/w");
    assert_eq!(cwd(&with(json!("/c"), json!({ "command": "ls", "working_directory": "web" }))), "/c/web");
    assert_eq!(cwd(&with(json!("/c"), json!({ "command": "ls", "working_directory": "" }))), "/c");
    assert_eq!(cwd(&with(json!(""), json!({ "command": "ls" }))), "/home/anna/shop");
    assert_eq!(cwd(&with(json!(null), json!({ "command": "ls" }))), "/home/anna/shop");
}

#[test]
fn a_command_in_one_of_several_workspaces_is_refused_until_it_says_in_which() {
    let mut call = call("preToolUse", &json!({ "tool_name": "Shell", "tool_input": { "command": "ls" } }));
    call["workspace_roots"] = json!(["/a", "/b"]);
    let refusal = ask(call.to_string().as_bytes(), nonce(), None).unwrap_err();
    assert!(refusal.to_string().contains("several workspaces"), "{refusal}");
    call["tool_input"]["working_directory"] = json!("b");
    assert!(ask(call.to_string().as_bytes(), nonce(), None).is_err());
    call["tool_input"]["working_directory"] = json!("/b");
    assert!(ask(call.to_string().as_bytes(), nonce(), None).is_ok());
}

#[test]
fn a_byte_order_mark_before_the_json_is_passed_over() {
    let text = call("beforeShellExecution", &json!({ "command": "ls" })).to_string();
    let marked = [BYTE_ORDER_MARK, text.as_bytes()].concat();
    assert_eq!(ask(&marked, nonce(), None), ask(text.as_bytes(), nonce(), None));
    assert!(ask(&[BYTE_ORDER_MARK, &marked].concat(), nonce(), None).is_err());
}

#[test]
fn a_key_that_stands_twice_is_refused_at_any_depth() {
    let input = json!({ "command": "ls" });
    let text = call("preToolUse", &json!({ "tool_name": "Shell", "tool_input": input })).to_string();
    let twice = text.replacen(r#""command":"ls""#, r#""command":"ls","command":"rm -rf /""#, 1);
    assert_ne!(twice, text);
    let refusal = ask(twice.as_bytes(), nonce(), None).unwrap_err().to_string();
    assert!(refusal.contains("duplicate key"), "{refusal}");
    let inside = json!({ "tool_name": "t", "tool_input": r#"{"a":1,"a":2}"# });
    let refusal = asked_of("beforeMCPExecution", &inside).unwrap_err().to_string();
    assert!(refusal.contains("duplicate key"), "{refusal}");
}

#[test]
fn what_is_malformed_is_refused_with_a_sentence_that_names_it() {
    let of = |event: &str, more: Value| asked_of(event, &more).unwrap_err().to_string();
    insta::assert_json_snapshot!([
        refusal("Shell", &json!({})),
        refusal("Shell", &json!({ "command": ["ls"] })),
        refusal("Shell", &json!({ "command": "ls\0" })),
        refusal("Shell", &json!({ "command": "ls", "working_directory": 7 })),
        refusal("Write", &json!({ "path": "/a.rs" })),
        refusal("Write", &json!({ "path": "~/a.rs", "content": "x" })),
        refusal(
            "StrReplace",
            &json!({ "path": "/a", "old_string": "a", "new_string": "b", "replace_all": "yes" })
        ),
        refusal("Delete", &json!({})),
        refusal("WebFetch", &json!({})),
        of("preToolUse", json!({ "tool_input": {} })),
        of("preToolUse", json!({ "tool_name": "Shell" })),
        of("preToolUse", json!({ "tool_name": "Shell", "tool_input": [1] })),
        of("beforeShellExecution", json!({})),
        of("beforeMCPExecution", json!({ "tool_name": "t", "tool_input": "[1]" })),
        of("beforeReadFile", json!({ "content": "x" })),
        of("beforeShellExecution", json!({ "command": "ls", "workspace_roots": [] })),
        of("beforeShellExecution", json!({ "command": "ls", "cwd": "shop" })),
    ]);
    for garbage in ["", "null", "[]", "{", "{}", "\u{0}", "\u{feff}", r#"{"hook_event_name":"preToolUse"}"#] {
        assert!(ask(garbage.as_bytes(), nonce(), None).is_err(), "{garbage:?}");
    }
    assert!(ask(b"\xff\xfe", nonce(), None).is_err());
}

#[test]
fn another_event_is_refused_by_its_name() {
    for event in ["afterFileEdit", "stop", "PreToolUse", "beforeSubmitPrompt"] {
        let refusal = asked_of(event, &json!({ "command": "ls" })).unwrap_err();
        assert_eq!(refusal.code(), "hook_event");
        assert!(refusal.to_string().contains(event));
    }
}

#[test]
fn the_answers_are_written_as_cursor_documents_them() {
    insta::assert_snapshot!(answer(Decision::Approved, "Approved by a person."));
    insta::assert_snapshot!(answer(Decision::Denied, "Not on \"production\".\nUse staging."));
}

/// The shape that Cursor documents, and nothing beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documented {
    permission: String,
    user_message: String,
    agent_message: String,
}

fn documented(text: &str) -> Documented {
    let output: Documented = strict::parse(text.as_bytes()).unwrap();
    assert!(!text.contains('\n'), "one line");
    output
}

#[test]
fn the_last_denial_is_a_denial_in_the_documented_shape() {
    let denial = documented(LAST_DENIAL);
    assert_eq!(denial.permission, "deny");
    assert!(!denial.agent_message.is_empty());
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
    let known =
        [PATHS_OF_A_FILE, &["command", "working_directory", "cwd", "content", "old_string", "new_string"]];
    prop_oneof![prop::sample::select(known.concat()).prop_map(str::to_owned), ".{0,6}"]
}

const PATHS_OF_A_FILE: &[&str] = &["file_path", "path", "target_file"];

fn any_event() -> impl Strategy<Value = String> {
    let events = ["preToolUse", "beforeShellExecution", "beforeMCPExecution", "beforeReadFile"];
    prop_oneof![8 => prop::sample::select(events.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

fn any_tool() -> impl Strategy<Value = String> {
    let tools =
        ["Shell", "Write", "StrReplace", "Delete", "Read", "Grep", "Task", "WebFetch", "MCP:t", "MCP:"];
    prop_oneof![prop::sample::select(tools.to_vec()).prop_map(str::to_owned), ".{0,12}"]
}

proptest! {
    #[test]
    fn every_input_gives_a_request_that_the_wire_takes_or_a_sentence_to_deny_with(
        event in any_event(),
        name in any_tool(),
        input in any_json(),
        more in prop::collection::btree_map(field(), any_json(), 0..4),
    ) {
        let mut call = call(&event, &json!({ "tool_name": name, "tool_input": input }));
        call.as_object_mut().unwrap().extend(more);
        let reason = match ask(call.to_string().as_bytes(), nonce(), None) {
            Ok(ask) => {
                let line = serde_json::to_vec(&ask).unwrap();
                let back: Ask = strict::parse(&line).unwrap();
                prop_assert_eq!(&back, &ask);
                prop_assert!(ask.action.digest().is_ok());
                prop_assert!(ask.claims.values().all(|value| value.len() <= limits::CLAIM_VALUE_BYTES));
                String::new()
            }
            Err(refusal) => refusal.to_string(),
        };
        let denial = documented(&answer(Decision::Denied, &reason));
        prop_assert_eq!(denial.permission, "deny");
        prop_assert_eq!(&denial.user_message, &reason);
        prop_assert_eq!(denial.agent_message, reason);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(ask(&bytes, nonce(), None).is_err());
    }
}
