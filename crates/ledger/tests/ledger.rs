//! What is committed is found again, and what breaks a rule fails alone. On real files.
#![cfg(test)]
#![allow(clippy::unwrap_used)]

mod common;

use common::{asked, decided, open, random_id, ruled, ruled_and_used, stopped, used, withdrawn};
use sayso_core::life::{Stage, Withdrawal};
use sayso_core::record::What;
use sayso_core::{Action, By, Decision, Tick};
use sayso_ledger::{Ledger, LedgerError, limits};
use tempfile::TempDir;

async fn fresh() -> (TempDir, Ledger) {
    let folder = TempDir::new().unwrap();
    let ledger = open(&folder.path().join("ledger.db")).await;
    (folder, ledger)
}

async fn code_of(ledger: &Ledger, entry: sayso_core::record::Entry) -> &'static str {
    ledger.commit(vec![entry]).await.unwrap_err().code()
}

async fn assert_holds(ledger: &Ledger, leaves: u64) {
    let found = ledger.verify().await.unwrap();
    assert_eq!(found.fault, None);
    assert_eq!(found.leaves, leaves);
}

#[tokio::test]
async fn an_empty_ledger_verifies_and_has_a_signed_checkpoint() {
    let (_folder, ledger) = fresh().await;
    let found = ledger.verify().await.unwrap();
    assert_eq!((found.leaves, found.fault), (0, None));
    assert!(
        found
            .checkpoint
            .starts_with("sayso.invalid/test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— ")
    );
}

#[tokio::test]
async fn a_request_is_found_at_each_step_of_its_life() {
    let (_folder, ledger) = fresh().await;
    let id = random_id();
    assert_eq!(ledger.find(id).await.unwrap(), None);
    assert_eq!(ledger.commit(vec![asked(id)]).await.unwrap().leaves, 0..1);
    let stored = ledger.find(id).await.unwrap().unwrap();
    assert_eq!(stored.kept, common::kept(id));
    assert_eq!((stored.stage, stored.outcome, stored.ended), (Stage::Waiting, None, None));
    assert_eq!(ledger.count_waiting().await.unwrap(), 1);

    let decision = decided(id, Decision::Approved, By::Person);
    assert_eq!(ledger.commit(vec![decision.clone()]).await.unwrap().leaves, 1..2);
    let stored = ledger.find_by_nonce(1000, &common::nonce_of(id)).await.unwrap().unwrap();
    let What::Decided(decision) = decision.what else { unreachable!() };
    assert_eq!((stored.stage, stored.outcome), (Stage::Approved, Some(decision.outcome)));
    assert_eq!(stored.ended, Some(common::AT));
    assert_eq!(ledger.find_by_nonce(1001, &common::nonce_of(id)).await.unwrap(), None);

    ledger.commit(vec![used(id)]).await.unwrap();
    assert_eq!(ledger.find(id).await.unwrap().unwrap().stage, Stage::Used);
    assert_eq!(ledger.count_waiting().await.unwrap(), 0);
    assert_holds(&ledger, 3).await;
}

#[tokio::test]
async fn each_end_has_its_stage() {
    let (_folder, ledger) = fresh().await;
    let ends: [(fn(_) -> _, _); 4] = [
        (|id| decided(id, Decision::Denied, By::Person), Stage::Denied),
        (|id| decided(id, Decision::Denied, By::Rule), Stage::Denied),
        (|id| decided(id, Decision::Denied, By::Timeout), Stage::Expired),
        (withdrawn, Stage::Withdrawn),
    ];
    for (end, stage) in ends {
        let id = random_id();
        ledger.commit(vec![asked(id)]).await.unwrap();
        ledger.commit(vec![end(id)]).await.unwrap();
        let stored = ledger.find(id).await.unwrap().unwrap();
        assert_eq!(stored.stage, stage);
        assert_eq!(stored.withdrawal.is_some(), stage == Stage::Withdrawn);
        assert!(stored.withdrawal.is_none_or(|why| why == Withdrawal::ProcessGone));
    }
    for (decision, stage) in [(Decision::Approved, Stage::Approved), (Decision::Denied, Stage::Denied)] {
        let id = random_id();
        ledger.commit(vec![ruled(id, decision)]).await.unwrap();
        assert_eq!(ledger.find(id).await.unwrap().unwrap().stage, stage);
    }
    assert_holds(&ledger, 10).await;
}

