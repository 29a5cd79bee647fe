//! `sayso ask` against a small Sayso: each end, each doubt, broken connections.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Ended, Keys, Say, Sayso, all, alone, folder_for_programs, id_of, otherwise, waiting, yes};
use sayso_core::action::{Action, Command as What};
use sayso_core::{Ask, By, Decision, Presence, Receipt, RequestId};
use sayso_wire::protocol::{RpcFault, Told};
use sayso_wire::rpc::{Call, Reply};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A Sayso that answers every ask like this.
fn answering(told: impl Fn(&Keys, &Ask) -> Told + Send + Sync + 'static) -> Sayso {
    Sayso::new(move |call, keys| match call {
        Call::Request(ask) => vec![Say::Reply(Reply::Told(told(keys, ask)))],
        other => otherwise(other),
    })
}

#[test]
fn an_approval_ends_with_0_and_json_prints_decision_reason_and_receipt() {
    let sayso = answering(|keys, ask| {
        keys.told(ask, Decision::Approved, By::Person, |claims| claims.reason = Some("go on".into()))
    });
    let ended = sayso.run(&["ask", "--json", "--", "make", "deploy"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let json = ended.json();
    assert_eq!(json["outcome"], "approved");
    assert_eq!(json["decision"], "approved");
    assert_eq!(json["by"], "person");
    assert_eq!(json["presence"], "click");
    assert_eq!(json["reason"], "go on");
    assert!(json["receipt"].as_str().unwrap().split('.').count() == 3);
    assert_eq!(sayso.methods(), ["approval.request"], "asking uses nothing up");

    let plain = sayso.run(&["ask", "--", "make", "deploy"]);
    assert_eq!(plain.out, "Approved by a person, by a click: go on\n");
}

#[test]
fn what_is_asked_is_the_command_the_folder_and_the_claims() {
    let sayso = answering(|keys, ask| keys.told(ask, Decision::Approved, By::Rule, |_| {}));
    let words = [
        "ask",
        "--claim",
        "ticket=OPS-7=b",
        "--reason",
        "free space",
        "--timeout",
        "2m",
        "--agent",
        "night job",
        "--",
        "rm",
        "-rf",
        "a b",
        "",
    ];
    assert_eq!(sayso.run(&words).status, Some(0));
    let ask = sayso.asked();
    let Action::Shell(shell) = &ask.action else { panic!("{:?}", ask.action) };
    assert_eq!(shell.command, What::Argv(vec!["rm".into(), "-rf".into(), "a b".into(), String::new()]));
    assert_eq!(shell.cwd.as_str(), sayso.home.path().canonicalize().unwrap().to_str().unwrap());
    assert_eq!(ask.claims["ticket"], "OPS-7=b");
    assert_eq!(ask.reason.as_deref(), Some("free space"));
    assert_eq!(ask.wait_ms, Some(120_000));
    assert_eq!(ask.agent, "night job");
}

#[test]
fn a_denial_ends_with_1_and_its_reason() {
    let sayso = answering(|keys, ask| {
        keys.told(ask, Decision::Denied, By::Person, |claims| claims.reason = Some("use staging".into()))
    });
    let ended = sayso.run(&["ask", "--", "make", "deploy"]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(1), "Denied by a person: use staging\n"));
    let json = sayso.run(&["ask", "--json", "--", "make", "deploy"]).json();
    assert_eq!((&json["decision"], &json["reason"]), (&"denied".into(), &"use staging".into()));
    assert!(json["receipt"].is_string());
}

#[test]
fn silence_ends_with_3_and_a_request_that_was_taken_back_with_4() {
    let sayso = answering(|keys, ask| keys.told(ask, Decision::Denied, By::Timeout, |_| {}));
    let ended = sayso.run(&["ask", "--", "x"]);
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let sayso = answering(|_, ask| Told {
        id: id_of(&ask.nonce),
        decision: None,
        by: None,
        presence: None,
        reason: None,
        receipt: None,
        used: false,
    });
    let ended = sayso.run(&["ask", "--json", "--", "x"]);
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert_eq!(ended.json()["outcome"], "withdrawn");
}

#[test]
fn bad_usage_and_bad_input_end_with_64_and_a_sentence_and_nothing_is_asked() {
    let sayso = answering(|keys, ask| keys.told(ask, Decision::Approved, By::Rule, |_| {}));
    for words in [
        &["ask"][..],
        &["ask", "--timeout", "soon", "--", "x"],
        &["ask", "--timeout", "0s", "--", "x"],
        &["ask", "--claim", "no-value", "--", "x"],
        &["ask", "--claim", "a=1", "--claim", "a=2", "--", "x"],
        &["ask", "--agent", "bad\u{7}name", "--", "x"],
        &["ask", "--action", "/nonexistent", "--", "x"],
        &["ask", "--action", "/nonexistent"],
        &["ask", "--", ""],
        &["ask", "--nonsense"],
        &["nonsense"],
        &[],
    ] {
        let ended = sayso.run(words);
        assert_eq!(ended.status, Some(64), "{words:?} {ended:?}");
        assert!(!ended.err.is_empty(), "{words:?}");
    }
    for action in [
        &b"not json"[..],
        br#"{"kind":"sql"}"#,
        br#"{"kind":"sql","statement":"x","sudo":true}"#,
        br#"{"kind":"sql","statement":"x","statement":"y"}"#,
        b"\xff",
    ] {
        let ended = sayso.run_with(&["ask", "--action", "-"], action);
        assert_eq!(ended.status, Some(64), "{ended:?}");
    }
    assert!(sayso.calls().is_empty());
}

#[test]
fn an_action_of_any_kind_comes_from_a_file_or_standard_input() {
    let sayso = answering(|keys, ask| keys.told(ask, Decision::Approved, By::Rule, |_| {}));
    let action = r#"{"kind":"sql","statement":"drop table orders"}"#;
    assert_eq!(sayso.run_with(&["ask", "--action", "-"], action.as_bytes()).status, Some(0));
    std::fs::write(sayso.home.path().join("a.json"), action).unwrap();
    assert_eq!(sayso.run(&["ask", "--action", "a.json"]).status, Some(0));
    assert!(
        sayso.calls().iter().all(|call| matches!(call, Call::Request(ask) if ask.action.kind() == "sql"))
    );
}

#[test]
fn every_doubt_about_a_receipt_is_a_denial_with_its_own_code_and_a_sentence() {
    type Bent = fn(&Keys, &Ask) -> Told;
    type Bending = Box<dyn Fn(&Keys, &Ask) -> Told + Send + Sync>;
    let bent = |bend: fn(&mut sayso_core::ReceiptClaims)| {
        move |keys: &Keys, ask: &Ask| keys.told(ask, Decision::Approved, By::Person, bend)
    };
    let other_action = bent(|claims| claims.action = sayso_core::Digest::of_bytes(b"other"));
    let other_nonce = bent(|claims| claims.jti = "x".repeat(22).try_into().unwrap());
    let other_asker = bent(|claims| claims.aud = "somebody".into());
    let other_request = bent(|claims| claims.sub = RequestId::from_random([9; 16]));
    let other_issuer = bent(|claims| claims.iss = "person:eve".into());
    let expired = bent(|claims| (claims.nbf, claims.exp) = (claims.nbf - 600, claims.nbf - 300));
    let not_yet = bent(|claims| (claims.nbf, claims.exp) = (claims.nbf + 300, claims.nbf + 600));
    let too_sure = bent(|claims| claims.presence = Presence::Passphrase);
    let silence_as_yes: Bent = |keys, ask| keys.told(ask, Decision::Approved, By::Timeout, |_| {});
    let stranger: Bent = |keys, ask| keys.told_by_a_stranger(ask);
    let replaced: Bent = |keys, ask| keys.told_by_a_replaced_key(ask);
    let machine: Bent = |keys, ask| keys.told_by_the_machine_as_a_person(ask);
    let unsigned: Bent =
        |keys, ask| Told { receipt: None, ..keys.told(ask, Decision::Approved, By::Person, |_| {}) };
    let denial_called_yes: Bent = |keys, ask| Told {
        decision: Some(Decision::Approved),
        ..keys.told(ask, Decision::Denied, By::Person, |_| {})
    };
    let changed: Bent = |keys, ask| {
        let mut told = keys.told(ask, Decision::Approved, By::Person, |_| {});
        let other = keys.told(ask, Decision::Approved, By::Person, |claims| claims.exp += 1);
        let (a, b) = (told.receipt.unwrap(), other.receipt.unwrap());
        let (input, _) = a.as_str().rsplit_once('.').unwrap();
        let (_, signature) = b.as_str().rsplit_once('.').unwrap();
        told.receipt = Some(Receipt::from_text(format!("{input}.{signature}")));
        told
    };
    let garbage: Bent = |keys, ask| Told {
        receipt: Some(Receipt::from_text("a.b")),
        ..keys.told(ask, Decision::Approved, By::Person, |_| {})
    };
    let all: Vec<(&str, Bending)> = vec![
        ("receipt_mismatch", Box::new(other_action)),
        ("receipt_mismatch", Box::new(other_nonce)),
        ("receipt_mismatch", Box::new(other_asker)),
        ("receipt_mismatch", Box::new(other_request)),
        ("receipt_mismatch", Box::new(other_issuer)),
        ("receipt_not_in_force", Box::new(expired)),
        ("receipt_not_in_force", Box::new(not_yet)),
        ("receipt_wrong_role", Box::new(too_sure)),
        ("receipt_wrong_role", Box::new(silence_as_yes)),
        ("receipt_unknown_key", Box::new(stranger)),
        ("key_replaced", Box::new(replaced)),
        ("receipt_wrong_role", Box::new(machine)),
        ("receipt_missing", Box::new(unsigned)),
        ("receipt_denial", Box::new(denial_called_yes)),
        ("receipt_signature", Box::new(changed)),
        ("receipt_form", Box::new(garbage)),
    ];
    for (code, told) in all {
        let sayso = answering(told);
        let ended = sayso.run(&["ask", "--json", "--", "x"]);
        assert_eq!(ended.status, Some(1), "{code}: {ended:?}");
        let json = ended.json();
        assert_eq!(json["code"], code, "{json}");
        assert_eq!(json["decision"], "denied", "{json}");
        assert!(json["message"].as_str().unwrap().contains("counts as no"), "{json}");
    }
}

#[test]
fn without_pinned_keys_that_count_nothing_is_approved() {
    let sayso = answering(|keys, ask| keys.told(ask, Decision::Approved, By::Person, |_| {}));
    let code = || sayso.run(&["ask", "--json", "--", "x"]).json()["code"].clone();
    let file = sayso.keys_file();
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o622)).unwrap();
    assert_eq!(code(), "keys_not_ours");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&file, "{").unwrap();
    assert_eq!(code(), "keys_malformed");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(code(), "keys_absent");
}

