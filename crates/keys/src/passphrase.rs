//! The passphrase, and the key it wraps.
//!
//! # Invariants
//! - The second key lies in the keychain as a ciphertext that only the passphrase opens. The version names every
//!   parameter: nothing in the stored text can make the work cheaper, or so dear that it stops the machine.
//! - The ciphertext is bound to its key's id and version; moved under another name it does not open.
//! - A passphrase is never shown, logged, stored or sent. `Debug` says that there is one, no more.
//!
//! Deliberately absent: a way to open the key without the passphrase. Forgotten is forgotten; a new key with a new
//! passphrase can take its place ([`crate::person::renew_passphrase`]).

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sayso_core::KeyId;
use sayso_core::strict;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::seed::{self, Seed};
use crate::trouble::Trouble;

/// The fewest characters of a new passphrase. A program of the same user can copy the ciphertext and guess for as
/// long as it likes; each guess costs it 64 MiB and a good part of a second. Twelve random letters outlast that by
/// far, and four or five words are longer than twelve.
pub const LEAST_CHARS: usize = 12;

/// The most bytes of a passphrase: any sentence fits, and nobody makes us work on a book.
pub const MOST_BYTES: usize = 1024;

/// Argon2id's memory in KiB, version 1: 64 MiB, RFC 9106's second choice for machines that do other things too,
/// and above OWASP's strongest line (46 MiB).
const MEMORY_KIB: u32 = 64 * 1024;
/// Argon2id's passes, version 1: RFC 9106's for 64 MiB; OWASP asks for one at this memory.
const PASSES: u32 = 3;
/// Argon2id's lanes, version 1: we work on one core, so more lanes would only speed up who has many.
const LANES: u32 = 1;
/// Bytes of salt: RFC 9106's.
const SALT_BYTES: usize = 16;
/// Bytes of XChaCha20's nonce: long enough to be drawn at random.
const NONCE_BYTES: usize = 24;

/// The version written today.
const VERSION: u32 = 1;

/// A wrapped key is some 250 bytes of JSON; a reader takes no more than this.
const WRAPPED_BYTES: usize = 1024;

/// A passphrase as typed, byte for byte. Wiped when dropped.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase from the text as typed. The text is moved, not copied.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Whether it may become a new passphrase.
    ///
    /// # Errors
    /// [`Trouble::PassphraseShort`] or [`Trouble::PassphraseLong`].
    pub fn check_new(&self) -> Result<(), Trouble> {
        if self.0.len() > MOST_BYTES {
            return Err(Trouble::PassphraseLong { most: MOST_BYTES });
        }
        if self.0.chars().count() < LEAST_CHARS {
            return Err(Trouble::PassphraseShort { least: LEAST_CHARS });
        }
        Ok(())
    }
}

impl From<String> for Passphrase {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A key's ciphertext as it lies in the keychain.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    v: u32,
    kid: KeyId,
    salt: String,
    nonce: String,
    sealed: String,
}

/// The text that `seed` is kept as, wrapped by `passphrase`.
pub(crate) fn wrap(seed: &Seed, passphrase: &Passphrase) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let mut salt = [0u8; SALT_BYTES];
    let mut nonce = [0u8; NONCE_BYTES];
    seed::fill_random(&mut salt)?;
    seed::fill_random(&mut nonce)?;
    let kid = seed.public().id();
    let raw = seed.raw();
    let sealed = cipher(passphrase, &salt)?
        .encrypt(&XNonce::from(nonce), Payload { msg: raw.as_slice(), aad: &bound_to(kid) })
        .map_err(|e| Trouble::PassphraseWork { detail: e.to_string() })?;
    let wrapped = Wrapped {
        v: VERSION,
        kid: kid.clone(),
        salt: URL_SAFE_NO_PAD.encode(salt),
        nonce: URL_SAFE_NO_PAD.encode(nonce),
        sealed: URL_SAFE_NO_PAD.encode(sealed),
    };
    let text = serde_json::to_vec(&wrapped).map_err(|e| Trouble::PassphraseWork { detail: e.to_string() })?;
    Ok(Zeroizing::new(text))
}

