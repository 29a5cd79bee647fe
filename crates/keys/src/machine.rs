//! The machine's own key: it signs what rules and timeouts decided, and the ledger's checkpoints.
//!
//! It lies in a file because it must sign while nobody is there to unlock a keychain. That is why it may sign so
//! little: no approval of anything that a person had to decide.
//!
//! # Invariants
//! - `machine.key` is a plain file of ours, mode 0600, never reached through a link.
//! - The key is made once, and `keys.json` lists it before the file stands in its place; from then on one
//!   without the other is a [`Trouble`].
//! - What it signs elsewhere than in a receipt begins with a line of its own, so that no signature serves twice:
//!   a receipt's signed bytes are base64url and dots and hold no line end.

use std::fmt;
use std::path::Path;

use sayso_core::decision::{By, Decision};
use sayso_core::key::{Enrolled, Role};
use sayso_core::receipt::{ReceiptError, Verified};
use sayso_core::{PublicKey, Receipt, ReceiptClaims, TrustedKeys};

use crate::enrolment;
use crate::files::{self, Held, Locked};
use crate::seed::{self, Seed};
use crate::trouble::Trouble;

/// The file's name in the data folder.
pub const FILE: &str = "machine.key";

/// The machine's key.
pub struct MachineKey {
    seed: Seed,
    holder: String,
}

impl fmt::Debug for MachineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MachineKey({}, {})", self.holder, self.public().id())
    }
}

impl MachineKey {
    /// The key of this folder, made and enrolled as `machine:<this host>` if there never was one.
    ///
    /// # Errors
    /// [`Trouble`] where the key's file and `keys.json` do not fit each other, or others could have read the key.
    pub fn open_or_create(folder: &Path) -> Result<Self, Trouble> {
        Self::open_or_create_as(folder, &files::host())
    }

    pub(crate) fn open_or_create_as(folder: &Path, host: &str) -> Result<Self, Trouble> {
        let lock = Locked::folder(folder)?;
        let path = lock.path(FILE);
        let listed = enrolment::load(folder)?.of_role(Role::Machine).cloned();
        match (listed, open(&path)?) {
            (Some(listed), Some(seed)) => Self::checked(seed, listed, &path),
            (None, None) => Self::create(&lock, folder, enrolment::holder("machine", host)),
            (None, Some(_)) => Err(Trouble::MachineKeyUnlisted { path }),
            (Some(listed), None) => {
                // A crash between listing the key and putting its file in place left it beside its place.
                let seed = open(&lock.prepared(FILE))?.filter(|seed| *seed.public() == listed.key);
                let seed = seed.ok_or(Trouble::MachineKeyGone { path: path.clone() })?;
                lock.settle(FILE)?;
                Self::checked(seed, listed, &path)
            }
        }
    }

    fn checked(seed: Seed, listed: Enrolled, path: &Path) -> Result<Self, Trouble> {
        if *seed.public() == listed.key {
            Ok(Self { seed, holder: listed.holder })
        } else {
            Err(Trouble::MachineKeyMismatch { path: path.to_owned() })
        }
    }

    fn create(lock: &Locked<'_>, folder: &Path, holder: String) -> Result<Self, Trouble> {
        let seed = Seed::fresh()?;
        let mut text = seed.to_text();
        // Room for the line end was reserved; growing would leave a copy of the key behind.
        text.push(b'\n');
        lock.prepare(FILE, &text, files::SECRET)?;
        let enrolled = Enrolled { key: seed.public().clone(), role: Role::Machine, holder: holder.clone() };
        enrolment::append_locked(lock, folder, enrolled)?;
        lock.settle(FILE)?;
        tracing::info!(kid = %seed.public().id(), %holder, "made the machine's key");
        Ok(Self { seed, holder })
    }

    /// The public half.
    pub const fn public(&self) -> &PublicKey {
        self.seed.public()
    }

    /// `machine:<host>`: the `iss` of what it signs.
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// The receipt of a decision by a rule or a timeout.
    ///
    /// # Errors
    /// [`Trouble::MayNotSign`] for a person's decision, an approval by silence, or another's name in `iss`.
    pub fn sign(&self, claims: &ReceiptClaims) -> Result<Receipt, Trouble> {
        sign_as(&self.seed, Role::Machine, &self.holder, claims)
    }

    /// A rule's decision, signed, and as good as verified under `keys`; see [`Verified::signed_here`].
    ///
    /// # Errors
    /// [`ReceiptError`] where `keys` do not let this key say so.
    pub fn sign_verified(&self, claims: ReceiptClaims, keys: &TrustedKeys) -> Result<Verified, ReceiptError> {
        Verified::signed_here(claims, self.seed.signer(), keys)
    }

    /// The signature over bytes that are no receipt. They begin with a line that says what they are.
    pub fn sign_bytes(&self, bytes: &[u8]) -> [u8; 64] {
        self.seed.sign(bytes)
    }
}

fn open(path: &Path) -> Result<Option<Seed>, Trouble> {
    let Some(Held { bytes, standing }) = files::read(path, seed::TEXT_BYTES)? else { return Ok(None) };
    let path = path.to_owned();
    if !standing.is_file {
        return Err(Trouble::MachineKeyDamaged { path });
    }
    if standing.uid != files::me() {
        return Err(Trouble::MachineKeyForeign { path, uid: standing.uid });
    }
    if standing.mode & 0o077 != 0 {
        return Err(Trouble::MachineKeyReadable { path, mode: standing.mode });
    }
    Seed::from_text(&bytes).map(Some).ok_or(Trouble::MachineKeyDamaged { path })
}

/// Signs `claims`, if a key of this role and holder may. Beside [`Verified::signed_here`], the only place where a receipt
/// is signed.
pub(crate) fn sign_as(
    seed: &Seed,
    role: Role,
    holder: &str,
    claims: &ReceiptClaims,
) -> Result<Receipt, Trouble> {
    let refusal = |why: String| Trouble::MayNotSign { kid: seed.public().id().clone(), why };
    if !role.may_sign(claims.by, claims.presence) {
        let why = format!("a decision by {:?} with presence {:?} is another's", claims.by, claims.presence);
        return Err(refusal(why));
    }
    if claims.by == By::Timeout && claims.decision == Decision::Approved {
        return Err(refusal("silence approves nothing".to_owned()));
    }
    if claims.iss != holder {
        return Err(refusal(format!("its holder is {holder}, and the decision names {}", claims.iss)));
    }
    let input = claims
        .signing_input(seed.public().id())
        .map_err(|e| refusal(format!("it has no form that could be signed: {e}")))?;
    Ok(Receipt::assemble(&input, &seed.sign(input.as_bytes())))
}

#[cfg(test)]
mod tests;
