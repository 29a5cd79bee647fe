//! The keys in a real keyring on a real session bus, and every way in which that can fail.
#![cfg(all(unix, not(target_os = "macos")))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod rig;

use std::time::{Duration, Instant};

use rig::{Keyring, Session, inside};
use sayso_core::decision::{By, Decision, Presence};
use sayso_core::key::{Enrolled, Role};
use sayso_core::{Digest, Nonce, ReceiptClaims, RequestId, TrustedKeys};
use sayso_keys::{
    Keychain, MachineKey, Passphrase, Trouble, credentials, enrolment, first_start, renew_approver,
    renew_passphrase, set_passphrase, sign_as_person, verify_enrolment_proof, verify_renewal_proof,
};

fn start(session: &Session) -> Result<TrustedKeys, Trouble> {
    first_start(&session.data(), &Keychain::new(), "anna", "hera")
}

fn approver(keys: &TrustedKeys) -> String {
    keys.of_role(Role::Approver).unwrap().key.id().to_string()
}

fn claims(presence: Presence) -> ReceiptClaims {
    ReceiptClaims {
        iss: "person:anna".to_owned(),
        aud: "claude-code".to_owned(),
        sub: RequestId::from_random([7; 16]),
        jti: Nonce::try_from("n".repeat(22)).unwrap(),
        iat: 1000,
        nbf: 1000,
        exp: 1300,
        decision: Decision::Approved,
        by: By::Person,
        presence,
        action: Digest::of_bytes(b"action"),
        shown: Some(Digest::of_bytes(b"card")),
        reason: None,
    }
}

fn sign(session: &Session, presence: Presence, words: Option<&str>) -> Result<(), Trouble> {
    let words = words.map(|words| Passphrase::new(words.to_owned()));
    let claims = claims(presence);
    let receipt = sign_as_person(&session.data(), &Keychain::new(), &claims, words.as_ref())?;
    let verified = receipt.verify(&enrolment::load(&session.data()).unwrap()).unwrap();
    assert_eq!(*verified.claims(), claims);
    Ok(())
}

fn code<T: std::fmt::Debug>(outcome: Result<T, Trouble>) -> &'static str {
    let trouble = outcome.unwrap_err();
    assert!(!trouble.title().is_empty());
    assert!(trouble.to_string().contains(". ") || trouble.to_string().contains("; "), "{trouble}");
    trouble.code()
}

#[test]
fn the_approvers_key_is_made_once_and_found_again() {
    inside("the_approvers_key_is_made_once_and_found_again", Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        assert_eq!(enrolment::load(&session.data()).unwrap(), keys);
        assert_eq!(keys.of_role(Role::Approver).unwrap().holder, "person:anna");
        assert_eq!(keys.of_role(Role::Machine).unwrap().holder, "machine:hera");
        assert!(session.lookup(&approver(&keys)).is_some(), "it stands under its kid");
        assert_eq!(start(session).unwrap(), keys);
        assert_eq!(session.entries(), 1);
        for presence in [Presence::Click, Presence::Typed] {
            sign(session, presence, None).unwrap();
        }
        assert_eq!(MachineKey::open_or_create(&session.data()).unwrap().holder(), "machine:hera");
    });
}

#[test]
fn two_first_starts_at_once_end_with_one_approver_and_one_key() {
    let name = "two_first_starts_at_once_end_with_one_approver_and_one_key";
    inside(name, Keyring::Unlocked, |session| {
        let approvers: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| approver(&start(session).unwrap()))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(approvers.windows(2).all(|pair| pair[0] == pair[1]), "{approvers:?}");
        assert_eq!(session.entries(), 1, "what the others made is gone again");
    });
}

#[test]
fn a_person_signs_nobody_elses_decision() {
    inside("a_person_signs_nobody_elses_decision", Keyring::Unlocked, |session| {
        start(session).unwrap();
        let person = claims(Presence::Click);
        for bad in [
            ReceiptClaims { by: By::Rule, presence: Presence::None, ..person.clone() },
            ReceiptClaims { by: By::Timeout, presence: Presence::None, ..person.clone() },
            ReceiptClaims { iss: "person:bert".to_owned(), ..person.clone() },
            ReceiptClaims { presence: Presence::SecurityKey, ..person },
        ] {
            let signed = sign_as_person(&session.data(), &Keychain::new(), &bad, None);
            assert_eq!(code(signed), "may_not_sign");
        }
    });
}

