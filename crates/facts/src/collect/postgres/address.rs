//! Where a PostgreSQL server is and what gets in there, by the rules of PostgreSQL's own clients.
//!
//! # Invariants
//! - What the action's bytes say comes first, then the service file, then variables, then defaults: as libpq has it.
//! - Sayso's own variables never count: it is asked where the *action* would go.
//! - Passwords stay in [`Zeroizing`]; nothing here is `Debug`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sayso_core::action::Action;
use sayso_core::reading::Reach;
use zeroize::Zeroizing;

use crate::collect::connection::{self, below, expanded, may_lend, of_url, own_user, small_file};
use crate::{Question, limits, words};

/// Where a server's socket lies where nobody says so: Debian's folder, then the one that PostgreSQL is built with.
const SOCKETS: [&str; 3] = ["/var/run/postgresql", "/run/postgresql", "/tmp"];
const PORT: u16 = 5432;

/// Variables of PostgreSQL's clients, and the parameters that they stand for.
const VARIABLES: [(&str, &str); 10] = [
    ("PGHOST", "host"),
    ("PGHOSTADDR", "hostaddr"),
    ("PGPORT", "port"),
    ("PGDATABASE", "dbname"),
    ("PGUSER", "user"),
    ("PGPASSWORD", "password"),
    ("PGSSLMODE", "sslmode"),
    ("PGSSLROOTCERT", "sslrootcert"),
    ("PGPASSFILE", "passfile"),
    ("PGTARGETSESSIONATTRS", "target_session_attrs"),
];

/// What parameters are called elsewhere.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("server", "host"),
    ("database", "dbname"),
    ("username", "user"),
    ("user id", "user"),
    ("user name", "user"),
    ("ssl mode", "sslmode"),
    ("pwd", "password"),
];

type Parameters = BTreeMap<String, Zeroizing<String>>;

/// Why it is not known where to go: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Astray {
    #[error("The connection is named by {0}, and nothing here knows what that holds.")]
    Variable(String),
    #[error("The connection service {0} stands in none of PostgreSQL's service files.")]
    Service(String),
    #[error("The port {0} is none.")]
    Port(String),
}

/// One server, and what gets in.
#[derive(Clone)]
pub(super) struct Address {
    /// Hosts and folders of sockets, the first that answers counts.
    pub(super) hosts: Vec<(String, u16)>,
    pub(super) user: String,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) database: String,
    pub(super) encryption: Option<String>,
    pub(super) root_certificate: Option<PathBuf>,
    /// Whether only a server that takes writes will do.
    pub(super) primary: bool,
}

