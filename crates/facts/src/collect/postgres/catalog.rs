//! What a server's own catalog says: of itself, of tables, of what refers to them, of who is connected.
//!
//! Invariant: only catalogs and the server's own functions are read here. No statement names a table of a person's, and
//! none runs what stands in a database.

use sqlx::Row;
use sqlx::postgres::PgRow;
use sqlx::postgres::types::Oid;

use super::session::{Session, Trouble, ask};
use crate::collect::tables::{Held, Referrer, Table, There};
use crate::{limits, words};

/// What the server says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Server {
    pub(super) database: String,
    pub(super) user: String,
    pub(super) cluster: String,
    pub(super) is_standby: bool,
    pub(super) archives: bool,
    /// Empty where this login may not see it.
    pub(super) archive_command: String,
    pub(super) data_folder: String,
    pub(super) last_archived: Option<i64>,
    pub(super) last_failed: Option<i64>,
    pub(super) replicas: u64,
    /// When anything was last committed, where the server keeps that.
    pub(super) last_commit: Option<i64>,
    pub(super) bytes: Option<u64>,
    /// Whether operators or casts stand in the database that a comparison could run.
    pub(super) own_operators: bool,
}

/// A relation.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Which of the asked-for names it goes by.
    pub(super) asked: usize,
    pub(super) oid: Oid,
    /// With its schema, quoted by the server.
    pub(super) quoted: String,
    /// As a person says it.
    pub(super) name: String,
    pub(super) kind: char,
    /// The server's own estimate of its rows.
    pub(super) about: Option<u64>,
    /// Rows written since `analyzed`.
    pub(super) modified: u64,
    pub(super) analyzed: Option<i64>,
    /// Whether a table elsewhere is a part of it.
    pub(super) foreign: bool,
}

