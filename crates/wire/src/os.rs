//! The few calls that no safe wrapper offers. Every `unsafe` of this crate is here, with its reason.

#![allow(unsafe_code, reason = "system calls without a safe wrapper; each with its own SAFETY note")]

use std::io;
use std::os::fd::BorrowedFd;

/// The uid at the other end of a connected socket. Not by rustix: there the pid beside it may not be 0, which it is
/// for a process of another PID namespace, as a Sayso outside of an agent's container.
#[cfg(target_os = "linux")]
pub(crate) fn peer_uid(socket: BorrowedFd<'_>) -> io::Result<u32> {
    use std::os::fd::AsRawFd as _;
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut size: libc::socklen_t = 12;
    // SAFETY: the descriptor is open for as long as it is borrowed; the kernel writes at most `size` bytes, which
    // is the size of the three integers it is given.
    let failed = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &raw mut size,
        )
    } != 0;
    if failed {
        return Err(io::Error::last_os_error());
    }
    if size != 12 {
        return Err(io::Error::from(io::ErrorKind::InvalidData));
    }
    Ok(peer.uid)
}

/// The uid at the other end of a connected socket.
#[cfg(not(target_os = "linux"))]
pub(crate) fn peer_uid(socket: BorrowedFd<'_>) -> io::Result<u32> {
    use std::os::fd::AsRawFd as _;
    let (mut uid, mut gid) = (0, 0);
    // SAFETY: the descriptor is open for as long as it is borrowed, and both places outlive the call.
    let failed = unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) } != 0;
    if failed { Err(io::Error::last_os_error()) } else { Ok(uid) }
}

/// A pidfd of the process that connected, straight from the socket (Linux 6.5 and later).
#[cfg(all(target_os = "linux", feature = "server"))]
pub(crate) fn peer_pidfd(socket: BorrowedFd<'_>) -> io::Result<std::os::fd::OwnedFd> {
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    let mut pidfd: libc::c_int = -1;
    let mut size: libc::socklen_t = 4;
    // SAFETY: the descriptor is open for as long as it is borrowed; the kernel writes at most `size` bytes, which
    // is the size of the integer it is given.
    let failed = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERPIDFD,
            (&raw mut pidfd).cast(),
            &raw mut size,
        )
    } != 0;
    if failed {
        return Err(io::Error::last_os_error());
    }
    if pidfd < 0 {
        return Err(io::Error::from(io::ErrorKind::NotFound));
    }
    // SAFETY: the kernel made this descriptor for us just now, and nobody else has it.
    Ok(unsafe { std::os::fd::OwnedFd::from_raw_fd(pidfd) })
}

/// `fd`, watched by the runtime for being readable.
#[cfg(all(target_os = "linux", feature = "server"))]
pub(crate) fn watched(
    fd: std::os::fd::OwnedFd,
) -> io::Result<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use tokio::io::{Interest, unix::AsyncFd};
    // SAFETY: an `OwnedFd` is one open descriptor, always the same, until it is dropped; and it is dropped by the
    // `AsyncFd` alone.
    Ok(unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?)
}

/// Takes over descriptor 3, which the starter of this process handed to it (`LISTEN_FDS`), with close-on-exec set;
/// `None` where it was taken before.
#[cfg(feature = "server")]
pub(crate) fn adopt_third() -> io::Result<Option<std::os::fd::OwnedFd>> {
    use std::os::fd::FromRawFd as _;
    use std::sync::atomic::{AtomicBool, Ordering};
    static TAKEN: AtomicBool = AtomicBool::new(false);
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(None);
    }
    // SAFETY: a descriptor's number can be asked about whether it is open or not; setting close-on-exec on one that
    // is not open fails with EBADF.
    let closed = unsafe { libc::fcntl(3, libc::F_SETFD, libc::FD_CLOEXEC) } != 0;
    if closed {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open; the protocol gives it to the process that `LISTEN_PID` names, the caller checked that this
    // is us, and `TAKEN` lets it be owned once.
    Ok(Some(unsafe { std::os::fd::OwnedFd::from_raw_fd(3) }))
}

/// Removes these variables where no other thread could be reading them; says whether it did.
#[cfg(feature = "server")]
pub(crate) fn forget_variables(names: &[&str]) -> bool {
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1);
    if alone {
        for name in names {
            // SAFETY: this is the process's only thread, so nobody reads the environment meanwhile.
            unsafe { std::env::remove_var(name) };
        }
    }
    alone
}
