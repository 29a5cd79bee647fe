//! Who is at the other end: uid and pid as the kernel recorded them when it connected, and a watch on that process.
//!
//! Invariants: what `/proc` says of a pid counts only if the process that connected still lives after it was read.
//! Connections of one process share one watch and, where nothing about it changed, one [`Peer`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sayso_core::request::Peer;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::desk::Caller;
use crate::room::Room;
use crate::{limits, process};

/// Those who were met, so that what many connections share is held once.
pub(crate) struct Callers {
    own_uid: u32,
    readers: Arc<Semaphore>,
    met: Mutex<Met>,
    names: Mutex<HashMap<u32, Option<String>>>,
}

#[derive(Default)]
struct Met {
    by_pid: HashMap<u32, (Weak<Watch>, Weak<Peer>)>,
    /// From this size on the next newcomer clears out those who left.
    clear_at: usize,
}

/// A caller, and the watch on its process where there is one.
pub(crate) struct Acquaintance {
    pub(crate) caller: Caller,
    pub(crate) watch: Option<Arc<Watch>>,
}

impl Callers {
    pub(crate) fn new(own_uid: u32) -> Self {
        Self {
            own_uid,
            readers: Arc::new(Semaphore::new(limits::CHAINS_AT_ONCE)),
            met: Mutex::default(),
            names: Mutex::default(),
        }
    }

    /// Finds out who connected. `None` where that process has ended already.
    pub(crate) async fn meet(
        &self,
        stream: &UnixStream,
        uid: u32,
        pid: Option<u32>,
        room: &Room,
    ) -> Option<Acquaintance> {
        let Some(pid) = pid.filter(|&pid| pid != 0) else {
            // In another pid namespace: it has no number here.
            room.shares_its_process();
            let peer = Arc::new(Peer { uid, user: self.user(uid), processes: Vec::new() });
            return Some(Acquaintance { caller: self.caller(peer, Arc::default()), watch: None });
        };
        let watch = match Watch::start(stream, pid) {
            Ok(watch) => watch,
            Err(Gone) => return None,
        };
        let processes = self.chain(pid).await;
        let processes = match &watch {
            Some(watch) if !watch.lives() => return None,
            _ => processes,
        };
        let peer = Peer { uid, user: self.user(uid), processes };
        Some(self.remember(pid, peer, watch, room))
    }

    async fn chain(&self, pid: u32) -> Vec<sayso_core::request::PeerProcess> {
        let read = async {
            let permit = Arc::clone(&self.readers).acquire_owned().await.ok()?;
            tokio::task::spawn_blocking(move || {
                let chain = process::chain(pid);
                drop(permit);
                chain
            })
            .await
            .ok()
        };
        timeout(limits::CHAIN, read).await.ok().flatten().unwrap_or_else(|| vec![process::unread(pid)])
    }

    fn remember(&self, pid: u32, peer: Peer, watch: Option<Arc<Watch>>, room: &Room) -> Acquaintance {
        let Some(mut watch) = watch else {
            room.shares_its_process();
            return Acquaintance { caller: self.caller(Arc::new(peer), Arc::default()), watch: None };
        };
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let known = met.by_pid.get(&pid).and_then(|(watch, peer)| Some((watch.upgrade()?, peer.upgrade())));
        let mut shared = None;
        // A pid is not given out again while its process lives, so a watch on a living process of this number
        // watches this very process.
        if let Some((known_watch, known_peer)) = known.filter(|(watch, _)| watch.lives()) {
            watch = known_watch;
            shared = known_peer.filter(|known| **known == peer);
            room.shares_its_process();
        }
        let peer = shared.unwrap_or_else(|| Arc::new(peer));
        if met.by_pid.len() >= met.clear_at {
            met.by_pid.retain(|_, (watch, _)| watch.strong_count() > 0);
            met.clear_at = (2 * met.by_pid.len()).max(64);
        }
        met.by_pid.insert(pid, (Arc::downgrade(&watch), Arc::downgrade(&peer)));
        drop(met);
        Acquaintance { caller: self.caller(peer, Arc::clone(&watch.gone)), watch: Some(watch) }
    }

    fn caller(&self, peer: Arc<Peer>, process_gone: Arc<AtomicBool>) -> Caller {
        Caller { same_user: peer.uid == self.own_uid, peer, process_gone }
    }

    /// The name in `/etc/passwd`. Names from a directory service are not looked up: that can take seconds.
    fn user(&self, uid: u32) -> Option<String> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names
            .entry(uid)
            .or_insert_with(|| {
                let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
                passwd.lines().find_map(|line| {
                    let mut fields = line.split(':');
                    let name = fields.next()?;
                    (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
                })
            })
            .clone()
    }
}

/// The process has ended.
struct Gone;

/// A watch on the end of a process.
pub(crate) struct Watch {
    #[cfg(target_os = "linux")]
    pidfd: tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>,
    gone: Arc<AtomicBool>,
}

#[cfg(target_os = "linux")]
impl Watch {
    /// `Ok(None)` where this kernel has no way to watch it.
    fn start(stream: &UnixStream, pid: u32) -> Result<Option<Arc<Self>>, Gone> {
        use std::os::fd::AsFd as _;
        let pidfd = match crate::os::peer_pidfd(stream.as_fd()) {
            Ok(pidfd) => Ok(pidfd),
            Err(_) => Self::by_number(pid)?,
        };
        Ok(match pidfd.and_then(crate::os::watched) {
            Ok(pidfd) => Some(Arc::new(Self { pidfd, gone: Arc::default() })),
            Err(why) => {
                tracing::warn!(%why, pid, "a caller's process cannot be watched; its connection still is");
                None
            }
        })
    }

    /// For kernels before 6.5. The process of this number could be another by now; that its start time is the same
    /// before and after rules out a change in between, and no more can be known.
    fn by_number(pid: u32) -> Result<std::io::Result<std::os::fd::OwnedFd>, Gone> {
        use rustix::process::{Pid, PidfdFlags, pidfd_open};
        let before = process::started(pid).ok_or(Gone)?;
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or(Gone)?;
        let opened = match pidfd_open(number, PidfdFlags::NONBLOCK) {
            Err(rustix::io::Errno::SRCH) => return Err(Gone),
            other => other.map_err(std::io::Error::from),
        };
        if process::started(pid) == Some(before) { Ok(opened) } else { Err(Gone) }
    }

    fn lives(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut fds = [PollFd::new(self.pidfd.get_ref(), PollFlags::IN)];
        matches!(poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(0))
    }

    /// Comes back once the process has ended, with the caller's `process_gone` set.
    pub(crate) async fn ended(&self) {
        match self.pidfd.readable().await {
            Ok(_ready) => self.gone.store(true, Ordering::SeqCst),
            // Only when the runtime shuts down.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Watch {
    fn start(_: &UnixStream, _: u32) -> Result<Option<Arc<Self>>, Gone> {
        Ok(None)
    }

    fn lives(&self) -> bool {
        !self.gone.load(Ordering::SeqCst)
    }

    /// Never: this system has nothing to watch a stranger's process by.
    pub(crate) async fn ended(&self) {
        std::future::pending().await
    }
}
