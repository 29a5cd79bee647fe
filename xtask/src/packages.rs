//! What the system must have: Debian's packages by name, asked for before they are installed.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use crate::steps::{Outcome, output, program, step};

/// What building and running the application takes.
const BUILD: &[&str] =
    &["build-essential", "pkg-config", "git", "libwebkit2gtk-4.1-dev", "libayatana-appindicator3-dev"];

/// What a desktop without a screen takes: for the tests, and for trying Sayso where there is no display.
const DESKTOP: &[&str] = &[
    "xvfb",
    "xauth",
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "gcr",
    "libsecret-tools",
    "dunst",
    "xfce4-panel",
    "xfwm4",
    "xdotool",
    "imagemagick",
    "x11-utils",
    "at-spi2-core",
    "libglib2.0-bin",
    "fonts-dejavu-core",
    "fonts-inter",
    "fonts-jetbrains-mono",
];

/// What the tests take beside.
const TEST: &[&str] = &[
    "webkit2gtk-driver",
    "python3",
    "python3-venv",
    "python3-pyatspi",
    "sqlite3",
    "strace",
    "postgresql",
    "pgbackrest",
    "restic",
    "borgbackup",
    "mariadb-server",
    "redis-server",
];

/// Makes sure that everything for `cargo xtask run` is there.
pub(crate) fn for_running(yes: bool, virtual_display: bool) -> Outcome {
    let mut wanted = BUILD.to_vec();
    if virtual_display {
        wanted.extend(DESKTOP);
    }
    ensure(&wanted, yes)
}

/// Makes sure that everything for `cargo xtask test` is there.
pub(crate) fn for_testing(yes: bool) -> Outcome {
    ensure(&[BUILD, DESKTOP, TEST].concat(), yes)
}

fn ensure(wanted: &[&str], yes: bool) -> Outcome {
    need_tool("node", "Node 20 or newer (https://nodejs.org)")?;
    need_tool("npm", "npm, which comes with Node")?;
    let missing: Vec<&str> = wanted.iter().copied().filter(|package| !is_installed(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    need_tool("apt-get", &format!("a Debian or Ubuntu, or these packages by hand: {}", missing.join(" ")))?;
    println!("These packages are missing: {}", missing.join(" "));
    if !(yes || std::env::var_os("CI").is_some() || agreed()?) {
        return Err("nothing was installed. Run it again with --yes, or install them yourself.".to_owned());
    }
    let root = output(&mut program("id", ["-u"]))?.trim() == "0";
    let apt = |arguments: &[&str]| {
        let mut command = if root {
            program("apt-get", arguments)
        } else {
            program("sudo", [&["apt-get"], arguments].concat())
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    step("apt-get update", &mut apt(&["-q", "update"]))?;
    step(
        "apt-get install",
        &mut apt(&[&["-q", "install", "-y", "--no-install-recommends"], &missing[..]].concat()),
    )
}

fn is_installed(package: &str) -> bool {
    output(&mut program("dpkg-query", ["-W", "-f", "${db:Status-Status}", package]))
        .is_ok_and(|status| status == "installed")
}

fn need_tool(tool: &str, what: &str) -> Outcome {
    output(&mut program("sh", ["-c", &format!("command -v {tool}")]))
        .map(|_| ())
        .map_err(|_| format!("`{tool}` is missing. Sayso needs {what}."))
}

fn agreed() -> Outcome<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Install them now? [y/N] ");
    std::io::stdout().flush().map_err(|e| e.to_string())?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|e| e.to_string())?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
