//! The labelled command lines of `tests/cases/shell-*.jsonl`, all but those that nobody tunes against.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

use sayso_core::{Action, Severity, strict};
use sayso_reading::read;
use serde_json::{Value, json};

/// How many of a hundred risky lines may pass, and of harmless ones may ask, before this fails: in hundredths.
const MISSED: usize = 100;
const ALARMS: usize = 50;

fn cases() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name.starts_with("shell-") && !name.ends_with("-unseen") {
            let text = std::fs::read_to_string(&path).unwrap();
            cases.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()));
        }
    }
    cases
}

fn asks(case: &Value) -> bool {
    let cwd = case["cwd"].as_str().unwrap_or("/home/dev/project");
    let json = json!({"kind": "shell", "script": case["input"], "cwd": cwd});
    let action: Action = strict::parse(json.to_string().as_bytes()).unwrap();
    read(&action).severity >= Severity::High
}

/// Those with one of `labels` whose question is not what it should be, and how many there are of them.
fn wrong(cases: &[Value], labels: &[&str], should_ask: bool) -> (Vec<String>, usize) {
    let labelled: Vec<&Value> =
        cases.iter().filter(|case| labels.contains(&case["label"].as_str().unwrap())).collect();
    let wrong = labelled.iter().filter(|case| asks(case) != should_ask);
    (wrong.map(|case| format!("{} {}", case["id"], case["input"])).collect(), labelled.len())
}

#[test]
fn risky_lines_ask_and_harmless_ones_and_texts_do_not() {
    let cases = cases();
    let (missed, risky) = wrong(&cases, &["risky", "critical"], true);
    let (alarms, safe) = wrong(&cases, &["safe", "text"], false);
    assert!(risky > 500 && safe > 500, "{risky} {safe}");
    assert!(missed.len() * 10_000 <= MISSED * risky, "{} of {risky}\n{}", missed.len(), missed.join("\n"));
    assert!(alarms.len() * 10_000 <= ALARMS * safe, "{} of {safe}\n{}", alarms.len(), alarms.join("\n"));
}
