//! CREATE: mostly new things that harm nothing; accounts, code of the server's own, and what replaces something ask.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::part::Part;
use super::reader::Reader;
use super::script::HEAD;
use super::statement::begins_statement;
use crate::words::quoted;

/// Extensions that let SQL reach files, other systems or code of the server.
const REACHING: &[&str] = &[
    "dblink",
    "file_fdw",
    "adminpack",
    "plpython3u",
    "plpythonu",
    "plpython2u",
    "plperlu",
    "pltclu",
    "plsh",
    "postgres_fdw",
    "pg_cron",
    "http",
    "pg_net",
    "aws_s3",
    "aws_lambda",
    "lo",
    "pageinspect",
    "mysql_fdw",
    "oracle_fdw",
    "redis_fdw",
    "multicorn",
    "shellfs",
];

/// What stands before the word that says what is created.
const BEFORE: &[&str] = &[
    "OR",
    "REPLACE",
    "ALTER",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "GLOBAL",
    "LOCAL",
    "UNIQUE",
    "MATERIALIZED",
    "RECURSIVE",
    "EXTERNAL",
    "FOREIGN",
    "TRANSIENT",
    "VIRTUAL",
    "CLUSTERED",
    "NONCLUSTERED",
    "FULLTEXT",
    "SPATIAL",
    "SECURE",
    "DYNAMIC",
    "HYBRID",
    "ICEBERG",
    "SNAPSHOT",
    "TRUSTED",
    "PROCEDURAL",
    "PERSISTENT",
    "STREAMING",
    "LIVE",
    "MULTISET",
    "VOLATILE",
    "SET",
    "PUBLIC",
    "BITMAP",
    "COLUMNSTORE",
    "CACHED",
    "MEMORY",
    "PRIVATE",
];

