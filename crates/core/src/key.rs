//! Public keys and who may sign what with them.
//!
//! Invariants: a key's id is its RFC 7638 thumbprint, computed and never taken from outside; an approver's key
//! signs what a person decided and nothing else, the machine's key signs what rules and timeouts decided and
//! nothing else; presence from [`Presence::Passphrase`] up comes only from a key that a passphrase guards. Of several
//! keys of one role and holder the first is in force; the later ones were replaced and approve nothing any more.
//!
//! Deliberately absent: secret keys. They live in the `keys` crate and never here.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::decision::{By, Presence};

/// An RFC 7638 thumbprint: base64url of a SHA-256, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// First and last four characters, for people: `7f3a…c91e`.
    pub fn short(&self) -> String {
        let first: String = self.0.chars().take(4).collect();
        let last: String = self.0.chars().skip(self.0.chars().count().saturating_sub(4)).collect();
        format!("{first}…{last}")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An Ed25519 public key with its thumbprint.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: KeyId,
    key: VerifyingKey,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id)
    }
}

/// Bytes that are not an Ed25519 public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not an Ed25519 public key fit for signatures")]
pub struct NotAKey;

impl PublicKey {
    /// A key from its 32 bytes.
    ///
    /// # Errors
    /// If they are no point on the curve, or one of small order (which would verify what nobody signed).
    pub fn from_raw(raw: &[u8; 32]) -> Result<Self, NotAKey> {
        let key = VerifyingKey::from_bytes(raw).map_err(|_| NotAKey)?;
        if key.is_weak() {
            return Err(NotAKey);
        }
        let x = URL_SAFE_NO_PAD.encode(raw);
        let print =
            crate::Digest::of_bytes(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#).as_bytes());
        Ok(Self { id: KeyId(URL_SAFE_NO_PAD.encode(print.raw())), key })
    }

    /// The thumbprint.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// The 32 bytes.
    pub fn raw(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Whether `signature` is this key's over `message`, by the strict rules (no malleable or mixed forms).
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// What a key is enrolled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Signs what rules and timeouts decided.
    Machine,
    /// Signs what a person decided, by click or by typing; the keychain guards it.
    Approver,
    /// Signs what a person decided with their passphrase, which guards it.
    Passphrase,
}

impl Role {
    /// Whether a key of this role may sign such a decision.
    pub fn may_sign(self, by: By, presence: Presence) -> bool {
        match (self, by) {
            (Self::Machine, By::Rule | By::Timeout) => presence == Presence::None,
            (Self::Approver, By::Person) => presence <= Presence::Typed,
            (Self::Passphrase, By::Person) => presence == Presence::Passphrase,
            _ => false,
        }
    }
}

/// One enrolled key. On disk and in `sayso keys` a JWK (RFC 8037) with two members of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct Enrolled {
    /// The key.
    pub key: PublicKey,
    /// What it may sign.
    pub role: Role,
    /// Whose it is; `iss` of its receipts: `person:anna`, `machine:hera`.
    pub holder: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    kid: KeyId,
    alg: String,
    r#use: String,
    sayso_role: Role,
    sayso_holder: String,
}

impl From<Enrolled> for Jwk {
    fn from(enrolled: Enrolled) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: URL_SAFE_NO_PAD.encode(enrolled.key.raw()),
            kid: enrolled.key.id,
            alg: "EdDSA".to_owned(),
            r#use: "sig".to_owned(),
            sayso_role: enrolled.role,
            sayso_holder: enrolled.holder,
        }
    }
}

impl TryFrom<Jwk> for Enrolled {
    type Error = String;
    fn try_from(jwk: Jwk) -> Result<Self, String> {
        if (jwk.kty.as_str(), jwk.crv.as_str()) != ("OKP", "Ed25519") {
            return Err(format!("key {} is not an Ed25519 key", jwk.kid));
        }
        let raw: [u8; 32] = URL_SAFE_NO_PAD
            .decode(&jwk.x)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| format!("key {} has an `x` that is not 32 bytes of base64url", jwk.kid))?;
        let key = PublicKey::from_raw(&raw).map_err(|e| e.to_string())?;
        if key.id != jwk.kid {
            return Err(format!("key {} has another thumbprint: {}", jwk.kid, key.id));
        }
        Ok(Self { key, role: jwk.sayso_role, holder: jwk.sayso_holder })
    }
}

/// The keys whose word counts: a JWKS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedKeys {
    /// The enrolled keys.
    pub keys: Vec<Enrolled>,
}

impl TrustedKeys {
    /// The key of this id.
    pub fn find(&self, id: &str) -> Option<&Enrolled> {
        self.keys.iter().find(|enrolled| enrolled.key.id.as_str() == id)
    }

    /// Whether what this key signs counts for something that is yet to happen: it is the first of its role and
    /// holder. What a replaced one signed still verifies, as a record.
    pub fn in_force(&self, id: &KeyId) -> bool {
        let alike = |one: &&Enrolled, other: &Enrolled| one.role == other.role && one.holder == other.holder;
        self.find(id.as_str())
            .is_some_and(|key| self.keys.iter().find(|first| alike(first, key)) == Some(key))
    }

    /// The first key of this role.
    pub fn of_role(&self, role: Role) -> Option<&Enrolled> {
        self.keys.iter().find(|enrolled| enrolled.role == role)
    }
}
