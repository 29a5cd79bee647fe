//! Profiles: how much passes without a person.
//!
//! Invariant: a profile looks at the severity of a reading and at nothing else; what is grave is `reading`'s to say.

use sayso_core::{Reading, Severity};

/// How much passes without a person. The later one is the tighter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// Everyday development passes. Asked is for what is not reversible, leaves the machine for good, touches secrets
    /// or persistence, switches a protection off, or runs what cannot be read.
    #[default]
    Guard,
    /// Plain reads pass, all else asks.
    Strict,
}

impl Profile {
    /// The profile by its name in `sayso.toml` and on the command line.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "guard" => Some(Self::Guard),
            "strict" => Some(Self::Strict),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Strict => "strict",
        }
    }

    /// Why this passes without a person; `None` where a person must be asked.
    pub fn passes(self, reading: &Reading) -> Option<&'static str> {
        match weight(reading) {
            Severity::None => Some("It only reads."),
            Severity::Low if self == Self::Guard => Some("It is everyday work that can be had back."),
            Severity::Low | Severity::High | Severity::Critical => None,
        }
    }
}

/// The severity that counts: what could not be read is never harmless, whatever the reading says besides.
pub(crate) fn weight(reading: &Reading) -> Severity {
    match reading.severity {
        Severity::None if !reading.unread.is_empty() => Severity::High,
        other => other,
    }
}
