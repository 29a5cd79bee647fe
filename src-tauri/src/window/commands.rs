//! What the page can call: a few commands, each a few lines. `ui/src/seat.ts` is their other side.
//!
//! Invariant: no argument of the page is believed. Ids are parsed, digests compared, words checked in [`super::screen`].

use std::sync::Arc;
use std::time::Duration;

use sayso_core::seat::{Answer, Call, CardView, Fault, HistoryPage, Queue};
use sayso_core::{Receipt, RequestId, limits};
use sayso_keys::Passphrase;
use serde::{Deserialize, Serialize};
use tauri::State;
use zeroize::Zeroizing;

use super::key::{self, KeyState};
use super::screen::fault;
use super::seat::Seat;
use super::sign::Decided;

/// How long `ready` waits for the card that the window was opened for, so that the first thing painted is that
/// card and not an empty page.
const FIRST_CARD: Duration = Duration::from_millis(400);

/// How long a denial waits for the keychain before it goes unsigned: a denial must not hang on a prompt.
const DENIAL: Duration = Duration::from_secs(3);

/// Bytes of a search or of what is typed; a line, not a document.
const LINE_BYTES: usize = 4096;

/// A secret out of the page, wiped when dropped.
#[derive(Deserialize)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    fn passphrase(mut self) -> Passphrase {
        Passphrase::new(std::mem::take(&mut *self.0))
    }
}

/// `Opening` in `ui/src/seat.ts`.
#[derive(Serialize)]
pub(crate) struct Opening {
    queue: Queue,
    card: Option<CardView>,
    key: KeyState,
}

#[tauri::command]
pub(crate) async fn ready(seat: State<'_, Arc<Seat>>) -> Result<Opening, Fault> {
    let came = seat.card_came.notified();
    let awaited = {
        let screen = seat.screen();
        screen.opened().is_some() && screen.card().is_none()
    };
    if awaited {
        // Too late is no fault: the card comes as an event.
        let _ = tokio::time::timeout(FIRST_CARD, came).await;
    }
    let opening = {
        let screen = seat.screen();
        Opening { queue: screen.queue(), card: screen.card(), key: seat.key() }
    };
    seat.page_is_ready();
    Ok(opening)
}

#[tauri::command]
pub(crate) async fn open_card(seat: State<'_, Arc<Seat>>, id: String) -> Result<(), Fault> {
    let id = parse(&id)?;
    let held = {
        let mut screen = seat.screen();
        screen.open(id);
        screen.card()
    };
    // The broker sends a card again only if it changed.
    if let Some(view) = held {
        seat.tell("card", view);
    }
    let answer = seat.call(Call::Open { id }).await;
    if answer.is_err() {
        seat.screen().close(id);
    }
    answer.and_then(|answer| done(&answer))
}

#[tauri::command]
pub(crate) async fn deny(
    seat: State<'_, Arc<Seat>>,
    id: String,
    reason: Option<String>,
) -> Result<(), Fault> {
    let id = parse(&id)?;
    if reason.as_ref().is_some_and(|text| text.len() > limits::REASON_BYTES) {
        return Err(fault(
            "reason_too_long",
            format!("A reason takes at most {} bytes.", limits::REASON_BYTES),
        ));
    }
    let decided = Decided::denial(seat.screen().deciding(id)?, reason.clone());
    let signed = match seat.key().trouble {
        Some(_) => None,
        None => tokio::time::timeout(DENIAL, sign(&seat, decided, None)).await.ok().and_then(Result::ok),
    };
    let call = match signed {
        Some(receipt) => Call::Decide { receipt },
        None => Call::DenyUnsigned { id, reason },
    };
    seat.call(call).await.and_then(|answer| done(&answer))
}

#[tauri::command]
pub(crate) async fn approve(
    seat: State<'_, Arc<Seat>>,
    id: String,
    shown: String,
    typed: Option<String>,
    passphrase: Option<Secret>,
) -> Result<(), Fault> {
    let id = parse(&id)?;
    let decided = {
        let screen = seat.screen();
        let (view, presence) = screen.approving(id, &shown, typed.as_deref(), passphrase.is_some())?;
        Decided::approval(view, presence)
    };
    let receipt = sign(&seat, decided, passphrase.map(Secret::passphrase)).await?;
    // Signing can take as long as a keychain's prompt: what was signed must still be what stands there.
    if seat.screen().deciding(id)?.shown.to_string() != shown {
        return Err(fault(
            "card_changed",
            "The request changed while it was signed. Read it again, then decide.",
        ));
    }
    seat.call(Call::Decide { receipt }).await.and_then(|answer| done(&answer))
}

