//! Rows: how many a statement hits, and a few of them.
//!
//! # Invariants
//! - Only tables whose rows lie in this server are counted. A view would run somebody's code, a table of another
//!   server's (`FEDERATED`, `CONNECT`, `SPIDER`) would reach there.
//! - A condition runs only where the reading says that it merely compares, as one prepared statement.

use sqlx::Row as _;

use super::catalog::Relation;
use super::session::{Session, Trouble, quote, text, whole};
use crate::collect::tables::{Count, Which, is_secret, short};
use crate::{limits, words};

/// Engines that keep their rows here.
const ENGINES: [&str; 8] = ["InnoDB", "MyISAM", "Aria", "MEMORY", "ROCKSDB", "ARCHIVE", "CSV", "TokuDB"];

/// A condition that the server would read otherwise than others do: MariaDB's and MySQL's comments that run.
pub(super) fn safe(which: Which<'_>) -> Which<'_> {
    match which {
        Which::Where(condition) if condition.contains("/*!") || condition.contains("/*M!") => Which::Unclear,
        which => which,
    }
}

/// The rows of `table` that are hit.
pub(super) async fn count(session: &mut Session, table: &Relation, which: Which<'_>) -> Count {
    if let Some(why) = uncountable(table, which) {
        return match (table.about, which) {
            (Some(about), Which::All) => Count::About(about, why),
            _ => Count::Unknown(why),
        };
    }
    let from = source(table, which);
    let trouble = if table.about.is_some_and(|about| about > limits::ROWS_COUNTED) {
        "there are too many to count one by one".to_owned()
    } else {
        match session.prepared(format!("SELECT CAST(COUNT(*) AS CHAR) {from}")).await {
            Ok(rows) => match rows.first().and_then(|row| whole(row, 0)) {
                Some(n) => return Count::Exact(n),
                None => "the answer has another form than expected".to_owned(),
            },
            Err(Trouble::Slow) => "counting them one by one takes too long".to_owned(),
            Err(trouble) => trouble.reason(),
        }
    };
    let about = match which {
        Which::All => table.about,
        _ => planned(session, &from).await,
    };
    about.map_or(Count::Unknown(trouble.clone()), |about| Count::About(about, trouble))
}

/// The end of a sentence that says why the rows are not counted.
fn uncountable(table: &Relation, which: Which<'_>) -> Option<String> {
    let why = match which {
        _ if !table.is_table => "it is no table",
        _ if !ENGINES.iter().any(|engine| engine.eq_ignore_ascii_case(&table.engine)) => {
            "its rows may lie elsewhere"
        }
        Which::Unclear => "the condition does more than compare",
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
    let rows = session.prepared(format!("EXPLAIN SELECT 1 {from}")).await.ok()?;
    rows.first()?.try_get_unchecked::<Option<u64>, _>("rows").ok()?
}

/// A few of the rows, each in one line: `id 7, email a@b.example, …`.
pub(super) async fn sample(session: &mut Session, table: &Relation, which: Which<'_>) -> Vec<String> {
    if uncountable(table, which).is_some() {
        return Vec::new();
    }
    let (Some(schema), Some(name)) = (quote(&table.schema), quote(&table.bare)) else { return Vec::new() };
    let sql = format!(
        "SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {schema} \
         AND TABLE_NAME = {name} ORDER BY ORDINAL_POSITION LIMIT {}",
        limits::SAMPLE_COLUMNS
    );
    let Ok(columns) = session.rows(sql).await else { return Vec::new() };
    let columns: Vec<(String, String)> = columns
        .iter()
        .filter_map(|row| Some((text(row, 0)?, text(row, 1)?)))
        .filter(|(name, _)| !is_secret(name))
        .collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let list: Vec<String> = columns.iter().map(|(name, kind)| value(name, kind)).collect();
    let sql = format!("SELECT {} {} LIMIT {}", list.join(", "), source(table, which), limits::SAMPLE_ROWS);
    let rows = session.prepared(sql).await.unwrap_or_default();
    rows.iter()
        .map(|row| {
            let shown = columns.iter().enumerate().map(|(at, (name, _))| {
                let value = text(row, at).map_or_else(|| "null".to_owned(), |value| short(&value));
                format!("{} {value}", words::shown(name))
            });
            shown.collect::<Vec<_>>().join(", ")
        })
        .collect()
}

/// What is shown of a column. What is large or no text is not even unpacked.
fn value(name: &str, kind: &str) -> String {
    let column = format!("`{}`", name.replace('`', "``"));
    let kind = kind.to_ascii_lowercase();
    let is_raw = ["blob", "binary", "bit", "geometry", "point", "polygon", "linestring"];
    if is_raw.iter().any(|raw| kind.contains(raw)) {
        return format!("IF({column} IS NULL, NULL, '…')");
    }
    let most = limits::SAMPLE_CHARACTERS + 1;
    format!("IF(LENGTH({column}) > 4000, '…', LEFT(CAST({column} AS CHAR), {most}))")
}
