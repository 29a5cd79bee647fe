//! DROP and its kin: what is gone and what goes with it.

use sayso_core::Severity;
use sayso_core::reading::{Rows, TargetKind, Verb};

use super::part::Part;
use super::reader::Reader;
use super::rows::temporary;
use crate::words::quoted;

/// Words before the one that says what is dropped.
const BEFORE: &[&str] = &[
    "MATERIALIZED",
    "FOREIGN",
    "EXTERNAL",
    "TRANSIENT",
    "DYNAMIC",
    "HYBRID",
    "ICEBERG",
    "UNIQUE",
    "CLUSTERED",
    "NONCLUSTERED",
    "SPATIAL",
    "FULLTEXT",
    "PUBLIC",
    "LARGE",
    "SNAPSHOT",
    "PROCEDURAL",
    "TRUSTED",
    "SECURE",
    "ROW",
    "VIRTUAL",
    "PIVOT",
    "LIVE",
    "STREAMING",
    "GRAPH",
    "HASH",
    "SEARCH",
    "VECTOR",
    "LOCAL",
    "GLOBAL",
    "PLUGGABLE",
    "CACHED",
    "CONCURRENTLY",
    "PROPERTY",
];

impl Reader<'_> {
    pub(super) fn drop(&mut self, part: Part<'_>) {
        let mut at = part.from + 1;
        if part.one_of(at, &["TEMPORARY", "TEMP"]) {
            let at = part.skip_if_exists(part.skip(at, &["TEMPORARY", "TEMP", "TABLE", "FUNCTION", "MACRO"]));
            let (names, _) = part.names(at);
            for name in names {
                self.low(part, Verb::Delete, TargetKind::Table, &name, "Drop the temporary table");
            }
            return;
        }
        if part.word(at) == "OWNED" {
            let (name, _) = part.name(part.skip(at + 1, &["BY"]));
            return self.critical(
                part,
                Verb::Delete,
                TargetKind::Account,
                &name,
                "Drop everything that belongs to",
            );
        }
        if part.word(at) == "PREPARE" {
            return;
        }
        let foreign = part.one_of(at, &["FOREIGN", "EXTERNAL"]);
        let materialized = part.one_of(at, &["MATERIALIZED"]);
        at = part.skip(at, BEFORE);
        let what = part.word(at).to_owned();
        let names_at = part.skip_if_exists(part.skip(at + 1, &["CONCURRENTLY", "ONLINE", "FORCE"]));
        // `TEXT SEARCH PARSER`, `OPERATOR CLASS`, `USER MAPPING FOR`, `ROW ACCESS POLICY` …: more words say what it is.
        let names_at = part.skip_if_exists(part.skip(names_at, MORE));
        let (names, next) = part.names(names_at);
        let cascade = part.of(next, part.to).has(&["CASCADE"]);
        let (kind, severity, called) = dropped(&what, foreign, materialized);
        let count = names.len();
        for name in names {
            self.dropped(part, &what, kind, severity, called, name, cascade);
        }
        // Without a name it is no statement.
        if count == 0 && names_at < part.to {
            self.high(part, Verb::Delete, kind, "", "Drop something of");
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the words of one DROP, told apart once")]
    fn dropped(
        &mut self,
        part: Part<'_>,
        what: &str,
        kind: TargetKind,
        severity: Severity,
        called: &str,
        name: String,
        cascade: bool,
    ) {
        if kind == TargetKind::Table && temporary(&name) {
            return self.low(part, Verb::Delete, TargetKind::Table, &name, "Drop the temporary table");
        }
        if what == "TABLE" {
            self.rows(Rows { table: name.clone(), condition: None, uncounted: false });
        }
        let with = if cascade { " and all that depends on it" } else { "" };
        let severity = if cascade && matches!(what, "EXTENSION" | "TYPE" | "USER" | "OWNER") {
            Severity::Critical
        } else {
            severity
        };
        let phrase = format!("Drop {called} {}{with}", quoted(&name));
        self.hit(part, Verb::Delete, kind, name, severity, phrase);
    }

    /// RENAME TABLE, RENAME USER, RENAME DATABASE.
    pub(super) fn rename(&mut self, part: Part<'_>) {
        let at = part.from + 1;
        let (name, _) = part.name(part.skip_if_exists(at + 1));
        match part.word(at) {
            "USER" => self.high(part, Verb::Change, TargetKind::Account, &name, "Rename the account"),
            "DATABASE" | "SCHEMA" => {
                self.high(part, Verb::Change, TargetKind::Database, &name, "Rename the database");
            }
            _ => self.low(part, Verb::Change, TargetKind::Table, &name, "Rename the table"),
        }
    }
}

/// Words that stand between what is dropped and its name.
const MORE: &[&str] = &[
    "SEARCH",
    "PARSER",
    "CONFIGURATION",
    "DICTIONARY",
    "TEMPLATE",
    "CLASS",
    "FAMILY",
    "MAPPING",
    "METHOD",
    "POLICY",
    "TRIGGER",
    "DATA",
    "WRAPPER",
    "TABLE",
    "VIEW",
    "LOG",
    "GROUP",
    "KEY",
    "SOURCE",
    "FORMAT",
    "PROJECTION",
    "PROFILE",
    "LINK",
    "BODY",
    "OBJECT",
    "ROLE",
    "INTEGRATION",
    "MONITOR",
    "COLLECTION",
    "STORE",
    "SPECIFICATION",
    "RETENTION",
    "CONTINUOUS",
    "QUERY",
    "CONSTRAINT",
    "LABEL",
    "GRAPH",
    "FOR",
    "REPLICATION",
];

/// What sort of thing it is, how much it weighs and what it is called.
fn dropped(what: &str, foreign: bool, materialized: bool) -> (TargetKind, Severity, &'static str) {
    use Severity::{Critical, High};
    match what {
        "DATABASE" | "CATALOG" | "KEYSPACE" => (TargetKind::Database, Critical, "the database"),
        "SCHEMA" | "DATASET" => (TargetKind::Database, Critical, "the schema"),
        "TABLE" | "TABLES" if foreign => (TargetKind::Table, High, "the foreign table"),
        "TABLE" | "TABLES" => (TargetKind::Table, Critical, "the table"),
        "MEASUREMENT" | "SERIES" | "COLUMNFAMILY" | "BUCKET" | "SHARD" => {
            (TargetKind::Table, Critical, "the series")
        }
        "STREAM" | "STAGE" | "TOPIC" => (TargetKind::Table, High, "the stream"),
        "RETENTION" => (TargetKind::Table, Critical, "the retention policy"),
        "TABLESPACE" | "WAREHOUSE" => (TargetKind::Database, High, "the space"),
        "SHARE" | "REPLICA" => (TargetKind::Database, High, "the share"),
        "VIEW" if materialized => (TargetKind::Table, High, "the materialized view"),
        "VIEW" => (TargetKind::Table, High, "the view"),
        "INDEX" | "STATISTICS" => (TargetKind::Table, High, "the index"),
        "SEQUENCE" => (TargetKind::Table, High, "the sequence"),
        "USER" | "ROLE" | "LOGIN" | "GROUP" | "ACCOUNT" => (TargetKind::Account, High, "the account"),
        "POLICY" | "RULE" | "TRIGGER" | "CONSTRAINT" => (TargetKind::Table, High, "what guards rows:"),
        "EXTENSION" => (TargetKind::Database, High, "the extension"),
        "SUBSCRIPTION" | "PUBLICATION" => (TargetKind::Database, High, "the replication"),
        "FUNCTION" | "PROCEDURE" | "PROC" | "AGGREGATE" | "ROUTINE" | "MACRO" | "PACKAGE" => {
            (TargetKind::Database, High, "the function")
        }
        "TYPE" | "DOMAIN" => (TargetKind::Database, High, "the type"),
        "SERVER" => (TargetKind::Database, High, "the server"),
        _ => (TargetKind::Database, High, "the object"),
    }
}
