//! The clients' own commands between the statements: `\!` and `\copy` of psql, `source` of mysql, `.shell` of sqlite3.
//!
//! Invariant: one pass over the text; what is no command of the client's own goes to the SQL reader, all of it together.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};

use super::Handed;
use super::clients::Session;
use crate::Findings;
use crate::commands::Stdin;
use crate::findings::Found;
use crate::words::quoted;

/// Whose commands they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    None,
    Psql,
    Mysql,
    Sqlite,
    Sqlcmd,
    Sqlplus,
}

/// Words that, in what a query builds, make it worse.
const GRAVE: &[&str] = &["drop", "truncate", "delete", "update", "grant", "alter"];

/// Reads a text of SQL with commands of the client's own.
pub(super) fn read(
    session: &Session<'_>,
    kind: Kind,
    handed: &Handed<'_>,
    files: usize,
    findings: &mut Findings,
) {
    let text = handed.text.as_ref();
    let mut reader = Reader { session, span: handed.span, files, findings };
    match kind {
        Kind::None => reader.session.sql(text, handed.span, reader.findings),
        Kind::Psql => reader.psql(text),
        _ => reader.by_line(kind, text),
    }
}

struct Reader<'s, 'f> {
    session: &'s Session<'s>,
    span: Option<Span>,
    files: usize,
    findings: &'f mut Findings,
}

impl Reader<'_, '_> {
    fn shell(&mut self, command: &str) {
        super::shell(self.session.call, command, Stdin::Inherited, self.span, self.findings);
    }

    fn file(&mut self, name: &str) {
        let name = name.trim().trim_matches(['\'', '"', ';']);
        self.session.file(name, true, self.span, self.files, self.findings);
    }

    fn found(&mut self, verb: Verb, severity: Severity, phrase: String) {
        let name = self.session.database.unwrap_or("the database").to_owned();
        let (kind, reversible, span) = (TargetKind::Database, Reversible::Unknown, self.span);
        self.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
    }

    /// A file that is written, or a program behind `|`.
    fn output(&mut self, target: &str) {
        let target = target.trim().trim_matches(['\'', '"']);
        match target.strip_prefix('|') {
            Some(command) => {
                let rows = Stdin::Printed("the client");
                super::shell(self.session.call, command, rows, self.span, self.findings);
            }
            None => self.session.writes(target, self.span, self.findings),
        }
    }

    /// psql's commands begin with a backslash wherever no text or comment stands.
    fn psql(&mut self, text: &str) {
        let mut sql = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = backslash(rest) {
            let (before, command) = rest.split_at(at);
            sql.push_str(before);
            let end = command.find('\n').unwrap_or(command.len());
            let (line, after) = command.split_at(end);
            // `\\` ends a command; what follows is SQL again.
            let (line, same) = match line.get(2..).and_then(|tail| tail.find("\\\\")) {
                Some(split) if !line.starts_with("\\!") => line.split_at(split + 2),
                _ => (line, ""),
            };
            self.psql_command(line.trim_end(), before);
            sql.push_str(";\n");
            sql.push_str(same.strip_prefix("\\\\").unwrap_or(same));
            rest = after;
        }
        sql.push_str(rest);
        let sql = Self::without_rows(&sql);
        self.session.sql(&sql, self.span, self.findings);
    }

    fn psql_command(&mut self, line: &str, before: &str) {
        let line = line.trim_start_matches('\\');
        if let Some(command) = line.strip_prefix('!') {
            return self.shell(command);
        }
        let name_end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
        let (name, arguments) = line.split_at(name_end);
        // Backticks run a command in any argument.
        for (nth, piece) in arguments.split('`').enumerate() {
            if nth % 2 == 1 {
                self.shell(piece);
            }
        }
        match name {
            "copy" => self.copy(arguments),
            "i" | "ir" | "include" | "include_relative" => self.file(arguments),
            "o" | "out" | "w" | "write" | "g" | "gx" | "s" if !arguments.trim().is_empty() => {
                let target = arguments.rsplit(')').next().unwrap_or(arguments);
                self.output(target);
            }
            "gexec" => {
                let statement = before.rsplit(';').find(|part| !part.trim().is_empty()).unwrap_or(before);
                let mut words = statement.split(|c: char| !c.is_ascii_alphabetic());
                let grave = words.any(|word| GRAVE.iter().any(|grave| word.eq_ignore_ascii_case(grave)));
                let severity = if grave { Severity::Critical } else { Severity::High };
                let why = "it runs what a query gives";
                self.findings.unread_at(severity, "\\gexec", why, self.span);
                self.found(Verb::ExecuteUnread, severity, "Run the statements that a query gives".to_owned());
            }
            "password" => {
                self.found(Verb::Grant, Severity::High, "Change the password of an account".to_owned());
            }
            "lo_unlink" => self.found(Verb::Delete, Severity::High, "Delete a large object".to_owned()),
            "lo_export" => {
                let file = arguments.split_ascii_whitespace().nth(1).unwrap_or_default();
                self.output(file);
            }
            _ => {}
        }
    }

