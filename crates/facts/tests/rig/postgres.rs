//! A PostgreSQL server.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};

use super::Running;

const PACKAGE: &str = "postgresql";
/// The superuser of every server here, and its password.
pub(crate) const USER: &str = "keeper";
pub(crate) const PASSWORD: &str = "a-long-and-odd-word";

/// A server with its folder. By TCP it wants the password, by its socket it trusts.
pub(crate) struct Postgres {
    _running: Running,
    folder: tempfile::TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
}

impl Postgres {
    /// One server for all tests that run at the same time. Each takes a database of its own.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start(&[]));
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// A new server with these settings.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
            .unwrap_or_default();
        folders.sort();
        folders.reverse();
        let programs = super::program("initdb", &folders, PACKAGE);
        let programs = programs.parent().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        super::hand_over(folder.path());
        let secret = folder.path().join("word");
        fs::write(&secret, PASSWORD).unwrap();
        super::hand_over(&secret);
        let (port, place) = (super::free_port(), folder.path().display().to_string());
        let words = |program: &str, args: &str| -> Vec<String> {
            let program = programs.join(program).display().to_string();
            let args = args.split(' ').map(str::to_owned);
            super::unprivileged().into_iter().chain([program]).chain(args).collect()
        };
        let options = format!(
            "-D {place}/data -U {USER} --pwfile={} --auth-local=trust --auth-host=scram-sha-256 --no-sync -E UTF8 \
             --no-locale",
            secret.display()
        );
        let make = words("initdb", &options);
        let output = Command::new(&make[0]).args(&make[1..]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut server = words(
            "postgres",
            &format!("-D {place}/data -p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"),
        );
        for (name, value) in settings {
            server.extend(["-c".to_owned(), format!("{name}={value}")]);
        }
        let running = Running::start(&server, "ready to accept connections");
        Self { _running: running, folder, programs, port }
    }

    /// The folder that its socket and its files lie in.
    pub(crate) fn folder(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// A connection string with the password in it.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        let port = self.port.to_string();
        command.args(["-h", &self.folder(), "-p", &port, "-U", USER, "-d", database]).env_clear();
        command
    }

    /// Runs statements, each by itself; what they answer, unadorned.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let mut client = self.client("psql", database);
        client.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        let mut child =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{statements}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Every row, table and right of a database, as text.
    pub(crate) fn dump(&self, database: &str) -> String {
        let output = self.client("pg_dump", database).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        // A word that is drawn anew for each dump.
        text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
    }

    /// Backs the server up with pgBackRest, as the stanza `shop`. The program that knows of it.
    pub(crate) fn backed_up(&self) -> PathBuf {
        let pgbackrest = super::program("pgbackrest", &[], "pgbackrest").display().to_string();
        let place = self.folder();
        let path = |name: &str| self.folder.path().join(name);
        for name in ["repository", "log", "lock"] {
            fs::create_dir(path(name)).unwrap();
            super::hand_over(&path(name));
        }
        let settings = format!(
            "[global]\nrepo1-path={place}/repository\nlog-path={place}/log\nlock-path={place}/lock\n\
             archive-check=n\nstart-fast=y\n[shop]\npg1-path={place}/data\npg1-socket-path={place}\n\
             pg1-port={}\npg1-user={USER}\n",
            self.port
        );
        fs::write(path("pgbackrest.conf"), settings).unwrap();
        let of_shop = format!("--config={place}/pgbackrest.conf --stanza=shop");
        for task in ["stanza-create", "backup --type=full"] {
            let mut words = super::unprivileged();
            words.push(pgbackrest.clone());
            words.extend(format!("{of_shop} {task}").split(' ').map(str::to_owned));
            let output = Command::new(&words[0]).args(&words[1..]).env_clear().output().unwrap();
            assert!(output.status.success(), "{task}: {}", String::from_utf8_lossy(&output.stdout));
        }
        let program = path("pgbackrest");
        fs::write(
            &program,
            format!("#!/bin/sh\nexec {pgbackrest} --config={place}/pgbackrest.conf \"$@\"\n"),
        )
        .unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    /// A client that has run `statement` in a transaction and keeps it open until it is dropped.
    pub(crate) fn hold(&self, database: &str, statement: &str) -> Held {
        let mut client = self.client("psql", database);
        let client = client.args(["-X", "-q", "-A", "-t"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = client.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "BEGIN; {statement}; SELECT 'held';").unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "held");
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
