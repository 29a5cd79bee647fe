//! The person's own table of what is production and what is not: `[environments]` in `sayso.toml`.
//!
//! ```toml
//! [environments.production]
//! folders = ["~/code/shop-prod"]
//! remotes = ["github.com/acme/infra"]
//! hosts   = ["db.acme.example", "*.prod.acme.example"]
//! ```
//!
//! Invariants: among folders the longest that matches wins, elsewhere the first that is written. A path is
//! compared with its `.` and `..` worked out, and by whole parts: `/a/b` does not hold `/a/bc`. A guess from a
//! word is never a match: [`guess`] stands apart, and whoever uses it must say that it is one.
//!
//! Deliberately absent: reading files, following links or asking git. Facts do that and look here for the name.

use serde::{Deserialize, Serialize};

mod address;

pub use address::{host_of, plain_remote};

/// All environments, in the order they are written: the first that matches wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environments {
    /// The rows.
    pub rows: Vec<Environment>,
}

/// One environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Its name: the table's key.
    #[serde(skip)]
    pub name: String,
    /// Folders that belong to it, with all below them; `~` is the home folder.
    pub folders: Vec<String>,
    /// Git remotes, without scheme, user and `.git`; `*` stands for any run of characters.
    pub remotes: Vec<String>,
    /// Hosts; `*` stands for any run of characters.
    pub hosts: Vec<String>,
}

/// An entry of the table that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<'a> {
    /// The environment's name.
    pub name: &'a str,
    /// The entry as it is written in the table.
    pub entry: &'a str,
}

impl Environments {
    /// The environment that `path` lies in, by text alone: the longest folder that holds it.
    pub fn of_folder(&self, path: &str, home: &str) -> Option<Match<'_>> {
        let path = parts(path);
        let mut best: Option<(usize, Match<'_>)> = None;
        for row in &self.rows {
            for entry in &row.folders {
                let written = expand_home(entry, home);
                let folder = parts(&written);
                let holds = path.len() >= folder.len() && path[..folder.len()] == folder[..];
                if holds && best.is_none_or(|(length, _)| folder.len() > length) {
                    best = Some((folder.len(), Match { name: &row.name, entry }));
                }
            }
        }
        best.map(|(_, found)| found)
    }

    /// The environment of a git remote's URL, as git has it.
    pub fn of_remote(&self, url: &str) -> Option<Match<'_>> {
        let plain = plain_remote(url);
        self.first(|row| &row.remotes, |entry| matches(&plain_remote(entry), &plain))
    }

    /// The environment of a host name.
    pub fn of_host(&self, host: &str) -> Option<Match<'_>> {
        let host = host.trim_end_matches('.');
        self.first(|row| &row.hosts, |entry| matches(entry.trim_end_matches('.'), host))
    }

    /// The environment of this name, whatever its case.
    pub fn named(&self, name: &str) -> Option<&Environment> {
        self.rows.iter().find(|row| row.name.eq_ignore_ascii_case(name.trim()))
    }

    fn first<'a>(
        &'a self,
        list: impl Fn(&'a Environment) -> &'a Vec<String>,
        fits: impl Fn(&str) -> bool,
    ) -> Option<Match<'a>> {
        self.rows.iter().find_map(|row| {
            let entry = list(row).iter().find(|entry| fits(entry))?;
            Some(Match { name: &row.name, entry })
        })
    }
}

/// Whether an environment of this name is one where a mistake reaches customers: it begins with `prod` or `live`.
pub fn is_production(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    name.starts_with("prod") || name.starts_with("live")
}

/// Whether two names mean one environment: `prod` and `Production` do.
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim(), other.trim());
    one.eq_ignore_ascii_case(other) || word(one).is_some_and(|meant| word(other) == Some(meant))
}

/// The environment that a whole word in `text` (a folder's, branch's or host's name) points to. Where several do,
/// production comes first. A guess, no more.
pub fn guess(text: &str) -> Option<&'static str> {
    let mut found = None;
    for part in text.split(|c: char| !c.is_alphanumeric()) {
        match word(part) {
            Some("production") => return Some("production"),
            other => found = found.or(other),
        }
    }
    found
}