#[test]
fn without_a_bus_the_machine_has_its_key_and_the_person_is_told() {
    inside("without_a_bus_the_machine_has_its_key_and_the_person_is_told", Keyring::NoBus, |session| {
        assert_eq!(code(start(session)), "keychain_absent");
        let keys = enrolment::load(&session.data()).unwrap();
        assert!(keys.of_role(Role::Machine).is_some() && keys.of_role(Role::Approver).is_none());
        assert_eq!(code(sign(session, Presence::Click, None)), "no_approver");
    });
}

#[test]
fn without_a_service_for_secrets_the_keychain_is_absent() {
    inside("without_a_service_for_secrets_the_keychain_is_absent", Keyring::NoService, |session| {
        assert_eq!(code(start(session)), "keychain_absent");
    });
}

#[test]
fn a_keychain_without_a_keyring_takes_no_key_and_never_stands_for_a_lost_one() {
    let name = "a_keychain_without_a_keyring_takes_no_key_and_never_stands_for_a_lost_one";
    inside(name, Keyring::NeverSetUp, |session| {
        assert_eq!(code(start(session)), "keychain_not_set_up");
        let folder = session.data();
        assert!(enrolment::load(&folder).unwrap().of_role(Role::Approver).is_none());
        // An approver that was enrolled when there was a keyring: the key is missed, not made.
        let lost = Enrolled {
            key: MachineKey::open_or_create(&folder.join("other")).unwrap().public().clone(),
            role: Role::Approver,
            holder: "person:anna".to_owned(),
        };
        let keys = enrolment::append(&folder, lost).unwrap();
        assert_eq!(code(start(session)), "key_vanished");
        assert_eq!(code(renew_approver(&folder, &Keychain::new())), "keychain_not_set_up");
        assert_eq!(enrolment::load(&folder).unwrap(), keys);
    });
}

#[test]
fn a_locked_keychain_that_cannot_ask_says_so_and_nothing_changes() {
    inside("a_locked_keychain_that_cannot_ask_says_so_and_nothing_changes", Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        session.lock();
        assert_eq!(code(start(session)), "keychain_locked");
        assert_eq!(code(sign(session, Presence::Click, None)), "keychain_locked");
        assert_eq!(code(renew_approver(&session.data(), &Keychain::new())), "keychain_locked");
        assert_eq!(enrolment::load(&session.data()).unwrap(), keys);
    });
}

#[test]
fn a_locked_keychain_asks_for_its_password_and_then_gives_the_key() {
    let name = "a_locked_keychain_asks_for_its_password_and_then_gives_the_key";
    inside(name, Keyring::UnlockedOnDisplay, |session| {
        start(session).unwrap();
        session.lock();
        sign_at_the_prompt(session, || session.type_line(rig::PASSWORD)).unwrap();
    });
}

/// Signs while the keyring asks for its password, and does `answer` to the prompt. The prompt takes the keyboard a
/// moment after it shows, so an answer that came to nothing is given again.
fn sign_at_the_prompt(session: &Session, answer: impl Fn()) -> Result<(), Trouble> {
    std::thread::scope(|scope| {
        let (tell, told) = std::sync::mpsc::channel();
        scope.spawn(move || tell.send(sign(session, Presence::Click, None)));
        session.await_prompt();
        loop {
            answer();
            if let Ok(outcome) = told.recv_timeout(Duration::from_secs(3)) {
                return outcome;
            }
        }
    })
}

#[test]
fn a_prompt_that_is_closed_leaves_the_keychain_locked() {
    let name = "a_prompt_that_is_closed_leaves_the_keychain_locked";
    inside(name, Keyring::UnlockedOnDisplay, |session| {
        let keys = start(session).unwrap();
        session.lock();
        assert_eq!(code(sign_at_the_prompt(session, || session.press_escape())), "keychain_locked");
        assert_eq!(enrolment::load(&session.data()).unwrap(), keys);
    });
}

