//! The desktop's own store of secrets: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows.
//!
//! Built on `keyring-core` and the three stores that the `keyring` package itself selects by default (on Linux
//! `zbus-secret-service-keyring-store` with its pure Rust cryptography; no OpenSSL). Not on `keyring`, whose simple
//! interface opens the store once for the life of the process: a keychain that was not there at the first try could
//! then never be tried again, and one open prompt would hold up every later call. Its own documentation sends
//! applications that want control here.
//!
//! # Invariants
//! - Every call opens the store anew, on a thread of its own, and is waited for at most [`LIMIT`]. A call that is
//!   still stuck then is left to itself; the next one waits for it, under the same limit, so that a keychain that
//!   hangs costs one thread and never a pile of them.
//! - `NoEntry` is reported as `None`, which says that the keychain does not show an entry. Whether that is right is
//!   for the caller to know: a keychain without any keyring says the same.
//! - Secrets are wiped wherever they stood, an abandoned call's answer included.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error};
use sayso_core::KeyId;
use zeroize::Zeroizing;

use crate::trouble::Trouble;

/// The service that all entries stand under; the account is the key's id.
pub const SERVICE: &str = "sayso";

/// How long a call may take. A locked keychain asks the person for its password within the call: a minute to find
/// and type it, and still well inside the five minutes that a request waits.
pub const LIMIT: Duration = Duration::from_mins(1);

/// The desktop's keychain. Cheap to clone; clones wait for each other.
#[derive(Debug, Clone)]
pub struct Keychain {
    limit: Duration,
    gate: Arc<Gate>,
}

impl Default for Keychain {
    fn default() -> Self {
        Self::new()
    }
}

impl Keychain {
    /// The keychain of this session. Nothing is opened before a key is needed.
    pub fn new() -> Self {
        Self::with_limit(LIMIT)
    }

    /// The same with another limit for each call.
    pub fn with_limit(limit: Duration) -> Self {
        Self { limit, gate: Arc::default() }
    }

    /// A credential; `None` where the keychain shows none.
    pub(crate) fn credential(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.call(&Account::Credential(name.to_owned()), got)
    }

    /// Keeps a credential, in the place of one by the same name.
    pub(crate) fn keep_credential(&self, name: &str, secret: Zeroizing<Vec<u8>>) -> Result<(), Trouble> {
        self.call(&Account::Credential(name.to_owned()), move |entry| entry.set_secret(&secret))
    }

    /// Forgets a credential, if there is one.
    pub(crate) fn forget_credential(&self, name: &str) -> Result<(), Trouble> {
        self.call(&Account::Credential(name.to_owned()), forgotten)
    }

    /// The secret of this key; `None` where the keychain shows none.
    pub(crate) fn get(&self, kid: &KeyId) -> Result<Option<Zeroizing<Vec<u8>>>, Trouble> {
        self.call(&Account::Key(kid.clone()), got)
    }

    /// Keeps the secret of this key.
    pub(crate) fn set(&self, kid: &KeyId, secret: Zeroizing<Vec<u8>>) -> Result<(), Trouble> {
        self.call(&Account::Key(kid.clone()), move |entry| entry.set_secret(&secret))
    }

    /// Forgets the secret of this key, if there is one.
    pub(crate) fn forget(&self, kid: &KeyId) -> Result<(), Trouble> {
        self.call(&Account::Key(kid.clone()), forgotten)
    }

    fn call<T: Send + 'static>(
        &self,
        account: &Account,
        job: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, Trouble> {
        let slow = || Trouble::KeychainSlow { seconds: self.limit.as_secs() };
        let failed = |detail: String| Trouble::KeychainFailed { detail };
        let until = Instant::now() + self.limit;
        let pass = Gate::enter(&self.gate, until).ok_or_else(slow)?;
        let (tell, told) = mpsc::sync_channel(1);
        let account = account.clone();
        let work = move || {
            let _pass = pass;
            // Nobody may be listening any more; then the answer is dropped, and wiped.
            let _ = tell.send(open_and(&account, job));
        };
        std::thread::Builder::new()
            .name("sayso-keychain".to_owned())
            .spawn(work)
            .map_err(|e| failed(e.to_string()))?;
        match told.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(outcome) => outcome,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(slow()),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed("its library gave up".to_owned())),
        }
    }
}