/// The key `kid` out of the text it is kept as.
pub(crate) fn unwrap(text: &[u8], kid: &KeyId, passphrase: &Passphrase) -> Result<Seed, Trouble> {
    let damaged = || Trouble::KeyDamaged { kid: kid.clone() };
    if text.len() > WRAPPED_BYTES {
        return Err(damaged());
    }
    let wrapped: Wrapped = strict::parse(text).map_err(|_| damaged())?;
    if wrapped.kid != *kid {
        return Err(Trouble::KeyMismatch { kid: kid.clone() });
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let salt: [u8; SALT_BYTES] = bytes(&wrapped.salt).and_then(|b| b.try_into().ok()).ok_or_else(damaged)?;
    let nonce: [u8; NONCE_BYTES] =
        bytes(&wrapped.nonce).and_then(|b| b.try_into().ok()).ok_or_else(damaged)?;
    let sealed = bytes(&wrapped.sealed).ok_or_else(damaged)?;
    if wrapped.v != VERSION {
        return Err(damaged());
    }
    if passphrase.0.len() > MOST_BYTES {
        return Err(Trouble::PassphraseWrong);
    }
    let opened = cipher(passphrase, &salt)?
        .decrypt(&XNonce::from(nonce), Payload { msg: &sealed, aad: &bound_to(kid) })
        .map(Zeroizing::new)
        .map_err(|_| Trouble::PassphraseWrong)?;
    let raw: &[u8; 32] = opened.as_slice().try_into().map_err(|_| damaged())?;
    let seed = Seed::from_raw(raw).ok_or_else(damaged)?;
    if seed.public().id() == kid { Ok(seed) } else { Err(Trouble::KeyMismatch { kid: kid.clone() }) }
}

fn bound_to(kid: &KeyId) -> Vec<u8> {
    format!("sayso-passphrase-key-v{VERSION}\n{kid}").into_bytes()
}

fn cipher(passphrase: &Passphrase, salt: &[u8]) -> Result<XChaCha20Poly1305, Trouble> {
    let work = |detail: String| Trouble::PassphraseWork { detail };
    let mut key = Zeroizing::new([0u8; 32]);
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(key.len())).map_err(|e| work(e.to_string()))?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.0.as_bytes(), salt, key.as_mut_slice())
        .map_err(|e| work(e.to_string()))?;
    XChaCha20Poly1305::new_from_slice(key.as_slice()).map_err(|e| work(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned())
    }

    #[test]
    fn a_wrapped_key_opens_with_its_passphrase_and_with_no_other() {
        let seed = Seed::fresh().unwrap();
        let kid = seed.public().id();
        let text = wrap(&seed, &words("correct horse battery")).unwrap();
        let again = unwrap(&text, kid, &words("correct horse battery")).unwrap();
        assert_eq!(again.public(), seed.public());
        for wrong in ["correct horse batterz", "", "correct horse battery ", &"x".repeat(MOST_BYTES + 1)] {
            assert_eq!(unwrap(&text, kid, &words(wrong)).err().unwrap().code(), "passphrase_wrong");
        }
        let twice = wrap(&seed, &words("correct horse battery")).unwrap();
        assert_ne!(*text, *twice, "salt and nonce are new each time");
        let seed = String::from_utf8(seed.to_text().to_vec()).unwrap();
        assert!(!String::from_utf8(text.to_vec()).unwrap().contains(&seed[17..]));
    }

    #[test]
    fn a_wrapped_key_that_was_changed_or_moved_does_not_open() {
        let pass = words("correct horse battery");
        let (seed, other) = (Seed::fresh().unwrap(), Seed::fresh().unwrap());
        let kid = seed.public().id();
        let text = String::from_utf8(wrap(&seed, &pass).unwrap().to_vec()).unwrap();
        let code = |text: &str, kid: &KeyId| unwrap(text.as_bytes(), kid, &pass).err().unwrap().code();
        assert_eq!(code(&text, other.public().id()), "key_mismatch");
        let moved = text.replace(kid.as_str(), other.public().id().as_str());
        assert_eq!(code(&moved, other.public().id()), "passphrase_wrong");
        assert_eq!(code(&text.replace("\"v\":1", "\"v\":2"), kid), "key_damaged");
        assert_eq!(code(&text.replace("\"v\":1", "\"v\":1,\"v\":1"), kid), "key_damaged");
        assert_eq!(code(&text.replace("\"v\":1", "\"v\":1,\"m\":8"), kid), "key_damaged");
        assert_eq!(code("", kid), "key_damaged");
        assert_eq!(code(&format!("{text}{}", " ".repeat(WRAPPED_BYTES)), kid), "key_damaged");
    }

    #[test]
    fn a_new_passphrase_has_a_least_and_a_most_and_is_never_shown() {
        assert_eq!(words("elevenchars").check_new().unwrap_err().code(), "passphrase_short");
        assert_eq!(words("ééééééééééé").check_new().unwrap_err().code(), "passphrase_short");
        words("twelve chars").check_new().unwrap();
        assert_eq!(words(&"x".repeat(MOST_BYTES + 1)).check_new().unwrap_err().code(), "passphrase_long");
        assert_eq!(format!("{:?}", words("correct horse")), "Passphrase(…)");
    }
}
