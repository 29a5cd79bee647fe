//! Times the facts of dropping a table, and all of a database, where there are 1,000 tables.
//!
//! `cargo run --release -p sayso-facts --example postgres [tables]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example that prints and may stop")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use sayso_core::action::Action;
use sayso_core::environment::Environments;
use sayso_core::reading::{Effect, Reach, Reversible, Rows, System, Target, TargetKind, Verb};
use sayso_core::{Reading, Severity, UnixMs, strict};
use sayso_facts::{Around, Gathered, Question, gather};
use zeroize::Zeroizing;

#[path = "../tests/rig/mod.rs"]
mod rig;

fn main() {
    let tables: usize = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1000);
    let server = rig::postgres::Postgres::start(&[]);
    server.sql("postgres", "CREATE DATABASE shop");
    let mut make =
        "CREATE TABLE big AS SELECT n AS id, n % 97 AS state FROM generate_series(1, 1000000) n;\n"
            .to_owned();
    for n in 0..tables {
        writeln!(
            make,
            "CREATE TABLE t{n} (id int PRIMARY KEY, note text); INSERT INTO t{n} VALUES (1, 'a');"
        )
        .unwrap();
    }
    server.sql("shop", &format!("{make}ANALYZE;"));
    println!("{tables} tables made");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for (what, kind, name, condition) in [
        ("DROP TABLE t1", TargetKind::Table, "t1", None),
        ("DELETE FROM big WHERE state = 3", TargetKind::Table, "big", Some("state = 3")),
        ("DROP DATABASE shop", TargetKind::Database, "shop", None),
        ("DROP TABLE big", TargetKind::Table, "big", None),
    ] {
        let reading = reading(server.url("shop"), kind, name, condition);
        let started = Instant::now();
        let gathered = runtime.block_on(ask(&reading));
        println!("{what}: {} ms", started.elapsed().as_millis());
        println!("    {} | {}", gathered.facts.data.headline, gathered.facts.data.detail);
    }
}

fn reading(address: String, kind: TargetKind, name: &str, condition: Option<&str>) -> Reading {
    let reach =
        Reach { system: System::Postgres, address: Zeroizing::new(address), settings: BTreeMap::new() };
    let target = Target { kind, name: name.to_owned() };
    let condition = condition.map(str::to_owned);
    Reading {
        severity: Severity::Critical,
        sentence: String::new(),
        effects: vec![Effect { verb: Verb::Delete, target, reversible: Reversible::No }],
        reasons: Vec::new(),
        unread: Vec::new(),
        files: Vec::new(),
        reaches: vec![reach],
        rows: vec![Rows { table: name.to_owned(), condition, uncounted: false }],
    }
}

async fn ask(reading: &Reading) -> Gathered {
    let action: Action = strict::parse(br#"{"kind":"sql","statement":"a statement"}"#).unwrap();
    let (claims, environments) = (BTreeMap::new(), Environments::default());
    let (claims, environments, around) = (&claims, &environments, &Around::default());
    let (action, home, now) = (&action, Path::new("/nonexistent"), UnixMs(0));
    gather(&Question { action, reading, claims, environments, home, now, around }).await
}
