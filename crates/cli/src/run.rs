//! `sayso run`: ask, verify, use, and become the command.
//!
//! # Invariants
//! - What runs is the argv that was asked for, word for word, handed to the kernel with no shell between, in the
//!   very folder it was asked in: the folder is held open from before the ask, and its path must still name it.
//! - It runs only after the receipt was verified against the pinned keys and used up.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::{Mode, OFlags};
use sayso_core::Ask;

use crate::args::RunArgs;
use crate::asking::{self, Early, End, No};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::{ask, words};

/// Comes back only where the command does not run.
pub(crate) fn run(args: &RunArgs) -> Exit {
    match approved(args) {
        Ok(folder) => become_the_command(args, &folder),
        Err(no) => {
            words::complain(&words::safe(&no.sentence));
            if no.end == End::BadInput { Exit::Usage } else { Exit::NotRun }
        }
    }
}

fn approved(args: &RunArgs) -> Result<Folder, No> {
    let names = args.env.iter().map(env_name).collect::<Result<Vec<_>, _>>()?;
    let folder = Folder::here()?;
    let action = ask::shell(&args.command, &folder.path, names)?;
    let ask = Ask { use_at_once: true, ..ask::built(action, &args.words, "sayso run")? };
    let interrupt = Interrupt::new(&ask.nonce, Exit::NotRun, false);
    let granted = asking::decide(Early::none(), &ask, ask::limit(&args.words), &mut |progress| {
        interrupt.progress(progress);
    })?;
    folder.is_the_same()?;
    // From here on Ctrl-C ends us without running anything, but the approval may be gone.
    interrupt.disarm();
    granted.use_up()?;
    Ok(folder)
}

fn become_the_command(args: &RunArgs, folder: &Folder) -> Exit {
    let Some((program, words_after)) = args.command.split_first() else { return Exit::Usage };
    if let Err(why) = rustix::process::fchdir(&folder.open) {
        words::complain(&format!("the folder of the command cannot be entered: {why}"));
        return Exit::NotRun;
    }
    let mut command = Command::new(program);
    command.args(words_after);
    for pair in &args.env {
        if let (name, Some(value)) = split(pair) {
            command.env(name, value);
        }
    }
    let why = command.exec();
    words::complain(&format!(
        "{} was approved and cannot be run: {why}",
        words::safe(&program.to_string_lossy())
    ));
    if why.kind() == std::io::ErrorKind::NotFound { Exit::NotFound } else { Exit::NotRun }
}

/// `NAME=VALUE` or `NAME`.
fn split(pair: &OsStr) -> (&OsStr, Option<&OsStr>) {
    let bytes = pair.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        Some(at) => (OsStr::from_bytes(&bytes[..at]), Some(OsStr::from_bytes(&bytes[at + 1..]))),
        None => (pair, None),
    }
}

fn env_name(pair: &OsString) -> Result<String, No> {
    match split(pair).0.to_str() {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(No::bad_input("--env takes NAME=VALUE or NAME, the name in UTF-8")),
    }
}

/// The folder that the command was asked for in.
struct Folder {
    path: PathBuf,
    open: OwnedFd,
}

impl Folder {
    fn here() -> Result<Self, No> {
        let told = |why: std::io::Error| No::bad_input(format!("the current folder cannot be opened: {why}"));
        let path = std::env::current_dir().map_err(told)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = rustix::fs::open(".", flags, Mode::empty()).map_err(|why| told(why.into()))?;
        let folder = Self { path, open };
        folder.is_the_same()?;
        Ok(folder)
    }

    /// Whether the path that was asked with still names this folder.
    fn is_the_same(&self) -> Result<(), No> {
        let same = rustix::fs::fstat(&self.open)
            .and_then(|open| rustix::fs::stat(&self.path).map(|named| (open, named)))
            .is_ok_and(|(open, named)| (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino));
        if same {
            return Ok(());
        }
        Err(No::denied(
            "folder_changed",
            format!(
                "{} is not the folder any more that the command was asked for in; nothing was run. Ask again from \
                 where you are",
                self.path.display()
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_told_by_its_name_alone() {
        assert_eq!(env_name(&OsString::from("A=b=c")).unwrap(), "A");
        assert_eq!(env_name(&OsString::from("A")).unwrap(), "A");
        assert!(env_name(&OsString::from("=b")).is_err());
        assert_eq!(split(OsStr::new("A=b=c")).1, Some(OsStr::new("b=c")));
    }

    #[test]
    fn a_folder_that_was_replaced_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        std::fs::create_dir(&path).unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder =
            Folder { open: rustix::fs::open(&path, flags, Mode::empty()).unwrap(), path: path.clone() };
        assert!(folder.is_the_same().is_ok());
        std::fs::rename(&path, place.path().join("b")).unwrap();
        assert!(folder.is_the_same().is_err());
        std::fs::create_dir(&path).unwrap();
        assert!(folder.is_the_same().is_err());
    }
}
