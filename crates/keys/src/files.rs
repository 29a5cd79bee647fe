//! Files that hold keys: read without following links, written whole or not at all, one writer at a time.
//!
//! Invariant: after a crash at any point a file is the old one or the new one, never a part of either.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::trouble::Trouble;

/// Added to a file's name while its new content is being written.
const NEW: &str = ".new";

/// A key's own file: for its owner alone.
pub(crate) const SECRET: u32 = 0o600;
/// A list of public keys: for every reader, among them askers of another uid.
pub(crate) const PUBLIC: u32 = 0o644;

/// The trouble of `doing` something with `path`.
pub(crate) fn trouble(path: &Path, doing: &'static str, error: &io::Error) -> Trouble {
    Trouble::File { path: path.to_owned(), doing, detail: error.to_string() }
}

/// The folder, locked against every other writer until this is dropped. A reader needs no lock.
pub(crate) struct Locked<'a> {
    folder: &'a Path,
    _held: Option<File>,
}

impl<'a> Locked<'a> {
    /// Makes the folder if it is missing (0700) and waits for its lock. Nobody holds it over a call that can
    /// block, so the wait is short.
    pub(crate) fn folder(folder: &'a Path) -> Result<Self, Trouble> {
        let held = system::make_and_lock(folder).map_err(|e| trouble(folder, "locked", &e))?;
        Ok(Self { folder, _held: held })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes the file beside its place and makes sure it is on the disk; [`Self::settle`] puts it there.
    pub(crate) fn prepare(&self, name: &str, bytes: &[u8], mode: u32) -> Result<(), Trouble> {
        let path = self.path(&format!("{name}{NEW}"));
        let write = || {
            remove_if_there(&path)?;
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            system::with_mode(&mut options, mode);
            let mut file = options.open(&path)?;
            system::set_mode(&file, mode)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            system::sync_folder(self.folder)
        };
        write().map_err(|e| trouble(&path, "written", &e))
    }

    /// Whether a file is prepared but not in its place.
    pub(crate) fn prepared(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}{NEW}"))
    }

    /// Puts a prepared file in its place.
    pub(crate) fn settle(&self, name: &str) -> Result<(), Trouble> {
        let path = self.path(name);
        let settle = || {
            std::fs::rename(self.prepared(name), &path)?;
            system::sync_folder(self.folder)
        };
        settle().map_err(|e| trouble(&path, "written", &e))
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Who may do what with a file, as its descriptor tells it.
pub(crate) struct Standing {
    pub(crate) is_file: bool,
    pub(crate) uid: u32,
    pub(crate) mode: u32,
}

/// What a file holds, and its standing.
pub(crate) struct Held {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) standing: Standing,
}

/// A file's content, at most `most` bytes of it and one more, with its standing. `None` where there is no file.
/// A link is not followed; it is reported as not a file.
pub(crate) fn read(path: &Path, most: usize) -> Result<Option<Held>, Trouble> {
    let file = match system::open(path) {
        Ok(Some(file)) => file,
        Ok(None) => {
            let standing = Standing { is_file: false, uid: system::me(), mode: SECRET };
            return Ok(Some(Held { bytes: Zeroizing::default(), standing }));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(trouble(path, "read", &e)),
    };
    let read = || {
        let standing = system::standing(&file)?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(most + 1));
        if standing.is_file {
            let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
            (&file).take(limit).read_to_end(&mut bytes)?;
        }
        Ok(Held { bytes, standing })
    };
    read().map(Some).map_err(|e| trouble(path, "read", &e))
}

pub(crate) use system::{host, me};

#[cfg(unix)]
mod system {
    use std::fs::{DirBuilder, File, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::Path;

    use rustix::fs::{FlockOperation, OFlags};

    use super::Standing;

    pub(super) fn make_and_lock(folder: &Path) -> io::Result<Option<File>> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let held = File::open(folder)?;
        rustix::fs::flock(&held, FlockOperation::LockExclusive)?;
        Ok(Some(held))
    }

    pub(super) fn with_mode(options: &mut OpenOptions, mode: u32) {
        options.mode(mode);
    }

    /// The mode as asked, whatever the umask took away.
    pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(mode))
    }

    pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// Not blocking, so that a pipe in a key's place cannot hold us up; `None` for a link.
    pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
        match OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Err(e) if e.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Ok(None),
            opened => opened.map(Some),
        }
    }

    pub(super) fn standing(file: &File) -> io::Result<Standing> {
        let meta = file.metadata()?;
        Ok(Standing { is_file: meta.is_file(), uid: meta.uid(), mode: meta.mode() & 0o7777 })
    }

    /// The uid that this process acts as.
    pub(crate) fn me() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    /// The machine's own name.
    pub(crate) fn host() -> String {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
}

/// Elsewhere the profile folder's own access list keeps other users out; there are no modes to look at.
#[cfg(not(unix))]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::path::Path;

    use super::Standing;

    pub(super) fn make_and_lock(folder: &Path) -> io::Result<Option<File>> {
        std::fs::create_dir_all(folder)?;
        let held =
            OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("keys.lock"))?;
        held.lock()?;
        Ok(Some(held))
    }

    pub(super) fn with_mode(_: &mut OpenOptions, _: u32) {}

    pub(super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
        if std::fs::symlink_metadata(path)?.is_symlink() {
            return Ok(None);
        }
        File::open(path).map(Some)
    }

    pub(super) fn standing(file: &File) -> io::Result<Standing> {
        Ok(Standing { is_file: file.metadata()?.is_file(), uid: me(), mode: super::SECRET })
    }

    pub(crate) fn me() -> u32 {
        0
    }

    pub(crate) fn host() -> String {
        std::env::var("COMPUTERNAME").unwrap_or_default()
    }
}