#[test]
fn a_denial_whose_receipt_does_not_verify_is_a_denial_still_and_says_so() {
    let sayso = answering(|keys, ask| Told {
        decision: Some(Decision::Denied),
        reason: Some("no".into()),
        ..keys.told_by_a_stranger(ask)
    });
    let ended = sayso.run(&["ask", "--", "x"]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.out.contains("no") && ended.out.contains("cannot be verified"), "{ended:?}");
}

#[test]
fn a_reason_from_outside_sends_no_escape_codes_to_the_terminal() {
    let sayso = answering(|keys, ask| {
        keys.told(ask, Decision::Denied, By::Person, |claims| {
            claims.reason = Some("a\u{1b}[2J\nb\u{9b}".into());
        })
    });
    let ended = sayso.run(&["ask", "--", "x"]);
    assert!(!ended.out.trim_end().chars().any(char::is_control), "{ended:?}");
}

#[test]
fn a_refusal_of_what_was_sent_is_bad_input_and_any_other_a_denial() {
    let refusing = |number| {
        Sayso::new(move |_, _| {
            let fault = RpcFault { number, code: "some_code".into(), message: "why, and what to do".into() };
            vec![Say::Fault(fault)]
        })
    };
    let ended = refusing(-32602).run(&["ask", "--json", "--", "x"]);
    assert_eq!((ended.status, &ended.json()["code"]), (Some(64), &"some_code".into()));
    let ended = refusing(-32000).run(&["ask", "--json", "--", "x"]);
    assert_eq!((ended.status, &ended.json()["code"]), (Some(1), &"some_code".into()));
}

