//! Times the facts of deleting a folder of 200,000 files, most of them tracked, and of showing one diff.
//!
//! `cargo run --release -p sayso-facts --example folder [files]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints and may stop")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sayso_core::action::Action;
use sayso_core::environment::Environments;
use sayso_core::reading::{Effect, Reversible, Target, TargetKind, Verb};
use sayso_core::{Reading, Severity, UnixMs, strict};
use sayso_facts::{Around, Gathered, Question, gather};

/// Files in one folder of the example.
const TOGETHER: usize = 500;

fn main() {
    let files = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let folder = tempfile::tempdir().unwrap();
    let home = std::fs::canonicalize(folder.path()).unwrap();
    make(&home.join("p"), files);
    println!("{files} files made; memory {}", memory());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for name in ["p", "p/src", "p/build", "p", "p"] {
        let action =
            parse(&format!(r#"{{"kind":"shell","script":"rm -rf {name}","cwd":"{}"}}"#, home.display()));
        let started = Instant::now();
        let gathered = runtime.block_on(ask(&action, &home, Some(name)));
        report(&format!("rm -rf {name}"), started.elapsed(), &gathered);
        drop(gathered);
        println!("    forgotten again: memory {}", memory());
    }
    let file = home.join("p/long.rs");
    std::fs::write(&file, "pub fn one(x: u32) -> Option<u32> { x.checked_add(1) } // plus\n".repeat(5000))
        .unwrap();
    let text = format!(
        r#"{{"kind":"file_edit","path":"{}","change":{{"replace":{{"old":"1","new":"2","all":true}}}}}}"#,
        file.display()
    );
    let started = Instant::now();
    let gathered = runtime.block_on(ask(&parse(&text), &home, None));
    report("edit of 5,000 lines", started.elapsed(), &gathered);
    drop(gathered);
    drop(runtime);
    println!("    forgotten again: memory {}", memory());
}

fn parse(text: &str) -> Action {
    strict::parse(text.as_bytes()).unwrap()
}

async fn ask(action: &Action, home: &Path, deleted: Option<&str>) -> Gathered {
    let effects = deleted.map(|name| Effect {
        verb: Verb::Delete,
        target: Target { kind: TargetKind::Path, name: name.to_owned() },
        reversible: Reversible::No,
    });
    let reading = Reading {
        severity: Severity::Critical,
        sentence: String::new(),
        effects: effects.into_iter().collect(),
        reasons: Vec::new(),
        unread: Vec::new(),
        files: Vec::new(),
        reaches: Vec::new(),
        rows: Vec::new(),
    };
    let (claims, environments) = (BTreeMap::new(), Environments::default());
    let now = UnixMs(0);
    let (reading, claims, environments, around) = (&reading, &claims, &environments, &Around::default());
    gather(&Question { action, reading, claims, environments, home, now, around }).await
}

fn report(what: &str, took: Duration, gathered: &Gathered) {
    println!("{what}: {} ms; memory {}", took.as_millis(), memory());
    for fact in [&gathered.facts.data, &gathered.facts.backups] {
        println!("    {} | {}", fact.headline, fact.detail);
    }
}

/// Nine of ten files tracked, one ignored.
fn make(top: &Path, files: usize) {
    for i in 0..files {
        let kind = if i % (10 * TOGETHER) < TOGETHER { "build" } else { "src" };
        let folder = top.join(format!("{kind}/{:03}/{:03}", i / TOGETHER / 20, i / TOGETHER));
        if i % TOGETHER == 0 {
            std::fs::create_dir_all(&folder).unwrap();
        }
        std::fs::write(folder.join(format!("file-{i}.txt")), "x".repeat(i % 2000)).unwrap();
    }
    std::fs::write(top.join(".gitignore"), "build/\n").unwrap();
    for args in ["init -q", "add -A", "-c user.name=a -c user.email=a@b commit -q -m all"] {
        assert!(Command::new("git").args(args.split(' ')).current_dir(top).status().unwrap().success());
    }
}

/// Resident memory by Linux's own count.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown");
    line.trim().to_owned()
}
