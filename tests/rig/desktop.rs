//! A desktop without a screen, of one test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::wait_for;

/// A display, a window manager, a tray, a session bus, a notification daemon and a keyring, private to one test.
pub struct Desktop {
    rig: Child,
    environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Desktop {
    /// All of it.
    pub fn start() -> Self {
        Self::without("")
    }

    /// All of it but the words in `without`: `keyring`, `notifications`, `panel`.
    pub fn without(without: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sayso-").tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("desktop");
        let mut rig = Command::new(script)
            .arg(folder.path().join("desktop"))
            .env("SAYSO_DESKTOP_WITHOUT", without)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(rig.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut environment = Vec::new();
        let mut ready = false;
        for line in lines {
            if line == "ready" {
                ready = true;
                break;
            }
            let (name, value) = line.split_once('=').unwrap();
            environment.push((name.to_owned(), value.to_owned()));
        }
        assert!(ready, "the desktop did not come up; its programs are installed by `cargo xtask test`");
        let desktop = Self { rig, environment, folder };
        std::fs::create_dir_all(desktop.home()).unwrap();
        desktop
    }

    /// The `SAYSO_HOME` of this test.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("sayso")
    }

    /// A folder of this test, made if it is not there.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Where the rig keeps its own: logs, the notification menu's `choice`.
    pub fn rig_folder(&self) -> PathBuf {
        self.folder.path().join("desktop")
    }

    /// A program that runs in this desktop.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear();
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.environment.iter().cloned()).env("SAYSO_HOME", self.home());
        command.stdin(Stdio::null());
        command
    }

    /// What a program printed; the test fails where it did.
    pub fn output(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What a program printed, where it went well.
    pub fn try_output(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = self.command(program).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The visible windows with the title `Sayso`.
    pub fn windows(&self) -> Vec<String> {
        let ids = self.try_output("xdotool", &["search", "--onlyvisible", "--name", "^Sayso$"]);
        ids.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    }

    /// Waits until the window stands.
    pub fn wait_for_window(&self) -> String {
        wait_for("the window", || self.windows().pop())
    }

    /// The tray items: bus name and object path.
    pub fn tray_items(&self) -> Vec<(String, String)> {
        let listed = self.try_output(
            "gdbus",
            &[
                "call",
                "--session",
                "--dest",
                "org.kde.StatusNotifierWatcher",
                "--object-path",
                "/StatusNotifierWatcher",
                "--method",
                "org.freedesktop.DBus.Properties.Get",
                "org.kde.StatusNotifierWatcher",
                "RegisteredStatusNotifierItems",
            ],
        );
        let listed = listed.unwrap_or_default();
        let items = listed.split('\'').filter(|part| part.contains('/'));
        items
            .filter_map(|item| item.find('/').map(|at| (item[..at].to_owned(), item[at..].to_owned())))
            .collect()
    }

    /// A screenshot of the whole screen.
    pub fn screenshot(&self, to: &Path) {
        self.output("import", &["-window", "root", to.to_str().unwrap()]);
    }

    /// The notifications shown or gone by so far: summary and body of each.
    pub fn notifications(&self) -> Vec<(String, String)> {
        let waiting: u32 = self
            .try_output("dunstctl", &["count", "displayed"])
            .and_then(|count| count.trim().parse().ok())
            .unwrap_or_default();
        // dunst tells the texts of those that are closed; a shown one is counted.
        let history = self.try_output("dunstctl", &["history"]).unwrap_or_default();
        let history: serde_json::Value = serde_json::from_str(&history).unwrap_or_default();
        let text =
            |row: &serde_json::Value, key: &str| row[key]["data"].as_str().unwrap_or_default().to_owned();
        let closed = history["data"][0].as_array().into_iter().flatten();
        let shown = (0..waiting).map(|_| (String::new(), String::new()));
        shown.chain(closed.map(|row| (text(row, "summary"), text(row, "body")))).collect()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        drop(self.rig.stdin.take());
        let _ = self.rig.wait();
    }
}
