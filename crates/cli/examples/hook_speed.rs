//! How long `sayso hook` takes against starting `/bin/true`, one after the other in one run, with a Sayso that
//! answers at once and commits nothing. Prints medians and their ratio.
//!
//! With `serve` it only stands there and says where, for other measures.
//!
//! `cargo build --release -p sayso-cli && cargo run --release -p sayso-cli --example hook_speed`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Say, Sayso, otherwise, sayso_program};
use sayso_core::{By, Decision};
use sayso_wire::rpc::{Call, Reply};

const RUNS: usize = 500;

const INPUT: &[u8] =
    br#"{"session_id":"s","transcript_path":"/t","cwd":"/tmp","hook_event_name":"PreToolUse",
"permission_mode":"default","tool_name":"Bash","tool_input":{"command":"ls -l"},"tool_use_id":"toolu_1"}"#;

fn main() {
    let program = sayso_program();
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            vec![Say::Reply(Reply::Told(keys.told(ask, Decision::Approved, By::Rule, |_| {})))]
        }
        other => otherwise(other),
    });
    if std::env::args().nth(1).as_deref() == Some("serve") {
        // For another measure than ours, until standard input ends.
        println!("SAYSO_HOME={}", sayso.home.path().display());
        let _until_its_end = std::io::stdin().lines().count();
        return;
    }
    let (mut bare, mut hook) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        // Both started in the same way: a folder of its own would have the hook forked and `true` not.
        bare.push(timed(Command::new("/bin/true").env_clear()));
        let mut command = Command::new(&program);
        command.args(["hook", "claude-code"]).env_clear().env("SAYSO_HOME", sayso.home.path());
        hook.push(timed(&mut command));
    }
    let (bare, hook) = (median(bare), median(hook));
    println!("/bin/true  {bare:?}");
    println!("sayso hook {hook:?}");
    println!("ratio      {:.2}", hook.as_secs_f64() / bare.as_secs_f64());
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    // `true` reads nothing and may be gone already.
    drop(child.stdin.take().unwrap().write_all(INPUT));
    let output = child.wait_with_output().unwrap();
    let taken = start.elapsed();
    assert!(output.status.success());
    assert!(output.stdout.is_empty() || output.stdout.windows(7).any(|part| part == b"\"allow\""));
    taken
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
