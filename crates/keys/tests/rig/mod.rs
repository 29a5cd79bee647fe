//! A desktop session for a test: a session bus and a gnome-keyring of its own, in folders of its own.
//!
//! The address of the session bus is a matter of the whole process, so a test that needs a session runs itself
//! again inside one: [`inside`] starts the session, starts this test binary with the session's environment for that
//! one test, and fails if that fails. Nothing touches the session that the tests are started from.
//!
//! Needs the Debian packages [`PACKAGES`]; says so where one is missing.

use std::fs::{DirBuilder, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Names the session's folder inside a session; absent outside.
const SESSION: &str = "SAYSO_TEST_SESSION";

/// What a test with a session needs on Debian.
const PACKAGES: &str = "dbus gnome-keyring gcr libsecret-tools libglib2.0-bin xvfb xdotool";

/// The password of the login keyring.
pub(crate) const PASSWORD: &str = "login password";

/// How xdotool finds the window in which the keyring asks.
const PROMPT: &[&str] = &["search", "--onlyvisible", "--class", "gcr-prompter"];

/// How long one test may take inside its session. A working one takes a second or two.
const LIMIT: &str = "120s";

/// What the session offers in the way of a keychain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyring {
    /// No session bus at all.
    NoBus,
    /// A bus on which nothing keeps secrets.
    NoService,
    /// The service starts when called, but there is no keyring: nobody ever logged in with a password.
    NeverSetUp,
    /// A login keyring, unlocked. Once locked it cannot ask for its password.
    Unlocked,
    /// The same with a display, on which it can ask.
    UnlockedOnDisplay,
}

/// The session that this process runs in.
pub(crate) struct Session {
    home: PathBuf,
}

/// Runs `body` inside a session of its own. `test` is the name of the calling test, as `cargo test` prints it.
pub(crate) fn inside(test: &str, keyring: Keyring, body: impl FnOnce(&Session)) {
    if let Some(home) = std::env::var_os(SESSION) {
        let session = Session { home: home.into() };
        body(&session);
        File::create(session.home.join("ran")).unwrap();
        return;
    }
    let desktop = Desktop::start(keyring);
    let itself = std::env::current_exe().unwrap();
    let output = desktop
        .command("timeout")
        .arg(LIMIT)
        .arg(itself)
        .args(["--exact", test, "--nocapture", "--include-ignored"])
        .env(SESSION, desktop.home())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output));
    assert!(desktop.home().join("ran").exists(), "no test is named {test}");
}

fn told(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

impl Session {
    /// A folder for Sayso's data, empty at first.
    pub(crate) fn data(&self) -> PathBuf {
        self.home.join("sayso")
    }

    /// Takes what stands under this account of the service `sayso` out of the keychain.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn clear(&self, account: &str) {
        let output = run("secret-tool", &["clear", "--", "service", "sayso", "username", account], "");
        assert!(output.status.success(), "{}", told(&output));
    }

    /// Puts `secret` under this account of the service `sayso`.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn store(&self, account: &str, secret: &str) {
        let words = ["store", "--label=test", "--", "service", "sayso", "username", account];
        let output = run("secret-tool", &words, secret);
        assert!(output.status.success(), "{}", told(&output));
    }

    /// What stands under this account of the service `sayso`, if anything.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn lookup(&self, account: &str) -> Option<String> {
        let output = run("secret-tool", &["lookup", "--", "service", "sayso", "username", account], "");
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    }

    /// How many entries the service `sayso` has.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn entries(&self) -> usize {
        let output = run("secret-tool", &["search", "--all", "--", "service", "sayso"], "");
        String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with("secret =")).count()
    }

    /// Locks the login keyring.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn lock(&self) {
        let words = "call --session --dest org.freedesktop.secrets --object-path /org/freedesktop/secrets --method \
                     org.freedesktop.Secret.Service.Lock ['/org/freedesktop/secrets/collection/login']";
        let output = run("gdbus", &words.split(' ').collect::<Vec<_>>(), "");
        assert!(output.status.success(), "{}", told(&output));
    }

    /// Waits until the keyring asks for its password.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn await_prompt(&self) {
        assert!(
            run("xdotool", &["search", "--sync", "--onlyvisible", "--class", "gcr-prompter"], "")
                .status
                .success(),
            "no prompt"
        );
    }

    /// Types a line into the prompt, in place of what stands there. A prompt that has gone takes nothing.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn type_line(&self, line: &str) {
        let words = [PROMPT, &["windowfocus", "key", "ctrl+a", "type", "--delay", "10", line]].concat();
        run("xdotool", &words, "");
        run("xdotool", &[PROMPT, &["windowfocus", "key", "Return"]].concat(), "");
    }

    /// Closes the prompt.
    #[expect(clippy::unused_self, reason = "there is a session only inside one")]
    pub(crate) fn press_escape(&self) {
        run("xdotool", &[PROMPT, &["windowfocus", "key", "Escape"]].concat(), "");
    }

    /// Makes the keyring's daemon stand still, or go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let pid = std::fs::read_to_string(self.home.join("keyring.pid")).unwrap();
        let signal = if frozen { "-STOP" } else { "-CONT" };
        assert!(run("kill", &[signal, &pid], "").status.success());
    }
}