impl Address {
    /// The address that the action reaches for. Blocking: reads the service file and the password file.
    pub(super) fn of(reach: &Reach, q: &Question<'_>) -> Result<Self, Astray> {
        let mut found = Parameters::new();
        // A client takes a connection string where it takes a database's name.
        let named = reach
            .settings
            .get("dbname")
            .filter(|name| is_string(name) || name.trim().starts_with(['$', '"']));
        for text in [Some(&reach.address), named].into_iter().flatten() {
            fill(&mut found, parse(&expanded(text, q).map_err(Astray::Variable)?));
        }
        let own = |(name, value): (&String, &Zeroizing<String>)| {
            let lower = name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == ' ');
            (lower && named.is_none_or(|named| named != value)).then(|| (parameter(name), value.clone()))
        };
        fill(&mut found, reach.settings.iter().filter_map(own));
        let variable =
            |name: &str| reach.settings.get(name).or_else(|| q.around.variables.get(name)).cloned();
        let service = found.get("service").cloned().or_else(|| variable("PGSERVICE"));
        if let Some(service) = service {
            let file = variable("PGSERVICEFILE");
            let entry = in_service_file(&service, file.as_deref().map(String::as_str), q)
                .ok_or_else(|| Astray::Service(words::quoted(&service)))?;
            fill(&mut found, entry);
        }
        if goes_by_url(reach, q, &found, &variable)
            && let Some(url) = variable("DATABASE_URL")
        {
            fill(&mut found, parse(&url));
        }
        let named = found.get("host").map(|host| host.to_string());
        let around = q.around.variables.get("PGHOST").map(|host| host.as_str());
        let may_lend = may_lend(named.as_deref(), around);
        for (name, meant) in VARIABLES {
            let own = reach.settings.contains_key(name);
            if let Some(value) = variable(name).filter(|_| own || may_lend || name != "PGPASSWORD") {
                fill(&mut found, [(meant.to_owned(), value)]);
            }
        }
        let me = variable("USER").or_else(|| variable("LOGNAME")).map(|name| name.to_string());
        Self::from(&found, me, q)
    }

    fn from(found: &Parameters, me: Option<String>, q: &Question<'_>) -> Result<Self, Astray> {
        let text = |name: &str| found.get(name).map(|v| v.to_string()).filter(|v| !v.is_empty());
        let user = text("user").or(me).or_else(own_user).unwrap_or_else(|| "postgres".to_owned());
        let database = text("dbname").unwrap_or_else(|| user.clone());
        let hosts = hosts(text("host").or_else(|| text("hostaddr")), text("port"))?;
        let password = found.get("password").filter(|password| !password.is_empty()).cloned();
        let password = password.or_else(|| {
            let file = text("passfile").map_or_else(|| q.home.join(".pgpass"), |file| below(&file, q));
            in_password_file(&file, &hosts, &database, &user)
        });
        let primary = matches!(text("target_session_attrs").as_deref(), Some("read-write" | "primary"));
        let root_certificate =
            text("sslrootcert").filter(|file| file != "system").map(|file| below(&file, q));
        let encryption = text("sslmode");
        Ok(Self { hosts, user, password, database, encryption, root_certificate, primary })
    }

    /// The same place with the person's own login: a connection string of which only the login counts, or
    /// `user:password`. The host stays: a credential goes nowhere but to the host that it is named for.
    pub(super) fn with_login(&self, credential: &str) -> Self {
        let given: Parameters = parse(credential).into_iter().collect();
        let text = |name: &str| given.get(name).map(|v| v.to_string()).filter(|v| !v.is_empty());
        let (user, password) = if is_string(credential) {
            (text("user"), given.get("password").cloned())
        } else {
            let (user, password) = connection::login(credential);
            (Some(user), password)
        };
        Self {
            user: user.unwrap_or_else(|| self.user.clone()),
            password,
            encryption: text("sslmode").or_else(|| self.encryption.clone()),
            root_certificate: text("sslrootcert")
                .map(PathBuf::from)
                .or_else(|| self.root_certificate.clone()),
            ..self.clone()
        }
    }

    /// What the first host is called: `db.acme.example`, `localhost` for this machine's own socket.
    pub(super) fn host(&self) -> &str {
        match self.hosts.first() {
            Some((host, _)) if !host.starts_with('/') => host,
            _ => "localhost",
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.hosts.first().map_or(PORT, |(_, port)| *port)
    }

    /// The host, with its port where that is not the usual one.
    pub(super) fn place(&self) -> String {
        if self.port() == PORT { self.host().to_owned() } else { format!("{}:{}", self.host(), self.port()) }
    }

    /// Whether it is this machine.
    pub(super) fn is_local(&self) -> bool {
        connection::is_local(self.host())
    }

    /// The names that a database there goes by in `[backups]`.
    pub(super) fn names(&self, database: &str) -> Vec<String> {
        connection::names(self.host(), self.port(), database)
    }

    /// The names of credentials that get in, the closest first. A port that is not the usual one must be named:
    /// anybody on this machine can open one.
    pub(super) fn credentials(&self) -> Vec<String> {
        let place = self.place();
        vec![format!("postgres:{place}/{}", self.database), format!("postgres:{place}")]
    }
}

/// `found` keeps what it has.
fn fill(found: &mut Parameters, more: impl IntoIterator<Item = (String, Zeroizing<String>)>) {
    for (name, value) in more {
        found.entry(name).or_insert(value);
    }
}

/// libpq knows no `DATABASE_URL`; most programs know nothing else. It counts where the action is no command, or
/// where the reading says that the command goes by it.
fn goes_by_url(
    reach: &Reach,
    q: &Question<'_>,
    found: &Parameters,
    variable: &dyn Fn(&str) -> Option<Zeroizing<String>>,
) -> bool {
    let elsewhere =
        found.contains_key("host") || found.contains_key("dbname") || variable("PGHOST").is_some();
    let is_command = matches!(q.action, Action::Shell(_));
    reach.settings.contains_key("DATABASE_URL") || (!is_command && !elsewhere)
}

fn parameter(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    OTHER_NAMES.iter().find(|(other, _)| *other == name).map_or(name, |(_, own)| (*own).to_owned())
}

fn is_string(text: &str) -> bool {
    text.contains("://") || text.contains('=')
}

