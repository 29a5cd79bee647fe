//! Statements by their first words: what reads, what leads to which room, and what is not known.
//!
//! Invariant: a first word that no row knows is unread and asks.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use super::lexer::Kind;
use super::part::Part;
use super::reader::Reader;
use super::{constant, functions};
use crate::words::quoted;

/// First words of statements, for texts that may or may not be SQL.
const FIRST: &[&str] = &[
    "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "ALTER", "CREATE", "GRANT", "REVOKE",
    "COPY", "DO", "EXEC", "EXECUTE", "CALL", "MERGE", "REPLACE", "VACUUM", "SET", "BEGIN", "DECLARE", "LOAD",
    "KILL", "SHUTDOWN", "BACKUP", "RESTORE", "RENAME", "PURGE", "REINDEX", "REFRESH", "UNLOAD", "EXPORT",
];

/// Whether a text begins like a statement.
pub(crate) fn begins_statement(text: &str) -> bool {
    let word = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    FIRST.iter().any(|first| word.eq_ignore_ascii_case(first))
}

/// What becomes of the statement that another one shows.
pub(super) enum Shown {
    /// Nothing of it runs.
    Only,
    /// It runs; here it begins.
    Runs(usize),
}

/// For an EXPLAIN and its kin: whether what it shows runs.
pub(super) fn shown(part: Part<'_>) -> Option<Shown> {
    let at = part.from;
    match part.word(at) {
        "EXPLAIN" => {}
        // MariaDB's `ANALYZE UPDATE …` runs it.
        "ANALYZE" => {
            let next = if part.word(at + 1) == "FORMAT" { at + 4 } else { at + 1 };
            let runs = part.one_of(next, &["SELECT", "UPDATE", "DELETE", "INSERT", "REPLACE", "WITH"]);
            return runs.then_some(Shown::Runs(next));
        }
        "DESCRIBE" | "DESC" | "SUMMARIZE" | "SHOW" | "HELP" | "LIST" | "LS" => return Some(Shown::Only),
        _ => return None,
    }
    let mut at = at + 1;
    let mut analyzed = false;
    loop {
        if part.one_of(at, &["ANALYZE", "ANALYSE", "PROFILE"]) {
            analyzed = true;
            at += 1;
        } else if part.sign(at) == b'('
            && !part.one_of(at + 1, &["SELECT", "WITH", "VALUES"])
            && part.sign(at + 1) != b'('
        {
            let close = part.pair(at);
            analyzed |= (at + 1..close).any(|k| {
                part.one_of(k, &["ANALYZE", "ANALYSE"])
                    && !part.one_of(k + 1, &["FALSE", "OFF"])
                    && part.written(k + 1) != "0"
            });
            at = close + 1;
        } else if part.word(at) == "FORMAT" {
            at += if part.sign(at + 1) == b'=' { 3 } else { 2 };
        } else if part.one_of(
            at,
            &[
                "VERBOSE",
                "EXTENDED",
                "PLAN",
                "QUERY",
                "LOGICAL",
                "FORMATTED",
                "COST",
                "CODEGEN",
                "FOR",
                "USING",
                "TREE",
            ],
        ) {
            at += 1;
        } else {
            return Some(if analyzed && at < part.to { Shown::Runs(at) } else { Shown::Only });
        }
    }
}

