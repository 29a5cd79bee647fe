//! One connection that can only read.
//!
//! # Invariants
//! - Everything is asked within one transaction that is read-only, waits for a lock no longer than [`limits::LOCK`],
//!   runs a statement no longer than [`limits::STATEMENT`], and is never committed. Its settings are the transaction's
//!   own: behind a pooler nothing of them stays.
//! - The server ends it by itself where this process does not: a connection that is dropped leaves nothing running.
//! - Nothing that is asked is logged: it may hold values.

use std::time::{Duration, Instant};

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Postgres};
use tokio::time::timeout;

use super::address::Address;
use crate::{limits, words};

/// Why a server gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("No PostgreSQL server answers at {0}: {1}.")]
    Absent(String, String),
    #[error("The server at {0} did not answer in time.")]
    Silent(String),
    #[error("The server at {0} lets {1} not in: {2}.")]
    Refused(String, String, String),
    #[error("A lock is held on it")]
    Locked,
    #[error("It takes longer than Sayso waits")]
    Slow,
    #[error("The server says: {0}")]
    Failed(String),
}

impl Trouble {
    /// Whether another login could help.
    pub(super) const fn is_about_login(&self) -> bool {
        matches!(self, Self::Refused(..))
    }

    fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(said) => match said.code().as_deref() {
                Some("55P03") => Self::Locked,
                Some("57014") => Self::Slow,
                _ => Self::Failed(words::shown(said.message())),
            },
            other => Self::Failed(words::shown(&other.to_string())),
        }
    }
}

/// A statement with its arguments.
pub(super) type Asked = Query<'static, Postgres, PgArguments>;

/// A statement made of constants, of what the server itself quoted, and of conditions that only compare.
pub(super) fn ask(sql: impl Into<String>) -> Asked {
    // Not kept on the server: what is asked is asked once.
    sqlx::query::<Postgres>(AssertSqlSafe(sql.into())).persistent(false)
}

/// An open read-only transaction.
pub(super) struct Session {
    connection: PgConnection,
    until: Instant,
}

impl Session {
    /// The first of the address's hosts that lets us in.
    pub(super) async fn open(address: &Address, until: Instant) -> Result<Self, Trouble> {
        let mut trouble = Trouble::Absent(words::shown(&address.place()), "no host is named".to_owned());
        let last = address.hosts.len().saturating_sub(1);
        for (i, (host, port)) in address.hosts.iter().enumerate() {
            let options = options(address, host, *port);
            let left = until.saturating_duration_since(Instant::now()).min(limits::DATABASE_CONNECT);
            let place = place(host, *port);
            match timeout(left, Self::begin(&options, until)).await {
                Ok(Ok(mut session)) => {
                    if address.primary && i < last && session.is_standby().await {
                        continue;
                    }
                    return Ok(session);
                }
                Ok(Err(error)) => trouble = refusal(&error, place, &address.user),
                Err(_) => trouble = Trouble::Silent(place),
            }
        }
        Err(trouble)
    }

    async fn begin(options: &PgConnectOptions, until: Instant) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect_with(options).await?;
        let ms = |duration: Duration| duration.as_millis();
        let (statement, lock) = (ms(limits::STATEMENT), ms(limits::LOCK));
        let idle = ms(limits::FACT) * 2;
        // `row_security = off` makes a policy an error instead of a silent filter, and runs none of its functions.
        let begin = format!(
            "BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = {statement}; \
             SET LOCAL lock_timeout = {lock}; SET LOCAL idle_in_transaction_session_timeout = {idle}; \
             SET LOCAL row_security = off"
        );
        sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut connection).await?;
        Ok(Self { connection, until })
    }

    async fn is_standby(&mut self) -> bool {
        use sqlx::Row as _;
        let row = self.rows(ask("SELECT pg_is_in_recovery()")).await;
        row.is_ok_and(|rows| rows.first().is_some_and(|row| row.try_get(0).unwrap_or(false)))
    }

    /// The rows of a statement that should not fail; if it does, nothing more can be asked here.
    pub(super) async fn rows(&mut self, asked: Asked) -> Result<Vec<PgRow>, Trouble> {
        let left = self.until.saturating_duration_since(Instant::now());
        match timeout(left, asked.fetch_all(&mut self.connection)).await {
            Ok(rows) => rows.map_err(|error| Trouble::of(&error)),
            Err(_) => Err(Trouble::Slow),
        }
    }

    /// The rows of a statement that may fail: what comes after it can still be asked.
    pub(super) async fn try_rows(&mut self, asked: Asked) -> Result<Vec<PgRow>, Trouble> {
        // The savepoint costs nothing where the time is up.
        if self.until <= Instant::now() {
            return Err(Trouble::Slow);
        }
        self.plain("SAVEPOINT sayso").await?;
        let rows = self.rows(asked).await;
        self.plain(if rows.is_ok() { "RELEASE SAVEPOINT sayso" } else { "ROLLBACK TO SAVEPOINT sayso" })
            .await?;
        rows
    }

    async fn plain(&mut self, sql: &'static str) -> Result<(), Trouble> {
        let left = self.until.saturating_duration_since(Instant::now()) + limits::LOCK;
        match timeout(left, sqlx::raw_sql(sql).execute(&mut self.connection)).await {
            Ok(done) => done.map(drop).map_err(|error| Trouble::of(&error)),
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
            let _ = self.plain("ROLLBACK").await;
            let _ = self.connection.close().await;
        };
        let _ = timeout(limits::LOCK, end).await;
    }
}

fn options(address: &Address, host: &str, port: u16) -> PgConnectOptions {
    // Everything that sqlx would take from this process's own variables is overruled.
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(host)
        .port(port)
        .username(&address.user)
        .password(address.password.as_ref().map_or("", |password| password.as_str()))
        .database(&address.database)
        .ssl_mode(encryption(address.encryption.as_deref(), host))
        .application_name("sayso")
        .statement_cache_capacity(0)
        .disable_statement_logging();
    if host.starts_with('/') {
        options = options.socket(host);
    }
    if let Some(certificate) = &address.root_certificate {
        options = options.ssl_root_cert(certificate);
    }
    options
}

/// A mode that is not known is the strictest one.
fn encryption(mode: Option<&str>, host: &str) -> PgSslMode {
    match mode {
        _ if host.starts_with('/') => PgSslMode::Disable,
        None | Some("prefer" | "allow") => PgSslMode::Prefer,
        Some("disable") => PgSslMode::Disable,
        Some("require") => PgSslMode::Require,
        Some("verify-ca") => PgSslMode::VerifyCa,
        Some(_) => PgSslMode::VerifyFull,
    }
}

fn place(host: &str, port: u16) -> String {
    words::shown(&if host.starts_with('/') {
        format!("{host}/.s.PGSQL.{port}")
    } else {
        format!("{host}:{port}")
    })
}

/// Why a server let nobody in, without what got us there.
fn refusal(error: &sqlx::Error, place: String, user: &str) -> Trouble {
    match error {
        sqlx::Error::Database(said) => {
            Trouble::Refused(place, words::quoted(user), words::shown(said.message()))
        }
        sqlx::Error::Io(error) => Trouble::Absent(place, words::shown(&error.to_string())),
        sqlx::Error::Tls(error) => Trouble::Absent(place, words::shown(&error.to_string())),
        _ => Trouble::Absent(place, "the connection could not be made".to_owned()),
    }
}
