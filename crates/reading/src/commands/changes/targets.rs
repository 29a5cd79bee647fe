//! Where a path lies, and what it weighs to delete it or to write to it.
//!
//! Invariant: by text alone; what only the shell knows is [`Where::Unknown`] and never lighter than high to delete.

use std::borrow::Cow;

use sayso_core::Severity;

use super::names::{CACHES, DEEP, PERSONAL, REMADE, REMADE_ENDS, SYSTEM};
use crate::commands::Place;
use crate::words::{Word, absolute, flat};

/// Where a path lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Where {
    /// More than a folder: the machine, a home, the whole project. How a sentence calls it.
    Whole(&'static str),
    /// What belongs to the system.
    System,
    /// Below a folder for what is temporary.
    Temporary,
    /// What a tool makes again.
    Remade,
    /// In the project.
    Project,
    /// In somebody's home, outside of the project.
    Home,
    /// Anywhere else.
    Outside,
    /// Shows only when it runs. `rooted`: if the variable is empty, it begins at the root.
    Unknown { rooted: bool },
}

/// Variables that are never empty, with what stands for them.
const KNOWN: &[(&str, &str)] = &[
    ("$HOME", "~"),
    ("${HOME}", "~"),
    ("$PWD", "."),
    ("${PWD}", "."),
    ("$(pwd)", "."),
    ("`pwd`", "."),
    ("$GITHUB_WORKSPACE", "."),
    ("${GITHUB_WORKSPACE}", "."),
    ("$CI_PROJECT_DIR", "."),
    ("${CI_PROJECT_DIR}", "."),
    ("$RUNNER_TEMP", "/tmp/t"),
    ("${RUNNER_TEMP}", "/tmp/t"),
    ("$TMPDIR", "/tmp/t"),
    ("${TMPDIR}", "/tmp/t"),
    ("${TMPDIR:-/tmp}", "/tmp"),
    ("$(mktemp -d)", "/tmp/t"),
    ("$(mktemp)", "/tmp/t"),
    ("%USERPROFILE%", "~"),
    ("$env:USERPROFILE", "~"),
];

/// Where the path that `word` names lies.
pub(in crate::commands) fn place(word: &Word, place: &Place<'_>) -> Where {
    let text: Cow<'_, str> = if word.literal {
        Cow::Borrowed(word.text.as_str())
    } else {
        match known(&word.text) {
            Ok(text) => Cow::Owned(text),
            Err(place) => return place,
        }
    };
    if word.literal && (text.contains("{}") || text.contains("$(") || text.starts_with('$')) && text != "$" {
        return if is_remade(&text) { Where::Remade } else { Where::Unknown { rooted: false } };
    }
    of(&text, place)
}

/// A text that only the shell knows, with variables that are never empty taken for what they stand for.
fn known(text: &str) -> Result<String, Where> {
    let bare: String = text.chars().filter(|c| !matches!(c, '"' | '\'')).collect();
    let (bare, found) = match KNOWN.iter().find(|(name, _)| {
        let rest = bare.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }) {
        Some((name, stands)) => (format!("{stands}{}", &bare[name.len()..]), true),
        None => (bare, false),
    };
    let variable = bare.contains(['$', '`']);
    if !variable && (found || !text.contains(['$', '`'])) && !bare.contains(['{', '}']) {
        return Ok(bare);
    }
    if is_remade(&bare) {
        return Err(Where::Remade);
    }
    Err(Where::Unknown { rooted: is_rooted(&bare) })
}

/// Whether `$X/…` begins at the root when `X` is empty. `${X:?}` and `${X:-default}` cannot be empty.
fn is_rooted(bare: &str) -> bool {
    let Some(rest) = bare.strip_prefix('$') else { return bare.starts_with('/') && bare.starts_with("/$") };
    if rest.starts_with('(') {
        return false;
    }
    let after = match rest.strip_prefix('{') {
        Some(inner) => {
            let Some((name, after)) = inner.split_once('}') else { return true };
            if name.contains(":?") || name.contains(":-") || name.contains(":=") {
                return false;
            }
            after
        }
        None => rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    };
    after.starts_with('/')
}

