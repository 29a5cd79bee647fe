//! What an action hits on disk, file by file, and what git knows of each.
//!
//! The walk and the repositories above the targets are asked side by side; repositories that the walk finds come
//! after it. Then every file gets one [`Class`] and is counted. Nothing is kept of the files but the counts.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::{JoinSet, spawn_blocking};

use crate::git::{Git, Trouble};
use crate::index::{ByTimes, Index, Row};
use crate::repository::{self, Answer};
use crate::targets::{Hit, Targets};
use crate::throws::Throws;
use crate::walk::{self, File, ITSELF, Walk};
use crate::{limits, memory, remade};

/// What git knows of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It lies in no repository.
    Outside,
    /// It is part of a `.git`.
    GitsOwn,
    /// Git ignores it.
    Ignored,
    /// Git ignores it, and a known tool makes it again.
    Made,
    /// Git would list it as new.
    Untracked,
    /// Tracked, with content that no commit has.
    Uncommitted,
    /// Tracked; whether it changed could not be found out in time.
    Uncompared,
    /// Committed, and some surviving remote has the content.
    Elsewhere,
    /// Committed, and no surviving remote has the content.
    Committed,
    /// Its repository could not be asked.
    Unasked,
}

/// Counts of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) outside: u64,
    pub(crate) gits_own: u64,
    pub(crate) ignored: u64,
    /// Ignored, and made again by a known tool.
    pub(crate) made: u64,
    pub(crate) untracked: u64,
    pub(crate) uncommitted: u64,
    pub(crate) uncompared: u64,
    pub(crate) elsewhere: u64,
    /// Committed alone, in a repository that stays.
    pub(crate) kept: u64,
    /// Committed alone, in a repository that goes.
    pub(crate) lost: u64,
    pub(crate) unasked: u64,
    /// The bytes of what nothing else is known to have.
    pub(crate) bare_bytes: u64,
}

impl Tally {
    fn add(&mut self, class: Class, bytes: u64, is_gone: bool) {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let count = match class {
            Class::Outside => &mut self.outside,
            Class::GitsOwn => &mut self.gits_own,
            Class::Ignored => &mut self.ignored,
            Class::Made => &mut self.made,
            Class::Untracked => &mut self.untracked,
            Class::Uncommitted => &mut self.uncommitted,
            Class::Uncompared => &mut self.uncompared,
            Class::Elsewhere => &mut self.elsewhere,
            Class::Committed if is_gone => &mut self.lost,
            Class::Committed => &mut self.kept,
            Class::Unasked => &mut self.unasked,
        };
        *count += 1;
        let bare = match class {
            Class::Outside | Class::Ignored | Class::Untracked | Class::Uncommitted => true,
            Class::Committed => is_gone,
            _ => false,
        };
        if bare {
            self.bare_bytes = self.bare_bytes.saturating_add(bytes);
        }
    }

    /// What git tracks, changed or not.
    pub(crate) const fn tracked(&self) -> u64 {
        self.uncommitted + self.uncompared + self.elsewhere + self.kept + self.lost
    }

    /// What can be had back for certain.
    pub(crate) const fn safe(&self) -> u64 {
        self.elsewhere + self.kept
    }

    /// What nothing else is known to have.
    pub(crate) const fn bare(&self) -> u64 {
        self.outside + self.ignored + self.untracked + self.uncommitted + self.lost
    }
}

/// Something right below a target, counted.
#[derive(Debug)]
pub(crate) struct Below {
    pub(crate) name: String,
    pub(crate) is_folder: bool,
    pub(crate) tally: Tally,
}

/// One target, counted.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) path: PathBuf,
    pub(crate) is_folder: bool,
    pub(crate) hit: Hit,
    pub(crate) tally: Tally,
    /// Its largest entries, the largest first.
    pub(crate) largest: Vec<Below>,
    /// How many entries it has in all.
    pub(crate) entries: usize,
    /// Whether only what git throws away is counted.
    pub(crate) hit_by_git: bool,
}

