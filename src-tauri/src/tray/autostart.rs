//! *Start with the session*: an entry in the desktop's autostart folder, made and removed from the menu.
//!
//! Invariant: a Sayso with folders of its own (`SAYSO_HOME`) never touches the entry; it would start the other one.

use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Wry};
use tauri_plugin_autostart::ManagerExt as _;

/// The entry's name.
const NAME: &str = "Sayso";

pub(super) fn plugin() -> TauriPlugin<Wry> {
    tauri_plugin_autostart::Builder::new().app_name(NAME).arg("--hidden").build()
}

/// Whether the person may switch it here.
pub(super) fn can_be_set() -> bool {
    std::env::var_os("SAYSO_HOME").is_none()
}

/// Whether it is on.
pub(super) fn is_on(app: &AppHandle) -> bool {
    can_be_set() && app.autolaunch().is_enabled().unwrap_or(false)
}

/// Switches it, and says whether it is on now.
pub(super) fn turn(app: &AppHandle) -> bool {
    // The session bus delivers presses of an entry that is greyed out, too.
    if !can_be_set() {
        return false;
    }
    let on = is_on(app);
    let turned = if on { app.autolaunch().disable() } else { app.autolaunch().enable() };
    if let Err(error) = turned {
        tracing::error!(%error, "the start with the session could not be switched");
    }
    is_on(app)
}
