//! Snapshots of the file system that folders lead to, on the same disk as what they were taken of.
//!
//! # Invariants
//! - Only a snapshot that is a file system or a subvolume of its own counts. A plain folder of that name is a copy that
//!   anybody could have made a moment ago: it is told and does not count.
//! - They are said to be on the same disk: what kills the disk kills them too.
//!
//! Blocking.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sayso_core::UnixMs;

use super::Wanted;
use crate::collect::{Backup, Survives};
use crate::{limits, words};

/// Folders that snapshots are reached by, beside or above what they were taken of.
const FOLDERS: [&str; 4] = [".snapshots", ".zfs/snapshot", ".snapshot", "#snapshot"];
/// Where snapper keeps the snapshot itself, below a numbered folder.
const INNER: &str = "snapshot";
/// What `statfs` says of btrfs, and the number of every subvolume's top.
const BTRFS: i64 = 0x9123_683E;
const BTRFS_TOP: u64 = 256;

/// The newest snapshot below each such folder that holds every target; and a sentence on what cannot be seen.
pub(super) fn of(wanted: &Wanted) -> (Vec<Backup>, Option<String>) {
    let Some(first) = wanted.paths.first() else { return Default::default() };
    let Ok(device) = fs::symlink_metadata(first).map(|meta| meta.dev()) else { return Default::default() };
    let mut found = Vec::new();
    for above in first.ancestors().take(limits::ABOVE) {
        found.extend(FOLDERS.iter().filter_map(|folder| newest(wanted, above, &above.join(folder))));
        // Beyond the top of a file system its snapshots are another's.
        if above.parent().and_then(|next| fs::metadata(next).ok()).is_none_or(|next| next.dev() != device)
            && fs::metadata(above).is_ok_and(|meta| meta.ino() != BTRFS_TOP)
        {
            break;
        }
    }
    (found, subvolume(wanted, first))
}

/// The newest snapshot in `folder`, of what lies below `above`.
fn newest(wanted: &Wanted, above: &Path, folder: &Path) -> Option<Backup> {
    let rest: Vec<&Path> = wanted
        .paths
        .iter()
        .take(limits::HELD)
        .map(|path| path.strip_prefix(above).ok())
        .collect::<Option<_>>()?;
    let outer = fs::metadata(above).ok()?.dev();
    let mut best: Option<(UnixMs, PathBuf, bool)> = None;
    for entry in fs::read_dir(folder).ok()?.take(limits::DUMPS).flatten() {
        let inner = entry.path().join(INNER);
        let is_deeper = inner.is_dir();
        let root = if is_deeper { inner } else { entry.path() };
        let Ok(meta) = fs::symlink_metadata(&root) else { continue };
        // A link could lead to any other disk.
        if fs::canonicalize(&root).ok().as_ref() != Some(&root) {
            continue;
        }
        if !meta.is_dir() || !rest.iter().all(|rest| fs::symlink_metadata(root.join(rest)).is_ok()) {
            continue;
        }
        // Of a snapshot itself the time is that of the last change before it: never too new.
        let dated = if is_deeper { entry.metadata().ok() } else { Some(meta.clone()) };
        let Some(taken) = dated.and_then(|meta| modified(&meta)) else { continue };
        if best.as_ref().is_none_or(|(newest, ..)| taken > *newest) {
            best = Some((taken, root, meta.dev() != outer));
        }
    }
    let (taken, root, is_own) = best?;
    let (goes, _) = wanted.stands(&root);
    if goes && !is_own {
        return None;
    }
    let survives = if goes {
        Survives::No("it lies in what is deleted".to_owned())
    } else if is_own {
        Survives::Yes
    } else {
        Survives::Unknown(format!(
            "{} holds a copy on the same disk; nothing shows that it is a snapshot.",
            words::path(&root, &wanted.home)
        ))
    };
    let within = root.strip_prefix(folder).unwrap_or(&root);
    Some(Backup {
        what: format!("snapshot {}", words::shown(&within.to_string_lossy())),
        place: format!("{}, on the same disk", words::path(folder, &wanted.home)),
        taken: Some(taken),
        bytes: None,
        tested: None,
        survives,
    })
}

fn modified(meta: &fs::Metadata) -> Option<UnixMs> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

fn subvolume(wanted: &Wanted, path: &Path) -> Option<String> {
    let is_top = fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir() && meta.ino() == BTRFS_TOP);
    let is_btrfs =
        is_top && rustix::fs::statfs(path).is_ok_and(|stat| i128::from(stat.f_type) == i128::from(BTRFS));
    is_btrfs.then(|| {
        let path = words::path(path, &wanted.home);
        format!("{path} is a subvolume of btrfs; snapshots that no folder leads to cannot be seen from here.")
    })
}