#[test]
fn a_prompt_that_nobody_answers_is_waited_for_no_longer_than_the_limit() {
    let name = "a_prompt_that_nobody_answers_is_waited_for_no_longer_than_the_limit";
    inside(name, Keyring::UnlockedOnDisplay, |session| {
        let keys = start(session).unwrap();
        session.lock();
        let impatient = Keychain::with_limit(Duration::from_millis(500));
        let signed = sign_as_person(&session.data(), &impatient, &claims(Presence::Click), None);
        assert_eq!(code(signed), "keychain_slow");
        session.await_prompt();
        assert_eq!(enrolment::load(&session.data()).unwrap(), keys);
    });
}

#[test]
fn a_first_start_with_a_locked_keychain_enrols_nobody() {
    inside("a_first_start_with_a_locked_keychain_enrols_nobody", Keyring::Unlocked, |session| {
        session.lock();
        assert_eq!(code(start(session)), "keychain_locked");
        assert!(enrolment::load(&session.data()).unwrap().of_role(Role::Approver).is_none());
    });
}

#[test]
fn a_vanished_key_is_missed_and_renewed_only_when_asked() {
    inside("a_vanished_key_is_missed_and_renewed_only_when_asked", Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        let (folder, keychain) = (session.data(), Keychain::new());
        assert_eq!(code(renew_approver(&folder, &keychain)), "key_in_place");
        let old = sign_as_person(&folder, &keychain, &claims(Presence::Click), None).unwrap();
        session.clear(&approver(&keys));
        assert_eq!(code(start(session)), "key_vanished");
        assert_eq!(code(sign(session, Presence::Click, None)), "key_vanished");
        assert_eq!(session.entries(), 0, "no key was made in silence");
        assert_eq!(enrolment::load(&folder).unwrap(), keys);

        let renewed = renew_approver(&folder, &keychain).unwrap();
        assert_ne!(approver(&renewed), approver(&keys));
        assert!(!renewed.in_force(keys.of_role(Role::Approver).unwrap().key.id()));
        assert_eq!(start(session).unwrap(), renewed);
        sign(session, Presence::Click, None).unwrap();
        old.verify(&renewed).unwrap();
    });
}

#[test]
fn another_key_or_none_at_all_in_its_place_is_refused() {
    inside("another_key_or_none_at_all_in_its_place_is_refused", Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        let kid = approver(&keys);
        let mine = session.lookup(&kid).unwrap();
        let other = first_start(&session.data().join("other"), &Keychain::new(), "bert", "hera").unwrap();
        let theirs = session.lookup(&approver(&other)).unwrap();
        for (text, trouble) in [(theirs.as_str(), "key_mismatch"), ("secret", "key_damaged")] {
            session.clear(&kid);
            session.store(&kid, text);
            assert_eq!(code(start(session)), trouble);
            assert_eq!(code(sign(session, Presence::Click, None)), trouble);
        }
        session.clear(&kid);
        session.store(&kid, &mine);
        assert_eq!(start(session).unwrap(), keys, "the right key is the right key, whoever put it back");
    });
}

#[test]
fn a_keychain_that_does_not_answer_costs_one_wait_and_then_works_again() {
    let name = "a_keychain_that_does_not_answer_costs_one_wait_and_then_works_again";
    inside(name, Keyring::Unlocked, |session| {
        start(session).unwrap();
        let impatient = Keychain::with_limit(Duration::from_millis(300));
        let signed = || sign_as_person(&session.data(), &impatient, &claims(Presence::Click), None);
        session.freeze(true);
        assert_eq!(code(signed()), "keychain_slow");
        assert_eq!(code(signed()), "keychain_slow", "it waits for the first call and adds none");
        session.freeze(false);
        // The first call now comes to its end by itself and lets the next one in.
        let patience = Instant::now() + Duration::from_secs(30);
        while let Err(trouble) = signed() {
            assert!(Instant::now() < patience, "{}: {trouble}", trouble.code());
        }
    });
}

