//! The desktop session as this process finds it, looked at before a toolkit does: the toolkit panics where there
//! is no display.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::{Ended, status};

/// Says why no window could be shown here, if so.
pub(crate) fn display() -> Result<(), Ended> {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let wayland = variable("WAYLAND_DISPLAY");
    let x11 = variable("DISPLAY");
    if wayland.is_none() && x11.is_none() {
        return Err(no_display(
            "neither WAYLAND_DISPLAY nor DISPLAY is set, so there is no desktop to show anything on. Start it from \
             within a desktop session, or set DISPLAY to a running display",
        ));
    }
    let folder = variable("XDG_RUNTIME_DIR");
    let answers = wayland.is_some_and(|name| wayland_answers(&name, folder.as_deref()))
        || x11.is_some_and(|name| x11_answers(&name));
    if answers {
        return Ok(());
    }
    Err(no_display(
        "WAYLAND_DISPLAY or DISPLAY names a display, but it does not answer. Check that it is running",
    ))
}

fn no_display(message: &str) -> Ended {
    Ended { status: status::UNAVAILABLE, message: message.to_owned() }
}

/// The person's name on this machine, as it stands in a receipt: `person:anna`.
pub(crate) fn user() -> String {
    let uid = rustix::process::geteuid().as_raw();
    std::fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|table| name_of(uid, &table))
        .or_else(|| std::env::var("USER").ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| uid.to_string())
}

/// This machine's name, as it stands in a receipt: `machine:hera`.
pub(crate) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The number of a user of this machine.
pub(crate) fn uid_of(name: &str) -> Option<u32> {
    uid_in(name, &std::fs::read_to_string("/etc/passwd").ok()?)
}

fn uid_in(name: &str, table: &str) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

fn name_of(uid: u32, table: &str) -> Option<String> {
    let uid = uid.to_string();
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(uid.as_str())).then(|| name.to_owned())
    })
}

#[cfg(unix)]
fn wayland_answers(name: &OsStr, folder: Option<&OsStr>) -> bool {
    let path = match folder {
        Some(folder) => Path::new(folder).join(name),
        None => PathBuf::from(name),
    };
    path.is_absolute() && std::os::unix::net::UnixStream::connect(path).is_ok()
}

/// `:1`, `:1.0` and `unix:1` are sockets that can be tried; a display behind a network is taken at its word.
#[cfg(unix)]
fn x11_answers(name: &OsStr) -> bool {
    let Some(number) = name.to_str().and_then(local_display) else { return true };
    let path = format!("/tmp/.X11-unix/X{number}");
    std::os::unix::net::UnixStream::connect(&path).is_ok() || abstract_answers(&path)
}

#[cfg(target_os = "linux")]
fn abstract_answers(path: &str) -> bool {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixStream};
    SocketAddr::from_abstract_name(path.as_bytes())
        .and_then(|address| UnixStream::connect_addr(&address))
        .is_ok()
}

#[cfg(all(unix, not(target_os = "linux")))]
fn abstract_answers(_: &str) -> bool {
    false
}

#[cfg(unix)]
fn local_display(name: &str) -> Option<u32> {
    let after = name.strip_prefix("unix:").or_else(|| name.strip_prefix(':'))?;
    after.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_display_is_told_from_one_behind_a_network() {
        assert_eq!(local_display(":7"), Some(7));
        assert_eq!(local_display(":7.1"), Some(7));
        assert_eq!(local_display("unix:3"), Some(3));
        assert_eq!(local_display("host:7"), None);
        assert_eq!(local_display(":x"), None);
    }

    #[test]
    fn a_person_is_named_as_the_system_names_them() {
        let table = "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n";
        assert_eq!(name_of(1000, table).as_deref(), Some("anna"));
        assert_eq!(name_of(100, table), None);
        assert_eq!(uid_in("anna", table), Some(1000));
        assert_eq!(uid_in("ann", table), None);
    }

    #[test]
    fn a_display_that_is_not_there_does_not_answer() {
        assert!(!x11_answers(OsStr::new(":64999")));
        let folder = tempfile::tempdir().unwrap();
        assert!(!wayland_answers(OsStr::new("wayland-9"), Some(folder.path().as_os_str())));
        assert!(!wayland_answers(OsStr::new("wayland-9"), None));
    }
}
