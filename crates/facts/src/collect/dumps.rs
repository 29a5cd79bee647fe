//! Dumps: the files of a folder that `[backups]` names, each a backup.
//!
//! Invariants: a file is looked at, never opened. What is empty, hidden or still being written counts as no backup. A
//! folder that the action deletes takes its dumps with it.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sayso_core::UnixMs;
use sayso_core::environment::expand_home;
use sayso_core::reading::{TargetKind, Verb};
use tokio::task::spawn_blocking;

use super::{Backup, Survives};
use crate::{Question, limits, words};

/// Ends of names that are no dump: what is still written, and what only speaks of one.
const NOT_DUMPS: [&str; 9] =
    [".part", ".partial", ".tmp", ".log", ".lock", ".sha256", ".md5", ".md", ".in-progress"];

/// The dumps of whatever goes by one of `names`, and what kept them from being found, each a sentence.
pub(crate) async fn of(q: &Question<'_>, names: &[String]) -> (Vec<Backup>, Vec<String>) {
    let home = q.home.to_string_lossy().into_owned();
    let folders: Vec<(String, PathBuf)> = q
        .around
        .places
        .of(names)
        .filter_map(|row| Some((row.name.clone(), PathBuf::from(expand_home(row.dumps.as_deref()?, &home)))))
        .collect();
    let gone = deleted(q);
    let home = q.home.to_owned();
    let looked = spawn_blocking(move || {
        let (mut backups, mut troubles) = (Vec::new(), Vec::new());
        for (name, folder) in folders {
            let place = words::path(&folder, &home);
            match in_folder(&folder, &place, &gone) {
                Ok(found) => backups.extend(found),
                Err(error) => troubles.push(format!(
                    "The folder {place} of [backups.{}] could not be read: {error}.",
                    words::shown(&name)
                )),
            }
        }
        (backups, troubles)
    });
    looked.await.unwrap_or_else(|_| (Vec::new(), vec!["The search for dumps was lost.".to_owned()]))
}

/// The paths that the action deletes, as it names them.
fn deleted(q: &Question<'_>) -> Vec<PathBuf> {
    let goes = q.reading.effects.iter().filter(|effect| {
        matches!(effect.verb, Verb::Delete | Verb::Overwrite) && effect.target.kind == TargetKind::Path
    });
    goes.map(|effect| PathBuf::from(expand_home(&effect.target.name, &q.home.to_string_lossy()))).collect()
}

fn in_folder(folder: &Path, place: &str, gone: &[PathBuf]) -> std::io::Result<Vec<Backup>> {
    let real = fs::canonicalize(folder)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(&real)?.take(limits::DUMPS) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(meta) = fs::metadata(entry.path()) else { continue };
        if name.starts_with('.') || NOT_DUMPS.iter().any(|end| name.to_ascii_lowercase().ends_with(end)) {
            continue;
        }
        // `pg_dump --format=directory` writes a folder.
        let bytes = if meta.is_dir() { bytes_in(&entry.path()) } else { meta.len() };
        if bytes == 0 || !(meta.is_dir() || meta.is_file()) {
            continue;
        }
        found.push(Backup {
            what: format!("dump {name}"),
            place: place.to_owned(),
            taken: taken(&meta),
            bytes: Some(bytes),
            tested: None,
            survives: survives(&entry.path(), folder, gone),
        });
    }
    Ok(found)
}

/// The bytes right below a folder: a dump in a folder has no folders.
fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.take(limits::DUMPS).flatten().filter_map(|entry| entry.metadata().ok());
    sizes.filter(Metadata::is_file).map(|meta| meta.len()).fold(0, u64::saturating_add)
}

fn taken(meta: &Metadata) -> Option<UnixMs> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

fn survives(dump: &Path, folder: &Path, gone: &[PathBuf]) -> Survives {
    let as_named = dump.file_name().map(|name| folder.join(name));
    for path in gone {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        let within = |path: &Path| {
            dump.starts_with(path) || as_named.as_ref().is_some_and(|dump| dump.starts_with(path))
        };
        if within(path) || within(&real) {
            return Survives::No("the action deletes that folder too".to_owned());
        }
        // A pattern may stand for more than can be said from here.
        let open = path.to_string_lossy();
        if let Some(at) = open.find(['*', '?', '[', '{', '$', '`'])
            && within(Path::new(open[..at].rsplit_once('/').map_or("/", |(before, _)| before)))
        {
            return Survives::Unknown("The action may delete that folder too.".to_owned());
        }
    }
    Survives::Yes
}
