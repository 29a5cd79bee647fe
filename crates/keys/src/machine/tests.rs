use std::path::PathBuf;

use sayso_core::decision::{By, Decision, Presence};
use sayso_core::key::Role;
use sayso_core::{Digest, Nonce, RequestId};

use super::*;

fn claims(iss: &str, by: By, presence: Presence, decision: Decision) -> ReceiptClaims {
    ReceiptClaims {
        iss: iss.to_owned(),
        aud: "claude-code".to_owned(),
        sub: RequestId::from_random([7; 16]),
        jti: Nonce::try_from("n".repeat(22)).unwrap(),
        iat: 1000,
        nbf: 1000,
        exp: 1300,
        decision,
        by,
        presence,
        action: Digest::of_bytes(b"action"),
        shown: None,
        reason: None,
    }
}

fn made() -> (tempfile::TempDir, MachineKey, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let key = MachineKey::open_or_create_as(folder.path(), "hera").unwrap();
    let path = folder.path().join(FILE);
    (folder, key, path)
}

fn refusal(folder: &Path) -> &'static str {
    MachineKey::open_or_create_as(folder, "hera").unwrap_err().code()
}

#[test]
fn the_key_is_made_once_enrolled_and_found_again() {
    let (folder, key, path) = made();
    assert_eq!(key.holder(), "machine:hera");
    let keys = enrolment::load(folder.path()).unwrap();
    assert_eq!(keys.of_role(Role::Machine).unwrap().key, *key.public());
    let again = MachineKey::open_or_create_as(folder.path(), "renamed").unwrap();
    assert_eq!(again.public(), key.public());
    assert_eq!(again.holder(), "machine:hera", "a new host name does not change who signed");
    assert!(!path.with_extension("key.new").exists());
    assert!(!format!("{key:?}").contains("sayso-ed25519"));
}

#[test]
fn two_that_start_at_once_get_the_same_key() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<_> = std::thread::scope(|scope| {
        let open = || MachineKey::open_or_create(folder.path()).unwrap().public().id().clone();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn what_it_signs_verifies_and_it_signs_no_persons_decision_and_no_silent_yes() {
    let (folder, key, _) = made();
    let keys = enrolment::load(folder.path()).unwrap();
    for (by, decision) in
        [(By::Rule, Decision::Approved), (By::Rule, Decision::Denied), (By::Timeout, Decision::Denied)]
    {
        let claims = claims("machine:hera", by, Presence::None, decision);
        assert_eq!(*key.sign(&claims).unwrap().verify(&keys).unwrap().claims(), claims);
    }
    for bad in [
        claims("machine:hera", By::Person, Presence::None, Decision::Approved),
        claims("machine:hera", By::Person, Presence::Click, Decision::Denied),
        claims("machine:hera", By::Rule, Presence::Click, Decision::Approved),
        claims("machine:hera", By::Timeout, Presence::None, Decision::Approved),
        claims("person:anna", By::Rule, Presence::None, Decision::Approved),
    ] {
        assert_eq!(key.sign(&bad).unwrap_err().code(), "may_not_sign");
    }
    assert!(key.public().verifies(b"line\n", &key.sign_bytes(b"line\n")));
}

#[test]
fn a_key_that_is_enrolled_and_gone_is_never_replaced() {
    let (folder, key, path) = made();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(refusal(folder.path()), "machine_key_gone");
    assert!(!path.exists());
    assert_eq!(enrolment::load(folder.path()).unwrap().of_role(Role::Machine).unwrap().key, *key.public());
}

#[test]
fn another_key_in_its_place_is_refused() {
    let (folder, _, path) = made();
    let (_other, _, theirs) = made();
    std::fs::copy(theirs, &path).unwrap();
    assert_eq!(refusal(folder.path()), "machine_key_mismatch");
}

#[test]
fn a_key_without_its_list_is_refused() {
    let (folder, _, _) = made();
    std::fs::remove_file(folder.path().join(enrolment::FILE)).unwrap();
    assert_eq!(refusal(folder.path()), "machine_key_unlisted");
}

#[test]
fn a_crash_while_the_key_is_made_leaves_a_start_that_goes_on() {
    // Before it was listed: nobody knows the key, so another is made.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("machine.key.new"), "half a k").unwrap();
    MachineKey::open_or_create_as(folder.path(), "hera").unwrap();

    // After it was listed: it is the key.
    let (folder, key, path) = made();
    std::fs::rename(&path, folder.path().join("machine.key.new")).unwrap();
    let again = MachineKey::open_or_create_as(folder.path(), "hera").unwrap();
    assert_eq!(again.public(), key.public());
    assert!(path.exists());
}

#[test]
fn a_file_that_is_no_key_is_refused() {
    let (folder, _, path) = made();
    let text = std::fs::read(&path).unwrap();
    for bad in [&b""[..], b"x", &text[..text.len() - 2], &[&text[..], b"more"].concat()] {
        std::fs::write(&path, bad).unwrap();
        assert_eq!(refusal(folder.path()), "machine_key_damaged");
    }
}

#[cfg(unix)]
mod standing {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn the_file_is_its_owners_alone_and_refused_when_others_can_read_it() {
        let (folder, _, path) = made();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        for mode in [0o640, 0o604, 0o660, 0o601] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(refusal(folder.path()), "machine_key_readable");
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        MachineKey::open_or_create(folder.path()).unwrap();
    }

    #[test]
    fn a_link_a_folder_and_a_pipe_in_its_place_are_refused_without_waiting() {
        let (folder, _, path) = made();
        let aside = folder.path().join("aside");
        std::fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        assert_eq!(refusal(folder.path()), "machine_key_damaged");
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(refusal(folder.path()), "machine_key_damaged");
        std::fs::remove_dir(&path).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        assert_eq!(refusal(folder.path()), "machine_key_damaged");
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let (folder, _, path) = made();
        if !rustix::process::geteuid().is_root() {
            eprintln!("not run: only root can give a file to another user");
            return;
        }
        std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
        assert_eq!(refusal(folder.path()), "machine_key_foreign");
    }
}