impl Reader<'_> {
    pub(super) fn create(&mut self, part: Part<'_>) {
        let replaces = part.are(part.from + 1, &["OR", "REPLACE"]);
        let at = part.skip(part.from + 1, BEFORE);
        let temporary = part.of(part.from, at).has(&["TEMP", "TEMPORARY"]);
        let what = part.word(at);
        let (name, _) = part.name(part.skip_if_exists(part.skip(at + 1, &["CONCURRENTLY"])));
        match what {
            "USER" if part.word(at + 1) == "MAPPING" => {
                self.low(part, Verb::Create, TargetKind::Account, "", "Create a mapping of accounts in");
            }
            "USER" | "ROLE" | "LOGIN" | "GROUP" | "ACCOUNT" => self.create_account(part, &name),
            "TABLE" if replaces && !temporary => {
                self.high(part, Verb::Overwrite, TargetKind::Table, &name, "Replace the table");
            }
            "DATABASE" | "SCHEMA" if replaces => {
                self.critical(part, Verb::Overwrite, TargetKind::Database, &name, "Replace the whole of");
            }
            "EXTENSION" | "LANGUAGE" | "LIBRARY" | "ASSEMBLY" | "PLUGIN" => {
                self.create_code(part, what, &name);
            }
            "SUBSCRIPTION" | "SHARE" | "LINK" | "SERVER" | "INTEGRATION" | "ENDPOINT" => {
                let phrase = "Join the database with another system by";
                self.high(part, Verb::Publish, TargetKind::Database, &name, phrase);
            }
            "DATABASE" if part.word(at + 1) == "LINK" => {
                let phrase = "Join the database with another system by";
                self.high(part, Verb::Publish, TargetKind::Database, "", phrase);
            }
            "POLICY" => self.create_policy(part, &name),
            "TABLE" => self.low(part, Verb::Create, TargetKind::Table, &name, "Create the table"),
            "VIEW" => self.low(part, Verb::Create, TargetKind::Table, &name, "Create the view"),
            "INDEX" => self.low(part, Verb::Create, TargetKind::Table, &name, "Create the index"),
            "DATABASE" | "SCHEMA" => {
                self.low(part, Verb::Create, TargetKind::Database, &name, "Create the database or schema");
            }
            _ => self.low(part, Verb::Create, TargetKind::Database, &name, "Create an object:"),
        }
    }

    fn create_account(&mut self, part: Part<'_>, name: &str) {
        if part.has(&["SUPERUSER", "BYPASSRLS", "ACCOUNTADMIN", "SYSDBA"]) {
            let phrase = "Create an account that may do everything:";
            return self.critical(part, Verb::Grant, TargetKind::Account, name, phrase);
        }
        self.high(part, Verb::Grant, TargetKind::Account, name, "Create the account");
    }

    fn create_code(&mut self, part: Part<'_>, what: &str, name: &str) {
        let plain = name.trim_matches('"').to_ascii_lowercase();
        if what == "EXTENSION" && !REACHING.contains(&plain.as_str()) {
            return self.low(part, Verb::Create, TargetKind::Database, name, "Add the extension");
        }
        if what == "LANGUAGE" && matches!(plain.as_str(), "plpgsql" | "sql" | "plperl" | "pltcl" | "plv8") {
            return self.low(part, Verb::Create, TargetKind::Database, name, "Add the language");
        }
        let phrase = "Let SQL run code of the server or reach other systems by";
        self.high(part, Verb::ExecuteUnread, TargetKind::Database, name, phrase);
    }

    fn create_policy(&mut self, part: Part<'_>, name: &str) {
        let open = (part.from..part.to).any(|at| {
            part.one_of(at, &["USING", "CHECK"])
                && part.sign(at + 1) == b'('
                && part.one_of(at + 2, &["TRUE"])
                && part.sign(at + 3) == b')'
        });
        if open && !part.has_row(&["FOR", "SELECT"]) {
            return self.high(
                part,
                Verb::Grant,
                TargetKind::Table,
                name,
                "Let rows be changed by anybody, by the policy",
            );
        }
        self.low(part, Verb::Create, TargetKind::Table, name, "Create the policy");
    }

    /// A function, procedure, trigger, rule or event: what it would do when it runs.
    pub(super) fn create_routine(&mut self, part: Part<'_>, kind: usize) {
        let (name, next) = part.name(part.skip_if_exists(kind + 1));
        let called = match part.word(kind) {
            "TRIGGER" => "the trigger",
            "RULE" => "the rule",
            "EVENT" | "TASK" => "what the database runs by itself:",
            _ => "the function",
        };
        let language = part
            .find(next, &["LANGUAGE"])
            .map(|at| part.name(at + 1).0.to_ascii_lowercase())
            .unwrap_or_default();
        let foreign = matches!(language.as_str(), "c" | "java" | "plsh" | "internal")
            || (language.starts_with("pl") && language.ends_with('u'));
        if foreign || part.has(&["SONAME"]) {
            let phrase = "Let SQL run code of the server by the function";
            return self.high(part, Verb::ExecuteUnread, TargetKind::Database, &name, phrase);
        }
        let mut worst = Severity::None;
        let mut bodies = (part.from + HEAD.min(3)..part.to).filter(|at| {
            matches!(part.kind(*at), Some(super::lexer::Kind::Text)) && part.one_of(at - 1, &["AS", "DO"])
        });
        if let Some(at) = bodies.next() {
            let body = part.text(at).unwrap_or_default();
            // Only what cannot be had back counts here: a function that deletes what it is told to is a function.
            let inner = self.block_in(&body, part).worst();
            worst = if inner == Severity::Critical { Severity::High } else { Severity::Low };
        } else if let Some(begin) = body_start(part, next) {
            let written = part.of(begin, part.to).all();
            if begins_statement(written) || part.word(begin - 1) == "BEGIN" || part.sign(begin - 1) == b'(' {
                let inner = self.block_in(written, part).worst();
                worst = self.inline(inner);
            }
        }
        let phrase = format!("Define {called} {}", quoted(&name));
        let phrase = if worst >= Severity::High {
            format!("{phrase}, which deletes or changes at large")
        } else {
            phrase
        };
        self.hit(part, Verb::Create, TargetKind::Database, name, worst.max(Severity::Low), phrase);
    }

    /// A body without quotation marks: some databases would run its second statement at once.
    fn inline(&self, inner: Severity) -> Severity {
        let own = matches!(
            self.source.dialect,
            Some(sayso_core::action::SqlDialect::Sqlite | sayso_core::action::SqlDialect::Mysql)
        );
        match inner {
            Severity::Critical => Severity::High,
            Severity::High if !own => Severity::High,
            _ => Severity::Low,
        }
    }
}

/// Where the statements of a body without quotation marks begin.
fn body_start(part: Part<'_>, from: usize) -> Option<usize> {
    (from..part.to).find_map(|at| match part.word(at) {
        "BEGIN" => Some(part.skip(at + 1, &["ATOMIC"])),
        "DO" => {
            let at = part.skip(at + 1, &["ALSO", "INSTEAD"]);
            Some(if part.sign(at) == b'(' { at + 1 } else { at })
        }
        "AS" | "ROW" | "RETURN"
            if part.one_of(at + 1, &["DELETE", "UPDATE", "DROP", "TRUNCATE", "EXEC", "EXECUTE"]) =>
        {
            // `FOR EACH ROW EXECUTE FUNCTION f()` only names what runs.
            (!part.one_of(at + 2, &["FUNCTION", "PROCEDURE"])).then_some(at + 1)
        }
        _ => None,
    })
}