/// A Sayso whose first connection breaks after these words.
fn breaking(first: impl Fn(&Ask) -> Vec<Say> + Send + Sync + 'static) -> Sayso {
    let asked = AtomicUsize::new(0);
    let asks = std::sync::Mutex::new(None::<Ask>);
    Sayso::new(move |call, keys| match call {
        Call::Request(ask) if asked.fetch_add(1, Ordering::SeqCst) == 0 => {
            *asks.lock().unwrap() = Some((**ask).clone());
            first(ask)
        }
        Call::Request(ask) => vec![yes(keys, ask)],
        Call::Wait(wait) => {
            let ask = asks.lock().unwrap().clone().unwrap();
            assert_eq!(wait.nonce, ask.nonce);
            vec![Say::Progress(waiting(&ask.nonce)), yes(keys, &ask)]
        }
        other => otherwise(other),
    })
}

#[test]
fn after_a_broken_connection_the_request_is_taken_up_again_by_its_number() {
    let sayso = breaking(|ask| vec![Say::Progress(waiting(&ask.nonce)), Say::Close]);
    let ended = sayso.run(&["ask", "--", "x"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sayso.methods(), ["approval.request", "approval.wait"]);
    let Call::Wait(wait) = &sayso.calls()[1] else { panic!() };
    assert_eq!(wait.id, Some(id_of(&wait.nonce)));
}

#[test]
fn a_number_that_was_never_told_is_not_needed() {
    let sayso = breaking(|_| vec![Say::Close]);
    assert_eq!(sayso.run(&["ask", "--", "x"]).status, Some(0));
    let Call::Wait(wait) = &sayso.calls()[1] else { panic!() };
    assert_eq!(wait.id, None);
}

#[test]
fn a_request_that_was_lost_is_asked_again_under_the_same_nonce() {
    let asked = AtomicUsize::new(0);
    let sayso = Sayso::new(move |call, keys| match call {
        Call::Request(_) if asked.fetch_add(1, Ordering::SeqCst) == 0 => vec![Say::Close],
        Call::Request(ask) => vec![yes(keys, ask)],
        Call::Wait(_) => vec![Say::Fault(RpcFault::refused("unknown_request", "there is no such request"))],
        other => otherwise(other),
    });
    assert_eq!(sayso.run(&["ask", "--", "x"]).status, Some(0));
    assert_eq!(sayso.methods(), ["approval.request", "approval.wait", "approval.request"]);
    let [Call::Request(first), _, Call::Request(second)] = &sayso.calls()[..] else { panic!() };
    assert_eq!(first, second);
}

#[test]
fn a_sayso_that_says_unknown_to_a_new_ask_is_not_asked_for_ever() {
    let sayso = Sayso::new(|_, _| vec![Say::Fault(RpcFault::refused("unknown_request", "what?"))]);
    assert_eq!(sayso.run(&["ask", "--", "x"]).status, Some(1));
}

#[test]
fn where_sayso_is_absent_and_cannot_be_started_it_ends_with_69_and_says_how_to_start_it() {
    let sayso = Sayso::silent();
    let folder = folder_for_programs();
    let mut command = sayso.command_of(&alone(folder.path()), &["ask", "--", "x"]);
    let ended = Ended::of(command.env("PATH", "/nonexistent").output().unwrap());
    assert_eq!(ended.status, Some(69), "{ended:?}");
    assert!(ended.err.contains("sayso-desktop --hidden"), "{ended:?}");
}

#[test]
fn where_sayso_does_not_run_it_is_started_beside_the_command_without_the_agents_secrets() {
    let sayso = Sayso::listening_as("later.sock", |call, keys| match call {
        Call::Request(ask) => vec![yes(keys, ask)],
        other => otherwise(other),
    });
    let folder = folder_for_programs();
    let program = alone(folder.path());
    // Written by another process, so that no descriptor of ours keeps it from being run.
    let script = "#!/bin/sh\nenv >\"$SAYSO_HOME/env\"\necho \"$@\" >\"$SAYSO_HOME/args\"\n\
                  cut -d' ' -f6 /proc/$$/stat >\"$SAYSO_HOME/session\"\n\
                  mv \"$SAYSO_HOME/run/later.sock\" \"$SAYSO_HOME/run/sayso.sock\"\n";
    let written = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", script])
        .arg(folder.path().join("sayso-desktop"))
        .status()
        .unwrap();
    assert!(written.success());
    let mut command = sayso.command_of(&program, &["ask", "--", "x"]);
    let ended =
        Ended::of(command.env("ANTHROPIC_API_KEY", "sk-secret").env("DISPLAY", ":7").output().unwrap());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let read = |name: &str| std::fs::read_to_string(sayso.home.path().join(name)).unwrap();
    assert_eq!(read("args"), "--hidden\n");
    let env = read("env");
    assert_ne!(read("session").trim(), our_session(), "it outlives our session");
    assert!(env.contains("DISPLAY=:7") && !env.contains("sk-secret"), "{env}");
}

/// Field 6 of `stat`, as the script reads it. In a container it may be 0: the session's leader has no number there,
/// and `getsid` of rustix cannot say that.
fn our_session() -> String {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let (_name, fields) = stat.rsplit_once(')').unwrap();
    fields.split_ascii_whitespace().nth(3).unwrap().to_owned()
}

#[test]
fn where_the_socket_is_another_users_nothing_is_started() {
    let sayso = Sayso::silent();
    let folder = folder_for_programs();
    let started = sayso.home.path().join("started");
    let program = alone(folder.path());
    let script = format!("#!/bin/sh\ntouch '{}'\n", started.display());
    let written = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" >\"$2\" && chmod 755 \"$2\"", "sh", &script])
        .arg(folder.path().join("sayso-desktop"))
        .status()
        .unwrap();
    assert!(written.success());
    let mut command = sayso.command_of(&program, &["ask", "--", "x"]);
    let socket = sayso.home.path().join("other/sayso.sock");
    let ended = Ended::of(command.env("SAYSO_SOCKET", socket).output().unwrap());
    assert_eq!(ended.status, Some(69), "{ended:?}");
    assert!(!started.exists());
}

#[test]
fn ctrl_c_takes_the_request_back_and_ends_with_4() {
    let sayso = Sayso::new(|call, _| match call {
        Call::Request(ask) => vec![Say::Progress(waiting(&ask.nonce))],
        other => otherwise(other),
    });
    let mut child = sayso
        .command(&["ask", "--json", "--", "x"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What it says of waiting means that it has heard the request's number.
    let mut said = String::new();
    let mut err = std::io::BufReader::new(child.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut err, &mut said).unwrap();
    assert!(said.contains("waiting for a person"), "{said}");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    assert!(all(child.stdout.take().unwrap()).contains(r#""outcome":"withdrawn""#));
    let nonce = sayso.asked().nonce;
    let Some(Call::Withdraw(withdraw)) = sayso.calls().pop() else { panic!("{:?}", sayso.methods()) };
    assert_eq!((withdraw.id, withdraw.nonce), (id_of(&nonce), nonce));
}
