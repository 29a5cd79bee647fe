//! Memory of the application, over all its processes.

use std::fs;
use std::time::Duration;

use sayso_tests::{App, Desktop, wait_for};

/// Resident memory of a process and all its descendants, in KiB.
pub(crate) fn resident_kib(pid: u32) -> u64 {
    family(pid).iter().map(|pid| field(*pid, "status", "VmRSS:")).sum()
}

fn proportional_kib(pid: u32) -> u64 {
    family(pid).iter().map(|pid| field(*pid, "smaps_rollup", "Pss:")).sum()
}

fn field(pid: u32, file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
}

fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    for task in tasks {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|child| child.parse().ok()).flat_map(family));
    }
    all
}

/// At rest in the tray, with the window open, and after it was closed again.
pub(crate) fn at_rest_open_and_closed() {
    let desktop = Desktop::start();
    let app = App::hidden(&desktop);
    wait_for("the tray item", || desktop.tray_items().pop());
    settle();
    let print = |what: &str| {
        let (resident, proportional) = (resident_kib(app.pid()), proportional_kib(app.pid()));
        println!(
            "  {what:<30}{:.0} MB resident, {:.0} MB proportional",
            resident as f64 / 1024.0,
            proportional as f64 / 1024.0
        );
        resident as f64
    };
    let rest = print("at rest in the tray");
    let second = desktop.command(sayso_tests::programs().join("sayso-desktop")).status().unwrap();
    assert!(second.success());
    let window = desktop.wait_for_window();
    settle();
    let open = print("with the window open");
    desktop.output("xdotool", &["windowclose", &window]);
    wait_for("the window to close", || desktop.windows().is_empty().then_some(()));
    settle();
    let closed = print("after it was closed again");
    println!("  open / at rest                {:.1}x, closed / at rest {:.2}x", open / rest, closed / rest);
}

/// Memory has no event to wait for.
fn settle() {
    std::thread::sleep(Duration::from_secs(3));
}
