//! How much memory the broker alone takes for ten thousand requests that wait: no socket, no tray, all facts checked.
//!
//! `cargo run --release -p sayso-broker --example waiting [SCRIPT]`; under `heaptrack` it shows what each of them holds.
//! A script that hits much, like `rm -rf /usr`, shows what they hold while their facts are not checked yet.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use sayso_broker::clock::{BootId, SystemClock};
use sayso_broker::{Broker, BrokerDesk, Parts};
use sayso_core::request::{Peer, PeerProcess};
use sayso_core::{Ask, TrustedKeys};
use sayso_keys::MachineKey;
use sayso_rules::Policy;
use sayso_wire::desk::{Caller, Desk as _};

const WAITING: usize = 10_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let broker = start(folder.path()).await;
    let peer = Arc::new(Peer { uid: 1000, user: Some("anna".to_owned()), processes: vec![process(); 8] });
    wait(&broker, &peer, WAITING).await;
    let kib = resident_kib();
    println!("{WAITING} waiting: {} MB in all, {} bytes each", kib / 1024, kib * 1024 / WAITING);
}

/// A process with a command line of the usual length.
fn process() -> PeerProcess {
    PeerProcess { pid: 1, program: Some("/usr/bin/agent".to_owned()), command_line: "x".repeat(200) }
}

/// Lets this many wait, and comes back once the facts of all are checked.
async fn wait(broker: &Arc<Broker>, peer: &Arc<Peer>, count: usize) {
    let desk = BrokerDesk(Arc::clone(broker));
    let script = std::env::args().nth(1).unwrap_or_else(|| "terraform destroy".to_owned());
    let started = Instant::now();
    for number in 0..count {
        let (desk, peer) = (desk.clone(), Arc::clone(peer));
        let ask = ask(number, &script);
        let (progress, mut told) = tokio::sync::mpsc::channel(1);
        tokio::spawn(async move {
            let caller = Caller {
                peer,
                same_user: true,
                process_gone: Arc::new(AtomicBool::new(false)),
                line: sayso_wire::desk::Line::default(),
            };
            desk.request(caller, ask, progress).await.unwrap();
        });
        told.recv().await.unwrap();
    }
    let ids = broker.waiting_ids();
    assert_eq!(ids.len(), count);
    println!("all wait after {:?}: {} MB", started.elapsed(), resident_kib() / 1024);
    while !ids.iter().all(|id| broker.card_view(*id).unwrap().settled) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    println!("all facts are checked after {:?}", started.elapsed());
}

fn ask(number: usize, script: &str) -> Ask {
    let ask = serde_json::json!({
        "nonce": format!("waiting-{number:024}"),
        "agent": "waiting",
        "action": { "kind": "shell", "script": script, "cwd": "/tmp" },
    });
    sayso_core::strict::parse(ask.to_string().as_bytes()).unwrap()
}

async fn start(folder: &std::path::Path) -> Arc<Broker> {
    let machine = Arc::new(MachineKey::open_or_create(folder).unwrap());
    let parts = Parts {
        keys_folder: folder.to_owned(),
        home: folder.to_owned(),
        ledger: sayso_broker::open_ledger(folder, &machine).await.unwrap(),
        machine,
        trusted: TrustedKeys { keys: Vec::new() },
        policy: Policy::from_toml(None, Some("[limits]\nwait = \"30m\"\n")).unwrap(),
        clock: Arc::new(SystemClock),
        boot: BootId::of_this_boot().unwrap(),
        key_trouble: None,
        credentials: Arc::new(sayso_facts::NoCredentials),
    };
    Broker::start(parts).await.unwrap()
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}
