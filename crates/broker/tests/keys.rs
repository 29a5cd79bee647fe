//! Keys that come to count while Sayso runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use sayso_broker::notice::Notice;
use sayso_core::canonical::canonical_bytes;
use sayso_core::key::{Enrolled, Role};
use sayso_core::seat::Call;
use sayso_core::{Decision, PublicKey, TrustedKeys};
use sayso_keys::enrolment;
use support::{HOLDER, Room, room, sign_with};

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn enrolled(seed: u8, role: Role, holder: &str) -> Enrolled {
    let key = PublicKey::from_raw(secret(seed).verifying_key().as_bytes()).unwrap();
    Enrolled { key, role, holder: holder.to_owned() }
}

/// Writes the list as somebody else than the broker would.
fn list(room: &Room, keys: Vec<Enrolled>) {
    enrolment::save(&room.folder.path().join("data"), &TrustedKeys { keys }).unwrap();
}

/// The times that the record says that a key was renewed.
fn recorded_renewals(room: &Room) -> usize {
    let data = room.folder.path().join("data");
    let record =
        ["ledger.db", "ledger.db-wal"].map(|name| std::fs::read(data.join(name)).unwrap_or_default());
    // The write-ahead log may hold a page of it more than once.
    let found: std::collections::HashSet<Vec<u8>> = record
        .iter()
        .flat_map(|bytes| bytes.windows(400).filter(|at| at.ends_with(br#""renewed":true}}"#)))
        .map(<[u8]>::to_vec)
        .collect();
    found.len()
}

#[tokio::test]
async fn a_renewed_key_counts_at_once_and_the_one_before_it_decides_nothing_more() {
    let room = room().await;
    let mut notices = room.broker.notices();
    let mut keys = room.broker.trusted().keys.clone();
    keys.insert(1, enrolled(9, Role::Approver, HOLDER));
    list(&room, keys.clone());
    let asking = room.asking(room.ask("make deploy"));
    let view = room.card().await;
    for _twice_is_once in 0..2 {
        room.broker.call(Call::KeyRenewed {}).await.unwrap();
    }
    assert_eq!(room.broker.trusted().keys, keys);
    assert_eq!(recorded_renewals(&room), 1);
    let told = std::iter::from_fn(|| notices.try_recv().ok());
    assert_eq!(told.filter(|notice| *notice == Notice::KeyRenewed(Role::Approver)).count(), 1);

    for decision in [Decision::Approved, Decision::Denied] {
        let fault = room.decide(&room.claims(&view, decision)).await.unwrap_err();
        assert_eq!(fault.code, "key_replaced");
    }
    let receipt = sign_with(&secret(9), &room.claims(&view, Decision::Approved));
    room.broker.call(Call::Decide { receipt }).await.unwrap();
    assert_eq!(asking.await.unwrap().unwrap().decision, Some(Decision::Approved));
}

#[tokio::test]
async fn nothing_but_one_new_key_of_the_approver_is_taken_from_the_list() {
    let room = room().await;
    let known = room.broker.trusted();
    let [machine, approver] = &known.keys[..] else { panic!("{known:?}") };
    let (machine, approver) = (machine.clone(), approver.clone());
    let new = |seed| enrolled(seed, Role::Approver, HOLDER);
    let other_machine = Enrolled { key: new(9).key, ..machine.clone() };
    for (what, keys) in [
        ("nothing at all", vec![]),
        ("the machine's key is gone", vec![new(9), approver.clone()]),
        ("the known key is gone", vec![machine.clone(), new(9)]),
        (
            "the known key has another role",
            vec![machine.clone(), new(9), Enrolled { role: Role::Passphrase, ..approver.clone() }],
        ),
        ("the order changed", vec![approver.clone(), machine.clone()]),
        ("two were added", vec![machine.clone(), new(9), new(10), approver.clone()]),
        (
            "another person's",
            vec![machine.clone(), enrolled(9, Role::Approver, "person:eve"), approver.clone()],
        ),
        ("one that is not in force", vec![machine.clone(), approver.clone(), new(9)]),
        (
            "a passphrase's key",
            vec![machine.clone(), approver.clone(), enrolled(9, Role::Passphrase, HOLDER)],
        ),
        ("another machine's key", vec![other_machine, machine.clone(), approver.clone()]),
    ] {
        list(&room, keys);
        let fault = room.broker.call(Call::KeyRenewed {}).await.unwrap_err();
        assert_eq!(fault.code, "keys_changed", "{what}");
        assert_eq!(room.broker.trusted(), known, "{what}");
    }
    assert_eq!(recorded_renewals(&room), 0);
}

#[tokio::test]
async fn a_forgotten_passphrase_is_renewed_on_the_record_and_the_person_is_told() {
    let room = room().await;
    let mut notices = room.broker.notices();
    list(&room, room.broker.trusted().keys.clone());
    let proof = |by: &SigningKey, prefix: &str, key: &Enrolled| {
        let signed = [prefix.as_bytes(), &canonical_bytes(key).unwrap()].concat();
        URL_SAFE_NO_PAD.encode(by.sign(&signed).to_bytes())
    };
    let (old, new) = (enrolled(11, Role::Passphrase, HOLDER), enrolled(12, Role::Passphrase, HOLDER));
    let renew = |by: &SigningKey, prefix: &str| {
        let (key, proof) = (new.clone(), proof(by, prefix, &new));
        let broker = room.broker.clone();
        async move { broker.call(Call::RenewPassphrase { key, proof }).await.map_err(|fault| fault.code) }
    };
    let (enrol, renewal) = ("sayso-enrol-v1\n", "sayso-renew-v1\n");
    assert_eq!(renew(&room.person, renewal).await.unwrap_err(), "no_passphrase_set");
    let proof = proof(&room.person, enrol, &old);
    room.broker.call(Call::Enrol { key: old.clone(), proof }).await.unwrap();
    assert_eq!(renew(&room.person, enrol).await.unwrap_err(), "enrolment_refused");
    assert_eq!(renew(&secret(11), renewal).await.unwrap_err(), "enrolment_refused");
    assert_eq!(recorded_renewals(&room), 0);

    renew(&room.person, renewal).await.unwrap();
    let trusted = room.broker.trusted();
    assert!(trusted.in_force(new.key.id()) && !trusted.in_force(old.key.id()));
    assert_eq!(enrolment::load(&room.folder.path().join("data")).unwrap(), *trusted);
    assert_eq!(recorded_renewals(&room), 1);
    let told: Vec<_> = std::iter::from_fn(|| notices.try_recv().ok()).collect();
    assert_eq!(told, [Notice::KeyRenewed(Role::Passphrase)]);
}
