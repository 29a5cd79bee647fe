//! From an ask until its card stands with every fact settled, where there is much to ask: a server with a thousand
//! tables, a folder of two hundred thousand files, a history of fifty thousand commits.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sayso_tests::{App, Asking, Desktop, git, status, wait_for};

use crate::{ms, quantile};
use servers::postgres::Postgres;

/// The servers of the collectors' own tests.
#[path = "../../crates/facts/tests/rig/mod.rs"]
mod servers;

const RUNS: usize = 5;
const TABLES: usize = 1_000;
const FILES: usize = 200_000;
const FILES_OF_ONE_FOLDER: usize = 500;
const COMMITS: usize = 50_000;

/// As in `start.rs`: a card that ended gives way after a moment, which is meant.
const GIVES_WAY: Duration = Duration::from_secs(2);

pub(crate) fn settled_cards() {
    let desktop = Desktop::without("notifications");
    let server = a_thousand_tables();
    let many_files = two_hundred_thousand_files(&desktop);
    let long_history = fifty_thousand_commits(&desktop);
    let _app = App::start(&desktop, &[]);
    desktop.wait_for_window();
    let url = server.url("shop");
    let home = &desktop.rig_folder();
    measured(&desktop, "1,000 tables, DROP TABLE", home, &["psql", &url, "-c", "DROP TABLE t1"]);
    measured(&desktop, "1,000 tables, DROP DATABASE", home, &["psql", &url, "-c", "DROP DATABASE shop"]);
    measured(&desktop, "200,000 files, rm -rf", &many_files, &["rm", "-rf", "uploads"]);
    measured(
        &desktop,
        "50,000 commits, push --force",
        &long_history,
        &["git", "push", "--force", "origin", "main"],
    );
    measured(
        &desktop,
        "50,000 commits, reset --hard",
        &long_history,
        &["git", "reset", "--hard", "HEAD~49000"],
    );
}

/// The median of a few asks: the card painted, and painted with its facts settled.
fn measured(desktop: &Desktop, what: &str, folder: &Path, command: &[&str]) {
    let (mut up, mut settled): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let before = Painted::of(desktop);
        let started = Instant::now();
        let asking = Asking::start(desktop, folder, &[&["ask", "--"], command].concat());
        wait_for("the painted card", || (Painted::of(desktop).cards > before.cards).then_some(()));
        up.push(started.elapsed());
        wait_for("its settled facts", || (Painted::of(desktop).settled > before.settled).then_some(()));
        settled.push(started.elapsed());
        asking.kill();
        wait_for("an empty queue", || (status(desktop)?["waiting"] == 0).then_some(()));
        std::thread::sleep(GIVES_WAY);
    }
    let (up, slowest) = (quantile(&mut up, 0.5), quantile(&mut settled, 1.0));
    let settled = quantile(&mut settled, 0.5);
    println!(
        "  {what:<30} card median {:>4.0} ms, settled {:>4.0} ms ({:.1}x), slowest {:.0} ms",
        ms(up),
        ms(settled),
        ms(settled) / ms(up),
        ms(slowest)
    );
}

/// How many lines of the application say that a card was painted.
struct Painted {
    cards: usize,
    settled: usize,
}

impl Painted {
    fn of(desktop: &Desktop) -> Self {
        let log = fs::read_to_string(desktop.home().join("app.log")).unwrap_or_default();
        let painted = log.lines().filter(|line| line.contains("painted"));
        let settled = painted.clone().filter(|line| line.contains("true")).count();
        Self { cards: painted.count(), settled }
    }
}

fn a_thousand_tables() -> Postgres {
    let server = Postgres::start(&[]);
    server.sql("postgres", "CREATE DATABASE shop");
    let mut make = String::new();
    for n in 0..TABLES {
        writeln!(
            make,
            "CREATE TABLE t{n} (id int PRIMARY KEY, note text); INSERT INTO t{n} VALUES (1, 'a');"
        )
        .unwrap();
    }
    server.sql("shop", &format!("{make}ANALYZE;"));
    server
}

fn two_hundred_thousand_files(desktop: &Desktop) -> PathBuf {
    let shop = desktop.folder("many-files");
    fs::write(shop.join("README.md"), "# Shop\n").unwrap();
    git(&shop, &["init", "--quiet", "--initial-branch", "main"]);
    git(&shop, &["add", "."]);
    git(&shop, &["commit", "--quiet", "-m", "The shop"]);
    for folder in 0..FILES / FILES_OF_ONE_FOLDER {
        let folder = shop.join(format!("uploads/{folder:03}"));
        fs::create_dir_all(&folder).unwrap();
        for file in 0..FILES_OF_ONE_FOLDER {
            fs::write(folder.join(format!("{file:03}.pdf")), "an invoice\n").unwrap();
        }
    }
    shop
}

/// A repository with a remote that has another commit where this one's history stands.
fn fifty_thousand_commits(desktop: &Desktop) -> PathBuf {
    let (shop, remote) = (desktop.folder("long-history"), desktop.folder("remote.git"));
    git(&remote, &["init", "--quiet", "--bare", "--initial-branch", "main"]);
    git(&shop, &["init", "--quiet", "--initial-branch", "main"]);
    let mut stream = String::new();
    for n in 0..COMMITS {
        write!(
            stream,
            "commit refs/heads/main\ncommitter Anna <anna@acme.example> {} +0000\ndata 6\nWork.\n\
             M 100644 inline {}/file-{}.js\ndata {}\n{n:08}\n\n",
            1_700_000_000 + n,
            n % 40,
            n % 1_000,
            9
        )
        .unwrap();
    }
    let mut import = Command::new("git");
    import.args(["fast-import", "--quiet"]).current_dir(&shop).stdin(Stdio::piped());
    let mut child = import.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    git(&shop, &["reset", "--quiet", "--hard"]);
    git(&shop, &["remote", "add", "origin", &remote.display().to_string()]);
    git(&shop, &["push", "--quiet", "origin", "main"]);
    // Another thousand stand at the remote and not here: what a push by force throws away.
    git(&shop, &["reset", "--quiet", "--hard", "HEAD~1000"]);
    git(&shop, &["commit", "--quiet", "--allow-empty", "-m", "Another way"]);
    shop
}
