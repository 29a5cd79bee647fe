//! This side of the talk with the broker: calls up, news down.
//!
//! Invariants: a call is answered once, or ends in a sentence within [`ANSWER`]; once the pipe is closed every call
//! ends so at once, and the page says that nothing can be decided any more.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sayso_core::RequestId;
use sayso_core::seat::{Answer, Call, Down, Fault, Up};
use sayso_keys::Keychain;
use serde::Serialize;
use tauri::{AppHandle, Emitter as _};
use tokio::sync::{Notify, oneshot};

use super::key::KeyState;
use super::screen::{Screen, fault};
use super::{LABEL, pipe};

/// How long an answer may take: the broker writes to its disk before it answers, and a disk can be slow.
const ANSWER: Duration = Duration::from_secs(20);

const LOST: &str = "Sayso's tray application ended. Nothing can be decided any more: close this window and start \
                    Sayso again.";

type Waiting = HashMap<u64, oneshot::Sender<Result<Answer, Fault>>>;

/// The person's seat.
pub(crate) struct Seat {
    app: AppHandle,
    folder: PathBuf,
    keychain: Keychain,
    line: Mutex<Line>,
    screen: Mutex<Screen>,
    key: Mutex<KeyState>,
    opening: Mutex<Opening>,
    /// Told when a card came.
    pub(crate) card_came: Notify,
}

/// The pipe, and who waits for an answer over it.
struct Line {
    /// `None` once it is closed.
    to_tray: Option<File>,
    last: u64,
    waiting: Waiting,
}

/// What the tray wants of the window before the page is there to show it.
struct Opening {
    page_is_ready: bool,
    /// Whether to take the focus; absent where nothing is to be shown yet.
    show: Option<bool>,
}

/// `Events.show` in `ui/src/seat.ts`.
#[derive(Clone, Serialize)]
struct ShowEvent {
    id: Option<RequestId>,
    activate: bool,
}

/// `Events.seat_lost` in `ui/src/seat.ts`.
#[derive(Clone, Serialize)]
struct LostEvent {
    message: &'static str,
}

impl Seat {
    pub(crate) fn new(app: AppHandle, to_tray: File, folder: PathBuf) -> Self {
        Self {
            app,
            folder,
            keychain: Keychain::new(),
            line: Mutex::new(Line { to_tray: Some(to_tray), last: 0, waiting: HashMap::new() }),
            screen: Mutex::new(Screen::new()),
            key: Mutex::new(KeyState::unknown()),
            opening: Mutex::new(Opening { page_is_ready: false, show: None }),
            card_came: Notify::new(),
        }
    }

    /// The folder of keys.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) const fn keychain(&self) -> &Keychain {
        &self.keychain
    }

    pub(crate) fn screen(&self) -> MutexGuard<'_, Screen> {
        lock(&self.screen)
    }

    pub(crate) fn key(&self) -> KeyState {
        lock(&self.key).clone()
    }

    /// Takes the key's new state, and tells the page.
    pub(crate) fn take_key(&self, state: KeyState) {
        lock(&self.key).clone_from(&state);
        self.tell("key", state);
    }

    /// Calls the broker, and waits for its answer.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, Fault> {
        let (seq, answered) = self.send(call)?;
        if let Ok(answer) = tokio::time::timeout(ANSWER, answered).await {
            return answer.unwrap_or_else(|_| Err(lost()));
        }
        lock(&self.line).waiting.remove(&seq);
        Err(fault(
            "no_answer",
            "Sayso's tray application does not answer. Look at the history before you try again.",
        ))
    }

    fn send(&self, call: Call) -> Result<(u64, oneshot::Receiver<Result<Answer, Fault>>), Fault> {
        let mut line = lock(&self.line);
        let seq = line.last + 1;
        let to_tray = line.to_tray.as_mut().ok_or_else(lost)?;
        if let Err(error) = pipe::send(to_tray, &Up { seq, call }) {
            tracing::error!(%error, "the pipe to the tray failed");
            return Err(lost());
        }
        line.last = seq;
        let (tell, answered) = oneshot::channel();
        line.waiting.insert(seq, tell);
        Ok((seq, answered))
    }

    /// Asks for a card without waiting for the answer.
    pub(crate) fn ask_for(&self, id: RequestId) {
        self.screen().open(id);
        if let Err(fault) = self.send(Call::Open { id }) {
            tracing::warn!(%fault, "a card could not be asked for");
        }
    }

    /// The page listens and is about to be drawn: the window may come up.
    pub(crate) fn page_is_ready(&self) {
        let show = {
            let mut opening = lock(&self.opening);
            opening.page_is_ready = true;
            opening.show.take()
        };
        if let Some(activate) = show {
            super::show(&self.app, activate);
        }
    }

    fn take(&self, down: Down) {
        match down {
            Down::Queue(queue) => {
                self.tell("queue", &queue);
                self.screen().take_queue(queue);
            }
            Down::Card(view) => {
                if self.screen().take_card((*view).clone()) {
                    self.card_came.notify_waiters();
                    self.tell("card", view);
                }
            }
            Down::Show { id, activate } => self.show(id, activate),
            Down::Answer { seq, answer } => {
                if let Some(waiting) = lock(&self.line).waiting.remove(&seq) {
                    // Nobody may be waiting any more.
                    let _ = waiting.send(answer);
                }
            }
        }
    }

    /// Before the page is ready, the card is fetched for it and the window kept back; afterwards both are its own.
    fn show(&self, id: Option<RequestId>, activate: bool) {
        let mut opening = lock(&self.opening);
        if opening.page_is_ready {
            drop(opening);
            super::show(&self.app, activate);
            self.tell("show", ShowEvent { id, activate });
            return;
        }
        opening.show = Some(opening.show.unwrap_or(false) || activate);
        drop(opening);
        if let Some(id) = id {
            self.ask_for(id);
        }
    }

    fn lose(&self) {
        {
            let mut line = lock(&self.line);
            line.to_tray = None;
            line.waiting.clear();
        }
        self.tell("seat_lost", LostEvent { message: LOST });
    }

    pub(crate) fn tell(&self, event: &str, payload: impl Serialize + Clone) {
        if let Err(error) = self.app.emit_to(LABEL, event, payload) {
            tracing::warn!(%error, event, "the page could not be told");
        }
    }

    /// Ends the process: the tray closed the pipe.
    fn end(&self) {
        self.app.exit(0);
    }
}

fn lost() -> Fault {
    fault("seat_lost", LOST)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes what comes from the tray until the pipe closes; then ends the process. Where the tray broke rather than
/// closed the pipe, the window stays and says so: a person may be reading it.
pub(crate) fn listen(seat: &Arc<Seat>, from_tray: File) {
    let mut from_tray = BufReader::new(from_tray);
    let mut line = Vec::new();
    loop {
        match pipe::receive(&mut from_tray, &mut line) {
            Ok(Some(down)) => seat.take(down),
            Ok(None) => {
                seat.lose();
                return seat.end();
            }
            Err(error) => {
                tracing::error!(%error, "the tray sent something that is not its word");
                return seat.lose();
            }
        }
    }
}
