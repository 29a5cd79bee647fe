//! One request from its ask to its end, and the approval that may come of it.
//!
//! # Invariants
//! - A [`Granted`] exists only for an approval whose receipt verified against the pinned keys, for the very action,
//!   nonce and name that were asked, in force now. Everything else is a [`No`] with a sentence.
//! - A request is asked once: after a broken connection it is taken up again by its number and nonce. Where Sayso
//!   does not know it, it is asked again under the same nonce, which makes it the same request.
//! - It ends by the asker's own limit at the latest, whatever the other end does.

use std::thread;
use std::time::{Duration, Instant};

use sayso_core::seat::HistoryPage;
use sayso_core::{Approval, Ask, By, Nonce, RequestId, TrustedKeys};
use sayso_wire::Places;
use sayso_wire::client::{self, Client, ClientError, Unreachable};
use sayso_wire::protocol::{LogPage, LogVerified, Progress, RpcFault, Status, Told, Wait, Withdraw};

use crate::exit::Exit;
use crate::{judge, pinned, start, words};

/// The longest that anybody waits here. Sayso's own limit comes long before it; this bounds a Sayso that forgets.
pub(crate) const LONGEST: Duration = Duration::from_hours(7 * 24);

/// How much later than Sayso's our own limit is: the signed denial takes the disk and the socket.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// How long a request is tried to be taken up again where nothing is heard of it. A restart takes seconds; after a
/// minute Sayso is not coming back.
const RETAKE: Duration = Duration::from_mins(1);

/// How long to pause before the next try, at first and at most: a crash at every try must not become a storm.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long using an approval, or taking a request back, may take: one commit.
const AT_ONCE: Duration = Duration::from_secs(10);

/// How long taking back may take when the person at the terminal wants to be gone.
const LEAVING: Duration = Duration::from_secs(2);

/// How long a page of the log may take, and recomputing all of it.
const PAGE: Duration = Duration::from_secs(30);
const WHOLE_LOG: Duration = Duration::from_mins(15);

/// How it ended where it was not approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Denied by a person or a rule, or by us for any doubt.
    Denied,
    /// Nobody decided in time.
    Expired,
    /// Taken back.
    Withdrawn,
    /// Sayso cannot be reached.
    Unreachable,
    /// What was to be asked is not right.
    BadInput,
}

/// No approval, and why.
#[derive(Debug)]
pub(crate) struct No {
    /// How it ended.
    pub end: End,
    /// Stable, for programs; absent where somebody decided.
    pub code: Option<String>,
    /// For people and agents: why, and what to do.
    pub sentence: String,
    /// What Sayso told, where it did.
    pub told: Option<Box<Told>>,
}

impl No {
    /// An end with its code and sentence.
    pub(crate) fn of(end: End, code: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self { end, code: Some(code.into()), sentence: sentence.into(), told: None }
    }

    /// What was to be asked is not right.
    pub(crate) fn bad_input(sentence: impl Into<String>) -> Self {
        Self::of(End::BadInput, "bad_input", sentence)
    }

    /// A doubt of our own.
    pub(crate) fn denied(code: &str, sentence: impl Into<String>) -> Self {
        Self::of(End::Denied, code, sentence)
    }

    /// The same, with what Sayso told.
    pub(crate) fn with(self, told: Told) -> Self {
        Self { told: Some(Box::new(told)), ..self }
    }

    /// The exit status of `ask` and of everything that is not `run`.
    pub(crate) const fn exit(&self) -> Exit {
        match self.end {
            End::Denied => Exit::Denied,
            End::Expired => Exit::Expired,
            End::Withdrawn => Exit::Withdrawn,
            End::Unreachable => Exit::Unreachable,
            End::BadInput => Exit::Usage,
        }
    }

    /// Says why on standard error.
    pub(crate) fn complain(&self) -> Exit {
        words::complain(&words::safe(&self.sentence));
        self.exit()
    }
}

impl From<Unreachable> for No {
    fn from(why: Unreachable) -> Self {
        Self::of(End::Unreachable, why.code(), why.to_string())
    }
}

/// A refusal of what was sent is bad input; every other refusal, and every answer that is none, is a denial.
impl From<ClientError> for No {
    fn from(why: ClientError) -> Self {
        let end = match &why {
            ClientError::Refused(RpcFault { number: -32_767..=-32_600, .. })
            | ClientError::TooLong { .. } => End::BadInput,
            ClientError::Refused(_) | ClientError::Malformed(_) => End::Denied,
            ClientError::ConnectionLost { .. } | ClientError::Silent { .. } => End::Unreachable,
        };
        Self::of(end, why.code(), words::sentence(&why.to_string()))
    }
}

