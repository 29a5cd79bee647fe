//! Databases that other programs reach: a framework's own console, and calls in the source of another language.
//!
//! Invariant: it only adds to what the room of that program finds.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};

use super::clients;
use crate::Findings;
use crate::commands::Call;
use crate::commands::code::scan::{self, Origin};
use crate::commands::code::tokens::Language;
use crate::findings::Found;
use crate::sql;
use crate::words::{Word, quoted};

/// Calls that hand SQL to a database, by the last part of their names.
const SQL_CALLS: &[&str] = &[
    "execute",
    "executemany",
    "executescript",
    "exec",
    "query",
    "raw",
    "statement",
    "unprepared",
    "run",
    "prepare",
    "exec_driver_sql",
    "execute_sql",
    "exec_query",
    "exec_update",
    "exec_delete",
    "do",
    "sql",
    "text",
    "read_sql",
    "read_sql_query",
    "select_all",
    "select_value",
    "$executeRawUnsafe",
    "$queryRawUnsafe",
    "$executeRaw",
    "$queryRaw",
    "querySingle",
    "ExecuteNonQuery",
    "executeUpdate",
    "executeQuery",
    "mysqli_query",
    "mysql_query",
    "pg_query",
    "db_query",
    "dbExecute",
    "dbGetQuery",
    "dbSendQuery",
    "command",
    "batch",
    "multi_query",
];
/// First words of SQL that no command of a shell begins with, but for `update-…` and its like.
const FIRST: &[&str] = &[
    "select", "insert", "update", "delete", "drop", "truncate", "alter", "create", "grant", "revoke", "with",
    "merge", "copy", "do",
];
/// Calls that delete at large, in the words of object mappers and clients.
const AT_LARGE: &[&str] = &[
    "delete_all",
    "destroy_all",
    "drop_all",
    "drop_table",
    "dropTable",
    "drop_database",
    "dropDatabase",
    "drop_collection",
    "dropCollection",
    "dropIfExists",
    "dropAllTables",
    "truncate_table",
    "flushall",
    "flushdb",
    "flushAll",
    "flushDb",
    "FLUSHALL",
];
/// Calls that delete what a query gives; the same words mean other things outside of a framework's console.
const IN_CONSOLE: &[&str] = &[
    ".delete()",
    ".delete(",
    ".destroy",
    "delete_all",
    "destroy_all",
    "update_all",
    ".update(",
    "->delete(",
    "->forceDelete(",
    "->update(",
    "::truncate(",
    "::destroy(",
    "->truncate(",
    ".raw_delete(",
    ".deleteMany(",
    ".remove(",
];

/// Reads a framework's own console. Whether `call` is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let mut operands = call.words.iter().filter(|word| !word.text.starts_with('-'));
    let first = operands.next().map_or("", |word| word.text.as_str());
    match (call.name, first) {
        ("rails", "runner" | "r") => match operands.next() {
            // A file by its name runs too, and is the project's own.
            Some(text)
                if text.text.contains(['.', ' ', '(']) && text.text.rsplit('.').next() != Some("rb") =>
            {
                source(call, text, Language::Ruby, findings);
                true
            }
            _ => false,
        },
        ("rails", "dbconsole" | "db") | ("artisan", "db") | ("manage.py" | "django-admin", "dbshell") => {
            clients::console(call, findings)
        }
        ("manage.py" | "django-admin", "shell" | "shell_plus") => {
            option(call, &["-c", "--command"], Language::Python, findings)
        }
        ("artisan", "tinker") => option(call, &["--execute"], Language::Php, findings),
        _ => false,
    }
}

/// The source that stands behind one of these options.
fn option(call: &Call<'_>, names: &[&str], language: Language, findings: &mut Findings) -> bool {
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        let (name, inside) = match word.text.split_once('=') {
            Some((name, value)) => (name, Some(Word { text: value.to_owned(), ..word.clone() })),
            None => (word.text.as_str(), None),
        };
        if !names.contains(&name) {
            continue;
        }
        if let Some(text) = inside.as_ref().or_else(|| words.next()) {
            source(call, text, language, findings);
            return true;
        }
    }
    false
}

/// A source that runs with the project's database at hand.
fn source(call: &Call<'_>, text: &Word, language: Language, findings: &mut Findings) {
    let span = text.span.or(call.span);
    findings.unread_at(Severity::Low, call.name, "a text that runs in the application", span);
    scan::read(call, &text.text, language, Origin::Text, text, findings);
    if let Some(name) = IN_CONSOLE.iter().find(|name| text.text.contains(**name)) {
        deletes(name.trim_matches(['.', '(', ')', '-', '>', ':']), Severity::High, span, findings);
    }
}

/// A call in the source of another language: SQL that it hands to a database, or a deletion by a mapper's name.
pub(in crate::commands) fn called(
    call: &Call<'_>,
    name: &str,
    text: Option<&str>,
    span: Option<Span>,
    findings: &mut Findings,
) {
    let last = name.rsplit(['.', ':', '>']).next().unwrap_or(name);
    if let Some(text) = text.filter(|text| SQL_CALLS.contains(&last) && is_sql(text)) {
        return sql::read_nested(text, None, None, span, call.place.depth + 1, findings);
    }
    if AT_LARGE.contains(&last) {
        deletes(last, Severity::Critical, span, findings);
    }
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    rest.starts_with(char::is_whitespace) && FIRST.iter().any(|first| word.eq_ignore_ascii_case(first))
}

fn deletes(name: &str, severity: Severity, span: Option<Span>, findings: &mut Findings) {
    findings.effect(Found {
        verb: Verb::Delete,
        kind: TargetKind::Database,
        name: "the application's database".to_owned(),
        reversible: Reversible::No,
        severity,
        phrase: format!("Delete or change rows of the application's database by {}", quoted(name)),
        span,
    });
}
