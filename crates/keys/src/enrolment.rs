//! `keys.json`: the public keys whose word counts here, as a JWKS.
//!
//! # Invariants
//! - A file that others could have changed, or that cannot be understood whole, is refused.
//! - Of several keys of one role and holder the first is *in force* ([`TrustedKeys::in_force`]): only what it signs
//!   counts as a new decision. The later ones were replaced; they stay so that old receipts still verify.
//! - A key is added and never taken away; a kid stands there once.
//!
//! Deliberately absent: taking keys away. Revoking the past would make the record unverifiable.

use std::collections::HashSet;
use std::path::Path;

use sayso_core::TrustedKeys;
use sayso_core::key::{Enrolled, Role};
use sayso_core::strict;

use crate::files::{self, Held, Locked};
use crate::trouble::Trouble;

/// The file's name in the data folder.
pub const FILE: &str = "keys.json";

/// The most bytes of `keys.json`. A key takes some 250; a thousand changes of a passphrase fit, and a file that
/// somebody else grew does not hold us up.
const MOST_BYTES: usize = 256 * 1024;

/// The keys enrolled in this folder; none where there is no file yet.
///
/// # Errors
/// [`Trouble`] for a file that cannot be read, cannot be understood, or could have been changed by others.
pub fn load(folder: &Path) -> Result<TrustedKeys, Trouble> {
    let path = folder.join(FILE);
    let damaged = |detail: String| Trouble::EnrolmentDamaged { path: path.clone(), detail };
    let Some(Held { bytes, standing }) = files::read(&path, MOST_BYTES)? else {
        return Ok(TrustedKeys::default());
    };
    if !standing.is_file {
        return Err(damaged("it is not a plain file".to_owned()));
    }
    let mine = standing.uid == files::me() || standing.uid == 0;
    if !mine || standing.mode & 0o022 != 0 {
        return Err(Trouble::EnrolmentOpen { path, uid: standing.uid, mode: standing.mode });
    }
    if bytes.len() > MOST_BYTES {
        return Err(damaged(format!("it is larger than {MOST_BYTES} bytes")));
    }
    let keys: TrustedKeys = strict::parse(&bytes).map_err(|e| damaged(e.message))?;
    no_key_twice(&keys).map_err(damaged)?;
    Ok(keys)
}

/// Writes the keys: all of them, or none.
///
/// # Errors
/// [`Trouble`] where the file cannot be written, or [`load`] would refuse it.
pub fn save(folder: &Path, keys: &TrustedKeys) -> Result<(), Trouble> {
    save_locked(&Locked::folder(folder)?, keys)
}

/// Adds a key, which is in force from now on. The same key a second time changes nothing.
///
/// # Errors
/// [`Trouble`] as for [`load`] and [`save`], and where the key is already enrolled for something else.
pub fn append(folder: &Path, key: Enrolled) -> Result<TrustedKeys, Trouble> {
    append_locked(&Locked::folder(folder)?, folder, key)
}

/// The name of a holder, as it stands in `iss`: what is no letter, digit, `.`, `_` or `-` becomes `-`.
pub(crate) fn holder(kind: &str, name: &str) -> String {
    /// Characters of a user's or a host's name; more than any system gives, few enough for one line.
    const NAME_CHARS: usize = 64;
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let name: String = name.chars().take(NAME_CHARS).map(plain).collect();
    format!("{kind}:{}", if name.is_empty() { "unnamed" } else { &name })
}

pub(crate) fn append_locked(lock: &Locked<'_>, folder: &Path, key: Enrolled) -> Result<TrustedKeys, Trouble> {
    let mut keys = load(folder)?;
    match keys.find(key.key.id().as_str()) {
        Some(there) if *there == key => return Ok(keys),
        Some(there) => {
            let why = format!("it is enrolled already, for {} as {}", there.holder, in_words(there.role));
            return Err(Trouble::EnrolmentRefused { kid: key.key.id().clone(), why });
        }
        None => {}
    }
    let place = keys.keys.iter().position(|there| there.role == key.role).unwrap_or(keys.keys.len());
    keys.keys.insert(place, key);
    save_locked(lock, &keys)?;
    Ok(keys)
}

