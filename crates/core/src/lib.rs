//! The words of the house as types: action, request, reading, fact, card, decision, receipt,
//! and the life of a request as a pure state machine.
//!
//! # Invariants
//! - Nothing here does I/O, reads a clock or draws a random number: time and randomness are handed in.
//! - Whatever crosses a trust boundary is parsed once, strictly ([`strict`]), into a type that cannot hold
//!   a bad value; nothing downstream checks it again.
//! - An [`receipt::Approval`] is made by signature verification and by nothing else, names the exact bytes
//!   it approves, and is moved when it is used.
//! - Every limit is a named constant in [`limits`] with its reason.
//!
//! # Deliberately absent
//! Signing (the `keys` crate), storage (`ledger`), policy (`rules`), any knowledge of sockets or windows.

pub mod action;
pub mod backup;
pub mod canonical;
pub mod card;
pub mod decision;
pub mod environment;
pub mod fact;
pub mod key;
pub mod life;
pub mod limits;
pub mod reading;
pub mod receipt;
pub mod record;
pub mod redact;
pub mod request;
pub mod seat;
pub mod strict;
pub mod time;
pub mod visible;

pub use action::Action;
pub use canonical::Digest;
pub use card::Card;
pub use decision::{By, Decision, Presence, Verdict};
pub use fact::{Fact, Facts, Known};
pub use key::{KeyId, PublicKey, TrustedKeys};
pub use reading::{Reading, Severity};
pub use receipt::{Approval, Receipt, ReceiptClaims};
pub use request::{Ask, Nonce, Request, RequestId};
pub use time::{Now, Tick, UnixMs};
