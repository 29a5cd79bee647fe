//! `find`: an expression of its own, with actions that delete, write and run.

use sayso_core::Severity;
use sayso_core::reading::{Reversible, TargetKind, Verb};

use super::Call;
use super::changes::targets::{self, Where};
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
    let mut found = false;
    if call.words.iter().any(|word| word.text == "-delete") {
        found = true;
        deletes(call, findings);
    }
    for pair in call.words.windows(2) {
        if WRITES.contains(&pair[0].text.as_str()) && !pair[1].text.starts_with("/dev/") {
            found = true;
            let severity = targets::place(&pair[1], call.place).written();
            findings.effect(Found {
                verb: Verb::Overwrite,
                kind: TargetKind::Path,
                name: absolute(&pair[1].text, call.place.cwd),
                reversible: Reversible::Unknown,
                severity,
                phrase: format!("Overwrite {}", quoted(&pair[1].text)),
                span: pair[1].span,
            });
        }
    }
    found
}

fn deletes(call: &Call<'_>, findings: &mut Findings) {
    let roots = call.words.iter().skip_while(|word| matches!(word.text.as_str(), "-L" | "-H" | "-P"));
    let roots = roots.take_while(|word| !word.text.starts_with(['-', '(', '!']));
    let mut roots: Vec<Word> = roots.cloned().collect();
    if roots.is_empty() {
        roots.push(Word::plain("."));
    }
    let names = only_remade(call.words);
    let tested = call.words.iter().any(|word| TESTS.contains(&word.text.as_str()));
    for root in roots {
        let place = targets::place(&root, call.place);
        let severity = match place {
            Where::Remade => Severity::Low,
            Where::Whole("everything in this folder" | "the whole project")
            | Where::Temporary
            | Where::Project
            | Where::Unknown { .. }
            | Where::Home
                if names =>
            {
                Severity::Low
            }
            Where::Whole("everything in this folder" | "the whole project") if tested => Severity::High,
            Where::Whole(_) | Where::System => Severity::Critical,
            _ => Severity::High,
        };
        let shown = if root.text == "." { "this folder".to_owned() } else { quoted(&root.text) };
        findings.effect(Found {
            verb: Verb::Delete,
            kind: TargetKind::Path,
            name: absolute(&root.text, call.place.cwd),
            reversible: Reversible::No,
            severity,
            phrase: format!("Delete whatever find meets in {shown}"),
            span: call.span,
        });
    }
}

/// Tests that leave something out.
const TESTS: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-regex",
    "-iregex",
    "-size",
    "-mtime",
    "-mmin",
    "-atime",
    "-amin",
    "-ctime",
    "-cmin",
    "-newer",
    "-empty",
    "-user",
    "-group",
    "-perm",
    "-inum",
    "-samefile",
    "-type",
    "-lname",
];

/// A path that stands for what find meets, where that is told by name and a tool makes it again.
pub(super) fn remade_item(words: &[Word]) -> Option<String> {
    if !only_remade(words) {
        return None;
    }
    let mut by_name = words.windows(2).filter(|pair| matches!(pair[0].text.as_str(), "-name" | "-iname"));
    by_name.next_back().map(|pair| format!("./{}", pair[1].text.replace(['*', '?'], "x")))
}

/// Whether find is told by name to meet nothing but what a tool makes again.
pub(super) fn only_remade(words: &[Word]) -> bool {
    let mut found = false;
    let inverts = words.iter().any(|word| matches!(word.text.as_str(), "!" | "-not"));
    for pair in words.windows(2) {
        if matches!(pair[0].text.as_str(), "-name" | "-iname" | "-path" | "-wholename" | "-ipath") {
            if !targets::is_remade_name(&pair[1].text) {
                return false;
            }
            found = true;
        }
    }
    found && !inverts
}
