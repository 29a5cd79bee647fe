//! The application in a desktop, and `sayso` as an agent runs it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::desktop::Desktop;
use crate::{programs, wait_for};

/// A running `sayso-desktop`.
pub struct App {
    child: Child,
}

impl App {
    /// Starts it to the tray alone and waits until it answers.
    pub fn hidden(desktop: &Desktop) -> Self {
        Self::start(desktop, &["--hidden"])
    }

    /// Starts it with these arguments and waits until it answers.
    pub fn start(desktop: &Desktop, arguments: &[&str]) -> Self {
        let mut command = desktop.command(programs().join("sayso-desktop"));
        let app = Self::spawn(desktop, command.args(arguments));
        wait_for("the application's answer", || status(desktop));
        app
    }

    /// Starts it to the tray without folders of its own, as a person's session would, and waits for its icon.
    pub fn of_the_session(desktop: &Desktop) -> Self {
        let mut command = desktop.command(programs().join("sayso-desktop"));
        let app = Self::spawn(desktop, command.arg("--hidden").env_remove("SAYSO_HOME"));
        wait_for("the tray item", || desktop.tray_items().pop());
        app
    }

    fn spawn(desktop: &Desktop, command: &mut Command) -> Self {
        let log =
            std::fs::File::options().create(true).append(true).open(desktop.home().join("app.log")).unwrap();
        Self { child: command.stdout(Stdio::null()).stderr(log).spawn().unwrap() }
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would: SIGKILL, nothing tidied.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `sayso status --json`, where the application answers. Never starts it.
pub fn status(desktop: &Desktop) -> Option<serde_json::Value> {
    if std::os::unix::net::UnixStream::connect(desktop.home().join("run/sayso.sock")).is_err() {
        return None;
    }
    let output = sayso(desktop).args(["status", "--json"]).output().unwrap();
    serde_json::from_slice(&output.stdout).ok()
}

/// The command, in this desktop.
pub fn sayso(desktop: &Desktop) -> Command {
    desktop.command(programs().join("sayso"))
}

/// A `sayso` that is still running.
pub struct Asking {
    child: Option<Child>,
}

impl Asking {
    /// Starts `sayso` with these arguments in this folder, in the background.
    pub fn start(desktop: &Desktop, folder: &Path, arguments: &[&str]) -> Self {
        Self::spawn(sayso(desktop), folder, arguments)
    }

    /// As [`Asking::start`], for a test that starts the application again itself: with `SAYSO_SOCKET` set, `sayso`
    /// waits for the socket and starts nothing.
    pub fn start_and_leave_starting_to_the_test(
        desktop: &Desktop,
        folder: &Path,
        arguments: &[&str],
    ) -> Self {
        let mut command = sayso(desktop);
        command.env("SAYSO_SOCKET", desktop.home().join("run/sayso.sock"));
        Self::spawn(command, folder, arguments)
    }

    /// The hook of `agent`, called in this folder as that agent calls it: with this on its standard input.
    pub fn hook(desktop: &Desktop, folder: &Path, agent: &str, call: &serde_json::Value) -> Self {
        let mut command = sayso(desktop);
        command.args(["hook", agent]).current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(call.to_string().as_bytes()).unwrap();
        Self { child: Some(child) }
    }

    fn spawn(mut sayso: Command, folder: &Path, arguments: &[&str]) -> Self {
        sayso.args(arguments).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { child: Some(sayso.spawn().unwrap()) }
    }

    /// Whether it still runs.
    pub fn is_blocked(&mut self) -> bool {
        self.child.as_mut().unwrap().try_wait().unwrap().is_none()
    }

    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Ends it as a crash would.
    pub fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Waits for its end.
    pub fn end(mut self) -> Output {
        self.child.take().unwrap().wait_with_output().unwrap()
    }

    /// Waits for its end: exit status and what `--json` printed.
    pub fn end_json(self) -> (i32, serde_json::Value) {
        let output = self.end();
        let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| {
            panic!(
                "no JSON ({e}): {}\n{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        });
        (output.status.code().unwrap(), json)
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
