//! git: which of its commands only read, and what those do that throw work away.
//!
//! git runs what its configuration names (pagers, drivers for diffs, hooks). The configuration is trusted here: an
//! edit of it is read as what it is, and options that switch such programs on are not among the plain ones.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Call;
use super::args::Args;
use super::reads::{NotPlain, Operands, Plain, known, not_plain};
use crate::Findings;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};

const LOG_LONG: &str = "abbrev= abbrev-commit after= all author= before= branches[=] cached check cherry-pick \
         color[=] committer= compact-summary cumulative date= date-order decorate[=] diff-filter= \
         dirstat[=] exit-code find-renames[=] first-parent follow format= full-index graph grep= \
         histogram ignore-all-space ignore-blank-lines ignore-space-change left-right max-count= \
         merge-base merges minimal name-only name-status no-abbrev-commit no-color no-decorate \
         no-ext-diff no-index no-merges no-notes no-patch no-renames no-textconv not numstat \
         oneline patch patch-with-stat patience pickaxe-regex pretty[=] quiet raw relative[=] \
         remotes[=] reverse shortstat simplify-by-decoration since= skip= staged stat[=] summary \
         tags[=] topo-order unified= until= word-diff[=] word-diff-regex=";

const fn log(name: &'static str) -> Plain {
    Plain::sub(name, "bEFgiMpPqRsuwz", "CGLnSU", LOG_LONG, Operands::Content)
}

/// Commands that only read, with the options that keep them so.
const READS: &[Plain] = &[
    log("log"),
    log("show"),
    log("diff"),
    log("whatchanged"),
    log("diff-tree"),
    log("diff-index"),
    log("diff-files"),
    Plain::sub(
        "status",
        "bsuvz",
        "",
        "ahead-behind branch column[=] ignored[=] long no-ahead-behind no-renames porcelain[=] \
         renames short show-stash untracked-files[=] verbose",
        Operands::Names,
    ),
    Plain::sub(
        "shortlog",
        "censw",
        "",
        "all committer email no-merges numbered since= summary until=",
        Operands::Names,
    ),
    Plain::sub(
        "rev-parse",
        "q",
        "",
        "abbrev-ref[=] absolute-git-dir git-common-dir git-dir is-bare-repository \
         is-inside-git-dir is-inside-work-tree quiet short[=] show-cdup show-prefix \
         show-superproject-working-tree show-toplevel symbolic-full-name verify",
        Operands::Names,
    ),
    Plain::sub(
        "rev-list",
        "",
        "n",
        "all count first-parent left-right max-count= merges no-merges objects reverse since= \
         until=",
        Operands::Names,
    ),
    Plain::sub(
        "ls-files",
        "cdmokstuvz",
        "x",
        "abbrev[=] cached deleted error-unmatch exclude= exclude-standard full-name ignored \
         modified others stage unmerged",
        Operands::Names,
    ),
    Plain::sub(
        "ls-tree",
        "dlrtz",
        "",
        "abbrev[=] full-name full-tree long name-only name-status",
        Operands::Names,
    ),
    Plain::sub(
        "blame",
        "bceflMnpstw",
        "CLS",
        "abbrev= date= line-porcelain porcelain root show-email show-name show-number",
        Operands::Content,
    ),
    Plain::sub("cat-file", "epst", "", "", Operands::Content),
    Plain::sub(
        "describe",
        "",
        "",
        "abbrev= all always contains dirty[=] exact-match exclude= first-parent long match= tags",
        Operands::Names,
    ),
    Plain::sub("name-rev", "", "", "name-only tags", Operands::Names),
    Plain::sub("merge-base", "a", "", "all fork-point is-ancestor octopus", Operands::Names),
    Plain::sub(
        "show-ref",
        "dhqs",
        "",
        "abbrev[=] dereference hash[=] head heads quiet tags verify",
        Operands::Names,
    ),
    Plain::sub(
        "for-each-ref",
        "",
        "",
        "contains[=] count= exclude= format= merged[=] no-contains[=] no-merged[=] points-at= \
         sort=",
        Operands::Names,
    ),
    Plain::sub("count-objects", "vH", "", "verbose human-readable", Operands::None),
    Plain::sub("check-ignore", "nqvz", "", "no-index quiet verbose", Operands::Names),
    Plain::sub(
        "grep",
        "acEFGhHiIlLnopPqrvwWz",
        "ABCefm",
        "after-context= all-match and before-context= break cached color[=] context= count \
         extended-regexp files-with-matches fixed-strings function-context heading ignore-case \
         invert-match line-number max-count= max-depth= name-only no-index not or perl-regexp \
         quiet show-function text untracked word-regexp",
        Operands::PatternThenContent,
    ),
    Plain::sub(
        "branch",
        "arvq",
        "",
        "all color[=] column[=] contains format= list merged no-contains no-merged points-at= \
         remotes show-current sort= verbose",
        Operands::None,
    ),
    Plain::sub(
        "tag",
        "l",
        "n",
        "column[=] contains format= list merged no-contains no-merged points-at= sort=",
        Operands::None,
    ),
    Plain::sub("remote", "v", "", "verbose", Operands::None),
    Plain::sub("version", "", "", "build-options", Operands::None),
];

