//! A text into its statements, and a statement into those that stand in it: the writing parts of a WITH, the branches
//! of an IF, what SQL Server lets follow without a semicolon.
//!
//! Invariant: every token belongs to the statement that begins before it; a semicolon ends one wherever it stands
//! outside of a text, but for the bodies of routines that are only defined.

use sayso_core::Severity;
use sayso_core::action::SqlDialect;
use sayso_core::reading::{TargetKind, Verb};

use super::functions::{self, Takes};
use super::lexer::{Kind, Tokens};
use super::part::Part;
use super::reader::Reader;
use super::{constant, statement};
use crate::paths;
use crate::words::quoted;

/// How deep a statement may stand in parentheses of others. Each level reads on to its own end.
const NESTED: usize = 24;
/// How far behind CREATE the word stands that says what is created (`OR REPLACE DEFINER = … SQL SECURITY …`).
pub(super) const HEAD: usize = 12;
/// Words behind which a block's statement begins.
const BLOCK: &[&str] =
    &["THEN", "ELSE", "BEGIN", "LOOP", "DO", "TRY", "CATCH", "REPEAT", "DECLARE", "AS", "IS"];
/// Waiting longer than this is more than a pause, in seconds.
const LONG_WAIT: u64 = 600;

/// What can be dropped.
const OBJECTS: &[&str] = &[
    "TABLE",
    "DATABASE",
    "SCHEMA",
    "VIEW",
    "INDEX",
    "USER",
    "ROLE",
    "LOGIN",
    "FUNCTION",
    "PROCEDURE",
    "TRIGGER",
    "TYPE",
    "EXTENSION",
    "SEQUENCE",
    "MATERIALIZED",
    "TEMPORARY",
    "FOREIGN",
    "EXTERNAL",
    "POLICY",
    "TABLESPACE",
    "PUBLICATION",
    "SUBSCRIPTION",
    "OWNED",
    "PARTITION",
    "KEYSPACE",
    "WAREHOUSE",
    "PROC",
];

