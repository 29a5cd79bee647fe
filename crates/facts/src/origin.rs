//! Where a token or password that an action carries stands on this machine: one that was picked up far from the task is
//! what a person wants to know of.
//!
//! # Invariants
//! - A secret is compared and never told: what comes out is a sentence with a place.
//! - Only regular files are opened, and no link is followed.
//! - Looking ends at its limits, by number, bytes and time. What was not found is not spoken of: it may stand elsewhere.
//!
//! # Deliberately absent
//! Saying where the agent took it from. A secret can stand in several places; told is the nearest one.
//! The whole home folder: beside the project only files are looked into that by their name or kind may hold a secret.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use memchr::memmem::Finder;
use sayso_core::redact;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::index::read_regular;
use crate::{Question, limits, walk, words};

/// Folders that are not looked into: made by tools, and large.
const PASSED_OVER: &[&str] = &[
    ".git",
    "node_modules",
    "target",
    "vendor",
    ".venv",
    "venv",
    "__pycache__",
    ".cache",
    ".cargo",
    ".rustup",
    ".npm",
    ".next",
    ".gradle",
    ".m2",
    "Library",
];

/// Folders and files of the home folder in which programs keep what opens their accounts.
const KEPT_BY_PROGRAMS: &[&str] = &[
    ".railway",
    ".aws",
    ".azure",
    ".config",
    ".docker",
    ".fly",
    ".kube",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".my.cnf",
    ".git-credentials",
    ".terraform.d",
    ".vercel",
];

/// Kinds of files in which people keep settings and notes.
const KINDS: &[&str] =
    &["env", "toml", "yml", "yaml", "json", "ini", "cfg", "conf", "properties", "tfvars", "txt", "md", "sh"];

/// Sentences on where the secrets of the action stand, for those that were found.
pub(crate) async fn sentences(q: &Question<'_>) -> Vec<String> {
    let mut secrets = redact::secrets(q.action);
    secrets.retain(|secret| secret.len() >= limits::SECRET);
    secrets.truncate(limits::SECRETS);
    if secrets.is_empty() {
        return Vec::new();
    }
    let variables = q.around.variables.clone();
    let (folder, home) = (q.action.cwd().map(PathBuf::from), q.home.to_owned());
    let looked = spawn_blocking(move || look(&secrets, &variables, folder.as_deref(), &home));
    timeout(limits::FACT, looked).await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Where one was found.
enum Found {
    Variable(String),
    Below(PathBuf),
    SameRepository(PathBuf),
    Elsewhere(PathBuf),
}

impl Found {
    fn sentence(&self, home: &Path, has_folder: bool) -> String {
        let place = |path: &Path| words::path(path, home);
        match self {
            Self::Variable(name) => format!("is the agent's own variable {}.", words::shown(name)),
            Self::SameRepository(path) => {
                format!("stands in {}: this repository, but outside the folder of the task.", place(path))
            }
            Self::Elsewhere(path) if has_folder => {
                format!("stands in {}, outside the folder of the task.", place(path))
            }
            Self::Below(path) | Self::Elsewhere(path) => format!("stands in {}.", place(path)),
        }
    }
}

/// Blocking.
fn look(
    secrets: &[Zeroizing<String>],
    variables: &BTreeMap<String, Zeroizing<String>>,
    folder: Option<&Path>,
    home: &Path,
) -> Vec<String> {
    let wanted: Vec<Wanted<'_>> = secrets.iter().map(|secret| Wanted::new(secret, variables)).collect();
    let mut search = Search { wanted, entries: 0, bytes: 0, until: Instant::now() + limits::SECRET_SEARCH };
    let here = folder.and_then(|folder| fs::canonicalize(folder).ok());
    let home = fs::canonicalize(home).unwrap_or_else(|_| home.to_owned());
    search.around(here.as_deref(), &home);
    let mut sentences: Vec<String> = Vec::new();
    for wanted in search.wanted {
        let Some(found) = wanted.found else { continue };
        let sentence = format!("Its {} {}", wanted.called, found.sentence(&home, folder.is_some()));
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

struct Wanted<'a> {
    finder: Finder<'a>,
    called: &'static str,
    found: Option<Found>,
}

impl<'a> Wanted<'a> {
    fn new(secret: &'a str, variables: &BTreeMap<String, Zeroizing<String>>) -> Self {
        let variable = variables.iter().find(|(_, value)| value.contains(secret));
        Self {
            finder: Finder::new(secret),
            called: if secret.len() >= limits::TOKEN { "token" } else { "password" },
            found: variable.map(|(name, _)| Found::Variable(name.clone())),
        }
    }
}

struct Search<'a> {
    wanted: Vec<Wanted<'a>>,
    entries: usize,
    bytes: u64,
    until: Instant,
}

/// Which files of a folder are opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    /// Those that by their name or kind may hold a secret.
    Telling,
}

