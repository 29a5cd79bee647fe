//! How many single commits a second, by how many tasks at once; and how long a lone one takes.
//!
//! `cargo run --release -p sayso-ledger --example commits -- [FOLDER]`
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_precision_loss)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sayso_core::Decision;

const LONE: usize = 2000;
const WINDOW: Duration = Duration::from_secs(3);

/// What all threads of this process have used: a busy machine slows the rate and leaves this.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.rsplit(") ").next().unwrap_or("").split(' ').map(|x| x.parse().unwrap_or(0.0)).collect();
    fields.get(11..13).map_or(f64::NAN, |x| (x[0] + x[1]) / 100.0)
}

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = common::open(&path).await;

    let mut took = Vec::with_capacity(LONE);
    for _ in 0..LONE {
        let entry = common::ruled(common::random_id(), Decision::Approved);
        let start = Instant::now();
        ledger.commit(vec![entry]).await.unwrap();
        took.push(start.elapsed());
    }
    took.sort();
    println!("alone: median {:?}, p99 {:?}", took[LONE / 2], took[LONE * 99 / 100]);

    for tasks in [4, 16, 64, 256, 1024] {
        let cpu = cpu_seconds();
        let done = Arc::new(AtomicU64::new(0));
        let start = Instant::now();
        let callers: Vec<_> = (0..tasks)
            .map(|_| {
                let (ledger, done) = (ledger.clone(), Arc::clone(&done));
                tokio::spawn(async move {
                    while start.elapsed() < WINDOW {
                        let entry = common::ruled(common::random_id(), Decision::Approved);
                        ledger.commit(vec![entry]).await.unwrap();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
        let count = done.load(Ordering::Relaxed) as f64;
        let rate = count / start.elapsed().as_secs_f64();
        let each = (cpu_seconds() - cpu) / count * 1e6;
        println!("{tasks:5} tasks: {rate:.0} commits/s, {each:.0} µs of processor time each");
    }

    let start = Instant::now();
    let found = ledger.verify().await.unwrap();
    assert_eq!(found.fault, None);
    println!("verify: {} leaves in {:?}", found.leaves, start.elapsed());
    let start = Instant::now();
    ledger.close().await;
    println!("close: {:?}", start.elapsed());
    let start = Instant::now();
    let ledger = common::open(&path).await;
    println!("open: {:?}", start.elapsed());
    let start = Instant::now();
    ledger.history("nowhere to be found", None, 200).await.unwrap();
    println!("a search that finds nothing: {:?}", start.elapsed());
    ledger.close().await;
    println!("file: {} MiB", std::fs::metadata(&path).unwrap().len() >> 20);
}
