//! The window as a child process: started when somebody wants it, gone when it is closed.
//!
//! Invariant: there is one at most; it talks over pipes that it alone inherits; it ends with this process.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use sayso_broker::{Broker, seat};
use sayso_core::seat::Down;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tracing::{error, info, warn};

use super::Want;

/// Wants that a window may be slow to read: a person presses seldom.
const SHOWS: usize = 16;

/// How long a window that let go of its pipe may take to end.
const LEAVING: Duration = Duration::from_secs(3);

/// Brings the window up for everybody who wants it, until the process ends.
pub(super) async fn keep(broker: Arc<Broker>, mut wanted: mpsc::UnboundedReceiver<Want>) {
    let mut shows: Option<mpsc::Sender<Down>> = None;
    while let Some(Want::Open { id, activate }) = wanted.recv().await {
        let show = Down::Show { id, activate };
        let unsent = match &shows {
            Some(window) => match window.try_send(show) {
                Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => None,
                Err(mpsc::error::TrySendError::Closed(show)) => Some(show),
            },
            None => Some(show),
        };
        if let Some(show) = unsent {
            shows = start(&broker, show);
        }
    }
}

/// Starts a window that shows this first.
fn start(broker: &Arc<Broker>, first: Down) -> Option<mpsc::Sender<Down>> {
    let child = Command::new(own_program())
        .arg0("sayso-desktop")
        .arg("--window")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            error!(%error, "the window's process could not be started");
            return None;
        }
    };
    let (Some(from_window), Some(to_window)) = (child.stdout.take(), child.stdin.take()) else { return None };
    let (window, shows) = mpsc::channel(SHOWS);
    // There is room: it is the first.
    let _ = window.try_send(first);
    let broker = Arc::clone(broker);
    tokio::spawn(async move {
        match seat::sit(broker, from_window, to_window, shows).await {
            Err(seat::SeatEnded::Closed) => info!("the window was closed"),
            Err(ended) => warn!(%ended, "the window lost its seat"),
        }
        see_off(child).await;
    });
    Some(window)
}

async fn see_off(mut child: Child) {
    match tokio::time::timeout(LEAVING, child.wait()).await {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => warn!(%status, "the window's process did not end well"),
        Ok(Err(error)) => warn!(%error, "the window's process was lost"),
        // Dropping it kills it.
        Err(_) => warn!("the window's process did not end in time"),
    }
}

/// This very program, also where an update replaced its file meanwhile: the kernel keeps the old one by this name.
fn own_program() -> PathBuf {
    let file = std::env::current_exe().ok().filter(|file| file.is_file());
    file.unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}
