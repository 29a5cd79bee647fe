//! *What changes* for an edit of one file: what is on disk against what would be.
//!
//! # Invariants
//! - What is on disk is read here and now; what the agent believes is there is only compared with it.
//! - An edit that does not apply is told as such, with the reason; nothing is shown that would not come to be.
//! - A link is followed, as writing would, and told. Nothing but a regular file is opened.
//!
//! Blocking.

use std::fs;
use std::path::{Path, PathBuf};

use sayso_core::Digest;
use sayso_core::action::{FileChange, FileEdit};
use sayso_core::card::Change;

use crate::index::read_regular;
use crate::targets::place_of;
use crate::{diff, limits, memory, words};

/// The changes of `edit`, with notes on what a person must know beside them.
pub(crate) fn of(edit: &FileEdit, home: &Path) -> Vec<Change> {
    let mut notes = Vec::new();
    if matches!(edit.change, FileChange::Delete {}) {
        let place = place_of(Path::new(edit.path.as_str()));
        note_change(edit, &place, &mut notes);
        return notes.into_iter().map(|text| Change::Note { text }).collect();
    }
    let shown = compare(edit, home, &mut notes);
    notes.into_iter().map(|text| Change::Note { text }).chain(shown.map(Change::Diff)).collect()
}

/// What stands in the file now.
enum Before {
    Missing,
    Text(String),
    /// Bytes that are not text, and how many.
    Binary(u64),
}

fn compare(edit: &FileEdit, home: &Path, notes: &mut Vec<String>) -> Option<sayso_core::card::Diff> {
    let named = place_of(Path::new(edit.path.as_str()));
    let path = follow(&named, home, notes)?;
    let name = words::path(&path, home);
    let before = match read(&path) {
        Ok(before) => before,
        Err(why) => {
            notes.push(format!("{name} cannot be shown: {why}."));
            return None;
        }
    };
    note_change(edit, &path, notes);
    let (old, new) = match (before, &edit.change) {
        (_, FileChange::Delete {}) => return None,
        (Before::Missing, FileChange::Content(new)) => (String::new(), new.clone()),
        (Before::Missing, FileChange::Patch(unified)) => (String::new(), applied("", unified, notes)?),
        (Before::Missing, FileChange::Replace { .. }) => {
            notes.push(format!("{name} is not there, so this edit does not apply."));
            return None;
        }
        (Before::Binary(size), FileChange::Content(new)) => {
            let (size, new) = (words::size(size), words::size(new.len() as u64));
            notes.push(format!("{name} is not text. Its {size} would be replaced by {new} of text."));
            return None;
        }
        (Before::Binary(size), _) => {
            notes.push(format!("{name} is not text ({}), so this edit does not apply.", words::size(size)));
            return None;
        }
        (Before::Text(old), FileChange::Content(new)) => (old, new.clone()),
        (Before::Text(old), FileChange::Patch(unified)) => {
            let new = applied(&old, unified, notes)?;
            (old, new)
        }
        (Before::Text(before), FileChange::Replace { old, new, all }) => {
            let after = replaced(&before, old, new, *all, notes)?;
            (before, after)
        }
    };
    if new.as_bytes().contains(&0) {
        notes.push(format!("{name} would hold {} that are not text.", words::size(new.len() as u64)));
        return None;
    }
    if old == new {
        notes.push(format!("{name} already is what this edit would make of it."));
        return None;
    }
    note_ends(&old, &new, notes);
    let shown = diff::of(&path, name, &old, &new, notes);
    if old.len() + new.len() >= memory::LARGE_TEXT {
        drop((old, new));
        memory::give_back();
    }
    shown
}

/// The file that writing to `path` would write.
fn follow(path: &Path, home: &Path, notes: &mut Vec<String>) -> Option<PathBuf> {
    if !fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Some(path.to_owned());
    }
    let name = words::path(path, home);
    if let Ok(to) = fs::canonicalize(path) {
        notes.push(format!(
            "{name} is a link that leads to {}: that is what would be written.",
            words::path(&to, home)
        ));
        Some(to)
    } else {
        let to = fs::read_link(path).map(|to| words::path(&to, home)).unwrap_or_default();
        notes.push(format!("{name} is a link that leads to {to}, which is not there."));
        None
    }
}

fn read(path: &Path) -> Result<Before, String> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Before::Missing),
        Err(error) => return Err(words::shown(&error.to_string())),
    };
    if meta.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if meta.len() > limits::EDITED {
        return Err(format!(
            "it has {}, and {} is the most",
            words::size(meta.len()),
            words::size(limits::EDITED)
        ));
    }
    let content = read_regular(path, limits::EDITED).map_err(|error| words::shown(&error.to_string()))?;
    if content.contains(&0) {
        return Ok(Before::Binary(content.len() as u64));
    }
    Ok(String::from_utf8(content).map_or_else(|e| Before::Binary(e.as_bytes().len() as u64), Before::Text))
}

fn note_change(edit: &FileEdit, path: &Path, notes: &mut Vec<String>) {
    let still =
        |believed| read_regular(path, limits::EDITED).is_ok_and(|now| Digest::of_bytes(&now) == believed);
    if edit.before.is_some_and(|believed| !still(believed)) {
        notes.push("The file is no longer what the agent read: it has changed since.".to_owned());
    }
}

fn applied(old: &str, patch: &str, notes: &mut Vec<String>) -> Option<String> {
    let parsed = match diffy::Patch::from_str(patch) {
        Ok(parsed) => parsed,
        Err(error) => {
            notes.push(format!("The patch cannot be read: {}.", words::shown(&error.to_string())));
            return None;
        }
    };
    if parsed.hunks().is_empty() {
        notes.push("The patch holds no change.".to_owned());
        return None;
    }
    let new = diffy::apply(old, &parsed).ok();
    if new.is_none() {
        notes.push("The patch does not apply to what is on disk, so this edit would fail.".to_owned());
    }
    new
}

fn replaced(before: &str, old: &str, new: &str, all: bool, notes: &mut Vec<String>) -> Option<String> {
    let places = if old.is_empty() { 0 } else { before.matches(old).count() };
    let why = match places {
        0 if old.is_empty() => "The text to replace is empty, so this edit does not apply.".to_owned(),
        0 => "The text to replace is not in the file, so this edit does not apply.".to_owned(),
        2.. if !all => format!(
            "The text to replace is in the file {} times, so this edit does not apply.",
            words::number(places as u64)
        ),
        _ => return Some(before.replace(old, new)),
    };
    notes.push(why);
    None
}

fn note_ends(old: &str, new: &str, notes: &mut Vec<String>) {
    if old.is_empty() || new.is_empty() {
        return;
    }
    match (old.ends_with('\n'), new.ends_with('\n')) {
        (true, false) => notes.push("The last line loses its line end.".to_owned()),
        (false, true) => notes.push("The last line gains a line end.".to_owned()),
        _ => {}
    }
}
