//! What a server's own catalog says: of itself, of tables, of what refers to them, of who is connected.
//!
//! Invariant: only the server's own tables are read here. No statement names a table of a person's, and none runs what
//! stands in a database.

use std::collections::{BTreeMap, BTreeSet};

use super::session::{Session, Trouble, quote, text, whole};
use crate::collect::tables::{Held, Table, There};
use crate::{limits, words};

/// What the server says of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Server {
    pub(super) database: String,
    pub(super) user: String,
    pub(super) host_name: String,
    pub(super) data_folder: String,
    pub(super) logs: bool,
    /// Where the binary log lies, without the number of its file.
    pub(super) log_base: String,
    /// After how many seconds a piece of the binary log is deleted; zero is never.
    pub(super) log_expires: Option<u64>,
    /// Whether this login sees the sessions of others.
    pub(super) sees_others: bool,
    pub(super) replicas: u64,
    pub(super) is_replica: bool,
}

/// A table or view.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) schema: String,
    /// Its name alone, as the catalog has it.
    pub(super) bare: String,
    /// With its schema, in backticks: also as the server writes it in views.
    pub(super) quoted: String,
    /// As a person says it.
    pub(super) name: String,
    pub(super) is_table: bool,
    pub(super) engine: String,
    pub(super) about: Option<u64>,
    pub(super) bytes: Option<u64>,
    /// In milliseconds since 1970.
    pub(super) written: Option<i64>,
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

pub(super) async fn server(session: &mut Session) -> Result<Server, Trouble> {
    let sql = "SELECT COALESCE(DATABASE(), ''), SUBSTRING_INDEX(CURRENT_USER(), '@', 1), \
               (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' \
                AND GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), ''''))";
    let rows = session.rows(sql.to_owned()).await?;
    let row = rows.first().ok_or_else(|| Trouble::Failed("nothing was answered".to_owned()))?;
    let mut server = Server {
        database: text(row, 0).unwrap_or_default(),
        user: text(row, 1).unwrap_or_default(),
        sees_others: whole(row, 2).unwrap_or(0) > 0,
        ..Server::default()
    };
    let sql = "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('hostname', 'datadir', 'log_bin', 'log_bin_basename', \
               'binlog_expire_logs_seconds')";
    for row in session.rows(sql.to_owned()).await? {
        let value = text(&row, 1).unwrap_or_default();
        match text(&row, 0).unwrap_or_default().as_str() {
            "hostname" => server.host_name = value,
            "datadir" => server.data_folder = value,
            "log_bin" => server.logs = value.eq_ignore_ascii_case("on") || value == "1",
            "log_bin_basename" => server.log_base = value,
            "binlog_expire_logs_seconds" => server.log_expires = value.parse().ok(),
            _ => {}
        }
    }
    let sql = "SELECT COALESCE(SUM(COMMAND LIKE 'Binlog Dump%'), 0), \
               COALESCE(SUM(COMMAND IN ('Slave_IO', 'Slave_SQL') OR USER = 'system user' AND COMMAND = 'Connect'), 0) \
               FROM information_schema.PROCESSLIST";
    if let Some(row) = session.rows(sql.to_owned()).await?.first() {
        server.replicas = whole(row, 0).unwrap_or(0);
        server.is_replica = whole(row, 1).unwrap_or(0) > 0;
    }
    Ok(server)
}

/// Which of these are databases of this server, as the server writes them.
pub(super) async fn databases(session: &mut Session, names: &[String]) -> Result<Vec<String>, Trouble> {
    let list: Vec<String> = names.iter().filter_map(|name| quote(name)).collect();
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let list = list.join(", ");
    let sql = format!("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ({list})");
    Ok(session.rows(sql).await?.iter().filter_map(|row| text(row, 0)).collect())
}

/// The relations of these names, one answer for each, in order.
pub(super) async fn relations(
    session: &mut Session,
    database: &str,
    names: &[String],
) -> Result<Vec<Option<Relation>>, Trouble> {
    let asked: Vec<Option<(String, String)>> = names.iter().map(|name| parts(name, database)).collect();
    let parts = asked.iter().enumerate().filter_map(|(at, parts)| {
        let (schema, table) = parts.as_ref()?;
        Some(format!(
            "SELECT {at}, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, COALESCE(ENGINE, ''), TABLE_ROWS, \
             DATA_LENGTH + INDEX_LENGTH, UNIX_TIMESTAMP(UPDATE_TIME) FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
            quote(schema)?,
            quote(table)?
        ))
    });
    let parts: Vec<String> = parts.collect();
    let mut found: Vec<Option<Relation>> = vec![None; names.len()];
    if parts.is_empty() {
        return Ok(found);
    }
    for row in session.rows(parts.join(" UNION ALL ")).await? {
        let Some(at) = whole(&row, 0).and_then(|at| usize::try_from(at).ok()) else { continue };
        let (schema, bare) = (text(&row, 1).unwrap_or_default(), text(&row, 2).unwrap_or_default());
        let is_exact = asked.get(at).and_then(Option::as_ref).is_some_and(|(_, table)| *table == bare);
        if let Some(slot) = found.get_mut(at)
            && (slot.is_none() || is_exact)
        {
            *slot = Some(Relation {
                quoted: backticked(&schema, &bare),
                name: words::shown(&if schema == database {
                    bare.clone()
                } else {
                    format!("{schema}.{bare}")
                }),
                schema,
                bare,
                is_table: text(&row, 3).is_some_and(|kind| kind == "BASE TABLE"),
                engine: text(&row, 4).unwrap_or_default(),
                about: whole(&row, 5),
                bytes: whole(&row, 6),
                written: whole(&row, 7).and_then(|s| i64::try_from(s).ok()?.checked_mul(1000)),
            });
        }
    }
    Ok(found)
}

