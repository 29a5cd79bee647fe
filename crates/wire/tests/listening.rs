//! The socket's folder, its lock, and who may come in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use common::{child, home, outcome, root_or_skipped, served, served_for};
use sayso_wire::server::Pace;
use sayso_wire::{Client, ListenError, Listener, Places, Unreachable};

/// Held while a descriptor is open that a program being started beside must not have a copy of, and while starting
/// one: between fork and exec a child has them all.
static STARTING: Mutex<()> = Mutex::new(());

fn starting() -> MutexGuard<'static, ()> {
    STARTING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spawn(command: &mut Command) -> Child {
    let _alone = starting();
    command.spawn().unwrap()
}

/// This test program where another user can run it.
fn copy_of_ourselves(folder: &Path) -> PathBuf {
    let _alone = starting();
    let copy = folder.join("test");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    copy
}

/// A user that exists everywhere and owns nothing.
const NOBODY: u32 = 65_534;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refusal(places: &Places) -> ListenError {
    Listener::bind(places, &[]).unwrap_err()
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let _alone = starting();
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    drop(UnixListener::bind(&places.socket).unwrap());
    assert!(places.socket.exists(), "a stale socket");
    let listener = Listener::bind(&places, &[]).unwrap();
    assert!(Client::connect(&places.socket).is_ok());
    let refused = refusal(&places);
    assert_eq!(refused.code(), "already_running");
    assert!(Client::connect(&places.socket).is_ok());
    drop(listener);
    assert!(!places.socket.exists());
    assert!(Listener::bind(&places, &[]).is_ok());
}

#[test]
fn a_socket_that_somebody_listens_on_without_the_lock_is_not_stolen() {
    let _alone = starting();
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    let held = UnixListener::bind(&places.socket).unwrap();
    assert_eq!(refusal(&places).code(), "already_running");
    drop(held);
    assert!(Listener::bind(&places, &[]).is_ok());
}

#[test]
fn of_many_that_start_at_once_one_listens() {
    let (_home, places) = home();
    let start = std::sync::Barrier::new(16);
    let started: Vec<_> = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    Listener::bind(&places, &[])
                })
            })
            .collect();
        starters.into_iter().map(|starter| starter.join().unwrap()).collect()
    });
    assert_eq!(started.iter().filter(|started| started.is_ok()).count(), 1);
    assert!(started.iter().filter_map(|s| s.as_ref().err()).all(|e| e.code() == "already_running"));
    assert!(Client::connect(&places.socket).is_ok());
}

#[test]
fn what_is_not_a_socket_is_left_alone() {
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    fs::write(&places.socket, "a person's own file").unwrap();
    assert_eq!(refusal(&places).code(), "socket_occupied");
    assert_eq!(fs::read_to_string(&places.socket).unwrap(), "a person's own file");
}

#[test]
fn a_socket_put_in_its_place_by_somebody_else_stays() {
    let (_home, places) = home();
    let listener = Listener::bind(&places, &[]).unwrap();
    fs::remove_file(&places.socket).unwrap();
    let _other = UnixListener::bind(&places.socket).unwrap();
    drop(listener);
    assert!(places.socket.exists());
}

#[test]
fn folder_and_socket_are_for_their_owner_alone_unless_others_are_named() {
    let (_home, places) = home();
    let listener = Listener::bind(&places, &[]).unwrap();
    assert_eq!((mode(&places.run), mode(&places.socket) & 0o777), (0o700, 0o600));
    drop(listener);
    let listener = Listener::bind(&places, &[NOBODY]).unwrap();
    assert_eq!((mode(&places.run), mode(&places.socket) & 0o777), (0o711, 0o666));
    drop(listener);
    let _listener = Listener::bind(&places, &[]).unwrap();
    assert_eq!((mode(&places.run), mode(&places.socket) & 0o777), (0o700, 0o600));
}

