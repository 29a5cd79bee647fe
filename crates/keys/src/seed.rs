//! A secret Ed25519 key in memory, and as the short text it is kept as.
//!
//! Invariants: no `Debug`, no `Clone`; every buffer that ever held the seed is wiped when it is dropped.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use sayso_core::PublicKey;
use zeroize::Zeroizing;

use crate::trouble::Trouble;

/// What a kept seed begins with. The number changes when the form does.
const PREFIX: &str = "sayso-ed25519-v1:";

/// Characters of 32 bytes in base64url without padding.
const SEED_CHARS: usize = 43;

/// A kept seed is this long; a reader takes no more.
pub(crate) const TEXT_BYTES: usize = PREFIX.len() + SEED_CHARS + 1;

/// A secret key. `SigningKey` wipes itself when dropped.
pub(crate) struct Seed {
    signer: SigningKey,
    public: PublicKey,
}

impl Seed {
    /// A new key from the system's random numbers.
    pub(crate) fn fresh() -> Result<Self, Trouble> {
        let mut raw = Zeroizing::new([0u8; 32]);
        fill_random(raw.as_mut_slice())?;
        Self::from_raw(&raw)
            .ok_or_else(|| Trouble::NoRandomness { detail: "a key of small order".to_owned() })
    }

    /// The key of these 32 bytes; `None` for one whose public half verifies what nobody signed.
    pub(crate) fn from_raw(raw: &[u8; 32]) -> Option<Self> {
        let signer = SigningKey::from_bytes(raw);
        let public = PublicKey::from_raw(signer.verifying_key().as_bytes()).ok()?;
        Some(Self { signer, public })
    }

    /// The key in a kept text.
    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let text = text.strip_prefix(PREFIX.as_bytes())?;
        // The decoder wants room for its own estimate, which may be more than the 32 bytes it writes.
        let mut raw = Zeroizing::new([0u8; 36]);
        let written = URL_SAFE_NO_PAD.decode_slice(text, raw.as_mut_slice()).ok()?;
        let seed: &[u8; 32] = raw.get(..written)?.try_into().ok()?;
        Self::from_raw(seed)
    }

    /// The text it is kept as, without a line end.
    pub(crate) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(TEXT_BYTES));
        text.extend_from_slice(PREFIX.as_bytes());
        let mut chars = Zeroizing::new([0u8; SEED_CHARS]);
        let raw = self.raw();
        // 32 bytes are 43 characters; there is no length at which this could fail.
        let written = URL_SAFE_NO_PAD.encode_slice(raw.as_slice(), chars.as_mut_slice()).unwrap_or(0);
        text.extend_from_slice(&chars[..written]);
        text
    }

    /// The 32 bytes.
    pub(crate) fn raw(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signer.to_bytes())
    }

    /// The public half.
    pub(crate) const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The key itself, lent for a signature.
    pub(crate) const fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// The signature over `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signer.sign(message).to_bytes()
    }
}

/// Fills `bytes` from the system's random numbers.
pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<(), Trouble> {
    getrandom::fill(bytes).map_err(|e| Trouble::NoRandomness { detail: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_is_the_same_key_again() {
        let seed = Seed::fresh().unwrap();
        let text = seed.to_text();
        assert_eq!(text.len() + 1, TEXT_BYTES);
        let again = Seed::from_text(&text).unwrap();
        assert_eq!(again.public(), seed.public());
        assert!(seed.public().verifies(b"m", &again.sign(b"m")));
    }

    #[test]
    fn a_text_that_is_no_key_is_none() {
        let text = Seed::fresh().unwrap().to_text();
        let mut longer = text.to_vec();
        longer.push(b'A');
        for bad in
            [&b""[..], b"sayso-ed25519-v1:", b"sayso-ed25519-v2:AAAA", &text[..text.len() - 1], &longer]
        {
            assert!(Seed::from_text(bad).is_none());
        }
    }
}
