//! Connecting to a socket by its path: bounded in time, however long the path.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use crate::limits;

/// A connection to whoever listens at `path`. [`io::ErrorKind::WouldBlock`] means that somebody listens and did not
/// accept in time.
pub(crate) fn dial(path: &Path) -> io::Result<UnixStream> {
    match SocketAddrUnix::new(path) {
        Ok(address) => connect(&address),
        // An address holds 107 bytes. The folder's descriptor is a shorter way to the same place.
        Err(Errno::NAMETOOLONG) if cfg!(target_os = "linux") => {
            use std::os::fd::AsRawFd as _;
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(io::ErrorKind::InvalidFilename.into());
            };
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY;
            let folder = rustix::fs::open(folder, flags, Mode::empty())?;
            let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
            connect(&SocketAddrUnix::new(&short)?)
        }
        Err(e) => Err(e.into()),
    }
}

fn connect(address: &SocketAddrUnix) -> io::Result<UnixStream> {
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    // Also bounds how long `connect` waits for a server that does not accept.
    set_socket_timeout(&socket, Timeout::Send, Some(limits::CLIENT_SEND))?;
    rustix::net::connect(&socket, address)?;
    Ok(UnixStream::from(socket))
}
