//! Functions and relations that make a `SELECT` more than a plain read: the catalogue, as data.
//!
//! Invariant: a name that no row has is the database's own business; only one that sounds like a deletion asks.

use sayso_core::Severity;
use sayso_core::reading::{TargetKind, Verb};

use Severity::{Critical, High, Low};

/// What calling a function does.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub(super) severity: Severity,
    pub(super) verb: Verb,
    pub(super) kind: TargetKind,
    pub(super) phrase: &'static str,
    pub(super) takes: Takes,
}

/// What the arguments of a function are, where they matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing that matters.
    Nothing,
    /// SQL that it runs.
    Sql,
    /// A command that it runs.
    Command,
    /// A file whose content it gives: which one decides.
    File,
    /// A number of seconds to wait.
    Seconds,
    /// A setting's name and its value.
    Setting,
}

const fn row(severity: Severity, verb: Verb, kind: TargetKind, phrase: &'static str) -> Row {
    Row { severity, verb, kind, phrase, takes: Takes::Nothing }
}

const fn taking(takes: Takes, row: Row) -> Row {
    Row { takes, ..row }
}

/// What is known of the function `name`, in capitals and without its schema.
pub(super) fn known(name: &str) -> Option<Row> {
    process(name).or_else(|| files(name)).or_else(|| reaching(name)).or_else(|| keeping(name)).or_else(|| {
        // Whoever names a function so says what it does.
        const GRAVE: &[&str] = &[
            "DROP_",
            "DELETE_",
            "PURGE_",
            "WIPE_",
            "DESTROY_",
            "TRUNCATE_",
            "ERASE_",
            "TERMINATE_",
            "KILL_",
        ];
        GRAVE.iter().any(|grave| name.starts_with(grave)).then(|| {
            row(High, Verb::ExecuteUnread, TargetKind::Other, "Call a function that sounds like a deletion:")
        })
    })
}

/// The database's own processes and its replication.
fn process(name: &str) -> Option<Row> {
    let kind = TargetKind::Process;
    Some(match name {
        "PG_TERMINATE_BACKEND" | "PG_CANCEL_BACKEND" => {
            row(High, Verb::StopService, kind, "End sessions of the database with")
        }
        "PG_RELOAD_CONF" | "PG_ROTATE_LOGFILE" | "PG_SWITCH_WAL" | "PG_SWITCH_XLOG" => {
            row(High, Verb::Change, kind, "Change how the database server runs with")
        }
        "PG_PROMOTE"
        | "PG_WAL_REPLAY_PAUSE"
        | "PG_REPLICATION_SLOT_ADVANCE"
        | "PG_STOP_BACKUP"
        | "PG_BACKUP_STOP"
        | "PG_DROP_REPLICATION_SLOT"
        | "PG_REPLICATION_ORIGIN_DROP" => {
            row(High, Verb::Change, kind, "Change the replication of the database with")
        }
        "PG_SLEEP" | "SLEEP" | "PG_SLEEP_FOR" | "BENCHMARK" => {
            taking(Takes::Seconds, row(Low, Verb::StopService, kind, "Keep the database busy with"))
        }
        "SET_CONFIG" => taking(Takes::Setting, row(Low, Verb::Change, kind, "Change a setting with")),
        "PG_STAT_RESET" | "PG_STAT_STATEMENTS_RESET" | "PG_STAT_RESET_SHARED" | "PG_NOTIFY" | "NEXTVAL" => {
            row(Low, Verb::Change, kind, "Change the database's counters with")
        }
        "SETVAL" => row(Low, Verb::Change, kind, "Set a sequence with"),
        _ => return None,
    })
}

