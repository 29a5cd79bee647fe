//! How long reading an action takes: one by one in this process, and many lines through `sayso read --batch`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sayso_core::Action;
use sayso_core::action::{Command as Typed, Shell};

use sayso_tests::programs;

use crate::quantile;

/// Readings of each command; the first few warm the caches and do not count.
const ROUNDS: usize = 20;
/// Lines of the batch.
const LINES: usize = 100_000;

/// Our own cases of shell commands, as they stand in `tests/cases`.
fn shell_cases() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("shell-"));
    texts
        .flat_map(|path| {
            std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Median and p99 of one reading, and lines a second of a batch on one core.
pub(crate) fn readings() {
    let cases = shell_cases();
    let actions: Vec<Action> = cases
        .iter()
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let cwd = case["cwd"].as_str().unwrap_or("/home/user/project").to_owned().try_into().unwrap();
            let command = Typed::Script(case["input"].as_str().unwrap().to_owned());
            Action::Shell(Shell { command, cwd, env: Vec::new() })
        })
        .collect();
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..ROUNDS {
        for action in &actions {
            let started = Instant::now();
            std::hint::black_box(sayso_reading::read(action));
            if round > 2 {
                times.push(started.elapsed());
            }
        }
    }
    let us = |time: Duration| time.as_secs_f64() * 1e6;
    let (median, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    println!(
        "  one reading, {} commands       median {:.1} us, p99 {:.1} us ({:.1}x)",
        cases.len(),
        us(median),
        us(p99),
        us(p99) / us(median)
    );

    let mut lines = String::new();
    for line in cases.iter().cycle().take(LINES) {
        lines.push_str(line);
        lines.push('\n');
    }
    let started = Instant::now();
    let mut batch = Command::new(programs().join("sayso"))
        .args(["read", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    batch.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    assert!(batch.wait().unwrap().success());
    let rate = LINES as f64 / started.elapsed().as_secs_f64();
    println!("  sayso read --batch            {rate:.0} lines/s ({:.1}x of 50,000)", rate / 50_000.0);
}
