//! One connection: lines in, calls at the desk, answers out. All of it in one task.
//!
//! Invariants: the futures of a connection are dropped when it ends, whatever ended it, and `process_gone` is set
//! before that where its process ended. While a client leaves its answers unread, nothing more of it is read.
//!
//! A caller that closes its sending side has left: there is no half-open connection.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, Sleep, timeout};

use crate::desk::{Caller, Desk, ProgressSender};
use crate::flow::{Inflow, Line, Outflow, Overflow};
use crate::limits;
use crate::peer::Watch;
use crate::protocol::{Progress, RpcFault};
use crate::room::{Held, Room};
use crate::rpc::{self, Call, Incoming, Rejected, Reply, RpcId};
use crate::server::Pace;

/// What connections share.
pub(crate) struct Shared<D> {
    pub(crate) desk: Arc<D>,
    pub(crate) long_lines: Arc<Semaphore>,
    pub(crate) pace: Pace,
}

/// A call that came to its end.
struct Done {
    id: Option<RpcId>,
    outcome: Result<Reply, RpcFault>,
}

type Flight = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>;

/// Why a connection ended.
enum End {
    /// The client closed it, or it broke.
    Closed,
    /// The client's process ended.
    ProcessGone,
    /// We ended it; what there is to say was said.
    HungUp,
    /// A line that did not end, or answers that nobody read.
    TooSlow,
    /// Sayso shuts down.
    Shutdown,
}

enum Event {
    Done(Done),
    News(Progress),
    Readable,
    Writable,
}

pub(crate) struct Connection<D> {
    shared: Arc<Shared<D>>,
    stream: UnixStream,
    caller: Caller,
    room: Arc<Room>,
    inflow: Inflow,
    outflow: Outflow,
    flight: Flight,
    news: Option<(ProgressSender, mpsc::Receiver<Progress>)>,
    strikes: u32,
    hanging_up: bool,
}