#[tokio::test]
async fn an_approval_used_in_its_own_entry_is_used_and_not_once_more() {
    let (folder, ledger) = fresh().await;
    let id = random_id();
    assert_eq!(ledger.commit(vec![ruled_and_used(id)]).await.unwrap().leaves, 0..1);
    let stored = ledger.find(id).await.unwrap().unwrap();
    assert_eq!((stored.stage, stored.ended), (Stage::Used, Some(common::AT)));
    assert_eq!(stored.outcome.unwrap().decision, Decision::Approved);
    assert_eq!(code_of(&ledger, used(id)).await, "already_used");
    assert_eq!(code_of(&ledger, decided(id, Decision::Denied, By::Person)).await, "already_decided");
    let both = vec![ruled_and_used(random_id()), used(id)];
    assert_eq!(ledger.commit(both).await.unwrap_err().code(), "already_used");
    assert_eq!(code_of(&ledger, common::ruled_and(random_id(), Decision::Denied, true)).await, "entry_form");
    assert_holds(&ledger, 1).await;
    ledger.close().await;
    let ledger = open(&folder.path().join("ledger.db")).await;
    assert_eq!(code_of(&ledger, used(id)).await, "already_used");
    assert_eq!(ledger.history("", None, 9).await.unwrap().rows[0].stage, Stage::Used);
}

#[tokio::test]
async fn what_waits_and_what_is_stopped_survives_closing() {
    let (folder, ledger) = fresh().await;
    let path = folder.path().join("ledger.db");
    let ids: Vec<_> = (0..100).map(|_| random_id()).collect();
    ledger.commit(ids.iter().map(|id| asked(*id)).collect()).await.unwrap();
    ledger.commit(vec![decided(ids[3], Decision::Denied, By::Timeout)]).await.unwrap();
    assert!(!ledger.stopped().await.unwrap());
    ledger.commit(vec![stopped(true)]).await.unwrap();
    ledger.close().await;
    assert_eq!(code_of(&ledger, asked(random_id())).await, "ledger_closed");

    let ledger = open(&path).await;
    assert!(ledger.stopped().await.unwrap());
    let waiting = ledger.waiting().await.unwrap();
    let left: Vec<_> = ids.iter().copied().filter(|id| *id != ids[3]).collect();
    assert_eq!(waiting.iter().map(|asked| asked.kept.request.id).collect::<Vec<_>>(), left);
    assert_eq!(waiting[0].deadline, Tick(1_000_000));
    assert_eq!(ledger.count_waiting().await.unwrap(), 99);
    ledger.commit(vec![stopped(false)]).await.unwrap();
    assert!(!ledger.stopped().await.unwrap());
    assert_holds(&ledger, 103).await;
}

#[tokio::test]
async fn every_broken_rule_has_its_code() {
    let (_folder, ledger) = fresh().await;
    let (waits, no, yes) = (random_id(), random_id(), random_id());
    let all = vec![asked(waits), ruled(no, Decision::Denied), ruled(yes, Decision::Approved)];
    ledger.commit(all).await.unwrap();

    let mut same_nonce = common::kept(random_id());
    same_nonce.request.ask.nonce = common::nonce_of(waits);
    assert_eq!(code_of(&ledger, common::asked_kept(same_nonce.clone())).await, "nonce_reused");
    let mut same_id = common::kept(waits);
    same_id.request.ask.nonce = common::nonce_of(random_id());
    assert_eq!(code_of(&ledger, common::asked_kept(same_id)).await, "id_reused");
    assert_eq!(code_of(&ledger, used(waits)).await, "not_approved");
    assert_eq!(code_of(&ledger, used(no)).await, "not_approved");
    assert_eq!(code_of(&ledger, used(random_id())).await, "unknown_request");
    assert_eq!(code_of(&ledger, withdrawn(random_id())).await, "unknown_request");
    assert_eq!(code_of(&ledger, decided(yes, Decision::Denied, By::Person)).await, "already_decided");
    assert_eq!(code_of(&ledger, withdrawn(no)).await, "already_decided");
    ledger.commit(vec![used(yes)]).await.unwrap();
    assert_eq!(code_of(&ledger, used(yes)).await, "already_used");
    ledger.commit(vec![withdrawn(waits)]).await.unwrap();
    assert_eq!(code_of(&ledger, decided(waits, Decision::Approved, By::Person)).await, "already_decided");
    assert_eq!(code_of(&ledger, withdrawn(waits)).await, "already_decided");
    assert_eq!(code_of(&ledger, used(waits)).await, "not_approved");

    // Another user may draw the same nonce.
    std::sync::Arc::make_mut(&mut same_nonce.request.peer).uid = 1001;
    ledger.commit(vec![common::asked_kept(same_nonce)]).await.unwrap();
    assert_holds(&ledger, 6).await;
}

