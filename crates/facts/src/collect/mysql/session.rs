//! One connection that can only read.
//!
//! # Invariants
//! - Everything is asked within one transaction that is read-only, waits for a lock a second at most, runs a statement
//!   no longer than [`limits::STATEMENT`], and is never committed.
//! - The server ends it by itself where this process does not: a connection that is dropped leaves nothing running.
//! - What stands in the action goes to the server as one prepared statement, which cannot hold a second one.
//! - Nothing that is asked is logged: it may hold values.

use std::time::Instant;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, MySql, Row as _};
use tokio::time::timeout;

use super::address::Address;
use crate::{limits, words};

/// Why a server gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("No MariaDB or MySQL server answers at {0}: {1}.")]
    Absent(String, String),
    #[error("The server at {0} did not answer in time.")]
    Silent(String),
    #[error("The server at {0} lets {1} not in: {2}.")]
    Refused(String, String, String),
    #[error("somebody holds a lock on it")]
    Locked,
    #[error("it takes too long")]
    Slow,
    #[error("the server says: {0}")]
    Failed(String),
}

impl Trouble {
    /// Whether another login could help.
    pub(super) const fn is_about_login(&self) -> bool {
        matches!(self, Self::Refused(..))
    }

    /// As the end of a sentence.
    pub(super) fn reason(&self) -> String {
        self.to_string().trim_end_matches('.').to_owned()
    }

    fn of(error: &sqlx::Error) -> Self {
        match number(error) {
            // Lock wait timeout, deadlock.
            Some(1205 | 1213) => Self::Locked,
            // MariaDB's and MySQL's limits on a statement, and one that was killed.
            Some(1969 | 3024 | 1317) => Self::Slow,
            _ => Self::Failed(said(error)),
        }
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let sqlx::Error::Database(said) = error else { return None };
    Some(said.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?.number())
}

fn said(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(said) => words::shown(said.message().trim_end_matches('.')),
        other => words::shown(&other.to_string()),
    }
}

/// An open read-only transaction.
pub(super) struct Session {
    connection: MySqlConnection,
    until: Instant,
    is_mariadb: bool,
}

impl Session {
    /// The server, where it lets us in.
    pub(super) async fn open(address: &Address, until: Instant) -> Result<Self, Trouble> {
        let place = words::shown(&match &address.socket {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", address.host, address.port),
        });
        let left = until.saturating_duration_since(Instant::now()).min(limits::DATABASE_CONNECT);
        match timeout(left, Self::begin(&options(address), until)).await {
            Ok(Ok(session)) => Ok(session),
            Ok(Err(error)) => Err(refusal(&error, place, &address.user)),
            Err(_) => Err(Trouble::Silent(place)),
        }
    }

    async fn begin(options: &MySqlConnectOptions, until: Instant) -> Result<Self, sqlx::Error> {
        let mut connection = MySqlConnection::connect_with(options).await?;
        let version = sqlx::raw_sql("SELECT VERSION()").fetch_one(&mut connection).await?;
        let version: String = version.try_get_unchecked(0)?;
        let is_mariadb = version.contains("MariaDB");
        let statement = limits::STATEMENT;
        let own = if is_mariadb {
            format!("max_statement_time = {}", statement.as_secs_f64())
        } else {
            // The sizes of this moment, and nothing written into the server's own cache of them.
            format!("max_execution_time = {}, information_schema_stats_expiry = 0", statement.as_millis())
        };
        let idle = limits::FACT.as_secs() * 2;
        let begin = format!(
            "SET SESSION {own}, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, wait_timeout = {idle}; \
             START TRANSACTION READ ONLY"
        );
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut connection).await?;
        Ok(Self { connection, until, is_mariadb })
    }

    /// What it is called.
    pub(super) const fn product(&self) -> &'static str {
        if self.is_mariadb { "MariaDB" } else { "MySQL" }
    }

    pub(super) const fn is_mariadb(&self) -> bool {
        self.is_mariadb
    }

    /// The rows of a statement made of constants and of names that [`quote`] lets through; every value as text.
    pub(super) async fn rows(&mut self, sql: String) -> Result<Vec<MySqlRow>, Trouble> {
        let left = self.until.saturating_duration_since(Instant::now());
        match timeout(left, sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection)).await {
            Ok(rows) => rows.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Slow),
        }
    }

    /// The rows of a statement with a condition of the action's in it: prepared, so that it is one statement.
    pub(super) async fn prepared(&mut self, sql: String) -> Result<Vec<MySqlRow>, Trouble> {
        let left = self.until.saturating_duration_since(Instant::now());
        let asked = sqlx::query::<MySql>(AssertSqlSafe(sql)).persistent(false);
        match timeout(left, asked.fetch_all(&mut self.connection)).await {
            Ok(rows) => rows.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Slow),
        }
    }

    /// Whether there is time to ask for something long.
    pub(super) fn has_time(&self) -> bool {
        self.until.saturating_duration_since(Instant::now()) > limits::LOCK
    }

    /// Ends the transaction and says goodbye. Where that takes time it is left to the server.
    pub(super) async fn close(mut self) {
        let end = async {
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut self.connection).await;
            let _ = self.connection.close().await;
        };
        let _ = timeout(limits::LOCK, end).await;
    }
}

