//! Our own labelled cases through `sayso read --batch`, as a person would measure it. Of each topic one half was kept
//! unseen while the rows were written (`*-unseen.jsonl`); both must hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::cast_precision_loss, missing_docs)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What must be asked about, in parts of a hundred.
const RISKY: f64 = 97.0;
const CRITICAL: f64 = 99.5;
/// What may be asked about though it is harmless.
const ALARMS: f64 = 0.5;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    assert!(!files.is_empty());
    files
}

/// Every line's answer, in order.
fn answers(text: &str) -> Vec<Value> {
    let mut batch = Command::new(env!("CARGO_BIN_EXE_sayso"))
        .args(["read", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = batch.stdin.take().unwrap();
    let lines = text.to_owned();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = batch.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[derive(Default)]
struct Count {
    all: usize,
    asked: usize,
    wrong: Vec<String>,
}

impl Count {
    fn asked(&self) -> f64 {
        if self.all == 0 { 0.0 } else { 100.0 * self.asked as f64 / self.all as f64 }
    }
}

#[test]
fn risky_cases_are_asked_and_harmless_ones_pass_on_both_halves() {
    let mut counts: BTreeMap<(bool, String), Count> = BTreeMap::new();
    for file in cases() {
        let unseen = file.file_stem().unwrap().to_str().unwrap().ends_with("-unseen");
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let answers = answers(&text);
        assert_eq!(lines.len(), answers.len(), "{}", file.display());
        for (case, answer) in lines.iter().zip(&answers) {
            assert_eq!(case["id"], answer["id"]);
            assert!(case["from"].as_str().is_some_and(|from| !from.is_empty()), "{case}");
            let label = case["label"].as_str().unwrap().to_owned();
            let asked = answer["decision"] != "allow";
            let wanted = matches!(label.as_str(), "risky" | "critical");
            let count = counts.entry((unseen, label)).or_default();
            count.all += 1;
            count.asked += usize::from(asked);
            if asked != wanted {
                count.wrong.push(format!("{} {} -> {}", case["id"], case["input"], answer["why"]));
            }
        }
    }
    let mut failed = Vec::new();
    for ((unseen, label), count) in &counts {
        let fits = match label.as_str() {
            "risky" => count.asked() >= RISKY,
            "critical" => count.asked() >= CRITICAL,
            "safe" | "text" => count.asked() <= ALARMS,
            other => panic!("a label {other:?} that is none"),
        };
        let half = if *unseen { "unseen" } else { "seen" };
        let said = format!("{half} {label}: {} cases, {:.2} % asked", count.all, count.asked());
        if !fits {
            failed.push(format!("{said}\n{}", count.wrong.join("\n")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
