//! `sayso verify`, `keys`, `log`, `status`, the manual and the completions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::{Ended, Say, Sayso, alone, folder_for_programs, otherwise, yes};
use sayso_core::life::Stage;
use sayso_core::seat::{HistoryPage, HistoryRow};
use sayso_core::{By, Decision, RequestId, Severity, UnixMs};
use sayso_wire::protocol::{LeafFault, LogVerified, Status};
use sayso_wire::rpc::{Call, Reply};

/// A receipt of each kind, and the folders to verify it in.
fn receipts() -> (Sayso, String, String, String) {
    let sayso = Sayso::new(|call, keys| match call {
        Call::Request(ask) if ask.agent == "no" => {
            vec![Say::Reply(Reply::Told(keys.told(ask, Decision::Denied, By::Person, |_| {})))]
        }
        Call::Request(ask) if ask.agent == "stranger" => {
            vec![Say::Reply(Reply::Told(keys.told_by_a_stranger(ask)))]
        }
        Call::Request(ask) => vec![yes(keys, ask)],
        other => otherwise(other),
    });
    let receipt = |agent: &str| {
        let json = sayso.run(&["ask", "--json", "--agent", agent, "--", "make", "deploy"]).json();
        json["receipt"].as_str().unwrap().to_owned()
    };
    let (yes, no, stranger) = (receipt("yes"), receipt("no"), receipt("stranger"));
    (sayso, yes, no, stranger)
}

#[test]
fn a_receipt_that_holds_ends_with_0_and_one_that_does_not_with_1() {
    let (sayso, yes, no, stranger) = receipts();
    let ended = sayso.run(&["verify", &yes]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.out.contains("approved by a person") && ended.out.ends_with("It holds.\n"), "{ended:?}");
    assert_eq!(sayso.run_with(&["verify", "-"], format!("{no}\n").as_bytes()).status, Some(0));
    let ended = sayso.run(&["verify", &stranger]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.out.contains("It does not hold"), "{ended:?}");
    let mut changed = yes.clone();
    changed.replace_range(yes.len() - 2.., if yes.ends_with("AA") { "BA" } else { "AA" });
    assert_eq!(sayso.run(&["verify", &changed]).status, Some(1));
    assert_eq!(sayso.run(&["verify", "nonsense"]).status, Some(1));
    assert_eq!(sayso.run(&["verify"]).status, Some(64));
    let json = sayso.run(&["verify", "--json", &stranger]).json();
    assert_eq!((&json["holds"], &json["code"]), (&false.into(), &"receipt_unknown_key".into()));
}

#[test]
fn only_an_approval_in_force_approves() {
    let (sayso, yes, no, _) = receipts();
    assert_eq!(sayso.run(&["verify", "--approves", &yes]).status, Some(0));
    let ended = sayso.run(&["verify", "--approves", &no]);
    assert_eq!(ended.status, Some(1));
    assert!(ended.out.contains("is a denial"), "{ended:?}");
}

#[test]
fn a_receipt_is_held_against_an_action() {
    let (sayso, yes, _, _) = receipts();
    let cwd = sayso.home.path().canonicalize().unwrap();
    let action = |word: &str| {
        serde_json::json!({ "kind": "shell", "argv": ["make", word], "cwd": cwd.to_str().unwrap() })
            .to_string()
    };
    let verify = |action: &str| sayso.run_with(&["verify", "--action", "-", &yes], action.as_bytes());
    assert_eq!(verify(&action("deploy")).status, Some(0));
    let ended = verify(&action("destroy"));
    assert_eq!(ended.status, Some(1));
    assert!(ended.out.contains("another action"), "{ended:?}");
    assert_eq!(verify("{}").status, Some(64));
}

