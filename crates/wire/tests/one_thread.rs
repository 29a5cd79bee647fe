//! What holds for a process with a single thread, as `main` is when it takes over a socket from systemd. The test
//! harness has threads of its own, so this is a plain program that starts itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};

use sayso_wire::{Listener, Places};

const CHILD: &str = "SAYSO_TEST_ADOPTS";
const VARIABLES: [&str; 3] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];

fn main() {
    if std::env::var_os(CHILD).is_some() {
        let listener = Listener::from_activation().unwrap();
        assert!(listener.is_some(), "nothing was taken over");
        assert!(VARIABLES.iter().all(|name| std::env::var_os(name).is_none()), "variables were left");
        return;
    }
    println!("\nrunning 1 test");
    after_taking_over_a_socket_its_variables_are_gone();
    println!("test after_taking_over_a_socket_its_variables_are_gone ... ok");
    println!("\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n");
}

fn after_taking_over_a_socket_its_variables_are_gone() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(home.path());
    drop(Listener::bind(&places, &[]).unwrap());
    let systemd = UnixListener::bind(&places.socket).unwrap();
    let script = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=x exec "$0""#;
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(std::env::current_exe().unwrap()).env(CHILD, "1");
    command.stdin(OwnedFd::from(systemd)).stdout(Stdio::inherit());
    assert!(command.status().unwrap().success());
}
