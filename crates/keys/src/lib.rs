//! Secret keys: where they live, and the moments at which they sign.
//!
//! # Invariants
//! - Three keys, each for one thing ([`sayso_core::key::Role`]): the machine's key signs what rules and timeouts
//!   decided, the approver's key what a person decided, the passphrase's key what a person decided with their
//!   passphrase. No key signs a claim that is not its own; the check stands in front of every signature.
//! - A key is made when nothing of its kind was ever enrolled, or when a person explicitly asks for a new one.
//!   A key that is enrolled but gone, or that is another than the enrolled one, is a [`Trouble`] with a sentence
//!   that says what to do. Never a new key in silence.
//! - `keys.json` names a person's key only after the keychain gave that very key back.
//! - A person's secret is in memory for one signature and is wiped after it.
//! - Every call of the keychain runs on a thread of its own, under a time limit: a keychain that asks the person
//!   for a password can take as long as the person does.
//!
//! # Reading order
//! [`enrolment`] is `keys.json`. [`machine`] is the machine's key in a file. [`keychain`] is the desktop's
//! store of secrets, [`person`] what is signed with what lies in it, [`passphrase`] the wrapping of the second
//! key. [`credentials`] is what facts are asked with. [`trouble`] is everything that can go wrong, in words.
//!
//! # Deliberately absent
//! Verifying receipts (`core`), deciding anything (`broker`), asking the person for a passphrase (the window).
//! Defence against a program of the same user: it can read a keychain that the session has unlocked. Only the
//! passphrase's key is out of its reach, until the passphrase is typed where it can watch.
//!
//! All functions block. Call them on a thread that may.

pub mod credentials;
pub mod enrolment;
mod files;
pub mod keychain;
pub mod machine;
pub mod passphrase;
pub mod person;
mod seed;
pub mod trouble;

pub use keychain::Keychain;
pub use machine::MachineKey;
pub use passphrase::Passphrase;
pub use person::{
    NewPassphraseKey, first_start, renew_approver, renew_passphrase, set_passphrase, sign_as_person,
    verify_enrolment_proof, verify_renewal_proof,
};
pub use trouble::Trouble;
