//! A desk that does as the asker's agent name says, and a server for it on a socket of its own.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use sayso_core::life::Stage;
use sayso_core::request::Peer;
use sayso_core::seat::HistoryPage;
use sayso_core::{Ask, By, Decision, Presence, Receipt, RequestId};
use sayso_wire::desk::{Caller, Desk, ProgressSender};
use sayso_wire::protocol::{
    LogPage, LogVerified, Progress, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};
use sayso_wire::server::{Pace, serve_at};
use sayso_wire::{Client, Listener, Places};
use tempfile::TempDir;

/// How long an event that must come is waited for before the test gives up.
pub const GIVE_UP: Duration = Duration::from_mins(1);

/// What happened at the desk.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// A request waits.
    Asked(Arc<Peer>),
    /// A waiting request was dropped; whether its caller's process was known to have ended.
    Dropped { process_gone: bool },
}

/// Answers at once, except where the agent is called `waits`.
pub struct Fake {
    seen: Sender<Seen>,
}

struct Waiting {
    caller: Caller,
    seen: Sender<Seen>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let process_gone = self.caller.process_gone.load(Ordering::SeqCst);
        let _ = self.seen.send(Seen::Dropped { process_gone });
    }
}

pub fn id() -> RequestId {
    RequestId::from_random([7; 16])
}

pub fn told(reason: impl Into<String>) -> Told {
    Told {
        id: id(),
        decision: Some(Decision::Denied),
        by: Some(By::Rule),
        presence: Some(Presence::None),
        reason: Some(reason.into()),
        receipt: Some(Receipt::from_text("a.b.c")),
        used: false,
    }
}

impl Desk for Fake {
    async fn request(&self, caller: Caller, ask: Ask, progress: ProgressSender) -> Result<Told, RpcFault> {
        let news = Progress { id: id(), stage: Stage::Waiting, remaining_ms: 300_000 };
        if ask.agent == "waits" {
            // First of all, as the asker may end as soon as it hears anything.
            let _ = self.seen.send(Seen::Asked(caller.whole().await));
            let _ = progress.try_send(news.clone());
            let _waiting = Waiting { caller, seen: self.seen.clone() };
            std::future::pending::<()>().await;
        }
        if ask.agent == "reports" {
            let _ = progress.try_send(news.clone());
        }
        Ok(told(ask.agent))
    }
    async fn wait(&self, _: Caller, wait: Wait, _: ProgressSender) -> Result<Told, RpcFault> {
        Ok(told(wait.nonce.as_str()))
    }
    async fn withdraw(&self, _: Caller, withdraw: Withdraw) -> Result<Withdrawn, RpcFault> {
        Ok(Withdrawn { id: withdraw.id })
    }
    async fn use_receipt(&self, _: Caller, _: Use) -> Result<UsedOnce, RpcFault> {
        Err(RpcFault::refused("already_used", "this approval was used"))
    }
    async fn status(&self, _: Caller) -> Result<Status, RpcFault> {
        Ok(Status { version: "0".to_owned(), waiting: 0, stopped: false, key_trouble: None })
    }
    async fn log_page(&self, _: Caller, page: LogPage) -> Result<HistoryPage, RpcFault> {
        Ok(HistoryPage { rows: Vec::new(), next: page.before })
    }
    async fn log_verify(&self, _: Caller) -> Result<LogVerified, RpcFault> {
        // Longer than a line may be.
        let root = "x".repeat(sayso_core::limits::LINE_BYTES);
        Ok(LogVerified { leaves: 0, root, checkpoint: String::new(), fault: None })
    }
}

/// A server with its folder; ends when dropped.
pub struct Served {
    pub places: Places,
    pub seen: Receiver<Seen>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _home: TempDir,
}

pub fn home() -> (TempDir, Places) {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(home.path());
    (home, places)
}

pub fn served() -> Served {
    served_for(&[], Pace::default())
}

pub fn served_for(uids: &[u32], pace: Pace) -> Served {
    let (home, places) = home();
    let listener = Listener::bind(&places, uids).unwrap();
    let (send, seen) = channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let shutdown = async { drop(stopped.await) };
            serve_at(pace, listener, Arc::new(Fake { seen: send }), shutdown).await.unwrap();
        });
    });
    Served { places, seen, stop: Some(stop), thread: Some(thread), _home: home }
}

impl Served {
    pub fn client(&self) -> Client {
        Client::connect(&self.places.socket).unwrap()
    }

    pub fn raw(&self) -> Raw {
        let stream = UnixStream::connect(&self.places.socket).unwrap();
        stream.set_read_timeout(Some(GIVE_UP)).unwrap();
        stream.set_write_timeout(Some(GIVE_UP)).unwrap();
        Raw { lines: BufReader::new(stream.try_clone().unwrap()), stream }
    }

    pub fn next(&self) -> Seen {
        self.seen.recv_timeout(GIVE_UP).unwrap()
    }

    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A connection without a client's manners.
pub struct Raw {
    pub stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Raw {
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// The next line; `None` once the connection is closed.
    pub fn hear(&mut self) -> Option<serde_json::Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap()),
            // A connection closed with bytes of ours unread is reset; what was said before comes first.
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(e) => panic!("{e}"),
        }
    }

    pub fn ask(&mut self, line: &str) -> serde_json::Value {
        self.say(format!("{line}\n")).unwrap();
        self.hear().unwrap()
    }
}

pub fn ask(agent: &str) -> Ask {
    let text = format!(
        r#"{{"nonce":"{}","agent":"{agent}","action":{{"kind":"sql","statement":"select 1"}}}}"#,
        "n".repeat(22)
    );
    sayso_core::strict::parse(text.as_bytes()).unwrap()
}

pub fn request_line(id: u32, agent: &str) -> String {
    let ask = serde_json::to_string(&ask(agent)).unwrap();
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"approval.request","params":{ask}}}"#)
}

pub const STATUS: &str = r#"{"jsonrpc":"2.0","id":1,"method":"status"}"#;

/// Whether this test process may become other users.
pub fn root_or_skipped(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("SKIPPED {test}: it needs root, to become another user");
    }
    root
}

/// This test program again, as a process of its own that runs one ignored test.
pub fn child(test: &str, variables: &[(&str, &std::ffi::OsStr)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// What a child printed up to its end, with its success.
pub fn outcome(child: Child) -> (String, bool) {
    let output = child.wait_with_output().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}