/// An approval that holds, to be used by [`Granted::use_up`].
#[derive(Debug)]
pub(crate) struct Granted {
    /// The evidence.
    pub approval: Approval,
    /// Whether Sayso used it up for us together with giving it.
    used: bool,
    client: Client,
    places: Places,
    until: Instant,
}

impl Granted {
    /// Who approved, in a sentence.
    pub(crate) fn sentence(&self) -> String {
        let claims = self.approval.claims();
        match (claims.by, &claims.reason) {
            (By::Person, None) => format!("Approved by a person, {}.", words::presence(claims.presence)),
            (By::Person, Some(why)) => {
                format!("Approved by a person, {}: {why}", words::presence(claims.presence))
            }
            (by, None) => format!("Approved by {}.", words::by(by)),
            (by, Some(why)) => format!("Approved by {}: {why}", words::by(by)),
        }
    }

    /// Uses it up: from here on the action may happen, once.
    ///
    /// # Errors
    /// [`No`] where Sayso does not confirm it; nothing may happen then.
    pub(crate) fn use_up(mut self) -> Result<(), No> {
        if self.used {
            return Ok(());
        }
        let receipt = self.approval.receipt().clone();
        let id = self.approval.claims().sub;
        self.client.set_deadline(Some(at_once(self.until)));
        let used = match self.client.use_receipt(receipt.clone()) {
            // A first use that came through unheard makes this one fail, and nothing happens: better than twice.
            Err(ClientError::ConnectionLost { .. }) => {
                let mut client = reach(&self.places, left(self.until)?)?;
                client.set_deadline(Some(at_once(self.until)));
                client.use_receipt(receipt)
            }
            other => other,
        };
        match used {
            Ok(used) if used.id == id => Ok(()),
            Ok(_) => {
                Err(No::denied("another_request", "Sayso used another approval than ours; nothing was done."))
            }
            Err(why) => Err(No::denied(
                why.code(),
                words::sentence(&format!(
                    "It was approved, but the approval could not be used, so nothing was done: {why}"
                )),
            )),
        }
    }
}

/// A random nonce: 128 bits, in hexadecimal digits.
///
/// # Errors
/// Where the system has no randomness.
pub(crate) fn nonce() -> Result<Nonce, No> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let none =
        |why: String| No::denied("no_randomness", format!("The system gives no random numbers: {why}."));
    let mut random = [0u8; 16];
    getrandom::fill(&mut random).map_err(|why| none(why.to_string()))?;
    let text: String = random
        .iter()
        .flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]])
        .map(char::from)
        .collect();
    Nonce::try_from(text).map_err(|why| none(why.to_string()))
}

/// A connection that was made before there was anything to ask: Sayso finds out who we are while we find out what to
/// ask. None where Sayso does not run; it is started once there is something to ask.
#[derive(Debug)]
pub(crate) struct Early(Option<Client>);

impl Early {
    /// Connects, if that goes at once.
    pub(crate) fn connect() -> Self {
        Self(places().ok().and_then(|places| Client::connect(&places.socket).ok()))
    }

    /// No connection yet.
    pub(crate) const fn none() -> Self {
        Self(None)
    }
}

/// Asks, waits, and verifies what comes back. `limit` is our own; Sayso's is its configuration's and the ask's.
///
/// # Errors
/// [`No`] for everything that is not an approval that holds.
pub(crate) fn decide(
    early: Early,
    ask: &Ask,
    limit: Duration,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<Granted, No> {
    let until = Instant::now() + limit.min(LONGEST);
    let action = ask.action.digest().map_err(|why| No::bad_input(why.to_string()))?;
    let places = places()?;
    let mut pursuit = Pursuit {
        places: &places,
        ask,
        until,
        early: early.0,
        keys: None,
        id: None,
        asked: false,
        unheard_since: None,
        pause: PAUSE,
    };
    let (told, client) = pursuit.told(limit, on_progress)?;
    let used = told.used;
    let approval = judge::approval_in(&places, ask, action, told, pursuit.keys)?;
    // Only a rule's yes, and only where we asked for it; a person's is used by its receipt alone.
    let used = used && ask.use_at_once && approval.claims().by == By::Rule;
    Ok(Granted { approval, used, client, places, until })
}

fn places() -> Result<Places, No> {
    Places::from_env().map_err(|why| No::of(End::Unreachable, why.code(), why.to_string()))
}

/// A connection, with the application started where it does not run. Where the socket is another user's
/// (`SAYSO_SOCKET`), an application started here would be the wrong one: its approver would be the agent's own user.
fn reach(places: &Places, left: Duration) -> Result<Client, Unreachable> {
    if std::env::var_os("SAYSO_SOCKET").is_some() {
        return Client::connect(&places.socket);
    }
    client::connect_or_start(places, start::desktop, start::PATIENCE.min(left))
}

fn left(until: Instant) -> Result<Duration, No> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(No::of(End::Expired, "own_limit", "The time for this ask is over."))
    } else {
        Ok(left)
    }
}

