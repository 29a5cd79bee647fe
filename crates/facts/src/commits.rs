//! The facts *data* and *backups* of what git itself does: references moved, deleted or pushed, stashes dropped.
//!
//! A reading names a reference as the command has it (`feature`, `HEAD:main`, `+main`), or the repository by its
//! folder. Where a reference goes to is not always known from the command; counts are then a most.

use std::path::Path;

use sayso_core::UnixMs;
use sayso_core::card::OutlineRow;
use sayso_core::fact::{Fact, Known, Tone};
use sayso_core::reading::{Effect, TargetKind, Verb};

use crate::git::{Git, Trouble};
use crate::repository::{count, number, stashed};
use crate::throws::Throws;
use crate::{gone, limits, remotes, walk, words};

const SOURCE: &str = "git";

/// What would become of commits, one part for each target.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// "2 commits of feature": what the headline of *data* is made of.
    pub(crate) amounts: Vec<String>,
    /// Sentences for *data*.
    pub(crate) data: Vec<String>,
    /// Sentences for *backups*.
    pub(crate) backups: Vec<String>,
    /// Whether anything would be in no other place.
    pub(crate) is_bad: bool,
    /// What could not be found out, each a sentence.
    pub(crate) unchecked: Vec<String>,
    /// Why git did not answer.
    pub(crate) trouble: Option<Trouble>,
    /// The commits themselves, for *What changes*.
    pub(crate) rows: Vec<OutlineRow>,
}

/// One thing that git would do to commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// A reference goes or moves.
    Takes(Verb, String),
    /// Commits go out.
    Publishes(String),
    /// Every stash goes.
    DropsEveryStash,
    /// Every commit of every branch and tag is made anew.
    RewritesAll,
    /// Something in this repository that nothing here can count.
    Other(String),
}

/// What the effects, and the words of the command, do to commits.
pub(crate) fn acts(effects: &[Effect], throws: Option<&Throws>) -> Vec<Act> {
    let mut acts = Vec::new();
    if let Some(throws) = throws {
        acts.extend(throws.commits.then(|| Act::Takes(Verb::Overwrite, "HEAD".to_owned())));
        acts.extend(throws.stashes.iter().map(|name| Act::Takes(Verb::Delete, name.clone())));
        acts.extend(throws.every_stash.then_some(Act::DropsEveryStash));
        acts.extend(throws.every_commit.then_some(Act::RewritesAll));
    }
    // What becomes of the repository is known to be that.
    let known = !acts.is_empty() && throws.is_some_and(|throws| !throws.more);
    for effect in effects {
        let name = effect.target.name.clone();
        let act = match (effect.target.kind, effect.verb) {
            (TargetKind::GitRef, verb @ (Verb::Delete | Verb::Overwrite | Verb::Change)) => {
                Act::Takes(verb, name)
            }
            (TargetKind::GitRef, Verb::Publish) => Act::Publishes(name),
            (TargetKind::GitRepository, Verb::Read | Verb::Create) => continue,
            (TargetKind::GitRepository, Verb::Delete | Verb::Change | Verb::Overwrite) if known => continue,
            (TargetKind::GitRepository, _) => Act::Other(name),
            _ => continue,
        };
        if !acts.contains(&act) {
            acts.push(act);
        }
    }
    acts
}

/// Counts what `acts` take away, in the repository that `folder` lies in.
pub(crate) async fn lost(git: &Git, folder: Option<&Path>, acts: &[Act], is_push: bool, home: &Path) -> Lost {
    let mut lost = Lost::default();
    let real = folder.and_then(|folder| std::fs::canonicalize(folder).ok());
    let top = real.and_then(|real| walk::repository_above(&real));
    for act in acts.iter().take(limits::REFERENCES) {
        if let Err(trouble) = one(git, top.as_deref(), act, is_push, home, &mut lost).await {
            lost.trouble = Some(trouble);
        }
    }
    if acts.len() > limits::REFERENCES {
        let more = (acts.len() - limits::REFERENCES) as u64;
        let more =
            words::count(more, "more thing that git would do was", "more things that git would do were");
        lost.unchecked.push(format!("{more} not checked."));
    }
    lost
}