/// One repository that was asked, or could not be.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) top: PathBuf,
    pub(crate) answer: Result<Answer, Trouble>,
    /// Its files among those that are hit.
    pub(crate) tally: Tally,
}

/// All that an action hits on disk.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) targets: Targets,
    pub(crate) all: Tally,
    pub(crate) counted: Vec<Counted>,
    pub(crate) repositories: Vec<Asked>,
    /// How many files each command makes again.
    pub(crate) made: BTreeMap<&'static str, u64>,
    /// Whether there is more than was counted.
    pub(crate) stopped: bool,
    /// Folders that could not be read.
    pub(crate) unreadable: u64,
}

/// The survey's own work failed: a thread is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Checking stopped before it was done.")]
pub(crate) struct Stopped;

/// Counts what `targets` hit.
pub(crate) async fn of(git: &Git, targets: Targets) -> Result<Survey, Stopped> {
    let targets = Arc::new(targets);
    let walking = {
        let targets = Arc::clone(&targets);
        spawn_blocking(move || Walk::of(&targets.found))
    };
    let above = {
        let targets = Arc::clone(&targets);
        let found = spawn_blocking(move || {
            targets.found.iter().filter_map(|t| walk::repository_above(&t.path)).collect::<Vec<_>>()
        });
        found.await.map_err(|_| Stopped)?
    };
    let mut asking = Asking { git, targets: &targets, answers: HashMap::new(), running: JoinSet::new() };
    asking.start(above);
    let walk = walking.await.map_err(|_| Stopped)?;
    asking.start(walk.repositories.clone());
    let answers = asking.end().await;
    let counting = spawn_blocking(move || {
        let is_large = walk.files.len() + walk.folders.len() >= memory::WORTH_IT;
        let survey = count(&targets, &walk, answers);
        if is_large {
            drop((walk, targets));
            memory::give_back();
        }
        survey
    });
    counting.await.map_err(|_| Stopped)
}

struct Asking<'a> {
    git: &'a Git,
    targets: &'a Arc<Targets>,
    answers: HashMap<PathBuf, Result<Answer, Trouble>>,
    running: JoinSet<(PathBuf, Result<Answer, Trouble>)>,
}

impl Asking<'_> {
    fn start(&mut self, tops: Vec<PathBuf>) {
        for top in tops {
            if self.answers.contains_key(&top) || self.answers.len() >= limits::REPOSITORIES {
                continue;
            }
            // Stands until the answer comes, and for good should its task be lost.
            self.answers.insert(top.clone(), Err(Trouble::Unreadable));
            let (git, targets) = (self.git.clone(), Arc::clone(self.targets));
            self.running.spawn(async move {
                let paths = targets.found.iter().map(|t| &t.path);
                let within =
                    paths.filter(|p| p.starts_with(&top) || top.starts_with(p)).cloned().collect::<Vec<_>>();
                let answer = repository::ask(&git, &top, &within, &targets.gone()).await;
                (top, answer)
            });
        }
    }

    async fn end(mut self) -> HashMap<PathBuf, Result<Answer, Trouble>> {
        while let Some(done) = self.running.join_next().await {
            if let Ok((top, answer)) = done {
                self.answers.insert(top, answer);
            }
        }
        self.answers
    }
}

