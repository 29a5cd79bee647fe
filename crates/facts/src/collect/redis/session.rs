//! One connection to a Redis server, over which only reading commands go.
//!
//! # Invariants
//! - [`Session::ask`] is the only way to send anything, and sends nothing but [`READS`].
//! - A connection that is dropped is closed; no command that is sent takes the server long.

use std::time::Instant;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisError,
};
use tokio::time::timeout;

use super::address::Address;
use crate::{limits, words};

/// The commands that are ever sent: they read, and leave no trace on what they read.
const READS: [&str; 9] =
    ["INFO", "CONFIG GET", "SCAN", "EXISTS", "TYPE", "PTTL", "MEMORY USAGE", "DBSIZE", "PING"];

/// Why a server gave no answer: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("No Redis server answers at {0}: {1}.")]
    Absent(String, String),
    #[error("The server at {0} did not answer in time.")]
    Silent(String),
    #[error("The server at {0} lets nobody in like that: {1}.")]
    Refused(String, String),
    #[error("The server at {0} says: {1}.")]
    Failed(String, String),
    #[error("Only what reads is sent.")]
    NotReading,
}

impl Trouble {
    /// Whether another login could help.
    pub(super) const fn is_about_login(&self) -> bool {
        matches!(self, Self::Refused(..))
    }
}

/// An open connection.
pub(super) struct Session {
    connection: MultiplexedConnection,
    place: String,
    until: Instant,
}

impl Session {
    pub(super) async fn open(address: &Address, until: Instant) -> Result<Self, Trouble> {
        let place = words::shown(&match &address.socket {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", address.host, address.port),
        });
        let left = until.saturating_duration_since(Instant::now()).min(limits::DATABASE_CONNECT);
        match timeout(left, connect(address)).await {
            Ok(Ok(connection)) => {
                let mut session = Self { connection, place, until };
                // The first command shows whether anybody is let in at all.
                session.ask::<String>("PING", &[]).await?;
                Ok(session)
            }
            Ok(Err(error)) => Err(trouble(&error, place)),
            Err(_) => Err(Trouble::Silent(place)),
        }
    }

    /// What the server answers to a reading command.
    pub(super) async fn ask<T: FromRedisValue>(
        &mut self,
        command: &'static str,
        words: &[&str],
    ) -> Result<T, Trouble> {
        if !READS.contains(&command) {
            return Err(Trouble::NotReading);
        }
        let mut asked = Cmd::new();
        for word in command.split(' ').chain(words.iter().copied()) {
            asked.arg(word);
        }
        let left = self.until.saturating_duration_since(Instant::now());
        match timeout(left, asked.query_async(&mut self.connection)).await {
            Ok(answer) => answer.map_err(|error| trouble(&error, self.place.clone())),
            Err(_) => Err(Trouble::Silent(self.place.clone())),
        }
    }

    /// Whether there is time to ask for more.
    pub(super) fn has_time(&self) -> bool {
        self.until.saturating_duration_since(Instant::now()) > limits::LOCK
    }
}

async fn connect(address: &Address) -> Result<MultiplexedConnection, RedisError> {
    // More than one may be built in; the first who asks says which counts.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (host, port) = (address.host.clone(), address.port);
    let place = match &address.socket {
        Some(socket) => ConnectionAddr::Unix(socket.clone()),
        None if address.encrypted => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
        None => ConnectionAddr::Tcp(host, port),
    };
    // Nothing is sent that only names this program.
    let mut login =
        RedisConnectionInfo::default().set_db(i64::from(address.database)).set_skip_set_lib_name();
    if let Some(user) = &address.user {
        login = login.set_username(user);
    }
    if let Some(password) = &address.password {
        login = login.set_password(password.as_str());
    }
    let client = Client::open(place.into_connection_info()?.set_redis_settings(login))?;
    let limits = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(limits::DATABASE_CONNECT))
        .set_response_timeout(Some(limits::STATEMENT));
    client.get_multiplexed_async_connection_with_config(&limits).await
}

/// Why it failed, without what got us there.
fn trouble(error: &RedisError, place: String) -> Trouble {
    let said = || words::shown(error.detail().unwrap_or_else(|| error.category()).trim_end_matches('.'));
    let code = error.code().unwrap_or_default();
    if error.is_timeout() {
        Trouble::Silent(place)
    } else if error.kind() == ErrorKind::AuthenticationFailed
        || matches!(code, "NOAUTH" | "WRONGPASS" | "NOPERM")
    {
        Trouble::Refused(place, said())
    } else if error.is_io_error() {
        Trouble::Absent(place, words::shown(&error.to_string()))
    } else {
        Trouble::Failed(place, said())
    }
}
