//! The asking side: plain blocking `std`, one call at a time.
//!
//! Invariants: it talks only to a server of our own uid, of root, or of the owner of the socket's folder; it reads
//! with the limits that the server has; a broken connection is told apart from every answer, since a request that was
//! asked may be waiting still.
//!
//! Deliberately absent: checking receipts. Whoever acts on one verifies it against the pinned keys.

use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sayso_core::seat::HistoryPage;
use sayso_core::{Ask, Receipt, RequestId, strict};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::dial::dial;
use crate::places::Places;
use crate::protocol::{
    LogPage, LogVerified, Progress, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};
use crate::rpc::{self, Call, Heard, RpcId};
use crate::{limits, os};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// Nobody listens.
    #[error("Sayso is not running: nothing listens on {}. Start it with `sayso-desktop --hidden`.", .0.display())]
    NotRunning(PathBuf),
    /// The socket is closed to this user.
    #[error("this user may not use {}. The one it belongs to can name this user in their sayso.toml.", .0.display())]
    Forbidden(PathBuf),
    /// Somebody else listens where Sayso should.
    #[error("{} is served by uid {uid}, which is neither you, nor root, nor its folder's owner. Nothing was sent.", socket.display())]
    Stranger {
        /// The socket.
        socket: PathBuf,
        /// Who listens there.
        uid: u32,
    },
    /// Somebody listens and does not accept.
    #[error("Sayso does not answer on {}. Look whether it hangs, and start it anew.", .0.display())]
    Busy(PathBuf),
    /// It could not be started.
    #[error("Sayso is not running and could not be started: {0}. Start it with `sayso-desktop --hidden`.")]
    StartFailed(io::Error),
    /// It was started and did not listen in time.
    #[error(
        "Sayso was started and did not listen on {} within {} seconds. Start it with `sayso-desktop --hidden` in a \
         terminal and read what it says.", socket.display(), patience.as_secs_f32()
    )]
    DidNotCome {
        /// The socket.
        socket: PathBuf,
        /// How long was waited.
        patience: Duration,
    },
    /// The system refused.
    #[error("cannot connect to {}: {source}", socket.display())]
    Io {
        /// The socket.
        socket: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
}

impl Unreachable {
    /// The stable code, as in `--json`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotRunning(_) => "not_running",
            Self::Forbidden(_) => "forbidden",
            Self::Stranger { .. } => "stranger",
            Self::Busy(_) => "busy",
            Self::StartFailed(_) => "start_failed",
            Self::DidNotCome { .. } => "did_not_come",
            Self::Io { .. } => "socket_io",
        }
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server's own word.
    #[error("{0}")]
    Refused(RpcFault),
    /// The connection broke before an answer came. The request may be waiting: connect again and take it up with
    /// [`Client::wait`], by its nonce.
    #[error("the connection to Sayso broke before an answer came")]
    ConnectionLost {
        /// The request's number, where progress had told it.
        request: Option<RequestId>,
    },
    /// Nothing was heard for as long as [`Client::set_patience`] allows. The request may be waiting.
    #[error("Sayso did not answer in time")]
    Silent {
        /// The request's number, where progress had told it.
        request: Option<RequestId>,
    },
    /// What we would send is too long for a line. Nothing was sent.
    #[error(
        "the request takes {bytes} bytes, and at most {} fit; send a patch, or name a file",
        sayso_core::limits::LINE_BYTES
    )]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// What came back is nothing that Sayso says.
    #[error("Sayso's answer cannot be read: {0}. Are `sayso` and the application of the same version?")]
    Malformed(String),
}

impl ClientError {
    /// The stable code, as in `--json`; the server's own where it refused.
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(fault) => &fault.code,
            Self::ConnectionLost { .. } => "connection_lost",
            Self::Silent { .. } => "silent",
            Self::TooLong { .. } => "request_too_long",
            Self::Malformed(_) => "malformed_answer",
        }
    }

    /// Whether a request that was asked may be waiting still, to be taken up by [`Client::wait`].
    pub const fn may_wait_still(&self) -> bool {
        matches!(self, Self::ConnectionLost { .. } | Self::Silent { .. })
    }
}

