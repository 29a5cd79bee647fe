//! Every change of the file by plain SQL is found, and the first leaf that does not hold is named.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::path::PathBuf;

use common::{asked, decided, open, random_id, ruled, stopped, tamper, used};
use sayso_core::{By, Decision, RequestId};
use sayso_ledger::{LeafFault, Ledger, Verification};
use sha2::{Digest as _, Sha256};
use sqlx::{ConnectOptions as _, Connection as _};
use tempfile::TempDir;

/// 13 leaves: 0-2 a whole life, 3-9 rules, 10 asked, 11 stopped, 12 ruled.
async fn thirteen() -> (TempDir, PathBuf, Vec<RequestId>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = open(&path).await;
    let ids: Vec<_> = (0..10).map(|_| random_id()).collect();
    ledger.commit(vec![asked(ids[0])]).await.unwrap();
    ledger.commit(vec![decided(ids[0], Decision::Approved, By::Person)]).await.unwrap();
    ledger.commit(vec![used(ids[0])]).await.unwrap();
    ledger.commit(ids[1..8].iter().map(|id| ruled(*id, Decision::Denied)).collect()).await.unwrap();
    ledger.commit(vec![asked(ids[8]), stopped(true)]).await.unwrap();
    ledger.commit(vec![ruled(ids[9], Decision::Approved)]).await.unwrap();
    let found = ledger.verify().await.unwrap();
    assert_eq!((found.leaves, found.fault), (13, None));
    ledger.close().await;
    (folder, path, ids)
}

async fn after(sql: &str) -> (TempDir, Ledger, Verification) {
    let (folder, path, _) = thirteen().await;
    tamper(&path, sql).await;
    let ledger = open(&path).await;
    let found = ledger.verify().await.unwrap();
    (folder, ledger, found)
}

async fn fault_after(sql: &str) -> (Option<u64>, String) {
    let LeafFault { leaf, why } = after(sql).await.2.fault.unwrap_or_else(|| panic!("not found: {sql}"));
    (leaf, why)
}

async fn named_after(sql: &str) -> Option<u64> {
    fault_after(sql).await.0
}

#[tokio::test]
async fn a_changed_leaf_is_named() {
    for (sql, leaf) in [
        ("UPDATE leaf SET body = replace(body, 'rm -rf build', 'rm -rf Build') WHERE seq = 5", 5),
        ("UPDATE leaf SET body = body || ' ' WHERE seq = 0", 0),
        ("UPDATE leaf SET body = '' WHERE seq = 12", 12),
        ("UPDATE leaf SET body = CAST(x'ff' AS TEXT) WHERE seq = 4", 4),
        ("UPDATE leaf SET hash = zeroblob(32) WHERE seq = 7", 7),
        ("UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE seq = 4) WHERE seq = 3", 3),
        ("UPDATE leaf SET root = zeroblob(32) WHERE seq = 9", 9),
        ("UPDATE leaf SET at = at + 1 WHERE seq = 6", 6),
        ("UPDATE leaf SET kind = 'asked' WHERE seq = 8", 8),
        ("UPDATE leaf SET request = NULL WHERE seq = 2", 2),
    ] {
        assert_eq!(named_after(sql).await, Some(leaf), "{sql}");
    }
}

#[tokio::test]
async fn a_missing_leaf_is_named_in_the_middle_at_the_start_and_at_the_end() {
    for (sql, leaf) in [
        ("DELETE FROM leaf WHERE seq = 5", 5),
        ("DELETE FROM leaf WHERE seq = 0", 0),
        ("DELETE FROM leaf WHERE seq = 12", 12),
        ("DELETE FROM leaf WHERE seq >= 9; DELETE FROM request WHERE leaf >= 9", 9),
        ("DELETE FROM leaf; DELETE FROM request; DELETE FROM setting", 0),
        ("UPDATE leaf SET seq = 13 WHERE seq = 12", 12),
    ] {
        let (leaf_found, why) = fault_after(sql).await;
        assert_eq!(leaf_found, Some(leaf), "{sql}: {why}");
        assert!(why.contains("missing"), "{sql}: {why}");
    }
}

#[tokio::test]
async fn an_added_leaf_is_named() {
    let copy = "INSERT INTO leaf SELECT 13, at, kind, NULL, hash, root, body FROM leaf WHERE seq = 11";
    assert_eq!(named_after(copy).await, Some(13));
}

