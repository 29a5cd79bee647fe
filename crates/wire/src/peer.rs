//! Who is at the other end: uid and pid as the kernel recorded them when it connected, and a watch on that process.
//!
//! Invariants: a process is pinned (a pidfd) before anything is read of it, and what `/proc` says of its number counts
//! only if it still lives after that was read. Connections of one process share one watch and, where nothing about it
//! changed, one [`Peer`].
//!
//! Only what takes a few calls is found out of everybody: the user and the program. The command line and those who
//! started the process ([`Line`]) are read where a person is to see them: that takes longer than a rule's decision, and
//! can be made to wait by the process itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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
    by_pid: HashMap<u32, Known>,
    /// From this size on the next newcomer clears out those who left.
    clear_at: usize,
}

/// What connections of one process share.
#[derive(Default)]
struct Known {
    watch: Weak<Watch>,
    peer: Weak<Peer>,
    whole: Weak<Peer>,
}

/// What is known already where it is the same as what was found, or what was found.
fn the_same(known: &mut Weak<Peer>, found: Peer) -> Arc<Peer> {
    if let Some(known) = known.upgrade().filter(|known| **known == found) {
        return known;
    }
    let found = Arc::new(found);
    *known = Arc::downgrade(&found);
    found
}

/// The way to a caller's command line and to those who started it.
#[derive(Clone, Default)]
pub struct Line(Option<Pinned>);

#[derive(Clone)]
struct Pinned {
    callers: Arc<Callers>,
    pid: u32,
    watch: Option<Arc<Watch>>,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Line").field(&self.0.as_ref().map(|line| line.pid)).finish()
    }
}

impl Line {
    /// `peer` with all that can be found out; as it is where its process has ended, or has no number here.
    pub(crate) async fn whole(&self, peer: &Arc<Peer>) -> Arc<Peer> {
        let whole = match &self.0 {
            Some(line) => line.callers.whole(line, peer.uid).await,
            None => None,
        };
        whole.unwrap_or_else(|| Arc::clone(peer))
    }
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
    pub(crate) fn meet(
        self: &Arc<Self>,
        stream: &UnixStream,
        uid: u32,
        pid: Option<u32>,
        room: &Room,
    ) -> Option<Acquaintance> {
        let Some(pid) = pid.filter(|&pid| pid != 0) else {
            // In another pid namespace: it has no number here.
            room.shares_its_process();
            let peer = Peer { uid, user: self.user(uid), processes: Vec::new() };
            let caller = self.caller(Arc::new(peer), Arc::default(), Line::default());
            return Some(Acquaintance { caller, watch: None });
        };
        let watch = match Watch::start(stream, pid) {
            Ok(watch) => watch,
            Err(Gone) => return None,
        };
        let processes = vec![process::named(pid)];
        if watch.as_ref().is_some_and(|watch| !watch.lives()) {
            return None;
        }
        let peer = Peer { uid, user: self.user(uid), processes };
        Some(self.remember(pid, peer, watch, room))
    }

    /// The process with its command line and those who started it; `None` where it has ended.
    async fn whole(&self, line: &Pinned, uid: u32) -> Option<Arc<Peer>> {
        let processes = self.chain(line.pid).await;
        let peer = Peer { uid, user: self.user(uid), processes };
        match &line.watch {
            Some(watch) if !watch.lives() => None,
            _ => Some(self.shared(line.pid, peer)),
        }
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

    fn remember(
        self: &Arc<Self>,
        pid: u32,
        peer: Peer,
        watch: Option<Arc<Watch>>,
        room: &Room,
    ) -> Acquaintance {
        let Some(mut watch) = watch else {
            room.shares_its_process();
            let line = Line(Some(Pinned { callers: Arc::clone(self), pid, watch: None }));
            return Acquaintance { caller: self.caller(Arc::new(peer), Arc::default(), line), watch: None };
        };
        let mut met = self.met();
        if met.by_pid.len() >= met.clear_at {
            met.by_pid.retain(|_, known| known.watch.strong_count() > 0);
            met.clear_at = (2 * met.by_pid.len()).max(64);
        }
        let known = met.by_pid.entry(pid).or_default();
        // A pid is not given out again while its process lives, so a watch on a living process of this number
        // watches this very process.
        if let Some(first) = known.watch.upgrade().filter(|first| first.lives()) {
            watch = first;
            room.shares_its_process();
        } else {
            *known = Known { watch: Arc::downgrade(&watch), ..Known::default() };
        }
        let peer = the_same(&mut known.peer, peer);
        drop(met);
        let line = Line(Some(Pinned { callers: Arc::clone(self), pid, watch: Some(Arc::clone(&watch)) }));
        Acquaintance { caller: self.caller(peer, Arc::clone(&watch.gone), line), watch: Some(watch) }
    }

    /// This, or what was found out for another connection of the same process, where that is the same.
    fn shared(&self, pid: u32, whole: Peer) -> Arc<Peer> {
        match self.met().by_pid.get_mut(&pid) {
            Some(known) => the_same(&mut known.whole, whole),
            None => Arc::new(whole),
        }
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn caller(&self, peer: Arc<Peer>, process_gone: Arc<AtomicBool>, line: Line) -> Caller {
        Caller { same_user: peer.uid == self.own_uid, peer, process_gone, line }
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
