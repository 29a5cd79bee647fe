//! What stands behind the socket: the broker, seen from the wire.

use std::future::Future;

use sayso_core::Ask;
use sayso_core::request::Peer;
use sayso_core::seat::HistoryPage;

#[cfg(unix)]
pub use crate::peer::Line;
use crate::protocol::{
    LogPage, LogVerified, Progress, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};

/// Who calls, and why they went, once they have gone.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who the kernel says it is: the user, and the process with its program. No more: [`Caller::whole`].
    pub peer: std::sync::Arc<Peer>,
    /// Whether the caller has the same uid as Sayso. Other uids may ask, wait, withdraw and use; no more.
    pub same_user: bool,
    /// True once the caller's process is known to have ended (rather than just its connection).
    pub process_gone: std::sync::Arc<std::sync::atomic::AtomicBool>,
    /// The way to the rest.
    pub line: Line,
}

/// The way to the rest of a caller; nothing is known there on this system.
#[cfg(not(unix))]
#[derive(Debug, Clone, Default)]
pub struct Line(());

#[cfg(not(unix))]
impl Line {
    async fn whole(&self, peer: &std::sync::Arc<Peer>) -> std::sync::Arc<Peer> {
        std::sync::Arc::clone(peer)
    }
}

impl Caller {
    /// Who it is as a person is to see it: with its command line and those who started it. Read now; of a process
    /// that has ended there is no more than is known.
    pub async fn whole(&self) -> std::sync::Arc<Peer> {
        self.line.whole(&self.peer).await
    }
}

/// Where progress of one request goes: sent to the caller as notifications, dropped where it does not read.
pub type ProgressSender = tokio::sync::mpsc::Sender<Progress>;

/// The broker, seen from the wire. A future that is dropped means that its caller's connection closed: the desk
/// notices by a guard of its own.
pub trait Desk: Send + Sync + 'static {
    /// `approval.request`: comes back when decided.
    fn request(
        &self,
        caller: Caller,
        ask: Ask,
        progress: ProgressSender,
    ) -> impl Future<Output = Result<Told, RpcFault>> + Send;
    /// `approval.wait`: comes back when decided.
    fn wait(
        &self,
        caller: Caller,
        wait: Wait,
        progress: ProgressSender,
    ) -> impl Future<Output = Result<Told, RpcFault>> + Send;
    /// `approval.withdraw`.
    fn withdraw(
        &self,
        caller: Caller,
        withdraw: Withdraw,
    ) -> impl Future<Output = Result<Withdrawn, RpcFault>> + Send;
    /// `receipt.use`.
    fn use_receipt(
        &self,
        caller: Caller,
        used: Use,
    ) -> impl Future<Output = Result<UsedOnce, RpcFault>> + Send;
    /// `status`.
    fn status(&self, caller: Caller) -> impl Future<Output = Result<Status, RpcFault>> + Send;
    /// `log.page`; same user only.
    fn log_page(
        &self,
        caller: Caller,
        page: LogPage,
    ) -> impl Future<Output = Result<HistoryPage, RpcFault>> + Send;
    /// `log.verify`; same user only.
    fn log_verify(&self, caller: Caller) -> impl Future<Output = Result<LogVerified, RpcFault>> + Send;
}