thread_local! {
    /// One buffer for each thread rather than for each connection: between two reads it holds nothing.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<D: Desk> Connection<D> {
    /// Boxed: a future that takes it by value would hold it twice.
    pub(crate) fn new(
        shared: Arc<Shared<D>>,
        stream: UnixStream,
        caller: Caller,
        room: Arc<Room>,
    ) -> Box<Self> {
        Box::new(Self {
            shared,
            stream,
            caller,
            inflow: Inflow::new(Held::nothing(Arc::clone(&room))),
            outflow: Outflow::new(Held::nothing(Arc::clone(&room))),
            room,
            flight: FuturesUnordered::new(),
            news: None,
            strikes: 0,
            hanging_up: false,
        })
    }

    /// Serves it until it ends.
    pub(crate) async fn run(mut self: Box<Self>, watch: Option<Arc<Watch>>, mut stop: watch::Receiver<bool>) {
        let mut ended = pin!(ended(watch.as_deref()));
        let mut stopped = pin!(stop.changed());
        let mut clock = Clock::default();
        let end = loop {
            clock.set(self.due());
            let open = self.outflow.waiting() < limits::OUTBOX_BYTES;
            let event = tokio::select! {
                biased;
                () = &mut ended => break End::ProcessGone,
                _ = &mut stopped => break End::Shutdown,
                Some(done) = self.flight.next(), if open && !self.flight.is_empty() => Event::Done(done),
                Some(news) = next_news(&mut self.news), if open => Event::News(news),
                Ok(()) = self.stream.writable(), if self.outflow.waiting() > 0 => Event::Writable,
                Ok(()) = self.stream.readable(), if open && !self.hanging_up => Event::Readable,
                () = clock.rings() => break End::TooSlow,
            };
            if let Err(end) = self.turn(event) {
                break end;
            }
        };
        match end {
            // A process that ends closes its files first and is reported as ended a moment later.
            End::Closed if !self.flight.is_empty() => {
                let _ = timeout(self.shared.pace.leaving, &mut ended).await;
            }
            End::Shutdown => self.last_answers().await,
            End::TooSlow => {
                let why = RpcFault::refused(
                    "too_slow",
                    "a line was begun and not ended, or answers were not read, for too long; connect again",
                );
                rpc::write_fault(self.outflow.lines(), None, &why);
                let _ = self.outflow.send(&self.stream);
            }
            End::Closed | End::ProcessGone | End::HungUp => {}
        }
    }

    /// One event and all that is ready with it, in one write.
    fn turn(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Done(done) => self.answer(&done),
            Event::News(news) => self.report(&news),
            Event::Readable => self.read()?,
            Event::Writable => {}
        }
        self.gather();
        match self.outflow.send(&self.stream) {
            Err(_) => Err(End::Closed),
            Ok(false) => Err(End::TooSlow),
            Ok(true) if self.hanging_up && self.outflow.waiting() == 0 => Err(End::HungUp),
            Ok(true) => Ok(()),
        }
    }

    /// When patience ends with a half line or with unread answers.
    fn due(&self) -> Option<Instant> {
        let half = self.inflow.since().map(|since| since + self.shared.pace.half_line);
        let unread = self.outflow.since().map(|since| since + self.shared.pace.unread);
        half.into_iter().chain(unread).min()
    }

    /// Answers of all calls that are done by now.
    fn gather(&mut self) {
        while self.outflow.waiting() < limits::OUTBOX_BYTES {
            match self.flight.next().now_or_never() {
                Some(Some(done)) => self.answer(&done),
                Some(None) | None => break,
            }
        }
    }

    fn answer(&mut self, done: &Done) {
        // What was reported before a call was done is told before its answer.
        self.report_all();
        match (&done.outcome, &done.id) {
            (Ok(reply), Some(id)) => rpc::write_reply(self.outflow.lines(), id, reply),
            (Ok(_), None) => {}
            (Err(fault), id) => self.refuse(id.as_ref(), fault),
        }
    }

    fn report_all(&mut self) {
        while let Some(Ok(news)) = self.news.as_mut().map(|(_, news)| news.try_recv()) {
            self.report(&news);
        }
    }

    fn report(&mut self, news: &Progress) {
        if self.outflow.waiting() < limits::PROGRESS_OUTBOX_BYTES {
            rpc::write_progress(self.outflow.lines(), news);
        }
    }

    fn refuse(&mut self, id: Option<&RpcId>, fault: &RpcFault) {
        rpc::write_fault(self.outflow.lines(), id, fault);
        if [rpc::PARSE_ERROR.0, rpc::BAD_REQUEST.0].contains(&fault.number) {
            self.strikes += 1;
            if self.strikes >= limits::STRIKES {
                self.hanging_up = true;
            }
        }
    }

    /// Reads once.
    fn read(&mut self) -> Result<(), End> {
        READ.with_borrow_mut(|buffer| {
            buffer.resize(limits::READ_BYTES, 0);
            match self.stream.try_read(buffer) {
                Ok(0) => Err(End::Closed),
                Ok(n) => {
                    self.hear(&buffer[..n]);
                    Ok(())
                }
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(()),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => Ok(()),
                Err(_) => Err(End::Closed),
            }
        })
    }

    fn hear(&mut self, mut input: &[u8]) {
        while !self.hanging_up {
            match self.inflow.next(&mut input) {
                Ok(None) => return,
                Ok(Some(Line::Gathered(line, held))) if line.len() > limits::LONG_LINE_BYTES => {
                    self.begin_long(line, held);
                }
                Ok(Some(Line::Gathered(line, held))) => self.hear_line(&line, held),
                Ok(Some(Line::Read(line))) => self.hear_line(line, Held::nothing(Arc::clone(&self.room))),
                Err(Overflow::TooLong) => {
                    let most = sayso_core::limits::LINE_BYTES;
                    let message = format!("a line takes at most {most} bytes; send less at once");
                    let fault = rpc::fault(rpc::PARSE_ERROR.0, "line_too_long", &message);
                    self.refuse(None, &fault);
                    self.hanging_up = true;
                }
                Err(Overflow::NoRoom) => {
                    self.refuse(None, &no_room());
                    self.hanging_up = true;
                }
            }
        }
    }

    fn hear_line(&mut self, line: &[u8], mut held: Held) {
        let full = self.flight.len() >= limits::IN_FLIGHT;
        match rpc::read_call(line) {
            Err(rejected) => self.refuse(rejected.id.as_ref(), &rejected.fault),
            Ok(incoming) if full => self.refuse(Some(&incoming.id), &too_many()),
            Ok(incoming) if !held.set(line.len()) => self.refuse(Some(&incoming.id), &no_room()),
            Ok(incoming) => {
                let (desk, caller) = (Arc::clone(&self.shared.desk), self.caller.clone());
                let progress = self.progress();
                self.flight.push(Box::pin(call(desk, caller, incoming, progress, held)));
            }
        }
    }

    /// A long line is parsed on a thread of its own, few of them at once.
    fn begin_long(&mut self, line: Vec<u8>, held: Held) {
        let full = self.flight.len() >= limits::IN_FLIGHT;
        let (shared, caller) = (Arc::clone(&self.shared), self.caller.clone());
        let progress = self.progress();
        self.flight.push(Box::pin(async move {
            let broken = || RpcFault::refused("internal", "the line could not be read; send it again");
            let Ok(permit) = Arc::clone(&shared.long_lines).acquire_owned().await else {
                return Done { id: None, outcome: Err(broken()) };
            };
            let read = tokio::task::spawn_blocking(move || {
                let read = rpc::read_call(&line);
                drop((line, permit));
                read
            });
            match read.await.map(|read| read.map_err(|rejected| *rejected)) {
                Err(_) => Done { id: None, outcome: Err(broken()) },
                Ok(Err(Rejected { id, fault })) => Done { id, outcome: Err(fault) },
                Ok(Ok(incoming)) if full => Done { id: Some(incoming.id), outcome: Err(too_many()) },
                Ok(Ok(incoming)) => call(Arc::clone(&shared.desk), caller, incoming, progress, held).await,
            }
        }));
    }

    fn progress(&mut self) -> ProgressSender {
        self.news.get_or_insert_with(|| mpsc::channel(limits::PROGRESS_QUEUE)).0.clone()
    }

    /// At a shutdown: what is ready leaves, what is not is dropped. A request's number is told too, so that its
    /// asker can take it up again.
    async fn last_answers(&mut self) {
        self.gather();
        self.report_all();
        let leave = async {
            while matches!(self.outflow.send(&self.stream), Ok(true)) && self.outflow.waiting() > 0 {
                if self.stream.writable().await.is_err() {
                    break;
                }
            }
        };
        let _ = timeout(limits::SHUTDOWN, leave).await;
    }
}

