//! Each agent's own hook format, to a request and back.
//!
//! # Invariants
//! - Pure: bytes in, an [`sayso_core::Ask`] out; a decision in, the agent's own answer out. No I/O, no clock; the
//!   nonce is handed in.
//! - An agent's format grows, so fields that we do not know beside an action are passed over. Inside an action
//!   nothing is passed over: an input with a part that no typed action can hold becomes a custom action that
//!   holds all of it, so the receipt is bound to every byte.
//! - A key that stands twice is refused at any depth: the agent may have read the other one.
//! - Whatever is not understood is an error with a sentence, and the caller denies. There is no third answer:
//!   "ask" runs the action on some agents.
//!
//! # Deliberately absent
//! Talking to Sayso, deadlines, exit codes: the `cli` crate's hook does that. Judging an action: the reading's
//! word; an adapter only names what a tool of the agent is.

pub mod claude_code;
