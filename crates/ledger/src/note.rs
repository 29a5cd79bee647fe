//! The signed root: a C2SP signed note holding a tlog checkpoint.
//!
//! ```text
//! sayso.invalid/hera          the origin: the key's name
//! 20852163                    how many leaves
//! CsUYapGGPo4dkMgIAUqom…=     the root, in base64
//!
//! — sayso.invalid/hera Az3g…  key id (4 bytes) and Ed25519 signature, in base64
//! ```
//!
//! Invariant: [`NoteKey::read`] gives back only what this very key signed under this very name. Signatures of
//! others on the same note (witnesses) are left alone, as the specification has it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sayso_core::PublicKey;
use sha2::{Digest as _, Sha256};

use crate::LedgerError;
use crate::limits;
use crate::tree::Hash;

/// What makes an Ed25519 signature over a note's text.
type Sign = dyn Fn(&[u8]) -> [u8; 64] + Send + Sync;

/// The specification's byte for a plain Ed25519 signature.
const ED25519: u8 = 1;

/// The key that signs the tree's root, by a name that is also the log's origin.
#[derive(Clone)]
pub struct NoteKey {
    name: Arc<str>,
    public: PublicKey,
    sign: Arc<Sign>,
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteKey")
            .field("name", &self.name)
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl NoteKey {
    /// A key by its name, its public half, and what signs with it.
    ///
    /// # Errors
    /// `entry_form` where the name is empty or holds a space, a control character or `+`.
    pub fn new(name: impl Into<Arc<str>>, public: PublicKey, sign: Arc<Sign>) -> Result<Self, LedgerError> {
        let name = name.into();
        if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(LedgerError::Form(format!(
                "the log's name {name:?} must have characters, and no space and no `+` among them"
            )));
        }
        Ok(Self { name, public, sign })
    }

    /// The name, which is the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The note's id of this key: what stands before each signature.
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', ED25519])
            .chain_update(self.public.raw())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// The checkpoint of a tree, signed.
    pub(crate) fn write(&self, size: u64, root: &Hash) -> String {
        let text = format!("{}\n{size}\n{}\n", self.name, STANDARD.encode(root));
        let mut signature = Vec::with_capacity(68);
        signature.extend(self.id());
        signature.extend((self.sign)(text.as_bytes()));
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(signature))
    }

    /// Size and root of a checkpoint that this key signed. The error is half a sentence.
    pub(crate) fn read(&self, note: &str) -> Result<(u64, Hash), String> {
        let text = self.verified_text(note)?;
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err("it does not have three lines".to_owned());
        };
        if origin != &*self.name {
            return Err(format!("it is of another log, {origin:?}"));
        }
        let number: u64 = size.parse().map_err(|_| format!("its size {size:?} is not a number"))?;
        if number.to_string() != size {
            return Err(format!("its size {size:?} is not written plainly"));
        }
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|raw| raw.try_into().ok())
            .ok_or("its root is not 32 bytes of base64")?;
        Ok((number, root))
    }

    /// The text of a signed note, once one of its signatures is this key's and holds.
    fn verified_text<'a>(&self, note: &'a str) -> Result<&'a str, String> {
        if note.len() > limits::NOTE_BYTES || note.chars().any(|c| c < ' ' && c != '\n') {
            return Err("it is not a signed note".to_owned());
        }
        let cut = note.rfind("\n\n").ok_or("it has no signature")?;
        let (text, signatures) = (&note[..=cut], &note[cut + 2..]);
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err("its last line is cut off".to_owned());
        }
        let mut held = false;
        for line in signatures.lines() {
            let (name, raw) = signature(line).ok_or("a signature's line is malformed")?;
            let Some((id, rest)) = raw.split_first_chunk::<4>() else {
                return Err("a signature is too short".to_owned());
            };
            if name != &*self.name || *id != self.id() {
                continue;
            }
            let ours: &[u8; 64] = rest.try_into().map_err(|_| "its signature is not 64 bytes")?;
            if !self.public.verifies(text.as_bytes(), ours) {
                return Err("its signature does not hold".to_owned());
            }
            held = true;
        }
        if held { Ok(text) } else { Err("this machine's key did not sign it".to_owned()) }
    }
}

fn signature(line: &str) -> Option<(&str, Vec<u8>)> {
    let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
    let raw = STANDARD.decode(base64).ok()?;
    (!name.is_empty()).then_some((name, raw))
}

#[cfg(test)]
mod tests;
