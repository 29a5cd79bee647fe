//! Which programs are handed SQL, and by which of their words: data more than code.

use sayso_core::action::SqlDialect;

use super::lines;
use crate::commands::Call;

/// What the words of a client are that are no options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    /// The database, and what is no matter.
    Database,
    /// The database, then SQL.
    DatabaseThenSql,
    /// SQL.
    Sql,
    /// Nothing that matters.
    Nothing,
}

/// How a client is called.
pub(super) struct Client {
    pub(super) dialect: Option<SqlDialect>,
    /// Its own commands between the statements.
    pub(super) lines: lines::Kind,
    /// Options whose value is SQL.
    pub(super) sql: &'static [&'static str],
    /// Options whose value is a file of SQL.
    pub(super) file: &'static [&'static str],
    /// Other options that take a value.
    pub(super) valued: &'static [&'static str],
    pub(super) operands: Operands,
    /// Words that must stand first (`clickhouse client`).
    pub(super) first: &'static [&'static str],
    /// Letters whose value stands in the same word or nowhere: mysql's `-psecret`.
    pub(super) attached: &'static str,
    /// Whether it listens to its standard input.
    pub(super) listens: bool,
}

const NONE: Client = Client {
    dialect: None,
    lines: lines::Kind::None,
    sql: &[],
    file: &[],
    valued: &[],
    operands: Operands::Nothing,
    first: &[],
    attached: "",
    listens: true,
};

const PSQL: Client = Client {
    dialect: Some(SqlDialect::Postgres),
    lines: lines::Kind::Psql,
    sql: &["-c", "--command"],
    file: &["-f", "--file"],
    valued: &[
        "-d",
        "--dbname",
        "-h",
        "--host",
        "-p",
        "--port",
        "-U",
        "--username",
        "-v",
        "--set",
        "--variable",
        "-o",
        "--output",
        "-L",
        "--log-file",
        "-F",
        "--field-separator",
        "-R",
        "--record-separator",
        "-P",
        "--pset",
        "-T",
        "--table-attr",
    ],
    operands: Operands::Database,
    ..NONE
};
const MYSQL: Client = Client {
    attached: "p",
    dialect: Some(SqlDialect::Mysql),
    lines: lines::Kind::Mysql,
    sql: &["-e", "--execute", "--init-command"],
    valued: &[
        "-u",
        "--user",
        "-h",
        "--host",
        "-P",
        "--port",
        "-S",
        "--socket",
        "-D",
        "--database",
        "--default-character-set",
        "--tee",
        "--pager",
        "--prompt",
        "--delimiter",
        "--protocol",
        "--login-path",
        "--ssl-ca",
        "--ssl-mode",
    ],
    operands: Operands::Database,
    ..NONE
};
const SQLITE: Client = Client {
    dialect: Some(SqlDialect::Sqlite),
    lines: lines::Kind::Sqlite,
    sql: &["-cmd", "--cmd"],
    file: &["-init", "--init"],
    valued: &[
        "-separator",
        "-nullvalue",
        "-newline",
        "-mmap",
        "-lookaside",
        "-vfs",
        "-heap",
        "-maxsize",
        "-escape",
    ],
    operands: Operands::DatabaseThenSql,
    ..NONE
};
const DUCKDB: Client =
    Client { dialect: None, sql: &["-c", "-s", "-cmd", "--cmd"], file: &["-f", "-init"], ..SQLITE };
const SQLCMD: Client = Client {
    dialect: Some(SqlDialect::Mssql),
    lines: lines::Kind::Sqlcmd,
    sql: &["-Q", "-q", "--query", "--initial-query"],
    file: &["-i", "--input-file"],
    valued: &["-S", "-U", "-P", "-d", "-o", "-v", "-s", "-w", "-h", "-l", "-t", "-H", "-a", "-y", "-Y", "-K"],
    ..NONE
};

/// MySQL's own client, whose options its tools share.
pub(super) fn mysql() -> Client {
    MYSQL
}

/// A client of which only its framework knows which one it is.
pub(super) fn any() -> Client {
    Client { dialect: None, sql: &["-c", "-e", "--command", "--execute"], ..PSQL }
}

