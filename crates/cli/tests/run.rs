//! `sayso run` against a small Sayso: what runs, and when nothing does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Ended, Say, Sayso, otherwise, waiting, yes, yes_and_used};
use sayso_core::action::{Action, Command as What};
use sayso_core::{By, Decision};
use sayso_wire::protocol::RpcFault;
use sayso_wire::rpc::{Call, Reply};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

fn approving() -> Sayso {
    Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes(keys, ask)],
        other => otherwise(other),
    })
}

fn denying() -> Sayso {
    Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            vec![Say::Reply(Reply::Told(keys.told(ask, Decision::Denied, By::Rule, |_| {})))]
        }
        other => otherwise(other),
    })
}

#[test]
fn exactly_the_words_that_were_approved_run() {
    let sayso = approving();
    let words = ["a b", "", "new\nline", "$HOME", "*", "--help", "--", "'\"\\", "ä\u{202e}"];
    let mut line = vec!["run", "--", "printf", "%s\\0"];
    line.extend(words);
    let ended = sayso.run(&line);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let printed: Vec<&str> = ended.out.split_terminator('\0').collect();
    assert_eq!(printed, words);
    let Action::Shell(shell) = sayso.asked().action else { panic!() };
    let What::Argv(argv) = shell.command else { panic!() };
    assert_eq!(argv, line[2..]);
}

#[test]
fn the_receipt_is_used_before_the_command_runs_and_its_status_is_the_commands_own() {
    let sayso = approving();
    assert_eq!(sayso.run(&["run", "--", "sh", "-c", "exit 7"]).status, Some(7));
    assert_eq!(sayso.methods(), ["approval.request", "receipt.use"]);
    let killed = sayso.command(&["run", "--", "sh", "-c", "kill -9 $$"]).status().unwrap();
    assert_eq!(killed.signal(), Some(9));
}

#[test]
fn a_rules_yes_that_is_used_up_already_runs_the_command_without_another_call() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes_and_used(keys, ask)],
        other => otherwise(other),
    });
    assert_eq!(sayso.run(&["run", "--", "sh", "-c", "exit 7"]).status, Some(7));
    assert_eq!(sayso.methods(), ["approval.request"]);
    assert!(sayso.asked().use_at_once);
}

#[test]
fn the_command_takes_over_standard_input_and_runs_where_it_was_asked_for() {
    let sayso = approving();
    assert_eq!(sayso.run_with(&["run", "--", "cat"], b"through").out, "through");
    let folder = sayso.run(&["run", "--", "pwd", "-P"]).out;
    assert_eq!(folder.trim_end(), sayso.home.path().canonicalize().unwrap().to_str().unwrap());
}

#[test]
fn what_is_not_approved_does_not_run_and_ends_with_126() {
    let sayso = denying();
    let ended = sayso.run(&["run", "--", "touch", "ran"]);
    assert_eq!(ended.status, Some(126), "{ended:?}");
    assert!(ended.err.contains("Denied by a rule"), "{ended:?}");
    assert!(!sayso.home.path().join("ran").exists());
}

#[test]
fn an_approval_that_cannot_be_used_lets_nothing_run() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes(keys, ask)],
        Call::Use(_) => vec![Say::Fault(RpcFault::refused("already_used", "it was used before"))],
        other => otherwise(other),
    });
    let ended = sayso.run(&["run", "--", "touch", "ran"]);
    assert_eq!(ended.status, Some(126), "{ended:?}");
    assert!(ended.err.contains("it was used before"), "{ended:?}");
    assert!(!sayso.home.path().join("ran").exists());
}

#[test]
fn a_receipt_about_another_command_lets_nothing_run() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            let told = keys.told(ask, Decision::Approved, By::Person, |claims| {
                claims.action = sayso_core::Digest::of_bytes(b"ls");
            });
            vec![Say::Reply(Reply::Told(told))]
        }
        other => otherwise(other),
    });
    assert_eq!(sayso.run(&["run", "--", "touch", "ran"]).status, Some(126));
    assert!(!sayso.home.path().join("ran").exists());
    assert_eq!(sayso.methods(), ["approval.request"]);
}

#[test]
fn a_command_that_is_not_there_ends_with_127_and_one_that_cannot_be_run_with_126() {
    let sayso = approving();
    assert_eq!(sayso.run(&["run", "--", "no-such-command-anywhere"]).status, Some(127));
    assert_eq!(sayso.run(&["run", "--", "/etc/passwd"]).status, Some(126));
}

#[test]
fn a_word_that_is_not_utf8_is_refused_with_64_and_nothing_is_asked() {
    let sayso = approving();
    let mut command = sayso.command(&["run", "--", "touch"]);
    let ended = Ended::of(command.arg(OsStr::from_bytes(b"\xff")).output().unwrap());
    assert_eq!(ended.status, Some(64), "{ended:?}");
    assert!(ended.err.contains("not UTF-8"), "{ended:?}");
    assert!(sayso.calls().is_empty());
    assert_eq!(sayso.run(&["run"]).status, Some(64));
    assert_eq!(sayso.run(&["run", "--env", "=x", "--", "true"]).status, Some(64));
}

#[test]
fn a_variable_reaches_the_command_and_only_its_name_reaches_sayso() {
    let sayso = approving();
    let words = ["run", "--env", "TOKEN=s3cret", "--env", "PATH", "--", "sh", "-c", "echo $TOKEN"];
    assert_eq!(sayso.run(&words).out, "s3cret\n");
    let ask = sayso.asked();
    assert!(!serde_json::to_string(&ask).unwrap().contains("s3cret"));
    let Action::Shell(shell) = ask.action else { panic!() };
    assert_eq!(shell.env, ["PATH", "TOKEN"]);
}

#[test]
fn a_folder_that_was_replaced_while_it_was_decided_lets_nothing_run() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            let cwd = ask.action.cwd().unwrap();
            std::fs::rename(cwd, format!("{cwd}-before")).unwrap();
            std::fs::create_dir(cwd).unwrap();
            vec![yes(keys, ask)]
        }
        other => otherwise(other),
    });
    let folder = sayso.home.path().join("work");
    std::fs::create_dir(&folder).unwrap();
    let ended =
        Ended::of(sayso.command(&["run", "--", "touch", "ran"]).current_dir(&folder).output().unwrap());
    assert_eq!(ended.status, Some(126), "{ended:?}");
    assert!(ended.err.contains("not the folder any more"), "{ended:?}");
    assert!(!folder.join("ran").exists() && !sayso.home.path().join("work-before/ran").exists());
    assert_eq!(sayso.methods(), ["approval.request"], "the approval is not used up");
}

#[test]
fn ctrl_c_while_waiting_ends_with_126_and_nothing_runs() {
    let sayso = Sayso::new(|call, _| match call {
        Call::Request(ask) => vec![Say::Progress(waiting(&ask.nonce))],
        other => otherwise(other),
    });
    let mut child = sayso.command(&["run", "--", "touch", "ran"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut err = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut err, &mut said).unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(126));
    assert!(sayso.methods().contains(&"approval.withdraw"));
    assert!(!sayso.home.path().join("ran").exists());
}
