//! The card: exactly what a person is shown. Its digest is the receipt's `shown`.
//!
//! Invariants: every text an agent wrote went through [`crate::visible::reveal`] and
//! [`crate::redact`] before it came here; the window shows it as text nodes and adds nothing. What is too long
//! is counted in words in the card itself, never cut in silence.
//!
//! Deliberately absent: anything that changes by itself (the countdown, "19 seconds ago"). Those are made in
//! the window from `received` and the remaining time, and are not part of what is signed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::canonical::{Digest, NotCanonical};
use crate::decision::Presence;
use crate::fact::Facts;
use crate::reading::{Severity, Span};
use crate::request::{Peer, RequestId};
use crate::time::UnixMs;

/// One request as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Card {
    /// Which request.
    pub id: RequestId,
    /// A few words for the queue: "Delete volume".
    pub short: String,
    /// The large title: "Delete the volume postgres-data in production".
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// The line above the title: "Cannot be undone", "Could not be read in full". Empty where nothing is.
    pub warning: String,
    /// The agent's own name.
    pub agent: String,
    /// The folder it asked from, `~` for the home folder. Empty where the action has none.
    pub folder: String,
    /// The branch checked out there.
    pub branch: Option<String>,
    /// When it came in.
    pub received: UnixMs,
    /// Environment, data, backups.
    pub facts: Facts,
    /// *What changes*.
    pub changes: Vec<Change>,
    /// *Exact request*.
    pub exact: Exact,
    /// *Who is asking*.
    pub peer: Arc<Peer>,
    /// What the agent says, by name; shown in quotation marks.
    pub claims: Vec<Claim>,
    /// What could not be read, each a sentence.
    pub unread: Vec<String>,
    /// The least presence that an approval takes.
    pub presence: Presence,
    /// What must be typed where `presence` is typed or more: the target's name.
    pub type_to_approve: Option<String>,
}

impl Card {
    /// The SHA-256 of this card's canonical JSON: the `shown` of a receipt.
    ///
    /// # Errors
    /// Never for a card that [`crate::card`]'s builders made; the signature admits what JSON cannot hold.
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        Digest::of(self)
    }
}

/// What an agent says about its action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub struct Claim {
    pub key: String,
    pub value: String,
}

/// The bytes that were asked, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Exact {
    /// The action's kind, one word.
    pub kind: String,
    /// The text: a script as written, an argv quoted, HTTP as it goes over the wire, anything else as indented JSON.
    pub text: String,
    /// What lies beyond the limit, in words; empty where all is shown.
    pub rest: String,
    /// The parts of `text` that the reading's reasons come from.
    pub marks: Vec<Mark>,
    /// The digest of the action: what a receipt is bound to.
    pub action: Digest,
}

/// A part of the exact request and why it stands out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub struct Mark {
    /// In UTF-16 code units of `Exact::text`, as JavaScript counts.
    pub span: Span,
    pub why: String,
}

/// One part of *What changes*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum Change {
    /// Things that go, come or stay, as an indented list.
    Outline(Outline),
    /// Lines of a file.
    Diff(Diff),
    /// A sentence, where there is nothing better.
    Note {
        /// The sentence.
        text: String,
    },
}

/// Things that go, come or stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Outline {
    /// The rows, top down.
    pub rows: Vec<OutlineRow>,
    /// What is not listed, in words; empty where all is.
    pub rest: String,
}

/// One thing in an outline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct OutlineRow {
    /// How far in.
    pub depth: u8,
    /// What becomes of it.
    pub mark: LineMark,
    /// What it is.
    pub name: String,
    /// How large, in words; empty where it does not apply.
    pub size: String,
    /// A word on it: "on this volume", "not in git".
    pub note: String,
}

/// What becomes of a line or a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub enum LineMark {
    Same,
    Removed,
    Added,
}

/// The lines of one file, before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Diff {
    /// The file, `~` for the home folder.
    pub path: String,
    /// The language that colours it; empty for plain text.
    pub language: String,
    /// The parts that differ, with a few lines around.
    pub hunks: Vec<Hunk>,
    /// What is not shown, in words; empty where all is.
    pub rest: String,
}

/// A run of lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Hunk {
    /// Its lines.
    pub lines: Vec<DiffLine>,
}

/// One line of a diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct DiffLine {
    /// What becomes of it.
    pub mark: LineMark,
    /// Its number before, counted from 1.
    pub old: Option<u32>,
    /// Its number after, counted from 1.
    pub new: Option<u32>,
    /// Its text in coloured pieces, without the line's end.
    pub pieces: Vec<Piece>,
}

/// A piece of a line in one colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub struct Piece {
    /// The text.
    pub text: String,
    /// What it is in its language.
    pub ink: Ink,
    /// Whether just this word differs.
    pub changed: bool,
}

/// What a piece of code is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub enum Ink {
    Plain,
    Keyword,
    Name,
    Text,
    Number,
    Comment,
    Punctuation,
}
