//! The person's own credentials for checking facts: the secrets in the keychain, their names in a file beside the keys.
//!
//! # Invariants
//! - A secret goes into the keychain and comes out for a check of facts, and for nothing else; nothing prints it.
//! - A name stands in the file only after the keychain took the secret, so that the list promises nothing.
//!
//! # Deliberately absent
//! What a credential may do: that is the system's own to limit. The documentation asks for such that can only read.

use std::path::Path;

use zeroize::Zeroizing;

use crate::files::{Locked, SECRET, trouble};
use crate::{Keychain, Trouble};

/// The file with the names.
const FILE: &str = "credentials.json";
/// Characters of a name: a host and a database with room to spare.
const NAME_CHARS: usize = 200;
/// Bytes of a secret: the longest session tokens of clouds have a fifth of it.
pub const SECRET_BYTES: usize = 16 * 1024;

/// The names of all credentials, sorted.
///
/// # Errors
/// If the file cannot be read.
pub fn names(data: &Path) -> Result<Vec<String>, Trouble> {
    let path = data.join(FILE);
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| Trouble::File {
            path,
            doing: "read",
            detail: e.to_string(),
        }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(trouble(&path, "read", &e)),
    }
}

/// Keeps `secret` under `name`, in the place of one by the same name.
///
/// # Errors
/// If the name or the secret cannot be one, or the keychain does not take it.
pub fn add(data: &Path, keychain: &Keychain, name: &str, secret: &Zeroizing<String>) -> Result<(), Trouble> {
    checked(name)?;
    if secret.trim().is_empty() || secret.len() > SECRET_BYTES {
        return Err(Trouble::CredentialUnfit {
            why: format!("its secret must have between 1 and {SECRET_BYTES} bytes"),
        });
    }
    keychain.keep_credential(name, Zeroizing::new(secret.as_bytes().to_vec()))?;
    edit(data, |names| {
        if let Err(at) = names.binary_search_by(|known| known.as_str().cmp(name)) {
            names.insert(at, name.to_owned());
        }
    })
}

/// The secret of `name`; `None` where there is none.
///
/// # Errors
/// If the keychain does not give it.
pub fn get(keychain: &Keychain, name: &str) -> Result<Option<Zeroizing<String>>, Trouble> {
    checked(name)?;
    let Some(bytes) = keychain.credential(name)? else { return Ok(None) };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(Trouble::CredentialDamaged { name: name.to_owned() }),
    }
}

/// Forgets `name`. Whether there was one.
///
/// # Errors
/// If the keychain does not take part.
pub fn remove(data: &Path, keychain: &Keychain, name: &str) -> Result<bool, Trouble> {
    checked(name)?;
    let was_there = names(data)?.iter().any(|known| known == name);
    keychain.forget_credential(name)?;
    edit(data, |names| names.retain(|known| known != name))?;
    Ok(was_there)
}

fn edit(data: &Path, change: impl FnOnce(&mut Vec<String>)) -> Result<(), Trouble> {
    let folder = Locked::folder(data)?;
    let mut list = names(data)?;
    change(&mut list);
    let bytes = serde_json::to_vec(&list).unwrap_or_default();
    folder.prepare(FILE, &bytes, SECRET)?;
    folder.settle(FILE)
}

fn checked(name: &str) -> Result<(), Trouble> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-:/@*".contains(c);
    if name.is_empty() || name.len() > NAME_CHARS || !name.chars().all(fits) {
        let why =
            "its name takes letters, digits and . _ - : / @ *, such as railway or postgres:db.acme.example";
        return Err(Trouble::CredentialUnfit { why: why.to_owned() });
    }
    Ok(())
}
