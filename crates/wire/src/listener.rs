//! The listening socket: its folder checked by descriptor, a stale socket replaced, a live one never stolen.
//!
//! Invariants:
//! - The folder is a folder and no link, is ours, and nobody else can write to it. Everything below is done through
//!   its descriptor, so that a folder put in its place meanwhile changes nothing.
//! - Whoever listens holds the lock `sayso.lock` in that folder, from before the socket is there until after it is
//!   gone. A socket that answers, whoever holds it, is never replaced.
//! - The socket appears under its name with its mode already set, and listening: nobody can find it half made.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::dial::dial;
use crate::places::{Places, SOCKET};
use crate::{activation, limits};

const LOCK: &str = "sayso.lock";
const NEW: &str = "sayso.sock.new";

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another Sayso does.
    #[error("Sayso is running already: {} answers. Use that one, or quit it first.", .0.display())]
    AlreadyRunning(PathBuf),
    /// The folder could be used by others to get between Sayso and those who ask.
    #[error("the folder {} {why}. {fix}", folder.display())]
    UnsafeFolder {
        /// Which.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do.
        fix: String,
    },
    /// Something else has the socket's name.
    #[error("{} is there and is not a socket of Sayso's. Move it away.", .0.display())]
    Occupied(PathBuf),
    /// What the starter of this process handed over is not a socket for it.
    #[error(
        "the socket handed over by systemd cannot be used: {0}. Look at sayso.socket with `systemctl --user`."
    )]
    Activation(String),
    /// The system refused.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl ListenError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRunning(_) => "already_running",
            Self::UnsafeFolder { .. } => "unsafe_folder",
            Self::Occupied(_) => "socket_occupied",
            Self::Activation(_) => "bad_activation",
            Self::Io { .. } => "socket_io",
        }
    }
}

/// A socket that listens, and the right to.
#[derive(Debug)]
pub struct Listener {
    pub(crate) socket: UnixListener,
    pub(crate) allow_uids: Vec<u32>,
    /// Before the lock in this struct, so that the socket goes while the lock is still held.
    _bound: Option<Bound>,
    _lock: Option<Lock>,
}

impl Listener {
    /// Listens on the socket of these places. Processes of our own uid may connect, and those of `allow_uids`; where
    /// there are any, the folder opens to 0711 and the socket to 0666, and the kernel's credentials alone decide.
    ///
    /// # Errors
    /// [`ListenError`]; `already_running` where another Sayso listens there.
    pub fn bind(places: &Places, allow_uids: &[u32]) -> Result<Self, ListenError> {
        let shared = !allow_uids.is_empty();
        let folder = open_folder(&places.run, true)?;
        let lock = lock(&folder, &places.run, &places.socket)?;
        set_mode(&folder, &places.run, if shared { 0o711 } else { 0o700 })?;
        clear_stale(&folder, &places.socket)?;
        let (socket, bound) = put_socket(folder, places, if shared { 0o666 } else { 0o600 })?;
        if shared {
            warn_where_unreachable(&places.run);
        }
        Ok(Self { socket, allow_uids: allow_uids.to_vec(), _bound: Some(bound), _lock: Some(lock) })
    }

    /// Takes over the socket that systemd handed to this process; `None` where it was started without one. Call it
    /// first thing in `main`: the variables are removed only while there is a single thread.
    ///
    /// # Errors
    /// [`ListenError`] where what was handed over cannot be used, or another Sayso runs already.
    pub fn from_activation() -> Result<Option<Self>, ListenError> {
        let Some(socket) = activation::inherited()? else { return Ok(None) };
        let address = socket
            .local_addr()
            .ok()
            .and_then(|address| address.as_pathname().map(Path::to_path_buf))
            .ok_or_else(|| ListenError::Activation("it has no path".to_owned()))?;
        let run = address.parent().unwrap_or(Path::new("/")).to_path_buf();
        let folder = open_folder(&run, false)?;
        let lock = lock(&folder, &run, &address)?;
        listen(&socket, &address)?;
        Ok(Some(Self { socket, allow_uids: Vec::new(), _bound: None, _lock: Some(lock) }))
    }

    /// The same, for these other uids too. The modes of a socket from systemd are its unit's matter.
    pub fn allowing(mut self, uids: &[u32]) -> Self {
        self.allow_uids = uids.to_vec();
        self
    }
}

/// Opens the socket's folder and checks what was opened.
fn open_folder(run: &Path, make: bool) -> Result<OwnedFd, ListenError> {
    if make {
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        let above = run.parent().unwrap_or(Path::new("/"));
        if !above.is_dir() {
            builder.recursive(true).create(above).map_err(failed("cannot make the folder", above))?;
        }
        match builder.recursive(false).create(run) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => {
                return Err(failed("cannot make the folder", run)(e));
            }
            _ => {}
        }
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = match rustix::fs::open(run, flags, Mode::empty()) {
        Ok(folder) => folder,
        Err(Errno::LOOP | Errno::NOTDIR) => {
            return Err(ListenError::UnsafeFolder {
                folder: run.to_path_buf(),
                why: "is a link or a file, not a folder".to_owned(),
                fix: "Move it away; Sayso makes a folder in its place.".to_owned(),
            });
        }
        Err(e) => return Err(failed("cannot open the folder", run)(e.into())),
    };
    let stat = rustix::fs::fstat(&folder).map_err(failed_os("cannot look at the folder", run))?;
    let (own, mode) = (rustix::process::geteuid().as_raw(), stat.st_mode & 0o7777);
    if stat.st_uid != own {
        return Err(ListenError::UnsafeFolder {
            folder: run.to_path_buf(),
            why: format!("belongs to uid {}, not to you (uid {own})", stat.st_uid),
            fix: "Move it away, or give it to yourself with `chown`.".to_owned(),
        });
    }
    if mode & 0o022 != 0 {
        return Err(ListenError::UnsafeFolder {
            folder: run.to_path_buf(),
            why: format!("can be written to by others (mode {mode:04o})"),
            fix: format!("See who put what there, then run `chmod 700 {}`.", run.display()),
        });
    }
    Ok(folder)
}

