//! A person's decision, from the card on the screen to a signed receipt.
//!
//! Invariants: every claim comes from the card that the broker sent and from the enrolled key, never from the page;
//! the page adds the reason of a denial and nothing else. The key is touched here and nowhere else.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use sayso_core::key::Role;
use sayso_core::seat::{CardView, Draft, Fault};
use sayso_core::{By, Decision, Digest, Presence, Receipt, ReceiptClaims};
use sayso_keys::{Keychain, Passphrase, Trouble};

use super::screen::fault;

/// A decision that has yet to be signed.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    draft: Draft,
    shown: Digest,
    decision: Decision,
    presence: Presence,
    reason: Option<String>,
}

impl Decided {
    pub(crate) fn approval(view: &CardView, presence: Presence) -> Self {
        Self {
            draft: view.draft.clone(),
            shown: view.shown,
            decision: Decision::Approved,
            presence,
            reason: None,
        }
    }

    /// A denial takes a click, whatever an approval would take.
    pub(crate) fn denial(view: &CardView, reason: Option<String>) -> Self {
        Self {
            draft: view.draft.clone(),
            shown: view.shown,
            decision: Decision::Denied,
            presence: Presence::Click,
            reason,
        }
    }

    fn claims(&self, iss: String, iat: i64) -> ReceiptClaims {
        let seconds = i64::try_from(self.draft.receipt_seconds).unwrap_or(i64::MAX);
        ReceiptClaims {
            iss,
            aud: self.draft.aud.clone(),
            sub: self.draft.sub,
            jti: self.draft.jti.clone(),
            iat,
            nbf: iat,
            exp: iat.saturating_add(seconds),
            decision: self.decision,
            by: By::Person,
            presence: self.presence,
            action: self.draft.action,
            shown: Some(self.shown),
            reason: self.reason.clone(),
        }
    }

    /// Signs it. Blocks while the keychain asks the person, or a passphrase is worked on.
    pub(crate) fn sign(
        &self,
        folder: &Path,
        keychain: &Keychain,
        passphrase: Option<&Passphrase>,
    ) -> Result<Receipt, Fault> {
        let role = if self.presence == Presence::Passphrase { Role::Passphrase } else { Role::Approver };
        let missing = if role == Role::Passphrase { Trouble::NoPassphraseSet } else { Trouble::NoApprover };
        let keys = sayso_keys::enrolment::load(folder).map_err(Fault::from)?;
        let iss = keys.of_role(role).ok_or(missing).map_err(Fault::from)?.holder.clone();
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok())
            .ok_or_else(|| {
                fault("clock", "This machine's clock stands before 1970. Set it, then decide again.")
            })?;
        sayso_keys::sign_as_person(folder, keychain, &self.claims(iss, wall), passphrase).map_err(Fault::from)
    }
}
