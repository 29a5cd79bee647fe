//! What runs other statements: EXECUTE, EXEC, CALL, DO, PREPARE.
//!
//! Invariant: a text is read as far as it is constant; a procedure that stands in the database is unread.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::constant;
use super::lexer::Kind;
use super::part::Part;
use super::reader::Reader;
use crate::words::quoted;

/// Procedures of SQL Server that only tell.
const TELLS: &[&str] = &[
    "SP_HELP",
    "SP_HELPTEXT",
    "SP_WHO",
    "SP_WHO2",
    "SP_COLUMNS",
    "SP_TABLES",
    "SP_SPACEUSED",
    "SP_HELPDB",
    "SP_HELPINDEX",
    "SP_DEPENDS",
    "SP_LOCK",
    "SP_DATABASES",
    "SP_STORED_PROCEDURES",
    "SP_HELPCONSTRAINT",
    "SP_HELPUSER",
    "SP_HELPROLE",
    "SP_HELPFILE",
    "SP_PKEYS",
    "SP_FKEYS",
    "SP_STATISTICS",
    "SP_MONITOR",
    "SP_DESCRIBE_FIRST_RESULT_SET",
    "SP_HELPSRVROLE",
    "SP_SERVER_INFO",
    "SP_BLITZ",
    "SP_WHOISACTIVE",
];

