//! Ctrl-C, and being told to end, while waiting: the request is taken back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use sayso_core::life::Stage;
use sayso_core::{Nonce, RequestId};
use sayso_wire::protocol::Progress;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::asking::{self, End, No};
use crate::exit::Exit;
use crate::{ask, words};

/// Watches for signals from its making until it is disarmed.
pub(crate) struct Interrupt {
    shared: Arc<Shared>,
}

struct Shared {
    nonce: Nonce,
    id: Mutex<Option<RequestId>>,
    armed: AtomicBool,
    exit: Exit,
    json: bool,
}

impl Interrupt {
    /// Starts to watch. Where that fails, a signal ends the process as it always would; the closed connection then
    /// takes the request back.
    pub(crate) fn new(nonce: &Nonce, exit: Exit, json: bool) -> Self {
        let shared = Arc::new(Shared {
            nonce: nonce.clone(),
            id: Mutex::new(None),
            armed: AtomicBool::new(true),
            exit,
            json,
        });
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                if signals.forever().next().is_some() {
                    shared.take_back();
                }
            });
        }
        Self { shared }
    }

    /// Takes note of the request's number, and tells the person at the terminal once that it waits.
    pub(crate) fn progress(&self, progress: &Progress) {
        let mut id = self.shared.id.lock().unwrap_or_else(PoisonError::into_inner);
        if id.is_none() && progress.stage == Stage::Waiting {
            let left = words::span(std::time::Duration::from_millis(progress.remaining_ms));
            words::complain(&format!(
                "waiting for a person; silence is a denial in {left} ({})",
                progress.id
            ));
        }
        *id = Some(progress.id);
    }

    /// From here on a signal just ends the process.
    pub(crate) fn disarm(&self) {
        self.shared.armed.store(false, Ordering::SeqCst);
    }
}

impl Shared {
    fn take_back(&self) -> ! {
        if self.armed.load(Ordering::SeqCst) {
            let id = *self.id.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = id {
                asking::withdraw(id, &self.nonce);
            }
            // Without a number there is nothing to name; the connection that closes now takes it back.
            let no = No::of(End::Withdrawn, "withdrawn", "You took the request back.");
            ask::report(&no, self.json);
        }
        self.exit.now()
    }
}