    /// `\copy …` is COPY, with the files of this machine.
    fn copy(&mut self, arguments: &str) {
        let lower = arguments.to_ascii_lowercase();
        if let Some(at) = lower.find(" program ") {
            let command = arguments.get(at + 9..).unwrap_or_default().trim();
            let rows = Stdin::Printed("psql");
            super::shell(self.session.call, command.trim_matches('\''), rows, self.span, self.findings);
        }
        let arguments = arguments.trim();
        if arguments.starts_with('(') {
            let end = arguments.rfind(')').unwrap_or(arguments.len());
            let query = arguments.get(1..end).unwrap_or_default();
            self.session.sql(query, self.span, self.findings);
        }
        let mut words = arguments.rsplit(')').next().unwrap_or(arguments).split_ascii_whitespace();
        let direction =
            words.find(|word| word.eq_ignore_ascii_case("to") || word.eq_ignore_ascii_case("from"));
        let target = words.next().unwrap_or_default().trim_matches('\'');
        let named = !matches!(
            target.to_ascii_lowercase().as_str(),
            "program" | "stdout" | "stdin" | "pstdout" | "pstdin"
        );
        match direction {
            Some(word) if word.eq_ignore_ascii_case("to") && named => self.output(target),
            Some(word) if word.eq_ignore_ascii_case("from") => {
                self.found(Verb::Create, Severity::Low, "Load rows into the database".to_owned());
            }
            _ => {}
        }
    }

    /// A dump's text without the rows behind `COPY … FROM stdin;`. A line among them that could be a statement stays:
    /// where the COPY fails, it would run.
    fn without_rows(sql: &str) -> String {
        let mut out = String::with_capacity(sql.len());
        let mut inside = false;
        for line in sql.split_inclusive('\n') {
            let trimmed = line.trim();
            if inside && (trimmed == "\\." || trimmed == ";") {
                inside = false;
                continue;
            }
            if !inside || (trimmed.ends_with(';') && crate::sql::begins_statement(trimmed)) {
                out.push_str(line);
            }
            let lower = trimmed.get(..5).unwrap_or_default().to_ascii_lowercase();
            inside |= lower == "copy " && ends_from_stdin(trimmed);
        }
        out
    }

