//! Clients that are handed SQL: which of their words it is, and to which database it goes.

use std::collections::BTreeMap;

use sayso_core::Severity;
use sayso_core::action::SqlDialect;
use sayso_core::reading::{Reach, Reversible, System, TargetKind, Verb};
use sayso_core::redact;
use zeroize::Zeroizing;

use super::known::{self, Client, Operands};
use super::{Handed, lines};
use crate::Findings;
use crate::commands::{Call, Stdin};
use crate::findings::Found;
use crate::sql;
use crate::words::{Word, absolute, quoted};

/// How many levels of files that name files are followed (`\i a`, `.read b`).
pub(super) const FILES: usize = 4;

/// The words of a call, by what they are to the client.
#[derive(Default)]
struct Sorted<'a> {
    sql: Vec<&'a Word>,
    files: Vec<&'a Word>,
    /// SQL that stands in the same word as its option.
    sql_inside: Vec<Word>,
    files_inside: Vec<Word>,
    options: Vec<(String, String)>,
    operands: Vec<&'a Word>,
}

impl<'a> Sorted<'a> {
    fn of(client: &Client, words: &'a [Word]) -> Self {
        let mut sorted = Self::default();
        let mut first = client.first.len();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let text = word.text.as_str();
            if text.len() < 2 || !text.starts_with('-') {
                if first > 0 && client.first.contains(&text) {
                    first -= 1;
                } else {
                    sorted.operands.push(word);
                }
                continue;
            }
            sorted.option(client, word, &mut rest);
        }
        sorted
    }

    fn option(&mut self, client: &Client, word: &'a Word, rest: &mut std::slice::Iter<'a, Word>) {
        let text = word.text.as_str();
        if let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.contains(' ')) {
            let value = Word { text: value.to_owned(), ..word.clone() };
            return self.inside(client, name, value);
        }
        let takes =
            |name: &str| [client.sql, client.file, client.valued].iter().any(|group| group.contains(&name));
        if takes(text) {
            let Some(value) = rest.next() else { return };
            return self.value(client, text, value);
        }
        // `-qAtc SQL`, `-cSQL`: a cluster, whose value is the rest of the word or the next one.
        if text.starts_with("--") || client.lines == lines::Kind::Sqlite {
            return;
        }
        for (at, letter) in text.char_indices().skip(1) {
            if client.attached.contains(letter) {
                let inside = text.get(at + letter.len_utf8()..).unwrap_or_default();
                if !inside.is_empty() {
                    self.options.push((format!("-{letter}"), inside.to_owned()));
                }
                return;
            }
            let name = format!("-{letter}");
            if !takes(&name) {
                if !letter.is_ascii_alphanumeric() {
                    return;
                }
                continue;
            }
            let inside = text.get(at + letter.len_utf8()..).unwrap_or_default();
            if inside.is_empty() {
                if let Some(value) = rest.next() {
                    self.value(client, &name, value);
                }
            } else {
                self.inside(client, &name, Word { text: inside.to_owned(), ..word.clone() });
            }
            return;
        }
    }

    fn value(&mut self, client: &Client, name: &str, value: &'a Word) {
        if client.sql.contains(&name) {
            self.sql.push(value);
        } else if client.file.contains(&name) {
            self.files.push(value);
        } else {
            self.options.push((name.to_owned(), value.text.clone()));
        }
    }

    fn inside(&mut self, client: &Client, name: &str, value: Word) {
        if client.sql.contains(&name) {
            self.sql_inside.push(value);
        } else if client.file.contains(&name) {
            self.files_inside.push(value);
        } else {
            self.options.push((name.to_owned(), value.text));
        }
    }

    fn option_of(&self, names: &[&str]) -> Option<&str> {
        self.options.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }
}

/// Reads a call of a client. Whether it is one.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    let Some(client) = known::client(call) else { return false };
    let help = call.words.iter().any(|word| {
        matches!(
            word.text.as_str(),
            "--help" | "--version" | "-version" | "-help" | "-V" | "-?" | "--list" | "-l"
        ) && word.literal
    });
    if help {
        findings.reads(call.name);
        return true;
    }
    let mut sorted = Sorted::of(&client, call.words);
    let named = sorted.option_of(&["-d", "--dbname", "-D", "--database", "--url", "-k", "--keyspace"]);
    let mut database = named.map(str::to_owned);
    let operands = std::mem::take(&mut sorted.operands);
    let mut operands = operands.into_iter();
    match client.operands {
        Operands::Database => {
            let first = operands.next().map(|word| word.text.clone());
            database = database.or(first);
        }
        Operands::DatabaseThenSql => {
            database = operands.next().map(|word| word.text.clone());
            sorted.sql.extend(operands);
        }
        Operands::Sql => sorted.sql.extend(operands),
        Operands::Nothing => {
            // SQL*Plus takes `@file`.
            let named =
                operands.filter(|word| client.lines == lines::Kind::Sqlplus && word.text.starts_with('@'));
            let file =
                |word: &Word| Word { text: word.text.trim_start_matches('@').to_owned(), ..word.clone() };
            sorted.files_inside.extend(named.map(file));
        }
    }
    // A database that is a file may be somebody's cookies and passwords.
    let files = matches!(client.lines, lines::Kind::Sqlite);
    if let Some((name, what)) = database
        .as_deref()
        .filter(|_| files)
        .and_then(|name| Some((name, crate::paths::secret(name, false)?)))
    {
        findings.disclosed(absolute(name, call.place.cwd), what, call.span);
    }
    reach(call, &client, &sorted, database.as_deref(), findings);
    let shown = database.as_deref().map(redact::text).filter(|name| !name.is_empty());
    let session = Session { call, client: &client, database: shown.as_deref() };
    session.all(&sorted, findings);
    true
}