/// The schema and the table of a name as it is written; nothing of what is no name of a table.
fn parts(name: &str, database: &str) -> Option<(String, String)> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = name.trim();
    loop {
        let (part, after) = match rest.chars().next()? {
            quote @ ('`' | '"') => {
                let inside = &rest[1..];
                let end = inside.find(quote)?;
                (&inside[..end], &inside[end + 1..])
            }
            _ => rest.split_at(rest.find('.').unwrap_or(rest.len())),
        };
        if part.is_empty() || part.contains(['`', '"', '$', '(']) && !rest.starts_with('`') {
            return None;
        }
        parts.push(part.to_owned());
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None if after.is_empty() => break,
            None => return None,
        }
    }
    let table = parts.pop()?;
    let schema = parts.pop().unwrap_or_else(|| database.to_owned());
    (parts.is_empty() && !schema.is_empty()).then_some((schema, table))
}

/// The tables of a database, the largest by name.
pub(super) async fn held(session: &mut Session, schema: &str) -> Result<Held, Trouble> {
    let Some(name) = quote(schema) else { return Err(Trouble::Failed("its name is odd".to_owned())) };
    let sql = format!(
        "SELECT TABLE_NAME, COALESCE(DATA_LENGTH + INDEX_LENGTH, 0), TABLE_ROWS FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA = {name} AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')"
    );
    let rows = match session.rows(sql).await {
        // Every table is opened for its size; their names are had without.
        Err(Trouble::Slow | Trouble::Locked) => {
            let sql = format!(
                "SELECT TABLE_NAME, NULL, NULL FROM information_schema.TABLES WHERE TABLE_SCHEMA = {name}"
            );
            let tables = session.rows(sql).await?.len();
            let why =
                format!("to size its {} takes too long", words::count(tables as u64, "table", "tables"));
            return Err(Trouble::Failed(why));
        }
        rows => rows?,
    };
    let mut tables: Vec<Table> = rows
        .iter()
        .map(|row| Table {
            name: words::shown(&text(row, 0).unwrap_or_default()),
            bytes: whole(row, 1).unwrap_or(0),
            about: whole(row, 2),
        })
        .collect();
    tables.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&other.name)));
    let sum = |of: fn(&Table) -> u64| tables.iter().map(of).fold(0, u64::saturating_add);
    let (bytes, rows) = (sum(|table| table.bytes), sum(|table| table.about.unwrap_or(0)));
    let all = tables.len() as u64;
    tables.truncate(limits::LISTED_ENTRIES);
    Ok(Held { tables: all, bytes, rows, largest: tables, ..Held::default() })
}

/// When a table of the database was last written.
pub(super) async fn last_written(session: &mut Session, schema: &str) -> Result<Option<i64>, Trouble> {
    let Some(name) = quote(schema) else { return Ok(None) };
    let sql = format!(
        "SELECT UNIX_TIMESTAMP(MAX(UPDATE_TIME)) FROM information_schema.TABLES WHERE TABLE_SCHEMA = {name}"
    );
    let rows = session.rows(sql).await?;
    let seconds = rows.first().and_then(|row| whole(row, 0));
    Ok(seconds.and_then(|s| i64::try_from(s).ok()?.checked_mul(1000)))
}

/// A foreign key: from which table to which, and whether rows go with the rows that they refer to.
#[derive(Debug, Clone)]
pub(super) struct Key {
    from: (String, String),
    to: (String, String),
    deletes: bool,
}

/// The foreign keys of a database's tables.
pub(super) async fn foreign_keys(
    session: &mut Session,
    server: &Server,
    schema: &str,
) -> Result<Vec<Key>, Trouble> {
    let Some(name) = quote(schema) else { return Ok(Vec::new()) };
    // InnoDB's own list is at hand and holds those of other databases too; the standard's opens every table.
    if server.sees_others {
        let list = if session.is_mariadb() { "INNODB_SYS_FOREIGN" } else { "INNODB_FOREIGN" };
        let sql = format!("SELECT FOR_NAME, REF_NAME, TYPE & 1 FROM information_schema.{list} LIMIT 100000");
        if let Ok(rows) = session.rows(sql).await {
            let pair = |name: String| {
                let (schema, table) = name.split_once('/')?;
                Some((decoded(schema), decoded(table)))
            };
            let key = |row| {
                let (from, to) = (pair(text(row, 0)?)?, pair(text(row, 1)?)?);
                Some(Key { from, to, deletes: whole(row, 2)? == 1 })
            };
            return Ok(rows.iter().filter_map(key).collect());
        }
    }
    by_columns(session, &name).await
}