    /// Clients whose commands stand at the beginning of a line.
    fn by_line(&mut self, kind: Kind, text: &str) {
        let mut sql = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let own = match kind {
                Kind::Sqlite => self.dot(line.trim()),
                Kind::Mysql => self.mysql(line.trim()),
                Kind::Sqlcmd => self.sqlcmd(line.trim()),
                _ => self.sqlplus(line.trim()),
            };
            if !own {
                sql.push_str(line);
            }
        }
        self.session.sql(&sql, self.span, self.findings);
    }

    /// sqlite3 and DuckDB: `.name`, which may be shortened.
    fn dot(&mut self, line: &str) -> bool {
        let Some(line) = line.strip_prefix('.') else { return false };
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        let (name, arguments) = line.split_at(end);
        let arguments = arguments.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return false;
        }
        let is = |full: &str, least: usize| name.len() >= least && full.starts_with(name);
        let first =
            arguments.split_ascii_whitespace().find(|word| !word.starts_with('-')).unwrap_or_default();
        let piped = || {
            arguments
                .find('|')
                .and_then(|at| arguments.get(at + 1..))
                .map(|rest| rest.trim_matches(['\'', '"']))
        };
        if is("shell", 2) || is("system", 2) {
            self.shell(arguments);
        } else if is("read", 3) {
            match first.trim_matches(['\'', '"']).strip_prefix('|') {
                Some(_) => self.shell(piped().unwrap_or_default()),
                None => self.file(first),
            }
        } else if is("output", 2) || is("once", 2) || is("excel", 3) || is("www", 2) {
            self.output(arguments);
        } else if is("import", 2) {
            if let Some(command) = piped() {
                self.shell(command);
            }
            self.found(Verb::Create, Severity::Low, "Load rows into the database".to_owned());
        } else if is("restore", 3) {
            self.found(Verb::Overwrite, Severity::High, "Replace the database by a backup".to_owned());
        } else if is("backup", 1) && !is("bail", 2) || is("save", 2) || is("clone", 2) || is("log", 3) {
            let target = arguments.split_ascii_whitespace().last().unwrap_or_default();
            self.output(target);
        } else if is("open", 2) && arguments.contains("-new") {
            self.found(Verb::Overwrite, Severity::High, format!("Empty the database {}", quoted(first)));
        } else if is("load", 2) {
            self.found(Verb::ExecuteUnread, Severity::High, format!("Load code from {}", quoted(first)));
        } else if is("dbconfig", 3) && arguments.contains("defensive") && arguments.ends_with("off") {
            self.found(Verb::Change, Severity::High, "Switch off what protects the database".to_owned());
        } else if is("edit", 3) {
            self.shell("");
        }
        true
    }

    fn mysql(&mut self, line: &str) -> bool {
        let word_end = line.find(|c: char| c.is_whitespace()).unwrap_or(line.len());
        let (word, arguments) = line.split_at(word_end);
        match word.to_ascii_lowercase().as_str() {
            "system" | "\\!" | "pager" => self.shell(arguments.trim_end_matches(';')),
            "source" | "\\." => self.file(arguments),
            "tee" => self.output(arguments.trim_end_matches(';')),
            _ if word.starts_with("\\P") => self.shell(arguments),
            _ if word.starts_with("\\T") => self.output(arguments),
            _ if word.starts_with("\\!") => self.shell(line.get(2..).unwrap_or_default()),
            _ => {
                // A command in the middle of a line.
                if let Some((_, command)) = line.split_once("\\!") {
                    self.shell(command);
                }
                return false;
            }
        }
        true
    }

    fn sqlcmd(&mut self, line: &str) -> bool {
        let lower = line.to_ascii_lowercase();
        if let Some(command) = line.strip_prefix("!!").or_else(|| line.strip_prefix(":!!")) {
            self.shell(command);
        } else if lower.starts_with(":r ") {
            self.file(line.get(3..).unwrap_or_default());
        } else if lower.starts_with(":out ") || lower.starts_with(":error ") {
            self.output(line.split_once(' ').map_or("", |(_, file)| file));
        } else {
            return [":setvar", ":connect", ":on error", ":list", ":help", ":quit", ":exit", ":reset"]
                .iter()
                .any(|own| lower.starts_with(own));
        }
        true
    }

    fn sqlplus(&mut self, line: &str) -> bool {
        let lower = line.to_ascii_lowercase();
        if let Some(command) = line.strip_prefix('!') {
            self.shell(command);
        } else if lower == "host" || lower.starts_with("host ") || lower.starts_with("ho ") {
            self.shell(line.split_once(' ').map_or("", |(_, command)| command));
        } else if lower.starts_with("spool ") && !lower.starts_with("spool off") {
            self.output(line.get(6..).unwrap_or_default());
        } else if let Some(file) = line.strip_prefix('@') {
            let file = file.trim_start_matches('@').split_ascii_whitespace().next().unwrap_or_default();
            self.file(file);
        } else {
            return [
                "set ",
                "prompt",
                "column ",
                "exit",
                "quit",
                "whenever ",
                "connect ",
                "define ",
                "spool off",
                "rem ",
            ]
            .iter()
            .any(|own| lower.starts_with(own));
        }
        true
    }
}

/// Whether a COPY takes its rows from what follows it.
fn ends_from_stdin(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.find(" from stdin").is_some_and(|_| lower.ends_with(';'))
}

/// The first backslash outside of texts, names and comments.
fn backslash(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(b) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied().unwrap_or(0);
        match b {
            b'\\' => return Some(at),
            b'\'' | b'"' => {
                let escapes = b == b'\'' && at > 0 && matches!(bytes[at - 1], b'e' | b'E');
                at += 1;
                while let Some(inner) = bytes.get(at) {
                    if *inner == b'\\' && escapes {
                        at += 1;
                    } else if *inner == b {
                        break;
                    }
                    at += 1;
                }
            }
            b'-' if next == b'-' => at += bytes[at..].iter().take_while(|b| **b != b'\n').count(),
            b'/' if next == b'*' => {
                at = text
                    .get(at + 2..)
                    .and_then(|rest| rest.find("*/"))
                    .map_or(at + 1, |end| at + 2 + end + 1);
            }
            b'$' => {
                let tag =
                    bytes[at + 1..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                if bytes.get(at + 1 + tag) == Some(&b'$') {
                    let mark = text.get(at..at + tag + 2).unwrap_or_default();
                    let inner = at + tag + 2;
                    if let Some(end) = text.get(inner..).and_then(|rest| rest.find(mark)) {
                        at = inner + end + mark.len() - 1;
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}
