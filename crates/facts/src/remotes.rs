//! A repository's remotes: where they are, whether they survive, and when they were last heard of.

use std::fs;
use std::path::{Path, PathBuf};

use sayso_core::UnixMs;

use crate::git::{Git, Trouble};

/// How many references of one remote are looked at for the time they were last written.
const REFERENCES: usize = 2000;

/// One remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) name: String,
    /// Where it is fetched from and pushed to, as git would write it out.
    pub(crate) urls: Vec<String>,
    pub(crate) fate: Fate,
}

/// Whether a remote outlives the action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is elsewhere, or on this machine and outside of what goes.
    Survives,
    /// It lies in what goes.
    GoesToo(PathBuf),
    /// It should be on this machine and is not.
    NotThere(PathBuf),
}

/// The remotes of the repository at `top`, seen from an action after which `gone` is no more.
pub(crate) async fn of(git: &Git, top: &Path, gone: &[PathBuf]) -> Result<Vec<Remote>, Trouble> {
    let pattern = r"^(remote\..*\.(url|pushurl)|url\..*\.(insteadof|pushinsteadof))$";
    let text = git.look(top, &["config", "--null", "--get-regexp", pattern], None).await?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let pairs: Vec<(&str, &str)> = text.split('\0').filter_map(|entry| entry.split_once('\n')).collect();
    let rewrites: Vec<(&str, &str)> = pairs
        .iter()
        .filter_map(|(key, value)| Some((*value, key.strip_prefix("url.")?.rsplit_once('.')?.0)))
        .collect();
    let mut remotes: Vec<Remote> = Vec::new();
    for (key, value) in &pairs {
        let Some((name, _)) = key.strip_prefix("remote.").and_then(|rest| rest.rsplit_once('.')) else {
            continue;
        };
        let url = rewritten(value, &rewrites);
        let fate = fate(&url, top, gone);
        match remotes.iter_mut().find(|remote| remote.name == name) {
            Some(remote) => {
                remote.urls.push(url);
                if remote.fate == Fate::Survives {
                    remote.fate = fate;
                }
            }
            None => remotes.push(Remote { name: name.to_owned(), urls: vec![url], fate }),
        }
    }
    Ok(remotes)
}

/// `url` with the longest `insteadOf` that it begins with replaced.
fn rewritten(url: &str, rewrites: &[(&str, &str)]) -> String {
    let longest =
        rewrites.iter().filter(|(prefix, _)| url.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len());
    longest.map_or_else(|| url.to_owned(), |(prefix, base)| format!("{base}{}", &url[prefix.len()..]))
}

fn fate(url: &str, top: &Path, gone: &[PathBuf]) -> Fate {
    let Some(path) = local_path(url, top) else { return Fate::Survives };
    let Ok(real) = fs::canonicalize(&path) else { return Fate::NotThere(path) };
    if gone.iter().any(|gone| real.starts_with(gone)) { Fate::GoesToo(real) } else { Fate::Survives }
}

/// The folder on this machine that a URL names, if it does.
fn local_path(url: &str, top: &Path) -> Option<PathBuf> {
    if let Some(path) = url.strip_prefix("file://") {
        return Some(PathBuf::from(path));
    }
    // `host:path` has no slash before its colon; `./a:b` has.
    let elsewhere = url.contains("://") || url.split('/').next().is_some_and(|first| first.contains(':'));
    (!elsewhere).then(|| top.join(url))
}

/// When a remote was last fetched from or pushed to, by what that leaves behind in the repository.
pub(crate) fn last_heard(common: &Path) -> Option<UnixMs> {
    let mut latest = written(&common.join("FETCH_HEAD"));
    let mut folders = vec![common.join("logs/refs/remotes")];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            seen += 1;
            if seen > REFERENCES {
                return latest;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(_) => latest = latest.max(written(&entry.path())),
                Err(_) => {}
            }
        }
    }
    latest
}

fn written(path: &Path) -> Option<UnixMs> {
    let since =
        fs::symlink_metadata(path).ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_rewritten_by_the_longest_prefix_as_git_does() {
        let rewrites = [("gh:", "https://github.com/"), ("gh:acme/", "/srv/mirror/")];
        assert_eq!(rewritten("gh:acme/x", &rewrites), "/srv/mirror/x");
        assert_eq!(rewritten("gh:other/x", &rewrites), "https://github.com/other/x");
    }

    #[test]
    fn a_path_is_told_from_a_host() {
        let top = Path::new("/p");
        assert_eq!(local_path("/srv/x.git", top), Some("/srv/x.git".into()));
        assert_eq!(local_path("../x.git", top), Some("/p/../x.git".into()));
        assert_eq!(local_path("file:///srv/x", top), Some("/srv/x".into()));
        assert_eq!(local_path("./a:b", top), Some("/p/./a:b".into()));
        assert_eq!(local_path("host:x.git", top), None);
        assert_eq!(local_path("ssh://host/x", top), None);
    }

    #[test]
    fn a_remote_within_what_goes_goes_too_and_one_that_is_not_there_has_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir_all(root.join("p/backup.git")).unwrap();
        let gone = [root.join("p")];
        assert_eq!(fate("backup.git", &root.join("p"), &gone), Fate::GoesToo(root.join("p/backup.git")));
        assert_eq!(fate("./backup.git", &root.join("p"), &[]), Fate::Survives);
        assert!(matches!(fate("/no/such/place", &root, &gone), Fate::NotThere(_)));
    }
}