impl There for Relation {
    fn key(&self) -> &str {
        &self.quoted
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> Option<u64> {
        self.about
    }
}

impl Relation {
    pub(super) const fn holds_rows(&self) -> bool {
        matches!(self.kind, 'r' | 'p' | 'm')
    }
}

fn text(row: &PgRow, at: usize) -> String {
    row.try_get::<Option<String>, _>(at).ok().flatten().unwrap_or_default()
}

fn number(row: &PgRow, at: usize) -> Option<i64> {
    row.try_get::<Option<i64>, _>(at).ok().flatten()
}

fn whole(row: &PgRow, at: usize) -> Option<u64> {
    number(row, at).and_then(|n| u64::try_from(n).ok())
}

fn truth(row: &PgRow, at: usize) -> bool {
    row.try_get::<Option<bool>, _>(at).ok().flatten().unwrap_or(false)
}

fn oid(row: &PgRow, at: usize) -> Result<Oid, Trouble> {
    row.try_get(at).map_err(|_| Trouble::Failed("the answer has another form than expected".to_owned()))
}

/// Of the last `ANALYZE` and of the statistics, whichever has something to say.
const ABOUT: &str = "CASE WHEN c.reltuples > 0 THEN c.reltuples WHEN c.reltuples < 0 THEN nullif(s.n_live_tup, 0) \
                     ELSE coalesce(s.n_live_tup, 0) END";

pub(super) async fn server(session: &mut Session) -> Result<Server, Trouble> {
    let setting = |name: &str| format!("(SELECT setting FROM pg_settings WHERE name = '{name}')");
    let sql = format!(
        "SELECT current_database()::text, current_user::text, {}, pg_is_in_recovery(), {} IN ('on', 'always'), {}, {}, \
         (SELECT (extract(epoch FROM last_archived_time) * 1000)::int8 FROM pg_stat_archiver), \
         (SELECT (extract(epoch FROM last_failed_time) * 1000)::int8 FROM pg_stat_archiver), \
         (SELECT count(*) FROM pg_stat_replication), {} = 'on', \
         EXISTS (SELECT FROM pg_operator o WHERE o.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')) \
         OR EXISTS (SELECT FROM pg_cast k WHERE k.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend d \
            WHERE d.classid = 'pg_cast'::regclass AND d.objid = k.oid AND d.deptype = 'e'))",
        setting("cluster_name"),
        setting("archive_mode"),
        setting("archive_command"),
        setting("data_directory"),
        setting("track_commit_timestamp"),
    );
    let rows = session.rows(ask(sql)).await?;
    let row = rows.first().ok_or_else(|| Trouble::Failed("nothing was answered".to_owned()))?;
    let mut server = Server {
        database: text(row, 0),
        user: text(row, 1),
        cluster: text(row, 2),
        is_standby: truth(row, 3),
        archives: truth(row, 4),
        archive_command: text(row, 5),
        data_folder: text(row, 6),
        last_archived: number(row, 7),
        last_failed: number(row, 8),
        replicas: whole(row, 9).unwrap_or(0),
        own_operators: truth(row, 11),
        ..Server::default()
    };
    if truth(row, 10) {
        let sql = "SELECT (extract(epoch FROM timestamp) * 1000)::int8 FROM pg_last_committed_xact()";
        let rows = session.try_rows(ask(sql)).await.unwrap_or_default();
        server.last_commit = rows.first().and_then(|row| number(row, 0));
    }
    server.bytes = database_bytes(session, &server.database.clone()).await;
    Ok(server)
}

/// How large a database is; nothing where this login may not know or there is none.
pub(super) async fn database_bytes(session: &mut Session, name: &str) -> Option<u64> {
    let sql = "SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1";
    let rows = session.try_rows(ask(sql).bind(name.to_owned())).await.ok()?;
    rows.first().and_then(|row| whole(row, 0))
}

/// Which of these are databases of this server.
pub(super) async fn databases(session: &mut Session, names: &[String]) -> Result<Vec<String>, Trouble> {
    let sql = "SELECT datname::text FROM pg_database WHERE datname = ANY ($1)";
    let rows = session.rows(ask(sql).bind(names.to_vec())).await?;
    Ok(rows.iter().map(|row| text(row, 0)).collect())
}

/// Which of these are schemas of this database.
pub(super) async fn schemas(session: &mut Session, names: &[String]) -> Result<Vec<String>, Trouble> {
    let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname = ANY ($1)";
    let rows = session.rows(ask(sql).bind(names.to_vec())).await?;
    Ok(rows.iter().map(|row| text(row, 0)).collect())
}

/// The relations of these names, each as written: folded as the server folds it, else as if it were quoted.
pub(super) async fn relations(session: &mut Session, names: &[String]) -> Result<Vec<Relation>, Trouble> {
    let folded: Vec<String> = names.iter().map(|name| identifier(name, false).unwrap_or_default()).collect();
    let exact: Vec<String> = names.iter().map(|name| identifier(name, true).unwrap_or_default()).collect();
    let sql = format!(
        "SELECT n.at, c.oid, quote_ident(m.nspname) || '.' || quote_ident(c.relname), \
            CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE m.nspname || '.' || c.relname END, \
            c.relkind::text, ({ABOUT})::int8, coalesce(s.n_mod_since_analyze, 0)::int8, \
            (extract(epoch FROM greatest(s.last_analyze, s.last_autoanalyze)) * 1000)::int8, \
            c.relkind = 'f' OR EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class p ON p.oid = t.relid \
                WHERE p.relkind = 'f') \
            OR EXISTS (SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid \
                WHERE i.inhparent = c.oid AND p.relkind = 'f') \
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(folded, exact, at) \
         JOIN pg_class c ON c.oid = coalesce(to_regclass(nullif(n.folded, '')), to_regclass(nullif(n.exact, ''))) \
         JOIN pg_namespace m ON m.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid"
    );
    let rows = session.rows(ask(sql).bind(folded).bind(exact)).await?;
    rows.iter()
        .map(|row| {
            Ok(Relation {
                asked: whole(row, 0)
                    .and_then(|at| usize::try_from(at).ok())
                    .map_or(0, |at| at.saturating_sub(1)),
                oid: oid(row, 1)?,
                quoted: text(row, 2),
                name: words::shown(&text(row, 3)),
                kind: text(row, 4).chars().next().unwrap_or(' '),
                about: whole(row, 5),
                modified: whole(row, 6).unwrap_or(0),
                analyzed: number(row, 7),
                foreign: truth(row, 8),
            })
        })
        .collect()
}

/// A name that `to_regclass` takes without an error; `None` for what is no name of a table. Of `database.schema.table`
/// the last two.
fn identifier(name: &str, exact: bool) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = name.trim();
    while !rest.is_empty() {
        let (part, after) = if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"')?;
            (format!("\"{}\"", &quoted[..end]), &quoted[end + 1..])
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            let plain =
                rest[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b"_$-".contains(&b) || b > 127);
            let word = &rest[..end];
            if word.is_empty() || !plain {
                return None;
            }
            let digit = word.starts_with(|c: char| c.is_ascii_digit());
            let quote = exact || digit || word.contains('-');
            (if quote { format!("\"{word}\"") } else { word.to_owned() }, &rest[end..])
        };
        parts.push(part);
        rest = match after.strip_prefix('.') {
            Some("") => return None,
            Some(after) => after,
            None if after.is_empty() => after,
            None => return None,
        };
    }
    (1..=3).contains(&parts.len()).then(|| parts.split_off(parts.len().saturating_sub(2)).join("."))
}

/// How large a table is, with its indexes, its partitions and what is stored beside it.
pub(super) async fn bytes(session: &mut Session, table: Oid) -> Result<u64, Trouble> {
    let sql = "SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::int8 FROM \
               (SELECT relid::oid FROM pg_partition_tree($1) UNION SELECT $1) AS t(relid)";
    let rows = session.try_rows(ask(sql).bind(table)).await?;
    Ok(rows.first().and_then(|row| whole(row, 0)).unwrap_or(0))
}

