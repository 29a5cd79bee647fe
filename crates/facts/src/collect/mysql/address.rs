//! Where a MariaDB or MySQL server is and what gets in there, by the rules of their own clients.
//!
//! # Invariants
//! - What the action's bytes say comes first, then option files, then variables, then defaults: as the clients have it.
//! - Sayso's own variables never count: it is asked where the *action* would go.
//! - Passwords stay in [`Zeroizing`]; nothing here is `Debug`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sayso_core::action::Action;
use sayso_core::reading::Reach;
use zeroize::Zeroizing;

use super::option_files;
use crate::collect::connection::{self, Parameter, below, expanded, may_lend, of_url, own_user};
use crate::{Question, words};

/// Where a server's socket lies where nobody says so: Debian's, then the ones that others are built with.
const SOCKETS: [&str; 4] = [
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];
const PORT: u16 = 3306;

/// Variables of the clients, and the parameters that they stand for.
const VARIABLES: [(&str, &str); 4] = [
    ("MYSQL_HOST", "host"),
    ("MYSQL_PWD", "password"),
    ("MYSQL_TCP_PORT", "port"),
    ("MYSQL_UNIX_PORT", "socket"),
];

/// What parameters are called elsewhere.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("server", "host"),
    ("data source", "host"),
    ("dbname", "database"),
    ("initial catalog", "database"),
    ("uid", "user"),
    ("user id", "user"),
    ("username", "user"),
    ("pwd", "password"),
    ("unix_socket", "socket"),
    ("sslmode", "ssl-mode"),
    ("ssl mode", "ssl-mode"),
    ("sslca", "ssl-ca"),
];

pub(super) type Parameters = BTreeMap<String, Zeroizing<String>>;

/// Why it is not known where to go: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Astray {
    #[error("The connection is named by {0}, and nothing here knows what that holds.")]
    Variable(String),
    #[error("The connection is named by the login path {0}, which only the client itself can read.")]
    LoginPath(String),
    #[error("The port {0} is none.")]
    Port(String),
}

/// One server, and what gets in.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    /// The socket of this machine's own server, where the client would take it.
    pub(super) socket: Option<PathBuf>,
    pub(super) user: String,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) database: String,
    pub(super) encryption: Option<String>,
    pub(super) root_certificate: Option<PathBuf>,
}

impl Address {
    /// The address that the action reaches for. Blocking: reads option files.
    pub(super) fn of(reach: &Reach, q: &Question<'_>) -> Result<Self, Astray> {
        let mut found = Parameters::new();
        fill(&mut found, parse(&expanded(&reach.address, q).map_err(Astray::Variable)?));
        let is_own = |name: &str| !name.chars().any(|c| c.is_ascii_uppercase());
        for (name, value) in reach.settings.iter().filter(|(name, _)| is_own(name)) {
            let value = match expanded(value, q) {
                // A password may begin as a variable does.
                Err(_) if name == "password" => value.clone(),
                value => value.map_err(Astray::Variable)?,
            };
            fill(&mut found, [(parameter(name), value)]);
        }
        if let Some(path) = found.get("login-path") {
            return Err(Astray::LoginPath(words::quoted(path)));
        }
        // A port that the command itself names is meant, also where the host is the machine itself.
        let port_is_meant = found.contains_key("port");
        let variable =
            |name: &str| reach.settings.get(name).or_else(|| q.around.variables.get(name)).cloned();
        let is_command = matches!(q.action, Action::Shell(_));
        let elsewhere = found.contains_key("host") || variable("MYSQL_HOST").is_some();
        if (!is_command && !elsewhere || reach.settings.contains_key("DATABASE_URL"))
            && let Some(url) = variable("DATABASE_URL").filter(|url| is_ours(url))
        {
            fill(&mut found, parse(&url));
        }
        let named = found.get("host").map(|host| host.to_string());
        let options = if is_command { option_files::read(&found, q) } else { Vec::new() };
        let mut around: Parameters = BTreeMap::new();
        fill(&mut around, options);
        fill(
            &mut around,
            VARIABLES.iter().filter_map(|(name, meant)| Some(((*meant).to_owned(), variable(name)?))),
        );
        let may_lend = may_lend(named.as_deref(), around.get("host").map(|host| host.as_str()));
        // What the action itself puts into its variables it may send anywhere.
        fill(&mut found, reach.settings.get("MYSQL_PWD").map(|own| ("password".to_owned(), own.clone())));
        around.retain(|name, _| may_lend || name != "password");
        fill(&mut found, around);
        let me = variable("USER").or_else(|| variable("LOGNAME")).map(|name| name.to_string());
        Self::from(&found, port_is_meant, me, q)
    }