/// Files of the server, and code that it loads.
fn files(name: &str) -> Option<Row> {
    let kind = TargetKind::Path;
    Some(match name {
        "PG_READ_FILE"
        | "PG_READ_BINARY_FILE"
        | "LOAD_FILE"
        | "PG_LS_DIR"
        | "PG_STAT_FILE"
        | "PG_LS_LOGDIR"
        | "PG_LS_WALDIR"
        | "PG_LS_TMPDIR"
        | "PG_LS_ARCHIVE_STATUSDIR"
        | "PG_LOGDIR_LS"
        | "PG_READ_SERVER_FILES"
        | "BFILENAME"
        | "XP_DIRTREE"
        | "XP_FILEEXIST"
        | "XP_SUBDIRS" => row(High, Verb::Disclose, kind, "Read files of the database server with"),
        "LO_EXPORT" | "PG_FILE_WRITE" | "PG_FILE_SYNC" | "WRITEFILE" | "LO_PUT" => {
            row(High, Verb::Overwrite, kind, "Write a file with")
        }
        "LO_IMPORT" => row(High, Verb::Disclose, kind, "Read a file of the database server with"),
        "LO_UNLINK" => row(High, Verb::Delete, TargetKind::Table, "Delete a large object with"),
        "PG_FILE_UNLINK" | "PG_FILE_RENAME" => {
            row(High, Verb::Delete, kind, "Delete a file of the server with")
        }
        "READFILE" | "READ_TEXT" | "READ_BLOB" | "READ_CSV" | "READ_CSV_AUTO" | "READ_JSON"
        | "READ_JSON_AUTO" | "READ_PARQUET" | "FILE" | "LSDIR" | "FSDIR" | "GLOB" => {
            taking(Takes::File, row(Low, Verb::Read, kind, "Read a file with"))
        }
        "LOAD_EXTENSION" | "FTS3_TOKENIZER" => {
            row(High, Verb::ExecuteUnread, kind, "Load code into the database with")
        }
        "EDIT" => row(High, Verb::ExecuteUnread, TargetKind::Process, "Run a program with"),
        "SYS_EXEC"
        | "SYS_EVAL"
        | "SYS_BINEVAL"
        | "PG_EXECUTE_SERVER_PROGRAM"
        | "SHELLFS"
        | "XP_CMDSHELL"
        | "EXECUTABLE" => taking(
            Takes::Command,
            row(
                High,
                Verb::ExecuteUnread,
                TargetKind::Process,
                "Run a command on the database's server with",
            ),
        ),
        _ => return None,
    })
}

/// What talks to other systems.
fn reaching(name: &str) -> Option<Row> {
    let kind = TargetKind::Host;
    let foreign = "Send to another system with";
    Some(match name {
        "DBLINK" | "DBLINK_EXEC" | "DBLINK_SEND_QUERY" | "DBLINK_OPEN" | "POSTGRES_EXECUTE"
        | "MYSQL_EXECUTE" | "POSTGRES_QUERY" | "MYSQL_QUERY" => {
            taking(Takes::Sql, row(High, Verb::Publish, kind, "Run SQL on another database with"))
        }
        "DBLINK_CONNECT" | "DBLINK_CONNECT_U" | "OPENROWSET" | "OPENDATASOURCE" | "OPENQUERY" => {
            taking(Takes::Sql, row(High, Verb::Publish, kind, "Reach another database with"))
        }
        "HTTP_POST" | "HTTP_PUT" | "HTTP_PATCH" | "HTTP_DELETE" | "HTTP_GET" | "HTTP" | "HTTPURITYPE"
        | "REQUEST_PIECES" | "SP_SEND_DBMAIL" | "HTTP_REQUEST" | "SYSTEM$SEND_EMAIL" => {
            row(High, Verb::Publish, kind, foreign)
        }
        "QUERY_EXPORT_TO_S3" | "TABLE_IMPORT_FROM_S3" => {
            row(High, Verb::Publish, TargetKind::Bucket, "Move data between the database and a bucket with")
        }
        "INVOKE_LAMBDA" | "LAMBDA_ASYNC" | "LAMBDA_SYNC" | "AI_COMPLETE_WITH_TOOLS" => {
            row(High, Verb::ExecuteUnread, kind, "Run a function elsewhere with")
        }
        _ => return None,
    })
}

