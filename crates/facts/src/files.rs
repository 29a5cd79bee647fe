//! The facts *data* and *backups* of paths, told from a [`Survey`].

use std::path::Path;

use sayso_core::UnixMs;
use sayso_core::fact::{Fact, Known, Tone};

use crate::git::Trouble;
use crate::remotes::Fate;
use crate::repository::History;
use crate::survey::{Asked, Survey, Tally};
use crate::targets::Hit;
use crate::words;

const SOURCE: &str = "git and the file system";
const FILES_SOURCE: &str = "the file system";

/// The headline where nothing is known to have what goes.
pub(crate) const NONE_FOUND: &str = "None found";
/// The end of the sentence on files that git cannot give back.
pub(crate) const NO_COPY: &str = "no other copy is known";
/// The same where copies beside git are known.
pub(crate) const NOT_IN_GIT: &str = "git has no copy";

/// What else must be said of both facts: parts of the action that nothing here can check.
pub(crate) type Unchecked = [String];

/// How much is hit.
pub(crate) fn data(survey: &Survey, unchecked: &Unchecked, home: &Path, now: UnixMs) -> Fact {
    let Survey { all, targets, .. } = survey;
    if survey.counted.is_empty() && targets.missing.is_empty() {
        return Fact::unknown(words::sentences(targets.unresolved.iter().chain(unchecked).cloned()));
    }
    let partial =
        survey.stopped || survey.unreadable > 0 || !targets.unresolved.is_empty() || !unchecked.is_empty();
    let headline = if survey.counted.is_empty() {
        "Nothing there".to_owned()
    } else {
        let least = if partial { "At least " } else { "" };
        format!("{least}{}, {}", words::files(all.files), words::size(all.bytes))
    };
    let counts = if targets.throws.is_some() { thrown_away(all) } else { git_counts(all) };
    let detail = [counts, made_again(survey), only_here(survey), missing(survey, home), limits_met(survey)]
        .into_iter()
        .chain(troubles(survey, home))
        .chain(targets.links.iter().cloned())
        .chain(targets.unresolved.iter().cloned())
        .chain(unchecked.iter().cloned());
    let source = if survey.repositories.iter().any(|r| r.answer.is_ok()) { SOURCE } else { FILES_SOURCE };
    checked(headline, words::sentences(detail), source, now, Tone::Plain)
}

fn checked(headline: String, detail: String, source: &str, now: UnixMs, tone: Tone) -> Fact {
    Fact { headline, detail, known: Known::Checked, source: source.to_owned(), at: Some(now), tone }
}

/// "1,180 tracked by git, 3 with uncommitted changes, 21 ignored, none untracked."
fn git_counts(all: &Tally) -> String {
    if all.files == 0 || all.unasked == all.files {
        return String::new();
    }
    if all.outside == all.files {
        return "None of it is in git.".to_owned();
    }
    let none_or = |n: u64| if n == 0 { "none".to_owned() } else { words::number(n) };
    let mut parts = vec![format!("{} tracked by git", none_or(all.tracked()))];
    if all.tracked() > 0 {
        parts.push(format!("{} with uncommitted changes", none_or(all.uncommitted)));
    }
    if all.uncompared > 0 {
        parts.push(format!("{} not compared", words::number(all.uncompared)));
    }
    parts.push(format!("{} ignored", none_or(all.ignored + all.made)));
    parts.push(format!("{} untracked", none_or(all.untracked)));
    if all.outside > 0 {
        parts.push(format!("{} outside of any repository", words::number(all.outside)));
    }
    if all.gits_own > 0 {
        parts.push(format!("{} of git's own", words::number(all.gits_own)));
    }
    let text = parts.join(", ");
    let first = text.get(..1).map(str::to_uppercase).unwrap_or_default();
    format!("{first}{}.", text.get(1..).unwrap_or_default())
}

/// What of a folder git itself would throw away.
fn thrown_away(all: &Tally) -> String {
    let mut parts = bare_counts(all);
    if all.made > 0 {
        parts.push(format!("{} made by a build", words::number(all.made)));
    }
    if parts.is_empty() {
        return "Nothing is there that git would throw away.".to_owned();
    }
    format!("Git would throw away {}; all else stays.", words::list(&parts))
}

/// "All made again by `npm ci`." "1,180 of them are made again by `npm ci`."
fn made_again(survey: &Survey) -> String {
    let all = &survey.all;
    let mut by: Vec<(&str, u64)> = survey.made.iter().map(|(by, files)| (*by, *files)).collect();
    by.sort_by_key(|(_, files)| std::cmp::Reverse(*files));
    let start = match (all.made, all.files) {
        (0, _) => return String::new(),
        (1, 1) => "It is made again".to_owned(),
        (made, files) if made == files => "All made again".to_owned(),
        (1, _) => "1 of them is made again".to_owned(),
        (made, _) => format!("{} of them are made again", words::number(made)),
    };
    match &by[..] {
        [(by, _)] => format!("{start} by `{by}`."),
        many => {
            let each: Vec<String> =
                many.iter().map(|(by, files)| format!("{} by `{by}`", words::number(*files))).collect();
            format!("{start}: {}.", words::list(&each))
        }
    }
}

