//! Statements on rows: DELETE, UPDATE, INSERT, MERGE, TRUNCATE, and what moves rows into and out of files.

use sayso_core::reading::{Rows, TargetKind, Verb};
use sayso_core::{Severity, redact};

use super::constant;
use super::countable;
use super::part::Part;
use super::reader::Reader;
use super::truth::{self, Truth};
use crate::paths;
use crate::words::{quoted, short};

/// What can stand between the verb and the table.
const MODIFIERS: &[&str] = &[
    "LOW_PRIORITY",
    "QUICK",
    "IGNORE",
    "DELAYED",
    "HIGH_PRIORITY",
    "FROM",
    "INTO",
    "ONLY",
    "TABLE",
    "OVERWRITE",
    "FIRST",
    "ALL",
    "HISTORY",
];
/// What ends a condition.
const AFTER: &[&str] = &[
    "RETURNING",
    "ORDER",
    "LIMIT",
    "OPTION",
    "FETCH",
    "SETTINGS",
    "OFFSET",
    "GROUP",
    "LOG",
    "BY",
    "WHEN",
    "UNION",
    "WINDOW",
    "HAVING",
    "SAMPLE",
    "PARTITION",
];
/// What restricts without a condition: other tables that rows are held against, or a number of rows.
const RESTRICTS: &[&str] = &["JOIN", "LIMIT", "APPLY", "FETCH"];

/// How much of its table a statement hits.
enum Reach {
    All,
    /// A condition that leaves nothing out.
    AllBy(String),
    Some(String),
    /// By a join, a number of rows or a cursor.
    Other,
}

/// Whether a table lives only as long as the session.
pub(super) fn temporary(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with('#')
        || ["pg_temp.", "temp.", "tempdb.", "session."].iter().any(|schema| lower.starts_with(schema))
}

