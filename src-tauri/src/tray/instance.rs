//! One tray process for each set of folders.
//!
//! A second start finds the first by a name on the session bus, asks it for its window and ends. The name is made of
//! `SAYSO_HOME` where that is set, so that a copy with folders of its own is an instance of its own. The right to
//! serve is not the name's (anyone in the session can take a name) but the lock beside the socket: where the bus
//! does not tell, the lock does.

use std::path::Path;
use std::time::Duration;

use sayso_core::Digest;
use sayso_wire::Places;
use tauri::Wry;
use tauri::plugin::TauriPlugin;

use super::{Want, Wants};
use crate::arguments::wants_window;
use crate::{Ended, status};

/// The name on the session bus where nothing is set.
const NAME: &str = "dev.sayso.desktop";

/// Carries the count of tries from one try to the next.
const TRY: &str = "SAYSO_START_TRY";

/// With socket activation, a start from the menu wakes the service and then looks for its window: at most this
/// often, this far apart. Five seconds in all; the service is up in one.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);

pub(super) fn plugin(places: &Places, wants: Wants) -> TauriPlugin<Wry> {
    tauri_plugin_single_instance::Builder::new()
        .dbus_id(name(std::env::var_os("SAYSO_HOME").is_some().then_some(places)))
        .callback(move |_, words, _| {
            if wants_window(&words) {
                // Nobody listens any more at the end of the process.
                let _ = wants.send(Want::Open { id: None, activate: true });
            }
        })
        .build()
}

/// The name, with a part of its own for folders of their own.
fn name(apart: Option<&Places>) -> String {
    let Some(places) = apart else { return NAME.to_owned() };
    let folder = places.run.parent().unwrap_or(&places.run);
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let digest = Digest::of_bytes(folder.as_os_str().as_encoded_bytes());
    let part = digest.raw().first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    // A part of a bus name does not begin with a digit.
    format!("{NAME}.h{part:016x}")
}

/// Another Sayso serves these folders, yet the bus did not tell. It may be starting, woken by our look at the
/// socket: tries again until the bus tells, so that the person gets the window they asked for.
pub(super) fn hand_over(hidden: bool, message: String) -> Result<(), Ended> {
    let tried = std::env::var(TRY).ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if hidden {
        return Ok(());
    }
    if tried >= TRIES || !has_bus() {
        return Err(Ended { status: status::UNAVAILABLE, message });
    }
    std::thread::sleep(PAUSE);
    Err(again(tried + 1, message))
}

/// Whether there is a session bus that could tell.
fn has_bus() -> bool {
    let beside =
        || std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|run| Path::new(&run).join("bus").exists());
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() || beside()
}

/// Becomes a new try; comes back only where that fails.
fn again(tried: u32, message: String) -> Ended {
    use std::os::unix::process::CommandExt as _;
    let error = std::process::Command::new("/proc/self/exe").env(TRY, tried.to_string()).exec();
    tracing::warn!(%error, "could not try again");
    Ended { status: status::UNAVAILABLE, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_apart_are_an_instance_apart() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["a", "b"].map(|name| Places::under(&folder.path().join(name)));
        assert_eq!(name(None), NAME);
        assert_ne!(name(Some(&one)), name(Some(&other)));
        assert_eq!(name(Some(&one)), name(Some(&one.clone())));
        assert!(name(Some(&one)).starts_with("dev.sayso.desktop.h"));
    }

    #[test]
    fn two_ways_to_write_one_folder_are_one_instance() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        std::fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, folder.path().join("link")).unwrap();
        let linked = Places::under(&folder.path().join("link"));
        assert_eq!(name(Some(&linked)), name(Some(&Places::under(&real))));
    }
}
