//! `sayso hook` against a small Sayso: one answer, always, and never a yes by accident.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Ended, Say, Sayso, alone, folder_for_programs, otherwise, waiting, yes, yes_and_used};
use sayso_core::limits::LINE_BYTES;
use sayso_core::{By, Decision};
use sayso_wire::protocol::{RpcFault, Told};
use sayso_wire::rpc::{Call, Reply};
use std::io::Write;
use std::process::Stdio;

const INPUT: &str = r#"{"session_id":"s","transcript_path":"/t","cwd":"/home/anna/shop","prompt_id":"p",
"permission_mode":"default","hook_event_name":"PreToolUse","tool_name":"Bash",
"tool_input":{"command":"rm -rf build","description":"Clean"},"tool_use_id":"toolu_1"}"#;

const HOOK: &[&str] = &["hook", "claude-code"];

/// The decision and its reason, from output of exactly the documented shape.
fn answer(ended: &Ended) -> (String, String) {
    let json = ended.json();
    let specific = &json["hookSpecificOutput"];
    assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
    assert_eq!(specific.as_object().unwrap().len(), 3, "{json}");
    assert_eq!(specific["hookEventName"], "PreToolUse");
    let text = |name: &str| specific[name].as_str().unwrap().to_owned();
    (text("permissionDecision"), text("permissionDecisionReason"))
}

fn denied(ended: &Ended, because: &str) {
    let (decision, reason) = answer(ended);
    assert_eq!(decision, "deny", "{ended:?}");
    assert!(reason.contains(because), "{reason}");
}

fn approving() -> Sayso {
    Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes(keys, ask)],
        other => otherwise(other),
    })
}

#[test]
fn an_approval_is_verified_used_and_answered_with_allow() {
    let sayso = approving();
    let ended = sayso.run_with(HOOK, INPUT.as_bytes());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(answer(&ended), ("allow".into(), "Approved by a person, by a click.".into()));
    assert_eq!(sayso.methods(), ["approval.request", "receipt.use"]);
    let ask = sayso.asked();
    assert_eq!((ask.agent.as_str(), ask.wait_ms), ("claude-code", None));
    assert_eq!(ask.claims["description"], "Clean");
}

#[test]
fn a_rules_yes_that_is_used_up_already_is_verified_and_answered_without_another_call() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes_and_used(keys, ask)],
        other => otherwise(other),
    });
    let ended = sayso.run_with(HOOK, INPUT.as_bytes());
    assert_eq!(answer(&ended).0, "allow", "{ended:?}");
    assert_eq!(sayso.methods(), ["approval.request"]);
    assert!(sayso.asked().use_at_once);
}

#[test]
fn a_persons_yes_is_used_by_its_receipt_whatever_the_answer_says() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            let told = keys.told(ask, Decision::Approved, By::Person, |_| {});
            vec![Say::Reply(Reply::Told(Told { used: true, ..told }))]
        }
        Call::Use(_) => vec![Say::Fault(RpcFault::refused("already_used", "it was used before"))],
        other => otherwise(other),
    });
    denied(&sayso.run_with(HOOK, INPUT.as_bytes()), "it was used before");
    assert_eq!(sayso.methods(), ["approval.request", "receipt.use"]);
}

#[test]
fn an_answer_that_says_used_without_a_receipt_that_holds_is_answered_with_deny() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            let told = if ask.claims.contains_key("description") {
                keys.told_by_the_machine_as_a_person(ask)
            } else {
                Told { receipt: None, ..keys.told(ask, Decision::Approved, By::Rule, |_| {}) }
            };
            vec![Say::Reply(Reply::Told(Told { used: true, ..told }))]
        }
        other => otherwise(other),
    });
    denied(&sayso.run_with(HOOK, INPUT.as_bytes()), "does not hold");
    let bare = INPUT.replace(r#","description":"Clean""#, "");
    denied(&sayso.run_with(HOOK, bare.as_bytes()), "without a receipt");
    assert_eq!(sayso.methods(), ["approval.request", "approval.request"]);
}

#[test]
fn a_denial_is_answered_with_its_reason() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            vec![Say::Reply(Reply::Told(keys.told(ask, Decision::Denied, By::Person, |claims| {
                claims.reason = Some("not \"today\"".into());
            })))]
        }
        other => otherwise(other),
    });
    let ended = sayso.run_with(HOOK, INPUT.as_bytes());
    assert_eq!(ended.status, Some(0));
    denied(&ended, "Denied by a person: not \"today\"");
}