#[tokio::test]
async fn what_cannot_be_a_leaf_is_refused_before_it_is_written() {
    let (_folder, ledger) = fresh().await;
    let id = random_id();
    assert_eq!(ledger.commit(Vec::new()).await.unwrap_err().code(), "entry_form");
    ledger.commit(vec![asked(id)]).await.unwrap();
    assert_eq!(code_of(&ledger, decided(id, Decision::Approved, By::Timeout)).await, "entry_form");
    let mut forever = asked(random_id());
    if let What::Asked(asked) = &mut forever.what {
        asked.deadline = Tick(u64::MAX);
    }
    assert_eq!(code_of(&ledger, forever).await, "entry_form");
    assert_holds(&ledger, 1).await;
}

#[tokio::test]
async fn a_callers_entries_are_committed_all_or_none() {
    let (_folder, ledger) = fresh().await;
    let (first, second) = (random_id(), random_id());
    let refused = ledger.commit(vec![asked(first), used(second), asked(second)]).await;
    assert_eq!(refused, Err(LedgerError::UnknownRequest(second)));
    assert_eq!(ledger.find(first).await.unwrap(), None);
    let life = vec![asked(first), decided(first, Decision::Approved, By::Person), used(first)];
    assert_eq!(ledger.commit(life).await.unwrap().leaves, 0..3);
    assert_eq!(ledger.find(first).await.unwrap().unwrap().stage, Stage::Used);
    assert_holds(&ledger, 3).await;
}

// One thread: every caller queues before the writer runs, so that they are one batch.
#[tokio::test]
async fn a_violating_entry_fails_alone_and_its_neighbours_are_committed() {
    let (_folder, ledger) = fresh().await;
    let old = random_id();
    ledger.commit(vec![asked(old), ruled(random_id(), Decision::Denied)]).await.unwrap();
    let neighbours: Vec<_> = (0..200).map(|_| random_id()).collect();
    let mut twin = common::kept(random_id());
    twin.request.ask.nonce = common::nonce_of(neighbours[50]);

    let mut entries: Vec<_> = neighbours.iter().map(|id| ruled(*id, Decision::Approved)).collect();
    entries.insert(10, common::asked_kept(common::kept(old)));
    entries.insert(70, common::asked_kept(twin));
    entries.insert(90, used(random_id()));
    entries.insert(100, decided(old, Decision::Approved, By::Person));
    entries.insert(150, withdrawn(old));
    entries.push(used(neighbours[199]));
    entries.push(used(neighbours[199]));
    entries.push(used(old));
    let count = entries.len();
    let callers: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let ledger = ledger.clone();
            tokio::spawn(async move { ledger.commit(vec![entry]).await })
        })
        .collect();
    let mut codes = std::collections::BTreeMap::new();
    for (i, caller) in callers.into_iter().enumerate() {
        if let Err(error) = caller.await.unwrap() {
            codes.insert(i, error.code());
        }
    }
    let expected = [
        (10, "id_reused"),
        (70, "nonce_reused"),
        (90, "unknown_request"),
        (150, "already_decided"),
        (count - 2, "already_used"),
    ];
    // Both the number and the nonce of the first are taken; which of them is named is SQLite's choice.
    assert!(matches!(codes.insert(10, "id_reused"), Some("id_reused" | "nonce_reused")));
    assert_eq!(codes, expected.into());
    for id in neighbours {
        assert!(ledger.find(id).await.unwrap().is_some());
    }
    assert_holds(&ledger, 2 + (count - expected.len()) as u64).await;
}