#[test]
fn a_passphrase_opens_its_own_key_and_nothing_else_does() {
    inside("a_passphrase_opens_its_own_key_and_nothing_else_does", Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        let (folder, keychain) = (session.data(), Keychain::new());
        let words = |text: &str| Passphrase::new(text.to_owned());
        assert_eq!(code(sign(session, Presence::Passphrase, Some("correct horse"))), "no_passphrase_set");
        assert_eq!(code(set_passphrase(&folder, &keychain, &words("short"), None)), "passphrase_short");

        let new = set_passphrase(&folder, &keychain, &words("correct horse"), None).unwrap();
        assert_eq!(code(sign(session, Presence::Passphrase, Some("correct horse"))), "no_passphrase_set");
        verify_enrolment_proof(&keys, &new.enrolled, &new.proof).unwrap();
        let keys = enrolment::append(&folder, new.enrolled.clone()).unwrap();
        sign(session, Presence::Passphrase, Some("correct horse")).unwrap();
        sign(session, Presence::Typed, None).unwrap();
        assert_eq!(code(sign(session, Presence::Passphrase, Some("correct house"))), "passphrase_wrong");
        assert_eq!(code(sign(session, Presence::Passphrase, None)), "passphrase_missing");

        // A change takes the old passphrase, and the old one opens nothing afterwards.
        let change = |old: Option<&str>| {
            set_passphrase(&folder, &keychain, &words("battery staple"), old.map(words).as_ref())
        };
        assert_eq!(code(change(None)), "passphrase_missing");
        assert_eq!(code(change(Some("wrong passphrase"))), "passphrase_wrong");
        let changed = change(Some("correct horse")).unwrap();
        sign(session, Presence::Passphrase, Some("correct horse")).unwrap();
        verify_enrolment_proof(&keys, &changed.enrolled, &changed.proof).unwrap();
        enrolment::append(&folder, changed.enrolled).unwrap();
        assert_eq!(code(sign(session, Presence::Passphrase, Some("correct horse"))), "passphrase_wrong");
        sign(session, Presence::Passphrase, Some("battery staple")).unwrap();
        start(session).unwrap();
        assert!(session.lookup(new.enrolled.key.id().as_str()).is_none(), "the replaced key is taken away");
        assert_eq!(session.entries(), 2);
    });
}

#[test]
fn a_forgotten_passphrase_is_renewed_by_the_approvers_key_and_as_a_renewal_alone() {
    let name = "a_forgotten_passphrase_is_renewed_by_the_approvers_key_and_as_a_renewal_alone";
    inside(name, Keyring::Unlocked, |session| {
        start(session).unwrap();
        let (folder, keychain) = (session.data(), Keychain::new());
        let words = |text: &str| Passphrase::new(text.to_owned());
        let renew = || renew_passphrase(&folder, &keychain, &words("battery staple"));
        assert_eq!(code(renew()), "no_passphrase_set");
        let first = set_passphrase(&folder, &keychain, &words("correct horse"), None).unwrap();
        let keys = enrolment::append(&folder, first.enrolled.clone()).unwrap();
        assert_eq!(code(renew_passphrase(&folder, &keychain, &words("short"))), "passphrase_short");

        let new = renew().unwrap();
        let changed =
            set_passphrase(&folder, &keychain, &words("quite other words"), Some(&words("correct horse")));
        let changed = changed.unwrap();
        assert_eq!(code(verify_enrolment_proof(&keys, &new.enrolled, &new.proof)), "enrolment_refused");
        assert_eq!(code(verify_renewal_proof(&keys, &changed.enrolled, &changed.proof)), "enrolment_refused");
        assert_eq!(code(verify_renewal_proof(&keys, &first.enrolled, &first.proof)), "enrolment_refused");
        verify_renewal_proof(&keys, &new.enrolled, &new.proof).unwrap();

        let keys = enrolment::append(&folder, new.enrolled).unwrap();
        assert!(!keys.in_force(first.enrolled.key.id()));
        assert_eq!(code(sign(session, Presence::Passphrase, Some("correct horse"))), "passphrase_wrong");
        sign(session, Presence::Passphrase, Some("battery staple")).unwrap();
    });
}