/// How much of it no one else has, where that is only a part.
fn only_here(survey: &Survey) -> String {
    let all = &survey.all;
    let bare = all.bare();
    if bare == 0 || bare + all.gits_own >= all.files || survey.targets.throws.is_some() {
        return String::new();
    }
    let is = if bare == 1 { "is" } else { "are" };
    format!(
        "As far as git knows, {} ({}) {is} nowhere else.",
        words::files(bare),
        words::size(all.bare_bytes)
    )
}

fn missing(survey: &Survey, home: &Path) -> String {
    match &survey.targets.missing[..] {
        [] => String::new(),
        [one] => format!("{} is not there.", words::path(one, home)),
        _ if survey.counted.is_empty() => "None of what is named is there.".to_owned(),
        many => format!("{} that are named are not there.", words::count(many.len() as u64, "path", "paths")),
    }
}

fn limits_met(survey: &Survey) -> String {
    let cut = survey.stopped.then(|| "There is more than could be counted in time.".to_owned());
    let unreadable = (survey.unreadable > 0)
        .then(|| format!("{} could not be read.", words::count(survey.unreadable, "folder", "folders")));
    words::sentences(cut.into_iter().chain(unreadable))
}

/// What kept repositories from answering, each with its name where there are several.
fn troubles<'a>(survey: &'a Survey, home: &'a Path) -> impl Iterator<Item = String> + 'a {
    survey.repositories.iter().filter_map(move |repository| match &repository.answer {
        Ok(_) | Err(Trouble::NoRepository) => None,
        Err(trouble) if survey.repositories.len() == 1 => Some(trouble.to_string()),
        Err(trouble) => Some(format!("{}: {trouble}", words::path(&repository.top, home))),
    })
}

/// What survives.
pub(crate) fn backups(survey: &Survey, unchecked: &Unchecked, home: &Path, now: UnixMs) -> Fact {
    let Survey { all, targets, .. } = survey;
    if survey.counted.is_empty() {
        return if targets.missing.is_empty() || !targets.unresolved.is_empty() || !unchecked.is_empty() {
            Fact::unknown(words::sentences(targets.unresolved.iter().chain(unchecked).cloned()))
        } else {
            let detail = "Nothing that is there now would be changed.".to_owned();
            checked("Nothing to lose".to_owned(), detail, FILES_SOURCE, now, Tone::Plain)
        };
    }
    let trouble: Vec<String> = troubles(survey, home).collect();
    if all.unasked > 0 && all.unasked == all.files - all.gits_own {
        return Fact::failed("git", words::sentences(trouble), now);
    }
    let lost = lost_history(survey);
    let partial = survey.stopped
        || survey.unreadable > 0
        || all.unasked > 0
        || all.uncompared > 0
        || !targets.unresolved.is_empty()
        || !unchecked.is_empty();
    let (headline, tone) = verdict(survey, !lost.is_empty(), partial);
    let detail = [bare_files(all), made_again(survey), destroyed_with_it(survey, home), lost]
        .into_iter()
        .chain(survey.repositories.iter().map(|asked| where_it_is(asked, now)))
        .chain([uncompared(all), limits_met(survey)])
        .chain(trouble)
        .chain(targets.unresolved.iter().cloned())
        .chain(unchecked.iter().cloned());
    let source = if all.outside == all.files { FILES_SOURCE } else { SOURCE };
    checked(headline, words::sentences(detail), source, now, tone)
}

fn verdict(survey: &Survey, history_is_lost: bool, partial: bool) -> (String, Tone) {
    let all = &survey.all;
    let bare = all.bare();
    let goes_too = survey.repositories.iter().any(|asked| {
        asked.tally.lost > 0
            && histories(asked).any(|h| h.remotes.iter().any(|r| matches!(r.fate, Fate::GoesToo(_))))
    });
    if goes_too && all.safe() == 0 {
        return ("Destroyed with it".to_owned(), Tone::Bad);
    }
    if bare > 0 && all.safe() + all.made > 0 {
        return (format!("Not for {}", words::files(bare)), Tone::Bad);
    }
    if bare > 0 || (all.safe() == 0 && history_is_lost) {
        return (NONE_FOUND.to_owned(), Tone::Bad);
    }
    if history_is_lost {
        return ("Not for every commit".to_owned(), Tone::Bad);
    }
    if partial {
        return ("Not fully checked".to_owned(), Tone::Bad);
    }
    let has_place =
        |asked: &&Asked| asked.tally.elsewhere > 0 || histories(asked).any(|h| h.is_gone && h.has_commits);
    let places: Vec<String> = survey.repositories.iter().filter(has_place).filter_map(place).collect();
    if all.safe() == 0 && places.is_empty() {
        return ("Nothing to lose".to_owned(), Tone::Plain);
    }
    match (&places[..], all.kept) {
        ([one], 0) => (format!("On {one}"), Tone::Plain),
        ([_, ..], 0) => ("On remotes".to_owned(), Tone::Plain),
        _ => ("In git, here only".to_owned(), Tone::Plain),
    }
}

