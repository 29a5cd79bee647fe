//! Entries and keys for the tests and the example: every field filled, sizes as they are in use.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::missing_panics_doc)]

use std::path::Path;
use std::sync::{Arc, LazyLock};

use ed25519_dalek::{Signer as _, SigningKey};
use sayso_core::life::Withdrawal;
use sayso_core::receipt::{Receipt, ReceiptClaims};
use sayso_core::record::{Asked, Decided, Entry, Kept, Outcome, Ruled, Stopped, Used, What, Withdrawn};
use sayso_core::request::{Ask, Peer, PeerProcess, Request};
use sayso_core::{
    Action, By, Decision, Digest, Nonce, Presence, PublicKey, RequestId, Severity, Tick, UnixMs,
};
use sayso_ledger::{Ledger, NoteKey};

pub const AT: UnixMs = UnixMs(1_764_000_000_123);

pub fn note_key(seed: u8) -> NoteKey {
    let secret = SigningKey::from_bytes(&[seed; 32]);
    let public = PublicKey::from_raw(secret.verifying_key().as_bytes()).unwrap();
    NoteKey::new("sayso.invalid/test", public, Arc::new(move |text| secret.sign(text).to_bytes())).unwrap()
}

pub async fn open(path: &Path) -> Ledger {
    Ledger::open(path, note_key(1)).await.unwrap()
}

pub fn random_id() -> RequestId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    RequestId::from_random(bytes)
}

/// A request of its own nonce: the number's digits.
pub fn kept(id: RequestId) -> Kept {
    kept_for(
        id,
        Action::Shell(serde_json::from_str(r#"{"script":"rm -rf build","cwd":"/home/anna/shop"}"#).unwrap()),
    )
}

pub fn kept_for(id: RequestId, action: Action) -> Kept {
    let digest = action.digest().unwrap();
    Kept {
        request: Request {
            id,
            ask: Ask {
                nonce: nonce_of(id),
                agent: "claude-code".to_owned(),
                action,
                claims: [("ticket".to_owned(), "SHOP-1".to_owned())].into(),
                reason: Some("clean before building".to_owned()),
                wait_ms: Some(300_000),
                use_at_once: false,
            },
            peer: std::sync::Arc::new(Peer {
                uid: 1000,
                user: Some("anna".to_owned()),
                processes: vec![
                    PeerProcess {
                        pid: 4321,
                        program: Some("/usr/bin/sayso".to_owned()),
                        command_line: "sayso hook claude-code".to_owned(),
                    },
                    PeerProcess { pid: 4000, program: None, command_line: "node cli.js".to_owned() },
                ],
            }),
            received: AT,
        },
        action: digest,
        severity: Severity::Low,
        sentence: "Delete the folder build".to_owned(),
        environment: Some("staging".to_owned()),
        files: Vec::new(),
    }
}

pub fn nonce_of(id: RequestId) -> Nonce {
    Nonce::try_from(id.to_string()).unwrap()
}

static KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    PublicKey::from_raw(SigningKey::from_bytes(&[1; 32]).verifying_key().as_bytes()).unwrap()
});

/// Claims as they are, under a signature that nobody made: the ledger does not judge receipts.
pub fn outcome(kept: &Kept, decision: Decision, by: By) -> Outcome {
    let presence = if by == By::Person { Presence::Typed } else { Presence::None };
    let reason = Some("the folder is made anew by every build".to_owned());
    let claims = ReceiptClaims {
        iss: "machine:test".to_owned(),
        aud: kept.request.ask.agent.clone(),
        sub: kept.request.id,
        jti: kept.request.ask.nonce.clone(),
        iat: AT.seconds(),
        nbf: AT.seconds(),
        exp: AT.seconds() + 300,
        decision,
        by,
        presence,
        action: kept.action,
        shown: Some(Digest::of_bytes(b"card")),
        reason: reason.clone(),
    };
    let receipt = Receipt::assemble(&claims.signing_input(KEY.id()).unwrap(), &[7; 64]);
    Outcome {
        decision,
        by,
        presence,
        reason,
        receipt,
        boot: "5f0c9f4e-94a5-4a34-8d4a-3c1d9e0f7c11".to_owned(),
        lapses: Tick(1_300_000),
    }
}

pub const fn entry(what: What) -> Entry {
    Entry { at: AT, what }
}

pub fn asked(id: RequestId) -> Entry {
    asked_kept(kept(id))
}

pub fn asked_kept(kept: Kept) -> Entry {
    entry(What::Asked(Box::new(Asked {
        kept,
        boot: "5f0c9f4e-94a5-4a34-8d4a-3c1d9e0f7c11".to_owned(),
        deadline: Tick(1_000_000),
        presence: Presence::Typed,
        receipt_ms: 300_000,
    })))
}

pub fn ruled(id: RequestId, decision: Decision) -> Entry {
    ruled_and(id, decision, false)
}

/// The use in the entry of the decision.
pub fn ruled_and_used(id: RequestId) -> Entry {
    ruled_and(id, Decision::Approved, true)
}

pub fn ruled_and(id: RequestId, decision: Decision, used: bool) -> Entry {
    let kept = kept(id);
    let outcome = outcome(&kept, decision, By::Rule);
    entry(What::Ruled(Box::new(Ruled { kept, outcome, used })))
}

pub fn decided(id: RequestId, decision: Decision, by: By) -> Entry {
    entry(What::Decided(Box::new(Decided {
        request: id,
        outcome: outcome(&kept(id), decision, by),
        environment: None,
    })))
}

pub fn withdrawn(id: RequestId) -> Entry {
    entry(What::Withdrawn(Withdrawn { request: id, why: Withdrawal::ProcessGone }))
}

pub const fn used(id: RequestId) -> Entry {
    entry(What::Used(Used { request: id }))
}

pub const fn stopped(stopped: bool) -> Entry {
    entry(What::Stopped(Stopped { stopped }))
}

/// Runs SQL on the file as anybody could who can write it.
pub async fn tamper(path: &Path, sql: &str) {
    use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path).foreign_keys(false);
    let mut conn = options.connect().await.unwrap();
    conn.execute(sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await.unwrap();
    conn.close().await.unwrap();
}