impl Reader<'_> {
    /// One statement. `first` says that it stands at the beginning of its own.
    pub(super) fn statement(&mut self, part: Part<'_>, first: bool) {
        let at = part.from;
        let word = part.word(at);
        let Some(_) = part.token(at) else { return };
        match word {
            "SELECT" | "SEL" | "WITH" | "VALUES" | "TABLE" | "FROM" | "PIVOT" | "UNPIVOT" => self.query(part),
            "INSERT" | "INS" | "REPLACE" | "UPSERT" => self.insert(part),
            "UPDATE" | "UPD" => self.update(part),
            "DELETE" | "DEL" => self.delete(part),
            "MERGE" => self.merge(part),
            "TRUNCATE" => self.truncate(part),
            "COPY" => self.copy(part),
            "UNLOAD" | "EXPORT" => self.export(part),
            "LOAD" | "BULK" | "IMPORT" | "PUT" | "GET" => self.load(part),
            "DROP" => self.drop(part),
            "CREATE" => self.create(part),
            "ALTER" => self.alter(part),
            "GRANT" | "REVOKE" | "DENY" => self.grant(part),
            "RENAME" => self.rename(part),
            "SET" => self.set(part),
            "EXEC" | "EXECUTE" => self.execute(part),
            "CALL" | "PERFORM" => self.procedure(part, at + 1),
            "DO" => self.do_block(part),
            "PREPARE" => self.prepare(part),
            "DECLARE" | "LET" => self.declare(part),
            "BEGIN" | "START" | "COMMIT" | "ROLLBACK" | "ABORT" | "END" | "SAVEPOINT" | "RELEASE" | "XA" => {
                self.transactional(part);
            }
            _ if self.server(part) => {}
            _ if self.procedural(part) => {}
            _ if first => self.unknown(part),
            _ => {}
        }
    }

    /// A query. What it calls is looked at elsewhere; here, what it does with its rows.
    fn query(&mut self, part: Part<'_>) {
        let at = part.from;
        self.all.queries = true;
        // SQL Server's `SELECT @x = '…'`.
        self.assignments(part);
        let depth = part.depth(at);
        let into = (at + 1..part.to).find(|at| part.word(*at) == "INTO" && part.depth(*at) <= depth + 1);
        if let Some(into) = into.filter(|_| part.word(at) != "WITH" || part.has(&["SELECT"])) {
            self.into(part, into);
        }
        if part.has_row(&["FOR", "UPDATE"])
            || part.has_row(&["KEY", "UPDATE"])
            || part.has_row(&["FOR", "SHARE"])
        {
            self.low(part, Verb::Change, TargetKind::Table, "", "Lock rows of");
        }
        let from = part.find(at + 1, &["FROM"]);
        let list = part.of(at + 1, from.unwrap_or(at + 1));
        for at in list.from..list.to {
            if functions::secret_column(list.word(at)) && list.sign(at + 1) != b'(' {
                let (table, _) = part.name(from.unwrap_or(at) + 1);
                let name = list.written(at).to_owned();
                let phrase = format!("Read {} of {}", quoted(&name), quoted(&table));
                self.hit(part, Verb::Disclose, TargetKind::Table, table, Severity::Low, phrase);
                break;
            }
        }
    }

    /// `SELECT … INTO`: a file, a table, or variables.
    fn into(&mut self, part: Part<'_>, into: usize) {
        if matches!(part.word(into - 1), "INSERT" | "MERGE" | "REPLACE" | "IGNORE" | "COPY") {
            return;
        }
        if part.one_of(into + 1, &["OUTFILE", "DUMPFILE"]) {
            let (name, _) = part.name(into + 2);
            let phrase = format!("Write the file {} on the database's server", quoted(&name));
            return self.hit(part, Verb::Overwrite, TargetKind::Path, name, Severity::High, phrase);
        }
        let at = part.skip(into + 1, &["TEMP", "TEMPORARY", "UNLOGGED", "TABLE", "LOCAL", "GLOBAL"]);
        if self.block || part.kind(at) == Some(Kind::Param) || part.word(at) == "STRICT" {
            return;
        }
        let (table, _) = part.name(at);
        self.low(part, Verb::Create, TargetKind::Table, &table, "Create the table");
    }

    /// Values that are given to variables here.
    pub(super) fn assignments(&mut self, part: Part<'_>) {
        for at in part.from..part.to.min(part.from + 512) {
            let is_name = matches!(part.kind(at), Some(Kind::Param | Kind::Word));
            if !is_name || self.variables.len() > 64 {
                continue;
            }
            let mut value = at + 1;
            // `q text := '…'`, `@q nvarchar(max) = '…'`.
            while part.kind(value) == Some(Kind::Word) && value < at + 4 {
                value += 1;
            }
            if part.sign(value) == b'(' {
                value = part.pair(value) + 1;
            }
            if part.sign(value) != b'=' {
                continue;
            }
            let known = constant::of(part.of(value + 1, part.to), &self.variables).0;
            if known.any {
                self.variables.push((part.written(at).to_owned(), known));
            }
        }
    }

    fn declare(&mut self, part: Part<'_>) {
        self.assignments(part);
    }

    fn transactional(&mut self, part: Part<'_>) {
        let at = part.from;
        let next = part.word(at + 1);
        if part.word(at) == "START" && next != "TRANSACTION" && next != "BATCH" {
            self.low(part, Verb::Change, TargetKind::Database, "", "Start replication of");
        }
        // A block that begins here: its first statement is no start of its own.
        if part.word(at) == "BEGIN" && part.kind(at + 1) == Some(Kind::Word) && !self.block {
            const ITS_OWN: &[&str] = &[
                "TRANSACTION",
                "TRAN",
                "WORK",
                "ISOLATION",
                "READ",
                "DEFERRED",
                "IMMEDIATE",
                "EXCLUSIVE",
                "NOT",
                "CONCURRENT",
                "TRY",
                "CATCH",
                "ATOMIC",
                "DISTRIBUTED",
                "BATCH",
                "DEFERRABLE",
                "AND",
                "LOGGED",
                "UNLOGGED",
            ];
            if !ITS_OWN.contains(&next) {
                self.inner(part, |reader| reader.statement(part.of(at + 1, part.to), false));
            }
        }
    }

    /// Words of procedural languages. They are known where they stand; what follows them begins of its own.
    fn procedural(&mut self, part: Part<'_>) -> bool {
        let at = part.from;
        let flow = matches!(
            part.word(at),
            "IF" | "ELSE"
                | "ELSIF"
                | "ELSEIF"
                | "WHILE"
                | "LOOP"
                | "FOR"
                | "FOREACH"
                | "REPEAT"
                | "UNTIL"
                | "CASE"
                | "WHEN"
                | "RETURN"
                | "RAISE"
                | "RAISERROR"
                | "THROW"
                | "PRINT"
                | "GOTO"
                | "EXCEPTION"
                | "LEAVE"
                | "ITERATE"
                | "EXIT"
                | "CONTINUE"
                | "BREAK"
                | "SIGNAL"
                | "RESIGNAL"
                | "ASSERT"
                | "WAITFOR"
                | "NULL"
                | "OPEN"
                | "CLOSE"
                | "THEN"
                | "CONSTANT"
        );
        if flow || self.block || matches!(part.sign(at + 1), b'=') {
            self.all.queries = true;
            self.assignments(part);
        }
        flow || self.block || part.sign(at + 1) == b'='
    }

    fn unknown(&mut self, part: Part<'_>) {
        let at = part.from;
        let name = part.word(at);
        // SQL Server runs a procedure by its bare name.
        if name.starts_with("SP_") || name.starts_with("XP_") || part.sign(at + 1) == b'.' {
            return self.procedure(part, at);
        }
        let what = if name.is_empty() { "a value".to_owned() } else { quoted(part.written(at)) };
        self.unread(part, &what, "no row knows a statement that begins so", Severity::High);
        self.hit(
            part,
            Verb::ExecuteUnread,
            TargetKind::Database,
            self.database(),
            Severity::High,
            format!("Run a statement that begins with {what}"),
        );
    }
}