fn got(entry: &Entry) -> keyring_core::Result<Option<Zeroizing<Vec<u8>>>> {
    match entry.get_secret() {
        Ok(secret) => Ok(Some(Zeroizing::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error),
    }
}

fn forgotten(entry: &Entry) -> keyring_core::Result<()> {
    match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        done => done,
    }
}

/// What an entry is for.
#[derive(Debug, Clone)]
enum Account {
    /// A key that signs.
    Key(KeyId),
    /// A credential that facts are asked with.
    Credential(String),
}

impl Account {
    fn name(&self) -> String {
        match self {
            Self::Key(kid) => kid.as_str().to_owned(),
            Self::Credential(name) => format!("credential:{name}"),
        }
    }

    const fn label(&self) -> &'static str {
        match self {
            Self::Key(_) => "Sayso: the key that signs what you decide",
            Self::Credential(_) => "Sayso: a credential to check facts with",
        }
    }
}

fn open_and<T>(account: &Account, job: impl FnOnce(&Entry) -> keyring_core::Result<T>) -> Result<T, Trouble> {
    let store = open().map_err(|e| Trouble::KeychainAbsent { detail: innermost(&e) })?;
    let label = HashMap::from([("label", account.label())]);
    let modifiers = CAN_LABEL.then_some(&label);
    store
        .build(SERVICE, &account.name(), modifiers)
        .and_then(|entry| job(&entry))
        .map_err(|error| in_words(&error, account))
}

fn in_words(error: &Error, account: &Account) -> Trouble {
    match (error, account) {
        (Error::NoStorageAccess(_), _) if has_no_keyring(error) => Trouble::KeychainNotSetUp,
        (Error::NoStorageAccess(_), _) => Trouble::KeychainLocked,
        (Error::Ambiguous(entries), Account::Key(kid)) => {
            Trouble::KeychainAmbiguous { kid: kid.clone(), count: entries.len() }
        }
        // These carry the secret's bytes; their text is not ours to show.
        (Error::BadEncoding(_) | Error::BadDataFormat(..), Account::Key(kid)) => {
            Trouble::KeyDamaged { kid: kid.clone() }
        }
        (
            Error::Ambiguous(_) | Error::BadEncoding(_) | Error::BadDataFormat(..),
            Account::Credential(name),
        ) => Trouble::CredentialDamaged { name: name.clone() },
        (other, _) => Trouble::KeychainFailed { detail: innermost(other) },
    }
}

/// What the system itself said, without the layers around it.
fn innermost(error: &Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// One call at a time.
#[derive(Debug, Default)]
struct Gate {
    busy: Mutex<bool>,
    free: Condvar,
}

/// The right to be the one call; given back when dropped.
struct Pass(Arc<Gate>);

impl Gate {
    fn enter(gate: &Arc<Self>, until: Instant) -> Option<Pass> {
        let busy = gate.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = until.saturating_duration_since(Instant::now());
        let (mut busy, late) = gate
            .free
            .wait_timeout_while(busy, patience, |busy| *busy)
            .unwrap_or_else(PoisonError::into_inner);
        if late.timed_out() {
            return None;
        }
        *busy = true;
        Some(Pass(Arc::clone(gate)))
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        *self.0.busy.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.free.notify_one();
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
use secret_service_store::{CAN_LABEL, has_no_keyring, open};
#[cfg(all(unix, not(target_os = "macos")))]
mod secret_service_store {
    use super::{Arc, CredentialStore, Error};

    pub(super) const CAN_LABEL: bool = true;

    pub(super) fn open() -> keyring_core::Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    /// The service answers, but there is no default collection: nobody has ever logged in with a password here.
    pub(super) fn has_no_keyring(error: &Error) -> bool {
        let Error::NoStorageAccess(inner) = error else { return false };
        matches!(inner.downcast_ref(), Some(secret_service::Error::NoResult))
    }
}

#[cfg(any(windows, target_os = "macos"))]
use native_store::{CAN_LABEL, has_no_keyring, open};
#[cfg(any(windows, target_os = "macos"))]
mod native_store {
    use super::{Arc, CredentialStore, Error};

    pub(super) const CAN_LABEL: bool = false;

    pub(super) fn open() -> keyring_core::Result<Arc<CredentialStore>> {
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new()?;
        #[cfg(windows)]
        let store = windows_native_keyring_store::Store::new()?;
        Ok(store)
    }

    pub(super) const fn has_no_keyring(_: &Error) -> bool {
        false
    }
}
