//! SQL: what statements would do, for PostgreSQL, MySQL, SQLite, SQL Server and what resembles them.
//!
//! # Invariants
//! - Two readers. The first (`lexer`, `script`, `statement` …) knows statements by their words, in any dialect, in
//!   time linear in the text; whatever it finds counts. The second (`grammar`) is a full grammar; what the first calls
//!   harmless must be harmless to it as well, and what it does not know is noted as unread.
//! - Databases disagree on what ends a text and begins a comment. Where the dialect is not known, the text is read in
//!   every way that could be meant, and what any of them finds counts.
//! - What a statement puts together and runs (`EXECUTE`, `DO`, `EXEC`) is read as far as it is constant; the rest is
//!   unread.
//!
//! # Deliberately absent
//! What stored procedures, triggers and functions of the database's own do: they stand in the database.

mod alter;
mod constant;
mod countable;
mod create;
mod drop;
mod dynamic;
mod functions;
mod grammar;
mod lexer;
mod part;
mod reader;
mod rights;
mod rows;
mod script;
mod server;
mod statement;
mod truth;

use std::collections::BTreeMap;

use sayso_core::action::{Sql, SqlDialect};
use sayso_core::reading::{Reach, Span, System};
use sayso_core::{Reading, Severity, redact};

use crate::Findings;
use crate::words::quoted;
use lexer::Tokens;
use reader::{Gathered, Reader};
pub(crate) use statement::begins_statement;

/// The longest text of SQL that is read, in bytes: a large migration. What is longer is data more than statements.
const SQL_BYTES: usize = 256 * 1024;
/// How deep one text of SQL may stand in another (`EXECUTE 'EXECUTE ''…'''`). Each level is read again.
const TEXT_DEPTH: usize = 4;
/// Words that raise a text that is too long to be read.
const GRAVE: &[&str] = &["drop", "truncate", "delete", "update", "grant", "alter", "exec", "execute", "copy"];

/// Where a text of SQL stands.
#[derive(Debug, Clone, Copy)]
enum Spot {
    /// It is the action itself: its bytes are the action's.
    Own,
    /// In something else; all of it points there.
    At(Option<Span>),
}

/// A text of SQL and what is known of where it runs.
#[derive(Clone, Copy)]
struct Source<'a> {
    dialect: Option<SqlDialect>,
    /// The database's name or its connection, without secrets.
    database: Option<&'a str>,
    spot: Spot,
    /// How many texts stand around it.
    depth: usize,
    /// How many scripts of a shell stand around it.
    scripts: usize,
}

pub(crate) fn read(sql: &Sql) -> Reading {
    let mut findings = Findings::default();
    let database = sql.connection.as_deref().map(redact::text);
    let source =
        Source { dialect: sql.dialect, database: database.as_deref(), spot: Spot::Own, depth: 0, scripts: 0 };
    read_source(&sql.statement, source, &mut findings);
    reached(sql, &mut findings);
    let on = database.map_or_else(String::new, |name| format!(" on {}", quoted(&name)));
    let reading = findings.into_reading(true);
    let sentence = match (reading.effects.is_empty(), reading.unread.is_empty()) {
        (true, true) => format!("Only read{on}"),
        (true, false) if reading.severity <= Severity::Low => format!("Run SQL{on} that seems only to read"),
        (true, false) => format!("Run SQL{on} that was not read in full"),
        (false, _) => return reading,
    };
    Reading { sentence, ..reading }
}

/// The database that an action of this kind goes to. A connection's mere name tells nobody where that is; without any
/// the program's own defaults count.
fn reached(sql: &Sql, findings: &mut Findings) {
    let address = sql.connection.as_deref().unwrap_or_default();
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme.trim_start_matches("jdbc:"));
    let scheme = scheme.split('+').next().unwrap_or_default();
    let system = match (scheme, sql.dialect) {
        ("postgres" | "postgresql", _) | ("", Some(SqlDialect::Postgres)) => System::Postgres,
        ("mysql" | "mariadb", _) | ("", Some(SqlDialect::Mysql)) => System::Mysql,
        ("sqlite" | "sqlite3", _) | ("" | "file", Some(SqlDialect::Sqlite)) => System::Sqlite,
        ("", _) if address.starts_with("sqlite:") => System::Sqlite,
        _ => return,
    };
    if system == System::Sqlite && !address.contains(['/', '.', ':']) {
        return;
    }
    if system == System::Sqlite || address.is_empty() || !scheme.is_empty() || address.contains('=') {
        findings.reach(Reach { system, address: address.to_owned().into(), settings: BTreeMap::new() });
    }
}

/// Reads `sql` that something else runs, at `span` of that.
pub(crate) fn read_text(
    sql: &str,
    dialect: Option<SqlDialect>,
    database: Option<&str>,
    span: Option<Span>,
    findings: &mut Findings,
) {
    read_nested(sql, dialect, database, span, 0, findings);
}

/// The same, for SQL that stands in a script of a shell; `scripts` is how many stand around it.
pub(crate) fn read_nested(
    sql: &str,
    dialect: Option<SqlDialect>,
    database: Option<&str>,
    span: Option<Span>,
    scripts: usize,
    findings: &mut Findings,
) {
    let source = Source { dialect, database, spot: Spot::At(span), depth: 0, scripts };
    read_source(sql, source, findings);
}

fn read_source(sql: &str, source: Source<'_>, findings: &mut Findings) {
    gathered(sql, source).into_findings(source, findings);
}

/// What is found in `sql`, read in every way that could be meant.
fn gathered(sql: &str, source: Source<'_>) -> Gathered {
    let mut all = Gathered::default();
    if sql.len() > SQL_BYTES || source.depth > TEXT_DEPTH {
        let why = if source.depth > TEXT_DEPTH {
            format!("it is SQL in SQL more than {TEXT_DEPTH} deep")
        } else {
            format!("it is longer than {SQL_BYTES} bytes")
        };
        all.gap("the SQL", why, Severity::High, source.span());
        let mut words = sql.split(|c: char| !c.is_ascii_alphanumeric());
        if words.any(|word| GRAVE.iter().any(|grave| word.eq_ignore_ascii_case(grave))) {
            all.at_least = Some(Severity::Critical);
        }
        return all;
    }
    let ways: Vec<Tokens<'_>> =
        lexer::modes(sql, source.dialect).into_iter().map(|mode| Tokens::of(sql, mode)).collect();
    // A way in which a text has no end is no way that a database reads it, if there is another.
    let any_closed = ways.iter().any(|tokens| tokens.closed);
    for tokens in ways.iter().filter(|tokens| tokens.closed || !any_closed) {
        let mut reader = Reader::of(source);
        reader.script(tokens);
        all.merge(reader.finish());
    }
    if !all.is_clean() || !all.queries {
        return all;
    }
    let verdict = ways.first().map_or(grammar::Verdict::Unknown, |way| grammar::verdict(way, source.dialect));
    match verdict {
        grammar::Verdict::Reads => {}
        grammar::Verdict::Does => {
            let why = "by its grammar it does more than its words say";
            all.gap("the SQL", why, Severity::High, source.span());
        }
        grammar::Verdict::Unknown => {
            let why = "its words only read; the grammar does not know all of it";
            all.gap("the SQL", why, Severity::Low, source.span());
        }
    }
    all
}

impl Source<'_> {
    const fn span(&self) -> Option<Span> {
        match self.spot {
            Spot::Own => None,
            Spot::At(span) => span,
        }
    }
}