/// A framework's console on its database: told by standard input, or by what stands behind `--`.
pub(super) fn console(call: &Call<'_>, findings: &mut Findings) -> bool {
    let client = known::any();
    let behind = call.words.iter().position(|word| word.text == "--").map_or(call.words.len(), |at| at + 1);
    let sorted = Sorted::of(&client, call.words.get(behind..).unwrap_or_default());
    Session { call, client: &client, database: None }.all(&sorted, findings);
    true
}

/// One call of a client.
pub(super) struct Session<'a> {
    pub(super) call: &'a Call<'a>,
    client: &'a Client,
    pub(super) database: Option<&'a str>,
}

impl Session<'_> {
    fn all(&self, sorted: &Sorted<'_>, findings: &mut Findings) {
        let call = self.call;
        for word in sorted.sql.iter().copied().chain(&sorted.sql_inside) {
            if let Some(handed) = Handed::word(call, word, findings) {
                self.text(&handed, FILES, findings);
            }
        }
        for word in sorted.files.iter().copied().chain(&sorted.files_inside) {
            self.file(&word.text, word.literal, word.span.or(call.span), FILES, findings);
        }
        for (name, value) in &sorted.options {
            self.other(name, value, findings);
        }
        let told =
            sorted.sql.len() + sorted.sql_inside.len() + sorted.files.len() + sorted.files_inside.len();
        // The client that is told what to do by an option leaves its standard input alone; ClickHouse reads both.
        let also = told == 0 && self.client.listens;
        if also && let Some(handed) = Handed::stdin(call, findings) {
            self.text(&handed, FILES, findings);
        }
        if told > 0 && findings.severity().is_none() {
            findings.reads(call.name);
        }
    }

    /// Options of a client that write files or run programs.
    fn other(&self, name: &str, value: &str, findings: &mut Findings) {
        let call = self.call;
        match name {
            "--pager" => super::shell(call, value, Stdin::Printed(call.name), call.span, findings),
            "-o" | "--output" | "-L" | "--log-file" | "--tee" if value.starts_with('|') => {
                super::shell(
                    call,
                    value.trim_start_matches('|'),
                    Stdin::Printed(call.name),
                    call.span,
                    findings,
                );
            }
            "-o" | "--output" | "-L" | "--log-file" | "--tee" => self.writes(value, call.span, findings),
            _ => {}
        }
    }

    /// A file of the machine that the client writes.
    pub(super) fn writes(
        &self,
        name: &str,
        span: Option<sayso_core::reading::Span>,
        findings: &mut Findings,
    ) {
        if matches!(name, "" | "stdout" | "off" | "/dev/stdout" | "/dev/null" | "-") {
            return;
        }
        let path = absolute(name, self.call.place.cwd);
        findings.effect(Found {
            verb: Verb::Overwrite,
            kind: TargetKind::Path,
            name: path,
            reversible: Reversible::Unknown,
            severity: Severity::Low,
            phrase: format!("Write the file {}", quoted(name)),
            span,
        });
    }

    pub(super) fn file(
        &self,
        name: &str,
        literal: bool,
        span: Option<sayso_core::reading::Span>,
        files: usize,
        findings: &mut Findings,
    ) {
        let Some(files) = files.checked_sub(1) else {
            return findings.unread(name, "files name files more often than is followed", span);
        };
        if let Some(handed) = Handed::file(self.call, name, literal, span, findings) {
            self.text(&handed, files, findings);
        }
    }

    /// A text of SQL with the client's own commands between.
    pub(super) fn text(&self, handed: &Handed<'_>, files: usize, findings: &mut Findings) {
        lines::read(self, self.client.lines, handed, files, findings);
    }

    pub(super) fn sql(&self, text: &str, span: Option<sayso_core::reading::Span>, findings: &mut Findings) {
        if text.trim().is_empty() {
            return;
        }
        let depth = self.call.place.depth;
        sql::read_nested(text, self.client.dialect, self.database, span, depth, findings);
    }
}

