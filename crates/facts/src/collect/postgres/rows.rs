//! Rows: how many a statement hits, and a few of them.
//!
//! # Invariants
//! - Only tables are counted. A view, a foreign table or a table with a policy would run somebody's code; so would a
//!   condition in a database with operators of its own. Those are told by the server's estimate, or as not counted.
//! - A condition runs only where the reading says that it merely compares, as one statement, which cannot end early.
//! - Of a value little is shown, of one whose column sounds like a secret nothing.

use sqlx::Row as _;

use super::catalog::{Relation, Server};
use super::session::{Session, Trouble, ask};
use crate::collect::tables::{Count, Which, is_secret, short};
use crate::{limits, words};

/// The rows of `table` that are hit.
pub(super) async fn count(
    session: &mut Session,
    server: &Server,
    table: &Relation,
    which: Which<'_>,
) -> Count {
    if let Some(why) = uncountable(server, table, which) {
        return match (table.about, which) {
            (Some(about), Which::All) => Count::About(about, why),
            _ => Count::Unknown(why),
        };
    }
    let from = source(table, which);
    let long = table.about.is_some_and(|about| about > limits::ROWS_COUNTED);
    let trouble = if long {
        "there are too many to count one by one".to_owned()
    } else {
        match session.try_rows(ask(format!("SELECT count(*) {from}"))).await {
            Ok(rows) => match rows.first().and_then(|row| row.try_get::<i64, _>(0).ok()) {
                Some(n) => return Count::Exact(u64::try_from(n).unwrap_or(0)),
                None => "the answer has another form than expected".to_owned(),
            },
            Err(Trouble::Slow) => "counting them one by one takes too long".to_owned(),
            Err(trouble) => reason(&trouble),
        }
    };
    match which {
        Which::All => {
            table.about.map_or(Count::Unknown(trouble.clone()), |about| Count::About(about, trouble))
        }
        _ => match planned(session, &from).await {
            Some(about) => Count::About(about, trouble),
            None => Count::Unknown(trouble),
        },
    }
}

/// A trouble as the end of a sentence.
pub(super) fn reason(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Locked => "somebody holds a lock on it".to_owned(),
        Trouble::Slow => "it takes too long".to_owned(),
        Trouble::Failed(said) => format!("the server says: {}", said.trim_end_matches('.')),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

/// The end of a sentence that says why the rows are not counted.
fn uncountable(server: &Server, table: &Relation, which: Which<'_>) -> Option<String> {
    let why = match which {
        _ if table.foreign => "they lie on another server",
        _ if !table.holds_rows() => "it is no table",
        Which::Unclear => "the condition does more than compare",
        Which::Where(_) if server.own_operators => "the database compares by code of its own",
        _ => return None,
    };
    Some(why.to_owned())
}

fn source(table: &Relation, which: Which<'_>) -> String {
    match which {
        // The line ends a comment that the condition may end with.
        Which::Where(condition) => format!("FROM {} WHERE ({condition}\n)", table.quoted),
        _ => format!("FROM {}", table.quoted),
    }
}

/// How many rows the planner expects. It runs nothing.
async fn planned(session: &mut Session, from: &str) -> Option<u64> {
    let rows = session.try_rows(ask(format!("EXPLAIN SELECT 1 {from}"))).await.ok()?;
    let line: String = rows.first()?.try_get(0).ok()?;
    let rows = line.split_once(" rows=")?.1;
    rows.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// A few of the rows, each in one line: `id 7, email a@b.example, …`.
pub(super) async fn sample(
    session: &mut Session,
    server: &Server,
    table: &Relation,
    which: Which<'_>,
) -> Vec<String> {
    if uncountable(server, table, which).is_some() {
        return Vec::new();
    }
    let sql = "SELECT attname::text, quote_ident(attname) FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 \
               AND NOT attisdropped ORDER BY attnum LIMIT $2";
    let most = i64::try_from(limits::SAMPLE_COLUMNS).unwrap_or(i64::MAX);
    let Ok(columns) = session.try_rows(ask(sql).bind(table.oid).bind(most)).await else { return Vec::new() };
    let columns: Vec<(String, String)> = columns
        .iter()
        .filter_map(|row| Some((row.try_get::<String, _>(0).ok()?, row.try_get::<String, _>(1).ok()?)))
        .filter(|(name, _)| !is_secret(name))
        .collect();
    if columns.is_empty() {
        return Vec::new();
    }
    // What is large is not even unpacked.
    let value = |quoted: &String| {
        format!(
            "CASE WHEN pg_column_size({quoted}) > 4000 THEN '…' ELSE left({quoted}::text, {}) END",
            limits::SAMPLE_CHARACTERS + 1
        )
    };
    let list: Vec<String> = columns.iter().map(|(_, quoted)| value(quoted)).collect();
    let sql = format!("SELECT {} {} LIMIT {}", list.join(", "), source(table, which), limits::SAMPLE_ROWS);
    let rows = session.try_rows(ask(sql)).await.unwrap_or_default();
    rows.iter()
        .map(|row| {
            let shown = columns.iter().enumerate().map(|(at, (name, _))| {
                let value: Option<String> = row.try_get(at).ok().flatten();
                format!("{} {}", words::shown(name), value.map_or_else(|| "null".to_owned(), |v| short(&v)))
            });
            shown.collect::<Vec<_>>().join(", ")
        })
        .collect()
}