impl Reader<'_> {
    /// Every statement of a text.
    pub(super) fn script(&mut self, tokens: &Tokens<'_>) {
        let whole = Part { tokens, from: 0, to: tokens.list.len() };
        let mut at = 0;
        let hits = self.hits();
        while at < whole.to {
            if skipped(whole, at) {
                at += 1;
                continue;
            }
            if whole.word(at) == "DELIMITER" && tokens.starts_line(at) {
                at += 1;
                while at < whole.to && !tokens.starts_line(at) {
                    at += 1;
                }
                continue;
            }
            let end = end_of(whole, at);
            self.segment(whole.of(at, end));
            at = end.max(at + 1);
        }
        if self.began && self.rolled_back && self.source.dialect == Some(SqlDialect::Postgres) {
            self.take_back(hits);
        }
    }

    /// One statement up to its semicolon, and those in it.
    fn segment(&mut self, part: Part<'_>) {
        let mut first = part.from;
        while part.sign(first) == b'(' {
            first += 1;
        }
        let part = part.of(first, part.to);
        self.transaction(part);
        if let Some(shown) = statement::shown(part) {
            // A plan that is only shown runs nothing; one that is analyzed runs what it shows.
            if let statement::Shown::Runs(at) = shown {
                self.inner(part, |reader| reader.segment(part.of(at, part.to)));
            }
            return;
        }
        if self.defines(part) {
            return;
        }
        let starts = starts(part);
        for (nth, start) in starts.iter().enumerate() {
            let depth = part.depth(*start);
            if depth > part.depth(part.from) + NESTED {
                let why = format!("it stands more than {NESTED} parentheses deep");
                self.unread(part, "a statement", why, Severity::High);
                continue;
            }
            let next = starts.iter().skip(nth + 1).find(|next| part.depth(**next) <= depth);
            let end = next.copied().unwrap_or(part.to);
            // In parentheses it ends with them.
            let end = if depth > part.depth(part.from) { closes(part, *start, end, depth) } else { end };
            self.statement(part.of(*start, end), nth == 0);
        }
        self.calls(part);
    }

    /// Reads a statement that stands in `part`, unless too many stand in one another.
    pub(super) fn inner(&mut self, part: Part<'_>, read: impl FnOnce(&mut Self)) {
        if self.nesting >= NESTED {
            let why = format!("more than {NESTED} statements stand in one another");
            return self.unread(part, "a statement", why, Severity::High);
        }
        self.nesting += 1;
        read(self);
        self.nesting -= 1;
    }

    /// Keeps an account of BEGIN and ROLLBACK.
    fn transaction(&mut self, part: Part<'_>) {
        let word = part.word(part.from);
        let begins = matches!((word, part.word(part.from + 1)), ("BEGIN", _) | ("START", "TRANSACTION"));
        let first = part.from == 0;
        match word {
            _ if begins && first => self.began = true,
            "COMMIT" | "END" | "PREPARE" | "SAVEPOINT" | "BEGIN" => {
                self.began = false;
            }
            "ROLLBACK" | "ABORT" => {
                let whole = (part.from + 1..part.to).all(|at| part.one_of(at, &["WORK", "TRANSACTION"]));
                self.began &= whole && !self.rolled_back;
                self.rolled_back = true;
                return;
            }
            _ => {}
        }
        // Whatever follows a rollback is outside of it.
        if self.rolled_back {
            self.began = false;
        }
    }

    /// Functions that do something, and tables of secrets, anywhere in a statement.
    pub(super) fn calls(&mut self, part: Part<'_>) {
        for at in part.from..part.to {
            let Some(token) = part.token(at) else { break };
            if !matches!(token.kind, Kind::Word | Kind::Quoted) {
                continue;
            }
            if part.sign(at + 1) == b'(' {
                self.call(part, at);
            } else {
                self.relation(part, at);
            }
        }
    }

    fn call(&mut self, part: Part<'_>, at: usize) {
        let upper = Self::plain_name(part, at);
        let before =
            if at >= 2 && part.sign(at - 1) == b'.' { Self::plain_name(part, at - 2) } else { String::new() };
        let row = functions::known(&upper).or_else(|| functions::package(&before));
        let Some(row) = row else { return };
        let first = part.from.max(at.saturating_sub(2));
        let begins = if before.is_empty() { at } else { first };
        let name = part.of(begins, at + 1).all().to_owned();
        let arguments = part.of(at + 2, part.pair(at + 1));
        let here = part.of(begins, arguments.to + 1);
        let severity = match row.takes {
            Takes::Nothing => row.severity,
            Takes::Sql => self.argument_runs(here, arguments, row.severity),
            Takes::Command => {
                let command = constant::of(arguments, &self.variables).0;
                self.command(here, command.any.then_some(command.text.as_str()));
                row.severity
            }
            Takes::File => return self.argument_file(here, arguments),
            Takes::Seconds => {
                let seconds = part.written(at + 2).split('.').next().and_then(|n| n.parse::<u64>().ok());
                if seconds.is_some_and(|seconds| seconds >= LONG_WAIT) {
                    Severity::High
                } else {
                    row.severity
                }
            }
            Takes::Setting => {
                let setting = constant::of(arguments, &self.variables).0.text.to_ascii_uppercase();
                let value = part.text(at + 4).map(|text| text.to_ascii_uppercase()).unwrap_or_default();
                functions::setting(&setting, &value).map_or(row.severity, |(severity, _)| severity)
            }
        };
        self.hit(
            here,
            row.verb,
            row.kind,
            name.clone(),
            severity,
            format!("{} {}", row.phrase, quoted(&name)),
        );
    }

    /// SQL among the arguments is read; how bad the call is, then.
    fn argument_runs(&mut self, here: Part<'_>, arguments: Part<'_>, severity: Severity) -> Severity {
        let mut at = arguments.from;
        let mut first = true;
        while at < arguments.to {
            if first && arguments.text(at).is_some() {
                let text = constant::of(arguments.of(at, arguments.to), &self.variables).0.text;
                if statement::begins_statement(&text) {
                    self.runs(here, &text);
                }
            }
            first = arguments.sign(at) == b',';
            // What stands deeper is no argument of this call.
            at = if arguments.sign(at) == b'(' { arguments.pair(at) + 1 } else { at + 1 };
        }
        severity
    }

    /// A file that the database reads: which one decides.
    fn argument_file(&mut self, here: Part<'_>, arguments: Part<'_>) {
        let Some(name) = arguments.text(arguments.from) else { return };
        if paths::secret(&name, true).is_some() {
            let phrase = format!("Read {}, which holds secrets", quoted(&name));
            self.hit(here, Verb::Disclose, TargetKind::Path, name, Severity::High, phrase);
        }
    }

    /// A name in capitals, without its marks.
    fn plain_name(part: Part<'_>, at: usize) -> String {
        match part.token(at) {
            Some(token) if token.kind == Kind::Word => part.word(at).to_owned(),
            Some(token) => part.tokens.content(token).to_ascii_uppercase(),
            None => String::new(),
        }
    }

    /// A table in which a database keeps its passwords.
    fn relation(&mut self, part: Part<'_>, at: usize) {
        let bare = part.word(at);
        let quoted_name;
        let name = if bare.is_empty() {
            quoted_name = Self::plain_name(part, at);
            quoted_name.as_str()
        } else {
            bare
        };
        let before =
            if at >= 2 && part.sign(at - 1) == b'.' { Self::plain_name(part, at - 2) } else { String::new() };
        if !functions::secret_table(name, &before) || part.one_of(at.wrapping_sub(1), &["AS"]) {
            return;
        }
        let written = part.written(at);
        let full =
            if before.is_empty() { written.to_owned() } else { part.of(at - 2, at + 1).all().to_owned() };
        let phrase = format!("Read the passwords in {}", quoted(&full));
        self.hit(part, Verb::Disclose, TargetKind::Table, full, Severity::High, phrase);
    }

    /// A routine that is defined and runs later: whether `part` defines one.
    fn defines(&mut self, part: Part<'_>) -> bool {
        if part.word(part.from) != "CREATE" {
            return false;
        }
        let Some(kind) = routine(part) else { return false };
        self.create_routine(part, kind);
        true
    }
}