fn run(program: &str, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| missing(program, &e));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn missing(program: &str, error: &std::io::Error) -> ! {
    panic!("{program} does not start ({error}); install {PACKAGES}")
}

/// The session seen from outside: its folders, its bus and its keyring. Ends all of it when dropped.
struct Desktop {
    folder: tempfile::TempDir,
    /// The X server and its display.
    display: Option<(Child, String)>,
    /// The bus and its address.
    bus: Option<(Child, String)>,
    keyring: Option<Child>,
}

impl Desktop {
    fn start(keyring: Keyring) -> Self {
        let folder = tempfile::Builder::new().prefix("sayso-session-").tempdir().unwrap();
        for name in ["run", "data", "config", "cache", "empty"] {
            DirBuilder::new().mode(0o700).create(folder.path().join(name)).unwrap();
        }
        let mut desktop = Self { folder, display: None, bus: None, keyring: None };
        if keyring == Keyring::UnlockedOnDisplay {
            desktop.start_display();
        }
        if keyring != Keyring::NoBus {
            desktop.start_bus(keyring);
        }
        if matches!(keyring, Keyring::Unlocked | Keyring::UnlockedOnDisplay) {
            desktop.start_keyring();
        }
        desktop
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    /// A command that sees this session and nothing of the one around it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.home().join("run"))
            .env("XDG_DATA_HOME", self.home().join("data"))
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .env("XDG_CACHE_HOME", self.home().join("cache"));
        for name in ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "GNOME_KEYRING_CONTROL"] {
            command.env_remove(name);
        }
        // The prompt would start an accessibility bus, which outlives the session.
        command.env("NO_AT_BRIDGE", "1");
        if let Some((_, display)) = &self.display {
            command.env("DISPLAY", display);
        }
        if let Some((_, address)) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", address);
        }
        command
    }

    fn start_display(&mut self) {
        let (server, number) = self
            .start_and_read("Xvfb", &["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", "800x600x24"]);
        self.display = Some((server, format!(":{number}")));
    }

    /// Starts a program and reads the first line that it prints.
    fn start_and_read(&self, program: &str, words: &[&str]) -> (Child, String) {
        let mut child = self
            .command(program)
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| missing(program, &e));
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{program} does not come up");
        (child, line.trim().to_owned())
    }

    fn start_bus(&mut self, keyring: Keyring) {
        let mut kind = "--session".to_owned();
        if keyring == Keyring::NoService {
            // The usual bus starts whatever is installed on this machine; this one knows no service.
            let config = self.home().join("bus.conf");
            std::fs::write(&config, BARE_BUS.replace("FOLDER", &self.home().join("run").to_string_lossy()))
                .unwrap();
            kind = format!("--config-file={}", config.display());
        }
        self.bus = Some(self.start_and_read("dbus-daemon", &["--nofork", "--print-address", &kind]));
    }

    fn start_keyring(&mut self) {
        let mut keyring = self
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| missing("gnome-keyring-daemon", &e));
        // The end of the input is the end of the password.
        keyring.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        std::fs::write(self.home().join("keyring.pid"), keyring.id().to_string()).unwrap();
        self.keyring = Some(keyring);
        let there = self
            .command("gdbus")
            .args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"])
            .status()
            .unwrap_or_else(|e| missing("gdbus", &e));
        assert!(there.success(), "the keyring does not come up");
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // A keyring or a prompt that the bus itself started goes when the bus goes.
        let (bus, display) = (self.bus.take(), self.display.take());
        let others = [bus, display].into_iter().flatten().map(|(child, _)| child);
        for mut child in self.keyring.take().into_iter().chain(others) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=FOLDER</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;
