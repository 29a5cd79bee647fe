//! Tables: what any SQL database says of those that are hit, whichever it is.
//!
//! # Invariants
//! - An estimate says that it is one, and why; what was not found out stands beside what was.
//! - Of a value little is shown, of one whose column sounds like a secret nothing.

mod told;

use sayso_core::reading::{Effect, Rows, TargetKind, Verb};

pub(in crate::collect) use told::Told;

use crate::{Question, limits, words};

/// A table as its database knows it.
pub(in crate::collect) trait There {
    /// Which one it is, as the server itself writes it.
    fn key(&self) -> &str;
    /// As a person says it.
    fn name(&self) -> &str;
    /// The server's own estimate of its rows.
    fn about(&self) -> Option<u64>;

    /// Whether that is no estimate, but counted.
    fn is_exact(&self) -> bool {
        false
    }
}

/// What the action's effects name, not yet looked up.
#[derive(Default)]
pub(in crate::collect) struct Named {
    /// Tables, with what happens to them.
    pub(in crate::collect) tables: Vec<(String, Verb)>,
    /// Databases and schemas that go; an empty name is the database that is connected to.
    pub(in crate::collect) wholes: Vec<String>,
}

impl Named {
    pub(in crate::collect) fn databases_or(&self, database: &str) -> Vec<String> {
        if self.wholes.is_empty() { vec![database.to_owned()] } else { self.wholes.clone() }
    }
}

/// What the action's effects name; `database` is the one that is connected to.
pub(in crate::collect) fn targets(q: &Question<'_>, database: &str) -> Named {
    let mut named = Named::default();
    let hits = |effect: &&Effect| matches!(effect.verb, Verb::Delete | Verb::Change | Verb::Overwrite);
    for effect in q.reading.effects.iter().filter(hits) {
        let name = effect.target.name.as_str();
        match effect.target.kind {
            TargetKind::Table if !named.tables.iter().any(|(known, _)| known == name) => {
                named.tables.push((name.to_owned(), effect.verb));
            }
            TargetKind::Database if effect.verb != Verb::Change => {
                let last = name.rsplit('/').next().unwrap_or(name).trim_matches(['"', '`']);
                let last = last.split('?').next().unwrap_or(last);
                let last = if last.is_empty() || name.contains('=') { database } else { last };
                if !named.wholes.iter().any(|known| known == last) {
                    named.wholes.push(last.to_owned());
                }
            }
            _ => {}
        }
    }
    named.tables.truncate(limits::TABLES);
    named.wholes.truncate(limits::REACHES);
    named
}

/// Parts of names of columns that are not shown.
const SECRET: [&str; 16] = [
    "pass", "pwd", "secret", "token", "hash", "salt", "key", "auth", "cred", "cookie", "session", "card",
    "cvv", "iban", "ssn", "otp",
];

/// How many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collect) enum Count {
    Exact(u64),
    /// By the server's own estimate, and why not one by one: the end of a sentence.
    About(u64, String),
    Unknown(String),
}

impl Count {
    pub(in crate::collect) const fn number(&self) -> Option<u64> {
        match self {
            Self::Exact(n) | Self::About(n, _) => Some(*n),
            Self::Unknown(_) => None,
        }
    }

    /// "37 rows", "about 1,200,000 rows", "an unknown number of rows".
    pub(in crate::collect) fn words(&self) -> String {
        match self {
            Self::Exact(n) => words::count(*n, "row", "rows"),
            Self::About(n, _) => format!("about {}", words::count(*n, "row", "rows")),
            Self::Unknown(_) => "an unknown number of rows".to_owned(),
        }
    }

    pub(in crate::collect) fn why(&self) -> Option<&str> {
        match self {
            Self::Exact(_) => None,
            Self::About(_, why) | Self::Unknown(why) => Some(why),
        }
    }
}

/// Which rows of a table: all, by a condition that only compares, or by one that cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect) enum Which<'a> {
    All,
    Where(&'a str),
    Unclear,
}

/// Which rows of a table go, as far as the statements say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collect) enum Condition {
    All,
    Where(String),
    Unclear,
}

impl Condition {
    pub(in crate::collect) fn as_which(&self) -> Which<'_> {
        match self {
            Self::All => Which::All,
            Self::Where(condition) => Which::Where(condition),
            Self::Unclear => Which::Unclear,
        }
    }
}

/// The rows of several statements on one table. Where one takes all, all go; two conditions cannot be counted as one
/// without counting rows twice, so either counts.
pub(in crate::collect) fn condition<'a>(rows: impl Iterator<Item = &'a Rows>) -> Condition {
    let mut conditions: Vec<&str> = Vec::new();
    let mut any = false;
    for rows in rows {
        any = true;
        match &rows.condition {
            _ if rows.uncounted => return Condition::Unclear,
            None => return Condition::All,
            Some(condition) => conditions.push(condition),
        }
    }
    match conditions[..] {
        [] if any => Condition::All,
        // The statement is none on rows: what it hits is the table.
        [] => Condition::All,
        [one] => Condition::Where(one.to_owned()),
        ref many => Condition::Where(format!("({}\n)", many.join("\n) OR ("))),
    }
}

