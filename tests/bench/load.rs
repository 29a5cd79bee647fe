//! The socket under load: one asker, many askers, and ten thousand who wait.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sayso_core::action::{AbsolutePath, Command, Shell};
use sayso_core::{Action, Ask, Nonce};
use sayso_tests::{App, Desktop, status, wait_for};
use sayso_wire::client::Client;

use crate::askers::answers_per_second;
use crate::memory::resident_kib;
use crate::{ms, quantile};

const ASKS: usize = 2_000;
const ASKERS: usize = 256;
const SECONDS: u64 = 4;
const WAITING: usize = 10_000;

static NONCES: AtomicU64 = AtomicU64::new(0);

fn ask(script: &str) -> Ask {
    let number = NONCES.fetch_add(1, Ordering::Relaxed);
    Ask {
        nonce: Nonce::try_from(format!("figures-{number:024}")).unwrap(),
        agent: "figures".to_owned(),
        action: Action::Shell(Shell {
            command: Command::Script(script.to_owned()),
            cwd: AbsolutePath::try_from("/tmp".to_owned()).unwrap(),
            env: Vec::new(),
        }),
        claims: BTreeMap::new(),
        reason: None,
        wait_ms: None,
        use_at_once: false,
    }
}

fn client(desktop: &Desktop) -> Client {
    Client::connect(&desktop.home().join("run/sayso.sock")).unwrap()
}

fn answer_times(client: &mut Client, count: usize) -> Vec<Duration> {
    let one = |_| {
        let ask = ask("ls -l");
        let started = Instant::now();
        client.ask(&ask, |_| {}).unwrap();
        started.elapsed()
    };
    (0..count).map(one).collect()
}

/// Ask to answer for a rule's decision, one after another on one connection; a durable commit lies in each.
pub(crate) fn ask_to_answer() {
    let desktop = Desktop::without("panel notifications");
    let _app = App::hidden(&desktop);
    let mut client = client(&desktop);
    answer_times(&mut client, 100);
    let mut times = answer_times(&mut client, ASKS);
    let (median, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
    println!(
        "  ask to answer                 median {:.3} ms, p99 {:.3} ms ({:.1}x)",
        ms(median),
        ms(p99),
        ms(p99) / ms(median)
    );
}

/// Decisions of rules committed per second, with many askers.
pub(crate) fn decisions_per_second() {
    let desktop = Desktop::without("panel notifications");
    let _app = App::hidden(&desktop);
    let alone = {
        let mut client = client(&desktop);
        let started = Instant::now();
        answer_times(&mut client, ASKS);
        ASKS as f64 / started.elapsed().as_secs_f64()
    };
    let socket = desktop.home().join("run/sayso.sock");
    let rate = answers_per_second(&socket, ASKERS, Duration::from_secs(SECONDS));
    println!("  one asker                     {alone:.0} decisions/s");
    println!("  {ASKERS} askers                     {rate:.0} decisions/s ({:.1}x)", rate / alone);
}

/// Ten thousand requests that wait at once: memory of each, and what a further ask takes. A notification daemon
/// stands: without one the window opens by itself, and what is measured is the web engine.
pub(crate) fn ten_thousand_waiting() {
    let desktop = Desktop::without("panel");
    std::fs::write(desktop.home().join("sayso.toml"), "[limits]\nwait = \"30m\"\n").unwrap();
    let app = App::hidden(&desktop);
    let mut asker = client(&desktop);
    answer_times(&mut asker, 100);
    let before = quantile(&mut answer_times(&mut asker, ASKS), 0.5);
    let rest = resident_kib(app.pid());
    allow_many_files();
    let mut connections = Vec::new();
    for _ in 0..WAITING {
        connections.push(ask_and_leave_open(&desktop));
    }
    wait_for("all to wait", || (status(&desktop)?["waiting"] == WAITING).then_some(()));
    let full = resident_kib(app.pid());
    let after = quantile(&mut answer_times(&mut asker, ASKS), 0.5);
    println!("  waiting                       {WAITING} on as many connections");
    println!(
        "  memory                        {:.0} MB in all, {:.1} KiB each",
        full as f64 / 1024.0,
        (full.saturating_sub(rest)) as f64 / WAITING as f64
    );
    println!(
        "  a further ask                 median {:.3} ms, {:.2}x of before",
        ms(after),
        ms(after) / ms(before)
    );
}

/// As many open files as the system lets us have.
fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

fn ask_and_leave_open(desktop: &Desktop) -> UnixStream {
    let mut stream = UnixStream::connect(desktop.home().join("run/sayso.sock")).unwrap();
    let message = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "approval.request", "params": ask("terraform destroy") });
    stream.write_all(format!("{message}\n").as_bytes()).unwrap();
    // The progress says that it waits.
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    assert!(line.contains("approval.progress"), "{line}");
    stream
}