/// Which word of CREATE says that a routine is defined.
pub(super) fn routine(part: Part<'_>) -> Option<usize> {
    const BETWEEN: &[&str] = &["TABLE", "VIEW", "INDEX", "USER", "ROLE", "DATABASE", "SCHEMA", "POLICY", "("];
    let head = part.of(part.from + 1, part.from + HEAD);
    let mut at = head.from;
    while at < head.to && !head.one_of(at, BETWEEN) {
        if head.one_of(at, &["FUNCTION", "PROCEDURE", "PROC", "TRIGGER", "RULE", "PACKAGE", "TASK"])
            || (head.word(at) == "EVENT" && head.word(at + 1) != "TRIGGER")
        {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// What can stand between statements and is none.
fn skipped(part: Part<'_>, at: usize) -> bool {
    match part.kind(at) {
        Some(Kind::Sign(sign)) => sign != b'(',
        Some(Kind::Word) => is_go(part, at),
        _ => false,
    }
}

/// SQL Server's word between batches, alone on its line.
fn is_go(part: Part<'_>, at: usize) -> bool {
    part.word(at) == "GO"
        && part.tokens.starts_line(at)
        && (part.tokens.starts_line(at + 1) || part.kind(at + 1) == Some(Kind::Number))
}

/// Where the statement ends that begins at `from`.
fn end_of(part: Part<'_>, from: usize) -> usize {
    let plain = |from: usize| {
        (from..part.to).find(|at| part.sign(*at) == b';' || is_go(part, *at)).unwrap_or(part.to)
    };
    let end = plain(from);
    if part.word(from) != "CREATE" || routine(part.of(from, part.to)).is_none() {
        return end;
    }
    // A body between BEGIN and END holds semicolons of its own. If it has no end, it is no body.
    let Some(begin) = (from..end).find(|at| part.word(*at) == "BEGIN") else { return end };
    if part.sign(begin + 1) == b';' {
        return end;
    }
    body_end(part, begin).map_or(end, |close| {
        let next = part.skip(close + 1, &["END"]);
        if matches!(part.kind(next), Some(Kind::Word | Kind::Quoted)) {
            plain(next).min(next + 2)
        } else {
            next
        }
    })
}

/// The END of the body that begins at `begin`.
fn body_end(part: Part<'_>, begin: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut at = begin;
    while at < part.to {
        match part.word(at) {
            "BEGIN" | "CASE" => open += 1,
            "END" if part.one_of(at + 1, &["IF", "LOOP", "WHILE", "REPEAT", "FOR"]) => at += 1,
            "END" => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at);
                }
                if part.word(at + 1) == "CASE" {
                    at += 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the parentheses around `start` end.
fn closes(part: Part<'_>, start: usize, end: usize, depth: usize) -> usize {
    (start..end).find(|at| part.depth(*at) < depth).unwrap_or(end)
}

/// Where statements begin in `part`: at its start, and wherever the words can only begin one.
fn starts(part: Part<'_>) -> Vec<usize> {
    let mut starts = vec![part.from];
    let first = part.word(part.from);
    // In these, the words that begin statements are names of rights and of parts.
    let narrow = matches!(
        first,
        "GRANT" | "REVOKE" | "DENY" | "ALTER" | "COMMENT" | "SHOW" | "DROP" | "AUDIT" | "NOAUDIT"
    );
    for at in part.from + 1..part.to {
        let word = part.word(at);
        if word.is_empty() {
            continue;
        }
        let begins = if narrow { begins_anyhow(part, at, first) } else { begins(part, at, word) };
        if begins {
            starts.push(at);
        }
    }
    starts
}

/// Whether a statement begins at `at` even behind one whose own words are names of statements.
fn begins_anyhow(part: Part<'_>, at: usize, first: &str) -> bool {
    let pair = matches!(
        (part.word(at), part.word(at + 1)),
        ("DROP", "TABLE" | "DATABASE") | ("DELETE", "FROM") | ("TRUNCATE", "TABLE")
    );
    let right = matches!(first, "GRANT" | "REVOKE") && part.sign(at + 2) != 0;
    let own = first == "ALTER" && !part.one_of(part.from + 1, &["TABLE", "DATABASE"]);
    pair && !right && !own && part.sign(at - 1) != b','
}

/// Whether a statement begins at `at`, inside of another.
fn begins(part: Part<'_>, at: usize, word: &str) -> bool {
    let next = part.word(at + 1);
    let before = part.word(at - 1);
    let sign = part.sign(at - 1);
    if matches!(sign, b'.' | b'@' | b':') || before == "SHOW" {
        return false;
    }
    let named = part.is_name(at + 1) && part.sign(at + 1) == 0;
    let block = BLOCK.contains(&before) || (sign == b')' && named);
    match word {
        "DROP" => OBJECTS.contains(&next) && !matches!(before, "," | "GRANT" | "ON" | "AFTER" | "BEFORE"),
        "TRUNCATE" => next == "TABLE" || (block && named),
        "DELETE" => next == "FROM" || (block && named && !matches!(next, "ON" | "WHERE" | "SET")),
        "UPDATE" => {
            !matches!(before, "FOR" | "KEY" | "OF" | "ON" | "OR" | "BEFORE" | "AFTER" | "DO")
                && !matches!(next, "SET" | "OF" | "SKIP" | "NOWAIT" | "WAIT" | "ON" | "")
                && (part.kind(at + 1) != Some(Kind::Text))
                && (at + 2..part.to.min(at + 16)).any(|at| part.word(at) == "SET")
                || quoted_update(part, at, before)
        }
        "INSERT" | "MERGE" | "UPSERT" => next == "INTO" && before != "ON",
        "REPLACE" => next == "INTO",
        "ALTER" => {
            matches!(next, "TABLE" | "ROLE" | "USER" | "LOGIN" | "DATABASE" | "SYSTEM" | "SERVER" | "SCHEMA")
        }
        "CREATE" => matches!(next, "USER" | "ROLE" | "LOGIN" | "EXTENSION") || (block && !next.is_empty()),
        "GRANT" | "REVOKE" => {
            named && next != "OPTION" && part.of(at, part.to).has(&["TO", "FROM"]) && block_or_start(part, at)
        }
        "EXEC" => !next.is_empty() || part.sign(at + 1) == b'(' || part.kind(at + 1).is_some(),
        "EXECUTE" => {
            !matches!(next, "ON" | "FUNCTION" | "PROCEDURE" | "AS" | "TO")
                && sign != b','
                && (block
                    || next == "IMMEDIATE"
                    || part.sign(at + 1) == b'('
                    || matches!(part.kind(at + 1), Some(Kind::Text)))
        }
        "BACKUP" | "RESTORE" => matches!(next, "DATABASE" | "LOG"),
        "BULK" => next == "INSERT",
        "DBCC" | "XP_CMDSHELL" => {
            part.sign(at - 1) == 0
                && !matches!(before, "AS" | "EXEC" | "EXECUTE" | "CALL")
                && part.sign(at + 1) != b','
        }
        "COPY" | "CALL" | "PERFORM" | "KILL" | "SHUTDOWN" | "SET" | "RENAME" | "LOCK" | "VACUUM" => {
            BLOCK.contains(&before) && before != "AS"
        }
        _ => false,
    }
}

/// `UPDATE "a" SET`, where the name is no word.
fn quoted_update(part: Part<'_>, at: usize, before: &str) -> bool {
    matches!(part.kind(at + 1), Some(Kind::Quoted | Kind::Sign(b'[')))
        && !matches!(before, "FOR" | "KEY" | "OF" | "ON" | "OR" | "BEFORE" | "AFTER" | "DO")
        && (at + 2..part.to.min(at + 16)).any(|at| part.word(at) == "SET")
}

/// Whether nothing that could make GRANT a name stands before it.
fn block_or_start(part: Part<'_>, at: usize) -> bool {
    !matches!(part.word(at - 1), "WITH" | "SHOW" | "AS" | "SELECT" | "FROM" | "JOIN" | "")
        || part.sign(at - 1) == b')'
}
