//! The scripts that an action runs, read from disk for its reading.
//!
//! # Invariants
//! - Only plain files are read, and opening one never waits: no pipe, no terminal, no device.
//! - One reading opens at most [`FILES`] files of at most [`FILE_BYTES`] each; over that a file counts as not read.
//! - A path is read once for one reading: what was judged is what was digested.
//!
//! # Deliberately absent
//! Following what a file names further: that is `reading`'s, which asks for one file at a time.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use sayso_core::canonical::Digest;
use sayso_core::reading::FileRead;
use sayso_core::{Action, Reading};
use sayso_reading::{Files, NoFiles, NotRead, read_with};

/// Bytes of one script. A build file of a large project has a tenth of it.
pub const FILE_BYTES: u64 = 1024 * 1024;
/// Files of one reading. A script that needs more is one that nobody reads through in the time of a card.
pub const FILES: usize = 32;

/// Folders above an asker's in which its project's root is looked for. Deeper ones are nobody's by hand.
pub const FOLDERS_ABOVE: usize = 40;

/// Files of this machine, for one reading.
#[derive(Debug, Default)]
pub struct Disk {
    seen: RefCell<HashMap<String, Result<String, NotRead>>>,
}

impl Files for Disk {
    fn text(&self, path: &str) -> Result<String, NotRead> {
        if let Some(known) = self.seen.borrow().get(path) {
            return known.clone();
        }
        if self.seen.borrow().len() >= FILES {
            return Err(NotRead::TooLarge);
        }
        let text = text_of(path);
        self.seen.borrow_mut().insert(path.to_owned(), text.clone());
        text
    }

    fn project(&self, folder: &str) -> Option<String> {
        let above = Path::new(folder).ancestors().take(FOLDERS_ABOVE);
        let root = above.into_iter().find(|folder| folder.join(".git").symlink_metadata().is_ok())?;
        root.to_str().map(str::to_owned)
    }
}

/// Notes whether a reading would look into a file, and gives none.
#[derive(Default)]
struct Wanted(Cell<bool>);

impl Files for Wanted {
    fn text(&self, path: &str) -> Result<String, NotRead> {
        self.0.set(true);
        NoFiles.text(path)
    }

    fn project(&self, _folder: &str) -> Option<String> {
        self.0.set(true);
        None
    }
}

/// What the bytes of `action` alone say, and whether files would say more. Touches no disk.
pub fn read_bytes(action: &Action) -> (Reading, bool) {
    let wanted = Wanted::default();
    let reading = read_with(action, &wanted);
    (reading, wanted.0.get())
}

/// What `action` would do, the scripts that it runs read through. Touches the disk: not for an async thread.
pub fn read_through(action: &Action) -> Reading {
    read_with(action, &Disk::default())
}

/// The first of `files` that is not any more what was read; `None` while an approval for it stands.
pub fn changed(files: &[FileRead]) -> Option<&FileRead> {
    files.iter().find(|file| {
        let now = text_of(&file.path).map(|text| Digest::of_bytes(text.as_bytes()));
        now != Ok(file.digest)
    })
}

fn text_of(path: &str) -> Result<String, NotRead> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = rustix::fs::open(path, flags, Mode::empty()).map_err(|why| match why {
        rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR => NotRead::Absent,
        _ => NotRead::Refused,
    })?;
    let file = File::from(open);
    let meta = file.metadata().map_err(|_| NotRead::Refused)?;
    if !meta.is_file() {
        return Err(NotRead::Refused);
    }
    let mut text = String::new();
    // One byte over the limit is asked for: a file that grows meanwhile is noticed too.
    file.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(|_| NotRead::Refused)?;
    if text.len() as u64 > FILE_BYTES { Err(NotRead::TooLarge) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use sayso_core::Severity;

    use super::*;

    #[test]
    fn a_plain_file_is_read_once_and_nothing_else_is() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(path("x.sh"), "rm -rf y").unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), Mode::RWXU).unwrap();
        std::fs::write(path("long"), vec![b'a'; usize::try_from(FILE_BYTES).unwrap() + 1]).unwrap();
        std::fs::write(path("bytes"), [0xff, 0xfe]).unwrap();
        let disk = Disk::default();
        assert_eq!(disk.text(&path("x.sh")).unwrap(), "rm -rf y");
        std::fs::write(path("x.sh"), "other").unwrap();
        assert_eq!(disk.text(&path("x.sh")).unwrap(), "rm -rf y");
        assert_eq!(disk.text(&path("pipe")), Err(NotRead::Refused));
        assert_eq!(disk.text(&path("long")), Err(NotRead::TooLarge));
        assert_eq!(disk.text(&path("bytes")), Err(NotRead::Refused));
        assert_eq!(disk.text(&path("absent")), Err(NotRead::Absent));
        assert_eq!(disk.text(place.path().to_str().unwrap()), Err(NotRead::Refused));
    }

    #[test]
    fn an_edit_outside_of_the_askers_repository_weighs_more_than_one_beside_its_folder() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("home/code/shop");
        std::fs::create_dir_all(root.join("api/src")).unwrap();
        std::fs::create_dir(root.join(".git")).unwrap();
        let weight = |path: &str| {
            let action = serde_json::json!({
                "kind": "file_edit", "path": path, "change": {"content": "x"}, "cwd": root.join("api/src"),
            });
            read_through(&serde_json::from_value(action).unwrap()).severity
        };
        assert_eq!(weight(root.join("README.md").to_str().unwrap()), Severity::Low);
        assert_eq!(weight("/home/anna/code/other/server.js"), Severity::High);
    }

    #[test]
    fn a_file_that_changed_went_or_became_unreadable_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.sh");
        std::fs::write(&path, "make").unwrap();
        let files = [FileRead { path: path.to_str().unwrap().to_owned(), digest: Digest::of_bytes(b"make") }];
        assert_eq!(changed(&files), None);
        std::fs::write(&path, "make clean").unwrap();
        assert_eq!(changed(&files), Some(&files[0]));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(changed(&files), Some(&files[0]));
    }
}
