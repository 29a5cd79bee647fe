//! What one repository says: what it tracks and ignores, and which of it some remote has.
//!
//! Invariant: a remote counts only if it survives. One on this machine that lies in what goes, or is not there any
//! more, has nothing. Of one elsewhere we know what the last fetch or push left behind here, and say when that was.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sayso_core::UnixMs;

use crate::git::{CHECK_IGNORE, Git, Trouble};
use crate::index::{Index, Oid, Reader};
use crate::remotes::{self, Fate, Remote};
use crate::walk::Stat;
use crate::{limits, remade};

/// Where a repository's parts lie, with all links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The working tree.
    pub(crate) top: PathBuf,
    /// Objects and references: with a linked working tree, another repository's.
    pub(crate) common: PathBuf,
    index: PathBuf,
}

/// What a repository answered about some paths in it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) layout: Layout,
    pub(crate) index: Index,
    /// Tracked paths whose staged content no commit has.
    pub(crate) staged: HashSet<Vec<u8>>,
    /// Paths that git ignores; a folder ends with a slash and stands for all in it.
    pub(crate) ignored: HashSet<Vec<u8>>,
    pub(crate) history: History,
}

impl Answer {
    /// Lets go of everything that is as large as the repository.
    pub(crate) fn forget_files(&mut self) {
        self.index = Index::default();
        self.staged = HashSet::new();
        self.ignored = HashSet::new();
        // `Some` still says that there is a remote.
        self.history.unpushed = self.history.unpushed.take().map(|_| HashSet::new());
    }
}

/// Commits, and who else has them.
#[derive(Debug)]
pub(crate) struct History {
    /// Whether the repository itself goes.
    pub(crate) is_gone: bool,
    /// Whether there is any commit.
    pub(crate) has_commits: bool,
    /// References of surviving remotes that have the commit checked out: `origin/main`. The one that fits best first.
    pub(crate) on: Vec<String>,
    /// All remotes.
    pub(crate) remotes: Vec<Remote>,
    /// Commits of the one checked out that no surviving remote has.
    pub(crate) ahead: u64,
    /// Where the repository goes: commits of any branch or tag that no surviving remote has.
    pub(crate) lost: u64,
    /// Where the repository goes: what is stashed in it.
    pub(crate) stashed: u64,
    /// Contents of the commit checked out that no surviving remote has. `None`: none has any.
    pub(crate) unpushed: Option<HashSet<Oid>>,
    /// When a remote was last asked or told.
    pub(crate) as_of: Option<UnixMs>,
}

impl History {
    /// Whether some surviving remote has this content, going by the commit checked out.
    pub(crate) fn is_elsewhere(&self, oid: &Oid) -> bool {
        self.unpushed.as_ref().is_some_and(|unpushed| !unpushed.contains(oid))
    }
}

