//! Real servers for tests: each on a port and in a folder of its own, started by the test and ended with it.
//!
//! Invariants: only loopback. A server ends when what started it is dropped or dies, by its own pid. Where a server's
//! program is missing the test fails and says which package brings it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "for tests alone")]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) mod mariadb;
pub(crate) mod moto;
pub(crate) mod postgres;
pub(crate) mod redis;
pub(crate) mod sqlite;

/// Whom servers run as where the test runs as root: most of them refuse root.
const NOBODY: &str = "nobody";

/// Starts what stands in its arguments, ends it when its input is closed: also where the test is killed.
const LEASH: &str =
    r#"signal=$1; shift; "$@" & server=$!; read -r _; kill -"$signal" "$server"; wait "$server""#;

/// A server that runs.
pub(crate) struct Running {
    leash: Child,
}

impl Running {
    /// Runs `server` and waits until it writes a line with `ready` in it. The rest of its words are thrown away.
    pub(crate) fn start(server: &[String], ready: &str) -> Self {
        Self::start_ended_by("INT", server, ready)
    }

    /// As [`Running::start`], for a server that another signal ends in good order.
    pub(crate) fn start_ended_by(signal: &str, server: &[String], ready: &str) -> Self {
        let mut leash = Command::new("sh")
            .args(["-c", LEASH, "sh", signal])
            .args(server)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(leash.stderr.take().unwrap()).lines();
        let mut said = String::new();
        loop {
            let Some(Ok(line)) = lines.next() else { panic!("{} ended: {said}", server.join(" ")) };
            if line.contains(ready) {
                break;
            }
            said.push_str(&line);
            said.push('\n');
        }
        std::thread::spawn(move || lines.for_each(drop));
        Self { leash }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.leash.stdin.take());
        let _ = self.leash.wait();
    }
}

/// The words before a program that must not run as root; none where this is not root.
pub(crate) fn unprivileged() -> Vec<String> {
    if !is_root() {
        return Vec::new();
    }
    let group = id("-gn");
    [
        "setpriv".to_owned(),
        format!("--reuid={NOBODY}"),
        format!("--regid={group}"),
        "--clear-groups".to_owned(),
        "--".to_owned(),
    ]
    .to_vec()
}

/// Gives a folder to whom servers run as.
pub(crate) fn hand_over(folder: &Path) {
    if is_root() {
        let number = |flag: &str| Some(id(flag).parse().unwrap());
        std::os::unix::fs::chown(folder, number("-u"), number("-g")).unwrap();
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

fn id(flag: &str) -> String {
    let output = Command::new("id").args([flag, NOBODY]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A port of loopback that nobody has now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of a package: in `PATH`, or in one of the folders that match.
pub(crate) fn program(name: &str, folders: &[PathBuf], package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders.iter().cloned().chain(std::env::split_paths(&path)).map(|folder| folder.join(name));
    let mut found = found.filter(|program| program.is_file());
    found.next().unwrap_or_else(|| panic!("{name} is missing: install the package {package}"))
}
