//! Commands of git that only read, with the options that keep them so. Data; what is not here is read in its own room.

use crate::Findings;
use crate::commands::Call;
use crate::commands::reads::{NotPlain, Operands, Plain, known, not_plain};
use crate::words::Word;

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

/// git's words behind its own options: the command, the rest. An error where an option of git's own is not one of the
/// plain ones.
fn command<'a>(call: &Call<'a>) -> Result<(&'a Word, &'a [Word]), NotPlain<'a>> {
    let mut words = call.words;
    loop {
        match words {
            [first, rest @ ..] if first.text == "--no-pager" || first.text == "--no-optional-locks" => {
                words = rest;
            }
            [first, dir, rest @ ..] if first.text == "-C" && first.literal => {
                known(dir)?;
                words = rest;
            }
            [first, ..] if first.text.starts_with('-') && first.text != "--version" => {
                return Err(not_plain(first, "this option of git can change what it runs"));
            }
            [first, rest @ ..] => return Ok((first, rest)),
            [] => return Err(NotPlain { word: None, why: "it names no command of git" }),
        }
    }
}

/// Whether this call of git only reads.
pub(super) fn check<'a>(call: &Call<'a>, findings: &mut Findings) -> Result<(), NotPlain<'a>> {
    let (name, words) = command(call)?;
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