/// A table that is hit.
pub(in crate::collect) struct Hit<R> {
    pub(in crate::collect) name: String,
    pub(in crate::collect) verb: Verb,
    /// `None`: there is no such table.
    pub(in crate::collect) relation: Option<R>,
    pub(in crate::collect) condition: Condition,
    pub(in crate::collect) rows: Option<Count>,
    pub(in crate::collect) bytes: Option<Result<u64, String>>,
    pub(in crate::collect) sample: Vec<String>,
    pub(in crate::collect) referrers: Vec<Referrer>,
    pub(in crate::collect) views: Vec<String>,
    pub(in crate::collect) is_taken_along: bool,
}

impl<R: There> Hit<R> {
    pub(in crate::collect) fn new(name: String, verb: Verb, relation: Option<R>) -> Self {
        Self {
            name: relation.as_ref().map_or(name, |relation| relation.name().to_owned()),
            verb,
            relation,
            condition: Condition::All,
            rows: None,
            bytes: None,
            sample: Vec::new(),
            referrers: Vec::new(),
            views: Vec::new(),
            is_taken_along: false,
        }
    }

    pub(in crate::collect) fn is(&self, key: &str) -> bool {
        self.relation.as_ref().is_some_and(|relation| relation.key() == key)
    }

    fn size(&self) -> Option<u64> {
        self.bytes.as_ref().and_then(|bytes| bytes.as_ref().ok()).copied()
    }

    fn is_whole(&self) -> bool {
        self.condition == Condition::All
    }

    fn about(&self) -> Option<u64> {
        self.relation.as_ref().and_then(There::about)
    }

    fn count(&self) -> Count {
        self.rows.clone().unwrap_or_else(|| {
            let why = "there was no time to count them".to_owned();
            match self.about() {
                Some(about) if self.is_whole() => Count::About(about, why),
                _ => Count::Unknown(why),
            }
        })
    }
}

/// A database or schema that goes.
pub(in crate::collect) struct Whole {
    pub(in crate::collect) name: String,
    pub(in crate::collect) is_database: bool,
    pub(in crate::collect) bytes: Option<u64>,
    pub(in crate::collect) held: Result<Held, String>,
}

impl Whole {
    fn what(&self) -> String {
        let kind = if self.is_database { "database" } else { "schema" };
        format!("{kind} {}", words::shown(&self.name))
    }

    /// "41.3 GB in 1,000 tables".
    fn words(&self) -> String {
        let tables = self.held.as_ref().ok().map(|held| words::count(held.tables, "table", "tables"));
        match (self.bytes.map(words::size), tables) {
            (Some(size), Some(tables)) => format!("{size} in {tables}"),
            (Some(size), None) => size,
            (None, Some(tables)) => tables,
            (None, None) => "Of unknown size".to_owned(),
        }
    }
}

/// A table that refers to one that is hit.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Referrer {
    pub(in crate::collect) name: String,
    /// Which one it is, as the server itself writes it.
    pub(in crate::collect) quoted: String,
    pub(in crate::collect) about: Option<u64>,
    /// Whether its rows go with the rows that they refer to.
    pub(in crate::collect) deletes: bool,
}

/// A table of a database that goes.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Table {
    pub(in crate::collect) name: String,
    pub(in crate::collect) bytes: u64,
    pub(in crate::collect) about: Option<u64>,
}

/// How rows were counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::collect) enum How {
    /// By the server's own estimate.
    #[default]
    About,
    Exact,
    /// As far as there was time.
    AtLeast,
}

/// What a database or schema holds.
#[derive(Debug, Clone, Default)]
pub(in crate::collect) struct Held {
    pub(in crate::collect) tables: u64,
    pub(in crate::collect) bytes: u64,
    pub(in crate::collect) rows: u64,
    pub(in crate::collect) how: How,
    pub(in crate::collect) largest: Vec<Table>,
}

pub(in crate::collect) fn is_secret(column: &str) -> bool {
    let column = column.to_ascii_lowercase();
    SECRET.iter().any(|part| column.contains(part))
}

pub(in crate::collect) fn short(value: &str) -> String {
    let mut text: String = value.chars().take(limits::SAMPLE_CHARACTERS).collect();
    if value.chars().count() > limits::SAMPLE_CHARACTERS {
        text.push('…');
    }
    words::shown(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_sound_like_secrets_are_not_shown() {
        for column in ["password", "api_key", "SessionId", "card_number", "totp_secret"] {
            assert!(is_secret(column), "{column}");
        }
        for column in ["id", "email", "total", "created_at"] {
            assert!(!is_secret(column), "{column}");
        }
    }
}
