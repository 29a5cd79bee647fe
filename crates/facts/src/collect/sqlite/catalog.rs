//! What stands in a SQLite file: its tables, their rows, what refers to them.
//!
//! # Invariants
//! - Only tables are counted: a view or a virtual table would run code.
//! - A condition runs only where the reading says that it merely compares, and where it is surely one statement.

use super::session::{Session, Trouble, text, whole};
use crate::collect::tables::{Count, Held, How, Referrer, Table, There, Which, is_secret, short};
use crate::{limits, words};

/// Names of one table's own trees whose sizes are added up.
const TREES: usize = 24;

/// A table or view.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) bare: String,
    /// In the quotation marks of SQL.
    pub(super) quoted: String,
    /// As a person says it.
    pub(super) name: String,
    pub(super) is_table: bool,
    text: String,
    /// How many rows it has, counted.
    pub(super) all: Option<u64>,
}

impl There for Relation {
    fn key(&self) -> &str {
        &self.quoted
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> Option<u64> {
        self.all
    }

    fn is_exact(&self) -> bool {
        true
    }
}

/// The tables and views of the file.
pub(super) async fn relations(session: &mut Session) -> Result<Vec<Relation>, Trouble> {
    let sql = "SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE type IN ('table', 'view') \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let rows = session.rows(sql.to_owned()).await?;
    let relation = |row| {
        let (bare, kind, text): (String, String, String) = (text(row, 0)?, text(row, 1)?, text(row, 2)?);
        let is_virtual =
            text.trim_start().get(..14).is_some_and(|start| start.eq_ignore_ascii_case("create virtual"));
        let (quoted, name) = (quoted(&bare), words::shown(&bare));
        Some(Relation { bare, quoted, name, is_table: kind == "table" && !is_virtual, text, all: None })
    };
    Ok(rows.iter().filter_map(relation).collect())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn constant(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The one of `all` that goes by `name` as it is written.
pub(super) fn named(all: &[Relation], name: &str) -> Option<Relation> {
    let name = name.trim();
    let own = name.strip_prefix("main.").unwrap_or(name);
    let pairs = [('"', '"'), ('`', '`'), ('[', ']'), ('\'', '\'')];
    let bare = pairs.iter().find_map(|(open, close)| own.strip_prefix(*open)?.strip_suffix(*close));
    let bare = bare.unwrap_or(own);
    all.iter().find(|relation| relation.bare.eq_ignore_ascii_case(bare)).cloned()
}

/// The rows of `table` that are hit.
pub(super) async fn count(session: &mut Session, table: &mut Relation, which: Which<'_>) -> Count {
    let which = safe(which);
    if !table.is_table {
        return Count::Unknown("it is no table".to_owned());
    }
    let whole = counted(session, &format!("FROM {}", table.quoted)).await;
    table.all = whole.as_ref().ok().copied();
    match (which, whole) {
        (Which::All, Ok(n)) => Count::Exact(n),
        (Which::All, Err(trouble)) => {
            // Numbers are mostly given in order: the last one is as good as an estimate, and had at once.
            let sql = format!("SELECT max(rowid) FROM {}", table.quoted);
            let last = session.rows(sql).await.ok().and_then(|rows| super::session::whole(rows.first()?, 0));
            let why = format!("to count them one by one failed, {trouble}");
            last.map_or(Count::Unknown(why.clone()), |last| Count::About(last, why))
        }
        (Which::Unclear, _) => Count::Unknown("the condition does more than compare".to_owned()),
        (Which::Where(_), _) => match counted(session, &source(table, which)).await {
            Ok(n) => Count::Exact(n),
            Err(trouble) => Count::Unknown(trouble.to_string()),
        },
    }
}

/// SQLite runs what stands behind a semicolon as well.
fn safe(which: Which<'_>) -> Which<'_> {
    match which {
        Which::Where(condition) if condition.contains([';', '\0']) => Which::Unclear,
        which => which,
    }
}

fn source(table: &Relation, which: Which<'_>) -> String {
    match which {
        // The line ends a comment that the condition may end with.
        Which::Where(condition) => format!("FROM {} WHERE ({condition}\n)", table.quoted),
        _ => format!("FROM {}", table.quoted),
    }
}

async fn counted(session: &mut Session, from: &str) -> Result<u64, Trouble> {
    let rows = session.rows(format!("SELECT count(*) {from}")).await?;
    rows.first()
        .and_then(|row| whole(row, 0))
        .ok_or_else(|| Trouble::Failed("the answer has another form than expected".to_owned()))
}

/// A few of the rows, each in one line: `id 7, email a@b.example, …`.
pub(super) async fn sample(session: &mut Session, table: &Relation, which: Which<'_>) -> Vec<String> {
    let which = safe(which);
    if !table.is_table || which == Which::Unclear {
        return Vec::new();
    }
    let name = constant(&table.bare);
    let sql = format!("SELECT name FROM pragma_table_info({name}) LIMIT {}", limits::SAMPLE_COLUMNS);
    let Ok(columns) = session.rows(sql).await else { return Vec::new() };
    let columns: Vec<String> =
        columns.iter().filter_map(|row| text(row, 0)).filter(|name| !is_secret(name)).collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let value = |name: &String| {
        let (column, most) = (quoted(name), limits::SAMPLE_CHARACTERS + 1);
        format!(
            "CASE WHEN {column} IS NULL THEN NULL WHEN typeof({column}) = 'blob' OR length({column}) > 4000 \
             THEN '…' ELSE substr(CAST({column} AS TEXT), 1, {most}) END"
        )
    };
    let list: Vec<String> = columns.iter().map(value).collect();
    let sql = format!("SELECT {} {} LIMIT {}", list.join(", "), source(table, which), limits::SAMPLE_ROWS);
    let rows = session.rows(sql).await.unwrap_or_default();
    let line = |row| {
        let shown = columns.iter().enumerate().map(|(at, name)| {
            let value = text(row, at).map_or_else(|| "null".to_owned(), |value| short(&value));
            format!("{} {value}", words::shown(name))
        });
        shown.collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(line).collect()
}

/// How large a table is with its indexes; nothing where that takes too long.
pub(super) async fn bytes(session: &mut Session, table: &Relation) -> Option<u64> {
    let name = constant(&table.bare);
    let sql =
        format!("SELECT name FROM sqlite_schema WHERE tbl_name = {name} AND rootpage > 0 LIMIT {TREES}");
    let trees: Vec<String> = session.rows(sql).await.ok()?.iter().filter_map(|row| text(row, 0)).collect();
    let mut bytes = 0u64;
    for tree in trees {
        let sql = format!("SELECT pgsize FROM dbstat WHERE name = {} AND aggregate = 1", constant(&tree));
        bytes = bytes.saturating_add(whole(session.rows(sql).await.ok()?.first()?, 0)?);
    }
    Some(bytes)
}

/// A foreign key: from which table to which, and whether rows go with the rows that they refer to.
#[derive(Debug, Clone)]
pub(super) struct Key {
    from: String,
    to: String,
    deletes: bool,
}

/// The foreign keys of the file's tables.
pub(super) async fn foreign_keys(session: &mut Session, all: &[Relation]) -> Result<Vec<Key>, Trouble> {
    let has_one =
        |relation: &&Relation| relation.is_table && relation.text.to_ascii_lowercase().contains("references");
    let mut keys = Vec::new();
    for relation in all.iter().filter(has_one) {
        let name = constant(&relation.bare);
        let sql =
            format!("SELECT DISTINCT \"table\", on_delete = 'CASCADE' FROM pragma_foreign_key_list({name})");
        for row in session.rows(sql).await? {
            let Some(to) = text(&row, 0) else { continue };
            keys.push(Key { from: relation.bare.clone(), to, deletes: whole(&row, 1) == Some(1) });
        }
    }
    Ok(keys)
}

/// The tables that refer to this one, directly or through others.
pub(super) async fn referrers(
    session: &mut Session,
    all: &[Relation],
    keys: &[Key],
    relation: &Relation,
) -> Vec<Referrer> {
    let mut seen = vec![relation.bare.to_ascii_lowercase()];
    let (mut found, mut open) = (Vec::new(), vec![(relation.bare.clone(), true)]);
    while let Some((to, deletes)) = open.pop() {
        for key in keys.iter().filter(|key| key.to.eq_ignore_ascii_case(&to)) {
            let lower = key.from.to_ascii_lowercase();
            if found.len() >= limits::TABLES || seen.contains(&lower) {
                continue;
            }
            seen.push(lower);
            let Some(from) = named(all, &quoted(&key.from)) else { continue };
            let deletes = deletes && key.deletes;
            let about = if found.len() < limits::TABLES_COUNTED && session.has_time() {
                counted(session, &format!("FROM {}", from.quoted)).await.ok()
            } else {
                None
            };
            found.push(Referrer { name: from.name, quoted: from.quoted, about, deletes });
            // What does not go along keeps its own referrers.
            if deletes {
                open.push((key.from.clone(), deletes));
            }
        }
    }
    found
}

/// The views that read a table.
pub(super) fn views(all: &[Relation], relation: &Relation) -> Vec<String> {
    let wanted = relation.bare.to_ascii_lowercase();
    let reads = |view: &&Relation| {
        let lower = view.text.to_ascii_lowercase();
        let mut words = lower.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        view.text.trim_start().get(..6).is_some_and(|start| start.eq_ignore_ascii_case("create"))
            && !view.is_table
            && view.bare != relation.bare
            && (words.any(|word| word == wanted) || lower.contains(&quoted(&wanted)))
    };
    all.iter().filter(reads).map(|view| view.name.clone()).collect()
}

/// All that the file holds.
pub(super) async fn held(session: &mut Session, all: &[Relation]) -> Held {
    let mut tables = Vec::new();
    let mut how = How::Exact;
    for relation in all.iter().filter(|relation| relation.is_table) {
        let rows = if session.has_time() {
            counted(session, &format!("FROM {}", relation.quoted)).await.ok()
        } else {
            None
        };
        if rows.is_none() {
            how = How::AtLeast;
        }
        tables.push(Table { name: relation.name.clone(), bytes: 0, about: rows });
    }
    tables.sort_by(|one, other| other.about.cmp(&one.about).then_with(|| one.name.cmp(&other.name)));
    let rows = tables.iter().filter_map(|table| table.about).fold(0, u64::saturating_add);
    let count = tables.len() as u64;
    tables.truncate(limits::LISTED_ENTRIES);
    Held { tables: count, bytes: 0, rows, how, largest: tables }
}
