//! A reading: what an action would do, worked out from its bytes alone. The types; the work is the
//! `reading` crate's.
//!
//! Invariant: what could not be read is listed in `unread` and is never called harmless.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::canonical::Digest;

/// What an action would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The worst of its effects, and of what could not be read.
    pub severity: Severity,
    /// One plain sentence for the card, without a full stop: "Delete the folder build".
    pub sentence: String,
    /// What it does to what.
    pub effects: Vec<Effect>,
    /// Why, each pointing at the bytes it comes from.
    pub reasons: Vec<Reason>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// The files that were read through to find what they run. An approval dies when one of them changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileRead>,
    /// The systems that the action talks to. In memory only: what gets in there may be a secret.
    #[serde(skip)]
    pub reaches: Vec<Reach>,
    /// Rows that a statement changes or deletes, for whoever counts them. In memory only.
    #[serde(skip)]
    pub rows: Vec<Rows>,
}

/// A system that the action talks to, as its bytes name it, with what they carry to get in.
#[derive(Clone, PartialEq, Eq)]
pub struct Reach {
    /// What sort of system.
    pub system: System,
    /// Where it is: a URL, a connection string, a file, or empty where the program's own defaults count.
    pub address: Zeroizing<String>,
    /// More that the bytes say of it, by the system's own names: `PGPASSWORD`, `host`, `AWS_PROFILE`, `region`,
    /// `endpoint-url`, `authorization`, `operation`, `volumeId` …
    pub settings: BTreeMap<String, Zeroizing<String>>,
}

impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.settings.keys().collect();
        f.debug_struct("Reach")
            .field("system", &self.system)
            .field("settings", &names)
            .finish_non_exhaustive()
    }
}

/// The sorts of systems that facts can ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// A SQLite file.
    Sqlite,
    /// Redis.
    Redis,
    /// An HTTP or GraphQL endpoint of a provider; the address is the URL.
    Http,
    /// AWS, by its command line.
    Aws,
    /// Railway, by its command line.
    Railway,
    /// Another machine or a container, whose files are not here: `paths` are those that something happens to there.
    Elsewhere,
}

/// Rows of a table that a statement changes or deletes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table, as written and quoted in the statement.
    pub table: String,
    /// Which of its rows, as SQL; `None`: all. Only what merely compares columns with constants stands here: to run
    /// it in a `SELECT` does nothing but read.
    pub condition: Option<String>,
    /// Whether the statement has a condition that is more than that, so that the rows cannot be counted by it.
    pub uncounted: bool,
}

/// A script, a `Makefile` or the like that was read through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRead {
    /// Its absolute path.
    pub path: String,
    /// SHA-256 of the bytes that were read.
    pub digest: Digest,
}

/// How bad it would be. `None` is earned: every byte was read and only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
pub enum Severity {
    /// It only reads what may be read.
    None,
    /// It changes what can be had back.
    Low,
    /// It changes what may be hard to have back, or cannot be read.
    High,
    /// It destroys, discloses or hands over for good.
    Critical,
}

/// One verb on one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// What happens.
    pub verb: Verb,
    /// To what.
    pub target: Target,
    /// Whether it can be had back.
    pub reversible: Reversible,
}

/// What happens to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub enum Verb {
    Read,
    Create,
    Change,
    Overwrite,
    Delete,
    Publish,
    Disclose,
    Grant,
    Spend,
    /// Runs something whose content is not known.
    ExecuteUnread,
    StopService,
}

/// Whether an effect can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Reversible {
    Yes,
    No,
    Unknown,
}

/// The thing that an effect lands on, as precisely as the bytes allow. Globs and variables stay as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// What sort of thing.
    pub kind: TargetKind,
    /// Its name: for a path absolute where the bytes allow it.
    pub name: String,
}

/// The sorts of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum TargetKind {
    Path,
    GitRef,
    GitRepository,
    Database,
    Table,
    Bucket,
    Volume,
    ClusterObject,
    Package,
    Host,
    Url,
    Tool,
    Process,
    Account,
    Other,
}

/// Why the reading says so, and where in the bytes it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// A plain sentence.
    pub why: String,
    /// The bytes of the exact request that it comes from, where there are any.
    pub span: Option<Span>,
}

/// A part of the action's text, in bytes from its start; `end` is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(export))]
#[expect(missing_docs, reason = "the words say it")]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Something that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// What: a short text from the action.
    pub what: String,
    /// Why not.
    pub why: String,
    /// Where it stands.
    pub span: Option<Span>,
}
