//! What a person's keys do: the first start, a signature, a passphrase, a new key in place of a lost one.
//!
//! # Invariants
//! - `keys.json` names an approver's key only after the keychain gave that very key back.
//! - Where an approver is enrolled, a start finds that key in the keychain or ends in a [`Trouble`].
//! - A new passphrase's key is vouched for by the one it takes over from: by the approver's key where no passphrase
//!   was set, by the old passphrase's key where one was. Where the old passphrase is forgotten, the approver's key
//!   vouches for a *renewal*: another proof, which never passes for the first, so that the record can tell them apart.
//!
//! No lock is held over a call of the keychain, which may take as long as a person does. What two processes would
//! do at once is looked at again under the lock, before it is written.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sayso_core::canonical::canonical_bytes;
use sayso_core::decision::Presence;
use sayso_core::key::{Enrolled, Role};
use sayso_core::{KeyId, Receipt, ReceiptClaims, TrustedKeys};
use zeroize::Zeroizing;

use crate::enrolment;
use crate::files::Locked;
use crate::keychain::Keychain;
use crate::machine::{self, MachineKey};
use crate::passphrase::{self, Passphrase};
use crate::seed::Seed;
use crate::trouble::Trouble;

/// What a proof of enrolment begins with, so that no other signature can pass for one.
const ENROL_PREFIX: &[u8] = b"sayso-enrol-v1\n";

/// What a proof of renewal begins with.
const RENEW_PREFIX: &[u8] = b"sayso-renew-v1\n";

/// A passphrase's key that is ready to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassphraseKey {
    /// The key.
    pub enrolled: Enrolled,
    /// What shows that it may be enrolled: see [`verify_enrolment_proof`].
    pub proof: String,
}

/// Makes ready what must be there before anything is signed: the machine's key, then the approver's. Where an
/// approver is enrolled, makes sure that the keychain still holds that very key.
///
/// The machine's key is enrolled even if the keychain fails: rules decide, and silence denies, without a person.
///
/// # Errors
/// [`Trouble`]. Nothing is made in place of a key that was enrolled and cannot be had.
pub fn first_start(
    folder: &Path,
    keychain: &Keychain,
    user: &str,
    host: &str,
) -> Result<TrustedKeys, Trouble> {
    MachineKey::open_or_create_as(folder, host)?;
    let keys = enrolment::load(folder)?;
    let Some(approver) = keys.of_role(Role::Approver) else {
        let seed = Seed::fresh()?;
        let holder = enrolment::holder("person", user);
        keep(keychain, seed.public().id(), &seed.to_text())?;
        return enrol_approver(folder, keychain, &seed, holder, None);
    };
    approver_seed(keychain, approver)?;
    forget_replaced(keychain, &keys);
    Ok(keys)
}

/// Makes a new approver's key in place of one that is gone from the keychain or was replaced there. For a person
/// who was told so and asks for it; nothing calls this by itself. The old key stays listed, so that what it
/// signed still verifies; it signs nothing new.
///
/// # Errors
/// [`Trouble::KeyInPlace`] where the enrolled key is in good order; otherwise as [`first_start`].
pub fn renew_approver(folder: &Path, keychain: &Keychain) -> Result<TrustedKeys, Trouble> {
    let keys = enrolment::load(folder)?;
    let old = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    match approver_seed(keychain, old) {
        Ok(_) => return Err(Trouble::KeyInPlace { kid: old.key.id().clone() }),
        Err(trouble) if trouble.can_be_renewed() => {}
        Err(trouble) => return Err(trouble),
    }
    let seed = Seed::fresh()?;
    keep(keychain, seed.public().id(), &seed.to_text())?;
    enrol_approver(folder, keychain, &seed, old.holder.clone(), Some(old))
}

/// The receipt of a person's decision. Presence [`Presence::Passphrase`] takes the passphrase and is signed with
/// the key it wraps; every lesser presence is signed with the approver's key. `passphrase` is not looked at where
/// the presence does not ask for it.
///
/// # Errors
/// [`Trouble`]: the key cannot be had, the passphrase is missing or wrong, or the claims are not this person's.
pub fn sign_as_person(
    folder: &Path,
    keychain: &Keychain,
    claims: &ReceiptClaims,
    passphrase: Option<&Passphrase>,
) -> Result<Receipt, Trouble> {
    let keys = enrolment::load(folder)?;
    let approver = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    let with_passphrase = claims.presence == Presence::Passphrase;
    let enrolled = if with_passphrase {
        keys.of_role(Role::Passphrase).ok_or(Trouble::NoPassphraseSet)?
    } else {
        approver
    };
    if !enrolled.role.may_sign(claims.by, claims.presence) || claims.iss != enrolled.holder {
        let why = format!(
            "it signs what {} decided in person, not a decision by {:?} with presence {:?} in the name of {}",
            enrolled.holder, claims.by, claims.presence, claims.iss
        );
        return Err(Trouble::MayNotSign { kid: enrolled.key.id().clone(), why });
    }
    let seed = if with_passphrase {
        passphrase_seed(keychain, enrolled, passphrase.ok_or(Trouble::PassphraseMissing)?)?
    } else {
        approver_seed(keychain, enrolled)?
    };
    machine::sign_as(&seed, enrolled.role, &enrolled.holder, claims)
}