/// A connection to Sayso.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    unread: Vec<u8>,
    last_id: i64,
    deadline: Option<Instant>,
}

impl Client {
    /// Connects, and makes sure of who listens.
    ///
    /// # Errors
    /// [`Unreachable`].
    pub fn connect(socket: &Path) -> Result<Self, Unreachable> {
        let stream = dial(socket).map_err(|e| why_unreachable(socket, e))?;
        let uid = os::peer_uid(stream.as_fd()).map_err(|e| why_unreachable(socket, e))?;
        if !trusted(uid, socket) {
            return Err(Unreachable::Stranger { socket: socket.to_path_buf(), uid });
        }
        Ok(Self { stream, unread: Vec::new(), last_id: 0, deadline: None })
    }

    /// How long a call may hear nothing at all before it is given up; `None`, as at first, for ever.
    ///
    /// # Errors
    /// If the system does not take it (a duration of zero).
    pub fn set_patience(&self, patience: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(patience)
    }

    /// When every call is given up as [`ClientError::Silent`], whatever was heard until then: progress does not put it
    /// off. `None`, as at first, never. Takes the place of [`Client::set_patience`].
    pub const fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Asks, and comes back when it is decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn ask(&mut self, ask: &Ask, on_progress: impl FnMut(&Progress)) -> Result<Told, ClientError> {
        self.ask_meanwhile(ask, || {}, on_progress)
    }

    /// Asks, does something else while Sayso decides, and comes back when it is decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn ask_meanwhile(
        &mut self,
        ask: &Ask,
        meanwhile: impl FnOnce(),
        on_progress: impl FnMut(&Progress),
    ) -> Result<Told, ClientError> {
        self.call_meanwhile(&Call::Request(Box::new(ask.clone())), meanwhile, on_progress)
    }

    /// Takes up an earlier request, and comes back when it is decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn wait(&mut self, wait: Wait, on_progress: impl FnMut(&Progress)) -> Result<Told, ClientError> {
        self.call(&Call::Wait(wait), on_progress)
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn withdraw(&mut self, withdraw: Withdraw) -> Result<Withdrawn, ClientError> {
        self.call(&Call::Withdraw(withdraw), |_| {})
    }

    /// Uses an approval.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn use_receipt(&mut self, receipt: Receipt) -> Result<UsedOnce, ClientError> {
        self.call(&Call::Use(Use { receipt }), |_| {})
    }

    /// How Sayso does.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn status(&mut self) -> Result<Status, ClientError> {
        self.call(&Call::Status, |_| {})
    }

    /// A page of the log, newest first.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn log_page(&mut self, page: LogPage) -> Result<HistoryPage, ClientError> {
        self.call(&Call::LogPage(page), |_| {})
    }

    /// Has the whole log recomputed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn log_verify(&mut self) -> Result<LogVerified, ClientError> {
        self.call(&Call::LogVerify, |_| {})
    }

    fn call<T: DeserializeOwned>(
        &mut self,
        call: &Call,
        on_progress: impl FnMut(&Progress),
    ) -> Result<T, ClientError> {
        self.call_meanwhile(call, || {}, on_progress)
    }

    fn call_meanwhile<T: DeserializeOwned>(
        &mut self,
        call: &Call,
        meanwhile: impl FnOnce(),
        mut on_progress: impl FnMut(&Progress),
    ) -> Result<T, ClientError> {
        self.last_id += 1;
        let mut line = Vec::with_capacity(512);
        rpc::write_call(&mut line, self.last_id, call);
        if line.len() - 1 > sayso_core::limits::LINE_BYTES {
            return Err(ClientError::TooLong { bytes: line.len() - 1 });
        }
        // A server that refuses says why before it closes, so what it said is read even where it took nothing more.
        let sent = self.stream.write_all(&line);
        meanwhile();
        let mut request = None;
        loop {
            let line = match self.next_line() {
                Ok(line) => line,
                Err(e) if sent.is_ok() && is_silence(&e) => return Err(ClientError::Silent { request }),
                Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                    return Err(ClientError::Malformed(e.to_string()));
                }
                Err(_) => return Err(ClientError::ConnectionLost { request }),
            };
            match rpc::read_answer(&line).map_err(|e| ClientError::Malformed(e.message))? {
                Heard::Progress(progress) => {
                    request = Some(progress.id);
                    on_progress(&progress);
                }
                Heard::Answer(id, result) if id.as_ref().is_none_or(|id| self.is_last(id)) => {
                    return typed(result.map_err(ClientError::Refused)?);
                }
                // The answer to a call that was given up.
                Heard::Answer(..) => {}
            }
        }
    }

    fn is_last(&self, id: &RpcId) -> bool {
        *id == RpcId::Number(self.last_id)
    }

    fn bound_the_read(&self) -> io::Result<()> {
        let Some(deadline) = self.deadline else { return Ok(()) };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))
    }

    /// The next line, without its end.
    fn next_line(&mut self) -> io::Result<Vec<u8>> {
        let mut seen = 0;
        loop {
            // Not by `memchr`: finding out what the processor can do takes longer than looking through a line.
            if let Some(end) = self.unread[seen..].iter().position(|&byte| byte == b'\n') {
                let rest = self.unread.split_off(seen + end + 1);
                let mut line = std::mem::replace(&mut self.unread, rest);
                line.pop();
                return Ok(line);
            }
            seen = self.unread.len();
            if seen > sayso_core::limits::LINE_BYTES {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "a line is longer than a line may be",
                ));
            }
            self.bound_the_read()?;
            let mut chunk = [0; 8 * 1024];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.unread.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

