//! URLs: where a request goes and what it names there, by text alone.
//!
//! Invariant: any text gives parts; nothing is resolved. A user before the host, backslashes and case in scheme and
//! host are read as clients do.

use std::borrow::Cow;

use crate::catalogue;

/// A URL's parts.
#[derive(Debug)]
pub(crate) struct Url<'a> {
    /// In small letters; `http` where none stands there.
    pub(crate) scheme: String,
    /// In small letters, without user, port and the dot at its end.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    /// From its first slash, with `.` and `..` taken out, as written otherwise.
    pub(crate) path: Cow<'a, str>,
    pub(crate) query: &'a str,
}

impl<'a> Url<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest))
                if scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-') =>
            {
                (scheme.to_ascii_lowercase(), rest)
            }
            _ => ("http".to_owned(), text),
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        let end = rest.find(['/', '?', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        Self {
            scheme,
            host: catalogue::decoded(host).trim_end_matches('.').to_ascii_lowercase(),
            port: port.and_then(|port| port.parse().ok()),
            path: tidy(path),
            query,
        }
    }

    /// The names and values behind `?`.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        pairs(self.query)
    }
}

/// `a=b&c=d`, decoded.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(catalogue::decoded(&spaced).into_owned());
    }
    catalogue::decoded(text)
}

/// A path without `.`, `..`, doubled slashes and backslashes, as servers take it.
fn tidy(path: &str) -> Cow<'_, str> {
    let odd = path.contains(['\\', '%']) || path.contains("//") || path.contains("/.");
    if !odd {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let mut parts: Vec<Cow<'_, str>> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        // `%64elete` is `delete`; an encoded slash stays, for it does not cut.
        let plain = catalogue::decoded(part);
        let part = if plain.contains('/') { Cow::Borrowed(part) } else { plain };
        match part.as_ref() {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    Cow::Owned(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_cut_as_clients_cut_it() {
        let url = Url::of("HTTPS://u:p@API.GitHub.com.:443/repos/a/../b//c?x=1&y=a%20b+c#z");
        assert_eq!(
            (url.scheme.as_str(), url.host.as_str(), url.port),
            ("https", "api.github.com", Some(443))
        );
        assert_eq!(url.path, "/repos/b/c");
        let pairs: Vec<_> = url.pairs().map(|(a, b)| format!("{a}={b}")).collect();
        assert_eq!(pairs, ["x=1", "y=a b c"]);
        assert_eq!(Url::of("localhost:3000").port, Some(3000));
        assert_eq!(Url::of("http://[::1]:8080/x").host, "::1");
        assert_eq!(Url::of("https://h/v1/%64elete").path, "/v1/delete");
        assert_eq!(Url::of("").host, "");
    }
}
