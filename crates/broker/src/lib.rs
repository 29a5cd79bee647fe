//! The queue, the deadlines, the decisions: the only place where an approval can come to count.
//!
//! # Invariants
//! - The broker holds no person's key and cannot approve. A person's decision comes in signed, and counts once
//!   its signature verified under an enrolled key and [`sayso_core::life`] took it.
//! - Nobody is told of a decision before it is durable in the ledger. Where the ledger cannot be written,
//!   everything is refused.
//! - Deadlines run on the clock since boot; the wall clock is only shown.
//! - A receipt is used once, whatever restarts between: the ledger's own constraint says so.
//!
//! # Reading order
//! [`pipeline`] tells the way of one request in one file; `read` is its first step. [`queue`] is what waits. [`card`] is what a person
//! sees, [`seat`] how they answer, [`deadlines`] what silence does, [`restart`] what a restart takes up again.
//!
//! # Deliberately absent
//! Signing as a person (the window's process), any policy of its own (`rules`), Tauri.

mod attend;
pub mod card;
pub mod clock;
pub mod deadlines;
mod desk;
mod ending;
mod enrol;
mod exact;
mod gather;
mod large;
pub mod limits;
pub mod notice;
mod pipeline;
mod queue;
mod read;
mod restart;
pub mod seat;
mod shares;
mod sign;
mod stop;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

pub use crate::desk::BrokerDesk;
use sayso_core::seat::Fault;
use sayso_core::{Now, RequestId, TrustedKeys};
use sayso_keys::MachineKey;
use sayso_ledger::{Ledger, NoteKey};
use sayso_rules::Policy;
use tokio::sync::{Notify, Semaphore, broadcast, watch};

use crate::clock::{BootId, Clock};
use crate::notice::Notice;
use crate::queue::Queue;

/// What a broker is made of.
pub struct Parts {
    /// The folder with `keys.json`, for keys enrolled later.
    pub keys_folder: std::path::PathBuf,
    /// The home folder, shown as `~`.
    pub home: std::path::PathBuf,
    /// The machine's own key.
    pub machine: Arc<MachineKey>,
    /// Everybody whose signature counts.
    pub trusted: TrustedKeys,
    /// The rules.
    pub policy: Policy,
    /// The record.
    pub ledger: Ledger,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Which boot the clock counts in.
    pub boot: BootId,
    /// What keeps the approver's key from signing, as a sentence; `None` where nothing does.
    pub key_trouble: Option<String>,
    /// The person's own credentials, for facts.
    pub credentials: Arc<dyn sayso_facts::Credentials>,
}

/// The broker. Shared by the socket, the seat and the tray.
pub struct Broker {
    keys_folder: std::path::PathBuf,
    home: std::path::PathBuf,
    machine: Arc<MachineKey>,
    trusted: RwLock<Arc<TrustedKeys>>,
    policy: Policy,
    /// What facts are asked with, the same for every request.
    around: sayso_facts::Around,
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    boot: BootId,
    key_trouble: Mutex<Option<String>>,
    queue: Mutex<Queue>,
    stopped: AtomicBool,
    /// One stop or resume at a time, so that what holds here is what the ledger says last.
    stopping: tokio::sync::Mutex<()>,
    /// One key is enrolled at a time.
    enrolling: tokio::sync::Mutex<()>,
    /// Counts up with every change that a seat or the tray would want to see.
    changed: watch::Sender<u64>,
    notices: broadcast::Sender<Notice>,
    /// Wakes the deadlines when an earlier one came in.
    earlier_deadline: Arc<Notify>,
    /// Cards that somebody opened before their facts were checked.
    hurry: gather::Hurry,
    /// Bounds how many requests have their facts checked at once.
    gathering: Arc<Semaphore>,
    /// Bounds how many requests have their place looked up at once.
    placing: Semaphore,
    /// Turns of large actions.
    large: Arc<Semaphore>,
}