    fn from(
        found: &Parameters,
        port_is_meant: bool,
        me: Option<String>,
        q: &Question<'_>,
    ) -> Result<Self, Astray> {
        let text = |name: &str| found.get(name).map(|v| v.to_string()).filter(|v| !v.is_empty());
        let host = text("host").unwrap_or_else(|| "localhost".to_owned());
        let port = match text("port") {
            Some(port) => port.trim().parse().map_err(|_| Astray::Port(words::quoted(&port)))?,
            None => PORT,
        };
        let named = text("socket").map(|socket| below(&socket, q));
        let by_tcp = !cfg!(unix)
            || host != "localhost"
            || text("protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("tcp"))
            || (port_is_meant && named.is_none());
        let socket = if by_tcp { None } else { Some(named.unwrap_or_else(usual_socket)) };
        let skips = found.contains_key("skip-ssl") || text("ssl").is_some_and(|ssl| ssl == "0");
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            socket,
            user: text("user").or(me).or_else(own_user).unwrap_or_else(|| "root".to_owned()),
            password: found.get("password").filter(|password| !password.is_empty()).cloned(),
            database: text("database").unwrap_or_default(),
            encryption: text("ssl-mode").or_else(|| skips.then(|| "disabled".to_owned())),
            root_certificate: text("ssl-ca").map(|file| below(&file, q)),
        })
    }

    /// The same place with the person's own login: a URL of which only the login counts, or `user:password`.
    pub(super) fn with_login(&self, credential: &str) -> Self {
        let (user, password) = if let Some((_, rest)) = credential.trim().split_once("://") {
            let given: Parameters = of_url(rest).into_iter().collect();
            (given.get("user").map(|user| user.to_string()), given.get("password").cloned())
        } else {
            let (user, password) = connection::login(credential);
            (Some(user), password)
        };
        Self { user: user.unwrap_or_else(|| self.user.clone()), password, ..self.clone() }
    }

    /// The host, with its port where that is not the usual one.
    pub(super) fn place(&self) -> String {
        if self.port == PORT || self.socket.is_some() {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether it is this machine.
    pub(super) fn is_local(&self) -> bool {
        connection::is_local(&self.host)
    }

    /// The names that a database there goes by in `[backups]`.
    pub(super) fn names(&self, database: &str) -> Vec<String> {
        connection::names(&self.host, self.port, database)
    }

    /// The names of credentials that get in, the closest first. A port that is not the usual one must be named:
    /// anybody on this machine can open one.
    pub(super) fn credentials(&self) -> Vec<String> {
        let place = self.place();
        let whole = (!self.database.is_empty()).then(|| format!("mysql:{place}/{}", self.database));
        whole.into_iter().chain([format!("mysql:{place}")]).collect()
    }
}

/// `found` keeps what it has.
pub(super) fn fill(found: &mut Parameters, more: impl IntoIterator<Item = Parameter>) {
    for (name, value) in more {
        found.entry(name).or_insert(value);
    }
}

/// One name for a parameter, however it is written: `ssl_ca`, `SSL-CA`, `Uid`.
pub(super) fn parameter(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let own = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    own.map_or_else(|| name.replace('_', "-"), |(_, own)| (*own).to_owned())
}

fn is_ours(url: &str) -> bool {
    let scheme = url.trim().trim_start_matches("jdbc:");
    scheme.starts_with("mysql") || scheme.starts_with("mariadb")
}

/// The parameters of a connection string: a URL, `Server=…;Database=…`, or a database's name.
fn parse(text: &str) -> Vec<Parameter> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    match text.split_once("://") {
        Some((_, rest)) => of_url(rest).into_iter().map(|(name, value)| (parameter(&name), value)).collect(),
        None if text.contains('=') => text
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (parameter(name), Zeroizing::new(value.trim().to_owned())))
            .collect(),
        None => vec![("database".to_owned(), Zeroizing::new(text.to_owned()))],
    }
}

/// The socket that is there; where none is, the usual one, so that the failure names it.
fn usual_socket() -> PathBuf {
    let there = SOCKETS.iter().find(|socket| Path::new(socket).exists());
    PathBuf::from(there.unwrap_or(&SOCKETS[0]))
}