fn count(targets: &Targets, walk: &Walk, mut answers: HashMap<PathBuf, Result<Answer, Trouble>>) -> Survey {
    let too_many = || Trouble::Refused(format!("more than {} repositories are hit", limits::REPOSITORIES));
    let asked = |top: &PathBuf| Asked {
        top: top.clone(),
        answer: answers.remove(top).unwrap_or_else(|| Err(too_many())),
        tally: Tally::default(),
    };
    let mut repositories: Vec<Asked> = walk.repositories.iter().map(asked).collect();
    let mut counted: Vec<Counted> = targets
        .found
        .iter()
        .map(|t| Counted {
            path: t.path.clone(),
            is_folder: t.kind == crate::targets::Kind::Folder,
            hit: t.hit,
            tally: Tally::default(),
            largest: Vec::new(),
            entries: 0,
            hit_by_git: targets.throws.is_some(),
        })
        .collect();
    let mut below = vec![Tally::default(); walk.entries.len()];
    let mut all = Tally::default();
    let mut classify = Classify {
        walk,
        folder: u32::MAX,
        prefix: None,
        is_ignored: false,
        made_by: None,
        known: HashMap::new(),
        compared: Compared::new(),
    };
    let mut made: BTreeMap<&'static str, u64> = BTreeMap::new();
    for file in &walk.files {
        let folder = &walk.folders[file.folder as usize];
        let repository = folder.repository.and_then(|at| repositories.get(at as usize));
        let class = classify.class(file, repository);
        if !is_hit(class, targets.throws.as_ref()) {
            continue;
        }
        let is_gone =
            repository.and_then(|r| r.answer.as_ref().ok()).is_some_and(|answer| answer.history.is_gone);
        if let (Class::Made, Some(by)) = (class, classify.made_by) {
            *made.entry(by).or_default() += 1;
        }
        let bytes = file.stat.size;
        all.add(class, bytes, is_gone);
        if let Some(target) = counted.get_mut(folder.target as usize) {
            target.tally.add(class, bytes, is_gone);
        }
        if file.entry != ITSELF {
            below[file.entry as usize].add(class, bytes, is_gone);
        }
        if let Some(repository) = folder.repository.and_then(|at| repositories.get_mut(at as usize)) {
            repository.tally.add(class, bytes, is_gone);
        }
    }
    list_largest(walk, &below, &mut counted);
    for answer in repositories.iter_mut().filter_map(|repository| repository.answer.as_mut().ok()) {
        answer.forget_files();
    }
    Survey {
        targets: targets.clone(),
        all,
        counted,
        repositories,
        made,
        stopped: walk.stopped,
        unreadable: walk.unreadable,
    }
}

/// Whether a file of this class is hit, where git says which are.
fn is_hit(class: Class, throws: Option<&Throws>) -> bool {
    let Some(throws) = throws else { return true };
    match class {
        Class::Uncommitted | Class::Uncompared => throws.uncommitted,
        Class::Untracked => throws.untracked,
        Class::Ignored | Class::Made => throws.ignored,
        Class::Unasked => true,
        Class::Outside | Class::GitsOwn | Class::Elsewhere | Class::Committed => false,
    }
}

fn list_largest(walk: &Walk, below: &[Tally], counted: &mut [Counted]) {
    let mut order: Vec<usize> = (0..walk.entries.len()).collect();
    let name = |at: usize| &walk.entries[at].name;
    order.sort_by(|a, b| below[*b].bytes.cmp(&below[*a].bytes).then_with(|| name(*a).cmp(name(*b))));
    for at in order {
        let entry = &walk.entries[at];
        let Some(target) = counted.get_mut(entry.target as usize) else { continue };
        if target.hit_by_git && below[at].files == 0 {
            continue;
        }
        target.entries += 1;
        if target.largest.len() < limits::LISTED_ENTRIES {
            let (name, is_folder, tally) = (entry.name.clone(), entry.is_folder, below[at]);
            target.largest.push(Below { name, is_folder, tally });
        }
    }
}

/// Files come folder by folder; what holds for all of a folder is worked out once.
struct Classify<'a> {
    walk: &'a Walk,
    folder: u32,
    /// The folder relative to its repository, with a slash at its end unless it is the top.
    prefix: Option<Vec<u8>>,
    is_ignored: bool,
    /// The command that makes the folder again, where it is ignored.
    made_by: Option<&'static str>,
    /// The same of each folder of a known name, by the folder itself.
    known: HashMap<PathBuf, Option<&'static str>>,
    compared: Compared,
}

