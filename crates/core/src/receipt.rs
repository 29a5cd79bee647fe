//! The receipt: a signed decision about exact bytes, as a compact JWS that any JWT library verifies.
//!
//! # Invariants
//! - `alg` is EdDSA and `typ` is `sayso-receipt+jwt`, always; the header holds `alg`, `typ`, `kid` and nothing
//!   else, so there is no algorithm to confuse and no key to fetch.
//! - A [`Verified`] exists only after the signature held under an enrolled key that may sign such a decision, or where
//!   it was made in the same call with the secret half of the enrolled machine key ([`Verified::signed_here`]).
//! - An [`Approval`] exists only for a verified, unexpired `approved` that names the expected request, action,
//!   asker and nonce, by a key that no other replaced. It cannot be cloned; using it moves it.
//!
//! # Deliberately absent
//! Secret keys (`keys` holds them and lends one for a call), remembering which receipts were used ([`crate::life`] and
//! the ledger).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};

use crate::canonical::Digest;
use crate::decision::{By, Decision, Presence};
use crate::key::{Enrolled, KeyId, Role, TrustedKeys};
use crate::request::{Nonce, RequestId};
use crate::time::UnixMs;
use crate::{limits, strict};

/// The `typ` of every receipt.
pub const TYP: &str = "sayso-receipt+jwt";

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptClaims {
    /// Who decided: `person:anna`, `machine:hera`.
    pub iss: String,
    /// Who asked: the agent's own name.
    pub aud: String,
    /// The request.
    pub sub: RequestId,
    /// The asker's nonce.
    pub jti: Nonce,
    /// When it was decided, in seconds since 1970.
    pub iat: i64,
    /// From when it counts, in seconds since 1970.
    pub nbf: i64,
    /// Until when it counts, in seconds since 1970.
    pub exp: i64,
    /// Yes or no.
    pub decision: Decision,
    /// By whom.
    pub by: By,
    /// How sure it is that a person was there.
    pub presence: Presence,
    /// SHA-256 of the action's RFC 8785 canonical JSON.
    pub action: Digest,
    /// SHA-256 of what the person was shown; absent where nobody was shown anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Digest>,
    /// The decider's sentence; reaches the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: KeyId,
}

impl ReceiptClaims {
    /// The bytes that a signature is made over: `base64url(header).base64url(claims)`.
    ///
    /// # Errors
    /// None for claims that were parsed or built by Sayso; the signature admits what JSON cannot hold.
    pub fn signing_input(&self, kid: &KeyId) -> Result<String, crate::canonical::NotCanonical> {
        let header = Header { alg: "EdDSA".to_owned(), typ: TYP.to_owned(), kid: kid.clone() };
        let header = serde_json::to_vec(&header)?;
        let claims = serde_json::to_vec(self)?;
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
    }
}

/// A receipt as text: a compact JWS. Nothing is known of its signature until [`Receipt::verify`].
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Receipt(String);

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({} bytes)", self.0.len())
    }
}

/// Why a receipt does not count. `code` is stable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not three base64url parts of the right JSON.
    #[error("this is not a Sayso receipt: {0}")]
    Form(String),
    /// A key that is not enrolled.
    #[error("the receipt is signed with the key {0}, which is not enrolled here; compare with `sayso keys`")]
    UnknownKey(String),
    /// An enrolled key that may not sign such a decision.
    #[error("the key {kid} may not sign a decision by {by:?} with presence {presence:?}")]
    WrongRole {
        /// The key.
        kid: String,
        /// The decider it claims.
        by: By,
        /// The presence it claims.
        presence: Presence,
    },
    /// A key that another one has replaced.
    #[error("the receipt is signed with the key {0}, which another one has replaced; ask again")]
    KeyReplaced(String),
    /// The signature does not hold.
    #[error("the receipt's signature does not hold; it was changed, or signed by somebody else")]
    Signature,
    /// Past `exp`, or before `nbf`.
    #[error("the receipt is not in force now (from {nbf} to {exp}); ask again")]
    NotInForce {
        /// From when it counts, seconds since 1970.
        nbf: i64,
        /// Until when it counts, seconds since 1970.
        exp: i64,
    },
    /// It is about something else.
    #[error("the receipt is about another {0}; it approves nothing here")]
    Mismatch(&'static str),
    /// It is a denial.
    #[error("the receipt is a denial{}", .0.as_ref().map(|r| format!(": {r}")).unwrap_or_default())]
    Denial(Option<String>),
}

