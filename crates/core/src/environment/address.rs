//! What git remotes and connections are called, brought to one form.

/// A git remote without scheme, user, port, `.git` and slashes at its end: `github.com/acme/infra` for
/// `git@github.com:acme/infra.git`. A path on this machine stays a path.
pub fn plain_remote(url: &str) -> String {
    let url = url.trim();
    let plain = match url.split_once("://") {
        Some(("file", path)) => path.to_owned(),
        Some((_, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{}/{}", host_in(authority), path.trim_start_matches('/'))
        }
        None => scp_form(url).unwrap_or_else(|| url.to_owned()),
    };
    let plain = plain.trim_end_matches('/');
    plain.strip_suffix(".git").unwrap_or(plain).trim_end_matches('/').to_owned()
}

/// `host/path` of git's short form `user@host:path`, which has no slash before its colon.
fn scp_form(url: &str) -> Option<String> {
    let (authority, path) = url.split_once(':')?;
    let short = !authority.is_empty() && !authority.contains('/');
    short.then(|| format!("{}/{}", host_in(authority), path.trim_start_matches('/')))
}

/// The host of a URL (`https://…`, `postgres://…`) or of a connection string (`host=… dbname=…`,
/// `Server=…;Database=…`). Absent where the text names none.
pub fn host_of(address: &str) -> Option<String> {
    let address = address.trim();
    let host = match address.split_once("://") {
        Some((_, rest)) => host_in(rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()),
        None => host_in_pairs(address)?,
    };
    (!host.is_empty()).then_some(host)
}

/// The host of `user:password@host:port`, in lower case; of several hosts the first.
fn host_in(authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(',').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn host_in_pairs(text: &str) -> Option<String> {
    const KEYS: [&str; 6] = ["host", "hostaddr", "server", "data source", "addr", "address"];
    // Semicolons part the pairs of ADO and ODBC, blanks those of libpq.
    let separator = |c: char| if text.contains(';') { c == ';' } else { c.is_whitespace() };
    text.split(separator).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let named = KEYS.iter().any(|known| key.trim().eq_ignore_ascii_case(known));
        let value = value.trim().trim_matches(['\'', '"']);
        // SQL Server writes `tcp:host,port`.
        let value = value.strip_prefix("tcp:").unwrap_or(value);
        named.then(|| host_in(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_remote_comes_to_one() {
        for url in [
            "git@github.com:acme/infra.git",
            "https://github.com/acme/infra",
            "https://user:word@GitHub.com:443/acme/infra.git/",
            "ssh://git@github.com:22/acme/infra.git",
            "github.com:acme/infra",
            "github.com/acme/infra",
        ] {
            assert_eq!(plain_remote(url), "github.com/acme/infra", "{url}");
        }
        assert_eq!(plain_remote("file:///srv/git/infra.git"), "/srv/git/infra");
        assert_eq!(plain_remote("/srv/git/infra.git"), "/srv/git/infra");
        assert_eq!(plain_remote("../infra.git"), "../infra");
        assert_eq!(plain_remote(""), "");
    }

    #[test]
    fn a_host_is_found_in_urls_and_in_connection_strings() {
        for (address, host) in [
            ("https://api.acme.example/v1?x=1", Some("api.acme.example")),
            ("https://Acme.example:8443", Some("acme.example")),
            ("https://good.example@evil.example/", Some("evil.example")),
            ("postgres://u:p%40x@db.acme.example:5432/shop", Some("db.acme.example")),
            ("postgres://[::1]:5432/shop", Some("::1")),
            ("host=db.acme.example dbname=shop", Some("db.acme.example")),
            ("Server=tcp:db.acme.example,1433;Database=shop", Some("db.acme.example")),
            ("Data Source=db.acme.example;", Some("db.acme.example")),
            ("shop-main", None),
            ("https:///x", None),
        ] {
            assert_eq!(host_of(address).as_deref(), host, "{address}");
        }
    }
}