#[tokio::test]
async fn entries_of_many_megabytes_are_committed_and_read_back() {
    let (_folder, ledger) = fresh().await;
    let ids: Vec<_> = (0..5).map(|_| random_id()).collect();
    let big = |id| {
        let content = "ä\n\u{1}".repeat(limits::BATCH_BYTES / 30);
        let json = serde_json::json!({"kind": "file_edit", "path": "/p/a", "change": {"content": content}});
        common::kept_for(id, serde_json::from_value::<Action>(json).unwrap())
    };
    let callers: Vec<_> = ids
        .iter()
        .map(|id| {
            let (ledger, entry) = (ledger.clone(), common::asked_kept(big(*id)));
            tokio::spawn(async move { ledger.commit(vec![entry]).await.unwrap() })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(ledger.find(ids[4]).await.unwrap().unwrap().kept, big(ids[4]));
    assert_eq!(ledger.waiting().await.unwrap().len(), 5);
    assert_holds(&ledger, 5).await;
}

#[tokio::test]
async fn every_kind_of_action_reads_back_from_its_leaf_and_verifies() {
    let (_folder, ledger) = fresh().await;
    let actions = [
        r#"{"kind":"shell","argv":["ls","-l","it's"],"cwd":"/p","env":["A","B"]}"#,
        r#"{"kind":"file_edit","path":"/p/a","change":{"replace":{"old":"a","new":"b","all":false}}}"#,
        r#"{"kind":"sql","statement":"drop table t; -- \u202e","dialect":"postgres","connection":"main"}"#,
        r#"{"kind":"http","method":"PUT","url":"http://h/","headers":[["A","b"]],"body":"x"}"#,
        r#"{"kind":"mcp","server":"s","tool":"t","arguments":{"z":[1.0,-0.0,1e21,1e-7,null],"é":"\u0007","a":{"b":{}}}}"#,
        r#"{"kind":"custom","title":"t","payload":{"b":1.5,"a":9007199254740991,"\ud83d\ude00":2,"\uffff":3}}"#,
    ];
    for action in actions {
        let id = random_id();
        let kept = common::kept_for(id, serde_json::from_str(action).unwrap());
        ledger.commit(vec![common::asked_kept(kept.clone())]).await.unwrap();
        let back = ledger.find(id).await.unwrap().unwrap().kept;
        assert_eq!(back.request.ask.action.digest().unwrap(), kept.request.ask.action.digest().unwrap());
    }
    assert_holds(&ledger, actions.len() as u64).await;
}

#[tokio::test]
async fn history_is_newest_first_by_pages_and_finds_every_word() {
    let (_folder, ledger) = fresh().await;
    let ids: Vec<_> = (0..25).map(|_| random_id()).collect();
    for id in &ids {
        ledger.commit(vec![asked(*id)]).await.unwrap();
    }
    ledger.commit(vec![decided(ids[7], Decision::Denied, By::Person)]).await.unwrap();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = ledger.history("", before, 10).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids.iter().rev().copied().collect::<Vec<_>>());

    let only = |search: String| {
        let ledger = ledger.clone();
        async move { ledger.history(&search, None, 200).await.unwrap().rows }
    };
    let rows = only("BUILD every Staging claude-code".to_owned()).await;
    assert_eq!(rows.len(), 1, "the reason's word is in one row alone");
    let row = &rows[0];
    assert_eq!((row.id, row.stage, row.decision), (ids[7], Stage::Denied, Some(Decision::Denied)));
    assert_eq!((row.exact.as_str(), row.verified), ("rm -rf build", false));
    assert!(row.receipt.is_some() && row.reason.is_some() && row.by == Some(By::Person));
    assert_eq!(only(ids[9].to_string()).await[0].id, ids[9]);
    assert_eq!(only("rm -rf".to_owned()).await.len(), 25);
    for nothing in ["%", "b_ild", "nowhere", "build nowhere", "' OR 1=1"] {
        assert_eq!(only(nothing.to_owned()).await, []);
    }
    let hidden = random_id();
    let json = "{\"kind\":\"sql\",\"statement\":\"select \\u202e1\"}";
    let kept = common::kept_for(hidden, serde_json::from_str(json).unwrap());
    ledger.commit(vec![common::asked_kept(kept)]).await.unwrap();
    let row = ledger.history("", None, 1).await.unwrap().rows.remove(0);
    assert!(row.exact.contains("U+202E") && !row.exact.contains('\u{202e}'), "{}", row.exact);
    let long = "a ".repeat(limits::SEARCH_WORDS + 1);
    assert_eq!(ledger.history(&long, None, 10).await.unwrap_err().code(), "entry_form");
}

#[tokio::test]
async fn an_environment_that_was_found_by_the_end_stands_in_the_history_and_holds() {
    let (_folder, ledger) = fresh().await;
    let (plain, checked) = (random_id(), random_id());
    ledger
        .commit(vec![asked(plain), asked(checked), decided(plain, Decision::Denied, By::Timeout)])
        .await
        .unwrap();
    let mut end = decided(checked, Decision::Denied, By::Timeout);
    let What::Decided(decision) = &mut end.what else { unreachable!() };
    decision.environment = Some("production".to_owned());
    ledger.commit(vec![end]).await.unwrap();
    let rows = ledger.history("", None, 9).await.unwrap().rows;
    let environments: Vec<_> = rows.iter().map(|row| (row.id, row.environment.as_deref())).collect();
    assert_eq!(environments, [(checked, Some("production")), (plain, Some("staging"))]);
    assert_eq!(ledger.history("production", None, 9).await.unwrap().rows.len(), 1);
    assert_holds(&ledger, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_amid_commits_sees_one_moment() {
    let (_folder, ledger) = fresh().await;
    let committing: Vec<_> = (0..4)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    let id = random_id();
                    ledger.commit(vec![asked(id)]).await.unwrap();
                    ledger.commit(vec![decided(id, Decision::Approved, By::Person)]).await.unwrap();
                    ledger.commit(vec![used(id), stopped(true)]).await.unwrap();
                }
            })
        })
        .collect();
    while committing.iter().any(|task| !task.is_finished()) {
        assert_eq!(ledger.verify().await.unwrap().fault, None);
    }
    for task in committing {
        task.await.unwrap();
    }
    assert_holds(&ledger, 4 * 50 * 4).await;
}

