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

mod claims;
pub mod claude_code;
pub mod cursor;
mod input;
mod not_understood;

pub use not_understood::NotUnderstood;
use sayso_core::{Ask, Decision, Nonce};

/// An agent whose hook is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    /// Claude Code.
    ClaudeCode,
    /// Cursor, and its command line.
    Cursor,
}

impl Agent {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ClaudeCode, Self::Cursor];

    /// Its name on the command line, and the name that its requests carry: the receipt's `aud`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => claude_code::AGENT,
            Self::Cursor => cursor::AGENT,
        }
    }

    /// The agent by its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|agent| agent.name() == name)
    }

    /// The request in its hook's input.
    ///
    /// # Errors
    /// [`NotUnderstood`]; the caller denies.
    pub fn ask(self, stdin: &[u8], nonce: Nonce, wait_ms: Option<u64>) -> Result<Ask, NotUnderstood> {
        match self {
            Self::ClaudeCode => claude_code::ask(stdin, nonce, wait_ms),
            Self::Cursor => cursor::ask(stdin, nonce, wait_ms),
        }
    }

    /// Its hook's answer: one JSON object in one line, allow or deny and never anything else. `reason` reaches the agent.
    pub fn answer(self, decision: Decision, reason: &str) -> String {
        match self {
            Self::ClaudeCode => claude_code::answer(decision, reason),
            Self::Cursor => cursor::answer(decision, reason),
        }
    }

    /// The denial that stands where no other can be written: nothing in it is computed.
    pub const fn last_denial(self) -> &'static str {
        match self {
            Self::ClaudeCode => claude_code::LAST_DENIAL,
            Self::Cursor => cursor::LAST_DENIAL,
        }
    }
}
