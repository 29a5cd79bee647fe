//! Client and server over a real socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Command, Stdio};

use common::{GIVE_UP, Seen, ask, child, home, id, outcome, request_line, served, told};
use sayso_core::{Nonce, Receipt};
use sayso_wire::protocol::{LogPage, Wait, Withdraw};
use sayso_wire::{Client, ClientError, Unreachable, client};

#[test]
fn every_method_is_answered() {
    let served = served();
    let mut client = served.client();
    let nonce = Nonce::try_from("n".repeat(22)).unwrap();
    assert_eq!(client.ask(&ask("now"), |_| {}).unwrap(), told("now"));
    let wait = Wait { id: None, nonce: nonce.clone() };
    assert_eq!(client.wait(wait, |_| {}).unwrap(), told(nonce.as_str()));
    assert_eq!(client.withdraw(Withdraw { id: id(), nonce }).unwrap().id, id());
    assert!(!client.status().unwrap().stopped);
    let page = LogPage { search: String::new(), before: Some(4) };
    assert_eq!(client.log_page(page).unwrap().next, Some(4));
    let refusal = client.use_receipt(Receipt::from_text("a.b.c")).unwrap_err();
    assert_eq!(refusal.code(), "already_used");
    assert!(!refusal.may_wait_still());
}

#[test]
fn an_answer_too_long_for_a_line_becomes_a_fault_that_says_so() {
    let served = served();
    let mut client = served.client();
    assert_eq!(client.log_verify().unwrap_err().code(), "answer_too_long");
    assert!(client.status().is_ok());
}

