//! Edits of files: where the file stands, what it is, and what is written into it.
//!
//! # Invariants
//! - What is special (`paths`) weighs as that, whatever is written; Sayso's own is critical.
//! - With a project's root known, whatever stands outside of it and of the folders for temporary files asks.
//! - Content raises and never lowers.
//!
//! Deliberately absent: what stood in the file before, and whether git has it; those are facts about the machine.

mod content;

use sayso_core::action::{FileChange, FileEdit};
use sayso_core::reading::{Reversible, TargetKind, Verb};
use sayso_core::{Reading, Severity};

use crate::Findings;
use crate::findings::Found;
use crate::words::{flat, quoted};
pub(crate) use content::read as read_content;

/// Folders that belong to the system and to no project.
const SYSTEM: &[&str] = &[
    "/etc/",
    "/usr/",
    "/bin/",
    "/sbin/",
    "/lib/",
    "/lib64/",
    "/boot/",
    "/dev/",
    "/proc/",
    "/sys/",
    "/var/",
    "/opt/",
    "/root/",
    "/Library/",
    "/System/",
    "/Applications/",
    "/private/etc/",
    "C:\\Windows",
    "C:/Windows",
    "C:\\Program Files",
];
/// Folders within those whose files come and go.
const TEMPORARY: &[&str] =
    &["/tmp/", "/var/tmp/", "/private/tmp/", "/private/var/folders/", "/var/folders/", "/dev/shm/"];

/// Folders in a project that are made again by building it.
const MADE_AGAIN: &[&str] = &[
    "node_modules",
    "target",
    "dist",
    "build",
    "out",
    "__pycache__",
    ".venv",
    "venv",
    "coverage",
    ".next",
    ".nuxt",
    ".turbo",
    ".cache",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".gradle",
    ".parcel-cache",
    ".svelte-kit",
    "htmlcov",
    ".tox",
    "tmp",
    "temp",
    "logs",
    ".output",
    ".vite",
    "obj",
];
/// Endings of files that are made again or are of the moment.
const PASSING: &[&str] =
    &[".pyc", ".log", ".tmp", ".o", ".class", ".swp", ".bak", ".orig", ".map", "~", ".tsbuildinfo", ".pid"];

/// Whether a path stands in a folder of the system's.
pub(crate) fn is_system(path: &str) -> bool {
    let path = flat(path);
    SYSTEM.iter().any(|folder| path.starts_with(folder)) && !is_temporary(&path)
}

fn is_temporary(path: &str) -> bool {
    TEMPORARY.iter().any(|folder| path.starts_with(folder))
}

/// Whether what is deleted comes again by itself.
fn comes_again(path: &str, root: Option<&str>) -> bool {
    if is_temporary(path) {
        return true;
    }
    let below = root.and_then(|root| path.strip_prefix(root)).unwrap_or(path);
    below.split('/').any(|part| MADE_AGAIN.contains(&part))
        || PASSING.iter().any(|ending| below.ends_with(ending))
}

/// What an edit would do. `root` is the project's, where the caller knows it.
pub(crate) fn read_in(edit: &FileEdit, root: Option<&str>) -> Reading {
    let shown = quoted(edit.path.name());
    let path = flat(edit.path.as_str());
    let root = root.map(|root| root.trim_end_matches('/')).filter(|root| !root.is_empty());
    let inside = root.is_none_or(|root| path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/')));
    let outside = is_system(&path) || !(inside || is_temporary(&path));
    let (verb, mut severity, reversible, phrase) = match &edit.change {
        FileChange::Content(_) => {
            (Verb::Overwrite, Severity::Low, Reversible::Unknown, format!("Write the file {shown}"))
        }
        FileChange::Patch(_) | FileChange::Replace { .. } => {
            (Verb::Change, Severity::Low, Reversible::Unknown, format!("Change the file {shown}"))
        }
        FileChange::Delete {} if comes_again(&path, root) && !outside => {
            (Verb::Delete, Severity::Low, Reversible::Yes, format!("Delete the file {shown}"))
        }
        FileChange::Delete {} => {
            (Verb::Delete, Severity::High, Reversible::No, format!("Delete the file {shown}"))
        }
    };
    let mut phrase = phrase;
    if outside {
        severity = Severity::High;
        if !inside {
            phrase.push_str(", outside of the project");
        }
    }
    let mut findings = Findings::default();
    let name = edit.path.as_str().to_owned();
    findings.effect(Found { verb, kind: TargetKind::Path, name, reversible, severity, phrase, span: None });
    match &edit.change {
        FileChange::Content(text) | FileChange::Patch(text) | FileChange::Replace { new: text, .. } => {
            content::read(&path, text, None, &mut findings);
        }
        FileChange::Delete {} => {}
    }
    findings.into_reading(true)
}
