//! How the person's key does: checked at the start and when the person asks, on a thread of its own, because a
//! locked keychain answers only when its prompt was answered.

use std::path::Path;
use std::sync::Arc;

use sayso_core::TrustedKeys;
use sayso_core::key::Role;
use sayso_keys::{Keychain, Trouble};
use serde::Serialize;

use super::seat::Seat;
use crate::session;

/// The key's state as the page knows it. `KeyState` in `ui/src/seat.ts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeyState {
    /// First and last characters of its id; absent where there is no usable key.
    pub(crate) kid_short: Option<String>,
    /// Where it lies, as words in a sentence.
    pub(crate) place: &'static str,
    /// Why it cannot sign now.
    pub(crate) trouble: Option<KeyTrouble>,
    /// Whether a passphrase guards critical approvals.
    pub(crate) passphrase_set: bool,
}

/// What is wrong with the key. `Trouble` in `ui/src/seat.ts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeyTrouble {
    code: &'static str,
    title: &'static str,
    message: String,
    /// Whether the key is lost for good, so that a person may have a new one made.
    can_be_renewed: bool,
}

impl From<&Trouble> for KeyTrouble {
    fn from(trouble: &Trouble) -> Self {
        Self {
            code: trouble.code(),
            title: trouble.title(),
            message: trouble.to_string(),
            can_be_renewed: trouble.can_be_renewed(),
        }
    }
}

/// The keychain's name on this system, as it stands in "Key 7f3a…c91e in …".
const PLACE: &str = if cfg!(target_os = "windows") { "Credential Manager" } else { "login keychain" };

impl KeyState {
    /// Before the keychain was looked at.
    pub(crate) const fn unknown() -> Self {
        Self { kid_short: None, place: PLACE, trouble: None, passphrase_set: false }
    }

    fn of(keys: &TrustedKeys, trouble: Option<&Trouble>) -> Self {
        Self {
            kid_short: keys.of_role(Role::Approver).map(|enrolled| enrolled.key.id().short()),
            place: PLACE,
            trouble: trouble.map(KeyTrouble::from),
            passphrase_set: keys.of_role(Role::Passphrase).is_some(),
        }
    }
}

/// Looks at the key, on a thread of its own, and tells the page.
pub(crate) fn check(seat: &Arc<Seat>) {
    let seat = Arc::clone(seat);
    let spawned = std::thread::Builder::new().name("sayso-key".to_owned()).spawn(move || {
        let state = look(seat.folder(), seat.keychain());
        seat.take_key(state);
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread to look at the key with");
    }
}

/// The key's state now. Blocks while the keychain asks the person.
pub(crate) fn look(folder: &Path, keychain: &Keychain) -> KeyState {
    match sayso_keys::first_start(folder, keychain, &session::user(), &session::host()) {
        Ok(keys) => KeyState::of(&keys, None),
        Err(trouble) => {
            tracing::warn!(code = trouble.code(), %trouble, "the person's key cannot be used");
            let keys = sayso_keys::enrolment::load(folder).unwrap_or_default();
            KeyState::of(&keys, Some(&trouble))
        }
    }
}
