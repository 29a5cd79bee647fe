//! The pinned keys: whose word counts for this asker.
//!
//! # Invariants
//! - Where `/etc/sayso/keys.json` exists it is the only source, whatever the environment says. An agent's own
//!   settings can set the environment of its hooks, so `SAYSO_HOME` alone must not choose the keys on a machine
//!   whose owner has chosen them; and an agent under a user of its own finds the person's keys there.
//! - A key file that another user could have written counts for nothing. Nothing falls back from a file that is
//!   there and does not read.
//!
//! # Deliberately absent
//! A variable that names a key file. `SAYSO_HOME` moves everything, keys included; one more way in would serve
//! attackers alone.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sayso_core::TrustedKeys;
use sayso_core::strict::{self, Malformed};
use sayso_wire::Places;

/// The machine's own key file.
pub(crate) const SYSTEM: &str = "/etc/sayso/keys.json";

/// Bytes of a key file: a key takes about 300, so this holds a whole company's.
const KEY_FILE_BYTES: u64 = 1024 * 1024;

/// Why there are no keys to verify with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoKeys {
    /// There is no key file.
    #[error(
        "there are no keys to verify with: {} does not exist. Start Sayso once to make them, or have an \
         administrator put the output of `sayso keys` at {SYSTEM}", .0.display()
    )]
    Absent(PathBuf),
    /// It cannot be read.
    #[error("the key file {} cannot be read: {why}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// Others could have written it.
    #[error(
        "the key file {} {what}, so it counts for nothing here; it must belong to {owner} and nobody else may \
         write to it", .path.display()
    )]
    NotOurs {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
        /// Who may own it.
        owner: &'static str,
    },
    /// It is not a JWKS of ours.
    #[error("the key file {} does not read: {why}", .path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        why: Malformed,
    },
}

impl NoKeys {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Absent(_) => "keys_absent",
            Self::Unreadable { .. } => "keys_unreadable",
            Self::NotOurs { .. } => "keys_not_ours",
            Self::Malformed { .. } => "keys_malformed",
        }
    }
}

/// The keys that count here: the system's where there are any, else those in the data folder.
///
/// # Errors
/// [`NoKeys`]; nothing can be approved without keys.
pub(crate) fn keys(places: &Places) -> Result<TrustedKeys, NoKeys> {
    let system = Path::new(SYSTEM);
    match read(system, Owner::Root) {
        Err(NoKeys::Absent(_)) => read(&places.keys_file(), Owner::RootOrUs),
        decided => decided,
    }
}

/// The keys in a file that the person named; whose it is, is their business.
///
/// # Errors
/// [`NoKeys`].
pub(crate) fn keys_in(path: &Path) -> Result<TrustedKeys, NoKeys> {
    read(path, Owner::Anyone)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Root,
    RootOrUs,
    Anyone,
}

fn read(path: &Path, owner: Owner) -> Result<TrustedKeys, NoKeys> {
    let unreadable = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::NotFound => NoKeys::Absent(path.to_owned()),
        _ => NoKeys::Unreadable { path: path.to_owned(), why },
    };
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that what is checked is what is read.
    let meta = file.metadata().map_err(unreadable)?;
    written_by(owner, meta.uid(), meta.mode(), path)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(KEY_FILE_BYTES)).unwrap_or(0) + 1);
    file.take(KEY_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > KEY_FILE_BYTES {
        let message = format!("it is longer than {KEY_FILE_BYTES} bytes");
        return Err(NoKeys::Malformed { path: path.to_owned(), why: Malformed { is_json: false, message } });
    }
    strict::parse(&bytes).map_err(|why| NoKeys::Malformed { path: path.to_owned(), why })
}

fn written_by(owner: Owner, uid: u32, mode: u32, path: &Path) -> Result<(), NoKeys> {
    const OTHERS_WRITE: u32 = 0o022;
    let (right, name) = match owner {
        Owner::Anyone => return Ok(()),
        Owner::Root => (uid == 0, "root"),
        Owner::RootOrUs => (uid == 0 || uid == rustix::process::geteuid().as_raw(), "you or root"),
    };
    let not_ours = |what| Err(NoKeys::NotOurs { path: path.to_owned(), what, owner: name });
    if !right {
        return not_ours("belongs to another user");
    }
    if mode & OTHERS_WRITE != 0 {
        return not_ours("can be written by other users");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_key_file_that_others_can_write_counts_for_nothing() {
        let (_folder, path) = file(r#"{"keys":[]}"#, 0o666);
        assert_eq!(read(&path, Owner::RootOrUs).unwrap_err().code(), "keys_not_ours");
        let (_folder, path) = file(r#"{"keys":[]}"#, 0o644);
        assert!(read(&path, Owner::RootOrUs).is_ok());
    }

    #[test]
    fn a_key_file_of_another_user_counts_for_nothing() {
        let us = rustix::process::geteuid().as_raw();
        let refused = |owner, uid| written_by(owner, uid, 0o600, Path::new("/k")).is_err();
        assert!(refused(Owner::Root, 1));
        assert!(refused(Owner::RootOrUs, us + 1));
        assert!(!refused(Owner::RootOrUs, us));
        assert!(!refused(Owner::RootOrUs, 0));
    }

    #[test]
    fn a_key_file_with_a_duplicate_key_or_too_long_is_refused() {
        let (_folder, path) = file(r#"{"keys":[],"keys":[]}"#, 0o600);
        assert_eq!(read(&path, Owner::RootOrUs).unwrap_err().code(), "keys_malformed");
        let (_folder, path) = file(&" ".repeat(1024 * 1024 + 1), 0o600);
        assert_eq!(read(&path, Owner::RootOrUs).unwrap_err().code(), "keys_malformed");
    }

    #[test]
    fn a_missing_key_file_says_how_to_make_one() {
        let refusal = read(Path::new("/nonexistent/keys.json"), Owner::RootOrUs).unwrap_err();
        assert!(refusal.to_string().contains("Start Sayso once"), "{refusal}");
    }
}