#[tokio::test]
async fn two_leaves_that_changed_places_are_named_by_the_first() {
    let swap = |columns: &str| {
        format!(
            "CREATE TEMP TABLE two AS SELECT * FROM leaf WHERE seq IN (4, 6);
             UPDATE leaf SET {columns} WHERE seq IN (4, 6)"
        )
    };
    let other = |column: &str| format!("{column} = (SELECT {column} FROM two WHERE two.seq = 10 - leaf.seq)");
    assert_eq!(named_after(&swap(&other("body"))).await, Some(4));
    let all = ["body", "hash", "root", "at", "kind", "request"].map(other).join(", ");
    assert_eq!(named_after(&swap(&all)).await, Some(4));
    let all_but_root = ["body", "hash", "at", "kind", "request"].map(other).join(", ");
    assert_eq!(named_after(&swap(&all_but_root)).await, Some(4));
}

#[tokio::test]
async fn a_changed_row_of_a_request_is_named_by_its_leaf_and_column() {
    for (change, leaf) in [
        ("id = 'req_00000000000000000000000000000000'", 0),
        ("uid = 0", 5),
        ("nonce = 'x'", 5),
        ("received = received - 1", 5),
        ("severity = 'none'", 5),
        ("agent = 'another'", 5),
        ("environment = NULL", 5),
        ("sentence = 'Read a file'", 5),
        ("exact = 'ls'", 5),
        ("stage = 'approved'", 0),
        ("stage = 'waiting'", 5),
        ("stage = 'approved'", 10),
        ("ended = NULL", 5),
        ("decision = 'approved'", 5),
        ("decided_by = 'person'", 5),
        ("presence = 'passphrase'", 5),
        ("reason = 'because'", 5),
        ("receipt = 'e30.e30.'", 5),
        ("receipt = 'e30.e30.'", 10),
    ] {
        let (found, why) = fault_after(&format!("UPDATE request SET {change} WHERE leaf = {leaf}")).await;
        assert_eq!(found, Some(leaf), "{change}: {why}");
    }
}

#[tokio::test]
async fn a_removed_or_invented_row_beside_the_leaves_is_named() {
    assert_eq!(named_after("DELETE FROM request WHERE leaf = 5").await, Some(5));
    let invented =
        "INSERT INTO request SELECT 11, 'req_x', uid, 'n', received, severity, agent, environment, sentence,
        exact, stage, ended, decision, decided_by, presence, reason, receipt FROM request WHERE leaf = 10";
    assert_eq!(named_after(invented).await, Some(11));
    assert_eq!(named_after(&invented.replace("SELECT 11", "SELECT 99")).await, Some(99));
    assert_eq!(named_after("UPDATE request SET leaf = 11 WHERE leaf = 10").await, Some(10));
    assert_eq!(named_after("UPDATE setting SET value = 0").await, Some(11));
    assert_eq!(named_after("DELETE FROM setting").await, Some(11));
    assert_eq!(named_after("INSERT INTO setting VALUES ('other', 1, 3)").await, Some(11));
}