impl Broker {
    /// A broker that has taken up what waited when the last one ended, with its clock running.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub async fn start(parts: Parts) -> Result<Arc<Self>, sayso_ledger::LedgerError> {
        let stopped = parts.ledger.stopped().await?;
        let broker = Arc::new(Self {
            keys_folder: parts.keys_folder,
            home: parts.home,
            machine: parts.machine,
            trusted: RwLock::new(Arc::new(parts.trusted)),
            around: sayso_facts::Around {
                places: parts.policy.backup_places().clone(),
                credentials: parts.credentials,
                ..sayso_facts::Around::default()
            },
            policy: parts.policy,
            ledger: parts.ledger,
            clock: parts.clock,
            boot: parts.boot,
            key_trouble: Mutex::new(parts.key_trouble),
            queue: Mutex::new(Queue::default()),
            stopped: AtomicBool::new(stopped),
            stopping: tokio::sync::Mutex::new(()),
            enrolling: tokio::sync::Mutex::new(()),
            changed: watch::Sender::new(0),
            notices: broadcast::Sender::new(limits::NOTICES),
            earlier_deadline: Arc::new(Notify::new()),
            hurry: gather::Hurry::default(),
            gathering: Arc::new(Semaphore::new(limits::GATHERING)),
            placing: Semaphore::new(limits::PLACING),
            large: Arc::new(Semaphore::new(limits::LARGE_AT_ONCE)),
        });
        restart::take_up(&broker).await?;
        tokio::spawn(deadlines::run(Arc::downgrade(&broker), Arc::clone(&broker.earlier_deadline)));
        Ok(broker)
    }

    /// Everything the tray wants to know as it happens.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// How many requests wait for a person.
    pub fn waiting(&self) -> u32 {
        self.queue().waiting_count()
    }

    /// Whether all agents are stopped.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// The keys whose word counts now.
    pub fn trusted(&self) -> Arc<TrustedKeys> {
        self.trusted.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what keeps the approver's key from signing, for `sayso status`.
    pub fn set_key_trouble(&self, trouble: Option<String>) {
        *self.key_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    fn set_trusted(&self, trusted: TrustedKeys) {
        *self.trusted.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(trusted);
        self.touch();
    }

    /// Finishes what is being recorded, then closes the record. For the end of the process: from here on nothing is
    /// decided, as nothing could be recorded.
    pub async fn close(&self) {
        self.ledger.close().await;
    }

    /// The ids that wait, earliest deadline first.
    pub fn waiting_ids(&self) -> Vec<RequestId> {
        self.queue().ids_by_deadline()
    }

    /// A notice for each of the first that wait: for a tray that comes when something waits already.
    pub fn notices_of_waiting(&self) -> Vec<Notice> {
        self.queue().first(limits::NOTICES).map(queue::Waiting::notice).collect()
    }

    fn now(&self) -> Now {
        self.clock.now()
    }

    /// The queue, also after a panic elsewhere: its entries are changed by single moves only.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn touch(&self) {
        self.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    fn notify(&self, notice: Notice) {
        // No receiver is no fault: a test, or a tray that is quitting.
        let _ = self.notices.send(notice);
    }
}

/// Opens the ledger in the data folder; its checkpoints are signed with the machine's key.
///
/// # Errors
/// If the file cannot be opened. One that is broken opens, for reading.
pub async fn open_ledger(
    data: &std::path::Path,
    machine: &Arc<MachineKey>,
) -> Result<Ledger, sayso_ledger::LedgerError> {
    let signer = Arc::clone(machine);
    let sign = Arc::new(move |note: &[u8]| signer.sign_bytes(note));
    let key = NoteKey::new(format!("sayso/{}", machine.holder()), machine.public().clone(), sign)?;
    Ledger::open(&data.join("ledger.db"), key).await
}

/// A fault with a stable code and a sentence.
fn fault(code: &str, message: impl Into<String>) -> Fault {
    Fault { code: code.to_owned(), message: message.into() }
}
