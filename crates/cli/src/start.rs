//! Starting the application where it does not run.
//!
//! It is started by a short-lived copy of ourselves in a session of its own: so it outlives the agent and its
//! terminal, and it is no child of the command that `sayso run` becomes. It gets the variables of a desktop session
//! and no others: an agent's environment holds keys that are none of its business.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::exit::Exit;
use crate::words;

/// How long the application may take until it listens. A cold start reads a few tens of megabytes from the disk and
/// opens ledger and keychain.
pub(crate) const PATIENCE: Duration = Duration::from_secs(8);

/// The application's program.
const PROGRAM: &str = "sayso-desktop";

/// The hidden command of the copy of ourselves.
pub(crate) const COMMAND: &str = "start-desktop";

/// Variables that make a desktop session, and the one that moves Sayso's folders.
const KEPT: &[&str] = &[
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "DISPLAY",
    "GTK_THEME",
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "SAYSO_HOME",
    "SHELL",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "TZ",
    "USER",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
];

/// Beginnings of the names of such variables: folders and desktop, language, and what a webview needs to draw on
/// some machines.
const KEPT_BEGINNINGS: &[&str] = &["XDG_", "LC_", "GDK_", "WEBKIT_DISABLE_", "LIBGL_"];

/// Starts it and comes back; it may not listen yet.
///
/// # Errors
/// Where there is no such program, or it cannot be run.
pub(crate) fn desktop() -> io::Result<()> {
    let us = std::env::current_exe()?;
    let output = Command::new(us)
        .arg(COMMAND)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_kept(name)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(why.trim().trim_start_matches("sayso: ").to_owned()))
}

fn is_kept(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    KEPT.contains(&name) || KEPT_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// What the copy of ourselves does.
pub(crate) fn detached() -> Exit {
    // Fails only for the leader of a group, which is in a session that it may keep.
    let _leader = rustix::process::setsid();
    let started = Command::new(program())
        .arg("--hidden")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(_runs_on) => Exit::Approved,
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            words::complain(&format!("{PROGRAM} is neither beside sayso nor on PATH; install it"));
            Exit::Unreachable
        }
        Err(why) => {
            words::complain(&format!("{PROGRAM} cannot be run ({why})"));
            Exit::Unreachable
        }
    }
}

/// The application beside this very program, so that both are of one version; else by `PATH`.
pub(crate) fn program() -> OsString {
    let beside: Option<PathBuf> =
        std::env::current_exe().ok().map(|us| us.with_file_name(PROGRAM)).filter(|program| program.is_file());
    beside.map_or_else(|| PROGRAM.into(), PathBuf::into_os_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_gets_the_session_and_no_key_of_an_agent() {
        for name in ["DISPLAY", "XDG_RUNTIME_DIR", "LC_ALL", "SAYSO_HOME", "DBUS_SESSION_BUS_ADDRESS"] {
            assert!(is_kept(OsStr::new(name)), "{name}");
        }
        for name in ["ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "GTK_MODULES", "SAYSO_KEYS"]
        {
            assert!(!is_kept(OsStr::new(name)), "{name}");
        }
    }
}