#[test]
fn garbage_on_standard_input_is_answered_with_deny_and_nothing_is_asked() {
    let sayso = approving();
    let twice = INPUT.replace(r#""tool_name":"Bash""#, r#""tool_name":"Read","tool_name":"Bash""#);
    for input in [&b""[..], b"\0", b"{}", b"[1]", b"\xff\xfe", &INPUT.as_bytes()[..60], twice.as_bytes()] {
        let ended = sayso.run_with(HOOK, input);
        assert_eq!(ended.status, Some(0), "{ended:?}");
        denied(&ended, "Denied: ");
    }
    let long = vec![b' '; LINE_BYTES + 1];
    denied(&sayso.run_with(HOOK, &long), "longer than");
    assert!(sayso.calls().is_empty());
}

#[test]
fn another_event_or_agent_is_denied_by_status_2_too() {
    let sayso = approving();
    let ended = sayso.run_with(HOOK, INPUT.replace("PreToolUse", "PermissionRequest").as_bytes());
    assert_eq!(ended.status, Some(2), "{ended:?}");
    denied(&ended, "PermissionRequest");
    assert!(!ended.err.is_empty());
    for words in [&["hook"][..], &["hook", "nobody"], &["hook", "--limit", "5m"]] {
        let ended = sayso.run_with(words, INPUT.as_bytes());
        assert_eq!((ended.status, ended.err.is_empty()), (Some(2), false), "{words:?} {ended:?}");
    }
    assert!(sayso.calls().is_empty());
}

#[test]
fn a_hook_that_is_set_up_wrongly_denies() {
    let sayso = approving();
    for words in [
        &["hook", "claude-code", "--limit", "soon"][..],
        &["hook", "claude-code", "--limit=0s"],
        &["hook", "claude-code", "--fast"],
        &["hook", "claude-code", "--limit"],
    ] {
        denied(&sayso.run_with(words, INPUT.as_bytes()), "set up wrongly");
    }
    assert!(sayso.calls().is_empty());
}

#[test]
fn a_receipt_that_does_not_hold_and_an_approval_that_cannot_be_used_are_denied() {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![Say::Reply(Reply::Told(keys.told_by_a_stranger(ask)))],
        other => otherwise(other),
    });
    denied(&sayso.run_with(HOOK, INPUT.as_bytes()), "not enrolled here");
    assert_eq!(sayso.methods(), ["approval.request"]);
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => vec![yes(keys, ask)],
        Call::Use(_) => vec![Say::Fault(RpcFault::refused("already_used", "it was used before"))],
        other => otherwise(other),
    });
    denied(&sayso.run_with(HOOK, INPUT.as_bytes()), "it was used before");
}

#[test]
fn where_sayso_is_absent_and_cannot_be_started_it_is_denied_with_how_to_start_it() {
    let sayso = Sayso::silent();
    let folder = folder_for_programs();
    let mut child = sayso
        .command_of(&alone(folder.path()), HOOK)
        .env("PATH", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(INPUT.as_bytes()).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.status, Some(0));
    denied(&ended, "sayso-desktop --hidden");
}

#[test]
fn without_a_home_or_a_runtime_folder_it_is_denied() {
    let sayso = Sayso::silent();
    let mut child = sayso
        .command(HOOK)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(INPUT.as_bytes()).unwrap();
    denied(&Ended::of(child.wait_with_output().unwrap()), "is not set");
}

#[test]
fn the_hooks_own_limit_holds_although_progress_never_ends() {
    let sayso = Sayso::new(|call, _| match call {
        Call::Request(ask) => vec![Say::Drip(waiting(&ask.nonce))],
        other => otherwise(other),
    });
    let ended = sayso.run_with(&["hook", "claude-code", "--limit", "1s"], INPUT.as_bytes());
    denied(&ended, "Nobody decided within 1s");
    assert_eq!(sayso.asked().wait_ms, Some(1000), "a hook that cannot wait long says so");
}

