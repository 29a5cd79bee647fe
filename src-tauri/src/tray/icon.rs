//! The icon and its menu.
//!
//! Invariant: nothing in the menu approves.

use std::sync::Arc;

use sayso_broker::Broker;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder};
use tauri::{AppHandle, Wry};

use super::{Tray, Want, Wants, autostart};

const NORMAL: Image<'_> = tauri::include_image!("../icons/tray-normal.png");
const WAITING: Image<'_> = tauri::include_image!("../icons/tray-waiting.png");
const STOPPED: Image<'_> = tauri::include_image!("../icons/tray-stopped.png");

const OPEN: &str = "open";
const STOP: &str = "stop";
const RESUME: &str = "resume";
const WITH_SESSION: &str = "with_session";
const QUIT: &str = "quit";

/// What the icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) waiting: u32,
    pub(super) stopped: bool,
}

impl Standing {
    pub(super) fn of(broker: &Broker) -> Self {
        Self { waiting: broker.waiting(), stopped: broker.is_stopped() }
    }

    fn picture(self) -> Image<'static> {
        match (self.waiting, self.stopped) {
            (_, true) => STOPPED,
            (0, false) => NORMAL,
            (_, false) => WAITING,
        }
    }

    /// The line in the menu and in the tooltip.
    fn in_words(self) -> String {
        match (self.waiting, self.stopped) {
            (0, true) => "All agents are stopped".to_owned(),
            (0, false) => "Nothing waits".to_owned(),
            (n, true) => format!("{n} waiting, all agents are stopped"),
            (n, false) => format!("{n} waiting"),
        }
    }

    /// What stands beside the icon.
    fn count(self) -> Option<String> {
        (self.waiting > 0).then(|| self.waiting.to_string())
    }
}

/// The icon with those parts of its menu that change.
pub(super) struct Icon {
    tray: TrayIcon<Wry>,
    waiting: MenuItem<Wry>,
    stop: MenuItem<Wry>,
    resume: MenuItem<Wry>,
    shows: Option<Standing>,
}

pub(super) fn make(tray: &Tray) -> tauri::Result<Icon> {
    let app = &tray.app;
    let standing = Standing::of(&tray.broker);
    let open = MenuItem::with_id(app, OPEN, "Open", true, None::<&str>)?;
    let waiting = MenuItem::with_id(app, "waiting", standing.in_words(), false, None::<&str>)?;
    let stop = MenuItem::with_id(app, STOP, "Stop all agents", true, None::<&str>)?;
    let resume = MenuItem::with_id(app, RESUME, "Resume", false, None::<&str>)?;
    let with_session = CheckMenuItem::with_id(
        app,
        WITH_SESSION,
        "Start with the session",
        autostart::can_be_set(),
        autostart::is_on(app),
        None::<&str>,
    )?;
    let quit = MenuItem::with_id(app, QUIT, "Quit", true, None::<&str>)?;
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(
        app,
        &[&open, &waiting, &line()?, &stop, &resume, &line()?, &with_session, &line()?, &quit],
    )?;
    let pressed = pressed(tray, with_session);
    let icon = TrayIconBuilder::with_id("sayso")
        .icon(standing.picture())
        .tooltip(standing.in_words())
        .menu(&menu)
        .temp_dir_path(tray.places.run.join("tray"))
        .on_menu_event(move |app, event| pressed(app, event.id().as_ref()))
        .build(app)?;
    let mut icon = Icon { tray: icon, waiting, stop, resume, shows: None };
    icon.show(standing);
    Ok(icon)
}

impl Icon {
    /// Shows how things stand, if that is news.
    pub(super) fn show(&mut self, standing: Standing) {
        if self.shows == Some(standing) {
            return;
        }
        if let Err(error) = self.draw(standing) {
            tracing::error!(%error, "the tray icon could not be changed");
        }
        self.shows = Some(standing);
    }

    fn draw(&self, standing: Standing) -> tauri::Result<()> {
        let picture = standing.picture();
        if self.shows.is_none_or(|before| before.picture().rgba() != picture.rgba()) {
            self.tray.set_icon(Some(picture))?;
        }
        self.tray.set_title(standing.count())?;
        self.tray.set_tooltip(Some(standing.in_words()))?;
        self.waiting.set_text(standing.in_words())?;
        self.stop.set_enabled(!standing.stopped)?;
        self.resume.set_enabled(standing.stopped)
    }
}

/// What a press in the menu does. `with_session` is put right afterwards, whatever the press made it look like.
fn pressed(
    tray: &Tray,
    with_session: CheckMenuItem<Wry>,
) -> impl Fn(&AppHandle, &str) + Send + Sync + 'static {
    let broker = Arc::clone(&tray.broker);
    let wants: Wants = tray.wants.clone();
    move |app, item| match item {
        OPEN => {
            // Nobody listens any more at the end of the process.
            let _ = wants.send(Want::Open { id: None, activate: true });
        }
        STOP | RESUME => set_stopped(&broker, item == STOP),
        WITH_SESSION => {
            let on = autostart::turn(app);
            if let Err(error) = with_session.set_checked(on) {
                tracing::error!(%error, "the menu could not be changed");
            }
        }
        QUIT => app.exit(0),
        _ => {}
    }
}

fn set_stopped(broker: &Arc<Broker>, stopped: bool) {
    let broker = Arc::clone(broker);
    tauri::async_runtime::spawn(async move {
        if let Err(fault) = broker.set_stopped(stopped).await {
            tracing::error!(%fault, stopped, "the stop could not be recorded");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_standing_has_its_own_picture_and_words() {
        let at = |waiting, stopped| Standing { waiting, stopped };
        assert_eq!(at(0, false).in_words(), "Nothing waits");
        assert_eq!(at(3, false).in_words(), "3 waiting");
        assert_eq!(at(0, true).in_words(), "All agents are stopped");
        assert_eq!(at(0, false).count(), None);
        assert_eq!(at(12, false).count().as_deref(), Some("12"));
        let pictures = [at(0, false), at(1, false), at(0, true)].map(Standing::picture);
        assert_ne!(pictures[0].rgba(), pictures[1].rgba());
        assert_ne!(pictures[1].rgba(), pictures[2].rgba());
    }
}
