//! Everything below the paths that are hit, with sizes and times.
//!
//! # Invariants
//! - No link is followed, nothing is opened but folders, for reading their names.
//! - A walk ends at its limits, by number and by time, and says that it did: what is counted is then a least.
//! - Names lie in one buffer and files in one list, so that the memory goes back in whole pages.
//!
//! Blocking.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::limits;
use crate::targets::{Kind, Target};

/// Where a file has no entry below its target: it is the target.
pub(crate) const ITSELF: u32 = u32::MAX;

/// What the file system says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) size: u64,
    pub(crate) mode: u32,
    pub(crate) ino: u64,
    /// Seconds and nanoseconds.
    pub(crate) mtime: (i64, i64),
    /// Seconds and nanoseconds.
    pub(crate) ctime: (i64, i64),
}

impl Stat {
    pub(crate) fn of(meta: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            size: meta.len(),
            mode: meta.mode(),
            ino: meta.ino(),
            mtime: (meta.mtime(), meta.mtime_nsec()),
            ctime: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

/// One file, link or other thing that is not a folder.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) folder: u32,
    name: (u32, u16),
    /// Which entry right below its target it is or lies in.
    pub(crate) entry: u32,
    pub(crate) stat: Stat,
}

/// One folder that was read, or holds a target that is a file.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    pub(crate) target: u32,
    entry: u32,
    /// Which of [`Walk::repositories`] its files belong to.
    pub(crate) repository: Option<u32>,
    /// Whether it lies in a `.git`.
    pub(crate) is_gits_own: bool,
    depth: u32,
}

/// Something right below a target.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) target: u32,
    pub(crate) name: String,
    pub(crate) is_folder: bool,
}

/// All that was found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) folders: Vec<Folder>,
    pub(crate) files: Vec<File>,
    pub(crate) entries: Vec<Entry>,
    /// Folders that hold a `.git`, the targets' own among them.
    pub(crate) repositories: Vec<PathBuf>,
    /// Whether there is more than was walked.
    pub(crate) stopped: bool,
    /// Folders that could not be read.
    pub(crate) unreadable: u64,
    names: Vec<u8>,
    seen: usize,
}

impl Walk {
    /// Walks everything below `targets`.
    pub(crate) fn of(targets: &[Target]) -> Self {
        let until = Instant::now() + limits::WALK;
        let mut walk = Self::default();
        for (number, target) in (0u32..).zip(targets) {
            walk.start(number, target);
        }
        let mut next = 0;
        while next < walk.folders.len() {
            if walk.seen >= limits::ENTRIES || Instant::now() >= until {
                walk.stopped = true;
                break;
            }
            walk.read(next, targets, until);
            next += 1;
        }
        walk
    }

    /// A file's name as the bytes on disk.
    pub(crate) fn name(&self, file: &File) -> &[u8] {
        let start = file.name.0 as usize;
        &self.names[start..start + usize::from(file.name.1)]
    }

    fn start(&mut self, number: u32, target: &Target) {
        let within_git = target.path.components().any(|part| part.as_os_str() == ".git");
        let above = if target.kind == Kind::Folder && !within_git {
            Some(target.path.as_path())
        } else {
            target.path.parent()
        };
        let repository = above.and_then(repository_above).map(|top| self.repository(top));
        let folder = Folder {
            path: target.path.clone(),
            target: number,
            entry: ITSELF,
            repository,
            is_gits_own: within_git,
            depth: 0,
        };
        if target.kind == Kind::Folder {
            return self.folders.push(folder);
        }
        let (Some(parent), Some(name)) = (target.path.parent(), target.path.file_name()) else { return };
        let Ok(meta) = fs::symlink_metadata(&target.path) else { return };
        let at = index(self.files_only(Folder { path: parent.to_owned(), ..folder }));
        self.file(at, ITSELF, name.as_bytes(), &meta);
    }

    /// Keeps a folder that only stands for the place of a target, so that it is not read.
    fn files_only(&mut self, folder: Folder) -> usize {
        self.folders.push(Folder { depth: u32::MAX, ..folder });
        self.folders.len() - 1
    }

    fn repository(&mut self, top: PathBuf) -> u32 {
        let known = self.repositories.iter().position(|known| *known == top);
        index(known.unwrap_or_else(|| {
            self.repositories.push(top);
            self.repositories.len() - 1
        }))
    }

    fn read(&mut self, at: usize, targets: &[Target], until: Instant) {
        let Folder { target, entry, is_gits_own, depth, .. } = self.folders[at];
        if depth == u32::MAX {
            return;
        }
        let path = self.folders[at].path.clone();
        let Ok(names) = fs::read_dir(&path) else {
            self.unreadable += 1;
            return;
        };
        let is_target = depth == 0 && targets.get(target as usize).is_some_and(|t| t.path == path);
        let first_below = self.folders.len();
        let mut own_repository = false;
        for (i, found) in names.flatten().enumerate() {
            // The time is asked for now and then: one folder may hold everything.
            if self.seen >= limits::ENTRIES || (i % 1024 == 1023 && Instant::now() >= until) {
                self.stopped = true;
                break;
            }
            self.seen += 1;
            let name = found.file_name();
            let Ok(kind) = found.file_type() else { continue };
            let is_git = !is_gits_own && name.as_bytes() == b".git";
            own_repository |= is_git;
            let entry =
                if is_target { self.entry(target, &name.to_string_lossy(), kind.is_dir()) } else { entry };
            if kind.is_dir() {
                let is_gits_own = is_gits_own || is_git;
                let path = path.join(&name);
                self.folders.push(Folder {
                    path,
                    target,
                    entry,
                    repository: None,
                    is_gits_own,
                    depth: depth + 1,
                });
            } else if let Ok(meta) = found.metadata() {
                self.file(index(at), entry, name.as_bytes(), &meta);
            }
        }
        if own_repository {
            self.folders[at].repository = Some(self.repository(path));
        }
        let repository = self.folders[at].repository;
        for below in &mut self.folders[first_below..] {
            below.repository = repository;
        }
    }

    fn entry(&mut self, target: u32, name: &str, is_folder: bool) -> u32 {
        self.entries.push(Entry { target, name: name.to_owned(), is_folder });
        index(self.entries.len() - 1)
    }

    fn file(&mut self, folder: u32, entry: u32, name: &[u8], meta: &Metadata) {
        let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let start = index(self.names.len());
        self.names.extend_from_slice(&name[..usize::from(length)]);
        self.files.push(File { folder, name: (start, length), entry, stat: Stat::of(meta) });
    }
}

/// An index that [`limits::ENTRIES`] keeps far below its type's end.
fn index(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The nearest folder from `start` upwards that holds a `.git`.
pub(crate) fn repository_above(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok()).map(Path::to_owned)
}