/// The client by its name, and with its first words.
pub(super) fn client(call: &Call<'_>) -> Option<Client> {
    let first =
        call.words.iter().find(|word| !word.text.starts_with('-')).map_or("", |word| word.text.as_str());
    Some(match call.name {
        "psql" | "ysqlsh" | "pgcli" | "gsql" | "vsql" | "edb-psql" => PSQL,
        "mysql" | "mariadb" | "mycli" | "mysqlsh" => MYSQL,
        "sqlite3" | "sqlite" | "sqlcipher" | "litecli" => SQLITE,
        "duckdb" => DUCKDB,
        "sqlcmd" | "osql" | "isql" | "mssql-cli" | "tsql" => SQLCMD,
        "clickhouse-client" | "clickhouse-local" | "chc" => {
            Client { sql: &["-q", "--query"], file: &["--queries-file"], valued: CLICKHOUSE, ..NONE }
        }
        "clickhouse" if matches!(first, "client" | "local") => Client {
            sql: &["-q", "--query"],
            file: &["--queries-file"],
            valued: CLICKHOUSE,
            first: &["client", "local"],
            ..NONE
        },
        "bq" if first == "query" => Client {
            valued: &[
                "--project_id",
                "--location",
                "--format",
                "--max_rows",
                "--destination_table",
                "--parameter",
                "-n",
            ],
            operands: Operands::Sql,
            first: &["query"],
            ..NONE
        },
        _ => return other(call, first),
    })
}

/// Clients of warehouses and of frameworks.
fn other(call: &Call<'_>, first: &str) -> Option<Client> {
    Some(match call.name {
        "snowsql" => Client {
            sql: &["-q", "--query"],
            file: &["-f", "--filename"],
            valued: &[
                "-a",
                "-u",
                "-d",
                "-s",
                "-r",
                "-w",
                "-c",
                "-o",
                "--accountname",
                "--connection",
                "--username",
            ],
            ..NONE
        },
        "snow" if first == "sql" => Client {
            sql: &["-q", "--query"],
            file: &["-f", "--filename"],
            valued: &["-c", "--connection", "--database", "--role"],
            first: &["sql"],
            ..NONE
        },
        "cqlsh" => Client {
            sql: &["-e", "--execute"],
            file: &["-f", "--file"],
            valued: &["-u", "-p", "-k", "--username", "--password", "--keyspace", "--request-timeout"],
            ..NONE
        },
        "influx" if call.words.iter().any(|word| word.text.starts_with("-execute")) => Client {
            sql: &["-execute"],
            valued: &["-database", "-host", "-port", "-username", "-password"],
            ..NONE
        },
        "trino" | "presto" | "trino-cli" | "presto-cli" => Client {
            sql: &["--execute"],
            file: &["-f", "--file"],
            valued: &["--server", "--catalog", "--schema", "--user"],
            ..NONE
        },
        "beeline" | "hive" | "spark-sql" | "impala-shell" | "hplsql" => Client {
            sql: &["-e", "-q", "--query"],
            file: &["-f", "--query_file", "-i"],
            valued: &["-u", "-n", "-p", "-d", "--hiveconf", "--hivevar", "--conf", "--master", "--database"],
            ..NONE
        },
        "usql" | "dbcli" => Client {
            sql: &["-c", "--command"],
            file: &["-f", "--file"],
            lines: lines::Kind::Psql,
            operands: Operands::Database,
            ..NONE
        },
        "sqlplus" | "sql" | "db2" | "hdbsql" => {
            Client { operands: Operands::Nothing, lines: lines::Kind::Sqlplus, ..NONE }
        }
        _ => return tool(call, first),
    })
}