impl ReceiptError {
    /// The stable code, as on the wire and in `--json`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) => "receipt_form",
            Self::UnknownKey(_) => "receipt_unknown_key",
            Self::WrongRole { .. } => "receipt_wrong_role",
            Self::KeyReplaced(_) => "key_replaced",
            Self::Signature => "receipt_signature",
            Self::NotInForce { .. } => "receipt_not_in_force",
            Self::Mismatch(_) => "receipt_mismatch",
            Self::Denial(_) => "receipt_denial",
        }
    }
}

impl Receipt {
    /// A receipt from a signing input and the signature over it.
    pub fn assemble(signing_input: &str, signature: &[u8; 64]) -> Self {
        Self(format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// A receipt from text that claims to be one; nothing is checked yet.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The compact JWS.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Checks form, key, role and signature. Time and subject are checked by [`Verified::into_approval`].
    ///
    /// # Errors
    /// [`ReceiptError`], the first that applies.
    pub fn verify(self, keys: &TrustedKeys) -> Result<Verified, ReceiptError> {
        let form = |why: &str| ReceiptError::Form(why.to_owned());
        if self.0.len() > limits::RECEIPT_BYTES {
            return Err(form("it is too long"));
        }
        let mut parts = self.0.split('.');
        let (Some(header64), Some(claims64), Some(signature64), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(form("it does not have three parts"));
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| form("a part is not base64url"));
        let header: Header =
            strict::parse(&decode(header64)?).map_err(|e| ReceiptError::Form(format!("its header: {e}")))?;
        if header.alg != "EdDSA" || header.typ != TYP {
            return Err(form("its `alg` or `typ` is not a receipt's"));
        }
        let enrolled =
            keys.find(header.kid.as_str()).ok_or_else(|| ReceiptError::UnknownKey(header.kid.to_string()))?;
        let signature: [u8; 64] =
            decode(signature64)?.try_into().map_err(|_| form("its signature is not 64 bytes"))?;
        let signed = &self.0[..header64.len() + 1 + claims64.len()];
        if !enrolled.key.verifies(signed.as_bytes(), &signature) {
            return Err(ReceiptError::Signature);
        }
        let claims: ReceiptClaims =
            strict::parse(&decode(claims64)?).map_err(|e| ReceiptError::Form(format!("its claims: {e}")))?;
        may_say(enrolled, &claims)?;
        let in_force = keys.in_force(&header.kid);
        Ok(Verified { kid: header.kid, in_force, claims, receipt: self })
    }
}

/// Whether this key's word counts for such a decision.
fn may_say(enrolled: &Enrolled, claims: &ReceiptClaims) -> Result<(), ReceiptError> {
    let silence_approves = claims.by == By::Timeout && claims.decision == Decision::Approved;
    if silence_approves || !enrolled.role.may_sign(claims.by, claims.presence) {
        return Err(wrong_role(enrolled, claims));
    }
    if claims.iss != enrolled.holder {
        return Err(ReceiptError::Mismatch("issuer"));
    }
    Ok(())
}

fn wrong_role(enrolled: &Enrolled, claims: &ReceiptClaims) -> ReceiptError {
    let kid = enrolled.key.id().to_string();
    ReceiptError::WrongRole { kid, by: claims.by, presence: claims.presence }
}

/// A receipt whose signature held under a key that may sign such a decision.
#[derive(Debug, PartialEq, Eq)]
pub struct Verified {
    kid: KeyId,
    in_force: bool,
    claims: ReceiptClaims,
    receipt: Receipt,
}

/// What an approval must be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected<'a> {
    /// The request; `None` where the asker has not learned its number.
    pub request: Option<RequestId>,
    /// The digest of the action that is about to happen.
    pub action: Digest,
    /// The nonce that was sent.
    pub nonce: &'a Nonce,
    /// The agent's name that was sent.
    pub agent: &'a str,
}

impl Verified {
    /// A rule's decision, signed here with the machine's secret key: what [`Receipt::verify`] would make of the same
    /// receipt, without computing twice what was just computed. The key must be enrolled as the machine's, its role and
    /// holder are checked as at any verification, and the signature is over these very claims. So nobody gains by it:
    /// who can lend the secret half of the machine's key could sign, and have it verified. A person's key is refused.
    ///
    /// # Errors
    /// [`ReceiptError`], as [`Receipt::verify`] would give it.
    pub fn signed_here(
        claims: ReceiptClaims,
        machine: &SigningKey,
        keys: &TrustedKeys,
    ) -> Result<Self, ReceiptError> {
        let public = machine.verifying_key();
        let enrolled = keys.keys.iter().find(|enrolled| enrolled.key.raw() == public.as_bytes());
        let enrolled = enrolled.ok_or_else(|| ReceiptError::UnknownKey("of this machine".to_owned()))?;
        if enrolled.role != Role::Machine {
            return Err(wrong_role(enrolled, &claims));
        }
        may_say(enrolled, &claims)?;
        if [claims.iat, claims.nbf, claims.exp].iter().any(|s| s.unsigned_abs() > limits::EXACT_INTEGER) {
            return Err(ReceiptError::Form("a time in it is too large".to_owned()));
        }
        let kid = enrolled.key.id().clone();
        let input = claims.signing_input(&kid).map_err(|e| ReceiptError::Form(e.to_string()))?;
        let receipt = Receipt::assemble(&input, &machine.sign(input.as_bytes()).to_bytes());
        if receipt.0.len() > limits::RECEIPT_BYTES {
            return Err(ReceiptError::Form("it is too long".to_owned()));
        }
        let made = Self { in_force: keys.in_force(&kid), kid, claims, receipt };
        debug_assert_eq!(made.receipt.clone().verify(keys).as_ref(), Ok(&made));
        Ok(made)
    }

