//! Option files of MariaDB's and MySQL's clients: `~/.my.cnf` and its kin.
//!
//! # Invariants
//! - Only options that say where to go and what gets in are taken. What a file includes is followed a few levels deep.
//! - A file that anybody may write counts for nothing: the clients themselves skip it.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::address::{Parameters, parameter};
use crate::collect::connection::{Parameter, below, small_file};
use crate::{Question, limits};

/// Groups that the clients read.
const GROUPS: [&str; 6] = ["client", "client-server", "client-mariadb", "mysql", "mariadb", "mariadb-client"];
/// Options that count here.
const OPTIONS: [&str; 11] = [
    "host", "port", "user", "password", "socket", "database", "protocol", "ssl-mode", "ssl-ca", "skip-ssl",
    "ssl",
];
/// How deep files include files.
const DEPTH: usize = 3;

/// What the option files say that the command `found` would read, the strongest first.
pub(super) fn read(found: &Parameters, q: &Question<'_>) -> Vec<Parameter> {
    if found.contains_key("no-defaults") {
        return Vec::new();
    }
    let named = |name: &str| found.get(name).map(|file| below(file, q));
    let files = if let Some(only) = named("defaults-file") {
        vec![only]
    } else {
        let own = ["/etc/my.cnf", "/etc/mysql/my.cnf"].map(PathBuf::from);
        own.into_iter().chain(named("defaults-extra-file")).chain([q.home.join(".my.cnf")]).collect()
    };
    let suffix = found.get("defaults-group-suffix").map_or("", |suffix| suffix.as_str());
    let mut options = Vec::new();
    for file in files {
        of(&file, suffix, DEPTH, &mut options);
    }
    // The clients let the last one win, and `fill` the first.
    options.reverse();
    options
}

fn of(file: &Path, suffix: &str, depth: usize, options: &mut Vec<Parameter>) {
    let (Some(text), Some(depth)) = (trusted(file), depth.checked_sub(1)) else { return };
    let mut is_ours = false;
    for line in text.lines().map(str::trim) {
        if let Some(group) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let group = group.trim();
            is_ours = GROUPS.contains(&group)
                || (!suffix.is_empty()
                    && group.strip_suffix(suffix).is_some_and(|group| GROUPS.contains(&group)));
        } else if let Some(folder) = line.strip_prefix("!includedir") {
            for file in in_folder(Path::new(folder.trim())) {
                of(&file, suffix, depth, options);
            }
        } else if let Some(file) = line.strip_prefix("!include") {
            of(Path::new(file.trim()), suffix, depth, options);
        } else if is_ours && !line.starts_with(['#', ';']) {
            options.extend(option(line));
        }
    }
}

fn option(line: &str) -> Option<Parameter> {
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    let name = parameter(name.trim().trim_start_matches("loose-"));
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
    OPTIONS.contains(&name.as_str()).then(|| (name, Zeroizing::new(value.to_owned())))
}

fn in_folder(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|end| end == "cnf")).collect();
    files.sort();
    files.truncate(limits::NOTES);
    files
}

fn trusted(file: &Path) -> Option<Zeroizing<String>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        if file.metadata().ok()?.mode() & 0o002 != 0 {
            return None;
        }
    }
    small_file(file)
}