/// Tools whose subcommand takes SQL.
fn tool(call: &Call<'_>, first: &str) -> Option<Client> {
    Some(match call.name {
        "cockroach" if first == "sql" => Client {
            dialect: Some(SqlDialect::Postgres),
            lines: lines::Kind::Psql,
            sql: &["-e", "--execute"],
            file: &["-f", "--file"],
            valued: &["--url", "--host", "-u", "--user", "-d", "--database"],
            first: &["sql"],
            ..NONE
        },
        "dolt" if first == "sql" => Client {
            dialect: Some(SqlDialect::Mysql),
            sql: &["-q", "--query"],
            file: &["-f", "--file"],
            first: &["sql"],
            ..NONE
        },
        "wrangler" if first == "d1" && call.words.iter().any(|word| word.text == "execute") => Client {
            dialect: Some(SqlDialect::Sqlite),
            sql: &["--command"],
            file: &["--file"],
            valued: &["-c", "--config", "-e", "--env", "--persist-to"],
            first: &["d1", "execute"],
            listens: false,
            ..NONE
        },
        "heroku" if first == "pg:psql" => Client { first: &["pg:psql"], operands: Operands::Nothing, ..PSQL },
        "neonctl" | "neon" if first == "psql" => {
            Client { first: &["psql"], operands: Operands::Nothing, ..PSQL }
        }
        "fly" | "flyctl"
            if matches!(first, "postgres" | "pg") && call.words.iter().any(|word| word.text == "connect") =>
        {
            Client { first: &["postgres", "pg", "connect"], operands: Operands::Nothing, ..PSQL }
        }
        "railway" if first == "connect" => {
            Client { first: &["connect"], operands: Operands::Nothing, ..PSQL }
        }
        "pscale" if first == "shell" => Client { first: &["shell"], operands: Operands::Nothing, ..MYSQL },
        "aws"
            if matches!(first, "rds-data" | "redshift-data" | "athena" | "timestream-query" | "dynamodb") =>
        {
            let told = |word: &crate::words::Word| {
                AWS_SQL.contains(&word.text.split('=').next().unwrap_or_default())
            };
            if !call.words.iter().any(told) {
                return None;
            }
            Client { sql: AWS_SQL, listens: false, ..NONE }
        }
        "gcloud" if call.words.iter().any(|word| word.text.starts_with("--sql") && first == "spanner") => {
            Client { sql: &["--sql"], listens: false, ..NONE }
        }
        "turso" if call.words.iter().any(|word| word.text == "shell") => Client {
            dialect: Some(SqlDialect::Sqlite),
            operands: Operands::DatabaseThenSql,
            first: &["db", "shell"],
            lines: lines::Kind::Sqlite,
            ..NONE
        },
        "sqlite-utils" if matches!(first, "query" | "memory") => Client {
            dialect: Some(SqlDialect::Sqlite),
            operands: Operands::DatabaseThenSql,
            first: &["query", "memory"],
            listens: false,
            ..NONE
        },
        "wp" | "drush" if sql_of_site(call) => Client {
            dialect: Some(SqlDialect::Mysql),
            operands: Operands::Sql,
            first: &["db", "query", "sql:query", "sql-query", "sqlq"],
            ..NONE
        },
        "prisma" if first == "db" && call.words.iter().any(|word| word.text == "execute") => Client {
            file: &["--file"],
            valued: &["--schema", "--url", "--config"],
            first: &["db", "execute"],
            ..NONE
        },
        "typeorm" if first == "query" => {
            Client { operands: Operands::Sql, first: &["query"], listens: false, ..NONE }
        }
        "console" if first.ends_with(":sql") => Client {
            operands: Operands::Sql,
            first: &["doctrine:query:sql", "dbal:run:sql"],
            listens: false,
            ..NONE
        },
        _ => return None,
    })
}

const AWS_SQL: &[&str] = &["--sql", "--query-string", "--statement", "--sqls"];

const CLICKHOUSE: &[&str] =
    &["-h", "--host", "-u", "--user", "--password", "--port", "-d", "--database", "-f", "--format"];

fn sql_of_site(call: &Call<'_>) -> bool {
    let mut operands =
        call.words.iter().filter(|word| !word.text.starts_with('-')).map(|word| word.text.as_str());
    matches!(
        (operands.next(), operands.next()),
        (Some("db"), Some("query")) | (Some("sql:query" | "sql-query" | "sqlq"), _)
    )
}