impl Classify<'_> {
    fn class(&mut self, file: &File, repository: Option<&Asked>) -> Class {
        let folder = &self.walk.folders[file.folder as usize];
        if folder.is_gits_own {
            return Class::GitsOwn;
        }
        let Some(repository) = repository else { return Class::Outside };
        let answer = match &repository.answer {
            Ok(answer) => answer,
            Err(Trouble::NoRepository) => return Class::Outside,
            Err(_) => return Class::Unasked,
        };
        let name = self.walk.name(file);
        if name == b".git" {
            return Class::GitsOwn;
        }
        if self.folder != file.folder {
            self.enter(file.folder, answer);
        }
        let Some(prefix) = &self.prefix else { return Class::Outside };
        let path = [prefix, name].concat();
        if let Some(row) = answer.index.get(&path) {
            return self.tracked(file, row, &path, answer);
        }
        match (self.is_ignored, self.made_by) {
            (true, Some(_)) => Class::Made,
            (true, None) => Class::Ignored,
            (false, _) if answer.ignored.contains(&path) => Class::Ignored,
            (false, _) => Class::Untracked,
        }
    }

    fn enter(&mut self, folder: u32, answer: &Answer) {
        self.folder = folder;
        let relative = self.walk.folders[folder as usize].path.strip_prefix(&answer.layout.top);
        self.prefix = relative.ok().map(|path| {
            let mut prefix = path.as_os_str().as_bytes().to_vec();
            if !prefix.is_empty() {
                prefix.push(b'/');
            }
            prefix
        });
        let ignored = &answer.ignored;
        let slashes =
            |path: &[u8]| path.iter().enumerate().filter(|(_, c)| **c == b'/').map(|(i, _)| i).collect();
        let from = self.prefix.as_ref().filter(|_| !ignored.is_empty()).and_then(|path| {
            let ends: Vec<usize> = slashes(path);
            ends.into_iter().find(|end| ignored.contains(&path[..=*end]))
        });
        self.is_ignored = from.is_some();
        self.made_by = from.and_then(|from| self.maker(answer, from));
    }

    /// The command that makes this folder again; looked up once for each folder of a known name.
    fn maker(&mut self, answer: &Answer, from: usize) -> Option<&'static str> {
        let prefix = self.prefix.as_ref()?;
        let top = &answer.layout.top;
        let outlives = |path: &[u8]| {
            let history = &answer.history;
            let row = answer.index.get(path).filter(|_| history.has_commits && !answer.staged.contains(path));
            row.is_some_and(|row| !history.is_gone || history.is_elsewhere(&row.oid))
        };
        remade::known(prefix.strip_suffix(b"/").unwrap_or(prefix), from).find_map(|end| {
            let folder = &prefix[..end];
            let key = top.join(std::ffi::OsStr::from_bytes(folder));
            *self.known.entry(key).or_insert_with(|| remade::by(top, folder, outlives))
        })
    }

    fn tracked(&mut self, file: &File, row: &Row, path: &[u8], answer: &Answer) -> Class {
        if !answer.history.has_commits || answer.staged.contains(path) {
            return Class::Uncommitted;
        }
        let folder = &self.walk.folders[file.folder as usize].path;
        match self.compared.is_same(&answer.index, row, file, folder, self.walk.name(file)) {
            None => Class::Uncompared,
            Some(false) => Class::Uncommitted,
            Some(true) if answer.history.is_elsewhere(&row.oid) => Class::Elsewhere,
            Some(true) => Class::Committed,
        }
    }
}

/// Comparing files with the index, within a bound on time and bytes read.
struct Compared {
    bytes: u64,
    until: Instant,
}

impl Compared {
    fn new() -> Self {
        // As long again as the walk may take; both fit in the fact's limit with git beside them.
        Self { bytes: 0, until: Instant::now() + limits::WALK / 2 }
    }

    fn is_same(&mut self, index: &Index, row: &Row, file: &File, folder: &Path, name: &[u8]) -> Option<bool> {
        match index.by_times(row, &file.stat) {
            ByTimes::Same => Some(true),
            ByTimes::Other => Some(false),
            ByTimes::Unclear => {
                self.bytes = self.bytes.saturating_add(file.stat.size);
                if self.bytes > limits::COMPARED || Instant::now() >= self.until {
                    return None;
                }
                row.has_bytes_of(&folder.join(std::ffi::OsStr::from_bytes(name)), &file.stat)
            }
        }
    }
}
