//! Everything that can go wrong with a key, in words.
//!
//! Invariants: the code is stable, the sentence says what to do next, and neither holds a secret.

use std::path::PathBuf;

use sayso_core::key::KeyId;
use sayso_core::seat::Fault;

/// Why a key cannot be had, or will not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// Nothing answers where a keychain should.
    #[error(
        "no keychain answers ({detail}). Start one (GNOME Keyring or KWallet on a session bus), then try again; \
         until then nothing can be approved"
    )]
    KeychainAbsent {
        /// What the system said.
        detail: String,
    },
    /// The keychain runs but has no keyring to put a key in.
    #[error(
        "the keychain has no default keyring to keep a key in. Log in to the desktop with your password, or make \
         a keyring named Default in “Passwords and Keys”, then try again"
    )]
    KeychainNotSetUp,
    /// It is locked and was not unlocked.
    #[error("the keychain is locked and was not unlocked. Unlock it with its password, then try again")]
    KeychainLocked,
    /// It did not answer in time; perhaps its prompt is still open.
    #[error(
        "the keychain did not answer within {seconds} seconds. If it is asking for its password, answer it, then \
         try again"
    )]
    KeychainSlow {
        /// The limit.
        seconds: u64,
    },
    /// It answered with an error.
    #[error("the keychain failed: {detail}. Try again; if it fails again, log out and in")]
    KeychainFailed {
        /// What it said.
        detail: String,
    },
    /// More than one entry stands under the key's name.
    #[error(
        "the keychain holds {count} entries for the key {}. Remove all but the right one in the keychain's own \
         program (service “sayso”), then try again", .kid.short()
    )]
    KeychainAmbiguous {
        /// The key.
        kid: KeyId,
        /// How many.
        count: usize,
    },
    /// An enrolled key is not in the keychain.
    #[error(
        "the key {} is enrolled here but is not in the keychain. Open the keyring it was kept in, or restore it \
         from a backup; only if it is lost, enrol a new key", .kid.short()
    )]
    KeyVanished {
        /// The key.
        kid: KeyId,
    },
    /// Another key lies in its place.
    #[error(
        "the keychain holds another key under the name of {}. Somebody replaced it. Restore the keychain from a \
         backup; only if the key is lost, enrol a new one", .kid.short()
    )]
    KeyMismatch {
        /// The key that was enrolled.
        kid: KeyId,
    },
    /// What lies in its place is no key.
    #[error(
        "what the keychain holds for the key {} cannot be read as a key. Restore the keychain from a backup; only \
         if the key is lost, enrol a new one", .kid.short()
    )]
    KeyDamaged {
        /// The key that was enrolled.
        kid: KeyId,
    },
    /// A new key was asked for while the enrolled one is in good order.
    #[error("the key {} is in the keychain and in good order; there is no reason for a new one", .kid.short())]
    KeyInPlace {
        /// The key.
        kid: KeyId,
    },
    /// What was given cannot be kept as a credential.
    #[error("this credential cannot be kept: {why}. Add it again")]
    CredentialUnfit {
        /// What is wrong.
        why: String,
    },
    /// What lies in the keychain under a credential's name is none.
    #[error(
        "what the keychain holds for the credential {name} cannot be read. Add it again with `sayso credential add {name}`"
    )]
    CredentialDamaged {
        /// Its name.
        name: String,
    },
    /// No approver is enrolled.
    #[error("no approver's key is enrolled here yet. Start Sayso's desktop application once; it makes one")]
    NoApprover,
    /// The passphrase does not open the key.
    #[error("the passphrase is wrong. Type it again")]
    PassphraseWrong,
    /// A passphrase is needed and none was given.
    #[error("this takes your passphrase. Type it, then approve again")]
    PassphraseMissing,
    /// A decision with a passphrase was asked for, and none is set.
    #[error("no passphrase is set. Set one in the window first")]
    NoPassphraseSet,
    /// A new passphrase is too short.
    #[error("a passphrase takes at least {least} characters. Take several words")]
    PassphraseShort {
        /// The least.
        least: usize,
    },
    /// A passphrase is too long.
    #[error("a passphrase takes at most {most} bytes. Take a shorter one")]
    PassphraseLong {
        /// The most.
        most: usize,
    },
    /// The machine has not the memory that unwrapping takes, or the like.
    #[error("the passphrase could not be worked on: {detail}. Close other programs, then try again")]
    PassphraseWork {
        /// What failed.
        detail: String,
    },
    /// The machine's key is enrolled but its file is gone.
    #[error(
        "the machine's key is enrolled here but {} is gone. Restore the file from a backup; to begin anew, move \
         keys.json away too, which ends the trust in what was signed before", .path.display()
    )]
    MachineKeyGone {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file holds another key than the enrolled one.
    #[error(
        "{} holds another key than the one enrolled in keys.json. Restore both files from the same backup",
        .path.display()
    )]
    MachineKeyMismatch {
        /// The file.
        path: PathBuf,
    },
    /// The file is there but keys.json does not know its key.
    #[error(
        "{} is there but keys.json does not list its key. Restore keys.json from a backup; to begin anew, move the \
         key's file away too, which ends the trust in what was signed before", .path.display()
    )]
    MachineKeyUnlisted {
        /// The file.
        path: PathBuf,
    },
    /// Others can read the file.
    #[error(
        "{} can be read by others (mode {mode:03o}), so the key in it may be known. Run `chmod 600` on it if you \
         are sure that nobody did", .path.display()
    )]
    MachineKeyReadable {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Somebody else owns the file.
    #[error("{} belongs to user {uid}, not to you. Restore it from a backup as your own file", .path.display())]
    MachineKeyForeign {
        /// The file.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// It is not a plain file with a key in it.
    #[error("{} is not a file with a machine's key in it. Restore it from a backup", .path.display())]
    MachineKeyDamaged {
        /// The file.
        path: PathBuf,
    },
    /// keys.json cannot be understood.
    #[error("{} cannot be read as a list of keys: {detail}. Restore it from a backup", .path.display())]
    EnrolmentDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// Others could have changed keys.json.
    #[error(
        "{} can be changed by others (owner {uid}, mode {mode:03o}), so the keys in it may be theirs. Look at it, \
         then make it your own and run `chmod 644` on it", .path.display()
    )]
    EnrolmentOpen {
        /// The file.
        path: PathBuf,
        /// Its owner.
        uid: u32,
        /// Its mode.
        mode: u32,
    },
    /// A key cannot be enrolled.
    #[error("the key {} cannot be enrolled: {why}. What was enrolled before still counts", .kid.short())]
    EnrolmentRefused {
        /// The key.
        kid: KeyId,
        /// Why not.
        why: String,
    },
    /// A file could not be read or written.
    #[error("{} could not be {doing}: {detail}. Check the folder and the space on its disk", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// "read", "written", "locked".
        doing: &'static str,
        /// What the system said.
        detail: String,
    },
    /// A key was asked to sign what it may not.
    #[error("the key {} may not sign this: {why}. Nothing was signed; the request still waits", .kid.short())]
    MayNotSign {
        /// The key.
        kid: KeyId,
        /// Why not.
        why: String,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {detail}. Try again")]
    NoRandomness {
        /// What it said.
        detail: String,
    },
}

