//! `kill -9` of the application under a stream of decisions, a hundred times over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use sayso_core::action::{AbsolutePath, Command, Shell};
use sayso_core::{Action, Ask, Nonce};
use sayso_tests::{App, Desktop, sayso};
use sayso_wire::client::Client;
use sayso_wire::protocol::LogPage;

const ROUNDS: usize = 100;
const ASKERS: usize = 4;

fn ask(nonce: &str) -> Ask {
    Ask {
        nonce: Nonce::try_from(nonce.to_owned()).unwrap(),
        agent: "crash".to_owned(),
        action: Action::Shell(Shell {
            command: Command::Script("ls".to_owned()),
            cwd: AbsolutePath::try_from("/".to_owned()).unwrap(),
            env: Vec::new(),
        }),
        claims: BTreeMap::new(),
        reason: None,
        wait_ms: None,
        use_at_once: false,
    }
}

/// Asks until the application is gone; what was told goes into `told`: request id to receipt.
fn stream(
    desktop: &Desktop,
    round: usize,
    asker: usize,
    told: &Mutex<HashMap<String, String>>,
    stop: &AtomicBool,
) {
    let Ok(mut client) = Client::connect(&desktop.home().join("run/sayso.sock")) else { return };
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(answer) = client.ask(&ask(&format!("crash-{round:06}-{asker:03}-{number:09}")), |_| {}) else {
            return;
        };
        let receipt = answer.receipt.unwrap().as_str().to_owned();
        let twice = told.lock().unwrap().insert(answer.id.to_string(), receipt);
        assert_eq!(twice, None, "{} was told twice", answer.id);
    }
}

#[test]
fn a_decision_that_was_told_is_never_missing_or_doubled_after_kill_9() {
    let desktop = Desktop::without("panel notifications");
    let told = Arc::new(Mutex::new(HashMap::new()));
    let mut seed: u64 = 0x5a15_0bad_cafe;
    for round in 0..ROUNDS {
        let app = App::hidden(&desktop);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for asker in 0..ASKERS {
                let (desktop, told, stop) = (&desktop, &told, &stop);
                scope.spawn(move || stream(desktop, round, asker, told, stop));
            }
            // A point in the stream that no two rounds share.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(std::time::Duration::from_micros(5_000 + (seed >> 33) % 60_000));
            app.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let _app = App::hidden(&desktop);
    let verified = sayso(&desktop).args(["log", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));

    let mut client = Client::connect(&desktop.home().join("run/sayso.sock")).unwrap();
    let mut kept = HashMap::new();
    let mut before = None;
    loop {
        let page = client.log_page(LogPage { search: String::new(), before }).unwrap();
        for row in page.rows {
            assert!(row.verified, "{} does not verify", row.id);
            let twice = kept.insert(row.id.to_string(), row.receipt.unwrap());
            assert_eq!(twice, None, "{} is doubled", row.id);
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let told = told.lock().unwrap();
    assert!(told.len() > ROUNDS, "only {} decisions were told", told.len());
    for (id, receipt) in told.iter() {
        assert_eq!(kept.get(id), Some(receipt), "{id} was told and is missing");
    }
}
