//! Facts: what was checked about targets, with source, time, and how it is known.
//!
//! Invariant: a fact that could not be checked says so; there is no default that looks like an answer.

use serde::{Deserialize, Serialize};

use crate::time::UnixMs;

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum Known {
    /// Asked at the source.
    Checked,
    /// The agent, or a provider's label, says so.
    Claimed,
    /// Guessed from a name or a path.
    Inferred,
    /// Nobody could be asked.
    Unknown,
    /// The source was asked and failed.
    Failed,
    /// Being asked now.
    Pending,
}

/// Whether a fact is good, plain or bad news. Red is only for what is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub enum Tone {
    Plain,
    Bad,
}

/// One fact, as it stands on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Fact {
    /// A few words, large: "production", "41.3 GB", "Destroyed with it".
    pub headline: String,
    /// One or two sentences under it.
    pub detail: String,
    /// How it is known.
    pub known: Known,
    /// Who said so: "git and the file system", "sayso.toml". Empty where nobody did.
    pub source: String,
    /// When it was checked.
    pub at: Option<UnixMs>,
    /// Good or bad news.
    pub tone: Tone,
}

impl Fact {
    /// A fact that is being asked for.
    pub fn pending() -> Self {
        Self {
            headline: "Checking…".to_owned(),
            detail: String::new(),
            known: Known::Pending,
            source: String::new(),
            at: None,
            tone: Tone::Plain,
        }
    }

    /// A fact that nobody could be asked for; `why` is a sentence.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            headline: "Not known".to_owned(),
            detail: why.into(),
            known: Known::Unknown,
            source: String::new(),
            at: None,
            tone: Tone::Plain,
        }
    }

    /// A fact whose source failed; `why` is a sentence.
    pub fn failed(source: impl Into<String>, why: impl Into<String>, at: UnixMs) -> Self {
        Self {
            headline: "Could not be checked".to_owned(),
            detail: why.into(),
            known: Known::Failed,
            source: source.into(),
            at: Some(at),
            tone: Tone::Bad,
        }
    }
}

/// The three facts of every card, always in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Facts {
    /// Where it would happen: production, staging …
    pub environment: Fact,
    /// How much it would hit.
    pub data: Fact,
    /// What survives it.
    pub backups: Fact,
    /// The environment's name by itself, for the rules; absent where it is not known.
    pub environment_name: Option<String>,
}

impl Facts {
    /// All three still being asked for.
    pub fn pending() -> Self {
        Self {
            environment: Fact::pending(),
            data: Fact::pending(),
            backups: Fact::pending(),
            environment_name: None,
        }
    }

    /// Whether every fact has been answered, one way or the other.
    pub fn settled(&self) -> bool {
        [&self.environment, &self.data, &self.backups].iter().all(|f| f.known != Known::Pending)
    }
}