fn word(text: &str) -> Option<&'static str> {
    const WORDS: [(&str, &str); 10] = [
        ("prod", "production"),
        ("production", "production"),
        ("staging", "staging"),
        ("stage", "staging"),
        ("stg", "staging"),
        ("dev", "development"),
        ("development", "development"),
        ("test", "test"),
        ("testing", "test"),
        ("qa", "test"),
    ];
    WORDS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, meant)| *meant)
}

/// `~` and `~/…` with the home folder in their place; any other text as it is.
pub fn expand_home(text: &str, home: &str) -> String {
    match text.strip_prefix('~') {
        Some("") => home.to_owned(),
        Some(rest) if rest.starts_with('/') => format!("{}{rest}", home.trim_end_matches('/')),
        _ => text.to_owned(),
    }
}

/// The parts of a path, `.` left out and `..` worked out by text.
fn parts(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

/// Whether `pattern`, in which `*` stands for any run of characters, is all of `text`, whatever the case.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stood, and how much of the text it has taken so far.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, taken)) = star {
            star = Some((at, taken + 1));
            p = at + 1;
            t = taken + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Environments {
        let list = |entries: &[&str]| entries.iter().map(|e| (*e).to_owned()).collect();
        Environments {
            rows: vec![
                Environment {
                    name: "staging".to_owned(),
                    folders: list(&["~/code", "/srv/shop"]),
                    remotes: list(&["github.com/acme/*"]),
                    hosts: list(&["*.acme.example"]),
                },
                Environment {
                    name: "production".to_owned(),
                    folders: list(&["~/code/shop-prod/"]),
                    remotes: list(&["github.com/acme/infra"]),
                    hosts: list(&["db.acme.example"]),
                },
            ],
        }
    }

    fn name(found: Option<Match<'_>>) -> Option<&str> {
        found.map(|m| m.name)
    }

    #[test]
    fn the_longest_folder_wins_and_whole_parts_alone_count() {
        let table = table();
        let of = |path| table.of_folder(path, "/home/a").map(|m| m.name);
        assert_eq!(of("/home/a/code/shop"), Some("staging"));
        assert_eq!(of("/home/a/code/shop-prod"), Some("production"));
        assert_eq!(of("/home/a/code/shop-prod/db/x"), Some("production"));
        assert_eq!(of("/home/a/code/shop-production"), Some("staging"));
        assert_eq!(of("/home/a/codex"), None);
        assert_eq!(of("/home/b/code"), None);
    }

    #[test]
    fn dots_in_a_path_do_not_lead_around_the_table() {
        let table = table();
        let of = |path| table.of_folder(path, "/home/a").map(|m| m.name);
        assert_eq!(of("/home/a/code/shop/../shop-prod/./db"), Some("production"));
        assert_eq!(of("/home/a/code/shop-prod/../../other"), None);
        assert_eq!(of("/../../srv//shop"), Some("staging"));
    }

    #[test]
    fn of_remotes_and_hosts_the_first_that_is_written_wins() {
        let table = table();
        assert_eq!(name(table.of_remote("git@github.com:acme/infra.git")), Some("staging"));
        assert_eq!(name(table.of_host("DB.acme.example.")), Some("staging"));
        assert_eq!(name(table.of_host("acme.example")), None);
        assert_eq!(name(table.of_remote("https://gitlab.com/acme/infra")), None);
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters_and_many_of_them_cost_little() {
        assert!(matches("*", ""));
        assert!(matches("a*c", "ac") && matches("a*c", "abbc") && !matches("a*c", "abcd"));
        assert!(matches("*.prod.*", "db.PROD.acme"));
        let (pattern, text) = ("*a".repeat(50) + "b", "a".repeat(5000));
        assert!(!matches(&pattern, &text));
    }

    #[test]
    fn a_guess_takes_whole_words_and_production_before_the_rest() {
        assert_eq!(guess("fix/staging-login"), Some("staging"));
        assert_eq!(guess("~/code/test/shop_prod"), Some("production"));
        assert_eq!(guess("product-latest-devices"), None);
        assert_eq!(guess(""), None);
    }

    #[test]
    fn names_that_mean_one_environment_are_one() {
        assert!(is_same("prod", " Production") && is_same("Lab", "lab"));
        assert!(!is_same("staging", "production") && !is_same("lab", "test"));
        assert!(is_production("prod-eu") && is_production("LIVE") && !is_production("non-prod"));
    }
}