#[test]
fn nobody_enrols_a_passphrase_without_the_key_it_takes_over_from() {
    let name = "nobody_enrols_a_passphrase_without_the_key_it_takes_over_from";
    inside(name, Keyring::Unlocked, |session| {
        let keys = start(session).unwrap();
        let (folder, keychain) = (session.data(), Keychain::new());
        let set = |folder: &std::path::Path| {
            set_passphrase(folder, &keychain, &Passphrase::new("correct horse".to_owned()), None).unwrap()
        };
        let new = set(&folder);
        let elsewhere = folder.join("other");
        first_start(&elsewhere, &keychain, "anna", "hera").unwrap();
        let theirs = set(&elsewhere);
        let refused = |keys: &TrustedKeys, enrolled: &Enrolled, proof: &str| {
            code(verify_enrolment_proof(keys, enrolled, proof)) == "enrolment_refused"
        };
        assert!(refused(&keys, &theirs.enrolled, &theirs.proof), "vouched for by another approver");
        assert!(refused(&keys, &theirs.enrolled, &new.proof), "the proof of another key");
        assert!(refused(&keys, &new.enrolled, ""));
        assert!(refused(&keys, &new.enrolled, &format!("{}=", new.proof)));
        for enrolled in [
            Enrolled { role: Role::Approver, ..new.enrolled.clone() },
            Enrolled { role: Role::Machine, ..new.enrolled.clone() },
            Enrolled { holder: "person:bert".to_owned(), ..new.enrolled.clone() },
        ] {
            assert!(refused(&keys, &enrolled, &new.proof));
        }
        let second = set(&folder);
        let keys = enrolment::append(&folder, new.enrolled.clone()).unwrap();
        assert!(refused(&keys, &new.enrolled, &new.proof), "a second time");
        assert!(refused(&keys, &second.enrolled, &second.proof), "the old passphrase was not given for it");
    });
}

#[test]
fn a_credential_is_kept_replaced_listed_and_forgotten_and_stands_apart_from_the_keys() {
    let name = "a_credential_is_kept_replaced_listed_and_forgotten_and_stands_apart_from_the_keys";
    inside(name, Keyring::Unlocked, |session| {
        let (data, keychain) = (session.data(), Keychain::new());
        let keys = start(session).unwrap();
        let secret = |text: &str| zeroize::Zeroizing::new(text.to_owned());
        assert_eq!(credentials::get(&keychain, "railway").unwrap(), None);
        for text in ["first", "second"] {
            credentials::add(&data, &keychain, "railway", &secret(text)).unwrap();
            assert_eq!(credentials::get(&keychain, "railway").unwrap().unwrap().as_str(), text);
        }
        credentials::add(&data, &keychain, "postgres:db.acme.example/shop", &secret("x")).unwrap();
        assert_eq!(credentials::names(&data).unwrap(), ["postgres:db.acme.example/shop", "railway"]);
        for bad in ["", "a b", "a\n", &"a".repeat(500)] {
            assert_eq!(code(credentials::add(&data, &keychain, bad, &secret("x"))), "credential_unfit");
        }
        assert_eq!(code(credentials::add(&data, &keychain, "empty", &secret(" \n"))), "credential_unfit");
        assert!(credentials::remove(&data, &keychain, "railway").unwrap());
        assert!(!credentials::remove(&data, &keychain, "railway").unwrap());
        assert_eq!(credentials::get(&keychain, "railway").unwrap(), None);
        assert_eq!(credentials::names(&data).unwrap(), ["postgres:db.acme.example/shop"]);
        assert_eq!(start(session).unwrap(), keys, "the keys stand as before");
    });
}

#[test]
fn where_no_keychain_answers_no_credential_is_kept_and_none_is_listed() {
    let name = "where_no_keychain_answers_no_credential_is_kept_and_none_is_listed";
    inside(name, Keyring::NoService, |session| {
        let secret = zeroize::Zeroizing::new("x".to_owned());
        let added = credentials::add(&session.data(), &Keychain::new(), "railway", &secret);
        assert_eq!(code(added), "keychain_absent");
        assert!(credentials::names(&session.data()).unwrap().is_empty());
    });
}
