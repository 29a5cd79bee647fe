//! Times of whole programs: the hook against `/bin/true`, and an ask until its card is painted.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sayso_tests::{App, Asking, Desktop, sayso, shop, wait_for};

use crate::{ms, quantile};

const RUNS: usize = 500;

/// A card that ended stands for 1.4 s before another takes its place (`CONFIRM_MS` of the page). That is meant, and is
/// not what is measured here.
const GIVES_WAY: Duration = Duration::from_secs(2);

/// A hook that is passed at once, its decision committed and its approval used, against starting `/bin/true`. Taken in
/// turns, so that whatever else the machine does hits both.
pub(crate) fn hook_against_true() {
    let desktop = Desktop::without("panel notifications");
    let _app = App::hidden(&desktop);
    let call = serde_json::json!({
        "session_id": "s", "transcript_path": "/t", "cwd": "/", "permission_mode": "default",
        "hook_event_name": "PreToolUse", "tool_name": "Bash",
        "tool_input": { "command": "git status" }, "tool_use_id": "t",
    })
    .to_string();
    let (mut hooks, mut trues) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        assert!(Command::new("/bin/true").env_clear().status().unwrap().success());
        trues.push(started.elapsed());
        let mut hook = sayso(&desktop);
        hook.args(["hook", "claude-code"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = hook.spawn().unwrap();
        child.stdin.take().unwrap().write_all(call.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        hooks.push(started.elapsed());
        assert!(String::from_utf8_lossy(&output.stdout).contains("allow"));
    }
    let (hook, plain) = (quantile(&mut hooks, 0.5), quantile(&mut trues, 0.5));
    println!("  /bin/true                     median {:.2} ms", ms(plain));
    println!(
        "  sayso hook, passed at once    median {:.2} ms, p99 {:.2} ms",
        ms(hook),
        ms(quantile(&mut hooks, 0.99))
    );
    println!("  ratio                         {:.2}x", hook.as_secs_f64() / plain.as_secs_f64());
}

/// Ask until the card stands painted: with the window open, and from the tray alone.
pub(crate) fn ask_to_painted() {
    let desktop = Desktop::without("notifications");
    let shop = shop(&desktop);
    let from_tray = {
        let _app = App::hidden(&desktop);
        one_painted(&desktop, &shop, 0)
    };
    let _app = App::start(&desktop, &[]);
    desktop.wait_for_window();
    let mut open: Vec<Duration> = Vec::new();
    for _ in 0..10 {
        let seen = painted(&desktop).len();
        open.push(one_painted(&desktop, &shop, seen));
    }
    let open = quantile(&mut open, 0.5);
    println!("  window open                   median {:.0} ms", ms(open));
    println!("  from the tray, window closed  {:.0} ms ({:.1}x)", ms(from_tray), ms(from_tray) / ms(open));
}

fn one_painted(desktop: &Desktop, shop: &std::path::Path, seen: usize) -> Duration {
    let started = Instant::now();
    let asking = Asking::start(desktop, shop, &["ask", "--", "rm", "-rf", "uploads"]);
    wait_for("the painted card", || (painted(desktop).len() > seen).then_some(()));
    let took = started.elapsed();
    asking.kill();
    wait_for("an empty queue", || (sayso_tests::status(desktop)?["waiting"] == 0).then_some(()));
    std::thread::sleep(GIVES_WAY);
    took
}

/// The lines in which the application says that a card was painted.
fn painted(desktop: &Desktop) -> Vec<String> {
    let log = std::fs::read_to_string(desktop.home().join("app.log")).unwrap_or_default();
    log.lines().filter(|line| line.contains("painted")).map(str::to_owned).collect()
}