/// The parameters of a connection string: a URL, `host=… dbname=…`, `Host=…;Database=…`, or a database's name.
fn parse(text: &str) -> Vec<(String, Zeroizing<String>)> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    match text.split_once("://") {
        Some((_, rest)) => of_url(rest).into_iter().map(|(name, value)| (parameter(&name), value)).collect(),
        None if !text.contains('=') => vec![("dbname".to_owned(), Zeroizing::new(text.to_owned()))],
        None if text.contains(';') => text
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (parameter(name), Zeroizing::new(value.trim().to_owned())))
            .collect(),
        None => of_pairs(text),
    }
}

/// `host=db dbname='my shop'`, with `\` before what would end a value.
fn of_pairs(text: &str) -> Vec<(String, Zeroizing<String>)> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    loop {
        let name: String = std::iter::from_fn(|| chars.next_if(|c| *c != '=')).collect();
        if chars.next().is_none() {
            return found;
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = Zeroizing::new(String::new());
        while let Some(c) = chars.next() {
            match c {
                '\\' => value.extend(chars.next()),
                '\'' if quoted => break,
                c if !quoted && c.is_whitespace() => break,
                c => value.push(c),
            }
        }
        found.push((parameter(&name), value));
    }
}

fn hosts(host: Option<String>, port: Option<String>) -> Result<Vec<(String, u16)>, Astray> {
    let ports: Vec<u16> = port
        .unwrap_or_default()
        .split(',')
        .map(|text| match text.trim() {
            "" => Ok(PORT),
            text => text.parse().map_err(|_| Astray::Port(words::quoted(text))),
        })
        .collect::<Result<_, _>>()?;
    let at = |i: usize| ports.get(i).or(ports.first()).copied().unwrap_or(PORT);
    let Some(host) = host else { return Ok(vec![(default_host(at(0)), at(0))]) };
    let hosts = host.split(',').take(limits::DATABASE_HOSTS).enumerate();
    Ok(hosts
        .map(|(i, host)| match host.trim() {
            "" => (default_host(at(i)), at(i)),
            host => (host.trim_matches(['[', ']']).to_owned(), at(i)),
        })
        .collect())
}

/// The folder that has a server's socket; where none has, the usual one, so that the failure names it.
fn default_host(port: u16) -> String {
    let has = |folder: &&&str| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists();
    let folder = SOCKETS.iter().find(has).unwrap_or(&SOCKETS[0]);
    if cfg!(unix) { (*folder).to_owned() } else { "localhost".to_owned() }
}

fn in_service_file(
    service: &str,
    file: Option<&str>,
    q: &Question<'_>,
) -> Option<Vec<(String, Zeroizing<String>)>> {
    let own = file.map_or_else(|| q.home.join(".pg_service.conf"), |file| below(file, q));
    [own, PathBuf::from("/etc/postgresql-common/pg_service.conf")]
        .iter()
        .filter_map(|file| small_file(file))
        .find_map(|text| section(&text, service))
}

fn section(text: &str, service: &str) -> Option<Vec<(String, Zeroizing<String>)>> {
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) == Some(service))?;
    let entries = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let pair = |line: &str| {
        let (name, value) = line.split_once('=')?;
        Some((parameter(name), Zeroizing::new(value.trim().to_owned())))
    };
    Some(entries.filter_map(pair).collect())
}

/// The password of `~/.pgpass`. As libpq, only from a file that nobody else can read.
fn in_password_file(
    file: &Path,
    hosts: &[(String, u16)],
    database: &str,
    user: &str,
) -> Option<Zeroizing<String>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if file.metadata().ok()?.mode() & 0o077 != 0 {
            return None;
        }
    }
    let text = small_file(file)?;
    let (host, port) = hosts.first()?;
    let host = if SOCKETS.contains(&host.as_str()) { "localhost" } else { host };
    let wanted = [host, &port.to_string(), database, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line);
        let password = fields.pop().filter(|_| fields.len() == wanted.len())?;
        let fits = |(field, wanted): (&Zeroizing<String>, &str)| {
            matches!(field.as_str(), "*") || field.as_str() == wanted
        };
        fields.iter().zip(wanted).all(fits).then_some(password)
    })
}

/// The fields between colons, `\` before a colon that is none.
fn fields(line: &str) -> Vec<Zeroizing<String>> {
    let mut all = vec![Zeroizing::new(String::new())];
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == ':' && all.len() < 5 {
            all.push(Zeroizing::new(String::new()));
        } else if let Some(last) = all.last_mut() {
            last.extend(if c == '\\' { chars.next() } else { Some(c) });
        }
    }
    all
}
