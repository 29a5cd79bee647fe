//! How fast the socket alone is: a desk that answers at once, asked by another process. Then how much memory ten
//! thousand connections take that wait, and how long a further ask takes beside them.
//!
//! `cargo run --release -p sayso-wire --example echo_rate`

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sayso_core::life::Stage;
use sayso_core::seat::HistoryPage;
use sayso_core::{Ask, By, Decision, Presence, Receipt, RequestId};
use sayso_wire::desk::{Caller, Desk, ProgressSender};
use sayso_wire::protocol::{
    LogPage, LogVerified, Progress, RpcFault, Status, Told, Use, UsedOnce, Wait, Withdraw, Withdrawn,
};
use sayso_wire::{Client, Listener, Places, serve};

/// Connections that ask at once, requests that each keeps in flight, and for how long.
const ASKERS: usize = 4;
const KEPT_IN_FLIGHT: usize = 32;
const MEASURED: Duration = Duration::from_secs(3);
/// Connections that wait.
const WAITING: usize = 10_000;

struct AtOnce;

impl AtOnce {
    fn told() -> Told {
        Told {
            id: RequestId::from_random([1; 16]),
            decision: Some(Decision::Approved),
            by: Some(By::Rule),
            presence: Some(Presence::None),
            reason: Some("It only reads.".to_owned()),
            receipt: Some(Receipt::from_text("r".repeat(700))),
            used: false,
        }
    }
    fn no() -> RpcFault {
        RpcFault::refused("not_here", "this desk only answers requests")
    }
}

impl Desk for AtOnce {
    async fn request(&self, _: Caller, ask: Ask, progress: ProgressSender) -> Result<Told, RpcFault> {
        if ask.agent == "waits" {
            let id = RequestId::from_random([1; 16]);
            let _ = progress.try_send(Progress { id, stage: Stage::Waiting, remaining_ms: 1 });
            std::future::pending::<()>().await;
        }
        Ok(Self::told())
    }
    async fn wait(&self, _: Caller, _: Wait, _: ProgressSender) -> Result<Told, RpcFault> {
        Err(Self::no())
    }
    async fn withdraw(&self, _: Caller, _: Withdraw) -> Result<Withdrawn, RpcFault> {
        Err(Self::no())
    }
    async fn use_receipt(&self, _: Caller, _: Use) -> Result<UsedOnce, RpcFault> {
        Err(Self::no())
    }
    async fn status(&self, _: Caller) -> Result<Status, RpcFault> {
        let kilobytes = resident_kilobytes();
        Ok(Status { version: String::new(), waiting: kilobytes, stopped: false, key_trouble: None })
    }
    async fn log_page(&self, _: Caller, _: LogPage) -> Result<HistoryPage, RpcFault> {
        Err(Self::no())
    }
    async fn log_verify(&self, _: Caller) -> Result<LogVerified, RpcFault> {
        Err(Self::no())
    }
}

fn resident_kilobytes() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

fn ask(agent: &str) -> Ask {
    let text = format!(
        r#"{{"nonce":"{}","agent":"{agent}","action":{{"kind":"shell","argv":["git","status"],"cwd":"/home/anna/p"}}}}"#,
        "n".repeat(32)
    );
    sayso_core::strict::parse(text.as_bytes()).unwrap()
}

fn line(agent: &str) -> String {
    let ask = serde_json::to_string(&ask(agent)).unwrap();
    format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"approval.request\",\"params\":{ask}}}\n")
}

fn main() {
    if let Some(socket) = std::env::args_os().nth(1) {
        raise_files();
        load(&PathBuf::from(socket));
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(home.path());
    let listener = Listener::bind(&places, &[]).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut load = tokio::process::Command::new(std::env::current_exe().unwrap());
        let mut load = load.arg(&places.socket).spawn().unwrap();
        let done = async { drop(load.wait().await) };
        serve(listener, Arc::new(AtOnce), done).await.unwrap();
    });
}

fn load(socket: &Path) {
    println!("one connection, one request at a time: {}", one_at_a_time(socket));
    println!("a connection for each request:         {}", one_connection_each(socket));
    println!("{ASKERS} connections, {KEPT_IN_FLIGHT} in flight each:    {:.0} answers/s", pipelined(socket));
    waiting(socket);
}

fn quantiles(mut took: Vec<Duration>) -> String {
    took.sort();
    let at = |share: usize| took[took.len() * share / 1000].as_secs_f64() * 1e6;
    format!("median {:.0} µs, p99 {:.0} µs", at(500), at(990))
}

fn one_at_a_time(socket: &Path) -> String {
    let mut client = Client::connect(socket).unwrap();
    let ask = ask("at once");
    quantiles((0..20_000).map(|_| timed(|| drop(client.ask(&ask, |_| {}).unwrap()))).collect())
}

fn one_connection_each(socket: &Path) -> String {
    let ask = ask("at once");
    let each = || drop(Client::connect(socket).unwrap().ask(&ask, |_| {}).unwrap());
    quantiles((0..5_000).map(|_| timed(each)).collect())
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn pipelined(socket: &Path) -> f64 {
    let start = Instant::now();
    let askers: Vec<_> = (0..ASKERS)
        .map(|_| {
            let socket = socket.to_path_buf();
            std::thread::spawn(move || {
                let mut stream = UnixStream::connect(socket).unwrap();
                let mut lines = BufReader::with_capacity(64 * 1024, stream.try_clone().unwrap());
                let batch = line("at once").repeat(KEPT_IN_FLIGHT);
                let (mut answers, mut text) = (0u32, String::new());
                while start.elapsed() < MEASURED {
                    stream.write_all(batch.as_bytes()).unwrap();
                    for _ in 0..KEPT_IN_FLIGHT {
                        text.clear();
                        lines.read_line(&mut text).unwrap();
                        assert!(text.contains("\"result\""), "{text}");
                        answers += 1;
                    }
                }
                answers
            })
        })
        .collect();
    let answers: u32 = askers.into_iter().map(|asker| asker.join().unwrap()).sum();
    f64::from(answers) / start.elapsed().as_secs_f64()
}

fn waiting(socket: &Path) {
    let mut client = Client::connect(socket).unwrap();
    let ask_now = ask("at once");
    let before = client.status().unwrap().waiting;
    let line = line("waits");
    let connections: Vec<_> = (0..WAITING)
        .map(|_| {
            let mut stream = UnixStream::connect(socket).unwrap();
            stream.write_all(line.as_bytes()).unwrap();
            stream
        })
        .collect();
    for mut stream in &connections {
        std::io::Read::read_exact(&mut stream, &mut [0]).unwrap();
    }
    let with = client.status().unwrap().waiting;
    let each = f64::from(with.saturating_sub(before)) * 1024.0 / f64::from(u32::try_from(WAITING).unwrap());
    println!("{WAITING} connections waiting:          {before} -> {with} kB resident, {each:.0} bytes each");
    let took = (0..5_000).map(|_| timed(|| drop(client.ask(&ask_now, |_| {}).unwrap()))).collect();
    println!("a further ask beside them:             {}", quantiles(took));
}

fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most }).unwrap();
}