    /// The key that signed.
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// Whether that key still counts for something that is yet to happen.
    ///
    /// # Errors
    /// [`ReceiptError::KeyReplaced`]: it is good for the record alone.
    pub fn key_is_in_force(&self) -> Result<(), ReceiptError> {
        if self.in_force { Ok(()) } else { Err(ReceiptError::KeyReplaced(self.kid.to_string())) }
    }

    /// What it says.
    pub const fn claims(&self) -> &ReceiptClaims {
        &self.claims
    }

    /// The text it came in.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Whether it is about this request, action, asker and nonce.
    ///
    /// # Errors
    /// [`ReceiptError::Mismatch`] naming the first that differs.
    pub fn is_about(&self, expected: &Expected<'_>) -> Result<(), ReceiptError> {
        let claims = &self.claims;
        if expected.request.is_some_and(|id| id != claims.sub) {
            return Err(ReceiptError::Mismatch("request"));
        }
        if expected.action != claims.action {
            return Err(ReceiptError::Mismatch("action"));
        }
        if *expected.nonce != claims.jti {
            return Err(ReceiptError::Mismatch("nonce"));
        }
        if expected.agent != claims.aud {
            return Err(ReceiptError::Mismatch("asker"));
        }
        Ok(())
    }

    /// The approval in this receipt, if it is one, is about what is expected, and it and its key are in force at
    /// `now`.
    ///
    /// # Errors
    /// [`ReceiptError`]: a replaced key, a denial, a mismatch, or a receipt out of its time.
    pub fn into_approval(self, expected: &Expected<'_>, now: UnixMs) -> Result<Approval, ReceiptError> {
        self.key_is_in_force()?;
        self.is_about(expected)?;
        if self.claims.decision != Decision::Approved {
            return Err(ReceiptError::Denial(self.claims.reason));
        }
        let (nbf, exp) = (self.claims.nbf, self.claims.exp);
        if now.seconds() < nbf || now.seconds() >= exp {
            return Err(ReceiptError::NotInForce { nbf, exp });
        }
        Ok(Approval { verified: self })
    }
}

/// A yes that verification made. Not `Clone`: using it moves it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an approval that nobody uses approves nothing"]
pub struct Approval {
    verified: Verified,
}

impl Approval {
    /// What it says.
    pub const fn claims(&self) -> &ReceiptClaims {
        &self.verified.claims
    }

    /// The text it came in.
    pub const fn receipt(&self) -> &Receipt {
        &self.verified.receipt
    }
}

#[cfg(test)]
mod tests;
