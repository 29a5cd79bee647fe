//! Accepting: who may come in, and how many.
//!
//! Invariants: a uid that is not ours and not named gets one sentence and is closed before a byte of it is read.
//! No connection, whatever it does, stops the next one from being accepted.

use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::SendFlags;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, watch};

use crate::connection::{Connection, Shared};
use crate::desk::Desk;
use crate::listener::Listener;
use crate::peer::Callers;
use crate::protocol::RpcFault;
use crate::room::House;
use crate::{limits, rpc};

/// How patient the server is with one client.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From a line's first byte to its end.
    pub half_line: Duration,
    /// With answers that the client does not read.
    pub unread: Duration,
    /// After a connection closed, for the word that its process ended.
    pub leaving: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { half_line: limits::HALF_LINE, unread: limits::UNREAD, leaving: limits::LEAVING }
    }
}

/// Serves `listener` until `shutdown` comes. Then the connections are given the answers that are ready and closed,
/// which drops their futures at the desk: a desk that keeps its waiting requests over a restart must know of the
/// shutdown before this does.
///
/// # Errors
/// If the socket cannot be used at all.
pub async fn serve<D: Desk>(
    listener: Listener,
    desk: Arc<D>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    serve_at(Pace::default(), listener, desk, shutdown).await
}

/// [`serve`] with another patience.
///
/// # Errors
/// As [`serve`].
pub async fn serve_at<D: Desk>(
    pace: Pace,
    listener: Listener,
    desk: Arc<D>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let own_uid = rustix::process::geteuid().as_raw();
    let shared =
        Arc::new(Shared { desk, long_lines: Arc::new(Semaphore::new(limits::LONG_LINES_AT_ONCE)), pace });
    let door = Door {
        shared,
        callers: Arc::new(Callers::new(own_uid)),
        house: Arc::new(House::new(raise_files())),
        own_uid,
        allow_uids: listener.allow_uids.clone(),
    };
    listener.socket.set_nonblocking(true)?;
    let socket = tokio::net::UnixListener::from_std(listener.socket.try_clone()?)?;
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => door.admit(stream, &stopped),
            Err(e) if e.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(why) => {
                tracing::warn!(%why, "a connection could not be accepted; accepting pauses for a moment");
                tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            }
        }
    }
    drop((socket, stopped));
    let _ = stop.send(true);
    let _ = tokio::time::timeout(2 * limits::SHUTDOWN, stop.closed()).await;
    drop(listener);
    Ok(())
}

struct Door<D> {
    shared: Arc<Shared<D>>,
    callers: Arc<Callers>,
    house: Arc<House>,
    own_uid: u32,
    allow_uids: Vec<u32>,
}

impl<D: Desk> Door<D> {
    fn admit(&self, stream: UnixStream, stopped: &watch::Receiver<bool>) {
        let Ok(credentials) = stream.peer_cred() else { return };
        let uid = credentials.uid();
        if uid != self.own_uid && !self.allow_uids.contains(&uid) {
            let message = format!(
                "uid {uid} may not ask here: this Sayso serves uid {}. To let it, name it in sayso.toml.",
                self.own_uid
            );
            turn_away(&stream, &RpcFault::refused("not_allowed", message));
            return;
        }
        let Ok(room) = self.house.enter(uid) else {
            let message = "Sayso has as many connections as it takes; close some, or try again in a moment";
            turn_away(&stream, &RpcFault::refused("too_many_connections", message));
            return;
        };
        let pid = credentials.pid().and_then(|pid| u32::try_from(pid).ok());
        let Some(met) = self.callers.meet(&stream, uid, pid, &room) else { return };
        let (shared, stop) = (Arc::clone(&self.shared), stopped.clone());
        tokio::spawn(Connection::new(shared, stream, met.caller, room).run(met.watch, stop));
    }
}

/// One sentence, if the socket takes it at once.
fn turn_away(stream: &UnixStream, fault: &RpcFault) {
    let mut line = Vec::new();
    rpc::write_fault(&mut line, None, fault);
    let _ = rustix::net::send(stream.as_fd(), &line, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
}

/// Raises the number of files that this process may open to the most it is allowed, and says how many that is.
fn raise_files() -> usize {
    let now = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: now.maximum, maximum: now.maximum };
    let reached = if setrlimit(Resource::Nofile, raised).is_ok() { raised.current } else { now.current };
    reached.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}