#[tauri::command]
pub(crate) async fn history(
    seat: State<'_, Arc<Seat>>,
    search: String,
    before: Option<u64>,
) -> Result<HistoryPage, Fault> {
    if search.len() > LINE_BYTES {
        return Err(fault("search_too_long", format!("A search takes at most {LINE_BYTES} bytes.")));
    }
    match seat.call(Call::History { search, before }).await? {
        Answer::History(page) => Ok(page),
        Answer::Done => Err(unexpected()),
    }
}

#[tauri::command]
pub(crate) async fn set_stopped(seat: State<'_, Arc<Seat>>, stopped: bool) -> Result<(), Fault> {
    seat.call(Call::SetStopped { stopped }).await.and_then(|answer| done(&answer))
}

#[tauri::command]
pub(crate) async fn set_passphrase(
    seat: State<'_, Arc<Seat>>,
    current: Option<Secret>,
    next: Secret,
) -> Result<(), Fault> {
    let (current, next) = (current.map(Secret::passphrase), next.passphrase());
    let made = blocking(&seat, move |seat| {
        sayso_keys::set_passphrase(seat.folder(), seat.keychain(), &next, current.as_ref())
            .map_err(Fault::from)
    })
    .await?;
    seat.call(Call::Enrol { key: made.enrolled, proof: made.proof })
        .await
        .and_then(|answer| done(&answer))?;
    key::check(&seat);
    Ok(())
}

#[tauri::command]
pub(crate) async fn renew_passphrase(seat: State<'_, Arc<Seat>>, next: Secret) -> Result<(), Fault> {
    let next = next.passphrase();
    let made = blocking(&seat, move |seat| {
        sayso_keys::renew_passphrase(seat.folder(), seat.keychain(), &next).map_err(Fault::from)
    })
    .await?;
    seat.call(Call::RenewPassphrase { key: made.enrolled, proof: made.proof })
        .await
        .and_then(|answer| done(&answer))?;
    key::check(&seat);
    Ok(())
}

#[tauri::command]
pub(crate) async fn retry_key(seat: State<'_, Arc<Seat>>) -> Result<(), Fault> {
    let state = blocking(&seat, |seat| Ok(key::look(seat.folder(), seat.keychain()))).await?;
    seat.take_key(state);
    Ok(())
}

#[tauri::command]
pub(crate) async fn renew_key(seat: State<'_, Arc<Seat>>) -> Result<(), Fault> {
    blocking(&seat, |seat| Ok(sayso_keys::renew_approver(seat.folder(), seat.keychain()).map(|_| ())?))
        .await?;
    seat.call(Call::KeyRenewed {}).await.and_then(|answer| done(&answer))?;
    let state = blocking(&seat, |seat| Ok(key::look(seat.folder(), seat.keychain()))).await?;
    seat.take_key(state);
    Ok(())
}

#[tauri::command]
pub(crate) async fn painted(seat: State<'_, Arc<Seat>>, id: String, settled: bool) -> Result<(), Fault> {
    seat.call(Call::Painted { id: parse(&id)?, settled }).await.and_then(|answer| done(&answer))
}

async fn sign(seat: &Arc<Seat>, decided: Decided, passphrase: Option<Passphrase>) -> Result<Receipt, Fault> {
    blocking(seat, move |seat| decided.sign(seat.folder(), seat.keychain(), passphrase.as_ref())).await
}

/// Runs what may block on a thread that may.
async fn blocking<T: Send + 'static>(
    seat: &Arc<Seat>,
    job: impl FnOnce(&Seat) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let seat = Arc::clone(seat);
    tauri::async_runtime::spawn_blocking(move || job(&seat)).await.unwrap_or_else(|_| Err(unexpected()))
}

fn parse(id: &str) -> Result<RequestId, Fault> {
    id.parse().map_err(|_| fault("bad_id", "That is not a request's number."))
}

fn done(answer: &Answer) -> Result<(), Fault> {
    match answer {
        Answer::Done => Ok(()),
        Answer::History(_) => Err(unexpected()),
    }
}

fn unexpected() -> Fault {
    fault("unexpected", "Something in Sayso broke; its log says what. Nothing was decided. Try again.")
}