async fn one(
    git: &Git,
    top: Option<&Path>,
    act: &Act,
    is_push: bool,
    home: &Path,
    lost: &mut Lost,
) -> Result<(), Trouble> {
    let (Act::Takes(_, name) | Act::Publishes(name) | Act::Other(name)) = act else {
        return match (top, act) {
            (Some(top), Act::RewritesAll) => every_commit(git, top, lost).await,
            (Some(top), _) => every_stash(git, top, lost).await,
            (None, Act::RewritesAll) => no_repository("the commits", lost),
            (None, _) => no_repository("the stashes", lost),
        };
    };
    let Some(top) = top else { return no_repository(&words::quoted(name), lost) };
    let verb = match act {
        Act::Publishes(name) => return published(git, top, name, lost).await,
        Act::Takes(verb, _) => *verb,
        _ => {
            let name = words::path(Path::new(name), home);
            lost.unchecked
                .push(format!("Nothing here can check what git's own records in {name} would lose."));
            return Ok(());
        }
    };
    let Some(reference) = resolve(git, top, name, is_push).await? else {
        lost.unchecked
            .push(format!("{} is not a reference that this repository knows.", words::quoted(name)));
        return Ok(());
    };
    if reference.starts_with("refs/stash") {
        return stash(git, top, &reference, lost).await;
    }
    moved(git, top, &reference, verb, lost).await
}

#[expect(clippy::unnecessary_wraps, reason = "one arm among those that ask git")]
fn no_repository(what: &str, lost: &mut Lost) -> Result<(), Trouble> {
    lost.unchecked.push(format!("No repository was found for {what}."));
    Ok(())
}

/// What a push names: `<from>:<to>`, either of them alone, with `+` before it.
fn refspec(name: &str) -> (&str, &str) {
    let plain = name.trim().trim_start_matches('+');
    match plain.split_once(':') {
        Some((from, to)) => (from, to),
        None => (plain, plain),
    }
}

/// Commits that a push sends out.
async fn published(git: &Git, top: &Path, name: &str, lost: &mut Lost) -> Result<(), Trouble> {
    let (from, _) = refspec(name);
    let from =
        if is_current(from) { Some("HEAD".to_owned()) } else { resolve(git, top, from, false).await? };
    let Some(from) = from else {
        lost.unchecked
            .push(format!("{} is not a reference that this repository knows.", words::quoted(name)));
        return Ok(());
    };
    let remotes = remotes::of(git, top, &[]).await?;
    let names: Vec<String> = remotes.into_iter().map(|remote| remote.name).collect();
    let new = count(git, top, &[&from], &names).await?;
    lost.amounts.push(words::commits(new));
    let out = match new {
        0 => "Every commit is".to_owned(),
        new => format!("{} would go out; the rest is", words::commits(new)),
    };
    lost.data.push(format!("{out} on a remote already, as of the last fetch or push."));
    lost.backups.push("A push that is not forced takes no commit away.".to_owned());
    Ok(())
}

fn is_current(name: &str) -> bool {
    matches!(name, "HEAD" | "@" | "" | "the current branch")
}

