//! `find`: an expression of its own, with actions that delete, write and run.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Call;
use super::reads::{NotPlain, known, not_plain};
use crate::Findings;
use crate::findings::Found;
use crate::words::{Word, absolute, quoted};

/// Tests, operators and actions that take no word and only look.
const ALONE: &[&str] = &[
    "(",
    ")",
    "!",
    ",",
    "-a",
    "-and",
    "-o",
    "-or",
    "-not",
    "-true",
    "-false",
    "-print",
    "-print0",
    "-ls",
    "-prune",
    "-quit",
    "-depth",
    "-d",
    "-mount",
    "-xdev",
    "-empty",
    "-executable",
    "-readable",
    "-writable",
    "-nouser",
    "-nogroup",
    "-daystart",
    "-follow",
    "-noleaf",
    "-H",
    "-L",
    "-P",
    "-E",
    "-ignore_readdir_race",
    "-nowarn",
    "-warn",
];
/// Those that take one word and only look.
const WITH_ONE: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-iwholename",
    "-regex",
    "-iregex",
    "-regextype",
    "-lname",
    "-ilname",
    "-type",
    "-xtype",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-anewer",
    "-cnewer",
    "-user",
    "-group",
    "-uid",
    "-gid",
    "-perm",
    "-links",
    "-inum",
    "-samefile",
    "-maxdepth",
    "-mindepth",
    "-printf",
    "-fstype",
    "-used",
    "-context",
];
/// Actions that run a program on what is found.
pub(super) const RUNS: &[&str] = &["-exec", "-execdir", "-ok", "-okdir"];
/// Actions that write to the file that is named behind them.
const WRITES: &[&str] = &["-fprint", "-fprint0", "-fprintf", "-fls"];

/// Whether this call of find only looks.
pub(super) fn check<'a>(call: &Call<'a>) -> Result<(), NotPlain<'a>> {
    let mut words = call.words.iter();
    while let Some(word) = words.next() {
        known(word)?;
        let text = word.text.as_str();
        let newer = text.strip_prefix("-newer").is_some_and(|kinds| kinds.len() == 2);
        if WITH_ONE.contains(&text) || newer {
            match words.next() {
                // A pattern is find's own to match; quoted or not, it must be known.
                Some(value) => known_value(value)?,
                None => return Err(not_plain(word, "its value is missing")),
            }
        } else if !ALONE.contains(&text) && text.starts_with('-') {
            return Err(not_plain(word, "this part of find is not known to only look"));
        }
    }
    Ok(())
}

/// An unquoted glob behind `-name` may become several words, of which the second could be an action.
fn known_value(word: &Word) -> Result<(), NotPlain<'_>> {
    if !word.literal {
        return Err(not_plain(word, "it is worked out only when it runs"));
    }
    if word.glob && !word.is_known() {
        return Err(not_plain(word, "unquoted, the shell matches it first; put it in quotes"));
    }
    Ok(())
}

/// Deletions and files written by find. Whether it was anything of that.
pub(super) fn changes(call: &Call<'_>, findings: &mut Findings) -> bool {
    let has = |actions: &[&str]| call.words.iter().any(|word| actions.contains(&word.text.as_str()));
    let mut found = false;
    if has(&["-delete"]) {
        found = true;
        let roots = call.words.iter().take_while(|word| !word.text.starts_with(['-', '(', '!']));
        let mut names: Vec<&str> = roots.map(|word| word.text.as_str()).collect();
        if names.is_empty() {
            names.push(".");
        }
        for name in names {
            let place = if name == "." { "this folder".to_owned() } else { quoted(name) };
            findings.effect(Found {
                verb: Verb::Delete,
                kind: TargetKind::Path,
                name: absolute(name, call.place.cwd),
                reversible: Reversible::No,
                severity: Severity::Critical,
                phrase: format!("Delete whatever find meets in {place}"),
                span: call.span,
            });
        }
    }
    for pair in call.words.windows(2) {
        if WRITES.contains(&pair[0].text.as_str()) {
            found = true;
            findings.effect(Found {
                verb: Verb::Overwrite,
                kind: TargetKind::Path,
                name: absolute(&pair[1].text, call.place.cwd),
                reversible: Reversible::Unknown,
                severity: Severity::High,
                phrase: format!("Overwrite {}", quoted(&pair[1].text)),
                span: pair[1].span,
            });
        }
    }
    found
}
