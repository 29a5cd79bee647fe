//! `cargo xtask run`: the first thing a newcomer sees is a real card on the request that deleted a company's data.
//!
//! Invariants: it keeps to a folder of its own (`target/practice`) and to a stand-in of the provider on this machine.
//! Nothing of the person's own Sayso, if there is one, is touched, and the practice action is asked for and never run.

/// The provider's stand-in, which the tests use too.
#[path = "../../crates/facts/tests/rig/railway.rs"]
mod railway;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use self::railway::{Manner, Railway, TOKEN, VOLUME};
use crate::packages;
use crate::steps::{Outcome, build_ui, cargo, output, program, root, step, target};

/// How long the practice request waits where nobody can see it.
const UNSEEN_WAIT: &str = "15s";

/// How long it waits for a person.
const WAIT: &str = "5m";

/// How old the dump is.
const THREE_MONTHS: Duration = Duration::from_hours(24 * 95);

/// Installs, builds, starts, asks.
pub(crate) fn run(yes: bool, screenshot: &Path) -> Outcome {
    let seen = std::env::var_os("DISPLAY").is_some() || std::env::var_os("WAYLAND_DISPLAY").is_some();
    packages::for_running(yes, !seen)?;
    build_ui()?;
    step("Build", &mut cargo(["build", "--locked", "-p", "sayso-desktop", "-p", "sayso-cli"]))?;
    let practice = Practice::lay_out()?;
    if seen {
        return practice.with_a_person();
    }
    println!("\nThere is no display here, so this runs on a virtual one.");
    practice.unseen(screenshot)
}

struct Practice {
    home: PathBuf,
    folder: PathBuf,
    programs: PathBuf,
    railway: Railway,
}

impl Practice {
    /// A folder on a staging branch, a provider with a production volume, and one dump of it elsewhere, three months old.
    fn lay_out() -> Outcome<Self> {
        let practice = target().join("practice");
        let _ = fs::remove_dir_all(&practice);
        let (home, folder) = (practice.join("sayso"), practice.join("pocketos"));
        let dump = practice.join("dumps/pocketos.sql.gz");
        let write = |path: &Path, text: &str| -> Outcome {
            let above = path.parent().unwrap_or(&practice);
            fs::create_dir_all(above)
                .and_then(|()| fs::write(path, text))
                .map_err(|e| format!("{}: {e}", path.display()))
        };
        let dumps = practice.join("dumps");
        let config =
            format!("[backups.pocketos]\nof = [\"volume postgres-data\"]\ndumps = \"{}\"\n", dumps.display());
        write(&home.join("sayso.toml"), &config)?;
        write(&folder.join("login.js"), "export const login = () => fetch('/session');\n")?;
        write(&dump, "a dump\n")?;
        // The file that the token was found in, of another project.
        write(&practice.join("domains/.env"), &format!("RAILWAY_TOKEN={TOKEN}\n"))?;
        fs::File::options()
            .write(true)
            .open(&dump)
            .and_then(|file| file.set_modified(SystemTime::now() - THREE_MONTHS))
            .map_err(|e| format!("{}: {e}", dump.display()))?;
        let git = |arguments: &[&str]| {
            let identity = ["-c", "user.name=Practice", "-c", "user.email=practice@example.com"];
            output(Command::new("git").args(identity).args(arguments).current_dir(&folder))
        };
        git(&["init", "--quiet", "--initial-branch", "fix/staging-login"])?;
        git(&["add", "."])?;
        git(&["commit", "--quiet", "-m", "Login"])?;
        let railway = Railway::start(Manner::Plain).map_err(|e| format!("the stand-in of Railway: {e}"))?;
        Ok(Self { home, folder, programs: target().join("debug"), railway })
    }

    fn desktop(&self, environment: &[(String, String)]) -> Outcome<Child> {
        let mut command = Command::new(self.programs.join("sayso-desktop"));
        command.env("SAYSO_HOME", &self.home).envs(environment.iter().cloned()).stdin(Stdio::null());
        command.spawn().map_err(|e| format!("sayso-desktop could not be started: {e}"))
    }