/// The deadline of a call that takes one commit, and never past `until`.
fn at_once(until: Instant) -> Instant {
    until.min(Instant::now() + AT_ONCE)
}

/// A request on its way to an answer.
struct Pursuit<'a> {
    places: &'a Places,
    ask: &'a Ask,
    until: Instant,
    early: Option<Client>,
    /// The pinned keys as they were when it was asked.
    keys: Option<TrustedKeys>,
    id: Option<RequestId>,
    /// Whether it was sent, so that it may be waiting.
    asked: bool,
    unheard_since: Option<Instant>,
    pause: Duration,
}

impl Pursuit<'_> {
    fn told(
        &mut self,
        limit: Duration,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Result<(Told, Client), No> {
        loop {
            let Ok(left) = left(self.until) else { return Err(self.out_of_time(limit)) };
            let mut client = match self.early.take().map_or_else(|| reach(self.places, left), Ok) {
                Ok(client) => client,
                Err(why) if self.asked => {
                    self.again(why.into())?;
                    continue;
                }
                Err(why) => return Err(why.into()),
            };
            client.set_deadline(Some(self.until));
            let taken_up = self.asked;
            match self.call(&mut client, on_progress) {
                Ok(told) => return Ok((told, client)),
                // It was lost before Sayso kept it: the same ask, under the same nonce, once more.
                Err(ClientError::Refused(fault)) if taken_up && fault.code == "unknown_request" => {
                    (self.asked, self.id) = (false, None);
                }
                Err(ClientError::Silent { request }) => {
                    self.id = request.or(self.id);
                    return Err(self.out_of_time(limit));
                }
                Err(why @ ClientError::ConnectionLost { .. }) => self.again(why.into())?,
                Err(why) => return Err(why.into()),
            }
        }
    }

    fn call(
        &mut self,
        client: &mut Client,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Result<Told, ClientError> {
        let wait = Wait { id: self.id, nonce: self.ask.nonce.clone() };
        let (id, unheard_since, keys, places) =
            (&mut self.id, &mut self.unheard_since, &mut self.keys, self.places);
        let heard = |progress: &Progress| {
            *id = Some(progress.id);
            *unheard_since = None;
            on_progress(progress);
        };
        if self.asked {
            client.wait(wait, heard)
        } else {
            self.asked = true;
            client.ask_meanwhile(self.ask, || *keys = pinned::keys(places).ok(), heard)
        }
    }

    /// Pauses before another try, unless nothing was heard for too long.
    fn again(&mut self, why: No) -> Result<(), No> {
        let now = Instant::now();
        if self.unheard_since.is_none() {
            self.pause = PAUSE;
        }
        let since = *self.unheard_since.get_or_insert(now);
        if now.duration_since(since) >= RETAKE {
            return Err(why);
        }
        thread::sleep(self.pause.min(self.until.saturating_duration_since(now)));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }

    fn out_of_time(&self, limit: Duration) -> No {
        if let Some(id) = self.id {
            withdraw(id, &self.ask.nonce);
        }
        let sentence =
            format!("Nobody decided within {}, so it is denied. Nothing was done.", words::span(limit));
        No::of(End::Expired, "own_limit", sentence)
    }
}

/// Takes a request back, as far as that goes: the connection that closes afterwards says the same.
pub(crate) fn withdraw(id: RequestId, nonce: &Nonce) {
    let Ok(places) = places() else { return };
    let Ok(mut client) = Client::connect(&places.socket) else { return };
    client.set_deadline(Some(Instant::now() + LEAVING));
    let _best_effort = client.withdraw(Withdraw { id, nonce: nonce.clone() });
}

/// A connection for questions about Sayso itself.
pub(crate) struct Reach(Client);

impl Reach {
    /// With the application started where it does not run.
    pub(crate) fn or_start() -> Result<Self, No> {
        Ok(Self(reach(&places()?, start::PATIENCE)?))
    }

    /// Only where it runs.
    pub(crate) fn as_it_is() -> Result<Self, No> {
        Ok(Self(Client::connect(&places()?.socket)?))
    }

    /// How Sayso does.
    pub(crate) fn status(&mut self) -> Result<Status, No> {
        self.0.set_deadline(Some(Instant::now() + AT_ONCE));
        Ok(self.0.status()?)
    }

    /// A page of the log.
    pub(crate) fn log_page(&mut self, page: LogPage) -> Result<HistoryPage, No> {
        self.0.set_deadline(Some(Instant::now() + PAGE));
        Ok(self.0.log_page(page)?)
    }

    /// The whole log, recomputed.
    pub(crate) fn log_verify(&mut self) -> Result<LogVerified, No> {
        self.0.set_deadline(Some(Instant::now() + WHOLE_LOG));
        Ok(self.0.log_verify()?)
    }
}
