//! What every database's address takes: URLs, variables, small files, and who is let in.
//!
//! # Invariants
//! - The person's own credential is tried first, then what the action carries; the source says which it was.
//! - A password that no host is named with (`~/.my.cnf`, `PGPASSWORD`, `REDISCLI_AUTH` around the action) goes to no host
//!   that the action itself names: nobody has approved it yet.
//! - Passwords stay in [`Zeroizing`]; nothing here is `Debug`.

use std::fs::File;
use std::future::Future;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sayso_core::reading::Reach;
use zeroize::Zeroizing;

use super::credential;
use crate::{Question, limits, words};

/// What a parameter of an address is called, and its value.
pub(super) type Parameter = (String, Zeroizing<String>);

/// Why a server let nobody in.
pub(super) struct Refused {
    /// Whether another login could help.
    pub(super) about_login: bool,
    /// A sentence.
    pub(super) why: String,
}

/// A server behind an address.
pub(super) trait Door: Clone + Send + Sync {
    /// What is had of it once inside.
    type Session: Send;
    /// The system as sources name it.
    const SYSTEM: &'static str;
    /// What its credentials' names begin with.
    const SCHEME: &'static str;

    /// Where it is, as a person says it.
    fn place(&self) -> String;

    /// The names of credentials that get in, the closest first.
    fn credentials(&self) -> Vec<String>;

    /// The same place with the person's own login: `user:password` or a connection string of which only the login
    /// counts. A credential goes nowhere but to the host that it is named for.
    fn with_login(&self, credential: &str) -> Self;

    /// Opens it.
    fn open(&self, until: Instant) -> impl Future<Output = Result<Self::Session, Refused>> + Send;
}

/// What is behind a door, the address that opened it, and the source to name; else why nobody gets in.
pub(super) async fn enter<D: Door>(
    q: &Question<'_>,
    door: D,
    until: Instant,
) -> Result<(D::Session, D, String), String> {
    let place = words::shown(&door.place());
    let mut troubles: Vec<String> = Vec::new();
    for name in door.credentials() {
        match credential(q, &name).await {
            Ok(None) => {}
            Ok(Some(text)) => {
                let own = door.with_login(&text);
                let name = words::shown(&name);
                match own.open(until).await {
                    Ok(session) => {
                        let source = format!("{} at {place} as your credential {name}", D::SYSTEM);
                        return Ok((session, own, source));
                    }
                    Err(refused) if refused.about_login => {
                        troubles.push(format!("With your credential {name}: {}", refused.why));
                    }
                    Err(refused) => return Err(refused.why),
                }
            }
            Err(why) => troubles.push(words::shown(&why)),
        }
    }
    match door.open(until).await {
        Ok(session) => {
            let source = format!("{} at {place}, with the action's own login", D::SYSTEM);
            Ok((session, door, source))
        }
        Err(refused) => {
            troubles.push(refused.why);
            if refused.about_login {
                let scheme = D::SCHEME;
                troubles.push(format!("Add a login that may read: `sayso credential add {scheme}:{place}`."));
            }
            Err(words::sentences(troubles))
        }
    }
}

/// Why a server cannot be asked from here: what runs in a container or on another machine means its own neighbours by
/// names like `localhost` and `db`. A name of the internet's means the same everywhere.
pub(super) fn away(reach: &Reach, host: &str) -> Option<String> {
    let is_near = !host.contains('.') || host.starts_with("127.");
    let why = "The command runs on another machine or in a container: the server that it means there cannot be \
               asked from here. Ask there.";
    (reach.settings.contains_key("elsewhere") && is_near).then(|| why.to_owned())
}

/// The user and the password of a credential `user:password`.
pub(super) fn login(credential: &str) -> (String, Option<Zeroizing<String>>) {
    match credential.trim().split_once(':') {
        Some((user, password)) => (user.to_owned(), Some(Zeroizing::new(password.to_owned()))),
        None => (credential.trim().to_owned(), None),
    }
}

