//! A MariaDB server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use super::Running;

const PACKAGE: &str = "mariadb-server";
/// The login of every server here that may do everything, and its password.
pub(crate) const USER: &str = "keeper";
pub(crate) const PASSWORD: &str = "another-long-and-odd-word";

/// A server with its folder. By TCP it wants the password; by its socket root needs none.
pub(crate) struct MariaDb {
    _running: Running,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl MariaDb {
    /// One server for all tests that run at the same time. Each takes a database of its own.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<MariaDb>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start(&[]));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A new server with these options.
    pub(crate) fn start(options: &[&str]) -> Self {
        let folders = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/libexec")];
        let install = super::program("mariadb-install-db", &[], PACKAGE).display().to_string();
        let server = super::program("mariadbd", &folders, PACKAGE).display().to_string();
        let folder = tempfile::tempdir().unwrap();
        super::hand_over(folder.path());
        let (port, place) = (super::free_port(), folder.path().display().to_string());
        let words = |program: &str, args: &str| -> Vec<String> {
            let args = args.split(' ').map(str::to_owned);
            super::unprivileged().into_iter().chain([program.to_owned()]).chain(args).collect()
        };
        let make = format!(
            "--no-defaults --datadir={place}/data --auth-root-authentication-method=normal --skip-test-db"
        );
        let make = words(&install, &make);
        let output = Command::new(&make[0]).args(&make[1..]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut run = words(
            &server,
            &format!(
                "--no-defaults --datadir={place}/data --socket={place}/socket --port={port} \
                 --bind-address=127.0.0.1 --pid-file={place}/pid --innodb-flush-log-at-trx-commit=0 \
                 --innodb-flush-method=nosync --skip-name-resolve"
            ),
        );
        run.extend(options.iter().map(|option| (*option).to_owned()));
        let running = Running::start_ended_by("TERM", &run, "ready for connections");
        let started = Self { _running: running, folder, port };
        started.sql(
            "",
            &format!(
                "CREATE USER {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; \
                 GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION;"
            ),
        );
        started
    }

    /// The folder that its socket and its files lie in.
    pub(crate) fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// A connection string with the password in it.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("mysql://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    fn client(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(super::program(program, &[], PACKAGE));
        command.args(["--no-defaults", "-S", &format!("{}/socket", self.folder()), "-u", "root"]);
        command.args(args).env_clear();
        command
    }

    /// Runs statements, each by itself; what they answer, unadorned.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let mut client = self.client("mariadb", &["-N", "-B", "-A"]);
        if !database.is_empty() {
            client.arg(database);
        }
        let mut child =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Every row, table, trigger and routine of a database, as text.
    pub(crate) fn dump(&self, database: &str) -> String {
        let options = ["--skip-dump-date", "--routines", "--events", "--triggers", database];
        let output = self.client("mariadb-dump", &options).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A program that follows the binary log as a replica does, until it is dropped.
    pub(crate) fn follow(&self) -> Follower {
        let options = ["--read-from-remote-server", "--stop-never", "--raw", "-r"];
        let copy = format!("{}/copy-", self.folder());
        let mut client = self.client("mariadb-binlog", &options);
        let log = self.sql("", "SHOW BINARY LOGS");
        let first = log.split_whitespace().next().unwrap();
        let child = client.args([&copy, first]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let seen = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'";
        let follower = Follower { child };
        while self.sql("", seen) == "0" {}
        follower
    }

    /// A client that has run `statement` in a transaction and keeps it open until it is dropped.
    pub(crate) fn hold(&self, database: &str, statement: &str) -> Held {
        let mut client = self.client("mariadb", &["-N", "-B", "-A", "-n", database]);
        let mut child = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "BEGIN; {statement}; SELECT 'held';").unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "held"));
        Held { child, input: Some(input) }
    }
}

/// An open transaction.
pub(crate) struct Held {
    child: Child,
    input: Option<ChildStdin>,
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// A program that follows.
pub(crate) struct Follower {
    child: Child,
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