/// Commands with a word of their own behind them: only with that word do they only read.
const READS_BY_WORD: &[(&str, &str, Plain)] = &[
    ("stash", "list", log("list")),
    ("stash", "show", log("show")),
    ("worktree", "list", Plain::sub("list", "vz", "", "porcelain verbose", Operands::None)),
    ("remote", "get-url", Plain::sub("get-url", "", "", "all push", Operands::Names)),
    ("reflog", "show", log("show")),
    (
        "branch",
        "--list",
        Plain::sub("--list", "arv", "", "all remotes verbose sort= format=", Operands::Names),
    ),
    ("tag", "--list", Plain::sub("--list", "", "n", "sort= format=", Operands::Names)),
    ("tag", "-l", Plain::sub("-l", "", "n", "sort= format=", Operands::Names)),
];

/// git's words behind its own options: the folder of `-C`, the command, the rest. `None` where an option of git's own
/// is not one of the plain ones.
fn command<'a>(call: &Call<'a>) -> Result<(Option<&'a Word>, &'a Word, &'a [Word]), NotPlain<'a>> {
    let mut words = call.words;
    let mut folder = None;
    loop {
        match words {
            [first, rest @ ..] if first.text == "--no-pager" || first.text == "--no-optional-locks" => {
                words = rest;
            }
            [first, dir, rest @ ..] if first.text == "-C" && first.literal => {
                known(dir)?;
                (folder, words) = (Some(dir), rest);
            }
            [first, ..] if first.text.starts_with('-') && first.text != "--version" => {
                return Err(not_plain(first, "this option of git can change what it runs"));
            }
            [first, rest @ ..] => return Ok((folder, first, rest)),
            [] => return Err(NotPlain { word: None, why: "it names no command of git" }),
        }
    }
}

/// Whether this call of git only reads.
pub(super) fn check<'a>(call: &Call<'a>, findings: &mut Findings) -> Result<(), NotPlain<'a>> {
    let (_, name, words) = command(call)?;
    known(name)?;
    if name.text == "--version" && words.is_empty() {
        return Ok(());
    }
    if let Some(word) = words.first() {
        let by_word = READS_BY_WORD.iter().find(|(of, with, _)| *of == name.text && *with == word.text);
        if let Some((_, _, plain)) = by_word {
            return plain.check(call, &words[1..], findings);
        }
    }
    match READS.iter().find(|plain| plain.name() == name.text) {
        Some(plain) => plain.check(call, words, findings),
        None => Err(not_plain(name, "this command of git is not on the short list of what only reads")),
    }
}

/// Reads a call of git.
pub(super) fn read(call: &Call<'_>, findings: &mut Findings) -> bool {
    if call.name != "git" {
        return false;
    }
    if check(call, findings).is_ok() {
        findings.reads("git");
        return true;
    }
    changes(call, findings)
}

/// Reads commands of git that throw work away or send it out. Whether `call` is one.
fn changes(call: &Call<'_>, findings: &mut Findings) -> bool {
    if call.name != "git" {
        return false;
    }
    // Options of git's own are stepped over here, whatever they are: what follows counts.
    let start = call.words.iter().enumerate().find(|(at, word)| {
        let value = at.checked_sub(1).and_then(|before| call.words.get(before));
        !word.text.starts_with('-')
            && !value.is_some_and(|v| matches!(v.text.as_str(), "-C" | "-c" | "--git-dir" | "--work-tree"))
    });
    let Some((at, command)) = start else { return false };
    let words = &call.words[at + 1..];
    let mut git = Git { call, args: Args::of(words, ""), words, findings, odd: at > 0 };
    git.read(&command.text)
}

struct Git<'a, 'c> {
    call: &'a Call<'c>,
    args: Args<'c>,
    words: &'c [Word],
    findings: &'a mut Findings,
    /// Whether options of git's own stand before: the repository may be another one.
    odd: bool,
}