/// The full name of what `name` means in this repository.
async fn resolve(git: &Git, top: &Path, name: &str, is_push: bool) -> Result<Option<String>, Trouble> {
    let (_, to) = refspec(name);
    let plain = to.replace(' ', "/");
    let plain = plain.trim_start_matches("refs/heads/");
    let mut candidates: Vec<String> = match plain {
        "" => return Ok(None),
        _ if is_current(to) => vec!["HEAD".to_owned()],
        full if full.starts_with("refs/") => vec![full.to_owned()],
        stash if stash == "stash" || stash.starts_with("stash@{") => vec![format!("refs/{stash}")],
        plain => ["heads", "tags", "remotes"].iter().map(|kind| format!("refs/{kind}/{plain}")).collect(),
    };
    if is_push {
        // What a push takes away, it takes from the remote.
        let here =
            if is_current(to) { current(git, top).await?.unwrap_or_default() } else { plain.to_owned() };
        let here = here.trim_start_matches("refs/heads/");
        let remote = remotes::of(git, top, &[]).await?;
        let mut there: Vec<String> =
            remote.iter().map(|r| format!("refs/remotes/{}/{here}", r.name)).collect();
        there.insert(0, format!("refs/remotes/{here}"));
        there.append(&mut candidates);
        candidates = there;
    }
    for candidate in candidates {
        let commit = format!("{candidate}^{{commit}}");
        let args = ["rev-parse", "--quiet", "--verify", "--end-of-options", &commit];
        match git.look(top, &args, None).await {
            Ok(Some(_)) => return Ok(Some(candidate)),
            // A name that is none, or an entry of the reflog that is not there.
            Ok(None) | Err(Trouble::Refused(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(None)
}

async fn current(git: &Git, top: &Path) -> Result<Option<String>, Trouble> {
    let name = git.look(top, &["symbolic-ref", "--quiet", "HEAD"], None).await?;
    Ok(name.map(|name| String::from_utf8_lossy(&name).trim().to_owned()))
}

/// A branch, tag or remote's branch that goes or moves.
async fn moved(git: &Git, top: &Path, reference: &str, verb: Verb, lost: &mut Lost) -> Result<(), Trouble> {
    let current = current(git, top).await?;
    let full = match reference {
        "HEAD" => current.clone().unwrap_or_else(|| reference.to_owned()),
        other => other.to_owned(),
    };
    let goes = verb == Verb::Delete;
    let own = only_in(&full, current.as_deref());
    let only_here = counted(git, top, &own).await?;
    let kinds = ["refs/heads/", "refs/tags/", "refs/remotes/"];
    let short = kinds.iter().find_map(|kind| full.strip_prefix(kind)).unwrap_or(&full);
    let name = words::shown(short);
    if full.starts_with("refs/remotes/") && !goes {
        let there = [&full, "--not", "HEAD", "--"].map(str::to_owned);
        let dropped = counted(git, top, &there).await?;
        lost.rows.extend(gone::rows(git, top, &name, &there, dropped, goes).await);
        lost.amounts.push(words::commits(dropped));
        lost.data.push(format!(
            "{name} has {} that what is checked out here has not, as of the last fetch or push.",
            words::commits(dropped)
        ));
    } else {
        lost.rows.extend(gone::rows(git, top, &name, &own, only_here, goes).await);
        let most = if goes { "" } else { "at most " };
        lost.amounts.push(format!("{most}{}", words::commits(only_here)));
        lost.data.push(format!(
            "{name} has {} that no other branch, tag or remote has.",
            words::commits(only_here)
        ));
    }
    if only_here == 0 {
        lost.backups.push(format!("Every commit of {name} is in another branch, tag or remote too."));
        return Ok(());
    }
    lost.is_bad = true;
    let would = if goes { "would" } else { "could" };
    lost.backups.push(format!(
        "{} {would} be in no branch, tag or remote any more; git's own log of moves keeps what was checked out here \
         for some weeks.",
        words::commits(only_here)
    ));
    Ok(())
}

/// The commits that no other reference than `full` has, in the words of `git rev-list`.
fn only_in(full: &str, current: Option<&str>) -> Vec<String> {
    let mut range = vec![full.to_owned(), "--not".to_owned()];
    // Another commit that is checked out keeps its own.
    if current != Some(full) && full != "HEAD" {
        range.push("HEAD".to_owned());
    }
    range.push(format!("--exclude={full}"));
    if full.starts_with("refs/remotes/") {
        // Another name of a remote's main branch, and no other place.
        range.push("--exclude=refs/remotes/*/HEAD".to_owned());
    }
    range.extend(["--glob=refs/*", "--"].map(str::to_owned));
    range
}

/// How many commits are in a range.
async fn counted(git: &Git, top: &Path, range: &[String]) -> Result<u64, Trouble> {
    let args: Vec<&str> =
        ["rev-list", "--count"].into_iter().chain(range.iter().map(String::as_str)).collect();
    number(&git.read(top, &args).await?)
}

/// A stash that is dropped.
async fn stash(git: &Git, top: &Path, reference: &str, lost: &mut Lost) -> Result<(), Trouble> {
    let parent = format!("{reference}^1");
    let args =
        ["diff-tree", "-r", "--name-only", "-z", "--no-renames", "--no-ext-diff", &parent, reference, "--"];
    let names = git.read(top, &args).await?;
    let files = names.split(|c| *c == 0).filter(|name| !name.is_empty()).count() as u64;
    let name = words::shown(reference.trim_start_matches("refs/"));
    lost.amounts.push("1 stash".to_owned());
    lost.data.push(format!("{name} holds changes of {}.", words::files(files)));
    lost.backups.push(format!("No branch, tag or remote has {name}."));
    lost.is_bad = true;
    Ok(())
}

/// All commits of all branches and tags: made anew, and the old ones kept by remotes alone.
async fn every_commit(git: &Git, top: &Path, lost: &mut Lost) -> Result<(), Trouble> {
    let all = counted(git, top, &["--branches", "--tags", "--"].map(str::to_owned)).await?;
    let here = ["--branches", "--tags", "--not", "--remotes", "--"].map(str::to_owned);
    let only_here = counted(git, top, &here).await?;
    lost.amounts.push(words::commits(all));
    lost.data.push(format!("{} of all branches and tags would be made anew.", words::commits(all)));
    if only_here == 0 {
        lost.backups
            .push("Every commit as it is now is on a remote, as of the last fetch or push.".to_owned());
        return Ok(());
    }
    lost.rows.extend(gone::rows(git, top, "On no remote", &here, only_here, true).await);
    lost.is_bad = true;
    lost.backups.push(format!("{} as they are now are on no remote.", words::commits(only_here)));
    Ok(())
}

/// All stashes.
async fn every_stash(git: &Git, top: &Path, lost: &mut Lost) -> Result<(), Trouble> {
    let stashes = stashed(git, top).await?;
    lost.amounts.push(words::count(stashes, "stash", "stashes"));
    if stashes > 0 {
        lost.is_bad = true;
        lost.backups.push("No branch, tag or remote has what is stashed.".to_owned());
    } else {
        lost.backups.push("Nothing is stashed.".to_owned());
    }
    Ok(())
}

impl Lost {
    /// The two facts, where nothing but git's own things are hit.
    pub(crate) fn facts(&self, unchecked: &[String], now: UnixMs) -> (Fact, Fact) {
        let more: Vec<String> = self.unchecked.iter().chain(unchecked).cloned().collect();
        if let Some(trouble) = &self.trouble {
            let failed = Fact::failed(SOURCE, trouble.to_string(), now);
            return (failed.clone(), failed);
        }
        if self.amounts.is_empty() {
            let unknown = Fact::unknown(words::sentences(more));
            return (unknown.clone(), unknown);
        }
        let fact = |headline: String, sentences: &[String], tone| Fact {
            headline,
            detail: words::sentences(sentences.iter().chain(&more).cloned()),
            known: Known::Checked,
            source: SOURCE.to_owned(),
            at: Some(now),
            tone,
        };
        let (headline, tone) = match (self.is_bad, more.is_empty()) {
            (true, _) => ("None found", Tone::Bad),
            (false, true) => ("Nothing lost", Tone::Plain),
            (false, false) => ("Not fully checked", Tone::Bad),
        };
        let amounts = words::list(&self.amounts);
        let amounts =
            amounts.strip_prefix("at most").map_or(amounts.clone(), |rest| format!("At most{rest}"));
        (fact(amounts, &self.data, Tone::Plain), fact(headline.to_owned(), &self.backups, tone))
    }

    /// Puts what git itself would lose beside what its files would.
    pub(crate) fn beside(&self, data: &mut Fact, backups: &mut Fact) {
        let join = |fact: &mut Fact, sentences: &[String]| {
            let before = std::mem::take(&mut fact.detail);
            let trouble = self.trouble.iter().map(ToString::to_string);
            let more = sentences.iter().chain(&self.unchecked).cloned().chain(trouble);
            fact.detail = words::sentences([before].into_iter().chain(more));
        };
        join(data, &self.data);
        join(backups, &self.backups);
        if (self.is_bad || self.trouble.is_some() || !self.unchecked.is_empty())
            && backups.tone == Tone::Plain
        {
            let headline = if self.is_bad { "Not for every commit" } else { "Not fully checked" };
            headline.clone_into(&mut backups.headline);
            backups.tone = Tone::Bad;
        }
    }
}