/// A text as a constant. `None` for what could mean more in some mode of the server.
pub(super) fn quote(text: &str) -> Option<String> {
    let odd = |c: char| c == '\\' || c.is_control();
    (!text.chars().any(odd)).then(|| format!("'{}'", text.replace('\'', "''")))
}

/// A value of a row, as text.
pub(super) fn text(row: &MySqlRow, at: usize) -> Option<String> {
    row.try_get_unchecked::<Option<String>, _>(at).ok().flatten()
}

/// A value of a row that is a number.
pub(super) fn whole(row: &MySqlRow, at: usize) -> Option<u64> {
    text(row, at)?.split('.').next()?.parse().ok()
}

fn options(address: &Address) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .host(&address.host)
        .port(address.port)
        .username(&address.user)
        .ssl_mode(encryption(address))
        // The server's own settings stay as they are: conditions mean there what they mean to the action.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .statement_cache_capacity(0)
        .disable_statement_logging();
    if let Some(password) = &address.password {
        options = options.password(password);
    }
    if let Some(socket) = &address.socket {
        options = options.socket(socket);
    }
    if !address.database.is_empty() {
        options = options.database(&address.database);
    }
    if let Some(certificate) = &address.root_certificate {
        options = options.ssl_ca(certificate);
    }
    options
}

/// A mode that is not known is the strictest one.
fn encryption(address: &Address) -> MySqlSslMode {
    let mode = address.encryption.as_deref().map(|mode| mode.to_ascii_lowercase().replace('-', "_"));
    match mode.as_deref() {
        _ if address.socket.is_some() => MySqlSslMode::Disabled,
        None | Some("preferred" | "prefer") => MySqlSslMode::Preferred,
        Some("disabled" | "disable" | "none") => MySqlSslMode::Disabled,
        Some("required" | "require") => MySqlSslMode::Required,
        Some("verify_ca") => MySqlSslMode::VerifyCa,
        Some(_) => MySqlSslMode::VerifyIdentity,
    }
}

/// Why a server let nobody in, without what got us there.
fn refusal(error: &sqlx::Error, place: String, user: &str) -> Trouble {
    match error {
        sqlx::Error::Database(_) => Trouble::Refused(place, words::quoted(user), said(error)),
        sqlx::Error::Io(error) => Trouble::Absent(place, words::shown(&error.to_string())),
        sqlx::Error::Tls(error) => Trouble::Absent(place, words::shown(&error.to_string())),
        _ => Trouble::Refused(
            place,
            words::quoted(user),
            "it wants a way of login that is not known here".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn only_plain_names_become_constants() {
        assert_eq!(quote("o'clock").as_deref(), Some("'o''clock'"));
        assert_eq!(quote("a\\' OR 1 -- "), None);
        assert_eq!(quote("a\nb"), None);
    }
}