impl Git<'_, '_> {
    fn read(&mut self, command: &str) -> bool {
        let args = &self.args;
        let first = args.operands.first().map(|word| word.text.clone()).unwrap_or_default();
        let forced = args.has(&['f'], "force") || args.has(&[], "force-with-lease");
        match command {
            "clean" if !args.has(&['n'], "dry-run") => {
                let what = if args.has(&['x', 'X'], "") {
                    "what git ignores and does not track"
                } else {
                    "what git does not track"
                };
                self.path(".", Verb::Delete, Severity::Critical, Reversible::No, format!("Delete {what}"));
            }
            "reset" if args.has(&[], "hard") => {
                let phrase = "Throw away all changes that are not committed".to_owned();
                self.path(".", Verb::Overwrite, Severity::Critical, Reversible::No, phrase);
            }
            "checkout"
                if args.has(&['f'], "force")
                    || self.words.iter().any(|word| word.text == "--")
                    || first == "." =>
            {
                self.restore(command);
            }
            "switch" if args.has(&['f'], "force") || args.has(&[], "discard-changes") => {
                self.restore(command);
            }
            "restore" => self.restore(command),
            "branch" if args.has(&['D', 'd'], "delete") => {
                self.refs(Verb::Delete, Severity::High, "Delete the branch");
            }
            "tag" if args.has(&['d'], "delete") => self.refs(Verb::Delete, Severity::High, "Delete the tag"),
            "stash" if matches!(first.as_str(), "drop" | "clear") => {
                let phrase = if first == "drop" { "Delete a stash" } else { "Delete every stash" };
                self.repository(Verb::Delete, Severity::Critical, phrase.to_owned());
            }
            "push" => self.push(forced),
            "commit" if !args.has(&[], "amend") => {
                self.repository(Verb::Create, Severity::Low, "Commit to git".to_owned());
            }
            "add" => self.repository(Verb::Change, Severity::Low, "Stage changes for git".to_owned()),
            "config"
                if !matches!(first.as_str(), "get" | "list")
                    && !args.has(&['l'], "get")
                    && !args.has(&[], "list") =>
            {
                self.repository(
                    Verb::Change,
                    Severity::High,
                    format!("Change git's setting {}", quoted(&first)),
                );
            }
            "gc" | "prune" | "filter-branch" | "filter-repo" | "update-ref" => {
                self.repository(
                    Verb::Delete,
                    Severity::Critical,
                    format!("Rewrite or drop history with git {command}"),
                );
            }
            "reflog" if matches!(first.as_str(), "expire" | "delete") => {
                self.repository(
                    Verb::Delete,
                    Severity::Critical,
                    "Delete entries of git's reflog".to_owned(),
                );
            }
            _ => return false,
        }
        if self.odd {
            self.findings.unread("git", "options of git's own stand before the command", self.call.span);
        }
        true
    }

    fn effect(
        &mut self,
        verb: Verb,
        kind: TargetKind,
        name: String,
        severity: Severity,
        phrase: String,
        reversible: Reversible,
    ) {
        let span = self.call.span;
        self.findings.effect(Found { verb, kind, name, reversible, severity, phrase, span });
    }

    fn path(&mut self, path: &str, verb: Verb, severity: Severity, reversible: Reversible, phrase: String) {
        let name = absolute(path, self.call.place.cwd);
        self.effect(verb, TargetKind::Path, name, severity, phrase, reversible);
    }

    fn repository(&mut self, verb: Verb, severity: Severity, phrase: String) {
        let name = self.call.place.cwd.unwrap_or(".").to_owned();
        self.effect(verb, TargetKind::GitRepository, name, severity, phrase, Reversible::Unknown);
    }

    /// Files put back as they were: what was changed since is gone.
    fn restore(&mut self, command: &str) {
        if command == "restore" && self.args.has(&['S'], "staged") && !self.args.has(&['W'], "worktree") {
            return self.repository(Verb::Change, Severity::Low, "Unstage changes".to_owned());
        }
        let behind = self.words.iter().position(|word| word.text == "--").map(|at| &self.words[at + 1..]);
        let mut paths: Vec<String> = match behind {
            Some(words) => words.iter().map(|word| word.text.clone()).collect(),
            None => self.args.operands.iter().map(|word| word.text.clone()).collect(),
        };
        if paths.is_empty() {
            paths.push(".".to_owned());
        }
        for path in paths {
            let place = if path == "." { "this folder".to_owned() } else { quoted(&path) };
            let phrase = format!("Throw away changes in {place} that are not committed");
            self.path(&path, Verb::Overwrite, Severity::High, Reversible::No, phrase);
        }
    }

    fn refs(&mut self, verb: Verb, severity: Severity, phrase: &str) {
        for name in self.args.operands.iter().map(|word| word.text.clone()).collect::<Vec<_>>() {
            let phrase = format!("{phrase} {}", quoted(&name));
            self.effect(verb, TargetKind::GitRef, name, severity, phrase, Reversible::Unknown);
        }
    }

    fn push(&mut self, forced: bool) {
        let operands: Vec<String> = self.args.operands.iter().map(|word| word.text.clone()).collect();
        let remote = operands.first().map_or_else(|| "its remote".to_owned(), |name| quoted(name));
        let target = operands.get(1).cloned().unwrap_or_else(|| "the current branch".to_owned());
        let deletes = self.args.has(&['d'], "delete")
            || self.args.has(&[], "mirror")
            || self.args.has(&[], "prune")
            || operands.iter().skip(1).any(|name| name.starts_with(':'));
        let forced = forced || operands.iter().skip(1).any(|name| name.starts_with('+'));
        let shown = if operands.len() > 1 { quoted(&target) } else { target.clone() };
        let (verb, severity, phrase) = if deletes {
            (Verb::Delete, Severity::Critical, format!("Delete {shown} on {remote}"))
        } else if forced {
            (Verb::Overwrite, Severity::Critical, format!("Overwrite {shown} on {remote}"))
        } else {
            (Verb::Publish, Severity::High, format!("Push {shown} to {remote}"))
        };
        self.effect(verb, TargetKind::GitRef, target, severity, phrase, Reversible::Unknown);
    }
}
