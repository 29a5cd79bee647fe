//! SQL. Not read yet: a statement asks, and words that destroy raise it.

use sayso_core::action::Sql;
use sayso_core::reading::{Reversible, Span, TargetKind, Verb};
use sayso_core::{Reading, Severity, redact};

use crate::Findings;
use crate::findings::Found;
use crate::words::quoted;

/// Words that destroy wherever they stand; in a text or a comment they raise it for nothing.
const DESTROY: &[&str] = &["drop", "truncate", "delete"];

pub(crate) fn read(sql: &Sql) -> Reading {
    let mut findings = Findings::default();
    let name = sql.connection.as_deref().map_or_else(|| "a database".to_owned(), redact::text);
    let on = if sql.connection.is_some() { format!(" on {}", quoted(&name)) } else { String::new() };
    let grave = first_word(&sql.statement, DESTROY);
    let (severity, phrase) = match grave {
        Some(span) => {
            let word = sql.statement.get(span.start..span.end).unwrap_or_default().to_ascii_uppercase();
            (Severity::Critical, format!("Run SQL with {word}{on}"))
        }
        None => (Severity::High, format!("Run SQL{on}")),
    };
    let (verb, kind, reversible) = (Verb::ExecuteUnread, TargetKind::Database, Reversible::Unknown);
    findings.effect(Found { verb, kind, name, reversible, severity, phrase: phrase.clone(), span: grave });
    findings.unread("the statement", "SQL is not read yet", None);
    findings.with_sentence(format!("{phrase} that was not read"))
}

/// Where the first of these words stands by itself.
fn first_word(text: &str, words: &[&str]) -> Option<Span> {
    let bytes = text.as_bytes();
    let in_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 128;
    let mut at = 0;
    while at < bytes.len() {
        let long = bytes[at..].iter().take_while(|b| in_word(b)).count();
        let word = &bytes[at..at + long];
        if words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())) {
            return Some(Span { start: at, end: at + long });
        }
        at += long.max(1);
    }
    None
}

/// SQL that stands in another action, by its words alone.
pub(crate) fn read_text(
    sql: &str,
    _dialect: Option<sayso_core::action::SqlDialect>,
    _database: Option<&str>,
    span: Option<Span>,
    findings: &mut Findings,
) {
    if first_word(sql, DESTROY).is_some() {
        findings.raise(Severity::Critical);
    }
    findings.unread("the statement", "SQL is not read yet", span);
}