/// What changes the database in a lasting way, or runs SQL that stands in a text.
fn keeping(name: &str) -> Option<Row> {
    let kind = TargetKind::Database;
    Some(match name {
        "QUERY_TO_XML"
        | "QUERY_TO_XML_AND_XMLSCHEMA"
        | "CROSSTAB"
        | "CROSSTABN"
        | "CONNECTBY"
        | "TS_STAT"
        | "TS_REWRITE"
        | "DYNAMIC_QUERY_TO_XML"
        | "EXEC_SQL"
        | "EXECUTE_SQL"
        | "RUN_SQL" => taking(Takes::Sql, row(Low, Verb::Read, kind, "Run SQL that stands in a text with")),
        "SCHEDULE" | "SCHEDULE_IN_DATABASE" | "CREATE_JOB" | "ADD_JOB" => taking(
            Takes::Sql,
            row(High, Verb::Create, kind, "Have the database run something again and again with"),
        ),
        "UNSCHEDULE" | "DELETE_JOB" => {
            row(High, Verb::Delete, kind, "Stop what the database runs by itself with")
        }
        "DROP_CHUNKS"
        | "UNDO_PARTITION"
        | "MASTER_DROP_ALL_SHARDS"
        | "CITUS_DROP_ALL_SHARDS"
        | "DROPGEOMETRYTABLE"
        | "DROPGEOMETRYCOLUMN"
        | "DROP_HYPERTABLE" => row(Critical, Verb::Delete, TargetKind::Table, "Delete data with"),
        "TRUNCATE_LOCAL_DATA_AFTER_DISTRIBUTING_TABLE"
        | "REMOVE_COMPRESSION_POLICY"
        | "ADD_RETENTION_POLICY"
        | "REMOVE_RETENTION_POLICY"
        | "UNDISTRIBUTE_TABLE"
        | "CITUS_REMOVE_NODE"
        | "MASTER_REMOVE_NODE"
        | "DISABLE_VALIDATION"
        | "DISCARDGEOMETRYCOLUMN" => {
            row(High, Verb::Change, TargetKind::Table, "Change how data is kept with")
        }
        "CREATE_USER" | "SET_USER" | "PG_TDE_SET_KEY" => row(High, Verb::Grant, kind, "Change accounts with"),
        "RUNJAVA" | "SET_OUTPUT_TO_JAVA" | "FUNCALL" | "COMPILE_PYTHON" => {
            row(High, Verb::ExecuteUnread, TargetKind::Process, "Run code on the database's server with")
        }
        _ => return None,
    })
}

/// Oracle's packages whose calls leave the database or run something, by the name before the function's.
pub(super) fn package(name: &str) -> Option<Row> {
    Some(match name {
        "UTL_HTTP" | "UTL_SMTP" | "UTL_TCP" | "UTL_INADDR" | "UTL_MAIL" | "DBMS_LDAP"
        | "APEX_WEB_SERVICE" | "NET" => {
            row(High, Verb::Publish, TargetKind::Host, "Send to another system with")
        }
        "UTL_FILE" | "DBMS_LOB" | "DBMS_ADVISOR" => {
            row(High, Verb::Overwrite, TargetKind::Path, "Use files with")
        }
        "DBMS_SCHEDULER" | "DBMS_JOB" | "DBMS_JAVA" | "DBMS_JAVA_TEST" | "DBMS_XMLQUERY" | "DBMS_SQL"
        | "DBMS_SYS_SQL" | "DBMS_CLOUD" | "DBMS_AW" => {
            row(High, Verb::ExecuteUnread, TargetKind::Process, "Run something in the database with")
        }
        "DBMS_FLASHBACK_ARCHIVE" | "DBMS_FGA" | "DBMS_AUDIT_MGMT" | "DBMS_RLS" | "DBMS_BACKUP_RESTORE" => {
            row(High, Verb::Change, TargetKind::Database, "Change what protects the database with")
        }
        "DBMS_LOCK" => taking(
            Takes::Seconds,
            row(Low, Verb::StopService, TargetKind::Process, "Keep the database busy with"),
        ),
        _ => return None,
    })
}