#[test]
fn input_that_never_ends_is_denied_by_the_hooks_limit() {
    let sayso = approving();
    let mut child = sayso
        .command(&["hook", "claude-code", "--limit", "1s"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = child.stdin.take().unwrap();
    held.write_all(&INPUT.as_bytes()[..40]).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    denied(&ended, "did not come to its end in time");
    drop(held);
}

#[test]
fn where_the_answer_cannot_be_written_status_2_and_a_sentence_deny() {
    let sayso = approving();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child =
        sayso.command(HOOK).stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(INPUT.as_bytes()).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains("denied"), "{ended:?}");
}

fn asking_a_person() -> Sayso {
    Sayso::new(|call, _| match call {
        Call::Request(ask) => vec![Say::Progress(waiting(&ask.nonce))],
        other => otherwise(other),
    })
}

#[test]
fn when_the_reader_of_the_answer_is_gone_the_connection_closes() {
    let sayso = asking_a_person();
    let mut child = sayso
        .command(HOOK)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(INPUT.as_bytes()).unwrap();
    sayso.next();
    drop(child.stdout.take());
    sayso.until_closed();
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn when_only_the_shell_around_the_hook_is_killed_the_connection_closes() {
    let sayso = asking_a_person();
    let input = sayso.home.path().join("input");
    std::fs::write(&input, INPUT).unwrap();
    let mut shell = sayso
        .command_of(std::path::Path::new("/bin/sh"), &["-c", "\"$0\" hook claude-code || exit 2"])
        .arg(env!("CARGO_BIN_EXE_sayso"))
        .stdin(std::fs::File::open(&input).unwrap())
        // A file: nothing tells of its reader, so it is the parent alone that is watched.
        .stdout(std::fs::File::create(sayso.home.path().join("output")).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    sayso.next();
    shell.kill().unwrap();
    shell.wait().unwrap();
    sayso.until_closed();
    assert_eq!(std::fs::read_to_string(sayso.home.path().join("output")).unwrap(), "");
}

const CURSOR_INPUT: &str = r#"{"conversation_id":"c","generation_id":"g","model":"m","hook_event_name":"preToolUse",
"cursor_version":"3.9.16","workspace_roots":["/home/anna/shop"],"cwd":"","tool_name":"Shell",
"tool_input":{"command":"rm -rf build"},"tool_use_id":"t","agent_message":"Clean"}"#;

const CURSOR: &[&str] = &["hook", "cursor"];

/// Cursor's flat answer.
fn flat(ended: &Ended) -> (String, Option<String>) {
    let json = ended.json();
    assert_eq!(json["user_message"], json["agent_message"], "{json}");
    (json["permission"].as_str().unwrap().to_owned(), json["user_message"].as_str().map(str::to_owned))
}

#[test]
fn cursors_hook_asks_the_same_and_answers_flat() {
    let sayso = approving();
    let ended = sayso.run_with(CURSOR, CURSOR_INPUT.as_bytes());
    assert_eq!((ended.status, flat(&ended)), (Some(0), ("allow".into(), None)), "{ended:?}");
    assert_eq!(sayso.methods(), ["approval.request", "receipt.use"]);
    let ask = sayso.asked();
    assert_eq!((ask.agent.as_str(), ask.action.cwd()), ("cursor", Some("/home/anna/shop")));
    assert_eq!(ask.claims["agent_message"], "Clean");
    // Cursor's own limit for a hook is a minute where its settings name none.
    assert_eq!(ask.wait_ms, Some(53_000));

    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) => {
            vec![Say::Reply(Reply::Told(keys.told(ask, Decision::Denied, By::Timeout, |_| {})))]
        }
        other => otherwise(other),
    });
    let ended = sayso.run_with(CURSOR, CURSOR_INPUT.as_bytes());
    let (permission, reason) = flat(&ended);
    assert_eq!((ended.status, permission.as_str()), (Some(0), "deny"), "{ended:?}");
    assert!(reason.unwrap().contains("Nobody decided"), "{ended:?}");
}

#[test]
fn cursors_hook_denies_garbage_and_other_events_and_wrong_settings_in_cursors_shape() {
    let sayso = approving();
    for input in
        [&b""[..], b"\0", b"{}", b"[1]", b"\xff\xfe", &CURSOR_INPUT.as_bytes()[..60], INPUT.as_bytes()]
    {
        let ended = sayso.run_with(CURSOR, input);
        let (permission, reason) = flat(&ended);
        assert_eq!(permission, "deny", "{ended:?}");
        assert!(reason.unwrap().starts_with("Denied: "), "{ended:?}");
    }
    let ended = sayso.run_with(CURSOR, CURSOR_INPUT.replace("preToolUse", "afterFileEdit").as_bytes());
    assert_eq!((ended.status, flat(&ended).0.as_str()), (Some(2), "deny"), "{ended:?}");
    let ended = sayso.run_with(&["hook", "cursor", "--limit", "soon"], CURSOR_INPUT.as_bytes());
    assert!(flat(&ended).1.unwrap().contains("set up wrongly"), "{ended:?}");
    assert!(sayso.calls().is_empty());
}