fn save_locked(lock: &Locked<'_>, keys: &TrustedKeys) -> Result<(), Trouble> {
    let damaged = |detail: String| Trouble::EnrolmentDamaged { path: lock.path(FILE), detail };
    no_key_twice(keys).map_err(damaged)?;
    let mut bytes = serde_json::to_vec_pretty(keys).map_err(|e| damaged(e.to_string()))?;
    bytes.push(b'\n');
    if bytes.len() > MOST_BYTES {
        return Err(damaged(format!("it would be larger than {MOST_BYTES} bytes")));
    }
    lock.prepare(FILE, &bytes, files::PUBLIC)?;
    lock.settle(FILE)
}

fn no_key_twice(keys: &TrustedKeys) -> Result<(), String> {
    let mut seen = HashSet::new();
    match keys.keys.iter().find(|enrolled| !seen.insert(enrolled.key.id().as_str())) {
        Some(twice) => Err(format!("the key {} stands there twice", twice.key.id().short())),
        None => Ok(()),
    }
}

const fn in_words(role: Role) -> &'static str {
    match role {
        Role::Machine => "the machine's key",
        Role::Approver => "an approver's key",
        Role::Passphrase => "a passphrase's key",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn key(role: Role) -> Enrolled {
        Enrolled { key: Seed::fresh().unwrap().public().clone(), role, holder: "person:anna".to_owned() }
    }

    #[test]
    fn keys_read_back_as_written_and_every_user_can_read_them() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), TrustedKeys::default());
        let keys = TrustedKeys { keys: vec![key(Role::Machine), key(Role::Approver)] };
        save(folder.path(), &keys).unwrap();
        assert_eq!(load(folder.path()).unwrap(), keys);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_later_key_of_the_same_role_is_in_force_and_the_earlier_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let [approver, old, new] = [key(Role::Approver), key(Role::Passphrase), key(Role::Passphrase)];
        for enrolled in [&approver, &old, &new] {
            append(folder.path(), enrolled.clone()).unwrap();
        }
        let keys = append(folder.path(), old.clone()).unwrap();
        assert_eq!(keys.of_role(Role::Passphrase), Some(&new));
        assert!(keys.in_force(new.key.id()) && keys.in_force(approver.key.id()));
        assert!(!keys.in_force(old.key.id()));
        assert!(!keys.in_force(key(Role::Approver).key.id()));
        assert_eq!(keys.find(old.key.id().as_str()), Some(&old));
    }

    #[test]
    fn a_key_enrolled_for_one_thing_is_not_enrolled_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let approver = key(Role::Approver);
        append(folder.path(), approver.clone()).unwrap();
        let trouble = append(folder.path(), Enrolled { role: Role::Passphrase, ..approver }).unwrap_err();
        assert_eq!(trouble.code(), "enrolment_refused");
    }

    #[test]
    fn a_list_that_is_broken_doubled_or_too_long_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let one = serde_json::to_string(&key(Role::Approver)).unwrap();
        let other = one.replace("\"x\":\"", "\"x\":\"A");
        for text in [
            String::new(),
            "{}".to_owned(),
            format!("{{\"keys\":[{one}],\"keys\":[]}}"),
            format!("{{\"keys\":[{one},{one}]}}"),
            format!("{{\"keys\":[{other}]}}"),
            " ".repeat(MOST_BYTES) + "{\"keys\":[]}",
        ] {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(load(folder.path()).unwrap_err().code(), "enrolment_damaged", "{text:.80}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_list_that_others_can_write_or_that_is_a_link_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        save(folder.path(), &TrustedKeys::default()).unwrap();
        for mode in [0o664, 0o646] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(load(folder.path()).unwrap_err().code(), "enrolment_open");
        }
        std::fs::rename(&path, folder.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert_eq!(load(folder.path()).unwrap_err().code(), "enrolment_damaged");
    }

    #[test]
    fn a_holder_is_one_plain_word() {
        assert_eq!(holder("person", "anna"), "person:anna");
        assert_eq!(holder("machine", "hera.local"), "machine:hera.local");
        assert_eq!(holder("person", "a b:c\n"), "person:a-b-c-");
        assert_eq!(holder("person", ""), "person:unnamed");
    }
}
