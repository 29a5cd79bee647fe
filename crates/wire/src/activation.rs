//! A socket that systemd (or whoever speaks its protocol) opened for us: `LISTEN_PID`, `LISTEN_FDS`, descriptor 3.

use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixListener;

use rustix::net::{AddressFamily, SocketType, sockopt};

use crate::listener::ListenError;
use crate::os;

const VARIABLES: [&str; 4] = ["LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"];

/// The socket that this process was started with; `None` where it was started without one.
pub(crate) fn inherited() -> Result<Option<UnixListener>, ListenError> {
    let variable = |name: &str| std::env::var(name).ok();
    // Meant for another process where the pid is not ours: the variables leaked through a shell, say.
    if variable("LISTEN_PID").and_then(|pid| pid.parse().ok()) != Some(std::process::id()) {
        return Ok(None);
    }
    let count = variable("LISTEN_FDS");
    os::forget_variables(&VARIABLES);
    if count.as_deref() != Some("1") {
        return Err(ListenError::Activation(format!(
            "LISTEN_FDS is {}, where one socket is wanted",
            count.as_deref().unwrap_or("not set")
        )));
    }
    let third = os::adopt_third().map_err(|e| ListenError::Activation(format!("descriptor 3: {e}")))?;
    third.map(checked).transpose()
}

fn checked(third: OwnedFd) -> Result<UnixListener, ListenError> {
    let fd = third.as_fd();
    let listens = matches!(sockopt::socket_domain(fd), Ok(AddressFamily::UNIX))
        && matches!(sockopt::socket_type(fd), Ok(SocketType::STREAM))
        && matches!(sockopt::socket_acceptconn(fd), Ok(true));
    if listens {
        Ok(UnixListener::from(third))
    } else {
        Err(ListenError::Activation("descriptor 3 is not a listening Unix stream socket".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listening_unix_stream_socket_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let listening = UnixListener::bind(folder.path().join("a")).unwrap();
        assert!(checked(OwnedFd::from(listening)).is_ok());
        let (one, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(checked(OwnedFd::from(one)).is_err());
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(checked(OwnedFd::from(tcp)).is_err());
        let file = std::fs::File::open("/proc/self/status").unwrap();
        assert!(checked(OwnedFd::from(file)).is_err());
    }
}