impl Reader<'_> {
    pub(super) fn execute(&mut self, part: Part<'_>) {
        let at = part.skip(part.from + 1, &["IMMEDIATE", "STATEMENT"]);
        if part.word(at) == "AS" {
            let phrase = "Act as another account in";
            return self.low(part, Verb::Grant, TargetKind::Account, "", phrase);
        }
        if part.one_of(at, &["TASK", "ALERT", "JOB"]) {
            let (name, _) = part.name(at + 1);
            return self.high(
                part,
                Verb::ExecuteUnread,
                TargetKind::Database,
                &name,
                "Run what stands in the database:",
            );
        }
        let text = matches!(part.kind(at), Some(Kind::Text | Kind::Param)) || part.sign(at) == b'(';
        let immediate = at > part.from + 1;
        let next = part.sign(at + 1);
        // `EXEC @result = dbo.proc …`
        if part.kind(at) == Some(Kind::Param) && next == b'=' {
            return self.procedure(part, at + 2);
        }
        let called = matches!(
            part.word(at),
            "FORMAT" | "CONCAT" | "CHAR" | "CHR" | "REPLACE" | "CONVERT_FROM" | "REVERSE"
        );
        if text || immediate || next == b'|' || (called && next == b'(') {
            return self.execute_text(part, at);
        }
        let (name, _) = part.name(at);
        // A variable that holds a text.
        let values: Vec<constant::Known> = self
            .variables
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(&name))
            .map(|(_, value)| value.clone())
            .collect();
        if !values.is_empty() {
            for value in values {
                self.runs_known(part, &value);
            }
            return;
        }
        if self.prepared.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            return;
        }
        self.procedure(part, at);
    }

    fn execute_text(&mut self, part: Part<'_>, at: usize) {
        let (known, _) = constant::of(part.of(at, part.to), &self.variables);
        let lone = part.kind(at) == Some(Kind::Param) || part.kind(at) == Some(Kind::Word);
        let name = part.written(at);
        let values: Vec<constant::Known> = self
            .variables
            .iter()
            .filter(|(known, _)| lone && known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.clone())
            .collect();
        for value in values.iter().filter(|value| **value != known) {
            self.runs_known(part, value);
        }
        self.runs_known(part, &known);
    }

    /// A procedure by its name at `at`.
    pub(super) fn procedure(&mut self, part: Part<'_>, at: usize) {
        let (written, next) = part.name(at);
        let last =
            written.rsplit('.').next().unwrap_or(&written).trim_matches(['[', ']', '"']).to_ascii_uppercase();
        if TELLS.contains(&last.as_str()) {
            return;
        }
        let arguments = part.of(next, part.to);
        let shown = quoted(&written);
        let (severity, verb, phrase) = match last.as_str() {
            "SP_EXECUTESQL" | "SP_SQLEXEC" | "SP_MSFOREACHTABLE" | "SP_MSFOREACHDB" | "SP_EXECUTE"
            | "SP_PREPEXEC" => {
                return self.procedure_sql(part, arguments);
            }
            "XP_CMDSHELL" => {
                let command = constant::of(arguments, &self.variables).0;
                return self.command(part, command.any.then_some(command.text.as_str()));
            }
            "SP_DETACH_DB"
            | "SP_DBREMOVE"
            | "SP_DELETE_BACKUPHISTORY"
            | "SP_DELETE_DATABASE_BACKUPHISTORY" => (
                Severity::Critical,
                Verb::Delete,
                format!("Take a database or its backups away with {shown}"),
            ),
            "SP_ADDSRVROLEMEMBER"
            | "SP_ADDLOGIN"
            | "SP_ADDROLEMEMBER"
            | "SP_GRANTLOGIN"
            | "SP_PASSWORD"
            | "SP_ADDUSER"
            | "SP_GRANTDBACCESS"
            | "SP_CHANGE_USERS_LOGIN"
            | "SP_ADDLINKEDSRVLOGIN" => (Severity::High, Verb::Grant, format!("Change rights with {shown}")),
            "SP_SEND_DBMAIL" => (Severity::High, Verb::Publish, format!("Send a mail with {shown}")),
            "SP_RENAME" => (Severity::Low, Verb::Change, format!("Rename something with {shown}")),
            "SP_UPDATESTATS" | "SP_RECOMPILE" | "SP_REFRESHVIEW" => {
                (Severity::Low, Verb::Change, format!("Bring something up to date with {shown}"))
            }
            _ => (Severity::High, Verb::ExecuteUnread, format!("Run {shown}, which stands in the database")),
        };
        if verb == Verb::ExecuteUnread {
            let why = "what a procedure of the database does stands in the database";
            self.unread(part, &written, why, severity);
        }
        self.hit(part, verb, TargetKind::Database, self.database(), severity, phrase);
    }

    fn procedure_sql(&mut self, part: Part<'_>, arguments: Part<'_>) {
        let mut at = arguments.from;
        // `@stmt = N'…'`
        if arguments.kind(at) == Some(Kind::Param) && arguments.sign(at + 1) == b'=' {
            at += 2;
        }
        self.execute_text(part.of(part.from, arguments.to), at);
    }

    /// `DO $$ … $$`, `DO LANGUAGE plpgsql '…'`, MySQL's `DO f(x)`.
    pub(super) fn do_block(&mut self, part: Part<'_>) {
        let language = part.find(part.from, &["LANGUAGE"]).map(|at| part.name(at + 1).0.to_ascii_lowercase());
        let body = (part.from + 1..part.to).find(|at| {
            part.text(*at).is_some()
                && part.word(at - 1) != "LANGUAGE"
                && part.depth(*at) == part.depth(part.from)
        });
        let Some(body) = body.and_then(|at| part.text(at)) else { return };
        if language.as_deref().is_some_and(|name| !matches!(name, "plpgsql" | "sql")) {
            self.unread(
                part,
                "the block",
                "it is written in a language that is not read here",
                Severity::High,
            );
            let phrase = "Run a block of code in";
            return self.high(part, Verb::ExecuteUnread, TargetKind::Database, "", phrase);
        }
        self.runs_block(part, &body);
    }

    /// `PREPARE x AS …`, `PREPARE x FROM '…'`: read as if it ran at once.
    pub(super) fn prepare(&mut self, part: Part<'_>) {
        if part.word(part.from + 1) == "TRANSACTION" {
            return self.low(part, Verb::Change, TargetKind::Database, "", "Prepare a transaction of");
        }
        let (name, next) = part.name(part.from + 1);
        self.prepared.push(name);
        let at = if part.sign(next) == b'(' { part.pair(next) + 1 } else { next };
        match part.word(at) {
            "FROM" => self.execute_text(part, at + 1),
            _ => self.inner(part, |reader| reader.statement(part.of(at + 1, part.to), false)),
        }
    }
}
