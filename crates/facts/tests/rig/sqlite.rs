//! SQLite files, written by SQLite's own program.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

const PACKAGE: &str = "sqlite3";

fn program() -> Command {
    let mut command = Command::new(super::program("sqlite3", &[], PACKAGE));
    command.env_clear();
    command
}

/// Runs statements on a file; what they answer, unadorned.
pub(crate) fn sql(file: &Path, statements: &str) -> String {
    let mut child = program()
        .args(["-batch", "-bail", "-init", "/dev/null"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A program that has run `statements` on a file and keeps it open until it is dropped.
pub(crate) fn hold(file: &Path, statements: &str) -> Held {
    let mut child = program()
        .args(["-batch", "-init", "/dev/null"])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{statements}\n.print held").unwrap();
    input.flush().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "held"));
    Held { child, input: Some(input) }
}

/// An open file.
pub(crate) struct Held {
    child: Child,
    input: Option<ChildStdin>,
}

impl Held {
    /// Ends the program as a crash would: what it wrote beside the file stays there.
    pub(crate) fn crash(mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