/// Where the repository that `folder` lies in has its parts.
pub(crate) async fn layout(git: &Git, folder: &Path) -> Result<Layout, Trouble> {
    let args =
        ["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "--git-path", "index"];
    let text = String::from_utf8(git.read(folder, &args).await?).map_err(|_| Trouble::Unreadable)?;
    let lines: Vec<&str> = text.lines().collect();
    let [top, common, index] = lines[..] else { return Err(Trouble::Unreadable) };
    let real = |path: &str| fs::canonicalize(path).map_err(|_| Trouble::Unreadable);
    Ok(Layout { top: real(top)?, common: real(common)?, index: PathBuf::from(index) })
}

/// Asks the repository at `top` about the paths `within` it, of which `gone` go.
pub(crate) async fn ask(
    git: &Git,
    top: &Path,
    within: &[PathBuf],
    gone: &[PathBuf],
) -> Result<Answer, Trouble> {
    let layout = layout(git, top).await?;
    // A `.git` that is none makes git look further up; its files are then nobody's.
    if layout.top != top {
        return Err(Trouble::NoRepository);
    }
    let paths = relative(&layout.top, within);
    // What is made again is known by a file that lies beside it.
    let mut with_evidence = paths.clone();
    with_evidence.extend(remade::evidence(&layout.top, &paths));
    let (index, (staged, history), ignored) = tokio::try_join!(
        index(git, &layout, &with_evidence),
        commits(git, &layout, &with_evidence, gone),
        ignored(git, &layout, &paths),
    )?;
    Ok(Answer { layout, index, staged, ignored, history })
}

/// The paths below `top`, as pathspecs; empty where all of it is meant.
fn relative(top: &Path, within: &[PathBuf]) -> Vec<OsString> {
    let mut below = Vec::new();
    for path in within {
        match path.strip_prefix(top) {
            Ok(rest) if !rest.as_os_str().is_empty() => below.push(rest.as_os_str().to_owned()),
            // The top itself, or a folder that has the whole repository in it.
            _ => return Vec::new(),
        }
    }
    if below.len() > limits::PATHSPECS { Vec::new() } else { below }
}

fn command(words: &[&str], paths: &[OsString]) -> Vec<OsString> {
    let mut args: Vec<OsString> = words.iter().map(OsString::from).collect();
    args.push("--".into());
    args.extend(paths.iter().cloned());
    args
}

async fn index(git: &Git, layout: &Layout, paths: &[OsString]) -> Result<Index, Trouble> {
    // Looked at first: what is written while git reads makes files unclear, never falsely the same.
    let written = fs::symlink_metadata(&layout.index).map_or((0, 0), |meta| Stat::of(&meta).mtime);
    let mut reader = Reader::default();
    let args = command(&["ls-files", "-z", "--stage", "--debug"], paths);
    git.stream(&layout.top, &args, &mut |part| reader.take(part)).await?;
    reader.end(written)
}

/// What is ignored. Two steps, because `ls-files` fails on a path within an ignored folder.
async fn ignored(git: &Git, layout: &Layout, paths: &[OsString]) -> Result<HashSet<Vec<u8>>, Trouble> {
    use std::os::unix::ffi::OsStrExt as _;
    let mut ignored = HashSet::new();
    let mut open: Vec<OsString> = paths.to_vec();
    if !paths.is_empty() {
        let around = remade::around(paths);
        let asked = paths.iter().chain(&around);
        let input = asked.flat_map(|path| [b"./", path.as_bytes(), b"\0"]).flatten().copied().collect();
        let found = git.look(&layout.top, &[CHECK_IGNORE, "-z", "--stdin"], Some(input)).await?;
        for path in found.unwrap_or_default().split(|c| *c == 0).filter_map(|path| path.strip_prefix(b"./")) {
            ignored.insert(path.to_vec());
            ignored.insert([path, b"/"].concat());
        }
        open.retain(|path| !ignored.contains(path.as_bytes()) && layout.top.join(path).is_dir());
        if open.is_empty() {
            return Ok(ignored);
        }
    }
    let words = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
    let found = git.read(&layout.top, &command(&words, &open)).await?;
    ignored.extend(found.split(|c| *c == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec));
    Ok(ignored)
}

async fn commits(
    git: &Git,
    layout: &Layout,
    paths: &[OsString],
    gone: &[PathBuf],
) -> Result<(HashSet<Vec<u8>>, History), Trouble> {
    let top = &layout.top;
    let head = git.look(top, &["rev-parse", "--quiet", "--verify", "HEAD^{commit}"], None).await?;
    let remotes = remotes::of(git, top, gone).await?;
    let is_gone = gone.iter().any(|path| layout.common.starts_with(path));
    let as_of = remotes::last_heard(&layout.common);
    let has_commits = head.is_some();
    let mut history = History {
        is_gone,
        has_commits,
        on: Vec::new(),
        remotes,
        ahead: 0,
        lost: 0,
        stashed: 0,
        unpushed: None,
        as_of,
    };
    if !has_commits {
        return Ok((HashSet::new(), history));
    }
    let staged = ["diff-index", "--cached", "--name-only", "-z", "--no-renames", "--no-ext-diff", "HEAD"];
    let alive = alive(&history.remotes);
    let branch = git.look(top, &["symbolic-ref", "--quiet", "--short", "HEAD"], None);
    let staged = command(&staged, paths);
    let (staged, on, ahead, branch) = tokio::try_join!(
        git.read(top, &staged),
        containing(git, top, &alive),
        count(git, top, &["HEAD"], &alive),
        branch,
    )?;
    let branch = String::from_utf8_lossy(&branch.unwrap_or_default()).trim().to_owned();
    history.on = best_first(on, &branch);
    history.ahead = ahead;
    history.unpushed = unpushed(git, top, &alive, ahead).await?;
    if is_gone {
        history.lost = count(git, top, &["HEAD", "--branches", "--tags", "--remotes"], &alive).await?;
        history.stashed = stashed(git, top).await?;
    }
    let staged = staged.split(|c| *c == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect();
    Ok((staged, history))
}

/// The names of the remotes that count.
fn alive(remotes: &[Remote]) -> Vec<String> {
    remotes.iter().filter(|remote| remote.fate == Fate::Survives).map(|remote| remote.name.clone()).collect()
}

fn not_on(alive: &[String]) -> Vec<String> {
    // A bare `--not` leaves all that was named.
    let patterns = alive.iter().map(|name| format!("--remotes={name}"));
    std::iter::once("--not".to_owned()).chain(patterns).collect()
}

/// How many commits of `from` no remote among `alive` has.
pub(crate) async fn count(git: &Git, top: &Path, from: &[&str], alive: &[String]) -> Result<u64, Trouble> {
    let mut args = vec!["rev-list".to_owned(), "--count".to_owned()];
    args.extend(from.iter().map(|word| (*word).to_owned()));
    args.extend(not_on(alive));
    args.push("--".to_owned());
    number(&git.read(top, &args).await?)
}

pub(crate) fn number(text: &[u8]) -> Result<u64, Trouble> {
    std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok()).ok_or(Trouble::Unreadable)
}

async fn containing(git: &Git, top: &Path, alive: &[String]) -> Result<Vec<String>, Trouble> {
    // Without a pattern git would list every reference.
    if alive.is_empty() {
        return Ok(Vec::new());
    }
    let mut args: Vec<String> =
        ["for-each-ref", "--format=%(refname)", "--count=64", "--contains=HEAD"].map(str::to_owned).to_vec();
    args.extend(alive.iter().map(|name| format!("refs/remotes/{name}/")));
    let text = String::from_utf8_lossy(&git.read(top, &args).await?).into_owned();
    let names = text.lines().filter_map(|line| line.strip_prefix("refs/remotes/"));
    Ok(names.filter(|name| !name.ends_with("/HEAD")).map(str::to_owned).collect())
}

/// The remote's branch of the same name first, then its main branch.
fn best_first(mut on: Vec<String>, branch: &str) -> Vec<String> {
    let rank = |name: &String| {
        let short = name.split_once('/').map_or("", |(_, short)| short);
        match short {
            same if same == branch => 0,
            "main" | "master" => 1,
            _ => 2,
        }
    };
    on.sort_by_key(rank);
    on
}

async fn unpushed(
    git: &Git,
    top: &Path,
    alive: &[String],
    ahead: u64,
) -> Result<Option<HashSet<Oid>>, Trouble> {
    if alive.is_empty() {
        return Ok(None);
    }
    let mut unpushed = HashSet::new();
    if ahead > 0 {
        let mut args: Vec<String> =
            ["rev-list", "--objects", "--no-object-names", "HEAD"].map(str::to_owned).to_vec();
        args.extend(not_on(alive));
        args.push("--".to_owned());
        let text = git.read(top, &args).await?;
        for line in text.split(|c| *c == b'\n').filter(|line| !line.is_empty()) {
            unpushed.insert(Oid::parse(line).ok_or(Trouble::Unreadable)?);
        }
    }
    Ok(Some(unpushed))
}

/// How many stashes there are.
pub(crate) async fn stashed(git: &Git, top: &Path) -> Result<u64, Trouble> {
    let any = git.look(top, &["rev-parse", "--quiet", "--verify", "refs/stash"], None).await?;
    if any.is_none() {
        return Ok(0);
    }
    number(&git.read(top, &["rev-list", "--walk-reflogs", "--count", "refs/stash", "--"]).await?)
}