#[test]
fn a_request_too_long_for_a_line_is_not_sent() {
    let served = served();
    let mut client = served.client();
    let mut long = ask("now");
    long.action = sayso_core::strict::parse(
        format!(r#"{{"kind":"sql","statement":"{}"}}"#, "x".repeat(sayso_core::limits::LINE_BYTES))
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(client.ask(&long, |_| {}).unwrap_err().code(), "request_too_long");
    assert!(client.status().is_ok());
}

#[test]
fn a_long_line_that_fits_is_answered() {
    let served = served();
    let mut client = served.client();
    let mut long = ask("now");
    long.action = sayso_core::strict::parse(
        format!(r#"{{"kind":"sql","statement":"{}"}}"#, "x".repeat(8 * 1024 * 1024 - 1024)).as_bytes(),
    )
    .unwrap();
    assert_eq!(client.ask(&long, |_| {}).unwrap(), told("now"));
}

#[test]
fn progress_is_told_before_the_answer() {
    let served = served();
    let mut heard = Vec::new();
    served.client().ask(&ask("reports"), |progress| heard.push(progress.id)).unwrap();
    assert_eq!(heard, [id()]);
}

#[test]
fn several_requests_of_one_connection_are_answered_by_their_ids_and_a_waiting_one_delays_none() {
    let served = served();
    let mut raw = served.raw();
    let mut lines = request_line(1, "waits") + "\n";
    for id in 2..=40 {
        lines += &(request_line(id, "now") + "\n");
    }
    raw.say(lines).unwrap();
    let answered: BTreeSet<_> = std::iter::repeat_with(|| raw.hear().unwrap())
        .filter_map(|line| line.get("id").and_then(serde_json::Value::as_u64))
        .take(39)
        .collect();
    assert_eq!(answered, (2..=40).collect());
}

#[test]
fn the_peer_is_who_the_kernel_says() {
    let served = served();
    let mut raw = served.raw();
    raw.say(request_line(1, "waits") + "\n").unwrap();
    let Seen::Asked(peer) = served.next() else { panic!("not asked") };
    assert_eq!(peer.uid, rustix::process::geteuid().as_raw());
    assert_eq!(peer.processes[0].pid, std::process::id());
    assert_eq!(peer.processes[0].program.as_deref(), std::env::current_exe().unwrap().to_str());
    // 0 is a parent outside of this PID namespace: it has no number here.
    let parent = Some(std::os::unix::process::parent_id()).filter(|&pid| pid != 0);
    assert_eq!(peer.processes.get(1).map(|process| process.pid), parent);
}

#[test]
fn a_closed_connection_drops_its_requests_and_its_process_is_not_called_gone() {
    let served = served();
    let mut raw = served.raw();
    raw.say(request_line(1, "waits") + "\n").unwrap();
    assert!(matches!(served.next(), Seen::Asked(_)));
    drop(raw);
    assert_eq!(served.next(), Seen::Dropped { process_gone: false });
}

#[test]
fn a_process_that_ends_is_marked_gone_before_its_requests_are_dropped() {
    let served = served();
    let mut asker = child("child_asks_and_waits", &[("SAYSO_TEST_SOCKET", served.places.socket.as_os_str())])
        .spawn()
        .unwrap();
    let Seen::Asked(peer) = served.next() else { panic!("not asked") };
    assert_eq!(peer.processes[0].pid, asker.id());
    asker.kill().unwrap();
    asker.wait().unwrap();
    assert_eq!(served.next(), Seen::Dropped { process_gone: true });
}

#[test]
#[ignore = "run by another test as a process of its own"]
fn child_asks_and_waits() {
    let Some(socket) = std::env::var_os("SAYSO_TEST_SOCKET") else { return };
    let mut client = Client::connect(socket.as_ref()).unwrap();
    let _ = client.ask(&ask("waits"), |_| {});
}

#[test]
fn a_process_that_ends_closes_a_connection_that_its_child_still_holds() {
    let served = served();
    let asker = child(
        "child_leaves_its_connection_behind",
        &[("SAYSO_TEST_SOCKET", served.places.socket.as_os_str())],
    )
    .spawn()
    .unwrap();
    assert!(matches!(served.next(), Seen::Asked(_)));
    // `wait` so that the process does not stay as a zombie, which has ended for the kernel but keeps its number.
    let (said, well) = outcome(asker);
    assert!(well, "{said}");
    assert_eq!(served.next(), Seen::Dropped { process_gone: true });
}

#[test]
#[ignore = "run by another test as a process of its own"]
#[allow(clippy::zombie_processes, reason = "the claim is about a process that does not wait for its child")]
fn child_leaves_its_connection_behind() {
    let Some(socket) = std::env::var_os("SAYSO_TEST_SOCKET") else { return };
    let mut stream = UnixStream::connect(socket).unwrap();
    writeln!(stream, "{}", request_line(1, "waits")).unwrap();
    stream.read_exact(&mut [0]).unwrap();
    // It reads until the server closes the connection, and ends by that.
    let mut keeper = Command::new("cat");
    keeper.stdin(OwnedFd::from(stream)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
}

#[test]
fn a_broken_connection_is_told_apart_and_names_the_request_to_take_up() {
    let mut served = served();
    let mut client = served.client();
    let socket = served.places.socket.clone();
    let asker = std::thread::spawn(move || client.ask(&ask("waits"), |_| {}));
    assert!(matches!(served.next(), Seen::Asked(_)));
    served.stop();
    let lost = asker.join().unwrap().unwrap_err();
    assert!(lost.may_wait_still(), "{lost}");
    assert!(matches!(lost, ClientError::ConnectionLost { request: Some(request) } if request == id()));
    assert!(matches!(Client::connect(&socket), Err(Unreachable::NotRunning(_))));
}

#[test]
fn where_nobody_listens_it_is_started_and_waited_for() {
    let mut served = None;
    let (_home, places) = home();
    let refused =
        client::connect_or_start(&places, || Err(std::io::Error::other("no such program")), GIVE_UP);
    assert_eq!(refused.unwrap_err().code(), "start_failed");
    let nobody = client::connect_or_start(&places, || Ok(()), std::time::Duration::ZERO);
    assert_eq!(nobody.unwrap_err().code(), "did_not_come");
    let link = places.run.clone();
    let start = || {
        let started = common::served();
        std::os::unix::fs::symlink(&started.places.run, &link)?;
        served = Some(started);
        Ok(())
    };
    assert!(client::connect_or_start(&places, start, GIVE_UP).unwrap().status().is_ok());
    let again = client::connect_or_start(&places, || panic!("it runs"), GIVE_UP);
    assert!(again.unwrap().status().is_ok());
}

#[test]
fn a_server_that_says_something_else_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    for (answer, code) in [
        ("HTTP/1.1 200 OK\n", "malformed_answer"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"approved\":true}}\n", "malformed_answer"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"result\":{}}\n", "malformed_answer"),
        ("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}\n", "connection_lost"),
        ("{\"jsonrpc\":\"2.0\",\"id\":1,\"res", "connection_lost"),
    ] {
        let listener = listener.try_clone().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut first = [0; 1];
            stream.read_exact(&mut first).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            stream.read_to_end(&mut Vec::new()).unwrap();
        });
        let mut client = Client::connect(&socket).unwrap();
        assert_eq!(client.status().unwrap_err().code(), code, "{answer}");
        drop(client);
        server.join().unwrap();
    }
}