fn set_mode(folder: &OwnedFd, run: &Path, mode: u32) -> Result<(), ListenError> {
    rustix::fs::fchmod(folder, Mode::from_raw_mode(mode))
        .map_err(failed_os("cannot set the mode of the folder", run))
}

/// Takes the lock that whoever listens holds.
fn lock(folder: &OwnedFd, run: &Path, socket: &Path) -> Result<Lock, ListenError> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = rustix::fs::openat(folder, LOCK, flags, Mode::from_raw_mode(0o600))
        .map_err(failed_os("cannot open the lock", &run.join(LOCK)))?;
    match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Lock(lock)),
        Err(Errno::WOULDBLOCK) => Err(ListenError::AlreadyRunning(socket.to_path_buf())),
        Err(e) => Err(failed("cannot lock", &run.join(LOCK))(e.into())),
    }
}

/// Makes sure that what has the socket's name, if anything, is a socket that nobody listens on. Such a one can be
/// there without the lock being held: systemd listens for us before we run.
fn clear_stale(folder: &OwnedFd, socket: &Path) -> Result<(), ListenError> {
    match rustix::fs::statat(folder, SOCKET, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(()),
        Err(e) => return Err(failed("cannot look at", socket)(e.into())),
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::Socket => {
            return Err(ListenError::Occupied(socket.to_path_buf()));
        }
        Ok(_) => {}
    }
    match dial(&within(folder, socket, SOCKET)).map_err(|e| e.kind()) {
        Err(ErrorKind::ConnectionRefused | ErrorKind::NotFound) => Ok(()),
        Ok(_) | Err(ErrorKind::WouldBlock) => Err(ListenError::AlreadyRunning(socket.to_path_buf())),
        Err(_) => Err(ListenError::Occupied(socket.to_path_buf())),
    }
}

fn put_socket(folder: OwnedFd, places: &Places, mode: u32) -> Result<(UnixListener, Bound), ListenError> {
    let path = &places.socket;
    match rustix::fs::unlinkat(&folder, NEW, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(e) => return Err(failed("cannot remove", &places.run.join(NEW))(e.into())),
    }
    let socket =
        UnixListener::bind(within(&folder, path, NEW)).map_err(failed("cannot make the socket", path))?;
    rustix::fs::chmodat(&folder, NEW, Mode::from_raw_mode(mode), AtFlags::empty())
        .map_err(failed_os("cannot set the mode of the socket", path))?;
    listen(&socket, path)?;
    let stat = rustix::fs::statat(&folder, NEW, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(failed_os("cannot look at the socket", path))?;
    rustix::fs::renameat(&folder, NEW, &folder, SOCKET)
        .map_err(failed_os("cannot put the socket in its place", path))?;
    Ok((socket, Bound { folder, inode: (stat.st_dev, stat.st_ino) }))
}

fn listen(socket: &UnixListener, path: &Path) -> Result<(), ListenError> {
    // Also for a socket from systemd: it makes us the one whom clients see at the other end.
    rustix::net::listen(socket, limits::BACKLOG).map_err(failed_os("cannot listen on", path))
}

/// `name` in that folder, by the folder's descriptor where the system can: the folder that was checked, however
/// long its path.
fn within(folder: &OwnedFd, socket: &Path, name: &str) -> PathBuf {
    if cfg!(target_os = "linux") {
        PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()))
    } else {
        socket.with_file_name(OsStr::new(name))
    }
}

/// Other users must be able to get to the folder; `$XDG_RUNTIME_DIR` is closed to them.
fn warn_where_unreachable(run: &Path) {
    for above in run.ancestors().skip(1) {
        let open = rustix::fs::stat(above).is_ok_and(|stat| stat.st_mode & 0o001 != 0);
        if !open {
            tracing::warn!(
                folder = %above.display(),
                "users named in sayso.toml cannot get to the socket through this folder; \
                 set SAYSO_HOME to one that they can pass (chmod o+x)"
            );
        }
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ListenError + use<> {
    let path = path.to_path_buf();
    move |source| ListenError::Io { what, path, source }
}

fn failed_os(what: &'static str, path: &Path) -> impl FnOnce(Errno) -> ListenError + use<> {
    let failed = failed(what, path);
    move |e| failed(e.into())
}

/// A socket that has its name in the folder. Its name goes when this is dropped, if it still is its own.
#[derive(Debug)]
struct Bound {
    folder: OwnedFd,
    inode: (u64, u64),
}

impl Drop for Bound {
    fn drop(&mut self) {
        let ours = rustix::fs::statat(&self.folder, SOCKET, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| (stat.st_dev, stat.st_ino) == self.inode);
        if ours {
            // Nothing to do where it fails: a socket left behind is stale, and the next one replaces it.
            let _ = rustix::fs::unlinkat(&self.folder, SOCKET, AtFlags::empty());
        }
    }
}

/// The lock. Released in so many words: a program that is just being started from this process holds a copy of the
/// descriptor until it runs, and closing ours alone would leave the lock with it.
#[derive(Debug)]
struct Lock(OwnedFd);

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = rustix::fs::flock(&self.0, FlockOperation::Unlock);
    }
}