#[tokio::test]
async fn a_changed_checkpoint_is_found_and_nothing_is_committed_any_more() {
    for sql in [
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET note = replace(note, char(10) || '13' || char(10), char(10) || '12' || char(10))",
        "UPDATE checkpoint SET note = replace(note, '— sayso', '— Sayso')",
        "UPDATE checkpoint SET note = ''",
        "UPDATE checkpoint SET size = 12",
        "UPDATE checkpoint SET edge = zeroblob(length(edge))",
        "UPDATE checkpoint SET edge = x''",
    ] {
        let (_folder, ledger, found) = after(sql).await;
        let fault = found.fault.unwrap();
        assert_eq!((fault.leaf, found.leaves), (None, 13), "{sql}: {}", fault.why);
        assert!(ledger.broken().is_some());
        let refused = ledger.commit(vec![asked(random_id())]).await.unwrap_err();
        assert_eq!(refused.code(), "ledger_broken");
        assert!(refused.to_string().contains("sayso log verify"), "{refused}");
        assert_eq!(ledger.count_waiting().await.unwrap(), 1, "reading goes on");
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_key_does_not_count() {
    let (_folder, path, _) = thirteen().await;
    let ledger = Ledger::open(&path, common::note_key(2)).await.unwrap();
    let fault = ledger.verify().await.unwrap().fault.unwrap();
    assert_eq!(fault.leaf, None);
    assert_eq!(ledger.commit(vec![asked(random_id())]).await.unwrap_err().code(), "ledger_broken");
}

#[tokio::test]
async fn a_ledger_that_was_cut_short_is_not_written() {
    let (_folder, ledger, _) =
        after("DELETE FROM leaf WHERE seq = 12; DELETE FROM request WHERE leaf = 12").await;
    assert_eq!(ledger.commit(vec![asked(random_id())]).await.unwrap_err().code(), "ledger_broken");
}

#[tokio::test]
async fn a_missing_table_or_index_is_an_error_and_not_a_pass() {
    for sql in ["DROP TABLE request", "DROP INDEX leaf_used", "DROP TABLE setting"] {
        let (_folder, path, _) = thirteen().await;
        tamper(&path, sql).await;
        assert_eq!(open(&path).await.verify().await.unwrap_err().code(), "ledger_broken", "{sql}");
    }
}

#[tokio::test]
async fn an_approval_is_not_used_twice_although_its_row_was_set_back() {
    let (_folder, path, ids) = thirteen().await;
    tamper(&path, "UPDATE request SET stage = 'approved' WHERE leaf = 0").await;
    let ledger = open(&path).await;
    assert_eq!(ledger.commit(vec![used(ids[0])]).await.unwrap_err().code(), "already_used");
    assert_eq!(ledger.find(ids[0]).await.unwrap().unwrap().stage, sayso_core::life::Stage::Used);
}

fn hash(prefix: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut sha = Sha256::new().chain_update([prefix]);
    for part in parts {
        sha.update(part);
    }
    sha.finalize().to_vec()
}

fn root(leaves: &[Vec<u8>]) -> Vec<u8> {
    if let [leaf] = leaves {
        return leaf.clone();
    }
    let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
    hash(1, &[&root(left), &root(right)])
}

/// Whoever works out every hash and every root anew still lacks the key: the signed root tells, and the stored edge
/// says in which run of leaves.
#[tokio::test]
async fn a_forgery_with_every_hash_worked_out_anew_is_found_by_the_signed_root() {
    let (_folder, path, _) = thirteen().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).foreign_keys(false);
    let mut conn = options.connect().await.unwrap();
    let bodies: Vec<String> =
        sqlx::query_scalar("SELECT body FROM leaf ORDER BY seq").fetch_all(&mut conn).await.unwrap();
    let mut leaves = Vec::new();
    for (seq, body) in bodies.iter().enumerate() {
        let body = if seq == 9 { body.replace("rm -rf build", "rm -rf bui1d") } else { body.clone() };
        leaves.push(hash(0, &[body.as_bytes()]));
        sqlx::query("UPDATE leaf SET body = ?, hash = ?, root = ? WHERE seq = ?")
            .bind(body)
            .bind(leaves[seq].clone())
            .bind(root(&leaves))
            .bind(i64::try_from(seq).unwrap())
            .execute(&mut conn)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE request SET exact = 'rm -rf bui1d' WHERE leaf = 9").execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
    let fault = open(&path).await.verify().await.unwrap().fault.unwrap();
    assert_eq!(fault.leaf, Some(8), "{}", fault.why);
    assert!(fault.why.contains("leaves 8 to 11"), "{}", fault.why);

    tamper(&path, "UPDATE checkpoint SET edge = zeroblob(96)").await;
    let ledger = open(&path).await;
    assert_eq!(ledger.verify().await.unwrap().fault.unwrap().leaf, None);
    assert_eq!(ledger.commit(vec![asked(random_id())]).await.unwrap_err().code(), "ledger_broken");
}

/// What no ledger can show by itself: an older copy of the whole file. The checkpoint that somebody kept shows it.
#[tokio::test]
async fn an_older_copy_of_the_file_holds_in_itself_and_shows_only_against_a_checkpoint_kept_elsewhere() {
    let (folder, path, _) = thirteen().await;
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let ledger = open(&path).await;
    ledger.commit(vec![ruled(random_id(), Decision::Denied)]).await.unwrap();
    let kept = ledger.verify().await.unwrap();
    ledger.close().await;

    std::fs::copy(&copy, &path).unwrap();
    let found = open(&path).await.verify().await.unwrap();
    assert_eq!((found.leaves, found.fault), (13, None));
    let size = |note: &str| note.lines().nth(1).unwrap().parse::<u64>().unwrap();
    assert!(size(&kept.checkpoint) > size(&found.checkpoint), "more was signed than is there");
}