/// The parameters of a URL behind its `://`: `user`, `password`, `host`, `port`, `dbname`, and those of its query.
pub(super) fn of_url(rest: &str) -> Vec<Parameter> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, servers) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for server in servers.split(',') {
        let bracket = server.rfind(']').map_or(0, |at| at + 1);
        let (host, port) = match server.get(bracket..).and_then(|tail| tail.rfind(':')) {
            Some(at) => (&server[..bracket + at], &server[bracket + at + 1..]),
            None => (server, ""),
        };
        hosts.push(host.trim_start_matches('[').trim_end_matches(']'));
        ports.push(port);
    }
    let (hosts, ports) = (hosts.join(","), ports.join(","));
    let mut found = Vec::new();
    let mut add = |name: &str, value: &str| {
        if value.chars().any(|c| c != ',') {
            found.push((name.to_owned(), decoded(value)));
        }
    };
    for (name, value) in
        [("user", user), ("password", password), ("host", &hosts), ("port", &ports), ("dbname", database)]
    {
        add(name, value);
    }
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        add(name, value);
    }
    found
}

/// With `%xx` worked out; what is no such escape stays as it is.
pub(super) fn decoded(text: &str) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |b: u8| char::from(b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high * 16 + low);
            rest = after;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text that is nothing but a variable is what that variable holds; the error is the variable, quoted.
pub(super) fn expanded(text: &str, q: &Question<'_>) -> Result<Zeroizing<String>, String> {
    let plain = text.trim().trim_matches('"');
    let Some(name) = plain.strip_prefix('$') else { return Ok(Zeroizing::new(text.trim().to_owned())) };
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    q.around.variables.get(name).cloned().ok_or_else(|| words::quoted(plain))
}

/// The user that this process runs as: a client without a user's name takes it.
pub(super) fn own_user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok())
}

/// A path as the action means it.
pub(super) fn below(path: &str, q: &Question<'_>) -> PathBuf {
    let path = sayso_core::environment::expand_home(path, &q.home.to_string_lossy());
    q.action.cwd().map_or_else(|| PathBuf::from(&path), |cwd| Path::new(cwd).join(&path))
}

/// The text of a small file of its own; nothing of what is none.
pub(super) fn small_file(path: &Path) -> Option<Zeroizing<String>> {
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Zeroizing::new(String::new());
    File::open(path).ok()?.take(limits::CONNECTION_FILE).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Whether a login from around the action may go to `named`, the host that the action's own bytes name; `around` is the
/// host that stands around it as well.
pub(super) fn may_lend(named: Option<&str>, around: Option<&str>) -> bool {
    named.is_none_or(|named| {
        named.is_empty() || is_local(named) || named.starts_with('/') || around == Some(named)
    })
}

/// Whether a host is this machine.
pub(super) fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// The names that a database goes by in `[backups]`.
pub(super) fn names(host: &str, port: u16, database: &str) -> Vec<String> {
    let mut names = vec![format!("{host}/{database}"), database.to_owned()];
    names.push(format!("{host}:{port}/{database}"));
    if is_local(host) {
        names.extend(["localhost", "127.0.0.1"].map(|host| format!("{host}/{database}")));
    }
    names
}

/// Whether two folders of this machine lie on one disk; nothing where one of them is not here.
pub(super) fn on_one_disk(one: &Path, other: &Path) -> Option<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some(std::fs::metadata(one).ok()?.dev() == std::fs::metadata(other).ok()?.dev())
    }
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::may_lend;

    #[test]
    fn a_password_without_a_host_goes_to_no_host_that_the_action_names() {
        assert!(may_lend(None, None));
        assert!(may_lend(Some("localhost"), None));
        assert!(may_lend(Some("/run/postgresql"), None));
        assert!(may_lend(Some("db.acme.example"), Some("db.acme.example")));
        assert!(!may_lend(Some("elsewhere.example"), Some("db.acme.example")));
        assert!(!may_lend(Some("elsewhere.example"), None));
    }
}