#[test]
fn a_folder_that_others_can_write_to_is_refused_and_left_as_it_is() {
    for open in [0o770, 0o702, 0o1777] {
        let (_home, places) = home();
        fs::create_dir(&places.run).unwrap();
        set_mode(&places.run, open);
        let refused = refusal(&places);
        assert_eq!(refused.code(), "unsafe_folder");
        assert!(refused.to_string().contains("chmod 700"), "{refused}");
        assert_eq!(mode(&places.run), open);
        assert!(!places.socket.exists());
    }
}

#[test]
fn a_link_in_place_of_the_folder_is_refused() {
    let (home, places) = home();
    let elsewhere = home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &places.run).unwrap();
    assert_eq!(refusal(&places).code(), "unsafe_folder");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_link_in_place_of_the_lock_is_refused() {
    let (home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    symlink(home.path().join("target"), places.run.join("sayso.lock")).unwrap();
    assert_eq!(refusal(&places).code(), "socket_io");
    assert!(!home.path().join("target").exists());
}

#[test]
fn a_folder_of_another_user_is_refused() {
    if !root_or_skipped("a_folder_of_another_user_is_refused") {
        return;
    }
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    std::os::unix::fs::chown(&places.run, Some(NOBODY), None).unwrap();
    let refused = refusal(&places);
    assert_eq!(refused.code(), "unsafe_folder");
    assert!(refused.to_string().contains("belongs to uid 65534"), "{refused}");
}

#[test]
fn a_path_longer_than_an_address_can_be_served_and_reached() {
    let home = tempfile::tempdir().unwrap();
    let places = Places::under(&home.path().join("a".repeat(120)).join("b".repeat(120)));
    let _listener = Listener::bind(&places, &[]).unwrap();
    assert!(Client::connect(&places.socket).is_ok());
}

/// Runs `child_reports_status` as another user, who can reach the socket's folder.
fn status_as_nobody(places: &Places) -> String {
    let program = tempfile::tempdir().unwrap();
    set_mode(program.path(), 0o755);
    let copy = copy_of_ourselves(program.path());
    let as_root = child("child_reports_status", &[]);
    let mut command = Command::new(&copy);
    command.args(as_root.get_args()).env("SAYSO_TEST_SOCKET", &places.socket).current_dir("/");
    command.uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).stdout(Stdio::piped());
    let (said, well) = outcome(spawn(&mut command));
    assert!(well, "{said}");
    said
}

#[test]
#[ignore = "run by another test as a process of its own"]
fn child_reports_status() {
    let Some(socket) = std::env::var_os("SAYSO_TEST_SOCKET") else { return };
    match Client::connect(socket.as_ref()) {
        Err(why) => println!("<{}>", why.code()),
        Ok(mut client) => {
            println!("<{}>", client.status().map_or_else(|e| e.code().to_owned(), |_| "status".to_owned()));
            println!("<log: {}>", client.log_verify().unwrap_err().code());
        }
    }
}

#[test]
fn another_user_is_refused_by_the_kernels_credentials_however_the_modes_stand() {
    if !root_or_skipped("another_user_is_refused_by_the_kernels_credentials_however_the_modes_stand") {
        return;
    }
    let served = served();
    assert!(status_as_nobody(&served.places).contains("<forbidden>"));
    set_mode(served.places.run.parent().unwrap(), 0o755);
    set_mode(&served.places.run, 0o711);
    set_mode(&served.places.socket, 0o666);
    assert!(status_as_nobody(&served.places).contains("<not_allowed>"));
    assert!(served.client().status().is_ok());
}

#[test]
fn another_user_who_is_named_may_ask_and_not_read_the_log() {
    if !root_or_skipped("another_user_who_is_named_may_ask_and_not_read_the_log") {
        return;
    }
    let served = served_for(&[NOBODY], Pace::default());
    set_mode(served.places.run.parent().unwrap(), 0o755);
    let said = status_as_nobody(&served.places);
    assert!(said.contains("<status>"), "{said}");
    assert!(said.contains("<log: other_user>"), "{said}");
}