/// Makes a passphrase's key and keeps it in the keychain. It counts once the broker enrolled it; until then, and
/// if that fails, what counted before still counts. To change a passphrase, the old one must be given.
///
/// # Errors
/// [`Trouble`]: the new passphrase is too short or too long, the old one is missing or wrong, or the keychain fails.
pub fn set_passphrase(
    folder: &Path,
    keychain: &Keychain,
    new: &Passphrase,
    old: Option<&Passphrase>,
) -> Result<NewPassphraseKey, Trouble> {
    new.check_new()?;
    let keys = enrolment::load(folder)?;
    let approver = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    let voucher = match keys.of_role(Role::Passphrase) {
        Some(enrolled) => passphrase_seed(keychain, enrolled, old.ok_or(Trouble::PassphraseMissing)?)?,
        None => approver_seed(keychain, approver)?,
    };
    new_passphrase_key(keychain, new, &approver.holder, &voucher, ENROL_PREFIX)
}

/// Makes a passphrase's key in place of one whose passphrase is forgotten, as [`set_passphrase`] does. For a person
/// who asks for it; the broker records it as a renewal and tells the person. The old key is not opened.
///
/// # Errors
/// [`Trouble`]: no passphrase is set, the new one is too short or too long, or the keychain fails.
pub fn renew_passphrase(
    folder: &Path,
    keychain: &Keychain,
    new: &Passphrase,
) -> Result<NewPassphraseKey, Trouble> {
    new.check_new()?;
    let keys = enrolment::load(folder)?;
    let approver = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    keys.of_role(Role::Passphrase).ok_or(Trouble::NoPassphraseSet)?;
    let voucher = approver_seed(keychain, approver)?;
    new_passphrase_key(keychain, new, &approver.holder, &voucher, RENEW_PREFIX)
}

fn new_passphrase_key(
    keychain: &Keychain,
    new: &Passphrase,
    holder: &str,
    voucher: &Seed,
    prefix: &[u8],
) -> Result<NewPassphraseKey, Trouble> {
    let seed = Seed::fresh()?;
    let enrolled = Enrolled { key: seed.public().clone(), role: Role::Passphrase, holder: holder.to_owned() };
    let proof = URL_SAFE_NO_PAD.encode(voucher.sign(&proof_bytes(prefix, &enrolled)?));
    keep(keychain, seed.public().id(), &passphrase::wrap(&seed, new)?)?;
    Ok(NewPassphraseKey { enrolled, proof })
}

/// Whether `enrolled` may be enrolled: a passphrase's key of the approver, vouched for by the passphrase's key in
/// force, or by the approver's where there is none yet. `proof` is base64url of that key's Ed25519 signature over
/// `sayso-enrol-v1`, a line end, and the canonical JSON of `enrolled`.
///
/// # Errors
/// [`Trouble::EnrolmentRefused`] saying what does not hold.
pub fn verify_enrolment_proof(keys: &TrustedKeys, enrolled: &Enrolled, proof: &str) -> Result<(), Trouble> {
    let approver = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    let voucher = keys.of_role(Role::Passphrase).unwrap_or(approver);
    vouched_for(keys, enrolled, proof, voucher, ENROL_PREFIX)
}

/// Whether `enrolled` may take the place of the passphrase's key in force without its word. `proof` is base64url of
/// the approver's Ed25519 signature over `sayso-renew-v1`, a line end, and the canonical JSON of `enrolled`.
///
/// # Errors
/// [`Trouble::EnrolmentRefused`] saying what does not hold; [`Trouble::NoPassphraseSet`] where there is none to
/// take the place of.
pub fn verify_renewal_proof(keys: &TrustedKeys, enrolled: &Enrolled, proof: &str) -> Result<(), Trouble> {
    keys.of_role(Role::Passphrase).ok_or(Trouble::NoPassphraseSet)?;
    let approver = keys.of_role(Role::Approver).ok_or(Trouble::NoApprover)?;
    vouched_for(keys, enrolled, proof, approver, RENEW_PREFIX)
}