impl Trouble {
    /// The stable code, for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeychainAbsent { .. } => "keychain_absent",
            Self::KeychainNotSetUp => "keychain_not_set_up",
            Self::KeychainLocked => "keychain_locked",
            Self::KeychainSlow { .. } => "keychain_slow",
            Self::KeychainFailed { .. } => "keychain_failed",
            Self::KeychainAmbiguous { .. } => "keychain_ambiguous",
            Self::KeyVanished { .. } => "key_vanished",
            Self::KeyMismatch { .. } => "key_mismatch",
            Self::KeyDamaged { .. } => "key_damaged",
            Self::KeyInPlace { .. } => "key_in_place",
            Self::NoApprover => "no_approver",
            Self::PassphraseWrong => "passphrase_wrong",
            Self::PassphraseMissing => "passphrase_missing",
            Self::NoPassphraseSet => "no_passphrase_set",
            Self::PassphraseShort { .. } => "passphrase_short",
            Self::PassphraseLong { .. } => "passphrase_long",
            Self::PassphraseWork { .. } => "passphrase_work",
            Self::MachineKeyGone { .. } => "machine_key_gone",
            Self::MachineKeyMismatch { .. } => "machine_key_mismatch",
            Self::MachineKeyUnlisted { .. } => "machine_key_unlisted",
            Self::MachineKeyReadable { .. } => "machine_key_readable",
            Self::MachineKeyForeign { .. } => "machine_key_foreign",
            Self::MachineKeyDamaged { .. } => "machine_key_damaged",
            Self::EnrolmentDamaged { .. } => "enrolment_damaged",
            Self::EnrolmentOpen { .. } => "enrolment_open",
            Self::EnrolmentRefused { .. } => "enrolment_refused",
            Self::File { .. } => "key_file",
            Self::MayNotSign { .. } => "may_not_sign",
            Self::NoRandomness { .. } => "no_randomness",
            Self::CredentialUnfit { .. } => "credential_unfit",
            Self::CredentialDamaged { .. } => "credential_damaged",
        }
    }

    /// A few words for the head of a screen.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::KeychainAbsent { .. } => "No keychain",
            Self::KeychainNotSetUp => "The keychain has no keyring yet",
            Self::KeychainLocked => "The keychain is locked",
            Self::KeychainSlow { .. } => "The keychain does not answer",
            Self::KeychainFailed { .. } => "The keychain failed",
            Self::KeychainAmbiguous { .. } => "Your key is there more than once",
            Self::KeyVanished { .. } => "Your key is gone",
            Self::KeyMismatch { .. } => "Your key was replaced",
            Self::KeyDamaged { .. } => "Your key cannot be read",
            Self::KeyInPlace { .. } => "Your key is in good order",
            Self::NoApprover => "No key yet",
            Self::PassphraseWrong => "Wrong passphrase",
            Self::PassphraseMissing => "A passphrase is needed",
            Self::NoPassphraseSet => "No passphrase is set",
            Self::PassphraseShort { .. } => "The passphrase is too short",
            Self::PassphraseLong { .. } => "The passphrase is too long",
            Self::PassphraseWork { .. } => "The passphrase could not be checked",
            Self::MachineKeyGone { .. } => "The machine's key is gone",
            Self::MachineKeyMismatch { .. } => "The machine's key was replaced",
            Self::MachineKeyUnlisted { .. } => "The list of keys was lost",
            Self::MachineKeyReadable { .. } => "The machine's key lies open",
            Self::MachineKeyForeign { .. } => "The machine's key is somebody else's",
            Self::MachineKeyDamaged { .. } => "The machine's key cannot be read",
            Self::EnrolmentDamaged { .. } => "The list of keys cannot be read",
            Self::EnrolmentOpen { .. } => "The list of keys lies open",
            Self::EnrolmentRefused { .. } => "The key was not enrolled",
            Self::File { .. } => "A file is out of reach",
            Self::MayNotSign { .. } => "Not this key's to sign",
            Self::NoRandomness { .. } => "No random bytes",
            Self::CredentialUnfit { .. } => "Not a credential",
            Self::CredentialDamaged { .. } => "A credential cannot be read",
        }
    }

    /// Whether the person's enrolled key cannot be had back by waiting or unlocking, so that the screen may offer
    /// [`crate::renew_approver`].
    pub const fn can_be_renewed(&self) -> bool {
        matches!(self, Self::KeyVanished { .. } | Self::KeyMismatch { .. } | Self::KeyDamaged { .. })
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Self {
        Self { code: trouble.code().to_owned(), message: trouble.to_string() }
    }
}
