//! Programs that no row knows: their words alone say how they sound.
//!
//! Invariant: they are unread whatever they sound like; a word that sounds bad raises, and none lowers but an option
//! that all programs know for a rehearsal.

use sayso_core::Severity;

use super::Call;
use crate::Findings;
use crate::words::Word;

/// What a command is called that cannot be had back.
const GRAVE: &[&str] = &[
    "delete",
    "del",
    "destroy",
    "drop",
    "purge",
    "wipe",
    "erase",
    "truncate",
    "terminate",
    "revoke",
    "reset",
    "prune",
    "uninstall",
    "nuke",
    "obliterate",
    "expunge",
    "decommission",
    "deprovision",
    "unpublish",
    "shred",
    "kill",
    "flush",
    "flushall",
    "rm",
    "format",
    "factory-reset",
    "teardown",
    "deregister",
    "unregister",
    "deprecate",
    "yank",
    "evict",
];
/// Options that say so.
const GRAVE_OPTIONS: &[&str] = &[
    "--delete",
    "--destroy",
    "--drop",
    "--purge",
    "--wipe",
    "--erase",
    "--truncate",
    "--terminate",
    "--revoke",
    "--reset",
    "--prune",
    "--uninstall",
    "--delete-all",
    "--remove-all",
    "--force-delete",
    "--hard",
    "--nuke",
    "--delete-remote",
    "--factory-reset",
    "--flush",
    "--expunge",
];
/// Programs with such a name do that.
const GRAVE_NAMES: &[&str] =
    &["delete", "destroy", "drop", "wipe", "erase", "purge", "nuke", "shred", "rm", "trash", "uninstall"];
/// How many operands are held against the list: a command and its subcommands, no more.
const FIRST: usize = 3;
/// Characters of a subcommand. What is longer is a text or a name.
const SUBCOMMAND: usize = 60;
/// Options with which a program only says what it would do.
const REHEARSALS: &[&str] = &["--dry-run", "--dryrun", "--dry_run", "--what-if", "--whatif", "--simulate"];
/// Folders that anybody can put a program into.
const OPEN_FOLDERS: &[&str] = &["/tmp/", "/var/tmp/", "/dev/shm/"];

/// Reads a call of a program that no row knows; `program` is its word as written.
pub(super) fn read(call: &Call<'_>, program: &Word, findings: &mut Findings) {
    let words = call.words;
    let span = program.span.or(call.span);
    let help = words.iter().take(4).any(|word| {
        word.literal
            && matches!(word.text.as_str(), "--help" | "--version" | "-h" | "-V" | "help" | "version")
    });
    if help && !program.text.contains('/') {
        return findings.unread_program_at(Severity::Low, call.name, "no row knows this program", span);
    }
    let rehearses = words.iter().any(|word| word.literal && REHEARSALS.contains(&word.text.as_str()));
    if rehearses && !program.text.contains('/') {
        return findings.unread_program_at(Severity::Low, call.name, "no row knows this program", span);
    }
    if OPEN_FOLDERS.iter().any(|folder| program.text.starts_with(folder)) {
        let why = "a program in a folder that anybody writes to can be anything";
        return findings.unread_program(&program.text, why, span);
    }
    let operands = words.iter().filter(|word| !word.text.starts_with('-')).take(FIRST);
    let bad = operands.filter(|word| sounds(&word.text, GRAVE)).map(|word| &word.text);
    let options = words.iter().map(|word| &word.text).filter(|text| GRAVE_OPTIONS.contains(&text.as_str()));
    let name = Some(&program.text).filter(|_| sounds(stem(call.name), GRAVE_NAMES));
    match bad.chain(options).chain(name).next() {
        Some(word) => {
            let why = format!("no row knows this program, and “{}” sounds final", crate::words::short(word));
            findings.unread_program(call.name, why, span);
        }
        None => findings.unread_program_at(Severity::Low, call.name, "no row knows this program", span),
    }
}

fn stem(name: &str) -> &str {
    name.split_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether one of the parts of a name (`delete-user`, `volume:delete`, `volumeDelete`) is in `list`.
fn sounds(text: &str, list: &[&str]) -> bool {
    if text.len() > SUBCOMMAND
        || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':'))
    {
        return false;
    }
    let parts = text.split(['-', '_', ':']);
    parts.flat_map(camels).any(|part| list.iter().any(|bad| part.eq_ignore_ascii_case(bad)))
}

/// `volumeDelete`: its words.
fn camels(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.as_bytes();
        let end = (1..bytes.len())
            .find(|at| bytes[*at].is_ascii_uppercase() && bytes[*at - 1].is_ascii_lowercase())
            .unwrap_or(bytes.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}