/// Connects; where nobody listens, calls `start` and looks for the socket until `patience` ends.
///
/// # Errors
/// [`Unreachable`]: whatever keeps a running Sayso from being used, or keeps it from coming.
pub fn connect_or_start(
    places: &Places,
    start: impl FnOnce() -> io::Result<()>,
    patience: Duration,
) -> Result<Client, Unreachable> {
    match Client::connect(&places.socket) {
        Err(Unreachable::NotRunning(_)) => {}
        other => return other,
    }
    start().map_err(Unreachable::StartFailed)?;
    let until = Instant::now() + patience;
    loop {
        match Client::connect(&places.socket) {
            Err(Unreachable::NotRunning(socket)) if Instant::now() >= until => {
                return Err(Unreachable::DidNotCome { socket, patience });
            }
            Err(Unreachable::NotRunning(_)) => std::thread::sleep(limits::START_LOOK),
            other => return other,
        }
    }
}

fn trusted(uid: u32, socket: &Path) -> bool {
    let owns_folder = |uid| {
        socket.parent().and_then(|folder| folder.metadata().ok()).is_some_and(|folder| {
            // A folder that others can write to says nothing about who put the socket there.
            folder.uid() == uid && folder.mode() & 0o022 == 0
        })
    };
    uid == 0 || uid == rustix::process::geteuid().as_raw() || owns_folder(uid)
}

fn why_unreachable(socket: &Path, source: io::Error) -> Unreachable {
    let socket = socket.to_path_buf();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Unreachable::NotRunning(socket),
        io::ErrorKind::PermissionDenied => Unreachable::Forbidden(socket),
        io::ErrorKind::WouldBlock => Unreachable::Busy(socket),
        _ => Unreachable::Io { socket, source },
    }
}

fn is_silence(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn typed<T: DeserializeOwned>(result: &RawValue) -> Result<T, ClientError> {
    strict::parse(result.get().as_bytes()).map_err(|e| ClientError::Malformed(e.message))
}
