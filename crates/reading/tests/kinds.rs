//! Actions that are no command lines.
#![allow(clippy::unwrap_used, clippy::panic)]

use sayso_core::reading::Verb;
use sayso_core::{Action, Reading, Severity, strict};
use sayso_reading::read;
use serde_json::{Value, json};

fn reading(json: &Value) -> Reading {
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action)
}

#[test]
fn an_edit_weighs_what_its_file_weighs() {
    let content = json!({"content": "x"});
    let replace = json!({"replace": {"old": "a", "new": "b"}});
    let delete = json!({"delete": {}});
    for (path, change, severity, verb, sentence) in [
        ("/p/a.rs", &content, Severity::Low, Verb::Overwrite, "Write the file a.rs"),
        ("/p/a.rs", &replace, Severity::Low, Verb::Change, "Change the file a.rs"),
        ("/p/a.rs", &delete, Severity::High, Verb::Delete, "Delete the file a.rs"),
        ("/p/.github/workflows/ci.yml", &replace, Severity::High, Verb::Change, "Change the file ci.yml"),
        ("/p/.env", &replace, Severity::High, Verb::Change, "Change the file .env"),
        ("/p/CLAUDE.md", &content, Severity::Critical, Verb::Overwrite, "Write the file CLAUDE.md"),
        (
            "/p/.claude/settings.json",
            &replace,
            Severity::Critical,
            Verb::Change,
            "Change the file settings.json",
        ),
        (
            "/p/x/../.git/hooks/pre-push",
            &content,
            Severity::Critical,
            Verb::Overwrite,
            "Write the file pre-push",
        ),
        ("/home/a/.zshrc", &replace, Severity::Critical, Verb::Change, "Change the file .zshrc"),
        (
            "/home/a/.ssh/authorized_keys",
            &replace,
            Severity::Critical,
            Verb::Change,
            "Change the file authorized_keys",
        ),
        (
            "/home/a/.config/sayso/sayso.toml",
            &replace,
            Severity::Critical,
            Verb::Change,
            "Change the file sayso.toml",
        ),
        ("/etc/sayso/sayso.toml", &delete, Severity::Critical, Verb::Delete, "Delete the file sayso.toml"),
    ] {
        let read = reading(&json!({"kind":"file_edit","path":path,"change":change}));
        assert_eq!((read.severity, read.sentence.as_str()), (severity, sentence), "{path}");
        assert_eq!((read.effects[0].verb, read.effects[0].target.name.as_str()), (verb, path));
    }
}

#[test]
fn what_cannot_be_read_yet_says_so_and_asks() {
    let read = reading(&json!({"kind":"custom","title":"Feed ” the cat","payload":{}}));
    let sentence = "Do what the agent calls “Feed \" the cat”";
    assert_eq!((read.severity, read.sentence.as_str()), (Severity::High, sentence));
    assert!(!read.unread.is_empty());
}

#[test]
fn tools_that_only_look_pass_in_exactly_their_shape() {
    let look = |title: &str, payload: Value| {
        reading(&json!({"kind":"custom","title":title,"payload":payload})).severity
    };
    let payload = |tool: &str, input: Value| json!({"tool":tool,"input":input,"cwd":"/p"});
    assert_eq!(look("Read file", payload("Read", json!({"file_path":"/p/a"}))), Severity::None);
    assert_eq!(look("Search in files", payload("Grep", json!({"pattern":"x","path":"/p"}))), Severity::None);
    assert_eq!(look("Start subagent", payload("Task", json!({"prompt":"x"}))), Severity::None);
    for (title, payload) in [
        ("Read file", payload("Read", json!({"file_path":"/p/.env"}))),
        ("Read file", payload("Read", json!({"file_path":["/p/.env"]}))),
        ("Read file", payload("Bash", json!({"command":"rm x"}))),
        ("read file", payload("Read", json!({}))),
        ("Read file", json!({"tool":"Read","input":{}})),
        ("Read file", json!({"tool":"Read","input":{},"cwd":"/p","more":1})),
        ("Search in files", payload("Grep", json!({"pattern":"x","path":"/root/.ssh/id_rsa"}))),
        ("Search in files", payload("Grep", json!({"pattern":"x","glob":"**/.env*"}))),
        ("Start subagent", payload("Task", json!({"mode":"x"}))),
        ("Delete file", payload("Read", json!({}))),
    ] {
        assert_ne!(look(title, payload.clone()), Severity::None, "{title} {payload}");
    }
    let shown = reading(
        &json!({"kind":"custom","title":"Read file","payload":payload("Read", json!({"file_path":"/p/a.rs"}))}),
    );
    assert_eq!(shown.sentence, "Read file a.rs");
}