/// Foreign keys as every login sees them that may read the tables: the rule stands in the table's own text alone.
async fn by_columns(session: &mut Session, schema: &str) -> Result<Vec<Key>, Trouble> {
    let sql = format!(
        "SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, CONSTRAINT_NAME \
         FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = {schema} AND REFERENCED_TABLE_NAME IS NOT NULL"
    );
    let mut keys = Vec::new();
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for row in session.rows(sql).await? {
        let [from, of, to, table, name] = [0, 1, 2, 3, 4].map(|at| text(&row, at).unwrap_or_default());
        let quoted = backticked(&from, &of);
        if !texts.contains_key(&quoted) && texts.len() < limits::TABLES && session.has_time() {
            let rows = session.rows(format!("SHOW CREATE TABLE {quoted}")).await.unwrap_or_default();
            let own = rows.first().and_then(|row| text(row, 1)).unwrap_or_default();
            texts.insert(quoted.clone(), own);
        }
        let begin = format!("CONSTRAINT `{}` FOREIGN KEY", name.replace('`', "``"));
        let own = texts.get(&quoted).map_or("", String::as_str);
        let deletes = own
            .lines()
            .any(|line| line.trim_start().starts_with(&begin) && line.contains(" ON DELETE CASCADE"));
        keys.push(Key { from: (from, of), to: (to, table), deletes });
    }
    Ok(keys)
}

fn backticked(schema: &str, table: &str) -> String {
    format!("`{}`.`{}`", schema.replace('`', "``"), table.replace('`', "``"))
}

/// A name as InnoDB writes it into names of files: `@0040` is a character.
fn decoded(name: &str) -> String {
    let mut parts = name.split('@');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let coded = part.get(..4).and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
        if let Some(c) = coded {
            text.push(c);
            text.push_str(part.get(4..).unwrap_or_default());
        } else {
            text.push('@');
            text.push_str(part);
        }
    }
    text
}

/// The tables that refer to this one, directly or through others, as written; with whether their rows go too.
pub(super) fn referrers(keys: &[Key], relation: &Relation) -> Vec<(String, bool)> {
    let start = (relation.schema.clone(), relation.bare.clone());
    let mut seen = BTreeSet::from([start.clone()]);
    let (mut found, mut open) = (Vec::new(), vec![(start, true)]);
    while let Some((to, deletes)) = open.pop() {
        for key in keys.iter().filter(|key| key.to == to) {
            if found.len() >= limits::TABLES || !seen.insert(key.from.clone()) {
                continue;
            }
            let deletes = deletes && key.deletes;
            found.push((backticked(&key.from.0, &key.from.1), deletes));
            // What does not go along keeps its own referrers.
            if deletes {
                open.push((key.from.clone(), deletes));
            }
        }
    }
    found
}

/// The views of a database: schema, name, text.
pub(super) async fn views(
    session: &mut Session,
    schema: &str,
) -> Result<Vec<(String, String, String)>, Trouble> {
    let Some(name) = quote(schema) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = {name} \
         LIMIT 1000"
    );
    let rows = session.rows(sql).await?;
    Ok(rows.iter().filter_map(|row| Some((text(row, 0)?, text(row, 1)?, text(row, 2)?))).collect())
}

/// Who else is connected to these databases, by login.
pub(super) async fn connections(
    session: &mut Session,
    databases: &[String],
) -> Result<Vec<(String, u64)>, Trouble> {
    let list: Vec<String> = databases.iter().filter_map(|name| quote(name)).collect();
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT USER, COUNT(*) FROM information_schema.PROCESSLIST WHERE DB IN ({}) AND ID <> CONNECTION_ID() \
         GROUP BY 1 ORDER BY 2 DESC, 1",
        list.join(", ")
    );
    let rows = session.rows(sql).await?;
    Ok(rows.iter().filter_map(|row| Some((words::shown(&text(row, 0)?), whole(row, 1)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_tables_are_looked_up() {
        let both = |schema: &str, table: &str| Some((schema.to_owned(), table.to_owned()));
        assert_eq!(parts("orders", "shop"), both("shop", "orders"));
        assert_eq!(parts("`my shop`.`my.orders`", "x"), both("my shop", "my.orders"));
        assert_eq!(parts("shop.\"Orders\"", "x"), both("shop", "Orders"));
        for none in ["", "a.", "a.b.c", "`a", "${TABLE}", "f(1)"] {
            assert_eq!(parts(none, "shop"), None, "{none}");
        }
        assert_eq!(parts("orders", ""), None);
    }

    #[test]
    fn names_of_innodbs_files_are_worked_out() {
        assert_eq!(decoded("my@0020shop"), "my shop");
        assert_eq!(decoded("a@zz"), "a@zz");
    }
}