#[test]
fn keys_are_printed_as_a_jwks_that_verify_takes() {
    let (sayso, yes, ..) = receipts();
    let ended = sayso.run(&["keys"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(ended.json()["keys"][0]["kty"], "OKP");
    std::fs::write(sayso.home.path().join("copy.json"), &ended.out).unwrap();
    std::fs::remove_file(sayso.keys_file()).unwrap();
    assert_eq!(sayso.run(&["verify", "--keys", "copy.json", &yes]).status, Some(0));
    assert_eq!(sayso.run(&["verify", &yes]).status, Some(64));
    assert_eq!(sayso.run(&["keys"]).status, Some(69));
}

fn row(number: u8) -> HistoryRow {
    HistoryRow {
        id: RequestId::from_random([number; 16]),
        received: UnixMs(1_795_322_798_000),
        ended: None,
        sentence: format!("Delete the folder number {number}"),
        exact: "rm -rf build".into(),
        severity: Severity::High,
        agent: "claude-code".into(),
        environment: Some("production".into()),
        stage: Stage::Denied,
        decision: Some(Decision::Denied),
        by: Some(By::Person),
        presence: None,
        reason: Some("no".into()),
        receipt: Some("a.b.c".into()),
        verified: number != 2,
    }
}

fn telling() -> Sayso {
    Sayso::new(|call, _| {
        let reply = match call {
            Call::LogPage(page) if page.before.is_none() => {
                Reply::LogPage(HistoryPage { rows: vec![row(3), row(2)], next: Some(2) })
            }
            Call::LogPage(_) => Reply::LogPage(HistoryPage { rows: vec![row(1)], next: None }),
            Call::LogVerify => Reply::LogVerified(LogVerified {
                leaves: 3,
                root: "cm9vdA==".into(),
                checkpoint: "sayso/1\n3\n".into(),
                fault: Some(LeafFault { leaf: Some(1), why: "its bytes changed".into() }),
            }),
            Call::Status => Reply::Status(Status {
                version: "0.1.0".into(),
                waiting: 2,
                stopped: true,
                key_trouble: Some("the keychain is locked; unlock it".into()),
            }),
            other => panic!("{}", other.method()),
        };
        vec![Say::Reply(reply)]
    })
}

#[test]
fn the_log_is_told_page_by_page_and_marks_receipts_that_do_not_verify() {
    let sayso = telling();
    let ended = sayso.run(&["log", "--search", "production"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let at = |words: &str| ended.out.find(words).unwrap();
    assert!(at("number 3") < at("number 2") && at("number 2") < at("number 1"));
    assert_eq!(ended.out.matches("RECEIPT DOES NOT VERIFY").count(), 1);
    assert!(ended.out.contains("2026-11-22T04:46:38Z  denied by a person"), "{}", ended.out);
    let Call::LogPage(page) = &sayso.calls()[1] else { panic!() };
    assert_eq!((page.search.as_str(), page.before), ("production", Some(2)));
    let json = sayso.run(&["log", "--json", "--limit", "2"]);
    let rows: Vec<HistoryRow> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows, [row(3), row(2)]);
}

#[test]
fn log_verify_names_the_leaf_that_does_not_hold_and_ends_with_1() {
    let sayso = telling();
    let ended = sayso.run(&["log", "verify"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.out.contains("Leaf 1 does not hold: its bytes changed"), "{ended:?}");
    assert_eq!(sayso.run(&["log", "verify", "--json"]).json()["fault"]["leaf"], 1);
}

#[test]
fn status_tells_what_waits_and_what_is_wrong_and_starts_nothing() {
    let sayso = telling();
    let ended = sayso.run(&["status"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for words in ["2 requests wait", "All agents are stopped", "keychain is locked"] {
        assert!(ended.out.contains(words), "{ended:?}");
    }
    assert_eq!(sayso.run(&["status", "--json"]).json()["waiting"], 2);
    let folder = folder_for_programs();
    std::fs::create_dir(folder.path().join("sayso-desktop")).unwrap();
    let silent = Sayso::silent();
    let ended = Ended::of(silent.command_of(&alone(folder.path()), &["status"]).output().unwrap());
    assert_eq!(ended.status, Some(69), "{ended:?}");
}

#[test]
fn help_is_everywhere_and_has_examples() {
    let sayso = Sayso::silent();
    for words in [
        &["--help"][..],
        &["ask", "--help"],
        &["run", "--help"],
        &["hook", "--help"],
        &["hook", "claude-code", "--help"],
        &["verify", "--help"],
        &["keys", "--help"],
        &["log", "--help"],
        &["log", "verify", "--help"],
        &["status", "--help"],
    ] {
        let ended = sayso.run(words);
        assert_eq!(ended.status, Some(0), "{words:?} {ended:?}");
        assert!(ended.out.contains("Example") || words[0] == "hook", "{words:?} {}", ended.out);
    }
    assert!(sayso.run(&["hook", "--help"]).out.contains("onFailure"));
    assert_eq!(sayso.run(&["--version"]).status, Some(0));
}

#[test]
fn manual_pages_and_completions_are_made_from_the_command_line_itself() {
    let sayso = Sayso::silent();
    let folder = sayso.home.path().join("man");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(sayso.run(&["man", folder.to_str().unwrap()]).status, Some(0));
    for page in ["sayso.1", "sayso-ask.1", "sayso-run.1", "sayso-log-verify.1"] {
        assert!(folder.join(page).is_file(), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let ended = sayso.run(&["completions", shell]);
        assert!(ended.status == Some(0) && ended.out.contains("verify"), "{shell}");
    }
}
