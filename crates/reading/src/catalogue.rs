//! The catalogue: what providers' operations do, kept as data, and how an operation is looked up.
//!
//! # Invariants
//! - Data, not code: one file a provider in `crates/reading/catalogue/`, every row in a group that names its source.
//!   `docs/catalogue.md` says how to add one.
//! - A file's header (names, hosts, programs) is read when the catalogue is first asked; its rows when the first
//!   operation of that provider is looked up.
//! - A row tells what an operation does. An operation without a row is judged by the words of its name (`judge`);
//!   having no row never makes anything harmless.
//!
//! # Deliberately absent
//! Whose answer to an operation is right; whether the caller may do it. Only what was asked for counts.

mod files;
mod format;
pub(crate) mod judge;
pub(crate) mod judge_names;
mod judge_words;
mod template;

use std::collections::HashMap;
use std::sync::LazyLock;

pub(crate) use format::{Facts, Provider, Row, reversible};
pub(crate) use template::{Bindings, decoded};

/// All providers and the ways that lead to them.
struct Catalogue {
    providers: Vec<Provider>,
    by_host: HashMap<&'static str, usize>,
    /// What hosts end with, the longest first.
    by_ending: Vec<(&'static str, usize)>,
    by_program: HashMap<&'static str, usize>,
    by_port: HashMap<u16, usize>,
    by_server: HashMap<&'static str, usize>,
    /// Beginnings of paths that tell a provider's software on anybody's host.
    by_path: Vec<(&'static str, usize)>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let providers: Vec<Provider> = files::FILES.iter().filter_map(|text| Provider::parse(text)).collect();
    let mut catalogue = Catalogue {
        providers: Vec::new(),
        by_host: HashMap::new(),
        by_ending: Vec::new(),
        by_program: HashMap::new(),
        by_port: HashMap::new(),
        by_server: HashMap::new(),
        by_path: Vec::new(),
    };
    for (number, provider) in providers.iter().enumerate() {
        for host in &provider.header.hosts {
            match host.strip_prefix('*') {
                Some(ending) => catalogue.by_ending.push((ending, number)),
                None => drop(catalogue.by_host.insert(host, number)),
            }
        }
        for name in &provider.header.servers {
            catalogue.by_server.entry(name).or_insert(number);
        }
        catalogue.by_program.extend(provider.header.programs.iter().map(|name| (*name, number)));
        catalogue.by_port.extend(provider.header.ports.iter().map(|port| (*port, number)));
        catalogue.by_path.extend(provider.header.anywhere.iter().map(|path| (*path, number)));
    }
    catalogue.by_ending.sort_by_key(|(ending, _)| std::cmp::Reverse(ending.len()));
    catalogue.by_path.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
    catalogue.providers = providers;
    catalogue
});

/// The provider that answers at `host`, which is in small letters.
pub(crate) fn at_host(host: &str) -> Option<&'static Provider> {
    let catalogue = &*CATALOGUE;
    let exact = catalogue.by_host.get(host).copied();
    let ending = || catalogue.by_ending.iter().find(|(ending, _)| host.ends_with(ending)).map(|(_, n)| *n);
    exact.or_else(ending).and_then(|number| catalogue.providers.get(number))
}

/// The provider whose software a port or the beginning of a path tells, on a host that nobody knows.
pub(crate) fn by_form(port: Option<u16>, path: &str) -> Option<&'static Provider> {
    let catalogue = &*CATALOGUE;
    let by_port = port.and_then(|port| catalogue.by_port.get(&port).copied());
    let by_path = || catalogue.by_path.iter().find(|(begin, _)| path.starts_with(begin)).map(|(_, n)| *n);
    by_port.or_else(by_path).and_then(|number| catalogue.providers.get(number))
}

/// The provider whose interface has this path, for a stand-in of it on one's own machine.
pub(crate) fn stand_in(path: &str) -> Option<&'static Provider> {
    let path = path.trim_end_matches('/');
    CATALOGUE.providers.iter().find(|provider| provider.header.stand_ins.contains(&path))
}

/// The provider that a command line program belongs to.
#[expect(dead_code, reason = "for the programs of providers, which come with their own room")]
pub(crate) fn of_program(program: &str) -> Option<&'static Provider> {
    let catalogue = &*CATALOGUE;
    catalogue.by_program.get(program).and_then(|number| catalogue.providers.get(*number))
}

/// The provider by its short name, as its file has it.
pub(crate) fn named(name: &str) -> Option<&'static Provider> {
    CATALOGUE.providers.iter().find(|provider| provider.header.name == name)
}

/// The provider whose MCP server goes by `server`: a name that holds one of its own as a word.
pub(crate) fn of_server(server: &str) -> Option<&'static Provider> {
    let catalogue = &*CATALOGUE;
    let server = server.to_ascii_lowercase();
    let edges = |c: char| !c.is_ascii_alphanumeric();
    let starts = std::iter::once(0).chain(server.match_indices(edges).map(|(at, sign)| at + sign.len()));
    let mut first: Option<usize> = None;
    for start in starts.take(SERVER_WORDS) {
        let Some(rest) = server.get(start..) else { continue };
        let ends = rest.match_indices(edges).map(|(at, _)| at).chain([rest.len()]).take(NAME_WORDS);
        for number in ends.filter_map(|end| catalogue.by_server.get(rest.get(..end)?)).copied() {
            first = Some(first.map_or(number, |first| first.min(number)));
        }
    }
    catalogue.providers.get(first?)
}

/// How many words of a server's name are looked at.
const SERVER_WORDS: usize = 16;
/// How many words the name of a known server has at most.
const NAME_WORDS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_and_every_row_matches_its_own_example_and_has_a_source() {
        assert_eq!(CATALOGUE.providers.len(), files::FILES.len(), "a file's header is not read");
        let mut rows = 0;
        for provider in &CATALOGUE.providers {
            let problems = provider.problems();
            assert!(problems.is_empty(), "{}: {problems:#?}", provider.header.name);
            rows += provider.rows().count();
        }
        assert!(rows > 500, "{rows}");
    }

    #[test]
    fn hosts_programs_and_servers_lead_to_their_provider() {
        let name = |provider: Option<&Provider>| provider.map(|provider| provider.header.name);
        assert_eq!(name(at_host("api.github.com")), Some("github"));
        assert_eq!(name(at_host("backboard.railway.com")), Some("railway"));

        assert_eq!(name(at_host("rds.eu-west-1.amazonaws.com")), Some("aws"));
        assert_eq!(name(at_host("example.org")), None);
        assert_eq!(name(by_form(Some(9200), "/x")), Some("elastic"));
        assert_eq!(name(of_server("my-github_mcp")), Some("github"));
        assert_eq!(name(of_server("githubber")), None);
    }
}