/// The tables that refer to these, directly or through others.
pub(super) async fn referrers(session: &mut Session, tables: &[Oid]) -> Result<Vec<Referrer>, Trouble> {
    let sql = format!(
        "WITH RECURSIVE down(relid, deletes) AS ( \
            SELECT conrelid, confdeltype = 'c' FROM pg_constraint WHERE contype = 'f' AND confrelid = ANY ($1) \
            UNION SELECT k.conrelid, d.deletes AND k.confdeltype = 'c' FROM pg_constraint k \
            JOIN down d ON k.confrelid = d.relid WHERE k.contype = 'f') \
         SELECT c.oid, CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE n.nspname || '.' || c.relname END, \
            quote_ident(n.nspname) || '.' || quote_ident(c.relname), ({ABOUT})::int8, d.deletes \
         FROM (SELECT relid, bool_or(deletes) AS deletes FROM down GROUP BY relid) d \
         JOIN pg_class c ON c.oid = d.relid JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid \
         WHERE c.oid <> ALL ($1) AND NOT c.relispartition ORDER BY d.deletes DESC, 2 LIMIT {}",
        limits::TABLES
    );
    let rows = session.rows(ask(sql).bind(tables.to_vec())).await?;
    rows.iter()
        .map(|row| {
            let (name, quoted) = (words::shown(&text(row, 1)), text(row, 2));
            Ok(Referrer { name, quoted, about: whole(row, 3), deletes: truth(row, 4) })
        })
        .collect()
}

/// The views that read these.
pub(super) async fn views(session: &mut Session, tables: &[Oid]) -> Result<Vec<String>, Trouble> {
    let sql = format!(
        "SELECT DISTINCT v.relname::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
         JOIN pg_class v ON v.oid = r.ev_class WHERE d.classid = 'pg_rewrite'::regclass \
         AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1) AND v.oid <> ALL ($1) \
         ORDER BY 1 LIMIT {}",
        limits::TABLES
    );
    let rows = session.rows(ask(sql).bind(tables.to_vec())).await?;
    Ok(rows.iter().map(|row| words::shown(&text(row, 0))).collect())
}

/// Who else is connected to a database, by the programs' own names.
pub(super) async fn connections(
    session: &mut Session,
    database: &str,
) -> Result<Vec<(String, u64)>, Trouble> {
    let sql = "SELECT coalesce(nullif(application_name, ''), 'a program without a name'), count(*) \
               FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() \
               AND coalesce(application_name, '') <> 'sayso' GROUP BY 1 ORDER BY 2 DESC, 1";
    let rows = session.rows(ask(sql).bind(database.to_owned())).await?;
    Ok(rows.iter().map(|row| (words::shown(&text(row, 0)), whole(row, 1).unwrap_or(0))).collect())
}

/// The tables of a schema, or of the whole database.
pub(super) async fn held(session: &mut Session, schema: Option<&str>) -> Result<Held, Trouble> {
    let counted = held_by(session, schema, "pg_total_relation_size(c.oid)").await;
    match counted {
        // Somebody holds a lock on one of them: what the last `VACUUM` saw needs none.
        Err(Trouble::Locked | Trouble::Slow) => {
            held_by(session, schema, "c.relpages::int8 * current_setting('block_size')::int8").await
        }
        other => other,
    }
}

async fn held_by(session: &mut Session, schema: Option<&str>, size: &str) -> Result<Held, Trouble> {
    let sql = format!(
        "WITH t AS MATERIALIZED (SELECT CASE WHEN pg_table_is_visible(c.oid) THEN c.relname \
            ELSE n.nspname || '.' || c.relname END AS name, {size} AS bytes, ({ABOUT})::int8 AS about \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid \
         WHERE c.relkind IN ('r', 'm') AND ($1::text IS NULL AND n.nspname <> 'information_schema' \
            AND n.nspname NOT LIKE 'pg\\_%' OR n.nspname = $1)) \
         SELECT name::text, bytes::int8, about, (SELECT count(*) FROM t), (SELECT sum(bytes)::int8 FROM t), \
            (SELECT sum(about)::int8 FROM t) FROM t ORDER BY bytes DESC, name LIMIT {}",
        limits::LISTED_ENTRIES
    );
    let rows = session.try_rows(ask(sql).bind(schema.map(str::to_owned))).await?;
    let first = rows.first();
    Ok(Held {
        tables: first.and_then(|row| whole(row, 3)).unwrap_or(0),
        bytes: first.and_then(|row| whole(row, 4)).unwrap_or(0),
        rows: first.and_then(|row| whole(row, 5)).unwrap_or(0),
        largest: rows
            .iter()
            .map(|row| Table {
                name: words::shown(&text(row, 0)),
                bytes: whole(row, 1).unwrap_or(0),
                about: whole(row, 2),
            })
            .collect(),
        ..Held::default()
    })
}

#[cfg(test)]
mod tests {
    use super::identifier;

    #[test]
    fn only_names_of_tables_are_looked_up() {
        assert_eq!(identifier("orders", false).as_deref(), Some("orders"));
        assert_eq!(identifier("Orders", true).as_deref(), Some("\"Orders\""));
        assert_eq!(identifier("shop.public.\"my orders\"", false).as_deref(), Some("public.\"my orders\""));
        for none in ["", "a b", "a.", "pg_sleep(1)", "a;b", "\"a", "a.b.c.d", "${TABLE}"] {
            assert_eq!(identifier(none, false), None, "{none}");
        }
    }
}
