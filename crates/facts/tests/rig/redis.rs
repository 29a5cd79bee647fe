//! A Redis server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::Running;

const PACKAGE: &str = "redis-server";
/// The password of every server here.
pub(crate) const PASSWORD: &str = "a-third-long-and-odd-word";

/// A server with its folder. It wants the password, and saves nothing by itself.
pub(crate) struct Redis {
    _running: Running,
    folder: tempfile::TempDir,
    pub(crate) port: u16,
}

impl Redis {
    /// A new server with these options.
    pub(crate) fn start(options: &[&str]) -> Self {
        let program = super::program("redis-server", &[], PACKAGE).display().to_string();
        let folder = tempfile::tempdir().unwrap();
        super::hand_over(folder.path());
        let (port, place) = (super::free_port(), folder.path().display().to_string());
        let mut words = super::unprivileged();
        // What it has to say goes to its standard output.
        words.extend(["sh", "-c", "exec \"$@\" 1>&2", "sh", &program].map(str::to_owned));
        let own = format!(
            "--port {port} --bind 127.0.0.1 --dir {place} --unixsocket {place}/socket --requirepass {PASSWORD} \
             --enable-debug-command yes"
        );
        words.extend(own.split_ascii_whitespace().map(str::to_owned));
        words.extend(["--save".to_owned(), String::new()]);
        words.extend(options.iter().map(|option| (*option).to_owned()));
        let running = Running::start(&words, "Ready to accept connections");
        Self { _running: running, folder, port }
    }

    /// The folder that its socket and its files lie in.
    pub(crate) fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Sends commands, one a line; what is answered.
    pub(crate) fn send(&self, database: u32, commands: &str) -> String {
        let mut child = Command::new(super::program("redis-cli", &[], "redis-tools"))
            .args(["-p", &self.port.to_string(), "-n", &database.to_string()])
            .env_clear()
            .env("REDISCLI_AUTH", PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && !text.contains("ERR "), "{commands}: {text}");
        text.trim().to_owned()
    }

    /// Every key of every database with its value as one digest, what was changed since the last save, and when a
    /// key was last used.
    pub(crate) fn state(&self) -> String {
        let info = self.send(0, "INFO persistence\nINFO keyspace\n");
        let of_keys = |line: &&str| {
            ["rdb_changes", "rdb_saves", "aof_current_size", "db"].iter().any(|name| line.starts_with(name))
        };
        // How long keys still live runs on by itself.
        let lines = info.lines().map(|line| line.split(",avg_ttl").next().unwrap_or(line).trim());
        let lines: Vec<&str> = lines.filter(of_keys).collect();
        format!("{} {}", self.send(0, "DEBUG DIGEST"), lines.join(" "))
    }
}