    fn ask(&self, environment: &[(String, String)], wait: &str) -> Outcome<ExitStatus> {
        let mut command = Command::new(self.programs.join("sayso"));
        command.args([
            "ask",
            "--agent",
            "Practice agent",
            "--claim",
            "environment=staging",
            "--timeout",
            wait,
        ]);
        let document = format!("mutation {{ volumeDelete(volumeId: \"{VOLUME}\") }}");
        command.args([
            "--reason",
            "Start the login fix on an empty volume",
            "--",
            "curl",
            "-sS",
            "-X",
            "POST",
        ]);
        command.args([self.railway.url(), "-H".to_owned(), format!("Authorization: Bearer {TOKEN}")]);
        command.args(["-H", "Content-Type: application/json", "-d"]);
        command.arg(serde_json::json!({ "query": document }).to_string());
        command.current_dir(&self.folder).env("SAYSO_HOME", &self.home).envs(environment.iter().cloned());
        command.status().map_err(|e| format!("sayso could not be started: {e}"))
    }

    fn with_a_person(&self) -> Outcome {
        let mut desktop = self.desktop(&[])?;
        println!(
            "\nSayso runs in your tray. A practice request is on its way: look at the card, then decide."
        );
        println!("Whatever you decide, nothing is deleted: it only asks.");
        let asked = self.ask(&[], WAIT)?;
        println!("\n`sayso ask` ended with {asked}. Sayso stays in your tray; Quit is in its menu.");
        desktop.wait().map(|_| ()).map_err(|e| e.to_string())
    }

    fn unseen(&self, screenshot: &Path) -> Outcome {
        let mut rig = program("tests/desktop", [self.home.with_file_name("desktop")]);
        let mut rig = rig
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("the virtual display could not be started: {e}"))?;
        let outcome =
            read_environment(&mut rig).and_then(|environment| self.on_virtual(&environment, screenshot));
        drop(rig.stdin.take());
        let _ = rig.wait();
        outcome
    }

    fn on_virtual(&self, environment: &[(String, String)], screenshot: &Path) -> Outcome {
        let mut desktop = self.desktop(environment)?;
        let outcome = std::thread::scope(|scope| {
            let asking = scope.spawn(|| self.ask(environment, UNSEEN_WAIT));
            let taken = take_screenshot(environment, screenshot);
            let asked = asking.join().map_err(|_| "the asking thread ended early".to_owned())??;
            taken?;
            println!(
                "\nThe practice request ran into its time limit, as it should: `sayso ask` ended with {asked}."
            );
            println!("The card as a person would have seen it: {}", screenshot.display());
            match asked.code() {
                Some(3) if self.railway.volume_is_there() => Ok(()),
                Some(3) => Err("the volume is gone, though nobody approved it".to_owned()),
                _ => Err(format!("`sayso ask` was to end with 3, not {asked}")),
            }
        });
        let _ = desktop.kill();
        let _ = desktop.wait();
        outcome
    }
}

/// The rig's `NAME=VALUE` lines, up to `ready`.
pub(crate) fn read_environment(rig: &mut Child) -> Outcome<Vec<(String, String)>> {
    let lines = rig.stdout.take().ok_or("the virtual display has no output")?;
    let mut environment = Vec::new();
    for line in BufReader::new(lines).lines() {
        let line = line.map_err(|e| e.to_string())?;
        if line == "ready" {
            return Ok(environment);
        }
        if let Some((name, value)) = line.split_once('=') {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    Err("the virtual display did not come up".to_owned())
}

fn take_screenshot(environment: &[(String, String)], to: &Path) -> Outcome {
    let to = root().join(to);
    let with = |name: &str, arguments: &[&str]| {
        let mut command = program(name, arguments);
        command.envs(environment.iter().cloned());
        command
    };
    for _ in 0..100 {
        let windows = output(&mut with("xdotool", &["search", "--onlyvisible", "--name", "^Sayso$"]));
        if windows.is_ok_and(|ids| !ids.trim().is_empty()) {
            // The card fills in after the window stands; a screenshot for people may wait for it.
            sleep(Duration::from_secs(4));
            return output(&mut with("import", &["-window", "root", &to.to_string_lossy()])).map(|_| ());
        }
        sleep(Duration::from_millis(100));
    }
    Err("the window did not appear".to_owned())
}
