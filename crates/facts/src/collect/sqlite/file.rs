//! A SQLite file from outside: whether it is one, what lies beside it, who holds it, and which version git has.
//!
//! # Invariants
//! - The file is looked at, and of its content no more than the sixteen bytes that say what it is.
//! - What is no ordinary file is never opened: a pipe would wait.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use sayso_core::UnixMs;

use crate::collect::{Backup, Survives};
use crate::git::Git;
use crate::{Question, limits, walk, words};

/// How every SQLite file begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What there is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Absent,
    /// A file without a byte: a database without a table.
    Empty,
    Database,
    /// Something else, or encrypted.
    Other,
}

/// A file and what lies beside it.
#[derive(Debug, Clone)]
pub(super) struct Lying {
    /// As it is, with every link followed.
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    pub(super) bytes: u64,
    pub(super) written: Option<UnixMs>,
    /// Bytes of what was written and not yet taken over into the file.
    pub(super) wal: u64,
    /// Whether a transaction is under way or was cut off.
    pub(super) has_journal: bool,
}

/// Looks. Blocking.
pub(super) fn look(path: &Path) -> std::io::Result<Lying> {
    let absent = Lying {
        path: path.to_owned(),
        kind: Kind::Absent,
        bytes: 0,
        written: None,
        wal: 0,
        has_journal: false,
    };
    let meta = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(absent),
        meta => meta?,
    };
    let path = fs::canonicalize(path)?;
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        fs::metadata(name).ok().filter(Metadata::is_file)
    };
    let wal = beside("-wal").filter(|wal| wal.len() > 0);
    let bytes = meta.len() + wal.as_ref().map_or(0, Metadata::len);
    let written = [Some(&meta), wal.as_ref()].into_iter().flatten().filter_map(written).max();
    Ok(Lying {
        kind: if meta.is_file() { kind(&path, &meta)? } else { Kind::Other },
        bytes,
        written,
        wal: wal.as_ref().map_or(0, Metadata::len),
        has_journal: beside("-journal").is_some_and(|journal| journal.len() > 0),
        path,
    })
}

fn kind(path: &Path, meta: &Metadata) -> std::io::Result<Kind> {
    if meta.len() == 0 {
        return Ok(Kind::Empty);
    }
    let mut start = Vec::with_capacity(MAGIC.len());
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(if start == MAGIC { Kind::Database } else { Kind::Other })
}

fn written(meta: &Metadata) -> Option<UnixMs> {
    let since = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

/// The programs that hold a lock on the file or on what lies beside it, by name; nothing where that is not known.
/// Blocking.
pub(super) fn holders(path: &Path) -> Vec<(String, u64)> {
    #[cfg(target_os = "linux")]
    {
        let mut shm = path.as_os_str().to_owned();
        shm.push("-shm");
        let files: Vec<String> =
            [path.as_os_str(), &shm].into_iter().filter_map(|file| as_in_locks(Path::new(file))).collect();
        let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
        let own = std::process::id().to_string();
        let mut holders: Vec<&str> = Vec::new();
        for line in locks.lines() {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            // "7: POSIX ADVISORY READ 4711 fd:01:1234 0 EOF"; who waits has an arrow behind the number.
            if let [_, "POSIX", _, _, process, file, ..] = fields[..]
                && process != own
                && files.iter().any(|known| known == file)
                && !holders.contains(&process)
            {
                holders.push(process);
            }
        }
        let mut named: Vec<(String, u64)> = Vec::new();
        for process in holders {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            let name = if name.is_empty() { "a program".to_owned() } else { words::shown(name.trim()) };
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => named.push((name, 1)),
            }
        }
        named
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        Vec::new()
    }
}

/// A file as `/proc/locks` names it.
#[cfg(target_os = "linux")]
fn as_in_locks(path: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let meta = fs::metadata(path).ok()?;
    let device = meta.dev();
    Some(format!("{:02x}:{:02x}:{}", rustix::fs::major(device), rustix::fs::minor(device), meta.ino()))
}

/// The last version that git has of the file, as a backup; nothing where git does not know it.
pub(super) async fn in_git(q: &Question<'_>, path: &Path) -> Option<Backup> {
    let top = walk::repository_above(path.parent()?)?;
    let within = path.strip_prefix(&top).ok()?.to_str()?;
    let git = Git::here(q.home);
    let args = ["log", "-1", "--format=%ct", "HEAD", "--", within];
    let told = git.read(&top, &args).await.ok()?;
    let seconds: i64 = String::from_utf8(told).ok()?.trim().parse().ok()?;
    // What was deleted in a commit is no version of it.
    let there = git.read(&top, &["ls-tree", "-l", "HEAD", "--", within]).await.ok()?;
    let there = String::from_utf8_lossy(&there).into_owned();
    let bytes = there.split_ascii_whitespace().nth(3)?.parse().ok();
    Some(Backup {
        what: format!("the version of {} that was committed last", words::shown(within)),
        place: words::path(&top, q.home),
        taken: seconds.checked_mul(1000).map(UnixMs),
        bytes,
        tested: None,
        survives: Survives::Yes,
    })
}

/// The names that a file goes by in `[backups]`.
pub(super) fn names(path: &Path, home: &Path) -> Vec<String> {
    let mut names = vec![path.to_string_lossy().into_owned(), words::tilde(path, home)];
    names.extend(
        [path.file_name(), path.file_stem()].into_iter().flatten().map(|n| n.to_string_lossy().into_owned()),
    );
    names.dedup();
    names.truncate(limits::DATABASE_HOSTS);
    names
}