impl Reader<'_> {
    fn reach(part: Part<'_>, from: usize, table: &str) -> (Reach, Rows) {
        let rows = |condition, uncounted| Rows { table: table.to_owned(), condition, uncounted };
        let Some(at) = part.find(from, &["WHERE"]) else {
            return if part.find(from, RESTRICTS).is_some() {
                (Reach::Other, rows(None, true))
            } else {
                (Reach::All, rows(None, false))
            };
        };
        let mut end = at + 1;
        let depth = part.depth(at);
        while end < part.to && !(part.depth(end) == depth && part.one_of(end, AFTER)) {
            end += 1;
        }
        let condition = part.of(at + 1, end);
        if condition.is_empty() || condition.word(at + 1) == "CURRENT" {
            return (Reach::Other, rows(None, true));
        }
        let limited = part.find(from, RESTRICTS).is_some();
        let text = redact::text(&short(&condition.all().split_whitespace().collect::<Vec<_>>().join(" ")));
        let counted = !limited && countable::only_compares(condition);
        let counted = rows(counted.then(|| condition.all().to_owned()), !counted);
        match truth::of(condition, table) {
            Truth::Always if !limited => (Reach::AllBy(text), rows(None, false)),
            _ => (Reach::Some(text), counted),
        }
    }

    pub(super) fn delete(&mut self, part: Part<'_>) {
        let mut at = part.skip(part.from + 1, MODIFIERS);
        let top = part.word(at) == "TOP";
        if top {
            at = if part.sign(at + 1) == b'(' { part.pair(at + 1) + 1 } else { at + 2 };
            at = part.skip(at, &["PERCENT", "FROM"]);
        }
        let (mut tables, mut next) = part.names(at);
        // `DELETE a FROM b JOIN c`: the rows of what stands behind FROM.
        if part.word(next) == "FROM" && part.word(at.wrapping_sub(1)) != "FROM" {
            let (named, behind) = part.name(part.skip(next + 1, &["ONLY"]));
            if tables.len() < 2 && !named.is_empty() {
                tables = vec![named];
            }
            next = behind;
        }
        if tables.is_empty() && next < part.to {
            tables.push(String::new());
        }
        for table in tables {
            self.delete_from(part, next, &table, top);
        }
    }

    fn delete_from(&mut self, part: Part<'_>, next: usize, table: &str, top: bool) {
        let shown = if table.is_empty() { "a table".to_owned() } else { quoted(table) };
        if temporary(table) {
            return self.low(
                part,
                Verb::Delete,
                TargetKind::Table,
                table,
                "Delete rows of the temporary table",
            );
        }
        let (mut reach, mut rows) = Self::reach(part, next, table);
        if top && matches!(reach, Reach::All | Reach::AllBy(_)) {
            (reach, rows.uncounted) = (Reach::Other, true);
        }
        self.rows(rows);
        let catalog = is_catalog(table);
        let (severity, phrase) = match reach {
            Reach::All => (Severity::Critical, format!("Delete every row of {shown}")),
            Reach::AllBy(text) => {
                let phrase = format!("Delete every row of {shown}: {} leaves nothing out", quoted(&text));
                (Severity::Critical, phrase)
            }
            Reach::Some(text) => {
                (Severity::High, format!("Delete the rows of {shown} where {}", quoted(&text)))
            }
            Reach::Other => (Severity::High, format!("Delete rows of {shown}")),
        };
        let severity = if catalog { Severity::Critical } else { severity };
        self.hit(part, Verb::Delete, TargetKind::Table, table, severity, phrase);
    }

    pub(super) fn update(&mut self, part: Part<'_>) {
        let mut at = part.skip(part.from + 1, MODIFIERS);
        if part.word(at) == "OR" {
            at = part.skip(at + 2, MODIFIERS);
        }
        if part.word(at) == "STATISTICS" {
            return self.low(part, Verb::Change, TargetKind::Table, "", "Count the rows anew of");
        }
        let top = part.word(at) == "TOP";
        if top {
            at = if part.sign(at + 1) == b'(' { part.pair(at + 1) + 1 } else { at + 2 };
            at = part.skip(at, &["PERCENT"]);
        }
        let (table, next) = part.name(at);
        let shown = quoted(&table);
        if temporary(&table) {
            return self.low(
                part,
                Verb::Change,
                TargetKind::Table,
                &table,
                "Change rows of the temporary table",
            );
        }
        let (reach, mut rows) = Self::reach(part, next, &table);
        let others = top || part.find(next, &["FROM", "USING"]).is_some();
        let reach = if others && !matches!(reach, Reach::Some(_)) { Reach::Other } else { reach };
        rows.uncounted |= others;
        self.rows(rows);
        let (mut severity, phrase) = match reach {
            Reach::All => (Severity::Critical, format!("Change every row of {shown}")),
            Reach::AllBy(text) => (
                Severity::Critical,
                format!("Change every row of {shown}: {} leaves nothing out", quoted(&text)),
            ),
            Reach::Some(text) => {
                (Severity::High, format!("Change the rows of {shown} where {}", quoted(&text)))
            }
            Reach::Other => (Severity::High, format!("Change rows of {shown}")),
        };
        if is_catalog(&table) {
            severity = Severity::Critical;
        }
        self.hit(part, Verb::Change, TargetKind::Table, table, severity, phrase);
    }

    pub(super) fn insert(&mut self, part: Part<'_>) {
        let mut at = part.from + 1;
        if part.word(at) == "OR" {
            at += 2;
        }
        let replaces = part.one_of(part.skip(at, &["INTO"]), &["OVERWRITE"]);
        let at = part.skip(at, MODIFIERS);
        if part.one_of(at, &["DIRECTORY", "FUNCTION", "LOCAL"]) {
            let phrase = "Write rows out of";
            return self.high(part, Verb::Publish, TargetKind::Database, "", phrase);
        }
        let (table, _) = part.name(at);
        if is_catalog(&table) {
            let phrase = "Write into the catalog";
            return self.critical(part, Verb::Grant, TargetKind::Table, &table, phrase);
        }
        if replaces {
            return self.high(part, Verb::Overwrite, TargetKind::Table, &table, "Replace the rows of");
        }
        let changes = part.word(part.from) == "REPLACE"
            || part.has_row(&["DO", "UPDATE"])
            || part.has_row(&["KEY", "UPDATE"]);
        let phrase = if changes { "Add or replace rows of" } else { "Add rows to" };
        self.low(part, Verb::Create, TargetKind::Table, &table, phrase);
    }

    pub(super) fn merge(&mut self, part: Part<'_>) {
        let (table, _) = part.name(part.skip(part.from + 1, &["INTO"]));
        if part.has_row(&["THEN", "DELETE"]) {
            self.high(
                part,
                Verb::Delete,
                TargetKind::Table,
                &table,
                "Merge into, and delete from, the table",
            );
        } else if part.has_row(&["THEN", "UPDATE"]) {
            self.high(
                part,
                Verb::Change,
                TargetKind::Table,
                &table,
                "Merge into, and change rows of, the table",
            );
        } else {
            self.low(part, Verb::Create, TargetKind::Table, &table, "Merge new rows into");
        }
    }

    pub(super) fn truncate(&mut self, part: Part<'_>) {
        let at = part
            .skip(part.from + 1, &["TABLE", "ALL", "TABLES", "FROM", "TEMPORARY", "MATERIALIZED", "VIEW"]);
        let at = part.skip_if_exists(at);
        if part.one_of(at, &["DATABASE", "SCHEMA", "CLUSTER"]) {
            let (name, _) = part.name(at + 1);
            return self.critical(part, Verb::Delete, TargetKind::Database, &name, "Delete every row of");
        }
        let (tables, next) = part.names(at);
        for table in &tables {
            if temporary(table) {
                self.low(
                    part,
                    Verb::Delete,
                    TargetKind::Table,
                    table,
                    "Delete every row of the temporary table",
                );
                continue;
            }
            let all =
                if part.of(next, part.to).has(&["CASCADE"]) { " and of all that refers to it" } else { "" };
            let phrase = format!("Delete every row of {}{all}", quoted(table));
            self.rows(Rows { table: table.clone(), condition: None, uncounted: false });
            self.hit(part, Verb::Delete, TargetKind::Table, table.clone(), Severity::Critical, phrase);
        }
        if tables.is_empty() {
            self.critical(part, Verb::Delete, TargetKind::Table, "", "Delete every row of a table of");
        }
    }

    /// PostgreSQL's COPY, Snowflake's and Databricks' COPY INTO.
    pub(super) fn copy(&mut self, part: Part<'_>) {
        let mut at = part.skip(part.from + 1, &["BINARY", "INTO"]);
        let into = part.word(part.from + 1) == "INTO";
        let (mut table, next) = if part.sign(at) == b'(' {
            at = part.pair(at) + 1;
            (String::new(), at)
        } else {
            part.name(at)
        };
        if table.is_empty() {
            "a query".clone_into(&mut table);
        }
        if into {
            let outside = table.starts_with('@') || table.contains("://");
            return if outside {
                self.high(part, Verb::Publish, TargetKind::Bucket, &table, "Write rows out to");
            } else {
                self.low(part, Verb::Create, TargetKind::Table, &table, "Load rows into");
            };
        }
        let Some(direction) = part.find(next, &["TO", "FROM"]) else {
            return self.low(part, Verb::Change, TargetKind::Table, &table, "Copy rows of");
        };
        let out = part.word(direction) == "TO";
        let target = part.word(direction + 1);
        if target == "PROGRAM" {
            let command = constant::of(part.of(direction + 2, part.to), &self.variables).0;
            return self.command(part, command.any.then_some(command.text.as_str()));
        }
        match (out, target) {
            // The query itself says what is read.
            (true, "STDOUT") => {}
            (false, "STDIN") => self.low(part, Verb::Create, TargetKind::Table, &table, "Add rows to"),
            _ => self.copy_file(part, direction, out, &table),
        }
    }

    fn copy_file(&mut self, part: Part<'_>, direction: usize, out: bool, table: &str) {
        let (name, _) = part.name(direction + 1);
        if name.contains("://") {
            return if out {
                self.high(part, Verb::Publish, TargetKind::Url, &name, "Send rows to");
            } else {
                self.low(part, Verb::Create, TargetKind::Table, table, "Load rows into");
            };
        }
        if name == "/dev/stdout" {
            return;
        }
        if out {
            let phrase = format!("Write the file {}, where the database runs", quoted(&name));
            return self.hit(part, Verb::Overwrite, TargetKind::Path, name, Severity::High, phrase);
        }
        if paths::secret(&name, true).is_some() || name.starts_with("/etc/") || name.starts_with("/proc/") {
            let phrase = format!("Read {} of the database's server", quoted(&name));
            self.hit(part, Verb::Disclose, TargetKind::Path, name, Severity::High, phrase);
            return;
        }
        self.low(part, Verb::Create, TargetKind::Table, table, "Load rows into");
    }

    pub(super) fn export(&mut self, part: Part<'_>) {
        // DuckDB's `EXPORT DATABASE 'folder'`.
        if part.word(part.from + 1) == "DATABASE" {
            let (name, _) = part.name(part.from + 2);
            return self.low(part, Verb::Create, TargetKind::Path, &name, "Write the database out to");
        }
        let to = part.find(part.from, &["TO"]).map_or_else(String::new, |to| part.name(to + 1).0);
        self.high(part, Verb::Publish, TargetKind::Bucket, &to, "Write rows out to");
        let query = (part.from + 1..part.to).find_map(|at| part.text(at));
        if let Some(query) = query.filter(|query| super::statement::begins_statement(query)) {
            self.runs(part, &query);
        }
    }

    /// LOAD DATA, BULK INSERT, IMPORT, PUT, GET, and LOAD of a library.
    pub(super) fn load(&mut self, part: Part<'_>) {
        let at = part.from;
        let word = part.word(at);
        let file = (at + 1..part.to).find_map(|at| part.text(at)).unwrap_or_default().into_owned();
        if word == "LOAD" && !part.one_of(at + 1, &["DATA", "XML", "TABLE", "INDEX"]) {
            let (name, _) = part.name(at + 1);
            // PostgreSQL loads a library of the server, DuckDB an extension by its name.
            return if file.is_empty() {
                self.low(part, Verb::Change, TargetKind::Database, &name, "Load the extension");
            } else {
                self.high(
                    part,
                    Verb::ExecuteUnread,
                    TargetKind::Path,
                    &name,
                    "Load code into the database from",
                );
            };
        }
        let into = part.find(at, &["INTO", "INSERT", "TABLE"]);
        let table = into.map_or_else(String::new, |into| {
            part.name(part.skip(into + 1, &["TABLE", "INTO", "OVERWRITE"])).0
        });
        if part.has(&["OVERWRITE", "TRUNCATE"]) {
            return self.high(part, Verb::Overwrite, TargetKind::Table, &table, "Replace the rows of");
        }
        let local = part.one_of(at + 2, &["LOCAL"]) || !matches!(word, "LOAD");
        let secret =
            paths::secret(&file, true).is_some() || file.starts_with("/etc/") || file.starts_with("\\\\");
        if secret || (!local && file.starts_with('/') && part.has(&["INFILE"])) {
            let phrase = format!("Read {} of the database's server", quoted(&file));
            return self.hit(part, Verb::Disclose, TargetKind::Path, file, Severity::High, phrase);
        }
        self.low(part, Verb::Create, TargetKind::Table, &table, "Load rows into");
    }
}

/// Whether a table is the database's own account of itself.
fn is_catalog(table: &str) -> bool {
    let lower = table.to_ascii_lowercase();
    let last = lower.rsplit('.').next().unwrap_or(&lower);
    matches!(last, "sqlite_master" | "sqlite_schema")
        || lower.starts_with("pg_catalog.")
        || lower.starts_with("mysql.")
        || matches!(
            last,
            "pg_authid" | "pg_database" | "pg_class" | "pg_auth_members" | "pg_proc" | "pg_shadow"
        )
}