/// Whether the last part, or one above it, is what a tool makes again. A path that goes up is not looked at.
fn is_remade(path: &str) -> bool {
    if path.split('/').any(|part| part == "..") {
        return false;
    }
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != "." && !part.starts_with('$'));
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path);
    parts.any(|part| REMADE.contains(part))
        || REMADE_ENDS.iter().any(|end| last.ends_with(end) && last != *end)
        || last.starts_with("core.") && last[5..].bytes().all(|b| b.is_ascii_digit()) && last.len() > 5
}

/// Whether a pattern of names (`*.pyc`, `node_modules`) is of what a tool makes again.
pub(in crate::commands) fn is_remade_name(name: &str) -> bool {
    let name = name.trim_start_matches("*/").trim_end_matches("/*");
    !name.is_empty()
        && !name.to_ascii_lowercase().ends_with(".log")
        && is_remade(name)
        && !matches!(name, "tmp" | "temp" | ".DS_Store" | "Thumbs.db" | "a.out" | "*.class")
}

fn of(text: &str, place: &Place<'_>) -> Where {
    let open = text.trim_end_matches(['*', '.']).len() < text.len() || text.ends_with('/');
    if let Some(rest) = text.strip_prefix('~') {
        return home(rest);
    }
    if let Some(whole) = windows(text) {
        return whole;
    }
    let path = absolute(text, place.cwd);
    if !path.starts_with('/') {
        return relative(text);
    }
    let path = flat(&path);
    let start = place.start.trim_end_matches('/');
    let bare = trimmed(&path);
    if bare.is_empty() {
        return Where::Whole("everything on this machine");
    }
    let parts: Vec<&str> = bare.split('/').filter(|part| !part.is_empty()).collect();
    if let [first] = parts.as_slice()
        && (SYSTEM.contains(*first) || open && *first != "tmp")
    {
        return Where::Whole("a whole folder of the system");
    }
    if let ["home" | "Users", _] = parts.as_slice() {
        return Where::Whole("a whole home folder");
    }
    if bare == start {
        return Where::Whole(if path.trim_end_matches('/') == start {
            "the whole project"
        } else {
            "everything in this folder"
        });
    }
    if start.starts_with(bare) && start.as_bytes().get(bare.len()) == Some(&b'/') {
        return Where::Whole("the folder above the project");
    }
    if bare.strip_prefix(start).is_some_and(|rest| rest.starts_with('/') && !start.is_empty()) {
        return within(bare.get(start.len() + 1..).unwrap_or_default());
    }
    match parts.as_slice() {
        ["tmp"] | ["var" | "private", "tmp"] | ["dev", "shm"] => Where::Whole("everything that is temporary"),
        ["tmp", ..] | ["var" | "private", "tmp", ..] | ["dev", "shm", ..] | ["var", "folders", _, ..] => {
            Where::Temporary
        }
        ["home" | "Users", _, rest @ ..] => below_home(&rest.join("/")),
        ["var", "cache", "apt" | "dnf" | "yum" | "apk" | "pacman", ..]
        | ["var", "lib", "apt", "lists", ..] => Where::Remade,
        ["usr", "local", "share" | "src" | "bin", _, ..]
        | ["opt" | "srv" | "mnt" | "media" | "Volumes", _, _, ..] => Where::Outside,
        [first, ..] if DEEP.contains(*first) => Where::System,
        _ => Where::Outside,
    }
}

/// `path` without the stars and slashes at its end: `/etc/*` means all of `/etc`.
fn trimmed(path: &str) -> &str {
    let mut rest = path.trim_end_matches('/');
    while let Some((above, last)) = rest.rsplit_once('/') {
        if !last.is_empty() && last.bytes().all(|b| matches!(b, b'*' | b'.' | b'?')) {
            rest = above.trim_end_matches('/');
        } else {
            break;
        }
    }
    rest
}