impl Search<'_> {
    /// From near to far: the folder, its repository, what programs keep, the projects beside, the home folder itself.
    fn around(&mut self, here: Option<&Path>, home: &Path) {
        // The home folder and the root are no project.
        let here = here.filter(|here| *here != home && here.parent().is_some());
        let top = here.and_then(walk::repository_above).filter(|top| top != home && top.parent().is_some());
        if let Some(here) = here {
            self.walk(here, usize::MAX, Which::All, None, Found::Below);
        }
        if let Some(top) = top.as_deref().filter(|top| Some(*top) != here) {
            self.walk(top, usize::MAX, Which::All, here, Found::SameRepository);
        }
        for kept in KEPT_BY_PROGRAMS {
            let path = home.join(kept);
            self.file(&path, Found::Elsewhere);
            self.walk(&path, limits::SECRET_DEPTH, Which::Telling, None, Found::Elsewhere);
        }
        let project = top.as_deref().or(here);
        if let Some(beside) =
            project.and_then(Path::parent).filter(|beside| *beside != home && beside.parent().is_some())
        {
            self.walk(beside, limits::SECRET_DEPTH, Which::Telling, project, Found::Elsewhere);
        }
        self.walk(home, limits::SECRET_DEPTH, Which::Telling, project, Found::Elsewhere);
    }

    fn over(&self) -> bool {
        self.entries >= limits::SECRET_ENTRIES
            || self.bytes >= limits::SECRET_BYTES
            || Instant::now() >= self.until
            || self.wanted.iter().all(|wanted| wanted.found.is_some())
    }

    /// Looks through a folder, what is near its top first; not through `but`.
    fn walk(
        &mut self,
        top: &Path,
        depth: usize,
        which: Which,
        but: Option<&Path>,
        found: impl Fn(PathBuf) -> Found,
    ) {
        // Not the folder itself where it is a link.
        if !fs::symlink_metadata(top).is_ok_and(|meta| meta.is_dir()) {
            return;
        }
        let mut folders = VecDeque::from([(top.to_owned(), 0_usize)]);
        while let Some((folder, deep)) = folders.pop_front() {
            let Ok(names) = fs::read_dir(&folder) else { continue };
            let room = limits::SECRET_ENTRIES.saturating_sub(self.entries);
            let mut names: Vec<fs::DirEntry> = names.flatten().take(room).collect();
            self.entries += names.len();
            names.sort_by_key(fs::DirEntry::file_name);
            for entry in names {
                if self.over() {
                    return;
                }
                let (path, name) = (entry.path(), entry.file_name());
                let Ok(kind) = entry.file_type() else { continue };
                let passed = PASSED_OVER.iter().any(|other| name == OsStr::new(other));
                if kind.is_dir() && !passed && deep + 1 < depth && but != Some(path.as_path()) {
                    folders.push_back((path, deep + 1));
                } else if kind.is_file() && (which == Which::All || is_telling(&path)) {
                    self.file(&path, &found);
                }
            }
        }
    }

    fn file(&mut self, path: &Path, found: impl Fn(PathBuf) -> Found) {
        let Ok(content) = read_regular(path, limits::SECRET_FILE).map(Zeroizing::new) else { return };
        self.bytes = self.bytes.saturating_add(content.len() as u64);
        for wanted in self.wanted.iter_mut().filter(|wanted| wanted.found.is_none()) {
            if wanted.finder.find(&content).is_some() {
                wanted.found = Some(found(path.to_owned()));
            }
        }
    }
}

/// Whether a file may hold a secret by its name or kind: a hidden one, one without an ending, or one of [`KINDS`].
fn is_telling(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    hidden || path.extension().is_none_or(|kind| KINDS.iter().any(|known| kind == OsStr::new(known)))
}
