//! The person's seat: the broker's side of the pipes to the window's process.
//!
//! Invariants: nothing that comes in from a seat approves by itself. A decision is a signed receipt, verified
//! here under the enrolled keys, about a request that waits, for the card as it is now. A seat that floods or
//! sends garbage loses its pipe and nobody else notices.

use std::sync::Arc;
use std::time::Duration;

use sayso_core::life::{Event, Stage};
use sayso_core::receipt::Expected;
use sayso_core::record::Outcome;
use sayso_core::seat::{Answer, Call, CardView, Down, Draft, Fault, Queue, QueueRow, ROWS, Up};
use sayso_core::{Decision, Receipt, RequestId, limits as core_limits, strict};
use sayso_wire::protocol::RpcFault;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Semaphore, mpsc};

use crate::queue::{Lingering, Waiting};
use crate::{Broker, card, fault, limits, pipeline};

/// One line from a seat, in bytes: a receipt, a search or a reason.
const UP_LINE_BYTES: u64 = 64 * 1024;

/// Answers and pushes that a seat may be slow to read before it is taken for dead.
const DOWN_WAITING: usize = 64;

/// Why a seat ended.
#[derive(Debug, thiserror::Error)]
pub enum SeatEnded {
    /// The pipe closed: the window was closed.
    #[error("the window was closed")]
    Closed,
    /// Something that is not a seat's word.
    #[error("the window sent something that is not a seat's word: {0}")]
    Garbage(String),
    /// The pipe failed.
    #[error("the pipe to the window failed: {0}")]
    Pipe(#[from] std::io::Error),
}

/// Serves one seat until it leaves. `shows` carries what the tray wants of the window ([`Down::Show`]).
///
/// # Errors
/// Always: why it ended.
pub async fn sit(
    broker: Arc<Broker>,
    from_window: impl AsyncRead + Unpin + Send + 'static,
    to_window: impl AsyncWrite + Unpin + Send + 'static,
    shows: mpsc::Receiver<Down>,
) -> Result<std::convert::Infallible, SeatEnded> {
    let (down, lines) = mpsc::channel(DOWN_WAITING);
    let (open, opened) = tokio::sync::watch::channel(None);
    tokio::select! {
        ended = read_calls(&broker, from_window, &down, &open) => ended,
        ended = write_lines(to_window, lines, shows) => Err(ended),
        ended = push_changes(&broker, &down, opened) => Err(ended),
    }
}

async fn read_calls(
    broker: &Arc<Broker>,
    from_window: impl AsyncRead + Unpin,
    down: &mpsc::Sender<Down>,
    open: &tokio::sync::watch::Sender<Option<RequestId>>,
) -> Result<std::convert::Infallible, SeatEnded> {
    let mut reader = BufReader::new(from_window);
    let mut line = Vec::new();
    let calls = Arc::new(Semaphore::new(limits::SEAT_CALLS));
    loop {
        line.clear();
        // A seat that floods waits here, and is not read meanwhile.
        let Ok(turn) = Arc::clone(&calls).acquire_owned().await else { return Err(SeatEnded::Closed) };
        let read = (&mut reader).take(UP_LINE_BYTES).read_until(b'\n', &mut line).await?;
        if read == 0 {
            return Err(SeatEnded::Closed);
        }
        if line.last() != Some(&b'\n') {
            return Err(SeatEnded::Garbage("a line over its limit".to_owned()));
        }
        let up: Up = strict::parse(&line).map_err(|e| SeatEnded::Garbage(e.message))?;
        if let Call::Open { id } = up.call {
            open.send_replace(Some(id));
            broker.hurry(id);
            broker.touch();
        }
        let broker = Arc::clone(broker);
        let down = down.clone();
        tokio::spawn(async move {
            let answer = broker.call(up.call).await;
            // A seat that has left needs no answer.
            let _ = down.send(Down::Answer { seq: up.seq, answer }).await;
            drop(turn);
        });
    }
}

async fn write_lines(
    mut to_window: impl AsyncWrite + Unpin,
    mut lines: mpsc::Receiver<Down>,
    mut shows: mpsc::Receiver<Down>,
) -> SeatEnded {
    loop {
        let next = tokio::select! {
            line = lines.recv() => line,
            Some(show) = shows.recv() => Some(show),
        };
        let Some(down) = next else { return SeatEnded::Closed };
        let Ok(mut bytes) = serde_json::to_vec(&down) else { continue };
        bytes.push(b'\n');
        let written = async {
            to_window.write_all(&bytes).await?;
            to_window.flush().await
        };
        if let Err(error) = written.await {
            return SeatEnded::Pipe(error);
        }
    }
}

/// Sends the queue and the opened card whenever they changed, at most every [`limits::QUEUE_EVERY_MS`].
async fn push_changes(
    broker: &Arc<Broker>,
    down: &mpsc::Sender<Down>,
    opened: tokio::sync::watch::Receiver<Option<RequestId>>,
) -> SeatEnded {
    let mut changed = broker.changed.subscribe();
    let mut last_card: Option<CardView> = None;
    loop {
        changed.borrow_and_update();
        if down.send(Down::Queue(broker.queue_view())).await.is_err() {
            return SeatEnded::Closed;
        }
        let id = *opened.borrow();
        if let Some(view) = id.and_then(|id| broker.card_view(id)) {
            let news = last_card.as_ref().is_none_or(|last| {
                last.shown != view.shown || last.stage != view.stage || last.settled != view.settled
            });
            if news {
                last_card = Some(view.clone());
                if down.send(Down::Card(Box::new(view))).await.is_err() {
                    return SeatEnded::Closed;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(limits::QUEUE_EVERY_MS)).await;
        if changed.changed().await.is_err() {
            return SeatEnded::Closed;
        }
    }
}

impl Broker {
    /// One call of a seat.
    ///
    /// # Errors
    /// A fault with a sentence for the person.
    pub async fn call(self: &Arc<Self>, call: Call) -> Result<Answer, Fault> {
        match call {
            Call::Open { id } => {
                let known = self.card_view(id).is_some();
                known
                    .then_some(Answer::Done)
                    .ok_or_else(|| fault("unknown_request", "This request is not here any more."))
            }
            Call::Decide { receipt } => self.decide(receipt).await.map(|()| Answer::Done).map_err(to_fault),
            Call::DenyUnsigned { id, reason } => {
                let why = reason
                    .unwrap_or_else(|| "Denied at the desktop; the keychain could not sign it.".to_owned());
                let fits = why.len() <= core_limits::REASON_BYTES;
                let why = if fits { why } else { "Denied at the desktop.".to_owned() };
                self.rule_out(id, &why).await.map(|()| Answer::Done).map_err(to_fault)
            }
            Call::History { search, before } => {
                self.history(&search, before).await.map(Answer::History).map_err(to_fault)
            }
            Call::SetStopped { stopped } => {
                self.set_stopped(stopped).await.map(|()| Answer::Done).map_err(to_fault)
            }
            Call::Enrol { key, proof } => self.enrol(key, &proof).await.map(|()| Answer::Done),
            Call::RenewPassphrase { key, proof } => {
                self.renew_passphrase(key, &proof).await.map(|()| Answer::Done)
            }
            Call::KeyRenewed {} => self.take_listed_keys().await.map(|()| Answer::Done),
            Call::Painted { id, settled } => {
                tracing::info!(%id, settled, "painted");
                Ok(Answer::Done)
            }
        }
    }

    /// A person's signed decision, from wherever it comes.
    pub(crate) async fn decide(self: &Arc<Self>, receipt: Receipt) -> Result<(), RpcFault> {
        let refused = |e: &sayso_core::receipt::ReceiptError| RpcFault::refused(e.code(), e.to_string());
        let verified = receipt.verify(&self.trusted()).map_err(|e| refused(&e))?;
        let claims = verified.claims().clone();
        // A denial too: who holds a replaced key speaks for nobody.
        verified.key_is_in_force().map_err(|e| refused(&e))?;
        let (kept, demand) = {
            let queue = self.queue();
            let waiting = queue.get(claims.sub).ok_or_else(pipeline::unknown_request)?;
            (Arc::clone(&waiting.kept), waiting.demand.clone())
        };
        let ask = &kept.request.ask;
        let expected =
            Expected { request: Some(claims.sub), action: kept.action, nonce: &ask.nonce, agent: &ask.agent };
        verified.is_about(&expected).map_err(|e| refused(&e))?;
        let now = self.now();
        is_fresh(&claims, demand.receipt_ms, now)?;
        if claims.decision == Decision::Approved
            && let Some(why) = self.script_changed(&kept).await?
        {
            self.rule_out(claims.sub, &why).await?;
            return Err(RpcFault::refused("script_changed", why));
        }
        let receipt = verified.receipt().clone();
        let event = match claims.decision {
            Decision::Approved => {
                Event::Approved(verified.into_approval(&expected, now.wall).map_err(|e| refused(&e))?)
            }
            Decision::Denied => Event::Denied(Some(verified)),
        };
        self.advance(claims.sub, event, |waiting, _, now| {
            let outcome = Outcome {
                decision: claims.decision,
                by: claims.by,
                presence: claims.presence,
                reason: claims.reason.clone(),
                receipt,
                boot: self.boot.0.clone(),
                lapses: now.tick.after_ms(waiting.demand.receipt_ms),
            };
            let told = pipeline::told(claims.sub, &outcome);
            Ok((waiting.decided(outcome), told))
        })
        .await
    }

    fn queue_view(&self) -> Queue {
        let now = self.now();
        let stopped = self.is_stopped();
        let mut queue = self.queue();
        let waiting = queue.waiting_count();
        let mut rows: Vec<QueueRow> = queue.first(ROWS).map(|waiting| row(waiting, now.tick)).collect();
        rows.extend(queue.lingering(now.tick).map(ended_row));
        Queue { waiting, rows, stopped }
    }

    /// The card of a request that waits or ended a moment ago, as a seat would get it.
    pub fn card_view(&self, id: RequestId) -> Option<CardView> {
        let now = self.now();
        let queue = self.queue();
        // An end that is told already is shown as such, though its request is still being put away.
        let lingering = queue.find_lingering(id);
        if lingering.is_none()
            && let Some(waiting) = queue.get(id)
        {
            return Some(CardView {
                card: (*waiting.card).clone(),
                shown: waiting.shown,
                stage: Stage::Waiting,
                ended: String::new(),
                settled: waiting.settled,
                remaining_ms: now.tick.ms_until(waiting.deadline),
                draft: draft(&waiting.kept, waiting.demand.receipt_ms),
            });
        }
        lingering.map(|ended| CardView {
            card: (*ended.card).clone(),
            shown: ended.shown,
            stage: ended.stage,
            ended: ended.ended.clone(),
            settled: false,
            remaining_ms: 0,
            draft: draft(&ended.kept, 0),
        })
    }
}

fn draft(kept: &sayso_core::record::Kept, receipt_ms: u64) -> Draft {
    Draft {
        aud: kept.request.ask.agent.clone(),
        sub: kept.request.id,
        jti: kept.request.ask.nonce.clone(),
        action: kept.action,
        receipt_seconds: receipt_ms.div_ceil(1000),
    }
}

fn row(waiting: &Waiting, now: sayso_core::Tick) -> QueueRow {
    QueueRow {
        id: waiting.life.id,
        short: waiting.card.short.clone(),
        agent: waiting.card.agent.clone(),
        place: card::place(&waiting.card),
        severity: waiting.card.severity,
        remaining_ms: now.ms_until(waiting.deadline),
        stage: Stage::Waiting,
    }
}

fn ended_row(ended: &Lingering) -> QueueRow {
    QueueRow {
        id: ended.id,
        short: ended.card.short.clone(),
        agent: ended.card.agent.clone(),
        place: card::place(&ended.card),
        severity: ended.card.severity,
        remaining_ms: 0,
        stage: ended.stage,
    }
}

pub(crate) fn to_fault(rpc: RpcFault) -> Fault {
    Fault { code: rpc.code, message: rpc.message }
}

/// Whether a person's receipt was made just now and lives no longer than demanded.
fn is_fresh(
    claims: &sayso_core::ReceiptClaims,
    receipt_ms: u64,
    now: sayso_core::Now,
) -> Result<(), RpcFault> {
    let skew = now.wall.seconds().saturating_sub(claims.iat).saturating_abs();
    let most = i64::try_from(receipt_ms.div_ceil(1000))
        .unwrap_or(i64::MAX)
        .saturating_add(limits::RECEIPT_SLACK_SECONDS);
    if skew > core_limits::SIGNED_SKEW_SECONDS || claims.exp.saturating_sub(claims.iat) > most {
        return Err(RpcFault::refused(
            "receipt_not_in_force",
            "The decision was signed at another time than now, or for longer than allowed. Decide again.",
        ));
    }
    Ok(())
}