fn histories(asked: &Asked) -> impl Iterator<Item = &History> {
    asked.answer.iter().map(|answer| &answer.history)
}

/// The name of the remote branch that has it, or of the remotes.
fn place(asked: &Asked) -> Option<String> {
    let history = histories(asked).next()?;
    if let Some(branch) = history.on.first() {
        return Some(words::shown(branch));
    }
    let names = history.remotes.iter().filter(|r| r.fate == Fate::Survives).map(|r| words::shown(&r.name));
    Some(words::list(&names.collect::<Vec<_>>()))
}

/// "3 with uncommitted changes, 21 ignored and 2 untracked: nothing else is known to have them."
fn bare_files(all: &Tally) -> String {
    let parts = bare_counts(all);
    if parts.is_empty() {
        return String::new();
    }
    format!("{}: {NO_COPY}.", words::list(&parts))
}

fn bare_counts(all: &Tally) -> Vec<String> {
    [
        (all.uncommitted, "with uncommitted changes"),
        (all.ignored, "ignored by git"),
        (all.untracked, "untracked"),
        (all.outside, "outside of git"),
        (all.lost, "committed here alone"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", words::number(n)))
    .collect()
}

fn uncompared(all: &Tally) -> String {
    if all.uncompared == 0 {
        return String::new();
    }
    format!("{} could not be compared with git in time.", words::files(all.uncompared))
}

fn destroyed_with_it(survey: &Survey, home: &Path) -> String {
    let fates = survey.repositories.iter().flat_map(histories).filter(|h| h.is_gone).flat_map(|h| &h.remotes);
    words::sentences(fates.filter_map(|remote| {
        let name = words::shown(&remote.name);
        match &remote.fate {
            Fate::Survives => None,
            Fate::GoesToo(path) => {
                Some(format!("{name} is {}, which lies in what is deleted.", words::path(path, home)))
            }
            Fate::NotThere(path) => {
                Some(format!("{name} should be at {}, and is not.", words::path(path, home)))
            }
        }
    }))
}

/// What of the repositories' own history would be lost with them.
fn lost_history(survey: &Survey) -> String {
    words::sentences(survey.repositories.iter().flat_map(histories).filter(|h| h.is_gone).flat_map(
        |history| {
            let have = if history.lost == 1 { "is" } else { "are" };
            let commits = (history.lost > 0)
                .then(|| format!("{} {have} on no remote and would be lost.", words::commits(history.lost)));
            let stashed = (history.stashed > 0)
                .then(|| format!("{} would be lost.", words::count(history.stashed, "stash", "stashes")));
            commits.into_iter().chain(stashed)
        },
    ))
}

/// Where what is committed can be had back from.
fn where_it_is(asked: &Asked, now: UnixMs) -> String {
    let Some(history) = histories(asked).next() else { return String::new() };
    let mut parts = Vec::new();
    if let (1.., Some(place)) = (asked.tally.elsewhere, place(asked)) {
        let heard = history.as_of.map_or_else(
            || "going by what git knows here".to_owned(),
            |at| format!("as of the last fetch or push, {}", words::ago(at, now)),
        );
        parts.push(format!("{place} has {}, {heard}.", words::files(asked.tally.elsewhere)));
        if history.ahead > 0 && !history.is_gone {
            let is = if history.ahead == 1 { "is" } else { "are" };
            parts.push(format!("{} {is} on no remote.", words::commits(history.ahead)));
        }
    }
    if asked.tally.kept > 0 {
        let remotes = if history.remotes.is_empty() { "there is no remote" } else { "no remote has them" };
        parts.push(format!(
            "{} can be had back from this repository; {remotes}.",
            words::files(asked.tally.kept)
        ));
    }
    words::sentences(parts)
}

/// What an edit of a file that is not there yet is about.
pub(crate) fn new_file(now: UnixMs) -> (Fact, Fact) {
    let fact = |headline: &str, detail: &str| {
        checked(headline.to_owned(), detail.to_owned(), FILES_SOURCE, now, Tone::Plain)
    };
    (fact("New file", "Nothing is there now."), fact("Nothing to lose", "The file is new."))
}

/// Whether all that is named is to be written and not yet there.
pub(crate) fn is_new(survey: &Survey, named: &[(String, Hit)]) -> bool {
    survey.counted.is_empty()
        && survey.targets.unresolved.is_empty()
        && named.iter().all(|(_, hit)| *hit != Hit::Gone)
        && !named.is_empty()
}