fn vouched_for(
    keys: &TrustedKeys,
    enrolled: &Enrolled,
    proof: &str,
    voucher: &Enrolled,
    prefix: &[u8],
) -> Result<(), Trouble> {
    let refuse =
        |why: &str| Trouble::EnrolmentRefused { kid: enrolled.key.id().clone(), why: why.to_owned() };
    if enrolled.role != Role::Passphrase {
        return Err(refuse("only a passphrase's key is enrolled this way"));
    }
    if enrolled.holder != voucher.holder {
        return Err(refuse("its holder is not the approver"));
    }
    if keys.find(enrolled.key.id().as_str()).is_some() {
        return Err(refuse("it is enrolled already"));
    }
    let signature: [u8; 64] = URL_SAFE_NO_PAD
        .decode(proof)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| refuse("its proof is not a signature"))?;
    if voucher.key.verifies(&proof_bytes(prefix, enrolled)?, &signature) {
        Ok(())
    } else {
        Err(refuse("its proof is not signed by the key it would take over from; set the passphrase again"))
    }
}

fn proof_bytes(prefix: &[u8], enrolled: &Enrolled) -> Result<Vec<u8>, Trouble> {
    let json = canonical_bytes(enrolled)
        .map_err(|e| Trouble::EnrolmentRefused { kid: enrolled.key.id().clone(), why: e.to_string() })?;
    Ok([prefix, &json].concat())
}

/// Puts a secret into the keychain and makes sure that it is there.
fn keep(keychain: &Keychain, kid: &KeyId, secret: &Zeroizing<Vec<u8>>) -> Result<(), Trouble> {
    keychain.set(kid, secret.clone())?;
    match keychain.get(kid)? {
        Some(kept) if kept == *secret => Ok(()),
        _ => Err(Trouble::KeychainFailed { detail: "it did not give back what it was given".to_owned() }),
    }
}

/// Enrols a kept key as the approver's, unless another process did so since `before` was read.
fn enrol_approver(
    folder: &Path,
    keychain: &Keychain,
    seed: &Seed,
    holder: String,
    before: Option<&Enrolled>,
) -> Result<TrustedKeys, Trouble> {
    let lock = Locked::folder(folder)?;
    let now = enrolment::load(folder)?;
    if now.of_role(Role::Approver) != before {
        drop(lock);
        // The other's key counts; ours was never listed and is of no use to anybody.
        if let Err(trouble) = keychain.forget(seed.public().id()) {
            tracing::warn!(%trouble, "an unused key stays in the keychain");
        }
        if let Some(theirs) = now.of_role(Role::Approver) {
            approver_seed(keychain, theirs)?;
        }
        return Ok(now);
    }
    tracing::info!(kid = %seed.public().id(), %holder, "made the approver's key");
    let enrolled = Enrolled { key: seed.public().clone(), role: Role::Approver, holder };
    enrolment::append_locked(&lock, folder, enrolled)
}

/// The approver's enrolled key out of the keychain.
fn approver_seed(keychain: &Keychain, enrolled: &Enrolled) -> Result<Seed, Trouble> {
    let kid = enrolled.key.id();
    let text = keychain.get(kid)?.ok_or_else(|| Trouble::KeyVanished { kid: kid.clone() })?;
    let seed = Seed::from_text(&text).ok_or_else(|| Trouble::KeyDamaged { kid: kid.clone() })?;
    if *seed.public() == enrolled.key { Ok(seed) } else { Err(Trouble::KeyMismatch { kid: kid.clone() }) }
}

/// The passphrase's enrolled key out of the keychain.
fn passphrase_seed(
    keychain: &Keychain,
    enrolled: &Enrolled,
    passphrase: &Passphrase,
) -> Result<Seed, Trouble> {
    let kid = enrolled.key.id();
    let text = keychain.get(kid)?.ok_or_else(|| Trouble::KeyVanished { kid: kid.clone() })?;
    passphrase::unwrap(&text, kid, passphrase)
}

/// Takes replaced keys out of the keychain: an old passphrase shall open nothing. Failing at it stops nobody.
fn forget_replaced(keychain: &Keychain, keys: &TrustedKeys) {
    let replaced = keys
        .keys
        .iter()
        .filter(|enrolled| enrolled.role == Role::Passphrase && !keys.in_force(enrolled.key.id()));
    for enrolled in replaced {
        if let Err(trouble) = keychain.forget(enrolled.key.id()) {
            tracing::warn!(%trouble, "a replaced key stays in the keychain");
            return;
        }
    }
}