/// The database that a call talks to, for whoever asks it about the rows.
fn reach(
    call: &Call<'_>,
    client: &Client,
    sorted: &Sorted<'_>,
    database: Option<&str>,
    findings: &mut Findings,
) {
    let system = match client.dialect {
        Some(SqlDialect::Postgres) => System::Postgres,
        Some(SqlDialect::Mysql) => System::Mysql,
        Some(SqlDialect::Sqlite) if call.name.starts_with("sqlite") => System::Sqlite,
        _ => return,
    };
    let mut settings = BTreeMap::new();
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            settings.insert(name.to_owned(), value.to_owned().into());
        }
    };
    let named: &[(&str, &[&str])] = if system == System::Mysql { OF_MYSQL } else { OF_POSTGRES };
    for (name, options) in named {
        set(name, sorted.option_of(options));
    }
    if system == System::Mysql {
        for flag in ["--no-defaults", "--skip-ssl"] {
            let given = call.words.iter().any(|word| word.text == flag);
            set(flag.trim_start_matches('-'), given.then_some("1"));
        }
    }
    let address = match (system, database) {
        (System::Sqlite, Some(file)) => absolute(file, call.place.cwd),
        (_, Some(name)) if name.contains("://") || name.contains('=') => name.to_owned(),
        (_, name) => {
            set("dbname", name);
            String::new()
        }
    };
    settings.extend(variables(call, system));
    settings.extend(super::away(call));
    findings.reach(Reach { system, address: address.into(), settings });
}

/// Options of PostgreSQL's clients that say where to go.
const OF_POSTGRES: &[(&str, &[&str])] = &[
    ("host", &["-h", "--host"]),
    ("port", &["-p", "--port"]),
    ("user", &["-U", "--username", "-u", "--user"]),
    ("password", &["--password"]),
];
/// Options of MySQL's and MariaDB's clients that say where to go.
const OF_MYSQL: &[(&str, &[&str])] = &[
    ("host", &["-h", "--host"]),
    ("port", &["-P", "--port"]),
    ("user", &["-u", "--user"]),
    ("password", &["-p", "--password"]),
    ("socket", &["-S", "--socket"]),
    ("protocol", &["--protocol"]),
    ("ssl-mode", &["--ssl-mode"]),
    ("ssl-ca", &["--ssl-ca"]),
    ("ssl", &["--ssl"]),
    ("login-path", &["--login-path"]),
    ("defaults-file", &["--defaults-file"]),
    ("defaults-extra-file", &["--defaults-extra-file"]),
    ("defaults-group-suffix", &["--defaults-group-suffix"]),
];

/// Tools that are handed no SQL: which server they go to. `dropdb` itself connects to another database than the one
/// that it drops.
pub(super) fn reach_of_tool(call: &Call<'_>, findings: &mut Findings) {
    if matches!(call.name, "mysqladmin" | "mariadb-admin") {
        let client = known::mysql();
        let sorted = Sorted::of(&client, call.words);
        return reach(call, &client, &sorted, None, findings);
    }
    let by_default = match call.name {
        "dropdb" => Some("postgres"),
        "pg_restore" => None,
        _ => return,
    };
    let option = |short: &str, long: &str| {
        let mut words = call.words.iter().map(|word| word.text.as_str());
        while let Some(word) = words.next() {
            if word == short || word == long {
                return words.next();
            }
            let glued = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
            let glued = glued.or_else(|| word.strip_prefix(short).filter(|_| !word.starts_with("--")));
            if glued.is_some() {
                return glued;
            }
        }
        None
    };
    let named = [
        ("host", option("-h", "--host")),
        ("port", option("-p", "--port")),
        ("user", option("-U", "--username")),
        (
            "dbname",
            if by_default.is_some() {
                option("--maintenance-db", "--maintenance-db")
            } else {
                option("-d", "--dbname")
            }
            .or(by_default),
        ),
    ];
    let named =
        named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned().into())));
    let mut settings: BTreeMap<_, _> = named.collect();
    // Without a database pg_restore writes a script and goes nowhere.
    if settings.contains_key("dbname") {
        settings.extend(variables(call, System::Postgres));
        settings.extend(super::away(call));
        findings.reach(Reach { system: System::Postgres, address: String::new().into(), settings });
    }
}

/// What the line itself puts into a client's environment (`PGHOST=db psql`), by the variables' own names.
fn variables(call: &Call<'_>, system: System) -> impl Iterator<Item = (String, Zeroizing<String>)> {
    const POSTGRES: &[&str] = &[
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGDATABASE",
        "PGUSER",
        "PGPASSWORD",
        "PGPASSFILE",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGSSLMODE",
        "PGSSLROOTCERT",
    ];
    const MYSQL: &[&str] = &["MYSQL_PWD", "MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT"];
    let names = if system == System::Postgres { POSTGRES } else { MYSQL };
    let state = call.place.shell.and_then(|shell| shell.state);
    let known = names.iter().filter_map(|name| Some((*name, state?.exported(name)?)));
    known.map(|(name, value)| (name.to_owned(), value.to_owned().into())).collect::<Vec<_>>().into_iter()
}