/// Takes one call to the desk and brings back its answer.
async fn call<D: Desk>(
    desk: Arc<D>,
    caller: Caller,
    incoming: Incoming,
    progress: ProgressSender,
    held: Held,
) -> Done {
    let outcome = match incoming.call {
        Call::Request(ask) => desk.request(caller, *ask, progress).await.map(Reply::Told),
        Call::Wait(wait) => desk.wait(caller, wait, progress).await.map(Reply::Told),
        Call::Withdraw(withdraw) => desk.withdraw(caller, withdraw).await.map(Reply::Withdrawn),
        Call::Use(used) => desk.use_receipt(caller, used).await.map(Reply::Used),
        Call::Status => desk.status(caller).await.map(Reply::Status),
        Call::LogPage(_) | Call::LogVerify if !caller.same_user => Err(RpcFault::refused(
            "other_user",
            "the log is shown only to the user whom Sayso runs for; other users may ask, wait, withdraw and use",
        )),
        Call::LogPage(page) => desk.log_page(caller, page).await.map(Reply::LogPage),
        Call::LogVerify => desk.log_verify(caller).await.map(Reply::LogVerified),
    };
    drop(held);
    Done { id: Some(incoming.id), outcome }
}

fn too_many() -> RpcFault {
    let message = format!(
        "{} requests of this connection are being answered; wait for an answer, or use another connection",
        limits::IN_FLIGHT
    );
    RpcFault::refused("too_many_in_flight", message)
}

fn no_room() -> RpcFault {
    RpcFault::refused(
        "no_room",
        "too much is being sent to Sayso at once; try again in a moment, or send less",
    )
}

async fn ended(watch: Option<&Watch>) {
    match watch {
        Some(watch) => watch.ended().await,
        None => std::future::pending().await,
    }
}

async fn next_news(news: &mut Option<(ProgressSender, mpsc::Receiver<Progress>)>) -> Option<Progress> {
    match news {
        Some((_, news)) => news.recv().await,
        None => std::future::pending().await,
    }
}

/// A timer that is there only while something is due.
#[derive(Default)]
struct Clock {
    sleep: Option<Pin<Box<Sleep>>>,
    due: Option<Instant>,
}

impl Clock {
    fn set(&mut self, due: Option<Instant>) {
        if self.due == due {
            return;
        }
        self.due = due;
        match (due, &mut self.sleep) {
            (None, sleep) => *sleep = None,
            (Some(due), Some(sleep)) => sleep.as_mut().reset(due),
            (Some(due), sleep) => *sleep = Some(Box::pin(tokio::time::sleep_until(due))),
        }
    }

    async fn rings(&mut self) {
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().await,
            None => std::future::pending().await,
        }
    }
}