/// Tables in which databases keep passwords. The names in capitals.
pub(super) fn secret_table(name: &str, before: &str) -> bool {
    match name {
        "PG_SHADOW"
        | "PG_AUTHID"
        | "PG_USER_MAPPING"
        | "SQL_LOGINS"
        | "SYSLOGINS"
        | "SYSXLOGINS"
        | "DECRYPTED_SECRETS"
        | "DBA_USERS_WITH_DEFPWD"
        | "SYSTEM_AUTH"
        | "PG_STAT_SSL_KEYS"
        | "USER$"
        | "LINK$" => true,
        "USER" | "GLOBAL_PRIV" | "SLAVE_MASTER_INFO" => before == "MYSQL",
        "ROLES" => before == "SYSTEM_AUTH",
        "SECRETS" => before == "VAULT",
        _ => false,
    }
}

/// Columns that are called like a secret.
pub(super) fn secret_column(name: &str) -> bool {
    matches!(
        name,
        "PASSWORD"
            | "PASSWD"
            | "PASSWORD_HASH"
            | "ENCRYPTED_PASSWORD"
            | "HASHED_PASSWORD"
            | "API_KEY"
            | "SECRET_KEY"
            | "PRIVATE_KEY"
            | "ACCESS_TOKEN"
            | "REFRESH_TOKEN"
            | "AUTHENTICATION_STRING"
            | "ROLPASSWORD"
            | "CREDIT_CARD_NUMBER"
            | "CARD_NUMBER"
            | "SSN"
    )
}

/// How much it means to change a setting: `None` for one that only concerns the session's own output.
pub(super) fn setting(name: &str, value: &str) -> Option<(Severity, &'static str)> {
    let off =
        matches!(value, "OFF" | "0" | "FALSE" | "NONE" | "NO" | "'NONE'" | "'OFF'" | "'0'" | "DISABLED");
    let harmful = match name {
        "SESSION_REPLICATION_ROLE" => value.contains("REPLICA"),
        "DEFAULT_TRANSACTION_READ_ONLY"
        | "TRANSACTION_READ_ONLY"
        | "READ_ONLY"
        | "SUPER_READ_ONLY"
        | "LOG_STATEMENT"
        | "SQL_LOG_BIN"
        | "GENERAL_LOG"
        | "LOG_CONNECTIONS"
        | "PGAUDIT.LOG"
        | "PGAUDIT"
        | "FSYNC"
        | "FULL_PAGE_WRITES" => off,
        "ALLOW_SYSTEM_TABLE_MODS"
        | "ZERO_DAMAGED_PAGES"
        | "IGNORE_SYSTEM_INDEXES"
        | "WRITABLE_SCHEMA"
        | "LO_COMPAT_PRIVILEGES"
        | "ALLOW_UNSAFE_INTERNALS"
        | "ENABLE_EXTERNAL_ACCESS"
        | "ALLOW_UNSIGNED_EXTENSIONS" => !off,
        "LOCAL_PRELOAD_LIBRARIES" | "SESSION_PRELOAD_LIBRARIES" | "DYNAMIC_LIBRARY_PATH" => true,
        _ => false,
    };
    if harmful { Some((High, "which protects the database or lets it run code")) } else { None }
}

/// Settings of a server that make it run a command or load code.
pub(super) fn setting_runs(name: &str) -> bool {
    matches!(
        name,
        "ARCHIVE_COMMAND"
            | "RESTORE_COMMAND"
            | "ARCHIVE_CLEANUP_COMMAND"
            | "RECOVERY_END_COMMAND"
            | "SHARED_PRELOAD_LIBRARIES"
            | "SESSION_PRELOAD_LIBRARIES"
            | "LOCAL_PRELOAD_LIBRARIES"
            | "SSL_PASSPHRASE_COMMAND"
            | "DYNAMIC_LIBRARY_PATH"
            | "PRIMARY_CONNINFO"
            | "GENERAL_LOG_FILE"
            | "SLOW_QUERY_LOG_FILE"
            | "SECURE_FILE_PRIV"
            | "INIT_CONNECT"
            | "LOCAL_INFILE"
    )
}
