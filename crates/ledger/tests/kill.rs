//! A writer that is killed, or runs out of room, at any moment: nothing that it was told is lost or doubled.
//!
//! The writer is this test's own program, started again with [`FILE`] set: it commits from several tasks at once and
//! prints a line for each commit that was answered.
#![cfg(all(test, unix))]
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{asked, decided, open, random_id, ruled, ruled_and_used, used};
use sayso_core::life::Stage;
use sayso_core::record::Entry;
use sayso_core::{By, Decision, RequestId};
use sayso_ledger::Ledger;
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

/// Names the ledger's file to the program that writes.
const FILE: &str = "SAYSO_TEST_LEDGER";

/// How often the writer is killed.
const ROUNDS: usize = 30;

/// Answers to read before a kill, at most.
const ANSWERS: u64 = 150;

/// Tasks that commit at once.
const TASKS: usize = 8;

/// The writer. Without [`FILE`] it is an empty test.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ledger = open(Path::new(&path)).await;
        let tasks: Vec<_> = (0..TASKS).map(|_| tokio::spawn(lives(ledger.clone()))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Request after request, until a commit fails.
async fn lives(ledger: Ledger) {
    loop {
        let id = random_id();
        let steps: Vec<(&str, Entry)> = match id.to_string().as_bytes()[4] % 5 {
            4 => vec![("used", ruled_and_used(id))],
            0 => vec![("denied", ruled(id, Decision::Denied))],
            1 => vec![("approved", ruled(id, Decision::Approved)), ("used", used(id))],
            2 => vec![("waiting", asked(id)), ("withdrawn", common::withdrawn(id))],
            _ => vec![
                ("waiting", asked(id)),
                ("approved", decided(id, Decision::Approved, By::Person)),
                ("used", used(id)),
            ],
        };
        for (stage, entry) in steps {
            match ledger.commit(vec![entry]).await {
                Ok(committed) => say(&format!("told {} {id} {stage}\n", committed.leaves.start)),
                Err(error) => {
                    say(&format!("failed {}\n", error.code()));
                    return;
                }
            }
        }
    }
}

/// One write, so that a kill never leaves two half lines in one.
fn say(line: &str) {
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

fn start(path: &Path, shell: Option<&str>) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = match shell {
        None => Command::new(program),
        Some(script) => {
            let mut sh = Command::new("/bin/sh");
            sh.args(["-c", script]).arg(program);
            sh
        }
    };
    command.args(["--exact", "writer", "--nocapture"]).env(FILE, path).stdout(Stdio::piped()).spawn().unwrap()
}

/// What the writer was told, and the codes of what failed.
#[derive(Default)]
struct Told {
    commits: Vec<(i64, RequestId, String)>,
    failures: Vec<String>,
}

impl Told {
    fn read(&mut self, line: &str) {
        // A last line that the kill cut off was written after its commit, so leaving it out only asks for less.
        let Some(line) = line.strip_suffix('\n') else { return };
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["told", seq, id, stage] => {
                self.commits.push((seq.parse().unwrap(), id.parse().unwrap(), stage.to_owned()));
            }
            ["failed", code] => self.failures.push(code.to_owned()),
            _ => {}
        }
    }
}

/// Everything that was told is there, at its place, once, and the whole verifies.
async fn assert_kept(path: &Path, told: &Told) {
    let ledger = open(path).await;
    let found = ledger.verify().await.unwrap();
    assert_eq!(found.fault, None);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut conn = options.connect().await.unwrap();
    let mut seen = HashSet::new();
    for (seq, id, stage) in &told.commits {
        assert!(seen.insert(seq), "two were told the leaf {seq}");
        let request: Option<String> = sqlx::query_scalar("SELECT request FROM leaf WHERE seq = ?")
            .bind(seq)
            .fetch_one(&mut conn)
            .await
            .unwrap();
        assert_eq!(request, Some(id.to_string()), "leaf {seq}");
        let stored = ledger.find(*id).await.unwrap().unwrap();
        match stage.as_str() {
            "waiting" => {}
            "approved" => assert!(matches!(stored.stage, Stage::Approved | Stage::Used)),
            "used" => assert_eq!(stored.stage, Stage::Used),
            "denied" => assert_eq!(stored.stage, Stage::Denied),
            other => assert_eq!((other, stored.stage), ("withdrawn", Stage::Withdrawn)),
        }
    }
    let doubled: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM leaf WHERE request IS NOT NULL GROUP BY request, kind HAVING count(*) > 1)",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(doubled, 0);
    conn.close().await.unwrap();
    ledger.commit(vec![asked(random_id())]).await.unwrap();
    ledger.close().await;
}

#[tokio::test]
async fn nothing_that_was_told_is_lost_or_doubled_when_the_writer_is_killed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let mut all = Told::default();
    for round in 0..ROUNDS {
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let enough = all.commits.len() + usize::try_from(u64::from_le_bytes(random) % ANSWERS).unwrap();
        let mut child = start(&path, None);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while all.commits.len() <= enough && output.read_line(&mut line).unwrap() > 0 {
            all.read(&line);
            line.clear();
        }
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert!(!status.success(), "round {round}: it ended by itself: {:?}", all.failures);
        while output.read_line(&mut line).unwrap() > 0 {
            all.read(&line);
            line.clear();
        }
        assert_kept(&path, &all).await;
    }
    assert_eq!(all.failures, Vec::<String>::new());
    assert!(all.commits.len() >= ROUNDS);
}

/// A limit on the size of files stands in for a full disk: the system refuses the same write.
#[tokio::test]
async fn nothing_that_was_told_is_lost_when_there_is_no_room_left() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    open(&path).await.close().await;
    let mut child = start(&path, Some("trap '' XFSZ; ulimit -f 6000; exec \"$0\" \"$@\""));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut told, mut line) = (Told::default(), String::new());
    while output.read_line(&mut line).unwrap() > 0 {
        told.read(&line);
        line.clear();
    }
    child.wait().unwrap();
    assert!(told.commits.len() > 100, "{}", told.commits.len());
    assert_eq!(told.failures, vec!["ledger_io"; TASKS]);
    assert_kept(&path, &told).await;
}