#[test]
fn a_strangers_server_is_sent_nothing() {
    if !root_or_skipped("a_strangers_server_is_sent_nothing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o777);
    let program = copy_of_ourselves(folder.path());
    let socket = folder.path().join("sayso.sock");
    let as_root = child("child_listens", &[]);
    let mut command = Command::new(&program);
    command.args(as_root.get_args()).env("SAYSO_TEST_SOCKET", &socket).current_dir("/");
    command.uid(NOBODY).gid(NOBODY).stdin(Stdio::null()).stdout(Stdio::piped());
    let stranger = spawn(&mut command);
    // Refused from the first connection on, so connecting until there is one is the event.
    let refused = loop {
        match Client::connect(&socket).unwrap_err() {
            Unreachable::NotRunning(_) => std::thread::yield_now(),
            other => break other,
        }
    };
    assert!(matches!(refused, Unreachable::Stranger { uid: NOBODY, .. }), "{refused}");
    let (said, _) = outcome(stranger);
    assert!(said.contains("<0 bytes>"), "{said}");
}

#[test]
#[ignore = "run by another test as a process of its own"]
fn child_listens() {
    let Some(socket) = std::env::var_os("SAYSO_TEST_SOCKET") else { return };
    let (mut stream, _) = UnixListener::bind(socket).unwrap().accept().unwrap();
    let mut heard = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut heard).unwrap();
    println!("<{} bytes>", heard.len());
}

/// Starts `child_adopts` as systemd would: descriptor 3 listens, and the variables name the process.
fn adopting(third: OwnedFd, script: &str) -> String {
    let adopter = child("child_adopts", &[]);
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(adopter.get_program()).args(adopter.get_args());
    command.stdin(third).stdout(Stdio::piped());
    outcome(spawn(&mut command)).0
}

const ADOPT: &str = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=x exec "$0" "$@""#;

#[test]
#[ignore = "run by another test as a process of its own"]
fn child_adopts() {
    match Listener::from_activation() {
        Err(why) => println!("<{}>", why.code()),
        Ok(None) => println!("<none>"),
        Ok(Some(listener)) => {
            println!("<adopted>");
            drop(listener);
        }
    }
    println!("<again: {}>", Listener::from_activation().is_ok_and(|again| again.is_none()));
}

#[test]
fn a_socket_from_systemd_is_taken_over_once_and_outlives_us() {
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    set_mode(&places.run, 0o700);
    let systemd = UnixListener::bind(&places.socket).unwrap();
    let said = adopting(OwnedFd::from(systemd.try_clone().unwrap()), ADOPT);
    assert!(said.contains("<adopted>"), "{said}");
    assert!(said.contains("<again: true>"), "{said}");
    assert!(places.socket.exists());
    // Nobody else takes it while systemd listens.
    assert_eq!(refusal(&places).code(), "already_running");
}

#[test]
fn a_socket_from_systemd_is_not_taken_while_another_sayso_runs() {
    let (_home, places) = home();
    let _running = Listener::bind(&places, &[]).unwrap();
    fs::remove_file(&places.socket).unwrap();
    let systemd = UnixListener::bind(&places.socket).unwrap();
    let said = adopting(OwnedFd::from(systemd), ADOPT);
    assert!(said.contains("<already_running>"), "{said}");
}

#[test]
fn what_is_handed_over_and_is_no_socket_or_not_meant_for_us_is_not_taken() {
    let (_home, places) = home();
    fs::create_dir(&places.run).unwrap();
    let file = fs::File::open("/dev/null").unwrap();
    assert!(adopting(OwnedFd::from(file), ADOPT).contains("<bad_activation>"));
    let systemd = UnixListener::bind(&places.socket).unwrap();
    let not_ours = r#"exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=1 exec "$0" "$@""#;
    assert!(adopting(OwnedFd::from(systemd.try_clone().unwrap()), not_ours).contains("<none>"));
    let two = r#"exec 3<&0 0</dev/null; LISTEN_FDS=2 LISTEN_PID=$$ exec "$0" "$@""#;
    assert!(adopting(OwnedFd::from(systemd), two).contains("<bad_activation>"));
}
