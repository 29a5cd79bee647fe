//! The tray process: the broker and its socket, the icon, the notifications, and the window as a child.
//!
//! # Invariants
//! - No webview is ever made here.
//! - Nothing in the menu and nothing on a notification approves. They open the window, deny, or stop all agents.
//! - One of these for each set of folders: the session bus finds a second start ([`instance`]), and where there is
//!   no session bus the lock beside the socket does.
//! - The icon's picture is written into Sayso's own folder of the session, never into a shared one.
//! - Whatever fails before the socket listens ends the process with a sentence; nothing serves half.
//!
//! # Reading order
//! [`start`] makes the broker. [`icon`] shows how it does, [`notices`] hears from it, [`notify`] tells the person,
//! [`child`] is the window.
//!
//! # Deliberately absent
//! The person's key for a decision, and any way to say yes.

mod autostart;
mod child;
mod icon;
mod instance;
mod key;
mod notices;
mod notify;
mod rest;
mod shelf;
mod start;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use sayso_broker::Broker;
use sayso_core::RequestId;
use sayso_wire::{Listener, Places};
use tauri::{AppHandle, RunEvent};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::{Ended, session, status};

/// Threads of the broker. It waits for disks and people; two let one commit while the other reads.
const THREADS: usize = 2;

/// Threads for what blocks (files, git). They go when they have been idle for a moment, with their memory.
const BLOCKING_THREADS: usize = 8;
const BLOCKING_IDLE: Duration = Duration::from_secs(2);

/// How long the end waits for what still runs.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What somebody wants of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Bring it up, at this request where one is named.
    Open {
        /// The request.
        id: Option<RequestId>,
        /// Whether it may take the focus: a person asked for it.
        activate: bool,
    },
}

/// Where wants go.
pub(crate) type Wants = mpsc::UnboundedSender<Want>;

/// Runs the tray process until Quit.
pub(crate) fn run(hidden: bool) -> Result<(), Ended> {
    // First, while there is a single thread: systemd's variables can then be removed.
    let activated = Listener::from_activation().map_err(|e| unavailable(&e))?;
    crate::log_to_stderr();
    session::display()?;
    let places = Places::from_env().map_err(|e| unavailable(&e))?;
    let runtime = runtime().map_err(|e| broken(&e))?;
    tauri::async_runtime::set(runtime.handle().clone());
    let (wants, wanted) = mpsc::unbounded_channel();
    let app = tauri::Builder::default()
        .plugin(instance::plugin(&places, wants.clone()))
        .plugin(autostart::plugin())
        .build(crate::context())
        .map_err(|e| broken(&e))?;
    let start::Served { broker, warning } = match runtime.block_on(start::serve(&places, activated)) {
        Ok(served) => served,
        Err(start::NoStart::AlreadyRunning(message)) => return instance::hand_over(hidden, message),
        Err(start::NoStart::Broken(message)) => return Err(Ended { status: status::SOFTWARE, message }),
    };
    let tray = Tray { broker, places, wants, app: app.handle().clone(), warning };
    runtime.spawn(child::keep(Arc::clone(&tray.broker), wanted));
    runtime.spawn(end_at_signal(tray.app.clone()));
    key::watch(&tray.broker, &tray.places).map_err(|e| broken(&e))?;
    if !hidden {
        tray.want(None, true);
    }
    let ended = drive(app, &tray, runtime.handle());
    let closed = runtime.block_on(async { tokio::time::timeout(LAST_WORDS, tray.broker.close()).await });
    if closed.is_err() {
        tracing::warn!("the record was not closed in time; the next start takes up what stands beside it");
    }
    // The broker's tasks go first: they hold the notifier, whose end takes down what stands on the desktop.
    runtime.shutdown_timeout(LAST_WORDS);
    if let Some(notifications) = ended? {
        // It has a time limit of its own.
        let _ = notifications.join();
    }
    Ok(())
}

/// What the parts of the tray share.
#[derive(Clone)]
pub(crate) struct Tray {
    broker: Arc<Broker>,
    places: Places,
    wants: Wants,
    app: AppHandle,
    /// Something that the person should hear of the start.
    warning: Option<String>,
}

impl Tray {
    fn want(&self, id: Option<RequestId>, activate: bool) {
        // Nobody listens any more at the end of the process.
        let _ = self.wants.send(Want::Open { id, activate });
    }
}

/// The thread of the notifications, once the icon stands; or why it does not.
type Shown = Result<JoinHandle<()>, Ended>;

/// Runs the desktop's own loop, and gives the thread of the notifications at its end. The icon is made once the loop stands, as every system allows.
fn drive(
    app: tauri::App,
    tray: &Tray,
    runtime: &tokio::runtime::Handle,
) -> Result<Option<JoinHandle<()>>, Ended> {
    let shown: Rc<RefCell<Option<Shown>>> = Rc::default();
    let made = Rc::clone(&shown);
    let (tray, runtime) = (tray.clone(), runtime.clone());
    let code = app.run_return(move |app, event| match event {
        RunEvent::Ready => {
            let shown = show(&tray, &runtime).map_err(|error| broken(&error));
            if shown.is_err() {
                app.exit(1);
            }
            *made.borrow_mut() = Some(shown);
        }
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        _ => {}
    });
    let shown = shown.borrow_mut().take();
    match shown {
        Some(Err(ended)) => Err(ended),
        _ if code != 0 => Err(broken(&format!("ended with status {code}"))),
        Some(Ok(notifications)) => Ok(Some(notifications)),
        None => Ok(None),
    }
}

fn show(tray: &Tray, runtime: &tokio::runtime::Handle) -> Result<JoinHandle<()>, Box<dyn std::error::Error>> {
    let icon = icon::make(tray)?;
    let (notifier, notifications) = notify::start(tray, runtime.clone())?;
    if let Some(warning) = &tray.warning {
        notifier.tell(notify::News::Say { head: "Sayso's configuration", sentence: warning.clone() });
    }
    runtime.spawn(notices::follow(Arc::clone(&tray.broker), icon, notifier));
    runtime.spawn(rest::give_back());
    runtime.spawn(rest::after_floods(tray.broker.notices()));
    Ok(notifications)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_IDLE)
        .thread_name("sayso")
        .enable_all()
        .build()
}

/// A session that ends, or systemd, asks by a signal; the end is the same as Quit's.
async fn end_at_signal(app: AppHandle) {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(signal);
    let [Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)] = signals else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
    }
    app.exit(0);
}

fn unavailable(why: &dyn std::fmt::Display) -> Ended {
    Ended { status: status::UNAVAILABLE, message: why.to_string() }
}

fn broken(why: &dyn std::fmt::Display) -> Ended {
    Ended { status: status::SOFTWARE, message: why.to_string() }
}