#[tokio::test]
async fn two_writers_of_one_file_do_not_break_it() {
    let (folder, one) = fresh().await;
    let two = open(&folder.path().join("ledger.db")).await;
    for _ in 0..5 {
        one.commit(vec![ruled(random_id(), Decision::Denied)]).await.unwrap();
        two.commit(vec![asked(random_id()), stopped(true)]).await.unwrap();
    }
    assert_holds(&one, 15).await;
    assert_holds(&two, 15).await;
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(&path, b"").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ledger = open(&path).await;
    ledger.commit(vec![asked(random_id())]).await.unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["ledger.db", "ledger.db-shm", "ledger.db-wal"]);
}

#[tokio::test]
async fn what_is_no_ledger_of_ours_is_not_opened() {
    let folder = TempDir::new().unwrap();
    let refused =
        async |path: &std::path::Path| Ledger::open(path, common::note_key(1)).await.unwrap_err().code();
    let path = folder.path().join("text");
    std::fs::write(&path, "not a database, but long enough to look at. ".repeat(100)).unwrap();
    assert_eq!(refused(&path).await, "ledger_broken");
    assert_eq!(refused(&folder.path().join("no such folder/ledger.db")).await, "ledger_io");
    assert_eq!(refused(folder.path()).await, "ledger_io");

    let path = folder.path().join("newer.db");
    open(&path).await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 VALUES (9999, 'of a later Sayso', 1, x'00', 0)";
    common::tamper(&path, newer).await;
    assert_eq!(refused(&path).await, "ledger_newer");
}