fn home(rest: &str) -> Where {
    let rest = match rest.split_once('/') {
        Some((_user, below)) => below,
        None => "",
    };
    below_home(rest)
}

fn below_home(rest: &str) -> Where {
    let rest = trimmed(rest).trim_matches('/');
    if rest.is_empty() || rest.bytes().all(|b| matches!(b, b'*' | b'.' | b'?')) {
        return Where::Whole("the whole home folder");
    }
    if rest.split('/').any(|part| part == "..") {
        return Where::Whole("the whole home folder");
    }
    if PERSONAL.contains(rest) {
        return Where::Whole("a whole folder of a person's home");
    }
    let cached = |cache: &&str| {
        rest.strip_prefix(*cache).is_some_and(|below| below.is_empty() || below.starts_with('/'))
    };
    if CACHES.iter().any(cached) {
        return Where::Remade;
    }
    Where::Home
}

/// A path in a folder that is not known.
fn relative(text: &str) -> Where {
    let bare = text.trim_end_matches('/');
    match trimmed(bare) {
        "" | "." if bare.contains(['*', '.']) => Where::Whole("everything in this folder"),
        ".." => Where::Whole("everything in the folder above"),
        _ if bare.split('/').all(|part| matches!(part, ".." | "*" | ".")) => {
            Where::Whole(if bare.contains("..") {
                "everything in the folder above"
            } else {
                "everything in this folder"
            })
        }
        _ if bare.split('/').any(|part| part == "..") => Where::Outside,
        _ => within(bare),
    }
}

/// A path below the project.
fn within(rest: &str) -> Where {
    let rest = rest.trim_matches('/');
    if rest.bytes().all(|b| matches!(b, b'*' | b'.' | b'?' | b'/')) {
        return Where::Whole("everything in this folder");
    }
    if rest == ".git" || rest.starts_with(".git/") && !rest.to_ascii_lowercase().ends_with(".lock") {
        return Where::Whole("the history of the project");
    }
    if is_remade(rest) { Where::Remade } else { Where::Project }
}

/// `C:\`, `C:\Windows`, `%SystemRoot%`: what of them is more than a folder.
fn windows(text: &str) -> Option<Where> {
    let bytes = text.as_bytes();
    let drive = bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':';
    if !drive {
        let system = text.get(..12).is_some_and(|t| t.eq_ignore_ascii_case("%SystemRoot%"));
        return system.then_some(Where::Whole("a whole folder of the system"));
    }
    let rest: Vec<&str> = text[2..]
        .split(['\\', '/'])
        .filter(|part| !part.is_empty() && *part != "*" && *part != "*.*")
        .collect();
    Some(match rest.as_slice() {
        [] => Where::Whole("a whole disk"),
        [one]
            if ["windows", "users", "program files", "programdata"]
                .contains(&one.to_lowercase().as_str()) =>
        {
            Where::Whole("a whole folder of the system")
        }
        [one, ..] if one.eq_ignore_ascii_case("windows") => Where::System,
        [users, _] if users.eq_ignore_ascii_case("users") => Where::Whole("a whole home folder"),
        _ => Where::Outside,
    })
}

impl Where {
    /// What it weighs to delete it for good.
    pub(in crate::commands) fn deleted(self, recursive: bool) -> Severity {
        match self {
            Self::Whole("everything that is temporary") => Severity::High,
            Self::Whole(_) | Self::System | Self::Unknown { rooted: true } if recursive => Severity::Critical,
            Self::Temporary | Self::Remade => Severity::Low,
            Self::Whole(_)
            | Self::System
            | Self::Project
            | Self::Home
            | Self::Outside
            | Self::Unknown { .. } => Severity::High,
        }
    }

    /// What it weighs to write there.
    pub(in crate::commands) const fn written(self) -> Severity {
        match self {
            Self::System => Severity::High,
            _ => Severity::Low,
        }
    }
}
