//! Where a Redis server is and what gets in there, by the rules of `redis-cli`.
//!
//! # Invariants
//! - What the action's bytes say comes first, then variables, then defaults: as the client has it.
//! - Passwords stay in [`Zeroizing`] here; nothing is `Debug`.

use std::path::PathBuf;

use sayso_core::action::Action;
use sayso_core::reading::Reach;
use zeroize::Zeroizing;

use crate::collect::connection::{self, below, expanded, may_lend, of_url};
use crate::{Question, words};

const PORT: u16 = 6379;

/// Why it is not known where to go: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Astray {
    #[error("The connection is named by {0}, and nothing here knows what that holds.")]
    Variable(String),
    #[error("The port {0} is none.")]
    Port(String),
    #[error("The database {0} is none.")]
    Database(String),
}

/// One database of one server, and what gets in.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) socket: Option<PathBuf>,
    pub(super) user: Option<String>,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) database: u32,
    pub(super) encrypted: bool,
}

impl Address {
    /// The address that the action reaches for.
    pub(super) fn of(reach: &Reach, q: &Question<'_>) -> Result<Self, Astray> {
        let around = |name: &str| reach.settings.get(name).or_else(|| q.around.variables.get(name)).cloned();
        let mut url = expanded(&reach.address, q).map_err(Astray::Variable)?;
        if url.is_empty() && !matches!(q.action, Action::Shell(_)) {
            url = around("REDIS_URL").unwrap_or_default();
        }
        let (scheme, rest) = url.split_once("://").unwrap_or(("", ""));
        let given = of_url(rest);
        let value = |name: &str, of_the_url: &str| -> Result<Option<Zeroizing<String>>, Astray> {
            let found = match reach.settings.get(name) {
                // A password may begin as a variable does.
                Some(text) => match expanded(text, q) {
                    Err(_) if name == "password" => Some(text.clone()),
                    text => Some(text.map_err(Astray::Variable)?),
                },
                None => given.iter().find(|(name, _)| name == of_the_url).map(|(_, value)| value.clone()),
            };
            Ok(found.filter(|text| !text.is_empty()))
        };
        let named = value("host", "host")?;
        let lent = q
            .around
            .variables
            .get("REDISCLI_AUTH")
            .filter(|_| may_lend(named.as_deref().map(String::as_str), None));
        let host = named.map_or_else(|| "127.0.0.1".to_owned(), |host| host.to_string());
        let port = match value("port", "port")? {
            Some(port) => port.trim().parse().map_err(|_| Astray::Port(words::quoted(&port)))?,
            None => PORT,
        };
        // redis-cli takes `redis://host/3` and `redis://host?db=3`.
        let database = match value("dbname", "dbname")?.or(value("dbname", "db")?) {
            Some(n) => n.trim_matches('/').parse().map_err(|_| Astray::Database(words::quoted(&n)))?,
            None => 0,
        };
        let is_socket = matches!(scheme, "unix" | "redis+unix");
        let socket = match reach.settings.get("socket") {
            Some(path) => Some(below(&expanded(path, q).map_err(Astray::Variable)?, q)),
            None => is_socket.then(|| PathBuf::from(rest.split('?').next().unwrap_or_default())),
        };
        Ok(Self {
            host,
            port,
            socket,
            user: value("user", "user")?.map(|user| user.to_string()),
            password: value("password", "password")?
                .or_else(|| reach.settings.get("REDISCLI_AUTH").or(lent).cloned()),
            database,
            encrypted: matches!(scheme, "rediss" | "valkeys") || reach.settings.contains_key("tls"),
        })
    }

    /// The same place with the person's own login: `user:password`, `:password`, a password alone, or a URL of which
    /// only the login counts.
    pub(super) fn with_login(&self, credential: &str) -> Self {
        let credential = credential.trim();
        let (user, password) = if let Some((_, rest)) = credential.split_once("://") {
            let given = of_url(rest);
            let value = |of: &str| given.iter().find(|(name, _)| name == of).map(|(_, value)| value.clone());
            (value("user").map(|user| user.to_string()), value("password"))
        } else if credential.contains(':') {
            let (user, password) = connection::login(credential);
            (Some(user), password)
        } else {
            (None, Some(Zeroizing::new(credential.to_owned())))
        };
        Self { user: user.filter(|user| !user.is_empty()), password, ..self.clone() }
    }

    /// The host, with its port where that is not the usual one.
    pub(super) fn place(&self) -> String {
        match &self.socket {
            Some(_) => "localhost".to_owned(),
            None if self.port == PORT => self.host.clone(),
            None => format!("{}:{}", self.host, self.port),
        }
    }

    /// Whether it is this machine.
    pub(super) fn is_local(&self) -> bool {
        self.socket.is_some() || connection::is_local(&self.host)
    }

    /// Whether both are one database of one server.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let of = |address: &Self| (address.place(), address.socket.clone(), address.database);
        of(self) == of(other)
    }

    /// The names that the server and the database go by in `[backups]`.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = connection::names(&self.host, self.port, &self.database.to_string());
        // A bare number names nothing.
        names.retain(|name| name.contains('/'));
        names.extend([self.place(), self.host.clone(), format!("{}:{}", self.host, self.port)]);
        if self.is_local() {
            names.push("localhost".to_owned());
        }
        names
    }
}
