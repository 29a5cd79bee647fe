//! Where an action starts: its folder and the branch checked out there.

use std::path::{Path, PathBuf};

use crate::index::read_regular;
use crate::{walk, words};

/// Bytes of a `HEAD` or a `.git` file: a reference's name or a path.
const SMALL: u64 = 8192;

/// The folder that an action starts in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// As sent.
    pub(crate) folder: Option<PathBuf>,
    /// What is checked out, as git writes it.
    pub(crate) branch: Option<String>,
}

impl Place {
    /// Blocking: looks for the repository. Git is not asked; its `HEAD` is one line.
    pub(crate) fn of(folder: Option<&str>) -> Self {
        let folder = folder.map(PathBuf::from);
        let branch = folder.as_deref().and_then(branch);
        Self { folder, branch }
    }

    /// The folder without the home folder, whose own name says nothing.
    pub(crate) fn folder_words(&self, home: &Path) -> String {
        self.folder.as_deref().map(|folder| words::tilde(folder, home)).unwrap_or_default()
    }
}

fn branch(folder: &Path) -> Option<String> {
    let real = std::fs::canonicalize(folder).ok()?;
    let top = walk::repository_above(&real)?;
    let dot_git = top.join(".git");
    let git_dir = if dot_git.is_dir() {
        dot_git
    } else {
        // A linked working tree or a submodule: `gitdir: <path>`.
        top.join(line_of(&dot_git)?.strip_prefix("gitdir:")?.trim())
    };
    let head = line_of(&git_dir.join("HEAD"))?;
    match head.strip_prefix("ref:") {
        Some(name) => Some(name.trim().strip_prefix("refs/heads/").unwrap_or(name.trim()).to_owned()),
        None => head.get(..8).map(|short| format!("commit {short}")),
    }
}

fn line_of(path: &Path) -> Option<String> {
    let text = String::from_utf8(read_regular(path, SMALL).ok()?).ok()?;
    text.lines().next().map(str::to_owned)
}
