//! The window process: one webview, the person's key at the moment of signing, and a pipe to the tray.
//!
//! # Invariants
//! - stdin and stdout are the pipe to the tray and nothing else; when it closes, no decision can be made any more.
//! - What is signed is the card that the broker sent last, and only if the page shows that very card ([`screen`]).
//! - The page gets no path, no file, no network and no other window: its own files, and the commands of [`commands`].
//! - The process ends with its window.
//!
//! # Reading order
//! [`pipe`] carries lines. [`seat`] is this side of the talk with the broker. [`screen`] is what stands on the screen
//! and when it may be approved, [`sign`] makes a decision of it, [`key`] tells how the person's key does.
//!
//! # Deliberately absent
//! The queue's truth, deadlines, the record: all with the broker.

mod commands;
mod key;
mod pipe;
mod screen;
mod seat;
mod sign;

use std::sync::Arc;

use sayso_wire::Places;
use tauri::utils::config::Color;
use tauri::{App, AppHandle, Manager as _, RunEvent, Theme, WebviewUrl, WebviewWindow, WindowEvent};
use tracing::{error, warn};

use crate::{Ended, session, status};
use seat::Seat;

/// The window's label. `capabilities/window.json` gives its commands to this one alone.
pub(crate) const LABEL: &str = "approval";

/// What the page draws on, so that the window is never a white flash in a dark room. `--ground` in `ui/src/app.css`.
const PAPER_LIGHT: Color = Color(0xfb, 0xfa, 0xf8, 0xff);
const PAPER_DARK: Color = Color(0x19, 0x18, 0x17, 0xff);

/// Runs the window process until its window closes.
pub(crate) fn run() -> Result<(), Ended> {
    let pipe = pipe::take().map_err(|e| failed("has no pipe to the tray", &e))?;
    crate::log_to_stderr();
    session::display()?;
    let places =
        Places::from_env().map_err(|e| Ended { status: status::UNAVAILABLE, message: e.to_string() })?;
    let app = tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![
            commands::ready,
            commands::open_card,
            commands::deny,
            commands::approve,
            commands::history,
            commands::set_stopped,
            commands::set_passphrase,
            commands::retry_key,
            commands::renew_key,
            commands::renew_passphrase,
            commands::painted,
        ])
        .setup(move |app| set_up(app, pipe, &places))
        .build(crate::context())
        .map_err(|e| failed("could not make its window", &e))?;
    app.run(|app, event| {
        if let RunEvent::WindowEvent { event: WindowEvent::Focused(true), .. } = event {
            app.state::<Arc<Seat>>().screen().focused();
        }
    });
    Ok(())
}

fn failed(what: &str, why: &dyn std::fmt::Display) -> Ended {
    Ended { status: status::SOFTWARE, message: format!("the window process {what}: {why}") }
}

fn set_up(app: &mut App, pipe: pipe::Pipe, places: &Places) -> Result<(), Box<dyn std::error::Error>> {
    let (from_tray, to_tray) = pipe;
    let seat = Arc::new(Seat::new(app.handle().clone(), to_tray, places.data.clone()));
    app.manage(Arc::clone(&seat));
    let window = open(app)?;
    window.set_background_color(Some(paper(&window)))?;
    let reading = Arc::clone(&seat);
    std::thread::Builder::new()
        .name("sayso-pipe".to_owned())
        .spawn(move || seat::listen(&reading, from_tray))?;
    key::check(&seat);
    Ok(())
}

/// The one window, hidden until the page says that it is ready.
fn open(app: &App) -> tauri::Result<WebviewWindow> {
    let builder = tauri::WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .title("Sayso")
        .inner_size(1040.0, 720.0)
        .min_inner_size(720.0, 520.0)
        .center()
        .visible(false)
        // It takes the focus when it is asked to, and never by appearing.
        .focused(false)
        .disable_drag_drop_handler()
        .zoom_hotkeys_enabled(true)
        .devtools(cfg!(debug_assertions))
        .on_navigation(|url| own_page(url.as_str()))
        .on_new_window(|url, _| {
            warn!(%url, "a new window was refused");
            tauri::webview::NewWindowResponse::Deny
        })
        .on_download(|_, _| false);
    // Nothing of what was shown is left on the disk. A driven webview takes part in no private session.
    #[cfg(not(feature = "webdriver"))]
    let builder = builder.incognito(true);
    builder.build()
}

/// The page and nothing else. `tauri.localhost` is what Windows calls it.
fn own_page(url: &str) -> bool {
    const OWN: [&str; 2] = ["tauri://localhost", "http://tauri.localhost"];
    let own = OWN.iter().any(|origin| {
        url.strip_prefix(origin).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    });
    if !own {
        warn!(url, "a way out of the page was refused");
    }
    own
}

fn paper(window: &WebviewWindow) -> Color {
    match window.theme() {
        Ok(Theme::Dark) => PAPER_DARK,
        _ => PAPER_LIGHT,
    }
}

/// Brings the window up, with or without the focus.
fn show(app: &AppHandle, activate: bool) {
    let Some(window) = app.get_webview_window(LABEL) else { return };
    let visible = window.is_visible().unwrap_or(false);
    let shown = if activate {
        // Made without the right to the focus; it gets it now rather than after its first frame.
        window
            .set_focusable(true)
            .and_then(|()| window.unminimize())
            .and_then(|()| window.show())
            .and_then(|()| window.set_focus())
    } else if visible {
        window.request_user_attention(Some(tauri::UserAttentionType::Informational))
    } else {
        window.show()
    };
    if let Err(error) = shown {
        error!(%error, "the window could not be shown");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webview_stays_on_its_own_page() {
        for own in ["tauri://localhost", "tauri://localhost/", "tauri://localhost/index.html#x"] {
            assert!(own_page(own), "{own}");
        }
        for other in [
            "https://example.org/",
            "tauri://localhost.example.org/",
            "tauri://localhost:80/",
            "http://localhost/",
            "file:///etc/passwd",
            "data:text/html,x",
            "about:blank",
        ] {
            assert!(!own_page(other), "{other}");
        }
    }
}
